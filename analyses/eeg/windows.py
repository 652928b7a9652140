"""Events of a recording, and windows: before, during and after an event, and sliding ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ...simulator import InputError, Recording, unknown

BEFORE, DURING, AFTER, MIXED, ANY = "before", "during", "after", "mixed", ""
SEIZURE_WORDS = ("seiz", "ictal")  # "interictal" and "postictal" apart
_NOT_SEIZURE = ("interictal", "postictal", "preictal", "inter-ictal", "post-ictal", "pre-ictal")
SLACK = 1e-9  # of a tick: edges that are meant to be equal
WANTED_BLOCKS, LEAST_BLOCKS = 6, 3  # before an event and during it


@dataclass(frozen=True)
class Event:
    """Something that was marked, such as a seizure."""

    onset: float  # [ticks of the clock]
    duration: float  # [ticks]
    text: str

    @property
    def stop(self) -> float:
        """onset + duration [ticks]."""
        return self.onset + self.duration


def events_of(recording: Recording, text: str | None = None) -> tuple[list[Event], list[str]]:
    """Return the events that ``source["annotations"]`` marks within the recording, and the assumptions made.

    Args:
        recording: its source may hold ``annotations``: mappings of onset, duration (or None) and text.
        text: of the annotations that are meant, any case; if left out those that say "seiz" or "ictal" (not
            interictal and the like), and if there is none and the file has but one annotation, that one.

    Raises:
        InputError: no annotation has this text; the message names those there are.
    """
    marks = _marks(recording)
    start, end = recording.t0, recording.t0 + recording.duration
    notes: list[str] = []
    if text is not None:
        chosen = [mark for mark in marks if text.lower() in mark[2].lower()]
        if not chosen:
            raise unknown("annotation", text, {mark[2] for mark in marks})
    else:
        chosen = [mark for mark in marks if _is_seizure(mark[2])]
        if not chosen and len(marks) == 1:
            chosen = marks
            notes.append(f"the one annotation there is, {marks[0][2]!r}, is taken for the event")
        elif not chosen and marks:
            notes.append("no annotation says seizure, so there is no event; name one of: " + _listed(marks))
    events = []
    for onset, duration, label in chosen:
        if duration is None or duration <= 0:
            later = [mark[0] for mark in chosen if mark[0] > onset]
            stop = min([*later, end])
            notes.append(f"{label!r} at {onset:g} has no duration; it is taken to last until {stop:g}")
        else:
            stop = onset + duration
        onset, stop = max(onset, start), min(stop, end)
        if stop - onset > SLACK:
            events.append(Event(onset, stop - onset, label))
    if chosen and not events:
        notes.append("the annotated events lie outside the recording")
    return sorted(events, key=lambda event: event.onset), notes


def phase_of(start: float, stop: float, events: Sequence[Event]) -> str:
    """Return the phase of [start, stop): "before" the first event, "during" one, "after", "mixed"; "" without events.

    >>> seizure = [Event(10.0, 20.0, "seizure")]
    >>> [phase_of(a, a + 5, seizure) for a in (0.0, 5.0, 8.0, 10.0, 30.0)]
    ['before', 'before', 'mixed', 'during', 'after']
    """
    if not events:
        return ANY
    if any(event.onset - SLACK <= start and stop <= event.stop + SLACK for event in events):
        return DURING
    if any(start < event.stop - SLACK and stop > event.onset + SLACK for event in events):
        return MIXED
    return BEFORE if stop <= events[0].onset + SLACK else AFTER


def around(recording: Recording, event: Event) -> Mapping[str, Recording]:
    """Cut the recording into before, during and after an event; a part without a sample is missing.

    >>> import numpy as np
    >>> ramp = Recording(np.arange(10.0)[:, None], dt=1.0, clock="second", quantity="potential", unit="µV")
    >>> {name: part.n_times for name, part in around(ramp, Event(2.0, 5.0, "seizure")).items()}
    {'before': 2, 'during': 5, 'after': 3}
    """
    end = recording.t0 + recording.duration
    edges = {
        BEFORE: (recording.t0, min(event.onset, end)),
        DURING: (event.onset, event.stop),
        AFTER: (event.stop, end),
    }
    shortest = recording.dt / 2
    return {name: recording.select(time=edge) for name, edge in edges.items() if edge[1] - edge[0] > shortest}


def sliding(recording: Recording, length: float, step: float | None = None) -> list[tuple[int, int]]:
    """First sample and the one after the last of every whole window; the step is half a window if left out.

    Args:
        recording: with an ordered clock.
        length, step: [ticks of the clock], rounded to samples.

    Raises:
        InputError: no order; length or step not positive, shorter than a sample, or longer than the recording.

    >>> import numpy as np
    >>> sliding(Recording(np.zeros((10, 2)), dt=0.1, clock="second", quantity="potential", unit="µV"), 0.4, 0.3)
    [(0, 4), (3, 7), (6, 10)]
    """
    if recording.clock == "sample":
        raise InputError("window: clock 'sample' has no order to slide along")
    step = length / 2 if step is None else step
    for name, value in (("window", length), ("step", step)):
        if not (math.isfinite(value / recording.dt) and value > 0):
            raise InputError(f"{name}: must be > 0 [{recording.clock}]; got {value:g}")
        if round(value / recording.dt) < 1:
            raise InputError(
                f"{name}: must be at least one sample, {recording.dt:g} [{recording.clock}]; got {value:g}"
            )
    n, hop = round(length / recording.dt), round(step / recording.dt)
    if n > recording.n_times:
        raise InputError(
            f"window: must not be longer than the recording, {recording.duration:g} [{recording.clock}]; got {length:g}"
        )
    return [(first, first + n) for first in range(0, recording.n_times - n + 1, hop)]


def disjoint(recording: Recording, events: Sequence[Event], length: float) -> list[tuple[int, int]]:
    """Windows that do not overlap and lie whole before, during or after the events, counted from their edges.

    Before the first event they are laid backwards from its onset, elsewhere forwards from the last edge.

    Args:
        recording: with an ordered clock.
        events: in order of time.
        length: [ticks of the clock], rounded down to samples.

    >>> import numpy as np
    >>> ramp = Recording(np.arange(20.0)[:, None], dt=1.0, clock="second", quantity="potential", unit="µV")
    >>> disjoint(ramp, [Event(5.0, 9.0, "seizure")], 2.0)
    [(1, 3), (3, 5), (5, 7), (7, 9), (9, 11), (11, 13), (14, 16), (16, 18), (18, 20)]
    """
    n = int(length / recording.dt + SLACK)
    if n < 1 or not events:
        return []
    edges = {0, recording.n_times}
    for event in events:
        edges |= {round((edge - recording.t0) / recording.dt) for edge in (event.onset, event.stop)}
    marks = sorted(edge for edge in edges if 0 <= edge <= recording.n_times)
    first = round((events[0].onset - recording.t0) / recording.dt)
    places = []
    for a, b in pairwise(marks):
        start = a + (b - a) % n if b <= first else a
        places += [(at, at + n) for at in range(start, b - n + 1, n)]
    return places


def block_length(recording: Recording, events: Sequence[Event], window: float, least: float) -> float:
    """Return the length of the blocks in which before and during are compared [ticks]; 0 where they are too few.

    The longest of which 6 fit before the first event and 6 within the events, but no longer than a window and no
    shorter than `least`, which a measure may need; 0 if not even 3 of these fit on a side.
    """
    if not events:
        return 0.0
    before, during = events[0].onset - recording.t0, sum(event.duration for event in events)
    shorter = min(before, during)
    length = max(min(window, shorter / WANTED_BLOCKS), least, recording.dt)
    return length if shorter >= LEAST_BLOCKS * length - SLACK and length <= window + SLACK else 0.0


def _marks(recording: Recording) -> list[tuple[float, float | None, str]]:
    given = recording.source.get("annotations", ())
    if not isinstance(given, list | tuple):
        raise InputError(f"source['annotations']: must be a list of onset, duration, text; got {type(given).__name__}")
    found = []
    for mark in given:
        try:
            duration = mark.get("duration")
            found.append((float(mark["onset"]), None if duration is None else float(duration), str(mark["text"])))
        except (AttributeError, KeyError, TypeError, ValueError):
            raise InputError(f"source['annotations']: must hold onset, duration and text; got {mark!r}") from None
    return found


def _is_seizure(text: str) -> bool:
    low = text.lower()
    return any(word in low for word in SEIZURE_WORDS) and not any(word in low for word in _NOT_SEIZURE)


def _listed(marks: Sequence[tuple[float, float | None, str]]) -> str:
    return ", ".join(repr(text) for text in list(dict.fromkeys(mark[2] for mark in marks))[:8])
