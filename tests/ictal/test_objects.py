"""Objects of other libraries that name their axes: one signal, the same value, wherever it comes from."""

import subprocess
import sys
from types import SimpleNamespace

import mne
import neo
import numpy as np
import pandas as pd
import pytest
import quantities as pq
import torch
import xarray as xr

import ictal

RNG = np.random.default_rng(11)
N, NAMES = 300, list("abcd")
X = RNG.normal(size=(N, 1)) + RNG.normal(size=(N, 4))
CHI = ictal.measure(X, "chi_c", dt=0.01).value("chi_c")
T = np.arange(N) * 0.01
FRAME = pd.DataFrame(X, columns=NAMES)
ARRAY = xr.DataArray(X.T, dims=("unit", "time"), coords={"unit": NAMES, "time": T}, name="lfp", attrs={"units": "mV"})
SIGNAL = neo.AnalogSignal(X, units="mV", sampling_rate=0.1 * pq.kHz, t_start=500 * pq.ms, name="lfp")
TRAINS = [neo.SpikeTrain(np.sort(RNG.uniform(0, 4000, 90)), units="ms", t_stop=4 * pq.s, name=name) for name in NAMES]


def assumed(found):
    return " ".join(found.config["assumptions"])


def indexed(index, name=None):
    return FRAME.set_index(pd.Index(index, name=name))


@pytest.mark.parametrize(
    ("data", "given"),
    [
        (ARRAY, {}),
        (ARRAY.transpose("time", "unit"), {"dt": 0.01}),
        (ARRAY.assign_coords(time=("time", np.arange(N) * 10, {"units": "ms"})), {}),
        (ARRAY.assign_coords(time=pd.date_range("2026-01-01", periods=N, freq="10ms")), {}),
        (ARRAY.assign_coords(time=pd.timedelta_range(0, periods=N, freq="10ms")), {}),
        (ARRAY.drop_vars(["time", "unit"]), {"dt": 0.01}),
        (ARRAY.rename(unit="y", time="x"), {"dims": "channel time"}),
        (ARRAY.to_dataset(), {}),
        (FRAME, {"dt": 0.01}),
        (FRAME.T, {"dt": 0.01, "dims": "unit time"}),
        (FRAME.convert_dtypes(), {"dt": 0.01}),
        (indexed(T), {}),
        (indexed(T * 1000, "t [ms]"), {}),
        (indexed(np.arange(N) * 10, "time_ms"), {}),
        (indexed(pd.date_range("2026-01-01", periods=N, freq="10ms", tz="UTC")), {}),
        (indexed(pd.timedelta_range(0, periods=N, freq="10ms")), {}),
        (indexed(np.round(T + 0.002 * np.sin(np.arange(N)), 4)), {"dt": 0.01}),  # rounded times, none lost
        (FRAME.assign(time=T), {}),
        (SIGNAL, {}),
        (neo.IrregularlySampledSignal(T, X, units="mV", time_units="s"), {}),
        (X * pq.mV, {"dt": 0.01}),
        (torch.tensor(X).T.requires_grad_(), {"dt": 0.01, "dims": "unit time"}),
    ],
)
def test_the_same_value(data, given):
    found = ictal.measure(data, "chi_c", **given)
    assert found.value("chi_c") == pytest.approx(CHI, abs=1e-12)


def test_tensors_of_spiking_libraries_are_trials():
    steps = torch.tensor(np.stack([X, X[::-1], -X], axis=1))  # (time, batch, unit)
    with pytest.raises(ictal.InputError, match=r'3 axes, .* dims="time trial unit"'):
        ictal.measure(steps, "chi_c", dt=0.01)
    found = ictal.measure(steps, "chi_c", dt=0.01, dims="time batch neuron")
    assert [row.value for row in found.rows] == pytest.approx([CHI] * 3, abs=1e-9)
    assert found.config["dims"] == "time batch neuron"


