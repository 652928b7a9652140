"""Axes of the pictures on pages: from a value to a place, with round ticks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..comparison.wording import number
from ..measures.notation import short

UNIT_TICKS: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0)
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Axis:
    """A scale from values to places [px].

    Attributes:
        place: value -> place.
        ticks: values with a label.
        label: value -> its text.
        turned: whether large values lie at the left.
    """

    place: Callable[[float], float]
    ticks: tuple[float, ...]
    label: Callable[[float], str]
    turned: bool = False


def axis(values: Iterable[float], left: float, right: float, *, falls: bool = False, bounded: bool = True) -> Axis:
    """Return the axis of one measure: 0 to 1 where its values lie there, turned where synchrony lowers it.

    Args:
        values: everything that is drawn; what is not finite is left out.
        left, right: ends [px].
        falls: whether synchrony lowers the measure: right is always more synchronous.
        bounded: whether the measure is at most 1.
    """
    finite = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(finite), max(finite)
    if falls and low > 0 and high > 3 * low:
        return _logarithmic(low, high, left, right)
    if bounded and low >= -0.5 and high <= 1.02:
        ticks, low, high = UNIT_TICKS, min(low, 0.0), 1.0
    else:
        ticks = round_ticks(low, high)
        low, high = min(low, ticks[0]), max(high, ticks[-1])
    pad = 0.015 * (high - low)
    ends = (right, left) if falls else (left, right)
    label = short if ticks == UNIT_TICKS else number
    return Axis(_linear(low - pad, high + pad, *ends), ticks, label, falls)


def round_ticks(low: float, high: float, about: int = 4) -> tuple[float, ...]:
    """Return about `about` round numbers that cover a range.

    >>> round_ticks(0.2, 83.0)
    (0.0, 25.0, 50.0, 75.0, 100.0)
    """
    span = high - low or abs(high) or 1.0
    size = 10.0 ** math.floor(math.log10(span / about))
    step = next(size * k for k in STEPS if size * k >= span / about * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return tuple(round(k * step, 12) for k in range(first, max(last, first + 1) + 1))


def _linear(low: float, high: float, start: float, stop: float) -> Callable[[float], float]:
    return lambda value: start + (value - low) / (high - low) * (stop - start)


def _logarithmic(low: float, high: float, left: float, right: float) -> Axis:
    """Return a turned axis with ticks at 1, 2, 5, 10 …, or at 1, 3, 10 … over more than two decades."""
    marks = (1, 2, 5) if high < 100 * low else (1, 3)
    first = math.floor(math.log10(low))
    ticks = [m * 10.0 ** (first + k) for k in range(math.ceil(math.log10(high / low)) + 2) for m in marks]
    inner = [tick for tick in ticks if low <= tick * 1.05 and tick <= high * 1.05]
    ends = min([low, *inner]), max([high, *inner])
    pad = 0.03 * math.log(ends[1] / ends[0])
    place = _linear(math.log(ends[0]) - pad, math.log(ends[1]) + pad, right, left)
    return Axis(lambda value: place(math.log(value)), tuple(inner), number, True)
