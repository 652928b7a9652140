"""Bitcode of the kernels within the package. `python -m ictal.simulator.engines.ship` writes it."""

from __future__ import annotations

import hashlib
import json
import lzma
from functools import lru_cache
from pathlib import Path
from typing import Any

import llvmlite.binding as binding  # type: ignore[import-untyped,unused-ignore]

LLVM = int(binding.llvm_version_info[0])
FOLDER = Path(__file__).resolve().parent / "bitcode"
CONTENTS = FOLDER / "contents.json"


@lru_cache(maxsize=1)
def contents() -> dict[str, Any]:
    """Return the digest of the sources, the version of LLVM, and the file of every kernel."""
    try:
        found: dict[str, Any] = json.loads(CONTENTS.read_text(encoding="utf-8"))
    except OSError:
        return {"sources": "", "llvm": 0, "files": {}}
    return found


def shipped(name: str, key: str, sources: str) -> bytes | None:
    """Return the bitcode of a kernel for arguments of these types.

    None if it is not there, of other sources, or of a later LLVM than the one at hand: LLVM reads what is older.
    """
    found = contents()
    file = found["files"].get(label(name, key))
    if file is None or found["sources"] != sources or found["llvm"] > LLVM:
        return None
    return lzma.decompress((FOLDER / file).read_bytes())


def label(name: str, key: str) -> str:
    """Return the name under which the contents list a kernel."""
    return f"{name} {hashlib.sha256(key.encode()).hexdigest()[:16]}"
