"""Dynamics: exponents, eigenvalues of fixed points, counts of attractors against settings, scans, basins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Patch
from matplotlib.ticker import MaxNLocator

from ...simulator.types import Floats
from ..dynamics.attractors import Attractors
from ..dynamics.basins import Basins
from ..dynamics.bifurcation import Scan
from ..dynamics.fixed_points import FixedPoints
from ..dynamics.lyapunov import Spectrum
from ..dynamics.result import DynamicsResult
from .parts.phase_plane import plane_figure, plane_text
from .parts.style import OKABE_ITO, SIZE, Drawing, Legend, colour, legend_below, new_figure, sign_limits, styled, words

MARKS = ("o", "s", "^", "D", "v", "P", "X")
MOST = 7  # attractors and fixed points that have a colour of their own
NONE_COLOUR, OTHERS_COLOUR, DIVERGED_COLOUR = "0.85", "0.65", "0.45"


def dynamics_drawings(result: DynamicsResult) -> Iterator[Drawing]:
    """Draw every part of the analysis."""
    config = result.config
    who = str(config["system"])
    length = f"runs of {config['time']:g} {config['time_unit']}" if "time" in config else f"{config.get('starts')} runs"
    if (spectrum := result.lyapunov) is not None:
        text = (
            f"Lyapunov exponents of {who}, {len(spectrum.exponents)} of {spectrum.n}, after a transient; {length}. "
            f"Bars: three standard errors, of 20 stretches. Left the spectrum, right running means of the first ten. "
            f"Kaplan-Yorke dimension {spectrum.kaplan_yorke:.3g}."
        )
        figure = lyapunov_figure(spectrum, result.rate_unit, str(config["time_unit"]))
        yield Drawing("lyapunov", "Lyapunov exponents", figure, text, text)
    if (fixed := result.fixed_points) is not None and len(fixed.points):
        where = "unit circle" if fixed.discrete else "imaginary axis"
        text = (
            f"Eigenvalues of the Jacobian at {min(MOST, len(fixed.points))} of {len(fixed.points)} fixed points "
            f"of {who}, those that most starts came to, found by Newton's method from {fixed.starts} starts, of which "
            f"{len(fixed.lost)} came nowhere. Filled: stable. Line: the {where}, beyond which perturbations grow."
        )
        yield Drawing("fixed_points", "fixed points", eigenvalue_figure(fixed, result), text, text)
    if (plane := result.phase_plane) is not None:
        text = plane_text(plane, fixed, config)
        yield Drawing("phase_plane", "phase plane", plane_figure(plane, fixed, config["what"] == "map"), text, text)
    if (ends := result.attractors) is not None:
        text = (
            f"Number of clusters of the late courses of {len(ends.labels)} runs of {who} against the distance eps "
            f"within which runs are neighbours, by DBSCAN at several min_samples; triangles: HDBSCAN at "
            f"min_cluster_size of the same colour, which has no eps. Dotted: the eps that is "
            f"reported. Found: {ends.says}."
        )
        yield Drawing("attractors", "attractors", count_figure(ends), text, text)
    if (scan := result.scan) is not None:
        ranges = ", ".join(f"{low:g} to {high:g}" for low, high in scan.hysteresis) or "nowhere"
        least, longest = config["scan_time"], config.get("scan_longest", config["scan_time"])
        lasts = f"{least:g}" if longest == least else f"{least:g}, or until it has settled, up to {longest:g}"
        text = (
            f"Least and greatest {scan.variable} of {who} late in each run, and its period, against {scan.parameter}, "
            f"led up and down; each run starts where the one before ended and lasts {lasts} {config['time_unit']}. Up "
            f"and down differ: {ranges}. Period: mean time between upward crossings of the middle."
        )
        if slow := scan.unsettled:
            text += f" Crosses: not settled there, {len(slow)} of {len(scan.values)} values."
        yield Drawing("scan", f"scan of {scan.parameter}", scan_figure(scan, str(config["time_unit"])), text, text)
    if (basins := result.basins) is not None:
        text = (
            f"Attractor to which each initial state of {who} goes, {basins.x.count} × {basins.y.count} of them"
            f"{_others(basins, result.units)}. {length[:1].upper()}{length[1:]}; one that ends further than eps = "
            f"{config['eps']:g} from all known ones belongs to none."
        )
        yield Drawing("basins", "basins", basin_figure(basins), text, text)


def _others(basins: Basins, units: Sequence[str]) -> str:
    rest = [f"{name} = {value:.3g}" for k, (name, value) in enumerate(zip(units, basins.base, strict=True))
            if k not in (basins.x.unit, basins.y.unit)]  # fmt: skip
    if not rest:
        return ""
    return "; all other units start at " + ", ".join(rest[:6]) + (" and so on" if len(rest) > 6 else "")


@styled
def lyapunov_figure(spectrum: Spectrum, unit: str, time_unit: str) -> Figure:
    """Draw the spectrum with its errors, and its running means."""
    figure = Figure(figsize=(SIZE[0], SIZE[1]), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.set_title("Lyapunov exponents")
    index = np.arange(1, len(spectrum.exponents) + 1)
    many = len(index) > 30
    error = None if many else 3 * np.nan_to_num(spectrum.error)
    left.errorbar(
        index, spectrum.exponents, error, fmt="." if many else "o", ms=2 if many else 4, color=colour(0), capsize=2
    )
    left.axhline(0, color="0.4", lw=0.7, ls="--")
    left.set(xlabel="number", ylabel=f"exponent [{unit}]")
    left.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    for k in range(min(len(index), 10)):
        right.plot(spectrum.times, spectrum.history[:, k], color=colour(k), lw=0.9)
    late = spectrum.history[len(spectrum.history) // 10 :, :10]
    right.set_ylim(*sign_limits(min(0.0, float(late.min())), max(0.0, float(late.max()))))
    right.axhline(0, color="0.4", lw=0.7, ls="--")
    right.set_xlabel(f"time [{time_unit}]")
    right.set_title("running means", fontsize=8)
    return figure


@styled
def eigenvalue_figure(fixed: FixedPoints, result: DynamicsResult) -> Figure:
    """Draw the eigenvalues of the fixed points in the complex plane; units are those of the result."""
    unit = "1" if fixed.discrete else result.rate_unit
    figure, axes = new_figure("eigenvalues at the fixed points")
    if fixed.discrete:
        axes.add_patch(Circle((0, 0), 1, fill=False, color="0.4", lw=0.8, ls="--"))
        axes.set_aspect("equal", "datalim")
        axes.plot([-1, 1], [-1, 1], alpha=0)  # so that the circle is in sight
    else:
        axes.axvline(0, color="0.4", lw=0.8, ls="--")
        axes.axhline(0, color="0.85", lw=0.6, zorder=0)
    legend: Legend = []
    for k in range(min(MOST, len(fixed.points))):
        style: dict[str, Any] = {
            "marker": MARKS[k], "ls": "", "ms": 4.5 if fixed.points.shape[1] < 30 else 2.5, "color": colour(k),
            "mfc": colour(k) if fixed.stability[k] == "stable" else "none", "mew": 0.9,
        }  # fmt: skip
        axes.plot(fixed.eigenvalues[k].real, fixed.eigenvalues[k].imag, **style)
        label = f"{fixed.stability[k]} ({_place(fixed.points, k, result.units)})"
        legend.append((Line2D([], [], **{**style, "ms": 4.5}), label))
    bracket = "" if unit == "1" else f" [{unit}]"
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set(xlabel=f"real part{bracket}", ylabel=f"imaginary part{bracket}")
    if len(legend) == 1:
        axes.set_title(words(f"eigenvalues at the fixed point, {legend[0][1]}", 44))
    legend_below(figure, legend)
    return figure


def _place(points: Floats, k: int, names: Sequence[str]) -> str:
    """Return the place of a fixed point by the two units that tell the points apart best.

    >>> _place(np.array([[0.0, 1.0, 2.0], [1e-20, 5.0, 3.0]]), 1, ["x", "y", "z"])
    'y=5, z=3'
    """
    size = float(np.abs(points).max()) or 1.0
    spread = np.ptp(points, axis=0) / np.maximum(np.abs(points).max(axis=0), 1e-9 * size)
    chosen = np.sort(np.argsort(-np.round(spread, 6), kind="stable")[:2])
    values = np.where(np.abs(points[k]) < 1e-9 * size, 0.0, points[k])
    return ", ".join(f"{names[at]}={values[at]:.3g}" for at in chosen)


@styled
def count_figure(ends: Attractors) -> Figure:
    """Draw the number of clusters against eps at every min_samples, and that of HDBSCAN."""
    figure, axes = new_figure("number of attractors")
    legend: Legend = []
    shift = 1.06  # so that equal counts do not hide each other
    for j, least in enumerate(ends.samples_grid.tolist()):
        moved = ends.eps_grid * shift ** (j - (len(ends.samples_grid) - 1) / 2)
        style: dict[str, Any] = {"color": colour(j), "marker": MARKS[j % len(MARKS)], "ms": 4, "lw": 0.7}
        axes.plot(moved, ends.dbscan[:, j], **style)
        axes.plot([ends.eps_grid[-1] * 2.2 * 1.25**j], [ends.hdbscan[j]], color=colour(j), marker=">", ms=5, ls="")
        legend.append((Line2D([], [], **style), f"min_samples {least}"))
    axes.axvline(ends.eps, color="0.3", lw=0.8, ls=":")
    axes.set(xscale="log", ylim=(-0.3, max(float(ends.dbscan.max()), float(ends.hdbscan.max()), 1.0) * 1.08 + 0.3))
    axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set(xlabel="eps [SD of each variable]                   HDBSCAN", ylabel="clusters")
    legend_below(figure, legend)
    return figure


@styled
def scan_figure(scan: Scan, time_unit: str) -> Figure:
    """Draw the range of the variable, and its period, on the way up and down."""
    swings = bool(np.isfinite(scan.period).any())
    figure = Figure(figsize=(SIZE[0], SIZE[1] + (1.1 if swings else 0.0)), layout="constrained")
    panels: list[Axes] = list(
        figure.subplots(2 if swings else 1, 1, sharex=True, squeeze=False, height_ratios=[2, 1][: 1 + swings])[:, 0]
    )
    panels[0].set_title(words(f"{scan.parameter} led up and down", 32))
    legend: Legend = []
    for mark, way, name in (("^", 0, "up"), ("v", 1, "down")):
        style: dict[str, Any] = {"color": colour(way), "marker": mark, "ms": 3.5, "mfc": "none", "mew": 0.9}
        for part in (scan.low, scan.high):
            panels[0].plot(scan.values, part[way], lw=0.7, **style)
        late = ~scan.settled[way]
        for part in (scan.low, scan.high):
            panels[0].plot(scan.values[late], part[way][late], ls="", marker="x", ms=6, mew=1.3, color=colour(way))
        legend.append((Line2D([], [], lw=0.7, **style), f"{name}: least, greatest"))
        if swings:
            panels[1].plot(scan.values, scan.period[way], ls="", **style)
    if scan.unsettled:
        legend.append((Line2D([], [], ls="", marker="x", ms=5, mew=1.1, color="0.3"), "not settled"))
    for low, high in scan.hysteresis:
        step = float(np.diff(scan.values).min()) / 2
        for axes in panels:
            axes.axvspan(low - step, high + step, facecolor="#F0E442", alpha=0.25, lw=0, zorder=0)
    if scan.hysteresis:
        legend.append((Patch(facecolor="#F0E442", alpha=0.4), "they differ"))
    panels[0].set_ylabel(words(scan.variable, 20))
    if swings:
        panels[1].set_ylabel(f"period\n[{words(time_unit, 12)}]")
        panels[1].set_ylim(0, 1.1 * float(np.nanmax(scan.period)))
    panels[-1].set_xlabel(words(scan.parameter, 30))
    legend_below(figure, legend)
    return figure


def _borders(basins: Basins) -> list[list[tuple[float, float]]]:
    """Return the lines between neighbours on the plane's grid that go to different attractors."""
    x, y, labels = basins.x.values, basins.y.values, basins.labels
    half_x, half_y = (x[1] - x[0]) / 2, (y[1] - y[0]) / 2
    upright = np.argwhere(labels[:, 1:] != labels[:, :-1])
    level = np.argwhere(labels[1:] != labels[:-1])
    lines = [[(x[j] + half_x, y[i] - half_y), (x[j] + half_x, y[i] + half_y)] for i, j in upright]
    return lines + [[(x[j] - half_x, y[i] + half_y), (x[j] + half_x, y[i] + half_y)] for i, j in level]


