"""Contrasts of trainings: pairs by seed, ways of overfitting, correlations within and across trainings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import rankdata

from ...simulator import InputError
from ..conditions import not_healthy, overfits
from .effect import Effect, effect
from .rules import Finding
from .store import Evidence
from .training import TREATED, TrainingRun

SEVERE = 0.2  # gap from which the paper speaks of severe overfitting


@dataclass(frozen=True, eq=False)
class Setting:
    """The trainings of one network on one data set, by condition and seed; only seeds that every condition has.

    Attributes:
        name: network and data.
        control: seed -> training that fits well.
        ways: condition -> seed -> training that overfits by it.
        dropped: conditions that are not what they are called, in words: those that were meant to overfit and do not
            are left out; a control that overfits is named.
    """

    name: str
    control: Mapping[int, TrainingRun]
    ways: Mapping[str, Mapping[int, TrainingRun]]
    dropped: Mapping[str, str]

    @property
    def seeds(self) -> list[int]:
        """Seeds that every condition has."""
        tables = [self.control, *self.ways.values()]
        return sorted(set.intersection(*(set(table) for table in tables))) if self.control else []

    def why_not(self) -> str:
        """Return the reason why nothing can be contrasted here; empty if it can."""
        if not self.control:
            return "has no well-fitted control"
        if not self.ways:
            return "; ".join(self.dropped.values()) or "has no condition that overfits"
        if len(self.seeds) < 2:
            return f"has {len(self.seeds)} seeds that all conditions share; wants at least 2"
        return ""

    def of_seed(self, seed: int) -> list[TrainingRun]:
        """The control and all ways of a seed."""
        return [table[seed] for table in (self.control, *self.ways.values())]

    def over(self, of: Callable[[TrainingRun], float]) -> list[float]:
        """One value a seed of the networks that overfit; of several ways, their mean."""
        return [float(np.mean([of(way[seed]) for way in self.ways.values()])) for seed in self.seeds]

    def controls(self, of: Callable[[TrainingRun], float]) -> list[float]:
        """One value a seed: of the well-fitted control."""
        return [of(self.control[seed]) for seed in self.seeds]

    def every(self, of: Callable[[TrainingRun], float]) -> list[float]:
        """One value a seed: mean over the control and all ways."""
        return [float(np.mean([of(training) for training in self.of_seed(seed)])) for seed in self.seeds]

    def more(self, of: Callable[[TrainingRun], float]) -> list[float]:
        """One value a seed: overfitting minus control."""
        return [a - b for a, b in zip(self.over(of), self.controls(of), strict=True)]

    def only(self, way: str) -> Setting:
        """Return the control and one way of overfitting."""
        return Setting(self.name, self.control, {way: self.ways[way]}, {})


def setting_of(name: str, trainings: Sequence[TrainingRun]) -> Setting:
    """Trainings of one setting, sorted; what was meant to overfit and did not is left out and named."""
    control: dict[int, TrainingRun] = {}
    ways: dict[str, dict[int, TrainingRun]] = {}
    for training in trainings:
        if training.kind == "control":
            control[training.seed] = training
        elif training.overfits:
            ways.setdefault(training.condition, {})[training.seed] = training
    dropped: dict[str, str] = {}
    usual = np.mean([training.metrics["gap"][-1] for training in control.values()]) if control else 0.0
    for way, table in list(ways.items()):
        gap = float(np.mean([training.metrics["gap"][-1] for training in table.values()]))
        if not overfits(gap, float(usual)):
            dropped[way] = f"{way} does not overfit, and is left out: gap {gap:.2f}, control {usual:.2f}"
            del ways[way]
    if control:
        train, before = (
            float(np.mean([training.metrics["train_accuracy"][at] for training in control.values()])) for at in (-1, 0)
        )
        if why := not_healthy(float(usual), train, before):
            dropped["control"] = f"the well-fitted networks, which are counted: {why}"
    return Setting(name, control, ways, dropped)


def above_null(claim: str, s: Setting) -> list[Effect]:
    """The control that SI at the end exceeds what independent units would give; none without surrogates."""
    values = s.every(lambda training: training.over_null())
    if not np.isfinite(values).all():
        return []
    return [effect(claim, "above its null", s.name, values, statistic="SI at the end − 97.5 % of surrogates",
                   role="control", otherwise="what independent units give as well is counted")]  # fmt: skip


def spearman(x: ArrayLike, y: ArrayLike) -> float:
    """Rank correlation; 0 where one side does not vary.

    >>> spearman([1, 2, 3], [10, 40, 90]), spearman([1, 2, 3], [5, 5, 5])
    (1.0, 0.0)
    """
    return pearson(*(rankdata(np.asarray(side, dtype=np.float64)) for side in (x, y)))


def pearson(x: ArrayLike, y: ArrayLike) -> float:
    """Correlation; 0 where one side does not vary."""
    a, b = (np.asarray(side, dtype=np.float64) for side in (x, y))
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum() / size) if size > 1e-12 else 0.0


def mean_r(values: Sequence[float]) -> float:
    """Mean of correlations through Fisher's z.

    >>> round(mean_r([0.5, 0.5]), 3)
    0.5
    """
    return float(np.tanh(np.mean(np.arctanh(np.clip(values, -0.999, 0.999)))))


def tested(evidence: Evidence, one: Callable[[Setting], Sequence[Effect]]) -> Finding:
    """Return the effects of every setting and way of overfitting, and the reason where one cannot be tested.

    Args:
        one: the effects of a setting with one way of overfitting.
    """
    effects: list[Effect] = []
    untestable: dict[str, str] = {}
    left_out: dict[str, str] = {}
    for name, trainings in evidence.settings().items():
        setting = setting_of(name, trainings)
        if not setting.control and any(training.kind in TREATED for training in trainings):
            continue  # networks on which treatments alone are tested
        if setting.dropped and setting.ways:
            left_out[name] = "; ".join(setting.dropped.values())
        if not (setting.control and setting.ways):
            untestable[name] = setting.why_not()
            continue
        reasons: dict[str, str] = {}
        for way in setting.ways:
            alone = setting.only(way)
            why = alone.why_not()
            if not why:
                try:
                    effects += [replace(found, way=way) for found in one(alone)]
                except InputError as error:
                    why = str(error)
            if why:
                reasons[way] = why
        if len(reasons) == len(setting.ways):
            untestable[name] = "; ".join(dict.fromkeys(reasons.values()))
        elif reasons:
            more = [f"{way} {why}" for way, why in reasons.items()]
            left_out[name] = "; ".join([*([left_out[name]] if name in left_out else []), *more])
    return Finding(tuple(effects), untestable, left_out)
