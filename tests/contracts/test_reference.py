"""What is stored in data/reference decides as the documentation says, and draws every figure."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest

from ictal import PLANTED_FAMILIES, PlantedRates, ledger
from ictal.analyses import FAILS, HOLDS, ONLY, UNDECIDED
from ictal.analyses.evidence.effect import wilson
from ictal.analyses.evidence.rules import OPPOSITE, SMALLER, shown
from ictal.analyses.report.ledger import drawings

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "data" / "reference"


@pytest.fixture(scope="module")
def found():
    return ledger([REFERENCE])


def test_the_documentation_is_what_follows_from_what_is_stored():
    fill = runpy.run_path(str(ROOT / "docs" / "fill.py"))
    assert fill["page"]() == (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")
    assert fill["modes_page"]() == (ROOT / "docs" / "mode_collapse.md").read_text(encoding="utf-8")


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
                place = (row.claim, row.setting, row.way)
                mine = [e for e in found.effects[scale] if (e.claim, e.setting, e.way) == place]
                assert next(e for e in mine if e.part == row.decided_by).n >= 3
                if row.verdict == FAILS:
                    assert row.kind
    cifar10 = [row for row in found.decisions["medium"] if row.setting.endswith("CIFAR-10")]
    assert {row.verdict for row in cifar10} == {FAILS, UNDECIDED}


def test_every_claim_names_its_substance_once_a_place(found):
    for effects in found.effects.values():
        for place in {(effect.claim, effect.setting, effect.way) for effect in effects}:
            mine = [e for e in effects if (e.claim, e.setting, e.way) == place]
            assert [e.role for e in mine if e.substance] == ["stated"], place


def test_no_interval_leaves_its_range(found):
    for effect in (effect for effects in found.effects.values() for effect in effects if effect.n > 1):
        low = {"real": -np.inf, "correlation": -1.0}.get(effect.scale, 0.0)
        high = np.inf if effect.scale == "real" else 1.0
        assert low <= effect.low <= effect.value + 1e-9, effect
        assert effect.value - 1e-9 <= effect.high <= high, effect


def test_few_samples_and_wrong_labels_are_told_apart(found):
    """SI before overfitting on Fashion-MNIST: higher than of well-fitted networks with few samples, else lower."""
    rows = [row for row in found.decisions["quick"] if row.claim == "early" and "Fashion" in row.setting]
    assert {row.way: row.kind for row in rows} == {
        "few samples": SMALLER,
        "wide, few samples": SMALLER,
        **{f"{share} % wrong labels": OPPOSITE for share in (20, 40, 100)},
    }
    assert all("AUC" in row.number for row in rows)


FIRST = ("rise", "validation", "depth", "early", "amplitude", "transition", "eeg", "healthy")


def test_the_table_of_changed_verdicts_ends_in_the_verdicts_of_now(found):
    """Places of the first run are listed all; of later ones those that the table lists."""
    text = (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")
    for scale, decisions in found.decisions.items():
        for place in dict.fromkeys((row.claim, row.setting) for row in decisions):
            if place[0] not in FIRST and f"| {place[0]} | {place[1]} ({scale}) |" not in text:
                continue
            verdict = shown([row for row in decisions if (row.claim, row.setting) == place])
            row = rf"\| {place[0]} \| {re.escape(place[1])} \({scale}\) \| .* \| \*\*{re.escape(verdict)}\*\* \|"
            assert re.search(row, text), (place, verdict)


def test_it_is_small_and_names_no_place():
    files = sorted(REFERENCE.glob("*.h5"))
    assert files
    assert sum(file.stat().st_size for file in files) < 2 * 2**20
    for file in files:
        assert str(ROOT.parent).encode() not in file.read_bytes()


def test_planted_error_rates():
    """No false "holds" in more than 5 % (Wilson's upper end) of any case; strong relations are found with 10 seeds."""
    rates = PlantedRates.load(REFERENCE / "planted.h5").rows
    places = {(rate.case, rate.claim, rate.seeds, rate.size, rate.spread) for rate in rates}
    wanted = {
        (case, claim, seeds)
        for family in PLANTED_FAMILIES for case in family.cases for claim in family.claims for seeds in (3, 5, 10)
    }  # fmt: skip
    assert {place[:3] for place in places} == wanted
    for place in places:
        mine = [r for r in rates if (r.case, r.claim, r.seeds, r.size, r.spread) == place]
        n = mine[0].n
        assert n >= 200
        assert sum(rate.count for rate in mine) == n
        false = sum(rate.count for rate in mine if rate.false_holds)
        if mine[0].truth in ("absent", "opposite", "confounded", "small"):
            assert wilson(false, n)[1] <= 0.05, place
        if mine[0].truth == "absent":
            assert sum(rate.count for rate in mine if rate.right) / n >= 0.95, place
        if place[0] == "present" and place[2:] == (10, 1.0, 0.1):
            least = 0.75 if place[1] == "causal" else 0.9  # a slope below plain SI .25 has little room, in six places
            assert sum(rate.count for rate in mine if rate.right) / n >= least, place
