"""CPU time of child processes, and what this machine's memory gives."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numba
import numpy as np

PEERS = Path(__file__).resolve().parent / "peers"
SINGLE = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}


class Skipped(Exception):  # noqa: N818 - it is no error
    """Reason for a missing figure."""


def child(python: str, script: str, arguments: list[str], extra: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Run an engine's script; its answer, and as `cpu` the CPU seconds (user and system) of it and all it started.

    Raises:
        Skipped: it failed; with the last line that it printed.
    """
    environment = os.environ | SINGLE | {"PYTHONWARNINGS": "ignore"} | dict(extra or {})
    environment["PATH"] = os.pathsep.join([str(Path(python).parent), environment.get("PATH", "")])
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen([python, str(PEERS / script), *arguments], stdout=out, stderr=err, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append([line for line in stream.read().splitlines() if line.strip()])
    if process.returncode:
        raise Skipped((texts[1] or texts[0] or ["no output"])[-1][:160])
    answer: dict[str, Any] = json.loads(texts[0][-1])
    return answer | {"cpu": usage.ru_utime + usage.ru_stime}


def has_compiler() -> bool:
    """Return whether Brian2 finds a C++ compiler and make."""
    compilers = (os.environ.get("CXX", ""), "c++", "g++", "clang++")
    return any(name and shutil.which(name) for name in compilers) and shutil.which("make") is not None


def importable(python: str, module: str) -> bool:
    """Return whether an interpreter finds a module."""
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
    return subprocess.run([python, "-c", code], capture_output=True, check=False).returncode == 0


def bandwidths(seconds: float = 0.2) -> dict[int, float]:
    """Bytes per CPU second of a triad a = b + c·d, one thread, by the bytes of its three arrays."""
    return {size: _bandwidth(size, seconds) for size in (100_000, 1_000_000, 10_000_000, 100_000_000)}


def _bandwidth(size: int, seconds: float) -> float:
    n = size // 24
    a, b, d = np.zeros(n), np.ones(n), np.ones(n)
    _triad(a, b, d, 1)
    repeats = max(1, int(2e8 // size))
    best = 0.0
    until = time.process_time() + seconds
    while not best or time.process_time() < until:
        start = time.process_time()
        _triad(a, b, d, repeats)
        best = max(best, 24 * n * repeats / (time.process_time() - start))
    return best


@numba.njit
def _triad(a: Any, b: Any, d: Any, repeats: int) -> None:  # pragma: no cover
    for k in range(repeats):
        c = 1.0 + k
        for i in range(a.size):
            a[i] = b[i] + c * d[i]
