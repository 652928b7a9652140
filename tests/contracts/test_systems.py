"""Contracts over all systems, those of plug-ins too: a flow takes numpy and torch, and its start follows the seed."""

import numpy as np
import pytest
import torch

from ictal.models import SYSTEMS, SelfContained

FLOWS = [name for name in SYSTEMS if isinstance(SYSTEMS.load(name)(), SelfContained)]


def test_there_are_flows():
    assert {"ring", "epileptor", "kuramoto"} <= set(FLOWS)


@pytest.mark.parametrize("name", FLOWS)
def test_a_flow_starts_by_its_seed_and_takes_numpy_and_torch(name):
    system = SYSTEMS.load(name)()
    state = system.start(3)
    assert state.shape == (len(system.variables) * system.n,)
    np.testing.assert_array_equal(state, system.start(3))
    batch = np.stack([state, system.start(4)])
    drift = system.drift(batch, 0.0)
    assert drift.shape == batch.shape
    np.testing.assert_allclose(system.drift(torch.from_numpy(batch), 0.0).numpy(), drift, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(system.drift(batch[1], 0.0), drift[1], rtol=1e-12, atol=1e-12)
