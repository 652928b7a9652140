"""The loop of every attack along a gradient."""

from __future__ import annotations

import torch
from torch import Tensor

from ...simulator import InputError
from .base import Outcome, Victim
from .losses import objective
from .norms import Ball


def descend(
    victim: Victim, x: Tensor, y: Tensor, ball: Ball, loss: str, kappa: float, steps: int, size: float, start: Tensor,
    *, stop: bool,
) -> Outcome:  # fmt: skip
    """Take steps up the loss from `start`, within the ball around x.

    Without `stop` every image takes every step. With it an image leaves as soon as it is misclassified, or if its
    gradient is 0 at the image itself, where it would never move: the answer is the same, and most of the time is
    saved.

    Raises:
        InputError: a gradient that is not finite.
    """
    raised = objective(loss, kappa)
    fooled = torch.zeros(len(x), dtype=torch.bool, device=x.device)
    zero, images = fooled.clone(), start.clone()
    left = torch.arange(len(x), device=x.device)
    still = start is x
    at = start
    for step in range(steps):
        wrong, gradient = victim.gradient(at, y, raised)
        if step == 0:
            largest = gradient.flatten(1).abs().amax(1)
            if not bool(torch.isfinite(largest).all()):
                raise InputError(
                    f"attack: the gradient of the loss {loss} is not finite at some images; mend the model there (a "
                    "root or a logarithm of 0), or give another of losses="
                )
            zero = largest == 0
        if stop:
            leave = wrong | zero if step == 0 and still else wrong
            if bool(leave.any()):
                fooled[left[wrong]] = True
                images[left[leave]] = at[leave]
                keep = ~leave
                left, at, x, y, gradient = left[keep], at[keep], x[keep], y[keep], gradient[keep]
                if not len(left):
                    return Outcome(images, fooled, zero)
        at = ball.projected(ball.step(at, gradient, size), x)
    images[left] = at
    fooled[left] = victim.wrong(at, y)
    return Outcome(images, fooled, zero)
