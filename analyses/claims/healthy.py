"""Claim: healthy networks keep SI in .3–.5, and a controller that holds it there generalises better.

Contrast    Well-fitted networks against the range; networks that overfit few samples with the paper's controller
            against without.
Measure     SI-3 of activations, mean over layers, on the same test images; test accuracy.
Control     Networks that overfit: if they keep the range as well, it is no sign of health. The controller that is
            driven by validation loss instead of SI, and plain training stopped at the highest validation accuracy.
Level       Per seed: 0.1 − |SI of well-fitted networks, mean over the last half of training, − 0.4| (at least 0: within
            .3–.5). Beside it the share of records in the range.
Statistic   Per seed: test accuracy with the controller − without (at least 0.02; the substance), − plain training
            stopped early, − the other controller (at least 0.01 each); |SI − 0.4| of networks that overfit − the same
            of well-fitted ones (at least 0.05). Three doses each, chosen by validation accuracy. Student's t over
            seeds; Holm over claims.
Refutation  No gain by the controller. "Holds at another level" if well-fitted networks lie outside of the range. "Holds
            only when …" if a control is as good.
"""

from __future__ import annotations

from ...simulator import InputError
from ..evidence.contrasts import setting_of
from ..evidence.effect import Effect, effect, level_otherwise
from ..evidence.store import Evidence
from ..evidence.training import TrainingRun
from ..evidence.tuning import Treated, test_accuracy, with_treatments
from ..figures.evidence import INDEX, Axes, Shown, collapse, lines
from .claim import Claim, Doses

NAME, CONTROLLER, BY_LOSS = "healthy", "the paper's controller", "controller by validation loss"
MIDDLE, HALF, FARTHER, GAIN, OVER = 0.4, 0.1, 0.05, 0.02, 0.01  # the range is MIDDLE ± HALF
DOSES = (
    Doses(CONTROLLER, ("healthy={}",), ("0.01", "0.1", "1")),
    Doses(BY_LOSS, ("validation={}",), ("0.01", "0.1", "1")),
)


def _one(t: Treated, evidence: Evidence) -> list[Effect]:
    best, other = t.chosen(CONTROLLER), t.chosen(BY_LOSS)
    s = setting_of(t.name, evidence.settings()[t.name])
    if why := s.why_not() or ("" if t.way in s.ways else f"{t.way} does not overfit"):
        raise InputError(why)
    s = s.only(t.way)
    accuracy, fitted = "test accuracy with the controller −", s.controls(late)
    return [
        effect(NAME, "over none", t.name, t.gain(best, t.plain, test_accuracy), statistic=f"{accuracy} without",
               least=GAIN, substance=True),
        effect(NAME, "in the range", t.name, [HALF - abs(si - MIDDLE) for si in fitted], role="level",
               statistic="0.1 − |SI − 0.4|, late in training",
               otherwise=level_otherwise(below=sum(fitted) / len(fitted) < MIDDLE)),
        effect(NAME, "unlike overfitting ones", t.name, s.more(lambda c: abs(late(c) - MIDDLE)), least=FARTHER,
               role="control", statistic="|SI − 0.4| of networks that overfit − of well-fitted ones",
               otherwise="networks that overfit are counted as healthy"),
        effect(NAME, "over stopping", t.name, t.over_best(best), least=OVER, role="control",
               statistic=f"{accuracy} plain training stopped early", otherwise="plain training may not stop early"),
        effect(NAME, "over the other controller", t.name, t.gain(best, other, test_accuracy), least=OVER,
               role="control", statistic=f"{accuracy} with one driven by validation loss",
               otherwise="no other signal may drive the controller"),
        effect(NAME, "SI late in training", t.name, fitted, statistic="SI of well-fitted networks", claimed=MIDDLE,
               role="beside", scale="index"),
        effect(NAME, "records in the range", t.name, s.controls(within), scale="share", role="beside",
               statistic="share of records of well-fitted networks with SI in .3–.5", claimed=1.0),
    ]  # fmt: skip


def late(training: TrainingRun) -> float:
    """SI, mean over the last half of training."""
    return float(training.mean()[training.at_share(0.5) :].mean())


def within(training: TrainingRun) -> float:
    """Share of the records of the last half of training with SI in the range."""
    x = training.mean()[training.at_share(0.5) :]
    return float((abs(x - MIDDLE) <= HALF).mean())


def panel(axes: Axes, shown: Shown) -> str:
    """Draw SI over training and the paper's range."""
    lines(axes, shown.conditions, lambda c: c.mean())
    axes.axhspan(0.3, 0.5, color="0.9", zorder=0, label="the paper's range")
    axes.set(ylim=(0, 1), ylabel=INDEX)
    said = (
        "Above: SI over training, mean and range over seeds; grey, where the paper says that healthy networks keep it."
    )
    return said + collapse(axes, shown)


CLAIM = Claim(
    NAME,
    "Healthy networks keep SI in .3–.5, and a controller that holds it there generalises better",
    "SI .3–.5",
    __doc__, ("quick",), doses=DOSES, panel=panel,
    effects=lambda evidence: with_treatments(evidence, (CONTROLLER,), lambda t: _one(t, evidence)),
)  # fmt: skip
