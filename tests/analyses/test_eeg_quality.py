"""Quality of channels in the band that is analysed, dropouts, one path for a recording, and changes with a course."""

import math

import numpy as np
import pytest

import ictal
from ictal.analyses.eeg.analyse import Alarms, Windows, analyse, over_time
from ictal.analyses.eeg.change import NO_CHANGE, RISES, difference_of_means
from ictal.analyses.eeg.dropouts import dropouts
from ictal.analyses.eeg.quality import examine
from ictal.simulator import Recording

RATE, NAMES = 250, ["Fp1", "Fp2", "C3", "C4", "O1", "O2"]
BAND = (3.0, 20.0)


def noise(seconds, seed=0, channels=6, sd=20.0):
    return sd * np.random.default_rng(seed).standard_normal((seconds * RATE, channels))


def recording(x, names=NAMES, **source):
    return Recording(x, 1 / RATE, "second", "potential", "µV", unit_labels={"channel": np.array(names)}, source=source)


def times(seconds):
    return np.arange(seconds * RATE)[:, None] / RATE


def reasons(found):
    return {channel.name: channel.reason.split(":")[0] for channel in found if channel.reason}


# Quality in the band -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hertz", [50, 60])
def test_mains_is_a_fault_in_a_band_that_holds_it_and_in_no_other(hertz):
    data = recording(noise(20) + 150 * np.sin(2 * np.pi * hertz * times(20) + np.arange(6)))
    for band in (BAND, (1.0, 40.0), (70.0, 110.0)):
        assert reasons(examine(data, band=band)) == {}
    for band in (None, (3.0, 70.0), (30.0, 100.0)):
        assert reasons(examine(data, band=band)) == dict.fromkeys(NAMES, "line noise")


def test_drift_and_mains_of_one_channel_do_not_make_it_stand_out():
    x = noise(20)
    x[:, 1] += 4000 * np.sin(2 * np.pi * 0.1 * times(20)[:, 0])
    x[:, 2] += 400 * np.sin(2 * np.pi * 50 * times(20)[:, 0])
    assert reasons(examine(recording(x), band=BAND)) == {}
    assert set(reasons(examine(recording(x)))) == {"Fp2", "C3"}


def test_a_channel_that_is_loud_in_the_band_stands_out_behind_a_drift():
    x = noise(20) + 4000 * np.sin(2 * np.pi * 0.1 * times(20))
    x[:, 3] += 1000 * np.sin(2 * np.pi * 8 * times(20)[:, 0])
    assert reasons(examine(recording(x), band=BAND)) == {"C4": "its variance stands out"}


def test_copies_are_told_in_the_band():
    x = noise(20) + 1e6 * np.sin(2 * np.pi * 0.05 * times(20))
    assert reasons(examine(recording(x), band=BAND)) == {}
    assert len(reasons(examine(recording(x)))) == 5  # as recorded they are one drift
    x[:, 5] = 7 - 2 * x[:, 0]
    assert reasons(examine(recording(x), band=BAND)) == {"O2": "an inverted copy of Fp1"}


def test_dropouts_make_no_copies_and_no_loud_channels():
    x = noise(40) + 1e6 * np.arange(1, 7)
    x[10 * RATE : 12 * RATE] = 0.0
    x[30 * RATE : 33 * RATE, 2] = 0.0
    for band in (None, BAND):
        assert reasons(examine(recording(x), band=band)) == {}


def test_flat_and_clipped_are_faults_whatever_the_band():
    x = noise(20)
    x[:, 0] = 3.0
    x[RATE : 15 * RATE, 1] = 7.0
    x[:, 2] = np.clip(x[:, 2], -15, 15)
    found = reasons(examine(recording(x), band=BAND))
    assert found == {"Fp1": "flat", "Fp2": "flat for 70 % of the time", "C3": "clipped"}


# Dropouts ------------------------------------------------------------------------------------------------------------

HOW = Windows(window=2.0, step=1.0, measures=("si_3", "chi_c", "kuramoto_r1", "band_power"), nulls=0)


def dropped(start, stop, value, channels=slice(None), seconds=40):
    x = noise(seconds, seed=5) + 500 * np.arange(1, 7)  # offsets: a step at each edge
    x[round(start * RATE) : round(stop * RATE), channels] = value
    return recording(x)


