"""Channels of electrodes that a verb measures: the same in every verb."""

from __future__ import annotations

from ..analyses.eeg.analyse import usable
from ..analyses.eeg.windows import events_of
from ..simulator import Recording, Run, Spikes
from ..simulator.types import Band


def good_channels(
    entry: Recording | Spikes, band: Band | None, window: tuple[float, float] | None, all_channels: bool
) -> tuple[Recording | Spikes, list[str]]:
    """Return an entry without channels of poor quality and copies, as sliding windows leave them out, and notes.

    An entry is one of electrodes if its units have the label ``channel``; any other is returned as it is.

    Args:
        entry: one of a Run.
        band: that is analysed: quality is judged within it.
        window: (start, stop) that is measured; dropouts elsewhere are not named.
        all_channels: whether all channels stay.

    Raises:
        InputError: fewer than two channels can be used.
    """
    if not isinstance(entry, Recording) or entry.values.ndim != 2 or "channel" not in entry.unit_labels:
        return entry, []
    return usable(entry, events_of(entry)[0], band=band, window=window, all_channels=all_channels)


def of_good_channels(
    run: Run, band: Band | None, window: tuple[float, float] | None = None, all_channels: bool = False
) -> tuple[Run, list[str]]:
    """Return a Run with `good_channels` of every entry, and notes that name the entry."""
    found = {name: good_channels(entry, band, window, all_channels) for name, entry in run.items()}
    notes = [f"{name}: {note}" for name, (_, own) in found.items() for note in own]
    return Run({name: entry for name, (entry, _) in found.items()}, run.source), notes
