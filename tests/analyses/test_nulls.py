"""Surrogates keep what they say they keep, and p is uniform where there is nothing to find."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import scipy.stats

import ictal
from ictal.analyses import (
    MEASURES,
    Shifts,
    apply,
    circular_shift,
    fitting_kind,
    fitting_kinds,
    null_test,
    permute,
    permute_within_class,
)
from ictal.analyses.measures import get
from ictal.analyses.nulls.surrogates import lags, permutations
from ictal.simulator import InputError, Recording, Spikes


def recording(values, clock="second", **more):
    return Recording(values, dt=0.01, clock=clock, quantity="activity", unit="1", **more)


def independent(n_times, n, seed, tau=0.0):
    """Independent units; AR(1) with memory tau."""
    x = np.random.default_rng(seed).standard_normal((n_times, n))
    for t in range(1, n_times if tau else 0):
        x[t] = tau * x[t - 1] + np.sqrt(1 - tau**2) * x[t]
    return x


def together(n_times, n, seed, lag=0):
    """Units with a signal in common; with a lag [samples], half of them have it later, and it is twice as strong."""
    shared = (2 if lag else 1) * independent(n_times + lag, 1, seed + 1)
    lags = lag * (np.arange(n) % 2)
    return independent(n_times, n, seed) + np.concatenate([shared[k : k + n_times] for k in lags], axis=1)


def poisson(seed, shared=False, n=12):
    rng = np.random.default_rng(seed)
    trains = [np.cumsum(rng.gamma(4, 0.0125, 60)) for _ in range(n)]
    if shared:
        trains = [trains[0] + rng.normal(0, 1e-3, 60).cumsum() for _ in range(n)]
    trains = [t[(t >= 0) & (t < 2)] for t in trains]
    return Spikes(np.concatenate(trains), np.repeat(np.arange(n), [len(t) for t in trains]), n, 2.0)


FIRST = replace(get("si_3"), kernel=lambda x, mask: x[..., 0, 0], of_pairs=None, of_z=None, needs=frozenset())
RAMP = np.arange(40.0)[:, None] + np.zeros(3)


def test_ties_but_for_rounding_count_as_at_least_as_synchronous():
    below, tied, above = [0.5, 1 - 1e-9], [1.0, 1 - 1e-15, 1 + 1e-15], [1 + 1e-9, 2.0]
    for sign in (1, -1):
        x = sign * np.array([*tied, *below, *above])
        data = recording(np.stack([x, x[::-1]], axis=1), "sample")
        for tail, at_least in (("upper", above if sign > 0 else below), ("lower", below if sign > 0 else above)):
            found = null_test(replace(FIRST, tail=tail), data, seed=0)
            assert found.observed == sign
            assert found.p == (1 + np.isin(sign * found.values, [*tied, *at_least]).sum()) / 200


def test_each_lag_is_drawn_from_end_to_end_and_the_middle_is_observed():
    open_axis, loop = recording(RAMP, "frame"), recording(RAMP[:20], "frame", periodic=True)
    found = null_test(FIRST, open_axis, seed=0)
    assert (set(found.values), found.observed, found.notes["n_times"]) == (set(range(21)), 10, 20)
    found = null_test(FIRST, loop, seed=0)
    assert (set(found.values), found.observed, found.notes) == (set(range(20)), 0, {})


def test_the_middle_has_its_own_labels():
    data = recording(RAMP, "frame", time_labels={"class": np.arange(40) >= 15})
    counted = replace(FIRST, inputs=("labels",), kernel=lambda x, mask, labels: labels[:, 0].sum() + 0 * x[..., 0, 0])
    assert null_test(counted, data, seed=0).observed == 5


def test_phases_are_shifted_by_an_eighth_of_what_is_left_without_a_period_at_each_end():
    data = recording(np.arange(400.0)[:, None] + np.zeros(3))
    split = (lambda x, mask, **_: (x,), lambda parts, mask, **_: parts[0][..., 0, 0])
    found = null_test(replace(get("kuramoto_r1"), split=split), data, seed=0, n=2000, band=(5, 40))
    assert (set(found.values), found.observed) == (set(range(20, 111)), 65)
    assert found.notes == {"max_lag": pytest.approx(0.45), "n_times": 270}


def test_rates_are_shifted_by_samples_and_read_at_every_few():
    data, shifts = recording(RAMP), Shifts(trains=0.027, every=3)
    found = null_test(FIRST, data, seed=0, shifts=shifts)
    assert (found.kind, set(found.values), found.observed) == ("train_shift", set(range(7)), 3)
    assert found.notes == {"max_lag": pytest.approx(0.03), "n_times": 12}
    step = null_test(replace(FIRST, kernel=lambda x, mask: x[..., 1, 0] - x[..., 0, 0]), data, seed=0, shifts=shifts)
    assert set(step.values) == {3.0}


def test_trains_are_observed_where_every_shift_still_covers_them():
    count = replace(get("mean_rate"), kernel=lambda spikes: float(spikes.time.size), nulls=("train_shift",))
    spikes = Spikes(time=np.arange(40) * 0.1 + 0.05, unit=np.arange(40) % 2, n_units=2, duration=4.0)
    found = null_test(count, spikes, seed=0, shifts=Shifts(trains=0.5))
    assert (found.observed, found.notes) == (30, {"max_lag": 0.5})
    assert set(found.values) <= {29, 30, 31}


def test_components_without_shared_lag_have_one_lag_in_each_part_of_the_range():
    drawn = lags((2000, 4), 400, np.random.default_rng(0), apart=True)
    assert np.sort(drawn // 100, axis=1).tolist() == [[0, 1, 2, 3]] * 2000
    assert np.bincount(drawn.ravel(), minlength=400).min() > 0


def test_circular_shifts_reach_every_place():
    spikes = Spikes(time=np.full(500, 0.25), unit=np.arange(500), n_units=500, duration=2.0)
    assert np.histogram(circular_shift(spikes, 0).time, 10, (0, 2))[0].min() > 25
    starts = circular_shift(recording(np.arange(20.0)[:, None] + np.zeros(500)), 0).values[0]
    assert set(starts) == set(range(20))


def test_circular_shifts_keep_each_spectrum():
    data = recording(together(200, 6, 0).reshape(2, 100, 6))
    shifted = circular_shift(data, 1)
    power = [np.abs(np.fft.rfft(d.values, axis=-2)) ** 2 for d in (data, shifted)]  # of it the autocorrelation is made
    np.testing.assert_allclose(power[1], power[0], rtol=1e-9)
    assert sorted(shifted.values.ravel()) == sorted(data.values.ravel())
    assert apply(get("si_3"), shifted).value.max() < apply(get("si_3"), data).value.min() / 2


def test_circular_shifts_of_trains_keep_counts_and_intervals():
    data = poisson(2)
    shifted = circular_shift(data, 3)
    assert shifted.counts.tolist() == data.counts.tolist()
    for j in range(data.n_units):
        before, after = (np.sort(s.time[s.unit == j]) for s in (data, shifted))
        around = [np.sort(np.diff(np.r_[t, t[0] + 2.0])) for t in (before, after)]
        np.testing.assert_allclose(around[1], around[0], atol=1e-12)
    assert not np.allclose(shifted.time, data.time)


def test_permutations_keep_the_values_of_each_unit():
    data = recording(together(80, 5, 4), "sample", time_labels={"class": np.arange(80) % 4})
    for made in (permute(data, 5), permute_within_class(data, 5)):
        np.testing.assert_array_equal(np.sort(made.values, axis=0), np.sort(data.values, axis=0))
        assert not np.array_equal(made.values, data.values)
        assert not np.array_equal(np.argsort(made.values[:, 0]), np.argsort(made.values[:, 1]))
    of = data.time_labels["class"]
    within = permute_within_class(data, 5)
    for c in range(4):
        np.testing.assert_array_equal(np.sort(within.values[of == c], axis=0), np.sort(data.values[of == c], axis=0))
    assert not np.allclose(permute(data, 5).values[of == 0].mean(axis=0), data.values[of == 0].mean(axis=0))


@pytest.mark.parametrize(("within", "orders"), [(None, 120), ([[0, 3], [1, 2, 4]], 12)])
def test_every_order_is_as_probable(within, orders):
    """All n! orders of five samples, or those within classes, at one frequency: χ² of 60,000 rows."""
    rows = np.broadcast_to(np.arange(5.0), (1, 60_000, 5))
    made = permutations(rows, 2, np.random.default_rng(1), within and [np.array(group) for group in within])
    assert not np.array_equal(made[0], made[1])
    _, count = np.unique(made[0, 0] @ 10.0 ** np.arange(5), return_counts=True)
    assert len(count) == orders
    assert scipy.stats.chisquare(count).pvalue > 0.01


@pytest.mark.parametrize("name", [name for name in MEASURES if get(name).nulls])
def test_every_measure_with_a_null_finds_what_is_there(name):
    measure = get(name)
    if measure.takes == "spikes":
        there, nothing = poisson(6, shared=True), poisson(6)
    else:
        clock = "second" if "order" in measure.needs else "sample"
        classes = np.arange(240) % 3
        shown = 3.0 * np.eye(3)[classes] @ np.ones((3, 8)) * (classes[:, None] - 1)
        lag = 1 if measure.unmix is not None else 0  # samples: less than half a cycle of all frequencies
        there, nothing = (
            recording(x, clock, time_labels={"class": classes})
            for x in (together(240, 8, 6, lag) + (shown if name == "class_share" else 0), independent(240, 8, 6))
        )
    found = null_test(measure, there, seed=7, band=(5, 40))
    assert found.values.shape == (199,)
    assert found.lo <= found.mean <= found.hi
    if name == "si_1":  # a mean-to-SD ratio: synchrony is not what it sees
        return
    assert found.p == 0.005
    assert (found.observed < found.lo) if measure.tail == "lower" else (found.observed > found.hi)
    assert null_test(measure, nothing, seed=7, band=(5, 40)).p > 0.02


@pytest.mark.parametrize(
    ("name", "tau", "clock"),
    [("lambda1_fraction", 0.0, "sample"), ("si_3", 0.9, "frame"), ("kuramoto_r1", 0.9, "frame")],
)
def test_p_is_uniform_under_the_null(name, tau, clock):
    p = [
        null_test(get(name), recording(independent(128, 6, seed, tau), clock), seed=seed, band=(5, 40)).p
        for seed in range(120)
    ]
    assert scipy.stats.kstest(p, "uniform").pvalue > 0.01
    assert np.mean(np.array(p) <= 0.05) < 0.12


def test_permuting_an_autocorrelated_signal_would_see_synchrony_where_there_is_none():
    data = recording(independent(300, 12, 8, tau=0.95), "frame")
    assert null_test(get("si_3"), data, seed=9).p > 0.05
    misused = replace(data, clock="sample")
    assert null_test(get("si_3"), misused, seed=9).p == 0.005
    with pytest.raises(InputError, match="not exchangeable; use linear_shift"):
        null_test(get("si_3"), data, kind="permute", seed=9)


def test_shared_work_changes_no_value():
    data = recording(together(400, 6, 10).reshape(2, 200, 6))
    measure = get("kuramoto_r2")
    fast = null_test(measure, data, kind="circular_shift", seed=11, band=(10, 40))
    slow = null_test(replace(measure, split=None), data, kind="circular_shift", seed=11, band=(10, 40))
    np.testing.assert_allclose(fast.values, slow.values, rtol=1e-10)
    assert fast.observed == pytest.approx(float(np.mean(apply(measure, data, band=(10, 40)).value)), rel=1e-10)


def test_values_are_those_of_the_measure_on_surrogates():
    data = recording(independent(60, 5, 12), "sample")
    found = null_test(get("mean_squared_correlation"), data, seed=13, n=400)
    one_by_one = [apply(get("mean_squared_correlation"), permute(data, seed)).value for seed in range(400)]
    assert scipy.stats.ks_2samp(found.values, one_by_one).pvalue > 0.01
    again = null_test(get("mean_squared_correlation"), data, seed=13, n=400)
    np.testing.assert_array_equal(found.values, again.values)
    assert found.p == (1 + np.sum(found.values >= found.observed)) / 401
    assert (found.lo, found.hi) == pytest.approx(tuple(np.quantile(found.values, [0.025, 0.975])), rel=1e-12)


def test_within_class_permutations_find_only_what_is_beyond_the_class():
    rng = np.random.default_rng(14)
    classes = rng.integers(0, 4, 400)
    driven = 2 * rng.standard_normal((4, 10))[classes] + rng.standard_normal((400, 10))
    data = recording(driven, "sample", time_labels={"class": classes})
    assert null_test(get("si_3"), data, seed=15, kind="permute").p == 0.005
    assert null_test(get("si_3"), data, seed=15).p > 0.05
    assert null_test(get("si_3"), data, seed=15).kind == "permute_within_class"
    assert null_test(get("within_class_si"), data, seed=15).p > 0.05
    assert null_test(get("within_class_si"), data, seed=15).kind == "permute_within_class"


@pytest.mark.parametrize("name", [name for name in MEASURES if not get(name).nulls])
def test_measures_that_surrogates_leave_alone_say_so(name):
    data = poisson(16) if get(name).takes == "spikes" else recording(independent(100, 4, 16))
    with pytest.raises(InputError, match="has no null: "):
        null_test(get(name), data, seed=0)


def test_kinds_that_do_not_fit():
    ordered, batch = (recording(independent(60, 4, 17), clock) for clock in ("second", "sample"))
    classed = replace(batch, time_labels={"class": np.arange(60) % 2})
    assert fitting_kinds(get("si_3"), ordered) == ("linear_shift", "innovations")
    assert fitting_kinds(get("kuramoto_r1"), ordered) == ("linear_shift",)
    assert fitting_kinds(get("si_3"), replace(ordered, periodic=True)) == ("circular_shift",)
    assert fitting_kinds(get("si_3"), batch) == ("permute",)
    assert fitting_kinds(get("si_3"), classed) == ("permute_within_class", "permute")
    assert fitting_kinds(get("class_share"), classed) == ("permute",)
    assert fitting_kinds(get("spike_phase_r1"), poisson(0)) == ("train_shift", "circular_shift")
    rates, shifts = poisson(0).smoothed(0.001, 0.005), Shifts(trains=0.025)
    assert fitting_kinds(get("si_3"), rates, shifts=shifts) == ("train_shift", "circular_shift")
    assert fitting_kinds(get("kuramoto_r1"), rates, shifts=shifts) == ("linear_shift",)
    for name in ("si_3", "chi_c", "golomb_chi"):
        assert fitting_kind(get(name), ordered) == "linear_shift"
    for kind, data, words in (
        ("circular_shift", batch, "no order to shift along"),
        ("permute_within_class", batch, "needs a time label 'class'; there is: none"),
        ("permute", ordered, "not exchangeable"),
        ("train_shift", ordered, "is for spike trains and their rates; use linear_shift"),
        ("linear_shift", replace(ordered, periodic=True), "a closed loop has no ends to spare; use circular_shift"),
        ("innovations", replace(ordered, periodic=True), "a closed loop has no ends to spare; use circular_shift"),
        ("shuffle", batch, "unknown kind of null 'shuffle'"),
    ):
        with pytest.raises(InputError, match=words):
            null_test(get("si_3"), data, kind=kind, seed=0)
    for kind in ("linear_shift", "innovations"):
        with pytest.raises(InputError, match="is for sampled activity; use train_shift"):
            fitting_kind(get("si_3"), poisson(0), kind)
    with pytest.raises(InputError, match="at least 199"):
        null_test(get("si_3"), batch, n=100, seed=0)
    with pytest.raises(InputError, match="no order to shift"):
        circular_shift(batch, 0)
    with pytest.raises(InputError, match="artefact of shuffling"):
        null_test(get("kuramoto_r1"), batch, seed=0, band=(5, 40))
    labelled = recording(independent(60, 4, 17), "sample", time_labels={"class": np.arange(60) % 2})
    with pytest.raises(InputError, match="leaves this measure as it is"):
        null_test(get("class_share"), labelled, kind="permute_within_class", seed=0)


def test_within_class_si_has_no_null_along_an_ordered_axis():
    """A shift moves activity past its labels, so that the surrogates' residuals would hold the classes."""
    rng = np.random.default_rng(0)
    label = np.arange(240) // 20 % 2
    values = rng.normal(size=(240, 10)) + 3 * rng.normal(size=(2, 10))[label]
    loop = Recording(values, dt=1.0, clock="frame", quantity="a", unit="1", periodic=True, time_labels={"class": label})
    with pytest.raises(InputError, match="none of its nulls fits"):
        null_test(get("within_class_si"), loop, seed=0)


