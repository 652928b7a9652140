"""The recipes of CONTRIBUTING.md, followed to the letter by a package of its own; and packages that are broken."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from ictal import CLAIMS
from ictal.experiments.planted import planted

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
KINDS = {
    "relaxation": "system",
    "crowd": "system",
    "roughness": "measure",
    "damp": "treatment",
    "slowing": "experiment",
    "late": "claim",
    ".xyz": "reader",
    "names": "format",
    "tally": "result",
}
COMMANDS = """
import contextlib, io, json, sys
from ictal.cli import run
answers = []
for words in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(words)
    answers.append((code, out.getvalue(), err.getvalue()))
print(json.dumps(answers))
"""
CHECKS = (  # contracts that hold for what is registered, whoever made it
    "tests/ictal/test_facade.py::test_everything_that_is_registered_resolves",
    *(f"tests/ictal/test_facade.py::test_explain_says_what_there_is_to_say[{name}]" for name in KINDS),
    "tests/analyses/test_measures_backends.py::test_every_measure_says_what_it_is[roughness]",
    *(
        f"tests/models/test_treatments.py::{check}[damp]"
        for check in (
            "test_dose_0_is_no_treatment_bit_by_bit",
            "test_it_acts_is_seeded_and_leaves_the_global_generator_alone",
            "test_stopped_and_resumed_is_uninterrupted",
            "test_hooks_are_gone_after_the_end_and_after_an_error",
            "test_evaluation_is_not_treated",
        )
    ),
)


def install(folder, name, summary, points, files):
    """A package as pip would leave it: its modules, and a dist-info with entry points."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    about = folder / f"{name.replace('-', '_')}-0.1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\nSummary: {summary}\n")
    lines = [f"[{group}]\n" + "".join(f"{key} = {where}\n" for key, where in rows.items()) for group, rows in points]
    (about / "entry_points.txt").write_text("\n".join(lines))


def python(folder, words, **options):
    place = os.pathsep.join(map(str, (folder, ROOT, os.environ.get("PYTHONPATH", ""))))
    env = {**os.environ, "PYTHONPATH": place.rstrip(os.pathsep), "OMP_NUM_THREADS": "1"}
    return subprocess.run([sys.executable, *words], env=env, capture_output=True, text=True, check=False, **options)


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    """The folder in which the package of CONTRIBUTING.md is installed."""
    folder = tmp_path_factory.mktemp("kit")
    blocks = re.findall(r"```python\n# (my_kit/\w+\.py)\n(.*?)```", PAGE, re.S)
    (toml,) = re.findall(r"```toml\n(.*?)```", PAGE, re.S)
    project = tomllib.loads(toml)["project"]
    files = {"my_kit/__init__.py": "", **dict(blocks)}
    install(folder, project["name"], project["description"], project["entry-points"].items(), files)
    return folder


@pytest.fixture(scope="module")
def answers(kit, tmp_path_factory):
    """Command -> (code, stdout, stderr), all in one process."""
    work = tmp_path_factory.mktemp("work")
    rng = np.random.default_rng(0)
    np.savetxt(work / "a.xyz", rng.normal(size=(300, 4)))
    (work / "bad.xyz").write_text("one two\n")
    planted("present", seeds=3).save(work / "evidence.h5")
    commands = {
        "list": ["list", "--json"],
        **{f"explain {name}": ["explain", name, "--json"] for name in KINDS},
        "simulate": ["simulate", "relaxation", "--set", "tau=0.25", "--seed", "2", "-o", "x.h5"],
        "bounds": ["simulate", "relaxation", "--set", "tau=-1"],
        "spiking": ["simulate", "crowd", "--duration", "0.2", "-o", "crowd.h5"],
        "read": ["measure", "a.xyz", "--measures", "roughness", "--json"],
        "bad file": ["measure", "bad.xyz"],
        "analyse": ["analyse", "relaxation", "--lyapunov", "3", "--time", "5", "--json"],
        "train": [
            *("train", "mlp", "--data", "digits", "--n-train", "200", "--steps", "4", "--treat", "damp=0.1"),
            *("-o", "net.h5", "--json"),
        ],
        "export": ["export", "crowd.h5", "--to", "names"],
        "claims": ["claims", "evidence.h5", "--json", "--figures", "figures"],
    }  # fmt: skip
    (work / "figures").mkdir()
    done = python(kit, ["-c", COMMANDS, json.dumps(list(commands.values()))], cwd=work)
    assert done.returncode == 0, done.stderr
    return work, dict(zip(commands, json.loads(done.stdout.splitlines()[-1]), strict=True))


def test_the_new_things_are_listed_and_explained(answers):
    _, said = answers
    listed = json.loads(said["list"][1])
    for name, kind in KINDS.items():
        title = {"format": "exports"}.get(kind, f"{kind}s")
        assert listed[title][name] == "from my-kit: Small things of every kind."
        code, out, _ = said[f"explain {name}"]
        facts = json.loads(out)
        assert (code, facts["name"], facts["kind"]) == (0, name, kind)
    tau = next(p for p in json.loads(said["explain relaxation"][1])["parameters"] if p["name"] == "tau")
    assert tau["default"] == 0.5


