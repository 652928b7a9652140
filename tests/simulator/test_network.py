import numpy as np
import pytest

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
    freeze_inputs,
    instantiate,
    simulate,
)
from ictal.simulator.checks import steps


def cells(name="E", n=50, **other):
    parameters = {"tau_m": 20.0, "v_rest": 0.0, "v_threshold": 20.0, "v_reset": 10.0, "refractory": 2.0}
    return Population(name, n, **{**parameters, "synapses": (Synapse("e", 5.0), Synapse("i", 10.0, sign=-1)), **other})


def projected(rule, weight=1.0, delay=0.0, synapse="e"):
    """A network of 50 cells E, with a synapse of every kind, and a projection of them onto themselves."""
    kinds = (Synapse("e", 5.0), AlphaSynapse("a", 5.0), DeltaSynapse("d"), SaturatingSynapse("n", 100.0, 2.0, 0.5))
    return Network((cells(synapses=kinds),), (Projection("E", "E", synapse, rule, weight, delay),))


def given(*inputs, **other):
    kinds = (Synapse("e", 5.0), SaturatingSynapse("n", 100.0, 2.0, 0.5))
    return Network((cells(synapses=kinds, **other),), inputs=inputs)


def opened(rule=None, weight=1.0, given=None):
    """A network with a conductance g, and a projection or an input onto it."""
    cell = cells(synapses=(Synapse("g", 5.0, reversal=0.0), Synapse("e", 5.0)))
    edges = () if rule is None else (Projection("E", "E", "g", rule, weight),)
    return Network((cell,), edges, () if given is None else (given,))


def recorded(*signals, **other):
    kinds = (Synapse("e", 5.0), DeltaSynapse("d"), SaturatingSynapse("n", 100.0, 2.0, 0.5))
    return Network((cells(synapses=kinds, **other),), signals=signals, inputs=(OUNoise("E", "y", 5.0, 1.0),))


SLOW = {"population": "E", "tau": 100.0, "maximum": 0.5, "half_rate": 10.0, "exponent": 2.0, "rate_tau": 50.0}


# ---- schedule


def test_a_schedule_is_linear_between_points_flat_outside_and_right_continuous_at_jumps():
    g = Schedule("g", (0.0, 10.0, 10.0, 20.0), (1.0, 2.0, 5.0, 3.0))
    t = [-5.0, 0.0, 2.5, 9.999999, 10.0, 15.0, 20.0, 99.0]
    assert g.at(t) == pytest.approx([1.0, 1.0, 1.25, 1.9999999, 5.0, 4.0, 3.0, 3.0], abs=1e-12)
    assert g.at(10.0).shape == ()
    assert g.at(np.zeros((3, 2))).shape == (3, 2)


@pytest.mark.parametrize("dt", [0.1, 0.05, 0.3, 1 / 3])
def test_a_jump_takes_effect_in_the_step_that_begins_there(dt):
    n = np.arange(1, 2000)
    jump = 777 * dt
    assert np.array_equal(Schedule("g", (0, jump, jump), (0, 0, 1)).at(n * dt) == 1, n >= 777)


def test_a_jump_in_the_last_and_in_the_first_point():
    assert Schedule("g", (5, 5), (1, 2)).at([4, 5, 6]).tolist() == [1, 2, 2]


# ---- inputs


def test_frozen_inputs_are_the_events_that_the_run_draws():
    network = Network(
        (cells(v_init=(0.0, 20.0)), cells("I")),
        inputs=(PoissonInput("E", "e", 2.0, 2.0), PoissonInput("I", "e", 2.5, 2.0)),
        signals=(MeanSynapticCurrent("lfp", "E", ("e", "i")),),
    )
    frozen = freeze_inputs(network, 0.35, 5)
    assert all(isinstance(i, EventInput) for i in frozen.inputs)
    drawn, given = simulate(network, 0.35, 5), simulate(frozen, 0.35, 5)
    assert drawn.spikes("E").time.size > 100
    for name in ("E", "I"):
        assert np.array_equal(drawn.spikes(name).time, given.spikes(name).time)
        assert np.array_equal(drawn.spikes(name).unit, given.spikes(name).unit)
    assert np.array_equal(drawn.recording("lfp").values, given.recording("lfp").values)


