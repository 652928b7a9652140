"""What is stored in data/reference decides as the documentation says, and draws every figure."""

import runpy
from pathlib import Path

import pytest

from ictal import PLANTED_CASES, PLANTED_CLAIMS, PlantedRates, ledger
from ictal.analyses import FAILS, HOLDS, ONLY
from ictal.analyses.report.ledger import drawings

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "data" / "reference"


@pytest.fixture(scope="module")
def found():
    return ledger([REFERENCE])


def test_the_documentation_is_what_follows_from_what_is_stored():
    fill = runpy.run_path(str(ROOT / "docs" / "fill.py"))
    assert fill["page"]() == (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")


def test_every_figure_is_drawn_from_what_is_stored(found):
    drawn = {drawing.name.split("/")[0] for drawing in drawings(found)}
    tested = {row.claim for rows in found.decisions.values() for row in rows if row.decided_by}
    assert tested <= drawn
    assert "side by side" in drawn


def test_no_verdict_without_seeds_and_a_control(found):
    for effects in found.effects.values():
        deciding = [effect for effect in effects if effect.role != "beside"]
        assert all(effect.p_above == effect.p_below == 1.0 for effect in deciding if effect.n < 3)
        for claim in {effect.claim for effect in deciding}:
            assert any(effect.claim == claim and effect.role == "control" for effect in deciding)
    for scale, rows in found.decisions.items():
        for row in rows:
            if row.decided_by and row.verdict in (HOLDS, FAILS, ONLY):
                places = [e for e in found.effects[scale] if (e.claim, e.setting) == (row.claim, row.setting)]
                assert next(e for e in places if e.part == row.decided_by).n >= 3
    assert {row.verdict for row in found.decisions["medium"]} == {FAILS}


def test_it_is_small_and_names_no_place():
    files = sorted(REFERENCE.glob("*.h5"))
    assert files
    assert sum(file.stat().st_size for file in files) < 2 * 2**20
    for file in files:
        assert str(ROOT.parent).encode() not in file.read_bytes()


def test_planted_error_rates():
    rates = PlantedRates.load(REFERENCE / "planted.h5").rows
    for case in PLANTED_CASES:
        for claim in PLANTED_CLAIMS:
            mine = [rate for rate in rates if (rate.case, rate.claim) == (case, claim)]
            n = mine[0].n
            assert n >= 200
            assert sum(rate.count for rate in mine) == n
            good = sum(rate.count for rate in mine if rate.right) / n
            holds = sum(rate.count for rate in mine if rate.verdict == HOLDS) / n
            assert good >= 0.95, (case, claim)
            if case in ("absent", "confounded"):
                assert holds <= 0.05, (case, claim)
