"""Axes of arrays by name: an array of any library, in any order of trial, time and unit, becomes (..., time, unit)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence

import array_api_compat as api
import numpy as np

from ..errors import InputError
from ..types import Array

TRIAL, TIME, UNIT = "trial", "time", "unit"
WORDS = {
    TRIAL: (
        "trial batch epoch session subject participant condition replicate repetition repeat realisation realization "
        "run seed network block segment sweep group fold draw"
    ),
    TIME: (
        "time t sample frame step tick bin timepoint timestep timestamp timebin image stimulus example observation item"
    ),
    UNIT: (
        "unit channel ch chan neuron cell electrode sensor contact lead derivation node oscillator region area roi "
        "parcel site source vertex voxel pixel feature component spiketrain train"
    ),
}
ROLES = {word: role for role, words in WORDS.items() for word in words.split()}
PLURALS = {"vertices": "vertex", "stimuli": "stimulus", "axes": "axis"}
ELECTRODES = ("channel", "ch", "chan", "electrode", "sensor", "contact", "lead", "derivation")
LISTED = (
    "known: time (sample, frame, step ...), unit (channel, neuron, cell, node, voxel ...), trial (batch, epoch, "
    "session, subject ...)"
)
Dims = str | Sequence[str]


class AxesError(InputError):
    """Array whose axes cannot be told without their names."""


def words_of(dims: Dims, what: str = "array") -> tuple[str, ...]:
    """Return the names of axes, one an axis.

    Raises:
        InputError: no text or sequence of texts.

    >>> words_of("time unit"), words_of("(unit, time)"), words_of(["trial", "time", "unit"])
    (('time', 'unit'), ('unit', 'time'), ('trial', 'time', 'unit'))
    """
    if isinstance(dims, str):
        words = tuple(re.split(r"[\s,;×*()\[\]]+", dims.strip(" ,;()[]\t\n")))
        if words != ("",):
            return words
    elif isinstance(dims, Iterable) and (given := list(dims)) and all(isinstance(word, str) for word in given):
        return tuple(given)
    raise InputError(f'{what}: dims must name every axis, such as "time unit"; got {dims!r}')


def dims_text(dims: Dims | None) -> str | None:
    """Return names of axes as one text; None for none."""
    return None if dims is None else " ".join(words_of(dims))


def singular(word: str) -> str:
    """Return the word of an axis without what does not change its meaning: case, plural, "_id", a unit of time.

    >>> [singular(word) for word in ("Channels", "unit_id", "time_ms", "Time [s]", "stimuli")]
    ['channel', 'unit', 'time', 'time', 'stimulus']
    """
    word = re.sub(r"[\s._-]*[\[(/].*$", "", word.strip()).lower().replace("-", "_").replace(" ", "_")
    word = re.sub(r"_(ids?|index|idx|names?|labels?|numbers?|no|s|ms|us|sec|seconds?|axis|dim)$", "", word)
    word = PLURALS.get(word, word).replace("_", "")
    return word if word in ROLES or word[:-1] not in ROLES or not word.endswith("s") else word[:-1]


def roles(words: Sequence[str], clock: str | None = None, what: str = "array") -> list[str]:
    """Return the role of every axis: trial, time or unit.

    The name of the clock is that of time: an epoch is a trial, but on the clock "epoch". On the clock "sample" a batch
    is the axis of samples, unless another axis is time.

    Raises:
        InputError: an unknown word, no time or no unit, or one of them twice.

    >>> roles(["batch", "time", "channel"]), roles(["batch", "neuron"], "sample")
    (['trial', 'time', 'unit'], ['time', 'unit'])
    """
    plain, given = [singular(word) for word in words], f"{what}: dims {' '.join(words)!r}"
    for word, name in zip(words, plain, strict=True):
        if name not in ROLES and name != clock:
            near = difflib.get_close_matches(name, ROLES, n=1)
            raise InputError(f"{given}: unknown axis {word!r}; {f'did you mean {near[0]!r}? ' if near else ''}{LISTED}")
    if len(set(plain)) < len(plain):
        twice = next(word for word in plain if plain.count(word) > 1)
        raise InputError(f"{given}: every axis has a name of its own; got {twice!r} twice")
    found = [TIME if name == clock else ROLES[name] for name in plain]
    if clock == "sample" and TIME not in found:
        found = [TIME if name == "batch" else role for name, role in zip(plain, found, strict=True)]
    for role in (TIME, UNIT):
        named = [word for word, one in zip(words, found, strict=True) if one == role]
        if len(named) > 1:
            raise InputError(f"{given}: {' and '.join(named)} both name the axis of {role}; name the others as trials")
    for role in (TIME, UNIT):
        if role not in found:
            hint = '; a batch without an order is clock="sample"' if role == TIME and "batch" in plain else ""
            raise InputError(f"{given}: names no axis of {role}{hint}; {LISTED}")
    return found


def arranged(
    values: Array, dims: Dims | None, *, clock: str | None = None, what: str = "array"
) -> tuple[Array, list[str]]:
    """Return an array as (..., time, unit), and the assumptions that were made.

    Args:
        values: of any library of the array API.
        dims: names of its axes in their order. Without them two axes are (time, unit) if there are more samples than
            units; as many samples as units is an assumption.
        clock: meaning of the time axis.
        what: name of the thing, with which an error begins.

    Raises:
        InputError: axes that cannot be told, or names that do not fit. The message has the names to give.

    >>> import numpy as np
    >>> arranged(np.zeros((10, 3, 5)), "time trial unit")[0].shape, arranged(np.zeros((2, 9)), "unit time")[0].shape
    ((3, 10, 5), (9, 2))
    """
    shape = tuple(int(n) for n in values.shape)
    if dims is None:
        return values, _assumed(shape, clock, what)
    words = words_of(dims, what)
    if len(words) != len(shape):
        axes = f"{len(words)} ax{'is' if len(words) == 1 else 'es'}"
        raise InputError(f"{what}: dims {' '.join(words)!r} name {axes}; its shape {shape} has {len(shape)}")
    found = roles(words, clock, what)
    order = [*(at for at, role in enumerate(found) if role == TRIAL), found.index(TIME), found.index(UNIT)]
    if order == sorted(order):
        return values, []
    turned = api.array_namespace(values).permute_dims(values, tuple(order))
    return np.ascontiguousarray(turned) if type(turned) is np.ndarray else turned, []  # sums in the order of any other


def _assumed(shape: tuple[int, ...], clock: str | None, what: str) -> list[str]:
    """Return the assumption on the axes of an array without names; refuse what can be its opposite."""
    if len(shape) < 2 or 0 in shape:
        return []  # a Recording says why it cannot be
    time = "sample" if clock == "sample" else TIME
    if len(shape) > 2:
        more = ("session", "subject", "condition", "block")[: len(shape) - 3]
        first, last = (" ".join((*more, *rest)) for rest in ((TRIAL, time, UNIT), (time, TRIAL, UNIT)))
        raise AxesError(
            f"{what}: its shape {shape} has {len(shape)} axes, and their order cannot be told; name them, such "
            f'as dims="{first}" or dims="{last}"'
        )
    n_times, n_units = shape
    if n_units > n_times:
        raise AxesError(
            f"{what}: its shape {shape} has {n_times} sample{'s' * (n_times > 1)} of {n_units} units if its "
            f'axes are ({time}, unit), more units than samples; say dims="unit {time}" if its units come first, or '
            f'dims="{time} unit" if it is meant so'
        )
    if n_units < n_times:
        return []
    return [f'of {n_times} × {n_units} values the first axis is taken for {time}; the dims "unit {time}" turn them']