def test_bursts_whose_surrogates_hardly_overlap_still_have_a_null_or_say_why():
    def bursts(seed, width):
        rng = np.random.default_rng(seed)
        time = np.concatenate([np.sort(4 + rng.random(30) * width) for _ in range(12)])
        return Spikes(time=time, unit=np.repeat(np.arange(12), 30), n_units=12, duration=6.0)

    assert null_test(get("spike_phase_r1"), bursts(0, 1.9), seed=0).n == 199
    with pytest.raises(InputError, match=r"surrogates only .* can be measured"):
        null_test(get("spike_phase_r1"), bursts(0, 0.05), kind="circular_shift", seed=0)


def test_surrogates_that_cannot_be_measured_are_drawn_again_up_to_three_times_as_often():
    def early(share):
        def kernel(spikes):
            if spikes.time[spikes.unit == 0][0] >= share * 2.0:
                raise InputError("too late")
            return 1.0

        return replace(get("mean_rate"), kernel=kernel, nulls=("circular_shift",))

    spikes = Spikes(time=[0.1, 0.2], unit=[0, 1], n_units=2, duration=2.0)
    assert null_test(early(0.5), spikes, seed=0).n == 199
    with pytest.raises(InputError, match=r"of 597 surrogates only \d+ can be measured: too late"):
        null_test(early(0.2), spikes, seed=0)


@pytest.mark.parametrize("clock", ["step", "epoch"])
def test_training_shares_its_drift_and_has_no_surrogates(clock):
    x = Recording(np.random.default_rng(0).normal(size=(50, 4)), dt=1.0, clock=clock, quantity="a", unit="1")
    with pytest.raises(InputError, match="drift of training"):
        null_test(get("si_3"), x, seed=0)


@pytest.mark.parametrize("n_times", [5, 10, 30, 49])
def test_short_recordings_have_nulls_without_a_common_variance(n_times):
    found = ictal.measure(independent(n_times, 5, 1), "si_3", dt=0.01, nulls=199).rows[0]
    assert 0 < found.p <= 1
    assert math.isnan(found.common_variance)
    assert np.isfinite(found.effective_samples)


def test_a_shared_start_leaves_no_shift_of_batch_phases():
    settling = 5 * (1 - np.exp(-np.arange(2000) / 50))[:, None] + independent(2000, 20, 0)
    with pytest.raises(InputError, match="batch_phase_sync: is not stationary"):
        null_test(get("batch_phase_sync"), recording(settling), seed=0)
    assert null_test(get("batch_phase_sync"), recording(settling, "sample"), seed=0).kind == "permute"
