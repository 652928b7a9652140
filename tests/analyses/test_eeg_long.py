"""Recordings longer than memory: files read, filtered and surveyed in pieces give what the whole gives."""

from dataclasses import asdict, replace

import numpy as np
import pytest

import ictal
from ictal.analyses import filtering
from ictal.analyses.eeg.analyse import Alarms, Windows, analyse
from ictal.analyses.eeg.dropouts import dropouts
from ictal.analyses.eeg.quality import examine
from ictal.simulator import InputError, Recording
from ictal.simulator.files.readers import open_run
from ictal.simulator.files.survey import surveyed
from ictal.simulator.recordings import pieces as in_pieces
from ictal.simulator.recordings.pieces import Pieces

edfio = pytest.importorskip("edfio")

RATE, NAMES = 128, ["Fp1", "Fp2", "C3", "C4", "O1", "O2"]


def noise(seconds, seed=0, channels=6):
    rng = np.random.default_rng(seed)
    shared = rng.standard_normal((seconds * RATE, 1))
    x = 20 * rng.standard_normal((seconds * RATE, channels)) + 10 * shared
    return x + np.linspace(0, 300, len(x))[:, None]


def recording(x, **more):
    labels = {"channel": np.array(NAMES[: x.shape[1]])}
    return Recording(x, 1 / RATE, "second", "potential", "µV", unit_labels=labels, **more)


def unread(whole):
    x = whole.numpy()
    values = Pieces(lambda first, last, units: x[first:last][:, units], np.arange(x.shape[1]), 0, len(x))
    return replace(whole, values=values)


@pytest.fixture
def small_pieces(monkeypatch):
    """Pieces and blocks of a few seconds, so that a minute has many of them."""
    monkeypatch.setattr(in_pieces.pieces, "__defaults__", (6 * 500,))
    monkeypatch.setattr(filtering, "BLOCK", 1)


@pytest.mark.parametrize("band", [(3.0, 20.0), (1.0, 4.0), (8.0, 13.0), (12.0, 50.0)])
def test_a_filter_in_pieces_is_that_of_the_whole(small_pieces, band):
    whole = recording(noise(60) + 1e4)
    found = filtering.bandpassed(unread(whole), band).numpy()
    wanted = filtering.bandpassed(whole, band).numpy()
    assert np.abs(found - wanted).max() < 1e-10 * wanted.std()


def test_what_is_constant_stays_so_in_pieces(small_pieces):
    x = noise(60)
    x[:, 1] = 7.0
    found = filtering.bandpassed(unread(recording(x)), (3.0, 20.0)).numpy()
    assert found.any(axis=0).tolist() == [True, False, True, True, True, True]


def test_a_filter_that_is_cut_off_at_half_the_rate_is_refused_in_pieces():
    with pytest.raises(InputError, match=r"give a high edge of 61.6 or less"):
        filtering.bandpassed(unread(recording(noise(10))), (3.0, 64.0))


def test_a_survey_of_pieces_is_that_of_the_whole(small_pieces):
    rng = np.random.default_rng(1)
    x = rng.integers(0, 5, (4000, 3)).astype(float)
    for start, stop, unit in ((490, 1010, 0), (0, 60, 1), (3990, 4000, 1), (1499, 1501, 2)):
        x[start:stop, unit] = x[start, unit]
    one, many = surveyed(x, 0.01), surveyed(unread(recording(x)).values, 0.01)
    assert one.still == many.still
    for name in ("low", "high", "at_low", "at_high", "still_share"):
        assert getattr(one, name) == pytest.approx(getattr(many, name), abs=1e-12)
    assert many.moments.covariance == pytest.approx(np.cov(x.T, bias=True), abs=1e-12)


def faulty(seconds=60):
    x = noise(seconds)
    x[:, 2] = -x[:, 0]
    x[20 * RATE : 25 * RATE] = 0.0
    x[40 * RATE : 41 * RATE, 4] = x[40 * RATE, 4]
    return x


def test_quality_and_dropouts_of_pieces_are_those_of_the_whole(small_pieces):
    whole = recording(faulty())
    lazy = unread(whole)
    for band in (None, (3.0, 20.0)):
        assert examine(whole, band=band, time=(0.0, 20.0)) == examine(lazy, band=band, time=(0.0, 20.0))
        one, many = dropouts(whole, band), dropouts(lazy, band)
        assert (one.spans, one.clipped, one.beside) == (many.spans, many.clipped, many.beside)


@pytest.mark.parametrize("reference", ["none", "average"])
def test_an_analysis_in_pieces_is_that_of_the_whole(small_pieces, reference):
    marks = [{"onset": 30.0, "duration": 10.0, "text": "seizure"}]
    whole = recording(faulty(), source={"annotations": marks})
    how = Windows(window=4.0, nulls=0, reference=reference)
    one, many = (analyse(part, how, Alarms(baseline=(0.0, 18.0))) for part in (whole, unread(whole)))
    assert [c.reason for c in one.channels] == [c.reason for c in many.channels]
    assert one.config == many.config
    for name in ("rows", "blocks", "features", "recruitment", "detections", "scores"):
        for a, b in zip(getattr(one, name), getattr(many, name), strict=True):
            for key, value in asdict(a).items():
                other = getattr(b, key)
                near = pytest.approx(value, rel=1e-9, abs=1e-9, nan_ok=True) if isinstance(value, float) else value
                assert key == "settings" or other == near


def test_a_file_is_read_in_pieces_with_the_same_numbers(tmp_path):
    x = noise(30)
    signals = [edfio.EdfSignal(x[:, k], RATE, label=name, physical_range=(-500, 500)) for k, name in enumerate(NAMES)]
    path = tmp_path / "rec.edf"
    edfio.Edf(signals).write(path)
    whole, lazy = (open_run(path, lazy=lazy).recording("eeg") for lazy in (False, True))
    assert isinstance(lazy.values, Pieces)
    assert not isinstance(whole.values, Pieces)
    assert np.array_equal(whole.numpy(), lazy.numpy())
    part = {"time": (3.3, 7.1), "units": [4, 1]}
    assert np.array_equal(whole.select(**part).numpy(), lazy.select(**part).numpy())
    how = {"band": (3, 20), "window": 5.0, "nulls": 0}
    of_file, in_memory = (ictal.measure_over_time(data, **how).rows for data in (path, whole))
    assert [row.value for row in of_file] == pytest.approx([row.value for row in in_memory], rel=1e-9, nan_ok=True)


def test_a_file_that_shrinks_while_it_is_read_is_an_error_of_one_line(tmp_path):
    path = tmp_path / "rec.edf"
    edfio.Edf([edfio.EdfSignal(noise(10)[:, 0], RATE, physical_range=(-500, 500)) for _ in range(2)]).write(path)
    lazy = open_run(path, lazy=True).recording("eeg")
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(InputError, match="shorter than when it was opened"):
        lazy.numpy()
