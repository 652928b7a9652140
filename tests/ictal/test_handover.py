"""Recordings, spikes and runs as objects of NumPy, pandas, xarray and Neo: what goes out comes back the same."""

import subprocess
import sys
from dataclasses import fields, replace

import neo
import numpy as np
import pandas as pd
import pytest
import quantities as pq
import torch

import ictal
from ictal import InputError, Recording, Run, Spikes

RNG = np.random.default_rng(5)
SECONDS = Recording(
    RNG.normal(size=(300, 3)), dt=0.01, clock="second", quantity="potential", unit="µV", t0=0.1,
    unit_labels={"channel": list("abc"), "group": [0, 0, 1]}, time_labels={"class": np.arange(300) % 3},
    source={"system": "x", "seed": 1, "parameters": {"g": 0.1}},
)  # fmt: skip
TRIALS = Recording(
    RNG.normal(size=(2, 4, 50, 3)).astype(np.float32), dt=0.3, clock="epoch", quantity="loss", unit="1", periodic=True,
    valid=RNG.random((2, 4, 50, 3)) > 0.2, t0=-4.0,
)  # fmt: skip
SAMPLES = Recording(
    RNG.normal(size=(50, 40)), dt=1.0, clock="sample", quantity="activation", unit="a.u.",
    time_labels={"class": np.array(["cat", "dog"])[np.arange(50) % 2]}, unit_labels={"unit": np.arange(40)[::-1]},
)  # fmt: skip
SPIKES = Spikes(
    RNG.uniform(0.1, 0.4, 90), RNG.integers(0, 7, 90), n_units=8, duration=0.3, t0=0.1, source={"seed": 2},
    unit_labels={"name": list("abcdefgh"), "population": list("EEEEIIII"), "depth": np.linspace(0, 1, 8)},
)  # fmt: skip
NONE = Spikes([], [], n_units=3, duration=1.0)
ENTRIES = {"seconds": SECONDS, "trials": TRIALS, "samples": SAMPLES, "spikes": SPIKES, "none": NONE}


def same(a, b):
    """Assert that two entries are equal in every field and dtype; what is not defined has no value."""
    assert type(a) is type(b)
    for item in fields(a):
        x, y = getattr(a, item.name), getattr(b, item.name)
        if item.name == "source":
            assert dict(x) == {key: value for key, value in y.items() if key != "array_sha256"}
        elif item.name.endswith("labels"):
            assert {key: (v.dtype.kind, v.tolist()) for key, v in x.items()} == {
                key: (v.dtype.kind, v.tolist()) for key, v in y.items()
            }
        elif isinstance(x, np.ndarray):
            if item.name == "values" and a.valid is not None:
                x, y = np.where(a.valid, x, 0), np.where(b.valid, y, 0)
            assert x.dtype == y.dtype
            assert np.array_equal(x, y)
        else:
            assert x == y, item.name


def back(made):
    return next(iter(ictal.as_run(made).values()))


@pytest.mark.parametrize("name", ENTRIES)
@pytest.mark.parametrize("to", ["to_pandas", "to_xarray"])
def test_an_entry_comes_back_the_same(name, to):
    same(ENTRIES[name], back(getattr(ENTRIES[name], to)()))


@pytest.mark.parametrize("entry", [SECONDS, SPIKES, NONE, replace(SECONDS, unit="a.u.", unit_labels={})])
def test_an_entry_comes_back_from_neo_the_same(entry):
    same(entry, back(entry.to_neo()))


def test_runs_come_back_the_same():
    marks = [{"onset": 0.2, "duration": None, "text": "a"}, {"onset": 0.3, "duration": 0.1, "text": "seizure"}]
    run = Run({"lfp": SECONDS, "E": SPIKES, "I": SPIKES}, {"system": "y", "annotations": marks})
    for made in (run.to_xarray(), run.to_neo()):
        found = ictal.as_run(made)
        assert list(found) == list(run)
        assert {key: found.source[key] for key in run.source} == dict(run.source)
        for key in run:
            same(run[key], found[key])
    whole = Run(ENTRIES, {"seed": 3})
    found = ictal.as_run(whole.to_xarray())
    for key in whole:
        same(whole[key], found[key])


def test_neo_reads_units_rates_names_and_events_itself():
    marks = [{"onset": 0.2, "duration": None, "text": "a"}, {"onset": 0.3, "duration": 0.1, "text": "seizure"}]
    segment = Run({"lfp": SECONDS, "E": SPIKES}, {"annotations": marks}).to_neo().segments[0]
    signal = segment.analogsignals[0]
    assert signal.units == pq.uV
    assert float(signal.sampling_rate.rescale("Hz")) == pytest.approx(100.0)
    assert (float(signal.t_start), signal.name) == (0.1, "lfp")
    assert signal.array_annotations["channel"].tolist() == list("abc")
    assert segment.spiketrains[2].name == "c"
    assert segment.spiketrains[7].size == 0
    assert segment.spiketrains[0].annotations["label_population"] == "E"
    assert segment.events[0].labels.tolist() == ["a"]
    assert segment.epochs[0].durations.rescale("s").magnitude.tolist() == [0.1]


