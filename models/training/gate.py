"""Checks of a training before it starts: frozen parts, options that do nothing, and data that the caller made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from ...simulator import InputError
from ..datasets import Dataset
from ..datasets.doubts import check_examples, doubts
from ..probe.passing import REFUSALS, cannot_take
from .settings import Training, TrainingSteps

NAMED = 5  # modules in a sentence


class Modes:
    """Modes of the modules of a model during training: parts that came in evaluation mode stay in it.

    A model that came in evaluation mode as a whole is trained as a whole.

    Attributes:
        notes: sentences on what is frozen, and on what only looks so.
    """

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        named = dict(model.named_modules())
        frozen = {name: module for name, module in named.items() if name and not module.training}
        whole = not any(module.training for module in named.values())
        self._frozen = [] if whole else list(frozen.values())
        self.notes: list[str] = []
        if whole and any(isinstance(module, _BatchNorm | _DropoutNd) for module in named.values()):
            self.notes.append(
                "the model came in evaluation mode as a whole, and is trained in training mode; to freeze a part, call "
                "train() on the model and then eval() on that part"
            )
        elif frozen and not whole:
            top = [name for name in frozen if name.rpartition(".")[0] not in frozen]
            self.notes.append(
                f"{_listed(top)} came in evaluation mode and stays in it: its statistics and dropout are frozen"
            )
        moving = [name or type(module).__name__ for name, module in named.items() if _only_looks_frozen(module, whole)]
        if moving:
            self.notes.append(
                f"the weights of {_listed(moving)} are frozen (requires_grad=False), but its running statistics follow "
                "the batches; call eval() on it to freeze them"
            )

    def train(self) -> None:
        """Put the model into training mode, but for the frozen parts."""
        self._model.train()
        for module in self._frozen:
            module.training = False


def _only_looks_frozen(module: nn.Module, whole: bool) -> bool:
    if not (isinstance(module, _BatchNorm) and module.track_running_stats and (whole or module.training)):
        return False
    own = list(module.parameters(recurse=False))
    return bool(own) and not any(p.requires_grad for p in own)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")


def doubts_of(data: Dataset) -> list[str]:
    """Return the doubts about a data set that the caller made; one of `load_data` has been checked.

    Raises:
        InputError: it cannot be trained on.
    """
    if data.notes is not None:
        return []
    check_examples(data)
    return doubts(data).warnings


def check_augmented(how: Training, data: Dataset) -> None:
    """Check that augmentations fit the data.

    Raises:
        InputError: the data are no images; pixels outside of 0..1, which black borders and clipping would change.
    """
    if not how.augment:
        return
    if data.kind != "images":
        raise InputError(f"Training.augment: is for images; {data.name} holds {data.kind}")
    low, high = float(np.min(data.x_train)), float(np.max(data.x_train))
    if not -1e-6 <= low <= high <= 1 + 1e-6 and set(how.augment) & {"crop", "noise"}:
        raise InputError(
            f"Training.augment: crop and noise need pixels in 0..1, and x_train spans {low:.3g}..{high:.3g}; give "
            "images in 0..1, and standardise within the model"
        )


def idle_options(how: Training, plan: TrainingSteps, model: nn.Module, checkpointed: bool) -> list[str]:
    """Return a sentence for each setting that has no effect, or another one than its name says."""
    found = []
    if how.optimiser == "adam" and how.momentum != Training.momentum:
        found.append(f"momentum={how.momentum:g} has no effect: it is for optimiser='sgd'")
    if how.schedule != "constant" and how.warmup == plan.steps:
        found.append(f"schedule={how.schedule!r} has no effect: the warm-up takes all {plan.steps} steps")
    if how.patience is not None and how.patience >= plan.steps // plan.every:
        found.append(
            f"patience={how.patience} can end nothing early: there are {plan.steps // plan.every} records after the "
            "first; the weights of the lowest validation loss are taken all the same"
        )
    if how.checkpoint_every is not None and not checkpointed:
        found.append(f"checkpoint_every={how.checkpoint_every} has no effect: no checkpoint is named")
    if how.accumulate > 1 and any(isinstance(each, _BatchNorm) and each.training for each in model.modules()):
        found.append(
            f"accumulate={how.accumulate}: batch norm takes its statistics from each part of a batch, so that the "
            "gradient is not that of the whole batch"
        )
    return found


@contextmanager
def first_pass(x: Tensor, of: str = "train") -> Iterator[None]:
    """Context of a pass of a model on images, in which errors of types, shapes and indices are InputErrors.

    Raises:
        InputError: the model cannot take the examples.
    """
    try:
        yield
    except REFUSALS as error:
        if isinstance(error, InputError | torch.OutOfMemoryError):
            raise
        raise InputError(f"{of}.model: {cannot_take(x, error, len(x))}") from error
