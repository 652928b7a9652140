"""Fixed points, phase planes, attractors, basins and scans of a parameter against closed forms."""

import math

import numpy as np
import pytest
import torch

import ictal
from ictal.analyses import (
    Axis,
    attractors,
    basin_map,
    fixed_points,
    late_runs,
    phase_plane,
    recorded_runs,
    scan,
    stepper,
)
from ictal.analyses.dynamics.attractors import wilson
from ictal.analyses.dynamics.settling import remaining
from ictal.models import Epileptor, Kuramoto, StuartLandau, WilsonCowan, architecture, autonomous
from ictal.simulator import InputError, Recording, Run, Spikes

RNG = np.random.default_rng(0)
FOLD = 2 / (3 * math.sqrt(3))  # of x' = r + x − x³


def lorenz(x):
    stack = np.stack if isinstance(x, np.ndarray) else torch.stack
    return stack([10 * (x[..., 1] - x[..., 0]), x[..., 0] * (28 - x[..., 2]) - x[..., 1],
                  x[..., 0] * x[..., 1] - 8 / 3 * x[..., 2]], -1)  # fmt: skip


def wells(x):
    """Two in every unit, at −1 and 1."""
    return x - x**3


def neutral_ring(x):
    """Every state at radius 1 stays where it is."""
    return x * (1 - (x * x).sum(-1, keepdims=True))


def found_by(drift, starts, dt=0.1, n_steps=300, **more):
    return attractors(late_runs(stepper(drift, dt), starts, n_steps=n_steps, dt=dt), **more)


# fixed points


def test_lorenz_s_three_with_their_eigenvalues():
    found = fixed_points(lorenz, np.random.default_rng(0).normal(0, 15, (40, 3)))
    away = math.sqrt(8 / 3 * 27)
    order = np.argsort(found.points[:, 0])
    assert found.points[order] == pytest.approx(np.array([[-away, -away, 27], [0, 0, 0], [away, away, 27]]), abs=1e-9)
    origin = [(-11 + math.sqrt(1201)) / 2, -8 / 3, (-11 - math.sqrt(1201)) / 2]
    assert found.eigenvalues[order[1]] == pytest.approx(np.array(origin, dtype=complex))
    wing = np.roots([1, 41 / 3, 8 / 3 * 38, 2 * 10 * 8 / 3 * 27])  # λ³ + (σ+b+1)λ² + b(σ+r)λ + 2σb(r−1)
    for k in (order[0], order[2]):
        assert np.sort_complex(found.eigenvalues[k]) == pytest.approx(np.sort_complex(wing))
    assert found.stability == ["unstable"] * 3
    assert [found.kind[k] for k in order] == ["saddle focus", "saddle", "saddle focus"]
    assert found.found.sum() + len(found.lost) == 40
    assert (found.residual < 1e-10).all()


def test_fixed_points_of_the_masses():
    hopf = fixed_points(StuartLandau(n=1, a=(0.7,), f=(3.0,)).drift, RNG.normal(size=(5, 2)))
    assert hopf.points == pytest.approx(np.zeros((1, 2)), abs=1e-9)
    assert np.sort_complex(hopf.eigenvalues[0]) == pytest.approx([0.7 - 6j * math.pi, 0.7 + 6j * math.pi])
    assert (hopf.stability, hopf.kind) == (["unstable"], ["focus"])
    resting = fixed_points(WilsonCowan(p=(0.5,)).drift, RNG.uniform(0, 0.3, (10, 2)))
    assert (resting.stability, len(resting.points)) == (["stable"], 1)
    driven = fixed_points(WilsonCowan(p=(1.25,)).drift, RNG.uniform(0, 0.3, (10, 2)))
    assert (driven.stability, driven.kind) == (["unstable"], ["focus"])  # around it the cycle
    lost = fixed_points(WilsonCowan(p=(1.25,)).drift, RNG.uniform(2.0, 3.0, (10, 2)))
    assert len(lost.lost) == 10 - lost.found.sum() > 0


