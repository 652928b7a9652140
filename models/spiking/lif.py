"""Independent leaky integrate-and-fire cells, compared with a static rate model."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ...simulator import CurrentInput, InputError, Network, OUNoise, Population, Recording, Schedule, WhiteNoise
from ...simulator.fields import Param
from ...simulator.networks.inputs import AnyInput
from .base import Simulated
from .lif_theory import Lif, coloured_sd, grid_shift, rate, siegert

POINTS = 64  # of a period of a sine, between which it is drawn straight
MOST_POINTS = 10**6
FINER = 8  # theory is given at so many drives for one that is simulated
SAMPLE = 1.0  # ms; of the drive and of the static rate
_AT_ONCE = 4096  # drives whose rates are computed in one piece


@dataclass(frozen=True)
class LifCells(Simulated):
    r"""Uncoupled LIF cells at several levels of noise::

        τ_m v' = μ(t) − v + σ √τ_m dW/dt      spike at v ≥ θ; v then stays at V_r for the refractory period

    Protocols: "fi", drives that rise from `drive_low` to `drive_high` over the cells, `n`/`levels` cells each, with
    the rate in closed form; "constant", all cells at `drive`; "step", `step` more from `step_at` on; "sine",
    `amplitude` more and less at `frequency`. Under the last three a static rate model gives r(μ(t)): it fails where the
    drive changes within the time that the distribution of v needs to follow.

    With `tau_s` > 0 the noise is an Ornstein-Uhlenbeck current of the same spectrum at low frequencies, of SD
    σ √(τ_m/2τ_s).

    White noise crosses a threshold between time steps and is back at the next: at 0.1 ms rates come out low by 2 % and
    more. `corrected` lowers the threshold of the simulation by 0.5826 times the SD of a step of v, which mends it.

    Recorded: for every σ its cells, e.g. sigma_5 (Spikes); drive [mV]; with "fi" f_i, else static: the rates that
    theory gives [Hz].

    Raises:
        InputError: a parameter out of its bounds.
    """

    name: ClassVar[str] = "lif"

    duration: Annotated[float, Param("simulated time [s]", gt=0)] = 2.0
    protocol: Annotated[Literal["fi", "constant", "step", "sine"], Param("course of the drive")] = "fi"
    sigma: Annotated[tuple[float, ...], Param("noise levels [mV]", ge=0)] = (0.0, 1.0, 5.0)
    tau_s: Annotated[float, Param("correlation time of the noise; 0 is white [ms]", ge=0, le=1e6)] = 0.0
    corrected: Annotated[bool, Param("whether to lower the threshold for white noise, which a grid misses")] = True
    n: Annotated[int, Param("cells of each noise level", ge=1, le=10**8)] = 2100
    levels: Annotated[int, Param('drives of "fi"', ge=2, le=10**5)] = 21
    drive_low: Annotated[float, Param('lowest drive of "fi" [mV]', ge=-1e6, le=1e6)] = 10.5
    drive_high: Annotated[float, Param('highest drive of "fi" [mV]', ge=-1e6, le=1e6)] = 30.5
    drive: Annotated[float, Param("constant drive, before the step, mean of the sine [mV]", ge=-1e6, le=1e6)] = 18.0
    step: Annotated[float, Param("height of the step [mV]", ge=-1e6, le=1e6)] = 6.0
    step_at: Annotated[float, Param("time of the step [s]", ge=0, le=1e9)] = 0.5
    amplitude: Annotated[float, Param("amplitude of the sine [mV]", ge=-1e6, le=1e6)] = 6.0
    frequency: Annotated[float, Param("frequency of the sine [Hz]", ge=1e-6, le=1e6)] = 10.0
    tau_m: Annotated[float, Param("membrane time constant [ms]", gt=0)] = 20.0
    v_threshold: Annotated[float, Param("threshold θ above rest [mV]")] = 20.0
    v_reset: Annotated[float, Param("reset V_r above rest, below the threshold [mV]")] = 10.0
    refractory: Annotated[float, Param("refractory period [ms]", ge=0)] = 2.0
    dt: Annotated[float, Param("time step [ms]", gt=0)] = 0.1

    def check_relations(self) -> None:
        """Check the noise levels, and the numbers that a protocol uses."""
        if not self.sigma:
            raise InputError("LifCells.sigma: must be numbers >= 0 [mV], at least one; got ()")
        if len({_name(s) for s in self.sigma}) < len(self.sigma):
            raise InputError(f"LifCells.sigma: must differ in six digits; got {self.sigma}")
        if self.protocol == "step" and self.step_at >= self.duration:
            raise InputError(
                f"LifCells.step_at: must lie within the duration of {self.duration:g} s; got {self.step_at:g}"
            )
        if self.protocol == "fi" and not (self.drive_low < self.drive_high and self.n >= self.levels):
            raise InputError(
                f"LifCells: drive_low must lie below drive_high, and n be at least levels; got {self.drive_low:g} and "
                f"{self.drive_high:g} mV, {self.n} cells and {self.levels} levels"
            )
        if self.protocol == "sine" and self.duration * self.frequency * POINTS > MOST_POINTS:
            raise InputError(f"LifCells.frequency: must give at most {MOST_POINTS // POINTS} periods in duration; "
                             f"got {self.duration * self.frequency:g}")  # fmt: skip

    def cell(self) -> Lif:
        """Return the cell of the theory; its threshold is the true one."""
        return Lif(self.tau_m, self.v_threshold, self.v_reset, self.refractory)

    def network(self) -> Network:
        """Return the description that an engine runs."""
        current = 1.0 if self.protocol == "fi" else self.schedule()
        profile = self.drives() if self.protocol == "fi" else None
        inputs: list[AnyInput] = [CurrentInput(_name(s), current, profile) for s in self.sigma]
        for s in self.sigma:
            if s > 0 and self.tau_s > 0:
                inputs.append(OUNoise(_name(s), "noise", self.tau_s, coloured_sd(s, self.tau_m, self.tau_s)))
            elif s > 0:
                inputs.append(WhiteNoise(_name(s), s))
        return Network(tuple(self._cells(s) for s in self.sigma), inputs=tuple(inputs), dt=self.dt)

    def _cells(self, sigma: float) -> Population:
        lower = grid_shift(sigma, self.tau_m, self.dt) if self.corrected and self.tau_s == 0 else 0.0
        return Population(
            _name(sigma),
            self.n,
            self.tau_m,
            v_rest=0.0,
            v_threshold=self.v_threshold - lower,
            v_reset=self.v_reset,
            refractory=self.refractory,
            v_init=(self.v_reset, self.v_threshold - lower),
        )

    def drives(self) -> NDArray[np.float64]:
        """Return the drive of every cell under "fi" (n,) [mV]."""
        level = np.arange(self.n) * self.levels // self.n
        return np.asarray(np.linspace(self.drive_low, self.drive_high, self.levels)[level])

    def schedule(self) -> Schedule:
        """Return μ(t) of the other protocols."""
        if self.protocol == "step":
            at = 1000.0 * self.step_at
            if at == 0:
                return Schedule("drive", (0.0,), (self.drive + self.step,))
            return Schedule("drive", (0.0, at, at), (self.drive, self.drive, self.drive + self.step))
        if self.protocol == "sine":
            phase = np.arange(math.ceil(self.duration * self.frequency * POINTS) + 1) / POINTS
            values = self.drive + self.amplitude * np.sin(2 * np.pi * phase)
            return Schedule("drive", tuple(1000.0 * phase / self.frequency), tuple(values))
        return Schedule("drive", (0.0,), (self.drive,))

    def theory(self) -> dict[str, Recording]:
        """Return the rates in closed form [Hz]: over the range of drives under "fi", else of the drive at every ms."""
        names = np.array([_name(s) for s in self.sigma])
        if self.protocol == "fi":
            drives = np.linspace(self.drive_low, self.drive_high, FINER * (self.levels - 1) + 1)
            curves = np.stack([rate(drives, self.cell()), *self._rates(drives).T], axis=1)
            each = Recording(self.drives()[None, :], self.duration, "second", "drive", "mV",
                             unit_labels={"given": np.full(self.n, "drive")})  # fmt: skip
            f_i = Recording(curves, 1.0, "frame", "firing rate", "Hz", time_labels={"drive": drives},
                            unit_labels={"given": np.concatenate((["deterministic"], names))})  # fmt: skip
            return {"drive": each, "f_i": f_i}
        grid = SAMPLE * np.arange(math.ceil(1000.0 * self.duration / SAMPLE - 1e-9))
        drive = self.schedule().means(np.rint(grid / self.dt), self.dt)  # as it ran
        drives, where = np.unique(drive.round(9), return_inverse=True)
        return {"static": Recording(self._rates(drives)[where], SAMPLE / 1000.0, "second", "firing rate", "Hz",
                                    unit_labels={"given": names})}  # fmt: skip

    def _rates(self, drives: NDArray[np.float64]) -> NDArray[np.float64]:
        pieces = np.array_split(drives, range(_AT_ONCE, drives.size, _AT_ONCE))
        return np.concatenate([siegert(x[:, None], np.array(self.sigma), self.cell(), self.tau_s) for x in pieces])


def _name(sigma: float) -> str:
    return f"sigma_{sigma:g}"
