"""Stop a training by a measure: where the synchrony of hidden units over images stops to rise; and log it.

python examples/early_stopping.py [FOLDER]      then: tensorboard --logdir FOLDER
"""

import sys
from pathlib import Path

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.tensorboard import SummaryWriter  # pip install tensorboard

import ictal
from ictal.models import Layers, record_samples

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
digits = load_digits()
x, y = torch.tensor(digits.images / 16, dtype=torch.float32).flatten(1), torch.tensor(digits.target)
torch.manual_seed(0)
noisy = torch.where(torch.rand(500) < 0.4, torch.randint(10, (500,)), y[:500])  # 40 % of the labels are drawn anew
model = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 64), nn.ReLU(), nn.Linear(64, 10))
optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
highest, patience, stopped = 0.0, 3, None
with SummaryWriter(folder / "log") as writer, ictal.Monitor(model, ["3"], measures=["si_3", "chi_c"]) as monitor:
    for epoch in range(40):
        for batch in torch.randperm(500).split(50):
            loss = cross_entropy(model(x[batch]), noisy[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        monitor.log(writer, epoch)  # of the last batch, for the eye
        held_out = record_samples(model, x[500:1500], Layers(["3"]))  # to decide by: 1,000 images of no training
        value = ictal.measure(held_out, "si_3").value("si_3")
        accuracy = (model(x[500:1500]).argmax(1) == y[500:1500]).float().mean().item()
        highest, patience = (value, 3) if value > highest else (highest, patience - 1)
        if stopped is None and patience == 0:
            stopped = f"epoch {epoch}, accuracy {accuracy:.3f}"
print(
    f"SI-3 on held-out images stopped rising: {stopped}; after all 40 epochs: accuracy {accuracy:.3f}, SI-3 {value:.3f}"
)