def test_the_new_things_work_on_the_command_line(answers):
    work, said = answers
    for name in ("simulate", "spiking", "read", "analyse", "train", "export", "claims"):
        assert said[name][0] == 0, said[name]
    import ictal

    x = ictal.load(work / "x.h5").recording("x").numpy()
    np.testing.assert_allclose(x[25], x[0] * np.exp(-1.0), rtol=1e-6)
    assert ictal.load(work / "crowd.h5").spikes("E").n_units == 50
    (row,) = json.loads(said["read"][1])["rows"]
    assert (row["measure"], row["n_units"]) == ("roughness", 4)
    assert row["value"] == pytest.approx(2.0, abs=0.2)
    assert (work / "crowd-names.txt").read_text() == "spikes/E\n"
    assert "damp=0.1" in json.dumps(dict(ictal.load(work / "net.h5").source), default=str)
    late = next(row for row in json.loads(said["claims"][1])["claims"] if row["claim"] == "late")
    assert late["verdict"].startswith("not run")  # the planted evidence was made for other claims
    for name, what in (
        ("bounds", "Relaxation.tau: must be > 0 [s]; got -1"),
        ("bad file", "must hold rows of numbers"),
    ):
        code, _, err = said[name]
        assert (code, err.count("\n")) == (2, 1)
        assert what in err


def test_an_experiment_and_a_claim_of_a_package_give_what_ours_give(kit, tmp_path):
    script = (
        "import ictal\n"
        "from ictal.experiments.planted import planted\n"
        "from my_kit.tally import Count, Tally\n"
        "Tally([Count(0, 3)], {'command': ''}).save('tally.h5')\n"
        "assert ictal.load('tally.h5').rows == [Count(0, 3)]\n"
        "ictal.EXPERIMENTS.load('slowing')(seed=1).save('slowing.h5')\n"
        "found = ictal.CLAIMS.load('late').effects(planted('present', seeds=3))\n"
        "print({e.way for e in found.effects}, [e.part for e in found.effects if e.way == 'few'])\n"
    )
    done = python(kit, ["-c", script], cwd=tmp_path)
    assert done.stdout in (
        "{'few', 'noise'} ['rises late', 'more than the control']\n",
        "{'noise', 'few'} ['rises late', 'more than the control']\n",
    ), done.stderr
    assert (tmp_path / "slowing.h5").stat().st_size > 0


def test_the_contracts_run_over_the_new_things(kit):
    done = python(kit, ["-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *CHECKS], cwd=ROOT)
    assert done.returncode == 0, done.stdout
    assert f"{len(CHECKS)} passed" in done.stdout


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    folder = tmp_path_factory.mktemp("broken")
    points = {
        "ictal.measures": {
            "sick": "broken_kit.sick:SICK",
            "other_name": "ictal.analyses.measures.paper_indices:SI_3",
            "number": "broken_kit:THREE",
            "no_colon": "broken_kit",
        },
        "ictal.systems": {"cuba": "broken_kit:Cuba", "gone": "no_such_module:Gone"},
        "ictal.claims": {"sick_claim": "broken_kit.sick:CLAIM"},
    }
    files = {"broken_kit/__init__.py": "THREE = 3\n", "broken_kit/sick.py": "raise RuntimeError('needs\\na doctor')\n"}
    install(folder, "broken-kit", "Does not work.", points.items(), files)
    return folder


def test_a_broken_package_costs_one_line_and_nothing_else(broken, tmp_path):
    np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(size=(200, 4)))

    def ictal_(*words):
        done = python(broken, ["-m", "ictal", *words], cwd=tmp_path)
        return done.returncode, done.stdout, done.stderr.splitlines()

    code, out, err = ictal_("list")
    assert (code, err) == (0, ["ictal: system 'cuba' of package broken-kit: Ictal has this name; left out"])
    assert "cuba" in out
    assert "CUBA benchmark" in ictal_("list", "systems")[1]
    doctor = "measure 'sick' of package broken-kit cannot be loaded: RuntimeError: needs a doctor"
    assert ictal_("explain", "sick") == (2, "", [f"ictal: {doctor}"])
    code, out, err = ictal_("measure", "x.npy", "--dt", "0.01", "--json")
    assert code == 0
    assert {row["measure"] for row in json.loads(out)["rows"]} >= {"si_3", "chi_c"}
    assert [line for line in err if "broken-kit" in line] == [
        f"ictal: {doctor}; left out",
        "ictal: measure 'other_name' of package broken-kit: ictal.analyses.measures.paper_indices:SI_3 must have the "
        "same name; got 'si_3'; left out",
        "ictal: measure 'number' of package broken-kit: broken_kit:THREE is no measure: a int without kernel; left out",
        "ictal: measure 'no_colon' of package broken-kit cannot be loaded: InputError: 'broken_kit': must be "
        "module:Object; left out",
    ]
    code, _, err = ictal_("simulate", "gone")
    assert code == 2
    assert err == [
        "ictal: system 'gone' of package broken-kit cannot be loaded: ModuleNotFoundError: "
        "No module named 'no_such_module'"
    ]
    code, out, err = ictal_("claims", "--json")
    assert (code, len(json.loads(out)["claims"]), len(err)) == (0, len(CLAIMS), 1)
