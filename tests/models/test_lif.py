"""LIF cells: closed forms against integration and high precision, and the engine against both."""

import dataclasses
import math

import mpmath
import numpy as np
import pytest
from scipy.integrate import solve_ivp

import ictal
from ictal import simulate_to_file
from ictal.analyses import drawings_of_run
from ictal.models import Lif, LifCells, Spiking, WithTheory, siegert, siegert_cv, spike_times
from ictal.models.spiking.lif_theory import COLOUR, GRID, coloured_sd, grid_shift, rate
from ictal.simulator import InputError, load, save

TABLE = ((20.5, 15.9007), (22.0, 26.4304), (25.0, 41.7149), (40.0, 98.9188))  # μ [mV], Hz
NOISY = ((15.0, 5.0, 9.4608), (18.0, 4.0, 16.3023), (20.0, 1.0, 14.7631), (25.0, 5.0, 47.2174))  # μ, σ [mV], Hz


def raised(sigma, dt=0.1):
    """The cell that a grid of steps makes of one whose threshold is not lowered."""
    cell = Lif()
    return dataclasses.replace(cell, threshold=cell.threshold + grid_shift(sigma, cell.tau, dt))


# without noise


@pytest.mark.parametrize(("mu", "hz"), TABLE)
def test_the_rate_in_closed_form_and_that_of_exact_spikes(mu, hz):
    assert float(rate(mu)) == pytest.approx(hz, abs=5e-5)
    times = spike_times(mu, 20_000.0)
    by_hand = 2.0 + 20.0 * (math.log(mu - 10.0) - math.log(mu - 20.0))  # ms
    assert np.abs(np.diff(times) / by_hand - 1).max() < 1e-10
    assert 1000 * (times.size - 1) / (times[-1] - times[0]) == pytest.approx(hz, rel=4e-6)
    assert 1000 * (times.size - 1) / (times[-1] - times[0]) == pytest.approx(float(rate(mu)), rel=1e-10)


@pytest.mark.parametrize(("mu", "_"), TABLE)
def test_spikes_on_a_grid_are_late_by_less_than_a_step(mu, _):
    spikes = LifCells(protocol="constant", drive=mu, sigma=(0.0,), n=20, duration=3.0).record(0).spikes("sigma_0")
    for cell in range(20):
        times = spikes.time[spikes.unit == cell]
        error = (times.size - 1) / (times[-1] - times[0]) / float(rate(mu)) - 1
        assert -float(rate(mu)) * 1e-4 <= error <= 1e-9


def test_spikes_under_a_drive_in_pieces_are_those_of_an_integrator():
    drive, starts, end = np.array([24.0, 15.0, 31.0, 20.4]), np.array([0.0, 47.3, 81.1, 140.0]), 700.0
    found = spike_times(drive, end, starts=starts, v=3.0)
    cell, t, v, free, wanted = Lif(), 0.0, 3.0, 0.0, []
    edges = np.append(starts, end)
    while t < end - 1e-12:
        piece = int(np.searchsorted(edges, t + 1e-9, side="right")) - 1
        stop = edges[piece + 1]
        if t < free:  # held
            t = min(free, stop)
            continue
        crossing = lambda _, y: y[0] - cell.threshold  # noqa: E731
        crossing.terminal, crossing.direction = True, 1
        course = solve_ivp(lambda _, y, mu=drive[piece]: (mu - y) / cell.tau, (t, stop), [v], events=crossing,
                           rtol=1e-12, atol=1e-12, method="DOP853")  # fmt: skip
        t, v = float(course.t[-1]), float(course.y[0, -1])
        if course.t_events[0].size:
            wanted.append(t)
            v, free = cell.reset, t + cell.refractory
    assert len(wanted) > 10
    np.testing.assert_allclose(found, wanted, atol=1e-7)


def test_a_cell_below_threshold_is_silent_and_one_that_is_held_waits():
    assert spike_times(20.0, 1e6).size == 0
    assert float(rate(20.0)) == 0.0
    late = spike_times([30.0, 30.0], 100.0, starts=[0.0, 14.5])  # the second piece begins while the cell is held
    np.testing.assert_allclose(late, spike_times(30.0, 100.0), rtol=1e-12)


# with noise


