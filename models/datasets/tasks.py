"""Sequences of tasks made of one data set: its classes in groups, or its pixels in other orders."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ...simulator import InputError, unknown
from ...simulator.fields import Param, check, checked
from ...simulator.registry import Registry
from .dataset import Dataset, frozen
from .doubts import check_examples, doubts
from .sources import check_memory

Scenario = Literal["task", "class", "domain"]
SCENARIOS = {  # van de Ven & Tolias, arXiv:1904.07734
    "task": "the network is told the task: only the outputs of the task are compared, in training and in testing",
    "class": "the network is not told the task: all outputs are compared",
    "domain": "all tasks share the same outputs",
}
DIGITS = 9  # of a number of tasks
SHOWN = 40  # characters of a text in a message
TASKS = Registry("task sequence", "ictal.models.datasets", {
    "split": ("tasks:split", "the classes in N groups of equal size, one after the other; split:N with a scenario"),
    "permuted": ("tasks:permuted", "the images, then the same with their pixels in N - 1 other orders; permuted:N"),
}, "ictal.tasks", needs=("__call__",))  # fmt: skip


@dataclass(frozen=True, eq=False)
class TaskSequence:
    """Tasks that a network learns one after the other, each a data set of its own.

    Attributes:
        name: e.g. ``"split:5"``.
        scenario: ``"task"``, ``"class"`` or ``"domain"``; see `SCENARIOS`.
        seed: of what is drawn.
        tasks: the data of each; labels are numbers of outputs, and `n_classes` is the number of all outputs.
        labels: the tasks in words, e.g. ``"classes 0-1"``.
        outputs: (task, output) bool: the outputs of the classes of each task, in every scenario.
        mean_and_sd: of the training examples of all tasks, by which a network standardises.
        notes: sentences on what was assumed.
    """

    name: str
    scenario: Scenario
    seed: int
    tasks: tuple[Dataset, ...]
    labels: tuple[str, ...]
    outputs: NDArray[np.bool_]
    mean_and_sd: tuple[float, float]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.tasks)

    def __iter__(self) -> Iterator[Dataset]:
        return iter(self.tasks)

    def __getitem__(self, number: int) -> Dataset:
        return self.tasks[number]

    @property
    def masked(self) -> bool:
        """True where only the outputs of the task are compared."""
        return self.scenario == "task"

    @property
    def n_outputs(self) -> int:
        """Number of outputs of the network."""
        return int(self.outputs.shape[1])

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Shape of one example."""
        return self.tasks[0].image_shape

    def whole(self) -> Dataset:
        """Return the data of all tasks together, in their order: joint training learns them at once."""
        joined: dict[str, Any] = {
            name: frozen(np.concatenate([getattr(task, name) for task in self.tasks]))
            for name in ("x_train", "y_train", "y_train_clean", "x_test", "y_test", "x_val", "y_val")
        }
        return replace(self.tasks[0], name=f"{self.tasks[0].name}, all tasks", **joined)

    def __repr__(self) -> str:
        first = self.tasks[0]
        return (
            f"TaskSequence({self.name}, {self.scenario}-incremental: {len(self)} tasks of {len(first.x_train)} + "
            f"{len(first.x_test)} {first.kind}, {self.n_outputs} outputs)"
        )


def task_sequence(data: Dataset, tasks: str, *, scenario: str | None = None, seed: int = 0) -> TaskSequence:
    """Make a sequence of tasks of a data set.

    Args:
        data: images or sequences; validation examples go to their tasks.
        tasks: ``"split:N"`` or ``"permuted:N"``: a name of `TASKS` with the number of tasks.
        scenario: ``"task"``, ``"class"`` or ``"domain"``; see `SCENARIOS`. Permuted tasks share their outputs.
        seed: of permutations.

    Raises:
        InputError: no such tasks or scenario; a split without a scenario; fewer than two tasks; classes that do not
            divide into groups of the same size, of two at least; wrong labels, which belong to other tasks; a task
            without test images.

    >>> from ictal.models.datasets import load_data
    >>> task_sequence(load_data("digits"), "split:5", scenario="class")
    TaskSequence(split:5, class-incremental: 5 tasks of 270 + 90 images, 10 outputs)
    """
    check("tasks", str, tasks)
    kind, _, count = tasks.partition(":")
    if not isinstance(data, Dataset):
        raise InputError(f"task_sequence.data: must be a Dataset, as of load_data; got {type(data).__name__}")
    make = TASKS.load(kind)
    if not count.isdecimal() or len(count) > DIGITS or int(count) < 2:
        got = repr(tasks if len(tasks) <= SHOWN else f"{tasks[:SHOWN]}…")
        raise InputError(f"tasks: must be {kind}:N with N >= 2 tasks, e.g. {kind}:5; got {got}")
    if check("scenario", str | None, scenario) is not None and scenario not in SCENARIOS:
        raise unknown("scenario", scenario, get_args(Scenario))
    checked("task_sequence.seed", int, Param("", ge=0), seed)
    if data.notes is not None:
        told = data.notes
    else:
        check_examples(data)
        told = tuple(doubts(data).warnings)
        for text in told:
            warnings.warn(f"task_sequence: {text}", stacklevel=2)
    made: TaskSequence = make(data, int(count), scenario, seed)
    return replace(made, notes=(*told, *made.notes))


