"""`ictal reproduce`: what is done is not done again, what was cut short goes on, the evidence is what was trained."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from ictal import ledger, reproduce
from ictal.analyses import Evidence
from ictal.analyses.claims.causal import PULLED
from ictal.analyses.claims.claim import Doses
from ictal.analyses.claims.desync import DESYNC, NOISE, STOPPED
from ictal.analyses.claims.robust import EARLY_STOP
from ictal.analyses.comparison.result import Comparison
from ictal.analyses.evidence.outcomes import under_attack
from ictal.experiments import attacks, gather, scales
from ictal.experiments import reproduce as evidence_module
from ictal.experiments.gather import FILE, TRAININGS
from ictal.experiments.scales import Bench, Condition, claims_at, data_forms, data_paths, plan
from ictal.experiments.stages import STAGES, Request
from ictal.models import UnfinishedTrainingError
from ictal.simulator import InputError, load

TINY = Bench(
    "tiny", "MLP, 4 × 12", "digits", "mlp", "digits", {"n_train": 200, "n_val": 40, "n_test": 60},
    {"steps": 80, "every": 2, "batch_size": 20, "learning_rate": 5e-3}, {"hidden": (12, 12, 12, 12)},
    (Condition("well fitted", "control"), Condition("few samples", "few", {"n_train": 20})),
    nulled=("si_3",), n_probe=60,
)  # fmt: skip


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setitem(scales.BENCHES, "quick", (TINY,))
    monkeypatch.setitem(scales.SEEDS, "quick", 2)


def files(folder):
    return {file.name: file.stat().st_mtime_ns for file in (folder / "quick" / TRAININGS).glob("*.h5")}


@pytest.mark.usefixtures("tiny")
def test_what_is_there_is_not_done_again(tmp_path):
    said = []
    first = reproduce(["rise", "validation"], folder=tmp_path, progress=lambda *now: said.append(now))
    assert (first.trained, first.found) == (4, 0)
    assert [now[0] for now in said] == sorted(now[0] for now in said)
    assert {now[1] for now in said} == {320}
    before = files(tmp_path)
    again = reproduce(["rise", "validation"], folder=tmp_path)
    assert (again.trained, again.found) == (0, 4)
    assert files(tmp_path) == before
    more = reproduce(["rise", "validation"], folder=tmp_path, seeds=3)
    assert (more.trained, more.found) == (2, 4)
    less = reproduce(["rise"], folder=tmp_path)
    assert (less.trained, less.found) == (0, 4)
    assert {training.seed for training in Evidence.load(less.file).trainings} == {0, 1, 2}, "less takes nothing away"
    rows = {row.claim.name: row for row in ledger([tmp_path]).rows}
    assert rows["rise"].scale == rows["validation"].scale == "quick"
    assert rows["depth"].verdict.startswith("not run")
    folder = tmp_path / "quick" / TRAININGS  # of seed 2 this call has no plan: it only gathers what an earlier one left
    (folder / "tiny-few-samples-seed2.h5").write_bytes((folder / "tiny-few-samples-seed0.h5").read_bytes())
    with pytest.raises(InputError, match=r"seed2.h5: is of another training than its name: seed is 0 there and 2 here"):
        reproduce(["rise"], folder=tmp_path)


@pytest.mark.usefixtures("tiny")
def test_the_evidence_is_what_was_trained(tmp_path):
    done = reproduce(["rise"], folder=tmp_path)
    evidence = Evidence.load(done.file)
    assert {(c.condition, c.seed) for c in evidence.trainings} == {
        (condition, seed) for condition in ("well fitted", "few samples") for seed in range(2)
    }
    run = load(tmp_path / "quick" / TRAININGS / "tiny-few-samples-seed1.h5")
    training = next(c for c in evidence.trainings if (c.condition, c.seed) == ("few samples", 1))
    np.testing.assert_allclose(training.metrics["gap"], run.recording("history").numpy()[:, 4], rtol=1e-6)
    entry = run.recording(f"{training.layers[-1]}_post_test")
    column = list(entry.unit_labels["metric"]).index("si_3")
    np.testing.assert_allclose(training.layered()[:, -1], entry.numpy()[:, column], rtol=1e-6)
    assert training.steps[-1] == 80
    column = list(entry.unit_labels["metric"]).index("amplitude")
    np.testing.assert_allclose(training.layered("amplitude")[:, -1], entry.numpy()[:, column], rtol=1e-6)
    assert (training.metrics["weight_norm"] > 0).all()
    assert ((training.metrics["test_confidence"] > 0.1) & (training.metrics["test_confidence"] <= 1)).all()
    tested = ledger([Evidence.load(reproduce(["amplitude"], folder=tmp_path).file)])
    assert {e.n for e in tested.effects["quick"] if e.claim == "amplitude"} == {2}
    assert "cifar" not in evidence.config["command"]


def test_another_comparison_in_the_folder_is_refused(tmp_path):
    other = Comparison([], [], [], [], config={"experiment": "mine", "seeds": [0]})
    other.save(tmp_path / "seizure_overfitting.h5")
    said = r"seizure_overfitting.h5: is of another comparison: .*experiment is mine there and seizure_overfitting here"
    with pytest.raises(InputError, match=said):
        gather.write(tmp_path, [], {})
    request = Request("quick", ("eeg",), tmp_path, 1, (), (), "cpu", ())
    with pytest.raises(InputError, match=said):
        STAGES.load("brain").run(request, None, lambda: False)


@pytest.mark.usefixtures("tiny")
def test_stopped_and_gone_on_with_is_the_same(tmp_path):
    whole = reproduce(["rise"], folder=tmp_path / "a")
    left = 100

    def stop():
        nonlocal left
        left -= 1
        return left == 0

    with pytest.raises(UnfinishedTrainingError):
        reproduce(["rise"], folder=tmp_path / "b", stop=stop)
    assert not (tmp_path / "b" / "quick" / FILE).exists()
    again = reproduce(["rise"], folder=tmp_path / "b")
    assert again.found == 1
    for one, two in zip(Evidence.load(whole.file).trainings, Evidence.load(again.file).trainings, strict=True):
        np.testing.assert_array_equal(one.layered(), two.layered())
        np.testing.assert_array_equal(one.metrics["test_loss"], two.metrics["test_loss"])


@pytest.mark.usefixtures("tiny")
def test_evidence_that_was_not_written_is_written_the_next_time(tmp_path, monkeypatch):
    real, written = gather.write, []

    def once(*given):
        written.append(given)
        if len(written) == 1:
            real(*given)

    with monkeypatch.context() as patched:
        patched.setattr(evidence_module, "write", once)
        first = reproduce(["rise"], folder=tmp_path)  # the second seed is trained, and what it gave is not written
    assert len(Evidence.load(first.file).trainings) == 2
    again = reproduce(["rise"], folder=tmp_path)
    assert again.trained == 0
    assert len(Evidence.load(again.file).trainings) == 4
    stamp = again.file.stat().st_mtime_ns
    assert reproduce(["rise"], folder=tmp_path).file.stat().st_mtime_ns == stamp, "nothing to do"


TUNED = replace(
    TINY, conditions=TINY.conditions[1:], measures=("si_3",), nulled=(), treated=True, tuning={"steps": 16}, n_probe=30,
    n={"n_train": 100, "n_val": 40, "n_test": 30}, training={**TINY.training, "steps": 48, "every": 8},
)  # fmt: skip
FEW_ARMS = (Doses("L2", ("l2={}",), ("0.003", "0.03")), Doses(DESYNC, ("desync={},target=0",), ("1", "10")), EARLY_STOP)


@pytest.fixture
def tuned(monkeypatch):
    monkeypatch.setitem(scales.BENCHES, "quick", (TUNED,))
    monkeypatch.setitem(scales.SEEDS, "quick", 2)
    for module in (scales, attacks):
        monkeypatch.setattr(module, "treatments_of", lambda claims, scale: list(FEW_ARMS))


@pytest.mark.usefixtures("tuned")
def test_doses_are_tuned_by_shorter_trainings_and_networks_attacked(tmp_path):
    first = reproduce(["robust"], folder=tmp_path, finished=True)
    assert (first.trained, first.found, first.missing) == (0, 0, 8), "plain and stopped, two seeds; four that tune"
    done = reproduce(["robust"], folder=tmp_path)
    assert (done.trained, done.found, done.missing) == (12, 0, 0)
    evidence = Evidence.load(done.file)
    tuning = [c for c in evidence.trainings if c.kind == "tuning"]
    assert {(c.seed, c.steps[-1]) for c in tuning} == {(0, 16)}
    full = {c.condition for c in evidence.trainings if c.kind == "treated"}
    for treatment in ("L2", DESYNC):
        best = max(
            (c for c in tuning if c.condition.startswith(treatment)), key=lambda c: c.metrics["val_accuracy"][-1]
        )
        assert [c for c in full if c.startswith(treatment)] == [best.condition]
        (row,) = [row for row in evidence.config["doses"] if row["treatment"] == treatment]
        assert f"{treatment}, {row['dose']}" == best.condition
        assert (row["steps"], row["seeds"], len(row["validation_accuracy"])) == (16, [0], 2)
    found = under_attack(evidence.attacked)
    setting = "MLP, 4 × 12 on digits"
    assert set(found) == {(setting, name, seed) for name in ("few samples", *full) for seed in range(2)}
    for (_, condition, seed), one in found.items():
        last = next(
            c for c in evidence.trainings if (c.condition, c.seed, c.kind != "tuning") == (condition, seed, True)
        )
        assert one.clean == pytest.approx(last.metrics["test_accuracy"][-1], abs=1e-6), "the same weights and images"
        assert one.pgd[0.1].accuracy <= min(one.clean, one.noise[0.1].accuracy)
        assert set(one.transfer) == ({0.1} if condition != "few samples" else set())
    rows = {row.claim.name: row for row in ledger([evidence]).rows}
    assert rows["robust"].scale == "quick"
    assert rows["robust"].verdict == "undecided", "two seeds decide nothing"
    stamps = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.h5")}
    again = reproduce(["robust"], folder=tmp_path)
    assert (again.trained, again.found) == (0, 12)
    assert stamps == {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.h5")}, "nothing is done again"
    folder = tmp_path / "quick"
    (folder / "attacks" / "tiny-few-samples-seed0.h5").unlink()
    (folder / TRAININGS / "tiny-few-samples-seed0.h5").rename(tmp_path / "elsewhere")
    os.utime(folder / TRAININGS / "tiny-few-samples-seed1.h5")
    kept = Evidence.load(reproduce(["robust"], folder=tmp_path, finished=True).file)
    assert len(kept.trainings) == len(evidence.trainings)
    assert {(r.condition, r.seed, r.epsilon, r.accuracy) for r in kept.attacked} == {
        (r.condition, r.seed, r.epsilon, r.accuracy) for r in evidence.attacked
    }
    assert kept.config["kept"]["trainings"] == 1
    stopped = next(c for c in kept.trainings if (c.condition, c.seed) == (STOPPED, 0))
    run = load(folder / TRAININGS / "tiny-stopped-early-seed0.h5").recording("history")
    loss = run.numpy()[:, list(run.unit_labels["metric"]).index("val_loss")]
    assert stopped.steps.tolist() == list(range(0, 8 * loss.argmin() + 1, 8)), "read at the weights that were taken"
    assert stopped.metrics["val_loss"][-1] == pytest.approx(loss.min(), rel=1e-6)


@pytest.mark.usefixtures("tuned")
def test_attacks_stop_and_go_on(tmp_path, monkeypatch):
    for module in (scales, attacks):
        monkeypatch.setattr(module, "treatments_of", lambda claims, scale: [EARLY_STOP])

    def stop():
        return (tmp_path / "quick" / "attacks").is_dir()

    with pytest.raises(UnfinishedTrainingError, match="1 of 2"):
        reproduce(["robust"], folder=tmp_path, seeds=1, stop=stop)
    before = list((tmp_path / "quick" / "attacks").glob("*.h5"))
    assert len(before) == 1
    stamp = before[0].stat().st_mtime_ns
    reproduce(["robust"], folder=tmp_path, seeds=1)
    assert before[0].stat().st_mtime_ns == stamp
    weights = tmp_path / "quick" / TRAININGS / f"{before[0].stem}.pt"
    other = next(file for file in weights.parent.glob("*stopped*.pt"))
    weights.write_bytes(other.read_bytes())
    reproduce(["robust"], folder=tmp_path, seeds=1, finished=True)
    assert before[0].stat().st_mtime_ns > stamp, "other weights are attacked anew"


def test_data_are_given_by_their_form():
    paths = data_paths("medium", ("cifar100:a", "cifar10:b"))
    assert paths == {"cifar10:PATH": "cifar10:b", "cifar100:PATH": "cifar100:a"}
    assert data_paths("medium", "cifar10:b") == {"cifar10:PATH": "cifar10:b"}
    with pytest.raises(
        InputError, match=r"--data cifar9:x: no network of the scale medium takes it; wants cifar10:PATH"
    ):
        data_paths("medium", ("cifar9:x",))
    with pytest.raises(InputError, match="must be one of cifar10:PATH; got cifar10:a as well"):
        data_paths("medium", ("cifar10:a", "cifar10:b"))
    with pytest.raises(InputError, match=r"takes it; wants none"):
        plan("quick", ("rise",), data="cifar10:x")
    with pytest.raises(InputError, match=r"needs its data, --data cifar100:PATH, for desync, robust"):
        plan("medium", claims_at("medium", ()), data="cifar10:x")
    stems = {item.stem for item in plan("medium", ("robust",), data="cifar100:x")}
    assert "resnet18-cifar100-tuning-desyncreg-to-0-10-seed0" in stems
    assert "resnet18-cifar100-40-wrong-labels-stopped-early-seed2" in stems
    assert not any("desyncreg" in stem for stem in stems if "tuning" not in stem), "no dose is chosen yet"
    dose = {("ResNet-18, width 16 on CIFAR-100", DESYNC): "10"}
    more = {item.stem for item in plan("medium", ("robust",), data="cifar100:x", chosen=dose)} - stems
    assert more == {
        f"resnet18-cifar100-{lead}desyncreg-to-0-10-seed{k}" for lead in ("", "40-wrong-labels-") for k in range(3)
    }


def test_plans_of_every_scale():
    for scale in scales.SCALES:
        data = [form.replace("PATH", "somewhere") for form in data_forms(scale, claims_at(scale, ()))]
        planned = plan(scale, claims_at(scale, ()), data=data)
        stems = [item.stem for item in planned]
        assert len(set(stems)) == len(stems)
        kinds = {item.kind for item in planned}
        assert {"control", "few", "noise"} <= kinds
        pulled = [item.condition.startswith(f"{NOISE}: {PULLED}") for item in planned]
        assert any(pulled) == (scale == "quick")
        steps = {item.setting: set() for item in planned}
        for item, further in zip(planned, pulled, strict=True):
            if item.kind != "tuning":
                steps[item.setting].add(item.job.how.steps // (2 if further else 1))
        assert {len(found) for found in steps.values()} == {1}, "networks are compared after as many steps"
    quick = plan("quick", ("rise",))
    assert {item.kind for item in quick} == {"control", "few", "noise", "capacity"}
    both = plan("quick", ("desync",), seeds=1)
    noisy = [item for item in both if item.condition.startswith("40 % wrong labels: ")]
    assert {item.job.data.label_noise for item in noisy} == {0.4}
    assert {item.condition.split(": ")[1].rpartition(", ")[0] for item in noisy} >= {"L2", "dropout", "label smoothing"}
    with pytest.raises(InputError, match="--data"):
        plan("full", ("rise",))


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_signal_loses_no_finished_seed(tmp_path, how):
    command = [sys.executable, "-m", "ictal", "reproduce", "rise", "--seeds", "1", "-o", str(tmp_path), "--quiet"]
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    until = time.monotonic() + 200
    while len(files(tmp_path)) < 1 and time.monotonic() < until and process.poll() is None:
        time.sleep(0.1)
    time.sleep(1.0)
    process.send_signal(how)
    _, said = process.communicate(timeout=60)
    assert process.returncode == (130 if how == signal.SIGINT else -how)
    assert ("goes on from there" in said) == (how == signal.SIGINT)
    before = files(tmp_path)
    assert before
    enough = len(before) + 1
    with pytest.raises(UnfinishedTrainingError):
        reproduce(["rise"], seeds=1, folder=tmp_path, stop=lambda: len(files(tmp_path)) >= enough)
    after = files(tmp_path)
    assert len(after) == enough
    assert before.items() <= after.items()
