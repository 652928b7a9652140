"""Modes of generated images: the classes that a classifier of real images reads in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ...analyses.modes import Coverage, coverage
from ...simulator import InputError
from ..architectures.mlp import MLP
from ..datasets import Dataset
from ..training.loop import train
from ..training.settings import Training

SURE = 0.5  # least probability of the class
NEAR = 0.99  # share of real test images that are as near to a training image
TRAINED = Training(epochs=40, learning_rate=2e-3)


@dataclass(frozen=True, eq=False)
class ImageModes:
    """Judge of images: their class, and whether they are images of the data set at all.

    An image counts if the classifier gives a class at least probability ½, and if its nearest training image
    (Euclidean) is no farther than that of 99 of 100 real test images: a classifier alone is sure of noise, too.

    Attributes:
        classifier: MLP trained on the real images.
        real: training images, (n, pixel).
        near: largest distance to the nearest of them.
        accuracy: of the classifier on the test images.
        errors: largest probability, over classes, that a test image of another class is taken for one of this class.
        modes: number of classes.
    """

    classifier: nn.Module
    real: torch.Tensor
    near: float
    accuracy: float
    errors: float
    modes: int

    @classmethod
    def of(cls, data: Dataset, *, seed: int = 0) -> ImageModes:
        """Train the judge.

        Raises:
            InputError: sequences, one class, or fewer than two test images.
        """
        if data.kind != "images":
            raise InputError(f"ImageModes.of: {data.name}: must be images; got {data.kind}")
        if data.n_classes < 2:
            raise InputError(
                f"ImageModes.of: {data.name}: must have at least 2 classes, since one cannot be lost; got 1"
            )
        if len(data.x_test) < 2:
            raise InputError(f"ImageModes.of: {data.name}: must have at least 2 test images; got {len(data.x_test)}")
        classifier = MLP.for_data(data, generator=torch.Generator().manual_seed(seed))
        train(classifier, data, TRAINED, seed=seed)
        real, test = (torch.as_tensor(np.array(x)).flatten(1) for x in (data.x_train, data.x_test))
        near = float(_nearest(test, real).double().quantile(NEAR))
        with torch.no_grad():
            read = classifier(test).argmax(1).numpy()
        wrong = [(read[data.y_test != k] == k).mean() for k in range(data.n_classes)]
        return cls(classifier, real, near, float((read == data.y_test).mean()), float(max(wrong)), data.n_classes)

    def coverage(self, images: NDArray[np.floating]) -> Coverage:
        """Count the classes that images (n, ...) reach.

        Raises:
            InputError: images of another size.
        """
        x = torch.as_tensor(np.array(images, dtype=np.float32)).flatten(1)
        if x.shape[1] != self.real.shape[1]:
            raise InputError(f"ImageModes.coverage: images must have {self.real.shape[1]} pixels; got {x.shape[1]}")
        with torch.no_grad():
            sure, read = self.classifier(x).softmax(1).max(1)
        valid = (sure >= SURE) & (_nearest(x, self.real) <= self.near)
        return coverage(read.numpy(), valid.numpy(), self.modes, errors=self.errors)


def _nearest(x: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
    """Return the distance from each image to the nearest of the real ones."""
    return torch.cdist(x, real).min(dim=1).values
