"""From effects to verdicts, by written rules. docs/evidence.md lists what changed after the first verdicts, and why.

1. An effect is counted so that the claim wants it large, and has a least effect of interest. It *holds* where it is
   above that and *fails* where it is below it, each by a one-sided test over seeds that its scale decides: Student's t
   of the number, of the log odds of an index, of Fisher's z of a correlation; a sign test of shares (`effect`).
   Anything else is undecided.
2. An effect that fails is of the kind that its 95 % interval says: *opposite* below 0; *smaller than claimed* above 0;
   *absent* with 0 within it and no lower than minus the least effect; else *absent or opposite*.
3. A place is a claim in one setting (network and data) and one way of overfitting: ways are never averaged. In a place
   the claim holds as stated if all its stated parts do: the p of that is the largest of theirs. Levels and controls
   likewise. It fails if one stated part does.
4. Each claim names its part with the substance. It decides; another stated part decides where that one does not fail.
5. The p of all places that were run at a scale are one family, corrected by Holm: one family each for stated parts,
   levels and controls that hold, and for parts with the substance, other stated parts, levels and controls that fail.
6. In a place: fails as stated: "fails", with the kind. Holds as stated and fails a control: "holds only when …", with
   the rest that this control leaves of it. Holds as stated and under every control: "holds" if every level holds,
   "holds at another level" if one fails, with its direction. Else, or without a control, "undecided".
7. Over the ways of a setting: "holds" or "holds at another level" needs all of them; "holds only when …" where it holds
   with some; else "fails" if one fails. All ways are named with their numbers.
8. Over settings: what all say; "holds only when" if it holds in some, which are named, and fails in others; "holds" or
   "fails" with the open settings named if nothing contradicts it.
9. Fewer than three seeds decide nothing, nor do SI-1 and SI-2: no effect that decides rests on either.

An interval covers seeds: other weights, other batches, other draws of images from the same data set. All networks of a
seed see the same images, and seeds draw from one finite set, so that their images overlap. It does not cover other data
sets, other architectures or other settings of training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..layers.transfer import holm
from .effect import Effect

ALPHA = 0.05
HOLDS, LEVEL, ONLY = "holds", "holds at another level", "holds only when"
FAILS, UNDECIDED, NOT_TESTABLE, NOT_RUN = "fails", "undecided", "not testable as stated", "not run"
SMALLER, ABSENT, OPPOSITE, OPEN = "smaller than claimed", "absent", "opposite", "absent or opposite"
HELD = (HOLDS, LEVEL, ONLY)
COVERS = (
    "Intervals are over seeds: weights, batches, and draws of images from one data set. All networks of a seed see the "
    "same images, and the images of seeds overlap. They do not cover other data sets, networks or settings of training."
)
_Place = tuple[str, str, str]  # claim, setting, way


@dataclass(frozen=True)
class Finding:
    """Effects of one claim.

    Attributes:
        effects: of every setting and way of overfitting.
        untestable: setting -> why it could not be tested there.
        left_out: setting -> conditions that were run and are not counted, and why.
    """

    effects: tuple[Effect, ...]
    untestable: Mapping[str, str]
    left_out: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """Verdict on one claim in one setting, by one way of overfitting.

    Attributes:
        verdict: HOLDS, LEVEL, FAILS, ONLY, UNDECIDED or NOT_TESTABLE.
        why: in words: the part or the control that decides.
        decided_by: name of that part.
        p: corrected p of the verdict; 1 where it is undecided.
        way: condition that is meant to overfit; empty where there is none, or several.
        kind: of a verdict that fails: SMALLER, ABSENT, OPPOSITE or OPEN.
        about, number: `why` without its number, and the number, so that ways can be listed.
    """

    claim: str
    setting: str
    verdict: str
    why: str
    decided_by: str
    p: float
    way: str = ""
    kind: str = ""
    about: str = ""
    number: str = ""


class _Family:
    """Corrected p of every place and part at one scale."""

    def __init__(self, places: Mapping[_Place, Sequence[Effect]]) -> None:
        self.above: dict[tuple[_Place, str], float] = {}
        self._below: dict[int, float] = {}
        every = [effect for effects in places.values() for effect in effects]
        for role in ("stated", "level", "control"):
            own = {place: [e for e in effects if e.role == role] for place, effects in places.items()}
            there = [place for place, effects in own.items() if effects]
            raw = [max(e.p_above for e in own[place]) for place in there]
            self.above |= {(place, role): p for place, p in zip(there, holm(raw).tolist(), strict=True)}
            for substance in (True, False):
                parts = [e for e in every if e.role == role and e.substance is substance]
                self._below |= zip(map(id, parts), holm([e.p_below for e in parts]).tolist(), strict=True)

    def below(self, effect: Effect) -> float:
        """Return the corrected p that this effect fails."""
        return self._below[id(effect)]


def kind(effect: Effect) -> str:
    """Return the kind of failing of an effect that fails.

    >>> kind(Effect("c", "p", "s", "stated", "SI", .04, .03, .05, 1., .01, 5, .1, .74, ""))
    'smaller than claimed'
    """
    if effect.high < 0:
        return OPPOSITE
    if effect.low > 0:
        return SMALLER
    return ABSENT if effect.low >= -effect.least else OPEN


def decide(findings: Mapping[str, Finding]) -> list[Decision]:
    """One decision a claim, setting and way of overfitting, over everything that was found at one scale."""
    places: dict[_Place, list[Effect]] = {}
    for claim, found in findings.items():
        for effect in found.effects:
            places.setdefault((claim, effect.setting, effect.way), []).append(effect)
    places = {place: _named(effects) for place, effects in places.items() if any(e.role == "stated" for e in effects)}
    family = _Family(places)
    out = []
    for claim, found in findings.items():
        out += [_decision(place, effects, family) for place, effects in places.items() if place[0] == claim]
        out += [Decision(claim, setting, NOT_TESTABLE, why, "", 1.0) for setting, why in found.untestable.items()]
    return out


def _named(effects: Sequence[Effect]) -> list[Effect]:
    """The effects of a place, the first stated one with the substance if none is named."""
    if any(e.substance for e in effects):
        return list(effects)
    first = next(at for at, e in enumerate(effects) if e.role == "stated")
    return [replace(e, substance=at == first) for at, e in enumerate(effects)]


def _decision(place: _Place, effects: Sequence[Effect], family: _Family) -> Decision:
    stated, level, control = ([e for e in effects if e.role == role] for role in ("stated", "level", "control"))
    substance = next(e for e in stated if e.substance)
    failing = [e for e in stated if family.below(e) <= ALPHA]
    if failing:
        decides = substance if substance in failing else min(failing, key=family.below)
        return _of_effect(place, FAILS, f"{kind(decides)}: ", decides, family.below(decides), kind(decides))
    p = family.above[place, "stated"]
    if p > ALPHA:
        open_ = substance if substance.p_above > ALPHA else max(stated, key=lambda e: e.p_above)
        return _of_effect(place, UNDECIDED, "not decided by ", open_)
    if not control:
        return _of_effect(place, UNDECIDED, "holds as stated, and has no control: ", substance)
    failing = [e for e in control if family.below(e) <= ALPHA]
    if failing:
        against = min(failing, key=family.below)
        p = max(p, family.below(against))
        return _of_effect(place, ONLY, f"{against.otherwise}: ", against, p)
    p = max(p, family.above[place, "control"])
    if p > ALPHA:
        return _of_effect(place, UNDECIDED, "not decided by its control, ", max(control, key=lambda e: e.p_above))
    failing = [e for e in level if family.below(e) <= ALPHA]
    if failing:
        lower = min(failing, key=family.below)
        lead = f"{lower.otherwise} ({lower.part}: {describe(lower)}): "
        return _of_effect(place, LEVEL, lead, substance, max(p, family.below(lower)))
    p = max(p, family.above.get((place, "level"), 0.0))
    if p > ALPHA:
        return _of_effect(place, UNDECIDED, "holds but for the level, which is not decided by ",
                          max(level, key=lambda e: e.p_above))  # fmt: skip
    return _of_effect(place, HOLDS, "", substance, p)


def _of_effect(place: _Place, verdict: str, lead: str, effect: Effect, p: float = 1.0, fails: str = "") -> Decision:
    claim, setting, way = place
    return Decision(claim, setting, verdict, f"{lead}{effect.part}: {describe(effect)}", effect.part, p, way, fails,
                    f"{lead}{effect.part}: {_described(effect, '')}", number_of(effect))  # fmt: skip


def describe(found: Effect) -> str:
    """An effect in words.

    >>> describe(Effect("c", "p", "s", "stated", "SI", .4, .3, .5, .01, .9, 5, .1, .74, ""))
    'SI 0.40 [0.30, 0.50], n = 5; wanted above 0.1; the paper says 0.74'
    """
    return _described(found, f" {number_of(found)}")


def _described(found: Effect, number: str) -> str:
    if found.n == 0:
        return found.statistic
    claimed = "" if found.claimed != found.claimed else f"; the paper says {found.claimed:g}".replace("-", "−")
    return f"{found.statistic}{number}, n = {found.n}; wanted above {found.least:g}{claimed}"


def number_of(found: Effect) -> str:
    """An effect's value with its interval, ``"0.40 [0.30, 0.50]"``; empty where it could not be measured."""
    interval = f" [{found.low:.2f}, {found.high:.2f}]" if found.n > 1 else ""
    note = f" ({found.note})" if found.note else ""
    return f"{found.value:.2f}{interval}{note}".replace("-", "−") if found.n else ""


