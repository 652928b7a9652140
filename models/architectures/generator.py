"""Generator of an adversarial pair: latent numbers to samples, every activation a named module that can be probed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from ...simulator import InputError
from .layers import linear
from .mlp import Block


class Generator(nn.Module):
    """Latents -> hidden layers (linear, ReLU) -> readout (linear) -> samples.

    Modules: ``hidden.0.linear``, ``hidden.0.relu``, ``hidden.1.linear`` ..., ``readout``. Weights are He-uniform,
    biases 0.

    Args:
        latent: numbers that a sample is made of.
        hidden: units of every hidden layer.
        shape: of a sample.
        generator: the source of the initial weights; torch's global generator is neither read nor advanced.
        bounded: whether samples are images in (0, 1), by a logistic function; else any real numbers.

    Raises:
        InputError: a size that is not a positive integer.

    >>> model = Generator(4, (16,), (8, 8), generator=torch.Generator().manual_seed(0), bounded=True)
    >>> tuple(model(torch.zeros(3, 4)).shape)
    (3, 8, 8)
    """

    def __init__(
        self,
        latent: int,
        hidden: Sequence[int],
        shape: Sequence[int],
        *,
        generator: torch.Generator,
        bounded: bool,
    ) -> None:
        super().__init__()
        sizes = (latent, *hidden)
        if len(sizes) < 2 or not all(isinstance(n, int | np.integer) and n >= 1 for n in (*sizes, *shape)):
            raise InputError(
                "Generator: latent, every size of the shape and every hidden size must be integers >= 1, at least one "
                f"hidden layer; got {latent}, {tuple(shape)}, {tuple(hidden)}"
            )
        self.latent, self.shape, self.bounded = latent, tuple(shape), bounded
        self.hidden = nn.Sequential(*(Block(a, b, generator) for a, b in pairwise(sizes)))
        self.readout = linear(sizes[-1], int(np.prod(shape)), generator)

    def forward(self, z: Tensor) -> Tensor:
        """Latents (n, latent) -> samples (n, *shape)."""
        out: Tensor = self.readout(self.hidden(z))
        if self.bounded:
            out = torch.sigmoid(out)
        return out.reshape(-1, *self.shape)
