"""Names to objects: systems and experiments are loaded when first asked for, parameters are checked against fields."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields
from importlib import import_module
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from .analyses.experiments import EXPERIMENTS
from .analyses.measures import MEASURES
from .models import SYSTEMS
from .models.architectures import ARCHITECTURES
from .models.data import DATA
from .models.treatments import TREATMENTS
from .simulator import InputError, unknown

_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


def resolve(where: str, package: str) -> Any:
    """The object at "module:Object"; a module that is not absolute is looked up in `package`.

    >>> resolve("errors:InputError", "ictal.simulator").__name__
    'InputError'
    """
    module, _, attribute = where.partition(":")
    name = module if module.startswith("ictal.") else f"{package}.{module}"
    return getattr(import_module(name), attribute)


def system(name: str) -> Any:
    """The class of this system.

    Raises:
        InputError: there is none; the message names the nearest.
    """
    return _found("system", SYSTEMS, name, "ictal.models")


def treatment(name: str) -> Any:
    """The class of this treatment.

    Raises:
        InputError: there is none; the message names the nearest.
    """
    return _found("treatment", TREATMENTS, name, "ictal.models.treatments")


def experiment(name: str) -> Any:
    """The function of this experiment.

    Raises:
        InputError: there is none; the message names the nearest.
    """
    return _found("experiment", EXPERIMENTS, name, "ictal.analyses.experiments")


def _found(kind: str, table: Mapping[str, tuple[str, str]], name: str, package: str) -> Any:
    if name not in table:
        raise unknown(kind, name, table)
    return resolve(table[name][0], package)


def known() -> dict[str, dict[str, str]]:
    """Everything that is registered: kind -> name -> one line. Nothing of it is loaded."""
    tables = {
        "systems": SYSTEMS,
        "measures": MEASURES,
        "architectures": ARCHITECTURES,
        "treatments": TREATMENTS,
        "experiments": EXPERIMENTS,
    }
    lines = {kind: {name: line for name, (_, line) in table.items()} for kind, table in tables.items()}
    return {**lines, "data": dict(DATA)}


def build(name: str, parameters: Mapping[str, object]) -> Any:
    """The system with these parameters; the others keep their defaults.

    Raises:
        InputError: no such system or parameter, a value of another type, or one the system refuses.
    """
    kind = system(name)
    hints = parameter_types(kind)
    checked = {}
    for key, value in parameters.items():
        if key not in hints:
            raise unknown(f"parameter of {name}", key, hints)
        checked[key] = check(f"{kind.__name__}.{key}", hints[key], value)
    try:
        return kind(**checked)
    except InputError as error:  # a part of the system names its own field: say what was asked for, too
        if str(error).startswith(kind.__name__) or not checked:
            raise
        given = ", ".join(f"{key}={value!r}" for key, value in checked.items())
        raise InputError(f"{kind.__name__}({given}): {error}") from error


def parse_settings(name: str, settings: Sequence[str]) -> dict[str, object]:
    """``KEY=VALUE`` texts as parameters of a system, read by the type of each field.

    Raises:
        InputError: no such parameter, a text without "=", given twice, or not a value of that type.
    """
    kind = system(name)
    hints = parameter_types(kind)
    form = f"KEY=VALUE, e.g. --set {next(iter(hints))}=1"
    given = assignments("--set", settings, f"parameter of {name}", hints, form)
    return {key: parse(f"{kind.__name__}.{key}", hints[key], value) for key, value in given.items()}


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
