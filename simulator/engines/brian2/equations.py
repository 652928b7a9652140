"""The cells of a population in Brian2's language. Imports no Brian2."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

from ...networks.cells import AlphaSynapse, DeltaSynapse, Exponential, Population, Quadratic, SaturatingSynapse, Synapse
from ...networks.inputs import CurrentInput, GivenNoise, OUNoise
from ...networks.network import Network
from ...networks.schedule import Schedule
from ..kernels.propagators import mean_of_decay, mean_of_rise

MAX_VARIABLES = 4  # beyond, sympy's matrix exponential takes minutes
MIN_CONTRAST = 0.01  # time constants closer than this: the closed form loses digits to cancellation

Timed = Callable[[NDArray[np.float64] | Schedule | CurrentInput], Any]  # one value (or row) a step -> TimedArray


@dataclass(frozen=True)
class Decay:
    """A variable that drives v by factor·variable, or factor·variable·(reversal − v), and decays by itself.

    Cells that are not linear see its mean over the step.
    """

    name: str  # in `Network.variables`
    variable: str
    tau: float  # [ms]
    factor: str
    reversal: float | None = None  # [mV]
    rising: str = ""  # the y of an alpha synapse
    coupling: float = 0.0  # of w: it decays to coupling·(v − v_rest)

    @property
    def current(self) -> str:
        """Its term in τ_m v' of linear cells [mV]."""
        return f"{self.factor}*{self.variable}"

    def mean(self, dt: float, v: str) -> str:
        """Return its mean term over a step in τ_m v' of other cells, as a function of the voltage named `v` [mV]."""
        mean = mean_of_decay(dt, self.tau)
        s = f"{self.variable}*{number(mean)}"
        if self.rising:
            s = f"({s} + {self.rising}*{number(mean_of_rise(dt, self.tau))})"
        elif self.coupling:
            s = f"({s} + {number(self.coupling * (1.0 - mean))}*(v_before - v_rest))"
        return f"{self.factor}*{s}" + ("" if self.reversal is None else f"*({number(self.reversal)} - {v})")

    @property
    def equations(self) -> list[str]:
        """Its differential equations, without coupling."""
        target = self.rising or "0"
        lines = [f"d{self.variable}/dt = ({target} - {self.variable})/({_ratio(self.tau)}*ms) : 1"]
        return lines + ([f"d{self.rising}/dt = -{self.rising}/({_ratio(self.tau)}*ms) : 1"] if self.rising else [])

    @property
    def parameters(self) -> list[str]:
        """Its declaration where `statements` step it."""
        return [f"{name} : 1" for name in (self.variable, self.rising) if name]

    def statements(self, dt: float) -> list[str]:
        """Return the exact step of these equations, with the v in the middle of the step."""
        x, y, keep = self.variable, self.rising, number(np.exp(-dt / self.tau))
        if y:
            return [f"{x} = ({x} + {y}*{number(dt / self.tau)})*{keep}", f"{y} = {y}*{keep}"]
        if self.coupling:
            target = f"{number(self.coupling)}*(middle - v_rest)"
            return [f"{x} = {target} + ({x} - {target})*{keep}"]
        return [f"{x} = {x}*{keep}"]


@dataclass(frozen=True)
class Cells:
    """Equations and parameters of the NeuronGroup of a population."""

    equations: str
    method: str
    statements: str  # of a step, after what `method` does; "" is none
    threshold: str
    names: dict[str, Any]  # constants and functions of time that all these mention
    start: dict[str, Any]  # initial values that are not 0, v left out
    recorded: dict[str, str]  # the variable of every name in `Network.variables`


