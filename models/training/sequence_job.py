"""`train_tasks_to_file`: train on one task after the other, into a file of the result and a file of the weights."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...analyses.evidence.tasks import TaskResult, TaskSynchrony
from ...analyses.layers.layer_synchrony import layer_synchrony
from ...simulator import InputError
from ...simulator.faces import Face
from ...simulator.files.document import write
from ...simulator.progress import shows_progress
from ...simulator.types import Progress, Shown
from ..datasets.dataset import frozen
from ..datasets.tasks import task_sequence
from .build import device, stored
from .folder import TrainingFolder, target_of
from .job import Work, check_same

if TYPE_CHECKING:  # torch takes seconds to import
    from ..synchrony.recorder import LayerSynchrony
    from . import SequenceLog
    from .settings import Job

MEASURE = "si_3"  # of the layers, after every task
N_PROBE = 1000  # test images of all tasks, on which it is read


@dataclass(frozen=True)
class TrainedTasks(Face):
    """Files and result of a training on a sequence of tasks.

    Attributes:
        path, model: the file of the result, and that of the weights.
        result: accuracy on every task after every task, scores, synchrony of layers.
        complete: the files were there already, of this very job.
        assumptions: sentences on what was assumed, what is doubtful, and what had no effect.
    """

    path: Path
    model: Path
    result: TaskResult
    complete: bool = False
    assumptions: Sequence[str] = ()

    kind = "trained on tasks"


@shows_progress
def train_tasks_to_file(
    job: Job,
    path: str | os.PathLike[str],
    *,
    resume: bool = False,
    force: bool = False,
    progress: Shown = None,
    stop: Callable[[], bool] = lambda: False,
) -> TrainedTasks:
    """Train on one task after the other into FILE.h5 (a `TaskResult`) and FILE.pt (the last weights).

    Until both are whole, ``FILE.h5.part`` holds the checkpoint.

    Args:
        job: the network, its settings, its data and its tasks.
        path: FILE.h5.
        resume, force, stop: as of `train_to_file`.
        progress: called as progress(done, total, what); True shows it.

    Raises:
        InputError: as of `train_to_file`, `task_sequence` and `train_sequence`; a job without tasks.
        UnfinishedTrainingError: `stop` returned True.
    """
    from .distributed import Ranks

    target = target_of(path)
    folder, weights = TrainingFolder.of(target), target.with_suffix(".pt")
    replaces = folder.replaces(resume, force)
    work = _TaskWork(job, device(job.device))  # refuses what cannot be before anything is touched
    if resume and target.exists() and not replaces:
        return _complete(work, target, weights, folder)
    with folder.under_way((target, weights), resume, force, Ranks()) as replaces:
        log = work.learn(folder, progress, stop)
        result = work.result(log, weights)
        work.write_result(result, target, weights, replaces, folder.folder)
        folder.remove()
    return TrainedTasks(target, weights, result, assumptions=result.config["assumptions"])


class _TaskWork(Work):
    """A job with its tasks, its network and the recorder of its layers."""

    def prepared(self) -> int:
        """Make the tasks, and return the number of outputs of the network."""
        tasks = self.job.tasks
        if tasks is None or tasks.tasks is None:
            raise InputError("train_tasks_to_file.job: has no tasks; say tasks=TaskChoice('split:5', 'class')")
        if self.job.synchrony is not None:
            raise InputError(
                f"train_tasks_to_file.job: has synchrony, which is that of one training; {MEASURE} of all layers is "
                "stored after every task"
            )
        self.sequence = task_sequence(self.data, tasks.tasks, scenario=tasks.scenario, seed=self.job.seed)
        return self.sequence.n_outputs

    def recorder_of(self, probes: int) -> LayerSynchrony:
        """Return the recorder of all layers on test images of all tasks."""
        from ..synchrony.recorder import LayerSynchrony

        x, y = (frozen(np.concatenate([getattr(task, of) for task in self.sequence])) for of in ("x_test", "y_test"))
        shown = replace(self.sequence[0], x_test=x, y_test=y)
        return LayerSynchrony(
            shown, "auto", measures=MEASURE, sets="test", when="post", n_probe=N_PROBE, nulls=0, seed=probes
        )

    def learn(self, folder: TrainingFolder, progress: Progress | None, stop: Callable[[], bool]) -> SequenceLog:
        """Train, or go on, in this folder."""
        from .sequence import train_sequence

        tasks, how = self.job.tasks, self.job.how
        assert tasks is not None  # `prepared` refuses
        rounds = [self.sequence.whole()] if tasks.joint else list(self.sequence)
        ends = np.cumsum([how.plan(len(data.x_train), len(data.x_val)).steps for data in rounds])

        def said(done: float, total: float) -> None:
            assert progress is not None
            number = min(int(np.searchsorted(ends, done, "right")), len(ends) - 1)
            progress(int(done), int(total), f"task {number + 1} of {len(ends)}")

        return train_sequence(
            self.model,
            self.sequence,
            how,
            seed=self.order,
            treatments=self.treatments,
            joint=tasks.joint,
            keep_optimiser=tasks.keep_optimiser,
            on_task=self.recorder,
            progress=None if progress is None else said,
            stop=stop,
            checkpoint=folder.checkpoint,
            resume=True,
            about={**self.about, "job_seed": self.job.seed},
            threads=self.job.threads,
        )

    def result(self, log: SequenceLog, weights: Path) -> TaskResult:
        """Return the result with all that repeats it."""
        assert self.recorder is not None
        said = {"command": self.job.command(), "model": weights.name, "assumptions": list(log.notes)}
        read = layer_synchrony(self.recorder.run(), MEASURE)
        synchrony = [
            TaskSynchrony(int(after), layer, float(value))
            for after, row in zip(read.times, read.values, strict=True)
            for layer, value in zip(read.layers, row, strict=True)
        ]
        return log.result(synchrony, stored({**self.source(), **said}))

    def write_result(self, result: TaskResult, target: Path, weights: Path, replaces: bool, within: Path) -> None:
        """Write both files, the weights first: where FILE.h5 is, all is. What a kill leaves lies in `within`."""
        from .checkpoint import write as write_weights

        score = result.score()
        numbers = {"accuracy": score.accuracy, "backward": score.backward, "forgetting": score.forgetting}
        final = {name: value for name, value in numbers.items() if np.isfinite(value)}
        about = {**self.source(), **self.about, "command": self.job.command(), "final": final}
        state = {"model": {name: weight.cpu() for name, weight in self.model.state_dict().items()}}
        write_weights(weights, "model", about, state, force=True, within=within)
        write(result.document(), target, force=replaces, within=within)


def _complete(work: _TaskWork, target: Path, weights: Path, folder: TrainingFolder) -> TrainedTasks:
    """Return the existing files of this very job.

    Raises:
        InputError: they are of another, or the weights are missing.
    """
    result = TaskResult.load(target)
    check_same({**result.config}, work.source(), target, weights)
    folder.remove()
    return TrainedTasks(target, weights, result, complete=True, assumptions=result.config["assumptions"])
