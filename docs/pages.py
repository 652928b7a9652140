"""Pages that follow from the registries, the doors and the stored evidence; `conf.py` has them written at every build.

They stand in docs/reference/, which git ignores: a page a system, measure, treatment, architecture, data set,
experiment and claim, a page a public name, how to cite, and the pages of the repository that stand outside of docs/.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from fill import DOORS, REFERENCE, names
from parameters import table
from prose import DOCS, OUTSIDE, PROJECT, ROOT, linked, rst

import ictal
from ictal import ledger
from ictal.analyses import FAILS, HOLDS, markdown_table

OUT = DOCS / "reference"
GALLERY = ROOT / "examples" / "gallery"
KINDS = {  # folder -> registry, words on the list
    "systems": (ictal.SYSTEMS, "Everything that yields a Run: `ictal simulate NAME`, `ictal.simulate(NAME)`."),
    "measures": (ictal.MEASURES, "Pure functions of a recording: `ictal measure`, `ictal.measure`."),
    "treatments": (ictal.TREATMENTS, "Changes to a network that are meant to lower its synchrony."),
    "attacks": (ictal.ATTACKS, "Changes of images that are to mislead a network: `ictal attack`, `ictal.attack`."),
    "experiments": (ictal.EXPERIMENTS, "Systems, treatments and seeds that end in one stored result."),
    "claims": (ictal.CLAIMS, "Statements of the paper, each with a rule that was written before the data."),
    "architectures": (ictal.ARCHITECTURES, "Networks that `ictal train NAME` trains."),
    "data": (ictal.DATA, "Data sets by name: `ictal train --data NAME`."),
    "tasks": (ictal.TASKS, "Tasks that are learnt one after the other: `ictal train --tasks NAME:N`."),
}
FACTS = ("formula", "range", "floor", "unit", "needs", "shows", "cannot", "citation")
OWN = {
    "measures": "comparing.md",
    "attacks": "attacks.md",
    "claims": "evidence.md",
    "experiments": "evidence.md",
    "data": "data.md",
    "tasks": "tasks.md",
}


def write() -> None:
    """Write every page, and remove those of names that are gone."""
    wanted = {OUT / name: text for name, text in _all().items()}
    for old in OUT.rglob("*.*"):
        if old.suffix in (".md", ".rst") and old not in wanted and "examples" not in old.relative_to(OUT).parts:
            old.unlink()
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:  # an unchanged page is not read again
            path.write_text(text, encoding="utf-8")


def _all() -> dict[str, str]:
    """Return path within reference/ -> text of every page."""
    made = {"index.md": _index()}
    for folder, (registry, words) in KINDS.items():
        rows = [(f"[`{name}`]({_file(name)}.md)", entry.line) for name, entry in registry.items()]
        tree = _tree(map(_file, registry))
        made[f"{folder}/index.md"] = (
            f"# {folder.capitalize()}\n\n{words}\n\n{markdown_table((registry.kind, 'what'), rows)}\n{tree}"
        )
        made |= {f"{folder}/{_file(name)}.md": _page(folder, registry.kind, name) for name in registry}
    made |= {f"api/{door}.{name}.rst": _public(door, name) for door in DOORS for name in names(door)}
    return made | _project()


def _file(name: str) -> str:
    return name.lower().replace(" ", "_")


def _tree(pages: Iterable[str], options: str = ":hidden:") -> str:
    listed = "\n".join(pages)
    return f"\n```{{toctree}}\n{options}\n\n{listed}\n```\n"


def _index() -> str:
    """Return the list of lists."""
    rows = [(f"[{folder}]({folder}/index.md)", len(KINDS[folder][0]), KINDS[folder][1]) for folder in KINDS]
    rows.append(("[Python](../api.md)", sum(len(names(door)) for door in DOORS), "Public names of the four modules."))
    rows.append(("[commands](../commands.md)", "", "Every call and command by example."))
    table = markdown_table(("list", "entries", "what"), [[str(cell) for cell in row] for row in rows])
    tree = _tree([*(f"{folder}/index" for folder in KINDS), "../api"])
    words = "Made from the registries, as `ictal list` and `ictal explain NAME` print them."
    return f"# Reference\n\n{words}\n\n{table}\n{tree}"


def _page(folder: str, kind: str, name: str) -> str:
    """Return the page of one registered name."""
    facts = ictal.description(f"{kind}:{name}")
    parts = [f"# {name}", f"*{facts['kind'].capitalize()}.* {facts['summary'][:1].upper()}{facts['summary'][1:]}."]
    if kind == "measure":
        parts.append(_measure(facts))
    elif kind == "claim":
        parts.append(_claim(name))
    elif facts.get("text"):
        parts.append(_rst(facts["text"].partition("\nRaises:")[0]))
    if facts.get("parameters"):
        parts.append(f"## Parameters\n\n{_use(kind, name)}\n\n{table(f'{kind}:{name}')}")
    parts += [_examples(name), _see_also(folder, name)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _use(kind: str, name: str) -> str:
    lines = {
        "system": f"ictal simulate {name} --set KEY=VALUE",
        "treatment": f"ictal train ARCH --treat {name}=DOSE,KEY=VALUE",
        "attack": f"ictal attack FILE.pt --attack {name} --eps SIZE",
        "architecture": f"ictal train {name} --set KEY=VALUE",
    }
    python = f'\n\n```python\nrun = ictal.simulate("{name}", seed=1)\n```' if kind == "system" else ""
    return f"```sh\n{lines[kind]}\n```{python}"


def _measure(facts: Mapping[str, Any]) -> str:
    """Return formula, range, limits and surrogates of a measure."""
    rows = [(key, f"`{facts[key]}`" if key == "formula" else str(facts[key])) for key in FACTS if facts[key]]
    rows.append(("gradient", "yes: `ictal.desync_penalty` takes it" if facts["differentiable"] else "no"))
    nulls = [(f"`{kind}`", text) for kind, text in facts["nulls"].items()] or [("none", facts["no_null"])]
    name = facts["name"]
    return "\n\n".join([
        markdown_table(("", ""), rows),
        f'```python\nprint(ictal.measure(data, "{name}", nulls=199))  # value, null, p\n```',
        f"```sh\nictal measure FILE --measures {name} --nulls 199\n```",
        "## Surrogates that test it\n\nThe first that fits the data decides ([error rates](../../nulls.md)).",
        markdown_table(("kind", "question"), nulls),
    ])  # fmt: skip


def _claim(name: str) -> str:
    """Return the statement of the paper, the rule, the verdicts and a figure a setting."""
    claim, found = ictal.CLAIMS.load(name), _ledger()
    parts = [f"The paper: {claim.paper}.", "## Rule, as written before the data", _rst(claim.text or "")]
    rows = [row for row in found.rows if row.claim.name == name]
    verdicts = [
        (f"{row.setting} ({row.scale})" if row.scale else "–", f"**{row.shown}**", row.why or "–") for row in rows
    ]
    parts += ["## Verdict", markdown_table(("run on", "verdict", "because"), verdicts)]
    for file, drawing in _figures().get(name, ()):
        parts.append(
            f"```{{figure}} images/{file}\n:figwidth: 100%\n:alt: {_line(drawing.alt)}\n\n{_line(drawing.caption)}\n```"
        )
    if any(row.verdict in (HOLDS, FAILS) or row.scale for row in rows):
        parts.append("Every replicate, null and rule: [evidence](../../evidence.md).")
    return "\n\n".join(parts)


@cache
def _ledger() -> Any:
    return ledger([REFERENCE])


@cache
def _figures() -> dict[str, list[tuple[str, Any]]]:
    """Draw the figures of the claims, and return claim -> (file, drawing)."""
    made: dict[str, list[tuple[str, Any]]] = {}
    folder = OUT / "claims" / "images"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for evidence in _ledger().evidence.values():
        for title, drawing in evidence.drawings().items():
            file = re.sub(r"\W+", "-", f"{evidence.scale}-{title}").strip("-").lower() + ".png"
            drawing.figure.savefig(folder / file, dpi=120)
            made.setdefault(title.split("/")[0], []).append((file, drawing))
    return made


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def _rst(text: str) -> str:
    """Return a docstring as a block of reStructuredText in a Markdown page."""
    from sphinx.ext.napoleon import Config, GoogleDocstring

    body = str(GoogleDocstring(rst(text), Config(napoleon_use_rtype=False)))
    body = re.sub(r"^:(?:param|raises|returns) ?([^:]*):", r"* \1:", body, flags=re.MULTILINE)
    return f"````{{eval-rst}}\n{body.strip()}\n````"


def scripts_that_use(name: str) -> list[Path]:
    """Return the scripts of the gallery with this text in quotes, such as the name of a system."""
    quoted = re.compile(rf"[\"']{re.escape(name)}[\"'=]")
    return [path for path in sorted(GALLERY.rglob("plot_*.py")) if quoted.search(path.read_text(encoding="utf-8"))]


def _examples(name: str) -> str:
    scripts = scripts_that_use(name)
    if not scripts:
        return ""
    listed = "\n".join(f"   ../examples/gallery/{path.relative_to(GALLERY).as_posix()}" for path in scripts)
    return f"## Examples\n\n````{{eval-rst}}\n.. minigallery::\n\n{listed}\n````"


def _see_also(folder: str, name: str) -> str:
    """Return links to the pages of docs/ that name it in code, the page of its own first."""

    def of(path: Path) -> str:
        text = path.read_text(encoding="utf-8")
        return f"[{_title(text)}](../../{path.relative_to(DOCS).as_posix()})"

    own = [DOCS / f"{name}.md", DOCS / folder / f"{name}.md", DOCS / OWN.get(folder, "")]
    others = [path for path in _guide() if re.search(rf"`[^`\n]*\b{re.escape(name)}\b[^`\n]*`", _guide()[path])]
    found = list(dict.fromkeys(path for path in [*own, *others] if path.is_file()))[:8]
    return "## More\n\n" + " · ".join(map(of, found)) if found else ""


@cache
def _guide() -> dict[Path, str]:
    pages = [*sorted(DOCS.glob("*.md")), *sorted((DOCS / "start").glob("*.md"))]
    return {path: path.read_text(encoding="utf-8") for path in pages if path.stem not in ("index", "api", "guide")}


def _public(door: str, name: str) -> str:
    """Return the page of a public name: signature, docstring, and the examples that use it."""
    room = import_module(door)
    value, line = getattr(room, name), names(door)[name][1]
    full = f"{door}.{name}"
    first = next(other for other in DOORS if name in names(other) and getattr(import_module(other), name) is value)
    head = f":orphan:\n\n{name}\n{'=' * len(name)}\n\n"
    if first != door:
        return f"{head}The same as :doc:`{first}.{name}`: import it from either.\n"
    if not getattr(value, "__module__", "ictal").startswith("ictal"):  # an alias of a type of numpy or typing
        body = f".. py:data:: {full}\n\n   {rst(line)}\n"
    elif isinstance(value, type):
        body = f".. autoclass:: {full}\n   :inherited-members: {_foreign(value)}\n"
    elif callable(value):
        body = f".. autofunction:: {full}\n"
    else:
        shown = f": ``{value!r}``" if isinstance(value, str | int | float) else ""
        body = f".. py:data:: {full}\n\n   {rst(line)}{shown}\n"
    head += f"``from {door} import {name}`` · :doc:`all names </api>`\n\n"
    return f"{head}{body}\n.. minigallery:: {full}\n   :add-heading: Examples\n"


def _foreign(kind: type) -> str:
    """Return the names of the bases whose members are not the house's."""
    bases = [base.__name__ for base in kind.__mro__ if not base.__module__.startswith("ictal")]
    return ", ".join(dict.fromkeys([*bases, "object"]))


