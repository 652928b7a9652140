"""Synchrony that complete neural collapse alone makes: a closed form in the number of classes."""

from __future__ import annotations

import math

from ...simulator import InputError


def collapsed_si(classes: int) -> float:
    r"""SI-3 of a layer in complete neural collapse, of many units in a random orientation.

    .. math:: SI_3 = E\,|\cos| = \frac{\Gamma(n/2)}{\sqrt\pi\;\Gamma((n + 1)/2)}, \qquad n = K - 1

    Every sample is then its class mean, and the K class means are the corners of a simplex (Papyan, Han & Donoho,
    PNAS 2020): the answers of two units to the classes are directions in K − 1 dimensions, and their correlation is
    the cosine between them. Between independent isotropic directions :math:`E\,r^2 = 1/(K - 1)`. In the simplex's own
    basis, one unit a class, SI-3 is 1/(K − 1) instead.

    Raises:
        InputError: fewer than two classes.

    >>> [round(collapsed_si(k), 3) for k in (2, 3, 5, 10, 20, 100)]
    [1.0, 0.637, 0.424, 0.273, 0.185, 0.08]
    """
    n = _dimensions(classes)
    return math.exp(math.lgamma(n / 2) - math.lgamma((n + 1) / 2)) / math.sqrt(math.pi)


def collapsed_r2(classes: int) -> float:
    """Mean squared correlation of a layer in complete neural collapse: 1/(K − 1), see `collapsed_si`.

    Raises:
        InputError: fewer than two classes.

    >>> collapsed_r2(11)
    0.1
    """
    return 1 / _dimensions(classes)


def _dimensions(classes: int) -> int:
    if isinstance(classes, bool) or not isinstance(classes, int) or classes < 2:
        raise InputError(f"classes: must be an integer >= 2; got {classes!r}")
    return classes - 1


COLLAPSED = {"si_3": collapsed_si, "mean_squared_correlation": collapsed_r2}  # by the name of the measure