def overall(decisions: Sequence[Decision]) -> tuple[str, str]:
    """The verdict over all settings and ways of a claim, and why.

    >>> one = Decision("c", "A", HOLDS, "x", "p", .01)
    >>> overall([one, Decision("c", "B", FAILS, "y", "p", .01)])
    ('holds only when', 'A: x. B: fails: y')
    """
    settings: dict[str, list[Decision]] = {}
    for row in decisions:
        settings.setdefault(row.setting, []).append(row)
    by_setting = {setting: over_ways(rows) for setting, rows in settings.items()}
    verdicts = {verdict for verdict, _ in by_setting.values()}
    if verdicts & set(HELD):
        verdict = ONLY if verdicts & {ONLY, FAILS} else LEVEL if LEVEL in verdicts else HOLDS
        carry = set(HELD)
    else:
        verdict = next((v for v in (FAILS, UNDECIDED) if v in verdicts), NOT_TESTABLE)
        carry = {verdict}
    first = [f"{setting}: {why}" for setting, (own, why) in by_setting.items() if own in carry]
    rest = [f"{setting}: {own}: {why}" for setting, (own, why) in by_setting.items() if own not in carry]
    return verdict, ". ".join(first + rest)


def over_ways(rows: Sequence[Decision]) -> tuple[str, str]:
    """The verdict over the ways of overfitting in one setting, and why.

    >>> one = Decision("c", "A", HOLDS, "x", "p", .01, "few")
    >>> over_ways([one, Decision("c", "A", UNDECIDED, "y", "p", 1., "noise")])
    ('holds only when', 'few: holds: x; noise: undecided: y')
    """
    verdicts = {row.verdict for row in rows}
    if verdicts & set(HELD):
        verdict = rows[0].verdict if len(verdicts) == 1 else LEVEL if verdicts == {HOLDS, LEVEL} else ONLY
    else:
        verdict = next((v for v in (FAILS, UNDECIDED) if v in verdicts), NOT_TESTABLE)
    if len(rows) == 1:
        (row,) = rows
        return verdict, f"{row.way}: {row.why}" if row.way else row.why
    groups: dict[tuple[str, str, str], list[Decision]] = {}
    for row in sorted(rows, key=lambda row: (row.verdict not in HELD, row.verdict != verdict)):
        groups.setdefault((row.verdict, row.decided_by, row.about), []).append(row)
    return verdict, "; ".join(_listed(alike, verdict if len(verdicts) == 1 else "") for alike in groups.values())


def _listed(alike: Sequence[Decision], said: str) -> str:
    """Ways with the same verdict by the same part, with their numbers; the verdict is left out if it is `said`."""
    first = alike[0]
    verdict = "" if first.verdict == said else f"{first.verdict}: "
    if len(alike) == 1:
        return f"{first.way}: {verdict}{first.why}"
    if not first.number:
        return f"{', '.join(row.way for row in alike)}: {verdict}{first.why}"
    return f"{verdict}{first.about}: " + ", ".join(f"{row.way} {row.number}" for row in alike)


def kind_of(decisions: Sequence[Decision]) -> str:
    """The kinds of failing of decisions that fail, each once; empty where none does.

    >>> kind_of([Decision("c", "A", FAILS, "x", "p", .01, "", OPPOSITE)])
    'opposite'
    """
    return ", ".join(dict.fromkeys(row.kind for row in decisions if row.verdict == FAILS and row.kind))


def shown(decisions: Sequence[Decision]) -> str:
    """The verdict over all settings and ways with the kind of failing, ``"fails (opposite)"``."""
    verdict, kind = overall(decisions)[0], kind_of(decisions)
    return f"{verdict} ({kind})" if verdict == FAILS and kind else verdict
