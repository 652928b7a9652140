"""VGG networks of 11 to 19 layers, with the head for ImageNet or one for CIFAR."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from torch import Tensor, nn

from ...simulator.fields import Checked, Param
from .checks import SMALL, generator_of, image_size
from .layers import Images, conv, linear

CONVOLUTIONS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}  # of five stages
WIDTHS = (1, 2, 4, 8, 8)  # channels of the stages, in units of the first one's


@dataclass(frozen=True)
class VGG(Checked):
    """Five stages of 3 × 3 convolutions, each ended by a 2 × 2 max pool (Simonyan & Zisserman, ICLR 2015).

    The ImageNet head takes the last maps at 7 × 7 through two hidden linear layers with dropout; the
    CIFAR head is one linear layer on their mean.
    Convolutions begin He-normal (fan-out), linear layers He-uniform, biases 0.

    Parameters of VGG-16 with RGB images: 138,357,544 (ImageNet head, 1000 classes), 14,719,818 (CIFAR head,
    10 classes), 14,728,266 (the same with batch norm; its convolutions keep their biases, as published).

    Raises:
        InputError: a field that cannot be; images below 32 × 32 pixels, which five pools would use up.
    """

    depth: Annotated[Literal[11, 13, 16, 19], Param("layers with weights, as the ImageNet head counts them")] = 16
    width: Annotated[int, Param("channels of the first stage; 64 in the paper", ge=1)] = 64
    norm: Annotated[bool, Param("batch norm after every convolution")] = False
    head: Annotated[Literal["auto", "imagenet", "cifar"], Param("readout; auto: cifar up to 64 pixels")] = "auto"
    hidden: Annotated[int, Param("units of each hidden layer of the ImageNet head", ge=1)] = 4096
    dropout: Annotated[float, Param("dropout after these, drawn by torch's global generator [1]", ge=0, le=1)] = 0.5

    def build(
        self, shape: tuple[int, ...], n_classes: int, *, seed: int = 0, mean: float = 0.0, sd: float = 1.0
    ) -> VGGModule:
        """The network for images of this shape, with fresh weights (see `Architecture`)."""
        image_size(self, shape, side=2 ** len(WIDTHS))
        generator = generator_of(self, n_classes, seed)
        return VGGModule(self, n_classes, generator, Images(shape, mean=mean, sd=sd))


class VGGModule(nn.Module):
    """The network of a `VGG`, with the layer names of the original.

    Modules: ``input``, ``features.conv1_1``, ``features.norm1_1`` (with batch norm), ``features.relu1_1`` ...
    ``features.pool5``, ``avgpool``, then ``classifier.fc6``, ``classifier.relu6``, ``classifier.drop6``,
    ``classifier.fc7`` ... ``classifier.fc8``, or ``classifier.fc`` alone.
    """

    def __init__(self, kind: VGG, n_classes: int, generator: torch.Generator, images: Images) -> None:
        super().__init__()
        height, width, channels = image_size(kind, images.shape)
        cifar = kind.head == "cifar" or (kind.head == "auto" and min(height, width) <= SMALL)
        self.input = images
        self.features, n_maps = _features(kind, channels, generator)
        self.avgpool = nn.AdaptiveAvgPool2d(1 if cifar else 7)
        self.classifier = nn.Sequential(
            OrderedDict({"fc": linear(n_maps, n_classes, generator)})
            if cifar
            else _imagenet_head(kind, 7 * 7 * n_maps, n_classes, generator)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Images (n, height, width[, channel]) -> logits (n, n_classes)."""
        logits: Tensor = self.classifier(self.avgpool(self.features(self.input(x))).flatten(1))
        return logits


def _features(kind: VGG, channels: int, generator: torch.Generator) -> tuple[nn.Sequential, int]:
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    n_inputs = channels
    for stage, (n_convolutions, times) in enumerate(zip(CONVOLUTIONS[kind.depth], WIDTHS, strict=True), start=1):
        for k in range(1, n_convolutions + 1):
            layers[f"conv{stage}_{k}"] = conv(n_inputs, kind.width * times, 3, generator, bias=True)
            if kind.norm:
                layers[f"norm{stage}_{k}"] = nn.BatchNorm2d(kind.width * times)
            layers[f"relu{stage}_{k}"] = nn.ReLU()
            n_inputs = kind.width * times
        layers[f"pool{stage}"] = nn.MaxPool2d(2)
    return nn.Sequential(layers), n_inputs


def _imagenet_head(kind: VGG, n_inputs: int, n_classes: int, generator: torch.Generator) -> OrderedDict[str, nn.Module]:
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for k in (6, 7):
        layers[f"fc{k}"] = linear(n_inputs, kind.hidden, generator)
        layers[f"relu{k}"] = nn.ReLU()
        layers[f"drop{k}"] = nn.Dropout(kind.dropout)
        n_inputs = kind.hidden
    layers["fc8"] = linear(n_inputs, n_classes, generator)
    return layers
