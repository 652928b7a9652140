"""A file of one description is refused for another, whatever the two differ in: every field of every class."""

import dataclasses
import functools
import re
import warnings
from typing import get_args

import h5py
import numpy as np
import pytest
from mixups import everything, variants

from ictal.simulator import (
    InputError,
    Network,
    Population,
    Projection,
    Schedule,
    SlowVariable,
    UnfinishedError,
    describe,
    load,
    network_of,
    record_to_file,
    save,
    simulate,
)
from ictal.simulator.fields import declared
from ictal.simulator.files.identity import fingerprint
from ictal.simulator.long_runs import stream
from ictal.simulator.networks import cells, connections, distributions, inputs, signals

pytestmark = pytest.mark.filterwarnings("ignore:.*:UserWarning")  # numbers that are probably in another unit
ASKED = {"duration": 0.02, "seed": 1}
CLASSES = {
    Network, Population, Projection, Schedule, SlowVariable, cells.Adaptation, cells.Exponential, cells.Quadratic,
    connections.Footprint, connections.LogNormal, connections.UniformDelay, distributions.Normal, distributions.Uniform,
    *(kind for union in (cells.AnySynapse, connections.Rule, inputs.AnyInput, signals.Signal)
      for kind in get_args(union)),
}  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A finished file, and an unfinished run, of the network with everything in it."""
    folder = tmp_path_factory.mktemp("mixups")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        record_to_file(everything(), path=folder / "whole.h5", **ASKED)
        with pytest.raises(UnfinishedError):
            record_to_file(everything(), path=folder / "begun.h5", **ASKED, stop=lambda: True)
    return folder


def refusals(folder, **asked):
    """Return what the finished file and the unfinished run say of another run; "" where it is taken for theirs."""
    found, before = [], contents(folder)
    for name in ("whole.h5", "begun.h5"):
        try:
            record_to_file(path=folder / name, resume=True, stop=lambda: True, **asked)
            found.append("")
        except (InputError, UnfinishedError) as error:
            found.append("" if isinstance(error, UnfinishedError) else str(error))
    assert "" in found or contents(folder) == before
    return found


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*.*") if path.is_file()}


def test_every_field_of_every_class_that_differs_is_another_run(files, monkeypatch):
    monkeypatch.setattr(stream, "open_origin", functools.cache(stream.open_origin))  # the file stays as it is
    network, seen = everything(), set()
    for kind, field, change, other in variants(network):
        said = refusals(files, network=other, **ASKED)
        assert all(said), (kind, field, change)
        if all("holds another run: " in text and text.count("\n") == 0 for text in said):
            seen.add((kind, field))
        again = network_of(describe(other))
        assert fingerprint(again) == fingerprint(other), (kind, field, change)
    missed = {(kind.__name__, field) for kind in CLASSES for field in declared(kind)} - seen
    assert not missed
    assert refusals(files, network=network, **ASKED)[0] == ""


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"seed": 2}, "seed is 1 there and 2 here"),
        ({"duration": 0.03}, "duration is 0.02 there and 0.03 here"),
        ({"precision": "float32"}, "precision is float64 there and float32 here"),
        ({"signal_dt": 0.002}, "signal_dt is 0.001 there and 0.002 here"),
        ({"source": {"system": "mine", "parameters": {"g": 1.0}}}, "parameters.g is nothing there and 1.0 here"),
    ],
)
def test_every_setting_that_differs_is_another_run(files, change, named):
    for said in refusals(files, **{"network": everything(), **ASKED, **change}):
        assert "holds another run: " in said
        assert named in said


def small(**fields):
    body = {"tau_m": 20.0, "v_rest": -45.0, "v_threshold": -50.0, "v_reset": -60.0, "v_init": (-60.0, -51.0)}
    body["synapses"] = (cells.Synapse("e", 5.0),)
    edges = np.random.default_rng(1).integers(0, 20, (2, 300))
    return Network(
        (Population("E", 20, **{**body, **fields}), Population("F", 20, **body)),
        (Projection("E", "F", "e", connections.Edges(*edges), 0.1, 1.5),
         Projection("F", "E", "e", connections.Edges(*edges), 0.2, 1.5)),
    )  # fmt: skip


def test_the_order_of_parts_with_names_is_part_of_the_run(tmp_path):
    """Seeds are dealt out in the order of the populations."""
    network, path = small(), tmp_path / "run.h5"
    record_to_file(network, 0.01, 1, path)
    turned = dataclasses.replace(network, populations=network.populations[::-1])
    with pytest.raises(InputError, match=r"network.populations is \['E', 'F'\] there and \['F', 'E'\] here"):
        record_to_file(turned, 0.01, 1, path, resume=True)


def test_the_sign_of_a_zero_is_part_of_the_run(tmp_path):
    network, path = small(v_rest=0.0), tmp_path / "run.h5"
    record_to_file(network, 0.01, 1, path)
    with pytest.raises(InputError, match=r"v_rest is 0.0 there and -0.0 here"):
        record_to_file(small(v_rest=-0.0), 0.01, 1, path, resume=True)


def test_the_file_of_another_engine_or_version_is_another_run(tmp_path):
    network, run = small(), simulate(small(), 0.01, 1)
    origin = dataclasses.replace(run.origin, settings={**run.origin.settings, "engine": "brian2"})
    for source, named in (
        ({"engine": "brian2"}, "engine is brian2 there and compiled here"),
        ({"engine": "compiled", "versions": {**run.source["versions"], "numba": "0.1"}}, "versions.numba is 0.1 there"),
    ):
        path = tmp_path / f"{source['engine']}.h5"
        given = origin if source["engine"] == "brian2" else run.origin
        save(type(run)(run, {**run.source, **source}, given), path)
        with pytest.raises(InputError, match=f"holds another run: .*{named}"):
            record_to_file(network, 0.01, 1, path, resume=True)


def test_times_that_are_equal_are_equal_however_they_were_computed(tmp_path):
    """0.7 ms is 0.7000000000000001 ms after a change of units; the run is the same."""
    network = small()
    path = save(simulate(network, 0.0069999999999999993, 1, signal_dt=0.0007), tmp_path / "run.h5")
    assert record_to_file(network, 0.007, 1, path, signal_dt=0.00070000000000000001, resume=True).complete
    simulate(network, 0.007, 1, signal_dt=0.0007, after=path)


def test_a_run_that_goes_on_is_another_one_than_one_from_the_start_or_from_another_end(tmp_path):
    network = small()
    ends = [simulate(network, 0.01, 1), simulate(network, 0.02, 1)]
    ends.append(simulate(network, 0.01, 1, after=simulate(small(tau_m=15.0), 0.01, 1)))  # at the same time as ends[1]
    for k, after in enumerate(ends):
        record_to_file(network, 0.01, 1, tmp_path / f"{k}.h5", after=after)
        assert record_to_file(network, 0.01, 1, tmp_path / f"{k}.h5", after=after, resume=True).complete
    for other in (None, ends[0], ends[2]):
        with pytest.raises(InputError, match=r"1.h5: exists already and holds another run"):
            record_to_file(network, 0.01, 1, tmp_path / "1.h5", after=other, resume=True)
    with pytest.raises(InputError, match=r"continues.state_sha256"):
        record_to_file(network, 0.01, 1, tmp_path / "1.h5", after=ends[2], resume=True)


# Files that were edited


def edit(path, what):
    with h5py.File(path, "r+", locking=False) as file:
        what(file)


def in_text(file, old, new):
    text = file["network/description"].asstr()[()]
    assert old in text
    del file["network/description"]
    file["network"].create_dataset("description", data=text.replace(old, new), dtype=h5py.string_dtype())


def in_settings(file, old, new):
    file["network"].attrs["settings"] = re.sub(old, new, file["network"].attrs["settings"])


def in_array(file):
    name = next(name for name in file["network"] if name.endswith("rule_pre"))
    file["network"][name][0] += 1


CHANGED = "its description of the network or the settings of the run were changed after it was written"
EDITS = {
    "a parameter": (lambda f: in_text(f, '"v_rest": -45.0', '"v_rest": -46.0'), CHANGED),
    "the time step": (lambda f: in_text(f, '"dt": 0.1', '"dt": 0.2'), CHANGED),
    "the precision": (lambda f: in_settings(f, "float64", "float32"), CHANGED),
    "the duration": (lambda f: in_settings(f, '"duration": [0-9.]+', '"duration": 9.0'), CHANGED),
    "an edge": (in_array, "its array 'projections_0_rule_pre' of the network is not the one that was described"),
    "the seed": (lambda f: f.attrs.modify("seed", "2"), "was edited: its seed is 2 and that of its description 1"),
    "the engine": (lambda f: f.attrs.modify("engine", "brian2"), "was edited: its engine is brian2"),
    "a setting": (lambda f: in_settings(f, '"seed": 1, ', ""), "its settings of the run hold no seed"),
    "the hash": (lambda f: f["network"].attrs.modify("sha256", "0" * 64), CHANGED),
    "the description is gone": (lambda f: f["network"].pop("description"), "holds no description of a network"),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_file_is_refused_by_all_that_reads_it(name, tmp_path):
    path = save(simulate(small(), 0.01, 1), tmp_path / "run.h5")
    what, said = EDITS[name]
    edit(path, what)
    before = path.read_bytes()
    for use in (
        lambda: load(path),
        lambda: record_to_file(small(), 0.01, 1, path, resume=True),
        lambda: simulate(small(), 0.01, 1, after=path),
        lambda: record_to_file(small(), 0.01, 1, tmp_path / "on.h5", after=path),
    ):
        with pytest.raises(InputError, match=rf"^{re.escape(str(path))}: {said}[^\n]*$"):
            use()
    assert path.read_bytes() == before
    assert sorted(tmp_path.iterdir()) == [path]


def test_edges_of_several_projections_are_stored_once(tmp_path):
    path = save(simulate(small(), 0.01, 1), tmp_path / "run.h5")
    with h5py.File(path) as file:
        stored = [name for name in file["network"] if name.startswith("projections")]
        assert sorted(n for n in stored if "_rule_" in n and file["network"][n].dtype.kind == "i") == [
            "projections_0_rule_post", "projections_0_rule_pre",
        ]  # fmt: skip
    assert fingerprint(load(path).network) == fingerprint(small())


def test_a_run_is_not_written_over_the_file_that_it_goes_on_from(tmp_path):
    path = save(simulate(small(), 0.01, 1), tmp_path / "run.h5")
    before = path.read_bytes()
    for name in (path, tmp_path / "." / "run.h5"):
        with pytest.raises(InputError, match=r"run.h5: is the file that the run goes on from; name another one"):
            record_to_file(small(), 0.01, 1, name, after=path, force=True)
    assert path.read_bytes() == before
