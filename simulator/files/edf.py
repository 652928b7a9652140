"""Reader of EDF and BDF: one recording of potentials, its annotations, and every assumption of the reader.

Kemp & Olivan, Clin. Neurophysiol. 114, 1755 (2003) define EDF+. The bytes are parsed by edfio (extra ``[eeg]``).
"""

from __future__ import annotations

import math
import os
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..recordings.recording import Recording
from ..recordings.run import Run
from .channels import LIMIT_RUN, findings, in_runs
from .disk import check_readable
from .document import first_line

EDF_SUFFIXES = (".edf", ".bdf")
ENTRY = "eeg"
VOLTS = {"V": 1e6, "mV": 1e3, "µV": 1.0, "nV": 1e-3}  # µV in one of them
# errors of edfio on a file that is not valid EDF
DAMAGE = (ValueError, TypeError, LookupError, ArithmeticError, NameError, AttributeError, OSError, EOFError)
_MAGIC = {b"0       ": "EDF", b"\xffBIOSEMI": "BDF"}


def read_edf(path: str | os.PathLike[str]) -> Run:
    """Read an EDF, EDF+C, BDF or BDF+C file: a Run with the Recording ``eeg`` (time, channel) in its own physical unit.

    Quantity "potential", clock "second", unit label ``channel``. Samples become dig · gain + offset as the header
    says. ``source`` holds ``annotations`` (a list of onset [s], duration [s] or None, text), ``start`` (ISO 8601, "" if
    it is not given), ``format`` and ``assumptions``: one sentence for every decision of the reader:
    channels of another sampling rate or unit or without a scale left out, potentials of several units brought to µV,
    names made unique, a file shorter or longer than in its header; and channels that are flat, clipped,
    or copies of an earlier one. These are read as well: `analyses.eeg.examine` excludes them. The identity of the
    patient is not read.

    Raises:
        InputError: one line: no such file, not EDF, truncated before any data, no signal, all channels flat,
            two sampling rates equally common, a recording with gaps (EDF+D), or edfio is not installed.
    """
    source = Path(path)
    kind = _format_of(source)
    notes: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # causes of the warnings are checked below, with the file's name
        try:
            file, promised = _parsed(source, kind)
            signals = list(file.signals)
            if str(file.reserved).startswith(f"{kind}+D") and not file.is_continuous:
                raise InputError(f"{source}: is {kind}+D, a recording with gaps; export its pieces as {kind}+C files")
            n_records = int(file.num_data_records)
            start = _start(file)
            annotations, failed = _annotations(file)
            notes += failed
            notes += _lengths(promised, n_records, float(file.data_record_duration))
            if not signals:
                only = f"only {len(annotations)} annotations" if annotations else "nothing"
                raise InputError(f"{source}: holds no signal, {only}")
            if n_records == 0:
                raise InputError(f"{source}: is truncated: its header is followed by no whole data record")
            rate, chosen = _commonest_rate(source, signals, notes)
            values, names, unit = _channels(source, chosen, rate, notes)
        except InputError:
            raise
        except DAMAGE as error:
            reason = first_line(error)
            raise InputError(f"{source}: cannot be read as {kind}, damaged or truncated: {reason}") from error
    about: dict[str, object] = {"format": kind, "start": start, "annotations": annotations, "assumptions": notes}
    try:
        recording = Recording(
            values, dt=1.0 / rate, clock="second", quantity="potential", unit=unit,
            unit_labels={"channel": np.array(names)}, source=about,
        )  # fmt: skip
    except InputError as error:
        raise InputError(f"{source}: {error}") from error
    return Run({ENTRY: recording}, about)


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


def _parsed(source: Path, kind: str) -> tuple[Any, int]:
    """Parse the file with edfio; return it and the number of data records in its header (-1: unknown)."""
    try:
        import edfio
    except ImportError:
        raise InputError(f"{source}: EDF and BDF need the package edfio: pip install 'ictal[eeg]'") from None
    with source.open("rb") as file:
        head = file.read(256)
    n_signals, size = int(head[252:256]), source.stat().st_size
    if size < 256 * (n_signals + 1):
        raise InputError(f"{source}: is truncated within its header, after {size} of {256 * (n_signals + 1)} bytes")
    return (edfio.read_edf(source) if kind == "EDF" else edfio.read_bdf(source)), int(head[236:244])


def _start(file: Any) -> str:
    try:
        return str(file.startdatetime.isoformat())
    except DAMAGE:  # anonymised, or no date
        return ""


def _annotations(file: Any) -> tuple[list[dict[str, object]], list[str]]:
    try:
        found = file.annotations
    except DAMAGE:
        return [], ["the annotations cannot be decoded and are left out"]
    return [
        {"onset": float(a.onset), "duration": None if a.duration is None else float(a.duration), "text": str(a.text)}
        for a in found
    ], []


