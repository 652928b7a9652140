"""`ictal analyse`: any system, file or trained network through one command; what it writes, draws and refuses."""

import dataclasses
import json
import math
import shlex

import numpy as np
import pytest
import torch

import ictal
from ictal.analyses import DynamicsResult, save_figures
from ictal.analyses.figures.dynamics import basin_figure, dynamics_drawings
from ictal.cli.analyse import described
from ictal.models import SelfContained, StuartLandau, load_data, open_model
from ictal.simulator import Recording, Run
from ictal.verbs import names as registry
from ictal.verbs.targets import target

HOPF = ["stuart_landau", "--set", "n=1", "--set", "dt=0.02", "--set", "sample=0.02"]
SHORT = ["--time", "8", "--starts", "6"]


def test_a_scan_that_has_not_settled_says_what_to_type():
    short = ictal.scan("stuart_landau", "a", 0.02, 1.0, 2, time=80.0, n=1, dt=0.02, sample=0.02)
    assert short.config["scan_time"] == short.config["scan_longest"] == 20.0
    assert short.scan.unsettled == [0.02]  # approached at the rate 2a: 1/0.04 s = 25 s
    said = " ".join(described(short).split())
    assert "have not settled within 20 s at a = 0.02: --time 320 runs four times as long" in said
    assert "differ" not in said
    long = ictal.scan("stuart_landau", "a", 0.02, 1.0, 2, n=1, dt=0.02, sample=0.02)
    assert long.config["scan_longest"] == 32 * long.config["scan_time"]
    assert long.scan.unsettled == []


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def whole():
    """Every part, of a system whose parts are known."""
    return ictal.analyse(
        "stuart_landau", n=1, dt=0.05, sample=0.05, time=60.0, starts=6, lyapunov=True, fixed_points=True,
        attractors=True, basins=True, plane=[("x", -1.5, 1.5, 5), ("y", -1.0, 1.0, 4)], scan=("a", -1.0, 1.0, 3),
        watch="y", phase_plane=True,
    )  # fmt: skip


def test_every_part_of_a_hopf_oscillator(whole):
    assert whole.lyapunov.exponents == pytest.approx([0.0, -2.0], abs=0.02)
    assert whole.rate_unit == "1/s"
    assert whole.fixed_points.points == pytest.approx(np.zeros((1, 2)), abs=1e-8)
    assert whole.fixed_points.eigenvalues[0].real == pytest.approx([1.0, 1.0])
    assert whole.attractors.n == 1
    assert whole.attractors.robust
    assert (whole.basins.labels == 0).all()
    assert whole.basins.labels.shape == (4, 5)
    assert whole.scan.variable == "y"
    assert whole.scan.high[:, 0] == pytest.approx([0.0, 0.0], abs=0.01)
    assert whole.scan.high[:, 2] == pytest.approx([1.0, 1.0], abs=0.05)  # |z| = √a
    assert whole.scan.period[:, 2] == pytest.approx([1.0, 1.0], abs=0.01)
    assert whole.phase_plane.across.shape == (4, 5)
    assert whole.phase_plane.paths.shape == (6, 1201, 2)
    assert whole.units == ("x", "y")


def test_a_part_alone_is_that_of_the_whole(whole):
    given = {"n": 1, "dt": 0.05, "sample": 0.05, "time": 60.0}
    plane = [("x", -1.5, 1.5, 5), ("y", -1.0, 1.0, 4)]
    alone = {
        "lyapunov": ictal.lyapunov("stuart_landau", **given),
        "fixed_points": ictal.fixed_points("stuart_landau", starts=6, **given),
        "attractors": ictal.attractors("stuart_landau", starts=6, **given),
        "basins": ictal.basins("stuart_landau", plane, starts=6, **given),
        "phase_plane": ictal.phase_plane("stuart_landau", plane, starts=6, **given),
        "scan": ictal.scan("stuart_landau", "a", -1.0, 1.0, 3, watch="y", **given),
    }
    for name, found in alone.items():
        assert json.dumps(found.to_json()[name]) == json.dumps(whole.to_json()[name])
    with pytest.raises(ictal.InputError, match=r"^late: must be 0 < x <= 1; got 2\.0$"):
        ictal.attractors("stuart_landau", late=2)


