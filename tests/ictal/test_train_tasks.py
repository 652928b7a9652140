"""`ictal train --tasks`: what it writes, that it goes on to the same bits, how it is drawn, and bad input."""

import json

import numpy as np
import pytest
import torch

import ictal
from ictal import cli
from ictal.analyses import TaskResult, task_scores
from ictal.cli import output
from ictal.models import (
    Job,
    SynchronyChoice,
    TaskChoice,
    Training,
    UnfinishedTrainingError,
    load_data,
    open_model,
    task_sequence,
    train_to_file,
)
from ictal.models.training import checkpoint as weight_files
from ictal.models.training import train_sequence
from ictal.models.training.build import network
from ictal.simulator import InputError

QUICK = ["train", "mlp", "--n-train", "200", "--set", "hidden=16,12", "--lr", "5e-3", "--steps", "12", "--every", "6",
         "--batch-size", "20"]  # fmt: skip
CLASS = [*QUICK, "--tasks", "split:5", "--scenario", "class"]
HOW = Training(steps=12, every=6, batch_size=20, learning_rate=5e-3)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(output, "FIRST_LINE", 1e9)
    return tmp_path


def job(**given):
    data = ictal.DataChoice("digits", 200)
    return Job("mlp", HOW, {"hidden": (16, 12)}, data, tasks=TaskChoice("split:5", "class"), **given)


def weights(file):
    return weight_files.read(file, "model")["model"]


def test_the_command_trains_as_python_does_and_says_what_was_found(capfd):
    assert cli.run([*CLASS, "--seed", "3", "-o", "a.h5", "--json"]) == 0
    said = json.loads(capfd.readouterr().out)
    found = ictal.load("a.h5")
    assert isinstance(found, TaskResult)
    assert (said["file"], said["model"], said["complete"]) == ("a.h5", "a.pt", False)
    assert said["assumptions"] == ["tasks: classes are taken in the order of their numbers"]
    assert said["final"][0]["accuracy"] == found.score().accuracy
    data = load_data("digits", n_train=200, seed=3)
    tasks = task_sequence(data, "split:5", scenario="class", seed=3)
    first, order, _ = (int(s) for s in np.random.SeedSequence(3).generate_state(3))
    model = network(ictal.models.architecture("mlp", {"hidden": (16, 12)}), data, first)
    log = train_sequence(model, tasks, HOW, seed=order)
    assert found.readings == ("class", "task")
    for reading, matrix in log.accuracy.items():
        np.testing.assert_array_equal(found.matrix(reading), matrix)
        assert found.score(reading) == task_scores(matrix, reading)
    there = weights("a.pt")
    assert all(torch.equal(there[name], weight) for name, weight in model.state_dict().items())
    assert [row.test_accuracy for row in found.training] == [h.final()["test_accuracy"] for h in log.histories]
    assert {(row.after, row.layer) for row in found.synchrony} == {
        (k, f"hidden.{layer}.relu") for k in range(6) for layer in (0, 1)
    }
    assert found.config["command"] in said["command"]
    assert sum({row.on: row.n for row in found["class"]}.values()) == 449
    network_of_file, about = open_model("a.pt")
    assert about["n_classes"] == 10
    assert network_of_file(torch.zeros(1, 8, 8)).shape == (1, 10)
    assert cli.run(["evaluate", "a.pt", "--json"]) == 0


def test_the_recorded_command_repeats_it(capfd):
    assert cli.run([*QUICK, "--tasks", "permuted:3", "--treat", "clip=1", "-o", "a.h5"]) == 0
    command = ictal.load("a.h5").config["command"].split()
    assert cli.run([*command[1:], "-o", "b.h5"]) == 0
    a, b = ictal.load("a.h5"), ictal.load("b.h5")
    assert list(a) == list(b)
    assert list(a.synchrony) == list(b.synchrony)
    x, y = weights("a.pt"), weights("b.pt")
    assert all(torch.equal(x[name], y[name]) for name in x)
    assert cli.run([*command[1:], "-o", "b.h5", "--resume"]) == 0
    assert "b.h5 is complete: this very training" in capfd.readouterr().out
    assert cli.run([*command[1:], "--joint", "-o", "b.h5", "--resume"]) == 2
    assert "b.h5: exists already and is of another training" in capfd.readouterr().err


@pytest.mark.parametrize("at", [1, 20, 47])
def test_stopped_and_resumed_files_hold_the_same_bits(at):
    given = job(treatments=("desync=0.5", "dropout=0.2"))
    whole = ictal.train_tasks_to_file(given, "whole.h5")
    asked = iter(range(1000))
    with pytest.raises(UnfinishedTrainingError):
        ictal.train_tasks_to_file(given, "part.h5", stop=lambda: next(asked) >= at)
    with pytest.raises(InputError, match=r"part\.h5\.part: holds unfinished training"):
        ictal.train_tasks_to_file(given, "part.h5")
    resumed = ictal.train_tasks_to_file(given, "part.h5", resume=True)
    assert list(whole.result) == list(resumed.result)
    assert list(whole.result.synchrony) == list(resumed.result.synchrony)
    assert list(whole.result.training) == list(resumed.result.training)
    x, y = weights("whole.pt"), weights("part.pt")
    assert all(torch.equal(x[name], y[name]) for name in x)
    assert ictal.train_tasks_to_file(given, "part.h5", resume=True).complete


