"""Spike trains, and their three conversions to sampled activity: counts, rates and phases."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import rounding
from ..errors import InputError
from ..fields import check, refuse_units
from ..machine import check_memory
from .distribution import Distribution, fano_factors, intervals
from .events import around_events
from .handover import SpikesFaces
from .recording import Labels, Recording, _frozen, _window, choose, frozen_labels, unit_index
from .time_grid import grid_of

MIN_SPIKES = 5  # a unit with fewer spikes has no usable phase or inter-spike statistics
MOST_BINS = 2**36  # values, 512 GiB
MOST_SD = 10**7  # bins
LONGEST = 1e12  # s, and 1 / s: beyond it numbers of windows overflow


@dataclass(frozen=True, eq=False)
class Spikes(SpikesFaces):
    """Spike trains of `n_units` units observed over [t0, t0 + duration).

    Attributes:
        time: spike times (n_spikes,) [s], sorted (ties by unit).
        unit: index of the unit of every spike, (n_spikes,), in 0..n_units-1.
        n_units: number of units, those that never spiked included.
        duration: length of the observation [s].
        t0: its start [s].
        unit_labels: name -> array (n_units,).
        source: provenance.

    Raises:
        InputError: times outside the observation, indices out of range, unequal lengths.

    >>> s = Spikes(time=[0.1, 0.3], unit=[0, 1], n_units=2, duration=0.4)
    >>> s.binned(0.2).values.tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """

    time: NDArray[np.float64]
    unit: NDArray[np.int64]
    n_units: int
    duration: float
    t0: float = 0.0
    unit_labels: Labels = field(default_factory=dict)
    source: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._check_types()
        refuse_units("Spikes.time", self.time)
        time = np.asarray(self.time, dtype=np.float64)
        given = np.asarray(self.unit)
        if given.size and not np.issubdtype(given.dtype, np.integer):
            raise InputError(f"Spikes.unit: must be integers; got {given.dtype}")
        unit = given.astype(np.int64)
        if time.ndim != 1 or time.shape != unit.shape:
            raise InputError(
                f"Spikes.time, Spikes.unit: must be vectors of one length; got {time.shape} and {unit.shape}"
            )
        if not (isinstance(self.n_units, int | np.integer) and self.n_units >= 1):
            raise InputError(f"Spikes.n_units: must be at least 1; got {self.n_units}")
        if not (math.isfinite(self.duration) and self.duration > 0):
            raise InputError(f"Spikes.duration: must be > 0 s; got {self.duration}")
        if not 1 / LONGEST <= self.duration <= LONGEST:
            raise InputError(f"Spikes.duration: must lie in {1 / LONGEST:g}..{LONGEST:g} s; got {self.duration:g}")
        if not math.isfinite(self.t0):
            raise InputError(f"Spikes.t0: must be finite; got {self.t0}")
        if time.size:
            if not np.isfinite(time).all():
                at = int(np.flatnonzero(~np.isfinite(time))[0])
                raise InputError(f"Spikes.time: must be finite; got {time[at]} at index {at}")
            if unit.min() < 0 or unit.max() >= self.n_units:
                raise InputError(f"Spikes.unit: must lie in 0..{self.n_units - 1}; got {unit.min()}..{unit.max()}")
            slack = 1e-9 * max(1.0, self.duration) + self.rounding
            if time.min() < self.t0 - slack or time.max() > self.t0 + self.duration + slack:
                raise InputError(
                    f"Spikes.time: must lie in [{self.t0:g}, {self.t0 + self.duration:g}] s; "
                    f"got {time.min():g}..{time.max():g}"
                )
            steps = np.diff(time)
            if (steps < 0).any() or ((steps == 0) & (np.diff(unit) < 0)).any():
                order = np.lexsort((unit, time))
                time, unit = time[order], unit[order]
        n, labels = int(self.n_units), frozen_labels(self.unit_labels, self.n_units, "Spikes.unit_labels")
        checked = {"time": _frozen(time), "unit": _frozen(unit), "n_units": n, "unit_labels": labels}
        for name, value in {**checked, "source": MappingProxyType(dict(self.source))}.items():
            object.__setattr__(self, name, value)

    def _check_types(self) -> None:
        for name in ("time", "unit"):
            given = getattr(self, name)
            try:
                kind = np.asarray(given).dtype.kind
            except (TypeError, ValueError):  # lists of several lengths
                kind = "O"
            if kind not in "biuf" and np.size(given):
                raise InputError(f"Spikes.{name}: must be a vector of numbers; got {type(given).__name__}")
        for name in ("duration", "t0"):
            object.__setattr__(self, name, check(f"Spikes.{name}", float, getattr(self, name)))
        if not isinstance(self.source, Mapping):
            raise InputError(f"Spikes.source: must be a mapping; got {type(self.source).__name__}")

    @property
    def counts(self) -> NDArray[np.int64]:
        """Number of spikes of every unit, (n_units,).

        Raises:
            InputError: so many units do not fit into memory.
        """
        check_memory(f"Spikes.n_units: {self.n_units} units", 16 * self.n_units)
        return np.bincount(self.unit, minlength=self.n_units)

    @property
    def rounding(self) -> float:
        """Difference within which two times of this observation can be the same after rounding [s]."""
        return rounding(self.t0, self.t0 + self.duration)

    @cached_property
    def grid(self) -> float | None:
        """Step of the grid that all spikes lie on, such as that of a simulation [s]; None where they lie on none."""
        return grid_of(self.time)

    def repeats(self) -> int:
        """Return how many spikes have the unit and the time of another one, stored before."""
        order = np.lexsort((self.time, self.unit))
        near = np.diff(self.time[order]) <= self.rounding
        return int((near & (np.diff(self.unit[order]) == 0)).sum())

    def select(
        self,
        *,
        units: Sequence[int] | NDArray[Any] | None = None,
        where: Mapping[str, object] | None = None,
        time: tuple[float, float] | None = None,
    ) -> Spikes:
        """Return the spikes of the given units within [start, stop) [s]; units are renumbered in the given order.

        Raises:
            InputError: no unit is left, or the window leaves the observation.
        """
        part = self
        index = unit_index(self.n_units, self.unit_labels, units, where, "Spikes.select")
        if index is not None:
            new = np.full(self.n_units, -1, dtype=np.int64)
            new[index] = np.arange(index.size)
            keep = new[self.unit] >= 0
            part = replace(
                part,
                time=self.time[keep],
                unit=new[self.unit[keep]],
                n_units=int(index.size),
                unit_labels={k: v[index] for k, v in self.unit_labels.items()},
            )
        if time is None:
            return part
        start, stop = _window(time, "Spikes.select")
        end, slack = self.t0 + self.duration, max(1e-9, self.rounding)
        if start < self.t0 - slack or stop > end + slack:
            raise InputError(f"Spikes.select: [{start:g}, {stop:g}) s leaves the observation [{self.t0:g}, {end:g}) s")
        first, last = np.searchsorted(part.time, [start - slack, stop - slack])
        return replace(part, time=part.time[first:last], unit=part.unit[first:last], t0=start, duration=stop - start)

    def subsample(self, n_units: int, *, seed: int) -> Spikes:
        """Return a random subset of units, drawn without replacement, in their order."""
        return self.select(units=choose(np.random.default_rng(seed), self.n_units, n_units, "Spikes.subsample: units"))

    def binned(self, dt: float) -> Recording:
        """Count spikes in bins of width dt [s]: Recording (time, unit), quantity "spike count" [1].

        A last bin that the observation does not fill is left out.

        Raises:
            InputError: as `bins`.
        """
        bins, unit, n_bins = self.bins(dt)
        weights = np.ones(bins.size)
        flat = np.bincount(bins * self.n_units + unit, weights=weights, minlength=n_bins * self.n_units)
        counts = np.asarray(flat.reshape(n_bins, self.n_units), dtype=np.float64)
        return self._recording(counts, dt, "spike count", "1")

    def bins(self, dt: float) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
        """Return the bin of dt [s] and the unit of every spike that lies in one, and the number of bins.

        A spike that lies on an edge but for rounding is in the later bin: .3 s is in bin 3 of .1 s, and a spike of
        1.6·10⁹ s, which float64 holds to .24 µs, in its bin of 1 ms.

        Raises:
            InputError: dt is not positive, longer than the observation, or finer than float64 holds such times.
        """
        n_bins = self.n_bins(dt)
        bins = np.floor((self.time - self.t0) / dt + self._slack(dt)).astype(np.int64)
        bins = np.maximum(bins, 0)  # a spike within rounding of t0 is in the first
        inside = bins < n_bins
        return bins[inside], self.unit[inside], n_bins

    def smoothed(self, dt: float, sd: float) -> Recording:
        """Return firing rates [Hz]: counts in bins of dt [s], smoothed by a Gaussian of SD sd [s].

        The kernel is cut at 4 SD; at the ends the signal is reflected, so that no spike is lost.

        Raises:
            InputError: dt or sd is not positive.
        """
        check("Spikes.smoothed: sd", float, sd)
        check("Spikes.smoothed: dt", float, dt)
        if not (math.isfinite(sd) and sd > 0):
            raise InputError(f"Spikes.smoothed: sd must be > 0 s; got {sd}")
        if dt > 0 and sd / dt > MOST_SD:
            raise InputError(f"Spikes.smoothed: sd must be at most {MOST_SD:g} bins, {MOST_SD * dt:g} s; got {sd:g}")
        from .smoothing import gaussian, spread  # compiled

        bins, unit, n_bins = self.bins(dt)
        rate = spread(bins, unit, n_bins, self.n_units, gaussian(sd / dt) / dt)
        return self._recording(rate, dt, "firing rate", "Hz")

    def phases(self, dt: float) -> Recording:
        r"""Return the spike phase of every unit with at least 5 spikes: Recording (time, unit) [rad].

        .. math:: \theta_j(t) = 2\pi \left(k + \frac{t - t_k}{t_{k+1} - t_k}\right),
                  \quad t_k \le t < t_{k+1}

        with spikes t_k of unit j (Pikovsky et al., Synchronization, 2001), on a grid of dt [s].
        `valid` is False before the unit's first and after its last spike. The label ``"unit"``
        is the original index of every unit.

        Raises:
            InputError: no unit has 5 spikes.

        >>> regular = Spikes(time=np.arange(10) * 0.1, unit=np.zeros(10, int), n_units=1, duration=1.0)
        >>> np.round(regular.phases(0.05).values[:4, 0] / np.pi, 6).tolist()
        [0.0, 1.0, 2.0, 3.0]
        """
        n_bins, slack = self.n_bins(dt), max(1e-9, self.rounding)
        active = np.flatnonzero(self.counts >= MIN_SPIKES)
        if active.size == 0:
            raise InputError(
                f"Spikes.phases: no unit has {MIN_SPIKES} spikes within {self.duration:g} s "
                f"(most: {int(self.counts.max())}); a phase needs them"
            )
        order = np.argsort(self.unit, kind="stable")
        edges = np.searchsorted(self.unit[order], np.arange(self.n_units + 1))
        grid = self.t0 + dt * np.arange(n_bins)
        phase = np.zeros((n_bins, active.size))
        valid = np.zeros((n_bins, active.size), dtype=bool)
        for column, j in enumerate(active):
            t = np.unique(self.time[order[edges[j] : edges[j + 1]]])
            valid[:, column] = (grid >= t[0] - slack) & (grid <= t[-1] + slack)
            phase[:, column] = np.interp(grid, t, 2 * np.pi * np.arange(t.size))
        labels = {**{k: v[active] for k, v in self.unit_labels.items()}, "unit": active}
        return replace(
            self._recording(phase, dt, "spike phase", "rad", labelled=False), valid=valid, unit_labels=labels
        )

    def rate(self, bin: float = 0.01, sd: float | None = None) -> Recording:
        r"""Return the population rate: Recording (time, 1), "population rate" [Hz], silent units included.

        .. math:: \nu(t) = \frac{1}{n \Delta} \sum_j N_j[t, t + \Delta)

        with N_j the spikes of unit j (Gerstner et al., Neuronal Dynamics, section 7.2, 2014), in bins Δ of `bin` [s],
        smoothed by a Gaussian of SD `sd` [s] as by `smoothed` if given. Errors as of `bins` and `smoothed`.

        >>> Spikes(time=[0.1, 0.3, 0.3], unit=[0, 0, 1], n_units=2, duration=0.4).rate(0.2).values[:, 0].tolist()
        [2.5, 5.0]
        """
        whole = replace(self, unit=np.zeros_like(self.unit), n_units=1, unit_labels={})
        if sd is not None:
            rate = whole.smoothed(bin, sd).values / self.n_units
        else:
            rate = whole.binned(bin).values / (bin * self.n_units)
        found = self._recording(rate, bin, "population rate", "Hz", labelled=False)
        return found if sd is None else replace(found, source={**self.source, "sd": sd})

    def psth(
        self, events: Sequence[float] | NDArray[Any], window: tuple[float, float] = (-0.5, 1.0), bin: float = 0.01
    ) -> Recording:
        r"""Return the peri-stimulus time histogram: Recording (time, 1), "population rate" [Hz], time 0 at the events.

        .. math:: \mathrm{PSTH}(\tau) = \frac{1}{M n \Delta} \sum_{m, j} N_j[t_m + \tau, t_m + \tau + \Delta)

        over M events at times t_m [s] and n units, in bins Δ of `bin` [s] (Gerstein & Kiang, Biophys. J. 1, 15, 1960).
        Take units by `select` first. An event whose window [s] leaves the observation is left out, and
        ``source["assumptions"]`` says so.

        Raises:
            InputError: no event has its window within the observation, or the bins cannot be.

        >>> s = Spikes(time=[1.05, 2.05, 2.15], unit=[0, 0, 0], n_units=1, duration=4.0)
        >>> s.psth([1.0, 2.0], window=(0.0, 0.2), bin=0.1).values[:, 0].tolist()
        [10.0, 5.0]
        """
        start, _ = window = _window(window, "Spikes.psth")
        rate, n, notes = around_events(self, events, window, bin)
        found = self._recording(rate[:, None], bin, "population rate", "Hz", labelled=False)
        assumed: Any = self.source.get("assumptions", ())
        said = {"assumptions": [*assumed, *notes]} if notes else {}
        return replace(found, t0=start, source={**self.source, "events": n, **said})

    def isi(self) -> Distribution:
        r"""Return the inter-spike intervals of all units [s]; ``.plot()`` draws their histogram.

        .. math:: I_{jk} = t_{j,k+1} - t_{jk}

        with t_jk spike k of unit j (Dayan & Abbott, Theoretical Neuroscience, section 1.4, 2001).

        >>> Spikes(time=[0.1, 0.2, 0.4, 0.5], unit=[0, 1, 0, 1], n_units=2, duration=1.0).isi().values.round(9).tolist()
        [0.3, 0.3]
        """
        return intervals(self)

    def fano(self, window: float = 0.1) -> Distribution:
        r"""Return the Fano factor of every unit with at least 5 spikes; its mean is the measure ``fano_factor``.

        .. math:: F_j = \operatorname{Var}_w N_j(w) / \langle N_j(w) \rangle_w

        with N_j(w) the spikes of unit j in windows of `window` [s] (Fano, Phys. Rev. 72, 26, 1947).

        Raises:
            InputError: no unit has 5 spikes, or fewer than two windows fit.

        >>> Spikes(np.arange(20) * 0.1 + 0.05, np.zeros(20, int), n_units=1, duration=2.0).fano().values.tolist()
        [0.0]
        """
        return fano_factors(self, window, MIN_SPIKES)

    def _slack(self, dt: float) -> float:
        """Share of a bin within which a time is on its edge."""
        return max(1e-6, self.rounding / dt)

    def n_bins(self, dt: float) -> int:
        """Return the number of bins of dt [s] that the observation fills. Errors as `bins`."""
        check("Spikes: dt", float, dt)
        if not (math.isfinite(dt) and dt > 0):
            raise InputError(f"Spikes: dt must be > 0 s; got {dt}")
        if not self.duration / dt * self.n_units < MOST_BINS:
            raise InputError(
                f"Spikes: bins of {dt:g} s make {self.duration / dt:.3g} of each of {self.n_units} units, more than "
                "memory holds; take wider ones"
            )
        check_memory(f"Spikes: bins of {dt:g} s of {self.n_units} units", 16 * self.duration / dt * self.n_units)
        if self.rounding > dt / 4:
            raise InputError(
                f"Spikes: times near {self.t0 + self.duration:g} s are stored to {self.rounding / 2:.2g} s, too coarse "
                f"for bins of {dt:g} s; subtract the start of the observation from the times and from t0"
            )
        n = math.floor(self.duration / dt + self._slack(dt))
        if n < 1:
            raise InputError(f"Spikes: a bin of {dt:g} s is longer than the observation of {self.duration:g} s")
        return n

    def _recording(
        self, values: NDArray[np.float64], dt: float, quantity: str, unit: str, labelled: bool = True
    ) -> Recording:
        values.setflags(write=False)
        return Recording(
            values,
            dt=dt,
            clock="second",
            quantity=quantity,
            unit=unit,
            t0=self.t0,
            unit_labels=self.unit_labels if labelled else {},
            source=self.source,
        )

    def __repr__(self) -> str:
        return f"Spikes({self.time.size} spikes of {self.n_units} units, {self.duration:g} s)"
