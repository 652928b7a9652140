"""Glyphs of verdicts, the only thing that has a colour."""

from __future__ import annotations

import os
import sys

from ..analyses.claims.wording import SIGNS, STANDINGS
from ..analyses.evidence.rules import FAILS

GLYPHS = {verdict: SIGNS[standing] for verdict, standing in STANDINGS.items()}
WARN = (0x88, 0x22, 0x55)  # the hue of "fails" in figures and pages


def coloured(glyph: str) -> str:
    """Return a glyph in its colour; without one where stdout is no terminal, or NO_COLOR is set."""
    if glyph != GLYPHS[FAILS] or not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return glyph
    return f"\x1b[38;2;{';'.join(map(str, WARN))}m{glyph}\x1b[0m"
