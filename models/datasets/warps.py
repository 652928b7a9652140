"""Images moved, turned, smeared and boxed, by bilinear interpolation; all over (n, height, width, channel)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft2, next_fast_len, rfft2

Images = NDArray[np.floating[Any]]
Vector = NDArray[np.float64]
BLOCK = 2**22  # values that are interpolated at a time


def moved(x: Images, angle: Vector, down: Vector, right: Vector) -> NDArray[np.float64]:
    """Every image turned clockwise about its centre by its angle [rad], then moved [pixels]; black comes in.

    >>> x = np.arange(9.0).reshape(1, 3, 3, 1) / 8
    >>> moved(x, np.zeros(1), np.ones(1), np.zeros(1))[0, :, :, 0] * 8
    array([[0., 0., 0.],
           [0., 1., 2.],
           [3., 4., 5.]])
    """
    height, width = x.shape[1:3]
    out = np.empty(x.shape, np.float64)
    for rows in _blocks(x):
        i = np.arange(height)[:, None] - (height - 1) / 2 - down[rows, None, None]
        j = np.arange(width)[None, :] - (width - 1) / 2 - right[rows, None, None]
        cos, sin = np.cos(angle[rows, None, None]), np.sin(angle[rows, None, None])
        source = (cos * i - sin * j + (height - 1) / 2, sin * i + cos * j + (width - 1) / 2)
        padded = np.pad(x[rows], ((0, 0), (1, 1), (1, 1), (0, 0)))
        out[rows] = _interpolated(padded, source[0] + 1, source[1] + 1)
    return out


def displaced(x: Images, down: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Every pixel taken from a place of its own (n, height, width) [pixels] further down and right; the border repeats.

    >>> displaced(np.arange(3.0).reshape(1, 1, 3, 1), np.zeros((1, 1, 3)), np.full((1, 1, 3), 0.5)).ravel()
    array([0.5, 1.5, 2. ])
    """
    i, j = np.arange(x.shape[1])[:, None], np.arange(x.shape[2])[None, :]
    out = np.empty(x.shape, np.float64)
    for rows in _blocks(x):
        out[rows] = _interpolated(x[rows], i + down[rows], j + right[rows])
    return out


def zoomed(x: Images, factors: Vector) -> NDArray[np.float64]:
    """Mean of every image over enlargements about its centre by these factors.

    >>> x = np.arange(4.0).reshape(1, 1, 4, 1)
    >>> zoomed(x, np.array([1.0, 2.0])).ravel()
    array([0.375, 1.125, 1.875, 2.625])
    """
    offset = [np.arange(n) - (n - 1) / 2 for n in x.shape[1:3]]
    out = np.zeros(x.shape, np.float64)
    for factor in factors:
        i, j = (at * (1 / factor - 1) for at in offset)
        shape = x.shape[:3]
        out += displaced(x, np.broadcast_to(i[:, None], shape), np.broadcast_to(j[None, :], shape)) / len(factors)
    return out


def disc(radius: float, fine: int = 15) -> NDArray[np.float64]:
    """Weights of a disc on pixels, (side, side): the share of each pixel within the radius [pixels], sum 1.

    >>> disc(0.4).shape, disc(1.0).shape, round(float(disc(1.0).sum()), 6)
    ((1, 1), (3, 3), 1.0)
    """
    reach = int(np.ceil(radius - 0.5)) if radius > 0.5 else 0
    at = (np.arange((2 * reach + 1) * fine) + 0.5) / fine - reach - 0.5
    inside = (np.hypot(at[:, None], at[None, :]) <= radius).astype(float)
    side = 2 * reach + 1
    weights = inside.reshape(side, fine, side, fine).sum((1, 3))
    return np.asarray(weights / weights.sum())


