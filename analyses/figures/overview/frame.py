"""Page of an overview: 180 mm wide in print, a sentence as its title, lettered panels, labels at the lines."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeVar

from matplotlib import style as mpl_style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...measures.notation import with_symbols
from ..parts.palette import INK, SOFT
from ..parts.style import RC, StyledFigure, words

MM = 1 / 25.4
WIDTH = 180 * MM  # inch
TITLE, UNDER = 108, 150  # characters across
PRINT: dict[str, Any] = RC | {
    "font.size": 7,
    "axes.titlesize": 7.2,
    "axes.labelsize": 7,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "text.color": INK,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.fontsize": 6.5,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.linewidth": 1.1,
    "lines.markersize": 4,
    "hatch.linewidth": 0.6,
    "image.interpolation": "nearest",
}
P = ParamSpec("P")
T = TypeVar("T")


def printed(function: Callable[P, T]) -> Callable[P, T]:
    """Draw in the style of print, and leave matplotlib's settings as they were."""

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        with mpl_style.context(["default", PRINT]):
            return function(*args, **kwargs)

    return wrapped


def page(title: str, under: str, height: float) -> tuple[Figure, float]:
    """Return an empty page with its title, and the top of the area below it (fraction of the height).

    Args:
        title: the finding, a sentence; at most two lines.
        under: run, seed, sizes, in grey.
        height: of the page [mm].
    """
    figure = StyledFigure(figsize=(WIDTH, height * MM))
    heading = words(title, TITLE, 2)
    if "\n" in heading and not heading.endswith("…"):  # two lines of like length
        narrower = (words(title, width, 2) for width in range(len(title) // 2, TITLE + 1))
        heading = next(text for text in narrower if not text.endswith("…"))
    top = 1 - 3 / height
    figure.text(0.012, top, with_symbols(heading), size=9, weight="bold", va="top")
    top -= (4.2 * (1 + heading.count("\n")) + 1) / height
    grey = words(under, UNDER, 2)
    figure.text(0.012, top, grey, size=7, color=SOFT, va="top")
    return figure, top - (9 + 3 * grey.count("\n")) / height


def panel(axes: Axes, letter: str, title: str = "", left: float = 24) -> None:
    """Write the letter of a panel, and its title, above the axes.

    Args:
        left: distance of the letter from the axes [points].
    """
    place: Any = {"xycoords": "axes fraction", "textcoords": "offset points", "va": "bottom", "annotation_clip": False}
    axes.annotate(letter, (0, 1), (-left, 4), size=8, weight="bold", **place)
    if title:
        axes.annotate(words(title, 80, 1), (0, 1), (0, 4), size=7.2, **place)


def beside(axes: Axes, text: str, height: float, colour: Any = INK) -> None:
    """Write a label to the right of the axes, at a height [data]."""
    axes.annotate(
        text, (1, height), (4, 0), xycoords=("axes fraction", "data"), textcoords="offset points", va="center",
        color=colour, size=6.5, annotation_clip=False,
    )  # fmt: skip


def event_through(panels: Sequence[Axes], time: float, text: str = "") -> None:
    """Draw one event as a dashed line through all panels, with its words above the first."""
    for axes in panels:
        axes.axvline(time, color=INK, ls=(0, (3, 2)), lw=0.8, zorder=5)
    if text:
        panels[0].annotate(
            words(text, 40, 1), (time, 1), (0, 3), xycoords=("data", "axes fraction"), textcoords="offset points",
            size=6.5, va="bottom", annotation_clip=False,
        )  # fmt: skip
