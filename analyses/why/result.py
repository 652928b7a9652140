"""Result of `ictal.why`: the parts of one value, as tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...simulator import InputError
from ...simulator.files.document import Group
from ...simulator.files.result import Result
from ..values import Value
from .parts import MEASURES, PARTS

BACKGROUND = "all pairs alike"
SUBTRACTED = "subtracted by the measure"
NAN = math.nan


@dataclass(frozen=True, kw_only=True)
class Part:
    """Part of a value that goes with one source of variation, in units of the measure.

    Attributes:
        part: "class", "between trials", "slow", "fast", one of what is left undivided, or what the measure subtracts.
        value: the part; all parts add up to the value.
        low, high: 95 % interval of the process that gave the recording; NaN where it is not known.
        without: the measure without this part, SDs unchanged; such values do not add up.
        chance: what independent signals of these spectra give in this part; NaN where it is not told.
        told: whether the part can be told; if not, `reason` says why.
        reason: why the part cannot be told.
    """

    part: str
    value: float
    low: float = NAN
    high: float = NAN
    without: float = NAN
    chance: float = NAN
    told: bool = True
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class PairSet:
    """Set of pairs of units: all alike, or the excess of a group or of near-copies over the others.

    Attributes:
        pairs: "all pairs alike", "group 1" …, "near-copies 1" ….
        n_units: units of the set.
        units: their indices, apart by a comma.
        value: part of the value; all sets add up to it.
        low, high: 95 % interval, the set unchanged.
        within: mean correlation of the pairs of the set.
    """

    pairs: str
    n_units: int
    units: str
    value: float
    low: float = NAN
    high: float = NAN
    within: float = NAN


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Part of the value by source of variation and by set of pairs; rows and columns add up."""

    part: str
    pairs: str
    value: float


@dataclass(frozen=True, kw_only=True)
class UnitPart:
    """Part of the value that goes with one unit.

    Attributes:
        unit: index in the recording.
        label: its name; "" without one.
        value: part of the value; all units add up to it.
        without: mean correlation of the other units; of chi_c its signed root; NaN of other measures.
        group, copies: number of its group and of its cluster of near-copies; 0 without.
    """

    unit: int
    label: str
    value: float
    without: float = NAN
    group: int = 0
    copies: int = 0


@dataclass(frozen=True, kw_only=True)
class Point:
    """Point of a curve.

    Attributes:
        at: frequency [cycles per tick of the clock], or shift Δ [s].
        value: part of the value up to this frequency, or part that outlasts shifts by up to ± Δ.
        surrogates, sd: mean and SD of the measure over trains that were shifted; NaN without.
    """

    at: float
    value: float
    surrogates: float = NAN
    sd: float = NAN


