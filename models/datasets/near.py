"""Images that are others but for rounding: the same ones in bytes, or in half precision."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...simulator.types import Floats

PROJECTIONS = 8  # random directions in which candidates are looked for
ROUNDING = 0.03  # root mean square of a difference that is called rounding, in SDs of the image
STEP = 1.1 / 255  # largest difference in any value, as a share of the range: bytes that were cut off
AT_ONCE = 2**20  # values that are taken into double precision together


def rounded_copies(some: NDArray[Any], others: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which images are among the others, but for a difference by rounding.

    The nearest in a few random directions is compared pixel by pixel. Blank images are copies of none.

    >>> x = np.random.default_rng(0).random((5, 8, 8))
    >>> rounded_copies(np.round(255 * x[2:4]) / 255, x)
    array([ True,  True])
    """
    from scipy.spatial import KDTree

    found = np.zeros(len(some), bool)
    size = some[0].size if len(some) else 0
    if size == 0 or len(others) == 0 or others[0].size != size:
        return found
    directions = np.random.default_rng(0).standard_normal((size, PROJECTIONS)) / np.sqrt(size)
    there, here = (np.concatenate([block @ directions for block in _flat(x)]) for x in (others, some))
    if not (np.isfinite(there).all() and np.isfinite(here).all()):
        return found
    spread = np.concatenate([block.std(1) for block in _flat(some)])
    reach = 6 * ROUNDING * float(spread.max())  # a difference of this size has that SD in every direction
    nearest = np.asarray(KDTree(there).query(here, distance_upper_bound=reach or np.inf)[1])
    rows = np.flatnonzero((nearest < len(others)) & (spread > 0))
    extent = float(others.max()) - float(others.min())
    step = max(1, AT_ONCE // size)
    for first in range(0, len(rows), step):
        at = rows[first : first + step]
        apart = some[at].astype(np.float64) - others[nearest[at]]
        rms = np.sqrt((apart * apart).reshape(len(at), -1).mean(1))
        largest = np.abs(apart).reshape(len(at), -1).max(1)
        found[at] = (rms <= ROUNDING * spread[at]) & (largest <= STEP * extent)
    return found


def _flat(x: NDArray[Any]) -> Iterator[Floats]:
    """Yield blocks of images (image, value) in double precision."""
    rows = max(1, AT_ONCE // x[0].size)
    for first in range(0, len(x), rows):
        yield np.asarray(x[first : first + rows], np.float64).reshape(-1, x[0].size)
