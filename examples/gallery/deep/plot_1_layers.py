"""
Training raises the correlation of units, most in the deep layers
=================================================================

A Monitor watches three layers of an MLP on 8 × 8 digits at every step: SI-3, the mean absolute
correlation of pairs of units over a batch of 256 images. The heat map is the record as it comes.
"""

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.functional import cross_entropy

import ictal

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.data[:1280] / 16, dtype=torch.float32)
y = torch.tensor(digits.target[:1280])

model = nn.Sequential(
    nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10)
)
optimiser = torch.optim.Adam(model.parameters(), lr=2e-3)
losses = []

# %%
# The only line that is Ictal's is the ``with``: the loop stays as it was.
with ictal.Monitor(model, ["1", "3", "5"]) as monitor:
    for _ in range(20):
        for batch in torch.randperm(len(x)).split(256):
            loss = cross_entropy(model(x[batch]), y[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
record = monitor.record  # (time, layer)
print(record)

# %%
values = record.numpy()
figure, (above, below) = plt.subplots(2, 1, figsize=(7.2, 3.8), sharex=True, height_ratios=(2, 1), layout="constrained")
extent = (record.times[0], record.times[-1], 2.5, -0.5)
image = above.imshow(values.T, aspect="auto", cmap="Oranges", vmin=0, extent=extent, interpolation="nearest")
above.set(yticks=range(3), title=f"SI-3 of the last layer goes from {values[0, -1]:.2f} to {values[-1, -1]:.2f}")
above.set_yticklabels(["layer 1", "layer 2", "layer 3"])
figure.colorbar(image, ax=above, label="SI-3")
below.plot(record.times, losses, color="#C4520A", linewidth=1)
below.set(xlabel="step", ylabel="loss", ylim=(0, None))
below.spines[["top", "right"]].set_visible(False)
plt.show()