def precise(mu, sigma):
    """Rate [Hz] and CV as the integrals are written down, in 30 digits."""
    with mpmath.workdps(30):
        a, b = (mpmath.mpf(x - mu) / sigma for x in (10.0, 20.0))
        ends = mpmath.linspace(a, b, 9)
        passage = mpmath.quad(lambda u: mpmath.exp(u * u) * mpmath.erfc(-u), ends)
        nu = 1 / (2 + 20 * mpmath.sqrt(mpmath.pi) * passage)  # 1/ms

        def primitive(x):
            return mpmath.sqrt(mpmath.pi) / 2 * mpmath.erfi(x)

        def inner(y):
            return mpmath.exp(y * y) * mpmath.erfc(-y) ** 2 * (primitive(b) - primitive(max(a, y)))

        spread = mpmath.quad(inner, [a - 40, a - 10, a - 3, a - 1, a]) + mpmath.quad(inner, ends)
        return float(1000 * nu), float(mpmath.sqrt(2 * mpmath.pi * spread) * 20 * nu)


@pytest.mark.parametrize(("mu", "sigma", "hz"), NOISY)
def test_siegert_to_the_digits_that_are_known(mu, sigma, hz):
    assert float(siegert(mu, sigma)) == pytest.approx(hz, abs=5e-5)
    assert float(siegert_cv(15.0, 5.0)) == pytest.approx(0.815, abs=5e-4)


@pytest.mark.parametrize(("mu", "sigma"), [(15.0, 5.0), (25.0, 5.0), (19.0, 1.0)])
def test_siegert_and_its_cv_against_thirty_digits(mu, sigma):
    hz, cv = precise(mu, sigma)
    assert float(siegert(mu, sigma)) == pytest.approx(hz, rel=1e-12)
    assert float(siegert_cv(mu, sigma)) == pytest.approx(cv, rel=1e-11)


def test_siegert_is_safe_far_from_threshold_on_both_sides():
    far = siegert([-1000.0, -50.0, 30.0, 1e6], [1.0, 5.0, 1e-9, 1.0])
    assert far[0] == 0.0
    assert far[1] == pytest.approx(2.97638837e-83, rel=1e-8)  # exp(−196), by mpmath
    np.testing.assert_allclose(far[2:], rate([30.0, 1e6]), rtol=1e-9)
    near = siegert_cv([-10.0, 40.0], [5.0, 1.0])
    np.testing.assert_allclose(near, [1.00000000315351, 0.0520533550632294], rtol=1e-12)  # by mpmath
    cv = siegert_cv([-1000.0, -50.0, 30.0, 1e6], [1.0, 5.0, 1e-9, 1.0])
    np.testing.assert_allclose(cv, [1.0, 1.0, 0.0, 0.0], atol=1e-6)
    assert np.isfinite(siegert(np.linspace(-200, 200, 101)[:, None], np.geomspace(1e-6, 1e6, 25))).all()


def test_any_shapes_go_together_and_no_noise_is_no_noise():
    mu, sigma = np.array([[15.0], [25.0]]), np.array([0.0, 5.0, 5.0])
    found = siegert(mu, sigma)
    assert found.shape == siegert_cv(mu, sigma).shape == (2, 3)
    np.testing.assert_allclose(found[:, 0], rate(mu[:, 0]))
    assert siegert_cv(25.0, 0.0) == 0.0
    np.testing.assert_allclose(found[0, 1:], 9.4608, atol=5e-5)


def test_the_constants_of_grid_and_colour():
    assert pytest.approx(0.5826, abs=5e-5) == GRID
    assert pytest.approx(1.0326, abs=5e-5) == COLOUR
    assert grid_shift(5.0, 20.0, 1e-4) == pytest.approx(0.5826 * 5 * math.sqrt(1e-4 / 20), rel=1e-4)
    by = COLOUR * 5.0 * math.sqrt(1.0 / 20.0)
    higher = Lif(threshold=Lif().threshold + by, reset=Lif().reset + by)
    assert float(siegert(15.0, 5.0, tau_s=1.0)) == pytest.approx(float(siegert(15.0, 5.0, higher)), rel=1e-12)
    assert coloured_sd(5.0, 20.0, 5.0) == pytest.approx(5.0 * math.sqrt(2.0), rel=1e-12)


def simulated(mu, sigma, **how):
    """Rate [Hz] and number of spikes of 1000 cells, from 0.2 to 4 s."""
    cells = LifCells(protocol="constant", drive=mu, sigma=(sigma,), n=1000, duration=4.0, **how)
    spikes = cells.record(3).spikes(f"sigma_{sigma:g}").select(time=(0.2, 4.0))
    return spikes.time.size / 3800.0, spikes.time.size


