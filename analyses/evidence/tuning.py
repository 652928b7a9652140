"""Treatments against each other at an equal tuning budget: doses are chosen on validation images, tested on others.

Either every dose is trained with every seed, and the dose with the highest validation accuracy, mean over seeds, is
chosen. Or a dose is chosen by shorter trainings with few seeds (kind "tuning"), and trained with every seed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ...simulator import InputError
from .effect import Effect
from .rules import Finding
from .store import Evidence
from .training import TrainingRun

FEW = "few samples"  # condition of few clean images
BySeed = Mapping[int, TrainingRun]
Chosen = Mapping[tuple[str, str], str]  # (network and data, treatment) -> dose


@dataclass(frozen=True, eq=False)
class Treated:
    """Networks of one setting that overfit in one way, with and without treatments; the same images for all.

    Attributes:
        name: network and data.
        way: condition of the untreated networks: what makes them overfit.
        plain: seed -> untreated training.
        doses: treatment -> dose -> seed -> training.
        tuned: treatment -> the dose that shorter trainings chose; empty where every dose was trained in full.
    """

    name: str
    way: str
    plain: BySeed
    doses: Mapping[str, Mapping[str, BySeed]]
    tuned: Mapping[str, str] = field(default_factory=dict)

    def dose(self, treatment: str) -> str:
        """Return the dose that was tuned, or that with the highest validation accuracy, mean over seeds.

        Raises:
            InputError: the treatment was not run, or not at the dose that was chosen.
        """
        if treatment not in self.doses:
            raise InputError(f"{treatment} was not run")
        doses = self.doses[treatment]
        if treatment not in self.tuned:
            return best_dose(doses)
        if self.tuned[treatment] not in doses:
            raise InputError(f"{treatment} was not run at {self.tuned[treatment]}, the dose that was chosen")
        return self.tuned[treatment]

    def chosen(self, treatment: str) -> BySeed:
        """The trainings of the chosen dose; errors as of `dose`."""
        dose = self.dose(treatment)
        return self.doses[treatment][dose]

    def rival(self, treatments: Sequence[str]) -> BySeed:
        """Of the treatments that were run, each at its chosen dose, the one with the highest validation accuracy.

        Raises:
            InputError: none was run.
        """
        chosen = {name: self.chosen(name) for name in treatments if name in self.doses}
        if not chosen:
            raise InputError(f"none of {', '.join(treatments)} was run")
        return chosen[best_dose(chosen)]

    def values(self, trainings: BySeed, of: Callable[[TrainingRun], float]) -> list[float]:
        """One value a seed."""
        return [of(trainings[seed]) for seed in _shared(trainings)]

    def gain(self, a: BySeed, b: BySeed, of: Callable[[TrainingRun], float]) -> list[float]:
        """One difference a seed, of the seeds that both have."""
        return [of(a[seed]) - of(b[seed]) for seed in _shared(a, b)]

    def over_stopped(self, a: BySeed) -> list[float]:
        """Test accuracy over that of plain training, stopped where its training accuracy first is as high as a's."""

        def one(seed: int) -> float:
            plain = self.plain[seed]
            reached = plain.metrics["train_accuracy"] >= _last(a[seed], "train_accuracy")
            at = int(reached.argmax()) if reached.any() else -1
            return test_accuracy(a[seed]) - float(plain.metrics["test_accuracy"][at])

        return [one(seed) for seed in _shared(a, self.plain)]

    def over_best(self, a: BySeed) -> list[float]:
        """Test accuracy over that of plain training, stopped at the highest validation accuracy."""
        plain = self.plain
        return [
            test_accuracy(a[k])
            - float(plain[k].metrics["test_accuracy"][int(plain[k].metrics["val_accuracy"].argmax())])
            for k in _shared(a, plain)
        ]


def best_dose(doses: Mapping[str, BySeed]) -> str:
    """Return the dose with the highest validation accuracy, mean over the seeds that all have; of equal ones the first.

    Raises:
        InputError: no seed was trained with all.
    """
    seeds = _shared(*doses.values())
    return max(doses, key=lambda dose: float(np.mean([_last(doses[dose][seed], "val_accuracy") for seed in seeds])))


