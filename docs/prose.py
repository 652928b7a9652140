"""Text of pages and docstrings as Sphinx reads it; the files themselves stay plain Markdown, for GitHub."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from fill import DOORS, names

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
PROJECT = "reference/project"
OUTSIDE = {  # path from the root -> its page here
    "README.md": "index.md",
    "CHANGELOG.md": f"{PROJECT}/changes.md",
    "CONTRIBUTING.md": f"{PROJECT}/contributing.md",
    "CITATION.cff": f"{PROJECT}/cite.md",
    "benchmarks/README.md": f"{PROJECT}/benchmarks.md",
    "data/README.md": f"{PROJECT}/files_of_ictal.md",
    "examples": f"{PROJECT}/scripts.md",
    "examples/gallery": "gallery/index.rst",
}
TREES = ("index.md", "guide.md", "start/index.md", "start/zh/index.md", "treatments.md")
LISTS = ("guide.md", "start/index.md", "start/zh/index.md")  # of every page of their folder
HEAD = ("start/index", "guide", "gallery/index", "reference/index", "evidence", f"{PROJECT}/index")
_LINK = re.compile(r"(?<!!)(\[(?:[^\]\[]|\[[^\]]*\])*\])\(([^()\s]+)\)")
_PICTURE = re.compile(r"<picture>.*?srcset=\"(\S+?)\".*?src=\"(\S+?)\".*?alt=\"(.*?)\".*?</picture>", re.DOTALL)


def on_source(app: Any, docname: str, source: list[str]) -> None:
    """Give a Markdown page its links, pictures by theme, and the tree of the pages that it lists."""
    path = Path(app.env.doc2path(docname))
    name = path.relative_to(DOCS).as_posix()
    if path.suffix == ".md" and not name.startswith("reference/"):
        source[0] = linked(source[0], path.parent, path.parent)
        source[0] = _PICTURE.sub(_themed, source[0])
    if name == "index.md":
        source[0] = _WAYS.sub(_cards, source[0])
    if name in TREES:
        source[0] += "".join(_trees(source[0], name))
    if name == "api.md":
        source[0] = _with_pages(source[0])


def linked(text: str, written: Path, shown: Path) -> str:
    """Return the text with links out of docs/ turned to pages of the site.

    Args:
        text: Markdown.
        written: folder that its links start from.
        shown: folder of the page that shows it.
    """

    def turned(found: re.Match[str]) -> str:
        words, (target, _, anchor) = found[1], found[2].partition("#")
        if not target or ":" in target:
            return found[0]
        at = (written / target).resolve()
        inside = at.relative_to(ROOT).as_posix() if at.is_relative_to(ROOT) else ""
        if inside in OUTSIDE:
            place = OUTSIDE[inside]
        elif inside.startswith("docs/"):
            place = inside.removeprefix("docs/")
        elif inside.startswith("examples/gallery/") and at.is_file():
            place = inside.removeprefix("examples/").replace(".py", ".rst")
        elif at.suffix == ".py" and at.is_file():
            place, anchor = f"{PROJECT}/scripts.md", re.sub(r"[^\w-]", "", inside).lower()
        elif at.exists():
            return words[1:-1]  # a folder or a source file: nothing to open on the site
        else:
            return found[0]
        if words[1:-1] == found[2] or words[1:-1] == Path(found[2]).name:
            words = "[]"  # the title of the page instead of the name of its file
        return f"{words}({os.path.relpath(DOCS / place, shown)}{'#' * bool(anchor)}{anchor})"

    return "".join(part if fenced else _LINK.sub(turned, part) for fenced, part in _parts(text))


def _parts(text: str) -> Iterator[tuple[bool, str]]:
    """Yield (is code, text) of a page: fenced blocks and the rest."""
    for at, part in enumerate(re.split(r"(^```.*?^```)", text, flags=re.DOTALL | re.MULTILINE)):
        yield bool(at % 2), part


def _themed(found: re.Match[str]) -> str:
    dark, light, alt = found.groups()
    return "\n".join(f"```{{image}} {file}\n:class: only-{theme}\n:alt: {alt}\n```"
                     for theme, file in (("light", light), ("dark", dark)))  # fmt: skip


_WAYS = re.compile(r"^\| you have \|.*\n\|[-|]+\n((?:\| .*\n)+)", re.MULTILINE)


def _cards(found: re.Match[str]) -> str:
    """Return the table of the ways in as cards: the hue of a card is that of the activity."""
    rows = re.findall(r"^\| \*\*(.*?)\*\* \| \[(.*?)\]\(start/(\w+)\.md\) \|$", found[1], re.MULTILINE)
    cards = [
        f":::{{grid-item-card}} {title}\n:link: start/{page}\n:link-type: doc\n:class-card: from-{page}\n\n{words}\n"
        ":::\n"
        for title, words, page in rows
    ]
    return "::::{grid} 1 2 2 4\n:gutter: 2\n:class-container: way\n\n" + "".join(cards) + "::::\n"


def _trees(text: str, name: str) -> Iterator[str]:
    """Yield a tree a section: the pages that it links to, in their order."""
    if name == "index.md":
        yield "\n\n```{toctree}\n:hidden:\n\n" + "\n".join(HEAD) + "\n```\n"
        return
    seen = {name, "api.md"}  # the public names stand in the reference
    for section in re.split(r"^#+ ", text, flags=re.MULTILINE):
        title, _, body = section.partition("\n")
        pages = [target.partition("#")[0] for _, target in _LINK.findall(body)]
        pages = [page for page in dict.fromkeys(pages) if page.endswith(".md") and ".." not in page]
        pages = [page for page in pages if page.removesuffix(".md") not in HEAD]
        pages = [page for page in pages if page not in seen]
        seen |= set(pages)
        if pages:
            caption = f":caption: {title}\n" if name == "guide.md" and title else ""
            listed = "\n".join(page.removesuffix(".md") for page in pages)
            yield f"\n\n```{{toctree}}\n:hidden:\n{caption}\n{listed}\n```\n"
    folder = (DOCS / name).parent
    here = {path.relative_to(folder).as_posix() for path in folder.glob("*.md")} if name in LISTS else set()
    if rest := sorted(here - seen - {f"{page}.md" for page in (*HEAD, "index", "api")}):  # pages without a row
        listed = "\n".join(page.removesuffix(".md") for page in rest)
        yield f"\n\n```{{toctree}}\n:hidden:\n\n{listed}\n```\n"


def _with_pages(text: str) -> str:
    """Return the list of public names with a link from each to its page."""
    lines, door = [], ""
    for line in text.splitlines():
        door = line.removeprefix("## ") if line.startswith("## ictal") else door
        lines.append(re.sub(r"^\| `(\w+)` \|", rf"| [`\1`](reference/api/{door}.\1.rst) |", line))
    return "\n".join(lines)


def on_docstring(app: Any, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Turn a docstring of the house into reStructuredText, in place; napoleon reads it next."""
    lines[:] = rst("\n".join(lines)).splitlines()


