"""Detectors that compare a feature with its own baseline, and their score event by event."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...simulator import InputError, Recording
from ...simulator.types import Band, Progress
from .dropouts import Dropouts
from .features import line_length, synchrony_series
from .windows import SLACK, Event

MIN_BASELINE = 3  # windows; fewer give no SD to speak of
LINE_LENGTH = "line_length"
SYNCHRONY_DETECTORS = ("kuramoto_r1", "chi_c")
Baseline = tuple[float, float]


@dataclass(frozen=True)
class Rule:
    """Threshold of a feature and the time that it must be exceeded.

    Attributes:
        k: standard deviations over the mean of the baseline [1].
        hold: how long it must stay there before the alarm [ticks of the clock].
    """

    k: float = 3.0
    hold: float = 2.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.k) and self.k > 0):
            raise InputError(f"k: must be > 0 standard deviations; got {self.k}")
        if not (math.isfinite(self.hold) and self.hold >= 0):
            raise InputError(f"hold: must be >= 0; got {self.hold}")


@dataclass(frozen=True)
class Detection:
    """A stretch for which a detector gives alarm."""

    detector: str
    start: float  # when the alarm could be raised: crossing + hold [ticks of the clock]
    stop: float  # end of the last window over the threshold


@dataclass(frozen=True, slots=True)
class FeatureValue:
    """The feature of a detector at one time, and its threshold."""

    detector: str
    time: float  # end of the window [ticks]
    value: float
    threshold: float


@dataclass(frozen=True)
class Score:
    """A detector against the events that were marked."""

    detector: str
    events: int
    hits: int  # events that a detection overlaps
    detections: int  # that do not begin within the baseline
    false_alarms: int  # detections that overlap no event
    hours: float  # outside baseline, events and the lag after these, in which a false alarm can occur
    false_per_hour: float  # NaN where there is no such time
    latency: float  # mean over hits of the first alarm − onset [ticks]; NaN without a hit


def threshold(series: Recording, window: float, baseline: Baseline, k: float) -> NDArray[np.float64]:
    """Mean + k·SD (divided by n − 1) of each column over the windows that lie whole within the baseline, (unit,).

    Args:
        series: (window, unit), times are the ends of windows.
        window: length of the windows [ticks].
        baseline: (start, stop) [ticks].
        k: standard deviations.

    Raises:
        InputError: fewer than 3 windows lie within the baseline.
    """
    times = series.times
    inside = (times - window >= baseline[0] - SLACK) & (times <= baseline[1] + SLACK)
    if series.valid is not None:
        inside &= np.asarray(series.valid).any(axis=1)
    if inside.sum() < MIN_BASELINE:
        raise InputError(
            f"baseline: {baseline[0]:g} to {baseline[1]:g} holds {int(inside.sum())} windows of {window:g} "
            f"[{series.clock}]; want at least {MIN_BASELINE}: shorter windows or steps, or a longer baseline"
        )
    values = series.numpy()[inside]
    if series.valid is None:
        level: NDArray[np.float64] = values.mean(axis=0) + k * values.std(axis=0, ddof=1)
        return level
    return np.array([
        own.mean() + k * own.std(ddof=1) if len(own) >= MIN_BASELINE else math.inf
        for own in (column[good] for column, good in zip(values.T, np.asarray(series.valid)[inside].T, strict=True))
    ])  # fmt: skip


def raised(
    times: NDArray[np.float64], values: NDArray[np.float64], level: float, hold: float
) -> list[tuple[float, float]]:
    """(first, last) time of every stretch in which the values lie over the level for at least `hold`.

    >>> raised(np.arange(8.0), np.array([0, 2, 0, 2, 2, 2, 0, 2.0]), 1.0, hold=2.0)
    [(3.0, 5.0)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (values > level).astype(np.int8), [0]])))
    stretches = zip(times[edges[::2]], times[edges[1::2] - 1], strict=True)
    return [(float(a), float(b)) for a, b in stretches if b - a >= hold - SLACK]


def detect(name: str, series: Recording, window: float, baseline: Baseline, rule: Rule) -> list[Detection]:
    """Return the alarms of one feature, (window, 1) or the mean over its channels.

    An alarm is raised when the feature has been over mean + k·SD of the baseline for `rule.hold`, and not before: what
    is known only afterwards does not count. Errors as `threshold`.
    """
    mean = averaged(series)
    level = float(threshold(mean, window, baseline, rule.k)[0])
    found = raised(mean.times, known(mean)[:, 0], level, rule.hold)
    return [Detection(name, first + rule.hold, max(last, first + rule.hold)) for first, last in found]


def averaged(series: Recording) -> Recording:
    """Average over the channels that are valid, (window, 1)."""
    x = series.numpy()
    if series.valid is None:
        return replace(series, values=x.mean(axis=-1, keepdims=True), unit_labels={})
    good = np.asarray(series.valid)
    n = good.sum(axis=-1, keepdims=True)
    mean = np.where(good, x, 0.0).sum(axis=-1, keepdims=True) / np.maximum(n, 1)
    return replace(series, values=mean, valid=n > 0, unit_labels={})


