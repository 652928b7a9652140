"""Measures with their nulls: every replicate is drawn, none hides behind a mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ...comparison.result import ReplicateValue
from ...nulls import NULL_NAMES
from .style import TITLE_WIDTH, Legend, colour, legend_below, new_figure, shortened, sign_limits, styled, words

_GREYS = ("0.25", "0.6", "0.75")
RING = 0.02  # of the axis: a value that is tested and lies farther from its dot is drawn as well
_WIDTH = 0.66  # of the space of one group that its replicates take

Rows = Mapping[str, Sequence[ReplicateValue]]  # group -> observations
Groups = Mapping[str, Sequence[Sequence[Any]]]  # group -> replicates -> values, the deciding kind of null first


def drawable(rows: Rows) -> dict[str, list[list[ReplicateValue]]]:
    """Group -> replicates -> one observation a kind of null, the deciding one first; finite values only."""
    out = {}
    for group, observations in rows.items():
        found: dict[int, list[ReplicateValue]] = {}
        for row in observations:
            if np.isfinite(row.value):
                found.setdefault(row.replicate, []).append(row)
        if found:
            out[group] = [found[k] for k in sorted(found)]
    return out


def limits(groups: Groups) -> tuple[float, float]:
    """Least and greatest number that is drawn."""
    values = [
        value
        for replicates in groups.values()
        for kinds in replicates
        for row in kinds
        for value in (row.value, row.tested, row.null_low, row.null_high)
        if np.isfinite(value)
    ]
    return min(values), max(values)


@styled
def null_figure(title: str, groups: Groups, y_label: str, span: tuple[float, float], dot: str = "replicate") -> Figure:
    """Draw replicates as dots by group, each with the middle 95 % of its surrogates and their mean.

    Args:
        groups: group -> replicates -> values of one measure, one a kind of null.
        y_label: the measure with its unit.
        span: least and greatest number on the axis.
        dot: name of a replicate in the legend.
    """
    tilted = len(groups) > 4 or max(len(name) for name in groups) * len(groups) > 48
    figure, axes = new_figure(shortened(title, TITLE_WIDTH), margins=(0.2, 0.38 if tilted else 0.24))
    kinds = list(dict.fromkeys(r.null_kind for g in groups.values() for rep in g for r in rep if r.null_kind))
    ringed = False
    for index, replicates in enumerate(groups.values()):
        spacing = _WIDTH / max(len(replicates), 3)
        places = index + spacing * (np.arange(len(replicates)) - (len(replicates) - 1) / 2)
        dot_size = float(np.clip(spacing * 36, 2.0, 4.5))
        values = [replicate[0].value for replicate in replicates]
        axes.plot(places - spacing / 5, values, "o", color=colour(index), ms=dot_size, mew=0, zorder=3)
        for at, kind in enumerate(kinds):
            shift = spacing * (0.12 + 0.5 * at / len(kinds))
            bars = [
                (place + shift, row.null_low, row.null_high, row.null_mean)
                for place, replicate in zip(places, replicates, strict=True)
                for row in replicate
                if row.null_kind == kind and np.isfinite([row.null_low, row.null_high, row.null_mean]).all()
            ]
            rings = [  # where they can be told from the dot
                (place + shift, row.tested)
                for place, replicate in zip(places, replicates, strict=True)
                for row in replicate
                if row.null_kind == kind and abs(row.tested - row.value) > RING * (span[1] - span[0])
            ]
            if rings:
                style: dict[str, Any] = {"mfc": "none", "mec": colour(index), "mew": 0.7, "ms": 0.7 * dot_size}
                axes.plot(*np.array(rings).T, "o", **style, zorder=2)
                ringed = True
            if bars:
                x, low, high, mean = np.array(bars).T
                grey = _GREYS[at % len(_GREYS)]
                axes.vlines(x, low, high, color=grey, lw=1.6, alpha=0.7)
                axes.plot(x, mean, "_", color=grey, ms=4.5, mew=1.2)
    names = [words(shortened(name, 16), 16, 1) if tilted else words(name, 14) for name in groups]
    axes.set_xticks(range(len(groups)), names)
    if tilted:
        for tick in axes.get_xticklabels():
            tick.set(rotation=35, ha="right", rotation_mode="anchor")
    axes.tick_params(axis="x", length=0)
    axes.set(ylabel=y_label, xlim=(-0.5, len(groups) - 0.5), ylim=sign_limits(*span))
    ticks = axes.get_yticks()
    digits = next((k for k in range(3, 8) if len({f"{t:.{k}g}" for t in ticks}) == len(ticks)), 8)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.{digits}g}".replace("-", "−"))
    # a dot alone needs no legend: the caption says what it is
    legend: Legend = [(Line2D([], [], color="0.1", marker="o", ls="", ms=4), dot)]
    if ringed:
        legend.append((Line2D([], [], color="0.1", marker="o", mfc="none", ls="", ms=3), "its tested part"))
    for index, name in enumerate(kinds):
        handle = Line2D([], [], color=_GREYS[index % len(_GREYS)], lw=1.6)
        legend.append((handle, ("null: " if index == 0 else "") + NULL_NAMES.get(name, name)))
    legend_below(figure, legend)
    return figure
