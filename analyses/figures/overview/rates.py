"""Overview of rates: verdicts on planted truth."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..parts.palette import NET
from ..parts.style import Drawing
from .frame import page, panel, printed
from .panels import LETTERS, axes_at, bar_beside, below_heading, cell_numbers, heat_map

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


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
