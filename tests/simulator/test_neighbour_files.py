"""Files of other tools: read as the tool itself reads them, with names, units, events and the start."""

import gc
import json
import sys
import warnings

import mne
import neighbours as made
import neo
import numpy as np
import pymatreader
import pynwb
import pytest
from neighbours import NAMES, RATE, X

import ictal
from ictal.simulator.files.readers import READERS

SEIZURE = {"onset": 2.0, "duration": 0.4}
INFO = mne.create_info(NAMES, RATE, "eeg", verbose="ERROR")


def assumed(run):
    return " | ".join(run.source["assumptions"])


@pytest.fixture(autouse=True)
def quiet():
    with mne.use_log_level("ERROR"):
        yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on files that Neo leaves open when it cannot read them
        gc.collect()


def raw_fif(path):
    raw = mne.io.RawArray(X.T * 1e-6, INFO)
    raw.set_annotations(mne.Annotations([2.0], [0.4], ["seizure"]))
    raw.save(path)
    return path


@pytest.mark.parametrize(
    ("name", "write", "theirs"),
    [
        ("a.vhdr", made.brainvision, mne.io.read_raw_brainvision),
        ("a.set", lambda path: made.mat(path, {"EEG": made.eeglab_struct()}), mne.io.read_raw_eeglab),
        ("a_raw.fif", raw_fif, mne.io.read_raw_fif),
        ("a.gdf", made.gdf, mne.io.read_raw_gdf),
    ],
)
def test_mne_reads_the_same_values_names_and_annotations(tmp_path, name, write, theirs):
    path = write(tmp_path / name)
    run, lazy = ictal.open_run(path), ictal.open_run(path, lazy=True)
    raw = theirs(path, preload=True)
    eeg = run["eeg"]
    np.testing.assert_array_equal(eeg.numpy(), raw.get_data().T * 1e6)
    np.testing.assert_array_equal(lazy["eeg"].numpy(), eeg.numpy())
    np.testing.assert_allclose(eeg.numpy(), X, atol=1e-3)
    assert (eeg.unit, eeg.quantity, eeg.t0) == ("µV", "potential", raw.times[0])
    assert eeg.dt == 1 / raw.info["sfreq"] == 1 / RATE
    assert eeg.unit_labels["channel"].tolist() == raw.ch_names == NAMES
    theirs = [(one["onset"] - raw.first_time, one["duration"], one["description"]) for one in raw.annotations]
    ours = [(mark["onset"], mark["duration"] or 0.0, mark["text"]) for mark in run.source["annotations"]]
    assert ours == theirs
    assert len(ours) >= 1
    assert run.source["format"].endswith(f"by mne {mne.__version__}")
    found = ictal.measure(path, "chi_c")
    assert found.value("chi_c") == pytest.approx(ictal.measure(X, "chi_c", dt=1 / RATE).value("chi_c"), abs=1e-3)
    assert ictal.load(ictal.save(run, tmp_path / "again.h5")).source["annotations"] == run.source["annotations"]


def test_a_header_is_identified_with_its_data_which_stay_in_its_folder(tmp_path):
    path = made.brainvision(tmp_path / "a.vhdr")
    assert list(ictal.open_run(path).source["data_files"]) == ["a.eeg"]
    inner = tmp_path / "inner"
    inner.mkdir()
    outside = made.brainvision(inner / "b.vhdr", data_file="../a.eeg")
    with pytest.raises(ictal.InputError, match="names data outside its folder"):
        ictal.open_run(outside)
    for beside in ("a.eeg", "a.vmrk"):
        with pytest.raises(ictal.InputError, match=r"name (its header, |that file: ).*a\.vhdr"):
            ictal.open_run(tmp_path / beside)


