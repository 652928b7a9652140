"""Checks of examples before anything is trained on them: what cannot be is refused, what makes a gap wrong is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...simulator import InputError
from .dataset import Dataset
from .near import rounded_copies

FAR = 10.0  # ratio of the largest values of two sets from which on they are on two scales
NEAR = 2.0  # ratio of the SDs of two sets, or difference of their means in SDs, from which on it is doubtful
APART = 20.0  # ratio of the largest values of two images from which on, if nothing lies between, there are two scales
SOME = 0.01  # share of the images from which on a doubt is a warning
MANY = 0.1
FEW = 20  # images of a set below which nothing is said of its scale
AT_ONCE = 2**20  # values that are taken into double precision together


@dataclass(frozen=True)
class Doubts:
    """Sentences on a data set.

    Attributes:
        notes: what was assumed, and all doubts.
        warnings: doubts that make a result wrong.
    """

    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def add(self, text: str, share: float = 1.0, least: float = SOME) -> None:
        """Add a doubt on a share of the examples; from `least` on it is a warning."""
        self.notes.append(text)
        if share >= least:
            self.warnings.append(text)


def check_examples(data: Dataset) -> None:
    """Check a data set that the caller made.

    Raises:
        InputError: lengths, shapes, types or classes that do not fit, or values that are not finite.
    """
    shape = np.shape(data.x_train)[1:]
    for of in ("train", "val", "test"):
        what = f"Dataset.x_{of}"
        given = getattr(data, f"x_{of}")
        if not isinstance(given, np.ndarray):
            raise InputError(f"{what}: must be a numpy array (of a tensor: x.numpy()); got {type(given).__name__}")
        if np.ma.is_masked(given):
            raise InputError(f"{what}: some values are masked; leave these {data.kind} out, or fill them")
        x, y = given, np.asarray(getattr(data, f"y_{of}"))
        if len(x) == 0 and of == "val":
            continue
        if x.ndim < 2 or x.shape[1:] != shape or 0 in x.shape:
            raise InputError(f"{what}: must have shape (n, {', '.join(map(str, shape))}), not empty; got {x.shape}")
        if not (np.issubdtype(x.dtype, np.floating) or np.issubdtype(x.dtype, np.integer)):
            raise InputError(f"{what}: must be real numbers; got {x.dtype}")
        for at in range(0, len(x), rows := _rows(x)):
            if np.issubdtype(x.dtype, np.floating) and not np.isfinite(x[at : at + rows]).all():
                raise InputError(
                    f"{what}: must be finite; got NaN or inf among the images {at}..{min(len(x), at + rows) - 1}"
                )
        _check_labels(y, f"Dataset.y_{of}", len(x), data.n_classes)
    _check_labels(np.asarray(data.y_train_clean), "Dataset.y_train_clean", len(data.x_train), data.n_classes)


def _check_labels(y: NDArray[Any], what: str, n: int, n_classes: int) -> None:
    if y.shape != (n,) or not np.issubdtype(y.dtype, np.integer):
        raise InputError(f"{what}: must be {n} integers, one an example; got {y.dtype} of shape {y.shape}")
    if n and not 0 <= int(y.min()) <= int(y.max()) < n_classes:
        raise InputError(f"{what}: must lie in 0..{n_classes - 1}; got {y.min()}..{y.max()}")


def doubts(data: Dataset, *, one_source: bool = False, span: tuple[float, float] = (0.0, 1.0)) -> Doubts:
    """Return what is doubtful about a data set: its scales, copies of images, classes.

    Args:
        data: the data set.
        one_source: training and test images were drawn from one set, so that they have one scale.
        span: values of the source that were mapped to 0 and 1, for the words.

    Raises:
        InputError: training images that are all the same; two scales.
    """
    found = Doubts()
    kind = data.kind
    if len(data.x_train) > 1 and all((block == data.x_train[0]).all() for block in _blocks(data.x_train)):
        raise InputError(
            f"{data.name}: all {len(data.x_train)} training {kind} are one and the same: nothing can be learnt"
        )
    if kind == "images":
        _scales(data, one_source, span, found)
    _copies(data, found)
    _classes(data, found)
    return found


def _rows(x: NDArray[Any]) -> int:
    return max(1, AT_ONCE * len(x) // max(1, x.size))


def _blocks(x: NDArray[Any]) -> Iterator[NDArray[Any]]:
    rows = _rows(x)
    return (np.asarray(x[first : first + rows]) for first in range(0, len(x), rows))


def _extremes(x: NDArray[Any]) -> NDArray[np.float64]:
    """Return the largest absolute value, the sum and the sum of squares of every image, and 1 if it is blank."""
    rows = []
    for block in _blocks(x):
        flat = block.reshape(len(block), -1)
        low, high = flat.min(1).astype(np.float64), flat.max(1).astype(np.float64)
        double = flat.astype(np.float64)
        rows.append(np.stack([np.maximum(-low, high), double.sum(1), (double * double).sum(1), low == high], 1))
    return np.concatenate(rows)


def _scales(data: Dataset, one_source: bool, span: tuple[float, float], found: Doubts) -> None:
    train, test = _extremes(data.x_train), _extremes(data.x_test)
    largest = train[:, 0].max(), test[:, 0].max()
    apart = not one_source and min(len(train), len(test)) >= FEW
    if apart and min(largest) > 0 and max(largest) >= FAR * min(largest):
        ranges = (_range(x, span) for x in (data.x_train, data.x_test))
        raise InputError(
            f"{data.name}: training and test images are on two scales: {' and '.join(ranges)}; bring both to one "
            "range, e.g. 0 to 1"
        )
    if len(train) >= FEW and 0 < largest[0] < 1 / FAR:
        found.add(
            f"the largest training value is {largest[0]:.3g} of a range of 0 to 1: bytes are divided by 255, and these "
            "may have had another range; save them as floats from 0 to 1"
        )
    for of, each in (("training", train), ("test", test)):
        _split(of, each[:, 0], found)
        blank = int(each[:, 3].sum())
        if blank >= MANY * len(each):
            found.notes.append(f"{blank} of {len(each)} {of} images are blank, one value everywhere")
    (m, s), (mean, sd) = (_mean_sd(each, data.x_train[0].size) for each in (train, test))
    if apart and s > 0 and not (s / NEAR <= sd <= s * NEAR and abs(mean - m) <= s * NEAR / 2):
        found.add(
            f"training images have mean {m:.3g} and SD {s:.3g}, test images {mean:.3g} and {sd:.3g}: they may be on "
            "two scales"
        )


def _range(x: NDArray[Any], span: tuple[float, float]) -> str:
    low, high = (span[0] + float(value) * (span[1] - span[0]) for value in (x.min(), x.max()))
    return f"{low:.4g} to {high:.4g}"


def _mean_sd(each: NDArray[np.float64], size: int) -> tuple[float, float]:
    mean = each[:, 1].mean() / size
    return float(mean), float(np.sqrt(max(0.0, each[:, 2].mean() / size - mean * mean)))


def _split(of: str, largest: NDArray[np.float64], found: Doubts) -> None:
    """Report a set of which some images are on another scale than the others."""
    values = np.sort(largest[largest > 0])
    if len(values) < FEW:
        return
    ratios = values[1:] / values[:-1]
    at = int(ratios.argmax())
    if ratios[at] >= APART:
        found.add(
            f"{at + 1} of {len(largest)} {of} images reach {values[at]:.3g} at most, and the others "
            f"{values[at + 1]:.3g} at least: they may be on two scales",
            min(at + 1, len(values) - at - 1) / len(largest),
            MANY / 2,
        )


def _copies(data: Dataset, found: Doubts) -> None:
    kind = data.kind
    keys = {of: _keys(getattr(data, f"x_{of}")) for of in ("train", "val", "test")}
    for of, one in (("test", "train"), ("val", "train"), ("test", "val")):
        there = set(keys[one])
        copied, all_of = np.array([key in there for key in keys[of]], bool), len(keys[of])
        if kind == "images" and all_of:
            copied |= rounded_copies(getattr(data, f"x_{of}"), getattr(data, f"x_{one}"))
        if n := int(copied.sum()):
            words = {"train": "training", "val": "validation", "test": "test"}
            found.add(
                f"{n} of {all_of} {words[of]} {kind} ({n / all_of:.1%}) are also among the {words[one]} {kind}: what "
                f"is measured on them is not that of unseen {kind}",
                n / all_of,
            )
    classes: dict[int, int] = {}
    copies = odd = 0
    for key, label in zip(keys["train"], np.asarray(data.y_train_clean).tolist(), strict=True):
        if key in classes:
            copies += 1
            odd += classes[key] != label
        classes.setdefault(key, label)
    if copies:
        other = f", {odd} of them with another class" if odd else ""
        n = len(keys["train"])
        text = f"{copies} of {n} training {kind} ({copies / n:.1%}) are copies of another one{other}"
        found.add(text, copies / n, SOME if odd >= SOME * n else MANY)


def _keys(x: NDArray[Any]) -> list[int]:
    return [hash(row.tobytes()) for block in _blocks(x) for row in np.ascontiguousarray(block)] if len(x) else []


def _classes(data: Dataset, found: Doubts) -> None:
    clean, test = np.asarray(data.y_train_clean), np.asarray(data.y_test)
    if len(unseen := np.setdiff1d(test, clean)):
        listed = ", ".join(map(str, unseen[:5])) + (" ..." if len(unseen) > 5 else "")
        share = float(np.isin(test, unseen).mean())
        found.add(
            f"classes {listed} of the test {data.kind} ({share:.0%} of them) have no training example", share, 0.0
        )
    counts = np.bincount(clean, minlength=data.n_classes)
    largest, k = float(counts.max() / len(clean)), max(2, data.n_classes)
    if largest >= (1 + 1 / k) / 2:  # half of the way from chance to 1: by `conditions`, it would pass for learnt
        found.add(
            f"{largest:.0%} of the training {data.kind} are of class {int(counts.argmax())}: a network that always "
            "says so has that accuracy, and no gap"
        )
