"""A run that is streamed to its file is the run in memory, however often it is killed, torn or taken up again."""

import errno
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pytest
import xarray
from contents import everything

import ictal
from ictal import cli
from ictal.cli import output
from ictal.models import Cuba, SeizureNetwork
from ictal.simulator import (
    EventInput,
    FixedInDegree,
    InputError,
    Network,
    PoissonInput,
    Population,
    PopulationRate,
    Projection,
    Schedule,
    StateRecording,
    Synapse,
    TriggeredInput,
    UnfinishedError,
    machine,
    record_to_file,
    simulate,
)
from ictal.simulator.engines import continued
from ictal.simulator.files import document, store
from ictal.simulator.files.document import Document, Group, Streamed
from ictal.simulator.files.identity import fingerprint
from ictal.simulator.long_runs import chunks as parts
from ictal.simulator.long_runs import forecast
from ictal.simulator.long_runs import join as joining
from ictal.simulator.long_runs import stepper as stepping
from ictal.simulator.long_runs.chunks import UnfinishedRun
from ictal.simulator.long_runs.stepper import Stepper

SMALL = ["--set", "n_e=320", "--set", "n_i=80"]
posix = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")


def small(**parameters):
    return Cuba(n_e=320, n_i=80, **parameters).network()


def rich():
    """Two populations, one of them silent, a triggered input, signals at intervals of their own, a scheduled gain."""
    gain = Schedule("gain", (0.0, 250.0, 250.0), (1.0, 0.5, 1.5))
    cells = Population(
        "A", 40, 20.0, v_rest=0.0, v_threshold=10.0, v_reset=0.0, refractory=2.0,
        synapses=(Synapse("e", 5.0, gain=gain),), v_init=(0.0, 10.0),
    )  # fmt: skip
    silent = Population("B", 3, 20.0, v_rest=0.0, v_threshold=10.0, v_reset=0.0, refractory=2.0)
    return Network(
        populations=(cells, silent),
        projections=(Projection("A", "A", "e", FixedInDegree(5), 0.5, 1.5),),
        inputs=(
            PoissonInput("A", "e", 3.0, 1.0),
            EventInput("A", "e", 5.0, np.array([0.0, 10.0, 480.0]), np.array([0, 1, 2])),
            TriggeredInput("pulse", "A", "A", "e", weight=1.0, count=5, window=2.0, dead_time=20.0),
        ),
        signals=(StateRecording("v", "A", "v", interval=0.7), PopulationRate("rate", "A", interval=15.0)),
        dt=0.1,
    )  # fmt: skip


NETWORKS = {
    "cuba": (small(), 0.73),
    "cuba, 1/8 ms": (small(dt=0.125), 0.5),
    "seizure": (SeizureNetwork(n_e=160, n_i=40, in_degree_e=16, in_degree_i=4).network(), 0.4123),
    "rich": (rich(), 0.5),
    "a step": (small(), 0.0001),
}


@pytest.fixture
def often(monkeypatch):
    """A chunk after every advance, and advances as short as 10 ms."""
    for name in ("CUT_AFTER", "CUT_AT_MOST"):
        monkeypatch.setattr(stepping, name, 0.0)
    monkeypatch.setattr(stepping, "WRITING_SHARE", 1e9)
    monkeypatch.setattr(stepping, "ADVANCE", 10.0)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(output, "FIRST_LINE", 1e9)
    return tmp_path


class After:
    """Says stop when asked for the n-th time."""

    def __init__(self, n):
        self.n = n

    def __call__(self):
        self.n -= 1
        return self.n < 0


def stopped(network, duration, path, asked, **options):
    with pytest.raises(UnfinishedError) as caught:
        record_to_file(network, duration, 1, path, stop=After(asked), **options)
    return caught.value


def whole(network, duration, path="whole.h5", **options):
    return everything(store.save(simulate(network, duration, 1, **options), path))


# The file


@pytest.mark.parametrize("name", NETWORKS)
def test_the_file_is_that_of_save(folder, often, name):
    network, duration = NETWORKS[name]
    run = simulate(network, duration, 1)
    written = record_to_file(network, duration, 1, "run.h5")
    assert everything("run.h5") == everything(store.save(run, "whole.h5"))
    assert dict(written.entries) == {name: repr(entry) for name, entry in run.items()}
    assert sorted(os.listdir()) == ["run.h5", "whole.h5"]


