"""One run of one case in Ictal; it draws the network itself, as a user's script does."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from common import answer, arguments, mean_statistics, statistics, to_steps, window

from ictal.simulator import Network, Simulation, instantiate, simulate

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from cases import SEED, Case, case


def main() -> None:
    options = arguments(
        precision=("float64", "float32"), threads=("1", "2"), wiring=("own", "dense"), size=("full", "quick")
    )
    given = case(options.case, options.size == "quick", options.wiring == "dense")
    settings = options.precision, int(options.threads)
    if options.mode == "steady":
        answer(steady(given, *window(options), *settings))
    elif options.mode == "whole":
        answer(whole(given.network, options.duration, *settings))
    elif given.at is not None:
        answer(mean_statistics([whole(given.at(x), options.duration, *settings) for x in given.values]))


def steady(given: Case, begin: int, end: int, precision: str, threads: int) -> dict[str, object]:
    simulation = Simulation(instantiate(given.network, SEED), end, SEED, precision=precision, threads=threads)
    simulation.advance(begin)
    cpu, wall = time.process_time(), time.perf_counter()
    chunk = simulation.advance(end)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    seconds = (end - begin) * given.network.dt / 1000.0
    sizes = [p.n for p in given.network.populations]
    cell = np.concatenate(
        [cell + first for (_, cell), first in zip(chunk.spikes, np.cumsum([0, *sizes]), strict=False)]
    )
    step = np.concatenate([step for step, _ in chunk.spikes])
    found = statistics(step, cell, sum(sizes), begin, end)
    return {"steady": cpu / seconds, "wall": wall / seconds} | found


def whole(network: Network, duration: float, precision: str, threads: int) -> dict[str, object]:
    run = simulate(network, duration, SEED, precision=precision, threads=threads)
    first, step, cell = 0, [], []
    for population in network.populations:
        spikes = run.spikes(population.name)
        step.append(np.rint(spikes.time * 1000.0 / network.dt).astype(int))
        cell.append(spikes.unit + first)
        first += population.n
    return statistics(np.concatenate(step), np.concatenate(cell), first, 0, to_steps(duration))


if __name__ == "__main__":
    main()
