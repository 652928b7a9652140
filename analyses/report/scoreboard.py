"""The scoreboard of the ledger: a tile and a row a claim, a glyph a network, the effect of each way of overfitting."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from markupsafe import Markup

from ..claims.ledger import Ledger
from ..claims.wording import ORDER, SIGNS, STANDINGS, Standing, by_setting, decisions_of, standings
from ..evidence.effect import Effect
from ..evidence.rules import FAILS, number_of
from ..figures.parts.style import shortened
from ..measures.notation import short
from .axis import Axis
from .svg import element, join, path, picture

WIDTH, LEFT, RIGHT = 430.0, 130.0, 10.0  # px
LINE, AIR, LEAST, FOOT = 7.0, 8.0, 22.0, 15.0  # px: a way of overfitting, between settings, a setting, the ticks
ENDS = (0.1, 0.2, 0.5, 1.0, 1.5, 2.0, 5.0, 10.0)  # an axis reaches as far to both sides
DOT = 3.4


def tiles(ledger: Ledger) -> list[dict[str, str]]:
    """Return a tile a claim, those that fail first."""
    found = sorted(standings(ledger).items(), key=lambda pair: ORDER.index(pair[1]))
    return [
        {"sign": SIGNS[standing], "kind": _kind(standing), "words": f"{claim}: {standing}"} for claim, standing in found
    ]


def settings(ledger: Ledger) -> list[str]:
    """Return every network with its data, in the order in which they were run."""
    return list(dict.fromkeys(row.setting for rows in ledger.decisions.values() for row in rows))


def short_setting(setting: str) -> tuple[str, str]:
    """Return network and data as the head of a column.

    >>> short_setting("MLP, 4 × 64 on digits"), short_setting("the seizure network beside MLPs on digits")
    (('MLP', 'digits'), ('seizure network, MLPs', 'digits'))
    """
    network, _, data = setting.rpartition(" on ")
    return network.split(",")[0].removeprefix("the ").replace(" beside ", ", ") or setting, data


def rows(ledger: Ledger) -> list[dict[str, Any]]:
    """Return a row a claim that was run: its glyphs by setting, the statistic that is drawn, and the picture."""
    out = []
    for claim, standing in standings(ledger).items():
        if standing == "not run":
            continue
        given = next(row.claim for row in ledger.rows if row.claim.name == claim)
        effects = _substance(ledger, claim)
        verdicts = by_setting(ledger, claim)
        out.append(
            {
                "claim": claim,
                "statement": given.statement,
                "statistic": effects[0].statistic if effects else "",
                "others": _others(ledger, claim, effects),
                "cells": [_cell(setting, verdicts.get(setting)) for setting in settings(ledger)],
                "picture": _picture(claim, given.statement, effects) if effects else "",
            }
        )
    return out


def not_run(ledger: Ledger) -> list[dict[str, str]]:
    """Return the claims that were not run, with what each needs."""
    return [{"claim": row.claim.name, "statement": row.claim.statement, "needs": row.verdict.partition(": needs ")[2]}
            for row in ledger.rows if not row.scale]  # fmt: skip


def _kind(standing: Standing) -> str:
    return standing.replace(" ", "-")


def _cell(setting: str, found: tuple[str, str] | None) -> dict[str, str]:
    network, data = short_setting(setting)
    if found is None:
        return {"sign": "–", "kind": "not-run", "words": f"{setting}: not run there", "network": network, "data": data}
    verdict, why = found
    standing = STANDINGS[verdict]
    words = f"{setting}: {verdict}: {why}"
    return {"sign": SIGNS[standing], "kind": _kind(standing), "words": words, "network": network, "data": data}


def _substance(ledger: Ledger, claim: str) -> list[Effect]:
    """Return the effects of the part with the substance, the first stated one where none is named."""
    stated = [e for effects in ledger.effects.values() for e in effects if e.claim == claim and e.role == "stated"]
    part = next((e.part for e in stated if e.substance), stated[0].part if stated else "")
    return [e for e in stated if e.part == part]


def _others(ledger: Ledger, claim: str, effects: Sequence[Effect]) -> str:
    """Return the parts that it fails by and that are not drawn."""
    drawn = {e.part for e in effects}
    made = [row.decided_by for row in decisions_of(ledger, claim) if row.verdict == FAILS]
    return ", ".join(dict.fromkeys(part for part in made if part and part not in drawn))


def _picture(claim: str, statement: str, effects: Sequence[Effect]) -> Markup:
    blocks: dict[str, list[Effect]] = {}
    for effect in effects:
        blocks.setdefault(effect.setting, []).append(effect)
    height = sum(_tall(own) for own in blocks.values())
    scale = _axis(effects)
    left, right = LEFT, WIDTH - RIGHT
    parts = [element("rect", x=scale.place(effects[0].least), y=0.0, width=right - scale.place(effects[0].least),
                     height=height, class_="need")]  # fmt: skip
    for tick in scale.ticks:
        x = scale.place(tick)
        parts.append(element("line", x1=x, x2=x, y1=0.0, y2=height, class_="zero" if tick == 0 else "grid"))
        parts.append(element("text", scale.label(tick), x=x, y=height + 12, class_="tick", text_anchor="middle"))
    y = 0.0
    for setting, own in blocks.items():
        network, data = short_setting(setting)
        label = network if len({short_setting(s)[0] for s in blocks}) == len(blocks) else f"{network}, {data}"
        middle = y + _tall(own) / 2
        parts.append(element("text", shortened(label, 21), x=left - 8, y=middle + 4, class_="lab", text_anchor="end"))
        for at, effect in enumerate(own):
            parts += _mark(effect, scale, middle + LINE * (at - (len(own) - 1) / 2), (left, right))
        y += _tall(own)
    claimed = next((e.claimed for e in effects if math.isfinite(e.claimed)), None)
    if claimed is not None:
        x, top = scale.place(claimed), height / 2
        diamond = [(x, top - 7), (x + 6, top), (x, top + 7), (x - 6, top)]
        parts.append(join([path(diamond, class_="paper"), element("title", f"the paper: {short(claimed)}")]))
    desc = "; ".join(f"{_place(e)}: {number_of(e) or 'cannot be told'}" for e in effects)
    wanted = f"wanted above {effects[0].least:g}" + ("" if claimed is None else f", the paper says {claimed:g}")
    title = f"{statement}: {effects[0].statistic}, {wanted}"
    return picture(f"plot-{claim}", (WIDTH, height + FOOT), title, desc, parts)


def _tall(effects: Sequence[Effect]) -> float:
    return max(LINE * len(effects) + AIR, LEAST)


def _place(effect: Effect) -> str:
    return effect.setting + (f", {effect.way}" if effect.way else "")


def _axis(effects: Sequence[Effect]) -> Axis:
    """Return an axis that is symmetric about 0 and holds every value, the least effect and the paper's figure."""
    sizes = [abs(x) for e in effects for x in (e.value, e.least, e.claimed) if math.isfinite(x)]
    end = next((end for end in ENDS if end >= max(sizes, default=1.0) * 0.99), max(sizes, default=1.0))
    span = WIDTH - RIGHT - LEFT
    return Axis(
        lambda value: LEFT + span * (value + 1.06 * end) / (2.12 * end), (-end, -end / 2, 0.0, end / 2, end), short
    )


def _mark(effect: Effect, scale: Axis, y: float, ends: tuple[float, float]) -> Iterator[Markup]:
    """Draw mean and interval; an arrow where the interval leaves the axis, a dash where nothing could be measured."""
    words = f"{_place(effect)}: {number_of(effect) or effect.statistic}, n = {effect.n}"
    if effect.n == 0:
        yield element("text", join([element("title", words), Markup("–")]), x=scale.place(0.0), y=y + 4, class_="tick",
                      text_anchor="middle")  # fmt: skip
        return
    low, high = (min(max(scale.place(x), ends[0]), ends[1]) if math.isfinite(x) else e
                 for x, e in zip((effect.low, effect.high), ends, strict=True))  # fmt: skip
    if effect.n > 1:
        yield element("line", x1=low, x2=high, y1=y, y2=y, class_="interval")
        for edge, end, way in ((low, ends[0], -1), (high, ends[1], 1)):
            if edge == end:
                yield path([(edge, y - 3), (edge + 4 * way, y), (edge, y + 3)], class_="arrow")
    yield element("circle", element("title", words), cx=scale.place(effect.value), cy=y, r=DOT, class_="mark")
