"""A short run of the fuzzer: nothing is drawn that ends in a traceback, has no end, or is no answer."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).with_name("run.py")
CASES = 600
OTHERS = ("other_files", "other_objects")
NETWORKS = ("network_files", "attacks", "task_sequences")
SURFACES = (
    *("stored_files", "names", "systems", "array_files", "manifests", "weights", "recordings", "arrays", "trains"),
    *("edf_files", "descriptions", "paths", "continuations"),
)


@pytest.mark.skipif(sys.platform != "linux", reason="bounds of memory, /proc")
@pytest.mark.parametrize(
    ("chosen", "cases"), [(SURFACES, CASES), (OTHERS, 150), (NETWORKS, 120)], ids=["ours", "others", "networks"]
)
def test_no_drawn_input_is_a_fault(chosen, cases):
    words = [sys.executable, str(RUN), "--cases", str(cases), "--seed", "1"]
    words += [word for surface in chosen for word in ("--surface", surface)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(rf"^{cases} cases, 0 faults", done.stdout, re.MULTILINE)
    rows = re.findall(r"^(\w+) +\d+ +(\d+) +(\d+) +0$", done.stdout, re.MULTILINE)
    assert {name for name, *_ in rows} == set(chosen)
    assert all(int(refused) and int(taken) for _, refused, taken in rows), "a surface that only refuses or takes"


def test_the_fuzzer_tells_a_fault(monkeypatch):
    monkeypatch.syspath_prepend(str(RUN.parent))
    import random

    import run
    import surfaces

    def broken(rng):
        raise KeyError("x")

    def silent(rng):
        surfaces._check(
            type(
                "Found",
                (),
                {"rows": [type("Row", (), {"value": float("nan"), "reason": "", "measure": "m", "entry": "e"})]},
            )
        )

    assert run.run_case(lambda rng: None, random)[0] == "taken"
    assert run.run_case(broken, random)[1].startswith("KeyError")
    assert "without a reason" in run.run_case(silent, random)[1]
