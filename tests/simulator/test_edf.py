"""EDF and BDF files: what is read, what is assumed and said, and what ends in one line."""

import datetime
import sys

import numpy as np
import pytest
from edfs import RATE, SECONDS, noise, plain, signal, write

import ictal
from ictal import cli
from ictal.cli import output
from ictal.simulator import InputError, open_run, read_edf

edfio = pytest.importorskip("edfio")
STEP = 800 / 65535  # µV; the resolution that `signal` writes with


def said(run):
    return run.source["assumptions"]


def test_what_was_written_is_read(tmp_path):
    x = noise(3)
    run = read_edf(
        plain(tmp_path / "a.edf", x, ["Fp1", "Cz", "O2"], [(8.0, 10.0, "seizure"), (1.0, None, "eyes open")])
    )
    eeg = run.recording("eeg")
    assert (eeg.clock, eeg.unit, eeg.quantity, eeg.t0) == ("second", "µV", "potential", 0.0)
    assert eeg.dt == 1 / RATE
    assert eeg.unit_labels["channel"].tolist() == ["Fp1", "Cz", "O2"]
    assert np.abs(eeg.values - x).max() <= 0.51 * STEP
    assert run.source["annotations"] == [
        {"onset": 1.0, "duration": None, "text": "eyes open"},
        {"onset": 8.0, "duration": 10.0, "text": "seizure"},
    ]
    assert run.source["format"] == "EDF"
    assert said(run) == []


def test_a_file_is_named_with_its_sum_and_survives_a_round_trip(tmp_path):
    path = plain(tmp_path / "a.edf")
    run = open_run(path)
    assert run.source["file"] == str(path)
    assert len(run.source["sha256"]) == 64
    again = ictal.load(ictal.save(run, tmp_path / "a.h5"))
    assert np.array_equal(again.recording("eeg").values, run.recording("eeg").values)
    assert again.recording("eeg").source["annotations"] == run.source["annotations"]


def test_the_reader_itself_names_copies_flat_and_clipped_channels(tmp_path):
    x = noise(7)
    x[:, 2] = x[:, 0]
    x[:, 3] = -0.5 * x[:, 1]
    x[:, 4] = 7.0
    x[:, 5] = np.clip(x[:, 5], -20, 20) * 20  # 400 µV is the limit of the converter
    names = ["T8-P8", "P7-T7", "T8-P8", "T7-P7", "dead", "loud", "Cz"]
    run = read_edf(plain(tmp_path / "a.edf", x, names))
    assert run.recording("eeg").unit_labels["channel"].tolist()[2] == "T8-P8 (2)"
    text = "\n".join(said(run))
    assert "names that occur more than once are numbered: T8-P8" in text
    assert "T8-P8 (2) is a copy of T8-P8; T7-P7 is an inverted copy of P7-T7" in text
    assert "flat: dead" in text
    assert "(clipped): loud" in text
    assert "Cz" not in text


def test_units_of_one_kind_are_brought_to_microvolt(tmp_path):
    x = noise(2)
    path = write(tmp_path / "a.edf", [signal(x[:, 0], "a"), signal(x[:, 1] / 1000, "b", unit="mV", limits=(-0.4, 0.4))])
    run = read_edf(path)
    assert np.abs(run.recording("eeg").values - x).max() <= 0.51 * STEP
    assert any("brought to µV" in line for line in said(run))


def test_channels_that_are_no_potential_are_left_out_and_named(tmp_path):
    x = noise(3)
    signals = [signal(x[:, 0], "a"), signal(x[:, 1], "b"), signal(x[:, 2], "SpO2", unit="%")]
    run = read_edf(write(tmp_path / "a.edf", signals))
    assert run.recording("eeg").n_units == 2
    assert "left out, not in µV: SpO2 [%]" in said(run)


def test_of_mixed_rates_the_commonest_is_kept_and_the_others_named(tmp_path):
    signals = [signal(noise(1)[:, 0], name) for name in "abc"]
    signals.append(signal(noise(1, rate=32)[:, 0], "slow", rate=32))
    run = read_edf(write(tmp_path / "a.edf", signals))
    assert run.recording("eeg").n_units == 3
    assert "kept the 3 channels at 128 Hz; left out, sampled otherwise: slow (32 Hz)" in said(run)


