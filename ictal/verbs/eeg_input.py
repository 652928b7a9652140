"""Events that a caller gives by hand or by a file, and names of channels: a recording as it is to be analysed."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..analyses.eeg.montage import renamed
from ..analyses.eeg.spans import listed
from ..analyses.eeg.windows import marks_of
from ..analyses.eeg.words import role_of
from ..simulator import InputError, Recording
from ..simulator.files.events import SEIZURE, read_events
from ..simulator.files.identity import identity

GivenEvents = Any  # pairs (start, stop) [s], the path of a file of events, or None
_SPAN = re.compile(r"\s*([-+]?[\d.]+(?:e[-+]?\d+)?)\s*:\s*([-+]?[\d.]+(?:e[-+]?\d+)?)\s*", re.IGNORECASE)
_TIMES = re.compile(r"[-+\d.,:;\s]*\d[-+\d.,:;\s]*|[\d.,]+\s*s\w*\s*[-:–]\s*[\d.,]+\s*s\w*", re.IGNORECASE)


def with_events(
    recording: Recording,
    *,
    event: str | Sequence[str] | None,
    onset: float | None,
    events: GivenEvents,
    where: str = "",
) -> tuple[Recording, tuple[str, ...], dict[str, Any]]:
    """Return a recording whose annotations are the events that are given, texts of those that are meant, and settings.

    Without events that are given it is the recording itself.

    Args:
        recording: with annotations of its own, or without.
        event: START:STOP [s], or texts of annotations; one, or several of a kind.
        onset: of an event whose end is not known [s].
        events: a file that `read_events` reads, or pairs (start, stop) [s].
        where: file of the recording, which chooses its part of a file of events.

    Raises:
        InputError: texts and events by hand at once, an event that has no length or lies outside the recording, or as
            `read_events`.
    """
    texts = (event,) if isinstance(event, str) else tuple(event or ())
    if not all(isinstance(text, str) and text.strip() for text in texts):
        raise InputError(f"event: must be START:STOP [s] or a text of annotations; got {event!r}")
    spans = [span for text in texts if (span := _span(text)) is not None]
    words = tuple(text for text in texts if _SPAN.fullmatch(text) is None)
    for text in words:
        if _TIMES.fullmatch(text) and not any(text.lower() in mark.text.lower() for mark in marks_of(recording)):
            raise InputError(
                f"event: must be START:STOP in seconds, such as 30:55, or a text of annotations; got {text!r}; of an "
                "event whose end is not known give --onset START"
            )
    marks: list[dict[str, object]] = [_by_hand(recording, "event", start, stop) for start, stop in spans]
    if onset is not None:
        marks.append(_by_hand(recording, "onset", onset, None))
    if words and marks:
        raise InputError(f"event: {words[0]!r} is the text of annotations; give texts or times of events, not both")
    settings: dict[str, Any] = {"onset": onset, "events": None}
    notes: list[str] = []
    if isinstance(events, str | os.PathLike):
        if (span := _span(os.fspath(events))) is not None:
            raise InputError(f"events: must be a file; for an event by hand type --event {span[0]:g}:{span[1]:g}")
        rate = 1.0 / recording.dt if recording.clock == "second" else None
        read, notes = read_events(events, recording=where, rate=rate)
        if not read:
            notes.append(f"{os.fspath(events)} lists no event")
        marks += read
        settings["events"] = identity(events)
    elif events is not None:
        pairs = _pairs(events)
        marks += [_by_hand(recording, "events", start, stop) for start, stop in pairs]
        settings["events"] = pairs
    if events is None and not marks:
        return recording, words, settings
    left = [mark for mark in marks_of(recording) if role_of(mark.text) in ("seizure", "start")]
    if left:
        notes.append(f"the events are those that were given; annotations of the recording are not used: {listed(left)}")
    about = recording.source
    assumptions: Any = about.get("assumptions", ())
    source = {**about, "annotations": marks, "assumptions": [*assumptions, *notes]}
    return replace(recording, source=source), words, settings


def with_names(recording: Recording, rename: Mapping[str, str] | None) -> Recording:
    """Return the recording with other names of channels; see `renamed`."""
    if not rename:
        return recording
    if not isinstance(rename, Mapping) or not all(isinstance(name, str) for pair in rename.items() for name in pair):
        raise InputError(f"rename: must be a dictionary of old and new names; got {rename!r}")
    if "channel" not in recording.unit_labels:
        raise InputError("rename: this recording has no names of channels")
    return renamed(recording, rename)


def _span(text: str) -> tuple[float, float] | None:
    found = _SPAN.fullmatch(text)
    if found is None:
        return None
    try:
        return float(found[1]), float(found[2])
    except ValueError:
        raise InputError(f"event: must be START:STOP [s] or a text; got {text!r}") from None


def _pairs(given: Any) -> list[tuple[float, float]]:
    form = "must be pairs (start, stop) [s], such as [(30, 55)], or a file"
    try:
        found = [(float(start), float(stop)) for start, stop in given]
    except (TypeError, ValueError):
        raise InputError(f"events: {form}; got {given!r}") from None
    if not found:
        raise InputError(f"events: {form}; got none")
    return found


def _by_hand(recording: Recording, option: str, start: float, stop: float | None) -> dict[str, object]:
    first, last = recording.t0, recording.t0 + recording.duration
    shown = f"{start:g}" if stop is None else f"{start:g}:{stop:g}"
    if not math.isfinite(start) or not (stop is None or math.isfinite(stop)):
        raise InputError(f"{option}: must be finite [s]; got {shown}")
    if stop is not None and stop <= start:
        raise InputError(f"{option}: the stop must be after the start; got {shown}")
    if start >= last or (first > start if stop is None else stop <= first):
        raise InputError(f"{option}: must lie within the recording, {first:g} to {last:g} s; got {shown}")
    return {"onset": start, "duration": None if stop is None else stop - start, "text": SEIZURE}
