r"""Mean-field rates of Brunel's network of excitatory and inhibitory LIF cells (model A).

All cells alike, with C_E excitatory inputs of J mV, γC_E inhibitory ones of −gJ, and C_E from outside at ν_ext: a cell
sees white noise of

    μ = J C_E τ [ν_ext + ν (1 − γ g)]        σ² = J² C_E τ [ν_ext + ν (1 + γ g²)]

and ν solves ν = r(μ(ν), σ(ν)) with the rate of Siegert (Brunel, J Comput Neurosci 2000). ν_ext is η times the
rate ν_thr = θ/(J C_E τ) that leads to threshold in the absence of recurrence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from ...simulator import InputError
from ...simulator.fields import Checked, Param, checked
from ...simulator.types import Floats
from .lif_theory import Lif, siegert

_GRID = 400  # rates that are tried before roots are refined
_LOWEST = 1e-6  # Hz


@dataclass(frozen=True)
class MeanField(Checked):
    """The network seen by one of its cells.

    Raises:
        InputError: a parameter out of its bounds.
    """

    c_e: Annotated[float, Param("excitatory inputs of a cell, and as many from outside [1]", gt=0)] = 1000.0
    gamma: Annotated[float, Param("inhibitory inputs per excitatory one [1]", ge=0)] = 0.25
    j: Annotated[float, Param("excitatory weight [mV]", gt=0)] = 0.1
    cell: Lif = field(default_factory=Lif)

    @property
    def threshold_rate(self) -> float:
        """ν_thr: rate of each external input that leads to threshold on average [Hz]."""
        return 1000.0 * self.cell.threshold / (self.c_e * self.j * self.cell.tau)

    def drive(self, rate: ArrayLike, g: float, eta: float) -> tuple[Floats, Floats]:
        """μ and σ [mV] of a cell in the network that fires at a rate [Hz]."""
        nu, outside = np.asarray(rate, dtype=np.float64) / 1000.0, eta * self.threshold_rate / 1000.0
        mu = self.j * self.c_e * self.cell.tau * (outside + nu * (1.0 - self.gamma * g))
        variance = self.j**2 * self.c_e * self.cell.tau * (outside + nu * (1.0 + self.gamma * g**2))
        return mu, np.sqrt(variance)

    def rates(self, g: float, eta: float) -> Floats:
        """Every rate that the network would sustain [Hz], rising; neighbours alternate in stability.

        A rate is left by small changes where r(μ(ν), σ(ν)) rises faster than ν. Between grid points that lie closer
        than a per cent a pair of rates may be missed.

        Raises:
            InputError: g or η is negative or not finite.
        """
        for name, value in (("g", g), ("eta", eta)):
            checked(f"MeanField.{name}", float, Param("[1]", ge=0), value)

        def excess(nu: ArrayLike) -> Floats:
            return np.asarray(siegert(*self.drive(nu, g, eta), self.cell) - np.asarray(nu))

        if self.cell.refractory <= 0:
            raise InputError("MeanField.cell: must have a refractory period, which bounds the rates")
        highest = 1000.0 / self.cell.refractory
        tried = np.concatenate(([0.0], np.geomspace(_LOWEST, highest, _GRID)))
        sign = np.sign(excess(tried))
        found = [float(nu) for nu, s in zip(tried, sign, strict=True) if s == 0]
        for k in np.flatnonzero(sign[:-1] * sign[1:] < 0):
            found.append(float(brentq(lambda nu: float(excess(nu)), tried[k], tried[k + 1], xtol=1e-12, rtol=1e-14)))
        return np.array(sorted(found))

    def rate(self, g: float, eta: float) -> float:
        """The highest rate that small changes do not leave [Hz]: where a network ends that was started active."""
        return float(self.rates(g, eta)[-1])
