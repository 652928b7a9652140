"""Images from outside the distribution that a network was trained on, each with images from within it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...simulator import InputError, unknown
from ...simulator.fields import Param, check, checked
from .choice import with_noise
from .dataset import Dataset, frozen
from .loading import load_data

HELD_OUT = 0.2  # of the classes, at least one
OOD_PAIRS = {  # name -> the images from outside
    "held-out-classes": "test images of a fifth of the classes, which the network must not be trained on",
    "permuted-pixels": "the test images, their pixels in one random order",
    "uniform-noise": "pixels drawn uniformly from [0, 1]",
    "other": "the test images of another data set of the same shape: other:NAME",
}


@dataclass(frozen=True, eq=False)
class Pair:
    """Images from within a distribution and from outside.

    Attributes:
        name: of the pair.
        data: data of the training: the given data set, or what remains of it without held-out classes.
        outside: float32 (k, *image_shape); the images from within are `data.x_test`.
    """

    name: str
    data: Dataset
    outside: NDArray[np.float32]

    @property
    def inside(self) -> NDArray[np.float32]:
        """The images from within, (m, *image_shape)."""
        return self.data.x_test


def out_of_distribution(name: str, data: Dataset, seed: int = 0) -> Pair:
    """A pair of `OOD_PAIRS` for a data set; `seed` draws classes, order or noise.

    With held-out classes, images of one leave the training, validation and test sets, and the other classes are
    numbered anew in their order; label noise is drawn anew among them, for the same fraction of the labels.

    Raises:
        InputError: no such pair; sequences; fewer than 3 classes to hold one out; another shape.

    >>> pair = out_of_distribution("held-out-classes", load_data("digits"), seed=1)
    >>> pair.data.n_classes, len(pair.inside) + len(pair.outside)
    (8, 449)
    """
    check("out_of_distribution.name", str, name)
    kind, _, other = name.partition(":")
    if kind not in OOD_PAIRS or (other and kind != "other"):
        raise unknown("out-of-distribution pair", name, OOD_PAIRS)
    if data.kind != "images":
        raise InputError(f"out_of_distribution.data: must hold images; {data.name} holds {data.kind}")
    rng = np.random.default_rng(checked("out_of_distribution.seed", int, Param("", ge=0), seed))
    if kind == "held-out-classes":
        return _without_classes(name, data, rng)
    if kind == "permuted-pixels":
        outside = _permuted(data.x_test, rng)
    elif kind == "uniform-noise":
        outside = rng.random(data.x_test.shape, np.float32)
    else:
        outside = _of_another(other, data)
    return Pair(name, data, frozen(outside))


def _without_classes(name: str, data: Dataset, rng: np.random.Generator) -> Pair:
    if data.n_classes < 3:
        raise InputError(f"out_of_distribution: needs 3 classes to hold one out; {data.name} has {data.n_classes}")
    n_out = max(1, round(HELD_OUT * data.n_classes))
    out = rng.permutation(data.n_classes)[:n_out]
    remaining = np.setdiff1d(np.arange(data.n_classes), out)
    renumbered = np.full(data.n_classes, -1)
    renumbered[remaining] = np.arange(len(remaining))
    train = np.isin(data.y_train_clean, remaining)
    clean, noise = renumbered[data.y_train_clean[train]], float(np.mean(data.y_train != data.y_train_clean))
    val, test = np.isin(data.y_val, remaining), np.isin(data.y_test, remaining)
    rest = replace(
        data,
        x_train=frozen(data.x_train[train]),
        y_train=frozen(with_noise(clean, noise, len(remaining), rng)),
        y_train_clean=frozen(clean),
        x_val=frozen(data.x_val[val]),
        y_val=frozen(renumbered[data.y_val[val]]),
        x_test=frozen(data.x_test[test]),
        y_test=frozen(renumbered[data.y_test[test]]),
        n_classes=len(remaining),
    )
    return Pair(name, rest, frozen(data.x_test[~test]))


def _permuted(x: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    n_pixels = int(np.prod(x.shape[1:3]))
    pixels = x.reshape(len(x), n_pixels, -1)
    return pixels[:, rng.permutation(n_pixels)].reshape(x.shape)


def _of_another(other: str, data: Dataset) -> NDArray[np.float32]:
    if not other:
        raise InputError("out_of_distribution: must name the other data set; give other:NAME")
    found = load_data(other)
    if found.kind != "images" or found.image_shape != data.image_shape:
        raise InputError(
            f"out_of_distribution: {other} must hold images of shape {data.image_shape} as {data.name} does; "
            f"got {found.kind} of shape {found.image_shape}"
        )
    return found.x_test.copy()
