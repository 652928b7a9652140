"""Runs in memory on the compiled engine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...networks.signals import PopulationRate
from ...recordings.origin import Origin
from ...recordings.run import Run
from ...types import TimeProgress
from ..common import assemble, intervals, n_steps, provenance, rows_of, run_settings
from ..wiring import Instance
from .chunk import joined
from .engine import Simulation

STRETCH = 100.0  # biological time between two returns to Python [ms]; longer for fewer cells than
SMALL = 4000  # cells


def simulate_compiled(
    instance: Instance,
    duration: float,
    seed: int,
    signal_dt: float = 1.0,
    progress: TimeProgress | None = None,
    precision: str = "float64",
    threads: int = 1,
) -> Run:
    """Run a network as drawn, in compiled code; the same seed gives the same bits on any number of threads.

    Args:
        instance: edges and initial state.
        duration: of the run [ms].
        seed: of the Poisson inputs and of noise.
        signal_dt: sampling interval of signals that have none of their own [ms].
        progress: called with (done, total) [ms] after every 100 ms, or up to a second for a small network; there
            Ctrl-C is answered.
        precision: of the state of the cells and the weights; decay constants are float64 in any case.
        threads: that share the cells, in blocks of 1024.

    Raises:
        InputError: a duration or interval off the grid, a seed that is no whole number, an unknown precision,
            activity that ran away to infinity.
    """
    total = n_steps(instance.network, duration, signal_dt)
    simulation = Simulation(instance, total, seed, signal_dt / 1000.0, precision, threads)
    run = recorded(simulation, seed, signal_dt, precision, progress)
    if instance.seed != seed:
        return run
    settings = run_settings("compiled", instance.network, 0, total, seed, signal_dt / 1000.0, precision)
    return Run(run, run.source, Origin(settings, lambda: instance.network, simulation.checkpoint()))


def recorded(
    simulation: Simulation, seed: int, signal_dt: float, precision: str, progress: TimeProgress | None = None
) -> Run:
    """Run a simulation to its end; arguments as of `simulate_compiled`."""
    network, total, begin = simulation.network, simulation.total, simulation.step
    chunks, samples = [], dict[str, NDArray[np.float64]]()
    rates = {s.name for s in network.signals if isinstance(s, PopulationRate)}
    every = intervals(network, signal_dt)
    longer = max(1, min(10, SMALL // sum(p.n for p in network.populations)))
    stretch = max(1, round(longer * STRETCH / network.dt))
    while simulation.step < total:
        chunk = simulation.advance(min(simulation.step + stretch, total))
        for name, part in chunk.samples.items():  # into one array each: memory for a second copy may not be there
            rate = name in rates
            if name not in samples:
                samples[name] = np.empty((rows_of(rate, every[name], begin, total), part.shape[1]))
            row = rows_of(rate, every[name], begin, chunk.begin)
            samples[name][row : row + len(part)] = part
        chunks.append(replace(chunk, samples={}))
        if progress is not None:
            progress((simulation.step - begin) * network.dt, (total - begin) * network.dt)
    source = provenance("compiled", seed, "numpy", "numba")
    if precision != "float64":
        source["precision"] = precision
    for values in samples.values():
        values.setflags(write=False)  # a Recording copies what others could write to
    spikes, triggers, _ = joined(chunks)
    return assemble(network, total - begin, spikes, triggers, samples, signal_dt, source, begin)
