"""Fill the tables of docs/evidence.md in from data/reference: python docs/fill.py."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ictal.analyses.claims.ledger import Ledger
from ictal.analyses.report.markdown import effects_table, filled, ledger_table, table
from ictal.experiments.planted import CASES, EXPERIMENTS_TESTED, Rate, Rates, right
from ictal.experiments.reproduce import ledger

ROOT = Path(__file__).resolve().parent.parent
REFERENCE, PAGE = ROOT / "data" / "reference", ROOT / "docs" / "evidence.md"


def page() -> str:
    """The page as it follows from what is stored."""
    found = ledger([REFERENCE])
    return filled(
        PAGE.read_text(encoding="utf-8"),
        {
            "ledger": ledger_table(found),
            "effects": _effects(found),
            "planted": _planted(Rates.load(REFERENCE / "planted.h5").rows),
        },
    )


def _effects(found: Ledger) -> str:
    parts = []
    for scale in found.effects:
        parts.append(f"Scale {scale}:\n\n{effects_table(found, scale)}")
        left_out = dict.fromkeys(row.left_out for row in found.rows if row.scale == scale and row.left_out)
        parts += [f"Not counted: {text}." for text in left_out]
    return "\n\n".join(parts)


def _planted(rates: Sequence[Rate]) -> str:
    rows = []
    for case in CASES:
        for claim in EXPERIMENTS_TESTED:
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
