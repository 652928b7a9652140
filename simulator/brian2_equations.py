"""The equations of a population in Brian2's language. Imports no Brian2."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from .kernels import propagator
from .network import Population

MAX_VARIABLES = 4  # beyond, sympy's matrix exponential takes minutes
MIN_CONTRAST = 0.01  # time constants closer than this: the closed form loses digits to cancellation


def has_closed_form(population: Population) -> bool:
    """Whether Brian2's exact integrator finds, in seconds and to full precision, the step of these cells."""
    others = [s.tau for s in population.synapses] + ([population.adaptation.tau] if population.adaptation else [])
    apart = all(abs(tau - population.tau_m) > MIN_CONTRAST * population.tau_m for tau in others)
    return apart and 1 + len(others) <= MAX_VARIABLES


def equations(population: Population, drive: str) -> list[str]:
    """The differential equations, with the currents `drive` in that of v."""
    w = " - w" if population.adaptation else ""
    lines = [f"dv/dt = (v_rest - v {drive}{w})/({_ratio(population.tau_m)}*ms) : 1 (unless refractory)"]
    lines += [f"ds{k}/dt = -s{k}/({_ratio(s.tau)}*ms) : 1" for k, s in enumerate(population.synapses)]
    if population.adaptation:
        lines.append(f"dw/dt = -w/({_ratio(population.adaptation.tau)}*ms) : 1")
    return lines


def propagated(population: Population, dt: float, names: dict[str, Any]) -> tuple[list[str], str]:
    """Variables, and one step of them as statements; its constants are added to the namespace `names`."""
    names["v_keep"] = float(np.exp(-dt / population.tau_m))
    lines, terms, decays = ["v : 1"], ["v_rest + (v - v_rest)*v_keep"], []
    for k, synapse in enumerate(population.synapses):
        names[f"push{k}"] = synapse.sign * propagator(dt, population.tau_m, synapse.tau)
        names[f"keep{k}"] = float(np.exp(-dt / synapse.tau))
        lines.append(f"s{k} : 1")
        terms.append(f"G{k}*push{k}*s{k}")
        decays.append(f"s{k} = s{k}*keep{k}")
    if population.adaptation:
        names["w_push"] = -propagator(dt, population.tau_m, population.adaptation.tau)
        names["w_keep"] = float(np.exp(-dt / population.adaptation.tau))
        lines.append("w : 1")
        terms.append("w_push*w")
        decays.append("w = w*w_keep")
    free = " + ".join(terms)
    return lines, "\n".join([f"v = v + int(not_refractory)*({free} - v)", *decays])


def _ratio(tau: float) -> str:
    """The number as a quotient of integers: sympy then keeps every digit, and finds equal eigenvalues equal."""
    exact = Fraction(repr(float(tau)))
    return f"({exact.numerator}/{exact.denominator})" if exact.denominator > 1 else str(exact.numerator)
