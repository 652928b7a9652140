"""Networks of one's own in verbs and shell: an object, a description and a Python file give the same bits."""

import json
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import ictal
from ictal.cli import run as shell
from ictal.simulator import InputError, Network, Normal, Uniform, load, network_of, save_network, simulate
from ictal.simulator.files.identity import fingerprint
from ictal.simulator.networks.description import parse_network
from ictal.simulator.networks.paths import changed

FILE = '''
"""A ring of cells of one's own."""

from ictal.simulator import DeltaSynapse, Edges, Network, PoissonInput, Population, Projection

N = 12


def network(rate: float = 2.0, n: int = N, name="E"):
    """Return n cells, each of which excites the next."""
    cells = Population(
        name, n, tau_m=20.0, v_rest=0.0, v_threshold=20.0, v_reset=10.0, refractory=2.0, v_init=(0.0, 20.0),
        synapses=(DeltaSynapse("e"),),
    )
    ring = Edges([i for i in range(n)], [(i + 1) % n for i in range(n)])
    return Network((cells,), (Projection(name, name, "e", ring, 5.0, 1.5),), (PoissonInput(name, "e", rate, 0.7),))
'''


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(FILE)
    save_network(made(), "mine.json")
    return tmp_path


def made(**given):
    scope = {}
    exec(FILE, scope)
    network = scope["network"](**given)
    assert isinstance(network, Network)
    return network


def same(one, other):
    assert list(one) == list(other)
    for name in one:
        np.testing.assert_array_equal(one[name].time, other[name].time)
        np.testing.assert_array_equal(one[name].unit, other[name].unit)


def test_every_way_gives_the_bits_of_the_engine(folder, capsys):
    expected = simulate(made(), 0.3, seed=4)
    assert expected["E"].time.size > 20
    for system in (made(), "mine.json", "mine.py", folder / "mine.json"):
        same(ictal.simulate(system, duration=0.3, seed=4), expected)
    for name in ("mine.json", "mine.py"):
        assert shell(["simulate", name, "--duration", "0.3", "--seed", "4", "-o", f"{name}.h5"]) == 0
        same(load(f"{name}.h5"), expected)
    ictal.simulate_to_file(made(), "object.h5", duration=0.3, seed=4)
    same(load("object.h5"), expected)
    capsys.readouterr()


def test_the_file_names_the_network_its_parameters_and_the_command(folder, capsys):
    words = ["simulate", "mine.py", "--duration", "0.1", "--set", "rate=3", "--set", "populations.E.tau_m=15"]
    assert shell(words) == 0  # writes mine.h5
    source = load("mine.h5").source
    assert source["system"] == "mine.py"
    assert {**source["parameters"], "network_sha256": ""} == {
        "rate": 3.0, "n": 12, "name": "E", "populations.E.tau_m": 15.0, "duration": 0.1, "network_sha256": "",
    }  # fmt: skip
    run = load("mine.h5")
    again = source["command"].split()[1:]
    assert shell([*again, "-o", "again.h5"]) == 0
    same(load("again.h5"), run)
    assert "command" not in ictal.simulate(made(), duration=0.1).source
    capsys.readouterr()


def test_parameters_are_set_by_their_paths(folder):
    network = made()
    values = {"populations.E.tau_m": 15.0, "projections.0.weight": 1.0, "dt": 0.05, "inputs.0.rate": 3.0}
    found = ictal.simulate("mine.json", duration=0.2, seed=1, **values)
    description = json.loads((folder / "mine.json").read_text())
    description["populations"][0]["tau_m"] = 15
    description["projections"][0]["weight"] = 1
    description["dt"] = 0.05
    description["inputs"][0]["rate"] = 3
    same(found, simulate(network_of(description), 0.2, seed=1))
    same(found, ictal.simulate(network, duration=0.2, seed=1, **values))
    same(ictal.simulate("mine.py", duration=0.2, rate=3.0), simulate(made(rate=3.0), 0.2, seed=0))


def test_a_file_that_changed_is_read_again(folder):
    before = ictal.simulate("mine.py", duration=0.1)
    (folder / "mine.py").write_text(FILE.replace("N = 12", "N = 13"))
    assert (before["E"].n_units, ictal.simulate("mine.py", duration=0.1)["E"].n_units) == (12, 13)


