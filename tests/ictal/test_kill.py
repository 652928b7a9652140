"""A command that is killed at any moment never leaves a half-written file under a final name."""

import json
import os
import re
import signal
import subprocess
import sys

import numpy as np
import pytest

import ictal
from ictal import cli

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL") or not hasattr(os, "fork"), reason="POSIX signals")

# One interpreter warms up (imports, compiled kernels) and forks: each child is a whole run of the command line.
# Every other child is killed at a moment drawn over the length of a whole run; the others as soon as a temporary
# file stands beside its final name, plus a moment drawn over the time that writing takes.
HARNESS = """
import json, os, random, signal, sys, time
from pathlib import Path
from ictal.cli import run

arguments, root = json.loads(sys.argv[1]), Path(sys.argv[2])

def start(folder):
    folder.mkdir()
    pid = os.fork()
    if pid == 0:
        os.chdir(folder)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        os._exit(run(arguments))
    return pid

os.chdir(root)
(root / "warm").mkdir()
os.chdir(root / "warm")
assert run(arguments) == 0
began = time.monotonic()
_, status = os.waitpid(start(root / "whole"), 0)
assert status == 0
length = time.monotonic() - began
rng = random.Random(1)
killed = 0
for k in range(20):
    folder = root / f"kill{k:02d}"
    pid = start(folder)
    if k % 2:
        time.sleep(rng.uniform(0, length))
    else:
        waited = time.monotonic()
        while time.monotonic() - waited < 10 * length + 10:
            if any(name.endswith(".tmp") for _, _, names in os.walk(folder) for name in names):
                break
            if os.waitpid(pid, os.WNOHANG)[0]:
                pid = 0
                break
            time.sleep(0.0005)
        time.sleep(rng.uniform(0, 0.02))
    if pid:
        os.kill(pid, signal.SIGKILL)
        killed += os.WIFSIGNALED(os.waitpid(pid, 0)[1])
print(json.dumps({"killed": killed, "length": length}), file=sys.stderr)
"""


def kill(arguments, root):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", HARNESS, json.dumps(arguments), str(root)],
        capture_output=True, text=True, env=environment, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stderr.splitlines()[-1])
    assert answer["killed"] >= 12, "too few children were still at work: the moments do not test anything"
    folders = sorted(root.glob("kill*"))
    assert len(folders) == 20
    finals = [path for folder in folders for path in folder.rglob("*") if path.is_file() and not is_temporary(path)]
    torn = [path for folder in folders for path in folder.rglob("*") if is_temporary(path)]
    assert torn, "no child died while it wrote"
    return folders, finals


def is_temporary(path):
    return re.fullmatch(r"\..+\.tmp", path.name) is not None


def test_simulate(tmp_path):
    folders, finals = kill(["simulate", "cuba", "--duration", "0.2", "-o", "run.h5"], tmp_path)
    whole = ictal.load(tmp_path / "whole" / "run.h5")
    parts = [path for path in finals if path.parent.name == "run.h5.part"]  # test_stream goes on from these
    finals = [path for path in finals if path not in parts]
    assert {path.name for path in finals} <= {"run.h5"}
    assert not [path for folder in folders for path in folder.iterdir() if is_temporary(path)], "all lie in run.h5.part"
    assert len(finals) < len(folders)
    for path in finals:
        assert np.array_equal(ictal.load(path).spikes("E").time, whole.spikes("E").time)


@pytest.mark.slow
def test_a_continuation_leaves_the_file_that_it_goes_on_from(tmp_path):
    first = tmp_path / "first.h5"
    ictal.save(ictal.simulate("cuba", duration=0.05), first)
    before = first.read_bytes()
    words = ["simulate", str(first), "--continue", "0.2", "-o", "run.h5"]
    folders, _ = kill(words, tmp_path)
    assert first.read_bytes() == before
    whole = ictal.load(tmp_path / "whole" / "run.h5")
    begun = next(folder for folder in folders if (folder / "run.h5.part" / "run.json").exists()) / "run.h5"
    assert cli.run([*words[:-1], str(begun), "--resume", "--quiet"]) == 0
    assert np.array_equal(ictal.load(begun).spikes("E").time, whole.spikes("E").time)


@pytest.mark.slow
def test_compare(tmp_path):
    rng = np.random.default_rng(0)
    files = [str(tmp_path / f"{name}.npy") for name in ("rest", "tight")]
    for file, gain in zip(files, (0, 2), strict=True):
        np.save(file, rng.normal(size=(200, 6)) + gain * rng.normal(size=(200, 1)))
    arguments = ["compare", *files, "--dt", "0.01", "--measures", "si_3", "-o", "out", "--quiet"]
    _, finals = kill(arguments, tmp_path)
    endings = {".png": b"IEND\xaeB`\x82", ".svg": b"</svg>\n", ".html": b"</html>"}
    for path in finals:
        if path.suffix == ".h5":
            assert len(ictal.load(path).observations) == 4  # a second null beside each
        else:
            assert path.read_bytes().rstrip(b"\n").endswith(endings[path.suffix].rstrip(b"\n"))
    assert {path.suffix for path in (tmp_path / "whole").rglob("*.*")} == {".h5", *endings}
