"""Files of runs as what is run: `ictal simulate FILE.h5`, again or on from its end."""

import json
import shutil
from dataclasses import replace

import h5py
import numpy as np
import pytest
from contents import everything

import ictal
from ictal import InputError, cli
from ictal.simulator import UnfinishedError
from ictal.verbs.again import file_to_file

SMALL = {"n_e": 160, "n_i": 40, "in_degree_e": 16, "in_degree_i": 4}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("made") / "a.h5"
    settings = [word for key, value in SMALL.items() for word in ("--set", f"{key}={value}")]
    words = ["simulate", "seizure", "--duration", "0.2", "--seed", "3", "-o", str(path), "--quiet", *settings]
    assert cli.run(words) == 0
    return path


@pytest.fixture
def file(made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return shutil.copy(made, tmp_path / "a.h5")


def spikes(path):
    run = ictal.load(path)
    return [np.concatenate([run.spikes(name).time, run.spikes(name).unit]) for name in ("E", "I")]


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(spikes(one), spikes(other), strict=True))


def test_a_file_is_run_again_to_the_same_bits(file, capfd):
    assert cli.run(["simulate", "a.h5", "--quiet"]) == 0
    assert same("a.h5", "a-again.h5")
    assert cli.run(["simulate", "a.h5", "--set", "g=0.5", "--set", "protocol=rest", "-o", "b.h5", "--quiet"]) == 0
    assert not same("a.h5", "b.h5")
    assert ictal.load("b.h5").source["parameters"]["g"] == 0.5
    assert cli.run(["simulate", "a.h5", "-o", "a.h5", "--force"]) == 2
    assert cli.run(["simulate", "a.h5", "--seed", "4", "--resume"]) == 2
    assert "a-again.h5: exists already and holds another run: seed is 3 there and 4 here" in capfd.readouterr().err
    assert cli.run(["info", "a-again.h5"]) == 0
    assert "again: ictal simulate a.h5" in capfd.readouterr().out


def test_a_file_goes_on_with_parameters_changed_or_not(file, capfd):
    assert cli.run(["simulate", "a.h5", "--continue", "0.1"]) == 0
    assert "changed at 0.2 s: nothing" in capfd.readouterr().out
    whole = ictal.simulate("seizure", seed=3, duration=0.3, **SMALL).select(time=(0.2, 0.3))
    assert np.array_equal(ictal.load("a-continued.h5").spikes("E").time, whole.spikes("E").time)
    assert cli.run(["simulate", "a.h5", "--continue", "0.1", "--set", "trigger_g=0.8", "-o", "c.h5"]) == 0
    assert "changed at 0.2 s: populations[E].synapses[i].gain.values: " in capfd.readouterr().out
    again = ictal.continue_run("a.h5", 0.1, trigger_g=0.8)
    assert np.array_equal(again.spikes("E").time, ictal.load("c.h5").spikes("E").time)
    assert again.source["continues"]["time"] == 0.2


REFUSED = {
    "simulate seizure --continue 1": "goes on from FILE.h5",
    "simulate a.h5 --continue 1 --seed 1": "takes the seed of the file",
    "simulate a.h5 --continue 1 --duration 1": "leave --seed and --duration out",
    "simulate a.h5 --continue 1 --set n_e=200": "Population.n: of 'E'",
    "simulate a.h5 --continue 0": "--continue: must be > 0 [s]; got 0.0",
    "simulate a.h5 --continue nan": "--continue: must be > 0 [s]; got nan",
    "simulate a.h5 --continue 1e30": "duration must be at most 1e+13 time steps",
    "simulate a.h5 --continue 0.00001": "must be a multiple of dt = 0.1 ms; got 1e-05 s",
    "simulate a.h5 --continue 1 --set g=nan": "SeizureNetwork.g",
    "simulate a.h5 --continue 1 --set duration=1": "--set duration=…: say --duration",
    "simulate a.h5 --set gg=1": "unknown parameter of seizure 'gg'; did you mean 'g'?",
    "simulate a.h5 --engine brian2": "--engine: a.h5 is run on the compiled engine in its precision; leave it out",
    "simulate a.h5 --precision float32": "--precision: a.h5 is run on the compiled engine",
    "simulate a.h5 -o a.h5 --force": "a.h5 is the file that is read",
    "simulate a.h5 -o nowhere/b.h5": "its folder nowhere does not exist",
    "simulate a.h5 -o b.txt": "want a name that ends in .h5",
    "simulate a.h5 -o r.h5": "r.h5: exists already",
    "simulate r.h5 --continue 1": "r.h5: holds no description of a network, and so no state to go on from; "
                                  "run it longer: ictal simulate r.h5 --duration SECONDS",
    "simulate r.h5 --resume": "--resume: is for spiking networks; r.h5 is of kuramoto; leave it out",
    "simulate r.h5 --threads 2": "--threads: is for spiking networks",
    "simulate r.h5 --seed -1": "seed: must be a whole number >= 0; got -1",
    "simulate r.h5 --set kk=1": "unknown parameter of kuramoto 'kk'; did you mean 'k'?",
    "simulate r.h5 --duration 0": "Kuramoto.duration: must be > 0 [model time]; got 0.0",
    "simulate absent.h5": "absent.h5: no such file",
    "simulate absent.h5 --continue 1": "absent.h5: no such file",
    "simulate cut.h5": "cut.h5: cannot be read as HDF5, damaged or truncated",
    "simulate cut.h5 --continue 1": "cut.h5: cannot be read as HDF5, damaged or truncated",
    "simulate m.h5": "m.h5: holds a measurements; want a run",
    "simulate mine.h5": "mine.h5: holds no description of a network, and its system 'mine' is none of ictal's",
    "sweep a.h5 --grid g=1,2": "a.h5: is a file, which the commands simulate and analyse take; here give its system",
}  # fmt: skip


