"""Evaluation of a trained classifier: loss, accuracy, calibration, and detection of out-of-distribution images."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from ...simulator import InputError
from ..probe.kept import undisturbed
from ..probe.layers import evaluating
from ..probe.numbers import as_labels, as_tensor
from .calibration import calibration_error, calibration_floor, calibration_in_words
from .gate import first_pass

AT_ONCE = 4096  # images of a forward pass, of up to so many numbers
SMALL, VALUES = 1024, 2**21  # larger images come in passes of about so many numbers


@dataclass(frozen=True)
class Evaluation:
    """Outputs of a classifier on one set of images.

    Attributes:
        n: images.
        loss: mean cross-entropy [nat].
        accuracy: share of the images whose largest logit is that of their class.
        confidence: mean of the largest class probability.
        ece: expected calibration error, see `calibration_error`.
        floor, floor_high: mean and 95 % quantile of the error that a calibrated network would have, see
            `calibration_floor`; NaN where they were not drawn.
    """

    n: int
    loss: float
    accuracy: float
    confidence: float
    ece: float
    floor: float = math.nan
    floor_high: float = math.nan

    @property
    def calibration(self) -> str:
        """Return whether the calibration error is more than chance gives, in words."""
        excess = self.confidence - self.accuracy
        return calibration_in_words(self.ece, self.floor, self.floor_high, excess, self.n)


def evaluate(model: nn.Module, x: Tensor, y: Tensor, batch_size: int | None = None) -> tuple[float, float]:
    """Mean cross-entropy [nat] and accuracy over all images, in evaluation mode.

    `batch_size` images pass at once; by default as many as their size allows, at most AT_ONCE. The model, modes,
    buffers and attributes, and all generators come back as they were.

    Raises:
        InputError: no images; images that the model cannot take; classes that are no integers from 0 on, one an
            image, or that have no logit.
    """
    x, y = _checked(x, y)
    with first_pass(x, "evaluate"):
        return evaluate_confidence(model, x, y, batch_size)[:2]


def evaluate_confidence(
    model: nn.Module, x: Tensor, y: Tensor, batch_size: int | None = None, *, outputs: Tensor | None = None
) -> tuple[float, float, float]:
    """Return loss and accuracy as `evaluate`, and the mean of the largest class probability, by one pass.

    `outputs` (output,) bool names the outputs that are compared; all if left out.
    """
    with undisturbed(model, seeded=False), evaluating(model):
        loss = correct = confidence = 0.0
        for images, target in passes(x, y, batch_size):
            logits = _logits(model(images))
            if logits.ndim != 2 or not logits.shape[1] > int(target.max()):
                raise InputError(
                    f"evaluate: the model must give logits (n, class) for the classes up to {int(y.max())}; got shape "
                    f"{tuple(logits.shape)}"
                )
            if outputs is not None:
                if logits.shape[1] != len(outputs):
                    raise InputError(
                        f"evaluate: the model must give {len(outputs)} logits, the outputs of all tasks; got "
                        f"{logits.shape[1]}"
                    )
                logits = logits.masked_fill(~outputs, -math.inf)
            loss += functional.cross_entropy(logits, target, reduction="sum").item()
            correct += (logits.argmax(1) == target).sum().item()
            confidence += logits.softmax(1).amax(1).sum().item()
    return loss / len(x), correct / len(x), confidence / len(x)


def logits(model: nn.Module, x: Tensor, batch_size: int | None = None) -> NDArray[np.float64]:
    """Logits (n, n_classes) in double precision, in evaluation mode; the model comes back as it was."""
    with first_pass(x, "evaluate"), undisturbed(model, seeded=False), evaluating(model):
        found = [_logits(model(images)).double().cpu() for images, _ in passes(x, x, batch_size)]
    return np.asarray(torch.cat(found).numpy())


def probabilities(model: nn.Module, x: Tensor, batch_size: int | None = None) -> NDArray[np.float64]:
    """Class probabilities (n, n_classes), the softmax of the logits, in evaluation mode."""
    return np.asarray(torch.from_numpy(logits(model, x, batch_size)).softmax(1).numpy())


def assess(model: nn.Module, x: Tensor, y: Tensor, batch_size: int | None = None) -> Evaluation:
    """Loss, accuracy, confidence and calibration on one set of images.

    Raises:
        InputError: no images; logits that are not finite.
    """
    if len(x) == 0:
        raise InputError("assess.x: must hold at least one image; got none")
    x, y = _checked(x, y)
    loss, accuracy = evaluate(model, x, y, batch_size)
    if not math.isfinite(loss):
        raise InputError(f"assess: the loss of these weights on these {len(x)} images is {loss}")
    found = probabilities(model, x, batch_size)
    ece, floor = calibration_error(found, y.cpu().numpy()), calibration_floor(found)
    return Evaluation(len(x), loss, accuracy, float(found.max(1).mean()), ece, *floor)


def separation(known: NDArray[np.float64], strange: NDArray[np.float64]) -> float:
    r"""Area under the ROC curve: the chance that a known image scores higher than a strange one, ties counting half.

    .. math:: \mathrm{AUROC} = P(s_k > s_s) + \tfrac12 P(s_k = s_s)

    With the largest class probability as the score: the baseline of Hendrycks & Gimpel, ICLR 2017. 0.5: no better
    than chance.

    >>> separation(np.array([0.9, 0.8]), np.array([0.1, 0.8]))
    0.875
    """
    ordered = np.sort(strange)
    below, not_above = np.searchsorted(ordered, known, "left"), np.searchsorted(ordered, known, "right")
    return float((below + not_above).mean() / (2 * len(strange)))


def _checked(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return images and classes as tensors, classes as int64, after a check."""
    x = as_tensor("evaluate.x", x)
    if x.ndim < 2 or len(x) == 0:
        raise InputError(f"evaluate.x: must hold at least one image, (n, ...); got shape {tuple(x.shape)}")
    return x, as_labels("evaluate.y", y, len(x))


def _logits(outputs: Any) -> Tensor:
    """Half precision as single: a sum over thousands of images overflows in it, or is rounded.

    Raises:
        InputError: they are no tensor of real numbers.
    """
    if not isinstance(outputs, Tensor) or outputs.is_complex():
        got = "complex numbers" if isinstance(outputs, Tensor) else f"a {type(outputs).__name__}"
        raise InputError(f"evaluate: the model must give logits (n, class), a tensor of real numbers; got {got}")
    return outputs if outputs.dtype == torch.float64 else outputs.float()


def passes(x: Tensor, y: Tensor, batch_size: int | None) -> Iterator[tuple[Tensor, Tensor]]:
    """Copies of the images, which a model may change in place, and their classes."""
    size = math.prod(x.shape[1:])
    at_once = batch_size or (AT_ONCE if size <= SMALL else max(1, VALUES // size))
    for first in range(0, len(x), at_once):
        yield x[first : first + at_once].clone(), y[first : first + at_once]
