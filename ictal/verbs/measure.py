"""`measure`: measures of whatever has activity, each beside its null."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict

from ..analyses.comparison.sources import entry_of, is_curve
from ..analyses.measures import MEASURES, get
from ..analyses.values import How, Measurements, take
from ..simulator import Run
from ..simulator.checks import check_seed
from ..simulator.files.document import versions
from ..simulator.types import Progress
from .sources import Source, as_run, plain


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
    names = [measures] if isinstance(measures, str) else list(measures or MEASURES.usable())
    for name in names:
        get(name)
    how = How(band, nulls, bin, sd, units, label, seed)
    check_seed(seed)
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
