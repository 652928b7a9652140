"""Shared by the scripts of all engines: the drawn network as arrays, and the statistics. Needs numpy only."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np

DT = 0.1  # [ms], of every case
SHORT = 0.1  # how much of `duration` every engine runs after `warm`, before it is measured
MIN_SPIKES = 4  # of a cell that counts for the CV


def arguments(**extra: tuple[str, ...]) -> argparse.Namespace:
    """The command line of an engine's script.

    Modes: "steady" prints CPU seconds per biological second, over `duration` after a start of
    `warm` + SHORT·`duration`; "whole" runs `duration` from 0 to its statistics; "sweep" does that once for each
    parameter value of the case.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=("steady", "whole", "sweep"))
    parser.add_argument("case")
    parser.add_argument("arrays", type=Path, help="the drawn network, .npz")
    parser.add_argument("folder", type=Path, help="for compiled code")
    parser.add_argument("--warm", type=float, default=0.0)
    parser.add_argument("--duration", type=float, default=1.0)
    for name, choices in extra.items():
        parser.add_argument(f"--{name}", choices=choices, default=choices[0])
    return parser.parse_args()


def statistics(step: np.ndarray, cell: np.ndarray, n: int, begin: int, end: int) -> dict[str, object]:
    """Rate [Hz], mean CV of the interspike intervals [1], and a digest of the spikes in the steps begin..end-1.

    The CV is that of cells with at least 4 spikes, NaN where there are none.
    """
    inside = (step >= begin) & (step < end)
    step, cell = np.asarray(step[inside], np.int64), np.asarray(cell[inside], np.int64)
    order = np.lexsort((step, cell))
    times, owner = step[order], cell[order]
    interval, same = np.diff(times).astype(float), np.diff(owner) == 0
    interval, owner = interval[same], owner[1:][same]
    count = np.bincount(owner, minlength=n)
    enough = count >= MIN_SPIKES - 1
    mean = np.bincount(owner, interval, n)[enough] / count[enough]
    variance = np.bincount(owner, interval**2, n)[enough] / count[enough] - mean**2
    cv = np.sqrt(np.clip(variance, 0.0, None)) / mean
    pairs = np.sort(step * n + cell)
    return {
        "rate": step.size / (n * (end - begin) * DT / 1000.0),
        "cv": float(cv.mean()) if cv.size else float("nan"),
        "digest": hashlib.sha256(pairs.tobytes()).hexdigest()[:12],
    }


def mean_statistics(each: list[dict[str, object]]) -> dict[str, object]:
    """Those of a sweep: means, and a digest of all digests."""
    whole = hashlib.sha256("".join(str(s["digest"]) for s in each).encode()).hexdigest()[:12]
    return {key: float(np.mean([s[key] for s in each])) for key in ("rate", "cv")} | {"digest": whole}


def answer(result: dict[str, object]) -> None:
    """Hand the result to the benchmark: one line of JSON, the last of the output."""
    print(json.dumps(result), flush=True)


def to_steps(seconds: float) -> int:
    return round(seconds * 1000.0 / DT)


def window(options: argparse.Namespace) -> tuple[int, int]:
    """First and last step (not included) of the steady state."""
    begin = to_steps(options.warm + SHORT * options.duration)
    return begin, begin + to_steps(options.duration)
