"""Types of the fields of attacks; no torch."""

from __future__ import annotations

from typing import Literal

Norm = Literal["linf", "l2"]
Loss = Literal["cross-entropy", "margin", "cw"]
NORMS: dict[Norm, str] = {"linf": "L∞", "l2": "L2"}  # name -> symbol
EPSILON = "size ε of the ball [unit of the images]"
NORM = "norm of the ball: linf, the largest change of a value, or l2, the root of the sum of squares"
STEPS = "steps along the gradient"
STEP = "size of a step, as a fraction of ε; 2.5 / steps if left out [1]"
KAPPA = "confidence κ of the loss cw: margin beyond which it is flat [logit]"
LOSSES = "losses to raise, each in tries of its own"
RESTARTS = "tries of each loss: the first from the image, the others from random points"
FAR = 2.5  # times ε that all steps reach together, as of Madry et al.


def step_size(epsilon: float, steps: int, step: float | None) -> float:
    """Return the size of a step, in the units of ε; `step` is a fraction of ε, 2.5 / steps if None."""
    return (FAR / steps if step is None else step) * epsilon
