"""Change of a measure at the beginning of an event: a test on windows that do not overlap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..layers.transfer import holm
from ..statistics import difference_interval, permutation_p
from .synchrony import WindowValue
from .windows import AFTER, BEFORE, DURING, LEAST_BLOCKS

LEVEL = 0.05
MAX_RHO = 0.9  # of the autocorrelation: above it a few blocks say nothing
RISES, FALLS, NO_CHANGE, TOO_SHORT = "rises", "falls", "no change shown", "too short to tell"
EXCESS, VALUE = "value − null mean", "value"


@dataclass(frozen=True)
class Change:
    """One measure during (or after) an event against before it, over blocks that do not overlap."""

    measure: str
    phase: str  # "during" or "after": what stands against before
    of: str  # what is compared: the value, or its excess over the mean of its own surrogates
    n_before: int  # blocks
    n: int
    before: float  # mean over blocks
    mean: float
    difference: float  # mean − before
    low: float  # 95 % interval of the difference
    high: float
    rho: float  # correlation of neighbouring blocks within a phase
    p: float  # two-sided permutation test
    p_holm: float  # over all that is tested in one recording
    says: str  # "rises", "falls", "no change shown", "too short to tell"


def changes(blocks: Sequence[WindowValue]) -> list[Change]:
    r"""Every measure during, and after, the events against before.

    Of a measure with a null the excess v − ⟨v⟩_null of every block over the mean of its own surrogates is compared, v
    being the value that these stand beside (of shifted units that of the middle of the block): a
    narrower spectrum alone raises λ₁ fraction and r of independent channels, and their surrogates with it. Others are
    compared as they are.

    * p: two-sided permutation test of the difference of means over blocks (`permutation_p`), Holm-corrected over all
      that is tested here. It takes blocks for exchangeable.
    * interval: Welch's t at 95 %, wider by :math:`\sqrt{(1 + \rho)/(1 - \rho)}` where neighbouring blocks of a phase
      correlate by ρ > 0 (Bartlett 1946).
    * "rises" ("falls") where p_holm <= 0.05 and the whole interval lies above (below) 0; "too short to tell" where so
      few blocks could not reach 0.05 whatever they were; else "no change shown", and `high` is the rise that is left
      open: a larger one is excluded at 95 % (97.5 % one-sided).

    Args:
        blocks: windows that do not overlap, in order of time (`disjoint`), with their phases.

    Returns:
        One row a measure and phase, with at least 3 blocks on either side where it is defined.
    """
    found = []
    for name in dict.fromkeys(row.measure for row in blocks):
        own = [row for row in blocks if row.measure == name and math.isfinite(row.value)]
        nulls = bool(own) and all(math.isfinite(row.null_mean) for row in own)
        for phase in (DURING, AFTER):
            one = _change(name, phase, own, nulls)
            if one is not None:
                found.append(one)
    corrected = holm([one.p for one in found])
    return [
        replace(one, p_holm=float(p), says=_verdict(one, float(p), len(found)))
        for one, p in zip(found, corrected, strict=True)
    ]


def _change(name: str, phase: str, rows: Sequence[WindowValue], nulls: bool) -> Change | None:
    quiet = [row for row in rows if row.phase == BEFORE]
    event = [row for row in rows if row.phase == phase]
    if min(len(quiet), len(event)) < LEAST_BLOCKS:
        return None
    a, b = (np.array([row.tested - row.null_mean if nulls else row.value for row in part]) for part in (quiet, event))
    rho = autocorrelation([a, b])
    difference, low, high = difference_interval(b, a)
    wider = math.sqrt((1 + max(rho, 0.0)) / (1 - min(max(rho, 0.0), MAX_RHO)))
    return Change(
        measure=name,
        phase=phase,
        of=EXCESS if nulls else VALUE,
        n_before=len(a),
        n=len(b),
        before=float(a.mean()),
        mean=float(b.mean()),
        difference=difference,
        low=difference + wider * (low - difference),
        high=difference + wider * (high - difference),
        rho=rho,
        p=permutation_p(b, a),
        p_holm=math.nan,
        says="",
    )


def autocorrelation(parts: Sequence[NDArray[np.float64]]) -> float:
    r"""Correlation of neighbours within each part about its own mean; 0 where nothing varies.

    .. math:: \rho = \frac{\sum_t e_t e_{t+1} / n_{pairs}}{\sum_t e_t^2 / n}

    >>> round(autocorrelation([np.array([1.0, 1, -1, -1])]), 3)
    0.333
    """
    residuals = [part - part.mean() for part in parts]
    pairs = sum(len(e) - 1 for e in residuals)
    power = sum(float(e @ e) for e in residuals) / sum(len(e) for e in residuals)
    return sum(float(e[:-1] @ e[1:]) for e in residuals) / pairs / power if power > 0 and pairs else 0.0


def _verdict(change: Change, p: float, family: int) -> str:
    arrangements = math.comb(change.n + change.n_before, change.n)
    least = (2 if change.n == change.n_before else 1) / arrangements
    if least * family > LEVEL:
        return TOO_SHORT
    if p <= LEVEL and change.low > 0:
        return RISES
    if p <= LEVEL and change.high < 0:
        return FALLS
    return NO_CHANGE