def test_channels_at_two_rates_are_refused_where_mne_would_resample_them(tmp_path):
    path = made.gdf(tmp_path / "a.gdf", slow=True)
    with pytest.raises(
        ictal.InputError, match=r"has channels at 250 Hz \(Fp1, C3, Cz\), 125 Hz \(O2\); export those of"
    ):
        ictal.measure(path, "chi_c")
    raw = mne.io.read_raw_gdf(path)
    assert "125 Hz (O2), which MNE brought to 250 Hz" in assumed(ictal.as_run(raw))


def test_files_of_epochs_averages_and_bad_channels(tmp_path):
    events = np.array([[0, 0, 1], [2000, 0, 2]])
    epochs = mne.EpochsArray(np.stack([X.T, -X.T]) * 1e-6, INFO, events, tmin=-1.0, event_id={"go": 1, "no": 2})
    epochs.save(tmp_path / "a-epo.fif")
    run = ictal.open_run(tmp_path / "a-epo.fif")
    assert run["eeg"].values.shape == (2, 1000, 4)
    assert (run["eeg"].t0, run.source["trials"]) == (-1.0, ["go", "no"])
    np.testing.assert_allclose(run["eeg"].numpy()[1], -X, rtol=1e-5, atol=1e-3)  # FIF keeps float32
    epochs["go"].average().save(tmp_path / "a-ave.fif")
    np.testing.assert_allclose(ictal.open_run(tmp_path / "a-ave.fif")["eeg"].numpy(), X, rtol=1e-5, atol=1e-3)
    mne.write_evokeds(tmp_path / "b-ave.fif", [epochs[name].average() for name in ("go", "no")])
    with pytest.raises(ictal.InputError, match=r"holds 2 averages, 'go', 'no'; give one"):
        ictal.open_run(tmp_path / "b-ave.fif")
    raw = mne.io.RawArray(X.T * 1e-6, INFO)
    raw.info["bads"] = ["Cz"]
    raw.save(tmp_path / "c_raw.fif")
    run = ictal.open_run(tmp_path / "c_raw.fif")
    assert run["eeg"].unit_labels["channel"].tolist() == ["Fp1", "C3", "O2"]
    assert "bad channels are left out: Cz" in assumed(run)


def test_a_long_recording_stays_on_the_disk_or_its_size_is_said(tmp_path, monkeypatch):
    path = made.brainvision(tmp_path / "a.vhdr")
    monkeypatch.setattr("ictal.simulator.machine.available_memory", lambda: 10_000)
    with pytest.raises(ictal.InputError, match=r"1000 samples \(0.00111 h\) of 4 channels: needs 96 kB"):
        ictal.open_run(path)
    raw = mne.io.read_raw_brainvision(path, preload=False)
    with pytest.raises(ictal.InputError, match="4 channels: needs 96 kB"):
        ictal.measure(raw, "chi_c")
    lazy = [ictal.as_run(source, lazy=True) for source in (path, raw)]
    assert {type(run["eeg"].values).__name__ for run in lazy} == {"Pieces"}
    assert not raw.preload
    monkeypatch.undo()
    whole = ictal.as_run(raw)
    assert lazy[1].source["array_sha256"] == whole.source["array_sha256"]
    windows = [ictal.measure_over_time(one, "chi_c", window=1.0, nulls=0) for one in (path, raw, whole)]
    assert len({tuple(row.value for row in found.rows) for found in windows}) == 1


def test_values_that_cannot_be_measured_are_named():
    wave = mne.io.RawArray(X.T * 1e-6, INFO)
    wave.apply_hilbert()
    with pytest.raises(ictal.InputError, match="complex values"):
        ictal.as_run(wave)
    holed = X.T.copy() * 1e-6
    holed[2, 7] = np.nan
    for lazy in (False, True):
        with pytest.raises(ictal.InputError, match="Cz: must be finite; got nan at sample 7"):
            ictal.as_run(mne.io.RawArray(holed, INFO), lazy=lazy)["eeg"].numpy()
    other = mne.io.RawArray(X.T, mne.create_info(NAMES, RATE, "misc"))
    assert "type misc, to which MNE gives no unit" in assumed(ictal.as_run(other))
    cut = mne.make_fixed_length_epochs(mne.io.RawArray(X.T * 1e-6, INFO), 1.0)
    with pytest.raises(ictal.InputError, match=r"call epochs\.load_data"):
        ictal.as_run(cut)
    with pytest.raises(ictal.InputError, match="has no good channel"):
        ictal.as_run(mne.io.RawArray(X.T, mne.create_info(NAMES, RATE, "stim")))


