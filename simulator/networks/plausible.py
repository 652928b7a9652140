"""Numbers of a network that look like another unit: volts for mV, seconds for ms, Hz for 1/ms."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..errors import InputError
from .cells import AlphaSynapse, AnySynapse, DeltaSynapse, Population, SaturatingSynapse
from .connections import Dense, LogNormal, LowRank, Projection
from .distributions import Normal, Uniform, lowest, typical
from .inputs import CurrentInput, EventInput, OUNoise, PoissonInput, TriggeredInput, WhiteNoise
from .network import Network
from .schedule import Schedule

# A cortical cell has some 10^4 synapses of 1 to 10 Hz: 10 to 100 spikes a ms. White noise of the same mean and variance
# is not to be told from more than ten times that.
MANY_SPIKES, MAX_SPIKES = 100.0, 1000.0  # of a Poisson input to a cell [1/ms]
FAR = 100.0  # weight, current or noise over the distance from rest or reset to the threshold
STRONG = 30.0  # mean drive of a Poisson input over that distance; balanced networks reach √(sources)
LEAKS = 1000.0  # conductance in units of the leak
VOLTS = 0.2  # no membrane potential in mV is as small in all of rest, threshold and reset [mV]
SECONDS = 1e-3  # a time step below it is one in seconds [ms]
FEW = 3  # given times that may lie anywhere


def check_rates(network: Network) -> None:
    """Check that Poisson inputs have rates that a cell can have.

    Raises:
        InputError: one is over `MAX_SPIKES` per ms.
    """
    for given in network.inputs:
        if isinstance(given, PoissonInput) and (rate := _largest(given.rate)) > MAX_SPIKES * (1 + 1e-6):
            raise InputError(
                f"PoissonInput.rate: must be at most {MAX_SPIKES:g} per ms, all sources of a cell together; got "
                f"{rate:g} per ms = {1000.0 * rate:g} Hz; for {rate:g} Hz say {rate / 1000.0:g}, and for still more "
                "spikes an OUNoise with a CurrentInput"
            )


def doubts(network: Network, duration: float) -> list[str]:
    """Return a line on every number that is probably in another unit than its field; `duration` of the run is in ms."""
    lines = list(_steps(network))
    for population in network.populations:
        lines += _voltages(population)
        lines += _times_of(population, network.dt)
        if isinstance(population.refractory, Uniform | Normal):
            lines.append(
                f"Population.refractory: the periods of {population.name!r}, drawn from {population.refractory}, are "
                f"rounded to multiples of dt = {network.dt:g} ms"
            )
    for given in network.inputs:
        lines += _input(network, given, duration)
    for projection in network.projections:
        lines += _weights(network, projection)
    for schedule in network.schedules:
        last = max(schedule.times)
        if 0 < last <= duration / 1000.0:
            lines.append(f"Schedule.times: {schedule.name!r} is over at {last:g} ms of {duration:g}; times are in ms")
    return list(dict.fromkeys(lines))


def _steps(network: Network) -> Iterator[str]:
    if network.dt < SECONDS:
        yield f"Network.dt: {network.dt:g} ms is very short; for {network.dt:g} s say {1000.0 * network.dt:g}"


def _voltages(p: Population) -> Iterator[str]:
    rest, threshold, reset = typical(p.v_rest), typical(p.v_threshold), typical(p.v_reset)
    largest = max(abs(rest), abs(reset), abs(threshold))
    if 0 < largest < VOLTS:
        yield (
            f"Population.v_rest, v_threshold, v_reset: those of {p.name!r} are at most {largest:g} mV; for volts say "
            f"{1000.0 * rest:g}, {1000.0 * threshold:g}, {1000.0 * reset:g}, and weights in mV"
        )
    for synapse in p.synapses:
        reversal = None if isinstance(synapse, DeltaSynapse) else synapse.reversal
        if reversal and abs(reversal) < VOLTS and largest > 50.0 * VOLTS:
            yield (
                f"{type(synapse).__name__}.reversal: {reversal:g} mV of {p.name}.{synapse.name} is in volts, with "
                f"voltages of {largest:g} mV; say {1000.0 * reversal:g}"
            )


def _times_of(p: Population, dt: float) -> Iterator[str]:
    times = {"Population.tau_m": float(np.min(lowest(p.tau_m)))}
    times |= {f"{type(s).__name__}.tau": s.tau for s in p.synapses if not isinstance(s, DeltaSynapse)}
    if p.adaptation is not None:
        times["Adaptation.tau"] = p.adaptation.tau
    for field, tau in times.items():
        if tau < dt:
            yield (
                f"{field}: {tau:g} ms in {p.name!r} is shorter than the time step of {dt:g} ms; "
                + (f"for {tau:g} s say {1000.0 * tau:g}" if tau < 1 else "a shorter time step can")
            )


def _input(network: Network, given: object, duration: float) -> Iterator[str]:
    if isinstance(given, EventInput) and given.time.size:
        first, last = float(given.time.min()), float(given.time.max())
        if first > duration:
            yield f"EventInput.time: the first is at {first:g} ms, after the run of {duration:g} ms; times are in ms"
        elif np.unique(given.time).size > FEW and last <= duration / 1000.0:
            yield f"EventInput.time: the last is at {last:g} ms of {duration:g}; times are in ms"
    if isinstance(given, PoissonInput) and (rate := _largest(given.rate)) > MANY_SPIKES:
        yield (
            f"PoissonInput.rate: {rate:g} per ms are {1000.0 * rate:g} spikes/s to each cell of {given.target!r}; for "
            f"{rate:g} Hz say {rate / 1000.0:g}"
        )
    if isinstance(given, PoissonInput | EventInput | TriggeredInput):
        p = network.populations[network.population(given.target)]
        synapse = p.synapses[p.synapse(given.synapse)]
        kind = type(given).__name__
        yield from _far(f"{kind}.weight", p, synapse, given.weight * _share(p, synapse), "a spike moves")
        if isinstance(given, PoissonInput):
            mean = _largest(given.rate) * given.weight * _lasting(p, synapse) * _gain(synapse)
            yield from _far(f"{kind}.rate, weight", p, synapse, mean, "the input on average moves", STRONG)
    elif isinstance(given, CurrentInput | WhiteNoise | OUNoise):
        p = network.populations[network.population(given.target)]
        field = {CurrentInput: "current", WhiteNoise: "sigma", OUNoise: "sd"}[type(given)]
        size = getattr(given, field)
        if isinstance(size, np.ndarray):
            size = float(np.median(np.abs(size)))  # a pulse may be high
        if not isinstance(size, Schedule):  # a pulse may be as high as it is short
            yield from _far(f"{type(given).__name__}.{field}", p, None, size, "it moves")


def _weights(network: Network, projection: Projection) -> Iterator[str]:
    p = network.populations[network.population(projection.target)]
    synapse = p.synapses[p.synapse(projection.synapse)]
    if not isinstance(projection.rule, Dense | LowRank):  # of these the weight is a factor
        weight = projection.weight.mean if isinstance(projection.weight, LogNormal) else projection.weight
        if getattr(synapse, "sign", 1) < 0 and (largest := float(np.max(weight, initial=-np.inf))) < 0:
            yield (
                f"Projection.weight: the weights of {projection.source!r} onto {p.name}.{synapse.name} are negative, "
                f"and so is its sign: they excite; for inhibition say {-largest:g}"
            )
        size = float(np.max(np.abs(weight), initial=0.0)) * _share(p, synapse)
        yield from _far("Projection.weight", p, synapse, size, f"a spike of {projection.source!r} moves")


def _far(
    field: str, p: Population, synapse: AnySynapse | None, size: float, what: str, most: float = FAR
) -> Iterator[str]:
    """Yield a line if `size` is over `most` times the way to the threshold [mV], or a conductance over `LEAKS`."""
    threshold = typical(p.v_threshold)
    distance = max(abs(threshold - typical(p.v_rest)), abs(threshold - typical(p.v_reset)))
    if synapse is None or isinstance(synapse, DeltaSynapse) or synapse.reversal is None:
        if abs(size) > most * distance:
            yield (
                f"{field}: {what} the cells of {p.name!r} by {abs(size):.3g} mV, {abs(size) / distance:.3g} times the "
                "distance to the threshold; weights and currents are in mV, rates in 1/ms"
            )
    elif abs(size) > LEAKS:
        yield (
            f"{field}: {what} the cells of {p.name!r} by a conductance of {abs(size):.3g} leaks; conductances are in "
            "units of the leak, rates in 1/ms"
        )


def _lasting(p: Population, synapse: AnySynapse) -> float:
    """Return the time for which a spike of weight 1 acts [ms]: the mean drive is rate · weight · this."""
    if isinstance(synapse, DeltaSynapse):
        return typical(p.tau_m)
    return synapse.tau * (np.e if isinstance(synapse, AlphaSynapse) else 1.0)


def _share(p: Population, synapse: AnySynapse) -> float:
    """Return about the part of a weight by which one spike moves v; a conductance is taken whole."""
    if isinstance(synapse, DeltaSynapse):
        return 1.0
    if isinstance(synapse, SaturatingSynapse):
        return 0.0
    return 1.0 if synapse.reversal is not None else min(1.0, _lasting(p, synapse) / typical(p.tau_m))


def _gain(synapse: AnySynapse) -> float:
    return 1.0 if isinstance(synapse, DeltaSynapse) else abs(_largest(synapse.gain))


def _largest(value: float | Schedule) -> float:
    return max(value.values) if isinstance(value, Schedule) else float(value)
