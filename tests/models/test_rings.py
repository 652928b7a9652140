"""Rings: closed forms, exact turning, one network in two forms, a memory that holds, and Brian2."""

import math

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.stats import t as student

import ictal
from ictal.analyses import (
    bump_position,
    bump_profile,
    full_width,
    half_width,
    resting_places,
    to_png,
    vector_strength,
    wandering,
    wrapped,
)
from ictal.analyses.figures.rings import FRAMES, on_a_ring, ring_drawings, sheet, stimuli
from ictal.cli import run
from ictal.models import Compte, Flow, LifRing, Ring, Spiking, Zhang, bump
from ictal.models.spiking.compte import stimulated
from ictal.simulator import InputError, Population, Recording, Run, Spikes, instantiate, integrate, save
from ictal.simulator.engines.compiled.run import simulate_compiled
from ictal.simulator.integrators import rk4

FLOWS = {"ring": Ring, "zhang": Zhang}


# the threshold-linear ring


@pytest.mark.parametrize(
    ("j2", "width", "r2", "peak"), [(3.0, 105.363, 0.28036, 1.06390), (4.0, 90.0, 0.39270, 1.57080)]
)
def test_the_bump_is_that_of_the_closed_form_to_five_digits(j2, width, r2, peak):
    known = bump(-2.0, j2)
    for found, said, digits in ((math.degrees(known.half_width), width, 3), (known.r2, r2, 5), (known.peak, peak, 5)):
        assert round(found, digits) == said
    made = Ring(n=1024, j2=j2, duration=1.0).record(3)
    m = made.recording("rate").numpy()[-1]
    z = np.mean(m * np.exp(1j * made.recording("rate").unit_labels["position"]))
    edge = math.acos(-(1.0 - 2.0 * m.mean()) / (j2 * abs(z)))  # where the input passes 0
    assert edge == pytest.approx(known.half_width, rel=1e-5)
    assert abs(z) == pytest.approx(known.r2, rel=1e-5)
    assert m.max() == pytest.approx(known.peak, rel=1e-5)
    angle = made.recording("rate").unit_labels["position"]
    assert half_width(angle, m) == pytest.approx(known.half_width, abs=1e-4)  # h² = 4e-5
    assert made.source["closed_form"]["peak"] == known.peak
    assert vector_strength(made.recording("rate"))[-1] == pytest.approx(abs(z) / m.mean(), rel=1e-9)


def resting(j2, n, starts):
    """Where bumps of the infinite ring come to rest on n cells, after 500 time constants."""
    made, known = Ring(n=n, j2=j2), bump(-2.0, j2)
    shape = np.cos(made.angles - starts[:, None]) - math.cos(known.half_width)
    states = integrate(
        made.drift, j2 * known.r2 * np.maximum(shape, 0.0), dt=5.0, n_steps=1000, every=1000, method="rk4"
    )
    assert np.abs(made.drift(states[-1])).max() < 1e-12  # at rest
    return np.angle((states[-1] * np.exp(1j * made.angles)).sum(axis=-1))


def test_sixteen_cells_pin_the_bump_to_sixteen_places():
    starts = -np.pi + 2 * np.pi * (np.arange(256) + 0.3) / 256
    found = resting(3.0, 16, starts)
    assert resting_places(found, tolerance=1e-6).size == 16
    assert np.diff(resting_places(found, tolerance=1e-6)) == pytest.approx(np.full(15, np.pi / 8), abs=1e-9)


def test_sixteen_cells_happen_not_to_pin_a_bump_of_half_a_turn():
    starts = -np.pi + 2 * np.pi * (np.arange(256) + 0.3) / 256
    found = resting(4.0, 16, starts)
    assert resting_places(found, tolerance=1e-3).size == 256
    assert np.abs(wrapped(found - starts)).max() < np.pi / 256  # each stays where it was put


