import itertools

import numpy as np
import pytest
import scipy.ndimage
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ictal.simulator import InputError, Recording, Run, Spikes


def recording(values, **more):
    return Recording(values, **{"dt": 0.1, "clock": "second", "quantity": "rate", "unit": "Hz", **more})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.zeros(3), "(time, unit)"),
        (np.zeros((0, 3)), "empty"),
        (np.array([[1.0, np.nan]]), "nan at index (0, 1)"),
        (np.array([[1.0], [np.inf]]), "inf at index (1, 0)"),
        (np.array([[1j]]), "real"),
        (np.array([["a"]]), "numbers"),
        (np.array([[object()]]), "Python objects"),
        (torch.tensor([[0.0, float("nan")]]), "nan at index (0, 1)"),
    ],
)
def test_values_that_cannot_be_are_refused_in_one_line(values, words):
    with pytest.raises(InputError) as caught:
        recording(values)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "more",
    [
        {"dt": 0.0},
        {"dt": float("nan")},
        {"clock": "seconds"},
        {"t0": float("inf")},
        {"unit_labels": {"layer": ["a"]}},
        {"time_labels": {"class": [1, 2, 3]}},
        {"valid": np.ones((1, 2), bool)},
    ],
)
def test_fields_that_cannot_be_are_refused(more):
    with pytest.raises(InputError):
        recording(np.zeros((2, 2)), **more)


def test_numpy_is_frozen_and_apart_from_what_was_given():
    mine = np.zeros((2, 2))
    r = recording(mine)
    mine[0, 0] = 5.0
    assert r.values[0, 0] == 0.0
    with pytest.raises(ValueError, match="read-only"):
        r.values[0, 0] = 1.0


def test_torch_stays_a_tensor_with_its_graph():
    x = torch.ones((4, 3), dtype=torch.float64, requires_grad=True)
    r = recording(x).select(units=[0, 2], time=(0.1, 0.3))
    assert tuple(r.values.shape) == (2, 2)
    r.values.sum().backward()
    assert x.grad.sum() == 4


def test_integers_and_booleans_become_float64():
    assert recording(np.array([[1, 2]])).values.dtype == np.float64
    assert recording(np.array([[True]])).values.dtype == np.float64
    assert recording(np.ones((1, 1), np.float32)).values.dtype == np.float32


def test_select_by_label_index_mask_and_time():
    values = np.arange(24.0).reshape(6, 4)
    labels = {"population": np.array(["E", "E", "I", "I"])}
    r = recording(values, unit_labels=labels, time_labels={"class": np.arange(6)}, t0=1.0, periodic=True)
    part = r.select(where={"population": "I"}, time=(1.2, 1.5))
    assert np.array_equal(part.values, values[2:5, 2:])
    assert part.t0 == pytest.approx(1.2)
    assert part.time_labels["class"].tolist() == [2, 3, 4]
    assert part.unit_labels["population"].tolist() == ["I", "I"]
    assert not part.periodic
    assert r.select(time=(0.0, 9.0)).periodic
    assert np.array_equal(r.select(units=[3, 0]).values, values[:, [3, 0]])
    assert np.array_equal(r.select(units=[True, False, False, True]).values, values[:, [0, 3]])


@pytest.mark.parametrize(
    "how",
    [
        {"time": (5.0, 6.0)},
        {"time": (0.2, 0.2)},
        {"units": [4]},
        {"units": [-1]},
        {"units": []},
        {"units": [True]},
        {"where": {"population": "E"}},
    ],
)
def test_select_refuses_what_is_not_there(how):
    with pytest.raises(InputError):
        recording(np.zeros((6, 4))).select(**how)


def test_a_window_from_one_sample_to_the_next_holds_the_first():
    r = recording(np.arange(20.0)[:, None], t0=1.0)
    assert r.times[[0, 19]] == pytest.approx([1.0, 2.9])
    edges = [*r.times, 3.0]
    found = [r.select(time=(start, stop)).values.tolist() for start, stop in itertools.pairwise(edges)]
    assert found == [[[float(k)]] for k in range(20)]


def test_a_label_narrows_the_units_that_are_asked_for():
    values, labels = np.arange(8.0).reshape(2, 4), {"population": np.array(["E", "I", "E", "E"])}
    for r in (recording(values, unit_labels=labels), Spikes([0.1, 0.2], [3, 1], 4, 1.0, unit_labels=labels)):
        part = r.select(units=[3, 1, 0], where={"population": "E"})
        assert part.n_units == 2
        if isinstance(part, Recording):
            assert part.values.tolist() == [[3, 0], [7, 4]]
        else:
            assert (part.time.tolist(), part.unit.tolist()) == ([0.1], [0])


