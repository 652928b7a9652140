"""Rules for "separates" and for the agreement of two sides: numbers in, words out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..statistics import cliffs_delta, difference_interval, permutation_p

ALPHA = 0.05  # of a replicate against its surrogates, and of the least p that the replicates allow

SEPARATES = "separates"
WITHIN_NULL = "apart, but within its null"
TOO_SLOW = "apart, too slow to tell"
NO_NULL = "apart, no null"
OVERLAPS = "overlaps"
TOO_FEW = "too few replicates"
UNDEFINED = "undefined"

Agreement = Literal[
    "same direction", "opposite", "first only", "second only", "neither", "not comparable", "not tested"
]


@dataclass(frozen=True)
class Contrast:
    """One measure, group `a` against group `b` of one panel.

    `direction` is +1 where every replicate of a lies above every one of b, −1 where below, else 0.
    `statement` is one of the module's words; only ``"separates"`` is a claim.
    """

    panel: str
    measure: str
    a: str
    b: str
    n_a: int
    n_b: int
    mean_a: float
    mean_b: float
    difference: float
    ci_low: float  # Welch's 95 % interval of the difference
    ci_high: float
    p: float  # exact permutation, two-sided
    delta: float  # Cliff's
    direction: int
    statement: str


@dataclass(frozen=True)
class Verdict:
    """Statements of two sides by one measure, and their agreement."""

    measure: str
    first: str
    first_direction: int
    first_statement: str
    second: str
    second_direction: int
    second_statement: str
    agreement: str


def contrast(
    panel: str,
    measure: str,
    a: str,
    b: str,
    values_a: Sequence[float],
    values_b: Sequence[float],
    p_a: Sequence[float],
    p_b: Sequence[float],
    tail: int = 1,
    slow_a: Sequence[bool] = (),
    slow_b: Sequence[bool] = (),
) -> Contrast:
    """Compare two groups of replicates of one measure.

    ``"separates"`` needs every replicate of one group beyond every replicate of the other; so many
    replicates that this has an exact p ≤ 0.05 (four a side; two against two are apart by chance once
    in three); and a surrogate p ≤ 0.05 for *each* replicate of the group that is more
    synchronous (the higher one; the lower one where tail = −1, as for the participation ratio).

    Args:
        panel, measure, a, b: names.
        values_a, values_b: one value a replicate.
        p_a, p_b: surrogate p of every replicate, NaN where the measure has no null.
        tail: +1 where synchrony raises the measure, −1 where it lowers it.
        slow_a, slow_b: whether the signals of a replicate are too slow for a large p to say anything.
    """
    x, y = np.asarray(values_a, dtype=float), np.asarray(values_b, dtype=float)
    difference, low, high = difference_interval(x, y)
    direction = int(x.min() > y.max()) - int(x.max() < y.min())
    more_synchronous = np.asarray(p_a if direction * tail > 0 else p_b, dtype=float)
    slow = np.asarray(slow_a if direction * tail > 0 else slow_b, dtype=bool)
    if (1 + (x.size == y.size)) / math.comb(x.size + y.size, x.size) > ALPHA:
        statement = TOO_FEW
        direction = direction if min(x.size, y.size) > 1 else 0
    elif direction == 0:
        statement = OVERLAPS
    elif np.isnan(more_synchronous).any():
        statement = NO_NULL
    elif (more_synchronous <= ALPHA).all():
        statement = SEPARATES
    else:
        statement = TOO_SLOW if slow.any() else WITHIN_NULL
    return Contrast(
        panel=panel, measure=measure, a=a, b=b, n_a=x.size, n_b=y.size, mean_a=float(x.mean()),
        mean_b=float(y.mean()), difference=difference, ci_low=low, ci_high=high, p=permutation_p(x, y),
        delta=cliffs_delta(x, y), direction=direction, statement=statement,
    )  # fmt: skip


def combine(contrasts: Sequence[Contrast]) -> tuple[int, str]:
    """Direction and statement of a side that rests on several contrasts: it separates only if all do, one way."""
    if not contrasts:
        return 0, UNDEFINED
    statements = {c.statement for c in contrasts}
    directions = {c.direction for c in contrasts}
    if len(statements) == 1 and len(directions) == 1:
        return directions.pop(), statements.pop()
    if statements == {SEPARATES}:
        return 0, "separates, in unlike directions"
    return 0, "; ".join(f"{c.a}: {c.statement}{_arrow(c.direction)}" for c in contrasts)


def _arrow(direction: int) -> str:
    return {1: " ↑", -1: " ↓", 0: ""}[direction]


def agreement(first: tuple[int, str], second: tuple[int, str]) -> Agreement:
    """Return the agreement of two sides; only what separates counts."""
    if UNDEFINED in (first[1], second[1]):
        return "not comparable"
    if any(TOO_FEW in statement for _, statement in (first, second)):
        return "not tested"
    one, two = first[1] == SEPARATES, second[1] == SEPARATES
    if one and two:
        return "same direction" if first[0] == second[0] else "opposite"
    if one:
        return "first only"
    return "second only" if two else "neither"