def test_without_tuned_coupling_there_is_no_bump_and_that_is_said():
    made = Ring(j2=1.5, duration=0.6).record(0)
    assert made.recording("strength").numpy()[-1, 0] < 1e-3
    assert not made.recording("position").valid[-1, 0]
    assert "no bump" in made.source["closed_form"]["none"]
    np.testing.assert_allclose(made.recording("rate").numpy()[-1], 1 / 3, atol=1e-3)  # I/(1 − J0)
    for bad, said in (((-2.0, 2.0), "no bump"), ((0.95, 3.0), "without bound"), ((math.nan, 3.0), "finite")):
        with pytest.raises(InputError, match=said):
            bump(*bad)


def test_noise_makes_the_bump_wander_and_without_it_stays():
    def place(noise, seed):
        made = Ring(n=64, noise=noise, dt=1.0, duration=1.5).record(seed).recording("position")
        return np.unwrap(made.numpy()[200:, 0])  # after the first second

    wander = place(0.02, 1)
    assert np.ptp(place(0.0, 1)) < 0.002
    assert 0.1 < np.ptp(wander) < 1.0
    np.testing.assert_array_equal(wander, place(0.02, 1))
    assert not np.array_equal(wander, place(0.02, 2))


def test_noise_of_a_ring_without_coupling_is_that_of_ornstein_and_uhlenbeck():
    made = Ring(n=256, j0=0.0, j2=0.0, noise=0.02, duration=0.3)
    rate, other = (made.record(seed).recording("rate").numpy()[20:] for seed in (1, 2))  # after 10 τ
    assert rate.mean() == pytest.approx(1.0, abs=0.002)
    assert rate.std() == pytest.approx(0.02 * math.sqrt(10.0 / 2), rel=0.03)  # σ √(τ/2)
    assert np.corrcoef(rate.ravel(), other.ravel())[0, 1] == pytest.approx(0.0, abs=0.1)


# Zhang's head direction


def test_zhang_has_one_neutral_direction():
    made = Zhang()
    u = made.settled(0)
    for _ in range(2000):
        u = rk4(made.drift, u, 1.0)
    jacobian = torch.autograd.functional.jacobian(made.drift, torch.tensor(u)).numpy() * made.tau
    values = np.linalg.eigvals(jacobian)
    order = np.sort(values.real)[::-1]
    assert abs(order[0]) < 1e-11
    assert order[1] == pytest.approx(-0.162, abs=5e-4)
    assert order[2] == pytest.approx(-0.263, abs=5e-4)
    assert np.abs(values.imag).max() < 1e-9
    assert np.abs(made.drift(u)).max() < 1e-12


@pytest.mark.parametrize("gamma", [-0.2, 0.05, 0.2])
def test_the_odd_kernel_turns_the_bump_at_minus_gamma_over_tau(gamma):
    degrees = -math.degrees(gamma / 0.010)
    made = Zhang(velocity="constant", omega=degrees, duration=0.5).record(1)
    place = np.unwrap(made.recording("position").numpy()[:, 0])
    assert math.degrees(place[-1] - place[10]) / 0.4 / degrees == pytest.approx(1.0, abs=1e-3)


def test_zhang_integrates_what_the_head_does(tmp_path):
    made = Zhang(duration=2.0, omega=360.0, frequency=1.0).record(2)
    error, heading = (np.degrees(made.recording(name).numpy()[:, 0]) for name in ("error", "heading"))
    assert np.ptp(heading) == pytest.approx(360.0 / math.pi, rel=1e-3)  # amplitude/(π f)
    assert np.abs(error).max() < 0.5
    assert made.source["heading_error_deg"]["last"] == pytest.approx(error[-1])
    trace = np.repeat([100.0, -300.0, 50.0], 20)[:, None]
    np.save(tmp_path / "v.npy", trace)
    (tmp_path / "v.csv").write_text("velocity\n" + "\n".join(str(v) for v in trace[:, 0]))
    turned = []
    for name in ("v.npy", "v.csv"):
        given = Zhang(duration=0.8, velocity=str(tmp_path / name), velocity_dt=0.01).record(0)
        turned.append(given.source["heading_error_deg"]["turned"])
        assert abs(given.source["heading_error_deg"]["last"]) < 0.5
        assert len(given.source["velocity"]["sha256"]) == 64
    assert turned == pytest.approx([20.0 - 60.0 + 20.0] * 2)  # 0.2 s each, the last held for 0.4 s