@styled
def basin_figure(basins: Basins) -> Figure:
    """Draw the plane of initial states in the colours of the attractors."""
    figure, axes = new_figure("basins of attraction")
    painted = np.minimum(basins.labels, MOST)
    shown = [int(k) for k in np.unique(painted)]
    colours = {-2: DIVERGED_COLOUR, -1: NONE_COLOUR, MOST: OTHERS_COLOUR} | {k: OKABE_ITO[k] for k in range(MOST)}
    image = np.searchsorted(shown, painted)
    half_x, half_y = ((axis.high - axis.low) / (axis.count - 1) / 2 for axis in (basins.x, basins.y))
    extent = (basins.x.low - half_x, basins.x.high + half_x, basins.y.low - half_y, basins.y.high + half_y)
    shades = ListedColormap([colours[k] for k in shown])
    axes.imshow(
        image, origin="lower", extent=extent, aspect="auto", interpolation="nearest", cmap=shades, vmin=-0.5,
        vmax=len(shown) - 0.5,
    )  # fmt: skip
    axes.add_collection(LineCollection(_borders(basins), colors="white", linewidths=0.7))
    for spine in axes.spines.values():
        spine.set_visible(True)
    beyond = np.unique(basins.labels[basins.labels >= MOST]).size
    names = {-2: "diverges", -1: "none", MOST: f"{beyond} other{'s' * (beyond > 1)}"}
    labels = [f"{names.get(k, f'attractor {k}')} ({100 * np.mean(painted == k):.0f} %)" for k in shown]
    if len(shown) == 1:
        axes.set_title(words(f"basins: all of it {labels[0].split(' (')[0]}", 32))
    axes.set(xlabel=f"{words(basins.x.name, 30)} at the start", ylabel=f"{words(basins.y.name, 24)} at the start")
    legend_below(figure, [(Patch(facecolor=colours[k]), label) for k, label in zip(shown, labels, strict=True)])
    return figure
