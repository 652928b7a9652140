"""Fields that several treatments have, and the base of treatments of chosen layers, which checks the patterns."""

from __future__ import annotations

from typing import Annotated

from ...simulator import InputError
from ...simulator.fields import Checked, Param

Patterns = Annotated[tuple[str, ...], Param("layers: patterns of module names; auto: the activation functions")]
Units = Annotated[int | None, Param("units of a layer that are measured, drawn at random; none: all", ge=2)]


class LayerTreatment(Checked):
    """Base of treatments with a field `layers`: one pattern, or several."""

    layers: Patterns

    def __post_init__(self) -> None:
        if isinstance(self.layers, str):
            object.__setattr__(self, "layers", (self.layers,))
        super().__post_init__()
        if not self.layers or "" in self.layers:
            raise InputError(f"{type(self).__name__}.layers: must name at least one module; got {self.layers!r}")