def test_files_of_velocities_are_checked(tmp_path):
    np.save(tmp_path / "wide.npy", np.ones((10, 2)))
    np.save(tmp_path / "line.npy", np.ones(10))
    np.save(tmp_path / "nan.npy", np.array([[0.0], [np.nan]]))
    np.save(tmp_path / "fast.npy", np.full((10, 1), 1e5))
    for name, said in (
        ("wide.npy", r"one column .*\(10, 2\)"),
        ("line.npy", "two axes"),
        ("nan.npy", "nan in row 2"),
        ("none.csv", "no such file"),
        ("fast.npy", "within ± 5730 deg/s"),
    ):
        with pytest.raises(InputError, match=said) as error:
            Zhang(velocity=str(tmp_path / name))
        assert "\n" not in str(error.value)


# flows


@pytest.mark.parametrize("name", FLOWS)
def test_rate_rings_are_flows_of_numpy_and_torch_alike(name):
    system = FLOWS[name](n=40)
    assert isinstance(system, Flow)
    x = np.random.default_rng(0).normal(size=(3, 40))
    inputs = np.random.default_rng(1).normal(size=(3, 40))
    found = system.drift(x, inputs)
    tensor = torch.tensor(x, requires_grad=True)
    again = system.drift(tensor, torch.tensor(inputs))
    np.testing.assert_allclose(again.detach().numpy(), found, rtol=1e-11, atol=1e-11)
    again.sum().backward()
    assert torch.isfinite(tensor.grad).all()
    np.testing.assert_allclose(system.drift(x[1], inputs[1]), found[1])  # batches are rows
    start = system.start(5)
    assert start.shape == (40,)
    np.testing.assert_array_equal(start, system.start(5))
    assert not np.array_equal(start, system.start(6))


# the LIF ring


def test_rank_three_and_dense_give_the_same_spikes():
    low, dense = (LifRing(n=256, duration=0.5, rule=rule).record(1).spikes("R") for rule in ("low_rank", "dense"))
    assert low.time.size > 1000
    np.testing.assert_array_equal(low.time, dense.time)
    np.testing.assert_array_equal(low.unit, dense.unit)


def test_the_lif_ring_holds_a_bump_at_its_rate():
    spikes = LifRing(duration=3.0).record(1).spikes("R").select(time=(1.0, 3.0))
    assert spikes.time.size / 1024 / 2.0 == pytest.approx(16.4, abs=0.2)
    assert (vector_strength(spikes.smoothed(0.01, 0.05)) > 0.5).all()


# the spiking memory


def silent(**given):
    """Without any synapse."""
    zero = {name: 0.0 for name in ("g_ee", "g_ei", "g_ie", "g_ii", "g_ext_e", "g_ext_i")}
    return Compte(n_e=16, **{**zero, "cue_width": 180.0, "cue_onset": 0.0, "cue_duration": 5.0, **given})


def test_units_of_the_leak():
    network = Compte(n_e=512).network()
    e, i = network.populations
    assert (e.tau_m, i.tau_m) == (20.0, 10.0)  # 0.5 nF/25 nS, 0.2 nF/20 nS
    assert [p.n for p in network.populations] == [512, 128]
    wanted = (4 * 0.381 / 25, 4 * 0.292 / 20, 4 * 1.336 / 25, 4 * 1.024 / 20)
    for projection, g in zip(network.projections, wanted, strict=True):
        assert projection.weight == pytest.approx(g)
        weights = projection.rule.source @ projection.rule.target.T
        np.testing.assert_allclose(weights.mean(axis=0), 1.0, rtol=1e-12)  # of the sources of every cell
    assert [x.weight for x in network.inputs[:2]] == pytest.approx([3.1 / 25, 2.38 / 20])
    assert max(network.inputs[2].current.values) == pytest.approx(8.0)  # 200 pA/25 nS


