"""Values of a measure on planted correlation: the truth that `explain` shows beside the words."""

from __future__ import annotations

import numpy as np

from ...simulator import Recording
from .base import Measure, apply

UNITS, SAMPLES = 100, 1000
TRUTH = (0.0, 0.1, 0.5, 1.0)  # planted correlation c of every pair


def on_planted(measure: Measure) -> dict[float, float]:
    r"""Return planted correlation -> value, for a measure of samples alone; empty for any other.

    .. math:: x_i = \sqrt{c}\, s + \sqrt{1 - c}\, e_i

    with independent normal s and e_i: 100 units of 1000 samples, and the same draws for every c.

    >>> from . import get
    >>> {c: abs(round(value, 2)) for c, value in on_planted(get("mean_correlation")).items()}
    {0.0: 0.0, 0.1: 0.1, 0.5: 0.49, 1.0: 1.0}
    """
    if measure.takes != "values" or measure.needs != frozenset({"stationary"}):
        return {}
    generator = np.random.default_rng(0)
    shared, own = generator.standard_normal((SAMPLES, 1)), generator.standard_normal((SAMPLES, UNITS))
    found = {}
    for c in TRUTH:
        values = np.sqrt(c) * shared + np.sqrt(1 - c) * own
        data = Recording(values, dt=1.0, clock="sample", quantity="activity", unit="1")
        found[c] = float(apply(measure, data, seed=0).value)
    return found
