"""Sequences of tasks of every scale: networks, data and tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..models.datasets import FASHION_MNIST
from ..simulator import InputError


@dataclass(frozen=True)
class TaskBench:
    """One network on one sequence of tasks.

    Attributes:
        slug: of file names.
        model, data: names for readers.
        architecture, parameters, dataset, n: of the network, and of the data before they are divided.
        tasks, scenario: as of `task_sequence`.
        training: settings of every task.
        n_probe: test images of a task on which synchrony is measured, at most.
        needs: form of `--data` where data must be given.
    """

    slug: str
    model: str
    data: str
    architecture: str
    parameters: Mapping[str, Any]
    dataset: str
    n: Mapping[str, int]
    tasks: str
    scenario: str
    training: Mapping[str, Any]
    n_probe: int = 400
    needs: str = ""


_SGD = {"optimiser": "sgd", "momentum": 0.0, "learning_rate": 0.05, "batch_size": 50}
_PERMUTED = TaskBench(
    "mlp-digits-permuted", "MLP, 2 × 100", "digits", "mlp", {"hidden": (100, 100)}, "digits",
    {"n_train": 1000, "n_val": 200, "n_test": 449}, "permuted:5", "domain", {**_SGD, "epochs": 10},
)  # fmt: skip
_CLASS = replace(_PERMUTED, slug="mlp-digits-class", tasks="split:5", scenario="class", training={**_SGD, "epochs": 20})
_TASK = replace(_CLASS, slug="mlp-digits-task", scenario="task")
_CLOTHES = {"data": "Fashion-MNIST", "dataset": "fashion-mnist", "n": {"n_train": 1000, "n_val": 200, "n_test": 1000}}
_FINE = TaskBench(
    "resnet18-cifar100-class", "ResNet-18, width 16", "CIFAR-100", "resnet18", {"width": 16}, "cifar100",
    {"n_train": 6000, "n_val": 1000, "n_test": 2000}, "split:10", "class",
    {"epochs": 15, "batch_size": 64, "learning_rate": 1e-3, "schedule": "cosine"}, 1000, "cifar100:PATH",
)  # fmt: skip
TASK_BENCHES: Mapping[str, tuple[TaskBench, ...]] = {
    "quick": (
        _PERMUTED, _CLASS, _TASK,
        *(replace(bench, slug=bench.slug.replace("digits", "fashion"), **_CLOTHES)  # type: ignore[arg-type]
          for bench in (_PERMUTED, _CLASS)),
    ),
    "medium": (_FINE, replace(_FINE, slug="resnet18-cifar100-task", scenario="task")),
}  # fmt: skip


def task_benches(scale: str, data: Sequence[str]) -> list[TaskBench]:
    """Return the networks and sequences of a scale whose data are here.

    Raises:
        InputError: data that must be given.
    """
    out = []
    for bench in TASK_BENCHES.get(scale, ()):
        if bench.needs:
            form = bench.needs.partition(":")[0]
            given = [each for each in data if each.partition(":")[0] == form]
            if not given:
                raise InputError(f"--scale {scale}: needs the data of its sequences of tasks, --data {bench.needs}")
            bench = replace(bench, dataset=given[0])
        elif bench.dataset == "fashion-mnist" and not FASHION_MNIST.is_dir():
            continue
        out.append(bench)
    return out