@pytest.mark.parametrize(("current", "c", "g"), [(600.0, 0.5, 25.0), (900.0, 0.3, 30.0)])
def test_a_cell_alone_fires_at_the_rate_of_its_current(current, c, g):
    drive, tau = current / g, 1000.0 * c / g
    interval = 2.0 + tau * math.log((drive - 10.0) / (drive - 20.0))  # from −60 to −50 mV, rest at −70
    spikes = silent(cue_current=current, c_e=c, g_leak_e=g, duration=1.0, dt=0.01).record(0).spikes("E")
    for cell in range(16):
        found = np.diff(1000.0 * spikes.time[spikes.unit == cell])
        np.testing.assert_allclose(found, interval, atol=0.021)  # spikes lie on the grid
    below = silent(cue_current=0.99 * 20.0 * g, c_e=c, g_leak_e=g, duration=0.5).record(0).spikes("E")
    assert below.time.size == 0


def test_the_footprint_and_its_fourier_series():
    made, dense = Compte(n_e=512), Compte(n_e=512, rule="dense")
    shape = made.footprint()
    assert shape.mean() == pytest.approx(1.0)
    assert shape.max() == pytest.approx(1.62)
    assert shape[0] == shape.max()
    at = np.radians(18.0) * 512 / (2 * np.pi)
    floor = shape.min()
    middle = np.interp(at, np.arange(256), shape[:256])
    assert (middle - floor) / (1.62 - floor) == pytest.approx(math.exp(-0.5), abs=1e-3)
    low = made.weights()
    assert low.source.shape[1] == 33  # modes to k = 5/σ
    whole = low.source @ low.target.T
    np.testing.assert_allclose(whole, dense.weights().weights, atol=5e-6)


def test_the_series_and_the_matrix_give_the_same_spikes():
    given = {"n_e": 128, "duration": 0.3, "cue_onset": 0.05, "cue_duration": 0.2}
    low, dense = (Compte(rule=rule, **given).record(4) for rule in ("low_rank", "dense"))
    assert low.spikes("E").time.size > 200
    for name in "EI":
        np.testing.assert_array_equal(low.spikes(name).time, dense.spikes(name).time)
        np.testing.assert_array_equal(low.spikes(name).unit, dense.spikes(name).unit)


def test_the_cue_reaches_those_within_its_width():
    angle = np.radians(np.arange(-180.0, 180.0, 5.0))
    hit = np.degrees(angle[stimulated(angle, 175.0, 20.0)])
    assert sorted(hit) == [-180, -175, -170, -165, 155, 160, 165, 170, 175]
    made = Compte(cue=90.0, distractor=-30.0, duration=2.0)
    names = {i.current.name: i for i in made.network().inputs if hasattr(i, "current")}
    assert set(names) == {"cue", "distractor"}
    assert names["distractor"].current.at([1499.0, 1500.0, 1749.0, 1750.0]).tolist() == [0, 8, 8, 0]
    assert np.degrees(made.network().populations[0].position[names["cue"].profile > 0]).mean() == pytest.approx(90.0)


def test_the_run_says_where_its_cells_are_however_it_was_written(tmp_path):
    assert isinstance(Compte(), Spiking)
    assert (
        run(["simulate", "compte", "--duration", "0.4", "--set", "n_e=64", "-o", str(tmp_path / "c.h5"), "--quiet"])
        == 0
    )
    streamed, direct = ictal.load(tmp_path / "c.h5").spikes("E"), Compte(n_e=64, duration=0.4).record(0).spikes("E")
    np.testing.assert_array_equal(streamed.time, direct.time)
    np.testing.assert_array_equal(streamed.unit_labels["position"], direct.unit_labels["position"])
    with pytest.raises(InputError, match=r"Population\.position: must hold one angle for each of 3 cells"):
        Population("E", 3, 20.0, -70.0, -50.0, -60.0, position=np.zeros(2))


