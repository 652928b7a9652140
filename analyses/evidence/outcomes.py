"""Outcomes of trainings: accuracy under attack, accuracy on earlier tasks, modes and synchrony of generators."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

CLEAN, NOISE, TRANSFER = "none", "random signs", "transfer from the untreated network"  # of AttackedValue.attack


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
        zero_gradients: share of attacked images at which the gradient is exactly 0; the largest of its losses.
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
class UnderAttack:
    """Accuracy of one training without an attack and in L∞, by the size of the attack.

    Attributes:
        clean: without an attack.
        pgd: along the network's own gradients.
        noise: random signs.
        transfer: images that were made on the untreated network.
    """

    clean: float = float("nan")
    pgd: Mapping[float, AttackedValue] = field(default_factory=dict)
    noise: Mapping[float, AttackedValue] = field(default_factory=dict)
    transfer: Mapping[float, AttackedValue] = field(default_factory=dict)


def under_attack(rows: Sequence[AttackedValue]) -> dict[tuple[str, str, int], UnderAttack]:
    """Return (network and data, condition, seed) -> accuracy under attack; a weaker PGD of one size is left out.

    >>> row = AttackedValue("m", "d", "few", "few", 0, "PGD-20", "linf", 0.1, 0.3, 400, 0.0)
    >>> under_attack([row])["m on d", "few", 0].pgd[0.1].accuracy
    0.3
    """
    tables: dict[tuple[str, str, int], list[AttackedValue]] = {}
    for row in rows:
        tables.setdefault((f"{row.model} on {row.data}", row.condition, row.seed), []).append(row)
    return {key: _under_attack(own) for key, own in tables.items()}


def _under_attack(rows: Sequence[AttackedValue]) -> UnderAttack:
    clean = next((row.accuracy for row in rows if row.attack == CLEAN), float("nan"))
    linf = [row for row in rows if row.norm == "linf"]
    noise, transfer = ({row.epsilon: row for row in linf if row.attack == name} for name in (NOISE, TRANSFER))
    weakest_first = sorted(linf, key=lambda row: -row.accuracy)
    pgd = {row.epsilon: row for row in weakest_first if row.attack.startswith("PGD")}
    return UnderAttack(clean, pgd, noise, transfer)


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


@dataclass(frozen=True)
class GeneratorValue:
    """Modes that one generator reaches, and the synchrony of its hidden layers, after so many steps of training.

    Attributes:
        model, data, condition, seed: of the training, as of `TrainingRun`.
        kind: ``"healthy"``; ``"collapse"`` where it is made to lose modes; ``"few"`` modes in its data; ``"narrow"``
            latents; ``"treated"`` where a treatment is tested; ``"untrained"``, with the first weights of the seed.
        step: steps of the generator, from 0.
        modes: of the data that `healthy` generators see.
        covered, effective, valid: as of `Coverage`.
        si: SI-3 of activations over latents, mean over the hidden layers in which it is defined; NaN where in none.
        null_high: 97.5 % of its surrogates, likewise; NaN where none were drawn.
        live: share of the hidden units that vary over latents.
    """

    model: str
    data: str
    condition: str
    kind: str
    seed: int
    step: int
    modes: int
    covered: int
    effective: float
    valid: float
    si: float
    null_high: float
    live: float

    @property
    def setting(self) -> str:
        """Network and data."""
        return f"{self.model} on {self.data}"
