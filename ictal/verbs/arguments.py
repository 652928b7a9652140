"""Arguments of the verbs, checked by their annotations, so that each error names the argument."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from types import UnionType
from typing import Any, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

from ..simulator import InputError
from ..simulator.fields import check

P = ParamSpec("P")
R = TypeVar("R")


def checked_arguments(verb: Callable[P, R]) -> Callable[P, R]:
    """Make a function check its arguments by its annotations: numbers, texts, and tuples and sequences of them.

    A band or window may be any sequence of two numbers, an array too. Arguments of other types, such as the data, are
    left as they are.
    """
    signature = inspect.signature(verb)

    @functools.wraps(verb)
    def run(*args: P.args, **given: P.kwargs) -> R:
        try:
            bound = signature.bind(*args, **given)
        except TypeError as error:
            foreign = next((name for name in given if name not in signature.parameters), "")
            longer = [name for name in signature.parameters if foreign and name.startswith(foreign)]
            near = longer or difflib.get_close_matches(foreign, signature.parameters, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise TypeError(f"{verb.__name__}() {error}{hint}") from None
        for name, hint in _hints(verb).items():
            if name in bound.arguments:
                bound.arguments[name] = _checked(f"{verb.__name__}.{name}", hint, bound.arguments[name])
        return verb(*bound.args, **bound.kwargs)

    return run


@functools.cache
def _hints(verb: Callable[..., Any]) -> dict[str, Any]:
    """Return the annotations that can be checked."""
    hints = get_type_hints(verb)
    return {name: hint for name, hint in hints.items() if hint is not Any and name != "return"}


def _checked(what: str, hint: Any, value: Any) -> Any:
    options = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    kinds = [kind for kind in options if kind is not type(None)]
    texts = next((kind for kind in kinds if get_origin(kind) is Sequence), None)
    if value is None and type(None) in options:
        return None
    if any(get_origin(kind) is Mapping for kind in kinds):
        if isinstance(value, Mapping):
            return value
        if texts is None:
            raise InputError(f"{what}: must be a mapping of names; got {type(value).__name__}")
    if texts is not None:
        if isinstance(value, str) and str not in kinds:
            raise InputError(f"{what}: must be a list of names; got the text {value!r}: give [{value!r}]")
        try:
            given = [value] if isinstance(value, str) else list(value)
        except TypeError:
            raise InputError(f"{what}: must be a name or a list of names; got {value!r}") from None
        for one in given:
            check(what, get_args(texts)[0], one)
        return value if isinstance(value, str) else given
    if any(get_origin(kind) is tuple for kind in (hint, *kinds)) and getattr(value, "ndim", 0) == 1:
        value = tuple(value.tolist())
    return check(what, hint, value)
