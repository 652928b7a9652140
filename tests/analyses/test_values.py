"""The one function of values: it equals the measure and its null taken apart, and rows say why there is no value."""

import ast
import math
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from ictal.analyses.comparison.result import ReplicateValue
from ictal.analyses.eeg.synchrony import WindowValue
from ictal.analyses.measures import MEASURES, get
from ictal.analyses.measures.base import apply
from ictal.analyses.nulls.null_tests import null_test
from ictal.analyses.settings import ValueSettings
from ictal.analyses.values import EntryValue, Value, completed, values
from ictal.simulator import InputError, Recording
from ictal.simulator.files.document import Group
from ictal.simulator.files.rows import from_group, to_group

ROOT = Path(__file__).resolve().parents[2]
RNG = np.random.default_rng(8)
WAVES = Recording(
    RNG.normal(size=(300, 6)) + RNG.normal(size=(300, 1)), dt=0.01, clock="second", quantity="potential", unit="µV"
)
IMAGES = Recording(
    RNG.normal(size=(120, 8)) + np.arange(120)[:, None] % 3, 1.0, "sample", "activation", "1",
    time_labels={"class": np.arange(120) % 3},
)  # fmt: skip


@pytest.mark.parametrize("data", [WAVES, IMAGES])
def test_a_value_and_its_null_are_those_of_the_measure_alone(data):
    band = (3.0, 20.0) if data is WAVES else None
    rows = values(data, list(MEASURES), ValueSettings(phase_band=band, nulls=199, seed=3))
    assert list(dict.fromkeys(row.measure for row in rows)) == list(MEASURES)
    defined = [row for row in rows if not row.reason]
    assert len(defined) > 8
    for row in defined:
        measure = get(row.measure)
        own = band if "band" in measure.needs else None
        one = apply(measure, data, band=own, seed=3)
        assert (row.value, row.unit, row.n_live, row.n_times) == (one.value, one.unit, one.n_live, one.n_times)
        assert bool(row.null_kind) != bool(row.no_null)
        if row.null_kind:  # drawn for all measures at once, and yet the same
            test = null_test(measure, data, kind=row.null_kind, n=199, seed=3, band=own)
            assert (row.null_kind, row.p, row.tested) == (test.kind, test.p, test.observed)
            assert (row.null_mean, row.null_low, row.null_high) == (test.mean, test.lo, test.hi)
            assert row.null_sd == test.values.std()


def test_a_row_says_why_it_has_no_value():
    for row in values(WAVES, ["cv_isi", "class_share", "kuramoto_r1"], ValueSettings()):
        assert math.isnan(row.value)
        with pytest.raises(InputError) as why:
            apply(get(row.measure), WAVES)
        assert str(why.value) == f"{row.measure}: {row.reason}"


def test_one_row_a_kind_of_null_and_nulls_of_some_measures_alone():
    kinds = ("permute", "permute_within_class")
    rows = values(IMAGES, ["si_3", "chi_c"], ValueSettings(nulls=199), kinds=kinds, nulled={"si_3"})
    assert [(row.measure, row.null_kind) for row in rows] == [("si_3", kinds[0]), ("si_3", kinds[1]), ("chi_c", "")]
    assert rows[0].value == rows[1].value


def without(group, *columns):
    return Group({name: v for name, v in group.variables.items() if name not in columns}, group.attrs)


@pytest.mark.parametrize(
    ("kind", "index", "missing"),
    [
        (EntryValue, {"entry": "a"}, ("null_sd", "reason", "tested")),
        (ReplicateValue, {"panel": "a", "group": "b", "replicate": 1}, ("unit", "null_sd", "reason", "tested")),
        (
            WindowValue,
            {"start": 0.0, "stop": 1.0, "phase": ""},
            ("unit", "null_sd", "reason", "tested", "n_live", "n_times", "settings"),
        ),
    ],
)
def test_tables_of_the_first_files_are_completed(kind, index, missing):
    row = Value(measure="si_3", value=0.5, null_kind="permute", tested=0.5, p=0.1, n_units=4, n_live=4).at(
        kind, **index
    )
    old = without(to_group(kind, [row]), *missing)
    assert str(from_group(kind, completed({"measures/si_3": old})["measures/si_3"])) == str([row])
    for column in ("value", "p"):  # what every file has must be there
        damaged = completed({"measures/si_3": without(old, column)})["measures/si_3"]
        with pytest.raises(KeyError):
            from_group(kind, damaged)
    reason = Value(measure="si_3", reason="no").at(kind, **index)
    kept = {"measure", "reason", *index}
    table = without(to_group(kind, [reason]), *({item.name for item in fields(kind)} - kept))
    if kind is not WindowValue:
        assert str(from_group(kind, completed({"tables/skipped": table})["tables/skipped"])) == str([reason])


def test_one_function_computes_a_value_beside_its_null():
    callers = {"apply": set(), "null_tests": set()}
    for room in ("analyses", "models", "ictal"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in callers:
                    callers[node.func.id].add(path.stem)
    assert callers["null_tests"] == {"null_tests", "values"}
    assert callers["apply"] & callers["null_tests"] == {"values"}
