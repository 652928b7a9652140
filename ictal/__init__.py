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
    from .analyses.experiments import EXPERIMENTS
    from .analyses.measures import MEASURES
    from .api import compare, measure, simulate
    from .describe import explain
    from .measurements import Measurements
    from .models import SYSTEMS
    from .simulator import InputError, Recording, Run, Spikes
    from .simulator.arrays import open_run
    from .simulator.store import load, save
    from .sweeps import Sweep, open_sweep, sweep

__all__ = [
    "EXPERIMENTS",
    "MEASURES",
    "SYSTEMS",
    "Comparison",
    "InputError",
    "Measurements",
    "Recording",
    "Run",
    "Spikes",
    "Sweep",
    "compare",
    "explain",
    "load",
    "load_comparison",
    "measure",
    "open_run",
    "open_sweep",
    "save",
    "simulate",
    "sweep",
]

_MODULES = {
    "simulator": ("InputError", "Recording", "Run", "Spikes"),
    "simulator.arrays": ("open_run",),
    "simulator.store": ("load", "save"),
    "models": ("SYSTEMS",),
    "analyses.measures": ("MEASURES",),
    "analyses.experiments": ("EXPERIMENTS",),
    "analyses.comparison": ("Comparison", "load_comparison"),
    "measurements": ("Measurements",),
    "describe": ("explain",),
    "api": ("compare", "measure", "simulate"),
    "sweeps": ("Sweep", "open_sweep", "sweep"),
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
