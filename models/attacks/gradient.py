"""Attacks along the gradient: one step (FGSM) and many (PGD)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from ...simulator import InputError
from ...simulator.fields import Checked, Param
from .settings import EPSILON, KAPPA, LOSSES, NORM, RESTARTS, STEP, STEPS, Loss, Norm, step_size

if TYPE_CHECKING:  # torch and numpy take long to import
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from .base import Outcome, Victim


@dataclass(frozen=True)
class FGSM(Checked):
    r"""One step along the gradient of the loss.

    .. math:: x' = \mathrm{clip}\left(x + \varepsilon\,\mathrm{sign}\,\nabla_x L(x, y)\right)

    In L2 the step is ε along the unit vector of the gradient. Goodfellow, Shlens & Szegedy, ICLR 2015. It is no
    measure of robustness: where it fails, more steps may not.

    Raises:
        InputError: ε < 0 or not finite, an unknown norm or loss.
    """

    epsilon: Annotated[float, Param(EPSILON, ge=0)]
    norm: Annotated[Norm, Param(NORM)] = "linf"
    losses: Annotated[tuple[Loss, ...], Param(LOSSES)] = ("cross-entropy",)
    kappa: Annotated[float, Param(KAPPA, ge=0)] = 0.0

    steps = restarts = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_losses(self)

    def noise(self, shape: tuple[int, ...], restart: int, rng: np.random.Generator) -> None:
        """Return None: nothing is random."""

    def once(
        self, victim: Victim, x: Tensor, y: Tensor, loss: str, noise: Tensor | None, *, stop: bool = False
    ) -> Outcome:
        """Try once; see `Attack.once`."""
        from .descent import descend

        return descend(victim, x, y, victim.ball(self), loss, self.kappa, 1, self.epsilon, x, stop=stop)


@dataclass(frozen=True)
class PGD(Checked):
    r"""Steps along the gradient, each projected back to the ball and to the bounds of an image.

    .. math:: x_{t+1} = \Pi_\varepsilon\left(x_t + a\,\mathrm{sign}\,\nabla_x L(x_t, y)\right)

    In L2 the step is along the unit vector of the gradient. The first try starts at the image, the others at a
    uniform point of the ball. An image is robust if no loss and no restart fools the network: the worst per image.
    Madry et al., ICLR 2018; losses: Carlini & Wagner, IEEE S&P 2017.

    Raises:
        InputError: ε < 0 or not finite, an unknown norm or loss, fewer than one step or restart, a step <= 0.
    """

    epsilon: Annotated[float, Param(EPSILON, ge=0)]
    norm: Annotated[Norm, Param(NORM)] = "linf"
    steps: Annotated[int, Param(STEPS, ge=1)] = 20
    restarts: Annotated[int, Param(RESTARTS, ge=1)] = 1
    losses: Annotated[tuple[Loss, ...], Param(LOSSES)] = (
        "cross-entropy",
        "margin",
    )
    step: Annotated[float | None, Param(STEP, gt=0)] = None
    kappa: Annotated[float, Param(KAPPA, ge=0)] = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_losses(self)

    @property
    def step_size(self) -> float:
        """Size of a step, in the units of ε."""
        return step_size(self.epsilon, self.steps, self.step)

    def noise(self, shape: tuple[int, ...], restart: int, rng: np.random.Generator) -> NDArray[np.float32] | None:
        """Return uniform points of the unit ball, None for the first try."""
        from .norms import inside

        return inside(self.norm, shape, rng) if restart else None

    def once(
        self, victim: Victim, x: Tensor, y: Tensor, loss: str, noise: Tensor | None, *, stop: bool = False
    ) -> Outcome:
        """Try once; see `Attack.once`."""
        from .descent import descend

        ball = victim.ball(self)
        start = x if noise is None else ball.moved(x, noise)
        return descend(victim, x, y, ball, loss, self.kappa, self.steps, self.step_size, start, stop=stop)


def check_losses(attack: Any) -> None:
    """Refuse an attack without losses, or with one given twice.

    Raises:
        InputError: there is none, or one is given twice.
    """
    what = f"{type(attack).__name__}.losses"
    if not attack.losses:
        raise InputError(f'{what}: must name at least one loss, e.g. losses=("cross-entropy", "margin"); got none')
    if len({*attack.losses}) < len(attack.losses):
        raise InputError(f"{what}: must name each loss once; got {', '.join(attack.losses)}")
