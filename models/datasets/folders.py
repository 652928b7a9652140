"""Folders of images, one folder a class: the layouts of ImageNet, ImageNet-100 and Tiny-ImageNet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...simulator import InputError
from .pictures import SUFFIXES, Pictures
from .sources import Raw

OTHERS = (".webp", ".bmp", ".gif", ".tif", ".tiff", ".jp2", ".heic", ".avif", ".jfif", ".ppm", ".pgm", ".npy")
ANNOTATIONS = "val_annotations.txt"  # Tiny-ImageNet: file, tab, class, tab, a box


@dataclass(frozen=True)
class Published:
    """Required content of a published set of class folders.

    Attributes:
        get: how to get it.
        classes: number of classes.
        n_train, n_test: images of FOLDER/train and FOLDER/val; None: any.
    """

    get: str
    classes: int
    n_train: int | None = None
    n_test: int | None = None


PUBLISHED = {
    "tiny-imagenet": Published(
        "http://cs231n.stanford.edu/tiny-imagenet-200.zip", classes=200, n_train=100_000, n_test=10_000
    ),
    "imagenet-100": Published("https://www.kaggle.com/datasets/ambityga/imagenet100", classes=100, n_test=5_000),
}

Labelled = list[tuple[Path, str]]  # image, class


def read_published(name: str, rest: str, rng: np.random.Generator, image_size: int | None = None) -> Raw:
    """A published set of class folders, its counts checked.

    Raises:
        InputError: no such folder; other counts; as `read_class_folders`.
    """
    wanted, folder = PUBLISHED[name], Path(rest)
    if not rest or not folder.is_dir():
        raise InputError(
            f"{name}: {f'no folder {rest}' if rest else 'no folder is named'}; get it from {wanted.get}, "
            f"unpack it, and say {name}:FOLDER"
        )
    raw = read_class_folders(folder, image_size)
    n_classes, n_test = len(np.unique(raw.y)), 0 if raw.x_test is None else len(raw.x_test)
    for what, want, got in (
        ("classes", wanted.classes, n_classes),
        ("training images", wanted.n_train, len(raw.x)),
        ("validation images", wanted.n_test, n_test),
    ):
        if want is not None and got != want:
            raise InputError(f"{folder}: {name} has {want} {what}; got {got}; fetch it again")
    return raw


def read_class_folders(folder: Path, image_size: int | None) -> Raw:
    """FOLDER/train/CLASS/* with FOLDER/test or FOLDER/val, or FOLDER/CLASS/* alone.

    Classes are numbered by the order of their names; images lie in CLASS or in CLASS/images. The test set
    is FOLDER/test where its folders are classes, otherwise FOLDER/val: class folders again, or
    Tiny-ImageNet's images and `val_annotations.txt`. A set in parts (train.X1, train.X2 ...) is joined.

    The notes of the result name a folder val that is left out beside test, and files that are no PNG or JPEG.

    Raises:
        InputError: no classes or images there, a test set without labels or of other classes.
    """
    parts = {name: _parts(folder, name) for name in ("train", "test", "val")}
    if not parts["train"]:
        labelled = _classes(folder)
        if not labelled:
            raise InputError(
                f"{folder}: holds neither four IDX files nor class folders of {', '.join(SUFFIXES)} "
                "(FOLDER/train/CLASS/* with FOLDER/val/CLASS/*, or FOLDER/CLASS/*)"
            )
        return Raw(str(folder), *_numbered(labelled, _names(labelled), image_size), notes=_left_out(labelled))
    train = [pair for part in parts["train"] for pair in _classes(part)]
    if not train:
        raise InputError(f"{parts['train'][0]}: holds no class folders of {', '.join(SUFFIXES)}")
    names = _names(train)
    test = _test_set(parts["test"], parts["val"], names)
    if test is None:
        return Raw(str(folder), *_numbered(train, names, image_size), notes=_left_out(train))
    notes = list(_left_out([*train, *test]))
    within = {image.relative_to(folder).parts[0].split(".")[0] for image, _ in test}
    if parts["val"] and "val" not in within:
        notes.append("val was left out: test is the test set; n_val sets validation images apart from the training set")
    sets = (*_numbered(train, names, image_size), *_numbered(test, names, image_size))
    return Raw(str(folder), *sets, notes=tuple(notes))


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise InputError(f"{folder}: cannot be read ({error.strerror})") from None


def _parts(folder: Path, name: str) -> list[Path]:
    return [path for path in _listed(folder) if path.is_dir() and path.name.split(".")[0] == name]


def _classes(folder: Path) -> Labelled:
    """Every image and its class; none where there are no class folders of images."""
    places = [place for place in _listed(folder) if place.is_dir()]
    images = {place: _images(place / "images" if (place / "images").is_dir() else place) for place in places}
    empty = next((place for place in places if not images[place]), None)
    if empty is not None and any(images.values()):
        raise InputError(f"{empty}: holds no image ({', '.join(SUFFIXES)}); fill it or take it away")
    return [(image, place.name) for place in places for image in images[place]]


def _images(folder: Path) -> list[Path]:
    return [path for path in _listed(folder) if path.suffix.lower() in SUFFIXES]


def _left_out(labelled: Labelled) -> tuple[str, ...]:
    """Return a sentence on pictures of other kinds, and on folders, beside the images that are read."""
    others = [
        path for place in sorted({image.parent for image, _ in labelled}) for path in _listed(place)
        if path.suffix.lower() in OTHERS or path.is_dir()
    ]  # fmt: skip
    if not others:
        return ()
    n = (
        f"{len(others)} pictures of other kinds, or folders, were"
        if len(others) > 1
        else "1 picture of another kind, or folder, was"
    )
    return (
        f"{n} left out, {others[0].parent.name}/{others[0].name} first: only {', '.join(SUFFIXES)} in a class folder "
        "are read",
    )


def _names(labelled: Labelled) -> list[str]:
    return sorted({name for _, name in labelled})


def _test_set(test: Sequence[Path], val: Sequence[Path], names: Sequence[str]) -> Labelled | None:
    found = [pair for part in test for pair in _classes(part)]
    if found and {name for _, name in found} <= set(names):
        return found
    if not val:
        if found:
            raise _other_class(test[0], found, names)
        return None
    if (val[0] / ANNOTATIONS).is_file():
        found = _annotated(val[0])
    else:
        found = [pair for part in val for pair in _classes(part)]
    if not found:
        raise InputError(f"{val[0]}: holds neither class folders nor {ANNOTATIONS}")
    if not {name for _, name in found} <= set(names):
        raise _other_class(val[0], found, names)
    return found


def _other_class(folder: Path, found: Labelled, names: Sequence[str]) -> InputError:
    odd = min({name for _, name in found} - set(names))
    return InputError(f"{folder}: its classes must be those of the training set; got {odd!r}")


def _annotated(folder: Path) -> Labelled:
    path, out = folder / ANNOTATIONS, []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from None
    for number, line in enumerate(lines, start=1):
        image, *rest = line.split("\t")
        if not rest or Path(image).name != image or not image:
            raise InputError(f"{path}: line {number} must be an image, a tab and its class; got {line[:60]!r}")
        out.append((folder / "images" / image, rest[0]))
    return out


def _numbered(labelled: Labelled, names: Sequence[str], image_size: int | None) -> tuple[Pictures, np.ndarray]:
    number = {name: i for i, name in enumerate(names)}
    y = np.array([number[name] for _, name in labelled], np.int64)
    return Pictures([path for path, _ in labelled], image_size), y
