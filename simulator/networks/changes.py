"""Changes that a run may meet where another one goes on from its state."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..errors import InputError
from .cells import Population
from .connections import Edges, FixedInDegree, LowRank, Pairwise, Projection, UniformDelay
from .inputs import AnyInput, GivenNoise, TriggeredInput
from .network import Network
from .paths import parameters_of

RUN_AGAIN = "to change it, run the network from the start"


def check_changes(old: Network, new: Network) -> list[str]:
    """Check that the state of one network can be carried over to another.

    Parameters may change, and so may weights and given edges. Synapses, projections and inputs may be added behind
    those that are there. The clock, the cells, drawn edges and delays may not change: spikes are under way.

    Returns:
        A line on every variable that starts anew or ends.

    Raises:
        InputError: the change that is not possible, with the way to do it.
    """
    if old.dt != new.dt:
        raise _refused("Network.dt", old.dt, new.dt, "steps of the clock of the run")
    _check_populations(old, new)
    if len(new.projections) < len(old.projections):
        raise _refused("Network.projections", len(old.projections), len(new.projections), "set weights to 0 instead")
    for before, after in zip(old.projections, new.projections, strict=False):
        _check_projection(before, after)
    if len(new.inputs) < len(old.inputs):
        raise _refused(
            "Network.inputs", len(old.inputs), len(new.inputs), "set the rate, weight or current to 0 instead"
        )
    for k, (one, other) in enumerate(zip(old.inputs, new.inputs, strict=False)):
        if (a := _kind(one)) != (b := _kind(other)):
            raise _refused(f"Network.inputs[{k}]", a, b, "keep the inputs in their order and add others behind them")
        if isinstance(one, TriggeredInput) and isinstance(other, TriggeredInput) and one.delay != other.delay:
            raise _refused(f"TriggeredInput.delay: of {one.name!r}", one.delay, other.delay, "stimuli are under way")
    return _remarks(old, new)


def check_sizes(network: Network, values: Mapping[str, object]) -> None:
    """Check that new values of parameters by path leave the number of cells: arrays of the cells would not fit it.

    Raises:
        InputError: another number of cells, with the way to change it.
    """
    known = parameters_of(network)
    for path, value in values.items():
        found = known.get(path)
        if found is not None and found.kind is Population and found.steps[-1] == "n" and value != found.value:
            raise _refused(f"Population.n: of {path.split('.')[1]!r}", found.value, value, RUN_AGAIN)


def _check_populations(old: Network, new: Network) -> None:
    if (names := [p.name for p in old.populations]) != (others := [p.name for p in new.populations]):
        raise _refused("Network.populations", ", ".join(names), ", ".join(others), RUN_AGAIN)
    for before, after in zip(old.populations, new.populations, strict=True):
        if before.n != after.n:
            raise _refused(f"Population.n: of {before.name!r}", before.n, after.n, RUN_AGAIN)
        kinds = {s.name: type(s).__name__ for s in after.synapses}
        for synapse in before.synapses:
            kind, found = type(synapse).__name__, kinds.get(synapse.name, "none")
            if kind != found:
                what = f"Population.synapses: {synapse.name!r} of {before.name!r}"
                raise _refused(what, kind, found, "keep it; a gain of 0 switches it off")


def _check_projection(old: Projection, new: Projection) -> None:
    ends, others = ((p.source, p.target, p.synapse) for p in (old, new))
    if ends != others:
        raise _refused("Network.projections", " -> ".join(ends), " -> ".join(others),
                       "keep the projections in their order and add others behind them")  # fmt: skip
    where, rules = f"{old.source!r} -> {old.target!r}", (type(old.rule).__name__, type(new.rule).__name__)
    if not _same_delay(old.delay, new.delay):
        raise _refused(f"Projection.delay: {where}", _short(old.delay), _short(new.delay), "spikes are under way")
    drawn = isinstance(new.rule, FixedInDegree | Pairwise)
    if drawn and old.rule != new.rule:
        raise _refused(f"Projection.rule: {where}", old.rule, new.rule,
                       "it would draw other edges; give those that you want as Edges")  # fmt: skip
    if isinstance(old.rule, LowRank) or isinstance(new.rule, LowRank):
        same = isinstance(old.rule, LowRank) and isinstance(new.rule, LowRank)
        if not (same and np.array_equal(old.rule.target, new.rule.target)):  # type: ignore[union-attr]
            raise _refused(f"Projection.rule: {where}", rules[0], rules[1],
                           "a LowRank keeps its factors of the target; change those of the source")  # fmt: skip
    elif not drawn and not isinstance(new.delay, float) and not _same_edges(old, new):
        raise _refused(f"Projection.rule: {where}", rules[0], rules[1],
                       "edges with several delays stay; set weights to 0 instead")  # fmt: skip


def _same_delay(old: object, new: object) -> bool:
    if isinstance(old, float | UniformDelay):
        return bool(type(old) is type(new) and old == new)
    return isinstance(new, np.ndarray) and np.array_equal(np.asarray(old), new)


def _same_edges(old: Projection, new: Projection) -> bool:
    a, b = old.rule, new.rule
    return (
        isinstance(a, Edges)
        and isinstance(b, Edges)
        and np.array_equal(a.pre, b.pre)
        and np.array_equal(a.post, b.post)
    )


def _kind(given: AnyInput) -> str:
    """Return the facts by which the draws and the state of an input are found again."""
    name = getattr(given, "synapse", None) or getattr(given, "name", None)
    white = " without tau" if isinstance(given, GivenNoise) and given.tau is None else ""
    return f"{type(given).__name__} of {given.target}{f'.{name}' if name else ''}{white}"


def _remarks(old: Network, new: Network) -> list[str]:
    lines = []
    for what, a, b in (
        ("slow variable", [s.name for s in old.slow], [s.name for s in new.slow]),
        ("w of population", [p.name for p in old.populations if p.adaptation],
         [p.name for p in new.populations if p.adaptation]),
    ):  # fmt: skip
        lines += [f"{what} {name!r} starts at 0" for name in b if name not in a]
        lines += [f"{what} {name!r} ends here" for name in a if name not in b]
    for k in range(len(old.inputs), len(new.inputs)):
        lines.append(f"{_kind(new.inputs[k])} begins here")
    for p in range(len(old.projections), len(new.projections)):
        added = new.projections[p]
        lines.append(f"edges {added.source} -> {added.target}.{added.synapse} begin here")
    return lines


def _refused(what: str, old: object, new: object, why: str) -> InputError:
    return InputError(f"{what}: cannot change where a run goes on: {old} there and {new} here; {why}")


def _short(delay: object) -> str:
    return f"{delay.size} delays" if isinstance(delay, np.ndarray) else str(delay)
