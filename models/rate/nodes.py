"""Bases of masses and oscillators: nodes with variables, parameters for each node, a graph, integration, a Run."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, ClassVar, TypeVar

import array_api_compat as api
import numpy as np

from ...simulator import Clock, InputError, Recording, Run
from ...simulator.fields import Checked, Param, declared
from ...simulator.files.document import versions
from ...simulator.integrators import integrate
from ...simulator.machine import check_memory
from ...simulator.types import Floats
from ..system import Progress, attributed
from .graphs import Graph, graph

Array = TypeVar("Array")
MOST_STEPS, MOST_VALUES = 1e9, 2e9  # of a run: hours, and 16 GB

Count = Annotated[int, Param("nodes", ge=1, le=100_000)]
GraphName = Annotated[str, Param("none, chain, ring, all (1/n each), or FILE.npy, FILE.csv with the matrix W")]


class Nodes(Checked, ABC):
    """Base of systems of nodes that are integrated with the step dt and sampled: frozen dataclasses."""

    __dataclass_fields__: ClassVar[dict[str, Any]]
    name: ClassVar[str]  # in SYSTEMS
    variables: ClassVar[tuple[str, ...]]
    time_unit: ClassVar[str]  # of dt and sample
    scheme: ClassVar[str] = "rk4"  # of the integration without noise; with noise it is Heun's
    recorded: ClassVar[int] = 0  # values of a node and sample, where they are more than its variables
    bounds: ClassVar[tuple[float, float]] = (-math.inf, math.inf)  # of all variables: states are reflected there
    n: int
    dt: float
    sample: float
    duration: float

    def __post_init__(self) -> None:
        super().__post_init__()
        kind, unit, variables = type(self).__name__, self.time_unit, max(self.recorded, len(self.variables))
        per_sample = self.sample / self.dt
        if not (0.5 < per_sample < MOST_STEPS and abs(per_sample - round(per_sample)) <= 1e-6 * per_sample):
            raise InputError(f"{kind}.sample: must be a multiple of dt = {self.dt:g} [{unit}]; got {self.sample:g}")
        samples = self.duration * self._ms / self.sample
        if not samples >= 1:
            raise InputError(
                f"{kind}.duration: must hold a sample, {self.sample / self._ms:g} "
                f"[{'s' if unit == 'ms' else unit}]; got {self.duration:g}"
            )
        if samples * per_sample > MOST_STEPS or samples * variables * self.n > MOST_VALUES:
            raise InputError(
                f"{kind}.duration: must be of at most {MOST_STEPS:g} steps of dt and {MOST_VALUES:g} values; got "
                f"{samples * per_sample:g} and {samples * variables * self.n:g}"
            )

    @property
    def _ms(self) -> float:
        """Units of dt in one of `duration`: 1000 where dt is in ms, because `duration` is in s."""
        return 1000.0 if self.time_unit == "ms" else 1.0

    @abstractmethod
    def start(self, seed: int) -> Floats:
        """Return the state at the beginning, (variable · node)."""

    @abstractmethod
    def drift(self, state: Any, inputs: Any = 0.0) -> Any:
        """Return dstate/dt of states (..., variable · node)."""

    def trajectory(self, seed: int, sd: Floats | float, progress: Progress | None) -> Floats:
        """Return states (sample, variable · node), the start among them, with white noise of this SD [1/√time]."""
        every = round(self.sample / self.dt)
        n_samples = math.floor(self.duration * self._ms / self.sample + 1e-9)
        units = [f"{name} of node {k}" for name in self.variables for k in range(self.n)]
        values = float((n_samples + 1) * self.n * (len(self.variables) + max(self.recorded, len(self.variables))))
        check_memory(
            f"{type(self).__name__}.duration: {n_samples} samples of {self.n} nodes (fewer, or a larger `sample`, fit)",
            8.0 * values,
        )
        return integrate(
            self.drift, self.start(seed), dt=self.dt, n_steps=n_samples * every, every=every,
            method="heun" if np.any(sd) else self.scheme, sd=sd, seed=seed, names=units,
            bounds=self.bounds, progress=progress,
        )  # fmt: skip


class Coupled(Nodes):
    """Base of systems whose nodes are coupled by a graph.

    Raises:
        InputError: a parameter out of its bounds; a graph that cannot be; a state that diverges.
    """

    coupling: ClassVar[str] = "k"  # field of the strength
    graph: str
    noise: float

    def __post_init__(self) -> None:
        super().__post_init__()
        self._per_node, self._graph  # refuse what cannot be  # noqa: B018

    @cached_property
    def _per_node(self) -> dict[str, Floats]:
        """Values (n,) of every field that is one number, or one for each node."""
        kind: type = type(self)
        found = {}
        for field in (name for name, (hint, _) in declared(kind).items() if hint == tuple[float, ...]):
            values = np.asarray(getattr(self, field), dtype=np.float64)
            if values.size not in (1, self.n) or not np.isfinite(values).all():
                raise InputError(
                    f"{kind.__name__}.{field}: must be one finite number, or one for each of {self.n} nodes; "
                    f"got {values.tolist()}"
                )
            found[field] = np.array(np.broadcast_to(values, (self.n,)))
        return found

    @cached_property
    def _graph(self) -> Graph:
        coupled = getattr(self, self.coupling) != 0
        return graph(f"{type(self).__name__}.graph", self.graph, self.n, coupled=coupled)

    @property
    def _sd(self) -> Floats | float:
        """SD of the noise, of all variables or of each (variable · node)."""
        return self.noise

    @abstractmethod
    def entries(self, states: Floats) -> Mapping[str, tuple[Floats, str, str]]:
        """Return name -> (values (time, node), quantity, unit), of states (time, variable · node)."""

    def record(self, seed: int, progress: Progress | None = None) -> Run:
        """Return a run; `progress` is called with (done, total) in the unit of dt."""
        source: dict[str, object] = {"engine": "numpy", "versions": versions()}
        if self._graph.identity:
            source["graph"] = dict(self._graph.identity)
        clock: Clock = "model" if self.time_unit == "model time" else "second"
        found = {
            key: Recording(
                values, dt=self.sample * (1.0 / self._ms), clock=clock, quantity=quantity, unit=unit,
                unit_labels={"node": np.arange(values.shape[-1])}, source=source,
            )
            for key, (values, quantity, unit) in self.entries(self.trajectory(seed, self._sd, progress)).items()
        }  # fmt: skip
        return attributed(Run(found, source), self.name, self, seed)


def like(state: Array, values: Floats) -> Array:
    """Return values as an array of the library, type and device of a state."""
    if isinstance(state, np.ndarray):
        return values  # type: ignore[return-value]
    xp = api.array_namespace(state)
    found: Array = xp.asarray(values, dtype=state.dtype, device=api.device(state))  # type: ignore[attr-defined]
    return found


def pulled(x: Any, by: Graph) -> Any:
    """Return Σ_j W_ij x_j of x (..., node)."""
    return x @ like(x, by.w).T if by.w.size else 0.0


def difference(x: Any, by: Graph) -> Any:
    """Return Σ_j W_ij (x_j − x_i) of x (..., node)."""
    return pulled(x, by) - x * like(x, by.sums)


def split(state: Any, n: int) -> list[Any]:
    """Return the variables of a state (..., variable · node), each (..., node)."""
    return [state[..., at : at + n] for at in range(0, state.shape[-1], n)]


def joined(parts: Sequence[Any]) -> Any:
    """Return variables, each (..., node), as a state (..., variable · node)."""
    if isinstance(parts[0], np.ndarray):  # a tenth of a step of few nodes goes into finding out the library
        return np.concatenate(parts, axis=-1)
    return api.array_namespace(parts[0]).concat(list(parts), axis=-1)
