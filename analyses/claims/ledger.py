"""The ledger: one row a claim and scale, with what the paper says, what was measured, and what follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ...simulator import InputError
from ..evidence.effect import Effect
from ..evidence.rules import FAILS, HELD, NOT_RUN, Decision, Finding, decide, describe, kind_of, overall
from ..evidence.store import Evidence
from . import CLAIMS
from .claim import Claim


@dataclass(frozen=True)
class Row:
    """One claim at one scale.

    Attributes:
        claim: what is claimed, and the paper's figures.
        scale: where it was run; "" where it was not.
        setting: networks and data that carry the verdict; `why` names the others.
        ours: what was measured of the part with the substance, with interval and n.
        verdict: holds, holds at another level, holds only when, fails, undecided, not testable as stated, not run:
            needs ….
        why: what decides it, in words.
        control: the control it stands or falls by.
        left_out: conditions that were run and are not counted, and why.
        kind: of what fails: opposite, absent, smaller than claimed; several where settings or ways differ.
    """

    claim: Claim
    scale: str
    setting: str
    ours: str
    verdict: str
    why: str
    control: str
    left_out: str
    kind: str = ""

    @property
    def shown(self) -> str:
        """The verdict with the kind of failing, ``"fails (opposite)"``."""
        return f"{self.verdict} ({self.kind})" if self.kind and self.verdict == FAILS else self.verdict


@dataclass(frozen=True, eq=False)
class Ledger:
    """Rows of every claim, and what they rest on.

    Attributes:
        rows: in the order of the claims; a claim that was run at several scales has as many rows.
        evidence: scale -> what was run.
        effects: scale -> every effect.
        decisions: scale -> one a claim and setting.
    """

    rows: tuple[Row, ...]
    evidence: Mapping[str, Evidence]
    effects: Mapping[str, tuple[Effect, ...]]
    decisions: Mapping[str, tuple[Decision, ...]]

    @classmethod
    def of(cls, evidence: Sequence[Evidence]) -> Ledger:
        """Decide every claim by the evidence there is."""
        claims: dict[str, Claim] = {name: CLAIMS.load(name) for name in CLAIMS.usable()}
        rows: dict[str, list[Row]] = {name: [] for name in claims}
        effects: dict[str, tuple[Effect, ...]] = {}
        decisions: dict[str, tuple[Decision, ...]] = {}
        for run in evidence:
            if run.scale in effects:
                raise InputError(f"evidence: must be one a scale; got {run.scale} twice")
            chosen = run.config.get("claims", list(claims))
            found = {
                name: _found(claim.effects, run) for name, claim in claims.items() if claim.effects and name in chosen
            }
            made = decide(found)
            effects[run.scale] = tuple(effect for finding in found.values() for effect in finding.effects)
            decisions[run.scale] = tuple(made)
            for name, finding in found.items():
                mine = [row for row in made if row.claim == name]
                if mine:
                    rows[name].append(_row(claims[name], run, finding, mine))
        for name, claim in claims.items():
            if not rows[name]:
                needs = claim.needs or f"ictal reproduce {name} --scale {claim.scales[0]}"
                rows[name].append(Row(claim, "", "", "", f"{NOT_RUN}: needs {needs}", "", "", ""))
        return cls(
            tuple(row for mine in rows.values() for row in mine), {e.scale: e for e in evidence}, effects, decisions
        )

    def by_claim(self) -> dict[str, str]:
        """Claim -> its verdict over every scale that it was run at; NOT_RUN where there is none."""
        out = {}
        for name in dict.fromkeys(row.claim.name for row in self.rows):
            made = [row for rows in self.decisions.values() for row in rows if row.claim == name]
            out[name] = overall(made)[0] if made else NOT_RUN
        return out


def _found(effects: Callable[[Evidence], Finding], run: Evidence) -> Finding:
    """Return what was found of a claim; evidence that it cannot read takes its own claim down and no other."""
    try:
        return effects(run)
    except InputError as error:
        return Finding((), {"every setting": str(error)})


def _row(claim: Claim, run: Evidence, finding: Finding, decisions: Sequence[Decision]) -> Row:
    verdict, why = overall(decisions)
    settings = list(dict.fromkeys(row.setting for row in decisions))
    carry = [row.setting for row in decisions if row.verdict in (HELD if verdict in HELD else (verdict,))]
    stated = [effect for effect in finding.effects if effect.role == "stated"]
    substance = [effect for effect in stated if effect.substance] or stated
    controls = dict.fromkeys(effect.part for effect in finding.effects if effect.role == "control")
    return Row(
        claim,
        run.scale,
        "; ".join(dict.fromkeys(carry or settings)),
        "; ".join(_short(effect, len(settings) > 1) for effect in substance),
        verdict,
        why,
        ", ".join(controls) or "none",
        ". ".join(f"{setting}: {why}" for setting, why in finding.left_out.items()),
        kind_of(decisions),
    )


def _short(found: Effect, several: bool) -> str:
    where = "".join(f"{name}, " for name in (found.setting if several else "", found.way) if name)
    return f"{where}{found.part}: {describe(found).partition('; wanted')[0]}"
