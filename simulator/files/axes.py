"""Axes of the arrays of a file: by the names that the caller gives, or by the number of the channels of the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ..errors import InputError
from ..recordings.dims import AxesError, Dims, arranged, words_of

Arrays = dict[str, NDArray[Any]]


def arranged_arrays(
    source: Path, arrays: Arrays, channels: NDArray[Any] | None, dims: Dims | None, clock: str
) -> tuple[Arrays, list[str]]:
    """Return the arrays of a file as (..., time, unit), and the assumptions that were made.

    Of several arrays those are left out that have another number of axes than `dims`, or whose axes cannot be told
    without. Without dims the channels of the file tell which of two axes is that of units.

    Raises:
        InputError: axes that cannot be told, names that do not fit, or as many channels as no array has units.
    """
    found: Arrays = {}
    notes: list[str] = []
    wrong: list[AxesError] = []
    for name, values in arrays.items():
        what, axes = (str(source) if len(arrays) == 1 else f"{source}: {name}"), dims
        if dims is not None and len(arrays) > 1 and len(words_of(dims)) != values.ndim:
            notes.append(f"{name} is left out: its shape {values.shape} has another number of axes than dims, {dims}")
            continue
        axis = _axis_of(channels, values.shape) if dims is None else None
        if axis is not None:
            axes = ("unit time", "time unit")[axis]
            notes += [f"{name}: the first axis of {values.shape} is that of the channels"] if axis == 0 else []
        try:
            found[name], assumed = arranged(values, axes, clock=clock, what=what)
        except AxesError as error:
            wrong.append(error)
            notes.append(f"{name} is left out: {str(error).removeprefix(f'{what}: ').replace('dims=', 'dims ')}")
            continue
        notes += [f"{name}: {line}" for line in assumed]
    if wrong and not found:
        raise wrong[0]
    if not found:
        raise InputError(f"{source}: dims {dims!r} fit no array; {'; '.join(notes)}")
    units = sorted({values.shape[-1] for values in found.values()})
    if channels is not None and channels.size not in units:
        wanted = " or ".join(map(str, units))
        raise InputError(f"{source}: channels: must be {wanted} names; got {channels.dtype} {channels.shape}")
    return found, notes


def _axis_of(channels: NDArray[Any] | None, shape: tuple[int, ...]) -> int | None:
    """Return the one of two axes that has a name for each of its units; None if neither or both have."""
    fitting = [axis for axis, n in enumerate(shape) if channels is not None and n == channels.size]
    return fitting[0] if len(shape) == 2 and len(fitting) == 1 else None
