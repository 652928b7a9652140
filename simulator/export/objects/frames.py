"""Tables of pandas: a recording with its samples as rows, spikes with a row each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...errors import unknown
from ...files.document import Group
from ...recordings.recording import Recording
from ...recordings.spikes import Spikes
from . import NOTE, note_of, noted, package, recording_of, shown, spikes_of

SECONDS = "time [s]"


def recording_frame(recording: Recording) -> Any:
    """Return a DataFrame: rows are samples, by time in the clock; columns are units, by their labels.

    The index is ``time [s]``, or has the name of another clock. Axes of trials lead it, labels of times follow it. The
    columns are the numbers of units without labels, their labels, or a level a label. NaN stands where values are not
    defined. ``attrs["ictal"]`` holds the rest, for `ictal.as_run`.
    """
    pd = package("pandas", "to_pandas")
    *trials, n_times, n_units = (int(n) for n in recording.values.shape)
    name = SECONDS if recording.clock == "second" else str(recording.clock)
    marks = {key: np.asarray(labels) for key, labels in recording.time_labels.items()}
    index: Any = pd.Index(recording.times, name=name)
    if trials or marks:
        places = np.indices((*trials, n_times)).reshape(len(trials) + 1, -1)
        levels = [*places[:-1], recording.times[places[-1]], *(labels[places[-1]] for labels in marks.values())]
        index = pd.MultiIndex.from_arrays(levels, names=[*trial_names(len(trials)), name, *marks])
    labels = recording.unit_labels
    columns: Any = pd.RangeIndex(n_units, name="unit")
    if len(labels) == 1:
        columns = pd.Index(next(iter(labels.values())), name=next(iter(labels)))
    elif labels:
        columns = pd.MultiIndex.from_arrays(list(labels.values()), names=list(labels))
    frame = pd.DataFrame(shown(recording).reshape(-1, n_units), index=index, columns=columns)
    frame.attrs[NOTE] = note_of(recording, shape=trials, labels=list(labels), marks=list(marks))
    return frame


def spikes_frame(spikes: Spikes) -> Any:
    """Return a DataFrame with a row a spike: ``time [s]``, ``unit``, and the labels of the unit.

    ``attrs["ictal"]`` holds the number of units, the observation and the labels of silent units, for `ictal.as_run`.
    """
    pd = package("pandas", "to_pandas")
    columns = {SECONDS: spikes.time, "unit": spikes.unit}
    columns |= {key: labels[spikes.unit] for key, labels in spikes.unit_labels.items() if key not in columns}
    frame = pd.DataFrame(columns)
    frame.attrs[NOTE] = note_of(spikes, labels={key: v.tolist() for key, v in spikes.unit_labels.items()})
    return frame


def trial_names(n: int) -> list[str]:
    """Return names of n axes of trials."""
    return ["trial"] if n == 1 else [f"trial{at}" for at in range(n)]


def rows_frame(rows: Sequence[Any], columns: Sequence[str]) -> Any:
    """Return a DataFrame with a row an object and a column an attribute."""
    pd = package("pandas", "to_pandas")
    return pd.DataFrame({name: [getattr(row, name) for row in rows] for name in columns})


def group_frame(groups: Mapping[str, Group], name: str) -> Any:
    """Return a group of a file as a DataFrame: its vectors over the axis that most have, and matrices over it.

    Raises:
        InputError: no such group.
    """
    pd = package("pandas", "to_pandas")
    known = {path.removeprefix("tables/"): group for path, group in groups.items()}
    name = name or next(iter(known), "")
    if name not in known:
        raise unknown("table", name, known)
    variables = known[name].variables
    rows = Counter(variable.dims[0] for variable in variables.values() if variable.dims)
    axis = rows.most_common(1)[0][0] if rows else ""
    columns: dict[str, Any] = {}
    for key, variable in variables.items():
        if variable.dims == (axis,):
            columns[key] = variable.values
        elif variable.dims[:1] == (axis,):
            flat = variable.values.reshape(len(variable.values), -1)
            columns |= {f"{key} {at}": flat[:, at] for at in range(flat.shape[1])}
    return pd.DataFrame(columns)


def read(data: Any) -> Recording | Spikes | None:
    """Return the recording or the spikes of a frame of this module; None of any other."""
    if not hasattr(data, "columns"):
        return None
    if (note := noted(data.attrs, "spikes")) is not None:
        if not {SECONDS, "unit"} <= set(data.columns):
            return None
        labels = {key: np.array(texts) for key, texts in note["labels"].items()}
        return spikes_of(data[SECONDS].to_numpy(), data["unit"].to_numpy(), note, labels)
    if (note := noted(data.attrs, "recording")) is None:
        return None
    trials = trial_names(len(note["shape"]))
    name = SECONDS if note["clock"] == "second" else note["clock"]
    if list(data.index.names) != [*trials, name, *note["marks"]]:
        return None  # turned, or with another index
    if list(data.columns.names) != (note["labels"] or ["unit"]):
        return None
    counts = [data.index.get_level_values(key).nunique() for key in trials]
    n_times = len(data) // max(int(np.prod(counts)), 1)
    if n_times * int(np.prod(counts)) != len(data) or n_times == 0:
        return None
    times = data.index.get_level_values(name).to_numpy()[:n_times]
    labels = {key: data.columns.get_level_values(key).to_numpy() for key in note["labels"]}
    marks = {key: data.index.get_level_values(key).to_numpy()[:n_times] for key in note["marks"]}
    values = data.to_numpy().reshape(*counts, n_times, -1)
    if trials and not (data.index.get_level_values(name).to_numpy().reshape(-1, n_times) == times).all():
        return None
    return recording_of(values, times, note, labels, marks)
