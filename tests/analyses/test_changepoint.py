"""The source's detector is what it wrote; the test beside it errs as often as it says, on white and on red noise."""

import numpy as np
import pytest
from scipy.signal import lfilter

from ictal.analyses import change_point, change_points, detect_critical_transitions
from ictal.analyses.series import changepoint
from ictal.simulator import InputError


def red(seed, n, phi, heavy=False):
    """AR(1) noise of SD 1."""
    rng = np.random.default_rng(seed)
    drive = rng.standard_t(3, n + 300) / np.sqrt(3) if heavy else rng.normal(size=n + 300)
    return lfilter([1.0], [1.0, -phi], drive)[300:] * np.sqrt(1 - phi**2)


def step(n, at):
    return (np.arange(n) >= at).astype(float)


def as_the_source_wrote_it(si, threshold):
    found = []
    for t in range(1, len(si)):
        if abs(si[t] - si[t - 1]) > threshold:
            found.append(t)
    return found


def best_step(x):
    """Least squares over every place, the slow way."""
    errors = {
        k: ((x[:k] - x[:k].mean()) ** 2).sum() + ((x[k:] - x[k:].mean()) ** 2).sum() for k in range(5, len(x) - 4)
    }
    return min(errors, key=errors.get)


def test_a_critical_transition_is_a_jump_of_more_than_the_threshold():
    assert detect_critical_transitions([0.0, 0.8, 0.0, 0.81, 0.0]).tolist() == [3, 4]  # 0.8 is not more than 0.8
    assert detect_critical_transitions([0.3, 0.6], threshold=0.2).tolist() == [1]
    assert detect_critical_transitions([0.5]).tolist() == []
    rng = np.random.default_rng(0)
    for threshold in (0.8, 0.5, 0.1):
        si = rng.random(300)
        assert detect_critical_transitions(si, threshold).tolist() == as_the_source_wrote_it(si, threshold)


def test_the_sources_detector_has_no_error_rate():
    """The same step is missed in an index of SD 0.02 and found in every other batch of white noise of SD 1."""
    small = 0.3 + 0.02 * red(0, 200, 0.0) + 0.4 * step(200, 100)
    assert detect_critical_transitions(small).size == 0
    assert change_point(small, n=199).p == 0.005
    assert detect_critical_transitions(red(0, 200, 0.0)).size > 80
    assert change_point(red(0, 200, 0.0), n=199).p > 0.05


@pytest.mark.parametrize("trend", [0, 1, 2])
def test_a_step_without_noise_is_found_where_it_is(trend):
    drift = 3.0 * np.linspace(0, 1, 80) ** trend * (trend > 0)
    found = change_point(0.5 * step(80, 30) + drift, trend=trend, n=199)
    assert (found.index, found.low, found.high) == (30, 30, 30)
    assert found.jump == pytest.approx(0.5)
    assert found.p == 0.005


@pytest.mark.parametrize("seed", range(5))
def test_the_step_is_that_of_least_squares(seed):
    x = red(seed, 90, 0.3) + 2 * step(90, 50)
    found = change_point(x, n=199)
    assert found.index == best_step(x)
    assert found.jump == pytest.approx(x[found.index :].mean() - x[: found.index].mean())
    assert found.low <= found.index <= found.high


def test_offset_gain_and_sign_change_nothing_but_the_jump():
    x = red(1, 100, 0.5) + 2 * step(100, 40)
    found = change_point(x, n=199)
    for gain, offset in ((1e-6, 0.0), (-3.0, 100.0), (1e5, 1e6)):
        other = change_point(gain * x + offset, n=199)
        assert (other.index, other.low, other.high, other.p) == (found.index, found.low, found.high, found.p)
        assert other.jump == pytest.approx(gain * found.jump, rel=1e-6)
        assert other.memory == pytest.approx(found.memory, abs=1e-6)
    again, unlike = change_point(x, n=199), change_point(x, n=199, seed=1)
    assert again == found
    assert unlike.statistic == found.statistic
    assert unlike.memory != found.memory


def test_the_memory_is_estimated_without_its_bias():
    for phi in (0.0, 0.5, 0.8):
        found = [change_point(red([int(10 * phi), seed], 150, phi), n=199).memory for seed in range(40)]
        naive = []
        for seed in range(40):
            x = red([int(10 * phi), seed], 150, phi)
            k = best_step(x)
            x = x - np.where(np.arange(150) < k, x[:k].mean(), x[k:].mean())
            naive.append((x[1:] * x[:-1]).sum() / (x**2).sum())
        assert np.mean(found) == pytest.approx(phi, abs=0.04)
        assert np.mean(naive) < phi - 0.04


def test_the_null_has_the_memories_and_the_freedom_that_its_page_states(monkeypatch):
    seen = []
    draw = changepoint.noise_like
    monkeypatch.setattr(changepoint, "noise_like", lambda *given: seen.append(given) or draw(*given))
    found = change_point(red(3, 60, 0.5), n=999, trend=1, steps=2)
    _, memory, memories, freedom, _ = seen[-1]
    assert memory == found.memory
    assert freedom == 60 - 2 - 4  # a line, and of two steps the height and the place
    assert np.std(memories) == pytest.approx(np.sqrt((1 - memory**2) / 60), rel=0.35)  # of the estimate from 60 samples


