"""Check the English of the source: no docstring begins with a wh-word (one line for each that does; exit code 1)."""

import ast
import os
import re
import sys
from pathlib import Path

HEADS = re.compile(r"(What|Whatever|How|Which|Where|Whether|When|Who|Whose|Why)\b")
FOLDERS = ("simulator", "analyses", "models", "ictal", "benchmarks", "examples", "docs")


def faults(path):
    """Yield (line, first line of the docstring) of every docstring that begins with a wh-word."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node) or ""
            if HEADS.match(text):
                yield getattr(node, "lineno", 1), text.splitlines()[0]


root = Path(__file__).resolve().parents[1]
paths = [Path(where, name) for top in FOLDERS for where, _, names in os.walk(root / top) for name in sorted(names)]
found = [f"{p.relative_to(root)}:{line}: {head}" for p in paths if p.suffix == ".py" for line, head in faults(p)]
print("\n".join(found) or "docstrings: none begins with a wh-word")
sys.exit(bool(found))
