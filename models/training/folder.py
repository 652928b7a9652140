"""The folder FILE.h5.part of training that is under way.

::

    run.json        that this is one, and whether FILE.h5 may be replaced at the end
    checkpoint.pt   everything that is needed to go on
    history.h5      the history so far, a Run: open it at any time

Each is written under a temporary name and renamed, so that whatever ends the process leaves whole files only.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...simulator import InputError, Run
from ...simulator.document import replacing, to_json
from ...simulator.store import save
from .checkpoint import read

try:
    import fcntl
except ImportError:  # Windows: nothing keeps two processes apart there
    fcntl = None  # type: ignore[assignment]

VERSION = 1
_OURS = re.compile(r"run\.json|checkpoint\.pt|history\.h5|\..*\.tmp")


@dataclass(frozen=True)
class TrainingFolder:
    """The part folder of one file."""

    folder: Path

    @classmethod
    def of(cls, target: Path) -> TrainingFolder:
        """The part folder of a file that is to be written."""
        return cls(target.with_name(target.name + ".part"))

    @property
    def checkpoint(self) -> Path:
        """The file of all that is needed to go on."""
        return self.folder / "checkpoint.pt"

    def record(self) -> dict[str, Any] | None:
        """What `start` wrote; None where no training is under way.

        Raises:
            InputError: not a folder of ours, a damaged record, or one of another version.
        """
        self._check_ours()
        if not self.checkpoint.exists():
            return None
        try:
            record = dict(json.loads(self._run.read_text(encoding="utf-8")))
            version = record["part_version"]
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise InputError(f"{self._run}: is missing or damaged; say --force to start again") from error
        if version != VERSION:
            raise InputError(
                f"{self.folder}: was written by another ictal (version {version} of this folder; want {VERSION}); "
                "say --force to start again"
            )
        return record

    def steps_done(self) -> int:
        """How far it came."""
        return int(read(self.checkpoint, "checkpoint")["step"])

    def start(self, replaces: bool) -> None:
        """Make the folder, in the place of one that exists. `replaces`: so may the files.

        Raises:
            InputError: another process writes there, or the folder is not ours.
        """
        if self._run.exists():
            with self.locked():
                self.remove()
        self.remove()
        self.folder.mkdir()
        with replacing(self._run) as temporary:
            record = {"format": "ictal training part", "part_version": VERSION, "replaces": replaces}
            temporary.write_text(to_json(record) + "\n", encoding="utf-8")

    def write_history(self, run: Run) -> None:
        """The history so far, in the place of the one before."""
        save(run, self.folder / "history.h5", force=True)

    def remove(self) -> None:
        """Remove the folder: the checkpoint first, so that what a kill leaves is known to be no training."""
        self._check_ours()
        self.checkpoint.unlink(missing_ok=True)
        if self.folder.exists():
            for item in self.folder.iterdir():
                item.unlink()
            self.folder.rmdir()

    def _check_ours(self) -> None:
        there = self.folder.exists()
        if there and not (self.folder.is_dir() and all(_OURS.fullmatch(item.name) for item in self.folder.iterdir())):
            raise InputError(f"{self.folder}: is not what unfinished training leaves; move it away")

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from writing here.

        Raises:
            InputError: another one does.
        """
        with self._run.open("rb") as handle:
            if fcntl is not None:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    raise InputError(f"{self.folder}: another process is training here") from None
                except OSError:
                    pass  # a file system without locks
            yield

    @property
    def _run(self) -> Path:
        return self.folder / "run.json"
