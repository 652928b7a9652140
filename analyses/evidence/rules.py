"""From effects to verdicts, by rules that were written before anything was measured.

1. An effect is counted so that the claim wants it large. It *holds* where it is above its least effect of interest, and
   *fails* where it is below it, each by a one-sided t test over seeds. Anything else is undecided.
2. In one setting (network and data) a claim as stated holds if all its stated parts do: the p of that is the largest of
   theirs. It fails if one part does: the p of that is the smallest times the number of parts. The controls likewise.
3. The p of all claims and settings that were run at a scale are one family, corrected by Holm: one family each for what
   holds and what fails, as stated and under control.
4. Fails as stated: "fails". Holds as stated and under every control: "holds". Holds as stated and fails a control:
   "holds only when …", with what that control leaves of it. Else, or without a control, "undecided".
5. Over settings: what all say; "holds only when" if it holds in some, which are named, and fails in others; "holds" or
   "fails" with the open settings named if nothing contradicts it.
6. Fewer than three seeds decide nothing, nor do SI-1 and SI-2: no effect that decides rests on either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ..layers.transfer import holm
from .effect import Effect

ALPHA = 0.05
State = Literal["holds", "fails", "undecided"]
HOLDS, FAILS, ONLY, UNDECIDED = "holds", "fails", "holds only when", "undecided"
NOT_TESTABLE, NOT_RUN = "not testable as stated", "not run"


@dataclass(frozen=True)
class Finding:
    """Effects of one claim.

    Attributes:
        effects: of every setting.
        untestable: setting -> why it could not be tested there.
        left_out: setting -> conditions that were run and are not counted, and why.
    """

    effects: tuple[Effect, ...]
    untestable: Mapping[str, str]
    left_out: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """Verdict on one claim in one setting.

    Attributes:
        verdict: HOLDS, FAILS, ONLY, UNDECIDED or NOT_TESTABLE.
        why: in words: the part or the control that decides.
        decided_by: name of that part.
        p: corrected p of the verdict; 1 where it is undecided.
    """

    claim: str
    setting: str
    verdict: str
    why: str
    decided_by: str
    p: float


@dataclass(frozen=True)
class _Stated:
    """p of the parts of one role: that all hold, and that one fails; and which these would be."""

    above: float
    below: float
    weakest: Effect | None  # the last that might be said to hold
    failing: Effect | None  # the first that might be said to fail


def decide(findings: Mapping[str, Finding]) -> list[Decision]:
    """One decision a claim and setting, over everything that was found at one scale."""
    places = [(claim, setting) for claim, found in findings.items() for setting in _settings(found.effects)]
    split = {
        place: {role: _joined(_of(findings[place[0]].effects, place[1], role)) for role in ("stated", "control")}
        for place in places
    }
    above, below = (
        {
            role: dict(zip(places, holm([getattr(split[place][role], way) for place in places]).tolist(), strict=True))
            for role in ("stated", "control")
        }
        for way in ("above", "below")
    )
    out = []
    for claim, found in findings.items():
        for setting in _settings(found.effects):
            place = (claim, setting)
            states = {role: _state(above[role][place], below[role][place]) for role in ("stated", "control")}
            out.append(_decision(place, states, split[place], above, below))
        out += [Decision(claim, s, NOT_TESTABLE, why, "", 1.0) for s, why in found.untestable.items()]
    return out


def _decision(
    place: tuple[str, str],
    states: Mapping[str, State],
    parts: Mapping[str, _Stated],
    above: Mapping[str, Mapping[tuple[str, str], float]],
    below: Mapping[str, Mapping[tuple[str, str], float]],
) -> Decision:
    stated, control = parts["stated"].weakest, parts["control"].weakest
    failing, against = parts["stated"].failing, parts["control"].failing
    assert stated is not None
    assert failing is not None
    if states["stated"] == "fails":
        return Decision(*place, FAILS, f"{failing.part}: {describe(failing)}", failing.part, below["stated"][place])
    if states["stated"] != "holds":
        return Decision(*place, UNDECIDED, f"not decided by {stated.part}: {describe(stated)}", stated.part, 1.0)
    if control is None or against is None:
        return Decision(*place, UNDECIDED, f"holds as stated, and has no control: {describe(stated)}", stated.part, 1.0)
    if states["control"] == "holds":
        p = max(above["stated"][place], above["control"][place])
        return Decision(*place, HOLDS, f"{control.part}: {describe(control)}", control.part, p)
    if states["control"] == "fails":
        why = f"{against.otherwise} ({against.part}: {describe(against)})"
        return Decision(*place, ONLY, why, against.part, max(above["stated"][place], below["control"][place]))
    why = f"not decided by its control, {control.part}: {describe(control)}"
    return Decision(*place, UNDECIDED, why, control.part, 1.0)


def describe(found: Effect) -> str:
    """An effect in words.

    >>> describe(Effect("c", "p", "s", "stated", "SI", .4, .3, .5, .01, .9, 5, .1, .74, ""))
    'SI 0.40 [0.30, 0.50], n = 5; wanted above 0.1; the paper says 0.74'
    """
    if found.n == 0:
        return found.statistic
    claimed = "" if found.claimed != found.claimed else f"; the paper says {found.claimed:g}"
    interval = f" [{found.low:.2f}, {found.high:.2f}]" if found.n > 1 else ""
    text = f"{found.statistic} {found.value:.2f}{interval}, n = {found.n}; wanted above {found.least:g}{claimed}"
    return text.replace("-", "−")


def overall(decisions: Sequence[Decision]) -> tuple[str, str]:
    """The verdict over all settings of a claim, and why.

    >>> one = Decision("c", "A", HOLDS, "x", "p", .01)
    >>> overall([one, Decision("c", "B", FAILS, "y", "p", .01)])
    ('holds only when', 'A: x. B: fails: y')
    """
    verdicts = {row.verdict for row in decisions}
    if verdicts & {HOLDS, ONLY}:
        verdict, carry = ONLY if verdicts & {ONLY, FAILS} else HOLDS, {HOLDS, ONLY}
    else:
        verdict = next((v for v in (FAILS, UNDECIDED) if v in verdicts), NOT_TESTABLE)
        carry = {verdict}
    first = [f"{row.setting}: {row.why}" for row in decisions if row.verdict in carry]
    rest = [f"{row.setting}: {row.verdict}: {row.why}" for row in decisions if row.verdict not in carry]
    return verdict, ". ".join(first + rest)


def _settings(effects: Iterable[Effect]) -> list[str]:
    return list(dict.fromkeys(found.setting for found in effects if found.role == "stated"))


def _of(effects: Iterable[Effect], setting: str, role: str) -> list[Effect]:
    return [found for found in effects if (found.setting, found.role) == (setting, role)]


def _joined(parts: Sequence[Effect]) -> _Stated:
    if not parts:
        return _Stated(1.0, 1.0, None, None)
    below = min(1.0, len(parts) * min(part.p_below for part in parts))
    weakest, failing = max(parts, key=lambda part: part.p_above), min(parts, key=lambda part: part.p_below)
    return _Stated(weakest.p_above, below, weakest, failing)


def _state(above: float, below: float) -> State:
    return "holds" if above <= ALPHA else "fails" if below <= ALPHA else "undecided"
