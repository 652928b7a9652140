"""Fill the parameter tables of the docs in from the declarations: python docs/parameters.py.

A table stands between ``<!-- parameters NAME -->`` and ``<!-- /parameters -->``; NAME is a system, an architecture or a
treatment.
"""

from __future__ import annotations

import re
from pathlib import Path

from ictal import description

DOCS = Path(__file__).resolve().parent
_BLOCK = re.compile(r"(<!-- parameters (?P<name>[\w-]+) -->\n).*?(<!-- /parameters -->)", re.DOTALL)


def pages() -> list[Path]:
    """Return the pages that hold a table."""
    written = [*DOCS.glob("*.md"), *(DOCS / "treatments").glob("*.md")]
    return [path for path in sorted(written) if named(path.read_text(encoding="utf-8"))]


def named(text: str) -> list[str]:
    """Return the names of the tables of a page."""
    return [found["name"] for found in _BLOCK.finditer(text)]


def page(path: Path) -> str:
    """Return the page with its tables as the declarations give them."""
    text = path.read_text(encoding="utf-8")
    return _BLOCK.sub(lambda found: f"{found[1]}{table(found['name'])}\n{found[3]}", text)


def table(name: str) -> str:
    """Return a Markdown table, a row a parameter."""
    lines = ["| parameter | default | unit | bounds | meaning |", "|---|---|---|---|---|"]
    for p in description(name)["parameters"]:
        default = str(p["default"]).lower() if p["default"] is None or isinstance(p["default"], bool) else p["default"]
        cells = [f"`{p['name']}`", str(default), p["unit"], p["bounds"], p["words"]]
        lines.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    for path in pages():
        path.write_text(page(path), encoding="utf-8")
        print(f"filled {path.relative_to(DOCS.parent)}")
