"""`ictal train` and `ictal evaluate`: what they write, that a stopped or killed training goes on, and bad input."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

import ictal
from ictal import cli
from ictal.analyses import layer_synchrony
from ictal.analyses.layers.layer_synchrony import parts
from ictal.cli import output
from ictal.models import (
    CORRUPTIONS,
    METRICS,
    Classifier,
    DataChoice,
    Job,
    LayerSynchrony,
    SynchronyChoice,
    Training,
    UnfinishedTrainingError,
    corrupted,
    evaluate,
    load_data,
    open_model,
    out_of_distribution,
    probabilities,
    train_to_file,
)
from ictal.models.training import checkpoint as weight_files
from ictal.models.training.build import architecture_settings, treatment
from ictal.models.training.distributed import Ranks
from ictal.models.training.folder import TrainingFolder
from ictal.simulator import InputError

QUICK = ["train", "mlp", "--data", "digits", "--n-train", "200", "--set", "hidden=32,16", "--lr", "2e-3"]
SHORT = [*QUICK, "--steps", "60", "--every", "10"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def weights(file):
    return weight_files.read(file, "model")["model"]


def assert_equal(a, b):
    """Two trainings, FILE.h5 and FILE.pt, hold the same bits."""
    there, here = ictal.load(f"{a}.h5"), ictal.load(f"{b}.h5")
    assert list(there) == list(here)
    for name, entry in there.items():
        np.testing.assert_array_equal(entry.values, here[name].values)
    assert {**there.source, "model": ""} == {**here.source, "model": ""}
    x, y = weights(f"{a}.pt"), weights(f"{b}.pt")
    assert list(x) == list(y)
    assert all(torch.equal(x[name], y[name]) for name in x)


# What is written


def test_the_mlp_is_the_classifier_bit_by_bit(folder, ictal_):
    said = ictal_(*SHORT, "--seed", "3", "-o", "a.h5")
    model, history = Classifier(n_train=200, hidden=(32, 16), steps=60, every=10).fit(3)
    run = ictal.load("a.h5")
    np.testing.assert_array_equal(run.recording("history").values, history.values)
    assert tuple(run.recording("history").unit_labels["metric"]) == METRICS
    mine, theirs = list(weights("a.pt").values()), list(model.state_dict().values())
    assert len(mine) == len(theirs)
    assert all(torch.equal(a, b) for a, b in zip(mine, theirs, strict=True))
    assert said.splitlines()[-1] == "wrote a.h5 and a.pt"
    assert f"test accuracy {history.final()['test_accuracy']:.4g}" in said
    assert sorted(path.name for path in folder.iterdir()) == ["a.h5", "a.pt"], "nothing is left over"


def test_a_stored_command_repeats_its_result(folder, ictal_):
    ictal_(
        *QUICK, "--n-val", "40", "--n-test", "100", "--label-noise", "0.1", "--epochs", "4", "--batch-size", "50",
        "--optimiser", "sgd", "--momentum", "0.8", "--weight-decay", "0.001", "--schedule", "cosine", "--warmup", "3",
        "--accumulate", "2", "--patience", "3", "--augment", "noise,crop", "--treat", "dropout=0.1",
        "--treat", "label-smoothing=0.1", "--synchrony", "hidden.*.relu", "--synchrony-at", "0,8",
        "--synchrony-measures", "si_3", "--synchrony-nulls", "0", "--checkpoint-every", "3", "--seed", "5",
        "--device", "cpu", "-o", "a.h5",
    )  # fmt: skip
    run = ictal.load("a.h5")
    again = json.loads(ictal_("info", "a.h5", "--json"))["again"]
    assert again == run.source["command"]
    assert {"history", "hidden.0.relu_post_test"} <= set(run)
    ictal_(*shlex.split(again)[1:], "-o", "b.h5")
    assert_equal("a", "b")
    source = dict(run.source)
    assert (source["system"], source["parameters"]) == ("mlp", {"hidden": [32, 16]})
    assert source["data"]["label_noise"] == 0.1
    assert source["training"]["warmup"] == 3
    assert (source["seed"], source["engine"], source["model"]) == (5, "torch", "a.pt")
    with h5py.File("a.h5") as file:
        assert json.loads(file.attrs["config"])["training"]["accumulate"] == 2


def test_json_is_one_document_and_quiet_says_nothing(folder, ictal_):
    answer = json.loads(ictal_(*SHORT, "-o", "a.h5", "--json"))
    assert answer["kind"] == "training"
    assert (answer["file"], answer["model"], answer["complete"]) == ("a.h5", "a.pt", False)
    final = dict(zip(METRICS, ictal.load("a.h5").recording("history").values[-1], strict=True))
    assert answer["final"] == final
    assert ictal_(*SHORT, "-o", "b.h5", "--quiet") == ""
    assert ictal_(*QUICK[:2], "--n-train", "130", "--steps", "2", "--quiet") == ""
    assert (folder / "mlp.h5").exists()
    assert (folder / "mlp.pt").exists()


def test_progress_says_accuracy_gap_and_the_measure(folder, monkeypatch, capfd):
    monkeypatch.setattr(output, "FIRST_LINE", 0.0)
    monkeypatch.setattr(output, "NEXT_LINE", 0.0)
    how = ["--synchrony", "auto", "--synchrony-measures", "si_3", "--synchrony-nulls", "0"]
    assert cli.run([*SHORT, *how, "-o", "a.h5"]) == 0
    lines = capfd.readouterr().err.splitlines()
    pattern = r"ictal: train mlp: \d+ % accuracy 0\.\d{3} train, 0\.\d{3} test, gap -?0\.\d{3}, si_3 0\.\d{3}"
    lines = [re.sub(r", about \d+(\.\d)? (s|min) left$", "", line) for line in lines]
    assert len(lines) == 61
    assert all(re.fullmatch(pattern, line) for line in lines)


def test_a_sequence_goes_through_a_recurrent_network(folder, ictal_):
    ictal_(
        "train", "gru", "--data", "rows:digits", "--n-train", "150", "--set", "width=8", "--steps", "4", "-o", "r.h5"
    )
    model, about = open_model("r.pt")
    assert about["architecture"]["name"] == "gru"
    x = torch.tensor(load_data("rows:digits", n_train=150).x_test[:3])
    assert model.eval()(x).shape == (3, 10)


# Stopped, killed, resumed

TINY = Job("mlp", Training(steps=4, batch_size=50), {"hidden": (8,)}, DataChoice(n_train=50))
HARD = [
    *QUICK, "--n-val", "60", "--epochs", "20", "--batch-size", "40", "--schedule", "cosine", "--augment", "noise,crop",
    "--treat", "dropout=0.2", "--treat", "nid=0.1", "--checkpoint-every", "3", "--synchrony", "hidden.*.relu",
    "--synchrony-measures", "si_3", "--synchrony-nulls", "0",
]  # fmt: skip


def test_stopped_from_python_and_resumed_on_the_command_line(folder, ictal_, refused):
    ictal_(*SHORT, "-o", "whole.h5")
    job = Job(
        "mlp", Training(steps=60, every=10, learning_rate=2e-3), {"hidden": (32, 16)}, DataChoice("digits", n_train=200)
    )  # fmt: skip
    asked = iter(range(99))
    with pytest.raises(UnfinishedTrainingError, match="stopped at 24 of 60 steps"):
        train_to_file(job, "part.h5", stop=lambda: next(asked) == 23)
    part = folder / "part.h5.part"
    assert sorted(path.name for path in part.iterdir()) == ["checkpoint.pt", "history.h5", "run.json"]
    np.testing.assert_array_equal(
        ictal.load(part / "history.h5").recording("history").values,
        ictal.load("whole.h5").recording("history").values[:3],
    )
    before = contents(part)
    line = refused(*SHORT, "-o", "part.h5")
    assert "part.h5.part: holds unfinished training (24 steps done); say --resume to go on or --force" in line
    line = refused(*SHORT, "-o", "part.h5", "--resume", "--seed", "1")
    assert "checkpoint.pt: is of another training" in line
    assert "seed is 0 there and 1 here" in line
    line = refused(*SHORT, "-o", "part.h5", "--resume", "--treat", "l2=0.1")
    assert "is of another training" in line
    line = refused(*SHORT, "-o", "part.h5", "--resume", "--threads", "2")
    assert "threads is 1 there and 2 here" in line
    line = refused(
        "train", "convnet", *SHORT[2:6], "--lr", "2e-3", "--steps", "60", "--every", "10", "-o", "part.h5", "--resume"
    )
    assert "holds the weights of mlp(hidden=[32, 16]) of" in line
    assert "this model is convnet(" in line
    assert contents(part) == before
    ictal_(*SHORT, "-o", "part.h5", "--resume")
    assert_equal("whole", "part")
    assert not part.exists()


def test_resume_starts_and_says_when_all_is_done(folder, ictal_, refused):
    ictal_(*SHORT, "-o", "a.h5", "--resume")
    before = contents(folder)
    assert ictal_(*SHORT, "-o", "a.h5", "--resume").endswith("a.h5 is complete: this very training and a.pt\n")
    assert json.loads(ictal_(*SHORT, "-o", "a.h5", "--resume", "--json"))["complete"] is True
    line = refused(*SHORT, "-o", "a.h5", "--resume", "--batch-size", "64")
    assert "a.h5: exists already and is of another training: training.batch_size is 128 there and 64 here" in line
    assert "a.h5: exists already" in refused(*SHORT, "-o", "a.h5")
    assert contents(folder) == before
    (folder / "a.h5").unlink()
    assert "a.pt: exists already" in refused(*SHORT, "-o", "a.h5")
    ictal_(*SHORT, "-o", "a.h5", "--force")
    assert contents(folder)["a.pt"] is not None
    (folder / "a.pt").unlink()
    assert "its weights a.pt are gone; say --force" in refused(*SHORT, "-o", "a.h5", "--resume")


def test_force_drops_what_was_unfinished_and_replaces_at_the_end_only(folder, ictal_, refused):
    ictal_(*SHORT, "-o", "a.h5")
    before = (folder / "a.h5").read_bytes()
    asked = iter(range(99))
    job = Job("mlp", Training(steps=60, every=10), {"hidden": (8,)}, DataChoice("digits", n_train=200), seed=7)
    with pytest.raises(UnfinishedTrainingError):
        train_to_file(job, "a.h5", force=True, stop=lambda: next(asked) == 5)
    assert (folder / "a.h5").read_bytes() == before
    train_to_file(job, "a.h5", resume=True)
    assert ictal.load("a.h5").source["seed"] == 7
    assert open_model("a.pt")[1]["seed"] == 7


def test_a_folder_that_is_not_ours_or_damaged_is_left_alone(folder, refused):
    part = folder / "a.h5.part"
    part.mkdir()
    (part / "thesis.tex").write_text("mine")
    for flag in ([], ["--force"], ["--resume"]):
        assert "a.h5.part: is not what unfinished training leaves; move it away" in refused(*SHORT, "-o", "a.h5", *flag)
    assert (part / "thesis.tex").read_text() == "mine"
    (part / "thesis.tex").unlink()
    (part / "checkpoint.pt").write_bytes(b"torn")
    assert "run.json: is missing or damaged; say --force" in refused(*SHORT, "-o", "a.h5", "--resume")
    (part / "run.json").write_text('{"part_version": 99}')
    assert "was written by another ictal (version 99" in refused(*SHORT, "-o", "a.h5", "--resume")
    (part / "run.json").write_text('{"part_version": 1, "replaces": false}')
    assert "checkpoint.pt: is not a file of weights, or is cut off" in refused(*SHORT, "-o", "a.h5", "--resume")


def test_two_processes_do_not_train_into_one_folder(folder, refused):
    pytest.importorskip("fcntl")
    job = Job("mlp", Training(steps=60, every=10, learning_rate=2e-3), {"hidden": (32, 16)}, DataChoice("digits", 200))
    lines = []

    def stop():
        if not lines:
            lines.append(refused(*SHORT, "-o", "a.h5", "--resume"))
        return False

    train_to_file(job, "a.h5", stop=stop)
    assert "a.h5.part: another process is training here" in lines[0]


def test_a_loss_that_is_not_finite_keeps_the_checkpoint(folder, ictal_, refused):
    job = ["train", "mlp", "--n-train", "200", "--steps", "40", "--every", "4", "--optimiser", "sgd", "-o", "a.h5"]
    line = refused(*job, "--lr", "1e18")
    found = re.search(
        r"the (?:train )?loss is (?:nan|inf) at step (\d+) \(epoch \d\); lower learning_rate=1e\+18", line
    )
    assert found, line
    kept = int(re.search(r"the state at step (\d+) is kept in a\.h5\.part/checkpoint\.pt$", line.strip())[1])
    assert kept == (int(found[1]) - 1) // 4 * 4
    assert not (folder / "a.h5").exists()
    assert TrainingFolder.of(folder / "a.h5").steps_done() == kept
    ictal_("evaluate", "a.h5.part/checkpoint.pt", "--quiet")


HARNESS = """
import json, os, random, signal, sys, time
from pathlib import Path
import sklearn.datasets, torch
import ictal.models.trained.evaluate, ictal.models.synchrony, ictal.models.training, ictal.models.treatments.nid
import ictal.models.treatments.dropout, ictal.models.architectures.mlp
from ictal.cli import run

