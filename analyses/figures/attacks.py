"""Accuracy of a network over the size of an attack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...simulator.types import Floats
from .parts.style import Drawing
from .sweep import WHOLE, grid_figure


def curves(found: Any) -> dict[str, tuple[Floats, Floats]]:
    """Return sizes and accuracy by loss, of "worst" and of "random noise"; size 0 is the images as they are."""
    points: dict[str, list[tuple[float, float]]] = {}
    for one in found.rows:
        if one.epsilon and not one.note:
            name = one.loss or "random noise"
            points.setdefault(name, [(0.0, found.clean.accuracy)]).append((one.epsilon, one.accuracy))
    return {name: (np.array([x for x, _ in line]), np.array([y for _, y in line])) for name, line in points.items()}


def attacked_drawings(found: Any) -> Iterator[Drawing]:
    """Draw accuracy over the size of an attack: after each loss, the worst, and random noise of the same size."""
    plain = ("worst", "random noise")
    lines = {name if name in plain else f"after {name}": line for name, line in curves(found).items()}
    figure = grid_figure("accuracy under attack", lines, "size ε of the change", "accuracy")
    figure.axes[0].set(ylim=WHOLE)
    text = f"Accuracy of {found.config['model']} under {found.in_words}, over the size ε of the change."
    yield Drawing("attacked/accuracy", "accuracy under attack", figure, text, text)
