"""Faces of an object in Python: a picture in given axes, and a card in a notebook."""

from __future__ import annotations

from typing import Any, ClassVar

from .errors import InputError
from .registry import Registry, resolve

PANELS = Registry("panel", "ictal", {
    "recording": ("analyses.figures.notebook.entries:draw_recording", "traces, or an image of many units"),
    "spikes": ("analyses.figures.notebook.entries:draw_spikes", "a raster"),
    "distribution": ("analyses.figures.notebook.entries:draw_distribution", "a histogram"),
    "measurements": ("analyses.figures.notebook.values:draw_measurements", "values beside their nulls"),
    "comparison": ("analyses.figures.notebook.values:draw_comparison", "replicates of every group beside their nulls"),
    "eeg": ("analyses.figures.notebook.values:draw_over_time", "a measure over time with its null"),
    "why": ("analyses.figures.notebook.values:draw_parts", "the parts of a value on its axis"),
    "dynamics": ("analyses.figures.notebook.states:draw_dynamics", "a scan, exponents, fixed points or basins"),
    "evidence": ("analyses.figures.notebook.trainings:draw_evidence", "gap and synchrony of every training"),
    "observations": ("analyses.figures.notebook.trainings:draw_observations", "a measure against its driver"),
    "planted": ("analyses.figures.notebook.trainings:draw_planted", "right verdicts by case"),
    "evaluation": ("analyses.figures.notebook.trainings:draw_evaluation", "accuracy by set of images"),
    "attacked": ("analyses.figures.notebook.trainings:draw_attacked", "accuracy over the size of an attack"),
    "sweep": ("analyses.figures.notebook.grids:draw_sweep", "mean activity against the parameters"),
})  # fmt: skip


class Face:
    """Base of what draws itself into axes and shows itself in a notebook. `kind` is its name in `PANELS`."""

    kind: ClassVar[str]

    def _drawn(self, ax: Any, **settings: Any) -> Any:
        """Draw into axes of the caller, or those of a new figure of pyplot, and return them.

        Raises:
            InputError: this kind has no panel, or `ax` is no axes of an open figure.
        """
        if self.kind not in PANELS:
            raise InputError(f"plot: {self.kind} has no panel for axes; leave ax out for its figure")
        draw = PANELS.load(self.kind)
        axes = resolve("analyses.figures.notebook.axes:axes_for", "ictal")(ax)
        draw(self, axes, **settings)
        return axes

    def _repr_html_(self) -> str:
        """Return the card of a notebook: a small picture, sizes, units, and what was assumed."""
        card: str = resolve("analyses.figures.notebook.card:card", "ictal")(self)
        return card
