"""Cells with two conductances in one pass, against the general passes and Brian2; what becomes of old conductances."""

import numpy as np
import pytest

from ictal.simulator import (
    Adaptation,
    CurrentInput,
    EventInput,
    Exponential,
    FixedInDegree,
    Network,
    Population,
    Projection,
    StateRecording,
    Synapse,
    simulate,
)

CELL = {"tau_m": 20.0, "v_rest": -60.0, "v_threshold": -50.0, "v_reset": -60.0, "refractory": 2.0}
PAIR = Synapse("e", 5.0, reversal=0.0), Synapse("i", 10.0, reversal=-80.0)
IDLE = Synapse("idle", 5.0, reversal=-70.0)  # gets events of weight 0
N = 300


def volleys(strength, n=N):
    """Events in the first 200 ms on every cell; `strength` times the least weight."""
    rng = np.random.default_rng(5)
    times, cells = rng.integers(0, 2000, 20 * n) * 0.1, rng.integers(0, n, 20 * n)
    return [EventInput("E", name, strength * w, times, cells) for name, w in (("e", 2.0), ("i", 0.5))]


def network(synapses, strength, threshold=-50.0, n=N):
    cells = Population("E", n, **CELL | {"v_threshold": threshold}, synapses=synapses, v_init=(-60.0, -50.0))
    edges = Projection("E", "E", "e", FixedInDegree(20), 0.3, 1.0)
    nothing = [EventInput("E", s.name, 0.0, [0.0], [0]) for s in synapses[2:]]
    signals = (StateRecording("v", "E", "v", interval=1.0),)
    return Network((cells,), (edges,), volleys(strength, n) + nothing, signals=signals)


@pytest.mark.parametrize("strength", [1.0, 100.0], ids=["small leaks", "large leaks"])
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_two_conductances_in_one_pass(strength, precision):
    """A third synapse without events leaves the sums to the general passes: the same voltages but for rounding.

    With strength 100 many leaks are beyond the polynomial, and others in the same second are not.
    """
    fused, general = (
        simulate(network(synapses, strength, 1e6), 0.3, 0, precision=precision)["v"].values
        for synapses in (PAIR, (*PAIR, IDLE))
    )
    assert np.ptp(fused) > 5.0
    assert np.abs(fused - general).max() < (1e-10 if precision == "float64" else 2e-3)


@pytest.mark.parametrize("strength", [1.0, 100.0])
def test_the_same_spikes_as_in_general_passes(strength):
    fused, general = (simulate(network(s, strength), 0.3, 0).spikes("E") for s in (PAIR, (*PAIR, IDLE)))
    assert fused.time.size > 100
    assert np.array_equal(fused.time, general.time)
    assert np.array_equal(fused.unit, general.unit)


@pytest.mark.parametrize("n", [*range(1, 18), 255, 256, 257])
def test_every_number_of_cells(n):
    """Blocks and vectors of any length: no cell is left out."""
    cells = Population("E", n, **CELL, synapses=PAIR, v_init=np.linspace(-60.0, -51.0, n))
    alone = Population("E", 1, **CELL, synapses=PAIR, v_init=np.array([-51.0]))
    drive = CurrentInput("E", 14.0)
    run, last = (simulate(Network((p,), inputs=(drive,)), 0.1, 0).spikes("E") for p in (cells, alone))
    assert np.array_equal(np.unique(run.unit), np.arange(n))
    if n > 1:
        assert np.array_equal(run.time[run.unit == n - 1], last.time)


def test_conductances_that_fade_become_zero():
    """e^−70 is less than 1e-30; denormal numbers would slow every later step."""
    signals = tuple(StateRecording(s.name, "E", s.name, interval=0.1) for s in PAIR)
    events = [EventInput("E", s.name, 1.0, [0.0], [0]) for s in PAIR]
    cell = Population("E", 1, **CELL, synapses=PAIR)
    run = simulate(Network((cell,), inputs=events, signals=signals), 1.0, 0)
    for synapse in PAIR:
        s = run[synapse.name].values[:, 0]
        until = round(65.0 * synapse.tau / 0.1)
        exact = np.exp(-np.arange(until - 1) * 0.1 / synapse.tau)
        assert s[1:until] == pytest.approx(exact, rel=1e-11, abs=0.0)
        assert (s[round(72.0 * synapse.tau / 0.1) :] == 0.0).all()


def test_exponential_cells_without_adaptation():
    """As cells whose adaptation does nothing."""
    runs = []
    for adaptation in (None, Adaptation(144.0, 0.0, 0.0)):
        cells = Population(
            "A", 40, 9.37, -70.6, 20.0, -70.6, 2.0, PAIR, adaptation, (-70.0, -50.0), initiation=Exponential(2.0, -50.4)
        )
        edges = Projection("A", "A", "e", FixedInDegree(5), 0.01, 1.0)
        runs.append(simulate(Network((cells,), (edges,), (CurrentInput("A", 30.0),)), 0.3, 0).spikes("A"))
    assert runs[0].time.size > 100
    assert np.array_equal(runs[0].time, runs[1].time)
    assert np.array_equal(runs[0].unit, runs[1].unit)
