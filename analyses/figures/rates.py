"""Rates of right verdicts on planted truth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np

from .parts.style import Drawing
from .sweep import WHOLE, grid_figure


def planted_drawings(found: Any) -> Iterator[Drawing]:
    """Draw the share of right verdicts of every claim by case; `found` has rows of case, claim, count, n and right.

    A number of seeds, a size and a spread of the planted effects have a figure each.
    """
    places = dict.fromkeys((row.seeds, row.size, row.spread) for row in found.rows)
    for place in sorted(places):
        shares: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for row in found.rows:
            if (row.seeds, row.size, row.spread) == place:
                shares[row.claim][row.case] += row.count * row.right / row.n
        lines = {
            claim: (np.array(list(by_case)), np.array(list(by_case.values()))) for claim, by_case in shares.items()
        }
        seeds, size, spread = place
        title = f"planted truth, {seeds} seeds"
        figure = grid_figure(title, lines, "case", "right verdicts")
        figure.axes[0].set(ylim=WHOLE)
        text = (
            f"Share of right verdicts by planted truth, {seeds} seeds, size {size:g} of the paper's effects, spread "
            f"{spread:g} of it over networks. An effect that is absent or small is right as fails or undecided."
        )
        yield Drawing(f"planted/right-{seeds}-{size:g}-{spread:g}", title, figure, text, text)
