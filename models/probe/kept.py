"""A model as it was: its tensors, attributes and all generators come back after the passes of a recorder."""

from __future__ import annotations

import random
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .streams import STREAMS, restore, state_of

_OWN = frozenset(vars(nn.Module())) - {"_parameters", "_buffers"}  # hooks, modes and modules, which recorders restore


@contextmanager
def undisturbed(model: nn.Module, *, seeded: bool = True) -> Iterator[Callable[[], bool]]:
    """Context after which a model and all generators are as before; its value tells whether a global one was used.

    Outside of the main thread the value is False: other threads may use the global generators meanwhile.

    Of the model: parameters, buffers and attributes, tensors, arrays, numbers, generators, and lists and mappings of
    these. Modes and hooks are left to others.

    Args:
        model: the model that runs inside.
        seeded: the global generators begin at a fixed seed.
    """
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    python, legacy = random.getstate(), np.random.get_state()  # noqa: NPY002 - a model may draw from it
    kept = _Kept(model)
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        if seeded:
            torch.default_generator.manual_seed(0)
            if device.type == "cuda":
                torch.cuda.manual_seed(0)
            random.seed(0)
            np.random.seed(0)  # noqa: NPY002
        begun = _place(device)
        alone = threading.current_thread() is threading.main_thread()  # elsewhere other threads draw meanwhile
        try:
            yield lambda: alone and _place(device) != begun
        finally:
            random.setstate(python)
            np.random.set_state(legacy)  # noqa: NPY002
            kept.restore()


def _place(device: torch.device) -> tuple[Any, ...]:
    """Return the states of the global generators."""
    cuda = [torch.cuda.get_rng_state(device).numpy().tobytes()] if device.type == "cuda" else []
    legacy: Any = np.random.get_state()  # noqa: NPY002
    return (torch.get_rng_state().numpy().tobytes(), random.getstate(), legacy[1].tobytes(), legacy[2], *cuda)


class _Kept:
    """State of a model now, each value once: `restore` puts it back."""

    def __init__(self, model: nn.Module) -> None:
        self._known: dict[int, object] = {}  # values are held, so that their ids stay their own
        self._back: list[Callable[[], object]] = []
        for module in model.modules():
            own = (*module._parameters.values(), *module._buffers.values())
            if not any(x is not None and nn.parameter.is_lazy(x) for x in own):
                self._attributes(module)

    def restore(self) -> None:
        """Put everything back."""
        with torch.no_grad():
            for back in self._back:
                back()

    def _attributes(self, module: nn.Module) -> None:
        places = vars(module)
        before = {name: value for name, value in places.items() if name not in _OWN}

        def back() -> None:
            for name in [name for name in places if name not in _OWN and name not in before]:
                del places[name]
            places.update(before)

        self._back.append(back)
        for value in before.values():
            self._content(value)

    def _content(self, value: Any) -> None:
        """Note what is within a value: its numbers, its elements, its place in a stream."""
        if id(value) in self._known:
            return
        self._known[id(value)] = value
        if isinstance(value, Tensor):
            self._tensor(value)
        elif isinstance(value, np.ndarray):
            if value.flags.writeable:
                self._back.append(partial(np.copyto, value, value.copy()))
        elif isinstance(value, STREAMS):
            self._back.append(partial(restore, value, state_of(value)))
        elif type(value) in (dict, OrderedDict, list, deque, set, tuple):
            if not isinstance(value, tuple):
                self._back.append(partial(_refill, value, value.copy()))
            for each in value.values() if isinstance(value, dict) else value:
                self._content(each)

    def _tensor(self, x: Tensor) -> None:
        if type(x) in (Tensor, nn.Parameter) and x.layout == torch.strided and not x.is_meta:
            self._back.append(partial(_rewrite, x, x.detach(), x.detach().clone()))


def _refill(value: Any, elements: Any) -> None:
    value.clear()
    if isinstance(value, dict | set):
        value.update(elements)
    else:
        value.extend(elements)


def _rewrite(x: Tensor, data: Tensor, copy: Tensor) -> None:
    """Put numbers back into a tensor, also where its `data` were replaced."""
    if x.data_ptr() != data.data_ptr() or x.shape != data.shape or x.dtype != data.dtype:
        x.data = data
    try:
        same = torch.equal(data, copy)
    except RuntimeError:  # types of one byte or less, which torch cannot compare
        same = False
    if not same:
        data.copy_(copy)
