"""Checks of the data, the classes and the seed that an architecture is built for."""

from __future__ import annotations

import math

import torch

from ...simulator import InputError
from ...simulator.fields import Param, checked

SMALL = 64  # [pixels] images whose shorter side is no longer get the CIFAR version of a network


def image_size(owner: object, shape: tuple[int, ...], side: int = 1) -> tuple[int, int, int]:
    """(height, width, channels) of images of this shape, whose sides must be >= `side` [pixels]."""
    name = f"{type(owner).__name__}.build"
    if len(shape) not in (2, 3):
        raise InputError(f"{name}: shape must be (height, width) or (height, width, channel); got {tuple(shape)}")
    for size in shape:
        _at_least(f"{name}: every size of the shape", size, 1)
    height, width, channels = (*shape, 1)[:3]
    if min(height, width) < side:
        raise InputError(f"{name}: images must be at least {side} x {side} pixels; got {height} x {width}")
    return int(height), int(width), int(channels)


def sequence_size(owner: object, shape: tuple[int, ...]) -> tuple[int, int]:
    """(time, feature) of sequences (time, channel), or of images, whose rows are the time."""
    height, width, channels = image_size(owner, shape)
    return height, width * channels


def features(owner: object, shape: tuple[int, ...]) -> int:
    """The numbers in one image or sequence of this shape."""
    if not shape:
        raise InputError(f"{type(owner).__name__}.build: shape must have at least one axis; got ()")
    for size in shape:
        _at_least(f"{type(owner).__name__}.build: every size of the shape", size, 1)
    return math.prod(int(size) for size in shape)


def generator_of(owner: object, n_classes: int, seed: int) -> torch.Generator:
    """The source of the initial weights, once the number of classes and the seed are checked."""
    _at_least(f"{type(owner).__name__}.build: n_classes", n_classes, 2)
    _at_least(f"{type(owner).__name__}.build: seed", seed, 0)
    if seed >= 2**63:
        raise InputError(f"{type(owner).__name__}.build: seed: must be below 2**63; got {seed}")
    return torch.Generator().manual_seed(int(seed))


def _at_least(name: str, value: object, least: int) -> None:
    checked(name, int, Param("", ge=least), value)
