import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ictal.analyses import cliffs_delta, difference_interval, permutation_p, statistics
from ictal.simulator import InputError

A, B = [2.1, 3.4, 1.9, 5.0, 4.2], [1.0, 2.0, 0.4, 3.3, 1.1]


def test_interval_is_scipys():
    welch = stats.ttest_ind(A, B, equal_var=False).confidence_interval(0.95)
    assert difference_interval(A, B) == pytest.approx((np.mean(A) - np.mean(B), welch.low, welch.high))


def test_exact_permutation_is_scipys():
    expected = stats.permutation_test(
        (A, B), lambda x, y: abs(np.mean(x) - np.mean(y)), permutation_type="independent", alternative="greater"
    )
    assert permutation_p(A, B) == pytest.approx(expected.pvalue)


def test_five_against_five_apart_is_two_of_252():
    assert permutation_p([6, 7, 8, 9, 10], [1, 2, 3, 4, 5]) == pytest.approx(2 / 252)


def test_many_replicates_are_drawn_at_random_and_seeded(monkeypatch):
    monkeypatch.setattr(statistics, "MAX_EXACT", 100)
    exact = 2 / 252
    drawn = permutation_p([6, 7, 8, 9, 10], [1, 2, 3, 4, 5], seed=1)
    assert drawn == permutation_p([6, 7, 8, 9, 10], [1, 2, 3, 4, 5], seed=1)
    assert 1 / 101 <= drawn < exact + 5 / 101
    assert permutation_p(range(10, 20), range(10)) == 1 / 101
    monkeypatch.setattr(statistics, "MAX_EXACT", 252)
    assert permutation_p([6, 7, 8, 9, 10], [1, 2, 3, 4, 5]) == exact


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=6), st.lists(st.integers(-5, 5), min_size=1, max_size=6))
def test_cliffs_delta_counts_pairs(a, b):
    pairs = [(x > y) - (x < y) for x, y in itertools.product(a, b)]
    assert cliffs_delta(a, b) == pytest.approx(sum(pairs) / len(pairs))
    assert cliffs_delta(b, a) == pytest.approx(-cliffs_delta(a, b))


def test_one_replicate_has_no_interval():
    assert difference_interval([2.0], [1.0]) == (1.0, -math.inf, math.inf)


def test_replicates_that_are_alike_have_an_interval_of_one_point():
    assert difference_interval([3.0, 3.0], [1.0, 1.0, 1.0]) == (2.0, 2.0, 2.0)


@pytest.mark.parametrize("bad", [[], [float("nan")], [[1.0]]])
def test_what_is_no_vector_of_numbers_is_refused(bad):
    functions = (
        lambda x: difference_interval(x, [1.0]),
        lambda x: difference_interval([1.0], x),
        lambda x: permutation_p(x, [1.0]),
        lambda x: cliffs_delta([1.0], x),
    )
    for function in functions:
        with pytest.raises(InputError):
            function(bad)


@pytest.mark.parametrize("scale", [1e-13, 1.0, 1e13])
def test_a_permutation_p_does_not_depend_on_the_unit(scale):
    assert permutation_p(scale * np.array([4.0, 5.0, 6.0]), scale * np.array([1.0, 2.0, 3.0])) == pytest.approx(0.1)
