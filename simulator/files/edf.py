"""Reader of EDF and BDF: recordings of potentials, their annotations, and every assumption of the reader.

Kemp & Olivan, Clin. Neurophysiol. 114, 1755 (2003) define EDF+. The header is parsed by edfio (extra ``[eeg]``).
"""

from __future__ import annotations

import io
import os
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..recordings.pieces import Pieces
from ..recordings.recording import Recording
from ..recordings.run import Run
from .disk import check_readable
from .document import first_line
from .edf_bytes import FIXED, VOLTS, Layout, layout
from .edf_channels import Channel, named, of_commonest_rate, of_one_unit
from .names import kinds_of, listed
from .survey import findings, surveyed
from .tals import Notes, Piece, pieces, read_notes, start_of

EDF_SUFFIXES = (".edf", ".bdf")
ENTRY = "eeg"
# errors of edfio on a file that is not valid EDF
DAMAGE = (ValueError, TypeError, LookupError, ArithmeticError, NameError, AttributeError, OSError, EOFError)
_MAGIC = {b"0       ": "EDF", b"\xffBIOSEMI": "BDF"}


def read_edf(path: str | os.PathLike[str], *, lazy: bool = False) -> Run:
    """Read an EDF, EDF+, BDF or BDF+ file: a Run with the Recording ``eeg`` (time, channel) in its own physical unit.

    Quantity "potential", clock "second", unit label ``channel``. Samples become dig · gain + offset as the header
    says. The time stamps of the data records are believed: a recording with gaps is a Run of pieces, ``eeg[0]``,
    ``eeg[1]`` ..., each with its own start. Times count from the first sample of the file.

    ``source`` holds ``annotations`` (a list of onset [s], duration [s] or None, text), ``start`` (ISO 8601, "" if
    it is not given), ``format`` and ``assumptions``: one sentence for every decision of the reader: gaps;
    channels of another sampling rate or unit than the EEG or without a scale left out, potentials of several units
    brought to µV, names made unique, names that tell no site, a file shorter or longer than in its header; and channels
    that are flat, clipped, or copies of an earlier one. These are read as well: `analyses.eeg.examine` excludes them.
    The identity of the patient is not read.

    Args:
        path: the file.
        lazy: whether values stay on disk and are read in pieces (`Pieces`), for a recording longer than memory.

    Raises:
        InputError: one line: no such file, not EDF, truncated before any data, no signal, all channels flat,
            two sampling rates equally common among the EEG, data records out of order, or edfio is not installed.
    """
    source = Path(path)
    kind = _format_of(source)
    notes: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # causes of the warnings are checked below, with the file's name
        try:
            file, places, promised = _parsed(source, kind, notes)
            n_records, record = len(places.records), float(file.data_record_duration)
            start = _start(file)
            found = read_notes([places.rows(k) for k, one in enumerate(places.is_notes) if one])
            channels = _all_channels(file, places)
            notes += _lengths(promised, n_records, record)
            if not channels:
                only = f"only {len(found.marks)} annotations" if found.marks else "nothing"
                raise InputError(f"{source}: holds no signal, {only}")
            if n_records == 0:
                raise InputError(f"{source}: is truncated: its header is followed by no whole data record")
            rate, chosen = of_commonest_rate(source, channels, notes)
            chosen, unit = of_one_unit(source, chosen, notes)
            if str(file.reserved).startswith(f"{kind}+D") and not any(stamp is not None for stamp in found.stamps):
                raise InputError(
                    f"{source}: has gaps by its header ({kind}+D), and its data records have no time stamps; export it "
                    f"as {kind}+C, piece by piece"
                )
            stretches = _stretches(source, found, Decimal(str(file.data_record_duration)), rate, n_records, notes)
            annotations = _annotations(found, Decimal(str(file.data_record_duration)), notes)
            names = named(chosen, notes)
            values = _values(source, Samples(places, chosen, unit), names, rate, notes)
            if not lazy:
                values = np.asarray(values)
                values.flags.writeable = False  # so that the pieces are views
        except InputError:
            raise
        except DAMAGE as error:
            reason = first_line(error)
            raise InputError(f"{source}: cannot be read as {kind}, damaged or truncated: {reason}") from error
    about: dict[str, object] = {"format": kind, "start": start, "annotations": annotations, "assumptions": notes}
    try:
        whole = Recording(
            values, dt=1.0 / rate, clock="second", quantity="potential", unit=unit or "1",
            unit_labels={"channel": np.array(names)}, source=about,
        )  # fmt: skip
    except InputError as error:
        raise InputError(f"{source}: {error}") from error
    if len(stretches) == 1 and stretches[0].pace == 1.0:
        return Run({ENTRY: whole}, about)
    samples = round(rate * record)
    return Run(
        {
            ENTRY if len(stretches) == 1 else f"{ENTRY}[{at}]": replace(
                whole,
                values=_between(values, piece.first * samples, piece.last * samples),
                dt=piece.pace / rate,
                t0=float(piece.start),
            )
            for at, piece in enumerate(stretches)
        },
        about,
    )


