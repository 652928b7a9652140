"""Forward passes of a recorder: inputs in the type that a model takes, and a model that is left as it was."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from ...simulator.errors import InputError
from .choice import say
from .flow import inputs_of
from .layers import Activity, Layers, Probe, evaluating
from .watch import Watch

if TYPE_CHECKING:
    from numpy.typing import NDArray

WORTH = 0.05  # share of a layer's largest value by which batches may differ: rounding, half precision
FEW = 8  # samples of the pass that is tried by itself


def activities(
    model: nn.Module, inputs: NDArray[Any] | Tensor, choices: Sequence[Layers], batch_size: int
) -> list[dict[str, Activity]]:
    """Return name -> activity on all inputs, for each choice of layers, from the same forward passes.

    The inputs are copied, the model's buffers and all generators come back as they were, and random numbers that a
    model draws in evaluation mode are the same at every call.

    Raises:
        InputError: as of `Probe`; no inputs, or inputs that are no array.
    """
    if len(inputs) == 0 or batch_size < 1:
        raise InputError(f"probe: needs at least one input and batch_size >= 1; got {len(inputs)} and {batch_size}")
    if not (isinstance(inputs, Tensor) or hasattr(inputs, "__array__")):
        raise InputError(f"probe.inputs: must be an array or a tensor; got {type(inputs).__name__}")
    own = [*choices, *model.modules()]
    sequence_first = any(getattr(each, "batch_first", True) is False for each in own)
    size = len(inputs) if sequence_first else batch_size  # axis 0 may be time: cutting it would cut sequences
    shown = _Shown(model, inputs)
    if any(nn.parameter.is_lazy(x) for x in (*model.parameters(), *model.buffers())):
        with evaluating(model):
            model(shown(0, 2))  # draws its first weights, as a call by anybody does
    with undisturbed(model) as drawing, ExitStack() as stack:
        probes = [stack.enter_context(Probe(model, layers)) for layers in choices]
        for first in range(0, len(inputs), size):
            model(shown(first, first + size))
        stack.close()
        found = [probe.activities() for probe in probes]
        drawn = drawing()
        if drawn:
            say(
                f"{type(model).__name__} draws random numbers in evaluation mode, as F.dropout does without "
                "training=self.training: its activity is that of one draw, the same at every record"
            )
        if not sequence_first:
            _tried(model, shown, choices, found, size, compared=not drawn)
    return found


class _Shown:
    """Copies of parts of the inputs, on the model's device and, floats, in the type that it takes."""

    def __init__(self, model: nn.Module, inputs: NDArray[Any] | Tensor) -> None:
        self._inputs = inputs
        self.n = len(inputs)
        held = [x for x in (*model.parameters(), *model.buffers()) if not nn.parameter.is_lazy(x)]
        floats = [x for x in held if x.is_floating_point() and x.dtype.itemsize > 1]
        self._device = held[0].device if held else torch.device("cpu")
        self._dtype = floats[0].dtype if floats else torch.float32
        if len({x.dtype for x in floats}) > 1:
            self._dtype = self._first(model)

    def __call__(self, first: int, last: int) -> Tensor:
        """Return inputs as a batch of their own: a model may change it in place."""
        part = self._inputs[first:last]
        batch = part if isinstance(part, Tensor) else torch.tensor(part)
        dtype = self._dtype if batch.is_floating_point() else batch.dtype
        return batch.to(self._device, dtype, copy=isinstance(part, Tensor))

    def _first(self, model: nn.Module) -> torch.dtype:
        """Return the type of the first layer that is called with floats, or of the first parameter if that is cast."""

        class FoundError(Exception):
            """The forward pass has told what is asked."""

        def note(module: nn.Module, given: tuple[Any, ...]) -> None:
            weight = next((p for p in module.parameters() if p.is_floating_point()), None)
            if weight is not None and given and isinstance(given[0], Tensor) and given[0].is_floating_point():
                raise FoundError(weight.dtype, given[0].dtype)

        layers = [m for m in model.modules() if inputs_of(m) is not None or isinstance(m, nn.RNNBase)]
        with undisturbed(model), evaluating(model), ExitStack() as stack:
            for layer in layers:
                stack.callback(layer.register_forward_pre_hook(note).remove)
            try:
                model(self(0, 2))
            except FoundError as found:
                wanted, got = found.args
                return wanted if got == self._dtype else self._dtype
            except RuntimeError:  # an operation of two types, before any layer: the pass itself will say so
                pass
        return self._dtype


