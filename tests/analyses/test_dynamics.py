"""Lyapunov spectra against closed forms."""

import math
import sys

import numpy as np
import pytest
import torch

from ictal.analyses import Spectrum, lyapunov, stepper
from ictal.models import StuartLandau, WilsonCowan
from ictal.simulator import InputError


def rnn(n, gain, seed):
    """x' = −x + W tanh x, of numpy and torch; and W."""
    w = gain / math.sqrt(n) * np.random.default_rng(seed).normal(size=(n, n))
    tensor = torch.from_numpy(w)

    def drift(x):
        return -x + (w @ np.tanh(x) if isinstance(x, np.ndarray) else tensor @ torch.tanh(x))

    return drift, w


def lorenz(x):
    stack = np.stack if isinstance(x, np.ndarray) else torch.stack
    return stack([10 * (x[1] - x[0]), x[0] * (28 - x[2]) - x[1], x[0] * x[1] - 8 / 3 * x[2]])


def test_the_logistic_map_is_ln_2():
    found = lyapunov(lambda x: 4 * x * (1 - x), [0.3], n_steps=20_000, transient=100)
    assert found.exponents[0] == pytest.approx(math.log(2), abs=5e-3)
    assert abs(found.exponents[0] - math.log(2)) < 4 * found.error[0] + 1e-3


def test_lorenz_for_a_while():
    found = lyapunov(stepper(lorenz, 0.01), [1.0, 1.0, 20.0], dt=0.01, n_steps=10_000, transient=2000)
    assert found.exponents.sum() == pytest.approx(-(10 + 1 + 8 / 3), abs=1e-3)  # the divergence is the same everywhere
    assert found.exponents[0] == pytest.approx(0.906, abs=0.06)
    assert found.exponents[1] == pytest.approx(0.0, abs=0.02)
    assert found.kaplan_yorke == pytest.approx(2.06, abs=0.01)
    assert found.history[-1] == pytest.approx(found.exponents)
    assert found.times[-1] == pytest.approx(100.0)


@pytest.mark.physics
def test_lorenz():
    found = lyapunov(stepper(lorenz, 0.01), [1.0, 1.0, 20.0], dt=0.01, n_steps=100_000, transient=2000)
    assert found.exponents[0] == pytest.approx(0.906, abs=0.02)
    assert found.exponents.sum() == pytest.approx(-13.6667, abs=1e-3)


# whole Jacobians, and products with tangents
@pytest.mark.parametrize(("n", "every"), [(40, 1), pytest.param(90, 5, marks=pytest.mark.physics)])
def test_below_gain_1_the_spectrum_is_that_of_rest(n, every):
    dt = 0.1
    drift, w = rnn(n, 0.8, 3)
    found = lyapunov(stepper(drift, dt, "euler"), np.zeros(n), dt=dt, n_steps=6000, transient=5000, every=every, k=4)
    exact = np.sort(np.log(np.abs(1 - dt + dt * np.linalg.eigvals(w))) / dt)[::-1][:4]
    assert found.exponents[0] == pytest.approx(exact[0], abs=5e-3)  # of a complex pair: 1/T
    assert found.exponents == pytest.approx(exact, abs=0.02)


def test_products_with_tangents_follow_the_state():
    """Logistic maps, turned into each other: units of a 2-cycle grow by ½ ln |4 + 2r − r²| a step."""
    r = np.array([3.02, 3.1, 3.18, 3.22, *np.full(66, 2.05)])
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(70, 70)))[0]
    tensors = torch.from_numpy(r), torch.from_numpy(turn)

    def step(x):
        own, q = (r, turn) if isinstance(x, np.ndarray) else tensors
        y = q.T @ x
        return q @ (own * y * (1 - y))

    high = np.where(r > 3, (r + 1 + np.sqrt(np.maximum((r - 3) * (r + 1), 0.0))) / (2 * r), 1 - 1 / r)
    found = lyapunov(step, turn @ high, n_steps=40, transient=400, every=4, k=4)
    assert found.n == 70
    assert found.exponents == pytest.approx(np.log(np.abs(4 + 2 * r - r * r))[:4] / 2, abs=1e-6)


