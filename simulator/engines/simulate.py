"""One network, any engine: the dispatcher."""

from __future__ import annotations

import warnings

import numpy as np

from ..errors import InputError
from ..files.document import first_line
from ..networks.network import Network
from ..networks.plausible import doubts
from ..recordings.run import Run
from ..types import TimeProgress
from . import ENGINES
from .common import check_threads, n_steps, sampling
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
        found: Run = run(
            instantiate(network, seed), length, seed, interval, report,
            *((precision, threads) if engine == "compiled" else ()),
        )  # fmt: skip
    except MemoryError as error:
        raise InputError(f"Network: does not fit into memory: {first_line(error)}") from error
    return found
