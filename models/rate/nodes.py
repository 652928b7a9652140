"""What masses and oscillators share: nodes with variables, parameters a node, a graph, integration, a Run."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import array_api_compat as api
import numpy as np

from ...simulator import Clock, InputError, Recording, Run
from ...simulator.files.document import versions
from ...simulator.integrators import integrate
from ...simulator.types import Floats
from ..system import Progress, attributed, positive, within
from .graphs import Graph

Array = TypeVar("Array")
MOST_STEPS, MOST_VALUES = 1e9, 2e9  # of a run: hours, and 16 GB


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
    def duration(self) -> float:
        """Simulated time."""


def check_nodes(system: Nodes, unit: str, *, variables: int, long: str = "", per_long: float = 1.0) -> None:
    """Check that every number is finite, and duration, n, dt and sample.

    Args:
        unit: of dt and sample.
        variables: of a node.
        long: unit of the duration, if it is another; per_long: units in it.
    """
    kind = type(system).__name__
    for field in dataclasses.fields(system):  # type: ignore[arg-type]
        value = getattr(system, field.name)
        if isinstance(value, float) and not math.isfinite(value):
            raise InputError(f"{kind}.{field.name}: must be a finite number; got {value}")
    for name in ("dt", "sample"):
        positive(system, name, unit)
    positive(system, "duration", long or unit)
    within(system, "n", 1, 100_000, "1")
    per_sample = system.sample / system.dt
    if not (0.5 < per_sample < MOST_STEPS and abs(per_sample - round(per_sample)) <= 1e-6 * per_sample):
        raise InputError(f"{kind}.sample: must be a multiple of dt = {system.dt:g} [{unit}]; got {system.sample:g}")
    samples = system.duration * per_long / system.sample
    if not samples >= 1:
        raise InputError(
            f"{kind}.duration: must hold a sample, {system.sample / per_long:g} [{long or unit}]; "
            f"got {system.duration:g}"
        )
    if samples * per_sample > MOST_STEPS or samples * variables * system.n > MOST_VALUES:
        raise InputError(
            f"{kind}.duration: must be of at most {MOST_STEPS:g} steps of dt and {MOST_VALUES:g} values; got "
            f"{samples * per_sample:g} and {samples * variables * system.n:g}"
        )


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
    coupling: Graph | None,
    *,
    ticks: float = 1.0,
) -> Run:
    """Entry -> (values (time, node), quantity, unit) as a Run.

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
