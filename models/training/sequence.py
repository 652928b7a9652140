"""Training over a sequence of tasks: the loop of `train` for every task, with treatments that last over all."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from ...simulator import InputError
from ...simulator.types import Floats
from ..datasets import Dataset
from ..datasets.tasks import TaskSequence
from ..probe.choice import check_model
from ..treatments import TREATMENTS
from ..treatments.base import Treatment
from .checkpoint import read
from .compared import Compared, SetName
from .context import Attended, OnRecord, Part, Progress, TrainingContext
from .distributed import launched
from .evaluation import evaluate_confidence
from .gate import check_augmented, first_pass, idle_options
from .history import History
from .loop import checkpoint_path, fit, identity_of
from .randomness import begin_step, checked_seed
from .settings import Training, TrainingSteps
from .state import State, Stateful, UnfinishedTrainingError

if TYPE_CHECKING:
    from ...analyses.evidence.tasks import TaskResult, TaskSynchrony


@dataclass(frozen=True, eq=False)
class SequenceLog:
    """Accuracy on every task after every task of a sequence.

    Attributes:
        accuracy: reading -> (after, task) accuracy on the test images of each task, in 0..1: the matrix R. Row 0 is
            that before training, row i that after task i; of joint training there are two rows. The readings are
            "task" (only the outputs of the task are compared), "class" (all outputs are) or "domain" (the outputs are
            shared). One training of the class-incremental scenario has both of the first two.
        histories: metrics over the steps of each task, on the data of the task; one of joint training.
        notes: as of `History`.
        labels, sizes: of the tasks: their names in words, and the numbers of their test images.
        about: what was trained on what: model, data, tasks, treatments, seed.
    """

    accuracy: Mapping[str, Floats]
    histories: tuple[History, ...]
    notes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()
    about: Mapping[str, Any] = field(default_factory=dict)

    def result(self, synchrony: Sequence[TaskSynchrony] = (), config: Mapping[str, Any] | None = None) -> TaskResult:
        """Return the result, which draws, saves and exports itself.

        Args:
            synchrony: of layers after every task.
            config: what is needed to train it again; what is in `about` if left out.
        """
        from ...analyses.evidence.tasks import TaskResult, TaskTraining

        joint = len(self.histories) < len(self.labels)
        rows = []
        for number, history in enumerate(self.histories):
            final, steps = history.final(), int(history.steps[history.kept])
            metrics = [final[name] for name in ("train_loss", "train_accuracy", "test_loss", "test_accuracy")]
            task, label = (0, "all tasks") if joint else (number + 1, self.labels[number])
            rows.append(TaskTraining(task, label, steps, *metrics))
        said = {**self.about, "assumptions": list(self.notes)} if config is None else config
        return TaskResult.of(self.accuracy, self.labels, self.sizes, rows, synchrony, said)


def train_sequence(
    model: nn.Module,
    sequence: TaskSequence,
    how: Training,
    *,
    seed: int,
    treatments: Sequence[Treatment] = (),
    joint: bool = False,
    keep_optimiser: bool = False,
    on_task: OnRecord | None = None,
    progress: Progress | None = None,
    stop: Callable[[], bool] = lambda: False,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
    about: Mapping[str, object] | None = None,
    threads: int | None = 1,
) -> SequenceLog:
    """Train on one task after the other, and test on all tasks after each.

    In the task-incremental scenario the cross-entropy, and what treatments are given, compare the outputs of the task
    alone. Treatments are made once: they are told the beginning and the end of every task, and their steps count from 1
    within a task. The first task is trained as `train` would, to the same bits.

    Args:
        model: images -> logits (n, sequence.n_outputs); trained in place.
        sequence: the tasks.
        how: settings of every task; of all data at once with `joint`.
        seed: of the order of the batches, of augmentation, dropout and treatments.
        treatments: of the network during training.
        joint: train on the data of all tasks at once, the upper bound; treatments are told of no task.
        keep_optimiser: go on with the moments of the optimiser at every task; by default it begins afresh. The
            learning rate follows its schedule anew in every task.
        on_task: called as on_task(after, model): 0 before training, then the number of tasks learnt. The checkpoint
            stores its state if it has one (see `Stateful`).
        progress: called with (done, total) [steps].
        stop, checkpoint, resume, about, threads: as of `train`; training goes on within a task, to the same bits.

    Raises:
        InputError: as of `train`; several processes; validation images that `patience` needs and a task lacks.
        UnfinishedTrainingError: `stop` returned True.
    """
    if launched()[1] > 1:
        raise InputError("train_sequence: one process trains a sequence of tasks; start it without torchrun")
    if not isinstance(sequence, TaskSequence):
        raise InputError(
            f"train_sequence.sequence: must be a TaskSequence, as of task_sequence(data, 'split:5', scenario=…); "
            f"got {type(sequence).__name__}"
        )
    if not isinstance(how, Training):
        raise InputError(f"train_sequence.how: must be a Training, e.g. Training(epochs=20); got {type(how).__name__}")
    if joint and keep_optimiser:
        raise InputError("train_sequence.keep_optimiser: joint training is one task alone; leave it out")
    check_model("train.model", model)
    rounds = (sequence.whole(),) if joint else sequence.tasks
    plans = [_plan(how, data) for data in rounds]
    seed, path = checked_seed(seed), checkpoint_path(checkpoint, resume)
    check_augmented(how, rounds[0])
    notes = [text for plan in plans for text in idle_options(how, plan, model, path is not None)]
    total = sum(plan.steps for plan in plans)
    with ExitStack() as stack:
        context = TrainingContext.entered(stack, model, treatments, seed, threads)
        notes = list(dict.fromkeys([*context.modes.notes, *notes]))
        learnt = _Learnt(sequence, plans)
        tasks = {"name": sequence.name, "scenario": sequence.scenario, "seed": sequence.seed, "joint": joint,
                 "keep_optimiser": keep_optimiser}  # fmt: skip
        about = {**(about or {}), "tasks": tasks}
        identity = identity_of(context, _sha256(sequence), how, seed, treatments, threads, about) if path else {}
        others: list[Stateful] = [learnt, *([on_task] if isinstance(on_task, Stateful) else [])]
        attended = Attended(None, None, None, stop, path, identity, others)
        at = _under_way(path, len(rounds))
        attended = replace(attended, resume=at is not None)

        def tested(after: int) -> None:
            begin_step(_seed_of_task(seed, after), 0, 0, context.like.device)
            learnt.test(context)
            if on_task is not None:
                on_task(after, model)

        if at is None:
            tested(0)
        optimiser: Mapping[str, Any] | None = None
        for number in range(at or 0, len(rounds)):
            before = sum(plan.steps for plan in plans[:number])
            part = Part(rounds[number], plans[number], _seed_of_task(seed, number), None if joint else number,
                        _outputs(sequence, number), _compared(context, sequence, number, joint), optimiser)  # fmt: skip
            learnt.number = number
            told = None if progress is None else _shifted(progress, before, total)
            try:
                state = fit(context, part, how, replace(attended, progress=told), notes if number == (at or 0) else ())
            except UnfinishedTrainingError as error:
                raise UnfinishedTrainingError(before + error.done, total) from error
            learnt.keep(state)
            tested(number + 1)
            optimiser = state.descent.state_dict() if keep_optimiser else None
            attended = replace(attended, resume=False)
        notes += context.without_effect()
        source = {
            "model": type(model).__name__,
            "data": {"name": sequence[0].name.rpartition(", ")[0] or sequence[0].name},
            "tasks": {**tasks, "tasks": tasks["name"]},
            "treatments": [_dosed(each) for each in treatments],
            "seed": seed,
        }
        sizes = tuple(len(task.x_test) for task in sequence)
        return SequenceLog(
            learnt.accuracy(), tuple(learnt.histories), tuple([*sequence.notes, *notes]), sequence.labels, sizes, source
        )


class _Learnt:
    """State of a sequence between its tasks, which the checkpoints within the next task store."""

    def __init__(self, sequence: TaskSequence, plans: Sequence[TrainingSteps]) -> None:
        self._sequence, self._plans = sequence, plans
        self._readings = {"class": ("class", "task")}.get(sequence.scenario, (sequence.scenario,))
        self._rows: dict[str, list[list[float]]] = {reading: [] for reading in self._readings}
        self.number = 0
        self.histories: list[History] = []

    def test(self, context: TrainingContext) -> None:
        """Add a row to the matrix of every reading."""
        found: dict[str, list[float]] = {reading: [] for reading in self._readings}
        for task, outputs in zip(self._sequence.tasks, self._sequence.outputs, strict=True):
            x, y = context.images(task.x_test), context.labels(task.y_test)
            mask = torch.tensor(outputs, device=context.like.device)
            with first_pass(x):
                for reading, row in found.items():
                    of_task = mask if reading == "task" else None
                    row.append(evaluate_confidence(context.model, x, y, outputs=of_task)[1])
        for reading, row in found.items():
            self._rows[reading].append(row)

    def keep(self, state: State) -> None:
        """Keep the history of a task that is learnt."""
        self.histories.append(state.history())

    def accuracy(self) -> dict[str, Floats]:
        """Return reading -> (after, task)."""
        return {reading: np.array(rows) for reading, rows in self._rows.items()}

    def state_dict(self) -> dict[str, Any]:
        """Return the task that is learnt now, the matrices so far, and the histories of the tasks before."""
        return {
            "number": self.number,
            "rows": {reading: torch.tensor(rows, dtype=torch.float64) for reading, rows in self._rows.items()},
            "histories": [
                {"values": torch.tensor(one.values), "steps": one.steps.tolist(), "metrics": list(one.metrics),
                 "kept": one.kept, "notes": list(one.notes)} for one in self.histories
            ],
        }  # fmt: skip

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`."""
        self.number = int(state["number"])
        self._rows = {reading: state["rows"][reading].tolist() for reading in self._readings}
        self.histories = []
        for plan, one in zip(self._plans, state["histories"], strict=False):
            dt = 1.0 if plan.clock == "epoch" else float(plan.every)
            values, steps, metrics = one["values"].numpy(), np.array(one["steps"]), tuple(one["metrics"])
            history = History(values, steps, plan.clock, dt, metrics, int(one["kept"]), tuple(one["notes"]))
            self.histories.append(history)


