"""Texts that a notebook renders: a heading, a table of names and words, paragraphs."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from html import escape
from typing import Any, ParamSpec

from ..simulator.errors import spelled

P = ParamSpec("P")
ROW = re.compile(r"^  (\S.{0,30}?)\s{2,}(\S.*)$")  # a name, two blanks or more, its words


MORE = re.compile(r"^ {4,}(\S.*)$")  # further words of the name above
CELL = "text-align:left;vertical-align:top;padding:0 12px 0 0"


class Text(str):
    """A text that prints itself as it is, and that a notebook shows in HTML or Markdown.

    >>> text = Text("chi_c  (measure): synchrony")
    >>> text
    chi_c  (measure): synchrony
    >>> text == "chi_c  (measure): synchrony"
    True
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        head, *rest = spelled(str(self)).split("\n")
        name, _, words = head.partition("  ")
        parts = [f"<p><b>{escape(name)}</b> {escape(words)}</p>"]
        rows: list[str] = []
        for line in [*rest, ""]:
            found = ROW.match(line)
            more = MORE.match(line) if rows else None
            columns = re.split(r"\s{2,}", found[2].strip()) if found else []
            cells = [found[1], *columns] if found else ["", more[1]] if more else None
            if cells is not None:
                rows.append("".join(f'<td style="{CELL}">{escape(cell)}</td>' for cell in cells))
                continue
            if rows:
                table = "".join(f"<tr>{row}</tr>" for row in rows)
                parts.append(f'<table style="white-space:normal">{table}</table>')
                rows = []
            parts.append(escape(line))
        body = "\n".join(parts[1:]).strip("\n")
        return f'<div style="max-width:60em">{parts[0]}<div style="white-space:pre-wrap">{body}</div></div>'

    def _repr_markdown_(self) -> str:
        head, _, rest = str(self).partition("\n")
        name, _, words = head.partition("  ")
        fence = "```" if "```" not in rest else "~~~~"
        return f"**{name}** {words}" + (f"\n\n{fence}text\n{rest.strip(chr(10))}\n{fence}" if rest.strip() else "")


def rendered(function: Callable[P, str]) -> Callable[P, Text]:
    """Make the text of a function a `Text`."""

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> Text:
        return Text(function(*args, **kwargs))

    return wrapped
