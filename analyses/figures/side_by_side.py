"""Side by side: one measure and its null against what drives it, in a brain model, in EEG and in networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..comparison.result import ReplicateValue
from ..evidence.store import Evidence, Observations
from ..evidence.training import TrainingRun
from .parts.palette import EEG, MODEL, NET, NULL_EDGE, steps_of
from .parts.style import Drawing, legend_below, legend_of, styled

INHIBITION, FIELD = "inhibition", "EEG"
SHARES = {"control": 0.0, "20 % wrong labels": 20.0, "40 % wrong labels": 40.0, "100 % wrong labels": 100.0}
NULLS: dict[str, Any] = {"color": NULL_EDGE, "ls": ":", "lw": 1.0}
NOISE = steps_of(NET, 4)[3]  # within classes: a step of the hue of networks


def side_by_side(evidence: Evidence | Observations) -> list[Drawing]:
    """Draw the figure, if a brain model or EEG was scanned; rows alone are drawn without networks."""
    if isinstance(evidence, Observations):
        evidence = Evidence("alone", (), evidence.rows)
    panels = [name for name in (INHIBITION, FIELD) if any(row.panel == name for row in evidence.observations)]
    settings = {name: trainings for name, trainings in evidence.settings().items() if any(_noise(c) for c in trainings)}
    return [_drawing(evidence, panels, settings)] if panels else []


def side_by_side_overview(observations: Observations) -> Drawing | None:
    """Draw the figure as the overview of observations; None if none is of a brain model or EEG."""
    return next(iter(side_by_side(observations)), None)


@styled
def _drawing(evidence: Evidence, panels: Sequence[str], settings: Mapping[str, Sequence[TrainingRun]]) -> Drawing:
    first = next(iter(settings.items()), ("", ()))
    names = [*panels, *(("step", "noise") if first[1] else ())]
    rows = -(-len(names) // 2)
    figure = Figure(figsize=(6.8, 2.5 * rows + 0.4), layout="constrained")
    for axes, name in zip(figure.subplots(rows, 2, squeeze=False, sharey=True).ravel(), names, strict=False):
        if name in panels:
            _scan(axes, name, [row for row in evidence.observations if row.panel == name])
        elif name == "step":
            _step(axes, first[1])
        else:
            _by_noise(axes, first[1])
        axes.set(ylim=(0, 1), ylabel="SI-3")
    legend_below(figure, legend_of(*figure.axes))
    figure.set_figwidth(6.8)
    caption = (
        f"One kernel, SI-3, against what drives it, scale {evidence.scale}. Spike counts of 64 cells of the seizure "
        "network after a trigger (3–5 s, 1-ms bins, Gaussian of 5 ms); EEG at 3–20 Hz in windows of 5 s; activations "
        f"over test images, mean over layers ({first[0]}). A mark is a seed, a line the mean. Dotted: 97.5 % of "
        "surrogates: shifts of units in time, permutations of images. Signal correlation: units answer to the "
        "same images; noise: what is left within classes."
    )
    alt = "SI-3 with its null against inhibition, time from the onset, training step and share of wrong labels."
    return Drawing(f"side by side/{evidence.scale}", "side by side", figure, caption, alt)


def _scan(axes: Axes, name: str, rows: Sequence[ReplicateValue]) -> None:
    x = np.array([float(row.group) for row in rows])
    places = np.unique(x)
    label, hue = ("spikes over time", MODEL) if name == INHIBITION else ("fields over time", EEG)
    axes.plot(x, [row.value for row in rows], "o", color=hue, ms=3, mfc="none", mew=0.8)
    for values, style in (
        ([row.value for row in rows], {"color": hue, "label": label}),
        ([row.null_high for row in rows], {**NULLS, "label": "null, 97.5 %"}),
    ):
        table = np.array(values)
        axes.plot(places, [table[x == place].mean() for place in places], **style)
    if name == INHIBITION:
        axes.set(title="seizure network", xlabel="inhibition g")
    else:
        axes.set_title("EEG")
        axes.axvline(0.0, color="0.7", lw=0.8, zorder=0)
        axes.set_xlabel("time from the onset [s]")


def _step(axes: Axes, trainings: Sequence[TrainingRun]) -> None:
    kinds: dict[str, list[TrainingRun]] = {}
    for training in trainings:
        if training.kind in ("control", "few"):
            kinds.setdefault(training.kind, []).append(training)
    for kind, mine in kinds.items():
        share = 100 * mine[0].steps / mine[0].steps[-1]
        ls = "-" if kind == "control" else "--"
        fit = "well fitted" if kind == "control" else "few samples"
        axes.plot(share, np.mean([c.mean() for c in mine], axis=0), color=NET, ls=ls, label=f"signal, {fit}")
        if all("within_class_si test" in c.synchrony for c in mine):
            noise = np.mean([c.mean("within_class_si") for c in mine], axis=0)
            axes.plot(share, noise, color=NOISE, ls=ls, label=f"noise, {fit}")
    _null(axes, trainings, 0.0, 100.0)
    axes.set(title="networks", xlabel="share of training [%]")


def _by_noise(axes: Axes, trainings: Sequence[TrainingRun]) -> None:
    found = [(share, c) for c in trainings if (share := _noise(c)) is not None]
    x = np.array([share for share, _ in found])
    for measure, hue in (("si_3", NET), ("within_class_si", NOISE)):
        if all(f"{measure} test" in c.synchrony for _, c in found):
            y = np.array([c.mean(measure)[-1] for _, c in found])
            axes.plot(x, y, "o", color=hue, ms=3, mfc="none", mew=0.8)
            axes.plot(np.unique(x), [y[x == place].mean() for place in np.unique(x)], color=hue)
    _null(axes, trainings, float(x.min()), float(x.max()))
    axes.set(title="networks, trained", xlabel="wrong labels [%]")


def _null(axes: Axes, trainings: Sequence[TrainingRun], low: float, high: float) -> None:
    values = [
        np.nanmean(t) for c in trainings if (t := c.null_high.get("si_3 test")) is not None and np.isfinite(t).any()
    ]
    if values:
        axes.plot([low, high], [np.mean(values)] * 2, **NULLS)


def _noise(training: TrainingRun) -> float | None:
    return SHARES.get("control" if training.kind == "control" else training.condition)
