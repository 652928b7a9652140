"""The ledger and the error rates as Markdown tables: a page of the documentation is filled in from stored results."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ..claims.ledger import Ledger
from ..comparison.wording import number

_BLOCK = re.compile(r"(<!-- (?P<name>[\w-]+) -->\n).*?(<!-- /(?P=name) -->)", re.DOTALL)


def filled(text: str, blocks: Mapping[str, str]) -> str:
    """A page with everything between ``<!-- NAME -->`` and ``<!-- /NAME -->`` replaced.

    >>> filled("<!-- a -->\\nold\\n<!-- /a -->", {"a": "new"})
    '<!-- a -->\\nnew\\n<!-- /a -->'
    """
    return _BLOCK.sub(lambda found: f"{found[1]}{blocks[found['name']]}\n{found[3]}", text)


def markdown_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; a bar in a cell is escaped."""
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    return "\n".join([*lines, *("| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in rows)])


def ledger_table(ledger: Ledger) -> str:
    """One row a claim and scale."""
    rows = [
        [
            f"**{row.claim.name}**: {row.claim.statement}",
            row.claim.paper,
            f"{row.setting} ({row.scale})" if row.scale else "–",
            f"**{row.verdict}**",
            row.why or "–",
        ]
        for row in ledger.rows
    ]
    return markdown_table(("claim", "the paper", "run on", "verdict", "because"), rows)


def effects_table(ledger: Ledger, scale: str) -> str:
    """Every effect that decides at a scale, with its interval."""
    rows = [
        [
            e.claim,
            e.part + (" (control)" if e.role == "control" else ""),
            e.setting,
            e.statistic,
            f"{number(e.value)} [{number(e.low)}, {number(e.high)}]",
            str(e.n),
            number(e.least),
            number(e.claimed),
        ]
        for e in ledger.effects.get(scale, ())
        if e.role != "beside"
    ]
    return markdown_table(("claim", "part", "on", "statistic", "mean [95 %]", "n", "least", "the paper"), rows)
