"""Contracts over the registry: every measure equals its oracle, on every backend, batched, with finite gradients."""

from __future__ import annotations

import array_api_strict
import numpy as np
import pytest
import torch
from oracles import ORACLES

from ictal.analyses.measures import MEASURES, get
from ictal.analyses.measures.arrays import live_units
from ictal.analyses.measures.base import apply
from ictal.analyses.measures.checks import examine
from ictal.simulator import Recording, Spikes

BAND = (4.0, 20.0)
VALUES = [name for name in MEASURES if get(name).takes == "values"]
ON_SPIKES = [name for name in MEASURES if get(name).takes == "spikes"]
SMOOTH = [name for name in VALUES if get(name).differentiable]


def activity(shape, seed=0):
    """Correlated units with offsets and unequal gains; the second is dead, the third constant."""
    rng = np.random.default_rng(seed)
    x = 0.7 * rng.standard_normal((*shape[:-1], 1)) + rng.standard_normal(shape)
    x = rng.normal(0.3, 0.5, shape[-1]) + x * rng.uniform(0.3, 3, shape[-1])
    x[..., 1] = 0.0
    x[..., 2] = 0.1
    return x


def recording(values, periodic=False):
    classes = np.random.default_rng(9).permutation(np.arange(values.shape[-2]) % 3)
    return Recording(
        values,
        dt=0.01,
        clock="second",
        quantity="activity",
        unit="1",
        periodic=periodic,
        time_labels={"class": classes},
    )


def trains(seed=0):
    rng = np.random.default_rng(seed)
    rates = np.r_[0.0, 1.0, rng.uniform(5, 40, 18)]  # one silent unit, one with too few spikes
    time, unit = [], []
    for j, rate in enumerate(rates):
        t = rng.uniform(0.5, 2.7, rng.poisson(rate * 2.2))
        time.append(t if j != 5 else np.round(t, 3))  # one train on the grid of phases
        unit.append(np.full(t.size, j))
    return Spikes(np.concatenate(time), np.concatenate(unit), n_units=20, duration=2.5, t0=0.4)


@pytest.fixture
def strict():
    with array_api_strict.ArrayAPIStrictFlags(
        api_version="2023.12", boolean_indexing=False, data_dependent_shapes=False
    ):
        yield array_api_strict


def checked(name, values, periodic=False):
    found = examine(get(name), recording(values, periodic), band=BAND)
    assert not isinstance(found, str), found
    return found


def test_every_measure_has_an_oracle():
    assert set(ORACLES) == set(MEASURES)


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_says_what_it_is(name):
    measure = get(name)
    assert measure.name == name
    for text in (measure.formula, measure.range, measure.floor, measure.shows, measure.cannot, measure.citation):
        assert text
    assert measure.has_null or measure.no_null
    assert measure.needs <= {"order", "band", "labels", "stationary"}
    assert len(MEASURES[name][1]) < 90


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("shape", [(240, 7), (200, 5), (151, 6)])
@pytest.mark.parametrize("name", VALUES)
def test_equals_the_oracle(name, shape, periodic):
    x = activity(shape)
    inputs, mask = checked(name, x, periodic)
    assert mask.tolist() == [j not in (1, 2) for j in range(shape[-1])]
    value = get(name).kernel(x, mask, **inputs)
    np.testing.assert_allclose(value, ORACLES[name](x, mask, **inputs), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", [name for name in VALUES if "order" not in get(name).needs])
def test_equals_the_oracle_with_fewer_samples_than_units(name):
    x = activity((12, 31))
    inputs, mask = checked(name, x)
    value = get(name).kernel(x, mask, **inputs)
    np.testing.assert_allclose(value, ORACLES[name](x, mask, **inputs), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ON_SPIKES)
def test_spikes_equal_the_oracle(name, seed):
    spikes = trains(seed)
    assert get(name).kernel(spikes) == pytest.approx(ORACLES[name](spikes), rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("shape", [(200, 6), (3, 2, 160, 9)])
@pytest.mark.parametrize("name", VALUES)
def test_backends_agree(name, shape, strict):
    x = activity(shape)
    inputs, mask = checked(name, x)
    expected = get(name).kernel(x, mask, **inputs)
    for convert in (torch.asarray, strict.asarray):
        given = convert(x)
        inside = {key: convert(value) if key == "labels" else value for key, value in inputs.items()}
        flags = live_units(given)
        if get(name).refine is not None:
            flags = get(name).refine(given, flags, **inside)
        assert np.array_equal(np.asarray(flags), mask)
        value = get(name).kernel(given, flags, **inside)
        assert type(value) is type(given)
        np.testing.assert_allclose(np.asarray(value), expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", VALUES)
def test_apply_reads_torch(name):
    x = activity((2, 200, 6))
    numpy, other = (apply(get(name), recording(convert(x)), band=BAND) for convert in (np.asarray, torch.asarray))
    np.testing.assert_allclose(other.value, numpy.value, rtol=1e-10, atol=1e-10)
    assert isinstance(other.value, np.ndarray)
    assert other.n_live.tolist() == numpy.n_live.tolist() == [4, 4]
    assert (other.n_units, other.n_times, other.unit) == (6, 200, numpy.unit)


@pytest.mark.parametrize("name", VALUES)
def test_batched_equals_looped(name):
    x = activity((4, 3, 160, 6))
    inputs, mask = checked(name, x)
    kernel = get(name).kernel
    looped = [[kernel(x[i, j], mask[i, j], **inputs) for j in range(3)] for i in range(4)]
    np.testing.assert_allclose(kernel(x, mask, **inputs), looped, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("name", SMOOTH)
def test_gradients_are_finite_with_dead_and_constant_units(name, dtype):
    x = torch.asarray(activity((200, 6)), dtype=dtype).requires_grad_()
    inputs, mask = checked(name, x.detach())
    get(name).kernel(x, mask, **inputs).backward()
    assert bool(torch.isfinite(x.grad).all())
    assert bool((x.grad[:, 0] != 0).any())
    assert bool((x.grad[:, 1:3] == 0).all())


@pytest.mark.parametrize("name", SMOOTH)
def test_gradients_are_finite_when_nothing_is_alive(name):
    x = torch.full((200, 6), 0.1, dtype=torch.float64, requires_grad=True)
    inputs, _ = checked(name, torch.asarray(activity((200, 6))))
    get(name).kernel(x, live_units(x), **inputs).backward()
    assert bool(torch.isfinite(x.grad).all())


@pytest.mark.parametrize("name", SMOOTH)
def test_gradients_equal_finite_differences(name):
    x = torch.asarray(activity((101, 4))[:, [0, 3]], dtype=torch.float64)
    inputs, mask = checked(name, x)
    kernel = get(name).kernel
    assert torch.autograd.gradcheck(lambda v: kernel(v, mask, **inputs), x.requires_grad_(), fast_mode=True)
