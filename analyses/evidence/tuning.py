"""Treatments against each other at an equal tuning budget: doses are chosen on validation images, tested on others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...simulator import InputError
from .effect import Effect
from .rules import Finding
from .store import Evidence
from .training import TrainingRun

FEW = "few samples"  # condition of few clean images
BySeed = Mapping[int, TrainingRun]


@dataclass(frozen=True, eq=False)
class Treated:
    """Networks of one setting that overfit in one way, with and without treatments; the same images for all.

    Attributes:
        name: network and data.
        way: condition of the untreated networks: what makes them overfit.
        plain: seed -> untreated training.
        doses: treatment -> dose -> seed -> training.
    """

    name: str
    way: str
    plain: BySeed
    doses: Mapping[str, Mapping[str, BySeed]]

    @property
    def seeds(self) -> list[int]:
        """Seeds that were trained plain and with every dose of every treatment, in ascending order.

        Raises:
            InputError: there is no such seed.
        """
        tables = [self.plain, *(table for doses in self.doses.values() for table in doses.values())]
        found = sorted(set.intersection(*(set(table) for table in tables)))
        if not found:
            raise InputError("no seed was trained with every treatment and without")
        return found

    def chosen(self, treatment: str) -> BySeed:
        """The trainings of the dose with the highest validation accuracy, mean over seeds.

        Raises:
            InputError: the treatment was not run.
        """
        if treatment not in self.doses:
            raise InputError(f"{treatment} was not run")
        return max(self.doses[treatment].values(), key=self._validation)

    def rival(self, treatments: Sequence[str]) -> BySeed:
        """Of the treatments that were run, each at its chosen dose, the one with the highest validation accuracy.

        Raises:
            InputError: none was run.
        """
        chosen = [self.chosen(name) for name in treatments if name in self.doses]
        if not chosen:
            raise InputError(f"none of {', '.join(treatments)} was run")
        return max(chosen, key=self._validation)

    def _validation(self, trainings: BySeed) -> float:
        return float(np.mean([_last(trainings[seed], "val_accuracy") for seed in self.seeds]))

    def values(self, trainings: BySeed, of: Callable[[TrainingRun], float]) -> list[float]:
        """One value a seed."""
        return [of(trainings[seed]) for seed in self.seeds]

    def gain(self, a: BySeed, b: BySeed, of: Callable[[TrainingRun], float]) -> list[float]:
        """One difference a seed."""
        return [of(a[seed]) - of(b[seed]) for seed in self.seeds]

    def over_stopped(self, a: BySeed) -> list[float]:
        """Test accuracy over that of plain training, stopped where its training accuracy first is as high as a's."""

        def one(seed: int) -> float:
            plain = self.plain[seed]
            reached = plain.metrics["train_accuracy"] >= _last(a[seed], "train_accuracy")
            at = int(reached.argmax()) if reached.any() else -1
            return test_accuracy(a[seed]) - float(plain.metrics["test_accuracy"][at])

        return [one(seed) for seed in self.seeds]

    def over_best(self, a: BySeed) -> list[float]:
        """Test accuracy over that of plain training, stopped at the highest validation accuracy."""
        plain = self.plain
        return [
            test_accuracy(a[k])
            - float(plain[k].metrics["test_accuracy"][int(plain[k].metrics["val_accuracy"].argmax())])
            for k in self.seeds
        ]


def test_accuracy(training: TrainingRun) -> float:
    """Test accuracy at the end."""
    return _last(training, "test_accuracy")


def last_si(training: TrainingRun) -> float:
    """SI at the end."""
    return float(training.mean()[-1])


def with_treatments(evidence: Evidence, needs: str, one: Callable[[Treated], Sequence[Effect]]) -> Finding:
    """Return the effects in every setting, and way of overfitting, in which the needed treatment was run."""
    effects: list[Effect] = []
    untestable: dict[str, str] = {}
    for name, trainings in evidence.settings().items():
        for found in _treated(name, trainings):
            if needs not in found.doses:
                continue
            try:
                effects += [replace(effect, way=found.way) for effect in one(found)]
            except InputError as error:
                untestable[f"{name}, {found.way}"] = str(error)
    if not effects and not untestable:
        untestable["every setting"] = f"no network was trained with {needs}"
    return Finding(tuple(effects), untestable)


def treated_condition(on: str, treatment: str, dose: str) -> str:
    """Return the condition of treated networks that overfit by `on`, e.g. ``"40 % wrong labels: L2, 0.003"``.

    >>> treated_condition(FEW, "L2", "0.003")
    'L2, 0.003'
    """
    return f"{treatment}, {dose}" if on == FEW else f"{on}: {treatment}, {dose}"


def _treated(name: str, trainings: Sequence[TrainingRun]) -> list[Treated]:
    """Return the treated networks by the condition of the untreated ones."""
    plain: dict[str, dict[int, TrainingRun]] = {}
    doses: dict[str, dict[str, dict[str, dict[int, TrainingRun]]]] = {}
    for training in trainings:
        if training.kind == "treated":
            on, _, treated = training.condition.rpartition(": ")
            treatment, _, dose = treated.rpartition(", ")
            doses.setdefault(on or FEW, {}).setdefault(treatment, {}).setdefault(dose, {})[training.seed] = training
        else:
            plain.setdefault(training.condition, {})[training.seed] = training
    return [Treated(name, on, plain.get(on, {}), treatments) for on, treatments in doses.items()]


def _last(training: TrainingRun, metric: str) -> float:
    return float(training.metrics[metric][-1])