def test_a_python_file_may_hold_the_network_itself_and_its_duration(folder):
    (folder / "plain.py").write_text(
        FILE.replace("def network", "def make") + "\nnetwork = make(n=5)\nduration = 0.2\n"
    )
    run = ictal.simulate("plain.py")
    assert (run["E"].n_units, run["E"].duration) == (5, 0.2)
    assert not list(folder.glob("**/*.pyc"))


def test_a_sweep_of_a_python_file_and_of_an_object(folder, capsys):
    words = ["sweep", "mine.py", "--grid", "rate=2,3", "--grid", "populations.E.tau_m=15:20:2", "--set", "duration=0.1"]
    assert shell([*words, "--seeds", "2"]) == 0
    assert "8 points: 8 done" in capsys.readouterr().out
    assert shell([*words, "--seeds", "2"]) == 0
    assert "8 were there" in capsys.readouterr().out
    opened = ictal.open_sweep("mine-sweep")
    point = next(p for p in opened if p.parameters == {"rate": 3.0, "populations.E.tau_m": 20.0} and p.seed == 1)
    same(opened.load(point), ictal.simulate("mine.py", duration=0.1, seed=1, rate=3.0, **{"populations.E.tau_m": 20.0}))
    with ThreadPoolExecutor(1) as executor:
        swept = ictal.sweep(made(), {"populations.E.tau_m": [15.0, 20.0]}, folder="s", settings={"duration": 0.1},
                            executor=executor)  # fmt: skip
    assert not swept.failures
    with pytest.raises(InputError, match="is another run: network_sha256"):
        ictal.sweep(made(n=13), {"populations.E.tau_m": [15.0, 20.0]}, folder="s", settings={"duration": 0.1})


def test_analyse_finds_attractors_and_says_what_it_cannot(folder):
    found = ictal.analyse(made(), attractors=True, starts=2, duration=0.1)
    assert found.config["system"] == "Network"
    rates = ("inputs.0.rate", [2.0, 3.0])
    assert ictal.attractors("mine.json", starts=2, starts_from=rates, duration=0.1).config["starts_from"][1:] == [
        2.0,
        3.0,
    ]
    with pytest.raises(InputError, match=r"mine.json is a network of spiking cells; use attractors instead"):
        ictal.analyse("mine.json", lyapunov=True, duration=0.1)
    with pytest.raises(InputError, match=r"has no activity; give ictal.simulate"):
        ictal.compare({"a": made(), "b": made()})


def test_explain_lists_every_parameter(folder):
    text = ictal.explain("mine.py")
    assert "Return n cells, each of which excites the next." in text
    assert re.search(r"\n  rate +2.0 ", text)
    assert re.search(r"\n  populations.E.tau_m +20.0 +> 0\s+membrane time constant \[ms\]", text)
    assert "1 population (E: 12); 1 projection; 1 input; 0 signals" in ictal.explain("mine.json")


