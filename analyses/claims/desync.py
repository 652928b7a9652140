"""Claim: desynchronising generalises better than L2 or dropout.

Contrast    Networks that overfit few clean samples, and networks that overfit 40 % wrong labels, each by itself, with a
            penalty that pulls SI to 0 (DesyncReg), against none, L2, dropout and label smoothing. Beside it, with few
            samples, the paper's own target of 0.3, which may lie above what the plain network has and then synchronises
            it; NID; and both together.
Measure     Test accuracy; SI-3 of activations, mean over layers, on the same test images.
Control     Plain training stopped where it first has the training accuracy of the penalised network: fitting less is
            not desynchronising. And the same penalty pulling SI *up* to 0.9: if that helps as much, a penalty does, and
            not desynchrony. And SI, which must fall: else whatever helps is not desynchrony.
Statistic   Three doses each, chosen by validation accuracy: mean over seeds of full trainings, or, at `medium`, a third
            of a training with one seed and few samples; the dose is then used with wrong labels, too, where at `medium`
            DesyncReg alone is run. Per seed, test accuracy with DesyncReg − without (at least 0.02; the substance), −
            the best of L2, dropout and label smoothing (at least 0.01); over the stopped network and over the upward
            penalty (at least 0.01 each); SI without − with (at least 0.1). Student's t over seeds; Holm over claims,
            settings and ways.
Refutation  No gain of 0.02, or none over its rivals. "Holds only when …" if a control is as good, or with one of the
            two ways of overfitting alone.
"""

from __future__ import annotations

from dataclasses import replace

from ..evidence.effect import Effect, measured_effect
from ..evidence.tuning import BySeed, Treated, last_si, test_accuracy, with_treatments
from ..figures.evidence import Axes, Shown
from .claim import SCALES, Claim, Doses
from .treated import against_si, beside, lowers_si

NAME, DESYNC, AS_PAPER, UP = "desync", "DesyncReg to 0", "DesyncReg to 0.3", "DesyncReg to 0.9"
RIVALS, NOISE, STOPPED = ("L2", "dropout", "label smoothing"), "40 % wrong labels", "stopped early"
GAIN, OVER, LOWER = 0.02, 0.01, 0.1
COMPARED = (
    Doses("L2", ("l2={}",), ("0.0003", "0.003", "0.03")),
    Doses("dropout", ("dropout={}",), ("0.1", "0.3", "0.5")),
    Doses("label smoothing", ("label-smoothing={}",), ("0.1", "0.2", "0.4")),
    Doses(DESYNC, ("desync={},target=0",), ("0.1", "1", "10")),
    Doses(UP, ("desync={},target=0.9",), ("0.1", "1", "10")),
)
DOSES = (
    *COMPARED,
    Doses(AS_PAPER, ("desync={}",), ("0.1", "1", "10")),
    Doses("NID", ("nid={}",), ("0.3", "1", "3")),
    Doses("DesyncReg and NID", ("desync={}", "nid=1"), ("0.1", "1", "10")),
    *(
        replace(treatment, on=NOISE, scales=SCALES if treatment.name == DESYNC else ("quick",))
        for treatment in COMPARED
    ),
)


def _one(t: Treated) -> list[Effect]:
    accuracy = "test accuracy with DesyncReg −"
    rivals = ", ".join(name for name in RIVALS if name in t.doses) or ", ".join(RIVALS)

    def against(other: BySeed) -> list[float]:
        return t.gain(t.chosen(DESYNC), other, test_accuracy)

    names = [name for name in dict.fromkeys(treatment.name for treatment in DOSES) if name in t.doses]
    return [
        measured_effect(NAME, "over none", t.name, lambda: against(t.plain), statistic=f"{accuracy} without",
                     least=GAIN, claimed=0.068, substance=True),
        measured_effect(NAME, f"over {rivals}", t.name, lambda: against(t.rival(RIVALS)),
                     statistic=f"{accuracy} the best of them by validation", least=OVER, claimed=0.029),
        lowers_si(NAME, t, DESYNC, LOWER),
        measured_effect(NAME, "over stopping", t.name, lambda: t.over_stopped(t.chosen(DESYNC)), least=OVER,
                     role="control", statistic=f"{accuracy} plain training stopped at the same training accuracy",
                     otherwise="plain training may not stop as early"),
        measured_effect(NAME, "over pulling up", t.name, lambda: against(t.chosen(UP)), least=OVER, role="control",
                     statistic=f"{accuracy} with the penalty upwards",
                     otherwise="the same penalty may not pull synchrony up"),
        *(each for name in [*names, *([STOPPED] if STOPPED in t.doses else [])] for each in (
            beside(NAME, name, t, name, lambda a: t.gain(a, t.plain, test_accuracy),
                   statistic="test accuracy − without", least=GAIN),
            beside(NAME, f"SI, {name}", t, name, lambda a: t.values(a, last_si), statistic="SI", scale="index"),
        )),
        measured_effect(NAME, "SI, none", t.name, lambda: t.values(t.plain, last_si), role="beside", statistic="SI",
                        claimed=0.87, scale="index"),
    ]  # fmt: skip


def panel(axes: Axes, shown: Shown) -> str:
    """Draw test accuracy gained against SI: a treatment a colour, a way of overfitting a shape."""
    shapes = against_si(axes, shown, "test accuracy − without [%]")
    return f"Above: every treatment at the dose that validation images chose, mean and 95 % interval ({shapes})."


CLAIM = Claim(
    NAME,
    "Desynchronising generalises better than L2 or dropout",
    "CIFAR-100, test % / SI: none 72.3 / .87; L2 74.8 / .72; dropout 76.2 / .68; DesyncReg 79.1 / .41; "
    "NID 78.5 / .45; both 80.3 / .38",
    __doc__, ("quick", "medium"), doses=DOSES, panel=panel,
    effects=lambda evidence: with_treatments(evidence, (DESYNC, AS_PAPER), _one),
)  # fmt: skip
