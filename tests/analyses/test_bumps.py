"""Read-outs of bumps: planted bumps whose place, width and wandering are known."""

import math

import numpy as np
import pytest

from ictal.analyses import (
    bump_position,
    bump_profile,
    full_width,
    half_width,
    resting_places,
    vector_strength,
    wandering,
    wrapped,
)
from ictal.simulator import InputError, Recording, Spikes

N = 360
ANGLE = np.radians(np.arange(N) - 180.0)


def recorded(values, angle=ANGLE, dt=0.1):
    labels = {"position": np.asarray(angle)}
    return Recording(np.asarray(values), dt=dt, clock="second", quantity="rate", unit="Hz", unit_labels=labels)


def von_mises(place, kappa=2.0, floor=0.5):
    return floor + 30.0 * np.exp(kappa * (np.cos(ANGLE - np.asarray(place)[..., None]) - 1.0))


def test_position_and_strength_of_planted_bumps():
    places = np.random.default_rng(0).uniform(-np.pi, np.pi, (3, 7))
    order = np.random.default_rng(1).permutation(N)  # units in any order
    found = recorded(1.0 + 0.6 * np.cos(ANGLE - places[..., None])[..., order], ANGLE[order])
    np.testing.assert_allclose(wrapped(bump_position(found) - places), 0.0, atol=1e-12)
    np.testing.assert_allclose(vector_strength(found), 0.3, atol=1e-12)  # half of the share of cos
    assert vector_strength(recorded(np.ones((1, N))))[0] == 0.0


def test_spikes_point_where_they_were_planted():
    rng, place = np.random.default_rng(2), math.radians(40.0)
    counts = rng.poisson(2.0 * von_mises(place))  # 2 s
    spikes = Spikes(
        rng.uniform(0, 2, counts.sum()), np.repeat(np.arange(N), counts), N, 2.0, unit_labels={"position": ANGLE}
    )
    for seen in (spikes.binned(0.1), spikes.smoothed(0.05, 0.1)):
        places = bump_position(seen)
        error = float(np.angle(np.exp(1j * (places - place)).mean()))
        assert abs(math.degrees(error)) < 3.0  # three standard errors: 1/(R √(κ-weighted spikes)) ≈ 1°
    x, profile = bump_profile(spikes.binned(2.0), sd=0.1)
    wide = full_width(x, profile)
    assert math.degrees(wide) == pytest.approx(math.degrees(exact_width(2.0)), rel=0.08)


def exact_width(kappa):
    """FWHM of exp(κ(cos x − 1)) half way from trough to peak."""
    return 2 * math.acos(1.0 + math.log((1.0 + math.exp(-2 * kappa)) / 2) / kappa)


@pytest.mark.parametrize("kappa", [0.5, 2.0, 8.0])
@pytest.mark.parametrize("place", [0.0, 1.0, 3.13])
def test_full_width_of_a_planted_bump(kappa, place):
    found = full_width(ANGLE, von_mises(place, kappa))
    assert found == pytest.approx(exact_width(kappa), abs=1e-3)
    assert full_width(ANGLE[::-1], von_mises(place, kappa)[::-1]) == pytest.approx(found, abs=1e-12)


@pytest.mark.parametrize("edge", [30.0, 105.363, 170.0])
@pytest.mark.parametrize("place", [0.0, 3.13])
def test_half_width_of_a_planted_bump(edge, place):
    bump = np.maximum(np.cos(ANGLE - place) - math.cos(math.radians(edge)), 0.0)
    spacing = math.radians(1.0)
    bound = 1.1 * spacing**2 / abs(math.tan(math.radians(edge)))  # a line in the place of a cosine: m''/m' times h²
    assert half_width(ANGLE, bump) == pytest.approx(math.radians(edge), abs=bound)


def test_the_profile_of_a_wandering_bump_is_that_of_the_bump():
    places = np.cumsum(np.random.default_rng(3).normal(0, 0.3, 50))
    x, profile = bump_profile(recorded(von_mises(places)))
    np.testing.assert_allclose(x, ANGLE, atol=1e-12)
    np.testing.assert_allclose(profile, von_mises(0.0), atol=1e-9)
    smooth = bump_profile(recorded(1.0 + np.cos(ANGLE)[None]), sd=0.3)[1]
    np.testing.assert_allclose(smooth, 1.0 + math.exp(-0.045) * np.cos(ANGLE), atol=1e-9)


def brownian(rng, n, b, drift, noise=0.0, dt=0.05, steps=100):
    """Trials of diffusion B [deg²/s] and drift [deg/s], decoded with white noise [deg], as angles on the ring."""
    kicks = rng.normal(drift * dt, math.sqrt(b * dt), (n, steps))
    walk = np.concatenate([np.zeros((n, 1)), np.cumsum(kicks, axis=1)], axis=1)
    return wrapped(np.radians(170.0 + walk + rng.normal(0, noise or 1e-12, walk.shape)))