def test_neo_reads_the_same_signals(tmp_path):
    path = made.blackrock(tmp_path / "a.ns5")
    run = ictal.open_run(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (signal,) = neo.io.BlackrockIO(filename=str(path)).read_segment().analogsignals
        gc.collect()  # closes the file, with a warning
    (entry,) = run.values()
    np.testing.assert_array_equal(entry.numpy(), signal.magnitude)
    assert (entry.dt, entry.t0) == (1 / float(signal.sampling_rate), float(signal.t_start))
    assert entry.unit_labels["channel"].tolist() == signal.array_annotations["channel_names"].tolist()
    assert "neo: Cannot rescale to voltage" in assumed(run)


def test_nwb_is_read_as_pynwb_reads_it(tmp_path):
    path = made.saved(made.nwb_file(), tmp_path / "a.nwb")
    with pynwb.NWBHDF5IO(str(path), "r") as io:
        nwb = io.read()
        raw, lfp = nwb.acquisition["raw"], nwb.processing["ecephys"]["LFP"]["lfp"]
        runs = ictal.open_run(path), ictal.as_run(nwb)
        volts = raw.get_data_in_units()
        for run in runs:
            assert list(run) == ["raw", "lfp", "spikes"]
            np.testing.assert_allclose(run["raw"].numpy(), volts * 1e6, rtol=1e-12, atol=1e-12)
            np.testing.assert_allclose(run["lfp"].numpy(), lfp.data[:] * 1e6)
            assert (run["raw"].unit, run["raw"].dt, run["raw"].t0) == ("µV", 1 / raw.rate, raw.starting_time)
            assert (run["lfp"].dt, run["lfp"].t0) == (pytest.approx(0.002), lfp.timestamps[0])
            assert run["raw"].unit_labels["channel"].tolist() == ["Fp1", "C3", "O2"]
            spikes = run.spikes("spikes")
            for at in range(3):
                np.testing.assert_array_equal(spikes.time[spikes.unit == at], nwb.units["spike_times"][at])
            assert (spikes.duration, spikes.unit_labels["quality"].tolist()) == (5.0, ["q0", "q1", "q2"])
            assert run.source["annotations"] == [
                {"onset": 1.0, "duration": 1.0, "text": "trial"}, {"onset": 2.0, "duration": 1.0, "text": "seizure"}
            ]  # fmt: skip
            assert run.source["start"] == "2026-01-02T00:00:00+00:00"
            assert "image is left out" in assumed(run)
        one, two = (ictal.measure(run, "sttc", entries=["spikes"]).value("sttc") for run in runs)
        assert one == two


def test_a_file_of_nwb_that_links_elsewhere_is_refused(tmp_path):
    import h5py

    path = made.saved(made.nwb_file(), tmp_path / "a.nwb")
    with h5py.File(path, "r+") as file:
        del file["acquisition/raw"]
        file["acquisition/raw"] = h5py.ExternalLink("other.nwb", "/acquisition/raw")
    with pytest.raises(ictal.InputError, match=r"a\.nwb: .*is a link to another file"):
        ictal.open_run(path)
    with h5py.File(tmp_path / "b.nwb", "w") as file:
        file.create_dataset("x", shape=(2**40, 2**10), chunks=(1, 2**10), dtype="f8")
    with pytest.raises(ictal.InputError, match=r"its values: needs .* of memory"):
        ictal.open_run(tmp_path / "b.nwb")


@pytest.mark.parametrize("write", [made.mat, made.mat73])
def test_arrays_of_matlab_with_a_rate_and_names(tmp_path, write):
    path = write(tmp_path / "a.mat", {"lfp": X, "fs": RATE})
    run = ictal.open_run(path)
    np.testing.assert_array_equal(run["lfp"].numpy(), pymatreader.read_mat(path)["lfp"])
    np.testing.assert_array_equal(run["lfp"].numpy(), X)
    assert run["lfp"].dt == 1 / RATE
    assert "the sampling rate is that of the file, fs = 250 Hz" in assumed(run)
    named = np.array(NAMES, dtype=object) if write is made.mat else NAMES
    run = ictal.open_run(write(tmp_path / "b.mat", {"d": {"x": X.T, "Fs": RATE, "labels": named}}))
    np.testing.assert_array_equal(run["d_x"].numpy(), X)
    assert run["d_x"].unit_labels["channel"].tolist() == NAMES
    assert "names of the units are those of d_labels" in assumed(run)
    turned = write(tmp_path / "c.mat", {"x": X.T, "y": X.T})
    run = ictal.open_run(turned, dt=0.01, dims="channel time")
    np.testing.assert_array_equal(run["y"].numpy(), X)
    spikes = {"spike_times_s": np.arange(1, 9) / 7, "unit": np.arange(8.0) % 3}
    assert ictal.open_run(write(tmp_path / "d.mat", spikes)).spikes("spikes").n_units == 3


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"x": X}, "an array has no clock"),
        ({"x": X, "fs": 250.0, "srate": 500.0}, "more than one sampling rate, fs = 250 Hz, srate = 500 Hz"),
        ({"x": X, "fs": -1.0}, "its sampling rate must be > 0 Hz; got fs = -1 Hz"),
        ({"x": X.T, "fs": RATE}, 'dims="unit time"'),
        ({"x": X + 1j, "fs": RATE}, r"x holds complex numbers; save abs\(x\)"),
        ({"x": "text"}, "holds no numeric array"),
        ({"EEG": made.eeglab_struct(data="e.fdt")}, r"its data are in 'e\.fdt'; read both with MNE"),
        ({"EEG": made.eeglab_struct(), "OLD": made.eeglab_struct()}, "more than one recording, EEG, OLD"),
        ({"EEG": made.eeglab_struct(srate=0.0)}, r"EEG\.srate must be a rate > 0"),
    ],
)
def test_what_matlab_leaves_open_is_refused(tmp_path, variables, message):
    with pytest.raises(ictal.InputError, match=message):
        ictal.open_run(made.mat(tmp_path / "a.mat", variables))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda raw: raw[:-4], "declares .* bytes and .* are there|bytes are left over"),
        (lambda raw: raw[:128] + b"\x4d" + raw[129:], "unknown type 77"),
        (lambda raw: raw.replace(np.array([1000, 4], "<i4").tobytes(), np.array([2**30, 4], "<i4").tobytes(), 1),
         "declares 4294967296 values and has fewer bytes"),
        (lambda raw: raw.replace(np.array([9, 32000], "<u4").tobytes(), np.array([99, 32000], "<u4").tobytes(), 1),
         "unknown type 99"),
    ],
)  # fmt: skip
def test_a_damaged_file_of_matlab_is_refused_before_it_is_parsed(tmp_path, change, message):
    for name, variables in (("a.mat", {"x": X, "fs": RATE}), ("a.set", {"x": X})):
        path = made.mat(tmp_path / name, variables)
        path.write_bytes(change(path.read_bytes()))
        with pytest.raises(ictal.InputError, match=f"is damaged or truncated: .*({message})"):
            ictal.open_run(path)


