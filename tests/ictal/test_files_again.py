"""Files of runs as what is run: `ictal simulate FILE.h5`, again or on from its end."""

import numpy as np
import pytest

import ictal
from ictal import cli

SMALL = {"n_e": 160, "n_i": 40, "in_degree_e": 16, "in_degree_i": 4}


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = [word for key, value in SMALL.items() for word in ("--set", f"{key}={value}")]
    assert cli.run(["simulate", "seizure", "--duration", "0.2", "--seed", "3", "-o", "a.h5", "--quiet", *settings]) == 0
    return tmp_path / "a.h5"


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
    assert cli.run(["simulate", "c.h5"]) == 2
    assert "goes on from a.h5 at 0.2 s; run that again: ictal simulate a.h5" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["seizure", "--continue", "1"], "goes on from FILE.h5"),
        (["a.h5", "--continue", "1", "--seed", "1"], "takes the seed of the file"),
        (["a.h5", "--continue", "1", "--set", "n_e=200"], "Population.n: of 'E'"),
        (["a.h5", "--set", "gg=1"], "unknown parameter of seizure 'gg'"),
        (["r.h5", "--continue", "1"], "holds no description of a network"),
    ],
)
def test_what_cannot_be_is_one_line(file, capfd, words, said):
    ictal.save(ictal.simulate("kuramoto", duration=1.0), "r.h5")
    capfd.readouterr()
    assert cli.run(["simulate", *words]) == 2
    err = capfd.readouterr().err
    assert said in err
    assert err.count("\n") == 1
