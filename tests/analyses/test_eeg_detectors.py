"""Recruitment and detectors on planted truth, and their score event by event."""

import math

import numpy as np
import pytest

import ictal
from ictal.analyses import Detection, Event, Rule, apply, detect, pooled, recruitment, score, score_detectors
from ictal.analyses.eeg.detection import electrodes
from ictal.analyses.eeg.detectors import LINE_LENGTH, raised, threshold
from ictal.analyses.eeg.features import line_length, synchrony_series
from ictal.analyses.eeg.pooled import binomial_interval, poisson_interval
from ictal.analyses.measures import get
from ictal.simulator import InputError, Recording

BASELINE = (0.0, 30.0)


def feature(values, dt=1.0):
    x = np.asarray(values, dtype=float)
    return Recording(x if x.ndim == 2 else x[:, None], dt, "second", "feature", "1", t0=dt)


# features


def test_line_length_of_a_sawtooth_is_its_slope():
    t = np.arange(0, 20, 1 / 128)
    saw = np.abs(t % 1 - 0.5)
    slopes = line_length(Recording(np.stack([saw, 3 * saw], 1), 1 / 128, "second", "potential", "µV"), 2.0, 0.5)
    assert np.allclose(slopes.values, [1.0, 3.0], atol=1e-9)
    assert slopes.times[0] == 2.0
    assert slopes.dt == 0.5


@pytest.mark.parametrize("measure", ["kuramoto_r1", "chi_c"])
def test_a_series_of_windows_is_the_measure_of_each(measure):
    x = ictal.simulate("synthetic_eeg", duration=20.0, onset=0.0, channels=4, seizure_duration=0.0).recording("eeg")
    series = synchrony_series(x, measure, 5.0, 2.5, (3, 20))
    assert series.times.tolist() == [5.0, 7.5, 10.0, 12.5, 15.0, 17.5, 20.0]
    for value, stop in zip(series.values[:, 0], series.times, strict=True):
        assert value == pytest.approx(
            apply(get(measure), x.select(time=(stop - 5, stop)), band=(3, 20)).value, rel=1e-9
        )


# the rule


def test_threshold_is_that_of_the_windows_within_the_baseline():
    level = threshold(feature([1, 2, 3, 4, 100]), 1.0, (0.0, 4.0), k=3.0)
    assert level[0] == pytest.approx(2.5 + 3 * np.std([1, 2, 3, 4], ddof=1))
    with pytest.raises(InputError, match="holds 2 windows"):
        threshold(feature([1, 2, 3, 4]), 1.0, (0.0, 2.0), k=3.0)


def test_an_alarm_is_raised_only_after_it_has_held():
    series = feature([1, 1.1, 0.9, 1, 1, 9, 1, 9, 9, 9, 9, 1])
    assert detect("x", series, 1.0, (0, 5), Rule(3.0, 2.0)) == [Detection("x", 10.0, 11.0)]
    assert len(detect("x", series, 1.0, (0, 5), Rule(3.0, 0.0))) == 2
    assert raised(np.arange(3.0), np.array([0, 9, 9.0]), 1.0, 1.0) == [(1.0, 2.0)]  # to the end of the signal


def test_a_rule_that_cannot_be_is_refused():
    for arguments in ({"k": 0.0}, {"k": math.nan}, {"hold": -1.0}):
        with pytest.raises(InputError, match=next(iter(arguments))):
            Rule(**arguments)


# the score


SEIZURES = [Event(60.0, 30.0, "seizure"), Event(200.0, 20.0, "seizure")]


def scored(*spans, lag=0.0):
    return score("x", [Detection("x", a, b) for a, b in spans], SEIZURES, (0, 3600), (0, 50), lag)


def test_hits_misses_false_alarms_and_their_time():
    found = scored((65, 70), (80, 85), (120, 121), (130, 131))
    assert (found.events, found.hits, found.false_alarms, found.latency) == (2, 1, 2, 5.0)
    assert found.hours == pytest.approx((3600 - 50 - 30 - 20) / 3600)
    assert found.false_per_hour == pytest.approx(2 / found.hours)


def test_what_is_on_at_the_onset_hits_and_what_lies_in_the_baseline_does_not_count():
    assert scored((55, 62)).latency == -5.0
    assert scored((10, 12)).detections == 0


