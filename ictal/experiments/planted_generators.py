"""Planted generators: modes and synchrony whose relation is built in, for the error rates of the claim `collapse`.

Nothing is trained. SI of a generator is its level below and an error of SD 0.02; collapsed generators reach 1.5 of 8
modes, healthy ones 7.5. Cases, and the truth of the claim in each, as of `planted`:

=============  =========================================================================================
present        Collapsed generators have an SI .3 above healthy ones; those of two modes .03.
lower level    The same by six tenths.
small          The same by a tenth.
by way         One way of collapse raises SI, the other lowers it.
absent         SI of every condition wanders by .05 independently.
reversed       Collapsed generators have an SI .3 below.
confounded     As present, and generators of two modes by right are as synchronous as collapsed ones.
=============  =========================================================================================
"""

from __future__ import annotations

import numpy as np

from ..analyses.claims.collapse import COLLAPSE, FEW, HEALTHY, NAME, UNTRAINED
from ..analyses.evidence.outcomes import GeneratorValue
from ..analyses.evidence.store import Evidence
from ..simulator import InputError, unknown
from .planted import PLANTED_CASES

GENERATOR_CLAIMS = (NAME,)
MODES = 8
LEVEL, RAISED, OF_TWO, NULL = 0.4, 0.3, 0.03, 0.03  # SI of healthy generators; added by collapse, by two modes; null
REACHED = {HEALTHY: 7.5, FEW: 1.9, COLLAPSE: 1.5, UNTRAINED: 3.0}  # effective modes
ERROR, WANDER = 0.02, 0.05  # SD of SI: of every generator; of those of `absent`
SIZES = {"lower level": 0.6, "small": 0.1, "reversed": -1.0, "absent": 0.0}  # of what collapse adds


def planted_generators(case: str, *, seed: int = 0, seeds: int = 5, size: float = 1.0, spread: float = 0.1) -> Evidence:
    """Return evidence of pretended generators of one case: healthy, of two modes, and of two ways of collapse.

    Args:
        case: of `PLANTED_CASES`.
        seed: of everything random.
        seeds: replicates of every condition.
        size: of what collapse adds to SI, 1 for .3.
        spread: SD over seeds of that size, as a share of it.

    Raises:
        InputError: an unknown case, or fewer than one seed.
    """
    if case not in PLANTED_CASES:
        raise unknown("planted case", case, PLANTED_CASES)
    if seeds < 1:
        raise InputError(f"planted_generators.seeds: must be at least 1; got {seeds}")
    rows = []
    for k in range(seeds):
        rng = np.random.default_rng([seed, k, 7])
        added = RAISED * size * SIZES.get(case, 1.0) * (1 + spread * rng.normal(size=2))
        if case == "by way":
            added[1] *= -1
        two = float(added.mean()) if case == "confounded" else OF_TWO
        levels = {
            ("healthy", HEALTHY): 0.0,
            ("one way", COLLAPSE): float(added[0]),
            ("another way", COLLAPSE): float(added[1]),
            ("healthy, two modes", FEW): two,
            ("untrained", UNTRAINED): float(min(0.0, *added)) - 0.1,
        }
        for (condition, kind), more in levels.items():
            wander = WANDER * rng.normal() if case == "absent" else 0.0
            si = float(np.clip(LEVEL + more + wander + ERROR * rng.normal(), 0.0, 1.0))
            effective = REACHED[kind] + 0.1 * float(rng.uniform(-1, 1))
            rows.append(
                GeneratorValue("planted generator", "8 modes", condition, kind, k, 0 if kind == UNTRAINED else 1000,
                               MODES, round(effective), effective, 0.8, si, NULL, 1.0)
            )  # fmt: skip
    return Evidence(f"planted {case}", config={"claims": list(GENERATOR_CLAIMS)}, generators=rows)
