"""Runs of any length, written chunk by chunk into FILE.h5.part; a run that was killed resumes to the same bits."""

from __future__ import annotations

import contextlib
import json
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..engines.common import check_sampled, intervals, n_steps, provenance, run_settings
from ..engines.compiled.engine import PRECISIONS
from ..engines.continued import continuation
from ..errors import InputError, unknown
from ..files.disk import WriteError, check_writable, is_same_file
from ..files.document import to_json
from ..files.identity import differences
from ..files.origins import open_origin
from ..networks.description import describe
from ..networks.network import Network
from ..networks.plausible import doubts
from ..recordings.recording import Recording
from ..recordings.run import NO_NETWORK, Run
from ..types import TimeProgress
from .chunks import UnfinishedRun
from .forecast import refuse_what_does_not_fit
from .join import join
from .stepper import Stepper


@dataclass(frozen=True)
class Written:
    """Result of `record_to_file`.

    Attributes:
        path: the file.
        entries: the `repr` of every entry; empty where `complete`.
        complete: the file was there already, with this very run.
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
    signal_dt: float = 0.001,
    precision: str = "float64",
    threads: int = 1,
    source: Mapping[str, object] | None = None,
    run_source: Mapping[str, object] | None = None,
    known: Mapping[str, Recording] | None = None,
    resume: bool = False,
    force: bool = False,
    progress: TimeProgress | None = None,
    stop: Callable[[], bool] = lambda: False,
    note: Callable[[str], None] = lambda line: None,
    after: Run | str | os.PathLike[str] | None = None,
) -> Written:
    """Run a network on the compiled engine into a file; memory does not grow with the duration.

    The file is that of ``store.save(simulate(...))``. Until it is whole, its chunks lie in ``FILE.h5.part``.

    Args:
        network: the description.
        duration: of the run [s], a multiple of the network's time step.
        seed: of the wiring, the initial state and the inputs.
        path: the file.
        signal_dt: sampling interval of the signals that have none of their own [s].
        precision: "float64" or "float32".
        threads: of the engine; the bits do not depend on it.
        source: added to the provenance of every entry: system, parameters.
        run_source: added to the provenance of the Run alone: the command.
        known: recordings that `source` determines, such as theory; written after the recorded entries.
        resume: go on where ``FILE.h5.part`` ends; start if there is none; do nothing if the file is whole.
        force: replace a file and drop an unfinished run.
        progress: called with (done, total) [s of biological time].
        stop: called many times a second; True writes all results so far and raises `UnfinishedError`.
        note: called with a line on damage that was mended.
        after: a run of the compiled engine, or its file, whose state this one goes on from for another `duration`; see
            `simulate`.

    Raises:
        InputError: as `simulate`; a file that is in the way, an unfinished run of something else, too little
            memory or disk.
        UnfinishedError: `stop` returned True.
    """
    if precision not in PRECISIONS:
        raise unknown("precision", str(precision), PRECISIONS)
    if resume and force:
        raise InputError("--resume goes on and --force starts again: say one of them")
    target = Path(path)
    if isinstance(after, str | os.PathLike) and is_same_file(after, target):
        raise InputError(f"{target}: is the file that the run goes on from; name another one for the new part")
    unfinished = UnfinishedRun.of(target)
    intervals(network, signal_dt * 1000.0)
    total = n_steps(network, duration * 1000.0, signal_dt * 1000.0)
    for line in doubts(network, duration * 1000.0):
        warnings.warn(line, stacklevel=2)
    own = {**(source or {}), **provenance("compiled", seed, "numpy", "numba")}
    if precision != "float64":
        own["precision"] = precision
    found = None if after is None else continuation(after, network, seed, signal_dt, precision)
    first = 0 if found is None else found.step
    if found is not None:
        own["continues"] = found.facts
        check_sampled(network, signal_dt * 1000.0, first, total)
    settings = run_settings("compiled", network, first, first + total, seed, signal_dt, precision)
    identity: dict[str, Any] = json.loads(to_json({**own, **settings, "network": describe(network, {})}))
    manifest = None if force else unfinished.manifest()
    if resume and target.exists() and not (manifest and manifest["replaces"]):
        _check_complete(target, identity)
        unfinished.remove()  # left by a kill after the last rename
        return Written(target, {}, complete=True)
    if manifest is None:
        check_writable(target, force)
    elif not resume:
        raise InputError(
            f"{unfinished.folder}: holds an unfinished run ({_seconds_done(unfinished, manifest):g} of "
            f"{manifest['identity']['duration']:g} s); say --resume to go on or --force to start again"
        )
    elif unlike := differences(manifest["identity"], identity):
        raise InputError(f"{unfinished.folder}: holds another run: {unlike}; say --force to start again")
    refuse_what_does_not_fit(network, duration, target.absolute().parent, signal_dt, precision, threads)
    stepper = Stepper(unfinished, network, total, seed, signal_dt, precision, threads, progress, stop, found)
    replaces = bool(manifest["replaces"]) if manifest else force
    with contextlib.ExitStack() as stack, _disk(unfinished):
        if manifest is None:
            stepper.begin()
        stack.enter_context(unfinished.locked())
        if manifest is None:
            unfinished.start(replaces, identity=identity)
        else:
            stepper.go_on(note)
        stepper.run()
        whole = {**own, **(run_source or {})}
        known = {name: replace(entry, source=own) for name, entry in (known or {}).items()}
        settings |= {"continues": found.facts} if found is not None else {}
        steps = first, first + total
        entries = join(
            unfinished, network, steps, signal_dt, own, whole, settings, known, target, replaces, stepper.pause
        )
        unfinished.remove()
    return Written(target, entries)


def _check_complete(target: Path, identity: Mapping[str, Any]) -> None:
    """Check that a file is that of this run, an InputError if not."""
    force = "choose another name or say --force"
    try:
        origin, source = open_origin(target)
        if origin is None:
            raise InputError(f"{target}: exists already and {NO_NETWORK}")
        network = describe(origin.network, {})
    except InputError as error:
        raise InputError(f"{error if str(error).startswith(str(target)) else f'{target}: {error}'}; {force}") from error
    there = {key: value for key, value in source.items() if key not in ("command", "file", "sha256")}
    there |= {key: value for key, value in origin.settings.items() if key != "continues"}
    if unlike := differences({**there, "network": network}, identity):
        raise InputError(f"{target}: exists already and holds another run: {unlike}; {force}")


def _seconds_done(unfinished: UnfinishedRun, manifest: Mapping[str, Any]) -> float:
    """Return the time that an unfinished run has done [s]."""
    identity = manifest["identity"]
    first = round(identity.get("t0", 0.0) * 1000.0 / identity["dt"])
    return float((unfinished.steps_done(first) - first) * identity["dt"] / 1000.0)


@contextlib.contextmanager
def _disk(unfinished: UnfinishedRun) -> Iterator[None]:
    try:
        yield
    except (OSError, WriteError) as error:
        what = str(error) if isinstance(error, WriteError) else f"{unfinished.folder}: could not be written: {error}"
        left = "; whole files stay: make room and say --resume" if unfinished.folder.exists() else ""
        raise InputError(what + left) from error
