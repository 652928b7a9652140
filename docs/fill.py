"""Fill docs/evidence.md from data/reference, and docs/api.md from the four doors: python docs/fill.py."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from ictal import PLANTED_CASES, PLANTED_CLAIMS, PlantedRate, PlantedRates, ledger
from ictal.analyses import Ledger, effects_table, filled, ledger_table, markdown_table

ROOT = Path(__file__).resolve().parent.parent
REFERENCE, PAGE = ROOT / "data" / "reference", ROOT / "docs" / "evidence.md"
API, DOORS = ROOT / "docs" / "api.md", ("ictal", "ictal.simulator", "ictal.analyses", "ictal.models")
HEAD = "# Public names\n\nImport from these four modules; other paths may move. Made by `python docs/fill.py`.\n"


def page() -> str:
    """The page as it follows from what is stored."""
    found = ledger([REFERENCE])
    return filled(
        PAGE.read_text(encoding="utf-8"),
        {
            "claims": _claims(found),
            "ledger": ledger_table(found),
            "effects": _effects(found),
            "planted": _planted(PlantedRates.load(REFERENCE / "planted.h5").rows),
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


def names(door: str) -> dict[str, tuple[str, str]]:
    """Name -> (first module of its path, one line on it), as the stub of a door lists them."""
    found = {}
    room = import_module(door)
    for line in Path(str(room.__file__)).with_suffix(".pyi").read_text(encoding="utf-8").splitlines():
        code, _, words = line.partition("  # ")
        match = re.match(r"from \.(\w+)\S* import (\w+) as \2$|()([A-Z]+): ", code)
        if match:
            name = match[2] or match[4]
            found[name] = match[1] or "", words or (inspect.getdoc(getattr(room, name)) or "").split("\n")[0]
    return found


def api() -> str:
    """The page of public names: a section a door, a table a module or folder of it."""
    parts = [HEAD]
    for door in DOORS:
        listed = names(door)
        parts.append(f"## {door}\n\n{inspect.getdoc(import_module(door)).split(chr(10))[0]}\n")
        for group in dict.fromkeys(group for group, _ in listed.values()):
            about = inspect.getdoc(import_module(f"{door}.{group}" if group else door)).split("\n")[0]
            rows = [(f"`{name}`", line) for name, (at, line) in listed.items() if at == group]
            parts.append(f"### {group or 'registry'}\n\n{about}\n\n{markdown_table(('name', 'what'), rows)}\n")
    return "\n".join(parts)


def _effects(found: Ledger) -> str:
    parts = []
    for scale in found.effects:
        parts.append(f"Scale {scale}:\n\n{effects_table(found, scale)}")
        left_out = dict.fromkeys(row.left_out for row in found.rows if row.scale == scale and row.left_out)
        parts += [f"Not what they are called: {text}." for text in left_out]
    return "\n\n".join(parts)


def _planted(rates: Sequence[PlantedRate]) -> str:
    rows = []
    for case in PLANTED_CASES:
        for claim in PLANTED_CLAIMS:
            mine = [rate for rate in rates if (rate.case, rate.claim) == (case, claim)]
            n = mine[0].n
            good = sum(rate.count for rate in mine if rate.right)
            said = ", ".join(f"{rate.verdict} {rate.count}" for rate in sorted(mine, key=lambda rate: -rate.count))
            low, high = interval(good, n)
            rows.append([case, claim, said, f"{100 * good / n:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"])
    return markdown_table(("case", "claim", f"verdicts of {rates[0].n} replicates", "right [95 %, binomial]"), rows)


def interval(k: int, n: int) -> tuple[float, float]:
    """Clopper and Pearson's 95 % interval of a share."""
    from scipy.stats import binomtest

    found = binomtest(k, n).proportion_ci(0.95, method="exact")
    return float(found.low), float(found.high)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    API.write_text(api(), encoding="utf-8")
    print(f"filled {PAGE.relative_to(ROOT)} and {API.relative_to(ROOT)}")