@pytest.mark.parametrize("value", [0.0, -3000.0, np.arange(6.0)])
@pytest.mark.parametrize("length", [0.1, 0.5, 10.0])
def test_a_dropout_of_all_channels_gives_no_value_and_the_reason(value, length):
    found = over_time(dropped(20, 20 + length, value), HOW)
    for row in found.rows:
        beside = row.stop > 20 - 2.02 and row.start < 20 + length + 2.02  # the filter rings for 6 periods of 3 Hz
        assert math.isnan(row.value) == beside
        assert row.reason.startswith("dropout: 6 of 6 channels") == beside
    assert any("6 of 6 channels drop out (constant), longest for" in line for line in found.config["assumptions"])


def test_a_step_in_common_is_not_left_to_be_synchrony():
    data = dropped(20, 20.4, 0.0)
    rows = over_time(data, Windows(window=2.0, step=1.0, measures=("chi_c",), nulls=0)).rows
    assert max(row.value for row in rows if not row.reason) < 0.3
    everything = over_time(recording(data.numpy()[:, :6] + 1e-6 * noise(40, 1)), HOW)  # not constant to the last digit
    assert max(row.value for row in everything.of("chi_c")) > 0.9  # what the filter makes of the step


def test_channels_that_drop_out_are_masked_and_counted():
    data = dropped(20, 25, 0.0, [1, 4])
    found = over_time(data, HOW).of("si_3")
    out = [row for row in found if row.stop > 17.98 and row.start < 27.02]
    assert {row.n_live for row in out} == {4}
    assert {row.n_live for row in found if row not in out} == {6}
    assert {row.n_units for row in found} == {6}
    others = over_time(recording(data.numpy()[:, [0, 2, 3, 5]], [NAMES[k] for k in (0, 2, 3, 5)]), HOW).of("si_3")
    assert [row.value for row in out] == pytest.approx(
        [row.value for row in others if row.stop > 17.98 and row.start < 27.02]
    )


def test_one_channel_that_is_left_gives_no_value():
    rows = over_time(dropped(20, 25, 0.0, slice(1, 6)), HOW).of("si_3")
    assert {row.reason for row in rows if 21 <= row.start <= 23} == {
        "dropout: 5 of 6 channels are constant, clipped or beside it"
    }


def test_clipping_of_a_part_leaves_out_its_windows():
    x = noise(40)
    x[20 * RATE : 22 * RATE] = np.clip(5 * x[20 * RATE : 22 * RATE], -60, 60)
    x[: 20 * RATE], x[22 * RATE :] = np.clip(x[: 20 * RATE], -59, 59), np.clip(x[22 * RATE :], -59, 59)
    rows = over_time(recording(x), Windows(window=2.0, step=2.0, measures=("si_3",), nulls=0, all_channels=True)).rows
    assert [row.start for row in rows if row.reason] == [20.0]


def test_short_runs_of_a_coarse_converter_are_no_dropouts():
    x = np.round(noise(60, sd=1.0) / 0.8) * 0.8
    assert not any(dropouts(recording(x), BAND).spans)


def test_a_bipolar_channel_drops_out_with_either_electrode():
    how = Windows(window=2.0, step=1.0, measures=("si_3",), nulls=0, montage="Fp1-C3,Fp2-C4,C3-O1,C4-O2")
    rows = over_time(dropped(20, 25, 0.0, [2]), how).rows
    assert {row.n_live for row in rows if 21 <= row.start <= 23} == {2}
    assert {row.n_live for row in rows if row.stop < 17.9} == {4}


def test_a_dropout_raises_no_alarm_and_no_baseline():
    x = noise(60, seed=5) + 500 * np.arange(1, 7)
    x[10 * RATE : 11 * RATE] = 0.0
    x[40 * RATE : 42 * RATE] = 0.0
    found = analyse(recording(x), HOW, Alarms(baseline=(0.0, 30.0)))
    assert found.detections == []
    assert {row.channel for row in found.recruitment if math.isfinite(row.time)} == set()
    lost = [row for row in found.features if row.detector == "chi_c" and math.isnan(row.value)]
    assert lost
    assert {8 < row.time < 15.1 or 38 < row.time < 46.1 for row in lost} == {True}