def test_a_part_is_valid_where_the_whole_is():
    valid = np.random.default_rng(0).random((20, 4)) < 0.5
    r = recording(np.arange(80.0).reshape(20, 4), valid=valid)
    drawn = r.subsample(3, 7, seed=0)
    parts = (
        (r.select(units=[3, 0], time=(0.5, 1.0)), valid[5:10][:, [3, 0]]),
        (drawn, valid[:7][:, drawn.values[0].astype(int)]),
        (recording(r.values, valid=valid, clock="sample").subsample(n_times=20, seed=0), valid),
    )
    for part, wanted in parts:
        assert part.valid.tolist() == wanted.tolist()


def test_subsample_draws_units_and_keeps_an_ordered_axis_even():
    values = np.arange(200.0).reshape(20, 10)
    ordered = recording(values).subsample(4, 7, seed=1)
    assert np.array_equal(ordered.values, values[:7][:, ordered.values[0].astype(int)])
    shuffled = recording(values, clock="sample").subsample(4, 7, seed=1)
    rows = (shuffled.values[:, 0] // 10).astype(int)
    assert rows.tolist() != list(range(7))
    assert (np.diff(rows) > 0).all()
    assert np.array_equal(ordered.values, recording(values).subsample(4, 7, seed=1).values)
    with pytest.raises(InputError, match="wanted 11 of 10"):
        recording(values).subsample(11, seed=0)
    for n in (0, 21):
        with pytest.raises(InputError, match=f"wanted {n} of 20"):
            recording(values).subsample(n_times=n, seed=0)
    assert not recording(values, periodic=True).subsample(n_times=19, seed=0).periodic


@pytest.mark.parametrize(
    "more",
    [
        {"time": [0.5, 2.0]},
        {"time": [-0.1, 0.2]},
        {"unit": [0, 3]},
        {"unit": [0, -1]},
        {"unit": [0.0, 1.0]},
        {"time": [0.1]},
        {"time": [0.1, float("nan")]},
        {"n_units": 0},
        {"duration": 0.0},
        {"unit_labels": {"population": ["E"]}},
    ],
)
def test_spikes_that_cannot_be_are_refused(more):
    with pytest.raises(InputError):
        Spikes(**{"time": [0.1, 0.2], "unit": [0, 1], "n_units": 3, "duration": 1.0, **more})


def test_spikes_are_sorted_and_selected():
    s = Spikes(
        time=[0.3, 0.1, 0.1],
        unit=[2, 1, 0],
        n_units=3,
        duration=0.5,
        unit_labels={"population": np.array(["E", "E", "I"])},
    )
    assert s.time.tolist() == [0.1, 0.1, 0.3]
    assert s.unit.tolist() == [0, 1, 2]
    assert s.counts.tolist() == [1, 1, 1]
    inhibitory = s.select(where={"population": "I"}, time=(0.2, 0.4))
    assert inhibitory.n_units == 1
    assert inhibitory.time.tolist() == [0.3]
    assert (inhibitory.t0, inhibitory.duration) == (0.2, pytest.approx(0.2))
    assert inhibitory.binned(0.1).values.tolist() == [[0.0], [1.0]]
    with pytest.raises(InputError, match="leaves the observation"):
        s.select(time=(0.2, 0.9))
    assert s.select(time=(0.1, 0.3)).unit.tolist() == [0, 1]
    assert Spikes(time=[0.1, 0.1], unit=[1, 0], n_units=2, duration=0.5).unit.tolist() == [0, 1]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0005, 0.001, 0.01]))
