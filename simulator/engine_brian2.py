"""The reference engine: the same network in Brian2's own equations."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .brian2_equations import equations, has_closed_form, propagated
from .engine import Progress, assemble, n_steps, provenance, runaway, sampling
from .network import EventInput, PoissonInput, Population, Schedule, steps
from .run import Run
from .wiring import Instance, generator


def simulate_brian2(
    instance: Instance,
    duration: float,
    seed: int,
    signal_dt: float = 1.0,
    progress: Progress | None = None,
    target: str = "numpy",
) -> Run:
    """Run a network as drawn, by Brian2 (Stimberg, Brette & Goodman, eLife 2019).

    The cells are Brian2's equations under `method="exact"`, slow variables under
    `"exponential_euler"`. A population with more than 4 variables, or with a synaptic or adaptation
    time constant within 1 % of τ_m, where that closed form divides by (nearly) 0, is stepped by
    `run_regularly` with the propagator of `kernels.propagator` instead. Poisson inputs are
    `poisson(...)` in `run_regularly`: Brian2's own PoissonInput is binomial. Brian2 counts a refractory
    period from the step of the spike and so holds a cell for refractory − dt; it is given one step more.

    Args:
        instance: edges and initial state.
        duration: how long [ms].
        seed: of the Poisson inputs; they are not those of the compiled engine (see `freeze_inputs`).
        signal_dt: sampling interval of the signals [ms].
        progress: called with (done, total) [ms] about once a second.
        target: Brian2's code generation target, "numpy" or "cython" (which needs a C++ compiler).

    Raises:
        InputError: a duration or interval off the grid, a seed that is no whole number, activity that
            ran away to infinity.
    """
    network = instance.network
    total, every = n_steps(network, duration), sampling(network, signal_dt)
    stream = int(generator(seed, 2).integers(2**31))
    with _brian2(target) as b:
        build = _Build(b, instance, total, every)
        b.seed(stream)
        report: dict[str, Any] = {}
        if progress is not None:
            report = {"report": _report(progress, total * network.dt), "report_period": 1 * b.second}
        made = b.Network(build.objects)
        made.run(total * network.dt * b.ms, namespace={}, **report)
        if made.t / b.ms < (total - 0.5) * network.dt:  # Brian2 answers Ctrl-C by ending early, in silence
            raise KeyboardInterrupt
        if not build.is_finite():
            raise runaway(total * network.dt)
        spikes = [
            (np.rint(np.asarray(m.t / b.ms) / network.dt).astype(np.int64), np.asarray(m.i, dtype=np.int64))
            for m in build.monitors
        ]
    return assemble(network, total, spikes, build.samples, signal_dt, provenance("brian2", seed, "brian2", "numpy"))


class _Build:
    """Brian2's objects for one run."""

    def __init__(self, b: Any, instance: Instance, total: int, every: int) -> None:
        self.b, self.network, self.total = b, instance.network, total
        self.clock = b.Clock(dt=self.network.dt * b.ms)
        self.objects: list[Any] = []
        self.slow = [self._slow_group(k) for k in range(len(self.network.slow))]
        self.groups = [self._group(p, v) for p, v in zip(self.network.populations, instance.v, strict=True)]
        self.monitors = [self._add(b.SpikeMonitor(group)) for group in self.groups]
        for k, slow in enumerate(self.network.slow):
            population = self.network.population(slow.population)
            jump = 1000.0 / (self.network.populations[population].n * slow.rate_tau)
            self._connect(population, self.slow[k], "r", 0.0, None, np.array([jump]))
        for projection, graph in zip(self.network.projections, instance.graphs, strict=True):
            target = self.network.population(projection.target)
            name = f"s{self.network.populations[target].synapse(projection.synapse)}"
            delay = steps(projection.delay, self.network.dt, "Projection.delay") * self.network.dt
            edges = (graph.sources, graph.targets)
            if graph.targets.size:
                source = self.network.population(projection.source)
                self._connect(source, self.groups[target], name, delay, edges, graph.weights)
        for given in self.network.inputs:
            self._input(given)
        columns = len(self.network.signals) + 2 * len(self.network.slow)
        self.samples = np.empty((-(-total // every), columns))
        self._operation(self._sampler(every), "start")

    def is_finite(self) -> bool:
        """Whether every voltage and synaptic variable is a finite number."""
        populations = zip(self.network.populations, self.groups, strict=True)
        names = [(g, name) for p, g in populations for name in ["v", *(f"s{k}" for k in range(len(p.synapses)))]]
        return all(bool(np.isfinite(_array(group, name)).all()) for group, name in names)

    def _add(self, thing: Any) -> Any:
        self.objects.append(thing)
        return thing

    def _operation(self, do: Callable[[], None], when: str) -> None:
        self._add(self.b.NetworkOperation(do, clock=self.clock, when=when))

    def _group(self, population: Population, v: NDArray[np.float64]) -> Any:
        names = {"v_rest": population.v_rest, "v_threshold": population.v_threshold, "v_reset": population.v_reset}
        lines, drive = [], []
        slow_names = [s.name for s in self.network.slow]
        for k, synapse in enumerate(population.synapses):
            if isinstance(synapse.gain, Schedule):
                values = synapse.gain.at(np.arange(self.total) * self.network.dt)
                names[f"g{k}"] = self.b.TimedArray(values, dt=self.network.dt * self.b.ms)
                gain = f"g{k}(t)"
            else:
                names[f"g{k}"] = float(synapse.gain)
                gain = f"g{k}"
            if synapse.slow is not None:
                gain += f"*(1 - q{k})"
                lines.append(f"q{k} : 1 (linked)")
            lines.append(f"G{k} = {gain} : 1 (constant over dt)")
            drive.append(f"{'+' if synapse.sign > 0 else '-'} G{k}*s{k}")
        exact = has_closed_form(population)
        held = steps(population.refractory, self.network.dt, "Population.refractory")
        step = ""
        if exact:
            lines += equations(population, " ".join(drive))
        else:
            variables, step = propagated(population, self.network.dt, names)
            lines += variables
        group = self.b.NeuronGroup(
            population.n,
            "\n".join(lines),
            method="exact",
            threshold="v >= v_threshold",
            reset="v = v_reset" + ("\nw += w_jump" if population.adaptation else ""),
            refractory=(held + 1) * self.network.dt * self.b.ms,
            namespace=names,
            clock=self.clock,
        )
        if population.adaptation:
            names["w_jump"] = float(population.adaptation.jump)
        if step:
            group.run_regularly(step, clock=self.clock, when="groups", order=1)  # after not_refractory is known
        group.v = v
        for k, synapse in enumerate(population.synapses):
            if synapse.slow is not None:
                setattr(group, f"q{k}", self.b.linked_var(self.slow[slow_names.index(synapse.slow)], "q"))
        return self._add(group)

    def _slow_group(self, k: int) -> Any:
        slow, ms = self.network.slow[k], self.b.ms
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
        return self._add(
            self.b.NeuronGroup(1, equations, method="exponential_euler", namespace=names, clock=self.clock)
        )

    def _connect(
        self,
        source: int,
        target: Any,
        variable: str,
        delay: float,
        edges: tuple[NDArray[np.int32], NDArray[np.int32]] | None,
        weights: NDArray[np.float64],
    ) -> None:
        equal = weights.size == 1
        synapses = self.b.Synapses(
            self.groups[source],
            target,
            "" if equal else "weight : 1",
            on_pre=f"{variable}_post += weight",
            delay=delay * self.b.ms,
            namespace={"weight": float(weights[0])} if equal else {},
            clock=self.clock,
        )
        if edges is None:
            synapses.connect()
        else:
            synapses.connect(i=edges[0], j=edges[1])
        if not equal:
            synapses.weight = weights
        self._add(synapses)

    def _input(self, given: PoissonInput | EventInput) -> None:
        population = self.network.population(given.target)
        group, n = self.groups[population], self.network.populations[population].n
        name = f"s{self.network.populations[population].synapse(given.synapse)}"
        if isinstance(given, PoissonInput):
            code = f"{name} += {float(given.weight)!r}*poisson({given.rate * self.network.dt!r})"
            group.run_regularly(code, clock=self.clock, when="synapses")
            return
        step = np.rint(given.time / self.network.dt).astype(np.int64)
        order = np.argsort(step, kind="stable")
        cell, first = given.cell[order], np.searchsorted(step[order], np.arange(self.total + 1))
        counter = iter(range(self.total))

        def deliver() -> None:
            n_now = next(counter)
            here = cell[first[n_now] : first[n_now + 1]]
            if here.size:
                _array(group, name)[:] += given.weight * np.bincount(here, minlength=n)

        self._operation(deliver, "synapses")

    def _sampler(self, every: int) -> Callable[[], None]:
        counter = iter(range(self.total))
        signals = []
        for signal in self.network.signals:
            p = self.network.population(signal.population)
            index = [self.network.populations[p].synapse(name) for name in signal.synapses]
            signals.append((self.groups[p], index))

        def sample() -> None:
            n_now = next(counter)
            if n_now % every:
                return
            row = self.samples[n_now // every]
            for m, (group, index) in enumerate(signals):
                row[m] = sum(float(np.mean(np.abs(_array(group, f"G{k}")) * _array(group, f"s{k}"))) for k in index)
            for k, slow in enumerate(self.slow):
                row[len(signals) + 2 * k :][:2] = _array(slow, "q")[0], _array(slow, "r")[0]

        return sample


def _array(group: Any, name: str) -> NDArray[np.float64]:
    """The memory of a variable of a group; writing to it changes the state."""
    values: NDArray[np.float64] = group.variables[name].get_value()
    return values


def _report(progress: Progress, total: float) -> Callable[[Any, float, Any, Any], None]:
    def report(elapsed: Any, completed: float, start: Any, duration: Any) -> None:
        progress(completed * total, total)

    return report


@contextmanager
def _brian2(target: str) -> Iterator[Any]:
    """Brian2 with a code generation target; its preferences, hooks and global seed are put back afterwards."""
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
