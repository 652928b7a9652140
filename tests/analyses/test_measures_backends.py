"""Contracts over the registry: every measure equals its oracle, on every backend, batched, with finite gradients."""

from __future__ import annotations

import re
import tracemalloc

import array_api_strict
import numpy as np
import pytest
import torch
from oracles import ORACLES

from ictal.analyses import MEASURES, apply
from ictal.analyses.measures import get
from ictal.analyses.measures.arrays import live_units
from ictal.analyses.measures.base import examine
from ictal.simulator import Recording, Spikes

BAND = (4.0, 20.0)
VALUES = [name for name in MEASURES if get(name).takes == "values"]
ON_SPIKES = [name for name in MEASURES if get(name).takes == "spikes"]
OF_THE_PAPER = {"si_1", "si_2", "si_3", "batch_phase_sync"}  # published nowhere that could be cited
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
    if name in OF_THE_PAPER:
        assert measure.citation.startswith("defined by the paper that Ictal tests; ")
    else:
        assert re.search(r"\b(18|19|20)\d\d\b", measure.citation), f"no year in {measure.citation!r}"
    assert measure.nulls or measure.no_null
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


# measure -> its value when every unit is there k times, from its value for n units and `samples` samples each
REPEATED = {
    "si_1": lambda v, n, k, samples: v,
    "si_2": lambda v, n, k, samples: 1 - (1 - v) / k,
    "participation_ratio": lambda v, n, k, samples: v,
    "lambda1_fraction": lambda v, n, k, samples: (k * (1 + (n - 1) * v) - 1) / (k * n - 1),
    "mean_squared_correlation": lambda v, n, k, samples: _unbiased(
        (k * (1 + (n - 1) * _biased(v, samples)) - 1) / (k * n - 1), samples
    ),
}


def _biased(v, samples):
    return v * (1 - 1 / (samples - 1)) + 1 / (samples - 1)


def _unbiased(v, samples):
    return (v - 1 / (samples - 1)) / (1 - 1 / (samples - 1))


def peak(function):
    """(value, most bytes that were allocated at once)."""
    tracemalloc.start()
    try:
        return function(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", REPEATED)
def test_many_units_of_few_samples_make_no_unit_by_unit_matrix(name):
    n, k, samples = 40, 100, 10
    x = np.random.default_rng(3).standard_normal((samples, n)) + 0.3
    many, n_bytes = np.tile(x, k), 8 * (n * k) ** 2
    value, most = peak(lambda: get(name).kernel(many, np.ones(n * k, bool)))
    expected = REPEATED[name](ORACLES[name](x, np.ones(n, bool)), n, k, samples)
    assert value == pytest.approx(expected, rel=1e-9)
    assert most < n_bytes / 16  # 8 MB; a unit-by-unit matrix would be 128


@pytest.mark.parametrize("name", REPEATED)
def test_many_samples_of_few_units_make_no_sample_by_sample_matrix(name):
    x = np.random.default_rng(4).standard_normal((4000, 6)) + 0.3
    value, most = peak(lambda: get(name).kernel(x, np.ones(6, bool)))
    assert value == pytest.approx(ORACLES[name](x, np.ones(6, bool)), rel=1e-9, abs=1e-12)
    assert most < 8 * 4000**2 / 16


# The two thresholds of liveness, each from both sides


def square_wave(sd, mean, dtype, n_times=1000):
    """Samples of this mean that alternate by ± sd, exactly where the sum of the two is a float."""
    sd, mean = np.asarray(sd), np.asarray(mean)
    return (mean + np.where(np.arange(n_times) % 2, 1, -1)[:, None] * sd).astype(dtype)


FLOATS = [(np.float32, 100), (np.float64, 900)]


@pytest.mark.parametrize("convert", [np.asarray, torch.asarray])
@pytest.mark.parametrize("power", [-1, 0, 1])
@pytest.mark.parametrize(("dtype", "exponent"), FLOATS)
def test_a_unit_lives_from_a_millionth_of_the_largest_sd(dtype, exponent, power, convert):
    x = square_wave([1, 0.9e-6, 1.1e-6, 0.99e-6, 1.01e-6, 1e-3, 0], 0, dtype) * dtype(2.0) ** (power * exponent)
    assert x.dtype == dtype
    assert np.asarray(live_units(convert(x))).tolist() == [True, False, True, False, True, True, False]


@pytest.mark.parametrize("convert", [np.asarray, torch.asarray])
@pytest.mark.parametrize("power", [-1, 0, 1])
@pytest.mark.parametrize(("dtype", "exponent"), FLOATS)
def test_a_unit_lives_from_eight_roundings_of_its_own_size(dtype, exponent, power, convert):
    k, size = np.array([9, 7, 9, 7, 9, 7]), np.array([1, 1, -1, -1, 2.0**-9, 2.0**-9])
    eps = np.finfo(dtype).eps
    x = square_wave(k * eps * size, (1 + k * eps) * size, np.float64)  # 1 and 1 + 2k eps: both are floats
    x = x.astype(dtype) * dtype(2.0) ** (power * exponent)
    assert x.dtype == dtype
    assert np.asarray(live_units(convert(x))).tolist() == [True, False] * 3


@pytest.mark.parametrize("convert", [np.asarray, torch.asarray])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_trial_has_its_own_thresholds(dtype, convert):
    sd = [1, 0.9e-6, 1.1e-6]
    x, raised = square_wave(sd, 0, dtype), square_wave(sd, [1000, 0, 0], dtype)
    trials = np.stack([x, x * dtype(1e-9), x * dtype(1e9), raised])
    assert np.asarray(live_units(convert(trials))).tolist() == [[True, False, True]] * 4


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
