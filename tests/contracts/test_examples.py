"""Every script in examples/ runs as a user would run it."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("*.py"))
NEEDS = {"sweep_on_a_cluster": "distributed", "early_stopping": "tensorboard"}  # of an extra


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda path: path.stem)
def test_runs(script, tmp_path):
    if script.stem in NEEDS:
        pytest.importorskip(NEEDS[script.stem])
    quick = ["--quick"] if "--quick" in script.read_text(encoding="utf-8") else []
    done = subprocess.run(
        [sys.executable, "-W", "error", script, tmp_path, *quick],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert len(script.read_text().splitlines()) <= 45