def _title(text: str) -> str:
    return text.partition("\n")[0].lstrip("# ")


def _project() -> dict[str, str]:
    """Return the pages on the project: how to cite, changes, contributing, benchmarks, files, scripts."""
    made = {}
    for source, page in OUTSIDE.items():
        if page.startswith(PROJECT) and source.endswith(".md"):
            path = ROOT / source
            text = re.sub(r"^# data/$", "# Files and data", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
            made[page] = linked(text, path.parent, (DOCS / page).parent)
    made[f"{PROJECT}/cite.md"], made[f"{PROJECT}/scripts.md"] = _cite(), _scripts()
    listed = [(f"[{_title(text)}]({Path(page).name})", _WORDS[Path(page).stem])
              for page, text in made.items()]  # fmt: skip
    tree = _tree(Path(page).stem for page in made)
    made[f"{PROJECT}/index.md"] = f"# About\n\n{markdown_table(('page', 'what'), listed)}\n{tree}"
    return {page.removeprefix("reference/"): text for page, text in made.items()}


_WORDS = {
    "changes": "What each version changed; numbers that moved, old and new.",
    "contributing": "Set up, import rules, recipes for a system, a measure, a treatment, a claim.",
    "benchmarks": "Times and memory, with the commands that measure them.",
    "files_of_ictal": "The file format, and the origins of real data.",
    "cite": "The software, the recordings, and the source of every measure.",
    "scripts": "Scripts beside the gallery: clusters, training, long runs.",
}


def _cite() -> str:
    """Return how to cite: the software from CITATION.cff, and the source of each measure."""
    about = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    authors = " and ".join(f"{{{person.get('name') or person['family-names']}}}" for person in about["authors"])
    entry = "\n".join([
        "@software{ictal,", f"  title = {{{about['title']}}},", f"  author = {{{authors[1:-1]}}},",
        f"  version = {{{about['version']}}},", f"  license = {{{about['license']}}}", "}",
    ])  # fmt: skip
    rows = [(f"[`{name}`](../measures/{_file(name)}.md)", ictal.description(f"measure:{name}")["citation"])
            for name in ictal.MEASURES]  # fmt: skip
    return (
        f"# How to cite\n\n{about['message']}\n\n```bibtex\n{entry}\n```\n\n## Sources of the measures\n\n"
        f"{markdown_table(('measure', 'source'), rows)}\n\nThe source of a system or a treatment stands on its page."
        " The EEG of the picture on the first page is CHB-MIT's (PhysioNet, Open Data Commons Attribution 1.0).\n"
    )


def _scripts() -> str:
    """Return the scripts that stand outside of the gallery, with their code."""
    parts = ["# Scripts\n\nEach is run by the tests, as `python FILE`."]
    linked_to = sorted({*(ROOT / "examples").glob("*.py"), ROOT / "benchmarks" / "long_eeg.py"})
    for path in linked_to:
        text = path.read_text(encoding="utf-8")
        parts.append(f"## {path.relative_to(ROOT).as_posix()}\n\n```python\n{text}```")
    return "\n\n".join(parts) + "\n"
