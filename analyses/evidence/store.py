"""Results of `ictal reproduce`: trainings and observations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...simulator.files.document import Group
from ...simulator.files.result import Result
from ...simulator.registry import resolve
from ..comparison.result import ReplicateValue
from ..values import completed
from . import attack_store, task_store
from .outcomes import AttackedValue, GeneratorValue, TaskValue
from .training import TrainingRun, from_group, to_groups

TABLE, TASKS, ATTACKED = "tables/observations", "tables/tasks", "tables/attacked"


@dataclass(frozen=True, eq=False, repr=False)
class Evidence(Result):
    """Trainings and observations of one scale.

    Attributes:
        scale: ``"quick"``, ``"medium"``, ``"full"``, or ``"planted …"``.
        trainings: the trainings.
        observations: values of a brain model, EEG and networks, without a training.
        attacked: accuracy of the trained networks under attack.
        tasks: accuracy on every task of a sequence after every task.
        generators: modes and synchrony of generators.
        config: what is needed to run it again; versions; the claims that it was run for.
    """

    kind = "evidence"
    main, key = "trainings", "condition"
    attributes = ("scale",)
    stored = (
        ("observations", TABLE, ReplicateValue),
        ("attacked", ATTACKED, AttackedValue),
        ("tasks", TASKS, TaskValue),
        ("generators", "tables/generators", GeneratorValue),
    )

    scale: str
    trainings: Sequence[TrainingRun] = ()
    observations: Sequence[ReplicateValue] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    attacked: Sequence[AttackedValue] = ()
    tasks: Sequence[TaskValue] = ()
    generators: Sequence[GeneratorValue] = ()

    def settings(self) -> dict[str, list[TrainingRun]]:
        """Network and data -> its trainings."""
        out: dict[str, list[TrainingRun]] = {}
        for training in self.trainings:
            out.setdefault(training.setting, []).append(training)
        return out

    def to_pandas(self, table: str = "") -> Any:
        """Return a DataFrame with a row a training, step and layer: metrics and synchrony; or the "observations".

        Raises:
            InputError: no such table, or pandas is not installed.
        """
        rows = self.table(table)
        if table not in ("", self.main):
            return rows.to_pandas()
        package: Any = resolve("export.objects:package", "ictal.simulator")
        pd = package("pandas", "to_pandas")
        about = ("model", "data", "condition", "kind", "seed")
        frames = []
        for one in rows:
            n, layers = len(one.steps), one.layers or ("",)
            columns = {name: getattr(one, name) for name in about} | {"step": np.repeat(one.steps, len(layers))}
            columns |= {name: np.repeat(values, len(layers)) for name, values in one.metrics.items()}
            columns |= {"layer": np.tile(np.array(layers), n)}
            columns |= {name: np.asarray(values).reshape(-1) for name, values in one.synchrony.items() if one.layers}
            frames.append(pd.DataFrame(columns))
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=[*about, "step", "layer"])

    def to_groups(self) -> dict[str, Group]:
        """Return ``/courses/NNNN`` and ``/sequences/NNNN``, float32, ``/attacks/NNNN``, and the tables of rows."""
        tables = {path: group for path, group in super().to_groups().items() if path not in (TASKS, ATTACKED)}
        return {
            **to_groups(self.trainings),
            **tables,
            **attack_store.to_groups(self.attacked),
            **task_store.to_groups(self.tasks),
        }

    @classmethod
    def from_groups(cls, groups: Mapping[str, Group], config: dict[str, Any], **fields: Any) -> Evidence:
        """Return the inverse of `to_groups`."""
        stored = [group for name, group in groups.items() if name.startswith("courses/")]
        trainings = [c for group in stored for c in from_group(group)]
        found = super().from_groups(completed(groups), config, trainings=trainings, **fields)
        attacked = attack_store.from_groups(groups)
        return replace(found, attacked=attacked, tasks=task_store.from_groups(groups))


@dataclass(frozen=True, repr=False)
class Observations(Result):
    """Values without a training; `group` of a row is the value of the driving parameter."""

    kind = "observations"
    stored = (("rows", TABLE, ReplicateValue),)

    rows: Sequence[ReplicateValue]
    config: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_groups(cls, groups: Mapping[str, Group], config: dict[str, Any], **fields: Any) -> Observations:
        """Return the inverse of `to_groups`."""
        return super().from_groups(completed(groups), config, **fields)
