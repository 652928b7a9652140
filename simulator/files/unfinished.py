"""The folder FILE.h5.part of unfinished work: its manifest, its lock, its removal."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from ..errors import InputError
from .disk import clear, locked_folder, replacing, write_errors
from .document import to_json


@dataclass(frozen=True)
class Unfinished:
    """The folder of a file that is not finished: a manifest, ``run.json``, and the files of a subclass.

    Attributes:
        FORMAT, VERSION: of the manifest.
        OURS: pattern of the names of its files.
        PROOF: the file without which there is no unfinished work; the first to be removed.
        LEFT, DOING: in words: the work that leaves such a folder, and the action of another process there.
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
        """Return the folder of a file that is to be written."""
        return cls(target.with_name(target.name + ".part"))

    def manifest(self) -> dict[str, Any] | None:
        """Return the manifest that `start` wrote; None without unfinished work, or if its removal had begun.

        Raises:
            InputError: not a folder of Ictal, or a manifest that is damaged or of another version.
        """
        self._check_ours()
        if not (self.folder / self.PROOF).exists():
            return None
        try:
            manifest = dict(json.loads(self._manifest.read_text(encoding="utf-8")))
            version = manifest["part_version"]
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise InputError(f"{self._manifest}: is missing or damaged; say --force to start again") from error
        if version != self.VERSION:
            raise InputError(
                f"{self.folder}: was written by another ictal (version {version} of this folder; want {self.VERSION}); "
                "say --force to start again"
            )
        return manifest

    def start(self, replaces: bool, **facts: Mapping[str, object]) -> None:
        """Start anew in the folder, which is `locked`; what is there is removed.

        Args:
            replaces: FILE.h5 may be replaced at the end.
            facts: further content of the manifest.

        Raises:
            InputError: the folder is not one of Ictal.
        """
        self.folder.mkdir(exist_ok=True)
        self._clear()
        manifest = {"format": self.FORMAT, "part_version": self.VERSION, **facts, "replaces": replaces}
        with replacing(self._manifest) as temporary:
            temporary.write_text(to_json(manifest) + "\n", encoding="utf-8")

    def remove(self) -> None:
        """Remove the folder."""
        if self.folder.exists():
            self._clear()
            self.folder.rmdir()

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Make the folder, and keep other processes from writing there.

        Raises:
            InputError: another one does, or the folder is not one of Ictal.
        """
        self._check_ours()
        with contextlib.ExitStack() as stack:
            with write_errors(self.folder):
                otherwise = f"{self.folder}: another process is {self.DOING}"
                stack.enter_context(locked_folder(self.folder, otherwise))
            yield

    def _clear(self) -> None:
        """Remove all files, `PROOF` first: the rest of a removal that was killed is then no unfinished work."""
        self._check_ours()
        (self.folder / self.PROOF).unlink(missing_ok=True)
        clear(self.folder)

    @property
    def _manifest(self) -> Path:
        return self.folder / "run.json"

    def _check_ours(self) -> None:
        names = [item.name for item in self.folder.iterdir()] if self.folder.is_dir() else []
        if self.folder.is_file() or not all(map(self.OURS.fullmatch, names)):
            raise InputError(f"{self.folder}: is not what {self.LEFT} leaves; move it away")
