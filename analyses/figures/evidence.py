"""A figure a claim and setting: what was measured above, what decides below, beside the source's figures."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from ...simulator.types import Floats
from ..evidence.course import Course
from ..evidence.effect import Effect
from ..evidence.store import Evidence
from .parts.style import Drawing, colour, dash, legend_below, styled, words

WIDTH, TALL, ROW = 3.4, 2.7, 0.24  # inch: of the figure, of the panel of data, of an effect
SOURCE: dict[str, Any] = {"color": "0.25", "marker": "*", "ls": "none", "ms": 7}
RISE = ((0.0, 0.2, 0.4, 0.6, 0.8, 1.0), (0.15, 0.28, 0.45, 0.67, 0.81, 0.89))  # share of training, SI
DEPTH = ((1 / 15, 5 / 15, 10 / 15, 1.0), (0.23, 0.41, 0.68, 0.85))  # share of depth, SI
INDEX = "SI (SI-3, mean over layers)"
Conditions = Mapping[str, Sequence[Course]]


def drawings_of_claims(
    evidence: Evidence, effects: Sequence[Effect], verdicts: Mapping[tuple[str, str], str]
) -> list[Drawing]:
    """Every claim in every setting that it was tested in.

    Args:
        evidence: of one scale.
        effects: of that scale.
        verdicts: (claim, setting) -> verdict.
    """
    out = []
    for claim, setting in verdicts:
        mine = [e for e in effects if (e.claim, e.setting) == (claim, setting) and e.role != "beside"]
        if mine:
            out.append(_drawing(claim, setting, verdicts[claim, setting], evidence, mine, effects))
    return out


@styled
def _drawing(
    claim: str, setting: str, verdict: str, evidence: Evidence, mine: Sequence[Effect], every: Sequence[Effect]
) -> Drawing:
    title = f"{claim}: {verdict}"
    figure = Figure(figsize=(WIDTH, TALL + 1.0 + ROW * len(mine)), layout="constrained")
    above, below = figure.subplots(2, 1, height_ratios=(TALL, 0.6 + ROW * len(mine)))
    conditions: dict[str, list[Course]] = {}
    for course in evidence.settings().get(setting, ()):
        conditions.setdefault(course.condition, []).append(course)
    plain = {name: courses for name, courses in conditions.items() if courses[0].kind != "treated"}
    above.set_title(f"{words(title, 44)}\n{words(setting, 28, 2)}")
    if claim in PANELS:
        said = PANELS[claim](above, plain)
    elif claim == "eeg":
        said = _groups(above, evidence)
    else:
        said = _beside(above, [e for e in every if e.claim == claim and e.setting == setting])
    forest(below, mine)
    handles, labels = above.get_legend_handles_labels()
    found = dict(zip(labels, handles, strict=True))
    legend_below(figure, list(found.values()), list(found))
    caption = (
        f"{setting}, scale {evidence.scale}. {said} Below: what decides (dots, as stated; diamonds, controls), "
        "mean and 95 % t interval over seeds; a bar marks the least that would count, a star what the source says."
    )
    alt = "; ".join(f"{e.part} {e.value:.2f} ({e.low:.2f} to {e.high:.2f}), wanted above {e.least:g}" for e in mine)
    return Drawing(f"{claim}/{setting}/{evidence.scale}", title, figure, caption, alt)


def forest(axes: Axes, effects: Sequence[Effect]) -> None:
    """Effects as dots with intervals, the first on top; bars at the least of interest, stars at the claimed."""
    finite = [x for e in effects for x in (e.value, e.low, e.high, e.least, e.claimed) if math.isfinite(x)]
    low, high = min([0.0, *finite]), max([0.0, *finite])
    pad = 0.06 * (high - low or 1.0)
    for at, e in enumerate(reversed(effects)):
        control = e.role == "control"
        tint = colour(1) if control else colour(0)
        if e.n == 0:
            axes.text(
                0.5, at, "cannot be told", color="0.4", ha="center", va="center", transform=axes.get_yaxis_transform()
            )
            continue
        axes.plot([max(e.low, low - pad), min(e.high, high + pad)], [at, at], color=tint, lw=1.4)
        axes.plot(e.value, at, marker="D" if control else "o", color=tint, mfc="white" if control else tint, ms=5)
        axes.plot([e.least, e.least], [at - 0.32, at + 0.32], color="0.35", lw=1.2)
        if math.isfinite(e.claimed):
            axes.plot(e.claimed, at, **SOURCE)
    axes.axvline(0.0, color="0.8", lw=0.7, zorder=0)
    axes.set(xlim=(low - pad, high + pad), ylim=(-0.6, len(effects) - 0.4))
    axes.set_yticks(range(len(effects)), [words(e.part, 24, 2) for e in reversed(effects)])
    axes.set_xlabel("effect, as the claim wants it large")


def _tint(kind_at: int, course: Course) -> str:
    return "0.45" if course.kind == "control" else colour(kind_at)


def _lines(axes: Axes, conditions: Conditions, of: Callable[[Course], Floats]) -> None:
    for at, (name, courses) in enumerate(conditions.items()):
        n = min(c.steps.size for c in courses)
        table = np.stack([of(c)[:n] for c in courses])
        share = 100 * courses[0].steps[:n] / courses[0].steps[n - 1]
        tint = _tint(at, courses[0])
        axes.fill_between(share, table.min(axis=0), table.max(axis=0), color=tint, alpha=0.18, lw=0)
        axes.plot(share, table.mean(axis=0), color=tint, ls=dash(at), label=name)
    axes.set_xlabel("share of training [%]")


def _rise(axes: Axes, conditions: Conditions) -> str:
    _lines(axes, conditions, lambda c: c.mean())
    axes.plot([100 * x for x in RISE[0]], RISE[1], **SOURCE, label="the source")
    high = [c.null_high["si_3 test"] for courses in conditions.values() for c in courses if "si_3 test" in c.null_high]
    null = [float(np.nanmean(table)) for table in high if np.isfinite(table).any()]
    if null:
        axes.axhline(float(np.mean(null)), color="0.6", lw=0.8, ls=":", label="null, 97.5 %")
    axes.set(ylim=(0, 1), ylabel=INDEX)
    return "Above: SI over training, mean and range over seeds; the null permutes the images of every unit."


def _validation(axes: Axes, conditions: Conditions) -> str:
    for at, (name, courses) in enumerate(conditions.items()):
        tint = _tint(at, courses[0])
        for k, course in enumerate(courses):
            axes.plot(course.metrics["val_loss"], course.mean(), color=tint, lw=0.5, alpha=0.5)
            axes.plot(course.metrics["val_loss"], course.mean(), "o", color=tint, ms=2, mew=0,
                      label=name if k == 0 else None)  # fmt: skip
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0,) if high > 30 * low else (1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set(xlabel="validation loss [nat], logarithmic", ylabel=INDEX)
    return "Above: SI against validation loss, every record of every network, joined in order of training."


def _depth(axes: Axes, conditions: Conditions) -> str:
    for at, (name, courses) in enumerate(conditions.items()):
        tint = _tint(at, courses[0])
        place = np.arange(1, len(courses[0].layers) + 1) / len(courses[0].layers)
        axes.plot(place, np.nanmean([c.layered()[-1] for c in courses], axis=0), color=tint, ls=dash(at), marker="o",
                  ms=3, label=name)  # fmt: skip
    every = [c.layered()[0] for courses in conditions.values() for c in courses]
    sizes = {len(row) for row in every}
    if len(sizes) == 1:
        place = np.arange(1, len(every[0]) + 1) / len(every[0])
        axes.plot(place, np.nanmean(every, axis=0), color="0.7", lw=2.2, zorder=0, label="before training")
    axes.plot(*DEPTH, **SOURCE, label="the source")
    axes.set(ylim=(0, 1), xlabel="depth [share of layers]", ylabel="SI-3 of the layer")
    return "Above: SI of every layer at the end, mean over seeds, and before training."


def _early(axes: Axes, conditions: Conditions) -> str:
    for at, (name, courses) in enumerate(conditions.items()):
        x = [c.mean()[c.at_share(0.25)] for c in courses]
        y = [100 * c.metrics["gap"][-1] for c in courses]
        axes.plot(x, y, "os^Dv<>"[at % 7], color=_tint(at, courses[0]), ms=4, label=name)
    axes.axvline(0.5, color="0.35", lw=0.9, ls="--")
    axes.axhline(20, color="0.35", lw=0.9, ls=":")
    axes.set(xlim=(0, 1), xlabel="SI at a quarter of training", ylabel="generalisation gap at the end [%]")
    return "Above: one mark a network; dashed, the source's threshold of SI; dotted, severe overfitting (gap > 20 %)."


def _transition(axes: Axes, conditions: Conditions) -> str:
    for at, (name, courses) in enumerate(conditions.items()):
        for k, course in enumerate(courses):
            axes.plot(100 * course.steps / course.steps[-1], course.mean(), color=_tint(at, course), ls=dash(at),
                      lw=0.8, label=name if k == 0 else None)  # fmt: skip
    axes.axhspan(0.55, 0.75, color="0.9", zorder=0, label="0.65 ± 0.1")
    axes.set(ylim=(0, 1), xlabel="share of training [%]", ylabel=INDEX)
    return "Above: SI of every network; grey, where the source puts the jump."


def _beside(axes: Axes, effects: Sequence[Effect]) -> str:
    """Test accuracy gained and SI of every treatment."""
    si = {e.part.removeprefix("SI, "): e for e in effects if e.part.startswith("SI, ")}
    gain = {e.part: e for e in effects if e.role == "beside" and e.part in si}
    for at, (name, e) in enumerate(si.items()):
        y = gain.get(name)
        value, low, high = (y.value, y.low, y.high) if y else (0.0, 0.0, 0.0)
        tint = "0.45" if name == "none" else colour(at)
        axes.errorbar(e.value, 100 * value, xerr=[[e.value - e.low], [e.high - e.value]],
                      yerr=[[100 * (value - low)], [100 * (high - value)]], fmt="os^Dv<>"[at % 7], color=tint, ms=4,
                      lw=0.8, label=name)  # fmt: skip
    axes.axhline(0, color="0.8", lw=0.7, zorder=0)
    axes.set(xlabel="SI at the end", ylabel="test accuracy − without [%]")
    return "Above: every treatment at the dose that validation images chose, mean and 95 % interval over seeds."


def _healthy(axes: Axes, conditions: Conditions) -> str:
    _lines(axes, conditions, lambda c: c.mean())
    axes.axhspan(0.3, 0.5, color="0.9", zorder=0, label="the source's range")
    axes.set(ylim=(0, 1), ylabel=INDEX)
    return (
        "Above: SI over training, mean and range over seeds; grey, where the source says that healthy networks keep it."
    )


def _groups(axes: Axes, evidence: Evidence) -> str:
    """SI of the groups of the main job."""
    rows = [row for row in evidence.observations if row.measure == "si_3" and row.panel in ("spikes", "images")]
    groups = list(dict.fromkeys(row.group for row in rows))
    for at, group in enumerate(groups):
        mine = [row for row in rows if row.group == group]
        axes.plot([at] * len(mine), [row.value for row in mine], "o", color=colour(0), ms=4, mfc="none")
        axes.plot([at - 0.3, at + 0.3], [np.mean([row.null_high for row in mine])] * 2, color="0.5", lw=1.0, ls=":")
    axes.axhspan(0.82, 0.95, color="0.9", zorder=0)
    axes.set_xticks(range(len(groups)), [words(group, 14, 1) for group in groups], rotation=30, ha="right")
    axes.set(ylim=(0, 1), ylabel="SI-3")
    handles = [Line2D([], [], color="0.5", ls=":"), Line2D([], [], color="0.9", lw=6)]
    for handle, label in zip(handles, ("null, 97.5 %", "the source's ranges"), strict=True):
        axes.add_line(handle)
        handle.set_label(label)
    return "Above: SI-3 of every seed by one kernel, of spike counts over time and of activations over images."


PANELS: dict[str, Callable[[Axes, Conditions], str]] = {
    "rise": _rise,
    "validation": _validation,
    "depth": _depth,
    "early": _early,
    "transition": _transition,
    "healthy": _healthy,
}
