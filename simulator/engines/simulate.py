"""One network, any engine: the dispatcher."""

from __future__ import annotations

import os
import warnings
from dataclasses import replace

import numpy as np

from ..errors import InputError
from ..files.document import first_line
from ..networks.network import Network
from ..networks.plausible import doubts
from ..recordings.origin import Origin
from ..recordings.run import Run
from ..types import TimeProgress
from . import ENGINES
from .common import check_sampled, check_threads, n_steps, run_settings, sampling
from .estimate import refuse_beyond_memory
from .wiring import instantiate


def simulate(
    network: Network,
    duration: float,
    seed: int,
    engine: str = "compiled",
    signal_dt: float = 0.001,
    progress: TimeProgress | None = None,
    precision: str = "float64",
    threads: int = 1,
    after: Run | str | os.PathLike[str] | None = None,
) -> Run:
    """Draw a network and run it.

    Args:
        network: the description.
        duration: of the run [s], a multiple of the network's time step.
        seed: of the wiring, the initial state and the Poisson inputs, in separate streams.
        engine: "compiled", or "brian2", the reference: the same graph, initial state and given events, but other
            draws of Poisson inputs (see `freeze_inputs`).
        signal_dt: sampling interval of the signals that have none of their own [s].
        progress: called with (done, total) [s of biological time].
        precision: "float64" or "float32", of the compiled engine.
        threads: of the compiled engine; they do not change the bits.
        after: a run of the compiled engine, or its file. This run goes on from its state for another `duration`, with
            the same seed, precision and `signal_dt`. Its network, ``after.network``, may have been changed in its
            parameters, given edges and further inputs; unchanged it gives the bits of the longer run. Times go on
            from the end of the first run, in schedules and inputs too.

    Returns:
        Spikes for every population and triggered input, a Recording for every signal, slow variable and schedule.

    Raises:
        InputError: an unknown engine; a duration, interval or seed that cannot be; given inputs that end before the
            run; recorded data that do not fit into memory.

    Warns of numbers that are probably in another unit than their field (`networks.plausible`).
    """
    run = ENGINES.load(engine)
    if engine != "compiled" and (precision, threads) != ("float64", 1):
        raise InputError(f"simulate: precision and threads are of the compiled engine; leave them out with {engine!r}")
    if not isinstance(network, Network):
        raise InputError(f"simulate: network must be a Network; got {type(network).__name__}")
    for name, value in (("duration", duration), ("signal_dt", signal_dt)):
        if not isinstance(value, int | float | np.number):
            raise InputError(f"simulate: {name} must be a number; got {value!r}")
    check_threads(threads)
    length, interval = duration * 1000.0, signal_dt * 1000.0
    sampling(network, interval)
    total = n_steps(network, length, interval)
    for line in doubts(network, length):
        warnings.warn(line, stacklevel=2)
    copies = 1 if engine == "compiled" else 2
    refuse_beyond_memory(network, total, interval, precision, threads, copies)
    report = None if progress is None else lambda done, end: progress(done / 1000.0, end / 1000.0)
    try:
        if after is not None:
            return _continued(network, total, seed, engine, signal_dt, report, precision, threads, after)
        found: Run = run(
            instantiate(network, seed), length, seed, interval, report,
            *((precision, threads) if engine == "compiled" else ()),
        )  # fmt: skip
    except MemoryError as error:
        raise InputError(f"Network: does not fit into memory: {first_line(error)}") from error
    return found


def _continued(
    network: Network, duration: int, seed: int, engine: str, signal_dt: float, progress: TimeProgress | None,
    precision: str, threads: int, after: Run | str | os.PathLike[str],
) -> Run:  # fmt: skip
    from .compiled.run import recorded
    from .continued import continuation, start

    found = continuation(after, network, seed, signal_dt, precision, engine)
    check_sampled(network, signal_dt * 1000.0, found.step, duration)
    simulation = start(network, duration, seed, signal_dt, precision, threads, found)
    run = recorded(simulation, seed, signal_dt * 1000.0, precision, progress)
    settings = run_settings(engine, network, found.step, simulation.total, seed, signal_dt, precision)
    source = {**run.source, "continues": found.facts}
    settings |= {"continues": found.facts}
    entries = {name: replace(entry, source=source) for name, entry in run.items()}
    return Run(entries, source, Origin(settings, lambda: network, simulation.checkpoint()))
