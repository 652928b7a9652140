"""Files that MNE reads: BrainVision, EEGLAB, FIF, GDF and others, with names, units and events."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import InputError, Run
from ..files.readers import OF_MNE
from . import of_mne
from .mat5 import check_mat
from .packages import needed, reading

READERS_OF_MNE = {  # suffix -> reader of mne.io
    ".vhdr": "brainvision", ".set": "eeglab", ".fif": "fif", ".gdf": "gdf", ".cnt": "cnt",
    ".lay": "persyst", ".eeg": "nihon", ".snirf": "snirf", ".con": "kit", ".sqd": "kit",
}  # fmt: skip


def read_mne(source: Path, *, lazy: bool = False) -> Run:
    """Read a file with MNE as `of_mne.read` reads its object: potentials in µV, annotations, names of channels.

    ``source`` has ``format``, and ``data_files``, the SHA-256 of each file of data that a header names. Warnings of MNE
    stand in the assumptions.

    Args:
        source: the file.
        lazy: whether values stay on disk and are read in pieces.

    Raises:
        InputError: one line: mne is not installed or cannot read the file, a header names data outside its folder, or
            there is no good channel.
    """
    suffix = source.suffix.lower()
    what, reader = OF_MNE[suffix], READERS_OF_MNE[suffix]
    if suffix == ".eeg" and source.with_suffix(".vhdr").exists():
        raise InputError(f"{source}: holds data of BrainVision; name its header, {source.with_suffix('.vhdr')}")
    mne = needed(source, what, "mne", "mne")
    notes: list[str] = []
    if suffix == ".set":
        check_mat(source)
    with reading(source, what, "mne", notes), mne.use_log_level("WARNING"):
        data = _opened(mne, source, suffix, reader)
        if rates := of_mne.mixed_rates(data):
            raise InputError(f"{source}: has channels at {rates}; export those of one rate")
        others = _data_files(source, data)
        run = of_mne.read(data, lazy)
    own: Any = run.source.get("assumptions", ())
    about = {
        "format": f"{what}, by mne {mne.__version__}",
        **run.source,
        "annotations": run.source.get("annotations", []),
        "assumptions": [*own, *notes],
        **({"data_files": others} if others else {}),
    }
    return Run(run, about)


def _opened(mne: Any, source: Path, suffix: str, reader: str) -> Any:
    """Return Raw, or Epochs or Evoked where the file holds these."""
    given = {"preload": False, "verbose": "WARNING"}
    try:
        return getattr(mne.io, f"read_raw_{reader}")(source, **given)
    except (TypeError, ValueError) as error:
        if suffix == ".set" and "read_epochs_eeglab" in str(error):
            return mne.io.read_epochs_eeglab(source, verbose="WARNING")
        if suffix != ".fif" or "No raw data" not in str(error):
            raise
    for reads in (mne.read_epochs, mne.read_evokeds):
        try:
            found = reads(source, verbose="WARNING")
        except ValueError:
            continue
        return found if reads is mne.read_epochs else _one(source, found)
    raise InputError(f"{source}: holds no Raw, Epochs or Evoked of MNE")


def _one(source: Path, means: list[Any]) -> Any:
    """Return the average of a file."""
    if len(means) != 1:
        listed = ", ".join(repr(mean.comment) for mean in means)
        raise InputError(
            f"{source}: holds {len(means)} averages, {listed}; give one: mne.read_evokeds({str(source)!r})[0]"
        )
    return means[0]


def _data_files(source: Path, data: Any) -> Mapping[str, str]:
    """Return the SHA-256 of the files of data beside a header.

    Raises:
        InputError: one of them lies outside the folder of the header.
    """
    found = {}
    for name in getattr(data, "filenames", None) or ():
        if name is None or not Path(name).is_file() or Path(name).resolve() == source.resolve():
            continue
        path = Path(name).resolve()
        if not path.is_relative_to(source.parent.resolve()):
            raise InputError(f"{source}: names data outside its folder, {name}, which are not read")
        with path.open("rb") as file:
            found[str(path.relative_to(source.parent.resolve()))] = hashlib.file_digest(file, "sha256").hexdigest()
    return found
