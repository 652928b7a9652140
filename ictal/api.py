"""`simulate`, `measure` and `compare`: what the command line does, as functions."""

from __future__ import annotations

import inspect
import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, cast

from .analyses.compare import Settings, compare_panels
from .analyses.comparison import Comparison
from .analyses.measures import MEASURES, get
from .measurements import How, Measurements, Progress, take
from .registry import build
from .simulator import InputError, Recording, Run, unknown
from .simulator.document import versions
from .sources import HISTORY, Source, as_run, entry_of, is_curve, panels_of, plain, refuse_unusable

if TYPE_CHECKING:
    from .simulator.stream import Written


def simulate(
    system: str,
    *,
    seed: int = 0,
    engine: str | None = None,
    progress: Callable[[float], None] | None = None,
    **parameters: object,
) -> Run:
    """Run a system once.

    Args:
        system: name in `SYSTEMS`.
        seed: of everything random in it.
        engine: ``"compiled"`` (the default of the spiking systems) or ``"brian2"``.
        progress: called with the fraction done.
        parameters: fields of the system; see ``ictal.explain(system)``.

    Raises:
        InputError: an unknown system, parameter or engine (with the nearest), or a value that cannot be.
    """
    network = build(system, parameters)
    _check_seed(seed)
    options: dict[str, object] = {}
    if engine is not None:
        from .simulator.engine import ENGINES  # loads numba

        if engine not in ENGINES:
            raise unknown("engine", engine, ENGINES)
        if "engine" not in inspect.signature(network.record).parameters:
            raise InputError(f"{system}: has no choice of engine; leave engine {engine!r} out")
        options["engine"] = engine
    if progress is not None and "progress" in inspect.signature(network.record).parameters:
        options["progress"] = lambda done, total: progress(done / total)
    run: Run = network.record(seed, **options)
    return Run(run, {**run.source, "command": simulate_command(system, parameters, seed, engine)})


