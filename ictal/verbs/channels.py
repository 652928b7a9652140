"""Channels of electrodes that a verb measures: the same in every verb."""

from __future__ import annotations

from collections.abc import Mapping

from ..analyses.eeg.analyse import usable
from ..analyses.eeg.preprocessing import rereferenced
from ..analyses.eeg.windows import events_of
from ..simulator import InputError, Recording, Run, Spikes
from ..simulator.types import Band
from .eeg_input import with_names


def good_channels(
    entry: Recording | Spikes,
    band: Band | None,
    window: tuple[float, float] | None,
    all_channels: bool,
    reference: str = "none",
    montage: str = "",
    rename: Mapping[str, str] | None = None,
) -> tuple[Recording | Spikes, list[str]]:
    """Return an entry without channels of poor quality and copies, as sliding windows leave them out, and notes.

    An entry is one of electrodes if its units have the label ``channel``; any other is returned as it is.

    Args:
        entry: one of a Run.
        band: that is analysed: quality is judged within it.
        window: (start, stop) that is measured; dropouts elsewhere are not named.
        all_channels: whether all channels stay.
        reference, montage: as in `rereferenced`, of the channels that are used.
        rename: old -> new names of channels, before everything else.

    Raises:
        InputError: fewer than two channels can be used; a name, reference or montage that cannot be; any of these for
            an entry without electrodes.
    """
    if not isinstance(entry, Recording) or entry.values.ndim != 2 or "channel" not in entry.unit_labels:
        asked = {"reference": reference.strip().lower() != "none", "montage": bool(montage), "rename": bool(rename)}
        for option in (name for name, given in asked.items() if given):
            raise InputError(f"{option}: is for recordings of electrodes with names of channels (time, channel)")
        return entry, []
    named = with_names(entry, rename)
    left, notes = usable(named, events_of(named)[0], band=band, window=window, all_channels=all_channels)
    changed, more = rereferenced(left, reference, montage)
    return changed, notes + more


def of_good_channels(
    run: Run,
    band: Band | None,
    window: tuple[float, float] | None = None,
    all_channels: bool = False,
    reference: str = "none",
    montage: str = "",
    rename: Mapping[str, str] | None = None,
) -> tuple[Run, list[str]]:
    """Return a Run with `good_channels` of every entry, and notes that name the entry."""
    how = (band, window, all_channels, reference, montage, rename)
    found = {name: good_channels(entry, *how) for name, entry in run.items()}
    notes = [f"{name}: {note}" for name, (_, own) in found.items() for note in own]
    return Run({name: entry for name, (entry, _) in found.items()}, run.source), notes