@pytest.mark.slow
def test_a_cue_leaves_a_bump_that_holds():
    made = Compte(n_e=2048, cue=60.0, duration=3.5).record(1)
    rates = made.spikes("E").binned(0.05)
    before = made.spikes("E").select(time=(0.1, 0.25))
    assert before.counts.mean() / 0.15 < 3.0
    late = rates.select(time=(0.5, 3.5))  # 3 s after the cue
    assert np.abs(np.degrees(wrapped(bump_position(late) - math.radians(60.0)))).max() < 40.0
    assert (vector_strength(late) > 0.6).all()
    angle, profile = bump_profile(rates.select(time=(1.0, 3.5)), sd=0.05)
    profile = profile / 0.05
    assert profile.min() <= 1.0
    assert 34.0 <= profile.max() <= 42.0
    assert 85.0 <= math.degrees(full_width(angle, profile)) <= 130.0


def test_without_a_cue_there_is_no_bump_at_first():
    spikes = Compte(cue_current=0.0, duration=0.75).record(1).spikes("E")
    assert spikes.time.size / 512 / 0.75 < 5.0
    assert (vector_strength(spikes.binned(0.25)) < 0.5).all()


def test_without_structure_there_is_no_bump():
    """J+ = 1 takes the footprint away: what the cue leaves is then no memory of its place."""
    made = Compte(cue_current=0.0, n_e=64, duration=0.1).record(1)
    assert set(made) == {"E", "I"}
    cued = Compte(j_plus=1.0, duration=1.5).record(1).spikes("E").binned(0.25)
    strength = vector_strength(cued)
    assert strength[-1] < 0.2
    assert strength[1] > 2 * strength[-1]  # while it is shown


def frozen(system, seed):
    from ictal.simulator import freeze_inputs

    return instantiate(freeze_inputs(system.network(), system.duration, seed), seed)


@pytest.mark.slow
def test_brian2_gives_the_same_spikes_on_the_same_input():
    from ictal.simulator.engines.brian2.engine import simulate_brian2

    instance = frozen(Compte(n_e=64, duration=0.5, cue_onset=0.05, cue_duration=0.2), 3)
    ours, theirs = simulate_compiled(instance, 500.0, 3), simulate_brian2(instance, 500.0, 3)
    assert ours.spikes("E").time.size > 100
    for name in "EI":
        np.testing.assert_array_equal(ours.spikes(name).time, theirs.spikes(name).time)
        np.testing.assert_array_equal(ours.spikes(name).unit, theirs.spikes(name).unit)


@pytest.mark.physics
def test_brian2_holds_the_same_bump():
    """Its own Poisson input: rate, width and wandering where a seventh run of six is to be expected (99 %)."""
    made = Compte(n_e=256, duration=2.0)
    found = {}
    for name, runs in (("compiled", [made.record(seed) for seed in range(6)]), ("brian2", [made.record(0, "brian2")])):
        rows = []
        for one in runs:
            late = one.spikes("E").select(time=(0.75, 2.0)).binned(0.05)
            angle, profile = bump_profile(late, sd=0.1)
            walk = np.degrees(np.unwrap(bump_position(late)))
            rows.append([late.numpy().mean() / 0.05, math.degrees(full_width(angle, profile)), walk[-1] - walk[0]])
        found[name] = np.array(rows)
    ours, theirs = found["compiled"], found["brian2"][0]
    expected = student.ppf(0.995, 5) * math.sqrt(1 + 1 / 6) * ours.std(axis=0, ddof=1)
    assert (np.abs(theirs - ours.mean(axis=0)) < expected).all()
    assert (expected[:2] < 0.6 * ours.mean(axis=0)[:2]).all()  # else it would say nothing
    assert abs(theirs[2]) < 4 * math.sqrt(150.0 * 1.25)  # four SD of a diffusion of 150 deg²/s


