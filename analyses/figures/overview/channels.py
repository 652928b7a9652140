"""Traces of channels below each other with a scale bar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ...eeg.traces import COLUMNS, MOST
from ..parts.palette import INK
from ..parts.style import words
from .compose import plain
from .lines import Values, nothing, round_size

ROW, LEAST, MOST_HIGH = 3.2, 24.0, 92.0  # mm: a channel, the panel
OFFSET = 1.6  # of the usual range of a channel, from one channel to the next


def height_of(n: int) -> float:
    """Return the height of a panel with n channels [mm]."""
    return float(np.clip(ROW * min(n, MOST) + 4, LEAST, MOST_HIGH))


def spacing_of(values: Values) -> float:
    """Return the distance of neighbouring traces [unit of the values]: `OFFSET` times the median range of a channel.

    The range is that of the middle 96 %, so that an artefact does not flatten the rest.
    """
    defined = np.isfinite(values).any(axis=0)
    low, high = np.nanpercentile(values[:, defined], [2, 98], axis=0)
    ranges = (high - low)[high > low]
    return OFFSET * float(np.median(ranges)) if ranges.size else 1.0


def draw_channels(
    axes: Axes, times: Values, values: Values, names: Sequence[str], unit: str, colours: Sequence[Any]
) -> float:
    """Draw values (time, channel) about their medians, the first channel on top; return the distance of traces.

    A bar at the right has the size that stands beside it [unit].
    """
    n = values.shape[1]
    x = np.asarray(values, dtype=np.float64)
    defined = np.isfinite(x).any(axis=0)
    if not defined.any():
        nothing(axes, "not defined anywhere")
        return 1.0
    centred = x - np.where(defined, np.nanmedian(np.where(defined, x, 0.0), axis=0), np.nan)
    space = spacing_of(centred)
    width = 0.4 if n > 8 else 0.6
    for channel in range(n):
        axes.plot(
            times, centred[:, channel] / space - channel, color=colours[channel % len(colours)], lw=width,
            rasterized=len(times) > COLUMNS // 2, clip_on=True,
        )  # fmt: skip
    room = 0.7 if n > 1 else max(0.05, 0.55)
    top, bottom = room, -(n - 1) - room
    if n == 1:
        finite = centred[np.isfinite(centred)] / space
        top, bottom = float(finite.max()) + 0.05, float(finite.min()) - 0.05
        top, bottom = (top, bottom) if top > bottom else (0.5, -0.5)
    axes.set_ylim(bottom, top)
    step = max(1, -(-n // 32))
    shown = list(range(0, n, step))
    axes.set_yticks([-channel for channel in shown], [words(str(names[channel]), 12, 1) for channel in shown])
    axes.tick_params(axis="y", length=0, labelsize=6)
    axes.spines["left"].set_visible(False)
    bar = round_size(space * min(1.5, 0.6 * (top - bottom)))
    foot = bottom + 0.03 * (top - bottom)
    axes.plot(
        [1.012, 1.012], [foot, foot + bar / space], color=INK, lw=1.4, transform=axes.get_yaxis_transform(),
        clip_on=False, solid_capstyle="butt", gid="scale bar",
    )  # fmt: skip
    label = plain(bar) if unit in ("", "1") else f"{plain(bar)} {unit}"
    axes.annotate(
        words(label, 12, 1), (1.02, foot + bar / space / 2), (2, 0), xycoords=("axes fraction", "data"),
        textcoords="offset points", va="center", size=6.5, annotation_clip=False,
    )  # fmt: skip
    return space
