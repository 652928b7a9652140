"""Random small networks that mix everything a network may hold, for the comparison of simulators."""

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
    LogNormal,
    LowRank,
    MeanSynapticCurrent,
    Network,
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
    UniformDelay,
    WhiteNoise,
)

KINDS = ("current", "conductance", "coupled", "exponential", "quadratic")
GAIN = Schedule("gain", (0.0, 50.03, 50.03, 120.0), (1.0, 1.5, 0.4, 1.2))
THETA = Schedule("theta", (20.0, 60.0, 100.0), (0.0, 1.5, -0.7))  # added to a threshold
RATE = Schedule("rate", (0.0, 40.0, 40.0, 150.0), (0.3, 1.0, 1.6, 0.2))
DRIVE = Schedule("drive", (10.04, 10.04, 90.0, 130.0), (0.0, 3.0, 1.0, 4.0))
PULL = 60.0  # a conductance of 1 drives a cell by about this [mV]


def random_network(seed, kinds=KINDS):
    """1-4 populations of 10-50 cells of these kinds that fire, and do not explode."""
    rng = np.random.default_rng(seed)
    pick = Pick(rng)
    dt = pick(0.1, 0.2)
    populations = [_population(pick, rng, f"P-{p}", pick(*kinds), dt) for p in range(pick(1, 2, 3, 4))]
    projections = [
        _projection(pick, rng, a, b, pick(*b.synapses), dt)
        for a in populations
        for b in populations
        if pick(True, True, a is b)
    ]
    inputs = [given for p in populations for given in _inputs(pick, rng, p, pick(*populations), dt)]
    signals = [signal for p in populations for signal in _signals(pick, rng, p, inputs, dt)]
    slow = (SlowVariable("tired", "P-0", 80.0, 0.7, 20.0, 2.5, 30.0),)
    return Network(populations, projections, inputs, slow, signals, dt)


class Pick:
    """One of its arguments, at random."""

    def __init__(self, rng):
        self.rng = rng

    def __call__(self, *choices):
        return choices[int(self.rng.integers(len(choices)))]


def _population(pick, rng, name, kind, dt):
    reversals = (None,) if kind == "current" else (0.0,) if kind == "conductance" else (None, 0.0)
    synapses = [_synapse(pick, rng, "syn 0", pick(Synapse, AlphaSynapse, DeltaSynapse), pick(*reversals), 1)]
    for k in range(1, pick(1, 2, 3, 4)):
        reversal = pick(*reversals) if pick(True, False) or reversals == (None,) else -75.0
        rule = pick(Synapse, AlphaSynapse, DeltaSynapse, SaturatingSynapse)
        synapses.append(_synapse(pick, rng, f"syn {k}", rule, reversal, pick(1, -1) if reversal is None else 1))
    adaptations = [None, Adaptation(50.0, 1.5), Adaptation(float(rng.uniform(10, 90)), 1.0)]
    if kind != "current":
        adaptations.append(Adaptation(40.0, 1.0, 0.3))
    initiation, threshold, rest = None, -50.0, rng.uniform(-55, -48)
    if kind == "exponential":
        initiation, threshold = Exponential(float(rng.uniform(1, 3)), -50.0), -35.0
    elif kind == "quadratic":
        initiation, threshold, rest = Quadratic(float(rng.uniform(-53, -51))), -30.0, rng.uniform(-58, -54)
    theta = Schedule(f"{THETA.name} {name}", THETA.times, tuple(threshold + x for x in THETA.values))
    return Population(
        name,
        int(rng.integers(10, 51)),
        tau_m=pick(10.0, 20.0),
        v_rest=float(rest),
        v_threshold=pick(threshold, threshold, theta),
        v_reset=-60.0,
        refractory=pick(0.0, dt, 2.0),
        synapses=synapses,
        adaptation=Adaptation(40.0, 1.0, 0.3) if kind == "coupled" else pick(*adaptations),
        v_init=(-65.0, -49.0),
        initiation=initiation,
    )


def _synapse(pick, rng, name, rule, reversal, sign):
    if rule is DeltaSynapse:
        return DeltaSynapse(name, sign)
    rest = {"gain": pick(0.8, 1.0, GAIN), "slow": pick(None, "tired"), "reversal": reversal, "sign": sign}
    if rule is SaturatingSynapse:
        block = pick(0.0, 1.0) if reversal is not None else 0.0
        return SaturatingSynapse(name, float(rng.uniform(20, 80)), 2.0, 0.5, magnesium=block, **rest)
    return rule(name, pick(3.0, 5.5, 20.0, 41 / 7), **rest)