@pytest.mark.physics
@pytest.mark.parametrize(("gain", "low", "high"), [(2.0, 0.06, 0.13), (3.0, 0.19, 0.25)])
def test_chaos_of_random_networks_is_that_of_mean_field(gain, low, high):
    drift, _ = rnn(1000, gain, 0)
    start = np.random.default_rng(1).normal(size=1000)
    found = lyapunov(stepper(drift, 0.1, "euler"), start, dt=0.1, n_steps=1500, transient=1000, k=3, every=5)
    assert low < found.exponents[0] < high


def test_flows_of_the_bench():
    cycle = StuartLandau(n=1, a=(1.0,), f=(1.0,))
    found = lyapunov(stepper(cycle.drift, 0.005), [1.0, 0.0], dt=0.005, n_steps=4000)
    assert found.exponents == pytest.approx([0.0, -2.0], abs=5e-3)  # along the cycle, and −2a across it
    assert found.kaplan_yorke == 1.0
    rest = lyapunov(stepper(WilsonCowan(p=(0.5,)).drift, 0.5), [0.1, 0.05], dt=0.5, n_steps=400, transient=2000)
    assert rest.exponents[0] < -0.01


def test_kaplan_and_yorke_s_dimension():
    def of(*exponents):
        error = np.full(len(exponents), 1e-3)
        return Spectrum(np.array(exponents), 2, error, np.zeros((1, 1)), np.zeros(1)).kaplan_yorke

    assert of(-1.0, -2.0) == 0.0
    assert of(0.5, -1.0) == 1.5
    assert of(-2e-3, -2.0) == 1.0  # a cycle
    assert of(0.5, 0.1) == 2.0
    assert math.isnan(of(0.5))


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"n_steps": 3}, "n_steps"),
        ({"k": 2}, "at most the number of units, 1"),
        ({"k": 1.0}, "k: must be an integer"),
        ({"every": 200}, "at least every = 200"),
        ({"every": 3000, "n_steps": 6000}, "smaller every"),
        ({"seed": -1}, "seed"),
        ({"start": [[0.3]]}, r"\(unit,\)"),
        ({"start": [math.nan]}, "finite"),
        ({"dt": 0.0}, "dt"),
        ({"start": [1.5]}, "diverges: unit 0 .* steps"),
    ],
)
def test_bad_input_in_one_line(bad, said):
    with pytest.raises(InputError, match=said):
        lyapunov(lambda x: 4 * x * (1 - x), **{"start": [0.3], "n_steps": 100, **bad})


def held(x):
    """A gain that is taken for a constant: its own derivative is none of the step's."""
    with torch.no_grad():
        gain = 1 + 0.5 * torch.tanh(x)
    return gain


@pytest.mark.parametrize("part", ["no_grad", "hardsigmoid", "tanh"])
@pytest.mark.parametrize("n", [64, 65])
def test_beyond_64_units_every_step_that_can_be_differentiated_forward_has_its_exponents(part, n, monkeypatch):
    """Products pulled back twice know less: what they cannot do, or do otherwise, forward differentiation does."""
    parts = {"no_grad": held, "hardsigmoid": torch.nn.functional.hardsigmoid, "tanh": torch.tanh}
    w = torch.from_numpy(rnn(n, 3.0, 0)[1])

    def step(x):
        return torch.tanh((0.5 + parts[part](x)) * (w @ x))

    given = {"n_steps": 60, "transient": 20, "k": 3}
    start = np.random.default_rng(1).normal(size=n)
    found = lyapunov(step, start, **given)
    monkeypatch.setattr(sys.modules[lyapunov.__module__], "SMALL", 100)  # whole Jacobians, by forward differentiation
    assert found.exponents == pytest.approx(lyapunov(step, start, **given).exponents, abs=1e-10)
