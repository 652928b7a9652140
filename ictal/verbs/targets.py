"""Targets of an analysis: a system, a trained network or a file as a flow, a map, or runs."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..analyses.dynamics.target import Target
from ..models import SYSTEMS
from ..models.system import SelfContained, parameters
from ..models.trained.dynamics import of_network
from ..simulator import InputError
from ..simulator.files.identity import identity
from ..simulator.files.origins import holds_network, open_origin
from ..simulator.files.readers import HDF5_SUFFIXES, is_result, open_run
from .again import FileOfRun, check_made
from .names import build
from .network_files import NETWORK_SUFFIXES, NetworkSource, network_source
from .recorded import check_graph

INPUTS = ("zero", "mean")


def target(given: Any, settings: Mapping[str, Any], inputs: str = "zero") -> Target:
    """Return the target of an analysis, from the name of a system, a system, or a file.

    Args:
        given: a name in `SYSTEMS`; a `SelfContained` system; a network of one's own as of `network_source`; FILE.pt of
            a recurrent network; FILE.h5 of a system or of a network of one's own.
        settings: parameters, of a name or a recorded file.
        inputs: of a network: "zero", or "mean", that of its training data.

    Raises:
        InputError: an unknown name, a file without equations, or an object of another type.
    """
    if inputs not in INPUTS:
        raise InputError(f"inputs: must be zero or mean; got {inputs!r}")
    of_file = own_of_file(given)
    if (own := of_file or network_source(given)) is not None:
        if inputs != "zero":
            raise InputError("inputs: is for trained networks; leave it out")
        system = own.build(settings)
        source = identity(given) if of_file else {}
        return Target(
            own.name, "runs", parameters=system.parameters(), system=system, source=source, changed=system.changed
        )
    if not isinstance(given, str | os.PathLike):
        if settings:
            raise InputError("analyse: a system that is built has its parameters; leave them out")
        return _of_system(type(given).__name__, given, {})
    path, (name, recorded) = Path(given), named_system(given)
    if name == str(given):
        if inputs != "zero":
            raise InputError("inputs: is for trained networks; leave it out")
        return _of_system(name, build(name, settings), {})
    if path.suffix == ".pt":
        if settings:
            raise InputError("settings: a trained network has no parameters to set; leave it out")
        return of_network(path, inputs)
    if path.suffix.lower() not in HDF5_SUFFIXES:
        raise InputError(
            f"{path}: holds no equations; analyse takes the name of a system, FILE.pt of a trained recurrent network, "
            "or FILE.h5 that ictal simulate wrote"
        )
    if not name:
        weights = path.with_suffix(".pt")
        hint = f"its network is {weights}: analyse that" if weights.exists() else "it names no system that recorded it"
        raise InputError(f"{path}: holds no equations; {hint}")
    if is_result(path):
        check_graph(str(given), open_origin(path)[1], settings)
    return _of_system(name, build(name, {**recorded, **settings}), identity(path))


def own_of_file(given: Any) -> NetworkSource | None:
    """Return the network of one's own in a file of a run; None of anything else.

    Raises:
        InputError: a file that cannot be read, or was edited.
    """
    if not isinstance(given, str | os.PathLike) or Path(given).suffix.lower() not in HDF5_SUFFIXES:
        return None
    if not is_result(given) or not holds_network(given):
        return None
    first = FileOfRun.of(given)
    return None if first.system else NetworkSource(Path(given).name, first.network({}), duration=first.duration)


def named_system(given: str | os.PathLike[str]) -> tuple[str, Mapping[str, Any]]:
    """Return the system that is given by its name or by a file it recorded, and the recorded parameters.

    The name is "" where the file is of another kind.

    Raises:
        InputError: a file that cannot be read or was edited, or that holds another network than its system makes.
    """
    path = Path(given)
    if path.suffix in NETWORK_SUFFIXES:
        return str(given), {}
    if str(given) in SYSTEMS or not (path.suffix or path.exists()):
        return str(given), {}
    if path.suffix.lower() not in HDF5_SUFFIXES:
        return "", {}
    origin, source = open_origin(path) if is_result(path) else (None, open_run(path).source)
    if (name := source.get("system")) not in SYSTEMS:
        return "", {}
    recorded: Any = source.get("parameters", {})
    if origin is not None:
        check_made(str(given), str(name), recorded, origin.network)
    return str(name), recorded


def _of_system(name: str, system: Any, source: Mapping[str, Any]) -> Target:
    if not isinstance(system, SelfContained):
        if not hasattr(system, "record"):
            raise InputError(f"analyse: wants a system, a name or a file; got {type(system).__name__}")
        return Target(name, "runs", parameters=_parameters(system), system=system, source=source)
    n = system.n
    flow: Any = system  # its inputs have a default, which `Flow` does not ask for
    units = tuple(f"{variable}{f' of node {k}' if n > 1 else ''}" for variable in system.variables for k in range(n))
    angles = tuple(at for at, unit in enumerate(units) if unit.split(" of ")[0] in ("phase", "theta"))
    time_unit = str(getattr(type(system), "time_unit", "model time"))
    duration = float(getattr(system, "duration", 1000.0 * system.dt))
    notes = ("its noise is left out",) if float(getattr(system, "noise", 0.0)) > 0 else ()
    return Target(
        name, "flow", flow.drift, system.start, units, angles, system.dt, time_unit,
        duration * (1000.0 if time_unit == "ms" else 1.0), _parameters(system), system, source, notes,
    )  # fmt: skip


def _parameters(system: Any) -> dict[str, Any]:
    """Return the fields of a system; none of a user's own class that is no dataclass."""
    if not dataclasses.is_dataclass(system):
        return {}
    given: Any = system
    return parameters(given)
