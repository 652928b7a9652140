"""Sentences on the ledger, by rules: claims are counted, each once over all networks, data and scales; rows are not.

*Fails*: in at least one network or way of overfitting, and nowhere better than undecided. *Mixed*: it holds in some, or
only when its control is left out. *Holds*: wherever it is decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ..evidence.rules import FAILS, HOLDS, LEVEL, NOT_RUN, NOT_TESTABLE, ONLY, UNDECIDED, Decision, over_ways
from .ledger import Ledger

Standing = Literal["fails", "mixed", "undecided", "not testable", "holds", "not run"]
STANDINGS: Mapping[str, Standing] = {
    FAILS: "fails", ONLY: "mixed", UNDECIDED: "undecided", NOT_TESTABLE: "not testable", HOLDS: "holds",
    LEVEL: "holds", NOT_RUN: "not run",
}  # fmt: skip
SIGNS: Mapping[Standing, str] = {
    "fails": "✕", "mixed": "◐", "undecided": "○", "not testable": "?", "holds": "●", "not run": "–",
}  # fmt: skip
ORDER: tuple[Standing, ...] = ("fails", "mixed", "undecided", "not testable", "holds", "not run")
NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def standings(ledger: Ledger) -> dict[str, Standing]:
    """Return claim -> its standing, over everything that it was run on."""
    return {claim: STANDINGS[verdict] for claim, verdict in ledger.by_claim().items()}


def counts(ledger: Ledger) -> dict[Standing, int]:
    """Return standing -> number of claims, without zeros."""
    found = list(standings(ledger).values())
    return {standing: found.count(standing) for standing in ORDER if standing in found}


def count_words(ledger: Ledger) -> str:
    """Return the counts in words: ``"9 fail, 4 not run"``."""
    words = {"fails": "fail", "holds": "hold"}
    return ", ".join(
        f"{n} {standing if n == 1 else words.get(standing, standing)}" for standing, n in counts(ledger).items()
    )


def sentence(ledger: Ledger) -> str:
    """Return the finding in one sentence."""
    run = [standing for standing in standings(ledger).values() if standing != "not run"]
    hold = run.count("holds")
    if not run:
        return "No claim has been run yet."
    if len(run) == 1:
        return f"The one claim that was run {'holds' if hold else 'is not shown to hold'}."
    if not hold:
        return f"None of the {len(run)} claims that were run holds."
    if hold == len(run):
        return f"All {hold} claims that were run hold."
    return f"{hold} of the {len(run)} claims that were run {'hold' if hold > 1 else 'holds'}."


def headline(ledger: Ledger) -> str:
    """Return the finding and the counts: ``"None of the 9 claims that were run holds: 9 fail, 4 not run."``."""
    return f"{sentence(ledger).removesuffix('.')}: {count_words(ledger)}."


def lead(ledger: Ledger) -> list[str]:
    """Return sentences on the claims that fail, on those that fail in few places, and on those that are mixed."""
    found = standings(ledger)
    out = []
    failing = [claim for claim, standing in found.items() if standing == "fails"]
    if failing:
        start = f"{_number(len(failing))} {'fails' if len(failing) == 1 else 'fail, each'} in at least one network"
        out.append(f"{start} and way of overfitting, and nowhere better than undecided.")
        few = {claim: (k, n) for claim in failing for k, n in [_places(ledger, claim)] if 2 * k < n}
        if few:
            named = ", ".join(f"{claim} in {k} of {n}" for claim, (k, n) in few.items())
            out.append(f"{_number(len(few))} of them in few settings: {named}; the others are undecided.")
    for claim, standing in found.items():
        if standing == "mixed":
            out.append(_mixed(ledger, claim))
    return out


def decisions_of(ledger: Ledger, claim: str) -> list[Decision]:
    """Return the decisions on a claim at every scale."""
    return [row for rows in ledger.decisions.values() for row in rows if row.claim == claim]


def by_setting(ledger: Ledger, claim: str) -> dict[str, tuple[str, str]]:
    """Return network and data -> the verdict over the ways of overfitting, and why."""
    places: dict[str, list[Decision]] = {}
    for row in decisions_of(ledger, claim):
        places.setdefault(row.setting, []).append(row)
    return {setting: over_ways(rows) for setting, rows in places.items()}


def _places(ledger: Ledger, claim: str) -> tuple[int, int]:
    rows = decisions_of(ledger, claim)
    return sum(row.verdict == FAILS for row in rows), len(rows)


def _mixed(ledger: Ledger, claim: str) -> str:
    """Return where a claim holds, where it fails, and where it holds under a condition alone."""
    groups: dict[Standing, list[str]] = {}
    for setting, (verdict, _) in by_setting(ledger, claim).items():
        groups.setdefault(STANDINGS[verdict], []).append(setting)
    words: Mapping[Standing, str] = {
        "holds": "holds on",
        "mixed": "holds only in part or on a condition on",
        "fails": "fails on",
    }
    parts = [f"{words[standing]} {', '.join(groups[standing])}" for standing in words if standing in groups]
    return f"Mixed: {claim} {'; '.join(parts)}."


def _number(n: int) -> str:
    return NUMBERS[n].capitalize() if 0 < n < len(NUMBERS) else str(n)
