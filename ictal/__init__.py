"""Ictal: one bench for synchrony in spiking networks, brain recordings and deep networks.

>>> import ictal, numpy as np
>>> wave = np.sin(np.arange(1000)[:, None] / 10 + np.zeros(4))
>>> round(ictal.measure(wave, "si_3", dt=0.001).value("si_3"), 6)
1.0
"""

from .simulator.doors import door

_load, __dir__, __all__ = door(__name__)


def __getattr__(name: str) -> object:
    if name != "__version__":
        return _load(name)
    from importlib.metadata import version

    return version("ictal")
