"""A short run of the fuzzer: nothing is drawn that ends in a traceback, has no end, or is no answer."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).with_name("run.py")


@pytest.mark.skipif(sys.platform != "linux", reason="bounds of memory, /proc")
@pytest.mark.parametrize(
    ("surface", "cases"),
    [
        ("stored_files", 60),
        ("names", 300),
        ("systems", 300),
        ("manifests", 150),
        ("weights", 40),
        ("command_lines", 15),
    ],
)
def test_no_drawn_input_is_a_fault(surface, cases):
    words = [sys.executable, str(RUN), "--surface", surface, "--cases", str(cases), "--seed", "1"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(rf"^{cases} cases, 0 faults", done.stdout, re.MULTILINE)


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
