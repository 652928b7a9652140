"""One network, two engines: the dispatcher, and what both hand over as a Run."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from .document import versions
from .errors import InputError, unknown
from .network import Network, rate_name, steps
from .recording import Recording
from .run import Run
from .spikes import Spikes
from .wiring import instantiate

Progress = Callable[[float, float], None]  # (done, total) [ms]
ENGINES = ("compiled", "brian2")


def simulate(
    network: Network,
    duration: float,
    seed: int,
    engine: str = "compiled",
    signal_dt: float = 1.0,
    progress: Progress | None = None,
) -> Run:
    """Draw a network and run it.

    Args:
        network: the description.
        duration: how long [s], a multiple of the network's time step.
        seed: of the wiring, the initial state and the Poisson inputs, in separate streams.
        engine: "compiled", or "brian2" for the reference: the same graph, initial state and
            given events, but Poisson inputs of its own (see `freeze_inputs`).
        signal_dt: sampling interval of the signals [ms].
        progress: called with (done, total) [ms of biological time].

    Returns:
        Spikes for every population, a Recording for every signal, slow variable and scheduled gain.

    Raises:
        InputError: an unknown engine, or a duration, interval or seed that cannot be.
    """
    if engine not in ENGINES:
        raise unknown("engine", engine, ENGINES)
    n_steps(network, duration * 1000.0)
    sampling(network, signal_dt)
    instance = instantiate(network, seed)
    if engine == "compiled":
        from .engine_compiled import simulate_compiled

        return simulate_compiled(instance, duration * 1000.0, seed, signal_dt, progress)
    from .engine_brian2 import simulate_brian2

    return simulate_brian2(instance, duration * 1000.0, seed, signal_dt, progress)


def n_steps(network: Network, duration: float) -> int:
    """Steps in a duration [ms].

    Raises:
        InputError: it is not positive or no multiple of the time step.
    """
    if not (math.isfinite(duration) and duration > 0):
        raise InputError(f"simulate: duration must be > 0; got {duration:g} ms")
    return steps(duration, network.dt, "simulate: duration")


def sampling(network: Network, signal_dt: float) -> int:
    """Steps between two samples of a signal.

    Raises:
        InputError: the interval is not positive or no multiple of the time step.
    """
    if not (math.isfinite(signal_dt) and signal_dt > 0):
        raise InputError(f"simulate: signal_dt must be > 0; got {signal_dt:g} ms")
    return steps(signal_dt, network.dt, "simulate: signal_dt")


def assemble(
    network: Network,
    steps_done: int,
    spikes: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]],
    samples: NDArray[np.float64],
    signal_dt: float,
    source: Mapping[str, object],
) -> Run:
    """The Run of an engine.

    Args:
        network: what ran.
        steps_done: number of time steps.
        spikes: for every population the step and the cell of its spikes, in order of time.
        samples: (n_samples, signals + 2·slow): mean currents, then q and r of every slow variable.
        signal_dt: sampling interval [ms].
        source: provenance.
    """
    entries: dict[str, Recording | Spikes] = {}
    for population, (step, cell) in zip(network.populations, spikes, strict=True):
        entries[population.name] = Spikes(
            time=np.asarray(step * network.dt / 1000.0, dtype=np.float64),
            unit=cell,
            n_units=population.n,
            duration=steps_done * network.dt / 1000.0,
            unit_labels={"population": np.full(population.n, population.name)},
            source=source,
        )
    names = [(signal.name, "mean synaptic current", "mV") for signal in network.signals]
    for slow in network.slow:
        names += [(slow.name, "slow variable", "1"), (rate_name(slow), "firing rate", "Hz")]
    columns = list(samples.T)
    grid = signal_dt * np.arange(samples.shape[0])
    for schedule in network.schedules:
        names.append((schedule.name, "gain", "1"))
        columns.append(schedule.at(grid))
    for (name, quantity, unit), column in zip(names, columns, strict=True):
        if not np.isfinite(column).all():
            raise runaway(float(grid[np.argmin(np.isfinite(column))]))
        entries[name] = Recording(
            column[:, None],
            dt=signal_dt / 1000.0,
            clock="second",
            quantity=quantity,
            unit=unit,
            unit_labels={"name": np.array([name])},
            source=source,
        )
    return Run(entries, source)


def runaway(time: float) -> InputError:
    """The error for a state that has left the numbers by `time` [ms]."""
    return InputError(f"Network: activity ran away: the state is not finite at {time:g} ms; lower weights or gains")


def provenance(engine: str, seed: int, *packages: str) -> dict[str, object]:
    """Engine, seed, and versions of Ictal, of what it computes with, and of `packages` (JSON-able)."""
    return {"engine": engine, "seed": int(seed), "versions": versions(*packages)}
