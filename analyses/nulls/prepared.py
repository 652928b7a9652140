"""Measures of many surrogates at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from ...simulator import InputError, Recording
from ...simulator.types import Band
from ..measures.base import Measure, examine
from ..measures.pairs import Pairs

TOGETHER = 120_000  # numbers of the surrogates whose correlations are computed at once
Rows = NDArray[np.float64]


def band_of(measure: Measure, band: Band | None) -> Band | None:
    """Return the band if the measure reads phases in it, else None."""
    return band if "band" in measure.needs else None


@dataclass(frozen=True, eq=False)
class Prepared:
    """A measure with the arguments of its kernel and its live units, (trial, unit)."""

    measure: Measure
    inputs: dict[str, Any]
    mask: NDArray[np.bool_]

    @classmethod
    def of(cls, measure: Measure, observed: Recording, band: Band | None, label: str) -> Prepared:
        """Return the measure as it reads what is observed.

        Raises:
            InputError: it is not defined there.
        """
        checked = examine(measure, observed, band=band_of(measure, band), label=label)
        if isinstance(checked, str):
            raise InputError(f"{measure.name}: no null: of what surrogates stand beside: {checked}")
        inputs, mask = checked
        return cls(measure, inputs, np.asarray(mask).reshape(-1, observed.n_units))


def surrogate_values(prepared: Sequence[Prepared], made: Rows, squares: list[float] | None) -> NDArray[np.float64]:
    """Return the measures (measure, surrogate) of surrogates (surrogate, trial, unit, time), trials averaged.

    The correlations that measures of pairs share are computed once. Their mean square is added to `squares`, a number a
    surrogate.
    """
    found = np.empty((len(prepared), len(made)))
    shared = [at for at, one in enumerate(prepared) if one.measure.of_pairs is not None]
    for at, one in enumerate(prepared):
        if at not in shared:
            many = np.broadcast_to(one.mask, (len(made), *one.mask.shape))
            kernel = one.measure.kernel(made.swapaxes(-1, -2), many, **one.inputs)
            found[at] = np.asarray(kernel).mean(axis=-1)
    if shared:
        mask = prepared[shared[0]].mask  # liveness of these measures depends on nothing but the data
        for first in range(0, len(made), step := max(1, TOGETHER // made[0, 0].size)):
            part = made[first : first + step]
            values, square = np.empty((len(shared), *part.shape[:2])), np.empty(part.shape[:2])
            for trial in range(part.shape[1]):
                pairs = Pairs(part[:, trial] if mask[trial].all() else part[:, trial][:, mask[trial]])
                values[:, :, trial] = [cast(Any, prepared[at].measure.of_pairs)(pairs) for at in shared]
                if squares is not None:
                    square[:, trial] = pairs.mean_square
            found[shared, first : first + step] = values.mean(axis=2)
            if squares is not None:
                squares += square.ravel().tolist()
    return found
