"""Functions that all engines share: numbers of steps, sampling intervals, the Run of the results."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import GRID_SLACK, steps
from ..errors import InputError
from ..files.document import versions
from ..networks.cells import DeltaSynapse, Population
from ..networks.inputs import CurrentInput, EventInput, GivenNoise, PoissonInput
from ..networks.network import Network, rate_name
from ..networks.plausible import check_rates
from ..networks.schedule import Schedule
from ..networks.signals import MeanSynapticCurrent, PopulationRate, PopulationStatistic
from ..recordings.recording import Recording
from ..recordings.run import Run
from ..recordings.spikes import Spikes

MAX_STEPS = 10**13  # some centuries of computing


def n_steps(network: Network, duration: float, signal_dt: float = 1.0) -> int:
    """Return the number of steps of a run.

    Args:
        network: the description.
        duration: of the run [ms].
        signal_dt: sampling interval of signals that have none of their own [ms].

    Raises:
        InputError: the duration is not positive or no multiple of the time step; given inputs end before it, or no
            interval of a rate does.
    """
    if not (math.isfinite(duration) and duration > 0):
        raise InputError(f"simulate: duration must be finite and > 0; got {duration / 1000.0:g} s")
    n = steps(duration, network.dt, "simulate: duration", "s")
    if n > MAX_STEPS:
        raise InputError(f"simulate: duration must be at most {MAX_STEPS:g} time steps; got {n:.3g}")
    check_rates(network)
    check_given(network, n)
    for signal in network.signals:
        interval = signal_dt if signal.interval is None else signal.interval
        if isinstance(signal, PopulationRate) and interval > duration * (1 + GRID_SLACK):
            raise InputError(
                f"PopulationRate.interval: {signal.name!r} has no whole interval of {interval:g} ms in a run of "
                f"{duration / 1000.0:g} s; a shorter interval or a longer run has one"
            )
    return n


def check_given(network: Network, total: int) -> None:
    """Check that given inputs last for a run of `total` time steps.

    Raises:
        InputError: one ends earlier, and nothing says that silence follows.
    """
    run = total * network.dt / 1000.0
    for given in network.inputs:
        if isinstance(given, GivenNoise) and given.kicks.shape[0] < total:
            lasts = given.kicks.shape[0] * network.dt / 1000.0
            raise InputError(
                f"GivenNoise.kicks: {given.name!r} ends at {lasts:g} s, before the run of {run:g} s; "
                f"freeze_inputs(network, {run:g}, seed) draws enough, or append rows of 0 for silence"
            )
        if isinstance(given, CurrentInput) and (lasts := given.lasts(network.dt)) < (total - 0.5) * network.dt:
            raise InputError(
                f"CurrentInput.current: the array for {given.target!r} ends at {lasts / 1000.0:g} s, before the run of "
                f'{run:g} s; append values, or give after="hold" or after="zero"'
            )
        if isinstance(given, EventInput) and given.until is not None and given.until < (total - 0.5) * network.dt:
            raise InputError(
                f"EventInput.until: the given events of {given.target}.{given.synapse} end at "
                f"{given.until / 1000.0:g} s, before the run of {run:g} s; freeze_inputs(network, {run:g}, seed) draws "
                "enough, or say until=None if silence follows"
            )


def rows_of(rate: bool, every: int, begin: int, until: int) -> int:
    """Return the number of samples in the steps begin..until − 1.

    A rate is sampled at the end of every whole interval of `every` steps, another signal at the beginning.
    """
    return until // every - begin // every if rate else -(-until // every) - -(-begin // every)


def check_threads(threads: object) -> None:
    """Check that a number of threads is a whole number from 1 up."""
    if isinstance(threads, bool) or not (isinstance(threads, int) and threads >= 1):
        raise InputError(f"threads: must be a whole number of at least 1; got {threads!r}")


def sampling(network: Network, signal_dt: float) -> int:
    """Return the number of steps between two samples of a signal.

    Raises:
        InputError: the interval is not positive or no multiple of the time step.
    """
    if not (math.isfinite(signal_dt) and signal_dt > 0):
        raise InputError(f"simulate: signal_dt must be > 0; got {signal_dt / 1000.0:g} s")
    return steps(signal_dt, network.dt, "simulate: signal_dt", "s")


def intervals(network: Network, signal_dt: float) -> dict[str, int]:
    """Return name -> time steps between two samples, of everything that a run records besides spikes.

    A signal has its own interval, or `signal_dt`. A slow variable and its filtered rate (`rate_name`) have `signal_dt`.

    Args:
        network: the description.
        signal_dt: the default interval [ms].

    Raises:
        InputError: `signal_dt` is not positive, or an interval is no multiple of the time step.
    """
    every = sampling(network, signal_dt)
    own = {s.name: steps(s.interval, network.dt, "interval") if s.interval else every for s in network.signals}
    return own | {name: every for slow in network.slow for name in (slow.name, rate_name(slow))}


def check_sampled(network: Network, signal_dt: float, begin: int, n: int) -> None:
    """Check that a run that goes on from another one is long enough for a sample of every signal.

    Raises:
        InputError: it ends before the next sample of one.
    """
    rates = {s.name for s in network.signals if isinstance(s, PopulationRate)}
    every = {**intervals(network, signal_dt), **{s.name: sampling(network, signal_dt) for s in network.schedules}}
    for name, interval in every.items():
        if not rows_of(name in rates, interval, begin, begin + n):
            raise InputError(
                f"simulate: duration must reach the next sample of {name!r}, every {interval * network.dt:g} ms; "
                f"got {n * network.dt:g} ms"
            )


def first_sample(rate: bool, every: int, begin: int) -> int:
    """Return the number of the first sample from step `begin` on; sample k is taken in step k·every."""
    return begin // every + 1 if rate else -(-begin // every)


def current_course(network: Network, given: CurrentInput, steps: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the values of a given current in time steps [mV]."""
    if isinstance(given.current, np.ndarray):
        return given.sampled(steps, network.dt)
    return course(network, given.current, steps)


