"""Text of `explain`: a measure with its scale, and docstrings and parameters within a width."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

WIDTH = 80  # characters of a line
_WAY = "  "
_ITEM = re.compile(  # the first line of an item of a list: a bullet, a number, a name with a colon or a wide gap
    r"\s*(?:[-*•|]|\d+\.|\.\.|>>>|=+|```)|\s*[\w`., ]{1,30}: |\w+(?: \w+)? {2,}\S"
)
_LABEL = re.compile(r"\s*\S+(?: \S+){0,2} {2,}(?=\S)")  # first column of a table, or of a list
USES = {
    "system": "ictal simulate {} --set KEY=VALUE",
    "architecture": "ictal train {} --set KEY=VALUE",
    "network": "ictal simulate {} --duration SECONDS --set KEY=VALUE",
    "run": "ictal simulate {} --set KEY=VALUE",
    "attack": "ictal attack FILE.pt --attack {} --eps A,B; in Python ictal.attack",
    "treatment": "ictal train ARCH --treat {}=DOSE,KEY=VALUE; the first is the dose",
}


def explained(facts: Mapping[str, Any], width: int = WIDTH) -> str:
    """Return the text of a description, no line longer than `width` where words allow it."""
    lines = list(_head(facts, width))
    if facts["kind"] == "measure":
        lines += _measure(facts, width)
    else:
        if facts["text"]:
            lines += ["", *reflowed(facts["text"], width)]
        if facts.get("how"):
            lines += ["", *(part for line in facts["how"] for part in _wrapped(line, width, _WAY, "    "))]
        if facts.get("parameters"):
            lines += _parameters(facts, width)
    return "\n".join(lines)


def _head(facts: Mapping[str, Any], width: int) -> Iterator[str]:
    symbol = f"{facts['symbol']}, " if facts.get("symbol") else ""
    yield from _wrapped(f"{facts['name']}  ({symbol}{facts['kind']}): {facts['summary']}", width)
    if others := facts.get("see_also"):
        yield from _wrapped(f"what {facts['asked']} is called here; see also {', '.join(others)}", width, _WAY, _WAY)
    elif "asked" in facts and not facts.get("how"):
        yield from _wrapped(f"what {facts['asked']} is called here", width, _WAY, _WAY)
    for kind in facts["also"]:
        yield f"  also a {kind}: ictal explain {kind}:{facts['name']}"


def _measure(facts: Mapping[str, Any], width: int) -> Iterator[str]:
    yield ""
    if facts["scale"]:
        yield from (f"  {line}".rstrip() for line in scale(facts["scale"], min(width, WIDTH) - 2))
        yield ""
    truth = facts["on_truth"]
    rows = {
        "formula": facts["formula"], "range": facts["range"], "by chance": facts["floor"], "needs": facts["needs"],
        "shows": facts["shows"], "cannot": facts["cannot"],
    }  # fmt: skip
    for key, text in rows.items():
        yield from _wrapped(f"  {key:<10} {text}", width, "", " " * 13)
    if truth:
        yield f"  {'on truth':<10} planted correlation c  {''.join(f'{c[1:] or c:>6}' for c in truth)}"
        yield f"  {'':<10} N 100, T 1000          {''.join(f'{_short(value):>6}' for value in truth.values())}"
    yield from _wrapped(f"  {'citation':<10} {facts['citation']}", width, "", " " * 13)
    nulls = f"{', '.join(facts['nulls'])}: ictal explain null" if facts["nulls"] else f"none: {facts['no_null']}"
    yield from _wrapped(f"  {'null':<10} {nulls}", width, "", " " * 13)
    yield from _wrapped(f"  {'try':<10} {facts['try']}", width, "", " " * 13)


def _short(value: float) -> str:
    from ..analyses.measures.notation import short

    return short(value) if abs(value) < 10 else f"{value:.3g}".replace("-", "−")


def scale(marks: Sequence[Mapping[str, Any]], room: int) -> list[str]:
    """Return three lines: the values of the marks of a scale, its axis, and their words.

    >>> print("\\n".join(scale([{"place": 0, "value": "0", "words": "apart"},
    ...                        {"place": 1, "value": "1", "words": "alike"}], 24)))
    0                      1
    ├──────────────────────┤
    apart              alike
    """
    last = room - 1
    axis = ["─"] * room
    values, words = [" "] * room, [" "] * room
    for mark in marks:
        at = round(mark["place"] * last)
        axis[at] = "├" if at == 0 else "┤" if at == last else "┼"
        for cells, text in ((values, mark["value"]), (words, mark["words"])):
            start = 0 if at == 0 else max(room - len(text), 0) if at == last else at
            cells[start : start + len(text)] = text
    return ["".join(values).rstrip(), "".join(axis), "".join(words).rstrip()]


def _parameters(facts: Mapping[str, Any], width: int) -> Iterator[str]:
    """Yield the parameters in columns; words go on below where the names leave them little place."""
    yield from ["", *_wrapped(f"parameters ({USES[facts['kind']].format(facts['name'])}):", width)]
    cells = [
        (p["name"], _typed(p["default"]), p["bounds"], p["words"] + (f" [{p['unit']}]" if p["unit"] else ""))
        for p in facts["parameters"]
    ]
    names, defaults, bounds = (
        min(max(len(row[at]) for row in cells), most) for at, most in ((0, 34), (1, 14), (2, 20))
    )
    room = 2 + names + 2 + defaults + 2 + bounds + 2
    beside = room <= width - 24
    for name, default, bound, words in cells:
        start = f"  {name:<{names}}  {default:<{defaults}}  {bound:<{bounds}}".rstrip()
        if beside:
            yield from _wrapped(f"{start.ljust(room - 2)}  {words}".rstrip(), width, "", " " * room)
        else:
            yield start
            yield from _wrapped(words, width, " " * 6, " " * 6) if words else []


def _typed(value: object) -> str:
    """Return a value as the shell takes it."""
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)


def reflowed(text: str, width: int) -> Iterator[str]:
    """Yield the lines of a docstring, those of its paragraphs wrapped; formulas, code and tables stay as they are.

    >>> list(reflowed("one two\\nthree\\n\\n    x = y\\n", 9))
    ['one two', 'three', '', '    x = y']
    """
    lines = text.splitlines()
    if all(len(line) <= width for line in lines):
        yield from lines
        return
    at, verbatim = 0, -1  # indent of a block that stays as it is; -1 outside of one
    while at < len(lines):
        line = lines[at]
        indent = len(line) - len(line.lstrip())
        if not line.strip() or (0 <= verbatim < indent):
            yield line
            at += 1
            continue
        verbatim = indent if line.lstrip().startswith("..") or line.rstrip().endswith("::") else -1
        if (verbatim >= 0 and line.lstrip().startswith("..")) or set(line.strip()) <= set("= "):
            yield line[:width] if line[0] == "=" else line
            at += 1
            continue
        rest = [line.rstrip()]
        after = None
        while at + len(rest) < len(lines) and not line.rstrip().endswith(":") and verbatim < 0:
            following = lines[at + len(rest)]
            inner = len(following) - len(following.lstrip())
            after = inner if after is None else after
            if not following.strip() or inner != after or inner < indent or _ITEM.match(following):
                break
            rest.append(following.strip())
            if following.rstrip().endswith("::"):
                verbatim = indent
        label = _LABEL.match(line)
        own = len(label[0]) if label else indent
        hanging = " " * (after if len(rest) > 1 and after is not None else own)
        yield from _wrapped(" ".join(rest), width, "", hanging)
        at += len(rest)


def _wrapped(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    ) or [first]
