"""Watch the synchrony of your own network while it trains, and hold it at a target: any torch module, any loop.

python examples/own_model_monitor.py [FOLDER]
"""

import sys
from pathlib import Path

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.functional import cross_entropy

import ictal

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
digits = load_digits()
x = torch.tensor(digits.images[:640, None] / 16, dtype=torch.float32)
y = torch.tensor(digits.target[:640])

for weight in (0.0, 3.0):
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Flatten(), nn.Linear(32 * 36, 64), nn.ReLU(), nn.Linear(64, 10)
    )
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    with ictal.Monitor(model, ["1", "4"], every=5, measures=["si_3", "chi_c"]) as monitor:
        for _ in range(10):
            for batch in torch.randperm(len(x)).split(128):
                loss = cross_entropy(model(x[batch]), y[batch])
                loss = loss + ictal.desync_penalty(monitor, target=0.15, weight=weight)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
    record = monitor.record  # SI-3: (time, layer)
    print(f"weight {weight:g}: SI-3 of layers 1 and 4 from {record.values[0].round(3)} to {record.values[-1].round(3)}")
    print("saved:", ictal.save(monitor.run(), folder / f"monitor-{weight:g}.h5", force=True))
