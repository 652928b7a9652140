"""Change of a measure at the beginning of an event: a test on windows that do not overlap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import t as student

from ..layers.transfer import holm
from ..statistics import permutation_p
from .rhythm import RHYTHMS
from .synchrony import WindowValue
from .windows import AFTER, BEFORE, DURING, LEAST_BLOCKS, WANTED_BLOCKS

LEVEL = 0.05
RHO = np.linspace(0.0, 0.95, 20)  # autocorrelations of blocks that are thought possible
DEGREE = 2  # of the course of a measure within an event
ROUNDING = 1e-12  # of the largest value: a smaller scatter is none
RISES, FALLS, NO_CHANGE, TOO_SHORT = "rises", "falls", "no change shown", "too short to tell"
EXCESS, VALUE = "value − null mean", "value"
LEAST_SHARE = 0.5  # of the blocks of a phase: with fewer that have a null, the others are no sample of the phase
OF_VALUE = "of the value, not of its excess"


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
    rho: float  # correlation of neighbouring blocks, within an event about its course
    p: float  # two-sided permutation test
    p_holm: float  # over all that is tested in one recording
    says: str  # "rises", "falls", "no change shown", "too short to tell"
    note: str = ""  # blocks without a null: how many are left out, or why the value is compared in place of its excess

    @property
    def of_value(self) -> str:
        """Return "of the value, not of its excess" where it is so of a measure that could have a null; else ""."""
        return OF_VALUE if self.note.startswith(OF_VALUE) else ""


def changes(blocks: Sequence[WindowValue]) -> list[Change]:
    r"""Every measure during, and after, the events against before.

    Of a measure with a null the excess v − ⟨v⟩_null of every block over the mean of its own surrogates is compared, v
    being the value that these stand beside (of shifted units that of the middle of the block): a
    narrower spectrum alone raises λ₁ fraction and r of independent channels, and their surrogates with it. A block
    without a null, such as one that is not stationary, is left out of this test; the others count as neighbours across
    it. Where fewer than 3 blocks, or fewer than half of those of a phase, have a null, the values of all blocks are
    compared. `note` says either, with the reason. The rhythm has no null, and is compared as it is.

    * p: two-sided permutation test of the difference of means over blocks (`permutation_p`), Holm-corrected over all
      that is tested here. It takes blocks for exchangeable.
    * interval: 95 % of the difference of means, blocks being autocorrelated about the mean before the event and about
      a course of their own within it (`difference_of_means`).
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
        for phase in (DURING, AFTER):
            one = _change(name, phase, [row for row in own if row.phase in (BEFORE, phase)])
            if one is not None:
                found.append(one)
    corrected = holm([one.p for one in found])
    return [
        replace(one, p_holm=float(p), says=_verdict(one, float(p), len(found)))
        for one, p in zip(found, corrected, strict=True)
    ]


def _change(name: str, phase: str, rows: Sequence[WindowValue]) -> Change | None:
    tested = [row for row in rows if math.isfinite(row.tested - row.null_mean)]
    alone = [row for row in rows if not math.isfinite(row.tested - row.null_mean)]
    nulls = all(
        sum(row.phase == part for row in tested)
        >= max(LEAST_BLOCKS, LEAST_SHARE * sum(row.phase == part for row in rows))
        for part in (BEFORE, phase)
    )
    chosen = tested if nulls else rows
    quiet, event = ([row for row in chosen if row.phase == part] for part in (BEFORE, phase))
    if min(len(quiet), len(event)) < LEAST_BLOCKS:
        return None
    a, b = (np.array([row.tested - row.null_mean if nulls else row.value for row in part]) for part in (quiet, event))
    difference, low, high = difference_of_means(a, b)
    return Change(
        measure=name,
        phase=phase,
        of=EXCESS if nulls else VALUE,
        n_before=len(a),
        n=len(b),
        before=float(a.mean()),
        mean=float(b.mean()),
        difference=difference,
        low=low,
        high=high,
        rho=autocorrelation([a - a.mean(), _about_course(b)]),
        p=permutation_p(b, a),
        p_holm=math.nan,
        says="",
        note="" if name in RHYTHMS else _note(alone, len(rows), nulls),
    )


def _note(alone: Sequence[WindowValue], n: int, nulls: bool) -> str:
    if not alone:
        return ""
    why = next((row.no_null for row in alone if row.no_null), "no surrogates were drawn")
    why = why.partition("; leave it out")[0]  # the fix of a whole recording; a block is left out already
    if len(alone) == n and not any(row.no_null for row in alone):
        return f"{OF_VALUE}: {why}"
    count = f"{len(alone)} of {n} blocks {'has' if len(alone) == 1 else 'have'} no null"
    if not nulls:
        return f"{OF_VALUE}: {count}, e.g. {why}"
    first = f"from {alone[0].start:.4g} to {alone[0].stop:.4g}"
    return f"{count} and {'is' if len(alone) == 1 else 'are'} left out, {'e.g. ' * (len(alone) > 1)}{first}: {why}"


