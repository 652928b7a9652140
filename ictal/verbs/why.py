"""`why`: the parts of one value of synchrony."""

from __future__ import annotations

import os
from dataclasses import replace

from ..analyses.activity import Activity
from ..analyses.comparison.sources import entry_of, is_curve
from ..analyses.why.prepare import can_be_taken_apart
from ..analyses.why.result import WhyResult
from ..analyses.why.settings import Reference, WhySettings
from ..analyses.why.take_apart import take_apart
from ..simulator import InputError, Run
from ..simulator.checks import check_seed
from ..simulator.files.document import versions
from ..simulator.files.edf import ENTRY
from ..simulator.files.rows import plain
from ..simulator.progress import shows_progress
from ..simulator.recordings.dims import Dims, dims_text
from ..simulator.types import Shown
from .arguments import checked_arguments
from .channels import good_channels
from .sources import Source, as_run, assumptions_of


@shows_progress
@checked_arguments
def why(
    data: Source,
    measure: str = "chi_c",
    *,
    corner: float | None = None,
    band: tuple[float, float] | None = None,
    window: tuple[float, float] | None = None,
    nulls: int = WhySettings.nulls,
    reference: Reference = "auto",
    entry: str | None = None,
    dt: float | None = None,
    clock: str | None = None,
    dims: Dims | None = None,
    units: int | None = None,
    bin: float = WhySettings.bin,
    sd: float = WhySettings.sd,
    label: str = WhySettings.label,
    all_channels: bool = False,
    seed: int = 0,
    command: str = "",
    progress: Shown = None,
) -> WhyResult:
    """Take the value of a measure apart: class, slow and fast activity, groups of units, chance, a common reference.

    The parts add up to the value that `measure` returns with the same settings. A part says with which activity the
    value goes, not what removing that activity would leave. What one recording cannot tell is said to be so.

    Args:
        data: a Run, a Recording, Spikes, an array, a file, or an object of another library, as in `measure`. Trials are
            joined.
        measure: "chi_c", "mean_correlation", "si_3", "mean_squared_correlation" or "lambda1_fraction". Others have no
            parts that add up.
        corner: frequency between slow and fast [cycles per tick of the clock; Hz for "second"]; 1 Hz if left out, or
            that of 60 cycles in the recording where it has no second or lasts less than 60 s.
        band, window, bin, sd, label, all_channels: as in `measure`. With a band the parts are of the filtered signal.
        nulls: surrogates of the value: 0, or at least 199.
        reference: "yes" if the units are channels against one electrode, "no" if not, or "auto".
        entry: name, of a file with several; "eeg" if there is one.
        dt, clock, dims: of an array, as in `measure`.
        units: a random choice of as many units.
        seed: of surrogates, of the choice of units, and of the halves that bound a reference.
        command: the command line, stored with the result.
        progress: called as progress(done, total, text); True shows it.

    Raises:
        InputError: a measure that cannot be taken apart or is not defined here, a corner or label that does not fit.

    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> slow = np.sin(np.arange(6000) * 0.02)[:, None] + rng.standard_normal((6000, 40))
    >>> print(why(slow, dt=0.01, nulls=0).sentence)
    Of chi_c .58, .58 goes with what the units share slower than 1 Hz, 0 with faster.
    """
    can_be_taken_apart(measure)
    settings = WhySettings(
        band=band, nulls=nulls, bin=bin, sd=sd, label=label, seed=seed, corner=corner, reference=reference
    )
    if units is not None and units < 2:
        raise InputError(f"why.units: must be at least 2; got {units}")
    check_seed(seed)
    run = as_run(data, dt=dt, clock=clock, dims=dims)
    name = _entry(run, entry)
    chosen, notes = good_channels(entry_of(run, name), band, window, all_channels)
    if units is not None:
        chosen = chosen.subsample(min(units, chosen.n_units), seed=seed)
    if progress:
        progress(0, 1, name)
    where = f"{os.fspath(data)}: " if isinstance(data, str | os.PathLike) else ""
    activity = Activity(chosen, bin, sd, band, window)
    if window is not None and band is None:
        activity = Activity(chosen.select(time=window), bin, sd)
    try:
        found = take_apart(activity, measure, settings)
    except InputError as error:
        option = str(error).startswith(("why.", "band"))
        raise InputError(str(error) if option else f"{where}{name}: {error}") from error
    if progress:
        progress(1, 1, name)
    config = {
        **found.config,
        "command": command,
        "entry": name,
        "dims": dims_text(dims),
        "window": window,
        "units": units,
        "all_channels": all_channels,
        "assumptions": [*assumptions_of(run.source), *notes, *found.config["assumptions"]],
        "source": plain(run.source),
        "versions": versions(),
    }
    return replace(found, config=config)


def _entry(run: Run, name: str | None) -> str:
    """Return the name of the entry that is taken apart."""
    if name is not None:
        return name
    names = [one for one, entry in run.items() if not is_curve(entry) and entry.n_units > 1] or list(run)
    if ENTRY not in names and len(names) != 1:
        raise InputError(f"why.entry: one entry is taken apart; name it: {', '.join(names) or 'none'}")
    return ENTRY if ENTRY in names else names[0]
