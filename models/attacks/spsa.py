"""SPSA: a black-box attack, which needs outputs alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from ...simulator.fields import Checked, Param
from .settings import EPSILON, NORM, STEP, STEPS, Norm, step_size

if TYPE_CHECKING:  # torch and numpy take long to import
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from .base import Outcome, Victim

PROBE = 0.1  # half the distance of two outputs that are compared, as a share of ε


@dataclass(frozen=True)
class SPSA(Checked):
    r"""Steps along a gradient that is estimated from outputs alone: simultaneous perturbation of all values.

    .. math:: \hat g = \frac{1}{m} \sum_{k=1}^{m} \frac{L(x + \delta v_k) - L(x - \delta v_k)}{2\delta}\, v_k,
        \quad v_{ki} = \pm 1

    L is the margin max_{j≠y} z_j − z_y, δ = ε/10; each step is projected as in PGD. A try costs 2m passes forward a
    step. Spall, IEEE Trans. Autom. Control 37, 332 (1992); as an attack: Uesato et al., ICML 2018. Where it fools
    images that PGD leaves, the gradients of the model mislead.

    Raises:
        InputError: ε < 0 or not finite, an unknown norm, fewer than one step, sample or restart, a step <= 0.
    """

    epsilon: Annotated[float, Param(EPSILON, ge=0)]
    norm: Annotated[Norm, Param(NORM)] = "linf"
    steps: Annotated[int, Param(STEPS, ge=1)] = 20
    restarts: Annotated[int, Param("tries, each from the image with other directions", ge=1)] = 1
    samples: Annotated[int, Param("directions m of a step", ge=1)] = 16
    step: Annotated[float | None, Param(STEP, gt=0)] = None

    losses = ("margin",)

    def noise(self, shape: tuple[int, ...], restart: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Return the seed of the directions, which all images share, for each image."""
        import numpy as np

        return np.full(shape[0], int(rng.integers(2**31)))

    def once(
        self, victim: Victim, x: Tensor, y: Tensor, loss: str, noise: Tensor | None, *, stop: bool = False
    ) -> Outcome:
        """Try once; see `Attack.once`."""
        import numpy as np
        import torch

        from .base import Outcome
        from .losses import margin

        assert noise is not None
        rng = np.random.default_rng(int(noise[0]))
        ball, size = victim.ball(self), step_size(self.epsilon, self.steps, self.step)
        reach = PROBE * self.epsilon
        images, fooled, at = x.clone(), torch.zeros_like(y, dtype=torch.bool), x
        left = torch.arange(len(x), device=x.device)
        for _ in range(self.steps):
            slope = torch.zeros_like(at)
            for _ in range(self.samples):
                v = torch.from_numpy(2.0 * rng.integers(2, size=x.shape[1:]) - 1.0).to(x)
                up, down = (margin(victim.logits(at + side * reach * v), y) for side in (1.0, -1.0))
                slope += (up - down).view(-1, *[1] * (x.ndim - 1)) * v
            at = ball.projected(ball.step(at, slope, size), x)
            wrong = victim.wrong(at, y)
            images[left], fooled[left] = at, wrong
            if stop and bool(wrong.any()):
                keep = ~wrong
                left, at, x, y = left[keep], at[keep], x[keep], y[keep]
                if not len(left):
                    break
        return Outcome(images, fooled, torch.zeros_like(fooled))