def _between(values: Pieces | NDArray[np.float64], first: int, last: int) -> Pieces | NDArray[np.float64]:
    return values.between(first, last) if isinstance(values, Pieces) else values[first:last]


def pieces_of(run: Run) -> str:
    """Return the request to choose a piece of a recording with gaps; "" of any other run."""
    spans = [f"{name} from {e.t0:g} to {e.t0 + e.duration:g} s" for name, e in run.items() if isinstance(e, Recording)]
    if not all(re.fullmatch(rf"{ENTRY}\[\d+\]", name) for name in run):
        return ""
    last = list(run)[-1]
    return (
        f"a recording with gaps, read as pieces: {listed(spans, 8)}; choose one: --entry '{last}' (of measure "
        f"--entries '{last}', in Python entry={last!r})"
    )


def _format_of(source: Path) -> str:
    if source.is_dir():
        raise InputError(f"{source}: is a folder; want an EDF or BDF file")
    check_readable(source)
    with source.open("rb") as file:
        head = file.read(256)
    if not head:
        raise InputError(f"{source}: is empty")
    if head[:8] not in _MAGIC:
        raise InputError(f"{source}: is neither EDF nor BDF: it begins with {head[:8]!r}")
    if len(head) < 256:
        raise InputError(f"{source}: is truncated within its header, after {len(head)} of at least 256 bytes")
    return _MAGIC[head[:8]]


def _parsed(source: Path, kind: str, notes: list[str]) -> tuple[Any, Layout, int]:
    """Parse the header with edfio; return it, the places of the signals, and the promised number of data records.

    A number of -1 is unknown.
    """
    try:
        import edfio
    except ImportError:
        raise InputError(f"{source}: EDF and BDF need the package edfio: pip install 'ictal[eeg]'") from None
    with source.open("rb") as file:
        fixed = file.read(FIXED)
        n_signals, size = int(fixed[252:256]), source.stat().st_size
        if n_signals < 1:
            raise InputError(f"{source}: holds no signal, nothing")
        wanted = FIXED * (n_signals + 1)
        if size < wanted:
            raise InputError(f"{source}: is truncated within its header, after {size} of {wanted} bytes")
        head = fixed + file.read(wanted - FIXED)
        places = layout(source, kind, head, n_signals)
        if not float(fixed[244:252]) > 0 and not all(places.is_notes):
            raise InputError(
                f"{source}: has no sampling rate: its header gives data records of {float(fixed[244:252]):g} s"
            )
        first = file.read(min(places.record_size, size))  # its stamp is part of the start
    if (stated := int(fixed[184:192])) != wanted:
        notes.append(f"the header says that it has {stated} bytes; with {n_signals} signals it has {wanted}")
    read = edfio.read_edf if kind == "EDF" else edfio.read_bdf
    # header and first record alone, in an encoding that takes every byte: the others are read when they are wanted
    return read(io.BytesIO(head + first), header_encoding="latin-1"), places, int(fixed[236:244])


def _start(file: Any) -> str:
    try:
        return str(file.startdatetime.isoformat())
    except DAMAGE:  # anonymised, or no date
        return ""


def _all_channels(file: Any, places: Layout) -> list[Channel]:
    ordinary = [at for at, notes in enumerate(places.is_notes) if not notes]
    kinds = kinds_of([places.labels[at] for at in ordinary])
    return [
        Channel(at, places.labels[at], kind, header, places.units[at], float(header.sampling_frequency))
        for at, kind, header in zip(ordinary, kinds, file.signals, strict=True)
    ]


