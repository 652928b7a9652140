"""`measure`: measures of activity, each with its null."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace

import numpy as np

from ..analyses.activity import Activity
from ..analyses.comparison.sources import entry_of, is_curve
from ..analyses.measures import default_measures, get
from ..analyses.settings import ValueSettings
from ..analyses.values import EntryValue, Measurements, unusable, values
from ..simulator import InputError, Recording, Run, Spikes
from ..simulator.checks import check_seed
from ..simulator.files.document import versions
from ..simulator.files.rows import plain
from ..simulator.progress import shows_progress
from ..simulator.recordings.dims import Dims, dims_text
from ..simulator.types import Shown
from .arguments import checked_arguments
from .channels import of_good_channels
from .sources import Source, as_run, assumptions_of


@shows_progress
@checked_arguments
def measure(
    data: Source,
    measures: str | Sequence[str] | None = None,
    *,
    band: tuple[float, float] | None = None,
    phase_band: tuple[float, float] | None = None,
    dt: float | None = None,
    clock: str | None = None,
    dims: Dims | None = None,
    nulls: int = 0,
    window: tuple[float, float] | None = None,
    entries: Sequence[str] | None = None,
    units: int | None = None,
    bin: float = ValueSettings.bin,
    sd: float = ValueSettings.sd,
    label: str = ValueSettings.label,
    all_channels: bool = False,
    reference: str = "none",
    montage: str = "",
    rename: Mapping[str, str] | None = None,
    seed: int = 0,
    null: str | Sequence[str] = (),
    max_lag: float | None = None,
    train_shift: float | None = None,
    command: str = "",
    progress: Shown = None,
) -> Measurements:
    """Measure a Run, a Recording, Spikes, an array or a file, each value with its null if `nulls` > 0.

    Args:
        data: also an object of xarray, pandas, Neo, MNE, NWB, Brian2 or NEST, which names its axes, times and units.
        measures: names in `MEASURES`; if left out all that are defined, but for those of pairs of units that are
            measured only on request (``plv``, ``sttc`` ...), since their cost grows with the number of pairs.
        band: (low, high) to which the whole signal is filtered before any measure reads it [cycles per tick of the
            clock; Hz for "second"]. Measures of spike trains read the trains as they are.
        phase_band: (low, high) of Hilbert phases alone [cycles per tick]; `band` if left out.
        dt, clock: of an array; see `Recording`.
        dims: names of the axes of an array in their order, such as "unit time" or "time trial unit". Without it an
            array has two axes, (time, unit), and more samples than units; any other is refused.
        nulls: surrogates a value; 0 for none, else at least 199.
        window: (start, stop) [ticks of the clock] to measure within.
        entries: names of the entries to measure; all but learning curves if left out.
        units: measure a random choice of as many units.
        bin, sd: spikes are counted in bins of `bin` [s] and smoothed by a Gaussian of SD `sd` [s]
            before a measure of sampled activity reads the units with at least 5 spikes. χ and the like
            depend on both. With an sd of 0, and of `spectral_peak` always, the counts are read as they are.
        label: time label that holds the classes.
        all_channels: measure channels of electrodes (units with a label ``channel``) of poor quality and copies too.
        reference, montage, rename: of channels of electrodes, as in `measure_over_time`.
        seed: of surrogates and of the choice of units.
        null: kinds of surrogate, the deciding one first: "linear_shift", "innovations", "circular_shift",
            "train_shift", "interval_jitter", "permute_within_class", "permute". If left out the data
            decide, see `fitting_kinds`.
        max_lag: of "linear_shift": largest lag to either side, a share of the length; 1/4 if left out, of phases 1/8.
        train_shift: of spikes: largest lag of "train_shift", and interval of "interval_jitter" [s]; 5 `sd` if left out.
        command: the command line, stored with the result.
        progress: called as progress(done, total, text); True shows it.

    Raises:
        InputError: an unknown name, a value out of range, or no entry that can be measured.
    """
    if measures is not None and not measures:
        raise InputError("measure.measures: must name at least one; got none; leave it out for all")
    names = [measures] if isinstance(measures, str) else list(measures or default_measures())
    for name in names:
        get(name)
    kinds = (null,) if isinstance(null, str) else tuple(null)
    settings = ValueSettings(band, phase_band, nulls, bin, sd, label, seed, kinds, max_lag, train_shift)
    if units is not None and units < 2:
        raise InputError(f"measure.units: must be at least 2; got {units}")
    check_seed(seed)
    run = as_run(data, dt=dt, clock=clock, dims=dims)
    source = plain(run.source)
    if entries is not None:
        run = Run({name: entry_of(run, name) for name in entries}, run.source)
    else:
        run = Run({name: e for name, e in run.items() if not is_curve(e)} or run, run.source)
    run, notes = of_good_channels(run, band, window, all_channels, reference, montage, rename)
    where = f"{os.fspath(data)}: " if isinstance(data, str | os.PathLike) else ""
    shown = dict(_trials(run if window is None else run.select(time=window)))
    poor = [reason for entry in shown.values() if (reason := unusable(entry)) is not None]
    if measures is None and len(poor) == len(shown):
        raise InputError(f"{where}{next(iter(shown))}: {poor[0]}")
    rows: list[EntryValue] = []
    whole = dict(_trials(run)) if window and band else shown  # the filter reads beyond the edges of the window
    for done, (name, entry) in enumerate(whole.items()):
        if progress:
            progress(done, len(whole), name)
        if units is not None:
            entry = entry.subsample(min(units, entry.n_units), seed=seed)
        activity = Activity(entry, bin, sd, band, window if whole is not shown else None)
        rows += [value.at(EntryValue, entry=name) for value in values(activity, names, settings)]
    if progress:
        progress(len(whole), len(whole), "measured")
    found, skipped = ([row for row in rows if bool(row.reason) == left_out] for left_out in (False, True))
    missing = [name for name in names if name not in {row.measure for row in found}] if measures is not None else []
    if not found or missing:
        first = next(row for row in skipped if not found or row.measure in missing)
        raise InputError(f"{where}{first.measure} is not defined on {first.entry}: {first.reason}")
    config = {
        "command": command,
        "measures": names,
        "dt": dt,
        "clock": clock,
        "dims": dims_text(dims),
        "window": window,
        "entries": list(run),
        **asdict(settings),
        "units": units,
        "all_channels": all_channels,
        "reference": reference,
        "montage": montage,
        "rename": dict(rename or {}),
        "assumptions": [*assumptions_of(run.source), *notes],
        "source": source,
        "versions": versions(),
    }
    deciding = {(row.entry, row.measure): row for row in reversed(found)}
    decides = [deciding[row.entry, row.measure] is row for row in found]
    top, second = ([row for row, one in zip(found, decides, strict=True) if one is want] for want in (True, False))
    return Measurements(top, skipped, config, second)


def _trials(run: Run) -> Iterator[tuple[str, Recording | Spikes]]:
    """Yield every entry, of one with trials each trial as ``entry[k]``."""
    for name, entry in run.items():
        if isinstance(entry, Spikes) or entry.values.ndim == 2:
            yield name, entry
            continue
        for index in np.ndindex(*entry.values.shape[:-2]):
            valid = None if entry.valid is None else entry.valid[index]
            yield f"{name}[{','.join(map(str, index))}]", replace(entry, values=entry.values[index], valid=valid)
