"""Effects and panel that claims on treated networks share."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ..evidence.effect import Effect, Scale, measured_effect
from ..evidence.tuning import BySeed, Treated, last_si
from ..figures.evidence import Axes, Shown
from ..figures.parts.style import OKABE_ITO, colour


def lowers_si(claim: str, t: Treated, desync: str, least: float) -> Effect:
    """Return the control that the penalty lowers SI."""
    return measured_effect(claim, "lowers SI", t.name, lambda: t.gain(t.plain, t.chosen(desync), last_si),
                           statistic="SI without − with", least=least, claimed=0.46, role="control",
                           otherwise="that SI is hardly lowered is not counted")  # fmt: skip


def beside(
    claim: str, part: str, t: Treated, name: str, values: Callable[[BySeed], Sequence[float]], *, statistic: str,
    least: float = 0.0, scale: Scale = "real", claimed: float = math.nan,
) -> Effect:  # fmt: skip
    """Return an effect of one treatment at its chosen dose, which decides nothing and names the dose."""
    found = measured_effect(claim, part, t.name, lambda: values(t.chosen(name)), statistic=statistic, least=least,
                            role="beside", scale=scale, claimed=claimed)  # fmt: skip
    dose = t.dose(name) if found.n else ""
    return replace(found, note=f"dose {dose}" if dose else "")


def against_si(axes: Axes, shown: Shown, label: str) -> str:
    """Draw the effects beside against the SI beside: a treatment a colour, a way of overfitting a shape.

    Treatment X has the effects "X" and "SI, X"; one without the effect "X" stands at 0.

    Returns:
        The shapes in words.
    """
    known = [e for e in shown.effects if e.n]
    ways = list(dict.fromkeys(e.way for e in known))
    si = {(e.part.removeprefix("SI, "), e.way): e for e in known if e.part.startswith("SI, ")}
    of = {(e.part, e.way): e for e in known if e.role == "beside"}
    names = list(dict.fromkeys(name for name, _ in si))
    labelled: set[str] = set()
    for (name, way), e in si.items():
        y = of.get((name, way))
        value, low, high = (y.value, y.low, y.high) if y else (0.0, 0.0, 0.0)
        shade, at = "0.45" if name == "none" else colour(names.index(name)), ways.index(way)
        again = names.index(name) >= len(OKABE_ITO) and name != "none"  # a second treatment of this colour
        sides = {"xerr": (e.value - e.low, e.high - e.value), "yerr": (100 * (value - low), 100 * (high - value))}
        errors: dict[str, Any] = {
            key: [[below], [above]] for key, (below, above) in sides.items() if below < float("inf")
        }
        axes.errorbar(e.value, 100 * value, **errors, fmt="os^D"[at % 4], color=shade, ms=4, lw=0.8,
                      mec="0.1" if again else shade, mfc=shade if at == 0 else "white",
                      label=None if name in labelled else name)  # fmt: skip
        labelled.add(name)
    axes.axhline(0, color="0.8", lw=0.7, zorder=0)
    axes.set(xlabel="SI at the end", ylabel=label)
    return ", ".join(
        f"{shape}, {way}" for shape, way in zip(("dots", "squares", "triangles", "diamonds"), ways, strict=False)
    )
