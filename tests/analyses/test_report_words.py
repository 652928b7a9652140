"""Sentences, counts, glyphs, dots and colours of the page of a comparison, on verdicts that are known."""

import itertools
import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from ictal.analyses import Comparison, Contrast, Panel, Settings, Side, compare_panels
from ictal.analyses.comparison.origin import origin
from ictal.analyses.comparison.result import ReplicateValue
from ictal.analyses.comparison.sentence import headline, scores, sentence
from ictal.analyses.comparison.verdict import (
    NO_NULL,
    OVERLAPS,
    SEPARATES,
    TOO_FEW,
    WITHIN_NULL,
    Verdict,
    agreement,
    combine,
)
from ictal.analyses.figures.parts import palette
from ictal.analyses.figures.parts.matrices import clustered
from ictal.analyses.figures.raw import driven_order
from ictal.analyses.report import axis as axes_module
from ictal.analyses.report.comparison import render
from ictal.analyses.report.dots import dots, lines, shown_measures
from ictal.analyses.report.glyphs import columns, glyph, sections
from ictal.simulator import Recording
from ictal.simulator.files.document import Group, Variable

UP, DOWN, SAME = (1, SEPARATES), (-1, SEPARATES), (0, OVERLAPS)
HINT, BARE, FEW = (1, WITHIN_NULL), (1, NO_NULL), (0, TOO_FEW)
BRAIN = Side("seizure against rest", ("spikes",), (("seizure", "rest"),))
NET = Side("overfitted against healthy", ("images",), (("few", "healthy"), ("noise", "healthy")))
MEASURES = ("chi_c", "si_3", "participation_ratio", "si_2")


def contrast(panel, measure, a, b, found, n=5):
    direction, statement = found
    return Contrast(panel, measure, a, b, n, n, 0.5 + 0.1 * direction, 0.5, 0.1 * direction, 0, 0.2, 0.008, direction,
                    direction, statement)  # fmt: skip


def two_sides(table, brain=BRAIN, net=NET):
    """A comparison of measure -> (seizure against rest, few against healthy, noise against healthy)."""
    rows, verdicts = [], []
    for measure, (one, few, noise) in table.items():
        sides = []
        for side, found in ((brain, [one]), (net, [few, noise])):
            own = [
                contrast(side.panels[0], measure, *pair, each)
                for pair, each in zip(side.pairs, found, strict=True)
                if each
            ]
            rows += own
            sides.append(combine(own))
        verdicts.append(Verdict(measure, brain.name, *sides[0], net.name, *sides[1], agreement(*sides)))
    config = {
        "sides": [{"name": s.name, "panels": list(s.panels), "pairs": [list(p) for p in s.pairs]} for s in (brain, net)]
    }
    return Comparison([], rows, verdicts, [], {}, config)


def of_groups(table, n=5):
    """A comparison without sides of (a, b) -> measure -> direction and statement."""
    rows = [contrast("activity", m, a, b, found, n) for (a, b), own in table.items() for m, found in own.items()]
    return Comparison([], rows, [], [], {}, {})


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"chi_c": (UP, SAME, SAME)}, "The analogy fails here: a seizure raises synchrony, overfitting does not."),
        (
            {"chi_c": (UP, SAME, DOWN), "participation_ratio": (DOWN, UP, UP)},
            "The analogy fails here: a seizure raises synchrony, overfitting does not.",
        ),
        ({"chi_c": (UP, DOWN, DOWN)}, "The analogy fails here: a seizure raises synchrony, overfitting lowers it."),
        (  # "does not" is not said where one recommended measure goes that way, were it without a claim
            {"chi_c": (UP, SAME, SAME), "si_3": (UP, HINT, SAME)},
            "The analogy fails here: a seizure raises synchrony; overfitting goes that way by SI-3 only in few, "
            "and no measure separates both sides.",
        ),
        (
            {"chi_c": (UP, BARE, UP), "participation_ratio": (DOWN, SAME, DOWN)},
            "The analogy fails here: a seizure raises synchrony; overfitting goes that way by χ_c and PR only, "
            "and no measure separates both sides.",
        ),
        (
            {"chi_c": (UP, SAME, SAME), "si_3": (DOWN, SAME, SAME)},
            "The analogy fails here: no measure separates both sides in one direction.",
        ),
        ({"si_2": (UP, SAME, SAME)}, "The analogy fails here: no measure separates both sides in one direction."),
        (
            {"chi_c": (DOWN, SAME, SAME)},
            "The analogy fails here: a seizure lowers synchrony, overfitting does not.",
        ),
        (
            {"chi_c": (UP, UP, UP), "si_3": (UP, SAME, SAME), "si_2": (UP, DOWN, DOWN), "golomb_chi": (UP, None, None)},
            "The analogy holds for 1 of 3 measures here: χ_c; SI-2 goes opposite ways.",
        ),
        ({"chi_c": (UP, UP, UP), "si_3": (UP, UP, UP)}, "The analogy holds for all 2 measures here: χ_c and SI-3."),
        (
            {"chi_c": (SAME, UP, UP), "si_3": (HINT, UP, UP)},
            "This comparison cannot tell: the seizure does not separate from rest.",
        ),
        (
            {"chi_c": (UP, FEW, FEW)},
            "This comparison cannot tell: too few replicates of overfitted against healthy, so the differences are "
            "described and not tested.",
        ),
        ({"chi_c": (UP, None, None)}, "This comparison cannot tell: no measure is defined on both sides."),
    ],
)  # fmt: skip
def test_one_sentence_follows_from_the_verdicts(table, said):
    assert sentence(two_sides(table)) == said