arguments, root = json.loads(sys.argv[1]), Path(sys.argv[2])

def start(folder, resume):
    pid = os.fork()
    if pid == 0:
        os.chdir(folder)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        os._exit(run([*arguments, "-o", "a.h5", *(["--resume"] if resume else [])]))
    return pid

def checkpoints(folder):  # yields at every new one, for ten minutes
    last, began = None, time.monotonic()
    while time.monotonic() - began < 600:
        try:
            now = os.stat(folder / "a.h5.part" / "checkpoint.pt").st_ino
        except FileNotFoundError:
            now = last
        if now != last:
            last = now
            yield
        time.sleep(0.0005)

(root / "whole").mkdir()
assert os.waitpid(start(root / "whole", False), 0)[1] == 0
rng = random.Random(2)
killed = 0
for k in range(4):
    folder = root / f"kill{k}"
    folder.mkdir()
    for sitting in range(2):
        pid = start(folder, True)
        for _, _ in zip(range(rng.randint(2, 8)), checkpoints(folder)):
            pass
        time.sleep(rng.uniform(0, 0.03))
        os.kill(pid, signal.SIGKILL)
        killed += os.WIFSIGNALED(os.waitpid(pid, 0)[1])
    assert os.waitpid(start(folder, True), 0)[1] == 0