def test_weights_that_are_not_negative_make_conductances():
    """Sums of modes that reach 0 but for rounding too."""
    angle = 2 * np.pi * np.arange(50) / 50
    modes = np.stack([np.ones(50), np.cos(angle), np.sin(angle)], axis=1)
    for rule, weight in ((Pairwise(0.1), 0.0), (LowRank(modes, modes), 1.0), (LowRank(-modes, modes), -1.0),
                         (Dense(-np.ones((50, 50))), -1.0), (Pairwise(0.1), LogNormal(1.0, 0.5))):  # fmt: skip
        assert opened(rule, weight).projections[0].lowest_weight() == 0.0


# ---- what is refused

NAN = float("nan")
ONE = Edges(np.array([0]), np.array([1]))
NMDA = {"tau": 100.0, "rise": 2.0, "alpha": 0.5}
TRIGGER = {"source": "E", "target": "E", "synapse": "e", "weight": 1.0, "count": 3, "window": 5.0}
REFUSED = {
    "Synapse.tau: must be > 0": lambda: Synapse("e", -5.0),
    "Synapse.tau: must be > 0 [ms]; got nan": lambda: Synapse("e", NAN),
    "Synapse.gain: must be": lambda: Synapse("e", 5.0, gain=NAN),
    "Synapse.sign: must be 1 or -1": lambda: Synapse("e", 5.0, sign=2),
    "Synapse.name: must be": lambda: Synapse("a/b", 5.0),
    "Schedule.times: must not fall": lambda: Schedule("g", (1, 0), (1, 1)),
    "Schedule.times: must hold a time at most twice": lambda: Schedule("g", (1, 1, 1), (1, 2, 3)),
    "Schedule.times: must be as many": lambda: Schedule("g", (), ()),
    "Schedule.values: must be finite": lambda: Schedule("g", (0,), (NAN,)),
    "Adaptation.tau": lambda: Adaptation(0.0, 1.0),
    "Adaptation.jump": lambda: Adaptation(10.0, NAN),
    "Population.n": lambda: cells(n=0),
    "Population.n: must be a whole number; got 2.5": lambda: cells(n=2.5),
    "Population.tau_m: must be > 0 [ms]; got -1": lambda: cells(tau_m=-1.0),
    "Population.v_rest": lambda: cells(v_rest=NAN),
    "Population.v_reset: must lie below v_threshold 20 mV; got 20": lambda: cells(v_reset=20.0),
    "Population.refractory: must be >= 0 [ms]": lambda: cells(refractory=-1.0),
    "Population.synapses": lambda: cells(synapses=(Synapse("e", 1.0), Synapse("e", 2.0))),
    "Population.v_init: must be (low, high)": lambda: cells(v_init=(3.0, 1.0)),
    "Population.v_init: must be finite [mV]": lambda: cells(v_init=NAN),
    "FixedInDegree.k": lambda: FixedInDegree(-1),
    "Pairwise.p": lambda: Pairwise(1.5),
    "Edges.pre, Edges.post": lambda: Edges(np.array([0]), np.array([0, 1])),
    "Edges.pre: must be a vector of integers": lambda: Edges(np.array([0.5]), np.array([0])),
    "LogNormal.mean": lambda: LogNormal(-1.0, 0.5),
    "LogNormal.sigma": lambda: LogNormal(1.0, NAN),
    "Projection.rule: must be FixedInDegree": lambda: Projection("E", "E", "e", 5, 1.0),
    "Projection.delay: must be >= 0 [ms]": lambda: Projection("E", "E", "e", FixedInDegree(1), 1.0, -1.0),
    "Projection.weight: must be finite [mV]": lambda: Projection("E", "E", "e", FixedInDegree(1), NAN),
    "Projection.weight: an array needs Edges": lambda: Projection("E", "E", "e", FixedInDegree(1), np.ones(3)),
    "Projection.weight: must be finite": lambda: Projection(
        "E", "E", "e", Edges(np.array([0]), np.array([1])), np.array([NAN])
    ),
    "PoissonInput.rate": lambda: PoissonInput("E", "e", -1.0, 1.0),
    "PoissonInput.weight": lambda: PoissonInput("E", "e", 1.0, NAN),
    "EventInput.time, EventInput.cell": lambda: EventInput("E", "e", 1.0, np.array([1.0]), np.array([0, 1])),
    "EventInput.time: must not be negative": lambda: EventInput("E", "e", 1.0, np.array([-1.0]), np.array([0])),
    "EventInput.time: must be finite": lambda: EventInput("E", "e", 1.0, np.array([NAN]), np.array([0])),
    "EventInput.time: must be a vector of numbers": lambda: EventInput("E", "e", 1.0, ["soon"], np.array([0])),
    "Schedule.values: must be a vector of numbers": lambda: Schedule("g", (0, 1), ("low", "high")),
    "Projection.weight: must be a vector": lambda: Projection("E", "E", "e", Edges([0], [1]), ["strong"]),
    "CurrentInput.current: must be a number or Schedule": lambda: CurrentInput("E", "x", np.ones((3, 40))),
    "EventInput.weight": lambda: EventInput("E", "e", NAN, np.array([1.0]), np.array([0])),
    "SlowVariable.tau": lambda: SlowVariable("q", **{**SLOW, "tau": 0.0}),
    "SlowVariable.half_rate": lambda: SlowVariable("q", **{**SLOW, "half_rate": -1.0}),
    "SlowVariable.exponent": lambda: SlowVariable("q", **{**SLOW, "exponent": 1000.0}),
    "SlowVariable.maximum: must lie in 0..1": lambda: SlowVariable("q", **{**SLOW, "maximum": 1.5}),
    "SlowVariable.rate_tau": lambda: SlowVariable("q", **{**SLOW, "rate_tau": NAN}),
    "Network.populations": lambda: Network(()),
    "Network.dt": lambda: Network((cells(),), dt=-0.1),
    "Network: recorded names: names must be unique; got 'E' twice": lambda: Network((cells(), cells())),
    "Network: recorded names: names must be unique; got 'q' twice": lambda: Network(
        (cells(synapses=(Synapse("e", 5.0, gain=Schedule("q", (0,), (1,))),)),), slow=(SlowVariable("q", **SLOW),)
    ),
    "Population.refractory: of 'E': must be a multiple of dt = 0.1 ms; got 2.04 ms; the nearest is 2": lambda: Network(
        (cells(refractory=2.04),)
    ),
    "unknown slow variable 'p'": lambda: Network(
        (cells(synapses=(Synapse("e", 5.0, slow="p"),)),), slow=(SlowVariable("q", **SLOW),)
    ),
    "unknown population 'X'; known: E": lambda: Network(
        (cells(),), slow=(SlowVariable("q", **{**SLOW, "population": "X"}),)
    ),
    "unknown population 'A'": lambda: Network((cells(),), (Projection("A", "E", "e", FixedInDegree(1), 1.0),)),
    "unknown population 'B'": lambda: Network((cells(),), (Projection("E", "B", "e", FixedInDegree(1), 1.0),)),
    "unknown synapse of population 'E' 'x'": lambda: Network(
        (cells(),), (Projection("E", "E", "x", FixedInDegree(1), 1.0),)
    ),
    "unknown synapse of population 'E' 'y'": lambda: Network((cells(),), inputs=(PoissonInput("E", "y", 1.0, 1.0),)),
    "unknown synapse of population 'E' 'z'": lambda: Network(
        (cells(),), signals=(MeanSynapticCurrent("lfp", "E", ("z",)),)
    ),
    "Projection.delay: 'E' -> 'E': must be a multiple of dt = 0.1 ms; got 1.53 ms; the nearest is 1.5": lambda: Network(
        (cells(),), (Projection("E", "E", "e", FixedInDegree(1), 1.0, 1.53),)
    ),
    "Projection.rule: FixedInDegree k must be at most 49 ('E' has 50 cells, no self-connection); got 50": lambda: (
        Network((cells(),), (Projection("E", "E", "e", FixedInDegree(50), 1.0),))
    ),
    "Edges.post: must lie in 0..49": lambda: Network(
        (cells(),), (Projection("E", "E", "e", Edges(np.array([0]), np.array([50])), 1.0),)
    ),
    "EventInput.cell: must lie in 0..49": lambda: Network(
        (cells(),), inputs=(EventInput("E", "e", 1.0, np.array([1.0]), np.array([-1])),)
    ),
    # synapses and cells
    "Synapse.gain: must be a number or Schedule; got 'x'": lambda: Synapse("e", 5.0, gain="x"),
    "Synapse.reversal: must be finite [mV]; got nan": lambda: Synapse("e", 5.0, reversal=NAN),
    "Synapse.sign: must be 1 where there is a reversal": lambda: Synapse("e", 5.0, sign=-1, reversal=-80.0),
    "AlphaSynapse.name: must be": lambda: AlphaSynapse("", 5.0),
    "AlphaSynapse.tau: must be > 0 [ms]; got 0": lambda: AlphaSynapse("a", 0),
    "AlphaSynapse.gain: must be": lambda: AlphaSynapse("a", 5.0, gain=None),
    "AlphaSynapse.sign: must be 1 or -1; got 0": lambda: AlphaSynapse("a", 5.0, sign=0),
    "AlphaSynapse.reversal: must be": lambda: AlphaSynapse("a", 5.0, reversal=NAN),
    "AlphaSynapse.sign: must be 1 where": lambda: AlphaSynapse("a", 5.0, sign=-1, reversal=0.0),
    "DeltaSynapse.name: must be": lambda: DeltaSynapse("a/b"),
    "DeltaSynapse.sign: must be 1 or -1; got 3": lambda: DeltaSynapse("d", sign=3),
    "SaturatingSynapse.name: must be": lambda: SaturatingSynapse("", **NMDA),
    "SaturatingSynapse.tau: must be > 0 [ms]": lambda: SaturatingSynapse("n", **{**NMDA, "tau": -1.0}),
    "SaturatingSynapse.rise: must be > 0 [ms]": lambda: SaturatingSynapse("n", **{**NMDA, "rise": 0.0}),
    "SaturatingSynapse.alpha: must be > 0 [1/ms]": lambda: SaturatingSynapse("n", **{**NMDA, "alpha": NAN}),
    "SaturatingSynapse.gain: must be": lambda: SaturatingSynapse("n", **NMDA, gain=NAN),
    "SaturatingSynapse.sign: must be 1 or -1": lambda: SaturatingSynapse("n", **NMDA, sign=2),
    "SaturatingSynapse.sign: must be 1 where": lambda: SaturatingSynapse("n", **NMDA, sign=-1, reversal=0.0),
    "SaturatingSynapse.reversal: must be": lambda: SaturatingSynapse("n", **NMDA, reversal="x"),
    "SaturatingSynapse.magnesium: must be >= 0 [mM]; got -1.0": lambda: SaturatingSynapse(
        "n", **NMDA, reversal=0.0, magnesium=-1.0
    ),
    "SaturatingSynapse.magnesium: needs a reversal potential": lambda: SaturatingSynapse("n", **NMDA, magnesium=1.0),
    "Adaptation.coupling: must be finite [1]; got nan": lambda: Adaptation(10.0, 1.0, NAN),
    "Exponential.slope: must be > 0 [mV]; got 0": lambda: Exponential(0.0, 10.0),
    "Exponential.onset: must be finite [mV]; got nan": lambda: Exponential(2.0, NAN),
    "Exponential.onset: must lie below v_threshold 20 mV; got 20": lambda: cells(initiation=Exponential(2.0, 20.0)),
    "Quadratic.critical: must be finite [mV]; got nan": lambda: Quadratic(NAN),
    "Quadratic.critical: must lie between v_rest 0 and v_threshold 20 mV; got 0": lambda: cells(
        initiation=Quadratic(0.0)
    ),
    "Population.name: must be": lambda: cells("a/b"),
    "Population.n: must be a whole number; got True": lambda: cells(n=True),
    "Population.v_reset: must be finite [mV]; got nan": lambda: cells(v_reset=NAN),
    "Population.v_reset: must lie below v_threshold 5 mV; got 10": lambda: cells(
        v_threshold=Schedule("theta", (0, 1), (20, 5))
    ),
    "Population.v_threshold: must be finite [mV]; got nan": lambda: cells(v_threshold=NAN),
    "Population.synapses: 'w' is the name of a variable of the cell": lambda: cells(synapses=(DeltaSynapse("w"),)),
    "Schedule.name: must be": lambda: Schedule("", (0,), (1,)),
    # connections
    "Footprint.sd: must be > 0 [1]; got 0": lambda: Footprint(0.0),
    "FixedInDegree.k: must be a whole number; got 2.0": lambda: FixedInDegree(2.0),
    "FixedInDegree.k: must be a whole number; got True": lambda: FixedInDegree(True),
    "FixedInDegree.footprint: must be Footprint or none; got 0.1": lambda: FixedInDegree(2, 0.1),
    "Pairwise.p: must lie in 0..1 [1]; got nan": lambda: Pairwise(NAN),
    "Pairwise.footprint: must be Footprint or none; got 0.1": lambda: Pairwise(0.2, 0.1),
    "Edges.post: must be a vector of integers": lambda: Edges(np.array([0]), np.array([[0]])),
    "Dense.weights: must be a matrix; got shape (3,)": lambda: Dense(np.ones(3)),
    "Dense.weights: must be finite": lambda: Dense(np.array([[NAN]])),
    "LowRank.source: must be a matrix": lambda: LowRank(np.ones(3), np.ones((3, 1))),
    "LowRank.target: must be finite": lambda: LowRank(np.ones((3, 1)), np.full((3, 1), NAN)),
    "LowRank.source, LowRank.target: must have equally many columns; got shapes (3, 1) and (3, 2)": lambda: LowRank(
        np.ones((3, 1)), np.ones((3, 2))
    ),
    "UniformDelay.low: must be >= 0 [ms]; got -1.0": lambda: UniformDelay(-1.0, 1.0),
    "UniformDelay.high: must be >= 0 [ms]; got nan": lambda: UniformDelay(1.0, NAN),
    "UniformDelay.high: must be at least low = 2 ms; got 1": lambda: UniformDelay(2.0, 1.0),
    "Projection.delay: an array needs Edges; got FixedInDegree": lambda: projected(FixedInDegree(1), 1.0, np.ones(3)),
    "Projection.delay: an array must hold one number an edge (1); got shape (3,)": lambda: projected(
        ONE, 1.0, np.ones(3)
    ),
    "Projection.weight: an array must hold one number an edge (1); got shape (3,)": lambda: projected(ONE, [1, 2, 3]),
    "Projection.delay: must be finite; got a value that is not": lambda: projected(ONE, 1.0, np.array([NAN])),
    "Projection.delay: must be >= 0 [ms]; got -1": lambda: projected(ONE, 1.0, [-1.0]),
    "Projection.delay: must be a number or UniformDelay or an array; got 'x'": lambda: projected(ONE, 1.0, "x"),
    "Projection.delay: Dense has one delay for all; got UniformDelay": lambda: projected(
        Dense(np.ones((50, 50))), 1.0, UniformDelay(0.0, 1.0)
    ),
    "Projection.weight: must be a number, which multiplies LowRank; got LogNormal": lambda: projected(
        LowRank(np.ones((50, 1)), np.ones((50, 1))), LogNormal(1.0, 0.5)
    ),
    "Projection.delay: 'E' -> 'E': must be a multiple of dt = 0.1 ms; got 0.05 ms; the nearest is 0": lambda: projected(
        ONE, 1.0, 0.05
    ),
    "Projection.delay: 'E' -> 'E': must be a multiple of dt = 0.1 ms; got 0.55 ms; the nearest is": lambda: projected(
        Pairwise(0.1), 1.0, UniformDelay(0.1, 0.55)
    ),
    "Projection.delay: 'E' -> 'E': must be a multiple of dt = 0.1 ms; got 0.12": lambda: projected(ONE, 1.0, [0.12]),
    "Projection.delay: 'E' -> 'E': a saturating synapse has one delay for all; got UniformDelay": lambda: projected(
        Pairwise(0.1), 1.0, UniformDelay(0.1, 0.5), "n"
    ),
    "Projection.delay: 'E' -> 'E': 10000001 delays of 50 cells take 4 GB; must be at most 2 GB": lambda: projected(
        Pairwise(0.1), 1.0, UniformDelay(0.0, 1e6)
    ),
    "Projection.rule: LowRank needs an exponential, delta or saturating synapse; got alpha": lambda: projected(
        LowRank(np.ones((50, 1)), np.ones((50, 1))), synapse="a"
    ),
    "Projection.rule: FixedInDegree k must be at most 1, the sources with a probability above 0 for cell 0 of 'E' "
    "(Footprint.sd 0.001); got 2": lambda: projected(FixedInDegree(2, Footprint(0.001))),
    "Edges.pre: must lie in 0..49 ('E'); got -1..-1": lambda: projected(Edges(np.array([-1]), np.array([0]))),
    "Dense.weights: must have the shape (50, 50); got (50, 49)": lambda: projected(Dense(np.ones((50, 49)))),
    "LowRank.source: must have the shape (50, 1); got (49, 1)": lambda: projected(
        LowRank(np.ones((49, 1)), np.ones((50, 1)))
    ),
    "LowRank.target: must have the shape (50, 1); got (49, 1)": lambda: projected(
        LowRank(np.ones((50, 1)), np.ones((49, 1)))
    ),
    # conductances
    "Synapse.gain: must be >= 0 of a conductance; got -0.5": lambda: Synapse(
        "g", 5.0, Schedule("gain", (0, 1), (1, -0.5)), reversal=0.0
    ),
    "Projection.weight: 'E' -> 'E': must be >= 0 onto 'g', a conductance [1]; got -1; the reversal": lambda: opened(
        Pairwise(0.1), -1.0
    ),
    "Projection.weight: 'E' -> 'E': must be >= 0 onto 'g', a conductance [1]; got -2": lambda: opened(ONE, [-2.0]),
    "Projection.weight: 'E' -> 'E': must be >= 0 onto 'g', a conductance [1]; got -3": lambda: opened(
        Dense(np.diag(np.full(50, -1.0))), 3.0
    ),
    "Projection.weight: 'E' -> 'E': must be >= 0 onto 'g', a conductance [1]; got -4": lambda: opened(
        LowRank(np.ones((50, 1)), np.full((50, 1), -2.0)), 2.0
    ),
    "Projection.weight: 'E' -> 'E': must be >= 0 onto 'g', a conductance [1]; got -5": lambda: opened(
        LowRank(np.ones((50, 1)), np.ones((50, 1))), -5.0
    ),
    "PoissonInput.weight: onto 'E': must be >= 0 onto 'g', a conductance [1]; got -1": lambda: opened(
        given=PoissonInput("E", "g", 1.0, -1.0)
    ),
    "EventInput.weight: onto 'E': must be >= 0 onto 'g', a conductance [1]; got -1": lambda: opened(
        given=EventInput("E", "g", -1.0, np.array([1.0]), np.array([0]))
    ),
    "TriggeredInput.weight: onto 'E': must be >= 0 onto 'g', a conductance [1]; got -1": lambda: opened(
        given=TriggeredInput("t", **{**TRIGGER, "weight": -1.0, "synapse": "g", "target": "E"})
    ),
    # inputs
    "PoissonInput.rate: must be >= 0 [1/ms]; got -1": lambda: PoissonInput(
        "E", "e", Schedule("r", (0, 1), (1, -1)), 1.0
    ),
    "PoissonInput.synapse: a saturating synapse gates": lambda: given(PoissonInput("E", "n", 1.0, 1.0)),
    "EventInput.synapse: a saturating synapse gates": lambda: given(
        EventInput("E", "n", 1.0, np.array([1.0]), np.array([0]))
    ),
    "EventInput.cell: must be a vector of integers": lambda: EventInput(
        "E", "e", 1.0, np.array([1.0]), np.array([0.5])
    ),
    "CurrentInput.current: must be finite [mV]; got nan": lambda: CurrentInput("E", NAN),
    "CurrentInput.profile: must be finite": lambda: CurrentInput("E", 1.0, np.array([NAN])),
    "CurrentInput.profile: must have the shape (50,); got (3,)": lambda: given(CurrentInput("E", 1.0, np.ones(3))),
    "WhiteNoise.sigma: must be >= 0 [mV]; got -1.0": lambda: WhiteNoise("E", -1.0),
    "OUNoise.name: must be": lambda: OUNoise("E", "", 5.0, 1.0),
    "OUNoise.tau: must be > 0 [ms]; got 0": lambda: OUNoise("E", "y", 0.0, 1.0),
    "OUNoise.sd: must be >= 0 [mV]; got nan": lambda: OUNoise("E", "y", 5.0, NAN),
    "GivenNoise.name: must be": lambda: GivenNoise("E", "", None, np.ones((2, 50))),
    "GivenNoise.tau: must be > 0 [ms]; got -1": lambda: GivenNoise("E", "y", -1.0, np.ones((2, 50))),
    "GivenNoise.kicks: must be a matrix": lambda: GivenNoise("E", "y", None, np.ones(50)),
    "GivenNoise.start: must be finite": lambda: GivenNoise("E", "y", 1.0, np.ones((2, 50)), np.full(50, NAN)),
    "GivenNoise.kicks: a row: must have the shape (50,); got (3,)": lambda: given(
        GivenNoise("E", "y", 1.0, np.ones((2, 3)))
    ),
    "GivenNoise.start: must have the shape (50,); got (3,)": lambda: given(
        GivenNoise("E", "y", 1.0, np.ones((2, 50)), np.ones(3))
    ),
    "TriggeredInput.name: must be": lambda: TriggeredInput("a/b", **TRIGGER),
    "TriggeredInput.weight: must be finite [mV]": lambda: TriggeredInput("t", **{**TRIGGER, "weight": NAN}),
    "TriggeredInput.count: must be >= 1; got 0": lambda: TriggeredInput("t", **{**TRIGGER, "count": 0}),
    "TriggeredInput.window: must be > 0 [ms]; got 0": lambda: TriggeredInput("t", **{**TRIGGER, "window": 0.0}),
    "TriggeredInput.delay: must be >= 0 [ms]": lambda: TriggeredInput("t", **TRIGGER, delay=-1.0),
    "TriggeredInput.dead_time: must be >= 0 [ms]": lambda: TriggeredInput("t", **TRIGGER, dead_time=NAN),
    "TriggeredInput.cells: must be a vector of integers": lambda: TriggeredInput("t", **TRIGGER, cells=np.array([0.5])),
    "TriggeredInput.cells: must lie in 0..49": lambda: given(TriggeredInput("t", **TRIGGER, cells=np.array([50]))),
    "TriggeredInput.synapse: a saturating synapse gates": lambda: given(
        TriggeredInput("t", **{**TRIGGER, "synapse": "n"})
    ),
    "TriggeredInput.window: must be a multiple of dt": lambda: given(
        TriggeredInput("t", **{**TRIGGER, "window": 0.25})
    ),
    "TriggeredInput.delay: must be a multiple of dt": lambda: given(TriggeredInput("t", **TRIGGER, delay=0.25)),
    "TriggeredInput.dead_time: must be a multiple of dt": lambda: given(TriggeredInput("t", **TRIGGER, dead_time=0.25)),
    "unknown population 'S'": lambda: given(TriggeredInput("t", **{**TRIGGER, "source": "S"})),
    "unknown population 'T'": lambda: given(WhiteNoise("T", 1.0)),
    "Network: recorded names: names must be unique; got 't' twice": lambda: given(
        TriggeredInput("t", **TRIGGER), TriggeredInput("t", **TRIGGER)
    ),
    "Network: variables of 'E': names must be unique; got 'e' twice": lambda: given(OUNoise("E", "e", 5.0, 1.0)),
    # signals
    "MeanSynapticCurrent.name: must be": lambda: MeanSynapticCurrent("", "E", ("e",)),
    "MeanSynapticCurrent.synapses: must name at least one synapse; got none": lambda: MeanSynapticCurrent("l", "E", ()),
    "MeanSynapticCurrent.synapses: names must be unique; got 'e' twice": lambda: MeanSynapticCurrent(
        "l", "E", ("e", "e")
    ),
    "MeanSynapticCurrent.synapses: 'd' has no s of its own": lambda: recorded(MeanSynapticCurrent("l", "E", ("d",))),
    "MeanSynapticCurrent.synapses: 'n' has no s of its own": lambda: recorded(MeanSynapticCurrent("l", "E", ("n",))),
    "MeanSynapticCurrent.interval: must be > 0 [ms]": lambda: MeanSynapticCurrent("l", "E", ("e",), 0.0),
    "StateRecording.name: must be": lambda: StateRecording("", "E", "v"),
    "StateRecording.interval: must be > 0 [ms]; got nan": lambda: StateRecording("x", "E", "v", interval=NAN),
    "StateRecording.interval: must be a multiple of dt = 0.1 ms; got 0.25": lambda: recorded(
        StateRecording("x", "E", "v", interval=0.25)
    ),
    "StateRecording.cells: must be a vector of integers": lambda: StateRecording("x", "E", "v", np.array([0.5])),
    "StateRecording.cells: must lie in 0..49": lambda: recorded(StateRecording("x", "E", "v", np.array([50]))),
    "unknown variable of population 'E' 'w'; ": lambda: recorded(StateRecording("x", "E", "w")),
    "unknown variable of population 'E' 'd'; known: e, v, y": lambda: recorded(PopulationStatistic("x", "E", "d")),
    "unknown population 'P'": lambda: recorded(PopulationRate("x", "P")),
    "PopulationStatistic.name: must be": lambda: PopulationStatistic("", "E", "v"),
    "PopulationStatistic.interval: must be > 0 [ms]": lambda: PopulationStatistic("x", "E", "v", interval=-1.0),
    "unknown PopulationStatistic.statistic 'median'; did you mean 'mean'? known: mean, sd": lambda: PopulationStatistic(
        "x", "E", "v", "median"
    ),
    "PopulationRate.name: must be": lambda: PopulationRate("", "E"),
    "PopulationRate.interval: must be > 0 [ms]": lambda: PopulationRate("x", "E", 0.0),
    "Network: recorded names: names must be unique; got 'x' twice": lambda: recorded(
        PopulationRate("x", "E"), PopulationRate("x", "E")
    ),
    # the network
    "SlowVariable.name: must be": lambda: SlowVariable("", **SLOW),
    "SlowVariable.maximum: must be a number; got 'x'": lambda: SlowVariable("q", **{**SLOW, "maximum": "x"}),
    "SlowVariable.exponent: must be 0 < x <= 20 [1]; got nan": lambda: SlowVariable("q", **{**SLOW, "exponent": NAN}),
    "seed: must be a whole number >= 0; got -1": lambda: instantiate(Network((cells(),)), -1),
    "seed: must be a whole number >= 0; got 0.5": lambda: instantiate(Network((cells(),)), 0.5),
    "freeze_inputs: duration: must be a multiple of dt": lambda: freeze_inputs(Network((cells(),)), 0.00013, 0),
    "simulate: duration must be finite and > 0": lambda: simulate(Network((cells(),)), -1.0, 0),
    "simulate: duration: must be a multiple of dt = 0.1 ms": lambda: simulate(Network((cells(),)), 0.10003, 0),
    "simulate: signal_dt: must be a multiple": lambda: simulate(Network((cells(),)), 0.1, 0, signal_dt=0.00025),
    "simulate: signal_dt must be > 0": lambda: simulate(Network((cells(),)), 0.1, 0, signal_dt=0.0),
    "unknown engine 'brian'; did you mean 'brian2'?": lambda: simulate(Network((cells(),)), 0.1, 0, engine="brian"),
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_cannot_be_is_refused_in_one_line(message):
    with pytest.raises(InputError) as caught:
        REFUSED[message]()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_delay_that_is_a_multiple_but_for_rounding_is_taken():
    assert steps(0.1 * 3, 0.1, "x") == 3
    assert steps(1e5, 0.1, "x") == 1_000_000


CELL = {"tau_m": 20.0, "v_rest": 0.0, "v_threshold": 20.0, "v_reset": 10.0}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Network(Population("E", 1, **CELL)),
            "Network.populations: must be a tuple of Population; got Population",
        ),
        (lambda: Network(("E",)), "Network.populations: must be Population; got 'E'"),
        (
            lambda: Network((Population("E", 1, **CELL),), (3,)),
            "Network.projections: must be Projection; got 3",
        ),
        (
            lambda: Population("E", 1, **CELL, synapses=Synapse("e", 5.0)),
            "Population.synapses: must be a tuple of Synapse or AlphaSynapse or DeltaSynapse or SaturatingSynapse; "
            "got Synapse",
        ),
        (
            lambda: Population("E", 1, **CELL, initiation="exp"),
            "Population.initiation: must be Exponential or Quadratic or none; got 'exp'",
        ),
        (
            lambda: Population("E", 1, **CELL, adaptation=3.0),
            "Population.adaptation: must be Adaptation or none; got 3.0",
        ),
        (
            lambda: StateRecording("x", "E", "v", cells=np.empty(0, int)),
            "StateRecording.cells: must name at least one cell; got none",
        ),
    ],
)
def test_things_of_the_wrong_kind_are_one_line(make, message):
    with pytest.raises(InputError) as error:
        make()
    assert str(error.value) == message
