"""Measures on signals whose answer is known: ground truth, closed forms, other libraries, properties, refusals."""

from __future__ import annotations

import math
from dataclasses import replace

import mne
import numpy as np
import pytest
import quantities as pq
import scipy.signal
import scipy.stats
from elephant import statistics as elephant
from hypothesis import given, settings
from hypothesis import strategies as st
from neo import SpikeTrain

from ictal.analyses import MEASURES, applicable, apply, order_parameter_series, population_spectrum, spike_phase_series
from ictal.analyses.measures import get
from ictal.analyses.measures.arrays import live_units
from ictal.analyses.measures.base import examine
from ictal.simulator import InputError, Recording, Spikes

SEEDS = range(8)
VALUES = [name for name in MEASURES if get(name).takes == "values"]


def ground_truth(c, seed, offset=0.0, scale=1.0, n_times=1000, n=100):
    rng = np.random.default_rng(seed)
    common, private = rng.standard_normal((n_times, 1)), rng.standard_normal((n_times, n))
    return offset + scale * (math.sqrt(c) * common + math.sqrt(1 - c) * private)


def recording(values, clock="second", dt=0.01, **more):
    return Recording(values, dt=dt, clock=clock, quantity="activity", unit="mV", **more)


def value(name, values, clock="second", band=None, **more):
    return apply(get(name), recording(values, clock, **more), band=band).value


def on_truth(name, c, **more):
    return np.mean([value(name, ground_truth(c, seed, **more), clock="sample") for seed in SEEDS])


# The second number is half the last digit of the table; the third three standard errors of 8 recordings of 1000
# samples, in which the variance of the common signal has a relative SD of sqrt(2/1000).
TRUTH = [
    ("si_1", 0, 1.0, 0.005),
    ("si_1", 0.1, 1.0, 0.005),
    ("si_1", 0.5, 1.0, 0.005),
    ("si_1", 1, 1.0, 0.005),
    ("si_2", 0, 0.09, 0.005 + 0.003),
    ("si_2", 0.1, 0.52, 0.005 + 0.02),
    ("si_2", 0.5, 0.96, 0.005 + 0.003),
    ("si_2", 1, 0.99, 0.005),
    ("si_3", 0, 0.025, 0.0005),
    ("si_3", 0.1, 0.10, 0.005 + 0.005),
    ("si_3", 0.5, 0.50, 0.005 + 0.012),
    ("si_3", 1, 1.0, 1e-9),
    ("golomb_chi", 0, 0.10, 0.005 + 0.003),
    ("golomb_chi", 0.1, 0.33, 0.005 + 0.007),
    ("golomb_chi", 0.5, 0.71, 0.005 + 0.009),
    ("golomb_chi", 1, 1.0, 1e-9),
    ("chi_c", 0, 0.01, 0.02),
    ("chi_c", 0.1, 0.32, 0.005 + 0.007),
    ("chi_c", 0.5, 0.71, 0.005 + 0.009),
    ("chi_c", 1, 1.0, 1e-9),
    ("lambda1_fraction", 0, 0.01, 0.005),
    ("lambda1_fraction", 0.1, 0.10, 0.005 + 0.005),
    ("lambda1_fraction", 0.5, 0.50, 0.005 + 0.012),
    ("lambda1_fraction", 1, 1.0, 1e-9),
]


@pytest.mark.parametrize(("name", "c", "expected", "tolerance"), TRUTH)
def test_ground_truth(name, c, expected, tolerance):
    assert on_truth(name, c) == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize(("offset", "expected"), [(0.5, 0.67), (1, 0.34), (5, 0.02)])
def test_si_1_is_a_mean_to_sd_ratio(offset, expected):
    assert on_truth("si_1", 0.5, offset=offset) == pytest.approx(expected, abs=0.015)


def test_si_2_is_not_dimensionless():
    assert on_truth("si_2", 0.5, scale=0.01) == pytest.approx(-390, abs=5 + 20)


@pytest.mark.parametrize("batch", [8, 64])
def test_small_batches_read_high(batch):
    floor = math.gamma((batch - 1) / 2) / (math.sqrt(math.pi) * math.gamma(batch / 2))
    x = np.random.default_rng(1).standard_normal((100, batch, 60))
    assert np.mean(value("si_3", x, "sample")) == pytest.approx(floor, abs=0.002)
    assert np.mean(value("mean_squared_correlation", x, "sample")) == pytest.approx(0, abs=0.002)
    assert np.mean(value("mean_correlation", x, "sample")) == pytest.approx(0, abs=0.002)


