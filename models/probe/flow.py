"""Functional activations and gated products within a module, found by running an empty copy of it."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from .twins import twin

if TYPE_CHECKING:
    from .activations import Kind

ACTIVE = re.compile(
    r"((leaky_|p|r|s|c)?relu6?|[cs]?elu|gelu|silu|mish|softplus|softsign|tanh|hardswish|hardtanh|threshold|glu"
    r"|(soft|hard|tanh)shrink)_?"
)
GATES = re.compile(r"(hard)?sigmoid_?|expit")
_PRODUCTS = re.compile(r"mul_?|multiply|__(r|i)?mul__")
PASSED = re.compile(  # on to the next layer: activity in another place or type
    r"(feature_|alpha_)?dropout(\dd)?_?|(adaptive_)?(max|avg)_pool\dd|boolean_dispatch|mean|(layer|rms)_norm|flatten|view"
    r"|reshape|contiguous|clone|transpose|permute|movedim|(un)?squeeze|to|type|type_as|float|half|bfloat16|double"
    r"|mul_?|multiply|__(r|i)?mul__|div|__truediv__"
)
SIDES = (32, 28, 64, 16, 8, 224)  # of maps that are tried
SMALL = 2**20  # numbers and pixels up to which zeros are used: the first operation on "meta" loads much of torch


class Flow(TorchFunctionMode):
    """Tags of tensors while a module runs: "activity", of a functional activation or a gated product; "act", "gate"."""

    def __init__(self) -> None:
        super().__init__()
        self._tags: dict[int, tuple[Tensor, str]] = {}  # the tensor is held, so that its id stays its own

    def tag(self, x: object) -> str:
        """Return the tag of a tensor, ``""`` without one."""
        return self._tags.get(id(x), (x, ""))[1]

    def put(self, x: object, tag: str) -> None:
        """Tag a tensor."""
        if isinstance(x, Tensor):
            self._tags[id(x)] = (x, tag)

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run a function of torch and tag what it returns."""
        out = func(*args, **(kwargs or {}))
        if isinstance(out, Tensor):
            self.put(out, self._of(getattr(func, "__name__", ""), [x for x in args if isinstance(x, Tensor)], out))
        return out

    def _of(self, name: str, given: Sequence[Tensor], out: Tensor) -> str:
        tags = [self.tag(x) for x in given]
        if ACTIVE.fullmatch(name):
            return "activity"
        if GATES.fullmatch(name):
            return "gate"
        if _PRODUCTS.fullmatch(name) and len(given) == 2 and given[0].shape == given[1].shape and any(tags):
            return "activity" if tags[0] != tags[1] else tags[0]
        known = [tag for tag in tags if tag]
        return known[0] if PASSED.fullmatch(name) and len(known) == 1 else ""


def unnamed(module: nn.Module, kinds: Mapping[str, Kind]) -> tuple[list[str], bool]:
    """Return the parts of a module whose input is activity that no activation module yields, and whether its output is.

    It is the output of a functional activation, or the product of a gated unit. Where it passes through several parts
    (dropout, pooling, a layer) the first is returned, and a part that is called with other tensors, too, is not. A
    copy of the module runs, on zeros or on tensors without numbers ("meta"); one that cannot run so has none.

    Args:
        module: a module with layers (Linear, Conv) among its own parts.
        kinds: name -> kind of its parts.
    """
    own = parts_of(module)
    parts = [name for name in own if kinds.get(name) is None]
    layers = [part for part in own.values() if inputs_of(part) is not None]
    for shape in _shapes(layers):
        found = _run(module, parts, kinds, shape, False)
        if found is not None:
            return (_run(module, found[0], kinds, shape, True) or found) if len(found[0]) > 1 or found[1] else found
    return [], False


def parts_of(module: nn.Module) -> dict[str, nn.Module]:
    """Return the modules that a module itself calls, by name: of a ModuleList or ModuleDict those in it."""
    found: dict[str, nn.Module] = {}
    for name, part in module.named_children():
        if isinstance(part, nn.ModuleList | nn.ModuleDict):
            found |= {f"{name}.{key}": each for key, each in parts_of(part).items()}
        else:
            found[name] = part
    return found


def inputs_of(module: nn.Module) -> int | None:
    """Return the number of features or channels that a layer takes; None for other modules."""
    for name in ("in_features", "in_channels"):
        if isinstance(width := getattr(module, name, None), int):
            return width
    if type(module).__name__ == "Conv1D" and isinstance(getattr(module, "nf", None), int):  # of transformers
        weight: Any = module.weight
        return int(weight.shape[0])
    return None


def _shapes(layers: Sequence[nn.Module]) -> Iterator[tuple[int, ...]]:
    """Yield shapes of inputs to try: those of the layers, in their order."""
    widths: dict[tuple[int, int], None] = {}
    for layer in layers:
        n_axes = next((n for n in (1, 2, 3) if type(layer).__name__.endswith(f"{n}d")), 0)
        widths[inputs_of(layer) or 0, n_axes] = None
    for width, n_axes in list(widths)[:3]:
        if n_axes:
            yield from ((2, width, *[side] * n_axes) for side in (SIDES if n_axes == 2 else SIDES[:2]))
        else:
            yield from ((2, 3, width), (2, width))


def _run(
    module: nn.Module, parts: Sequence[str], kinds: Mapping[str, Kind], shape: tuple[int, ...], consumed: bool
) -> tuple[list[str], bool] | None:
    """Return what `unnamed` returns, of these parts; None if the module takes no tensor of this shape."""
    flow = Flow()
    entered: dict[str, list[bool]] = {}

    def entering(name: str) -> Callable[..., None]:
        def note(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            first = next(iter((*args, *kwargs.values())), None)
            active = flow.tag(first) == "activity"
            entered.setdefault(name, []).append(active)
            if active and consumed:
                flow.put(first, "act")

        return note

    def leaving(tag: str) -> Callable[..., None]:
        return lambda _, __, out: flow.put(out[0] if isinstance(out, tuple) and out else out, tag)

    size = sum(x.numel() for x in (*module.parameters(), *module.buffers()) if not nn.parameter.is_lazy(x))
    small = size <= SMALL and math.prod(shape) <= SMALL // 64
    device = torch.device("cpu" if small else "meta")
    with warnings.catch_warnings(), ExitStack() as stack:
        warnings.simplefilter("ignore")
        try:
            tried = twin(module, lambda x: torch.zeros_like(x, device=device))
            tried.train()  # the choice depends on no mode
            dtype = next((p.dtype for p in tried.parameters() if p.is_floating_point()), torch.float32)
            for name in parts:
                tried.get_submodule(name).register_forward_pre_hook(entering(name), with_kwargs=True)
            for name, kind in kinds.items():
                tag = {"activation": "act", "gate": "gate"}.get(kind, "")
                tried.get_submodule(name).register_forward_hook(leaving(tag))
            stack.enter_context(torch.random.fork_rng([]))
            stack.enter_context(torch.no_grad())
            stack.enter_context(flow)
            out = tried(torch.zeros(shape, dtype=dtype, device=device))
        except Exception:
            return None  # somebody's forward(): whatever it raises, it takes no such tensor
    out = out[0] if isinstance(out, tuple | list) and out else out
    return [name for name, tags in entered.items() if all(tags)], flow.tag(out) == "activity"
