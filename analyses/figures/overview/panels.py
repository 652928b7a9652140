"""Parts that several overviews share: axes by their place [mm], labels that keep apart, heat maps, rows of marks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import Formatter, MaxNLocator

from ...measures.notation import short
from ..parts.palette import HAIR, INK, NULL, NULL_EDGE, magnitudes
from ..parts.style import NOT_DRAWN, Values, shortened, words
from .frame import MM, WIDTH, beside

OPEN: dict[str, Any] = {"marker": "o", "ls": "", "ms": 5, "mfc": "white", "mew": 1.1}
FILLED: dict[str, Any] = {"marker": "o", "ls": "", "ms": 5, "mew": 1.1}
FREE_NULL: dict[str, Any] = {"facecolor": NULL, "edgecolor": NULL_EDGE, "lw": 0.6}
WITHIN_NULL: dict[str, Any] = {"facecolor": "white", "edgecolor": NULL_EDGE, "lw": 0.6, "hatch": "//////"}
NUMBERED_CELLS = 100  # of a heat map with numbers in its cells
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def axes_at(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Add axes whose upper left corner is `left` and `top` away from that of the page [mm]."""
    across, tall = WIDTH / MM, figure.get_figheight() / MM
    return figure.add_axes((left / across, 1 - (top + height) / tall, width / across, height / tall))


def below_heading(figure: Figure, top: float) -> float:
    """Return the distance of the area below the heading from the top of the page [mm].

    Args:
        top: as `page` returns it.
    """
    return (1 - top) * figure.get_figheight() / MM


def size_of(axes: Axes) -> tuple[float, float]:
    """Return width and height of axes [points]."""
    figure, place = axes.get_figure(root=True), axes.get_position()
    assert figure is not None
    return float(place.width * figure.get_figwidth() * 72), float(place.height * figure.get_figheight() * 72)


class ShortFormatter(Formatter):
    """Ticks without leading zeros, with as many decimals as tell them apart: 0, .006, .012."""

    digits = 2

    def __call__(self, value: float, pos: int | None = None) -> str:
        """Return the text of a tick."""
        return plain_number(0.0 if abs(value) < 0.5 * 10.0**-self.digits else value, self.digits)

    def set_locs(self, locs: Any) -> None:
        """Take the least number of decimals that gives every tick."""
        super().set_locs(locs)
        apart = np.diff(np.unique(np.asarray(locs, dtype=float)))
        if apart.size:
            exact = (k for k in range(1, 9) if np.abs(np.round(locs, k) - locs).max() < 1e-3 * apart.min())
            self.digits = next(exact, 9)


def short_ticks(axes: Axes, which: str = "xy") -> None:
    """Write the ticks without leading zeros: .2, −.04."""
    for axis in which:
        (axes.xaxis if axis == "x" else axes.yaxis).set_major_formatter(ShortFormatter())


def plain_number(value: float, digits: int = 2) -> str:
    """Return a number for a figure: at most `digits` decimals and no zeros that say nothing.

    >>> plain_number(0.5), plain_number(-0.25), plain_number(1500.0), plain_number(12.5), plain_number(0.004)
    ('.5', '−.25', '1500', '12.5', '.004')
    """
    if value and abs(value) < 10.0**-digits:
        text = f"{abs(value):.2g}"
        text = text if "e" in text else text.removeprefix("0")
        return ("−" if value < 0 else "") + text.replace("e-0", "e−")
    if abs(value) >= 10:
        return f"{value:.4g}".replace("-", "−")
    text = short(value, digits)
    return text.rstrip("0") if "." in text else text


def spread(heights: Sequence[float], least: float) -> list[float]:
    """Return places near these heights, in their order, at least so far apart.

    >>> spread([0.0, 1.0, 5.0], 2.0)
    [-0.5, 1.5, 5.0]
    """
    order = sorted(range(len(heights)), key=lambda at: heights[at])
    blocks: list[list[int]] = [[at] for at in order]

    def middle(block: list[int]) -> float:
        return sum(heights[at] for at in block) / len(block)

    merged = True
    while merged:
        merged = False
        for k in range(len(blocks) - 1):
            room = least * (len(blocks[k]) + len(blocks[k + 1])) / 2
            if middle(blocks[k + 1]) - middle(blocks[k]) < room - 1e-12 * abs(room):
                blocks[k : k + 2] = [blocks[k] + blocks[k + 1]]
                merged = True
                break
    places = [0.0] * len(heights)
    for block in blocks:
        for rank, at in enumerate(block):
            places[at] = middle(block) + least * (rank - (len(block) - 1) / 2)
    return places


def labels_beside(axes: Axes, labels: Sequence[tuple[str, float, Any]]) -> None:
    """Write labels to the right of the axes, each as near to its height [data] as the others leave room.

    Args:
        labels: text, height and colour of each.
    """
    low, high = axes.get_ylim()
    tall = size_of(axes)[1]  # points
    least = 7.0 / tall * (high - low)
    for (text, _, colour), place in zip(labels, spread([at for _, at, _ in labels], least), strict=True):
        beside(axes, words(shortened(text, 24), 24, 1), place, colour)


def edges_of(centres: Values) -> Values:
    """Return the borders of cells around these centres (n,) -> (n + 1,)."""
    x = np.asarray(centres, dtype=float)
    if x.size == 1:
        return np.array([x[0] - 0.5, x[0] + 0.5])
    half = float(np.diff(x).min()) / 2  # the ends of unequal cells do not reach far beyond the data
    return np.concatenate([[x[0] - half], (x[1:] + x[:-1]) / 2, [x[-1] + half]])


