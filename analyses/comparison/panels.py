"""Panels of a comparison, its settings, and its replicates cut to one size."""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...simulator import InputError, Recording, Spikes, unknown
from ...simulator.checks import check_name
from ...simulator.recordings.recording import choose
from ...simulator.recordings.spikes import MIN_SPIKES
from ..activity import Activity
from ..filtering import bandpassed
from ..measures import get
from ..measures.arrays import live_units
from ..nulls import MIN_SURROGATES
from ..settings import ValueSettings

PHASE_BAND = (0.03, 0.2)  # of Hilbert phases [cycles per sample], where none is given


@dataclass(frozen=True)
class Panel:
    """Groups of replicates that were recorded alike.

    Attributes:
        name: e.g. ``"spikes"``, ``"samples"``.
        groups: group name -> one Recording or Spikes a replicate (seed).
        nulls: kinds of surrogate; the first decides, the others are reported too. If left out those of the settings,
            and without any those that fit the data, see `fitting_kinds`.
        contrasts: pairs (a, b), a measured against b; by default every group against the first.
    """

    name: str
    groups: Mapping[str, Sequence[Recording | Spikes]]
    nulls: tuple[str, ...] = ()
    contrasts: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not self.groups or any(len(replicates) == 0 for replicates in self.groups.values()):
            raise InputError(f"Panel({self.name!r}).groups: every group must hold a replicate; got {dict(self.groups)}")
        for name in (self.name, *self.groups):
            check_name(name, "Panel")
        for name in itertools.chain.from_iterable(self.contrasts):
            if name not in self.groups:
                raise unknown("group", name, self.groups)

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The contrasts that are drawn."""
        first, *others = self.groups
        return self.contrasts or tuple((other, first) for other in others)


@dataclass(frozen=True)
class Side:
    """One of the two things whose agreement is asked for, e.g. "seizure against rest".

    A measure is read from the first of `panels` that has it; it speaks for the side only if every
    pair of `pairs` separates, in one direction.
    """

    name: str
    panels: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Settings(ValueSettings):
    """Settings of a comparison: those of its values, the same on every side, and its sizes.

    Attributes:
        nulls: surrogates a value, at least 199.
        phase_band: (low, high) of Hilbert phases [cycles per tick]; if left out `band`, and without one
            0.03–0.2 cycles per *sample* on every clock: 3–20 Hz of spikes that are read every 10 ms.
        measures: names; empty means every measure that is defined.
        interval: rates of spikes, smoothed in bins of `bin`, are read at every `interval` [s].
        max_units, max_times: upper limits; below them the smallest recording decides.
        window: (start, stop) [ticks] to which everything is cut, after the filter.
    """

    nulls: int = 199
    measures: tuple[str, ...] = ()
    interval: float = 0.010
    max_units: int = 100
    max_times: int = 1000
    window: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self.measures:
            get(name)
        if self.nulls < MIN_SURROGATES:
            raise InputError(f"Settings.nulls: must be at least {MIN_SURROGATES}; got {self.nulls}")
        if not (math.isfinite(self.interval) and self.interval > 0):
            raise InputError(f"Settings.interval: must be > 0 s; got {self.interval}")
        if self.max_units < 2 or self.max_times < 3:
            got = f"{self.max_units} and {self.max_times}"
            raise InputError(f"Settings.max_units, max_times: at least 2 and 3; got {got}")

    @property
    def every(self) -> int:
        """Bins from one sample of the rates to the next."""
        return max(1, round(self.interval / self.bin))

    @property
    def step(self) -> float:
        """Sampling interval of rates of spikes [s]."""
        return self.every * self.bin

    def on(self, dt: float) -> Settings:
        """Return the settings with the band of phases of samples `dt` apart."""
        low, high = PHASE_BAND
        return replace(self, phase_band=self.phase_band or self.band or (low / dt, high / dt))


@dataclass(frozen=True)
class Replicate:
    """A replicate cut to size.

    Every unit of it varies (of spike trains: has at least 5 spikes); `n_units` and `n_live` count
    the units that there were, and those of them that vary, before some were drawn.
    """

    panel: str
    group: str
    number: int
    activity: Activity
    n_units: int
    n_live: int

    @property
    def sampled(self) -> Recording:
        """Return the sampled activity."""
        return self.activity.rates

    @property
    def spikes(self) -> Spikes | None:
        """Spike trains, where there are any."""
        return self.activity.trains if isinstance(self.activity.trains, Spikes) else None


def equalise(panels: Sequence[Panel], settings: Settings) -> list[Replicate]:
    """Cut every replicate of every panel to one number of samples and of units that vary.

    First to the samples of the shortest, then to as many units as the replicate with the fewest that
    vary within these samples has: dead units must not make a group look small.

    Raises:
        InputError: a replicate with fewer than 2 such units or 3 samples, with trials, with a clock or
            sampling interval unlike that of its group, that is a copy of another, or that the band does not fit.
    """
    members = [
        (panel, group, number, data)
        for panel in panels
        for group, replicates in panel.groups.items()
        for number, data in enumerate(replicates)
    ]
    for panel in panels:
        _check_alike(panel, settings)
    parts = [data if settings.window is None else data.select(time=settings.window) for *_, data in members]
    lengths = [part.binned(settings.step).n_times if isinstance(part, Spikes) else part.n_times for part in parts]
    n_times = min(settings.max_times, *lengths)
    if n_times < 3:
        panel, group, number, _ = members[int(np.argmin(lengths))]
        raise InputError(f"{_where(panel, group, number)}: has {n_times} samples; synchrony needs at least 3")
    cut = []
    for at, (panel, group, number, data) in enumerate(members):
        try:
            activity = _shortened(data, n_times, settings, at)
        except InputError as error:
            raise InputError(f"{_where(panel, group, number)}: {error}") from error
        part = activity.trains
        live = np.flatnonzero(part.counts >= MIN_SPIKES if isinstance(part, Spikes) else live_units(part.numpy()))
        if live.size < 2:
            what = f"have {MIN_SPIKES} spikes" if isinstance(part, Spikes) else "vary"
            raise InputError(
                f"{_where(panel, group, number)}: {live.size} of {data.n_units} units {what}; "
                "synchrony needs at least 2 units"
            )
        cut.append((activity, live))
    n_units = min(settings.max_units, *(live.size for _, live in cut))
    out = []
    for at, ((panel, group, number, data), (activity, live)) in enumerate(zip(members, cut, strict=True)):
        rng = np.random.default_rng([settings.seed, at])
        drawn = activity.data.select(units=live[choose(rng, live.size, n_units, "units")])
        out.append(Replicate(panel.name, group, number, replace(activity, data=drawn), data.n_units, int(live.size)))
    return out


def _shortened(data: Recording | Spikes, n_times: int, settings: Settings, at: int) -> Activity:
    """Return the first samples, of an axis without order a random choice; the filter reads all of them."""
    if isinstance(data, Spikes):
        whole = data if settings.window is None else data.select(time=settings.window)
        time = (whole.t0, whole.t0 + min(n_times * settings.step, whole.duration))
        return Activity(data, settings.bin, settings.sd, settings.band, time, settings.every, n_times)
    if settings.band is not None:
        data = bandpassed(data, settings.band)
    data = data if settings.window is None else data.select(time=settings.window)
    seed = int(np.random.SeedSequence([settings.seed, at]).generate_state(1)[0])
    return Activity(data.subsample(n_times=n_times, seed=seed))


def _where(panel: Panel, group: str, number: int) -> str:
    return f"{panel.name}, {group}, replicate {number + 1}"


def _check_alike(panel: Panel, settings: Settings) -> None:
    """Replicates of one group must be of one kind and no copies; groups on one clock must share the interval."""
    intervals: dict[str, tuple[str, float]] = {}
    for group, replicates in panel.groups.items():
        first = None
        seen: dict[bytes, int] = {}
        for number, data in enumerate(replicates):
            where = _where(panel, group, number)
            if isinstance(data, Recording) and data.values.ndim != 2:
                raise InputError(
                    f"{where}: must have the axes (time, unit) alone; got shape {tuple(data.values.shape)}. "
                    "Give the trials as replicates"
                )
            kind = ("spike trains",) if isinstance(data, Spikes) else (data.clock, data.dt)
            first = first or kind
            if kind[0] != first[0] or not np.allclose(kind[1:], first[1:], rtol=1e-9):
                raise InputError(
                    f"{where}: must be sampled like replicate 1, {_described(first)}; got {_described(kind)}"
                )
            clock, dt = ("second", settings.step) if isinstance(data, Spikes) else (data.clock, data.dt)
            other, common = intervals.setdefault(clock, (group, dt))
            if not np.isclose(dt, common, rtol=1e-9):
                raise InputError(
                    f"{where}: must have the interval of group {other!r}, {common:g} {clock}; got {dt:g}: equal "
                    "numbers of samples would last unlike times. Resample (spike trains: set the bin)"
                )
            content = (data.time, data.unit) if isinstance(data, Spikes) else (np.ascontiguousarray(data.numpy()),)
            digest = hashlib.sha256(b"".join(part.tobytes() for part in content)).digest()
            if seen.setdefault(digest, number) != number:
                raise InputError(
                    f"{where}: is identical with replicate {seen[digest] + 1}; a replicate is a run of its own"
                )


def _described(kind: tuple[Any, ...]) -> str:
    return str(kind[0]) if len(kind) == 1 else f"clock {kind[0]!r} at dt = {kind[1]:g}"
