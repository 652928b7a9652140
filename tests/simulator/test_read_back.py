"""Every export of a run is read back to the same bits, and measured to the same numbers."""

import json
import os
import shutil
import sys

import h5py
import numpy as np
import pytest

import ictal
from ictal import Recording, Run, Spikes, cli
from ictal.simulator import EXPORTS, InputError

RNG = np.random.default_rng(2)
NOT_IN_NWB = ("phases", "trials", "loop", "batch")  # not defined everywhere, trials, periodic, other clocks
SUFFIX = {"csv": "run-csv", "nwb": "run.nwb", "sonata": "run-sonata.h5", "xarray": "run.nc"}


def a_run():
    """Spikes and signals of every kind: labels of all types, trials, float32, a mask, clocks, a start that is not 0."""
    drive = RNG.normal(size=(400, 1))
    time = np.sort(RNG.integers(0, 40_000, 900)) * 1e-4
    named = {"name": np.array([f'say {k}, "x"' for k in range(6)]), "position": np.linspace(-3, 3, 6)}
    flags = {"layer": np.array([1, 1, 2, 2, 3, 3]), "live": np.array([True, False] * 3)}
    lfp = Recording(
        0.5 * drive + RNG.normal(size=(400, 6)), 0.01, "second", "potential", "mV", t0=0.3, unit_labels=named | flags,
        time_labels={"class": RNG.integers(0, 2, 400), "phase": np.array(["rest", "on"] * 200)},
    )  # fmt: skip
    phases = RNG.normal(size=(400, 6)).cumsum(axis=0)
    return Run(
        {
            "E": Spikes(time, RNG.integers(0, 6, 900), 9, 4.0, unit_labels={"id": np.arange(9) * 11}),
            "far": Spikes(1.6e9 + time, RNG.integers(0, 6, 900), 6, 4.0, t0=1.6e9),
            "silent": Spikes(np.zeros(0), np.zeros(0, int), 3, 1.0),
            "lfp": lfp,
            "phases": Recording(phases, 0.01, "second", "phase", "rad", valid=RNG.random((400, 6)) > 0.1),
            "trials": Recording(RNG.normal(size=(2, 3, 50, 4)).astype(np.float32), 1.0, "frame", "activation", "1"),
            "loop": Recording(RNG.normal(size=(64, 3)), 0.5, "model", "x", "1", periodic=True),
            "batch": Recording(RNG.normal(size=(60, 5)), 1.0, "sample", "activation", "1"),
        },
        {"system": "mine", "parameters": {"g": 1.5}, "seed": 3},
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The run, and its exports beside it."""
    folder = tmp_path_factory.mktemp("exports")
    ictal.save(a_run(), folder / "run.h5")
    for to, name in SUFFIX.items():
        ictal.export(folder / "run.h5", to, folder / name)
    return folder


def test_every_export_of_runs_is_covered():
    assert set(EXPORTS) == set(SUFFIX)


def equal(found, wanted):
    """Assert that two entries are the same, bit for bit, where they are defined."""
    assert type(found) is type(wanted)
    plain = ("n_units", "duration", "t0") if isinstance(wanted, Spikes) else (
        "dt", "clock", "quantity", "unit", "t0", "periodic")  # fmt: skip
    for name in plain:
        assert getattr(found, name) == getattr(wanted, name), name
    pairs = [("unit_labels", found.unit_labels, wanted.unit_labels)]
    if isinstance(wanted, Spikes):
        assert np.array_equal(found.time, wanted.time)
        assert np.array_equal(found.unit, wanted.unit)
    else:
        valid = np.ones(wanted.values.shape, bool) if wanted.valid is None else wanted.valid
        assert found.values.dtype == wanted.values.dtype
        assert np.array_equal(found.values[valid], wanted.values[valid])
        assert np.array_equal(valid, np.ones_like(valid) if found.valid is None else found.valid)
        pairs.append(("time_labels", found.time_labels, wanted.time_labels))
    for what, mine, theirs in pairs:
        assert set(mine) == set(theirs), what
        for name in theirs:
            assert mine[name].dtype.kind == theirs[name].dtype.kind, name
            assert np.array_equal(mine[name], theirs[name]), name


def numbers(data, entry):
    """Return every value that `measure` gives on an entry, or its refusal."""
    try:
        found = ictal.measure(data, entries=[entry], phase_band=(0.05, 0.2) if entry in ("loop", "trials") else None)
    except InputError as error:  # no spikes, or values that are not defined everywhere
        return str(error).removeprefix(f"{data}: ")
    return {(row.entry, row.measure): (row.value, row.n_units, row.n_live, row.n_times) for row in found.rows}


@pytest.mark.parametrize("to", SUFFIX)
@pytest.mark.parametrize("entry", list(a_run()))
def test_an_entry_comes_back_and_is_measured_to_the_same_numbers(to, entry, folder):
    run, back = ictal.load(folder / "run.h5"), ictal.open_run(folder / SUFFIX[to])
    if (to == "sonata" and isinstance(run[entry], Recording)) or (to == "nwb" and entry in NOT_IN_NWB):
        assert entry not in back
        return
    equal(back[entry], run[entry])
    if to != "sonata":
        assert dict(back.source, file="", sha256="") == dict(run.source, file="", sha256="")
    assert numbers(folder / SUFFIX[to], entry) == numbers(folder / "run.h5", entry)
    if to == "csv":
        equal(ictal.open_run(folder / "run-csv" / f"{entry}.csv")[entry], run[entry])


def test_a_simulation_comes_back(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    run = ictal.simulate("cuba", duration=0.3, n_e=80, n_i=20)
    ictal.save(run, "run.h5")
    for to, name in SUFFIX.items():
        ictal.export("run.h5", to)
        back = ictal.open_run(name)
        for entry in back:
            equal(back[entry], run[entry])
        capfd.readouterr()
        values = []
        for path in ("run.h5", name):
            spikes = next(key for key, one in run.items() if isinstance(one, Spikes))
            assert cli.run(["measure", path, "--entries", spikes, "--measures", "mean_rate,golomb_chi", "--json"]) == 0
            values.append([row["value"] for row in json.loads(capfd.readouterr().out)["rows"]])
        assert values[0] == values[1]
        assert cli.run(["info", name]) == 0
        assert spikes in capfd.readouterr().out
    assert cli.run(["plot", "run.nc", "-o", "figures"]) == 0


def test_a_table_alone_is_read_by_its_columns(folder, tmp_path):
    shutil.copy(folder / "run-csv" / "E.csv", tmp_path)
    alone = ictal.open_run(tmp_path / "E.csv")
    assert np.array_equal(alone.spikes("spikes").time, ictal.load(folder / "run.h5").spikes("E").time)
    assert "all units are those that spike" in " ".join(alone.source["assumptions"])
    for entry in ("lfp", "trials"):
        shutil.copy(folder / "run-csv" / f"{entry}.csv", tmp_path)
        found, wanted = ictal.open_run(tmp_path / f"{entry}.csv")["activity"], ictal.load(folder / "run.h5")[entry]
        assert np.array_equal(found.values.astype(wanted.values.dtype), wanted.values)
        assert (found.dt, found.clock, found.t0) == (wanted.dt, wanted.clock, wanted.t0)


def test_exports_of_an_older_version_have_no_types(folder, tmp_path):
    shutil.copytree(folder / "run-csv", tmp_path / "old")
    about = json.loads((tmp_path / "old" / "attributes.json").read_text())
    for entry in about["entries"].values():
        for variable in entry["variables"].values():
            del variable["dtype"]
    (tmp_path / "old" / "attributes.json").write_text(json.dumps(about))
    run, back = ictal.load(folder / "run.h5"), ictal.open_run(tmp_path / "old")
    for entry in set(run) - {"trials"}:
        equal(back[entry], run[entry])
    assert back["trials"].values.dtype == np.float64


@pytest.mark.parametrize(
    ("damage", "words"),
    [("json", "attributes.json"), ("empty", "no complete export"), ("lost", "lfp.csv"), ("row", "lfp.csv"),
     ("text", "no complete"), ("path", "outside of its folder"), ("result", "the tables of a comparison"),
     ("none", "is a folder without")],
)  # fmt: skip
def test_damaged_folders_are_one_line(damage, words, folder, tmp_path, capfd):
    copy = tmp_path / "run-csv"
    shutil.copytree(folder / "run-csv", copy)
    about = copy / "attributes.json"
    if damage in ("json", "empty"):
        about.write_text({"json": "[[", "empty": '{"kind": "run"}'}[damage])
    elif damage == "lost":
        (copy / "lfp.csv").unlink()
    elif damage == "row":
        (copy / "lfp.csv").write_text((copy / "lfp.csv").read_text() + "1,2\n")
    elif damage == "text":
        (copy / "E.csv").write_text("time_s,unit\nnow,1\n")
    elif damage == "none":
        about.unlink()
    else:
        change = {"path": ('"lfp.csv"', '"../run-csv/lfp.csv"'), "result": ('"kind": "run"', '"kind": "comparison"')}
        about.write_text(about.read_text().replace(*change[damage], 1))
    assert cli.run(["measure", str(copy)]) == 2
    err = capfd.readouterr().err
    assert words in err
    assert err.count("\n") == 1


def test_the_export_of_a_result_is_no_run(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    ictal.measure(RNG.normal(size=(50, 3)), "si_3", dt=0.1).save("m.h5")
    for to, name in (("csv", "m-csv"), ("xarray", "m.nc")):
        ictal.export("m.h5", to)
        assert cli.run(["measure", name]) == 2
        assert "of a measurements; want" in capfd.readouterr().err
    with h5py.File("m.nc", "a") as file:
        file.attrs["kind"] = "run"
    with pytest.raises(InputError):
        ictal.open_run("m.nc")


# Formats that are not read


def error_of(command, name, capfd):
    """The one line that a command ends with on a file that it cannot read."""
    line = [command, name, *{"export": ["--to", "csv"], "compare": ["b.npy", "-o", "out"]}.get(command, [])]
    np.save("b.npy", RNG.normal(size=(50, 3)))
    assert cli.run(line) == 2
    err = capfd.readouterr().err
    assert err.startswith(f"ictal: {name}: ")
    assert err.count("\n") == 1
    return err


@pytest.mark.parametrize(
    ("name", "way"),
    [("a.txt", "rename it to a.csv"), ("a.xlsx", "CSV"), ("a.pkl", "numpy.savez"), ("a.dat", "rename it to a.csv"),
     ("a", "no suffix"), ("a.foo", "'.foo'"), ("a.nxe", "mne.io.read_raw_eximia"), ("a.pl2", "export it there")],
)  # fmt: skip
@pytest.mark.parametrize("command", ["info", "measure", "plot", "export", "compare", "eeg"])
def test_every_command_names_the_way(name, way, command, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(b"Brain Vision Data Exchange Header File Version 1.0\n")
    err = error_of(command, name, capfd)
    assert "want .h5, .hdf5, .nc, .edf, .bdf, .npy, .npz, .csv" in err
    assert way in err
    assert "damaged" not in err
    assert not os.path.exists("out")


@pytest.mark.parametrize(
    ("name", "way"),
    [("a.vhdr", "mne cannot read it as BrainVision"), ("a.vmrk", "name that file: a.vhdr"), ("a.set", "as EEGLAB"),
     ("a.fif", "mne cannot read it as FIF"), ("a.gdf", "as GDF"), ("a.mat", "pymatreader cannot read it as MATLAB"),
     ("a.nwb", "pynwb cannot read it as NWB"), ("a.parquet", "pip install pandas pyarrow"),
     ("a.abf", "neo cannot read it as Axon"), ("hdf5.mat", "Unknown mat file type")],
)  # fmt: skip
@pytest.mark.parametrize("command", ["info", "measure", "plot", "export", "compare", "eeg"])
def test_every_command_refuses_files_of_other_tools_in_one_line(name, way, command, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / name).write_bytes(b"Brain Vision Data Exchange Header File Version 1.0\n")
    if name == "hdf5.mat":
        with h5py.File(name, "w") as file:
            file["x"] = np.zeros(3)
    err = error_of(command, name, capfd)
    assert way in err
    assert not os.path.exists("out")