@pytest.mark.parametrize("words", REFUSED)
def test_what_cannot_be_is_one_line(file, capfd, words, tmp_path):
    run = ictal.simulate("kuramoto", duration=1.0, n=3)
    ictal.save(run, "r.h5")
    ictal.save(ictal.Run({"x": replace(run["x"], source={})}, {"system": "mine"}), "mine.h5")
    ictal.measure(run, "mean_correlation", entries=["x"]).save("m.h5")
    (tmp_path / "cut.h5").write_bytes(file.read_bytes()[:9000])
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    capfd.readouterr()
    assert cli.run(words.split()) == 2
    err = capfd.readouterr().err
    assert REFUSED[words] in err
    assert err.count("\n") == 1
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def contents(path):
    run = ictal.load(path)
    return {n: (e.time, e.unit) if isinstance(e, ictal.Spikes) else (e.numpy(), e.times) for n, e in run.items()}


def equal(one, other):
    a, b = contents(one), contents(other)
    return list(a) == list(b) and all(np.array_equal(x, y) for n in a for x, y in zip(a[n], b[n], strict=True))


# Systems without a network

RATES = {
    "kuramoto": ["--duration", "3", "--set", "n=6", "--set", "noise=0.1", "--set", "drawn=2"],
    "stuart_landau": ["--duration", "2", "--set", "n=3", "--set", "graph=ring"],
    "wilson_cowan": ["--duration", "1", "--set", "p=0.8,1.2", "--set", "n=2", "--set", "graph=chain"],
    "epileptor": ["--duration", "2"],
    "ring": ["--duration", "0.5"],
    "zhang": ["--duration", "0.5"],
    "synthetic_eeg": ["--duration", "20", "--set", "onset=8", "--set", "seizure_duration=6"],
}


