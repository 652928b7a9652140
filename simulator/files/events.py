"""Readers of files of events beside a recording: BIDS, TUH, and both of CHB-MIT.

BIDS: ``events.tsv`` (onset, duration, and a text). TUH EEG seizure corpus: ``csv``, ``csv_bi``, and ``tse`` of older
releases. CHB-MIT (PhysioNet): the summary of a patient, and ``.seizures``, annotations in the MIT format of WFDB.
"""

from __future__ import annotations

import csv
import math
import os
import re
from collections.abc import Sequence
from pathlib import Path

from ..errors import InputError
from .tals import printable

Mark = dict[str, object]  # onset [s], duration [s] or None, text: as annotations of a recording
SEIZURE = "seizure"
LARGEST = 64 * 2**20  # bytes; a list of events is no recording
FORMATS = (
    "BIDS events.tsv (columns onset and duration), TUH csv, csv_bi or tse (start_time and stop_time), a CHB-MIT "
    "summary (File Name: ..., Seizure Start Time: ...), CHB-MIT .seizures"
)
TEXTS = ("trial_type", "eventtype", "event_type", "label", "description", "value")  # columns, the first that says more
_NONE = ("", "n/a", "na", "nan")
_SKIP, _NUM, _SUB, _CHN, _AUX = 59, 60, 61, 62, 63  # codes of the MIT format that are no annotation
_START, _STOP = 32, 33  # "[" and "]": start and end of a seizure


def read_events(
    path: str | os.PathLike[str], *, recording: str = "", rate: float | None = None
) -> tuple[list[Mark], list[str]]:
    """Return the marks of a file of events, as annotations of a recording have them, and the assumptions.

    Args:
        path: the file; its content decides about the format.
        recording: name of the recording, which chooses its part of a summary; "" of one without a name.
        rate: sampling rate of the recording [Hz], for times in samples.

    Raises:
        InputError: no such file, no known format, a line that is no event, or no part for this recording.
    """
    source = Path(path)
    if source.is_dir():
        raise InputError(f"{source}: is a folder; want a file of events: {FORMATS}")
    if not source.is_file():
        raise InputError(f"{source}: no such file; want a file of events: {FORMATS}")
    if source.stat().st_size > LARGEST:
        raise InputError(f"{source}: is larger than any list of events ({source.stat().st_size} bytes)")
    raw = source.read_bytes()
    if b"\0" in raw:
        if source.suffix.lower() != ".seizures":
            raise InputError(f"{source}: is no list of events; want {FORMATS}")
        return _of_wfdb(source, raw, rate)
    try:
        lines = raw.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        lines = raw.decode("latin-1").splitlines()
    if any(re.match(r"\s*file name\s*:", line, re.IGNORECASE) for line in lines):
        return _of_summary(source, lines, recording)
    return _of_table(source, lines, recording)


def _of_table(source: Path, lines: Sequence[str], recording: str) -> tuple[list[Mark], list[str]]:
    notes = []
    for line in lines:
        named = re.match(r"#\s*bname\s*=\s*(\S+)", line)
        if named and recording and named[1] != Path(recording).stem:
            notes.append(f"{source.name} names the recording {named[1]}; it is taken for {Path(recording).name}")
    rows = [(at, line) for at, line in enumerate(lines, 1) if line.strip() and not line.lstrip().startswith("#")]
    if not rows:
        raise InputError(f"{source}: is empty; want {FORMATS}")
    if re.match(r"version\s*=\s*tse_", rows[0][1]):
        rows = [(rows[0][0], "start_time stop_time label confidence"), *rows[1:]]
        rows = [(at, "\t".join(line.split())) for at, line in rows]
    delimiter = next((mark for mark in ("\t", ",", ";") if mark in rows[0][1]), "\t")
    header = [cell.lower() for cell in _cells(source, *rows[0], delimiter)]
    tuh = {"start_time", "stop_time"} <= set(header)
    if not tuh and not {"onset", "duration"} <= set(header):
        raise InputError(
            f"{source}: is no list of events that is read: it begins with {rows[0][1][:60]!r}; want {FORMATS}"
        )
    columns = [name for name in TEXTS if name in header]
    marks = []
    for at, line in rows[1:]:
        cells = _cells(source, at, line, delimiter)
        if len(cells) != len(header):
            raise InputError(f"{source}: line {at} has {len(cells)} columns; want {len(header)}, as its header")
        row = dict(zip(header, cells, strict=True))
        onset = _time(source, at, row, "start_time" if tuh else "onset")
        if onset is None:
            notes.append(f"{source.name}: line {at} has no onset and is left out")
            continue
        length = _time(source, at, row, "stop_time" if tuh else "duration")
        if tuh and length is not None:
            length -= onset
        if length is not None and (length < 0 or (tuh and length == 0)):
            what = (
                f"stop_time must be after start_time; got {row['stop_time']}" if tuh else "duration must be at least 0"
            )
            raise InputError(f"{source}: line {at}: {what}")
        text = next((row[name] for name in columns if row[name].lower() not in _NONE), "" if columns else SEIZURE)
        marks.append(_mark(onset, length or None, printable(text)))
    if not columns and marks:
        notes.append(f"{source.name} has no column {TEXTS[0]} or the like; each of its {len(marks)} rows is an event")
    return marks, notes


