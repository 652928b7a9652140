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
from .document import replacing, to_json

try:
    import fcntl
except ImportError:  # Windows: nothing keeps two processes apart there
    fcntl = None  # type: ignore[assignment]


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
        """Make the folder anew. The manifest holds `replaces` (FILE.h5 may be replaced at the end) and the `facts`.

        Raises:
            InputError: another process writes there, or the folder is not one of Ictal.
        """
        if self._manifest.exists():
            with self.locked():
                self.remove()
        self.remove()
        self.folder.mkdir()
        manifest = {"format": self.FORMAT, "part_version": self.VERSION, **facts, "replaces": replaces}
        with replacing(self._manifest) as temporary:
            temporary.write_text(to_json(manifest) + "\n", encoding="utf-8")

    def remove(self) -> None:
        """Remove the folder, `PROOF` first: the rest of a removal that was killed is then no unfinished work."""
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
        with self._manifest.open("rb") as handle:
            if fcntl is not None:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    raise InputError(f"{self.folder}: another process is {self.DOING}") from None
                except OSError:
                    pass  # a file system without locks
            yield

    @property
    def _manifest(self) -> Path:
        return self.folder / "run.json"

    def _check_ours(self) -> None:
        names = [item.name for item in self.folder.iterdir()] if self.folder.is_dir() else []
        if self.folder.is_file() or not all(map(self.OURS.fullmatch, names)):
            raise InputError(f"{self.folder}: is not what {self.LEFT} leaves; move it away")
