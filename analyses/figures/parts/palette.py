"""Colours with one meaning each: a hue names the source of activity, grey is chance. A fill names the state.

Contrast with white is at least 4.5 for the three hues; ΔE*ab between them is at least 40 in protanopia and
deuteranopia, 11 in tritanopia, so that every group is labelled as well.
"""

from __future__ import annotations

from typing import Any

import matplotlib
from matplotlib.colors import LinearSegmentedColormap

MODEL, EEG, NET = "#0072B2", "#00866C", "#C4520A"  # spiking networks and masses, recordings of brains, deep networks
NULL, NULL_EDGE = "#D9DBDE", "#9A9EA5"  # 95 % of surrogates; hatched: permuted within classes
WARN = "#882255"  # "fails", "opposite"; always with the word or ✕
INK, SOFT, HAIR, NEED = "#1B1B1F", "#5B6068", "#C9CCD1", "#EEF0F2"  # text; captions; rules; zones
HUES = {"model": MODEL, "eeg": EEG, "net": NET, "": INK}  # of an origin; ink where it is not known
INHIBITORY = "#6A737D"
DEPTHS = ("#F2A56B", "#DD6F22", "#A94608", "#5E2504")  # of a deep network, shallow to deep
SIGNED, PHASE_MAP = "PuOr_r", "twilight"  # about 0; cyclic


def magnitudes(hue: str) -> Any:
    """Return the map from white to a hue and on to its shade, for magnitudes from 0."""
    red, green, blue = matplotlib.colors.to_rgb(hue)
    shade = (0.45 * red, 0.45 * green, 0.45 * blue)
    return LinearSegmentedColormap.from_list(f"to {hue}", [(1.0, 1.0, 1.0), matplotlib.colors.to_rgb(hue), shade])


def steps_of(hue: str, n: int) -> list[Any]:
    """Return n steps of one hue, light to dark: depth or time within one source."""
    to_rgb = matplotlib.colors.to_rgb
    ends = [_towards(hue, 1.0, 0.55), to_rgb(hue), _towards(hue, 0.0, 0.55)]
    ramp = LinearSegmentedColormap.from_list("depth", [to_rgb(step) for step in DEPTHS] if hue == NET else ends)
    return [ramp(at / max(n - 1, 1)) for at in range(n)]


def _towards(hue: str, end: float, share: float) -> tuple[float, float, float]:
    red, green, blue = (share * end + (1 - share) * part for part in matplotlib.colors.to_rgb(hue))
    return red, green, blue
