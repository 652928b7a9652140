"""Settings on the command line: the form of every field there, and the line that repeats a run."""

from __future__ import annotations

import shlex
from dataclasses import MISSING, dataclass, fields
from typing import Any, Literal, get_type_hints

from .fields import default_of


@dataclass(frozen=True)
class Option:
    """Form of a field on the command line, beside its `Param` in the annotation.

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
    """Return field -> its `Option`, of the fields that have one."""
    hints = get_type_hints(kind, include_extras=True)
    extras = [(name, extra) for name, hint in hints.items() for extra in getattr(hint, "__metadata__", ())]
    return {name: extra for name, extra in extras if isinstance(extra, Option)}


def command_line(*parts: Any) -> str:
    """Return the line that repeats a command: words, and what settings say that differs from their defaults.

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
    found: list[str] = []
    options = options_of(type(settings))
    for item in fields(settings):
        option, value = options.get(item.name, Option(record="never")), getattr(settings, item.name)
        default = default_of(item)
        same = value == default or (value in (None, "", ()) and default is not MISSING)
        if option.record == "never" or (same and option.record == "changed"):
            continue
        flag = option.names(item.name)[-1:]
        if value is True:
            found += flag
        elif isinstance(value, tuple) and (option.repeat or not flag):
            found += [word for one in value for word in (*flag, as_text(one))]
        elif isinstance(value, tuple) and " " in option.metavar:
            found += [*flag, *map(as_text, value)]
        else:
            found += [*flag, as_text(value)]
    return found


def as_text(value: object) -> str:
    """Return a value as the command line reads it.

    >>> as_text((1, 2.5)), as_text(True), as_text(None)
    ('1,2.5', 'true', 'none')
    """
    if isinstance(value, bool | None):
        return str(value).lower()
    return ",".join(map(as_text, value)) if isinstance(value, list | tuple) else str(value)
