"""SI-3 and mean r² of complete neural collapse: closed forms against a rotated simplex, and the line in figures."""

import math

import numpy as np
import pytest
from scipy.stats import beta

from ictal.analyses import MEASURES
from ictal.analyses.figures.evidence import Shown, collapse
from ictal.analyses.figures.parts.style import new_figure
from ictal.analyses.figures.synchrony import training_drawings
from ictal.analyses.measures.collapse import collapsed_r2, collapsed_si
from ictal.simulator import InputError
from ictal.simulator.files.readers import open_run

UNITS = 512
MEASURED = {2: 1.000, 3: 0.636, 5: 0.423, 10: 0.272, 20: 0.182, 100: 0.072}  # of such a simplex, one draw each


def collapsed(classes, seed):
    """Class means of a simplex in a random orientation, (class, unit)."""
    simplex = math.sqrt(classes / (classes - 1)) * (np.eye(classes) - 1 / classes)
    turned, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(UNITS, classes)))
    return simplex @ turned.T


def value(name, x):
    return float(MEASURES.load(name).kernel(x, np.ones(x.shape[-1], dtype=bool)))


@pytest.mark.parametrize("classes", list(MEASURED))
def test_a_simplex_in_many_units_has_the_si_of_its_closed_form(classes):
    """Orthogonal axes are not independent: at 100 classes in 512 units SI-3 lies a tenth below the closed form."""
    draws = [collapsed(classes, seed) for seed in range(4)]
    si = np.mean([value("si_3", x) for x in draws])
    assert si == pytest.approx(MEASURED[classes], abs=0.002)
    assert si == pytest.approx(collapsed_si(classes), rel=0.11 if classes == 100 else 0.025)
    exact = (UNITS / (classes - 1) - 1) / (UNITS - 1)  # for units of equal variance
    pairs = np.triu_indices(UNITS, 1)
    r2 = np.mean([(np.corrcoef(x, rowvar=False)[pairs] ** 2).mean() for x in draws])
    assert r2 == pytest.approx(exact, rel=0.03)
    assert collapsed_r2(classes) == pytest.approx(exact, rel=0.03 if classes < 20 else 0.25)
    repeated = [np.repeat(x, 60, axis=0) for x in draws]  # the measure takes off what finite samples leave to chance
    assert np.mean([value("mean_squared_correlation", x) for x in repeated]) == pytest.approx(r2, rel=0.06)


@pytest.mark.parametrize("classes", [3, 5, 10, 100])
def test_it_is_the_mean_cosine_of_two_directions(classes):
    """cos² of the angle between directions in n dimensions is Beta(1/2, (n − 1)/2)."""
    n = classes - 1
    assert collapsed_si(classes) == pytest.approx(beta(0.5, (n - 1) / 2).expect(np.sqrt), rel=1e-6)


def test_one_unit_a_class_is_another_case():
    x = np.eye(10) - 0.1
    assert value("si_3", x) == pytest.approx(1 / 9)


@pytest.mark.parametrize("classes", [1, 0, 2.0, True, None])
def test_bad_classes(classes):
    with pytest.raises(InputError, match="classes: must be an integer >= 2"):
        collapsed_si(classes)


def test_the_line_is_drawn_where_the_classes_are_known():
    run = open_run("tests/support/files/0.1.0/training.h5")
    drawn = {drawing.name: drawing for drawing in training_drawings(run)}
    over = next(drawing for name, drawing in drawn.items() if name.startswith("synchrony/si_3"))
    heights = [line.get_ydata()[0] for line in over.figure.axes[-1].lines if "collapse" in str(line.get_label())]
    assert heights == [pytest.approx(0.2734, abs=1e-4)]
    assert "0.273, complete neural collapse alone of a layer with 10 classes" in over.caption


def test_no_line_without_the_number_of_classes():
    _, axes = new_figure("claims")
    assert collapse(axes, Shown({}, None, ())) == ""
    assert not axes.lines
