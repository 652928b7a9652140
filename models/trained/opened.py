"""Network and data of a file of weights."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...simulator import InputError
from ..training.build import open_model
from ..training.settings import DataChoice

if TYPE_CHECKING:  # torch takes seconds to import
    from torch import nn

    from ..datasets import Dataset


def network_and_data(
    path: str | os.PathLike[str], data: str | DataChoice | None = None, seed: int | None = None
) -> tuple[nn.Module, Dataset, dict[str, Any]]:
    """Return the network of a file, its data as they were chosen for the training, and what the file says.

    Args:
        path: FILE.pt, or a checkpoint.
        data: other data; those of the training if left out.
        seed: of the choice of other data; that of the training if left out.

    Raises:
        InputError: a file that cannot be used, data that do not fit, or data of the training that have changed.
    """
    model, about = open_model(path)
    own = seed_of_training(about)
    if data is None:
        choice = data_of_training(about, path)
        loaded = choice.load(own)
        if loaded.sha256() != about.get("data_sha256", loaded.sha256()):
            raise InputError(
                f"{path}: was trained on other data than {choice.name} holds now; its test images may have been among "
                f"the training images then; to take the data of now give --data {choice.name}"
            )
    else:
        choice = DataChoice(data) if isinstance(data, str) else data
        loaded = choice.load(own if seed is None else seed)
    check_fits(loaded, about, path)
    return model, loaded, about


def seed_of_training(about: Mapping[str, Any]) -> int:
    """Return the seed of the training, by which the data were chosen, too."""
    return int(about.get("job_seed", about.get("seed", 0)))


def data_of_training(about: Mapping[str, Any], path: str | os.PathLike[str]) -> DataChoice:
    """Return the data of the training from the header of a file.

    Raises:
        InputError: it does not name them.
    """
    try:
        return DataChoice(**about["data"])
    except (LookupError, TypeError) as error:
        raise InputError(f"{path}: does not name the data of its training; give --data NAME") from error


def check_fits(data: Dataset, about: Mapping[str, Any], path: str | os.PathLike[str]) -> None:
    """Check that data have the images and the classes of a network.

    Raises:
        InputError: they have others.
    """
    here, there = list(data.image_shape), list(about["shape"])
    if here != there:
        raise InputError(f"{data.name}: has images of shape {here}; the network of {path} takes {there}")
    if data.n_classes != about["n_classes"]:
        raise InputError(f"{data.name}: has {data.n_classes} classes; the network of {path} has {about['n_classes']}")
