"""Claim: overfitted networks have larger activations, and are more confident.

Contrast    Networks that overfit, every way by itself, against well-fitted ones of the same seed after as many
            optimiser steps, on the same test images.
Measure     Amplitude: root mean square of the activations of a layer over images and units, after the activation
            function; its natural logarithm, mean over layers. Confidence: mean of the largest class probability.
Control     The record of the overfitting network that has the training accuracy of the well-fitted one: what fitting
            the training data brings is none of overfitting's. And larger weights, which grow as training goes on: a
            network whose weights are all larger by a factor c has c^l times the amplitude in its layer l (exact without
            biases and normalisation), so l times ln of the norm of all weights is taken off. Beside them confidence −
            accuracy, since a network may be surer for good reason.
Statistic   Per seed: ln of amplitude, overfitting − well-fitted (at least 0.1, a tenth larger; the substance); the same
            difference of confidence (at least 0.05); ln of amplitude − that of the well-fitted, at its training
            accuracy (at least 0.1); ln of amplitude − l ln of weight norm, overfitting − well-fitted (at least 0.1).
            Student's t over seeds; Holm over claims, settings and ways.
Refutation  Activations or confidence no larger than of well-fitted networks. "Holds only when …" if they are so at the
            same training accuracy, or for the weights that they have.
"""

from __future__ import annotations

import numpy as np

from ...simulator import InputError
from ...simulator.types import Floats
from ..evidence.contrasts import Setting, tested
from ..evidence.effect import Effect, effect
from ..evidence.training import TrainingRun
from ..figures.evidence import Axes, Shown, lines
from ..layers.layer_synchrony import AMPLITUDE
from .claim import SCALES, Claim

NAME = "amplitude"
LEAST, LEAST_CONFIDENCE = 0.1, 0.05
CONFIDENCE, WEIGHTS = "test_confidence", "weight_norm"


def _one(s: Setting) -> list[Effect]:
    for training in (c for seed in s.seeds for c in s.of_seed(seed)):
        if f"{AMPLITUDE} test" not in training.synchrony or not {CONFIDENCE, WEIGHTS} <= set(training.metrics):
            raise InputError("was run before amplitude, confidence and weight norm were stored; run it again")
    over = "of networks that overfit − of well-fitted ones"
    return [
        effect(NAME, "larger activations", s.name, s.more(lambda c: amplitude(c)[-1]), least=LEAST, substance=True,
               statistic=f"ln amplitude {over}"),
        effect(NAME, "more confident", s.name, s.more(confidence), least=LEAST_CONFIDENCE,
               statistic=f"confidence {over}"),
        effect(NAME, "at matched training accuracy", s.name, _matched(s), least=LEAST, role="control",
               statistic="ln amplitude − that of the well-fitted, where training accuracy is nearest to its last",
               otherwise="what fitting the training data brings is counted"),
        effect(NAME, "for the weights", s.name, s.more(per_weight), least=LEAST, role="control",
               statistic=f"ln amplitude − l ln weight norm {over}", otherwise="larger weights are counted"),
        effect(NAME, "overconfident", s.name, s.more(lambda c: confidence(c) - float(c.metrics["test_accuracy"][-1])),
               least=LEAST_CONFIDENCE, role="beside", statistic=f"confidence − accuracy {over}"),
        effect(NAME, "larger weights", s.name, s.more(lambda c: float(np.log(c.metrics[WEIGHTS][-1]))), least=LEAST,
               role="beside", statistic=f"ln weight norm {over}"),
        effect(NAME, "confidence", s.name, s.over(confidence), role="beside", scale="index",
               statistic="confidence of networks that overfit"),
        effect(NAME, "confidence, well-fitted", s.name, s.controls(confidence), role="beside", scale="index",
               statistic="confidence of well-fitted networks"),
    ]  # fmt: skip


def amplitude(training: TrainingRun) -> Floats:
    """Logarithm of the amplitude, mean over the layers in which it is above 0 at every record, (record,)."""
    values = training.layered(AMPLITUDE)[:, _alive(training)]
    return np.asarray(np.log(values).mean(axis=1))


def _alive(training: TrainingRun) -> np.ndarray:
    """Indices of the layers whose amplitude is above 0 at every record.

    Raises:
        InputError: there is no such layer.
    """
    alive = np.flatnonzero((training.layered(AMPLITUDE) > 0).all(axis=0))
    if not alive.size:
        raise InputError(f"{training.condition}, seed {training.seed}: activations are 0 in every layer")
    return alive


def confidence(training: TrainingRun) -> float:
    """Mean of the largest class probability over the test images, at the end."""
    return float(training.metrics[CONFIDENCE][-1])


def per_weight(training: TrainingRun) -> float:
    """Logarithm of the amplitude of layer l minus l times that of the weight norm, mean over layers, at the end."""
    depth = 1 + _alive(training)
    return float(amplitude(training)[-1] - depth.mean() * np.log(training.metrics[WEIGHTS][-1]))


def _matched(s: Setting) -> list[float]:
    """One value a seed: at the record whose training accuracy is nearest to the control's last."""
    (table,) = s.ways.values()
    return [
        float(amplitude(table[seed])[table[seed].at_accuracy(s.control[seed])] - amplitude(s.control[seed])[-1])
        for seed in s.seeds
    ]


def panel(axes: Axes, shown: Shown) -> str:
    """Draw the amplitude over training, mean and range over seeds, relative to before training."""
    lines(axes, shown.conditions, lambda c: np.exp(amplitude(c) - amplitude(c)[0]))
    axes.axhline(1.0, color="0.8", lw=0.7, zorder=0)
    axes.set(ylabel="amplitude, relative to before training")
    return "Above: root mean square of activations, geometric mean over layers, mean and range over seeds."


CLAIM = Claim(
    NAME,
    "Overfitted networks have larger activations, and are more confident",
    "no figure",
    __doc__, SCALES, trainings=True, panel=panel, effects=lambda evidence: tested(evidence, _one),
)  # fmt: skip
