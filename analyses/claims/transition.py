"""Claim: SI jumps at a critical value (about .65), as a seizure starts.

Contrast    The steepest stretch of a course of SI against its mean slope, in networks that overfit and in well-fitted
            ones; every way of overfitting by itself.
Measure     SI-3 of activations, mean over layers, on the same test images at every record.
Control     The well-fitted network of the same seed: a jump that it makes too is none of overfitting's.
Level       0.1 − |level of that rise − 0.65| (at least 0).
Statistic   Per seed: the largest rise between the means of three records and of the three before, beyond what the mean
            slope would give, minus the largest fall taken alike (at least 0.1; the substance): the steepest of many
            rises is above 0 by noise alone, and so is the steepest fall; the jump − the control's (at least 0.1).
            Beside them the share of courses with a step that a bootstrap of trend and noise does not make (p ≤ 0.05, a
            line taken off), and what the paper's own detector (|ΔSI| > 0.8) finds. Student's t over seeds; Holm over
            claims, settings and ways.
Refutation  No jump of 0.1. "Holds at another level" if it lies elsewhere than at .65. "Holds only when a jump of
            well-fitted networks is counted" if these jump as much.
"""

from __future__ import annotations

import numpy as np

from ...simulator import InputError
from ...simulator.types import Floats
from ..evidence.contrasts import Setting, tested
from ..evidence.effect import Effect, effect, level_otherwise
from ..evidence.training import TrainingRun
from ..figures.evidence import INDEX, Axes, Shown, collapse, tint
from ..figures.parts.style import dash
from ..series.changepoint import change_point, detect_critical_transitions
from .claim import SCALES, Claim

NAME = "transition"
CRITICAL, NEAR, LEAST = 0.65, 0.1, 0.1
WIDTH = 3  # records averaged on either side of a jump
BOOTSTRAP = 199


def _one(s: Setting) -> list[Effect]:
    step = "steepest rise − steepest fall, beyond the mean slope"
    levels = s.over(lambda c: jump(c.mean())[1])
    return [
        effect(NAME, "jumps", s.name, s.over(jumps), statistic=step, least=LEAST, substance=True),
        effect(NAME, "at 0.65", s.name, [NEAR - abs(level - CRITICAL) for level in levels], role="level",
               statistic="0.1 − distance of that rise from 0.65",
               otherwise=level_otherwise(below=float(np.mean(levels)) < CRITICAL)),
        effect(NAME, "more than the control", s.name, s.more(jumps), least=LEAST, role="control",
               statistic=f"{step} − the same of the well-fitted",
               otherwise="a jump that well-fitted networks make too is counted"),
        effect(NAME, "level of the rise", s.name, levels, statistic="SI", claimed=CRITICAL, role="beside",
               scale="index"),
        effect(NAME, "steps", s.name, s.over(stepped), role="beside", scale="share",
               statistic="share of overfitting courses with a step up, p ≤ 0.05"),
        effect(NAME, "steps, well-fitted", s.name, s.controls(stepped), role="beside", scale="share",
               statistic="share of well-fitted courses with a step up, p ≤ 0.05"),
        effect(NAME, "the paper's detector", s.name, role="beside",
               values=s.every(lambda c: float(len(detect_critical_transitions(c.mean())))),
               statistic="transitions a course by |ΔSI| > 0.8"),
    ]  # fmt: skip


def jump(x: Floats, width: int = WIDTH) -> tuple[float, float]:
    """The largest rise between neighbouring means of `width` records beyond the mean slope, and its middle level.

    Raises:
        InputError: fewer than two times `width` records.

    >>> rise, level = jump(np.repeat([0.4, 0.9], 20))
    >>> round(rise, 2), round(level, 2)
    (0.46, 0.65)
    """
    if len(x) < 2 * width:
        raise InputError(f"has {len(x)} records; a jump wants at least {2 * width}")
    means = np.convolve(x, np.ones(width) / width, mode="valid")
    rises = means[width:] - means[:-width]
    slope = (means[-1] - means[0]) / (len(means) - 1)
    at = int(rises.argmax())
    return float(rises[at] - width * slope), float((means[at] + means[at + width]) / 2)


def jumps(training: TrainingRun) -> float:
    """Largest rise minus largest fall of SI, beyond the mean slope."""
    return jump(training.mean())[0] - jump(-training.mean())[0]


def stepped(training: TrainingRun) -> float:
    """1 where a step up beyond a line is clearer than noise makes it, else 0."""
    found = change_point(training.mean(), trend=1, n=BOOTSTRAP, seed=training.seed)
    return float(found.p <= 0.05 and found.jump > 0)


def panel(axes: Axes, shown: Shown) -> str:
    """Draw SI of every network over training."""
    for at, (name, trainings) in enumerate(shown.conditions.items()):
        for k, training in enumerate(trainings):
            axes.plot(100 * training.steps / training.steps[-1], training.mean(), color=tint(at, training), ls=dash(at),
                      lw=0.8, label=name if k == 0 else None)  # fmt: skip
    axes.axhspan(0.55, 0.75, color="0.9", zorder=0, label="0.65 ± 0.1")
    axes.set(ylim=(0, 1), xlabel="share of training [%]", ylabel=INDEX)
    return "Above: SI of every network; grey, where the paper puts the jump." + collapse(axes, shown)


CLAIM = Claim(
    NAME,
    "SI jumps at a critical value, as a seizure starts",
    "critical SI about .65",
    __doc__, SCALES, trainings=True, panel=panel, effects=lambda evidence: tested(evidence, _one),
)  # fmt: skip
