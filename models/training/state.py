"""State of a training: everything that a checkpoint stores, and how training goes on from it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor, nn

from ...simulator import InputError
from ...simulator.files.identity import differences
from ..treatments.base import Intervention
from .checkpoint import load_weights, model_in_words, read, write
from .descent import Descent
from .distributed import Ranks
from .history import METRICS, VALIDATION, History
from .randomness import Batches
from .settings import TrainingSteps
from .unsaved import constants_of, put_back, unsaved


class UnfinishedTrainingError(Exception):
    """Training was asked to stop; from its checkpoint it can go on.

    Attributes:
        done: optimiser steps done.
        total: optimiser steps in all.
    """

    def __init__(self, done: int, total: int) -> None:
        super().__init__(f"stopped at {done} of {total} steps")
        self.done, self.total = done, total


@runtime_checkable
class Stateful(Protocol):
    """An object whose state a checkpoint stores: plain numbers, strings, lists, mappings and tensors."""

    def state_dict(self) -> dict[str, Any]:
        """Return the state of this object."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`."""


@dataclass(eq=False)
class State:
    """A network in training.

    Attributes:
        model, descent, batches, treated: what training changes.
        others: recorders and the like, whose state is stored, too.
        plan, validates, patience: how long it lasts, and whether there are validation images.
        step: optimiser steps done.
        rows, steps: the history so far.
        best, best_unsaved: weights of the lowest validation loss, and what is `unsaved`; stored only with `patience`.
        notes: sentences of the gate (`gate.py`), and at the end those of the treatments.
    """

    model: nn.Module
    descent: Descent
    batches: Batches
    treated: Sequence[Intervention]
    others: Sequence[Stateful]
    plan: TrainingSteps
    validates: bool
    patience: int | None
    step: int = 0
    rows: list[list[float]] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)
    best_unsaved: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    unbounded: frozenset[str] = frozenset()  # buffers that are not finite from the beginning, as masks of −∞

    constants: dict[str, Any] = field(default_factory=dict)  # what modules hold before training

    def __post_init__(self) -> None:
        self.constants = constants_of(self.model)
        buffers = self.model.named_buffers(remove_duplicate=False)
        self.unbounded = frozenset(name for name, buffer in buffers if not _is_finite(buffer))

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of the columns of the history."""
        return METRICS + (VALIDATION if self.validates else ())

    @property
    def finished(self) -> bool:
        """True when all steps are done, or the validation loss has not fallen for `patience` records."""
        return self.step >= self.plan.steps or (
            self.patience is not None and len(self.rows) - 1 - self._lowest() >= self.patience
        )

    def history(self) -> History:
        """History so far."""
        dt = 1.0 if self.plan.clock == "epoch" else float(self.plan.every)
        kept = len(self.rows) - 1 if self.patience is None else self._lowest()
        return History(np.array(self.rows), np.array(self.steps), self.plan.clock, dt, self.metrics, kept,
                       tuple(self.notes))  # fmt: skip

    def add(self, row: Sequence[float]) -> None:
        """A row of the history, measured after `step` steps."""
        self.rows.append(list(row))
        self.steps.append(self.step)
        if self.patience is not None and self._lowest() == len(self.rows) - 1:
            self.best = {name: weight.detach().clone() for name, weight in self.model.state_dict().items()}
            self.best_unsaved = unsaved(self.model, self.constants)

    def take_best(self) -> None:
        """Put the weights of the lowest validation loss in place of the last, if `patience` is set."""
        if self.patience is not None:
            self.model.load_state_dict(self.best)
            put_back(self.model, self.best_unsaved)

    def save(self, path: Path, identity: Mapping[str, Any], ranks: Ranks) -> None:
        """Write the checkpoint (the first process does), in the place of the one before.

        Raises:
            InputError: a weight or a running statistic is not finite; the one before stays.
        """
        memories = ranks.gathered([treated.state_dict() for treated in self.treated])
        for name, weight in self.model.state_dict().items():
            if name not in self.unbounded and not _is_finite(weight):
                raise InputError(f"train: {name} is no longer finite at step {self.step}{kept_in(path)}")
        if not ranks.first:
            return
        state = {
            "model": self.model.state_dict(),
            "unsaved": unsaved(self.model, self.constants),
            "modules": _modules(self.model),
            "model_in_words": model_in_words(self.model, identity),
            "descent": self.descent.state_dict(),
            "batches": self.batches.state_dict(),
            "treatments": memories,
            "others": [other.state_dict() for other in self.others],
            "step": self.step,
            "rows": torch.tensor(self.rows, dtype=torch.float64),
            "steps": self.steps,
            "metrics": list(self.metrics),
            "best": self.best,
            "best_unsaved": self.best_unsaved,
        }
        write(path, "checkpoint", identity, state, force=True)

    def load(self, path: Path, identity: Mapping[str, Any], ranks: Ranks) -> None:
        """Go on from a checkpoint.

        Raises:
            InputError: it is damaged, of another network, or of another training; the difference is named.
        """
        there = read(path, "checkpoint")
        try:
            words, here = str(there["model_in_words"]), model_in_words(self.model, identity)
            if there["about"].get("architecture") != identity.get("architecture"):
                raise InputError(f"{path}: holds the weights of {words}; this model is {here}")
            if there["metrics"] != list(self.metrics):
                raise InputError(f"{path}: holds the metrics {', '.join(there['metrics'])} of another version; want "
                                 f"{', '.join(self.metrics)}: start again without it (--force)")  # fmt: skip
            if unlike := _unlike(there["about"], identity):
                raise InputError(f"{path}: is of another training: {unlike}; start again without it (--force)")
            load_weights(self.model, there["model"], str(path), words, here)
            if unlike := _differing(str(there.get("modules", "")), _modules(self.model)):  # older checkpoints lack it
                raise InputError(f"{path}: holds the weights of another model: {unlike}")
            put_back(self.model, there.get("unsaved", {}))  # older checkpoints lack it
            self.descent.load_state_dict(there["descent"])
            self.batches.load_state_dict(there["batches"])
            for treated, memory in zip(self.treated, there["treatments"][ranks.rank], strict=True):
                treated.load_state_dict(memory)
            for other, memory in zip(self.others, there["others"], strict=True):
                other.load_state_dict(memory)
            device = next(self.model.parameters()).device
            self.best = {name: weight.to(device) for name, weight in there["best"].items()}
            self.best_unsaved = dict(there.get("best_unsaved", {}))
            self.step, self.rows, self.steps = int(there["step"]), there["rows"].tolist(), list(there["steps"])
        except (LookupError, TypeError, AttributeError, RuntimeError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"{path}: is not a complete checkpoint: {type(error).__name__}: {error}") from error

    def _lowest(self) -> int:
        losses = [row[self.metrics.index("val_loss")] for row in self.rows]
        return losses.index(min(losses))


def _modules(model: nn.Module) -> str:
    """Return the modules of a model with their settings, a line each, without addresses in memory."""
    return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(model))


def _differing(there: str, here: str) -> str:
    """Return the first line that differs between two models, in words; "" if none does, or if one is not known."""
    if not there:
        return ""
    pairs = zip_longest(there.splitlines(), here.splitlines(), fillvalue="nothing")
    return next((f"{a.strip()} there and {b.strip()} here" for a, b in pairs if a != b), "")


def _is_finite(value: object) -> bool:
    """Return whether all numbers of a tensor are finite; checked for dense floats of two bytes and more."""
    if not (isinstance(value, Tensor) and value.is_floating_point() and value.layout == torch.strided):
        return True
    return value.element_size() == 1 or bool(torch.isfinite(value).all())


def _unlike(there: Mapping[str, Any], here: Mapping[str, Any]) -> str:
    """Return the differences between two identities; the fingerprint of the data counts if no setting differs."""
    a, b = ({key: value for key, value in each.items() if key != "data_sha256"} for each in (there, here))
    return differences(a, b) or differences(there, here)


def kept_in(path: Path | None) -> str:
    """Return the place of the last good checkpoint, in words; "" if there is none."""
    if path is None or not path.exists():
        return ""
    return f"; the state at step {int(read(path, 'checkpoint')['step'])} is kept in {path}"
