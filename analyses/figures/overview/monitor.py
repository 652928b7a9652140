"""Overview of a Monitor, or of own records of its kind: every measure by layer over training passes or epochs."""

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
from .layered import NUMBERED, layer_map, trajectories
from .names import capitalised, network_name
from .naming import counted
from .panels import LETTERS, axes_at, below_heading, labels_beside, plain_number, short_ticks

MOST = 6  # measures on a page
SHARE = 0.1  # of the records, at either end, whose mean the title names
ROW = 20.0  # mm


@dataclass(frozen=True, eq=False)
class Watched:
    """One measure of a Monitor: values (time, layer), NaN where it was not defined, at `times` [passes or epochs]."""

    name: str
    times: Floats
    layers: tuple[str, ...]
    values: Floats
    clock: str = "step"

    def length(self) -> str:
        """Return the number of passes, or of epochs, in words."""
        first = 0.0 if self.clock == "step" else self.times[0]
        n = round(self.times[-1] - first + 1)
        return f"{n} pass{'es' * (n != 1)}" if self.clock == "step" else counted(n, "epoch")

    def turn(self) -> tuple[str, float, float] | None:
        """Return "highest" or "lowest", the mean over a tenth of the records and its middle, if it is beyond both ends.

        That is by a tenth of their difference, in the layer of `ends`.
        """
        layer, before, after = self.ends()
        column = self.values[:, self.layers.index(layer)]
        there = column[np.isfinite(column)]
        part = max(1, round(SHARE * there.size))
        means = np.convolve(there, np.full(part, 1 / part), "valid")
        places = self.times[np.isfinite(column)][(part - 1) // 2 :]
        above, below = means.max() - max(before, after), min(before, after) - means.min()
        if max(above, below) <= SHARE * abs(after - before) + 0.005:
            return None
        at = int(means.argmax() if above >= below else means.argmin())
        return "highest" if above >= below else "lowest", float(means[at]), float(places[at])

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
        raise InputError("plot: run: holds no measure of layers over training passes or epochs; see Monitor.run")
    found = [one for one in every if np.isfinite(one.values).any()] or every
    shown = found[:MOST]
    losses = _losses(run)
    layer, before, after = shown[0].ends()
    symbol, step = notation(shown[0].name).symbol, shown[0].clock == "step"
    turn = shown[0].turn()
    beyond = f", {turn[0]} {plain_number(turn[1])} at {'pass' if step else 'epoch'} {turn[2]:.0f}" if turn else ""
    title = capitalised(
        f"{network_name(run.source)}: {symbol} of layer {layer} goes from {plain_number(before)} to "
        f"{plain_number(after)} in {shown[0].length()}{beyond}"
    )
    every_passes = run.source.get("every")
    under = ""
    if step and isinstance(every_passes, int):
        often = "at every pass" if every_passes == 1 else f"every {every_passes} passes"
        under = f"measured {often} on the training batch, "
    records = shown[0].times.size
    means = "means of the first and the last tenth" if round(SHARE * records) > 1 else "the first and the last"
    under += f"{means} of {records} records; {counted(len(shown[0].layers), 'layer')}, no surrogates"
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
        panel(left, next(letters), capitalised(name), 48)
        panel(right, next(letters), "Its course by layer", 36)
        right.set_xlim(left.get_xlim())
        for axes in (left, right):
            axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
            axes.tick_params(axis="x", labelbottom=row == rows - 1)
            if row == rows - 1:
                axes.set_xlabel("training pass" if one.clock == "step" else "epoch")
        at += ROW + 12
    if losses:
        name, times, values, clock = losses
        axes = axes_at(figure, 22, at, 136, ROW)
        for (metric, column), colour in zip(values.items(), (NET, INK), strict=False):
            axes.plot(times, column, color=colour)
            labels_beside(axes, [(metric.replace("_", " "), float(column[-1]), colour)])
        short_ticks(axes, "y")
        axes.set(xlabel=CLOCK_LABELS[clock])
        panel(axes, next(letters), capitalised(name), 48)
    left_out = [notation(one.name).symbol for one in found[MOST:]]
    few = len(shown[0].layers) <= NUMBERED  # they are named at the axis
    layers = ", ".join(name if few else f"{k} {name}" for k, name in enumerate(shown[0].layers, 1))
    caption = (
        f"Measures of every layer over {'training passes' if step else 'epochs'}: "
        f"{', '.join(one.name for one in shown)}. Grey: not defined, a batch that is too small or a layer that was not "
        f"called. Layers, from the bottom: {layers}."
        + (
            " One batch a record, other examples in each: what changes from record to record is also the batch."
            if step
            else ""
        )
        + (f" Not drawn: {', '.join(left_out)}." if left_out else "")
    )
    return Drawing("overview", title, figure, caption, f"{title}.")


def is_monitored(run: Run) -> bool:
    """Return whether a Run holds measures of layers over training passes or epochs."""
    return bool(watched(run))


def watched(run: Run) -> list[Watched]:
    """Return the measures of layers over passes or epochs that a Run holds, on the clock of the first."""
    found = []
    for entry in run.values():
        if not (
            isinstance(entry, Recording) and set(entry.unit_labels) == {"layer"} and entry.clock in ("step", "epoch")
        ):
            continue
        if entry.quantity in MEASURES and entry.values.ndim == 2:
            values = entry.numpy().astype(float)
            if entry.valid is not None:
                values = np.where(to_numpy(entry.valid), values, np.nan)
            layers = tuple(str(name) for name in entry.unit_labels["layer"])
            found.append(Watched(entry.quantity, np.asarray(entry.times, dtype=float), layers, values, entry.clock))
    return [one for one in found if one.clock == found[0].clock]


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