# One path ------------------------------------------------------------------------------------------------------------


def mixed(seconds=60):
    """Independent channels with a shared drift, an ECG, a trigger and a copy, which correlate with each other."""
    x = noise(seconds, 7)
    beat = 300 * (times(seconds)[:, 0] % 1 < 0.1)
    more = np.stack([beat, beat + 1e-3 * x[:, 0], x[:, 2]], axis=1)
    drift = 500 * np.sin(2 * np.pi * 0.05 * times(seconds))
    return recording(np.concatenate([x, more], axis=1) + drift, [*NAMES, "ECG", "Trigger", "C3 (2)"])


def test_measure_with_and_without_windows_reads_the_same_channels_in_the_same_band():
    data = mixed()
    whole = ictal.measure(data, ["chi_c", "si_3", "kuramoto_r1"], band=BAND)
    slid = ictal.measure_over_time(data, ["chi_c", "si_3", "kuramoto_r1"], band=BAND, window=60.0, nulls=0)
    for row in whole.rows:
        (other,) = slid.of(row.measure)
        assert (row.value, row.n_units, row.n_live) == (other.value, other.n_units, other.n_live)
        assert row.n_units == 6
    assert abs(whole.value("chi_c")) < 0.15
    left = [line.split(": ")[1] for line in whole.config["assumptions"]]
    assert left == ["ECG is left out", "Trigger is left out", "C3 (2) is left out"]


def test_compare_and_why_leave_out_the_same_channels():
    found = ictal.compare({"a": mixed(), "b": mixed()}, measures=["chi_c"], band=BAND)
    assert {row.n_units for row in found.observations} == {6}
    assert sum("ECG is left out" in line for line in found.config["assumptions"]) == 2
    value = ictal.why(mixed(), "chi_c", band=BAND, nulls=0)
    assert sum("is left out" in line for line in value.config["assumptions"]) == 3


def test_the_whole_says_that_it_holds_dropouts():
    (line,) = ictal.measure(dropped(20, 25, 0.0), ["si_3"], band=BAND).config["assumptions"]
    assert line.startswith("activity: 6 of 6 channels drop out (constant), longest for 5 s at 20 s")
    assert ictal.measure(dropped(20, 25, 0.0), ["si_3"], band=BAND, window=(0, 15)).config["assumptions"] == []


# Change --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("course", ["step", "ramp", "growing and fading"])
def test_power_times_three_rises_whatever_its_course(course):
    t = times(60)
    inside = (t[:, 0] >= 30).astype(float)
    level = {
        "step": inside,
        "ramp": inside * (t[:, 0] - 30) / 15,
        "growing and fading": inside * 2 * np.sin((t[:, 0] - 30) / 30 * np.pi),
    }[course]
    x = noise(60, 3, 18) * np.sqrt(1 + 2 * np.maximum(level, 0))[:, None]
    marks = [{"onset": 30.0, "duration": 30.0, "text": "seizure"}]
    data = recording(x, [f"E{k}" for k in range(18)], annotations=marks)
    found = over_time(data, Windows(window=5.0, step=30.0, measures=("band_power", "chi_c"), nulls=0))
    assert {c.measure: c.says for c in found.changes} == {"band_power": RISES, "chi_c": NO_CHANGE}


def blocks(rng, n, rho):
    e = rng.standard_normal(n + 50)
    x = np.zeros(n + 50)
    for t in range(1, n + 50):
        x[t] = rho * x[t - 1] + math.sqrt(1 - rho**2) * e[t]
    return x[50:]


@pytest.mark.parametrize(("before", "event"), [(6, 6), (6, 24), (30, 10)])
@pytest.mark.parametrize("rho", [0.0, 0.4])
def test_autocorrelated_blocks_without_a_change_seldom_show_one(before, event, rho):
    rng = np.random.default_rng(0)
    shown = 0
    for _ in range(60):
        x = blocks(rng, before + event, rho)
        _, low, high = difference_of_means(x[:before], x[before:])
        shown += low > 0 or high < 0
    assert shown <= 8  # of 60 at a level of 0.05: 9 or more have a chance of 0.003


def test_constant_blocks_have_an_exact_difference():
    assert difference_of_means(np.full(6, 2.0), np.full(8, 5.0)) == (3.0, 3.0, 3.0)
