"""Names, texts and files to networks and treatments: what ``ictal train`` and ``ictal evaluate`` build."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from ...simulator import InputError, unknown
from ...simulator.fields import assignments, parameter_types, parse
from ...simulator.files.document import to_json
from ..architectures import architecture
from ..system import parameters as fields_of
from ..treatments import TREATMENTS

if TYPE_CHECKING:  # torch takes seconds to import
    import torch
    from torch import nn

    from ..architectures.base import Architecture
    from ..datasets import Dataset
    from ..treatments.base import Treatment

DEVICES = ("auto", "cpu", "cuda", "cuda:N", "mps")


def architecture_settings(name: str, settings: Sequence[str]) -> dict[str, object]:
    """``KEY=VALUE`` texts as fields of an architecture, read by the type of each.

    Raises:
        InputError: no such field, a text without "=", given twice, or not a value of that type.

    >>> architecture_settings("mlp", ["hidden=64,32"])
    {'hidden': (64, 32)}
    """
    hints = parameter_types(type(architecture(name)))
    form = f"KEY=VALUE, e.g. --set {next(iter(hints), 'width')}=…"
    given = assignments("--set", settings, f"field of {name}", hints, form)
    return {key: parse(f"{name}.{key}", hints[key], value) for key, value in given.items()}


def treatment(text: str) -> Treatment:
    """Return a treatment from ``NAME=DOSE`` or ``NAME=DOSE,FIELD=VALUE,…``; a value may be a list: ``layers=a,b``.

    Raises:
        InputError: no such treatment or field, no dose, or a value that cannot be.
    """
    name, equals, rest = (part.strip() for part in text.partition("="))
    kind = TREATMENTS.load(name)
    dose, *others = rest.split(",")
    if not equals or not dose.strip():
        raise InputError(f"--treat {text!r}: must be NAME=DOSE, e.g. --treat {name}=1, then ,FIELD=VALUE if wanted")
    hints = parameter_types(kind)
    texts = {fields(kind)[0].name: dose.strip()}
    last = ""
    for piece in others:
        key, given, value = (part.strip() for part in piece.partition("="))
        if not given and last:
            texts[last] += f",{piece.strip()}"
            continue
        if key not in hints:
            raise unknown(f"field of {name}", key, hints)
        if key in texts:
            raise InputError(f"--treat {text!r}: gives {key} twice")
        texts[key], last = value, key
    values = {key: parse(f"{kind.__name__}.{key}", hints[key], value) for key, value in texts.items()}
    built: Treatment = kind(**values)
    return built


def device(name: str) -> torch.device:
    """Return the device of this name; "auto" is a GPU where there is one. Under ``torchrun`` each process has its own.

    Raises:
        InputError: there is none of that name here.
    """
    import torch

    from .distributed import local_device

    kind = ("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name
    try:
        found = local_device(kind)
        torch.empty(0, device=found)
    except (RuntimeError, AssertionError, ValueError) as error:
        known = f"known: {', '.join(DEVICES)}"
        what = (str(error).splitlines() or ["cannot be used"])[0].rstrip(".")
        raise InputError(f"device: {name!r} cannot be used here ({what}); {known}") from None
    return found


def network(chosen: Architecture, data: Dataset, seed: int) -> nn.Module:
    """A network for these data, with fresh weights: it standardises by one mean and SD over all training values.

    Kernels of convolutions lie in memory with the channels last, which a CPU and a GPU both work through faster.
    """
    import torch

    mean, sd = data.mean_and_sd()
    built = chosen.build(data.image_shape, data.n_classes, seed=seed, mean=mean, sd=sd)
    laid: nn.Module = built.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in the stubs
    return laid


def stored(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mapping as it is read back from a file: plain JSON, its keys sorted."""
    found: dict[str, Any] = json.loads(to_json(value))
    return found


def described(name: str, chosen: Architecture, data: Dataset) -> dict[str, Any]:
    """Return the description of a network in a file of weights: enough to build it again."""
    return {
        "architecture": {"name": name, "parameters": fields_of(chosen)},  # type: ignore[arg-type]
        "shape": list(data.image_shape),
        "n_classes": data.n_classes,
    }


def open_model(path: str | os.PathLike[str]) -> tuple[nn.Module, dict[str, Any]]:
    """The network of a file that ``ictal train`` wrote (FILE.pt, or a checkpoint), and what the file says of it.

    Raises:
        InputError: missing, damaged or foreign; weights of another network than the file says.
    """
    from .checkpoint import architecture_in_words, load_weights, read

    document = read(path)
    about: dict[str, Any] = document["about"]
    try:
        there = about["architecture"]
        chosen = architecture(there["name"], there["parameters"])
        shape, n_classes = tuple(int(n) for n in about["shape"]), int(about["n_classes"])
        weights = document["model"]
        if not isinstance(weights, Mapping):
            raise TypeError("model")
    except (LookupError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: does not name its architecture; want a file of ictal train") from error
    model = chosen.build(shape, n_classes)
    load_weights(model, weights, str(path), "another network", architecture_in_words(there))
    return model, about
