"""Signs of a data set of BIDS, the Brain Imaging Data Structure."""

from __future__ import annotations

import re
from pathlib import Path

DESCRIPTION = "dataset_description.json"
RECORDING = re.compile(r"sub-[^_]+(?:_[a-z]+-[^_]+)*_(?:eeg|ieeg|meg)", re.IGNORECASE)  # name without suffix
_LEVELS = 6  # data set, subject, session, kind, file


def bids_root(path: Path) -> Path | None:
    """Return the folder of the data set that a file or folder is in; None outside of one."""
    return next((f for f in (path, *path.absolute().parents[:_LEVELS]) if (f / DESCRIPTION).is_file()), None)


def is_recording(path: Path) -> bool:
    """Return whether a file has the name of a recording of BIDS and is in a data set."""
    return RECORDING.fullmatch(path.stem) is not None and bids_root(path) is not None
