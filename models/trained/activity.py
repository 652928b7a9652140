"""What a trained network does, as a Run: its layers over test examples, and its course if it carries a state."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...simulator import InputError, Recording, Run
from ...simulator.files.document import versions
from ...simulator.files.readers import identity
from ..training.build import open_model
from .dynamics import of_network
from .evaluate import data_of_training, seed_of_training

if TYPE_CHECKING:  # torch takes seconds to import
    from torch import nn

    from ..datasets import Dataset

EXAMPLES = 1000  # of the test set
ALONE = "alone"  # the entry of a network by itself


def activity_of(path: str | os.PathLike[str]) -> Run:
    """The activity of a network that ``ictal train`` wrote.

    One Recording (example, unit) for every activation function and every recurrent layer, clock ``"sample"``, over at
    most 1000 examples of the test set that it was trained beside, with the time label ``class``; a recurrent layer as
    it is at the last time point. A recurrent network (rnn, gru, lstm, rate-rnn) moreover ``alone``, (time, unit),
    clock ``"model"``: the later half of the course of 2000 time points that it takes at an input of 0, after
    standardisation, from a random state; what ``ictal analyse`` analyses.

    Args:
        path: FILE.pt, or a checkpoint.

    Raises:
        InputError: a file that cannot be used, or data of the training that cannot be had.
    """
    from ..datasets import stratified
    from ..probe.layers import Layers
    from ..probe.record import record_samples

    model, about = open_model(path)
    seed = seed_of_training(about)
    held = data_of_training(about, path).load(seed)
    chosen = stratified(np.random.default_rng([seed, 2]), held.y_test, min(EXAMPLES, len(held.y_test)), "the test set")
    source = {
        "architecture": about["architecture"], "data": about["data"], "seed": seed, "examples": len(chosen),
        "versions": versions("torch", "scikit-learn"), **identity(path),
    }  # fmt: skip
    run = record_samples(model, held.x_test[chosen], Layers("auto"), labels=held.y_test[chosen], source=source)
    entries = {name: _last(run.recording(name), held, chosen) for name in run}
    return Run({**entries, **_alone(path, model, source)}, source)


def _last(recording: Recording, held: Dataset, chosen: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Recording:
    """A layer that keeps its time (example, time, unit) as it is at the end of it."""
    if recording.values.ndim == 2:
        return recording
    return replace(
        recording, values=recording.values[:, -1], dt=1.0, t0=0.0, clock="sample",
        time_labels={"class": held.y_test[chosen]},
    )  # fmt: skip


def _alone(path: str | os.PathLike[str], model: nn.Module, source: dict[str, object]) -> dict[str, Recording]:
    """The course of a recurrent network by itself; nothing of another."""
    from ..architectures.rate import RateModule
    from ..architectures.recurrent import RecurrentModule

    if not isinstance(model, RateModule | RecurrentModule):
        return {}
    what = of_network(Path(path), "zero")
    state = what.start(0)
    steps = round(what.time / what.dt)
    course = np.empty((steps, state.size))
    for k in range(steps):
        course[k] = state = what.step(state)
    late = course[steps // 2 :]
    if not np.isfinite(late).all():
        raise InputError(f"{path}: diverges at an input of 0")
    return {
        ALONE: Recording(
            late, dt=what.dt, clock="model", t0=(steps // 2 + 1) * what.dt, quantity="state", unit="1",
            unit_labels={"unit": np.array(what.units)}, source=source,
        )
    }  # fmt: skip
