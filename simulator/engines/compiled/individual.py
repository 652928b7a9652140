"""Arrays of populations whose cells differ in their parameters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...networks.cells import PARAMETERS, Population, Quadratic
from ...networks.distributions import as_drawn
from ...networks.inputs import CurrentInput, GivenNoise, OUNoise, WhiteNoise
from ...networks.network import Network
from ...networks.schedule import Schedule
from ...types import Floats
from ..kernels import layout as at
from ..noise import coupling, current_share, noise_sd
from ..step_tables import Joined, table
from ..wiring import periods


def has_own(population: Population) -> bool:
    """Return whether the cells of a population, as drawn, differ in a parameter."""
    return any(isinstance(getattr(population, name), np.ndarray) for name in PARAMETERS)


def resting_currents(network: Network) -> Network:
    """Return a network, as drawn, with constant currents in place of different resting voltages.

    Where the resting voltage is a term of the equation alone, v_rest_i is its mean and a current v_rest_i − mean: not
    with a quadratic initiation or with w coupled to v. Linear cells that differ in nothing else keep their coordinates.
    """
    populations, currents = list(network.populations), []
    for k, p in enumerate(populations):
        coupled = p.adaptation is not None and p.adaptation.coupling != 0.0
        if isinstance(p.v_rest, np.ndarray) and not coupled and not isinstance(p.initiation, Quadratic):
            mean = float(p.v_rest.mean())
            currents.append(CurrentInput(p.name, 1.0, p.v_rest - mean))
            populations[k] = replace(p, v_rest=mean)
    if not currents:
        return network
    return replace(network, populations=tuple(populations), inputs=(*network.inputs, *currents))


_NOISES = WhiteNoise | OUNoise | GivenNoise


class Arrays:
    """Arrays of one number for each cell, in the order in which a network is laid out."""

    def __init__(self, n_populations: int) -> None:
        self.rows: list[tuple[int, ...]] = [(-1,) * len(at.OWN.names or ())] * n_populations
        self.fields: dict[int, int] = {}  # field -> where its increments of v begin in values
        self.values, self.periods = Joined(np.float64), Joined(np.int64)

    def population(self, index: int, p: Population, dt: float, keep: float | Floats) -> None:
        """Add the parameters of a population; `keep` is e^{−dt/τ_m}."""
        given = p.v_threshold
        threshold = 0.0 if isinstance(given, Schedule | float) else as_drawn(given)  # the rest is that of the step
        refractory = periods(p, dt)
        arrays = (p.v_rest, p.v_reset, dt / as_drawn(p.tau_m), keep, threshold, refractory)
        places = [self.values.add(np.array(np.broadcast_to(values, p.n), np.float64)) for values in arrays]  # type: ignore[arg-type]
        distinct = np.unique(refractory)
        first = self.periods.add(distinct)
        self.rows[index] = (*places, first, first + distinct.size)

    def field(self, field: int, push: Floats) -> None:
        """Add the increments of v by a field."""
        self.fields[field] = self.values.add(push)

    def tables(self, network: Network, n_fields: int) -> at.Individual | None:
        """Return all arrays; None where all cells of every population are alike."""
        if not any(row[0] >= 0 for row in self.rows):
            return None
        noise = [
            self._noise(network, given)
            for given in network.inputs
            if isinstance(given, _NOISES) or (isinstance(given, CurrentInput) and given.each)
        ]
        fields = np.array([self.fields.get(f, -1) for f in range(n_fields)], np.int64)
        populations = table(at.OWN, self.rows)
        return at.Individual(populations, fields, table(at.OWN_NOISE, noise), self.values.array(), self.periods.array())

    def _noise(self, network: Network, given: Any) -> tuple[int, int, int]:
        p = network.populations[network.population(given.target)]
        if isinstance(given, CurrentInput):
            return self._place(current_share(p, network.dt)), -1, -1
        sd: Any = -1 if isinstance(given, GivenNoise) else noise_sd(p, given, network.dt)
        _, push, share = coupling(p, given, network.dt)
        return self._place(sd), self._place(push), self._place(share)

    def _place(self, values: float | NDArray[np.float64]) -> int:
        return self.values.add(values) if isinstance(values, np.ndarray) else -1