def test_drift_and_diffusion_of_planted_walks_and_their_intervals():
    rng = np.random.default_rng(4)
    found = [wandering(brownian(rng, 10, 50.0, 3.0), 0.05) for _ in range(600)]
    drifts, bs = (np.array([getattr(f, name) for f in found]) for name in ("drift", "diffusion"))
    assert drifts.mean() == pytest.approx(3.0, abs=0.15)
    assert bs.mean() == pytest.approx(50.0, rel=0.06)  # three standard errors: .5/√600
    for name, true in (("drift_interval", 3.0), ("diffusion_interval", 50.0)):
        ends = np.array([getattr(f, name) for f in found])
        assert 0.92 < ((ends[:, 0] < true) & (true < ends[:, 1])).mean() < 0.98


def test_pieces_of_a_walk_tell_its_diffusion_more_closely():
    rng = np.random.default_rng(7)
    walks = [brownian(rng, 10, 50.0, 0.0) for _ in range(300)]
    whole, pieces = (np.array([wandering(w, 0.05, piece=p).diffusion for w in walks]) for p in (None, 1.0))
    assert pieces.mean() == pytest.approx(50.0, rel=0.05)
    assert pieces.std() < 0.5 * whole.std()


def test_noise_of_decoding_is_no_diffusion():
    rng = np.random.default_rng(5)
    still = np.array([wandering(brownian(rng, 10, 0.0, 0.0, noise=4.0), 0.05).diffusion for _ in range(50)])
    assert abs(still.mean()) < 1.0  # the variance of 16 + 16 deg² at once is in the intercept
    assert wandering(brownian(rng, 400, 50.0, 0.0, noise=4.0), 0.05).diffusion == pytest.approx(50.0, rel=0.25)


def test_resting_places_are_counted_across_the_seam():
    comb = -np.pi + 2 * np.pi * np.arange(16) / 16  # one lies on the seam
    seen = wrapped(comb + np.random.default_rng(6).uniform(-4e-4, 4e-4, (40, 16)))
    found = resting_places(seen, tolerance=1e-2)
    assert found.size == 16
    np.testing.assert_allclose(np.abs(wrapped(found - np.sort(comb))).max(), 0.0, atol=5e-4)
    assert resting_places(np.full(5, np.pi)).size == 1
    assert resting_places(np.linspace(-3, 3, 100), tolerance=1e-3).size == 100


BAD = [
    (lambda: bump_position(Recording(np.ones((2, 4)), 1.0, "second", "rate", "Hz")), 'label "position"'),
    (lambda: bump_position(recorded(np.ones((2, 2)), [0.0, 1.0])), "at least 3"),
    (lambda: bump_position(recorded(np.ones((2, 3)), [0.0, 1.0, math.nan])), "finite angles"),
    (lambda: bump_position(recorded(np.ones((2, 3)), ["a", "b", "c"])), "finite angles"),
    (lambda: bump_position(recorded(-von_mises(0.0)[None])), ">= 0"),
    (lambda: bump_position(recorded(np.stack([von_mises(0.0), np.zeros(N)]))), r"nowhere at t = 0\.1"),
    (lambda: bump_profile(recorded(von_mises(0.0)[None, :300], ANGLE[:300])), "evenly"),
    (lambda: bump_profile(recorded(von_mises(0.0)[None]), sd=-1.0), "sd"),
    (lambda: full_width(ANGLE, np.ones(N)), "flat"),
    (lambda: full_width(ANGLE, np.ones(3)), "one length"),
    (lambda: half_width(ANGLE, von_mises(0.0)), "ends in units at 0"),
    (lambda: wandering(np.zeros((2, 50)), 0.1), "at least 3"),
    (lambda: wandering(np.full((4, 50), np.nan), 0.1), "finite"),
    (lambda: wandering(np.zeros((4, 50)), -0.1), r"wandering\.dt"),
    (lambda: wandering(np.zeros((4, 50)), 0.1, level=1.0), "level"),
    (lambda: wandering(np.zeros((4, 50)), 0.1, piece=6.0), r"wandering\.piece"),
    (lambda: wandering(np.zeros((4, 50)), 0.1, piece=math.nan), r"wandering\.piece"),
    (lambda: resting_places([]), "at least one"),
    (lambda: resting_places([0.0], tolerance=0.0), "tolerance"),
]


@pytest.mark.parametrize(("call", "said"), BAD)
def test_bad_input_in_one_line(call, said):
    with pytest.raises(InputError, match=said) as error:
        call()
    assert "\n" not in str(error.value)
