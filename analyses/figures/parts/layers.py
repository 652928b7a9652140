"""Matrices of layers by layers, and the names of layers at an axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .palette import NET, SIGNED, magnitudes
from .style import NOT_DRAWN, Values, as_rgba, new_figure, shortened, styled, words

NAMED = 6  # layers that are named; more are numbered


@styled
def layers_figure(
    title: str, matrix: Values, layers: Sequence[str], label: str, *, signed: bool, marked: Values | None = None,
    axis_labels: tuple[str, str] = ("layer", "layer"),
) -> Figure:  # fmt: skip
    """A matrix of layers by layers on a fixed scale, −1 to 1 or 0 to 1; grey: there is no number.

    Args:
        matrix: (row, column), NaN where there is no number.
        layers: names in order of depth.
        label: of the colours.
        signed: the scale reaches down to −1, white at 0.
        marked: (row, column) booleans that get a dot.
        axis_labels: of x (columns) and y (rows).
    """
    figure, axes = new_figure(title)
    n = len(layers)
    shown = np.ma.masked_invalid(np.clip(matrix, -1.0 if signed else 0.0, 1.0))  # type: ignore[no-untyped-call]
    image = axes.imshow(
        shown,
        origin="lower",
        interpolation="nearest",
        extent=(0.5, n + 0.5, 0.5, n + 0.5),
        cmap=as_rgba(SIGNED) if signed else magnitudes(NET).with_extremes(bad=NOT_DRAWN),
        vmin=-1 if signed else 0,
        vmax=1,
    )
    if marked is not None and marked.any():
        rows, columns = np.nonzero(marked)
        axes.plot(columns + 1, rows + 1, "o", color="black", ms=4.5, mec="white", mew=0.8)
    axes.set(xlabel=axis_labels[0], ylabel=axis_labels[1])
    name_layers(axes, layers, ("x", "y"))
    for side in ("top", "right"):
        axes.spines[side].set_visible(True)
    bar = figure.colorbar(image, ax=axes, ticks=[-1, -0.5, 0, 0.5, 1] if signed else [0, 0.25, 0.5, 0.75, 1], aspect=25)
    bar.set_label(label)
    return figure


def name_layers(axes: Axes, layers: Sequence[str], which: Sequence[str]) -> None:
    """Names at the ticks of few layers, numbers from 1 at those of many."""
    places = np.arange(1, len(layers) + 1)
    for axis in which:
        ticks = axes.xaxis if axis == "x" else axes.yaxis
        if len(layers) > NAMED:
            ticks.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1))
            continue
        ticks.set_ticks(places, [words(shortened(name, 14), 14, 1) for name in layers])
        if axis == "x" and sum(min(len(name), 14) for name in layers) > 30:
            for tick in axes.get_xticklabels():
                tick.set(rotation=30, ha="right", rotation_mode="anchor")
