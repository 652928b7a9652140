"""Folders of BIDS: the one recording of a folder, with its events, its bad channels and the types of its channels.

Pernet et al., Scientific Data 6, 103 (2019) (EEG) and Holdgraf et al., Scientific Data 6, 102 (2019) (iEEG). A file
beside a recording describes it if all its entities (``sub-``, ``task-`` ...) are those of the recording; the nearest
one counts.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import InputError, Recording, Run
from ..files.bids import RECORDING, bids_root
from ..files.edf import EDF_SUFFIXES
from ..files.events import read_events
from ..files.names import listed
from ..files.readers import OF_MNE, open_run

SUFFIXES = (*EDF_SUFFIXES, *OF_MNE, ".nwb")
TYPES = ("EEG", "SEEG", "ECOG", "DBS", "IEEG", "MEGMAG", "MEGGRADAXIAL", "MEGGRADPLANAR", "MEG", "N/A", "")
ELSEWHERE = ("derivatives", "sourcedata", "code", "stimuli", "phenotype")
LARGEST = 16 * 2**20  # bytes of a file that describes a recording
SHOWN = 6


def read_folder(source: Path, *, lazy: bool = False) -> Run:
    """Read the one recording of a folder of BIDS: of the data set, of a subject or of a session.

    Raises:
        InputError: no recording, or several, which are listed with the way to name one.
    """
    found = list(_recordings(source))
    if not found:
        raise InputError(
            f"{source}: is a folder of BIDS without a recording of EEG, iEEG or MEG, such as sub-01_task-rest_eeg.edf"
        )
    if len(found) > 1:
        shown = listed([str(path.relative_to(source)) for path in found], SHOWN)
        raise InputError(f"{source}: holds {len(found)} recordings of BIDS, {shown}; name one: {found[0]}")
    return open_run(found[0], lazy=lazy)


def with_sidecars(source: Path, run: Run) -> Run:
    """Return a recording of BIDS with the events and without the bad channels that the files beside it list.

    Raises:
        InputError: a file beside it that cannot be read, or no channel is left.
    """
    notes: list[str] = []
    about: dict[str, Any] = dict(run.source)
    entries = dict(run)
    if (channels := _beside(source, "channels.tsv")) is not None:
        for name, entry in run.items():
            if isinstance(entry, Recording) and "channel" in entry.unit_labels:
                entries[name] = _of_channels(channels, entry, notes)
    if (events := _beside(source, "events.tsv")) is not None:
        marks, more = read_events(events)
        before: Any = about.get("annotations") or ()
        notes += [f"BIDS: the events are those of {events.name}: {len(marks)}", *more]
        notes += [f"BIDS: annotations of the recording itself are not used: {len(before)}"] if before else []
        about["annotations"] = marks
    if (described := _beside(source, f"{source.stem.rpartition('_')[2]}.json")) is not None:
        about |= _described(described)
    own: Any = about.get("assumptions", ())
    about["assumptions"] = [*own, *notes]
    return Run({name: replace(entry, source=about) for name, entry in entries.items()}, about)


def _recordings(folder: Path) -> Iterator[Path]:
    """Yield the recordings in a folder, in the order of their names; those made from others are left out."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in ELSEWHERE and name[:1] != ".")
        for name in sorted(files):
            if RECORDING.fullmatch(Path(name).stem) and Path(name).suffix.lower() in SUFFIXES:
                path = Path(place, name)
                if path.suffix.lower() != ".eeg" or not path.with_suffix(".vhdr").exists():
                    yield path


def _beside(source: Path, ending: str) -> Path | None:
    """Return the nearest file that describes a recording, in its folder or one above it up to that of the data set."""
    own = set(source.stem.split("_")[:-1])
    root = bids_root(source)
    for folder in source.absolute().parents:
        fitting = [
            path for path in sorted(folder.glob(f"*{ending}"))
            if path.name == ending or (path.name.endswith(f"_{ending}")
                                       and set(path.name.removesuffix(f"_{ending}").split("_")) <= own)
        ]  # fmt: skip
        if fitting:
            path = max(fitting, key=lambda one: len(one.name))
            if path.stat().st_size > LARGEST:
                raise InputError(f"{path}: is larger than any description of a recording ({path.stat().st_size} bytes)")
            return path
        if root is None or folder == root.absolute():
            return None
    return None


def _of_channels(path: Path, entry: Recording, notes: list[str]) -> Recording:
    """Return a recording without the channels that are bad or no EEG by channels.tsv."""
    rows = {row["name"]: row for row in _table(path)}
    names = [str(name) for name in entry.unit_labels["channel"]]
    known = [name for name in names if name in rows]
    if not known:
        notes.append(f"BIDS: {path.name} names no channel of the recording: {listed(names, SHOWN)}")
        return entry
    bad = [name for name in known if rows[name].get("status", "").lower() == "bad"]
    others = [name for name in known if rows[name].get("type", "").upper() not in TYPES and name not in bad]
    if unlisted := [name for name in names if name not in rows]:
        notes.append(f"BIDS: channels that {path.name} does not list: {listed(unlisted)}")
    notes += [f"BIDS: bad channels by {path.name} are left out: {listed(bad)}"] if bad else []
    if others:
        typed = [f"{name} ({rows[name]['type']})" for name in others]
        notes.append(f"BIDS: channels of other types by {path.name} are left out: {listed(typed)}")
    kept = [at for at, name in enumerate(names) if name not in bad and name not in others]
    if not kept:
        raise InputError(f"{path}: leaves no channel: all {len(names)} are bad or of other types")
    return entry.select(units=kept)


def _table(path: Path) -> list[dict[str, str]]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: is no table of BIDS: {error}") from error
    if not rows or "name" not in rows[0]:
        raise InputError(f"{path}: has no column name; want a table of channels as BIDS has it")
    return [{key: (value or "").strip() for key, value in row.items() if isinstance(key, str)} for row in rows]


def _described(path: Path) -> dict[str, str]:
    """Return the reference of the electrodes, as the description of the recording has it."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: is no JSON: {error}") from error
    texts = [found.get(key) for key in ("EEGReference", "iEEGReference")] if isinstance(found, dict) else []
    return next(({"reference": text} for text in texts if isinstance(text, str) and text), {})
