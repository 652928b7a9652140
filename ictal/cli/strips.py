"""Strips: a value and its null on an axis from 0 to 1, drawn with characters."""

from __future__ import annotations

WIDEST = 25  # characters
VALUE, NULL, TICK = "●", "░", "·"


def ticks(size: int) -> str:
    """Return the numbers of the axis, for a strip of `size` characters.

    >>> ticks(25)
    '0          .5           1'
    """
    middle = size // 2 - 1
    return f"0{' ' * (middle - 1)}.5{' ' * (size - middle - 3)}1"


def strip(value: float, low: float, high: float, ends: tuple[float, float], size: int) -> str:
    """Return the strip of a value, with its null where it has one; beyond an end, a mark stands at the end.

    Args:
        value: NaN draws the null alone.
        low, high: of the null; NaN where there is none.
        ends: values at the left and right end of the axis.
        size: characters, an odd number.

    >>> strip(0.99, -0.05, 0.05, (0.0, 1.0), 25)
    '░░          ·           ●'
    >>> strip(1.03, 8.6, 8.8, (10.0, 1.0), 13)
    '· ░   ·     ●'
    """
    cells = [TICK if at in (0, size // 2, size - 1) else " " for at in range(size)]

    def place(x: float) -> int:
        share = (x - ends[0]) / (ends[1] - ends[0]) if ends[1] != ends[0] else 1.0
        return round(min(max(share, 0.0), 1.0) * (size - 1))

    if low == low:
        first, last = sorted((place(low), place(high)))
        cells[first : last + 1] = NULL * (last + 1 - first)
    if value == value:
        cells[place(value)] = VALUE
    return "".join(cells)
