"""Claim: SI at a quarter of training > 0.5 predicts severe overfitting (accuracy .87, precision .91, recall .84).

Contrast    Networks that will overfit against networks that will not, at a quarter of training.
Measure     SI-3 of activations, mean over layers, on the same test images.
Control     The well-fitted network of the same seed at the same step: a threshold that both lie beyond predicts
            nothing. And both before training: what networks bring along is no forecast of what training does. Beside
            them a predictor that knows no synchrony (gap > 10 % at that step), and the base rate.
Statistic   Per seed: SI − 0.5 of those that overfit, mean over the ways (at least 0); 0.5 − SI of the well-fitted one
            (at least 0); the difference of the two (at least 0.1), and that of what training made of them (at least
            0.1). Accuracy, precision and recall over all courses
            stand beside, against a final gap > 20 %. Student's t over seeds; Holm over claims.
Refutation  Networks that overfit lie below 0.5, or well-fitted ones above.
"""

from __future__ import annotations

import numpy as np

from ..evidence.contrasts import SEVERE, Setting, tested
from ..evidence.course import Course
from ..evidence.effect import Effect, effect
from ..evidence.rules import Finding
from ..evidence.store import Evidence

NAME = "early"
QUARTER, THRESHOLD, LEAST, EARLY_GAP = 0.25, 0.5, 0.1, 0.1


def effects(evidence: Evidence) -> Finding:
    """Effects of this claim in every setting."""
    return tested(evidence, _one)


def _one(s: Setting) -> list[Effect]:
    at = "SI at a quarter"
    out = [
        effect(NAME, "above before overfitting", s.name, [x - THRESHOLD for x in s.over(early)],
               statistic=f"{at} − 0.5, of those that overfit"),
        effect(NAME, "below otherwise", s.name, [THRESHOLD - x for x in s.controls(early)],
               statistic=f"0.5 − {at}, of the well-fitted"),
        effect(NAME, "more than the control", s.name, s.more(early), statistic=f"{at} − that of the well-fitted",
               least=LEAST, role="control", otherwise="a hair between overfitting and well-fitted networks is counted"),
        effect(NAME, "by training", s.name, s.more(lambda c: early(c) - float(c.mean()[0])), least=LEAST,
               statistic=f"the same, of {at} − before training", role="control",
               otherwise="what networks bring along before training is counted"),
    ]  # fmt: skip
    for name, predicts in (("SI > 0.5", _by_si), ("gap > 10 %", _by_gap)):
        table = [_scores(s, seed, predicts) for seed in s.seeds]
        for column, (part, claimed) in enumerate((("accuracy", 0.87), ("precision", 0.91), ("recall", 0.84))):
            values = [row[column] for row in table if np.isfinite(row[column])]
            if values:
                out.append(effect(NAME, f"{part}, {name}", s.name, values, statistic=f"{part} of {name} at a quarter",
                                  claimed=claimed if predicts is _by_si else np.nan, role="beside"))  # fmt: skip
    out.append(effect(NAME, "base rate", s.name, [_base(s, seed) for seed in s.seeds], role="beside",
                      statistic="accuracy of always saying what is more frequent"))  # fmt: skip
    return out


def early(course: Course) -> float:
    """SI at a quarter of training."""
    return float(course.mean()[course.at_share(QUARTER)])


def _by_si(course: Course) -> bool:
    return early(course) > THRESHOLD


def _by_gap(course: Course) -> bool:
    return bool(course.metrics["gap"][course.at_share(QUARTER)] > EARLY_GAP)


def _scores(s: Setting, seed: int, predicts: object) -> tuple[float, float, float]:
    """Accuracy, precision and recall over the courses of a seed; NaN where nothing is predicted, or there."""
    courses = s.of_seed(seed)
    said = np.array([predicts(course) for course in courses])  # type: ignore[operator]
    true = np.array([course.metrics["gap"][-1] > SEVERE for course in courses])
    hits = float((said & true).sum())
    precision = hits / said.sum() if said.any() else np.nan
    return float((said == true).mean()), precision, hits / true.sum() if true.any() else np.nan


def _base(s: Setting, seed: int) -> float:
    true = np.array([c.metrics["gap"][-1] > SEVERE for c in s.of_seed(seed)])
    return float(max(true.mean(), 1 - true.mean()))
