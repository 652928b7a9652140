"""Channels of an EDF file: those of the sampling rate and of the unit of its EEG, and their names."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from .edf_bytes import VOLTS, is_plain, unit_of
from .names import BRAIN, CONTACT, UNKNOWN, listed


@dataclass(frozen=True)
class Channel:
    """One signal of the file: its place there, its name, the numbers of its header, and its unit."""

    place: int
    name: str
    kind: str  # of `kinds_of`
    header: Any  # of edfio
    written: str  # its unit, as it is written
    rate: float  # [Hz]

    @property
    def unit(self) -> str:
        """The unit, of potentials one of `VOLTS`."""
        return unit_of(self.written)

    @property
    def has_scale(self) -> bool:
        """True if the header says what the stored numbers mean."""
        h = self.header
        ends = (h.physical_min, h.physical_max, h.digital_min, h.digital_max)
        return all(map(math.isfinite, ends)) and ends[0] != ends[1] and ends[2] != ends[3]


def _voters(channels: Sequence[Channel]) -> list[Channel]:
    """Return the channels that decide about rate and unit: the EEG by name, else those without a known name, else all.

    Names such as ECG and SaO2 decide only where there is nothing else.
    """
    for kinds in (BRAIN, (UNKNOWN,)):
        if chosen := [channel for channel in channels if channel.kind in kinds]:
            return chosen
    return list(channels)


def of_commonest_rate(source: Path, channels: Sequence[Channel], notes: list[str]) -> tuple[float, list[Channel]]:
    """Return the commonest sampling rate of the EEG [Hz], and the channels that have it.

    Raises:
        InputError: two rates are equally common, or the rate is not positive.
    """
    voters = _voters(channels)
    (rate, most), *others = Counter(channel.rate for channel in voters).most_common()
    if others and others[0][1] == most:
        counts = Counter(channel.rate for channel in voters).most_common()
        shown = ", ".join(f"{n} channels at {r:g} Hz" for r, n in counts)
        raise InputError(f"{source}: has no one commonest sampling rate: {shown}; export the channels of one rate")
    kept = [channel for channel in channels if channel.rate == rate]
    if left := [f"{c.name} ({c.rate:g} Hz)" for c in channels if c.rate != rate]:
        notes.append(f"kept the {len(kept)} channels at {rate:g} Hz; left out, sampled otherwise: {', '.join(left)}")
    if not (math.isfinite(rate) and rate > 0):
        raise InputError(f"{source}: its sampling rate must be > 0 Hz; got {rate:g}")
    return rate, kept


def of_one_unit(source: Path, channels: Sequence[Channel], notes: list[str]) -> tuple[list[Channel], str]:
    """Return the channels that have the unit of the EEG, and the unit."""
    scaled = [channel for channel in channels if channel.has_scale]
    if len(scaled) < len(channels):
        unscaled = ", ".join(channel.name for channel in channels if not channel.has_scale)
        notes.append(f"left out, because the header gives no physical scale: {unscaled}")
    if not scaled:
        raise InputError(f"{source}: no channel has a physical scale in the header")
    voters = [channel.unit for channel in _voters(scaled)]
    unit = Counter([u for u in voters if u in VOLTS] or voters).most_common(1)[0][0]
    keep = [c for c in scaled if c.unit == unit or (c.unit in VOLTS and unit in VOLTS)]
    if left := [f"{c.name} [{c.unit or 'no unit'}]" for c in scaled if c not in keep]:
        notes.append(f"left out, not in {unit or 'the unit of most'}: {', '.join(left)}")
    if len(units := {c.unit for c in keep}) > 1:
        notes.append(f"potentials in {', '.join(sorted(units))} are brought to µV")
        unit = "µV"
    if unit not in VOLTS:
        notes.append(f"the unit of the channels is {unit or 'not given'}; they are taken for potentials all the same")
    if read := [c for c in keep if not is_plain(c.written)]:
        notes.append(f"the unit {read[0].written!r} is read as µV: {listed([c.name for c in read])}")
    return keep, unit


def named(channels: Sequence[Channel], notes: list[str]) -> list[str]:
    """Return names, each once; say which are contacts and which tell nothing."""
    names = _unique_names([channel.name for channel in channels], notes)
    for kind, words in (
        (CONTACT, "intracranial contacts by their names"),
        (UNKNOWN, "taken for EEG, though their names are no known sites"),
    ):
        if own := [name for name, channel in zip(names, channels, strict=True) if channel.kind == kind]:
            notes.append(f"{words}: {listed(own)}")
    return names


def _unique_names(names: Sequence[str], notes: list[str]) -> list[str]:
    seen: Counter[str] = Counter()
    out = []
    for at, name in enumerate(names):
        name = name or f"channel {at + 1}"
        seen[name] += 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    if repeated := [name for name, n in seen.items() if n > 1]:
        notes.append(f"names that occur more than once are numbered: {', '.join(repeated)}")
    return out
