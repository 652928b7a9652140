"""Forward hooks on any torch module: selection of layers, meaning of a unit, activity. Loads torch when first used."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...simulator.checks import names_of
from ...simulator.errors import InputError
from ...simulator.fields import Checked, Param, check
from ...simulator.recordings.recording import choose
from .axes import Axes, axes_of, loops_of
from .choice import chosen, listed, match, say_unrolled, unrolled

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.utils.hooks import RemovableHandle

Units = Literal["auto", "channel mean", "channel sampled", "token sampled", "token mean", "sequence"]


@dataclass(frozen=True)
class Layers(Checked):
    """Selection of the modules to probe, and the meaning of their units.

    Attributes:
        patterns: names of `model.named_modules()`, or patterns of them as in file names (``"hidden.*.linear"``);
            NAME.input is the first input of a module. ``"auto"``: activation functions (known by type, by behaviour or
            by class name; sigmoids gate or give probabilities and are left out), products of gated units, spiking
            neurons and recurrent modules. Functional activations (F.relu) count where a module takes them as its
            input. Without any, every linear and convolution module except the last, with a warning.
        when: ``"post"``: the output of the module; ``"pre"``: its first input. Both are copied at that
            moment, so that a later in-place ReLU does not change them.
        units: for all modules, or a mapping of patterns to

            - ``"channel mean"``: (batch, channel, ...): a channel, averaged over positions;
            - ``"channel sampled"``: a channel at a position, a random choice of `max_units`;
            - ``"token sampled"``: (batch, token ..., feature): a feature at a token, a random choice;
            - ``"token mean"``: a feature, averaged over tokens;
            - ``"sequence"``: (batch, time, feature): a feature; time is ordered and stays an axis, clock
              ``"model"``. Outputs (batch, feature) of several calls, as of an LSTMCell, are its time points;
            - ``"auto"``: sequence for recurrent modules; token sampled for three axes and for linear,
              layer-norm and embedding modules; otherwise channel mean. An activation function has the axes of the
              layer before it: the nearest registered before whose number of channels or features it has.

            Of outputs (batch, feature) a unit is a feature.
        batch_first: the batch is the first axis, where neither a module (an LSTM) nor the transformer layer that
            it is a part of says so, and no convolution does.

    Raises:
        InputError: an unknown `when` or `units`; a bound below 1.
    """

    patterns: Sequence[str] | str
    when: Literal["post", "pre"] = "post"
    units: Units | Mapping[str, Units] = "auto"
    max_units: Annotated[int | None, Param("units of a module, drawn without replacement; none: all", ge=1)] = 1024
    max_values: Annotated[int, Param("numbers that all modules together may hold", ge=1)] = 50_000_000
    batch_first: bool = True
    seed: Annotated[int, Param("seed of the choice of units, with the module's name", ge=0)] = 0

    def __post_init__(self) -> None:
        patterns = names_of("Layers.patterns", self.patterns)
        object.__setattr__(self, "patterns", patterns)
        for kind in self.units.values() if isinstance(self.units, Mapping) else (self.units,):
            check("Layers.units", Units, kind)
        super().__post_init__()
        if not patterns:
            raise InputError("Layers.patterns: must name at least one module; got none")

    def unit_of(self, name: str, axes: Axes, shape: Sequence[int]) -> str:
        """Return the meaning of a unit of a module: one of Units, or ``"feature"``."""
        kind: str = "auto"
        if isinstance(self.units, Mapping):
            kind = next((kind for pattern, kind in self.units.items() if fnmatchcase(name, pattern)), "auto")
        else:
            kind = self.units
        if kind == "auto" and axes.recurrent:
            return "sequence"
        if len(shape) == 2 and kind != "sequence":
            return "feature"
        if kind == "auto":
            return "token sampled" if axes.features_last(shape) else "channel mean"
        return kind

    def choice(self, name: str, n: int) -> NDArray[np.intp]:
        """Return the units of a module to record: all n, or `max_units` drawn by `seed` and the module's name."""
        if self.max_units is None or n <= self.max_units:
            return np.arange(n)
        rng = np.random.default_rng([self.seed, zlib.crc32(name.encode())])
        return choose(rng, n, self.max_units, "Layers.max_units")


