"""Faults of channels: constant signals, saturation, and copies of one signal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SAME = 1e-6  # 1 − |correlation| of two channels below which they are one signal
STILL_RUN = 0.1  # s that a constant stretch must last
LIMIT_RUN = 3  # samples in a row at a limit; one alone is a peak that just fits


def in_runs(flags: NDArray[np.bool_], length: int) -> float:
    """Return the share of the flags in runs of at least `length` True in a row.

    >>> in_runs(np.array([1, 1, 1, 0, 1, 0, 0, 0], dtype=bool), 3)
    0.375
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    runs = edges[1::2] - edges[::2]
    return float(runs[runs >= length].sum() / max(flags.size, 1))


def still(x: NDArray[np.float64], dt: float) -> float:
    """Return the share of time in which x (time,) does not change for 0.1 s and longer; dt [s].

    >>> still(np.array([1.0, 1, 1, 1, 1, 2, 3, 4, 5]), 0.05)
    0.5
    """
    return in_runs(np.diff(x) == 0, max(2, round(STILL_RUN / dt)))


def copies(x: NDArray[np.float64]) -> list[tuple[int, int, float]]:
    r"""Return pairs of channels that are one signal up to gain, sign and offset.

    .. math:: 1 - |\operatorname{corr}(x_i, x_j)| < 10^{-6}, \quad i < j

    Args:
        x: (time, channel).

    Returns:
        (i, j, correlation); an inverted copy (T7-P7 and P7-T7) has a negative one. A constant channel is no copy.

    >>> t = np.arange(100.0)
    >>> copies(np.stack([np.sin(t), np.cos(t), 3 - 2 * np.sin(t), np.ones(100)], axis=1))
    [(0, 2, -1.0)]
    """
    z = np.asarray(x, dtype=np.float64) - x.mean(axis=0)
    norm = np.sqrt((z**2).sum(axis=0))
    alive = np.flatnonzero(norm > 8 * np.finfo(np.float64).eps * np.sqrt(len(z)) * np.abs(x).max(axis=0))
    z = z[:, alive] / norm[alive]
    r = z.T @ z
    found = np.argwhere(np.triu(np.abs(r) > 1 - SAME, k=1))
    return [(int(alive[i]), int(alive[j]), round(float(r[i, j]), 6)) for i, j in found]


def findings(x: NDArray[np.float64], names: Sequence[str], dt: float) -> list[str]:
    """Describe channels that are flat, and channels with the same signal, in one line each; [] without them.

    Args:
        x: (time, channel).
        names: of the channels.
        dt: sampling interval [s].

    >>> t = np.arange(100.0)
    >>> for line in findings(np.stack([np.sin(t), 0 * t, -np.sin(t)], axis=1), ["A-B", "C", "B-A"], 0.01): print(line)
    flat: C
    the same signal twice: B-A is an inverted copy of A-B
    """
    lines = []
    flat = [name for name, column in zip(names, x.T, strict=True) if still(column, dt) > 0.5]
    if flat:
        lines.append(f"flat: {', '.join(flat)}")
    twice: dict[int, str] = {}
    for i, j, r in copies(x):
        twice.setdefault(j, f"{names[j]} is {'a copy' if r > 0 else 'an inverted copy'} of {names[i]}")
    if twice:
        lines.append(f"the same signal twice: {'; '.join(twice.values())}")
    return lines