@pytest.mark.parametrize("shape", [(200, 30), (20, 50)])
def test_participation_ratio_is_the_mean_squared_correlation(shape):
    x = ground_truth(0.2, 3, n_times=shape[0], n=shape[1])
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    n, chance = shape[1], 1 / (shape[0] - 1)
    raw = value("mean_squared_correlation", x) * (1 - chance) + chance
    assert (n / value("participation_ratio", z) - 1) / (n - 1) == pytest.approx(raw, rel=1e-10)


def waves(phases, seconds=10, periodic=False, frequency=5.0):
    t = 0.01 * np.arange(int(100 * seconds))[:, None]
    return recording(np.cos(2 * np.pi * frequency * t + np.asarray(phases)), periodic=periodic)


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize(
    ("phases", "r1", "r2"),
    [
        (2 * np.pi * np.arange(7) / 7, 0, 0),  # splay
        (np.zeros(7), 1, 1),
        (np.repeat([0, np.pi], 4), 0, 1),  # two clusters
        (np.repeat([0, np.pi / 2], 4), np.sqrt(0.5), 0),
    ],
)
def test_kuramoto_closed_forms(phases, r1, r2, periodic):
    rhythm = waves(phases, periodic=periodic)
    for name, expected in (("kuramoto_r1", r1), ("kuramoto_r2", r2)):
        assert apply(get(name), rhythm, band=(3, 8)).value == pytest.approx(expected, abs=1e-9)


def noise(n_times, n, seed):
    return np.random.default_rng(seed).standard_normal((n_times, n))


def test_independent_phases_give_the_finite_size_floor():
    r = value("kuramoto_r1", noise(20_000, 100, 0), band=(4, 20), periodic=True)
    assert r == pytest.approx(math.sqrt(math.pi / 400), abs=0.0035)  # 3 SE of 200 s times 16 Hz


def test_the_ends_of_a_signal_are_not_synchronous():
    rng = np.random.default_rng(4)
    t = 0.01 * np.arange(2000)[:, None]
    x = np.cos(2 * np.pi * rng.uniform(6, 9, 300) * t + rng.uniform(0, 2 * np.pi, 300))
    r = order_parameter_series(recording(x), (4, 12))
    assert r.times[0] == pytest.approx(0.25)
    assert r.times[-1] == pytest.approx(19.74)
    floor = math.sqrt(math.pi / 1200)
    for part in (r.values[:100], r.values[-100:], r.values):
        assert float(part.mean()) < 2 * floor
    assert float(r.values.mean()) == pytest.approx(apply(get("kuramoto_r1"), recording(x), band=(4, 12)).value)


def test_antiphase_is_one_mode_that_the_mean_does_not_see():
    common = noise(500, 1, 5)
    x = common * np.r_[np.ones(10), -np.ones(10)] + 0.3 * noise(500, 20, 6)
    assert -1 / 19 < value("mean_correlation", x) < -0.03
    assert value("chi_c", x) < 0
    assert value("lambda1_fraction", x) > 0.85
    assert value("si_3", x) > 0.85


def test_population_rate_sd_and_spectral_peak_of_a_sine():
    rhythm = waves(np.zeros(4), seconds=8, frequency=4.0)
    sd = apply(get("population_rate_sd"), rhythm)
    assert (sd.value, sd.unit) == (pytest.approx(math.sqrt(0.5), rel=1e-9), "mV")
    peak = apply(get("spectral_peak"), rhythm)
    assert (peak.value, peak.unit, peak.settings["segment"]) == (4.0, "Hz", 400)
    loop = recording(np.cos(2 * np.pi * 3 * np.arange(48)[:, None] / 48 + np.zeros(2)), "frame", 1.0, periodic=True)
    cycle = apply(get("spectral_peak"), loop)
    assert (cycle.value, cycle.unit) == (pytest.approx(3 / 48), "1/frame")


