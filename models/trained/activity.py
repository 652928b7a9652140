"""Activity of a trained network as a Run: its layers over test examples, and its trajectory if it is recurrent."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...simulator import InputError, Recording, Run
from ...simulator.files.document import versions
from ...simulator.files.identity import identity
from ..training.build import open_model
from .dynamics import of_network
from .opened import data_of_training, seed_of_training

if TYPE_CHECKING:  # torch takes seconds to import
    from torch import nn

    from ..datasets import Dataset

EXAMPLES = 1000  # of the test set
ALONE = "alone"  # the entry of a network by itself


def activity_of(path: str | os.PathLike[str]) -> Run:
    """Return the activity of the network of a file (FILE.pt, or a checkpoint) that ``ictal train`` wrote.

    One Recording (example, unit) for every activation function and every recurrent layer, clock ``"sample"``, over at
    most 1000 examples of its test set, with the time label ``class``; a recurrent layer as
    it is at the last time point. A recurrent network (rnn, gru, lstm, rate-rnn) moreover ``alone``, (time, unit),
    clock ``"model"``: the later half of a trajectory of 2000 time points at an input of 0, after
    standardisation, from a random state, as ``ictal analyse`` takes it.

    Raises:
        InputError: a file that cannot be used, or data of the training that are missing.
    """
    from ..datasets import stratified
    from ..probe.layers import Layers
    from ..probe.record import record_samples

    model, about = open_model(path)
    seed = seed_of_training(about)
    loaded = data_of_training(about, path).load(seed)
    chosen = stratified(
        np.random.default_rng([seed, 2]), loaded.y_test, min(EXAMPLES, len(loaded.y_test)), "the test set"
    )
    source = {
        "architecture": about["architecture"], "data": about["data"], "seed": seed, "examples": len(chosen),
        "versions": versions("torch", "scikit-learn"), **identity(path),
    }  # fmt: skip
    run = record_samples(model, loaded.x_test[chosen], Layers("auto"), labels=loaded.y_test[chosen], source=source)
    entries = {name: _last(run.recording(name), loaded, chosen) for name in run}
    return Run({**entries, **_alone(path, model, source)}, source)


def _last(recording: Recording, loaded: Dataset, chosen: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Recording:
    """Return a layer at its last time point, (example, unit).

    A layer (example, unit) is returned as it is. A layer (example, time, unit) loses its time axis: its clock becomes
    ``"sample"``, and its examples get their classes as the label ``class``.

    Args:
        recording: of one layer.
        loaded: the data set, with the classes of the test set.
        chosen: numbers of the test examples in the recording, in order.
    """
    if recording.values.ndim == 2:
        return recording
    return replace(
        recording, values=recording.values[:, -1], dt=1.0, t0=0.0, clock="sample",
        time_labels={"class": loaded.y_test[chosen]},
    )  # fmt: skip


def _alone(path: str | os.PathLike[str], model: nn.Module, source: dict[str, object]) -> dict[str, Recording]:
    """Return the trajectory of a recurrent network without input; nothing for other networks."""
    from ..architectures.rate import RateModule
    from ..architectures.recurrent import RecurrentModule

    if not isinstance(model, RateModule | RecurrentModule):
        return {}
    what = of_network(Path(path), "zero")
    state = what.start(0)
    steps = round(what.time / what.dt)
    states = np.empty((steps, state.size))
    for k in range(steps):
        states[k] = state = what.step(state)
    late = states[steps // 2 :]
    if not np.isfinite(late).all():
        raise InputError(f"{path}: diverges at an input of 0")
    return {
        ALONE: Recording(
            late, dt=what.dt, clock="model", t0=(steps // 2 + 1) * what.dt, quantity="state", unit="1",
            unit_labels={"unit": np.array(what.units)}, source=source,
        )
    }  # fmt: skip
