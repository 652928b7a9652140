"""Values that stay where they are and are read piece by piece: recordings longer than memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

PIECE = 2**20  # values read at once, 8 MB
Read = Callable[[int, int, NDArray[np.intp]], NDArray[np.float64]]


class Moments:
    """Mean, variance and correlation of units, over pieces that follow each other."""

    def __init__(self, n_units: int) -> None:
        self.n = 0
        self._first = np.zeros(n_units)  # numbers near the mean: squares then lose no digits
        self._sum = np.zeros(n_units)
        self._products = np.zeros((n_units, n_units))

    def add(self, x: NDArray[np.float64]) -> None:
        """Add a piece, (time, unit)."""
        if self.n == 0:
            self._first = x.mean(axis=0)
            constant = x.max(axis=0) == x.min(axis=0)
            self._first[constant] = x[0, constant]  # a mean of many equal numbers is not that number
        moved = x - self._first
        self._sum += moved.sum(axis=0)
        self._products += moved.T @ moved
        self.n += len(x)

    @property
    def mean(self) -> NDArray[np.float64]:
        """(unit,)."""
        return np.asarray(self._first + self._sum / self.n)

    @property
    def covariance(self) -> NDArray[np.float64]:
        """Divided by the number of samples, (unit, unit)."""
        mean = self._sum / self.n
        return np.asarray(self._products / self.n - np.outer(mean, mean))

    @property
    def sd(self) -> NDArray[np.float64]:
        """(unit,)."""
        return np.asarray(np.sqrt(np.maximum(np.diagonal(self.covariance), 0.0)))


@dataclass(frozen=True, eq=False)
class Pieces:
    """Values (time, unit) in double precision that are read when they are asked for.

    Attributes:
        source: ``source(first, last, units)`` returns the samples first to last − 1 of these units, (time, unit).
        units: indices of the units within the source.
        start, stop: first sample, and the one after the last, within the source.
        what: name of the source, for the error where the whole does not fit into memory.
        moments: of all values, where they are known already.
        survey: their `simulator.files.survey.Survey`, likewise.
    """

    source: Read
    units: NDArray[np.intp]
    start: int
    stop: int
    what: str = "recording"
    moments: Moments | None = None
    survey: Any = None

    dtype = np.dtype(np.float64)
    ndim = 2

    @property
    def shape(self) -> tuple[int, int]:
        """(time, unit)."""
        return self.stop - self.start, len(self.units)

    def __len__(self) -> int:
        return self.stop - self.start

    def read(self, first: int, last: int) -> NDArray[np.float64]:
        """Return the samples first to last − 1, (time, unit)."""
        return self.source(self.start + first, self.start + last, self.units)

    def between(self, first: int, last: int) -> Pieces:
        """Return the samples first to last − 1, unread."""
        return replace(self, start=self.start + first, stop=self.start + last, moments=None, survey=None)

    def of(self, index: NDArray[np.intp]) -> Pieces:
        """Return the units of this index, unread."""
        return replace(self, units=self.units[index], moments=None, survey=None)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Read everything.

        Raises:
            InputError: it does not fit into memory.
        """
        try:
            found = np.empty(self.shape)
        except MemoryError:
            raise InputError(
                f"{self.what}: {self.shape[0]} samples of {self.shape[1]} units need {8e-9 * np.prod(self.shape):.3g} "
                "GB of memory; measure in sliding windows, which are read in pieces: --window 5"
            ) from None
        for first, piece in pieces(self):
            found[first : first + len(piece)] = piece
        return found if dtype is None else found.astype(dtype)


def pieces(values: Any, size: int = PIECE) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Yield the first sample and the samples of consecutive pieces; an array in memory is one piece.

    Args:
        values: (time, unit).
        size: values of a piece, of `Pieces`.
    """
    if not isinstance(values, Pieces):
        yield 0, np.asarray(values, dtype=np.float64)
        return
    n, units = values.shape
    length = max(1, size // max(1, units))
    for first in range(0, n, length):
        yield first, values.read(first, min(first + length, n))


def each(values: Any, function: Callable[[NDArray[Any]], NDArray[Any]]) -> Any:
    """Return a function of every sample of values (…, time, unit), such as a sum over units; of `Pieces` unread."""
    if not isinstance(values, Pieces):
        return function(values)

    def read(first: int, last: int, units: NDArray[np.intp]) -> NDArray[np.float64]:
        return np.ascontiguousarray(function(values.read(first, last))[:, units])

    return Pieces(read, np.arange(function(values.read(0, 1)).shape[1]), 0, len(values), values.what)
