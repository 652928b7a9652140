"""HDF5 files that somebody crafted: read in one line or refused in one, within bounds, and nothing outside of them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

import ictal
from ictal.simulator import InputError, Recording, Run, machine
from ictal.simulator.files.document import opened

RNG = np.random.default_rng(0)
VALUES = RNG.normal(size=(50, 4))


@pytest.fixture
def crafted(tmp_path, monkeypatch):
    """A run in a file, and a function that opens the file for changes."""
    monkeypatch.chdir(tmp_path)
    recording = Recording(VALUES, dt=0.01, clock="second", quantity="activity", unit="1")
    ictal.save(Run({"x": recording}, {"system": "a test"}), "run.h5")
    return lambda: h5py.File("run.h5", "r+")


def exchange(file, **how):
    """Put another array in the place of the values."""
    old = file["signals/x/values"]
    attrs = {name: old.attrs[name] for name in ("long_name", "units")}
    del file["signals/x/values"]
    made = file["signals/x"].create_dataset("values", **how)
    made.attrs.update(attrs)
    for axis, dim in enumerate(("time", "unit")[: made.ndim]):
        made.dims[axis].attach_scale(file[f"signals/x/{dim}"])
    return made


def refused(*words, path="run.h5"):
    with pytest.raises(InputError) as error:
        ictal.load(path)
    line = str(error.value)
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
    for word in words:
        assert word in line
    with pytest.raises(InputError):
        ictal.export(path, "csv", "out")
    assert not os.path.exists("out")


def test_each_object_is_read_once_however_many_paths_lead_to_it(crafted):
    with crafted() as file:
        below = file.create_group("z0")
        for k in range(1, 40):
            group = file.create_group(f"z{k}")
            group["a"] = group["b"] = below
            below = group
        below["up"] = file["/"]
    assert np.array_equal(ictal.load("run.h5").recording("x").values, VALUES)


def test_soft_links_are_not_followed_and_links_to_other_files_are_refused(crafted):
    with crafted() as file:
        file["loop"] = h5py.SoftLink("/loop")
        file["signals/up"] = h5py.SoftLink("/signals")
        file["gone"] = h5py.SoftLink("/nowhere")
    assert list(ictal.load("run.h5")) == ["x"]
    ictal.save(Run({"y": ictal.load("run.h5")["x"]}), "other.h5")
    with crafted() as file:
        file["signals/y"] = h5py.ExternalLink("other.h5", "/signals/y")
    refused("/signals/y", "link to another file")


def test_values_in_other_files_are_refused(crafted):
    with open("secret.txt", "wb") as file:
        file.write(bytes(range(32, 132)) * 16)
    with crafted() as file:
        exchange(file, shape=(50, 4), dtype="u8", external=[("secret.txt", 0, 1600)])
    refused("other files")


def test_a_virtual_array_is_refused(crafted):
    layout = h5py.VirtualLayout(shape=(50, 4), dtype="f8")
    layout[:] = h5py.VirtualSource("secret.h5", "x", shape=(50, 4))
    with crafted() as file:
        del file["signals/x/values"]
        file["signals/x"].create_virtual_dataset("values", layout)
    refused("other files")


@pytest.mark.parametrize("how", [{}, {"chunks": (1 << 20, 10)}, {"chunks": (1 << 20, 10), "compression": "gzip"}])
def test_declared_values_that_are_not_there_are_refused(crafted, how):
    with crafted() as file:
        exchange(file, shape=(10**9, 10), dtype="f8", **how)
    refused("declares 80 GB")


def test_what_does_not_fit_into_memory_is_refused_before_it_is_read(crafted, monkeypatch):
    with crafted() as file:
        exchange(file, data=np.zeros((50, 4000)), chunks=(50, 4000), compression="gzip")
    monkeypatch.setattr(machine, "available_memory", lambda: 10**6)
    refused("memory", "free")
    with crafted() as file:
        labels = np.array(["a"] * 3 + ["b" * 10**5], dtype=object)
        group = file["signals/x"]
        group.create_dataset("unit_label_name", data=labels, dtype=h5py.string_dtype())
        group["unit_label_name"].dims[0].attach_scale(group["unit"])
    with opened("run.h5") as (_, groups), pytest.raises(InputError, match=r"run\.h5.*memory"):
        groups["signals/x"].variables["unit_label_name"].part(...)


TYPES = {
    "objects": {"shape": (50, 4), "dtype": h5py.vlen_dtype(np.float64)},
    "references": {"shape": (50, 4), "dtype": h5py.ref_dtype},
    "pairs": {"data": np.zeros((50, 4), [("a", "f8"), ("b", "f8")])},
    "bytes": {"data": np.zeros((50, 4), "V8")},
    "arrays": {"shape": (50, 4), "dtype": np.dtype("(3,)f8")},
    "complex numbers": {"data": VALUES * 1j},
    "nothing": {"data": h5py.Empty("f8")},
}


@pytest.mark.parametrize("kind", TYPES)
def test_other_types_are_refused(crafted, kind):
    with crafted() as file:
        exchange(file, **TYPES[kind])
    refused("values")


def test_numbers_of_every_width_and_order_are_read(crafted):
    bfloat16 = h5py.h5t.IEEE_F16LE.copy()
    bfloat16.set_fields(15, 7, 8, 0, 7)
    bfloat16.set_ebias(127)
    whole = np.round(VALUES * 4)
    for dtype in (">f8", "<f4", "f2", ">i2", "u1", "i8", "bool", h5py.enum_dtype({"a": 0, "b": 1}, "i1")):
        wanted = (whole > 0) if dtype in ("u1", "bool") or not isinstance(dtype, str) else whole
        with crafted() as file:
            exchange(file, data=wanted.astype(dtype) if isinstance(dtype, str) else wanted, dtype=dtype)
        assert np.array_equal(ictal.load("run.h5").recording("x").values, wanted)
    with crafted() as file:
        group = file["signals/x"]
        exchange(file, data=whole)
        dims, attrs = (group["time"], group["unit"]), dict(group["values"].attrs)
        del group["values"]
        h5py.h5d.create(group.id, b"values", bfloat16, h5py.h5s.create_simple((50, 4)))
        group["values"][...] = whole
        group["values"].attrs.update({name: attrs[name] for name in ("long_name", "units")})
        for axis, dim in enumerate(dims):
            group["values"].dims[axis].attach_scale(dim)
    assert np.array_equal(ictal.load("run.h5").recording("x").values, whole)


ATTRIBUTES = {
    "dt": [h5py.Empty("f8"), 0.0, -1.0, 1e308, 5e-324, np.nan, np.inf, "x", [1.0, 2.0], b"\xff", 1j],
    "t0": [h5py.Empty("f8"), np.nan, -np.inf, "x"],
    "clock": [h5py.Empty("f8"), "hour", 3.0, b"\xff\xfe"],
    "source": ["[" * 30000 + "]" * 30000, '{"a":' * 100 + "1" + "}" * 100, "{", "[1]", "7", "a" * 10**6],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in ATTRIBUTES.items() for value in values])
def test_an_attribute_that_cannot_be_is_refused(crafted, name, value):
    with crafted() as file:
        file["signals/x"].attrs[name] = value
    with pytest.raises(InputError) as error:
        ictal.load("run.h5")
    assert str(error.value).startswith("run.h5: ")
    assert len(str(error.value)) < 400


@pytest.mark.parametrize("text", ["[" * 30000 + "]" * 30000, '["y"]', "[3]", "7", '{"x": 1}', "[]x"])
def test_a_list_of_entries_that_cannot_be_is_refused(crafted, text):
    with crafted() as file:
        file.attrs["entries"] = text
    refused()


def test_an_empty_text_of_netcdf_is_an_empty_text(crafted):
    with crafted() as file:
        file["signals/x/values"].attrs["units"] = h5py.Empty(h5py.string_dtype())
    assert ictal.load("run.h5").recording("x").unit == ""


@pytest.mark.parametrize(
    "name", ["..", "../../x", "a/../b", ".", " ", "\x1b[31mred", "=cmd()", "a\\b", "x" * 300, "λ\u202e"]
)
def test_no_name_of_an_entry_leaves_the_folder_of_an_export(crafted, name):
    with crafted() as file:
        group = file["signals"].create_group("held")
        file.copy("signals/x", group, name="moved")
        safe = name.replace("/", "∕")
        file["signals"].move("held/moved", safe if safe not in (".", "..", " ") else f"{safe}_")
        file.attrs["entries"] = json.dumps([safe if safe not in (".", "..", " ") else f"{safe}_"])
    before = set(os.listdir(".."))
    files = ictal.export("run.h5", "csv", "out").files
    assert {path.parent.name for path in files} == {"out"}
    assert set(os.listdir("..")) == before


def test_a_name_that_is_not_utf_8_is_refused(crafted):
    with crafted() as file:
        file.copy("signals/x", file["signals"], name="y")
        group = file["signals"].id
        group.links.move(b"y", group, b"\xff\xfe")
    refused("is not UTF-8")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX pipes")
@pytest.mark.parametrize("name", ["p.h5", "p.npy", "p.npz", "p.csv", "p.edf", "p.pt"])
def test_a_pipe_is_refused_before_it_is_opened(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    os.mkfifo(name)
    load = ictal.load if name[-2:] in ("h5", "pt") else lambda path: ictal.open_run(path, dt=1.0)
    with pytest.raises(InputError, match=r"p\.\w+: is a pipe"):
        load(name)


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes there")
def test_a_file_whose_name_is_not_utf_8_is_read_and_exported(crafted):
    name = os.fsdecode(b"c\xff.h5")
    os.rename("run.h5", name)
    assert list(ictal.load(name)) == ["x"]
    ictal.export(name, "csv", "out")
    about = json.loads(Path("out/attributes.json").read_text(encoding="utf-8"))
    assert about["file"] == name
    done = subprocess.run([sys.executable, "-m", "ictal", "info", name], capture_output=True, check=True)
    assert b"c\\udcff.h5: run" in done.stdout


def test_a_heap_of_texts_without_an_end_is_damage(tmp_path):
    path = ictal.save(Run({"x": Recording(np.eye(9, 3), 0.01, "second", "x", "1")}), tmp_path / "x.h5")
    raw = bytearray(path.read_bytes())
    heap = raw.find(b"GCOL")
    assert heap > 0
    place = heap + 16
    while raw[place : place + 2] != b"\0\0":  # the free rest
        place += 16 + -(-int.from_bytes(raw[place + 8 : place + 16], "little") // 8) * 8
    raw[place + 8 : place + 16] = bytes(8)
    path.write_bytes(raw)  # libhdf5 reads this file without an end
    for way in (ictal.load, ictal.open_run):
        with pytest.raises(InputError, match=r"x\.h5: .*a heap of texts is damaged"):
            way(path)
