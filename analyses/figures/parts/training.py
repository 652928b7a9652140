"""Synchrony over training: every layer under the accuracies, and against depth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from ...layers.layer_synchrony import LayerValues
from .collapse import collapse_line, collapse_value
from .layers import name_layers
from .palette import INK, NET, NULL, NULL_EDGE, SOFT, steps_of
from .style import (
    CLOCK_LABELS,
    SIZE,
    TITLE_WIDTH,
    Legend,
    Values,
    dash,
    legend_below,
    new_figure,
    sign_limits,
    styled,
    words,
)

TALL = 3.5  # inch, of two panels
HIGH = 3.1  # inch, of a panel over a long legend
MAX_LINES = 7  # layers that can be told apart as lines; of more, as many are drawn, evenly spaced in depth
FREE, WITHIN = "permute", "permute_within_class"
NULL_LABELS = {FREE: "null: permuted", WITHIN: "null: within class"}
_BAND, _EDGE, _BAR = NULL, NULL_EDGE, SOFT
_WITHIN_MARK: dict[str, Any] = {"marker": "D", "ls": "", "ms": 3.6, "mfc": "white", "mew": 1.0}


@dataclass(frozen=True, eq=False)
class Accuracies:
    """Training and test accuracy at the steps of the records, each (time,)."""

    times: Values
    train: Values
    test: Values


def shown_layers(n: int) -> NDArray[np.intp]:
    """Return the indices of the layers, of n, that are drawn as lines.

    >>> shown_layers(3).tolist(), shown_layers(20).tolist()
    ([0, 1, 2], [0, 3, 6, 10, 13, 16, 19])
    """
    return np.unique(np.linspace(0, n - 1, min(n, MAX_LINES)).round().astype(np.intp))


@styled
def synchrony_figure(
    title: str, found: LayerValues, y_label: str, accuracies: Accuracies | None, classes: object = None
) -> Figure:
    """One measure of every layer over training, with its null, under the accuracies.

    Grey: what permuted surrogates of all layers span, between the records at which they were drawn. Diamonds: mean
    and span of surrogates within classes, layer by layer.

    Args:
        found: values (time, layer) with their nulls.
        y_label: the measure with its unit.
        accuracies: drawn above with their gap, if there are any.
        classes: number of classes of the data, where it is known: see `collapse_line`.
    """
    figure = Figure(figsize=(SIZE[0], TALL if accuracies is not None else SIZE[1]), layout="constrained")
    legend: Legend = []
    if accuracies is None:
        axes = figure.add_subplot()
        axes.set_title(words(title, TITLE_WIDTH))
    else:
        above, axes = figure.subplots(2, 1, sharex=True, height_ratios=(1.0, 1.6))
        above.set_title(words(title, TITLE_WIDTH))
        legend = _accuracies(above, accuracies)
    layers = shown_layers(len(found.layers))
    colours = steps_of(NET, len(layers))
    band = _free_band(axes, found)
    for index, layer in enumerate(layers):
        finite = np.isfinite(found.values[:, layer])
        style: dict[str, Any] = {"color": colours[index], "ls": dash(index % 3), "lw": 1.4}
        style |= {"marker": "o", "ms": 2.5} if finite.sum() <= 8 else {}
        (line,) = axes.plot(found.times[finite], found.values[finite, layer], **style)
        legend.append((line, found.layers[layer]))
        _within_bars(axes, found, int(layer), index, style["color"])
    if band:
        legend.append((Patch(facecolor=_BAND, edgecolor=_EDGE), NULL_LABELS[FREE]))
    if WITHIN in found.nulls and np.isfinite(found.nulls[WITHIN].low).any():
        legend.append((Line2D([], [], color=_BAR, **_WITHIN_MARK), NULL_LABELS[WITHIN]))
    axes.set(xlabel=CLOCK_LABELS[found.clock], ylabel=y_label, ylim=_span(found))
    _collapse(axes, found.measure, classes, legend)
    axes.margins(x=0.02)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    figure.align_ylabels()
    legend_below(figure, legend)
    return figure


@styled
def depth_figure(
    title: str, layers: Sequence[str], series: Sequence[tuple[str, Values]], nulls: dict[str, tuple[Values, Values]],
    y_label: str, dashed: Sequence[tuple[str, Values]] = (), measure: str = "", classes: object = None,
) -> Figure:  # fmt: skip
    """One measure against depth at a few steps of training.

    Args:
        layers: names in order of depth.
        series: what and its values (layer,), the earliest first.
        nulls: kind of surrogate -> low and high (layer,), of the last step.
        y_label: the measure with its unit.
        dashed: the same of another set, (layer,).
        measure, classes: for `collapse_line`.
    """
    figure, axes = new_figure(title)
    figure.set_figheight(HIGH)
    places = np.arange(1, len(layers) + 1)
    legend: Legend = []
    bands: Legend = []
    for kind, (low, high) in nulls.items():
        options: dict[str, Any] = {"facecolor": _BAND, "edgecolor": _EDGE, "lw": 0.8, "zorder": 0}
        if kind == WITHIN:
            options = {"facecolor": "none", "edgecolor": NULL_EDGE, "hatch": "////", "lw": 0.6, "zorder": 1}
        _band(axes, places, low, high, options)
        bands.append((Patch(**{k: v for k, v in options.items() if k != "zorder"}), NULL_LABELS.get(kind, kind)))
    colours = steps_of(NET, len(series))
    for index, (label, values) in enumerate(series):
        style: dict[str, Any] = {"color": colours[index], "marker": "o", "ms": 3.5, "zorder": 3}
        legend.append((axes.plot(places, values, **style)[0], label))
    style = {"color": "0.1", "ls": dash(1), "marker": "s", "ms": 3.5, "mfc": "white", "zorder": 3}
    for label, values in dashed:
        legend.append((axes.plot(places, values, **style)[0], label))
    everything = np.concatenate([v for _, v in (*series, *dashed)] + [v for pair in nulls.values() for v in pair])
    everything = everything[np.isfinite(everything)]
    axes.set_ylim(*sign_limits(float(everything.min()), float(everything.max())))
    axes.set(xlabel="layer", ylabel=y_label, xlim=(0.7, len(layers) + 0.3))
    _collapse(axes, measure, classes, legend)
    name_layers(axes, layers, ("x",))
    legend_below(figure, legend + bands)
    return figure


def _collapse(axes: Axes, measure: str, classes: object, legend: Legend) -> None:
    """Draw what collapse alone makes, within the limits of the axes."""
    value = collapse_value(measure, classes)
    if value is not None and (drawn := collapse_line(axes, measure, classes)):
        legend.append(drawn)
        low, high = axes.get_ylim()
        axes.set_ylim(min(low, value - 0.05 * (high - low)), max(high, value + 0.05 * (high - low)))


def _accuracies(axes: Axes, found: Accuracies) -> Legend:
    legend: Legend = []
    for name, values, shade in (("train", found.train, INK), ("test", found.test, NET)):
        (line,) = axes.plot(found.times, values, color=shade, lw=1.4)
        legend.append((line, f"{name} accuracy"))
    legend.append((axes.fill_between(found.times, found.train, found.test, color="0.85", lw=0, zorder=0), "gap"))
    axes.set(ylabel="accuracy", ylim=(-0.02, 1.04))
    axes.yaxis.set_major_locator(MaxNLocator(3))
    axes.tick_params(axis="x", labelbottom=False)
    return legend


def _free_band(axes: Axes, found: LayerValues) -> bool:
    """Grey between the least and the greatest that permuted surrogates of any layer give."""
    if FREE not in found.nulls:
        return False
    null = found.nulls[FREE]
    drawn = np.flatnonzero(np.isfinite(null.low).any(axis=1))
    if drawn.size == 0:
        return False
    low, high = np.nanmin(null.low[drawn], axis=1), np.nanmax(null.high[drawn], axis=1)
    times = found.times[drawn]
    if drawn.size == 1:
        axes.vlines(times, low, high, color=_BAND, lw=5, zorder=0)
    else:
        axes.fill_between(times, low, high, facecolor=_BAND, edgecolor=_EDGE, lw=0.8, zorder=0)
    return True


def _within_bars(axes: Axes, found: LayerValues, layer: int, index: int, paint: Any) -> None:
    """Draw mean and span of the surrogates of one layer, moved aside so that layers do not overlap."""
    if WITHIN not in found.nulls:
        return
    null = found.nulls[WITHIN]
    drawn = np.isfinite(null.low[:, layer])
    middle, width = found.times.mean(), np.ptp(found.times) or 1.0
    inward = np.where(found.times[drawn] <= middle, 1, -1) * width * 0.02 * (index + 0.5)
    times = found.times[drawn] + inward
    axes.vlines(times, null.low[drawn, layer], null.high[drawn, layer], color=paint, lw=1.6)
    axes.plot(times, null.mean[drawn, layer], color=paint, **_WITHIN_MARK)


def _band(axes: Axes, places: Values, low: Values, high: Values, options: dict[str, Any]) -> None:
    there = np.isfinite(low) & np.isfinite(high)
    edges = np.repeat(places[there], 2) + np.tile([-0.25, 0.25], int(there.sum()))
    for left, bottom, top in zip(edges[::2], low[there], high[there], strict=True):
        axes.fill_between([left, left + 0.5], [bottom] * 2, [top] * 2, **options)


def _span(found: LayerValues) -> tuple[float, float]:
    every = [found.values, *(v for null in found.nulls.values() for v in (null.low, null.high))]
    numbers = np.concatenate([v[np.isfinite(v)] for v in every])
    return sign_limits(float(numbers.min()), float(numbers.max()))