def test_spectral_peak_looks_within_the_band():
    t = 0.01 * np.arange(1000)[:, None]
    x = 3 * np.cos(2 * np.pi * 2 * t) + np.cos(2 * np.pi * 10 * t) + np.zeros(3)
    assert value("spectral_peak", x) == pytest.approx(2)
    assert value("spectral_peak", x, band=(5, 20)) == pytest.approx(10)


def comb(frequency, duration, jitter=0.0, phase=0.5, units=5):
    """Trains that all fire at the frequency [Hz], each spike off by a jitter of this SD [s]."""
    rng = np.random.default_rng(21)
    t = (np.arange(int(duration * frequency)) + phase) / frequency
    time = [np.clip(t + jitter * rng.standard_normal(t.size), 0, duration) for _ in range(units)]
    return Spikes(np.concatenate(time), np.repeat(np.arange(units), t.size), units, duration)


@pytest.mark.parametrize("jitter", [0.0, 0.0002, 0.002])
@pytest.mark.parametrize("frequency", [4, 7, 10, 12, 23, 50])
def test_spectral_peak_of_a_comb_is_its_fundamental(frequency, jitter):
    for duration in (4.0, 7.3, 11.0):
        spikes = comb(frequency, duration, jitter)
        for data in (spikes.binned(0.001), spikes.smoothed(0.001, 0.005)):
            for segment in (None, int(data.n_times / 2.3), int(data.n_times / 2.7)):
                peak = apply(get("spectral_peak"), data, segment=segment)
                assert peak.value == pytest.approx(frequency, abs=0.51 / (0.001 * peak.settings["segment"]))


def test_spectral_peak_of_a_comb_of_10_hz_is_10_hz():
    spikes = comb(10, 10.0)
    assert apply(get("spectral_peak"), spikes.binned(0.001)).value == 10.0
    pulses = np.zeros((1000, 3))
    pulses[::10] = 1.0
    for periodic in (False, True):
        assert value("spectral_peak", pulses, periodic=periodic) == 10.0
    assert value("spectral_peak", np.stack([pulses, pulses[:, ::-1]])).tolist() == [10.0, 10.0]
    assert value("spectral_peak", pulses, band=(15, 45)) == 20.0  # the lowest harmonic within the band


@pytest.mark.parametrize("stronger", [1.05, 1.2, 2.0])
@pytest.mark.parametrize("low", [4, 6])
def test_spectral_peak_of_two_sines_is_the_stronger(low, stronger):
    t = 0.001 * np.arange(8000)[:, None]
    x = np.sin(2 * np.pi * low * t) + stronger * np.sin(2 * np.pi * 12 * t + 1) + np.zeros(3)
    found = apply(get("spectral_peak"), Recording(x, 0.001, "second", "activity", "mV"))
    assert found.value == 12.0


def test_class_share_and_what_is_left():
    rng = np.random.default_rng(7)
    classes = np.arange(3000) % 3
    means = rng.standard_normal((3, 20))
    x = 2 * means[classes] + rng.standard_normal((3000, 20))
    labelled = recording(x, "sample", time_labels={"class": classes})
    between = 4 * np.sum(means.var(axis=0))
    assert apply(get("class_share"), labelled).value == pytest.approx(between / (between + 20), abs=0.02)
    covariance = 4 * np.cov(means, rowvar=False, bias=True)
    sd = np.sqrt(np.diag(covariance) + 1)
    signal = np.abs(covariance / np.outer(sd, sd))[np.triu_indices(20, 1)].mean()
    assert apply(get("si_3"), labelled).value == pytest.approx(signal, abs=0.02)
    floor = math.sqrt(2 / (math.pi * (3000 - 3)))
    assert apply(get("within_class_si"), labelled).value == pytest.approx(floor, rel=0.1)


def regular(phases, period=0.1, n=50):
    time = (np.arange(1, n + 1) + np.asarray(phases)[:, None]) * period
    return Spikes(time.ravel(), np.repeat(np.arange(len(phases)), n), len(phases), duration=period * (n + 2))


@pytest.mark.parametrize(
    ("phases", "r1", "r2"), [(np.arange(5) / 5, 0, 0), (np.zeros(5), 1, 1), ([0, 0, 0.5, 0.5], 0, 1)]
)
def test_spike_phase_closed_forms(phases, r1, r2):
    spikes = regular(phases)
    for harmonic, expected in ((1, r1), (2, r2)):
        inner = spike_phase_series(spikes, harmonic=harmonic).select(time=(0.3, 4.9))
        assert bool(inner.valid.all())
        np.testing.assert_allclose(inner.values, expected, atol=1e-9)


