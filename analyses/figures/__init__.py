"""Figures, drawn from stored data only: of a comparison, or of one run.

>>> import numpy as np
>>> from ictal.simulator import Run, Spikes
>>> spikes = Spikes(np.linspace(0.1, 0.9, 9), np.arange(9) % 3, n_units=3, duration=1.0)
>>> list(figures_of_run(Run({"E": spikes})))
['raster/E']
"""

from __future__ import annotations

from matplotlib.figure import Figure

from ...simulator import Run
from ..comparison.result import Comparison
from .comparison import drawings
from .parts.style import Drawing
from .run import drawings_of_run
from .save import save_figures, to_png, to_svg

__all__ = [
    "Drawing",
    "drawings",
    "drawings_of_run",
    "figures_of_comparison",
    "figures_of_run",
    "save_figures",
    "to_png",
    "to_svg",
]


def figures_of_run(run: Run) -> dict[str, Figure]:
    """Name -> figure of one run: rasters with rates, traces, maps, spectra, curves, the hysteresis of a ramp."""
    return {drawing.name: drawing.figure for drawing in drawings_of_run(run)}


def figures_of_comparison(comparison: Comparison) -> dict[str, tuple[Figure, str]]:
    """Name -> (figure, caption) of a comparison; `drawings` gives the same one at a time, with alternative text."""
    return {drawing.name: (drawing.figure, drawing.caption) for drawing in drawings(comparison)}
