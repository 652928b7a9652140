"""Spans of events from the marks of a recording: starts and ends pair, marks of several readers are united."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from .words import Role, role_of

ALIKE = 10.0  # s; starts, or ends, of one event by two readers lie no further apart


class Mark(NamedTuple):
    """An annotation."""

    onset: float
    duration: float | None
    text: str


@dataclass(frozen=True)
class Span:
    """Part of the recording that is an event."""

    onset: float
    stop: float
    text: str
    is_cut: bool = False  # ends where the next one starts, for want of an end: not one event with it


def spans_of(marks: Sequence[Mark], end: float, wanted: Sequence[str] = ()) -> tuple[list[Span], list[str]]:
    """Return the spans of events in order of time, and the assumptions made.

    A mark with a duration is a span, but for a start that an end follows. Without one, a start lasts to the next end,
    to a note on the time after, to the next start, or to the end of the recording. Spans that overlap or touch are one
    event, and so are starts, or ends, less than 10 s apart: marks of several readers.

    Args:
        marks: annotations.
        end: of the recording.
        wanted: texts of the annotations that are meant; if none, those that say seizure.

    >>> spans_of([Mark(30, None, "Seizure start"), Mark(55, None, "Seizure end")], 90.0)
    ([Span(onset=30, stop=55, text='Seizure start', is_cut=False)], [])
    >>> [(span.onset, span.stop) for span in spans_of([Mark(30, 25, "sz R1"), Mark(33, 20, "sz R2")], 90.0)[0]]
    [(30, 55)]
    """
    notes: list[str] = []
    roles = _in_order([(mark, _role(mark.text, wanted)) for mark in marks])
    if unsure := [mark for mark, role in roles if role == "uncertain"]:
        first = unsure[0]
        notes.append(
            f"not certain to be events, and not used: {listed(unsure)}; give them with --event START:STOP, or by "
            f"--event {first.text!r}"
        )
    found = _paired([(mark, role) for mark, role in roles if role in ("seizure", "start", "end", "after")], end, notes)
    return _united(found, notes), notes


def listed(marks: Sequence[Mark]) -> str:
    """Return marks with their times, the first eight.

    >>> listed([Mark(1.5, None, "sz"), Mark(70, 2, "sz")])
    "'sz' at 1.5 s, 'sz' at 70 s"
    """
    shown = ", ".join(f"{mark.text!r} at {mark.onset:g} s" for mark in marks[:8])
    return shown + (f" and {len(marks) - 8} more" if len(marks) > 8 else "")


def _role(text: str, wanted: Sequence[str]) -> Role:
    if not wanted:
        return role_of(text)
    low = text.lower()
    for one in wanted:
        if one.lower() in low:
            role = role_of(low.replace(one.lower(), " seizure "))
            return role if role in ("start", "end", "denied") else "seizure"
    return "none"


def _in_order(marks: Sequence[tuple[Mark, Role]]) -> list[tuple[Mark, Role]]:
    """Return marks in order of time; a start and an end at one time end what is open, or else last no time."""
    found: list[tuple[Mark, Role]] = []
    is_open = was_open = False  # now, and before the last end
    for mark, role in sorted(marks, key=lambda one: one[0].onset):
        tied = bool(found) and found[-1][1] == "end" and found[-1][0].onset == mark.onset
        if role == "start" and tied and not was_open:
            found.insert(-1, (mark, role))
            continue
        found.append((mark, role))
        if role == "end":
            was_open, is_open = is_open, False
        elif role == "start" or (role == "seizure" and not mark.duration):
            is_open = True
    return found


def _is_within_pair(marks: Sequence[tuple[Mark, Role]], at: int) -> bool:
    """Return whether the next of the marks without a length is an end, of what was open before this one."""
    return next((role == "end" for mark, role in marks[at + 1 :] if role == "end" or not mark.duration), False)


def _paired(marks: Sequence[tuple[Mark, Role]], end: float, notes: list[str]) -> list[Span]:
    found: list[Span] = []
    opened: Mark | None = None
    closed: int | None = None  # place in `found` of the last span that an end closed

    def cut(at: float) -> None:
        nonlocal opened
        if opened is not None and at - opened.onset > 0:
            notes.append(f"{opened.text!r} at {opened.onset:g} has no duration; it is taken to last until {at:g}")
            found.append(Span(opened.onset, at, opened.text, is_cut=True))
        opened = None

    for at, (mark, role) in enumerate(marks):
        onset, duration, text = mark
        lasts = duration is not None and duration > 0
        if role == "start" and lasts and any(later == "end" for _, later in marks[at + 1 : at + 2]):
            lasts = False  # the end that is marked decides
        if role in ("seizure", "start") and lasts and opened is not None and _is_within_pair(marks, at):
            found.append(Span(onset, onset + (duration or 0.0), text))
        elif role in ("seizure", "start") and lasts:
            if opened is not None and onset - opened.onset <= ALIKE:
                onset, opened = opened.onset, None
            cut(onset)
            found.append(Span(onset, mark.onset + (duration or 0.0), text))
        elif role in ("seizure", "start"):
            if any(span.onset <= onset < span.stop and not span.is_cut for span in found):
                continue  # a mark within an event that is known from start to end
            if opened is None or onset - opened.onset > ALIKE:
                cut(onset)
                opened = mark
        elif role == "end" and opened is not None and opened.onset == onset:
            notes.append(
                f"{opened.text!r} and {text!r} are both at {onset:g}, so that the event has no length; not used"
            )
            opened = None
        elif role == "end" and opened is not None:
            found.append(Span(opened.onset, onset, opened.text))
            opened, closed = None, len(found) - 1
        elif role == "end" and closed is not None and onset - found[closed].stop <= ALIKE:
            found[closed] = replace(found[closed], stop=onset)
        elif role == "end" and not any(span.onset <= onset <= span.stop + ALIKE for span in found):
            notes.append(f"{text!r} at {onset:g} ends no event that has a start; it is not used")
        elif role == "after" and opened is not None:
            notes.append(
                f"{opened.text!r} at {opened.onset:g} is taken to last until {onset:g}, where {text!r} is noted"
            )
            found.append(Span(opened.onset, onset, opened.text))
            opened = None
    cut(end)
    return found


def _united(found: Sequence[Span], notes: list[str]) -> list[Span]:
    united: list[Span] = []
    members: list[int] = []
    for span in sorted(found, key=lambda span: (span.onset, span.stop)):
        last = united[-1] if united else None
        apart = last is None or span.onset > last.stop or (last.is_cut and span.onset >= last.stop)
        if last is None or apart:
            united.append(span)
            members.append(1)
        else:
            cut = span.is_cut if span.stop > last.stop else last.is_cut
            united[-1] = replace(last, stop=max(last.stop, span.stop), is_cut=cut)
            members[-1] += 1
    for span, n in zip(united, members, strict=True):
        if n > 1:
            notes.append(f"{n} marks that overlap or touch are one event, {span.onset:g} to {span.stop:g}")
    return united
