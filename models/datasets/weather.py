"""Snow, frost and fog on images (n, height, width, channel) in [0, 1]; the same for all channels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .warps import smeared

ROUGHNESS = 1.5  # exponent of the amplitude of clouds over spatial frequency
ICE = 0.75  # share of clouds that is clear: frost lies on the rest
VEIL = 0.3  # brightness of frost between its veins


def clouds(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return random textures (n, height, width) with an amplitude of 1/f^1.5, each from 0 to 1.

    >>> x = clouds((2, 8, 8), np.random.default_rng(0))
    >>> x.min((1, 2)).tolist(), x.max((1, 2)).tolist()
    ([0.0, 0.0], [1.0, 1.0])
    """
    _, height, width = shape
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    frequency[0, 0] = np.inf
    spectrum = np.fft.rfft2(rng.standard_normal(shape)) / frequency**ROUGHNESS
    x = np.fft.irfft2(spectrum, (height, width))
    low, high = x.min((1, 2), keepdims=True), x.max((1, 2), keepdims=True)
    return np.asarray((x - low) / np.where(high > low, high - low, 1))


def foggy(x: NDArray[Any], c: float, rng: np.random.Generator) -> NDArray[Any]:
    """Return images behind clouds of strength c, at the brightness that each had at most."""
    top = x.max(axis=(1, 2, 3), keepdims=True)
    return np.asarray((x + c * clouds(x.shape[:3], rng)[..., None]) * top / np.where(top + c > 0, top + c, 1))


def frosted(x: NDArray[Any], c: float, rng: np.random.Generator) -> NDArray[Any]:
    """Return images behind a share c of frost: a veil with bright veins, the ridges of clouds."""
    ridges = 1 - np.abs(2 * clouds(x.shape[:3], rng) - 1)
    ice = np.clip((ridges - ICE) / (1 - ICE), 0, 1)[..., None]
    return np.asarray((1 - c) * x + c * np.maximum(ice, VEIL))


def snowy(x: NDArray[Any], c: float, rng: np.random.Generator) -> NDArray[Any]:
    """Return images on which a share c of pixels is the begin of a white streak, all of one direction in an image."""
    flakes = (rng.random((*x.shape[:3], 1)) < c).astype(np.float64)
    angle = rng.uniform(np.pi / 4, 3 * np.pi / 4, len(x))
    streaks = np.clip(1.5 * smeared(flakes, max(0.8, min(x.shape[1:3]) / 32), angle), 0, 1)
    return np.asarray(x + (1 - x) * streaks)