@pytest.mark.slow
@pytest.mark.parametrize(("mu", "sigma", "_"), NOISY)
def test_white_noise_on_the_engine_is_siegert_with_the_threshold_lowered_and_only_then(mu, sigma, _):
    hz, n = simulated(mu, sigma)
    accepted = 0.01 + 3 * float(siegert_cv(mu, sigma)) / math.sqrt(n)
    assert hz == pytest.approx(float(siegert(mu, sigma)), rel=accepted)
    naive, _ = simulated(mu, sigma, corrected=False)
    assert -0.15 < naive / float(siegert(mu, sigma)) - 1 < -0.02
    assert naive == pytest.approx(float(siegert(mu, sigma, raised(sigma))), rel=accepted)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mu", "sigma", "tau_s"), [(15.0, 5.0, 0.5), (15.0, 5.0, 2.0), (25.0, 5.0, 1.0), (20.0, 1.0, 1.0)]
)
def test_coloured_noise_is_siegert_with_the_shift_of_the_colour(mu, sigma, tau_s):
    """To first order in √(τ_s/τ): 3 %, where white noise is wrong by 11 % and more."""
    hz, n = simulated(mu, sigma, tau_s=tau_s)
    accepted = 0.03 + 3 * float(siegert_cv(mu, sigma)) / math.sqrt(n)
    assert hz == pytest.approx(float(siegert(mu, sigma, tau_s=tau_s)), rel=accepted)
    assert hz < 0.9 * float(siegert(mu, sigma))


# the system


def test_the_run_holds_spikes_drive_and_theory():
    cells = LifCells(n=210, duration=0.2)
    assert isinstance(cells, Spiking)
    assert isinstance(cells, WithTheory)
    run = cells.record(1)
    assert list(run) == ["sigma_0", "sigma_1", "sigma_5", "drive", "f_i"]
    assert np.bincount(np.unique(run.recording("drive").numpy(), return_inverse=True)[1].ravel()).tolist() == [10] * 21
    theory = run.recording("f_i")
    levels = theory.time_labels["drive"]
    assert np.isin(run.recording("drive").numpy(), levels).all()
    np.testing.assert_allclose(theory.numpy()[:, 0], rate(levels))
    np.testing.assert_allclose(theory.numpy()[:, 1], rate(levels))
    np.testing.assert_allclose(theory.numpy()[:, 3], siegert(levels, 5.0))
    assert list(LifCells(protocol="sine", n=5, duration=0.2).record(1)) == [
        "sigma_0", "sigma_1", "sigma_5", "drive", "static"]  # fmt: skip


def test_the_static_rate_is_that_of_the_drive_of_the_moment():
    run = LifCells(protocol="sine", n=3, sigma=(2.0,), duration=0.25, frequency=8.0).record(0)
    mu = run.recording("drive").numpy()[:, 0]
    assert mu.max() == pytest.approx(24.0, abs=0.02)
    np.testing.assert_allclose(run.recording("static").numpy()[:, 0], siegert(mu, 2.0), rtol=1e-6)


@pytest.mark.slow
def test_a_step_is_not_followed_at_once_and_then_is():
    run = LifCells(protocol="step", n=8000, sigma=(2.0,), duration=1.0).record(5)
    spikes, end = run.spikes("sigma_2"), float(siegert(24.0, 2.0))

    def hz(begin, until):
        return spikes.select(time=(begin, until)).time.size / 8000 / (until - begin)

    assert hz(0.3, 0.5) == pytest.approx(float(siegert(18.0, 2.0)), rel=0.03)
    assert hz(0.505, 0.51) > 1.4 * end  # cells near threshold all arrive
    assert hz(0.52, 0.525) < 0.8 * end  # and are all held back
    assert hz(0.8, 1.0) == pytest.approx(end, rel=0.02)


def test_the_same_seed_gives_the_same_bits_and_the_file_that_is_streamed(tmp_path):
    how = {"n": 42, "duration": 0.3, "sigma": (0.0, 5.0)}
    one, two, other = (LifCells(**how).record(seed).spikes("sigma_5") for seed in (1, 1, 2))
    assert np.array_equal(one.time, two.time)
    assert np.array_equal(one.unit, two.unit)
    assert not np.array_equal(one.time, other.time)
    simulate_to_file("lif", tmp_path / "streamed.h5", seed=1, **how)
    save(ictal.simulate("lif", seed=1, **how), tmp_path / "saved.h5")
    streamed, saved = load(tmp_path / "streamed.h5"), load(tmp_path / "saved.h5")
    assert list(streamed) == list(saved)
    assert dict(streamed.source) == dict(saved.source)
    for name, entry in saved.items():
        there = streamed[name]
        arrays = ("time", "unit") if name.startswith("sigma") else ("values",)
        assert all(np.array_equal(getattr(there, a), getattr(entry, a)) for a in arrays), name
        assert {k: v.tolist() for k, v in there.unit_labels.items()} == {
            k: v.tolist() for k, v in entry.unit_labels.items()}  # fmt: skip
        assert dict(there.source) == dict(entry.source)