def test_the_epileptor_rests_below_its_threshold_and_not_above():
    start = Epileptor().start(0) + RNG.normal(size=(24, 6)) * [0.5, 2, 0.5, 0.3, 0.3, 0.1]
    for x0, rests in ((-2.15, True), (-2.0, False)):
        found = fixed_points(Epileptor(x0=(x0,)).drift, start)
        roots = np.roots([1.0, 2.0, 4.0, -4.1 - 4.0 * x0])  # x1³ + 2 x1² + 4 (x1 − x0) = 4.1
        x1 = float(roots[np.abs(roots.imag) < 1e-9].real[0])
        left = found.points[:, 0] < 0
        assert found.points[left, 0] == pytest.approx(np.full(left.sum(), x1), abs=1e-8)
        assert (x1 < -4 / 3) == rests
        assert ("stable" in found.stability) == rests


def test_fixed_points_of_maps():
    logistic = fixed_points(lambda x: 4 * x * (1 - x), RNG.uniform(size=(20, 1)), discrete=True)
    order = np.argsort(logistic.points[:, 0])
    assert logistic.points[order, 0] == pytest.approx([0.0, 0.75], abs=1e-9)
    assert logistic.eigenvalues[order, 0].real == pytest.approx([4.0, -2.0])
    calm = fixed_points(lambda x: 2.5 * x * (1 - x), RNG.uniform(0.3, 0.9, size=(20, 1)), discrete=True)
    assert calm.stability[int(calm.points[:, 0].argmax())] == "stable"
    w = torch.from_numpy(0.8 * RNG.normal(size=(30, 30)) / math.sqrt(30))
    rnn = fixed_points(lambda h: torch.tanh(h @ w.T), RNG.uniform(-0.5, 0.5, size=(8, 30)), discrete=True)
    at_0 = int(np.abs(rnn.points).max(axis=1).argmin())
    assert np.abs(rnn.points[at_0]).max() < 1e-9
    exact = np.linalg.eigvals(w.numpy())
    assert np.sort(np.abs(rnn.eigenvalues[at_0])) == pytest.approx(np.sort(np.abs(exact)))


def test_a_point_that_can_be_turned_is_marginal():
    """Phases of Kuramoto's oscillators that are locked can all be moved together."""
    found = fixed_points(Kuramoto(n=4, k=5.0, spread=0.2, frequencies="gaussian").drift, np.zeros((1, 4)))
    assert found.stability == ["marginal"]


# attractors


def test_a_double_well_has_two_and_each_takes_half():
    found = found_by(wells, np.random.default_rng(1).uniform(-2, 2, (200, 1)))
    assert found.n == 2
    assert found.robust
    assert sorted(found.centre(k)[0] for k in (0, 1)) == pytest.approx([-1, 1], abs=1e-6)
    for label in (0, 1):
        share, low, high = found.share(label)
        assert low < 0.5 < high
        assert high - low == pytest.approx(2 * 1.96 * math.sqrt(share * (1 - share) / 200), rel=0.05)
        assert found.still(label)
    at = [int(np.flatnonzero(found.labels == k)[0]) for k in (0, 1)]
    assert found.features[at, 0] == pytest.approx(found.states[:, 0], abs=1e-6)
    assert (found.hdbscan == 2).all()
    assert (found.dbscan == 2).all()


def test_a_cycle_is_one_attractor_wherever_runs_end_on_it():
    system = StuartLandau(n=1)
    starts = np.array([system.start(k) for k in range(12)])
    course = late_runs(stepper(system.drift, 0.02), starts, n_steps=1000, dt=0.02)
    found = attractors(course)
    assert found.n == 1
    assert found.robust
    assert not found.still(0)
    assert np.ptp(np.arctan2(*course.states.T)) > math.pi  # they ended in different places
    assert found.centre(0)[2:] == pytest.approx([math.sqrt(0.5)] * 2, rel=1e-3)  # SD of a sine of amplitude √a = 1


def test_four_wells_in_two_dimensions():
    found = found_by(wells, np.random.default_rng(0).uniform(-2, 2, (80, 2)))
    assert found.n == 4
    assert found.robust


