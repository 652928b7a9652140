"""Rows of attacked networks as arrays, one group a network and data set: a tenth of the size of a table of rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np

from ...simulator.files.document import Group, Variable, to_json
from .outcomes import AttackedValue

ROWS = "attacks"
SHARED = ("model", "data")  # by the rows of a group
RUN = ("condition", "kind", "seed")
CASE = ("attack", "norm", "epsilon")


def to_groups(rows: Sequence[AttackedValue]) -> dict[str, Group]:
    """Return ``attacks/NNNN``: accuracy, n and zero_gradients (run, case); warnings with the place of each."""
    alike: dict[tuple[object, ...], list[AttackedValue]] = {}
    for row in rows:
        alike.setdefault(tuple(getattr(row, name) for name in SHARED), []).append(row)
    return {f"{ROWS}/{at:04d}": _group(members) for at, members in enumerate(alike.values())}


def _group(rows: Sequence[AttackedValue]) -> Group:
    runs = {key: at for at, key in enumerate(dict.fromkeys(tuple(getattr(r, n) for n in RUN) for r in rows))}
    cases = {key: at for at, key in enumerate(dict.fromkeys(tuple(getattr(r, n) for n in CASE) for r in rows))}
    accuracy, zero = (np.full((len(runs), len(cases)), np.nan) for _ in range(2))
    n = np.zeros((len(runs), len(cases)), dtype=np.int64)  # 0: not attacked so
    warned: list[tuple[int, int, str]] = []
    for row in rows:
        at = runs[tuple(getattr(row, name) for name in RUN)], cases[tuple(getattr(row, name) for name in CASE)]
        accuracy[at], zero[at], n[at] = row.accuracy, row.zero_gradients, row.n
        if row.warning:
            warned.append((*at, row.warning))
    dims = ("run", "case")
    variables = {
        "accuracy": Variable(dims, accuracy),
        "zero_gradients": Variable(dims, zero),
        "n": Variable(dims, n),
    }
    for dim, names, keys in (("run", RUN, list(runs)), ("case", CASE, list(cases))):
        for name, column in zip(names, zip(*keys, strict=True), strict=True):
            kind = {"seed": np.int64, "epsilon": np.float64}.get(name, str)
            variables[name] = Variable((dim,), np.array(column, dtype=kind))
    if warned:
        run, case, text = zip(*warned, strict=True)
        variables["warned_run"] = Variable(("warning",), np.array(run, dtype=np.int64))
        variables["warned_case"] = Variable(("warning",), np.array(case, dtype=np.int64))
        variables["text"] = Variable(("warning",), np.array(text, dtype=str))
    return Group(variables, {"attacked": to_json({name: getattr(rows[0], name) for name in SHARED})})


def from_groups(groups: Mapping[str, Group]) -> list[AttackedValue]:
    """Return the rows that `to_groups` stored, network by network."""
    out: list[AttackedValue] = []
    for name, group in sorted(groups.items()):
        if name.startswith(f"{ROWS}/"):
            out += _rows(group)
    return out


def _rows(group: Group) -> list[AttackedValue]:
    about = json.loads(str(group.attrs["attacked"]))
    values = {name: variable.values.tolist() for name, variable in group.variables.items()}
    places = zip(values.get("warned_run", []), values.get("warned_case", []), strict=True)
    texts = dict(zip(places, map(str, values.get("text", [])), strict=True))
    cases = list(zip(*(values[name] for name in CASE), strict=True))
    return [
        AttackedValue(
            about["model"], about["data"], str(condition), str(kind), seed, str(attack), str(norm), epsilon,
            values["accuracy"][run][case], values["n"][run][case], values["zero_gradients"][run][case],
            texts.get((run, case), ""),
        )
        for run, (condition, kind, seed) in enumerate(zip(*(values[name] for name in RUN), strict=True))
        for case, (attack, norm, epsilon) in enumerate(cases)
        if values["n"][run][case]
    ]  # fmt: skip