def _cells(source: Path, at: int, line: str, delimiter: str) -> list[str]:
    """Return the cells of a line; a quoted one may hold the delimiter, but in BIDS, where quotes are plain text."""
    if '"' not in line or delimiter == "\t":
        return [cell.strip().strip('"') for cell in line.split(delimiter)]
    try:
        (row,) = csv.reader([line], delimiter=delimiter, skipinitialspace=True, strict=True)
    except (csv.Error, ValueError) as error:
        raise InputError(f"{source}: line {at} cannot be taken apart: {error}") from None
    return [cell.strip() for cell in row]


def _of_summary(source: Path, lines: Sequence[str], recording: str) -> tuple[list[Mark], list[str]]:
    parts: dict[str, list[tuple[int, str]]] = {}
    own: list[tuple[int, str]] = []
    for at, line in enumerate(lines, 1):
        if named := re.match(r"\s*file name\s*:\s*(.*?)\s*$", line, re.IGNORECASE):
            own = parts.setdefault(named[1], [])
        else:
            own.append((at, line))
    name, notes = Path(recording).name, []
    chosen = next((part for part in parts if part.lower() == name.lower()), None)
    if chosen is None and len(parts) == 1:
        chosen = next(iter(parts))
        if name:
            notes.append(f"{source.name} names the recording {chosen}; it is taken for {name}")
    if chosen is None:
        known = ", ".join(list(parts)[:6]) + (f" and {len(parts) - 6} more" if len(parts) > 6 else "")
        raise InputError(
            f"{source}: has no 'File Name: {name or '...'}'; it names {known}; give --onset S or --event START:STOP"
        )
    starts: dict[str, tuple[float, int]] = {}
    stops: dict[str, tuple[float, int]] = {}
    promised = None
    for at, line in parts[chosen]:
        if number := re.match(r"\s*number of seizures in file\s*:\s*(\d+)\s*$", line, re.IGNORECASE):
            promised = int(number[1])
        found = re.match(r"\s*seizure\s*#?(\d*)\s*(start|end) time\s*:\s*(.*?)\s*$", line, re.IGNORECASE)
        if found is None:
            continue
        seconds = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(?:seconds?|secs?\.?|s)?", found[3], re.IGNORECASE)
        if seconds is None:
            raise InputError(f"{source}: line {at}: must be a number of seconds; got {found[3]!r}")
        times = starts if found[2].lower() == "start" else stops
        key = found[1] or str(len(times) + 1)
        if key in times:
            raise InputError(f"{source}: line {at}: the {found[2].lower()} of seizure {key} is given twice")
        times[key] = (float(seconds[1]), at)
    for key, (_, at) in stops.items():
        if key not in starts:
            raise InputError(f"{source}: line {at}: seizure {key} has an end and no start")
    marks = []
    for key, (start, at) in starts.items():
        stop = stops.get(key, (math.nan, 0))[0]
        if stop <= start:
            raise InputError(
                f"{source}: line {at}: seizure {key} must end after its start, {start:g} s; got {stop:g} s"
            )
        marks.append(_mark(start, None if math.isnan(stop) else stop - start, SEIZURE))
    if promised is not None and promised != len(marks):
        notes.append(f"{source.name} promises {promised} seizures in {chosen} and lists {len(marks)}, which are taken")
    return marks, notes


def _of_wfdb(source: Path, raw: bytes, rate: float | None) -> tuple[list[Mark], list[str]]:
    """Read annotations in the MIT format: words of 16 bits, a code of 6 and a time of 10, from the last one on."""
    codes: list[tuple[int, int]] = []
    at = now = 0
    while at + 2 <= len(raw):
        word = int.from_bytes(raw[at : at + 2], "little")
        code, step, at = word >> 10, word & 1023, at + 2
        if word == 0:
            break
        if code == _SKIP:  # 32 bits, the high half first
            high, low = (int.from_bytes(raw[at + k : at + k + 2], "little") for k in (0, 2))
            interval = high << 16 | low
            now, at = now + (interval - (1 << 32) if interval >> 31 else interval), at + 4
        elif code == _AUX:
            text = raw[at : at + step]
            at += step + step % 2
            if known := re.search(rb"time resolution:\s*(\d{1,9}(?:\.\d{1,9})?)", text):
                rate = float(known[1]) or rate
        elif code not in (_NUM, _SUB, _CHN):
            now += step
            codes.append((code, now))
    if rate is None:
        raise InputError(f"{source}: does not say its time resolution, and the recording has no sampling rate")
    marks: list[Mark] = []
    start: int | None = None
    for code, sample in codes:
        if code == _START and start is None:
            start = sample
        elif code == _STOP and start is not None:
            if sample <= start:
                raise InputError(f"{source}: a seizure must end after its start, sample {start}; got {sample}")
            marks.append(_mark(start / rate, (sample - start) / rate, SEIZURE))
            start = None
        elif code in (_START, _STOP):
            raise InputError(f"{source}: starts and ends of seizures must take turns; got two at sample {sample}")
    if start is not None:
        marks.append(_mark(start / rate, None, SEIZURE))
    if not marks:
        raise InputError(f"{source}: holds no seizure in the MIT format of WFDB; want {FORMATS}")
    return marks, []


def _mark(onset: float, duration: float | None, text: str) -> Mark:
    return {"onset": onset, "duration": duration, "text": text}


def _time(source: Path, at: int, row: dict[str, str], column: str) -> float | None:
    text = row[column]
    if text.lower() in _NONE:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{source}: line {at}: {column} must be a number of seconds; got {text!r}")
    return value
