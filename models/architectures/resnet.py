"""Residual networks of 18, 34 and 50 layers, with the stem for ImageNet or the one for CIFAR."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal

import torch
from torch import Tensor, nn

from ...simulator import InputError
from ...simulator.fields import Checked, Param
from .checks import SMALL, generator_of, image_size
from .layers import Images, conv, linear

BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}  # of the four stages


@dataclass(frozen=True)
class ResNet(Checked):
    """Residual network (He et al., CVPR 2016): y = relu(F(x) + shortcut(x)), four stages, global mean, readout.

    18 and 34 layers have blocks of two 3 × 3 convolutions; 50 layers have bottlenecks of 1 × 1, 3 × 3 and
    1 × 1 with four times the channels, the stride on the 3 × 3 one. Convolutions begin He-normal
    (fan-out), batch norms at 1 and 0, the readout He-uniform with biases 0.

    Parameters with 1000 classes and RGB images: 11,689,512, 21,797,672 and 25,557,032; ResNet-18 with the
    CIFAR stem and 10 classes: 11,173,962.

    Raises:
        InputError: a field that cannot be.
    """

    depth: Annotated[Literal[18, 34, 50], Param("layers with weights, without those of shortcuts")] = 18
    width: Annotated[int, Param("channels of the first stage; 64 in the paper", ge=1)] = 64
    stem: Annotated[
        Literal["auto", "imagenet", "cifar"],
        Param("7 x 7 at stride 2 and a pool, or 3 x 3; auto: cifar up to 64 pixels"),
    ] = "auto"
    zero_init: Annotated[bool, Param("gain 0 of each block's last batch norm: blocks begin as identities")] = False

    def build(
        self, shape: tuple[int, ...], n_classes: int, *, seed: int = 0, mean: float = 0.0, sd: float = 1.0
    ) -> ResNetModule:
        """The network for images of this shape, with fresh weights (see `Architecture`)."""
        image_size(self, shape)
        generator = generator_of(self, n_classes, seed)
        return ResNetModule(self, n_classes, generator, Images(shape, mean=mean, sd=sd))


resnet34, resnet50 = partial(ResNet, depth=34), partial(ResNet, depth=50)  # presets of ARCHITECTURES


class BasicBlock(nn.Module):
    """Two 3 × 3 convolutions and a shortcut: relu2(bn2(conv2(relu1(bn1(conv1(x))))) + downsample(x))."""

    expansion = 1

    def __init__(self, n_inputs: int, width: int, stride: int, generator: torch.Generator) -> None:
        super().__init__()
        self.conv1 = conv(n_inputs, width, 3, generator, stride=stride)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = conv(width, width, 3, generator)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = _shortcut(n_inputs, width, stride, generator)
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """(n, n_inputs, H, W) -> (n, width, H/stride, W/stride)."""
        h = self.relu1(self.bn1(self.conv1(x)))
        out: Tensor = self.relu2(self.bn2(self.conv2(h)) + self.downsample(x))
        return out


class Bottleneck(nn.Module):
    """Convolutions 1 × 1 to `width` channels, 3 × 3, and 1 × 1 to 4·width, and a shortcut."""

    expansion = 4

    def __init__(self, n_inputs: int, width: int, stride: int, generator: torch.Generator) -> None:
        super().__init__()
        n_outputs = self.expansion * width
        self.conv1 = conv(n_inputs, width, 1, generator)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = conv(width, width, 3, generator, stride=stride)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu2 = nn.ReLU()
        self.conv3 = conv(width, n_outputs, 1, generator)
        self.bn3 = nn.BatchNorm2d(n_outputs)
        self.downsample = _shortcut(n_inputs, n_outputs, stride, generator)
        self.relu3 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """(n, n_inputs, H, W) -> (n, 4·width, H/stride, W/stride)."""
        h = self.relu1(self.bn1(self.conv1(x)))
        h = self.relu2(self.bn2(self.conv2(h)))
        out: Tensor = self.relu3(self.bn3(self.conv3(h)) + self.downsample(x))
        return out


class ResNetModule(nn.Module):
    """The network of a `ResNet`. Its parameters have torchvision's names, so that weights from there load.

    Modules: ``input``, ``conv1``, ``bn1``, ``relu``, ``maxpool``, ``layer1.0.conv1``, ``layer1.0.bn1``,
    ``layer1.0.relu1`` ... ``layer4.1.relu2``, ``avgpool``, ``fc``. Every ReLU is a module of its own.

    Raises:
        InputError: in `forward`, images of another shape; one image alone in training where the last
            stage has a single pixel, of which a batch norm can take no variance.
    """

    def __init__(self, kind: ResNet, n_classes: int, generator: torch.Generator, images: Images) -> None:
        super().__init__()
        height, width, channels = image_size(kind, images.shape)
        cifar = kind.stem == "cifar" or (kind.stem == "auto" and min(height, width) <= SMALL)
        block: type[BasicBlock] | type[Bottleneck] = Bottleneck if kind.depth == 50 else BasicBlock
        self.one_pixel = max(height, width) <= (8 if cifar else 32)
        self.input = images
        self.conv1 = conv(channels, kind.width, 3 if cifar else 7, generator, stride=1 if cifar else 2)
        self.bn1 = nn.BatchNorm2d(kind.width)
        self.relu = nn.ReLU()
        self.maxpool = nn.Identity() if cifar else nn.MaxPool2d(3, stride=2, padding=1)
        stages: list[nn.Sequential] = []
        n_inputs = kind.width
        for stage, n_blocks in enumerate(BLOCKS[kind.depth]):
            blocks: list[nn.Module] = []
            for k in range(n_blocks):
                made = block(n_inputs, kind.width * 2**stage, 2 if stage > 0 and k == 0 else 1, generator)
                if kind.zero_init:
                    nn.init.zeros_([norm for norm in made.children() if isinstance(norm, nn.BatchNorm2d)][-1].weight)
                blocks.append(made)
                n_inputs = kind.width * 2**stage * block.expansion
            stages.append(nn.Sequential(*blocks))
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = linear(n_inputs, n_classes, generator)

    def forward(self, x: Tensor) -> Tensor:
        """Images (n, height, width[, channel]) -> logits (n, n_classes)."""
        if self.training and self.one_pixel and len(x) == 1:
            raise InputError(
                "ResNet: in training a batch must hold at least 2 images of this size, for the variances of the "
                "batch norms; got 1; choose another batch_size"
            )
        h = self.maxpool(self.relu(self.bn1(self.conv1(self.input(x)))))
        h = self.layer4(self.layer3(self.layer2(self.layer1(h))))
        logits: Tensor = self.fc(self.avgpool(h).flatten(1))
        return logits


def _shortcut(n_inputs: int, n_outputs: int, stride: int, generator: torch.Generator) -> nn.Module:
    if stride == 1 and n_inputs == n_outputs:
        return nn.Identity()
    return nn.Sequential(conv(n_inputs, n_outputs, 1, generator, stride=stride), nn.BatchNorm2d(n_outputs))
