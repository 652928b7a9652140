"""Time stamps of EDF+: gaps, drift, a start within a second, and notes of other encodings."""

import numpy as np
import pytest
from edfs import by_hand, noise, stamp

import ictal
from ictal import cli
from ictal.simulator import InputError, read_edf

pytest.importorskip("edfio")

N, RATE = 20, 100
X = noise(3, seconds=N, rate=RATE)
NAMES = ["Fp1", "C3", "O1"]


def written(path, times, marks=(), kind="EDF+C", wide=2):
    stamps = [stamp(time, *(marks if at == 0 else ())) for at, time in enumerate(times)]
    return by_hand(path, list(X.T), RATE, NAMES, stamps=stamps, kind=kind, wide=wide)


@pytest.mark.parametrize(("kind", "wide"), [("EDF+C", 2), ("EDF+D", 2), ("", 2), ("BDF+C", 3), ("BDF+D", 3)])
def test_a_jump_of_the_stamps_is_a_gap_for_every_header(kind, wide, tmp_path):
    times = [k if k < 8 else k + 25 for k in range(N)]
    run = read_edf(written(tmp_path / ("a.edf" if wide == 2 else "a.bdf"), times, [(40, 5, "seizure")], kind, wide))
    assert list(run) == ["eeg[0]", "eeg[1]"]
    first, second = run.recording("eeg[0]"), run.recording("eeg[1]")
    assert (first.t0, first.duration, second.t0, second.duration) == (0.0, 8.0, 33.0, 12.0)
    assert np.abs(np.concatenate([first.values, second.values]) - X).max() < 0.06
    assert run.source["annotations"] == [{"onset": 40.0, "duration": 5.0, "text": "seizure"}]
    assert any("1 gap by its time stamps" in line for line in run.source["assumptions"])


@pytest.mark.parametrize(
    "times",
    [
        [float(k) for k in range(N)],
        [k * (1 + 1e-12) for k in range(N)],
        [k + 1e-9 * (k % 2) for k in range(N)],
        [k + 0.25 for k in range(N)],
    ],
)
@pytest.mark.parametrize("kind", ["EDF+C", "EDF+D"])
def test_without_a_jump_it_is_one_recording(times, kind, tmp_path):
    run = read_edf(written(tmp_path / "a.edf", times, [(times[0] + 5, 2, "seizure")], kind))
    assert list(run) == ["eeg"]
    assert (run.recording("eeg").dt, run.recording("eeg").t0) == (1 / RATE, 0.0)
    assert run.source["annotations"] == [{"onset": 5.0, "duration": 2.0, "text": "seizure"}]
    assert run.source["assumptions"] == []


def test_a_clock_that_runs_slow_sets_the_interval(tmp_path):
    run = read_edf(written(tmp_path / "a.edf", [1.004 * k for k in range(N)]))
    assert run.recording("eeg").dt == pytest.approx(1.004 / RATE, rel=1e-12)
    assert any("the stamps are taken" in line for line in run.source["assumptions"])


@pytest.mark.parametrize(
    ("times", "fragment"),
    [
        ([0.0] * N, "have the same time stamp"),
        ([k + 3600 for k in range(N)], "times count from there"),
        ([k if k < 8 else k - 0.5 for k in range(N)], "which step back"),
    ],
)
def test_odd_stamps_are_said(times, fragment, tmp_path):
    run = read_edf(written(tmp_path / "a.edf", times))
    assert any(fragment in line for line in run.source["assumptions"])


def test_records_without_an_order_and_gaps_without_stamps_are_refused(tmp_path):
    with pytest.raises(InputError, match="record 9 is stamped 3 s, before record 8 at 7 s"):
        read_edf(written(tmp_path / "a.edf", [k if k < 8 else k - 5 for k in range(N)]))
    path = by_hand(tmp_path / "b.edf", list(X.T), RATE, NAMES, stamps=[b""] * N, kind="EDF+D")
    with pytest.raises(InputError, match="no time stamps"):
        read_edf(path)


def test_notes_of_another_encoding_and_damaged_ones_leave_the_others(tmp_path):
    stamps = [stamp(k) for k in range(N)]
    stamps[2] += stamp(0, (2, None, "Anfälle".encode("latin-1")))[5:]
    stamps[3] += b"garbage\0"
    stamps[4] = stamp(4, (4.5, 1, "cough"))
    run = read_edf(by_hand(tmp_path / "a.edf", list(X.T), RATE, NAMES, stamps=stamps))
    assert [(mark["onset"], mark["text"]) for mark in run.source["annotations"]] == [(2.0, "Anfälle"), (4.5, "cough")]
    assert run.source["assumptions"] == [
        "annotations that cannot be decoded are left out: 1", "annotations that are not UTF-8 are read as Latin-1: 1"
    ]  # fmt: skip


def test_a_piece_is_chosen_by_name(tmp_path, capsys):
    path = written(tmp_path / "a.edf", [k if k < 8 else k + 25 for k in range(N)], [(38, 5, "seizure")])
    for command in (["info"], ["eeg", "-o", str(tmp_path / "out")], ["measure", "--window", "3"]):
        assert cli.run([command[0], str(path), *command[1:]]) == 2
        err = capsys.readouterr().err
        assert "gap" in err
        assert "--entry 'eeg[1]'" in err
    assert cli.run(["info", str(path), "--entry", "eeg[1]"]) == 0
    assert "duration: 12 s from 33 s" in capsys.readouterr().out
    options = {"window": 3.0, "band": (3, 20), "nulls": 0, "measures": "chi_c"}
    second = ictal.measure_over_time(path, entry="eeg[1]", **options)
    assert [(event.onset, event.stop) for event in second.events] == [(38.0, 43.0)]
    assert {row.start >= 33.0 for row in second.rows} == {True}
    first = ictal.measure_over_time(path, entry="eeg[0]", **options)
    assert first.events == []
    assert any("outside the recording, 0 to 8" in line for line in first.config["assumptions"])


def test_times_count_from_the_first_record_though_a_later_one_has_the_first_stamp(tmp_path):
    marks = [(5, 2, "seizure")]
    stamps = [b"" if k < 3 else stamp(k, *(marks if k == 3 else ())) for k in range(N)]
    run = read_edf(by_hand(tmp_path / "a.edf", list(X.T), RATE, NAMES, stamps=stamps, kind="EDF+C"))
    assert run.source["annotations"] == [{"onset": 5.0, "duration": 2.0, "text": "seizure"}]
    assert not any("times count from there" in line for line in run.source["assumptions"])


def test_data_records_of_no_length_have_no_rate(tmp_path):
    path = written(tmp_path / "a.edf", range(N))
    raw = path.read_bytes()
    path.write_bytes(raw[:244] + b"0       " + raw[252:])
    with pytest.raises(InputError, match="has no sampling rate: its header gives data records of 0 s"):
        read_edf(path)
