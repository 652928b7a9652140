"""CKA against closed forms and Gram matrices; transfer finds a planted lag, and nothing where there is nothing."""

from contextlib import suppress

import numpy as np
import pytest
from scipy.signal import lfilter

from ictal.analyses import cka_matrix, holm, innovations, layer_transfer, linear_cka, phase_randomised, synchrony_cka
from ictal.simulator import InputError


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def by_gram(x, y, debiased):
    """Kornblith's and Song's formulas with n × n matrices, as they are printed."""
    n = len(x)
    centre = np.eye(n) - 1 / n

    def hsic(a, b):
        k, l = a @ a.T, b @ b.T  # noqa: E741
        if not debiased:
            return np.trace(k @ centre @ l @ centre)
        k, l = k - np.diag(np.diag(k)), l - np.diag(np.diag(l))  # noqa: E741
        one = np.ones(n)
        product = (one @ k @ one) * (one @ l @ one) / ((n - 1) * (n - 2))
        return (np.trace(k @ l) + product - 2 / (n - 2) * one @ k @ l @ one) / (n * (n - 3))

    return hsic(x, y) / np.sqrt(hsic(x, x) * hsic(y, y))


@pytest.mark.parametrize("debiased", [False, True])
@pytest.mark.parametrize("shape", [(20, 3, 5), (12, 30, 2), (4, 2, 2)])
def test_cka_is_that_of_the_gram_matrices(shape, debiased):
    n, p, q = shape
    x = normal(0, n, p) + 2.0
    y = x[:, :1] + normal(1, n, q)
    assert linear_cka(x, y, debiased=debiased) == pytest.approx(by_gram(x, y, debiased), rel=1e-9)
    assert linear_cka(y, x, debiased=debiased) == pytest.approx(linear_cka(x, y, debiased=debiased), rel=1e-12)


@pytest.mark.parametrize("debiased", [False, True])
def test_cka_sees_no_rotation_scale_or_offset_but_another_shape(debiased):
    x = normal(2, 60, 6)
    turn = np.linalg.qr(normal(3, 6, 6))[0]
    assert linear_cka(x, -4.0 * x @ turn + 7.0, debiased=debiased) == pytest.approx(1.0, abs=1e-12)
    assert linear_cka(x, x @ np.diag([10, 1, 1, 1, 1, 1.0]), debiased=debiased) < 0.7
    wide = np.concatenate([x, x], axis=1)  # every feature twice is a scaling by √2
    assert linear_cka(x, wide, debiased=debiased) == pytest.approx(1.0, abs=1e-12)


def test_cka_of_one_feature_each_is_the_squared_correlation():
    x, y = normal(4, 50), normal(4, 50) + normal(5, 50)
    r = np.corrcoef(x, y)[0, 1]
    assert linear_cka(x[:, None], y[:, None], debiased=False) == pytest.approx(r**2, rel=1e-12)


def test_the_bias_of_independent_features_is_taken_off():
    """Orthonormal columns: E‖YᵀX‖² = pq/(n−1), so that plain CKA is √(pq)/(n−1) on average."""
    plain, unbiased = [], []
    for seed in range(200):
        x, y = normal([6, seed], 40, 10), normal([7, seed], 40, 30)
        plain.append(linear_cka(x, y, debiased=False))
        unbiased.append(linear_cka(x, y))
        both = [np.linalg.qr(z - z.mean(axis=0))[0] for z in (x, y)]
        plain[-1] = linear_cka(*both, debiased=False)
    assert np.mean(plain) == pytest.approx(np.sqrt(10 * 30) / 39, rel=0.02)
    assert abs(np.mean(unbiased)) < 4 * np.std(unbiased) / np.sqrt(200)
    assert min(unbiased) < 0


def test_the_matrix_is_that_of_all_pairs():
    layers = [normal(8, 30, 4), normal(9, 30, 7), normal(8, 30, 4) + normal(10, 30, 4)]
    matrix = cka_matrix(layers)
    for a, x in enumerate(layers):
        for b, y in enumerate(layers):
            assert matrix[a, b] == pytest.approx(linear_cka(x, y), rel=1e-12)
    assert matrix[0, 2] > 0.2 > matrix[0, 1]