def test_a_continuous_family_is_told_by_a_count_that_depends_on_eps():
    found = found_by(neutral_ring, np.random.default_rng(0).normal(size=(40, 2)))
    assert not found.robust
    assert np.ptp(found.dbscan[:, 1]) > 3
    assert "depends on eps" in found.says


def test_starts_that_diverge_say_when_and_are_left_out():
    found = found_by(lambda x: x**3 - x, np.array([[0.1], [-0.2], [0.3], [1.5], [-3.0]]), dt=0.01, n_steps=1000)
    assert found.labels.tolist() == [0, 0, 0, -2, -2]
    assert found.diverged[0].startswith("start 3: unit 0 is not finite any more at t = 0.3")  # blows up at ½ ln 9/5
    assert found.share(-2)[0] == 0.4
    assert "2 diverged" in found.says


def test_runs_that_are_under_way_are_told():
    found = found_by(lambda x: -0.01 * x, np.array([[1.0], [2.0], [4.0]]), dt=0.1, n_steps=500)
    assert found.settled.tolist() == [False] * 3  # what is left, 0.6 to 2.4, is above eps = .2 of the SD, 1.2
    assert found.says.endswith("; 3 of 3 runs have not settled")
    assert "have not settled" not in found_by(wells, [[0.5], [0.6], [0.7]]).says


@pytest.mark.parametrize(("periods", "half"), [(2.5, False), (5, True)])
def test_where_a_window_cuts_a_cycle_hardly_matters(periods, half):
    """Of 2.5 periods, Hann's window leaves |sin 2.5π/(2.5π (1 − 2.5²))| of the amplitude; none five times that."""
    turn = 2 * math.pi * periods / 400  # the late part holds 400 steps
    c, s = math.cos(turn), math.sin(turn)
    phase = 2 * math.pi * np.arange(24) / 24
    course = late_runs(
        lambda x: x @ np.array([[c, s], [-s, c]]), np.stack([np.cos(phase), np.sin(phase)], axis=1), n_steps=1000
    )
    left = 1 / (2.5 * math.pi * (2.5**2 - 1))
    for features in course.halves if half else (course.features,):
        assert np.abs(features[:, :2]).max() == pytest.approx(left, rel=0.01)
        assert features[:, 2:] == pytest.approx(np.full((24, 2), math.sqrt(0.5)), abs=left**2)


def test_turns_of_an_angle_make_no_attractors():
    """θ runs on from starts that lie turns apart, while x falls into one of two wells."""
    theta = 7.0 * np.repeat(np.arange(6), 4)
    starts = np.stack([theta, np.tile([-0.5, 0.5], 12)], axis=1)

    def drift(state):
        return np.stack([np.full(len(state), 3.0), wells(state[:, 1])], axis=1)

    course = late_runs(stepper(drift, 0.1), starts, n_steps=400, dt=0.1, names=("theta", "x"), angles=(0,))
    found = attractors(course)
    assert found.n == 2
    assert found.robust
    assert (found.labels == found.labels[:2].tolist() * 12).all()
    assert found.names[:3] == ("x", "cosine of theta", "sine of theta")
    assert found.features[:, 1:3] == pytest.approx(np.zeros((24, 2)), abs=0.01)
    assert found.features[:, 4:] == pytest.approx(np.full((24, 2), math.sqrt(0.5)), abs=0.01)
    assert course.states[:, 0] == pytest.approx(theta + 120.0)  # itself it is not wrapped


def test_an_angle_at_rest_is_the_same_a_turn_further():
    course = late_runs(
        stepper(lambda x: -np.sin(x - 1.0), 0.1), 2 * math.pi * np.arange(-4.0, 5.0)[:, None], n_steps=400, angles=(0,)
    )
    assert attractors(course).n == 1
    assert course.features == pytest.approx(np.tile([math.cos(1.0), math.sin(1.0), 0.0, 0.0], (9, 1)), abs=1e-6)


