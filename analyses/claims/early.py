"""Claim: SI at a quarter of training > 0.5 predicts severe overfitting (accuracy .87, precision .91, recall .84).

Contrast    Networks that end with a gap > 20 % against those that do not, at a quarter of training: networks of one way
            of overfitting and well-fitted ones.
Measure     SI-3 of activations, mean over layers, on the same test images.
Control     Both before training: what networks bring along is no forecast of what training does. Beside it a predictor
            that knows no synchrony (gap > 10 % at that step), and the base rate.
Level       Per seed: SI − 0.5, mean over networks that will overfit severely (at least 0); 0.5 − SI, mean over the
            others (at least 0).
Statistic   Per seed: SI of those that will − of those that will not, at a quarter (at least 0.1; the substance), which
            knows no threshold, and that of what training made of them (at least 0.1). A seed counts for what it has
            networks of. Beside it, named in the reason, the area under the ROC curve over all networks of all seeds
            with Newcombe's interval: its side of ½ is the sign of that difference, and no few ranks can pass Holm's
            correction. Accuracy, precision and recall stand beside. Student's t over seeds; Holm over claims, settings
            and ways.
Refutation  Networks that will overfit lie no higher than the others. "Holds at another level" if both kinds lie on one
            side of 0.5.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from ...simulator import InputError
from ..evidence.contrasts import SEVERE, Setting, tested
from ..evidence.effect import Effect, Role, auc_effect, effect, level_otherwise, unknown_effect
from ..evidence.rules import number_of
from ..evidence.training import TrainingRun
from ..figures.evidence import Axes, Shown, tint
from .claim import SCALES, Claim

NAME = "early"
QUARTER, THRESHOLD, LEAST, EARLY_GAP = 0.25, 0.5, 0.1, 0.1


def _one(s: Setting) -> list[Effect]:
    split = [_split(s, seed, early) for seed in s.seeds]
    grown = [_split(s, seed, lambda c: early(c) - float(c.mean()[0])) for seed in s.seeds]
    if not any(math.isfinite(will) for will, _ in split):
        raise InputError("has no network that ends with a gap above 20 %")
    trainings = [c for seed in s.seeds for c in s.of_seed(seed)]
    large, small = ([early(c) for c in trainings if severe(c) is wanted] for wanted in (True, False))
    ranked = []
    if large and small:
        ranked = [auc_effect(NAME, "area under the curve", s.name, large, small,
                             statistic="AUC of SI at a quarter, of all networks")]  # fmt: skip
    area = "".join(f"AUC {number_of(e)}" for e in ranked)
    more = "SI at a quarter, of those that will overfit − of those that will not"
    out = [
        _known_effect("more before overfitting", s.name, [will - wont for will, wont in split], more, least=LEAST,
                      substance=True, note=area),
        _known_effect("above 0.5 before overfitting", s.name, [will - THRESHOLD for will, _ in split],
                      "SI at a quarter − 0.5, of those that will overfit", role="level",
                      otherwise=level_otherwise(below=True)),
        _known_effect("below 0.5 otherwise", s.name, [THRESHOLD - wont for _, wont in split],
                      "0.5 − SI at a quarter, of those that will not", role="level",
                      otherwise=level_otherwise(below=False)),
        _known_effect("by training", s.name, [will - wont for will, wont in grown],
                      "the same difference, of SI at a quarter − before training", least=LEAST, role="control",
                      otherwise="what networks bring along before training is counted"),
        *ranked,
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
                                  claimed=claimed if name == "SI > 0.5" else np.nan, role="beside",
                                  scale="share"))  # fmt: skip
    out.append(effect(NAME, "base rate", s.name, [_base(s, seed) for seed in s.seeds], role="beside", scale="share",
                      statistic="accuracy of always saying what is more frequent"))  # fmt: skip
    return out


def _known_effect(
    part: str, setting: str, values: Sequence[float], statistic: str, *, least: float = 0.0, role: Role = "stated",
    otherwise: str = "", substance: bool = False, note: str = "",
) -> Effect:  # fmt: skip
    """An effect over the seeds that have networks of the kinds it is about."""
    known = [value for value in values if math.isfinite(value)]
    if not known:
        why = f"{statistic} cannot be told: no seed has networks of both kinds"
        return unknown_effect(NAME, part, setting, why, least=least, role=role, otherwise=otherwise,
                              substance=substance)  # fmt: skip
    return effect(NAME, part, setting, known, statistic=statistic, least=least, role=role, otherwise=otherwise,
                  substance=substance, note=note)  # fmt: skip


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
