"""Base of the spiking systems: an engine runs the network."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from ...simulator import Network, Run
from ...simulator.engines.common import n_steps
from ...simulator.engines.simulate import simulate
from ...simulator.fields import Checked
from ..system import Progress, WithTheory, attributed


class Simulated(Checked, ABC):
    """A spiking system, recorded by an engine.

    A class derived from it is a frozen dataclass; `name` is that under which it is found.

    Raises:
        InputError: a parameter out of its bounds, or a duration that is no multiple of dt.
    """

    __dataclass_fields__: ClassVar[dict[str, Any]]
    name: ClassVar[str]
    duration: float  # [s]

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_relations()
        n_steps(self.network(), self.duration * 1000.0)

    def check_relations(self) -> None:
        """Check the rules that relate parameters to each other; by default there are none."""

    @abstractmethod
    def network(self) -> Network:
        """Return the description that an engine runs."""

    def record(self, seed: int, engine: str = "compiled", progress: Progress | None = None) -> Run:
        """Run it; the seed draws all that is random in it: graph, initial state, input.

        Args:
            seed: whole number >= 0.
            engine: "compiled" or "brian2".
            progress: called with (done, total) [s].

        Raises:
            InputError: an unknown engine, or a duration that is no multiple of dt.
        """
        run = simulate(self.network(), self.duration, seed, engine, progress=progress)
        if isinstance(self, WithTheory):
            run = Run({**run, **self.theory()}, run.source, run.origin)
        return attributed(run, self.name, self, seed)
