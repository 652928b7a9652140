"""The ledger as one self-contained HTML page: a sentence, a row a claim, the rest folded."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from ...simulator.files.disk import check_writable, replacing
from ..claims import CLAIMS
from ..claims.causal import outcomes
from ..claims.claim import PAPER
from ..claims.ledger import Ledger, Row
from ..claims.wording import counts, lead, sentence
from ..comparison.wording import number
from ..evidence.effect import Effect
from ..evidence.rules import COVERS, Decision, shown
from ..figures.evidence import drawings_of_claims
from ..figures.moved import moved_outcomes
from ..figures.parts.style import Drawing
from ..figures.save import embedded, save_figures, to_png
from ..figures.side_by_side import side_by_side
from .page import rendered
from .scoreboard import not_run, rows, settings, short_setting, tiles


def drawings(ledger: Ledger) -> list[Drawing]:
    """Every figure of the ledger, drawn from what is stored."""
    out = []
    for scale, evidence in ledger.evidence.items():
        made: dict[tuple[str, str], list[Decision]] = {}
        for row in ledger.decisions[scale]:
            made.setdefault((row.claim, row.setting), []).append(row)
        verdicts = {place: shown(rows) for place, rows in made.items()}
        panels = {claim: CLAIMS.load(claim).panel for claim, _ in verdicts}
        out += drawings_of_claims(evidence, ledger.effects[scale], verdicts, panels)
        if any(claim == "causal" for claim, _ in verdicts):
            out += moved_outcomes(outcomes(evidence), scale)
        out += side_by_side(evidence)
    return out


def write_claims(
    ledger: Ledger,
    page: str | os.PathLike[str] | None,
    figures: str | os.PathLike[str] | None = None,
    *,
    force: bool = False,
) -> list[Path]:
    """Write the page, and the figures as PNG and SVG; either may be left out.

    Raises:
        InputError: a file exists (and not force), a folder is missing or cannot be written.
    """
    if page is not None:
        check_writable(page, force)
    drawn = drawings(ledger)
    written = [] if figures is None else save_figures(drawn, figures, force=force)
    if page is not None:
        text = render(ledger, drawn)
        with replacing(page, force) as temporary:
            temporary.write_text(text, encoding="utf-8")
        written.append(Path(page))
    return written


def render(ledger: Ledger, drawn: list[Drawing] | None = None) -> str:
    """The page as text."""
    images: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for drawing in drawings(ledger) if drawn is None else drawn:
        claim, scale = drawing.name.split("/")[0], drawing.name.rsplit("/", 1)[1]
        images.setdefault((claim, scale), []).append(embedded(drawing, to_png(drawing.figure, drawing.caption)))
    content = {
        "title": "claims",
        "sentence": sentence(ledger),
        "lead": lead(ledger),
        "counts": "; ".join(f"{standing} {n}" for standing, n in counts(ledger).items()),
        "tiles": tiles(ledger),
        "settings": [short_setting(setting) for setting in settings(ledger)],
        "rows": rows(ledger),
        "not_run": not_run(ledger),
        "seeds": _seeds(ledger),
        "details": [_content(row, ledger, images) for row in ledger.rows if row.scale],
        "paper": PAPER,
        "covers": COVERS,
        "beside": [image for (name, _), found in images.items() if name == "side by side" for image in found],
        "runs": [(scale, evidence.config) for scale, evidence in ledger.evidence.items()],
    }
    return rendered("claims.html.j2", content)


def _seeds(ledger: Ledger) -> str:
    """Return the numbers of seeds, by scale: ``"n = 5 (quick), 3 (medium)"``."""
    most = {
        scale: max((e.n for e in effects if e.role == "stated"), default=0) for scale, effects in ledger.effects.items()
    }
    return "n = " + ", ".join(f"{n} ({scale})" for scale, n in most.items())


def _content(row: Row, ledger: Ledger, images: dict[tuple[str, str], list[dict[str, Any]]]) -> dict[str, Any]:
    effects = [e for e in ledger.effects.get(row.scale, ()) if e.claim == row.claim.name]
    places = {made.setting for made in ledger.decisions.get(row.scale, ()) if made.claim == row.claim.name}
    return {
        "row": row,
        "why": by_setting(row.why, places),
        "anchor": f"{row.claim.name}-{row.scale or 'none'}",
        "images": images.get((row.claim.name, row.scale), []),
        "effects": [_effect(e) for e in effects],
    }


def by_setting(why: str, settings: Collection[str]) -> list[str]:
    """Return the reasons of a verdict, one a setting.

    >>> by_setting("net on A: x. net on B: y. z", {"net on A", "net on B"})
    ['net on A: x', 'net on B: y. z']
    """
    if not settings:
        return [why] if why else []
    names = "|".join(re.escape(name) for name in settings)
    return re.split(rf"\. (?=(?:{names}): )", why)


def _effect(found: Effect) -> dict[str, Any]:
    decides = found.role != "beside"
    return {
        "row": found,
        "interval": f"{number(found.low)} to {number(found.high)}" if found.n > 1 else "–",
        "least": number(found.least) if decides else "",
        "claimed": number(found.claimed),
    }