def split(data: Dataset, n: int, scenario: Scenario | None, seed: int) -> TaskSequence:
    """Classes in n groups of the same size, in the order of their numbers: 0-1, 2-3 …; nothing is drawn.

    In the scenarios "task" and "class" the network has an output for every class; in "domain" it has as many as a group
    has classes, and the label is the place within the group.
    """
    if scenario is None:
        raise InputError(
            f"tasks: split:{n} is learnt in three ways: say scenario='task' (only the outputs of the task are compared)"
            ", 'class' (all outputs are) or 'domain' (tasks share their outputs); --scenario on the command line"
        )
    if data.n_classes % n or data.n_classes < 2 * n:
        fits = [k for k in range(2, data.n_classes // 2 + 1) if data.n_classes % k == 0]
        could = f"split:{', split:'.join(map(str, fits))}" if fits else "permuted:N"
        raise InputError(
            f"tasks: split:{n} needs groups of the same size, of 2 classes at least; {data.name} has {data.n_classes} "
            f"classes; say {could}"
        )
    if wrong := int(np.count_nonzero(data.y_train != data.y_train_clean)):
        raise InputError(
            f"tasks: split:{n} needs right labels, as wrong ones belong to other tasks; {wrong} of "
            f"{len(data.y_train)} are wrong: say label_noise=0, or permuted:{n}"
        )
    size = data.n_classes // n
    shared = scenario == "domain"
    made, labels = [], []
    for k in range(n):
        parts: dict[str, Any] = {}
        for of in ("train", "val", "test"):
            classes = getattr(data, f"y_{of}")
            rows = np.flatnonzero(classes // size == k)
            parts[f"x_{of}"] = frozen(getattr(data, f"x_{of}")[rows])
            parts[f"y_{of}"] = frozen(classes[rows] - (k * size if shared else 0))
        labels.append(f"classes {k * size}-{(k + 1) * size - 1}")
        for of in ("train", "test"):
            if not len(parts[f"x_{of}"]):
                raise InputError(f"tasks: split:{n}: task {k + 1} ({labels[-1]}) has no {of} images; load more of them")
        made.append(
            replace(
                data,
                name=f"{data.name}, {labels[-1]}",
                **parts,
                y_train_clean=parts["y_train"],
                n_classes=size if shared else data.n_classes,
                notes=(),
            )
        )
    own = np.ones((n, size), bool) if shared else np.kron(np.eye(n, dtype=bool), np.ones(size, bool)).astype(bool)
    note = "tasks: classes are taken in the order of their numbers"
    return TaskSequence(f"split:{n}", scenario, seed, tuple(made), tuple(labels), own, data.mean_and_sd(), (note,))


def permuted(data: Dataset, n: int, scenario: Scenario | None, seed: int) -> TaskSequence:
    """The data as they are, then n − 1 times with their positions in another order, drawn by the seed.

    Positions are pixels, whose channels stay together, or the time points of sequences. The classes, and so the
    outputs, are those of the data in every task (domain-incremental).
    """
    if scenario not in (None, "domain"):
        raise InputError(
            f"tasks: permuted:{n} shares its outputs between tasks; say scenario='domain', or leave it out; got "
            f"{scenario!r}"
        )
    rng = np.random.default_rng(seed)
    check_memory(
        n * (len(data.x_train) + len(data.x_val) + len(data.x_test)), data.image_shape, f"tasks: permuted:{n}", 4
    )
    axes = 2 if data.kind == "images" else 1
    places = int(np.prod(data.image_shape[:axes]))
    made = [replace(data, name=f"{data.name}, as it is", notes=())]
    for k in range(1, n):
        order = rng.permutation(places)
        moved: dict[str, Any] = {
            name: frozen(_moved(getattr(data, name), order)) for name in ("x_train", "x_val", "x_test")
        }
        made.append(replace(data, name=f"{data.name}, permutation {k}", **moved, notes=()))
    labels = ("as they are", *(f"permutation {k}" for k in range(1, n)))
    outputs = np.ones((n, data.n_classes), bool)
    return TaskSequence(f"permuted:{n}", "domain", seed, tuple(made), labels, outputs, data.mean_and_sd())


def _moved(x: NDArray[np.float32], order: NDArray[np.intp]) -> NDArray[np.float32]:
    if len(x) == 0:
        return x
    return np.ascontiguousarray(x.reshape(len(x), len(order), -1)[:, order].reshape(x.shape))
