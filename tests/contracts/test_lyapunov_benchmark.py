"""The benchmark of Lyapunov spectra runs, and its contestants agree."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "lyapunov.py"


def test_a_quick_run_writes_both_rows_and_contestants_agree(tmp_path):
    command = [sys.executable, str(SCRIPT), "--quick", "--markdown", str(tmp_path / "table.md")]
    subprocess.run(command, check=True, capture_output=True)
    text = (tmp_path / "table.md").read_text(encoding="utf-8")
    assert "| all |" in text
    assert "| first 10 |" in text
    assert float(text.split("apart by at most ")[1].split()[0]) < 1e-9
