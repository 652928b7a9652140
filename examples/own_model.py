"""Measure a network of your own: any torch module, any inputs, each value beside its surrogates.

python examples/own_model.py
"""

import torch
from sklearn.datasets import load_digits
from torch import nn

import ictal
from ictal.models import record_samples

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images[:400, None] / 16, dtype=torch.float32)
y = torch.tensor(digits.target[:400])

model = nn.Sequential(
    nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Flatten(), nn.Linear(32 * 36, 64), nn.ReLU(), nn.Linear(64, 10)
)


def synchrony() -> ictal.Run:
    """Layer 3 before its ReLU, over images: post-ReLU zeros alone would raise the null."""
    return record_samples(model, x, ["3"], labels=y)


before = synchrony()
optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
for _ in range(60):
    optimiser.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimiser.step()
after = synchrony()

chosen = ["si_3", "chi_c", "lambda1_fraction", "class_share", "within_class_si"]
for name, run in (("untrained", before), ("trained", after)):
    print(name)
    print(ictal.measure(run, measures=chosen, nulls=199))
