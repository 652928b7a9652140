"""`ictal export`: what other tools read is what Ictal wrote; whole or not at all; one line for what cannot be."""

import csv
import json
import os
import resource
import signal
import subprocess
import sys

import h5py
import libsonata
import numpy as np
import pytest
import xarray

import ictal
from ictal import cli
from ictal.cli import output
from ictal.simulator.export.entries import blocks
from ictal.simulator.export.tables import inert
from ictal.simulator.files.document import Document, Group, Variable, opened, read, write

NASTY = ["a,b", 'say "x"', "two\nlines\r\n", "=1+2", "λ é ", "", "'", "@x"]
RNG = np.random.default_rng(0)
N = len(NASTY)


def a_run():
    spikes = ictal.Spikes(
        time=np.sort(RNG.integers(0, 20_000, 500)) * 0.1 / 1000,
        unit=RNG.integers(0, N, 500),
        n_units=N,
        duration=2.0,
        unit_labels={"name": np.array(NASTY), "depth": np.linspace(0, 1, N)},
    )
    lfp = ictal.Recording(
        RNG.normal(size=(900, N)),
        dt=0.1,
        clock="second",
        quantity="membrane potential",
        unit="mV",
        t0=0.5,
        unit_labels={"name": np.array(NASTY)},
        time_labels={"ictal": np.arange(900) > 300, "phase": np.array(["rest", "=on"] * 450)},
        valid=RNG.random((900, N)) > 0.2,
    )
    trials = ictal.Recording(
        RNG.normal(size=(2, 3, 5, 4)).astype(np.float32),
        dt=1.0,
        clock="frame",
        quantity="activation",
        unit="1",
        unit_labels={"layer": np.array(["E", "E", "I", "I"])},
    )
    silent = ictal.Spikes(time=[], unit=np.zeros(0, int), n_units=3, duration=1.0)
    entries = {"E": spikes, "lfp": lfp, "trials": trials, "silent": silent}
    return ictal.Run(entries, {"system": "mine", "parameters": {"g": 1.5}, "seed": 3})


@pytest.fixture(scope="module")
def run():
    return a_run()


