"""Trainings of four layers whose SI rises from .2 to .6, for tests of the ledger."""

import numpy as np

from ictal.analyses import TrainingRun


def training(condition="few", kind="few", seed=0, gap=0.4, n=41, **changes):
    steps = np.arange(n) * 10.0
    si = np.linspace(0.2, 0.6, n)[:, None] + np.arange(4) * 0.05
    metrics = {name: np.full(n, 1.0) for name in ("train_accuracy", "test_accuracy", "test_loss", "val_loss")}
    fields = {
        "model": "net",
        "data": "images",
        "steps": steps,
        "metrics": metrics | {"gap": np.full(n, gap)},
        "layers": ("a", "b", "c", "d"),
        "synchrony": {"si_3 test": si},
        "null_high": {"si_3 test": np.full((n, 4), np.nan)},
    }
    return TrainingRun(**(fields | {"condition": condition, "kind": kind, "seed": seed} | changes))
