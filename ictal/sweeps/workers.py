"""Work on any executor, and on processes that end with the process that started them."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection
from queue import Empty, SimpleQueue
from typing import Any

from ..simulator.errors import InputError
from .points import reason

Work = Callable[..., str]  # "" or the reason of a failure
Answers = Generator[tuple[int, str], None, None]
DIED = "its process died twice, the second time alone (killed, out of memory, or a crash of compiled code)"


def run_each(work: Work, tasks: Sequence[Sequence[Any]], jobs: int, executor: Executor | None) -> Answers:
    """Do every task and yield (its place, its answer) as it is done.

    Args:
        work: importable at top level, with plain arguments.
        tasks: arguments of `work`.
        jobs: 1 works in this process, more in new ones: a process that dies takes the tasks in flight
            with it; each of them is tried again alone, so that only the culprit fails.
        executor: takes the place of `jobs`.
    """
    if executor is not None:
        yield from _on_executor(work, tasks, executor)
    elif jobs > 1 and tasks:  # one task, too: it may be the one that kills its process
        yield from _on_workers(work, tasks, min(jobs, len(tasks)))
    else:
        for place, task in enumerate(tasks):
            yield place, work(*task)


def _on_executor(work: Work, tasks: Sequence[Sequence[Any]], executor: Executor) -> Answers:
    places: dict[Future[str], int] = {}
    done: SimpleQueue[Future[str]] = SimpleQueue()
    try:
        for place, task in enumerate(tasks):
            try:
                future = executor.submit(work, *task)
            except BrokenExecutor as error:
                yield place, reason(error)
                continue
            places[future] = place
            future.add_done_callback(done.put)
        while places:
            future = _next(done)
            place = places.pop(future)
            try:
                answer = future.result()
            except Exception as error:  # a lost worker, a cancelled future
                answer = reason(error)
            yield place, answer
    finally:
        for future in places:
            future.cancel()


def _on_workers(work: Work, tasks: Sequence[Sequence[Any]], jobs: int) -> Answers:
    workers, broken = Workers(jobs), False
    todo, suspects, alone = deque(range(len(tasks))), deque[int](), set[int]()
    places: dict[Future[str], int] = {}
    done: SimpleQueue[Future[str]] = SimpleQueue()
    try:
        while todo or suspects or places:
            if broken and not places:
                workers.kill()
                workers, broken = Workers(jobs), False
            while not broken and (todo or suspects) and len(places) < (1 if suspects else jobs):
                if suspects:
                    alone.add(suspects[0])
                elif not alone.isdisjoint(places.values()):
                    break
                queue = suspects or todo
                try:
                    future = workers.submit(work, *tasks[queue[0]])
                except BrokenExecutor:
                    broken = True
                    break
                places[future] = queue.popleft()
                future.add_done_callback(done.put)
            if not places:
                continue
            future = _next(done)
            place = places.pop(future)
            error = future.exception()
            if not isinstance(error, BrokenExecutor):
                yield place, future.result() if error is None else reason(error)
                continue
            broken = True
            if place in alone:
                yield place, DIED
            else:
                suspects.append(place)
    finally:
        workers.kill()


def _next(done: SimpleQueue[Future[str]]) -> Future[str]:
    while True:  # without a timeout Ctrl-C does not get through on Windows
        with contextlib.suppress(Empty):
            return done.get(timeout=0.5)


class Workers:
    """Pool of `jobs` spawned processes (a fork may hang after torch or numba have started threads).

    Each waits for the end of a pipe that only this process has open: `kill`, a SIGKILL or a crash
    here end all of them at once, also in the middle of a point. Ctrl-C does not reach them: this process answers it.

    Raises:
        InputError: processes cannot be started.
    """

    def __init__(self, jobs: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._theirs, self._ours = context.Pipe(duplex=False)
        self._pool = ProcessPoolExecutor(jobs, context, _begin, (self._theirs,))
        try:
            self.submit(os.getpid).result()
        except BrokenProcessPool as error:
            self.kill()
            raise InputError(
                "sweep: processes cannot be started; in a script put the call under "
                "`if __name__ == '__main__':`, or give jobs=1"
            ) from error
        except BaseException:
            self.kill()
            raise

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Start work in one of the processes."""
        with _no_interrupt():  # a submission may start a process, which inherits the mask
            return self._pool.submit(work, *arguments)

    def kill(self) -> None:
        """End the processes now, also in the middle of work."""
        self._ours.close()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._theirs.close()


def _begin(pipe: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(pipe,), daemon=True).start()


def _end_with(pipe: Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        pipe.recv_bytes()
    os._exit(1)


@contextlib.contextmanager
def _no_interrupt() -> Iterator[None]:
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
