"""Recruitment: the first time at which the activity of a channel leaves its baseline."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...simulator import Recording
from .detectors import Baseline, Rule, known, raised, threshold
from .quality import channel_names


@dataclass(frozen=True)
class Recruited:
    """Time at which one channel left its baseline."""

    channel: str
    time: float  # end of the first window over the threshold [ticks of the clock]; NaN if it never is
    latency: float  # time − onset of the event [ticks]; NaN likewise, and without an event
    threshold: float  # mean + k·SD of the baseline [unit of the feature]
    peak: float  # largest value after the baseline, in SDs of the baseline over its mean; NaN where the SD is 0


def recruitment(series: Recording, *, window: float, baseline: Baseline, onset: float, rule: Rule) -> list[Recruited]:
    r"""Per channel the first window after the baseline in which its feature exceeds mean + k·SD, and stays there.

    .. math:: t_j = \min \{ t > t_0 : f_j(t') > \mu_j + k \sigma_j \; \forall \, t' \in [t, t + hold] \}

    Args:
        series: (window, channel), such as `line_length` gives it; its times are the ends of windows.
        window: length of its windows [ticks].
        baseline: (start, stop) of the mean μ and the SD σ [ticks]; t₀ is its stop.
        onset: of the event [ticks]; NaN without one, and then the latencies are NaN.
        rule: k and hold.

    Returns:
        One row a channel, the earliest first; those that are never recruited last, in the order of the recording.

    Raises:
        InputError: fewer than 3 windows lie within the baseline.

    >>> quiet = np.tile([1.0, 1.1], 5)[:, None] + np.zeros(3)
    >>> loud = np.array([[1, 9, 1], [9, 9, 1], [9, 9, 1], [9, 9, 9.0]])
    >>> f = Recording(np.concatenate([quiet, loud]), 1.0, "second", "line length", "µV/s", t0=1.0)
    >>> [(r.channel, r.time) for r in recruitment(f, window=1.0, baseline=(0, 10), onset=10.0, rule=Rule(3, 1.0))]
    [('1', 11.0), ('0', 12.0), ('2', nan)]
    """
    levels = threshold(series, window, baseline, rule.k)
    means = threshold(series, window, baseline, 0.0)
    times, values = series.times, known(series)
    later = times > baseline[1] + 1e-9
    rows = []
    for at, name in enumerate(channel_names(series)):
        stretches = raised(times[later], values[later, at], float(levels[at]), rule.hold)
        first = stretches[0][0] if stretches else math.nan
        sd = float(levels[at] - means[at]) / rule.k if math.isfinite(levels[at]) else math.nan
        after = values[later & np.isfinite(values[:, at]), at]
        peak = (float(after.max()) - float(means[at])) / sd if 0 < sd < math.inf and after.size else math.nan
        rows.append(Recruited(name, first, first - onset, float(levels[at]), peak))
    return sorted(rows, key=lambda row: (math.isnan(row.time), row.time if row.time == row.time else 0.0))
