"""Losses that an attack raises: each is a function of logits and labels, larger where more is wrong."""

from __future__ import annotations

from functools import partial

from torch import Tensor
from torch.nn import functional

from .base import Objective
from .norms import LARGEST


def margin(logits: Tensor, y: Tensor) -> Tensor:
    r"""Return the lead of the best other class over the label.

    .. math:: \max_{j \ne y} z_j - z_y

    It has a gradient where cross-entropy is flat to the last digit, and it is positive where the image is
    misclassified. Args: logits (n, class), y (n,). Returns: (n,).
    """
    of_label = logits.gather(1, y[:, None])
    others = logits.scatter(1, y[:, None], float("-inf"))
    return others.amax(1) - of_label[:, 0]


def carlini_wagner(logits: Tensor, y: Tensor, kappa: float = 0.0) -> Tensor:
    r"""Return Carlini and Wagner's f with the sign turned: the margin, flat beyond κ.

    .. math:: -f = \min\left(\max_{j \ne y} z_j - z_y,\; \kappa\right)

    f_6 of Carlini & Wagner, IEEE S&P 2017. Args: logits (n, class), y (n,), κ >= 0. Returns: (n,).
    """
    return margin(logits, y).clamp_max(min(kappa, LARGEST))


def objective(loss: str, kappa: float = 0.0) -> Objective:
    """Return the function of a name: "cross-entropy", "margin" or "cw"."""
    if loss == "cross-entropy":
        return partial(functional.cross_entropy, reduction="none")
    return margin if loss == "margin" else partial(carlini_wagner, kappa=kappa)