def test_wilson_s_interval():
    assert wilson(5, 10) == pytest.approx((0.5, 0.2366, 0.7634), abs=1e-4)
    assert wilson(10, 10)[2] == 1.0


def test_recorded_runs_by_rate_and_mean():
    def run(rate, level):
        time = np.sort(np.random.default_rng(int(rate)).uniform(0, 2, int(rate * 2 * 10)))
        spikes = Spikes(time, np.arange(time.size) % 10, n_units=10, duration=2.0)
        values = level + np.random.default_rng(0).normal(size=(200, 3))
        return Run({"E": spikes, "lfp": Recording(values, dt=0.01, clock="second", quantity="v", unit="mV")})

    course = recorded_runs([run(5, 0), run(6, 0), run(5, 0), run(60, 9), run(61, 9), run(60, 9)], 0.4)
    assert course.names[:2] == ("rate of E [Hz]", "mean of lfp [mV]")
    assert course.features[0, 0] == pytest.approx(5, abs=1.5)
    found = attractors(course)
    assert found.labels.tolist() == [0, 0, 0, 1, 1, 1]


def test_theory_and_what_never_changes_do_not_dilute_the_distance_of_runs():
    def run(rate):
        time = np.sort(np.random.default_rng(rate).uniform(0, 2, rate * 20))
        same = Recording(np.full((200, 1), 7.0), dt=0.01, clock="second", quantity="v", unit="mV")
        given = Recording(
            np.full((200, 1), 3.0), dt=0.01, clock="second", quantity="rate", unit="Hz",
            unit_labels={"given": np.array(["theory"])},
        )  # fmt: skip
        return Run({"E": Spikes(time, np.arange(time.size) % 10, 10, 2.0), "cue": same, "mean_field": given})

    assert recorded_runs([run(5), run(60)], 0.4).names == ("rate of E [Hz]", "SD of rate of E [Hz]")


# phase plane


def crossing(values, along):
    """Where a row of values first passes through 0, by linear interpolation."""
    at = int(np.flatnonzero(values[:-1] * values[1:] <= 0)[0])
    return along[at] - values[at] * (along[at + 1] - along[at]) / (values[at + 1] - values[at])


def test_nullclines_of_wilson_and_cowan_are_their_closed_form():
    """1972: E stands still on I = (c1 E - S_e^-1(E/(1-E)) + P)/c2, and I on E = (S_i^-1(I/(1-I)) + c4 I - Q)/c3."""
    made = WilsonCowan(n=1)
    x, y = Axis(0, "E", 0.02, 0.45, 87), Axis(1, "I", -0.1, 0.5, 601)
    found = phase_plane(made.drift, stepper(made.drift, made.dt), x, y, [0.1, 0.1], [[0.1, 0.1]], n_steps=5)

    def inverse(share, a, theta):
        floor = 1 / (1 + math.exp(a * theta))
        return theta - math.log(1 / (share + floor) - 1) / a

    for k in range(0, 87, 10):
        e = x.values[k]
        exact = (made.c1 * e - inverse(e / (1 - e), made.a_e, made.theta_e) + made.p[0]) / made.c2
        if y.low < exact < y.high:
            assert crossing(found.across[:, k], y.values) == pytest.approx(exact, abs=1e-5)
    for k in range(150, 560, 50):
        i = y.values[k]
        exact = (inverse(i / (1 - i), made.a_i, made.theta_i) + made.c4 * i - made.q) / made.c3
        if x.low < exact < x.high:
            assert crossing(found.up[k], x.values) == pytest.approx(exact, abs=1e-4)


def test_paths_of_a_phase_plane_are_runs():
    made = StuartLandau(n=1, dt=0.01, sample=0.01)
    step = stepper(made.drift, made.dt)
    axes = Axis(0, "x", -2, 2, 5), Axis(1, "y", -2, 2, 4)
    found = phase_plane(made.drift, step, *axes, [0, 0], [[0.1, 0.0], [1.5, 1.0]], n_steps=2000)
    assert found.whole
    assert found.across.shape == (4, 5)
    assert found.paths.shape == (2, 2001, 2)
    x = np.array([[0.1, 0.0], [1.5, 1.0]])
    for _ in range(3):
        x = step(x)
    assert (found.paths[:, 3] == x).all()
    assert np.hypot(*found.paths[:, -1].T) == pytest.approx([1.0, 1.0], abs=1e-6)


