"""Overview of a Monitor: every measure by layer over the training passes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.ticker import MaxNLocator

from ....simulator import InputError, Recording, Run
from ....simulator.recordings.recording import to_numpy
from ....simulator.types import Floats
from ...measures import MEASURES
from ...measures.notation import notation
from ..parts.palette import INK, NET
from ..parts.style import CLOCK_LABELS, Drawing
from .frame import page, panel, printed
from .layered import layer_map, trajectories
from .names import network_name, sentence
from .panels import LETTERS, axes_at, below_heading, labels_beside, plain_number, short_ticks

MOST = 6  # measures on a page
SHARE = 0.1  # of the records, at either end, whose mean the title names
ROW = 20.0  # mm


@dataclass(frozen=True, eq=False)
class Watched:
    """One measure of a Monitor: values (time, layer), NaN where it was not defined, at `times` [passes]."""

    name: str
    times: Floats
    layers: tuple[str, ...]
    values: Floats

    def ends(self) -> tuple[str, float, float]:
        """Return the last layer that has values, and their means over the first and the last tenth of the records."""
        for at in range(len(self.layers) - 1, -1, -1):
            there = self.values[np.isfinite(self.values[:, at]), at]
            if there.size:
                part = max(1, round(SHARE * there.size))
                return self.layers[at], float(there[:part].mean()), float(there[-part:].mean())
        raise InputError(f"plot: run: {self.name} was defined at no pass; measure larger batches")


@printed
def monitor_overview(run: Run) -> Drawing:
    """Draw one page of what a Monitor recorded; a row a measure, its losses below, if the Run has them.

    Raises:
        InputError: the Run holds no measure of layers over passes, or none that was ever defined.
    """
    every = watched(run)
    if not every:
        raise InputError("plot: run: holds no measure of layers over training passes; see Monitor.run")
    found = [one for one in every if np.isfinite(one.values).any()] or every
    shown = found[:MOST]
    losses = _losses(run)
    layer, before, after = shown[0].ends()
    symbol = notation(shown[0].name).symbol.replace("_", "")
    passes = f"{shown[0].times[-1] + 1:.0f} passes"
    title = sentence(
        f"{network_name(run.source)}: {symbol} of layer {layer} goes from {plain_number(before)} to "
        f"{plain_number(after)} in {passes}"
    )
    under = f"measured every {run.source.get('every', '?')} passes on the training batch, means of the first and the "
    under += f"last tenth of {shown[0].times.size} records; {len(shown[0].layers)} layers, no surrogates"
    rows = len(shown) + bool(losses)
    figure, top = page(title, under, 25 + rows * (ROW + 12))
    at = below_heading(figure, top) + 3
    letters = iter(LETTERS)
    for row, one in enumerate(shown):
        math = notation(one.name).math
        name = notation(one.name).words or one.name.replace("_", " ")
        left, right = axes_at(figure, 22, at, 72, ROW), axes_at(figure, 115, at, 46, ROW)
        layer_map(left, one.times, one.values, math, one.layers)
        trajectories(right, one.times, one.values, math, names=one.layers)
        panel(left, next(letters), sentence(name), 48)
        panel(right, next(letters), "Its course by layer", 36)
        right.set_xlim(left.get_xlim())
        for axes in (left, right):
            axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
            axes.tick_params(axis="x", labelbottom=row == rows - 1)
            if row == rows - 1:
                axes.set_xlabel("training pass")
        at += ROW + 12
    if losses:
        name, times, values, clock = losses
        axes = axes_at(figure, 22, at, 136, ROW)
        for (metric, column), colour in zip(values.items(), (NET, INK), strict=False):
            axes.plot(times, column, color=colour)
            labels_beside(axes, [(metric.replace("_", " "), float(column[-1]), colour)])
        short_ticks(axes, "y")
        axes.set(xlabel=CLOCK_LABELS[clock])
        panel(axes, next(letters), sentence(name), 48)
    left_out = [notation(one.name).symbol.replace("_", "") for one in found[MOST:]]
    layers = ", ".join(f"{k} {name}" for k, name in enumerate(shown[0].layers, 1))
    caption = (
        f"Measures of every layer over training passes: {', '.join(one.name for one in shown)}. Grey: not defined, a "
        f"batch that is too small or a layer that was not called. Layers, in the order of their first call: {layers}. "
        "One batch a record, other examples in each: what changes from record to record is also the batch."
        + (f" Not drawn: {', '.join(left_out)}." if left_out else "")
    )
    return Drawing("overview", title, figure, caption, f"{title}.")


def is_monitored(run: Run) -> bool:
    """Return whether a Run holds measures of layers over training passes."""
    return bool(watched(run))


def watched(run: Run) -> list[Watched]:
    """Return the measures of layers over passes that a Run holds."""
    found = []
    for entry in run.values():
        if not (isinstance(entry, Recording) and set(entry.unit_labels) == {"layer"} and entry.clock == "step"):
            continue
        if entry.quantity in MEASURES and entry.values.ndim == 2:
            values = entry.numpy().astype(float)
            if entry.valid is not None:
                values = np.where(to_numpy(entry.valid), values, np.nan)
            layers = tuple(str(name) for name in entry.unit_labels["layer"])
            found.append(Watched(entry.quantity, np.asarray(entry.times, dtype=float), layers, values))
    return found


def _losses(run: Run) -> tuple[str, Floats, Mapping[str, Floats], str] | None:
    """Return name, times, at most two losses and clock of the first entry with labelled metrics, if there is one."""
    for name, entry in run.items():
        if isinstance(entry, Recording) and "metric" in entry.unit_labels and entry.values.ndim == 2:
            metrics = [str(metric) for metric in entry.unit_labels["metric"]]
            chosen = [metric for metric in metrics if "loss" in metric][:2]
            if chosen:
                values = entry.numpy().astype(float)
                return name, entry.times, {one: values[:, metrics.index(one)] for one in chosen}, entry.clock
    return None
