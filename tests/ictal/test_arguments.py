"""Arguments of a wrong type or at the edge of what numbers can be: one line that names the argument."""

import math

import numpy as np
import pytest
import torch

import ictal

X = np.random.default_rng(4).normal(size=(200, 4))
GIVEN = {
    "measure": (ictal.measure, {"data": X, "measures": "si_3", "dt": 0.01}),
    "compare": (ictal.compare, {"groups": {"a": X, "b": -(X[::-1] ** 3)}, "dt": 0.01, "measures": ["si_3"]}),
    "why": (ictal.why, {"data": X, "dt": 0.01, "nulls": 0}),
    "measure_over_time": (ictal.measure_over_time, {"data": X, "dt": 0.01, "window": 0.5, "nulls": 0}),
    "analyse_eeg": (ictal.analyse_eeg, {"data": X, "rate": 100.0, "window": 1.0, "nulls": 0, "band": (9.0, 30.0)}),
}
WRONG = [
    ("dt", "0.01", "a number or none"),
    ("rate", "100", "a number or none"),
    ("nulls", "199", "a whole number"),
    ("nulls", 199.5, "a whole number"),
    ("nulls", 10**30, "at most"),
    ("nulls", True, "a whole number"),
    ("band", (1,), "2 values"),
    ("band", (1, "x"), "2 values|a number"),
    ("band", 3, "2 values"),
    ("entries", [1], "a text"),
    ("entries", 1, "a name or a list of names"),
    ("entry", 1, "a text or none"),
    ("measures", [None], "a text"),
    ("measures", 7, "a name or a list of names"),
    ("units", "3", "a whole number or none"),
    ("clock", 3, "a text or none"),
    ("dims", 3, "a name or a list of names"),
    ("bin", None, "a number"),
    ("sd", "x", "a number"),
    ("label", b"class", "a text"),
    ("window", (0, math.inf), "must be finite"),
    ("window", (-math.inf, math.inf), "must be finite"),
    ("window", (math.nan, 1), "must be finite"),
    ("window", "all", "values|a number"),
    ("window", 1e308, "2 values|must be > 0"),
    ("step", 1e308, "must be > 0"),
    ("baseline", (1,), "2 values"),
    ("seed", 0.5, "a whole number"),
    ("progress", 1, "True, or a function"),
    ("corner", [1.0], "a number or none"),
    ("all_channels", "no", "true or false"),
    ("reference", np.zeros(3), "none|auto|a text"),
    ("groups", [X, X], "a mapping"),
    ("null", 1, "a name or a list of names"),
]


@pytest.mark.parametrize(("name", "value", "message"), WRONG)
def test_an_argument_of_a_wrong_type_is_named(name, value, message):
    taken = 0
    for verb, (function, given) in GIVEN.items():
        if name not in function.__annotations__:
            continue
        if verb in ("measure_over_time", "analyse_eeg") and name == "window" and isinstance(value, tuple):
            message = "a number"
        with pytest.raises(ictal.InputError, match=message) as refused:
            function(**{**given, name: value})
        assert name in str(refused.value) or "time" in str(refused.value)
        taken += 1
    assert taken


def test_numbers_and_names_of_any_kind_pass():
    right = ictal.measure(X, ["si_3"], dt=0.01, band=(2.0, 20.0), window=(0.0, 1.5), units=3, seed=1)
    same = ictal.measure(
        X, ("si_3",), dt=np.float64(0.01), band=np.array([2, 20]), window=[0, 1.5], units=np.int64(3), seed=np.int32(1)
    )
    assert [row.value for row in same.rows] == [row.value for row in right.rows]


@pytest.mark.parametrize("dt", [1e308, 5e-324, 1e-310, 0.0, -1.0, math.nan, math.inf])
@pytest.mark.parametrize("verb", ["measure", "compare", "why", "measure_over_time"])
def test_a_step_at_the_edge_is_refused(dt, verb):
    function, given = GIVEN[verb]
    with pytest.raises(ictal.InputError, match=r"Recording\.dt: must"):
        function(**{**given, "dt": dt})


@pytest.mark.parametrize("dt", [1e-90, 1e90])
def test_a_step_of_another_scale_changes_no_value(dt):
    small = ictal.measure(X, ["chi_c", "si_3", "kuramoto_r1"], dt=dt, band=(0.05 / dt, 0.2 / dt), clock="model")
    usual = ictal.measure(X, ["chi_c", "si_3", "kuramoto_r1"], dt=1.0, band=(0.05, 0.2), clock="model")
    assert [row.value for row in small.rows] == pytest.approx([row.value for row in usual.rows], rel=1e-9)


