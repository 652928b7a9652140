"""Data sets: examples and their classes, for training, validation and testing."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...simulator.files.identity import fingerprint

AT_ONCE = 2**20  # values that are taken into double precision together
Kind = Literal["images", "sequences"]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images or sequences and their classes, for training and for testing.

    Attributes:
        name: the name or path it was loaded from.
        x_train: float32 (n, *image_shape): images in [0, 1] or sequences (n, time, channel), not standardised.
        y_train: int64 (n,), the labels to train on, noise included.
        y_train_clean: int64 (n,), the true labels of the same examples.
        x_test: float32 (m, *image_shape).
        y_test: int64 (m,), never noisy.
        n_classes: classes are 0 .. n_classes − 1.
        x_val: float32 (v, *image_shape), set apart from the training set; of length 0 where none were asked for.
        y_val: int64 (v,), never noisy.
        kind: ``"images"`` or ``"sequences"``: only images can be turned, shifted or blurred.
        notes: sentences on what was assumed and what is doubtful, by `load_data`; None: not checked yet. They do not
            count for `sha256`.
    """

    name: str
    x_train: NDArray[np.float32]
    y_train: NDArray[np.int64]
    y_train_clean: NDArray[np.int64]
    x_test: NDArray[np.float32]
    y_test: NDArray[np.int64]
    n_classes: int
    x_val: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    y_val: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    kind: Kind = "images"
    notes: tuple[str, ...] | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.x_val.size == 0:
            object.__setattr__(self, "x_val", frozen(np.empty((0, *self.image_shape), np.float32)))

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Shape of one example as stored: (height, width), (height, width, channel), or (time, channel)."""
        return tuple(self.x_train.shape[1:])

    def mean_and_sd(self) -> tuple[float, float]:
        """Mean and SD over all values of the training examples, in double precision; an SD of 0 is given as 1."""
        x, size = self.x_train, self.x_train.size
        rows = max(1, AT_ONCE * len(x) // size)
        blocks = [x[first : first + rows] for first in range(0, len(x), rows)]
        mean = sum(float(block.astype(np.float64).sum()) for block in blocks) / size
        squares = sum(float(((block.astype(np.float64) - mean) ** 2).sum()) for block in blocks)
        return mean, math.sqrt(squares / size) or 1.0

    def sha256(self) -> str:
        """Return the hash of all examples and classes; the name does not count."""
        return str(fingerprint(replace(self, name="")))

    def __repr__(self) -> str:
        shape = " x ".join(str(size) for size in self.image_shape)
        validation = f"{len(self.x_val)} (validation) + " if len(self.x_val) else ""
        counts = f"{len(self.x_train)} + {validation}{len(self.x_test)}"
        return f"Dataset({self.name}: {counts} {self.kind} {shape}, {self.n_classes} classes)"


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """The same array, no longer writable."""
    array.setflags(write=False)
    return array
