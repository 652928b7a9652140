"""Claim: SI rises monotonically over training, and SI > 0.8 goes with a gap > 20 %.

Contrast    Networks that overfit (few clean samples, wrong labels, capacity) before and after training, and against
            well-fitted networks after as many optimiser steps; every way of overfitting by itself.
Measure     SI-3 of activations, mean over layers, on the same test images. Beside it χ_c, the λ₁ fraction, and SI-3
            within classes, from which what the classes do to the units is gone.
Control     The well-fitted network of the same seed: the rise must exceed its rise, and SI must exceed its SI at the
            record that has its training accuracy. Surrogates: SI must exceed what permuted images give. Beside them the
            network at the lowest validation loss (early stopping), which decides nothing: by the claim `validation`
            that loss falls while SI rises.
Level       SI above 0.8 at some record (its highest − 0.8, at least 0); where every seed has such records, the gap
            there, mean, − 20 % (at least 0).
Statistic   Per seed: SI at the end − before training (at least 0.1; the substance); Spearman's ρ of SI with the step
            (at least 0.3); r of SI and gap over all records of the network and of the well-fitted one (at least 0.3);
            the rise − the control's rise (at least 0.1); SI − the control's last at its training accuracy (at least
            0.1). Student's t over seeds, of Fisher's z for correlations; Holm over claims, settings and ways.
Refutation  A rise below 0.1, or no order in it, or no relation with the gap. "Holds at another level" if SI stays below
            0.8, or its gap below 20 %. "Holds only when what rises in well-fitted networks is counted" if these rise as
            much, "… what fitting the training data brings is counted" if SI is no higher at the same training accuracy.
"""

from __future__ import annotations

import numpy as np

from ..evidence.contrasts import SEVERE, Setting, above_null, mean_r, pearson, spearman, tested
from ..evidence.effect import Effect, effect, level_otherwise
from ..evidence.training import TrainingRun
from ..figures.evidence import INDEX, PAPER, Axes, Shown, collapse, lines
from .claim import SCALES, Claim

NAME = "rise"
LEAST, LEAST_R, HIGH = 0.1, 0.3, 0.8
OTHER = {"chi_c": "χ_c", "lambda1_fraction": "λ₁ fraction", "within_class_si": "SI-3 within classes"}
PAPER_SI = ((0.0, 0.2, 0.4, 0.6, 0.8, 1.0), (0.15, 0.28, 0.45, 0.67, 0.81, 0.89))  # share of training, SI


def _one(s: Setting) -> list[Effect]:
    more = "rise − that of the well-fitted network"
    pooled, within = zip(*(_gap_correlations(s, seed) for seed in s.seeds), strict=True)
    out = [
        effect(NAME, "rises", s.name, s.over(rise), statistic="SI at the end − before training", least=LEAST,
               claimed=0.74, substance=True),
        effect(NAME, "in order", s.name, s.over(order), statistic="ρ of SI with the step", least=LEAST_R, claimed=1.0,
               scale="correlation"),
        effect(NAME, "goes with the gap", s.name, pooled, statistic="r of SI and gap over all records", least=LEAST_R,
               scale="correlation"),
        effect(NAME, "reaches 0.8", s.name, s.over(lambda c: float(c.mean().max()) - HIGH), role="level",
               statistic="highest SI − 0.8", otherwise=level_otherwise(below=True)),
    ]  # fmt: skip
    gaps = s.over(_gap_where_high)
    if np.isfinite(gaps).all():
        over = [gap - SEVERE for gap in gaps]
        out.append(effect(NAME, "a large gap there", s.name, over, statistic="gap where SI > 0.8, mean − 0.2",
                          role="level", otherwise="with a smaller gap than claimed"))  # fmt: skip
    out += above_null(NAME, s)
    out += [
        effect(NAME, "more than the control", s.name, s.more(rise), statistic=more, least=LEAST, role="control",
               otherwise="what rises in well-fitted networks as well is counted"),
        effect(NAME, "at matched training accuracy", s.name, matched(s), least=LEAST, role="control",
               statistic="SI − that of the control, where training accuracy is nearest to its last",
               otherwise="what fitting the training data brings is counted"),
        effect(NAME, "well-fitted", s.name, s.controls(rise), statistic="SI at the end − before training", least=LEAST,
               role="beside"),
        effect(NAME, "after early stopping", s.name, s.over(since_best), least=LEAST, role="beside",
               statistic="SI at the end − at the lowest validation loss"),
        effect(NAME, "SI and gap, within courses", s.name, within, statistic="r within a course", role="beside",
               scale="correlation"),
    ]  # fmt: skip
    for measure, words in OTHER.items():
        if all(f"{measure} test" in c.synchrony for c in [*s.control.values()]):
            values = s.more(lambda c, m=measure: rise(c, m))  # type: ignore[misc]
            out.append(effect(NAME, f"more than the control, {words}", s.name, values, least=LEAST, role="beside",
                              statistic=more.replace("rise", f"rise of {words}", 1)))  # fmt: skip
    return out


