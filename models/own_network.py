"""A network of one's own as a system, which is run, swept and analysed like the registered ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from ..simulator import Network, Run
from ..simulator.engines.common import n_steps
from ..simulator.engines.simulate import simulate
from ..simulator.fields import Checked, Param
from ..simulator.files.identity import fingerprint
from ..simulator.files.rows import plain
from ..simulator.networks.paths import changed
from .system import Progress, attributed


@dataclass(frozen=True, eq=False)
class OwnNetwork(Checked):
    """A `Network`, and the time for which it runs.

    Attributes:
        described: the network, as it runs.
        duration: simulated time [s].
        name: under which it is recorded.
        settings: parameters that were set, as they are recorded.

    Raises:
        InputError: a duration that is no multiple of the network's time step.
    """

    described: Network
    duration: Annotated[float, Param("simulated time [s]", gt=0)]
    name: str = "Network"
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        n_steps(self.described, self.duration * 1000.0)

    def network(self) -> Network:
        """Return the description that an engine runs."""
        return self.described

    def parameters(self) -> dict[str, object]:
        """Return the recorded parameters: those that were set, the duration, and the SHA-256 of the network."""
        found: dict[str, object] = plain(self.settings)
        return {**found, "duration": self.duration, "network_sha256": fingerprint(self.described)}

    def changed(self, values: Mapping[str, Any]) -> OwnNetwork:
        """Return the system with other values of parameters, by their paths; "duration" is one.

        Raises:
            InputError: an unknown path or a value that cannot be.
        """
        paths = {key: value for key, value in values.items() if key != "duration"}
        duration, settings = values.get("duration", self.duration), {**self.settings, **paths}
        return dataclasses.replace(self, described=changed(self.described, paths), duration=duration, settings=settings)

    def record(self, seed: int, engine: str = "compiled", progress: Progress | None = None) -> Run:
        """Run the network; the seed draws all that is random in it.

        Args:
            seed: whole number >= 0.
            engine: "compiled" or "brian2".
            progress: called with (done, total) [ms].

        Raises:
            InputError: an unknown engine.
        """
        return attributed(
            simulate(self.described, self.duration, seed, engine, progress=progress), self.name, self, seed
        )
