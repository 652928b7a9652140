"""Sentences on a comparison, by rules: never more than the numbers allow."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..measures import stored_measure
from .result import Comparison
from .verdict import NO_NULL, OVERLAPS, SEPARATES, TOO_FEW, TOO_SLOW, UNDEFINED, WITHIN_NULL, Contrast, Verdict

MAX_PAIRS = 4  # pairs that the headline spells out; the table has them all

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
    rows = _backing(comparison, name, verdict.measure)
    if rows:
        together = [] if len(rows) == 1 or statement == SEPARATES else ["Together: no claim for the side."]
        return [*(in_words(row) for row in rows), *together, f"Read from: {rows[0].panel}."]
    way = {1: "higher in every replicate", -1: "lower in every replicate", 0: ""}[direction]
    return [f"{statement}: {way}" if way else statement]


def unmet(comparison: Comparison) -> list[str]:
    """Return a sentence for every group of networks that is not what it is called."""
    conditions: Sequence[Mapping[str, Any]] = comparison.config.get("conditions") or ()
    return [f"{_capital(str(each['says']))}." for each in conditions if not each["holds"]]


def headline(comparison: Comparison) -> list[str]:
    """The result in a few sentences: groups that are not what they are called, then the verdicts or contrasts."""
    if comparison.verdicts:
        return [*unmet(comparison), *_of_verdicts(comparison)]
    if comparison.contrasts:
        return [*unmet(comparison), *_of_contrasts(comparison.contrasts)]
    beyond = {o.measure for o in comparison.observations if o.p <= 0.05}
    total = {o.measure for o in comparison.observations}
    return [f"One group, nothing to contrast: {len(beyond)} of {len(total)} measures exceed their null somewhere."]


def _of_verdicts(comparison: Comparison) -> list[str]:
    verdicts = comparison.verdicts
    first, second = verdicts[0].first, verdicts[0].second
    sentences = []
    for name, statements in (
        (first, [v.first_statement for v in verdicts]),
        (second, [v.second_statement for v in verdicts]),
    ):
        defined = [s for s in statements if s != UNDEFINED]
        if defined and all(TOO_FEW in s for s in defined):
            sentences.append(f"{_capital(name)}: too few replicates, so the differences are described and not tested.")
            continue
        separate = sum(s == SEPARATES for s in defined)
        apart = _pair_by_pair(comparison, name, [v.measure for v in verdicts])
        sentences.append(f"{_capital(name)}: {separate} of {len(defined)} measures separate{apart}.")
    same = [v.measure for v in verdicts if v.agreement == "same direction"]
    opposite = [v.measure for v in verdicts if v.agreement == "opposite"]
    if same or opposite:
        sentences.append(
            f"Both sides separate: in the same direction on {_listed(same)}, in opposite directions on "
            f"{_listed(opposite)}."
        )
    elif any(v.agreement not in ("not comparable", "not tested") for v in verdicts):
        sentences.append("No measure separates both sides.")
    return sentences


def _pair_by_pair(comparison: Comparison, side: str, measures: Sequence[str]) -> str:
    """Return the number of measures that separate each pair, of a side that has several pairs."""
    counts: dict[tuple[str, str], int] = {}
    for measure in measures:
        for row in _backing(comparison, side, measure):
            counts[row.a, row.b] = counts.get((row.a, row.b), 0) + (row.statement == SEPARATES)
    if len(counts) < 2:
        return ""
    each = ", ".join(f"{a} against {b} {count}" for (a, b), count in counts.items())
    return f" every pair in one direction (pair by pair: {each})"


def _of_contrasts(contrasts: Sequence[Contrast]) -> Iterator[str]:
    pairs: dict[tuple[str, str, str], list[Contrast]] = {}
    for row in contrasts:
        pairs.setdefault((row.panel, row.a, row.b), []).append(row)
    several = len({panel for panel, _, _ in pairs}) > 1
    for (panel, a, b), rows in list(pairs.items())[:MAX_PAIRS]:
        name = f"{a} against {b}" + (f" ({panel})" if several else "")
        if all(row.statement == TOO_FEW for row in rows):
            size = "one replicate a group" if rows[0].n_a == rows[0].n_b == 1 else "too few replicates"
            yield f"{name}: {size}, so the differences are described and not tested."
            continue
        up = [r.measure for r in rows if r.statement == SEPARATES and r.direction > 0]
        down = [r.measure for r in rows if r.statement == SEPARATES and r.direction < 0]
        ways = (("higher", up), ("lower", down))
        where = "".join(f"; {way} in {a}: {', '.join(names)}" for way, names in ways if names)
        yield f"{name}: {len(up) + len(down)} of {len(rows)} measures separate{where}."
    if len(pairs) > MAX_PAIRS:
        yield f"{len(pairs) - MAX_PAIRS} more pairs are in the table of contrasts."


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


def _listed(names: Sequence[str]) -> str:
    return f"{len(names)} ({', '.join(names)})" if names else "none"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _backing(comparison: Comparison, side: str, measure: str) -> list[Contrast]:
    """The contrasts that a side was read from, where the configuration names the sides."""
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