def smeared(x: Images, sd: float, angle: Vector) -> NDArray[np.float64]:
    """Every image blurred along a line at its angle [rad] by a Gaussian of SD `sd` [pixels]; the border is repeated.

    >>> x = np.full((1, 4, 4, 1), 0.5)
    >>> bool(np.allclose(smeared(x, 1.5, np.ones(1)), x))
    True
    """
    step = max(0.5, sd / 4)
    offsets = step * np.arange(-np.ceil(3 * sd / step), np.ceil(3 * sd / step) + 1)
    weights = np.exp(-(offsets**2) / (2 * sd**2))
    radius = int(np.ceil(offsets[-1])) + 1
    shape = [next_fast_len(n + 2 * radius, real=True) for n in x.shape[1:3]]
    out = np.empty(x.shape, np.float64)
    for rows in _blocks(x):
        lines = _lines(offsets, weights / weights.sum(), angle[rows], radius)
        padded = np.pad(x[rows].astype(np.float64), ((0, 0), (radius, radius), (radius, radius), (0, 0)), mode="edge")
        spectrum = rfft2(padded, shape, axes=(1, 2)) * rfft2(lines, shape, axes=(1, 2))[..., None]
        blurred = irfft2(spectrum, shape, axes=(1, 2))
        out[rows] = blurred[:, 2 * radius :, 2 * radius :][:, : x.shape[1], : x.shape[2]]
    return out


def _lines(offsets: Vector, weights: Vector, angle: Vector, radius: int) -> NDArray[np.float64]:
    """Weights along a line at every angle, each shared among the four nearest pixels: (n, 2 radius + 1, ...)."""
    out = np.zeros((len(angle), 2 * radius + 1, 2 * radius + 1))
    i, j = (offsets * turn(angle)[:, None] + radius for turn in (np.sin, np.cos))
    top, left = np.floor(i).astype(int), np.floor(j).astype(int)
    n = np.arange(len(angle))[:, None]
    for down in (0, 1):
        for right in (0, 1):
            share = np.abs(1 - down - (i - top)) * np.abs(1 - right - (j - left))
            np.add.at(out, (n, top + down, left + right), weights * share)
    return out


def boxed(x: Images, size: float) -> NDArray[np.float64]:
    """Every image cut into boxes of `size` >= 1 pixels from its centre outwards, each at the mean it covers.

    Boxes need not hold whole pixels: a pixel on an edge takes the share of each box that covers it.

    >>> boxed(np.array([0.0, 1, 4, 5]).reshape(1, 1, 4, 1), 2.0).ravel()
    array([0.5, 0.5, 4.5, 4.5])
    """
    rows, columns = (_boxes(n, size) for n in x.shape[1:3])
    return np.asarray(np.einsum("ab,nbcd,ec->naed", rows, x.astype(np.float64), columns, optimize=True))


def _boxes(n: int, size: float) -> NDArray[np.float64]:
    half = np.arange(0, n / 2, size)
    edges = np.unique(np.concatenate(([0.0], n / 2 - half[half > 0], [n / 2], n / 2 + half[half > 0], [float(n)])))
    pixel = np.arange(n)
    begin, end = edges[:-1, None], edges[1:, None]
    covered = np.clip(np.minimum(end, pixel + 1) - np.maximum(begin, pixel), 0, None)  # (box, pixel)
    return np.asarray(covered.T @ (covered / (end - begin)))


def _blocks(x: Images) -> list[slice]:
    """Slices of images whose interpolation fits into a bounded amount of memory."""
    n = max(1, BLOCK // max(1, int(np.prod(x.shape[1:]))))
    return [slice(begin, begin + n) for begin in range(0, len(x), n)]


def _interpolated(x: Images, i: NDArray[Any], j: NDArray[Any]) -> NDArray[np.float64]:
    """Images (n, height, width, channel) at rows i and columns j, each (n, ...); beyond the border: its values."""
    i, j = np.clip(i, 0, x.shape[1] - 1), np.clip(j, 0, x.shape[2] - 1)
    i, j = np.broadcast_arrays(i, j)
    top, left = np.floor(i).astype(int), np.floor(j).astype(int)
    below, right = np.minimum(top + 1, x.shape[1] - 1), np.minimum(left + 1, x.shape[2] - 1)
    di, dj = (i - top)[..., None], (j - left)[..., None]
    n = np.arange(len(x))[:, None, None]
    upper = (1 - dj) * x[n, top, left] + dj * x[n, top, right]
    lower = (1 - dj) * x[n, below, left] + dj * x[n, below, right]
    return np.asarray((1 - di) * upper + di * lower)
