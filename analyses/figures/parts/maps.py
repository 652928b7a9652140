"""Pictures of activity: spike rasters over the population rate, activation maps, correlation matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from ...measures.circular import wrapped
from .matrices import clustered
from .palette import PHASE_MAP, SIGNED
from .style import (
    CLOCK_LABELS,
    SIZE,
    TITLE_WIDTH,
    Values,
    as_rgba,
    new_figure,
    styled,
    with_unit,
    words,
)

Z_LIMIT = 2.5  # the same colour scale for every map, so that maps can be compared


@styled
def raster_figure(
    title: str,
    spike_times: Values,
    spike_units: Values,
    n_units: int,
    window: tuple[float, float],
    rate_times: Values,
    rate: Values,
    colour: str,
    total: int | None = None,
) -> Figure:
    """Draw spikes of `n_units` units, of `total`, over the population rate; times in s, rates in Hz."""
    figure = Figure(figsize=SIZE, layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2.2, 1.0))
    above.set_title(words(title, TITLE_WIDTH))
    size = float(np.clip(80.0 / n_units, 0.8, 6.0))
    above.plot(spike_times, spike_units, "|", color=colour, ms=size, mew=0.5, rasterized=True)
    above.set(ylabel=_units(n_units, total), ylim=(-1, n_units), xlim=window)
    above.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    above.tick_params(axis="x", labelbottom=False)
    below.plot(rate_times, rate, color=colour, lw=0.9)
    below.set(xlabel=CLOCK_LABELS["second"], ylabel="rate [Hz]")
    below.set_ylim(bottom=0.0)
    below.yaxis.set_major_locator(MaxNLocator(3))
    figure.align_ylabels()
    return figure


def z_scored(values: Values) -> np.ma.MaskedArray[Any, Any]:
    """Every unit at mean 0 and SD 1 over time; units that do not vary are masked.

    >>> z_scored(np.array([[0.0, 5.0], [2.0, 5.0]])).tolist()
    [[-1.0, None], [1.0, None]]
    """
    x = np.asarray(values, dtype=np.float64)
    centred = x - x.mean(axis=0)
    sd = centred.std(axis=0)
    live = sd > np.maximum(1e-6 * sd.max(), 8 * np.finfo(np.float64).eps * np.abs(x).max(axis=0))
    z = centred / np.where(live, sd, 1.0)
    return _masked(z, np.broadcast_to(~live, z.shape))


def _masked(values: Values, mask: Values) -> np.ma.MaskedArray[Any, Any]:
    return np.ma.masked_array(values, mask=mask)  # type: ignore[no-untyped-call]


def class_order(labels: Values | None, n: int) -> NDArray[np.intp]:
    """Order of samples by class, as they come within a class; as they come where there is no class."""
    return np.arange(n, dtype=np.intp) if labels is None else np.argsort(labels, kind="stable")


def _units(shown: int, total: int | None) -> str:
    """Return the label of an axis of units.

    >>> _units(60, 2000), _units(60, None)
    ('60 of 2,000 units', 'unit')
    """
    return "unit" if total in (None, shown) else f"{shown} of {total:,} units"


@styled
def activity_figure(
    title: str,
    times: Values,
    values: Values,
    clock: str,
    by_class: bool = False,
    *,
    total: int | None = None,
    phase: bool = False,
) -> Figure:
    """Activity (time, unit), z-scored per unit; phases as they are, in colours that close.

    Args:
        times: (time,) [ticks of clock].
        values: (time, unit), already in the order in which it is to be drawn.
        clock: of the recording; a "sample" axis is numbered, not timed.
        by_class: whether the samples were sorted by class.
        total: number of units that there are; those shown if left out.
        phase: the values are angles [rad].
    """
    figure, axes = new_figure(title)
    z = wrapped(values) if phase else z_scored(values)
    limit = np.pi if phase else Z_LIMIT
    n = z.shape[0]
    step = float(times[1] - times[0]) if len(times) > 1 else 1.0
    ends = (0.5, n + 0.5) if clock == "sample" else (float(times[0]), float(times[-1]) + step)
    image = axes.imshow(
        z.T,
        aspect="auto",
        origin="lower",
        interpolation="nearest" if n <= 400 else "antialiased",
        extent=(*ends, -0.5, z.shape[1] - 0.5),
        cmap=as_rgba(PHASE_MAP if phase else SIGNED),
        vmin=-limit,
        vmax=limit,
    )
    sampled = "sample (sorted by class)" if by_class else CLOCK_LABELS[clock]
    axes.set(xlabel=sampled, ylabel=_units(z.shape[1], total))
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    if phase:
        bar = figure.colorbar(image, ax=axes, ticks=[-np.pi, 0, np.pi], pad=0.02, aspect=25)
        bar.ax.set_yticklabels(["−π", "0", "π"])
        bar.set_label("phase [rad]")
        return figure
    bar = figure.colorbar(image, ax=axes, extend="both", ticks=[-2, -1, 0, 1, 2], pad=0.02, aspect=25)
    bar.set_label("activity [SD of the unit]")
    return figure


@styled
def correlation_figure(title: str, matrix: Values) -> Figure:
    """Draw a correlation matrix (unit, unit) on the fixed scale −1 to 1, white at 0; units clustered by 1 − r."""
    figure, axes = new_figure(title)
    r = np.asarray(matrix, dtype=np.float64)
    dead = np.diagonal(r) < 0.5  # a unit that does not vary has no correlation, not even with itself
    order = clustered(np.where(dead[:, None] | dead[None, :], np.nan, r))
    shown = _masked(np.clip(r, -1, 1), dead[:, None] | dead[None, :])[np.ix_(order, order)]
    n = len(r)
    image = axes.imshow(
        shown,
        origin="lower",
        interpolation="nearest",
        extent=(-0.5, n - 0.5, -0.5, n - 0.5),
        cmap=as_rgba(SIGNED),
        vmin=-1,
        vmax=1,
    )
    axes.set(xlabel="unit, clustered by 1 − r", ylabel="unit")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(4, integer=True))
    for side in ("top", "right"):
        axes.spines[side].set_visible(True)
    bar = figure.colorbar(image, ax=axes, ticks=[-1, -0.5, 0, 0.5, 1], pad=0.03, aspect=25)
    bar.set_label(with_unit("Pearson correlation", "1"))
    return figure


def off_diagonal_mean(matrix: Values) -> float | None:
    """Mean correlation over pairs of units that vary; None where there is no such pair."""
    r = np.asarray(matrix, dtype=np.float64)
    live = np.diagonal(r) >= 0.5
    n = int(live.sum())
    if n < 2:
        return None
    part = r[np.ix_(live, live)]
    return float((part.sum() - np.trace(part)) / (n * (n - 1)))
