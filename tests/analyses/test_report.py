"""The page of a comparison: what it says, that it stands alone, and how a browser shows it."""

import base64
import math
import re
import subprocess
from html.parser import HTMLParser

import numpy as np
import pytest
from browser import CHROMIUM, DRIVER, Browser, check_clean, chromedriver

from ictal.analyses import (
    Comparison,
    Contrast,
    Panel,
    Settings,
    Side,
    compare_panels,
    contrast,
    write_report,
)
from ictal.analyses.comparison import wording
from ictal.analyses.comparison.sentence import headline
from ictal.analyses.measures import get
from ictal.analyses.report.comparison import render
from ictal.simulator import InputError, Recording, Spikes

NAN = math.nan
VOID = {"meta", "link", "img", "br"}
FIRST_SCREEN = {1280: 800, 390: 844}
WIDTHS = (1280, 600, 390, 360)


def trains(seed, together):
    rng = np.random.default_rng(seed)
    step = rng.random((2000, 1 if together else 40)) < 0.03
    when, who = np.nonzero(np.broadcast_to(step, (2000, 40)))
    return Spikes(time=when * 0.001, unit=who, n_units=40, duration=2.0)


def activity(c, seed):
    rng = np.random.default_rng(seed)
    x = math.sqrt(c) * rng.normal(size=(200, 1)) + math.sqrt(1 - c) * rng.normal(size=(200, 40))
    labels = {"class": np.arange(200) % 4}
    return Recording(x, dt=1.0, clock="sample", quantity="activation", unit="1", time_labels=labels)


def curves(gap, seed):
    rng = np.random.default_rng(seed)
    epochs = np.arange(12.0)
    train = 1 - 0.8 * np.exp(-epochs / 3) + rng.normal(0, 0.005, 12)
    values = np.stack([train, train - gap * (1 - np.exp(-epochs / 4))], axis=1)
    names = np.array(["train_accuracy", "test_accuracy"])
    return Recording(values, 1.0, "epoch", "training metric", "1", unit_labels={"metric": names})


SIDES = (
    Side("seizure against rest", ("spikes",), (("seizure", "rest"),)),
    Side("overfitted against healthy", ("samples",), (("memorising", "healthy"),)),
)


@pytest.fixture(scope="module")
def comparison():
    groups = {"healthy": 0.3, "memorising": 0.05}
    return compare_panels(
        [
            Panel("spikes", {n: [trains(s, n == "seizure") for s in range(4)] for n in ("rest", "seizure")}),
            Panel("samples", {n: [activity(c, s) for s in range(4)] for n, c in groups.items()}, nulls=("permute",)),
        ],
        sides=SIDES,
        settings=Settings(measures=("chi_c", "si_2", "kuramoto_r1", "mean_rate", "participation_ratio")),
        histories={n: [curves(0.4 * (n == "memorising"), s) for s in range(4)] for n in groups},
        config={
            "command": "ictal compare --seeds 4 -o results",
            "versions": {"ictal": "0.1.0"},
            "sides": [{"name": s.name, "panels": s.panels, "pairs": s.pairs} for s in SIDES],
        },
    )


@pytest.fixture(scope="module")
def stranger():
    """Two files of one replicate: no sides, no curves, no rasters, and hostile names of some length."""
    names = ("<script>alert(1)</script>", "a_rather_long_file_name_of_somebody_else$1$.npz")
    groups = {name.replace("/", "|"): [activity(c, 3)] for name, c in zip(names, (0.1, 0.6), strict=True)}
    panel = Panel("files".ljust(40, "_"), groups)
    return compare_panels([panel], settings=Settings(measures=("si_3", "chi_c", "spectral_peak")))


