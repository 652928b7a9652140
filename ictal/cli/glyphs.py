"""Glyphs of verdicts, the only thing that has a colour."""

from __future__ import annotations

import os
import sys

from ..analyses.evidence.rules import FAILS, HOLDS, LEVEL, NOT_RUN, NOT_TESTABLE, ONLY, UNDECIDED

GLYPHS = {HOLDS: "●", LEVEL: "◉", ONLY: "◐", UNDECIDED: "○", FAILS: "✕", NOT_TESTABLE: "?", NOT_RUN: "–"}
WARN = (0x88, 0x22, 0x55)  # the hue of "fails" in figures and pages


def coloured(glyph: str) -> str:
    """Return a glyph in its colour; without one where stdout is no terminal, or NO_COLOR is set."""
    if glyph != GLYPHS[FAILS] or not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return glyph
    return f"\x1b[38;2;{';'.join(map(str, WARN))}m{glyph}\x1b[0m"
