"""State of modules that is in no `state_dict`: buffers that are not saved, and values held as attributes."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..probe.streams import STREAMS, restore, state_of

_OWN = frozenset(vars(nn.Module()))  # attributes that every module has
_SETS = (list, deque, dict, OrderedDict)  # that a module may fill while it runs


def constants_of(model: nn.Module) -> dict[str, Any]:
    """Return the numbers, lists and mappings that modules hold as attributes, by name: most are constants."""
    return {
        name: _plain(value) for name, value in _values(model) if isinstance(value, int | float | list | deque | dict)
    }


def unsaved(model: nn.Module, constants: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is outside of the `state_dict`, by name: tensors, arrays as tensors, states of generators, numbers.

    Lists and mappings of these count, too. Numbers, lists and mappings that are those of `constants` are left out.

    >>> relu = nn.ReLU()
    >>> relu.register_buffer("seen", torch.zeros(2), persistent=False)
    >>> relu.calls = 3
    >>> unsaved(relu, {"inplace": False, "calls": 2})
    {'seen': tensor([0., 0.]), 'calls': 3}
    """
    found = {name: _plain(value) for name, value in _values(model)}
    return {name: value for name, value in found.items() if name not in constants or not _alike(value, constants[name])}


def put_back(model: nn.Module, values: Mapping[str, Any]) -> None:
    """Put the values of `unsaved` back into the modules, on the device of the first parameter where they are new."""
    like = next(iter(model.parameters()), torch.zeros(0))
    for name, value in values.items():
        path, _, key = name.rpartition(".")
        module = model.get_submodule(path)
        places: dict[str, Any] = module._buffers if key in module._buffers else vars(module)
        there = places.get(key)
        if isinstance(there, STREAMS):
            restore(there, value)
        elif isinstance(there, _SETS):  # another mapping or list may be of another kind
            there.clear()
            fill = there.update if isinstance(there, dict) else there.extend
            fill(_placed(value, like.device))
        elif isinstance(there, np.ndarray):
            places[key] = value.cpu().numpy().copy()
        elif isinstance(there, Tensor) and isinstance(value, Tensor):
            places[key] = value.to(there.device, copy=True)
        else:
            places[key] = _placed(value, like.device)


def _values(model: nn.Module) -> Iterator[tuple[str, Any]]:
    for path, module in model.named_modules():
        prefix = f"{path}." if path else ""
        for key in module._non_persistent_buffers_set:
            if module._buffers.get(key) is not None:
                yield prefix + key, module._buffers[key]
        for key, value in vars(module).items():
            kind = isinstance(value, (Tensor, np.ndarray, *STREAMS, int, float))
            if key not in _OWN and (kind or (type(value) in _SETS and _is_plain(value))):
                yield prefix + key, value


def _is_plain(value: Any, depth: int = 4) -> bool:
    """Return whether a value is of tensors, numbers and text alone, and holds no weights."""
    if type(value) in (*_SETS, tuple):
        inner = [*value, *value.values()] if isinstance(value, dict) else value
        return depth > 0 and all(_is_plain(each, depth - 1) for each in inner)
    return value is None or (isinstance(value, Tensor | int | float | str) and not isinstance(value, nn.Parameter))


def _plain(value: Any) -> Any:
    """Return a copy of the value, as a checkpoint stores it."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, np.ndarray):
        return torch.tensor(value) if value.dtype.kind in "bfiuc" else torch.zeros(0)
    return state_of(value) if isinstance(value, STREAMS) else _each(value, _plain)


def _placed(value: Any, device: torch.device) -> Any:
    """Return a copy of a stored value with its tensors on a device."""
    if isinstance(value, Tensor):
        return value.to(device, copy=True)
    return _each(value, lambda each: _placed(each, device))


def _each(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {key: change(each) for key, each in value.items()}
    if isinstance(value, list | tuple | deque):
        return tuple(map(change, value)) if isinstance(value, tuple) else [*map(change, value)]
    return value


def _alike(one: Any, other: Any) -> bool:
    """Return whether two plain values are equal."""
    if isinstance(one, Tensor) or isinstance(other, Tensor):
        both = isinstance(one, Tensor) and isinstance(other, Tensor)
        return both and one.dtype == other.dtype and one.device == other.device and torch.equal(one, other)
    if isinstance(one, dict) and isinstance(other, dict):
        return [*one] == [*other] and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and type(one) is type(other):
        return len(one) == len(other) and all(map(_alike, one, other))
    return bool(type(one) is type(other) and one == other)
