"""Runs of systems without equations, described by rate or mean of every entry over the late part."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ...simulator import InputError, Recording, Run, Spikes
from ...simulator.recordings.recording import to_numpy
from ...simulator.types import Floats
from .late_runs import LateRuns

BIN = 0.05  # [s], of spikes


def recorded_runs(runs: Sequence[Run], late: float) -> LateRuns:
    """Of every entry the mean over units, and over the late part its mean and its SD over time.

    Spikes are counted in bins of 50 ms, as a rate [Hz]. The scale of an entry is the SD of these values over all runs
    and late times: a difference of 1 is as large as what it fluctuates by. Learning curves, theory and what is the
    same in all runs are left out.

    Args:
        runs: of one system.
        late: share of each that is described.

    Raises:
        InputError: nothing in them has a trajectory.
    """
    names = [name for name in runs[0] if _has_trajectory(runs[0][name]) and all(name in run for run in runs)]
    if not names:
        raise InputError("attractors: the runs hold nothing with a course over time")
    found = {name: [_late(run[name], late) for run in runs] for name in names}
    names = [
        n for n in names if any(not np.array_equal(found[n][0], trajectory) for trajectory in found[n][1:])
    ] or names
    trajectories = [[found[name][at] for name in names] for at in range(len(runs))]
    whole = np.array([[*map(np.mean, run), *map(np.std, run)] for run in trajectories])
    parts = []
    for begin in (0, 1, 2):  # quarters: the first, the middle and the last half
        cut = [[np.concatenate(np.array_split(x, 4)[begin : begin + 2]) for x in run] for run in trajectories]
        parts.append(np.array([[*map(np.mean, run), *map(np.std, run)] for run in cut]))
    n = len(names)
    scale = np.sqrt((whole[:, n:] ** 2).mean(axis=0) + whole[:, :n].var(axis=0))
    size = np.abs(whole[:, :n]).max(axis=0)
    scale = np.where(scale > 1e-9 * size, scale, size)
    labels = [
        f"{'rate' if isinstance(runs[0][name], Spikes) else 'mean'} of {name} [{_unit(runs[0][name])}]"
        for name in names
    ]
    return LateRuns(
        whole, (parts[0], parts[1], parts[2]), (*labels, *(f"SD of {label}" for label in labels)),
        np.tile(np.where(scale > 0, scale, 1.0), 2), np.empty((len(runs), 0)),
    )  # fmt: skip


def _has_trajectory(entry: Recording | Spikes) -> bool:
    if isinstance(entry, Spikes):
        return True
    return not {"metric", "given"} & set(entry.unit_labels) and entry.n_times >= 4


def _unit(entry: Recording | Spikes) -> str:
    return "Hz" if isinstance(entry, Spikes) else entry.unit


def _late(entry: Recording | Spikes, late: float) -> Floats:
    """Mean over units against time, the late part of it; where time has no order, all of it."""
    if isinstance(entry, Spikes):
        width = min(BIN, entry.duration * late / 4)
        values = entry.binned(width).values.mean(axis=-1) / width
    else:
        values = to_numpy(entry.values).reshape(-1, entry.n_times, entry.n_units).mean(axis=(0, 2))
        if entry.clock == "sample":
            return np.asarray(values)
    return np.asarray(values[-max(4, math.ceil(len(values) * late)) :], dtype=np.float64)
