"""Fill docs/evidence.md from data/reference, and docs/api.md from the four doors: python docs/fill.py."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from ictal import PLANTED_FAMILIES, PlantedRate, PlantedRates, ledger
from ictal.analyses import Ledger, decide, decisions_table, filled, ledger_table, markdown_table

ROOT = Path(__file__).resolve().parent.parent
REFERENCE, PAGE = ROOT / "data" / "reference", ROOT / "docs" / "evidence.md"
MODES = ROOT / "docs" / "mode_collapse.md"
API, DOORS = ROOT / "docs" / "api.md", ("ictal", "ictal.simulator", "ictal.analyses", "ictal.models")
HEAD = "# Public names\n\nImport from these four modules; other paths may move. Made by `python docs/fill.py`.\n"


def page() -> str:
    """The page as it follows from what is stored."""
    found = ledger([REFERENCE])
    rates = PlantedRates.load(REFERENCE / "planted.h5").rows
    return filled(
        PAGE.read_text(encoding="utf-8"),
        {
            "claims": _claims(found),
            "ledger": ledger_table(found),
            "rules": _rules(),
            "decisions": _decisions(found),
            "planted": _planted(rates),
            "power": _power(rates),
        },
    )


def modes_page() -> str:
    """The page on mode collapse as it follows from what is stored."""
    rows = ledger([REFERENCE]).evidence["quick"].generators
    groups: dict[tuple[str, str], list[Any]] = {}
    for row in rows:
        groups.setdefault((row.data, row.condition), []).append(row)
    table = [
        [data, condition, *(_mean_and_range([getattr(row, name) for row in mine]) for name in _OF_GENERATORS)]
        for (data, condition), mine in groups.items()
    ]
    head = ("data", "condition", "K_eff", "covered", "valid", "SI-3", "97.5 % of surrogates", "live units")
    return filled(MODES.read_text(encoding="utf-8"), {"generators": markdown_table(head, table)})


_OF_GENERATORS = ("effective", "covered", "valid", "si", "null_high", "live")


def _mean_and_range(values: Sequence[float]) -> str:
    """Words of numbers; a dash where none was drawn."""
    mean = sum(values) / len(values)
    return f"{mean:.2f} ({min(values):.2f}–{max(values):.2f})" if mean == mean else "–"


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


def _rules() -> str:
    """The rules as their module lays them down."""
    rules = inspect.getdoc(inspect.getmodule(decide)) or ""
    return rules.split("\n\n", 1)[1].strip()


def _decisions(found: Ledger) -> str:
    parts = []
    for scale in found.decisions:
        parts.append(f"Scale {scale}:\n\n{decisions_table(found, scale)}")
        left_out = dict.fromkeys(row.left_out for row in found.rows if row.scale == scale and row.left_out)
        parts += [f"Not what they are called, or not counted: {text}." for text in left_out]
    return "\n\n".join(parts)


def _planted(rates: Sequence[PlantedRate]) -> str:
    """Right verdicts and false "holds" of every case and claim at the paper's size, by the number of seeds."""
    seeds = sorted({rate.seeds for rate in rates})
    rows = []
    for case, claim in ((c, name) for family in PLANTED_FAMILIES for c in family.cases for name in family.claims):
        cells = [_counted(rates, case, claim, n, 1.0, 0.1) for n in seeds]
        false = [f"{false}" for _, false, _, _ in cells]
        most = max(interval(false, n)[1] for _, false, n, _ in cells)
        truth, draws = cells[0][3], cells[0][2]
        holds = "–" if truth in ("holds", "level") else f"{', '.join(false)} of {draws} (≤ {100 * most:.1f} %)"
        rows.append([case, claim, truth, *(_share(right, n) for right, _, n, _ in cells), holds])
    columns = ("case", "claim", "true", *(f"right, {n} seeds [%]" for n in seeds), "false “holds”")
    return markdown_table(columns, rows)


def _power(rates: Sequence[PlantedRate]) -> str:
    """Share of runs in which a relation that is there is found, by size, spread and number of seeds."""
    seeds = sorted({rate.seeds for rate in rates})
    places = dict.fromkeys((rate.size, rate.spread) for rate in rates if rate.case == "present")
    rows = []
    for claim in (name for family in PLANTED_FAMILIES for name in family.claims):
        for size, spread in sorted(places, reverse=True):
            cells = [_counted(rates, "present", claim, n, size, spread) for n in seeds]
            rows.append([claim, f"{size:g}", f"{spread:g}", *(_share(c[0], c[2]) if c[2] else "–" for c in cells)])
    return markdown_table(("claim", "size", "spread", *(f"{n} seeds [%]" for n in seeds)), rows)


def _counted(
    rates: Sequence[PlantedRate], case: str, claim: str, seeds: int, size: float, spread: float
) -> tuple[int, int, int, str]:
    """Number of right verdicts, of false "holds", of all; and what is true."""
    wanted = (case, claim, seeds, size, spread)
    mine = [rate for rate in rates if (rate.case, rate.claim, rate.seeds, rate.size, rate.spread) == wanted]
    right, false = (sum(rate.count for rate in mine if getattr(rate, name)) for name in ("right", "false_holds"))
    return right, false, mine[0].n if mine else 0, mine[0].truth if mine else ""


def _share(k: int, n: int) -> str:
    low, high = interval(k, n)
    return f"{100 * k / n:.0f} [{100 * low:.0f}, {100 * high:.0f}]"


def interval(k: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    from scipy.stats import binomtest

    found = binomtest(k, n).proportion_ci(0.95, method="wilson")
    return float(found.low), float(found.high)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    MODES.write_text(modes_page(), encoding="utf-8")
    API.write_text(api(), encoding="utf-8")
    print("filled", ", ".join(str(path.relative_to(ROOT)) for path in (PAGE, MODES, API)))
