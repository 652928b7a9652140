"""Treatments, and their interventions in the training of a deep network."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, runtime_checkable

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True, eq=False)
class Task:
    """One task of a sequence, as a treatment sees it.

    Attributes:
        number: place in the sequence, from 0.
        x: training examples (n, ...), on the device and in the precision of the model.
        y: (n,) labels, numbers of outputs of the model.
        outputs: (output,) bool: the outputs that are compared in this task; all where the model is not told which
            task it is in.
    """

    number: int
    x: Tensor
    y: Tensor
    outputs: Tensor

    def admitted(self, logits: Tensor) -> Tensor:
        """Return logits (n, output) with -inf at the outputs that are not compared."""
        return logits.masked_fill(~self.outputs, float("-inf"))


class Intervention:
    """A treatment at work on one model, in any training loop. A method that a treatment does not need does nothing.

    ```python
    with DesyncReg(1.0).artificial(model) as treated:
        for step, (x, y) in enumerate(batches, start=1):
            outputs = model(x)
            loss = cross_entropy(outputs, y) + treated.loss(outputs, y)
            optimiser.zero_grad()
            loss.backward()
            treated.gradients()
            optimiser.step()
            treated.after_step(step, {"loss": loss.item()})
    ```

    Hooks are set on entering and removed on leaving, by an error too. Its state, which lets it
    go on bit by bit after a stop, is in `state_dict`: plain numbers, strings, lists and tensors.
    Leaving without an error warns of `without_effect`, unless `quiet`.
    """

    needs: tuple[str, ...] = ()  # metrics that `after_step` must be given at records
    quiet: bool = False  # True where somebody else reports `without_effect`

    def __init__(self, model: nn.Module, treatment: Any = None) -> None:
        self.model, self.treatment = model, treatment
        self._hooks = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._hooks.close()
        if not self.quiet and error[:1] == (None,):
            for text in self.without_effect():
                warnings.warn(text, stacklevel=2)

    def check(self, images: Tensor) -> None:
        """Refuse the largest batch of a training, before it starts, if the treatment could do nothing with it."""

    def without_effect(self) -> tuple[str, ...]:
        """Return a sentence for each thing that the treatment has not done in any step so far."""
        return ()

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor | float:
        """Return the term added to the loss of this batch; outputs (n, class), targets (n,)."""
        return 0.0

    def gradients(self) -> None:
        """Change the gradients, after the backward pass and before the optimiser's step."""

    def after_step(self, step: int, metrics: Mapping[str, float]) -> None:
        """Act on the number of steps done; `metrics`: "loss" of this step, at records also those of the record."""

    def begin_task(self, task: Task) -> None:
        """Prepare for a task of a sequence, before its first step; never called where there is one task alone."""

    def end_task(self, task: Task) -> None:
        """Keep what is needed of a task of a sequence, after its last step."""

    def state_dict(self) -> dict[str, Any]:
        """Return the state between steps."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`."""


@runtime_checkable
class Treatment(Protocol):
    """A frozen dataclass. Its first field is the dose: 0 is no treatment."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    def artificial(self, model: nn.Module, *, seed: int = 0) -> Intervention:
        """Return the treatment of this deep network; `seed` draws its random numbers."""
