"""Parameters as fields of a dataclass: texts and values read and checked by the type of each."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from . import InputError, unknown

_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


def assignments(option: str, texts: Sequence[str], what: str, known: Mapping[str, Any], form: str) -> dict[str, str]:
    """``KEY=VALUE`` texts of an option as key -> text.

    Args:
        what: what a key is, in words; known: the keys there are; form: what a text must be, in words.

    Raises:
        InputError: an unknown key, a text without "=", a key given twice.

    >>> assignments("--set", ["g = 1"], "parameter of seizure", {"g": float}, "KEY=VALUE")
    {'g': '1'}
    """
    found: dict[str, str] = {}
    for text in texts:
        key, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not key:
            raise InputError(f"{option} {text!r}: must be {form}")
        if key not in known:
            raise unknown(what, key, known)
        if key in found:
            raise InputError(f"{option} {key}: is given twice")
        found[key] = value
    return found


def parameter_types(kind: type) -> dict[str, Any]:
    """Field -> type, of the fields that may be given."""
    hints = get_type_hints(kind)
    return {item.name: hints[item.name] for item in fields(kind) if item.init}


def default_of(item: Field[Any]) -> object:
    """The default of a field; `MISSING` where there is none."""
    return item.default if item.default_factory is MISSING else item.default_factory()


def parse(what: str, hint: Any, text: str) -> object:
    """A text from the command line as a value of the type `hint`.

    >>> parse("MLP.hidden", tuple[int, ...], "64,32")
    (64, 32)
    """
    origin, options = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        if text.lower() == "none" and type(None) in options:
            return None
        return parse(what, next(option for option in options if option is not type(None)), text)
    if origin is tuple:
        cells = [cell.strip() for cell in text.strip("()").split(",") if cell.strip()]
        return check(what, hint, tuple(parse(what, options[0], cell) for cell in cells))
    if origin is Literal:
        return check(what, hint, next((option for option in options if str(option) == text), text))
    if hint is bool:
        if text.lower() not in _TRUE + _FALSE:
            raise InputError(f"{what}: must be true or false; got {text!r}")
        return text.lower() in _TRUE
    if hint in (int, float):
        try:
            return check(what, hint, hint(text))
        except ValueError as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"{what}: must be {_wanted(hint)}; got {text!r}") from None
    if hint is str:
        return text
    raise InputError(f"{what}: cannot be set from the command line; use ictal.simulate in Python")


def check(what: str, hint: Any, value: object) -> object:
    """The value if it is of the type `hint`; a whole number serves where a float is wanted.

    Raises:
        InputError: it is not.

    >>> check("SeizureNetwork.g", float, 1)
    1.0
    """
    origin, options = get_origin(hint), get_args(hint)
    if isinstance(value, np.generic):
        value = value.item()
    if origin in (Union, types.UnionType):
        for option in options:
            try:
                return check(what, option, value)
            except InputError:
                continue
    elif origin is Literal:
        if value in options:
            return value
        raise unknown(what, str(value), [str(option) for option in options])
    elif origin is tuple:
        if isinstance(value, Sequence) and not isinstance(value, str):
            kinds = (options[0],) * len(value) if options[1:] == (Ellipsis,) else options
            if len(kinds) == len(value):
                return tuple(check(what, kind, item) for kind, item in zip(kinds, value, strict=True))
    elif hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    elif hint is int:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    elif hint is not float and isinstance(value, origin or hint):
        return value
    raise InputError(f"{what}: must be {_wanted(hint)}; got {value!r}")


def _wanted(hint: Any) -> str:
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "a text", type(None): "none"}
    if hint in words:
        return words[hint]
    origin, options = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return " or ".join(_wanted(option) for option in options)
    if origin is tuple and options[1:] == (Ellipsis,):
        return f"values separated by commas, each {_wanted(options[0])}"
    if origin is tuple:
        return f"{len(options)} values separated by commas, each {_wanted(options[0])}"
    return str(getattr(hint, "__name__", hint))
