"""A trained recurrent network as a map that `analyse` takes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...analyses.dynamics.target import Target
from ...simulator import InputError
from ...simulator.files.identity import identity

MEAN_OF = 2000  # training examples of which the mean input is taken
NETWORK_STEPS = 2000  # of a run of a trained network


def of_network(path: Path, inputs: str) -> Target:
    """Return the map of a recurrent network in FILE.pt, at a constant input: "zero", or "mean" of its training data."""
    import torch

    from ..architectures.autonomous import autonomous
    from ..training.build import open_model

    model, about = open_model(path)
    kind = str(about["architecture"]["name"])
    try:
        found = autonomous(model)  # refuses a network that is not recurrent
        if inputs == "mean":
            found = autonomous(model, _mean_input(path, model, about))
    except InputError as error:
        raise InputError(f"{path}: {error}") from error

    def step(state: Any) -> Any:
        if not isinstance(state, np.ndarray):
            return found.step(state)
        with torch.no_grad():
            return found.step(torch.from_numpy(state)).numpy()

    n = len(found.units)
    words = "0 after standardisation" if inputs == "zero" else "the mean of the training data, over examples and time"
    notes = (f"the input is constant: {words}", "initial states are uniform in −1 to 1")
    return Target(
        path.name, "map", step, lambda seed: np.random.default_rng([seed, 1]).uniform(-1.0, 1.0, n), found.units, (),
        found.dt, "time point", NETWORK_STEPS * found.dt, {"architecture": kind, "input": inputs}, None, identity(path),
        notes,
    )  # fmt: skip


def _mean_input(path: Path, model: Any, about: Mapping[str, Any]) -> Any:
    import torch

    from .opened import data_of_training, seed_of_training

    loaded = data_of_training(about, path).load(seed_of_training(about))
    with torch.no_grad():
        laid = model.input(torch.tensor(np.asarray(loaded.x_train[:MEAN_OF])).float())
    return laid.double().mean((0, 1))
