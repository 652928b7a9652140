"""The phase plane: nullclines, drift, fixed points and runs."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ..dynamics.fixed_points import FixedPoints
from ..dynamics.plane import PhasePlane
from ..dynamics.result import DynamicsResult
from .style import colour, legend_below, new_figure, styled, words

NEAR = 1e-6  # of other units to the plane, relative to 1 + |value|: a fixed point that lies in it
FLOW, PATH = "0.78", "0.35"


def plane_text(result: DynamicsResult) -> str:
    """The caption."""
    plane, fixed = result.phase_plane, result.fixed_points
    assert plane is not None
    names = f"{plane.x.name} and {plane.y.name}"
    what = "One step of the map" if result.config["what"] == "map" else "Drift"
    others = "" if plane.whole else ", all other units held at the start; runs and what they do there are projections"
    text = (
        f"{what} of {result.config['system']} over {names}{others}. Grey arrows: its direction. Coloured: where one of "
        f"the two does not change. Thin: {len(plane.paths)} runs of "
        f"{(plane.paths.shape[1] - 1) * result.config['dt']:g} {result.config['time_unit']}, each from its dot."
    )
    if fixed is not None:
        text += f" Circles: {len(_inside(plane, fixed))} of {len(fixed.points)} fixed points found, filled if stable."
    return text


def _inside(plane: PhasePlane, fixed: FixedPoints) -> list[int]:
    """Fixed points that lie in the plane and within its axes."""
    at = [plane.x.unit, plane.y.unit]
    away = np.abs(fixed.points - plane.base) / (1.0 + np.abs(plane.base))
    away[:, at] = 0.0
    seen = away.max(axis=1, initial=0.0) < NEAR
    for unit, axis in zip(at, (plane.x, plane.y), strict=True):
        seen &= (fixed.points[:, unit] >= axis.low) & (fixed.points[:, unit] <= axis.high)
    return [int(k) for k in np.flatnonzero(seen)]


@styled
def plane_figure(result: DynamicsResult) -> Figure:
    """Nullclines over the direction of the drift, runs and fixed points.

    Args:
        result: with a phase plane.
    """
    plane, fixed = result.phase_plane, result.fixed_points
    assert plane is not None
    figure, axes = new_figure("phase plane")
    x, y = plane.x.values, plane.y.values
    across, up = (np.where(np.isfinite(part), part, np.nan) for part in (plane.across, plane.up))
    # arrows as on the page, where a unit of x and of y have other lengths
    axes.streamplot(
        x, y, across / (x[-1] - x[0]), up / (y[-1] - y[0]), density=1.0, color=FLOW, linewidth=0.5, arrowsize=0.6,
        zorder=1,
    )  # fmt: skip
    for path in plane.paths:
        axes.plot(path[:, 0], path[:, 1], color=PATH, lw=0.7, zorder=2)
        axes.plot(path[0, 0], path[0, 1], ".", color=PATH, ms=4, zorder=2)
    handles: list[Any] = []
    labels = []
    discrete = result.config["what"] == "map"
    for k, (part, axis, style) in enumerate(((across, plane.x, "-"), (up, plane.y, "--"))):
        if np.isfinite(part).any() and np.nanmin(part) < 0 < np.nanmax(part):
            axes.contour(x, y, part, levels=[0.0], colors=[colour(k)], linestyles=[style], linewidths=1.4, zorder=3)
        handles.append(Line2D([], [], color=colour(k), ls=style, lw=1.4))
        plain = not discrete and axis.name.isalnum()
        labels.append(f"d{axis.name}/dt = 0" if plain else f"{words(axis.name, 30)} stands still")
    if fixed is not None and (inside := _inside(plane, fixed)):
        for k in inside:
            filled = "black" if fixed.stability[k] == "stable" else "white"
            at = fixed.points[k, [plane.x.unit, plane.y.unit]]
            axes.plot(*at, "o", ms=5, mfc=filled, mec="black", mew=1.0, zorder=4)
        for kind in dict.fromkeys(fixed.stability[k] for k in inside):
            filled = "black" if kind == "stable" else "white"
            handles.append(Line2D([], [], ls="", marker="o", ms=5, mfc=filled, mec="black"))
            labels.append(kind)
    handles.append(Line2D([], [], color=PATH, lw=0.7, marker=".", ms=4))
    labels.append("runs")
    axes.set_xlim(plane.x.low, plane.x.high)
    axes.set_ylim(plane.y.low, plane.y.high)
    axes.set_xlabel(words(plane.x.name, 30))
    axes.set_ylabel(words(plane.y.name, 24))
    legend_below(figure, handles, labels)
    return figure