def test_a_phase_plane_knows_angles_projections_and_runs_that_diverge():
    made = Kuramoto(n=3, k=0.0, centre=3.0)
    step = stepper(made.drift, 0.1)
    axes = Axis(0, "a", -3, 3, 4), Axis(2, "b", -3, 3, 4)
    found = phase_plane(made.drift, step, *axes, [0, 0, 0], [[0.0, 0.0, 0.0]], n_steps=100, angles=(0, 1, 2))
    assert not found.whole
    assert np.nanmin(found.paths) >= -3
    assert np.nanmax(found.paths) < 2 * np.pi - 3
    assert np.isnan(found.paths).any()
    axes = Axis(0, "x", -1, 1, 3), Axis(1, "y", -1, 1, 3)
    away = phase_plane(lambda s: s**3, lambda s: s + s**3, *axes, [0, 0], [[0.1, 0.0], [3.0, 3.0]], n_steps=20)
    assert np.isfinite(away.paths[0]).all()
    assert np.isnan(away.paths[1, -1]).all()
    assert np.isfinite(away.paths[1, :3]).all()


@pytest.mark.parametrize(
    ("x", "base", "said"),
    [
        (Axis(1, "y", 0, 1, 3), [0, 0], "needs two units of 2; got 1 and 1"),
        (Axis(5, "z", 0, 1, 3), [0, 0], "needs two units of 2; got 5 and 1"),
        (Axis(0, "x", 0, 1, 2000), [0, 0], "600000 points; want at most 250000"),
        (Axis(0, "x", 0, 1, 3), [0, np.nan], "must be finite numbers"),
    ],
)
def test_a_plane_that_does_not_fit_is_one_line(x, base, said):
    y = Axis(1, "y", 0, 1, 300)
    with pytest.raises(InputError, match=said):
        phase_plane(lambda s: -s, lambda s: 0.9 * s, x, y, base, [[0.0, 0.0]], n_steps=5)


# basins


def test_the_boundary_of_two_wells_lies_at_0():
    known = found_by(wells, np.random.default_rng(0).uniform(-2, 2, (40, 2)) * [1, 0] + [0, 1.0])
    x, y = Axis(0, "x", -1.5, 1.5, 31), Axis(1, "y", 0.5, 1.5, 3)
    found = basin_map(stepper(wells, 0.1), known, x, y, [0.0, 1.0], n_steps=300, dt=0.1)
    left = int(known.labels[known.features[:, 0] < 0][0])
    assert (found.labels[:, x.values < -1e-9] == left).all()
    assert (found.labels[:, x.values > 1e-9] == 1 - left).all()
    assert (found.labels[:, 15] == -1).all()  # at 0 itself it stays, where no start ended


# scans


def test_a_fixed_point_is_found_again_from_itself():
    def flow(x):
        return x - x**3 + 0.1

    first = fixed_points(flow, [[2.0], [-2.0], [0.01]])
    again = fixed_points(flow, first.points)
    assert again.lost == ()
    np.testing.assert_allclose(np.sort(again.points, axis=0), np.sort(first.points, axis=0), atol=1e-14)
    assert len(fixed_points(lambda x: x * x + 1, [[0.0], [1.0], [0.3]]).lost) == 3


def test_folds_of_a_cubic():
    values = np.linspace(-0.5, 0.5, 51)
    found = scan(lambda r: stepper(lambda x: r + x - x**3, 0.2), values, [-1.2], n_steps=400, dt=0.2)
    ((low, high),) = found.hysteresis
    step = values[1] - values[0]
    assert -FOLD <= low < -FOLD + step + 1e-9  # the last before the fold, on either side
    assert FOLD - step - 1e-9 < high <= FOLD
    assert np.isnan(found.period).all()
    assert found.low[0, 0] == pytest.approx(found.low[1, 0], abs=1e-6)


