"""Checks of the fields of treatments: each raises an InputError of one line that names the field."""

from __future__ import annotations

import math

import numpy as np

from ...simulator import InputError


def number(owner: object, field: str, low: float = 0.0, high: float = math.inf) -> None:
    """Check that a field is a finite number in low..high."""
    value = getattr(owner, field)
    good = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not (good and math.isfinite(value) and low <= value <= high):
        bound = f">= {low:g}" if high == math.inf else f"in {low:g}..{high:g}"
        raise InputError(f"{type(owner).__name__}.{field}: must be finite and {bound}; got {value}")


def patterns(owner: object, field: str = "layers") -> None:
    """Make a pattern, a list or a tuple of patterns a tuple."""
    value = getattr(owner, field)
    given = (value,) if isinstance(value, str) else tuple(value)
    if not given or not all(isinstance(item, str) and item for item in given):
        raise InputError(f"{type(owner).__name__}.{field}: must name at least one module; got {value!r}")
    object.__setattr__(owner, field, given)
