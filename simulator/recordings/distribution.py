"""Numbers of many units or spikes whose distribution is looked at: intervals, Fano factors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, SupportsFloat

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..errors import InputError
from ..faces import Face
from ..fields import check
from ..registry import resolve
from ..types import Floats, Ints

MIN_WINDOWS = 2
Trains = Any  # Spikes, which imports this file


@dataclass(frozen=True, eq=False)
class Distribution(Face):
    """Numbers, each of one unit.

    Attributes:
        values: (n,) [`unit`].
        of: index of the unit of every number, (n,).
        quantity, unit: their name and physical unit, as of a `Recording`.
        source: provenance, with the settings of the computation.
    """

    kind = "distribution"

    values: Floats
    of: Ints
    quantity: str
    unit: str
    source: Mapping[str, object] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.values)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.values, dtype=dtype, copy=copy)  # type: ignore[call-overload,no-any-return,unused-ignore]

    def plot(self, ax: Any = None, *, bins: int | None = None) -> Any:
        """Draw the histogram and return the axes.

        Args:
            ax: axes of matplotlib, drawn with your settings; a new figure of pyplot if left out.
            bins: their number; that of the rule of Freedman and Diaconis, from 10 to 100, if left out.

        Raises:
            InputError: no number is there, or `ax` is no axes of an open figure.
        """
        return self._drawn(ax, bins=bins)

    def to_pandas(self) -> Any:
        """Return a DataFrame with a row a number: its value, under ``quantity [unit]``, and its ``unit``.

        Raises:
            InputError: pandas is not installed.
        """
        pandas = resolve("objects:package", "ictal.simulator.export")("pandas", "to_pandas")
        title = self.quantity if self.unit == "1" else f"{self.quantity} [{self.unit}]"
        return pandas.DataFrame({title: self.values, "unit": self.of})

    def __repr__(self) -> str:
        if not len(self):
            return f"Distribution({self.quantity}: no value)"
        unit = "" if self.unit == "1" else f" {self.unit}"
        middle, mean = float(np.median(self.values)), float(self.values.mean())
        return f"Distribution({self.quantity}: {len(self)} values, mean {mean:.4g}{unit}, median {middle:.4g}{unit})"


def intervals(spikes: Trains) -> Distribution:
    """Return the intervals between successive spikes of every unit, by unit; see `Spikes.isi`."""
    order = np.argsort(spikes.unit, kind="stable")
    time, unit = spikes.time[order], spikes.unit[order]
    same = unit[1:] == unit[:-1]
    return Distribution(np.diff(time)[same], unit[1:][same], "inter-spike interval", "s", spikes.source)


def count_moments(spikes: Trains, window: float, name: str) -> tuple[Floats, Floats]:
    """Return mean and variance over windows of the count of every unit, without an array of all counts.

    Raises:
        InputError: fewer than two windows fit, or `window` is no positive number.
    """
    if not isinstance(window, SupportsFloat) or not window > 0:
        raise InputError(f"{name}.window: must be a number > 0 [s]; got {window}")
    n = spikes.n_bins(window) if window <= spikes.duration else 0
    if n < MIN_WINDOWS:
        raise InputError(f"{name}: needs {MIN_WINDOWS} windows of {window:g} s; got {spikes.duration:g} s")
    at, unit, _ = spikes.bins(window)
    cell, count = np.unique(at * spikes.n_units + unit, return_counts=True)
    of = cell % spikes.n_units
    mean = np.bincount(of, count, spikes.n_units) / n
    squares = np.bincount(of, (count - mean[of]) ** 2, spikes.n_units)
    empty = n - np.bincount(of, minlength=spikes.n_units)
    return mean, (squares + empty * mean**2) / n


def fano_factors(spikes: Trains, window: float, least: int, name: str = "Spikes.fano") -> Distribution:
    """Return variance over mean of the counts of every unit with `least` spikes; see `Spikes.fano`."""
    check(f"{name}: window", float, window)
    live = np.flatnonzero(spikes.counts >= least)
    if live.size == 0:
        raise InputError(f"{name}: no unit has {least} spikes within {spikes.duration:g} s")
    mean, variance = count_moments(spikes, window, name)
    live = live[mean[live] > 0]  # all of the spikes may lie behind the last whole window
    source = {**spikes.source, "window": window}
    return Distribution(variance[live] / mean[live], live.astype(np.int64), "Fano factor", "1", source)
