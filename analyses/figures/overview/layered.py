"""Layers over time, for trainings and monitors: heat map, trajectories, steps beyond a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ....simulator import InputError
from ....simulator.types import Floats
from ...layers.transfer import holm
from ...series.changepoint import ChangePoint, change_point
from ..parts.palette import HAIR, NET, steps_of
from ..parts.style import shortened, words
from ..parts.training import shown_layers
from .panels import bar_above, heat_map, labels_beside, rounded_top, short_ticks

LEVEL = 0.05
NUMBERED = 8  # layers that all have a tick of their own


@dataclass(frozen=True, eq=False)
class Step:
    """A step in the trajectory of one layer, beyond a straight line.

    Attributes:
        layer: its index.
        place, low, high: time of the step and its 95 % interval [ticks of the clock].
        rises: whether the new level is the higher one.
        p: Holm-corrected over the layers.
    """

    layer: int
    place: float
    low: float
    high: float
    rises: bool
    p: float


def layer_map(axes: Axes, times: Floats, values: Floats, symbol: str, names: Sequence[str] = ()) -> None:
    """Draw values (time, layer) as a heat map, the first layer at the bottom, with its scale above.

    Args:
        names: of few layers, in place of their numbers.
    """
    n = values.shape[1]
    finite = values[np.isfinite(values)]
    top = rounded_top(float(finite.max()) if finite.size else 1.0)
    image = heat_map(axes, times, np.arange(1, n + 1), values.T, NET, top)
    bar_above(axes, image, symbol, [0, top / 2, top], below=bool((finite < 0).any()))
    if (finite < 0).any():  # a layer without colour is a row, not a gap
        for side in ("top", "right", "left", "bottom"):
            axes.spines[side].set(visible=True, color=HAIR)
        for border in range(1, n if n <= NUMBERED else 1):
            axes.axhline(border + 0.5, color=HAIR, lw=0.6)
    axes.set_ylabel("layer")
    number_layers(axes, n, names)
    axes.tick_params(axis="x", labelbottom=False)


def number_layers(axes: Axes, n: int, names: Sequence[str] = ()) -> None:
    """Number the layers at the y axis, all of few and some of many; or name them where they are few."""
    step = 1 if n <= NUMBERED else int(np.ceil(n / 6))
    places = list(range(1, n + 1, step))
    axes.set_yticks(places, [label(at - 1, names, n) for at in places])
    axes.set_ylim(0.5, n + 0.5)


def label(layer: int, names: Sequence[str], n: int) -> str:
    """Return the name of a layer of few, else its number from 1."""
    return words(shortened(names[layer], 12), 12, 1) if names and n <= NUMBERED else str(layer + 1)


def trajectories(
    axes: Axes, times: Floats, values: Floats, symbol: str, steps: Sequence[Step] = (), names: Sequence[str] = ()
) -> None:
    """Draw values (time, layer) as a line a layer, light to dark with depth, numbered or named at the right end."""
    chosen = shown_layers(values.shape[1])
    colours = dict(zip(chosen.tolist(), steps_of(NET, len(chosen)), strict=True))
    for layer, colour in colours.items():
        there = np.isfinite(values[:, layer])
        few: dict[str, Any] = {"marker": "o", "ms": 2.5} if there.sum() <= 8 else {}
        axes.plot(times[there], values[there, layer], color=colour, lw=1.3, **few)
    for step in steps:
        if step.layer in colours:
            height = float(np.interp(step.place, times, values[:, step.layer]))
            colour = colours[step.layer]
            axes.plot([step.low, step.high], [height, height], color=colour, lw=3.2, alpha=0.4, solid_capstyle="butt")
            axes.plot(step.place, height, marker="^" if step.rises else "v", color=colour, ms=5, mew=0, zorder=6)
    axes.set_ylabel(symbol)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    short_ticks(axes, "y")
    ends = [(layer, values[np.isfinite(values[:, layer]), layer]) for layer in colours]
    n = values.shape[1]
    labels_beside(axes, [(label(k, names, n), float(v[-1]), colours[k]) for k, v in ends if v.size])


def steps_in(times: Floats, values: Floats) -> list[Step]:
    """Find the layers whose trajectory (time, layer) has a step beyond a straight line, p ≤ .05 after Holm.

    Series of unequal intervals, too short or without noise have none.
    """
    if times.size < 2 or np.ptp(np.diff(times)) > 1e-9 * np.ptp(times):
        return []
    found: dict[int, ChangePoint] = {}
    for layer in range(values.shape[1]):
        if not np.isfinite(values[:, layer]).all():
            continue
        try:
            found[layer] = change_point(values[:, layer], trend=1)
        except InputError:  # too short, or nothing but a line: no step is defined
            continue
    corrected: Floats = holm([step.p for step in found.values()]) if found else np.empty(0)
    return [
        Step(layer, float(times[step.index]), float(times[step.low]), float(times[min(step.high, times.size - 1)]),
             step.jump > 0, float(p))
        for (layer, step), p in zip(found.items(), corrected, strict=True) if p <= LEVEL
    ]  # fmt: skip