def test_info_describes_them(tmp_path, capsys, monkeypatch):
    from ictal import cli

    monkeypatch.chdir(tmp_path)  # a long path would wrap the lines
    path = made.brainvision(tmp_path / "a.vhdr")
    assert cli.run(["info", path.name]) == 0
    out = capsys.readouterr().out
    for line in (
        "EEG (BrainVision, by mne",
        "channels: Fp1, C3, Cz, O2",
        "sampling rate: 250 Hz",
        "events: 2 to 2.4 s",
    ):
        assert line in " ".join(out.split())
    bare = made.mat(tmp_path / "a.mat", {"x": X})
    assert cli.run(["info", str(bare)]) == 0
    assert "an array has no clock: give --dt" in capsys.readouterr().out
    turned = made.mat(tmp_path / "b.mat", {"x": X.T})
    assert cli.run(["info", str(turned)]) == 2
    assert '--dims "unit time"' in capsys.readouterr().err


def test_structs_of_eeglab_and_fieldtrip(tmp_path):
    run = ictal.open_run(made.mat(tmp_path / "a.mat", {"EEG": made.eeglab_struct()}))
    twin = ictal.open_run(made.mat(tmp_path / "a.set", {"EEG": made.eeglab_struct()}))  # by MNE
    np.testing.assert_allclose(run["eeg"].numpy(), twin["eeg"].numpy(), rtol=1e-12)
    assert run.source["annotations"] == twin.source["annotations"]
    assert [mark["onset"] for mark in run.source["annotations"]] == [0.0, 2.0]
    epochs = np.stack([X.T, -X.T], axis=-1)
    run = ictal.open_run(made.mat(tmp_path / "b.mat", {"EEG": made.eeglab_struct(data=epochs, trials=2.0, xmin=-1.0)}))
    np.testing.assert_array_equal(run["eeg"].numpy(), np.stack([X, -X]))
    assert (run["eeg"].t0, run["eeg"].unit) == (-1.0, "µV")
    time = np.arange(1000) / RATE - 0.5
    cell, times = np.empty(2, dtype=object), np.empty(2, dtype=object)
    cell[0], cell[1], times[0], times[1] = X.T, -X.T, time, time + 10
    names = np.array(NAMES, dtype=object)
    raw = {"trial": cell, "time": times, "label": names, "fsample": RATE}
    header = {"chanunit": np.array(["mV"] * 4, dtype=object)}
    run = ictal.open_run(made.mat(tmp_path / "c.mat", {"data": {**raw, "hdr": header}}))
    np.testing.assert_array_equal(run["eeg"].numpy(), np.stack([X, -X]) * 1e3)
    assert (run["eeg"].t0, run["eeg"].unit, run["eeg"].dt) == (-0.5, "µV", 1 / RATE)
    assert "start at 2 times" in assumed(run)
    run = ictal.open_run(made.mat73(tmp_path / "d.mat", {"data": {"trial": [X.T, X.T], "time": [time, time],
                                                                 "label": NAMES, "fsample": RATE}}))  # fmt: skip
    np.testing.assert_array_equal(run["eeg"].numpy(), np.stack([X, X]))
    assert "have no unit" in assumed(run)
    cell[1] = X[:500].T
    with pytest.raises(ictal.InputError, match="trials have 2 shapes"):
        ictal.open_run(made.mat(tmp_path / "e.mat", {"data": raw}))
    with pytest.raises(ictal.InputError, match=r"fsample is 500 Hz, and its times are 0\.004 s apart"):
        ictal.open_run(made.mat(tmp_path / "f.mat", {"data": {**raw, "trial": X.T, "time": time, "fsample": 500.0}}))


