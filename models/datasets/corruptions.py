"""Common corruptions of test images at five severities, after Hendrycks & Dietterich (ICLR 2019).

The names are their fifteen, and three more: Gaussian blur, translation, rotation. The strengths of noise, Gaussian
blur, zoom, contrast, brightness, fog and JPEG are those of their CIFAR-10-C; all others are defined here, by one
strength each.
Blurs and boxes have their length in pixels on images up to 32 pixels, where shorter ones would change nothing, and
in proportion to the shorter side beyond; a translation is a share of that side. Noise, contrast, brightness and
angles have no length. Unlike theirs, the severities of one corruption share their random numbers, and nothing is
rounded to 8 bits but by JPEG.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve, gaussian_filter

from ...simulator import InputError, unknown
from ...simulator.fields import Param, checked
from .warps import boxed, disc, displaced, moved, smeared, zoomed
from .weather import foggy, frosted, snowy

Images = NDArray[np.float32]  # (n, height, width, channel) in [0, 1]
SEVERITIES = (1, 2, 3, 4, 5)
ZOOMS = 6  # enlargements of a zoom
SMOOTH = 10  # an elastic field has an SD of one in SMOOTH sides
BEYOND = 0.01  # share of values that may lie outside [0, 1]


@dataclass(frozen=True)
class Corruption:
    """A corruption and its strength c at each severity.

    Attributes:
        strengths: c at the severities 1 to 5.
        what: one line; c is the strength.
        apply: (images (n, height, width, channel), c, random numbers) -> images of the same shape.
    """

    strengths: tuple[float, float, float, float, float]
    what: str
    apply: Callable[[Images, float, np.random.Generator], NDArray[Any]]


def corrupted(x: NDArray[np.floating[Any]], name: str, severity: int, seed: int = 0) -> Images:
    """Return corrupted images.

    Args:
        x: (n, height, width) or (n, height, width, channel), pixels in [0, 1]. One in a hundred may lie
            beyond, as in test images that are brighter than any training image; these are clipped.
        name: of `CORRUPTIONS`.
        severity: 1 to 5.
        seed: of its random numbers.

    Returns:
        float32, the shape of x, in [0, 1].

    Raises:
        InputError: no such corruption or severity; x that holds no images in [0, 1].

    >>> x = np.full((1, 8, 8), 0.5, np.float32)
    >>> round(float(corrupted(x, "brightness", 2).mean()), 6)
    0.6
    """
    if name not in CORRUPTIONS:
        raise unknown("corruption", name, CORRUPTIONS)
    if isinstance(severity, bool) or severity not in SEVERITIES:
        raise InputError(f"corrupted.severity: must be an integer in 1..5; got {severity}")
    rng = np.random.default_rng(checked("corrupted.seed", int, Param("", ge=0), seed))
    if x.ndim not in (3, 4) or _beyond(x):
        raise InputError(
            f"corrupted.x: must be images (n, height, width) or (n, height, width, channel) in [0, 1]; "
            f"got shape {x.shape}, {_outside(x)} of {x.size} values beyond"
        )
    corruption = CORRUPTIONS[name]
    images = np.clip(x, 0, 1).astype(np.float32).reshape(x.shape if x.ndim == 4 else (*x.shape, 1))
    out = corruption.apply(images, corruption.strengths[int(severity) - 1], rng)
    return np.clip(out, 0, 1).astype(np.float32).reshape(x.shape)


def noisy(x: NDArray[np.floating[Any]], sd: float, seed: int = 0) -> Images:
    """Return images with Gaussian noise, clipped to [0, 1]; all strengths of one seed share their random numbers.

    Args:
        x: (n, ...), pixels in [0, 1], as of `corrupted`.
        sd: of the noise, at least 0.
        seed: of its random numbers.

    Raises:
        InputError: sd < 0; x that holds no images in [0, 1].

    >>> x = np.full((1, 8, 8), 0.5, np.float32)
    >>> bool((noisy(x, 0.1) == corrupted(x, "gaussian_noise", 5)).all())
    True
    """
    sd = checked("noisy.sd", float, Param("", ge=0), sd)
    rng = np.random.default_rng(checked("noisy.seed", int, Param("", ge=0), seed))
    if x.ndim < 2 or _beyond(x):
        raise InputError(
            f"noisy.x: must be images (n, ...) in [0, 1]; got shape {x.shape}, {_outside(x)} of {x.size} values beyond"
        )
    images = np.clip(x, 0, 1).astype(np.float32)
    return np.clip(_gaussian_noise(images, sd, rng), 0, 1).astype(np.float32)


def _outside(x: NDArray[Any]) -> int:
    return int(x.size - np.count_nonzero((x >= 0) & (x <= 1)))


def _beyond(x: NDArray[Any]) -> bool:
    return _outside(x) > BEYOND * x.size or not np.isfinite(x).all()


def _pixels(length: float, x: Images) -> float:
    """A length given for 32 pixels, in pixels of these images."""
    return length * max(1.0, float(min(x.shape[1:3])) / 32)


def _gaussian_noise(x: Images, c: float, rng: np.random.Generator) -> NDArray[Any]:
    return x + c * rng.standard_normal(x.shape)


def _shot_noise(x: Images, c: float, rng: np.random.Generator) -> NDArray[Any]:
    return rng.poisson(x * c) / c


def _impulse_noise(x: Images, c: float, rng: np.random.Generator) -> NDArray[Any]:
    hit, salt = rng.random(x.shape) < c, rng.random(x.shape) < 0.5
    return np.where(hit, salt, x)


def _gaussian_blur(x: Images, c: float, rng: np.random.Generator) -> NDArray[Any]:
    sd = _pixels(c, x)
    return np.asarray(gaussian_filter(x, (0, sd, sd, 0), mode="nearest"))


def _motion_blur(x: Images, c: float, rng: np.random.Generator) -> NDArray[Any]:
    return smeared(x, _pixels(c, x), rng.uniform(-np.pi / 4, np.pi / 4, len(x)))


def _defocus_blur(x: Images, c: float, rng: np.random.Generator) -> NDArray[Any]:
    return np.asarray(convolve(x, disc(_pixels(c, x))[None, :, :, None], mode="nearest"))


def _glass_blur(x: Images, c: float, rng: np.random.Generator) -> NDArray[Any]:
    down, right = _pixels(c, x) * rng.standard_normal((2, *x.shape[:3]))
    return displaced(x, down, right)


def _zoom_blur(x: Images, c: float, rng: np.random.Generator) -> NDArray[Any]:
    return zoomed(x, np.linspace(1, c, ZOOMS))


def _elastic(x: Images, c: float, rng: np.random.Generator) -> NDArray[Any]:
    side = min(x.shape[1:3])
    field = gaussian_filter(rng.standard_normal((2, *x.shape[:3])), (0, 0, side / SMOOTH, side / SMOOTH), mode="wrap")
    down, right = c * side * field / field.std((2, 3), keepdims=True)
    return displaced(x, down, right)


def _contrast(x: Images, c: float, rng: np.random.Generator) -> NDArray[Any]:
    mean = x.mean(axis=(1, 2), keepdims=True)
    return np.asarray(mean + c * (x - mean))


def _brightness(x: Images, c: float, rng: np.random.Generator) -> NDArray[Any]:
    value = x.max(axis=3, keepdims=True)  # V of HSV; hue and saturation stay
    brighter = np.minimum(value + np.float32(c), 1)
    return np.where(value > 0, x * (brighter / np.where(value > 0, value, 1)), brighter)


def _pixelate(x: Images, c: float, rng: np.random.Generator) -> NDArray[Any]:
    return boxed(x, 1 + _pixels(c - 1, x))


def _jpeg(x: Images, c: float, rng: np.random.Generator) -> NDArray[Any]:
    """Three channels as one colour picture, any other number of them each as a grey one."""
    from PIL import Image

    out = np.empty_like(x)
    colour = x.shape[3] == 3
    for image, place in zip(np.rint(255 * x).astype(np.uint8), out, strict=True):
        for channels in [slice(None)] if colour else range(x.shape[3]):
            file = BytesIO()
            Image.fromarray(image[..., channels]).save(file, "JPEG", quality=int(c))
            place[..., channels] = np.asarray(Image.open(file), np.float32) / 255
    return out


def _translate(x: Images, c: float, rng: np.random.Generator) -> NDArray[Any]:
    direction = rng.uniform(0, 2 * np.pi, len(x))
    length = c * min(x.shape[1:3])
    return moved(x, 0 * direction, length * np.sin(direction), length * np.cos(direction))


def _rotate(x: Images, c: float, rng: np.random.Generator) -> NDArray[Any]:
    angle = np.deg2rad(c) * rng.choice([-1.0, 1.0], len(x))
    return moved(x, angle, 0 * angle, 0 * angle)


CORRUPTIONS: dict[str, Corruption] = {
    "gaussian_noise": Corruption((0.04, 0.06, 0.08, 0.09, 0.10), "Gaussian noise of SD c", _gaussian_noise),
    "shot_noise": Corruption((500, 250, 100, 75, 50), "photon noise: Poisson, c photons a unit", _shot_noise),
    "impulse_noise": Corruption((0.01, 0.02, 0.03, 0.05, 0.07), "a share c of values black or white", _impulse_noise),
    "defocus_blur": Corruption((0.7, 0.9, 1.1, 1.3, 1.6), "blur by a disc of radius c pixels", _defocus_blur),
    "glass_blur": Corruption((0.25, 0.35, 0.5, 0.7, 0.9), "each pixel from SD c pixels away", _glass_blur),
    "gaussian_blur": Corruption((0.4, 0.6, 0.7, 0.8, 1.0), "Gaussian blur of SD c pixels", _gaussian_blur),
    "motion_blur": Corruption((0.6, 0.9, 1.2, 1.35, 1.5), "blur of SD c pixels along a line, ± 45°", _motion_blur),
    "zoom_blur": Corruption((1.06, 1.11, 1.16, 1.21, 1.26), "mean over enlargements from 1 to c", _zoom_blur),
    "snow": Corruption((0.02, 0.05, 0.08, 0.12, 0.16), "white streaks from a share c of pixels", snowy),
    "frost": Corruption((0.2, 0.3, 0.4, 0.5, 0.6), "behind a share c of frost", frosted),
    "fog": Corruption((0.2, 0.5, 0.75, 1.0, 1.5), "behind clouds of strength c", foggy),
    "contrast": Corruption((0.75, 0.5, 0.4, 0.3, 0.15), "distance to the image's mean times c", _contrast),
    "brightness": Corruption((0.05, 0.1, 0.15, 0.2, 0.3), "value of HSV + c", _brightness),
    "elastic": Corruption((0.01, 0.02, 0.03, 0.04, 0.06), "places moved smoothly by SD c sides", _elastic),
    "pixelate": Corruption((1.1, 1.3, 1.5, 1.75, 2.0), "means over boxes of c pixels", _pixelate),
    "jpeg": Corruption((80, 65, 58, 50, 40), "JPEG of quality c", _jpeg),
    "translate": Corruption((0.03, 0.06, 0.09, 0.12, 0.15), "moved by c sides in a random direction", _translate),
    "rotate": Corruption((5, 10, 15, 20, 30), "turned by ± c degrees", _rotate),
}
