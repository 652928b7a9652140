"""Ictal: one bench for synchrony in spiking networks, brain recordings and deep networks.

>>> import ictal, numpy as np
>>> wave = np.sin(np.arange(1000)[:, None] / 10 + np.zeros(4))
>>> round(ictal.measure(wave, "si_3", dt=0.001).value("si_3"), 6)
1.0
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .analyses.claims import CLAIMS
    from .analyses.comparison.result import Comparison
    from .analyses.dynamics.result import DynamicsResult
    from .analyses.eeg.result import EegResult
    from .analyses.evidence import Evidence
    from .analyses.measures import MEASURES
    from .analyses.values import Measurements
    from .experiments import EXPERIMENTS
    from .experiments.planted import planted
    from .experiments.reproduce import ledger, reproduce
    from .models import SYSTEMS
    from .models.architectures import ARCHITECTURES
    from .models.datasets import DATA, load_data
    from .models.monitoring.monitor import Monitor
    from .models.monitoring.penalty import desync_penalty
    from .models.synchrony import SynchronyRecorder
    from .models.trained.evaluate import Evaluated, evaluate_file
    from .models.training.build import open_model
    from .models.training.job import DataChoice, Job, SynchronyChoice, Trained, train_to_file
    from .models.treatments import TREATMENTS
    from .simulator import InputError, Recording, Run, Spikes
    from .simulator.export import export
    from .simulator.files.readers import open_run
    from .simulator.files.result import load
    from .simulator.files.store import save
    from .sweeps.sweep import Sweep, open_sweep, sweep
    from .verbs.analyse import analyse
    from .verbs.compare import compare
    from .verbs.eeg import analyse_eeg, measure_over_time
    from .verbs.explain import explain
    from .verbs.measure import measure
    from .verbs.simulate import simulate

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
    "simulator.files.readers": ("open_run",),
    "simulator.files.result": ("load",),
    "simulator.files.store": ("save",),
    "models": ("SYSTEMS",),
    "models.architectures": ("ARCHITECTURES",),
    "models.datasets": ("DATA", "load_data"),
    "models.monitoring.monitor": ("Monitor",),
    "models.monitoring.penalty": ("desync_penalty",),
    "models.treatments": ("TREATMENTS",),
    "analyses.measures": ("MEASURES",),
    "experiments": ("EXPERIMENTS",),
    "analyses.comparison.result": ("Comparison",),
    "analyses.claims": ("CLAIMS",),
    "analyses.evidence": ("Evidence",),
    "experiments.planted": ("planted",),
    "analyses.eeg.result": ("EegResult",),
    "analyses.dynamics.result": ("DynamicsResult",),
    "verbs.analyse": ("analyse",),
    "verbs.eeg": ("analyse_eeg", "measure_over_time"),
    "analyses.values": ("Measurements",),
    "verbs.explain": ("explain",),
    "verbs.compare": ("compare",),
    "verbs.measure": ("measure",),
    "verbs.simulate": ("simulate",),
    "sweeps.sweep": ("Sweep", "open_sweep", "sweep"),
    "models.synchrony": ("SynchronyRecorder",),
    "models.training.job": ("DataChoice", "Job", "SynchronyChoice", "Trained", "train_to_file"),
    "experiments.reproduce": ("ledger", "reproduce"),
    "models.trained.evaluate": ("Evaluated", "evaluate_file"),
    "simulator.export": ("export",),
    "models.training.build": ("open_model",),
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
