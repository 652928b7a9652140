"""Examples as a reader returns them, and the checks of every source."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ...simulator import InputError
from ...simulator.machine import available_memory, readable_size
from .dataset import Kind

LARGEST = 1e37  # value whose differences single precision still holds
BYTES_A_VALUE = 5  # a float32 and, while it is read, the byte that it was made of


class Pixels(Protocol):
    """An array of examples, or files that are read when they are indexed by row numbers."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(examples, ...)."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: NDArray[np.intp], /) -> Any: ...


@dataclass(frozen=True, eq=False)
class Raw:
    """Examples as their source stores them.

    Attributes:
        where: file, folder or name, for errors.
        x: (n, ...) training images, or all images of a source without a test set.
        y: (n,) their classes.
        x_test, y_test: the test set; None: a part of x, y is set apart for it.
        kind: sequences are taken as they are; images are mapped to [0, 1].
        notes: sentences on what the reader assumed or left out.
    """

    where: str
    x: Pixels
    y: NDArray[Any]
    x_test: Pixels | None = None
    y_test: NDArray[Any] | None = None
    kind: Kind = "images"
    notes: tuple[str, ...] = ()


def check(raw: Raw) -> None:
    """Check shapes, types and lengths.

    Raises:
        InputError: the first thing that does not fit, in one line that names the source.
    """
    if raw.x_test is None or raw.y_test is None:
        _check_part(raw.x, raw.y, "x", "y", raw.where)
        return
    _check_part(raw.x, raw.y, "x_train", "y_train", raw.where)
    _check_part(raw.x_test, raw.y_test, "x_test", "y_test", raw.where)
    if raw.x.shape[1:] != raw.x_test.shape[1:]:
        raise InputError(
            f"{raw.where}: training and test images must have one shape; "
            f"got {raw.x.shape[1:]} and {raw.x_test.shape[1:]}"
        )
    unseen = np.setdiff1d(raw.y_test, raw.y)
    if unseen.size:
        raise InputError(
            f"{raw.where}: y_test holds classes that y_train has no image of, which no network can learn: "
            f"{', '.join(map(str, unseen[:5]))}{' ...' if unseen.size > 5 else ''}"
        )


def _check_part(x: Pixels, y: NDArray[Any], x_name: str, y_name: str, where: str) -> None:
    if not (np.issubdtype(x.dtype, np.integer) or np.issubdtype(x.dtype, np.floating)):
        raise InputError(f"{where}: {x_name} must be real numbers; got {x.dtype}")
    if len(x.shape) < 2 or 0 in x.shape:
        raise InputError(f"{where}: {x_name} must have shape (images, height, width, ...), not empty; got {x.shape}")
    if y.ndim != 1:
        raise InputError(f"{where}: {y_name} must be a vector of classes (one-hot: y.argmax(1)); got shape {y.shape}")
    if not np.issubdtype(y.dtype, np.integer):
        raise InputError(f"{where}: {y_name} must be integers; got {y.dtype}")
    if len(x) != len(y):
        raise InputError(f"{where}: {x_name} and {y_name} must be of one length; got {len(x)} and {len(y)}")
    if isinstance(x, np.ndarray) and np.issubdtype(x.dtype, np.floating):
        largest = max(-float(x.min()), float(x.max()))  # NaN if any value is
        if not np.isfinite(largest):
            at = tuple(int(i) for i in np.argwhere(~np.isfinite(x))[0])
            raise InputError(f"{where}: {x_name} must be finite; got {x[at]} at index {at}")
        if largest > LARGEST:
            raise InputError(f"{where}: {x_name} must be at most {LARGEST:g}, for single precision; got {largest:g}")


def n_classes(raw: Raw) -> int:
    """Return the number of classes.

    Raises:
        InputError: fewer than two, or not 0 .. k − 1 without a gap.
    """
    found = np.unique(raw.y) if raw.y_test is None else np.union1d(raw.y, raw.y_test)
    classes = found.astype(np.int64)
    if classes.size < 2:
        raise InputError(f"{raw.where}: must hold at least two classes; got {classes.tolist()}")
    if not np.array_equal(classes, np.arange(classes.size)):
        raise InputError(
            f"{raw.where}: classes must be 0..{classes.size - 1} without a gap; got {classes[0]}..{classes[-1]}; "
            "renumber them: y = np.unique(y, return_inverse=True)[1]"
        )
    return int(classes.size)


def check_memory(n: int, shape: tuple[int, ...], where: str, bytes_a_value: int = BYTES_A_VALUE) -> None:
    """Check that n examples of this shape fit into the memory that is free.

    Raises:
        InputError: they do not.
    """
    needed, free = bytes_a_value * n * math.prod(shape), available_memory()
    if free is not None and needed > free:
        raise InputError(
            f"{where}: {n} examples of {' x '.join(map(str, shape))} need {readable_size(needed)} of memory; "
            f"{readable_size(free)} are free; choose fewer"
        )
