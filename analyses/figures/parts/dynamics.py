"""Panels of dynamics: exponents, eigenvalues, shares of attractors, a scan up and down, basins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Patch
from matplotlib.ticker import MaxNLocator

from ....simulator.types import Floats
from ...dynamics.attractors import Attractors
from ...dynamics.basins import Basins
from ...dynamics.bifurcation import Scan
from ...dynamics.fixed_points import FixedPoints
from ...dynamics.lyapunov import Spectrum
from .palette import HAIR, INK, MODEL, NEED, SOFT, steps_of
from .style import Legend, words

MARKS = ("o", "s", "^", "D", "v", "P", "X")
MOST = 7  # attractors and fixed points that have a sign of their own
NONE_COLOUR, OTHERS_COLOUR, DIVERGED_COLOUR = "0.85", "0.65", "0.45"
MANY = 30  # exponents or units beyond which marks shrink


def draw_exponents(axes: Axes, spectrum: Spectrum, unit: str, hue: str) -> None:
    """Draw the spectrum, with three standard errors of each exponent."""
    index = np.arange(1, len(spectrum.exponents) + 1)
    many = len(index) > MANY
    error = None if many else 3 * np.nan_to_num(spectrum.error)
    axes.axhline(0, color=SOFT, lw=0.8, zorder=0)
    axes.errorbar(index, spectrum.exponents, error, fmt="." if many else "o", ms=2 if many else 4, color=hue)
    axes.set(xlabel="exponent", ylabel=f"λ [{unit}]", xlim=(0.5, len(index) + 0.5))
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))


def draw_eigenvalues(axes: Axes, fixed: FixedPoints, unit: str, names: Sequence[str]) -> Legend:
    """Draw the eigenvalues of the fixed points in the complex plane; filled: stable. Return a legend of the points."""
    if fixed.discrete:
        axes.set_facecolor(NEED)
        axes.add_patch(Circle((0, 0), 1, facecolor="white", edgecolor=SOFT, lw=0.8, zorder=0))
        axes.set_aspect("equal", "datalim")
        axes.plot([-1, 1], [-1, 1], alpha=0)  # so that the circle is in sight
    else:
        axes.axvline(0, color=SOFT, lw=0.8, zorder=1)
    axes.axhline(0, color=HAIR, lw=0.6, zorder=1)
    legend: Legend = []
    for k in range(min(MOST, len(fixed.points))):
        few = fixed.points.shape[1] < MANY
        style: dict[str, Any] = {
            "marker": MARKS[k], "ls": "", "ms": 4.5 if few else 2.5, "color": INK, "mew": 1.1,
            "mfc": {"stable": INK, "marginal": SOFT}.get(fixed.stability[k], "white"),
        }  # fmt: skip
        axes.plot(fixed.eigenvalues[k].real, fixed.eigenvalues[k].imag, zorder=3, **style)
        label = f"{fixed.stability[k]} ({place_of(fixed.points, k, names)})"
        legend.append((Line2D([], [], **{**style, "ms": 4.5}), label))
    bracket = "" if unit == "1" else f" [{unit}]"
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.set(xlabel=f"Re λ{bracket}", ylabel=f"Im λ{bracket}")
    if not fixed.discrete:
        low, high = axes.get_xlim()
        pad = 0.3 * (high - low)
        low, high = min(low, -pad), max(high + 0.1 * (high - low), pad)
        axes.axvspan(0, high, color=NEED, lw=0, zorder=0)
        axes.set_xlim(low, high)
        most = max(abs(limit) for limit in axes.get_ylim())
        axes.set_ylim(-1.1 * most, 1.4 * most)  # room for the word
    where: dict[str, Any] = {"xycoords": "axes fraction", "xytext": (-3, -3), "textcoords": "offset points"}
    axes.annotate("unstable", (1, 1), ha="right", va="top", color=SOFT, size="small", **where)
    return legend


def place_of(points: Floats, k: int, names: Sequence[str]) -> str:
    """Return the place of a fixed point by the two units that tell the points apart best.

    >>> place_of(np.array([[0.0, 1.0, 2.0], [1e-20, 5.0, 3.0]]), 1, ["x", "y", "z"])
    'y=5, z=3'
    """
    size = float(np.abs(points).max()) or 1.0
    spread = np.ptp(points, axis=0) / np.maximum(np.abs(points).max(axis=0), 1e-9 * size)
    chosen = np.sort(np.argsort(-np.round(spread, 6), kind="stable")[:2])
    values = np.where(np.abs(points[k]) < 1e-9 * size, 0.0, points[k])
    return ", ".join(f"{names[at]}={values[at]:.3g}" for at in chosen).replace("-", "−")


def draw_shares(axes: Axes, ends: Attractors, hue: str) -> None:
    """Draw the share of the starts that end in each attractor, with Wilson's 95 % interval: a row each."""
    shown = [*range(min(ends.n, MOST)), *(k for k in (-1, -2) if (ends.labels == k).any())]
    names = []
    for row, k in enumerate(shown):
        share, low, high = ends.share(k)
        colour = hue if k >= 0 else SOFT
        axes.plot([low, high], [-row, -row], color=colour, lw=1.1)
        still = k >= 0 and ends.still(k)
        axes.plot(share, -row, "o", color=colour, mfc="white" if still else colour, mew=1.1, ms=5, clip_on=False)
        names.append({-1: "none", -2: "diverges"}.get(k, f"{k} {'rests' if still else 'moves'}"))
    axes.set(xlim=(0, 1), ylim=(0.6 - max(len(shown), 3), 0.6), xlabel="share of the starts")
    axes.set_yticks([-row for row in range(len(shown))], names)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=HAIR, lw=0.4)
    axes.set_axisbelow(True)


