"""Checks and conversions of names, arrays and times: each raises an InputError of one line that names the field."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .fields import Param, refuse_units
from .types import Floats, Ints

GRID_SLACK = 1e-9  # a time is on the grid when time / dt is this close to an integer


def steps(time: float, dt: float, what: str, unit: Literal["ms", "s"] = "ms") -> int:
    """Return the number of time steps dt in `time` [ms]; `unit` is that in which messages name it.

    Raises:
        InputError: time is no multiple of dt; the nearest one is named, or the same number of seconds in ms.

    >>> steps(1.5, 0.1, "Projection.delay")
    15
    """
    factor = 1.0 if unit == "ms" else 1000.0
    ratio = time / dt
    if not math.isfinite(ratio):
        raise InputError(f"{what}: must be finite [ms]; got {time}")
    n = round(ratio)
    if abs(ratio - n) > GRID_SLACK * abs(ratio):
        fix = f"the nearest is {n * dt / factor:g}"
        if n == 0 and time > 0 and abs(ratio * 1000.0 - round(ratio * 1000.0)) <= GRID_SLACK * ratio * 1000.0:
            fix += f" (times are in ms: for {time:g} s say {time * 1000.0:g})" if unit == "ms" else ""
        raise InputError(f"{what}: must be a multiple of dt = {dt:g} ms; got {time / factor:g} {unit}; {fix}")
    return n


def rounding(*times: float) -> float:
    """Return the difference by which equal times as large as these can be apart: 2 units in the last place.

    >>> rounding(1.6e9) > 1e-7, rounding(0.0, 100.0) < 1e-13
    (True, True)
    """
    return 2.0 * float(np.spacing(max(map(abs, times))))


def unique(names: Iterable[str], what: str) -> None:
    """Check that no name occurs twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InputError(f"{what}: names must be unique; got {name!r} twice")
        seen.add(name)


def names_of(what: str, value: object) -> tuple[str, ...]:
    """Return the names of a name or a list of names.

    >>> names_of("Monitor.measures", "si_3")
    ('si_3',)
    """
    names = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, Iterable) else (None,)
    if any(not isinstance(name, str) for name in names):
        raise InputError(f"{what}: must be a name or a list of names; got {type(value).__name__}")
    return names


def indices(values: object, what: str) -> Ints:
    """Return a vector of integers."""
    array = _array(values, what, "a vector of integers")
    if array.ndim != 1 or (array.size and not np.issubdtype(array.dtype, np.integer)):
        raise InputError(f"{what}: must be a vector of integers; got {array.dtype} of shape {array.shape}")
    return array.astype(np.int64)


def matrix(values: object, what: str) -> Floats:
    """Return a matrix of finite numbers."""
    return _finite(values, what, "a matrix", 2)


def vector(values: object, what: str) -> Floats:
    """Return a vector of finite numbers."""
    return _finite(values, what, "a vector of numbers", 1)


def numbers(values: object, what: str) -> Floats:
    """Return an array of finite numbers, of any shape."""
    return _finite(values, what, "numbers", None)


def _finite(values: object, what: str, wanted: str, ndim: int | None) -> Floats:
    array = _array(values, what, wanted, np.float64)
    if ndim is not None and array.ndim != ndim:
        raise InputError(f"{what}: must be {wanted}; got shape {array.shape}")
    if not np.isfinite(array).all():
        first = tuple(np.argwhere(~np.isfinite(array))[0].tolist())
        place = str(first[0]) if array.ndim == 1 else f"{first}"
        raise InputError(f"{what}: must be finite; got a value that is not: {array[first]} at {place}")
    return array


def _array(values: object, what: str, wanted: str, dtype: type | None = None) -> NDArray[Any]:
    refuse_units(what, values)
    try:
        if np.asarray(values).dtype.kind in "SU":  # NumPy would read the numbers in them
            raise TypeError
        return np.asarray(values, dtype=dtype)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{what}: must be {wanted}; got {type(values).__name__} that is none") from None


def check_name(name: object, what: str) -> str:
    """Return a name that can be stored as that of a group or dataset of a file.

    Raises:
        InputError: it is empty, a dot, or holds a slash or a character that cannot be stored.
    """
    if not isinstance(name, str) or name in ("", ".", "..") or "/" in name or not _storable(name):
        raise InputError(f"{what}: must be a name, not empty or a dot, without a slash or NUL; got {name!r}")
    return name


Name = Annotated[str, Param("name", to=check_name)]


def _storable(text: str) -> bool:
    try:
        return b"\x00" not in str(text).encode("utf-8")
    except UnicodeEncodeError:
        return False


def check_seed(seed: object) -> None:
    """Check that a seed is a whole number from 0 up."""
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise InputError(f"seed: must be a whole number >= 0; got {seed!r}")
