"""Test of a measure against surrogates in which units are made independent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from ...simulator import InputError, Recording, Spikes
from ...simulator.types import Band
from ..measures.base import Measure, NullKind, applicable, examine, in_double, spikes_reason
from ..measures.checks import band_reason, edge
from . import MIN_SURROGATES
from .innovations import innovations, innovations_lag
from .kinds import TRAIN_SHIFT, Shifts, fitting_kind
from .prepared import Prepared, Rows, band_of, surrogate_values
from .surrogates import (
    around,
    as_rows,
    circular_shift,
    groups,
    inner,
    interval_jitter,
    lags,
    largest_lag,
    permutations,
    shifted,
    train_shift,
)
from .validity import envelope_in_common, start_reason

BATCH = 500_000  # numbers held at once: larger ones leave the cache and cost page faults
REDRAWN = 3  # surrogates of spike trains are drawn up to so many times as often
SHARE, PHASE_SHARE, SHORT_SHARE = 1 / 4, 1 / 8, 1 / 100  # of the length: the largest lag, of phases, where V is high
SHORTEST_LAG = 10  # samples
TINY = 1e-300


@dataclass(frozen=True, eq=False)
class NullTest:
    """Test of a measure against its values on surrogates.

    Attributes:
        measure: name of the measure.
        values: the measure of each surrogate, (n,); trials are averaged.
        observed: the measure of what surrogates stand beside, averaged over trials: of the whole, of the middle that
            every shift still covers, or of its innovations.
        mean, lo, hi: mean, 2.5 % and 97.5 % point of the values.
        p: (1 + k)/(1 + n), one-sided; k of the n surrogates are at least as synchronous as the observed.
        kind: kind of surrogate.
        n: number of surrogates.
        notes: ``max_lag`` [ticks] and ``n_times`` of what is observed; under "linear_shift" V, ``common_variance``,
            and whether it ``varies_in_common`` (see `envelope_in_common`); of pairs ``t_eff``, the effective samples.
    """

    measure: str
    values: NDArray[np.float64]
    observed: float
    mean: float
    lo: float
    hi: float
    p: float
    kind: NullKind
    n: int
    notes: Mapping[str, object] = field(default_factory=dict)


def null_test(
    measure: Measure,
    data: Recording | Spikes,
    *,
    kind: str = "auto",
    n: int = MIN_SURROGATES,
    seed: int,
    band: Band | None = None,
    label: str = "class",
    shifts: Shifts | None = None,
) -> NullTest:
    r"""The measure against n surrogates in which units are made independent.

    .. math:: p = \frac{1 + \#\{\text{surrogates at least as synchronous}\}}{1 + n}

    Args:
        measure: e.g. ``get("chi_c")``.
        data: what it is measured on.
        kind: see `fitting_kinds`; "auto" takes the one that decides.
        n: number of surrogates, at least 199.
        seed: of the surrogates.
        band, label: as in `apply`.
        shifts: sizes of the shifts.

    Raises:
        InputError: the measure has no null or is not defined on the data, the kind does not fit, n < 199, or all units
            share a start that is unlike the rest.

    >>> from ..measures import get
    >>> x = np.random.default_rng(0).standard_normal((200, 1)) + np.zeros(5)
    >>> same = Recording(x, dt=1.0, clock="frame", quantity="activation", unit="1")
    >>> found = null_test(get("si_3"), same, seed=1)
    >>> found.p, found.kind
    (0.005, 'linear_shift')
    """
    return null_tests([measure], data, kind=kind, n=n, seed=seed, band=band, label=label, shifts=shifts)[0]


def null_tests(
    measures: Sequence[Measure],
    data: Recording | Spikes,
    *,
    kind: str = "auto",
    n: int = MIN_SURROGATES,
    seed: int,
    band: Band | None = None,
    label: str = "class",
    shifts: Shifts | None = None,
    read: Callable[[Spikes], Recording] | None = None,
) -> list[NullTest]:
    """`null_test` of several measures on one set of surrogates, which is most of the work.

    Args:
        read: of spike trains: how measures of sampled activity read them; needed by "interval_jitter" alone.
    """
    if n < MIN_SURROGATES:
        raise InputError(f"null_test: n must be at least {MIN_SURROGATES}, for p to resolve 0.005; got {n}")
    shifts = shifts or Shifts()
    by_kind: dict[NullKind, list[Measure]] = {}
    seen = read(data) if read is not None and isinstance(data, Spikes) else data
    if isinstance(data, Recording):
        data = seen = in_double(replace(data, values=data.numpy()))
    for measure in measures:
        if not measure.nulls:
            raise InputError(f"{measure.name}: has no null: {measure.no_null}")
        # of the whole: a measure that is not defined there says so in the words of `apply`
        reason = applicable(measure, seen, band=band_of(measure, band), label=label)
        if reason is not None:
            raise InputError(f"{measure.name}: {reason}")
        by_kind.setdefault(fitting_kind(measure, seen, kind, label, shifts), []).append(measure)
    tests: dict[str, NullTest] = {}
    for chosen, members in by_kind.items():
        if chosen not in ("permute", "permute_within_class") and any("stationary" in m.needs for m in members):
            reason = start_reason(data)
            if reason is not None:
                raise InputError(f"{members[0].name}: {reason}")
        rng = np.random.default_rng(seed)
        if isinstance(data, Spikes):
            found = _of_trains(members, data, chosen, n, rng, shifts, read, label)
        else:
            found = _Sampled(data, chosen, band, label, shifts).tests(members, n, seed)
        tests |= {test.measure: test for test in found}
    return [tests[measure.name] for measure in measures]


def _test(
    measure: Measure, observed: float, values: NDArray[np.float64], kind: NullKind, notes: Mapping[str, object]
) -> NullTest:
    # A surrogate that ties with the data counts as at least as synchronous. p = (1 + k)/(1 + n) is then never too small
    # and never 0, since the data are one draw of their own null. Ties are common: a permutation or shift that leaves
    # short data as they were gives their value but for the order of summation. The slack of 1e-12 absorbs this
    # rounding, of either sign; it is far below any difference that matters.
    slack = 1e-12 * abs(observed)
    at_least = values >= observed - slack if measure.tail == "upper" else values <= observed + slack
    lo, hi = np.quantile(values, [0.025, 0.975])
    n = values.size
    p = (1 + int(at_least.sum())) / (1 + n)
    return NullTest(measure.name, values, observed, float(values.mean()), float(lo), float(hi), p, kind, n, notes)


def _of_trains(
    measures: Sequence[Measure],
    data: Spikes,
    kind: NullKind,
    n: int,
    rng: np.random.Generator,
    shifts: Shifts,
    read: Callable[[Spikes], Recording] | None,
    label: str,
) -> Iterator[NullTest]:
    """Yield the test of every measure; a surrogate on which one of them is not defined is drawn again."""
    size = shifts.trains or TRAIN_SHIFT
    observed = data.select(time=inner(data, size)) if kind == "train_shift" else data
    surrogate: Callable[[], Spikes] = {
        "train_shift": lambda: train_shift(data, size, rng),
        "interval_jitter": lambda: interval_jitter(data, size, rng),
    }.get(kind, lambda: cast(Spikes, circular_shift(data, rng)))

    def values_of(spikes: Spikes) -> list[float]:
        if read is None:
            return [float(measure.kernel(spikes)) for measure in measures]
        sampled = read(spikes)
        out = []
        for measure in measures:
            checked = examine(measure, sampled, label=label)
            if isinstance(checked, str):
                raise InputError(f"{measure.name}: {checked}")
            inputs, mask = checked
            out.append(float(measure.kernel(sampled.values, mask, **inputs)))
        return out

    for measure in measures:
        if read is None and (reason := spikes_reason(measure, observed)) is not None:
            raise InputError(f"{measure.name}: no null: {reason}")
    values: list[list[float]] = []
    failed: InputError | None = None
    for _ in range(REDRAWN * n):
        try:
            values.append(values_of(surrogate()))
        except InputError as error:
            failed = error
        if len(values) == n:
            break
    else:
        raise InputError(f"no null: of {REDRAWN * n} surrogates only {len(values)} can be measured: {failed}")
    notes = {} if kind == "circular_shift" else {"max_lag": size}
    for measure, one, many in zip(measures, values_of(observed), np.array(values).T, strict=True):
        yield _test(measure, one, many, kind, notes)


@dataclass(frozen=True, eq=False)
class _Cut:
    """Rows that surrogates are cut from: windows of `length`, read at every `every` samples.

    Attributes:
        rows: (trial, unit, time); of phasors the parts in front, (part, trial, unit, time).
        ways: number of lags that each unit may have: 0 to ways − 1.
        middle: the lag of what is observed.
    """

    rows: Rows
    ways: int
    length: int
    middle: int
    every: int = 1


@dataclass(frozen=True, eq=False)
class _Sampled:
    """Surrogates of sampled activity, (…, time, unit)."""

    data: Recording
    kind: NullKind
    band: Band | None
    label: str
    shifts: Shifts

    def tests(self, measures: Sequence[Measure], n: int, seed: int) -> Iterator[NullTest]:
        """Yield the test of every measure."""
        split = [m for m in measures if m.split is not None and self.kind in ("linear_shift", "circular_shift")]
        rest = [m for m in measures if m not in split]
        if rest:
            yield from self._plain(rest, n, np.random.default_rng(seed))
        for measure in split:
            yield self._phases(measure, n, np.random.default_rng(seed))

    def _plain(self, measures: Sequence[Measure], n: int, rng: np.random.Generator) -> Iterator[NullTest]:
        rows = as_rows(self.data.values)
        notes: dict[str, object] = {}
        permuted = self.kind in ("permute", "permute_within_class")
        if permuted:
            cut = _Cut(rows, 1, rows.shape[-1], 0)
        elif self.kind == "circular_shift":
            cut = _Cut(around(rows), rows.shape[-1], rows.shape[-1], 0)
        else:
            cut, notes = self._linear(rows)
        within = groups(self.data, self.label) if self.kind == "permute_within_class" else None
        trials, units = cut.rows.shape[:2]
        at_middle = np.full((1, trials, units), cut.middle)
        observed = shifted(cut.rows, at_middle, cut.length, cut.every)[0]
        seen = self._observed(observed, cut)
        prepared = [Prepared.of(m, seen, self.band, self.label) for m in measures]
        found = np.empty((len(measures), n))
        squares: list[float] | None = [] if self.kind == "linear_shift" else None
        batch = max(1, BATCH // (observed.size + trials * units**2))
        for start in range(0, n, batch):
            size = min(batch, n - start)
            if permuted:
                made = permutations(rows, size, rng, within)
            else:
                lag = rng.integers(cut.ways, size=(size, trials, units))
                made = shifted(cut.rows, lag, cut.length, cut.every)
            found[:, start : start + size] = surrogate_values(prepared, made, squares)
        first = surrogate_values(prepared, observed[None], None)[:, 0]
        slow = {"t_eff": 1 / max(float(np.mean(squares)), TINY)} if squares else {}
        for measure, one, many in zip(measures, first, found, strict=True):
            more = slow if measure.of_pairs is not None else {}
            yield _test(measure, float(one), many, self.kind, {**notes, **more})

    def _linear(self, rows: Rows) -> tuple[_Cut, dict[str, object]]:
        """Return what linear shifts are cut from: by a share of the length, of innovations, or of trains."""
        dt, n_times = self.data.dt, rows.shape[-1]
        if self.kind == "train_shift":
            size = cast(float, self.shifts.trains)
            inner(self.data, size)
            most = max(1, round(size / dt))
            notes: dict[str, object] = {"max_lag": most * dt}
        elif self.kind == "innovations":
            rows = innovations(rows)
            n_times = rows.shape[-1]
            most = innovations_lag(n_times)
            notes = {"max_lag": most * dt}
        else:
            v, common = envelope_in_common(rows)
            if self.shifts.share is not None:
                most = largest_lag(n_times, self.shifts.share)
            elif self.shifts.shorten and common:
                most = min(max(SHORTEST_LAG, int(SHORT_SHARE * n_times)), largest_lag(n_times, SHARE))
            else:
                most = largest_lag(n_times, SHARE)
            told = {} if np.isnan(v) else {"common_variance": v, "varies_in_common": common}
            notes = {"max_lag": most * dt, **told}
        length = n_times - 2 * most
        if length < 2:
            raise InputError(f"null {self.kind!r}: {n_times} samples are too few to shift by {most} to either side")
        cut = _Cut(rows, 2 * most + 1, length, most, self.shifts.every if self.kind == "train_shift" else 1)
        return cut, {**notes, "n_times": -(-length // cut.every)}

    def _observed(self, observed: Rows, cut: _Cut) -> Recording:
        """Return what is observed as a recording, so that a measure is examined on it."""
        data = self.data
        values = observed.swapaxes(-1, -2).reshape(*data.values.shape[:-2], -1, data.n_units)
        part = slice(cut.middle, cut.middle + cut.length, cut.every)
        fits = self.kind != "innovations"
        labels = {k: v[part] for k, v in data.time_labels.items()} if fits else {}
        return replace(data, values=values, dt=data.dt * cut.every, valid=None, time_labels=labels)

    def _phases(self, measure: Measure, n: int, rng: np.random.Generator) -> NullTest:
        """Test a measure of phasors: these are made once of the whole, and shifted, or what `unmix` makes of them."""
        checked = examine(measure, self.data, band=self.band, label=self.label)
        assert not isinstance(checked, str)
        inputs, mask = checked
        prepare, reduce = cast(Any, measure.split)
        mask = np.asarray(mask).reshape(-1, self.data.n_units)
        x = self.data.values.reshape(-1, *self.data.values.shape[-2:])
        turn = None if measure.unmix is None else measure.unmix(x, mask, **inputs)
        parts = np.stack([(p if turn is None else p @ turn).swapaxes(-1, -2) for p in prepare(x, mask, **inputs)])
        notes: dict[str, object] = {}
        if self.kind == "circular_shift":
            cut = _Cut(around(parts), parts.shape[-1], parts.shape[-1], 0)
        else:  # a period of the band's low edge is spoilt at each end: it is cut off once, and by no surrogate again
            off = edge(self.data.dt, cast(Band, inputs["band"]))
            parts = np.ascontiguousarray(parts[..., off : parts.shape[-1] - off])
            most = largest_lag(parts.shape[-1], self.shifts.share or PHASE_SHARE)
            length = parts.shape[-1] - 2 * most
            if reason := band_reason(length, self.data.dt, cast(Band, inputs["band"]), True):
                raise InputError(f"{measure.name}: null {self.kind!r}: {reason}")
            cut = _Cut(parts, 2 * most + 1, length, most)
            inputs |= {"periodic": True} if "periodic" in inputs else {}
            notes = {"max_lag": most * self.data.dt, "n_times": length}
        trials, units = cut.rows.shape[1:3]
        values = np.empty(n)
        batch = max(1, BATCH // (parts.size + trials * units**2))

        def of(lag: NDArray[np.int64]) -> NDArray[np.float64]:
            made = tuple(shifted(rows, lag, cut.length).swapaxes(-1, -2) for rows in cut.rows)
            made = made if turn is None else tuple(part @ turn.swapaxes(-1, -2) for part in made)  # mixed as before
            many = np.broadcast_to(mask, (len(lag), *mask.shape))
            return np.asarray(np.mean(np.asarray(reduce(made, many, **inputs)), axis=-1))

        for start in range(0, n, batch):
            size = min(batch, n - start)
            values[start : start + size] = of(lags((size, trials, units), cut.ways, rng, apart=turn is not None))
        observed = float(of(np.full((1, trials, units), cut.middle))[0])
        return _test(measure, observed, values, self.kind, notes)