@dataclass(frozen=True, eq=False)
class Activity:
    """Activity of one module: values (batch, unit) or (batch, time, unit), and the meaning of a unit."""

    values: Tensor
    unit_labels: Mapping[str, NDArray[Any]]
    about: Mapping[str, object] = field(default_factory=dict)


class Probe:
    """Context in which the activity of layers is copied from every forward pass of a model.

    The model is in evaluation mode without gradients inside, unless `keep_graph` is set: then mode
    and gradients stay as they are, and activity stays on its device with its graph. Mode and
    hooks are restored on leaving, by an error too.

    Args:
        model: any module. Its own name, if it is to be probed itself, is that of its class.
        layers: Layers, or just the patterns. What "auto" takes is in `chosen`.
        keep_graph: for a penalty within a training step.

    Raises:
        InputError: a pattern that matches nothing; an output that is no tensor; more than `max_values`.

    >>> import torch
    >>> from torch import nn
    >>> model = nn.Sequential(nn.Linear(3, 4), nn.ReLU())
    >>> with Probe(model, "0") as probe:
    ...     _ = model(torch.ones(5, 3))
    >>> probe.activities()["0"].values.shape
    torch.Size([5, 4])
    """

    def __init__(self, model: nn.Module, layers: Layers | Sequence[str] | str, *, keep_graph: bool = False) -> None:
        self.model = model
        self.layers = layers if isinstance(layers, Layers) else Layers(layers)
        self.keep_graph = keep_graph
        self._matches = match(model, self.layers.patterns)
        self.chosen = chosen(model, self._matches)
        self.axes = axes_of(model, {k: v for found in self._matches.values() for k, v in found.items()})
        self._stack = ExitStack()
        self._clear()

    def __enter__(self) -> Probe:
        self._clear()
        with ExitStack() as stack:
            stack.callback(self.model.register_forward_pre_hook(lambda *_: self._next_pass()).remove)
            if self.chosen and self.layers.units == "auto":
                for module in loops_of(self.axes):
                    stack.callback(module.register_forward_pre_hook(self._count).remove)
            for name, axes in self.axes.items():
                stack.callback(hook(axes, self.layers.when, self._taking(name)).remove)
            if not self.keep_graph:
                stack.enter_context(evaluating(self.model))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def activities(self) -> dict[str, Activity]:
        """Return name -> activity over all forward passes, their batches joined.

        A module that is called several times in a pass gives ``name#0``, ``name#1`` ...

        Raises:
            InputError: a pattern none of whose modules was called; a module that is not called
                equally often, or with one shape, in every pass.
        """
        import torch

        for pattern, modules in self._matches.items():
            if not any(name in self._taken for name in modules):
                raise InputError(
                    f"Probe: of {pattern!r} ({listed(modules)}) nothing was called in the forward pass, "
                    f"whose container uses it otherwise; called: {listed(self._taken)}"
                )
        out: dict[str, Activity] = {}
        for name, passes in self._taken.items():
            n_calls = {len(passes.get(p, ())) for p in range(self._pass + 1)}
            if len(n_calls) > 1:
                raise InputError(f"Probe: {name} must be called equally often in every forward pass; got {n_calls}")
            calls = [self._joined(name, parts) for parts in zip(*passes.values(), strict=True)]
            found = [replace(self._units[name, call], values=values) for call, values in enumerate(calls)]
            alike = len({each.shape for each in calls}) == 1
            loop = self._loops.get(self.axes[name].looped, 0) // len(passes)
            over_time = found[0].about["unit"] == "sequence" or (alike and unrolled(len(calls), loop))
            if over_time and calls[0].ndim == 2:
                if found[0].about["unit"] != "sequence":
                    say_unrolled(name, len(calls))
                out[name] = replace(found[0], values=torch.stack(calls, dim=1))
            else:
                out |= {name if len(found) == 1 else f"{name}#{call}": each for call, each in enumerate(found)}
        return out

    def _clear(self) -> None:
        self._taken: dict[str, dict[int, list[Tensor]]] = {}
        self._units: dict[tuple[str, int], Activity] = {}
        self._loops: dict[nn.Module | None, int] = {}  # calls of the layers before activation functions
        self._pass, self._held = 0, 0
        self._started = False

    def _count(self, module: nn.Module, _: object) -> None:
        self._loops[module] = self._loops.get(module, 0) + 1

    def _next_pass(self) -> None:
        self._pass += int(self._started)
        self._started = True

    def _taking(self, name: str) -> Callable[[nn.Module, Any, Any], None]:
        """Return a hook that is a function: a copy of the model takes it along, and no copy of the probe."""

        def take(module: nn.Module, given: object, found: object) -> None:
            if not (self.chosen and isinstance(given, tuple) and of_weights(given)):
                self._take(name, module, found)

        return take

    def _take(self, name: str, module: nn.Module, found: object) -> None:
        import torch

        calls = self._taken.setdefault(name, {}).setdefault(self._pass, [])
        values, unit, sizes = in_units(found, self.axes[name], name, self.layers)
        known = self._units.get((name, len(calls)))
        if known is None:
            known = self._units[name, len(calls)] = self._chosen(name, len(calls), unit, sizes, values)
        if known.about["n_units"] != values.shape[-1]:
            raise InputError(
                f"Probe: {name} must have the same units in every pass; got {known.about['n_units']} and "
                f"{values.shape[-1]}; give it inputs of one size"
            )
        index = known.unit_labels["unit"]
        if len(index) < values.shape[-1]:
            values = values.index_select(-1, torch.as_tensor(index, device=values.device))
        self._held += values.numel()
        if self._held > self.layers.max_values:
            raise InputError(
                f"Layers.max_values: the probe may hold {self.layers.max_values} values, and {name} brings it to "
                f"{self._held}; lower max_units={self.layers.max_units}, give fewer inputs, or raise max_values"
            )
        if self.keep_graph:
            calls.append(values.clone())
        else:
            dtype = torch.float64 if values.dtype == torch.float64 else torch.float32
            calls.append(values.detach().to("cpu", dtype, copy=True))

    def _chosen(self, name: str, call: int, unit: str, sizes: dict[str, int], values: Tensor) -> Activity:
        import torch

        n = int(values.shape[-1])
        index = self.layers.choice(name, n)
        labels = {"layer": np.full(len(index), name), "unit": index}
        for axis, label in enumerate(sizes):
            labels[label] = np.unravel_index(index, tuple(sizes.values()))[axis]
        about = {"layer": name, "call": call, "when": self.layers.when, "unit": unit, "n_units": n}
        return Activity(torch.empty(0), labels, about)

    def _joined(self, name: str, parts: Sequence[Tensor]) -> Tensor:
        import torch

        if len({part.shape[1:] for part in parts}) > 1:
            raise InputError(f"Probe: {name} must yield one shape in every pass; got {[tuple(p.shape) for p in parts]}")
        return torch.cat(list(parts))