def course(network: Network, value: float | Schedule, steps: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the values that a parameter has in time steps: those of a threshold at their beginning, else their means.

    A threshold is compared with v once a step. Gains, rates and currents act all through it.
    """
    if not isinstance(value, Schedule):
        return np.full(steps.shape, float(value))
    if any(p.v_threshold is value for p in network.populations):
        return value.at(steps * network.dt)
    return value.means(steps, network.dt)


def assemble(
    network: Network,
    steps_done: int,
    spikes: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]],
    triggers: Mapping[str, NDArray[np.int64]],
    samples: Mapping[str, NDArray[np.float64]],
    signal_dt: float,
    source: Mapping[str, object],
    begin: int = 0,
) -> Run:
    """Return the Run of an engine.

    Args:
        network: the description.
        steps_done: number of time steps, from `begin` on.
        spikes: for every population the step and the cell of its spikes, in order of time.
        triggers: for every triggered input the steps in which it was triggered.
        samples: for every name in `intervals` its values, (n_samples, columns), from `begin` on, or from the end of the
            first interval on for a rate.
        signal_dt: sampling interval of signals that have none of their own [ms].
        source: provenance.
        begin: first step; that of a run that goes on from another one is not 0.
    """
    entries: dict[str, Recording | Spikes] = {}
    t0, duration = (n * network.dt / 1000.0 for n in (begin, steps_done))
    every, default = intervals(network, signal_dt), sampling(network, signal_dt)
    rates = {s.name for s in network.signals if isinstance(s, PopulationRate)}
    trains = [
        (p.name, step, cell, p.n, _labels(p, np.arange(p.n)))
        for p, (step, cell) in zip(network.populations, spikes, strict=True)
    ]
    trains += [
        (name, step, np.zeros_like(step), 1, {"population": np.array([name])}) for name, step in triggers.items()
    ]
    for name, step, cell, n, labels in trains:
        time = np.asarray(step * network.dt / 1000.0, dtype=np.float64)
        entries[name] = Spikes(time, cell, n, duration, t0, unit_labels=labels, source=source)
    due = default * np.arange(-(-begin // default), -(-(begin + steps_done) // default))
    values = dict(samples) | {s.name: course(network, s, due)[:, None] for s in network.schedules}
    for name, (quantity, unit, labels) in descriptions(network).items():
        dt = every.get(name, default) * network.dt
        first = first_sample(name in rates, every.get(name, default), begin)
        finite = np.isfinite(values[name]).all(axis=1)
        if not finite.all():
            raise runaway(float(dt * (first + np.argmin(finite))))
        entries[name] = Recording(
            values[name],
            dt=dt / 1000.0,
            clock="second",
            quantity=quantity,
            unit=unit,
            t0=first * dt / 1000.0,
            unit_labels=labels,
            source=source,
        )
    return Run(entries, source)


def _labels(population: Population, cells: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    labels: dict[str, NDArray[Any]] = {"population": np.full(cells.size, population.name)}
    return labels if population.position is None else labels | {"position": population.position[cells]}


def descriptions(network: Network) -> dict[str, tuple[str, str, dict[str, NDArray[Any]]]]:
    """Return name -> (quantity, unit, unit labels) of every recorded signal, slow variable and schedule."""
    out: dict[str, tuple[str, str, dict[str, NDArray[Any]]]] = {}
    for signal in network.signals:
        population = network.populations[network.population(signal.population)]
        labels = {"name": np.array([signal.name])}
        if isinstance(signal, MeanSynapticCurrent):
            out[signal.name] = "mean synaptic current", "mV", labels
        elif isinstance(signal, PopulationRate):
            out[signal.name] = "firing rate", "Hz", labels
        elif isinstance(signal, PopulationStatistic):
            quantity, unit = _variable(population, signal.variable)
            out[signal.name] = f"{signal.statistic} {quantity}", unit, labels
        else:
            cells = np.arange(population.n) if signal.cells is None else signal.cells
            labels = _labels(population, cells) | {"cell": cells}
            out[signal.name] = *_variable(population, signal.variable), labels
    for slow in network.slow:
        out[slow.name] = "slow variable", "1", {"name": np.array([slow.name])}
        out[rate_name(slow)] = "firing rate", "Hz", {"name": np.array([rate_name(slow)])}
    kinds = {id(p.v_threshold): ("threshold", "mV") for p in network.populations}
    kinds |= {id(i.rate): ("rate of a Poisson input", "1/ms") for i in network.inputs if isinstance(i, PoissonInput)}
    kinds |= {id(i.current): ("current", "mV") for i in network.inputs if isinstance(i, CurrentInput)}
    for schedule in network.schedules:
        out[schedule.name] = *kinds.get(id(schedule), ("gain", "1")), {"name": np.array([schedule.name])}
    return out


def _variable(population: Population, name: str) -> tuple[str, str]:
    fixed = {"v": ("membrane potential", "mV"), "w": ("adaptation current", "mV")}
    if name in fixed:
        return fixed[name]
    conductances = [s.name for s in population.synapses if not isinstance(s, DeltaSynapse) and s.reversal is not None]
    return ("synaptic conductance", "1") if name in conductances else ("synaptic current", "mV")


def runaway(time: float) -> InputError:
    """Return the error for a state that is not finite at `time` [ms]."""
    return InputError(f"Network: activity ran away: the state is not finite at {time:g} ms; lower weights or gains")


def run_settings(
    engine: str, network: Network, begin: int, total: int, seed: int, signal_dt: float, precision: str = "float64"
) -> dict[str, Any]:
    """Return the settings of an `Origin` (JSON-able), of the steps begin..total-1.

    Times are counted in steps, so that equal ones have equal bits however they were computed.
    """
    numbers = (sampling(network, signal_dt * 1000.0), begin, total - begin)
    interval, t0, duration = (n * network.dt / 1000.0 for n in numbers)
    return {"engine": engine, "seed": int(seed), "precision": precision, "signal_dt": interval, "dt": network.dt,
            "t0": t0, "duration": duration}  # fmt: skip


def provenance(engine: str, seed: int, *packages: str) -> dict[str, object]:
    """Return engine, seed, and versions of Ictal, of its numerical packages, and of `packages` (JSON-able)."""
    return {"engine": engine, "seed": int(seed), "versions": versions(*packages)}
