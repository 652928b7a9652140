"""Synthetic EEG: what is planted is there, and the same seed plants the same."""

import math

import numpy as np
import pytest

import ictal
from ictal import cli
from ictal.models import SyntheticEeg
from ictal.models.synthetic_eeg import GAIN
from ictal.simulator import InputError


def eeg(seed=0, **parameters):
    return SyntheticEeg(**parameters).record(seed).recording("eeg")


def mean_correlation(x):
    r = np.corrcoef(x.T)
    return r[np.triu_indices(len(r), 1)].mean()


def test_correlation_and_amplitude_are_those_that_were_asked_for():
    x = eeg(duration=600.0, onset=300.0, seizure_duration=300.0)
    rest, ictal_part = x.select(time=(0, 300)).values, x.select(time=(302, 598)).values
    assert mean_correlation(rest) == pytest.approx(0.2, abs=0.03)
    assert mean_correlation(ictal_part) == pytest.approx(0.6, abs=0.03)
    assert rest.std() == pytest.approx(20.0, rel=0.03)
    assert ictal_part.std() == pytest.approx(60.0, rel=0.03)


def test_the_rhythms_lie_where_they_should():
    x = eeg(duration=600.0, onset=300.0, seizure_duration=300.0)
    f = np.fft.rfftfreq(296 * 256, 1 / 256)
    for part, hz, share in ((x.select(time=(2, 298)), 10.0, 0.3), (x.select(time=(302, 598)), 5.0, 0.6)):
        power = (np.abs(np.fft.rfft(part.values, axis=0)) ** 2).sum(axis=1)
        inside = power[np.abs(f - hz) < 1.5].sum() / power.sum()
        background = (1 - share) * math.log((hz + 1.5) / (hz - 1.5)) / math.log(128 / 0.5)
        assert inside == pytest.approx(share + background, abs=0.03)


def test_duplicate_flat_and_noisy_are_appended_and_named():
    x = eeg(duplicate=True, flat=True, noisy=True, channels=4)
    assert x.unit_labels["channel"].tolist() == ["E01", "E02", "E03", "E04", "copy", "flat", "noisy"]
    assert np.array_equal(x.values[:, 4], GAIN * x.values[:, 0])
    assert not x.values[:, 5].any()
    assert x.values[:, 6].std() == pytest.approx(400, rel=0.02)


def test_the_seizure_is_annotated_or_there_is_none():
    assert eeg().source["annotations"] == [{"onset": 60.0, "duration": 30.0, "text": "seizure"}]
    assert eeg(seizure_duration=0.0).source["annotations"] == []


def test_same_seed_same_bits():
    assert np.array_equal(eeg(3).values, eeg(3).values)
    assert not np.array_equal(eeg(3).values, eeg(4).values)


@pytest.mark.parametrize(
    ("parameters", "fragment"),
    [
        ({"channels": 1}, "SyntheticEeg.channels"),
        ({"correlation": 1.2}, "SyntheticEeg.correlation"),
        ({"onset": 100.0}, "must end within duration"),
        ({"rate": 0.0}, "SyntheticEeg.rate"),
        ({"alpha_hz": 200.0}, "SyntheticEeg.alpha_hz"),
        ({"seizure_gain": -1.0}, "SyntheticEeg.seizure_gain"),
        ({"duration": 0.01, "seizure_duration": 0.0, "onset": 0.0}, "SyntheticEeg.duration"),
    ],
)
def test_what_cannot_be_is_refused(parameters, fragment):
    with pytest.raises(InputError, match=fragment):
        SyntheticEeg(**parameters).record(0)


def test_from_the_command_line_to_figures(tmp_path, capsys):
    path = str(tmp_path / "s.h5")
    assert cli.run(["simulate", "synthetic_eeg", "--set", "channels=4", "--seed", "5", "-o", path]) == 0
    assert np.array_equal(ictal.load(path).recording("eeg").values, eeg(5, channels=4).values)
    assert cli.run(["plot", path, "-o", str(tmp_path / "figures")]) == 0
    assert list((tmp_path / "figures").glob("*.png"))
