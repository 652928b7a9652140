"""Outcomes over SI that a penalty moved: one panel an outcome, setting and regime; networks of a seed joined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..evidence.instrument import Moved
from .parts.palette import HAIR, INK, NET
from .parts.style import Drawing, styled, words

STEEP = 0.05  # slope that the claim wants
COLUMNS, WIDTH, HEIGHT = 3, 6.8, 2.1  # panels a row; inch of the figure, and of a row


def moved_outcomes(found: Mapping[tuple[str, str], Sequence[Moved]], scale: str) -> list[Drawing]:
    """Draw (setting, outcome and regime) -> networks of every seed; nothing where there are none."""
    return [_drawing(found, scale)] if found else []


@styled
def _drawing(found: Mapping[tuple[str, str], Sequence[Moved]], scale: str) -> Drawing:
    rows = -(-len(found) // COLUMNS)
    figure = Figure(figsize=(WIDTH, HEIGHT * rows + 0.5), layout="constrained")
    grid = figure.subplots(rows, COLUMNS, squeeze=False, sharex=True).ravel()
    for axes, ((setting, way), seeds) in zip(grid, found.items(), strict=False):
        _panel(axes, setting, way, seeds)
    for axes in grid[len(found) :]:
        axes.remove()
    for axes in grid[max(0, len(found) - COLUMNS) : len(found)]:
        axes.set_xlabel("SI")
        axes.tick_params(labelbottom=True)
    counts = ", ".join(str(n) for n in sorted({len(moved) for moved in found.values()}))
    rising = sum(_slope(moved) >= STEEP for moved in found.values())
    title = f"The penalty's SI takes an outcome up by 5 points or more for 1 of SI in {rising} of {len(found)} panels"
    figure.suptitle(title, x=0.01, ha="left", fontsize=9, fontweight="bold")
    caption = (
        f"One dot a network, those of a seed joined ({counts} seeds), scale {scale}; crosses, the plain network of "
        "each seed. A penalty of one strength pulled SI to targets from 0.05 to 0.9. Every outcome is counted so that "
        "more is worse; panels have scales of their own. Networks that fit less than the plain one are left out. What "
        "the penalty does beside moving SI, and what other means of moving SI do, cannot be seen here."
    )
    alt = "; ".join(
        f"{way}, {setting}: slope {_slope(moved):+.2f} for 1 of SI" for (setting, way), moved in found.items()
    )
    return Drawing(f"causal/outcomes/{scale}", title, figure, caption, alt)


def _panel(axes: Axes, setting: str, way: str, seeds: Sequence[Moved]) -> None:
    for one in seeds:
        axes.plot(one.si, 100 * one.outcome, "-", color=NET, lw=0.6, alpha=0.5)
        axes.plot(one.si, 100 * one.outcome, "o", color=NET, ms=2.5, mew=0)
        axes.plot(one.plain_si, 100 * one.plain, "x", color=INK, ms=5)
    axes.axvline(float(np.mean([one.plain_si for one in seeds])), color=HAIR, lw=0.8, ls="--", zorder=0)
    axes.set_title(f"{words(way, 40, 1)}\n{words(setting, 40, 2)}", fontsize=7.2)
    axes.set(xlim=(0, 1), ylabel=f"{words(way.partition(',')[0], 24, 1)} [%]")
    axes.text(0.98, 0.03, f"slope {_slope(seeds):+.2f}".replace("-", "−"), transform=axes.transAxes, ha="right",
              fontsize=7, color=INK)  # fmt: skip


def _slope(seeds: Sequence[Moved]) -> float:
    """Mean over seeds of the slope of the outcome over SI."""
    return float(np.mean([one.slope() for one in seeds]))