def test_bins_and_smoothing_lose_no_spike(seed, dt):
    rng = np.random.default_rng(seed)
    steps = np.sort(rng.integers(0, 10_000, 300))
    s = Spikes(time=steps * 1e-4, unit=rng.integers(0, 7, 300), n_units=7, duration=1.0)
    counts = s.binned(dt).values
    assert counts.sum() == 300
    expected = np.bincount(steps // round(dt / 1e-4), minlength=len(counts))
    assert np.array_equal(counts.sum(axis=1), expected)
    rates = s.smoothed(dt, 3 * dt).values
    assert rates.sum() * dt == pytest.approx(300)


def test_smoothing_is_a_gaussian_of_the_stated_width():
    s = Spikes(time=[0.5], unit=[0], n_units=1, duration=1.0)
    rate = s.smoothed(0.001, 0.02).values[:, 0]
    t = np.arange(1000) * 0.001 - 0.5
    assert rate == pytest.approx(np.exp(-(t**2) / (2 * 0.02**2)) / (0.02 * np.sqrt(2 * np.pi)), abs=0.01)


@pytest.mark.parametrize("sd", [0.6, 1.2, 3.0, 40.0])
def test_smoothing_is_that_of_scipy(sd):
    rng = np.random.default_rng(0)
    s = Spikes(time=np.sort(rng.random(30)), unit=rng.integers(0, 3, 30), n_units=3, duration=1.0)
    wanted = scipy.ndimage.gaussian_filter1d(s.binned(0.05).values / 0.05, sd, axis=0, mode="reflect", truncate=4.0)
    np.testing.assert_allclose(s.smoothed(0.05, sd * 0.05).values, wanted, rtol=1e-12, atol=1e-12)


def test_two_spikes_at_one_time_are_one_cycle():
    once, twice = ([0.1, 0.2, 0.3, 0.4, 0.5], [0.1, 0.2, 0.2, 0.3, 0.4, 0.5])
    phases = [Spikes(t, np.zeros(len(t), int), 1, 1.0).phases(0.05).values.tolist() for t in (once, twice)]
    assert phases[0] == phases[1]


def test_phases_are_linear_between_spikes_and_undefined_outside():
    s = Spikes(time=[0.1, 0.2, 0.4, 0.5, 0.6, 0.3], unit=[1, 1, 1, 1, 1, 0], n_units=2, duration=1.0)
    p = s.phases(0.05)
    assert p.unit_labels["unit"].tolist() == [1]
    assert p.valid[:, 0].tolist() == [0.1 <= round(t, 9) <= 0.6 for t in p.times]
    assert p.values[6, 0] == pytest.approx(2 * np.pi * 1.5)  # t = 0.3, half-way from the 2nd to the 3rd spike
    with pytest.raises(InputError, match="no unit has 5 spikes"):
        s.select(units=[0]).phases(0.05)


def test_a_bin_longer_than_the_observation_is_refused():
    s = Spikes(time=[], unit=np.zeros(0, int), n_units=1, duration=0.5)
    with pytest.raises(InputError, match="longer than the observation"):
        s.binned(1.0)
    with pytest.raises(InputError, match="dt must be > 0"):
        s.binned(-1.0)
    with pytest.raises(InputError, match="sd must be > 0"):
        s.smoothed(0.1, 0.0)
    assert [Spikes([], [], 1, tenths / 10).binned(0.1).n_times for tenths in range(1, 20)] == list(range(1, 20))


def test_run_is_a_mapping_with_typed_access():
    run = Run({"E": Spikes(time=[0.1], unit=[0], n_units=1, duration=1.0), "lfp": recording(np.zeros((10, 1)))})
    assert list(run) == ["E", "lfp"]
    assert run.spikes("E").n_units == 1
    assert run.recording("lfp").n_times == 10
    assert run.select(time=(0.0, 0.5)).recording("lfp").n_times == 5
    assert Run(run, {"seed": 3}).select(time=(0.0, 0.5)).source == {"seed": 3}
    with pytest.raises(InputError, match="did you mean 'lfp'"):
        run.recording("lpf")
    with pytest.raises(InputError, match="spike trains"):
        run.spikes("lfp")
    for bad in ({}, {"a/b": recording(np.zeros((1, 1)))}, {"x": np.zeros((2, 2))}):
        with pytest.raises(InputError):
            Run(bad)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b", "\ud800"])
def test_names_that_no_file_can_hold_are_refused(name):
    with pytest.raises(InputError, match="name"):
        Run({name: recording(np.zeros((2, 2)))})
    with pytest.raises(InputError, match="name"):
        recording(np.zeros((2, 2)), unit_labels={name: [0, 1]})


@pytest.mark.parametrize(
    "labels", [np.array(["2020", "2021"], "datetime64[Y]"), ["a\0b", "c"], ["\ud800", "b"], [1j, 2]]
)
def test_labels_that_no_file_can_hold_are_refused(labels):
    with pytest.raises(InputError, match="time_labels"):
        recording(np.zeros((2, 2)), time_labels={"class": labels})


def test_units_are_not_taken_twice():
    with pytest.raises(InputError, match="must not repeat"):
        Spikes(time=[0.1], unit=[1], n_units=2, duration=1.0).select(units=[1, 1])


def test_a_spike_within_rounding_of_the_start_is_in_the_first_bin():
    s = Spikes(time=[0.3 - 0.9e-9, 0.5], unit=[0, 0], n_units=1, duration=1.0).select(time=(0.3, 1.0))
    assert s.binned(1e-4).values.sum() == 2


def test_half_precision_becomes_single():
    assert recording(np.ones((2, 2), np.float16)).values.dtype == np.float32


def test_a_bin_at_times_too_large_for_it_is_refused():
    """Rounding near such times exceeds any bin: it must not count as bins."""
    with pytest.raises(InputError, match="too coarse"):
        Spikes(np.empty(0), np.empty(0, int), 3, 2.0, t0=1e300).binned(2.0**63)


def test_values_and_times_with_units_are_refused():
    """NumPy reads 10 mV of Brian2 as .01."""
    units = pytest.importorskip("brian2").units
    with pytest.raises(InputError, match=r"Recording\.values: is a quantity of brian2"):
        Recording(np.ones((5, 2)) * units.mV, 0.1, "second", "v", "mV")
    with pytest.raises(InputError, match=r"Spikes\.time: is a quantity of brian2"):
        Spikes(np.array([0.1, 0.2]) * units.ms, [0, 1], 2, 1.0)
