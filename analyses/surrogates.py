"""Surrogates, in which units are made independent, and the test of a measure against them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ..simulator import InputError, Recording, Spikes, unknown
from ..simulator.types import Band
from .measures.base import Measure, NullKind, examine, in_double, spikes_reason
from .measures.checks import classes
from .settings import MIN_SURROGATES

BATCH = 500_000  # numbers held at once: larger ones leave the cache and cost page faults
REDRAWN = 3  # surrogates of spike trains are drawn up to so many times as often
MATCHED = "compare with control runs of the same number of steps, which are its null"


@dataclass(frozen=True, eq=False)
class NullTest:
    """Test of a measure against its values on surrogates.

    Attributes:
        measure: name of the measure.
        values: the measure of each surrogate, (n,); trials are averaged.
        observed: the measure of the data, averaged over trials.
        mean, lo, hi: mean, 2.5 % and 97.5 % point of the values.
        p: (1 + k)/(1 + n), one-sided; k of the n surrogates are at least as synchronous as the data.
        kind: kind of surrogate.
        n: number of surrogates.
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


def null_test(
    measure: Measure,
    data: Recording | Spikes,
    *,
    kind: NullKind | Literal["auto"] = "auto",
    n: int = MIN_SURROGATES,
    seed: int,
    band: Band | None = None,
    label: str = "class",
) -> NullTest:
    r"""The measure against n surrogates in which units are made independent.

    .. math:: p = \frac{1 + \#\{\text{surrogates at least as synchronous}\}}{1 + n}

    Args:
        measure: e.g. ``get("chi_c")``.
        data: what it is measured on.
        kind: "circular_shift" (ordered axes and spikes; assumes a stationary signal), "permute" or
            "permute_within_class" ("sample" axes). "auto" takes the first that the measure names and the
            axis allows: circular shifts along an ordered axis, permutations of samples.
        n: number of surrogates, at least 199.
        seed: of the surrogates.
        band, label: as in `apply`.

    Raises:
        InputError: the measure has no null or is not defined on the data, the kind does not fit, n < 199.

    >>> from .measures import get
    >>> x = np.random.default_rng(0).standard_normal((200, 1)) + np.zeros(5)
    >>> same = Recording(x, dt=1.0, clock="frame", quantity="activation", unit="1")
    >>> null_test(get("si_3"), same, seed=1).p
    0.005
    """
    return null_tests([measure], data, kind=kind, n=n, seed=seed, band=band, label=label)[0]


def null_tests(
    measures: Sequence[Measure],
    data: Recording | Spikes,
    *,
    kind: NullKind | Literal["auto"] = "auto",
    n: int = MIN_SURROGATES,
    seed: int,
    band: Band | None = None,
    label: str = "class",
) -> list[NullTest]:
    """`null_test` of several measures on one set of surrogates, which is most of the work."""
    if n < MIN_SURROGATES:
        raise InputError(f"null_test: n must be at least {MIN_SURROGATES}, for p to resolve 0.005; got {n}")
    if isinstance(data, Recording):
        data = in_double(replace(data, values=data.numpy()))
    by_kind: dict[NullKind, list[_Prepared]] = {}
    for measure in measures:
        if not measure.nulls:
            raise InputError(f"{measure.name}: has no null: {measure.no_null}")
        if isinstance(data, Recording):
            checked = examine(measure, data, band=band if "band" in measure.needs else None, label=label)
        else:
            checked = spikes_reason(measure, data) or ({}, None)
        if isinstance(checked, str):
            raise InputError(f"{measure.name}: {checked}")
        chosen = fitting_kind(measure, data, kind, label)
        by_kind.setdefault(chosen, []).append(_Prepared(measure, *checked))
    tests = {}
    for chosen, prepared in by_kind.items():
        rng = np.random.default_rng(seed)
        if isinstance(data, Spikes):
            observed = [float(p.measure.kernel(data)) for p in prepared]
            values = _of_trains([p.measure for p in prepared], data, n, rng)
        else:
            observed, values = _sampled(prepared, data, chosen, n, rng, label)
        for p, one, many in zip(prepared, observed, values, strict=True):
            tests[p.measure.name] = _test(p.measure, one, many, chosen, n)
    return [tests[measure.name] for measure in measures]


@dataclass(frozen=True, eq=False)
class _Prepared:
    """A measure with the arguments of its kernel and its live units."""

    measure: Measure
    inputs: dict[str, Any]
    mask: NDArray[np.bool_] | None


