"""Claim: SI correlates negatively with validation loss.

Contrast    Records of one training against each other, in networks that overfit, every way by itself; beside them in
            well-fitted ones.
Measure     SI-3 of activations, mean over layers, on the same test images; cross-entropy on validation images.
Control     What is new in both from record to record: without the drift that all of training shares, without fading and
            memory. Beside it all records of all networks pooled, where networks that differ in both can feign a
            correlation, or turn it round (Simpson's paradox).
Statistic   Per seed: −r of SI and loss over the records of a course (at least 0.2); −r of what is new in them (at least
            0.2). Student's t of Fisher's z over seeds; Holm over claims, settings and ways.
Refutation  −r below 0.2 within courses. "Holds only when the common trend is counted" if it is gone record by record.
"""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from ...simulator import InputError
from ..evidence.contrasts import Setting, pearson, tested
from ..evidence.effect import Effect, effect, unknown_effect
from ..evidence.training import TrainingRun
from ..figures.evidence import INDEX, Axes, Shown, tint
from ..series.innovations import innovations
from .claim import SCALES, Claim

NAME = "validation"
LEAST = 0.2


def _one(s: Setting) -> list[Effect]:
    statistic = "−r of SI and validation loss"
    pooled = [-_pooled(s.of_seed(seed)) for seed in s.seeds]
    return [
        effect(NAME, "within courses", s.name, [-r for r in s.over(level)], statistic=statistic, least=LEAST,
               scale="correlation", substance=True),
        _record_by_record(s),
        effect(NAME, "pooled", s.name, pooled, least=LEAST, role="beside", scale="correlation",
               statistic="−r over all records of the networks and the well-fitted ones"),
        effect(NAME, "within courses, well-fitted", s.name, [-r for r in s.controls(level)], least=LEAST, role="beside",
               scale="correlation", statistic=statistic),
    ]  # fmt: skip


def _record_by_record(s: Setting) -> Effect:
    part, otherwise = "record by record", "the trend that both share over training is counted"
    (table,) = s.ways.values()
    found = [r for seed in s.seeds if (r := new(table[seed])) is not None]
    if 2 * len(found) < len(s.seeds):
        why = f"what is new can be told in {len(found)} of {len(s.seeds)} courses only: both move smoothly"
        return unknown_effect(NAME, part, s.name, why, least=LEAST, role="control", otherwise=otherwise)
    statistic = f"−r of what is new in them, {len(found)} of {len(s.seeds)} courses"
    return effect(NAME, part, s.name, [-r for r in found], statistic=statistic, least=LEAST, role="control",
                  otherwise=otherwise, scale="correlation")  # fmt: skip


def level(training: TrainingRun) -> float:
    """Correlation of SI and validation loss over the records of a course."""
    return pearson(training.mean(), training.metrics["val_loss"])


def new(training: TrainingRun) -> float | None:
    """Correlate the innovations of both; None where both move too smoothly."""
    both = np.stack([training.mean(), training.metrics["val_loss"]], axis=1)
    try:
        found = innovations(both, name="SI and validation loss")
    except InputError:
        return None
    return pearson(found[:, 0], found[:, 1])


def _pooled(trainings: list[TrainingRun]) -> float:
    si, loss = (np.concatenate(x) for x in zip(*((c.mean(), c.metrics["val_loss"]) for c in trainings), strict=True))
    return pearson(si, loss)


def panel(axes: Axes, shown: Shown) -> str:
    """Draw SI against validation loss, record by record."""
    for at, (name, trainings) in enumerate(shown.conditions.items()):
        shade = tint(at, trainings[0])
        for k, training in enumerate(trainings):
            axes.plot(training.metrics["val_loss"], training.mean(), color=shade, lw=0.5, alpha=0.5)
            axes.plot(training.metrics["val_loss"], training.mean(), "o", color=shade, ms=2, mew=0,
                      label=name if k == 0 else None)  # fmt: skip
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0,) if high > 30 * low else (1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("validation loss [nat], logarithmic")
    axes.set_ylabel(INDEX)
    return "Above: SI against validation loss, every record of every network, joined in order of training."


CLAIM = Claim(
    NAME,
    "SI correlates negatively with validation loss",
    "no figure",
    __doc__, SCALES, trainings=True, panel=panel, effects=lambda evidence: tested(evidence, _one),
)  # fmt: skip
