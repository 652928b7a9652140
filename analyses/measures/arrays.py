"""Building blocks of the kernels: centring, masks and divisions that stay finite, for any array library.

Written against the Python array API standard: numpy, torch (on any device, under autograd), array-api-strict.
Nothing here indexes by booleans. Where a quantity does not exist (the phase of a dead unit, a correlation with a
constant) it is multiplied by 0 *after* a division by 1, because a NaN that is thrown away still spoils the gradient.
"""

from __future__ import annotations

from typing import Any

import array_api_compat as api
import numpy as np

from ...simulator.types import Array

_NUMPY: Any = api.array_namespace(np.empty(0))
SMALLEST_SHARE = 1e-6  # of the largest SD: a unit that varies less does not vary
RESIDUE = 8 * 2.0**-52  # of the largest value, in double precision: a smaller SD is the float residue of a constant


def namespace(x: Array) -> Any:
    """Return the functions of the library of an array; of NumPy's without a search, which costs as much as a kernel."""
    return _NUMPY if type(x) is np.ndarray else api.array_namespace(x)


def as_float(flags: Array, like: Array) -> Array:
    """Booleans as 0.0 and 1.0 of the dtype of `like`."""
    xp = namespace(like)
    return xp.astype(flags, like.dtype)


def centre(x: Array) -> Array:
    """x minus its mean over time; exactly 0 for a constant unit. x: (…, time, unit).

    >>> import numpy as np
    >>> float(np.abs(centre(np.full((1000, 1), 0.1))).max())
    0.0
    """
    xp = namespace(x)
    moved = x - x[..., :1, :]  # a mean of many equal numbers is not that number; a mean of zeros is 0
    moved -= xp.sum(moved, axis=-2, keepdims=True) / x.shape[-2]  # in place: new memory costs more than the sum
    return moved


def root(x: Array) -> Array:
    """√x for x > 0 and 0 elsewhere, with a finite gradient everywhere."""
    xp = namespace(x)
    positive = x > 0
    return xp.sqrt(xp.where(positive, x, xp.ones_like(x))) * as_float(positive, x)


def ratio(a: Array, b: Array) -> Array:
    """a / b where b is not 0, and 0 where it is, with a finite gradient everywhere."""
    xp = namespace(b)
    defined = b != 0
    return a * as_float(defined, b) / xp.where(defined, b, xp.ones_like(b))


def live_units(x: Array) -> Array:
    r"""Return the mask (…, unit) of the units of x (…, time, unit) that vary; it does not depend on the scale of x.

    .. math:: \text{dead}_j: \quad sd_j = 0, \quad sd_j < 10^{-6} \max_k sd_k \quad \text{or} \quad
              sd_j < 8\,\varepsilon\,\max_t |x_j(t)|

    The last is the float residue of a constant, which would otherwise read as a perfect correlation.

    >>> import numpy as np
    >>> t = np.arange(8.0)
    >>> live_units(np.stack([np.sin(t), 0 * t, 0 * t + 0.1, 1e-9 * np.cos(t)], axis=-1)).tolist()
    [True, False, False, False]
    """
    xp = namespace(x)
    size = xp.maximum(xp.max(x, axis=-2, keepdims=True), -xp.min(x, axis=-2, keepdims=True))
    scale = xp.max(size, axis=-1, keepdims=True)
    scale = xp.where(scale > 0, scale, xp.ones_like(scale))
    d = centre(x / scale)
    sd = xp.sqrt(xp.mean(d * d, axis=-2))
    return vary(sd, xp.squeeze(size / scale, axis=-2))


def vary(sd: Array, size: Array) -> Array:
    """Return the mask of the units that vary, from SDs and largest absolute values (…, unit)."""
    xp = namespace(sd)
    residue = 8 * float(xp.finfo(sd.dtype).eps)
    return (sd > 0) & (sd >= SMALLEST_SHARE * xp.max(sd, axis=-1, keepdims=True)) & (sd >= residue * size)


def over_time(mask: Array) -> Array:
    """A mask of units (…, unit) as (…, 1, unit)."""
    xp = namespace(mask)
    return xp.expand_dims(mask, axis=-2)


def count(mask: Array, like: Array) -> Array:
    """Number of live units, (…), as a float."""
    xp = namespace(like)
    return xp.sum(as_float(mask, like), axis=-1)


def deviations(x: Array, mask: Array) -> Array:
    """Centred x, 0 for the units outside the mask."""
    return centre(x) * as_float(over_time(mask), x)


def variances(x: Array, mask: Array) -> Array:
    """Variance over time (divided by the number of samples) of every unit, (…, unit); 0 outside the mask."""
    xp = namespace(x)
    return xp.mean(deviations(x, mask) ** 2, axis=-2)


def standardised(x: Array, mask: Array) -> Array:
    """Every live unit with mean 0 and variance 1 over time; 0 for the others."""
    d = centre(x)
    variance = _mean_square(d)
    return d * _scaling(variance, over_time(mask) & (variance > 0))


def z_scores(x: Array, low: Array, high: Array) -> tuple[Array, Array]:
    """``standardised(x, mask)`` and the mask ``live_units(x)`` in one go, where no fourth power overflows or vanishes.

    Args:
        low, high: the extremes of every unit, (…, unit).
    """
    xp = namespace(x)
    d = centre(x)
    variance = _mean_square(d)
    mask = vary(xp.sqrt(xp.squeeze(variance, axis=-2)), xp.maximum(-low, high))
    d *= _scaling(variance, over_time(mask))
    return d, mask


def _mean_square(d: Array) -> Array:
    xp = namespace(d)
    return xp.sum(d**2, axis=-2, keepdims=True) / d.shape[-2]


def _scaling(variance: Array, varies: Array) -> Array:
    """1/SD of the units that vary, 0 of the others."""
    xp = namespace(variance)
    return as_float(varies, variance) / xp.sqrt(xp.where(varies, variance, xp.ones_like(variance)))


def gram(x: Array) -> Array:
    """The smaller of xᵀx (unit × unit) and xxᵀ (time × time); both have the same non-zero eigenvalues."""
    xp = namespace(x)
    turned = xp.matrix_transpose(x)
    return xp.matmul(x, turned) if x.shape[-2] < x.shape[-1] else xp.matmul(turned, x)


def squared_norm(x: Array) -> Array:
    """‖xᵀx‖²_F, (…), through the smaller Gram matrix."""
    xp = namespace(x)
    return xp.sum(gram(x) ** 2, axis=(-2, -1))
