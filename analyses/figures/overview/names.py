"""Names of networks and data as a title writes them, from the provenance of a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

NETWORKS = {
    "mlp": "MLP", "convnet": "ConvNet", "resnet18": "ResNet-18", "resnet34": "ResNet-34", "resnet50": "ResNet-50",
    "vgg16": "VGG-16", "vit-tiny": "ViT-tiny", "vit-cifar": "ViT for CIFAR", "rnn": "RNN", "gru": "GRU",
    "lstm": "LSTM", "rate-rnn": "rate RNN", "snn": "spiking network",
}  # fmt: skip
DATA_SETS = {
    "cifar10": "CIFAR-10", "cifar100": "CIFAR-100", "cifar100-coarse": "CIFAR-100, 20 classes",
    "fashion-mnist": "Fashion-MNIST", "tiny-imagenet": "Tiny ImageNet", "imagenet-100": "ImageNet-100",
}  # fmt: skip


def network_name(source: Mapping[str, Any]) -> str:
    """Return the network with its sizes.

    >>> network_name({"system": "mlp", "parameters": {"hidden": [64, 64]}}), network_name({"system": "vgg16"})
    ('MLP, 2 × 64', 'VGG-16')
    """
    system = source.get("system") or source.get("model")
    name = NETWORKS.get(str(system), str(system) if system else "a network")
    given = source.get("parameters")
    parameters: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    hidden, width = parameters.get("hidden"), parameters.get("width")
    if isinstance(hidden, list | tuple) and hidden and system in ("mlp", "snn"):
        equal = len(set(hidden)) == 1
        return f"{name}, {len(hidden)} × {hidden[0]}" if equal else f"{name}, {'–'.join(map(str, hidden))}"
    return f"{name}, width {width}" if isinstance(width, int) else name


def data_name(source: Mapping[str, Any]) -> str:
    """Return the data, "" where the file does not say; of a path the last part alone.

    >>> data_name({"data": {"name": "cifar10:/somewhere"}}), data_name({"data": {"name": "rows:digits"}}), data_name({})
    ('CIFAR-10', 'rows of digits', '')
    """
    data = source.get("data")
    name = str(data.get("name") or "") if isinstance(data, Mapping) else ""
    first, _, rest = name.partition(":")
    if first == "rows":
        return f"rows of {data_name({'data': {'name': rest}})}" if rest else "rows of digits"
    return DATA_SETS.get(first) or re.split(r"[/\\\\]", first.rstrip("/\\"))[-1]


def wrong_labels(source: Mapping[str, Any]) -> float:
    """Return the share of wrong training labels; 0 where the file names none."""
    data = source.get("data")
    share = data.get("label_noise") if isinstance(data, Mapping) else 0.0
    return float(share) if isinstance(share, int | float) else 0.0


def capitalised(text: str) -> str:
    """Return a text that begins with a capital, unless its first word has capitals of its own.

    >>> capitalised("rate RNN: rests"), capitalised("aEIF")
    ('Rate RNN: rests', 'aEIF')
    """
    first = text.split(" ", 1)[0]
    return text[:1].upper() + text[1:] if first == first.lower() else text
