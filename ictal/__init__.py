"""Ictal: one bench for synchrony in spiking networks, brain recordings and deep networks.

>>> import ictal, numpy as np
>>> wave = np.sin(np.arange(1000)[:, None] / 10 + np.zeros(4))
>>> round(ictal.measure(wave, "si_3", dt=0.001).value("si_3"), 6)
1.0
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .analyses.comparison import Comparison, load_comparison
    from .analyses.dynamics.result import DynamicsResult
    from .analyses.eeg.result import EegResult
    from .analyses.evidence import CLAIMS, Evidence
    from .analyses.experiments import EXPERIMENTS
    from .analyses.experiments.planted import planted
    from .analyses.measures import MEASURES
    from .api import compare, measure, simulate
    from .describe import explain
    from .dynamics import analyse
    from .eeg import analyse_eeg, measure_over_time
    from .evaluation import Evaluated, evaluate_file
    from .evidence import ledger, reproduce
    from .exporting import export
    from .measurements import Measurements
    from .models import SYSTEMS
    from .models.architectures import ARCHITECTURES
    from .models.data import DATA, load_data
    from .models.monitor import Monitor
    from .models.penalty import desync_penalty
    from .models.treatments import TREATMENTS
    from .networks import open_model
    from .simulator import InputError, Recording, Run, Spikes
    from .simulator.arrays import open_run
    from .simulator.store import load, save
    from .sweeps import Sweep, open_sweep, sweep
    from .synchrony import SynchronyRecorder
    from .training import DataChoice, Job, SynchronyChoice, Trained, train_to_file

__all__ = [
    "ARCHITECTURES",
    "CLAIMS",
    "DATA",
    "EXPERIMENTS",
    "MEASURES",
    "SYSTEMS",
    "TREATMENTS",
    "Comparison",
    "DataChoice",
    "DynamicsResult",
    "EegResult",
    "Evaluated",
    "Evidence",
    "InputError",
    "Job",
    "Measurements",
    "Monitor",
    "Recording",
    "Run",
    "Spikes",
    "Sweep",
    "SynchronyChoice",
    "SynchronyRecorder",
    "Trained",
    "analyse",
    "analyse_eeg",
    "compare",
    "desync_penalty",
    "evaluate_file",
    "explain",
    "export",
    "ledger",
    "load",
    "load_comparison",
    "load_data",
    "measure",
    "measure_over_time",
    "open_model",
    "open_run",
    "open_sweep",
    "planted",
    "reproduce",
    "save",
    "simulate",
    "sweep",
    "train_to_file",
]

_MODULES = {
    "simulator": ("InputError", "Recording", "Run", "Spikes"),
    "simulator.arrays": ("open_run",),
    "simulator.store": ("load", "save"),
    "models": ("SYSTEMS",),
    "models.architectures": ("ARCHITECTURES",),
    "models.data": ("DATA", "load_data"),
    "models.monitor": ("Monitor",),
    "models.penalty": ("desync_penalty",),
    "models.treatments": ("TREATMENTS",),
    "analyses.measures": ("MEASURES",),
    "analyses.experiments": ("EXPERIMENTS",),
    "analyses.comparison": ("Comparison", "load_comparison"),
    "analyses.evidence": ("CLAIMS", "Evidence"),
    "analyses.experiments.planted": ("planted",),
    "analyses.eeg.result": ("EegResult",),
    "analyses.dynamics.result": ("DynamicsResult",),
    "dynamics": ("analyse",),
    "eeg": ("analyse_eeg", "measure_over_time"),
    "measurements": ("Measurements",),
    "describe": ("explain",),
    "api": ("compare", "measure", "simulate"),
    "sweeps": ("Sweep", "open_sweep", "sweep"),
    "synchrony": ("SynchronyRecorder",),
    "training": ("DataChoice", "Job", "SynchronyChoice", "Trained", "train_to_file"),
    "evidence": ("ledger", "reproduce"),
    "evaluation": ("Evaluated", "evaluate_file"),
    "exporting": ("export",),
    "networks": ("open_model",),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:  # PEP 562: `import ictal` loads nothing until it is asked for
    from importlib import import_module

    if name == "__version__":
        from importlib.metadata import version

        return version("ictal")
    if name not in _HOME:
        raise AttributeError(f"module 'ictal' has no attribute {name!r}")
    value = getattr(import_module(f"ictal.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__, "__version__"])
