"""The public names: what the four doors list is there, documented and in docs/api.md, and it is all that docs use."""

import ast
import doctest
import inspect
import re
import runpy
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOORS = ("ictal", "ictal.simulator", "ictal.analyses", "ictal.models")
MADE = [ROOT / "docs" / name for name in ("_build", "gallery", "reference")]  # by `make docs`
SHOWN = [
    ROOT / "README.md",
    *sorted(
        file
        for folder, suffix in (("docs", "md"), ("docs", "py"), ("examples", "py"), ("benchmarks", "py"))
        for file in (ROOT / folder).rglob(f"*.{suffix}")
        if not any(folder in file.parents for folder in MADE)
    ),
]
FILL = runpy.run_path(str(ROOT / "docs" / "fill.py"))


@pytest.mark.parametrize("door", DOORS)
def test_every_name_is_there_and_documented(door):
    room, listed = import_module(door), FILL["names"](door)
    assert room.__all__ == sorted(listed)
    assert set(room.__all__) <= set(dir(room))
    for name, (_, line) in listed.items():
        value = getattr(room, name)
        assert line, f"{name}: wants a docstring, or a comment in the stub"
        assert not line.startswith(f"{name}("), f"{name}: has only what dataclass writes"
        assert not inspect.ismodule(value), name
        places = [Path(room.__file__).parent / name, Path(room.__file__).parent / f"{name}.py"]
        assert not any(place.exists() for place in places), f"{name}: the module of this name would hide it"


def test_the_page_lists_them():
    assert (ROOT / "docs" / "api.md").read_text(encoding="utf-8") == FILL["api"]()


@pytest.mark.parametrize("file", SHOWN, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_what_is_shown_uses_the_doors_alone(file):
    text = file.read_text(encoding="utf-8")
    blocks = [text] if file.suffix == ".py" else re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    for block in blocks:
        session = "".join(example.source for example in doctest.DocTestParser().get_examples(block))
        for node in ast.walk(ast.parse(session or block)):
            if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "ictal":
                assert node.module in DOORS
                assert {alias.name for alias in node.names} <= set(import_module(node.module).__all__)
            elif isinstance(node, ast.Import):
                assert {alias.name for alias in node.names if alias.name.split(".")[0] == "ictal"} <= set(DOORS)
    deep = re.findall(
        r"\bictal\.(?:simulator|analyses|models)\.\w+\.\w+|\bictal\.(?:verbs|sweeps|experiments|cli)\.", text
    )
    assert deep == []


@pytest.mark.parametrize("door", DOORS)
def test_a_door_opens_without_what_lies_behind(door):
    code = (
        f"import sys, {door}; print(sorted({{'torch', 'brian2', 'matplotlib', 'numpy', 'scipy'}} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_name_is_told_the_nearest():
    with pytest.raises(AttributeError, match=r"module 'ictal.analyses' has no attribute 'nul_test'; .* 'null_test'\?"):
        import_module("ictal.analyses").nul_test  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'nul_test'"):
        from ictal.analyses import nul_test  # noqa: F401