def _test(measure: Measure, observed: float, values: NDArray[np.float64], kind: NullKind, n: int) -> NullTest:
    # A surrogate that ties with the data counts as at least as synchronous. p = (1 + k)/(1 + n) is then never too small
    # and never 0, since the data are one draw of their own null. Ties are common: a permutation or shift that leaves
    # short data as they were gives their value but for the order of summation. The slack of 1e-12 absorbs this
    # rounding, of either sign; it is far below any difference that matters.
    slack = 1e-12 * abs(observed)
    at_least = values >= observed - slack if measure.tail == "upper" else values <= observed + slack
    lo, hi = np.quantile(values, [0.025, 0.975])
    p = (1 + int(at_least.sum())) / (1 + n)
    return NullTest(measure.name, values, observed, float(values.mean()), float(lo), float(hi), p, kind, n)


def fitting_kind(
    measure: Measure, data: Recording | Spikes, kind: NullKind | Literal["auto"] = "auto", label: str = "class"
) -> NullKind:
    """The kind of surrogate to use.

    Raises:
        InputError: the one that is asked for does not fit the axis or the measure, or none does.
    """
    if kind == "auto":
        for candidate in measure.nulls:
            if _misfit(measure, data, candidate, label) is None:
                return candidate
        reason = _misfit(measure, data, measure.nulls[0], label) if measure.nulls else measure.no_null
        raise InputError(f"{measure.name}: none of its nulls fits: {reason}")
    if kind not in get_args(NullKind):
        raise unknown("kind of null", kind, get_args(NullKind))
    misfit = _misfit(measure, data, kind, label)
    if misfit is not None:
        raise InputError(f"{measure.name}: null {kind!r}: {misfit}")
    return kind


def circular_shift(data: Recording | Spikes, seed: int | np.random.Generator) -> Any:
    """The same data with every unit shifted around the window by its own random lag.

    Each unit keeps its spectrum and autocorrelation; spike trains keep their counts and intervals, but for the
    one that is cut. Trials are shifted independently.

    Raises:
        InputError: the axis has no order.

    >>> s = Spikes(time=[0.1, 0.2], unit=[0, 1], n_units=2, duration=1.0)
    >>> circular_shift(s, 0).counts.tolist()
    [1, 1]
    """
    rng = np.random.default_rng(seed)
    if isinstance(data, Spikes):
        lag = rng.uniform(0, data.duration, data.n_units)
        time = data.t0 + (data.time - data.t0 + lag[data.unit]) % data.duration
        return replace(data, time=time)
    if data.clock == "sample":
        raise InputError("circular_shift: clock 'sample' has no order to shift along; use permute")
    x = data.numpy()
    flat = _flat(x)
    steps = rng.integers(data.n_times, size=(1, len(flat), data.n_units))
    return replace(data, values=_shift(flat[None], steps).reshape(x.shape))


def permute(data: Recording, seed: int | np.random.Generator) -> Recording:
    """The same data with the samples of every unit in an order of their own."""
    x = data.numpy()
    return replace(data, values=_permutation(_flat(x), 1, np.random.default_rng(seed)).reshape(x.shape))


def permute_within_class(data: Recording, seed: int | np.random.Generator, label: str = "class") -> Recording:
    """The same data with the samples of every unit permuted within each class, so that class means stay.

    Raises:
        InputError: there is no such label.
    """
    if label not in data.time_labels:
        raise unknown("time label", label, data.time_labels)
    x = data.numpy()
    groups = _groups(data, label)
    return replace(data, values=_permutation(_flat(x), 1, np.random.default_rng(seed), groups).reshape(x.shape))


def _misfit(measure: Measure, data: Recording | Spikes, kind: NullKind, label: str) -> str | None:
    if kind not in measure.nulls:
        return f"leaves this measure as it is or does not test it; use {' or '.join(measure.nulls)}"
    if isinstance(data, Spikes):
        return None if kind == "circular_shift" else "spike trains have no samples to permute; use circular_shift"
    if kind == "circular_shift":
        if data.clock in ("step", "epoch"):
            return f"what is recorded along clock {data.clock!r} shares the drift of training; {MATCHED}"
        return "clock 'sample' has no order to shift along; use permute" if data.clock == "sample" else None
    if data.clock != "sample":
        return f"samples along an ordered axis (clock {data.clock!r}) are not exchangeable; use circular_shift"
    if kind == "permute_within_class" and label not in data.time_labels:
        return f"needs a time label {label!r}; there is: {', '.join(sorted(data.time_labels)) or 'none'}"
    return None