def test_a_file_that_was_cut_is_read_as_far_as_it_goes(tmp_path):
    path = plain(tmp_path / "a.edf")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 3 // 4])
    run = read_edf(path)
    duration = run.recording("eeg").duration
    assert 10 <= duration < SECONDS
    assert any(f"promises 20 data records of 1 s; the file holds {duration:g}" in line for line in said(run))


@pytest.mark.parametrize("annotations", [None, [edfio.EdfAnnotation(1.0, None, "cough")]])
def test_the_start_is_read_with_its_fraction(annotations, tmp_path):
    about = edfio.Recording(startdate=datetime.date(2020, 2, 3))
    time = datetime.time(4, 5, 6, 250000 if annotations else 0)
    file = edfio.Edf([signal(noise(1)[:, 0], "Cz")], recording=about, starttime=time, annotations=annotations)
    file.write(tmp_path / "a.edf")
    assert read_edf(tmp_path / "a.edf").source["start"] == "2020-02-03T04:05:06" + ".250000" * bool(annotations)


def test_bdf(tmp_path):
    x = noise(2)
    signals = [
        edfio.BdfSignal(c, RATE, label=n, physical_dimension="uV", physical_range=(-400, 400))
        for c, n in zip(x.T, "ab", strict=True)
    ]
    edfio.Bdf(signals).write(tmp_path / "a.bdf")
    run = read_edf(tmp_path / "a.bdf")
    assert run.source["format"] == "BDF"
    assert np.abs(run.recording("eeg").values - x).max() < 1e-3


def test_without_annotation_it_is_read_and_the_assumption_said(tmp_path):
    path = plain(tmp_path / "a.edf", marks=())
    found = ictal.measure_over_time(path, window=4.0, band=(3, 20), nulls=0)
    assert found.events == []
    assert {row.phase for row in found.rows} == {""}
    assert any("has no annotation" in line for line in found.config["assumptions"])
    assert found.changes == []


def test_without_edfio_the_extra_is_named(tmp_path, monkeypatch):
    path = plain(tmp_path / "a.edf")
    monkeypatch.setitem(sys.modules, "edfio", None)
    with pytest.raises(InputError, match=r"pip install 'ictal\[eeg\]'"):
        read_edf(path)


def truncated_header(path):
    path.write_bytes(plain(path).read_bytes()[:600])


def bare_header(path):
    content = plain(path).read_bytes()
    path.write_bytes(content[: int(content[184:192])])


def gaps(path):
    content = plain(path).read_bytes()
    content = content.replace(b"EDF+C", b"EDF+D")
    for second in range(SECONDS - 1, 9, -1):
        content = content.replace(b"+%d\x14\x14" % second, b"+%d\x14\x14" % (second + 30))
    path.write_bytes(content)


def out_of_order(path):
    path.write_bytes(plain(path).read_bytes().replace(b"+7\x14\x14", b"+9\x14\x14"))


def no_number(path):
    content = bytearray(plain(path).read_bytes())
    content[236:244] = b"twenty  "
    path.write_bytes(content)


def two_rates(path):
    write(path, [signal(noise(1)[:, 0], "a"), signal(noise(1, rate=64)[:, 0], "b", rate=64)])


