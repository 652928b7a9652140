"""Settings of the parts of a value, apart from their computation: the command line reads them without numpy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from ...simulator.errors import InputError, unknown
from ..settings import ValueSettings

Reference = Literal["auto", "yes", "no"]


@dataclass(frozen=True)
class WhySettings(ValueSettings):
    """Settings of the parts of a value: those of the value, and two of the parts.

    Attributes:
        corner: frequency between slow and fast [cycles per tick of the clock; Hz for "second"]; 1 Hz if left out, or
            that of 60 cycles in the recording where it has no second or lasts less than 60 s.
        reference: whether the units can have a common reference, as electrodes have: "yes", "no", or "auto", by which
            channels of EEG, LFP and MEG can.
    """

    nulls: int = 199
    corner: float | None = None
    reference: Reference = "auto"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.corner is not None and not (math.isfinite(self.corner) and self.corner > 0):
            raise InputError(f"why.corner: must be > 0 cycles per tick of the clock; got {self.corner:g}")
        if self.reference not in get_args(Reference):
            raise unknown("why.reference", str(self.reference), get_args(Reference))
