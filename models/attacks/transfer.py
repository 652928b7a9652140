"""Transfer: adversarial images of another model."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, cast

from ...simulator import InputError
from ...simulator.fields import Param
from .gradient import PGD

if TYPE_CHECKING:  # torch takes long to import
    from torch import Tensor, nn

    from .base import Outcome, Victim


OTHER = "attack.other"  # name of the other model in errors


@dataclass(frozen=True)
class Transfer(PGD):
    """Images that PGD made on another model, the source: what an attacker reaches without this one.

    All steps are taken, also after the source is fooled. Papernot et al., arXiv:1605.07277 (2016). Where it is
    better than PGD on the model itself, the gradients of the model mislead.

    Raises:
        InputError: as of PGD; no source, or one that is no torch module.
    """

    source: Annotated[object, Param("the other model, a torch module")] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.source is None or not callable(getattr(self.source, "modules", None)):
            got = "none" if self.source is None else type(self.source).__name__
            raise InputError(
                f"Transfer.source: must be another model, a torch module, on which the images are made; got {got}; in "
                "ictal.attack give other=, on the command line --transfer OTHER.pt"
            )

    def once(
        self, victim: Victim, x: Tensor, y: Tensor, loss: str, noise: Tensor | None, *, stop: bool = False
    ) -> Outcome:
        """Try once; see `Attack.once`."""
        from .base import Victim

        source = Victim(cast("nn.Module", self.source), victim.bounds, OTHER)
        made_on = PGD(**{item.name: getattr(self, item.name) for item in fields(PGD)})
        there = None if noise is None else noise.to(source.device, source.dtype)
        with source.evaluating():
            found = made_on.once(source, x.to(source.device, source.dtype), y.to(source.device), loss, there)
        images = found.images.to(x)
        return found._replace(images=images, fooled=victim.wrong(images, y), zero=found.zero.to(y.device))
