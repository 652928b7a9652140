"""Mistakes on the command line as one clear line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer

from ..simulator.errors import unknown

# Typer carries click inside it since 0.20 and used the package before: only this path to the base class is public.
CommandError: type[Any] = typer.BadParameter.__mro__[2]


TIMES = ("--time", "--times", "--start", "--from", "--tmin", "--range", "--span")  # what a part in time is called
LENGTHS = ("eeg",)  # commands whose --window is the length of sliding windows alone


def usage_line(error: Any, arguments: Sequence[str]) -> str:
    """Return the mistake, the value that was got, and the nearest name that exists.

    Args:
        error: an error of typer's parser.
        arguments: the command line without the program's name.
    """
    message = str(error.format_message())
    kind, context = type(error).__name__, getattr(error, "ctx", None)
    command = context.command_path if context else " ".join(["ictal", *arguments[:1]])
    if kind == "NoSuchOption" and context:
        known = [name for parameter in context.command.get_params(context) for name in parameter.opts]
        if error.option_name in TIMES and "--window" in known:
            message = f"unknown option {error.option_name!r}; {_in_time(command)}"
        else:
            message = str(unknown("option", error.option_name, [name for name in known if name.startswith("-")]))
    elif message.startswith("No such command"):
        name = next((word for word in arguments if not word.startswith("-")), "")
        message = str(unknown("command", name, context.command.list_commands(context) if context else []))
    elif kind == "BadParameter" and error.param is not None:
        names = list(error.param.opts)
        got = _given(names, arguments, error.param.nargs)
        # pydantic's "Input should be a valid integer, unable to parse …" without its words on input and parsing
        wrong = error.message.rstrip(".").replace("Input should be", "must be").partition(", unable to parse")[0]
        message = f"{names[0]}: {wrong}" + (f"; got {' '.join(got)}" if got else "")
    elif kind == "MissingParameter" and error.param is not None:
        message = f"{command.removeprefix('ictal ')}: needs {error.param.name.upper().rstrip('_')}"
    return f"{message.rstrip('.')} (see {command} --help)"


def _in_time(command: str) -> str:
    if command.rpartition(" ")[2] in LENGTHS:
        return (
            "eeg reads the whole recording; an event is --event START:STOP, and ictal measure FILE --window START STOP "
            "measures a part of it"
        )
    return "a part in time is --window START STOP"


def _given(names: Sequence[str], arguments: Sequence[str], count: int) -> list[str]:
    for at, word in enumerate(arguments):
        if word in names:
            return list(arguments[at + 1 : at + 1 + max(1, count)])
        if word.partition("=")[0] in names:
            return [word.partition("=")[2]]
    return []
