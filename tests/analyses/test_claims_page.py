"""Words, tiles, glyphs and pictures of the page of claims, on decisions that are known."""

import math
import re

import pytest
from browser import CHROMIUM, DRIVER, Browser, check_clean, chromedriver

from ictal.analyses import CLAIMS
from ictal.analyses.claims.ledger import Ledger, Row
from ictal.analyses.claims.wording import count_words, counts, headline, lead, sentence, standings
from ictal.analyses.evidence.effect import Effect, unknown_effect
from ictal.analyses.evidence.rules import (
    FAILS,
    HOLDS,
    LEVEL,
    NOT_RUN,
    NOT_TESTABLE,
    ONLY,
    UNDECIDED,
    Decision,
    overall,
)
from ictal.analyses.report.ledger import render
from ictal.analyses.report.scoreboard import rows, settings, tiles

A, B = "MLP, 4 × 64 on digits", "ResNet-18, width 16 on CIFAR-10"
RUN = ("rise", "validation", "depth")


def effect(claim, value, setting=A, way="few", n=5, low=None, high=None, **more):
    low, high = value - 0.05 if low is None else low, value + 0.05 if high is None else high
    given = {"least": 0.1, "claimed": 0.74, "substance": True, "role": "stated", "part": "rises"} | more
    return Effect(claim, given["part"], setting, given["role"], "SI at the end", value, low, high, 0.01, 0.9, n,
                  given["least"], given["claimed"], "", "real", given["substance"], way)  # fmt: skip


def board(verdicts, effects=()):
    """A ledger of claim -> [(setting, way, verdict)]; the other claims were not run."""
    made = [Decision(claim, setting, verdict, "why", "rises", 0.01, way)
            for claim, own in verdicts.items() for setting, way, verdict in own]  # fmt: skip
    table = []
    for name in CLAIMS:
        claim = CLAIMS.load(name)
        mine = [row for row in made if row.claim == name]
        if mine:
            table.append(Row(claim, "quick", A, "", overall(mine)[0], "why", "none", ""))
        else:
            table.append(Row(claim, "", "", "", f"{NOT_RUN}: needs something", "", "", ""))
    return Ledger(tuple(table), {}, {"quick": tuple(effects)}, {"quick": tuple(made)})


@pytest.mark.parametrize(
    ("verdicts", "said", "counted"),
    [
        ({}, "No claim has been run yet.", ""),
        ({"rise": [FAILS, UNDECIDED]}, "The one claim that was run is not shown to hold.", "1 fails, "),
        ({"rise": [HOLDS, UNDECIDED]}, "The one claim that was run holds.", "1 holds, "),
        (
            {"rise": [FAILS, FAILS], "depth": [UNDECIDED, NOT_TESTABLE]},
            "None of the 2 claims that were run holds.",
            "1 fails, 1 undecided, ",
        ),
        (
            {"rise": [HOLDS, FAILS], "depth": [ONLY, UNDECIDED], "early": [FAILS]},
            "None of the 3 claims that were run holds.",
            "1 fails, 2 mixed, ",
        ),
        (
            {"rise": [HOLDS, LEVEL], "depth": [FAILS, FAILS], "early": [FAILS]},
            "1 of the 3 claims that were run holds.",
            "2 fail, 1 holds, ",
        ),
        ({"rise": [HOLDS], "depth": [HOLDS]}, "All 2 claims that were run hold.", "2 hold, "),
    ],
)
def test_claims_are_counted_once_whatever_their_rows(verdicts, said, counted):
    found = board(
        {claim: [(s, "few", v) for s, v in zip((A, B), own, strict=False)] for claim, own in verdicts.items()}
    )
    counted += f"{len(CLAIMS) - len(verdicts)} not run"
    assert sentence(found) == said
    assert count_words(found) == counted
    assert headline(found) == f"{said.removesuffix('.')}: {counted}."
    assert sum(counts(found).values()) == len(CLAIMS) == len(tiles(found))


