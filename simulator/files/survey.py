"""Properties of the channels of a recording of any length, found in one pass over its pieces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..recordings.pieces import Moments, Pieces, pieces

SAME = 1e-6  # 1 − |correlation| of two channels below which they are one signal
STILL_RUN = 0.1  # s that a constant stretch must last
STILL = 0.5  # share of time without any change
DROPOUT, DROPOUT_STEPS = 0.25, 8  # s, and steps, that a dropout of one channel lasts
TOGETHER, LEAST_TOGETHER = 30, 3  # steps of all channels together, and of each, that they must be constant at once
LIMIT_RUN = 3  # samples in a row at a limit; one alone is a peak that just fits
Span = tuple[int, int]  # first sample, and the one after the last


class Runs:
    """Spans in which a flag is set at least `length` times in a row, over pieces that follow each other.

    >>> runs = Runs(1, 3)
    >>> for piece in ([0, 1, 1], [1, 0, 1]): runs.add(np.array(piece, dtype=bool)[:, None])
    >>> runs.spans()
    [[(1, 4)]]
    """

    def __init__(self, n_units: int, length: int) -> None:
        self._length = length
        self._at = 0
        self._found: list[list[Span]] = [[] for _ in range(n_units)]
        self._open: list[int | None] = [None] * n_units  # first sample of a run that the last piece did not end

    def add(self, flags: NDArray[np.bool_]) -> None:
        """Add a piece, (time, unit)."""
        n = len(flags)
        half = max(1, self._length // 2)  # a run of `length` holds one whole block of half of it: most pieces have none
        blocks = flags[: n // half * half].reshape(-1, half, flags.shape[1])
        whole = np.asarray(blocks.all(axis=1).any(axis=0))
        for unit, found in enumerate(self._found):
            column = flags[:, unit]
            if whole[unit] or column[0] or column[-1] or n < 2 * half or self._open[unit] is not None:
                edges = self._at + np.flatnonzero(np.diff(np.concatenate([[0], column.astype(np.int8), [0]])))
                self._open[unit] = self._merged(found, edges.tolist(), self._open[unit], bool(column[-1]))
        self._at += n

    def _merged(self, found: list[Span], edges: list[int], before: int | None, goes_on: bool) -> int | None:
        if before is not None:
            edges = [before, *edges[1:]] if edges[:1] == [self._at] else [before, self._at, *edges]
        ended = edges[:-2] if goes_on else edges
        found += [run for run in zip(ended[::2], ended[1::2], strict=True) if run[1] - run[0] >= self._length]
        return edges[-2] if goes_on else None

    def spans(self) -> list[list[Span]]:
        """Return the spans of every unit, in order."""
        last = [[] if at is None or self._at - at < self._length else [(at, self._at)] for at in self._open]
        return [[*found, *end] for found, end in zip(self._found, last, strict=True)]


class AtExtreme:
    """Samples of every unit that stand `length` and more in a row at its own greatest value.

    >>> highest = AtExtreme(1, 3, 9)
    >>> for piece in ([1, 5, 5], [5, 0, 5]): highest.add(np.array(piece, dtype=float)[:, None])
    >>> highest.share(), highest.brief()
    (array([0.5]), array([0.5]))
    """

    def __init__(self, n_units: int, length: int, long: int) -> None:
        self._length, self._long = length, long
        self._n = 0
        self.value = np.full(n_units, -np.inf)
        self._counted = np.zeros(n_units, dtype=np.int64)
        self._brief = np.zeros(n_units, dtype=np.int64)  # of these, in runs shorter than `long`
        self._open = np.zeros(n_units, dtype=np.int64)  # samples of a run that the last piece did not end

    def add(self, x: NDArray[np.float64]) -> None:
        """Add a piece, (time, unit)."""
        most = x.max(axis=0)
        higher = most > self.value
        self._counted[higher] = self._brief[higher] = self._open[higher] = 0
        self.value[higher] = most[higher]
        self._end(most < self.value)
        for unit in np.flatnonzero(most == self.value):
            edges = np.flatnonzero(np.diff(np.concatenate([[0], (x[:, unit] == most[unit]).astype(np.int8), [0]])))
            runs = edges[1::2] - edges[::2]
            if edges[0] == 0:
                runs[0] += self._open[unit]
                self._open[unit] = 0
            self._end(np.arange(len(most)) == unit)
            if edges[-1] == len(x):
                self._open[unit] = runs[-1]
                runs = runs[:-1]
            self._counted[unit] += runs[runs >= self._length].sum()
            self._brief[unit] += runs[(runs >= self._length) & (runs < self._long)].sum()
        self._n += len(x)

    def _end(self, units: NDArray[np.bool_]) -> None:
        ended = np.where(units & (self._open >= self._length), self._open, 0)
        self._counted += ended
        self._brief += np.where(ended < self._long, ended, 0)
        self._open[units] = 0

    def share(self) -> NDArray[np.float64]:
        """Return the share of the samples, (unit,)."""
        self._end(np.ones(len(self._open), dtype=bool))
        return np.asarray(self._counted / max(self._n, 1))

    def brief(self) -> NDArray[np.float64]:
        """Return the share of the samples in runs shorter than `long`, (unit,)."""
        self._end(np.ones(len(self._open), dtype=bool))
        return np.asarray(self._brief / max(self._n, 1))


@dataclass(frozen=True, eq=False)
class Survey:
    """Properties of the channels of one recording, (unit,) each.

    Attributes:
        low, high: least and greatest value.
        moments: mean, variance and correlation.
        at_low, at_high: share of the samples that stand three or more in a row at the least and the greatest value.
        clipped: the larger of both, without runs as long as a dropout: those are no peaks that were cut.
        still: spans in which the value does not change for 0.1 s and longer.
        together: spans in which no channel changes, for as many samples as never are by chance.
        n_times: number of samples.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    moments: Moments
    at_low: NDArray[np.float64]
    at_high: NDArray[np.float64]
    clipped: NDArray[np.float64]
    still: list[list[Span]]
    together: list[Span]
    n_times: int

    @property
    def still_share(self) -> NDArray[np.float64]:
        """Share of time without any change for 0.1 s and longer, as `still`."""
        steps = max(self.n_times - 1, 1)
        return np.array([sum(stop - start - 1 for start, stop in spans) / steps for spans in self.still])

    @property
    def size(self) -> NDArray[np.float64]:
        """Largest absolute value."""
        return np.maximum(self.high, -self.low)


