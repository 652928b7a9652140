"""All parts of an analysis of EEG: channels, reference, windows, recruitment, detectors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import cast

from ...simulator import InputError, Recording, Spikes
from ...simulator.types import Band, Progress
from ..filtering import bandpassed
from ..measures import MEASURES, get
from ..settings import ValueSettings
from .change import changes
from .detectors import MIN_BASELINE, Baseline, Rule, run_detectors
from .dropouts import Dropouts, dropouts
from .features import line_length
from .preprocessing import rereferenced, weights
from .quality import Channel, judged, used
from .recruitment import recruitment
from .result import EegResult
from .synchrony import WindowValue, window_values
from .traces import TRACES, traces_of
from .windows import MOST_BLOCKS, SLACK, Event, block_length, disjoint, events_of, sliding

MOST_STEPS = 43_200  # of detectors: 3 h in steps of 0.25 s
QUIET = 2.0  # s before an event that are enough to judge channels by


@dataclass(frozen=True)
class Windows:
    """Settings of synchrony over time.

    Attributes:
        window, step: of the sliding windows [ticks of the clock; s]; the step is half a window if None.
        band: (low, high) [cycles per tick; Hz] to which the signal is filtered, or None for all of it.
        phase_band: (low, high) of Hilbert phases alone; `band` if left out.
        measures: names; see `chosen_measures` for the default.
        nulls: surrogates a value: 0, or at least 199.
        reference: "none", "average" or names of channels; see `rereferenced`.
        event: text of the annotations that are events, one or several; see `events_of`.
        all_channels: whether those that `examine` names are used too.
        units: measure a random choice of as many of the channels that are used.
        seed: of the surrogates and of the choice of units.
        null, max_lag, train_shift: as in `ValueSettings`; of several kinds of surrogate the first is drawn.
        montage: differences of channels that are measured; see `bipolar`.
    """

    window: float = 5.0
    step: float | None = None
    band: Band | None = (3.0, 20.0)
    measures: Sequence[str] = ()
    nulls: int = 199
    reference: str = "none"
    event: str | Sequence[str] | None = None
    all_channels: bool = False
    units: int | None = None
    phase_band: Band | None = None
    seed: int = 0
    null: Sequence[str] = ()
    max_lag: float | None = None
    train_shift: float | None = None
    montage: str = ""

    def __post_init__(self) -> None:
        if not (isinstance(self.reference, str) and self.reference.strip()):
            raise InputError(f"reference: must be none, average or names of channels; got {self.reference!r}")
        if not isinstance(self.montage, str):
            raise InputError(f"montage: must be the name of one, or pairs such as 'Fp1-F7,F7-T7'; got {self.montage!r}")
        _ = self.values  # refuses what cannot be

    @property
    def values(self) -> ValueSettings:
        """Settings of the values in a window."""
        return ValueSettings(
            band=self.band, phase_band=self.phase_band, nulls=self.nulls, seed=self.seed, null=tuple(self.null),
            max_lag=self.max_lag, train_shift=self.train_shift,
        )  # fmt: skip


@dataclass(frozen=True)
class Alarms:
    """Settings of recruitment and detectors.

    Attributes:
        baseline: (start, stop) [ticks]; by default all before the first event.
        rule: over mean + k·SD of the baseline, for how long.
        short: windows of line length [ticks].
        fine: step of all features [ticks].
    """

    baseline: Baseline | None = None
    rule: Rule = field(default_factory=Rule)
    short: float = 1.0
    fine: float = 0.25


@dataclass(frozen=True)
class Prepared:
    """A recording ready to be measured, its signal within the band, and what was decided on the way."""

    recording: Recording
    signal: Recording
    channels: list[Channel]
    events: list[Event]
    dropouts: Dropouts
    notes: list[str]


def prepare(
    recording: Recording, settings: Windows, *, electrodes: bool = True, progress: Progress | None = None
) -> Prepared:
    """Find the events, choose the channels that can be used, filter them, and take them against the reference.

    Args:
        recording: (time, channel).
        settings: event, band, all_channels, units, seed and reference are read.
        electrodes: whether the units are electrodes; the quality of others is not judged.
        progress: called as progress(done, total, what).

    Raises:
        InputError: no such annotation, fewer than two channels, trials, another reference, a band that does not fit.
    """
    if progress:
        progress(0, 1, "channels")
    events, notes = events_of(recording, settings.event)
    channels: list[Channel] = []
    signal = within(recording, settings.band)
    if electrodes:
        if not events and not notes:
            notes = ["the recording has no annotation, so before and during an event cannot be told apart"]
        channels = _judged(recording, signal, events, settings.band, settings.all_channels)
        recording, signal = used(recording, channels), used(signal, channels)
    if settings.units is not None:
        n = min(settings.units, recording.n_units)
        recording, signal = (one.subsample(n, seed=settings.seed) for one in (recording, signal))
    lost = dropouts(recording, settings.band) if electrodes else Dropouts.none(recording)
    notes += lost.notes(recording)
    as_recorded = recording
    recording, remarks = rereferenced(recording, settings.reference, settings.montage)
    if recording is not as_recorded:
        signal = within(recording, settings.band)
        lost = lost.through(weights(as_recorded, settings.reference, settings.montage))
    return Prepared(recording, signal, channels, events, lost, notes + remarks)


def within(recording: Recording, band: Band | None) -> Recording:
    """Return the signal within the band; all of it without a band."""
    return recording if band is None else bandpassed(recording, band)


def usable(
    recording: Recording,
    events: Sequence[Event],
    *,
    band: Band | None = None,
    window: tuple[float, float] | None = None,
    all_channels: bool = False,
) -> tuple[Recording, list[str]]:
    """Return the channels that can be used, judged within the band before the first event, and notes.

    Notes name the channels that are left out, and dropouts within the window (start, stop). Errors as `used`.
    """
    channels = _judged(recording, within(recording, band), events, band, all_channels)
    left = used(recording, channels)
    notes = [f"{c.name} is left out: {c.reason}" for c in channels if not c.used]
    seen = left if window is None else left.select(time=window)
    return left, notes + dropouts(seen, band).notes(seen, "they enter the value, and sliding windows leave them out")


def _judged(
    recording: Recording, signal: Recording, events: Sequence[Event], band: Band | None, all_channels: bool
) -> list[Channel]:
    whole = recording.t0 + recording.duration
    quiet = (recording.t0, events[0].onset) if events and events[0].onset - recording.t0 >= QUIET else None
    if quiet is not None and quiet[1] >= whole:
        quiet = None
    channels = judged(recording, signal, quiet, band)
    return [Channel(c.name, True, c.reason) for c in channels] if all_channels else channels


def over_time(
    recording: Recording,
    settings: Windows,
    *,
    electrodes: bool = True,
    counts: Recording | None = None,
    trains: Spikes | None = None,
    progress: Progress | None = None,
) -> EegResult:
    """Measure synchrony in sliding windows, and test its change at the events.

    `counts` and `trains` are, of rates of spikes, the counts and trains of the same units, for the measures that read
    these. Trains are not filtered.
    Errors as `prepare`, `sliding` and `window_values`.
    """
    ready = prepare(recording, settings, electrodes=electrodes, progress=progress)
    if counts is not None:
        counts = prepare(counts, settings, electrodes=False).signal
    if trains is not None and settings.units is not None:
        trains = trains.subsample(min(settings.units, trains.n_units), seed=settings.seed)
    return _over_time(recording, ready, settings, progress, counts, trains)


def _over_time(
    recording: Recording,
    ready: Prepared,
    settings: Windows,
    progress: Progress | None,
    counts: Recording | None = None,
    trains: Spikes | None = None,
) -> EegResult:
    signal = ready.signal
    places = sliding(signal, settings.window, settings.step)
    band = settings.phase_band or settings.band
    least = 4 / _narrowest(band, settings.measures) + 2 * signal.dt if band is not None else 0.0
    length = block_length(signal, ready.events, settings.window, least)
    blocks = disjoint(signal, ready.events, length) if length else []
    rows, tested = (
        window_values(
            signal,
            part,
            settings.values,
            measures=settings.measures,
            seed=seed,
            events=ready.events,
            counts=counts,
            trains=trains,
            shorten=shorten,
            out=ready.dropouts.out(part),
            progress=progress,
        )
        # the blocks have draws of their own, and one largest lag, or their excesses would not be comparable
        for part, seed, shorten in ((places, settings.seed, True), (blocks, settings.seed + len(places), False))
    )
    config = _config(recording, ready, settings, rows, length)
    ends = [(e.onset - signal.t0, signal.t0 + signal.duration - e.stop) for e in ready.events]
    if blocks and MOST_BLOCKS * length < max(min(before for before, _ in ends), min(after for _, after in ends)):
        far = f"blocks further than {MOST_BLOCKS * length:g} {signal.clock} from every event are not compared"
        config = {**config, "assumptions": [*cast(list[str], config["assumptions"]), far]}
    traces = {TRACES: traces_of(ready.recording)}
    return EegResult(rows, ready.channels, ready.events, tested, changes(tested), figures=traces, config=config)


def _narrowest(band: Band, names: Sequence[str]) -> float:
    """Return the frequency of which blocks must hold four periods [cycles per tick]: cross-spectra resolve the band."""
    asked = [get(name) for name in names if name in MEASURES]
    resolved = band[1] > band[0] and any("segment" in m.inputs and "band" in m.needs for m in asked)
    return min(band[0], band[1] - band[0]) if resolved else band[0]


def analyse(
    recording: Recording,
    settings: Windows | None = None,
    alarms: Alarms | None = None,
    progress: Progress | None = None,
) -> EegResult:
    """Run all parts: channels, synchrony in windows, recruitment of channels, detectors and their score.

    Recruitment and detectors need a baseline and read the signal within the band; without one (no event, and none
    given) they are left out, and the assumptions say so.

    Raises:
        InputError: as `prepare`, `sliding`, `measured` and `threshold`.
    """
    settings, alarms = settings or Windows(), alarms or Alarms()
    if settings.band is None:
        raise InputError("band: recruitment and detectors need a band=(low, high) [Hz]; got none")
    ready = prepare(recording, settings, progress=progress)
    signal = ready.signal
    result = _over_time(recording, ready, settings, progress)
    events, notes = result.events, list(result.config["assumptions"])
    fine = alarms.fine * math.ceil(recording.duration / alarms.fine / MOST_STEPS)
    if fine > alarms.fine:
        notes.append(
            f"detectors and recruitment step by {fine:g} s, not {alarms.fine:g}, in a recording of this length"
        )
        alarms = replace(alarms, fine=fine)
    baseline = alarms.baseline or ((recording.t0, events[0].onset) if events else None)
    config = {**result.config, "alarms": {**asdict(alarms), "baseline": baseline}, "assumptions": notes}
    if baseline is None:
        notes.append("no event and no baseline: no recruitment and no detectors")
        return replace(result, config=config)
    if alarms.baseline is None and baseline[1] - baseline[0] < alarms.short + (MIN_BASELINE - 1) * alarms.fine - SLACK:
        notes.append(
            f"the first event begins at {baseline[1]:g}, too early for a baseline before it: no recruitment and no "
            "detectors; give one with --baseline START STOP"
        )
        return replace(result, config=config)
    found = run_detectors(
        signal, events, baseline=baseline, rule=alarms.rule, band=settings.band, window=settings.window,
        short=alarms.short, step=alarms.fine, dropouts=ready.dropouts, progress=progress,
    )  # fmt: skip
    notes += found.left_out
    rows = recruitment(
        line_length(signal, alarms.short, alarms.fine, ready.dropouts), window=alarms.short, baseline=baseline,
        onset=events[0].onset if events else math.nan, rule=alarms.rule,
    )  # fmt: skip
    if not events:
        notes.append("no event: recruitment has times and no latency, for the end of the baseline is no onset")
    return replace(
        result,
        recruitment=rows,
        features=found.features,
        detections=found.detections,
        scores=found.scores,
        config=config,
    )


def _config(
    recording: Recording, ready: Prepared, settings: Windows, rows: Sequence[WindowValue], block: float
) -> dict[str, object]:
    missing = sum(math.isnan(row.value) for row in rows)
    notes = [*recording.source.get("assumptions", ()), *ready.notes]  # type: ignore[misc]
    if ready.events and not block:
        notes.append("too little before or during the events for a test of a change: want three blocks of each")
    if missing:
        notes.append(f"{missing} of {len(rows)} values are not defined in their window")
    return {
        **asdict(settings),
        "step": settings.window / 2 if settings.step is None else settings.step,
        "measures": list(dict.fromkeys(row.measure for row in rows)),
        "block": block,
        "clock": recording.clock,
        "dt": recording.dt,
        "t0": recording.t0,
        "duration": recording.duration,
        "quantity": recording.quantity,
        "unit": recording.unit,
        "n_channels": ready.recording.n_units,
        "assumptions": notes,
    }
