"""Effects: numbers that a claim stands or falls by, over seeds, and the least that would count."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import binom, mannwhitneyu, norm, rankdata
from scipy.stats import t as student

from ...simulator import InputError, unknown
from ...simulator.types import Floats

Role = Literal["stated", "level", "control", "beside"]
Scale = Literal["real", "index", "correlation", "share"]
FEWEST = 3  # seeds that decide


@dataclass(frozen=True)
class _Transform:
    """Scale on which Student's t is taken: there and back, and the least SD over seeds on it.

    Seeds that agree to the last bit are few, and not beyond doubt: hence the least SD.
    """

    there: Callable[[Floats], Floats]
    back: Callable[[float], float]
    smallest_sd: float


_TRANSFORMS = {
    "real": _Transform(lambda x: x, lambda y: y, 0.005),
    "index": _Transform(lambda x: logit(np.clip(x, 1e-3, 1 - 1e-3)), lambda y: float(expit(y)), 0.02),
    "correlation": _Transform(lambda x: np.arctanh(np.clip(x, -0.999, 0.999)), math.tanh, 0.05),
}


@dataclass(frozen=True)
class Effect:
    """One number, counted so that the claim wants it large.

    Attributes:
        claim, part: the claim, and the part of it.
        setting: network and data.
        role: ``"stated"`` as the paper says it, apart from its level; ``"level"`` the level that the paper gives;
            ``"control"`` what must hold besides for the claim to be about what it says it is about; ``"beside"`` for
            the reader, decides nothing.
        statistic: what the number is, in words.
        value, low, high: mean over seeds and its 95 % interval; infinite with one seed. See `effect`.
        p_above, p_below: one-sided p, of a mean that is not above `least`, and of one that is not below it.
        n: seeds.
        least: the least effect of interest.
        claimed: the paper's figure; NaN where it gives none.
        otherwise: of a control: what is true instead if it fails, to follow "holds only"; of a level: where the
            effect lies instead.
        scale: kind of number; interval and test follow from it.
        substance: whether this is the part that the claim is about.
        way: condition that is meant to overfit; empty where there is none, or several.
        note: a further number on the same, in words.
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
    scale: str = "real"
    substance: bool = False
    way: str = ""
    note: str = ""


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
    scale: Scale = "real",
    substance: bool = False,
    note: str = "",
) -> Effect:
    r"""An effect from its values, one a seed, by Student's t on the scale of the number.

    .. math:: y = g(x), \quad g^{-1}\big(\bar y \pm t_{0.975, n-1}\, s_y/\sqrt n\big), \qquad
              p_\text{above} = P\!\left(T_{n-1} > \frac{\bar y - g(\text{least})}{s_y/\sqrt n}\right)

    =========== ============= ==================================================
    scale       g             s_y at least
    =========== ============= ==================================================
    real        x             0.005
    index       ln(x/(1 − x)) 0.02; a number in 0..1 that varies freely, as SI
    correlation artanh x      0.05 (Fisher's z)
    share       none          Wilson's interval with seeds as trials, sign test
    =========== ============= ==================================================

    A share may be all or none in every seed, which no t test can read. Its p is exact: of k seeds beyond `least`, with
    the binomial probability max(1/2, least) (above) or max(1/2, 1 − least) (below). No interval leaves the range of
    its number. Fewer than three seeds decide nothing (both p are 1).

    Raises:
        InputError: no value, or one that is not finite; a correlation or share out of its range; an unknown scale.

    >>> e = effect("c", "p", "s", [0.3, 0.4, 0.5], statistic="x", least=0.1)
    >>> round(e.value, 3), round(e.low, 3), round(e.p_above, 3), round(e.p_below, 3)
    (0.4, 0.152, 0.018, 0.982)
    >>> e = effect("c", "p", "s", [1.0, 1.0, 1.0], statistic="x", least=0.5, scale="share")
    >>> round(e.low, 3), e.high, e.p_above
    (0.439, 1.0, 0.125)
    """
    x = np.asarray(values, dtype=np.float64)
    name = f"effect {claim}/{part}"
    if x.ndim != 1 or x.size == 0 or not np.isfinite(x).all():
        raise InputError(f"{name}: must have one finite value a seed; got {x.tolist()}")
    if role in ("control", "level") and not otherwise:
        raise InputError(f"{name}: a {role} must say what holds otherwise")
    if scale not in (*_TRANSFORMS, "share"):
        raise unknown(f"{name}: scale", scale, (*_TRANSFORMS, "share"))
    floor = {"real": -math.inf, "correlation": -1.0}.get(scale, 0.0)
    if x.min() < floor - 1e-9 or (scale != "real" and x.max() > 1 + 1e-9):
        raise InputError(f"{name}: a {scale} must lie in {floor:g}..1; got {x.tolist()}")
    found = _by_signs(x, least) if scale == "share" else _by_t(x, least, _TRANSFORMS[scale])
    value, low, high, above, below = found if x.size >= FEWEST else (*found[:3], 1.0, 1.0)
    return Effect(claim, part, setting, role, statistic, value, low, high, above, below, x.size, least, claimed,
                  otherwise, scale, substance, note=note)  # fmt: skip


def level_otherwise(*, below: bool) -> str:
    """Return where an effect lies that is not at the claimed level."""
    return f"at a {'lower' if below else 'higher'} level than claimed"


