"""Comparison of two runs of one network, spike for spike."""

from contextlib import contextmanager

import numpy as np
import pytest

from ictal.simulator import Spikes, freeze_inputs, instantiate


def assert_equal(ours, theirs):
    """The same spikes and triggers; the same samples but for rounding."""
    assert list(ours) == list(theirs)
    for name, entry in ours.items():
        other = theirs[name]
        if isinstance(entry, Spikes):
            assert np.array_equal(entry.time, other.time), name
            assert np.array_equal(entry.unit, other.unit), name
        else:
            assert (entry.unit, entry.dt, entry.values.shape) == (other.unit, other.dt, other.values.shape)
            assert np.allclose(entry.values, other.values, rtol=1e-7, atol=1e-9), name


def frozen(network, duration, seed):
    return instantiate(freeze_inputs(network, duration / 1000.0, seed), seed)


@contextmanager
def quickly():
    """Brian2's closed forms for cells of 2 variables only: those of 4 take sympy seconds each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ictal.simulator.engines.brian2.equations.MAX_VARIABLES", 2)
        yield
