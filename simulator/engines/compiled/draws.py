"""Random inputs: Poisson events and noise, drawn stretch by stretch, or all at once for another engine."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...checks import steps
from ...errors import InputError
from ...machine import available_memory, readable_size
from ...networks.inputs import AnyInput, EventInput, GivenNoise, OUNoise, PoissonInput, WhiteNoise
from ...networks.network import Network
from ...networks.plausible import check_rates
from ...networks.schedule import Schedule
from ..common import course
from ..kernels.draws import BLOCK, choose, normals
from ..noise import noise_sd
from ..step_tables import n_blocks
from ..wiring import INPUTS, generator

_MASK = (1 << 64) - 1


class Draws:
    """Random inputs of a network: the same bits wherever the stretches are cut.

    The number of events of a Poisson input in a step is Poisson for every block of cells, and each goes to a cell of
    the block at random: exactly independent Poisson trains. The cells, and Gaussian noise, are drawn in compiled code
    from `streams` (streams, 4), one a block, those of Poisson inputs first.

    Every purpose has a stream of its own: `SeedSequence(seed, spawn_key=(INPUTS, number of the input, purpose))` with
    purpose 0 for counts, 1 for cells and noise, 2 for the initial values of OU currents. An input that is added
    changes the draws of no other, nor the edges and initial voltages, whose keys begin otherwise.
    """

    def __init__(self, network: Network, seed: int) -> None:
        self._network = network
        self._sizes = [network.populations[network.population(i.target)].n for i in network.inputs]
        self._poisson = [(k, i) for k, i in enumerate(network.inputs) if isinstance(i, PoissonInput)]
        self._noise = [(k, i) for k, i in enumerate(network.inputs) if isinstance(i, WhiteNoise | OUNoise)]
        self._counts = [generator(seed, INPUTS, k, 0) for k, _ in self._poisson]
        words = [_words(seed, k, n_blocks(self._sizes[k])) for k, _ in self._poisson + self._noise]
        self.streams = np.concatenate([np.empty((0, 4), np.uint64), *words])
        self._starts = {k: _start(seed, k, i, self._sizes[k]) for k, i in self._noise if isinstance(i, OUNoise)}
        self._events = [_sorted(i, network.dt) for i in network.inputs if isinstance(i, EventInput)]

    def currents(self) -> Iterator[tuple[OUNoise | GivenNoise, NDArray[np.float64]]]:
        """Yield every fluctuating current with its initial values (n,) [mV]."""
        for k, given in enumerate(self._network.inputs):
            if isinstance(given, OUNoise):
                yield given, self._starts[k]
            elif isinstance(given, GivenNoise) and given.tau is not None and given.start is not None:
                yield given, given.start

    def stretch(self, begin: int, until: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
        """Draw the steps begin..until-1.

        Returns the numbers of Poisson events (steps, streams), the first given event of every step (inputs,
        steps + 1), and the cells of the given events.
        """
        n = until - begin
        counts = [np.empty((n, 0), np.int64)]
        for (k, given), rng in zip(self._poisson, self._counts, strict=True):
            counts.append(rng.poisson(self._means(k, given, begin, until)))
        first, cells = np.zeros((len(self._events), n + 1), np.int64), [np.empty(0, np.int32)]
        offset = 0
        for row, (step, cell) in zip(first, self._events, strict=True):
            at = np.searchsorted(step, np.arange(begin, until + 1))
            row[:] = at - at[0] + offset
            cells.append(cell[at[0] : at[-1]])
            offset += at[-1] - at[0]
        return np.concatenate(counts, axis=1), first, np.concatenate(cells)

    def checkpoint(self) -> dict[str, NDArray[np.uint64]]:
        """Return the state of the generators of counts; `streams` are part of the state of the cells."""
        return {f"generator_{k}": _state(rng) for k, rng in enumerate(self._counts)}

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Continue from a checkpoint."""
        for k, rng in enumerate(self._counts):
            _set_state(rng, arrays[f"generator_{k}"])

    def carry_over(self, old: Draws) -> None:
        """Go on with the draws of another network, whose inputs are the first ones of this."""
        mine, theirs = self._rows(), old._rows()
        for k in theirs:
            self.streams[mine[k]] = old.streams[theirs[k]]
        for rng, other in zip(self._counts, old._counts, strict=False):
            _set_state(rng, _state(other))

    def _rows(self) -> dict[int, slice]:
        """Return the rows of `streams` of every random input."""
        rows, first = {}, 0
        for k, _ in self._poisson + self._noise:
            rows[k] = slice(first, first + n_blocks(self._sizes[k]))
            first = rows[k].stop
        return rows

    def _means(self, k: int, given: PoissonInput, begin: int, until: int) -> NDArray[np.float64]:
        """Return the mean numbers of events (steps, blocks)."""
        n = self._sizes[k]
        size = np.minimum(BLOCK, n - BLOCK * np.arange(n_blocks(n)))
        rate = course(self._network, given.rate, np.arange(begin, until))
        return np.asarray(rate[:, None] * size * self._network.dt)


