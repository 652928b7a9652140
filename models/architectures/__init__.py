"""The networks that Ictal trains.

The object of an entry is called without arguments and gives the architecture with its defaults: a class, or
a preset (``resnet:resnet50`` is ``ResNet(depth=50)``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ...simulator.errors import unknown
from ...simulator.fields import check, parameter_types
from ...simulator.registry import Registry

if TYPE_CHECKING:
    from .base import Architecture

ARCHITECTURES = Registry("architecture", "ictal.models.architectures", {
    "mlp": ("mlp:MultilayerPerceptron", "multilayer perceptron, two hidden layers of 128 units by default"),
    "convnet": ("convnet:ConvNet", "LeNet-like: convolutions and pools, then linear layers; takes images from 4 x 4"),
    "resnet18": ("resnet:ResNet", "residual network of 18 layers, ImageNet or CIFAR stem by image size"),
    "resnet34": ("resnet:resnet34", "residual network of 34 layers"),
    "resnet50": ("resnet:resnet50", "residual network of 50 layers in bottleneck blocks"),
    "vgg16": ("vgg:VGG", "13 convolutions and 3 linear layers, or 1 at CIFAR's size; batch norm on request"),
    "vit-tiny": ("vit:ViT", "vision transformer ViT-Ti/16 for images of 224 x 224"),
    "vit-cifar": ("vit:vit_cifar", "vision transformer with patches of 4 for images of 32 x 32"),
    "rnn": ("recurrent:Recurrent", "vanilla tanh RNN on sequences; images are read row by row"),
    "gru": ("recurrent:gru", "gated recurrent units on sequences"),
    "lstm": ("recurrent:lstm", "long short-term memory on sequences"),
    "rate-rnn": ("rate:RateRNN", "continuous-time rate network, Dale's law on request; a flow"),
    "snn": ("spiking:SpikingNet", "leaky integrate-and-fire neurons of snnTorch, trained by surrogate gradients"),
}, needs=("__call__",))  # fmt: skip


def architecture(name: str, changes: Mapping[str, object] | None = None) -> Architecture:
    """Return the architecture of this name, with these fields changed.

    Raises:
        InputError: no such architecture or field (with the nearest), a value of another type, or one it refuses.

    >>> architecture("resnet18", {"width": 16})
    ResNet(depth=18, width=16, stem='auto', zero_init=False)
    """
    found: Architecture = ARCHITECTURES.load(name)()
    hints = parameter_types(type(found))
    for key in changes or {}:
        if key not in hints:
            raise unknown(f"field of {name}", key, hints)
    return replace(found, **{key: check(f"{name}.{key}", hints[key], value) for key, value in (changes or {}).items()})
