"""One file, four readers; whole or not at all; one clear line for what is no file of ours."""

import json
import os
from dataclasses import dataclass

import h5py
import numpy as np
import pytest
import xarray
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ictal.simulator import InputError, Recording, Run, Spikes, load, open_run, save
from ictal.simulator.files.disk import replacing
from ictal.simulator.files.document import Document, Group, Variable, read, write
from ictal.simulator.files.rows import from_group, plain, to_group


@pytest.fixture
def run():
    rng = np.random.default_rng(0)
    spikes = Spikes(
        time=np.sort(rng.integers(0, 20_000, 3000)) * 0.1 / 1000,
        unit=rng.integers(0, 50, 3000),
        n_units=50,
        duration=2.0,
        unit_labels={"population": np.array(["E"] * 50)},
        source={"population": "E"},
    )
    trials = Recording(
        rng.normal(size=(3, 2000, 5)),
        dt=0.001,
        clock="second",
        quantity="membrane potential",
        unit="mV",
        unit_labels={"layer": np.array(list("abcdé"))},
        time_labels={"class": np.arange(2000), "ictal": np.arange(2000) > 3},
        valid=rng.random((3, 2000, 5)) > 0.1,
    )
    loop = Recording(
        rng.normal(size=(7, 4)).astype(np.float32),
        dt=1.0,
        clock="frame",
        quantity="activation",
        unit="1",
        t0=2.0,
        periodic=True,
    )
    silent = Spikes(time=[], unit=np.zeros(0, int), n_units=4, duration=1.0, t0=0.5)
    source = {
        "system": "seizure",
        "parameters": {"g": 1.0},
        "seed": 3,
        "engine": "compiled",
        "versions": {"numpy": "2"},
    }
    return Run({"I": spikes, "lfp": trials, "loop": loop, "silent": silent}, source)


def assert_same(a, b):
    assert list(a) == list(b)
    assert dict(a.source) == dict(b.source)
    for name in a:
        x, y = a[name], b[name]
        assert type(x) is type(y)
        fields = ("time", "unit") if isinstance(x, Spikes) else ("values", "valid")
        for field in fields:
            left, right = getattr(x, field), getattr(y, field)
            if left is None:
                assert right is None
            else:
                assert left.dtype == right.dtype
                assert np.array_equal(left, right)
        plain = (
            ("n_units", "duration", "t0")
            if isinstance(x, Spikes)
            else ("dt", "clock", "quantity", "unit", "t0", "periodic")
        )
        for field in plain:
            assert getattr(x, field) == getattr(y, field)
        for labels in ("unit_labels",) if isinstance(x, Spikes) else ("unit_labels", "time_labels"):
            assert {k: v.tolist() for k, v in getattr(x, labels).items()} == {
                k: v.tolist() for k, v in getattr(y, labels).items()
            }
        assert dict(x.source) == dict(y.source)


def test_a_run_returns_bit_for_bit(run, tmp_path):
    assert_same(run, load(save(run, tmp_path / "run.h5")))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(0, 1000, allow_subnormal=False), max_size=50))
def test_any_spike_time_returns_bit_for_bit(tmp_path, times):
    spikes = Spikes(time=times, unit=np.zeros(len(times), int), n_units=1, duration=1000.0)
    back = load(save(Run({"x": spikes}), tmp_path / "s.h5", force=True)).spikes("x")
    assert np.array_equal(back.time, spikes.time)


def test_opens_in_h5py(run, tmp_path):
    with h5py.File(save(run, tmp_path / "run.h5")) as file:
        assert file.attrs["format"] == "ictal"
        assert json.loads(file.attrs["config"]) == {"parameters": {"g": 1.0}, "system": "seizure"}
        assert file.attrs["seed"] == "3"

        def every_axis_has_a_scale(name, item):
            if isinstance(item, h5py.Dataset) and not item.is_scale:
                assert all(len(axis) == 1 for axis in item.dims), name
            if name.startswith("spikes/") and isinstance(item, h5py.Dataset):
                assert item.compression is None

        file.visititems(every_axis_has_a_scale)
        assert file["signals/lfp/values"].compression == "gzip"


def test_opens_in_xarray(run, tmp_path):
    path = save(run, tmp_path / "run.h5")
    with xarray.open_dataset(path, engine="h5netcdf", group="signals/lfp") as data:
        assert dict(data.sizes) == {"trial0": 3, "time": 2000, "unit": 5}
        assert np.array_equal(data["values"].values, run["lfp"].values)
        assert data["values"].attrs["units"] == "mV"
        assert data["time"].values[1] == pytest.approx(0.001)
        assert data["time_label_ictal"].dtype == bool
        assert data["unit_label_layer"].values.tolist() == list("abcdé")
    with xarray.open_dataset(path, engine="h5netcdf", group="spikes/I") as data:
        assert data["timestamps"].size == 3000
    with xarray.open_dataset(path, engine="h5netcdf") as data:
        assert data.attrs["format"] == "ictal"


def test_opens_in_netcdf4(run, tmp_path):
    netcdf = pytest.importorskip("netCDF4")
    with netcdf.Dataset(save(run, tmp_path / "run.h5")) as data:
        assert data.getncattr("format") == "ictal"
        signal = data["signals/lfp/values"]
        assert signal.dimensions == ("trial0", "time", "unit")
        assert np.array_equal(signal[:], run["lfp"].values)
        assert data["spikes/silent/timestamps"].shape == (0,)


