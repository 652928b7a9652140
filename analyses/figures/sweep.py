"""Sweeps: measures, and the mean activity of every entry, against the parameters of the grid."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ...simulator import InputError
from ...simulator.kinds import Kind
from ...simulator.types import Floats
from ..measures.notation import notation
from .parts.palette import MODEL, steps_of
from .parts.style import Drawing, Legend, Values, dash, legend_below, new_figure, styled, with_unit, words

MEAN, POINTS = "mean_", "tables/points"
WHOLE = (0.0, 1.05)  # limits of shares
LINES = 7  # combinations of the other parameters that are drawn


@dataclass(frozen=True, eq=False)
class Column:
    """One quantity at every point of a sweep.

    Attributes:
        entry: of the runs.
        measure: its name; "" for the mean of the entry.
        unit: of the values.
        values: (point,), NaN where it is not defined or not done.
    """

    entry: str
    measure: str
    unit: str
    values: Floats

    @property
    def title(self) -> str:
        """Words for the head of a panel."""
        if not self.measure:
            return f"{'Mean rate' if self.unit == 'Hz' else 'Mean'} of {self.entry}" + (
                f" [{self.unit}]" if self.unit not in ("", "1") else ""
            )
        found = notation(self.measure)
        words_of = f": {found.words}" if found.words else ""
        unit = f" [{self.unit}]" if self.unit not in ("", "1") else ""
        return f"{found.symbol.replace('_', '')} of {self.entry}{words_of}{unit}"

    @property
    def name(self) -> str:
        """Symbol with the entry, for a sentence."""
        if not self.measure:
            return f"the mean {'rate ' if self.unit == 'Hz' else ''}of {self.entry}"
        return f"{notation(self.measure).symbol.replace('_', '')} of {self.entry}"

    @property
    def label(self) -> str:
        """Label of an axis, with its unit."""
        if self.measure:
            symbol = notation(self.measure).math
            return symbol if self.unit in ("", "1") else f"{symbol} [{self.unit}]"
        return with_unit("mean rate" if self.unit == "Hz" else f"mean of {self.entry}", self.unit)


@dataclass(frozen=True, eq=False)
class Points:
    """Table of the points of a sweep.

    Attributes:
        system: its name.
        settings: parameters that all points share.
        grid: parameter -> its values.
        seeds: of every combination.
        parameters: parameter -> its value at every point.
        columns: measures first, then means of entries.
        status: (point,) "done", "failed" or "to do".
        how: settings of the measures, in words.
    """

    system: str
    settings: Mapping[str, Any]
    grid: Mapping[str, Sequence[Any]]
    seeds: Sequence[int]
    parameters: Mapping[str, Values]
    columns: Sequence[Column]
    status: Values
    how: str

    @property
    def n(self) -> int:
        """Points."""
        return int(self.status.size)

    @property
    def done(self) -> int:
        """Points that are done."""
        return int((self.status == "done").sum())

    def place(self, name: str) -> NDArray[np.intp]:
        """Return the index, in the grid, of the value of a parameter at every point."""
        found = self.parameters[name].tolist()
        order = {value: k for k, value in enumerate(dict.fromkeys(found))}  # points are in the order of the grid
        return np.array([order[value] for value in found], dtype=np.intp)


def points_of(sweep: Kind) -> Points:
    """Read the table of points of a sweep.

    Raises:
        InputError: no point is done.
    """
    document = sweep.document()
    table, config = document.groups[POINTS].variables, json.loads(document.attrs["config"])
    found = []
    for name, column in table.items():
        unit = str(column.attrs.get("units", ""))
        if "measure" in column.attrs:
            about = (str(column.attrs["entry"]), str(column.attrs["measure"]))
        elif name.startswith(MEAN):
            about = (name.removeprefix(MEAN), "")
        else:
            continue
        found.append(Column(*about, unit, np.asarray(column.values, dtype=float)))
    if not found:
        raise InputError("plot: no point of the sweep is done; run it again to go on")
    rates = [column.entry for column in found if column.measure == "mean_rate"]
    found = [column for column in found if column.measure or column.entry not in rates]  # the same number twice
    found.sort(key=lambda column: not column.measure)
    grid = {name: config["grid"][name] for name in table if name in config["grid"]}  # in its order, which JSON loses
    how = config.get("measuring") or {}
    window, band = how.get("window"), how.get("band")
    said = [f"from {window[0]:g} to {window[1]:g}"] if window else []
    said += [f"at {band[0]:g}–{band[1]:g} cycles per tick"] if band else []
    said += [f"on {how['units']} units of each"] if how.get("units") else []
    return Points(
        config["system"], config["settings"], grid, config["seeds"], {name: table[name].values for name in grid}, found,
        np.asarray(table["status"].values), ", ".join(said),
    )  # fmt: skip


def sweep_drawings(sweep: Kind) -> Iterator[Drawing]:
    """Draw a figure a quantity. Across: the parameter with most values; a line: one combination of the others.

    Raises:
        InputError: no point is done.
    """
    points = points_of(sweep)
    across = max(points.grid, key=lambda name: len(points.grid[name]))
    others = [name for name in points.grid if name != across]
    rows: dict[str, list[int]] = {}
    for at in range(points.n):
        rows.setdefault(", ".join(f"{name} = {points.parameters[name][at]}" for name in others), []).append(at)
    shown = list(rows)[:LINES]
    some = f" {len(shown)} of {len(rows)} combinations of {', '.join(others)}." if len(shown) < len(rows) else ""
    for column in points.columns:
        lines = {name: (points.parameters[across][rows[name]], column.values[rows[name]]) for name in shown}
        done = int(np.isfinite(column.values).sum())
        what = (
            f"{column.measure} of {column.entry}" if column.measure else f"Mean of {column.entry} over units and time"
        )
        text = (
            f"{what} against {across}, {done} of {points.n} points. A dot is a point of the sweep, a line the mean "
            f"over seeds.{some}"
        )
        name = f"sweep/{column.entry}" + (f"/{column.measure}" if column.measure else "")
        title = column.entry if not column.measure else f"{column.measure} of {column.entry}"
        yield Drawing(name, title, grid_figure(title, lines, across, column.label), text, text)


@styled
def grid_figure(
    title: str, lines: Mapping[str, tuple[Values, Values]], x_label: str, y_label: str, hue: str = MODEL
) -> Figure:
    """Points as dots, their means over seeds as lines, in steps of one hue.

    Args:
        lines: label -> parameter and value of every point; NaN where there is none.
        x_label: the parameter; texts stand at equal distances.
        y_label: the value with its unit.
        hue: of the source.
    """
    figure, axes = new_figure(title)
    legend: Legend = []
    colours = steps_of(hue, len(lines)) if len(lines) > 1 else [hue]
    for index, (name, (x, y)) in enumerate(lines.items()):
        values = list(dict.fromkeys(x.tolist()))
        if x.dtype.kind == "U":  # texts stand at equal distances
            axes.set_xticks(range(len(values)), [words(value, 12) for value in values])
        at = np.array([values.index(value) if x.dtype.kind == "U" else value for value in x.tolist()], dtype=float)
        axes.plot(at, y, "o", color=colours[index], ms=3, mfc="none", mew=0.8)
        places, there = np.unique(at), np.isfinite(y)
        means = [y[(at == place) & there].mean() if ((at == place) & there).any() else np.nan for place in places]
        legend.append((axes.plot(places, means, color=colours[index], ls=dash(index))[0], name))
    axes.set(xlabel=words(x_label, 30), ylabel=y_label)
    legend_below(figure, legend)
    return figure