def test_sides_of_other_names_are_called_by_them():
    brain, net = replace(BRAIN, name="drug against control"), replace(NET, name="trained against new")
    found = two_sides({"chi_c": (UP, SAME, SAME)}, brain, net)
    assert sentence(found) == (
        "The analogy fails here: synchrony is higher in drug than in control, and not in trained than in new."
    )
    unlike = replace(found, config={**found.config, "conditions": [{"holds": False, "says": "not so"}]})
    assert headline(unlike)[0] == "Not so."


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (
            {("b", "a"): {"chi_c": UP, "si_3": UP, "si_2": SAME}},
            "Synchrony is higher in b than in a by all 2 recommended measures.",
        ),
        (
            {("b", "a"): {"chi_c": SAME, "participation_ratio": UP}},
            "Synchrony is lower in b than in a by 1 of 2 recommended measures: PR.",
        ),
        (
            {("b", "a"): {"chi_c": UP, "participation_ratio": UP}},
            "Measures disagree on b against a: more synchronous by χ_c, less by PR.",
        ),
        ({("b", "a"): {"chi_c": SAME, "si_2": UP}}, "No recommended measure separates b from a; SI-2 does."),
        ({("b", "a"): {"chi_c": SAME}}, "No measure separates b from a."),
        ({("b", "a"): {"chi_c": BARE}}, "b and a are apart, but without a null: no claim of synchrony."),
        ({("b", "a"): {"mean_rate": BARE, "si_2": UP}}, "Synchrony is higher in b than in a by 1 of 1 measure: SI-2."),
        (
            {("b", "a"): {"chi_c": FEW}},
            "This comparison cannot tell: too few replicates, so the differences are described and not tested.",
        ),
        (
            {(name, "a"): {"chi_c": way} for name, way in zip("bcde", (UP, DOWN, SAME, FEW), strict=True)},
            "Synchrony is higher than in a in b; lower than in a in c; not shown to differ in d; not tested, with too "
            "few replicates, in e.",
        ),
        (
            {(name, "a"): {"chi_c": UP} for name in "bcdef"},
            "Synchrony is higher than in a in each of the 5 other groups.",
        ),
    ],
)  # fmt: skip
def test_groups_without_sides_get_a_sentence_too(table, said):
    assert sentence(of_groups(table)) == said


def test_three_counts_stand_behind_the_sentence():
    found = two_sides({"chi_c": (UP, UP, UP), "si_3": (UP, SAME, DOWN), "si_2": (UP, DOWN, DOWN),
                       "golomb_chi": (UP, None, None), "participation_ratio": (SAME, UP, UP)})  # fmt: skip
    assert list(map(str, scores(found))) == [
        "4 of 5 measures separate seizure from rest.",
        "3 of 4 measures separate both few and noise from healthy, in one direction.",
        "1 of 4 does both in the same direction (χ_c); 1 does in opposite directions (SI-2).",
    ]
    assert [score.side for score in scores(found)] == ["first", "second", "both"]
    one = of_groups({("b", "a"): {"chi_c": UP, "si_3": HINT, "si_2": SAME, "golomb_chi": SAME}})
    assert list(map(str, scores(one))) == [
        "1 of 4 measures separate b from a.",
        "1 is apart, but within the null or without one: no claim.",
        "2 have replicates that overlap.",
    ]