@pytest.mark.physics
def test_diffusion_falls_with_the_number_of_cells():
    b = {}
    for n in (256, 2048):
        walks = []
        for seed in range(10):
            spikes = Compte(n_e=n, duration=5.75).record(seed).spikes("E")
            walks.append(bump_position(spikes.binned(0.05).select(time=(0.75, 5.75))))
        b[n] = wandering(np.array(walks), 0.05, piece=1.0).diffusion
    assert 3.0 < b[256] / b[2048] < 14.0


# all of them


SMALL = {
    "ring": ["--set", "n=32", "--duration", "0.5"],
    "zhang": ["--set", "n=32", "--duration", "0.5"],
    "lif_ring": ["--set", "n=64", "--duration", "0.3"],
    "compte": ["--set", "n_e=64", "--set", "distractor=120", "--set", "distractor_onset=0.6", "--duration", "1"],
}


@pytest.mark.parametrize("name", SMALL)
def test_command_file_and_figure(name, tmp_path, capsys):
    for file in ("run.h5", "again.h5"):
        assert run(["simulate", name, *SMALL[name], "--seed", "4", "-o", str(tmp_path / file)]) == 0
    one, two = (ictal.load(tmp_path / file) for file in ("run.h5", "again.h5"))
    for key, entry in one.items():
        field = "values" if hasattr(entry, "values") else "time"
        np.testing.assert_array_equal(getattr(entry, field), getattr(two[key], field))
    entry = {"lif_ring": "R", "compte": "E"}.get(name, "rate")
    (drawn,) = list(ring_drawings(one))
    assert drawn.name == f"ring/{entry}"
    assert len(to_png(drawn.figure)) > 5000
    assert ("distractor" in drawn.caption) == (name == "compte")
    capsys.readouterr()


def test_plot_animates_a_bump(tmp_path, capsys):
    angle = np.radians(np.arange(0, 360, 6))
    place = np.linspace(0, 6, 300)[:, None]
    moving = Recording(1 + np.cos(angle - place), 0.01, "second", "rate", "Hz", unit_labels={"position": angle})
    save(Run({"bump": moving}), tmp_path / "run.h5")
    assert run(["plot", str(tmp_path / "run.h5"), "-o", str(tmp_path / "figures"), "--animate"]) == 0
    names = {path.name for path in (tmp_path / "figures").iterdir()}
    assert names == {"overview.png", "overview.svg", "ring-bump.gif"}
    film = tmp_path / "figures" / "ring-bump.gif"
    with Image.open(film) as seen:
        assert seen.n_frames == FRAMES
    assert film.stat().st_size < 2e6
    capsys.readouterr()


def test_the_picture_shows_what_was_there():
    angle = np.radians(np.arange(-180, 180, 10.0))
    values = np.zeros((20, 36))
    values[:, 27] = 5.0  # at 90°
    found = sheet(Recording(values, 0.5, "second", "rate", "Hz", t0=2.0, unit_labels={"position": angle[::-1].copy()}))
    np.testing.assert_allclose(found.angle, np.arange(-180, 180, 10.0), atol=1e-9)
    np.testing.assert_allclose(found.position, -100.0)  # units in reverse order
    assert found.activity[0].argmax() == np.flatnonzero(np.isclose(found.angle, -100.0))[0]
    assert found.times[[0, -1]].tolist() == [2.0, 12.0]
    spikes = Spikes(
        np.linspace(0.01, 0.99, 50), np.full(50, 3), 128, 1.0, unit_labels={"position": np.arange(128) * np.pi / 64}
    )
    seen = sheet(spikes)
    assert seen.activity.shape == (20, 64)
    assert seen.activity.mean() * 128 == pytest.approx(50.0)  # Hz of all cells
    assert "2 cells" in seen.sampling
    run_of_cue = Compte(n_e=64, duration=0.6, cue=170.0).record(0)
    (cue,) = stimuli(run_of_cue)
    assert (cue.name, cue.place, cue.width) == ("cue", 170.0, 20.0)
    assert (cue.start, cue.end) == pytest.approx((0.25, 0.5))