def cells(network: Network, index: int, timed: Timed) -> Cells:
    """Return the equations of population `index`, with G, B, given currents and sums over gates constant over a step.

    Linear cells are solved by "exact" where sympy can, else by propagators as statements. Leaky cells with conductances
    or coupling are stepped by "exponential_euler", all others by the midpoint rule as statements: Brian2's own "rk2"
    knows no means over a step. Variables other than v then decay in statements.
    """
    population = network.populations[index]
    names: dict[str, Any] = {"v_rest": float(population.v_rest), "v_reset": float(population.v_reset)}
    if population.adaptation:
        names["w_jump"] = float(population.adaptation.jump)
    threshold = f"v >= {_value('v_threshold', population.v_threshold, names, timed)}"
    lines, decays = [*_gains(network, population, names, timed)], [*_decays(network, population)]
    given, start = _currents(network, population, names, timed)
    lines += [f"{name} : 1 (constant)" for name in start]
    gates, constant, open_ = _gates(network, population)
    lines += [*gates, f"rest = {' + '.join(['v_rest', *given, *constant])} : 1 (constant over dt)"]
    noises = list(_noises(network, population))
    for m, noise, _ in noises:
        if isinstance(noise, OUNoise):
            start[f"y{m}"] = f"{number(noise.sd)}*randn()"
        elif noise.start is not None:
            start[f"y{m}"] = noise.start
    if not population.is_linear:  # y and its mean over a step, d, are stepped by the statement of the input
        lines += [f"{name}{m} : 1" for m, *_ in noises for name in "yd"]
    method, over, closed = "exact", f"({_ratio(population.tau_m)}*ms) : 1 (unless refractory)", False
    if population.is_linear:
        closed = has_closed_form(population.tau_m, decays)
        statements = [] if closed else [propagated(population.tau_m, decays, network.dt)]
        rate = " + ".join(["rest - v", *(d.current for d in decays)])
        lines.append(f"dv/dt = ({rate})/{over}" if closed else "v : 1")
    else:
        means = [f"d{m}" for m, *_ in noises]
        lines.append("v_before = v : 1 (constant over dt)")

        def slope(v: str) -> str:
            terms = [*(d.mean(network.dt, v) for d in decays), *means, *open_(v)]
            return " + ".join([_initiation(population, v), *terms])

        if population.initiation:
            lines.append("v : 1")
            statements = midpoint(population, slope, network.dt / population.tau_m, threshold.removeprefix("v >= "))
        else:
            method, statements = "exponential_euler", ["middle = (v_before + v)/2"]
            lines.append(f"dv/dt = ({slope('v')})/{over}")
    for d in decays:
        lines += d.equations if closed else d.parameters
        statements += [] if closed else d.statements(network.dt)
    recorded = {"v": "v"} | {d.name: d.variable for d in decays} | {noise.name: f"y{m}" for m, noise, _ in noises}
    return Cells("\n".join(lines), method, "\n".join(statements), threshold, names, start, recorded)


def has_closed_form(tau_m: float, decays: Sequence[Decay]) -> bool:
    """Return whether Brian2's exact integrator finds the step of these cells in seconds and to full precision."""
    apart = all(abs(d.tau - tau_m) > MIN_CONTRAST * tau_m for d in decays)
    return apart and 1 + sum(2 if d.rising else 1 for d in decays) <= MAX_VARIABLES


def propagated(tau_m: float, decays: Sequence[Decay], dt: float) -> str:
    """Return the exact step of v; its coefficients are in the matrix exponential of [v, variable, rising]."""
    terms = [f"rest + (v - rest)*{number(np.exp(-dt / tau_m))}"]
    for d in decays:
        rates = np.array([[-1 / tau_m, 1 / tau_m, 0], [0, -1 / d.tau, 1 / d.tau], [0, 0, -1 / d.tau]])
        _, push, push_rising = (number(x) for x in expm(dt * rates)[0])
        terms.append(f"{d.factor}*({d.variable}*{push}" + (f" + {d.rising}*{push_rising})" if d.rising else ")"))
    return f"v = v + int(not_refractory)*({' + '.join(terms)} - v)"


def midpoint(population: Population, slope: Callable[[str], str], step: float, cut: str) -> list[str]:
    """Return a step of dv/dt = slope(v) by the explicit midpoint; `step` is dt/τ_m.

    An exponential upswing that would reach the `cut` within the step ends there. The `middle` of the upswing is beyond
    all bounds: what follows it sees `cut` at most.
    """
    free, shape = "v + int(not_refractory)", population.initiation
    lines = [
        f"slope = {slope('v')}",
        f"middle = {free}*{number(0.5 * step)}*slope",
        f"v = {free}*{number(step)}*({slope('middle')})",
        f"middle = clip(middle, -inf, {cut})",
    ]
    if isinstance(shape, Exponential):
        onset, width = number(shape.onset), number(shape.slope)
        lines.insert(1, f"up = clip(exp(clip((v - {onset})/{width}, -inf, 50)), -inf, slope/{width})")
        lines.insert(2, f"ends = int(up*({number(step)} + exp(({onset} - ({cut}))/{width})) >= 1)*int(not_refractory)")
        lines.append(f"v = clip(v, ends*({cut}) - (1 - ends)*1e300, inf)")
    return lines


def _initiation(population: Population, v: str) -> str:
    leak, shape = f"rest - {v}", population.initiation
    if isinstance(shape, Exponential):
        slope, onset = number(shape.slope), number(shape.onset)
        return f"{leak} + {slope}*exp(clip(({v} - {onset})/{slope}, -inf, 50))"
    if isinstance(shape, Quadratic):
        critical = number(shape.critical)
        return f"({v} - v_rest)*({v} - {critical})/({critical} - v_rest) + rest - v_rest"
    return leak


