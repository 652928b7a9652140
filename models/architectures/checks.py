"""Checks of an architecture's hyperparameters, and of the data and the seed that it is built for."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import torch

from ...simulator import InputError, unknown

SMALL = 64  # [pixels] images whose shorter side is no longer get the CIFAR version of a network


def whole(owner: object, field: str, least: int = 1) -> None:
    """Check that a field is an integer >= `least`.

    >>> from types import SimpleNamespace
    >>> whole(SimpleNamespace(width=0), "width")
    Traceback (most recent call last):
        ...
    ictal.simulator.errors.InputError: SimpleNamespace.width: must be an integer >= 1; got 0
    """
    _at_least(f"{type(owner).__name__}.{field}", getattr(owner, field), least)


def whole_numbers(owner: object, field: str, *, empty: bool = False) -> None:
    """Check that a field holds integers >= 1, at least one unless `empty`, and make it a tuple."""
    value = getattr(owner, field)
    name = f"{type(owner).__name__}.{field}"
    if not isinstance(value, tuple | list):
        raise InputError(f"{name}: must be a tuple of integers >= 1; got {value!r}")
    if not (value or empty):
        raise InputError(f"{name}: must name at least one layer; got ()")
    for n in value:
        _at_least(name, n, 1)
    object.__setattr__(owner, field, tuple(int(n) for n in value))


def number(owner: object, field: str, wanted: str, low: float, high: float = math.inf, *, closed: bool = False) -> None:
    """Check that a field is a finite number in low < value < high, both ends included if `closed`."""
    value = getattr(owner, field)
    real = isinstance(value, int | float | np.number) and not isinstance(value, bool) and math.isfinite(value)
    if not (real and (low < value < high or (closed and value in (low, high)))):
        raise InputError(f"{type(owner).__name__}.{field}: must be {wanted}; got {value!r}")


def flag(owner: object, field: str) -> None:
    """Check that a field is True or False."""
    value = getattr(owner, field)
    if not isinstance(value, bool):
        raise InputError(f"{type(owner).__name__}.{field}: must be True or False; got {value!r}")


def one_of(owner: object, field: str, known: Iterable[object]) -> None:
    """Check that a field has one of these values: names, or numbers."""
    value, options = getattr(owner, field), list(known)
    if any(value == option and type(value) is type(option) for option in options):
        return
    name = f"{type(owner).__name__}.{field}"
    if all(isinstance(option, str) for option in options):
        raise unknown(name, str(value), [str(option) for option in options])
    raise InputError(f"{name}: must be one of {', '.join(map(str, options))}; got {value!r}")


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
    if isinstance(value, bool) or not (isinstance(value, int | np.integer) and value >= least):
        raise InputError(f"{name}: must be an integer >= {least}; got {value!r}")
