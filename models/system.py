"""Protocols of systems: frozen dataclasses of parameters that record a Run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ..simulator import Network, Recording, Run
from ..simulator.fields import check_bounds, declared
from ..simulator.files.rows import plain

Progress = Callable[[float, float], None]  # (done, total), in the unit that `record` names
State = TypeVar("State")  # a numpy array or a torch tensor


@runtime_checkable
class System(Protocol):
    """A source of activity. A frozen dataclass: its fields are its parameters, `duration` [s] among them."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    def record(self, seed: int) -> Run:
        """Return one run: the same seed gives the same Run.

        `Run.source` is the provenance: system, parameters, seed, engine, versions.
        """


@runtime_checkable
class Spiking(System, Protocol):
    """A system that is a network run for `duration`: `ictal simulate` streams it to a file, however long."""

    duration: float  # [s]

    def network(self) -> Network:
        """The description that an engine runs."""


@runtime_checkable
class WithTheory(Spiking, Protocol):
    """A spiking system with entries from theory, stored in the Run with the simulated ones."""

    def theory(self) -> Mapping[str, Recording]:
        """Return entries known before the run; their unit label ``"given"`` marks values that were not simulated."""


@runtime_checkable
class WithParameters(System, Protocol):
    """A system whose recorded parameters are not its fields."""

    def parameters(self) -> dict[str, object]:
        """Return name -> value, as plain numbers, strings and lists."""


@runtime_checkable
class Flow(Protocol[State]):
    """A system dstate/dt = drift(state, inputs), for integrators and Jacobians."""

    def drift(self, state: State, inputs: State) -> State:
        """Return dstate/dt at states (..., unit) under inputs (..., feature)."""


@runtime_checkable
class SelfContained(Flow[Any], Protocol):
    """A flow with initial states of its own, so that it can be run, and analysed, from many.

    ``time_unit: ClassVar[str]`` names the unit of dt; without it dt is in the system's own time.
    """

    variables: ClassVar[tuple[str, ...]]  # of a node; states are (..., variable · node)
    dt: float  # step of the integration
    n: int  # nodes

    def start(self, seed: int) -> NDArray[np.float64]:
        """Return the state from which `record` starts with this seed, (variable · node)."""


def parameters(system: System) -> dict[str, object]:
    """Return the parameters of a system by name, as plain numbers, strings and lists (JSON-able).

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Clock:
    ...     period: float = 0.5
    ...     def record(self, seed): ...
    >>> parameters(Clock())
    {'period': 0.5}
    """
    if isinstance(system, WithParameters):
        return system.parameters()
    return {f.name: plain(getattr(system, f.name)) for f in dataclasses.fields(system)}


def attribution(name: str, system: System, seed: int) -> dict[str, object]:
    """Return the provenance of a run of a system: name, parameters and seed."""
    return {"system": name, "parameters": parameters(system), "seed": int(seed)}


def attributed(run: Run, name: str, system: System, seed: int) -> Run:
    """Return the Run with the system's name, parameters and seed added to its source, and to that of every entry."""
    source = {**run.source, **attribution(name, system, seed)}
    return Run({key: dataclasses.replace(entry, source=source) for key, entry in run.items()}, source, run.origin)


def within(system: object, field: str, low: float, high: float, why: str = "") -> None:
    """Check that a field lies in low..high, bounds that follow from other fields.

    Raises:
        InputError: it does not.
    """
    kind: type = type(system)
    bounds = dataclasses.replace(declared(kind)[field][1], gt=None, ge=low, lt=None, le=high, why=why)
    check_bounds(f"{kind.__name__}.{field}", bounds, getattr(system, field))
