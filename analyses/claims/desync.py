"""Claim: desynchronising generalises better than L2 or dropout.

Contrast    Networks that overfit few clean samples, and networks that overfit 40 % wrong labels, each by itself, with a
            penalty that pulls SI to 0 (DesyncReg), against none, L2, dropout and label smoothing. Beside it, with few
            samples, the paper's own target of 0.3, which may lie above what the plain network has and then synchronises
            it; NID; and both together.
Measure     Test accuracy; SI-3 of activations, mean over layers, on the same test images.
Control     Plain training stopped where it first has the training accuracy of the penalised network: fitting less is
            not desynchronising. And the same penalty pulling SI *up* to 0.9: if that helps as much, a penalty does, and
            not desynchrony. And SI, which must fall: else whatever helps is not desynchrony.
Statistic   Three doses each, chosen by validation accuracy, mean over seeds. Per seed, test accuracy with DesyncReg −
            without (at least 0.02; the substance), − the best of L2, dropout and label smoothing (at least 0.01); over
            the stopped network and over the upward penalty (at least 0.01 each); SI without − with (at least 0.1).
            Student's t over seeds; Holm over claims, settings and ways.
Refutation  No gain of 0.02, or none over its rivals. "Holds only when …" if a control is as good, or with one of the
            two ways of overfitting alone.
"""

from __future__ import annotations

from dataclasses import replace

from ..evidence.effect import Effect, effect
from ..evidence.tuning import Treated, last_si, test_accuracy, with_treatments
from ..figures.evidence import Axes, Shown
from ..figures.parts.style import OKABE_ITO, colour
from .claim import Claim, Doses

NAME, DESYNC, AS_PAPER, UP = "desync", "DesyncReg to 0", "DesyncReg to 0.3", "DesyncReg to 0.9"
RIVALS, NOISE = ("L2", "dropout", "label smoothing"), "40 % wrong labels"
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
    *(replace(treatment, on=NOISE) for treatment in COMPARED),
)


def _one(t: Treated) -> list[Effect]:
    best = t.chosen(DESYNC)
    accuracy, rivals = "test accuracy with DesyncReg −", ", ".join(name for name in RIVALS if name in t.doses)
    out = [
        effect(NAME, "over none", t.name, t.gain(best, t.plain, test_accuracy), statistic=f"{accuracy} without",
               least=GAIN, claimed=0.068, substance=True),
        effect(NAME, f"over {rivals}", t.name, t.gain(best, t.rival(RIVALS), test_accuracy),
               statistic=f"{accuracy} the best of them by validation", least=OVER, claimed=0.029),
        effect(NAME, "lowers SI", t.name, t.gain(t.plain, best, last_si), statistic="SI without − with", least=LOWER,
               claimed=0.46, role="control", otherwise="that SI is hardly lowered is not counted"),
        effect(NAME, "over stopping", t.name, t.over_stopped(best), least=OVER, role="control",
               statistic=f"{accuracy} plain training stopped at the same training accuracy",
               otherwise="plain training may not stop as early"),
        effect(NAME, "over pulling up", t.name, t.gain(best, t.chosen(UP), test_accuracy), least=OVER, role="control",
               statistic=f"{accuracy} with the penalty upwards",
               otherwise="the same penalty may not pull synchrony up"),
    ]  # fmt: skip
    for name in t.doses:
        if name in {treatment.name for treatment in DOSES}:
            chosen = t.chosen(name)
            out.append(effect(NAME, name, t.name, t.gain(chosen, t.plain, test_accuracy), role="beside",
                              statistic="test accuracy − without", least=GAIN))  # fmt: skip
            out.append(effect(NAME, f"SI, {name}", t.name, t.values(chosen, last_si), role="beside", statistic="SI",
                              scale="index"))  # fmt: skip
    out.append(
        effect(
            NAME,
            "SI, none",
            t.name,
            t.values(t.plain, last_si),
            role="beside",
            statistic="SI",
            claimed=0.87,
            scale="index",
        )
    )
    return out


def panel(axes: Axes, shown: Shown) -> str:
    """Draw test accuracy gained against SI: a treatment a colour, a way of overfitting a shape."""
    ways = list(dict.fromkeys(e.way for e in shown.effects))
    si = {(e.part.removeprefix("SI, "), e.way): e for e in shown.effects if e.part.startswith("SI, ")}
    gain = {(e.part, e.way): e for e in shown.effects if e.role == "beside"}
    names = list(dict.fromkeys(name for name, _ in si))
    for (name, way), e in si.items():
        y = gain.get((name, way))
        value, low, high = (y.value, y.low, y.high) if y else (0.0, 0.0, 0.0)
        shade, at = "0.45" if name == "none" else colour(names.index(name)), ways.index(way)
        again = names.index(name) >= len(OKABE_ITO) and name != "none"  # a second treatment of this colour
        axes.errorbar(e.value, 100 * value, xerr=[[e.value - e.low], [e.high - e.value]],
                      yerr=[[100 * (value - low)], [100 * (high - value)]], fmt="os^D"[at % 4], color=shade, ms=4,
                      mec="0.1" if again else shade, mfc=shade if at == 0 else "white", lw=0.8,
                      label=name if at == 0 else None)  # fmt: skip
    axes.axhline(0, color="0.8", lw=0.7, zorder=0)
    axes.set(xlabel="SI at the end", ylabel="test accuracy − without [%]")
    shapes = ", ".join(
        f"{shape}, {way}" for shape, way in zip(("dots", "squares", "triangles", "diamonds"), ways, strict=False)
    )
    return f"Above: every treatment at the dose that validation images chose, mean and 95 % interval ({shapes})."


CLAIM = Claim(
    NAME,
    "Desynchronising generalises better than L2 or dropout",
    "CIFAR-100, test % / SI: none 72.3 / .87; L2 74.8 / .72; dropout 76.2 / .68; DesyncReg 79.1 / .41; "
    "NID 78.5 / .45; both 80.3 / .38",
    __doc__, ("quick",), doses=DOSES, panel=panel, effects=lambda evidence: with_treatments(evidence, DESYNC, _one),
)  # fmt: skip
