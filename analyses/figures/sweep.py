"""Sweeps: the mean activity of every entry against the parameters of the grid."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import numpy as np
from matplotlib.figure import Figure

from ...simulator import InputError
from ...simulator.kinds import Kind
from .parts.style import (
    OKABE_ITO,
    Drawing,
    Legend,
    Values,
    colour,
    dash,
    legend_below,
    new_figure,
    styled,
    with_unit,
    words,
)

MEAN, POINTS = "mean_", "tables/points"


def sweep_drawings(sweep: Kind) -> Iterator[Drawing]:
    """Draw a figure an entry. Across: the parameter with most values; a line: one combination of the others.

    Raises:
        InputError: no point is done.
    """
    document = sweep.document()
    table, grid = document.groups[POINTS].variables, json.loads(document.attrs["config"])["grid"]
    across = max(grid, key=lambda name: len(grid[name]))
    others = [name for name in grid if name != across]
    rows: dict[str, list[int]] = {}
    for at in range(len(table["seed"].values)):
        rows.setdefault(", ".join(f"{name} = {table[name].values[at]}" for name in others), []).append(at)
    shown = list(rows)[: len(OKABE_ITO)]
    columns = {name.removeprefix(MEAN): column for name, column in table.items() if name.startswith(MEAN)}
    if not columns:
        raise InputError("plot: no point of the sweep is done; run it again to go on")
    for entry, column in columns.items():
        lines = {name: (table[across].values[rows[name]], column.values[rows[name]]) for name in shown}
        label = with_unit(f"mean of {entry}", str(column.attrs.get("units", "1")))
        done = int(np.isfinite(column.values).sum())
        some = f" {len(shown)} of {len(rows)} combinations of {', '.join(others)}." if len(shown) < len(rows) else ""
        text = (
            f"Mean of {entry} over units and time against {across}, {done} of {column.values.size} points. A dot is a "
            f"point of the sweep, a line the mean over seeds.{some}"
        )
        yield Drawing(f"sweep/{entry}", entry, grid_figure(entry, lines, across, label), text, text)


@styled
def grid_figure(title: str, lines: Mapping[str, tuple[Values, Values]], x_label: str, y_label: str) -> Figure:
    """Points as dots, their means over seeds as lines.

    Args:
        lines: label -> parameter and value of every point; NaN where there is none.
        x_label: the parameter; texts stand at equal distances.
        y_label: the value with its unit.
    """
    figure, axes = new_figure(title)
    legend: Legend = []
    for index, (name, (x, y)) in enumerate(lines.items()):
        values = list(dict.fromkeys(x.tolist()))
        if x.dtype.kind == "U":  # texts stand at equal distances
            axes.set_xticks(range(len(values)), [words(value, 12) for value in values])
        at = np.array([values.index(value) if x.dtype.kind == "U" else value for value in x.tolist()], dtype=float)
        axes.plot(at, y, "o", color=colour(index), ms=3, mfc="none", mew=0.8)
        places, there = np.unique(at), np.isfinite(y)
        means = [y[(at == place) & there].mean() if ((at == place) & there).any() else np.nan for place in places]
        legend.append((axes.plot(places, means, color=colour(index), ls=dash(index))[0], name))
    axes.set(xlabel=words(x_label, 30), ylabel=y_label)
    legend_below(figure, legend)
    return figure