def test_a_drift_is_a_change_of_the_mean_and_a_trend_takes_it_off():
    drift = 4 * np.linspace(0, 1, 120) + red(2, 120, 0.2)
    assert change_point(drift, n=199).p < 0.05
    assert change_point(drift, n=199, trend=1).p > 0.05
    both = change_point(drift + 4 * step(120, 70), n=199, trend=1)
    assert both.p < 0.05
    assert abs(both.index - 70) <= 2


def test_two_steps_are_found_though_each_hides_the_other():
    x = red(3, 160, 0.0) + 4 * (step(160, 50) - step(160, 110))
    found = change_points(x, n=199)
    assert [f.index for f in found] == [50, 110]
    assert found[0].jump == pytest.approx(x[50:110].mean() - x[:50].mean())
    assert found[1].jump == pytest.approx(x[110:].mean() - x[50:110].mean())
    for f, at in zip(found, (50, 110), strict=True):
        assert f.low <= at <= f.high
    assert change_points(x[:48], n=199) == []
    assert change_point(x, n=199).p > 0.05  # the other step, left in the noise, looks like memory
    assert [f.index for f in change_points(step(120, 40) + step(120, 80), n=199)] == [40, 80]


SIZES = [
    (100, 0.5, False),
    *(
        pytest.param(*size, marks=pytest.mark.physics)
        for size in ((100, 0.0, False), (100, 0.8, False), (200, 0.9, False), (100, 0.5, True))
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(("n", "phi", "heavy"), SIZES)
def test_noise_is_taken_for_a_step_in_five_of_a_hundred(n, phi, heavy):
    p = np.array([change_point(red([1, seed], n, phi, heavy), n=199, seed=seed).p for seed in range(400)])
    assert 0.02 < np.mean(p <= 0.05) < 0.085  # 0.05 ± 0.011
    assert 0.4 < np.mean(p <= 0.5) < 0.6


@pytest.mark.physics
def test_a_line_that_is_taken_off_leaves_the_error_rate_as_it_is():
    drift = 5 * np.linspace(0, 1, 100)
    p = np.array([change_point(red([2, s], 100, 0.5) + drift, trend=1, n=199, seed=s).p for s in range(300)])
    assert 0.015 < np.mean(p <= 0.05) < 0.09
    found = [len(change_points(red([3, s], 100, 0.5), n=199, seed=s)) > 0 for s in range(300)]
    assert 0.015 < np.mean(found) < 0.09
    bump = 4 * (step(160, 50) - step(160, 110))
    counts = [len(change_points(red([6, s], 160, 0.0) + bump, n=199, seed=s)) for s in range(150)]
    assert np.mean(np.array(counts) == 2) > 0.85


@pytest.mark.physics
def test_a_series_of_few_memories_errs_twice_as_often_at_most():
    """50 samples of memory 0.9 are fewer than three independent ones: the docs say that this is too short."""
    p = np.array([change_point(red([4, seed], 50, 0.9), n=199, seed=seed).p for seed in range(300)])
    assert np.mean(p <= 0.05) < 0.15


@pytest.mark.slow
@pytest.mark.parametrize(("phi", "power"), [(0.0, 0.99), (0.5, 0.95), (0.8, 0.5)])
def test_a_step_is_found_and_its_interval_holds_it(phi, power):
    held, clear = [], []
    for seed in range(150):
        at = int(np.random.default_rng(seed).integers(25, 75))
        found = change_point(red([5, seed], 100, phi) + 2.5 * step(100, at), n=199, seed=seed)
        held.append(found.low <= at <= found.high)
        clear.append(found.p <= 0.05)
    assert np.mean(clear) >= power
    assert np.mean(held) > 0.9


REFUSED = [
    (lambda: detect_critical_transitions([[0.1]]), "detect_critical_transitions.si: must be a vector"),
    (lambda: detect_critical_transitions([0.1, np.nan]), "detect_critical_transitions.si: must be finite; got nan"),
    (lambda: detect_critical_transitions(["a"]), "detect_critical_transitions.si: must be a vector of numbers"),
    (lambda: detect_critical_transitions([0.1], -1), "detect_critical_transitions.threshold: must be finite and >= 0"),
    (lambda: change_point(np.arange(19.0)), "change_point.x: must be a vector of at least 20 samples; got shape (19,)"),
    (lambda: change_point(np.full(30, 0.1)), "change_point.x: must be more than a constant"),
    (lambda: change_point(np.arange(30.0), trend=1), "change_point.x: must be more than a line"),
    (lambda: change_point(red(0, 30, 0), trend=3), "change_point.trend: must be an integer in 0..2; got 3"),
    (lambda: change_point(red(0, 30, 0), margin=1), "change_point.margin: must be an integer in 2..11; got 1"),
    (lambda: change_point(red(0, 30, 0), steps=2), "change_point.steps: must be an integer in 1..1; got 2"),
    (lambda: change_point(red(0, 30, 0), n=100), "change_point.n: must be an integer in 199..1000000; got 100"),
    (lambda: change_point(red(0, 30, 0), level=1.0), "change_point.level: must lie between 0 and 1; got 1.0"),
    (lambda: change_points(red(0, 30, 0), alpha=0.0), "change_points.alpha: must lie between 0 and 1; got 0.0"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_what_cannot_be_is_refused_in_one_line(call, message):
    with pytest.raises(InputError) as caught:
        call()
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