def test_spike_phase_counts_the_instants_at_which_half_of_the_units_have_a_phase():
    spikes = regular([0, 0, 0.5, 0.5])  # from 0.1 to 5 s and from 0.15 to 5.05 s: one cluster alone for 2 x 50 ms
    assert apply(get("spike_phase_r1"), spikes).value == pytest.approx(100 / 4951, rel=1e-9)
    assert apply(get("spike_phase_r2"), spikes).value == pytest.approx(1, rel=1e-9)
    series = spike_phase_series(spikes)
    assert (int(series.valid.sum()), bool(series.valid[99, 0]), bool(series.valid[100, 0])) == (4951, False, True)


def test_independent_spike_phases_give_the_finite_size_floor():
    rng = np.random.default_rng(8)
    time = np.cumsum(rng.gamma(4, 0.0125, (100, 1000)), axis=1)
    inside = time < 40
    spikes = Spikes(time[inside], np.nonzero(inside)[0], 100, duration=40)
    assert apply(get("spike_phase_r1"), spikes).value == pytest.approx(math.sqrt(math.pi / 400), rel=0.05)


def test_few_units_do_not_make_synchrony_at_the_ends():
    one = regular(np.zeros(1), n=50)
    late = regular(np.arange(9) / 9, n=20)
    spikes = Spikes(np.r_[one.time, late.time + 2.0], np.r_[one.unit, late.unit + 1], n_units=10, duration=one.duration)
    reading = apply(get("spike_phase_r1"), spikes)
    assert reading.value < 0.15  # the 30 of 50 periods in which one unit is alone would give 1
    assert reading.n_live == 10


def test_poisson_trains():
    rng = np.random.default_rng(9)
    n = rng.poisson(20 * 50, 30)
    spikes = Spikes(np.concatenate([rng.uniform(0, 50, k) for k in n]), np.repeat(np.arange(30), n), 30, 50.0)
    assert apply(get("cv_isi"), spikes).value == pytest.approx(1, abs=0.03)
    rate = apply(get("mean_rate"), spikes)
    assert (rate.value, rate.unit) == (pytest.approx(n.mean() / 50), "Hz")


# Other libraries


@pytest.mark.filterwarnings("ignore:The 'copy' argument in Quantity")
def test_elephant_agrees():
    rng = np.random.default_rng(10)
    trains = [np.sort(rng.uniform(0, 3, n)) for n in (12, 40, 90)]
    spikes = Spikes(np.concatenate(trains), np.repeat([0, 1, 2], [12, 40, 90]), 3, 3.0)
    neo = [SpikeTrain(t * pq.s, t_stop=3 * pq.s) for t in trains]
    cv = np.mean([elephant.cv(elephant.isi(train)) for train in neo])
    rate = np.mean([float(elephant.mean_firing_rate(train).rescale("Hz")) for train in neo])
    assert apply(get("cv_isi"), spikes).value == pytest.approx(float(cv), rel=1e-10)
    assert apply(get("mean_rate"), spikes).value == pytest.approx(rate, rel=1e-10)


def test_mne_agrees_on_the_spectrum():
    x = ground_truth(0.3, 11, n_times=1200, n=5)
    power, frequency = mne.time_frequency.psd_array_welch(
        x.mean(axis=1), 100.0, n_fft=300, n_per_seg=300, n_overlap=150, window="hann", verbose="error"
    )
    ours = population_spectrum(x, np.ones(5, bool), segment=300)
    np.testing.assert_allclose(ours[1:] / ours[1:].sum(), power[1:] / power[1:].sum(), rtol=1e-10)
    reading = apply(get("spectral_peak"), recording(x), segment=300)
    assert reading.value == pytest.approx(frequency[1:][np.argmax(power[1:])])


