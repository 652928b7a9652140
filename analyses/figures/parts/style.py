"""Style of all figures: size, type, colours that the colour-blind can tell apart, labels with units."""

from __future__ import annotations

import functools
import math
import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import matplotlib
from matplotlib import font_manager
from matplotlib import style as mpl_style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ....simulator.errors import spelled

SIZE = (3.4, 2.6)  # inch: at 8 pt one figure fills a phone's width and stays legible
OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (5, 1.5, 1, 1.5)))  # a second channel beside colour
NOT_DRAWN = "0.85"  # grey of a unit that does not vary
SALT = "ictal"
_ROW = 52  # characters of 8 pt across a figure; a handle takes about five
TITLE_WIDTH = 32  # characters of 9 pt from the left end of the axes

# matplotlib complains about every text in a family that is not installed; DejaVu Sans comes with it
FAMILY = [
    name
    for name in ("Liberation Sans", "Arial", "Helvetica")
    if any(f.name == name for f in font_manager.fontManager.ttflist)
] + ["DejaVu Sans"]
RC: dict[str, Any] = {
    "font.family": FAMILY,
    "mathtext.fontset": "custom",
    "mathtext.rm": FAMILY[0],
    "mathtext.it": f"{FAMILY[0]}:italic",
    "mathtext.bf": f"{FAMILY[0]}:bold",
    **dict.fromkeys(("mathtext.cal", "mathtext.sf", "mathtext.tt"), FAMILY[0]),
    "mathtext.fallback": "stixsans",
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.labelsize": 8,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "legend.columnspacing": 1.1,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "lines.linewidth": 1.1,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.hashsalt": SALT,
    "svg.fonttype": "none",
}
SYMBOLS: dict[Any, Any] = {key: value for key, value in RC.items() if key.startswith("mathtext.")}
STYLE: list[Any] = ["default", RC]  # the default first: a reader's own matplotlibrc must not change a result

CLOCK_LABELS = {
    "second": "time [s]",
    "model": "time [model units]",
    "step": "training step",
    "epoch": "epoch",
    "frame": "frame",
    "sample": "sample (no order)",
}

Values = NDArray[Any]
Legend = list[tuple[Any, str]]  # handles with their labels
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Drawing:
    """A figure with the words that belong to it.

    Attributes:
        name: what is drawn, e.g. ``"raster/spikes/rest"``; a file name is made from it.
        title: the heading that stands in the figure.
        figure: the figure; it belongs to no pyplot state.
        caption: what was done, in words.
        alt: what a reader who cannot see it must know.
    """

    name: str
    title: str
    figure: Figure
    caption: str
    alt: str


class StyledFigure(Figure):
    """A figure whose symbols keep their fonts outside the style: mathtext looks for them when it is drawn."""

    def draw(self, renderer: Any) -> None:
        """Draw with the fonts of symbols that the style names."""
        with matplotlib.rc_context(SYMBOLS):
            super().draw(renderer)


def styled(function: Callable[P, T]) -> Callable[P, T]:
    """Draw in the house style, and leave matplotlib's settings as they were."""

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        with mpl_style.context(STYLE):
            return function(*args, **kwargs)

    return wrapped


def new_figure(title: str, margins: tuple[float, float] | None = None) -> tuple[Figure, Axes]:
    """An empty figure with one pair of axes under its title.

    Args:
        margins: (left, bottom) fractions, where they are known; finding them out doubles the cost of a figure.
    """
    figure = Figure(figsize=SIZE, layout=None if margins else "constrained")
    axes = figure.add_subplot()
    if margins:
        figure.subplots_adjust(left=margins[0], bottom=margins[1], right=0.98, top=0.9)
    axes.set_title(words(title, TITLE_WIDTH))
    return figure, axes


def words(text: str, width: int = 22, lines: int = 2) -> str:
    """Text for a figure: at most `lines` lines of `width` characters, and never read as mathematics.

    >>> words("a $name$")
    'a \\\\$name\\\\$'
    """
    plain = spelled(re.sub(r"[\s\x00-\x1f\x7f]+", " ", text)).strip() or "(no name)"
    wrapped = textwrap.wrap(plain, width, max_lines=lines, placeholder=" …") or [plain]
    return "\n".join(wrapped).replace("$", r"\$")


def with_unit(quantity: str, unit: str) -> str:
    """An axis label; a quantity without a unit carries no brackets.

    >>> with_unit("firing rate", "Hz"), with_unit("correlation", "1")
    ('firing rate [Hz]', 'correlation')
    """
    quantity = words(quantity, 30)
    return quantity if unit in ("", "1") else f"{quantity} [{words(unit, 24)}]"


def power_unit(unit: str, frequency_unit: str) -> str:
    """Unit of a power spectral density.

    >>> power_unit("Hz", "Hz"), power_unit("1", "cycles/frame"), power_unit("mV", "Hz")
    ('Hz²/Hz', 'per cycle/frame', 'mV²/Hz')
    """
    if unit in ("", "1"):
        return f"per {frequency_unit.replace('cycles', 'cycle')}"
    squared = f"{unit}²" if unit.isalpha() else f"({unit})²"
    return f"{squared}/{frequency_unit}" if frequency_unit.isalpha() else f"{squared} per {frequency_unit}"


def colour(index: int) -> str:
    """Colour of the index-th group of a panel."""
    return OKABE_ITO[index % len(OKABE_ITO)]


def dash(index: int) -> Any:
    """Line style of the index-th group of a panel."""
    return DASHES[index % len(DASHES)]


def legend_below(figure: Figure, legend: Sequence[tuple[Any, str]]) -> None:
    """Put a legend under the axes, in one row if it fits; many rows make the figure taller."""
    if len(legend) < 2:
        return
    labels = [words(shortened(label, 26), 26, 1) for _, label in legend]
    columns = len(labels)
    if sum(len(label) + 5 for label in labels) > _ROW:
        columns = max(1, _ROW // (max(len(label) for label in labels) + 5))
    rows = math.ceil(len(labels) / columns)
    figure.set_size_inches(SIZE[0], figure.get_figheight() + 0.16 * max(0, rows - 2))
    place: Any = "lower center" if figure.get_layout_engine() is None else "outside lower center"
    figure.legend([handle for handle, _ in legend], labels, loc=place, ncols=columns, borderaxespad=0.2)


def legend_of(*panels: Axes) -> Legend:
    """Return what is labelled in the panels, each label once."""
    pairs = (zip(*axes.get_legend_handles_labels(), strict=True) for axes in panels)
    return [(handle, label) for label, handle in {label: handle for panel in pairs for handle, label in panel}.items()]


def shortened(name: str, width: int) -> str:
    """A long name without its middle: names often differ at their end.

    >>> shortened("a group of some length 8", 16)
    'a group…length 8'
    """
    name = " ".join(name.split())
    if len(name) <= width:
        return name
    head = (width - 1) // 2
    return f"{name[:head]}…{name[head + 1 - width :]}"


def sign_limits(low: float, high: float, pad: float = 0.06) -> tuple[float, float]:
    """Axis limits around data with a little air; never of zero width."""
    span = high - low or max(abs(high), 1.0) * 0.2
    return low - pad * span, high + pad * span


def as_rgba(name: str) -> Any:
    """A colour map that shows masked cells in grey."""
    return matplotlib.colormaps[name].with_extremes(bad=NOT_DRAWN)