def rise(training: TrainingRun, measure: str = "si_3") -> float:
    """Synchrony at the end minus before training."""
    x = training.mean(measure)
    return float(x[-1] - x[0])


def order(training: TrainingRun) -> float:
    """Spearman's ρ of SI with the step."""
    return spearman(training.steps, training.mean())


def since_best(training: TrainingRun) -> float:
    """SI at the end minus at the lowest validation loss (test loss where there is no validation set)."""
    x = training.mean()
    loss = training.metrics.get("val_loss", training.metrics["test_loss"])
    return float(x[-1] - x[int(loss.argmin())])


def matched(s: Setting) -> list[float]:
    """One value a seed: SI of overfitting networks where their training accuracy is nearest to the control's last."""
    return [
        float(np.mean([table[k].mean()[table[k].at_accuracy(s.control[k])] for table in s.ways.values()]))
        - float(s.control[k].mean()[-1])
        for k in s.seeds
    ]


def _gap_where_high(training: TrainingRun) -> float:
    """Mean gap over the records with a high SI; NaN if there are none."""
    high = training.mean() > HIGH
    return float(training.metrics["gap"][high].mean()) if high.any() else float("nan")


def _gap_correlations(s: Setting, seed: int) -> tuple[float, float]:
    trainings = s.of_seed(seed)
    si, gap = [c.mean() for c in trainings], [c.metrics["gap"] for c in trainings]
    within = mean_r([pearson(a, b) for a, b in zip(si, gap, strict=True)])
    return pearson(np.concatenate(si), np.concatenate(gap)), within


def panel(axes: Axes, shown: Shown) -> str:
    """Draw SI over training, mean and range over seeds, with the paper's values and a null."""
    lines(axes, shown.conditions, lambda c: c.mean())
    axes.plot([100 * x for x in PAPER_SI[0]], PAPER_SI[1], **PAPER, label="the paper")
    every = [c.null_high for trainings in shown.conditions.values() for c in trainings]
    high = [null["si_3 test"] for null in every if "si_3 test" in null]
    nulls = [float(np.nanmean(table)) for table in high if np.isfinite(table).any()]
    if nulls:
        axes.axhline(float(np.mean(nulls)), color="0.6", lw=0.8, ls=":", label="null, 97.5 %")
    axes.set(ylim=(0, 1), ylabel=INDEX)
    said = "Above: SI over training, mean and range over seeds; the null permutes the images of every unit."
    return said + collapse(axes, shown)


CLAIM = Claim(
    NAME,
    "SI rises monotonically over training, and SI > 0.8 goes with a gap > 20 %",
    "SI .15 .28 .45 .67 .81 .89 at epochs 0–200 (ResNet-18, CIFAR-10)",
    __doc__, SCALES, trainings=True, panel=panel, effects=lambda evidence: tested(evidence, _one),
)  # fmt: skip