def test_what_lies_on_no_ring_is_not_drawn_as_one():
    angle = np.radians(np.arange(-180, 180, 10.0))

    def entry(values, label):
        return Recording(values, 1.0, "second", "x", "1", unit_labels={"position": label})

    rates = np.ones((5, 36))
    assert on_a_ring(entry(rates, angle))
    assert not on_a_ring(entry(rates, np.arange(36))), "the pixel of a channel"
    assert not on_a_ring(entry(rates, angle / 4)), "a part of a ring"
    assert not on_a_ring(entry(-rates, angle)), "voltages"


def test_a_film_of_what_lies_on_no_ring_is_refused(tmp_path, capsys):
    np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(size=(50, 4)))
    assert run(["plot", str(tmp_path / "x.npy"), "--dt", "0.1", "--animate", "-o", str(tmp_path / "f")]) == 2
    assert "no entry lies on a ring" in capsys.readouterr().err
    assert not (tmp_path / "f").exists()


BAD = [
    (Ring, {"j0": 1.5}, r"Ring\.j0: .* runs away; got 1\.5"),
    (Ring, {"n": 2}, r"Ring\.n"),
    (Ring, {"j2": math.nan}, r"Ring\.j2: must lie in -1000..1000 \[1\]; got nan"),
    (Ring, {"tau": 0.1}, r"Ring\.tau: .* two steps"),
    (Ring, {"noise": -1.0}, r"Ring\.noise"),
    (Zhang, {"n": 16}, r"Zhang\.n: .* tuning curve"),
    (Zhang, {"velocity": "sinus"}, r"Zhang\.velocity: must be constant, sinusoidal"),
    (Zhang, {"omega": math.inf}, r"Zhang\.omega"),
    (Zhang, {"omega": 9000.0}, r"Zhang\.velocity: must stay within ± 5730 deg/s"),
    (Zhang, {"velocity_dt": 0.0}, r"Zhang\.velocity_dt"),
    (LifRing, {"n": 1}, r"LifRing\.n"),
    (LifRing, {"rule": "sparse"}, "sparse"),
    (LifRing, {"n": 20_000, "rule": "dense"}, r"LifRing\.n: must lie in 3\.\.10000"),
    (LifRing, {"w1": math.nan}, r"LifRing\.w1"),
    (Compte, {"n_e": 8}, r"Compte\.n_e"),
    (Compte, {"n_e": 130}, r"Compte\.n_e: must be a multiple of 4"),
    (Compte, {"cue": 400.0}, r"Compte\.cue: .* one turn; got 400"),
    (Compte, {"cue_onset": 5.0}, r"Compte\.cue_onset: must lie within the duration of 3 s"),
    (Compte, {"distractor": 90.0, "distractor_onset": 3.0}, r"Compte\.distractor_onset: must lie within"),
    (Compte, {"distractor": math.nan}, r"Compte\.distractor"),
    (Compte, {"cue_current": -1.0}, r"Compte\.cue_current"),
    (Compte, {"j_plus": 40.0}, r"Compte\.j_plus: .* J− falls below 0"),
    (Compte, {"g_leak_e": 0.0}, r"Compte\.g_leak_e: must be > 0 \[nS\]"),
    (Compte, {"sigma": 0.5}, r"Compte\.sigma"),
    (Compte, {"g_ee": math.inf}, r"Compte\.g_ee"),
    (Compte, {"duration": 0.00005}, "duration"),
]


@pytest.mark.parametrize(("kind", "bad", "said"), BAD)
def test_bad_parameters_in_one_line(kind, bad, said):
    with pytest.raises(InputError, match=said) as error:
        kind(**bad)
    assert "\n" not in str(error.value)
