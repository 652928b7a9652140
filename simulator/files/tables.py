"""Tables of text as a Run: columns of signals, beside an index, times, trials and labels; or a list of spikes."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, unknown
from ..recordings.dims import Dims, arranged, roles, words_of
from ..recordings.recording import CLOCKS, Clock, Recording
from ..recordings.run import Run
from .cells import Cells, is_missing, is_number, read_cells
from .column_names import OTHER_CLOCKS, SECONDS, is_index, is_spike_time, is_spike_unit, is_time, is_trial, parts
from .names import OTHER, kinds_of
from .spike_lists import refuse_unnamed, spike_list
from .time_columns import Times, even, sampling

_LABEL, _UNIT_LABEL = "time_label_", "unit_label_"  # of an export
_LABELS = ("label", "labels", "class", "target", "state", "stage", "condition", "annotation", "annotations", "y")
_WHOLE = re.compile(r"[+-]?\d+(\.0*)?")
_SITE = re.compile(r"(?:EEG )?(Fp|AF|F|FC|FT|C|CP|T|TP|P|PO|O|A|M)(z|\d{1,2})(?:-(?:\w{1,4}))?")


def read_table(source: Path, *, dt: float | None, clock: str | None, dims: Dims | None) -> Run:
    """Read a table as `open_run` says.

    Raises:
        InputError: one line with the file, and the line and column of the fault.
    """
    if source.stat().st_size == 0:
        raise InputError(f"{source}: is empty")
    if clock is not None and clock not in CLOCKS:
        raise unknown("clock", clock, CLOCKS)
    cells = read_cells(source)
    if cells.names and cells.names[0] == "unit" and any(name.startswith(_UNIT_LABEL) for name in cells.names):
        raise InputError(
            f"{cells.where}: holds the labels of units of an export and no signal; want its folder or the table beside"
        )
    notes = list(cells.notes)
    found = _spike_columns(cells)
    if found is not None:
        if clock not in (None, "second"):
            raise InputError(f"{source}: is a list of spikes, whose clock is second; leave out --clock {clock}")
        if dims is not None:
            raise InputError(f"{source}: is a list of spikes, which has no axes; leave out dims")
        return _spikes(cells, *found, dt, notes)
    return Run({"activity": _signals(cells, dt, clock, dims, notes)}, {"assumptions": notes} if notes else {})


def read_matrix(source: Path) -> NDArray[np.float64]:
    """Read a table of numbers alone, (row, column); a header is allowed. Errors as `read_table`."""
    cells = read_cells(source)
    return cells.numbers(range(cells.width))


def _spike_columns(cells: Cells) -> tuple[int, int] | None:
    """Return the columns of time and unit of a list of spikes; None of another table.

    Raises:
        InputError: the columns can be a list of spikes, or samples.
    """
    names = cells.names or []
    time = next((k for k, name in enumerate(names) if is_spike_time(name)), None)
    unit = next((k for k, name in enumerate(names) if is_spike_unit(name) and k != time), None)
    if time is None or unit is None or any(map(is_trial, names)):
        return None
    units, others = (
        cells.texts(unit),
        [k for k in range(cells.width) if k not in (time, unit) and not is_index(names[k])],
    )
    named = not all(map(is_number, units))
    if not named and not all(float(text).is_integer() for text in units):
        return None
    if not all(map(is_number, cells.texts(time))):
        return None
    times = cells.numbers([time])[:, 0]
    pairs = len(set(zip(times.tolist(), units, strict=True)))
    if others and len(times) == pairs == len(set(times.tolist())) * len(set(units)) and len(set(units)) > 1:
        raise InputError(
            f"{cells.where}: has a row a time and {names[unit]}; want a column a {names[unit]}, as pandas makes it: "
            f"df.pivot(index={names[time]!r}, columns={names[unit]!r}, values={names[others[0]]!r}).to_csv(FILE)"
        )
    if even(times) and (others or (len(set(units)) > 1 and len(units) > 4)) and is_time(names[time]):
        if named or (others and is_index(names[unit]) and len(set(units)) == len(units)):
            return None  # numbers of rows, or text that is refused as such
        raise InputError(
            f"{cells.where}: {cells.title(unit)} can hold the units of spikes, or a signal at even times; leave it out "
            f"or rename it if it is a signal; name {cells.title(time)} spike_time if the rows are spikes"
        )
    return time, unit


def _spikes(cells: Cells, time: int, unit: int, dt: float | None, notes: list[str]) -> Run:
    names = cells.names or []
    for column in (time, unit):
        _refuse_missing(cells, column)
    times, units = cells.numbers([time])[:, 0], cells.texts(unit)
    ids: NDArray[Any] = cells.numbers([unit])[:, 0] if all(map(is_number, units)) else np.array(units)
    if left := [cells.title(k) for k in range(cells.width) if k not in (time, unit)]:
        notes.append(f"left out of a list of spikes: {', '.join(left)}")
    said = parts(names[time])[1] or _unit(cells.units[time])
    spikes, more = spike_list(cells.where, times, ids, said, cells.title(time), dt)
    return Run({"spikes": spikes}, {"assumptions": [*notes, *more]})


@dataclass
class _Columns:
    """Columns by what they hold."""

    time: int | None
    trials: list[int]
    labels: list[int]
    signals: list[int]


def _signals(cells: Cells, dt: float | None, clock: str | None, dims: Dims | None, notes: list[str]) -> Recording:
    columns = _sorted(cells, notes)
    values = cells.numbers(columns.signals)
    _refuse_not_finite(cells, columns.signals, values)
    if columns.time is None:
        refuse_unnamed(cells.where, values)
    if cells.names is None and columns.time is None and len(columns.signals) == cells.width:
        values, assumed = arranged(values, dims, clock=clock, what=cells.where)
        notes += assumed
    elif dims is not None and roles(words_of(dims), clock)[-2:] != ["time", "unit"]:
        raise InputError(f"{cells.where}: has names, so that a row is a time and a column a unit; leave out dims")
    blocks = _trials(cells, columns.trials)
    shape = (*blocks, len(values) // max(1, math.prod(blocks)))
    times = None if columns.time is None else _times(cells, columns.time, shape)
    grid = sampling(cells.where, times, dt, clock, notes)
    labels = {
        cells.names[k].removeprefix(_LABEL): np.array(cells.texts(k)[: shape[-1]])
        for k in columns.labels
        if cells.names is not None
    }
    units = {_unit(cells.units[k], plain=True) for k in columns.signals}
    try:
        return Recording(
            values.reshape(*shape, -1), dt=grid.dt, clock=cast(Clock, grid.clock), quantity="activity",
            unit=units.pop() or "1" if len(units) == 1 else "1", t0=grid.t0,
            unit_labels=_names(cells, columns.signals, notes), time_labels=labels,
        )  # fmt: skip
    except InputError as error:
        raise InputError(f"{cells.where}: activity: {error}") from error


def _sorted(cells: Cells, notes: list[str]) -> _Columns:
    """Sort the columns by what they hold: by name, and the first by its numbers too.

    Raises:
        InputError: no signal is left, or a column that counts rows has a jump.
    """
    names = cells.names or [""] * cells.width
    found = _Columns(None, [], [], [])
    for k, name in enumerate(names):
        if cells.is_empty(k):
            notes.append(f"{cells.title(k)} is empty and left out")
        elif name.startswith(_LABEL):
            found.labels.append(k)
        elif name and is_trial(name):
            found.trials.append(k)
        elif (is_index(name) if name or cells.names else k == 0 < cells.width - 1) and _counts(cells, k):
            notes.append(f"{cells.title(k)} numbers the rows and is no signal")
        elif (is_time(name) if name else k == 0 < cells.width - 1) and _is_time(cells, k, found, notes):
            if found.time is None:
                found.time = k
            else:
                notes.append(f"{cells.title(k)} is left out: {cells.title(found.time)} has the times")
        else:
            found.signals.append(k)
    if cells.names is not None and 0 in found.signals and not names[0]:
        raise InputError(
            f"{cells.where}: column 1 has no name, and neither numbers the rows nor rises evenly as times do; "
            "give it a name, or leave it out"
        )
    if not found.signals:
        raise InputError(f"{cells.where}: holds no signal: {', '.join(map(cells.title, range(cells.width)))}")
    return found


def _counts(cells: Cells, column: int) -> bool:
    """Return whether a column holds whole numbers in even steps; from 0 or 1 by 1, if the table has no header.

    Raises:
        InputError: the column has no other meaning than numbers of rows or samples, and some are missing.
    """
    texts = [text.removesuffix(".0") for text in cells.texts(column)]
    if len(texts) < 2 or not all(re.fullmatch(r"-?\d{1,15}", text) for text in texts):
        return False
    numbers = np.array(texts, dtype=np.int64)
    steps = np.diff(numbers)
    if cells.names is None:
        return bool(numbers[0] in (0, 1) and (steps == 1).all() and len(numbers) > 3)
    if (steps == steps[0]).all() and steps[0] > 0:
        return True
    word = parts(cells.names[column])[0]
    if (not word or word.startswith(("index", "sample", "frame", "unnamed", "row"))) and np.median(steps) > 0:
        at = int(np.flatnonzero(steps != np.median(steps))[0]) + 1
        raise InputError(
            f"{cells.where}: line {cells.rows[at][0]}, {cells.title(column)}: {numbers[at]} follows {numbers[at - 1]}, "
            "so rows are missing; leave out the column if they are not"
        )
    return False


def _is_time(cells: Cells, column: int, found: _Columns, notes: list[str]) -> bool:
    """Return whether a column holds times: by its name, and one without a name if it rises evenly."""
    name, texts = cells.names[column] if cells.names else "", cells.texts(column)
    if name and len(name.strip()) > 2:
        return True
    if not all(map(is_number, texts)):
        return False
    rising = even(cells.numbers([column])[:, 0]) if not found.trials else True
    if name and not rising:
        notes.append(f"{cells.title(column)} does not rise evenly and is read as a signal")
    if not name and rising:
        rising = len(texts) > 4 and not even(cells.numbers([column + 1])[:, 0])
    return rising


def _trials(cells: Cells, columns: list[int]) -> tuple[int, ...]:
    """Return the number of trials along every column of trials.

    Raises:
        InputError: trials of unlike length, or some that are missing or not in order.
    """
    if not columns:
        return ()
    numbers = cells.numbers(columns)
    new = np.r_[True, (np.diff(numbers, axis=0) != 0).any(axis=1)]
    first = np.flatnonzero(new)
    sizes, kinds = np.diff(np.r_[first, len(numbers)]), [np.unique(numbers[:, k]) for k in range(len(columns))]
    shape = tuple(len(kind) for kind in kinds)
    if len(set(sizes.tolist())) > 1:
        at = int(first[int(np.flatnonzero(sizes != sizes[0])[0])])
        raise InputError(f"{cells.where}: the trial from line {cells.rows[at][0]} on has another length than the first")
    wanted = np.stack(np.meshgrid(*kinds, indexing="ij"), axis=-1).reshape(-1, len(columns))
    if not np.array_equal(numbers[first], wanted):
        raise InputError(f"{cells.where}: {cells.title(columns[0])}: trials must follow in order, each once")
    return shape


def _times(cells: Cells, column: int, shape: tuple[int, ...]) -> Times:
    """Return the times of one trial.

    Raises:
        InputError: trials that have unlike times.
    """
    times = cells.numbers([column])[:, 0]
    for at in np.flatnonzero(~np.isfinite(times))[:1]:
        raise InputError(f"{cells.where}: line {cells.rows[at][0]}, {cells.title(column)}: a time is missing")
    rows = times.reshape(-1, shape[-1])
    if (rows != rows[0]).any():
        at = int(np.flatnonzero((rows != rows[0]).ravel())[0])
        raise InputError(
            f"{cells.where}: line {cells.rows[at][0]}, {cells.title(column)}: the trials have unlike times"
        )
    name = cells.names[column] if cells.names else ""
    said = parts(name)[1] or _unit(cells.units[column])
    lines = [line for line, _ in cells.rows[: shape[-1]]]
    return Times(rows[0], cells.texts(column)[: shape[-1]], lines, said, cells.title(column))


def _unit(text: str, plain: bool = False) -> str:
    """Return a unit of the row of units, "" if it is none; of times in the words of `SECONDS`."""
    text = "" if is_missing(text) else re.sub("^u(?=[VA])", "µ", text.replace("μ", "µ"))
    return text if plain or text.casefold() not in (*SECONDS, *OTHER_CLOCKS) else text.casefold()


def _names(cells: Cells, columns: list[int], notes: list[str]) -> dict[str, NDArray[np.str_]]:
    """Return the label of units: ``channel`` for sites of electrodes, else ``name``."""
    if cells.names is None:
        return {}
    names, seen = [], dict[str, int]()
    for k in columns:
        name = " ".join(cells.names[k].split()) or f"column {k + 1}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    if repeated := [name for name, n in seen.items() if n > 1]:
        notes.append(f"names that occur more than once are numbered: {', '.join(repeated)}")
    for k in columns:
        rises = len(cells.rows) > 4 and even(cells.numbers([k])[:, 0])
        whole = bool(cells.names[k]) and is_index(cells.names[k]) and all(map(_WHOLE.fullmatch, cells.texts(k)))
        if rises or whole:
            why = "rises evenly, as times and numbers of rows do," if rises else "has numbers of rows by its name"
            notes.append(f"{cells.title(k)} {why} and is read as a signal; leave it out if it is none")
    kinds = kinds_of(names)
    sites = [_SITE.fullmatch(name) for name in names]
    rows = {site[1] for site in sites if site}
    if len(rows) > 1 and all(site or kind in OTHER for site, kind in zip(sites, kinds, strict=True)):
        notes.append("the columns are named as electrodes of an EEG, which they are taken for")
        return {"channel": np.array(names)}
    if marks := [name for name, kind in zip(names, kinds, strict=True) if kind == "marker" or name.lower() in _LABELS]:
        notes.append(f"read as signals, though their names are those of markers or labels: {', '.join(marks)}")
    return {"name": np.array(names)}


def _refuse_missing(cells: Cells, column: int) -> None:
    for line, row in cells.rows:
        if is_missing(row[column]):
            raise InputError(f"{cells.where}: line {line}, {cells.title(column)}: {row[column] or 'an empty cell'!r}")


def _refuse_not_finite(cells: Cells, columns: list[int], values: NDArray[np.float64]) -> None:
    for at, k in np.argwhere(~np.isfinite(values))[:1]:
        line, row = cells.rows[at]
        cell = row[columns[k]]
        n, what = int((~np.isfinite(values)).sum()), f"{cell!r} is no finite number" if cell else "is empty"
        raise InputError(
            f"{cells.where}: line {line}, {cells.title(columns[k])}: {what} ({n} of {values.size} such cells); a "
            "recording has a number everywhere: fill them, or leave out the rows or the column"
        )
