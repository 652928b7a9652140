"""A detector over many recordings: hits and false alarms added up, with exact intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import beta, gamma

from .detectors import Score

TAIL = 0.025


@dataclass(frozen=True)
class Pooled:
    """A detector against all events of several recordings."""

    detector: str
    recordings: int
    events: int
    hits: int
    sensitivity: float  # hits / events; NaN without an event
    sensitivity_low: float  # 95 %, Clopper & Pearson (1934)
    sensitivity_high: float
    false_alarms: int
    hours: float  # in which a false alarm can occur
    false_per_hour: float  # NaN without such time
    false_low: float  # 95 %, exact Poisson (Garwood 1936)
    false_high: float
    latency: float  # mean over hits [ticks of the clock]; NaN without a hit


def pooled(scores: Sequence[Score]) -> list[Pooled]:
    """The scores of every detector, added up.

    >>> two = [Score("r", 1, 1, 1, 0, 1.0, 0.0, 2.0), Score("r", 1, 0, 2, 2, 1.0, 2.0, float("nan"))]
    >>> p = pooled(two)[0]
    >>> p.sensitivity, p.false_per_hour, p.latency
    (0.5, 1.0, 2.0)
    """
    found = []
    for name in dict.fromkeys(score.detector for score in scores):
        own = [score for score in scores if score.detector == name]
        events, hits = sum(s.events for s in own), sum(s.hits for s in own)
        false, hours = sum(s.false_alarms for s in own), sum(s.hours for s in own)
        late = sum(s.latency * s.hits for s in own if s.hits)
        low, high = binomial_interval(hits, events)
        few, many = poisson_interval(false)
        share = hits / events if events else math.nan
        rate, least, most = (_per(count, hours) for count in (false, few, many))
        latency = late / hits if hits else math.nan
        found.append(Pooled(name, len(own), events, hits, share, low, high, false, hours, rate, least, most, latency))
    return found


def _per(count: float, hours: float) -> float:
    return count / hours if hours > 0 else math.nan


def binomial_interval(hits: int, n: int) -> tuple[float, float]:
    """Exact 95 % interval of a share (Clopper & Pearson, Biometrika 26, 404, 1934); NaN of nothing.

    >>> tuple(round(x, 3) for x in binomial_interval(10, 10))
    (0.692, 1.0)
    """
    if n == 0:
        return math.nan, math.nan
    low = float(beta.ppf(TAIL, hits, n - hits + 1)) if hits else 0.0
    high = float(beta.ppf(1 - TAIL, hits + 1, n - hits)) if hits < n else 1.0
    return low, high


def poisson_interval(count: int) -> tuple[float, float]:
    """Exact 95 % interval of the mean of a Poisson count (Garwood, Biometrika 28, 437, 1936).

    >>> tuple(round(x, 2) for x in poisson_interval(0))
    (0.0, 3.69)
    """
    low = float(gamma.ppf(TAIL, count)) if count else 0.0
    return low, float(gamma.ppf(1 - TAIL, count + 1))