def of_weights(given: tuple[Any, ...]) -> bool:
    """Return whether a module was called with weights: a parametrisation, which is no activity."""
    from torch import nn

    return bool(given) and isinstance(given[0], nn.Parameter)


def hook(axes: Axes, when: str, take: Callable[[nn.Module, Any, Any], Any]) -> RemovableHandle:
    """Call take(module, _, its output) after every call ("post"), or take(module, _, its arguments) before ("pre").

    What `take` returns, unless None, replaces the output; of a place that is an input, the input.
    """
    if axes.entering:
        return axes.module.register_forward_pre_hook(partial(_entering, take), with_kwargs=True)
    if when == "post":
        return axes.module.register_forward_hook(take)
    return axes.module.register_forward_pre_hook(partial(_before, take), with_kwargs=True)


def _before(
    take: Callable[[nn.Module, Any, Any], Any], module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    take(module, args, [*args, *kwargs.values()])


def _entering(
    take: Callable[[nn.Module, Any, Any], Any], module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    first = next(iter(kwargs), None)
    changed = take(module, args, args[0] if args else kwargs.get(first or ""))
    if changed is None:
        return None
    return ((changed, *args[1:]), kwargs) if args else (args, {**kwargs, str(first): changed})


def in_units(found: object, axes: Axes, name: str, layers: Layers) -> tuple[Tensor, str, dict[str, int]]:
    """Return an output as (batch, unit) or (batch, time, unit), the meaning of a unit, and the axes that form it.

    Raises:
        InputError: it is no tensor, or one without a batch axis.
    """
    raw = axes.batch_leading(first_tensor(found, name), layers.batch_first)
    if raw.ndim < 2:
        raise InputError(f"Probe: {name} must yield (batch, ..., unit); got shape {tuple(raw.shape)}")
    unit = layers.unit_of(name, axes, raw.shape)
    if unit == "sequence" and axes.spiking and raw.ndim > 3:  # maps: (batch, channel, ...), or of all time points
        raw = raw.flatten(3 if axes.batch_first is False else 2).mean(-1)
    values, sizes = _as_units(raw, unit, name)
    return values, unit, sizes


def first_tensor(found: object, name: str) -> Tensor:
    """Return the tensor, or of a tuple, list or mapping the first with units (else the first), as real floats.

    Raises:
        InputError: there is none.
    """
    from torch import Tensor, nn

    if isinstance(found, nn.utils.rnn.PackedSequence):
        raise InputError(f"Probe: {name} yields a packed sequence; give it padded sequences of one length")
    if isinstance(found, Tensor):
        if found.is_nested:
            raise InputError(
                f"Probe: {name} yields a nested tensor, of sequences of several lengths; give it padded sequences of "
                "one length"
            )
        if found.is_complex():
            raise InputError(f"Probe: {name} must yield real values; got {found.dtype}")
        return found if found.is_floating_point() else found.float()
    inner = list(found.values()) if isinstance(found, Mapping) else found
    if isinstance(inner, list | tuple) and inner:
        bare = (x for x in inner if not (x is None or (isinstance(x, Tensor) and x.ndim < 2)))  # a loss has no units
        return first_tensor(next(bare, inner[0]), name)
    raise InputError(f"Probe: {name} must yield a tensor, or a tuple that begins with one; got {type(found).__name__}")


def _as_units(raw: Tensor, unit: str, name: str) -> tuple[Tensor, dict[str, int]]:
    """Return the tensor as (batch, unit) or (batch, time, unit), and the axes that make up a unit."""
    if unit == "feature":
        return raw, {}
    if unit == "sequence":
        if raw.ndim > 3:
            raise InputError(f"Probe: {name} as a sequence must have axes (batch, time, feature); got {raw.ndim} axes")
        return raw, {}
    if unit.startswith("channel"):
        flat = raw.flatten(2)
        sizes = {"channel": flat.shape[1], "position": flat.shape[2]}
        return (flat.mean(2), {"channel": sizes["channel"]}) if unit == "channel mean" else (flat.flatten(1), sizes)
    tokens = raw.flatten(1, -2)
    sizes = {"token": tokens.shape[1], "feature": tokens.shape[2]}
    return (tokens.mean(1), {"feature": sizes["feature"]}) if unit == "token mean" else (tokens.flatten(1), sizes)


@contextmanager
def modes_restored(model: nn.Module) -> Iterator[None]:
    """Context after which every module is in training or evaluation mode as before: frozen parts stay frozen."""
    modes = {module: module.training for module in model.modules()}
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Context of evaluation mode without gradients; every module's own mode is restored.

    Padded sequences stay padded: a transformer encoder would pack them in nested tensors, which have no axes.
    """
    import torch
    from torch import nn

    packing = [each for each in model.modules() if isinstance(each, nn.TransformerEncoder)]
    settings = [getattr(each, "use_nested_tensor", False) for each in packing]
    with modes_restored(model), torch.no_grad():
        model.eval()
        try:
            for each in packing:
                each.use_nested_tensor = False
            yield
        finally:
            for each, setting in zip(packing, settings, strict=True):
                each.use_nested_tensor = setting
