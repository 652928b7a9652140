"""Start here: every block of every page runs in its order, and prints what the page says that it prints."""

import re
import shlex

import pytest
from codeblocks import ROOT, blocks

from ictal import cli

LONG = {"no_data": pytest.mark.physics}  # the main job
PAGES = [
    pytest.param(path, id=path.stem, marks=LONG.get(path.stem, pytest.mark.slow))
    for path in sorted((ROOT / "docs" / "start").glob("*.md"))
    if path.stem != "index"
]
NUMBER = re.compile(r"[-+]?\d+\.?\d*")
TOLERANCE = 0.05  # of a number on a page: another machine rounds a training otherwise


def same(printed, said):
    """Words alike, numbers within the tolerance or one in their last digit."""
    if NUMBER.split(printed) != NUMBER.split(said):
        return False
    pairs = zip(NUMBER.findall(printed), NUMBER.findall(said), strict=True)
    digit = {text: 10.0 ** -len(text.partition(".")[2]) for text in NUMBER.findall(said)}
    return all(abs(float(a) - float(b)) <= max(TOLERANCE * abs(float(b)), 1.01 * digit[b]) for a, b in pairs)


def test_a_number_that_moved_is_seen():
    assert same("χ_c 0.98, p 0.005", "χ_c 0.99, p 0.005")
    assert not same("χ_c 0.80, p 0.005", "χ_c 0.99, p 0.005")
    assert not same("chi 0.99", "χ_c 0.99")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.filterwarnings("default")
def test_the_page_runs(page, tmp_path, monkeypatch, capfd):
    import torch

    if "tensorboard" in page.read_text(encoding="utf-8"):
        pytest.importorskip("tensorboard")
    monkeypatch.chdir(tmp_path)
    space, printed, answer = {}, "", []
    with torch.random.fork_rng():
        for language, code in blocks(page.read_text(encoding="utf-8")):
            if language == "python":
                exec(compile(code, page.name, "exec"), space)
                printed = capfd.readouterr().out
            elif language == "sh":
                for line in code.splitlines():
                    program, *words = shlex.split(line)
                    assert program == "ictal"
                    assert cli.run(words) == 0, line
                answer = capfd.readouterr().out.splitlines()
            elif language == "console":
                for said in code.splitlines():
                    assert said == "…" or any(same(line, said) for line in answer), f"{page.name} says {said!r}"
            elif language == "text":
                assert same(printed.strip(), code.strip()), f"{page.name} says {code!r}; printed: {printed!r}"
