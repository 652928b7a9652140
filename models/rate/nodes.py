"""Common parts of masses and oscillators: nodes with variables, parameters a node, a graph, integration, a Run."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, TypeVar

import array_api_compat as api
import numpy as np

from ...simulator import Clock, InputError, Recording, Run
from ...simulator.fields import Checked, Param, declared
from ...simulator.files.document import versions
from ...simulator.integrators import integrate
from ...simulator.types import Floats
from ..system import Progress, attributed
from .graphs import Graph

Array = TypeVar("Array")
MOST_STEPS, MOST_VALUES = 1e9, 2e9  # of a run: hours, and 16 GB


Count = Annotated[int, Param("nodes", ge=1, le=100_000)]
GraphName = Annotated[str, Param("none, chain, ring, all (1/n each), or FILE.npy, FILE.csv with the matrix W")]


class Nodes(Checked):
    """Base of systems of nodes that are integrated with the step dt and sampled: frozen dataclasses."""

    variables: ClassVar[tuple[str, ...]]
    time_unit: ClassVar[str]  # of dt and sample
    recorded: ClassVar[int] = 0  # values of a node and sample, where they are more than its variables
    n: int
    dt: float
    sample: float
    duration: float

    def __post_init__(self) -> None:
        super().__post_init__()
        system: type = type(self)
        kind, unit, variables = system.__name__, self.time_unit, max(self.recorded, len(self.variables))
        long = declared(system)["duration"][1].unit
        per_long = 1000.0 if (long, unit) == ("s", "ms") else 1.0
        per_sample = self.sample / self.dt
        if not (0.5 < per_sample < MOST_STEPS and abs(per_sample - round(per_sample)) <= 1e-6 * per_sample):
            raise InputError(f"{kind}.sample: must be a multiple of dt = {self.dt:g} [{unit}]; got {self.sample:g}")
        samples = self.duration * per_long / self.sample
        if not samples >= 1:
            raise InputError(
                f"{kind}.duration: must hold a sample, {self.sample / per_long:g} [{long}]; got {self.duration:g}"
            )
        if samples * per_sample > MOST_STEPS or samples * variables * self.n > MOST_VALUES:
            raise InputError(
                f"{kind}.duration: must be of at most {MOST_STEPS:g} steps of dt and {MOST_VALUES:g} values; got "
                f"{samples * per_sample:g} and {samples * variables * self.n:g}"
            )


def per_node(system: Nodes, field: str) -> Floats:
    """Return a field with one value, or one a node, as (n,).

    Raises:
        InputError: another number of values, or one that is not finite.
    """
    values = np.asarray(getattr(system, field), dtype=np.float64)
    kind = type(system).__name__
    if values.size not in (1, system.n) or not np.isfinite(values).all():
        raise InputError(
            f"{kind}.{field}: must be one finite number, or one for each of {system.n} nodes; got {values.tolist()}"
        )
    return np.array(np.broadcast_to(values, (system.n,)))


def like(state: Array, values: Floats) -> Array:
    """Return values as an array of the library, type and device of a state."""
    if isinstance(state, np.ndarray):
        return values  # type: ignore[return-value]
    xp = api.array_namespace(state)
    found: Array = xp.asarray(values, dtype=state.dtype, device=api.device(state))  # type: ignore[attr-defined]
    return found


def pulled(x: Any, by: Graph) -> Any:
    """Σ_j W_ij x_j of x (..., node)."""
    return x @ like(x, by.w).T if by.w.size else 0.0


def difference(x: Any, by: Graph) -> Any:
    """Σ_j W_ij (x_j − x_i) of x (..., node)."""
    return pulled(x, by) - x * like(x, by.sums)


def split(state: Any, n: int) -> list[Any]:
    """State (..., variable · node) -> variables, each (..., node)."""
    return [state[..., at : at + n] for at in range(0, state.shape[-1], n)]


def joined(parts: Sequence[Any]) -> Any:
    """Variables, each (..., node) -> state (..., variable · node)."""
    return api.array_namespace(parts[0]).concat(list(parts), axis=-1)


def course(
    system: Nodes,
    drift: Callable[[Floats], Floats],
    start: Floats,
    duration: float,
    seed: int,
    *,
    names: Sequence[str],
    method: str = "heun",
    sd: Floats | float = 0.0,
    progress: Progress | None = None,
) -> Floats:
    """Integrate, and return states (record, variable · node) over a duration, the start among them.

    Args:
        duration: in the unit of dt.
        names: of the variables.
        method, sd: as of `integrate`.
    """
    every = round(system.sample / system.dt)
    n_samples = math.floor(duration / system.sample + 1e-9)
    units = [f"{name} of node {k}" for name in names for k in range(system.n)]
    return integrate(
        drift, start, dt=system.dt, n_steps=n_samples * every, every=every, method=method, sd=sd, seed=seed,
        names=units, progress=progress,
    )  # fmt: skip


def run_of(
    name: str,
    system: Any,
    seed: int,
    clock: Clock,
    entries: Mapping[str, tuple[Floats, str, str]],
    coupling: Graph | None,
    *,
    ticks: float = 1.0,
) -> Run:
    """Return entries name -> (values (time, node), quantity, unit) as a Run.

    Args:
        ticks: of the clock in a unit of the system's time, 0.001 for ms.
    """
    source: dict[str, object] = {"engine": "numpy", "versions": versions()}
    if coupling is not None and coupling.identity:
        source["graph"] = dict(coupling.identity)
    found = {}
    for key, (values, quantity, unit) in entries.items():
        labels = {"node": np.arange(values.shape[-1])}
        found[key] = Recording(
            values, dt=system.sample * ticks, clock=clock, quantity=quantity, unit=unit, unit_labels=labels,
            source=source,
        )  # fmt: skip
    return attributed(Run(found, source), name, system, seed)
