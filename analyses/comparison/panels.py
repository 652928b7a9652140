"""What is compared, how it is measured, and how everything is cut to one size."""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from ...simulator import InputError, Recording, Spikes, unknown
from ...simulator.checks import check_name
from ...simulator.recordings.recording import choose
from ...simulator.recordings.spikes import MIN_SPIKES
from ..measures import get
from ..measures.arrays import live_units
from ..measures.base import NullKind

Null = NullKind | Literal["auto"]


@dataclass(frozen=True)
class Panel:
    """Groups of replicates that were recorded in one and the same way.

    Attributes:
        name: e.g. ``"spikes"``, ``"samples"``.
        groups: group name -> one Recording or Spikes a replicate (seed).
        nulls: kinds of surrogate; the first decides, the others are reported beside it.
        contrasts: pairs (a, b), a measured against b; by default every group against the first.
    """

    name: str
    groups: Mapping[str, Sequence[Recording | Spikes]]
    nulls: tuple[Null, ...] = ("auto",)
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
class Settings:
    """How everything is measured, the same on every side.

    Attributes:
        measures: names; empty means every measure that is defined.
        bin: spikes are binned and smoothed at this interval [s] ...
        sd: ... by a Gaussian of this SD [s] before a measure of sampled activity reads them.
        band: (low, high) of Hilbert phases [cycles per sample], one band for every clock; at 10-ms
            bins 0.03–0.2 is 3–20 Hz.
        max_units, max_times: upper limits; below them the smallest recording decides.
        n_null: surrogates a value, at least 199.
        label: time label that holds the classes.
        seed: of subsampling and surrogates.
    """

    measures: tuple[str, ...] = ()
    bin: float = 0.010
    sd: float = 0.010
    band: tuple[float, float] = (0.03, 0.2)
    max_units: int = 100
    max_times: int = 1000
    n_null: int = 199
    label: str = "class"
    seed: int = 0

    def __post_init__(self) -> None:
        for name in self.measures:
            get(name)
        for name in ("bin", "sd"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise InputError(f"Settings.{name}: must be > 0 s; got {value}")
        low, high = self.band
        if not 0 < low < high <= 0.5:
            raise InputError(f"Settings.band: must be 0 < low < high <= 0.5 cycles per sample; got {self.band}")
        if self.n_null < 199:
            raise InputError(f"Settings.n_null: must be at least 199; got {self.n_null}")
        if self.max_units < 2 or self.max_times < 3:
            raise InputError(
                f"Settings.max_units, max_times: at least 2 and 3; got {self.max_units} and {self.max_times}"
            )


@dataclass(frozen=True)
class Replicate:
    """A replicate cut to size: sampled activity, and spike trains where there are any.

    Every unit of it varies (of spike trains: has at least 5 spikes); `n_units` and `n_live` count
    the units that there were, and those of them that vary, before some were drawn.
    """

    panel: str
    group: str
    number: int
    sampled: Recording
    spikes: Spikes | None
    n_units: int
    n_live: int
    notes: Mapping[str, object] = field(default_factory=dict)


def equalise(panels: Sequence[Panel], settings: Settings) -> list[Replicate]:
    """Every replicate of every panel, cut to one number of samples and of units that vary.

    First to the samples of the shortest, then to as many units as the replicate with the fewest that
    vary within these samples has: dead units must not make a group look small.

    Raises:
        InputError: a replicate with fewer than 2 such units or 3 samples, with trials, with a clock or
            sampling interval unlike that of its group, or that is a copy of another.
    """
    members = [
        (panel, group, number, data)
        for panel in panels
        for group, replicates in panel.groups.items()
        for number, data in enumerate(replicates)
    ]
    for panel in panels:
        _check_alike(panel, settings)
    lengths = [_length(data, settings) for *_, data in members]
    n_times = min(settings.max_times, *lengths)
    if n_times < 3:
        panel, group, number, _ = members[int(np.argmin(lengths))]
        raise InputError(f"{_where(panel, group, number)}: has {n_times} samples; synchrony needs at least 3")
    cut = []
    for at, (panel, group, number, data) in enumerate(members):
        part = _shorten(data, n_times, settings, at)
        live = np.flatnonzero(part.counts >= MIN_SPIKES if isinstance(part, Spikes) else live_units(part.numpy()))
        if live.size < 2:
            what = f"have {MIN_SPIKES} spikes" if isinstance(part, Spikes) else "vary"
            raise InputError(
                f"{_where(panel, group, number)}: {live.size} of {data.n_units} units {what}; "
                "synchrony needs at least 2 units"
            )
        cut.append((part, live))
    n_units = min(settings.max_units, *(live.size for _, live in cut))
    out = []
    for at, ((panel, group, number, data), (part, live)) in enumerate(zip(members, cut, strict=True)):
        rng = np.random.default_rng([settings.seed, at])
        part = part.select(units=live[choose(rng, live.size, n_units, "units")])
        shared = (data.n_units, int(live.size))
        if isinstance(part, Spikes):
            notes = {"bin": settings.bin, "sd": settings.sd, "min_spikes": MIN_SPIKES}
            sampled = part.smoothed(settings.bin, settings.sd).subsample(n_times=n_times, seed=0)
            out.append(Replicate(panel.name, group, number, sampled, part, *shared, notes))
        else:
            out.append(Replicate(panel.name, group, number, part, None, *shared))
    return out


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
                raise InputError(f"{where}: must be sampled like replicate 1, {_spoken(first)}; got {_spoken(kind)}")
            clock, dt = ("second", settings.bin) if isinstance(data, Spikes) else (data.clock, data.dt)
            other, common = intervals.setdefault(clock, (group, dt))
            if not np.isclose(dt, common, rtol=1e-9):
                raise InputError(
                    f"{where}: must have the interval of group {other!r}, {common:g} {clock}; got {dt:g}: equal "
                    "numbers of samples would last unlike times. Resample (spike trains: set the bin)"
                )
            held = (data.time, data.unit) if isinstance(data, Spikes) else (np.ascontiguousarray(data.numpy()),)
            digest = hashlib.sha256(b"".join(part.tobytes() for part in held)).digest()
            if seen.setdefault(digest, number) != number:
                raise InputError(
                    f"{where}: is identical with replicate {seen[digest] + 1}; a replicate is a run of its own"
                )


def _spoken(kind: tuple[Any, ...]) -> str:
    return str(kind[0]) if len(kind) == 1 else f"clock {kind[0]!r} at dt = {kind[1]:g}"


def _length(data: Recording | Spikes, settings: Settings) -> int:
    return data.binned(settings.bin).n_times if isinstance(data, Spikes) else data.n_times


def _shorten(data: Recording | Spikes, n_times: int, settings: Settings, at: int) -> Recording | Spikes:
    if isinstance(data, Spikes):
        stop = min(n_times * settings.bin, data.duration)
        return data.select(time=(data.t0, data.t0 + stop))
    return data.subsample(n_times=n_times, seed=int(np.random.SeedSequence([settings.seed, at]).generate_state(1)[0]))
