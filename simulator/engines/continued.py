"""Runs that go on from the end of another run: its state, its streams of random numbers, the spikes under way."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from ..files.identity import changes, fingerprint
from ..files.origins import check_state, open_origin, state_sha256
from ..networks.changes import check_changes
from ..networks.description import describe
from ..networks.network import Network
from ..recordings.origin import Origin
from ..recordings.run import NO_NETWORK, Run
from .common import run_settings
from .compiled.engine import Simulation
from .wiring import Instance, draw_cells, instantiate


@dataclass(frozen=True, eq=False)
class Continuation:
    """End of a run from which another network goes on.

    Attributes:
        origin: of the run that ended.
        facts: provenance of the new run: time [s], SHA-256 of the state, the file with its SHA-256, changes, remarks.
    """

    origin: Origin
    facts: dict[str, Any]

    @property
    def step(self) -> int:
        """First step of the new run."""
        return self.origin.step


def ending(after: Run | str | os.PathLike[str]) -> tuple[Origin, Mapping[str, Any]]:
    """Return origin and provenance of a run, in memory or in a file, whose recordings are not read.

    Raises:
        InputError: it has no origin, or the file cannot be read.
    """
    if isinstance(after, Run):
        origin, source = after.origin, after.source
    elif isinstance(after, str | os.PathLike):
        origin, source = open_origin(after)
    else:
        raise InputError(f"after: must be a Run or the name of its file; got {type(after).__name__}")
    if origin is None:
        raise InputError(f"{source.get('file', 'after')}: {NO_NETWORK}; run it again with this version")
    return origin, source


def continuation(
    after: Run | str | os.PathLike[str],
    network: Network,
    seed: int,
    signal_dt: float,
    precision: str,
    engine: str = "compiled",
) -> Continuation:
    """Return the end of a run, checked as the start of another one.

    Raises:
        InputError: it has no state, or seed, engine, precision or interval are others, or the networks differ in more
            than their state can be carried over (`check_changes`).
    """
    origin, source = ending(after)
    where = source.get("file", "after")
    try:
        check_state(origin)
        old: Network = origin.network
    except InputError as error:
        file = shlex.quote(str(source.get("file", "FILE.h5")))
        again = f"run it again on the compiled engine: ictal simulate {file} -o NEW.h5"
        raise InputError(f"{where}: {error}; {again}") from None
    asked = run_settings(engine, network, 0, 1, seed, signal_dt, precision)
    for name in ("seed", "engine", "precision", "signal_dt"):
        if (was := origin.settings[name]) != (value := asked[name]):
            raise InputError(f"{name}: a run goes on with that of its first part; got {value} and {was} in {where}")
    remarks = check_changes(old, network)
    changed = changes(*(describe(one, {}) for one in (old, network)))
    facts: dict[str, Any] = {"time": origin.end, "state_sha256": state_sha256(origin.state)}
    facts |= {"changed": changed, "remarks": remarks}
    facts |= {key: source[key] for key in ("file", "sha256") if key in source}
    return Continuation(origin, {key: value for key, value in facts.items() if value or key == "changed"})


def start(
    network: Network,
    duration: int,
    seed: int,
    signal_dt: float,
    precision: str,
    threads: int,
    after: Continuation | None = None,
) -> Simulation:
    """Return the simulation of a network before its first step.

    With nothing changed it goes on from the arrays of the engine, to the bits of the longer run; else from the
    variables of the cells.

    Args:
        network, seed, signal_dt, precision, threads: as of `Simulation`.
        duration: time steps of this run.
        after: the end of the run that it goes on from.
    """
    instance = instantiate(network, seed)
    total = duration + (0 if after is None else after.step)
    simulation = Simulation(instance, total, seed, signal_dt, precision, threads)
    if after is None:
        return simulation
    old: Network = after.origin.network
    if fingerprint(old) == fingerprint(network):
        simulation.restore(after.origin.state)
        return simulation
    graphs = instance.graphs[: len(old.projections)]  # the layout of the state needs no edges
    drawn = Instance(old, graphs, instance.v, draw_cells(old, seed))
    before = Simulation(drawn, total, seed, signal_dt, precision)
    before.restore(after.origin.state)
    simulation.carry_over(before, instance)
    return simulation
