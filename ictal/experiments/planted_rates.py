"""Error rates of the verdicts on planted evidence, a family of claims at a time.

The claims of a family are decided together, as one family of Holm's correction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..analyses.claims import CLAIMS
from ..analyses.evidence.rules import FAILS, HELD, HOLDS, LEVEL, ONLY, UNDECIDED, decide, overall, shown
from ..analyses.evidence.store import Evidence
from ..simulator import InputError, unknown
from ..simulator.files.document import Group, Variable
from ..simulator.files.result import Result
from ..simulator.progress import shows_progress
from ..simulator.types import Shown
from .planted import PLANTED_CASES, PLANTED_CLAIMS, planted, truth
from .planted_generators import GENERATOR_CLAIMS, planted_generators
from .planted_robust import ROBUST_CASES, ROBUST_CLAIMS, planted_robust, robust_truth
from .planted_treated import TREATED_CASES, TREATED_CLAIMS, planted_treated, treated_truth


@dataclass(frozen=True)
class Family:
    """Claims that are decided on the same planted evidence.

    Attributes:
        claims, cases: names.
        make: ``make(case, seed=, seeds=, size=, spread=) -> Evidence``.
        truth: (case, claim) -> holds, level, only, small, absent, opposite or confounded.
    """

    claims: tuple[str, ...]
    cases: tuple[str, ...]
    make: Callable[..., Evidence]
    truth: Callable[[str, str], str]


PLANTED_FAMILIES = (
    Family(PLANTED_CLAIMS, PLANTED_CASES, planted, truth),
    Family(ROBUST_CLAIMS, ROBUST_CASES, planted_robust, robust_truth),
    Family(GENERATOR_CLAIMS, PLANTED_CASES, planted_generators, truth),
    Family(TREATED_CLAIMS, TREATED_CASES, planted_treated, treated_truth),
)


def family_of(claim: str) -> Family:
    """Return the family of a claim.

    Raises:
        InputError: there is no planted evidence for it.
    """
    for family in PLANTED_FAMILIES:
        if claim in family.claims:
            return family
    raise unknown("claim with planted evidence", claim, [name for family in PLANTED_FAMILIES for name in family.claims])


def verdicts(evidence: Evidence, *, kinds: bool = False) -> dict[str, str]:
    """Return claim -> verdict, by the effects and rules of real evidence; with the kind of failing if `kinds`."""
    found = {name: CLAIMS.load(name).effects(evidence) for name in evidence.config["claims"]}
    rows = decide(found)
    by_claim = {name: [row for row in rows if row.claim == name] for name in found}
    return {name: shown(mine) if kinds else overall(mine)[0] for name, mine in by_claim.items()}


@dataclass(frozen=True)
class PlantedRate:
    """Number of times that a case ended in a verdict.

    Attributes:
        case, claim: of one of the `PLANTED_FAMILIES`.
        verdict: with the kind of failing in brackets.
        count, n: of so many replicates.
        size, spread, seeds: of `planted`.
    """

    case: str
    claim: str
    verdict: str
    count: int
    n: int
    size: float = 1.0
    spread: float = 0.1
    seeds: int = 5

    @property
    def truth(self) -> str:
        """Truth of the claim in this case."""
        return family_of(self.claim).truth(self.case, self.claim)

    @property
    def right(self) -> bool:
        """Truth of the verdict, by the rules of `planted`."""
        verdict = self.verdict.partition(" (")[0]
        return verdict in {
            "holds": (HOLDS,) if self.size >= 1 else (HOLDS, LEVEL),
            "level": (LEVEL,),
            "only": (ONLY,),
            "opposite": (FAILS,),
            "confounded": (ONLY, UNDECIDED),
        }.get(self.truth, (FAILS, UNDECIDED))

    @property
    def false_holds(self) -> bool:
        """Return whether the verdict says that something holds which does not, by the rules of `planted`."""
        if self.truth in ("holds", "level"):
            return False
        return self.verdict in ((HOLDS, LEVEL) if self.truth in ("confounded", "only") else HELD)


@dataclass(frozen=True, repr=False)
class PlantedRates(Result):
    """Error rates of verdicts on planted trainings.

    Attributes:
        rows: one a case, claim, verdict, size, spread and number of seeds.
        config: ``replicates`` of every case, ``seed`` of the first.
    """

    kind = "planted"
    key = "claim"
    stored = (("rows", "tables/rates", PlantedRate),)

    rows: Sequence[PlantedRate]
    config: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_groups(cls, groups: Mapping[str, Group], config: dict[str, Any], **fields: Any) -> PlantedRates:
        """Return the inverse of `to_groups`; first files lack size, spread and seeds."""
        table = groups["tables/rates"]
        n = table.variables["n"].values.size
        first = {"size": np.ones(n), "spread": np.zeros(n), "seeds": np.full(n, 5)}
        columns = {name: Variable(("row",), values) for name, values in first.items()}
        full = Group({**columns, **table.variables}, table.attrs)
        return super().from_groups({**groups, "tables/rates": full}, config, **fields)


@shows_progress
def error_rates(
    replicates: int = 200,
    *,
    cases: Sequence[str] = (),
    claim: str = PLANTED_CLAIMS[0],
    seed: int = 0,
    seeds: int = 5,
    size: float = 1.0,
    spread: float = 0.1,
    progress: Shown = None,
) -> PlantedRates:
    """Run every case of a family of claims again and again, and count how often each claim ends in each verdict.

    Args:
        replicates: of every case.
        cases: of the family; all if empty.
        claim: one of the family, of one of the `PLANTED_FAMILIES`.
        seed: of the first replicate.
        seeds, size, spread: as of `planted`.
        progress: called as progress(done, total, text); True shows it.

    Raises:
        InputError: fewer than one replicate, an unknown claim.
    """
    family = family_of(claim)
    cases = cases or family.cases
    if replicates < 1:
        raise InputError(f"planted.replicates: must be at least 1; got {replicates}")
    counts: Counter[tuple[str, str, str]] = Counter()
    for at, case in enumerate(cases):
        for k in range(replicates):
            if progress:
                progress(at * replicates + k, len(cases) * replicates, f"{case}, replicate {k}")
            made = family.make(case, seed=seed + k, seeds=seeds, size=size, spread=spread)
            for name, verdict in verdicts(made, kinds=True).items():
                counts[case, name, verdict] += 1
    rows = [PlantedRate(*key, count, replicates, size, spread, seeds) for key, count in sorted(counts.items())]
    return PlantedRates(rows, {"replicates": replicates, "seed": seed})