def test_opens_in_libsonata(run, tmp_path):
    sonata = pytest.importorskip("libsonata")
    reader = sonata.SpikeReader(str(save(run, tmp_path / "run.h5")))
    assert set(reader.get_population_names()) == {"I", "silent"}
    population = reader["I"]
    assert population.sorting == "by_time"
    nodes, stamps = zip(*population.get(), strict=True)
    assert np.array_equal(nodes, run["I"].unit)
    assert np.allclose(stamps, run["I"].time * 1000)
    assert len(population.get(tstart=0, tstop=1000)) == (run["I"].time <= 1.0).sum()


def test_same_run_same_bytes_but_created(run, tmp_path):
    one, two = (read(save(run, tmp_path / name)) for name in ("a.h5", "b.h5"))
    assert {k: np.asarray(v).tolist() for k, v in one.attrs.items() if k != "created"} == {
        k: np.asarray(v).tolist() for k, v in two.attrs.items() if k != "created"
    }
    assert list(one.groups) == list(two.groups)


def test_refuses_to_overwrite_without_force(run, tmp_path):
    path = save(run, tmp_path / "run.h5")
    before = path.read_bytes()
    with pytest.raises(InputError, match="exists already"):
        save(run, path)
    assert path.read_bytes() == before
    save(run, path, force=True)
    assert os.listdir(tmp_path) == ["run.h5"]


@pytest.mark.parametrize("target", ["missing/run.h5", "file/run.h5", "."])
def test_refuses_a_folder_that_cannot_hold_it(run, tmp_path, target):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(InputError, match="folder"):
        save(run, tmp_path / target)


def test_a_failure_inside_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), replacing(tmp_path / "x.h5") as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert os.listdir(tmp_path) == []


def test_a_file_that_came_meanwhile_is_kept(tmp_path):
    path = tmp_path / "x.h5"
    with pytest.raises(InputError, match="exists already"), replacing(path) as temporary:
        temporary.write_text("mine")
        path.write_text("another's")
    assert path.read_text() == "another's"
    assert os.listdir(tmp_path) == ["x.h5"]
    with replacing(path, force=True) as temporary:
        temporary.write_text("mine")
    assert path.read_text() == "mine"


@dataclass(frozen=True)
class Row:
    text: str
    whole: int
    number: float
    flag: bool


def test_rows_return_bit_for_bit(tmp_path):
    rows = [Row("é", 2**53 + 1, 0.1, True), Row("", -(2**62), -np.inf, False)]
    path = write(Document({}, {"rows": to_group(Row, rows, {"note": "n"})}), tmp_path / "x.h5")
    stored = read(path).groups["rows"]
    assert from_group(Row, stored) == rows
    assert stored.attrs == {"note": "n"}
    assert plain(rows) == [
        {"text": "é", "whole": 2**53 + 1, "number": 0.1, "flag": True},
        {"text": "", "whole": -(2**62), "number": None, "flag": False},
    ]


def test_a_variable_that_contradicts_its_dimensions_leaves_nothing(tmp_path):
    group = Group({"a": Variable(("n",), np.zeros(2)), "b": Variable(("n",), np.zeros(3))})
    with pytest.raises(ValueError, match="dimension n"):
        write(Document({}, {"g": group}), tmp_path / "x.h5")
    assert os.listdir(tmp_path) == []


def newer(path):
    with h5py.File(path, "r+") as file:
        file.attrs["format_version"] = 99


def foreign(path):
    with h5py.File(path, "w") as file:
        file["x"] = 1


def incomplete(path):
    with h5py.File(path, "r+") as file:
        del file["spikes/I/node_ids"]


def unversioned(path):
    with h5py.File(path, "r+") as file:
        file.attrs["format_version"] = "one"


def other_kind(path):
    with h5py.File(path, "r+") as file:
        file.attrs["kind"] = "comparison"


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda p: p.unlink(), "no such file"),
        (lambda p: p.write_bytes(b""), "is empty"),
        (lambda p: p.write_bytes(b"hello" * 100), "cannot be read as HDF5"),
        (lambda p: p.write_bytes(p.read_bytes()[:-1000]), "cannot be read as HDF5"),
        (lambda p: p.write_bytes(p.read_bytes()[: len(p.read_bytes()) // 2]), "cannot be read as HDF5"),
        (newer, "upgrade ictal"),
        (unversioned, "format version one"),
        (foreign, "not written by ictal"),
        (incomplete, "not a complete run"),
        (other_kind, "holds a comparison; want a run"),
    ],
)
def test_a_file_that_is_not_ours_gets_one_line(run, tmp_path, damage, words):
    path = save(run, tmp_path / "run.h5")
    damage(path)
    with pytest.raises(InputError, match=words) as caught:
        open_run(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("seed", range(20))
def test_flipped_bytes_never_reach_a_traceback(run, tmp_path, seed):
    path = save(run, tmp_path / "run.h5")
    rng = np.random.default_rng(seed)
    raw = bytearray(path.read_bytes())
    for at in rng.integers(0, len(raw), 200):
        raw[at] = rng.integers(256)
    path.write_bytes(raw)
    try:
        load(path)
    except InputError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, object()])
def test_a_source_that_json_cannot_hold_is_refused(value, tmp_path):
    with pytest.raises(InputError, match=r"Run.source: must be plain"):
        save(Run({"x": Recording(np.eye(2), 1.0, "frame", "a", "1")}, {"note": value}), tmp_path / "x.h5")
    assert os.listdir(tmp_path) == []
