"""Stop a training by a measure: where the synchrony of hidden units over held-out images no longer rises; and log it.

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
from ictal.models import record_samples

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
digits = load_digits()
x, y = torch.tensor(digits.images / 16, dtype=torch.float32).flatten(1), torch.tensor(digits.target)
torch.manual_seed(0)
noisy = torch.where(torch.rand(500) < 0.4, torch.randint(10, (500,)), y[:500])  # 40 % of the labels are drawn anew
model = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 64), nn.ReLU(), nn.Linear(64, 10))
optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
highest, best, patience = 0.0, 0, 3
with SummaryWriter(folder / "log") as writer, ictal.Monitor(model, ["3"], measures=["si_3", "chi_c"]) as monitor:
    for epoch in range(40):
        model.train()
        for batch in torch.randperm(500).split(50):
            loss = cross_entropy(model(x[batch]), noisy[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        monitor.log(writer, epoch)  # of the last batch, for the eye
        model.eval()  # to decide by: 1,000 images of no training
        value = ictal.measure(record_samples(model, x[500:1500], ["3"]), "si_3").value("si_3")
        writer.add_scalar("held_out/si_3", value, epoch)
        highest, best = max((highest, best), (value, epoch))
        if epoch - best == patience:
            break
accuracy = (model(x[500:1500]).argmax(1) == y[500:1500]).float().mean().item()
print(f"stopped after epoch {epoch} of 40: SI-3 was highest, {highest:.3f}, at epoch {best}; accuracy {accuracy:.3f}")
