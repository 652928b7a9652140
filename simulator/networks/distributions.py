"""Distributions of a parameter over the cells of a population, drawn from the seed of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from ..errors import InputError
from ..fields import Checked, Param


@dataclass(frozen=True)
class Normal(Checked):
    """Independent normal values; units are those of the parameter."""

    mean: Annotated[float, Param("mean")]
    sd: Annotated[float, Param("standard deviation", ge=0)]


@dataclass(frozen=True)
class Uniform(Checked):
    """Independent values, uniform between two ends; units are those of the parameter.

    Raises:
        InputError: low above high.
    """

    low: Annotated[float, Param("lowest value")]
    high: Annotated[float, Param("highest value")]

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low > self.high:
            raise InputError(f"Uniform.high: must be at least low = {self.low:g}; got {self.high:g}")
