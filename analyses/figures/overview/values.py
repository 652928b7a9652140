"""Overviews of values beside their nulls: a comparison by groups, and the measurements of one file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ....simulator import InputError
from ...comparison.origin import baselines, origin
from ...comparison.result import Comparison, ReplicateValue
from ...comparison.sentence import sentence as finding
from ...measures.notation import KEY, NOTATION, notation, short
from ...values import ALPHA, EntryValue, Measurements, Value
from ..parts.palette import HAIR, HUES, INK, NULL, NULL_EDGE, SOFT
from ..parts.style import Drawing, shortened, words
from .compose import plain, sentence
from .frame import MM, WIDTH, page, printed
from .naming import counted, listed

ROW, PER_ROW = 3.6, 3  # mm a group; panels beside each other
LEFT, ACROSS, BETWEEN = 36.0, 40.0, 8.0  # mm: names of groups; a panel; between panels
MOST_ROWS = 30
PR = "participation_ratio"
NO_SYNCHRONY = ("class_share", "spectral_peak", "mean_rate", "cv_isi", "fano_factor")  # not counted in a title
DOTS = (
    "Dot: one {dot}. Grey: the middle 95 % of its surrogates. Open: {open}. The axis of PR runs from many modes to "
    "one, so that right is more synchronous everywhere."
)


@printed
def comparison_overview(found: Comparison) -> Drawing:
    """Draw every replicate of every group beside its surrogates, for six measures.

    Raises:
        InputError: no measure has a finite value.
    """
    rows = [row for row in found.observations if math.isfinite(row.value)]
    names = [name for name in KEY if any(row.measure == name for row in rows)]
    names = names or list(dict.fromkeys(row.measure for row in rows))[: len(KEY)]
    if not names:
        raise InputError("plot: no measure of the comparison has a finite value")
    groups = list(dict.fromkeys((row.panel, row.group) for row in rows))[:MOST_ROWS]
    low = baselines(found)
    title = finding(found).removesuffix(".")
    under = f"{counted(len(groups), 'group')}"
    if isinstance(found.config.get("n_units"), int):
        under += f" of {found.config['n_units']} units and {found.config.get('n_times', '')} samples".rstrip()
    lines = -(-len(names) // PER_ROW)
    tall = ROW * len(groups) + 2
    height = 23.0 + lines * (tall + 17) - 2
    figure, _ = page(title, under, height)
    for at, name in enumerate(names):
        column, line = at % PER_ROW, at // PER_ROW
        axes = _place(figure, LEFT + column * (ACROSS + BETWEEN), 23.0 + line * (tall + 17), ACROSS, tall, height)
        for y, (panel, group) in enumerate(groups):
            own = [r for r in rows if (r.panel, r.group, r.measure) == (panel, group, name)]
            _dots(axes, _deciding(own), y, HUES[origin(found, panel, group)], (panel, group) in low)
        _axis(axes, name, [r for r in rows if r.measure == name], len(groups))
        labels = [words(shortened(group, 20), 20, 1) for _, group in groups] if not column else []
        axes.set_yticks(range(len(groups)), labels or [""] * len(groups))
        axes.set_title(f"{notation(name).math}   {words(notation(name).words, 40, 1)}", pad=4)
        for y, (panel, _) in enumerate(groups):
            if y and panel == groups[y - 1][0]:
                continue
            if y:
                axes.axhline(y - 0.5, color=HAIR, lw=0.6)
            if not column:
                axes.annotate(
                    words(shortened(panel, 12), 12, 1), (0, y), (-96, 0), xycoords=("axes fraction", "data"),
                    textcoords="offset points", va="center", size=6.5, color=SOFT, annotation_clip=False,
                )  # fmt: skip
    against = listed(sorted({words(b, 20, 1) for _, b in low})) if low else "none"
    caption = DOTS.format(dot="replicate", open=against) + " At the left: the panel, then the group."
    return Drawing("overview", title, figure, caption, sentence(f"{title}. {under}"))


def _deciding(rows: Sequence[ReplicateValue]) -> list[ReplicateValue]:
    """Return the first row of every replicate: the one with the null that decides."""
    found: dict[int, ReplicateValue] = {}
    for row in rows:
        found.setdefault(row.replicate, row)
    return [found[key] for key in sorted(found)]


def _dots(axes: Axes, rows: Sequence[Value], y: float, hue: str, is_open: bool) -> None:
    n = len(rows)
    for at, row in enumerate(rows):
        place = y + (0.0 if n == 1 else 0.62 * ((at + 0.5) / n - 0.5))
        high = min(0.5, 0.56 / n)
        if math.isfinite(row.null_low):
            axes.barh(
                place, row.null_high - row.null_low, left=row.null_low, height=high, color=NULL, ec=NULL_EDGE, lw=0.3,
                zorder=1,
            )  # fmt: skip
        axes.plot(
            row.value, place, "o", color=hue, mfc="white" if is_open else hue, ms=3.2, mew=0.9, zorder=3, clip_on=False
        )


def _axis(axes: Axes, name: str, rows: Sequence[Value], n: int) -> None:
    """Set the axis of a measure: 0 to 1 where its values have that range, reversed of the participation ratio."""
    ends = [v for row in rows for v in (row.value, row.null_low, row.null_high) if math.isfinite(v)]
    low, high = min(ends), max(ends)
    if name == PR:
        axes.set_xlim(1.06 * high, min(1.0, low) - 0.03 * high)
        axes.set_xlabel("number of modes, reversed", labelpad=1)
    elif low >= -1 and high <= 1 and name in NOTATION:
        axes.set_xlim(min(0.0, low - 0.02), 1.0)
        axes.xaxis.set_major_formatter(lambda value, _: short(value))
    else:
        room = 0.06 * (high - low or 1.0)
        axes.set_xlim(low - room, high + room)
    axes.set_ylim(n - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _place(figure: Figure, left: float, top: float, width: float, tall: float, height: float) -> Axes:
    """Return axes at a place from the upper left corner of a page [mm]."""
    return figure.add_axes((left * MM / WIDTH, 1 - (top + tall) / height, width * MM / WIDTH, tall / height))


@printed
def measurements_overview(found: Measurements) -> Drawing:
    """Draw every value with a range of 0 to 1 beside its surrogates on one axis; others are named in the caption.

    Raises:
        InputError: no value is finite.
    """
    rows = [row for row in found.rows if math.isfinite(row.value)]
    if not rows:
        raise InputError("plot: no measure has a finite value")
    first: dict[tuple[str, str], EntryValue] = {}
    for row in rows:
        first.setdefault((row.entry, row.measure), row)  # the null that decides
    ranked = sorted(first.values(), key=lambda row: (row.entry, _rank(row.measure)))
    drawn = [row for row in ranked if _shown(row)][:MOST_ROWS]
    rest = [row for row in ranked if not _shown(row)]
    entries = list(dict.fromkeys(row.entry for row in drawn))
    title = finding_of_measurements(drawn or ranked)
    source = found.config.get("source")
    named = source.get("file") or source.get("system") if isinstance(source, Mapping) else None
    sizes = f"{counted(ranked[0].n_live, 'unit')} that vary, {counted(ranked[0].n_times, 'sample')}"
    under = f"{str(named).rpartition('/')[2]}: {sizes}" if named else sizes
    tall = ROW * 1.25 * max(len(drawn), 2) + 2
    height = 21.0 + tall + 12
    figure, _ = page(title, under, height)
    axes = _place(figure, 62.0, 19.0, 88.0, tall, height)
    labels = []
    for y, row in enumerate(drawn):
        at = [_position(row, value) for value in (row.value, row.null_low, row.null_high)]
        if math.isfinite(at[1]):
            low, high = sorted(at[1:])
            axes.barh(y, high - low, left=low, height=0.5, color=NULL, ec=NULL_EDGE, lw=0.4, zorder=1)
        beyond = row.p <= ALPHA
        axes.plot(at[0], y, "o", color=INK, mfc=INK if beyond else "white", ms=4.2, mew=1.0, zorder=3)
        text = short(row.value) if row.measure != PR else plain(row.value)
        axes.annotate(
            f"{text}{_p(row)}", (1, y), (6, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
            va="center", size=6.5, annotation_clip=False,
        )  # fmt: skip
        name = f"{notation(row.measure).math}{', reversed' if row.measure == PR else ''}"
        labels.append(f"{name}, {words(shortened(row.entry, 14), 14, 1)}" if len(entries) > 1 else name)
        if len(entries) == 1:
            axes.annotate(
                words(notation(row.measure).words, 34, 1), (0, y), (-54, 0), xycoords=("axes fraction", "data"),
                textcoords="offset points", va="center", ha="right", size=6.5, color=SOFT, annotation_clip=False,
            )  # fmt: skip
        if y and row.entry != drawn[y - 1].entry:
            axes.axhline(y - 0.5, color=HAIR, lw=0.6)
    low = min([0.0, *(_position(row, v) for row in drawn for v in (row.value, row.null_low) if math.isfinite(v))])
    axes.set(xlim=(low - 0.01, 1.01), ylim=(max(len(drawn), 2) - 0.4, -0.6), xlabel="← less   synchronous   more →")
    axes.xaxis.set_major_formatter(lambda value, _: short(value))
    axes.set_yticks(range(len(drawn)), labels)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    caption = (
        "Dot: value; filled where it exceeds its surrogates (one-sided p ≤ .05). Grey: the middle 95 % of the "
        "surrogates. PR, the number of modes, is drawn as 1 − (PR − 1)/(N − 1), so that right is more synchronous."
    )
    uncounted = list(dict.fromkeys(notation(row.measure).symbol for row in drawn if row.measure in NO_SYNCHRONY))
    if uncounted:
        caption += f" No measure of synchrony, and not counted in the title: {listed(uncounted)}."
    if rest:
        texts = [f"{notation(r.measure).words} {plain(r.value)}{'' if r.unit == '1' else ' ' + r.unit}" for r in rest]
        caption += f" Without that range: {'; '.join(texts[:12])}."
    if not drawn:
        axes.text(0.5, 0.5, "no measure with a range of 0 to 1", ha="center", color=SOFT, transform=axes.transAxes)
    return Drawing("overview", title, figure, caption, sentence(f"{title}. {under}"))


def _rank(measure: str) -> int:
    order = list(NOTATION)
    return order.index(measure) if measure in order else len(order)


def _shown(row: Value) -> bool:
    """Return whether a value has its place between 0 and 1."""
    return row.measure == PR or (row.unit == "1" and -1.0 <= row.value <= 1.0 and row.measure in NOTATION)


def _position(row: Value, value: float) -> float:
    """Return the place on the axis; of the participation ratio by the number of units.

    >>> _position(Value(measure="participation_ratio", n_live=11), 1.0)
    1.0
    """
    return 1.0 - (value - 1.0) / max(row.n_live - 1, 1) if row.measure == PR else value


def _p(row: Value) -> str:
    return f"   p {row.p:.2g}".replace("0.", ".", 1) if math.isfinite(row.p) else ""


def finding_of_measurements(rows: Sequence[EntryValue]) -> str:
    """Return the number of values of synchrony beyond their surrogates, and the first ones."""
    counting = [row for row in rows if row.measure not in NO_SYNCHRONY]
    shown = listed([f"{notation(row.measure).symbol} {short(row.value) if row.measure != PR else plain(row.value)}"
                    for row in (counting or rows)[:2]])  # fmt: skip
    tested = [row for row in counting if math.isfinite(row.p)]
    if not tested:
        return shown if any(math.isfinite(row.p) for row in rows) else f"{shown}; no surrogates to compare with"
    beyond = sum(row.p <= ALPHA for row in tested)
    verb = "is more synchronous than its" if 1 in (beyond, len(tested)) else "are more synchronous than their"
    return f"{beyond} of {counted(len(tested), 'value')} {verb} surrogates; {shown}"
