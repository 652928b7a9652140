"""Dynamics: exponents, eigenvalues of fixed points, counts of attractors against settings, scans, basins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from ..dynamics.attractors import Attractors
from ..dynamics.basins import Basins
from ..dynamics.bifurcation import Scan
from ..dynamics.fixed_points import FixedPoints
from ..dynamics.lyapunov import Spectrum
from ..dynamics.result import DynamicsResult
from .parts.dynamics import MARKS, MOST, draw_basins, draw_eigenvalues, draw_exponents, draw_scan
from .parts.palette import MODEL, NET, SOFT, steps_of
from .parts.phase_plane import plane_figure, plane_text
from .parts.style import SIZE, Drawing, Legend, legend_below, new_figure, sign_limits, styled, words


def dynamics_drawings(result: DynamicsResult) -> Iterator[Drawing]:
    """Draw every part of the analysis."""
    config = result.config
    who, hue = str(config["system"]), hue_of(result)
    length = f"runs of {config['time']:g} {config['time_unit']}" if "time" in config else f"{config.get('starts')} runs"
    if (spectrum := result.lyapunov) is not None:
        text = (
            f"Lyapunov exponents of {who}, {len(spectrum.exponents)} of {spectrum.n}, after a transient; {length}. "
            f"Bars: three standard errors, of 20 stretches. Left the spectrum, right running means of the first ten. "
            f"Kaplan-Yorke dimension {spectrum.kaplan_yorke:.3g}."
        )
        figure = lyapunov_figure(spectrum, result.rate_unit, str(config["time_unit"]), hue)
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
        figure = plane_figure(plane, fixed, config["what"] == "map", hue)
        yield Drawing("phase_plane", "phase plane", figure, text, text)
    if (ends := result.attractors) is not None:
        text = (
            f"Number of clusters of the late courses of {len(ends.labels)} runs of {who} against the distance eps "
            f"within which runs are neighbours, by DBSCAN at several min_samples; triangles: HDBSCAN at "
            f"min_cluster_size of the same colour, which has no eps. Dotted: the eps that is "
            f"reported. Found: {ends.says}."
        )
        yield Drawing("attractors", "attractors", count_figure(ends, hue), text, text)
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
            text += f" Open: not settled there, {len(slow)} of {len(scan.values)} values."
        yield Drawing("scan", f"scan of {scan.parameter}", scan_figure(scan, str(config["time_unit"]), hue), text, text)
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


def hue_of(result: DynamicsResult) -> str:
    """Return the hue of what was analysed: that of deep networks for a trained one, else that of models."""
    return NET if "architecture" in dict(result.config.get("parameters", {})) else MODEL


@styled
def lyapunov_figure(spectrum: Spectrum, unit: str, time_unit: str, hue: str = MODEL) -> Figure:
    """Draw the spectrum with its errors, and its running means."""
    figure = Figure(figsize=(SIZE[0], SIZE[1]), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.set_title("Lyapunov exponents")
    draw_exponents(left, spectrum, unit, hue)
    n = min(len(spectrum.exponents), 10)
    for k, colour in enumerate(steps_of(hue, n)[::-1]):
        right.plot(spectrum.times, spectrum.history[:, k], color=colour, lw=0.9)
    late = spectrum.history[len(spectrum.history) // 10 :, :10]
    right.set_ylim(*sign_limits(min(0.0, float(late.min())), max(0.0, float(late.max()))))
    right.axhline(0, color=SOFT, lw=0.8, zorder=0)
    right.set_xlabel(f"time [{time_unit}]")
    right.set_title("running means", fontsize=8)
    return figure


@styled
def eigenvalue_figure(fixed: FixedPoints, result: DynamicsResult) -> Figure:
    """Draw the eigenvalues of the fixed points in the complex plane; units are those of the result."""
    figure, axes = new_figure("eigenvalues at the fixed points")
    legend = draw_eigenvalues(axes, fixed, "1" if fixed.discrete else result.rate_unit, result.units)
    if len(legend) == 1:
        axes.set_title(words(f"eigenvalues at the fixed point, {legend[0][1]}", 44))
    legend_below(figure, legend)
    return figure


@styled
def count_figure(ends: Attractors, hue: str = MODEL) -> Figure:
    """Draw the number of clusters against eps at every min_samples, and that of HDBSCAN."""
    figure, axes = new_figure("number of attractors")
    legend: Legend = []
    shift = 1.06  # so that equal counts do not hide each other
    colours = steps_of(hue, len(ends.samples_grid))
    for j, least in enumerate(ends.samples_grid.tolist()):
        moved = ends.eps_grid * shift ** (j - (len(ends.samples_grid) - 1) / 2)
        style: dict[str, Any] = {"color": colours[j], "marker": MARKS[j % len(MARKS)], "ms": 4, "lw": 0.7}
        axes.plot(moved, ends.dbscan[:, j], **style)
        axes.plot([ends.eps_grid[-1] * 2.2 * 1.25**j], [ends.hdbscan[j]], color=colours[j], marker=">", ms=5, ls="")
        legend.append((Line2D([], [], **style), f"min_samples {least}"))
    axes.axvline(ends.eps, color="0.3", lw=0.8, ls=":")
    axes.set(xscale="log", ylim=(-0.3, max(float(ends.dbscan.max()), float(ends.hdbscan.max()), 1.0) * 1.08 + 0.3))
    axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set(xlabel="eps [SD of each variable]                   HDBSCAN", ylabel="clusters")
    legend_below(figure, legend)
    return figure


@styled
def scan_figure(scan: Scan, time_unit: str, hue: str = MODEL) -> Figure:
    """Draw the range of the variable, and its period, on the way up and down."""
    swings = bool(np.isfinite(scan.period).any())
    figure = Figure(figsize=(SIZE[0], SIZE[1] + (1.1 if swings else 0.0)), layout="constrained")
    panels: list[Axes] = list(
        figure.subplots(2 if swings else 1, 1, sharex=True, squeeze=False, height_ratios=[2, 1][: 1 + swings])[:, 0]
    )
    panels[0].set_title(words(f"{scan.parameter} led up and down", 32))
    legend = draw_scan(panels[0], scan, hue)
    if swings:
        for mark, way in (("^", 0), ("v", 1)):
            panels[1].plot(scan.values, scan.period[way], ls="", marker=mark, ms=3.5, color=hue, mfc="none", mew=0.9)
        panels[0].set_xlabel("")
        panels[1].set_ylabel(f"period\n[{words(time_unit, 12)}]")
        panels[1].set_ylim(0, 1.1 * float(np.nanmax(scan.period)))
    panels[-1].set_xlabel(words(scan.parameter, 30))
    legend_below(figure, legend)
    return figure


@styled
def basin_figure(basins: Basins) -> Figure:
    """Draw the plane of initial states in steps of one hue, an attractor each."""
    figure, axes = new_figure("basins of attraction")
    legend = draw_basins(axes, basins)
    if len(legend) == 1:
        axes.set_title(words(f"basins: all of it {legend[0][1].split(' (')[0]}", 32))
    legend_below(figure, legend)
    return figure