def test_pandas_and_xarray_have_times_names_and_units():
    frame = SECONDS.to_pandas()
    assert frame.index.names == ["time [s]", "class"]
    assert frame.columns.names == ["channel", "group"]
    assert frame.xs("b", axis=1, level="channel").to_numpy()[:, 0] == pytest.approx(SECONDS.values[:, 1])
    assert TRIALS.to_pandas().index.names == ["trial0", "trial1", "epoch"]
    assert np.isnan(TRIALS.to_pandas().to_numpy()).mean() == pytest.approx(1 - TRIALS.valid.mean())
    array = SECONDS.to_xarray("lfp")
    assert (array.name, array.attrs["units"], array.attrs["long_name"]) == ("lfp", "µV", "potential")
    assert array.sel(unit="c").values == pytest.approx(SECONDS.values[:, 2])
    spikes = SPIKES.to_pandas()
    assert spikes.columns.tolist() == ["time [s]", "unit", "name", "population", "depth"]
    assert spikes.groupby("population").size().sum() == 90
    assert Run({"E": SPIKES}).to_pandas()["E"].equals(spikes)


def test_a_part_of_an_object_is_read_as_it_is():
    half = back(SECONDS.to_pandas().iloc[100::2])
    assert (half.dt, half.n_times) == (0.02, 100)
    assert half.t0 == pytest.approx(1.1)
    late = back(SECONDS.to_xarray().isel(time=slice(50, None), unit=[2, 0]))
    assert (late.dt, late.unit_labels["channel"].tolist()) == (0.01, ["c", "a"])
    assert back(TRIALS.to_xarray().isel(time=slice(10, None))).periodic is False
    volts = back(SECONDS.to_neo().rescale("mV"))
    assert volts.unit == "mV"
    assert volts.values == pytest.approx(SECONDS.values / 1000)
    frame = SPIKES.to_pandas()
    some = back(frame[frame["population"] == "E"])
    assert "90 spikes are there; all 8 units are taken as observed from 0.1 to 0.4 s" in some.source["assumptions"][0]
    assert len(ictal.measure(some, "mean_rate").config["assumptions"]) == 1


def test_an_object_that_changed_beyond_its_note_is_read_as_any_other():
    uneven = SECONDS.to_pandas().iloc[[0, 1, 5, 6]]
    with pytest.raises(InputError, match="2 levels"):
        ictal.as_run(uneven)
    with pytest.raises(InputError, match="attribute 'ictal' is damaged"):
        array = SECONDS.to_xarray()
        array.attrs["ictal"] = "{"
        ictal.as_run(array)
    assert ictal.measure(SECONDS.to_xarray(), "si_3", dt=0.01).value("si_3") > 0  # what is said agrees


def test_what_neo_has_no_place_for_is_refused():
    for entry, message in (
        (TRIALS, "the clock 'epoch'"),
        (replace(TRIALS, clock="second"), "no place for trials"),
        (replace(SECONDS, valid=SECONDS.values > 0), "not defined"),
    ):
        with pytest.raises(InputError, match=f"to_neo: .*{message}.*take to_xarray or to_pandas"):
            entry.to_neo()


def test_a_unit_is_no_program():
    signal = replace(SECONDS, unit="__import__('os').getcwd()").to_neo()
    assert signal.dimensionality.string == "dimensionless"


def test_numpy_takes_the_values():
    assert np.asarray(SECONDS) is SECONDS.values
    copied = np.array(SECONDS)
    copied[0, 0] = 7.0
    assert SECONDS.values[0, 0] != 7.0
    assert np.asarray(SECONDS, dtype=np.float32).dtype == np.float32
    with pytest.raises(ValueError, match="copy"):
        np.array(SECONDS, dtype=np.float32, copy=False)
    tensor = Recording(torch.ones(5, 2, requires_grad=True), dt=1.0, clock="step", quantity="x", unit="1")
    assert np.asarray(tensor).sum() == 10.0
    assert np.mean(SPIKES.isi()) == pytest.approx(SPIKES.isi().values.mean())


@pytest.mark.parametrize("package", ["pandas", "xarray", "neo"])
def test_a_missing_package_is_one_line(package):
    to = f"to_{package}"
    code = (
        f"import sys; sys.modules[{package!r}] = None; import ictal\n"
        "s = ictal.Spikes([0.1], [0], 1, 1.0)\n"
        f"try: s.{to}()\nexcept ictal.InputError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"{to} needs {package}; say pip install 'ictal[{package}]'"


def test_neo_objects_of_others_are_read_as_before():
    trains = [neo.SpikeTrain([0.1, 0.2] * pq.s, t_stop=1.0, name="a"), neo.SpikeTrain([0.3] * pq.s, t_stop=1.0)]
    assert back(trains).n_units == 2
    assert back(pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [0.0, 1.0, 0.0]}, index=[0.1, 0.2, 0.3])).dt == pytest.approx(
        0.1
    )


def test_trains_that_were_cut_or_moved_are_observed_over_their_own_time():
    trains = Spikes([0.1, 0.2, 0.7], [0, 0, 1], n_units=2, duration=1.0).to_neo()
    cut = ictal.as_run([train.time_slice(0 * pq.s, 0.5 * pq.s) for train in trains])["spikes"]
    moved = ictal.as_run([train.time_shift(1 * pq.s) for train in trains])["spikes"]
    assert (cut.duration, cut.n_units, cut.time.size) == (0.5, 2, 2)
    assert (moved.t0, moved.duration) == (1.0, 1.0)
    with pytest.raises(InputError, match="observed over the same time"):
        ictal.as_run([trains[0].time_slice(0 * pq.s, 0.5 * pq.s), trains[1]])


def test_a_unit_that_was_changed_in_xarray_is_read_as_it_is():
    assert ictal.as_run(SECONDS.to_xarray().assign_attrs(units="V"))["activity"].unit == "V"
