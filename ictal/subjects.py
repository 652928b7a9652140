"""What `analyse` is given, as something that steps: a flow, a trained network's map, or a system that only records."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .analyses.dynamics import stepper
from .models import SYSTEMS
from .models.system import Started, parameters
from .registry import build
from .simulator import InputError
from .simulator.arrays import HDF5_SUFFIXES, identity, open_run

Floats = NDArray[np.float64]
INPUTS = ("zero", "mean")
MEAN_OF = 2000  # training examples of which the mean input is taken
NETWORK_STEPS = 2000  # of a run of a trained network


@dataclass(frozen=True, eq=False)
class Subject:
    """What is analysed.

    Attributes:
        name: of the system, or the file.
        what: "flow" dx/dt = f(x), "map" x -> f(x), or "runs": only `record`.
        f: of states (..., unit), numpy arrays and tensors alike.
        start: seed -> a state (unit,).
        units: names of the units of the state.
        angles: units that are angles.
        dt, time_unit: step, and what it is in.
        time: length of a run by default, in the same.
        parameters: of the system.
        system: what `registry.build` made, if it did.
        source: file and SHA-256, where it came from a file.
        notes: what was assumed.
    """

    name: str
    what: Literal["flow", "map", "runs"]
    f: Callable[[Any], Any] = lambda x: x
    start: Callable[[int], Floats] = lambda seed: np.zeros(0)
    units: tuple[str, ...] = ()
    angles: tuple[int, ...] = ()
    dt: float = 1.0
    time_unit: str = "steps"
    time: float = 0.0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    system: Any = None
    source: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def step(self) -> Callable[[Any], Any]:
        """One step of the state: Runge and Kutta's of a flow."""
        return stepper(self.f, self.dt) if self.what == "flow" else self.f


def subject(given: Any, settings: Mapping[str, Any], inputs: str = "zero") -> Subject:
    """What is analysed, from the name of a system, a system, or a file.

    Args:
        given: a name in `SYSTEMS`; a `Started` system; FILE.pt of a recurrent network; FILE.h5 that a system recorded.
        settings: parameters, of a name or a recorded file.
        inputs: of a network: "zero", or "mean", that of its training data.

    Raises:
        InputError: nothing of the kind.
    """
    if inputs not in INPUTS:
        raise InputError(f"--input: must be zero or mean; got {inputs!r}")
    if not isinstance(given, str | os.PathLike):
        if settings:
            raise InputError("analyse: a system that is built has its parameters; leave them out")
        return _of_system(type(given).__name__, given, {})
    path = Path(given)
    if str(given) in SYSTEMS or not (path.suffix or path.exists()):
        if inputs != "zero":
            raise InputError("--input: is for trained networks; leave it out")
        return _of_system(str(given), build(str(given), settings), {})
    if path.suffix == ".pt":
        if settings:
            raise InputError("--set: a trained network has no parameters to set; leave it out")
        return _of_network(path, inputs)
    if path.suffix.lower() not in HDF5_SUFFIXES:
        raise InputError(
            f"{path}: holds no equations; analyse takes the name of a system, FILE.pt of a trained recurrent network, "
            "or FILE.h5 that ictal simulate wrote"
        )
    run = open_run(path)
    name = str(run.source.get("system", ""))
    if name not in SYSTEMS:
        weights = path.with_suffix(".pt")
        hint = (
            f"its network is {weights}: analyse that" if weights.exists() else "it says of no system that recorded it"
        )
        raise InputError(f"{path}: holds no equations; {hint}")
    recorded = run.source.get("parameters", {})
    kept = dict(recorded) if isinstance(recorded, Mapping) else {}
    found = _of_system(name, build(name, {**kept, **settings}), identity(path))
    return found


def _of_system(name: str, system: Any, source: Mapping[str, Any]) -> Subject:
    if not isinstance(system, Started):
        if not hasattr(system, "record"):
            raise InputError(f"analyse: wants a system, a name or a file; got {type(system).__name__}")
        return Subject(name, "runs", parameters=_parameters(system), system=system, source=source)
    n = system.n
    flow: Any = system  # its inputs have a default, which `Flow` does not ask for
    units = tuple(f"{variable}{f' of node {k}' if n > 1 else ''}" for variable in system.variables for k in range(n))
    angles = tuple(at for at, unit in enumerate(units) if unit.split(" of ")[0] in ("phase", "theta"))
    time_unit = str(getattr(type(system), "time_unit", "model time"))
    duration = float(getattr(system, "duration", 1000.0 * system.dt))
    notes = ("its noise is left out",) if float(getattr(system, "noise", 0.0)) > 0 else ()
    return Subject(
        name, "flow", flow.drift, system.start, units, angles, system.dt, time_unit,
        duration * (1000.0 if time_unit == "ms" else 1.0), _parameters(system), system, source, notes,
    )  # fmt: skip


def _parameters(system: Any) -> dict[str, Any]:
    """The fields of a system; of one of a user's own that is no dataclass, none."""
    if not dataclasses.is_dataclass(system):
        return {}
    given: Any = system
    return parameters(given)


def _of_network(path: Path, inputs: str) -> Subject:
    import torch

    from .models.architectures.autonomous import autonomous
    from .networks import open_model

    model, about = open_model(path)
    kind = str(about["architecture"]["name"])
    try:
        constant = _mean_input(path, model, about) if inputs == "mean" else None
        found = autonomous(model, constant)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error

    def step(state: Any) -> Any:
        if not isinstance(state, np.ndarray):
            return found.step(state)
        with torch.no_grad():
            return found.step(torch.from_numpy(state)).numpy()

    n = len(found.units)
    said = "0 after standardisation" if inputs == "zero" else "the mean of the training data, over examples and time"
    notes = (f"the input is constant: {said}", "initial states are uniform in −1 to 1")
    return Subject(
        path.name, "map", step, lambda seed: np.random.default_rng([seed, 1]).uniform(-1.0, 1.0, n), found.units, (),
        found.dt, "time point", NETWORK_STEPS * found.dt, {"architecture": kind, "input": inputs}, None, identity(path),
        notes,
    )  # fmt: skip


def _mean_input(path: Path, model: Any, about: Mapping[str, Any]) -> Any:
    import torch

    from .evaluation import data_of_training, seed_of_training

    held = data_of_training(about, path).load(seed_of_training(about))
    with torch.no_grad():
        laid = model.input(torch.tensor(np.asarray(held.x_train[:MEAN_OF])).float())
    return laid.double().mean((0, 1))
