"""One step downhill: forward pass in the chosen precision, gradients, optimiser; and the checks around it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import torch
from threadpoolctl import threadpool_limits
from torch import Tensor, nn

from ...simulator import InputError
from ...simulator.fields import Param, checked
from .settings import Training

_HALVES = (torch.float16, torch.bfloat16)


class Descent:
    """The optimiser of a model with the learning rate, the precision and the loss scaling that go with it.

    Half precision is that of the forward pass alone (autocast). Losses of float16 are scaled before the backward pass,
    and a step whose gradients overflow is left out (Micikevicius et al., ICLR 2018).
    """

    def __init__(self, model: nn.Module, how: Training, steps: int, device: torch.device) -> None:
        self._how, self._steps, self._kind = how, steps, device.type
        self._optimiser = _optimiser(model, how)
        self._scaler = torch.amp.GradScaler(device.type, enabled=how.precision == "float16")

    def begin(self, step: int) -> None:
        """Set the learning rate of this step and forget the gradients of the one before."""
        for group in self._optimiser.param_groups:
            group["lr"] = self._how.rate(step, self._steps)
        self._optimiser.zero_grad()

    def outputs(self, model: nn.Module, images: Tensor) -> Tensor:
        """The logits of a forward pass, in single precision at least."""
        if self._how.precision == "float32":
            found: Tensor = model(images)
            return found
        with torch.autocast(self._kind, dtype=getattr(torch, self._how.precision)):
            found = model(images)
        return found.float() if found.dtype in _HALVES else found

    def backward(self, loss: Tensor) -> None:
        """Add the gradient of this loss."""
        self._scaler.scale(loss).backward()  # type: ignore[no-untyped-call]

    def unscale(self) -> None:
        """Take the scale off the gradients, so that they can be read and changed."""
        self._scaler.unscale_(self._optimiser)

    def step(self) -> None:
        """Change the weights by the gradients."""
        self._scaler.step(self._optimiser)
        self._scaler.update()

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the optimiser and of the loss scaling; the learning rate follows from the step."""
        return {"optimiser": self._optimiser.state_dict(), "scaler": self._scaler.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`."""
        self._optimiser.load_state_dict(state["optimiser"])
        self._scaler.load_state_dict(state["scaler"])


def _optimiser(model: nn.Module, how: Training) -> torch.optim.Optimizer:
    trained = [p for p in model.parameters() if p.requires_grad]
    if how.optimiser == "adam":
        return torch.optim.AdamW(trained, lr=how.learning_rate, weight_decay=how.weight_decay, fused=True)
    return torch.optim.SGD(trained, lr=how.learning_rate, momentum=how.momentum, weight_decay=how.weight_decay)


def weight_norm(model: nn.Module) -> float:
    """Return √Σ w² over all parameters."""
    return math.sqrt(sum(p.detach().float().square().sum().item() for p in model.parameters()))


def not_finite(what: str, value: float, step: int, epoch: int, learning_rate: float, hint: str) -> InputError:
    """Return the error for a loss that is not finite; `hint` names the last good checkpoint."""
    return InputError(
        f"train: the {what} is {value} at step {step} (epoch {epoch}); "
        f"lower learning_rate={learning_rate:g}, e.g. learning_rate={min(learning_rate / 10, 1e-3):g}{hint}"
    )


def parts(n: int, pieces: int) -> Iterator[tuple[slice, float, bool]]:
    """n images in at most `pieces` parts of near equal size: where, its share of them, and whether it is the last.

    >>> list(parts(5, 2))
    [(slice(0, 2, None), 0.4, False), (slice(2, 5, None), 0.6, True)]
    """
    ends = [n * k // pieces for k in range(pieces + 1)]
    for first, end in pairwise(ends):
        if end > first:
            yield slice(first, end), (end - first) / n, end == n


@contextmanager
def cpu_threads(n: int | None) -> Iterator[None]:
    """A context in which torch and numpy's products use n CPU threads; the numbers they used before come back.

    Beside other work, threads of small products wait for each other and burn ten times the CPU.

    Raises:
        InputError: n is no integer >= 1.
    """
    if n is None:
        yield
        return
    checked("train.threads", int, Param("", ge=1, le=2**31 - 1), n)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(n)
        with threadpool_limits(n, user_api="blas"):
            yield
    finally:
        torch.set_num_threads(before)
