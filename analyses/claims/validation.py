"""Claim: SI correlates negatively with validation loss.

Contrast    Records of one training against each other, in networks that overfit and in well-fitted ones.
Measure     SI-3 of activations, mean over layers, on the same test images; cross-entropy on validation images.
Control     What is new in both from record to record: without the drift that all of training shares, without fading and
            memory. Beside it all records of all networks pooled, where networks that differ in both can feign a
            correlation, or turn it round (Simpson's paradox).
Statistic   Per seed, mean over courses through Fisher's z: −r of SI and loss over the records of a course (at least
            0.2); −r of what is new in them (at least 0.2). Student's t over seeds; Holm over claims.
Refutation  −r below 0.2 within courses. "Holds only when the common trend is counted" if it is gone
            record by record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from ...simulator import InputError
from ..evidence.contrasts import Setting, mean_r, pearson, tested
from ..evidence.effect import Effect, effect, unknown_effect
from ..evidence.training import TrainingRun
from ..figures.evidence import INDEX, Axes, Shown, tint
from ..series.innovations import innovations
from .claim import SCALES, Claim

NAME = "validation"
LEAST = 0.2


def _one(s: Setting) -> list[Effect]:
    groups = {"overfitting": list(s.ways.values()), "well-fitted": [s.control]}
    every = [table for tables in groups.values() for table in tables]
    out = [
        effect(NAME, "within courses", s.name, [-mean_r([level(t[seed]) for t in every]) for seed in s.seeds],
               statistic="−r of SI and validation loss", least=LEAST),
        _record_by_record(s, every),
        effect(NAME, "pooled", s.name, [-_pooled([t[seed] for t in every]) for seed in s.seeds],
               statistic="−r over all records of all networks", least=LEAST, role="beside"),
    ]  # fmt: skip
    for group, tables in groups.items():
        values = [-mean_r([level(t[seed]) for t in tables]) for seed in s.seeds]
        out.append(effect(NAME, f"within courses, {group}", s.name, values, least=LEAST, role="beside",
                          statistic="−r of SI and validation loss"))  # fmt: skip
    return out


def _record_by_record(s: Setting, every: Sequence[Mapping[int, TrainingRun]]) -> Effect:
    part, otherwise = "record by record", "the trend that both share over training is counted"
    found = {seed: [r for table in every if (r := new(table[seed])) is not None] for seed in s.seeds}
    n = sum(len(values) for values in found.values())
    if not all(found.values()) or 2 * n < len(every) * len(s.seeds):
        why = f"what is new can be told in {n} of {len(every) * len(s.seeds)} courses only: both move smoothly"
        return unknown_effect(NAME, part, s.name, why, least=LEAST, role="control", otherwise=otherwise)
    statistic = f"−r of what is new in them, {n} of {len(every) * len(s.seeds)} courses"
    values = [-mean_r(found[seed]) for seed in s.seeds]
    return effect(NAME, part, s.name, values, statistic=statistic, least=LEAST, role="control", otherwise=otherwise)


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
