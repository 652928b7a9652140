"""Stratified choice of examples, and label noise."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...simulator import InputError


def stratified(
    rng: np.random.Generator, y: NDArray[Any], n: int | None, what: str, *, leave: int = 0
) -> NDArray[np.intp]:
    """Return ascending indices of n of the labels y, every class at its share (largest remainders); None: all.

    At least `leave` labels must be left over. `what` begins the message of the error.

    Raises:
        InputError: n is no integer in 1 .. len(y) − leave.

    >>> y = np.array([0, 0, 0, 0, 1, 1])
    >>> y[stratified(np.random.default_rng(0), y, 3, "n_train: these")]
    array([0, 0, 1])
    """
    if n is None:
        return np.arange(len(y))
    most = len(y) - leave
    if not (isinstance(n, int | np.integer) and 1 <= n <= most):
        raise InputError(f"{what} has {len(y)} examples: must be an integer in 1..{most}; got {n}")
    classes, counts = np.unique(y, return_counts=True)
    share = counts * (int(n) / len(y))
    take = np.floor(share + 1e-9).astype(int)
    take[np.argsort(take - share, kind="stable")[: int(n) - take.sum()]] += 1
    chosen = [rng.permutation(np.flatnonzero(y == c))[:k] for c, k in zip(classes, take, strict=True)]
    return np.sort(np.concatenate(chosen))


def set_apart(
    rng: np.random.Generator, y: NDArray[Any], n: int, what: str
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return ascending indices of n of the labels, stratified, and of all the others.

    Raises:
        InputError: as `stratified`; nothing would be left.
    """
    apart = stratified(rng, y, n, what, leave=1)
    return apart, np.setdiff1d(np.arange(len(y)), apart)


def with_noise(clean: NDArray[np.int64], fraction: float, k: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return labels of which exactly round(fraction · n) are replaced by another of the k classes, drawn uniformly."""
    wrong = rng.permutation(clean.size)[: round(fraction * clean.size)]
    noisy = clean.copy()
    noisy[wrong] = (clean[wrong] + rng.integers(1, k, size=wrong.size)) % k
    return noisy
