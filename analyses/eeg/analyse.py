"""The whole way from a recording to tables: channels, reference, windows, recruitment, detectors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace

from ...simulator import InputError, Recording, unknown
from ...simulator.types import Band, Progress
from ..filtering import bandpassed
from ..settings import ValueSettings
from .change import changes
from .detectors import Baseline, Rule, run_detectors
from .features import line_length
from .preprocessing import REFERENCES, rereferenced
from .quality import Channel, examine, used
from .recruitment import recruitment
from .result import EegResult
from .synchrony import WindowValue, measured
from .windows import Event, block_length, disjoint, events_of, sliding

QUIET = 2.0  # s before an event that are enough to judge channels by


@dataclass(frozen=True)
class Windows:
    """How synchrony over time is measured.

    Attributes:
        window, step: of the sliding windows [ticks of the clock; s]; the step is half a window if None.
        band: (low, high) [cycles per tick; Hz] to which the signal is filtered, or None for all of it.
        phase_band: (low, high) of Hilbert phases alone; `band` if left out.
        measures: names; see `chosen_measures` for the default.
        nulls: surrogates a value: 0, or at least 199.
        reference: "none" or "average".
        event: text of the annotations that are events; see `events_of`.
        all_channels: whether those that `examine` names are used too.
        units: measure a random choice of as many of the channels that are used.
        seed: of the surrogates and of the choice of units.
    """

    window: float = 5.0
    step: float | None = None
    band: Band | None = (3.0, 20.0)
    measures: Sequence[str] = ()
    nulls: int = 199
    reference: str = "none"
    event: str | None = None
    all_channels: bool = False
    units: int | None = None
    phase_band: Band | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.reference not in REFERENCES:
            raise unknown("reference", self.reference, REFERENCES)
        _ = self.values  # refuses what cannot be

    @property
    def values(self) -> ValueSettings:
        """Settings of the values in a window."""
        return ValueSettings(band=self.band, phase_band=self.phase_band, nulls=self.nulls, seed=self.seed)


@dataclass(frozen=True)
class Alarms:
    """How recruitment and detectors work.

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
    """A recording ready to be measured, with what was decided on the way."""

    recording: Recording
    channels: list[Channel]
    events: list[Event]
    notes: list[str]


def prepare(recording: Recording, how: Windows, *, electrodes: bool = True) -> Prepared:
    """Find the events, choose the channels that can be used, and take them against the reference.

    Args:
        recording: (time, channel).
        how: event, all_channels, units, seed and reference are read.
        electrodes: whether the units are electrodes; the quality of others is not judged.

    Raises:
        InputError: no such annotation, fewer than two channels, trials, another reference.
    """
    events, notes = events_of(recording, how.event)
    channels: list[Channel] = []
    if electrodes:
        if not events and not notes:
            notes = ["the recording has no annotation, so before and during an event cannot be told apart"]
        recording, channels = usable(recording, events, all_channels=how.all_channels)
    if how.units is not None:
        recording = recording.subsample(min(how.units, recording.n_units), seed=how.seed)
    recording, said = rereferenced(recording, how.reference)
    return Prepared(recording, channels, events, notes + said)


def usable(
    recording: Recording, events: Sequence[Event], *, all_channels: bool = False
) -> tuple[Recording, list[Channel]]:
    """Return the channels that can be used, judged before the first event, and every channel with the judgement.

    Errors as `used`.
    """
    whole = recording.t0 + recording.duration
    quiet = (recording.t0, events[0].onset if events and events[0].onset - recording.t0 >= QUIET else whole)
    channels = examine(recording, time=quiet)
    if all_channels:
        channels = [Channel(c.name, True, c.reason) for c in channels]
    return used(recording, channels), channels


def over_time(
    recording: Recording, how: Windows, *, electrodes: bool = True, progress: Progress | None = None
) -> EegResult:
    """Synchrony in sliding windows, and its change at the events: what ``ictal measure FILE --window LENGTH`` answers.

    Errors as `prepare`, `sliding` and `measured`.
    """
    ready = prepare(recording, how, electrodes=electrodes)
    signal = ready.recording if how.band is None else bandpassed(ready.recording, how.band)
    return _over_time(recording, ready, signal, how, progress)


def _over_time(
    recording: Recording, ready: Prepared, signal: Recording, how: Windows, progress: Progress | None
) -> EegResult:
    places = sliding(signal, how.window, how.step)
    band = how.phase_band or how.band
    least = 4 / band[0] + 2 * signal.dt if band is not None else 0.0
    length = block_length(signal, ready.events, how.window, least)
    blocks = disjoint(signal, ready.events, length) if length else []
    rows, tested = (
        measured(signal, part, how.values, measures=how.measures, seed=seed, events=ready.events, progress=progress)
        for part, seed in ((places, how.seed), (blocks, how.seed + len(places)))  # the blocks have draws of their own
    )
    return EegResult(
        rows, ready.channels, ready.events, tested, changes(tested),
        config=_config(recording, ready, how, rows, length),
    )  # fmt: skip


def analyse(
    recording: Recording, how: Windows | None = None, alarms: Alarms | None = None, progress: Progress | None = None
) -> EegResult:
    """Everything: channels, synchrony in windows, recruitment of channels, detectors and their score.

    Recruitment and detectors need a baseline and read the signal within the band; without one (no event, and none
    given) they are left out, and the assumptions say so.

    Raises:
        InputError: as `prepare`, `sliding`, `measured` and `threshold`.
    """
    how, alarms = how or Windows(), alarms or Alarms()
    if how.band is None:
        raise InputError("band: recruitment and detectors need a band=(low, high) [Hz]; got none")
    ready = prepare(recording, how)
    signal = bandpassed(ready.recording, how.band)
    result = _over_time(recording, ready, signal, how, progress)
    events, notes = result.events, list(result.config["assumptions"])
    baseline = alarms.baseline or ((recording.t0, events[0].onset) if events else None)
    config = {**result.config, "alarms": {**asdict(alarms), "baseline": baseline}, "assumptions": notes}
    if baseline is None:
        notes.append("no event and no baseline: no recruitment and no detectors")
        return replace(
        result, config=config,
    )  # fmt: skip
    found = run_detectors(
        signal, events, baseline=baseline, rule=alarms.rule, band=how.band, window=how.window, short=alarms.short,
        step=alarms.fine,
    )  # fmt: skip
    notes += found.left_out
    rows = recruitment(
        line_length(signal, alarms.short, alarms.fine), window=alarms.short, baseline=baseline,
        onset=events[0].onset if events else baseline[1], rule=alarms.rule,
    )  # fmt: skip
    return replace(
        result,
        recruitment=rows,
        features=found.features,
        detections=found.detections,
        scores=found.scores,
        config=config,
    )


def _config(
    recording: Recording, ready: Prepared, how: Windows, rows: Sequence[WindowValue], block: float
) -> dict[str, object]:
    missing = sum(math.isnan(row.value) for row in rows)
    notes = [*recording.source.get("assumptions", ()), *ready.notes]  # type: ignore[misc]
    if ready.events and not block:
        notes.append("too little before or during the events for a test of a change: want three blocks of each")
    if missing:
        notes.append(f"{missing} of {len(rows)} values are not defined in their window")
    return {
        **asdict(how),
        "step": how.window / 2 if how.step is None else how.step,
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