def test_a_run_that_is_too_short_is_no_hysteresis():
    """x' = r + x − x³ just beyond the fold passes slowly where it was: that is said instead."""
    values = np.array([-1.0, 0.0, FOLD + 2e-3, 1.0])
    found = scan(lambda r: stepper(lambda x: r + x - x**3, 0.1), values, [-1.2], n_steps=60, dt=0.1)
    assert found.unsettled == [values[2]]
    assert abs(found.mean[0, 2] - found.mean[1, 2]) > 1
    assert found.hysteresis == [(0.0, 0.0)]
    longer = scan(lambda r: stepper(lambda x: r + x - x**3, 0.1), values, [-1.2], n_steps=4000, dt=0.1)
    assert longer.unsettled == []
    assert longer.hysteresis == [(0.0, 0.0)]


def normal_form(mu, cubic, quintic):
    """r' = μr + cubic·r³ + quintic·r⁵ at 1 rad per time."""

    def drift(x):
        square = (x * x).sum(-1, keepdims=True)
        return (mu + cubic * square + quintic * square**2) * x + np.array([-x[..., 1], x[..., 0]]).T

    return drift


def test_what_is_left_of_a_geometric_change_is_its_sum():
    times = np.array([0.0, 1.0, 2.0])
    for rate in (0.05, 0.5, 2.0):
        windows = 3 + np.exp(-rate * times)[:, None, None] * [[1.0, -2.0]]
        assert remaining(windows) == pytest.approx(np.exp(-2 * rate) * math.sqrt(5), rel=1e-9) or rate == 2.0
    assert remaining(windows) >= np.exp(-4.0) * math.sqrt(5)  # a fast one counts at least its last change
    assert np.isinf(remaining(np.exp(0.1 * times)[:, None, None]))  # growth
    assert np.isinf(remaining(times[:, None, None]))  # drift
    assert remaining([[[0.0]], [[1e-3]], [[3e-3]]], noise=0.01) == pytest.approx(2e-3)


def test_a_slow_return_near_hopf_is_no_hysteresis():
    """The cycle of r' = μr − r³ has r² = μ and is approached at the rate 2μ: from either side the same."""
    values = np.array([-0.1, -0.02, 0.02, 0.05, 0.1, 1.0])
    step, n_steps = 0.2, 800

    def step_at(mu):
        return stepper(normal_form(mu, -1.0, 0.0), step)

    short = scan(step_at, values, [1.0, 0.0], n_steps=n_steps, dt=step)
    assert short.hysteresis == []
    assert set(short.unsettled) <= {-0.02, 0.02, 0.05}  # 1/(2|μ|) = 25 and 10 of 160
    long = scan(step_at, values, [1.0, 0.0], n_steps=n_steps, longest=32 * n_steps, dt=step)
    assert long.hysteresis == []
    assert long.unsettled == []
    reach = np.sqrt(np.maximum(values, 0.0))
    for way in (0, 1):
        assert long.high[way] == pytest.approx(reach, abs=0.01)
        assert long.low[way] == pytest.approx(-reach, abs=0.01)
    assert long.period[:, 4:] == pytest.approx(2 * math.pi, rel=1e-3)


def test_hysteresis_of_a_subcritical_hopf_is_found():
    """r' = μr + r³ − r⁵ has rest and a cycle, r² = (1 + √(1 + 4μ))/2, for −1/4 < μ < 0."""
    values = np.round(np.arange(-0.4, 0.21, 0.05), 2)
    found = scan(lambda mu: stepper(normal_form(mu, 1.0, -1.0), 0.2), values, [0.0, 0.0], n_steps=600,
                 longest=20000, dt=0.2)  # fmt: skip
    assert found.unsettled == []
    ((low, high),) = found.hysteresis
    assert low == pytest.approx(-0.25 + 0.05 * (low > -0.225))  # the fold itself, where the cycle is half stable
    assert high in (-0.05, 0.0)
    both = values > low - 1e-9
    assert found.high[1, both] == pytest.approx(np.sqrt((1 + np.sqrt(1 + 4 * values[both])) / 2), abs=0.02)


