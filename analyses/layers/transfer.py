"""Transfer of synchrony from layer to layer: lagged correlation and CKA of per-layer synchrony over training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...simulator import InputError, unknown
from ...simulator.types import Floats
from ..series.innovations import innovations, phase_randomised
from .cka import linear_cka

Surrogate = Literal["phase", "circular_shift"]
MAX_LAG = 5  # records
_AT_ONCE = 2_000_000  # numbers of surrogates that are held at once


@dataclass(frozen=True, eq=False)
class Transfer:
    """Order in time of the synchrony of layers: a test of every pair.

    Attributes:
        layers: names, (layer,).
        lags: (lag,) records from 0 on.
        r: (lag, from, to): correlation of the innovations of layer `from` with those of `to` so many records later.
        peak: (from, to): the r of the largest |r| over lags of 1 and more; 0 on the diagonal.
        lag: (from, to): the lag of the peak [records].
        p: (from, to): surrogate p of the peak, over all lags; 1 on the diagonal.
        p_holm: p with Holm's correction for all ordered pairs.
        kind, n: of the surrogates.
    """

    layers: tuple[str, ...]
    lags: NDArray[np.int64]
    r: Floats
    peak: Floats
    lag: NDArray[np.int64]
    p: Floats
    p_holm: Floats
    kind: Surrogate
    n: int


@dataclass(frozen=True, eq=False)
class Alikeness:
    """Similarity of layers over training: CKA (layer, layer), its p, and p after Holm."""

    layers: tuple[str, ...]
    cka: Floats
    p: Floats
    p_holm: Floats
    n: int


def layer_transfer(
    synchrony: ArrayLike,
    *,
    layers: Sequence[str] | None = None,
    max_lag: int = MAX_LAG,
    kind: Surrogate = "phase",
    n: int | None = None,
    window: int = 15,
    seed: int = 0,
) -> Transfer:
    r"""Lagged correlation of per-layer synchrony over training, with a test of every ordered pair of layers.

    .. math:: r_{ij}(\ell) = \frac1T \sum_t \epsilon_i(t)\, \epsilon_j(t + \ell), \qquad
              \text{peak}_{ij} = r_{ij}\big(\arg\max_{1 \le \ell \le L} |r_{ij}(\ell)|\big)

    ε are the `innovations` of each layer's synchrony. p compares |peak| with that of surrogates of layer i, in all of
    which the largest over the lags is taken too: of ``"phase"``, whose Fourier phases are random; or of all
    ``"circular_shift"`` by more than `max_lag`, which in so short a series are few. Holm's correction holds the chance
    of any false transfer among all pairs at the level that p_holm is compared with.

    That one layer moves first does not say that it drives the other: a third may drive both.

    Args:
        synchrony: (record, layer), evenly spaced records, at least 30.
        layers: names.
        max_lag: L [records].
        kind: of surrogate.
        n: phase surrogates; None: 999, or 40 a pair if that is more, so that p_holm can fall to 0.025.
        window: as in `innovations`.
        seed: of the surrogates.

    Raises:
        InputError: fewer than two layers, too few records, an argument out of range.

    >>> rng = np.random.default_rng(0)
    >>> steps = rng.normal(size=(200, 2))
    >>> steps[2:, 1] += 2 * steps[:-2, 0]  # the second follows two records later
    >>> found = layer_transfer(steps.cumsum(axis=0), layers=["a", "b"])
    >>> int(found.lag[0, 1]), bool(found.p_holm[0, 1] < 0.01), bool(found.p_holm[1, 0] > 0.05)
    (2, True, True)
    """
    new = innovations(synchrony, window=window, name="layer_transfer.synchrony")
    n_times, n_layers = new.shape
    names = _names(layers, n_layers, "layer_transfer.layers")
    if isinstance(max_lag, bool) or not (isinstance(max_lag, int | np.integer) and 1 <= max_lag <= n_times // 4):
        raise InputError(f"layer_transfer.max_lag: must be an integer in 1..{n_times // 4}; got {max_lag}")
    if kind not in get_args(Surrogate):
        raise unknown("kind of surrogate", kind, get_args(Surrogate))
    lags = np.arange(max_lag + 1)
    r, best, peak = _peaks(new, max_lag)
    pairs = n_layers * (n_layers - 1)
    beyond, done = np.zeros((n_layers, n_layers), dtype=np.int64), 0
    for made in _surrogates(new, kind, _count(n, pairs, "layer_transfer.n"), max_lag, np.random.default_rng(seed)):
        largest = np.abs(np.stack([_lagged(made, new, int(lag)) for lag in lags[1:]])).max(axis=0)
        beyond += (largest >= np.abs(peak) - 1e-12).sum(axis=0)
        done += len(made)
    if pairs > 0.05 * (1 + done):
        raise InputError(
            f"layer_transfer.n: {done} surrogates cannot carry {pairs} pairs through Holm's correction; "
            f"{'take kind=' + repr('phase') if kind != 'phase' else f'n >= {20 * pairs}'}"
        )
    p = (1 + beyond) / (1 + done)
    apart = ~np.eye(n_layers, dtype=bool)
    corrected = np.ones_like(p)
    corrected[apart] = holm(p[apart])
    return Transfer(
        names, lags, r, np.where(apart, peak, 0.0), np.where(apart, best + 1, 0), np.where(apart, p, 1.0),
        corrected, kind, done,
    )  # fmt: skip


def synchrony_cka(
    synchrony: ArrayLike,
    *,
    layers: Sequence[str] | None = None,
    n: int | None = None,
    window: int = 15,
    seed: int = 0,
) -> Alikeness:
    """Linear CKA (debiased) of the courses that layers take: of each pair, over records, all measures as features.

    Of every measure of every layer the `innovations` are taken; with one measure it is, but for the bias, the squared
    correlation at lag 0. The null randomises the phases of one layer, with one set of phases for all its measures, so
    that these stay correlated with each other; p is one-sided, p_holm corrects for all pairs.

    Args:
        synchrony: (record, layer, measure).
        layers: names.
        n: surrogates; None: 999, or 40 a pair if that is more.
        window: as in `innovations`.
        seed: of the surrogates.

    Raises:
        InputError: as `layer_transfer`.

    >>> rng = np.random.default_rng(0)
    >>> steps = rng.normal(size=(100, 3, 2))
    >>> steps[:, 1] = steps[:, 0] + 0.3 * steps[:, 1]  # the first two layers move together
    >>> found = synchrony_cka(steps.cumsum(axis=0))
    >>> bool(found.cka[0, 1] > 0.8), bool(found.p_holm[0, 1] < 0.01), bool(found.p_holm[0, 2] > 0.05)
    (True, True, True)
    """
    values = np.asarray(synchrony, dtype=np.float64)
    if values.ndim != 3:
        raise InputError(f"synchrony_cka.synchrony: must have shape (record, layer, measure); got {values.shape}")
    n_layers, n_measures = values.shape[1:]
    names = _names(layers, n_layers, "synchrony_cka.layers")
    flat = innovations(values.reshape(len(values), -1), window=window, name="synchrony_cka.synchrony")
    new = flat.reshape(len(flat), n_layers, n_measures)
    pairs = n_layers * (n_layers - 1) // 2
    total = _count(n, pairs, "synchrony_cka.n")
    if pairs > 0.05 * (1 + total):
        raise InputError(f"synchrony_cka.n: must be at least {20 * pairs} for {pairs} pairs; got {total}")
    cka, p, corrected = np.eye(n_layers), np.ones((n_layers, n_layers)), np.ones((n_layers, n_layers))
    rng = np.random.default_rng(seed)
    upper = np.triu_indices(n_layers, 1)
    found = np.array([linear_cka(new[:, a], new[:, b]) for a, b in zip(*upper, strict=True)])
    beyond = np.zeros(pairs, dtype=np.int64)
    for _ in range(total):
        made = phase_randomised(new, 1, rng)[0]
        null = [linear_cka(made[:, a], new[:, b]) for a, b in zip(*upper, strict=True)]
        beyond += np.array(null) >= found - 1e-12
    cka[upper], p[upper] = found, (1 + beyond) / (1 + total)
    corrected[upper] = holm(p[upper])
    for matrix in (cka, p, corrected):
        matrix.T[upper] = matrix[upper]
    return Alikeness(names, cka, p, corrected, total)


def holm(p: ArrayLike) -> Floats:
    r"""Holm's step-down correction (Scand. J. Stat. 6, 65, 1979).

    .. math:: \tilde p_{(k)} = \max_{j \le k} \min\big(1, (m - j + 1)\, p_{(j)}\big)

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values, axis=None)
    raised = (values.size - np.arange(values.size)) * values.ravel()[order]
    out = np.empty(values.size)
    out[order] = np.minimum(1.0, np.maximum.accumulate(raised))
    return out.reshape(values.shape)


