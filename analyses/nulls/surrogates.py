"""Surrogates of recordings and spike trains: shifts, permutations, jitter."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ...simulator import InputError, Recording, Spikes, unknown
from ...simulator.checks import rounding
from ..measures.checks import classes

DRAWN = 250_000  # random numbers drawn at once: they stay in the cache


def circular_shift(data: Recording | Spikes, seed: int | np.random.Generator) -> Any:
    """The same data with every unit shifted around the window by its own random lag.

    Each unit keeps its spectrum and autocorrelation; spike trains keep their counts and intervals, but for the
    one that is cut. Trials are shifted independently. On an open axis the ends, which all units have at one place, are
    moved to unlike places: surrogates of slow signals then correlate too little. Use `linear_shift` there.

    Raises:
        InputError: the axis has no order.

    >>> s = Spikes(time=[0.1, 0.2], unit=[0, 1], n_units=2, duration=1.0)
    >>> circular_shift(s, 0).counts.tolist()
    [1, 1]
    """
    rng = np.random.default_rng(seed)
    if isinstance(data, Spikes):
        step = data.grid
        ways = 0 if step is None else round(data.duration / step)
        if step is None or abs(ways * step - data.duration) > max(1e-9, data.rounding):
            lag = rng.uniform(0, data.duration, data.n_units)
        else:
            lag = np.asarray(rng.integers(ways, size=data.n_units) * step, dtype=np.float64)
        time = data.t0 + (data.time - data.t0 + lag[data.unit]) % data.duration
        return replace(data, time=time)
    if data.clock == "sample":
        raise InputError("circular_shift: clock 'sample' has no order to shift along; use permute")
    rows = as_rows(data.numpy())
    steps = rng.integers(data.n_times, size=(1, *rows.shape[:2]))
    return replace(
        data, values=shifted(around(rows), steps, data.n_times)[0].swapaxes(-1, -2).reshape(data.values.shape)
    )


def linear_shift(data: Recording, seed: int | np.random.Generator, share: float = 0.25) -> Recording:
    r"""The same data, every unit of every trial read from a random start of its own, without wrapping round.

    .. math:: x_j(t) \to x_j(t + l_j), \quad l_j \in \{0 \dots 2M\}, \quad t = 0 \dots T - 2M - 1, \quad
              M = \lfloor share \cdot T \rfloor

    The surrogate is 2M samples shorter. It stands beside the measure of the middle, t + M (Harris, bioRxiv
    2020.11.29.402719; Yuan & Shou, PLoS Biol. 22(8), 2024). For independent signals with stationary increments the law
    of a demeaned window does not depend on its lag, so that white noise and random walks are tested alike.

    Raises:
        InputError: the axis has no order; the share is not in (0, 1/2), or leaves no sample to shift by.

    >>> x = Recording(np.arange(8.0)[:, None] + np.zeros(2), dt=1.0, clock="frame", quantity="activity", unit="1")
    >>> linear_shift(x, 0).values.shape
    (4, 2)
    """
    if data.clock == "sample":
        raise InputError("linear_shift: clock 'sample' has no order to shift along; use permute")
    most = largest_lag(data.n_times, share)
    rows = as_rows(data.numpy())
    lag = np.random.default_rng(seed).integers(2 * most + 1, size=(1, *rows.shape[:2]))
    made = shifted(rows, lag, data.n_times - 2 * most)[0].swapaxes(-1, -2)
    middle = slice(most, data.n_times - most)
    labels = {name: values[middle] for name, values in data.time_labels.items()}
    return replace(
        data, values=made.reshape(*data.values.shape[:-2], *made.shape[-2:]), t0=data.t0 + most * data.dt,
        valid=None, time_labels=labels,
    )  # fmt: skip


def largest_lag(n_times: int, share: float) -> int:
    """Return the largest lag to either side [samples].

    Raises:
        InputError: the share is not in (0, 1/2), or the axis is too short to shift along.
    """
    if not 0 < share < 0.5:
        raise InputError(f"linear_shift: the largest lag must be a share of the length in (0, 0.5); got {share:g}")
    most = int(share * n_times)
    if most < 1:
        raise InputError(f"linear_shift: {n_times} samples are too few to shift by a share of {share:g}")
    return most


def train_shift(data: Spikes, shift: float, seed: int | np.random.Generator) -> Spikes:
    r"""The same trains, each moved by one lag of its own, U(−shift, shift) [s], and read where all of them still are.

    .. math:: s_j \to s_j + U(-\Delta, \Delta), \quad t \in [t_0 + \Delta, t_0 + D - \Delta)

    Nothing wraps round, and intervals stay. A rate that all trains share is kept if it changes slower than the shift:
    Δ is to be at most 1/5 of the SD of its narrowest pulse. Spikes on a grid, such as that of a simulation, are moved
    by whole steps of it (`Spikes.grid`), unless it is coarser than the shift: ties then are as common as in the data.

    Raises:
        InputError: a shift that is not positive, or not shorter than a quarter of the observation.
    """
    window = inner(data, shift)
    rng, step = np.random.default_rng(seed), data.grid
    if step is None or step > shift:
        lag = rng.uniform(-shift, shift, data.n_units)
    else:
        most = int(shift / step * (1 + 1e-9))
        lag = np.asarray(rng.integers(-most, most + 1, data.n_units) * step, dtype=np.float64)
    time = data.time + lag[data.unit]
    kept = (time >= window[0]) & (time < window[1])
    return replace(data, time=time[kept], unit=data.unit[kept], t0=window[0], duration=window[1] - window[0])


def inner(data: Recording | Spikes, shift: float) -> tuple[float, float]:
    """Return the window in which every train still is after a shift [s].

    Raises:
        InputError: the shift is not positive, or not shorter than a quarter of the observation.
    """
    if not 0 < shift < data.duration / 4:
        raise InputError(
            f"train_shift: must be > 0 and less than a quarter of the {data.duration:g} s observed; got {shift:g} s"
        )
    return data.t0 + shift, data.t0 + data.duration - shift


def interval_jitter(data: Spikes, width: float, seed: int | np.random.Generator) -> Spikes:
    """The same trains, each spike drawn anew, uniformly within its interval of `width` [s], counted from t0.

    Counts in the intervals stay. It is exact for Poisson trains whose rate is constant within an interval (Platkiewicz,
    Stark & Amarasingham, Neural Comput. 29, 783, 2017), and wrong for regular ones, whose counts then scatter too much.
    Spikes on a grid are drawn among its points, unless it is coarser than the interval.

    Raises:
        InputError: a width that is not positive, or longer than the observation.
    """
    if not 0 < width <= data.duration:
        raise InputError(f"interval_jitter: width must be > 0 and at most {data.duration:g} s; got {width:g} s")
    rng, step = np.random.default_rng(seed), data.grid
    start = np.floor((data.time - data.t0 + rounding(data.t0)) / width) * width
    length = np.minimum(width, data.duration - start)
    drawn = rng.random(data.time.size)
    if step is None or step > width:
        return replace(data, time=data.t0 + start + drawn * length)
    origin = float(data.time[0])  # points of the grid within the interval, from `first` to before `end`
    first, end = (np.ceil((data.t0 + edge - origin) / step - 1e-6) for edge in (start, start + length))
    return replace(data, time=origin + (first + np.floor(drawn * np.maximum(end - first, 1))) * step)


def permute(data: Recording, seed: int | np.random.Generator) -> Recording:
    """The same data with the samples of every unit in an order of their own."""
    made = permutations(as_rows(data.numpy()), 1, np.random.default_rng(seed))[0]
    return replace(data, values=made.swapaxes(-1, -2).reshape(data.values.shape))


def permute_within_class(data: Recording, seed: int | np.random.Generator, label: str = "class") -> Recording:
    """The same data with the samples of every unit permuted within each class, so that class means stay.

    Raises:
        InputError: there is no such label.
    """
    if label not in data.time_labels:
        raise unknown("time label", label, data.time_labels)
    made = permutations(as_rows(data.numpy()), 1, np.random.default_rng(seed), groups(data, label))[0]
    return replace(data, values=made.swapaxes(-1, -2).reshape(data.values.shape))


def as_rows(x: NDArray[Any]) -> NDArray[Any]:
    """(…, time, unit) -> (trial, unit, time), a row a unit: what is shifted then lies together in memory."""
    return np.ascontiguousarray(x.reshape(-1, *x.shape[-2:]).swapaxes(-1, -2))


def around(rows: NDArray[Any]) -> NDArray[Any]:
    """Every row twice, but for its last sample: a shift that wraps round is a window of it."""
    return np.concatenate([rows, rows[..., :-1]], axis=-1)


def lags(shape: tuple[int, ...], ways: int, rng: np.random.Generator, *, apart: bool = False) -> NDArray[np.int64]:
    """Draw lags 0 to ways − 1 (…, unit); `apart`: one in each of n equal parts of this range, in random order.

    Of components two may hold all of the synchrony: lags that are alike by chance would leave it as it is.
    """
    if not apart:
        return rng.integers(ways, size=shape)
    units = shape[-1]
    place = rng.permuted(np.broadcast_to(np.arange(units), shape), axis=-1)
    return ((place + rng.random(shape)) * ways / units).astype(np.int64)


def shifted(rows: NDArray[Any], lag: NDArray[Any], length: int, every: int = 1) -> NDArray[Any]:
    """(trial, unit, time) from lags (surrogate, trial, unit) on -> (surrogate, trial, unit, ceil(length / every))."""
    windows = np.lib.stride_tricks.sliding_window_view(rows, length, axis=-1)[..., ::every]
    trial, unit = np.arange(rows.shape[0])[:, None], np.arange(rows.shape[1])
    return np.asarray(windows[trial, unit, lag])


def groups(data: Recording, label: str) -> list[NDArray[np.intp]]:
    """Indices of the samples of each class."""
    return [np.flatnonzero(column) for column in classes(data, label).T]


def permutations(
    rows: NDArray[Any], size: int, rng: np.random.Generator, within: list[NDArray[np.intp]] | None = None
) -> NDArray[Any]:
    """(trial, unit, time) -> (surrogate, trial, unit, time), each row permuted within each group of samples."""
    n_times = rows.shape[-1]
    together = None if within is None else np.concatenate(within)  # groups lie side by side while they are shuffled
    edges = np.cumsum([0, n_times] if within is None else [0, *map(len, within)])
    chosen = rows if together is None else rows[..., together]
    made = np.broadcast_to(chosen, (size, *chosen.shape)).copy()
    flat = made.reshape(-1, made.shape[-1])
    for first in range(0, len(flat), per := max(1, DRAWN // max(1, flat.shape[1]))):
        some = flat[first : first + per]
        drawn = rng.integers(1 << 64, size=(len(some), (some.shape[1] + 1) // 2), dtype=np.uint64)
        _shuffle(some, edges, drawn.view(np.uint32))
    if together is None:
        return made
    out = np.broadcast_to(rows, (size, *rows.shape)).copy()
    out[..., together] = made
    return out


@njit(cache=True, nogil=True)
def _shuffle(rows, edges, drawn):  # type: ignore[no-untyped-def]
    """Shuffle every row (row, time) within each group edges[k] .. edges[k + 1], by Fisher and Yates.

    An index below i is the upper half of i times a drawn 32-bit number. No number is rejected: an index is then off its
    probability by i/2^32 of it at most, 2e-6 in 10,000 samples.
    """
    for r in range(rows.shape[0]):
        for g in range(edges.size - 1):
            first = edges[g]
            for k in range(edges[g + 1] - first - 1, 0, -1):
                j = (np.uint64(drawn[r, first + k]) * np.uint64(k + 1)) >> np.uint64(32)
                other = first + np.int64(j)
                rows[r, first + k], rows[r, other] = rows[r, other], rows[r, first + k]
