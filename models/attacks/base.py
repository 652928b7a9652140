"""Attack: a way to change images within a ball; the model that it attacks, and the outcome of one try."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ...simulator import InputError
from ..probe.kept import undisturbed
from ..probe.layers import evaluating
from ..probe.passing import REFUSALS, cannot_take
from .norms import LARGEST, Ball

if TYPE_CHECKING:
    from .settings import Norm

Bounds = tuple[float, float] | None
Objective = Callable[[Tensor, Tensor], Tensor]  # logits (n, class), labels (n,) -> (n,), larger where more is wrong


class Outcome(NamedTuple):
    """Outcome of one try on n images.

    Attributes:
        images: (n, ...) after the attack, within the ball and the bounds.
        fooled: (n,) bool: the largest logit is not that of the label.
        zero: (n,) bool: the gradient of the loss at the first image of the try is exactly 0.
    """

    images: Tensor
    fooled: Tensor
    zero: Tensor


class Attack(Protocol):
    """A frozen dataclass whose first field is the size ε. A try is one loss from one start."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def epsilon(self) -> float:
        """Size of the ball."""

    @property
    def norm(self) -> Norm:
        """Norm of the ball."""

    @property
    def losses(self) -> tuple[str, ...]:
        """Names of the losses, in their order; ("",) of an attack without."""

    @property
    def restarts(self) -> int:
        """Tries of each loss."""

    def noise(self, shape: tuple[int, ...], restart: int, rng: np.random.Generator) -> NDArray[Any] | None:
        """Return (n, ...): the random numbers of each image in this try, the same for every loss; None without."""

    def once(
        self, victim: Victim, x: Tensor, y: Tensor, loss: str, noise: Tensor | None, *, stop: bool = False
    ) -> Outcome:
        """Try once on images (n, ...) with labels (n,).

        Args:
            victim: the model under attack.
            x: images.
            y: labels.
            loss: one of `losses`.
            noise: rows of `noise` for these images.
            stop: an image is left as it is as soon as it is misclassified.
        """


class Victim:
    """A model in evaluation mode, as an attack sees it: its logits, and gradients for its input alone.

    Attributes:
        bounds: of the values of an image; None without.
        what: name of the argument, with which errors begin.
    """

    def __init__(self, model: nn.Module, bounds: Bounds = (0.0, 1.0), what: str = "attack.model") -> None:
        self.model, self.bounds, self.what = model, bounds, what
        first = next((p for p in (*model.parameters(), *model.buffers()) if p.is_floating_point()), torch.empty(0))
        self.device, self.dtype = first.device, first.dtype
        self._recurrent = any(isinstance(module, nn.RNNBase) for module in model.modules())

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        """Context of evaluation mode; model and generators come back as they were."""
        # cuDNN has no backward pass of a recurrent layer in evaluation mode
        cudnn = torch.backends.cudnn.flags(enabled=torch.backends.cudnn.enabled and not self._recurrent)
        with undisturbed(self.model), evaluating(self.model), cudnn:
            yield

    def ball(self, attack: Attack) -> Ball:
        """Return the ball of an attack, cut by the bounds of an image.

        Raises:
            InputError: a size beyond what the precision of the model holds.
        """
        most = min(LARGEST, torch.finfo(self.dtype).max / 4)
        if attack.epsilon > most:
            kind = str(self.dtype).removeprefix("torch.")
            raise InputError(f"attack.epsilon: must be at most {most:g} for a model in {kind}; got {attack.epsilon:g}")
        return Ball(attack.norm, attack.epsilon, self.bounds)

    def logits(self, x: Tensor) -> Tensor:
        """Return logits (n, class) of images (n, ...), single precision at least.

        Raises:
            InputError: the model cannot take these images, or its outputs are no logits of classes.
        """
        try:
            found: Any = self.model(x)
        except REFUSALS as error:
            if isinstance(error, InputError | torch.OutOfMemoryError):
                raise
            raise InputError(f"{self.what}: {cannot_take(x, error, len(x))}") from error
        if not isinstance(found, Tensor) or found.ndim != 2 or len(found) != len(x) or found.is_complex():
            got = f"shape {tuple(found.shape)}" if isinstance(found, Tensor) else f"a {type(found).__name__}"
            got = "complex numbers" if isinstance(found, Tensor) and found.is_complex() else got
            raise InputError(f"{self.what}: must return logits (n, class) of n images; got {got}")
        return found if found.dtype == torch.float64 else found.float()

    def wrong(self, x: Tensor, y: Tensor) -> Tensor:
        """Return (n,) bool: the largest logit is not that of the label."""
        return self.logits(x).argmax(1) != y

    def gradient(self, x: Tensor, y: Tensor, objective: Objective) -> tuple[Tensor, Tensor]:
        """Return which images are misclassified, and the gradient of the summed objective at x.

        Of weights no gradient is computed.

        Raises:
            InputError: the outputs do not depend on the images by operations that torch can differentiate.
        """
        with torch.enable_grad():
            at = x.detach().requires_grad_()
            logits = self.logits(at.clone())  # which a model may change in place
            wrong = logits.detach().argmax(1) != y
            if not logits.requires_grad:
                raise InputError(
                    f"{self.what}: its outputs have no gradient (it runs under no_grad, detaches or rounds); give "
                    'attack="spsa", which needs none'
                )
            (found,) = torch.autograd.grad(objective(logits, y).sum(), at)
        return wrong, found