def test_the_lead_says_where_claims_fail_and_where_they_are_mixed():
    found = board({
        "rise": [(A, "few", FAILS), (A, "noise", FAILS), (B, "few", FAILS)],
        "validation": [(A, "few", FAILS), (A, "noise", UNDECIDED), (B, "few", UNDECIDED)],
        "depth": [(A, "few", HOLDS), (B, "few", FAILS)],
    })  # fmt: skip
    assert standings(found)["depth"] == "mixed"
    assert lead(found) == [
        "Two fail, each in at least one network and way of overfitting, and nowhere better than undecided.",
        "One of them in few settings: validation in 1 of 3; the others are undecided.",
        f"Mixed: depth holds on {A}; fails on {B}.",
    ]
    assert lead(board({})) == []


@pytest.fixture(scope="module")
def found():
    effects = [
        effect("rise", 0.04), effect("rise", 0.12, way="noise"), effect("rise", -0.16, B, low=-math.inf, high=math.inf),
        effect("rise", 0.3, part="in order", substance=False), effect("rise", 0.3, role="control", part="null"),
        effect("validation", 0.5, claimed=math.nan, least=0.2),
        unknown_effect("validation", "rises", B, "too smooth", least=0.2, substance=True),
        effect("depth", -0.02, claimed=0.06, least=0.02),
    ]  # fmt: skip
    verdicts = {
        "rise": [(A, "few", FAILS), (A, "noise", UNDECIDED), (B, "few", FAILS)],
        "validation": [(A, "few", ONLY), (B, "", UNDECIDED)],
        "depth": [(A, "few", FAILS)],
    }
    return board(verdicts, effects)


def test_a_row_has_a_glyph_a_network_and_draws_the_part_with_the_substance(found):
    assert settings(found) == [A, B]
    rise, validation, depth = rows(found)
    assert [cell["sign"] for cell in rise["cells"]] == ["✕", "✕"]
    assert [cell["sign"] for cell in validation["cells"]] == ["◐", "○"]
    assert [cell["sign"] for cell in depth["cells"]] == ["✕", "–"]
    assert [(cell["network"], cell["data"]) for cell in rise["cells"]] == [("MLP", "digits"), ("ResNet-18", "CIFAR-10")]
    drawn = str(rise["picture"])
    assert drawn.count('class="mark"') == 3  # every way of overfitting; no control, no other part
    assert drawn.count('class="arrow"') == 2  # an interval without ends leaves the axis on both sides
    assert "the paper: .74" in drawn
    assert "wanted above 0.1" in drawn
    assert "cannot be told" in str(validation["picture"])
    assert 'class="paper"' not in str(validation["picture"])


def test_places_follow_the_values_and_each_row_has_its_own_axis(found):
    rise, _, depth = rows(found)
    xs = [float(x) for x in re.findall(r'<circle cx="([\d.]+)"', str(rise["picture"]))]
    assert xs[2] < xs[0] < xs[1]
    zone = float(re.search(r'<rect x="([\d.]+)"', str(rise["picture"]))[1])
    assert xs[0] < zone < xs[1]  # .04 < .1 < .12
    ticks = re.findall(r'text-anchor="middle">([^<]*)<', str(depth["picture"]))
    assert ticks == ["−.10", "−.05", "0", ".05", ".10"]


def test_the_page_holds_the_sentence_every_claim_and_no_address(found):
    page = render(found, [])
    assert "<h1>None of the 3 claims that were run holds.</h1>" in page
    for name in CLAIMS:
        assert f'id="{name}-' in page
    assert page.index("<h1>") < page.index('class="tiles"') < page.index("<svg") < page.index("<details")
    assert "http" not in page.replace("http-equiv", "")
    assert "url(" not in page
    pictures = page.count("<svg")
    assert page.count("<title>") >= 1 + 3  # of the page, and of marks
    assert page.count('role="img" aria-labelledby="plot-') == pictures == 3


@pytest.mark.slow
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_the_first_screen_holds_the_sentence_and_the_tiles_and_nothing_is_cut(found, tmp_path, width, height):
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("no chromium with chromedriver on this machine")
    path = tmp_path / "claims.html"
    path.write_text(render(found, []), encoding="utf-8")
    with chromedriver() as port:
        browser = Browser(port, width, tmp_path / "profile")
        try:
            check_clean(browser, path, width)
            bottom = "e => document.querySelector(e).getBoundingClientRect().bottom"
            title, strip, picture = browser.run(f"return ['h1', '.tiles', '.claim svg'].map({bottom})")
            assert 0 < title < strip < picture <= height
        finally:
            browser.send("", method="DELETE")
