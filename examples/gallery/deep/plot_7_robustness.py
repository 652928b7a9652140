"""
A network that noise leaves right falls to an attack of the same size
=====================================================================

A small MLP on 8 × 8 digits: its calibration against what chance gives, its accuracy under an attack
beside random noise of the same size, and the images that it tells from digits.
"""

import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch.nn.functional import cross_entropy

import ictal

torch.manual_seed(0)
digits = load_digits()
order = np.random.default_rng(0).permutation(len(digits.data))
x, y = (digits.data[order] / 16).astype("float32"), digits.target[order]
seen, test = np.flatnonzero(y[:1200] < 8), 1200 + np.flatnonzero(y[1200:] < 8)

model = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 8))
optimiser = torch.optim.Adam(model.parameters(), 2e-3)
for _ in range(30):
    for batch in torch.randperm(len(seen)).split(64):
        loss = cross_entropy(model(torch.tensor(x[seen][batch])), torch.tensor(y[seen][batch]))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

# %%
# One call: arrays go in; tables, and with ``found.plot()`` one page, come out.
found = ictal.evaluate_model(
    model.eval(),
    x[test],
    y[test],
    x_train=x[seen],
    y_train=y[seen],
    noise=(0.1, 0.2, 0.4),
    attacks=(0.03, 0.06, 0.1),
    strange=("uniform-noise", "permuted-pixels"),
    outside={"8 and 9": x[y > 7]},
)
print(found["test"].calibration)

# %%
figure, axes = plt.subplots(2, 2, figsize=(8.4, 5.6), layout="constrained")
worst, noise = found.attacked.worst(0.1), found.attacked.noise(0.1)
titles = {
    "reliability": "accuracy over confidence; grey: by chance",
    "attacks": f"an attack of .1 leaves {worst.accuracy:.2f}, random signs {noise.accuracy:.2f}",
    "noise": "Gaussian noise",
    "strange": "three scores of strange images",
}
for panel, (name, title) in zip(axes.flat, titles.items(), strict=True):
    found.plot(name, ax=panel)
    panel.set_title(title, fontsize=9)
plt.show()