def _weight(synapse, tau_m):
    """The weight that lets one spike a ms drive a cell by about 1 mV; of a saturating one, open gates."""
    scale = 1.0 if isinstance(synapse, DeltaSynapse) or synapse.reversal is None else 1 / PULL
    if isinstance(synapse, SaturatingSynapse):
        return scale
    return scale / {DeltaSynapse: tau_m, Synapse: 1.0, AlphaSynapse: np.e}[type(synapse)] / getattr(synapse, "tau", 1.0)


def _projection(pick, rng, a, b, synapse, dt):
    saturating = isinstance(synapse, SaturatingSynapse)
    near, k = pick(None, Footprint(0.2), Footprint(0.15, periodic=True)), int(rng.integers(3, 7))
    pre, post = rng.integers(0, a.n, 5 * b.n), rng.integers(0, b.n, 5 * b.n)
    modes = rng.uniform(0, 0.4, (a.n, 2)) / np.sqrt(a.n), rng.uniform(0, 0.4, (b.n, 2))
    rules = {
        "in-degree": FixedInDegree(k, near),
        "pairwise": Pairwise(min(1.0, (1 if near is None else 3) * k / a.n), near),
        "edges": Edges(pre, post),
        "dense": Dense(rng.exponential(5.0 / a.n, (a.n, b.n))),
        "low-rank": LowRank(modes[0] * 10, modes[1] * 10 / np.sqrt(a.n)),
    }
    if isinstance(synapse, AlphaSynapse):
        del rules["low-rank"]
    rule = rules[pick(*rules)]
    weight = (0.4 if saturating else 8.0) * _weight(synapse, b.tau_m) * rng.uniform(0.5, 1.5)
    delay = pick(0, 1, 7, 15) * dt
    if not isinstance(rule, Dense | LowRank):
        given = np.abs(rng.normal(weight, 0.3 * weight, pre.size))
        weight = pick(weight, LogNormal(weight, 0.4), *([given] if isinstance(rule, Edges) else []))
        if not saturating:
            each = rng.integers(0, 20, pre.size) * dt
            spread = UniformDelay(2 * dt, 9 * dt)
            delay = pick(delay, spread, *([each] if isinstance(rule, Edges) else []))
    return Projection(a.name, b.name, synapse.name, rule, weight, delay)


def _inputs(pick, rng, p, source, dt):
    weight, name = _weight(p.synapses[0], p.tau_m), p.synapses[0].name
    rate = pick(0.7, RATE)
    yield PoissonInput(p.name, name, rate, float(rng.uniform(2, 5) * weight))
    if pick(True, False):
        yield EventInput(p.name, name, 20 * weight, rng.uniform(0, 150, 80), rng.integers(0, p.n, 80))
    if pick(True, False):
        yield CurrentInput(p.name, pick(1.5, DRIVE), pick(None, rng.uniform(0, 1.5, p.n)))
    if pick(True, False):
        yield WhiteNoise(p.name, float(rng.uniform(0.5, 3)))
    if pick(True, False):
        yield OUNoise(p.name, "noise", pick(p.tau_m, 5.0), 1.5)
    if pick(True, False):
        window, delay, dead = (pick(*choices) * dt for choices in ((1, 20), (0, 8), (0, 100)))
        cells = pick(None, rng.permutation(p.n)[: p.n // 2])
        count = 1 + int(window / dt) // 5
        yield TriggeredInput(
            f"shock {p.name}", source.name, p.name, name, 3 * weight, count, window, delay, dead, cells
        )


def _signals(pick, rng, p, inputs, dt):
    smooth = [s.name for s in p.synapses if isinstance(s, Synapse | AlphaSynapse)]
    noises = [i.name for i in inputs if isinstance(i, OUNoise) and i.target == p.name]
    variables = ["v", *(["w"] if p.adaptation else []), *smooth, *noises]
    interval = pick(None, dt, 13 * dt)
    yield PopulationRate(f"rate {p.name}", p.name, interval)
    yield StateRecording(f"cells {p.name}", p.name, pick(*variables), rng.permutation(p.n)[:4], interval)
    yield PopulationStatistic(f"mean {p.name}", p.name, pick(*variables), pick("mean", "sd"), pick(None, 7 * dt))
    if smooth:
        yield MeanSynapticCurrent(f"lfp {p.name}", p.name, smooth, pick(None, 3 * dt))
    if pick(True, False):
        yield StateRecording(f"all {p.name}", p.name, pick(*variables))