def test_theory_is_not_measured():
    run = ictal.simulate("lif", protocol="constant", drive=25.0, n=20, sigma=(0.0, 1.0), duration=0.5)
    found = ictal.measure(run)
    assert {row.entry for row in found.rows} <= {"sigma_0", "sigma_1", "drive"}


def test_figures_are_drawn_from_the_run_alone_and_say_how_far_theory_holds():
    drawn = {d.name: d for d in drawings_of_run(LifCells(n=210, duration=1.0).record(0))}
    assert list(drawn) == ["raster/sigma_0", "raster/sigma_1", "raster/sigma_5", "transfer/f_i"]
    text = drawn["transfer/f_i"].caption
    assert "the deterministic curve is theirs, too" in text
    assert "σ 5 mV: cells and theory differ by at most" in text
    assert "σ 1 mV: " in text
    assert text.endswith("the deterministic curve holds to 5 % from 29.9 mV on.")
    step = LifCells(protocol="step", n=400, sigma=(2.0,), duration=0.8)
    drawn = {d.name: d for d in drawings_of_run(step.record(0))}
    assert list(drawn) == ["raster/sigma_2", "trace/drive", "response/sigma_2"]
    assert "of the mean rate apart (rms)" in drawn["response/sigma_2"].caption


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"protocol": "ramp"}, r"protocol 'ramp'"),
        ({"sigma": ()}, r"LifCells\.sigma: must be numbers >= 0"),
        ({"sigma": (-1.0,)}, r"LifCells\.sigma: must be >= 0 \[mV\]; got \(-1.0,\)"),
        ({"sigma": (math.nan,)}, r"LifCells\.sigma: must be >= 0 \[mV\]; got \(nan,\)"),
        ({"sigma": (1.0, 1.0)}, r"LifCells\.sigma: must differ"),
        ({"drive_low": 31.0}, r"LifCells: drive_low must lie below drive_high"),
        ({"n": 20}, r"n be at least levels"),
        ({"levels": 1}, r"LifCells\.levels: must lie in 2"),
        ({"drive": math.inf}, r"LifCells\.drive: must lie in"),
        ({"frequency": 0.0}, r"LifCells\.frequency: must lie in"),
        ({"protocol": "sine", "frequency": 1e5}, r"LifCells\.frequency: must give at most"),
        ({"tau_m": 0.0}, r"LifCells\.tau_m: must be > 0"),
        ({"v_reset": 25.0}, r"v_reset: must lie below v_threshold"),
        ({"duration": 0.00015}, r"duration: must be a multiple of dt"),
        ({"dt": 0.0}, r"LifCells\.dt: must be > 0"),
    ],
)
def test_bad_parameters_are_one_line(bad, said):
    with pytest.raises(InputError, match=said) as error:
        LifCells(**bad)
    assert "\n" not in str(error.value)


def test_bad_arguments_of_the_theory_are_one_line():
    for call, said in (
        (lambda: Lif(reset=20.0), r"Lif\.reset: must lie below"),
        (lambda: Lif(tau=math.nan), r"Lif\.tau: must be > 0"),
        (lambda: siegert(math.nan, 1.0), r"siegert: mu must be finite"),
        (lambda: siegert(1.0, -1.0), r"sigma finite and >= 0"),
        (lambda: siegert(1.0, 1.0, tau_s=-1.0), r"siegert\.tau_s"),
        (lambda: spike_times([1.0, 2.0], 10.0, starts=[0.0, 0.0]), r"spike_times\.starts: must rise"),
        (lambda: spike_times(25.0, math.inf), r"duration must be finite"),
        (lambda: spike_times(25.0, 10.0, v=20.0), r"spike_times\.v: must lie below"),
        (lambda: spike_times(1e9, 1e9), r"more than 1e\+07 spikes"),
    ):
        with pytest.raises(InputError, match=said):
            call()
