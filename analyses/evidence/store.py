"""Results of `ictal reproduce`: trainings and observations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...simulator.files.document import Group
from ...simulator.files.result import Result
from ..comparison.result import ReplicateValue
from ..values import completed
from .training import TrainingRun, from_group, to_groups

TABLE = "tables/observations"


@dataclass(frozen=True, eq=False, repr=False)
class Evidence(Result):
    """Trainings and observations of one scale.

    Attributes:
        scale: ``"quick"``, ``"medium"``, ``"full"``, or ``"planted …"``.
        trainings: the trainings.
        observations: values of a brain model, EEG and networks, without a training.
        config: what is needed to run it again; versions; the claims that it was run for.
    """

    kind = "evidence"
    attributes = ("scale",)
    stored = (("observations", TABLE, ReplicateValue),)

    scale: str
    trainings: Sequence[TrainingRun] = ()
    observations: Sequence[ReplicateValue] = ()
    config: Mapping[str, Any] = field(default_factory=dict)

    def settings(self) -> dict[str, list[TrainingRun]]:
        """Network and data -> its trainings."""
        out: dict[str, list[TrainingRun]] = {}
        for training in self.trainings:
            out.setdefault(training.setting, []).append(training)
        return out

    def to_groups(self) -> dict[str, Group]:
        """Return ``/courses/NNNN``, float32, and the observations."""
        return {**to_groups(self.trainings), **super().to_groups()}

    @classmethod
    def from_groups(cls, groups: Mapping[str, Group], config: dict[str, Any], **fields: Any) -> Evidence:
        """Return the inverse of `to_groups`."""
        stored = [group for name, group in groups.items() if name.startswith("courses/")]
        return super().from_groups(
            completed(groups), config, trainings=[c for group in stored for c in from_group(group)], **fields
        )


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
