import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from ictal.analyses import apply, transition
from ictal.analyses.measures import get
from ictal.models import Cuba, SeizureNetwork, System, parameters
from ictal.simulator import InputError, Spikes

SEEDS = range(5)


@cache
def read(protocol, seed):
    """The window 3-5 s at g = 1."""
    return SeizureNetwork(protocol=protocol).record(seed).select(time=(3.0, 5.0))


def value(name, data):
    return apply(get(name), data).value


def chi(spikes):
    """Golomb's χ of 500 units, 1-ms bins, Gaussian SD 5 ms."""
    return value("golomb_chi", spikes.select(units=np.arange(500)).smoothed(0.001, 0.005))


@pytest.mark.parametrize("seed", SEEDS)
def test_at_rest_the_network_is_asynchronous(seed):
    run = read("rest", seed)
    assert run.spikes("E").time.size / 1600 / 2 == pytest.approx(3.2, abs=0.5)
    assert chi(run.spikes("E")) < 0.15
    assert value("spike_phase_r1", run.spikes("E")) < 0.2
    assert run.recording("q").values.max() < 0.01


@pytest.mark.parametrize("seed", SEEDS)
def test_after_the_trigger_the_same_network_seizes(seed):
    run = read("trigger", seed)
    assert (run.recording("g").values == 1.0).all()
    assert run.spikes("E").time.size / 1600 / 2 == pytest.approx(59.0, rel=0.1)
    assert chi(run.spikes("E")) > 0.9
    assert value("spike_phase_r1", run.spikes("E")) > 0.6
    assert 3 <= value("spectral_peak", run.recording("lfp")) <= 7
    assert run.recording("q").values.min() > 0.4