PACKAGES = {
    ".vhdr": ("mne", "mne"), ".mat": ("pymatreader", "mat"), ".nwb": ("pynwb", "nwb"), ".abf": ("neo", "neo"),
}  # fmt: skip


@pytest.mark.parametrize("suffix", PACKAGES)
def test_a_missing_package_is_named_with_its_extra(tmp_path, monkeypatch, suffix):
    package, extra = PACKAGES[suffix]
    monkeypatch.setitem(sys.modules, package, None)
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"x")
    with pytest.raises(ictal.InputError, match=rf'is read by the package {package}: pip install "ictal\[{extra}\]"$'):
        ictal.open_run(path)


@pytest.mark.parametrize("suffix", [name for name, entry in READERS.items() if "neighbours" in entry.where])
@pytest.mark.parametrize("content", [b"", b"junk" * 200], ids=["empty", "junk"])
def test_a_damaged_file_is_one_line(tmp_path, suffix, content):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    with pytest.raises(ictal.InputError) as error:
        ictal.open_run(path)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def test_parquet_and_feather_are_read_by_pandas(tmp_path, monkeypatch):
    import pandas as pd

    path = tmp_path / "a.parquet"
    path.write_bytes(b"x")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ictal.InputError, match="pip install pandas pyarrow"):
        ictal.open_run(path)
    monkeypatch.setitem(sys.modules, "pyarrow", pd)
    frame = pd.DataFrame(X, columns=NAMES, index=pd.Index(np.arange(1000) / RATE, name="time_s"))
    monkeypatch.setattr(pd, "read_parquet", lambda source: frame)
    run = ictal.open_run(path)
    np.testing.assert_array_equal(run["activity"].numpy(), X)
    assert run["activity"].dt == 1 / RATE


