"""Parameters as fields of a dataclass: each is declared once, in its annotation, and checked from there.

tau_m: Annotated[float, Param("membrane time constant [ms]", gt=0)] = 20.0
"""

from __future__ import annotations

import functools
import math
import re
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from .errors import InputError, unknown

_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


@dataclass(frozen=True)
class Param:
    """Description and bounds of a parameter.

    Attributes:
        words: description, with the unit in brackets, e.g. ``"membrane time constant [ms]"``; ``[1]`` is dimensionless.
        gt, ge, lt, le: bounds: greater than, greater or equal, less than, less or equal; of a tuple, of every item.
        why: the reason of a bound, added to the error.
        to: of names and arrays: ``to(value, "Class.field")`` converts a value, and checks it in place of its type.
    """

    words: str
    gt: float | None = None
    ge: float | None = None
    lt: float | None = None
    le: float | None = None
    why: str = ""
    to: Callable[[Any, str], Any] | None = None

    @property
    def label(self) -> str:
        """The words without the unit."""
        return re.sub(r"\s*\[[^\]]+\]", "", self.words).strip()

    @property
    def unit(self) -> str:
        """The unit in the words; empty where there is none."""
        found = re.search(r"\[([^\]]+)\]", self.words)
        return found[1] if found else ""

    @property
    def bounds(self) -> str:
        """The bounds in symbols: ``"> 0"``, ``"0..1"`` with both ends, ``"0 <= x < 1"``; empty where there are none."""
        low = next(((mark, end) for mark, end in ((">=", self.ge), (">", self.gt)) if end is not None), None)
        high = next(((mark, end) for mark, end in (("<=", self.le), ("<", self.lt)) if end is not None), None)
        if low and high:
            if (low[0], high[0]) == (">=", "<="):
                return f"{low[1]:g}..{high[1]:g}"
            return f"{low[1]:g} {low[0].replace('>', '<')} x {high[0]} {high[1]:g}"
        return " ".join((end[0], f"{end[1]:g}")) if (end := low or high) else ""

    def holds(self, value: float) -> bool:
        """Test that a number is finite and within the bounds."""
        return (
            math.isfinite(value)
            and (self.gt is None or value > self.gt)
            and (self.ge is None or value >= self.ge)
            and (self.lt is None or value < self.lt)
            and (self.le is None or value <= self.le)
        )


class Checked:
    """Base of frozen dataclasses of parameters: every field is checked by its type and its `Param`.

    A class with rules of its own calls ``super().__post_init__()`` first.
    """

    def __post_init__(self) -> None:
        kind: type = type(self)
        for name, (hint, param) in declared(kind).items():
            object.__setattr__(self, name, checked(f"{kind.__name__}.{name}", hint, param, getattr(self, name)))


@functools.cache
def declared(kind: type) -> dict[str, tuple[Any, Param]]:
    """Return field -> (type, `Param`) of the fields that may be given; a field without one has an empty `Param`."""
    hints = get_type_hints(kind, include_extras=True)
    found = {}
    for item in fields(kind):
        if item.init:
            hint = hints[item.name]
            extras = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
            param = next((extra for extra in extras if isinstance(extra, Param)), Param(""))
            found[item.name] = (get_args(hint)[0] if extras else hint, param)
    return found


def parameter_types(kind: type) -> dict[str, Any]:
    """Return field -> type, of the fields that may be given."""
    return {name: hint for name, (hint, _) in declared(kind).items()}


def checked(what: str, hint: Any, param: Param, value: Any) -> Any:
    """Return the value in its type, converted or checked, and within its bounds.

    Raises:
        InputError: it is not of the type, not finite, or outside the bounds.

    >>> checked("siegert.tau_s", float, Param("correlation time [ms]", ge=0), 2)
    2.0
    """
    value = check(what, hint, value) if param.to is None or value is None else param.to(value, what)
    check_bounds(what, param, value)
    return value


def check_bounds(what: str, param: Param, value: object) -> None:
    """Check a value against the bounds of its parameter.

    Checks an int or a float, or each of them in a tuple. Everything else passes: text, None, bools, arrays.

    Args:
        what: name of the parameter, with which the error begins.
        param: its bounds and unit.
        value: the value, in its final type.

    Raises:
        InputError: a number is not finite, or outside the bounds.

    >>> check_bounds("Cell.tau", Param("time constant [ms]", gt=0), -1.0)
    Traceback (most recent call last):
        ...
    ictal.simulator.errors.InputError: Cell.tau: must be > 0 [ms]; got -1.0
    """
    for number in value if isinstance(value, tuple) else (value,):
        if isinstance(number, int | float) and not isinstance(number, bool) and not param.holds(number):
            verb = "lie in" if ".." in param.bounds else "be"
            wanted = param.bounds or "finite"
            unit = f" [{param.unit}]" if param.unit else ""
            raise InputError(f"{what}: must {verb} {wanted}{unit}{f': {param.why}' if param.why else ''}; got {value}")


def wanted(hint: Any, param: Param) -> str:
    """Return the values that a parameter may have, in words: type, choices and bounds.

    >>> wanted(float, Param("time constant [ms]", gt=0)), wanted(Literal["a", "b"], Param("protocol"))
    ('a number > 0', 'a or b')
    """
    return f"{_wanted(hint)} {param.bounds}".rstrip()


