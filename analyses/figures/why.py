"""Parts of a value: one bar on the axis of the measure, ranges that cannot be told, the null, and a curve."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from ..measures.notation import notation, short
from ..nulls import NULL_NAMES
from ..why.parts import ALL, CLASS, FAST, SLOW, TRIALS, WITHIN_CLASSES, WITHIN_TRIALS
from ..why.result import BACKGROUND, SUBTRACTED, Range, WhyResult
from ..why.wording import decimals, frequency, seconds
from .parts.palette import INK, NULL, NULL_EDGE, SOFT
from .parts.style import Drawing, StyledFigure, styled, words

WIDTH, ROW = 7.0, 0.27  # inch: 180 mm in print; a row below the bar
HIGH = 0.62  # of a row, the bar
COLOURS = {
    CLASS: "#E0A526", TRIALS: "#9C7A2B", SLOW: "#54458C", FAST: "#AFA3D6", WITHIN_CLASSES: "#AFA3D6",
    WITHIN_TRIALS: "#AFA3D6", ALL: "#8A8F98", SUBTRACTED: "#FFFFFF",
}  # fmt: skip
TITLE, UNDER = 90, 118  # characters across
LETTER = 0.0112  # of the width of the axes, a character of 7 pt


@dataclass(frozen=True)
class _Segment:
    """Segment of the bar: name, ends, and the share of it that lies within groups and near-copies."""

    name: str
    start: float
    stop: float
    inside: float


def why_drawings(result: WhyResult) -> Iterator[Drawing]:
    """Draw the one figure of a value that was taken apart."""
    yield why_overview(result)


def why_overview(result: WhyResult) -> Drawing:
    """Draw a value that was taken apart."""
    measure = str(result.config["measure"])
    return Drawing(f"why/{measure}", result.sentence, why_figure(result), caption(result), _alt(result))


@styled
def why_figure(result: WhyResult) -> Figure:
    """Draw the parts of a value on its axis; below them ranges and the null; right the curve or the units."""
    told, measure = all(part.told for part in result.parts), str(result.config["measure"])
    rows = _rows(result) if told else []
    title = words(result.sentence, TITLE, 3).replace("T_eff", "$T_{eff}$")
    title = title.replace(measure, notation(measure).math.replace(r"\mathrm", r"\mathbf"))
    about = words(_about(result), UNDER, 1).replace("T_eff", "$T_{eff}$")
    head = 0.155 * (title.count("\n") + 1) + 0.3
    body = max(1.75, 1.05 + ROW * (len(rows) + 1)) if told else 1.0
    height = head + body
    figure = StyledFigure(figsize=(WIDTH, height))
    figure.text(0.012, 1 - 0.06 / height, title, va="top", fontsize=9, fontweight="bold", color=INK)
    figure.text(0.012, 1 - (head - 0.12) / height, about, va="top", fontsize=7, color=SOFT)
    bottom, top = 0.42 / height, 1 - (head + 0.12) / height
    curve = told and (result.frequencies or result.shifts or result.units)
    axes = figure.add_axes((0.125, bottom, 0.5 if curve else 0.84, top - bottom))
    _bar(axes, result, rows, told)
    if curve:
        right = figure.add_axes((0.74, bottom, 0.245, top - bottom))
        if result.shifts:
            _shift_curve(right, result)
        elif result.frequencies:
            _frequency_curve(right, result)
        else:
            _unit_curve(right, result)
        right.tick_params(labelsize=7)
        right.yaxis.set_major_locator(MaxNLocator(4))
        right.yaxis.set_major_formatter(_tick)
    return figure


def why_panel(axes: Axes, result: WhyResult) -> None:
    """Draw the parts of a value on its axis into axes of the caller."""
    told = all(part.told for part in result.parts)
    _bar(axes, result, _rows(result) if told else [], told)


def _rows(result: WhyResult) -> list[Range]:
    """Return the ranges that are drawn below the bar."""
    return [one for one in result.ranges if math.isfinite(one.high)]


def _either(result: WhyResult) -> Range | None:
    """Return the first range of two parts that cannot be told apart: class and slow, or slow and fast."""
    return next((row for row in _rows(result) if row.of in (CLASS, SLOW)), None)


def _segments(result: WhyResult) -> list[_Segment]:
    """Return the parts as segments: positive ones to the right of 0, negative ones to the left.

    What the measure subtracts goes back from the right end, so that the bar without it ends at the value.
    """
    groups = {cell.part: 0.0 for cell in result.cells}
    for cell in result.cells:
        if cell.pairs != BACKGROUND:
            groups[cell.part] += cell.value
    right = left = 0.0
    found = []
    for part in result.parts:
        if part.part == SUBTRACTED:
            found.append(_Segment(part.part, right, right + part.value, 0.0))
            continue
        start = right if part.value >= 0 else left
        stop = start + part.value
        inside = groups.get(part.part, 0.0) / part.value if part.value else 0.0
        found.append(_Segment(part.part, start, stop, float(np.clip(inside, 0, 1))))
        right, left = (stop, left) if part.value >= 0 else (right, stop)
    return found


def _bar(axes: Axes, result: WhyResult, rows: Sequence[Range], told: bool) -> None:
    value, digits = result.value.value, decimals(result.value.value)
    measure = str(result.config["measure"])
    symbol = notation(measure).math
    segments = _segments(result) if told else []
    ends = [0.0, value, *(one.start for one in segments), *(one.stop for one in segments)]
    ends += [x for x in (result.value.null_low, result.value.null_high) if math.isfinite(x)]
    ticks, names = [0.0], [f"{symbol} {short(value, digits)}"]
    if told:
        for one in segments:
            _segment(axes, one)
        _hatching(axes, result, segments, digits)
        ends += _borders(axes, result, segments)
    else:
        axes.add_patch(Rectangle((min(value, 0), -HIGH / 2), abs(value), HIGH, fc="white", ec=INK, lw=0.8))
    axes.plot([value, value], [-HIGH / 2 - 0.1, HIGH / 2 + 0.1], color=INK, lw=1.3, solid_capstyle="butt", zorder=6)
    at = -0.98 - 0.2 * any(row.pairs != BACKGROUND for row in result.sets) * told
    start = {one.name: one.start for one in segments}
    for row in rows:
        _bracket(axes, row, start.get(row.of, 0.0), at, digits)
        ends += [start.get(row.of, 0.0) + row.high]
        ticks.append(at)
        names.append(row.of)
        at -= 0.8
    at -= 0.05
    low, high = min(ends), max(ends)
    span = high - low or 1.0
    limits = low - 0.03 * span * (low < 0), high + 0.06 * span
    if result.value.null_kind:
        _null(axes, result, at)
        ticks.append(at)
        names.append("null 95 %")
    axes.axvline(0.0, color=INK, lw=0.7, zorder=5)
    axes.set(xlim=limits, ylim=(at - 0.6, HIGH / 2 + (1.15 if told else 0.35)))
    axes.set_yticks(ticks, names, fontsize=7.5)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=7)
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(_tick)
    axes.set_xlabel(notation(measure).words if measure.startswith("mean") else symbol, fontsize=8, labelpad=2)
    if told:
        _labels(axes, result, segments, limits, digits)


def _segment(axes: Axes, one: _Segment) -> None:
    left, width = min(one.start, one.stop), abs(one.stop - one.start)
    edge = SOFT if one.name == SUBTRACTED else "white"
    axes.add_patch(Rectangle((left, -HIGH / 2), width, HIGH, fc=COLOURS[one.name], ec=edge, lw=0.8, zorder=3))
    if one.inside > 0:  # at the end that is farther from 0
        part = width * one.inside
        at = left + width - part if one.stop >= one.start else left
        axes.add_patch(Rectangle(
            (at, -HIGH / 2), part, HIGH, fc="none", ec="white", hatch="////", lw=0.0, zorder=4
        ))  # fmt: skip


def _hatching(axes: Axes, result: WhyResult, segments: Sequence[_Segment], digits: int) -> None:
    """Draw what may be of either of two parts in both colours, and name what is hatched."""
    row = _either(result)
    if row is not None:
        start = next(one.start for one in segments if one.name == row.of)
        axes.add_patch(Rectangle(
            (start + row.low, -HIGH / 2), row.high - row.low, HIGH, fc=COLOURS[row.of],
            ec=COLOURS[SLOW if row.of == CLASS else FAST], hatch="\\\\\\\\", lw=0.0, zorder=4,
        ))  # fmt: skip
    named = [row for row in result.sets if row.pairs != BACKGROUND]
    if named:
        text = "; ".join(
            f"{short(row.value, digits)} within {row.n_units} "
            f"{'near-copies' if row.pairs.startswith('near') else 'units'}"
            for row in named
        )
        right = max(one.stop for one in segments)
        axes.text(right, -HIGH / 2 - 0.08, f"hatched: {text}", ha="right", va="top", fontsize=6.5, color=SOFT)


def _borders(axes: Axes, result: WhyResult, segments: Sequence[_Segment]) -> list[float]:
    """Draw the interval of every part but the last at its outer border; return the ends."""
    ends = []
    pairs = [(p, one) for p, one in zip(result.parts, segments, strict=True) if p.part != SUBTRACTED]
    either = _either(result)
    for part, one in pairs[:-1]:
        if math.isfinite(part.low) and (either is None or part.part != either.of):
            low, high = one.start + part.low, one.start + part.high
            axes.plot([low, high], [0, 0], color=INK, lw=1.0, zorder=7, solid_capstyle="butt")
            axes.plot([low, high], [0, 0], "|", color=INK, ms=4, mew=1.0, zorder=7)
            axes.plot([one.stop], [0], "o", color=INK, ms=2.2, zorder=7)
            ends += [low, high]
    return ends


def _labels(
    axes: Axes, result: WhyResult, segments: Sequence[_Segment], limits: tuple[float, float], digits: int
) -> None:
    """Name every segment above it; names that would touch are moved apart."""
    corner = frequency(result.measured.corner, str(result.config["clock"]))
    names = {SLOW: f"slower than {corner}", FAST: "faster", CLASS: "class", SUBTRACTED: "subtracted"}
    either = _either(result)
    texts, places = [], []
    seen = [s for s in segments if s.name != SUBTRACTED or short(s.stop - s.start, digits) != "0"]
    for one in sorted(seen, key=lambda s: s.start + s.stop):
        size = short(one.stop - one.start, digits)
        if either is not None and one.name == either.of:
            size = f"{short(either.low, digits)} to {short(either.high, digits)}"
        elif either is not None and one.name == (SLOW if either.of == CLASS else FAST):
            both = one.stop - one.start + next(s.stop - s.start for s in segments if s.name == either.of)
            size = f"{short(both - either.high, digits)} to {short(both - either.low, digits)}"
        texts.append(f"{names.get(one.name, one.name)}\n{size}")
        places.append(((one.start + one.stop) / 2 - limits[0]) / (limits[1] - limits[0]))
    half = [LETTER * max(map(len, text.split("\n"))) for text in texts]
    moved = list(places)
    zero = max(0.0, -limits[0] / (limits[1] - limits[0])) if all(s.stop >= 0 for s in seen) else 0.0
    for k in range(len(moved)):
        least = half[k] + zero if k == 0 else moved[k - 1] + half[k - 1] + half[k] + 0.015
        moved[k] = max(moved[k], least)
    for k in reversed(range(len(moved))):
        most = 1.02 - half[k] if k == len(moved) - 1 else moved[k + 1] - half[k + 1] - half[k] - 0.015
        moved[k] = min(moved[k], most)
    for text, place, at in zip(texts, places, moved, strict=True):
        x, anchor = (limits[0] + p * (limits[1] - limits[0]) for p in (at, place))
        axes.text(x, HIGH / 2 + 0.24, text, ha="center", va="bottom", fontsize=7, color=INK, linespacing=1.1)
        axes.plot([anchor, x], [HIGH / 2 + 0.03, HIGH / 2 + 0.2], color=SOFT, lw=0.6, clip_on=False, zorder=2)


def _bracket(axes: Axes, row: Range, start: float, at: float, digits: int) -> None:
    low, high = start + row.low, start + row.high
    axes.plot(
        [low, low, high, high], [at + 0.2, at, at, at + 0.2], color=INK, lw=1.0, ls="-" if row.told else (0, (3, 1.2))
    )
    text = f"at most {short(row.high, digits)}" if row.told else (
        f"up to {short(row.high, digits)}: cannot be told" if row.of == "reference" else
        f"{short(row.low, digits)} to {short(row.high, digits)}: cannot be told"
    )  # fmt: skip
    axes.annotate(text, (low, at), (4, 1.5), textcoords="offset points", fontsize=7, color=INK, va="bottom")


def _null(axes: Axes, result: WhyResult, at: float) -> None:
    null = result.value
    axes.add_patch(Rectangle(
        (null.null_low, at - 0.16), null.null_high - null.null_low, 0.32, fc=NULL, ec=NULL_EDGE, lw=0.6, zorder=3
    ))  # fmt: skip
    axes.plot([null.null_mean] * 2, [at - 0.16, at + 0.16], color=NULL_EDGE, lw=1.2, zorder=4)
    text = f"{NULL_NAMES.get(null.null_kind, null.null_kind)}, " + f"p {null.p:.2g}".replace("0.", ".", 1)
    axes.annotate(text, (null.null_high, at), (4, 0), textcoords="offset points", fontsize=7, color=SOFT, va="center")


def _tick(x: float, _: float = 0) -> str:
    """Return a number of measures as a tick label: without the leading zero."""
    return f"{x:.4g}".replace("0.", ".", 1).replace("-", "−") if abs(x) > 1e-9 else "0"


def _plain(x: float, _: float = 0) -> str:
    return f"{x:g}"


def _level(axes: Axes, y: float, text: str, style: str = ":") -> None:
    """Draw a horizontal line with its name at its right end."""
    axes.axhline(y, color=SOFT, lw=0.6, ls=style, zorder=1)
    axes.annotate(
        text, (1, y), xycoords=("axes fraction", "data"), xytext=(-1, 1), textcoords="offset points", fontsize=6.5,
        color=SOFT, ha="right", va="bottom",
    )  # fmt: skip


def _frequency_curve(axes: Axes, result: WhyResult) -> None:
    f, y = (np.array([getattr(p, name) for p in result.frequencies]) for name in ("at", "value"))
    corner, clock = result.measured.corner, str(result.config["clock"])
    names = [part.part for part in result.parts]
    pieces = [(SLOW, f <= corner), (FAST, f >= corner)] if SLOW in names else [(names[-1], f > 0)]
    if SUBTRACTED in names and SLOW not in names:
        pieces = [(names[-2], f > 0)]
    for name, chosen in pieces:
        axes.plot(f[chosen], y[chosen], color=COLOURS[name], lw=1.8, solid_capstyle="round")
    if SLOW in names:
        axes.axvline(corner, color=SOFT, lw=0.8, ls=(0, (4, 2)), zorder=1)
        axes.annotate(
            "corner", (corner, 0.02), xycoords=("data", "axes fraction"), xytext=(3, 0), textcoords="offset points",
            fontsize=6.5, color=SOFT,
        )  # fmt: skip
    _level(axes, float(y[-1]), "")
    axes.set(xscale="log", xlim=(f[0], f[-1]))
    axes.xaxis.set_major_formatter(_plain)
    axes.set_xlabel(
        "frequency [Hz]" if clock == "second" else f"frequency [cycles per {clock}]", fontsize=7.5, labelpad=1
    )
    axes.set_ylabel("part up to it", fontsize=7.5)
    axes.set_ylim(min(0.0, float(y.min())), max(float(y.max()), 0.0) * 1.08 or 1.0)


def _shift_curve(axes: Axes, result: WhyResult) -> None:
    x, y, dots, sd = (
        np.array([getattr(p, name) for p in result.shifts]) for name in ("at", "value", "surrogates", "sd")
    )
    for flat in result.plateaus:
        _level(axes, flat.left, f"outlasts ± {seconds(flat.shift)}")
    axes.plot(x, y, color=COLOURS[SLOW], lw=1.8, label="exact")
    if np.isfinite(dots).any():
        axes.errorbar(x, dots, sd, fmt="o", ms=3.2, mfc="white", mec=INK, ecolor=INK, elinewidth=0.7, mew=0.8, zorder=4)
    _level(axes, result.value.value, "no shift")
    axes.set(
        xscale="log", ylim=(min(0.0, float(y.min())), max(result.value.value, float(np.nanmax([*y, *dots]))) * 1.1)
    )
    axes.xaxis.set_major_formatter(_plain)
    axes.set_xlabel("trains shifted by up to ± Δ [s]", fontsize=7.5, labelpad=1)
    axes.set_ylabel("part that outlasts it", fontsize=7.5)


def _unit_curve(axes: Axes, result: WhyResult) -> None:
    y = np.sort([row.value for row in result.units])[::-1]
    axes.bar(np.arange(1, y.size + 1), y, width=0.8, color=COLOURS[WITHIN_CLASSES], lw=0)
    axes.axhline(0.0, color=INK, lw=0.6)
    axes.set_xlabel("unit, sorted", fontsize=7.5, labelpad=1)
    axes.set_ylabel("part of the unit", fontsize=7.5)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True, min_n_ticks=2))


def _about(result: WhyResult) -> str:
    facts, config = result.measured, result.config
    trials = f" in {config['trials']} trials" if config["trials"] > 1 else ""
    entry = f"{config['entry']}: " if config.get("entry") else ""
    band = f", {config['band'][0]:g} to {config['band'][1]:g}" if config["band"] else ""
    unit = {"second": " Hz"}.get(str(config["clock"]), f" cycles per {config['clock']}") if band else ""
    return f"{entry}{facts.n_units} units, {facts.n_samples} samples{trials}, T_eff {facts.n_effective:.0f}{band}{unit}"


def caption(result: WhyResult) -> str:
    """Return the sentences of the result, and the words on the signs of the figure."""
    told = all(part.told for part in result.parts)
    signs = ["Bar: parts of the value, which add up to it; a vertical line is the value." if told else
             "Open bar: the value, without its parts."]  # fmt: skip
    if told and any(part.part == SUBTRACTED for part in result.parts):
        signs.append("White, at the end of the bar: what the measure subtracts.")
    if any(math.isfinite(part.low) for part in result.parts[:-1]) and told:
        signs.append("Horizontal line at a border: 95 % interval of the process that gave this recording.")
    named = [row for row in result.sets if row.pairs != BACKGROUND]
    if named:
        signs.append(f"Hatched: {' and '.join(f'{row.pairs} ({row.n_units} units)' for row in named)}.")
    if _rows(result) and told:
        signs.append("Bracket: range of a part; dashed where it cannot be told.")
    if result.value.null_kind:
        kind = NULL_NAMES.get(result.value.null_kind, result.value.null_kind)
        signs.append(f"Grey: 95 % of the surrogates ({kind}), with their mean.")
    if result.shifts and told:
        signs.append("Right: part that outlasts a shift of every train by up to ± Δ; dots, trains that were shifted.")
        signs += [f"Dotted: the flat stretch, from ± {seconds(flat.shift)} on." for flat in result.plateaus]
    elif result.frequencies and told:
        signs.append("Right: part of the value up to a frequency.")
    limits = "A part says with which activity the value goes, not what removing it would leave."
    return " ".join([result.sentence, *result.says.splitlines(), *signs, limits])


def _alt(result: WhyResult) -> str:
    return " ".join([result.sentence, *result.says.splitlines()])