def test_windows_that_still_hold_a_part_of_the_event_raise_no_false_alarm():
    assert scored((92, 94)).false_alarms == 1
    found = scored((92, 94), lag=5.0)
    assert (found.false_alarms, found.hits) == (0, 0)
    assert found.hours == pytest.approx((3600 - 50 - 30 - 20 - 10) / 3600)


def test_without_time_or_hits_there_is_no_rate_and_no_latency():
    found = score("x", [], [Event(10.0, 20.0, "s")], (0, 30), (0, 10))
    assert math.isnan(found.false_per_hour)
    assert math.isnan(found.latency)


def test_pooled_scores_add_up_with_exact_intervals():
    found = pooled([scored((65, 70)), scored((65, 70), (205, 207), (120, 121))])[0]
    assert (found.events, found.hits, found.false_alarms, found.recordings) == (4, 3, 1, 2)
    assert found.latency == 5.0
    assert (found.sensitivity_low, found.sensitivity_high) == pytest.approx((0.194, 0.994), abs=1e-3)  # of 3 in 4
    assert found.false_high * found.hours == pytest.approx(5.572, abs=1e-3)  # of a count of 1
    assert binomial_interval(0, 4)[0] == 0.0
    assert math.isnan(binomial_interval(0, 0)[0])
    assert poisson_interval(0)[1] == pytest.approx(-math.log(0.025))


# recruitment


def test_channels_are_recruited_in_the_order_that_was_planted():
    rng = np.random.default_rng(0)
    x = rng.normal(0, 1, (60 * 128, 4))
    t = np.arange(len(x)) / 128
    for at, start in enumerate((35.0, 32.0, 40.0)):
        x[:, at] *= np.where(t >= start, 8, 1)
    eeg = Recording(x, 1 / 128, "second", "potential", "µV", unit_labels={"channel": np.array(list("abcd"))})
    rows = recruitment(line_length(eeg, 1.0, 0.25), window=1.0, baseline=BASELINE, onset=31.0, rule=Rule())
    assert [row.channel for row in rows] == ["b", "a", "c", "d"]
    assert [row.time for row in rows[:3]] == pytest.approx([32.25, 35.25, 40.25], abs=0.26)
    assert rows[0].latency == pytest.approx(rows[0].time - 31.0)
    assert math.isnan(rows[3].time)


# on planted truth


def trials(seeds=3, **parameters):
    options = {"duration": 110.0, "onset": 80.0, "seizure_duration": 20.0, "channels": 12, **parameters}
    runs = [ictal.simulate("synthetic_eeg", seed=seed, **options) for seed in range(seeds)]
    return {
        found.detector: found for found in score_detectors([r.recording("eeg") for r in runs], baseline=(0.0, 60.0))
    }


FLAT = {"seizure_hz": 10.0, "seizure_share": 0.3}


@pytest.mark.parametrize(
    ("parameters", "synchrony_rises", "amplitude_rises"),
    [
        ({"seizure_gain": 4.0, "seizure_correlation": 0.7}, True, True),
        ({"seizure_gain": 4.0, "seizure_correlation": 0.2, **FLAT}, False, True),
        ({"seizure_gain": 1.0, "seizure_correlation": 0.7, **FLAT}, True, False),
    ],
)
def test_each_detector_sees_what_it_measures_and_not_the_other(parameters, synchrony_rises, amplitude_rises):
    for name, found in trials(**parameters).items():
        rises = amplitude_rises if name == LINE_LENGTH else synchrony_rises
        assert found.events == 3
        assert found.hits == 3 if rises else found.hits <= 1, name  # a false alarm may fall into an event


def test_the_simulated_seizure_is_found_by_all_and_annotated_by_the_network_itself():
    run = ictal.simulate("seizure", protocol="ramp", duration=20.0, seed=1)
    eeg = electrodes(run, seed=1)
    (mark,) = eeg.source["annotations"]
    assert 6.0 < mark["onset"] < 10.0  # g falls below 0.75 at 7.2 s of a ramp of 20 s
    assert eeg.n_units == 16
    assert 1 / eeg.dt == 256.0
    for found in score_detectors([eeg], baseline=(0.5, 6.0), window=2.0, hold=1.0):
        assert found.hits == found.events == 1, found
        assert -0.5 < found.latency < 6.0