def test_an_imperfect_pitchfork_jumps_on_one_way_only():
    """x' = h + r x − x³ with h = 0.1 keeps its upper branch; the way down from a lower one ends at a fold."""
    found = scan(
        lambda r: stepper(lambda x: 0.1 + r * x - x**3, 0.1), np.linspace(-1, 2, 31), [1.0], n_steps=600, dt=0.1
    )
    assert found.hysteresis == []
    lower = scan(
        lambda r: stepper(lambda x: 0.1 + r * x - x**3, 0.1), np.linspace(0.2, 2, 37), [-1.5], n_steps=600, dt=0.1
    )
    assert (lower.mean > 0).all()  # at r = 0.2 no lower branch is left to start on


def test_period_doubling_of_the_logistic_map():
    values = np.round(np.arange(2.9, 3.5, 0.01), 2)
    found = scan(lambda r: lambda x: r * x * (1 - x), values, [0.3], n_steps=3000, discrete=True)
    for way in (0, 1):
        assert (found.period[way][values < 3 - 0.005] == 1).all()
        assert (found.period[way][(values > 3.015) & (values < 1 + math.sqrt(6) - 0.005)] == 2).all()
        assert (found.period[way][values > 1 + math.sqrt(6) + 0.015] == 4).all()
    assert found.hysteresis == []


@pytest.mark.slow
def test_wilson_and_cowan_s_cycle_comes_and_goes_with_p():
    values = [0.75, 1.0, 1.25, 2.5]
    step = 0.4  # [ms]; τ is 8
    found = scan(lambda p: stepper(WilsonCowan(p=(p,)).drift, step), values, [0.1, 0.05], n_steps=1500, dt=step, unit=0)
    assert np.isnan(found.period[:, [0, 1, 3]]).all()
    assert 1000 / found.period[:, 2] == pytest.approx([25.0, 25.0], abs=0.1)


@pytest.mark.slow
def test_wilson_and_cowan_s_slow_return_near_hopf_is_no_hysteresis():
    """Runs of 500 ms at p = 1.875 end with swings of .055 and .030; runs of 3 s with .041 both."""
    values = [1.75, 1.875, 2.125, 3.0]
    at = {"n_steps": 1250, "dt": 0.4}
    short = scan(lambda p: stepper(WilsonCowan(p=(p,)).drift, 0.4), values, [0.1, 0.05], **at)
    assert abs(np.diff(short.high[:, 1])) > 0.02 * np.ptp([short.low, short.high])  # apart, but under way
    assert short.hysteresis == []
    assert 1.875 in short.unsettled
    long = scan(lambda p: stepper(WilsonCowan(p=(p,)).drift, 0.4), values, [0.1, 0.05], longest=40000, **at)
    assert long.hysteresis == []
    assert long.unsettled == []
    assert long.high[:, 1] - long.low[:, 1] == pytest.approx([0.041, 0.041], abs=0.006)


@pytest.mark.physics
def test_a_scan_lasts_several_seizures_of_the_epileptor():
    """Every 1,900 to 2,300 time units a seizure for x0 above −2.06, else rest; z turns at about 2.9 and 4.15."""
    found = ictal.scan("epileptor", "x0", -2.2, -1.6, 3, watch="z").scan
    assert found.unsettled == []
    assert found.hysteresis == []
    for way in (0, 1):
        assert np.ptp([found.low[way, 0], found.high[way, 0]]) < 0.05
        assert found.low[way, 1:] == pytest.approx([2.887, 2.854], abs=0.02)
        assert found.high[way, 1:] == pytest.approx([4.149, 4.143], abs=0.02)
        assert found.period[way, 1:] == pytest.approx([2150, 1934], rel=0.01)


