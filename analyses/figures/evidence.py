"""Figures of claims, one a setting: the data above, the effects below, with the paper's figures."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes as Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ...simulator.types import Floats
from ..evidence.effect import Effect
from ..evidence.rules import COVERS, number_of
from ..evidence.store import Evidence
from ..evidence.training import TREATED, TrainingRun
from .parts.collapse import collapse_line, collapse_words
from .parts.style import Drawing, colour, dash, legend_below, legend_of, styled, words

WIDTH, TALL, ROW = 3.4, 2.7, 0.24  # inch: of the figure, of the panel of data, of an effect
PAPER: dict[str, Any] = {"color": "0.25", "marker": "*", "ls": "none", "ms": 7}
CLASSES = {"digits": 10, "Fashion-MNIST": 10, "CIFAR-10": 10, "CIFAR-100": 100}  # by the name in the file
INDEX = "SI (SI-3, mean over layers)"
Conditions = Mapping[str, Sequence[TrainingRun]]


@dataclass(frozen=True, eq=False)
class Shown:
    """Data of one claim in one setting, for its panel.

    Attributes:
        conditions: untreated condition -> its trainings.
        evidence: of the scale.
        effects: of the claim in the setting, those that decide nothing too.
    """

    conditions: Conditions
    evidence: Evidence
    effects: Sequence[Effect]


Panel = Callable[[Axes, Shown], str]


def drawings_of_claims(
    evidence: Evidence,
    effects: Sequence[Effect],
    verdicts: Mapping[tuple[str, str], str],
    panels: Mapping[str, Panel],
) -> list[Drawing]:
    """Draw every claim in every setting that it was tested in, at one scale.

    Args:
        verdicts: (claim, setting) -> verdict.
        panels: claim -> the function that draws its data.
    """
    out = []
    for claim, setting in verdicts:
        every = [e for e in effects if (e.claim, e.setting) == (claim, setting)]
        if any(e.role != "beside" for e in every):
            out.append(_drawing(claim, setting, verdicts[claim, setting], evidence, every, panels[claim]))
    return out


@styled
def _drawing(
    claim: str, setting: str, verdict: str, evidence: Evidence, every: Sequence[Effect], panel: Panel
) -> Drawing:
    mine = [e for e in every if e.role != "beside"]
    title = f"{claim}: {verdict}"
    rows = list(dict.fromkeys(e.part for e in mine))
    ways = list(dict.fromkeys(e.way for e in mine))
    tall = ROW * len(rows) * max(1.0, len(ways) / 2)
    figure = Figure(figsize=(WIDTH, TALL + 1.0 + tall), layout="constrained")
    above, below = figure.subplots(2, 1, height_ratios=(TALL, 0.6 + tall))
    conditions: dict[str, list[TrainingRun]] = {}
    for training in evidence.settings().get(setting, ()):
        conditions.setdefault(training.condition, []).append(training)
    plain = {name: trainings for name, trainings in conditions.items() if trainings[0].kind not in TREATED}
    tints = {name: tint(at, trainings[0]) for at, (name, trainings) in enumerate(plain.items())}
    above.set_title(f"{words(title, 28, 3)}\n{words(setting, 28, 2)}")
    sentence = panel(above, Shown(plain, evidence, every))
    legend = legend_of(above)
    if not set(ways) <= {"", *(str(label) for _, label in legend)}:  # the panel's colours are not those of the ways
        shades = {way: ("0.1", "0.6")[at % 2] for at, way in enumerate(ways)}
        legend += [(Line2D([], [], color=shade, marker="o", ms=3.5), way) for way, shade in shades.items()]
        tints = shades
    tints |= {label: str(line.get_color()) for line, label in legend if isinstance(line, Line2D) and label not in tints}
    forest(below, mine, {way: tints.get(way, colour(0)) for way in ways})
    legend_below(figure, legend)
    caption = (
        f"{setting}, scale {evidence.scale}. {sentence} Below: what decides (dots, as stated; squares, the paper's "
        "level; diamonds, controls), every way of overfitting in its colour, mean and 95 % interval over seeds; a bar "
        f"marks the least that would count, a star what the paper says. {COVERS}"
    )
    alt = "; ".join(
        f"{e.part}{f', {e.way}' if e.way else ''} {number_of(e) or 'cannot be told'}, wanted above {e.least:g}"
        for e in mine
    )
    return Drawing(f"{claim}/{setting}/{evidence.scale}", title, figure, caption, alt)


MARKS = {"stated": "o", "level": "s", "control": "D"}


def forest(axes: Axes, effects: Sequence[Effect], tints: Mapping[str, str]) -> None:
    """Effects as marks with intervals: a row a part, the first on top, within it a line a way of overfitting.

    A bar stands at the least of interest, a star at the claimed figure; `tints` maps a way to its colour.
    """
    finite = [x for e in effects for x in (e.value, e.low, e.high, e.least, e.claimed) if math.isfinite(x)]
    low, high = min([0.0, *finite]), max([0.0, *finite])
    pad = 0.06 * (high - low or 1.0)
    parts = list(dict.fromkeys(e.part for e in reversed(effects)))
    ways = list(tints)
    for at, part in enumerate(parts):
        mine = [e for e in effects if e.part == part]
        for e in mine:
            y = at + 0.7 * (0.5 - (ways.index(e.way) + 0.5) / len(ways))
            if e.n == 0:
                axes.plot(0.5, y, marker="x", color=tints[e.way], ms=3, transform=axes.get_yaxis_transform())
                continue
            axes.plot([max(e.low, low - pad), min(e.high, high + pad)], [y, y], color=tints[e.way], lw=1.2)
            face = tints[e.way] if e.role == "stated" else "white"
            axes.plot(e.value, y, marker=MARKS[e.role], color=tints[e.way], mfc=face, ms=5 if len(ways) == 1 else 3.5)
        if all(e.n == 0 for e in mine):
            axes.text(0.54, at, "cannot be told", color="0.4", va="center", transform=axes.get_yaxis_transform())
            continue
        axes.plot([mine[0].least] * 2, [at - 0.4, at + 0.4], color="0.35", lw=1.2)
        claimed = next((e.claimed for e in mine if math.isfinite(e.claimed)), None)
        if claimed is not None:
            axes.plot(claimed, at, **PAPER)
    axes.axvline(0.0, color="0.8", lw=0.7, zorder=0)
    axes.set(xlim=(low - pad, high + pad), ylim=(-0.6, len(parts) - 0.4))
    axes.set_yticks(range(len(parts)), [words(part, 24, 2) for part in parts])
    axes.set_xlabel("effect, as the claim wants it large")


def collapse(axes: Axes, shown: Shown) -> str:
    """Draw SI-3 of complete neural collapse, and return the sentence; neither where the classes are not known."""
    found = {CLASSES.get(c.data) for trainings in shown.conditions.values() for c in trainings}
    classes = found.pop() if len(found) == 1 else None
    collapse_line(axes, "si_3", classes)
    return collapse_words("si_3", classes)


def tint(at: int, training: TrainingRun) -> str:
    """Return the colour of the condition at this place; grey for the well-fitted networks."""
    return "0.45" if training.kind == "control" else colour(at)


def lines(axes: Axes, conditions: Conditions, of: Callable[[TrainingRun], Floats]) -> None:
    """Draw mean and range over seeds of one value a record, over the share of training."""
    for at, (name, trainings) in enumerate(conditions.items()):
        n = min(c.steps.size for c in trainings)
        table = np.stack([of(c)[:n] for c in trainings])
        share = 100 * trainings[0].steps[:n] / trainings[0].steps[n - 1]
        colour_of = tint(at, trainings[0])
        axes.fill_between(share, table.min(axis=0), table.max(axis=0), color=colour_of, alpha=0.18, lw=0)
        axes.plot(share, table.mean(axis=0), color=colour_of, ls=dash(at), label=name)
    axes.set_xlabel("share of training [%]")
