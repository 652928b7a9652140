"""A small convolutional network after LeNet, for images from 4 × 4 pixels up."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

import torch
from torch import Tensor, nn

from ...simulator import InputError
from ...simulator.fields import Checked, Param
from .checks import generator_of, image_size
from .layers import Images, conv, linear
from .mlp import Block


@dataclass(frozen=True)
class ConvNet(Checked):
    """Convolution, ReLU and 2 × 2 max pool, `depth` times; then linear layers (after LeCun et al., Proc. IEEE 1998).

    It differs from LeNet-5 in what has changed since: ReLU for tanh, max for mean pools, padding, a
    softmax readout. The channels double with every convolution: width, 2·width, ...

    Raises:
        InputError: a field outside its bounds; an even kernel; images that the pools would use up.
    """

    width: Annotated[int, Param("channels of the first convolution", ge=1)] = 32
    depth: Annotated[int, Param("convolutions, each followed by a pool that halves the image", ge=1)] = 2
    kernel: Annotated[int, Param("side of a kernel, odd [pixels]", ge=1)] = 5
    hidden: Annotated[tuple[int, ...], Param("units of linear layers before the readout, if any", ge=1)] = (128,)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.kernel % 2 == 0:
            raise InputError(f"ConvNet.kernel: must be odd; got {self.kernel}; try {self.kernel + 1}")

    def build(
        self, shape: tuple[int, ...], n_classes: int, *, seed: int = 0, mean: float = 0.0, sd: float = 1.0
    ) -> ConvNetModule:
        """The network for images of this shape, with fresh weights (see `Architecture`)."""
        image_size(self, shape, side=2**self.depth)
        return ConvNetModule(
            self, tuple(shape), n_classes, generator_of(self, n_classes, seed), Images(shape, mean=mean, sd=sd)
        )


class ConvBlock(nn.Module):
    """``conv`` (pre-activations), ``relu``, ``pool``: (n, n_inputs, H, W) -> (n, n_outputs, H // 2, W // 2)."""

    def __init__(self, n_inputs: int, n_outputs: int, kernel: int, generator: torch.Generator) -> None:
        super().__init__()
        self.conv = conv(n_inputs, n_outputs, kernel, generator, bias=True)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(2)

    def forward(self, x: Tensor) -> Tensor:
        """(n, n_inputs, H, W) -> (n, n_outputs, H // 2, W // 2)."""
        out: Tensor = self.pool(self.relu(self.conv(x)))
        return out


class ConvNetModule(nn.Module):
    """The network of a `ConvNet`.

    Modules: ``input``, ``blocks.0.conv``, ``blocks.0.relu``, ``blocks.0.pool``, ``blocks.1.conv`` ...,
    ``hidden.0.linear``, ``hidden.0.relu`` ..., ``readout``.
    """

    def __init__(
        self, kind: ConvNet, shape: tuple[int, ...], n_classes: int, generator: torch.Generator, images: Images
    ) -> None:
        super().__init__()
        height, width, channels = image_size(kind, shape)
        maps = (channels, *(kind.width * 2**k for k in range(kind.depth)))
        units = (maps[-1] * (height // 2**kind.depth) * (width // 2**kind.depth), *kind.hidden)
        self.input = images
        self.blocks = nn.Sequential(*(ConvBlock(a, b, kind.kernel, generator) for a, b in pairwise(maps)))
        self.hidden = nn.Sequential(*(Block(a, b, generator) for a, b in pairwise(units)))
        self.readout = linear(units[-1], n_classes, generator)

    def forward(self, x: Tensor) -> Tensor:
        """Images (n, height, width[, channel]) -> logits (n, n_classes)."""
        logits: Tensor = self.readout(self.hidden(self.blocks(self.input(x)).flatten(1)))
        return logits
