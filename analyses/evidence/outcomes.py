"""Outcomes of trainings beside their trajectories: accuracy under attack, and accuracy on earlier tasks."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class AttackedValue:
    """Accuracy of one trained network under one attack of one size.

    Attributes:
        model, data, condition, kind, seed: of the training, as of `TrainingRun`.
        attack: in words, e.g. ``"PGD-20, worst of 2 losses, 5 restarts"``; ``"none"`` for clean images.
        norm: ``"linf"`` or ``"l2"``; empty for clean images.
        epsilon: size of the attack in that norm, of images in [0, 1]; 0 for clean images.
        accuracy: share of the n images that are still classified as labelled under every try, in 0..1.
        n: test images.
        zero_gradients: share of attacked images with a gradient of exactly 0 in every step of some loss.
        warning: of gradients that are masked; empty where no check fired.
    """

    model: str
    data: str
    condition: str
    kind: str
    seed: int
    attack: str
    norm: str
    epsilon: float
    accuracy: float
    n: int
    zero_gradients: float
    warning: str = ""


@dataclass(frozen=True)
class TaskValue:
    """Accuracy of one network on one task, after learning one task of a sequence: an entry of the matrix R.

    Attributes:
        model, data, condition, kind, seed: of the training, as of `TrainingRun`.
        tasks: of the sequence, e.g. ``"split:10"``.
        scenario: ``"task"``, ``"class"`` or ``"domain"``.
        after: number of tasks learnt, from 0 (before training).
        on: task, from 1.
        accuracy: share of its images, in 0..1.
        of: ``"test"`` or ``"validation"`` images; validation images choose doses, after the last task.
        synchrony: SI-3 of activations, mean over layers, after so many tasks, on test images of the task just learnt;
            before training of the first one, of joint training of all.
    """

    model: str
    data: str
    condition: str
    kind: str
    seed: int
    tasks: str
    scenario: str
    after: int
    on: int
    accuracy: float
    of: str = "test"
    synchrony: float = math.nan
