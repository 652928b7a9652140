"""Fill the tables of docs/evidence.md in from data/reference: python docs/fill.py."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from ictal.analyses.claims.ledger import Ledger
from ictal.analyses.comparison.wording import number
from ictal.experiments.planted import CASES, TESTED, Rate, right
from ictal.experiments.reproduce import ledger
from ictal.simulator.files.document import read
from ictal.simulator.files.rows import from_group

ROOT = Path(__file__).resolve().parent.parent
REFERENCE, PAGE = ROOT / "data" / "reference", ROOT / "docs" / "evidence.md"

_BLOCK = re.compile(r"(<!-- (?P<name>[\w-]+) -->\n).*?(<!-- /(?P=name) -->)", re.DOTALL)


def filled(text: str, blocks: Mapping[str, str]) -> str:
    """A page with everything between ``<!-- NAME -->`` and ``<!-- /NAME -->`` replaced.

    >>> filled("<!-- a -->\\nold\\n<!-- /a -->", {"a": "new"})
    '<!-- a -->\\nnew\\n<!-- /a -->'
    """
    return _BLOCK.sub(lambda found: f"{found[1]}{blocks[found['name']]}\n{found[3]}", text)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
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
    return table(("claim", "the paper", "run on", "verdict", "because"), rows)


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
    return table(("claim", "part", "on", "statistic", "mean [95 %]", "n", "least", "the paper"), rows)


def page() -> str:
    """The page as it follows from what is stored."""
    found = ledger([REFERENCE])
    rates = from_group(Rate, read(REFERENCE / "planted.h5", "planted").groups["tables/rates"])
    return filled(
        PAGE.read_text(encoding="utf-8"),
        {
            "claims": _claims(found),
            "ledger": ledger_table(found),
            "effects": _effects(found),
            "planted": _planted(rates),
        },
    )


def _claims(found: Ledger) -> str:
    """Each claim with what was laid down before it was run: the paragraphs of its file."""
    parts = []
    for claim in dict.fromkeys(row.claim for row in found.rows if row.claim.scales):
        said = re.findall(r"^([A-Z][a-z]+) {2,}(.*?)(?=^[A-Z]|\Z)", claim.text or "", re.M | re.S)
        lines = [f"* *{key}.* {' '.join(text.split())}" for key, text in said]
        parts.append("\n".join([f"**{claim.name}**: {claim.statement}. The paper: {claim.paper}.", *lines]))
    return "\n\n".join(parts)


def _effects(found: Ledger) -> str:
    parts = []
    for scale in found.effects:
        parts.append(f"Scale {scale}:\n\n{effects_table(found, scale)}")
        left_out = dict.fromkeys(row.left_out for row in found.rows if row.scale == scale and row.left_out)
        parts += [f"Not counted: {text}." for text in left_out]
    return "\n\n".join(parts)


def _planted(rates: list[Rate]) -> str:
    rows = []
    for case in CASES:
        for claim in TESTED:
            mine = [rate for rate in rates if (rate.case, rate.claim) == (case, claim)]
            n = mine[0].n
            good = sum(rate.count for rate in mine if right(case, rate.verdict))
            said = ", ".join(f"{rate.verdict} {rate.count}" for rate in sorted(mine, key=lambda rate: -rate.count))
            low, high = interval(good, n)
            rows.append([case, claim, said, f"{100 * good / n:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"])
    return table(("case", "claim", f"verdicts of {rates[0].n} replicates", "right [95 %, binomial]"), rows)


def interval(k: int, n: int) -> tuple[float, float]:
    """Clopper and Pearson's 95 % interval of a share."""
    from scipy.stats import binomtest

    found = binomtest(k, n).proportion_ci(0.95, method="exact")
    return float(found.low), float(found.high)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"filled {PAGE.relative_to(ROOT)}")
