"""The default engine: a network is stepped in compiled code, in stretches of steps between returns to Python."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...checks import steps
from ...errors import InputError, unknown
from ...networks.cells import DeltaSynapse
from ...networks.distributions import as_drawn
from ...networks.inputs import CurrentInput, TriggeredInput
from ..common import (
    check_given,
    check_threads,
    course,
    current_course,
    intervals,
    rows_of,
    runaway,
)
from ..kernels.layout import LINEAR, RATE_OF, VOLTAGE, Scratch, State, Stretch
from ..step_tables import n_blocks
from ..wiring import Instance, periods
from .carry import Hold, Spiked, gate_drive, history, set_refractory, set_variables, variables
from .chunk import Chunk
from .draws import Draws
from .plan import Flattening
from .scratch import COPIED, apart, scratch

PRECISIONS = ("float64", "float32")


class Simulation:
    """A run in progress: advance it, collect spikes and samples, store and restore its state.

    Args:
        instance: edges and initial state.
        total: time steps of the whole run.
        seed: of the Poisson inputs and of noise.
        signal_dt: sampling interval of signals that have none of their own [s].
        precision: "float64" or "float32", of the cells and weights.
        threads: that share the cells.

    Raises:
        InputError: an unknown precision, no thread, time constants far below a time step; given inputs that end
            before the run.
    """

    def __init__(
        self,
        instance: Instance,
        total: int,
        seed: int,
        signal_dt: float = 0.001,
        precision: str = "float64",
        threads: int = 1,
    ) -> None:
        if precision not in PRECISIONS:
            raise unknown("precision", str(precision), PRECISIONS)
        check_threads(threads)
        check_given(instance.network, total)
        self._every = intervals(instance.network, signal_dt * 1000.0)
        biggest = max(p.n for p in instance.network.populations)
        self._threads = min(threads, max(1, n_blocks(biggest)))
        flattening = Flattening(instance, precision, self._threads, self._every)
        self.network, self.step, self.total = flattening.network, 0, total
        self._holds = [Hold(periods(p, self.network.dt), as_drawn(p.v_reset)) for p in self.network.populations]
        self._tables, self._rare = flattening.result()
        self._samplers, self._names = flattening.samplers, flattening.names()
        self._triggers = [i for i in self.network.inputs if isinstance(i, TriggeredInput)]
        self._draws = Draws(self.network, seed)
        self._state = self._start(flattening, instance)
        tables = self._tables
        back = [steps(t, self.network.dt, "TriggeredInput") for i in self._triggers for t in (i.window, i.delay)]
        self._needed = max(int(tables.delays.max()), *back, 0)  # steps whose spikes are delivered or counted
        self._history = 1 + max(self._needed, int(tables.populations["refractory"].max()))
        n_pop = len(self.network.populations)
        cells = sum(p.n for p in self.network.populations)
        self._pointers = np.zeros((self._threads, self._history * n_pop + 1), np.int64)
        self._cells = np.empty((self._threads, max(1024, 2 * cells)), np.int32)
        self._fired = np.zeros((len(self._triggers), self._history), np.int8)
        self._last = [np.full(p.n, -1, np.int64) for p in self.network.populations]  # step of the last spike of a cell

    # ---- one stretch

    def advance(self, until: int) -> Chunk:
        """Run the steps from the current one to `until` − 1; return their spikes, triggers and samples.

        Args:
            until: step at which to stop, counted from the start of the run.

        Raises:
            InputError: the activity ran away: the state is not finite.
        """
        from ..kernels.step import advance

        begin, n_pop, threads = self.step, len(self.network.populations), self._threads
        stretch = self.stretch(begin, until)
        sync = np.zeros(16, np.int64)
        done = begin
        while done < until:
            arguments = self.arguments(stretch, done, until, sync)
            if threads == 1:
                done = advance(*arguments[0])
            else:
                with ThreadPoolExecutor(threads) as pool:
                    parts = [pool.submit(advance, *given) for given in arguments]
                    done = {part.result() for part in parts}.pop()
            (mine,) = (a for a in arguments[0] if isinstance(a, Scratch))
            for name in COPIED:
                getattr(self._state, name)[...] = getattr(mine, name)
            if done < until:
                more = np.concatenate([stretch.cells, np.empty_like(stretch.cells)], axis=1)
                stretch = stretch._replace(cells=more, room=np.ones_like(stretch.room))
        self._pointers, self._cells = stretch.pointers, stretch.cells
        chunk = self._collect(stretch, begin, until, n_pop)
        self._keep_history(until - begin, n_pop)
        self._fired = stretch.fired[:, until - begin :].copy()
        self.step = until
        if not self._is_finite():
            raise runaway(until * self.network.dt)
        return chunk

    def arguments(self, stretch: Stretch, begin: int, until: int, sync: NDArray[np.int64]) -> list[tuple[Any, ...]]:
        """Return the arguments of the compiled step for every thread."""
        tables, state, threads = self._tables, self._state, self._threads
        own = [scratch(tables, state, stretch) for _ in range(threads)]
        return [
            (tables, *self._rare, state, own[part], stretch, begin, until, part, threads, sync)
            for part in range(threads)
        ]

    def stretch(self, begin: int, until: int) -> Stretch:
        """Return the inputs of the steps begin..until-1, with room for what comes out of them."""
        network, n = self.network, until - begin
        n_pop = len(network.populations)
        ahead = np.arange(begin, until)

        def stacked(columns: list[NDArray[np.float64]]) -> NDArray[np.float64]:
            return np.stack(columns, axis=1) if columns else np.empty((n, 0))

        def courses(values: list[Any]) -> NDArray[np.float64]:
            return stacked([course(network, value, ahead) for value in values])

        gains = [1.0 if isinstance(s, DeltaSynapse) else s.gain for p in network.populations for s in p.synapses]
        gains += [1.0] * (self._tables.channels.size - len(gains))
        currents = [i for i in network.inputs if isinstance(i, CurrentInput)]
        uniform = np.zeros((n, n_pop))
        for given in currents:
            if given.profile is None and not given.each:
                uniform[:, network.population(given.target)] += current_course(network, given, ahead)
        pointers = np.zeros((self._threads, (self._history + n) * n_pop + 1), np.int64)
        pointers[:, : self._pointers.shape[1]] = self._pointers
        counts, event_first, event_cells = self._draws.stretch(begin, until)
        rows = [rows_of(s["kind"] == RATE_OF, int(s["every"]), begin, until) for s in self._samplers]
        sizes = [r * int(w) for r, w in zip(rows, self._samplers["width"], strict=True)]
        partial = sum(n_blocks(int(self._tables.populations[p["source"]]["n"])) * int(p["rank"])
                      for p in self._tables.projections if p["gate"] >= 0)  # fmt: skip
        return Stretch(
            origin=begin,
            history=self._history,
            gains=courses(gains),
            thresholds=courses(  # an array is added cell by cell
                [0.0 if isinstance(p.v_threshold, np.ndarray) else p.v_threshold for p in network.populations]
            ),
            currents=stacked([current_course(network, i, ahead) for i in currents if i.profile is not None]),
            uniform=uniform,
            poisson=counts,
            event_first=event_first,
            event_cells=event_cells,
            pointers=pointers,
            cells=self._cells,
            room=np.ones((2, self._threads), np.int64),
            partial=np.zeros((2, partial)),
            samples=np.zeros(sum(sizes)),
            sample_first=np.concatenate(([0], np.cumsum(sizes))).astype(np.int64),
            fired=np.concatenate([self._fired, np.zeros((self._fired.shape[0], n), np.int8)], axis=1),
        )

    def _collect(self, stretch: Stretch, begin: int, until: int, n_pop: int) -> Chunk:
        first = self._history * n_pop
        found: list[list[tuple[NDArray[np.int64], NDArray[np.int64]]]] = [[] for _ in range(n_pop)]
        for part in range(self._threads):
            pointers = stretch.pointers[part, first:]
            counts = np.diff(pointers).reshape(-1, n_pop)
            cells = stretch.cells[part, pointers[0] : pointers[-1]].astype(np.int64)
            owner = np.repeat(np.tile(np.arange(n_pop), counts.shape[0]), counts.ravel())
            for p in range(n_pop):
                found[p].append((np.repeat(np.arange(begin, until), counts[:, p]), cells[owner == p]))
        spikes = []
        for parts in found:
            step, cell = (np.concatenate(x) for x in zip(*parts, strict=True))
            order = np.argsort(step, kind="stable") if len(parts) > 1 else slice(None)
            spikes.append((step[order], cell[order]))
        for last, (step, cell) in zip(self._last, spikes, strict=True):
            np.maximum.at(last, cell, step)
        samples = {}
        for k, name in enumerate(self._every):
            width = int(self._samplers[k]["width"])
            samples[name] = stretch.samples[stretch.sample_first[k] : stretch.sample_first[k + 1]].reshape(-1, width)
        fired = {
            t.name: begin + np.flatnonzero(stretch.fired[k, self._history :]) for k, t in enumerate(self._triggers)
        }
        return Chunk(begin, until, spikes, fired, samples)

    def _keep_history(self, n: int, n_pop: int) -> None:
        """Move the spikes that are still on their way to the front of the buffer of the next stretch."""
        kept = self._pointers[:, n * n_pop :]
        for part in range(self._threads):
            a, b = kept[part, 0], kept[part, -1]
            self._cells[part, : b - a] = self._cells[part, a:b].copy()
        self._pointers = kept - kept[:, :1]
        needed = int(self._pointers[:, -1].max()) + sum(p.n for p in self.network.populations)
        if self._cells.shape[1] < needed:
            more = np.empty((self._threads, needed), np.int32)
            more[:, : self._cells.shape[1]] = self._cells
            self._cells = more

    def _is_finite(self) -> bool:
        y = self._state.y
        if np.isfinite(y).all():
            return True
        infinite = int(np.count_nonzero(y == -np.inf))
        held = sum(
            np.count_nonzero(hold.holds(last, self.step)) for hold, last in zip(self._holds, self._last, strict=True)
        )
        return infinite == held and not (np.isnan(y).any() or (y == np.inf).any())

    # ---- state

    def checkpoint(self) -> dict[str, NDArray[Any]]:
        """Return all that is needed to continue, as plain arrays; the same for any number of threads."""
        arrays: dict[str, NDArray[Any]] = {f"state_{k}": v.copy() for k, v in self._state._asdict().items()}
        place, cell = self._spikes_kept()
        return arrays | {
            "step": np.array([self.step]),
            "history_place": place,
            "history_cell": cell,
            "last": np.concatenate(self._last),
            "fired": self._fired.copy(),
        } | self._draws.checkpoint()  # fmt: skip

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Continue from a checkpoint of the same network, seed, interval and precision.

        Raises:
            InputError: it is the checkpoint of another network.
        """
        for name, kept in self._state._asdict().items():
            given = np.asarray(arrays[f"state_{name}"])
            if given.shape != kept.shape or given.dtype != kept.dtype:
                raise InputError(f"checkpoint: {name} must be {kept.dtype} of shape {kept.shape}; "
                                 f"got {given.dtype} of shape {given.shape}")  # fmt: skip
            kept[...] = given
        self._keep_spikes(np.asarray(arrays["history_place"]), np.asarray(arrays["history_cell"]))
        ends = np.cumsum([p.n for p in self.network.populations])[:-1]
        self._last = [part.copy() for part in np.split(np.asarray(arrays["last"], np.int64), ends)]
        self._fired[...] = arrays["fired"]
        self._draws.restore(arrays)
        self.step = int(arrays["step"][0])

    def carry_over(self, old: Simulation, instance: Instance) -> None:
        """Go on from the state of a run of another network; `networks.changes` says what they may differ in.

        A refractory period is counted from the last spike by the new network. Variables that only the new network has
        keep their initial values; those that only the old one had are dropped.

        Args:
            old: the run, of the same precision.
            instance: the new network as drawn, of which this object was made.
        """
        tables, state, step = self._tables, self._state, old.step
        values = variables(old._tables, old._state, old._names, step)
        n_pop = len(self.network.populations)
        place, cell = old._spikes_kept()
        spiked = [
            Spiked(step - old._history + place[mine] // n_pop, cell[mine], last)
            for last, mine in ((old._last[p], place % n_pop == p) for p in range(n_pop))
        ]
        set_refractory(self._holds, spiked, step, [values[p.name, "v"] for p in self.network.populations])
        set_variables(tables, state, self._names, step, values)
        for before, after in zip(old._tables.projections, tables.projections, strict=False):
            modes = slice(int(after["mode"]), int(after["mode"]) + int(after["rank"]))
            state.z[modes] = old._state.z[int(before["mode"]) : int(before["mode"]) + int(before["rank"])]
        coupling, former = self._rare.coupling, old._rare.coupling
        for gate, was in zip(*(c.gates if c else () for c in (coupling, former)), strict=False):
            n = int(tables.populations[int(tables.projections[int(gate["projection"])]["source"])]["n"])
            for name in ("x", "s"):
                a, b = int(gate[name]), int(was[name])
                state.y[a : a + n] = old._state.y[b : b + n]
        if coupling:
            gate_drive(tables, coupling.gates, state, instance)
        names = [s.name for s in old.network.slow]
        for k, slow in enumerate(self.network.slow):
            if slow.name in names:
                state.q[k], state.r[k] = (x[names.index(slow.name)] for x in (old._state.q, old._state.r))
        counted = {name: k for k, name in enumerate(old._every)}
        for k, (name, every) in enumerate(self._every.items()):
            if old._every.get(name) == every:
                state.counts[k] = old._state.counts[counted[name]]
        place, cell = history(self._holds, spiked, step, self._needed + 1, self._history)
        self._keep_spikes(place, cell)
        self._last = [own.last.copy() for own in spiked]
        ages, n = self._history - place // n_pop, min(self._history, old._history)
        for j, trigger in enumerate(self._triggers):
            source = self.network.population(trigger.source)
            window = steps(trigger.window, self.network.dt, "TriggeredInput")
            state.window[j] = np.count_nonzero((place % n_pop == source) & (ages <= window))
        for j in range(len(old._triggers)):
            state.last[j] = old._state.last[j]
            self._fired[j, -n:] = old._fired[j, -n:]
        self._draws.carry_over(old._draws)
        self.step = step

    def _spikes_kept(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return place, step·populations + population from the oldest on, and cell of the spikes in the history."""
        n_pop, step, cell = len(self.network.populations), [], []
        for p in range(n_pop):
            for part in range(self._threads):
                counts = np.diff(self._pointers[part])[p::n_pop]
                first = self._pointers[part, :-1][p::n_pop]
                step.append(np.repeat(np.arange(counts.size) * n_pop + p, counts))
                cell.append(np.concatenate([np.empty(0, np.int32),
                            *(self._cells[part, a : a + c] for a, c in zip(first, counts, strict=True))]))  # fmt: skip
        where, cells = np.concatenate(step), np.concatenate(cell)
        order = np.argsort(where, kind="stable")
        return where[order], cells[order]

    def _keep_spikes(self, place: NDArray[np.int64], cell: NDArray[np.int32]) -> None:
        """Set the history."""
        n_pop = len(self.network.populations)
        bounds, size = self._tables.bounds, self._history * n_pop
        capacity = max(self._cells.shape[1], cell.size + sum(p.n for p in self.network.populations))
        self._cells = np.empty((self._threads, capacity), np.int32)
        for part in range(self._threads):
            owner = place % n_pop
            mine = (cell >= bounds[owner, part]) & (cell < bounds[owner, part + 1])
            self._pointers[part] = np.concatenate(([0], np.cumsum(np.bincount(place[mine], minlength=size))))
            self._cells[part, : np.count_nonzero(mine)] = cell[mine]

    def _start(self, flattening: Flattening, instance: Instance) -> State:
        tables, network = self._tables, self.network
        y = apart(flattening.size, flattening.dtype)
        base = tables.populations["v_rest"].copy()
        for place, values in flattening.profiles:
            y[place : place + values.size] = values
        for p, v in enumerate(instance.v):
            start = tables.fields[tables.populations[p]["first"]]["start"]
            y[start : start + v.size] = v - base[p] if tables.populations[p]["kind"] == LINEAR else v
        for given, values in self._draws.currents():
            start = tables.fields[tables.channels[flattening.channel(given.target, given.name)]["field"]]["start"]
            y[start : start + values.size] = values
        lam = np.zeros(tables.fields.size)
        lam[tables.fields["kind"] == VOLTAGE] = 1.0
        return State(
            y=y,
            lam=lam,
            dec=np.ones(tables.fields.size),
            base=base,
            z=np.zeros(flattening.n_modes),
            q=np.zeros(len(network.slow)),
            r=np.zeros(len(network.slow)),
            counts=np.zeros(self._samplers.size, np.int64),
            streams=self._draws.streams,
            window=np.zeros(len(self._triggers), np.int64),
            last=np.full(len(self._triggers), -1, np.int64),
        )