def test_the_one_recording_of_a_folder_of_bids_comes_with_what_is_beside_it(tmp_path):
    folder = tmp_path / "data"
    (path,) = made.bids(folder)
    for source in (folder, folder / "sub-01", folder / "sub-01" / "eeg", path):
        run = ictal.open_run(source)
        assert run["eeg"].unit_labels["channel"].tolist() == ["Fp1", "Cz"]
        np.testing.assert_allclose(run["eeg"].numpy(), X[:, [0, 2]], atol=1e-12)
        assert run.source["annotations"] == [{"onset": 1.0, "duration": 0.5, "text": "seizure"}]
        assert (run.source["file"], run.source["reference"]) == (str(path), "Cz")
        for line in ("bad channels by sub-01_task-rest_channels.tsv are left out: C3", "O2 (EOG)", "events.tsv"):
            assert line in assumed(run)
    found = ictal.measure_over_time(folder, "chi_c", window=0.5, nulls=0)
    assert [(event.onset, event.stop) for event in found.events] == [(1.0, 1.5)]
    assert json.loads(json.dumps(dict(run.source)))["reference"] == "Cz"


def test_what_describes_a_recording_of_bids_is_the_nearest_that_fits(tmp_path):
    folder = tmp_path / "data"
    made.bids(folder, **{"events.tsv": "", "channels.tsv": ""})
    (folder / "task-other_events.tsv").write_text("onset\tduration\ttrial_type\n0.5\t1\tother\n")
    assert ictal.open_run(folder).source["annotations"][0]["text"] == "Comment/seizure"
    (folder / "task-rest_events.tsv").write_text("onset\tduration\ttrial_type\n0.5\t1\tupper\n")
    assert ictal.open_run(folder).source["annotations"] == [{"onset": 0.5, "duration": 1.0, "text": "upper"}]
    (folder / "sub-01" / "eeg" / "sub-01_task-rest_channels.tsv").write_text("name\tstatus\nX\tgood\n")
    assert "names no channel of the recording" in assumed(ictal.open_run(folder))


def test_a_folder_of_bids_with_none_or_several_is_refused(tmp_path):
    folder = tmp_path / "data"
    made.bids(folder, ("01", "02"))
    with pytest.raises(ictal.InputError, match=r"holds 2 recordings of BIDS, sub-01.*, sub-02.*; name one: .*sub-01"):
        ictal.measure(folder, "chi_c")
    empty = tmp_path / "empty"
    made.bids(empty, ())
    with pytest.raises(ictal.InputError, match="is a folder of BIDS without a recording"):
        ictal.open_run(empty)
    bad = tmp_path / "bad"
    made.bids(bad, **{"channels.tsv": "name\tstatus\n" + "".join(f"{name}\tbad\n" for name in NAMES)})
    with pytest.raises(ictal.InputError, match="leaves no channel: all 4 are bad"):
        ictal.open_run(bad)
