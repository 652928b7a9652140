"""Effects: numbers that a claim stands or falls by, over seeds, and the least that would count."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t as student

from ...simulator import InputError

Role = Literal["stated", "control", "beside"]
SMALLEST_SD = 0.005  # over seeds: seeds that agree to the last bit are few, and not beyond doubt
FEWEST = 3  # seeds that decide


@dataclass(frozen=True)
class Effect:
    """One number, counted so that the claim wants it large.

    Attributes:
        claim, part: the claim, and the part of it.
        setting: network and data.
        role: ``"stated"`` as the paper says it; ``"control"`` what must hold besides for the claim to be about what it
            says it is about; ``"beside"`` for the reader, decides nothing.
        statistic: what the number is, in words.
        value, low, high: mean over seeds and its 95 % t interval; infinite with one seed.
        p_above, p_below: one-sided p, of a mean that is not above `least`, and of one that is not below it.
        n: seeds.
        least: the least effect of interest.
        claimed: the paper's figure; NaN where it gives none.
        otherwise: of a control: what is true instead if it fails, to follow "holds only".
    """

    claim: str
    part: str
    setting: str
    role: str
    statistic: str
    value: float
    low: float
    high: float
    p_above: float
    p_below: float
    n: int
    least: float
    claimed: float
    otherwise: str


def effect(
    claim: str,
    part: str,
    setting: str,
    values: ArrayLike,
    *,
    statistic: str,
    least: float = 0.0,
    claimed: float = math.nan,
    role: Role = "stated",
    otherwise: str = "",
) -> Effect:
    r"""An effect from its values, one a seed, by Student's t.

    .. math:: \bar x \pm t_{0.975, n-1}\, s/\sqrt n, \qquad
              p_\text{above} = P\!\left(T_{n-1} > \frac{\bar x - \text{least}}{s/\sqrt n}\right)

    s is at least 0.005; fewer than three seeds decide nothing (both p are 1).

    Raises:
        InputError: no value, or one that is not finite.

    >>> e = effect("c", "p", "s", [0.3, 0.4, 0.5], statistic="x", least=0.1)
    >>> round(e.value, 3), round(e.low, 3), round(e.p_above, 3), round(e.p_below, 3)
    (0.4, 0.152, 0.018, 0.982)
    """
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or x.size == 0 or not np.isfinite(x).all():
        raise InputError(f"effect {claim}/{part}: must have one finite value a seed; got {x.tolist()}")
    if role == "control" and not otherwise:
        raise InputError(f"effect {claim}/{part}: a control must say what holds otherwise")
    mean, n = float(x.mean()), x.size
    if n < 2:
        low, high, above, below = -math.inf, math.inf, 1.0, 1.0
    else:
        error = max(float(x.std(ddof=1)), SMALLEST_SD) / math.sqrt(n)
        half = float(student.ppf(0.975, n - 1)) * error
        low, high = mean - half, mean + half
        above = float(student.sf((mean - least) / error, n - 1))
        below = float(student.cdf((mean - least) / error, n - 1))
        if n < FEWEST:
            above = below = 1.0
    return Effect(claim, part, setting, role, statistic, mean, low, high, above, below, n, least, claimed, otherwise)


def unknown_effect(
    claim: str, part: str, setting: str, why: str, *, least: float, role: Role = "stated", otherwise: str = ""
) -> Effect:
    """Return an effect that is undecided because it cannot be measured here."""
    nan, inf = math.nan, math.inf
    return Effect(claim, part, setting, role, why, nan, -inf, inf, 1.0, 1.0, 0, least, nan, otherwise)
