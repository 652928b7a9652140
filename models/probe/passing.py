"""Forward passes of a recorder: inputs in the type that a model takes, and a model that is left as it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from ...simulator.errors import InputError
from ...simulator.fields import Param, checked
from .choice import check_model, say
from .flow import inputs_of
from .kept import undisturbed
from .layers import Activity, Layers, Probe, evaluating
from .watch import Watch

if TYPE_CHECKING:
    from numpy.typing import NDArray

WORTH = 0.05  # share of a layer's largest value by which batches may differ: rounding, half precision
FEW = 8  # samples of the pass that is tried by itself
REFUSALS = (
    RuntimeError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
)  # of a model, of its input


def activities(
    model: nn.Module, inputs: NDArray[Any] | Tensor, choices: Sequence[Layers], batch_size: int
) -> list[dict[str, Activity]]:
    """Return name -> activity on all inputs, for each choice of layers, from the same forward passes.

    The inputs are copied, the model and all generators come back as they were, and random numbers that a model draws
    in evaluation mode are the same at every call.

    Raises:
        InputError: as of `Probe`; no inputs, or inputs that are no array of numbers or that the model cannot take.
    """
    check_model("probe.model", model)
    checked("probe.batch_size", int, Param(""), batch_size)
    inputs = _numbers(inputs)
    if len(inputs) == 0 or batch_size < 1:
        raise InputError(f"probe: needs at least one input and batch_size >= 1; got {len(inputs)} and {batch_size}")
    own = [*choices, *model.modules()]
    sequence_first = any(getattr(each, "batch_first", True) is False for each in own)
    size = len(inputs) if sequence_first else batch_size  # axis 0 may be time: cutting it would cut sequences
    shown = _Shown(model, inputs)
    if any(nn.parameter.is_lazy(x) for x in (*model.parameters(), *model.buffers())):
        with evaluating(model), _taken(model, shown):
            model(shown(0, 2))  # draws its first weights, as a call by anybody does
    with undisturbed(model) as drawing, _eager(model), ExitStack() as stack:
        probes = [stack.enter_context(Probe(model, layers)) for layers in choices]
        with _taken(model, shown):
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


def _numbers(inputs: Any) -> NDArray[Any] | Tensor:
    """Return inputs as an array or a tensor of numbers with an axis of samples; wide integers as int64.

    Raises:
        InputError: they are none, or some are masked.
    """
    if not (isinstance(inputs, Tensor) or hasattr(inputs, "__array__")):
        raise InputError(f"probe.inputs: must be an array or a tensor; got {type(inputs).__name__}")
    if not isinstance(inputs, Tensor):
        if np.ma.is_masked(inputs):
            raise InputError("probe.inputs: some values are masked; leave these samples out, or fill them")
        inputs = np.asarray(inputs)
        if inputs.dtype.kind not in "biufc" or inputs.dtype in (np.longdouble, np.clongdouble):
            raise InputError(f"probe.inputs: must be numbers of at most 64 bits; got {inputs.dtype}")
    elif inputs.layout != torch.strided or inputs.is_meta:
        kind = "on the device meta" if inputs.is_meta else f"of layout {inputs.layout}"
        raise InputError(f"probe.inputs: must be a dense tensor with values; got one {kind}")
    if inputs.ndim == 0:
        raise InputError("probe.inputs: must be (sample, ...); got a single number")
    if isinstance(inputs, Tensor):
        return inputs.long() if inputs.dtype in (torch.int16, torch.uint16, torch.uint32, torch.uint64) else inputs
    wide = inputs.dtype.kind in "iu" and inputs.dtype.itemsize > 1 and inputs.dtype != np.int32
    array: NDArray[Any] = inputs.astype(np.int64 if wide else inputs.dtype.newbyteorder("="), copy=False)
    return array


def _eager(model: nn.Module) -> AbstractContextManager[Any]:
    """Return a context in which a compiled model runs as it was written, so that hooks see its layers."""
    compiled = any(hasattr(m, "_orig_mod") or getattr(m, "_compiled_call_impl", None) for m in model.modules())
    if compiled and hasattr(torch.compiler, "set_stance"):  # torch 2.6
        eager: AbstractContextManager[Any] = torch.compiler.set_stance("force_eager")
        return eager
    return nullcontext()


@contextmanager
def _taken(model: nn.Module, shown: _Shown) -> Iterator[None]:
    """Context of passes in which torch's errors of types, shapes and indices are InputErrors."""
    try:
        yield
    except (RuntimeError, IndexError, ValueError) as error:
        if isinstance(error, InputError | torch.OutOfMemoryError):
            raise
        raise InputError(f"probe.inputs: {type(model).__name__} {cannot_take(shown(0, 1), error, shown.n)}") from error


def cannot_take(batch: Tensor, error: Exception, n: int) -> str:
    """Return the sentence on a batch that a model refused, with torch's first line and, where it is known, the fix.

    Args:
        batch: some of the inputs (sample, ...).
        error: of torch.
        n: number of all inputs.
    """
    kind = str(batch.dtype).removeprefix("torch.")
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    hint = ""
    if "more than 1 value per channel" in line:
        hint = f"; a pass of one sample has no statistics: take another batch_size, e.g. {n} for all at once"
    elif not batch.is_floating_point() and "dtype" in line:
        hint = "; give floats, on the scale that the model was trained on"
    elif "indices" in line and batch.is_floating_point():
        hint = "; tokens are integers: inputs.astype(int)"
    return f"cannot take {kind} (n, {', '.join(map(str, batch.shape[1:]))}): {line}{hint}"


def are_probabilities(outputs: Tensor) -> bool:
    """Test that every row of outputs (n, class) is a distribution: none below 0, with a sum of 1 to three digits.

    >>> z = torch.tensor([[2.0, -1.0], [0.0, 1.0]])
    >>> are_probabilities(z.softmax(1)), are_probabilities(z), are_probabilities(z.log_softmax(1))
    (True, False, False)
    """
    return bool((outputs >= 0).all()) and bool(((outputs.sum(1) - 1).abs() < 1e-3).all())


LOGITS = (
    "must return logits; got probabilities: rows that sum to 1. Leave out the softmax at the end, or return p.log()"
)


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
        batch = part if isinstance(part, Tensor) else torch.tensor(np.ascontiguousarray(part))
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
            except (
                RuntimeError,
                IndexError,
                ValueError,
            ):  # an operation of two types, before any layer: the pass itself will say so
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
