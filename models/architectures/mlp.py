"""The multilayer perceptron, with every pre- and post-activation a named module that can be probed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from ...simulator import InputError
from ...simulator.fields import Checked
from ..datasets import Dataset
from .base import Sizes
from .checks import features, generator_of
from .layers import Standardise, linear


class Block(nn.Module):
    """One hidden layer: ``linear`` gives the pre-activations, ``relu`` the activations."""

    def __init__(self, n_inputs: int, n_units: int, generator: torch.Generator) -> None:
        super().__init__()
        self.linear = linear(n_inputs, n_units, generator)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """(n, n_inputs) -> (n, n_units)."""
        out: Tensor = self.relu(self.linear(x))
        return out


class MLP(nn.Module):
    """Images -> standardise -> flatten -> hidden layers (linear, ReLU) -> readout (linear).

    Modules: ``hidden.0.linear``, ``hidden.0.relu``, ``hidden.1.linear`` ..., ``readout``. Weights
    are He-uniform (He et al., ICCV 2015), biases 0.

    Args:
        n_inputs: pixels of an image.
        hidden: units of every hidden layer.
        n_classes: outputs (logits).
        generator: the source of the initial weights; torch's global generator is neither read nor advanced.
        mean, sd: of the training images.

    Raises:
        InputError: a size that is not a positive integer; images of another size in `forward`.

    >>> model = MLP(64, (16,), 10, generator=torch.Generator().manual_seed(0))
    >>> tuple(model(torch.zeros(3, 8, 8)).shape)
    (3, 10)
    """

    def __init__(
        self,
        n_inputs: int,
        hidden: Sequence[int] = (128, 128),
        n_classes: int = 10,
        *,
        generator: torch.Generator,
        mean: float = 0.0,
        sd: float = 1.0,
    ) -> None:
        super().__init__()
        sizes = (n_inputs, *hidden)
        if len(sizes) < 2 or not all(isinstance(n, int | np.integer) and n >= 1 for n in (*sizes, n_classes)):
            raise InputError(
                "MLP: n_inputs, n_classes and every hidden size must be integers >= 1, at least one hidden layer; "
                f"got {n_inputs}, {n_classes}, {tuple(hidden)}"
            )
        self.n_inputs = n_inputs
        self.standardise = Standardise(mean, sd)
        self.hidden = nn.Sequential(*(Block(a, b, generator) for a, b in pairwise(sizes)))
        self.readout = linear(sizes[-1], n_classes, generator)

    @classmethod
    def for_data(cls, data: Dataset, hidden: Sequence[int] = (128, 128), *, generator: torch.Generator) -> MLP:
        """A network of the data's sizes that standardises by one mean and SD over all its training pixels."""
        (mean, sd), n_inputs = data.mean_and_sd(), int(np.prod(data.image_shape))
        return cls(n_inputs, hidden, data.n_classes, generator=generator, mean=mean, sd=sd)

    def forward(self, x: Tensor) -> Tensor:
        """Images (n, ...) of n_inputs pixels -> logits (n, n_classes)."""
        x = x.flatten(1) if x.ndim > 1 else x.unsqueeze(1)
        if x.shape[1] != self.n_inputs:
            raise InputError(f"MLP: images must have {self.n_inputs} pixels; got {x.shape[1]}")
        logits: Tensor = self.readout(self.hidden(self.standardise(x)))
        return logits


@dataclass(frozen=True)
class MultilayerPerceptron(Checked):
    """The multilayer perceptron `MLP` for images or sequences of any shape, which it flattens.

    Raises:
        InputError: `hidden` that is empty or holds anything but integers >= 1.
    """

    hidden: Sizes = (128, 128)

    def build(
        self, shape: tuple[int, ...], n_classes: int, *, seed: int = 0, mean: float = 0.0, sd: float = 1.0
    ) -> MLP:
        """The network for data of this shape, with fresh weights (see `Architecture`)."""
        generator = generator_of(self, n_classes, seed)
        return MLP(features(self, shape), self.hidden, n_classes, generator=generator, mean=mean, sd=sd)