def test_a_glyph_says_the_verdict_and_its_hue_the_source():
    signs = [glyph(contrast("p", "chi_c", "a", "b", found)) for found in (UP, DOWN, HINT, (-1, NO_NULL), SAME, FEW)]
    assert [sign for sign, _, _ in signs] == ["▲", "▼", "△", "▽", "≈", "·"]
    assert [kind for _, kind, _ in signs] == ["sure", "sure", "open", "open", "open", "open"]
    found = two_sides({"chi_c": (UP, SAME, DOWN), "si_2": (UP, DOWN, DOWN), "golomb_chi": (UP, None, None)})
    table = dict(sections(found))
    assert [row["measure"] for row in table["Recommended"]] == ["chi_c"]
    assert [row["measure"] for row in table["Defined on one side only"]] == ["golomb_chi"]
    (row,) = table["Recommended"]
    assert [cell["glyph"] for cell in row["cells"]] == ["▲", "≈", "▼"]
    assert [cell["numbers"] for cell in row["cells"]] == [".50 → .60", ".50 → .50", ".50 → .40"]
    assert row["together"] == "only seizure"
    (opposite,) = table["The paper's indices, as it defines them"]
    assert (opposite["together"], opposite["kind"]) == ("opposite", "opposite")
    page = render(found)
    assert page.count('aria-label="higher, separates">▲') == 3
    assert page.count('aria-label="not defined">–') == 2
    assert "<h1>The analogy holds" not in page


def test_pairs_beyond_the_columns_are_in_the_table_of_contrasts():
    found = of_groups({(name, "a"): {"chi_c": UP} for name in "bcdefg"})
    assert len(columns(found)) == 4
    assert "g (5) against a (5)" in render(found)


def measured(config=None):
    rng = np.random.default_rng(0)

    def array(c):
        x = math.sqrt(c) * rng.normal(size=(80, 1)) + math.sqrt(1 - c) * rng.normal(size=(80, 8))
        return Recording(x, dt=0.01, clock="second", quantity="activity", unit="1")

    groups = {name: [array(c) for _ in range(4)] for name, c in (("rest", 0.02), ("task", 0.7))}
    settings = Settings(measures=("chi_c", "si_3", "participation_ratio", "population_rate_sd"))
    return compare_panels([Panel("activity", groups)], settings=settings, config=config)


@pytest.fixture(scope="module")
def arrays():
    return measured()


class Marks(HTMLParser):
    """Circles and their classes, and the words of titles and descriptions."""

    def __init__(self, text):
        super().__init__()
        self.circles, self.words, self.inside = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.inside = tag
        if tag == "circle":
            self.circles.append(dict(attrs))

    def handle_data(self, data):
        if self.inside in ("title", "desc"):
            self.words.append(data)


def test_every_replicate_is_a_dot_beside_its_own_null(arrays):
    drawn = dots(arrays)
    assert [item["measure"] for item in drawn] == shown_measures(arrays) == ["chi_c", "si_3", "participation_ratio"]
    for item in drawn:
        marks = Marks(str(item["picture"]))
        rows = [row for line in lines(arrays, item["measure"]) for row in line.values]
        assert len(marks.circles) == len(rows) == 8
        classes = [mark["class"] for mark in marks.circles]
        assert classes == ["dot ink"] * 4 + ["dot ink filled"] * 4  # rest is open; an array has no hue
        text = " ".join(marks.words)
        for row in rows:
            assert f"{row.group}, replicate {row.replicate + 1}: {row.value:.3g}".replace("-", "−") in text
        assert "every replicate beside its null; higher in task" in text or "; lower in task" in text
        xs = [float(mark["cx"]) for mark in marks.circles]
        assert max(xs[:4]) < min(xs[4:])  # right is more synchronous, for the participation ratio too
        assert str(item["picture"]).count('class="null"') == 2


def test_places_on_an_axis_follow_the_values():
    linear = axes_module.axis([0.1, 0.9], 0, 100)
    assert linear.ticks == (0, 0.25, 0.5, 0.75, 1)
    assert linear.place(0.75) - linear.place(0.5) == pytest.approx(linear.place(0.25) - linear.place(0))
    turned = axes_module.axis([1, 60], 0, 100, falls=True)
    assert turned.turned
    assert turned.place(1) > turned.place(60)
    assert turned.place(1) - turned.place(10) == pytest.approx(turned.place(5) - turned.place(50))
    rates = axes_module.axis([3.0, 80.0], 0, 100, bounded=False)
    assert rates.place(0) >= 0
    assert rates.place(rates.ticks[-1]) <= 100
    assert axes_module.axis([math.nan], 0, 100).ticks


