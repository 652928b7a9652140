"""Hooks on the layers of a model during training, wrapped or not: base of monitors and treatments."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any, Self

import torch
from torch import nn

from ...simulator import InputError
from ..probe.axes import axes_of, loops_of
from ..probe.choice import Automatic, chosen, match, say, say_unrolled, unrolled
from ..probe.layers import Layers, hook, of_weights
from ..probe.watch import Watch

Take = Callable[[str, int, Any], Any]


class Passes:
    """A context in which `take` is called for every layer in every training pass of a model.

    A pass is one call of the model in training mode with gradients on, calls of the model by itself included;
    evaluation between steps is none, and neither is a call within a transform of torch.func. A model in
    DistributedDataParallel, in nn.DataParallel on one device or in `torch.compile` is unwrapped: layers have their
    names in the model itself. A compiled model is compiled anew on entering and on leaving, because compiled code
    contains its hooks; it is cut at every hooked layer.

    Args:
        model: the module that the training loop calls, or the one that it wraps.
        layers: which modules.
        take: called as take(name, call, found): the layer, the number of its call in this pass, and its output
            (with ``when="pre"``: its arguments). What it returns, unless None, replaces the output.
            It is called again when gradient checkpointing runs a layer a second time; `open` is False then.
        opened, closed: called when a pass begins, and when it ends without an error.

    Attributes:
        modules, axes: name -> module, and its axes.
        chosen: the layers that "auto" took; None without "auto".
        unrolled: of these, those whose calls in the last pass are their time points.
        number: passes begun so far; before: those before the context was entered, or its state taken up.
        open: whether a pass is under way; active: whether the hooks are set.

    Raises:
        InputError: a pattern that matches nothing; nn.DataParallel over several devices; a model compiled as one
            graph without breaks.
    """

    def __init__(
        self,
        model: nn.Module,
        layers: Layers,
        take: Take,
        *,
        opened: Callable[[], None] | None = None,
        closed: Callable[[], None] | None = None,
    ) -> None:
        self.core = _opened(model)
        self.layers = layers
        matches = match(self.core, layers.patterns)
        self.modules = {k: v for found in matches.values() for k, v in found.items()}
        self.chosen: Automatic | None = chosen(self.core, matches)
        self.axes = axes_of(self.core, self.modules)
        self.number = self.before = 0
        self.open = False
        self._take, self._on_open, self._on_close = take, opened, closed
        self.unrolled: set[str] = set()
        self._calls: dict[str, int] = {}
        self._loops: dict[nn.Module | None, int] = {}  # calls of the layers before activation functions
        self._handled: BaseException | None = None  # what the caller was handling when the pass began
        self._inner = 0  # calls of the model by itself that are under way
        self._told: set[str] = set()  # decisions that a warning told
        self._watch: Watch | None = None  # of the first pass
        attends = any(isinstance(module, nn.MultiheadAttention) for module in self.core.modules())
        self._watched = self.chosen is not None or attends  # whether the first pass is to be watched
        self._compiled = _is_compiled(model)
        self.active = False
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        if self.active:
            raise InputError("model: the context is entered already")
        with ExitStack() as stack:
            if self._compiled:
                torch.compiler.reset()
                stack.callback(torch.compiler.reset)
            stack.callback(self.core.register_forward_pre_hook(Cutting(self._begin)).remove)
            for name, axes in self.axes.items():
                stack.callback(hook(axes, self.layers.when, Cutting(self._layer(name, axes.module))).remove)
            if self.chosen and self.layers.units == "auto" and not self._compiled:
                for module in loops_of(self.axes):
                    stack.callback(module.register_forward_pre_hook(Cutting(self._count)).remove)
            stack.callback(self.core.register_forward_hook(Cutting(self._end), always_call=True).remove)
            self._stack = stack.pop_all()
        self.active, self.before = True, self.number
        return self

    def __exit__(self, *error: object) -> None:
        self.open = self.active = False
        self._inner = 0
        self._stack.close()

    def missing(self, what: str) -> InputError:
        """The error of `what` that needs a pass before there was one."""
        return InputError(
            f"{what}: no training pass yet: within the context call the model ({type(self.core).__name__}) in training "
            "mode with gradients on, outside of torch.func; if the loop calls only a part of it, give that part"
        )

    def _begin(self, module: nn.Module, _: object) -> None:
        if module is not self.core:
            return
        if self.open:
            self._inner += 1
            return
        self._calls, self._loops, self._handled = {}, {}, sys.exception()
        self.open = module.training and torch.is_grad_enabled()
        if self.open and is_transformed():
            self.open = False
            if "torch.func" not in self._told:
                say(
                    "calls of the model within torch.func (grad, vmap, jacrev ...) are left as they are: no pass is "
                    "recorded and no layer treated in them; torch.autograd.grad is watched"
                )
            self._told.add("torch.func")
        if self.open:
            self.number += 1
            if self._on_open is not None:
                self._on_open()
            if self._watched and not self._compiled:
                self._watched, self._watch = False, Watch(self.core, self.axes, self.chosen is not None)
                self._watch.__enter__()

    def _end(self, module: nn.Module, _: object, out: object) -> None:
        if module is not self.core or not self.open:
            return
        if self._inner:
            self._inner -= 1
            return
        calls, self.open, self._calls = self._calls, False, {}
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.returned(out)
            watch.__exit__(None, None, None)
        if sys.exception() is not self._handled:  # it raised; an output may be None
            self.number -= 1
            return
        loops = {name: self._loops.get(self.axes[name].looped, 0) for name in calls}
        found = {name for name, last in calls.items() if unrolled(last + 1, loops[name])}
        for name in sorted(found - self._told):
            say_unrolled(name, loops[name])
        self.unrolled = found
        self._told |= found
        if self._on_close is not None:
            self._on_close()
        if watch is not None:
            watch.say()

    def _count(self, module: nn.Module, _: object) -> None:
        self._loops[module] = self._loops.get(module, 0) + 1

    def _layer(self, name: str, module: nn.Module) -> Callable[[nn.Module, Any, Any], Any]:
        def take(called: nn.Module, given: object, found: object) -> Any:
            if called is not module or not (self.open or (self.core.training and torch.is_grad_enabled())):
                return None
            if is_transformed() or (self.chosen and isinstance(given, tuple) and of_weights(given)):
                return None
            call = self._calls[name] = self._calls.get(name, -1) + 1
            return self._take(name, call, found)

        return take


def is_transformed() -> bool:
    """Return whether a transform of torch.func is under way, whose tensors are wrapped."""
    return torch._C._functorch.peek_interpreter_stack() is not None


class Cutting:
    """A hook that a graph of `torch.compile` is cut at; called as it is where nothing is compiled.

    A copy of a model takes its hooks along, and is not what they watch; in a file of a whole model nothing is left.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        disable: Callable[[Callable[..., Any]], Callable[..., Any]] = torch.compiler.disable  # untyped in torch
        self._function, self._cut = function, disable(function)  # each call of the latter takes 8 µs

    def __call__(self, *arguments: object) -> Any:
        """Call the function, outside of any graph."""
        return self._cut(*arguments) if torch.compiler.is_compiling() else self._function(*arguments)

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return partial, (_nothing,)


def _nothing(*_: object) -> None:
    """Do nothing: a hook that was stored in a file."""


def _opened(model: nn.Module) -> nn.Module:
    """The module within DistributedDataParallel, DataParallel and `torch.compile`."""
    while True:
        inner = getattr(model, "_orig_mod", None)
        if isinstance(model, nn.DataParallel) and len(model.device_ids) > 1:
            raise InputError(
                f"model: nn.DataParallel over {len(model.device_ids)} devices cuts every batch among copies of the "
                "model, and no copy sees it whole; use DistributedDataParallel, or one device"
            )
        if isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
            inner = model.module
        if not isinstance(inner, nn.Module):
            return model
        model = inner


def _is_compiled(model: nn.Module) -> bool:
    """Return whether the model or a part of it is compiled, by `torch.compile` or in place."""
    found = False
    for module in model.modules():
        if getattr(getattr(module, "dynamo_ctx", None), "fullgraph", False) is True:
            raise InputError(
                "model: compiled with fullgraph=True, and hooks cut the graph at every layer that they read; "
                "compile it without fullgraph"
            )
        wrapper = isinstance(getattr(module, "_orig_mod", None), nn.Module)
        found = found or wrapper or getattr(module, "_compiled_call_impl", None) is not None
    return found
