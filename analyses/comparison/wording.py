"""Sentences on a comparison, by rules: never more than the numbers allow."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..measures import stored_measure
from .result import Comparison
from .verdict import NO_NULL, OVERLAPS, SEPARATES, TOO_FEW, TOO_SLOW, UNDEFINED, WITHIN_NULL, Contrast, Verdict

AGREEMENT = {
    "same direction": "yes: both separate, in the same direction",
    "opposite": "no: both separate, in opposite directions",
    "first only": "no: only the first side separates",
    "second only": "no: only the second side separates",
    "neither": "neither separates",
    "not comparable": "cannot be said: not defined on both",
    "not tested": "cannot be said: too few replicates",
}


def number(value: float, digits: int = 3) -> str:
    """Return significant digits with a true minus sign; a dash where there is no number.

    >>> number(-0.12345), number(1234.5), number(float("nan"))
    ('−0.123', '1234', '–')
    """
    if not math.isfinite(value):
        return "–"
    text = f"{value:.0f}" if 1000 <= abs(value) < 1e6 else f"{value:.{digits}g}"
    return text.replace("-", "−")


def falls(measure: str) -> bool:
    """Return whether synchrony lowers this measure, as it does the participation ratio."""
    found = stored_measure(measure)
    return found is not None and found.tail == "lower"


def in_words(row: Contrast) -> str:
    """One contrast in words.

    >>> in_words(Contrast("p", "chi_c", "seizure", "rest", 5, 5, 1, 0, 1, 1, 1, 0.008, 1, 1, "separates"))
    'higher in seizure than in rest in all 5 of 5 replicates, each of seizure above its null'
    """
    if row.statement == TOO_FEW:
        size = "one replicate" if min(row.n_a, row.n_b) == 1 else f"{row.n_a} against {row.n_b} replicates"
        return f"{row.a} {number(row.mean_a)}, {row.b} {number(row.mean_b)}: {size}, too few to test"
    if row.direction == 0 or row.statement == OVERLAPS:
        return f"replicates of {row.a} and {row.b} overlap: no claim"
    size = f"all {row.n_a} of {row.n_a}" if row.n_a == row.n_b else f"all {row.n_a} against {row.n_b}"
    start = f"{'higher' if row.direction > 0 else 'lower'} in {row.a} than in {row.b} in {size} replicates"
    lower = falls(row.measure)
    synchronous = row.a if (row.direction < 0) == lower else row.b
    beyond = f"{'below' if lower else 'above'} its null"
    if row.statement == SEPARATES:
        return f"{start}, each of {synchronous} {beyond}"
    if row.statement == WITHIN_NULL:
        return f"{start}, but not each of {synchronous} lies {beyond}: no claim"
    if row.statement == TOO_SLOW:
        return f"{start}, but not each of {synchronous} lies {beyond}, and signals so slow cannot be told from chance"
    if row.statement == NO_NULL:
        return f"{start}; it has no null to stand beside: no claim of synchrony"
    return f"{start}: {row.statement}"


def side_in_words(comparison: Comparison, verdict: Verdict, second: bool) -> list[str]:
    """Return the contrasts behind one side of a verdict, a sentence each."""
    name = verdict.second if second else verdict.first
    direction = verdict.second_direction if second else verdict.first_direction
    statement = verdict.second_statement if second else verdict.first_statement
    if statement == UNDEFINED:
        return ["not defined on this side"]
    rows = read_from(comparison, name, verdict.measure)
    if rows:
        together = [] if len(rows) == 1 or statement == SEPARATES else ["Together: no claim for the side."]
        return [*(in_words(row) for row in rows), *together, f"Read from: {rows[0].panel}."]
    way = {1: "higher in every replicate", -1: "lower in every replicate", 0: ""}[direction]
    return [f"{statement}: {way}" if way else statement]


def unmet(comparison: Comparison) -> list[str]:
    """Return a sentence for every group of networks that is not what it is called."""
    conditions: Sequence[Mapping[str, Any]] = comparison.config.get("conditions") or ()
    return [f"{_capital(str(each['says']))}." for each in conditions if not each["holds"]]


def shuffled(comparison: Comparison, measure: str) -> str:
    """Values before and after a shuffle of the samples, for a measure that is never shown without; else ""."""
    found: dict[tuple[str, str], dict[int, tuple[float, float]]] = {}
    for row in comparison.observations:
        if row.measure == measure:
            after = json.loads(row.settings).get("after_shuffle")
            if after is not None:
                found.setdefault((row.panel, row.group), {})[row.replicate] = (row.value, after)
    return "; ".join(
        f"{panel}, {group}: " + ", ".join(f"{number(a)} → {number(b)}" for a, b in pairs.values())
        for (panel, group), pairs in found.items()
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def read_from(comparison: Comparison, side: str, measure: str) -> list[Contrast]:
    """Return the contrasts that a side was read from, where the configuration names the sides."""
    sides: Sequence[Mapping[str, Any]] = comparison.config.get("sides") or ()
    for given in sides:
        if given.get("name") != side:
            continue
        pairs = {tuple(pair) for pair in given["pairs"]}
        for panel in given["panels"]:
            rows = [c for c in comparison.contrasts if (c.panel, c.measure) == (panel, measure) and (c.a, c.b) in pairs]
            if len(rows) == len(pairs):
                return rows
    return []
