"""State of a run in the variables of its cells, for a run that goes on with other parameters.

The coordinates of linear cells depend on the parameters (`kernels.linear`). Two networks have only the variables of
the equations in common: v, s, w and y of every cell, the gates, the slow variables, and the spikes under way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..kernels import layout as at
from ..kernels.layout import State, StepTables, Table
from ..wiring import Factors, Instance, Matrix

OF_CELLS = (at.DECAY, at.ALPHA, at.HELD)  # fields of which each cell has its own
Values = dict[tuple[str, str], NDArray[np.float64]]  # (population, variable) -> (n,)


@dataclass(frozen=True)
class Names:
    """Names of the populations, and population and variable of the channels."""

    populations: list[str]
    channels: dict[int, tuple[str, str]]


@dataclass(frozen=True, eq=False)
class Spiked:
    """Spikes of one population that a run still needs.

    Attributes:
        step, cell: those of the last steps, which may be under way.
        last: step of the last spike of every cell (n,); −1 without one.
    """

    step: NDArray[np.int64]
    cell: NDArray[np.int32]
    last: NDArray[np.int64]


def variables(tables: StepTables, state: State, names: Names, step: int) -> Values:
    """Return the variables of all cells; v of a refractory cell is −∞, ``s'`` is y of an alpha synapse.

    A drive that all cells share as factors (`LowRank`) is not among the s of the cells; see `State.z`.
    """
    found: Values = {}
    for p, pop in enumerate(tables.populations):
        linear, since, first, last = pop["kind"] == at.LINEAR, _since(pop, step), int(pop["first"]), int(pop["last"])
        own = [state.y[_cells(tables.fields[f], pop)].astype(np.float64) for f in range(first, last)]
        v = own[0] * state.lam[first] + state.base[p] if linear else own[0]
        for f in range(first + 1, last):
            field, y = tables.fields[f], own[f - first]
            if linear and field["kind"] != at.GRADED:
                v = v + state.lam[f] * y
            if field["kind"] in OF_CELLS:
                key = names.channels[int(field["channel"])]
                found[key] = y * (state.dec[f] if linear else 1.0)
                if field["kind"] == at.ALPHA:
                    late = own[f + 1 - first] * (state.dec[f + 1] if linear else 1.0)
                    found[_late(key)] = late
                    found[key] = found[key] + (since * field["h"] * late if linear else 0.0)
        found[names.populations[p], "v"] = v
    return found


def set_variables(tables: StepTables, state: State, names: Names, step: int, given: Values) -> None:
    """Set the variables of the cells, in fresh coordinates; those that are not given stay as they are."""
    state.lam[:] = 0.0
    state.dec[:] = 1.0
    for p, pop in enumerate(tables.populations):
        linear, since, first = pop["kind"] == at.LINEAR, _since(pop, step), int(pop["first"])
        state.lam[first] = 1.0
        state.base[p] = pop["v_rest"]
        v = given[names.populations[p], "v"]
        state.y[_cells(tables.fields[first], pop)] = v - state.base[p] if linear else v
        for f in range(first + 1, int(pop["last"])):
            field, key = tables.fields[f], names.channels.get(int(tables.fields[f]["channel"]))
            if field["kind"] not in OF_CELLS or key not in given:
                continue
            s = given[key]
            if field["kind"] == at.ALPHA:
                late = given[_late(key)]
                state.y[_cells(tables.fields[f + 1], pop)] = late
                s = s - (since * field["h"] * late if linear else 0.0)
            state.y[_cells(field, pop)] = s


def set_refractory(tables: StepTables, spiked: list[Spiked], step: int, v: list[NDArray[np.float64]]) -> None:
    """Set v to −∞ in the cells within their refractory period, counted from their last spike, and free the others."""
    for pop, own, values in zip(tables.populations, spiked, v, strict=True):
        refractory = _refractory(pop, own, step)
        values[~refractory & (values == -np.inf)] = pop["v_reset"]
        values[refractory] = -np.inf


def history(
    tables: StepTables, spiked: list[Spiked], step: int, needed: int, length: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return place and cell of the spikes before `step`: place = (age from the oldest)·populations + population.

    Args:
        tables: of the network.
        spiked: spikes of every population.
        step: the next step.
        needed: steps whose spikes are delivered or counted; of older ones only the last of a refractory cell stays,
            since every spike in the history frees its cell after the refractory period.
        length: steps of the history.
    """
    place, cell = [np.empty(0, np.int64)], [np.empty(0, np.int32)]
    for p, (pop, own) in enumerate(zip(tables.populations, spiked, strict=True)):
        recent = own.step >= step - needed
        late = np.flatnonzero(_refractory(pop, own, step) & (own.last < step - needed))
        when = np.concatenate([own.step[recent], own.last[late]])
        place.append((when - (step - length)) * len(spiked) + p)
        cell += [own.cell[recent], late.astype(np.int32)]
    where, cells = np.concatenate(place), np.concatenate(cell)
    order = np.lexsort((cells, where))
    return where[order], cells[order]


def gate_drive(tables: StepTables, gates: Table, state: State, instance: Instance) -> None:
    """Compute what the gates drive from their s: factors, or a field of the target cells."""
    for gate in gates:
        e = int(gate["projection"])
        row, wiring = tables.projections[e], instance.graphs[e]
        n = int(tables.populations[int(row["source"])]["n"])
        s = state.y[int(gate["s"]) : int(gate["s"]) + n].astype(np.float64)
        if isinstance(wiring, Factors):
            mode, rank = int(row["mode"]), wiring.source.shape[1]
            state.z[mode : mode + rank] = s @ wiring.source
            continue
        target = tables.populations[int(tables.channels[int(row["channel"])]["population"])]
        size, to = int(target["n"]), int(tables.fields[int(gate["field"])]["start"])
        if isinstance(wiring, Matrix):
            state.y[to : to + size] = s @ wiring.weights
        else:
            weights = np.broadcast_to(wiring.weights, wiring.targets.shape) * s[wiring.sources]
            state.y[to : to + size] = np.bincount(wiring.targets, weights, minlength=size)


def _since(pop: Any, step: int) -> int:
    """Return the steps since the last refresh, which comes at the beginning of a step."""
    refresh = int(pop["refresh"])
    return step % refresh or (refresh if step else 0)


def _cells(field: Any, pop: Any) -> slice:
    """Return the place of a field in y."""
    return slice(int(field["start"]), int(field["start"]) + int(pop["n"]))


def _late(key: tuple[str, str]) -> tuple[str, str]:
    return key[0], f"{key[1]}'"


def _refractory(pop: Any, own: Spiked, step: int) -> NDArray[np.bool_]:
    """Return the cells that a spike holds: one of step m until the end of step m + R."""
    return np.asarray((own.last >= 0) & (own.last >= step - int(pop["refractory"])) & (own.last < step))
