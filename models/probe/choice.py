"""Choice of the layers of a model: by name, by pattern, or its activation functions."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from ...simulator.errors import InputError
from .activations import Kind, kind_of, same_function

if TYPE_CHECKING:
    from torch import nn

UNROLLED = 3  # calls in a pass from which on they are time points
INPUT = ".input"  # after the name of a module: its first input
MOST_NAMES = 10_000
ARCHITECTURES = __name__.rpartition(".probe.")[0] + ".architectures."  # which have modules for all activations
_KINDS = {"activation": "activation functions", "spiking": "spiking neurons", "recurrent": "recurrent layers"}


@dataclass(frozen=True)
class Automatic:
    """Layers that "auto" takes, by name.

    Attributes:
        names: of modules; with `INPUT` behind it, of the input of a module.
        kind: the layers in words.
        fallback: whether the model has no activation function that a hook can see.
    """

    names: tuple[str, ...]
    kind: str
    fallback: bool = False

    def in_words(self) -> str:
        """Return the choice as a sentence."""
        return f"layers='auto' took {self.kind}: {listed(self.names)}"


_known: WeakKeyDictionary[nn.Module, tuple[object, Automatic]] = WeakKeyDictionary()


def match(model: nn.Module, patterns: Iterable[str]) -> dict[str, dict[str, nn.Module]]:
    """Return pattern -> name -> module, of the modules of a model that match it.

    A module has one name: the first that matches. NAME.input is the first input of a module.

    Raises:
        InputError: a pattern that matches nothing; the message lists the names.
    """
    every = [(name, module) for name, module in all_names(model) if name]
    first: dict[nn.Module, str] = {}
    for name, module in every:
        first.setdefault(module, name)
    out: dict[str, dict[str, nn.Module]] = {}
    taken: dict[nn.Module, str] = {}
    for pattern in patterns:
        found = _matching(model, every, pattern)
        if not found:
            raise InputError(
                f"layers: no module matches {pattern!r}; modules: {listed(first.values()) or type(model).__name__}. A "
                "functional call such as F.relu is not a module: give NAME.input, the input of the module after it, or "
                "replace it with nn.ReLU"
            )
        out[pattern] = {}
        for name, module in found.items():
            one = name if name.endswith(INPUT) else taken.setdefault(module, name)
            out[pattern][one] = module
            if one != name or (first.get(module, name) != name and not name.endswith(INPUT)):
                other = first[module] if one == name else one
                say(f"layers: {name} and {other} are one module; it is watched as {one}, in all its calls")
    return out


def check_model(what: str, model: object) -> None:
    """Check that hooks can be set on a model.

    Raises:
        InputError: it is no module, has no weights yet, or is of TorchScript.
    """
    from torch import jit, nn

    if not isinstance(model, nn.Module):
        raise InputError(f"{what}: must be a torch.nn.Module; got {type(model).__name__}")
    if any(p.is_meta for p in model.parameters()):
        raise InputError(f"{what}: is on the device meta, without weights; give it some: model.to_empty(device='cpu')")
    if isinstance(model, jit.ScriptModule):
        raise InputError(
            f"{what}: is of TorchScript, whose layers take no hooks; give the model that was scripted or traced"
        )


def all_names(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Yield every name of every module, in the order of `named_modules`: a shared module has several.

    Of second names at most `MOST_NAMES`: modules that share modules can have more names than can be listed.
    """
    known = {model}
    second = 0

    def walk(module: nn.Module, name: str, above: tuple[nn.Module, ...]) -> Iterator[tuple[str, nn.Module]]:
        nonlocal second
        yield name, module
        for key, child in module._modules.items():
            if child is None or child in above:
                continue
            second += child in known
            if child not in known or second <= MOST_NAMES:
                known.add(child)
                yield from walk(child, f"{name}.{key}" if name else key, (*above, child))

    return walk(model, "", (model,))


def unrolled(calls: int, of_layer: int) -> bool:
    """Return whether the calls of an activation function that "auto" chose are its time points.

    They are if the layer before it is called as often: one that is used at several depths is called more often.
    """
    return calls >= UNROLLED and calls == of_layer


def say_unrolled(name: str, calls: int) -> None:
    """Warn of calls that are taken as time points."""
    say(
        f"layers='auto': the {calls} calls of {name} in a pass are taken as its time points, because its weights are "
        "called as often; units='token sampled' keeps the calls apart"
    )


def listed(names: Iterable[str]) -> str:
    """Return names in one line, at most 40."""
    every = list(names)
    return ", ".join(every[:40]) + (f" and {len(every) - 40} more" if len(every) > 40 else "")


def say(sentence: str) -> None:
    """Warn of a decision, at the line of the caller's own code."""
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and re.match(r"(ictal|torch|contextlib)\b", frame.f_globals.get("__name__", "")):
        frame, level = frame.f_back, level + 1
    warnings.warn(sentence, stacklevel=level)