def _gains(network: Network, population: Population, names: dict[str, Any], timed: Timed) -> Iterator[str]:
    for k, synapse in enumerate(population.synapses):
        if isinstance(synapse, DeltaSynapse):
            continue
        gain = _value(f"g{k}", synapse.gain, names, timed)
        if synapse.slow is not None:
            yield f"q{k} : 1 (linked)"
            gain += f"*(1 - q{k})"
        yield f"G{k} = {gain} : 1 (constant over dt)"


def _decays(network: Network, population: Population) -> Iterator[Decay]:
    for k, s in enumerate(population.synapses):
        if isinstance(s, Synapse | AlphaSynapse):
            rising = f"a{k}" if isinstance(s, AlphaSynapse) else ""
            yield Decay(s.name, f"s{k}", s.tau, f"({s.sign})*G{k}", s.reversal, rising)
    if population.adaptation:
        yield Decay("w", "w", population.adaptation.tau, "(-1)", coupling=float(population.adaptation.coupling))
    if population.is_linear:
        yield from (Decay(given.name, f"y{m}", tau, "1") for m, given, tau in _noises(network, population))


def _noises(network: Network, population: Population) -> Iterator[tuple[int, OUNoise | GivenNoise, float]]:
    """Yield number, input and correlation time [ms] of every OU current of the population."""
    for m, noise in enumerate(network.inputs):
        if isinstance(noise, OUNoise | GivenNoise) and noise.target == population.name and noise.tau is not None:
            yield m, noise, noise.tau


def _currents(
    network: Network, population: Population, names: dict[str, Any], timed: Timed
) -> tuple[list[str], dict[str, Any]]:
    """Return the given currents [mV], and the profiles in them."""
    terms, profiles = [], {}
    for m, given in enumerate(network.inputs):
        if isinstance(given, CurrentInput) and given.target == population.name:
            current = given if isinstance(given.current, np.ndarray) else given.current
            terms.append(_value(f"current{m}", current, names, timed))
            if given.profile is not None:
                terms[-1] += f"*profile{m}"
                profiles[f"profile{m}"] = given.profile
    return terms, profiles


def _gates(network: Network, population: Population) -> tuple[list[str], list[str], Callable[[str], list[str]]]:
    """Return the sums over the gates of saturating synapses, S<e> of projection e, their currents and conductances.

    Conductances are functions of the name of the voltage; a magnesium block is linear around the v before the step.
    """
    lines, currents, conductances = [], [], list[tuple[int, float, bool]]()
    for k, s in enumerate(population.synapses):
        if not isinstance(s, SaturatingSynapse):
            continue
        onto = (population.name, s.name)
        sums = [f"S{e}" for e, p in enumerate(network.projections) if (p.target, p.synapse) == onto]
        lines += [f"{name} : 1" for name in sums]
        total = f"({s.sign})*G{k}*({' + '.join(['0', *sums])})"
        if s.reversal is None:
            currents.append(total)
            continue
        if s.magnesium:
            lines.append(f"B{k} = 1/(1 + {number(s.magnesium / 3.57)}*exp(-0.062*v)) : 1 (constant over dt)")
            total += f"*B{k}"
        lines.append(f"C{k} = {total} : 1 (constant over dt)")
        conductances.append((k, s.reversal, s.magnesium > 0))

    def terms(v: str) -> list[str]:
        found = [f"C{k}*({number(reversal)} - {v})" for k, reversal, _ in conductances]
        return found + [
            f"C{k}*0.062*(1 - B{k})*({number(reversal)} - v_before)*({v} - v_before)"
            for k, reversal, blocked in conductances
            if blocked
        ]

    return lines, currents, terms


def _value(name: str, value: float | Schedule | CurrentInput, names: dict[str, Any], timed: Timed) -> str:
    """Return the text of a number that may change in time, and add its symbol to `names`."""
    changes = isinstance(value, Schedule | CurrentInput)
    names[name] = timed(value) if changes else float(value)  # type: ignore[arg-type]
    return f"{name}(t)" if changes else name


def number(value: float) -> str:
    """Return the text of a number with all its digits."""
    return repr(float(value))


def _ratio(tau: float) -> str:
    """Return a number as a quotient of integers, in which sympy keeps every digit and finds equal eigenvalues equal."""
    exact = Fraction(repr(float(tau)))
    return f"({exact.numerator}/{exact.denominator})" if exact.denominator > 1 else str(exact.numerator)