def test_every_verb_reads_turned_arrays_and_objects(tmp_path):
    turned, kind = {"dt": 0.01, "dims": ["unit", "time"]}, {"nulls": 0}
    for verb in (
        lambda x, **given: ictal.why(x, **given, **kind).value.value,
        lambda x, **given: ictal.measure_over_time(x, "chi_c", window=1.0, **given, **kind).rows[0].value,
    ):
        assert verb(X.T, **turned) == verb(X, dt=0.01) == verb(ARRAY)
    compared = ictal.compare({"a": X.T, "b": ARRAY}, measures=["chi_c"], nulls=199, **turned)
    assert compared.config["dims"] == "unit time"
    assert {row.value for row in compared.observations} == {compared.observations[0].value}
    assert compared.observations[0].value == pytest.approx(CHI, abs=1e-12)
    eeg = ictal.analyse_eeg(X.T, rate=100.0, dims="channel time", window=1.0, measures=["chi_c"], **kind)
    assert eeg.config["dims"] == "channel time"
    assert ictal.load(eeg.save(tmp_path / "e.h5")).config["dims"] == "channel time"


def test_sliding_windows_read_one_trial():
    for verb in (ictal.measure_over_time, ictal.analyse_eeg):
        rate = {"rate": 100.0} if verb is ictal.analyse_eeg else {"dt": 0.01}
        with pytest.raises(ictal.InputError, match="one trial"):
            verb(np.stack([X, X]), window=1.0, nulls=0, dims="trial time unit", **rate)


def test_names_units_and_starts_come_along():
    run = ictal.as_run(ARRAY.rename(unit="channel"))
    assert run["lfp"].unit_labels["channel"].tolist() == NAMES
    assert (run["lfp"].unit, run["lfp"].quantity) == ("mV", "lfp")
    frame = ictal.as_run(indexed(pd.date_range("2026-01-01", periods=N, freq="10ms")))
    assert frame["activity"].unit_labels["name"].tolist() == NAMES
    assert frame.source["start"].startswith("2026-01-01T00:00")
    signal = ictal.as_run(SIGNAL)["lfp"]
    assert (signal.unit, signal.dt, signal.t0) == ("mV", 0.01, 0.5)
    assert ictal.as_run(X * pq.mV, dt=0.1)["activity"].unit == "mV"


def test_what_is_taken_is_said():
    assert "no unit and are taken for seconds" in assumed(ictal.measure(ARRAY, "chi_c"))
    assert "column 'time' is taken for the times" in assumed(ictal.measure(FRAME.assign(time=T), "chi_c"))
    two = xr.Dataset({"lfp": ARRAY, "depth": ARRAY.isel(time=0, drop=True)})
    assert "left out: DataArray 'depth'" in assumed(ictal.measure(two, "chi_c"))
    counted = ictal.measure(pd.DataFrame(X).assign(index=np.arange(N), event=X[:, 0]), "si_3", dt=0.01)
    assert "the column 'index' numbers the rows" in assumed(counted)
    assert "names say otherwise: event (marker)" in assumed(counted)
    assert [row.n_units for row in counted.rows] == [X.shape[1] + 1]
    assert "first axis is taken for time" in assumed(ictal.measure(X[:4], "si_3", dt=0.01))


