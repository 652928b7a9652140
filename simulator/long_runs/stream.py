"""Runs of any length: chunk by chunk into FILE.h5.part, from where a run that was killed goes on to the same bits."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..engines.common import Progress, intervals, n_steps, provenance
from ..engines.compiled.engine import PRECISIONS
from ..errors import InputError, unknown
from ..files.document import check_writable, first_line, read, to_json
from ..files.identity import differences, fingerprint
from ..networks.network import Network
from ..recordings.recording import Recording
from .chunks import Part
from .forecast import refuse_what_does_not_fit
from .join import join
from .stepper import Stepper, UnfinishedError

__all__ = ["UnfinishedError", "Written", "record_to_file"]


@dataclass(frozen=True)
class Written:
    """Result of `record_to_file`.

    Attributes:
        path: the file.
        entries: what `repr` says of every entry; empty where `complete`.
        complete: the file was there already, of this very run.
    """

    path: Path
    entries: Mapping[str, str]
    complete: bool = False


def record_to_file(
    network: Network,
    duration: float,
    seed: int,
    path: str | os.PathLike[str],
    *,
    signal_dt: float = 1.0,
    precision: str = "float64",
    threads: int = 1,
    source: Mapping[str, object] | None = None,
    run_source: Mapping[str, object] | None = None,
    beside: Mapping[str, Recording] | None = None,
    resume: bool = False,
    force: bool = False,
    progress: Progress | None = None,
    stop: Callable[[], bool] = lambda: False,
    note: Callable[[str], None] = lambda line: None,
) -> Written:
    """Run a network on the compiled engine into a file; memory does not grow with the duration.

    The file is that of ``store.save(simulate(...))``. Until it is whole, chunks stand in ``FILE.h5.part``.

    Args:
        network: the description.
        duration: how long [s], a multiple of the network's time step.
        seed: of the wiring, the initial state and the inputs.
        path: the file.
        signal_dt: sampling interval of the signals [ms].
        precision: "float64" or "float32".
        threads: of the engine; the bits do not depend on it.
        source: added to the provenance of every entry: system, parameters.
        run_source: added to that of the whole alone: the command.
        beside: recordings that `source` determines, such as theory, kept behind what is recorded.
        resume: go on where ``FILE.h5.part`` ends; start if there is none; do nothing if the file is whole.
        force: replace a file and drop an unfinished run.
        progress: called with (done, total) [ms of biological time].
        stop: asked many times a second; True writes what there is and raises `UnfinishedError`.
        note: called with a line on damage that was mended.

    Raises:
        InputError: as `simulate`; a file that is in the way, an unfinished run of something else, too little
            memory or disk.
        UnfinishedError: `stop` said so.
    """
    if precision not in PRECISIONS:
        raise unknown("precision", str(precision), PRECISIONS)
    if resume and force:
        raise InputError("--resume goes on and --force starts again: say one of them")
    target = Path(path)
    part = Part.of(target)
    total = n_steps(network, duration * 1000.0)
    intervals(network, signal_dt)
    own = {**(source or {}), **provenance("compiled", seed, "numpy", "numba"), **_precision(precision)}
    settings = {"duration": duration, "dt": network.dt, "signal_dt": signal_dt, "precision": precision}
    identity: dict[str, Any] = json.loads(to_json({**own, **settings, "network": fingerprint(network)}))
    record = None if force else part.record()
    if resume and target.exists() and not (record and record["replaces"]):
        _check_complete(target, own)
        part.remove()  # what a kill after the last rename has left
        return Written(target, {}, complete=True)
    if record is None:
        check_writable(target, force)
    elif not resume:
        raise InputError(
            f"{part.folder}: holds an unfinished run ({part.steps_done() * network.dt / 1000.0:g} of "
            f"{record['identity']['duration']:g} s); say --resume to go on or --force to start again"
        )
    elif unlike := differences(record["identity"], identity):
        raise InputError(f"{part.folder}: holds another run: {unlike}; say --force to start again")
    refuse_what_does_not_fit(network, duration, target.absolute().parent, signal_dt, precision, threads)
    recorder = Stepper(part, network, total, seed, signal_dt, precision, threads, progress, stop)
    replaces = bool(record["replaces"]) if record else force
    with contextlib.ExitStack() as held, _disk(part):
        if record is not None:
            held.enter_context(part.locked())
            recorder.go_on(note)
        else:
            recorder.begin()
            part.start(replaces, identity=identity)
            held.enter_context(part.locked())
        recorder.run()
        whole = {**own, **(run_source or {})}
        known = {name: replace(entry, source=own) for name, entry in (beside or {}).items()}
        entries = join(part, network, total, signal_dt, own, whole, known, target, replaces, recorder.pause)
        part.remove()
    return Written(target, entries)


def _precision(precision: str) -> dict[str, object]:
    return {} if precision == "float64" else {"precision": precision}


def _check_complete(target: Path, own: Mapping[str, object]) -> None:
    """Check that a file is that of this run.

    Raises:
        InputError: it is another one's.
    """
    attrs = read(target, kind="run").attrs
    there = {"precision": "float64", **json.loads(attrs["config"]), "engine": attrs["engine"]}
    there |= {"seed": json.loads(attrs["seed"]), "versions": json.loads(attrs["versions"])}
    there.pop("command", None)
    if unlike := differences(there, {"precision": "float64", **json.loads(to_json(own))}):
        raise InputError(
            f"{target}: exists already and holds another run: {unlike}; choose another name or say --force"
        )


@contextlib.contextmanager
def _disk(part: Part) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{part.folder}: could not be written: {first_line(error)}; what is whole stays: make room and say --resume"
        ) from error
