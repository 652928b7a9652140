"""One entry in the forms that measures read: spike trains, counts, rates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, cast

import numpy as np

from ..simulator import InputError, Recording, Spikes
from ..simulator.recordings.spikes import MIN_SPIKES
from ..simulator.types import Band
from .filtering import bandpassed
from .measures.base import Measure
from .nulls.kinds import SHIFT_OF_SD, Shifts
from .settings import ValueSettings

Form = Literal["trains", "rates", "counts"]


@dataclass(frozen=True, eq=False)
class Activity:
    """One entry in the forms that measures read: spike trains and sampled activity, each computed at first use.

    Attributes:
        data: what was recorded, (time, unit) or spikes.
        bin, sd: of spikes, as in `ValueSettings`.
        band: (low, high) [cycles per tick] to which sampled activity is filtered.
        time: (start, stop) [ticks] to which everything is cut, after the filter.
        every: rates of spikes are read at every so many bins.
        n_times: largest number of samples of the rates.
    """

    data: Recording | Spikes
    bin: float = ValueSettings.bin
    sd: float = ValueSettings.sd
    band: Band | None = None
    time: tuple[float, float] | None = None
    every: int = 1
    n_times: int | None = None

    @cached_property
    def trains(self) -> Recording | Spikes:
        """Return the recorded data within `time`."""
        return self.data if self.time is None else self.data.select(time=self.time)

    @cached_property
    def rates(self) -> Recording:
        """Sampled activity; of spikes the smoothed rates of the units with at least 5 spikes.

        Raises:
            InputError: no unit has 5 spikes; the band does not fit, or the clock has no order.
        """
        found = self.fine
        if self.every > 1:
            found = replace(found, values=found.values[:: self.every], dt=found.dt * self.every)
        return found if self.n_times is None else found.subsample(n_times=self.n_times, seed=0)

    @cached_property
    def fine(self) -> Recording:
        """Return the rates in every bin, which shifts by single bins are cut from. Errors as `rates`."""
        return self._sampled(self.sd)

    @cached_property
    def counts(self) -> Recording:
        """Sampled activity; of spikes the counts in bins. Errors as `rates`."""
        return self._sampled(0.0) if isinstance(self.data, Spikes) else self.rates

    @cached_property
    def active(self) -> Spikes:
        """Of spikes, the trains of the units with at least 5 spikes, within `time` unless a band filters before.

        Raises:
            InputError: no unit has 5 spikes.
        """
        active = np.flatnonzero(cast(Spikes, self.trains).counts >= MIN_SPIKES)
        if active.size == 0:
            raise InputError(f"no unit has {MIN_SPIKES} spikes")
        return cast(Spikes, self.data if self.band else self.trains).select(units=active)

    def _sampled(self, sd: float) -> Recording:
        if isinstance(self.trains, Spikes):
            whole = self.active
            found = whole.smoothed(self.bin, sd) if sd else whole.binned(self.bin)
        else:
            found = cast(Recording, self.data if self.band else self.trains)
        if self.band is None:
            return found
        found = bandpassed(found, self.band)  # before the cut: the filter then rings beyond the edges
        return found if self.time is None else found.select(time=self.time)

    def form(self, measure: Measure) -> Form:
        """Return the form that the measure reads."""
        if measure.takes == "spikes":
            return "trains"
        return "counts" if measure.of_counts and isinstance(self.data, Spikes) else "rates"

    def shifts(self, form: Form, settings: ValueSettings, shorten: bool) -> Shifts:
        """Return the sizes of the shifts of surrogates of this form."""
        found = settings.train_shift
        if found is None and isinstance(self.data, Spikes):
            found = SHIFT_OF_SD * (self.sd or self.bin)
        return Shifts(settings.max_lag, found, self.every if form == "rates" else 1, shorten)

    def notes(self, form: Form) -> dict[str, object]:
        """Return how this form was made from the data, for the settings of a value.

        Rates and counts of spikes give ``bin``, ``sd`` and ``min_spikes``. With a band, ``filtered`` is [low, high], or
        says that spike trains are not filtered.
        """
        found: dict[str, object] = {}
        if isinstance(self.data, Spikes) and form != "trains":
            found = {"bin": self.bin, "sd": self.sd if form == "rates" else 0.0, "min_spikes": MIN_SPIKES}
        if self.band is not None:
            found["filtered"] = "spike trains are not" if form == "trains" else list(self.band)
        return found
