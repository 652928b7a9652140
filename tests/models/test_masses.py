"""Masses and oscillators: closed forms, The Virtual Brain's right-hand side, and what is known of each."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

import ictal
from ictal.cli import run
from ictal.models import Epileptor, Flow, Kuramoto, StuartLandau, WilsonCowan, graph
from ictal.models.rate.graphs import Graph
from ictal.simulator import InputError, integrate

SYSTEMS = {"epileptor": Epileptor, "wilson_cowan": WilsonCowan, "kuramoto": Kuramoto, "stuart_landau": StuartLandau}


# integration


@pytest.mark.parametrize(("method", "order"), [("euler", 1), ("heun", 2), ("rk4", 4)])
def test_orders_of_convergence(method, order):
    def error(n):
        x = integrate(lambda x: x * np.cos(x), [1.0], dt=1.0 / n, n_steps=n, method=method)
        return abs(float(x[-1, 0]) - exact)

    exact = float(integrate(lambda x: x * np.cos(x), [1.0], dt=1e-4, n_steps=10_000, method="rk4")[-1, 0])
    assert math.log2(error(16) / error(32)) == pytest.approx(order, abs=0.3)


@pytest.mark.parametrize("method", ["euler", "heun"])
def test_noise_gives_the_variance_of_ornstein_and_uhlenbeck(method):
    x = integrate(lambda x: -x, np.zeros(4000), dt=0.02, n_steps=400, every=400, method=method, sd=0.5, seed=1)[-1]
    assert x.var() == pytest.approx(0.5**2 / 2, rel=0.08)  # σ²/2 at rate 1; three standard errors are 7 %


def test_what_diverges_is_named_with_its_time():
    with pytest.raises(InputError, match=r"y is not finite any more at t = 1"):
        integrate(lambda x: np.array([0.0, 1.0]) * x**2, [1.0, 1.0], dt=0.05, n_steps=100, names=["x", "y"])
    for bad, said in (({"method": "odd"}, "method"), ({"n_steps": 0}, "n_steps"), ({"dt": -1.0}, "dt"),
                      ({"sd": 1.0}, "seed"), ({"sd": 1.0, "method": "rk4", "seed": 0}, "euler or heun")):  # fmt: skip
        with pytest.raises(InputError, match=said):
            integrate(lambda x: x, [1.0], **{"dt": 0.1, "n_steps": 3, **bad})


# flows


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_one_is_a_flow_of_numpy_and_torch_alike(name):
    system = SYSTEMS[name](n=4, graph="ring", **({"ks": -0.5} if name == "epileptor" else {"k": 0.7}))
    assert isinstance(system, Flow)
    x = np.random.default_rng(0).normal(size=(3, 4 * len(system.variables)))
    inputs = np.random.default_rng(1).normal(size=(3, 4))
    found = system.drift(x, inputs)
    assert found.shape == x.shape
    tensor = torch.tensor(x, requires_grad=True)
    again = system.drift(tensor, torch.tensor(inputs))
    np.testing.assert_allclose(again.detach().numpy(), found, rtol=1e-11, atol=1e-11)
    again.sum().backward()
    assert torch.isfinite(tensor.grad).all()
    np.testing.assert_allclose(system.drift(x[1], inputs[1]), found[1])  # batches are rows


# Epileptor


def test_the_epileptor_is_that_of_the_virtual_brain():
    table = np.loadtxt(Path(__file__).with_name("epileptor_tvb.csv"), delimiter=",", skiprows=1)
    assert len(table) == 200
    for row in table:
        x, coupling, x0, wanted = row[:6], row[6], row[7], row[8:]
        found = Epileptor(x0=(x0,)).drift(x)
        found[2] += 0.00035 * -0.7 * coupling  # r ks times what its coupling hands over
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)


def test_what_would_do_nothing_or_makes_no_sense_is_refused():
    with pytest.raises(InputError, match=r"Epileptor\.graph: must name a graph, for a coupling is set; got 'none'"):
        Epileptor(n=3, ks=-1.0)
    for system in (WilsonCowan, Kuramoto, StuartLandau):
        with pytest.raises(InputError, match=r"graph: must name a graph, for a coupling is set; got 'none'"):
            system(n=3, graph="none", k=1.0)
        system(n=3, graph="none", k=0.0)
        system(n=1, graph="none", k=1.0)
    with pytest.raises(InputError, match=r"WilsonCowan.a_e: must be > 0 \[1\]; got -1"):
        WilsonCowan(a_e=-1.0)


def test_coupling_is_the_difference_to_the_neighbours():
    w = np.array([[0.0, 2.0, 0.0], [0.5, 0.0, 1.0], [0.0, 0.0, 0.0]])
    one, none = (Epileptor(n=3, graph="chain", ks=ks) for ks in (-0.7, 0.0))
    one.__dict__["_graph"] = Graph(w, w.sum(axis=1))
    x = np.random.default_rng(0).normal(size=18)
    wanted = np.zeros(18)
    wanted[6:9] = 0.00035 * -0.7 * np.array([sum(w[i, j] * (x[j] - x[i]) for j in range(3)) for i in range(3)])
    np.testing.assert_allclose(one.drift(x) - none.drift(x), wanted, atol=1e-15)


def seizures(x1, dt, level=-0.5):
    """Durations and periods of seizures after the first: x1 above a level, from the first crossing to the last."""
    above = np.flatnonzero(x1 > level)
    cut = np.flatnonzero(np.diff(above) * dt > 200)  # between seizures; within one it never rests as long
    starts, ends = above[cut + 1], above[cut[1:]]
    return dt * (ends - starts[: len(ends)]), dt * np.diff(starts)


@pytest.mark.physics
def test_seizures_last_and_return_as_they_should():
    x1 = Epileptor(n=2, x0=(-1.6, -2.0), duration=8000.0).record(0).recording("x1").numpy()
    for column, lasts, period in ((0, 962, 1934), (1, 651, 2435)):
        durations, periods = seizures(x1[:, column], 0.5)
        assert durations[-1] == pytest.approx(lasts, abs=5)  # by a level of 0 they are 10 shorter
        assert periods[-1] == pytest.approx(period, abs=5)


@pytest.mark.physics
def test_it_seizes_above_its_threshold_only():
    exact = ((-4 / 3) ** 3 + 2 * (-4 / 3) ** 2 + 4 * (-4 / 3) - 4.1) / 4  # where the rest state loses its stability
    assert exact == pytest.approx(-2.06204, abs=5e-6)
    x1 = Epileptor(n=2, x0=(-2.060, -2.064), duration=15_000.0, sample=5.0).record(0).recording("x1").numpy()
    late = x1[1000:]  # the first seizure is that of the start
    assert late[:, 0].max() > 0
    assert late[:, 1].max() < -1


@pytest.mark.physics
def test_a_chain_is_recruited_by_enough_coupling(tmp_path):
    strengths = (0.2, 0.5, 1.0, 2.0)  # four chains side by side: ks is -1 times these
    np.save(tmp_path / "w.npy", np.kron(np.diag(strengths), graph("graph", "chain", 10).w))
    made = Epileptor(
        n=40, x0=(-1.6, *[-2.15] * 9) * 4, graph=str(tmp_path / "w.npy"), ks=-1.0, duration=5000.0, sample=1.0
    )
    x1 = made.record(0).recording("x1").numpy()[1000:]  # the start lies in a seizure
    seized = (x1.max(axis=0) > 0).reshape(4, 10)
    assert seized[:, 0].all()
    assert not seized[0, 1:].any()
    assert seized[1:].all()


# Wilson and Cowan


def test_wilson_and_cowan_s_limit_cycle():
    run = WilsonCowan(n=4, p=(0.5, 1.0, 1.25, 2.5), duration=2.0, sample=0.5).record(1)
    x = run.recording("E").numpy()[2000:]
    sizes = np.ptp(x, axis=0)
    assert (sizes[[0, 1, 3]] < 1e-3).all()
    assert sizes[2] > 0.1
    ups = np.flatnonzero((x[:-1, 2] < x[:, 2].mean()) & (x[1:, 2] >= x[:, 2].mean()))
    assert (len(ups) - 1) / (0.0005 * (ups[-1] - ups[0])) == pytest.approx(25.0, abs=0.1)


# Kuramoto


@pytest.mark.parametrize("k", [2.4, 3.0, 5.0])
def test_the_order_parameter_is_kuramoto_s(k):
    r = Kuramoto(n=1000, k=k, duration=80.0, dt=0.05).record(0).recording("r").numpy()
    assert r[400:].mean() == pytest.approx(math.sqrt(1 - 2 / k), abs=0.003)


def test_below_the_critical_coupling_and_without_any():
    r = Kuramoto(n=1000, k=1.0, duration=60.0, dt=0.05).record(0).recording("r").numpy()
    assert r[300:].mean() < 0.1
    free = Kuramoto(n=100, k=0.0, duration=400.0, sample=0.4, dt=0.05, frequencies="gaussian", spread=2.0)
    r = np.concatenate([free.record(seed).recording("r").numpy() for seed in range(2)])
    assert r.mean() == pytest.approx(math.sqrt(math.pi / 400), rel=0.08)


def test_gaussian_frequencies_lock_above_their_own_critical_coupling():
    critical = math.sqrt(8 / math.pi)

    def r(k):
        return Kuramoto(n=500, k=k, duration=80.0, frequencies="gaussian").record(0).recording("r").numpy()[400:].mean()

    assert r(0.7 * critical) < 0.15
    assert r(1.3 * critical) > 0.6


def test_a_graph_of_everyone_is_the_mean_field(tmp_path):
    x = np.random.default_rng(0).uniform(-np.pi, np.pi, 7)
    np.save(tmp_path / "w.npy", np.full((7, 7), 1 / 7))
    np.testing.assert_allclose(
        Kuramoto(n=7).drift(x), Kuramoto(n=7, graph=str(tmp_path / "w.npy")).drift(x), atol=1e-12
    )
    i = 3
    wanted = Kuramoto(n=7)._omega[i] + 3.0 * np.mean(np.sin(x - x[i]))
    assert Kuramoto(n=7).drift(x)[i] == pytest.approx(wanted)


def test_frequencies_that_are_drawn_are_those_of_the_flow():
    system = Kuramoto(n=5, k=0.0, drawn=3, frequencies="gaussian", duration=1.0, sample=0.02)
    phase = np.unwrap(system.record(0).recording("phase").numpy(), axis=0)
    np.testing.assert_allclose(phase[-1] - phase[0], system.drift(np.zeros(5)), atol=1e-9)
    assert not np.allclose(system.drift(np.zeros(5)), Kuramoto(n=5, k=0.0, frequencies="gaussian").drift(np.zeros(5)))


def test_measures_read_the_phases():
    for k, low, high in ((0.0, 0.0, 0.4), (20.0, 0.9, 1.0)):
        run = ictal.simulate("kuramoto", n=30, k=k, centre=12.0, spread=0.5, duration=60.0)
        assert low <= ictal.measure(run, "kuramoto_r1", entries=["x"], band=(1.0, 3.0)).rows[0].value <= high


# Stuart and Landau


def test_a_free_oscillator_swings_at_its_amplitude_and_frequency():
    run = StuartLandau(a=(2.0, -1.0), f=(3.0, 3.0), duration=12.0).record(0)
    x, y = (run.recording(name).numpy()[800:] for name in ("x", "y"))
    z = x[:, 0] + 1j * y[:, 0]
    assert np.abs(z) == pytest.approx(math.sqrt(2.0), abs=1e-8)
    assert np.diff(np.unwrap(np.angle(z))).mean() / (2 * math.pi * 0.01) == pytest.approx(3.0, rel=1e-6)
    assert np.abs(x[:, 1]).max() < 1e-3


def test_coupling_kills_two_that_differ_enough(tmp_path):
    k, detuning = 1.05, (1.8, 2.2)  # rad/s, on either side of 2 √(2K − 1)
    np.savetxt(tmp_path / "w.csv", np.kron(np.eye(2), [[0, 1], [1, 0]]), delimiter=",")
    hz = tuple(1.0 + sign * d / (4 * math.pi) for d in detuning for sign in (-1, 1))
    made = StuartLandau(n=4, f=hz, k=k, graph=str(tmp_path / "w.csv"), duration=120.0, dt=0.01)
    size = np.hypot(*(made.record(0).recording(name).numpy()[-500:].max(axis=0) for name in ("x", "y")))
    assert [(d / 2) ** 2 > 2 * k - 1 for d in detuning] == [False, True]
    assert size[:2].min() > 0.1
    assert size[2:].max() < 1e-2


# all of them


@pytest.mark.parametrize("name", SYSTEMS)
def test_command_file_and_figure(name, tmp_path, capsys):
    file = tmp_path / "run.h5"
    small = ["--set", "n=3", "--duration", "1" if name in ("wilson_cowan", "stuart_landau") else "20"]
    assert run(["simulate", name, *small, "--set", "noise=0.01", "--seed", "4", "-o", str(file)]) == 0
    again = tmp_path / "again.h5"
    assert run(["simulate", name, *small, "--set", "noise=0.01", "--seed", "4", "-o", str(again)]) == 0
    one, two = ictal.load(file), ictal.load(again)
    for key in one:
        np.testing.assert_array_equal(one.recording(key).numpy(), two.recording(key).numpy())
    clock = {entry.clock for entry in one.values()}
    assert clock == ({"second"} if name in ("wilson_cowan", "stuart_landau") else {"model"})
    assert run(["plot", str(file), "-o", str(tmp_path / "figures")]) == 0
    assert list((tmp_path / "figures").rglob("*.png"))
    capsys.readouterr()


def test_a_matrix_of_one_s_own_is_checked_and_named_in_the_source(tmp_path):
    np.save(tmp_path / "w.npy", np.ones((3, 3)))
    source = Epileptor(n=3, graph=str(tmp_path / "w.npy"), duration=5.0).record(0).source
    assert len(source["graph"]["sha256"]) == 64
    np.save(tmp_path / "flat.npy", np.ones((3, 2)))
    np.save(tmp_path / "line.npy", np.ones(3))
    np.savez(tmp_path / "two.npz", a=np.ones((3, 3)), b=np.ones((3, 3)))
    (tmp_path / "two.npz").rename(tmp_path / "two.npy")
    (tmp_path / "nan.csv").write_text("0,1\nnan,0\n")
    np.save(tmp_path / "objects.npy", np.array([[None]]), allow_pickle=True)
    for name, n, said in (
        ("flat.npy", 3, "square"),
        ("nan.csv", 2, "row 2, column 1"),
        ("w.npy", 4, "n = 4"),
        ("none.npy", 3, "no such file"),
        ("line.npy", 3, "two axes"),
        ("two.npy", 3, "one array"),
        ("objects.npy", 1, "pickled"),
    ):
        with pytest.raises(InputError, match=said):
            Epileptor(n=n, graph=str(tmp_path / name))
    with pytest.raises(InputError, match="chain"):
        graph("graph", "chian", 3)
    np.testing.assert_array_equal(graph("graph", "ring", 2).w, [[0, 1], [1, 0]])


@pytest.mark.parametrize(
    ("name", "bad", "said"),
    [
        ("epileptor", {"x0": (1.0, 2.0), "n": 3}, r"Epileptor\.x0: .* 3 nodes"),
        ("epileptor", {"x0": (math.nan,)}, r"Epileptor\.x0"),
        ("epileptor", {"sample": 0.07}, r"multiple of dt"),
        ("epileptor", {"n": 0}, r"Epileptor\.n"),
        ("epileptor", {"tau": 0.0}, r"Epileptor\.tau"),
        ("epileptor", {"dt": 0.5, "duration": 500.0}, r"diverges: .* of node 0 .* t = "),
        ("wilson_cowan", {"duration": 0.0001}, r"WilsonCowan\.duration"),
        ("wilson_cowan", {"noise": -1.0}, r"WilsonCowan\.noise"),
        ("wilson_cowan", {"a_e": math.inf}, r"WilsonCowan\.a_e: must be > 0 \[1\]; got inf"),
        ("wilson_cowan", {"duration": -1.0}, r"WilsonCowan\.duration: must be > 0 \[s\]"),
        ("wilson_cowan", {"duration": 1e300}, r"WilsonCowan\.duration: must be of at most"),
        ("epileptor", {"ks": math.nan}, r"Epileptor\.ks"),
        ("epileptor", {"n": 100_000, "graph": "chain", "duration": 1.0}, r"Epileptor\.graph: must be none"),
        ("kuramoto", {"spread": -1.0}, r"Kuramoto\.spread"),
        ("kuramoto", {"drawn": -1}, r"Kuramoto\.drawn"),
        ("kuramoto", {"dt": 1e-300}, r"Kuramoto\.sample"),
        ("kuramoto", {"graph": "rnig"}, "ring"),
        ("stuart_landau", {"f": (1.0, 2.0, 3.0)}, r"StuartLandau\.f"),
    ],
)
def test_bad_parameters_in_one_line(name, bad, said):
    with pytest.raises(InputError, match=said) as error:
        SYSTEMS[name](**bad).record(0)
    assert "\n" not in str(error.value)