def test_a_scan_that_diverges_says_where():
    found = scan(lambda r: stepper(lambda x: r + x * x, 0.1), [-2.0, -1.0, 0.5], [-1.4], n_steps=400, dt=0.1)
    assert found.stopped[0] == "on the way up the state diverged at parameter = 0.5"
    assert np.isnan(found.low[:, 2]).all()
    for way in (0, 1):  # down from the last value that held
        assert found.mean[way, :2] == pytest.approx([-math.sqrt(2), -1], abs=1e-3)


@pytest.mark.parametrize("n_steps", [165, 1000, 3000])
def test_a_start_is_told_to_diverge_when_it_first_did(n_steps):
    """x' = x² + 1 from 0 reaches infinity at π/2."""
    found = late_runs(stepper(lambda x: x * x + 1, 0.01), [[0.0], [0.0]], n_steps=n_steps, dt=0.01)
    assert [line.split(" t = ")[1] for line in found.diverged] == ["1.6 steps", "1.6 steps"]
    ends = attractors(found)
    assert ends.n == 0
    assert not ends.robust


# networks


@pytest.mark.parametrize("name", ["rnn", "gru", "lstm", "rate-rnn"])
def test_the_map_of_a_network_is_what_the_network_does(name):
    more = {"substeps": 3} if name == "rate-rnn" else {"depth": 2}
    model = architecture(name, {"width": 9, **more}).build((6, 5), 3, seed=1).double()
    x = torch.from_numpy(np.random.default_rng(0).normal(size=5))
    found = autonomous(model, x)
    state = torch.zeros(len(found.units), dtype=torch.float64)
    for _ in range(round(6 / found.dt)):
        state = found.step(state)
    sequence = x.expand(1, 6, 5)
    with torch.no_grad():
        if name == "rate-rnn":
            wanted = [model.cell(sequence)[0, -1]]
        else:
            wanted = []
            for layer in model.layers:
                sequence, last = layer(sequence)
                wanted += [last[0][0, 0], last[1][0, 0]] if name == "lstm" else [last[0, 0]]
    assert state.numpy() == pytest.approx(torch.cat(wanted).numpy(), abs=1e-12)


# bad input


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: fixed_points(wells, [1.0]), r"starts: must be finite numbers \(start, unit\)"),
        (lambda: fixed_points(wells, [[math.nan]]), "starts"),
        (lambda: fixed_points(wells, np.zeros((2, 2001))), "at most 2000 units; got 2001"),
        (lambda: fixed_points(wells, [[1.0]], distance=0), "distance"),
        (lambda: found_by(wells, [[0.5]]), "needs 2 to 5000 starts; got 1"),
        (lambda: found_by(wells, [[0.5], [0.6]], eps=0), "eps: must be > 0"),
        (lambda: found_by(wells, [[0.5], [0.6]], min_samples=1), "min_samples: must be an integer >= 2"),
        (lambda: found_by(wells, [[0.5], [math.inf]]), "starts"),
        (lambda: found_by(wells, [[0.5], [0.6]], n_steps=10), "8 steps"),
        (lambda: late_runs(wells, [[0.5]], n_steps=100, late=0), "late: must lie in 0 to 1"),
        (lambda: scan(lambda r: wells, [1.0, 0.0], [0.5], n_steps=9), "numbers that rise"),
        (lambda: scan(lambda r: wells, [0.0, 1.0], [0.5], n_steps=9, unit=1), r"unit: must lie in 0\.\.0; got 1"),
        (lambda: scan(lambda r: lambda x: x * math.inf, [0.0, 1.0], [0.5], n_steps=9), "diverges at the first value"),
        (lambda: Axis(0, "x", 1.0, 1.0, 5), "must be finite and rise"),
        (lambda: Axis(0, "x", 0.0, 1.0, 1), "count"),
        (lambda: autonomous(architecture("mlp", {}).build((8, 8), 3)), "want one of rnn, gru, lstm, rate-rnn"),
    ],
)
def test_bad_input_in_one_line(call, said):
    with pytest.raises(InputError, match=said) as error:
        call()
    assert "\n" not in str(error.value)
