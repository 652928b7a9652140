"""Rate of a run against a parameter that is ramped: crossings of a level, and the curve of both ways."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from scipy.ndimage import gaussian_filter1d

from ....simulator import InputError, Recording, Run
from ...series.transitions import Transition, transition
from ..parts.palette import INK
from ..parts.style import with_unit
from .compose import Mark
from .lines import first_trial

RAMP_SD = 0.25  # s; outlasts the rhythm of a seizure, so that its cycles are no crossings
RAMP_LEVEL = 20.0  # Hz; between rest and seizure


class Ramp:
    """Rate of a run against a parameter that is ramped, with the crossings of a level.

    Attributes:
        parameter, rate: in the order of time, (time,); label: of the parameter, with its unit.
        found: the crossings, or None where the rate does not cross the level and return.
    """

    def __init__(self, control: Recording, rate: Recording, symbol: str, name: str) -> None:
        self.rate = gaussian_filter1d(rate.numpy()[:, 0], RAMP_SD / rate.dt, mode="reflect")
        self.parameter = np.interp(rate.times, control.times, control.numpy()[:, 0])
        self.symbol, self.name, self.start, self.step = symbol, name, rate.t0, rate.dt
        quantity = control.quantity if control.quantity in ("", symbol) else f"{control.quantity} {symbol}"
        self.label = with_unit(quantity or symbol, control.unit)
        self.found: Transition | None = None
        with contextlib.suppress(InputError):  # the rate does not cross that level and return: the curve is all
            self.found = transition(control, rate, threshold=RAMP_LEVEL, smoothing=RAMP_SD)

    @property
    def finding(self) -> str:
        """Return the crossings as a sentence; "" without them."""
        if self.found is None:
            return ""
        on, off = self.found.onset, self.found.offset
        start, stop = self._falls(self.found.onset_time), self._falls(self.found.offset_time)
        if start == stop:
            return f"it seizes at {self.symbol} = {on:.2f} and stops at {off:.2f}"
        ways = ("down", "up") if start else ("up", "down")
        only = "only " if (off > on) == start and abs(off - on) > 0.01 * np.ptp(self.parameter) else ""
        return (
            f"it seizes at {self.symbol} = {on:.2f} on the way {ways[0]} and stops {only}at {off:.2f} on the way "
            f"{ways[1]}"
        )

    def _falls(self, time: float) -> bool:
        """Return whether the parameter falls at this time: before its least value of a ramp down and up."""
        at = int(np.clip(round((time - self.start) / self.step), 1, self.parameter.size - 2))
        return bool(self.parameter[at + 1] < self.parameter[at - 1])

    @property
    def marks(self) -> list[Mark]:
        """Return the crossings as events."""
        if self.found is None:
            return []
        f = self.found
        return [
            Mark(f.onset_time, f"onset, {self.symbol} = {f.onset:.2f}"),
            Mark(f.offset_time, f"offset, {self.symbol} = {f.offset:.2f}"),
        ]

    @property
    def caption(self) -> str:
        """Return the meaning of the curve."""
        return (
            f"Hysteresis: rate of {self.name}, smoothed by a Gaussian of SD {RAMP_SD:g} s, against {self.symbol}; "
            "where the way down and the way up differ, the state depends on the past. A seizure is taken to begin and "
            f"to end where that rate crosses {RAMP_LEVEL:g} Hz (dots)."
        )


def ramp_of(run: Run, rates: Mapping[str, Recording]) -> Ramp | None:
    """Return the rate against the entry ``g``, where that is ramped; None elsewhere."""
    control = run.get("g")
    name, rate = next(iter(rates.items()))
    if not isinstance(control, Recording) or control.clock != "second" or rate.duration < 20 * RAMP_SD:
        return None
    values = first_trial(control)
    g = values[:, [int(np.ptp(values, axis=0).argmax())]]  # of several columns the one that is ramped
    if np.unique(g).size <= 3:  # a constant, or a trigger that is switched on and off, is no ramp
        return None
    one = Recording(g, control.dt, "second", control.quantity, control.unit, t0=control.t0)
    return Ramp(one, rate, "g", name)


def draw_ramp(axes: Axes, found: Ramp, colour: Any) -> None:
    """Draw the rate against the parameter, the way down as a line, the way up dashed, and the crossings as dots."""
    change = np.sign(np.gradient(found.parameter))
    for part in np.split(np.arange(found.rate.size), np.flatnonzero(np.diff(change)) + 1):
        if change[part[0]] == 0 or part.size < 3:
            continue
        rising = change[part[0]] > 0
        axes.plot(found.parameter[part], found.rate[part], color=colour, ls=(0, (4, 1.5)) if rising else "-", lw=1.2)
        level = 0.42 if rising else 0.62  # of the rate, where the two ways are apart
        at = part[int(np.abs(found.rate[part] - level * found.rate.max()).argmin())]
        axes.annotate(
            f"{found.symbol} {'rising' if rising else 'falling'}", (found.parameter[at], found.rate[at]),
            (4, 5) if rising else (-4, -2), textcoords="offset points", size=6.5, ha="left" if rising else "right",
        )  # fmt: skip
    if found.found is not None:
        axes.plot([found.found.onset, found.found.offset], [found.found.threshold] * 2, "o", color=INK, ms=4, zorder=4)
    span = float(np.ptp(found.parameter))
    axes.set(
        xlabel=found.label, ylabel=f"smoothed {found.name} rate [Hz]", ylim=(0, 1.08 * float(found.rate.max()) or 1.0),
        xlim=(float(found.parameter.min()) - 0.4 * span, float(found.parameter.max()) + 0.06 * span),
    )  # fmt: skip
