"""Synchrony over time, recruitment and detectors of an EEG, or of anything else sampled along an ordered axis."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..analyses.activity import Activity
from ..analyses.comparison.sources import entry_of, is_curve
from ..analyses.eeg.analyse import Alarms, Windows, analyse, over_time
from ..analyses.eeg.detectors import Rule
from ..analyses.eeg.result import EegResult
from ..analyses.nulls.kinds import SHIFT_OF_SD
from ..analyses.settings import ValueSettings
from ..analyses.values import unusable
from ..simulator import InputError, Recording, Spikes
from ..simulator.checks import check_seed
from ..simulator.files.document import versions
from ..simulator.files.edf import ENTRY, pieces_of
from ..simulator.files.rows import plain
from ..simulator.progress import shows_progress
from ..simulator.recordings.dims import Dims, dims_text
from ..simulator.recordings.spikes import MIN_SPIKES
from ..simulator.types import Shown
from .arguments import checked_arguments
from .eeg_input import GivenEvents, with_events, with_names
from .sources import Source, as_run, is_bare


@shows_progress
@checked_arguments
def measure_over_time(
    data: Source,
    measures: str | Sequence[str] | None = None,
    *,
    window: float,
    step: float | None = None,
    band: tuple[float, float] | None = None,
    phase_band: tuple[float, float] | None = None,
    nulls: int = 199,
    entry: str | None = None,
    dt: float | None = None,
    clock: str | None = None,
    dims: Dims | None = None,
    units: int | None = None,
    bin: float = ValueSettings.bin,
    sd: float = ValueSettings.sd,
    event: str | Sequence[str] | None = None,
    onset: float | None = None,
    events: GivenEvents = None,
    reference: str = "none",
    montage: str = "",
    rename: Mapping[str, str] | None = None,
    all_channels: bool = False,
    seed: int = 0,
    null: str | Sequence[str] = (),
    max_lag: float | None = None,
    train_shift: float | None = None,
    command: str = "",
    progress: Shown = None,
) -> EegResult:
    """Measure in sliding windows, each value with its null, as ``ictal measure FILE --window LENGTH``.

    Args:
        data: a Run, a Recording, Spikes, an array, a file, or an object of another library, as in `measure`.
        measures: names in `MEASURES` (those of spike trains for spikes alone) and in `RHYTHMS`; by default r, χ_c,
            λ₁ fraction, SI-3, band_power, peak_frequency and amplitude_cv with a band, χ_c, λ₁ fraction and SI-3
            without.
        window, step: of the sliding windows [ticks of the clock]; the step is half a window if left out.
        band, phase_band: as in `measure`.
        nulls: surrogates a value: 0, or at least 199.
        entry: name, of a file with several; "eeg" if there is one.
        dt, clock, dims: of an array, as in `measure`.
        units: a random choice of as many of the units that can be used.
        bin, sd: of spike trains, as in `measure`.
        event: START:STOP [s] of an event, or the text of the annotations of events; one or several. By default the
            annotations that say seizure; see `events_of`.
        onset: of an event whose end is not known [s]; it is taken to last to the end of the recording.
        events: pairs (start, stop) [s], or a file of events: BIDS events.tsv, TUH csv, csv_bi or tse, a CHB-MIT summary
            or .seizures. What is given so stands in place of the annotations of the recording.
        reference: "none", "average", or the channels whose mean is the reference: "Cz", "A1,A2".
        montage: "double-banana", or pairs of channels whose differences are measured: "Fp1-F7,F7-T7".
        rename: old -> new names of channels.
        all_channels: measure channels of poor quality and copies too. Units that are no electrodes (without a label
            ``channel``) are not judged.
        seed: of surrogates and of the choice of units.
        null, max_lag, train_shift: as in `measure`; of several kinds of surrogate the first is drawn.
        command: the command line, stored with the result.
        progress: called as progress(done, total, text); True shows it.

    Raises:
        InputError: an unknown name, a value out of range, or no entry that can be measured.
    """
    check_seed(seed)
    recording, source, activity = _recording(data, entry, bin, sd, dt=dt, clock=clock, dims=dims)
    names = [measures] if isinstance(measures, str) else list(measures or ())
    kinds = [null] if isinstance(null, str) else list(null)
    if activity is not None and train_shift is None:
        train_shift = SHIFT_OF_SD * (sd or bin)
    where = os.fspath(data) if isinstance(data, str | os.PathLike) else ""
    recording, texts, given = with_events(
        with_names(recording, rename), event=event, onset=onset, events=events, where=where
    )
    settings = Windows(
        window, step, band, names, nulls, reference, texts or None, all_channels, units, phase_band, seed, kinds,
        max_lag, train_shift, montage,
    )  # fmt: skip
    electrodes = "channel" in recording.unit_labels
    counts, trains = (None, None) if activity is None else (activity.counts, activity.active)
    found = over_time(recording, settings, electrodes=electrodes, counts=counts, trains=trains, progress=progress)
    if activity is not None:
        found = replace(found, config={**found.config, "bin": bin, "sd": sd, "min_spikes": MIN_SPIKES})
    return _attributed(found, source, command, dims, {**given, "event": event, "rename": dict(rename or {})})


@shows_progress
@checked_arguments
def analyse_eeg(
    data: Source,
    *,
    window: float = 5.0,
    step: float | None = None,
    band: tuple[float, float] = (3.0, 20.0),
    measures: Sequence[str] = (),
    nulls: int = 199,
    entry: str | None = None,
    rate: float | None = None,
    dims: Dims | None = None,
    event: str | Sequence[str] | None = None,
    onset: float | None = None,
    events: GivenEvents = None,
    reference: str = "none",
    montage: str = "",
    rename: Mapping[str, str] | None = None,
    all_channels: bool = False,
    baseline: tuple[float, float] | None = None,
    k: float = 3.0,
    hold: float = 2.0,
    seed: int = 0,
    command: str = "",
    progress: Shown = None,
) -> EegResult:
    """Analyse an EEG: channels, synchrony in windows, recruitment, detectors, as ``ictal eeg FILE``.

    Args:
        data: an EDF or BDF file, a run, a Recording, an object of another library, or an array with its `rate`.
        window, step, band, measures, nulls, entry, event, onset, events, reference: as in `measure_over_time`.
        montage, rename, all_channels, seed, command, progress: likewise.
        rate: sampling rate of an array [Hz].
        dims: names of the axes of an array, as in `measure`, such as "channel time".
        baseline: (start, stop) [s] of recruitment and detectors; all before the first event if left out.
        k: standard deviations over the mean of the baseline from which a feature counts as raised.
        hold: shortest time that it must stay raised [s].

    Raises:
        InputError: as `measure_over_time`; no second on the clock; fewer than 3 windows in the baseline.
    """
    check_seed(seed)
    if rate is not None and not (math.isfinite(rate) and rate > 0):
        raise InputError(f"rate: must be > 0 [Hz]; got {rate:g}")
    if rate is not None and not is_bare(data):
        raise InputError("rate: is for arrays; a recording has its own; leave it out")
    dt = None if rate is None else 1.0 / rate
    recording, source, _ = _recording(data, entry, ValueSettings.bin, ValueSettings.sd, dt=dt, dims=dims)
    if recording.clock != "second":
        raise InputError(f"eeg: needs a recording in seconds; this one has clock {recording.clock!r}")
    where = os.fspath(data) if isinstance(data, str | os.PathLike) else ""
    recording, texts, given = with_events(
        with_names(recording, rename), event=event, onset=onset, events=events, where=where
    )
    settings = Windows(
        window, step, band, list(measures), nulls, reference, texts or None, all_channels, seed=seed, montage=montage
    )
    found = analyse(recording, settings, Alarms(baseline, Rule(k, hold)), progress)
    return _attributed(found, source, command, dims, {**given, "event": event, "rename": dict(rename or {})})


def _recording(
    data: Source,
    entry: str | None,
    bin: float,
    sd: float,
    *,
    dt: float | None,
    clock: str | None = None,
    dims: Dims | None,
) -> tuple[Recording, dict[str, object], Activity | None]:
    """Return the chosen entry, as sampled activity, the provenance of the run, and of spikes all their forms."""
    run = as_run(data, dt=dt, clock=clock, dims=dims, lazy=True)
    where = f"{os.fspath(data)}: " if isinstance(data, str | os.PathLike) else ""
    if entry is None:
        names = [name for name, data in run.items() if not is_curve(data)]
        if ENTRY not in names and len(names) != 1:
            raise InputError(f"{where}{pieces_of(run) or _one_entry(names)}")
        entry = ENTRY if ENTRY in names else names[0]
    chosen = entry_of(run, entry)
    if (isinstance(chosen, Spikes) or chosen.n_units < 2) and (reason := unusable(chosen)) is not None:
        raise InputError(f"{where}{reason}")
    if isinstance(chosen, Recording) and chosen.values.ndim > 2:
        shape = tuple(chosen.values.shape)
        raise InputError(
            f"{where}{entry}: sliding windows read one trial; it has {chosen.values.shape[1]} (of {shape}: time, "
            f'trial, unit). Give one as an array, ictal.as_run(data)["{entry}"].numpy()[:, 0] with '
            f"rate={1 / chosen.dt:g}, or the Raw that epochs were cut from"
        )
    if isinstance(chosen, Spikes):
        activity = Activity(chosen, bin, sd)
        return replace(activity.rates, source=chosen.source), plain(run.source), activity
    return chosen, plain(run.source), None


def _one_entry(names: Sequence[str]) -> str:
    return f"sliding windows read one entry; name it with --entries: {', '.join(names) or 'none'}"


def _attributed(
    found: EegResult, source: dict[str, object], command: str, dims: Dims | None, given: dict[str, object]
) -> EegResult:
    about = {"command": command, "dims": dims_text(dims), "source": source, "versions": versions()}
    return replace(found, config={**found.config, **given, **about})
