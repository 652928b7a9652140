"""Random numbers of the compiled engine: their laws, and that they depend on nothing but the seed."""

import numpy as np
import pytest
from scipy import stats

from ictal.simulator import (
    GivenNoise,
    InputError,
    Network,
    OUNoise,
    PoissonInput,
    Population,
    Schedule,
    Synapse,
    WhiteNoise,
    freeze_inputs,
    simulate,
)
from ictal.simulator.engines.compiled.draws import Draws
from ictal.simulator.engines.kernels.draws import BLOCK, choose, normals

N = 2500  # three blocks


def stream(seed=1):
    return np.random.SeedSequence(seed).generate_state(4, np.uint64)


def network(*inputs, n=N):
    cell = Population("E", n, 20.0, 0.0, 20.0, 10.0, synapses=(Synapse("e", 5.0),))
    return Network((cell,), inputs=inputs)


def test_the_generator_is_xoshiro256_plus_plus():
    """Against the recurrence in whole numbers (Blackman & Vigna 2021)."""
    mask = (1 << 64) - 1
    state = stream()
    a, b, c, d = (int(x) for x in state)
    expected = []
    for _ in range(4):
        total = (a + d) & mask
        word = (((total << 23) | (total >> 41)) + a) & mask
        expected += [(word & 0xFFFFFFFF) * 1000 >> 32, (word >> 32) * 1000 >> 32]
        t = (b << 17) & mask
        c, d = c ^ a, d ^ b
        b, a = b ^ c, a ^ d
        c, d = c ^ t, ((d << 45) | (d >> 19)) & mask
    out = np.empty(8, np.int32)
    choose(state, 1000, out)
    assert out.tolist() == expected


def test_normal_numbers_are_normal():
    x = np.empty(4_000_000)
    normals(stream(), x)
    assert stats.kstest(x, "norm").pvalue > 1e-3
    for k, expected in ((1, 0.0), (2, 1.0), (3, 0.0), (4, 3.0), (6, 15.0)):
        error = 4 * np.std(x**k) / np.sqrt(x.size)
        assert np.mean(x**k) == pytest.approx(expected, abs=error)
    far = np.abs(x) > 3.6541528853610088  # beyond the last layer
    assert far.sum() == pytest.approx(2 * stats.norm.sf(3.6541528853610088) * x.size, rel=0.15)
    assert (
        stats.kstest(np.abs(x[far]), lambda v: 1 - stats.norm.sf(v) / stats.norm.sf(3.6541528853610088)).pvalue > 1e-3
    )
    assert abs(np.corrcoef(x[:-1], x[1:])[0, 1]) < 4 / np.sqrt(x.size)


def test_cells_are_chosen_evenly():
    out = np.empty(300_000, np.int32)
    choose(stream(), 300, out)
    assert stats.chisquare(np.bincount(out, minlength=300)).pvalue > 1e-3


def test_poisson_events_are_independent_trains():
    given = freeze_inputs(network(PoissonInput("E", "e", 0.5, 1.0)), 0.1, 3).inputs[0]
    counts = np.bincount(given.cell, minlength=N)
    assert counts.mean() == pytest.approx(50.0, abs=4 * np.sqrt(50.0 / N))
    assert counts.var() == pytest.approx(50.0, rel=4 * np.sqrt(2 / N))
    in_steps = np.bincount(np.rint(given.time * 10).astype(int), minlength=1000)
    assert in_steps.mean() == pytest.approx(125.0, abs=4 * np.sqrt(125.0 / 1000))
    assert in_steps.var() == pytest.approx(125.0, rel=4 * np.sqrt(2 / 1000))


def test_a_scheduled_rate_is_followed():
    rate = Schedule("rate", (0.0, 50.0, 50.0, 100.0), (0.1, 0.1, 0.5, 1.5))
    given = freeze_inputs(network(PoissonInput("E", "e", rate, 1.0)), 0.1, 3).inputs[0]
    early, late = np.count_nonzero(given.time < 49.95), np.count_nonzero(given.time >= 49.95)
    assert early == pytest.approx(0.1 * 50 * N, abs=4 * np.sqrt(0.1 * 50 * N))
    assert late == pytest.approx(1.0 * 50 * N, rel=0.02)


def test_frozen_noise_has_the_law_of_its_input():
    white, coloured = freeze_inputs(network(WhiteNoise("E", 3.0), OUNoise("E", "ou", 10.0, 2.0)), 0.005, 1).inputs
    assert isinstance(white, GivenNoise)
    assert white.tau is None
    assert white.kicks.std() == pytest.approx(3.0 * np.sqrt((1 - np.exp(-2 * 0.1 / 20.0)) / 2), rel=0.01)
    assert coloured.kicks.std() == pytest.approx(2.0 * np.sqrt(1 - np.exp(-2 * 0.1 / 10.0)), rel=0.01)
    assert coloured.start.std() == pytest.approx(2.0, rel=0.05)


def test_an_input_draws_the_same_beside_another():
    one = freeze_inputs(network(PoissonInput("E", "e", 0.5, 1.0)), 0.02, 3).inputs[0]
    both = freeze_inputs(network(PoissonInput("E", "e", 0.5, 1.0), PoissonInput("E", "e", 0.2, 1.0)), 0.02, 3).inputs
    assert np.array_equal(one.cell, both[0].cell)
    assert not np.array_equal(both[0].cell[:100], both[1].cell[:100])


def test_a_checkpoint_takes_up_the_counts():
    draws = Draws(network(PoissonInput("E", "e", 0.5, 1.0)), 7)
    draws.stretch(0, 33)
    kept = draws.checkpoint()
    expected = draws.stretch(33, 90)[0]
    other = Draws(network(PoissonInput("E", "e", 0.5, 1.0)), 7)
    other.restore(kept)
    assert np.array_equal(other.stretch(33, 90)[0], expected)
    assert expected.shape == (57, -(-N // BLOCK))


@pytest.mark.parametrize("rate", [5000.0, Schedule("rate", (0.0, 1.0), (0.1, 5000.0))], ids=["constant", "schedule"])
def test_a_rate_in_hz_is_refused_with_the_rate_per_ms(rate):
    given = network(PoissonInput("E", "e", rate, 1.0))
    words = (
        r"^PoissonInput\.rate: must be at most 1000 per ms.*; got 5000 per ms = 5e\+06 Hz; for 5000 Hz say 5, [^\n]*$"
    )
    for run in (lambda: freeze_inputs(given, 0.01, 0), lambda: simulate(given, 0.01, 0)):
        with pytest.raises(InputError, match=words):
            run()
