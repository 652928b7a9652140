"""The pages in Chinese: code, numbers and links are those of the English pages."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
START = ROOT / "docs" / "start"
PAIRS = [("README.md", "README.zh.md")] + [
    (f"docs/start/{page.name}", f"docs/start/zh/{page.name}") for page in sorted(START.glob("*.md"))
]


def code(text):
    """Lines of every block of code without their comments, block by block."""
    blocks = re.findall(r"^( *)(`{3,})(\S*)\n(.*?)^\1\2", text, re.M | re.S)
    return [(kind, [re.sub(r"\s*#\s.*", "", line) for line in body.splitlines()]) for _, _, kind, body in blocks]


def numbers(text):
    """Every number of the page in order of size, with those of comments and of tables."""
    words = re.sub(r"\]\([^)]*\)|(?:src|srcset|media)=\"[^\"]*\"", "", text)
    return sorted(re.findall(r"(?<![\w.])\.?\d+(?:,\d{3})*(?:\.\d+)?", words))


def links(text, page):
    """Files and anchors that the page names, from the root of the project; its own language excepted."""
    found = re.findall(r"\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]*)\"", text)
    names = [a or b for a, b in found]
    places = [
        name if "://" in name else str(((ROOT / page).parent / name.partition("#")[0]).resolve().relative_to(ROOT))
        for name in names
    ]
    return sorted(re.sub(r"\.zh\.md$", ".md", place.replace("start/zh/", "start/")) for place in places)


@pytest.mark.parametrize(("english", "chinese"), PAIRS)
def test_a_page_in_chinese_says_what_the_english_one_says(english, chinese):
    ours, theirs = ((ROOT / page).read_text(encoding="utf-8") for page in (english, chinese))
    assert code(theirs) == code(ours)
    assert numbers(theirs) == numbers(ours)
    switch = {english, chinese.replace(".zh", "").replace("/zh", "")}
    mine = [place for place in links(ours, english) if place not in switch]
    assert [place for place in links(theirs, chinese) if place not in switch] == mine
    assert all((ROOT / place).exists() for place in links(theirs, chinese) if "://" not in place)
    assert len(re.findall(r"^#", theirs, re.M)) == len(re.findall(r"^#", ours, re.M))
    assert len(re.findall("[一-鿿]", theirs)) > 100
