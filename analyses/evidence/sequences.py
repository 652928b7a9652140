"""Trainings over sequences of tasks, read from the rows of the evidence: with treatments, without, and joint."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...simulator import InputError
from ...simulator.types import Floats
from .effect import Effect
from .outcomes import TaskValue
from .rules import Finding
from .store import Evidence
from .tasks import TaskScores, task_scores

PLAIN, JOINT = "fine-tuning", "joint training"  # conditions without a treatment


@dataclass(frozen=True, eq=False)
class TaskRun:
    """One training over a sequence of tasks.

    Attributes:
        condition, seed: as of `TaskValue`.
        matrix: (after, task) test accuracy, row 0 before training; two rows of joint training.
        validation: accuracy on validation images after the last task, mean over tasks; NaN where it was not read.
        synchrony: SI-3 after each task, on test images of that task, mean over tasks.
    """

    condition: str
    seed: int
    matrix: Floats
    validation: float
    synchrony: float

    @property
    def scores(self) -> TaskScores:
        """Average accuracy, transfer and forgetting."""
        return task_scores(self.matrix)

    @property
    def learning(self) -> float:
        """Learning accuracy: accuracy on each task just after it was learnt, mean over tasks (plasticity)."""
        return float(np.diagonal(self.matrix[1:]).mean())


TaskRuns = Mapping[int, TaskRun]  # by seed


@dataclass(frozen=True, eq=False)
class Sequences:
    """Trainings over one sequence of tasks in one scenario.

    Attributes:
        name: network, data and tasks.
        way: ``"class-incremental"`` …
        plain, joint: seed -> training without a treatment: task after task, and on all tasks at once.
        doses: treatment -> dose -> seed -> training.
    """

    name: str
    way: str
    plain: TaskRuns
    joint: TaskRuns
    doses: Mapping[str, Mapping[str, TaskRuns]]

    def chosen(self, treatment: str) -> TaskRuns:
        """The trainings of the dose with the highest validation accuracy, mean over the seeds of every dose.

        Raises:
            InputError: the treatment was not run, or no seed has every dose.
        """
        tables = self.doses.get(treatment, {})
        if not tables:
            raise InputError(f"{treatment} was not run")
        seeds = set.intersection(*(set(table) for table in tables.values()))
        if not seeds:
            raise InputError(f"{treatment}: no seed was trained at every dose")
        return max(tables.values(), key=lambda table: float(np.mean([table[k].validation for k in sorted(seeds)])))

    def shared(self, *tables: TaskRuns) -> list[int]:
        """Seeds of all these trainings.

        Raises:
            InputError: there is none.
        """
        found = sorted(set.intersection(*(set(table) for table in tables)))
        if not found:
            raise InputError("no seed was trained in every arm")
        return found


def sequences(evidence: Evidence) -> list[Sequences]:
    """Return the trainings of every sequence of tasks and scenario in the evidence."""
    rows: dict[tuple[str, str], dict[tuple[str, str, int], list[TaskValue]]] = {}
    for row in evidence.tasks:
        place = f"{row.model} on {row.data}, {row.tasks}", f"{row.scenario}-incremental"
        rows.setdefault(place, {}).setdefault((row.kind, row.condition, row.seed), []).append(row)
    out = []
    for (name, way), found in rows.items():
        plain: dict[int, TaskRun] = {}
        joint: dict[int, TaskRun] = {}
        doses: dict[str, dict[str, dict[int, TaskRun]]] = {}
        for (kind, condition, seed), values in found.items():
            run = _run(condition, seed, values)
            if kind == "treated":
                treatment, _, dose = condition.rpartition(", ")
                doses.setdefault(treatment, {}).setdefault(dose, {})[seed] = run
            else:
                (joint if condition == JOINT else plain)[seed] = run
        out.append(Sequences(name, way, plain, joint, doses))
    return out


def over_sequences(evidence: Evidence, needs: str, one: Callable[[Sequences], Sequence[Effect]]) -> Finding:
    """Return the effects of every sequence of tasks, and scenario, in which the needed treatment was run."""
    effects: list[Effect] = []
    untestable: dict[str, str] = {}
    for found in sequences(evidence):
        if needs not in found.doses:
            continue
        try:
            effects += [replace(effect, way=found.way) for effect in one(found)]
        except InputError as error:
            untestable[f"{found.name}, {found.way}"] = str(error)
    if not effects and not untestable:
        untestable["every setting"] = f"no sequence of tasks was learnt with {needs}"
    return Finding(tuple(effects), untestable)


def _run(condition: str, seed: int, values: Sequence[TaskValue]) -> TaskRun:
    test = [row for row in values if row.of == "test"]
    matrix = np.full((max(row.after for row in test) + 1, max(row.on for row in test)), np.nan)
    for row in test:
        matrix[row.after, row.on - 1] = row.accuracy
    if not np.isfinite(matrix).all():
        raise InputError(f"{condition}, seed {seed}: has no accuracy of some task after some other; run it again")
    validation = [row.accuracy for row in values if row.of == "validation"]
    synchrony = {row.after: row.synchrony for row in test if row.after > 0}
    mean = float(np.mean(validation)) if validation else float("nan")
    return TaskRun(condition, seed, matrix, mean, float(np.mean(list(synchrony.values()))))
