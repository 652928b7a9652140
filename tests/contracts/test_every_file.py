"""Every kind of file that the tool writes: alone in a folder it is drawn, exported, and holds what the docs say."""

import csv
import json
import re
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray

import ictal
from ictal import cli
from ictal.analyses import save_figures as figures_as_files
from ictal.analyses.figures import save as figure_files
from ictal.cli import output
from ictal.simulator.files.document import read

RNG = np.random.default_rng(0)
SMALL = ["--set", "n_e=320", "--set", "n_i=80"]
DOCS = Path(__file__).resolve().parents[2] / "docs" / "export.md"
pytestmark = pytest.mark.slow
KINDS = (
    "run",
    "ramp",
    "sweep",
    "training",
    "comparison",
    "measurements",
    "eeg",
    "evidence",
    "dynamics",
    "tasks",
    "evaluation",
    "attacked",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Kind -> a file that a command wrote."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("made")
        patch.chdir(folder)
        patch.setattr(output, "FIRST_LINE", 1e9)
        for k in range(4):
            private, common = RNG.normal(size=(300, 6)), RNG.normal(size=(300, 1))
            np.save(f"rest{k}.npy", private)
            np.save(f"tight{k}.npy", private + 2 * common)
        groups = [*(f"rest{k}.npy" for k in range(4)), *(f"tight{k}.npy" for k in range(4))]
        cuba = ["cuba", "--set", "duration=0.05", "--quiet"]
        images = ["--n-train", "100", "--n-test", "100", "--batch-size", "50"]
        synchrony = ["--synchrony", "auto", "--synchrony-measures", "si_3", "--synchrony-sets", "test"]
        for line in (
            ["simulate", "cuba", "--duration", "0.05", *SMALL, "-o", "run.h5"],
            ["simulate", "seizure", "--set", "protocol=ramp", "--duration", "8", *SMALL, "-o", "ramp.h5"],
            ["sweep", *cuba, "--set", "n_i=80", "--grid", "n_e=320,400", "--seeds", "1", "-o", "sweep"],
            ["train", "mlp", *images, *synchrony, "--synchrony-nulls", "0", "--epochs", "12", "-o", "training.h5"],
            ["train", "mlp", *images, "--tasks", "permuted:2", "--epochs", "1", "-o", "tasks.h5"],
            ["evaluate", "training.pt", "--noise", "0.1", "--attack", "0.05", "--ood", "-o", "evaluation.h5"],
            ["attack", "training.pt", "--eps", "0.03,0.1", "-o", "attacked.h5"],
            ["compare", *groups, "--labels", "r,r,r,r,t,t,t,t", "--dt", ".01", "--measures", "si_3,chi_c", "-o", "c"],
            [
                "measure",
                "rest0.npy",
                "--dt",
                ".01",
                "--measures",
                "si_3,chi_c",
                "--nulls",
                "199",
                "-o",
                "measurements.h5",
            ],
        ):
            assert cli.run(line) == 0, line
        voltage = RNG.normal(size=(900, 6))
        voltage[600:] = 0.3 * voltage[600:] + RNG.normal(size=(300, 1))
        eeg = ictal.Recording(voltage, 0.02, "second", "voltage", "µV")
        ictal.analyse_eeg(eeg, window=2.0, nulls=0, baseline=(0.0, 10.0)).save("eeg.h5")
        ictal.planted("present", seeds=2).save("evidence.h5")
        grid = [("x", -2.0, 2.0, 3), ("y", -2.0, 2.0, 3)]
        dynamics = ictal.analyse(
            "stuart_landau", n=1, time=4.0, starts=4, lyapunov=True, fixed_points=True, attractors=True, basins=True,
            plane=grid, scan=("a", 0.5, 1.0, 2), phase_plane=True,
        )  # fmt: skip
        dynamics.save("dynamics.h5")
        files = {kind: folder / f"{kind}.h5" for kind in KINDS}
        files |= {"sweep": folder / "sweep" / "n_e=320,seed=0.h5", "comparison": folder / "c" / "compare.h5"}
        yield files


@pytest.fixture(params=KINDS)
def alone(request, made, tmp_path, monkeypatch, capfd):
    """The file of a kind, with nothing beside it."""
    shutil.copy(made[request.param], tmp_path / "x.h5")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(output, "FIRST_LINE", 1e9)
    capfd.readouterr()
    return tmp_path / "x.h5"


def documented(kind):
    """Figure -> groups, as patterns, of the table in docs/export.md; a word in capitals is any name."""

    def pattern(name):
        return re.compile(re.sub("[A-Z]+", "(.+)", name))

    rows = re.findall(rf"^\| {kind} \| (.*?) \| (.*?) \|", DOCS.read_text(encoding="utf-8"), re.M)
    quoted = [[re.findall("`(.*?)`", cell) for cell in row] for row in rows]
    return [(pattern(figure), list(map(pattern, groups))) for figures, groups in quoted for figure in figures]


def test_every_figure_is_drawn_from_the_file_alone_and_its_numbers_are_where_the_docs_say(alone, capfd, monkeypatch):
    drawn = []

    def save(figures, *where, **how):
        drawn.extend(figure.name for figure in figures)
        return figures_as_files(figures, *where, **how)

    monkeypatch.setattr(figure_files, "save_figures", save)
    document = read(alone)
    kind = document.attrs["kind"]
    assert cli.run(["plot", "x.h5", "--all", "--json"]) == 0
    files = json.loads(capfd.readouterr().out)["files"]
    assert len(files) >= 4
    assert all(Path(name).stat().st_size > 3000 for name in files)
    assert len(files) == 2 * len(drawn)
    assert any(name.startswith("overview") for name in drawn) or len(drawn) == 1
    for figure in drawn:
        if figure.startswith("overview"):  # its numbers are those of the parts
            continue
        groups = next((groups for name, groups in documented(kind) if name.fullmatch(figure)), [])
        assert groups, f"docs/export.md does not say where the numbers of {figure} are"
        for group in groups:
            assert any(group.fullmatch(path) for path in document.groups), (figure, group.pattern)


def entries_of(document):
    """Path -> group of the entries; how the run was made is not exported."""
    made = ("network", "state") if document.attrs["kind"] == "run" else ()
    return {path: group for path, group in document.groups.items() if path not in made}


def test_csv_reads_back_to_the_last_bit(alone):
    ictal.export(alone, "csv")
    document = read(alone)
    about = json.loads(Path("x-csv", "attributes.json").read_text(encoding="utf-8"))
    assert {entry["group"] for entry in about["entries"].values()} == set(entries_of(document))
    compared = 0
    for entry in about["entries"].values():
        variables = document.groups[entry["group"]].variables
        with open(f"x-csv/{entry['files'][0]}", encoding="utf-8", newline="") as text:
            header, *rows = csv.reader(text)
        if entry["group"].startswith("spikes/"):
            stored = variables["timestamps"].values / 1000.0
            if "residual" in variables:
                stored = stored + variables["residual"].values
            assert header == ["time_s", "unit"]
            assert np.array_equal([float(t) for t, _ in rows], stored)
            assert np.array_equal([int(u) for _, u in rows], variables["node_ids"].values)
            compared += len(rows)
        for name in {"values", "r", "curves"} & variables.keys():
            values = variables[name].values
            valid = variables["valid"].values if "valid" in variables else np.isfinite(values)
            width = values.shape[-1]
            cells = np.array([[x or "nan" for x in row[-width:]] for row in rows]).astype(values.dtype)
            if values.ndim > 1:
                assert np.array_equal(cells.reshape(values.shape), np.where(valid, values, np.nan), equal_nan=True)
                compared += values.size
        if "row" in {dim for v in variables.values() for dim in v.dims}:
            for name, variable in variables.items():
                column = [row[header.index(name)] for row in rows]
                if variable.values.dtype.kind == "f":
                    assert np.array_equal([float(x or "nan") for x in column], variable.values, equal_nan=True)
                    compared += len(column)
        if entry["group"].startswith("courses/"):
            metrics = variables["metrics"].values
            cells = np.array([row[-metrics.shape[-1] :] for row in rows]).astype(metrics.dtype)
            assert np.array_equal(cells.reshape(metrics.shape), metrics)
            compared += metrics.size
        if entry["group"] == "lyapunov":
            history = variables["history"].values
            assert np.array_equal([[float(x) for x in row[-history.shape[1] :]] for row in rows], history)
            compared += history.size
    assert compared > 0


def test_xarray_holds_every_array(alone):
    ictal.export(alone, "xarray")
    document = read(alone)
    with xarray.open_datatree("x.nc", engine="h5netcdf") as tree:
        for path, group in entries_of(document).items():
            node = tree[path]
            for name, variable in group.variables.items():
                if name in ("timestamps", "node_ids", "residual", "valid") or not variable.dims:
                    continue
                values = variable.values
                if name == "values" and "valid" in group.variables:
                    values = np.where(group.variables["valid"].values, values, np.nan)
                found = node[name].values
                assert found.dtype.kind == values.dtype.kind or values.dtype.kind == "U"
                assert node[name].dims == variable.dims
                if values.dtype.kind == "f":
                    assert np.array_equal(found, values, equal_nan=True)
                else:
                    assert found.tolist() == values.tolist()


def test_sonata_holds_the_spikes_or_is_refused(alone, capfd):
    document = read(alone)
    spikes = [path for path in document.groups if path.startswith("spikes/")]
    if not spikes:
        assert cli.run(["export", "x.h5", "--to", "sonata"]) == 2
        assert "x.h5: holds no spikes" in capfd.readouterr().err
        return
    left_out = ictal.export(alone, "sonata").left_out
    assert left_out == [path.partition("/")[2] for path in entries_of(document) if path not in spikes]
    with h5py.File("x-sonata.h5") as file:
        assert {f"spikes/{name}" for name in file["spikes"]} == set(spikes)
        for path in spikes:
            for name in ("timestamps", "node_ids"):
                assert np.array_equal(file[path][name], document.groups[path].variables[name].values)
            assert (np.diff(file[path]["timestamps"]) >= 0).all()
