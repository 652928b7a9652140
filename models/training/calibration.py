"""Calibration of a classifier: its expected error, the error that chance alone gives, and the reliability diagram."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from ...analyses.evidence.effect import wilson
from ...simulator import InputError
from ...simulator.fields import Param, checked

BINS = 15  # of the confidence
DRAWS = 200  # of correct and wrong answers, for the floor
AT_ONCE = 2**22  # answers that are drawn together


@dataclass(frozen=True)
class ReliabilityBin:
    """Images whose largest class probability lies in (`above`, `upto`].

    Attributes:
        above, upto: borders of the confidence.
        n: images.
        confidence: mean of their confidences.
        accuracy: share of them that are classified as labelled.
        low, high: its Wilson 95 % interval.
    """

    above: float
    upto: float
    n: int
    confidence: float
    accuracy: float
    low: float
    high: float


def calibration_error(p: NDArray[np.float64], y: NDArray[np.int64], bins: int = BINS) -> float:
    r"""Expected calibration error: how far confidence and accuracy lie apart.

    .. math:: \mathrm{ECE} = \sum_b \frac{n_b}{n} \left| \mathrm{acc}_b - \mathrm{conf}_b \right|

    over `bins` equal bins of the confidence max_k p_k: (0, 1/bins], (1/bins, 2/bins] ... (Guo et al., ICML 2017).

    Args:
        p: (n, class) probabilities.
        y: (n,) classes.

    >>> p = np.array([[0.9, 0.1]] * 10)
    >>> round(calibration_error(p, np.array([0] * 9 + [1])), 12), round(calibration_error(p, np.zeros(10, int)), 12)
    (0.0, 0.1)
    """
    confidence, right = p.max(1), p.argmax(1) == y
    excess = np.bincount(_bin_of(confidence, bins), weights=right - confidence, minlength=bins)
    return float(np.abs(excess).sum() / len(p))


def calibration_floor(
    p: NDArray[np.float64], bins: int = BINS, *, draws: Annotated[int, Param("", ge=1)] = DRAWS, seed: int = 0
) -> tuple[float, float]:
    r"""Expected calibration error of a network that is calibrated, at these confidences and this number of images.

    The error is a mean of absolute values, so that it is above 0 by chance alone. Every draw calls image i correct with
    the probability max_k p_ik, as if its label were drawn from the network's own probabilities, and takes the error.

    Args:
        p: (n, class) probabilities.
        bins: as of `calibration_error`.
        draws: of all n answers.
        seed: of the draws.

    Returns:
        The mean over the draws, and their 95 % quantile: an error above it is not chance (p ≤ .05, one-sided).

    Raises:
        InputError: no images, draws < 1.

    >>> mean, high = calibration_floor(np.array([[0.7, 0.3]] * 100))
    >>> 0.03 < mean < 0.045, 0.07 < high < 0.1
    (True, True)
    """
    draws = checked("calibration_floor.draws", int, Param("", ge=1), draws)
    if len(p) == 0:
        raise InputError("calibration_floor.p: must hold at least one image; got none")
    rng = np.random.default_rng(checked("calibration_floor.seed", int, Param("", ge=0), seed))
    confidence = np.sort(p.max(1))  # images of one bin lie together
    first = np.unique(_bin_of(confidence, bins), return_index=True)[1]
    conf = np.add.reduceat(confidence, first)
    found, block = [], max(1, AT_ONCE // len(p))
    for done in range(0, draws, block):
        right = rng.random((min(block, draws - done), len(p))) < confidence
        found.append(np.abs(np.add.reduceat(right, first, axis=1, dtype=np.int64) - conf).sum(1) / len(p))
    errors = np.concatenate(found)
    return float(errors.mean()), float(np.quantile(errors, 0.95))


def reliability(p: NDArray[np.float64], y: NDArray[np.int64], bins: int = BINS) -> list[ReliabilityBin]:
    """Return confidence and accuracy in every bin of the confidence that holds images, as `calibration_error` bins.

    >>> [(b.n, b.accuracy) for b in reliability(np.array([[0.9, 0.1]] * 10), np.array([0] * 9 + [1]))]
    [(10, 0.9)]
    """
    confidence, right = p.max(1), p.argmax(1) == y
    place, found = _bin_of(confidence, bins), []
    for b in np.unique(place):
        inside = place == b
        n, k = int(inside.sum()), int(right[inside].sum())
        mean = float(confidence[inside].mean())
        found.append(ReliabilityBin(b / bins, (b + 1) / bins, n, mean, k / n, *wilson(k, n)))
    return found


def calibration_in_words(ece: float, floor: float, floor_high: float, excess: float, n: int) -> str:
    """Return whether an expected calibration error is more than chance gives.

    Args:
        ece: the error.
        floor, floor_high: as of `calibration_floor`.
        excess: mean confidence minus accuracy.
        n: images.

    >>> calibration_in_words(0.212, 0.03, 0.05, 0.2, 597)
    'overconfident: ECE .212 against .030 by chance (95 %: below .050) with 597 images'
    >>> calibration_in_words(0.04, 0.05, 0.07, 0.01, 600)
    'no miscalibration is shown: ECE .040 against .050 by chance (95 %: below .070) with 600 images'
    """
    if not math.isfinite(floor_high):
        return f"ECE {_three(ece)} with {n:,} images; what chance gives was not drawn"
    how = "no miscalibration is shown"
    if ece > floor_high:
        how = "miscalibrated" if abs(excess) < ece / 2 else "overconfident" if excess > 0 else "underconfident"
    return (
        f"{how}: ECE {_three(ece)} against {_three(floor)} by chance (95 %: below {_three(floor_high)}) with "
        f"{n:,} images"
    )


def _three(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


def _bin_of(confidence: NDArray[np.float64], bins: int) -> NDArray[np.int64]:
    return np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
