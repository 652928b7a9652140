"""The picture that heads README and docs says what its stored results say."""

import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

import ictal

DOCS = Path(__file__).resolve().parents[2] / "docs"
sys.path.insert(0, str(DOCS))
import hero  # noqa: E402


@pytest.fixture(scope="module")
def run():
    return ictal.load(hero.STORED)


def texts(root):
    return ["".join(item.itertext()).strip() for item in root.iter() if item.tag.endswith("}text")]


@pytest.mark.parametrize("theme", hero.THEMES)
def test_the_numbers_and_words_of_the_picture_are_those_of_the_results(run, theme):
    root = ElementTree.parse(DOCS / "images" / f"hero-{theme}.svg").getroot()
    found, values = texts(root), hero.means(run.source["rows"])
    numbers = [text for text in found if re.fullmatch(r"-?\.\d\d", text) and text not in (".25", ".75")]
    assert sorted(numbers) == sorted(hero._short(v) for states in values.values() for v in states.values())
    said = {source: hero.verdict(values[source]) for source in values}
    assert set(said.values()) <= set(found)
    assert hero.sentence(said) in found
    title, described = (next(i for i in root if i.tag.endswith("}" + tag)).text for tag in ("title", "desc"))
    assert title == hero.sentence(said)
    assert described == hero.description(values, said)


def test_the_headline_is_refused_where_the_results_say_something_else():
    with pytest.raises(ValueError, match="does not follow"):
        hero.sentence({"model": "jumps", "eeg": "rises a little", "net": "jumps"})


def test_every_value_is_a_dot_and_its_activity_is_stored(run):
    rows = run.source["rows"]
    for source, (_, _, states) in hero.SOURCES.items():
        for state, *_ in states:
            assert state in run
            assert len(hero.dots(rows, source, state)) >= 5
            for kind in hero.KINDS[source]:
                low, high = hero.limits(rows, source, state, kind)
                assert 0 <= low < high <= 1


def test_drawn_again_it_has_the_same_words_and_size(run):
    figure, title, _ = hero.draw(run, "light")
    stored = ElementTree.parse(DOCS / "images" / "hero-light.svg").getroot()
    drawn = [text.get_text() for text in figure.findobj(lambda item: hasattr(item, "get_text")) if text.get_text()]
    assert set(texts(stored)) <= set(drawn) | {title}
    with Image.open(DOCS / "images" / "hero-light.png") as picture:
        assert picture.size == (hero.WIDTH, hero.HEIGHT)
        assert len(np.unique(np.asarray(picture))) <= 255
