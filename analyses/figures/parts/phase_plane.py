"""The phase plane: nullclines, drift, fixed points and runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ....simulator.types import Floats
from ...dynamics.fixed_points import FixedPoints
from ...dynamics.plane import PhasePlane, turned
from .palette import INK, MODEL, SOFT
from .style import Legend, legend_below, new_figure, styled, words

NEAR = 1e-6  # of other units to the plane, relative to 1 + |value|: a fixed point that lies in it
FLOW = "0.78"
FILL = {"stable": INK, "marginal": "0.6", "unstable": "white"}
ARROWS = 20  # of a map, a side


def plane_text(plane: PhasePlane, fixed: FixedPoints | None, config: Mapping[str, Any]) -> str:
    """Return the caption."""
    names = f"{plane.x.name} and {plane.y.name}"
    what = "One step of the map" if config["what"] == "map" else "Drift"
    others = (
        ""
        if plane.whole
        else f", all other units held at {config['plane_at']}: where the nullclines cross elsewhere nothing "
        "need stand still, and runs, which move in all units, are projections"
    )
    drawn = "Dots" if config["what"] == "map" else "Thin lines"
    text = (
        f"{what} of {config['system']} over {names}{others}. Grey arrows: its direction. Black and dashed: where "
        f"one of the two does not change. {drawn}: {len(plane.paths)} runs of "
        f"{(plane.paths.shape[1] - 1) * config['dt']:g} {config['time_unit']}, each from a ring."
    )
    if fixed is not None and (n := len(in_plane(plane, fixed)[0])):
        text += f" Circles: {n} of {len(fixed.points)} fixed points found, black if stable, grey if marginal."
    return text


def in_plane(plane: PhasePlane, fixed: FixedPoints) -> tuple[list[int], Floats]:
    """Fixed points that lie in the plane and within its axes, and where all of them lie on the page, (point, 2)."""
    points, at = fixed.points.copy(), [plane.x.unit, plane.y.unit]
    for unit in plane.angles:
        low = {plane.x.unit: plane.x.low, plane.y.unit: plane.y.low}.get(unit, plane.base[unit] - np.pi)
        points[:, unit] = turned(points[:, unit], low)
    away = np.abs(points - plane.base) / (1.0 + np.abs(plane.base))
    away[:, at] = 0.0
    seen = away.max(axis=1, initial=0.0) < NEAR
    for unit, axis in zip(at, (plane.x, plane.y), strict=True):
        seen &= (points[:, unit] >= axis.low) & (points[:, unit] <= axis.high)
    return [int(k) for k in np.flatnonzero(seen)], points[:, at]


@styled
def plane_figure(plane: PhasePlane, fixed: FixedPoints | None, discrete: bool, hue: str = MODEL) -> Figure:
    """Draw nullclines over the direction of the drift, of a map if `discrete`, runs and fixed points."""
    figure, axes = new_figure("phase plane")
    legend_below(figure, draw_plane(axes, plane, fixed, discrete, hue))
    return figure


def draw_plane(axes: Axes, plane: PhasePlane, fixed: FixedPoints | None, discrete: bool, hue: str) -> Legend:
    """Draw the phase plane into these axes, and return a legend of its nullclines, fixed points and runs."""
    x, y = plane.x.values, plane.y.values
    across, up = (np.where(np.isfinite(part), part, np.nan) for part in (plane.across, plane.up))
    # arrows as on the page, where a unit of x and of y have other lengths
    to_right, to_top = across / (x[-1] - x[0]), up / (y[-1] - y[0])
    if discrete:
        length = np.hypot(to_right, to_top)
        length[length == 0] = 1.0
        part = np.ix_(*(np.arange(0, axis.size, max(1, axis.size // ARROWS)) for axis in (y, x)))
        axes.quiver(
            x[part[1][0]], y[part[0][:, 0]], (to_right / length)[part], (to_top / length)[part], color=FLOW, scale=30,
            width=0.003, zorder=1,
        )  # fmt: skip
    else:
        axes.streamplot(x, y, to_right, to_top, density=0.8, color=FLOW, linewidth=0.5, arrowsize=0.6, zorder=1)
    style: dict[str, Any] = {"ls": "", "marker": ".", "ms": 1.2} if discrete else {"lw": 0.7}
    for path in plane.paths:
        axes.plot(path[:, 0], path[:, 1], color=hue, zorder=3, **style)
        axes.plot(path[0, 0], path[0, 1], "o", mfc="white", mec=hue, mew=1.0, ms=4, zorder=4)
    legend: Legend = []
    lines = ((across, plane.x, "-", INK), (up, plane.y, "--", SOFT))
    for change, axis, dashes, colour in lines:
        if not (np.isfinite(change).any() and np.nanmin(change) < 0 < np.nanmax(change)):
            continue
        axes.contour(x, y, change, levels=[0.0], colors=[colour], linestyles=[dashes], linewidths=1.3, zorder=2)
        plain = not discrete and axis.name.isalnum()
        label = f"d{axis.name}/dt = 0" if plain else f"{axis.name} still"
        legend.append((Line2D([], [], color=colour, ls=dashes, lw=1.3), label))
    if fixed is not None:
        inside, places = in_plane(plane, fixed)
        for k in inside:
            axes.plot(*places[k], "o", ms=5.5, mfc=FILL[fixed.stability[k]], mec=INK, mew=1.3, zorder=5)
        for kind in dict.fromkeys(fixed.stability[k] for k in inside):
            legend.append((Line2D([], [], ls="", marker="o", ms=5, mfc=FILL[kind], mec=INK), kind))
    start: dict[str, Any] = {"marker": "o", "ms": 4, "mfc": "white"}
    legend.append((Line2D([], [], color=hue, lw=0.0 if discrete else 0.7, **start), "runs"))
    axes.set(xlim=(plane.x.low, plane.x.high), ylim=(plane.y.low, plane.y.high), xlabel=words(plane.x.name, 30))
    axes.set_ylabel(words(plane.y.name, 24))
    return legend