def assignments(option: str, texts: Sequence[str], what: str, known: Mapping[str, Any], form: str) -> dict[str, str]:
    """Parse the ``KEY=VALUE`` texts of an option into key -> text.

    Args:
        what: noun for a key, in an error; known: the valid keys; form: form of a text, in words.

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


def default_of(item: Field[Any]) -> object:
    """Return the default of a field; `MISSING` without one."""
    return item.default if item.default_factory is MISSING else item.default_factory()


def parse(what: str, hint: Any, text: str) -> object:
    """Convert a text from the command line to the type `hint`; a number that need not be whole may be a fraction.

    >>> parse("MLP.hidden", tuple[int, ...], "64,32"), parse("--eps", tuple[float, ...], "0.1,51/255")
    ((64, 32), (0.1, 0.2))
    """
    origin, options = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        if text.lower() == "none" and type(None) in options:
            return None
        kinds = {kind.__name__: kind for kind in options if _of_numbers(kind)}
        if (call := re.fullmatch(r"(\w+)\((.*)\)", text.strip())) and kinds:
            return _called(what, kinds, *call.groups())
        if "," in text and any(getattr(get_origin(option), "__name__", "") == "ndarray" for option in options):
            return _array(what, text)
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
            over, slash, under = text.partition("/")
            number = float(over) / float(under) if slash and hint is float else hint(text)
        except (ValueError, ZeroDivisionError):
            raise InputError(f"{what}: must be {_wanted(hint)}; got {text!r}") from None
        return check(what, hint, number)
    if hint is str:
        return text
    raise InputError(f"{what}: cannot be set from the command line; use ictal.simulate in Python")


def _of_numbers(kind: Any) -> bool:
    """Return whether a type is a dataclass whose fields are all numbers, so that a text can call it."""
    return isinstance(kind, type) and is_dataclass(kind) and {*parameter_types(kind).values()} <= {int, float, bool}


def _called(what: str, kinds: Mapping[str, type], name: str, inside: str) -> object:
    """Return the object of a text such as ``Normal(20, 2)`` or ``Normal(mean=20, sd=2)``."""
    if name not in kinds:
        raise InputError(f"{what}: {unknown('kind', name, kinds)}")
    hints = parameter_types(kinds[name])
    given: dict[str, object] = {}
    for place, cell in enumerate(filter(None, (cell.strip() for cell in inside.split(",")))):
        key, equals, value = (part.strip() for part in cell.rpartition("="))
        key = key if equals else next(iter([*hints][place : place + 1]), "")
        if key not in hints or key in given:
            raise InputError(f"{what}: must be {name}({', '.join(hints)}); got {name}({inside})")
        given[key] = parse(f"{what}: {key}", hints[key], value)
    missing = [f.name for f in fields(kinds[name]) if f.init and f.name not in given and default_of(f) is MISSING]
    if missing:
        raise InputError(f"{what}: must be {name}({', '.join(hints)}); got {name}({inside})")
    return kinds[name](**given)


def _array(what: str, text: str) -> object:
    """Return numbers that are separated by commas, as an array."""
    import numpy as np

    return np.array([parse(what, float, cell.strip()) for cell in text.split(",")])


_WITH_UNITS = ("brian2", "pint", "astropy", "quantities", "unyt")  # packages of numbers that carry a unit


def refuse_units(what: str, value: object) -> None:
    """Refuse a number or array that carries a unit of its own: its plain value may be in another one, such as V for mV.

    Raises:
        InputError: it is a quantity of a package of units, or a list of them.
    """
    one = value[0] if isinstance(value, list | tuple) and value else value
    package = type(one).__module__.partition(".")[0]
    if package in _WITH_UNITS:
        raise InputError(
            f"{what}: is a quantity of {package}, which carries a unit; give plain numbers in the unit of the field, "
            "such as x/mV"
        )


def check(what: str, hint: Any, value: object) -> object:
    """Return a value of the type `hint`; whole numbers pass as floats.

    Raises:
        InputError: it is not.

    >>> check("SeizureNetwork.g", float, 1)
    1.0
    """
    origin, options = get_origin(hint), get_args(hint)
    refuse_units(what, value)
    if type(value).__module__ == "numpy" and getattr(value, "ndim", 1) == 0:  # a scalar; numpy takes long to import
        value = value.item()  # type: ignore[attr-defined]
    if origin in (Union, types.UnionType):
        if type(value) in options:  # most values; a failed option below would print them whole
            return value
        for option in options:
            try:
                return check(what, option, value)
            except InputError:
                continue
    elif origin is Literal:
        if isinstance(value, str | int | float | None) and value in options:
            return options[options.index(value)]  # 1, given as True or 1.0
        if isinstance(options[0], str):
            raise unknown(what, str(value), options)
    elif origin is tuple:
        if isinstance(value, Sequence) and not isinstance(value, str):
            kinds = (options[0],) * len(value) if options[1:] == (Ellipsis,) else options
            if len(kinds) == len(value):
                return tuple(check(what, kind, item) for kind, item in zip(kinds, value, strict=True))
    elif hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            raise InputError(f"{what}: must be at most 1.8e308; got a larger whole number") from None
    elif hint is int:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    elif hint is not float and isinstance(value, origin or hint):
        return value
    got = repr(value) if isinstance(value, str | int | float | tuple | list | None) else type(value).__name__
    raise InputError(f"{what}: must be {_wanted(hint)}; got {got}")


def _wanted(hint: Any) -> str:
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "a text", type(None): "none"}
    if hint in words:
        return words[hint]
    origin, options = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return " or ".join(_wanted(option) for option in options)
    if origin is Literal:
        return " or ".join(map(str, options))
    if origin is tuple and options[1:] == (Ellipsis,):
        typed = options[0] in words or get_origin(options[0]) is Literal  # on a command line, too
        return f"{'values separated by commas, each' if typed else 'a tuple of'} {_wanted(options[0])}"
    if origin is tuple:
        return f"{len(options)} values separated by commas, each {_wanted(options[0])}"
    return "an array" if getattr(origin, "__name__", "") == "ndarray" else str(getattr(hint, "__name__", hint))