def test_mne_agrees_on_the_band_limited_phase():
    rng = np.random.default_rng(12)
    t = 0.01 * np.arange(6000)[:, None]
    drift = np.cumsum(rng.normal(0, 0.1, (6000, 1)), axis=0)
    own = np.cumsum(rng.normal(0, 0.03, (6000, 12)), axis=0)
    x = np.cos(2 * np.pi * 10 * t + drift + own) + 0.5 * rng.standard_normal((6000, 12))
    raw = mne.io.RawArray(x.T, mne.create_info(12, 100.0, "eeg", verbose="error"), verbose="error")
    raw.filter(6, 14, verbose="error").apply_hilbert(verbose="error")
    theirs = np.abs(np.mean(np.exp(1j * np.angle(raw.get_data())), axis=0))[200:-200]
    ours = order_parameter_series(recording(x), (6, 14)).select(time=(2, 58)).values[:, 0]
    assert 0.2 < theirs.mean() < 0.9
    assert ours.mean() == pytest.approx(theirs.mean(), abs=0.01)  # a sharp band against mne's finite slopes
    assert np.corrcoef(ours, theirs)[0, 1] > 0.97


def test_scipy_agrees_on_the_share_of_classes():
    rng = np.random.default_rng(13)
    classes = rng.integers(0, 4, 80)
    x = rng.standard_normal((80, 1)) + 0.5 * classes[:, None]
    f = scipy.stats.f_oneway(*(x[classes == c, 0] for c in range(4))).statistic
    share = apply(get("class_share"), recording(x, "sample", time_labels={"class": classes})).value
    assert share == pytest.approx(3 * f / (3 * f + 76), rel=1e-10)


def test_scipy_agrees_on_the_hilbert_phase():
    x = noise(400, 5, 14)
    sections = scipy.signal.hilbert(x - x.mean(axis=0), axis=0)
    broad = np.abs(np.mean(sections / np.abs(sections), axis=1)).mean()
    assert value("kuramoto_r1", x, band=(0.25, 50), periodic=True) == pytest.approx(broad, rel=1e-10)


# Properties: what each measure is blind to

UNIT_GAIN, UNIT_SIGN, GAIN, OFFSET, SAMPLES = "gain of a unit", "sign of a unit", "gain", "offset", "sample order"
BLIND_TO = {
    "kuramoto_r1": {UNIT_GAIN, GAIN, OFFSET},
    "kuramoto_r2": {UNIT_GAIN, UNIT_SIGN, GAIN, OFFSET},
    "batch_phase_sync": {UNIT_GAIN, GAIN},
    "si_1": {UNIT_SIGN, GAIN, SAMPLES},
    "si_2": {UNIT_SIGN, OFFSET, SAMPLES},
    "si_3": {UNIT_GAIN, UNIT_SIGN, GAIN, OFFSET, SAMPLES},
    "mean_correlation": {UNIT_GAIN, GAIN, OFFSET, SAMPLES},
    "mean_squared_correlation": {UNIT_GAIN, UNIT_SIGN, GAIN, OFFSET, SAMPLES},
    "chi_c": {UNIT_GAIN, GAIN, OFFSET, SAMPLES},
    "lambda1_fraction": {UNIT_GAIN, UNIT_SIGN, GAIN, OFFSET, SAMPLES},
    "golomb_chi": {GAIN, OFFSET, SAMPLES},
    "participation_ratio": {UNIT_SIGN, GAIN, OFFSET, SAMPLES},
    "population_rate_sd": {OFFSET, SAMPLES},
    "spectral_peak": {GAIN, OFFSET},
    "plv": {UNIT_GAIN, UNIT_SIGN, GAIN, OFFSET},
    "pli": {UNIT_GAIN, UNIT_SIGN, GAIN, OFFSET},
    "squared_coherence": {UNIT_GAIN, UNIT_SIGN, GAIN, OFFSET},
    "imaginary_coherence": {UNIT_GAIN, UNIT_SIGN, GAIN, OFFSET},
    "wpli": {UNIT_GAIN, UNIT_SIGN, GAIN, OFFSET},
    "debiased_wpli": {UNIT_GAIN, UNIT_SIGN, GAIN, OFFSET},
    "class_share": {UNIT_SIGN, GAIN, OFFSET, SAMPLES},
    "within_class_si": {UNIT_GAIN, UNIT_SIGN, GAIN, OFFSET, SAMPLES},
}
CLASSES = np.arange(120) % 3


