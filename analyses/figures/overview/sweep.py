"""Overview of a sweep: one parameter as dots and means, two as heat maps; of more, the others held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from scipy.stats import spearmanr

from ....simulator.kinds import Kind
from ....simulator.types import Floats
from ..parts.palette import MODEL, NET
from ..parts.style import Drawing, Values, words
from ..sweep import Column, Points, points_of
from .frame import page, panel, printed
from .names import capitalised
from .panels import (
    LETTERS,
    NUMBERED_CELLS,
    axes_at,
    bar_beside,
    below_heading,
    cell_numbers,
    heat_map,
    plain_number,
    short_ticks,
)

MOST = 6  # quantities on a page
NETWORKS = ("classifier",)  # systems that are deep networks
SAME = 0.05  # of the larger end: a smaller range is not spoken of
TREND = 0.9  # |Spearman's ρ| of the means from which a trend is spoken of
LABELS = 12  # of an axis; of more values some are named


@dataclass(frozen=True, eq=False)
class Shown:
    """Points of a sweep along its one or two longest parameters, the others at their first value.

    Attributes:
        across, up: names of the parameters; `up` is "" where there is one.
        held: parameter -> its value in this picture, of the others.
        rows: the points that are shown, indices in the table.
    """

    across: str
    up: str
    held: Mapping[str, object]
    rows: Values


@printed
def sweep_overview(sweep: Kind) -> Drawing:
    """Draw one page of a sweep: its measures, and the mean of every entry.

    Raises:
        InputError: no point is done.
    """
    points = points_of(sweep)
    hue = NET if points.system in NETWORKS else MODEL
    shown = _shown(points)
    columns = points.columns[:MOST]
    draw = _heat if shown.up else _dots
    title = capitalised(f"{points.system.replace('_', ' ')}: {_finding(points, shown, columns[0])}")
    tall = 38.0 if shown.up else 32.0
    rows = -(-len(columns) // 2)
    figure, top = page(title, _under(points, shown), 16 + rows * (tall + 18))
    at = below_heading(figure, top)
    for k, column in enumerate(columns):
        axes = axes_at(figure, 18 + 88 * (k % 2), at + (tall + 18) * (k // 2), 60 if shown.up else 66, tall)
        draw(axes, points, shown, column, hue)
        panel(axes, LETTERS[k], words(column.title, 48, 1), 30)
    return Drawing("overview", title, figure, _caption(points, shown, columns), f"{title}.")


def _shown(points: Points) -> Shown:
    """Choose the longest parameters, the first of like length; hold the others at their first values."""
    order = sorted(points.grid, key=lambda name: -len(points.grid[name]))
    long = [name for name in order if len(points.grid[name]) > 1] or order
    held = {name: points.grid[name][0] for name in points.grid if name not in long[:2]}
    rows = np.ones(points.n, dtype=bool)
    for name in held:
        rows &= points.place(name) == 0
    return Shown(long[0], long[1] if len(long) > 1 else "", held, np.flatnonzero(rows))


def _means(points: Points, shown: Shown, column: Column) -> Floats:
    """Return the means over seeds, (up, across), NaN where no seed has a value; one row of one parameter."""
    x = points.place(shown.across)[shown.rows]
    y = points.place(shown.up)[shown.rows] if shown.up else np.zeros(shown.rows.size, dtype=int)
    values = column.values[shown.rows]
    size = (len(points.grid[shown.up]) if shown.up else 1, len(points.grid[shown.across]))
    there = np.isfinite(values)
    total, count = np.zeros(size), np.zeros(size)
    np.add.at(total, (y[there], x[there]), values[there])
    np.add.at(count, (y[there], x[there]), 1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _heat(axes: Axes, points: Points, shown: Shown, column: Column, hue: str) -> None:
    means = _means(points, shown, column)
    x, y = np.arange(means.shape[1]), np.arange(means.shape[0])
    low, top = _scale(column, means)
    image = heat_map(axes, x, y, means, hue, top, low=low)
    if means.size <= NUMBERED_CELLS:
        cell_numbers(axes, x, y, means, top, low=low)
    for name, ticks, write in (
        (shown.across, axes.set_xticks, axes.set_xlabel),
        (shown.up, axes.set_yticks, axes.set_ylabel),
    ):
        texts = [_text(value) for value in points.grid[name]]
        step = -(-len(texts) // LABELS)
        ticks(range(0, len(texts), step), [words(text, 10, 1) for text in texts[::step]])
        write(words(name, 30))
    bar_beside(axes, image)


def _scale(column: Column, means: Floats) -> tuple[float, float]:
    """Return the ends of the scale: from 0, to 1 of a measure that stays below; of a mean below 0 from its least."""
    finite = means[np.isfinite(means)]
    if not finite.size:
        return 0.0, 1.0
    least, most = float(finite.min()), float(finite.max())
    if column.measure:
        return 0.0, max(most, 1.0) if column.unit in ("", "1") else most or 1.0
    low = least if least < 0 else 0.0
    return low, most if most > low else low + 1.0


def _dots(axes: Axes, points: Points, shown: Shown, column: Column, hue: str) -> None:
    """Draw every seed as a ring and the means as a line; texts stand at equal distances."""
    given = points.grid[shown.across]
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in given)
    places = np.array([float(value) for value in given] if numbers else range(len(given)), dtype=float)
    at = places[points.place(shown.across)[shown.rows]]
    axes.plot(at, column.values[shown.rows], "o", color=hue, mfc="white", ms=4, mew=0.9, zorder=3)
    means = _means(points, shown, column)[0]
    order = np.argsort(places)
    axes.plot(places[order], means[order], color=hue, lw=1.3)
    if numbers and (places > 0).all() and places.size > 2 and _ratios(np.sort(places)):
        axes.set_xscale("log")
    elif not numbers:
        axes.set_xticks(places, [words(_text(value), 12) for value in given])
    if numbers and axes.get_xscale() == "linear":
        short_ticks(axes, "x")
    short_ticks(axes, "y")
    finite = column.values[np.isfinite(column.values)]
    if finite.size and finite.min() >= 0:
        axes.set_ylim(bottom=0)
    axes.set(xlabel=words(shown.across, 30), ylabel=column.label)


def _ratios(places: Floats) -> bool:
    """Return whether values rise by equal ratios and not by equal steps."""
    steps, ratios = np.diff(places), np.diff(np.log(places))
    return bool(np.ptp(ratios) < 1e-6 * ratios.max() and np.ptp(steps) > 1e-6 * steps.max())


def _finding(points: Points, shown: Shown, column: Column) -> str:
    """Return where a quantity is least and greatest, or its trend along the one parameter."""
    means = _means(points, shown, column)
    there = np.isfinite(means)
    if not there.any():
        return f"{column.name} is defined at no point"
    along = [k for k, value in enumerate(points.grid[shown.across]) if there[0, k] and isinstance(value, int | float)]
    if not shown.up and len(along) > 2:
        x = np.array([points.grid[shown.across][k] for k in along], dtype=float)
        y = means[0, along]
        rho = float(spearmanr(x, y).statistic) if np.ptp(y) > 0 else 0.0
        if abs(rho) >= TREND:
            ends = y[np.argsort(x)][[0, -1]]
            return (f"{column.name} {'rises' if rho > 0 else 'falls'} from {_value(ends[0])} at {shown.across} = "
                    f"{_text(x.min())} to {_value(ends[1])} at {_text(x.max())}")  # fmt: skip
    low, high = float(means[there].min()), float(means[there].max())
    if high - low <= SAME * max(abs(low), abs(high)):
        return f"{column.name} stays between {_value(low)} and {_value(high)}"
    spots = [np.unravel_index(int(choose(means)), means.shape) for choose in (np.nanargmin, np.nanargmax)]
    least, most = (f"({_value(means[spot])}) at {_where(points, shown, spot)}" for spot in spots)
    return f"{column.name} is least {least} and greatest {most}"


def _where(points: Points, shown: Shown, spot: Sequence[np.intp]) -> str:
    parts = [f"{shown.across} = {_text(points.grid[shown.across][int(spot[1])])}"]
    return ", ".join(parts + ([f"{shown.up} = {_text(points.grid[shown.up][int(spot[0])])}"] if shown.up else []))


def _under(points: Points, shown: Shown) -> str:
    seeds = len(points.seeds)
    said = f"sweep of {points.n} runs, {seeds} seed{'s' * (seeds > 1)} a point" + ", means over them in the title" * (
        seeds > 1
    )
    if points.done < points.n:
        said += f", {points.done} done"
    if points.settings:
        said += "; " + ", ".join(f"{name} = {_text(value)}" for name, value in points.settings.items())
    if shown.held:
        counts = (f"{name} = {_text(v)} (of {len(points.grid[name])})" for name, v in shown.held.items())
        said += f"; held in this picture: {', '.join(counts)}"
    if points.how:
        said += f"; measured {points.how}"
    return said


def _caption(points: Points, shown: Shown, columns: Sequence[Column]) -> str:
    names = ", ".join(column.title for column in columns)
    left_out = [column.title for column in points.columns[MOST:]]
    over = f" over {len(points.seeds)} seeds" if len(points.seeds) > 1 else ""
    mark = (
        f"A cell is a combination of {shown.across} and {shown.up}, its number the mean{over}; –, grey: not defined or "
        "not done."
        if shown.up
        else "A ring is a run, the line the mean over seeds."
    )
    text = f"{names} against {shown.across}{f' and {shown.up}' if shown.up else ''}. {mark} No surrogates."
    return text + (f" Not drawn: {', '.join(left_out)}." if left_out else "")


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}".replace("-", "−")
    return "×".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _value(value: float) -> str:
    return plain_number(float(value)) if abs(value) < 100 else f"{value:.0f}"
