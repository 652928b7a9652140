"""Names of systems, hues of sources, and what a run holds, as overviews say them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ....simulator import Recording, Run, Spikes
from ..parts.palette import EEG, INHIBITORY, INK, MODEL, NET, steps_of
from .compose import Time, plain

SYSTEMS = {
    "seizure": "Seizure network",
    "cuba": "CUBA network",
    "lif": "LIF cells",
    "balanced": "Balanced network",
    "lif_ring": "LIF ring",
    "compte": "Working-memory ring",
    "ring": "Threshold-linear ring",
    "zhang": "Head-direction ring",
    "synthetic_eeg": "Synthetic EEG",
    "epileptor": "Epileptor",
    "wilson_cowan": "Wilson–Cowan model",
    "kuramoto": "Kuramoto oscillators",
    "stuart_landau": "Stuart–Landau oscillators",
    "classifier": "Classifier",
}
VOLTS = ("V", "mV", "µV", "uV", "μV", "nV")
NETS = ("step", "epoch", "sample", "frame")  # clocks of deep networks


def parameters(run: Run) -> Mapping[str, Any]:
    """Return the parameters of a run; none of a stranger's file."""
    found = run.source.get("parameters")
    return found if isinstance(found, Mapping) else {}


def name_of(run: Run) -> str:
    """Return the system in words, with its protocol; of a stranger's file its name."""
    system = run.source.get("system")
    if isinstance(system, str) and system:
        protocol = parameters(run).get("protocol")
        name = SYSTEMS.get(system, system.replace("_", " "))
        return f"{name}, {protocol}" if isinstance(protocol, str) else name
    file = run.source.get("file")
    if file and any(is_eeg(entry) for entry in run.values()):
        return f"EEG {Path(str(file)).stem}"
    return Path(str(file)).name if file else "Recording"


def hue_of(run: Run, entry: Recording | Spikes) -> str:
    """Return the hue of the source of an entry; ink where the source is not known."""
    if run.source.get("system") not in (None, "", "classifier"):
        return MODEL
    if is_eeg(entry):
        return EEG
    return NET if isinstance(entry, Recording) and entry.clock in NETS else INK


def is_eeg(entry: Recording | Spikes) -> bool:
    """Return whether an entry is an EEG: channels over seconds."""
    return isinstance(entry, Recording) and entry.clock == "second" and "channel" in entry.unit_labels


def colours_of(names: list[str], hue: str) -> dict[str, Any]:
    """Return population -> colour: inhibitory cells grey, one other in the hue, several in steps of it."""
    others = [name for name in names if not name.upper().startswith("I")]
    steps = dict(zip(others, [hue] if len(others) == 1 else steps_of(hue, len(others)), strict=True))
    return {name: steps.get(name, INHIBITORY) for name in names}


def span_of(entries: list[Recording | Spikes]) -> Time:
    """Return the axis of time that covers entries of one clock."""
    first = entries[0]
    return Time(
        first.clock if isinstance(first, Recording) else "second",
        min(entry.t0 for entry in entries), max(entry.t0 + entry.duration for entry in entries),
    )  # fmt: skip


def under_of(run: Run, what: str, time: Time | None) -> str:
    """Return what was run, in grey: sizes, duration, seed, engine."""
    parts = [what, *([time.length] if time else [])]
    if isinstance(seed := run.source.get("seed"), int):
        parts.append(f"seed {seed}")
    return ", ".join(part for part in parts if part)


def counted(n: int, noun: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "unit"), counted(2000, "unit")
    ('1 unit', '2,000 units')
    """
    return f"{plain(n) if n < 1000 else f'{n:,}'} {noun}{'s' * (n != 1)}"


def listed(parts: list[str]) -> str:
    """Return parts as an enumeration.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