def on_member(app: Any, what: str, name: str, obj: object, skip: bool, options: object) -> bool | None:
    """Leave out what is not the house's: members that a class has from torch, typing or enum."""
    module = getattr(obj, "__module__", None) or ""
    return True if callable(obj) and module and not module.startswith("ictal") else None


def rst(text: str) -> str:
    """Return plain text with formulas as reStructuredText: what its markup would eat is escaped.

    >>> print(rst("mean of |r|, of *live* units_"))
    mean of \\|r\\|, of *live* units\\_
    """
    text = re.sub(r"^```(\w*)\n(.*?)^```$", _fence, text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"^([A-Z][a-z]+) {2,}(.*?)(?=^[A-Z]|\Z)", _column, text, flags=re.DOTALL | re.MULTILINE)
    out, literal = [], -1
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        if literal >= 0 and (not line.strip() or indent > literal):
            out.append(line)
            continue
        literal = -1
        if line.lstrip().startswith((">>>", "...")) or re.match(r"\s*[=\-]{3,}[= -]*$", line):
            out.append(line)
            continue
        if line.rstrip().endswith("::") or line.lstrip().startswith(".. "):
            literal = indent
            out.append(line)
            continue
        out.append(_escaped(line))
    return "\n".join(out)


_CODE = re.compile(r"(``.+?``|:\w+:`[^`]+`|`[^`\n]+`)")


def _escaped(line: str) -> str:
    parts = _CODE.split(line)
    parts[1::2] = [re.sub(r"^`([^`]+)`$", _named, part) for part in parts[1::2]]
    for at in range(0, len(parts), 2):
        part = parts[at].replace("|", r"\|")
        part = re.sub(r"(?<=\w)_(?!\w)", r"\\_", part)
        parts[at] = re.sub(r"\*(?!\w[^*\n]*\w\*|\w\*|\s)", r"\\*", part) if part.count("*") % 2 else part
    return "".join(parts)


@cache
def _doors() -> dict[str, str]:
    return {name: f"{door}.{name}" for door in reversed(DOORS) for name in names(door)}


def _named(found: re.Match[str]) -> str:
    name = found[1].removeprefix("ictal.")
    return f":py:obj:`{name} <{_doors()[name]}>`" if name in _doors() else f"``{found[1]}``"


def _fence(found: re.Match[str]) -> str:
    body = "\n".join(f"    {line}" for line in found[2].splitlines())
    return f".. code-block:: {found[1] or 'text'}\n\n{body}\n"


def _column(found: re.Match[str]) -> str:
    words = " ".join(found[2].split())
    return f"**{found[1]}.** {words}\n\n"
