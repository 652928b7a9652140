"""Parts of an analysis of dynamics in axes of the caller."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ....simulator.errors import unknown
from ...dynamics.basins import Basins
from ...dynamics.bifurcation import Scan
from ...dynamics.fixed_points import FixedPoints
from ...dynamics.lyapunov import Spectrum
from ...dynamics.result import DynamicsResult
from ..parts.palette import HAIR, NEED, SOFT
from ..parts.style import words

SHOWN = ("scan", "lyapunov", "fixed_points", "basins", "attractors")  # the main one first


def draw_dynamics(found: DynamicsResult, axes: Axes, *, name: str | None = None) -> None:
    """Draw one part: a scan, exponents with their errors, eigenvalues, basins, or the shares of attractors.

    Raises:
        InputError: no such part, or none that fits into one pair of axes.
    """
    there = [part for part in SHOWN if getattr(found, part) is not None]
    name = name or next(iter(there), "")
    if name not in there:
        raise unknown("part of the analysis", name, there)
    part: Any = getattr(found, name)
    draw: Any = {
        "scan": _scan, "lyapunov": _exponents, "fixed_points": _eigenvalues, "basins": _basins, "attractors": _shares
    }[name]  # fmt: skip
    draw(part, axes, found)


def _scan(scan: Scan, axes: Axes, found: DynamicsResult) -> None:
    for mark, way, label in (("^", 0, "up"), ("v", 1, "down")):
        (line,) = axes.plot(scan.values, scan.low[way], marker=mark, mfc="none", label=label)
        axes.plot(scan.values, scan.high[way], marker=mark, mfc="none", color=line.get_color())
        late = ~scan.settled[way]
        for part in (scan.low, scan.high):
            axes.plot(scan.values[late], part[way][late], "x", color=line.get_color())
    step = float(np.diff(scan.values).min()) / 2
    for low, high in scan.hysteresis:
        axes.axvspan(low - step, high + step, facecolor=NEED, lw=0, zorder=0)
    axes.set(xlabel=words(scan.parameter, 30), ylabel=f"{words(scan.variable, 30)}, least and greatest")
    axes.legend()


def _exponents(spectrum: Spectrum, axes: Axes, found: DynamicsResult) -> None:
    index = np.arange(1, len(spectrum.exponents) + 1)
    axes.errorbar(index, spectrum.exponents, 3 * np.nan_to_num(spectrum.error), fmt="o", capsize=2)
    axes.axhline(0, color=SOFT, lw=0.7, ls="--")
    axes.set(xlabel="number", ylabel=f"Lyapunov exponent [{found.rate_unit}]")
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))


def _eigenvalues(fixed: FixedPoints, axes: Axes, found: DynamicsResult) -> None:
    if fixed.discrete:
        angle = np.linspace(0, 2 * np.pi, 200)
        axes.plot(np.cos(angle), np.sin(angle), color=SOFT, lw=0.8, ls="--")
        axes.set_aspect("equal", "datalim")
    else:
        axes.axvline(0, color=SOFT, lw=0.8, ls="--")
    axes.axhline(0, color=HAIR, lw=0.6, zorder=0)
    for values, stability in zip(fixed.eigenvalues, fixed.stability, strict=True):
        (line,) = axes.plot(values.real, values.imag, "o", label=stability)
        line.set_markerfacecolor(line.get_color() if stability == "stable" else "none")
    unit = "" if fixed.discrete else f" [{found.rate_unit}]"
    axes.set(xlabel=f"real part{unit}", ylabel=f"imaginary part{unit}")


def _basins(basins: Basins, axes: Axes, found: DynamicsResult) -> None:
    x, y = basins.x.values, basins.y.values
    shown = np.unique(basins.labels)
    axes.pcolormesh(x, y, np.searchsorted(shown, basins.labels), shading="nearest")
    axes.set(xlabel=f"{words(basins.x.name, 30)} at the start", ylabel=f"{words(basins.y.name, 24)} at the start")


def _shares(ends: Any, axes: Axes, found: DynamicsResult) -> None:
    shares = np.array([ends.share(k) for k in range(ends.n)]).reshape(-1, 3)
    for at, (share, low, high) in enumerate(shares):
        axes.errorbar([at], [share], [[share - low], [high - share]], fmt="o", capsize=2, color="C0")
    axes.set(xlabel="attractor", ylabel="share of starts, 95 %", ylim=(0, 1.02))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
