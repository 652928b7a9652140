"""Forecast of the memory, disk and time of a run."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..engines.common import descriptions, intervals, n_steps, sampling
from ..engines.estimate import NOMINAL_RATE, expected_edges, memory
from ..engines.wiring import instantiate
from ..errors import InputError
from ..files.store import timestamps
from ..machine import available_memory, free_disk, readable_size
from ..networks.network import Network

PROGRAM = 300_000_000  # interpreter, libraries and compiled code, and one chunk [bytes]
PILOT, PILOT_WALL = 200.0, 2.0  # length of the pilot run, at most: biological [ms], wall [s]
WARM_UP = 10  # steps that are not timed: the first of them compile
MEASURED_UP_TO = 2e9  # memory of the largest network that is drawn for a forecast [bytes]
STEP_OF_A_CELL, EVENT, DRAWING = 4e-9, 3e-9, 20e-9  # rough costs of a cell, a delivered spike, a connection [s]


@dataclass(frozen=True)
class Forecast:
    """Needs of a run.

    Attributes:
        memory: [bytes].
        file: size of the file [bytes].
        disk: file and chunks, while the file is written [bytes].
        seconds: wall time [s].
        rate: mean over the cells [Hz].
        how: method of the forecast, in words.
    """

    memory: float
    file: float
    disk: float
    seconds: float
    rate: float
    how: str


def forecast(
    network: Network, duration: float, seed: int, signal_dt: float = 0.001, precision: str = "float64", threads: int = 1
) -> Forecast:
    """Return the needs of a run: measured on a pilot run, or counted where the network is too large to draw.

    Args:
        network: the description.
        duration: of the run [s].
        seed: of the run.
        signal_dt: sampling interval of signals that have none of their own [s].
        precision: of the engine.
        threads: of the engine.
    """
    total = n_steps(network, duration * 1000.0, signal_dt * 1000.0)
    cells = sum(p.n for p in network.populations)
    need = needed_memory(network, precision, threads)
    if need <= MEASURED_UP_TO:
        setup, step, rate, length = _measured(network, total, seed, signal_dt, precision, threads)
        how = f"measured on the first {length:g} ms of this run; later rates may differ"
    else:
        rate, edges = NOMINAL_RATE, sum(expected_edges(network, p) for p in network.projections)
        events = rate * network.dt / 1000.0 * edges
        setup, step = DRAWING * edges, (STEP_OF_A_CELL * cells + EVENT * events) / threads
        how = f"counted, not measured, as the network is large: at {rate:g} spikes/s a cell"
    file, disk = needed_disk(network, duration, signal_dt, rate)
    return Forecast(need, file, disk, setup + total * step, rate, how)


def needed_memory(network: Network, precision: str = "float64", threads: int = 1) -> int:
    """Return the memory of a run of any duration [bytes]."""
    return memory(network, precision, threads)["total"] + PROGRAM


def needed_disk(network: Network, duration: float, signal_dt: float, rate: float = NOMINAL_RATE) -> tuple[float, float]:
    """Return the size of the file, and that of file and chunks [bytes].

    Args:
        network: the description.
        duration: of the run [s].
        signal_dt: sampling interval of signals that have none of their own [s].
        rate: mean rate of a cell [Hz].
    """
    spikes = rate * duration * sum(p.n for p in network.populations)
    times: NDArray[np.float64] = np.arange(10_000, dtype=np.float64) * network.dt / 1000.0
    lossy = timestamps(times)[1].any()
    default = sampling(network, signal_dt * 1000.0)
    total, every = n_steps(network, duration * 1000.0), intervals(network, signal_dt * 1000.0)
    stored = chunked = 0.0
    for name, (_, _, labels) in descriptions(network).items():
        rows = total / every.get(name, default)
        width = next(iter(labels.values())).size
        stored += 8 * rows * (width + 1)
        chunked += 8 * rows * width if name in every else 0
    file = spikes * (24 if lossy else 16) + stored
    return file, file + 12 * spikes + chunked


def refuse_what_does_not_fit(
    network: Network,
    duration: float,
    folder: Path,
    signal_dt: float = 0.001,
    precision: str = "float64",
    threads: int = 1,
) -> None:
    """Check memory and disk before anything is drawn.

    Raises:
        InputError: one of them is too small.
    """
    need, free = needed_memory(network, precision, threads), available_memory()
    if free is not None and need > free:
        raise InputError(
            f"Network: needs about {readable_size(need)} of memory and {readable_size(free)} are free; make it smaller "
            "(fewer cells or connections) or run it on a larger machine"
        )
    (_, disk), left = needed_disk(network, duration, signal_dt), free_disk(folder)
    if left is not None and disk > left:
        raise InputError(
            f"{folder}: this run needs about {readable_size(disk)} of disk (at {NOMINAL_RATE:g} spikes/s a cell) and "
            f"{readable_size(left)} are free; make room, or write to another disk with -o"
        )


def _measured(
    network: Network, total: int, seed: int, signal_dt: float, precision: str, threads: int
) -> tuple[float, float, float, float]:
    """Return setup [s], wall time of a step [s], rate [Hz] and length of the pilot run [ms]."""
    from ..engines.compiled.engine import Simulation

    began = time.monotonic()
    instance = instantiate(network, seed)
    simulation = Simulation(instance, total, seed, signal_dt, precision, threads)
    setup = time.monotonic() - began
    cells = sum(p.n for p in network.populations)
    length = min(total, max(WARM_UP, round(PILOT / network.dt)))
    first = min(WARM_UP, length)
    chunks = [simulation.advance(first)]
    began, step = time.monotonic(), (length - first) // 20 + 1
    while simulation.step < length and time.monotonic() - began < PILOT_WALL:
        chunks.append(simulation.advance(min(simulation.step + step, length)))
    wall, done = time.monotonic() - began, simulation.step
    spikes = sum(train.size for chunk in chunks for train, _ in chunk.spikes)
    rate = spikes / cells / (done * network.dt / 1000.0)
    return setup, wall / max(1, done - first), rate, done * network.dt