@pytest.mark.parametrize("system", RATES)
def test_a_system_without_a_network_is_run_again_to_the_same_bits(system, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert cli.run(["simulate", system, "--seed", "5", "-o", "a.h5", "--quiet", *RATES[system]]) == 0
    assert cli.run(["simulate", "a.h5"]) == 0
    assert "wrote a-again.h5" in capfd.readouterr().out
    assert equal("a.h5", "a-again.h5")
    a, b = ictal.load("a.h5").source, ictal.load("a-again.h5").source
    assert {**a, "command": ""} == {**b, "command": ""}
    assert b["command"] == "ictal simulate a.h5"
    assert cli.run(["simulate", "a-again.h5", "--quiet", "-o", "third.h5"]) == 0
    assert equal("a.h5", "third.h5")
    assert cli.run(["simulate", "a.h5", "--quiet", "--seed", "6", "-o", "other.h5"]) == 0
    assert ictal.load("other.h5").source["seed"] == 6
    assert cli.run(["simulate", "a.h5"]) == 2
    assert "a-again.h5: exists already" in capfd.readouterr().err


def test_a_system_is_run_again_with_another_parameter(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    ictal.save(ictal.simulate("kuramoto", duration=2.0, n=5, seed=3), "k.h5")
    assert cli.run(["simulate", "k.h5", "--set", "k=0.5", "--duration", "3", "-o", "b.h5", "--quiet"]) == 0
    ictal.save(ictal.simulate("kuramoto", duration=3.0, n=5, seed=3, k=0.5), "c.h5")
    assert equal("b.h5", "c.h5")
    out = capfd.readouterr().out
    assert cli.run(["info", "k.h5"]) == 0
    out = capfd.readouterr().out
    assert "again from this file: ictal simulate k.h5\n" in out
    assert "with another parameter: ictal simulate k.h5 --set k=3.0\n" in out
    assert "on from its end" not in out


def test_a_graph_that_is_another_file_now_is_refused(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    np.save("w.npy", np.ones((3, 3)))
    ictal.save(ictal.simulate("kuramoto", duration=1.0, n=3, graph="w.npy"), "k.h5")
    np.save("w.npy", np.eye(3))
    assert cli.run(["simulate", "k.h5"]) == 2
    assert "k.h5: its graph w.npy is another file now" in capfd.readouterr().err
    assert cli.run(["analyse", "k.h5", "--fixed-points"]) == 2
    assert "k.h5: its graph w.npy is another file now" in capfd.readouterr().err
    assert cli.run(["simulate", "k.h5", "--set", "graph=all", "--quiet"]) == 0


# Runs that went on from another file


def test_a_file_that_went_on_is_run_again_from_the_file_that_it_went_on_from(file, capfd, tmp_path, monkeypatch):
    assert cli.run(["simulate", "a.h5", "--continue", "0.1", "--set", "trigger_g=0.8", "-o", "b.h5", "--quiet"]) == 0
    assert cli.run(["simulate", "b.h5", "--continue", "0.1", "-o", "c.h5", "--quiet"]) == 0
    for name in ("b", "c"):
        assert cli.run(["simulate", f"{name}.h5"]) == 0
        assert "wrote" in capfd.readouterr().out
        assert equal(f"{name}.h5", f"{name}-again.h5")
        assert cli.run(["simulate", f"{name}.h5", "--resume"]) == 0
        assert "is complete: this very run" in capfd.readouterr().out
    assert cli.run(["simulate", "b.h5", "--duration", "0.2", "--set", "trigger_g=0.9", "-o", "d.h5", "--quiet"]) == 0
    ours = ictal.continue_run("a.h5", 0.2, trigger_g=0.9)
    assert np.array_equal(ictal.load("d.h5").spikes("E").time, ours.spikes("E").time)
    for words, said in (
        (["b.h5", "--seed", "4"], "seed: b.h5 goes on from a.h5 with its seed, 3; leave it out"),
        (["b.h5", "-o", "a.h5", "--force"], "a.h5: is the file that is read; name another one with -o"),
    ):
        assert cli.run(["simulate", *words]) == 2
        assert said in capfd.readouterr().err
    (tmp_path / "moved").mkdir()
    for name in ("a.h5", "b.h5"):
        (tmp_path / name).rename(tmp_path / "moved" / name)
    assert cli.run(["simulate", "moved/b.h5", "--quiet", "-o", "e.h5"]) == 0  # beside it
    assert equal("moved/b.h5", "e.h5")
    (tmp_path / "moved" / "a.h5").rename("gone.h5")
    assert cli.run(["simulate", "moved/b.h5", "-o", "f.h5"]) == 2
    assert "moved/b.h5: goes on from a.h5 at 0.2 s, which is not there; put it back" in capfd.readouterr().err
    settings = [word for key, value in SMALL.items() for word in ("--set", f"{key}={value}")]
    assert cli.run(["simulate", "seizure", "--duration", "0.2", "--seed", "4", "-o", "a.h5", "--quiet", *settings]) == 0
    assert cli.run(["simulate", "moved/b.h5", "-o", "f.h5"]) == 2
    assert "and a.h5 is another file now (SHA-256 " in capfd.readouterr().err
    assert cli.run(["simulate", "gone.h5", "-o", "a.h5", "--force", "--quiet"]) == 0  # the same run in another file
    assert cli.run(["simulate", "moved/b.h5", "-o", "f.h5", "--quiet"]) == 0
    assert equal("moved/b.h5", "f.h5")


def test_a_file_that_went_on_from_a_run_in_memory_says_so(file, capfd):
    ictal.save(ictal.continue_run(ictal.simulate("seizure", duration=0.1, **SMALL), 0.1), "m.h5")
    assert cli.run(["simulate", "m.h5"]) == 2
    assert "goes on from a run in memory at 0.1 s, which no file holds; save that run" in capfd.readouterr().err


def test_info_says_how_to_run_it_again_and_to_go_on(file, capfd):
    assert cli.run(["info", "a.h5"]) == 0
    out = capfd.readouterr().out
    ways = dict(line.split(": ", 1) for line in out.splitlines() if ": ictal simulate a.h5" in line)
    assert set(ways) == {"again from this file", "with another parameter", "on from its end"}
    for k, line in enumerate(ways.values()):
        assert cli.run([*line.split()[1:], "-o", f"way-{k}.h5", "--quiet"]) == 0, line
    assert equal("a.h5", "way-0.h5")
    assert equal("a.h5", "way-1.h5")  # the value that it has: to be changed
    assert ictal.load("way-2.h5").spikes("E").t0 == 0.2


def test_info_says_that_there_is_no_state(file, capfd):
    run = ictal.load("a.h5")
    ictal.save(ictal.Run(run, run.source, replace(run.origin, state={}, stored={})), "bare.h5")
    assert cli.run(["info", "bare.h5"]) == 0
    said = "on from its end: it holds no state; its engine is compiled; run it again, and go on from there"
    assert said in " ".join(capfd.readouterr().out.split())
    assert cli.run(["simulate", "bare.h5", "--continue", "1"]) == 2
    err = capfd.readouterr().err
    assert "bare.h5: holds no state to go on from" in err
    assert "ictal simulate bare.h5 -o NEW.h5" in err
    assert err.count("\n") == 1


# Stopped and killed


def test_a_stopped_continuation_is_resumed_to_the_bits_of_a_straight_run(file, tmp_path):
    before = file.read_bytes()
    ask = {"more": 0.3, "parameters": {"trigger_g": 0.8}}
    with pytest.raises(UnfinishedError):
        file_to_file("a.h5", "b.h5", **ask, stop=lambda: True)
    stops = iter([False, True])
    with pytest.raises(UnfinishedError):
        file_to_file("a.h5", "b.h5", **ask, resume=True, stop=lambda: next(stops, True))
    assert not (tmp_path / "b.h5").exists()
    with pytest.raises(InputError, match=r"b.h5.part: holds another run: .*trigger_g is 0.8 there and 0.9 here"):
        file_to_file("a.h5", "b.h5", more=0.3, parameters={"trigger_g": 0.9}, resume=True)
    with pytest.raises(InputError, match=r"b.h5.part: holds an unfinished run \(.* of 0.3 s\); say --resume"):
        file_to_file("a.h5", "b.h5", **ask)
    file_to_file("a.h5", "b.h5", **ask, resume=True)
    file_to_file("a.h5", "straight.h5", **ask)
    assert everything("b.h5") == everything("straight.h5")
    assert file.read_bytes() == before


def test_an_unfinished_run_of_an_older_version_is_refused(file, tmp_path):
    with pytest.raises(UnfinishedError):
        file_to_file("a.h5", "b.h5", more=0.3, parameters={}, stop=lambda: True)
    manifest = tmp_path / "b.h5.part" / "run.json"
    old = json.loads(manifest.read_text()) | {"part_version": 1}
    manifest.write_text(json.dumps(old))
    before = {path: path.read_bytes() for path in manifest.parent.iterdir()}
    with pytest.raises(InputError, match=r"b.h5.part: was written by another ictal \(version 1 .* say --force"):
        file_to_file("a.h5", "b.h5", more=0.3, parameters={}, resume=True)
    assert {path: path.read_bytes() for path in manifest.parent.iterdir()} == before
    file_to_file("a.h5", "b.h5", more=0.3, parameters={}, force=True)
    assert not manifest.parent.exists()


# What reads the description of a file


def edited(path, **parameters):
    """Write other parameters into the root of a file, as an editor of HDF5 would."""
    with h5py.File(path, "r+", locking=False) as handle:
        config = json.loads(handle.attrs["config"])
        config["parameters"] |= parameters
        handle.attrs["config"] = json.dumps(config)


def test_a_file_whose_parameters_were_edited_is_not_taken_for_another(file, capfd, tmp_path):
    ictal.save(ictal.simulate("kuramoto", duration=1.0, n=5), "k.h5")
    edited("a.h5", g=0.4)
    edited("k.h5", k=1.0)
    for words in (["simulate", "a.h5"], ["simulate", "a.h5", "--continue", "1"], ["analyse", "a.h5", "--attractors"],
                  ["simulate", "k.h5"], ["analyse", "k.h5"]):  # fmt: skip
        assert cli.run(words) == 2
        err = capfd.readouterr().err
        assert ".h5: was edited: its entries are of other parameters than the file: parameters." in err
        assert err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.h5", "k.h5"]


def test_a_file_of_a_network_that_its_system_does_not_make_is_not_analysed(file, capfd):
    run = ictal.load("a.h5")
    other = replace(run.network, dt=0.05)
    ictal.save(ictal.Run(run, run.source, replace(run.origin, read=lambda: other, stored={})), "b.h5")
    assert cli.run(["analyse", "b.h5", "--attractors"]) == 2
    assert "b.h5: seizure with the recorded parameters makes another network than the file holds: dt: 0.05 -> 0.1" in (
        capfd.readouterr().err
    )
