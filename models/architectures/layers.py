"""Parts of the networks: the module that takes batches in, and layers with seeded weights.

Torch's own layers draw their initial weights from its global generator. Built on "meta" they draw nothing;
here they get memory and weights from a generator of their own.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from ...simulator import InputError

Layout = Literal["image", "rows", "flat"]


class Standardise(nn.Module):
    """(x − mean) / sd, with the mean and SD of the training images: the network takes images in [0, 1]."""

    mean: Tensor
    sd: Tensor

    def __init__(self, mean: float = 0.0, sd: float = 1.0) -> None:
        super().__init__()
        if not (np.isfinite(mean) and np.isfinite(sd) and sd > 0):
            raise InputError(f"Standardise.sd: must be finite and > 0; got mean {mean}, sd {sd}")
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32))
        self.register_buffer("sd", torch.tensor(sd, dtype=torch.float32))

    def forward(self, x: Tensor) -> Tensor:
        """Images (n, ...) -> the same shape."""
        return (x - self.mean) / self.sd


class Images(nn.Module):
    """The first module of a network: batches as the data store them, standardised and laid out for its layers.

    Args:
        shape: of one image, (height, width) or (height, width, channel), or of one sequence, (time, channel).
        layout: ``"image"``: (n, channel, height, width); ``"rows"``: (n, time, feature), where the rows of
            an image are its time points; ``"flat"``: (n, feature).
        mean, sd: of the training data.

    Raises:
        InputError: in `forward`, a batch of another shape.

    >>> tuple(Images((32, 24, 3))(torch.zeros(5, 32, 24, 3)).shape)
    (5, 3, 32, 24)
    >>> tuple(Images((32, 24, 3), layout="rows")(torch.zeros(5, 32, 24, 3)).shape)
    (5, 32, 72)
    """

    def __init__(self, shape: tuple[int, ...], *, layout: Layout = "image", mean: float = 0.0, sd: float = 1.0) -> None:
        super().__init__()
        self.shape = tuple(shape)
        self.layout = layout
        self.standardise = Standardise(mean, sd)

    def forward(self, x: Tensor) -> Tensor:
        """Batches (n, *shape) -> the layout."""
        if tuple(x.shape[1:]) != self.shape:
            wanted, got = (" x ".join(map(str, ("n", *shape))) for shape in (self.shape, x.shape[1:]))
            raise InputError(f"Images: a batch must have shape {wanted}; got {got}")
        x = self.standardise(x)
        if self.layout == "flat":
            return x.flatten(1)
        if self.layout == "rows":
            return x.flatten(2)
        # Contiguous: in channels-last order, CPU convolutions of 1 × 1 with stride 2 write out of bounds (torch 2.13).
        return x.unsqueeze(1) if x.ndim == 3 else x.permute(0, 3, 1, 2).contiguous()


def linear(n_inputs: int, n_units: int, generator: torch.Generator) -> nn.Linear:
    """A linear layer: He-uniform weights (He et al., ICCV 2015; fan-in), biases 0."""
    layer = nn.Linear(n_inputs, n_units, device="meta").to_empty(device="cpu")
    nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu", generator=generator)
    nn.init.zeros_(layer.bias)
    return layer


def conv(
    n_inputs: int, n_outputs: int, size: int, generator: torch.Generator, *, stride: int = 1, bias: bool = False
) -> nn.Conv2d:
    """A convolution size × size that keeps the height and width at stride 1: He-normal weights (fan-out), biases 0."""
    layer = nn.Conv2d(n_inputs, n_outputs, size, stride=stride, padding=size // 2, bias=bias, device="meta").to_empty(
        device="cpu"
    )
    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu", generator=generator)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer
