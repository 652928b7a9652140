"""A network with everything in it, and every network that differs from it in one place of its description."""

import dataclasses
import itertools
from typing import Literal, Union, get_args, get_origin

import numpy as np

from ictal.simulator import (
    Adaptation,
    AlphaSynapse,
    CurrentInput,
    DeltaSynapse,
    Dense,
    Edges,
    EventInput,
    Exponential,
    FixedInDegree,
    Footprint,
    GivenNoise,
    InputError,
    LogNormal,
    LowRank,
    MeanSynapticCurrent,
    Network,
    Normal,
    OUNoise,
    Pairwise,
    PoissonInput,
    Population,
    PopulationRate,
    PopulationStatistic,
    Projection,
    Quadratic,
    SaturatingSynapse,
    Schedule,
    SlowVariable,
    StateRecording,
    Synapse,
    TriggeredInput,
    Uniform,
    UniformDelay,
    WhiteNoise,
)
from ictal.simulator.fields import declared
from ictal.simulator.files.identity import fingerprint

N, EDGES, STEPS = 4, 150, 600  # cells of a population; edges, stored apart from the JSON; rows of given noise


def everything():
    """Every class of a description, with every field that it may have; one part more of what has no name."""
    rng = np.random.default_rng(2)
    gain, drive = Schedule("gain", (0.0, 3.0, 3.0), (1.0, 1.5, 0.5)), Schedule("drive", (1.0, 9.0), (0.0, 2.0))
    rate, theta = Schedule("rate", (0.0, 5.0), (0.3, 0.6)), Schedule("theta", (0.0, 5.0), (-50.0, -49.0))
    body = {"tau_m": 20.0, "v_rest": -60.0, "v_reset": -65.0, "refractory": 2.0}
    leaky = Population(
        "A", N, v_threshold=theta, **body, v_init=Uniform(-64.0, -51.0), position=rng.uniform(size=N),
        synapses=(Synapse("e", 5.0, gain, slow="tired"), AlphaSynapse("a", 4.0, 0.8, -1), DeltaSynapse("d", -1)),
        adaptation=Adaptation(50.0, 1.0, 0.2),
    )  # fmt: skip
    spiky = Population(
        "B", N, v_threshold=-40.0, **body, v_init=Normal(-60.0, 2.0), initiation=Exponential(2.0, -50.0),
        synapses=(Synapse("g", 5.0, reversal=0.0), SaturatingSynapse("n", 50.0, 2.0, 0.5, reversal=0.0, magnesium=1.0),
                  SaturatingSynapse("m", 40.0, 2.0, 0.5, sign=-1), AlphaSynapse("h", 4.0, slow="tired", reversal=0.0)),
    )  # fmt: skip
    square = Population("C", N, v_threshold=-40.0, **body, v_init=rng.uniform(-64, -61, N), initiation=Quadratic(-52.0))
    plain = Population("D", N, 10.0, -60.0, -50.0, -65.0, v_init=-60.0, synapses=(Synapse("e", 5.0),))
    pre, post = rng.integers(0, N, (2, EDGES))
    each = rng.uniform(0.1, 0.2, EDGES), 0.1 * rng.integers(1, 9, EDGES)
    projections = (
        Projection("A", "A", "e", FixedInDegree(2, Footprint(0.3)), LogNormal(0.2, 0.3), UniformDelay(0.2, 0.5)),
        Projection("A", "B", "g", Pairwise(0.5, Footprint(0.2, True)), 0.01, 1.5),
        Projection("D", "D", "e", Edges(pre, post, (N, N)), *each),
        Projection("D", "D", "e", Edges([0, 1], [1, 2]), [0.1, 0.2], 0.3),
        Projection("A", "A", "d", Dense(rng.uniform(0.1, 0.2, (N, N))), 0.1, 0.5),
        Projection("D", "D", "e", LowRank(rng.uniform(0.1, 0.2, (N, 2)), rng.uniform(0.1, 0.2, (N, 2))), 0.1),
        Projection("A", "B", "n", FixedInDegree(2), 0.01, 0.5),
    )
    inputs = (
        PoissonInput("A", "e", rate, 0.5),
        PoissonInput("D", "e", 0.4, 0.6),
        EventInput("D", "e", 1.0, [1.0, 2.5], [0, 3], until=900.0),
        CurrentInput("A", 0.5, rng.uniform(0.5, 1.0, N)),
        CurrentInput("A", drive),
        CurrentInput("D", rng.normal(size=130), dt=0.5, after="hold"),
        WhiteNoise("D", 0.5),
        OUNoise("D", "slow noise", 5.0, 1.5),
        GivenNoise("C", "kicks", None, rng.normal(size=(STEPS, N))),
        GivenNoise("C", "given", 3.0, rng.normal(size=(STEPS, N)), rng.normal(size=N)),
        TriggeredInput("shock", "D", "A", "e", 0.5, 2, 1.0, 0.3, 5.0, cells=[0, 2]),
    )
    signals = (
        MeanSynapticCurrent("lfp", "A", ("e", "a"), 0.5),
        StateRecording("cells", "D", "v", [0, 2], 0.2),
        PopulationStatistic("spread", "A", "w", "sd", 0.3),
        PopulationRate("hz", "D", 1.0),
        PopulationRate("rates", "A"),
    )
    slow = (SlowVariable("tired", "A", 80.0, 0.7, 20.0, 2.5, 30.0),
            SlowVariable("rested", "D", 60.0, 0.5, 10.0, 2.0, 20.0))  # fmt: skip
    return Network((leaky, spiky, square, plain), projections, inputs, slow, signals, 0.1)


