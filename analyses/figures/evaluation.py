"""Figures of the evaluation of a network, one a table of the result."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from .overview.attacks import accuracy_over_size
from .overview.evaluation import noise_curve, reliability_diagram, strange_rows
from .parts.style import Drawing, new_figure, styled
from .sweep import WHOLE, grid_figure


def evaluation_drawings(found: Any) -> Iterator[Drawing]:
    """Draw accuracy by set, reliability, and accuracy over attacks, noise and corruptions; AUROCs of strange images."""
    sets = np.array(list(found.sets)), np.array([one.accuracy for one in found.sets.values()])
    text = f"Accuracy of {found.architecture} on its sets of images."
    figure = grid_figure("accuracy", {"accuracy": sets}, "images", "accuracy")
    figure.axes[0].set(ylim=WHOLE)
    yield Drawing("evaluation/sets", "accuracy", figure, text, text)
    if found.reliability:
        text = f"Accuracy over confidence of {found.architecture}; grey: 95 % of a calibrated network. "
        text += f"{found.sets['test'].calibration}."
        yield _alone("reliability", text, lambda axes: reliability_diagram(axes, found.reliability))
    if found.attacks:
        attacked = found.attacked
        text = f"Accuracy of {found.architecture} under {attacked.in_words}, and under random signs of the same size."
        text += "".join(f" {one}." for one in found.warnings)
        yield _alone("attacks", text, lambda axes: accuracy_over_size(axes, attacked))
    if found.noise:
        text = f"Accuracy of {found.architecture} on test images with Gaussian noise, with Wilson's 95 % interval."
        yield _alone("noise", text, lambda axes: noise_curve(axes, found.sets["test"], found.noise))
    if found.corruptions:
        lines = {name: (1.0 + np.arange(len(row)), np.array(row)) for name, row in found.corruptions.items()}
        text = f"Accuracy of {found.architecture} on corrupted test images, by the severity of the corruption."
        figure = grid_figure("corrupted images", lines, "severity", "accuracy")
        figure.axes[0].set(ylim=WHOLE)
        yield Drawing("evaluation/corruptions", "corrupted images", figure, text, text)
    if found.strange:
        text = f"AUROC by which scores of {found.architecture} tell test from strange images; dashed: chance."
        yield _alone("strange", text, lambda axes: strange_rows(axes, found.strange))


@styled
def _alone(name: str, text: str, draw: Callable[[Axes], None]) -> Drawing:
    """Return one panel as a figure of its own."""
    title = {"attacks": "under attack", "noise": "Gaussian noise", "strange": "strange images"}.get(name, name)
    figure, axes = new_figure(title)
    draw(axes)
    return Drawing(f"evaluation/{name}", title, figure, text, text)
