"""Doors: the public names of a room, each loaded when it is first used (PEP 562).

The stub ``__init__.pyi`` of a room is the only list of its names: type checkers read it, and so does `door`. A line is
``from .module import Name as Name``, or ``NAME: type`` for a name that ``__init__.py`` itself defines.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable


def door(room: str) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """Return ``__getattr__``, ``__dir__`` and ``__all__`` of a room, from its stub.

    >>> from ictal import simulator
    >>> simulator.Recodring
    Traceback (most recent call last):
        ...
    AttributeError: module 'ictal.simulator' has no attribute 'Recodring'; did you mean 'Recording'?
    """
    module = sys.modules[room]
    path = f"{module.__file__}".removesuffix("c") + "i"  # next to a .pyc too
    stub: bytes = module.__spec__.loader.get_data(path)  # type: ignore[union-attr]  # a loader reads within zip files
    lines = [line.split() for line in stub.decode().splitlines()]
    home = {words[3]: words[1] for words in lines if words[4:5] == ["as"]}
    names = sorted([*home, *(words[0][:-1] for words in lines if words and words[0].endswith(":"))])

    def load(name: str) -> object:
        from importlib import import_module

        if name not in home:
            raise AttributeError(f"module {room!r} has no attribute {name!r}{_nearest(name, names)}")
        value: object = getattr(import_module(home[name], room), name)
        setattr(module, name, value)
        return value

    return load, lambda: sorted({*vars(module), *names}), [name for name in names if not name.startswith("_")]


def _nearest(name: str, names: Iterable[str]) -> str:
    import difflib

    near = [] if name.startswith("_") else difflib.get_close_matches(name, names, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
