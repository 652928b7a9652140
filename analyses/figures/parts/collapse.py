"""Line of the synchrony that complete neural collapse alone makes of a layer."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ...measures.collapse import COLLAPSED

STYLE = (0, (7, 1.5, 1, 1.5, 1, 1.5))  # dash, dot, dot: no trajectory and no null is drawn so


def collapse_value(measure: str, classes: object) -> float | None:
    """Return the value; None for a measure without a closed form, and where the number of classes is unknown."""
    if measure not in COLLAPSED or isinstance(classes, bool) or not isinstance(classes, int) or classes < 2:
        return None
    return COLLAPSED[measure](classes)


def collapse_line(axes: Axes, measure: str, classes: object) -> tuple[Line2D, str] | None:
    """Draw the line, and return it with its label; None where there is no value."""
    value = collapse_value(measure, classes)
    if value is None:
        return None
    label = f"collapse alone, {classes} classes"
    return axes.axhline(value, color="0.2", lw=0.9, ls=STYLE, zorder=1, label=label), label


def collapse_words(measure: str, classes: object) -> str:
    """Return the sentence of a caption that holds the line; "" where there is none."""
    value = collapse_value(measure, classes)
    if value is None:
        return ""
    return f" Dash-dot-dotted: {value:.3f}, complete neural collapse alone of a layer with {classes} classes."
