"""Machine code on disk, in numba's folder: `NUMBA_CACHE_DIR`, else beside the kernels, else in the user's cache."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

OWN = Path(__file__).resolve().parent / "__pycache__"
_SUM = hashlib.sha256().digest_size


def folders() -> Iterator[Path]:
    """Yield the folders in which code is looked for, and written to the first that can be written."""
    given = os.environ.get("NUMBA_CACHE_DIR")
    if given:
        yield Path(given) / "ictal"
        return
    yield OWN
    yield Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ictal" / "kernels"


def read(name: str) -> bytes | None:
    """Return stored code; None where there is none, or where it is damaged: LLVM would crash on it."""
    for folder in folders():
        with contextlib.suppress(OSError):
            content = (folder / name).read_bytes()
            if hashlib.sha256(content[_SUM:]).digest() == content[:_SUM]:
                return content[_SUM:]
    return None


def write(name: str, code: bytes) -> None:
    """Store code, whole or not at all; where no folder can be written, nothing is stored."""
    for folder in folders():
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=folder)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(hashlib.sha256(code).digest() + code)
                os.replace(temporary, folder / name)
            except BaseException:
                os.unlink(temporary)
                raise
            return