def unknown_effect(
    claim: str, part: str, setting: str, why: str, *, least: float, role: Role = "stated", otherwise: str = "",
    substance: bool = False,
) -> Effect:  # fmt: skip
    """Return an effect that is undecided because it cannot be measured here."""
    nan, inf = math.nan, math.inf
    return Effect(claim, part, setting, role, why, nan, -inf, inf, 1.0, 1.0, 0, least, nan, otherwise,
                  substance=substance)  # fmt: skip


def measured_effect(
    claim: str, part: str, setting: str, values: Callable[[], ArrayLike], *, statistic: str, least: float = 0.0,
    claimed: float = math.nan, role: Role = "stated", otherwise: str = "", scale: Scale = "real",
    substance: bool = False,
) -> Effect:  # fmt: skip
    """Return an effect of values that may be impossible to have here; with the reason if they are."""
    try:
        found = values()
    except InputError as error:
        return unknown_effect(claim, part, setting, str(error), least=least, role=role, otherwise=otherwise,
                              substance=substance)  # fmt: skip
    return effect(claim, part, setting, found, statistic=statistic, least=least, claimed=claimed, role=role,
                  otherwise=otherwise, scale=scale, substance=substance)  # fmt: skip


def auc_effect(
    claim: str,
    part: str,
    setting: str,
    large: ArrayLike,
    small: ArrayLike,
    *,
    statistic: str,
    claimed: float = math.nan,
) -> Effect:
    """Return an area under the ROC curve, for the reader; n counts both groups, p is Mann and Whitney's against ½."""
    a, b = (np.asarray(side, dtype=np.float64) for side in (large, small))
    value = auc(a, b)
    low, high = auc_interval(value, a.size, b.size)
    above, below = (float(mannwhitneyu(a, b, alternative=side).pvalue) for side in ("greater", "less"))
    return Effect(claim, part, setting, "beside", statistic, value, low, high, above, below, a.size + b.size, 0.5,
                  claimed, "", "share")  # fmt: skip


def auc(large: ArrayLike, small: ArrayLike) -> float:
    r"""Area under the ROC curve, P(a > b) + ½ P(a = b), by ranks: the same for every monotone change of the scale.

    >>> auc([3, 4], [1, 3])
    0.875
    """
    a, b = (np.asarray(side, dtype=np.float64) for side in (large, small))
    ranks = rankdata(np.concatenate([a, b]))[: a.size]
    return float((ranks.sum() - a.size * (a.size + 1) / 2) / (a.size * b.size))


def auc_interval(value: float, m: int, n: int) -> tuple[float, float]:
    r"""95 % interval of an area under the ROC curve from m and n observations, within 0..1 (Newcombe's method 5).

    The θ at which the value lies 1.96 of θ's own errors away:

    .. math:: |\hat\theta - \theta| = 1.96 \sqrt{\frac{\theta (1 - \theta)}{mn}
              \left[1 + \left(\tfrac{m + n}{2} - 1\right)\left(\frac{1 - \theta}{2 - \theta}
              + \frac{\theta}{1 + \theta}\right)\right]}

    Newcombe, Statist. Med. 25, 559 (2006); the variance is Hanley and McNeil's (Radiology 143, 29, 1982).

    >>> [round(x, 2) for x in auc_interval(1.0, 5, 5)]
    [0.64, 1.0]
    """

    def distance(theta: float) -> float:
        spread = 1 + ((m + n) / 2 - 1) * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        return abs(value - theta) - float(norm.ppf(0.975)) * math.sqrt(theta * (1 - theta) / (m * n) * spread)

    low = 0.0 if value <= 0 else float(brentq(distance, 0.0, min(value, 1 - 1e-12)))  # 0 at the ends is no crossing
    high = 1.0 if value >= 1 else float(brentq(distance, max(value, 1e-12), 1.0))
    return low, high


def wilson(k: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share of k in n.

    >>> [round(x, 3) for x in wilson(0, 10)]
    [0.0, 0.278]
    """
    z = float(norm.ppf(0.975))
    middle, half = k / n + z**2 / (2 * n), z * math.sqrt(k / n * (1 - k / n) / n + z**2 / (4 * n**2))
    below, above = (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)
    return max(0.0, below) if k > 0 else 0.0, min(1.0, above) if k < n else 1.0


def _by_t(x: Floats, least: float, scale: _Transform) -> tuple[float, float, float, float, float]:
    """Return the mean, its interval, and p above and below `least`."""
    y, n = scale.there(x), x.size
    mean = float(y.mean())
    if n < 2:
        return scale.back(mean), scale.back(-math.inf), scale.back(math.inf), 1.0, 1.0
    error = max(float(y.std(ddof=1)), scale.smallest_sd) / math.sqrt(n)
    half = float(student.ppf(0.975, n - 1)) * error
    t = (mean - float(scale.there(np.asarray(least)))) / error
    above, below = float(student.sf(t, n - 1)), float(student.cdf(t, n - 1))
    return scale.back(mean), scale.back(mean - half), scale.back(mean + half), above, below


def _by_signs(x: Floats, least: float) -> tuple[float, float, float, float, float]:
    """Return the same of a share, by Wilson's interval and the sign test."""
    above, below = int((x > least).sum()), int((x < least).sum())
    p = float(binom.sf(above - 1, x.size, max(0.5, least))), float(binom.sf(below - 1, x.size, max(0.5, 1 - least)))
    return float(x.mean()), *wilson(float(x.sum()), x.size), *p
