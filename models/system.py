"""What a system is: a frozen dataclass of parameters that records."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ..simulator import Recording, Run
from ..simulator.fields import check_bounds, declared
from ..simulator.networks.network import Network

Progress = Callable[[float, float], None]  # (done, total) [ms]
State = TypeVar("State")  # a numpy array or a torch tensor


@runtime_checkable
class System(Protocol):
    """Something with activity. A frozen dataclass: its fields are its parameters, `duration` [s] among them."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    def record(self, seed: int) -> Run:
        """Do it once: the same seed gives the same Run.

        `Run.source` says what was done: system, parameters, seed, engine, versions.
        """


@runtime_checkable
class Spiking(System, Protocol):
    """A system that is a network run for `duration`: `ictal simulate` streams it to a file, however long."""

    duration: float  # [s]

    def network(self) -> Network:
        """The description that an engine runs."""


@runtime_checkable
class WithTheory(Spiking, Protocol):
    """A spiking system of which theory says something beforehand: kept in the Run beside what it did."""

    def theory(self) -> Mapping[str, Recording]:
        """What is known before it runs. The unit label ``"given"`` says that nothing in an entry was simulated."""


@runtime_checkable
class Flow(Protocol[State]):
    """Something that follows dstate/dt = drift(state, inputs): what integrators step and Jacobians are taken of."""

    def drift(self, state: State, inputs: State) -> State:
        """dstate/dt at this state, (..., unit), while the inputs, (..., feature), act on it."""


@runtime_checkable
class SelfContained(Flow[Any], Protocol):
    """A flow that stands by itself: it has initial states, so that it can be run, and analysed, from many.

    What dt is in can be said by ``time_unit: ClassVar[str]``; else it is the system's own time.
    """

    variables: ClassVar[tuple[str, ...]]  # of a node; states are (..., variable · node)
    dt: float  # step of the integration
    n: int  # nodes

    def start(self, seed: int) -> NDArray[np.float64]:
        """The state from which `record` starts with this seed, (variable · node)."""


def parameters(system: System) -> dict[str, object]:
    """The parameters of a system by name, as plain numbers, strings and lists (JSON-able).

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Clock:
    ...     period: float = 0.5
    ...     def record(self, seed): ...
    >>> parameters(Clock())
    {'period': 0.5}
    """
    return {f.name: _plain(getattr(system, f.name)) for f in dataclasses.fields(system)}


def attribution(name: str, system: System, seed: int) -> dict[str, object]:
    """What a source says of a system."""
    return {"system": name, "parameters": parameters(system), "seed": int(seed)}


def attributed(run: Run, name: str, system: System, seed: int) -> Run:
    """The Run with the system's name, parameters and seed added to its source, and to that of every entry."""
    source = {**run.source, **attribution(name, system, seed)}
    return Run({key: dataclasses.replace(entry, source=source) for key, entry in run.items()}, source)


def within(system: object, field: str, low: float, high: float, why: str = "") -> None:
    """Check that a field lies in low..high, bounds that follow from other fields.

    Raises:
        InputError: it does not.
    """
    kind: type = type(system)
    bounds = dataclasses.replace(declared(kind)[field][1], gt=None, ge=low, lt=None, le=high, why=why)
    check_bounds(f"{kind.__name__}.{field}", bounds, getattr(system, field))


def _plain(value: object) -> object:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return value
