"""One row of the log of synchrony: every measure of one layer on one probe set, with its surrogates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...analyses.layers.layer_synchrony import AFTER_SHUFFLE, AMPLITUDE, LIVE, NULL_STATISTICS, UNITS, VALUE
from ...analyses.measures import MEASURES, get
from ...analyses.measures.base import Measure, NullKind
from ...analyses.nulls import MIN_SURROGATES
from ...analyses.settings import ValueSettings
from ...analyses.values import values
from ...simulator import InputError, Recording

NULLED = ("si_3", "chi_c", "lambda1_fraction", "class_share", "within_class_si")  # surrogates are drawn for these
KINDS: tuple[NullKind, ...] = ("permute", "permute_within_class")


def sample_measures() -> tuple[str, ...]:
    """The measures that are defined on samples without an order.

    >>> "si_3" in sample_measures(), "kuramoto_r1" in sample_measures(), "cv_isi" in sample_measures()
    (True, False, False)
    """
    found = ((name, get(name)) for name in MEASURES.usable())
    return tuple(n for n, m in found if m.takes == "values" and not m.needs & {"order", "band"})


@dataclass(frozen=True)
class Column:
    """Column of a log: a statistic of a measure; "null" is the kind of surrogate, "" for none."""

    measure: str
    statistic: str
    null: str
    unit: str

    @property
    def label(self) -> str:
        """The name of the column, e.g. ``"si_3, null mean (permute)"``."""
        return self.measure if self.statistic == VALUE else (
            f"{self.measure}, {self.statistic}" + (f" ({self.null})" if self.null else "")
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class LogRow:
    """Numbers in the order of the columns, NaN where undefined, and measure -> the reason that it is undefined."""

    values: NDArray[np.float64]
    undefined: dict[str, str]


class LayerMeasures:
    """Measures and surrogates of every layer, called for each row of the log.

    Args:
        measures: names; all that samples have if empty.
        nulled: names of those that surrogates are drawn for.
        nulls: surrogates a value; 0 for none, else at least 199.

    Raises:
        InputError: an unknown measure, or one that needs an order; too few surrogates.
    """

    def __init__(self, measures: Sequence[str], nulled: Sequence[str] | None, nulls: int) -> None:
        known = sample_measures()
        self.measures = [_of_samples(name, known) for name in measures or known]
        names = [measure.name for measure in self.measures]
        if isinstance(nulls, bool) or not isinstance(nulls, int) or (nulls != 0 and nulls < MIN_SURROGATES):
            raise InputError(f"LayerSynchrony.nulls: must be 0 or at least {MIN_SURROGATES}; got {nulls}")
        for name in nulled or ():
            if name not in names:
                raise InputError(f"LayerSynchrony.nulled: must be among the measures; got {name!r}")
            if not get(name).nulls:
                raise InputError(f"LayerSynchrony.nulled: {name} has no null: {get(name).no_null}")
        self.nulls = nulls
        self.nulled = {name for name in names if name in (NULLED if nulled is None else nulled)} if nulls else set()
        self.columns = tuple(self._columns())
        self._place = {(c.measure, c.statistic, c.null): at for at, c in enumerate(self.columns)}

    def _columns(self) -> list[Column]:
        out = []
        for measure in self.measures:
            unit = "1" if measure.unit == "data" else measure.unit
            out.append(Column(measure.name, VALUE, "", unit))
            if measure.shuffle_control:
                out.append(Column(measure.name, AFTER_SHUFFLE, "", unit))
            for kind in KINDS:
                if measure.name in self.nulled and kind in measure.nulls:
                    out += [Column(measure.name, s, kind, "1" if s == "p" else unit) for s in NULL_STATISTICS]
        return [*out, *(Column(name, VALUE, "", "1") for name in (LIVE, UNITS, AMPLITUDE))]

    def __call__(self, data: Recording, live_share: float, *, surrogates: bool, seed: int) -> LogRow:
        """Return the numbers of one layer on one set; `data` are the units that are measured."""
        numbers = np.full(len(self.columns), np.nan)
        numbers[self._place[LIVE, VALUE, ""]] = live_share
        numbers[self._place[UNITS, VALUE, ""]] = data.n_units
        numbers[self._place[AMPLITUDE, VALUE, ""]] = np.sqrt(np.mean(data.numpy().astype(np.float64) ** 2))
        undefined: dict[str, str] = {}
        settings = ValueSettings(nulls=self.nulls if surrogates else 0)
        names = [measure.name for measure in self.measures]
        for found in values(data, names, settings, kinds=KINDS, nulled=self.nulled, seed=seed):
            if found.reason:
                undefined[found.measure] = found.reason
                continue
            numbers[self._place[found.measure, VALUE, ""]] = found.value
            if found.after_shuffle is not None:
                numbers[self._place[found.measure, AFTER_SHUFFLE, ""]] = found.after_shuffle
            if found.null_kind:
                null = (found.null_mean, found.null_sd, found.null_low, found.null_high, found.p)
                for statistic, number in zip(NULL_STATISTICS, null, strict=True):
                    numbers[self._place[found.measure, statistic, found.null_kind]] = number
        return LogRow(numbers, undefined)


def _of_samples(name: str, known: Sequence[str]) -> Measure:
    measure = get(name)
    if name not in known:
        what = "spike trains" if measure.takes == "spikes" else "an ordered time axis"
        raise InputError(f"LayerSynchrony.measures: {name} needs {what}, which samples have not; "
                         f"known: {', '.join(known)}")  # fmt: skip
    return measure
