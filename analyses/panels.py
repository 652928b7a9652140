"""What is compared, how it is measured, and how everything is cut to one size."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ..simulator import InputError, Recording, Spikes, unknown
from ..simulator.spikes import MIN_SPIKES
from .measures import get
from .measures.base import NullKind

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
            if not name or "/" in name:
                raise InputError(f"Panel: a name must not be empty or hold a slash; got {name!r}")
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
    """A replicate cut to size: sampled activity, and spike trains where there are any."""

    panel: str
    group: str
    number: int
    sampled: Recording
    spikes: Spikes | None
    n_units: int  # units before masking and subsampling
    notes: Mapping[str, object] = field(default_factory=dict)


def equalise(panels: Sequence[Panel], settings: Settings) -> list[Replicate]:
    """Every replicate of every panel, cut to the units and samples that the smallest has.

    Raises:
        InputError: a replicate with fewer than 2 units (with 5 spikes) or 3 samples, or with trials.
    """
    rows: list[tuple[str, str, int, Recording, Spikes | None, int, dict[str, object]]] = []
    for panel in panels:
        for group, members in panel.groups.items():
            for number, data in enumerate(members):
                where = f"{panel.name}, {group}, replicate {number + 1}"
                if isinstance(data, Spikes):
                    active = np.flatnonzero(data.counts >= MIN_SPIKES)
                    if active.size < 2:
                        raise InputError(
                            f"{where}: {active.size} of {data.n_units} units have {MIN_SPIKES} spikes; want at least 2"
                        )
                    spikes = data.select(units=active)
                    notes: dict[str, object] = {"bin": settings.bin, "sd": settings.sd, "min_spikes": MIN_SPIKES}
                    sampled = spikes.smoothed(settings.bin, settings.sd)
                    rows.append((panel.name, group, number, sampled, spikes, data.n_units, notes))
                else:
                    sampled = _flat(data, where)
                    rows.append((panel.name, group, number, sampled, None, data.n_units, {}))
    n_units = min(settings.max_units, *(row[3].n_units for row in rows))
    n_times = min(settings.max_times, *(row[3].n_times for row in rows))
    if n_units < 2 or n_times < 3:
        small = min(rows, key=lambda row: row[3].n_units if n_units < 2 else row[3].n_times)
        raise InputError(
            f"{small[0]}, {small[1]}, replicate {small[2] + 1}: has {small[3].n_units} units and "
            f"{small[3].n_times} samples; synchrony needs at least 2 units and 3 samples"
        )
    replicates = []
    for at, (panel_name, group, number, sampled, trains, total, notes) in enumerate(rows):
        seed = int(np.random.SeedSequence([settings.seed, at]).generate_state(1)[0])
        if trains is not None:
            trains = trains.subsample(n_units, seed=seed)
            trains = trains.select(
                time=(trains.t0, min(trains.t0 + n_times * settings.bin, trains.t0 + trains.duration))
            )
            sampled = trains.smoothed(settings.bin, settings.sd).subsample(n_times=n_times, seed=seed)
        else:
            sampled = sampled.subsample(n_units, n_times, seed=seed)
        replicates.append(Replicate(panel_name, group, number, sampled, trains, total, notes))
    return replicates


def _flat(recording: Recording, where: str) -> Recording:
    if recording.values.ndim != 2:
        raise InputError(
            f"{where}: must have the axes (time, unit) alone; got shape {tuple(recording.values.shape)}. "
            "Give the trials as replicates"
        )
    return recording
