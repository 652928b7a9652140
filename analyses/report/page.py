"""Pages: one self-contained HTML file, images inside, nothing fetched from anywhere."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ...simulator.errors import spelled
from ...simulator.files.disk import check_writable, replacing
from ...simulator.kinds import FIGURES, Kind
from ..comparison.wording import number
from ..figures.save import embedded, to_png


def rendered(template: str, content: Mapping[str, Any]) -> str:
    """Return an HTML template, filled in. Values are escaped, so that a name from a file stays text.

    Args:
        template: name of a file in the folder `templates` beside this module, e.g. "page.html.j2".
        content: name -> value, as the template uses them.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,  # a name that comes from a file is text and nothing else
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: spelled(value) if type(value) is str else value,
    )
    environment.filters["number"] = number
    return environment.get_template(template).render(content)


def write_page(found: Kind, path: str | os.PathLike[str], *, force: bool = False) -> Path:
    """Write the page of a kind that has none of its own: facts, figures and configuration.

    Raises:
        InputError: the file exists (and not force), its folder is missing or cannot be written.
    """
    check_writable(path, force)  # before any figure is drawn
    pictures = found.pictures() if found.kind in FIGURES else {}
    finding = pictures["overview"].title if "overview" in pictures else ""
    content = {
        "title": finding or found.kind,
        "summary": repr(found),
        "figures": [embedded(drawing, to_png(drawing.figure, drawing.caption)) for drawing in pictures.values()],
        "facts": list(flat(found.facts())),
    }
    with replacing(path, force) as temporary:
        temporary.write_text(rendered("page.html.j2", content), encoding="utf-8")
    return Path(path)


def flat(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Return nested settings as names and texts, sorted."""
    for key, value in sorted(tree.items()):  # as they come back from a file
        name = f"{above}{key}"
        if isinstance(value, Mapping):
            yield from flat(value, f"{name} / ")
        else:
            yield name, value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
