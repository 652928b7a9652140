"""Objects of Brian2 and NEST, and those that MNE, NWB and xarray get and give: the same numbers there and here."""

import re
import warnings
from dataclasses import replace
from pathlib import Path

import libsonata
import mne
import neighbours as made
import neo
import numpy as np
import pandas as pd
import pynwb
import pytest
import quantities as pq
import xarray as xr

import ictal
from ictal import Recording, Run, Spikes
from ictal.simulator.export import export

RNG = np.random.default_rng(2)


def assumed(run):
    return " | ".join(run.source.get("assumptions", ()))


@pytest.fixture(scope="module")
def b2():
    """Brian2, imported late: it changes how pytest collects doctests."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pyparsing, on names that Sympy uses
        import brian2

    return brian2


@pytest.fixture(scope="module")
def monitors(b2):
    """Name -> monitor of a small network, after 200 ms."""
    before = b2.prefs.codegen.target
    b2.prefs.codegen.target = "numpy"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pyparsing
        found = made_monitors(b2)
    b2.prefs.codegen.target = before
    return found


def made_monitors(b2):
    b2.seed(1)
    model = "dv/dt = (3*mV - v)/(10*ms) + mV*xi*(5*ms)**-.5 : volt\n"
    model += "I : amp\ng : siemens\nw : 1\nspeed : metre/second"
    group = b2.NeuronGroup(5, model, threshold="v > 2*mV", reset="v = 0*mV", method="euler", dt=0.1 * b2.ms)
    group.I, group.g, group.w, group.speed = 2 * b2.nA, 3 * b2.nS, "i", 4 * b2.metre / b2.second
    found = {
        "spikes": b2.SpikeMonitor(group),
        "part": b2.SpikeMonitor(group[2:4]),
        "counts": b2.SpikeMonitor(group, record=False),
        "states": b2.StateMonitor(group, ["v", "I", "g", "w", "speed"], record=[1, 3]),
        "all": b2.StateMonitor(group, "v", record=True, dt=1 * b2.ms),
        "rate": b2.PopulationRateMonitor(group),
        "idle": b2.SpikeMonitor(b2.NeuronGroup(2, "x : 1", threshold="x > 1", dt=0.05 * b2.ms)),
    }
    network = b2.Network(group, *(one for name, one in found.items() if name != "idle"))
    network.run(200 * b2.ms)
    return {**found, "group": group, "network": network}


def test_monitors_of_brian2_have_its_numbers_in_their_units(monitors, b2):
    spikes = ictal.as_run(monitors["spikes"]).spikes("spikes")
    assert (spikes.n_units, spikes.duration, spikes.t0) == (5, 0.2, 0.0)
    trains = monitors["spikes"].spike_trains()
    assert spikes.time.size > 20
    for unit in range(5):
        np.testing.assert_array_equal(spikes.time[spikes.unit == unit], np.asarray(trains[unit]))
    part = ictal.as_run(monitors["part"]).spikes("spikes")
    np.testing.assert_array_equal(part.counts, spikes.counts[2:4])
    states = ictal.as_run(monitors["states"])
    expected = {"v": ("mV", b2.mV), "I": ("nA", b2.nA), "g": ("nS", b2.nS), "w": ("1", 1), "speed": ("m s^-1", 1)}
    for name, (unit, scale) in expected.items():
        entry, own = states[name], getattr(monitors["states"], name)
        assert (entry.unit, entry.quantity, entry.dt, entry.t0) == (unit, name, 0.0001, 0.0)
        np.testing.assert_allclose(entry.numpy(), np.asarray(own / scale).T, rtol=1e-12)
        assert entry.unit_labels["index"].tolist() == [1, 3]
    every = ictal.as_run(monitors["all"])["v"]
    assert (every.values.shape, every.dt, dict(every.unit_labels)) == ((200, 5), 0.001, {})
    rate = ictal.as_run(monitors["rate"])["rate"]
    np.testing.assert_array_equal(rate.numpy()[:, 0], np.asarray(monitors["rate"].rate / b2.Hz))
    assert (rate.unit, rate.dt) == ("Hz", 0.0001)
    assert "observed from 0 to 0.2 s" in assumed(ictal.as_run(monitors["spikes"]))


def test_every_verb_takes_monitors(monitors):
    spikes = ictal.as_run(monitors["spikes"]).spikes("spikes")
    assert ictal.measure(monitors["spikes"], "sttc").value("sttc") == ictal.measure(spikes, "sttc").value("sttc")
    compared = ictal.compare({"a": monitors["all"], "b": [monitors["all"]]}, measures=["chi_c"], nulls=199)
    assert {row.value for row in compared.observations} == {ictal.measure(monitors["all"], "chi_c").value("chi_c")}
    assert ictal.why(monitors["all"], nulls=0).value.value == compared.observations[0].value


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("idle", "SpikeMonitor of Brian2: has recorded nothing; run the network first"),
        ("counts", "counts spikes and has no times; make it with record=True"),
        ("group", "cannot measure NeuronGroup of Brian2; want a SpikeMonitor, StateMonitor or PopulationRateMonitor"),
        ("network", "cannot measure Network of Brian2"),
    ],
)
def test_objects_of_brian2_without_a_signal_are_refused(monitors, name, message):
    with pytest.raises(ictal.InputError, match=message):
        ictal.measure(monitors[name], "chi_c")
    with pytest.raises(ictal.InputError, match="dt: is for arrays"):
        ictal.measure(monitors["all"], "chi_c", dt=0.1)


EVENTS = {"senders": np.array([3, 7, 3, 9]), "times": np.array([10.5, 20.0, 30.25, 999.5])}
VOLTAGE = RNG.normal(-60, 2, size=(50, 3))  # (time, neuron)
METER = {
    "senders": np.tile([4, 6, 5], 50), "times": np.repeat(np.arange(1, 51) * 0.5, 3),
    "V_m": VOLTAGE[:, [0, 2, 1]].ravel(), "g_ex": VOLTAGE[:, [0, 2, 1]].ravel(),
}  # fmt: skip


def test_events_of_nest_are_spikes_in_seconds():
    run = ictal.as_run(EVENTS)
    spikes = run.spikes("spikes")
    np.testing.assert_allclose(spikes.time, EVENTS["times"] / 1000)
    assert spikes.unit_labels["id"][spikes.unit].tolist() == EVENTS["senders"].tolist()
    assert (spikes.n_units, spikes.duration) == (3, 1.0)
    assert "all units are those that spike: 3, 3 to 9" in assumed(run)
    assert "the observation is from 0 to 1 s" in assumed(run)
    status = {"events": EVENTS, "start": 0.0, "stop": 2000.0, "origin": 0.0, "n_events": 4}
    for data in (status, (status,), [status]):
        assert ictal.as_run(data).spikes("spikes").duration == 2.0
    forever = {**status, "stop": 1.8e305}
    assert ictal.as_run(forever).spikes("spikes").duration == 1.0
    many = {"senders": np.tile([1, 2, 3], 30), "times": np.sort(RNG.uniform(0, 1000, 90))}
    two = ictal.compare(
        {"a": many, "b": [many, {"events": {**many, "senders": many["senders"][::-1]}}]},
        measures=["mean_rate"],
        nulls=199,
    )
    assert [(row.group, row.replicate) for row in two.observations] == [("a", 0), ("b", 0), ("b", 1)]


def test_recordables_of_nest_are_signals_with_their_units():
    run = ictal.as_run(({"events": METER},))
    assert [(name, entry.unit) for name, entry in run.items()] == [("V_m", "mV"), ("g_ex", "nS")]
    np.testing.assert_array_equal(run["V_m"].numpy(), VOLTAGE)
    assert (run["V_m"].dt, run["V_m"].t0) == (pytest.approx(0.0005), 0.0005)
    assert run["V_m"].unit_labels["id"].tolist() == [4, 5, 6]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"times": [], "senders": np.array([], int)}, "hold no event; was the recorder connected"),
        ({"times": np.array([1, 2, 3, 4]), "offsets": np.zeros(4)}, "times are in steps"),
        ({"times": np.array(["a"] * 4)}, "must be vectors of numbers, of one length; got <U1"),
        ({"times": np.arange(3.0)}, "of one length"),
        ({"V_m": np.arange(4.0)}, "has 4 events of 3 senders at 4 times; want one of each sender"),
        ({"V_m": np.array([None] * 4)}, "V_m of NEST: must be 4 numbers, one an event; got object"),
        ({"V_m": np.arange(4) * 1j}, "got complex128"),
    ],
)
def test_events_of_nest_that_cannot_be_read_are_refused(changed, message):
    with pytest.raises(ictal.InputError, match=message):
        ictal.measure({**EVENTS, **changed}, "chi_c")


def test_a_run_goes_to_mne_and_comes_back():
    source = {
        "start": "2026-01-02T03:04:05",
        "annotations": [
            {"onset": 0.5, "duration": None, "text": "seizure"},
            {"onset": 1.0, "duration": 0.5, "text": "x"},
        ],
    }
    eeg = Recording(
        RNG.normal(size=(500, 3)) * 30, 0.004, "second", "potential", "µV",
        unit_labels={"channel": np.array(["Fp1", "Cz", "O2"])}, source=source,
    )  # fmt: skip
    raw = eeg.to_mne()
    np.testing.assert_allclose(raw.get_data(), eeg.numpy().T * 1e-6)
    assert (raw.ch_names, raw.get_channel_types(), raw.info["sfreq"]) == (["Fp1", "Cz", "O2"], ["eeg"] * 3, 250.0)
    back = ictal.as_run(raw)
    np.testing.assert_allclose(back["eeg"].numpy(), eeg.numpy(), rtol=1e-14)
    assert back.source["annotations"] == source["annotations"]
    assert back.source["start"] == "2026-01-02 03:04:05+00:00"
    assert (back["eeg"].dt, back["eeg"].unit, back["eeg"].quantity) == (eeg.dt, eeg.unit, eeg.quantity)
    assert back["eeg"].unit_labels["channel"].tolist() == raw.ch_names
    later = replace(eeg, t0=0.4).to_mne()
    assert later.first_time == 0.4
    assert "counted from the first sample, at 0.4 s" in assumed(ictal.as_run(later))
    assert ictal.as_run(later).source["annotations"][0]["onset"] == pytest.approx(
        0.1
    )  # MNE counts from the first sample
    trials = Recording(RNG.normal(size=(2, 50, 3)), 0.01, "second", "x", "mV", t0=-0.2)
    back = ictal.as_run(trials.to_mne())["eeg"]
    np.testing.assert_allclose(back.numpy(), trials.numpy() * 1e3, rtol=1e-14)
    assert (back.t0, back.dt) == (-0.2, 0.01)
    rates = Recording(RNG.normal(size=(50, 3)), 0.01, "second", "firing rate", "Hz")
    np.testing.assert_array_equal(ictal.as_run(rates.to_mne())["misc"].numpy(), rates.numpy())
    with pytest.raises(ictal.InputError, match="needs a recording in seconds; this one has clock 'epoch'"):
        replace(rates, clock="epoch").to_mne()
    with pytest.raises(ictal.InputError, match="MNE has no mask"):
        replace(rates, valid=rates.numpy() > 0).to_mne()


def a_run():
    source = {"system": "test", "annotations": [{"onset": 1.0, "duration": 0.5, "text": "seizure"}], "seed": 3}
    layer = np.array(["a", "b", "c", "a", "b", "c"])
    entries = {
        "E": Spikes(np.sort(RNG.uniform(1, 3, 99)), RNG.integers(0, 5, 99), 6, 2.0, 1.0,
                    {"population": layer, "number": np.arange(6), "depth": np.linspace(0, 1, 6), "on": layer == "a"}),
        "I": Spikes(np.sort(RNG.uniform(0, 3, 9)), RNG.integers(0, 2, 9), 2, 3.0),
        "eeg": Recording(RNG.normal(size=(500, 3)) * 30, 0.004, "second", "scalp potential", "µV", t0=0.5,
                         unit_labels={"channel": np.array(["Fp1", "Cz", "O2"]), "depth": np.arange(3.0)}),
        "lfp": Recording(RNG.normal(size=(500, 2)), 0.001, "second", "field", "mV",
                         unit_labels={"population": np.array(["E", "I"])},
                         time_labels={"phase": np.repeat(["a", "b"], 250)}),
    }  # fmt: skip
    return Run(entries, source)


def test_a_run_goes_to_nwb_and_comes_back(tmp_path):
    run = a_run()
    (path,) = export(run, "nwb", tmp_path / "a.nwb").files
    back = ictal.open_run(path)
    assert set(back) == set(run)
    for name, entry in run.items():
        again = back[name]
        if isinstance(entry, Spikes):
            np.testing.assert_array_equal(again.time, entry.time)
            np.testing.assert_array_equal(again.unit, entry.unit)
            assert (again.n_units, again.t0, again.duration) == (entry.n_units, entry.t0, pytest.approx(entry.duration))
        else:
            np.testing.assert_allclose(again.numpy(), entry.numpy(), rtol=1e-15)
            assert (again.dt, again.t0, again.unit, again.quantity) == (entry.dt, entry.t0, entry.unit, entry.quantity)
            assert {key: value.tolist() for key, value in again.time_labels.items()} == {
                key: value.tolist() for key, value in entry.time_labels.items()
            }
        assert {key: (v.dtype, v.tolist()) for key, v in again.unit_labels.items()} == {
            key: (v.dtype, v.tolist()) for key, v in entry.unit_labels.items()
        }
    assert back.source["annotations"] == run.source["annotations"]
    assert back.source["system"] == "test"
    with pynwb.NWBHDF5IO(str(path), "r") as io:
        nwb = io.read()
        np.testing.assert_array_equal(nwb.units["spike_times"][0], run["E"].time[run["E"].unit == 0])
        np.testing.assert_allclose(nwb.acquisition["eeg"].get_data_in_units(), run["eeg"].numpy() * 1e-6)
        assert nwb.acquisition["eeg"].electrodes.to_dataframe()["channel_name"].tolist() == ["Fp1", "Cz", "O2"]
        assert pynwb.validate(io=io) == []
    twice = ictal.measure(run, "chi_c", entries=["lfp"]), ictal.measure(path, "chi_c", entries=["lfp"])
    assert twice[0].value("chi_c") == twice[1].value("chi_c")


def test_what_nwb_cannot_hold_is_left_out_or_refused(tmp_path):
    trials = Recording(RNG.normal(size=(2, 50, 3)), 0.01, "second", "x", "mV")
    run = Run({**a_run(), "trials": trials, "steps": Recording(RNG.normal(size=(50, 3)), 1.0, "step", "x", "1")})
    done = export(run, "nwb", tmp_path / "a.nwb")
    assert done.left_out == ["trials", "steps"]
    for name, message in (("trials", "has trials"), ("steps", "has the clock 'step'")):
        with pytest.raises(ictal.InputError, match=message):
            export(run, "nwb", tmp_path / "b.nwb", entries=[name])
    assert not (tmp_path / "b.nwb").exists()


def test_spikes_go_to_sonata_and_come_back(tmp_path):
    run = a_run()
    (path,) = export(run, "sonata", tmp_path / "a.h5").files
    theirs = libsonata.SpikeReader(str(path))
    for name in ("E", "I"):
        again, entry = ictal.open_run(path)[name], run[name]
        np.testing.assert_array_equal(again.time, entry.time)
        np.testing.assert_array_equal(again.unit, entry.unit)
        ids, times = zip(*theirs[name].get(), strict=True)
        assert sorted(zip(ids, times, strict=True)) == sorted(zip(entry.unit.tolist(), entry.time * 1000, strict=True))


def test_coordinates_of_xarray_are_labels_and_a_tree_is_a_run():
    array = xr.DataArray(
        RNG.normal(size=(3, 100)), dims=("unit", "time"), name="lfp", attrs={"units": "uV"},
        coords={"time": ("time", np.arange(100) * 2.0, {"units": "ms"}), "layer": ("unit", ["a", "b", "b"]),
                "depth": ("unit", [0.1, 0.2, 0.3]), "phase": ("time", np.repeat([0, 1], 50))},
    )  # fmt: skip
    entry = ictal.as_run(array)["lfp"]
    assert {name: values.tolist() for name, values in entry.unit_labels.items()} == {
        "layer": ["a", "b", "b"], "depth": [0.1, 0.2, 0.3]
    }  # fmt: skip
    assert entry.time_labels["phase"].tolist() == [0] * 50 + [1] * 50
    assert (entry.unit, entry.dt) == ("µV", 0.002)
    tree = xr.DataTree.from_dict({"/probe": array.to_dataset(), "/other/two": xr.Dataset({"a": array, "b": array * 2})})
    run = ictal.as_run(tree)
    assert list(run) == ["probe", "other_two a", "other_two b"]
    np.testing.assert_array_equal(run["other_two b"].numpy(), array.values.T * 2)
    with pytest.raises(ictal.InputError, match="DataTree: has no variables"):
        ictal.as_run(xr.DataTree())


def test_objects_without_a_signal_of_numbers_are_refused():
    for data, message in (
        (pynwb.NWBFile(session_description="a", identifier="b", session_start_time=made.nwb_file().session_start_time),
         "NWBFile: holds no time series and no units"),
        (pynwb.TimeSeries(name="x", data=np.ones((9, 2)) * 1j, unit="V", rate=1.0), "hold real numbers; got complex"),
        (made.nwb_file().devices["d"], "cannot measure Device of NWB; want an NWBFile"),
        (xr.DataArray(np.array([["a"] * 9] * 2), dims=("unit", "time"), coords={"time": np.arange(9) / 2.0}),
         "must be numbers; got <U1"),
        (pd.DataFrame({"a": [1j, 2, 3]}, index=[0.0, 0.5, 1.0]), "column 'a' holds no real numbers but complex128"),
        (pd.DataFrame({"a": ["x", 2, 3]}, index=[0.0, 0.5, 1.0]), "column 'a' holds no real numbers but"),
        (neo.AnalogSignal(np.ones((9, 2)) * 1j, units="mV", sampling_rate=1 * pq.Hz), "must be real; got complex128"),
        (np.array([[None] * 2] * 9), "must be numbers; got an array of Python objects"),
    ):  # fmt: skip
        with pytest.raises(ictal.InputError, match=message) as error:
            ictal.measure(data, "si_3", **({"dt": 0.1} if type(data) is np.ndarray else {}))
        assert "\n" not in str(error.value)


def test_signals_of_neo_at_two_rates_stay_two_entries():
    segment = neo.Segment()
    for name, rate in (("slow", 100), ("fast", 1000)):
        values = RNG.normal(size=(rate, 3)) * pq.uV
        segment.analogsignals.append(neo.AnalogSignal(values, sampling_rate=rate * pq.Hz, name=name))
    run = ictal.as_run(segment)
    assert {name: (entry.dt, entry.unit) for name, entry in run.items()} == {
        "slow": (0.01, "µV"),
        "fast": (0.001, "µV"),
    }
    with pytest.raises(ictal.InputError, match="sliding windows read one entry; name it with --entries: slow, fast"):
        ictal.measure_over_time(segment, "chi_c", window=0.5, nulls=0)


def test_a_lazy_raw_of_mne_is_analysed_as_one_in_memory():
    info = mne.create_info(["Fp1", "Cz", "O2"], 100.0, "eeg", verbose="ERROR")
    raw = mne.io.RawArray(RNG.normal(size=(3, 4000)) * 1e-5, info, verbose="ERROR")
    one, two = (
        ictal.analyse_eeg(data, window=2.0, measures=["chi_c"], nulls=0, baseline=(0, 20))
        for data in (raw, ictal.as_run(raw))
    )
    assert [row.value for row in one.rows] == pytest.approx([row.value for row in two.rows], abs=1e-12)


def test_the_page_of_neighbours_runs(capsys):
    names = {}
    page = Path(__file__).resolve().parents[2] / "docs" / "neighbours.md"
    for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        exec(block, names)
    out = capsys.readouterr().out
    for text in ("chi_c", "mean_rate", "sttc", "500 x 3, dt=0.002 second", "True"):
        assert text in out


def test_no_entry_takes_the_name_of_another():
    signal = neo.AnalogSignal(np.eye(3), units="mV", sampling_rate=1 * pq.Hz, name="spikes")
    segment = neo.Segment()
    segment.analogsignals.append(signal)
    segment.spiketrains.append(neo.SpikeTrain([0.5], units="s", t_stop=3))
    assert list(ictal.as_run(segment)) == ["spikes", "spikes'"]
    both = xr.Dataset({"a/b": (("time", "unit"), np.eye(3)), "a_b": (("time", "unit"), 2 * np.eye(3))})
    found = ictal.as_run(both, dt=0.1)
    assert {name: float(entry.values.max()) for name, entry in found.items()} == {"a_b": 1.0, "a_b'": 2.0}


def _nwb_at_no_rate():
    made = pynwb.NWBFile("a", "b", pd.Timestamp("2020", tz="UTC").to_pydatetime())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made.add_acquisition(pynwb.TimeSeries(name="x", data=np.eye(3), unit="V", rate=0.0))
    return made


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: neo.AnalogSignal(np.eye(3), units="mV", sampling_rate=1 * pq.m), "converted to Hz; got m"),
        (lambda: {"times": [], "senders": []}, "hold no event"),
        (lambda: mne.io.RawArray(np.eye(2), mne.create_info(2, 9.0, "eog"), verbose="ERROR"), "got 0 (eog), 1 (eog)"),
        (_nwb_at_no_rate, "its rate must be > 0 Hz; got 0"),
        (lambda: xr.DataArray(np.eye(3), dims=("time", "unit"), attrs={"ictal": '{"of": "recording"}'}), "is damaged"),
        (lambda: pd.Index([0.1, 0.2], name="time"), "cannot measure Index of pandas"),
    ],
)  # fmt: skip
def test_objects_with_a_part_that_cannot_be_are_refused_in_one_line(make, message):
    with pytest.raises(ictal.InputError, match=re.escape(message)):
        ictal.as_run(make())


def test_a_recordable_of_nest_may_have_a_number_as_its_name():
    assert list(ictal.as_run({"times": [1.0, 2.0], "senders": [1, 1], 3: [1.0, 2.0]})) == ["3"]
