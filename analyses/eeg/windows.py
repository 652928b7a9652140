"""Events of a recording, and windows: before, during and after an event, and sliding ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ...simulator import InputError, Recording, unknown
from .spans import Mark, spans_of

BEFORE, DURING, AFTER, MIXED, ANY = "before", "during", "after", "mixed", ""
SLACK = 1e-9  # of a tick: edges that are meant to be equal
MOST_BLOCKS = 720  # before an event and after it: more tell of other states, and cost hours
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


def events_of(recording: Recording, text: str | Sequence[str] | None = None) -> tuple[list[Event], list[str]]:
    """Return the events that ``source["annotations"]`` marks within the recording, and the assumptions made.

    Notes of starts and ends pair, and marks that overlap are one event; see `analyses.eeg.spans` and, of the words,
    `analyses.eeg.words`.

    Args:
        recording: its source may hold ``annotations``: mappings of onset, duration (or None) and text.
        text: of the annotations that are meant, any case, one or several; if left out those that say seizure, and
            neither deny one ("no seizure so far") nor mean another time ("post-ictal").

    Raises:
        InputError: no annotation has this text; the message names those there are.
    """
    marks = marks_of(recording)
    start, end = recording.t0, recording.t0 + recording.duration
    wanted = (text,) if isinstance(text, str) else tuple(text or ())
    for one in wanted:
        if not any(one.lower() in mark.text.lower() for mark in marks):
            raise unknown("annotation", one, {mark.text for mark in marks})
    found, notes = spans_of(marks, end, wanted)
    events = []
    for span in found:
        onset, stop = max(span.onset, start), min(span.stop, end)
        if stop - onset <= SLACK:
            notes.append(f"outside the recording, {start:g} to {end:g}, and not used: {span.text!r} at {span.onset:g}")
            continue
        if span.onset < start - SLACK or span.stop > end + SLACK:
            notes.append(
                f"{span.text!r} from {span.onset:g} to {span.stop:g} reaches out of the recording; it is taken from "
                f"{onset:g} to {stop:g}"
            )
        events.append(Event(onset, stop - onset, span.text))
    if marks and not found and not wanted:
        texts = ", ".join(repr(text) for text in list(dict.fromkeys(mark.text for mark in marks))[:8])
        notes.append(f"no annotation says seizure, so there is no event; name one of: {texts}")
    return events, notes


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

    Before the first event they are laid backwards from its onset, elsewhere forwards from the last edge. Those that are
    further from every event than 720 of their length are left out.

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
    spans = [
        (round((e.onset - recording.t0) / recording.dt), round((e.stop - recording.t0) / recording.dt)) for e in events
    ]
    far = MOST_BLOCKS * n
    return [(a, b) for a, b in places if any(a < stop + far and b > onset - far for onset, stop in spans)]


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


def marks_of(recording: Recording) -> list[Mark]:
    """Return the annotations of a recording.

    Raises:
        InputError: they are no list of onset, duration and text, or not finite.
    """
    given = recording.source.get("annotations", ())
    if not isinstance(given, list | tuple):
        raise InputError(f"source['annotations']: must be a list of onset, duration, text; got {type(given).__name__}")
    found = []
    for mark in given:
        try:
            duration = mark.get("duration")
            one = Mark(float(mark["onset"]), None if duration is None else float(duration), str(mark["text"]))
        except (AttributeError, KeyError, TypeError, ValueError):
            raise InputError(f"source['annotations']: must hold onset, duration and text; got {mark!r}") from None
        if not (math.isfinite(one.onset) and math.isfinite(one.duration or 0.0)):
            raise InputError(f"source['annotations']: onset and duration must be finite; got {mark!r}")
        found.append(one)
    return found
