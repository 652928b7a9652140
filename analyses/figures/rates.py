"""Rates of right answers: verdicts on planted truth, and a trained network on its sets of images."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np

from .parts.style import Drawing
from .sweep import grid_figure

WHOLE = (0.0, 1.05)  # limits of shares


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


def evaluation_drawings(found: Any) -> Iterator[Drawing]:
    """Draw the accuracy on every set of images, and on corrupted test images by severity."""
    sets = np.array(list(found.sets)), np.array([one.accuracy for one in found.sets.values()])
    text = f"Accuracy of {found.architecture} on its sets of images."
    figure = grid_figure("accuracy", {"accuracy": sets}, "images", "accuracy")
    figure.axes[0].set(ylim=WHOLE)
    yield Drawing("evaluation/sets", "accuracy", figure, text, text)
    if found.corruptions:
        lines = {name: (1.0 + np.arange(len(row)), np.array(row)) for name, row in found.corruptions.items()}
        text = f"Accuracy of {found.architecture} on corrupted test images, by the severity of the corruption."
        figure = grid_figure("corrupted images", lines, "severity", "accuracy")
        figure.axes[0].set(ylim=WHOLE)
        yield Drawing("evaluation/corruptions", "corrupted images", figure, text, text)
