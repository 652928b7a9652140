import numpy as np
import pytest

from ictal.analyses import transition
from ictal.analyses.series.transitions import mean_rate
from ictal.simulator import InputError, Recording, Spikes


def recording(values, dt=0.01, clock="second", **other):
    return Recording(np.asarray(values, float).reshape(len(values), -1), dt, clock, "x", "1", **other)


T = np.arange(0, 10, 0.01)
RAMP = 1 - np.abs(T - 5) / 5 + 0.0  # 0 -> 1 -> 0


def test_crossings_are_interpolated_to_the_control_value():
    response = np.clip(T - 2, 0, 6) * np.where(T < 8.5, 1, np.clip(9.5 - T, 0, 1))
    found = transition(recording(RAMP), recording(response), threshold=1.003, smoothing=0.0)
    assert found.onset_time == pytest.approx(3.003, abs=1e-9)
    assert found.onset == pytest.approx(3.003 / 5, abs=1e-9)
    assert found.offset_time == pytest.approx(9.5 - 1.003 / 6, abs=2e-3)
    assert found.offset == pytest.approx((10 - found.offset_time) / 5, abs=1e-9)
    assert found.hysteresis == found.offset - found.onset


def test_a_state_that_depends_on_the_control_alone_has_no_hysteresis():
    found = transition(recording(RAMP), recording(RAMP**2), threshold=0.25, smoothing=0.2)
    assert abs(found.hysteresis) < 0.01
    assert found.onset == pytest.approx(0.5, abs=0.02)


def test_the_control_may_be_sampled_otherwise():
    coarse = recording(RAMP[::20], dt=0.2)
    found = transition(coarse, recording((T > 3) & (T < 9)), threshold=0.5, smoothing=0.0)
    assert found.onset == pytest.approx(3.005 / 5, abs=2e-3)
    assert found.offset == pytest.approx((10 - 8.995) / 5, abs=2e-3)


def test_smoothing_bridges_the_rhythm_and_the_last_crossing_is_the_offset():
    rhythm = ((T > 3) & (T < 8)) * (1 + np.sin(2 * np.pi * 4 * T))
    rough = transition(recording(RAMP), recording(rhythm), threshold=0.5, smoothing=0.0)
    smooth = transition(recording(RAMP), recording(rhythm), threshold=0.5, smoothing=0.2)
    assert smooth.onset_time == pytest.approx(3.0, abs=0.05)
    assert smooth.offset_time == pytest.approx(8.0, abs=0.05)
    assert rough.offset_time == pytest.approx(8.0, abs=0.2)


def test_spikes_become_a_mean_rate():
    rng = np.random.default_rng(0)
    t = np.sort(rng.uniform(2, 6, 40_000))
    spikes = Spikes(t, rng.integers(0, 500, t.size), n_units=500, duration=10.0)
    rate = mean_rate(spikes, 0.01)
    assert rate.values[300:500].mean() == pytest.approx(20.0, rel=0.03)
    found = transition(recording(RAMP), spikes, threshold=10.0, smoothing=0.05)
    assert found.onset_time == pytest.approx(2.0, abs=0.02)
    assert found.offset_time == pytest.approx(6.0, abs=0.02)


def test_units_are_averaged():
    both = np.stack([2.0 * (T > 4), np.zeros(T.size)], axis=1) * (T < 7)[:, None]
    assert transition(recording(RAMP), recording(both), threshold=0.9, smoothing=0).onset_time == pytest.approx(
        4, abs=0.02
    )
    with pytest.raises(InputError, match="at most"):
        transition(recording(RAMP), recording(both), threshold=1.1, smoothing=0)


UP = recording(RAMP)
REFUSED = {
    "transition: the response must start below the threshold 0.5; got 1": {"response": recording(1 - RAMP)},
    "transition: the response must reach the threshold 0.5; got 0.4": {"response": recording(0.4 * RAMP)},
    "transition: the response must end below the threshold 0.5": {"response": recording(T > 4)},
    "transition.control: must have one unit; got 2": {"control": recording(np.ones((10, 2)))},
    "transition.control: must have the axes": {"control": Recording(np.ones((2, 10, 1)), 1.0, "second", "g", "1")},
    "transition.response: must have the clock 'second'": {"response": recording(RAMP, clock="step")},
    'transition.response: must be ordered in time; got clock "sample"': {"response": recording(RAMP, clock="sample")},
    "transition.threshold: must be finite": {"threshold": float("nan")},
    "transition.smoothing: must be finite and >= 0": {"smoothing": -1.0},
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_cannot_be_is_refused_in_one_line(message):
    arguments = {"control": UP, "response": UP, "threshold": 0.5, "smoothing": 0.0, **REFUSED[message]}
    with pytest.raises(InputError) as caught:
        transition(**arguments)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
