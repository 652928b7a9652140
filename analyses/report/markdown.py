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
            f"**{row.shown}**",
            row.why or "–",
        ]
        for row in ledger.rows
    ]
    return markdown_table(("claim", "the paper", "run on", "verdict", "because"), rows)


def decisions_table(ledger: Ledger, scale: str) -> str:
    """One row a claim, setting and way of overfitting at a scale, with the number that decides."""
    rows = [
        [
            row.claim,
            row.setting,
            row.way or "–",
            f"**{row.verdict}**{f' ({row.kind})' if row.kind else ''}",
            row.why,
            number(row.p) if row.decided_by and row.p < 1 else "–",
        ]
        for row in ledger.decisions.get(scale, ())
    ]
    return markdown_table(("claim", "on", "overfits by", "verdict", "because", "p, corrected"), rows)
