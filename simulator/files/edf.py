"""Reader of EDF and BDF: recordings of potentials, their annotations, and every assumption of the reader.

Kemp & Olivan, Clin. Neurophysiol. 114, 1755 (2003) define EDF+. The header is parsed by edfio (extra ``[eeg]``).
"""

from __future__ import annotations

import io
import math
import os
import re
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..recordings.pieces import Pieces
from ..recordings.recording import Recording
from ..recordings.run import Run
from .document import first_line
from .edf_bytes import FIXED, VOLTS, Layout, layout
from .names import BRAIN, CONTACT, UNKNOWN, kinds_of, listed
from .survey import findings, surveyed
from .tals import Notes, Piece, pieces, read_notes

EDF_SUFFIXES = (".edf", ".bdf")
ENTRY = "eeg"
# errors of edfio on a file that is not valid EDF
DAMAGE = (ValueError, TypeError, LookupError, ArithmeticError, NameError, AttributeError, OSError, EOFError)
_MAGIC = {b"0       ": "EDF", b"\xffBIOSEMI": "BDF"}


@dataclass(frozen=True)
class Channel:
    """One signal of the file: its place there, its name, the numbers of its header, and its unit."""

    place: int
    name: str
    kind: str  # of `kinds_of`
    header: Any  # of edfio
    unit: str
    rate: float  # [Hz]

    @property
    def has_scale(self) -> bool:
        """Whether the header says what the stored numbers mean."""
        h = self.header
        ends = (h.physical_min, h.physical_max, h.digital_min, h.digital_max)
        return all(map(math.isfinite, ends)) and ends[0] != ends[1] and ends[2] != ends[3]


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
            file, places, promised = _parsed(source, kind)
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
            rate, chosen = _commonest_rate(source, channels, notes)
            chosen, unit = _of_one_unit(source, chosen, notes)
            stretches = _stretches(source, found, Decimal(str(file.data_record_duration)), rate, n_records, notes)
            annotations = _annotations(found, notes)
            names = _unique_names([channel.name for channel in chosen], notes)
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
    if not source.exists():
        raise InputError(f"{source}: no such file")
    with source.open("rb") as file:
        head = file.read(256)
    if not head:
        raise InputError(f"{source}: is empty")
    if head[:8] not in _MAGIC:
        raise InputError(f"{source}: is neither EDF nor BDF: it begins with {head[:8]!r}")
    if len(head) < 256:
        raise InputError(f"{source}: is truncated within its header, after {len(head)} of at least 256 bytes")
    return _MAGIC[head[:8]]


def _parsed(source: Path, kind: str) -> tuple[Any, Layout, int]:
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
        wanted = FIXED * (n_signals + 1)
        if size < wanted:
            raise InputError(f"{source}: is truncated within its header, after {size} of {wanted} bytes")
        head = fixed + file.read(wanted - FIXED)
    read = edfio.read_edf if kind == "EDF" else edfio.read_bdf
    # the header alone, in an encoding that takes every byte: data records are mapped, whatever their number
    parsed = read(io.BytesIO(head), header_encoding="latin-1") if n_signals else None
    if parsed is None:
        raise InputError(f"{source}: holds no signal, nothing")
    return parsed, layout(source, kind, head, n_signals), int(fixed[236:244])


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


def _annotations(found: Notes, notes: list[str]) -> list[dict[str, object]]:
    """Return the annotations, their time from the first sample of the file, in its order."""
    if found.damaged:
        notes.append(f"{found.damaged} of the annotations cannot be decoded and are left out")
    if found.foreign:
        notes.append(f"{found.foreign} of the annotations are not UTF-8; they are read as Latin-1")
    zero = next((stamp for stamp in found.stamps if stamp is not None), Decimal(0))
    if zero >= 1 or zero < 0:
        notes.append(f"the first data record is stamped {zero:f} s; times count from there")
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
        notes.append(
            f"a recording with {gaps} gap{'s' * (gaps > 1)} by its time stamps, read as pieces: {listed(spans, 8)}"
        )
    return stretches