def _tried(
    model: nn.Module,
    shown: _Shown,
    choices: Sequence[Layers],
    found: Sequence[Mapping[str, Activity]],
    size: int,
    *,
    compared: bool,
) -> None:
    """Show the first samples once more, by themselves, and warn of what a recording does not tell."""
    n = min(FEW, size // 2 if size > 3 else size + 1, shown.n)
    with ExitStack() as stack:
        probes = [stack.enter_context(Probe(model, layers)) for layers in choices]
        watch = Watch(model, {k: v for probe in probes for k, v in probe.axes.items()}, probes[0].chosen is not None)
        try:
            with watch:
                watch.returned(model(shown(0, n)))
            again = [probe.activities() for probe in probes]
        except (RuntimeError, ValueError):
            return  # a model that takes no such batch
    watch.say()
    if not compared or shown.n <= size:
        return
    for before, alone in zip(found, again, strict=True):
        for name, activity in alone.items():
            one, other = before[name].values[:n], activity.values[:n]
            if one.shape == other.shape and bool((one - other).abs().max() > WORTH * one.abs().max()):
                say(
                    f"{name}: its activity depends on the other samples of a pass, as that of a batch norm without "
                    f"running statistics does, and so on batch_size={size}; batch_size={shown.n} shows all at once"
                )
                return


@dataclass
class _Held:
    """A buffer of a module, and a copy of it."""

    owner: nn.Module
    name: str
    buffer: Tensor
    copy: Tensor = field(init=False)

    def __post_init__(self) -> None:
        self.copy = self.buffer.detach().clone()

    def restore(self) -> None:
        """Put it back, where the model replaced it or changed it."""
        self.owner._buffers[self.name] = self.buffer
        if not torch.equal(self.buffer, self.copy):
            self.buffer.copy_(self.copy)


@contextmanager
def undisturbed(model: nn.Module) -> Iterator[Callable[[], bool]]:
    """Context after which buffers and generators are as before; inside, the global generators begin at a fixed seed.

    Its value tells whether one of them was drawn from. Generators: of torch, numpy and Python, and those that a module
    has as an attribute.
    """
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    owners = [vars(module).values() for module in model.modules()]
    own = [each for values in owners for each in values if isinstance(each, torch.Generator)]
    streams = [each for values in owners for each in values if isinstance(each, np.random.Generator)]
    states = [each.get_state() for each in own]
    positions = [each.bit_generator.state for each in streams]
    named = [(module, name, x) for module in model.modules() for name, x in module._buffers.items() if x is not None]
    buffers = [_Held(*each) for each in named if not each[2].is_meta]
    python, legacy = random.getstate(), np.random.get_state()  # noqa: NPY002 - a model may draw from it
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.default_generator.manual_seed(0)
        if device.type == "cuda":
            torch.cuda.manual_seed(0)
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002
        begun = _place(device)
        try:
            yield lambda: _place(device) != begun
        finally:
            random.setstate(python)
            np.random.set_state(legacy)  # noqa: NPY002
            for generator, state in zip(own, states, strict=True):
                generator.set_state(state)
            for stream, position in zip(streams, positions, strict=True):
                stream.bit_generator.state = position
            with torch.no_grad():
                for held in buffers:
                    held.restore()


def _place(device: torch.device) -> tuple[Any, ...]:
    """Return the states of the global generators."""
    cuda = [torch.cuda.get_rng_state(device).numpy().tobytes()] if device.type == "cuda" else []
    legacy: Any = np.random.get_state()  # noqa: NPY002
    return (torch.get_rng_state().numpy().tobytes(), random.getstate(), legacy[1].tobytes(), legacy[2], *cuda)
