"""The exponential of the kernels: accuracy, the same bits for every length and width of vectors, limits."""

import hashlib
import os
import re
import subprocess
import sys

import mpmath
import numba
import numpy as np
import pytest

from ictal.simulator.engines.kernels import exponential


@numba.njit(error_model="numpy")
def exp(x, out):
    for i in range(x.size):
        out[i] = exponential.exp(x[i])


@numba.njit(error_model="numpy")
def exprel(x, out):
    for i in range(x.size):
        out[i] = exponential.exprel(x[i])


@numba.njit(error_model="numpy")
def exprel_small(x, out):
    for i in range(x.size):
        out[i] = exponential.exprel_small(x[i])


def applied(function, x):
    out = np.empty_like(x)
    function(x, out)
    return out


def arguments(limit, n=1000):
    return np.random.default_rng(3).uniform(-limit, limit, n)


@pytest.mark.parametrize("limit", [0.5, 30.0, 700.0])
def test_error_in_units_of_the_last_place(limit):
    x = arguments(limit)
    with mpmath.workprec(120):
        for function, exact, most in ((exp, mpmath.exp, 1.0), (exprel, lambda u: mpmath.expm1(u) / u, 2.0)):
            true = [exact(mpmath.mpf(u)) for u in x.tolist()]
            ulp = np.spacing([float(u) for u in true])
            errors = [
                abs(mpmath.mpf(a) - b) / c for a, b, c in zip(applied(function, x).tolist(), true, ulp, strict=True)
            ]
            assert max(errors) <= most


def test_error_of_the_polynomial_for_small_numbers():
    x = np.concatenate((np.linspace(exponential.SMALLEST, 0.0, 2000), -np.geomspace(1e-20, 0.6, 500)))
    with mpmath.workprec(120):
        true = [mpmath.expm1(mpmath.mpf(u)) / u if u else mpmath.mpf(1) for u in x.tolist()]
        ulp = np.spacing([np.nextafter(float(u), 0.0) for u in true])
        errors = [
            abs(mpmath.mpf(a) - b) / c for a, b, c in zip(applied(exprel_small, x).tolist(), true, ulp, strict=True)
        ]
        assert max(errors) <= 1.0
    assert applied(exprel_small, np.zeros(1)) == 1.0


def test_limits():
    x = np.array([-np.inf, -800.0, -708.0, 0.0, 709.0, 800.0, np.inf, np.nan])
    y = applied(exp, x)
    assert y[:3] == pytest.approx(np.exp(-708.0), rel=1e-15)
    assert y[3] == 1.0
    assert y[4:7] == pytest.approx(np.exp(709.0), rel=1e-15)
    assert np.isnan(y[7])
    assert applied(exprel, np.zeros(1)) == 1.0


def test_lengths_have_the_same_bits():
    """The scalar rest of a loop computes what its vectors do."""
    wide = arguments(30.0, 17)
    for function, x in ((exp, wide), (exprel, wide), (exprel_small, 0.3 * (wide / 30.0 - 1.0))):
        whole = applied(function, x)
        for n in range(1, 18):
            assert np.array_equal(applied(function, x[:n]), whole[:n])
            assert np.array_equal(applied(function, x[17 - n :]), whole[17 - n :])


def digest():
    x = np.concatenate([arguments(limit, 4003) for limit in (0.5, 30.0, 700.0)])
    small = -abs(arguments(-exponential.SMALLEST, 4003))
    parts = applied(exp, x), applied(exprel, x), applied(exprel_small, small)
    return hashlib.md5(b"".join(part.tobytes() for part in parts)).hexdigest()


def has_fma():
    return "vfmadd" in next(iter(exp.inspect_asm().values()))


def test_processors_with_fma_have_the_same_bits():
    own = digest()
    if not has_fma():
        pytest.skip("this processor has no FMA")
    script = "import test_exponential as t; print(t.digest(), 'zmm' in next(iter(t.exp.inspect_asm().values())))"
    other = {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | other,
        cwd=os.path.dirname(__file__),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [own, "False"]


def test_loops_are_vectorised():
    applied(exp, arguments(1.0))
    text = next(iter(exp.inspect_asm().values()))
    if not has_fma():
        pytest.skip("this processor has no FMA")
    assert "zmm" in text or "ymm" in text
    assert re.search(r"vfmadd\d+pd", text)
