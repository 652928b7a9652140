"""The folder FILE.h5.part of work that is under way: who may write there, what it is, when it is gone."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from ..errors import InputError
from .document import replacing, to_json

try:
    import fcntl
except ImportError:  # Windows: nothing keeps two processes apart there
    fcntl = None  # type: ignore[assignment]


@dataclass(frozen=True)
class PartFolder:
    """The part folder of one file. ``run.json`` says what is under way; what else it holds its kinds know.

    Attributes:
        FORMAT, VERSION: of ``run.json``.
        OURS: the names that its files have.
        PROOF: the file without which nothing is under way; the first to be removed.
        LEFT, DOING: what leaves such a folder, and what another process is doing there, in words.
    """

    FORMAT: ClassVar[str]
    VERSION: ClassVar[int]
    OURS: ClassVar[re.Pattern[str]]
    PROOF: ClassVar[str]
    LEFT: ClassVar[str]
    DOING: ClassVar[str]

    folder: Path

    @classmethod
    def of(cls, target: Path) -> Self:
        """The part folder of a file that is to be written."""
        return cls(target.with_name(target.name + ".part"))

    def record(self) -> dict[str, Any] | None:
        """Return the manifest that `start` wrote; None without an unfinished run, or with one that was being removed.

        Raises:
            InputError: not a folder of ours, a damaged record, or one of another version.
        """
        self._check_ours()
        if not (self.folder / self.PROOF).exists():
            return None
        try:
            record = dict(json.loads(self.said.read_text(encoding="utf-8")))
            version = record["part_version"]
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise InputError(f"{self.said}: is missing or damaged; say --force to start again") from error
        if version != self.VERSION:
            raise InputError(
                f"{self.folder}: was written by another ictal (version {version} of this folder; want {self.VERSION}); "
                "say --force to start again"
            )
        return record

    def start(self, replaces: bool, **facts: Mapping[str, object]) -> None:
        """Make the folder, in the place of one that exists. `replaces`: so may the file. `facts` are recorded, too.

        Raises:
            InputError: another process writes there, or the folder is not ours.
        """
        if self.said.exists():
            with self.locked():
                self.remove()
        self.remove()
        self.folder.mkdir()
        record = {"format": self.FORMAT, "part_version": self.VERSION, **facts, "replaces": replaces}
        with replacing(self.said) as temporary:
            temporary.write_text(to_json(record) + "\n", encoding="utf-8")

    def remove(self) -> None:
        """Remove the folder: the proof first, so that what a kill leaves is known to be nothing."""
        self._check_ours()
        (self.folder / self.PROOF).unlink(missing_ok=True)
        if self.folder.exists():
            for item in self.folder.iterdir():
                item.unlink()
            self.folder.rmdir()

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from writing here.

        Raises:
            InputError: another one does.
        """
        with self.said.open("rb") as handle:
            if fcntl is not None:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    raise InputError(f"{self.folder}: another process is {self.DOING}") from None
                except OSError:
                    pass  # a file system without locks
            yield

    @property
    def said(self) -> Path:
        """The file that says what is under way."""
        return self.folder / "run.json"

    def _check_ours(self) -> None:
        there = self.folder.exists()
        if there and not (
            self.folder.is_dir() and all(self.OURS.fullmatch(item.name) for item in self.folder.iterdir())
        ):
            raise InputError(f"{self.folder}: is not what {self.LEFT} leaves; move it away")
