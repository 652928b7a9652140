"""The table of glyphs of a comparison: a row a measure, a column a pair of groups, each row with what it rests on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from ..comparison.origin import Origin, origin
from ..comparison.result import Comparison
from ..comparison.sentence import subject
from ..comparison.verdict import OVERLAPS, SEPARATES, TOO_FEW, Contrast
from ..comparison.wording import AGREEMENT, falls, in_words, number, read_from, shuffled, side_in_words
from ..measures import stored_measure
from ..measures.notation import KEY, by_group, notation

COLUMNS = 4  # pairs with a column; the table of contrasts has them all
RECOMMENDED, ONE_SIDE = "Recommended", "Defined on one side only"
NOT_DEFINED = ("–", "none", "not defined")


@dataclass(frozen=True)
class Column:
    """A pair of groups.

    Attributes:
        side: side that it belongs to; "" where there are none.
        panel: its panel; "" where the measure decides.
        a, b: groups.
        hue: source of a.
    """

    side: str
    panel: str
    a: str
    b: str
    hue: Origin


def columns(comparison: Comparison) -> list[Column]:
    """Return the pairs that have a column: those of both sides, else the first pairs there are."""
    found = []
    for side in comparison.config.get("sides") or () if comparison.verdicts else ():
        for a, b in side["pairs"]:
            panel = next((p for p in side["panels"] if (p, a, b) in _pairs(comparison)), side["panels"][0])
            found.append(Column(side["name"], "", a, b, origin(comparison, panel, a)))
    if not found:
        found = [Column("", panel, a, b, origin(comparison, panel, a)) for panel, a, b in _pairs(comparison)]
    return found[:COLUMNS]


def several_panels(comparison: Comparison) -> bool:
    """Return whether pairs of groups are told apart by their panel too."""
    return not comparison.verdicts and len({panel for panel, _, _ in _pairs(comparison)}) > 1


def glyph(row: Contrast | None) -> tuple[str, str, str]:
    """Return the glyph of a contrast, its class, and its words.

    >>> glyph(None)
    ('–', 'none', 'not defined')
    """
    if row is None:
        return NOT_DEFINED
    if row.statement == TOO_FEW:
        return "·", "open", "too few replicates to test"
    if row.direction == 0 or row.statement == OVERLAPS:
        return "≈", "open", "replicates overlap"
    way = "higher" if row.direction > 0 else "lower"
    if row.statement == SEPARATES:
        return "▲" if row.direction > 0 else "▼", "sure", f"{way}, separates"
    return "△" if row.direction > 0 else "▽", "open", f"{way}, {row.statement}: no claim"


def change(before: float, after: float) -> str:
    """Return two means as a table writes them: two decimals without the leading zero, more where they would be equal.

    >>> change(0.019, 0.998), change(59.1, 1.031), change(0.9971, 0.9999), change(0.0139, 0.0073), change(0, math.nan)
    ('.02 → 1.00', '59 → 1.0', '.997 → 1.000', '.014 → .0073', '0 → –')
    """
    small = max(abs(before), abs(after)) < 0.1
    texts = [_brief(value, 2, small) for value in (before, after)]
    if texts[0] == texts[1] and before != after and not small:
        texts = [_brief(value, 3, small) for value in (before, after)]
    return " → ".join(texts)


def _brief(value: float, digits: int, small: bool) -> str:
    size = abs(value)
    if not math.isfinite(value) or value == 0:
        return "–" if not math.isfinite(value) else "0"
    if small:
        text = number(value, digits)
        return text if "e" in text else text.replace("0.", ".", 1)
    if size >= 10**digits:
        return number(value)
    if round(size, digits) >= 1:
        decimals = digits - len(str(int(size))) if digits == 2 and size >= 1 else digits
        return f"{value:.{max(0, decimals)}f}".replace("-", "−")
    return f"{value:.{digits}f}".replace("-", "−").replace("0.", ".", 1) if round(size, digits) else "0"


def sections(comparison: Comparison) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return title -> rows: the recommended measures, then group by group, then those that one side lacks."""
    pairs = columns(comparison)
    names = list(dict.fromkeys([row.measure for row in comparison.observations]
                               + [row.measure for row in comparison.contrasts]
                               + [row.measure for row in comparison.verdicts]))  # fmt: skip
    single = {v.measure for v in comparison.verdicts if v.agreement == "not comparable"}
    both = [name for name in names if name not in single]
    found = [(RECOMMENDED, [name for name in KEY if name in both])]
    found += [(title[:1].upper() + title[1:] if title != "recommended" else "Recommended for spike trains, and others",
               [name for name in own if name not in KEY]) for title, own in by_group(both).items()]  # fmt: skip
    found.append((ONE_SIDE, [name for own in by_group(single & set(names)).values() for name in own]))
    return [(title, [_row(comparison, name, pairs) for name in own]) for title, own in found if own]


