"""Network and test images of a file of weights."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ...simulator import InputError
from ..training.build import open_model
from ..training.settings import DataChoice
from .evaluate import check_fits, data_of_training, seed_of_training

if TYPE_CHECKING:  # torch takes seconds to import
    from torch import nn

    from ..datasets import Dataset


def network_and_data(
    path: str | os.PathLike[str], data: str | None = None
) -> tuple[nn.Module, Dataset, dict[str, Any]]:
    """Return the network of a file, its data as they were chosen for the training, and what the file says.

    Args:
        path: FILE.pt, or a checkpoint.
        data: name of other data; those of the training if left out.

    Raises:
        InputError: a file that cannot be used, data that do not fit, or data of the training that have changed.
    """
    model, about = open_model(path)
    seed = seed_of_training(about)
    choice = data_of_training(about, path) if data is None else DataChoice(data)
    loaded = choice.load(seed)
    if data is None and loaded.sha256() != about.get("data_sha256", loaded.sha256()):
        raise InputError(
            f"{path}: was trained on other data than {choice.name} holds now; its test images may have been among the "
            f"training images then; to attack it on the data of now give --data {choice.name}"
        )
    check_fits(loaded, about, path)
    return model, loaded, about
