"""Arguments of `SynchronyRecorder`: what cannot be is refused in one line that names the argument."""

from __future__ import annotations

from collections.abc import Sequence

from ...simulator import InputError, unknown
from ...simulator.fields import Param, checked


def whole(name: str, value: object, least: int) -> None:
    """Refuse what is no integer of at least so much."""
    checked(f"SynchronyRecorder.{name}", int, Param("", ge=least), value)


def listed(name: str, given: Sequence[str] | str, known: Sequence[str]) -> tuple[str, ...]:
    """The names that are given, in the order in which they are known."""
    names = (given,) if isinstance(given, str) else tuple(given)
    for one in names:
        if one not in known:
            raise unknown(f"SynchronyRecorder.{name}", str(one), known)
    if not names:
        raise InputError(f"SynchronyRecorder.{name}: must name at least one of {', '.join(known)}; got none")
    return tuple(one for one in known if one in names)


def steps_of(name: str, given: Sequence[int] | None) -> frozenset[int] | None:
    """Steps of a training, or None."""
    if given is None:
        return None
    for step in given:
        whole(name, step, 0)
    return frozenset(int(step) for step in given)