def freeze_inputs(network: Network, duration: float, seed: int) -> Network:
    """Replace the random inputs of a network by the draws of a run of the compiled engine with this seed.

    Each `PoissonInput` becomes an `EventInput`, `WhiteNoise` and `OUNoise` become `GivenNoise`. Other inputs stay as
    they are. Wiring and initial state are not frozen: the same seed draws them again.

    Args:
        network: the description.
        duration: of the draws [s], a multiple of the time step; a longer run of the result is refused.
        seed: the seed of the run.

    Raises:
        InputError: the duration is no multiple of the time step; the draws do not fit into memory; a Poisson rate is
            over 1000 per ms.
    """
    if not isinstance(duration, int | float | np.number) or not (math.isfinite(duration) and duration > 0):
        raise InputError(f"freeze_inputs: duration must be a number > 0 [s]; got {duration!r}")
    n = steps(duration * 1000.0, network.dt, "freeze_inputs: duration", "s")
    check_rates(network)
    _check_size(network, n)
    draws = Draws(network, seed)
    counts, _, _ = draws.stretch(0, n)
    streams = iter(draws.streams)
    column = 0
    frozen: list[AnyInput] = list(network.inputs)
    for k, given in draws._poisson:
        time, cell = [], []
        for block in range(n_blocks(draws._sizes[k])):
            size = min(BLOCK, draws._sizes[k] - BLOCK * block)
            stream, drawn = next(streams), counts[:, column]
            for step in np.flatnonzero(drawn):
                here = np.empty(drawn[step], np.int32)
                choose(stream, size, here)
                cell.append(BLOCK * block + here.astype(np.int64))
                time.append(np.full(here.size, step * network.dt))
            column += 1
        times, reached = np.concatenate([np.empty(0), *time]), np.concatenate([np.empty(0, np.int64), *cell])
        frozen[k] = EventInput(given.target, given.synapse, given.weight, times, reached, until=n * network.dt)
    for k, noise in draws._noise:
        cells = draws._sizes[k]
        population = network.populations[network.population(noise.target)]
        kicks = np.empty((n, cells))
        for block in range(n_blocks(cells)):
            stream = next(streams)
            for step in range(n):
                normals(stream, kicks[step, BLOCK * block : BLOCK * (block + 1)])
        kicks *= noise_sd(population, noise, network.dt)
        if isinstance(noise, OUNoise):
            frozen[k] = GivenNoise(noise.target, noise.name, noise.tau, kicks, draws._starts[k])
        else:
            frozen[k] = GivenNoise(noise.target, f"noise {k}", None, kicks)
    return replace(network, inputs=tuple(frozen))


def _check_size(network: Network, n: int) -> None:
    """Check that the draws of n steps fit into memory: 8 bytes for a cell's noise, some 48 for a Poisson event."""
    need = 0.0
    for given in network.inputs:
        cells = network.populations[network.population(given.target)].n
        if isinstance(given, WhiteNoise | OUNoise):
            need += 8.0 * n * cells
        elif isinstance(given, PoissonInput):
            rate = max(given.rate.values) if isinstance(given.rate, Schedule) else given.rate
            need += n * (48.0 * rate * network.dt * cells + 8.0 * n_blocks(cells))
    free = available_memory()
    if free is not None and need > free:
        raise InputError(
            f"freeze_inputs: the draws of {n * network.dt / 1000.0:g} s take {readable_size(need)} and "
            f"{readable_size(free)} are free; a shorter duration (it is in s) or fewer cells fit"
        )


def _words(seed: int, index: int, blocks: int) -> NDArray[np.uint64]:
    sequence = np.random.SeedSequence(int(seed), spawn_key=(INPUTS, index, 1))
    return sequence.generate_state(4 * blocks, np.uint64).reshape(blocks, 4).astype(np.uint64)


def _start(seed: int, index: int, given: OUNoise, n: int) -> NDArray[np.float64]:
    return generator(seed, INPUTS, index, 2).normal(0.0, given.sd, size=n)


def _sorted(given: EventInput, dt: float) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    step = np.rint(given.time / dt).astype(np.int64)
    order = np.argsort(step, kind="stable")
    return step[order], given.cell[order].astype(np.int32)


def _state(rng: np.random.Generator) -> NDArray[np.uint64]:
    """Return the state of a PCG64 generator as words."""
    state = rng.bit_generator.state
    numbers = [state["state"]["state"], state["state"]["inc"]]
    halves = [half for x in numbers for half in (x & _MASK, x >> 64)]
    return np.array([*halves, state["has_uint32"], state["uinteger"]], dtype=np.uint64)


def _set_state(rng: np.random.Generator, words: NDArray[Any]) -> None:
    a, b, c, d, has, spare = (int(w) for w in words)
    rng.bit_generator.state = {
        "bit_generator": "PCG64",
        "state": {"state": a | b << 64, "inc": c | d << 64},
        "has_uint32": has,
        "uinteger": spare,
    }
