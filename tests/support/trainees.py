"""Small networks, a treatment and a recorder for the tests of training: everything that has a state of its own."""

from dataclasses import dataclass

import torch
from torch import nn

from ictal.models import Intervention


class Net(nn.Module):
    """Small, with everything that has a state of its own: batch norm, dropout."""

    def __init__(self, seed=0, hidden=24, dropout=0.3):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.first, self.norm = nn.Linear(64, hidden), nn.BatchNorm1d(hidden)
            self.drop, self.last = nn.Dropout(dropout), nn.Linear(hidden, 10)

    def forward(self, x):
        return self.last(self.drop(torch.relu(self.norm(self.first(x.flatten(1))))))


class Linear(nn.Module):
    def __init__(self, dtype=torch.float32):
        super().__init__()
        self.readout = nn.Linear(64, 10, dtype=dtype)
        nn.init.zeros_(self.readout.weight)
        nn.init.zeros_(self.readout.bias)

    def forward(self, x):
        return self.readout(x.flatten(1))


@dataclass(frozen=True)
class Shaking:
    """A treatment that uses every slot and has a memory: noise on the gradients that follows the loss."""

    dose: float = 0.01

    def artificial(self, model, *, seed=0):
        return Shaken(self, model, seed)


class Shaken(Intervention):
    def __init__(self, how, model, seed):
        super().__init__(model)
        self.generator, self.scale, self.seen = torch.Generator().manual_seed(seed), how.dose, []
        self._hooks.callback(lambda: self.seen.append("left"))

    def loss(self, outputs, targets):
        return 0.01 * self.scale * outputs.square().mean()

    def gradients(self):
        for p in self.model.parameters():
            p.grad += self.scale * torch.randn(p.shape, generator=self.generator)

    def after_step(self, step, metrics):
        self.scale *= 0.99 if metrics["loss"] < 2 else 1.01
        self.seen.append((step, sorted(metrics)))

    def state_dict(self):
        return {"generator": self.generator.get_state(), "scale": self.scale}

    def load_state_dict(self, state):
        self.generator.set_state(state["generator"])
        self.scale = state["scale"]


class Counting:
    """A recorder with a memory."""

    def __init__(self):
        self.steps = []

    def __call__(self, step, model):
        torch.rand(step + 1)  # what a recorder draws changes nothing
        self.steps.append(step)

    def state_dict(self):
        return {"steps": list(self.steps)}

    def load_state_dict(self, state):
        self.steps = list(state["steps"])


def bits(model, history):
    return [
        *(v.clone() for v in model.state_dict().values()),
        torch.tensor(history.values),
        torch.tensor(history.steps),
    ]


def same(a, b):
    return len(a) == len(b) and all(torch.equal(x, y) for x, y in zip(a, b, strict=True))