def automatic(model: nn.Module) -> Automatic:
    """Return the layers that "auto" takes: activation functions, spiking neurons and recurrent layers.

    Functional activations and the products of gated units count where a module gets them as its input or yields them
    (`flow.unnamed`). Sigmoids gate or give probabilities, and count only in a network that has nothing else. Without
    any, linear layers and convolutions, except the last. Parametrisations of weights are no activity.
    """
    form = tuple((name, id(module)) for name, module in model.named_modules())
    before = _known.get(model)
    if before is None or before[0] != form:
        before = _known[model] = form, _automatic(model)
    return before[1]


def chosen(model: nn.Module, patterns: Iterable[str]) -> Automatic | None:
    """Return the layers that "auto" takes if it is among the patterns, and no module of that name."""
    named = any(name == "auto" for name, _ in model.named_modules())
    return automatic(model) if "auto" in patterns and not named else None


def _matching(model: nn.Module, every: list[tuple[str, nn.Module]], pattern: str) -> dict[str, nn.Module]:
    by_module: dict[nn.Module, str] = {}
    for name, module in every:
        if fnmatchcase(name, pattern):
            by_module.setdefault(module, name)
    if not by_module and pattern == type(model).__name__:
        return {pattern: model}
    if not by_module and pattern == "auto":
        taken = automatic(model)
        if taken.fallback and taken.names:
            say(
                f"{taken.in_words()}; {type(model).__name__} has no activation function that a hook sees (functional "
                "calls such as F.relu are not seen); name layers, or make its activation functions modules"
            )
        modules = dict(every)
        return {name: modules[name] if name in modules else modules[name.removesuffix(INPUT)] for name in taken.names}
    if not by_module and pattern.endswith(INPUT):
        return {name + INPUT: module for name, module in every if fnmatchcase(name + INPUT, pattern)}
    return {name: module for module, name in by_module.items()}


def _automatic(model: nn.Module) -> Automatic:
    from torch import nn

    kinds = _kinds(model)
    found = {name: kind for name, kind in kinds.items() if kind != "gate"}
    inputs, outputs = _unnamed(model, kinds)
    places = [name for name, _ in model.named_modules()]
    order = {name: place for place, name in enumerate(places)}
    names = [*found, *inputs, *outputs]
    if names:
        words = [words for kind, words in _KINDS.items() if kind in found.values()]
        words += ["inputs of modules that follow functional activations or gated products"] if inputs else []
        words += ["modules that end in a functional activation"] if outputs else []
        names.sort(key=lambda name: order.get(name, order.get(name.removesuffix(INPUT), 0)))
        return Automatic(tuple(names), " and ".join(words))
    weighted = [name for name, module in model.named_modules() if name and _weighted(module)]
    gates = [name for name in kinds if any(order[other] > order[name] for other in weighted)]
    if gates and not any(isinstance(module, nn.MultiheadAttention) for module in model.modules()):
        return Automatic(tuple(gates), "sigmoids", fallback=True)
    return Automatic(tuple(weighted[:-1]), "the outputs of linear layers and convolutions", fallback=True)


def _weighted(module: nn.Module) -> bool:
    from torch import nn

    kind = nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d
    return isinstance(module, kind) or (type(module).__name__ == "Conv1D" and hasattr(module, "nf"))


def _kinds(model: nn.Module) -> dict[str, Kind]:
    """Return the kind of every module that has one: of a module within another the outer, or of a wrapper the inner."""
    from torch.nn.utils.parametrize import ParametrizationList

    kinds: dict[str, Kind] = {}
    closed: list[str] = []  # modules that are one layer with all that they contain
    modules = dict(model.named_modules())
    for name, module in modules.items():
        if not name or any(name.startswith(f"{each}.") for each in closed[-1:]):
            continue
        if isinstance(module, ParametrizationList):
            closed.append(name)
            continue
        kind = kind_of(module)
        if not kind:
            continue
        within = [(each, part) for each, part in modules.items() if each.startswith(f"{name}.")]
        if kind in ("activation", "gate") and any(
            kind_of(part) in ("activation", "gate") and same_function(module, part) for _, part in within
        ):
            continue
        kinds[name] = kind
        closed.append(name)
    return kinds


def _unnamed(model: nn.Module, kinds: Mapping[str, Kind]) -> tuple[list[str], list[str]]:
    """Return the inputs and the modules that are activity without an activation module, from the innermost on."""
    from torch import nn

    from .flow import inputs_of, parts_of, unnamed

    closed = nn.Sequential | nn.ModuleList | nn.ModuleDict | nn.MultiheadAttention | nn.RNNBase | nn.RNNCellBase
    inputs: list[str] = []
    outputs: list[str] = []
    known: dict[str, Kind] = dict(kinds)
    for name, module in reversed(list(model.named_modules())):
        inside = any(name == each or name.startswith(f"{each}.") for each in kinds)
        inside = inside or type(module).__module__.startswith(ARCHITECTURES)
        if inside or isinstance(module, closed) or not any(inputs_of(part) for part in parts_of(module).values()):
            continue
        at = f"{name}." if name else ""
        entered, yields = unnamed(module, {k.removeprefix(at): kind for k, kind in known.items() if k.startswith(at)})
        inputs += [f"{at}{part}{INPUT}" for part in entered]
        if yields and name:
            outputs.append(name)
            known[name] = "activation"
    return inputs, outputs
