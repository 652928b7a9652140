"""`compare`: the same measures on any number of groups, every group against the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from ..analyses import Settings, compare_panels
from ..analyses.comparison.result import Comparison
from ..analyses.comparison.sources import HISTORY, is_curve, panels_of, refuse_unusable
from ..simulator import InputError, Recording, Run
from ..simulator.checks import check_seed
from ..simulator.files.document import versions
from ..simulator.files.rows import plain
from ..simulator.neighbours import are_trains
from ..simulator.progress import shows_progress
from ..simulator.recordings.dims import Dims, dims_text
from ..simulator.types import Shown
from .arguments import checked_arguments
from .channels import of_good_channels
from .sources import Source, as_run, assumptions_of, is_bare


@shows_progress
@checked_arguments
def compare(
    groups: Mapping[str, Source | Sequence[Source]],
    *,
    entries: Sequence[str] | Mapping[str, str] | None = None,
    dt: float | None = None,
    clock: str | None = None,
    dims: Dims | None = None,
    window: tuple[float, float] | None = None,
    measures: str | Sequence[str] = (),
    band: tuple[float, float] | None = None,
    phase_band: tuple[float, float] | None = None,
    nulls: int = Settings.nulls,
    bin: float = Settings.bin,
    sd: float = Settings.sd,
    interval: float = Settings.interval,
    max_units: int = Settings.max_units,
    max_times: int = Settings.max_times,
    label: str = Settings.label,
    seed: int = 0,
    null: str | Sequence[str] = (),
    max_lag: float | None = None,
    train_shift: float | None = None,
    all_channels: bool = False,
    command: str = "",
    progress: Shown = None,
) -> Comparison:
    """Take the same measures of any number of groups of replicates, every group against the first.

    Args:
        groups: name -> a Run, Recording, Spikes, array, path or object of another library, or a list of those
            (replicates). A list of spike trains of Neo is one replicate.
        entries: names that all Runs have, or a mapping of groups to one entry each. By default all names they share;
            sources with one entry each are compared under any name.
        dt, clock, dims: of arrays and array files, as in `measure`.
        window: (start, stop) [ticks of the clock] to compare within.
        measures: names; all that are defined if left out.
        band: as in `measure`.
        phase_band: (low, high) of Hilbert phases alone [cycles per tick]; if left out `band`, and without one 0.03–0.2
            cycles per *sample* on every clock.
        nulls: surrogates a value, at least 199.
        bin, sd: of spikes, as in `measure`.
        interval, max_units, max_times, label, seed: as in `Settings`.
        null, max_lag, train_shift: as in `measure`; the first kind decides.
        all_channels: as in `measure`.
        command: the command line, stored with the result.
        progress: called as progress(done, total, text); True shows it.

    Raises:
        InputError: fewer than two groups, no common entry, or none that can be measured.
    """
    check_seed(seed)
    settings = Settings(
        band, phase_band, nulls, bin, sd, label, seed, (null,) if isinstance(null, str) else tuple(null), max_lag,
        train_shift, (measures,) if isinstance(measures, str) else tuple(measures), interval, max_units, max_times, window,
    )  # fmt: skip
    if entries is not None and not entries:
        raise InputError("compare.entries: must name an entry; leave it out for all")
    if len(groups) < 2:
        raise InputError(f"compare: needs at least 2 groups; got {', '.join(groups) or 'none'}")
    runs: dict[str, list[Run]] = {}
    axes: dict[str, Any] = {"dt": dt, "clock": clock, "dims": dims}
    for group, given in groups.items():
        members = _members(given)
        if not members:
            raise InputError(f"compare: group {group!r} is empty")
        runs[group] = [as_run(member, **(axes if is_bare(member) else {})) for member in members]
    taken = any(is_bare(member) for given in groups.values() for member in _members(given))
    for name, value in axes.items():
        if value is not None and not taken:
            raise InputError(f"{name}: is for arrays, and the groups hold none; leave it out")
    notes: list[str] = []
    for group, own in runs.items():
        for at, run in enumerate(own):
            own[at], found = of_good_channels(run, band, window, all_channels)
            notes += [f"{group} {at + 1}: {note}" for note in found]
    cut = {g: [run if window is None else run.select(time=window) for run in members] for g, members in runs.items()}
    refuse_unusable(panels_of(cut, entries))
    everyone = [run for members in runs.values() for run in members]
    curves = {group: [run[HISTORY] for run in members if HISTORY in run] for group, members in cut.items()}
    config = {
        "command": command,
        "dt": dt,
        "clock": clock,
        "dims": dims_text(dims),
        "window": window,
        "entries": plain(entries) if isinstance(entries, Mapping) else entries and list(entries),
        "all_channels": all_channels,
        "assumptions": [*dict.fromkeys(line for run in everyone for line in assumptions_of(run.source)), *notes],
        "versions": versions(),
        "sources": {group: [plain(run.source) for run in members] for group, members in runs.items()},
    }
    return compare_panels(
        panels_of(runs, entries),
        settings=settings,
        histories={g: cast("list[Recording]", c) for g, c in curves.items() if c and all(map(is_curve, c))},
        config=config,
        progress=progress,
    )


def _members(given: Source | Sequence[Source]) -> list[Source]:
    """Return the replicates of a group; a list of spike trains of Neo is one."""
    return list(given) if isinstance(given, list | tuple) and not are_trains(given) else [given]
