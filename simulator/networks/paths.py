"""Parameters of a network by paths, such as ``populations.E.tau_m`` or ``projections.0.rule.k``.

A part of the network is found by its name, or by its place where it has none or shares it.
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass, replace
from typing import Any

import numpy as np

from ..errors import InputError
from ..fields import Param, declared
from .inputs import CurrentInput
from .network import Network

Steps = tuple[str | int, ...]  # fields and places from the network down


@dataclass(frozen=True)
class Parameter:
    """A parameter of a network.

    Attributes:
        steps: fields and places that lead to it.
        kind: class that declares it.
        hint: its type.
        param: its words, unit and bounds.
        value: its value in the network.
    """

    steps: Steps
    kind: type
    hint: Any
    param: Param
    value: Any


def parameters_of(network: Network) -> dict[str, Parameter]:
    """Return path -> parameter of all that can be set in a network, in the order of the description.

    >>> from .cells import Population, Synapse
    >>> cells = Population("E", 2, 20.0, v_rest=0.0, v_threshold=20.0, v_reset=10.0, synapses=(Synapse("e", 5.0),))
    >>> [path for path in parameters_of(Network((cells,))) if path.endswith(("tau", "dt"))]
    ['populations.E.synapses.e.tau', 'dt']
    """
    return {".".join(words): parameter for words, parameter in _walk(network, (), ())}


def changed(network: Network, values: Mapping[str, Any]) -> Network:
    """Return a network in which the parameters of these paths have these values.

    A number or a `Schedule` in place of an array of currents takes its interval (``dt``, ``after``) away with it.

    Raises:
        InputError: an unknown path (the nearest is named), two paths of which one is a part of the other, or a value
            that cannot be.

    >>> from .cells import Population
    >>> cells = Population("E", 2, tau_m=20.0, v_rest=0.0, v_threshold=20.0, v_reset=10.0)
    >>> changed(Network((cells,)), {"populations.E.tau_m": 15, "dt": 0.05}).populations[0].tau_m
    15.0
    """
    known = parameters_of(network)
    for path in values:
        if path not in known:
            raise unknown_path(path, known)
    steps = {known[path].steps: value for path, value in values.items()}
    for one, other in itertools.permutations(steps, 2):
        if one == other[: len(one)]:
            raise InputError(f"{_path(known, one)} and {_path(known, other)}: give one of them")
    found: Network = _changed(network, steps)
    return found


def unknown_path(path: str, known: Mapping[str, Any], others: tuple[str, ...] = ()) -> InputError:
    """Return the error for a path that a network does not have, with the nearest one."""
    ends = [one for one in known if one.endswith(f".{path}")]
    lower = {one.lower(): one for one in (*known, *others)}
    near = ends or [lower[one] for one in difflib.get_close_matches(path.lower(), lower, n=1, cutoff=0.4)]
    hint = f"; did you mean {near[0]!r}?" if near else ""
    more = f"; also {', '.join(map(repr, ends[1:4]))}" if ends[1:] else ""
    return InputError(f"unknown parameter {path!r} of the network{hint}{more}")


def _walk(item: Any, words: tuple[str, ...], steps: Steps) -> Iterator[tuple[tuple[str, ...], Parameter]]:
    kind: type = type(item)
    for name, (hint, param) in declared(kind).items():
        value, here, at = getattr(item, name), (*words, name), (*steps, name)
        if isinstance(value, tuple) and all(is_dataclass(one) for one in value):
            names = [str(getattr(one, "name", k)) for k, one in enumerate(value)]
            for k, one in enumerate(value):
                yield from _walk(one, (*here, names[k] if names.count(names[k]) == 1 else str(k)), (*at, k))
            continue
        if name != "name":
            yield here, Parameter(at, kind, hint, param, value)
        if is_dataclass(value):
            yield from _walk(value, here, at)


def _changed(item: Any, values: Mapping[Steps, Any]) -> Any:
    if () in values:
        return values[()]
    parts: dict[str | int, dict[Steps, Any]] = {}
    for steps, value in values.items():
        parts.setdefault(steps[0], {})[steps[1:]] = value
    if isinstance(item, tuple):
        return tuple(_changed(one, parts[k]) if k in parts else one for k, one in enumerate(item))
    new = {str(name): _changed(getattr(item, str(name)), part) for name, part in parts.items()}
    if isinstance(item, CurrentInput) and not isinstance(new.get("current", ()), np.ndarray | list | tuple):
        new = {"dt": None, "after": "refuse", **new}  # a number or Schedule in place of an array has no interval
    return replace(item, **new)


def _path(known: Mapping[str, Parameter], steps: Steps) -> str:
    return next(path for path, parameter in known.items() if parameter.steps == steps)