def _row(comparison: Comparison, measure: str, pairs: Sequence[Column]) -> dict[str, Any]:
    verdict = next((v for v in comparison.verdicts if v.measure == measure), None)
    together, kind = _together(verdict) if verdict else ("", "")
    known = stored_measure(measure)
    return {
        "measure": measure,
        "symbol": Markup(notation(measure).html),
        "words": notation(measure).words,
        "falls": falls(measure),
        "cells": [_cell(_contrast(comparison, measure, pair), pair) for pair in pairs],
        "together": together,
        "kind": kind,
        "sides": [
            (side, [line if line.endswith(".") else f"{line}." for line in found])
            for side, found in _sides(comparison, measure, verdict)
        ],
        "agreement": AGREEMENT.get(verdict.agreement, verdict.agreement) if verdict else "",
        "shuffled": shuffled(comparison, measure),
        "definition": None if known is None else {"unit": known.unit, **known.prose, "no_null": known.no_null},
    }


def _cell(row: Contrast | None, pair: Column) -> dict[str, str]:
    sign, kind, words = glyph(row)
    hue = pair.hue or "ink"
    return {
        "glyph": sign,
        "kind": hue if kind == "sure" else kind,
        "words": words,
        "numbers": change(row.mean_b, row.mean_a) if row else "",
        "sure": "sure" if kind == "sure" else "",
    }


def _contrast(comparison: Comparison, measure: str, pair: Column) -> Contrast | None:
    if pair.side:
        rows = read_from(comparison, pair.side, measure)
        return next((row for row in rows if (row.a, row.b) == (pair.a, pair.b)), None)
    return next((row for row in comparison.contrasts
                 if (row.panel, row.measure, row.a, row.b) == (pair.panel, measure, pair.a, pair.b)), None)  # fmt: skip


def _together(verdict: Any) -> tuple[str, str]:
    first, second = subject(verdict.first)[0], subject(verdict.second)[0]
    return {
        "same direction": ("both", "same"),
        "opposite": ("opposite", "opposite"),
        "first only": (f"only {first}", ""),
        "second only": (f"only {second}", ""),
        "not comparable": ("one side only", ""),
        "not tested": ("too few", ""),
    }.get(verdict.agreement, ("neither", ""))


def _sides(comparison: Comparison, measure: str, verdict: Any) -> Iterator[tuple[str, list[str]]]:
    """Yield the name of a side, or of a pair of groups, and what is behind its glyph in sentences."""
    if verdict is not None:
        yield verdict.first, side_in_words(comparison, verdict, second=False)
        yield verdict.second, side_in_words(comparison, verdict, second=True)
        return
    for row in comparison.contrasts:
        if row.measure == measure:
            yield f"{row.a} against {row.b}" + f" ({row.panel})" * several_panels(comparison), [in_words(row)]


def _pairs(comparison: Comparison) -> dict[tuple[str, str, str], None]:
    return dict.fromkeys((row.panel, row.a, row.b) for row in comparison.contrasts)