SAMPLES = (
    Schedule("another", (0.0, 4.0), (0.4, 0.5)), Uniform(-64.0, -60.0), Normal(-60.0, 1.0), FixedInDegree(3),
    Pairwise(0.4), Edges([0, 1], [2, 3]), Dense(np.full((N, N), 0.1)), LowRank(np.ones((N, 1)), np.ones((N, 1))),
    LogNormal(0.1, 0.2), UniformDelay(0.1, 0.2), Footprint(0.25), Adaptation(40.0, 1.0), Exponential(1.0, -51.0),
    Quadratic(-51.0),
)  # fmt: skip


def variants(network, most=2):
    """Yield (class, field, change, network) of networks that differ in one place, up to `most` of a field and change.

    Independent of how a description is written: it walks through the objects.
    """
    seen = {}
    names = sorted({text for _, _, value in places(network) for text in texts(value)})
    for steps, kind, value in places(network):
        field = steps[-1]
        hint = declared(kind)[field][0]
        for change, other in others(value, hint, names):
            key = kind.__name__, field, change
            if seen.get(key, 0) >= most:
                continue
            try:
                made = renamed(network, value, other) if change == "renamed" else put(network, steps, other)
            except InputError:
                continue
            if fingerprint(made) == fingerprint(network):
                continue
            seen[key] = seen.get(key, 0) + 1
            yield *key, made


def places(item, steps=()):
    """Yield (steps, class, value) of every field of every object, from the network down."""
    for name in declared(type(item)):
        value, here = getattr(item, name), (*steps, name)
        yield here, type(item), value
        if dataclasses.is_dataclass(value):
            yield from places(value, here)
        for k, one in enumerate(value if isinstance(value, tuple) else ()):
            if dataclasses.is_dataclass(one):
                yield from places(one, (*here, k))


def texts(value):
    given = value if isinstance(value, tuple) else (value,)
    return [text for text in given if isinstance(text, str)]


def put(item, steps, value):
    """Return the object with another value at a place."""
    if not steps:
        return value
    first, *rest = steps
    if isinstance(item, tuple):
        return tuple(put(one, rest, value) if k == first else one for k, one in enumerate(item))
    return dataclasses.replace(item, **{first: put(getattr(item, first), rest, value)})


def renamed(item, old, new):
    """Return the object in which one name is another one everywhere."""
    if isinstance(item, str):
        return new if item == old else item
    if isinstance(item, tuple):
        return tuple(renamed(one, old, new) for one in item)
    if dataclasses.is_dataclass(item):
        return type(item)(**{name: renamed(getattr(item, name), old, new) for name in declared(type(item))})
    return item


