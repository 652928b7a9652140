"""Settings of an analysis of dynamics. Loads neither torch nor scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from ...simulator.fields import Param, check, check_bounds, declared

LATE, EPS, MIN_SAMPLES = 0.4, 0.2, 3
Range = tuple[str, float, float, int]  # name, lowest, highest, count of values


@dataclass(frozen=True)
class DynamicsSettings:
    """Settings that every part of an analysis shares.

    Attributes:
        plane: (unit, lowest, highest, count) of the axis across and of the axis up; empty: the first two variables.
        starts_from: of a system without equations: (parameter, values) that change only the initial state.

    Raises:
        InputError: a value of another type, or out of its bounds.
    """

    starts: Annotated[int | None, Param("initial states; none: 32, or 8 runs of a system without equations", ge=2)] = (
        None
    )
    spread: Annotated[
        float | None,
        Param("random displacement of the starts, in widths of what a run visits; none: 0, or 1 of equal starts", ge=0),
    ] = None
    watch: Annotated[str | None, Param("unit that a scan describes; none: the first")] = None
    time: Annotated[float | None, Param("length of a run [unit of dt]; none: the duration of the system")] = None
    late: Annotated[float, Param("share of a run, at its end, that attractors are told apart by", gt=0, le=1)] = LATE
    eps: Annotated[float, Param("distance within which two runs are neighbours [SD of each variable]", gt=0)] = EPS
    min_samples: Annotated[int, Param("starts that make an attractor", ge=2)] = MIN_SAMPLES
    seed: Annotated[int, Param("seed of everything random", ge=0)] = 0
    plane: Sequence[Range] = ()
    starts_from: tuple[str, Sequence[object]] | None = None

    def __post_init__(self) -> None:
        for name, (hint, param) in declared(DynamicsSettings).items():
            if param.words:
                value = check(name, hint, getattr(self, name))
                check_bounds(name, param, value)
                object.__setattr__(self, name, value)
