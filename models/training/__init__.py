"""Training: one plain loop (`train`), its settings, its history, its checkpoints, and what came of it (`assess`)."""

from __future__ import annotations

from .descent import cpu_threads
from .evaluation import Evaluation, assess, calibration_error, evaluate, probabilities, separation
from .history import METRICS, VALIDATION, History
from .loop import OnHistory, OnRecord, Progress, train
from .settings import Plan, Training
from .state import Remembers, UnfinishedTrainingError

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