def _lengths(promised: int, n_records: int, record: float) -> list[str]:
    if promised == n_records:
        return []
    text = "does not say how long the file is" if promised < 0 else f"promises {promised} data records of {record:g} s"
    return [f"the header {text}; the file holds {n_records} whole ones ({n_records * record:g} s), which are read"]


def _voters(channels: Sequence[Channel]) -> list[Channel]:
    """Return the channels that decide about rate and unit: the EEG by name, else those without a known name, else all.

    Names such as ECG and SaO2 decide only where there is nothing else.
    """
    for kinds in (BRAIN, (UNKNOWN,)):
        if chosen := [channel for channel in channels if channel.kind in kinds]:
            return chosen
    return list(channels)


def _commonest_rate(source: Path, channels: Sequence[Channel], notes: list[str]) -> tuple[float, list[Channel]]:
    voters = _voters(channels)
    (rate, most), *others = Counter(channel.rate for channel in voters).most_common()
    if others and others[0][1] == most:
        counts = Counter(channel.rate for channel in voters).most_common()
        shown = ", ".join(f"{n} channels at {r:g} Hz" for r, n in counts)
        raise InputError(f"{source}: has no one commonest sampling rate: {shown}; export the channels of one rate")
    kept = [channel for channel in channels if channel.rate == rate]
    if left := [f"{c.name} ({c.rate:g} Hz)" for c in channels if c.rate != rate]:
        notes.append(f"kept the {len(kept)} channels at {rate:g} Hz; left out, sampled otherwise: {', '.join(left)}")
    if not (math.isfinite(rate) and rate > 0):
        raise InputError(f"{source}: its sampling rate must be > 0 Hz; got {rate:g}")
    return rate, kept


def _of_one_unit(source: Path, channels: Sequence[Channel], notes: list[str]) -> tuple[list[Channel], str]:
    """Return the channels that have the unit of the EEG, and the unit."""
    scaled = [channel for channel in channels if channel.has_scale]
    if len(scaled) < len(channels):
        unscaled = ", ".join(channel.name for channel in channels if not channel.has_scale)
        notes.append(f"left out, because the header gives no physical scale: {unscaled}")
    if not scaled:
        raise InputError(f"{source}: no channel has a physical scale in the header")
    voters = [channel.unit for channel in _voters(scaled)]
    unit = Counter([u for u in voters if u in VOLTS] or voters).most_common(1)[0][0]
    keep = [c for c in scaled if c.unit == unit or (c.unit in VOLTS and unit in VOLTS)]
    if left := [f"{c.name} [{c.unit or 'no unit'}]" for c in scaled if c not in keep]:
        notes.append(f"left out, not in {unit or 'the unit of most'}: {', '.join(left)}")
    if len(units := {c.unit for c in keep}) > 1:
        notes.append(f"potentials in {', '.join(sorted(units))} are brought to µV")
        unit = "µV"
    if unit not in VOLTS:
        notes.append(f"the unit of the channels is {unit or 'not given'}; they are taken for potentials all the same")
    for kind, words in ((CONTACT, "intracranial contacts by their names"), (UNKNOWN, _UNKNOWN)):
        if names := [c.name for c in keep if c.kind == kind]:
            notes.append(f"{words}: {listed(names)}")
    return keep, unit


_UNKNOWN = "taken for EEG, though their names are no known sites"


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


def _unique_names(names: Sequence[str], notes: list[str]) -> list[str]:
    seen: Counter[str] = Counter()
    out = []
    for at, name in enumerate(names):
        name = name or f"channel {at + 1}"
        seen[name] += 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    if repeated := [name for name, n in seen.items() if n > 1]:
        notes.append(f"names that occur more than once are numbered: {', '.join(repeated)}")
    return out
