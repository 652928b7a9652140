"""Kinds of files that Ictal writes: the class, the figures and the page of each; methods common to all kinds.

The entries are texts that are resolved at the first use: so a room names objects of later rooms and imports none.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .errors import InputError
from .faces import Face
from .registry import Registry, resolve

RESULTS = Registry("result", "ictal", {
    "run": ("simulator.files.store:load", "recordings and spikes of one system, or of one training"),
    "comparison": ("analyses.comparison.result:Comparison", "groups of recordings under the same measures"),
    "measurements": ("analyses.values:Measurements", "measures of one recording with their nulls"),
    "eeg": ("analyses.eeg.result:EegResult", "measures over time"),
    "why": ("analyses.why.result:WhyResult", "parts of one value of synchrony"),
    "dynamics": ("analyses.dynamics.result:DynamicsResult", "exponents, fixed points, attractors, scans, basins"),
    "evidence": ("analyses.evidence.store:Evidence", "trainings that the claims rest on"),
    "observations": ("analyses.evidence.store:Observations", "one measure against its drivers"),
    "planted": ("experiments.planted_rates:PlantedRates", "error rates of verdicts"),
    "tasks": ("analyses.evidence.tasks:TaskResult", "accuracy on tasks that were learnt one after the other"),
    "evaluation": ("models.trained.evaluated:Evaluated", "accuracy, calibration and robustness of a trained network"),
    "attacked": ("models.attacks.result:Attacked", "accuracy of a network under attack, by size"),
    "model": ("models.trained.network:TrainedNetwork", "a trained network (.pt)"),
    "sweep": ("sweeps.sweep:open_sweep", "runs over a grid of parameters (a folder)"),
})  # fmt: skip
FIGURES = Registry("figure", "ictal", {
    "run": ("analyses.figures.run:drawings_of_run", "rasters, traces, spectra, maps, synchrony over training"),
    "comparison": ("analyses.figures.comparison:drawings", "activity, order, correlations, spectra, curves, nulls"),
    "measurements": ("analyses.figures.measurements:measurement_drawings", "every measure with its nulls"),
    "eeg": ("analyses.figures.eeg:eeg_drawings", "measures over time, recruitment, detectors"),
    "why": ("analyses.figures.why:why_drawings", "the parts of a value on its axis, with its null and its curve"),
    "dynamics": ("analyses.figures.dynamics:dynamics_drawings", "every part of an analysis"),
    "evidence": ("experiments.reproduce:evidence_drawings", "a figure a claim"),
    "observations": ("analyses.figures.side_by_side:side_by_side", "the measure against its drivers"),
    "model": ("models.trained.network:network_drawings", "activity of every layer"),
    "planted": ("analyses.figures.rates:planted_drawings", "right verdicts by case"),
    "tasks": ("analyses.figures.tasks:task_drawings", "accuracy on every task after every task, synchrony of layers"),
    "evaluation": ("analyses.figures.evaluation:evaluation_drawings", "accuracy by set and strength, reliability"),
    "attacked": ("analyses.figures.attacks:attacked_drawings", "accuracy over the size of an attack, by loss"),
    "sweep": ("analyses.figures.sweep:sweep_drawings", "mean activity against the parameters of the grid"),
})  # fmt: skip
OVERVIEWS = Registry("overview", "ictal", {
    "run": ("analyses.figures.overview.run:run_overview", "all that was recorded over one axis of time"),
    "eeg": ("analyses.figures.overview.eeg:eeg_overview", "traces, synchrony beside surrogates, power, alarms"),
    "comparison": ("analyses.figures.overview.values:comparison_overview", "groups beside their nulls, six measures"),
    "measurements": ("analyses.figures.overview.values:measurements_overview", "values beside their nulls on one axis"),
    "why": ("analyses.figures.why:why_overview", "the parts of a value on its axis"),
    "dynamics": ("analyses.figures.overview.dynamics:dynamics_overview", "every part of an analysis"),
    "evidence": ("experiments.reproduce:evidence_overview", "the claims, one statistic each"),
    "observations": ("analyses.figures.side_by_side:side_by_side_overview", "the measure against its drivers"),
    "model": ("models.trained.network:network_overview", "activity of layers, and correlations of their units"),
    "planted": ("analyses.figures.overview.rates:planted_overview", "right verdicts by case and claim"),
    "tasks": ("analyses.figures.tasks:task_overview", "the matrix of accuracies, forgetting, synchrony of layers"),
    "evaluation": ("analyses.figures.overview.evaluation:evaluation_overview", "accuracy, calibration, robustness"),
    "attacked": ("analyses.figures.overview.attacks:attacked_overview", "accuracy over size, beside noise; checks"),
    "sweep": ("analyses.figures.overview.sweep:sweep_overview", "measures and means over the grid"),
})  # fmt: skip
PAGES = Registry("page", "ictal", {
    "comparison": ("analyses.report.comparison:write_report", "verdicts, figures, numbers and caveats"),
    "evidence": ("experiments.reproduce:evidence_page", "the ledger with a figure a claim"),
    "any": ("analyses.report.page:write_page", "figures and settings of any kind"),
})  # fmt: skip


class Kind(Face, ABC):
    """Base of everything that Ictal writes. `kind` is its name in `RESULTS` and in its file."""

    @abstractmethod
    def document(self) -> Any:
        """Return the attributes and groups of its file."""

    @abstractmethod
    def facts(self) -> Mapping[str, Any]:
        """Return a summary for `ictal info`: title -> text, list or mapping."""

    def plot(self, name: str | None = None, *, ax: Any = None) -> Any:
        """Return the overview as a matplotlib figure, or draw the main panel, or that of a name, and return its axes.

        Args:
            name: of a measure, or of a part of the result; the main one if left out.
            ax: axes of matplotlib, drawn with your settings; a new figure of pyplot if left out and a name is given.

        Raises:
            InputError: this kind has no figures, it holds nothing that is drawn, no such name, or `ax` is no axes of an
                open figure.
        """
        if name is not None or ax is not None:
            return self._drawn(ax, name=name)
        drawing = self.overview() or next(iter(self.drawings().values()), None)
        if drawing is None:
            raise InputError(f"plot: {self.kind}: holds nothing that is drawn")
        return resolve("analyses.figures.notebook.axes:displayed", "ictal")(drawing.figure)

    def overview(self) -> Any:
        """Return the overview as a Drawing, with ``figure``, ``caption`` and ``alt``; None where there is none."""
        return OVERVIEWS.load(self.kind)(self) if self.kind in OVERVIEWS else None

    def drawings(self) -> dict[str, Any]:
        """Draw every part: name -> Drawing, with ``figure`` (matplotlib's), ``caption`` and ``alt``.

        Raises:
            InputError: this kind has no figures.
        """
        if self.kind not in FIGURES:
            raise InputError(f"plot: {self.kind} has no figures; those that have: {', '.join(FIGURES)}")
        return {drawing.name: drawing for drawing in FIGURES.load(self.kind)(self)}

    def to_pandas(self, table: str = "") -> Any:
        """Return a table of its file as a DataFrame, by default the first.

        Raises:
            InputError: no such table, or pandas is not installed.
        """
        return resolve("export.objects.frames:group_frame", "ictal.simulator")(self.document().groups, table)

    def pictures(self) -> dict[str, Any]:
        """Draw the overview, if the kind has one, and every part: name -> Drawing.

        Raises:
            InputError: this kind has no figures.
        """
        overview = self.overview()
        parts = self.drawings()
        return parts if overview is None else {overview.name: overview, **parts}

    def html(self, path: str | os.PathLike[str], *, force: bool = False) -> Path:
        """Write one self-contained HTML page, with the figures inside.

        Raises:
            InputError: the file exists (and not force), its folder is missing or cannot be written.
        """
        written: Path = PAGES.load(self.kind if self.kind in PAGES else "any")(self, path, force=force)
        return written

    def export(
        self, to: str, path: str | os.PathLike[str] | None = None, *, entries: Sequence[str] | None = None,
        force: bool = False,
    ) -> Any:  # fmt: skip
        """Write it for other tools; see `ictal.export`."""
        return resolve("export:export", "ictal.simulator")(self, to, path, entries=entries, force=force)
