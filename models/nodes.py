"""What masses and oscillators share: nodes with variables, parameters a node, a graph, integration, a Run."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import array_api_compat as api
import numpy as np
from numpy.typing import NDArray

from ..simulator import Clock, InputError, Recording, Run
from ..simulator.arrays import identity
from ..simulator.document import versions
from ..simulator.integrators import integrate
from .graphs import SUFFIXES
from .system import Progress, attributed, positive, within

Floats = NDArray[np.float64]
Array = TypeVar("Array")


class Nodes(Protocol):
    """The fields that these systems share; frozen dataclasses have them."""

    @property
    def n(self) -> int:
        """Nodes."""

    @property
    def dt(self) -> float:
        """Step of the integration."""

    @property
    def sample(self) -> float:
        """Interval between samples, a multiple of dt."""

    @property
    def graph(self) -> str:
        """Who is coupled to whom."""


def check_nodes(system: Nodes, unit: str, duration: float) -> None:
    """Check duration, n, dt and sample; all times in the same unit."""
    for field in ("duration", "dt", "sample"):
        positive(system, field, unit)
    within(system, "n", 1, 100_000, "1")
    kind = type(system).__name__
    per_sample = system.sample / system.dt
    if abs(per_sample - round(per_sample)) > 1e-6 or round(per_sample) < 1:
        raise InputError(f"{kind}.sample: must be a multiple of dt = {system.dt:g} [{unit}]; got {system.sample:g}")
    if duration < system.sample:
        raise InputError(f"{kind}.duration: must hold a sample, {system.sample:g} [{unit}]; got {duration:g}")


def per_node(system: Nodes, field: str) -> Floats:
    """A field with one value, or one a node, as (n,).

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
    """Values as an array of the library, type and device of a state."""
    if isinstance(state, np.ndarray):
        return values  # type: ignore[return-value]
    xp = api.array_namespace(state)
    found: Array = xp.asarray(values, dtype=state.dtype, device=api.device(state))  # type: ignore[attr-defined]
    return found


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
    """States (record, variable · node) over a duration, the start among them.

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
    *,
    ticks: float = 1.0,
) -> Run:
    """Entry -> (values (time, node), quantity, unit) as a Run.

    Args:
        ticks: of the clock in a unit of the system's time, 0.001 for ms.
    """
    source: dict[str, object] = {"engine": "numpy", "versions": versions()}
    if system.graph.endswith(SUFFIXES):
        source["graph"] = identity(system.graph)
    found = {}
    for key, (values, quantity, unit) in entries.items():
        labels = {"node": np.arange(values.shape[-1])}
        found[key] = Recording(
            values, dt=system.sample * ticks, clock=clock, quantity=quantity, unit=unit, unit_labels=labels,
            source=source,
        )  # fmt: skip
    return attributed(Run(found, source), name, system, seed)
