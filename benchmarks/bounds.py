"""Lower bounds of a case: memory to read, and time of one core that only reads it in order."""

from __future__ import annotations

from dataclasses import dataclass

from cases import SEED, Case

from ictal.simulator import Factors, Graph, PoissonInput, Population, Schedule, instantiate


@dataclass(frozen=True)
class Reads:
    """Bytes that must be read, whatever the code: state once a step, an edge and its target once an event."""

    neuron_step: float  # bytes
    event: float  # bytes
    events_a_spike: float  # mean over the cells
    inputs: float  # external events a step
    state: int  # bytes of all cells
    edges: int  # bytes of all edges
    cells: int
    steps: float  # per biological second

    def bound(self, rate: float, bandwidths: dict[int, float]) -> float:
        """CPU seconds per biological second at a mean rate [Hz], if both sets were read at their triad bandwidth."""
        events = rate * self.cells * self.events_a_spike + self.inputs * self.steps
        return self.cells * self.steps * self.neuron_step / _near(self.state, bandwidths) + events * self.event / _near(
            self.edges, bandwidths
        )


def reads(case: Case, size: int = 8) -> Reads:
    """Return the bytes that Ictal must read for a case, with numbers of `size` bytes.

    A cell's step reads v, w and every s (and, with low-rank weights, its row of target factors); an event reads its
    target index, its weight where edges have weights of their own, and the s that it changes.
    """
    instance = instantiate(case.network, SEED)
    network, n = instance.network, sum(p.n for p in case.network.populations)
    per_cell = sum(p.n * size * _variables(p) for p in network.populations)
    edges, bytes_of_edges, event_bytes = 0, 0, 0.0
    for graph in instance.graphs:
        if isinstance(graph, Factors):
            rank = graph.source.shape[1]
            per_cell += graph.target.shape[0] * rank * size
            edges, event_bytes = edges + n * rank, event_bytes + n * rank * size
            bytes_of_edges += graph.source.size * size
            continue
        own = size if not isinstance(graph, Graph) or graph.weights.size > 1 else 0
        index = 4 if isinstance(graph, Graph) else 0
        count = graph.targets.size if isinstance(graph, Graph) else graph.weights.size
        edges, bytes_of_edges = edges + count, bytes_of_edges + count * (own + index)
        event_bytes += count * (own + index + size)
    inputs = 0.0
    for given in network.inputs:
        if isinstance(given, PoissonInput) and not isinstance(given.rate, Schedule):
            inputs += network.populations[network.population(given.target)].n * given.rate * network.dt
    return Reads(
        neuron_step=per_cell / n,
        event=event_bytes / edges,
        events_a_spike=edges / n,
        inputs=inputs,
        state=per_cell,
        edges=bytes_of_edges,
        cells=n,
        steps=1000.0 / network.dt,
    )


def _variables(population: Population) -> int:
    return 1 + len(population.synapses) + (population.adaptation is not None)


def _near(size: int, bandwidths: dict[int, float]) -> float:
    """That of the smallest triad that is not smaller, or the largest."""
    return next((b for s, b in sorted(bandwidths.items()) if s >= size), bandwidths[max(bandwidths)])
