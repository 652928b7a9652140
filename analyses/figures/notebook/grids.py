"""Sweeps in axes of the caller: mean activity against one parameter, or as a heat map over two."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from ....simulator import InputError
from ....simulator.errors import unknown
from ....simulator.kinds import Kind
from ..parts.style import with_unit, words
from ..sweep import MEAN, POINTS

NUMBERED = 100  # cells that have their number


def draw_sweep(sweep: Kind, axes: Axes, *, name: str | None = None) -> None:
    """Draw a measure or the mean of an entry, over seeds: a line over one parameter, or a heat map over two.

    Args:
        sweep: the sweep.
        axes: to draw into.
        name: of the entry, or of the column of a measure; the first if left out.

    Raises:
        InputError: no point is done, no such name, or a third parameter varies.
    """
    document = sweep.document()
    table, grid = document.groups[POINTS].variables, json.loads(document.attrs["config"])["grid"]
    means = {key.removeprefix(MEAN): column for key, column in table.items() if key.startswith(MEAN)}
    measured = {key: column for key, column in table.items() if "measure" in column.attrs}
    if not (known := measured | means):
        raise InputError("plot: no point of the sweep is done; run it again to go on")
    name = next(iter(known)) if name is None else name
    if name not in known:
        raise unknown("entry or measure", name, known)
    column = known[name]
    title = name.replace("_", " ") if name in measured else f"mean of {name}"
    label = with_unit(title, str(column.attrs.get("units", "1")))
    varied = [key for key, values in grid.items() if len(values) > 1] or list(grid)[:1]
    if len(varied) > 2:
        raise InputError(f"plot: {len(varied)} parameters vary, {', '.join(varied)}; leave ax out for its figure")
    if len(varied) == 1:
        _line(axes, table[varied[0]].values, column.values, varied[0])
        axes.set_ylabel(label)
    else:
        x, y = (table[key].values for key in varied)
        draw_heat_map(axes, x, y, column.values, varied, label)


def draw_heat_map(
    axes: Axes, x: NDArray[Any], y: NDArray[Any], values: NDArray[Any], names: list[str], label: str
) -> None:
    """Draw means over seeds as cells, x across and y up; a point that is not done is empty."""
    across, up = (list(dict.fromkeys(part.tolist())) for part in (x, y))
    cells = np.full((len(up), len(across)), np.nan)
    for i, one in enumerate(up):
        for j, other in enumerate(across):
            here = values[(y == one) & (x == other) & np.isfinite(values)]
            cells[i, j] = here.mean() if here.size else np.nan
    drawn = axes.imshow(np.ma.masked_invalid(cells), origin="lower", aspect="auto")  # type: ignore[no-untyped-call]
    figure: Any = axes.figure
    figure.colorbar(drawn, ax=axes, label=label)
    axes.set_xticks(range(len(across)), [_number(one) for one in across])
    axes.set_yticks(range(len(up)), [_number(one) for one in up])
    axes.set(xlabel=words(names[0], 30), ylabel=words(names[1], 30))
    if cells.size <= NUMBERED:
        middle = float(np.nanmean(cells)) if np.isfinite(cells).any() else 0.0
        for (i, j), value in np.ndenumerate(cells):
            if np.isfinite(value):
                paint = "white" if value < middle else "black"
                axes.text(j, i, f"{value:.3g}", ha="center", va="center", fontsize="small", color=paint)


def _line(axes: Axes, x: NDArray[Any], y: NDArray[Any], name: str) -> None:
    values = list(dict.fromkeys(x.tolist()))
    texts = x.dtype.kind == "U"
    at = np.array([values.index(one) if texts else one for one in x.tolist()], dtype=float)
    places = np.unique(at)
    there = np.isfinite(y)
    (line,) = axes.plot(places, [y[(at == p) & there].mean() if ((at == p) & there).any() else np.nan for p in places])
    axes.plot(at, y, "o", mfc="none", color=line.get_color())
    if texts:
        axes.set_xticks(range(len(values)), [words(str(one), 12) for one in values])
    axes.set_xlabel(words(name, 30))


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else words(str(value), 12)