def simulate_to_file(
    system: str,
    path: str | os.PathLike[str],
    *,
    seed: int = 0,
    precision: str = "float64",
    threads: int = 1,
    resume: bool = False,
    force: bool = False,
    progress: Callable[[float], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
    note: Callable[[str], None] = lambda line: None,
    engine: str | None = None,
    **parameters: object,
) -> Written:
    """Run a spiking system once on the compiled engine, into a file; memory does not grow with the duration.

    Args:
        system: name in `SYSTEMS`.
        path: the file; until it is whole, chunks stand in ``FILE.h5.part``.
        seed: of everything random in it.
        precision: ``"float64"`` or ``"float32"``.
        threads: of the engine; the result does not depend on it.
        resume: go on where a run that was killed ended.
        force: replace a file and drop an unfinished run.
        progress: called with the fraction done.
        stop: asked many times a second; True writes what there is and raises `UnfinishedError`.
        note: called with a line on damage that was mended.
        engine: None or ``"compiled"``: what is recorded in the command.
        parameters: fields of the system; see ``ictal.explain(system)``.

    Raises:
        InputError: as `simulate`; a file in the way, another unfinished run, too little memory or disk.
        UnfinishedError: `stop` said so.
    """
    from .models.system import Foretold, Spiking, attribution
    from .simulator.stream import record_to_file

    built = build(system, parameters)
    _check_seed(seed)
    if not isinstance(built, Spiking):
        raise InputError(f"{system}: is no spiking network and is not streamed to a file; use simulate and save")
    return record_to_file(
        built.network(),
        built.duration,
        seed,
        path,
        precision=precision,
        threads=threads,
        source=attribution(system, built, seed),
        run_source={"command": simulate_command(system, parameters, seed, engine, precision)},
        beside=built.theory() if isinstance(built, Foretold) else {},
        resume=resume,
        force=force,
        progress=None if progress is None else lambda done, total: progress(done / total),
        stop=stop,
        note=note,
    )


def simulate_command(
    system: str, parameters: Mapping[str, object], seed: int, engine: str | None, precision: str = "float64"
) -> str:
    """The line that repeats a run."""
    words = ["ictal", "simulate", system]
    for name in sorted(parameters):
        value = _as_text(parameters[name])
        words += ["--duration", value] if name == "duration" else ["--set", f"{name}={value}"]
    words += ["--seed", str(seed), *(["--engine", engine] if engine else [])]
    words += [] if precision == "float64" else ["--precision", precision]
    return shlex.join(words)


def measure(
    data: Source,
    measures: str | Sequence[str] | None = None,
    *,
    band: tuple[float, float] | None = None,
    dt: float | None = None,
    clock: str | None = None,
    nulls: int = 0,
    window: tuple[float, float] | None = None,
    entries: Sequence[str] | None = None,
    units: int | None = None,
    bin: float = How.bin,
    sd: float = How.sd,
    label: str = "class",
    seed: int = 0,
    command: str = "",
    progress: Progress | None = None,
) -> Measurements:
    """Measures of a Run, a Recording, Spikes, an array or a file, each beside its null if `nulls` > 0.

    Args:
        data: what is measured; an array has the axes (..., time, unit).
        measures: names in `MEASURES`; all that are defined if left out.
        band: (low, high) of Hilbert phases [cycles per tick of the clock; Hz for "second"].
        dt, clock: of an array; see `Recording`.
        nulls: surrogates a value; 0 for none, else at least 199.
        window: (start, stop) [ticks of the clock] to measure within.
        entries: names of the entries to measure; all but learning curves if left out.
        units: measure a random choice of as many units.
        bin, sd: spikes are counted in bins of `bin` [s] and smoothed by a Gaussian of SD `sd` [s]
            before a measure of sampled activity reads the units with at least 5 spikes: 1 ms and 5 ms,
            while `compare` takes 10 ms and 10 ms. χ and the like depend on both. With an sd of 0, and of
            `spectral_peak` always, the counts are read as they are.
        label: time label that holds the classes.
        seed: of surrogates and of the choice of units.
        command: the command line that this answers, stored with the result.
        progress: called as progress(done, total, what).

    Raises:
        InputError: an unknown name, a value out of range, or nothing that can be measured.
    """
    names = [measures] if isinstance(measures, str) else list(measures or MEASURES)
    for name in names:
        get(name)
    how = How(band, nulls, bin, sd, units, label, seed)
    _check_seed(seed)
    run = as_run(data, dt=dt, clock=clock)
    if entries is not None:
        run = Run({name: entry_of(run, name) for name in entries}, run.source)
    else:
        run = Run({name: e for name, e in run.items() if not is_curve(e)} or run, run.source)
    if window is not None:
        run = run.select(time=window)
    where = f"{os.fspath(data)}: " if isinstance(data, str | os.PathLike) else ""
    rows, skipped = take(run, names, how, asked=measures is not None, where=where, progress=progress)
    config = {
        "command": command,
        "measures": names,
        "dt": dt,
        "clock": clock,
        "window": window,
        "entries": list(run),
        **asdict(how),
        "source": plain(run.source),
        "versions": versions(),
    }
    return Measurements(rows, skipped, config)


def compare(
    groups: Mapping[str, Source | Sequence[Source]],
    *,
    entries: Sequence[str] | Mapping[str, str] | None = None,
    dt: float | None = None,
    clock: str | None = None,
    window: tuple[float, float] | None = None,
    measures: Sequence[str] = (),
    band: tuple[float, float] = Settings.band,
    nulls: int = Settings.n_null,
    bin: float = Settings.bin,
    sd: float = Settings.sd,
    max_units: int = Settings.max_units,
    max_times: int = Settings.max_times,
    label: str = Settings.label,
    seed: int = 0,
    command: str = "",
    progress: Progress | None = None,
) -> Comparison:
    """The same measures on any number of groups of replicates, every group against the first.

    Args:
        groups: name -> a Run, Recording, Spikes, array or path, or a list of those (replicates).
        entries: what of the Runs is compared: names that all of them have, or a mapping of groups to
            the one entry that stands for each. By default all names they share; sources with one
            entry each are compared whatever its name.
        dt, clock: of arrays and array files.
        window: (start, stop) [ticks of the clock] to compare within.
        measures: names; all that are defined if left out.
        band: (low, high) of Hilbert phases [cycles per *sample*], one band for every clock.
        nulls: surrogates a value, at least 199.
        bin, sd: of spikes, as in `measure`, but 10 ms and 10 ms by default.
        max_units, max_times, label, seed: as in `Settings`.
        command: the command line that this answers, stored with the result.
        progress: called as progress(done, total, what).

    Raises:
        InputError: fewer than two groups, nothing in common, or nothing that can be measured.
    """
    _check_seed(seed)
    settings = Settings(tuple(measures), bin, sd, band, max_units, max_times, nulls, label, seed)
    if len(groups) < 2:
        raise InputError(f"compare: needs at least 2 groups; got {', '.join(groups) or 'none'}")
    runs: dict[str, list[Run]] = {}
    for group, given in groups.items():
        members = list(given) if isinstance(given, list | tuple) else [given]
        if not members:
            raise InputError(f"compare: group {group!r} is empty")
        runs[group] = [as_run(member, dt=dt, clock=clock) for member in members]
    if window is not None:
        runs = {group: [run.select(time=window) for run in members] for group, members in runs.items()}
    curves = {group: [run[HISTORY] for run in members if HISTORY in run] for group, members in runs.items()}
    config = {
        "command": command,
        "dt": dt,
        "clock": clock,
        "window": window,
        "entries": plain(entries) if isinstance(entries, Mapping) else entries and list(entries),
        "versions": versions(),
        "sources": {group: [plain(run.source) for run in members] for group, members in runs.items()},
    }
    panels = panels_of(runs, entries)
    refuse_unusable(panels)
    return compare_panels(
        panels,
        settings=settings,
        histories={g: cast("list[Recording]", c) for g, c in curves.items() if c and all(map(is_curve, c))},
        config=config,
        progress=progress,
    )


def _check_seed(seed: object) -> None:
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise InputError(f"seed: must be a whole number >= 0; got {seed!r}")


def _as_text(value: object) -> str:
    if isinstance(value, bool | None):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ",".join(_as_text(item) for item in value)
    return str(value)
