"""Random noise of the size of an attack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from ...simulator.fields import Checked, Param
from .settings import EPSILON, NORM, Norm

if TYPE_CHECKING:  # torch and numpy take long to import
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from .base import Outcome, Victim


@dataclass(frozen=True)
class RandomSign(Checked):
    r"""Random noise of size ε: the control of every attack.

    .. math:: x' = \mathrm{clip}(x + \varepsilon s), \quad s_i = \pm 1 \text{ in } L_\infty

    In L2 s is uniform on the unit sphere. Bounds of an image make the change smaller where they cut it.

    Raises:
        InputError: ε < 0 or not finite, an unknown norm, fewer than one restart.
    """

    epsilon: Annotated[float, Param(EPSILON, ge=0)]
    norm: Annotated[Norm, Param(NORM)] = "linf"
    restarts: Annotated[int, Param("draws; an image is robust if none fools the network", ge=1)] = 1

    losses = ("",)

    def noise(self, shape: tuple[int, ...], restart: int, rng: np.random.Generator) -> NDArray[np.float32]:
        """Return random points of size 1."""
        from .norms import surface

        return surface(self.norm, shape, rng)

    def once(
        self, victim: Victim, x: Tensor, y: Tensor, loss: str, noise: Tensor | None, *, stop: bool = False
    ) -> Outcome:
        """Try once; see `Attack.once`."""
        import torch

        from .base import Outcome

        assert noise is not None
        images = victim.ball(self).moved(x, noise)
        return Outcome(images, victim.wrong(images, y), torch.zeros_like(y, dtype=torch.bool))
