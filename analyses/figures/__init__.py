"""Figures, drawn from stored data only.

>>> import numpy as np
>>> from ictal.simulator import Run, Spikes
>>> spikes = Spikes(np.linspace(0.1, 0.9, 9), np.arange(9) % 3, n_units=3, duration=1.0)
>>> list(Run({"E": spikes}).drawings())
['raster/E']
"""
