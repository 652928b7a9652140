"""Times of samples that an object holds, as an interval, a start and a clock."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import InputError
from ..files.column_names import SECONDS
from ..recordings.recording import CLOCKS

ROUNDED, LOOSE = 1e-3, 0.5  # of a step: rounding of times; the most that a given dt may be away from them


@dataclass(frozen=True)
class Times:
    """Time axis of a recording: sampling interval and first time [ticks of the clock], and what was assumed."""

    dt: float
    clock: str
    t0: float = 0.0
    notes: list[str] = field(default_factory=list)
    start: str = ""  # date and time of the first sample


def times_of(
    values: Any, what: str, *, name: str = "time", unit: str = "", dt: float | None = None, clock: str | None = None,
    takes_dt: bool = True,
) -> Times:  # fmt: skip
    """Return the time axis that holds these times.

    Args:
        values: times, dates or durations of the samples; None, and numbers of rows, are no times.
        what: name of the object, with which an error begins.
        name: of the axis; it may hold the unit or the clock, as in "time [ms]" or "epoch".
        unit: of numbers; that of the name if left out, else seconds, which is an assumption.
        dt, clock: as the caller gave them.
        takes_dt: whether the caller can give them.

    Raises:
        InputError: times that do not rise evenly, of a unit that is none of time, or that `dt` contradicts; or none.
    """
    values = None if values is None else np.asarray(values)
    if clock is None and name.lower() in CLOCKS:
        clock = name.lower()
    if values is None or _numbers_of_rows(values):
        if dt is None and clock != "sample":
            raise InputError(f"{what}: has no times of its own; give dt=INTERVAL, or clock='sample' if it has no order")
        return Times(1.0 if dt is None else dt, clock or "second")
    if values.ndim != 1 or values.dtype.kind not in "iufmM":
        raise InputError(f"{what}: its times must be numbers, dates or durations; got {values.dtype} {values.shape}")
    start, notes = "", []
    if values.dtype.kind in "mM":
        if clock not in (None, "second"):
            raise InputError(f"{what}: its times are in seconds; clock={clock!r} contradicts them")
        if np.isnat(values).any():
            raise InputError(f"{what}: time {int(np.argmax(np.isnat(values)))} is missing")
        if values.dtype.kind == "M" and values.size:
            start, values = str(values[0]), values - values[0]
        t, clock = (
            (values if values.size else values.astype(np.int64)).astype("timedelta64[ns]").astype(np.int64) * 1e-9,
            "second",
        )
    else:
        t, text = values.astype(np.float64), (unit or _unit_in(name)).strip().lower()
        if clock in (None, "second"):
            if text and text not in SECONDS:
                raise InputError(f"{what}: its times are in {text!r}, which is no unit of time; give clock='model' too")
            if clock is None and not text:
                notes.append("its times have no unit and are taken for seconds")
            t, clock = t * SECONDS.get(text, 1.0), "second"
    step, t0 = _even(t, what, dt, clock, takes_dt)
    return Times(step, clock, t0, notes, start)


def _numbers_of_rows(values: NDArray[Any]) -> bool:
    return values.ndim == 1 and values.dtype.kind in "iu" and bool((np.diff(values.astype(np.int64)) == 1).all())


def _unit_in(name: str) -> str:
    found = re.search(r"[\[(/]\s*([^\])]+?)\s*[\])]?\s*$", name)
    last = re.split(r"[\s_]", name.strip())[-1].lower()
    return found[1] if found else last if last in SECONDS and last not in ("h", "hr", "min") else ""


def _even(t: NDArray[np.float64], what: str, dt: float | None, clock: str, takes_dt: bool) -> tuple[float, float]:
    """Return interval and start of times that rise evenly."""
    if not np.isfinite(t).all():
        raise InputError(f"{what}: time {int(np.argmin(np.isfinite(t)))} is not finite")
    if t.size < 2:
        if dt is None:
            raise InputError(f"{what}: has {t.size} time, which is no interval; give dt=INTERVAL")
        return dt, float(t[0]) if t.size else 0.0
    gaps, step = np.diff(t), float(t[-1] - t[0]) / (t.size - 1)
    if not (gaps > 0).all():
        at = int(np.argmax(gaps <= 0))
        raise InputError(f"{what}: its times must rise; sample {at + 1} is at {t[at + 1]:g} after {t[at]:g} [{clock}]")
    step = _short(step, 4 * float(np.finfo(np.float64).eps * np.abs(t).max() / (t[-1] - t[0])))
    asked = step if dt is None else dt
    off = float(np.abs(t - t[0] - asked * np.arange(t.size)).max()) / asked
    if off > (ROUNDED if dt is None else LOOSE):
        if dt is not None and abs(dt - step) > ROUNDED * step:
            raise InputError(f"{what}: its times are {step:g} apart [{clock}], and dt={dt:g} was given; leave dt out")
        at = int(np.argmax(np.abs(gaps - np.median(gaps))))
        fix = f", or give dt={_short(float(np.median(gaps))):g} if the times are only rounded" if takes_dt else ""
        raise InputError(
            f"{what}: its samples are not evenly spaced: from {gaps.min():g} to {gaps.max():g} apart [{clock}], e.g. "
            f"at {t[at]:g}; resample them{fix}"
        )
    return asked, float(t[0])


def _short(step: float, rounding: float = 0.0) -> float:
    """Return the number of few digits, or one over a whole number, that this one is up to rounding.

    >>> _short(0.010000000000000002), _short(1 / 3 + 1e-14) == 1 / 3, _short(0.0123456789012)
    (0.01, True, 0.0123456789012)
    """
    rate = round(1 / step) if 1e-300 < step < 1.5 else 0
    for near in ([1 / rate] if rate else []) + [float(f"{step:.9g}")]:
        if abs(near - step) < max(1e-12, rounding) * step:
            return near
    return step