def _annotations(found: Notes, record: Decimal, notes: list[str]) -> list[dict[str, object]]:
    """Return the annotations, their time from the first sample of the file, in its order."""
    if found.damaged:
        notes.append(f"annotations that cannot be decoded are left out: {found.damaged}")
    if found.foreign:
        notes.append(f"annotations that are not UTF-8 are read as Latin-1: {found.foreign}")
    zero = start_of(found.stamps, record)
    if zero >= 1 or zero < 0:
        notes.append(f"the first data record is at {zero:f} s by its time stamp; times count from there")
    marks = [(float(onset - zero), duration, text) for onset, duration, text in found.marks]
    marks.sort(key=lambda mark: (mark[0], -1.0 if mark[1] is None else mark[1], mark[2]))
    return [{"onset": onset, "duration": duration, "text": text} for onset, duration, text in marks]


def _stretches(
    source: Path, found: Notes, record: Decimal, rate: float, n_records: int, notes: list[str]
) -> list[Piece]:
    """Return the pieces of the recording by its time stamps; name the gaps."""
    stamps = found.stamps[:n_records] or [None] * n_records
    try:
        stretches, said = pieces(stamps, record, 1.0 / rate)
    except InputError as error:
        raise InputError(f"{source}: {error}") from error
    notes += said
    if len(stretches) > 1:
        spans = [
            f"{ENTRY}[{at}] from {float(piece.start):g} to "
            f"{float(piece.start) + float(record) * piece.pace * (piece.last - piece.first):g} s"
            for at, piece in enumerate(stretches)
        ]
        gaps = len(stretches) - 1
        back = any(b.start < a.start + record * (a.last - a.first) for a, b in pairwise(stretches))
        notes.append(
            f"a recording with {gaps} gap{'s' * (gaps > 1)} by its time stamps{' (which step back)' * back}, read as "
            f"pieces: {listed(spans, 8)}"
        )
    return stretches


def _lengths(promised: int, n_records: int, record: float) -> list[str]:
    if promised == n_records:
        return []
    text = "does not say how long the file is" if promised < 0 else f"promises {promised} data records of {record:g} s"
    return [f"the header {text}; the file holds {n_records} whole ones ({n_records * record:g} s), which are read"]


@dataclass(frozen=True)
class Samples:
    """Values of the chosen channels in one unit, read from disk when they are wanted."""

    places: Layout
    channels: Sequence[Channel]
    unit: str

    @property
    def n_times(self) -> int:
        """Number of samples."""
        return len(self.places.records) * self._in_record

    @property
    def _in_record(self) -> int:
        return self.places.counts[self.channels[0].place]

    def read(self, first: int, last: int, units: Sequence[int] | NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the samples first to last − 1 of these channels, (time, channel)."""
        n = self._in_record
        start = first // n
        block = self.places.records.read(start, -(-last // n))
        values = np.empty((last - first, len(units)))
        for column, at in enumerate(units):
            digital = self.places.digital(block, self.channels[at].place)[first - start * n : last - start * n]
            values[:, column] = self.physical(digital, at)
        return values

    def physical(self, digital: Any, at: int) -> Any:
        """Return stored numbers of a channel in its unit."""
        channel = self.channels[at]
        header = channel.header
        gain = (header.physical_max - header.physical_min) / (header.digital_max - header.digital_min)
        factor = VOLTS[channel.unit] / VOLTS[self.unit] if channel.unit in VOLTS else 1.0
        return ((digital - float(header.digital_min)) * gain + header.physical_min) * factor


def _values(source: Path, samples: Samples, names: Sequence[str], rate: float, notes: list[str]) -> Any:
    """Return the values (time, channel) as `Pieces`, with notes on channels that are flat, clipped or copies."""
    values = Pieces(samples.read, np.arange(len(names)), 0, samples.n_times, str(source))
    seen = surveyed(values, 1.0 / rate)
    if not (seen.high > seen.low).any():
        raise InputError(f"{source}: all {len(names)} channels are flat")
    clipped = []
    for at, name in enumerate(names):
        header = samples.channels[at].header
        least, most = sorted(samples.physical(end, at) for end in (header.digital_min, header.digital_max))
        at_limit = (seen.at_low[at] * (seen.low[at] <= least), seen.at_high[at] * (seen.high[at] >= most))
        if max(at_limit) > 0 and seen.high[at] > seen.low[at]:  # flat is another matter
            clipped.append(f"{name} ({100 * max(at_limit):.2g} %)")
    if clipped:
        notes.append(f"samples in a row at the limit of the converter (clipped): {', '.join(clipped)}")
    notes += findings(seen, names)
    return replace(values, survey=seen, moments=seen.moments)
