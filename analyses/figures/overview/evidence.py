"""Scoreboard of claims: one statistic a claim, in every setting and way of overfitting, against what it needs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from ...evidence.effect import Effect
from ...evidence.rules import COVERS, FAILS, HELD, HOLDS, LEVEL, ONLY, UNDECIDED, Decision, over_ways, overall
from ..parts.palette import HAIR, INK, MODEL, NEED, NET, SOFT, WARN
from ..parts.style import Drawing, words
from .frame import page, printed
from .panels import axes_at, below_heading, key, short_ticks, size_of

BRAIN = "seizure network"  # in the name of a setting beside classifiers
WAY, BLOCK, LEAST = 1.5, 2.6, 10.5  # mm: a way of overfitting; between claims; least height of a claim
LIMIT = 1.05  # of the axis to either side
TEXT, GLYPH, PLOT = 3.0, 96.0, 106.0  # mm: left ends of the columns


@printed
def scoreboard(
    statements: Mapping[str, str], effects: Sequence[Effect], decisions: Sequence[Decision], scale: str
) -> Drawing:
    """Draw the page.

    Args:
        statements: claim -> what it states, of all claims in their order.
        effects, decisions: of the evidence.
        scale: of the evidence.
    """
    verdicts = {name: overall(made)[0] for name in statements if (made := [d for d in decisions if d.claim == name])}
    rows = {name: _effects_of(name, effects) for name in verdicts}
    rows = {name: found for name, found in rows.items() if found}
    tall = {name: max(LEAST, len(found) * WAY + 1.2 * len(_settings(found)) + 1.5) for name, found in rows.items()}
    title = _finding(verdicts)
    missing = len(statements) - len(verdicts)
    seeds = sorted({e.n for found in rows.values() for e in found if e.n})
    count = f"{seeds[0]}–{seeds[-1]}" if len(seeds) > 1 else str(seeds[0]) if seeds else "no"
    under = (
        f"evidence of scale {scale}, {count} seeds; {_counts(verdicts)}{f', {missing} not run' * bool(missing)}. A "
        "verdict is said of the networks and data that were run"
    )
    figure, top = page(title, under, 22 + sum(tall.values()) + BLOCK * len(tall) + 18)
    at = below_heading(figure, top)
    for k, (name, found) in enumerate(rows.items()):
        axes = axes_at(figure, PLOT, at, 70, tall[name])
        made = [d for d in decisions if d.claim == name]
        _claim(axes, found, made, tall[name])
        _words(axes, statements[name], found[0].statistic)
        axes.tick_params(axis="x", labelbottom=k == len(rows) - 1, length=0)
        if k == len(rows) - 1:
            axes.set_xlabel("effect with 95 % interval, in the unit that stands under the claim")
        at += tall[name] + BLOCK
    marks = [_handle(verdict) for verdict in (FAILS, ONLY, UNDECIDED, HOLDS)]
    texts = ["fails", "holds only when", "undecided", "holds"]
    entries = [*zip(marks, texts, strict=True), (Patch(facecolor=NEED), "what the claim needs"),
               (Line2D([], [], ls="", marker="D", mfc="white", mec=INK, ms=4), "what the paper reports")]  # fmt: skip
    key(figure, TEXT, at + 4, entries, columns=3)
    caption = (
        "One statistic a claim, the part with its substance. A dot is the mean over seeds in one way of overfitting, "
        "in the order of the evidence, with its 95 % interval; an arrow: beyond the axis. Glyph: the verdict of a "
        f"setting over its ways, which other parts and controls decide as well. {COVERS}"
    )
    alt = "; ".join(f"{name}: {verdict}" for name, verdict in verdicts.items())
    return Drawing(f"overview/{scale}", title, figure, caption, f"{title}. {alt}.")


def _effects_of(name: str, effects: Sequence[Effect]) -> list[Effect]:
    """Return the effects of the part that the claim is about, in every setting and way."""
    stated = [e for e in effects if e.claim == name and e.role == "stated"]
    substance = [e for e in stated if e.substance] or stated
    return [e for e in substance if e.part == substance[0].part]


def _settings(found: Sequence[Effect]) -> list[str]:
    return list(dict.fromkeys(e.setting for e in found))


def _claim(axes: Axes, found: Sequence[Effect], made: Sequence[Decision], tall: float) -> None:
    """Draw the effects of one claim: a block a setting, within it a dot a way, from the top; heights in mm."""
    least = found[0].least
    axes.add_patch(Rectangle((least, 0), 2 * LIMIT, tall, facecolor=NEED, lw=0, zorder=0))
    axes.axvline(0, color=HAIR, lw=0.8, zorder=1)
    settings = _settings(found)
    used = len(found) * WAY + 1.2 * (len(settings) - 1)
    y = tall - (tall - used) / 2 - WAY / 2
    for setting in settings:
        mine = [e for e in found if e.setting == setting]
        middle = y - WAY * (len(mine) - 1) / 2
        hue = MODEL if BRAIN in setting and "MLP" not in setting else NET
        for e in mine:
            _effect(axes, e, y, hue)
            y -= WAY
        y -= 1.2
        verdict = over_ways([d for d in made if d.setting == setting])[0] if any(
            d.setting == setting for d in made) else ""  # fmt: skip
        wide = size_of(axes)[0] * 25.4 / 72
        across: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "clip_on": False}
        if verdict:
            axes.add_line(_handle(verdict, (GLYPH + 6 - PLOT) / wide, middle, **across))
        axes.text((GLYPH + 3 - PLOT) / wide, middle, words(setting, 34, 1), ha="right", va="center", size=6, **across)
    if math.isfinite(claimed := found[0].claimed):
        axes.plot(min(claimed, LIMIT), tall / 2, "D", mfc="white", mec=INK, ms=4.5, mew=0.9, zorder=4)
    axes.set(xlim=(-LIMIT, LIMIT), ylim=(0, tall))
    axes.set_yticks([])
    axes.set_xticks([-1, -0.5, 0, 0.5, 1])
    short_ticks(axes, "x")
    axes.grid(axis="x", color=HAIR, lw=0.3)
    axes.set_axisbelow(True)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)


def _effect(axes: Axes, e: Effect, y: float, hue: str) -> None:
    if e.n == 0 or not math.isfinite(e.value):
        axes.text(-LIMIT, y, "–", color=SOFT, va="center", size=6.5)
        return
    low, high = max(e.low, -LIMIT), min(e.high, LIMIT)
    axes.plot([low, high], [y, y], color=hue, lw=0.9, zorder=2)
    for end, mark in ((e.low, "<"), (e.high, ">")):
        if abs(end) > LIMIT:
            axes.plot(math.copysign(LIMIT, end), y, mark, color=hue, ms=3, mew=0, clip_on=False)
    if abs(e.value) <= LIMIT:
        axes.plot(e.value, y, "o", color=hue, ms=3.2, mew=0, zorder=3)


def _words(axes: Axes, statement: str, statistic: str) -> None:
    wide = size_of(axes)[0] * 25.4 / 72
    left = (TEXT - PLOT) / wide
    head = words(statement, 48, 2)
    axes.text(left, 1, head, transform=axes.transAxes, va="top", size=7, weight="bold")
    drop = -9.0 * (1 + head.count("\n"))
    axes.annotate(words(statistic, 52, 2), (left, 1), (0, drop), xycoords="axes fraction", textcoords="offset points",
                  va="top", size=6, color=SOFT, annotation_clip=False)  # fmt: skip
    axes.plot([left, 1], [1.0 + 1.2 / (axes.get_ylim()[1] or 1)] * 2, color=HAIR, lw=0.5, transform=axes.transAxes,
              clip_on=False)  # fmt: skip


def _handle(verdict: str, x: float | None = None, y: float | None = None, **options: object) -> Line2D:
    """Return the glyph of a verdict: ✕, a half circle, a ring or a disc; a bar where nothing can be said."""
    style: dict[str, object] = {"marker": "_", "color": SOFT, "ms": 4.5}
    if verdict == FAILS:
        style |= {"marker": "x", "color": WARN, "mew": 1.5}
    elif verdict in HELD or verdict == UNDECIDED:
        fill = {ONLY: "left", UNDECIDED: "none"}.get(verdict, "full")
        style |= {"marker": "o", "color": INK if verdict in HELD else SOFT, "fillstyle": fill, "mew": 0.8}
    return Line2D([] if x is None else [x], [] if y is None else [y], ls="", **style, **options)  # type: ignore[arg-type]


def _finding(verdicts: Mapping[str, str]) -> str:
    n = len(verdicts)
    held = [name for name, verdict in verdicts.items() if verdict in (HOLDS, LEVEL)]
    partly = [name for name, verdict in verdicts.items() if verdict == ONLY]
    if n == 0:
        return "No claim was run"
    text = f"None of the {n} claims that were run holds"
    if held:
        text = f"{len(held)} of the {n} claims that were run hold{'s' * (len(held) == 1)}: {', '.join(held)}"
    if partly:
        text += f"; {len(partly)} hold{'s' * (len(partly) == 1)} only in part: {', '.join(partly)}"
    return text


def _counts(verdicts: Mapping[str, str]) -> str:
    counts: dict[str, int] = {}
    for verdict in verdicts.values():
        counts[verdict] = counts.get(verdict, 0) + 1
    plural = {FAILS: "fail", HOLDS: "hold", LEVEL: "hold at another level", ONLY: "hold only in part"}
    return ", ".join(f"{k} {plural.get(verdict, verdict) if k > 1 else verdict}" for verdict, k in counts.items())
