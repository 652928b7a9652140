"""Train a network, stop it half way, and go on from its checkpoint: the same bits as in one go.

python examples/train_resume.py [FOLDER]
"""

import sys
from pathlib import Path

import torch

from ictal.models import Training, UnfinishedTrainingError, architecture, assess, load_data, train

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
data = load_data("digits", n_train=800, n_val=200)
how = Training(epochs=20, learning_rate=2e-3, schedule="cosine", warmup=10, patience=5)


def network() -> torch.nn.Module:
    x = data.x_train
    return architecture("convnet").build(data.image_shape, data.n_classes, mean=float(x.mean()), sd=float(x.std()))


whole = network()
history = train(whole, data, how, seed=1)
print("in one go:  ", {name: round(value, 4) for name, value in history.final().items()})

checkpoint = folder / "checkpoint.pt"
asked = iter(range(10**6))
try:
    train(network(), data, how, seed=1, checkpoint=checkpoint, stop=lambda: next(asked) == 50)
except UnfinishedTrainingError as stopped:
    print(stopped)
resumed = network()
again = train(resumed, data, how, seed=1, checkpoint=checkpoint, resume=True)
print("in two goes:", {name: round(value, 4) for name, value in again.final().items()})

assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), resumed.parameters(), strict=True))
print(assess(resumed, torch.tensor(data.x_test), torch.tensor(data.y_test)))
