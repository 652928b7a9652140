"""Claim: healthy networks keep SI in .3–.5, and a controller that holds it there generalises better.

Contrast    Well-fitted networks against the range; networks that overfit few samples with the paper's controller
            against without.
Measure     SI-3 of activations, mean over layers, on the same test images; test accuracy.
Control     Networks that overfit: if they keep the range as well, it is no sign of health. The controller that is
            driven by validation loss instead of SI, and plain training stopped at the highest validation accuracy.
Statistic   Per seed: share of the records of the last half with SI in .3–.5 (at least 0.5); that share − the same of
            networks that overfit (at least 0.3); test accuracy with the controller − without (at least 0.02), − plain
            training stopped early, − the other controller (at least 0.01 each). Three doses each, chosen by validation
            accuracy. Student's t over seeds; Holm over claims.
Refutation  Well-fitted networks outside of the range, or no gain by the controller. "Holds only when …" if a control is
            as good.
"""

from __future__ import annotations

from ...simulator import InputError
from ..evidence.contrasts import setting_of
from ..evidence.effect import Effect, effect
from ..evidence.store import Evidence
from ..evidence.training import TrainingRun
from ..evidence.tuning import Treated, test_accuracy, with_treatments
from ..figures.evidence import INDEX, Axes, Shown, collapse, lines
from .claim import Claim, Doses

NAME, CONTROLLER, BY_LOSS = "healthy", "the paper's controller", "controller by validation loss"
LOW, HIGH, HALF, MOST, GAIN, OVER = 0.3, 0.5, 0.5, 0.3, 0.02, 0.01
DOSES = (
    Doses(CONTROLLER, ("healthy={}",), ("0.01", "0.1", "1")),
    Doses(BY_LOSS, ("validation={}",), ("0.01", "0.1", "1")),
)


def _one(t: Treated, evidence: Evidence) -> list[Effect]:
    best, other = t.chosen(CONTROLLER), t.chosen(BY_LOSS)
    s = setting_of(t.name, evidence.settings()[t.name])
    if why := s.why_not():
        raise InputError(why)
    accuracy = "test accuracy with the controller −"
    return [
        effect(NAME, "in the range", t.name, s.controls(within), statistic="share of records with SI in .3–.5",
               least=HALF, claimed=1.0),
        effect(NAME, "over none", t.name, t.gain(best, t.plain, test_accuracy), statistic=f"{accuracy} without",
               least=GAIN),
        effect(NAME, "unlike overfitting ones", t.name, [-x for x in s.more(within)], least=MOST, role="control",
               statistic="that share − the same of networks that overfit",
               otherwise="networks that overfit are counted as healthy"),
        effect(NAME, "over stopping", t.name, t.over_best(best), least=OVER, role="control",
               statistic=f"{accuracy} plain training stopped early", otherwise="plain training may not stop early"),
        effect(NAME, "over the other controller", t.name, t.gain(best, other, test_accuracy), least=OVER,
               role="control", statistic=f"{accuracy} with one driven by validation loss",
               otherwise="no other signal may drive the controller"),
    ]  # fmt: skip


def within(training: TrainingRun) -> float:
    """Share of the records of the last half of training with SI in the range."""
    x = training.mean()[training.at_share(0.5) :]
    return float(((x >= LOW) & (x <= HIGH)).mean())


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
    effects=lambda evidence: with_treatments(evidence, CONTROLLER, lambda t: _one(t, evidence)),
)  # fmt: skip
