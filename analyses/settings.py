"""Settings of values, apart from their computation: the command line reads the defaults without numpy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..simulator.errors import InputError

if TYPE_CHECKING:
    from ..simulator.types import Band
    from .measures.base import Measure

MIN_SURROGATES = 199  # p cannot fall below 1/(1 + n); 199 resolves 0.005


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
    """

    band: Band | None = None
    phase_band: Band | None = None
    nulls: int = 0
    bin: float = 0.001
    sd: float = 0.005
    label: str = "class"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.nulls != 0 and self.nulls < MIN_SURROGATES:
            raise InputError(f"measure.nulls: must be 0 or at least {MIN_SURROGATES}; got {self.nulls}")
        if not (math.isfinite(self.bin) and self.bin > 0):
            raise InputError(f"measure.bin: must be > 0 s; got {self.bin}")
        if not (math.isfinite(self.sd) and self.sd >= 0):
            raise InputError(f"measure.sd: must be >= 0 s; got {self.sd}")
        for name, band in (("band", self.band), ("phase_band", self.phase_band)):
            if band is not None and not 0 < band[0] < band[1]:
                raise InputError(f"measure.{name}: must be 0 < low < high; got ({band[0]:g}, {band[1]:g})")

    def band_of(self, measure: Measure) -> Band | None:
        """Return the band that the measure itself reads: of phases, or of the spectrum whose peak is sought."""
        return self.phase_band or self.band if "band" in measure.needs else self.band
