"""Composition of an overview: panels over one axis of time at the left, panels without time at the right."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ..parts.palette import NEED, SOFT
from ..parts.style import CLOCK_LABELS, Drawing, words
from .frame import MM, TITLE, UNDER, WIDTH, event_through, page, panel, printed

LEFT, FULL, SHARED = 18.0, 142.0, 98.0  # mm: margin; width of the panels alone, and beside a column
COLUMN, COLUMN_WIDTH, COLUMN_HEIGHT = 141.0, 35.0, 42.0  # mm
GAP, ROOM, FOOT = 6.0, 4.0, 11.0  # mm: between panels, for what stands above them, for the axis below
LONG = {3600.0: "h", 60.0: "min"}  # s: units of recordings of many of them
MANY = 5.0


@dataclass(frozen=True)
class Part:
    """One panel of an overview.

    Attributes:
        draw: draws into the axes.
        height: [mm].
        title: above the axes.
        wide: distance of the letter from the axes [points].
    """

    draw: Callable[[Axes], object]
    height: float = 16.0
    title: str = ""
    wide: float = 40.0


@dataclass(frozen=True)
class Time:
    """Axis of time of a page: from `start` to `stop` [ticks of `clock`]; long recordings in minutes or hours."""

    clock: str
    start: float
    stop: float

    @property
    def tick(self) -> float:
        """Ticks of the clock in one unit of the axis: 1, or 60 and 3600 of long recordings in seconds."""
        if self.clock != "second":
            return 1.0
        return next((size for size in LONG if self.stop - self.start >= MANY * size), 1.0)

    @property
    def label(self) -> str:
        """Label of the axis, with its unit.

        >>> Time("second", 0, 50).label, Time("second", 0, 7200).label, Time("model", 0, 9).label
        ('time [s]', 'time [min]', 'time [model units]')
        """
        return f"time [{LONG[self.tick]}]" if self.tick in LONG else CLOCK_LABELS[self.clock]

    @property
    def length(self) -> str:
        """Length of the recording with its unit.

        >>> Time("second", 0, 50).length, Time("second", 0, 36000).length, Time("model", 0, 9).length
        ('50 s', '10 h', '9 model units')
        """
        named = {"second": "s", "model": "model units"}.get(self.clock, f"{self.clock}s")
        return f"{plain((self.stop - self.start) / self.tick)} {LONG.get(self.tick, named)}"


@dataclass(frozen=True)
class Mark:
    """An event: a dashed line at its onset, or a zone from its onset to its stop."""

    onset: float
    text: str = ""
    stop: float | None = None


def plain(value: float, digits: int = 3) -> str:
    """Return a number in a sentence, without a power of ten between a thousandth and a million.

    >>> plain(2500.0), plain(0.73123, 2), plain(123.4, 2), plain(-0.5), plain(2e-5)
    ('2,500', '0.73', '123', '−0.5', '2e-5')
    """
    if value and not 1e-3 <= abs(value) < 1e6:
        return re.sub(r"e([+-])0*(\d+)", lambda found: f"e{found[1].strip('+')}{found[2]}", f"{value:.{digits}g}")
    whole = abs(value) >= 10 ** (digits - 1)
    text = f"{value:,.0f}" if whole else f"{value:.{digits}g}"
    return text.replace("-", "−")


def sentence(text: str) -> str:
    """Return the text with a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


@printed
def compose(
    title: str,
    under: str,
    time: Time | None,
    left: Sequence[Part],
    right: Sequence[Part] = (),
    *,
    marks: Sequence[Mark] = (),
    caption: str,
    named: str = "overview",
) -> Drawing:
    """Draw the page.

    Args:
        title: the finding.
        under: what was run.
        time: of the panels at the left; None where these have axes of their own.
        left, right: panels from top to bottom.
        marks: events, drawn through all panels at the left.
        caption: meaning of lines, dots and greys, n, and the limits of the picture.
        named: name of the drawing.
    """
    head = 3 + 4.2 * (1 + words(title, TITLE, 2).count("\n")) + 1 + 9 + ROOM * bool(marks)
    head += 3 * words(under, UNDER, 2).count("\n")
    apart = [GAP + (ROOM if part.title else 0) for part in left]
    body = sum(part.height for part in left) + sum(apart[1:]) + (ROOM if left[0].title else 0)
    below = 13.0  # mm: axis and label of a panel at the right
    column = len(right) * (COLUMN_HEIGHT + below + ROOM) - below
    height = head + max(body, column) + FOOT
    fill = max(0.0, column - body) / sum(part.height for part in left)  # panels as high as the column beside them
    figure, _ = page(title, under, height)

    def axes_at(x: float, y: float, width: float, tall: float) -> Axes:
        return figure.add_axes((x * MM / WIDTH, 1 - (y + tall) / height, width * MM / WIDTH, tall / height))

    at = head + (ROOM if left[0].title else 0)
    panels: list[Axes] = []
    letters = iter("abcdefghijklmnop")
    for index, part in enumerate(left):
        at += apart[index] if index else 0
        tall = part.height * (1 + fill)
        axes = axes_at(LEFT, at, SHARED if right else FULL, tall)
        at += tall
        axes.yaxis.set_major_locator(MaxNLocator(3))
        part.draw(axes)
        panel(axes, next(letters), part.title, part.wide)
        panels.append(axes)
        if time is not None:
            axes.set_xlim(time.start / time.tick, time.stop / time.tick)
            axes.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
            axes.tick_params(axis="x", labelbottom=index == len(left) - 1)
    if time is not None:
        panels[-1].set_xlabel(time.label)
        _marked(panels, marks, time)
    each = (max(body, column) - (ROOM + below) * (len(right) - 1)) / max(len(right), 1)
    for index, part in enumerate(right):
        y = head + ROOM * bool(left[0].title) + index * (min(each, 1.4 * COLUMN_HEIGHT) + below + ROOM)
        axes = axes_at(COLUMN, y, COLUMN_WIDTH, min(each, 1.25 * COLUMN_HEIGHT))
        part.draw(axes)
        panel(axes, next(letters), "", 26)
        if part.title:
            axes.annotate(
                words(part.title, 40, 1), (0, 1), (-12, 4), xycoords="axes fraction", textcoords="offset points",
                size=7.2, va="bottom", annotation_clip=False,
            )  # fmt: skip
    return Drawing(named, title, figure, caption, sentence(f"{title}. {under}"))


def _marked(panels: Sequence[Axes], marks: Sequence[Mark], time: Time) -> None:
    """Draw events through all panels; words that would touch the ones before are left out."""
    span, free = (time.stop - time.start) / time.tick, -1.0
    per_character = 0.0098 * span
    for mark in marks:
        at = mark.onset / time.tick
        if mark.stop is not None:
            for axes in panels:
                axes.axvspan(at, mark.stop / time.tick, facecolor=NEED, lw=0, zorder=0)
        if mark.stop is not None:
            middle = (at + mark.stop / time.tick) / 2
            if middle - per_character * len(mark.text) / 2 >= free:
                free = middle + per_character * (len(mark.text) / 2 + 2)
                panels[0].annotate(
                    words(mark.text, 40, 1), (middle, 1), (0, 3), xycoords=("data", "axes fraction"), ha="center",
                    textcoords="offset points", size=6.5, color=SOFT, annotation_clip=False,
                )  # fmt: skip
            continue
        text = mark.text if at >= free else ""
        if text:
            free = at + per_character * (len(text) + 2)
        event_through(panels, at, text)
        if text and free > time.stop / time.tick:  # a word that would leave the page stands left of its line
            panels[0].texts[-1].set(ha="right")