def difference_of_means(before: NDArray[np.float64], event: NDArray[np.float64]) -> tuple[float, float, float]:
    r"""Mean of the event minus mean before, with its 95 % interval, of blocks that are autocorrelated.

    .. math:: y_t = x_t \beta + u_t, \quad u_t = \rho u_{t-1} + e_t, \quad
              P\Big(\frac{|\delta|}{s(\rho)} > t\Big) = \int T_{\nu(\rho)}(t) \, p(\rho | y) \, d\rho

    Before the event x is a constant; within it, of six blocks and more, a parabola: an event that grows and fades has
    a course, which is neither chance nor correlation of neighbours. s² is the variance of the difference of means for a
    given ρ, with the variance of each phase about its x, and ν its degrees of freedom after Welch and Satterthwaite. ρ
    is not estimated, since a few blocks cannot tell it: all of 0 to 0.95 count, by their marginal likelihood and a
    prior of 1 − ρ.

    Of 3,000 draws each of 6 + 6, 6 + 24, 12 + 12 and 60 + 10 blocks without a change at most 2, 4, 6, 7 and 16 % leave
    0 out of the interval and have a permutation p below 0.05, for ρ = 0, 0.2, 0.5, 0.6 and 0.8 (of 6 + 6 blocks,
    widened by the ρ that is estimated instead: 4, 7, 15, 18 and 26 %). A step of 6 SD on a ramp of 6 SD is found
    in 99 %.

    >>> rng = np.random.default_rng(0)
    >>> ramp = np.linspace(1.0, 3.0, 12)
    >>> difference, low, high = difference_of_means(0.1 * rng.normal(size=8), ramp + 0.1 * rng.normal(size=12))
    >>> 1.7 < low < difference < high < 2.3
    True
    """
    difference = float(event.mean() - before.mean())
    scale = max(float(np.abs(before).max()), float(np.abs(event).max()))
    if max(float(np.ptp(before)), float(np.ptp(event))) <= ROUNDING * scale:
        return difference, difference, difference
    degree = DEGREE if len(event) >= WANTED_BLOCKS else 0
    weight, spread, freedom = [], [], []
    for rho in RHO:
        (a, va, na), (b, vb, nb) = (_mean_at(y, k, rho, ROUNDING * scale) for y, k in ((before, 0), (event, degree)))
        weight.append(a + b + math.log(1 - rho))
        spread.append(math.sqrt(va + vb))
        freedom.append((va + vb) ** 2 / (va**2 / na + vb**2 / nb))
    share = np.exp(np.array(weight) - max(weight))
    share /= share.sum()

    def beyond(half: float) -> float:
        return float(share @ student.sf(half / np.array(spread), freedom)) - 0.025

    widest = float((student.ppf(0.975, freedom) * np.array(spread)).max())
    half = float(brentq(beyond, 0.0, widest * (1 + 1e-9), xtol=1e-12 * widest))
    return difference, difference - half, difference + half


def _mean_at(y: NDArray[np.float64], degree: int, rho: float, least: float) -> tuple[float, float, int]:
    """Return the log marginal likelihood of ρ, the squared standard error of the mean, and the degrees of freedom."""
    n = len(y)
    x = _course(n, degree)
    first = math.sqrt(1 - rho**2)
    xw, yw = (np.concatenate([first * z[:1], z[1:] - rho * z[:-1]]) for z in (x, y[:, None]))  # Prais and Winsten
    q, r = np.linalg.qr(xw)
    squares = max(float(((yw - q @ (q.T @ yw)) ** 2).sum()), n * least**2)
    free = n - degree - 1
    lag = np.arange(1, n)
    of_mean = (n + 2 * float((n - lag) @ rho**lag)) / n**2
    likelihood = math.log(first) - float(np.log(np.abs(np.diagonal(r))).sum()) - free / 2 * math.log(squares)
    return likelihood, squares / free / (1 - rho**2) * of_mean, free


def _course(n: int, degree: int) -> NDArray[np.float64]:
    return np.asarray(np.polynomial.legendre.legvander(np.linspace(-1, 1, n), degree))


def _about_course(y: NDArray[np.float64]) -> NDArray[np.float64]:
    q, _ = np.linalg.qr(_course(len(y), DEGREE if len(y) >= WANTED_BLOCKS else 0))
    return np.asarray(y - q @ (q.T @ y))


def autocorrelation(residuals: Sequence[NDArray[np.float64]]) -> float:
    r"""Correlation of neighbours within each part; 0 where nothing varies.

    .. math:: \rho = \frac{\sum_t e_t e_{t+1} / n_{pairs}}{\sum_t e_t^2 / n}

    >>> round(autocorrelation([np.array([1.0, 1, -1, -1])]), 3)
    0.333
    """
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
