"""Parameters of the cells of a population: one number for all, an array of one for each, or a distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from ..checks import vector
from ..errors import InputError
from ..fields import Checked, Param, check_bounds, refuse_units
from ..types import Floats
from .schedule import Schedule


@dataclass(frozen=True)
class Normal(Checked):
    """Independent normal values; units are those of the parameter."""

    mean: Annotated[float, Param("mean")]
    sd: Annotated[float, Param("standard deviation", ge=0)]

    def __str__(self) -> str:
        return f"Normal({self.mean}, {self.sd})"

    def draw(self, n: int, rng: np.random.Generator) -> Floats:
        """Return n values."""
        return rng.normal(self.mean, self.sd, size=n)


@dataclass(frozen=True)
class Uniform(Checked):
    """Independent values, uniform between two ends; units are those of the parameter.

    Raises:
        InputError: low above high.
    """

    low: Annotated[float, Param("lowest value")]
    high: Annotated[float, Param("highest value")]

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low > self.high:
            raise InputError(f"Uniform.high: must be at least low = {self.low:g}; got {self.high:g}")

    def __str__(self) -> str:
        return f"Uniform({self.low}, {self.high})"

    def draw(self, n: int, rng: np.random.Generator) -> Floats:
        """Return n values."""
        return rng.uniform(self.low, self.high, size=n)


Each = float | Uniform | Normal | Floats  # a parameter of the cells


def as_drawn(value: Each) -> float | Floats:
    """Return a parameter that is a number or an array.

    Raises:
        TypeError: it is a distribution, which a seed must draw first (`wiring.draw_cells`).
    """
    if isinstance(value, Uniform | Normal):
        raise TypeError(f"{value} is not drawn")
    return value


def for_each(given: Any, what: str, n: int, param: Param) -> Any:
    """Return a list, tuple or array as an array of one value for each of n cells; anything else as it is.

    Raises:
        InputError: not numbers, of another length, not finite, or out of the bounds; the first such cell is named.
    """
    refuse_units(what, given)
    if not isinstance(given, np.ndarray | list | tuple) or (isinstance(given, np.ndarray) and given.ndim == 0):
        return given
    if not isinstance(given, np.ndarray) and n == len(given) == 2:
        name = type(given).__name__
        raise InputError(f"{what}: a {name} of two may be a range or one value for each of 2 cells; give "
                         "Uniform(low, high) or an array")  # fmt: skip
    kinds = (
        {given.dtype.kind} if isinstance(given, np.ndarray) else {"b" if isinstance(x, bool) else "f" for x in given}
    )
    if kinds & set("bcmMO") or (isinstance(given, np.ma.MaskedArray) and given.mask.any()):
        got = f"{given.dtype}" if isinstance(given, np.ndarray) else "bool"
        raise InputError(f"{what}: must hold numbers, none of them masked; got {got}")
    unit, noun = f" [{param.unit}]" if param.unit else "", "voltage" if param.unit == "mV" else "value"
    values = np.array(vector(given, what))
    if values.shape != (n,):
        raise InputError(
            f"{what}: must hold one {noun} for each of {n} cells{unit}; got shape {values.shape}; "
            "a range is Uniform(low, high)"
        )
    outside = np.flatnonzero(~_holds(param, values))
    if outside.size:
        check_bounds(f"{what}: of cell {outside[0]}", param, float(values[outside[0]]))
    values.setflags(write=False)
    return values


def check_ends(given: object, what: str, param: Param) -> None:
    """Check that a distribution keeps the bounds of its parameter: both ends, or the mean of a normal one.

    Raises:
        InputError: it does not.
    """
    ends = (given.low, given.high) if isinstance(given, Uniform) else (given.mean,) if isinstance(given, Normal) else ()
    for end in ends:
        check_bounds(f"{what}: of {given}", param, end)


def lowest(value: Each | Schedule) -> float | Floats:
    """Return the least value of each cell: the values of an array, the low end of a range, the mean of a normal."""
    return _end(value, min)


def highest(value: Each | Schedule) -> float | Floats:
    """Return the largest value of each cell, as `lowest`."""
    return _end(value, max)


def typical(value: Each | Schedule) -> float:
    """Return the number of all cells, the median of an array or a distribution, the largest value of a schedule."""
    if isinstance(value, Uniform):
        return (value.low + value.high) / 2.0
    return float(np.median(highest(value)))


def _end(value: Each | Schedule, choose: Any) -> float | Floats:
    if isinstance(value, Schedule):
        return float(choose(value.values))
    if isinstance(value, Uniform):
        return float(choose(value.low, value.high))
    return value.mean if isinstance(value, Normal) else value


def _holds(param: Param, values: Floats) -> Any:
    """Return which values keep the bounds."""
    found = np.isfinite(values)
    for bound, holds in ((param.gt, np.greater), (param.ge, np.greater_equal), (param.lt, np.less),
                         (param.le, np.less_equal)):  # fmt: skip
        if bound is not None:
            found &= holds(values, bound)
    return found
