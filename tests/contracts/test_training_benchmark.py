"""The benchmark of the training step runs, and its naive contestant is the penalty on all units."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from ictal.models import Monitor, desync_penalty

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.mark.slow
def test_a_quick_run_writes_a_ratio_for_every_contestant(tmp_path):
    command = [sys.executable, str(FOLDER / "training.py"), "--quick", "--markdown", str(tmp_path / "table.md")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "table.md").read_text(encoding="utf-8").splitlines()
    head, _, row = ([cell.strip() for cell in line.split("|")[1:-1]] for line in lines)
    assert head[:4] == ["N", "B", "plain [ms]", "penalty"]
    assert head[-1] == "Monitor(every=10)"
    assert row[:2] == ["16", "8"]
    assert all(float(cell.split()[0]) > 0 for cell in row[2:])


def test_the_naive_contestant_has_the_same_target(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    import training

    with torch.random.fork_rng():
        model = training.network(16)
    x = torch.randn(40, 784, generator=torch.Generator().manual_seed(0))
    outputs, naive = training.naive(model, x)
    with Monitor(model, ["1", "3"], measures=()) as monitor:
        torch.testing.assert_close(model(x), outputs)
        torch.testing.assert_close(desync_penalty(monitor, training.TARGET, units=None), naive, rtol=1e-4, atol=1e-6)
