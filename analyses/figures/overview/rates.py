"""Overviews of rates: verdicts on planted truth, and a trained network on its sets of images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ...evidence.effect import wilson
from ...measures.notation import short
from ..parts.palette import HAIR, NET, SOFT
from ..parts.style import Drawing, words
from .frame import page, panel, printed
from .names import NETWORKS, data_name
from .panels import (
    FILLED,
    LETTERS,
    axes_at,
    bar_beside,
    below_heading,
    cell_numbers,
    heat_map,
    labels_beside,
    row_grid,
    short_ticks,
)

PLACES = 8  # numbers of seeds, sizes and spreads on a page


@printed
def planted_overview(found: Any) -> Drawing:
    """Draw the share of right verdicts by case and claim, a heat map for each number of seeds and size of effect."""
    rows = list(found.rows)
    cases, claims = list(dict.fromkeys(r.case for r in rows)), list(dict.fromkeys(r.claim for r in rows))
    by_place: dict[tuple[int, float, float], list[Any]] = {}
    for r in sorted(rows, key=lambda r: (r.seeds, r.size, r.spread)):
        by_place.setdefault((r.seeds, r.size, r.spread), []).append(r)
    places = sorted(by_place, key=lambda place: -len({r.case for r in by_place[place]}))  # the whole ones first
    shown = places[:PLACES]
    tall = 5.0 * len(claims)
    height = tall + 25
    lines = -(-len(shown) // 2)
    first = by_place[places[0]]
    like = [p for p in places if {r.case for r in by_place[p]} == {r.case for r in first} and p[1:] == places[0][1:]]
    shares = {p[0]: sum(r.count * r.right for r in by_place[p]) / sum(r.count for r in by_place[p]) for p in like}
    said = ", ".join(f"{_percent(share)} with {seeds} seeds" for seeds, share in shares.items())
    title = f"Verdicts on planted truth: right in {said}"
    false = [sum(r.count * r.false_holds for r in by_place[p]) / sum(r.count for r in by_place[p]) for p in like]
    draws = sorted({int(r.n) for r in rows})
    under = (
        f"{'–'.join(map(str, dict.fromkeys((draws[0], draws[-1]))))} draws a case and claim; holds without being true: "
        f"{100 * max(false):.1g} % at most; an absent or small effect is right as fails or undecided"
    )
    figure, top = page(title, under, 16 + height * lines)
    at = below_heading(figure, top)
    for k, place in enumerate(shown):
        axes = axes_at(figure, 20 + 88 * (k % 2), at + height * (k // 2), 58, tall)
        table = np.full((len(claims), len(cases)), np.nan)
        for r in by_place[place]:
            spot = claims.index(r.claim), cases.index(r.case)
            table[spot] = np.nan_to_num(table[spot]) + r.count * r.right / r.n
        x, y = np.arange(len(cases)), np.arange(len(claims))[::-1]
        bar_beside(axes, heat_map(axes, x, y, table, NET, 1.0))
        if table.size <= 100:
            cell_numbers(axes, x, y, table, 1.0)
        axes.set_xticks(x, cases, rotation=30, ha="right", rotation_mode="anchor")
        axes.set_yticks(y, claims)
        seeds, size, spread = place
        panel(axes, LETTERS[k], f"{seeds} seeds, effects {size:g} of the paper's, spread {spread:g}", 34)
    left = f" Not drawn: {len(places) - PLACES} more." if len(places) > PLACES else ""
    caption = f"Share of right verdicts by planted truth (across) and claim (up). Grey: not planted.{left}"
    return Drawing("overview", title, figure, caption, f"{title}.")


@printed
def evaluation_overview(found: Any) -> Drawing:
    """Draw accuracy and confidence by set, accuracy on corrupted and separation from strange images, if there."""
    sets = dict(found.sets)
    config = found.config
    name, _, rest = str(found.architecture).partition("(")
    title = (
        f"{NETWORKS.get(name, name)}{f' ({rest}' * bool(rest)} on {data_name({'data': config['data']})}: test accuracy "
        f"{short(sets['test'].accuracy)}, gap {short(found.gap)}"
    )
    under = ", ".join(f"{key}: {one.n:,} images" for key, one in sets.items())
    corrupted, strange = dict(found.corruptions), dict(found.strange)
    right = bool(corrupted)
    tall = max(30.0, 3.4 * len(corrupted)) if right else 30.0
    figure, top = page(title, f"{under}; seed {found.seed}", 32 + max(tall, 30.0 + 42.0 * bool(strange)))
    at = below_heading(figure, top)
    letters = iter(LETTERS)
    axes = axes_at(figure, 22, at, 60, 26)
    _by_set(axes, sets)
    panel(axes, next(letters), "Accuracy (dot) and confidence (bar)", 30)
    if right:
        axes = axes_at(figure, 116, at, 44, tall)
        table = np.array(list(corrupted.values()), dtype=float)
        x, y = np.arange(1, table.shape[1] + 1), np.arange(len(corrupted))[::-1]
        bar_beside(axes, heat_map(axes, x, y, table, NET, 1.0))
        if table.size <= 100:
            cell_numbers(axes, x, y, table, 1.0)
        axes.set_yticks(y, [words(key.replace("_", " "), 22, 1) for key in corrupted])
        axes.set_xlabel("severity")
        panel(axes, next(letters), "Accuracy on corrupted test images", 44)
    if strange:
        axes = axes_at(figure, 22, at + 44, 60, 24)
        _strange(axes, strange)
        panel(axes, next(letters), "Told from test images by confidence", 30)
    caption = (
        "Dot: accuracy with Wilson's 95 % interval over images; bar: mean confidence, at the dot if calibrated."
        + (" AUROC: chance that a test image has more confidence than a strange one; .5 is none." if strange else "")
    )
    return Drawing("overview", title, figure, caption, f"{title}.")


def _by_set(axes: Axes, sets: Mapping[str, Any]) -> None:
    row_grid(axes)
    for row, one in enumerate(sets.values()):
        low, high = wilson(one.accuracy * one.n, one.n)
        axes.plot([low, high], [-row, -row], color=NET, lw=1.1)
        axes.plot(one.accuracy, -row, color=NET, zorder=3, **FILLED)
        axes.plot(one.confidence, -row, "|", color=SOFT, ms=10, mew=1.4, zorder=2)
    axes.set(xlim=(0, 1.02), ylim=(0.6 - len(sets), 0.6))
    axes.set_yticks([-row for row in range(len(sets))], list(sets))
    labels = [(short(one.accuracy, 3), float(-row), NET) for row, one in enumerate(sets.values())]
    labels_beside(axes, labels)
    short_ticks(axes, "x")


def _strange(axes: Axes, strange: Mapping[str, Any]) -> None:
    row_grid(axes)
    axes.axvline(0.5, color=HAIR, lw=1.2)
    for row, one in enumerate(strange.values()):
        axes.plot(one.auroc, -row, color=NET, **FILLED)
    axes.set(xlim=(0, 1.02), ylim=(0.6 - len(strange), 0.6), xlabel="AUROC")
    axes.set_yticks([-row for row in range(len(strange))], [words(name, 18, 1) for name in strange])
    short_ticks(axes, "x")


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