def test_a_file_holds_all_of_it(whole, folder):
    whole.save("all.h5")
    again = DynamicsResult.load("all.h5")
    assert json.dumps(again.to_json(), sort_keys=True) == json.dumps(whole.to_json(), sort_keys=True)
    assert again.units == whole.units
    assert again.attractors.says == whole.attractors.says
    assert again.basins.x == whole.basins.x
    assert (again.phase_plane.up == whole.phase_plane.up).all()


def test_figures_come_from_the_file_alone(whole, folder):
    whole.save("all.h5")
    drawn = {d.name: d for d in dynamics_drawings(DynamicsResult.load("all.h5"))}
    assert list(drawn) == ["lyapunov", "fixed_points", "phase_plane", "attractors", "scan", "basins"]
    assert "1/s" in drawn["lyapunov"].figure.axes[0].get_ylabel()
    assert "60 s" in drawn["lyapunov"].caption
    assert "6 runs of 60 s" in drawn["phase_plane"].caption
    assert "1 of 1 fixed points" in drawn["phase_plane"].caption
    written = save_figures(drawn.values(), folder)
    assert all(path.stat().st_size > 1000 for path in written)


def test_a_plane_of_many_attractors_is_painted_by_its_labels(whole, tmp_path):
    labels = np.array([[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [9, 9, 9, 9, 9], [0, 0, 0, 0, -2]])
    many = dataclasses.replace(whole, basins=dataclasses.replace(whole.basins, labels=labels))
    figure = basin_figure(many.basins)
    image = figure.axes[0].images[0]
    painted = image.to_rgba(image.get_array())
    for other in (0, 6, -2):
        assert (painted[1, 2] != painted[labels == other]).any(axis=1).all(), "the eighth has the colour of another"
    assert (painted[labels >= 7] == painted[1, 2]).all()
    told = [text.get_text() for text in figure.legends[0].get_texts()]
    assert told[0] == "diverges (5 %)"
    assert told[-1] == "3 others (40 %)"
    assert len(told) == 9


def test_a_command_and_the_line_that_it_stores(ictal_, folder):
    text = ictal_("analyse", *HOPF, *SHORT, "--lyapunov", "1", "--fixed-points", "-o", "one.h5")
    for word in ("Lyapunov exponent", "[1/s]", "unstable", "focus", "wrote one.h5"):
        assert word in text
    stored = DynamicsResult.load("one.h5")
    assert stored.attractors is None
    again = shlex.split(stored.config["command"])[1:]
    data = json.loads(ictal_(*again, "--json"))
    assert data["lyapunov"]["exponents"] == stored.lyapunov.exponents.tolist()
    assert data["fixed_points"]["points"][0]["stability"] == "unstable"
    assert "dynamics" in ictal_("info", "one.h5")
    assert "fixed_points.png" in ictal_("plot", "one.h5", "--all", "-o", "figures")
    assert ictal_("analyse", *HOPF, *SHORT, "--lyapunov", "1", "--quiet").startswith("stuart_landau")


def test_nothing_asked_for_is_points_exponents_and_attractors(ictal_):
    data = json.loads(ictal_("analyse", *HOPF, *SHORT, "--json"))
    assert set(data) == {"kind", "lyapunov", "fixed_points", "attractors", "config"}
    assert len(data["lyapunov"]["exponents"]) == 2


def test_the_system_that_recorded_a_file(ictal_, folder):
    ictal_("simulate", "wilson_cowan", "--set", "p=0.5", "--duration", "0.1")
    data = json.loads(ictal_("analyse", "wilson_cowan.h5", "--fixed-points", "--time", "50", "--starts", "5", "--json"))
    assert data["config"]["parameters"]["p"] == [0.5]
    assert data["config"]["source"]["file"] == "wilson_cowan.h5"
    assert [point["stability"] for point in data["fixed_points"]["points"]] == ["stable"]


def test_a_system_of_one_s_own():
    class Wells:
        variables, dt, n, record = ("x",), 0.1, 1, None

        def drift(self, state, inputs=0.0):
            return state - state**3 + inputs

        def start(self, seed):
            return np.random.default_rng(seed).uniform(-1, 1, 1)

    assert isinstance(Wells(), SelfContained)
    found = ictal.analyse(Wells(), starts=20, time=30.0)
    assert found.attractors.n == 2
    assert found.config["time_unit"] == "model time"
    assert found.lyapunov.exponents == pytest.approx([-2.0], abs=1e-2)


class Moving:
    """Two variables that grow at one speed, from x in 0 to 1 and y in 10 to 14."""

    variables, dt, n = ("x", "y"), 0.1, 1

    def __init__(self, speed):
        self.speed = speed

    def drift(self, state, inputs=0.0):
        return 0.0 * state + self.speed + inputs

    def start(self, seed):
        return np.random.default_rng(seed).uniform([0.0, 10.0], [1.0, 14.0])


@dataclasses.dataclass(frozen=True)
class Ramp:
    """What it records rises from the seed's thousandth by 1."""

    duration: float = 1.0

    def record(self, seed):
        values = 0.001 * seed + np.linspace(0.0, 1.0, 200)[:, None]
        return Run({"level": Recording(values, dt=0.005, clock="second", quantity="level", unit="1")})


STILL = Moving(0.0)
FROM = np.array([STILL.start(seed) for seed in range(8)])  # where 8 runs start


def test_starts_move_by_the_widths_that_spread_says():
    places = [
        ictal.analyse(STILL, attractors=True, starts=8, spread=spread, time=3.0).attractors.features[:, :2]
        for spread in (0.0, 0.25, 1.0)
    ]
    assert places[0] == pytest.approx(FROM)
    moved = (places[2] - FROM) / np.ptp(FROM, axis=0)
    assert (places[1] - FROM) / np.ptp(FROM, axis=0) == pytest.approx(moved / 4)
    assert (np.abs(moved) <= 1).all()
    assert (np.abs(moved).max(axis=0) > 0.5).all()


def test_a_setting_that_is_called_as_an_option_is_the_systems(ictal_):
    line = ("kuramoto", "--set", "n=3", "--set", "spread=0.5", "--attractors", "--time", "5", "--json")
    assert json.loads(ictal_("analyse", *line))["config"]["parameters"]["spread"] == 0.5


def test_a_phase_plane_in_angles_tells_its_nullclines_apart_and_holds_fixed_points_within_a_turn():
    found = ictal.analyse("kuramoto", n=2, phase_plane=True, starts=6, dt=0.05, sample=0.05, time=20.0)
    drawn = {d.name: d for d in dynamics_drawings(found)}["phase_plane"]
    labels = [text.get_text() for legend in drawn.figure.legends for text in legend.get_texts()]
    assert labels[:2] == ["phase of node 0 still", "phase of node 1 still"]
    assert f"Circles: {len(found.fixed_points.points)} of {len(found.fixed_points.points)}" in drawn.caption
    assert found.config["plane_at"] == "the fixed point that most starts came to"


class Pendulum:
    """With friction, let go six turns up."""

    variables, dt, n = ("phase", "speed"), 0.05, 1

    def drift(self, state, inputs=0.0):
        xp = torch if isinstance(state, torch.Tensor) else np
        phase, speed = state[..., 0], state[..., 1]
        return xp.stack([speed, -xp.sin(phase) - speed + inputs], -1)

    def start(self, seed):
        return np.array([12 * np.pi + 0.1 + 0.01 * seed, 0.0])


def test_a_phase_plane_lies_over_one_turn_and_an_explicit_spread_moves_its_runs():
    """Newton finds angles many turns away; the axes do not follow them there."""
    found = ictal.analyse(Pendulum(), phase_plane=True, starts=4, spread=0.0, time=20.0)
    plane = found.phase_plane
    assert np.abs(found.fixed_points.points[0, 0]) > 6
    assert (plane.x.low, plane.x.high) == (-np.pi, np.pi)
    assert np.abs(plane.base[0]) <= np.pi
    assert plane.paths[:, 0, 0] == pytest.approx([0.1, 0.11, 0.12, 0.13])
    assert "Circles" in {d.name: d for d in dynamics_drawings(found)}["phase_plane"].caption


@pytest.mark.parametrize("late", [0.1, 0.8])
def test_attractors_and_basins_are_told_by_the_late_part(late):
    """At a speed of 1 the mean over the last share of 20 is the start and 20 (1 − late/2), and half a step."""
    x, y = FROM[0]
    plane = [("x", x, x + 0.01, 2), ("y", y, y + 0.01, 2)]
    found = ictal.analyse(Moving(1.0), basins=True, plane=plane, starts=8, time=20.0, late=late, eps=0.7)
    assert found.attractors.features[:, :2] == pytest.approx(FROM + 20 * (1 - late / 2) + 0.05)
    assert found.attractors.labels[0] >= 0
    assert (found.basins.labels == found.attractors.labels[0]).all()


@pytest.mark.parametrize("system", [STILL, Ramp()], ids=["steps", "records"])
@pytest.mark.parametrize(("eps", "min_samples", "n"), [(99.0, 8, 1), (99.0, 9, 0), (1e-6, 2, 0)])
def test_eps_and_min_samples_are_those_that_were_given(system, eps, min_samples, n):
    found = ictal.analyse(system, attractors=True, starts=8, eps=eps, min_samples=min_samples).attractors
    assert (found.n, found.eps, found.min_samples) == (n, eps, min_samples)


@pytest.mark.parametrize("late", [0.1, 0.5])
def test_recorded_runs_are_told_by_their_late_part(late):
    found = ictal.analyse(Ramp(), attractors=True, starts=4, late=late).attractors
    assert found.features[:, 0] == pytest.approx(1 - late / 2 + 0.001 * np.arange(4), abs=0.006)


@pytest.mark.parametrize(("name", "ticks"), [("wilson_cowan", 1000.0), ("stuart_landau", 1.0)])
def test_runs_last_for_the_duration_of_the_system(name, ticks):
    found = ictal.analyse(name, duration=0.05, lyapunov=1)
    assert found.config["time"] == 0.05 * ticks  # in ms and s
    assert found.lyapunov.times[-1] == pytest.approx(0.05 * ticks)
    assert target(name, {"duration": 3.0}).time == 3.0 * ticks


def test_phases_that_turn_together_are_one_attractor():
    plane = [("phase", 0.0, 6.0, 3), ("phase of node 1", 0.0, 6.0, 3)]
    found = ictal.analyse(
        "kuramoto", n=2, k=5.0, centre=6.0, dt=0.05, sample=0.05, duration=12.0, basins=True, plane=plane, starts=6
    )
    assert found.attractors.names[:2] == ("cosine of phase of node 0", "cosine of phase of node 1")
    assert found.attractors.n == 1
    assert (found.basins.labels == 0).all()


def test_basins_without_a_plane_lie_over_what_runs_visit_and_half_as_much_around():
    found = ictal.analyse(STILL, basins=True, starts=8, time=3.0).basins
    low, high = FROM.min(axis=0), FROM.max(axis=0)
    for at, axis in enumerate((found.x, found.y)):
        assert (axis.unit, axis.name) == (at, "xy"[at])
        assert axis.low == pytest.approx(1.5 * low[at] - 0.5 * high[at])
        assert axis.high == pytest.approx(1.5 * high[at] - 0.5 * low[at])
    pair = ictal.analyse("stuart_landau", n=2, dt=0.05, sample=0.05, basins=True, starts=2, time=1.0).basins
    assert (pair.x.name, pair.y.name) == ("x of node 0", "y of node 0")


class Narrow:
    """Three units that rise slowly where x' = 0.4 + x − x³ is almost 0, and there hold Newton's method up."""

    variables, dt, n = ("x",), 0.1, 3

    def drift(self, state, inputs=0.0):
        return 0.4 + state - state**3 + inputs

    def start(self, seed):
        return np.full(3, -1.2)


def test_newton_also_starts_where_a_run_has_come():
    found = ictal.analyse(Narrow(), fixed_points=True, starts=4, time=80.0).fixed_points
    root = np.roots([-1.0, 0.0, 1.0, 0.4])
    assert found.points == pytest.approx(np.full((1, 3), root[np.isreal(root)].real[0]))
    assert found.found.tolist() == [4]  # from the run, after every quarter of it
    assert found.starts == 8


def test_starts_of_a_system_that_draws_none_are_spread(folder):
    found = ictal.analyse("epileptor", x0=(-2.15,), attractors=True, starts=4, time=5.0)
    assert found.config["spread"] == 1.0
    assert np.ptp(found.attractors.features[:, 0]) > 0
    assert (
        ictal.analyse(StuartLandau(n=1, dt=0.02, sample=0.02), attractors=True, starts=4, time=4.0).config["spread"]
        == 0
    )


@pytest.mark.slow
def test_rest_and_seizure_are_two_attractors_at_one_g(folder):
    found = ictal.analyse("seizure", starts=6, starts_from=("protocol", ["rest", "trigger"])).attractors
    assert found.n == 2
    rates = sorted(found.centre(k)[found.names.index("rate of E [Hz]")] for k in (0, 1))
    assert rates == pytest.approx([3.2, 59], rel=0.1)
    assert sorted(map(set, (found.labels[::2].tolist(), found.labels[1::2].tolist())), key=str) == [{0}, {1}]


def test_the_mean_input_is_that_of_the_training_data(ictal_, folder):
    few = ["--n-train", "50", "--n-test", "10", "--batch-size", "50", "--epochs", "1", "--seed", "3", "--quiet"]
    ictal_("train", "rnn", "--data", "digits", *few, "--set", "width=3", "-o", "net.h5")
    x = load_data("digits", n_train=50, n_test=10, seed=3).x_train.astype(np.float64)
    mean = ((x - x.mean()) / x.std()).mean(axis=(0, 1))  # of every column: rows are time points
    weights = {key: value.double().numpy() for key, value in open_model("net.pt")[0].layers[0].state_dict().items()}
    h = np.array([0.3, -0.2, 0.1])
    rest = weights["bias_ih_l0"] + weights["weight_hh_l0"] @ h + weights["bias_hh_l0"]
    driven, alone = (target("net.pt", {}, inputs).f(h) for inputs in ("mean", "zero"))
    assert driven == pytest.approx(np.tanh(weights["weight_ih_l0"] @ mean + rest), abs=1e-6)
    assert alone == pytest.approx(np.tanh(rest), abs=1e-12)
    assert np.abs(driven - alone).max() > 0.01


@pytest.mark.slow
def test_a_trained_network(ictal_, refused, folder):
    train = ["--data", "digits", "--n-train", "200", "--n-test", "100", "--epochs", "2", "--quiet"]
    ictal_("train", "rnn", *train, "--set", "width=12", "-o", "net.h5")
    data = json.loads(ictal_("analyse", "net.pt", "--time", "300", "--input", "mean", "--json"))
    assert data["config"]["what"] == "map"
    assert data["config"]["time_unit"] == "time point"
    assert len(data["lyapunov"]["exponents"]) == 12
    assert data["lyapunov"]["exponents"][0] < math.log(2)
    assert data["fixed_points"]["points"]
    assert "its network is net.pt" in refused("analyse", "net.h5")
    assert "no parameter" in refused("analyse", "net.pt", "--scan", "p=0:1:3")
    assert "--set" in refused("analyse", "net.pt", "--set", "width=3")
    ictal_("train", "mlp", *train, "--set", "hidden=8", "-o", "flat.h5")
    assert "carries no state" in refused("analyse", "flat.pt")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["stuart_landa"], "did you mean 'stuart_landau'"),
        ([*HOPF, *SHORT, "--lyapunov", "3"], "at most the number of units, 2; got 3"),
        ([*HOPF, "--lyapunov", "-1"], "--lyapunov: must be a whole number >= 1; got"),
        ([*HOPF, "--lyapunov", "1.5"], "--lyapunov: must be a whole number >= 1; got 1.5"),
        ([*HOPF, "--scan", "b=0:1:3"], "unknown parameter of stuart_landau 'b'"),
        ([*HOPF, "--scan", "a=0:1"], "must be KEY=LOW:HIGH:COUNT"),
        ([*HOPF, "--scan", "a=1:0:5"], "LOW < HIGH"),
        ([*HOPF, "--scan", "n=1:2:3"], "must be a whole number"),
        ([*HOPF, "--scan", "duration=1:2:3"], "--scan duration: does not enter the equations of stuart_landau"),
        (["kuramoto", "--set", "n=5", "--scan", "k=0:4:3"], "phase of node 0 is an angle"),
        ([*HOPF, "--scan", "a=0:1:3", "--watch", "z"], "--watch: unknown unit 'z'"),
        ([*HOPF, "--basins", "--plane", "x=0:1:3"], "given twice"),
        ([*HOPF, "--plane", "x=0:1:3", "--plane", "y=0:1:3"], "--plane: belongs to basins or phase_plane"),
        (["kuramoto", "--set", "n=1", "--phase-plane"], "--phase-plane: needs a state of two units or more"),
        ([*HOPF, "--phase-plane", "--plane", "x=1:1.0000000000000002:5", "--plane", "y=0:1:5"], "so far apart that 5"),
        ([*HOPF, "--phase-plane", "--plane", "x=-1e308:1e308:5", "--plane", "y=0:1:5"], "no further than"),
        (["seizure", "--phase-plane"], "--phase-plane: seizure is a network of spiking cells"),
        ([*HOPF, "--attractors", "--time", "0.1"], "must hold 20 to 1e9 steps"),
        ([*HOPF, "--starts", "1"], "--starts: must be >= 2; got 1"),
        ([*HOPF, "--attractors", "--eps", "0", *SHORT], "eps: must be > 0"),
        ([*HOPF, "--late", "2"], "--late: must be 0 < x <= 1; got 2.0"),
        ([*HOPF, "--seed", "-1"], "seed"),
        ([*HOPF, "--input", "mean"], "is for trained networks"),
        ([*HOPF, "--starts-from", "k=0,1"], "for systems without equations"),
        ([*HOPF, "--set", "a=nan"], "finite"),
        ([*HOPF, "--set", "b=1"], "unknown parameter of stuart_landau 'b'"),
        (["seizure", "--lyapunov"], "seizure is a network of spiking cells; use attractors"),
        (["seizure", "--fixed-points"], "use attractors"),
        (["seizure", "--scan", "g=1:2:3"], "use ictal sweep"),
        (["classifier", "--lyapunov"], "it has no drift"),
        (["seizure", "--attractors", "--time", "3"], "its length is duration"),
        (["seizure", "--attractors", "--starts-from", "protocl=rest,trigger"], "did you mean 'protocol'"),
        (["seizure", "--attractors", "--starts-from", "protocol=rest"], "needs 2 values"),
        (["eeg.edf"], "holds no equations"),
        (["none.pt"], "no such file"),
        (["none.h5"], "no such file"),
        (["array.npy"], "holds no equations"),
        (["measured.h5"], "holds a dynamics; want a run"),
        ([*HOPF, "-o", "x.txt"], "ends in .h5"),
        ([*HOPF, "-o", "measured.h5"], "exists"),
    ],
)
def test_what_cannot_be_analysed_ends_in_one_line(line, said, refused, folder, whole):
    np.save("array.npy", np.zeros((4, 4)))
    whole.save("measured.h5")
    assert said in refused("analyse", *line)


def test_a_file_of_another_kind_is_not_loaded(folder):
    ictal.save(ictal.simulate("stuart_landau", duration=0.1), "run.h5")
    with pytest.raises(ictal.InputError, match="holds a run; want a dynamics"):
        DynamicsResult.load("run.h5")


@pytest.mark.parametrize("name", ["epileptor", "wilson_cowan", "kuramoto", "stuart_landau"])
def test_a_run_starts_where_start_says(name):
    system = registry.build(name, {"n": 3, "duration": 1.0})
    assert isinstance(system, SelfContained)
    start = system.start(4)
    assert start.shape == (3 * len(system.variables),)
    entry = {"wilson_cowan": "E", "kuramoto": "phase", "stuart_landau": "x", "epileptor": "x1"}[name]
    first = system.record(4).recording(entry).values[0]
    assert first == pytest.approx(start[:3], abs=1e-12)
    drawn = not np.array_equal(start, system.start(5))
    assert drawn == (name != "epileptor")