@pytest.fixture(scope="module")
def pages(comparison, stranger, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    paths = {"main": folder / "main.html", "stranger": folder / "stranger.html"}
    write_report(comparison, paths["main"])
    write_report(stranger, paths["stranger"])
    return paths


class Page(HTMLParser):
    """Elements, their attributes and the text; unbalanced tags are an error."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.words, self.skip = [], [], [], 0
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def of(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]


@pytest.mark.parametrize("name", ["main", "stranger"])
def test_the_page_is_sound_html_that_stands_alone(pages, name):
    raw = pages[name].read_text(encoding="utf-8")
    page = Page(raw)
    assert raw.lstrip().startswith("<!DOCTYPE html>")
    assert page.of("html") == [{"lang": "en"}]
    assert any(meta.get("name") == "viewport" for meta in page.of("meta"))
    assert page.of("script") == []
    for tag, attrs in page.elements:
        for key in ("src", "href", "srcset", "poster", "action", "data"):
            if key in attrs:
                assert attrs[key].startswith(("#", "data:")), (tag, attrs[key][:80])
    assert "url(" not in raw
    assert "@import" not in raw
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    for link in page.of("a"):
        assert link["href"][1:] in ids
    for key in ("aria-labelledby", "aria-describedby"):
        for attrs in (attrs for _, attrs in page.elements if key in attrs):
            assert attrs[key] in ids


@pytest.mark.parametrize("name", ["main", "stranger"])
def test_every_image_is_a_whole_png_with_words_for_who_cannot_see_it(pages, name):
    images = Page(pages[name].read_text(encoding="utf-8")).of("img")
    assert len(images) > 4
    for image in images:
        head, _, data = image["src"].partition(",")
        picture = base64.b64decode(data, validate=True)
        assert head == "data:image/png;base64"
        assert picture.startswith(b"\x89PNG")
        assert picture.endswith(b"IEND\xaeB`\x82")
        assert (int(image["width"]), int(image["height"])) == tuple(
            int.from_bytes(picture[at : at + 4]) for at in (16, 20)
        )
        assert len(image["alt"]) > 20
        assert "nan" not in image["alt"].lower().replace("finance", "").split()


def test_the_order_of_the_page(pages):
    page = Page(pages["main"].read_text(encoding="utf-8"))
    assert [attrs["id"] for tag, attrs in page.elements if tag == "section"] == ["dots", "measures", "activity"]
    assert [attrs["id"] for tag, attrs in page.elements if tag == "details" and attrs["class"] == "s"] == [
        "figures",
        "order",
        "correlation",
        "spectrum",
        "history",
        "nulls",
        "values",
        "contrasts",
        "skipped",
        "configuration",
        "caveats",
    ]
    tags = [tag for tag, _ in page.elements]
    assert tags.index("h1") < tags.index("svg") < tags.index("img")
    assert tags.count("h1") == 1
    assert not any("open" in attrs for tag, attrs in page.elements if tag == "details")


def test_the_page_says_what_was_found(pages, comparison):
    text = Page(pages["main"].read_text(encoding="utf-8")).text
    assert "higher in seizure than in rest in all 4 of 4 replicates, each of seizure above its null" in text
    assert "lower in seizure than in rest in all 4 of 4 replicates, each of seizure below its null" in text
    assert "ictal compare --seeds 4 -o results" in text
    assert "signal correlation" in text
    assert "the smallest p that can be reached is 0.0286" in text  # 2/70
    for row in comparison.skipped:
        assert row.reason.removeprefix(row.measure).lstrip(": ")[:60] in text
    for sentence in headline(comparison):  # whose subscripts are elements of their own
        assert re.sub(r"[\s_]", "", sentence) in re.sub(r"\s", "", text)


def test_every_number_is_on_the_page(pages, comparison):
    """Values, nulls, contrasts, verdicts, definitions and settings: the fold hides them and drops none."""
    text = Page(pages["main"].read_text(encoding="utf-8")).text
    for o in comparison.observations:
        interval = f"{wording.number(o.null_low)} to {wording.number(o.null_high)}" if o.null_kind else "none"
        cells = (o.panel, o.group, o.replicate + 1, wording.number(o.value), o.null_kind or "none",
                 wording.number(o.null_mean), interval, wording.number(o.p), o.n_live)  # fmt: skip
        assert " ".join(map(str, cells)) in text
    for c in comparison.contrasts:
        numbers = (c.mean_a, c.mean_b, c.difference)
        assert f"{c.a} ({c.n_a}) against {c.b} ({c.n_b}) " + " ".join(map(wording.number, numbers)) in text
        assert wording.in_words(c) in text
    for v in comparison.verdicts:
        assert wording.AGREEMENT[v.agreement] in text
    for name in {o.measure for o in comparison.observations}:
        for key, words in get(name).prose.items():
            assert key == "range" or " ".join(words.split()) in text
    for name in comparison.config["settings"]:
        assert f"settings / {name}" in text


def test_a_stranger_gets_a_headline_from_the_contrasts(pages, stranger):
    page = Page(pages["stranger"].read_text(encoding="utf-8"))
    assert headline(stranger) == [
        "This comparison cannot tell: one replicate a group, so the differences are described and not tested."
    ]
    assert headline(stranger)[0] in page.text
    assert "<script>alert(1)<|script>" in page.text  # as text, and as text alone
    assert "<script" not in pages["stranger"].read_text(encoding="utf-8")


def test_a_comparison_of_nothing_but_tables_is_a_page_too(comparison):
    bare = Comparison([], comparison.contrasts, [], [], {}, {})
    assert Page(render(bare)).of("table")
    assert "Nothing was measured." in Page(render(Comparison([], [], [], []))).text


def test_a_stored_comparison_gives_the_same_page(stranger, pages, tmp_path):
    loaded = Comparison.load(stranger.save(tmp_path / "c.h5"))
    assert render(loaded) == pages["stranger"].read_text(encoding="utf-8")


def test_figures_are_drawn_once_for_the_page_and_for_their_folder(stranger, pages, tmp_path):
    path = write_report(stranger, tmp_path / "r.html", figures=tmp_path)
    assert path.read_text(encoding="utf-8") == pages["stranger"].read_text(encoding="utf-8")
    images = [base64.b64decode(i["src"].partition(",")[2]) for i in Page(path.read_text(encoding="utf-8")).of("img")]
    assert sorted(images) == sorted(p.read_bytes() for p in tmp_path.glob("*.png"))
    assert len(images) == len(list(tmp_path.glob("*.svg")))


def test_nothing_is_overwritten_or_left_behind(stranger, tmp_path):
    path = tmp_path / "r.html"
    path.write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        write_report(stranger, path)
    assert path.read_text() == "mine"
    assert write_report(stranger, path, force=True) == path
    with pytest.raises(InputError, match="does not exist"):
        write_report(stranger, tmp_path / "none" / "r.html")
    assert [p.name for p in tmp_path.iterdir()] == ["r.html"]


HIGH, LOW = [5, 6, 7, 8], [1, 2, 3, 4]
SMALL, LARGE = [0.005] * 4, [0.9] * 4


def row(values_a, values_b, p_a, p_b, measure="chi_c", tail=1):
    return contrast("panel", measure, "a", "b", values_a, values_b, p_a, p_b, tail)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (row(HIGH, LOW, SMALL, LARGE), "higher in a than in b in all 4 of 4 replicates, each of a"),
        (row(LOW, HIGH, LARGE, SMALL), "lower in a than in b in all 4 of 4 replicates, each of b"),
        (row(HIGH, LOW, [*SMALL[:3], 0.3], LARGE), "but not each of a lies above its null: no claim"),
        (row(HIGH, LOW, [NAN] * 4, [NAN] * 4, "mean_rate"), "no null to stand beside: no claim of synchrony"),
        (row([1, 2, 3, 9], HIGH, SMALL, SMALL), "replicates of a and b overlap: no claim"),
        (row([3], [1], [0.005], [0.9]), "a 3, b 1: one replicate, too few to test"),
        (row([3, 4], [1, 2], SMALL[:2], LARGE[:2]), "a 3.5, b 1.5: 2 against 2 replicates, too few to test"),
        (row(HIGH, LOW[:3], SMALL, LARGE[:3]), "in all 4 against 3 replicates"),
        (
            row(LOW, HIGH, SMALL, LARGE, "participation_ratio", -1),
            "lower in a than in b in all 4 of 4 replicates, each of a below its null",
        ),
    ],
)
def test_words_say_no_more_than_the_statement(given: Contrast, said):
    assert said in wording.in_words(given)
    assert ("no claim" in wording.in_words(given) or "too few" in said) == (given.statement != "separates")


@pytest.fixture(scope="module")
def driver():
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("no chromium with chromedriver on this machine")
    with chromedriver() as port:
        yield port


PLACES = """
return [document.querySelector("h1"), document.querySelector(".dots svg")].map(e => e.getBoundingClientRect().bottom);
"""


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_in_a_browser_nothing_is_clipped_and_nothing_goes_wrong(pages, driver, tmp_path, width):
    browser = Browser(driver, width, tmp_path / "profile")
    try:
        for path in pages.values():
            browser.send("/url", {"url": path.as_uri()})
            if width in FIRST_SCREEN:  # the sentence and a whole picture, before anything is opened or scrolled
                sentence, picture = browser.run(PLACES)
                assert 0 < sentence < picture <= FIRST_SCREEN[width]
            seen = check_clean(browser, path, width)
            assert seen["images"] > 4
            assert seen["narrow"] >= min(320, width - 40)  # legible: a figure keeps a row or a third of one
    finally:
        browser.send("", method="DELETE")


@pytest.mark.slow
def test_headless_chromium_alone_shows_the_page_without_a_complaint(pages, tmp_path):
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    flags += [f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr", "--dump-dom"]
    shown = subprocess.run(
        [CHROMIUM, *flags, pages["main"].as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "beside what independent units give" in shown.stdout
    assert re.findall(r".*CONSOLE.*", shown.stderr) == []


@pytest.mark.slow
def test_it_prints_on_a4(pages, tmp_path):
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    flags += [f"--user-data-dir={tmp_path / 'profile'}", f"--print-to-pdf={tmp_path / 'page.pdf'}"]
    done = [CHROMIUM, *flags, pages["main"].as_uri()]
    subprocess.run(done, capture_output=True, timeout=120, check=True)
    sizes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", (tmp_path / "page.pdf").read_bytes())
    assert len(sizes) > 1
    assert {(round(float(width)), round(float(height))) for width, height in sizes} == {(595, 842)}
