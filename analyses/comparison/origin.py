"""Origin of activity, by its provenance: a model of the brain, a recording of a brain, or a deep network.

Figures give each origin one hue. What has no provenance, such as an array, has no origin and is drawn in ink.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from .result import Comparison

Origin = Literal["model", "eeg", "net", ""]
WORDS: Mapping[Origin, str] = {
    "model": "model of the brain",
    "eeg": "recording of a brain",
    "net": "deep network",
    "": "",
}
RECORDED = ("EDF", "BDF", "EEG")  # formats of recordings of brains begin so
NETWORKS = ("architecture", "probe", "layer")  # keys that only activity of a deep network has
POTENTIAL = "potential"  # quantity that readers of EEG give; simulated membrane potentials name their system


def origin(comparison: Comparison, panel: str, group: str) -> Origin:
    """Return the origin of a group of a panel; "" where its provenance does not say."""
    sources = comparison.config.get("sources")
    given = sources.get(group) if isinstance(sources, Mapping) else None
    if isinstance(given, Sequence) and not isinstance(given, str):
        found = {_of_source(one) for one in given if isinstance(one, Mapping)}
        if len(found) == 1 and (known := found.pop()):
            return known
    systems = comparison.config.get("systems")
    if isinstance(systems, Mapping) and "layer" in comparison.config:  # a run of models beside trained networks
        return "model" if f"raster/{panel}/{group}" in comparison.figures else "net"
    shown = comparison.figures.get(f"activity/{panel}/{group}")
    quantity = shown.variables["values"].attrs.get("long_name") if shown else ""
    return "eeg" if quantity == POTENTIAL and not _simulated(given) else ""


def baselines(comparison: Comparison) -> set[tuple[str, str]]:
    """Return panel and name of the groups that others are measured against: they are drawn as open marks."""
    return {(row.panel, row.b) for row in comparison.contrasts} - {(row.panel, row.a) for row in comparison.contrasts}


def _of_source(source: Mapping[str, Any]) -> Origin:
    if any(key in source for key in NETWORKS) or source.get("system") == "classifier":
        return "net"
    if source.get("system") or source.get("network"):
        return "model"
    return "eeg" if str(source.get("format", "")).upper().startswith(RECORDED) else ""


def _simulated(sources: Any) -> bool:
    return isinstance(sources, Sequence) and any(isinstance(one, Mapping) and one.get("system") for one in sources)