def changed(x, what, rng):
    classes = CLASSES
    if what == GAIN:
        x = x * 10 ** rng.uniform(-3, 3)
    elif what == UNIT_GAIN:
        x = x * 10 ** rng.uniform(-2, 2, x.shape[-1])
    elif what == UNIT_SIGN:
        x = x * rng.permutation(np.r_[-1, -1, np.ones(x.shape[-1] - 2)])
    elif what == OFFSET:
        x = x + rng.normal(0, 10, x.shape[-1])
    else:
        order = rng.permutation(len(x))
        x, classes = x[order], classes[order]
    return recording(x, time_labels={"class": classes})


def of_both(name, what, seed):
    rng = np.random.default_rng(seed)
    x = 0.2 + ground_truth(0.4, seed, n_times=120, n=5)
    before = recording(x, time_labels={"class": CLASSES})
    return tuple(apply(get(name), r, band=(5, 30)).value for r in (before, changed(x, what, rng)))


def test_the_table_covers_every_measure():
    assert set(BLIND_TO) == set(VALUES)


@pytest.mark.parametrize(("name", "what"), [(name, what) for name, blind in BLIND_TO.items() for what in sorted(blind)])
@settings(max_examples=15, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_is_blind_to(name, what, seed):
    before, after = of_both(name, what, seed)
    assert after == pytest.approx(before, rel=1e-8, abs=1e-9)


SEES = [(name, what) for name in BLIND_TO for what in (UNIT_GAIN, UNIT_SIGN, GAIN, OFFSET, SAMPLES)]


@pytest.mark.parametrize(("name", "what"), [case for case in SEES if case[1] not in BLIND_TO[case[0]]])
def test_is_not_blind_to(name, what):
    pairs = [of_both(name, what, seed) for seed in range(6)]
    assert any(abs(after - before) > 1e-4 for before, after in pairs)


@pytest.mark.parametrize("name", VALUES)
@settings(max_examples=10, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_unit_order_and_dead_units_change_nothing(name, seed):
    rng = np.random.default_rng(seed)
    x = 0.2 + ground_truth(0.4, seed, n_times=120, n=5)
    dead = np.concatenate([x, np.full((120, 1), 7.0), np.zeros((120, 1))], axis=1)[:, rng.permutation(7)]
    labels = {"time_labels": {"class": CLASSES}}
    before = apply(get(name), recording(x, **labels), band=(5, 30))
    after = apply(get(name), recording(dead, **labels), band=(5, 30))
    assert after.value == pytest.approx(before.value, rel=1e-9, abs=1e-10)
    assert (before.n_units, before.n_live, after.n_units, after.n_live) == (5, 5, 7, 5)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(scale=st.floats(-290, 290), constant=st.floats(-1e3, 1e3))
def test_live_units_are_scale_free(scale, constant):
    x = noise(3000, 4, 15)
    x[:, 1] *= 0.9e-6
    x[:, 2] = constant
    x[:, 3] = x[:, 3] * 1e-4 + 3
    assert live_units(x * 10.0**scale).tolist() == [True, False, False, True]


def test_float_residue_is_not_activity():
    for dtype in (np.float32, np.float64):
        x = np.full((100_000, 2), 0.1, dtype=dtype)
        x[::2, 1] = np.nextafter(dtype(0.1), dtype(1))
        assert live_units(x).tolist() == [False, False]


# Refusals


def refusal(name, data, **more):
    with pytest.raises(InputError) as caught:
        apply(get(name), data, **more)
    message = str(caught.value)
    assert message == f"{name}: {applicable(get(name), data, **more)}"
    assert "\n" not in message
    return message


@pytest.mark.parametrize("name", ["kuramoto_r1", "kuramoto_r2"])
def test_kuramoto_refuses_a_batch_and_says_why(name):
    message = refusal(name, recording(noise(100, 5, 0), "sample"), band=(5, 20))
    for words in ("artefact of shuffling", "recurrent time", "morph loop", "training steps of a fixed probe set"):
        assert words in message
    with pytest.raises(InputError, match="artefact of shuffling"):
        order_parameter_series(recording(noise(100, 5, 0), "sample"), (5, 20))


TURN = 2 * np.pi * np.arange(0, 5, 0.01)[:, None] + np.array([0.0, 0.3])


@pytest.mark.parametrize(
    ("values", "quantity", "unit"),
    [
        (TURN % (2 * np.pi), "phase", "radians"),
        (TURN % (2 * np.pi), "activity", "1"),
        ((TURN + np.pi) % (2 * np.pi) - np.pi, "activity", "1"),
        (np.degrees(TURN) % 360, "activity", "1"),
        (np.degrees(TURN) % 360 - 180, "phase", "deg"),
        (np.degrees(TURN[10:60]) % 360, "phase", "°"),
        (np.c_[TURN % (2 * np.pi), np.ones(500)], "activity", "1"),
    ],
)
def test_wrapped_angles_are_refused_by_their_unit_or_their_leaps(values, quantity, unit):
    data = Recording(values, dt=0.01, clock="second", quantity=quantity, unit=unit)
    with pytest.raises(InputError, match=r"these are angles .*np\.cos"):
        apply(get("mean_correlation"), data)


@pytest.mark.parametrize(
    ("values", "unit"),
    [
        (TURN, "rad"),  # unwrapped
        (np.pi * np.sin(TURN), "1"),
        (180 * np.sin(TURN), "mV"),
        (np.random.default_rng(0).standard_normal((500, 2)), "deg"),  # of gaze
        (np.clip(np.random.default_rng(1).standard_normal((2000, 1)) * [1, 1.01], -3.1, 3.1), "1"),  # reaches as far
    ],
)
def test_values_that_only_reach_as_far_as_angles_are_read(values, unit):
    apply(get("mean_correlation"), Recording(values, dt=0.01, clock="second", quantity="activity", unit=unit))


def test_batch_phase_sync_is_shown_with_its_shuffle():
    data = replace(waves(2 * np.pi * np.arange(3) / 3, seconds=1), clock="sample")  # splay in this order of the file
    reading = apply(get("batch_phase_sync"), data, seed=3)
    shuffled = data.values[np.random.default_rng(3).permutation(100)]
    assert reading.settings["after_shuffle"] == pytest.approx(value("batch_phase_sync", shuffled, "sample"))
    assert reading.settings["shuffle_seed"] == 3
    assert reading.value < 1e-9
    assert reading.settings["after_shuffle"] > 0.05
    assert "artefact" in get("batch_phase_sync").shows


@pytest.mark.parametrize("name", VALUES)
def test_refuses_what_is_undefined(name):
    labels = {"time_labels": {"class": np.arange(60) % 2}}
    good = recording(noise(60, 4, 2), **labels)
    band = {"band": (10, 40)}
    assert applicable(get(name), good, **band) is None
    assert "all units are constant" in refusal(name, recording(np.ones((60, 4)), **labels), **band)
    one = recording(noise(60, 1, 2), **labels)
    if get(name).min_units == 2:
        assert "1 of 1 units vary" in refusal(name, one, **band)
    else:
        assert np.isfinite(apply(get(name), one, **band).value)
    for few in (1, 2):
        assert "samples; got" in refusal(name, recording(np.ones((few, 4))), **band)
    assert "spikes.binned" in refusal(name, regular(np.zeros(3)), **band)
    hole = np.ones((60, 4), bool)
    hole[3, 2] = False
    assert "not defined everywhere" in refusal(name, recording(noise(60, 4, 2), valid=hole, **labels), **band)


@pytest.mark.parametrize("name", ["class_share", "within_class_si"])
def test_refuses_without_classes(name):
    data = recording(noise(60, 4, 3), "sample", time_labels={"digit": np.zeros(60, int), "writer": np.arange(60)})
    assert "'class'; there is: digit, writer" in refusal(name, data)
    assert "at least 2 classes; the label 'digit' has one" in refusal(name, data, label="digit")


def test_refuses_bands_that_do_not_fit():
    data = recording(noise(200, 4, 4))  # 2 s at 100 Hz
    assert "needs a band=(low, high) [Hz]" in refusal("kuramoto_r1", data)
    assert "cycles per step" in refusal("kuramoto_r1", recording(noise(200, 4, 4), "step"))
    for band in ((0, 10), (10, 5), (5, 51), (-1, 3)):
        assert "0 < low < high <= 50" in refusal("kuramoto_r1", data, band=band)
    assert "fewer than 2 periods remain" in refusal("kuramoto_r1", data, band=(1.9, 10))
    assert np.isfinite(apply(get("kuramoto_r1"), data, band=(2, 10)).value)
    assert "resolve no frequency" in refusal("kuramoto_r1", data, band=(5.1, 5.2))
    assert "segment" in refusal("spectral_peak", data, segment=201)
    loop = recording(noise(200, 4, 4), periodic=True)
    assert np.isfinite(apply(get("kuramoto_r1"), loop, band=(0.5, 1)).value)


def test_units_without_power_in_the_band_have_no_phase():
    x = waves(np.zeros(4)).values.copy()
    x[:, 3] = np.cos(2 * np.pi * 20 * 0.01 * np.arange(1000))
    reading = apply(get("kuramoto_r1"), recording(x), band=(3, 8))
    assert (reading.value, reading.n_live, reading.n_units) == (pytest.approx(1, abs=1e-9), 3, 4)
    assert "1 of 4 units" in refusal("kuramoto_r1", recording(x), band=(15, 25))


def test_refuses_spikes_without_enough_of_them():
    few = Spikes([0.1, 0.2, 0.3, 0.4], [0, 0, 0, 0], 3, 1.0)
    for name in ("cv_isi", "spike_phase_r1", "spike_phase_r2"):
        assert "most: 4 spikes in 1 s" in refusal(name, few)
        assert "reads spike trains" in refusal(name, recording(noise(60, 4, 5)))
    assert "at least 2 units with 5 spikes; 1 of 1" in refusal("spike_phase_r1", regular(np.zeros(1)))
    assert apply(get("mean_rate"), Spikes([], np.array([], int), 3, 1.0)).value == 0
    apart = Spikes(np.r_[np.linspace(0, 1, 6), np.linspace(2, 3, 6)], np.repeat([0, 1], 6), 2, 3.0)
    with pytest.raises(InputError, match="at no instant"):
        apply(get("spike_phase_r1"), apart)


def test_unknown_measure():
    with pytest.raises(InputError, match="unknown measure 'si3'; did you mean 'si_3'"):
        get("si3")


def test_readings_say_how_they_were_made():
    reading = apply(get("kuramoto_r2"), waves(np.zeros(3)), band=(3, 8))
    assert reading.settings["band"] == (3, 8)
    assert reading.settings["axis"] == "second"
    assert reading.settings["harmonic"] == 2
    assert "Hilbert" in reading.settings["phase"]
    assert "spike phase" in apply(get("spike_phase_r1"), regular(np.zeros(3))).settings["phase"]
    trials = apply(get("si_3"), recording(noise(60 * 3, 4, 6).reshape(3, 60, 4)))
    assert trials.value.shape == (3,)
    assert examine(get("si_3"), recording(noise(60, 4, 6)))[0] == {}


@pytest.mark.parametrize("scale", [1e-21, 1e-13, 1e9])
def test_single_precision_of_any_scale_is_measured(scale):
    x = np.random.default_rng(0).normal(size=(200, 8)) + np.random.default_rng(1).normal(size=(200, 1))
    given = Recording((scale * x).astype(np.float32), dt=1.0, clock="frame", quantity="field", unit="T")
    assert applicable(get("chi_c"), given) is None
    plain = Recording(x, dt=1.0, clock="frame", quantity="field", unit="T")
    assert apply(get("chi_c"), given).value == pytest.approx(apply(get("chi_c"), plain).value, abs=1e-5)


@pytest.mark.parametrize(("scale", "word"), [(1e-300, "vanish"), (1e300, "overflow")])
def test_values_whose_squares_do_not_exist_are_refused(scale, word):
    x = scale * np.random.default_rng(0).normal(size=(50, 4))
    with pytest.raises(InputError, match=f"{word}.*rescale"):
        apply(get("chi_c"), Recording(x, dt=1.0, clock="frame", quantity="a", unit="1"))


def test_two_spikes_at_one_time_have_one_phase():
    t = np.array([0.05, 0.05, 0.1, 0.2, 0.3, 0.4])
    twice = Spikes(time=np.r_[t, t + 0.01], unit=np.repeat([0, 1], 6), n_units=2, duration=1.0)
    once = Spikes(time=np.r_[t[1:], t[1:] + 0.01], unit=np.repeat([0, 1], 5), n_units=2, duration=1.0)
    assert apply(get("spike_phase_r1"), twice).value == pytest.approx(apply(get("spike_phase_r1"), once).value)