REFUSED = {
    ("mine.json",): "mine.json: a network of one's own has no duration; give --duration SECONDS",
    ("mine.json", "--set", "populations.E.tau=3"): "unknown parameter 'populations.E.tau' of the network; did you mean "
                                                   "'populations.E.tau_m'?",
    ("mine.json", "--set", "tau_m=3"): "did you mean 'populations.E.tau_m'?",
    ("mine.py", "--set", "rat=3"): "mine.py: unknown parameter 'rat' of the network; did you mean 'rate'?",
    ("mine.py", "--set", "rate=x"): "mine.py: network(rate): must be a number; got 'x'",
    ("mine.py", "--set", "n=1.5"): "mine.py: network(n): must be a whole number; got '1.5'",
    ("mine.py", "--duration", "1", "--set", "rate=-3"): "mine.py: line 16: PoissonInput.rate: must be >= 0 [1/ms]",
    ("mine.json", "--duration", "1", "--set", "populations.E.tau_m=-3"): "Population.tau_m: must be > 0 [ms]; got -3.0",
    ("mine.json", "--duration", "1", "--set", "populations.E.tau_m=3", "--set", "populations.E.tau_m=4"):
        "--set populations.E.tau_m: is given twice",
    ("mine.json", "--duration", "1", "--set", "projections.0.rule=3"): "cannot be set from the command line",
    ("mine.json", "--duration", "-1"): "duration: must be > 0 [s]; got -1.0",
    ("mine.json", "--duration", "0.10003"): "must be a multiple of dt",
    ("absent.json", "--duration", "1"): "absent.json: no such file",
    ("absent.py", "--duration", "1"): "absent.py: no such file",
    ("broken.py", "--duration", "1"): "broken.py: line 2: '(' was never closed",
    ("raises.py", "--duration", "1"): "raises.py: line 1: ZeroDivisionError: division by zero",
    ("leaves.py", "--duration", "1"): "leaves.py: line 1: SystemExit: 3",
    ("empty.py", "--duration", "1"): "empty.py: must define network, a Network or a function that returns one; got "
                                     "nothing of this name",
    ("other.py", "--duration", "1"): "other.py: network() must return a Network; got int",
    ("guess.py", "--duration", "1"): "guess.py: network(g): needs an annotation or a default, e.g. g: float = 1.0",
    ("needs.py", "--duration", "1"): "needs.py: network() needs g; give it by --set g=VALUE",
    ("stars.py", "--duration", "1"): "stars.py: network() must have keyword parameters alone; got **more",
    ("wrong.json", "--duration", "1"): "wrong.json: populations[0].n: is missing: number of cells",
}  # fmt: skip
FILES = {
    "broken.py": "x = 1\nnetwork = (\n",
    "raises.py": "1 / 0\n",
    "leaves.py": "raise SystemExit(3)\n",
    "empty.py": "",
    "other.py": "def network():\n    return 3\n",
    "guess.py": "def network(g):\n    pass\n",
    "needs.py": "def network(g: float):\n    pass\n",
    "stars.py": "def network(**more):\n    pass\n",
    "wrong.json": '{"ictal_network": 1, "populations": [{"name": "E"}]}',
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_cannot_be_is_one_line(folder, capsys, words):
    for name, text in FILES.items():
        (folder / name).write_text(text)
    assert shell(["simulate", *words]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert REFUSED[words] in lines[0]
    assert not list(folder.glob("*.h5*"))


def test_settings_of_a_part_and_of_the_whole_are_refused(folder):
    with pytest.raises(InputError, match="give one of them"):
        ictal.simulate("mine.json", duration=0.1, **{"projections.0.rule": None, "projections.0.rule.pre": [0]})


def test_nothing_in_a_description_is_executed(folder):
    text = (folder / "mine.json").read_text()
    (folder / "evil.json").write_text(text.replace('"name": "E"', "\"name\": \"__import__('os').mkdir('gone')\"", 1))
    with pytest.raises(InputError):
        ictal.simulate("evil.json", duration=0.1)
    assert not (folder / "gone").exists()


@pytest.mark.slow
def test_the_installed_command_runs_a_python_file(folder):
    words = [sys.executable, "-m", "ictal", "simulate", "mine.py", "--duration", "0.1", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["file"] == "mine.h5"


def test_the_page_says_the_same_in_python_and_in_json():
    page = (Path(__file__).resolve().parents[2] / "docs" / "own_networks.md").read_text(encoding="utf-8")
    scope = {}
    exec(re.search(r"```python\n(# my_network.*?)```", page, re.DOTALL)[1], scope)
    described = parse_network(re.search(r"```json\n(.*?)```", page, re.DOTALL)[1])
    assert fingerprint(described) == fingerprint(scope["network"]())


def test_a_file_is_analysed_without_what_made_it(folder, capsys):
    ictal.simulate_to_file("mine.py", "run.h5", duration=0.1, rate=3.0)
    for name in ("mine.py", "mine.json"):
        (folder / name).unlink()
    found = ictal.analyse("run.h5", attractors=True, starts=2)
    same = ictal.analyse(made(rate=3.0), attractors=True, starts=2, duration=0.1)
    np.testing.assert_array_equal(found.attractors.features, same.attractors.features)
    assert found.config["source"]["file"] == "run.h5"
    assert shell(["analyse", "run.h5", "--attractors", "--starts", "2", "--set", "inputs.0.rate=2"]) == 0
    assert shell(["info", "run.h5"]) == 0
    out = capsys.readouterr().out
    assert "again from this file: ictal simulate run.h5\n" in out
    assert "with another parameter: ictal simulate run.h5 --set populations.E.tau_m=20.0\n" in out
    assert shell(["simulate", "run.h5", "--set", "inputs.0.rate=2", "--quiet"]) == 0
    same_as = ictal.simulate(made(rate=2.0), duration=0.1)
    np.testing.assert_array_equal(load("run-again.h5")["E"].time, same_as["E"].time)


def test_cells_that_differ_are_set_in_the_shell(folder, capsys):
    """Distributions and lists of numbers as texts, again by the recorded command, and on the file of the run."""
    sets = ["--set", "populations.E.tau_m=Normal(20, sd=2)", "--set", "populations.E.v_threshold=Uniform(15,20)"]
    sets += ["--set", f"populations.E.v_reset={','.join('5' for _ in range(11))},6.5"]
    assert shell(["simulate", "mine.json", "--duration", "0.2", "--seed", "3", *sets, "-o", "one.h5"]) == 0
    given = {"tau_m": Normal(20.0, 2.0), "v_threshold": Uniform(15.0, 20.0), "v_reset": np.array([5.0] * 11 + [6.5])}
    expected = simulate(changed(made(), {f"populations.E.{key}": value for key, value in given.items()}), 0.2, seed=3)
    assert expected["E"].time.size > 10
    same(load("one.h5"), expected)
    assert load("one.h5").source["parameters"]["populations.E.tau_m"] == {"mean": 20.0, "sd": 2.0}
    assert shell([*shlex.split(load("one.h5").source["command"])[1:], "-o", "two.h5"]) == 0
    same(load("two.h5"), expected)
    assert shell(["simulate", "one.h5", "--set", "populations.E.tau_m.sd=3", "-o", "three.h5"]) == 0
    wider = changed(load("one.h5").network, {"populations.E.tau_m.sd": 3.0})
    same(load("three.h5"), simulate(wider, 0.2, seed=3))
    assert shell(["simulate", "one.h5", "--set", "populations.E.tau_m=Normal(20,3)", "-o", "four.h5"]) == 0
    same(load("four.h5"), simulate(wider, 0.2, seed=3))
    many = ictal.simulate(made(n=200), duration=0.05, **{"populations.E.tau_m": np.linspace(10, 30, 200)})
    assert set(many.source["parameters"]["populations.E.tau_m"]) == {"shape", "sha256"}
    capsys.readouterr()


@pytest.mark.parametrize(("text", "words"), [
    ("Norml(20, 2)", "populations.E.tau_m: unknown kind 'Norml'; did you mean 'Normal'?"),
    ("Normal(20)", "populations.E.tau_m: must be Normal(mean, sd); got Normal(20)"),
    ("Normal(20, 2, 3)", "populations.E.tau_m: must be Normal(mean, sd); got Normal(20, 2, 3)"),
    ("Normal(20, b=2)", "populations.E.tau_m: must be Normal(mean, sd); got Normal(20, b=2)"),
    ("Normal(20, x)", "populations.E.tau_m: sd: must be a number; got 'x'"),
    ("Normal(20, -1)", "Normal.sd: must be >= 0; got -1.0"),
    ("10,20,x", "populations.E.tau_m: must be a number; got 'x'"),
    ("10,20", "tau_m: must hold one value for each of 12 cells [ms]; got shape (2,); a range is Uniform(low, high)"),
    ("wide", "populations.E.tau_m: must be a number; got 'wide'"),
])  # fmt: skip
def test_a_text_that_is_no_parameter_of_cells_is_one_line(folder, capsys, text, words):
    assert shell(["simulate", "mine.json", "--duration", "0.1", "--set", f"populations.E.tau_m={text}"]) == 2
    found = capsys.readouterr().err
    assert words in found
    assert found.strip().count("\n") == 0
    assert not list(folder.glob("*.h5*"))


def test_a_number_of_a_distribution_is_swept(folder, capsys):
    network = changed(made(), {"populations.E.tau_m": Normal(20.0, 1.0)})
    save_network(network, "drawn.json")
    words = ["sweep", "drawn.json", "--grid", "populations.E.tau_m.sd=1,3", "--set", "duration=0.1", "--seeds", "1"]
    assert shell([*words, "-o", "points"]) == 0, capsys.readouterr()
    assert len(list((folder / "points").glob("*.h5"))) == 2
    assert shell(["sweep", "drawn.json", "--grid", "populations.E.tau_m=Normal(20, 2)", "--set", "duration=0.1"]) == 2
    assert "a swept value must be a number or text; got Normal" in capsys.readouterr().err
