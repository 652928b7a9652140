"""One pass of a model under watch: functional activations that no chosen layer yields, and padded sequences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from .choice import ARCHITECTURES, listed, say
from .flow import ACTIVE, PASSED

if TYPE_CHECKING:
    from .axes import Axes


FAR_BELOW = -1e4  # masks that are added to logits have this or less where nothing is attended to


class Watch(TorchFunctionMode):
    """Context of one pass of a model. `say` warns of what it saw.

    Args:
        model: the model that is called.
        places: the chosen layers by name, with their axes.
        automatic: whether "auto" chose them: only then functional activations are missing.
    """

    def __init__(self, model: nn.Module, places: Mapping[str, Axes], automatic: bool) -> None:
        super().__init__()
        self._model, self._automatic = model, automatic
        self._outputs = {axes.module for axes in places.values() if not axes.entering}
        self._inputs = {axes.module for axes in places.values() if axes.entering}
        self._names = {module: name for name, module in model.named_modules()}
        self._ignored = self._outputs | {m for m, name in self._names.items() if _excluded(m, name)}
        self._under_way: list[nn.Module] = []
        self._calls: list[tuple[str, str]] = []  # function, and the module that called it
        self._seen: set[int] = set()  # places among the calls
        self._from: dict[int, tuple[Tensor, frozenset[int]]] = {}  # the tensor is held, so that its id stays its own
        self._padded = False
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        for module in self._names:
            if module is not self._model and not isinstance(module, torch.jit.ScriptModule):
                before = module.register_forward_pre_hook(self._begin, prepend=True, with_kwargs=True)
                after = module.register_forward_hook(self._end, prepend=True, always_call=True)
                self._stack.callback(before.remove)
                self._stack.callback(after.remove)
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)  # type: ignore[no-untyped-call]
        self._stack.close()
        self._from.clear()

    def say(self) -> None:
        """Warn of functional activations that are not among the layers, and of padding that is among the samples."""
        unseen = Counter(call for number, call in enumerate(self._calls) if number not in self._seen)
        if unseen and self._automatic:
            calls = listed(f"{function} in {where}" + (f" ({n} times)" if n > 1 else "")
                           for (function, where), n in unseen.items())  # fmt: skip
            say(
                f"layers='auto' sees no functional activations: {calls} of {type(self._model).__name__} are not among "
                "the layers; make them modules (nn.ReLU) to have them there"
            )
        if self._padded:
            say(
                f"{type(self._model).__name__} was given padded sequences: the activity of padding is recorded like "
                "all other; give it sequences of one length to have none"
            )

    def returned(self, out: object) -> None:
        """Note what a chosen layer or the model itself yields: it is seen, or no hidden activity."""
        for x in out if isinstance(out, tuple | list) else (out,):
            self._seen |= self._origins(x)

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run a function of torch, and note an activation or a mask of padding."""
        out = func(*args, **(kwargs or {}))
        name = getattr(func, "__name__", "")
        if not self._padded:
            self._padded = _pads(name, args, kwargs or {})
        if isinstance(out, Tensor):
            if ACTIVE.fullmatch(name):
                weights = any(isinstance(x, nn.Parameter) for x in args[:1])
                if not weights and not any(module in self._ignored for module in self._under_way):
                    self._put(out, frozenset({len(self._calls)}))
                    where = self._names[self._under_way[-1]] if self._under_way else "forward()"
                    self._calls.append((name, where))
            elif PASSED.fullmatch(name):
                self._put(out, frozenset().union(*(self._origins(x) for x in args)))
        return out

    def _origins(self, x: object) -> frozenset[int]:
        return self._from[id(x)][1] if id(x) in self._from else frozenset()

    def _put(self, x: Tensor, origins: frozenset[int]) -> None:
        if origins:
            self._from[id(x)] = x, origins

    def _begin(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._under_way.append(module)
        if module in self._inputs:
            self._seen |= self._origins(next(iter((*args, *kwargs.values())), None))

    def _end(self, module: nn.Module, _: object, out: Any) -> None:
        if self._under_way and self._under_way[-1] is module:
            self._under_way.pop()
        if module in self._outputs or module is self._model:
            self.returned(out)


def _excluded(module: nn.Module, name: str) -> bool:
    """Return whether functions in a module are no layers: of weights, or of networks that have modules for all."""
    return "parametrizations" in name.split(".") or type(module).__module__.startswith(ARCHITECTURES)


def _pads(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Return whether a function of torch was told of padding that its tensors have."""
    if name == "multi_head_attention_forward":
        mask = kwargs.get("key_padding_mask")
        return mask is not None and bool((mask if mask.dtype == torch.bool else mask < 0).any())
    if name == "_pad_packed_sequence":
        return len(args[1]) > 0 and bool(args[1][0] != args[1][-1])
    if name == "scaled_dot_product_attention":
        mask = kwargs.get("attn_mask", args[3] if len(args) > 3 else None)
        if mask is None or mask.ndim < 3:
            return False  # of a batch: one for all samples hides no padding
        open_to = mask if mask.dtype == torch.bool else mask > FAR_BELOW
        return not bool(open_to.any(-2).all())  # a token that no other attends to
    if name == "embedding":
        padding = kwargs.get("padding_idx", args[2] if len(args) > 2 else None)
        return padding is not None and bool((args[0] == padding % len(args[1])).any())
    return False
