"""The first screen of the README: its picture's words are the results', and its code runs as it stands."""

import re
import shlex
import sys
from pathlib import Path

import pytest

import ictal
from ictal import cli

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
FIRST = TEXT[: TEXT.index("## What was found")]
sys.path.insert(0, str(ROOT / "docs"))
import hero  # noqa: E402


def test_the_words_for_the_picture_hold_its_numbers():
    alt = re.search(r'alt="([^"]*)"', FIRST)[1]
    means = hero.means(ictal.load(hero.STORED).source["rows"])
    said = re.findall(r"(?<![\w.])\.\d\d", alt)
    assert said == [hero._short(value) for states in means.values() for value in states.values()]
    for page in ("README.md", "docs/index.md"):
        for name in re.findall(r'(?:src|srcset)="([^"]*)"', (ROOT / page).read_text(encoding="utf-8")):
            assert ((ROOT / page).parent / name).is_file()


def test_the_python_of_the_first_screen_runs_and_prints_what_it_says(capsys):
    import torch

    torch.manual_seed(0)
    space = {}
    for block in re.findall(r"```python\n(.*?)```", FIRST, re.S):
        exec(block, space)
    out = capsys.readouterr().out
    first = re.search(r"# (\{.*?)\.\.\.", FIRST)[1]
    assert out.startswith(first[:-1])
    assert "sttc" in out
    assert "p 0." in out


@pytest.mark.parametrize("line", re.findall(r"^ictal .*?(?=  |$)", FIRST, re.M))
def test_the_commands_of_the_first_screen_exist(line, capfd):
    for part in line.split(" && "):
        _, command, *words = shlex.split(part)
        assert cli.run([command, "--help"]) == 0
        options = capfd.readouterr().out
        assert all(word in options for word in words if word.startswith("--"))
