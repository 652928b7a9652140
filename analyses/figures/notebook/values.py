"""Values of results in axes of the caller: beside their nulls, by group, over time, in parts."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from ....simulator.errors import unknown
from ...comparison.result import Comparison
from ...eeg.result import LEVEL, EegResult
from ...measures import MEASURES, get
from ...measures.notation import KEY, by_group, notation
from ...values import Measurements, Value
from ...why.result import WhyResult
from ..parts.palette import INK, NEED, NULL, NULL_EDGE
from ..parts.style import CLOCK_LABELS, with_unit, words
from ..why import why_panel

MOST_ROWS = 24  # values in one panel
RANGE = re.compile(r"(0|-1\S*) to 1")
HALF = 0.28  # of a row, half the height of a null


def draw_measurements(found: Measurements, axes: Axes, *, name: str | None = None) -> None:
    """Draw values as dots beside their nulls: of one measure every entry, else all measures that range up to 1.

    The title counts the others, which need an axis of their own.

    Raises:
        InputError: no value of this measure.
    """
    rows = [row for row in found.rows if math.isfinite(row.value)]
    measures = list(dict.fromkeys(row.measure for row in rows))
    if name is not None:
        if name not in measures:
            raise unknown("measure", name, measures)
        chosen = [name]
    else:
        unit = [one for one in measures if _up_to_1(one)]
        chosen = unit or measures[:1]
        order = [one for group in by_group(chosen).values() for one in group]
        chosen = sorted(chosen, key=order.index)
    shown = [row for one in chosen for row in rows if row.measure == one][:MOST_ROWS]
    entries = dict.fromkeys(row.entry for row in shown)
    if name is not None:
        labels = [row.entry for row in shown]
    else:
        labels = [
            notation(row.measure).math + (f"  {words(row.entry, 16, 1)}" if len(entries) > 1 else "") for row in shown
        ]
    _beside(axes, shown, labels)
    whole = len(chosen) > 1 or _up_to_1(chosen[0] if chosen else "")
    text = (
        "value"
        if name is None and len(chosen) != 1
        else with_unit(notation(chosen[0]).words or chosen[0], shown[0].unit)
    )
    title = words(next(iter(entries)), 40, 1) if name is None and len(entries) == 1 else ""
    if name is None and (left := len(measures) - len(chosen)):
        title += f"{', ' * bool(title)}{len(chosen)} of {len(measures)} measures; {left} by their names"
    axes.set_title(title)
    axes.set_xlabel(text)
    if whole:
        axes.set_xlim(min(-0.02, axes.get_xlim()[0]), 1.02)


def draw_comparison(found: Comparison, axes: Axes, *, name: str | None = None) -> None:
    """Draw the replicates of every group as dots in its row, each beside its null.

    Raises:
        InputError: no value of this measure.
    """
    measures = list(dict.fromkeys(row.measure for row in found.observations))
    name = name or next((one for one in KEY if one in measures), measures[0] if measures else "")
    if name not in measures:
        raise unknown("measure", name, measures)
    rows = [row for row in found.observations if row.measure == name and math.isfinite(row.value)]
    panels = len(dict.fromkeys(row.panel for row in rows)) > 1
    groups: dict[str, dict[int, Value]] = {}
    for row in rows:  # the deciding null of a replicate comes first
        groups.setdefault(f"{row.panel}: {row.group}" if panels else row.group, {}).setdefault(row.replicate, row)
    for at, replicates in enumerate(groups.values()):
        n = max(len(replicates), 3)
        for k, value in enumerate(replicates.values()):
            place = at + 0.7 * (k - (len(replicates) - 1) / 2) / n
            _null(axes, value, (place - 0.25 / n, 0.5 / n))
            axes.plot([value.value], [place], "o", color=INK, ms=3.5, zorder=3)
    axes.set_yticks(range(len(groups)), [words(label, 26, 1) for label in groups])
    axes.set(ylim=(len(groups) - 0.4, -0.6), xlabel=_title(name, rows))
    axes.tick_params(axis="y", length=0)


def draw_over_time(found: EegResult, axes: Axes, *, name: str | None = None) -> None:
    """Draw a measure of every window at its middle, with 95 % of its null and the events.

    A filled mark exceeds the null, an open one does not.

    Raises:
        InputError: no value of this measure.
    """
    name = name or found.measures[0]
    if name not in found.measures:
        raise unknown("measure", name, found.measures)
    rows = found.of(name)
    middle = np.array([(row.start + row.stop) / 2 for row in rows])
    value, low, high, p = (
        np.array([getattr(row, key) for row in rows]) for key in ("value", "null_low", "null_high", "p")
    )
    for event in found.events:
        axes.axvspan(
            event.onset, event.stop if event.stop > event.onset else event.onset, facecolor=NEED, lw=0, zorder=0
        )
    if np.isfinite(low).any():
        axes.fill_between(middle, low, high, facecolor=NULL, edgecolor=NULL_EDGE, lw=0.5, zorder=1)
    (line,) = axes.plot(middle, value, zorder=2)
    for beyond in (True, False):
        chosen = np.isfinite(p) & ((p <= LEVEL) == beyond)
        paint = line.get_color()
        axes.plot(middle[chosen], value[chosen], "o", ms=3, color=paint, mfc=paint if beyond else "white", zorder=3)
    clock = str(found.config["clock"])
    axes.set(xlabel=f"middle of the window: {CLOCK_LABELS[clock]}", ylabel=_title(name, rows))
    axes.set_xlim(float(found.config["t0"]), float(found.config["t0"]) + float(found.config["duration"]))


def draw_parts(found: WhyResult, axes: Axes, *, name: str | None = None) -> None:
    """Draw the parts of a value on its axis.

    Raises:
        InputError: a name of another measure.
    """
    measure = str(found.config["measure"])
    if name not in (None, measure):
        raise unknown("measure", str(name), [measure])
    why_panel(axes, found)


def _beside(axes: Axes, rows: Sequence[Value], labels: Sequence[str]) -> None:
    """Draw values as dots in rows, the first at the top, each beside its null."""
    for at, row in enumerate(rows):
        _null(axes, row, (at - HALF, 2 * HALF))
        axes.plot([row.value], [at], "o", color=INK, ms=4.5, zorder=3)
    axes.set_yticks(range(len(rows)), labels)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)


def _null(axes: Axes, row: Value, across: tuple[float, float]) -> None:
    """Draw 95 % of the surrogates of a value from the place `across` on, of this height."""
    if not (math.isfinite(row.null_low) and math.isfinite(row.null_high)):
        return
    hatch = "////" if row.null_kind == "permute_within_class" else None
    style: dict[str, Any] = {"facecolor": NULL, "edgecolor": NULL_EDGE, "lw": 0.6, "hatch": hatch, "zorder": 1}
    place, height = across
    axes.add_patch(Rectangle((row.null_low, place), row.null_high - row.null_low, height, **style))
    axes.update_datalim([(row.null_low, place), (row.null_high, place + height)])
    axes.autoscale_view()


def _up_to_1(name: str) -> bool:
    return name in MEASURES and RANGE.fullmatch(get(name).range) is not None and get(name).unit in ("", "1")


def _title(name: str, rows: Sequence[Value]) -> str:
    unit = rows[0].unit if rows else ""
    text = f"{notation(name).math} {notation(name).words}".strip()
    return text if unit in ("", "1") else f"{text} [{unit}]"