@dataclass(frozen=True, kw_only=True)
class Range:
    """Part of which only a range can be told.

    Attributes:
        of: "class", "slow" or "reference".
        low, high: the range [unit of the measure].
        told: whether the range is an answer by itself: "at most `high`".
        reason: why, and what would help.
    """

    of: str
    low: float
    high: float
    told: bool
    reason: str


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Numbers that decide what can be told.

    Attributes:
        n_units, n_samples: units that vary, samples of all trials.
        n_effective: T_eff, independent samples that leave as much to chance.
        chance_sd: SD of the mean correlation of independent signals of these spectra.
        mean_correlation: of the data.
        corner: between slow and fast [cycles per tick]; NaN without an ordered axis.
        cycles: of the corner within one trial.
        n_classes: number of classes; 0 without.
        class_slowness: κ, the share of the class indicators below the corner; NaN without classes.
        explained, against_factor: of groups, named or not; see `find_groups`.
        carriers: 1/Σu⁴ of the first eigenvector u: units that carry it.
        within_chance: whether the value is what independent signals give.
    """

    n_units: int
    n_samples: int
    n_effective: float
    chance_sd: float
    mean_correlation: float
    corner: float = NAN
    cycles: float = NAN
    n_classes: int = 0
    class_slowness: float = NAN
    explained: float = NAN
    against_factor: float = NAN
    carriers: float = NAN
    within_chance: bool = False


@dataclass(frozen=True, kw_only=True)
class Shift:
    """Flat stretch of the curve over shifts, between a fall of fine and a fall of slow synchrony of spike trains.

    Attributes:
        shift: Δ at its middle [s].
        left: part that outlasts this shift [unit of the measure].
        start, stop: Δ at which the stretch begins to fall, and at which a tenth of it is left [s].
        gone: part that outlasts the shift `stop`.
    """

    shift: float
    left: float
    start: float
    stop: float
    gone: float


@dataclass(frozen=True, repr=False, eq=False)
class WhyResult(Result):
    """Parts of one value of synchrony: result of `ictal.why`.

    Attributes:
        sentence: the finding.
        says: further sentences, one a line.
        values: the value with its null, one row.
        parts: by source of variation; they add up to the value.
        sets: by set of pairs; they add up to the value without what the measure subtracts.
        cells: by both.
        units: by unit.
        frequencies: cumulative curve over frequency.
        shifts: curve over shifts, of spike trains.
        plateaus: the flat stretch of that curve, one row or none.
        ranges: parts of which only a range can be told.
        facts: numbers that decide what can be told, one row.
        config: everything that is needed to do it again, JSON-able.
    """

    kind = "why"
    main, key = "parts", "part"
    attributes = ("sentence", "says")
    stored = (
        ("values", "tables/value", Value),
        ("parts", "tables/parts", Part),
        ("sets", "tables/sets", PairSet),
        ("cells", "tables/cells", Cell),
        ("units", "tables/units", UnitPart),
        ("frequencies", "tables/frequencies", Point),
        ("shifts", "tables/shifts", Point),
        ("plateaus", "tables/plateaus", Shift),
        ("ranges", "tables/ranges", Range),
        ("facts_table", "tables/facts", Facts),
    )

    sentence: str
    values: Sequence[Value]
    parts: Sequence[Part]
    facts_table: Sequence[Facts]
    says: str = ""
    sets: Sequence[PairSet] = ()
    cells: Sequence[Cell] = ()
    units: Sequence[UnitPart] = ()
    frequencies: Sequence[Point] = ()
    shifts: Sequence[Point] = ()
    plateaus: Sequence[Shift] = ()
    ranges: Sequence[Range] = ()
    config: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_groups(cls, groups: Mapping[str, Group], config: dict[str, Any], **fields: Any) -> WhyResult:
        """Return the inverse of `to_groups`."""
        found = super().from_groups(groups, config, **fields)
        if not (found.values and found.parts and found.facts_table):
            raise ValueError("the value, its parts or its facts are missing")
        if not {row.part for row in found.parts} <= {*PARTS, SUBTRACTED} or config["measure"] not in MEASURES:
            raise ValueError("a part or the measure is not known")
        _ = config["clock"], config["trials"], config["band"]
        return found

    @property
    def value(self) -> Value:
        """The value with its null."""
        return self.values[0]

    @property
    def measured(self) -> Facts:
        """Numbers that decide what can be told."""
        return self.facts_table[0]

    def part(self, name: str) -> float:
        """Return the part of this name, e.g. "slow".

        Raises:
            InputError: there is none.
        """
        for row in self.parts:
            if row.part == name:
                return row.value
        raise InputError(f"WhyResult.part: no {name!r}; there is: {', '.join(row.part for row in self.parts)}")

    def tables(self) -> dict[str, Any]:
        """Return the sentences and all tables."""
        says = self.says.split("\n") if self.says else []
        rows = {name: getattr(self, name) for name, _, _ in self.stored if name not in ("values", "facts_table")}
        return {"sentence": self.sentence, "says": says, "value": self.value, **rows, "facts": self.measured}

    def facts(self) -> dict[str, Any]:
        """Return the sentence before settings and groups."""
        return {"sentence": self.sentence, **super().facts()}

    def __repr__(self) -> str:
        return "\n".join(["WhyResult: " + self.sentence, *self.says.splitlines()])
