"""Settings of values, apart from their computation: the command line reads the defaults without numpy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..simulator.errors import InputError
from .nulls import MIN_SURROGATES

if TYPE_CHECKING:
    from ..simulator.types import Band
    from .measures.base import Measure

MOST_SURROGATES = 10**7


@dataclass(frozen=True)
class ValueSettings:
    """Settings of values, the same in every command.

    Attributes:
        band: (low, high) [cycles per tick of the clock; Hz for "second"] to which the signal is filtered before
            any measure reads it; spike trains are not filtered, their rates and counts are.
        phase_band: (low, high) [cycles per tick] of Hilbert phases alone; `band` if left out.
        nulls: surrogates a value: 0, or at least 199.
        bin, sd: spikes are counted in bins of `bin` [s] and smoothed by a Gaussian of SD `sd` [s] before a measure
            of sampled activity reads them; with an sd of 0 the counts are read.
        label: time label that holds the classes.
        seed: of the surrogates.
        null: kinds of surrogate, the deciding one first; if left out the data decide, see `fitting_kinds`.
        max_lag: of "linear_shift": largest lag to either side, as a share of the length; 1/4 if left out, of phases
            1/8, and 1/100 where units change their variance together.
        train_shift: of spike trains: largest lag of "train_shift", and interval of "interval_jitter" [s]; 5 `sd` if
            left out.
    """

    band: Band | None = None
    phase_band: Band | None = None
    nulls: int = 0
    bin: float = 0.001
    sd: float = 0.005
    label: str = "class"
    seed: int = 0
    null: tuple[str, ...] = ()
    max_lag: float | None = None
    train_shift: float | None = None

    def __post_init__(self) -> None:
        if self.nulls != 0 and self.nulls < MIN_SURROGATES:
            raise InputError(f"measure.nulls: must be 0 or at least {MIN_SURROGATES}; got {self.nulls}")
        if self.nulls > MOST_SURROGATES:
            raise InputError(f"measure.nulls: must be at most {MOST_SURROGATES}; got {self.nulls}")
        if not (math.isfinite(self.bin) and self.bin > 0):
            raise InputError(f"measure.bin: must be > 0 s; got {self.bin}")
        if not (math.isfinite(self.sd) and self.sd >= 0):
            raise InputError(f"measure.sd: must be >= 0 s; got {self.sd}")
        for name, band in (("band", self.band), ("phase_band", self.phase_band)):
            if band is not None and not 0 < band[0] < band[1]:
                raise InputError(f"measure.{name}: must be 0 < low < high; got ({band[0]:g}, {band[1]:g})")

        if self.null:
            from .nulls.kinds import checked_kinds  # reads numpy

            checked_kinds(self.null)
        if self.max_lag is not None and not 0 < self.max_lag < 0.5:
            raise InputError(f"measure.max_lag: must be a share of the length in (0, 0.5); got {self.max_lag:g}")
        if self.train_shift is not None and not (math.isfinite(self.train_shift) and self.train_shift > 0):
            raise InputError(f"measure.train_shift: must be > 0 s; got {self.train_shift:g}")

    def band_of(self, measure: Measure) -> Band | None:
        """Return the band that the measure itself reads: of phases, or of the spectrum whose peak is sought."""
        return self.phase_band or self.band if "band" in measure.needs else self.band
