"""Stages of `reproduce` beside the trainings: each writes files of its own, from which the evidence is gathered.

A claim names the stages that it needs (`Claim.stages`). A stage is complete when its files are: a second run finds
them and does nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..simulator.registry import Registry
from ..simulator.types import Progress
from .scales import PlannedTraining

STAGES = Registry("stage", "ictal.experiments", {
    "attacks": ("attacks:STAGE", "attacks on the networks that are trained"),
    "brain": ("brain:STAGE", "the seizure network beside classifiers, and the scan of a brain model and of EEG"),
    "generators": ("generators:STAGE", "generators that lose modes, and healthy ones"),
    "sequences": ("sequences:STAGE", "networks that learn sequences of tasks"),
})  # fmt: skip


@dataclass(frozen=True)
class Request:
    """One call of `reproduce`.

    Attributes:
        scale, claims, seeds, eeg, device: as of `reproduce`.
        place: FOLDER/SCALE.
        data: where data are that are not embedded, ``"cifar10:PATH"``.
        planned: trainings of this call, with the doses that are known.
    """

    scale: str
    claims: Sequence[str]
    place: Path
    seeds: int
    data: Sequence[str]
    eeg: Sequence[Path]
    device: str
    planned: Sequence[PlannedTraining]


@dataclass(frozen=True)
class Stage:
    """One stage.

    Attributes:
        run: (request, progress, stop) -> None. Makes the files that are missing. Raises UnfinishedTrainingError when
            `stop` returns True. Of `by_seed` only what belongs to trainings whose files are there.
        rows: (place, trainings) -> fields of `Evidence`, ``{"attacked": [...]}``, read from the files.
        files: place -> the files, from which the evidence is made.
        check: request -> None; raises InputError before anything is trained.
        by_seed: run after the trainings of every seed, too, and where no training is wanted (`finished`).
    """

    run: Callable[[Request, Progress | None, Callable[[], bool]], None]
    rows: Callable[[Path, Sequence[PlannedTraining]], Mapping[str, Sequence[Any]]]
    files: Callable[[Path], Sequence[Path]]
    check: Callable[[Request], None] = lambda request: None
    by_seed: bool = False
