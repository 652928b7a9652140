"""Accuracy under attack of a penalty on synchrony and of its controls, on 400 digits: the order that is known."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from ictal.models import DesyncReg, load_data
from ictal.models.attacks.gradient import PGD
from ictal.models.attacks.measure import attacked
from ictal.models.attacks.worst import adversarial

EPSILON, STEPS, BATCH = 0.1, 1500, 64


def digits(seed):
    data = load_data("digits", n_train=400, seed=seed)
    return [torch.from_numpy(np.array(part)) for part in (data.x_train, data.y_train, data.x_test, data.y_test)]


def fitted(seed, *, target=None, stop=2.0, decay=0.0, attack=None):
    """Train 64-64-64-10 with Adam; of a network that stops, as soon as its training accuracy is `stop`."""
    x, y, x_test, y_test = digits(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        layers = [nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)]
        model = nn.Sequential(*layers)
    adam = torch.optim.Adam(model.parameters(), 1e-3, weight_decay=decay)
    order = torch.Generator().manual_seed(seed)
    penalty = DesyncReg(0.0 if target is None else 1.0, target=target or 0.0).artificial(model, seed=seed)
    with penalty:
        for step in range(STEPS):
            at = torch.randint(len(x), (BATCH,), generator=order)
            images = x[at] if attack is None else adversarial(model, x[at], y[at], attack, seed=step)
            model.train()
            outputs = model(images)
            loss = functional.cross_entropy(outputs, y[at]) + penalty.loss(outputs, y[at])
            adam.zero_grad()
            loss.backward()
            adam.step()
            penalty.after_step(step + 1, {})
            if step % 5 == 0 and accuracy(model, x, y) >= stop:
                break
    found = attacked(model.eval(), x_test, y_test, PGD(EPSILON, steps=20), seed=seed, checks=False)
    return accuracy(model, x, y), found.clean.accuracy, found.worst(EPSILON).accuracy


@torch.no_grad()
def accuracy(model, x, y):
    return float((model.eval()(x).argmax(1) == y).float().mean())


@pytest.mark.physics
def test_early_stopping_and_weight_decay_make_more_robust_than_the_penalty():
    """Plain .315, target .3 .318, target .1 .349, stopped at .97 .410, weight decay .460, PGD training .761 (± .02).

    These are known of 597 test images and weights of another start; here are 449, and single seeds differ by .06.
    """
    arms = {
        "plain": {},
        "target 0.3": {"target": 0.3},
        "target 0.1": {"target": 0.1},
        "stopped": {"stop": 0.97},
        "decay": {"decay": 1e-2},
        "PGD": {"attack": PGD(EPSILON, steps=7, losses=("cross-entropy",))},
    }
    found = {name: np.mean([fitted(seed, **how) for seed in range(3)], axis=0) for name, how in arms.items()}
    robust = {name: values[2] for name, values in found.items()}
    assert found["plain"][0] == 1
    assert robust["plain"] == pytest.approx(0.315, abs=0.06)
    assert abs(robust["target 0.3"] - robust["plain"]) < 0.05
    assert robust["plain"] < robust["stopped"] < robust["decay"] < robust["PGD"]
    assert robust["target 0.1"] - robust["plain"] < robust["stopped"] - robust["plain"], "less than stopping gains"
