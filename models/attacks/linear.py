"""The exact optimum of an attack on a linear model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from ...simulator import InputError
from ...simulator.fields import Checked, Param
from .settings import EPSILON, NORM, Norm

if TYPE_CHECKING:  # torch and numpy take long to import
    import numpy as np
    from torch import Tensor

    from .base import Outcome, Victim
    from .norms import Ball

NEAR = 1e-4  # largest departure from a linear model, as a share of the largest logit
HALVINGS = 60  # of the interval of the multiplier in L2 with bounds


@dataclass(frozen=True)
class Linear(Checked):
    r"""The exact optimum for a model z = Wx + b: the answer that every other attack must reach.

    .. math:: x' = x + \varepsilon\,\mathrm{sign}(w_j - w_y) \ (L_\infty), \quad
        x' = x + \varepsilon\,\frac{w_j - w_y}{\|w_j - w_y\|_2} \ (L_2)

    for the class j whose lead over the label y is then the largest. Bounds of an image: in L∞ x' is clipped; in L2
    x' = clip(x + λ(w_j − w_y)) with the λ at which the change has size ε. Without bounds the least change that
    fools is (z_y − z_j)/‖w_j − w_y‖₁ in L∞, and the same over ‖w_j − w_y‖₂ in L2.

    Raises:
        InputError: ε < 0 or not finite, an unknown norm; when used, a model that is not linear.
    """

    epsilon: Annotated[float, Param(EPSILON, ge=0)]
    norm: Annotated[Norm, Param(NORM)] = "linf"

    losses, restarts = ("",), 1

    def noise(self, shape: tuple[int, ...], restart: int, rng: np.random.Generator) -> None:
        """Return None: nothing is random."""

    def once(
        self, victim: Victim, x: Tensor, y: Tensor, loss: str, noise: Tensor | None, *, stop: bool = False
    ) -> Outcome:
        """Try once; see `Attack.once`."""
        import torch

        from .base import Outcome

        weights = weights_of(victim, x)
        logits, ball = victim.logits(x), victim.ball(self)
        best, images = torch.full_like(logits[:, 0], -torch.inf), x.clone()
        for j in range(len(weights)):
            direction = (weights[j] - weights[y]).view_as(x)
            there = optimum(ball, x, direction)
            lead = logits[:, j] - logits.gather(1, y[:, None])[:, 0] + ((there - x) * direction).flatten(1).sum(1)
            better = (lead > best) & (y != j)
            best[better], images[better] = lead[better], there[better]
        return Outcome(images, victim.wrong(images, y), torch.zeros_like(y, dtype=torch.bool))


def weights_of(victim: Victim, x: Tensor) -> Tensor:
    """Return W (class, value) of a linear model.

    Raises:
        InputError: it is not linear on these images.
    """
    import torch

    origin = torch.zeros_like(x[:1])
    n_classes = victim.logits(origin).shape[1]
    rows = [victim.gradient(origin, origin.new_zeros(1).long(), lambda z, _, j=j: z[:, j])[1] for j in range(n_classes)]  # type: ignore[misc]  # j is bound early
    weights = torch.cat(rows).flatten(1)
    logits = victim.logits(x)
    away = (victim.logits(origin) + x.flatten(1).to(weights) @ weights.T - logits).abs().max()
    if not bool(away <= NEAR * logits.abs().max().clamp_min(1.0)):
        raise InputError('Linear: is exact for linear models alone, and this one is not linear; give attack="pgd"')
    return weights


def optimum(ball: Ball, x: Tensor, direction: Tensor) -> Tensor:
    """Return the point of the ball, within the bounds, that is the farthest along a direction."""
    import torch

    from .norms import lengths

    if ball.norm == "linf" or ball.bounds is None:
        return ball.projected(ball.step(x, direction, ball.epsilon), x)
    low, high = ball.bounds
    shape = (-1, *[1] * (x.ndim - 1))

    def at(multiplier: Tensor) -> Tensor:
        return (x + multiplier.view(shape) * direction).clamp(low, high)

    least = torch.zeros(len(x), dtype=x.dtype, device=x.device)
    smallest = direction.abs().masked_fill(direction == 0, torch.inf).flatten(1).amin(1)
    most = ((high - low) / smallest).nan_to_num(0.0, posinf=0.0)  # beyond it every value is at its bound
    for _ in range(HALVINGS):
        middle = (least + most) / 2
        fits = lengths(at(middle) - x) <= ball.epsilon
        least, most = torch.where(fits, middle, least), torch.where(fits, most, middle)
    return at(least)
