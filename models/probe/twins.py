"""Copies of modules that can be run without touching the modules: their tensors replaced, their hooks left out."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn


def twin(module: nn.Module, made: Callable[[Tensor], Tensor]) -> nn.Module:
    """Return a copy of a module and its parts with made(tensor) for every tensor, and without hooks.

    Attributes that a forward pass may set, and lists and mappings that it may fill, are the copy's own; other
    attributes are shared, so that nothing large is copied.
    """
    return _twin(module, made, {})


def _twin(module: nn.Module, made: Callable[[Tensor], Tensor], known: dict[int, Any]) -> nn.Module:
    from torch import Tensor

    if id(module) in known:
        found: nn.Module = known[id(module)]
        return found
    copy = known[id(module)] = object.__new__(type(module))

    def tensor(x: Tensor | None) -> Tensor | None:
        if x is not None and id(x) not in known:
            known[id(x)] = made(x)
        return None if x is None else known[id(x)]

    for name, value in vars(module).items():
        if name.endswith(("_hooks", "_hooks_with_kwargs", "_hooks_always_called")) and isinstance(value, dict):
            own: Any = OrderedDict()
        elif name == "_modules":
            own = {k: None if each is None else _twin(each, made, known) for k, each in value.items()}
        elif name in ("_parameters", "_buffers"):
            own = {k: tensor(x) for k, x in value.items()}
        elif name == "_compiled_call_impl":
            own = None
        elif isinstance(value, Tensor):
            own = tensor(value)
        else:
            own = value.copy() if type(value) in (list, dict, set, OrderedDict) else value
        copy.__dict__[name] = own
    return copy
