"""Coupling of pairs: other libraries on the same input, closed floors, zero lag and lags told apart, matrices."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.special import gammaln

import ictal
from ictal.analyses import MEASURES, apply, null_test, pairwise, sttc
from ictal.analyses.measures import get
from ictal.analyses.measures.base import examine
from ictal.analyses.measures.coherence import coefficients
from ictal.analyses.measures.phase import analytic
from ictal.analyses.measures.phase_locking import pli_of_pairs, plv_of_pairs
from ictal.analyses.nulls.surrogates import lags
from ictal.simulator import InputError, Recording, Spikes

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks" / "peers"))

import connectivity as peers

DT, BAND = 0.01, (8.0, 12.0)
OF_PAIRS = [name for name in MEASURES if get(name).matrix is not None]
VALUES = [name for name in OF_PAIRS if get(name).takes == "values"]
WELCH = ("squared_coherence", "imaginary_coherence", "wpli", "debiased_wpli")
LAGGED = ("pli", "imaginary_coherence", "wpli", "debiased_wpli")
ANY_LAG = ("plv", "squared_coherence")


def noise(n_times, n, seed):
    return np.random.default_rng(seed).standard_normal((n_times, n))


def recording(values, **more):
    return Recording(values, dt=DT, clock="second", quantity="potential", unit="µV", **more)


def value(name, values, band=BAND, **more):
    return float(apply(get(name), recording(values, **more), band=band).value)


def eeg(n_times, n, seed):
    """Independent channels with a spectrum of 1/f and a peak of alpha at 10 Hz."""
    f = np.fft.rfftfreq(2 * n_times, DT)
    gain = np.r_[0.0, f[1:] ** -0.5] + 0.7 * np.exp(-0.5 * ((f - 10) / 0.5) ** 2)
    rng = np.random.default_rng([seed, 16])
    z = rng.standard_normal((f.size, n)) + 1j * rng.standard_normal((f.size, n))
    x = np.fft.irfft(z * gain[:, None], axis=0)[:n_times]
    return x / x.std(axis=0)


def trains(seed, n=6, duration=3.0, t0=0.5, grid=0.001):
    """Poisson trains that share a tenth of their spikes, on a grid of 1 ms."""
    rng = np.random.default_rng(seed)
    shared = rng.uniform(0, duration, 8)
    steps = [
        np.unique(np.rint(np.r_[shared, rng.uniform(0, duration, rng.integers(20, 120))] / grid)) for _ in range(n)
    ]
    time = [t0 + grid * one[one < duration / grid] for one in steps]
    return Spikes(np.concatenate(time), np.repeat(np.arange(n), [t.size for t in time]), n, duration, t0=t0)


def of_each(spikes):
    return [spikes.time[spikes.unit == j] for j in range(spikes.n_units)]


# Other libraries


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("window", [0.0025, 0.0055, 0.0205, 0.5])
@pytest.mark.filterwarnings("ignore:The 'copy' argument in Quantity")
def test_elephant_agrees_on_sttc(seed, window):
    """At a grid of 1 ms no distance lies where elephant widens the window, by 1e-5 of the time of a spike."""
    spikes = trains(seed)
    theirs = peers.elephant_sttc(of_each(spikes), 0.5, 3.5, window)
    assert sttc(spikes, window) == pytest.approx(theirs, abs=1e-10)


@pytest.mark.parametrize("seed", range(3))
def test_elephant_agrees_on_the_fano_factor(seed):
    spikes = trains(seed, grid=1e-7)  # no spike on the edge of a window
    theirs = peers.elephant_fano_factor(of_each(spikes), 0.5, 3.5, 0.1)
    assert apply(get("fano_factor"), spikes).value == pytest.approx(theirs, rel=1e-10)


def test_elephant_agrees_on_plv_and_pli():
    x = eeg(1000, 5, 1) + eeg(1003, 1, 2)[:1000]
    phases = np.arctan2(*analytic(x - x.mean(axis=0), DT, BAND)[::-1])[13:-13]  # one period of 8 Hz at each end
    assert value("plv", x) == pytest.approx(peers.elephant_plv(phases), abs=1e-10)
    assert value("pli", x) == pytest.approx(peers.elephant_pli(phases), abs=1e-10)


def tapered(x, segment):
    """(segment, time, unit): Hann, overlap of a half, without the mean."""
    starts = range(0, len(x) - segment + 1, segment - segment // 2)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(segment) / segment)
    return np.array([(x[s : s + segment] - x[s : s + segment].mean(axis=0)) * window[:, None] for s in starts])


def test_elephant_agrees_on_wpli():
    x = eeg(1000, 5, 3) + 0.5 * eeg(1003, 1, 4)[:1000]
    theirs = peers.elephant_wpli(tapered(x, 50), slice(4, 7))  # 8, 10 and 12 Hz
    assert value("wpli", x) == pytest.approx(theirs, abs=1e-10)


@pytest.mark.parametrize(
    ("name", "method", "of"),
    [
        ("squared_coherence", "coh", np.square),
        ("imaginary_coherence", "imcoh", np.abs),
        ("wpli", "wpli", np.asarray),
        ("debiased_wpli", "wpli2_debiased", np.asarray),
    ],
)
def test_mne_connectivity_agrees_on_the_same_cross_spectra(name, method, of):
    x = eeg(1200, 5, 5) + 0.5 * eeg(1203, 1, 6)[3:]
    re, im = coefficients(x, DT, BAND, 50)
    theirs = of(peers.mne_connectivity(re + 1j * im, method)).mean(axis=1)
    matrix = pairwise(name, recording(x), band=BAND)
    np.testing.assert_allclose(matrix[np.triu_indices(5, 1)], theirs, atol=1e-10)
    assert value(name, x) == pytest.approx(theirs.mean(), abs=1e-10)


@pytest.mark.parametrize(("name", "method"), [("plv", "plv"), ("pli", "pli")])
def test_mne_connectivity_agrees_on_the_same_phases(name, method):
    x = eeg(1000, 4, 7) + eeg(1003, 1, 8)[3:]
    u, v = (part[13:-13] for part in analytic(x - x.mean(axis=0), DT, BAND))
    theirs = peers.mne_connectivity((u + 1j * v)[None], method)  # each instant is an epoch
    np.testing.assert_allclose(pairwise(name, recording(x), band=BAND)[np.triu_indices(4, 1)], theirs[:, 0], atol=1e-10)


# seed -> PySpike 0.9.0: benchmarks/peers/connectivity.py, pyspike_synchronisation(of_each(trains(seed)), 0.5, 3.5)
PYSPIKE = {0: 0.29739130434782607, 1: 0.3130434782608696, 2: 0.3194103194103194, 3: 0.3002227171492205}


@pytest.mark.parametrize(("seed", "stored"), PYSPIKE.items())
def test_spike_synchronisation_is_that_of_pyspike(seed, stored):
    assert apply(get("spike_synchronisation"), trains(seed)).value == pytest.approx(stored, abs=1e-10)


@pytest.mark.parametrize("seed", range(8))
def test_pyspike_agrees(seed):
    """PySpike needs a compiler, and is no requirement of the tests."""
    pytest.importorskip("pyspike")
    for grid in (0.001, 1e-7):
        spikes = trains(seed, grid=grid)
        theirs = peers.pyspike_synchronisation(of_each(spikes), 0.5, 3.5)
        assert apply(get("spike_synchronisation"), spikes).value == pytest.approx(theirs, abs=1e-10)
        matrix = pairwise("spike_synchronisation", spikes)
        for i, j in ((0, 1), (2, 5)):
            two = [of_each(spikes)[k] for k in (i, j)]
            assert matrix[i, j] == pytest.approx(peers.pyspike_synchronisation(two, 0.5, 3.5), abs=1e-10)


# Floors in closed form: independent units


def segments_of(n_times, segment):
    return len(range(0, n_times - segment + 1, segment - segment // 2))


def test_floors_of_cross_spectra():
    x = noise(1000, 120, 9)  # 7140 pairs of white noise
    k = segments_of(1000, 50)
    overlap = (1 + (k - 1) / (18 * k)) / k  # segments that overlap by half correlate by 1/6
    assert k == 39
    assert value("squared_coherence", x) == pytest.approx(overlap, rel=0.03)
    k_eff = 1 / overlap
    floor = math.exp(gammaln(k_eff) - gammaln(k_eff + 0.5)) / math.sqrt(math.pi)
    assert value("imaginary_coherence", x) == pytest.approx(floor, rel=0.02)
    assert value("imaginary_coherence", x) == pytest.approx(1 / math.sqrt(math.pi * k_eff), rel=0.03)
    assert value("wpli", x) == pytest.approx(2 / math.sqrt(math.pi * k), rel=0.05)
    assert value("debiased_wpli", x) == pytest.approx(1 / (9 * k), abs=0.0015)


def test_floors_of_independent_segments():
    """Segments that do not overlap: 1/K, Γ(K)/(√π Γ(K + 1/2)) and 0 hold exactly on average."""
    rng = np.random.default_rng(10)
    for k in (5, 20):
        re, im = rng.standard_normal((2, 40, k, 60))
        pairs = np.triu_indices(60, 1)
        mean = {
            name: get(name).matrix.args[0](re, im)[pairs].mean() for name in WELCH
        }  # the statistic of the cross-spectra alone
        assert mean["squared_coherence"] == pytest.approx(1 / k, rel=0.02)
        floor = math.exp(gammaln(k) - gammaln(k + 0.5)) / math.sqrt(math.pi)
        assert mean["imaginary_coherence"] == pytest.approx(floor, rel=0.01)
        assert mean["wpli"] == pytest.approx(2 / math.sqrt(math.pi * k), rel=0.12 if k == 5 else 0.03)
        assert mean["debiased_wpli"] == pytest.approx(0, abs=0.004)


def test_floors_of_phases():
    rng = np.random.default_rng(11)
    theta = rng.uniform(0, 2 * np.pi, (200, 80))
    pair, mask, pairs = (np.cos(theta), np.sin(theta)), np.ones(80, bool), np.triu_indices(80, 1)
    how = {"dt": DT, "band": BAND, "periodic": True}
    assert plv_of_pairs(pair, mask, **how)[pairs].mean() == pytest.approx(math.sqrt(math.pi / 800), rel=0.03)
    assert pli_of_pairs(pair, mask, **how)[pairs].mean() == pytest.approx(math.sqrt(2 / (math.pi * 200)), rel=0.04)


@pytest.mark.parametrize("rates", [(20, 20), (10, 40)])
def test_floors_of_poisson_trains(rates):
    rng = np.random.default_rng(12)
    a, b = rates
    counts = rng.poisson(np.tile(rates, 10) * 200.0)
    spikes = Spikes(
        np.concatenate([rng.uniform(0, 200, c) for c in counts]), np.repeat(np.arange(20), counts), 20, 200.0
    )
    matrix = pairwise("spike_synchronisation", spikes)
    assert np.nanmean(matrix[::2, 1::2]) == pytest.approx(a * b / (a + b) ** 2, rel=0.02)
    assert abs(apply(get("sttc"), spikes).value) < 0.003
    assert apply(get("fano_factor"), spikes).value == pytest.approx(1, abs=0.03)
    assert apply(get("population_fano_factor"), spikes).value == pytest.approx(1, abs=0.03)


def test_population_fano_factor_of_correlated_trains():
    """Each of n trains takes spikes of one source with probability c: the variance is 1 + (n − 1) c times the mean."""
    rng = np.random.default_rng(13)
    n, c, source = 20, 0.3, np.sort(rng.uniform(0, 400, 12_000))
    taken = rng.random((n, source.size)) < c
    spikes = Spikes(np.concatenate([source[t] for t in taken]), np.repeat(np.arange(n), taken.sum(axis=1)), n, 400.0)
    assert apply(get("population_fano_factor"), spikes).value == pytest.approx(1 + (n - 1) * c, rel=0.06)


# Zero lag and lags


def test_a_common_reference_reads_as_locking_and_coherence_and_as_no_lag():
    alone, shared = eeg(3000, 15, 14), eeg(3000, 1, 99)
    x = alone + shared
    for name in ANY_LAG:
        assert value(name, x) > 2 * value(name, alone)
        assert null_test(get(name), recording(x), seed=0, band=BAND).p == 0.005
    for name in LAGGED:
        assert value(name, x) < 1.15 * value(name, alone) + 0.02
        assert null_test(get(name), recording(x), seed=0, band=BAND).p > 0.05


def test_a_lag_is_found_by_all():
    source = eeg(3010, 1, 15)
    x = eeg(3000, 6, 16) + np.concatenate([source[lag : lag + 3000] for lag in (10, 10, 10, 8, 8, 8)], axis=1)
    for name in (*ANY_LAG, *LAGGED):
        assert null_test(get(name), recording(x), seed=0, band=BAND).p == 0.005
        matrix = pairwise(name, recording(x), band=BAND)
        if name in LAGGED:  # within a group there is none
            assert np.nanmean(matrix[:3, 3:]) > 1.5 * np.nanmean(matrix[:3, :3])


@pytest.mark.physics
def test_measures_of_lags_hold_their_level_under_a_common_reference():
    """Fifteen independent channels with a reference, and mixtures of fifteen sources: p ≤ .05 in 5 % of the draws."""
    found = {name: [] for name in LAGGED}
    for seed in range(100):
        mixed = eeg(2000, 15, seed) @ np.random.default_rng(seed).standard_normal((15, 15))
        for x in (eeg(2000, 15, seed) + eeg(2000, 1, 10_000 + seed), mixed):
            for name in LAGGED:
                found[name].append(null_test(get(name), recording(x), seed=seed, band=BAND).p <= 0.05)
    for name in LAGGED:
        assert np.mean(found[name]) <= 0.10, name


@pytest.mark.parametrize("name", LAGGED)
def test_components_that_are_mixed_again_are_the_signals(name):
    """V is orthogonal, diagonal in what is shared without a lag, and the value survives x V Vᵀ."""
    x = eeg(800, 6, 24) + eeg(800, 1, 25)
    inputs, mask = examine(get(name), recording(x), band=BAND)
    turn = get(name).unmix(x, mask, **inputs)
    np.testing.assert_allclose(turn.T @ turn, np.eye(6), atol=1e-12)
    u, v = analytic((x - x.mean(axis=0)) / x.std(axis=0), DT, BAND)
    shared = (u @ turn).T @ (u @ turn) + (v @ turn).T @ (v @ turn)
    np.testing.assert_allclose(shared, np.diag(np.diag(shared)), atol=1e-9 * shared.max())
    prepare, reduce = get(name).split
    again = tuple(part @ turn @ turn.T for part in prepare(x, mask, **inputs))
    assert float(reduce(again, mask, **inputs)) == pytest.approx(value(name, x), abs=1e-9)


def test_lags_of_components_lie_apart():
    drawn = lags((3000, 7), 70, np.random.default_rng(0), apart=True)
    assert (np.sort(drawn, axis=1) // 10 == np.arange(7)).all()
    assert sorted(set(drawn[:, 0].tolist())) == list(range(70))
    assert set(lags((300, 7), 3, np.random.default_rng(0)).ravel().tolist()) == {0, 1, 2}


def test_a_measure_without_a_null_leaves_the_others_theirs():
    data = recording(eeg(205, 4, 26))  # two segments of cross-spectra; three quarters of it hold one
    rows = {
        row.measure: row for row in ictal.measure(data, ["wpli", "plv", "si_3"], phase_band=(2, 12), nulls=199).rows
    }
    assert rows["si_3"].null_kind
    assert "at least 2 segments" in rows["wpli"].no_null or "periods" in rows["wpli"].no_null
    assert not rows["wpli"].null_kind


@pytest.mark.parametrize("name", ["pli", *WELCH])
def test_copies_have_no_lag(name):
    x = eeg(1000, 1, 17) * np.array([1.0, 3.7, -0.2])
    assert value(name, x) == pytest.approx(1 if name == "squared_coherence" else 0, abs=1e-9) or name.endswith("wpli")


# Matrices


def with_dead_units(seed=18):
    x = eeg(800, 6, seed) + 0.5 * eeg(800, 1, seed + 1)
    x[:, 2] = 7.0
    return x


@pytest.mark.parametrize("name", VALUES)
def test_the_mean_of_the_matrix_is_the_value(name):
    data = recording(with_dead_units())
    matrix = pairwise(name, data, band=BAND)
    assert matrix.shape == (6, 6)
    assert np.isnan(np.diag(matrix)).all()
    assert np.isnan(matrix[2]).all()
    np.testing.assert_array_equal(matrix, matrix.T)
    assert np.isfinite(matrix).sum() == 20
    assert np.nanmean(matrix) == pytest.approx(float(apply(get(name), data, band=BAND).value), abs=1e-12)
    for i, j in ((0, 1), (3, 5)):
        two = recording(data.values[:, [i, j]])
        assert matrix[i, j] == pytest.approx(float(apply(get(name), two, band=BAND).value), abs=1e-12)
    trials = recording(np.stack([data.values, data.values[::-1]]))
    np.testing.assert_allclose(pairwise(name, trials, band=BAND)[0], matrix, atol=1e-12)
    given = recording(torch.asarray(data.values.copy()))
    np.testing.assert_allclose(pairwise(name, given, band=BAND), matrix, atol=1e-12)


def test_the_matrix_of_trains_leaves_out_those_with_few_spikes():
    spikes = trains(19)
    few = Spikes(np.r_[spikes.time, 1.0, 2.0], np.r_[spikes.unit, 6, 6], 7, spikes.duration, t0=spikes.t0)
    for name in ("sttc", "spike_synchronisation"):
        matrix = pairwise(name, few)
        assert np.isnan(matrix[6]).all()
        assert np.isfinite(matrix).sum() == 30
        np.testing.assert_array_equal(matrix[:6, :6], pairwise(name, spikes))
        assert apply(get(name), few).value == apply(get(name), spikes).value
    assert np.nanmean(pairwise("sttc", few)) == pytest.approx(apply(get("sttc"), few).value, abs=1e-12)


def test_a_matrix_that_does_not_exist_is_refused_in_one_line():
    data = recording(eeg(800, 3, 20))
    for name, given, band, words in (
        ("chi_c", data, BAND, "not a mean over pairs of units; those that are: sttc, "),
        ("plv", data, None, "needs a band"),
        ("wpli", recording(eeg(90, 3, 20)), BAND, "needs at least 2 segments of 50 samples"),
        ("plv", trains(0), BAND, "spikes.binned"),
        ("sttc", data, None, "reads spike trains"),
        ("si3", data, None, "did you mean 'si_3'"),
    ):
        with pytest.raises(InputError, match=words) as caught:
            pairwise(name, given, band=band)
        assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="window must lie in"):
        sttc(trains(0), -1.0)


def test_ranges_of_sttc():
    t = np.arange(1, 20) * 0.1
    same = Spikes(np.r_[t, t], np.repeat([0, 1], 19), 2, 2.0)
    assert sttc(same) == 1
    assert sttc(same, 0.2) == 1  # windows that cover all: 0/0 is 1
    apart = Spikes(np.r_[t, t + 0.05], np.repeat([0, 1], 19), 2, 2.0)
    assert sttc(apart, 0.02) == pytest.approx(-19 * 0.04 / 2, abs=1e-12)  # −T of the other


# Over time, and in tables


def test_windows_measure_pairs_of_signals_and_of_trains():
    data = recording(eeg(1500, 5, 21))
    found = ictal.measure_over_time(data, ["plv", "wpli"], window=5.0, phase_band=BAND, nulls=0)
    alone = ictal.measure(data, ["plv", "wpli"], window=(5.0, 10.0), phase_band=BAND)
    for name in ("plv", "wpli"):
        there = [row.value for row in found.rows if row.measure == name and row.start == 5.0]
        assert there == [pytest.approx(alone.value(name), abs=1e-12)]
    spikes = trains(22, duration=9.0, t0=0.0)
    names = ["sttc", "spike_synchronisation", "population_fano_factor", "chi_c"]
    found = ictal.measure_over_time(spikes, names, window=3.0, nulls=199)
    assert len(found.rows) == 4 * 5
    for name in names[:3]:
        row = next(row for row in found.rows if row.measure == name and row.start == 3.0)
        assert row.value == pytest.approx(ictal.measure(spikes, name, window=(3.0, 6.0)).value(name), abs=1e-12)
        assert row.null_kind


def test_pairs_are_measured_on_request():
    data = recording(eeg(800, 4, 23))
    by_default = {row.measure for row in ictal.measure(data, phase_band=BAND).rows}
    assert "kuramoto_r1" in by_default
    assert not by_default & {*ANY_LAG, *LAGGED}
    assert {row.measure for row in ictal.measure(data, [*ANY_LAG, *LAGGED], band=BAND, nulls=199).rows} == {
        *ANY_LAG,
        *LAGGED,
    }


def test_a_matrix_is_of_a_recording_or_of_spikes():
    with pytest.raises(InputError, match="must be given a Recording or Spikes; got ndarray"):
        pairwise("plv", np.zeros((10, 2)))
    with pytest.raises(InputError, match="must be the name of a measure; got ndarray"):
        pairwise(np.zeros((10, 2)), "plv")
