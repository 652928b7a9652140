"""Ten everyday tasks, each in at most three lines: the body of a function of TASKS is what a person types."""

import inspect

import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

import ictal
from ictal.analyses import pairwise
from ictal.simulator import CurrentInput, DeltaSynapse, Network, Population, Projection

mpl.use("Agg")
SMALL = {"duration": 0.3, "n_e": 160, "n_i": 40}
RNG = np.random.default_rng(2)
SIGNAL = RNG.normal(size=(1000, 1)) + RNG.normal(size=(1000, 6))
CELL = {"n": 50, "tau_m": 20.0, "v_rest": 0.0, "v_threshold": 20.0, "v_reset": 10.0}
CURRENT = 30.0 * (np.arange(8) % 2)  # mV, a value every 50 ms
WEIGHTS = RNG.uniform(0, 2.0, (50, 50)) * (RNG.random((50, 50)) < 0.2)  # mV


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield
    plt.close("all")


def raster_and_rate():
    run = ictal.simulate("cuba", **SMALL)
    return run.E.plot(), run.E.rate().plot()


def change_g_and_compare():
    runs = {f"g {g}": [ictal.simulate("seizure", g=g, duration=0.3, seed=k) for k in (0, 1)] for g in (1.0, 0.5)}
    found = ictal.compare(runs, measures=["chi_c"], entries=["E"], nulls=199)
    return found, found.plot("chi_c")


def own_input_current():
    cells = Population("E", **CELL)
    run = ictal.simulate(Network((cells,), inputs=(CurrentInput("E", CURRENT, dt=50.0),)), duration=0.4)
    return run.E.plot()


def own_weight_matrix():
    cells = Population("E", **CELL | {"v_rest": 25.0}, synapses=(DeltaSynapse("e"),), v_init=(0.0, 20.0))
    run = ictal.simulate(Network((cells,), (Projection.from_matrix("E", "E", "e", WEIGHTS, delay=1.5),)), duration=0.4)
    return run.E.plot()


def measure_an_array():
    found = ictal.measure(SIGNAL, ["chi_c", "si_3"], dt=0.01, nulls=199)
    return found["chi_c"][0].p, found.plot(ax=plt.figure().add_subplot())


def measure_a_model_in_every_epoch(writer):
    model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 2))
    with ictal.Monitor(model) as monitor:
        return [(model(torch.randn(64, 8)), monitor.log(writer, epoch)) for epoch in range(3)]


def band_passed_plv_matrix():
    eeg = ictal.as_run(SIGNAL, dt=0.01).activity
    matrix = pairwise("plv", eeg, band=(8, 12))
    return matrix, plt.figure().add_subplot().imshow(matrix)


def save_and_load():
    run = ictal.simulate("kuramoto", duration=5.0)
    ictal.save(run, "run.h5")
    return run, ictal.load("run.h5")


def heat_map_of_two_parameters():
    swept = ictal.sweep("cuba", {"n_e": [80, 160], "n_i": [20, 30, 40]}, folder="swept", settings={"duration": 0.2})
    return swept.plot("E")


def everything_to_pandas():
    run = ictal.simulate("cuba", **SMALL)
    found = ictal.measure(run, ["chi_c", "mean_rate"])
    return run.E.to_pandas(), run.E.rate().to_pandas(), found.to_pandas(), run.to_pandas()


TASKS = [
    raster_and_rate, change_g_and_compare, own_input_current, own_weight_matrix, measure_an_array,
    measure_a_model_in_every_epoch, band_passed_plv_matrix, save_and_load, heat_map_of_two_parameters,
    everything_to_pandas,
]  # fmt: skip


@pytest.mark.parametrize("task", TASKS)
def test_a_task_takes_at_most_three_lines(task):
    assert len(TASKS) == 10
    lines = inspect.getsource(task).splitlines()[1:]
    assert len([line for line in lines if line.strip()]) <= 3
    assert all(len(line) <= 120 for line in lines)


def test_raster_and_rate():
    raster, rate = raster_and_rate()
    assert (raster.get_ylabel(), rate.get_ylabel()) == ("unit", "population rate [Hz]")
    assert len(raster.lines[0].get_xdata()) > 100


def test_change_g_and_compare():
    found, drawn = change_g_and_compare()
    assert {row.group for row in found} == {"g 1.0", "g 0.5"}
    assert [tick.get_text() for tick in drawn.get_yticklabels()] == ["g 1.0", "g 0.5"]


def test_own_input_current():
    times = own_input_current().lines[0].get_xdata()
    on = np.floor(times / 0.05) % 2 == 1
    assert len(times) > 0
    assert on.all()  # cells fire while the current is on


def test_own_weight_matrix():
    assert len(own_weight_matrix().lines[0].get_xdata()) > 50


def test_measure_an_array():
    p, drawn = measure_an_array()
    assert p == 1 / 200  # a shared signal
    assert len(drawn.get_yticklabels()) == 2


@pytest.mark.skipif(not hasattr(ictal.Monitor, "log"), reason="a Monitor does not log")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_measure_a_model_in_every_epoch(tmp_path):
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(tmp_path / "tb") as writer:
        assert len(measure_a_model_in_every_epoch(writer)) == 3
    assert list((tmp_path / "tb").iterdir())


def test_band_passed_plv_matrix():
    matrix, drawn = band_passed_plv_matrix()
    assert matrix.shape == (6, 6)
    off = matrix[~np.eye(6, dtype=bool)]
    assert off.min() > 0.3  # a shared signal of half the variance
    assert off.mean() == pytest.approx(ictal.measure(SIGNAL, "plv", dt=0.01, phase_band=(8, 12)).value("plv"))
    assert drawn.get_array().shape == (6, 6)


def test_save_and_load():
    run, again = save_and_load()
    assert list(run) == list(again)
    assert all(np.array_equal(np.asarray(run[name]), np.asarray(again[name])) for name in run)


def test_heat_map_of_two_parameters():
    drawn = heat_map_of_two_parameters()
    assert drawn.images[0].get_array().shape == (3, 2)
    assert (drawn.get_xlabel(), drawn.get_ylabel()) == ("n_e", "n_i")
    assert len(drawn.texts) == 6


def test_everything_to_pandas():
    spikes, rate, values, entries = everything_to_pandas()
    assert spikes.columns.tolist()[:2] == ["time [s]", "unit"]
    assert rate.index.name == "time [s]"
    assert set(values["measure"]) == {"chi_c", "mean_rate"}
    assert {"E", "I"} <= set(entries)
