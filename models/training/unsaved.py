"""State of modules that is in no `state_dict`: buffers that are not saved, and values held as attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

_OWN = frozenset(vars(nn.Module()))  # attributes that every module has


def numbers(model: nn.Module) -> dict[str, int | float]:
    """Return the numbers that modules hold as attributes, by name: most are constants."""
    return {name: value for name, value in _values(model) if isinstance(value, int | float)}


def unsaved(model: nn.Module, constants: Mapping[str, int | float]) -> dict[str, Any]:
    """Return what is outside of the `state_dict`, by name: tensors, arrays as tensors, states of generators, numbers.

    Numbers that are those of `constants` are left out.

    >>> relu = nn.ReLU()
    >>> relu.register_buffer("seen", torch.zeros(2), persistent=False)
    >>> relu.calls = 3
    >>> unsaved(relu, {"inplace": False, "calls": 2})
    {'seen': tensor([0., 0.]), 'calls': 3}
    """
    found = _values(model)
    return {n: _plain(v) for n, v in found if not (isinstance(v, int | float) and constants.get(n) == v)}


def put_back(model: nn.Module, values: Mapping[str, Any]) -> None:
    """Put the values of `unsaved` back into the modules, on the device of the first parameter where they are new."""
    like = next(iter(model.parameters()), torch.zeros(0))
    for name, value in values.items():
        path, _, key = name.rpartition(".")
        module = model.get_submodule(path)
        places: dict[str, Any] = module._buffers if key in module._buffers else vars(module)
        there = places.get(key)
        if isinstance(there, torch.Generator):
            there.set_state(value.cpu())
        elif isinstance(there, np.ndarray):
            places[key] = value.cpu().numpy().copy()
        elif isinstance(value, Tensor):
            device = there.device if isinstance(there, Tensor) else like.device
            places[key] = value.to(device, copy=True)
        else:
            places[key] = value


def _values(model: nn.Module) -> Iterator[tuple[str, Any]]:
    for path, module in model.named_modules():
        prefix = f"{path}." if path else ""
        for key in module._non_persistent_buffers_set:
            if module._buffers.get(key) is not None:
                yield prefix + key, module._buffers[key]
        for key, value in vars(module).items():
            if key not in _OWN and isinstance(value, Tensor | np.ndarray | torch.Generator | int | float):
                yield prefix + key, value


def _plain(value: Any) -> Any:
    """Return a copy of the value, as a checkpoint stores it."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, np.ndarray):
        return torch.tensor(value) if value.dtype.kind in "bfiuc" else torch.zeros(0)
    return value.get_state() if isinstance(value, torch.Generator) else value
