"""The site: built from a copy of the tree with the installed package, without a warning, a dead link or a request."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
TAKEN = ("docs", "examples", "benchmarks", "data/reference")
MADE = shutil.ignore_patterns("_build", "reference", "gallery", "__pycache__")
SHOWN = (
    "index", "guide", "seizure", "start/index", "gallery/index", "gallery/spiking/plot_1_seizure",
    "reference/systems/seizure", "reference/measures/chi_c", "reference/claims/rise", "reference/api/ictal.measure",
)  # fmt: skip
sys.path.insert(0, str(ROOT / "docs"))
import check  # noqa: E402


def test_a_dead_link_and_a_request_are_found(tmp_path):
    (tmp_path / "other.html").write_text('<p id="here">')
    (tmp_path / "page.html").write_text(
        '<a href="other.html#here">a</a><a href="other.html#gone">b</a><a href="gone.html">c</a><a href="https://x.org">d</a>'
        '<script src="https://cdn.org/a.js"></script><img src="data:image/png;base64,AA"><a href="#">e</a>'
    )
    assert list(check.faults(tmp_path)) == [
        "page.html: a picture without words: data:image/png;base64,AA",
        "page.html: loads from elsewhere: https://cdn.org/a.js",
        "page.html: no such place in the page: other.html#gone",
        "page.html: a link to nothing: gone.html",
    ]
    assert list(check.faults(tmp_path / "empty")) == [f"{tmp_path / 'empty'}: no page; `make docs` builds the site"]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    for name in ("sphinx", "myst_parser", "pydata_sphinx_theme", "sphinx_gallery", "sphinx_design"):
        pytest.importorskip(name)
    tree = tmp_path_factory.mktemp("site")
    for name in TAKEN:
        shutil.copytree(ROOT / name, tree / name, ignore=MADE if name == "docs" else None)
    for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "CITATION.cff", "data/README.md"):
        shutil.copy2(ROOT / name, tree / name)
    words = ["-m", "sphinx", "-W", "--keep-going", "-q", "-j", "2", "-D", "plot_gallery=0", "docs", "built"]
    done = subprocess.run([sys.executable, *words], cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return tree / "built"


@pytest.mark.slow
def test_every_link_leads_somewhere(site):
    assert list(check.faults(site)) == []


@pytest.mark.slow
def test_every_registered_and_public_name_has_a_page(site):
    from fill import DOORS, names

    import ictal

    for folder, registry in (("systems", ictal.SYSTEMS), ("measures", ictal.MEASURES), ("treatments", ictal.TREATMENTS),
                             ("experiments", ictal.EXPERIMENTS), ("claims", ictal.CLAIMS)):  # fmt: skip
        for name, entry in registry.items():
            text = (site / "reference" / folder / f"{name}.html").read_text(encoding="utf-8")
            assert entry.line[1:30] in re.sub(r"<[^>]+>|&#\w+;", "", text).replace("’", "'"), name
    for door in DOORS:
        for name in names(door):
            assert (site / "reference" / "api" / f"{door}.{name}.html").is_file()
    assert "plot_1_seizure" in (site / "reference" / "api" / "ictal.simulate.html").read_text(encoding="utf-8")
    assert "plot_1_seizure" in (site / "reference" / "systems" / "seizure.html").read_text(encoding="utf-8")


def requests(page, folder):
    """Open the page in a browser, and return the addresses that the page itself asks for, and the screenshot."""
    log, picture = folder / "log.json", folder / "page.png"
    words = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
             "--allow-file-access-from-files", f"--user-data-dir={folder / 'profile'}", "--window-size=1280,1000",
             "--host-resolver-rules=MAP * ~NOTFOUND", f"--log-net-log={log}", f"--screenshot={picture}"]  # fmt: skip
    subprocess.run([BROWSER, *words, f"file://{page}"], capture_output=True, timeout=120, check=True)
    asked = [event.get("params", {}) for event in json.loads(log.read_text(encoding="utf-8"))["events"]]
    by_page = [each for each in asked if each.get("initiator", "not an origin") != "not an origin"]
    return {each["url"] for each in by_page if each["url"].startswith(("http", "ws"))}, picture


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="needs a Chromium")
def test_the_browser_sees_a_request(tmp_path):
    (tmp_path / "page.html").write_text('<script src="https://cdn.example.org/a.js"></script>')
    assert requests(tmp_path / "page.html", tmp_path)[0] == {"https://cdn.example.org/a.js"}


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="needs a Chromium")
@pytest.mark.parametrize("page", SHOWN)
def test_it_opens_without_a_request(site, page, tmp_path):
    asked, picture = requests(site / f"{page}.html", tmp_path)
    assert asked == set()
    assert picture.stat().st_size > 20_000
