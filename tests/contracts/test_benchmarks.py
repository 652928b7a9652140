"""The benchmark runs, with a compiler and without; its networks are what the peers get."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"

pytestmark = pytest.mark.slow


def bench(tmp_path, *options, **environment):
    command = [
        sys.executable,
        str(FOLDER / "spiking.py"),
        "--quick",
        "--markdown",
        str(tmp_path / "table.md"),
        *options,
    ]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [line.split("|") for line in (tmp_path / "table.md").read_text(encoding="utf-8").splitlines()]
    return {row[1].strip(): [cell.strip() for cell in row[2:]] for row in rows if len(row) > 2}


def test_without_a_compiler_its_rows_say_so(tmp_path):
    rows = bench(tmp_path, "--cases", "cuba", PATH="", CXX="")
    assert float(rows["Ictal float64"][0]) > 0
    assert float(rows["Brian2 numpy"][0]) > 0
    assert rows["Brian2 numpy"][8] == "same", "spike for spike the network that Ictal ran"
    assert rows["Brian2 cpp_standalone"][0] == "skipped: no C++ compiler"


@pytest.mark.skipif(shutil.which("g++") is None or shutil.which("make") is None, reason="needs g++ and make")
def test_compiled_peers_find_the_same_spikes(tmp_path):
    rows = bench(tmp_path, "--cases", "cuba", "--engines", "cpp_standalone")
    assert rows["Brian2 cpp_standalone"][8] == "same"


def test_ring_has_the_weights_of_its_factors(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    import cases

    arrays = cases.handed_over(cases.case("ring", quick=True))
    angle = 2 * np.pi * np.arange(128) / 128
    assert np.allclose(arrays["weights"], (-200 + 300 * np.cos(angle[:, None] - angle)) / 128)


def test_measures_agree_with_their_peers(tmp_path):
    table = tmp_path / "table.md"
    command = [
        sys.executable,
        str(FOLDER / "measures.py"),
        "--quick",
        "--rows",
        "trains,pairs",
        "--markdown",
        str(table),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [line.split("|")[1:-1] for line in table.read_text(encoding="utf-8").splitlines()[2:]]
    differences = [row[5].strip() for row in rows if "not installed" not in row[1] and row[5].strip() != "–"]
    assert len(differences) >= 6
    assert max(map(float, differences)) < 1e-10