def _lengths(promised: int, n_records: int, record: float) -> list[str]:
    if promised == n_records:
        return []
    text = "does not say how long the file is" if promised < 0 else f"promises {promised} data records of {record:g} s"
    return [f"the header {text}; the file holds {n_records} whole ones ({n_records * record:g} s), which are read"]


def _commonest_rate(source: Path, signals: Sequence[Any], notes: list[str]) -> tuple[float, list[Any]]:
    rates = [float(signal.sampling_frequency) for signal in signals]
    (rate, most), *others = Counter(rates).most_common()
    if others and others[0][1] == most:
        shown = ", ".join(f"{n} channels at {r:g} Hz" for r, n in Counter(rates).most_common())
        raise InputError(f"{source}: has no one commonest sampling rate: {shown}; export the channels of one rate")
    left = [f"{s.label} ({r:g} Hz)" for s, r in zip(signals, rates, strict=True) if r != rate]
    if left:
        notes.append(f"kept the {most} channels at {rate:g} Hz; left out, sampled otherwise: {', '.join(left)}")
    if not (math.isfinite(rate) and rate > 0):
        raise InputError(f"{source}: its sampling rate must be > 0 Hz; got {rate:g}")
    return rate, [s for s, r in zip(signals, rates, strict=True) if r == rate]


def _channels(
    source: Path, signals: Sequence[Any], rate: float, notes: list[str]
) -> tuple[NDArray[np.float64], list[str], str]:
    """Return values (time, channel) in one unit, the names, and the unit."""
    scaled = [s for s in signals if _has_scale(s)]
    if len(scaled) < len(signals):
        unscaled = ", ".join(s.label for s in signals if not _has_scale(s))
        notes.append(f"left out, because the header gives no physical scale: {unscaled}")
    if not scaled:
        raise InputError(f"{source}: no channel has a physical scale in the header")
    units = [_unit(s.physical_dimension) for s in scaled]
    volts = [u for u in units if u in VOLTS]
    unit = Counter(volts or units).most_common(1)[0][0]
    if len(set(volts)) > 1:
        notes.append(f"potentials in {', '.join(sorted(set(volts)))} are brought to µV")
        unit = "µV"
    keep = [u == unit or (u in VOLTS and unit in VOLTS) for u in units]
    if not all(keep):
        left = [f"{s.label} [{u or 'no unit'}]" for s, u, k in zip(scaled, units, keep, strict=True) if not k]
        notes.append(f"left out, not in {unit or 'the unit of most'}: {', '.join(left)}")
    if unit not in VOLTS:
        notes.append(f"the unit of the channels is {unit or 'not given'}; they are taken for potentials all the same")
    chosen = [(s, u) for s, u, k in zip(scaled, units, keep, strict=True) if k]
    digital = [np.asarray(s.digital) for s, _ in chosen]
    names = _unique_names([str(s.label) for s, _ in chosen], notes)
    columns = []
    for (signal, own), samples in zip(chosen, digital, strict=True):
        gain = (signal.physical_max - signal.physical_min) / (signal.digital_max - signal.digital_min)
        factor = VOLTS[own] / VOLTS[unit] if own in VOLTS else 1.0
        columns.append(((samples - float(signal.digital_min)) * gain + signal.physical_min) * factor)
    values: NDArray[np.float64] = np.stack(columns, axis=1)
    if not np.ptp(values, axis=0).any():
        raise InputError(f"{source}: all {len(names)} channels are flat")
    notes += _clipped(names, [s for s, _ in chosen], digital)
    notes += findings(values, names, 1.0 / rate)
    return values, names, unit or "1"


def _has_scale(signal: Any) -> bool:
    ends = (signal.physical_min, signal.physical_max, signal.digital_min, signal.digital_max)
    return all(map(math.isfinite, ends)) and ends[0] != ends[1] and ends[2] != ends[3]


def _unit(dimension: str) -> str:
    plain = dimension.strip().replace("μ", "µ")
    return {"uv": "µV", "µv": "µV", "mv": "mV", "v": "V", "nv": "nV"}.get(plain.lower(), plain)


def _unique_names(names: Sequence[str], notes: list[str]) -> list[str]:
    seen: Counter[str] = Counter()
    out = []
    for at, name in enumerate(names):
        name = " ".join(name.split()) or f"channel {at + 1}"
        seen[name] += 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    if repeated := [name for name, n in seen.items() if n > 1]:
        notes.append(f"names that occur more than once are numbered: {', '.join(repeated)}")
    return out


def _clipped(names: Sequence[str], signals: Sequence[Any], digital: Sequence[NDArray[Any]]) -> list[str]:
    found = []
    for name, signal, samples in zip(names, signals, digital, strict=True):
        if samples.min() == samples.max():
            continue  # flat is another matter
        limits = (samples <= signal.digital_min, samples >= signal.digital_max)
        share = max(in_runs(limit, LIMIT_RUN) for limit in limits)
        if share > 0:
            found.append(f"{name} ({100 * share:.2g} %)")
    return [f"samples in a row at the limit of the converter (clipped): {', '.join(found)}"] if found else []
