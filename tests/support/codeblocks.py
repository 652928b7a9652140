"""Pages of the docs: their blocks of code."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def blocks(text):
    """Return (language, code) of every fenced block, in order."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)
