"""Context of a training, and the data that it runs on: what `loop.fit` is given."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...simulator import InputError
from ..datasets import Dataset
from ..probe.choice import check_model
from ..probe.layers import modes_restored
from ..treatments.base import Intervention, Treatment
from .compared import Compared
from .descent import cpu_threads
from .distributed import Ranks, joined
from .gate import Modes
from .history import History
from .randomness import own_generators, seed_of_treatment
from .settings import TrainingSteps
from .state import Stateful

Progress = Callable[[float, float], None]  # (done, total) [steps]
OnRecord = Callable[[int, nn.Module], None]
OnHistory = Callable[[History], None]


@dataclass(frozen=True, eq=False)
class TrainingContext:
    """A model with all that lasts while it is trained, on one data set or on several.

    Attributes:
        model: in training.
        like: parameter on whose device all tensors lie.
        first: parameter whose device and precision images have.
        treated: treatments at work.
        modes: of the modules.
        ranks: the processes that train together.
    """

    model: nn.Module
    like: Tensor
    first: Tensor
    treated: Sequence[Intervention]
    modes: Modes
    ranks: Ranks

    @classmethod
    def entered(
        cls, stack: ExitStack, model: nn.Module, treatments: Sequence[Treatment], seed: int, threads: int | None
    ) -> TrainingContext:
        """Enter the contexts of a training and of its treatments, which are left with the stack.

        Raises:
            InputError: a model without parameters to train; threads or treatments that cannot be.
        """
        check_model("train.model", model)
        _check_treatments(treatments)
        like = next((p for p in model.parameters() if p.requires_grad), None)
        if like is None:
            raise InputError(f"train.model: must have parameters to train; {type(model).__name__} has none")
        for context in (cpu_threads(threads), own_generators(like.device), modes_restored(model)):
            stack.enter_context(context)
        ranks = joined(like.device)
        treated = [
            stack.enter_context(treatment.artificial(model, seed=seed_of_treatment(seed, number, ranks.rank)))
            for number, treatment in enumerate(treatments)
        ]
        for each in treated:
            each.quiet = True  # its words are among the notes
        first = next(p for p in model.parameters() if p.is_floating_point())  # the images meet it before the others
        return cls(model, like, first, treated, Modes(model), ranks)

    def images(self, values: Any) -> Tensor:
        """Return a copy of images on the device of the parameters, floats in their precision."""
        tensor = torch.tensor(np.ascontiguousarray(values))
        return tensor.to(self.first.device, self.first.dtype if tensor.is_floating_point() else tensor.dtype)

    def labels(self, values: Any) -> Tensor:
        """Return a copy of labels on the device of the parameters."""
        return torch.tensor(np.ascontiguousarray(values)).to(self.like.device).long()

    def without_effect(self) -> list[str]:
        """Return, and warn of, the things that treatments have not done."""
        found = [text for each in self.treated for text in each.without_effect()]
        for text in found if self.ranks.first else ():
            warnings.warn(f"train: {text}", stacklevel=3)
        return found


def _check_treatments(treatments: Any) -> None:
    """Check that these are treatments.

    Raises:
        InputError: they are not.
    """
    given = treatments if isinstance(treatments, Sequence) and not isinstance(treatments, str) else [treatments]
    for each in given:
        if isinstance(each, type) or not hasattr(each, "artificial"):
            got = repr(each) if isinstance(each, str) else getattr(each, "__name__", type(each).__name__)
            raise InputError(f"train.treatments: must be a list of treatments, e.g. [EWC(10.0)]; got {got}")
    if given is not treatments:
        raise InputError(f"train.treatments: must be a list of treatments; got {treatments!r} alone; give it in [ ]")


@dataclass(frozen=True, eq=False)
class Part:
    """Data that a model is trained on from beginning to end: all there are, or one task of a sequence.

    Attributes:
        data: images and labels.
        plan: numbers of steps.
        seed: of the order of the batches, of augmentation and of dropout.
        task: place in a sequence, from 0; None: no task of a sequence.
        outputs: (output,) bool: outputs that are compared, as treatments are told; only of a task.
        compared: the same by image, where some outputs are not compared; None: all are.
        optimiser: state of an optimiser that goes on; None: a fresh one.
    """

    data: Dataset
    plan: TrainingSteps
    seed: int
    task: int | None = None
    outputs: Tensor | None = None
    compared: Compared | None = None
    optimiser: Mapping[str, Any] | None = None

    @property
    def of_task(self) -> str:
        """Words for errors: the task, "" where there is none."""
        return "" if self.task is None else f" of task {self.task + 1}"


@dataclass(frozen=True, eq=False)
class Attended:
    """Surroundings of a training: functions that it calls, and the place of its state; see `loop.train`.

    Attributes:
        others: further objects whose state a checkpoint stores.
        resume: training goes on from the checkpoint that is at `path`.
    """

    on_record: OnRecord | None
    on_history: OnHistory | None
    progress: Progress | None
    stop: Callable[[], bool]
    path: Path | None
    identity: Mapping[str, Any]
    others: Sequence[Stateful] = ()
    resume: bool = False

    @property
    def stateful(self) -> list[Stateful]:
        """Objects whose state a checkpoint stores."""
        return [*([self.on_record] if isinstance(self.on_record, Stateful) else []), *self.others]
