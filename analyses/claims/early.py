"""Claim: SI at a quarter of training > 0.5 predicts severe overfitting (accuracy .87, precision .91, recall .84).

Contrast    Networks that end with a gap > 20 % against those that do not, at a quarter of training.
Measure     SI-3 of activations, mean over layers, on the same test images.
Control     The other networks of the same seed at the same step: a threshold by which both lie tells nothing. And both
            before training: what networks bring along is no forecast of what training does. Beside them a predictor
            that knows no synchrony (gap > 10 % at that step), and the base rate.
Statistic   Per seed: SI − 0.5, mean over networks that will overfit severely (at least 0); 0.5 − SI, mean over the
            others (at least 0); the difference of the two (at least 0.1), and that of what training made of them (at
            least 0.1). A seed counts for what it has networks of. Accuracy, precision and recall over all courses stand
            beside. Student's t over seeds; Holm over claims.
Refutation  Networks that will overfit lie below 0.5, or the others above.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from ...simulator import InputError
from ..evidence.contrasts import SEVERE, Setting, tested
from ..evidence.effect import Effect, Role, effect, unknown_effect
from ..evidence.training import TrainingRun
from ..figures.evidence import Axes, Shown, tint
from .claim import SCALES, Claim

NAME = "early"
QUARTER, THRESHOLD, LEAST, EARLY_GAP = 0.25, 0.5, 0.1, 0.1


def _one(s: Setting) -> list[Effect]:
    at = "SI at a quarter"
    split = [_split(s, seed, early) for seed in s.seeds]
    grown = [_split(s, seed, lambda c: early(c) - float(c.mean()[0])) for seed in s.seeds]
    if not any(math.isfinite(will) for will, _ in split):
        raise InputError("has no network that ends with a gap above 20 %")
    out = [
        _known_effect("above before overfitting", s.name, [will - THRESHOLD for will, _ in split],
              f"{at} − 0.5, of those that will overfit"),
        _known_effect("below otherwise", s.name, [THRESHOLD - wont for _, wont in split],
              f"0.5 − {at}, of those that will not"),
        _known_effect("more than the others", s.name, [will - wont for will, wont in split],
              f"{at} of those that will − of those that will not", least=LEAST, role="control",
              otherwise="a hair between networks that will and will not overfit is counted"),
        _known_effect("by training", s.name, [will - wont for will, wont in grown],
              f"the same, of {at} − before training", least=LEAST, role="control",
              otherwise="what networks bring along before training is counted"),
    ]  # fmt: skip
    predictors: dict[str, Callable[[TrainingRun], bool]] = {
        "SI > 0.5": lambda c: early(c) > THRESHOLD,
        "gap > 10 %": lambda c: bool(c.metrics["gap"][c.at_share(QUARTER)] > EARLY_GAP),
    }
    for name, predicts in predictors.items():
        table = [_scores(s, seed, predicts) for seed in s.seeds]
        for column, (part, claimed) in enumerate((("accuracy", 0.87), ("precision", 0.91), ("recall", 0.84))):
            values = [row[column] for row in table if np.isfinite(row[column])]
            if values:
                out.append(effect(NAME, f"{part}, {name}", s.name, values, statistic=f"{part} of {name} at a quarter",
                                  claimed=claimed if name == "SI > 0.5" else np.nan, role="beside"))  # fmt: skip
    out.append(effect(NAME, "base rate", s.name, [_base(s, seed) for seed in s.seeds], role="beside",
                      statistic="accuracy of always saying what is more frequent"))  # fmt: skip
    return out


def _known_effect(
    part: str, setting: str, values: Sequence[float], statistic: str, *, least: float = 0.0, role: Role = "stated",
    otherwise: str = "",
) -> Effect:  # fmt: skip
    """An effect over the seeds that have networks of the kinds it is about."""
    known = [value for value in values if math.isfinite(value)]
    if not known:
        why = f"{statistic} cannot be told: no seed has networks of both kinds"
        return unknown_effect(NAME, part, setting, why, least=least, role=role, otherwise=otherwise)
    return effect(NAME, part, setting, known, statistic=statistic, least=least, role=role, otherwise=otherwise)


def early(training: TrainingRun) -> float:
    """SI at a quarter of training."""
    return float(training.mean()[training.at_share(QUARTER)])


def _split(s: Setting, seed: int, of: Callable[[TrainingRun], float]) -> tuple[float, float]:
    """Mean over the networks of a seed that end with a large gap, and over the others; NaN where there are none."""
    large = [of(c) for c in s.of_seed(seed) if severe(c)]
    others = [of(c) for c in s.of_seed(seed) if not severe(c)]
    return (float(np.mean(large)) if large else math.nan, float(np.mean(others)) if others else math.nan)


def severe(training: TrainingRun) -> bool:
    """Return whether it ends with a gap > 20 %."""
    return bool(training.metrics["gap"][-1] > SEVERE)


def _scores(s: Setting, seed: int, predicts: Callable[[TrainingRun], bool]) -> tuple[float, float, float]:
    """Accuracy, precision and recall over the courses of a seed; NaN where nothing is predicted, or there."""
    trainings = s.of_seed(seed)
    predicted = np.array([predicts(training) for training in trainings])
    true = np.array([severe(training) for training in trainings])
    hits = float((predicted & true).sum())
    precision = hits / predicted.sum() if predicted.any() else np.nan
    return float((predicted == true).mean()), precision, hits / true.sum() if true.any() else np.nan


def _base(s: Setting, seed: int) -> float:
    true = np.array([severe(c) for c in s.of_seed(seed)])
    return float(max(true.mean(), 1 - true.mean()))


def panel(axes: Axes, shown: Shown) -> str:
    """Draw gap at the end against SI at a quarter of training."""
    for at, (name, trainings) in enumerate(shown.conditions.items()):
        x = [c.mean()[c.at_share(0.25)] for c in trainings]
        y = [100 * c.metrics["gap"][-1] for c in trainings]
        axes.plot(x, y, "os^Dv<>"[at % 7], color=tint(at, trainings[0]), ms=4, label=name)
    axes.axvline(0.5, color="0.35", lw=0.9, ls="--")
    axes.axhline(20, color="0.35", lw=0.9, ls=":")
    axes.set(xlim=(0, 1), xlabel="SI at a quarter of training", ylabel="generalisation gap at the end [%]")
    return "Above: one mark a network; dashed, the paper's threshold of SI; dotted, severe overfitting (gap > 20 %)."


CLAIM = Claim(
    NAME,
    "SI at a quarter of training > 0.5 predicts severe overfitting",
    "accuracy .87, precision .91, recall .84",
    __doc__, SCALES, trainings=True, panel=panel, effects=lambda evidence: tested(evidence, _one),
)  # fmt: skip
