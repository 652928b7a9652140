"""The folder FILE.h5.part of training that is under way.

::

    run.json        that this is one, and whether FILE.h5 may be replaced at the end
    checkpoint.pt   everything that is needed to go on
    history.h5      the history so far, a Run: open it at any time

Each is written under a temporary name and renamed, so that a process that is killed leaves whole files only.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...simulator import InputError
from ...simulator.files.disk import check_writable
from ...simulator.files.unfinished import Unfinished
from .checkpoint import read

if TYPE_CHECKING:
    from .distributed import Ranks

SUFFIXES = (".h5", ".hdf5", ".nc")


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

    def replaces(self, resume: bool, force: bool) -> bool | None:
        """Return whether FILE.h5 may be replaced by the unfinished training that is to go on; None without one.

        Raises:
            InputError: both resume and force.
        """
        if resume and force:
            raise InputError("--resume goes on and --force starts again: say one of them")
        record = None if force else self.manifest()
        return None if record is None else bool(record["replaces"])

    @contextmanager
    def under_way(self, files: Sequence[Path], resume: bool, force: bool, ranks: Ranks) -> Iterator[bool]:
        """Context of a training in the folder, begun or gone on with; yields whether its files may be replaced.

        A training that fails before its first checkpoint leaves nothing.

        Raises:
            InputError: files in the way; unfinished training that is neither gone on with nor replaced.
        """
        replaces = self.replaces(resume, force)
        if replaces is None:
            for file in files:
                check_writable(file, force)
        elif not resume:
            raise InputError(
                f"{self.folder}: holds unfinished training ({self.steps_done()} steps done); say --resume to go on or "
                "--force to start again"
            )
        with ExitStack() as locks:
            ranks.from_first([0.0])  # everyone has looked before the first changes what there is
            if ranks.first:
                locks.enter_context(self.locked())
                if replaces is None:
                    self.start(replaces=force)
            ranks.from_first([0.0])  # and the others go on once it has
            try:
                yield force if replaces is None else replaces
            except BaseException:
                if ranks.first and not self.checkpoint.exists():
                    self.remove()  # nothing is lost: leave nothing
                raise


def target_of(path: str | os.PathLike[str]) -> Path:
    """Return the path of the file of a training.

    Raises:
        InputError: its name does not end as HDF5 does.
    """
    target = Path(path)
    if target.suffix not in SUFFIXES:
        raise InputError(f"{target}: a history is written as HDF5; want a name that ends in .h5")
    return target
