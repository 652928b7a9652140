"""Annotation signals of EDF+ and BDF+: the time stamp of every data record, and the notes.

Kemp & Olivan, Clin. Neurophysiol. 114, 1755 (2003): a time-stamped annotation list (TAL) is onset, duration and texts,
with the bytes 21, 20 and 0 between them. The first text of a record's first list is empty: its onset is the time at
which the record starts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from ..errors import InputError

_TAL = re.compile(rb"([+-]?\d{1,18}(?:\.\d*)?)(?:\x15(\d{0,18}(?:\.\d*)?))?\x14(.*)", re.DOTALL)


@dataclass
class Notes:
    """Content of the annotation signals."""

    stamps: list[Decimal | None] = field(default_factory=list)  # start of each data record [s]; None without a stamp
    marks: list[tuple[Decimal, float | None, str]] = field(default_factory=list)  # onset, duration, text
    foreign: int = 0  # texts that are not UTF-8
    damaged: int = 0  # lists that cannot be read


@dataclass(frozen=True)
class Piece:
    """Data records that follow each other."""

    first: int  # data record
    last: int  # the one after
    start: Decimal  # [s] from the start of the first record of the file
    pace: float  # length of a record by the stamps, over that in the header


def read_notes(signals: Sequence[Iterable[bytes]]) -> Notes:
    """Read the annotation signals, each a row of bytes a data record.

    >>> notes = read_notes([[b"+0\\x14\\x14\\0+3\\x152\\x14seizure\\x14\\0", b"+1.5\\x14\\x14\\0"]])
    >>> notes.stamps, notes.marks
    ([Decimal('0'), Decimal('1.5')], [(Decimal('3'), 2.0, 'seizure')])
    """
    found = Notes()
    for number, signal in enumerate(signals):
        for record in signal:
            lists = [part for part in bytes(record).split(b"\0") if part]
            stamp: Decimal | None = None
            for at, part in enumerate(lists):
                match = _TAL.fullmatch(part)
                if match is None:
                    found.damaged += 1
                    continue
                onset, length, texts = (
                    Decimal(match[1].decode()),
                    match[2],
                    match[3].removesuffix(b"\x14").split(b"\x14"),
                )
                if number == 0 and at == 0 and not texts[0]:
                    stamp, texts = onset, texts[1:]
                duration = float(length) if length and length != b"." else None
                found.marks += [(onset, duration, _text(text, found)) for text in texts]
            if number == 0:
                found.stamps.append(stamp)
    return found


def start_of(stamps: Sequence[Decimal | None], record: Decimal) -> Decimal:
    """Return the start of the first data record [s], by the first that has a time stamp; 0 if none has one."""
    found = next(((at, stamp) for at, stamp in enumerate(stamps) if stamp is not None), None)
    return Decimal(0) if found is None else Decimal(str(found[1])) - found[0] * record


def pieces(stamps: Sequence[Decimal | None], record: Decimal, sample: float) -> tuple[list[Piece], list[str]]:
    """Return the stretches without a gap by the time stamps, and notes on them.

    A step from record to record may differ from the length of a record by half a sample, or by the last digit of the
    stamps where they have too few digits for it.

    Args:
        stamps: start of each data record [s].
        record: length of a data record [s].
        sample: sampling interval [s].

    Raises:
        InputError: records that are not in the order of time.

    >>> D = Decimal
    >>> found, _ = pieces([D(0), D(1), D(27), D(28)], D(1), 0.005)
    >>> [(p.first, p.last, int(p.start)) for p in found]
    [(0, 2, 0), (2, 4, 27)]
    >>> len(pieces([D(0), D("1.000000000001"), D(2)], D(1), 0.005)[0])
    1
    """
    n, notes = len(stamps), []
    given = [at for at, stamp in enumerate(stamps) if stamp is not None]
    if len(given) > 1 and record > 0 and len({stamps[at] for at in given}) == 1:
        notes.append(f"all {len(given)} data records have the same time stamp; they are read as following each other")
        given = given[:1]
    if not given or record <= 0:
        return [Piece(0, n, Decimal(0), 1.0)], notes
    if len(given) < n and not notes:
        notes.append(f"{n - len(given)} of {n} data records have no time stamp; they are read as following the last")
    times = [Decimal(str(stamps[at])) for at in given]
    zero = start_of(stamps, record)
    slack = max(Decimal(str(sample)) / 2, _rounding(times, record))
    edges = [0]
    for before, at, earlier, later in zip(given, given[1:], times, times[1:], strict=False):
        jump = later - earlier - (at - before) * record
        if jump < -record:
            raise InputError(
                f"data record {at + 1} is stamped {later:f} s, before record {before + 1} at {earlier:f} s; want "
                "records in the order of time"
            )
        if abs(jump) > slack:
            edges.append(at)
    known = dict(zip(given, times, strict=True))
    found = []
    for first, last in zip(edges, [*edges[1:], n], strict=True):
        own = [at for at in given if first <= at < last]
        pace = 1.0
        if len(own) > 1:
            drift = known[own[-1]] - known[own[0]] - (own[-1] - own[0]) * record
            if abs(drift) > slack:
                pace = 1.0 + float(drift / ((own[-1] - own[0]) * record))
                notes.append(
                    f"the time stamps of {len(own)} data records are {float(drift):+.3g} s apart from the sampling "
                    "rate of the header; the stamps are taken"
                )
        start = known[own[0]] - (own[0] - first) * record - zero if own else Decimal(0)
        found.append(Piece(first, last, start, pace))
    return found, notes


def _rounding(times: Sequence[Decimal], record: Decimal) -> Decimal:
    """Return the last digit of the stamps where the length of a record is no multiple of it; else 0."""
    exponent = min(int(time.normalize().as_tuple().exponent) for time in times)
    digit = Decimal(1).scaleb(min(exponent, 0))
    return digit if record % digit else Decimal(0)


def _text(raw: bytes, found: Notes) -> str:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        found.foreign += 1
        text = raw.decode("latin-1")
    return printable(text)


def printable(text: str) -> str:
    """Return a text in one line, without characters that control a terminal.

    >>> printable("a\\x1b[31m  b\\n")
    'a [31m b'
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