def tuned_doses(trainings: Sequence[TrainingRun]) -> dict[tuple[str, str], str]:
    """Return (network and data, treatment) -> the dose that shorter trainings choose; empty without any."""
    tables: dict[tuple[str, str], dict[str, dict[int, TrainingRun]]] = {}
    for training in trainings:
        if training.kind == "tuning":
            _, treatment, dose = treatment_of(training.condition)
            tables.setdefault((training.setting, treatment), {}).setdefault(dose, {})[training.seed] = training
    return {key: best_dose(doses) for key, doses in tables.items()}


def _shared(*tables: BySeed) -> list[int]:
    """Return the seeds that all have, in ascending order.

    Raises:
        InputError: there is no such seed.
    """
    found = sorted(set.intersection(*(set(table) for table in tables)))
    if not found:
        raise InputError("no seed was trained with every treatment and without")
    return found


def test_accuracy(training: TrainingRun) -> float:
    """Test accuracy at the end."""
    return _last(training, "test_accuracy")


def train_accuracy(training: TrainingRun) -> float:
    """Training accuracy at the end."""
    return _last(training, "train_accuracy")


def last_si(training: TrainingRun) -> float:
    """SI at the end."""
    return float(training.mean()[-1])


def with_treatments(evidence: Evidence, needs: Sequence[str], one: Callable[[Treated], Sequence[Effect]]) -> Finding:
    """Return the effects in every setting, and way of overfitting, in which one of the needed treatments was run."""
    effects: list[Effect] = []
    untestable: dict[str, str] = {}
    for name, trainings in evidence.settings().items():
        for found in treated_networks(name, trainings):
            if not any(treatment in found.doses for treatment in needs):
                continue
            try:
                effects += [replace(effect, way=found.way) for effect in one(found)]
            except InputError as error:
                untestable[f"{name}, {found.way}"] = str(error)
    if not effects and not untestable:
        untestable["every setting"] = f"no network was trained with {needs[0]}"
    return Finding(tuple(effects), untestable)


def treated_condition(on: str, treatment: str, dose: str) -> str:
    """Return the condition of treated networks that overfit by `on`, e.g. ``"40 % wrong labels: L2, 0.003"``.

    >>> treated_condition(FEW, "L2", "0.003"), treated_condition(FEW, "stopped early", "")
    ('L2, 0.003', 'stopped early')
    """
    treated = f"{treatment}, {dose}" if dose else treatment
    return treated if on == FEW else f"{on}: {treated}"


def treatment_of(condition: str) -> tuple[str, str, str]:
    """Return the inverse of `treated_condition`: condition of the untreated networks, treatment, dose.

    >>> treatment_of("40 % wrong labels: L2, 0.003"), treatment_of("stopped early")
    (('40 % wrong labels', 'L2', '0.003'), ('few samples', 'stopped early', ''))
    """
    on, _, treated = condition.rpartition(": ")
    treatment, _, dose = treated.partition(", ")
    return on or FEW, treatment, dose


def treated_networks(name: str, trainings: Sequence[TrainingRun]) -> list[Treated]:
    """Return the treated networks by the condition of the untreated ones."""
    plain: dict[str, dict[int, TrainingRun]] = {}
    doses: dict[str, dict[str, dict[str, dict[int, TrainingRun]]]] = {}
    tuned = {treatment: dose for (_, treatment), dose in tuned_doses(trainings).items()}
    for training in trainings:
        if training.kind == "treated":
            on, treatment, dose = treatment_of(training.condition)
            doses.setdefault(on, {}).setdefault(treatment, {}).setdefault(dose, {})[training.seed] = training
        elif training.kind != "tuning":
            plain.setdefault(training.condition, {})[training.seed] = training
    return [Treated(name, on, plain.get(on, {}), treatments, tuned) for on, treatments in doses.items()]


def _last(training: TrainingRun, metric: str) -> float:
    return float(training.metrics[metric][-1])