def others(value, hint, names):
    """Yield (change, other value) of values that a field could have instead."""
    options = get_args(hint) if get_origin(hint) in (Union, type(int | str)) else (hint,)
    kinds = [option for option in options if dataclasses.is_dataclass(option)]
    if value is not None and type(None) in options:
        yield "none", None
    if isinstance(value, bool):
        yield "not", not value
    elif isinstance(value, int | float):
        for other in (np.nextafter(value, 1e9) if isinstance(value, float) else value, -value):
            yield "least", type(value)(other)
        for other in (value + 1, value - 1, 2 * value, value / 2, value + 0.1, value - 0.1, value + 0.5):
            if isinstance(value, float) or other == int(other):
                yield "number", type(value)(other)
    elif isinstance(value, str):
        yield "renamed", f"{value}2"
        for other in names:
            yield "text", other
    elif isinstance(value, np.ndarray):
        yield from arrays(value)
    elif isinstance(value, tuple):
        yield from tuples(value)
    for option in options:
        for other in get_args(option) if get_origin(option) is Literal else ():
            yield "choice", other
    if value is None or isinstance(value, float | int):
        for option, samples in ((float, (0.3, 0.0, 1.0)), (int, (1,)), (str, names), (tuple, ((N, N),))):
            if option in options or (option is tuple and any(get_origin(o) is tuple for o in options)):
                yield from (("given", sample) for sample in samples)
        if any(get_origin(option) is np.ndarray for option in options):
            fill = 1 if value is None else value
            yield from (("array", np.full(size, fill)) for size in (N, 2, EDGES))
    elif float in options:
        yield from (("number for all", other) for other in (0.3, -60.0))
    for kind in kinds:
        samples = [sample for sample in SAMPLES if type(sample) is kind]
        yield from (("object", sample) for sample in samples if type(value) is not kind)
    if dataclasses.is_dataclass(value):
        yield from ((f"{type(value).__name__} to {one[0]}", one[1]) for one in of_other_class(value, kinds))


def arrays(value):
    flat = value.reshape(-1)
    for at in (0, flat.size - 1):
        changed = flat.copy()
        changed[at] = changed[at] + 1 if changed.dtype.kind == "i" else np.nextafter(changed[at], 1e9)
        yield ("first" if at == 0 else "last"), changed.reshape(value.shape)
        changed[at] = 0
        yield ("first" if at == 0 else "last"), changed.reshape(value.shape)
    yield "order", value[::-1].copy()
    yield "longer", np.concatenate([value, value[-1:]])
    yield "shorter", value[:-1]
    if value.ndim == 2:
        yield "order of columns", value[:, ::-1].copy()


def tuples(value):
    yield "order", value[::-1]
    for k in range(len(value)):
        yield "one less", value[:k] + value[k + 1 :]
        yield "one twice", value[: k + 1] + value[k:]
        for other in {float: (np.nextafter(value[k], 1e9), value[k] + 0.5), int: (value[k] + 1,)}.get(
            type(value[k]), ()
        ) if isinstance(value[k], int | float) else ():  # fmt: skip
            yield "one", (*value[:k], type(value[k])(other), *value[k + 1 :])
    for one, other in itertools.pairwise(range(len(value))):
        swapped = list(value)
        swapped[one], swapped[other] = swapped[other], swapped[one]
        yield "swapped", tuple(swapped)
    for k, one in enumerate(value):
        if dataclasses.is_dataclass(one):
            family = next((family for family in FAMILIES if type(one) in family), ())
            for name, made in of_other_class(one, family):
                yield f"{type(one).__name__} to {name}", (*value[:k], made, *value[k + 1 :])


def of_other_class(value, kinds):
    """Yield (class, object) of the classes that take the fields of an object, with 1 for what they need besides."""
    own = {name: getattr(value, name) for name in declared(type(value))}
    for kind in kinds:
        if kind is type(value):
            continue
        given = {name: own[name] for name in declared(kind) if name in own}
        needed = [f.name for f in dataclasses.fields(kind) if f.default is dataclasses.MISSING and f.name not in given]
        try:
            yield kind.__name__, kind(**given, **dict.fromkeys(needed, 1.0))
        except InputError:
            continue


FAMILIES = (
    (Synapse, AlphaSynapse, DeltaSynapse, SaturatingSynapse),
    (PoissonInput, WhiteNoise, OUNoise, CurrentInput),
    (StateRecording, PopulationStatistic, PopulationRate),
)