def test_the_file_does_not_depend_on_the_cuts(folder, monkeypatch):
    network, duration = rich(), 0.1
    files = []
    for k, (advance, cut, size) in enumerate([(100.0, 1e9, 2**24), (0.3, 0.0, 2**24), (37.1, 1e9, 0)]):
        monkeypatch.setattr(stepping, "ADVANCE", advance)
        monkeypatch.setattr(joining, "_ROWS", (2**16, 7, 1)[k])
        monkeypatch.setattr(stepping, "CUT_AFTER", cut)
        monkeypatch.setattr(stepping, "CUT_AT_MOST", cut)
        monkeypatch.setattr(stepping, "CUT_SIZE", size)
        files.append(everything(record_to_file(network, duration, 1, f"{k}.h5").path))
    assert files[0] == files[1] == files[2]


def test_other_precisions_intervals_and_threads(folder, often):
    network, duration = NETWORKS["rich"]
    options = {"precision": "float32", "signal_dt": 0.0025}
    record_to_file(network, duration, 1, "run.h5", threads=2, **options)
    assert everything("run.h5") == whole(network, duration, **options)


def test_it_opens_everywhere(folder, often):
    network, duration = NETWORKS["rich"]
    record_to_file(network, duration, 1, "run.h5")
    run = ictal.load("run.h5")
    assert run.spikes("pulse").time.size > 3
    with xarray.open_dataset("run.h5", engine="h5netcdf", group="signals/v") as data:
        assert np.array_equal(data["values"].values, run["v"].values)
    sonata = pytest.importorskip("libsonata")
    reader = sonata.SpikeReader("run.h5")
    assert len(reader["A"].get()) == run.spikes("A").time.size


def test_spikes_of_one_step_are_in_the_order_of_cells(folder, often, monkeypatch):
    network, write = rich(), UnfinishedRun.write_chunk

    def turned(self, number, begin, end, arrays):
        steps, cells = arrays["spikes/A/steps"], arrays["spikes/A/cells"]
        order = np.lexsort((-cells, steps))
        write(self, number, begin, end, {**arrays, "spikes/A/steps": steps[order], "spikes/A/cells": cells[order]})

    monkeypatch.setattr(UnfinishedRun, "write_chunk", turned)
    record_to_file(network, 0.1, 1, "run.h5")
    assert everything("run.h5") == whole(network, 0.1)


def test_a_request_to_stop_at_the_last_step_comes_too_late(folder):
    asked = iter([True])
    record_to_file(*NETWORKS["a step"], 1, "run.h5", stop=lambda: next(asked, False))
    assert os.listdir() == ["run.h5"]


def test_a_run_that_ran_away_did_so_at_the_first_sample_that_is_not_finite(folder):
    stepper = Stepper(UnfinishedRun(folder), rich(), 100, 1, 1.0, "float64", 1, None, lambda: False)
    samples = {"v": np.array([[0.0], [np.nan]])}  # every 7 steps of 0.1 ms: of the steps 14 and 21
    with pytest.raises(InputError, match=r"2\.1 ms"):
        stepper._check(SimpleNamespace(begin=10, samples=samples))


@pytest.mark.parametrize("rows", [5, 7])
def test_pieces_that_are_not_the_rows_leave_no_file(folder, rows):
    pieces = Streamed(("n",), np.empty(0), {}, rows, lambda: iter([np.zeros(3), np.zeros(3)]))
    with pytest.raises((ValueError, TypeError)):
        document.write(Document({}, {"g": Group({"a": pieces})}), "x.h5")
    assert os.listdir() == []


# Stopped, torn and taken up


@pytest.mark.parametrize("name", ["seizure", "rich"])
@pytest.mark.parametrize("asked", [0, 1, 7, 20])
def test_a_run_that_was_stopped_goes_on_to_the_same_bits(folder, often, name, asked):
    network, duration = NETWORKS[name]
    error = stopped(network, duration, "run.h5", asked)
    assert 0 < error.done < error.total == duration
    assert not os.path.exists("run.h5")
    error = stopped(network, duration, "run.h5", 2, resume=True, threads=2)
    record_to_file(network, duration, 1, "run.h5", resume=True)
    assert everything("run.h5") == whole(network, duration)
    assert not os.path.exists("run.h5.part")


