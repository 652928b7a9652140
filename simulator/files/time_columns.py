"""Sampling interval of a table: from its column of times, from the caller, or from both where they agree."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..recordings.recording import CLOCKS
from .column_names import OTHER_CLOCKS, SECONDS

EVEN = 1e-3  # of a step, by which a time of a grid can be off
USUAL = (1000, 500, 250, 200, 100, 2000, 5000, 2048, 1024, 512, 256, 128, 400, 10000, 20000, 30000, 25000, 50, 160, 300)
LEAST_STEP = 0.02  # times without a unit that step by less are in s: in ms they would be samples of 50 kHz and more


@dataclass(frozen=True)
class Times:
    """A column of times.

    Attributes:
        values, texts, lines: number, cell and line of every row.
        unit: unit of time, plain; "" if none is named.
        title: how a message names the column.
        rounding: distance of neighbouring numbers in the type in which they are stored, at the largest time.
    """

    values: NDArray[np.float64]
    texts: Sequence[str]
    lines: Sequence[int]
    unit: str
    title: str
    rounding: float = 0.0


@dataclass(frozen=True)
class Grid:
    """Clock, sampling interval and time of the first sample [ticks]."""

    clock: str
    dt: float
    t0: float = 0.0


def even(times: NDArray[np.float64]) -> bool:
    """Return whether numbers rise in even steps.

    >>> even(np.arange(5) * 0.1), even(np.array([0.0, 0.1, 0.3])), even(np.array([3.0, 2.0, 1.0]))
    (True, False, False)
    """
    if times.size < 2 or not np.isfinite(times).all():
        return False
    step = (times[-1] - times[0]) / (times.size - 1)
    grid = times[0] + step * np.arange(times.size)
    slack = 8 * np.spacing(np.abs(times).max()) + 0.02 * step
    return bool(step > 0 and np.abs(times - grid).max() <= slack)


def sampling(where: str, times: Times | None, dt: float | None, clock: str | None, notes: list[str]) -> Grid:
    """Return the grid of the samples of a table.

    Raises:
        InputError: neither times nor an interval; times that are not even, or whose unit cannot be told; an interval or
            a clock that is not that of the times.
    """
    if times is None or clock == "sample" or len(times.values) < 2:
        if times is not None:
            notes.append(f"{times.title} has times and is no signal")
        return Grid(*given_clock(where, clock, dt))
    step, slack = _step(where, times)
    if clock not in (None, "second") and times.unit in SECONDS:
        raise InputError(f"{where}: {times.title} is in {times.unit}, and the clock is {clock}; leave out --clock")
    if times.unit in OTHER_CLOCKS and clock not in (None, times.unit):
        raise InputError(f"{where}: {times.title} is in {times.unit}s, and the clock is {clock}; leave out --clock")
    if times.unit and times.unit not in SECONDS and times.unit not in OTHER_CLOCKS:
        raise InputError(f"{where}: {times.title} is in {times.unit!r}; want times in s, ms, us, ns, min or h")
    clock = times.unit if times.unit in OTHER_CLOCKS else clock or "second"
    scale = _scale(where, times, step, dt, clock)
    if scale is None:  # the times count samples
        notes.append(f"{times.title} counts samples, {float(dt or 0):g} {clock} each")
        return Grid(clock, float(dt or 0), float(times.values[0]) * float(dt or 0))
    if dt is not None:
        if abs(dt - step * scale) > max(EVEN * step, slack) * scale:
            unit = times.unit or clock
            raise InputError(
                f"{where}: dt is {dt:g} {clock}, and {times.title} steps by {step:g} {unit}; leave out --dt, or the "
                "column"
            )
        _refuse_missing(where, times, dt / scale)
        notes.append(f"{times.title} has times and is no signal; its steps agree with dt")
        return Grid(clock, dt, float(times.values[0]) * scale)
    found = _shortest(times.values * scale if scale != 1.0 else times.values, step * scale, slack * scale)
    _refuse_missing(where, times, found / scale)
    unit = f"in {times.unit}" if times.unit else f"taken for {clock}s"
    notes.append(f"{times.title} has times, {unit}: the sampling interval is {found:.10g} {clock}")
    return Grid(clock, found, float(times.values[0]) * scale)


def given_clock(where: str, clock: str | None, dt: float | None) -> tuple[str, float]:
    """Return the clock and the interval that a caller gives for arrays without times.

    Raises:
        InputError: no interval of samples that have an order.
    """
    if dt is None:
        if clock == "sample":
            return clock, 1.0
        raise InputError(
            f"{where}: an array has no clock; say --dt INTERVAL (and --clock {'|'.join(CLOCKS)}; second if left out), "
            "or --clock sample for observations without an order"
        )
    return clock or "second", dt


def _step(where: str, times: Times) -> tuple[float, float]:
    """Return the step of even times, and its uncertainty.

    Raises:
        InputError: the times are not even; the message has the line.
    """
    t = times.values
    steps = np.diff(t)
    step = float(t[-1] - t[0]) / (t.size - 1)
    rounded = _resolution(times.texts) + 4 * max(float(np.spacing(np.abs(t).max())), times.rounding)
    off = np.abs(t - (t[0] + step * np.arange(t.size)))
    if step > 0 and off.max() <= 1.01 * rounded + EVEN * step:
        return step, 2 * rounded / (t.size - 1)
    raise _uneven(where, times, float(np.median(steps)))


def _uneven(where: str, times: Times, usual: float) -> InputError:
    """Return the error for the step that differs most from the usual one."""
    at = int(np.abs(np.diff(times.values) - usual).argmax())
    return InputError(
        f"{where}: line {times.lines[at + 1]}, {times.title}: steps from {times.texts[at]} to {times.texts[at + 1]}, "
        f"others by {usual:.6g}; samples must be even: give the rows between, or leave out the column and say --dt"
    )


def _refuse_missing(where: str, times: Times, step: float) -> None:
    """Refuse times that leave their grid by a step that their decimals can hold: then it is no rounding.

    Raises:
        InputError: a row is missing, or is there twice; the message has the line.
    """
    digits = step / _resolution(times.texts)
    if abs(digits - round(digits)) > 1e-6 * digits or round(digits) < 1:
        return  # steps of 3.90625 ms in whole milliseconds are rounded
    off = np.abs(times.values - times.values[0] - step * np.arange(times.values.size)).max()
    if off > 0.5 * step:
        raise _uneven(where, times, step)


def _resolution(texts: Sequence[str]) -> float:
    """Return the last decimal of times; of those with an exponent, the coarsest one."""
    some = [texts[0], *texts[1 :: max(1, len(texts) // 500)], texts[-1]]
    last = [int(Decimal(text).as_tuple().exponent) for text in some]
    finest = max(last) if all("e" in text.lower() for text in some) else min(last)
    return 10.0 ** max(finest, -18)


def _scale(where: str, times: Times, step: float, dt: float | None, clock: str) -> float | None:
    """Return the length of one unit of the times [ticks]; None if they count samples.

    Raises:
        InputError: it cannot be told.
    """
    if times.unit in SECONDS:
        return SECONDS[times.unit]
    whole = bool((times.values == np.floor(times.values)).all())
    if times.unit in OTHER_CLOCKS or (clock != "second" and dt is None):
        return 1.0
    if dt is not None:
        fitting = [s for s in (1.0, 1e-3, 1e-6, 1e-9) if math.isclose(step * s, dt, rel_tol=EVEN)]
        return fitting[0] if fitting else None if step == 1.0 and whole else 1.0
    if step < LEAST_STEP:
        return 1.0
    counted = "counts by 1: samples, s or ms" if step == 1.0 and whole else f"steps by {step:g}, s or ms"
    raise InputError(
        f"{where}: {times.title} {counted}; say --dt and the interval in s (--dt {step:g} if it is in s, "
        f"--dt {step / 1e3:g} if it is in ms), or name it time_s or time_ms"
    )


def _shortest(times: NDArray[np.float64], step: float, slack: float) -> float:
    """Return the interval of times: the shortest number that gives them to the last bit, or else one within `slack`."""
    k = np.arange(times.size)

    def candidates() -> Iterator[float]:
        within = slack + 1e-12 * step
        if step < 1:
            usual = [rate for rate in USUAL if abs(1 / rate - step) <= within]
            yield from (1.0 / rate for rate in (*usual, round(1 / step)) if abs(1 / rate - step) <= within)
        for digits in range(1, 16):
            if abs(float(f"{step:.{digits}g}") - step) <= within:
                yield float(f"{step:.{digits}g}")
        yield from (step, float(times[1] - times[0]))

    found = list(candidates())
    off = [float(np.abs(times[0] + dt * k - times).max()) for dt in found]
    least = 8 * float(np.spacing(np.abs(times).max()))
    exact = [dt for bound in (0.0, least) for dt, by in zip(found, off, strict=True) if by <= bound]
    return (exact or found)[0]
