"""Training: one plain loop (`train`), its settings, its history, its checkpoints, and its evaluation (`assess`)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .descent import cpu_threads
    from .evaluation import Evaluation, assess, calibration_error, evaluate, probabilities, separation
    from .history import METRICS, VALIDATION, History
    from .loop import OnHistory, OnRecord, Progress, train
    from .settings import Plan, Training
    from .state import Remembers, UnfinishedTrainingError

_MODULES = {
    "descent": ("cpu_threads",),
    "evaluation": ("Evaluation", "assess", "calibration_error", "evaluate", "probabilities", "separation"),
    "history": ("METRICS", "VALIDATION", "History"),
    "loop": ("OnHistory", "OnRecord", "Progress", "train"),
    "settings": ("Plan", "Training"),
    "state": ("Remembers", "UnfinishedTrainingError"),
}


def __getattr__(name: str) -> Any:  # PEP 562: the settings load without torch
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f".{module}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "METRICS",
    "VALIDATION",
    "Evaluation",
    "History",
    "OnHistory",
    "OnRecord",
    "Plan",
    "Progress",
    "Remembers",
    "Training",
    "UnfinishedTrainingError",
    "assess",
    "calibration_error",
    "cpu_threads",
    "evaluate",
    "probabilities",
    "separation",
    "train",
]
