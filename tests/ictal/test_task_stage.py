"""Stage of `reproduce` that learns sequences of tasks: doses, seeds, resumption, and what its files are checked for."""

from pathlib import Path

import pytest

from ictal import ledger, reproduce
from ictal.analyses import NOT_TESTABLE, Evidence
from ictal.analyses.claims.claim import Doses
from ictal.analyses.claims.desync import DESYNC
from ictal.analyses.evidence.sequences import JOINT, PLAIN, sequences
from ictal.experiments import sequences as stage
from ictal.experiments.scales import data_forms
from ictal.experiments.sequences import FOLDER, PlannedSequence, learn
from ictal.experiments.stages import Request
from ictal.experiments.task_scales import TASK_BENCHES, TaskBench, task_benches
from ictal.models import UnfinishedTrainingError
from ictal.simulator import InputError

TINY = TaskBench(
    "tiny", "MLP, 12", "digits", "mlp", {"hidden": (12,)}, "digits", {"n_train": 100, "n_val": 60, "n_test": 100},
    "split:2", "class", {"optimiser": "sgd", "momentum": 0.0, "learning_rate": 0.1, "batch_size": 10, "epochs": 2}, 40,
)  # fmt: skip
EWC = Doses("EWC", ("ewc={},samples=20",), ("1", "100"))
SWEEP = Doses("pulled to SI", ("desync=1,target={}",), ("0.1", "0.9"), sweep=True)


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setitem(TASK_BENCHES, "quick", (TINY,))
    monkeypatch.setattr(stage, "_doses", lambda claims, scale: [EWC, SWEEP])


def request(place, seeds=2):
    return Request("quick", ("forget",), place, seeds, (), (), "cpu", ())


def stamps(place):
    return {file.stem: file.stat().st_mtime_ns for file in stage.files(place)}


@pytest.mark.usefixtures("tiny")
def test_doses_are_tuned_on_the_first_seed_and_sweeps_are_not(tmp_path):
    said = []
    stage.run(request(tmp_path), lambda *now: said.append(now), lambda: False)
    rows = stage.rows(tmp_path, ())["tasks"]
    (found,) = sequences(Evidence("quick", tasks=rows))
    assert found.name == "MLP, 12 on digits, split:2"
    assert found.way == "class-incremental"
    assert set(found.plain) == set(found.joint) == {0, 1}
    assert found.joint[0].matrix.shape == (2, 2)
    assert found.plain[0].matrix.shape == (3, 2)
    first = {dose: table[0].validation for dose, table in found.doses["EWC"].items()}
    best = max(first, key=first.get)
    assert {dose: set(table) for dose, table in found.doses["EWC"].items()} == {
        dose: {0, 1} if dose == best else {0} for dose in EWC.doses
    }
    assert all(set(table) == {0, 1} for table in found.doses["pulled to SI"].values())
    low, high = (table[0].synchrony for table in found.doses["pulled to SI"].values())
    assert 0 < low < high < 1
    assert [now[:2] for now in said] == [(at, 11) for at in range(11)]
    before = stamps(tmp_path)
    assert len(before) == 11
    stage.run(request(tmp_path), None, lambda: False)
    assert stamps(tmp_path) == before, "what is there is not done again"


@pytest.mark.usefixtures("tiny")
def test_reproduce_gathers_what_was_learnt(tmp_path):
    first = reproduce(["forget"], folder=tmp_path, seeds=1)
    evidence = Evidence.load(first.file)
    assert not evidence.trainings
    (found,) = sequences(evidence)
    assert set(found.doses) == {"EWC", "pulled to SI"}
    row = next(row for row in ledger([evidence]).rows if row.claim.name == "forget")
    assert row.verdict == NOT_TESTABLE
    assert row.why == f"every setting: no sequence of tasks was learnt with {DESYNC}"
    stamp = first.file.stat().st_mtime_ns
    assert reproduce(["forget"], folder=tmp_path, seeds=1).file.stat().st_mtime_ns == stamp, "nothing to do"
    assert data_forms("medium", ["forget"]) == ["cifar100:PATH"]


def test_a_sequence_that_was_stopped_goes_on_to_the_same_numbers(tmp_path):
    item = PlannedSequence(TINY, "EWC, 100", "treated", 3, ("ewc=100,samples=20", stage.CLIPPED))
    learn(item, tmp_path / "whole.h5")
    for left in (3, 14):  # within the first task, and within the second
        steps = iter(range(left))
        with pytest.raises(UnfinishedTrainingError):
            learn(item, tmp_path / "stopped.h5", stop=lambda steps=steps: next(steps, None) is None)
    learn(item, tmp_path / "stopped.h5")
    whole, stopped = (Evidence.load(tmp_path / f"{name}.h5").tasks for name in ("whole", "stopped"))
    assert list(map(repr, whole)) == list(map(repr, stopped))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["stopped.h5", "whole.h5"], "no checkpoint is left"


@pytest.mark.usefixtures("tiny")
def test_a_file_of_another_training_is_refused(tmp_path):
    folder = tmp_path / FOLDER
    folder.mkdir()
    other = PlannedSequence(TINY, PLAIN, "plain", 5, (stage.CLIPPED,))
    learn(other, folder / "tiny-fine-tuning-seed0.h5")
    with pytest.raises(InputError, match="is of another training than its name: seed is 5 there and 0 here; move it"):
        stage.run(request(tmp_path, seeds=1), None, lambda: False)


def test_data_that_a_sequence_needs_must_be_given():
    asked = Request("medium", ("forget",), Path("unused"), 1, (), (), "cpu", ())
    with pytest.raises(InputError, match="--data cifar100:PATH"):
        stage.check(asked)
    given = Request("medium", ("forget",), Path("unused"), 1, ("cifar100:here",), (), "cpu", ())
    stage.check(given)
    assert {bench.dataset for bench in task_benches("medium", given.data)} == {"cifar100:here"}


def test_every_arm_is_planned_once():
    items = stage.planned(TINY, [EWC, SWEEP], 1, {"EWC": "100"})
    assert [item.condition for item in items] == [PLAIN, JOINT, "EWC, 100", "pulled to SI, 0.1", "pulled to SI, 0.9"]
    assert len({item.stem for item in items}) == len(items)
    assert all(item.treatments[-1] == stage.CLIPPED for item in items)