def _of_trains(measures: Sequence[Measure], data: Spikes, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """(measure, surrogate); a surrogate on which a measure is not defined is drawn again."""
    values: list[list[float]] = []
    for _ in range(REDRAWN * n):
        surrogate = circular_shift(data, rng)
        try:
            values.append([float(measure.kernel(surrogate)) for measure in measures])
        except InputError as error:
            reason = error
        if len(values) == n:
            return np.array(values).T
    raise InputError(f"no null: of {REDRAWN * n} surrogates only {len(values)} can be measured: {reason}")


def _sampled(
    prepared: Sequence[_Prepared], data: Recording, kind: NullKind, n: int, rng: np.random.Generator, label: str
) -> tuple[list[float], NDArray[np.float64]]:
    x = _flat(data.values)
    masks = [np.asarray(p.mask).reshape(-1, data.n_units) for p in prepared]
    observed = [float(np.mean(p.measure.kernel(x, m, **p.inputs))) for p, m in zip(prepared, masks, strict=True)]
    parts, turns = {}, {}
    if kind == "circular_shift":  # what commutes with the shifts is done once
        for p, mask in zip(prepared, masks, strict=True):
            if p.measure.split is not None:
                parts[p.measure.name] = np.stack(p.measure.split[0](x, mask, **p.inputs))
                if p.measure.unmix is not None:
                    turns[p.measure.name] = turn = p.measure.unmix(x, mask, **p.inputs)
                    parts[p.measure.name] = parts[p.measure.name] @ turn
    groups = _groups(data, label) if kind == "permute_within_class" else None
    values = np.empty((len(prepared), n))
    batch = max(1, BATCH // (x.size + x.shape[0] * x.shape[-1] ** 2))
    for start in range(0, n, batch):
        size = min(batch, n - start)
        lag: NDArray[Any] | None = None
        if kind == "circular_shift":
            lag = rng.integers(x.shape[1], size=(size, x.shape[0], x.shape[-1]))
            made = _shift(x[None], lag)[0]
        else:
            made = _permutation(x, size, rng, groups)
        for row, p, mask in zip(values, prepared, masks, strict=True):
            many = np.broadcast_to(mask, (size, *mask.shape))
            if lag is not None and p.measure.split is not None:
                given: Any = _shift(parts[p.measure.name], lag)
                if p.measure.unmix is not None:  # mixed again as they were
                    given = given @ np.swapaxes(turns[p.measure.name], -1, -2)
                found = p.measure.split[1](tuple(given), many, **p.inputs)
            else:
                found = p.measure.kernel(made, many, **p.inputs)
            row[start : start + size] = np.asarray(found).mean(axis=-1)
    return observed, values


def _flat(x: NDArray[Any]) -> NDArray[Any]:
    """(trial, time, unit)"""
    return x.reshape(-1, *x.shape[-2:])


def _groups(data: Recording, label: str) -> list[NDArray[np.intp]]:
    return [np.flatnonzero(column) for column in classes(data, label).T]


def _shift(parts: NDArray[Any], lag: NDArray[Any]) -> NDArray[Any]:
    """(part, trial, time, unit) by lags (surrogate, trial, unit) -> (part, surrogate, trial, time, unit)."""
    n_parts, n_trials, n_times, n_units = parts.shape
    rows = np.moveaxis(parts, -1, -2)
    windows = np.lib.stride_tricks.sliding_window_view(np.concatenate([rows, rows], axis=-1), n_times, axis=-1)
    trial, unit = np.arange(n_trials)[:, None], np.arange(n_units)
    out = np.empty((n_parts, *lag.shape, n_times), dtype=parts.dtype)
    for part, view in zip(out, windows, strict=True):
        part[...] = view[trial, unit, lag]
    return np.moveaxis(out, -1, -2)


def _permutation(
    x: NDArray[Any], size: int, rng: np.random.Generator, groups: list[NDArray[np.intp]] | None = None
) -> NDArray[Any]:
    """(trial, time, unit) -> (surrogate, trial, time, unit), each unit permuted within each group of samples."""
    rows = np.moveaxis(x, -1, -2)
    out = np.broadcast_to(rows, (size, *rows.shape)).copy()
    if groups is None:
        rng.permuted(out, axis=-1, out=out)
    else:
        for group in groups:
            out[..., group] = rng.permuted(out[..., group], axis=-1)
    return np.moveaxis(out, -1, -2)