BAD = {
    "empty": (lambda path: path.touch(), "is empty"),
    "a stub": (lambda path: path.write_bytes(b"0       " + bytes(40)), "is truncated within its header"),
    "truncated header": (truncated_header, "is truncated within its header"),
    "no data": (bare_header, "truncated"),
    "a text": (lambda path: path.write_text("time,a,b\n0,1,2\n" * 40), "is neither EDF nor BDF"),
    "flat": (lambda path: plain(path, np.full((RATE * 4, 3), 5.0)), "all 3 channels are flat"),
    "one channel": (lambda path: plain(path, noise(1)), "synchrony needs at least 2"),
    "one channel but for a copy": (
        lambda path: plain(path, noise(1)[:, [0, 0]], ["a", "b"]),
        "1 of 2 channels can be used; synchrony needs 2; b: a copy of a",
    ),
    "two rates": (two_rates, "has no one commonest sampling rate: 1 channels at 128 Hz, 1 channels at 64 Hz"),
    "gaps": (gaps, "a recording with gaps, read as pieces: eeg[0] from 0 to 10 s, eeg[1] from 40 to 50 s; choose one"),
    "records out of order": (out_of_order, "want records in the order of time"),
    "a header without numbers": (no_number, "cannot be read as EDF"),
    "too short for the window": (lambda path: plain(path, noise(3, seconds=3), marks=()), "window: must not be longer"),
    "nothing there": (lambda path: None, "no such file"),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("command", [["measure", "--window", "5", "--band", "3", "20"], ["eeg"]])
def test_bad_files_end_in_one_line(case, command, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(output, "FIRST_LINE", 1e9)
    make, fragment = BAD[case]
    make(tmp_path / "rec.edf")
    name, *options = command
    before = sorted(tmp_path.iterdir())
    code = cli.run([name, "rec.edf", *options])
    out, err = capfd.readouterr()
    assert (code, out) == (2, ""), err
    assert len(err.splitlines()) == 1, err
    assert fragment in err
    assert sorted(tmp_path.iterdir()) == before


def test_bad_annotation_and_band_in_one_line(tmp_path):
    path = plain(tmp_path / "a.edf")
    for options, fragment in (
        ({"event": "spike"}, "annotation"),
        ({"band": (3, 200)}, "half the sampling rate"),
        ({"band": (20, 3)}, "0 < low < high"),
        ({"reference": "mastoid"}, "reference"),
        ({"measures": "chi_d"}, "chi_c"),
        ({"nulls": 20}, "at least 199"),
        ({"window": 0.0}, "window"),
    ):
        with pytest.raises(InputError, match=fragment):
            ictal.measure_over_time(path, **{"window": 4.0, "band": (3, 20), "nulls": 0, **options})


# arrays


def test_an_npz_with_rate_and_channels_reads_as_an_eeg(tmp_path):
    x = noise(3)
    np.savez(tmp_path / "a.npz", eeg=x, rate=RATE, channels=np.array(["C3", "C4", "ECG"]))
    found = ictal.measure_over_time(tmp_path / "a.npz", window=5.0, band=(3, 20), nulls=0)
    assert found.config["dt"] == 1 / RATE
    assert {c.name: c.used for c in found.channels} == {"C3": True, "C4": True, "ECG": False}


def test_an_array_with_a_rate_reads_as_an_eeg(tmp_path):
    np.save(tmp_path / "a.npy", noise(3))
    found = ictal.analyse_eeg(tmp_path / "a.npy", rate=RATE, nulls=0)
    assert found.config["dt"] == 1 / RATE
    assert [c.name for c in found.channels] == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("beside", "fragment"),
    [
        ({"rate": 0.0}, "rate: must be one number > 0"),
        ({"rate": "fast"}, "rate: must be one number > 0"),
        ({"rate": 128.0, "channels": np.array(["a", "b"])}, "channels: must be 3 names"),
    ],
)
def test_what_stands_beside_an_array_is_checked(beside, fragment, tmp_path):
    np.savez(tmp_path / "a.npz", eeg=noise(3), **beside)
    with pytest.raises(InputError, match=fragment):
        open_run(tmp_path / "a.npz")


def test_info_lists_channels_annotations_and_what_is_not_to_be_used(tmp_path, capsys):
    x = noise(3)
    x[:, 2] = x[:, 0]
    path = plain(tmp_path / "a.edf", x, ["C3", "C4", "C3"])
    assert cli.run(["info", str(path)]) == 0
    text = capsys.readouterr().out
    for fragment in (
        "sampling rate: 128 Hz",
        "seizure at 8 s for 10 s",
        "events: 8 to 18 s (seizure)",
        "C3 (2): a copy of C3",
    ):
        assert fragment in text