@pytest.mark.parametrize(
    ("source", "known"),
    [
        ({"system": "seizure"}, "model"),
        ({"system": "epileptor"}, "model"),
        ({"system": "classifier"}, "net"),
        ({"architecture": "mlp", "data": "digits"}, "net"),
        ({"probe": {"layer": "0"}}, "net"),
        ({"format": "EDF"}, "eeg"),
        ({"format": "EDF+C"}, "eeg"),
        ({"file": "x.npy"}, ""),
        ({}, ""),
    ],
)
def test_a_hue_follows_from_provenance_and_from_nothing_else(arrays, source, known):
    found = arrays.with_config(sources={"rest": [source] * 4, "task": [{}] * 4})
    assert origin(found, "activity", "rest") == known
    assert origin(found, "activity", "task") == ""
    mixed = arrays.with_config(sources={"rest": [{"system": "seizure"}, {"format": "EDF"}]})
    assert origin(mixed, "activity", "rest") == ""


def test_a_potential_without_a_system_is_a_recording():
    values = Variable(("time", "unit"), np.zeros((3, 2)), {"units": "µV", "long_name": "potential"})
    figures = {"activity/eeg/a": Group({"values": values}, {"clock": "second"})}
    found = Comparison([], [], [], [], figures, {"sources": {"a": [{}]}})
    assert origin(found, "eeg", "a") == "eeg"
    assert origin(replace(found, config={"sources": {"a": [{"system": "own"}]}}), "eeg", "a") == "model"


def test_matrices_are_sorted_so_that_like_units_stand_together():
    rng = np.random.default_rng(1)
    shuffled = rng.permutation(12)
    block = (np.arange(12) // 4)[shuffled]
    matrix = np.where(block[:, None] == block[None, :], 0.8, 0.0) + 0.2 * np.eye(12)
    order = clustered(matrix)
    assert sorted(order) == list(range(12))
    assert len(list(itertools.groupby(block[order]))) == 3
    matrix[3] = matrix[:, 3] = 0  # a unit that does not vary
    assert clustered(matrix)[-1] == 3
    classes = np.repeat([0, 1, 2], 10)
    drive = np.array([2, 0, 1, 2, 0, 1])
    values = (classes[:, None] == drive[None, :]) + 0.01 * rng.normal(size=(30, 6))
    assert list(drive[driven_order(values, classes)]) == [0, 0, 1, 1, 2, 2]


def test_observations_without_contrasts_have_a_page():
    rows = [ReplicateValue(measure="si_3", value=0.2, p=0.01, panel="p", group="g", replicate=k) for k in range(2)]
    found = Comparison(rows, [], [], [])
    assert sentence(found) == "One group, nothing to contrast: 1 of 1 measures exceed their null somewhere."
    assert "SI-3" in render(found)
    assert sentence(Comparison([], [], [], [])) == "Nothing was measured."


CSS = (Path(axes_module.__file__).parent / "templates" / "style.css").read_text(encoding="utf-8")


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ratio(one, two):
    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_words_and_marks_stand_out_from_the_page_in_both_themes():
    light, dark = (dict(re.findall(r"--(\w+): (#\w+);", block)) for block in re.findall(r":root \{([^}]*)\}", CSS))
    for theme in (light, dark):
        full = {
            name: value if len(value) == 7 else "#" + "".join(2 * c for c in value[1:]) for name, value in theme.items()
        }
        for name in ("ink", "soft", "model", "eeg", "net", "warn"):
            assert ratio(full[name], full["paper"]) >= 4.5, name
        for name in ("ink", "soft"):
            assert ratio(full[name], full["wash"]) >= 4.5, name
    assert {**light, "paper": "#FFFFFF"}.items() >= {
        "model": palette.MODEL, "eeg": palette.EEG, "net": palette.NET, "null": palette.NULL, "edge": palette.NULL_EDGE,
        "warn": palette.WARN, "ink": palette.INK, "soft": palette.SOFT, "hair": palette.HAIR, "need": palette.NEED,
    }.items()  # fmt: skip
    assert set(dark) == set(light)