def _dosed(treatment: Treatment) -> str:
    """Return a treatment and its dose as the command line has them; one that is not registered by its class alone."""
    called = {entry.where.rpartition(":")[2]: name for name, entry in TREATMENTS.items()}
    name = type(treatment).__name__
    if name not in called:
        return name
    return f"{called[name]}={getattr(treatment, next(iter(treatment.__dataclass_fields__))):g}"


def _plan(how: Training, data: Dataset) -> TrainingSteps:
    try:
        return how.plan(len(data.x_train), len(data.x_val))
    except InputError as error:
        raise InputError(f"{error} ({data.name})") from error


def _seed_of_task(seed: int, number: int) -> int:
    """Return the seed of a task; that of the first is the seed of the sequence, as `train` has it."""
    if number == 0:
        return seed
    return int(np.random.SeedSequence(seed, spawn_key=(number, 0, 0)).generate_state(1, np.uint64)[0] >> 1)


def _outputs(sequence: TaskSequence, number: int) -> Tensor:
    own = torch.tensor(sequence.outputs[number])
    return own if sequence.masked else torch.ones_like(own)


def _compared(context: TrainingContext, sequence: TaskSequence, number: int, joint: bool) -> Compared | None:
    """Return the outputs that are compared for every image; None where all are."""
    if not sequence.masked:
        return None
    device = context.like.device
    chosen = sequence.tasks if joint else sequence.tasks[number : number + 1]
    outputs = sequence.outputs if joint else sequence.outputs[number : number + 1]
    sets: tuple[SetName, ...] = ("train", "test", "val")
    tasks = {of: np.repeat(np.arange(len(chosen)), [len(getattr(each, f"y_{of}")) for each in chosen]) for of in sets}
    return Compared(
        torch.tensor(outputs, device=device), {of: torch.tensor(rows, device=device) for of, rows in tasks.items()}
    )


def _shifted(progress: Progress, before: int, total: int) -> Progress:
    return lambda done, _: progress(before + done, total)


def _under_way(path: Path | None, n: int) -> int | None:
    """Return the number of the task, of n, that a checkpoint was written in; None without one.

    Of a checkpoint of another training it is any, and `State.load` refuses it.
    """
    if path is None or not path.exists():
        return None
    others = read(path, "checkpoint").get("others") or [{}]
    return min(int(others[0].get("number", 0)), n - 1)


def _sha256(sequence: TaskSequence) -> str:
    """Return the hash of the data of all tasks."""
    return sha256("".join(task.sha256() for task in sequence.tasks).encode()).hexdigest()