def test_holm_is_holm():
    assert holm([0.01]).tolist() == [0.01]
    assert holm([0.5, 0.5, 0.01]).tolist() == [1.0, 1.0, 0.03]
    np.testing.assert_allclose(holm([0.01, 0.02, 0.03, 0.04]), [0.04, 0.06, 0.06, 0.06])  # Holm 1979, by hand
    p = np.random.default_rng(0).random((3, 4))
    corrected = holm(p)
    assert corrected.shape == p.shape
    assert (corrected >= p).all()
    assert (corrected <= np.minimum(1, 12 * p) + 1e-15).all()
    np.testing.assert_array_equal(np.argsort(corrected, axis=None, kind="stable")[0], p.argmin())


def test_innovations_have_no_drift_no_fading_and_no_memory():
    t = np.arange(300)[:, None]
    noise = lfilter([1.0], [1.0, -0.8], normal(11, 300, 3), axis=0) * np.exp(-t / 80)
    new = innovations(noise.cumsum(axis=0) + 0.2 * t)
    assert 270 <= len(new) < 296
    np.testing.assert_allclose(new.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose((new**2).mean(axis=0), 1, rtol=1e-12)
    after = [np.corrcoef(new[:-lag, k], new[lag:, k])[0, 1] for lag in (1, 2) for k in range(3)]
    assert np.abs(after).max() < 0.15
    raw = np.diff(noise.cumsum(axis=0), axis=0)
    assert np.corrcoef(raw[:-1, 0], raw[1:, 0])[0, 1] > 0.6
    assert 0.7 < np.abs(new[:140]).mean() / np.abs(new[140:]).mean() < 1.4
    np.testing.assert_allclose(innovations(-5 * (noise.cumsum(axis=0) + 0.2 * t) + 3), -new, rtol=1e-6, atol=1e-8)


def test_random_phases_keep_spectra_and_what_the_measures_of_a_layer_share():
    for n_times in (40, 41):
        x = normal(12, n_times, 2, 3)
        x[..., 1] = 0.5 * x[..., 0] + x[..., 1]
        made = phase_randomised(x, 5, np.random.default_rng(0))
        assert made.shape == (5, n_times, 2, 3)
        for copy in made:
            power = [np.abs(np.fft.rfft(z, axis=0)) for z in (copy, x)]
            np.testing.assert_allclose(power[0], power[1], atol=1e-9)
            for layer in range(2):
                np.testing.assert_allclose(np.cov(copy[:, layer].T), np.cov(x[:, layer].T), atol=1e-9)
            assert not np.allclose(copy, x)
            assert (
                abs(np.corrcoef(copy[:, 0, 0], copy[:, 1, 0])[0, 1] - np.corrcoef(x[:, 0, 0], x[:, 1, 0])[0, 1]) > 1e-6
            )


def test_a_transient_without_noise_has_nothing_new():
    """Left in, its shape alone would be transfer between any two layers."""
    for n in (40, 100, 200):
        for seed in range(20):
            with pytest.raises(InputError, match=r"moves so smoothly that \d+ % of it is new"):
                innovations(nothing("transients, noise 0", [n, seed], n, 4))
            innovations(
                nothing("transients, noise 0.001", [n, seed], n, 4)
            )  # most of it is noise from record to record


def planted(seed, n, lag=2, layers=4, strength=1.5):
    steps = normal(seed, n, layers)
    steps[lag:, 1] += strength * steps[:-lag, 0]
    return steps.cumsum(axis=0)


@pytest.mark.parametrize("kind", ["phase", "circular_shift"])
def test_a_planted_lag_is_found_with_its_sign_and_direction(kind):
    for strength in (1.5, -1.5):
        layers = 2 if kind == "circular_shift" else 4
        found = layer_transfer(planted(0, 150, 3, layers, strength), layers=list("abcd")[:layers], kind=kind)
        assert (found.lag[0, 1], np.sign(found.peak[0, 1])) == (3, np.sign(strength))
        assert found.p_holm[0, 1] <= 0.05
        others = found.p_holm[~np.eye(layers, dtype=bool)]
        assert (others <= 0.05).sum() == 1
        assert found.peak[0, 1] == found.r[3, 0, 1]
        np.testing.assert_array_equal(np.diagonal(found.p_holm), 1.0)
        np.testing.assert_array_equal(np.diagonal(found.peak), 0.0)


def test_r_is_the_lagged_correlation_of_what_is_new():
    x = planted(1, 100, layers=3)
    found, new = layer_transfer(x, n=199, max_lag=4), innovations(x)
    for lag in range(5):
        for a in range(3):
            for b in range(3):
                naive = sum(new[t, a] * new[t + lag, b] for t in range(len(new) - lag)) / len(new)
                assert found.r[lag, a, b] == pytest.approx(naive, abs=1e-12)
    np.testing.assert_allclose(found.r[0], np.corrcoef(new.T), atol=1e-12)
    again = layer_transfer(x, n=199, max_lag=4)
    np.testing.assert_array_equal(again.p, found.p)


def test_a_common_push_at_once_is_no_transfer_but_alikeness():
    steps = normal(2, 120, 3)
    steps[:, :2] += 3 * normal(3, 120, 1)
    x = lfilter([1.0], [1.0, -0.6], steps, axis=0).cumsum(axis=0)
    assert layer_transfer(x).p_holm.min() > 0.05
    raw = np.diff(x, axis=0)
    assert np.corrcoef(raw[:-1, 0], raw[1:, 1])[0, 1] > 0.3  # what a plain lagged correlation would call transfer
    alike = synchrony_cka(x[:, :, None])
    assert alike.p_holm[0, 1] <= 0.01
    assert alike.p_holm[0, 2] > 0.05
    r = np.corrcoef(innovations(x)[:, :2].T)[0, 1]
    assert alike.cka[0, 1] == pytest.approx(r**2, abs=0.03)
    np.testing.assert_array_equal(alike.cka, alike.cka.T)
    np.testing.assert_array_equal(alike.p_holm, alike.p_holm.T)


def nothing(kind, seed, n, layers):
    """Courses of layers that know nothing of each other, but for the drift of training."""
    rng, t = np.random.default_rng(seed), np.arange(n)[:, None]
    noise = rng.normal(size=(n, layers))
    if kind == "white increments":
        return noise.cumsum(axis=0)
    if kind == "red increments":
        return lfilter([1.0], [1.0, -0.8], noise, axis=0).cumsum(axis=0)
    if kind == "noisy levels":
        return noise
    if kind == "fading":
        return (noise * (np.exp(-t / 15) + 0.02)).cumsum(axis=0)
    if kind == "heavy tails":
        return rng.standard_t(3, size=(n, layers)).cumsum(axis=0)
    if kind.startswith("transients"):
        rates = rng.uniform(4, 30, layers), rng.uniform(2, 10, layers)
        rises = sum(rng.normal(size=layers) * (1 - np.exp(-t / rate)) for rate in rates)
        return rises + float(kind.split()[-1]) * noise
    drift = (20 if "strong" in kind else 5) * (1 - np.exp(-t / 20)) * (1 + np.arange(layers))
    return drift + 0.3 * noise.cumsum(axis=0)


@pytest.mark.slow
@pytest.mark.parametrize("n", [40, 100])
@pytest.mark.parametrize(
    "kind",
    [
        *("white increments", "red increments", "noisy levels", "fading", "heavy tails", "common drift"),
        *("strong common drift", "transients, noise 0.01", "transients, noise 0.001"),
    ],
)
def test_any_transfer_is_claimed_in_five_of_a_hundred_trainings_without(kind, n):
    claims, alike = [], []
    for seed in range(250):
        with suppress(InputError):  # too smooth to say anything: no claim either
            claims.append((layer_transfer(nothing(kind, [n, seed], n, 4), n=499, seed=seed).p_holm <= 0.05).any())
    for seed in range(70):
        with suppress(InputError):
            course = nothing(kind, [n, seed], n, 3)[..., None]
            alike.append((synchrony_cka(course, n=199, seed=seed).p_holm <= 0.05).any())
    assert len(claims) > 235
    assert len(alike) > 65
    assert np.mean(claims) < 0.095  # 0.05 ± 0.014
    assert np.mean(alike) < 0.14  # 0.05 ± 0.026


@pytest.mark.slow
def test_raw_increments_would_claim_it_nearly_always():
    """What `innovations` is for: the same surrogates on the increments that share a drift."""
    claims, sound = 0, 0
    for seed in range(30):
        course = nothing("strong common drift", [1, seed], 100, 2)
        raw = np.diff(course, axis=0)
        z = (raw - raw.mean(axis=0)) / raw.std(axis=0)
        made = phase_randomised(z[:, :, None], 199, np.random.default_rng(seed))[..., 0]
        r, null = z[:-1, 0] @ z[1:, 1] / 99, made[:, :-1, 0] @ z[1:, 1] / 99
        claims += np.mean(np.abs(null) >= abs(r)) < 0.05
        sound += (layer_transfer(course, n=499, seed=seed).p_holm <= 0.05).any()
    assert claims >= 27
    assert sound <= 5  # 1.5 ± 1.2


@pytest.mark.slow
def test_a_transfer_of_half_the_variance_is_found_in_sixty_records():
    found = [layer_transfer(planted(s, 60, strength=1.0), n=999, seed=s) for s in range(60)]
    assert np.mean([f.p_holm[0, 1] <= 0.05 and f.lag[0, 1] == 2 for f in found]) > 0.85


X = normal(0, 60, 3).cumsum(axis=0)
REFUSED = [
    (lambda: linear_cka(X[:3], X[:3]), "linear_cka.x: must have shape (sample, feature) with at least 4 samples"),
    (lambda: linear_cka(X, X[:50]), "linear_cka: x and y must have the same samples; got 60 and 50"),
    (lambda: linear_cka(X, np.ones((60, 2))), "linear_cka.y: must vary more than by chance"),
    (lambda: linear_cka(X, np.ones((60, 2)), debiased=False), "linear_cka.y: must vary over samples"),
    (lambda: linear_cka(X * np.nan, X), "linear_cka.x: must be finite"),
    (lambda: cka_matrix([]), "cka_matrix.layers: must hold at least one layer; got none"),
    (lambda: cka_matrix([X, X[:50]]), "cka_matrix.layers: must have the same samples; got [60, 50]"),
    (lambda: cka_matrix([X, 0 * X]), "cka_matrix.layers[1]: must vary"),
    (lambda: layer_transfer(X[:29]), "layer_transfer.synchrony: must have shape (record, series), at least 30 records"),
    (lambda: layer_transfer(X * np.inf), "layer_transfer.synchrony: must be finite; give the records"),
    (lambda: layer_transfer(X * [1, 0, 1]), "layer_transfer.synchrony: must vary; series 1 stands still"),
    (
        lambda: layer_transfer(1 - np.exp(-np.arange(60.0)[:, None] / [5, 9])),
        "layer_transfer.synchrony: series 0 moves so",
    ),
    (lambda: layer_transfer(X[:, :1]), "layer_transfer.layers: must be at least 2; got 1"),
    (lambda: layer_transfer(X, layers=["a"]), "layer_transfer.layers: must be 3, one a layer; got 1"),
    (lambda: layer_transfer(X, max_lag=0), "layer_transfer.max_lag: must be an integer in 1..13; got 0"),
    (lambda: layer_transfer(X, window=3), "layer_transfer.synchrony: window must be an integer in 5..60; got 3"),
    (lambda: layer_transfer(X, kind="shuffle"), "unknown kind of surrogate 'shuffle'"),
    (lambda: layer_transfer(X, n=100), "layer_transfer.n: must be an integer >= 199; got 100"),
    (lambda: layer_transfer(X, kind="circular_shift"), "layer_transfer.n: 42 surrogates cannot carry 6 pairs"),
    (lambda: layer_transfer(normal(0, 60, 5), n=199), "layer_transfer.n: 199 surrogates cannot carry 20 pairs"),
    (lambda: synchrony_cka(X), "synchrony_cka.synchrony: must have shape (record, layer, measure); got (60, 3)"),
    (lambda: synchrony_cka(normal(0, 60, 7, 1), n=199), "synchrony_cka.n: must be at least 420 for 21 pairs; got 199"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_what_cannot_be_is_refused_in_one_line(call, message):
    with pytest.raises(InputError) as caught:
        call()
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
