"""Rows of sequences of tasks as arrays, one group a sequence: a tenth of the size of a table of rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np

from ...simulator.files.document import Group, Variable, to_json
from .outcomes import TaskValue

SEQUENCE = ("model", "data", "tasks", "scenario")  # what rows of a group share, beside the numbers of tasks
ROWS = "sequences"


def to_groups(rows: Sequence[TaskValue]) -> dict[str, Group]:
    """Return ``sequences/NNNN``: accuracy (run, after, task) of test images, (run, task) of validation images, SI."""
    runs: dict[tuple[object, ...], list[TaskValue]] = {}
    for row in rows:
        key = (*(getattr(row, name) for name in SEQUENCE), row.kind, row.condition, row.seed)
        runs.setdefault(key, []).append(row)
    alike: dict[tuple[object, ...], list[list[TaskValue]]] = {}
    for key, own in runs.items():
        shape = max(row.after for row in own) + 1, max(row.on for row in own)
        alike.setdefault((*key[: len(SEQUENCE)], *shape), []).append(own)
    return {f"{ROWS}/{at:04d}": _group(members, *_shape(key)) for at, (key, members) in enumerate(alike.items())}


def _shape(key: tuple[object, ...]) -> tuple[int, int]:
    return int(str(key[-2])), int(str(key[-1]))


def _group(runs: Sequence[Sequence[TaskValue]], n_after: int, n_tasks: int) -> Group:
    accuracy = np.full((len(runs), n_after, n_tasks), np.nan, dtype=np.float32)
    validation = np.full((len(runs), n_tasks), np.nan, dtype=np.float32)
    synchrony = np.full((len(runs), n_after), np.nan, dtype=np.float32)
    for at, own in enumerate(runs):
        for row in own:
            if row.of == "validation":
                validation[at, row.on - 1] = row.accuracy
            else:
                accuracy[at, row.after, row.on - 1] = row.accuracy
                synchrony[at, row.after] = row.synchrony
    first = [own[0] for own in runs]
    variables = {
        "condition": Variable(("run",), np.array([row.condition for row in first], dtype=str)),
        "kind": Variable(("run",), np.array([row.kind for row in first], dtype=str)),
        "seed": Variable(("run",), np.array([row.seed for row in first], dtype=np.int64)),
        "accuracy": Variable(("run", "after", "task"), accuracy),
        "validation": Variable(("run", "task"), validation),
        "si_3": Variable(("run", "after"), synchrony),
    }
    return Group(variables, {"sequence": to_json({name: getattr(first[0], name) for name in SEQUENCE})})


def from_groups(groups: Mapping[str, Group]) -> list[TaskValue]:
    """Return the rows that `to_groups` stored, training by training; accuracies as float32."""
    out: list[TaskValue] = []
    for name, group in sorted(groups.items()):
        if name.startswith(f"{ROWS}/"):
            out += _rows(group)
    return out


def _rows(group: Group) -> list[TaskValue]:
    about = json.loads(str(group.attrs["sequence"]))
    values = {name: variable.values for name, variable in group.variables.items()}
    out = []
    for at, (condition, kind, seed) in enumerate(
        zip(map(str, values["condition"]), map(str, values["kind"]), values["seed"].tolist(), strict=True)
    ):
        first = (about["model"], about["data"], condition, kind, seed, about["tasks"], about["scenario"])
        accuracy, validation, si = (values[name][at].tolist() for name in ("accuracy", "validation", "si_3"))
        out += [
            TaskValue(*first, after, on, value, "test", si[after])
            for after, line in enumerate(accuracy)
            for on, value in enumerate(line, start=1)
            if value == value
        ]
        last = len(accuracy) - 1
        out += [
            TaskValue(*first, last, on, value, "validation")
            for on, value in enumerate(validation, start=1)
            if value == value
        ]
    return out
