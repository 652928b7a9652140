"""Dropouts: stretches in which channels are constant or clipped, and what a filter rings beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from ...simulator import Recording
from ...simulator.files.survey import LIMIT_RUN, Runs, Span, dropout_run, surveyed
from ...simulator.recordings.pieces import pieces
from ...simulator.types import Band
from ..filtering import RINGING
from ..measures.checks import edge

CLIPPED = 0.01  # share of samples in a row at a channel's own extreme
MOSTLY = 0.5  # share of time without any change
PART = 0.25  # of a sum of channels: less is drowned by the others


@dataclass(frozen=True, eq=False)
class Dropouts:
    """Dropouts of every channel.

    Attributes:
        spans: in which a channel is constant, in order [samples].
        clipped: in which it stands at its own extreme.
        beside: for how long a filter rings on either side of a span [samples].
        n_times: samples of the recording.
    """

    spans: Sequence[Sequence[Span]]
    clipped: Sequence[Sequence[Span]]
    beside: int
    n_times: int

    @classmethod
    def none(cls, recording: Recording) -> Dropouts:
        """Return the dropouts of units that are no electrodes."""
        return cls([[]] * recording.n_units, [[]] * recording.n_units, 0, recording.n_times)

    def clean(self, first: int, last: int) -> NDArray[np.bool_]:
        """Return at which samples first to last − 1 no channel drops out, but for those that mostly do, (time,)."""
        good = np.ones(last - first, dtype=bool)
        for spans in self.spans:
            if sum(stop - start for start, stop in spans) <= MOSTLY * self.n_times:
                for start, stop in spans:
                    good[max(0, start - self.beside - first) : max(0, stop + self.beside - first)] = False
        return good

    def through(self, weights: NDArray[np.float64]) -> Dropouts:
        """Return the dropouts of sums of channels: those of every channel of some weight in a sum.

        Args:
            weights: (channel, sum). A channel within an average of many does not count.
        """
        parts = [np.flatnonzero(np.abs(column) > PART) for column in weights.T]
        spans = [_merged(list(chain(*(self.spans[at] for at in part)))) for part in parts]
        clipped = [_merged(list(chain(*(self.clipped[at] for at in part)))) for part in parts]
        return Dropouts(spans, clipped, self.beside, self.n_times)

    def out(self, places: Sequence[Span]) -> NDArray[np.bool_]:
        """Return which channels drop out of which windows, (window, channel).

        A channel drops out where the window holds any part of a span or of the ringing beside it, or where over 1 % of
        the window is clipped.
        """
        found = np.zeros((len(places), len(self.spans)), dtype=bool)
        if not places:
            return found
        first, last = np.array(places).T
        for unit, (spans, clipped) in enumerate(zip(self.spans, self.clipped, strict=True)):
            if spans:
                start, stop = np.array(spans).T
                at = np.searchsorted(stop + self.beside, first, side="right")
                began = np.append(start - self.beside, np.iinfo(np.int64).max)
                found[:, unit] |= began[at] < last
            if clipped:
                found[:, unit] |= _covered(clipped, last) - _covered(clipped, first) > CLIPPED * (last - first)
        return found

    def notes(self, recording: Recording, fate: str = "they are left out of the windows there") -> list[str]:
        """Return a sentence on the dropouts of a recording; none without any."""
        who = [at for at, spans in enumerate(self.spans) if spans]
        if not who:
            return []
        longest = max((stop - start, start) for at in who for start, stop in self.spans[at])
        many = f"{len(who)} of {len(self.spans)} channels drop out (constant), longest for"
        where = f"{longest[0] * recording.dt:.3g} s at {recording.t0 + longest[1] * recording.dt:.6g} s"
        ringing = f", and the filter rings for {self.beside * recording.dt:.3g} s beside" if self.beside else ""
        return [f"{many} {where}{ringing}: {fate}"]


def dropouts(recording: Recording, band: Band | None = None, *, clipped: bool = True) -> Dropouts:
    """Find the dropouts of a recording as it was recorded.

    A channel drops out where it is constant for 0.25 s and longer. All do where they are constant at once for as many
    samples as never are by chance (30 steps of all channels together): a shared step, which correlates them.

    Args:
        recording: (time, channel) of the channels that are used, not filtered; no clock but seconds has dropouts.
        band: that is analysed; its filter rings for 6 periods of the low edge.
        clipped: whether to find clipped stretches too, which takes another pass.
    """
    if recording.clock != "second":
        return Dropouts.none(recording)
    seen, n = surveyed(recording.values, recording.dt), recording.n_units
    least = dropout_run(recording.dt)
    at_once = [(start - 1, stop) for start, stop in seen.together]
    spans = [_merged([*(s for s in own if s[1] - s[0] > least), *at_once]) for own in seen.still]
    limits: list[list[Span]] = [[] for _ in range(n)]
    if clipped:
        highest, lowest = Runs(n, LIMIT_RUN), Runs(n, LIMIT_RUN)
        for _, x in pieces(recording.values):
            highest.add(x == seen.high)
            lowest.add(x == seen.low)
        limits = [_merged([*high, *low]) for high, low in zip(highest.spans(), lowest.spans(), strict=True)]
    beside = 0 if band is None else RINGING * edge(recording.dt, band)
    return Dropouts(spans, limits, beside, recording.n_times)


def _merged(spans: Sequence[Span]) -> list[Span]:
    """Return spans in order; those that overlap are one.

    >>> _merged([(5, 9), (1, 3), (8, 12)])
    [(1, 3), (5, 12)]
    """
    found: list[Span] = []
    for start, stop in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], stop))
        else:
            found.append((start, stop))
    return found


def _covered(spans: Sequence[Span], at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of samples before each of `at` that lie within the spans."""
    start, stop = np.array(spans).T
    total = np.concatenate([[0], np.cumsum(stop - start)])
    done = np.searchsorted(stop, at, side="right")
    begun = np.append(start, np.iinfo(np.int64).max)[done]
    return np.asarray(total[done] + np.maximum(at - begun, 0))