@pytest.mark.parametrize(
    ("data", "given", "message"),
    [
        (ARRAY, {"dt": 0.02}, r"0.01 apart \[second\], and dt=0.02 was given"),
        (ARRAY.isel(time=[*range(100), *range(150, N)]), {}, "not evenly spaced: from 0.01 to 0.51"),
        (ARRAY.drop_vars("time"), {}, "no times of its own; give dt="),
        (ARRAY.rename(time="depth"), {}, "unknown axis 'depth'.*its dimensions are 'unit', 'depth'"),
        (ARRAY.assign_coords(time=("time", T, {"units": "TR"})), {}, "in 'tr', which is no unit of time"),
        (ARRAY, {"dims": "trial unit time"}, "names 3 axes"),
        (ARRAY, {"dims": "time unit"}, "contradicts its dimensions, 'unit', 'time'; leave it out"),
        (ARRAY.where(ARRAY.unit != "b"), {}, "must be finite"),
        (ARRAY.to_dataset().attrs, {}, "cannot measure dict"),
        (FRAME, {}, "no times of its own"),
        (FRAME.T, {"dt": 0.01}, "if rows are units, give df.T"),
        (pd.DataFrame(X.T), {"dt": 0.01}, 'dims="unit time"'),
        (FRAME.assign(q="z"), {"dt": 0.01}, "column 'q' holds no real numbers"),
        (indexed(T[::-1]), {}, "must rise"),
        (indexed(np.arange(N) // 2 * 0.01), {}, "must rise; sample 1 is at 0 after 0"),
        (FRAME.set_index([np.arange(N), np.arange(N)]), {}, "2 levels"),
        (pd.DataFrame({"time": T[:8], "unit": [0, 1] * 4, "value": X[:8, 0]}), {}, "one row a value"),
        (FRAME["a"], {"dt": 0.01}, "1 of 1 units"),
        (pd.DataFrame(), {"dt": 0.01}, "must not be empty"),
        (SIGNAL, {"dt": 0.01}, "dt: is for arrays; AnalogSignal has its own"),
        ([*TRAINS, neo.SpikeTrain([1], units="s", t_stop=3)], {}, r"over the same time.*time_slice\(0 \* s, 3 \* s\)"),
        (neo.Segment(), {}, "holds no signal"),
        (neo.Event([1] * pq.s, labels=["a"]), {}, "cannot measure Event of Neo"),
        (neo.IrregularlySampledSignal(T**2, X, units="mV", time_units="s"), {}, "not evenly spaced"),
        (mne.create_info(NAMES, 100.0), {}, "cannot measure Info of MNE"),
        (ictal.Spikes([], [], n_units=3, duration=1.0), {"dims": "time unit"}, "dims: is for arrays; Spikes"),
    ],
)
def test_what_cannot_be_told_is_refused(data, given, message):
    with pytest.raises(ictal.InputError, match=message):
        ictal.measure(data, "chi_c", **given)


def test_spike_trains_of_neo_are_units_and_a_block_holds_all():
    segment, block = neo.Segment(), neo.Block()
    segment.analogsignals.append(SIGNAL)
    segment.spiketrains.extend(TRAINS)
    segment.events.append(neo.Event([1.0] * pq.s, labels=["seizure"]))
    segment.epochs.append(neo.Epoch([2.0] * pq.s, durations=[500] * pq.ms, labels=["artefact"]))
    block.segments.append(segment)
    run = ictal.as_run(block)
    assert list(run) == ["lfp", "spikes"]
    spikes = run.spikes("spikes")
    assert (spikes.n_units, spikes.duration, spikes.unit_labels["name"].tolist()) == (4, 4.0, NAMES)
    np.testing.assert_allclose(
        np.sort(spikes.time), np.sort(np.concatenate([t.rescale("s").magnitude for t in TRAINS]))
    )
    assert run.source["annotations"] == [
        {"onset": 1.0, "duration": None, "text": "seizure"}, {"onset": 2.0, "duration": 0.5, "text": "artefact"}
    ]  # fmt: skip
    again = neo.Segment()
    again.analogsignals.append(SIGNAL)
    again.spiketrains.extend(TRAINS)
    block.segments.append(again)
    assert list(ictal.as_run(block)) == ["0 lfp", "0 spikes", "1 lfp", "1 spikes"]
    alone = ictal.measure(TRAINS, "sttc").value("sttc")
    assert (
        alone == ictal.measure(segment.spiketrains, "sttc").value("sttc") == ictal.measure(spikes, "sttc").value("sttc")
    )
    rows = ictal.compare({"a": TRAINS, "b": [TRAINS[::-1], TRAINS]}, measures=["mean_rate"]).observations
    assert [(row.group, row.replicate) for row in rows] == [("a", 0), ("b", 0), ("b", 1)]


def test_channels_of_mne_by_type_without_bad_ones():
    info = mne.create_info([*NAMES, "EOG", "M"], 100.0, ["eeg"] * 4 + ["eog", "mag"])
    with mne.use_log_level("ERROR"):
        raw = mne.io.RawArray(np.vstack([X.T * 1e-6, X.T[:2] * 1e-15]), info)
        raw.set_annotations(mne.Annotations([1.5], [0.5], ["seizure"]))
        raw.info["bads"] = ["c"]
        part = raw.copy().crop(1.0)
        epochs = mne.EpochsArray(raw.get_data()[None].repeat(2, 0), info, tmin=-1.0)
        run, cut, trials, mean = map(ictal.as_run, (raw, part, epochs, epochs.average("all")))
    assert list(run) == ["eeg", "mag"]
    np.testing.assert_allclose(run["eeg"].numpy(), X[:, [0, 1, 3]], atol=1e-9)
    assert (run["eeg"].unit, run["mag"].unit) == ("µV", "fT")
    assert run["eeg"].unit_labels["channel"].tolist() == ["a", "b", "d"]
    assert run.source["assumptions"] == ["bad channels are left out: c", "channels of other types are left out: EOG"]
    assert run.source["annotations"] == [{"onset": 1.5, "duration": 0.5, "text": "seizure"}]
    assert cut.source["annotations"][0]["onset"] == 0.5
    assert trials["eeg"].numpy().shape == (2, N, 4)
    assert (trials["eeg"].t0, mean["eeg"].n_times) == (-1.0, N)


class Stand(SimpleNamespace):
    """Object in the shape of one of pynwb, which does not have to be there."""

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, column):
        return self.columns[column]


Stand.__module__ = "pynwb.base"


def series(**given):
    shared = {"name": "lfp", "data": X, "rate": 100.0, "starting_time": 2.0, "timestamps": None, "unit": "volts"}
    return Stand(**{**shared, "conversion": 2.0, "offset": 1.0, **given})


def test_series_and_units_of_nwb():
    run = ictal.as_run(series(channel_conversion=np.array([1.0, 2.0, 3.0, 4.0])))
    np.testing.assert_allclose(run["lfp"].numpy(), X * 2.0 * [1, 2, 3, 4] + 1.0)
    assert (run["lfp"].dt, run["lfp"].t0, run["lfp"].unit) == (0.01, 2.0, "volts")
    stamped = ictal.as_run(series(rate=None, timestamps=T + 1.0))
    assert (stamped["lfp"].dt, stamped["lfp"].t0) == (0.01, 1.0)
    with pytest.raises(ictal.InputError, match=r"not evenly spaced: .*resample them$"):
        ictal.as_run(series(rate=None, timestamps=T**1.1))
    with pytest.raises(ictal.InputError, match="must have the axes"):
        ictal.as_run(series(data=X[None]))
    assert "first axis is taken for time" in ictal.as_run(series(data=X[:3])).source["assumptions"][0]
    trains = [np.sort(RNG.uniform(0, 9, 40)) for _ in range(3)]
    table = Stand(colnames=("spike_times",), columns={"spike_times": trains}, id=np.array([7, 8, 9]), rows=range(3))
    units = ictal.as_run(table)
    assert units.spikes("spikes").unit_labels["name"].tolist() == ["7", "8", "9"]
    assert "no observation intervals" in units.source["assumptions"][0]
    table.colnames, table.columns["obs_intervals"] = ("spike_times", "obs_intervals"), [[[0.0, 10.0]]] * 3
    assert ictal.as_run(table).spikes("spikes").duration == 10.0
    table.columns["obs_intervals"] = [[[0.0, 10.0]]] * 2 + [[[0.0, 9.5]]]
    with pytest.raises(ictal.InputError, match="one and the same interval"):
        ictal.as_run(table)


def test_objects_of_pynwb_itself():
    pynwb = pytest.importorskip("pynwb")
    found = ictal.as_run(pynwb.TimeSeries(name="lfp", data=X, unit="volts", rate=100.0, conversion=0.5))
    np.testing.assert_allclose(found["lfp"].numpy(), X * 0.5)


def test_no_library_is_imported():
    code = (
        "import sys, numpy as np, ictal; ictal.measure(np.eye(9, 2), 'si_3', dt=1.0); "
        "print(sorted({'xarray', 'pandas', 'neo', 'mne', 'pynwb', 'quantities', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