@pytest.fixture
def file(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(output, "FIRST_LINE", 1e9)
    return ictal.save(run, tmp_path / "run.h5")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A comparison and measurements."""
    folder = tmp_path_factory.mktemp("results")
    loose, tight = RNG.normal(size=(2, 3, 200, 6)) + np.array([0, 2])[:, None, None, None] * RNG.normal(
        size=(2, 3, 200, 1)
    )
    ictal.measure(loose[0], ["si_3", "chi_c"], dt=0.01).save(folder / "measurements.h5")
    ictal.compare({"rest": list(loose), "=tight, x": list(tight)}, dt=0.01, measures=["si_3", "chi_c"]).save(
        folder / "comparison.h5"
    )
    return folder


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as text:
        header, *rows = csv.reader(text)
    assert {len(row) for row in rows} <= {len(header)}
    return header, rows


def column(path, name):
    header, rows = rows_of(path)
    return [row[header.index(name)] for row in rows]


def refused(arguments, capfd):
    """The one line of a refusal, without its beginning."""
    assert cli.run(arguments) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("ictal: ")
    return err.removeprefix("ictal: ")


# csv


def test_csv_has_a_table_an_entry_and_every_value(run, file):
    files = ictal.export(file, "csv", "out").files
    names = {"E.csv", "E.unit.csv", "lfp.csv", "lfp.unit.csv", "trials.csv", "trials.unit.csv", "silent.csv"}
    assert {path.name for path in files} == {*names, "attributes.json"} == set(os.listdir("out"))
    header, rows = rows_of("out/E.csv")
    assert header == ["time_s", "unit"]
    assert np.array_equal([float(t) for t, _ in rows], run["E"].time)
    assert np.array_equal([int(u) for _, u in rows], run["E"].unit)
    assert rows_of("out/silent.csv") == (["time_s", "unit"], [])
    assert column("out/E.unit.csv", "unit_label_name") == list(map(inert, NASTY))
    assert column("out/E.unit.csv", "unit") == [str(k) for k in range(N)]
    assert [float(x) for x in column("out/E.unit.csv", "unit_label_depth")] == np.linspace(0, 1, N).tolist()


def test_csv_of_a_signal_units_labels_and_what_is_not_defined(run, file):
    ictal.export(file, "csv", "out")
    lfp = run["lfp"]
    header, rows = rows_of("out/lfp.csv")
    assert header == ["time_s", "time_label_ictal", "time_label_phase", *(inert(f"{label}_mV") for label in NASTY)]
    assert np.array_equal([float(row[0]) for row in rows], lfp.times)
    assert [row[1] for row in rows] == ["true" if x else "false" for x in lfp.time_labels["ictal"]]
    assert [row[2] for row in rows] == list(map(inert, lfp.time_labels["phase"].tolist()))
    cells = np.array([row[3:] for row in rows])
    assert np.array_equal(cells == "", ~lfp.valid)
    assert np.array_equal(cells[lfp.valid].astype(float), lfp.values[lfp.valid])
    assert column("out/lfp.unit.csv", "unit_label_name") == list(map(inert, NASTY))


def test_csv_of_trials_and_of_labels_that_do_not_tell_units_apart(run, file):
    ictal.export(file, "csv", "out", entries=["trials"])
    assert set(os.listdir("out")) == {"trials.csv", "trials.unit.csv", "attributes.json"}
    header, rows = rows_of("out/trials.csv")
    assert header == ["trial0", "trial1", "time_frame", "E 0", "E 1", "I 2", "I 3"]
    assert [[int(a), int(b), float(t)] for a, b, t, *_ in rows] == [
        [a, b, t] for a in range(2) for b in range(3) for t in range(5)
    ]
    cells = np.array([row[3:] for row in rows]).astype(np.float32).reshape(2, 3, 5, 4)
    assert np.array_equal(cells, run["trials"].values)
    assert rows[0][3] == str(run["trials"].values[0, 0, 0, 0]), "float32 is written by its own shortest text"


def test_csv_attributes(run, file):
    ictal.export(file, "csv", "out")
    about = json.loads((file.parent / "out" / "attributes.json").read_text(encoding="utf-8"))
    assert about["kind"] == "run"
    assert about["seed"] == 3
    assert about["config"] == {"system": "mine", "parameters": {"g": 1.5}}
    assert list(about["entries"]) == list(run)
    lfp = about["entries"]["lfp"]
    assert lfp["files"] == ["lfp.csv", "lfp.unit.csv"]
    assert lfp["attributes"]["dt"] == 0.1
    assert lfp["variables"]["values"] == {
        "dimensions": ["time", "unit"], "dtype": "float64", "long_name": "membrane potential", "units": "mV"
    }  # fmt: skip
    assert about["entries"]["E"]["attributes"]["n_units"] == N


@pytest.mark.parametrize("kind", ["comparison", "measurements"])
def test_csv_of_results_has_every_column_of_every_group(kind, results, tmp_path):
    document = read(results / f"{kind}.h5")
    ictal.export(results / f"{kind}.h5", "csv", tmp_path / "out")
    about = json.loads((tmp_path / "out" / "attributes.json").read_text(encoding="utf-8"))
    assert len(about["entries"]) == len(document.groups)
    assert {entry["group"] for entry in about["entries"].values()} == set(document.groups)
    for entry in about["entries"].values():
        columns = {}
        for name in entry["files"]:
            header, rows = rows_of(tmp_path / "out" / name)
            columns |= {title: [row[k] for row in rows] for k, title in enumerate(header)}
        for name, variable in document.groups[entry["group"]].variables.items():
            if variable.values.ndim > 1:
                continue
            unit = variable.attrs.get("units", "1")
            title = name if unit == "1" else f"{name}_{unit}"
            if title not in columns:
                assert variable.dims == (name,), "only the coordinate of columns, which is in their names"
                continue
            if variable.values.dtype.kind == "U":
                assert columns[title] == list(map(inert, variable.values.tolist()))
            else:
                found = [float(x) if x else np.nan for x in columns[title]]
                assert np.array_equal(found, variable.values, equal_nan=True)
    assert column(tmp_path / "out" / "si_3.csv", "value")[0] == repr(
        float(document.groups["measures/si_3"].variables["value"].values[0])
    )
    assert "" in column(tmp_path / "out" / "si_3.csv", "p") or kind == "comparison"


def test_csv_of_matrices_and_curves(results, tmp_path):
    ictal.export(results / "comparison.h5", "csv", tmp_path / "out", entries=["correlation/activity/rest"])
    r = read(results / "comparison.h5").groups["figures/correlation/activity/rest"].variables["r"].values
    header, rows = rows_of(tmp_path / "out" / "correlation-activity-rest.csv")
    assert header == ["unit", *map(str, range(len(r)))]
    assert np.array_equal(np.array(rows, float)[:, 1:], r)


def test_any_document_of_the_future(tmp_path, monkeypatch):
    """Two arrays in a group, scalars, text columns, wide integers: nothing is lost."""
    monkeypatch.chdir(tmp_path)
    variables = {
        "a": Variable(("x", "y"), np.arange(6).reshape(2, 3)),
        "b": Variable(("x", "y"), np.arange(6.0).reshape(2, 3) / 7),
        "y": Variable(("y",), np.array(["p", "q", "r"])),
        "z": Variable(("z",), np.array([2**62, -1])),
        "n": Variable((), np.array(7)),
    }
    write(Document({"kind": "novel"}, {"stuff/one": Group(variables, {"nan": np.nan})}), "x.h5")
    ictal.export("x.h5", "csv", "out")
    assert rows_of("out/one.csv") == (["x", "p", "q", "r"], [["0", "0", "1", "2"], ["1", "3", "4", "5"]])
    assert float(rows_of("out/one.b.csv")[1][1][3]) == 5 / 7
    assert column("out/one.z.csv", "z") == [str(2**62), "-1"]
    about = json.loads((tmp_path / "out" / "attributes.json").read_text())["entries"]["one"]
    assert about["attributes"] == {"n": 7, "nan": None}
    ictal.export("x.h5", "xarray", "x.nc")
    with xarray.open_dataset("x.nc", group="stuff/one") as data:
        assert data.attrs["n"] == 7
        assert np.array_equal(data["b"], variables["b"].values)


def test_pieces_make_up_the_whole(run, file, monkeypatch):
    """Blocks of a few values, and chunks that end elsewhere, give the same files."""
    from ictal.simulator.export import entries

    ictal.export(file, "csv", "one")
    ictal.export(file, "xarray", "one.nc")
    monkeypatch.setattr(entries, "VALUES", 50)
    ictal.export(file, "csv", "two")
    ictal.export(file, "xarray", "two.nc")
    for name in os.listdir("one"):
        assert (file.parent / "one" / name).read_bytes() == (file.parent / "two" / name).read_bytes()
    with xarray.open_datatree("one.nc") as one, xarray.open_datatree("two.nc") as two:
        assert one.identical(two)
    assert [(b.start, b.stop) for b in blocks(10, 30, 4)] == [(0, 4), (4, 8), (8, 10)]


def test_names_that_a_file_system_confuses(tmp_path):
    entries = {name: ictal.Recording(np.full((2, 2), k), 1.0, "frame", "x", "1") for k, name in enumerate(["a", "A"])}
    entries |= {f"a{mark}b": entries["a"] for mark in ":?*"} | {"é" * 200: entries["A"]}
    ictal.export(ictal.save(ictal.Run(entries), tmp_path / "run.h5"), "csv", tmp_path / "out")
    names = [name for name in os.listdir(tmp_path / "out") if name != "attributes.json"]
    assert len({name.casefold() for name in names}) == len(entries)
    assert not {mark for name in names for mark in name} & set('<>:"\\|?*')
    about = json.loads((tmp_path / "out" / "attributes.json").read_text(encoding="utf-8"))
    for name, entry in about["entries"].items():
        assert column(tmp_path / "out" / entry["files"][0], "0")[0] == str(float(entries[name].values[0, 0]))


# sonata


def test_sonata_is_read_by_libsonata(run, file):
    found = ictal.export(file, "sonata", "spikes.h5")
    assert [path.name for path in found.files] == ["spikes.h5"]
    assert found.left_out == ["lfp", "trials"]
    reader = libsonata.SpikeReader("spikes.h5")
    assert set(reader.get_population_names()) == {"E", "silent"}
    population = reader["E"]
    assert population.sorting == "by_time"
    nodes, stamps = zip(*population.get(), strict=True)
    assert np.array_equal(nodes, run["E"].unit)
    assert np.array_equal(stamps, run["E"].time * 1000)
    assert reader["silent"].get() == []


def test_sonata_holds_what_the_specification_lists_and_what_it_takes_to_read_it_back(file):
    ictal.export(file, "sonata", "spikes.h5", entries=["E"])
    with h5py.File("spikes.h5") as spikes:
        assert set(spikes.attrs) == {"magic", "version"}
        assert spikes.attrs["magic"] == 0x0A7A
        assert spikes.attrs["version"].tolist() == [0, 1]
        assert list(spikes) == ["spikes"]
        assert list(spikes["spikes"]) == ["E"]
        population = spikes["spikes/E"]
        assert set(population) - {"residual"} == {"timestamps", "node_ids", "unit_label_name", "unit_label_depth"}
        assert set(population.attrs) == {"sorting", "n_units", "duration", "t0"}
        assert h5py.check_enum_dtype(population.attrs.get_id("sorting").dtype) == {"none": 0, "by_id": 1, "by_time": 2}
        assert population.attrs["sorting"] == 2
        assert population["timestamps"].dtype == np.float64
        assert population["timestamps"].attrs["units"] == "ms"
        assert population["node_ids"].dtype == np.uint64


def test_sonata_without_spikes_is_refused(file, results, capfd):
    line = refused(["export", "run.h5", "--to", "sonata", "--entries", "E,lfp"], capfd)
    assert line.startswith("run.h5: entry 'lfp' holds no spikes")
    line = refused(["export", str(results / "comparison.h5"), "--to", "sonata"], capfd)
    assert "comparison.h5: holds no spikes" in line
    assert os.listdir() == ["run.h5"]


# xarray


@pytest.mark.parametrize("engine", [None, "h5netcdf", "netcdf4"])
def test_xarray_reads_the_tree(engine, run, file):
    assert [path.name for path in ictal.export(file, "xarray", "run.nc").files] == ["run.nc"]
    with xarray.open_datatree("run.nc", engine=engine) as tree:
        assert set(tree["signals"].children) == {"lfp", "trials"}
        assert tree.attrs["kind"] == "run"
        assert "format" not in tree.attrs, "it is no file of Ictal any more"
        assert json.loads(tree.attrs["config"])["parameters"] == {"g": 1.5}
        lfp = tree["signals/lfp"]
        assert lfp["values"].dims == ("time", "unit")
        assert np.array_equal(lfp["values"], np.where(run["lfp"].valid, run["lfp"].values, np.nan), equal_nan=True)
        assert lfp["values"].attrs == {"long_name": "membrane potential", "units": "mV"}
        assert np.array_equal(lfp["time"], run["lfp"].times)
        assert lfp["time"].attrs["units"] == "s"
        assert set(lfp.coords) == {"time", "unit", "unit_label_name", "time_label_ictal", "time_label_phase"}
        assert lfp["unit_label_name"].values.tolist() == NASTY
        assert lfp["time_label_ictal"].dtype == bool
        assert lfp["values"].groupby("time_label_phase").mean().sizes["time_label_phase"] == 2
        assert np.array_equal(tree["signals/trials/values"], run["trials"].values)
        assert tree["signals/trials/values"].dtype == np.float32
        spikes = tree["spikes/E"]
        assert spikes["time"].dtype == np.float64
        assert np.array_equal(spikes["time"], run["E"].time)
        assert np.array_equal(spikes["unit_index"], run["E"].unit)
        assert spikes["unit_label_name"].values.tolist() == NASTY
        assert tree["spikes/silent/time"].shape == (0,)


def test_xarray_of_results(results, tmp_path):
    ictal.export(results / "comparison.h5", "xarray", tmp_path / "c.nc")
    document = read(results / "comparison.h5")
    with xarray.open_datatree(tmp_path / "c.nc") as tree:
        for path, group in document.groups.items():
            for name, variable in group.variables.items():
                assert tree[path][name].dims == variable.dims
                found = tree[path][name].values
                assert found.tolist() == variable.values.tolist() or np.array_equal(
                    found, variable.values, equal_nan=True
                )


@pytest.mark.parametrize("unit", ["seconds", "days", "beats since start"])
def test_xarray_never_takes_a_unit_for_a_date(unit, tmp_path):
    run = ictal.Run({"x": ictal.Recording(np.eye(3), 1.0, "frame", "interval", unit)})
    ictal.export(ictal.save(run, tmp_path / "run.h5"), "xarray", tmp_path / "x.nc")
    with xarray.open_dataset(tmp_path / "x.nc", group="signals/x", decode_timedelta=True) as data:
        assert np.array_equal(data["values"], np.eye(3))
        assert data["values"].attrs["unit"] == unit


def test_xarray_without_its_package(file, capfd, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5netcdf", None)
    assert "pip install 'ictal[xarray]'" in refused(["export", "run.h5", "--to", "xarray"], capfd)
    assert os.listdir() == ["run.h5"]


def test_a_name_too_long_for_netcdf(tmp_path):
    run = ictal.Run({"x" * 256: ictal.Recording(np.eye(3), 1.0, "frame", "x", "1")})
    with pytest.raises(ictal.InputError, match="too long a name"):
        ictal.export(ictal.save(run, tmp_path / "run.h5"), "xarray", tmp_path / "x.nc")
    assert os.listdir(tmp_path) == ["run.h5"]


# The command


@pytest.mark.parametrize(
    ("to", "path", "n"), [("csv", "run-csv", 8), ("sonata", "run-sonata.h5", 1), ("xarray", "run.nc", 1)]
)
def test_the_command(to, path, n, file, capfd):
    before = file.read_bytes()
    assert cli.run(["export", "run.h5", "--to", to, "--json"]) == 0
    out, err = capfd.readouterr()
    answer = json.loads(out)
    assert err == ""
    assert (answer["kind"], answer["file"], answer["to"]) == ("export", "run.h5", to)
    assert answer["left_out"] == (["lfp", "trials"] if to == "sonata" else [])
    assert len(answer["files"]) == n
    assert all(os.path.isfile(name) for name in answer["files"])
    assert "exists" in refused(["export", "run.h5", "--to", to], capfd)
    assert cli.run(["export", "run.h5", "--to", to, "--force", "--entries", "E", "--quiet"]) == 0
    assert capfd.readouterr() == ("", "")
    assert set(os.listdir()) == {"run.h5", path}
    assert file.read_bytes() == before
    assert cli.run(["export", "run.h5", "--to", to, "-o", f"other-{path}"]) == 0
    out = capfd.readouterr().out
    assert out.count("wrote other-") == n
    assert ("left out, as sonata cannot store it: lfp, trials" in out) == (to == "sonata")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--to", "cvs"], ["unknown format 'cvs'", "did you mean 'csv'"]),
        ([], ["needs TO"]),
        (["--to", "csv", "--entries", "e"], ["unknown entry 'e'", "did you mean 'E'"]),
        (["--to", "csv", "-o", "no/out"], ["no/out", "does not exist"]),
        (["--to", "csv", "-o", "run.h5", "--force"], ["run.h5", "is the file that is read"]),
        (["--to", "csv", "-o", "text", "--force"], ["text", "is a file"]),
        (["--to", "csv", "-o", "mine"], ["mine/E.csv", "exists already"]),
        (["--to", "xarray", "-o", "run.h5"], ["run.h5", "is the file that is read"]),
        (["--to", "xarray", "-o", "mine"], ["mine", ".nc"]),
        (["--to", "sonata", "-o", "run.h5", "--force"], ["run.h5", "is the file that is read"]),
        (["--to", "sonata", "-o", "spikes.nc"], ["spikes.nc", ".h5"]),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_touched(arguments, words, file, capfd):
    (file.parent / "mine").mkdir()
    (file.parent / "mine" / "E.csv").write_text("mine")
    (file.parent / "text").write_text("mine")
    before = {path: path.read_bytes() for path in file.parent.rglob("*") if path.is_file()}
    line = refused(["export", "run.h5", *arguments], capfd)
    for word in words:
        assert word in line
    assert {path: path.read_bytes() for path in file.parent.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("to", ["csv", "sonata", "xarray"])
@pytest.mark.parametrize("name", ["x.npy", "x.pt", "foreign.h5", "folder", "none.h5"])
def test_a_file_that_is_none_of_ictal(to, name, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", np.eye(3))
    (tmp_path / "x.pt").write_bytes(b"PK")
    (tmp_path / "folder").mkdir()
    with h5py.File("foreign.h5", "w") as foreign:
        foreign["x"] = 1
    before = set(os.listdir())
    assert refused(["export", name, "--to", to], capfd).startswith(f"{name}: ")
    assert set(os.listdir()) == before


def test_files_of_ones_own_in_the_folder_stay(file):
    (file.parent / "out").mkdir()
    (file.parent / "out" / "notes.txt").write_text("mine")
    ictal.export(file, "csv", "out")
    ictal.export(file, "csv", "out", force=True)
    assert (file.parent / "out" / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("to", ["csv", "sonata", "xarray"])
@pytest.mark.parametrize(
    "lost", ["spikes/E/node_ids", "spikes/E", "signals/lfp", "signals/lfp/values", "entries", "format", "half"]
)
def test_a_damaged_file_is_one_line(to, lost, file, capfd):
    if lost == "half":
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    else:
        with h5py.File(file, "a") as damaged:
            if lost in damaged.attrs:
                damaged.attrs[lost] = "{"
            else:
                del damaged[lost]
    if (to, lost) == ("sonata", "signals/lfp/values"):
        return  # which it does not read
    assert "run.h5: " in refused(["export", "run.h5", "--to", to], capfd)
    assert os.listdir() == ["run.h5"]


@pytest.mark.parametrize("seed", range(10))
def test_flipped_bytes_never_reach_a_traceback(seed, file, capfd):
    raw = bytearray(file.read_bytes())
    rng = np.random.default_rng(seed)
    for at in rng.integers(0, len(raw), 100):
        raw[at] = rng.integers(256)
    file.write_bytes(raw)
    for to in ("csv", "sonata", "xarray"):
        code = cli.run(["export", "run.h5", "--to", to])
        assert code in (0, 2)
        assert capfd.readouterr().err.count("\n") == (code == 2)
    assert not [name for name in os.listdir() if name.startswith(".")]


DIES = """
import os, signal, sys, ictal
ictal.export("run.h5", sys.argv[1], sys.argv[2], force=True,
             progress=lambda done, total, what: done < total // 2 or os.kill(os.getpid(), signal.SIGKILL))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="POSIX signals")
@pytest.mark.parametrize(("to", "path"), [("csv", "out"), ("sonata", "out.h5"), ("xarray", "out.nc")])
def test_killed_half_way_nothing_has_the_final_name(to, path, file):
    done = subprocess.run([sys.executable, "-c", DIES, to, path], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert [name for name in os.listdir() if not name.startswith(".")] == ["run.h5"]
    files = ictal.export(file, to, path).files
    before = {name: name.read_bytes() for name in files}
    done = subprocess.run([sys.executable, "-c", DIES, to, path], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert {name: name.read_bytes() for name in files} == before, "the older export stands until the newer is whole"


@pytest.mark.parametrize(("to", "path"), [("csv", "out"), ("sonata", "out.h5"), ("xarray", "out.nc")])
def test_interrupted_nothing_is_left(to, path, file):
    def interrupt(done, total, what):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ictal.export(file, to, path, progress=interrupt)
    assert os.listdir() == ["run.h5"]


def test_a_full_disk_is_one_line(file, capfd):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        line = refused(["export", "run.h5", "--to", "csv"], capfd)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert line.startswith("run-csv: could not be written: ")
    assert os.listdir() == ["run.h5"]


# Reading piece by piece


def test_a_part_is_what_read_gives(file):
    whole = read(file)
    with opened(file) as (attrs, groups):
        assert attrs.keys() == whole.attrs.keys()
        assert groups.keys() == whole.groups.keys()
        for path, group in groups.items():
            for name, variable in group.variables.items():
                values = whole.groups[path].variables[name].values
                assert variable.shape == values.shape
                assert variable.dtype.kind == values.dtype.kind
                assert np.array_equal(variable.part(slice(1, 3)), values[1:3])


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(tmp_path):
    """Peak memory of an export of 128 MB of values and 48 MB of spikes, beside the imports, is less than half."""
    n, columns = 400_000, 40
    rng = np.random.default_rng(0)
    run = {
        "x": ictal.Recording(rng.normal(size=(n, columns)), 0.1, "second", "x", "1"),
        "E": ictal.Spikes(np.linspace(0, 1, 5 * n), np.zeros(5 * n, int), 1, 1.0),
    }
    ictal.save(ictal.Run(run), tmp_path / "run.h5")
    code = (
        "import resource, sys, ictal, ictal.simulator.export.netcdf, h5netcdf\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "ictal.export('run.h5', 'xarray', 'run.nc')\nictal.export('run.h5', 'sonata', 'spikes.h5')\n"
        "ictal.export('run.h5', 'csv', 'out', entries=['E'])\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert float(done.stdout) < 60
