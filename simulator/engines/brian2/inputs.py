"""Edges, inputs and signals as Brian2 takes them: arrays, statements, operations of a step. Imports no Brian2."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...checks import steps
from ...networks.cells import AlphaSynapse, AnySynapse, DeltaSynapse, Population, SaturatingSynapse
from ...networks.inputs import AnyInput, EventInput, GivenNoise, OUNoise, PoissonInput, TriggeredInput, WhiteNoise
from ...networks.network import Network, rate_name
from ...networks.schedule import Schedule
from ...networks.signals import MeanSynapticCurrent, PopulationRate, PopulationStatistic, StateRecording
from ..noise import coupling, noise_sd
from ..wiring import Factors, Graph, Wiring
from .equations import Timed, number

Operation = Callable[[int], None]  # what happens in step n
Indices = NDArray[np.int32] | NDArray[np.int64]
Groups = Mapping[str, Any]  # name of a population or a slow variable -> NeuronGroup


def array(group: Any, name: str) -> NDArray[np.float64]:
    """Return the memory of a variable of a group; writing to it changes the state."""
    values: NDArray[np.float64] = group.variables[name].get_value()
    return values


def arrival(synapse: AnySynapse, k: int, amount: str, post: str = "") -> str:
    """Return the statement by which `amount` of a spike acts on the cell through its synapse number k."""
    if isinstance(synapse, DeltaSynapse):
        return f"v{post} += ({synapse.sign})*{amount}*int(not_refractory{post})"
    if isinstance(synapse, AlphaSynapse):
        return f"a{k}{post} += {number(math.e)}*{amount}"
    if isinstance(synapse, SaturatingSynapse):
        return f"x{post} += 1"
    return f"s{k}{post} += {amount}"


def deliver(group: Any, synapse: AnySynapse, k: int, amounts: NDArray[np.floating[Any]]) -> None:
    """Deliver an amount to every cell at once, as `arrival` does for one spike."""
    if isinstance(synapse, DeltaSynapse):
        array(group, "v")[:] += synapse.sign * amounts * array(group, "not_refractory")
    elif isinstance(synapse, AlphaSynapse):
        array(group, f"a{k}")[:] += math.e * amounts
    else:
        array(group, f"s{k}")[:] += amounts


def edges(graph: Wiring) -> tuple[Indices, Indices, NDArray[np.float64], NDArray[np.int64]]:
    """Return source, target, weight and delay [steps] of every edge; weight and delay once where all are equal."""
    if isinstance(graph, Graph):
        delays = graph.delays if graph.delays.size == 1 else graph.edge_delays
        return graph.sources, graph.targets, graph.weights, delays
    weights = graph.source @ graph.target.T if isinstance(graph, Factors) else graph.weights
    i, j = np.indices(weights.shape, dtype=np.int64).reshape(2, -1)
    return i, j, weights.ravel(), np.array([graph.delay])


def statement(network: Network, m: int, names: dict[str, Any], timed: Timed, total: int) -> tuple[str, str]:
    """Return input number m as a statement, and its slot in the step; ("", "") for an `operation`.

    Symbols of the statement are added to `names`. Noise is drawn before the threshold: after the integration
    ("groups") where it acts on v itself, before it ("before_groups") where it is part of the drive of v.
    """
    given, dt = network.inputs[m], network.dt
    population = network.populations[network.population(given.target)]
    if isinstance(given, PoissonInput):
        k = population.synapse(given.synapse)
        if isinstance(given.rate, Schedule):
            names[f"rate{m}"] = timed(given.rate)
            mean = f"rate{m}(t)*{number(dt)}"
        else:
            mean = number(given.rate * dt)
        return arrival(population.synapses[k], k, f"{number(given.weight)}*poisson({mean})"), "synapses"
    if isinstance(given, WhiteNoise):
        return f"v += {number(noise_sd(population, given, dt))}*randn()*int(not_refractory)", "groups"
    if isinstance(given, OUNoise):
        return _fluctuating(population, given, m, dt, f"{number(noise_sd(population, given, dt))}*randn()")
    if isinstance(given, GivenNoise):
        names[f"kick{m}"] = timed(given.kicks[:total])
        if given.tau is None:
            return f"v += kick{m}(t, i)*int(not_refractory)", "groups"
        return _fluctuating(population, given, m, dt, f"kick{m}(t, i)")
    return "", ""


def _fluctuating(population: Population, given: OUNoise | GivenNoise, m: int, dt: float, kick: str) -> tuple[str, str]:
    """Return the statement by which an increment of a current acts, and its slot; see `engines.noise`."""
    keep, push, share = (number(x) for x in coupling(population, given, dt))
    if population.is_linear:  # its equations step the rest
        return f"kick = {kick}\ny{m} += kick\nv += {share}*kick*int(not_refractory)", "groups"
    return f"kick = {kick}\nd{m} = {push}*y{m} + {share}*kick\ny{m} = {keep}*y{m} + kick", "before_groups"


def operation(
    network: Network, given: AnyInput, groups: Groups, triggers: dict[str, list[int]], total: int
) -> Operation | None:
    """Return the operation of an input in the "synapses" slot; it adds the steps in which it fired to `triggers`."""
    if not isinstance(given, EventInput | TriggeredInput):
        return None
    group, population = groups[given.target], network.populations[network.population(given.target)]
    k = population.synapse(given.synapse)
    synapse = population.synapses[k]
    if isinstance(given, EventInput):
        step = np.rint(given.time / network.dt).astype(np.int64)
        order = np.argsort(step, kind="stable")
        cell, first = given.cell[order], np.searchsorted(step[order], np.arange(total + 1))

        def events(n: int) -> None:
            here = cell[first[n] : first[n + 1]]
            if here.size:
                deliver(group, synapse, k, float(given.weight) * np.bincount(here, minlength=population.n))

        return events
    window, delay, dead = (
        steps(getattr(given, field), network.dt, f"TriggeredInput.{field}")
        for field in ("window", "delay", "dead_time")
    )
    source, counts, fired = groups[given.source], [0] * window, triggers.setdefault(given.name, [])
    cells = np.arange(population.n) if given.cells is None else given.cells
    amounts = float(given.weight) * np.bincount(cells, minlength=population.n)

    def trigger(n: int) -> None:
        counts[n % window] = len(source.spikes)
        if sum(counts) >= given.count and (not fired or n - fired[-1] >= dead):
            fired.append(n)
        if n - delay in fired[-1 - delay :]:
            deliver(group, synapse, k, amounts)

    return trigger


def sampler(
    network: Network,
    groups: Groups,
    monitors: Groups,
    recorded: Mapping[str, Mapping[str, str]],
    every: Mapping[str, int],
    samples: dict[str, list[NDArray[np.float64]]],
    total: int,
) -> Operation:
    """Return the operation that appends a row to the lists of `samples` at the start of a step that is due.

    A rate is due at the end of an interval, which may be that of the run: step `total`.
    """
    readers: dict[str, Callable[[], Any]] = {}
    for signal in network.signals:
        population = network.populations[network.population(signal.population)]
        if isinstance(signal, PopulationRate):
            per_spike = 1000.0 / (population.n * every[signal.name] * network.dt)
            readers[signal.name] = _rate(monitors[population.name], per_spike)
        else:
            readers[signal.name] = _reader(population, signal, groups[population.name], recorded[population.name])
    for slow in network.slow:
        readers[slow.name] = partial(array, groups[slow.name], "q")
        readers[rate_name(slow)] = partial(array, groups[slow.name], "r")

    samples |= {name: [] for name in readers}
    rates = {s.name for s in network.signals if isinstance(s, PopulationRate)}

    def sample(n: int) -> None:
        for name, read in readers.items():
            if n % every[name] == 0 and (n > 0 if name in rates else n < total):
                samples[name].append(np.array(read(), dtype=np.float64, ndmin=1))

    return sample


def _rate(monitor: Any, per_spike: float) -> Callable[[], float]:
    seen = 0

    def rate() -> float:
        nonlocal seen
        before, seen = seen, int(monitor.num_spikes)
        return (seen - before) * per_spike

    return rate


def _reader(
    population: Population,
    signal: MeanSynapticCurrent | StateRecording | PopulationStatistic,
    group: Any,
    recorded: Mapping[str, str],
) -> Callable[[], float | NDArray[np.float64]]:
    if isinstance(signal, MeanSynapticCurrent):
        own = [population.synapse(name) for name in signal.synapses]

        def current(k: int) -> NDArray[np.float64]:
            synapse = population.synapses[k]
            driven = np.abs(array(group, f"G{k}")) * array(group, recorded[synapse.name])
            reversal = None if isinstance(synapse, DeltaSynapse) else synapse.reversal
            return driven if reversal is None else driven * np.abs(reversal - array(group, "v"))

        return lambda: sum(float(np.mean(current(k))) for k in own)
    if isinstance(signal, StateRecording):
        cells = slice(None) if signal.cells is None else signal.cells
        return lambda: array(group, recorded[signal.variable])[cells]
    reduce = np.mean if signal.statistic == "mean" else np.std
    return lambda: float(reduce(array(group, recorded[signal.variable])))
