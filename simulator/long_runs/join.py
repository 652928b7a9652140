"""Assembly of the chunks of a long run into one file, equal to that of `store.save`, piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engines.common import assemble, course, first_sample, intervals, rows_of, sampling
from ..errors import InputError
from ..files.document import Document, Group, Streamed, Variable, write
from ..files.store import RESIDUAL, timestamps, to_document
from ..networks.inputs import TriggeredInput
from ..networks.network import Network
from ..networks.schedule import Schedule
from ..networks.signals import PopulationRate
from ..recordings.origin import Origin
from ..recordings.recording import Recording
from ..recordings.run import Run
from .chunks import DamageError, UnfinishedRun

_ROWS = 2**16  # of a time axis or schedule, which are computed, in one piece


@dataclass
class _Sizes:
    """Numbers of rows and columns, read off the chunks."""

    spikes: dict[str, int] = field(default_factory=dict)
    lossy: set[str] = field(default_factory=set)  # trains with times that are not exact in ms
    samples: dict[str, int] = field(default_factory=dict)
    columns: dict[str, int] = field(default_factory=dict)


def join(
    run: UnfinishedRun,
    network: Network,
    steps: tuple[int, int],
    signal_dt: float,
    source: Mapping[str, object],
    run_source: Mapping[str, object],
    settings: Mapping[str, object],
    known: Mapping[str, Recording],
    target: Path,
    force: bool,
    pause: Callable[[], None],
) -> dict[str, str]:
    """Write the file, in the memory of a chunk.

    Args:
        run: its complete folder.
        network: the description.
        steps: first time step, and the one after the last.
        signal_dt: sampling interval of signals that have none of their own [s].
        source: provenance of every entry.
        run_source: provenance of the Run.
        settings: those of its `Origin`.
        known: entries that were known beforehand, written after the others.
        target: name of the file.
        force: replace it if it exists.
        pause: called between the pieces; an error that it raises leaves the folder as it is.

    Returns:
        Name of every entry -> its `repr`.

    Raises:
        InputError: a chunk is damaged, or the file cannot be written.
    """
    begin, total = steps
    try:
        sizes, state = _survey(run, network, begin, pause), run.final_state()
    except DamageError as error:
        raise InputError(f"{error}; say --resume to compute it again") from error
    template = _template(network, sizes, signal_dt, source)
    origin = Origin(settings, lambda: network, state)
    document = to_document(Run({**template, **known}, run_source, origin))
    t0, duration = (n * network.dt / 1000.0 for n in (begin, total - begin))
    groups: dict[str, Group] = {}
    for path, group in document.groups.items():
        kind, _, name = path.partition("/")
        if kind == "spikes":
            groups[path] = _spikes(run, name, group, sizes, network.dt, (t0, duration), pause)
        elif kind == "signals" and name not in known:
            groups[path] = _signal(run, name, group, sizes, _Grid.of(network, name, steps, signal_dt), pause)
        else:
            groups[path] = group
    write(Document(document.attrs, groups), target, force=force, within=run.folder)
    texts = {name: _text(entry, sizes, name, groups, duration) for name, entry in template.items()}
    return texts | {name: repr(entry) for name, entry in known.items()}


def _survey(run: UnfinishedRun, network: Network, begin: int, pause: Callable[[], None]) -> _Sizes:
    sizes = _Sizes()
    for _, _, arrays in run.chunks(begin):
        pause()
        for key, values in arrays.items():
            kind, name = key.split("/", 1)
            if kind == "samples":
                sizes.samples[name] = sizes.samples.get(name, 0) + len(values)
                sizes.columns[name] = values.shape[1]
            elif name.endswith("/steps"):
                name = name.removesuffix("/steps")
                sizes.spikes[name] = sizes.spikes.get(name, 0) + len(values)
                if timestamps(_seconds(values, network.dt))[1].any():
                    sizes.lossy.add(name)
    return sizes


def _template(network: Network, sizes: _Sizes, signal_dt: float, source: Mapping[str, object]) -> Run:
    """Return the Run of one silent step, with the names, order, labels and attributes of the whole."""
    nothing = np.empty(0, dtype=np.int64)
    triggers = {i.name: nothing for i in network.inputs if isinstance(i, TriggeredInput)}
    samples = {name: np.zeros((1, columns)) for name, columns in sizes.columns.items()}
    silent, interval = [(nothing, nothing)] * len(network.populations), signal_dt * 1000.0
    return assemble(network, 1, silent, triggers, samples, interval, source)


def _spikes(
    run: UnfinishedRun, name: str, group: Group, sizes: _Sizes, dt: float, window: tuple[float, float],
    pause: Callable[[], None],
) -> Group:  # fmt: skip
    rows = sizes.spikes[name]

    def made(what: Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[Any]]) -> Callable[[], Iterable[Any]]:
        def pieces() -> Iterator[NDArray[Any]]:
            for step, cell in run.train(name):
                pause()
                order = np.lexsort((cell, step))  # ties by unit, as `Spikes` has them
                yield what(step[order], cell[order])

        return pieces

    def streamed(key: str, make: Callable[[], Iterable[Any]]) -> Variable:
        made_like = group.variables[key]
        return Streamed(made_like.dims, made_like.values, made_like.attrs, rows, make)

    variables: dict[str, Variable] = {
        "timestamps": streamed("timestamps", made(lambda step, cell: timestamps(_seconds(step, dt))[0])),
        "node_ids": streamed("node_ids", made(lambda step, cell: cell.astype(np.uint64))),
    }
    if name in sizes.lossy:
        lost = made(lambda step, cell: timestamps(_seconds(step, dt))[1])
        variables["residual"] = Streamed(("spike",), np.empty(0), RESIDUAL, rows, lost)
    return Group({**group.variables, **variables}, {**group.attrs, "t0": window[0], "duration": window[1]})


@dataclass(frozen=True)
class _Grid:
    """Samples of one signal: their numbers, interval [s], and the schedule that they are computed from, if any."""

    first: int
    rows: int
    dt: float
    t0: float
    schedule: Schedule | None
    every: int  # [steps]
    network: Network

    @classmethod
    def of(cls, network: Network, name: str, steps: tuple[int, int], signal_dt: float) -> _Grid:
        default = sampling(network, signal_dt * 1000.0)
        every = intervals(network, signal_dt * 1000.0).get(name, default)
        schedule = next((s for s in network.schedules if s.name == name), None)
        rate, dt = any(s.name == name and isinstance(s, PopulationRate) for s in network.signals), every * network.dt
        first = first_sample(rate, every, steps[0])
        return cls(first, rows_of(rate, every, *steps), dt / 1000.0, first * dt / 1000.0, schedule, every, network)

    def blocks(self) -> Iterator[NDArray[np.int64]]:
        for begin in range(0, self.rows, _ROWS):
            yield np.arange(begin, min(begin + _ROWS, self.rows))

    def times(self) -> Iterator[NDArray[np.float64]]:
        return (self.t0 + self.dt * block.astype(np.float64) for block in self.blocks())

    def scheduled(self) -> Iterator[NDArray[np.float64]]:
        if self.schedule is not None:
            for block in self.blocks():
                yield course(self.network, self.schedule, self.every * (self.first + block))[:, None]


def _signal(
    run: UnfinishedRun, name: str, group: Group, sizes: _Sizes, grid: _Grid, pause: Callable[[], None]
) -> Group:
    if sizes.samples.setdefault(name, grid.rows) != grid.rows:
        raise InputError(f"{run.folder}: holds {sizes.samples[name]} samples of {name!r}; want {grid.rows}")

    def pieces() -> Iterator[NDArray[np.float64]]:
        for piece in grid.scheduled() if grid.schedule is not None else run.samples(name):
            pause()
            yield piece

    time, values = group.variables["time"], group.variables["values"]
    streamed: dict[str, Variable] = {
        "time": Streamed(time.dims, time.values[:0], time.attrs, grid.rows, grid.times),
        "values": Streamed(values.dims, values.values[:0], values.attrs, grid.rows, pieces),
    }
    return replace(group, variables={**group.variables, **streamed}, attrs={**group.attrs, "t0": grid.t0})


def _seconds(step: NDArray[np.int64], dt: float) -> NDArray[np.float64]:
    return np.asarray(step * dt / 1000.0, dtype=np.float64)


def _text(entry: object, sizes: _Sizes, name: str, groups: Mapping[str, Group], duration: float) -> str:
    if isinstance(entry, Recording):
        shape = f"{sizes.samples[name]} x {entry.n_units}"
        return f"Recording({entry.quantity} [{entry.unit}], {shape}, dt={entry.dt:g} {entry.clock})"
    n_units = groups[f"spikes/{name}"].attrs["n_units"]
    return f"Spikes({sizes.spikes[name]} spikes of {n_units} units, {duration:g} s)"
