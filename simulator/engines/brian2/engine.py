"""The reference engine: the same network in Brian2's own equations."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...checks import steps
from ...networks.cells import DeltaSynapse, Population, SaturatingSynapse
from ...networks.connections import Projection
from ...networks.inputs import CurrentInput
from ...networks.network import SlowVariable
from ...networks.schedule import Schedule
from ...recordings.origin import Origin
from ...recordings.run import Run
from ...types import TimeProgress
from ..common import assemble, course, intervals, n_steps, provenance, run_settings, runaway
from ..kernels.propagators import mean_of_decay
from ..wiring import Instance, Wiring, generator
from .equations import Cells, cells, number
from .inputs import Indices, Operation, array, arrival, edges, operation, sampler, statement

NO_DELAY = np.zeros(1, dtype=np.int64)


def simulate_brian2(
    instance: Instance,
    duration: float,
    seed: int,
    signal_dt: float = 1.0,
    progress: TimeProgress | None = None,
    target: str = "numpy",
) -> Run:
    """Run a network as drawn, by Brian2 (Stimberg, Brette & Goodman, eLife 2019); for networks of moderate size.

    The cells are Brian2's equations under one of its methods (see `equations.cells`), slow variables and
    saturating gates under "exponential_euler", edges its Synapses: matrices are connected all to all, factors
    are multiplied out. Poisson inputs are `poisson(...)` in `run_regularly`: Brian2's own PoissonInput is
    binomial. Brian2 counts a refractory period from the step of the spike, which is refractory − dt after it;
    its parameter is therefore one step longer.

    Args:
        instance: edges and initial state.
        duration: of the run [ms].
        seed: of Poisson inputs and noise; they are not those of the compiled engine (see `freeze_inputs`).
        signal_dt: sampling interval of signals that have none of their own [ms].
        progress: called with (done, total) [ms] about once a second.
        target: Brian2's code generation target, "numpy" or "cython" (which needs a C++ compiler).

    Raises:
        InputError: a duration or interval off the grid, a seed that is no whole number, activity that
            ran away to infinity.
    """
    network = instance.network
    total = n_steps(network, duration, signal_dt)
    intervals(network, signal_dt)
    stream = int(generator(seed, 2).integers(2**31))
    with _brian2(target) as b:
        b.seed(stream)  # initial values are drawn as the groups are built
        build = _Build(b, instance, total, signal_dt)
        report: dict[str, Any] = {}
        if progress is not None:
            end, call = total * network.dt, progress
            report = {"report": lambda _, done, *rest: call(done * end, end), "report_period": 1 * b.second}
        made = b.Network(build.objects)
        made.run(total * network.dt * b.ms, namespace={}, **report)
        if made.t / b.ms < (total - 0.5) * network.dt:  # Brian2 answers Ctrl-C by ending early, in silence
            raise KeyboardInterrupt
        if not build.is_finite():
            raise runaway(total * network.dt)
        build.sample(total)  # of rates whose last interval ends with the run
        spikes = [
            (np.rint(np.asarray(m.t / b.ms) / network.dt).astype(np.int64), np.asarray(m.i, dtype=np.int64))
            for m in build.monitors.values()
        ]
    triggers = {name: np.array(fired, dtype=np.int64) for name, fired in build.triggers.items()}
    samples = {name: np.stack(rows) for name, rows in build.rows.items()}
    source = provenance("brian2", seed, "brian2", "numpy", "scipy")
    run = assemble(network, total, spikes, triggers, samples, signal_dt, source)
    settings = run_settings("brian2", network, 0, total, seed, signal_dt)
    return Run(run, run.source, Origin(settings, lambda: network) if instance.seed == seed else None)


class _Build:
    """Brian2's objects for one run."""

    def __init__(self, b: Any, instance: Instance, total: int, signal_dt: float) -> None:
        self.b, self.network, self.total = b, instance.network, total
        network = self.network
        self.clock = b.Clock(dt=network.dt * b.ms)
        self.objects: list[Any] = []
        self.triggers: dict[str, list[int]] = {}
        slow = {s.name: self._slow(s) for s in network.slow}
        self.cells = {p.name: cells(network, k, self._timed) for k, p in enumerate(network.populations)}
        self.groups = {
            p.name: self._group(p, self.cells[p.name], v, slow)
            for p, v in zip(network.populations, instance.v, strict=True)
        }
        self.monitors = {name: self._add(b.SpikeMonitor(group)) for name, group in self.groups.items()}
        for s in network.slow:
            n = network.populations[network.population(s.population)].n
            jump = np.array([1000.0 / (n * s.rate_tau)])
            self._connect(self.groups[s.population], slow[s.name], "r_post += weight", jump)
        for e, (projection, graph) in enumerate(zip(network.projections, instance.graphs, strict=True)):
            self._project(e, projection, graph)
        for m, given in enumerate(network.inputs):
            group, names = self.groups[given.target], self.cells[given.target].names
            code, when = statement(network, m, names, self._timed, total)
            if code:  # order 2: after v has moved
                group.run_regularly(code, clock=self.clock, when=when, order=2)
            do = operation(network, given, self.groups, self.triggers, total)
            if do is not None:
                self._operation(do, "synapses")
        recorded = {name: c.recorded for name, c in self.cells.items()}
        self.rows: dict[str, list[NDArray[np.float64]]] = {}
        every = intervals(network, signal_dt)
        self.sample = sampler(network, self.groups | slow, self.monitors, recorded, every, self.rows, total)
        self._operation(self.sample, "start")

    def is_finite(self) -> bool:
        """Return whether every state variable of the cells is finite."""
        states = ((name, variable) for name, c in self.cells.items() for variable in c.recorded.values())
        return all(bool(np.isfinite(array(self.groups[name], variable)).all()) for name, variable in states)

    def _add(self, thing: Any) -> Any:
        self.objects.append(thing)
        return thing

    def _operation(self, do: Operation, when: str) -> None:
        counter = iter(range(self.total))
        self._add(self.b.NetworkOperation(lambda: do(next(counter)), clock=self.clock, when=when))

    def _timed(self, values: NDArray[np.float64] | Schedule | CurrentInput) -> Any:
        if isinstance(values, CurrentInput):
            values = values.sampled(np.arange(self.total), self.network.dt)
        if isinstance(values, Schedule):
            values = course(self.network, values, np.arange(self.total))
        return self.b.TimedArray(values, dt=self.network.dt * self.b.ms)

    def _group(self, population: Population, made: Cells, v: NDArray[np.float64], slow: dict[str, Any]) -> Any:
        refractory = steps(population.refractory, self.network.dt, "Population.refractory")
        group = self.b.NeuronGroup(
            population.n,
            made.equations,
            method=made.method,
            threshold=made.threshold,
            reset="v = v_reset" + ("\nw += w_jump" if population.adaptation else ""),
            refractory=(refractory + 1) * self.network.dt * self.b.ms,
            namespace=made.names,
            clock=self.clock,
        )
        if made.statements:
            group.run_regularly(made.statements, clock=self.clock, when="groups", order=1)  # not_refractory is known
        for name, value in ({"v": v} | made.start).items():
            setattr(group, name, value)
        for k, synapse in enumerate(population.synapses):
            name = None if isinstance(synapse, DeltaSynapse) else synapse.slow
            if name is not None:
                setattr(group, f"q{k}", self.b.linked_var(slow[name], "q"))
        return self._add(group)

    def _slow(self, slow: SlowVariable) -> Any:
        ms = self.b.ms
        names = {
            "tau_q": slow.tau * ms,
            "tau_r": slow.rate_tau * ms,
            "q_max": slow.maximum,
            "r_half": slow.half_rate,
            "power": slow.exponent,
        }
        equations = """
            dq/dt = (q_max*(r/r_half)**power/(1 + (r/r_half)**power) - q)/tau_q : 1
            dr/dt = -r/tau_r : 1
        """
        return self._step_group(1, equations, names)

    def _project(self, e: int, projection: Projection, graph: Wiring) -> None:
        """Add the edges to a synapse; to a saturating one, gates of the source cells, whose sums the targets read."""
        population = self.network.populations[self.network.population(projection.target)]
        k = population.synapse(projection.synapse)
        synapse, source, target = population.synapses[k], self.groups[projection.source], self.groups[projection.target]
        on_pre, (i, j, weights, delays) = arrival(synapse, k, "weight", "_post"), edges(graph)
        if not isinstance(synapse, SaturatingSynapse):
            if i.size:
                self._connect(source, target, on_pre, weights, i, j, delays)
            return
        alpha = synapse.alpha * mean_of_decay(self.network.dt, synapse.rise)  # of x at its mean over the step
        equations = f"""
            ds/dt = -s/({number(synapse.tau)}*ms) + opening*(1 - s) : 1
            dx/dt = -x/({number(synapse.rise)}*ms) : 1
            opening = {number(alpha)}*x/ms : Hz
            total = {number(1.0 / synapse.tau)}/ms + opening : Hz
            mean = opening/total + (s - opening/total)*exprel(-dt*total) : 1
        """  # numbers, as Brian2 looks for names of `mean` among those of its reader
        gates = self._step_group(source.N, equations, {})
        cell = np.arange(source.N)
        self._connect(source, gates, on_pre, np.ones(1), cell, cell, delays[:1])
        if i.size:
            equations = f"weight : 1\nS{e}_post = weight*mean_pre : 1 (summed)"
            total = self._add(self.b.Synapses(gates, target, equations, clock=self.clock))
            total.connect(i=i, j=j)
            total.weight = np.broadcast_to(weights, i.shape)
            for updater in total.summed_updaters.values():
                updater.when, updater.order = "before_start", -1  # before what reads the sums for the whole step

    def _step_group(self, n: int, equations: str, names: dict[str, Any]) -> Any:
        return self._add(
            self.b.NeuronGroup(n, equations, method="exponential_euler", namespace=names, clock=self.clock)
        )

    def _connect(
        self,
        source: Any,
        target: Any,
        on_pre: str,
        weights: NDArray[np.float64],
        i: Indices | None = None,
        j: Indices | None = None,
        delays: NDArray[np.int64] = NO_DELAY,
    ) -> None:
        """Add edges i[x] -> j[x], or all to all, with one weight and delay or one per edge."""
        equal, dt = weights.size == 1, self.network.dt * self.b.ms
        synapses = self.b.Synapses(
            source,
            target,
            "" if equal else "weight : 1",
            on_pre=on_pre,
            delay=delays[0] * dt if delays.size == 1 else None,
            namespace={"weight": float(weights[0])} if equal else {},
            clock=self.clock,
        )
        synapses.connect(i=i, j=j)
        if not equal:
            synapses.weight = weights
        if delays.size != 1:
            synapses.delay = delays * dt
        self._add(synapses)


@contextmanager
def _brian2(target: str) -> Iterator[Any]:
    """Import Brian2 with a code generation target; restore its preferences, hooks and global seed afterwards."""
    hook = sys.excepthook
    with warnings.catch_warnings(), np.errstate(over="ignore", invalid="ignore"):
        warnings.simplefilter("ignore", DeprecationWarning)  # of the packages beneath Brian2
        import brian2

        sys.excepthook = hook  # Brian2 installs its own at import
        before, state = brian2.prefs.codegen.target, np.random.get_state()  # noqa: NPY002
        brian2.prefs.codegen.target = target
        try:
            yield brian2
        finally:
            brian2.prefs.codegen.target = before
            np.random.set_state(state)  # noqa: NPY002
