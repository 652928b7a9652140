"""
A penalty moves the synchrony of layers; the test accuracy gains nothing
========================================================================

``desync_penalty`` adds the squared distance of SI-3 from a target to the loss. Four targets, the
same network and data: the layers follow the target. The test accuracy beside each line is that of
517 images, of one seed.
"""

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.functional import cross_entropy

import ictal

plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False})
digits = load_digits()
x = torch.tensor(digits.data / 16, dtype=torch.float32)
y = torch.tensor(digits.target)
TARGETS = (None, 0.1, 0.2, 0.3, 0.4)


def trained(target: float | None) -> tuple[ictal.Recording, float]:
    """Return SI-3 over the steps and the test accuracy; no target, no penalty."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))
    optimiser = torch.optim.Adam(model.parameters(), lr=2e-3)
    with ictal.Monitor(model, ["1", "3"]) as monitor:
        for _ in range(20):
            for batch in torch.randperm(1280).split(256):
                loss = cross_entropy(model(x[batch]), y[batch])
                if target is not None:
                    loss = loss + ictal.desync_penalty(monitor, target=target, weight=10.0)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
    model.eval()
    return monitor.record, (model(x[1280:]).argmax(1) == y[1280:]).double().mean().item()


# %%
figure, axes = plt.subplots(figsize=(7.2, 3.6), layout="constrained")
for target, shade in zip(TARGETS, ("#1B1B1F", "#F2A56B", "#DD6F22", "#A94608", "#5E2504"), strict=True):
    record, accuracy = trained(target)
    values = record.numpy().mean(axis=1)
    axes.plot(record.times, values, color=shade, linestyle="--" if target is None else "-")
    words = "no penalty" if target is None else f"target {target:g}"
    axes.text(record.times[-1] + 1, values[-1], f"{words}: accuracy {accuracy:.3f}", color=shade, va="center")
    if target is not None:
        axes.plot([0, 100], [target, target], color="#C9CCD1", linewidth=0.8, zorder=0)
axes.set(xlabel="step", ylabel="SI-3, mean of two layers", ylim=(0, 0.5), xlim=(0, 145))
plt.show()
