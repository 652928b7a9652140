"""Rates at which nulls call independent units synchronous, and find what is shared, with binomial intervals.

`pytest -m physics -s tests/analyses/test_null_rates.py` prints the tables of docs/nulls.md. With 39 surrogates, and
with 199, p <= 0.05 has a level of exactly 0.05.
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest
from signals import RATES, SIGNALS, planted, recording, trains

from ictal.analyses import (
    Panel,
    Settings,
    Shifts,
    ValueSettings,
    apply,
    common_variance,
    compare_panels,
    null_test,
)
from ictal.analyses.measures import get
from ictal.analyses.nulls import null_tests as module
from ictal.analyses.nulls.innovations import burg, innovations, innovations_lag
from ictal.analyses.nulls.null_tests import null_tests
from ictal.analyses.nulls.surrogates import as_rows, circular_shift, interval_jitter, linear_shift, train_shift
from ictal.analyses.nulls.validity import envelope_in_common, start_reason, variance_limit
from ictal.analyses.values import both_nulls, values
from ictal.simulator import InputError, Spikes

MEASURES = ("si_3", "mean_correlation", "lambda1_fraction", "mean_squared_correlation")
TABLE = ("white", "AR .995", "1/f", "1/f^2", "white + own slopes")
B = 39
SIZES = [  # T, n, R, signals
    (200, 20, 200, ("1/f", "AR .99", "1/f^2")),
    (1000, 5, 200, ("1/f", "1/f^2", "AR .995")),
    (1000, 2, 400, ("1/f^2", "AR .995")),
    (1000, 100, 200, ("1/f", "AR .995")),
    (10_000, 20, 200, ("1/f", "1/f^2")),
    (10_000, 100, 60, ("1/f",)),
]


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(module, "MIN_SURROGATES", B)


def wilson(hits, n):
    found = binomtest(int(hits), n).proportion_ci(method="wilson")
    return f"{hits / n:.3f} [{found.low:.3f}, {found.high:.3f}]"


def rates(name, kind, repetitions, n_times=1000, n=20, measures=MEASURES, c=None):
    """Share of repetitions with p <= 0.05, one a measure; a recording whose null is refused counts as none."""
    hits = np.zeros(len(measures))
    for k in range(repetitions):
        rng = np.random.default_rng([77, list(SIGNALS).index(name), k, n_times, n])
        x = SIGNALS[name](rng, n_times, n) if c is None else planted(rng, SIGNALS[name], n_times, n, c)
        try:
            tests = null_tests([get(m) for m in measures], recording(x), kind=kind, n=B, seed=k)
        except InputError as error:
            assert "is not stationary" in str(error)
            continue
        hits += [test.p <= 0.05 for test in tests]
    row = ", ".join(f"{m} {wilson(h, repetitions)}" for m, h in zip(measures, hits, strict=True))
    print(f"{name}, T {n_times}, n {n}, {kind}{'' if c is None else f', c {c}'}: {row}")
    return dict(zip(measures, hits / repetitions, strict=True))


@pytest.mark.parametrize("name", TABLE)
def test_independent_slow_signals_are_not_called_synchronous(name):
    for kind in ("linear_shift", "innovations"):
        assert max(rates(name, kind, 40, measures=("si_3", "lambda1_fraction")).values()) <= 0.175  # p 0.001 at 0.05


def test_the_circular_shift_calls_random_walks_synchronous_and_the_linear_shift_finds_what_is_shared():
    assert rates("1/f^2", "circular_shift", 20, measures=("si_3",))["si_3"] >= 0.7
    assert rates("1/f", "linear_shift", 20, c=0.1, measures=("mean_correlation",))["mean_correlation"] >= 0.85
    assert rates("AR .995", "innovations", 20, c=0.05, measures=("si_3",))["si_3"] >= 0.9


@pytest.mark.physics
@pytest.mark.parametrize("name", SIGNALS)
def test_false_positives_of_every_signal(name):
    linear, new = (rates(name, kind, 200) for kind in ("linear_shift", "innovations"))
    assert max(*linear.values(), *new.values()) <= 0.11  # 72 numbers; one of 0.05 exceeds 0.10 once in 500
    if name in TABLE:
        assert linear["si_3"] <= 0.10
        assert new["si_3"] <= 0.10


@pytest.mark.physics
def test_false_positives_add_up_and_the_fault_of_the_circular_shift_is_reproduced():
    assert sum(rates(name, "linear_shift", 200, measures=("si_3",))["si_3"] for name in TABLE) <= 0.30
    assert rates("random walk", "circular_shift", 200, measures=("si_3",))["si_3"] >= 0.85
    assert rates("1/f^2", "circular_shift", 200, measures=("si_3",))["si_3"] >= 0.75
    assert rates("1/f", "circular_shift", 200, measures=("si_3",))["si_3"] >= 0.15


@pytest.mark.physics
@pytest.mark.parametrize(("n_times", "n", "repetitions", "names"), SIZES)
def test_false_positives_at_other_sizes(n_times, n, repetitions, names):
    most = 0.13 if repetitions < 100 else 0.11
    for name in names:
        for kind in ("linear_shift", "innovations"):
            assert rates(name, kind, repetitions, n_times, n, ("si_3",))["si_3"] <= most, (name, kind)


@pytest.mark.physics
def test_power():
    found = rates("1/f", "linear_shift", 100, c=0.1)
    assert found["mean_correlation"] >= 0.90
    assert found["si_3"] >= 0.25
    assert rates("AR .995", "innovations", 100, c=0.05)["si_3"] >= 0.95
    assert rates("white", "linear_shift", 100, c=0.05)["si_3"] >= 0.95
    for name, c in (("white", 0.02), ("1/f", 0.02), ("1/f", 0.05), ("AR .995", 0.05), ("AR .995", 0.1), ("1/f^2", 0.1)):
        for kind in ("linear_shift", "innovations"):
            rates(name, kind, 100, c=c, measures=("si_3", "mean_correlation"))


def phase_rates(name, repetitions, c=None):
    hits = 0
    for k in range(repetitions):
        rng = np.random.default_rng([80, list(SIGNALS).index(name), k])
        x = SIGNALS[name](rng, 1000, 20) if c is None else planted(rng, SIGNALS[name], 1000, 20, c)
        hits += null_test(get("kuramoto_r1"), recording(x), n=B, seed=k, band=(3.0, 20.0)).p <= 0.05
    print(f"kuramoto_r1 in 3-20 Hz, {name}{'' if c is None else f', c {c}'}: {wilson(hits, repetitions)}")
    return hits / repetitions


def test_phases_of_independent_signals():
    assert phase_rates("EEG-like", 40) <= 0.175


@pytest.mark.physics
def test_false_positives_and_power_of_phases():
    for name in ("white", "1/f", "1/f^2", "EEG-like", "two states", "AR .9"):
        assert phase_rates(name, 200) <= 0.11
    assert phase_rates("EEG-like", 100, c=0.05) >= 0.55
    assert phase_rates("EEG-like", 100, c=0.1) >= 0.95


def rates_of_trains(name, repetitions, common=0.0, names=("si_3", "chi_c", "spike_phase_r1")):
    """Kind -> measure -> share of repetitions with p <= 0.05."""
    rate_of, shape = RATES[name]
    hits = {kind: np.zeros(len(names)) for kind in ("train_shift", "circular_shift")}
    for k in range(repetitions):
        spikes = trains(np.random.default_rng([81, list(RATES).index(name), k]), rate_of, shape=shape, common=common)
        for row in values(spikes, names, ValueSettings(nulls=199, bin=0.01, sd=0.01, seed=k)):
            if row.null_kind:
                hits[row.null_kind][names.index(row.measure)] += row.p <= 0.05
    for kind, found in hits.items():
        row = ", ".join(f"{m} {wilson(h, repetitions)}" for m, h in zip(names, found, strict=True))
        print(f"{name}, common {common}, {kind}: {row}")
    return {kind: dict(zip(names, found / repetitions, strict=True)) for kind, found in hits.items()}


def test_a_rate_that_trains_share_is_not_synchrony_and_common_spikes_are():
    shared = rates_of_trains("ramp 90 %", 12, names=("chi_c",))
    assert shared["circular_shift"]["chi_c"] >= 0.9
    assert shared["train_shift"]["chi_c"] <= 0.25
    assert rates_of_trains("Poisson", 12, common=0.1, names=("chi_c",))["train_shift"]["chi_c"] >= 0.8


@pytest.mark.physics
def test_false_positives_and_power_of_trains():
    for name in RATES:
        found = rates_of_trains(name, 200)
        if name != "pulses":  # its pulses are as narrow as the shift: beyond a rate that changes slower there is much
            assert max(found["train_shift"].values()) <= 0.11, name
        if name in ("ramp 90 %", "sine .3 Hz 50 %", "regular + that sine"):
            assert found["circular_shift"]["chi_c"] >= 0.9
    assert rates_of_trains("Poisson", 100, common=0.1)["train_shift"]["chi_c"] >= 0.85
    for c in (0.02, 0.05):
        rates_of_trains("Poisson", 100, common=c)


def separations(slow, slower, repetitions, kind):
    """Number of comparisons of independent signals, five against five, that "separate" by SI-3."""
    hits = 0
    for k in range(repetitions):
        rng = np.random.default_rng([82, k])
        panel = Panel(
            "p",
            {
                name.replace("/", " over "): [recording(SIGNALS[name](rng, 1000, 20)) for _ in range(5)]
                for name in (slow, slower)
            },
        )
        settings = Settings(measures=("si_3",), null=(kind,), seed=k, max_units=20)
        hits += compare_panels([panel], settings=settings).contrasts[0].statement == "separates"
    print(f"{slow} against {slower}, {kind}: {wilson(hits, repetitions)} separate")
    return hits


def test_slowness_does_not_separate():
    assert separations("1/f", "random walk", 4, "linear_shift") == 0
    assert separations("1/f", "random walk", 4, "circular_shift") >= 1


@pytest.mark.physics
def test_slowness_separates_no_more_often_than_by_chance():
    for pair in (("1/f^.5", "1/f^1.5"), ("white", "1/f^2"), ("1/f", "random walk"), ("AR .9", "AR .995")):
        assert separations(*pair, 40, "linear_shift") <= 1
        assert separations(*pair, 40, "innovations") <= 1
    assert separations("1/f", "random walk", 40, "circular_shift") >= 18


def classed(rng, n_times, n, means):
    label = rng.integers(10, size=n_times)
    x = rng.standard_normal((n_times, n)) + means * rng.standard_normal((10, n))[label]
    return recording(x, clock="sample", dt=1.0, time_labels={"class": label})


@pytest.mark.physics
def test_permutations_within_classes_find_no_more_than_chance_and_free_ones_the_classes():
    for means in (0.0, 1.0):
        within = free = 0
        for k in range(200):
            data = classed(np.random.default_rng([83, int(means), k]), 200, 100, means)
            within += null_test(get("si_3"), data, n=B, seed=k).p <= 0.05
            free += null_test(get("si_3"), data, kind="permute", n=B, seed=k).p <= 0.05
        print(f"class means {means}: within {wilson(within, 200)}, free {wilson(free, 200)}")
        assert within / 200 <= 0.10
        assert free / 200 >= 0.95 or means == 0.0


@pytest.mark.parametrize(
    ("name", "wanted", "slack"), [("white", 501, 15), ("AR .995", 6.0, 1.0), ("random walk", 4.3, 0.7)]
)
def test_effective_samples(name, wanted, slack):
    found = []
    for k in range(30):
        x = recording(SIGNALS[name](np.random.default_rng([84, k]), 1000, 20))
        if start_reason(x) is None:
            found.append(null_test(get("si_3"), x, n=B, seed=k).notes["t_eff"])
    assert len(found) >= 27
    assert np.mean(found) == pytest.approx(wanted, abs=slack)


def test_common_variance_is_seen_and_shortens_the_shift():
    rng = np.random.default_rng(0)
    flat, envelope = (SIGNALS[name](rng, 1000, 20) for name in ("white", "common envelope, white"))
    assert common_variance(as_rows(flat)) < 0.15
    assert common_variance(as_rows(envelope)) > 0.9
    assert [variance_limit(n) for n in (2, 5, 10, 100)] == [0.75, 0.3, 0.15, 0.15]
    lags = [null_test(get("si_3"), recording(x), n=B, seed=0).notes["max_lag"] for x in (flat, envelope)]
    assert lags == pytest.approx([2.5, 0.1])
    for n_times, lag in ((200, 0.1), (2000, 0.2)):
        x = SIGNALS["common envelope, white"](rng, n_times, 20)
        assert null_test(get("si_3"), recording(x), n=B, seed=0).notes["max_lag"] == pytest.approx(lag)
    asked = null_test(get("si_3"), recording(envelope), n=B, seed=0, shifts=Shifts(share=0.1))
    assert asked.notes["max_lag"] == pytest.approx(1.0)
    (row,) = values(recording(envelope), ["si_3"], ValueSettings(nulls=199), kinds=("auto",))
    assert row.remark.startswith("units change their variance together (V 0.9")


def test_common_variance_of_one_envelope_is_one_and_needs_50_samples():
    wave = np.tile([1.0, -1.0], 25) * np.repeat(np.arange(1.0, 11.0), 5)
    alike, opposite = np.stack([wave, 3 * wave]), np.stack([wave, wave[::-1]])
    assert common_variance(alike[None]) == pytest.approx(1)
    assert common_variance(np.stack([alike, opposite])) == pytest.approx((1 + common_variance(opposite[None])) / 2)
    assert common_variance(opposite[None]) < -0.5
    assert np.isnan(common_variance(alike[None, :, :49]))
    silent = np.repeat([np.arange(10.0), [0, *range(9, 0, -1)]], 10, axis=1) * np.tile([1.0, -1.0], 50)
    assert common_variance(silent[None]) > 0.8  # both are silent in the first tenth, opposite in the others


def test_a_start_stands_out_at_three_times_the_largest_other_tenth():
    def start(*variances, n_times=100, **more):
        x = np.tile([1.0, -1.0], n_times // 2 + 1)[:n_times] * np.repeat(np.sqrt(variances), n_times // 10)[:n_times]
        return start_reason(recording(x[:, None] * [1.0, 2.0], **more))

    rest = [1.0] * 8
    assert start(2.9, 1, *rest) is None
    assert ", 3.1 times that of any other tenth" in start(3.1, 1, *rest)
    assert start(3.1, 2, *rest) is None
    assert start(3.1, 1, *rest, periodic=True) is None
    assert start(3.1, 1, *rest, n_times=50) is not None
    assert start(3.1, 1, *rest, n_times=40) is None


def test_a_signal_that_all_share_is_no_envelope():
    rng = np.random.default_rng(6)
    slow = planted(rng, SIGNALS["1/f^2"], 4000, 20, 0.4)
    v, common = envelope_in_common(as_rows(slow))
    assert common_variance(as_rows(slow)) > 0.15
    assert (v < 0.15, common) == (True, False)
    assert null_test(get("chi_c"), recording(slow), n=B, seed=0).notes["max_lag"] == pytest.approx(10.0)
    few = as_rows(planted(np.random.default_rng(7), SIGNALS["1/f^2"], 4000, 5, 0.8))
    assert [envelope_in_common(few[:, :n])[1] for n in (4, 5)] == [True, False]  # of four, what is left is too little


def test_a_signal_too_slow_for_its_length_cannot_be_told():
    x = SIGNALS["random walk"](np.random.default_rng(5), 1000, 20)
    first, second = values(recording(x), ["si_3"], ValueSettings(nulls=199, seed=1))
    assert first.p > 0.05
    assert first.too_slow
    assert first.effective_samples == pytest.approx(4.3, abs=1.5)
    assert "too slow for its length (T_eff" in first.remark
    assert (second.null_kind, second.remark) == ("innovations", "")


def test_the_linear_shift_reads_each_unit_from_its_own_start():
    x = np.arange(100.0)[:, None] + 1000 * np.arange(3)
    made = linear_shift(recording(x, clock="frame", dt=1.0), 4)
    assert made.values.shape == (50, 3)
    assert np.diff(made.values, axis=0).tolist() == np.ones((49, 3)).tolist()
    assert ((made.values[0] % 1000 >= 0) & (made.values[0] % 1000 <= 50)).all()
    assert made.t0 == 25
    labelled = linear_shift(recording(x[:43], time_labels={"class": np.arange(43)}), 4)
    assert labelled.time_labels["class"].tolist() == list(range(10, 33))
    with pytest.raises(InputError, match="no order to shift along"):
        linear_shift(recording(x, clock="sample"), 0)
    with pytest.raises(InputError, match=r"share of the length in \(0, 0.5\); got 0.5"):
        linear_shift(recording(x), 0, share=0.5)
    with pytest.raises(InputError, match="3 samples are too few"):
        linear_shift(recording(x[:3]), 0)


def test_lags_are_uniform_to_both_ends():
    x = np.arange(40.0)[:, None] + np.zeros(200)
    starts = np.concatenate([linear_shift(recording(x), k).values[0] for k in range(20)])
    assert (starts.min(), starts.max()) == (0, 20)
    assert np.bincount(starts.astype(int)).std() < 30  # about 190 each


def test_the_statistic_stands_for_the_middle():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((400, 6))
    x[100:300] += 2 * rng.standard_normal((200, 1))
    found = null_test(get("si_3"), recording(x), n=B, seed=0, shifts=Shifts(share=0.25))
    middle = recording(x[100:300])
    assert found.observed == pytest.approx(apply(get("si_3"), middle).value, rel=1e-12)
    assert found.notes["n_times"] == 200


def test_shifted_trains_keep_their_intervals_and_stay_within_the_shift():
    spikes = trains(np.random.default_rng(2), lambda t: np.ones_like(t))
    made = train_shift(spikes, 0.05, 3)
    assert (made.t0, made.duration) == (0.05, pytest.approx(3.9))
    for j in range(spikes.n_units):
        before, after = spikes.time[spikes.unit == j], made.time[made.unit == j]
        lag = (after[len(after) // 2] - before)[np.abs(after[len(after) // 2] - before).argmin()]
        assert abs(lag) <= 0.05
        assert np.isin(np.round(np.diff(after), 9), np.round(np.diff(before), 9)).all()
    alike = train_shift(Spikes(np.full(500, 2.0), np.arange(500), 500, 4.0), 0.5, 0).time - 2.0
    assert np.histogram(alike, 10, (-0.5, 0.5))[0].min() > 25
    with pytest.raises(InputError, match="less than a quarter of the 4 s observed; got 1 s"):
        train_shift(spikes, 1.0, 0)


def test_jittered_spikes_keep_the_counts_of_their_intervals():
    spikes = trains(np.random.default_rng(2), lambda t: np.ones_like(t))
    made = interval_jitter(spikes, 0.05, 3)
    np.testing.assert_array_equal(spikes.binned(0.05).values, made.binned(0.05).values)
    assert not np.isin(made.time, spikes.time).any()
    last = interval_jitter(Spikes(np.full(500, 0.95), np.arange(500), 500, 1.0), 0.3, 0).time  # 0.9 to 1 s
    assert np.histogram(last, 10, (0.9, 1.0))[0].min() > 25
    row, *_ = values(spikes, ["chi_c"], ValueSettings(nulls=199, null=("interval_jitter",)))
    assert (row.null_kind, row.p > 0.05) == ("interval_jitter", True)
    with pytest.raises(InputError, match="width must be > 0 and at most 4 s; got 5 s"):
        interval_jitter(spikes, 5.0, 0)


def test_innovations_are_what_an_autoregression_cannot_predict():
    x = SIGNALS["AR .9"](np.random.default_rng(3), 5000, 2)
    taps, order = burg(x[:, 0] - x[:, 0].mean(), 30)
    assert order >= 1
    assert taps[1] == pytest.approx(-0.9, abs=0.05)
    left = innovations(as_rows(x))[0]
    for row in left:
        lagged = np.corrcoef(row[1:], row[:-1])[0, 1]
        assert abs(lagged) < 0.05
        assert row.std() == pytest.approx(np.sqrt(1 - 0.81), rel=0.05)
    with pytest.raises(InputError, match="need at least 40 samples; got 30"):
        innovations(as_rows(x[:30]))


@pytest.mark.parametrize(("n_times", "period", "left"), [(100, 12, 88), (1000, 30, 970)])
def test_the_longest_filter_is_an_eighth_of_the_samples_or_ten_times_their_logarithm(n_times, period, left):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n_times + 10 * period, 3))
    for t in range(period, len(x)):
        x[t, 0] += 0.95 * x[t - period, 0]
    for t in range(period + 4, len(x)):
        x[t, 1] += 0.95 * x[t - period - 4, 1]  # of an order that is too large
    assert innovations(as_rows(x[10 * period :])).shape == (1, 3, left)


def test_the_order_of_the_autoregression_has_the_least_aic():
    for seed in range(20):
        x = np.random.default_rng(seed).standard_normal(200)
        x -= x.mean()
        forward, backward, variance, criteria = x, x, np.mean(x**2), []
        for order in range(20):
            criteria.append(200 * np.log(variance) + 2 * order)
            k = -2 * np.sum(forward[1:] * backward[:-1]) / np.sum(forward[1:] ** 2 + backward[:-1] ** 2)
            forward, backward = forward[1:] + k * backward[:-1], backward[:-1] + k * forward[1:]
            variance *= 1 - k**2
        assert burg(x, 19)[1] == np.argmin(criteria)


def test_the_largest_lag_of_innovations_has_bounds():
    assert [innovations_lag(n) for n in (2000, 1000, 400, 200, 40, 20)] == [50, 25, 10, 10, 10, 8]


def test_a_start_that_all_units_share_is_refused_with_its_remedy():
    rng = np.random.default_rng(4)
    t = np.arange(1000) / 100
    x = rng.standard_normal((1000, 10)) + 5 * np.exp(-t / 0.2)[:, None]
    (row, *_) = values(recording(x), ["chi_c"], ValueSettings(nulls=199))
    assert np.isnan(row.p)
    assert row.no_null.startswith("is not stationary: the population varies most in the first tenth")
    assert row.no_null.endswith("leave it out: window 1 10 [second]")
    later = recording(x[100:])
    assert values(later, ["chi_c"], ValueSettings(nulls=199))[0].p > 0.05
    indifferent = replace(get("si_3"), needs=frozenset())
    assert null_test(indifferent, recording(x), n=B, seed=0).n == B
    with pytest.raises(InputError, match="is not stationary"):
        null_tests([indifferent, get("chi_c")], recording(x), n=B, seed=0)
    trained = trains(rng, lambda t: np.ones_like(t), n=30)
    volley = Spikes(np.r_[trained.time, np.full(90, 0.05)], np.r_[trained.unit, np.arange(90) % 30], 30, 4.0)
    assert start_reason(trained) is None
    assert "share; leave it out: window 0.4 4 [s]" in start_reason(volley)
    assert start_reason(recording(x, clock="sample")) is None


def test_both_nulls_of_a_value_make_a_statement():
    trained = trains(np.random.default_rng(7), RATES["ramp 90 %"][0])
    first, second = values(trained, ["chi_c"], ValueSettings(nulls=199, bin=0.01, sd=0.01))
    assert both_nulls(first, second) == "share a rate that changes slower than the shift of trains; not more"
    label = np.arange(300) % 3
    driven = (
        np.random.default_rng(8).standard_normal((300, 8)) + 2 * np.eye(3)[label] @ np.ones((3, 8)) * label[:, None]
    )
    batch = recording(driven, clock="sample", time_labels={"class": label})
    first, second = values(batch, ["chi_c"], ValueSettings(nulls=199))
    assert both_nulls(first, second) == "correlate by class; not beyond what the classes share"
    walk = SIGNALS["random walk"](np.random.default_rng(5), 1000, 20)
    first, second = values(recording(walk), ["si_3"], ValueSettings(nulls=199, seed=1))
    assert "is told by their innovations: no dependence shown (p " in both_nulls(first, second)
    assert both_nulls(second, first) == ""


def test_a_lag_that_is_asked_for_is_kept_and_named_where_variance_changes_in_common():
    envelope = SIGNALS["common envelope, white"](np.random.default_rng(0), 1000, 20)
    (row,) = values(recording(envelope), ["si_3"], ValueSettings(nulls=199, max_lag=0.25), kinds=("auto",))
    assert "surrogates are shifted by up to 2.5, and by more they would correlate too little" in row.remark
    flat = SIGNALS["white"](np.random.default_rng(0), 1000, 20)
    assert values(recording(flat), ["si_3"], ValueSettings(nulls=199), kinds=("auto",))[0].remark == ""


@pytest.mark.parametrize("step", [1e-3, 1e-4])
def test_trains_on_a_grid_of_time_are_shifted_along_it(step):
    """Spikes exactly a window apart coincide: independent trains of 20 Hz on steps of 1 ms have an STTC of .017."""
    ps, found = [], []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        unit = np.repeat(np.arange(30), rng.poisson(80, 30))
        spikes = Spikes(np.sort(rng.integers(0, round(4.0 / step), unit.size)) * step, rng.permutation(unit), 30, 4.0)
        assert spikes.grid == pytest.approx(step, rel=1e-9)
        surrogates = train_shift(spikes, 0.025, seed), interval_jitter(spikes, 0.05, seed), circular_shift(spikes, seed)
        for made in surrogates:
            assert made.grid == pytest.approx(step, rel=1e-6)
        row, *_ = values(spikes, ["sttc"], ValueSettings(nulls=199, null=("train_shift",), seed=seed))
        ps.append(row.p)
        found.append(row.value)
    near, tiled = 1 - np.exp(-20 * (0.01 + step)), 1 - np.exp(-20 * 0.01)  # points within 5 ms, and time
    assert np.mean(found) == pytest.approx((near - tiled) / (1 - near * tiled), abs=0.001)
    assert min(ps) > 1 / 200
    assert np.mean(np.array(ps) < 0.05) <= 0.25
    assert 0.2 < np.mean(ps) < 0.8
    assert Spikes([0.1, 0.1003, 0.30000171], [0, 1, 1], 2, 1.0).grid is None
    far = replace(spikes, time=spikes.time + 1.6e9, t0=1.6e9)
    assert far.grid == (pytest.approx(step, rel=1e-3) if step == 1e-3 else far.grid)