def draw_scan(axes: Axes, scan: Scan, hue: str) -> Legend:
    """Draw least and greatest of the variable on the way up (▲) and down (▼); open: it has not settled."""
    legend: Legend = []
    for mark, way, name in (("^", 0, "up"), ("v", 1, "down")):
        style: dict[str, Any] = {"color": hue, "marker": mark, "ms": 3.5, "mew": 0.8}
        for part in (scan.low, scan.high):
            axes.plot(scan.values, part[way], color=hue, lw=0.7)
            axes.plot(scan.values, part[way], ls="", **style)
        late = ~scan.settled[way]
        for part in (scan.low, scan.high):
            axes.plot(scan.values[late], part[way][late], ls="", **{**style, "mfc": "white", "zorder": 4})
        axes.fill_between(scan.values, scan.low[way], scan.high[way], color=hue, alpha=0.08, lw=0)
        legend.append((Line2D([], [], ls="", **style), f"{name}: least, greatest"))
    if scan.unsettled:
        legend.append((Line2D([], [], ls="", marker="^", ms=3.5, color=hue, mfc="white"), "not settled"))
    for low, high in scan.hysteresis:
        step = float(np.diff(scan.values).min()) / 2
        axes.axvspan(low - step, high + step, facecolor=NEED, lw=0, zorder=0)
    if scan.hysteresis:
        legend.append((Patch(facecolor=NEED, edgecolor=HAIR, lw=0.4), "up and down differ"))
    axes.set(ylabel=words(f"least, greatest {scan.variable}", 24), xlabel=words(scan.parameter, 30))
    axes.margins(x=0.01)
    return legend


def draw_basins(axes: Axes, basins: Basins) -> Legend:
    """Draw the plane of initial states in steps of one hue, an attractor each; return a legend of them."""
    painted = np.minimum(basins.labels, MOST)
    shown = [int(k) for k in np.unique(painted)]
    known = [k for k in shown if 0 <= k < MOST]
    colours: dict[int, Any] = {-2: DIVERGED_COLOUR, -1: NONE_COLOUR, MOST: OTHERS_COLOUR}
    colours |= dict(zip(known, steps_of(MODEL, len(known)), strict=True))
    image = np.searchsorted(shown, painted)
    half_x, half_y = ((axis.high - axis.low) / (axis.count - 1) / 2 for axis in (basins.x, basins.y))
    extent = (basins.x.low - half_x, basins.x.high + half_x, basins.y.low - half_y, basins.y.high + half_y)
    axes.imshow(
        image, origin="lower", extent=extent, aspect="auto", interpolation="nearest", vmin=-0.5,
        cmap=ListedColormap([colours[k] for k in shown]), vmax=len(shown) - 0.5,
    )  # fmt: skip
    axes.add_collection(LineCollection(_borders(basins), colors="white", linewidths=0.7))
    for spine in axes.spines.values():
        spine.set_visible(True)
    beyond = np.unique(basins.labels[basins.labels >= MOST]).size
    names = {-2: "diverges", -1: "none", MOST: f"{beyond} other{'s' * (beyond > 1)}"}
    labels = [f"{names.get(k, f'attractor {k}')} ({100 * np.mean(painted == k):.0f} %)" for k in shown]
    axes.set(xlabel=f"{words(basins.x.name, 30)} at the start", ylabel=f"{words(basins.y.name, 24)} at the start")
    return [(Patch(facecolor=colours[k]), label) for k, label in zip(shown, labels, strict=True)]


def _borders(basins: Basins) -> list[list[tuple[float, float]]]:
    """Return the lines between neighbours on the plane's grid that go to different attractors."""
    x, y, labels = basins.x.values, basins.y.values, basins.labels
    half_x, half_y = (x[1] - x[0]) / 2, (y[1] - y[0]) / 2
    upright = np.argwhere(labels[:, 1:] != labels[:, :-1])
    level = np.argwhere(labels[1:] != labels[:-1])
    lines = [[(x[j] + half_x, y[i] - half_y), (x[j] + half_x, y[i] + half_y)] for i, j in upright]
    return lines + [[(x[j] - half_x, y[i] + half_y), (x[j] + half_x, y[i] + half_y)] for i, j in level]