def test_what_the_source_indices_make_of_a_seizure():
    """From rest to seizure SI-1 falls, SI-2 sees nothing, SI-3 and χ_c see it: 100 units, 3-7 s, 20-ms bins.

    SI-1 at rest depends on both (.68-.89 over 100-1600 units and windows of 1-5 s).
    """
    rest, ictal = (
        replace(counts, values=counts.numpy() / 0.02, quantity="firing rate", unit="Hz")
        for counts in (
            SeizureNetwork(protocol=p, duration=7.0)
            .record(0)
            .spikes("E")
            .select(time=(3.0, 7.0), units=np.arange(100))
            .binned(0.02)
            for p in ("rest", "trigger")
        )
    )
    assert value("si_1", rest) == pytest.approx(0.856, abs=0.03)
    assert value("si_1", ictal) == pytest.approx(0.684, abs=0.03)
    assert value("si_2", rest) == pytest.approx(0.996, abs=0.004)
    assert value("si_2", ictal) == pytest.approx(1.0, abs=0.001)
    assert value("si_3", rest) < 0.1
    assert value("si_3", ictal) == pytest.approx(0.97, abs=0.02)
    assert abs(value("chi_c", rest)) < 0.1
    assert value("chi_c", ictal) == pytest.approx(0.985, abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_a_ramp_shows_hysteresis(seed):
    run = SeizureNetwork(protocol="ramp", duration=32.0).record(seed)
    found = transition(run.recording("g"), run.spikes("E"), threshold=17.0, smoothing=0.2)
    assert 0.65 < found.onset < 0.80
    assert found.offset > 1.1


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_without_fatigue_of_inhibition_there_is_no_hysteresis(seed):
    run = SeizureNetwork(protocol="ramp", duration=32.0, slow=False).record(seed)
    found = transition(run.recording("g"), run.spikes("E"), threshold=17.0, smoothing=0.2)
    assert found.onset == pytest.approx(0.64, abs=0.03)
    assert found.offset == pytest.approx(0.64, abs=0.03)
    assert abs(found.hysteresis) < 0.03
    assert "q" not in run


def test_protocols():
    assert SeizureNetwork(protocol="rest", g=1.2).schedule().at([0, 1e5]).tolist() == [1.2, 1.2]
    trigger = SeizureNetwork(g=1.1).schedule()
    assert trigger.at([0, 1499.9, 1500.0]).tolist() == [0.4, 0.4, 1.1]
    ramp = SeizureNetwork(protocol="ramp", duration=32.0).schedule()
    assert ramp.at([0, 8e3, 16e3, 24e3, 32e3]) == pytest.approx([1.4, 0.95, 0.5, 0.95, 1.4])


def test_what_a_run_holds():
    system = SeizureNetwork(duration=0.2)
    run = system.record(3)
    assert list(run) == ["E", "I", "lfp", "q", "q_rate", "g"]
    assert set(run.spikes("I").unit_labels["population"]) == {"I"}
    assert run.spikes("E").n_units == 1600
    assert run.recording("lfp").n_times == 200
    assert run.recording("g").values[0, 0] == 0.4
    assert isinstance(system, System)
    assert run.source["system"] == "seizure"
    assert run.source["seed"] == 3
    assert json.loads(json.dumps(dict(run.source)))["parameters"] == parameters(system)
    assert dict(run["lfp"].source) == dict(run.source)
    assert SeizureNetwork(**run.source["parameters"]) == system


def test_the_same_seed_gives_the_same_bits():
    one, same, other = (SeizureNetwork(duration=0.3).record(seed) for seed in (1, 1, 2))
    for name in ("E", "I"):
        assert np.array_equal(one.spikes(name).time, same.spikes(name).time)
        assert np.array_equal(one.spikes(name).unit, same.spikes(name).unit)
    assert np.array_equal(one.recording("lfp").values, same.recording("lfp").values)
    assert not np.array_equal(one.recording("lfp").values, other.recording("lfp").values)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("g", 0.2, r"SeizureNetwork.g: must lie in 0.3..3 \[1\]: synchrony is not monotone in g.*; got 0.2"),
        ("g", float("nan"), "SeizureNetwork.g: must lie in 0.3..3.*; got nan"),
        ("g", 5.0, "SeizureNetwork.g: .*; got 5.0"),
        ("trigger_g", 0.1, "SeizureNetwork.trigger_g: .*; got 0.1"),
        ("ramp_low", 0.0, "SeizureNetwork.ramp_low: .*; got 0.0"),
        ("trigger_until", -1.0, "SeizureNetwork.trigger_until: .*; got -1.0"),
        ("duration", 0.0, r"SeizureNetwork.duration: must be > 0 \[s\]; got 0.0"),
        ("protocol", "trigered", "unknown SeizureNetwork.protocol 'trigered'; did you mean 'trigger'.*"),
        ("tau_m_e", -20.0, r"SeizureNetwork.tau_m_e: must be > 0 \[ms\]; got -20.0"),
        ("delay", 1.55, "Projection.delay: .* must be a multiple of dt = 0.1 ms; got 1.55 ms; the nearest is 1.[56]"),
        ("in_degree_e", 1600, "Projection.rule: FixedInDegree k must be at most 1599 .*; got 1600"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(field, value, message):
    with pytest.raises(InputError, match=f"^{message}$"):
        replace(SeizureNetwork(), **{field: value})


def test_cuba_is_irregular_and_keeps_itself_active():
    """5.6 Hz and CV .56 are of one graph; these five lie within 5.2-5.6 Hz and .51-.55."""
    rates, cvs = [], []
    for seed in range(5):
        run = Cuba().record(seed)
        e, i = run.spikes("E"), run.spikes("I")
        cells = Spikes(np.r_[e.time, i.time], unit=np.r_[e.unit, i.unit + e.n_units], n_units=4000, duration=1.0)
        rates.append(cells.time.size / 4000)
        cvs.append(apply(get("cv_isi"), cells).value)
    assert np.mean(rates) == pytest.approx(5.6, rel=0.06)
    assert np.mean(cvs) == pytest.approx(0.56, abs=0.04)
    assert run.source["system"] == "cuba"
    assert Cuba(**run.source["parameters"]) == Cuba()


def test_cuba_refuses_a_bad_duration():
    with pytest.raises(InputError, match=r"^Cuba.duration: must be > 0 \[s\]; got -1.0$"):
        Cuba(duration=-1.0)