def rounded_top(value: float) -> float:
    """Return the end of a scale from 0 that holds a value: 1, 2, 4, 5 or 8 times a power of ten.

    >>> rounded_top(0.27), rounded_top(0.93), rounded_top(238.0)
    (0.4, 1.0, 400.0)
    """
    if not value > 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(step * power for step in (1, 2, 4, 5, 8, 10) if step * power >= value * (1 - 1e-9)))


def heat_map(axes: Axes, x: Values, y: Values, values: Values, hue: str, top: float, *, low: float = 0.0) -> Any:
    """Draw magnitudes (y, x) in cells around x and y, white at `low`, grey where there is no number."""
    image = axes.pcolormesh(
        edges_of(x), edges_of(y), np.ma.masked_invalid(values), vmin=low, vmax=top, rasterized=True,  # type: ignore[no-untyped-call]
        cmap=magnitudes(hue).with_extremes(bad=NOT_DRAWN),
    )  # fmt: skip
    axes.set_facecolor(NOT_DRAWN)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0)
    return image


def cell_numbers(axes: Axes, x: Values, y: Values, values: Values, top: float, *, low: float = 0.0) -> None:
    """Write the numbers into the cells of a heat map, "–" where there is none."""
    size = 6.5 if values.size <= 50 else 6
    for row, height in zip(values, y, strict=True):
        for value, place in zip(row, x, strict=True):
            dark = np.isfinite(value) and (value - low) / ((top - low) or 1.0) > 0.45
            text = cell_number(float(value))
            axes.text(place, height, text, ha="center", va="center", size=size, color="white" if dark else INK)


def cell_number(value: float) -> str:
    """Return a number of two or three digits for a cell.

    >>> cell_number(0.523), cell_number(1.0), cell_number(12.34), cell_number(258.2), cell_number(float("nan"))
    ('.52', '1.00', '12', '258', '–')
    """
    if not np.isfinite(value):
        return "–"
    size = abs(value)
    if size >= 1e4 or 0 < size < 5e-3:
        mantissa, exponent = f"{value:.0e}".split("e")
        return f"{mantissa}e{int(exponent)}".replace("-", "−")
    if size >= 9.95:
        return f"{value:.0f}".replace("-", "−")
    text = f"{size:.2f}" if size < 1.995 else f"{size:.1f}"
    text = text.removeprefix("0") if float(text) else "0"
    return ("−" if value < 0 and text != "0" else "") + text


def bar_beside(axes: Axes, image: Any) -> None:
    """Draw the scale of a heat map to the right of it."""
    wide = size_of(axes)[0]  # points
    inner = axes.inset_axes((1 + 5 / wide, 0, 6 / wide, 1))
    bar = axes.figure.colorbar(image, cax=inner)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, pad=2)
    if image.get_clim() == (0.0, 1.0):
        bar.set_ticks([0, 0.5, 1])
    else:
        bar.ax.yaxis.set_major_locator(MaxNLocator(3))
    short_ticks(bar.ax, "y")


def bar_above(axes: Axes, image: Any, label: str, ticks: Sequence[float], *, below: bool = False) -> None:
    """Draw the scale of a heat map above its right end; `below`: values under its low end are drawn as that end."""
    tall = size_of(axes)[1]  # points
    inner = axes.inset_axes((0.7, 1 + 5 / tall, 0.3, 4 / tall))
    bar = axes.figure.colorbar(image, cax=inner, orientation="horizontal", ticks=list(ticks))
    bar.outline.set_visible(False)
    bar.ax.xaxis.set_ticks_position("top")
    bar.ax.tick_params(length=0, pad=1)
    texts = [plain_number(tick) for tick in ticks]
    bar.ax.set_xticklabels([f"≤ {texts[0]}" if below else texts[0], *texts[1:]])
    bar.ax.annotate(label, (0, 0.5), (-4, 0), xycoords="axes fraction", textcoords="offset points", ha="right",
                    va="center", size=6.5, annotation_clip=False)  # fmt: skip


def null_bar(axes: Axes, low: float, high: float, place: float, *, within: bool = False, height: float = 0.5) -> None:
    """Draw 95 % of surrogates as a grey bar in a row; hatched if they are permuted within classes."""
    if np.isfinite([low, high]).all():
        style = WITHIN_NULL if within else FREE_NULL
        axes.add_patch(Rectangle((low, place - height / 2), high - low, height, zorder=2, **style))


def row_grid(axes: Axes) -> None:
    """Rule the axes of rows of marks: upright hairs, no line at the left."""
    axes.grid(axis="x", color=HAIR, lw=0.4, zorder=0)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)


def key(figure: Figure, left: float, top: float, entries: Sequence[tuple[Any, str]], columns: int = 1) -> None:
    """Write a key of marks in columns, whose upper left corner is at `left`, `top` [mm]."""
    across, tall = WIDTH / MM, figure.get_figheight() / MM
    figure.legend(
        [handle for handle, _ in entries], [label for _, label in entries], loc="upper left", borderpad=0,
        bbox_to_anchor=(left / across, 1 - top / tall), borderaxespad=0, handletextpad=0.8, labelspacing=0.55,
        ncols=columns,
    )  # fmt: skip


def mark_of(style: dict[str, Any], colour: Any) -> Line2D:
    """Return a handle for a key."""
    return Line2D([], [], color=colour, **{"mfc": colour, **style})


def patch_of(*, within: bool) -> Patch:
    """Return the handle of a null for a key."""
    return Patch(**(WITHIN_NULL if within else FREE_NULL))
