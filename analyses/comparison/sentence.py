"""The result of a comparison as one sentence and three counts, made from verdicts and contrasts by written rules.

1. No measure separates the first side: the comparison cannot tell. The same holds of too few replicates.
2. Some measures separate both sides in one direction: the analogy holds for k of n measures, which are named.
3. Else it fails. That the second side does not do what the first does is said only where none of the recommended
   measures of `KEY` goes that way in any pair of groups, with or without a null; else the measures are named.
4. Without sides, synchrony is higher or lower in a group where recommended measures separate it, all in one direction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ..measures.notation import KEY, notation
from .result import Comparison
from .verdict import NO_NULL, OVERLAPS, SEPARATES, TOO_FEW, UNDEFINED, Contrast, Verdict
from .wording import falls, read_from, unmet

SHOWN = 4  # names in a list before "and k more"
NOUNS = {"seizure": "a seizure", "overfitted": "overfitting", "overfitting": "overfitting"}
CANNOT = "This comparison cannot tell"
FAILS = "The analogy fails here"


@dataclass(frozen=True)
class Score:
    """One count of a comparison.

    Attributes:
        count: e.g. ``"14 of 18"``, ``"None"``.
        words: the rest of the sentence.
        side: side that it is about.
    """

    count: str
    words: str
    side: Literal["first", "second", "both", ""] = ""

    def __str__(self) -> str:
        return f"{self.count} {self.words}"


def headline(comparison: Comparison) -> list[str]:
    """Return groups that are not what they are called, the sentence, and the counts, a text each."""
    return [*unmet(comparison), sentence(comparison), *map(str, scores(comparison))]


def sentence(comparison: Comparison) -> str:
    """Return the result in one sentence."""
    if comparison.verdicts:
        return _of_sides(comparison)
    if comparison.contrasts:
        return _of_pairs(comparison)
    measures = {row.measure for row in comparison.observations}
    if not measures:
        return "Nothing was measured."
    beyond = {row.measure for row in comparison.observations if row.p <= 0.05}
    return f"One group, nothing to contrast: {len(beyond)} of {len(measures)} measures exceed their null somewhere."


def scores(comparison: Comparison) -> list[Score]:
    """Return the counts behind the sentence: of each side and of both, or of each pair of groups."""
    if comparison.verdicts:
        return _scores_of_sides(comparison)
    pairs = _pairs(comparison.contrasts)
    if len(pairs) == 1:
        return _scores_of_pair(*next(iter(pairs.items())))
    several = len({panel for panel, _, _ in pairs}) > 1
    return [
        Score(f"{_separated(rows)} of {len(rows)}", f"measures separate {_pair_name(pair, several, ' from ')}.")
        for pair, rows in list(pairs.items())[:3]
        if not _too_few(rows)
    ]


def subject(side: str) -> tuple[str, str]:
    """Return the two groups that the name of a side names.

    >>> subject("seizure against rest"), subject("drug")
    (('seizure', 'rest'), ('drug', ''))
    """
    a, _, b = side.partition(" against ")
    return a, b


def listed(names: Sequence[str], most: int = SHOWN) -> str:
    """Return names as a list in words.

    >>> listed(["A", "B", "C"]), listed(["A", "B", "C"], 2)
    ('A, B and C', 'A, B and 1 more')
    """
    shown, more = list(names[:most]), len(names) - most
    if more > 0:
        return f"{', '.join(shown)} and {more} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else "none"


def symbols(measures: Sequence[str], most: int = 6) -> str:
    """Return the symbols of measures as a list in words, the recommended ones first."""
    ranked = sorted(measures, key=lambda name: KEY.index(name) if name in KEY else len(KEY))
    return listed([notation(name).symbol for name in ranked], most)


def _of_sides(comparison: Comparison) -> str:
    verdicts = comparison.verdicts
    same = [v.measure for v in verdicts if v.agreement == "same direction"]
    tested = [v for v in verdicts if v.agreement not in ("not comparable", "not tested")]
    if same:
        opposite = [v.measure for v in verdicts if v.agreement == "opposite"]
        count = f"{len(same)} of {len(tested)} measures" if len(same) < len(tested) else f"all {len(same)} measures"
        rest = f"; {symbols(opposite)} {'go' if len(opposite) > 1 else 'goes'} opposite ways" if opposite else ""
        return f"The analogy holds for {count} here: {symbols(same)}{rest}."
    if all(v.first_statement == UNDEFINED or v.second_statement == UNDEFINED for v in verdicts):
        return f"{CANNOT}: no measure is defined on both sides."
    for name, statements in (
        (verdicts[0].first, [v.first_statement for v in verdicts if v.first_statement != UNDEFINED]),
        (verdicts[0].second, [v.second_statement for v in verdicts if v.second_statement != UNDEFINED]),
    ):
        if statements and all(TOO_FEW in one for one in statements):
            return f"{CANNOT}: too few replicates of {name}, so the differences are described and not tested."
    if not any(v.first_statement == SEPARATES for v in verdicts):
        a, b = subject(verdicts[0].first)
        if a in NOUNS and b:
            return f"{CANNOT}: the {a} does not separate from {b}."
        return f"{CANNOT}: no measure separates {a} from {b}." if b else f"{CANNOT}: no measure separates {a}."
    return _of_failure(comparison)


def _of_failure(comparison: Comparison) -> str:
    """Return the sentence of a comparison whose first side separates, by no measure together with the second."""
    first, second = comparison.verdicts[0].first, comparison.verdicts[0].second
    found = {v.measure: v for v in comparison.verdicts if v.measure in KEY}
    ways = {_way(v.measure, v.first_direction) for v in found.values() if v.first_statement == SEPARATES}
    there = [v for v in found.values() if v.second_statement != UNDEFINED and TOO_FEW not in v.second_statement]
    if len(ways) != 1 or not there:
        return f"{FAILS}: no measure separates both sides in one direction."
    (way,) = ways
    follows = {v.measure: moved for v in there if (moved := _following(comparison, v, way))}
    verb, (a, b), (c, d) = "raises" if way > 0 else "lowers", subject(first), subject(second)
    higher, lower = ("higher", "lower") if way > 0 else ("lower", "higher")
    named = a in NOUNS and c in NOUNS and not unmet(comparison)
    start = f"{NOUNS[a]} {verb} synchrony" if named else f"synchrony is {higher} in {a}{f' than in {b}' if b else ''}"
    if follows:
        groups = dict.fromkeys(group for one in follows.values() for group in one)
        where = f" in {listed(list(groups))}" if len(groups) < _groups_of(comparison, second) else ""
        does = NOUNS[c] if named else c
        only = f"goes that way by {symbols(list(follows))} only{where}"
        return f"{FAILS}: {start}; {does} {only}, and no measure separates both sides."
    if all(v.second_statement == SEPARATES for v in there):
        back = f"{NOUNS[c]} {'lowers' if way > 0 else 'raises'} it" if named else f"{lower} in {c}"
        return f"{FAILS}: {start}, {back}{f' than in {d}' if d and not named else ''}."
    if named:
        return f"{FAILS}: {start}, {NOUNS[c]} does not."
    return f"{FAILS}: {start}, and not in {c}{f' than in {d}' if d else ''}."


def _way(measure: str, direction: int) -> int:
    """Return +1 where a direction of this measure is more synchrony, −1 where less."""
    return -direction if falls(measure) else direction


def _following(comparison: Comparison, verdict: Verdict, way: int) -> list[str]:
    """Return the groups of the second side that a measure moves this way in every replicate, with or without a null."""
    rows = read_from(comparison, verdict.second, verdict.measure)
    if rows:
        return [row.a for row in rows if _way(row.measure, row.direction) == way]
    return [subject(verdict.second)[0]] if _way(verdict.measure, verdict.second_direction) == way else []


def _groups_of(comparison: Comparison, side: str) -> int:
    pairs = [given["pairs"] for given in comparison.config.get("sides") or () if given.get("name") == side]
    return len(pairs[0]) if pairs else 1


def _scores_of_sides(comparison: Comparison) -> list[Score]:
    verdicts = comparison.verdicts
    out = []
    sides: tuple[Literal["first", "second"], ...] = ("first", "second")
    for side in sides:
        name = str(getattr(verdicts[0], side))
        statements = [str(getattr(v, f"{side}_statement")) for v in verdicts]
        defined = [one for one in statements if one != UNDEFINED]
        if defined and all(TOO_FEW in one for one in defined):
            out.append(Score("–", f"{name}: too few replicates to test.", side))
            continue
        count = sum(one == SEPARATES for one in defined)
        out.append(Score(f"{count} of {len(defined)}", f"measures separate {_side_in_words(comparison, name)}.", side))
    tested = [v for v in verdicts if v.agreement not in ("not comparable", "not tested")]
    if not tested:
        return out
    same = [v.measure for v in tested if v.agreement == "same direction"]
    opposite = [v.measure for v in tested if v.agreement == "opposite"]
    words = f"of {len(tested)} {'do' if len(same) > 1 else 'does'} both in the same direction"
    words += f" ({symbols(same)})" if same else ""
    if opposite:
        words += (
            f"; {len(opposite)} {'do' if len(opposite) > 1 else 'does'} in opposite directions ({symbols(opposite)})"
        )
    return [*out, Score(str(len(same)) if same else "None", f"{words}.", "both")]


def _side_in_words(comparison: Comparison, side: str) -> str:
    pairs = [given["pairs"] for given in comparison.config.get("sides") or () if given.get("name") == side]
    if not pairs or len({b for _, b in pairs[0]}) > 1:
        return side
    names = [str(a) for a, _ in pairs[0]]
    both = f"{'both ' if len(names) == 2 else 'all of '}{listed(names)}" if len(names) > 1 else names[0]
    return f"{both} from {pairs[0][0][1]}" + (", in one direction" if len(names) > 1 else "")


def _pairs(contrasts: Sequence[Contrast]) -> dict[tuple[str, str, str], list[Contrast]]:
    found: dict[tuple[str, str, str], list[Contrast]] = {}
    for row in contrasts:
        found.setdefault((row.panel, row.a, row.b), []).append(row)
    return found


def _pair_name(pair: tuple[str, str, str], several: bool, between: str = " against ") -> str:
    panel, a, b = pair
    return f"{a}{between}{b}" + (f" ({panel})" if several else "")


def _too_few(rows: Sequence[Contrast]) -> bool:
    return all(row.statement == TOO_FEW for row in rows)


def _separated(rows: Sequence[Contrast]) -> int:
    return sum(row.statement == SEPARATES for row in rows)


def _decisive(rows: Sequence[Contrast]) -> tuple[list[Contrast], str]:
    """Return the rows of recommended measures, and their name; of all with a null where there are none."""
    key = [row for row in rows if row.measure in KEY]
    return (key, "recommended measure") if key else ([r for r in rows if r.statement != NO_NULL], "measure")


def _of_pairs(comparison: Comparison) -> str:
    pairs = _pairs(comparison.contrasts)
    if all(_too_few(rows) for rows in pairs.values()):
        one = all(row.n_a == row.n_b == 1 for row in comparison.contrasts)
        size = "one replicate a group" if one else "too few replicates"
        return f"{CANNOT}: {size}, so the differences are described and not tested."
    if len(pairs) == 1:
        return _of_pair(*next(iter(pairs.items())))
    several = len({panel for panel, _, _ in pairs}) > 1
    common = {b for _, _, b in pairs}
    reference = f" than in {next(iter(common))}" if len(common) == 1 and not several else ""
    found: dict[str, list[str]] = {}
    for pair, rows in pairs.items():
        found.setdefault(_kind(rows), []).append(pair[1] if reference else _pair_name(pair, several))
    words: Mapping[str, str] = {
        "higher": f"higher{reference} in ", "lower": f"lower{reference} in ", "both": "by measures that disagree in ",
        "none": "not shown to differ in ", "few": "not tested, with too few replicates, in ",
    }  # fmt: skip
    if len(found) == 1 and len(pairs) > SHOWN and reference:
        found = {kind: [f"each of the {len(pairs)} other groups"] for kind in found}
    return "Synchrony is " + "; ".join(f"{words[kind]}{listed(found[kind])}" for kind in words if kind in found) + "."


def _kind(rows: Sequence[Contrast]) -> str:
    if _too_few(rows):
        return "few"
    ways = {_way(row.measure, row.direction) for row in _decisive(rows)[0] if row.statement == SEPARATES}
    return "none" if not ways else "both" if len(ways) > 1 else "higher" if ways == {1} else "lower"


def _of_pair(pair: tuple[str, str, str], rows: Sequence[Contrast]) -> str:
    _, a, b = pair
    key, kind = _decisive(rows)
    separated = {way: [r.measure for r in key if r.statement == SEPARATES and _way(r.measure, r.direction) == way]
                 for way in (1, -1)}  # fmt: skip
    more, less = separated[1], separated[-1]
    if more and less:
        return f"Measures disagree on {a} against {b}: more synchronous by {symbols(more)}, less by {symbols(less)}."
    if more or less:
        some = more or less
        count = f"all {len(some)}" if len(some) == len(key) > 1 else f"{len(some)} of {len(key)}"
        names = "" if len(some) == len(key) > 1 else f": {symbols(some)}"
        plural = "" if len(key) == 1 else "s"
        return f"Synchrony is {'higher' if more else 'lower'} in {a} than in {b} by {count} {kind}{plural}{names}."
    others = [row.measure for row in rows if row.statement == SEPARATES]
    if others:
        return f"No {kind} separates {a} from {b}; {symbols(others)} {'do' if len(others) > 1 else 'does'}."
    if rows and all(row.statement in (NO_NULL, OVERLAPS) for row in rows) and any(r.direction for r in rows):
        return f"{a} and {b} are apart, but without a null: no claim of synchrony."
    return f"No measure separates {a} from {b}."


def _scores_of_pair(pair: tuple[str, str, str], rows: Sequence[Contrast]) -> list[Score]:
    if _too_few(rows):
        return []
    overlap = sum(row.statement == OVERLAPS for row in rows)
    apart = len(rows) - overlap - _separated(rows)
    found = [Score(f"{_separated(rows)} of {len(rows)}", f"measures separate {pair[1]} from {pair[2]}.", "first")]
    if apart:
        found.append(
            Score(str(apart), f"{'are' if apart > 1 else 'is'} apart, but within the null or without one: no claim.")
        )
    if overlap:
        found.append(Score(str(overlap), f"{'have' if overlap > 1 else 'has'} replicates that overlap."))
    return found
