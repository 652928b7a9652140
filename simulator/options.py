"""Settings on the command line: the form of every field there, and the line that repeats a run."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, fields
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from .fields import Param, default_of


@dataclass(frozen=True)
class Option:
    """Form of a field on the command line, next to its `Param` in the annotation.

    Attributes:
        metavar: placeholder of the value, e.g. ``"N"``; a flag has none. Values of ``"LO HI"`` are words of their own,
            those of ``"A,B"`` are one.
        flags: names apart by a space, where it is not the name of the field, e.g. ``"-o --output"``; the last is
            recorded.
        repeat: the option is given once for every item of a tuple, not once with ``A,B``.
        record: when the field is part of the line that repeats a run: if it is changed, always, or never.
        show: whether the help shows the default.

    >>> Option("RATE", "--lr").names("learning_rate"), Option().names("hold_out")
    (['--lr'], ['--hold-out'])
    """

    metavar: str = ""
    flags: str = ""
    repeat: bool = False
    record: Literal["changed", "always", "never"] = "changed"
    show: bool = True

    def names(self, field: str) -> list[str]:
        """Return the names of the option of this field."""
        return self.flags.split() or ["--" + field.replace("_", "-")]


class Argument(Option):
    """Form of a positional argument."""

    def names(self, field: str) -> list[str]:
        """Return no name: an argument is known by its place."""
        return []


def options_of(kind: type) -> dict[str, Option]:
    """Return field -> its form on the command line, of the fields with words; by default that of its type."""
    found = {}
    for name, hint in get_type_hints(kind, include_extras=True).items():
        extras = getattr(hint, "__metadata__", ())
        option = next((extra for extra in extras if isinstance(extra, Option)), default_option(hint))
        if option is not None and any(isinstance(extra, Param) for extra in extras):
            found[name] = option
    return found


def default_option(hint: Any) -> Option | None:
    """Return the form that the type of a field gives; None of types that the command line cannot take.

    >>> default_option(int | None).metavar, default_option(tuple[str, ...]).metavar, default_option(dict)
    ('N', 'A,B', None)
    """
    kind, *others = [one for one in get_args(hint) if one is not type(None)] or [hint]
    if get_origin(hint) is Annotated or (get_origin(hint) in (Union, UnionType) and len(others) < 1):
        return default_option(kind)
    if get_origin(hint) is tuple:
        return Option("A,B" if others == [Ellipsis] else "LOW HIGH")
    metavars = {int: "N", float: "X", str: "NAME", Path: "FILE", bool: ""}
    return Option("NAME") if get_origin(hint) is Literal else Option(metavars[hint]) if hint in metavars else None


def command_line(*parts: Any) -> str:
    """Return the command line, quoted for a shell, that repeats a command.

    Of a dataclass it writes the fields that have an `Option` and differ from their defaults; with record="always" also
    at the default, with record="never" not at all. None and empty values are left out.

    Args:
        parts: a word, a list of words, or a dataclass whose fields have an `Option`.

    >>> command_line("measure", ["a b.npy", "--dt", "0.1"])
    "ictal measure 'a b.npy' --dt 0.1"
    """
    words = ["ictal"]
    for part in parts:
        words += [part] if isinstance(part, str) else part if isinstance(part, list) else _words(part)
    return shlex.join(words)


def _words(settings: Any) -> list[str]:
    options, items = options_of(type(settings)), fields(settings)
    each = [(options[item.name], item, getattr(settings, item.name)) for item in items if item.name in options]
    return [word for option, item, value in each for word in option_words(option, item.name, value, default_of(item))]


def option_words(option: Option, name: str, value: Any, default: Any) -> list[str]:
    """Return the words that give a field its value; none where the line that repeats a run leaves it out.

    >>> option_words(Option("LOW HIGH"), "band", (3.0, 20.0), None), option_words(Option(), "seed", 0, 0)
    (['--band', '3.0', '20.0'], [])
    """
    same = value in (default, None, "", ())
    if option.record == "never" or (same and option.record == "changed"):
        return []
    flag = option.names(name)[-1:]
    if value is True:
        return flag
    if isinstance(value, tuple) and (option.repeat or not flag):
        return [word for one in value for word in (*flag, as_text(one))]
    return [*flag, *(map(as_text, value) if isinstance(value, tuple) and " " in option.metavar else [as_text(value)])]


def as_text(value: object) -> str:
    """Return a value as the command line reads it.

    >>> as_text((1, 2.5)), as_text(True), as_text(None)
    ('1,2.5', 'true', 'none')
    """
    if hasattr(value, "tolist"):
        return as_text(value.tolist())
    if isinstance(value, bool | None):
        return str(value).lower()
    return ",".join(map(as_text, value)) if isinstance(value, list | tuple) else str(value)
