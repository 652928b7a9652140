"""Follow every link of the built site, and look for requests that leave the machine: python docs/check.py [HTML].

Ends with exit code 1 and a line a fault: a file or an anchor that is not there, a script, style, font or picture
from elsewhere, a picture without an alternative text.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

BUILT = Path(__file__).resolve().parent / "_build" / "html"
LOADED = {"script": "src", "img": "src", "source": "srcset", "iframe": "src", "video": "src", "audio": "src"}
STYLES = ("stylesheet", "preload", "icon", "shortcut icon", "modulepreload", "preconnect", "dns-prefetch")
_URL = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")


class Page(HTMLParser):
    """Anchors of a page, its links, and the files that it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.without_words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the tag names, links to and loads."""
        given = {key: value or "" for key, value in attrs}
        self.anchors |= {given[key] for key in ("id", "name") if key in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in LOADED and LOADED[tag] in given:
            self.loaded.append(given[LOADED[tag]])
        if tag == "link" and given.get("rel") in STYLES:
            self.loaded.append(given.get("href", ""))
        if tag == "img" and "alt" not in given:
            self.without_words.append(given.get("src", ""))
        self.loaded += [first or second for first, second in _URL.findall(given.get("style", ""))]


def faults(built: Path) -> Iterator[str]:
    """Yield a line for everything that is broken in the site."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in _pages(built)}
    if not pages:
        yield f"{built}: no page; `make docs` builds the site"
    for path, page in pages.items():
        name = path.relative_to(built).as_posix()
        yield from (f"{name}: a picture without words: {picture}" for picture in page.without_words)
        for target in page.loaded:
            yield from _loaded(name, path, target)
        for link in dict.fromkeys(page.links):
            at = urlsplit(link)
            if at.scheme or at.netloc or (path.name == "genindex.html" and not at.path):
                continue
            place = (path.parent / unquote(at.path)).resolve() if at.path else path
            place = place / "index.html" if place.is_dir() else place
            if not place.is_file():
                yield f"{name}: a link to nothing: {link}"
            elif at.fragment and place in pages and unquote(at.fragment) not in pages[place].anchors:
                yield f"{name}: no such place in the page: {link}"
    for path in sorted(built.rglob("*.css")):
        for first, second in _URL.findall(path.read_text(encoding="utf-8")):
            yield from _loaded(path.relative_to(built).as_posix(), path, first or second)


def _pages(built: Path) -> list[Path]:
    """Return the pages; the theme's own template among its static files is none."""
    return [path for path in sorted(built.rglob("*.html")) if "_static" not in path.relative_to(built).parts]


def _loaded(name: str, path: Path, target: str) -> Iterator[str]:
    at = urlsplit(target)
    if at.scheme == "data" or target.startswith("#"):
        return
    if at.scheme or at.netloc:
        yield f"{name}: loads from elsewhere: {target}"
    elif not (path.parent / unquote(at.path)).is_file():
        yield f"{name}: loads a file that is not there: {target}"


def main(built: Path) -> int:
    """Print the faults and the number of pages; return the exit code."""
    found = list(faults(built))
    print("\n".join(found) or f"{len(_pages(built))} pages: every link leads somewhere in the site")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else BUILT))
