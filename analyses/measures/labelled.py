"""Variance that units share by answering to the same class, and correlation beyond it."""

from __future__ import annotations

from ...simulator.types import Array
from .arrays import as_float, centre, namespace, over_time, ratio, variances
from .base import Measure
from .paper_indices import si_3


def class_means(x: Array, labels: Array) -> Array:
    """Mean of every class, (…, class, unit), for one-hot labels (time, class); 0 for a class without samples."""
    xp = namespace(x)
    sums = xp.matmul(xp.matrix_transpose(labels), x)
    return ratio(sums, xp.expand_dims(xp.sum(labels, axis=-2), axis=-1))


def class_share(x: Array, mask: Array, *, labels: Array) -> Array:
    r"""Share of the variance, summed over units, that lies between the classes.

    .. math:: \eta = \frac{\sum_j \sum_c T_c (\mu_{cj} - \mu_j)^2}{\sum_j \sum_t (x_j(t) - \mu_j)^2}

    x: (…, time, unit), mask: (…, unit), labels: one-hot (time, class) -> (…).

    >>> import numpy as np
    >>> x = np.array([[0.0], [2.0], [4.0], [6.0]])
    >>> float(class_share(x, np.array([True]), labels=np.eye(2)[[0, 0, 1, 1]]))
    0.8
    """
    xp = namespace(x)
    d = centre(x) * as_float(over_time(mask), x)
    size = xp.expand_dims(xp.sum(labels, axis=-2), axis=-1)
    between = xp.sum(size * class_means(d, labels) ** 2, axis=(-2, -1))
    return ratio(between, xp.sum(d**2, axis=(-2, -1)))


def residuals(x: Array, labels: Array) -> Array:
    """x minus the mean of its class."""
    xp = namespace(x)
    d = centre(x)
    return d - xp.matmul(labels, class_means(d, labels))


def varies_within(x: Array, mask: Array, *, labels: Array) -> Array:
    """The live units whose SD within classes is at least 1e-6 of their SD."""
    return mask & (variances(residuals(x, labels), mask) > 1e-12 * variances(x, mask))


def within_class_si(x: Array, mask: Array, *, labels: Array) -> Array:
    r"""SI-3 of what is left when the mean of its class is taken from every sample.

    .. math:: SI_3\big(x_j(t) - \mu_{c(t)\,j}\big)

    x: (…, time, unit), mask: (…, unit), labels: one-hot (time, class) -> (…).

    >>> import numpy as np
    >>> x = np.array([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])  # independent within each class
    >>> both = np.concatenate([x, x + 10])  # and driven together by it
    >>> float(within_class_si(both, np.ones(2, bool), labels=np.eye(2)[[0] * 4 + [1] * 4]))
    0.0
    """
    return si_3(residuals(x, labels), varies_within(x, mask, labels=labels))


CLASS_SHARE = Measure(
    name="class_share",
    kernel=class_share,
    needs=frozenset({"labels"}),
    inputs=("labels",),
    min_units=1,
    formula="between-class sum of squares / total sum of squares, both summed over units",
    range="0 to 1",
    floor="(classes - 1)/(T - 1) for units that know nothing of the class",
    shows="how much of a layer's variance is the class (signal); 1 is neural collapse",
    cannot="say anything of synchrony within a class; loud units dominate",
    citation="correlation ratio: Fisher, Statistical Methods for Research Workers (1925)",
    nulls=("permute", "linear_shift", "circular_shift"),
)
WITHIN_CLASS_SI = Measure(
    name="within_class_si",
    kernel=within_class_si,
    needs=frozenset({"labels"}),
    inputs=("labels",),
    formula="mean over pairs of |corr| of x minus its class mean",
    range="0 to 1",
    floor="sqrt(2/(pi (T - classes))) for units independent within their class",
    shows="what units share beyond the class (noise correlation, in the words of neuroscience)",
    cannot="tell in-phase from antiphase, or synchrony from stimulus features that the label does not name",
    citation="Averbeck, Latham & Pouget, Nat. Rev. Neurosci. 7, 358 (2006)",
    nulls=("permute_within_class",),  # a shift would carry the classes into the residuals
    refine=varies_within,
)