def test_stopped_while_the_file_is_joined(folder, often):
    network, duration = NETWORKS["rich"]
    for n in (1, 4, 12):
        seen = []

        def stop(seen=seen, n=n):
            seen += [name for name in os.listdir("run.h5.part") if name.startswith(".run.h5.")]  # what is joined
            return len(seen) >= n

        with pytest.raises(UnfinishedError) as caught:
            record_to_file(network, duration, 1, "run.h5", stop=stop, resume=True)
        assert caught.value.done == duration
        assert os.listdir() == ["run.h5.part"]
    record_to_file(network, duration, 1, "run.h5", resume=True)
    assert everything("run.h5") == whole(network, duration)


def truncate(path):
    os.truncate(path, path.stat().st_size // 2)


def empty(path):
    os.truncate(path, 0)


def flip(path):
    raw = bytearray(path.read_bytes())
    for at in range(len(raw) // 4, len(raw), len(raw) // 4):
        raw[at] ^= 255
    path.write_bytes(raw)


def change(path):
    """A value that HDF5 itself does not miss."""
    with h5py.File(path, "r+") as file:
        name = next(name for name in json.loads(file.attrs["names"]) if file[name].size and file[name].dtype != bool)
        file[name][...] = file[name][...] + 1


@pytest.mark.parametrize("harm", [truncate, empty, flip, change, lambda path: path.unlink()])
@pytest.mark.parametrize("which", ["chunk -1", "state -1", "chunk -2", "chunk 1"])
def test_what_is_torn_is_computed_again(folder, often, harm, which):
    network, duration = NETWORKS["rich"]
    stopped(network, duration, "run.h5", 20)
    kind, number = which.split()
    found = sorted((folder / "run.h5.part").glob("[0-9]*.h5" if kind == "chunk" else "state-*.h5"))
    harm(found[int(number)])
    (folder / "run.h5.part" / ".000099.h5.x.tmp").write_bytes(b"torn")
    told = []
    record_to_file(network, duration, 1, "run.h5", resume=True, note=told.append)
    assert everything("run.h5") == whole(network, duration)
    if harm in (truncate, empty, change):  # the others may hit what nobody reads, or leave nothing to tell
        assert found[int(number)].name in told[0]


def test_a_chunk_that_is_torn_before_it_is_joined(folder, often, monkeypatch):
    network, duration = NETWORKS["rich"]
    write = UnfinishedRun.write_chunk

    def torn(self, number, begin, end, arrays):
        write(self, number, begin, end, arrays)
        if number == 3:
            change(self.chunk_path(number))

    with monkeypatch.context() as patched:
        patched.setattr(UnfinishedRun, "write_chunk", torn)
        with pytest.raises(InputError, match=r"000003.h5: is damaged: .* say --resume"):
            record_to_file(network, duration, 1, "run.h5")
    record_to_file(network, duration, 1, "run.h5", resume=True)
    assert everything("run.h5") == whole(network, duration)


def test_chunks_that_do_not_follow_each_other_are_damage(folder):
    run = UnfinishedRun(folder / "x.h5.part")
    run.start(False, identity={})
    run.write_chunk(0, 0, 5, {})
    for begin, end in ((4, 8), (6, 8), (5, 5)):
        run.write_chunk(1, begin, end, {})
        with pytest.raises(
            parts.DamageError, match=f"000001.h5: holds the steps {begin}..{end - 1}; want those from 5"
        ):
            list(run.chunks())


def test_a_state_of_other_steps_than_its_chunk_is_not_resumed(folder):
    run = UnfinishedRun(folder / "x.h5.part")
    run.start(False, identity={})
    for number, end in enumerate((5, 8, 9)):
        run.write_chunk(number, (0, 5, 8)[number], end, {})
        run.write_state(number, end, {"v": np.full(2, end)})
    run.write_state(2, 7, {"v": np.full(2, 7)})
    done, steps, state, notes = run.resume()
    assert (done, steps, state["v"].tolist(), notes) == (2, 8, [8, 8], [])
    assert sorted(os.listdir("x.h5.part")) == ["000000.h5", "000001.h5", "run.json", "state-000001.h5"]


def test_states_do_not_pile_up(folder, often):
    network, duration = NETWORKS["rich"]
    stopped(network, duration, "run.h5", 40)
    names = os.listdir("run.h5.part")
    assert len([name for name in names if name.startswith("state-")]) == parts.STATES_KEPT
    assert len(names) > 20


def test_large_states_are_written_less_often(folder, often, monkeypatch):
    """A chunk that is cut for its size alone has no state; the run goes on from the last one that has."""
    network, duration = rich(), 0.02
    monkeypatch.setattr(stepping, "CUT_AFTER", 1e9)
    monkeypatch.setattr(stepping, "CUT_AT_MOST", 1e9)
    monkeypatch.setattr(stepping, "CUT_SIZE", 0)
    states = []
    write = UnfinishedRun.write_state
    monkeypatch.setattr(UnfinishedRun, "write_state", lambda self, n, *rest: states.append(n) or write(self, n, *rest))
    stopped(network, duration, "run.h5", 20)
    assert states == [20]
    assert len(os.listdir("run.h5.part")) == 23
    record_to_file(network, duration, 1, "run.h5", resume=True)
    assert everything("run.h5") == whole(network, duration)


def test_a_full_disk_is_one_line_and_the_run_goes_on(folder, often, monkeypatch):
    network, duration = NETWORKS["rich"]
    write = parts._write

    def full(path, attrs, arrays):
        if path.name == "000005.h5":
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, attrs, arrays)

    with monkeypatch.context() as patched:
        patched.setattr(parts, "_write", full)
        with pytest.raises(InputError, match="No space left on device; whole files stay: make room and say --resume"):
            record_to_file(network, duration, 1, "run.h5")
    record_to_file(network, duration, 1, "run.h5", resume=True)
    assert everything("run.h5") == whole(network, duration)


@pytest.mark.filterwarnings("ignore:Projection.weight", "ignore:PoissonInput.rate, weight")
def test_a_run_that_ran_away_leaves_nothing(folder, often):
    cells = Population(
        "A", 4, 20.0, v_rest=0.0, v_threshold=1.0, v_reset=0.0, refractory=0.0, synapses=(Synapse("e", 5.0),)
    )
    network = Network(
        populations=(cells,),
        projections=(Projection("A", "A", "e", FixedInDegree(3), 1e308, 0.1),),
        inputs=(PoissonInput("A", "e", 100.0, 1.0),),
    )
    with pytest.raises(InputError, match="ran away"):
        record_to_file(network, 1.0, 1, "run.h5")
    assert os.listdir() == []


# What is in the way


def test_an_unfinished_run_is_neither_lost_nor_mixed(folder, often):
    network, duration = NETWORKS["seizure"]
    source = {"system": "seizure", "parameters": {"g": 1.0}}
    done = stopped(network, duration, "run.h5", 5, source=source).done
    message = rf"^run.h5.part: holds an unfinished run \({done:g} of 0.4123 s\); say --resume to go on or --force to"
    with pytest.raises(InputError, match=message):
        record_to_file(network, duration, 1, "run.h5", source=source)

    def refused(words, network=network, duration=duration, seed=1, source=source, **options):
        with pytest.raises(InputError, match=f"^run.h5.part: holds another run: {words}; say --force"):
            record_to_file(network, duration, seed, "run.h5", resume=True, source=source, **options)

    refused("seed is 1 there and 2 here", seed=2)
    refused("parameters.g is 1.0 there and 2.0 here", source={"system": "seizure", "parameters": {"g": 2.0}})
    refused("duration is 0.4123 there and 0.4 here", duration=0.4)
    refused("signal_dt is 0.001 there and 0.002 here", signal_dt=0.002)
    refused("precision is float64 there and float32 here.*", precision="float32")
    refused(r"network.populations\[E\].n is 160 there and 1600 here.*", network=SeizureNetwork().network())
    with pytest.raises(InputError, match="say one of them"):
        record_to_file(network, duration, 1, "run.h5", resume=True, force=True)
    record_to_file(network, duration, 2, "run.h5", source=source, force=True)
    assert ictal.load("run.h5").source["seed"] == 2
    assert os.listdir() == ["run.h5"]


def test_other_versions_of_packages_are_another_run(folder, often):
    network, duration = NETWORKS["rich"]
    stopped(network, duration, "run.h5", 5)
    record = folder / "run.h5.part" / "run.json"
    written = json.loads(record.read_text())
    written["identity"]["versions"]["numpy"] = "1.0"
    record.write_text(json.dumps(written))
    with pytest.raises(InputError, match=f"versions.numpy is 1.0 there and {np.__version__} here"):
        record_to_file(network, duration, 1, "run.h5", resume=True)
    record.write_text(json.dumps({**written, "part_version": 99}))
    with pytest.raises(InputError, match="was written by another ictal"):
        record_to_file(network, duration, 1, "run.h5", resume=True)
    for text in ("", "{}", "[1]", "null"):
        record.write_text(text)
        with pytest.raises(InputError, match=r"run.json: is missing or damaged; say --force"):
            record_to_file(network, duration, 1, "run.h5", resume=True)
    record_to_file(network, duration, 1, "run.h5", force=True)


def test_what_is_not_ours_is_left_alone(folder):
    network, duration = NETWORKS["rich"]
    for make in (lambda p: p.touch(), lambda p: (p.mkdir(), (p / "thesis.tex").touch())):
        make(folder / "run.h5.part")
        for options in ({}, {"resume": True}, {"force": True}):
            with pytest.raises(InputError, match="is not what an unfinished run leaves; move it away"):
                record_to_file(network, duration, 1, "run.h5", **options)
        (folder / "run.h5.part").unlink() if (folder / "run.h5.part").is_file() else None
    assert os.listdir("run.h5.part") == ["thesis.tex"]


@posix
def test_two_processes_do_not_write_one_run(folder, often):
    network, duration = NETWORKS["rich"]
    stopped(network, duration, "run.h5", 5)
    with UnfinishedRun(folder / "run.h5.part").locked():
        for options in ({"resume": True}, {"force": True}):
            with pytest.raises(InputError, match="another process is writing this run"):
                record_to_file(network, duration, 1, "run.h5", **options)
    record_to_file(network, duration, 1, "run.h5", resume=True)


def test_resume_can_always_be_said(folder, often):
    """A job script may say it the first time, every time, and after the end."""
    network, duration = NETWORKS["rich"]
    assert not record_to_file(network, duration, 1, "run.h5", resume=True).complete
    before = (folder / "run.h5").read_bytes()
    assert record_to_file(network, duration, 1, "run.h5", resume=True).complete
    with pytest.raises(InputError, match="exists already and holds another run: seed is 1 there and 2 here"):
        record_to_file(network, duration, 2, "run.h5", resume=True)
    with pytest.raises(InputError, match="holds another run: precision is float64 there and float32 here"):
        record_to_file(network, duration, 1, "run.h5", resume=True, precision="float32")
    with pytest.raises(InputError, match="exists already"):
        record_to_file(network, duration, 1, "run.h5")
    assert (folder / "run.h5").read_bytes() == before


def test_killed_while_the_folder_was_removed(folder, often):
    network, duration = NETWORKS["rich"]
    stopped(network, duration, "run.h5", 9)
    (folder / "run.h5.part" / "run.json").unlink()  # the first to go
    store.save(simulate(network, duration, 1), "run.h5")
    assert record_to_file(network, duration, 1, "run.h5", resume=True).complete
    assert os.listdir() == ["run.h5"]
    stopped(network, duration, "other.h5", 9)
    (folder / "other.h5.part" / "run.json").unlink()
    record_to_file(network, duration, 1, "other.h5")
    assert sorted(os.listdir()) == ["other.h5", "run.h5"]


def test_the_manifest_is_the_first_to_be_removed(folder, monkeypatch):
    run, removed, unlink = UnfinishedRun(folder / "x.h5.part"), [], Path.unlink
    run.start(False, identity={})
    run.write_chunk(0, 0, 1, {})
    monkeypatch.setattr(Path, "iterdir", lambda self: iter(sorted(map(self.joinpath, os.listdir(self)))))
    monkeypatch.setattr(Path, "unlink", lambda self, **how: removed.append(self.name) or unlink(self, **how))
    run.remove()
    assert removed == ["run.json", "000000.h5"]
    assert os.listdir() == []


def test_a_forced_run_that_was_killed_still_replaces(folder, often):
    network, duration = NETWORKS["rich"]
    store.save(simulate(network, duration, 7), "run.h5")
    stopped(network, duration, "run.h5", 9, force=True)
    assert ictal.load("run.h5").source["seed"] == 7
    record_to_file(network, duration, 1, "run.h5", resume=True)
    assert everything("run.h5") == whole(network, duration)


def test_a_fingerprint_tells_every_part(folder):
    seen = {fingerprint(network) for network, _ in NETWORKS.values()}
    seen |= {fingerprint(small(**{name: value})) for name, value in (("j_e", 1.0), ("tau_m", 19.0), ("delay", 1.0))}
    assert len(seen) == len(NETWORKS) - 1 + 3  # "a step" is "cuba"
    assert fingerprint(rich()) == fingerprint(rich())


# The command


def command(*arguments):
    return [sys.executable, "-m", "ictal", "simulate", *arguments]


def test_the_command_streams_what_python_holds_in_memory(folder, capfd):
    assert cli.run(["simulate", "cuba", "--duration", "0.3", *SMALL, "--seed", "2", "--threads", "2"]) == 0
    run = ictal.simulate("cuba", duration=0.3, n_e=320, n_i=80, seed=2)
    assert everything("cuba.h5") == everything(store.save(run, "whole.h5"))
    out = capfd.readouterr().out
    assert out == "".join(f"{name}: {entry!r}\n" for name, entry in run.items()) + "wrote cuba.h5\n"
    assert cli.run(["simulate", "cuba", "--duration", "0.3", *SMALL, "--seed", "2", "--resume"]) == 0
    assert capfd.readouterr().out == "cuba.h5 is complete: this very run\n"
    again = json.loads(json.dumps(dict(ictal.load("cuba.h5").source)))["command"]
    assert "--threads" not in again
    assert cli.run(["simulate", "cuba", "--duration", "0.3", "--precision", "float32", "-o", "f.h5"]) == 0
    assert "--precision float32" in ictal.load("f.h5").source["command"]
    assert cli.run([*shlex.split(ictal.load("f.h5").source["command"])[1:], "-o", "g.h5"]) == 0
    assert everything("f.h5") == everything("g.h5")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["classifier", "--resume"], "--resume: is for spiking networks on the compiled engine"),
        (["classifier", "--dry-run"], "--dry-run: is for spiking"),
        (["cuba", "--engine", "brian2", "--threads", "2"], "--threads: is for spiking networks on the compiled"),
        (["cuba", "--engine", "brian2", "--precision", "float32"], "--precision: is for spiking"),
        (["cuba", "--resume", "--force"], "--resume goes on and --force starts again: say one of them"),
        (["cuba", "--precision", "float16"], "unknown precision 'float16'"),
        (["cuba", "--threads", "0"], "--threads"),
        (["cuba", "--threads", "many"], "--threads"),
        (["cuba", "--seed", "-1"], "seed: must be a whole number"),
        (["cuba", "--duration", "0.00005"], "multiple of dt"),
        (["cuba", "-o", "missing/run.h5"], "its folder missing does not exist"),
        (["cuba", "-o", "missing/run.h5", "--dry-run"], "its folder missing does not exist"),
        (["cuba", "--duration", "1e9", "--set", "n_e=100000", "--set", "probability=0.00001"], "of disk"),
        (["cuba", "--set", "n_e=30000000", "--set", "n_i=10000000"], "of memory"),
        (["cuba", "--set", "n_e=30000000", "--set", "n_i=10000000", "--dry-run"], "of memory"),
    ],
)
def test_bad_input_is_one_line_and_touches_nothing(folder, capfd, arguments, words):
    assert cli.run(["simulate", *arguments]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert words in err
    assert err.count("\n") == 1
    assert os.listdir() == []


def test_dry_run(folder, capfd, monkeypatch):
    arguments = ["simulate", "cuba", "--duration", "20", "--dry-run"]
    assert cli.run(arguments) == 0
    text = re.sub(r"\n {8}", " ", capfd.readouterr().out)  # lines that go on
    assert re.search(r"^memory  about \d+ MB \(.* free\)$", text, re.M)
    assert re.search(
        r"^file    about \d.* [kM]B, and up to \d.* MB of disk while it is written \(.* free\)$", text, re.M
    )
    assert re.search(r"^time    about .* s on 1 thread$", text, re.M)
    assert "measured on the first 200 ms of this run" in text
    assert cli.run([*arguments, "--json"]) == 0
    needs = json.loads(capfd.readouterr().out)
    assert os.listdir() == []
    began = time.monotonic()
    assert cli.run(["simulate", "cuba", "--duration", "20"]) == 0
    wall = time.monotonic() - began
    assert needs["seconds"] == pytest.approx(wall, rel=3.0)
    assert needs["file"] == pytest.approx(os.path.getsize("cuba.h5"), rel=1.0)
    monkeypatch.setattr(forecast, "MEASURED_UP_TO", 0)
    assert cli.run([*arguments, "--force"]) == 0
    assert "counted, not measured" in capfd.readouterr().out


def test_what_does_not_fit_is_refused_before_it_is_drawn(folder, monkeypatch):
    network, duration = NETWORKS["rich"]
    monkeypatch.setattr(continued, "instantiate", None)
    with monkeypatch.context() as patched:
        patched.setattr(forecast, "available_memory", lambda: 10**7)
        with pytest.raises(InputError, match=r"needs about .* of memory and 10 MB are free; make it smaller"):
            record_to_file(network, duration, 1, "run.h5")
    monkeypatch.setattr(forecast, "free_disk", lambda folder: 1000)
    with pytest.raises(InputError, match=r"needs about .* of disk \(at 5 spikes/s a cell\) and 1 kB are free"):
        record_to_file(network, duration, 1, "run.h5")
    assert os.listdir() == []


def test_memory_that_a_control_group_leaves(tmp_path, monkeypatch):
    assert 10**7 < machine.available_memory() < 10**14
    (tmp_path / "meminfo").write_text("MemTotal: 99 kB\nMemAvailable:    4000 kB\n")
    monkeypatch.setattr(machine, "_MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(machine, "_OWN_CGROUPS", tmp_path / "none")
    assert machine.available_memory() == 4_096_000
    monkeypatch.setattr(machine, "_CGROUPS", tmp_path)
    monkeypatch.setattr(machine, "_OWN_CGROUPS", tmp_path / "cgroup")
    for line, root, limit, used, cache in (
        ("0::/job/step", tmp_path, "memory.max", "memory.current", "inactive_file"),
        ("4:memory:/job", tmp_path / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        (tmp_path / "cgroup").write_text(f"3:cpuset:/x\n{line}\n")
        job = root / "job"
        job.mkdir(parents=True)
        (job / limit).write_text("1000000\n")
        (job / used).write_text("600000\n")
        (job / "memory.stat").write_text(f"anon 5\n{cache} 100000\n")
        assert machine.available_memory() == 500_000
    (tmp_path / "cgroup").write_text("0::/job\n")
    (tmp_path / "job" / "memory.max").write_text("max\n")
    assert machine.available_memory() == 4_096_000
    monkeypatch.setattr(machine, "_MEMINFO", tmp_path / "none")
    assert machine.available_memory() > 10**7  # what sysconf says


# Signals


def lines_of(process):
    """What it says but progress, and how it ends."""
    told = process.stderr.read()
    progress = r"ictal: simulate \w+: \d+ %( \S+ of \S+ s)?(, about .* left)?"
    return [line for line in told.splitlines() if not re.fullmatch(progress, line)]


@posix
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_in_time_and_says_how_to_go_on(folder, number, code):
    arguments = ["seizure", "--duration", "300", "--set", "protocol=rest", "-o", "a run.h5", "--threads", "2"]
    with subprocess.Popen(command(*arguments), stderr=subprocess.PIPE, text=True) as process:
        while not (folder / "a run.h5.part" / "000001.h5").exists():  # the first may hold the compiling alone
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(number)
        began = time.monotonic()
        (line,) = lines_of(process)
        assert process.wait(timeout=60) == code
    assert time.monotonic() - began < 2
    # where it is, if code that is compiled let go of it within 1.5 s
    found = re.fullmatch(r"ictal: interrupted(?: at (\S+) of 300 s)?; go on with: ictal (simulate .* --resume)", line)
    assert shlex.split(found[2])[-5:] == ["--threads", "2", "-o", "a run.h5", "--resume"]
    assert os.listdir() == ["a run.h5.part"]
    assert any(arrays["spikes/E/steps"].size for _, _, arrays in UnfinishedRun(folder / "a run.h5.part").chunks())
    done = UnfinishedRun(folder / "a run.h5.part").steps_done()
    assert found[1] is None or done * 0.1 / 1000 == pytest.approx(float(found[1]))
    chunks = len(list((folder / "a run.h5.part").glob("0*.h5")))
    again = [sys.executable, "-m", "ictal", *shlex.split(found[2])]
    with subprocess.Popen(again, stderr=subprocess.PIPE, text=True) as process:
        assert "simulate seizure" in process.stderr.readline()
        while not (folder / "a run.h5.part" / f"{chunks:06d}.h5").exists():  # stopped at once it may have done nothing
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(number)
        (line,) = lines_of(process)
        assert process.wait(timeout=60) == code
    assert UnfinishedRun(folder / "a run.h5.part").steps_done() > done


STUCK = """
import sys, time
from ictal import cli
from ictal.simulator.engines import continued
from ictal.simulator.long_runs import stepper as stepping
class Stuck(continued.Simulation):
    def advance(self, until):
        if self.step > 1000:
            print("stuck", flush=True)
            time.sleep(60)  # goes on sleeping when a handler has run, as compiled code does
        return super().advance(until)
continued.Simulation, stepping.CUT_AFTER, stepping.ADVANCE = Stuck, 0.0, 20.0
cli.main(sys.argv[1:])
"""


@posix
def test_an_advance_that_does_not_end_is_left_after_the_grace(folder):
    arguments = ["simulate", "cuba", "--duration", "5", *SMALL, "--quiet"]
    with subprocess.Popen(
        [sys.executable, "-c", STUCK, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "stuck\n"
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        (line,) = lines_of(process)
        assert process.wait(timeout=60) == 143
    assert time.monotonic() - began < 2
    assert line.startswith("ictal: interrupted; go on with: ictal simulate cuba --duration 5.0 ")
    assert cli.run(shlex.split(line.split("go on with: ictal ")[1])) == 0
    run = ictal.simulate("cuba", duration=5.0, n_e=320, n_i=80)
    assert everything("cuba.h5") == everything(store.save(run, "whole.h5"))


@posix
def test_a_signal_before_the_first_step_leaves_nothing(folder):
    early = "import os, signal\nfrom ictal import cli\nfrom ictal.simulator.engines import continued\n"
    early += (
        "continued.instantiate = lambda *a: os.kill(os.getpid(), signal.SIGTERM)\nimport sys; cli.main(sys.argv[1:])"
    )
    done = subprocess.run([sys.executable, "-c", early, "simulate", "cuba"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (143, "", "ictal: interrupted\n")
    assert os.listdir() == []


# One process warms up and forks. Each child goes on with one and the same run, until it is killed at a moment drawn
# over a tenth of the time that the whole takes.
HARNESS = """
import json, os, random, signal, sys, time
from ictal.cli import run
from ictal.simulator.long_runs import stepper as stepping

stepping.CUT_AFTER, stepping.CUT_AT_MOST, stepping.WRITING_SHARE, stepping.ADVANCE = 0.0, 0.0, 1e9, 20.0

def start(name):
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os._exit(run([*json.loads(sys.argv[1]), "-o", name, "--resume"]))
    return pid

warm = json.loads(sys.argv[1])
warm[-1] = "0.1"
assert run([*warm, "-o", "warm.h5"]) == 0
began = time.monotonic()
assert os.waitpid(start("whole.h5"), 0)[1] == 0
length = time.monotonic() - began
rng, killed, ends = random.Random(int(sys.argv[2])), 0, 0
while killed < 20 and not ends:
    pid = start("run.h5")
    time.sleep(rng.uniform(0, length / 8))
    os.kill(pid, signal.SIGKILL)
    status = os.waitpid(pid, 0)[1]
    killed, ends = killed + os.WIFSIGNALED(status), ends + (not os.WIFSIGNALED(status))
    assert os.WIFSIGNALED(status) or status == 0, status
assert os.waitpid(start("run.h5"), 0)[1] == 0
print(json.dumps({"killed": killed, "length": length}))
"""


@posix
@pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX")
def test_killed_twenty_times(folder):
    arguments = ["simulate", "seizure", "--set", "g=1.0", "--seed", "5", "--quiet", "--duration", "3"]
    done = subprocess.run(
        [sys.executable, "-c", HARNESS, json.dumps(arguments), "1"], capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["killed"] >= 12, "too few children were at work: the moments do not test anything"
    assert everything("run.h5") == everything("whole.h5")
    run = ictal.simulate("seizure", g=1.0, seed=5, duration=3.0)
    assert everything("run.h5") == everything(store.save(run, "memory.h5"))
    assert not os.path.exists("run.h5.part")


PEAK = """
import resource, sys
from ictal import cli
code = cli.run(["simulate", "cuba", "--quiet", "--duration", sys.argv[1], "-o", sys.argv[1] + ".h5"])
print(code, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@posix
@pytest.mark.slow
def test_memory_does_not_grow_with_the_duration(folder):
    peaks = {}
    for duration in ("10", "100"):
        done = subprocess.run([sys.executable, "-c", PEAK, duration], capture_output=True, text=True, timeout=600)
        code, peak = map(int, done.stdout.split())
        assert code == 0, done.stderr
        peaks[duration] = peak * (1 if sys.platform == "darwin" else 1024) / 1e6
    assert peaks["100"] < peaks["10"] + 50, peaks
