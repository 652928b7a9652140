"""The dot-and-null figure of a comparison: every replicate beside its surrogates, a picture a measure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ..comparison.origin import Origin, baselines, origin
from ..comparison.result import Comparison, ReplicateValue
from ..comparison.wording import falls, in_words, number, read_from
from ..figures.parts.style import shortened
from ..measures import stored_measure
from ..measures.notation import KEY, by_group, notation
from .axis import Axis, axis
from .svg import element, join, path, picture

WIDTH, ROW, TOP, RIGHT = 330.0, 26.4, 8.0, 14.0  # px
DOT, BAND, NARROWEST, TESTED = 3.6, 19.0, 3.0, 0.02  # px, px, px, share of the axis
LETTER, LONGEST = 5.9, 20  # px of a character, characters of a label
SHOWN = 6


@dataclass(frozen=True)
class Line:
    """A group in a picture: its replicates of one measure, the deciding null beside each."""

    panel: str
    group: str
    hue: Origin
    filled: bool
    values: Sequence[ReplicateValue]


def shown_measures(comparison: Comparison) -> list[str]:
    """Return the measures that are drawn: the recommended ones, and others where there are none."""
    found = list(dict.fromkeys(row.measure for row in comparison.observations if math.isfinite(row.value)))
    key = [name for name in KEY if name in found]
    return key or [name for names in by_group(found).values() for name in names][:SHOWN]


def lines(comparison: Comparison, measure: str) -> list[Line]:
    """Return the groups of one measure, of every side those of the panel that it is read from."""
    panels = _panels(comparison, measure)
    opened, found = baselines(comparison), []
    rows: dict[tuple[str, str], dict[int, ReplicateValue]] = {}
    for row in comparison.observations:  # the first kind of null decides
        if row.measure == measure and row.panel in panels and math.isfinite(row.value):
            rows.setdefault((row.panel, row.group), {}).setdefault(row.replicate, row)
    for panel in panels:
        for (own, group), members in rows.items():
            if own == panel:
                hue, filled = origin(comparison, panel, group), (panel, group) not in opened
                found.append(Line(panel, group, hue, filled, [members[k] for k in sorted(members)]))
    return found


def dots(comparison: Comparison) -> list[dict[str, object]]:
    """Return the pictures, each with its symbol, words and caption."""
    usual = panels_of(comparison)
    return [_content(comparison, measure, at, usual) for at, measure in enumerate(shown_measures(comparison))]


def panels_of(comparison: Comparison) -> list[str]:
    """Return the panels that most of the pictures read."""
    read = [_panels(comparison, measure) for measure in shown_measures(comparison)]
    return max(read, key=read.count, default=[])


def _panels(comparison: Comparison, measure: str) -> list[str]:
    if not comparison.verdicts:
        return list(dict.fromkeys(row.panel for row in comparison.observations if row.measure == measure))
    named = (comparison.verdicts[0].first, comparison.verdicts[0].second)
    read = [rows[0].panel for side in named if (rows := read_from(comparison, side, measure))]
    return list(dict.fromkeys(read)) or list(dict.fromkeys(row.panel for row in comparison.observations))


def _content(comparison: Comparison, measure: str, at: int, usual: Sequence[str]) -> dict[str, object]:
    found = lines(comparison, measure)
    return {
        "measure": measure,
        "symbol": Markup(notation(measure).html),
        "words": notation(measure).words,
        "picture": _picture(comparison, measure, found, f"dots-{at}"),
        "caption": _caption(measure, found, usual),
    }


def _caption(measure: str, found: Sequence[Line], usual: Sequence[str]) -> str:
    known = stored_measure(measure)
    words = [f"Shows {known.shows}." if known else ""]
    if falls(measure):
        words.append("Axis reversed, so that right is more synchronous here too.")
    if not any(math.isfinite(row.null_low) for line in found for row in line.values):
        words.append("No null" + (f": {known.no_null}." if known and known.no_null else "."))
    panels = list(dict.fromkeys(line.panel for line in found))
    if panels != list(usual):
        words.append(f"Read from: {', '.join(panels)}.")
    return " ".join(word for word in words if word)


def _picture(comparison: Comparison, measure: str, found: Sequence[Line], key: str) -> Markup:
    names = [shortened(line.group, LONGEST) for line in found]
    left = 12.0 + LETTER * max((len(name) for name in names), default=0)
    heads = _heads(comparison, found)
    height = TOP + ROW * (len(found) + 0.75 * len(heads))
    drawn = [x for line in found for row in line.values for x in (row.value, row.tested, row.null_low, row.null_high)]
    known = stored_measure(measure)
    scale = axis(drawn, left, WIDTH - RIGHT, falls=falls(measure), bounded=known is None or known.unit == "1")
    parts = list(_ticks(scale, height))
    y = TOP
    for at, (line, name) in enumerate(zip(found, names, strict=True)):
        if at and line.panel != found[at - 1].panel:
            parts.append(element("line", x1=left, x2=WIDTH - RIGHT, y1=y, y2=y, class_="split"))
        if at in heads:
            parts.append(element("text", shortened(heads[at], 44), x=2.0, y=y + 13.0, class_="tick"))
            y += 0.75 * ROW
        parts.append(element("text", name, x=left - 5, y=y + ROW / 2 + 4, class_="lab", text_anchor="end"))
        parts.append(_group(line, scale, y + ROW / 2, (left, WIDTH - RIGHT)))
        y += ROW
    title = f"{notation(measure).symbol} ({measure}), every replicate beside its null"
    said = [in_words(row) for row in comparison.contrasts
            if row.measure == measure and row.panel in {line.panel for line in found}]  # fmt: skip
    desc = "; ".join(_range(line) for line in found) + "."
    return picture(key, (WIDTH, height + 22), "; ".join([title, *said]), desc, parts)


def _heads(comparison: Comparison, found: Sequence[Line]) -> Mapping[int, str]:
    """Return the place of the first line of each panel and its name, where panels are not the sides."""
    panels = list(dict.fromkeys(line.panel for line in found))
    if comparison.verdicts or len(panels) < 2:
        return {}
    return {next(at for at, line in enumerate(found) if line.panel == panel): panel for panel in panels}


def _ticks(scale: Axis, height: float) -> Iterator[Markup]:
    for tick in scale.ticks:
        x = scale.place(tick)
        yield element("line", x1=x, x2=x, y1=TOP, y2=height, class_="grid")
        yield element("text", scale.label(tick), x=x, y=height + 15, class_="tick", text_anchor="middle")


def _group(line: Line, scale: Axis, middle: float, ends: tuple[float, float]) -> Markup:
    """Draw the replicates below each other, with the outline of their nulls behind them."""
    n = len(line.values)
    step = min(3.45, (BAND - 2 * DOT + 2) / max(n - 1, 1))
    places = [middle + step * (k - (n - 1) / 2) for k in range(n)]
    parts = list(_band(line, scale, places, middle))
    for row, y in zip(line.values, places, strict=True):
        x = scale.place(row.tested) if math.isfinite(row.tested) else math.nan
        if abs(x - scale.place(row.value)) > TESTED * (ends[1] - ends[0]):
            parts.append(element("line", x1=x, x2=x, y1=y - 2.4, y2=y + 2.4, class_=f"tested {line.hue or 'ink'}"))
        words = element("title", _describe(line, row))
        parts.append(element("circle", words, cx=scale.place(row.value), cy=y, r=DOT,
                             class_=f"dot {line.hue or 'ink'}{' filled' if line.filled else ''}"))  # fmt: skip
    return join(parts)


def _band(line: Line, scale: Axis, places: Sequence[float], middle: float) -> Iterator[Markup]:
    """Draw the middle 95 % of the surrogates of each replicate at its height, as one outline."""
    spans = [(row, y) for row, y in zip(line.values, places, strict=True)
             if math.isfinite(row.null_low) and math.isfinite(row.null_high)]  # fmt: skip
    if not spans:
        return
    edges = [middle - BAND / 2, *((a[1] + b[1]) / 2 for a, b in itertools.pairwise(spans)), middle + BAND / 2]
    near, far = [], []
    for (row, _), top, bottom in zip(spans, edges, edges[1:], strict=False):
        low, high = sorted((scale.place(row.null_low), scale.place(row.null_high)))
        wider = max(0.0, NARROWEST - (high - low)) / 2
        near += [(low - wider, top), (low - wider, bottom)]
        far += [(high + wider, top), (high + wider, bottom)]
    yield path([*near, *reversed(far)], class_="null")


def _describe(line: Line, row: ReplicateValue) -> str:
    beside = f"; null {number(row.null_low)} to {number(row.null_high)}, p {number(row.p)}" if row.null_kind else ""
    return f"{line.group}, replicate {row.replicate + 1}: {number(row.value)}{beside}"


def _range(line: Line) -> str:
    values = [row.value for row in line.values]
    low, high = number(min(values)), number(max(values))
    where = low if low == high else f"{low} to {high}"
    nulls = [(row.null_low, row.null_high) for row in line.values if math.isfinite(row.null_low)]
    if not nulls:
        return f"{line.group} ({line.panel}) {where}, no null"
    beside = f"{number(min(a for a, _ in nulls))} to {number(max(b for _, b in nulls))}"
    return f"{line.group} ({line.panel}) {where}, null {beside}"
