"""Elements of SVG as text: numbers rounded, words escaped, so that a name from a file stays text."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

from ...simulator.errors import spelled


def element(name: str, content: str = "", **attributes: object) -> Markup:
    """Return one element; `content` is text, or markup as it is. A trailing "_" and inner ones of names are dropped.

    >>> element("text", "a < b", x=1.234, text_anchor="end", class_="lab")
    Markup('<text x="1.2" text-anchor="end" class="lab">a &lt; b</text>')
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    inner = content if isinstance(content, Markup) else escape(spelled(content))
    return Markup(f"<{name}{given}>{inner}</{name}>")


def join(parts: Iterable[Markup]) -> Markup:
    """Return elements one after the other."""
    return Markup("").join(parts)


def picture(key: str, size: tuple[float, float], title: str, desc: str, parts: Iterable[Markup]) -> Markup:
    """Return a whole picture with a title and a description for readers who cannot see it.

    Args:
        key: unique on the page.
        size: width and height [px].
        title: the finding.
        desc: the values.
    """
    words = join([element("title", title, id=f"{key}-t"), element("desc", desc, id=f"{key}-d")])
    return element(
        "svg", words + join(parts), viewBox=f"0 0 {size[0]:g} {size[1]:g}", role="img",
        aria_labelledby=f"{key}-t", aria_describedby=f"{key}-d",
    )  # fmt: skip


def path(points: Iterable[tuple[float, float]], **attributes: object) -> Markup:
    """Return a closed outline through points."""
    return element("path", "", d="M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "z", **attributes)


def _value(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(escape(spelled(str(value))))