def test_a_treatment_that_does_nothing_changes_no_bit():
    plain = ictal.train_tasks_to_file(job(), "a.h5").result
    idle = ictal.train_tasks_to_file(job(treatments=("desync=0", "l2=0")), "b.h5").result
    assert list(plain) == list(idle)


@pytest.mark.parametrize(
    "tasks", [("split:2", "class", False), ("split:5", "task", True), ("permuted:12", None, False)]
)
def test_results_are_drawn_and_read_back(tasks, tmp_path):
    name, scenario, joint = tasks
    given = Job("mlp", Training(steps=2, batch_size=20), {"hidden": (8, 6)}, ictal.DataChoice("digits", 100),
                tasks=TaskChoice(name, scenario, joint))  # fmt: skip
    found = ictal.train_tasks_to_file(given, "x.h5").result
    again = ictal.load("x.h5")
    assert list(found) == list(again)
    np.testing.assert_array_equal(found.matrix(), again.matrix())
    overview = again.overview()
    score = again.score()
    text = overview.title.replace("\n", " ")
    assert f"accuracy {score.accuracy:.2f}".replace("0.", ".") in text
    assert ("learnt at once" in text) == joint
    assert {"overview", *(f"tasks/accuracy-{reading}" for reading in again.readings)} <= set(again.pictures())
    frame = again.to_pandas()
    assert len(frame) == len(again) == again.matrix().size * len(again.readings)
    assert len(again.to_pandas("scores")) == len(again.readings)
    assert cli.run(["plot", "x.h5", "-o", "figures", "--all", "--quiet"]) == 0
    assert json.loads(json.dumps(again.to_json()))["tables/scores"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--tasks", "split:5"], "--tasks: split:5 is learnt in three ways: say scenario='task'"),
        (["--tasks", "split:3", "--scenario", "task"], "groups of the same size, of 2 classes at least; digits has 10"),
        (["--tasks", "permuted:3", "--scenario", "class"], "permuted:3 shares its outputs between tasks"),
        (["--tasks", "split:five", "--scenario", "task"], "must be split:N with N >= 2 tasks"),
        (["--tasks", "split:5", "--scenario", "tasks"], "unknown --scenario 'tasks'; did you mean 'task'?"),
        (["--tasks", ""], "unknown task sequence ''"),
        (["--tasks", "turned:5"], "unknown task sequence 'turned'"),
        (["--scenario", "class"], "--scenario, --joint and --keep-optimiser: are for --tasks NAME:N"),
        (["--joint"], "--scenario, --joint and --keep-optimiser: are for --tasks NAME:N"),
        (["--tasks", "permuted:2", "--synchrony", "auto"], "--synchrony: is of one training"),
        (["--tasks", "permuted:2", "--patience", "2"], "--patience: needs validation images"),
        (["--tasks", "permuted:2", "--joint", "--keep-optimiser"], "joint training is one task alone"),
        (["--tasks", "split:5", "--scenario", "class", "--label-noise", "0.2"], "needs right labels"),
        (["--tasks", "split:5", "--scenario", "class", "--n-test", "3"], "has no test images"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_nothing_is_written(words, message, capfd, folder):
    assert cli.run([*QUICK, *words, "-o", "x.h5"]) == 2
    err = capfd.readouterr().err
    assert message in err
    assert err.startswith("ictal: ")
    assert err.count("\n") == 1
    assert list(folder.iterdir()) == []


def test_jobs_of_one_kind_are_refused_by_the_other():
    with pytest.raises(InputError, match=r"train_to_file\.job: has tasks; say train_tasks_to_file"):
        train_to_file(job(), "x.h5")
    with pytest.raises(InputError, match=r"train_tasks_to_file\.job: has no tasks; say tasks=TaskChoice"):
        ictal.train_tasks_to_file(Job("mlp", HOW), "x.h5")
    with pytest.raises(InputError, match=r"train_tasks_to_file\.job: has synchrony"):
        ictal.train_tasks_to_file(job(synchrony=SynchronyChoice(("auto",))), "x.h5")


def test_names_of_tasks_are_listed_and_explained(capfd):
    assert cli.run(["list", "tasks"]) == 0
    assert {"split", "permuted"} <= set(capfd.readouterr().out.split())
    assert "three" not in ictal.explain("permuted")
    assert "the label is the place within the group" in " ".join(ictal.explain("split").split())
