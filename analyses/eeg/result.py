"""Result of an analysis of EEG: tables, their summary by phase, and the file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...simulator.files.document import Group, Variable
from ...simulator.files.result import Result
from ...simulator.files.rows import from_group, to_group
from ..measures import MEASURES, get
from ..values import completed
from .change import Change
from .detectors import Detection, FeatureValue, Score
from .quality import Channel
from .recruitment import Recruited
from .rhythm import NO_NULL, RHYTHMS
from .synchrony import WindowValue
from .traces import TRACES, check_traces
from .windows import AFTER, ANY, BEFORE, DURING, Event

LEVEL = 0.05


@dataclass(frozen=True)
class PhaseMean:
    """One measure over the windows of one phase."""

    measure: str
    phase: str
    windows: int  # in which it is defined
    mean: float
    sd: float  # over windows, which overlap; NaN of one
    null_mean: float  # means over windows of the mean and the ends of the null's 95 %; NaN without a null
    null_low: float
    null_high: float
    exceed: int  # windows with p <= 0.05
    tested: int  # windows with a null


TABLES: dict[str, type[Any]] = {
    "channels": Channel,
    "events": Event,
    "blocks": WindowValue,
    "changes": Change,
    "recruitment": Recruited,
    "features": FeatureValue,
    "detections": Detection,
    "scores": Score,
}


@dataclass(frozen=True)
class EegResult(Result):
    """Synchrony over time, and the other parts of an analysis of a recording.

    Attributes:
        rows: one measure of one window each.
        channels: every channel, whether it was used, and why not.
        events: what was annotated.
        blocks: the same measures in windows that do not overlap, and changes: the test on them; empty without events.
        recruitment: when each channel left its baseline; empty if it was not asked for, as are the next three.
        features, detections, scores: of the detectors.
        figures: "traces" -> Group: the recording as it was measured, decimated to the width of a figure.
        config: everything that is needed to do it again, and ``assumptions``.
    """

    kind = "eeg"
    stored = tuple((name, f"tables/{name}", kind) for name, kind in TABLES.items())

    rows: Sequence[WindowValue]
    channels: Sequence[Channel] = ()
    events: Sequence[Event] = ()
    blocks: Sequence[WindowValue] = ()
    changes: Sequence[Change] = ()
    recruitment: Sequence[Recruited] = ()
    features: Sequence[FeatureValue] = ()
    detections: Sequence[Detection] = ()
    scores: Sequence[Score] = ()
    figures: Mapping[str, Group] = field(default_factory=dict, compare=False)
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def measures(self) -> list[str]:
        """Names of the measures, in order."""
        return list(dict.fromkeys(row.measure for row in self.rows))

    def of(self, measure: str) -> list[WindowValue]:
        """The windows of one measure, in order of time."""
        return [row for row in self.rows if row.measure == measure]

    def summary(self) -> list[PhaseMean]:
        """Average every measure by phase (before, during, after an event) over the windows that lie whole within it."""
        phases = (BEFORE, DURING, AFTER) if self.events else (ANY,)
        found = [_phase_mean(name, phase, self.of(name)) for name in self.measures for phase in phases]
        return [mean for mean in found if mean.windows]

    def tables(self) -> dict[str, Any]:
        """Return rows, their summary and every table."""
        return {"rows": self.rows, "summary": self.summary(), **{name: getattr(self, name) for name in TABLES}}

    def to_groups(self) -> dict[str, Group]:
        """Return ``/measures/NAME``, ``/tables/*`` and ``/figures/*``."""
        groups = {f"measures/{name}": to_group(WindowValue, self.of(name), definition(name)) for name in self.measures}
        return groups | super().to_groups() | {f"figures/{name}": group for name, group in self.figures.items()}

    @classmethod
    def from_groups(cls, groups: Mapping[str, Group], config: dict[str, Any], **fields: Any) -> EegResult:
        """Return the inverse of `to_groups`."""
        groups = _with_notes(completed(groups))
        names = [name for name in config["measures"] if f"measures/{name}" in groups]
        rows = [row for name in names for row in from_group(WindowValue, groups[f"measures/{name}"])]
        if not rows:
            raise ValueError("no measure is in it")
        arrays = {k.removeprefix("figures/"): v for k, v in groups.items() if k.startswith("figures/")}
        if TRACES in arrays:
            check_traces(arrays[TRACES])
        return super().from_groups(groups, config, rows=rows, figures=arrays, **fields)

    def __repr__(self) -> str:
        lines = [f"EegResult({len(self.rows)} values, {len(self.channels)} channels, {len(self.events)} events)"]
        for m in self.summary():
            null = f"  null {m.null_low:.3g}..{m.null_high:.3g}, exceeded in {m.exceed}/{m.tested}" if m.tested else ""
            lines.append(f"  {m.measure:<18} {m.phase:<7} {m.mean:>8.4g} ({m.windows} windows){null}")
        return "\n".join(lines)


def _with_notes(groups: Mapping[str, Group]) -> dict[str, Group]:
    """Return the groups; a table of changes of the first files, which had no notes, gets empty ones."""
    changes = groups.get("tables/changes")
    if changes is None or "note" in changes.variables or "measure" not in changes.variables:
        return dict(groups)
    note = Variable(("row",), np.full(len(changes.variables["measure"].values), "", dtype=str))
    return {**groups, "tables/changes": Group({**changes.variables, "note": note}, changes.attrs)}


def definition(name: str) -> dict[str, str]:
    """Return the words that are stored with the values of a measure."""
    if name in RHYTHMS:
        return {"formula": f"{RHYTHMS[name].formula}, u_j the signal within the band", "no_null": NO_NULL}
    if name not in MEASURES:
        return {}
    return get(name).prose


def _phase_mean(name: str, phase: str, rows: Sequence[WindowValue]) -> PhaseMean:
    chosen = [row for row in rows if row.phase == phase and math.isfinite(row.value)]
    values = np.array([row.value for row in chosen])
    tested = [row for row in chosen if math.isfinite(row.p)]
    nan = math.nan
    return PhaseMean(
        name, phase, len(chosen), float(values.mean()) if chosen else nan,
        float(values.std(ddof=1)) if len(chosen) > 1 else nan,
        float(np.mean([row.null_mean for row in tested])) if tested else nan,
        float(np.mean([row.null_low for row in tested])) if tested else nan,
        float(np.mean([row.null_high for row in tested])) if tested else nan, sum(row.p <= LEVEL for row in tested),
        len(tested),
    )  # fmt: skip
