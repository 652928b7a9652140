"""Similarity of layers: linear centred kernel alignment, as it is and without its small-sample bias."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ...simulator import InputError
from ...simulator.types import Floats


def linear_cka(x: ArrayLike, y: ArrayLike, *, debiased: bool = True) -> float:
    r"""Linear CKA of two sets of features on the same samples.

    .. math:: \mathrm{CKA} = \frac{\mathrm{HSIC}(X, Y)}{\sqrt{\mathrm{HSIC}(X, X)\, \mathrm{HSIC}(Y, Y)}}, \qquad
              \mathrm{HSIC}_0(X, Y) = \|Y_c^T X_c\|_F^2

    with column-centred features. It is 1 for features that are a rotation, reflection or common scaling of each
    other, and r² for one feature each. HSIC₀ is positive for independent features too: p and q of them in n samples
    give about √(pq)/n and more, 1 for p, q ≫ n. The debiased form puts the unbiased estimate in its place,

    .. math:: \mathrm{HSIC}_1 = \frac{1}{n(n-3)} \Big[ \operatorname{tr} \tilde K \tilde L +
              \frac{\mathbf 1^T \tilde K \mathbf 1 \, \mathbf 1^T \tilde L \mathbf 1}{(n-1)(n-2)} -
              \frac{2}{n-2} \mathbf 1^T \tilde K \tilde L \mathbf 1 \Big],

    K̃ = XXᵀ and L̃ = YYᵀ with zeros on the diagonal: its expectation is 0 for independent features, and it may be
    negative. Computed from p × q matrices, in O(n p q).

    Args:
        x, y: (sample, feature), of one number of samples, at least 4.
        debiased: HSIC₁ for HSIC₀.

    Raises:
        InputError: unlike or too few samples, values that are not finite, or features that do not vary (or, debiased,
            do not vary more than by chance: HSIC₁(X, X) <= 0).

    References:
        Kornblith et al., ICML 2019; Song et al., J. Mach. Learn. Res. 13, 1393 (2012); Nguyen, Raghu & Kornblith,
        ICLR 2021, for the debiased form.

    >>> x = np.random.default_rng(0).normal(size=(50, 3))
    >>> turn = np.linalg.qr(np.arange(9.0).reshape(3, 3) ** 2 + np.eye(3))[0]
    >>> round(linear_cka(x, 5 * x @ turn + 1), 12)
    1.0
    """
    first, second = _features(x, "linear_cka.x"), _features(y, "linear_cka.y")
    if len(first) != len(second):
        raise InputError(f"linear_cka: x and y must have the same samples; got {len(first)} and {len(second)}")
    own = _hsic(first, first, debiased), _hsic(second, second, debiased)
    for name, value in zip("xy", own, strict=True):
        if not value > 0:
            raise InputError(f"linear_cka.{name}: must vary {'more than by chance' if debiased else 'over samples'}")
    return float(_hsic(first, second, debiased) / np.sqrt(own[0] * own[1]))


def cka_matrix(layers: Sequence[ArrayLike], *, debiased: bool = True) -> Floats:
    """`linear_cka` of every pair of layers, (layer, layer), 1 on the diagonal.

    Raises:
        InputError: as `linear_cka`; no layers.

    >>> x = np.random.default_rng(0).normal(size=(50, 3))
    >>> cka_matrix([x, -x]).round(12).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    if not layers:
        raise InputError("cka_matrix.layers: must hold at least one layer; got none")
    features = [_features(layer, f"cka_matrix.layers[{at}]") for at, layer in enumerate(layers)]
    if len({len(x) for x in features}) > 1:
        raise InputError(f"cka_matrix.layers: must have the same samples; got {[len(x) for x in features]}")
    own = [_hsic(x, x, debiased) for x in features]
    for at, value in enumerate(own):
        if not value > 0:
            raise InputError(f"cka_matrix.layers[{at}]: must vary {'more than by chance' if debiased else ''}".rstrip())
    out = np.eye(len(features))
    for a, x in enumerate(features):
        for b in range(a + 1, len(features)):
            out[a, b] = out[b, a] = _hsic(x, features[b], debiased) / np.sqrt(own[a] * own[b])
    return out


def varies_beyond_chance(x: ArrayLike) -> bool:
    """Return whether the debiased CKA of features (sample, feature) is defined: HSIC₁(X, X) > 0.

    >>> varies_beyond_chance(np.eye(4)[:, :1]), varies_beyond_chance(np.arange(4.0)[:, None])
    (False, True)
    """
    features = _features(x, "varies_beyond_chance.x")
    return _hsic(features, features, debiased=True) > 0


def _hsic(x: Floats, y: Floats, debiased: bool) -> float:
    """HSIC₀, or n(n − 3) HSIC₁, which is the same of centred features as of others."""
    n = len(x)
    whole = float(((y.T @ x) ** 2).sum())
    if not debiased:
        return whole
    rows, columns = (x**2).sum(axis=1), (y**2).sum(axis=1)  # diagonals of K and L: row i of K̃ sums to −K_ii
    total = float(rows.sum() * columns.sum()) / ((n - 1) * (n - 2))
    return whole - float((rows * columns).sum()) * (1 + 2 / (n - 2)) + total


def _features(x: ArrayLike, name: str) -> Floats:
    array = np.asarray(x, dtype=np.float64)
    if array.ndim != 2 or len(array) < 4 or array.shape[1] == 0:
        raise InputError(f"{name}: must have shape (sample, feature) with at least 4 samples; got {array.shape}")
    if not np.isfinite(array).all():
        raise InputError(f"{name}: must be finite")
    centred: Floats = array - array.mean(axis=0)
    return centred
