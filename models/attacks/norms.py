"""Balls of a norm around images: steps, projections, random points."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .settings import Norm

TINY = 1e-12  # least norm that is divided by
LARGEST = 1e30  # size of a step or value, well within single precision


@dataclass(frozen=True)
class Ball:
    """Images within ε of an image, and within the bounds of an image.

    Attributes:
        norm: ``"linf"`` or ``"l2"``, over all values of an image.
        epsilon: ε.
        bounds: of a value; None without.
    """

    norm: Norm
    epsilon: float
    bounds: tuple[float, float] | None

    def step(self, x: Tensor, direction: Tensor, size: float) -> Tensor:
        """Return x after a step of this size along a direction: its signs in L∞, its unit vector in L2."""
        size = min(size, LARGEST)  # a step of several ε ends at the same place
        if self.norm == "linf":
            return torch.add(x, direction.sign(), alpha=size)
        return x + size * _scaled(direction, 1.0 / lengths(direction).clamp_min(TINY))

    def projected(self, x: Tensor, centre: Tensor) -> Tensor:
        """Return the nearest point of the ball around `centre`, then the nearest within the bounds."""
        change = x - centre
        if self.norm == "linf":
            inside = centre + change.clamp_(-self.epsilon, self.epsilon)
        else:
            factor = (self.epsilon / lengths(change).clamp_min(TINY)).clamp_max(1.0)
            inside = centre + _scaled(change, factor)
        return inside if self.bounds is None else inside.clamp_(*self.bounds)

    def moved(self, centre: Tensor, unit: Tensor) -> Tensor:
        """Return the point of the ball at ε times a point of the unit ball."""
        return self.projected(centre + self.epsilon * unit, centre)


def inside(norm: Norm, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return points (n, ...) that are uniform in the unit ball."""
    if norm == "linf":
        return np.asarray(2 * rng.random(shape, dtype=np.float32) - 1)
    points = surface(norm, shape, rng)
    radius = rng.random((len(points), *[1] * (len(shape) - 1))) ** (1.0 / max(1, math.prod(shape[1:])))
    return np.asarray(points * radius, np.float32)


def surface(norm: Norm, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return random points of size 1: the corners of the cube in L∞, the sphere in L2."""
    if norm == "linf":
        return np.asarray(2 * rng.integers(2, size=shape, dtype=np.int8) - 1, np.float32)
    drawn: NDArray[Any] = rng.standard_normal(shape)
    size = np.sqrt((drawn**2).reshape(len(drawn), -1).sum(1)).clip(TINY)
    return np.asarray(drawn / size.reshape(-1, *[1] * (len(shape) - 1)), np.float32)


def lengths(x: Tensor) -> Tensor:
    """Return (n,): the L2 norm of each image, as the root of the sum of squares (torch.norm rounds otherwise).

    Of half precision in single: its squares of small gradients are 0, and that of large ones infinite.
    """
    x = x if x.dtype == torch.float64 else x.float()
    return x.flatten(1).square().sum(1).sqrt()


def _scaled(x: Tensor, factor: Tensor) -> Tensor:
    """Return images (n, ...) times a factor (n,), in their own precision."""
    return (x * factor.view(-1, *[1] * (x.ndim - 1))).to(x.dtype)
