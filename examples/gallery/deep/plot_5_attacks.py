"""
Random noise does nothing where a directed change of the same size fools half
=============================================================================

A small network on digits, attacked by PGD in the L∞ norm, and the same network with its logits
multiplied by 100. The classes are the same, but cross-entropy is then flat, and an attack along
it alone reads as robustness. The margin is not fooled, and ``warnings`` says so.
"""

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.functional import cross_entropy

import ictal

plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False})
digits = load_digits()
order = torch.randperm(1797, generator=torch.Generator().manual_seed(0))
x = torch.tensor(digits.data / 16, dtype=torch.float32)[order]
y = torch.tensor(digits.target)[order]

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
optimiser = torch.optim.Adam(model.parameters(), lr=2e-3)
for _ in range(20):
    for batch in torch.randperm(1200).split(64):
        optimiser.zero_grad()
        cross_entropy(model(x[batch]), y[batch]).backward()
        optimiser.step()
model.eval()


class Scaled(nn.Module):
    """The same classes; logits times 100."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return 100 * model(images)


# %%
SIZES = (0.025, 0.05, 0.075, 0.1)
found = ictal.attack(model, x[1200:], y[1200:], epsilon=SIZES)
flat = ictal.attack(Scaled().eval(), x[1200:], y[1200:], epsilon=SIZES, losses="cross-entropy")
print(found, *flat.warnings, sep="\n")

# %%
figure, axes = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
lines = {
    "random noise": ([found.noise(size) for size in SIZES], "#9A9EA5", "-", 0.03),
    "logits × 100, cross-entropy alone": ([flat.worst(size) for size in SIZES], "#C4520A", "--", -0.05),
    "worst of two losses": ([found.worst(size) for size in SIZES], "#C4520A", "-", 0.0),
}
for name, (rows, shade, dash, up) in lines.items():
    accuracy = [found.clean.accuracy, *(row.accuracy for row in rows)]
    axes.plot((0, *SIZES), accuracy, color=shade, linestyle=dash, marker="o", markersize=4)
    axes.text(SIZES[-1] + 0.002, accuracy[-1] + up, name, color=shade, va="center")
worst = [found.clean, *(found.worst(size) for size in SIZES)]
axes.fill_between((0, *SIZES), [row.low for row in worst], [row.high for row in worst], color="#C4520A", alpha=0.15)
axes.set(xlabel="size ε of the change (L∞)", ylabel="accuracy", ylim=(0, 1.02), xlim=(0, 0.165))
plt.show()