def known(series: Recording) -> NDArray[np.float64]:
    """Return the values, and NaN where they are not valid: above no level."""
    x = np.asarray(series.numpy(), dtype=np.float64)
    return x if series.valid is None else np.where(np.asarray(series.valid), x, np.nan)


def score(
    name: str,
    detections: Sequence[Detection],
    events: Sequence[Event],
    span: Baseline,
    baseline: Baseline,
    lag: float = 0.0,
) -> Score:
    """Score the detections of one detector against the marked events.

    A detection that begins within the baseline does not count: the threshold was fitted there. An event is hit if a
    detection overlaps it. A false alarm overlaps no event and does not begin within `lag` after one. The latency of a
    hit is the start of the earliest overlapping detection minus the onset; the score holds the mean over hits, or NaN.
    Hours are the part of the span outside the baseline, the events and the lag after each.

    Args:
        name: of the detector.
        detections: of this detector [s].
        events: what was marked [s].
        span: (start, stop) of the recording [s].
        baseline: (start, stop) [s].
        lag: length of the windows [s]; for so long after an event a window holds a part of it.

    >>> seizure, found = [Event(60.0, 30.0, "seizure")], [Detection("r", 65.0, 80.0), Detection("r", 100.0, 101.0)]
    >>> s = score("r", found, seizure, span=(0, 3690), baseline=(0, 60))
    >>> s.hits, s.false_alarms, s.hours, s.false_per_hour, s.latency
    (1, 1, 1.0, 1.0, 5.0)
    """
    counted = [d for d in detections if not baseline[0] <= d.start < baseline[1]]
    latencies, false = [], 0
    for event in events:
        overlapping = [d.start for d in counted if d.start < event.stop and d.stop > event.onset]
        if overlapping:
            latencies.append(min(overlapping) - event.onset)
    for d in counted:
        false += not any(d.start < event.stop + lag and d.stop > event.onset for event in events)
    hours = _outside(span, [(e.onset, e.stop + lag) for e in events] + [baseline]) / 3600.0
    return Score(
        name,
        len(events),
        len(latencies),
        len(counted),
        false,
        hours,
        false / hours if hours > 0 else math.nan,
        float(np.mean(latencies)) if latencies else math.nan,
    )


@dataclass(frozen=True)
class Detected:
    """Results of all detectors on one recording."""

    features: list[FeatureValue]
    detections: list[Detection]
    scores: list[Score]
    left_out: list[str]  # which detector could not work, and why


def run_detectors(
    signal: Recording,
    events: Sequence[Event],
    *,
    baseline: Baseline,
    rule: Rule,
    band: Band,
    window: float,
    short: float,
    step: float,
    dropouts: Dropouts | None = None,
    progress: Progress | None = None,
) -> Detected:
    """Kuramoto r, χ_c and line length as detectors, each against its own baseline, scored event by event.

    Of line length the logarithm is averaged over channels, as of band power: a few loud channels would else decide.

    Args:
        signal: (time, channel), within the band already.
        events: what was marked; may be none.
        baseline: (start, stop) [ticks].
        rule: when a feature counts as raised.
        band: of the phases.
        window: of synchrony [ticks].
        short: window of line length [ticks].
        step: of both [ticks].
        progress: called as progress(done, total, what).
        dropouts: of the channels: a feature has no value, and gives no alarm, where they leave none.
    """
    series: dict[str, tuple[Recording, float]] = {}
    left_out = []
    for name in SYNCHRONY_DETECTORS:
        try:
            series[name] = (synchrony_series(signal, name, window, step, band, dropouts, progress), window)
        except InputError as error:
            left_out.append(f"detector {name} is left out: {error}")
    lengths = line_length(signal, short, step, dropouts)
    log = np.log10(np.maximum(lengths.numpy(), np.finfo(float).tiny))
    series[LINE_LENGTH] = (replace(lengths, values=log, unit=f"log10({lengths.unit})"), short)
    found = Detected([], [], [], left_out)
    span = (signal.t0, signal.t0 + signal.duration)
    for name, (values, length) in series.items():
        mean = averaged(values)
        try:
            level = float(threshold(mean, length, baseline, rule.k)[0])
        except InputError as error:
            left_out.append(f"detector {name} is left out: {error}")
            continue
        own = detect(name, values, length, baseline, rule)
        found.features.extend(
            FeatureValue(name, float(t), float(v), level) for t, v in zip(mean.times, known(mean)[:, 0], strict=True)
        )
        found.detections.extend(own)
        found.scores.append(score(name, own, events, span, baseline, length))
    return found


def _outside(span: Baseline, taken: Sequence[Baseline]) -> float:
    """Return the part of the span that no interval covers.

    >>> _outside((0, 10), [(2, 4), (3, 5), (9, 12)])
    6.0
    """
    free, at = 0.0, span[0]
    for start, stop in sorted(taken):
        free += max(0.0, min(start, span[1]) - at)
        at = max(at, min(stop, span[1]))
    return free + max(0.0, span[1] - at)
