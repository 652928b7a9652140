"""The comparison on systems whose truth is planted, and the rules of what may be said."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

import ictal
from ictal.analyses import Comparison, Panel, Settings, Side, compare_panels
from ictal.analyses.comparison import verdict
from ictal.analyses.comparison.panels import equalise
from ictal.simulator import InputError, Recording, Spikes

NAN = math.nan
HIGH, LOW = [5, 6, 7, 8], [1, 2, 3, 4]


def activity(c, seed, n_times=300, n_units=40, clock="second", labels=None):
    """Units of pairwise correlation c."""
    rng = np.random.default_rng(seed)
    common, private = rng.normal(size=(n_times, 1)), rng.normal(size=(n_times, n_units))
    x = math.sqrt(c) * common + math.sqrt(1 - c) * private
    dt = 0.01 if clock == "second" else 1.0
    return Recording(x, dt=dt, clock=clock, quantity="activity", unit="1", time_labels=labels or {})


def trains(rate, seed, together):
    rng = np.random.default_rng(seed)
    step = rng.random((2000, 1 if together else 60)) < rate * 0.001
    when, who = np.nonzero(np.broadcast_to(step, (2000, 60)))
    return Spikes(time=when * 0.001, unit=who, n_units=60, duration=2.0)


def silent(recording, n):
    """The same with its first n units dead."""
    values = recording.numpy().copy()
    values[:, :n] = 0.0
    return replace(recording, values=values)


@pytest.fixture(scope="module")
def planted():
    brain = Panel(
        "brain",
        {"rest": [trains(20, s, False) for s in range(4)], "seizure": [trains(20, 9 + s, True) for s in range(4)]},
    )
    labels = {"class": np.arange(300) % 3}
    network = Panel(
        "network",
        {
            "healthy": [activity(0.5, s, clock="sample", labels=labels) for s in range(4)],
            "overfitted": [activity(0.05, 50 + s, clock="sample", labels=labels) for s in range(4)],
            "same": [activity(0.5, 90 + s, clock="sample", labels=labels) for s in range(4)],
        },
        nulls=("permute", "permute_within_class"),
    )
    return compare_panels(
        [brain, network],
        sides=(
            Side("seizure against rest", ("brain",), (("seizure", "rest"),)),
            Side("overfitted against healthy", ("network",), (("overfitted", "healthy"),)),
        ),
        settings=Settings(measures=("chi_c", "si_3", "kuramoto_r1", "mean_rate", "within_class_si")),
        config={"note": "planted"},
    )


def row(result, panel, measure, a):
    return next(c for c in result.contrasts if (c.panel, c.measure, c.a) == (panel, measure, a))


def test_what_is_planted_separates_in_its_direction(planted):
    for measure in ("chi_c", "si_3"):
        seizure = row(planted, "brain", measure, "seizure")
        assert (seizure.direction, seizure.statement, seizure.delta) == (1, "separates", 1.0)
        assert seizure.p == pytest.approx(2 / 70)
        over = row(planted, "network", measure, "overfitted")
        assert (over.direction, over.statement) == (-1, "separates")
        assert row(planted, "network", measure, "same").statement == "overlaps"
        v = next(v for v in planted.verdicts if v.measure == measure)
        assert v.agreement == "opposite"


def test_a_measure_that_a_side_lacks_is_not_compared(planted):
    assert next(v for v in planted.verdicts if v.measure == "mean_rate").agreement == "not comparable"
    assert "clock" in next(s.reason for s in planted.skipped if s.panel == "network" and s.measure == "kuramoto_r1")
    assert any(s.measure == "mean_rate" and s.panel == "network" for s in planted.skipped)


def test_sizes_are_equal_on_both_sides(planted):
    assert planted.config["n_units"] == 40
    assert planted.config["n_times"] == 200  # 2 s of spikes, read every 10 ms
    assert {o.n_times for o in planted.observations} == {200}


def test_dead_units_do_not_make_a_group_look_small():
    """Same correlation, but 30 of 40 units of one group are dead: nothing may separate."""
    whole = [activity(0.3, s) for s in range(4)]
    hurt = [silent(activity(0.3, 60 + s), 30) for s in range(4)]
    measures = ("golomb_chi", "population_rate_sd", "participation_ratio", "si_2", "kuramoto_r1", "chi_c")
    result = compare_panels([Panel("p", {"whole": whole, "hurt": hurt})], settings=Settings(measures=measures))
    assert {c.statement for c in result.contrasts} == {"overlaps"}
    assert result.config["n_units"] == 10
    assert {(o.group, o.n_units, o.n_live) for o in result.observations} == {("whole", 40, 10), ("hurt", 40, 10)}
    assert {(o.group, json.loads(o.settings)["n_varying"]) for o in result.observations} == {
        ("whole", 40),
        ("hurt", 10),
    }


def test_replicates_are_cut_to_the_same_units_and_window():
    long = Panel("long", {"a": [activity(0.3, 0, n_units=60)], "b": [activity(0.3, 1)]})
    short = Panel("short", {"a": [trains(20, 0, False)], "b": [trains(20, 1, False).select(time=(0.0, 1.5))]})
    for replicate in equalise([long, short], Settings(max_units=30)):
        assert (replicate.sampled.n_times, replicate.sampled.n_units) == (150, 30)
        if replicate.panel == "short":
            assert (replicate.spikes.n_units, replicate.spikes.duration) == (30, pytest.approx(1.5))


def test_the_first_null_decides():
    """Correlated only through the classes: above free permutations, within those inside the classes."""
    rng = np.random.default_rng(0)
    label = np.arange(240) % 4
    prefer = rng.normal(size=(4, 30))

    def group(scale, seed):
        noise = np.random.default_rng(seed).normal(size=(240, 30))
        return replace(activity(0, 0, 240, 30, "sample", {"class": label}), values=scale * prefer[label] + noise)

    groups = {"weak": [group(0.3, s) for s in range(4)], "strong": [group(1.0, 9 + s) for s in range(4)]}
    for kinds, statement in (
        (("permute", "permute_within_class"), "separates"),
        (("permute_within_class", "permute"), "apart, but within its null"),
    ):
        result = compare_panels([Panel("p", groups, nulls=kinds)], settings=Settings(measures=("si_3",)))
        assert [c.statement for c in result.contrasts] == [statement]


def test_training_steps_have_no_surrogates():
    along = [replace(activity(0.3, s, clock="frame"), clock="step") for s in range(4)]
    result = compare_panels([Panel("p", {"a": along[:2], "b": along[2:]})], settings=Settings(measures=("si_3",)))
    assert {o.null_kind for o in result.observations} == {""}


def test_every_value_stands_beside_its_null(planted):
    for o in planted.observations:
        if o.measure == "mean_rate":
            assert o.null_kind == ""
            assert math.isnan(o.p)
        else:
            assert 1 / 200 <= o.p <= 1
            assert o.null_low <= o.null_mean <= o.null_high
    kinds = {o.null_kind for o in planted.observations if o.panel == "network" and o.measure == "si_3"}
    assert kinds == {"permute", "permute_within_class"}
    assert {o.null_kind for o in planted.observations if o.panel == "brain" and o.measure == "si_3"} == {
        "train_shift",
        "circular_shift",
    }


def test_a_comparison_returns_from_its_file(planted, tmp_path):
    back = Comparison.load(planted.save(tmp_path / "c.h5"))
    assert back.contrasts == list(planted.contrasts)
    assert back.verdicts == list(planted.verdicts)
    assert str(back.skipped) == str(list(planted.skipped))
    key = lambda o: (o.measure, o.panel, o.group, o.replicate, o.null_kind)  # noqa: E731
    assert str(sorted(back.observations, key=key)) == str(sorted(planted.observations, key=key))  # NaN equals NaN
    assert back.config == json.loads(json.dumps(planted.config))
    assert set(back.figures) == set(planted.figures)
    assert "raster/brain/seizure" in back.figures
    assert "order/network/healthy" not in back.figures  # a batch has no order


def test_same_seed_same_numbers():
    panel = Panel("x", {"a": [activity(0.1, 0)], "b": [activity(0.4, 1)]})
    settings = Settings(measures=("si_3", "kuramoto_r1"), seed=4)
    one, two = (compare_panels([panel], settings=settings) for _ in range(2))
    assert one.observations == two.observations


@pytest.mark.parametrize(
    ("a", "b", "p_a", "p_b", "tail", "statement", "direction"),
    [
        (HIGH, LOW, [0.01] * 3 + [0.05], [0.9] * 4, 1, "separates", 1),
        (LOW, HIGH, [0.9] * 4, [0.01] * 4, 1, "separates", -1),
        (HIGH, LOW, [0.01] * 3 + [0.051], [0.9] * 4, 1, "apart, but within its null", 1),
        (HIGH, [1, 2, 3, 5], [0.01] * 4, [0.01] * 4, 1, "overlaps", 0),
        (HIGH, LOW, [NAN] * 4, [NAN] * 4, 1, "apart, no null", 1),
        (HIGH, LOW, [0.9] * 4, [0.01] * 4, -1, "separates", 1),
        (HIGH[:3], LOW[:3], [0.01] * 3, [0.9] * 3, 1, "too few replicates", 1),
        (HIGH[:2], LOW, [0.01] * 2, [0.9] * 4, 1, "too few replicates", 1),
        (HIGH[:3], LOW, [0.01] * 3, [0.9] * 4, 1, "separates", 1),
        (HIGH[:1], LOW[:1], [0.01], [0.9], 1, "too few replicates", 0),
        ([20], list(range(19)), [0.01], [0.9] * 19, 1, "separates", 1),  # 1 of 20
        (HIGH, LOW, [0.01] * 3 + [NAN], [0.9] * 4, 1, "apart, no null", 1),
    ],
)
def test_the_rule_of_what_separates(a, b, p_a, p_b, tail, statement, direction):
    c = verdict.contrast("p", "m", "a", "b", a, b, p_a, p_b, tail)
    assert (c.statement, c.direction) == (statement, direction)


@pytest.mark.parametrize(("tail", "slow", "fast"), [(1, "slow_a", "slow_b"), (-1, "slow_b", "slow_a")])
def test_only_the_more_synchronous_group_can_be_too_slow(tail, slow, fast):
    one = [False] * 3 + [True]
    given = ("p", "m", "a", "b", HIGH, LOW, [0.9] * 4, [0.9] * 4, tail)
    assert verdict.contrast(*given, **{slow: one, fast: [False] * 4}).statement == "apart, too slow to tell"
    assert verdict.contrast(*given, **{slow: [False] * 4, fast: one}).statement == "apart, but within its null"


@pytest.mark.parametrize(
    ("first", "second", "word"),
    [
        ((1, "separates"), (1, "separates"), "same direction"),
        ((1, "separates"), (-1, "separates"), "opposite"),
        ((1, "separates"), (1, "apart, but within its null"), "first only"),
        ((0, "overlaps"), (-1, "separates"), "second only"),
        ((0, "overlaps"), (1, "apart, no null"), "neither"),
        ((1, "separates"), (0, "undefined"), "not comparable"),
        ((1, "separates"), (1, "too few replicates"), "not tested"),
    ],
)
def test_agreement_counts_only_what_separates(first, second, word):
    assert verdict.agreement(first, second) == word


def test_a_side_of_two_contrasts_needs_both_one_way():
    small, large = [0.01] * 4, [0.9] * 4
    up = verdict.contrast("p", "m", "a", "c", HIGH, LOW, small, large)
    down = verdict.contrast("p", "m", "b", "c", [-3, -4, -5, -6], LOW, small, small)
    flat = verdict.contrast("p", "m", "b", "c", [1, 4, 5, 9], LOW, small, large)
    assert verdict.combine([up, up]) == (1, "separates")
    assert verdict.combine([up, down])[1] == "separates, in unlike directions"
    assert verdict.combine([up, flat])[0] == 0
    assert verdict.agreement(verdict.combine([up, down]), (1, "separates")) == "second only"


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ({}, "must hold a replicate"),
        ({"a": []}, "must hold a replicate"),
        ({"a": [activity(0, 0, n_units=1)]}, "at least 2 units"),
        ({"a": [activity(0, 0, n_times=2)]}, "has 2 samples; synchrony needs at least 3"),
        ({"a": [silent(activity(0, 0), 39)]}, "1 of 40 units vary"),
        ({"a": [activity(0, 0), activity(0, 1, clock="frame")]}, "replicate 2: must be .*'second' at .*'frame' at"),
        ({"a": [activity(0, 0), trains(20, 0, False)]}, "sampled like replicate 1.*got spike trains"),
        ({"a": [activity(0, 0), activity(0, 1), activity(0, 0)]}, "replicate 3: is identical with replicate 1"),
        (
            {"a": [activity(0, 0)], "b": [replace(activity(0, 1), dt=0.02)]},
            "interval of group 'a', 0.01 second; got 0.02",
        ),
        ({"a": [replace(activity(0, 0), values=np.zeros((2, 9, 4)))]}, "Give the trials as replicates"),
        ({"a/b": [activity(0, 0)]}, "slash"),
        ({"a": [Spikes(time=[0.1], unit=[0], n_units=3, duration=1.0)]}, "0 of 3 units have 5 spikes"),
    ],
)
def test_a_panel_that_cannot_be_measured_is_named(groups, words):
    with pytest.raises(InputError, match=words):
        compare_panels([Panel("p", groups)], settings=Settings(measures=("si_3",)))


@pytest.mark.parametrize(
    "bad",
    [
        {"measures": ("si3",)},
        {"bin": 0.0},
        {"sd": NAN},
        {"interval": 0.0},
        {"band": (0.2, 0.1)},
        {"phase_band": (0.0, 0.6)},
        {"nulls": 99},
        {"max_units": 1},
    ],
)
def test_settings_out_of_range_are_refused(bad):
    with pytest.raises(InputError):
        Settings(**bad)


@pytest.mark.parametrize("what", ["recording", "spikes"])
def test_a_band_and_a_window_mean_the_same_in_compare_and_measure(what):
    rng = np.random.default_rng(5)
    sources = []
    for _ in range(4):
        shared = rng.normal(size=(6000, 1))
        if what == "recording":
            sources.append(Recording(rng.normal(size=(6000, 5)) + shared, 0.01, "second", "potential", "µV"))
        else:
            when, cell = np.nonzero(rng.random((6000, 5)) < 0.1 * (1 + (shared > 0)))
            sources.append(Spikes(when * 0.01 + 0.005, cell, 5, 60.0))
    options = {"band": (3.0, 20.0), "window": (10.0, 20.0), "measures": ["si_3", "chi_c"]}
    found = ictal.compare({"a": sources[:2], "b": sources[2:]}, interval=0.001, max_times=10**5, **options)
    alone = ictal.measure(sources[0], options.pop("measures"), **options)
    for measure in ("si_3", "chi_c"):
        entry = found.observations[0].panel
        assert found.values(entry, measure, "a")[0] == pytest.approx(alone.value(measure), abs=1e-12)