print(killed)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX signals")
def test_killed_at_random_moments_and_resumed_is_uninterrupted_bit_by_bit(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", HARNESS, json.dumps(HARD), str(tmp_path)],
        capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == 8, "some were no longer at work: the moments test nothing"
    for k in range(4):
        assert_equal(tmp_path / "whole" / "a", tmp_path / f"kill{k}" / "a")
        assert sorted(path.name for path in (tmp_path / f"kill{k}").iterdir()) == ["a.h5", "a.pt"]


@pytest.mark.parametrize("written", ["a.pt", "a.h5"])
def test_what_a_kill_leaves_of_a_file_goes_with_the_folder(folder, ictal_, monkeypatch, written):
    """A process that dies between the last byte of a file and its name leaves the temporary one."""
    rename = Path.replace

    def dying(self, target):
        if Path(target).name == written:
            (left := self.with_name(f".{written}.0123456789ab.tmp")).write_bytes(self.read_bytes())
            assert left.parent.name == "a.h5.part"
            raise KeyboardInterrupt
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", dying)
        with pytest.raises(KeyboardInterrupt):
            train_to_file(TINY, "a.h5")
    assert not (folder / "a.h5").exists()
    train_to_file(TINY, "a.h5", resume=True)
    assert sorted(path.name for path in folder.iterdir()) == ["a.h5", "a.pt"]


def test_what_was_measured_streams_beside_the_history(folder):
    job = Job(
        "mlp",
        Training(steps=60, every=10, batch_size=50),
        {"hidden": (16,)},
        DataChoice(n_train=100),
        synchrony=SynchronyChoice(("hidden.*.relu",), nulls=0, measures=("si_3",), sets=("train",), n_probe=50),
    )
    asked, told = iter(range(99)), []
    with pytest.raises(UnfinishedTrainingError):
        train_to_file(job, "a.h5", stop=lambda: next(asked) == 33)
    run = ictal.load("a.h5.part/history.h5")
    assert run.recording("history").n_times == run.recording("hidden.0.relu_post_train").n_times == 4
    train_to_file(job, "a.h5", resume=True, progress=lambda done, total, what: told.append((done, what)))
    assert told[0][0] == 34
    assert "accuracy 0." in told[0][1]
    assert "si_3 0." in told[0][1], "what was last measured is said at once"


def test_surrogates_and_images_are_chosen_on_the_command_line(folder, ictal_, refused):
    synchrony = ["--synchrony", "hidden.*.relu", "--synchrony-measures", "si_3,chi_c", "--synchrony-sets", "val"]
    chosen = ["--synchrony-nulls-at", "20,40", "--synchrony-nulled", "chi_c", "--synchrony-n-probe", "40"]
    ictal_(*SHORT, "--n-val", "60", *synchrony, *chosen, "-o", "a.h5")
    run = ictal.load("a.h5")
    assert parts(run) == [("pre", "val"), ("post", "val")]
    found = layer_synchrony(run, "chi_c", of="val")
    assert found.times[np.isfinite(found.nulls["permute"].p[:, 0])].tolist() == [20, 40, 60]
    assert layer_synchrony(run, "si_3", of="val").nulls == {}
    assert found.source["n_samples"] == 40
    assert " ".join(chosen) in run.source["command"].replace("=", " ") or all(
        c in run.source["command"] for c in chosen
    )
    ictal_(*shlex.split(run.source["command"])[1:], "-o", "b.h5")
    assert_equal("a", "b")
    line = refused(*SHORT, "--n-val", "60", *synchrony, "--synchrony-at", "0,60", *chosen, "-o", "c.h5")
    assert "--synchrony-nulls-at: must be among the steps of at; got 20" in line
    for wrong, message in (
        (["--synchrony-nulls-at", "7"], "--synchrony-nulls-at: must be records: multiples of 10 steps up to 60; got 7"),
        (["--synchrony-sets", ""], "--synchrony-sets: must name at least one of train, val, test; got none"),
        (["--synchrony-n-probe", "3"], "--synchrony-n-probe: must be >= 8; got 3"),
        (["--synchrony-nulled", "si_2"], "--synchrony-nulled: must be among the measures; got 'si_2'"),
    ):
        own = synchrony[:-2] if wrong[0] == "--synchrony-sets" else synchrony
        assert message in refused(*SHORT, "--n-val", "60", *own, *wrong, "-o", "c.h5")


def test_classes_that_training_held_out_are_strange_to_the_network(folder, ictal_):
    ictal_(*SHORT, "--hold-out", "--seed", "3", "-o", "a.h5")
    command = ictal.load("a.h5").source["command"]
    assert "--hold-out" in command.split()
    ictal_(*shlex.split(command)[1:], "-o", "b.h5")
    assert_equal("a", "b")
    model, about = open_model("a.pt")
    assert about["n_classes"] == 8
    found = json.loads(ictal_("evaluate", "a.pt", "--ood", "--json"))
    assert list(found["strange"]) == ["held-out-classes", "permuted-pixels", "uniform-noise"]
    whole = load_data("digits", n_train=200, seed=3)
    assert found["sets"]["test"]["n"] + found["strange"]["held-out-classes"]["n"] == len(whole.x_test)
    pair = out_of_distribution("held-out-classes", whole, 3)
    score = probabilities(model, torch.tensor(pair.outside)).max(1)
    assert found["strange"]["held-out-classes"]["confidence"] == pytest.approx(float(score.mean()))


def test_a_controller_that_lacks_its_metric_is_refused_before_training(folder, refused):
    line = refused(*SHORT, "--treat", "validation=0.1", "-o", "a.h5")
    assert "a treatment reads val_loss at every record, which has train_loss, " in line
    assert "set validation images apart: load_data(n_val=…), --n-val" in line
    assert contents(folder) == {}


def test_only_the_first_process_takes_a_folder_away(folder, monkeypatch):
    train_to_file(TINY, "a.h5")
    part = TrainingFolder.of(Path("a.h5"))
    part.start(replaces=False)
    monkeypatch.setattr("ictal.models.training.distributed.launched", lambda: (1, 2))
    monkeypatch.setattr("ictal.models.training.distributed.joined", lambda where: Ranks())
    assert train_to_file(TINY, "a.h5", resume=True).complete
    assert part.folder.exists()
    monkeypatch.setattr("ictal.models.training.distributed.launched", lambda: (0, 2))
    assert train_to_file(TINY, "a.h5", resume=True).complete
    assert not part.folder.exists()


@pytest.mark.slow
@pytest.mark.parametrize(("sent", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_ends_it_resumably_and_the_line_it_says_goes_on(tmp_path, sent, code, monkeypatch):
    arguments = [*QUICK, "--steps", "100000", "--every", "50", "-o", "a.h5", "--quiet"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    child = subprocess.Popen(
        [sys.executable, "-m", "ictal", *arguments], cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=environment
    )
    file = tmp_path / "a.h5.part" / "history.h5"
    while not file.exists() or ictal.load(file).recording("history").n_times < 3:
        assert child.poll() is None
    child.send_signal(getattr(signal, sent))
    told = child.communicate(timeout=60)[1]
    assert child.returncode == code
    (line,) = told.splitlines()
    found = re.fullmatch(r"ictal: interrupted at step (\d+) of 100000; go on with: (ictal train .* --resume)", line)
    assert found, line
    folder = TrainingFolder.of(tmp_path / "a.h5")
    assert folder.steps_done() == int(found[1]) >= 100
    assert shlex.split(found[2])[-3:] == ["-o", "a.h5", "--resume"]
    kept = weight_files.read(folder.checkpoint)["about"]
    assert kept["training"]["steps"] == 100000
    monkeypatch.chdir(tmp_path)
    steps = []

    class EnoughError(Exception):
        pass

    def stop():
        steps.append(1)
        if len(steps) > 3:
            raise EnoughError
        return False

    job = Job(
        "mlp", Training(steps=100000, every=50, learning_rate=2e-3), {"hidden": (32, 16)}, DataChoice("digits", 200)
    )  # fmt: skip
    with pytest.raises(EnoughError):
        train_to_file(job, "a.h5", resume=True, stop=stop)
    assert job.command() in found[2]


@pytest.mark.slow
@pytest.mark.skipif(not torch.distributed.is_available(), reason="this torch has no torch.distributed")
def test_torchrun_writes_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.run([*SHORT, "-o", "one.h5", "--quiet"]) == 0
    torchrun = subprocess.Popen(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "ictal",
         *SHORT, "-o", "two.h5", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
        cwd=tmp_path,
    )  # fmt: skip
    try:
        answer, told = torchrun.communicate(timeout=240)
    finally:
        torchrun.terminate()  # it ends its processes; killed, it would leave them
    assert torchrun.returncode == 0, told
    assert json.loads(answer)["file"] == "two.h5", "one process answers"
    one, two = (ictal.load(f"{name}.h5").recording("history").values for name in ("one", "two"))
    np.testing.assert_allclose(two, one, atol=1e-3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.h5", "one.pt", "two.h5", "two.pt"]


# Evaluation


def test_evaluate_repeats_what_training_measured(folder, ictal_):
    ictal_(*SHORT, "--n-val", "40", "--label-noise", "0.2", "-o", "a.h5", "--seed", "2")
    final = json.loads(
        ictal_(*SHORT, "--n-val", "40", "--label-noise", "0.2", "-o", "a.h5", "--seed", "2", "--resume", "--json")
    )
    found = json.loads(ictal_("evaluate", "a.pt", "--json"))
    for name in ("train", "test", "val"):
        assert found["sets"][name]["loss"] == final["final"][f"{name}_loss"]
        assert found["sets"][name]["accuracy"] == final["final"][f"{name}_accuracy"]
        assert 0 <= found["sets"][name]["ece"] <= 1
    assert found["gap"] == final["final"]["gap"]
    assert (found["kind"], found["file"], found["seed"]) == ("evaluation", "a.pt", 2)
    text = ictal_("evaluate", "a.pt")
    assert text.startswith("mlp(hidden=[32, 16]) on digits\n")
    assert f"gap {found['gap']:.4g}" in text
    again = json.loads(ictal_("evaluate", "a.pt", "--data", "digits", "--n-train", "100", "--json"))
    assert again["sets"]["train"]["n"] == 100
    assert "val" not in again["sets"]
    assert again["seed"] == 2


def test_what_is_measured_at_the_end_is_filed_under_the_record_of_the_weights(folder, ictal_, monkeypatch):
    filed = []
    finish = LayerSynchrony.finish
    monkeypatch.setattr(LayerSynchrony, "finish", lambda self, m, step: filed.append(step) or finish(self, m, step))
    early = ["--n-val", "60", "--patience", "2", "--lr", "0.05", "--synchrony", "hidden.0.relu"]
    ictal_(*QUICK[:-2], "--steps", "400", "--every", "4", *early, "--synchrony-nulls", "199", "-o", "a.h5")
    run = ictal.load("a.h5")
    losses = run["history"].values[:, list(run["history"].unit_labels["metric"]).index("val_loss")]
    assert filed == [4 * int(np.argmin(losses))]
    assert filed[0] < 4 * (len(losses) - 1)


def test_evaluation_is_on_the_data_of_the_training(folder, ictal_, refused):
    rng = np.random.default_rng(0)
    x, y = rng.random((300, 6)), np.arange(300) % 3
    np.savez("mine.npz", x=x, y=y)
    ictal_("train", "mlp", "--data", "mine.npz", "--steps", "20", "--every", "10", "-o", "a.h5")
    want = json.loads(ictal_("evaluate", "a.pt", "--json"))
    again = json.loads(ictal_("evaluate", "a.pt", "--seed", "5", "--ood", "--json"))
    assert again["sets"] == want["sets"]
    np.savez("mine.npz", x=x[::-1], y=y[::-1])
    assert "a.pt: was trained on other data than mine.npz holds now; " in refused("evaluate", "a.pt")
    json.loads(ictal_("evaluate", "a.pt", "--data", "mine.npz", "--json"))
    before = contents(folder)
    line = refused("train", "mlp", "--data", "mine.npz", "--steps", "20", "--every", "10", "-o", "a.h5", "--resume")
    assert "a.h5: exists already and is of another training: data_sha256" in line
    assert contents(folder) == before


def test_held_out_classes_are_those_of_the_training_whatever_the_seed(folder, ictal_):
    ictal_(*SHORT, "--hold-out", "--seed", "3", "-o", "a.h5")
    a, b = (json.loads(ictal_("evaluate", "a.pt", "--ood", "--json", *more)) for more in ([], ["--seed", "9"]))
    assert a["sets"] == b["sets"]
    assert a["strange"]["held-out-classes"] == b["strange"]["held-out-classes"]
    assert a["strange"]["uniform-noise"] != b["strange"]["uniform-noise"]


def test_evaluate_on_corrupted_and_strange_images(folder, ictal_):
    ictal_(*QUICK, "--steps", "300", "--every", "300", "-o", "a.h5")
    found = json.loads(ictal_("evaluate", "a.pt", "--corruptions", "--ood", "--ood-data", "digits", "--json"))
    clean = found["sets"]["test"]["accuracy"]
    assert clean > 0.85
    assert set(found["corruptions"]) == set(CORRUPTIONS)
    assert all(len(by_severity) == 5 for by_severity in found["corruptions"].values())
    means = np.mean(list(found["corruptions"].values()), axis=0)
    assert clean > means[0] > means[-1]
    model, _ = open_model("a.pt")
    data = load_data("digits", n_train=200)
    x = torch.tensor(corrupted(data.x_test, "gaussian_noise", 3, 0))
    want = evaluate(model, x, torch.tensor(data.y_test))[1]
    assert found["corruptions"]["gaussian_noise"][2] == want
    assert set(found["strange"]) == {"permuted-pixels", "uniform-noise", "other:digits"}
    assert found["strange"]["permuted-pixels"]["auroc"] > 0.7
    assert found["strange"]["other:digits"]["auroc"] == pytest.approx(0.5, abs=0.05), "the same digits, another choice"
    text = ictal_(
        "evaluate", "a.pt", "--corruptions", "--ood", "--noise", "0.1,0.2", "--attack", "0.05", "-o", "found.h5"
    )
    for word in ("accuracy on", "gaussian_noise", "strange images", "AUROC", "noise (SD)", "random-sign", "by chance"):
        assert word in text
    assert text.endswith("wrote found.h5; ictal plot found.h5 draws it\n")
    written = ictal.load("found.h5")
    assert [row.sd for row in written.noise] == [0.1, 0.2]
    assert written.attacked.epsilons == (0.05,)
    assert written.config["command"].startswith("ictal evaluate a.pt --noise 0.1,0.2 --attack 0.05 --corruptions --ood")
    assert written.corruptions == {name: tuple(row) for name, row in found["corruptions"].items()}
    assert written.sets["test"].calibration in " ".join(text.split())


def test_evaluate_refuses_what_does_not_fit(folder, ictal_, refused):
    ictal_(*SHORT, "-o", "a.h5")
    ictal_("train", "gru", "--data", "rows:digits", "--n-train", "200", "--steps", "2", "--every", "2", "-o", "rows.h5")
    rng = np.random.default_rng(0)
    np.savez("large.npz", x=rng.random((40, 9, 9)), y=np.arange(40) % 10)
    np.savez("few.npz", x=rng.random((40, 8, 8)), y=np.arange(40) % 3)
    (folder / "torn.pt").write_bytes((folder / "a.pt").read_bytes()[:500])
    torch.save({"format": weight_files.FORMAT, "version": 1, "kind": "model", "about": "{}", "model": {}}, "bare.pt")
    cases = {
        ("a.pt", "--data", "large.npz"): "large.npz: has images of shape [9, 9]; the network of a.pt takes [8, 8]",
        ("a.pt", "--data", "few.npz"): "few.npz: has 3 classes; the network of a.pt has 10",
        ("a.pt", "--n-train", "9"): "are for --data NAME",
        ("a.pt", "--data", "digitz"): "digitz",
        ("rows.pt", "--corruptions"): "rows:digits: holds sequences; noise, attacks, corruptions and strange",
        ("a.pt", "--noise", "0.1,-0.2"): "--noise: must be >= 0; got (0.1, -0.2)",
        ("a.pt", "--attack", "-0.1"): "--attack: must be >= 0; got (-0.1,)",
        ("a.pt", "--noise", "0.1", "-o", "a.txt"): "a.txt: results are written as HDF5; want a name that ends in .h5",
        ("none.pt",): "none.pt: no such file",
        ("torn.pt",): "torn.pt: is not a file of weights, or is cut off",
        ("a.h5",): "a.h5: is not a file of weights, or is cut off; the weights are in a.pt",
        ("bare.pt",): "bare.pt: does not name its architecture",
        ("a.pt", "--ood-data", "nothing"): "nothing",
        ("a.pt", "--device", "quantum"): "device: 'quantum' cannot be used here",
    }
    for arguments, message in cases.items():
        assert message in refused("evaluate", *arguments)


def test_attack_says_accuracy_by_size(folder, ictal_):
    ictal_(*SHORT, "-o", "a.h5", "--seed", "2")
    ictal_(*SHORT, "-o", "b.h5", "--seed", "3")
    line = ("attack", "a.pt", "--eps", "0.1,0.05", "--steps", "5", "--restarts", "2", "--loss", "cross-entropy,margin")
    text = ictal_(*line, "-o", "found.h5")
    text = " ".join(text.split())
    assert text.startswith(
        "mlp(hidden=[32, 16]) on digits, 449 images: PGD-5 in L∞, worst of 2 losses, 2 restarts accuracy under attack "
    )
    assert "assumed: " not in text
    found = ictal.load("found.h5")
    assert found.clean.accuracy == json.loads(ictal_("evaluate", "a.pt", "--json"))["sets"]["test"]["accuracy"]
    assert found.config["command"].startswith("ictal attack a.pt --eps 0.1,0.05 --steps 5 --restarts 2 --loss ")
    assert found.epsilons == (0.05, 0.1)
    again = json.loads(ictal_(*line, "--json"))
    assert again["rows"] == found.to_json()["rows"]
    few = json.loads(ictal_("attack", "a.pt", "--eps", "0.1", "--transfer", "b.pt", "--images", "30", "--json"))
    assert (few["kind"], few["config"]["attack"], few["config"]["source"]["file"]) == ("attacked", "transfer", "a.pt")


def test_attack_refuses_what_does_not_fit(folder, ictal_, refused):
    ictal_(*SHORT, "-o", "a.h5")
    np.savez("large.npz", x=np.random.default_rng(0).random((40, 9, 9)), y=np.arange(40) % 10)
    cases = {
        (): "--eps: must be a size or several, e.g. --eps 0.03,0.06",
        ("--eps", "-0.1"): "--eps: must be >= 0; got (-0.1,)",
        ("--eps", "nan"): "--eps: must be >= 0; got (nan,)",
        ("--eps", "0.1", "--attack", "pdg"): "unknown attack 'pdg'; did you mean 'pgd'?",
        ("--eps", "0.1", "--loss", "hinge"): "--loss 'hinge'",
        ("--eps", "0.1", "--attack", "spsa", "--transfer", "a.pt"): "--transfer: is an attack of its own; leave out",
        ("--eps", "0.1", "--attack", "linear"): "this one is not linear",
        ("--eps", "0.1", "--bounds", "0", "0.5"): "must lie in the bounds (0, 0.5); got 0..1",
        (
            "--eps",
            "0.1",
            "--data",
            "large.npz",
        ): "large.npz: has images of shape [9, 9]; ",
        ("--eps", "0.1", "-o", "a.h5"): "a.h5: exists",
    }
    for arguments, message in cases.items():
        assert message in refused("attack", "a.pt", *arguments)


def test_what_would_come_out_wrong_is_refused_first(folder, ictal_, refused):
    for at, got in (("0,7", 7), ("10,70", 70)):
        line = refused(*SHORT, "--synchrony", "auto", "--synchrony-at", at, "-o", "a.h5")
        assert f"--synchrony-at: must be records: multiples of 10 steps up to 60; got {got}" in line
    assert contents(folder) == {}
    ictal_(*SHORT, "-o", "a.h5")
    with pytest.raises(InputError, match=r"^evaluate: held-out-classes needs a network that never saw them: [^\n]*$"):
        ictal.evaluate_file("a.pt", strange=["held-out-classes"])


# Texts


def test_texts_of_treatments_and_settings():
    built = treatment("desync=0.5,target=0.2,layers=hidden.0.relu,hidden.1.relu")
    assert (built.weight, built.target, tuple(built.layers)) == (0.5, 0.2, ("hidden.0.relu", "hidden.1.relu"))
    assert treatment(" l2 = 0.25 ").weight == 0.25
    assert architecture_settings("mlp", ["hidden=5"]) == {"hidden": (5,)}
    job = Job(
        "mlp", Training(epochs=2), treatments=("l2=0.1",), synchrony=SynchronyChoice(("a*", "b"), (0, 5), 0, ("si_3",))
    )  # fmt: skip
    assert job.command() == (
        "ictal train mlp --data digits --epochs 2 --treat l2=0.1 --synchrony 'a*' --synchrony b --synchrony-at 0,5 "
        "--synchrony-nulls 0 --synchrony-measures si_3 --seed 0"
    )
    for text, message in (
        ("desinc=1", "unknown treatment 'desinc'; did you mean 'desync'"),
        ("desync", "must be NAME=DOSE, e.g. --treat desync=1"),
        ("desync=", "must be NAME=DOSE"),
        ("desync=much", "a number; got 'much'"),
        ("desync=-1", "desync|Desync"),
        ("desync=1,targt=0.2", "unknown field of desync 'targt'; did you mean 'target'"),
        ("desync=1,target=0.2,target=0.3", "gives target twice"),
        ("desync=1,weight=2", "gives weight twice"),
    ):
        with pytest.raises(InputError, match=message):
            treatment(text)


CASES = {
    "no architecture": (["train"], "needs ARCH"),
    "unknown architecture": (["train", "resnet19"], "unknown architecture 'resnet19'; did you mean 'resnet18'"),
    "unknown field": (["train", "mlp", "--set", "hiden=3"], "unknown field of mlp 'hiden'; did you mean 'hidden'"),
    "set without =": (["train", "mlp", "--set", "hidden"], "must be KEY=VALUE"),
    "set twice": (["train", "mlp", "--set", "hidden=3", "--set", "hidden=4"], "given twice"),
    "not a whole number": (["train", "mlp", "--set", "hidden=3.5"], "whole number; got '3.5'"),
    "a size of 0": (["train", "mlp", "--set", "hidden=0"], "hidden"),
    "unknown data": (["train", "mlp", "--data", "digitz"], "digitz"),
    "more images than there are": (["train", "mlp", "--n-train", "5000"], "5000"),
    "batch larger than data": (
        ["train", "mlp", "--n-train", "50"],
        "--batch-size: must be at most the 50 training images; got 128; say batch_size=50",
    ),
    "epochs and steps": (["train", "mlp", "--epochs", "1", "--steps", "1"], "either epochs or steps"),
    "every": (["train", "mlp", "--steps", "10", "--every", "3"], "try every=2"),
    "learning rate": (["train", "mlp", "--lr", "0"], "--lr: must be > 0 [1]; got 0.0"),
    "not a number": (["train", "mlp", "--lr", "fast"], "--lr"),
    "optimiser": (["train", "mlp", "--optimiser", "adan"], "did you mean 'adam'"),
    "schedule": (["train", "mlp", "--schedule", "cos"], "unknown --schedule 'cos'"),
    "precision": (["train", "mlp", "--precision", "half"], "unknown --precision 'half'"),
    "patience without validation": (["train", "mlp", "--patience", "2"], "needs validation images"),
    "augmentation": (["train", "mlp", "--augment", "flop"], "unknown --augment 'flop'"),
    "augmented sequences": (["train", "gru", "--data", "rows:digits", "--augment", "flip"], "is for images"),
    "device": (["train", "mlp", "--device", "gpu"], "device: 'gpu' cannot be used here"),
    "GPU of a higher number": (["train", "mlp", "--device", "cuda:77"], "device: 'cuda:77' cannot be used here"),
    "threads": (["train", "mlp", "--threads", "0"], "--threads: must be >= 1; got 0"),
    "seed": (["train", "mlp", "--seed", "-1"], "seed"),
    "treatment": (["train", "mlp", "--treat", "desinc=1"], "did you mean 'desync'"),
    "layers of a treatment": (
        ["train", "mlp", "--treat", "desync=1,layers=reluu"],
        "no module matches 'reluu'; modules: ",
    ),
    "layers to measure": (["train", "mlp", "--synchrony", "reluu"], "no module matches 'reluu'; modules: "),
    "measure": (["train", "mlp", "--synchrony", "auto", "--synchrony-measures", "si3"], "did you mean 'si_3'"),
    "steps to measure at": (["train", "mlp", "--synchrony", "auto", "--synchrony-at", "a"], "--synchrony-at: must be"),
    "measures of nothing": (["train", "mlp", "--synchrony-at", "3"], "are for --synchrony PATTERN"),
    "no HDF5 name": (["train", "mlp", "-o", "a.csv"], "want a name that ends in .h5"),
    "no such folder": (["train", "mlp", "-o", "none/a.h5"], "none"),
    "resume and force": (["train", "mlp", "--resume", "--force"], "say one of them"),
}


@pytest.mark.parametrize("name", CASES)
def test_bad_input_ends_in_one_line_and_leaves_nothing(folder, refused, name):
    arguments, message = CASES[name]
    assert message in refused(*arguments)
    assert list(folder.iterdir()) == []