def transfer_peaks(synchrony: ArrayLike) -> Floats:
    """Lagged correlation of largest size of every ordered pair of layers, (from, to), as of `layer_transfer`, untested.

    Raises:
        InputError: too few records, or a layer whose synchrony moves too smoothly.
    """
    return _peaks(innovations(synchrony, name="layer_transfer.synchrony"), MAX_LAG)[2]


def _peaks(new: Floats, max_lag: int) -> tuple[Floats, NDArray[np.intp], Floats]:
    """Correlation (lag, from, to), lag of the largest after the first, and its value (from, to)."""
    r = np.stack([_lagged(new[None], new, lag)[0] for lag in range(max_lag + 1)])
    best = np.abs(r[1:]).argmax(axis=0)
    return r, best, np.take_along_axis(r[1:], best[None], axis=0)[0]


def _lagged(lead: Floats, follow: Floats, lag: int) -> Floats:
    """(surrogate, time, layer) against (time, layer) -> (surrogate, from, to)."""
    n_times = len(follow)
    early = np.swapaxes(lead[:, : n_times - lag], 1, 2)
    return np.asarray(early @ follow[lag:] / n_times)


def _surrogates(x: Floats, kind: Surrogate, n: int, max_lag: int, rng: np.random.Generator) -> Iterator[Floats]:
    """Batches (surrogate, time, layer) of x."""
    if kind == "circular_shift":
        yield np.stack([np.roll(x, by, axis=0) for by in range(max_lag + 1, len(x) - max_lag)])
        return
    batch = max(1, _AT_ONCE // x.size)
    for start in range(0, n, batch):
        yield phase_randomised(x[:, :, None], min(batch, n - start), rng)[..., 0]


def _count(n: int | None, pairs: int, name: str) -> int:
    if n is None:
        return max(999, 40 * pairs - 1)
    if isinstance(n, bool) or not (isinstance(n, int | np.integer) and n >= 199):
        raise InputError(f"{name}: must be an integer >= 199; got {n}")
    return int(n)


def _names(layers: Sequence[str] | None, n: int, name: str) -> tuple[str, ...]:
    if n < 2:
        raise InputError(f"{name}: must be at least 2; got {n}")
    names = tuple(map(str, range(n) if layers is None else layers))
    if len(names) != n:
        raise InputError(f"{name}: must be {n}, one a layer; got {len(names)}")
    return names
