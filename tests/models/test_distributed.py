"""Several processes train one network: the curve of one, the same bits when resumed."""

import os
import re
import runpy
import subprocess
import sys

import pytest
import torch

from ictal.models import cpu_threads
from ictal.models.training import checkpoint as weight_files
from ictal.models.training.distributed import joined, launched
from ictal.simulator import InputError

TOGETHER = """
import atexit
import os
import sys
from pathlib import Path
import torch
from torch import nn
from ictal.models.datasets import load_data
from ictal.models.training import Training, UnfinishedTrainingError, train

def curve(folder, accumulate):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.Tanh(), nn.Linear(16, 10)).double()
    data = load_data("digits", n_train=200, n_test=50)
    how = Training(steps=50, every=1, batch_size=66, learning_rate=0.02, accumulate=accumulate)
    seen = []
    history = train(model, data, how, seed=3, on_record=lambda step, _: seen.append(step), checkpoint=folder + "/a.pt")
    found = {"values": torch.tensor(history.values), "records": len(seen), "weights": model.state_dict()}
    torch.save(found, f"{folder}/{os.environ.get('RANK', '0')}.pt")

def stopped_and_resumed(folder):
    data, how = load_data("digits", n_train=200, n_test=50), Training(steps=12, every=3, batch_size=66)
    ends = []
    for stops in ([], [5]):
        for sitting in range(len(stops) + 1):
            torch.manual_seed(0)
            model = nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.Dropout(0.5), nn.Linear(16, 10))
            file, asked = f"{folder}/resumed{len(stops)}.pt", iter(range(99))
            stop = lambda: sitting < len(stops) and os.environ["RANK"] == "1" and next(asked) == stops[sitting]
            try:
                history = train(model, data, how, seed=3, checkpoint=file, resume=True, stop=stop)
            except UnfinishedTrainingError:
                pass
        ends.append([torch.tensor(history.values), *model.state_dict().values()])
    return max(float((a.double() - b.double()).abs().max()) for a, b in zip(*ends, strict=True))

def threads():
    names = [task.read_text().strip() for task in Path("/proc/self/task").glob("*/comm")]
    Path(sys.argv[1], f"{os.environ['RANK']}.threads").write_text("\\n".join(names))

if __name__ == "__main__":
    atexit.register(threads)  # it is called after what is registered later
    curve(sys.argv[1], int(sys.argv[2]))
    assert stopped_and_resumed(sys.argv[1]) <= (0 if os.environ["WORLD_SIZE"] == "2" else 1e-7)
"""


@pytest.mark.slow
@pytest.mark.skipif(not torch.distributed.is_available(), reason="this torch has no torch.distributed")
@pytest.mark.parametrize(("processes", "accumulate"), [(2, 1), (3, 2)])
def test_gloo_processes_give_the_curve_of_one(tmp_path, processes, accumulate):
    """200 images in batches of 66 leave 2 for the last batch of an epoch: the third process has none of them."""
    (tmp_path / "together.py").write_text(TOGETHER)
    (tmp_path / "alone").mkdir()
    with torch.random.fork_rng(), cpu_threads(1):
        runpy.run_path(str(tmp_path / "together.py"))["curve"](str(tmp_path / "alone"), accumulate)
    alone = torch.load(tmp_path / "alone" / "0.pt", weights_only=True)
    torchrun = subprocess.Popen(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}",
         str(tmp_path / "together.py"), str(tmp_path), str(accumulate)],
        stderr=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    try:
        told = torchrun.communicate(timeout=240)[1]
    finally:
        torchrun.terminate()  # torchrun ends its processes; killed, it would leave them
    assert torchrun.returncode == 0, told
    assert alone["values"].shape == (51, 7)
    assert alone["values"][-1, 0] < 0.5 * alone["values"][0, 0]
    for rank in range(processes):
        each = torch.load(tmp_path / f"{rank}.pt", weights_only=True)
        torch.testing.assert_close(each["values"][:, [0, 2]], alone["values"][:, [0, 2]], rtol=0, atol=1e-5)
        assert each["records"] == (51 if rank == 0 else 0), "the first process alone records"
        for name, weight in each["weights"].items():
            torch.testing.assert_close(weight, alone["weights"][name], rtol=0, atol=1e-6)
        left = (tmp_path / f"{rank}.threads").read_text()
        assert "gloo" not in left, "a thread of gloo that outlives Python's end can abort the process"
    assert weight_files.read(tmp_path / "a.pt")["about"]["processes"] == processes


UNUSED = """
import torch
from torch import nn
from ictal.models.datasets import load_data
from ictal.models.training import Training, train
from ictal.simulator import InputError

class Unused(nn.Module):
    def __init__(self):
        super().__init__()
        self.used, self.idle = nn.Linear(64, 10), nn.Linear(3, 3)
    def forward(self, x):
        return self.used(x.flatten(1))

try:
    train(Unused(), load_data("digits", n_train=64, n_test=20), Training(steps=3, batch_size=32), seed=0)
except InputError as error:
    print(f"said: {error}", flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(not torch.distributed.is_available(), reason="this torch has no torch.distributed")
def test_parameters_that_are_not_used_are_said_in_one_line(tmp_path):
    (tmp_path / "unused.py").write_text(UNUSED)
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", tmp_path / "unused.py"],
        capture_output=True, text=True, timeout=240, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = "said: train: several processes need a loss that depends on every parameter of the model; set requires_grad"
    assert done.stdout.count(said) == 2, done.stdout + done.stderr


def test_what_torchrun_says_is_checked(monkeypatch):
    for name in ("RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    assert launched() == (0, 1)
    ranks = joined(torch.device("cpu"))
    assert (ranks.rank, ranks.size, ranks.first) == (0, 1, True)
    for rank, size in (("x", "2"), ("2", "2"), ("-1", "2")):
        monkeypatch.setenv("RANK", rank)
        monkeypatch.setenv("WORLD_SIZE", size)
        with pytest.raises(InputError, match=re.escape(f"got RANK={rank}, WORLD_SIZE={size}")):
            launched()
