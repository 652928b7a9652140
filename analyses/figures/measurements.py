"""Figures of measurements, one a measure: the value of every entry with its null."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..comparison.wording import number
from ..values import EntryValue, Measurements
from .comparison import measure_label, null_caption
from .parts.nulls import limits, null_figure
from .parts.style import Drawing


def measurement_drawings(found: Measurements) -> Iterator[Drawing]:
    """Draw every measure that has a finite value; trials of an entry stand side by side."""
    for name in dict.fromkeys(row.measure for row in found.rows):
        rows: dict[str, list[EntryValue]] = {}
        for row in found.rows:
            if row.measure == name and math.isfinite(row.value):
                rows.setdefault(row.entry.partition("[")[0], []).append(row)
        if not rows:
            continue
        groups = {entry: [[row] for row in members] for entry, members in rows.items()}
        label = measure_label(name, next(iter(rows.values()))[0].unit)
        values = "; ".join(f"{row.entry} {_value(row)}" for members in rows.values() for row in members[:7])
        yield Drawing(
            f"null/{name}", name, null_figure(name, groups, label, limits(groups), "value"),
            f"{null_caption(name, rows, 'entry or trial')} {values}.", f"{name}: {values}.",
        )  # fmt: skip


def _value(row: EntryValue) -> str:
    null = f" (null {number(row.null_low)} to {number(row.null_high)})" if row.null_kind else ""
    return f"{number(row.value)}{null}"