def surveyed(values: Any, dt: float) -> Survey:
    """Return the properties of values (time, unit) that are `dt` [s] apart, read once and piece by piece."""
    if isinstance(values, Pieces) and isinstance(values.survey, Survey):
        return values.survey
    n_times, units = values.shape
    runs, moments = Runs(units, max(2, round(STILL_RUN / dt))), Moments(units)
    highest, lowest = (AtExtreme(units, LIMIT_RUN, dropout_run(dt)) for _ in range(2))
    at_once = Runs(1, together_run(units))
    last = np.full((1, units), np.nan)
    for _, x in pieces(values):
        moments.add(x)
        highest.add(x)
        lowest.add(-x)
        constant = np.concatenate([x[:1] == last, x[1:] == x[:-1]])
        runs.add(constant)
        at_once.add(constant.all(axis=1)[:, None])
        last = x[-1:].copy()
    still = [[(start - 1, stop) for start, stop in spans] for spans in runs.spans()]  # of samples, not of steps
    clipped = np.maximum(lowest.brief(), highest.brief())
    return Survey(
        -lowest.value,
        highest.value,
        moments,
        lowest.share(),
        highest.share(),
        clipped,
        still,
        at_once.spans()[0],
        n_times,
    )


def together_run(n_units: int) -> int:
    """Return the number of steps from which a stretch in which no channel changes is a dropout of all."""
    return max(LEAST_TOGETHER, -(-TOGETHER // n_units))


def dropout_run(dt: float) -> int:
    """Return the number of steps without any change from which a constant stretch is a dropout; dt [s]."""
    return max(DROPOUT_STEPS, round(DROPOUT / dt))


def copies_in(moments: Moments, size: NDArray[np.float64]) -> list[tuple[int, int, float]]:
    r"""Return pairs of channels that are one signal up to gain, sign and offset.

    .. math:: 1 - |\operatorname{corr}(x_i, x_j)| < 10^{-6}, \quad i < j

    Args:
        moments: of the channels.
        size: their largest absolute values: an SD far below is the float residue of a constant.

    Returns:
        (i, j, correlation); an inverted copy (T7-P7 and P7-T7) has a negative one. A constant channel is no copy.

    >>> t = np.arange(100.0)
    >>> seen = surveyed(np.stack([np.sin(t), np.cos(t), 3 - 2 * np.sin(t), np.ones(100)], axis=1), 0.01)
    >>> copies_in(seen.moments, seen.size)
    [(0, 2, -1.0)]
    """
    sd = moments.sd
    alive = np.flatnonzero(sd > 8 * np.finfo(np.float64).eps * size)
    r = moments.covariance[np.ix_(alive, alive)] / np.outer(sd[alive], sd[alive])
    found = np.argwhere(np.triu(np.abs(r) > 1 - SAME, k=1))
    return [(int(alive[i]), int(alive[j]), round(float(r[i, j]), 6)) for i, j in found]


def findings(seen: Survey, names: Sequence[str]) -> list[str]:
    """Describe channels that are flat, and channels with the same signal, in one line each; [] without them.

    >>> t = np.arange(100.0)
    >>> seen = surveyed(np.stack([np.sin(t), 0 * t, -np.sin(t)], axis=1), 0.01)
    >>> for line in findings(seen, ["A-B", "C", "B-A"]): print(line)
    flat: C
    the same signal twice: B-A is an inverted copy of A-B
    """
    lines = []
    flat = [name for name, share in zip(names, seen.still_share, strict=True) if share > STILL]
    if flat:
        lines.append(f"flat: {', '.join(flat)}")
    twice: dict[int, str] = {}
    for i, j, r in copies_in(seen.moments, seen.size):
        twice.setdefault(j, f"{names[j]} is {'a copy' if r > 0 else 'an inverted copy'} of {names[i]}")
    if twice:
        lines.append(f"the same signal twice: {'; '.join(twice.values())}")
    return lines
