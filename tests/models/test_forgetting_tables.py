"""Treatments against forgetting on two sequences of digits: what each of them gains, and at which price."""

import dataclasses
import functools

import numpy as np
import pytest

from ictal.analyses import task_scores
from ictal.models import (
    EWC,
    L2SP,
    Clip,
    DesyncReg,
    GenerativeReplay,
    Replay,
    Training,
    architecture,
    load_data,
    task_sequence,
    train_sequence,
)

pytestmark = pytest.mark.usefixtures("one_thread")

HOW = {  # sequence -> settings of every task: SGD without momentum, batches of 50, one record a task
    "permuted:5": Training(epochs=10, batch_size=50, every=240, optimiser="sgd", momentum=0, learning_rate=0.05),
    "split:5": Training(epochs=20, batch_size=50, every=100, optimiser="sgd", momentum=0, learning_rate=0.05),
}
SEEDS = [pytest.param(1, marks=pytest.mark.slow), pytest.param(5, marks=pytest.mark.physics)]


@functools.cache
def scores(tasks, scenario, treatment, seeds, joint=False):
    """Mean over seeds of accuracy, backward transfer and forgetting; the gradient is clipped to a norm of 5."""
    found = []
    for seed in range(seeds):
        sequence = task_sequence(load_data("digits", n_train=1200), tasks, scenario=scenario, seed=seed)
        mean, sd = sequence.mean_and_sd
        network = architecture("mlp", {"hidden": (100, 100)})
        model = network.build(sequence.image_shape, sequence.n_outputs, seed=seed, mean=mean, sd=sd).double()
        treatments = [*([] if treatment is None else [treatment]), Clip(0.2)]
        how = dataclasses.replace(HOW[tasks], every=None) if joint else HOW[tasks]
        log = train_sequence(model, sequence, how, seed=seed, treatments=treatments, joint=joint)
        one = task_scores(log.accuracy[scenario or "domain"])
        found.append((one.accuracy, one.backward, one.forgetting))
    return tuple(np.mean(found, 0))


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.filterwarnings("ignore:.*nothing was clipped")
def test_permuted_digits(seeds):
    few = 60 if seeds == 1 else 200  # images of the Fisher information

    def of(treatment):
        return scores("permuted:5", None, treatment, seeds)

    plain, anchored, replayed = of(None), of(L2SP(0.1)), of(Replay())
    swept = [of(EWC(weight, samples=few)) for weight in (1.0, 10.0, 100.0, 1000.0)[seeds == 1 :]]
    accuracy, backward = ([row[k] for row in swept] for k in (0, 1))
    assert list(np.abs(backward)) == sorted(np.abs(backward), reverse=True)  # stability ...
    assert abs(plain[1]) > abs(backward[0])
    assert abs(backward[-1]) < 0.06
    best = int(np.argmax([plain[0], *accuracy]))
    assert 0 < best < len(accuracy)  # ... against plasticity: at the last λ nothing is forgotten, for little is learnt
    assert accuracy[-1] < plain[0]
    assert replayed[0] > max(accuracy) + 0.05
    assert max(accuracy) > plain[0] + 0.05
    assert 0.2 < (anchored[0] - plain[0]) / (max(accuracy) - plain[0]) < 1
    for row in (plain, replayed, *swept[:2]):
        assert row[2] == pytest.approx(-row[1], abs=1e-3)
    if seeds > 1:
        assert plain[0] == pytest.approx(0.679, abs=0.035)
        assert of(EWC(10.0, samples=few, fisher="empirical"))[1] < of(EWC(100.0, samples=few, fisher="empirical"))[1]
        assert abs(of(EWC(100.0, samples=few, gamma=0.9))[1]) < abs(backward[2])
        assert of(GenerativeReplay())[0] > plain[0] + 0.05
    assert of(DesyncReg(1.0))[0] < plain[0] + 0.02


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.filterwarnings("ignore:.*nothing was clipped")
def test_split_digits(seeds):
    def of(treatment, scenario="class", joint=False):
        return scores("split:5", scenario, treatment, seeds, joint)

    plain = of(None)
    assert plain[0] < 0.3
    assert 0.05 < of(EWC(300.0))[0] - plain[0] < 0.3  # F is small here, so λ is large: .046 at 100, .44 at 1000
    assert of(Replay(per_task=20))[0] > 0.8
    assert abs(of(DesyncReg(1.0))[0] - plain[0]) < 0.05
    assert of(None, "task")[0] > 0.97  # told its task the network forgets nothing, and no treatment can gain
    if seeds > 1:
        assert of(GenerativeReplay())[0] > 0.75
        assert of(None, joint=True)[0] > 0.95
        for treatment in (EWC(300.0), Replay(per_task=20), GenerativeReplay(), DesyncReg(1.0)):
            assert of(treatment, "task")[0] == pytest.approx(of(None, "task")[0], abs=0.02)