def test_masked_values_are_refused_and_a_mask_without_any_passes():
    masked = np.ma.array(X, mask=False)
    assert ictal.measure(masked, "si_3", dt=0.01).value("si_3") == ictal.measure(X, "si_3", dt=0.01).value("si_3")
    masked[5, 1] = np.ma.masked
    for given in ({"data": masked}, {"data": masked.T, "dims": "unit time"}):
        with pytest.raises(ictal.InputError, match="1 of 800 are masked, first at index"):
            ictal.measure(measures="si_3", dt=0.01, **given)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (X + 0j, "must be real"),
        (torch.tensor(X) + 0j, "must be real"),
        (X.astype(object), "must be numbers"),
        (X[:, :2].astype("M8[s]"), "must be numbers; got datetime64"),
        (X[:, :2].astype("m8[s]"), "must be numbers; got timedelta64"),
        (X.astype(str), "must be numbers"),
        (np.zeros((9, 2), [("a", "f8")]), "must be numbers"),
        (torch.tensor(X).to_sparse(), r"sparse: give x\.to_dense\(\)"),
        (torch.zeros(9, 2, device="meta"), "meta: give"),
        (np.zeros((0, 4)), "must not be empty"),
        (np.zeros((4, 0)), "must not be empty"),
        (np.array(1.0), r"at least the axes \(time, unit\)"),
        (X[:, 0], r"at least the axes \(time, unit\)"),
        (X[:, :1], "needs at least 2 units"),
        (X[:2, :2], "needs at least 3 samples"),
        (X.tolist(), "cannot measure list.*np.asarray"),
        (np.ndarray, "cannot measure type"),
    ],
)
def test_values_that_are_no_activity(values, message):
    with pytest.raises(ictal.InputError, match=message):
        ictal.measure(values, "si_3", dt=0.01)


@pytest.mark.parametrize("kind", ["bfloat16", "float16", "float8_e4m3fn"])
def test_half_precision_is_read_in_single(kind):
    low = torch.tensor(X).to(getattr(torch, kind))
    found = ictal.measure(low, "chi_c", dt=0.01).value("chi_c")
    assert found == pytest.approx(ictal.measure(low.double(), "chi_c", dt=0.01).value("chi_c"), abs=1e-5)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quantity", "rate\x00"),
        ("unit", "\ud800"),
        ("unit", None),
        ("dt", "1"),
        ("t0", "0"),
        ("t0", 1e300),
        ("unit_labels", "name"),
        ("unit_labels", {"name": ["a\x00b"] * 4}),
        ("source", [1]),
        ("clock", 3),
    ],
)
def test_a_recording_names_the_field_that_cannot_be(field, value):
    fields = {"dt": 0.01, "clock": "second", "quantity": "rate", "unit": "Hz", field: value}
    with pytest.raises(ictal.InputError, match=field):
        ictal.Recording(X, **fields)


@pytest.mark.parametrize("options", [{"bin": 5e-324}, {"bin": 1e-12}, {"sd": 1e308}, {"bin": 1e308}])
def test_bins_that_no_memory_holds_are_refused(options):
    spikes = ictal.Spikes(np.sort(np.random.default_rng(0).uniform(0, 9, 200)), np.arange(200) % 3, 3, 9.0)
    with pytest.raises(ictal.InputError, match=r"bin|sd"):
        ictal.measure(spikes, "chi_c", **options)


def test_what_a_source_has_itself_is_not_given_again():
    recording = ictal.Recording(X, dt=0.01, clock="second", quantity="rate", unit="Hz")
    for name, value in {"dt": 0.01, "clock": "second", "dims": "time unit"}.items():
        with pytest.raises(ictal.InputError, match=f"{name}: is for arrays; Recording has its own"):
            ictal.measure(recording, **{name: value})
        with pytest.raises(ictal.InputError, match=f"{name}: is for arrays, and the groups hold none"):
            ictal.compare({"a": recording, "b": recording}, **{name: value})
    with pytest.raises(ictal.InputError, match="rate: is for arrays"):
        ictal.analyse_eeg(recording, rate=100.0)
    mixed = ictal.compare({"a": recording, "b": -(X**3)}, dt=0.01, measures=["si_3"])
    assert mixed.config["dt"] == 0.01


def test_an_argument_that_is_not_there_names_the_nearest():
    with pytest.raises(
        TypeError, match=r"^attack\(\) got an unexpected keyword argument 'epsilo'; did you mean 'epsilon'"
    ):
        ictal.attack(torch.nn.Linear(4, 2), X, X, epsilo=0.1)
    with pytest.raises(TypeError, match=r"'eps'; did you mean 'epsilon'\?"):
        ictal.attack(torch.nn.Linear(4, 2), X, X, eps=0.1)
