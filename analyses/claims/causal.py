"""Claim: moving synchrony moves generalisation, robustness or forgetting.

Contrast    Networks whose SI a penalty of one strength (DesyncReg) pulls to six targets from 0.05 to 0.9, below and
            above the SI of the plain network of the same seed: on few samples and on a sequence of tasks with λ = 10;
            on 40 % wrong labels with λ = 1 and twice as many steps as the plain network, since with 10 they are not
            fitted (seen with one seed, before the rest).
Measure     The gap, training − test accuracy; the error under attack, the share of test images that PGD in L∞ has
            misclassified, at the size at which the plain network keeps nearest to half of its clean accuracy, 0.05 or
            more of it; forgetting, −BWT. SI-3 of activations, mean over layers, on test images of the same record; in a
            sequence after each task on those of that task, mean over tasks. An outcome is counted so that more is
            worse.
Instrument  The target is set by the experimenter, so nothing that differs between seeds can cause both SI and outcome
            (independence). It moves SI, or nothing is tested: SI must span 0.2 (relevance). That it acts on the outcome
            through SI alone (exclusion) cannot be shown: the penalty also moves weights, amplitudes and the speed of
            fitting. It can be refuted: a path that knows no synchrony acts where the penalty leaves SI as it is, or
            acts by the size of the pull and not by its direction. A slope that passes is what a penalty on SI does to
            the outcome over SI; that other means of moving SI do the same is not shown.
Control     Matched training accuracy: a network that ends more than 0.05 below the plain one is left out, and all
            others are read at the record nearest to the lowest of their training accuracies. Attacks are on final
            weights. In a sequence the learning accuracy, mean R[j, j], may be at most 0.05 below. One fit per seed with
            a kink at the plain network's SI x₀, y = a + b₋ min(x − x₀, 0) + b₊ max(x − x₀, 0): the slope below it and
            the slope above it must each be as stated, since a penalty that helps or harms both ways makes them
            opposite; and a must be the plain network's outcome, since there the penalty changes no SI.
Statistic   Per seed: slope of the outcome over SI across all targets (at least 0.05, five points of accuracy over the
            whole range of SI; the substance); b₋ and b₊ (at least 0.05 each); 0.03 − |a − outcome of the plain network|
            (at least 0). A side needs three networks and a span of SI of 0.05: plain networks have an SI near .2, below
            which there is little room (seen with one seed, before the rest). Beside it Spearman's ρ of outcome and SI,
            of SI and target. Student's t over seeds; Holm over claims, settings and ways.
Refutation  A slope below 0.05 in every outcome and regime. "Holds only when …" if it is there in some of them, on one
            side of the plain network's SI alone, or with what the penalty does at unchanged SI.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ...simulator import InputError
from ..evidence.contrasts import spearman
from ..evidence.effect import Effect, effect, unknown_effect
from ..evidence.instrument import SIDE, Moved, moved_attacked, moved_forgetting, moved_gap
from ..evidence.rules import Finding
from ..evidence.sequences import over_sequences
from ..evidence.store import Evidence
from ..evidence.tuning import with_treatments
from ..figures.evidence import INDEX, Axes, Shown
from ..figures.parts.style import colour
from .claim import Claim, Doses
from .desync import NOISE

NAME, PULLED = "causal", "pulled to SI"
TARGETS = ("0.05", "0.1", "0.15", "0.3", "0.6", "0.9")
SLOPE, AT_REST, SPAN = 0.05, 0.03, 0.2
GAP, ATTACKED, FORGETTING = "gap", "error under attack", "forgetting"
SWEEP = Doses(PULLED, ("desync=10,target={}",), TARGETS, sweep=True)
FURTHER = {"steps": 1200, "every": 30, "checkpoint_every": 1200}
DOSES = (SWEEP, replace(SWEEP, texts=("desync=1,target={}",), on=NOISE, training=FURTHER, scales=("quick",)))
CLAIMED = {GAP: 0.148, ATTACKED: 0.352}  # of table 1: accuracy, and accuracy under attack, over SI


def effects_of(setting: str, outcome: str, moved: Sequence[Moved]) -> list[Effect]:
    """Return the effects on one outcome in one setting.

    Raises:
        InputError: SI was hardly moved.
    """
    span = float(np.mean([np.ptp(one.si) for one in moved]))
    if span < SPAN:
        raise InputError(f"the penalty moved SI by {span:.2f}; an instrument wants {SPAN:g}")
    below, above, rest = zip(*(one.sides() for one in moved), strict=True)
    plain = [one.plain for one in moved]
    lead = f"slope of the {outcome} over SI"
    return [
        effect(NAME, "over all targets", setting, [one.slope() for one in moved], statistic=lead, least=SLOPE,
               claimed=CLAIMED.get(outcome, float("nan")), substance=True),
        _side("below plain SI", setting, below, f"{lead} below that of plain training",
              "only synchrony above that of plain training is counted"),
        _side("above plain SI", setting, above, f"{lead} above that of plain training",
              "only synchrony below that of plain training is counted"),
        _side("nothing at plain SI", setting, [AT_REST - abs(a - b) for a, b in zip(rest, plain, strict=True)],
              f"{AT_REST:g} − |{outcome} with the penalty at plain SI − without|",
              "what the penalty does at unchanged SI is counted", least=0.0),
        effect(NAME, "in order of SI", setting, [spearman(one.si, one.outcome) for one in moved], role="beside",
               statistic=f"ρ of {outcome} and SI", scale="correlation"),
        effect(NAME, "SI follows the target", setting, [spearman(one.targets, one.si) for one in moved], role="beside",
               statistic="ρ of SI and target", scale="correlation", claimed=1.0),
        effect(NAME, "plain SI", setting, [one.plain_si for one in moved], role="beside",
               statistic="SI of plain training", scale="index"),
    ]  # fmt: skip


def _side(
    part: str, setting: str, values: Sequence[float], statistic: str, otherwise: str, *, least: float = SLOPE
) -> Effect:
    """Return the effect of a control that only seeds decide which span enough of SI."""
    known = [value for value in values if np.isfinite(value)]
    if 2 * len(known) < len(values) + 1:
        why = f"{statistic} cannot be told: {len(known)} of {len(values)} seeds span SI by {SIDE:g} there"
        return unknown_effect(NAME, part, setting, why, least=least, role="control", otherwise=otherwise)
    return effect(NAME, part, setting, known, statistic=statistic, least=least, role="control", otherwise=otherwise)


def outcomes(evidence: Evidence) -> dict[tuple[str, str], list[Moved]]:
    """Return (setting, outcome and regime) -> the networks of every seed, where they can be read."""
    out: dict[tuple[str, str], list[Moved]] = {}
    _read(evidence, lambda setting, outcome, way, moved: out.__setitem__((setting, f"{outcome}, {way}"), moved))
    return out


def _read(evidence: Evidence, keep: Callable[[str, str, str, list[Moved]], object]) -> Finding:
    """Return the effects of every outcome, setting and regime; `keep` gets what they were read from."""

    def found(setting: str, outcome: str, way: str, moved: list[Moved]) -> list[Effect]:
        keep(setting, outcome, way, moved)
        return effects_of(setting, outcome, moved)

    read = {
        GAP: with_treatments(evidence, (PULLED,), lambda t: found(t.name, GAP, t.way, moved_gap(t, PULLED))),
        ATTACKED: with_treatments(
            evidence, (PULLED,), lambda t: found(t.name, ATTACKED, t.way, moved_attacked(t, PULLED, evidence.attacked))
        ),
        FORGETTING: over_sequences(
            evidence, PULLED, lambda s: found(s.name, FORGETTING, s.way, moved_forgetting(s, PULLED))
        ),
    }
    untestable = {
        f"{where}, {outcome}": why
        for outcome, finding in read.items()
        for where, why in finding.untestable.items()
        if where != "every setting"
    }
    effects = [replace(e, way=f"{outcome}, {e.way}") for outcome, finding in read.items() for e in finding.effects]
    if not effects and not untestable:
        untestable = {"every setting": "no network was pulled to targets of SI"}
    return Finding(tuple(effects), untestable)


def panel(axes: Axes, shown: Shown) -> str:
    """Draw outcomes over SI: the networks of a seed joined, an outcome and regime a colour; crosses, plain training."""
    setting = shown.effects[0].setting
    found = {way: moved for (name, way), moved in outcomes(shown.evidence).items() if name == setting}
    for at, (way, seeds) in enumerate(found.items()):
        for k, one in enumerate(seeds):
            axes.plot(one.si, 100 * one.outcome, "o-", color=colour(at), ms=2, lw=0.6, alpha=0.6,
                      label=way if k == 0 else None)  # fmt: skip
            axes.plot(one.plain_si, 100 * one.plain, "x", color=colour(at), ms=4)
    axes.set(xlim=(0, 1), xlabel=INDEX, ylabel="more is worse [%]")
    return (
        "Above: the networks of a seed, which a penalty pulled to targets of SI, joined; crosses, the plain "
        "network; every outcome is counted so that more is worse."
    )


CLAIM = Claim(
    NAME,
    "Moving synchrony moves generalisation, robustness or forgetting",
    "no sweep; by its tables 1 and 2 .15 of test accuracy and .35 of accuracy under attack for 1 of SI",
    __doc__, ("quick", "medium"), doses=DOSES, sequences=(SWEEP,), stages=("attacks", "sequences"), panel=panel,
    effects=lambda evidence: _read(evidence, lambda *_: None),
)  # fmt: skip
