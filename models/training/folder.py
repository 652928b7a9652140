"""The folder FILE.h5.part of training that is under way.

::

    run.json        that this is one, and whether FILE.h5 may be replaced at the end
    checkpoint.pt   everything that is needed to go on
    history.h5      the history so far, a Run: open it at any time

Each is written under a temporary name and renamed, so that a process that is killed leaves whole files only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ...simulator.files.unfinished import Unfinished
from .checkpoint import read


@dataclass(frozen=True)
class TrainingFolder(Unfinished):
    """The folder of unfinished training."""

    FORMAT = "ictal training part"
    VERSION = 1
    OURS = re.compile(r"run\.json|checkpoint\.pt|history\.h5|\..*\.tmp")
    PROOF = "checkpoint.pt"
    LEFT = "unfinished training"
    DOING = "training here"

    @property
    def checkpoint(self) -> Path:
        """The file of all that is needed to go on."""
        return self.folder / self.PROOF

    def steps_done(self) -> int:
        """Number of steps done."""
        return int(read(self.checkpoint, "checkpoint")["step"])
