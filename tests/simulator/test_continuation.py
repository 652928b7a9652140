"""A run that goes on from the state of another one: with nothing changed, the bits of the longer run."""

import numpy as np
import pytest
from contents import everything
from networks import random_network

from ictal.simulator import Simulation, Spikes, instantiate, load, record_to_file, save, simulate
from ictal.simulator.engines.compiled.chunk import joined


def carried(network, total, cut, seed, changed=None, **how):
    """Chunks of a run whose state at `cut` goes over to a run of `changed`, through the variables of the cells."""
    first = Simulation(instantiate(network, seed), total, seed, **how)
    before = first.advance(cut)
    instance = instantiate(changed or network, seed)
    second = Simulation(instance, total, seed, **how)
    second.carry_over(first, instance)
    return joined([before, second.advance(total)])


@pytest.mark.parametrize("seed", range(20))
def test_the_variables_of_the_cells_are_the_whole_state(seed):
    """Carried over in other coordinates, nothing changed: the same spikes and triggers, samples but for rounding."""
    network = random_network(seed)
    total = round(40.0 / network.dt)
    whole = joined([Simulation(instantiate(network, seed), total, seed).advance(total)])
    for cut in (1, 131):
        spikes, triggers, samples = carried(network, total, cut, seed)
        for ours, theirs in zip(spikes, whole[0], strict=True):
            assert np.array_equal(ours[0], theirs[0])
            assert np.array_equal(ours[1], theirs[1])
        for name, steps in triggers.items():
            assert np.array_equal(steps, whole[1][name])
        for name, values in samples.items():
            assert np.allclose(values, whole[2][name], rtol=1e-7, atol=1e-9), name


def assert_end_of(ours, whole, start):
    """A run that began at `start` [s] is the end of the whole one: the same bits on the same clock."""
    assert list(ours) == list(whole)
    for name, entry in ours.items():
        other = whole[name]
        if isinstance(entry, Spikes):
            other = other.select(time=(start, other.t0 + other.duration))
            assert (entry.t0, entry.duration) == pytest.approx((other.t0, other.duration))
            assert np.array_equal(entry.time, other.time), name
            assert np.array_equal(entry.unit, other.unit), name
        else:
            assert np.array_equal(entry.values, other.values[-entry.n_times :]), name
            assert np.allclose(entry.times, other.times[-entry.n_times :], rtol=0, atol=1e-9), name
            before = other.times[: -entry.n_times]
            assert not before.size or before[-1] < start + (1e-9 if entry.quantity == "firing rate" else -1e-9), name


@pytest.mark.parametrize("seed", range(20))
def test_with_nothing_changed_it_is_the_longer_run(seed, tmp_path):
    """In memory, from a file, and streamed: the same bits."""
    network = random_network(seed)
    first, rest = 0.0258, 0.0342
    whole = simulate(network, first + rest, seed)
    begun = simulate(network, first, seed)
    assert_end_of(simulate(network, rest, seed, after=begun), whole, first)
    path = save(begun, tmp_path / "first.h5")
    assert_end_of(simulate(network, rest, seed, after=load(path)), whole, first)


@pytest.mark.parametrize("seed", range(0, 20, 3))
def test_a_stream_goes_on_to_the_bits_of_the_longer_run(seed, tmp_path):
    network = random_network(seed)
    first, rest = 0.0258, 0.0342
    whole, begun = (simulate(network, duration, seed) for duration in (first + rest, first))
    path, target = save(begun, tmp_path / "first.h5"), tmp_path / "rest.h5"
    record_to_file(network, rest, seed, target, after=path)
    assert_end_of(load(target), whole, first)
    assert everything(save(simulate(network, rest, seed, after=path), tmp_path / "saved.h5")) == everything(target)
    later, same = (simulate(network, 0.02, seed, after=one) for one in (target, whole))
    assert_end_of(later, same, first + rest)
