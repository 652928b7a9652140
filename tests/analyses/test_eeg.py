"""EEG: channels, references, bands, windows, synchrony and rhythm against closed forms, the test of a change."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

import ictal
from ictal.analyses import (
    Event,
    Windows,
    around,
    bandpassed,
    changes,
    events_of,
    examine,
    over_time,
    rereferenced,
    sliding,
)
from ictal.analyses.eeg.change import FALLS, NO_CHANGE, RISES, TOO_SHORT
from ictal.analyses.eeg.preprocessing import is_bipolar
from ictal.analyses.eeg.quality import line_noise
from ictal.analyses.eeg.rhythm import amplitude_cv, log_band_power
from ictal.analyses.eeg.synchrony import WindowValue, window_values
from ictal.analyses.eeg.windows import block_length, disjoint
from ictal.analyses.eeg.wording import notes_of
from ictal.analyses.eeg.wording import tested as in_words
from ictal.analyses.measures.phase import analytic
from ictal.analyses.settings import ValueSettings
from ictal.simulator import InputError, Recording
from ictal.simulator.files.document import to_json

RATE = 128.0


def recording(x, names=None, marks=(), rate=RATE):
    labels = {} if names is None else {"channel": np.array(names)}
    annotations = [{"onset": a, "duration": d, "text": text} for a, d, text in marks]
    return Recording(x, 1 / rate, "second", "potential", "µV", unit_labels=labels, source={"annotations": annotations})


def noise(n_channels, seconds=40.0, seed=0):
    return np.random.default_rng(seed).normal(0, 30, (int(seconds * RATE), n_channels))


def correlated(c, n_channels=16, seconds=120.0, seed=0):
    """White noise, any two channels of which have the correlation c."""
    rng = np.random.default_rng(seed)
    common, private = rng.normal(size=(int(seconds * RATE), 1)), rng.normal(size=(int(seconds * RATE), n_channels))
    return math.sqrt(c) * common + math.sqrt(1 - c) * private


# quality


def test_every_fault_is_found_and_named_and_good_channels_are_left_alone():
    x = noise(12)
    t = np.arange(len(x)) / RATE
    x[:, 3] = 5.0
    x[:, 4] = np.where(t % 10 < 7, 0.0, x[:, 4])
    x[:, 5] = np.clip(x[:, 5], -20, 20)
    x[:, 6] += 200 * np.sin(2 * np.pi * 50 * t)
    x[:, 7] *= 30
    x[:, 8] = x[:, 0]
    x[:, 9] = 3 - 2 * x[:, 1]
    names = ["F3", "F4", "C3", "C4", "P3", "P4", "O1", "O2", "copy", "inverse", "EEG ECG", "Cz"]
    reasons = {c.name: c.reason for c in examine(recording(x, names))}
    assert {name for name, reason in reasons.items() if not reason} == {"F3", "F4", "C3", "Cz"}
    for name, fragment in (
        ("C4", "flat"),
        ("P3", "flat for 7"),
        ("P4", "clipped: "),
        ("O1", "line noise: 9"),
        ("O2", "its variance stands out"),
        ("copy", "a copy of F3"),
        ("inverse", "an inverted copy of F4"),
        ("EEG ECG", "no EEG"),
    ):
        assert fragment in reasons[name], name
    assert "inverted" not in reasons["copy"]


@pytest.mark.parametrize("seed", range(5))
def test_independent_channels_of_one_kind_are_all_used(seed):
    assert all(c.used for c in examine(recording(noise(20, seed=seed))))


def test_a_channel_that_is_loud_in_the_seizure_alone_is_kept():
    x = noise(8)
    x[int(20 * RATE) :, 2] *= 30
    whole = recording(x)
    assert not examine(whole)[2].used
    assert examine(whole, time=(0.0, 20.0))[2].used


def test_strong_correlation_is_no_copy():
    assert all(c.used for c in examine(recording(correlated(0.999, 4))))


def test_line_noise_of_60_hz_is_told_from_50():
    t = np.arange(0, 20, 1 / 256)
    share, frequency = line_noise(np.sin(2 * np.pi * 60 * t), 1 / 256)
    assert share == pytest.approx(1.0)
    assert frequency == 60.0


# reference


def test_average_reference_sums_to_zero_and_none_changes_nothing():
    x = recording(correlated(0.5, 5), list("abcde"))
    average, notes = rereferenced(x, "average")
    assert np.abs(average.values.sum(axis=1)).max() < 1e-10
    assert any("-1/(n - 1)" in note for note in notes)
    assert rereferenced(x, "none") == (x, [])


def test_bipolar_montages_are_recognised():
    assert is_bipolar(["FP1-F7", "F7-T7", "T7-P7", "T8-P8 (2)"])
    assert not is_bipolar(["EEG FP1-REF", "EEG F7-REF", "EEG CZ-REF"])
    assert not is_bipolar(["Fp1-Cz", "F7-Cz", "T7-Cz"])  # one common reference
    assert any("bipolar" in note for note in rereferenced(recording(noise(2), ["FP1-F7", "F7-T7"]), "none")[1])


# band


def test_a_band_keeps_what_is_in_it_without_shift_and_drops_what_is_not():
    t = np.arange(0, 40, 1 / RATE)[:, None]
    inside, outside = np.sin(2 * np.pi * 8 * t + 0.3), np.sin(2 * np.pi * 40 * t) + np.sin(2 * np.pi * 1 * t)
    u = bandpassed(recording(inside + outside + 100), (3, 20)).values
    assert np.abs(u - inside)[256:-256].max() < 1e-3


def test_a_loud_seizure_does_not_leak_into_the_time_before_it():
    t = np.arange(0, 40, 1 / RATE)
    loud = np.where(t >= 20, 1000 * np.sin(2 * np.pi * 5 * t), 0.0)[:, None]
    u = np.abs(bandpassed(recording(loud), (3, 20)).values[:, 0])
    sharp = np.abs(analytic(loud, 1 / RATE, (3, 20))[0][:, 0])
    assert u[t < 18].max() < 0.01 < 1 < sharp[t < 18].max()  # of 1000
    assert u[(t > 22) & (t < 39)].max() == pytest.approx(1000, rel=1e-3)


def test_unordered_or_too_short_has_no_band():
    with pytest.raises(InputError, match="sample"):
        bandpassed(Recording(noise(2), 1.0, "sample", "activation", "1"), (0.1, 0.2))
    with pytest.raises(InputError, match="record for"):
        bandpassed(recording(noise(2, seconds=1.0)), (3, 20))


# events and windows


MARKS = ((12.0, 10.0, "Seizure start"), (2.0, None, "eyes open"), (30.0, 2.0, "interictal spikes"))


def test_events_are_those_that_say_seizure_or_what_is_named():
    x = recording(noise(2), marks=MARKS)
    assert events_of(x) == ([Event(12.0, 10.0, "Seizure start")], [])
    assert [e.onset for e in events_of(x, "spikes")[0]] == [30.0]
    with pytest.raises(InputError, match="annotation"):
        events_of(x, "clonic")


def test_what_is_assumed_of_events_is_said():
    one = events_of(recording(noise(2), marks=((5.0, None, "seizure"),)))
    assert one[0] == [Event(5.0, 35.0, "seizure")]
    assert "has no duration" in one[1][0]
    other = events_of(recording(noise(2), marks=((5.0, None, "eyes open"),)))
    assert other[0] == []
    assert "no annotation says seizure" in other[1][0]
    none = events_of(recording(noise(2), marks=((5.0, 1.0, "eyes open"), (7.0, 1.0, "cough"))))
    assert none[0] == []
    assert "no annotation says seizure" in none[1][0]
    outside = events_of(recording(noise(2), marks=((50.0, 5.0, "seizure"),)))
    assert outside[0] == []
    assert "outside the recording" in outside[1][0]


def test_the_parts_around_an_event_are_the_whole():
    x = recording(noise(2))
    parts = around(x, Event(10.0, 5.0, "seizure"))
    assert {name: part.duration for name, part in parts.items()} == {"before": 10.0, "during": 5.0, "after": 25.0}
    assert np.array_equal(np.concatenate([part.values for part in parts.values()]), x.values)


def test_blocks_do_not_overlap_and_do_not_cross_an_edge():
    x = recording(noise(2))
    events = [Event(10.0, 7.3, "seizure"), Event(30.0, 4.0, "seizure")]
    places = disjoint(x, events, 1.7)
    for (_, stop), (start, _) in itertools.pairwise(places):
        assert start >= stop
    for edge in (10.0, 17.3, 30.0, 34.0):
        assert not any(a / RATE < edge - 0.01 and b / RATE > edge + 0.01 for a, b in places)
    assert (int(10 * RATE) - int(1.7 * RATE), int(10 * RATE)) in places  # the last before the onset ends there


def test_length_of_blocks():
    x = recording(noise(2))
    assert block_length(x, [Event(10.0, 30.0, "s")], 5.0, 1.34) == pytest.approx(10 / 6)
    assert block_length(x, [Event(10.0, 30.0, "s")], 1.5, 1.34) == 1.5
    assert block_length(x, [Event(5.0, 30.0, "s")], 5.0, 1.34) == 1.34  # as long as the band needs
    assert block_length(x, [Event(2.0, 30.0, "s")], 5.0, 1.34) == 0.0  # not even three of these before
    assert block_length(x, [], 5.0, 1.34) == 0.0


def test_windows_step_by_half_and_stay_inside():
    places = sliding(recording(noise(2, seconds=20)), 5.0)
    assert [(a / RATE, b / RATE) for a, b in places] == [(s, s + 5) for s in np.arange(0, 15.1, 2.5)]


# closed forms


def in_band(signal, window, nulls=0, measures=None):
    """Measures between 3 and 20 Hz in windows that do not overlap."""
    places = sliding(signal, window, window)
    return window_values(bandpassed(signal, (3, 20)), places, ValueSettings((3, 20), nulls=nulls), measures=measures)


@pytest.mark.parametrize("c", [0.0, 0.2, 0.5, 0.8])
def test_planted_correlation_gives_the_closed_forms(c):
    rows = in_band(recording(correlated(c)), 20.0)
    mean = {
        name: np.mean([r.value for r in rows if r.measure == name]) for name in ("lambda1_fraction", "chi_c", "si_3")
    }
    degrees = 2 * 17 * 20  # of freedom of a band of 17 Hz in 20 s: an estimated correlation has SD (1 - c²)/√degrees
    assert mean["lambda1_fraction"] == pytest.approx(c, abs=0.03 + 0.05 * (c == 0))
    assert mean["chi_c"] == pytest.approx(math.sqrt(c), abs=0.03 + 0.05 * (c == 0))
    assert mean["si_3"] == pytest.approx(c if c else math.sqrt(2 / math.pi / degrees), abs=0.03)


def test_gain_of_single_channels_changes_no_synchrony_but_power():
    x = recording(correlated(0.4))
    scaled = recording(x.values * 10.0 ** np.linspace(-1, 2, 16))
    a, b = (in_band(r, 20.0) for r in (x, scaled))
    for one, other in zip(a, b, strict=True):
        shift = 1.0 if one.measure == "band_power" else 0.0  # mean of 2·log10 of the gains
        assert other.value == pytest.approx(one.value + shift, rel=1e-9), one.measure


def test_nulls_hold_independent_channels_and_not_correlated_ones():
    def share(c):
        rows = in_band(recording(correlated(c)), 5.0, nulls=199)
        tested = [r.p <= 0.05 for r in rows if math.isfinite(r.p)]
        assert len(tested) == 4 * 24
        return np.mean(tested)

    assert share(0.0) <= 0.15  # 0.05 of 96, four measures of one signal
    assert share(0.2) == 1.0


def test_power_of_a_wave_and_cv_of_its_amplitude():
    t = np.arange(0, 20, 1 / RATE)[:, None]
    wave = np.sin(2 * np.pi * 8 * t)
    beat = (1 + 0.5 * np.sin(2 * np.pi * 0.5 * t)) * wave
    assert log_band_power(recording(100 * wave), (3, 20))[0] == pytest.approx(np.log10(5000), abs=1e-6)
    assert amplitude_cv(recording(beat), (3, 20))[0] == pytest.approx(0.5 / math.sqrt(2), abs=0.01)


def test_envelope_of_gaussian_noise_is_rayleigh():
    u = bandpassed(recording(noise(8, seconds=400)), (3, 20))
    assert amplitude_cv(u, (3, 20))[0] == pytest.approx(math.sqrt(4 / math.pi - 1), abs=0.01)


def test_peak_frequency_follows_the_rhythm():
    t = np.arange(0, 40, 1 / RATE)[:, None]
    x = np.where(t < 20, np.sin(2 * np.pi * 10 * t), np.sin(2 * np.pi * 5 * t)) * [1, -1, 3] + 0.1 * correlated(
        0, 3, 40
    )
    rows = in_band(recording(x), 5.0, measures=["peak_frequency"])
    assert [round(r.value, 9) for r in rows] == [10.0] * 4 + [5.0] * 4


# the test of a change


def block(at, phase, value, null=math.nan):
    return WindowValue(measure="chi_c", start=at, stop=at + 1.0, phase=phase, value=value, tested=value, null_mean=null)


def rows_of(before, during, null=math.nan):
    values = [("before", v) for v in before] + [("during", v) for v in during]
    return [block(float(at), phase, float(v), null) for at, (phase, v) in enumerate(values)]


def test_a_change_is_that_of_the_means_with_welchs_interval():
    before, during = [0.30, 0.34, 0.32, 0.31, 0.33, 0.32], [0.50, 0.54, 0.51, 0.53, 0.52, 0.52]
    (found,) = changes(rows_of(before, during))
    assert (found.n_before, found.n, found.says, found.of) == (6, 6, RISES, "value")
    assert found.difference == pytest.approx(0.20)
    assert found.p == pytest.approx(2 / math.comb(12, 6))
    assert found.low <= 0.20 - 2.228 * math.sqrt(2 * 2e-4 / 6) + 1e-4  # Welch, wider if neighbours correlate
    assert changes(rows_of(during, before))[0].says == FALLS


def test_a_rise_of_value_and_null_together_is_no_change():
    rng = np.random.default_rng(0)
    values = 0.3 + 0.01 * rng.normal(size=12)
    rows = [
        block(float(at), "before" if at < 6 else "during", v + 0.2 * (at >= 6), 0.1 + 0.2 * (at >= 6))
        for at, v in enumerate(values)
    ]
    (found,) = changes(rows)
    assert found.of == "value − null mean"
    assert found.says == NO_CHANGE
    assert abs(found.difference) < 0.02


def test_blocks_without_a_null_are_left_out_of_the_excess_and_said():
    rng = np.random.default_rng(0)
    why = to_json({"no_null": "is not stationary"})
    rows = [
        block(float(at), "before" if at < 6 else "during", 0.3 + 0.01 * rng.normal() + 0.2 * (at >= 6),
              0.1 + 0.2 * (at >= 6))
        for at in range(18)
    ]  # fmt: skip
    (whole,) = changes(rows[:8] + rows[9:])
    hole = replace(rows[8], null_mean=math.nan, settings=why)
    (found,) = changes([*rows[:8], hole, *rows[9:]])
    assert (found.of, found.n_before, found.n, found.says) == ("value − null mean", 6, 11, NO_CHANGE)
    assert found == replace(whole, note=found.note)
    assert whole.note == ""
    assert found.note == "1 of 18 blocks has no null and is left out, from 8 to 9: is not stationary"
    assert not found.of_value
    assert found.note in notes_of([found])[0]


def test_too_few_blocks_with_a_null_compare_the_values_and_say_so():
    rng = np.random.default_rng(0)
    rows = [
        block(float(at), "before" if at < 6 else "during", 0.3 + 0.01 * rng.normal() + 0.2 * (at >= 6),
              0.1 + 0.2 * (at >= 6))
        for at in range(18)
    ]  # fmt: skip
    alone = [
        replace(row, null_mean=math.nan, settings=to_json({"no_null": "a start"})) if at < 4 else row
        for at, row in enumerate(rows)
    ]
    (found,) = changes(alone)
    assert (found.of, found.n_before, found.n, found.says) == ("value", 6, 12, RISES)
    assert found.note == "of the value, not of its excess: 4 of 18 blocks have no null, e.g. a start"
    assert found.of_value == "of the value, not of its excess"
    assert in_words(found).endswith(found.of_value)
    (none,) = changes([replace(row, null_mean=math.nan) for row in rows])
    assert none.note == "of the value, not of its excess: no surrogates were drawn"
    assert not changes([replace(row, measure="band_power", null_mean=math.nan) for row in rows])[0].of_value


def test_neighbours_that_correlate_widen_the_interval():
    alternating, slow = [0.1, -0.1] * 4, [0.1] * 4 + [-0.1] * 4
    narrow, wide = (changes(rows_of(x, x))[0] for x in (alternating, slow))
    assert narrow.rho < 0 < wide.rho
    assert (wide.high - wide.low) > 1.3 * (narrow.high - narrow.low)


def test_too_few_blocks_say_so():
    assert changes(rows_of([0, 1], [5, 6, 7])) == []
    assert changes(rows_of([0, 1, 2], [50, 60, 70]))[0].says == TOO_SHORT


def synthetic(seed, **parameters):
    """A minute with an event from 30 s to its end."""
    options = {"duration": 60.0, "onset": 30.0, "seizure_hz": 10.0, "seizure_share": 0.3, "channels": 12}
    run = ictal.simulate("synthetic_eeg", seed=seed, **{**options, **parameters})
    names = ["kuramoto_r1", "chi_c", "lambda1_fraction", "band_power"]
    how = Windows(window=5.0, step=30.0, nulls=199, measures=names, seed=seed)
    found = over_time(run.recording("eeg"), how)
    return {c.measure: c.says for c in found.changes if c.phase == "during"}


SYNCHRONY = {"kuramoto_r1", "chi_c", "lambda1_fraction"}


def test_gain_without_correlation_raises_power_and_no_synchrony():
    says = synthetic(1, seizure_gain=3.0, seizure_correlation=0.2)
    assert says.pop("band_power") == RISES
    assert says == dict.fromkeys(SYNCHRONY, NO_CHANGE)


def test_correlation_without_gain_raises_synchrony_and_no_power():
    says = synthetic(1, seizure_gain=1.0, seizure_correlation=0.6)
    assert says.pop("band_power") == NO_CHANGE
    assert says == dict.fromkeys(SYNCHRONY, RISES)


def test_synchrony_that_falls_is_said_to_fall():
    says = synthetic(1, seizure_gain=1.0, correlation=0.6, seizure_correlation=0.1)
    assert {says[name] for name in SYNCHRONY} == {FALLS}


@pytest.mark.slow
def test_where_nothing_changes_a_change_is_rarely_said():
    said = [synthetic(seed, seizure_gain=1.0, seizure_correlation=0.2) for seed in range(20)]
    wrong = sum(any(word in (RISES, FALLS) for word in says.values()) for says in said)
    assert wrong <= 3  # of 20 at a level of 0.05 over the family: 4 and more have p = 0.016
