"""Stepping of a long run: advances of the engine, chunks on the disk, requests to stop."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from ..engines.common import descriptions, intervals, runaway
from ..engines.compiled.chunk import Chunk, joined
from ..engines.continued import Continuation, start
from ..errors import InputError
from ..networks.network import Network
from ..types import TimeProgress
from .chunks import Arrays, UnfinishedRun

CUT_AFTER, CUT_AT_MOST = 2.0, 30.0  # wall time between two chunks [s]: the first, and later 1 % of the time so far
CUT_SIZE = 2**23  # of a chunk [bytes]
ADVANCE = 100.0  # biological time of an advance, at most [ms]; `stop` and `progress` are called after each
LOOK_EVERY = 0.2  # wall time of an advance, about [s]
FIRST_STEPS = 10  # of the first advance, whose speed is not known
WRITING_SHARE = 0.1  # of the wall time may go into states


class UnfinishedError(Exception):
    """A run was asked to stop; it can be resumed.

    Attributes:
        done: time reached [s].
        total: duration of the run [s].
    """

    def __init__(self, done: float, total: float) -> None:
        super().__init__(f"stopped at {done:g} of {total:g} s")
        self.done, self.total = done, total


def columns(network: Network, signal_dt: float) -> dict[str, int]:
    """Return the number of values in a sample, by name of the signal."""
    described = descriptions(network)
    return {name: next(iter(described[name][2].values())).size for name in intervals(network, signal_dt * 1000.0)}


class Stepper:
    """One long run: its engine, and its chunks that are not yet on the disk."""

    def __init__(
        self,
        unfinished: UnfinishedRun,
        network: Network,
        total: int,
        seed: int,
        signal_dt: float,
        precision: str,
        threads: int,
        progress: TimeProgress | None,
        stop: Callable[[], bool],
        after: Continuation | None = None,
    ) -> None:
        self._folder, self._network, self._after = unfinished, network, after
        self._first = 0 if after is None else after.step
        self._total = self._first + total
        self._settings = seed, signal_dt, precision, threads
        self._every = intervals(network, signal_dt * 1000.0)
        self._progress, self._stop = progress, stop
        self._number, self._done = 0, self._first  # chunks on the disk, and the step that they reach
        self._pending: list[Chunk] = []
        self._cost = 0.0  # of writing a state [s]

    def begin(self, state: Arrays | None = None) -> None:
        """Draw the network and restore a state; without one, that of the beginning."""
        after = None if state else self._after
        self._simulation = start(self._network, self._total - (after.step if after else 0), *self._settings, after)
        if state:
            self._simulation.restore(state)

    def go_on(self, note: Callable[[str], None]) -> None:
        """Resume the run at the end of its folder."""
        self._number, self._done, state, damage = self._folder.resume(self._first)
        for line in damage:
            note(f"{line}; going on from {self._seconds(self._done):g} s")
        if self._done < self._total:
            self.begin(state)

    def run(self) -> None:
        """Step to the end, writing chunks.

        Raises:
            UnfinishedError: `stop` returned True; everything so far is on the disk.
        """
        try:
            self._run()
        except BaseException:
            if not self._number and self._folder.folder.exists():
                self._folder.remove()  # nothing is lost: leave nothing
            raise

    def _run(self) -> None:
        began = last = time.monotonic()
        limit = max(1, round(ADVANCE / self._network.dt))
        widths = columns(self._network, self._settings[1])
        row = sum(8 * n / self._every[name] for name, n in widths.items())  # bytes a step
        limit = max(1, min(limit, int(CUT_SIZE / row) if row else limit))
        stride = min(FIRST_STEPS, limit)
        while self._done < self._total:
            before, step = time.monotonic(), self._simulation.step
            try:
                chunk = self._simulation.advance(min((step // stride + 1) * stride, self._total))
                self._check(chunk)
            except InputError:  # it ran away, and would again
                self._folder.remove()
                raise
            self._pending.append(chunk)
            stopped = self._stop() and chunk.end < self._total
            now = time.monotonic()
            if self._progress is not None:
                self._progress(self._seconds(chunk.end - self._first), self._seconds(self._total - self._first))
            cut_after = max(min(max(CUT_AFTER, 0.01 * (now - began)), CUT_AT_MOST), self._cost / WRITING_SHARE)
            due = stopped or chunk.end == self._total or now - last >= cut_after
            if due or sum(map(_size, self._pending)) >= CUT_SIZE:
                self._write(with_state=due)
            if due:
                last = time.monotonic()
            if stopped:
                raise self._unfinished()
            possible = LOOK_EVERY / max(now - before, 1e-9) * (chunk.end - chunk.begin)
            stride = max(1, min(limit, int(possible), 4 * stride))

    def pause(self) -> None:
        """Raise `UnfinishedError` if `stop` returns True."""
        if self._stop():
            raise self._unfinished()

    def _unfinished(self) -> UnfinishedError:
        return UnfinishedError(*(self._seconds(step - self._first) for step in (self._done, self._total)))

    def _seconds(self, steps: int) -> float:
        return steps * self._network.dt / 1000.0

    def _check(self, chunk: Chunk) -> None:
        for name, values in chunk.samples.items():
            finite = np.isfinite(values).all(axis=1)
            if not finite.all():
                every = self._every[name]
                raise runaway(float((-(-chunk.begin // every) + np.argmin(finite)) * every * self._network.dt))

    def _write(self, with_state: bool) -> None:
        chunks, self._pending = self._pending, []
        end, (spikes, triggers, samples) = chunks[-1].end, joined(chunks)
        arrays: Arrays = {f"triggers/{name}/steps": steps for name, steps in triggers.items()}
        arrays |= {f"samples/{name}": values for name, values in samples.items()}
        for population, (steps, cells) in zip(self._network.populations, spikes, strict=True):
            arrays[f"spikes/{population.name}/steps"] = steps
            arrays[f"spikes/{population.name}/cells"] = cells.astype(np.int32)
        self._folder.write_chunk(self._number, self._done, end, arrays)
        if with_state:
            before = time.monotonic()
            self._folder.write_state(self._number, end, self._simulation.checkpoint())
            self._cost = time.monotonic() - before
        self._number, self._done = self._number + 1, end


def _size(chunk: Chunk) -> int:
    spikes = sum(step.nbytes + cell.nbytes for step, cell in chunk.spikes)
    return spikes + sum(values.nbytes for values in (*chunk.triggers.values(), *chunk.samples.values()))
