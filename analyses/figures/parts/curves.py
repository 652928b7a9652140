"""Curves: r(t), spectra, traces, learning curves with the gap, the rate against a parameter that is ramped."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from .style import (
    CLOCK_LABELS,
    OKABE_ITO,
    Legend,
    Values,
    colour,
    dash,
    legend_below,
    new_figure,
    sign_limits,
    styled,
    with_unit,
)

DECADES = 6.0  # power further below the maximum than this is numerical zero
_TRAIN = {"train", "training"}
_TEST = {"test", "val", "valid", "validation"}


@styled
def order_figure(title: str, series: Mapping[str, tuple[Values, Values]], clock: str, floor: float | None) -> Figure:
    """Draw Kuramoto r(t), group -> times [ticks of clock] and r (time,), with the floor √(π/4N) if N is known."""
    figure, axes = new_figure(title)
    legend: Legend = []
    for index, (name, (times, r)) in enumerate(series.items()):
        legend.append((axes.plot(times, r, color=colour(index), ls=dash(index))[0], name))
    if floor is not None:
        legend.append((axes.axhline(floor, color="0.45", lw=0.8, ls=":"), "independent phases"))
    axes.set(xlabel=CLOCK_LABELS[clock], ylabel="Kuramoto r", ylim=(-0.02, 1.04))
    axes.margins(x=0.01)
    legend_below(figure, legend)
    return figure


@styled
def spectrum_figure(
    title: str,
    spectra: Mapping[str, tuple[Values, Values]],
    frequency_unit: str,
    unit: str,
    band: tuple[float, float] | None = None,
) -> Figure:
    """Draw power of the population mean, group -> frequency and power (frequency,), and shade the band of phases."""
    figure, axes = new_figure(title)
    legend: Legend = []
    top = max((float(power.max()) for _, power in spectra.values()), default=0.0)
    for index, (name, (frequency, power)) in enumerate(spectra.items()):
        drawn = (frequency > 0) & (power > 0)
        if drawn.any():
            few = int(drawn.sum()) <= 3  # a line needs more
            style = {"color": colour(index), "ls": dash(index), "marker": "o" if few else "", "ms": 2.5}
            legend.append((axes.semilogy(frequency[drawn], power[drawn], **style)[0], name))
    if band is not None and legend:
        axes.axvspan(*band, color="0.9", lw=0, zorder=0)
        legend.append((Patch(color="0.9"), "band of the phases"))
    axes.set(xlabel=with_unit("frequency", frequency_unit), ylabel=with_unit("power", unit))
    if not legend:
        axes.text(0.5, 0.5, "no power: the mean is constant", ha="center", va="center", transform=axes.transAxes)
        axes.set(xlim=(0, 1), ylim=(1, 10))
    else:
        axes.set_xlim(left=0.0)
        axes.set_ylim(bottom=max(top * 10.0**-DECADES, axes.get_ylim()[0]))
        legend_below(figure, legend)
    return figure


@styled
def trace_figure(title: str, times: Values, values: Values, labels: Sequence[str], clock: str, y_label: str) -> Figure:
    """Draw a few units, values (time, unit), against time (time,) [ticks of clock]."""
    figure, axes = new_figure(title)
    legend: Legend = []
    for index, label in enumerate(labels):
        style = {"color": colour(index), "ls": dash(index // len(OKABE_ITO)), "lw": 0.9}
        legend.append((axes.plot(times, values[:, index], **style)[0], label))
    axes.set(xlabel=CLOCK_LABELS[clock], ylabel=y_label)
    if np.isfinite(values).any():
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
        room = max(0.0, 1e-3 * max(abs(low), abs(high)) - (high - low))  # rounding is not spread over the figure
        axes.set_ylim(*sign_limits(low - room, high + room))
    axes.margins(x=0.01)
    legend_below(figure, legend)
    return figure


def metric_pairs(metrics: Sequence[str]) -> tuple[dict[str, tuple[int, int]], list[int]]:
    """Return the metrics that are the training and the test face of one quantity, and those that stand alone.

    >>> metric_pairs(["train_accuracy", "test_accuracy", "rate"])
    ({'accuracy': (0, 1)}, [2])
    """
    faces: dict[str, dict[str, int]] = {}
    for index, metric in enumerate(metrics):
        parts = [part for part in re.split(r"[\s_/.-]+", str(metric)) if part]
        face = next((f for part in parts for f, s in (("train", _TRAIN), ("test", _TEST)) if part.lower() in s), None)
        if face is not None:
            rest = " ".join(part for part in parts if part.lower() not in _TRAIN | _TEST) or "value"
            faces.setdefault(rest, {}).setdefault(face, index)
    pairs = {name: (pair["train"], pair["test"]) for name, pair in faces.items() if len(pair) == 2}
    used = {index for pair in pairs.values() for index in pair}
    return pairs, [index for index in range(len(metrics)) if index not in used]


@styled
def learning_figure(title: str, times: Values, train: Values, test: Values, clock: str, quantity: str) -> Figure:
    """Draw training and test curves (replicate, time), thin, and their means, thick, the gap shaded."""
    figure, axes = new_figure(title)
    for index, curves in enumerate((train, test)):
        axes.plot(times, curves.T, color=colour(index), lw=0.6, alpha=0.45)
    legend: Legend = []
    for index, (name, curves) in enumerate((("train", train), ("test", test))):
        (line,) = axes.plot(times, curves.mean(axis=0), color=colour(index), ls=dash(index), lw=1.8)
        legend.append((line, name))
    gap = axes.fill_between(times, train.mean(axis=0), test.mean(axis=0), color="0.85", lw=0, zorder=0)
    _fraction_axis(axes, np.concatenate([train, test]))
    axes.set(xlabel=CLOCK_LABELS[clock], ylabel=quantity)
    axes.margins(x=0.01)
    legend_below(figure, [*legend, (gap, "gap")])
    return figure


@styled
def groups_figure(title: str, curves: Mapping[str, tuple[Values, Values]], clock: str, y_label: str) -> Figure:
    """Draw curves, group -> times (time,) and values (replicate, time): every replicate thin, the mean thick."""
    figure, axes = new_figure(title)
    legend: Legend = []
    for index, (name, (times, values)) in enumerate(curves.items()):
        axes.plot(times, values.T, color=colour(index), lw=0.6, alpha=0.45)
        (line,) = axes.plot(times, values.mean(axis=0), color=colour(index), ls=dash(index), lw=1.8)
        legend.append((line, name))
    axes.axhline(0.0, color="0.6", lw=0.7, zorder=0)
    axes.set(xlabel=CLOCK_LABELS[clock], ylabel=y_label)
    axes.margins(x=0.01)
    legend_below(figure, legend)
    return figure


@styled
def ramp_figure(
    title: str, parameter: Values, rate: Values, x_label: str, name: str, crossings: Mapping[str, float], level: float
) -> Figure:
    """Draw the rate against a parameter that goes down and up, each way in a colour, and the crossings of a level.

    Args:
        parameter, rate: (time,), in the order of time; rate [Hz].
        x_label: the parameter with its unit.
        name: of the parameter, for the legend.
        crossings: e.g. "onset" -> value of the parameter where the rate crosses `level` [Hz].
        level: of the crossings [Hz].
    """
    figure, axes = new_figure(title)
    change = np.sign(np.gradient(parameter))
    turns = np.flatnonzero(np.diff(change)) + 1
    handles: dict[str, Line2D] = {}
    for part in np.split(np.arange(rate.size), turns):
        if change[part[0]] != 0:
            index = int(change[part[0]] > 0)
            way = f"{name} {('falling', 'rising')[index]}"
            (handles[way],) = axes.plot(parameter[part], rate[part], color=colour(index), ls=dash(index), lw=1.4)
    beside = (((-7, 0), "right", "center"), ((3, 6), "left", "bottom"))  # where the curves leave room
    for (label, at), (offset, across, along) in zip(crossings.items(), beside, strict=False):
        axes.plot(at, level, "o", color="black", ms=4, zorder=3)
        axes.annotate(f"{label} {at:.2f}", (at, level), offset, textcoords="offset points", ha=across, va=along)
    axes.margins(x=0.15)  # room for the words beside the crossings
    axes.set(xlabel=x_label, ylabel="population rate [Hz]", ylim=sign_limits(0.0, float(rate.max())))
    legend_below(figure, [(line, way) for way, line in handles.items()])
    return figure


def _fraction_axis(axes: Axes, values: Values) -> None:
    if values.min() >= 0.0 and values.max() <= 1.0:
        axes.set_ylim(-0.02, 1.04)
    else:
        axes.set_ylim(*sign_limits(float(values.min()), float(values.max())))
