"""Options of recordings of electrodes that several commands share: events, references and names of channels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from ..simulator.errors import InputError
from ..simulator.fields import Param
from ..simulator.options import Option


@dataclass(frozen=True)
class Channels:
    """Channels as they are measured."""

    all_channels: Annotated[bool, Param("Keep copies and channels of poor quality")] = False
    reference: Annotated[str, Param("Reference: none, average, or channels: Cz or A1,A2")] = "none"
    montage: Annotated[str, Param("Differences of channels: double-banana, or pairs"), Option("NAME | A-B,C-D")] = ""
    rename: Annotated[tuple[str, ...], Param("Another name for a channel"), Option("OLD=NEW", repeat=True)] = ()

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of a verb."""
        return {
            "all_channels": self.all_channels, "reference": self.reference, "montage": self.montage,
            "rename": _renames(self.rename),
        }  # fmt: skip


@dataclass(frozen=True)
class Marked:
    """Events of a recording."""

    event: Annotated[
        tuple[str, ...],
        Param("START:STOP of an event [s], or the text of annotations; default: annotations that say seizure"),
        Option("START:STOP | TEXT", repeat=True),
    ] = ()
    onset: Annotated[float | None, Param("Onset of an event that lasts to the end of the file [s]")] = None
    events: Annotated[
        Path | None, Param("Events from a file: BIDS events.tsv, TUH csv, csv_bi or tse, CHB-MIT summary or .seizures")
    ] = None

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of a verb."""
        return {"event": self.event or None, "onset": self.onset, "events": self.events}

    @property
    def given(self) -> str:
        """Name of the first option that is given; "" without any."""
        return next((name for name, value in self.arguments().items() if value is not None), "")


def _renames(texts: tuple[str, ...]) -> dict[str, str]:
    """Parse OLD=NEW; a name of a channel may hold anything but "="."""
    found: dict[str, str] = {}
    for text in texts:
        old, equals, new = (part.strip() for part in text.partition("="))
        if not (old and equals and new):
            raise InputError(f"rename: must be OLD=NEW; got {text!r}")
        if old in found:
            raise InputError(f"rename: {old!r} is given twice")
        found[old] = new
    return found
