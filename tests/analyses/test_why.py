"""Parts of a value: they add up to it, return what was planted, and are not given where they cannot be told."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

import mixtures
import numpy as np
import pytest
from mixtures import ANTIPHASE, rng_of

import ictal
from ictal.analyses import effective_samples
from ictal.analyses.figures.why import _segments
from ictal.analyses.why.groups import find_groups
from ictal.analyses.why.parts import MEASURES, curve, split, weights
from ictal.analyses.why.result import SUBTRACTED
from ictal.analyses.why.trains import outlasting, shifted
from ictal.analyses.why.wording import short
from ictal.simulator import InputError, Recording

SHORT, LONG = 3, 50


def why(data, measure="mean_correlation", **settings):
    return ictal.why(data, measure, **{"nulls": 0, "corner": 1.0, **settings})


def share(found, part):
    return found.part(part) / found.value.value


def signals():
    """Entries of every form: with classes, trials, both, without an order, spike trains."""
    rng = np.random.default_rng(4)
    x = mixtures.slow_and_fast(0, 2000, 12)[0].numpy() + 0.3 * rng.standard_normal((2000, 12))
    x[:, 7] = x[:, 3] + 0.01 * rng.standard_normal(2000)
    label = rng.integers(4, size=2000)
    y = x + rng.standard_normal((4, 12))[label]
    dead = np.concatenate([x, np.ones((2000, 1))], axis=1)
    offsets = rng.standard_normal((20, 1, 12))
    return {
        "plain": (mixtures.recording(dead), {}),
        "filtered": (mixtures.recording(x), {"band": (0.5, 8.0)}),
        "classes": (mixtures.recording(y, classes=label), {}),
        "samples": (mixtures.recording(y, classes=label, clock="sample"), {"corner": None}),
        "no classes": (mixtures.recording(x, clock="sample"), {"corner": None}),
        "long trials": (mixtures.recording(x.reshape(1000, 2, 12).swapaxes(0, 1) + offsets[:2]), {"corner": 5.0}),
        "short trials": (mixtures.recording(x.reshape(20, 100, 12) + offsets), {}),
        "steps": (mixtures.recording(x, clock="step", dt=1.0), {"corner": None}),
        "trains": (mixtures.trains(0, n=8, duration=20.0)[0], {"bin": 0.01, "sd": 0.02}),
    }


SIGNALS = signals()


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("form", SIGNALS)
def test_parts_add_up_to_the_value_of_the_kernel(form, measure):
    data, settings = SIGNALS[form]
    found = why(data, measure, **settings)
    kernel = found.value.value
    if "trials" in form:
        data = mixtures.recording(data.numpy().reshape(-1, data.n_units))
    same = {key: value for key, value in settings.items() if key in ("band", "bin", "sd")}
    assert kernel == pytest.approx(ictal.measure(data, measure, **same).rows[0].value, abs=1e-14)
    assert sum(part.value for part in found.parts) == pytest.approx(kernel, abs=1e-12)
    subtracted = sum(part.value for part in found.parts if part.part == "subtracted by the measure")
    assert sum(row.value for row in found.sets) + subtracted == pytest.approx(kernel, abs=1e-12)
    assert sum(row.value for row in found.units) + subtracted == pytest.approx(kernel, abs=1e-12)
    cells = found.cells
    for part in found.parts:
        if part.part != "subtracted by the measure":
            assert sum(c.value for c in cells if c.part == part.part) == pytest.approx(part.value, abs=1e-12)
    for row in found.sets:
        assert sum(c.value for c in cells if c.pairs == row.pairs) == pytest.approx(row.value, abs=1e-12)
    if found.frequencies:
        assert found.frequencies[-1].value + subtracted == pytest.approx(kernel, abs=1e-12)
    assert not np.isnan([part.value for part in found.parts]).any()


def test_the_value_without_a_part_or_a_unit_is_that_of_the_rest():
    data = mixtures.slow_and_fast(1, 6000, 10)[0]
    found = why(data, "mean_correlation")
    slow, fast = found.parts
    assert slow.without == pytest.approx(fast.value, abs=1e-12)
    assert fast.without == pytest.approx(slow.value, abs=1e-12)
    x = data.numpy()
    for row in found.units[:3]:
        rest = mixtures.recording(np.delete(x, row.unit, axis=1))
        assert row.without == pytest.approx(ictal.measure(rest, "mean_correlation").rows[0].value, abs=1e-12)


def test_splitting_fast_in_two_leaves_the_slow_part():
    z = mixtures.unit(mixtures.antiphase(0).numpy())[None]
    for measure in MEASURES:
        made = split(z, cut=120)
        slow = float((weights(measure, made.whole, 6000) * made.matrices["slow"]).sum())
        c, order = made.coefficients, made.order
        finer = {"slow": order <= 120, "middle": (order > 120) & (order <= 1200), "fast": order > 1200}
        matrices = {name: c[rows].T @ c[rows] for name, rows in finer.items()}
        w = weights(measure, sum(matrices.values()), 6000)
        assert float((w * matrices["slow"]).sum()) == pytest.approx(slow, abs=1e-12)


def errors_of_mixture(number, draws):
    """Recovered less planted shares, (draw, part)."""
    out = []
    for draw in range(draws):
        if number == 3:
            data, planted, members = mixtures.group(draw)
            found = why(data)
            sets = {row.pairs: row for row in found.sets}
            assert list(sets) == ["all pairs alike", "group 1"]
            assert sets["group 1"].units == ",".join(map(str, members))
            cells = {(c.part, c.pairs): c.value / found.value.value for c in found.cells}
            out.append([
                sets["group 1"].value / found.value.value - planted["group"],
                cells["slow", "all pairs alike"] - (1 - planted["group"]), cells["fast", "group 1"] - planted["group"],
            ])  # fmt: skip
        elif number == 4:
            data, planted = mixtures.reference(draw)
            found = why(data)
            bound = next(row for row in found.ranges if row.of == "reference")
            out.append([bound.high / found.value.value - planted["reference"]])
        elif number == 5:
            data = mixtures.antiphase(draw)
            row = []
            for measure, planted in ANTIPHASE.items():
                found = why(data, measure)
                whole = sum(part.value for part in found.parts if part.part in ("slow", "fast"))
                row.append(found.part("slow") / whole - planted)
            out.append(row)
        else:
            make = {1: mixtures.slow_and_fast, 2: mixtures.class_slow_and_fast, 6: mixtures.trains}[number]
            data, planted = make(draw)
            found = why(data, **({"bin": 0.01, "sd": 0.0} if number == 6 else {}))
            out.append([share(found, part) - value for part, value in planted.items()])
            flags = {row.of for row in found.ranges} - {"reference"}
            assert not flags, found.ranges
    return np.array(out)


@pytest.mark.parametrize(
    ("number", "draws"),
    [(k, SHORT) for k in range(1, 7)] + [pytest.param(k, LONG, marks=pytest.mark.physics) for k in range(1, 7)],
)
def test_planted_shares_return(number, draws):
    errors = errors_of_mixture(number, draws)
    told = f"mixture {number}: mean {errors.mean(axis=0).round(4)}, SD {errors.std(axis=0).round(4)}, worst "
    told += f"{np.abs(errors).max(axis=0).round(4)} of {draws}"
    print(told)
    assert np.abs(errors).max() <= 0.05, told
    assert np.abs(errors.mean(axis=0)).max() <= (0.02 if draws == LONG else 0.04), told


@pytest.mark.parametrize("draws", [SHORT, pytest.param(LONG, marks=pytest.mark.physics)])
def test_planted_cells_of_three_axes_return(draws):
    errors = []
    for draw in range(draws):
        data, planted, members = mixtures.three_axes(draw)
        found = why(data)
        assert [row.units for row in found.sets[1:]] == [",".join(map(str, members))]
        cells = {(c.part, c.pairs == "group 1"): c.value / found.value.value for c in found.cells}
        errors.append([cells[key] - value for key, value in planted.items()])
    told = f"six cells: mean {np.mean(errors, axis=0).round(4)}, worst {np.abs(errors).max(axis=0).round(4)}"
    print(told)
    assert np.abs(errors).max() <= 0.05, told


@pytest.mark.parametrize("gains", ["equal", "uniform", "lognormal"])
@pytest.mark.parametrize("draws", [SHORT, pytest.param(LONG, marks=pytest.mark.physics)])
def test_unlike_gains_are_no_group(gains, draws):
    found = [find_groups(np.corrcoef(mixtures.one_factor(k, gains, 600).numpy().T)) for k in range(draws)]
    named = sum(len(one.members) > 0 for one in found)
    print(f"{gains}: named {named} of {draws}")
    assert named <= (1 if draws == LONG else 0), f"{named} of {draws}"
    if gains != "equal":
        assert min(one.against_factor for one in found) > 2.5
    told = why(mixtures.one_factor(0, gains, 3000), corner=2.0)
    assert len(told.sets) == 1
    assert gains != "uniform" or "gains differ from unit to unit and no group stands out" in told.sentence
    assert gains != "equal" or "none with a sub-group" in told.sentence


@pytest.mark.parametrize("draws", [SHORT, pytest.param(LONG, marks=pytest.mark.physics)])
def test_two_groups_and_a_group_on_nothing_are_named(draws):
    exact = np.zeros(3, dtype=int)
    for draw in range(draws):
        rng = rng_of(19, draw)
        shared = np.sqrt(0.5) * rng.standard_normal((600, 3))
        x = np.sqrt(0.4) * rng.standard_normal((600, 40)) + np.sqrt(0.1) * rng.standard_normal((600, 1))
        x[:, :16] += shared[:, :1]
        x[:, 16:32] += shared[:, 1:2]
        pair = [[*range(16)], [*range(16, 32)]]
        exact[0] += [m.tolist() for m in find_groups(np.corrcoef(x.T)).members] in (pair, pair[::-1])
        y = rng.standard_normal((600, 40))
        y[:, :12] = np.sqrt(0.5) * y[:, :12] + shared[:, 2:]
        exact[1] += [m.tolist() for m in find_groups(np.corrcoef(y.T)).members] == [[*range(12)]]
        data, _, members = mixtures.group(draw)
        exact[2] += [m.tolist() for m in find_groups(np.corrcoef(data.numpy().T)).members] == [members.tolist()]
    print(f"exact: two groups {exact[0]}, 12 of 40 {exact[1]}, 16 of 40 {exact[2]} of {draws}")
    assert exact.min() >= (48 if draws == LONG else draws), exact


@pytest.mark.parametrize("truth", [("class",), ("class", "drift")])
@pytest.mark.parametrize("draws", [SHORT, pytest.param(LONG, marks=pytest.mark.physics)])
def test_classes_in_blocks_cannot_be_told_from_drift(truth, draws):
    flagged = 0
    for draw in range(draws):
        found = why(mixtures.blocks(draw, truth, 1.6))
        rows = [row for row in found.ranges if row.of == "class"]
        flagged += bool(rows)
        assert found.measured.class_slowness > 0.9
        if rows:
            assert rows[0].low <= rows[0].high
            assert not rows[0].told
            assert "cannot be told. Randomise the order" in found.says
            assert "goes with class and drift together" in found.sentence
    print(f"{truth}: flagged {flagged} of {draws}")
    assert flagged >= draws - 1, f"{flagged} of {draws}"


@pytest.mark.parametrize("kind", ["reference", "source"])
@pytest.mark.parametrize("draws", [SHORT, pytest.param(LONG, marks=pytest.mark.physics)])
def test_a_reference_and_a_source_of_equal_gain_cannot_be_told_apart(kind, draws):
    flagged, shares = 0, []
    for draw in range(draws):
        found = why(mixtures.equal_gain(draw, kind), "chi_c")
        row = next(row for row in found.ranges if row.of == "reference")
        flagged += not row.told
        shares.append(row.high / found.value.value)
    print(f"{kind}: flagged {flagged} of {draws}, U {np.mean(shares):.3f}")
    assert flagged >= draws - 1, f"{flagged} of {draws}"
    assert np.mean(shares) > 0.9


@pytest.mark.parametrize("half", [True, False])
@pytest.mark.parametrize("draws", [SHORT, pytest.param(LONG, marks=pytest.mark.physics)])
def test_a_source_of_unlike_gains_is_no_reference(half, draws):
    shares = []
    for draw in range(draws):
        found = why(mixtures.reference(draw, a=0.0, b=1.0, half=half)[0])
        shares.append(next(row for row in found.ranges if row.of == "reference").high / found.value.value)
    told = f"U {np.mean(shares):.3f}, at most {max(shares):.3f}"
    print(told)
    assert sum(one >= 0.1 for one in shares) <= (1 if draws == LONG else 0), told
    assert "A common reference makes up at most" in found.says


def test_lags_are_seen_by_bands():
    rng = rng_of(10)
    source = mixtures.band(rng, 4000, 2, 20)
    lag = rng.integers(0, 11, mixtures.N)  # up to 100 ms
    x = np.stack([np.roll(source, k)[200:3200] for k in lag], axis=1) + 0.7 * rng.standard_normal((3000, mixtures.N))
    found = why(mixtures.recording(x, quantity="LFP"))
    assert next(row for row in found.ranges if row.of == "reference").high < 0.5 * found.value.value


@pytest.mark.parametrize(
    ("name", "wanted", "tolerance"), [("white", 499, 15), ("walk", 4.2, 0.5), ("ar", 8.6, 1.5), ("pink", 45, 4)]
)
def test_effective_samples(name, wanted, tolerance):
    found = []
    for draw in range(30):
        rng = rng_of(11, draw)
        x = rng.standard_normal((500, mixtures.N))
        if name == "walk":
            x = x.cumsum(axis=0)
        elif name == "ar":
            x[0] *= 1 / math.sqrt(1 - 0.99**2)
            for t in range(1, 500):
                x[t] += 0.99 * x[t - 1]
        elif name == "pink":
            x = mixtures.coloured(rng, 500, mixtures.N)
        found.append(effective_samples(mixtures.unit(x)))
    told = f"{name}: {np.mean(found):.2f} ± {np.std(found):.2f}"
    print(told)
    assert np.mean(found) == pytest.approx(wanted, abs=tolerance), told


@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.physics)])
def test_shifts_in_closed_form_equal_shifted_trains(step):
    data = mixtures.trains(0)[0]
    found = why(data, "mean_correlation", bin=0.01, sd=0.0)
    rng = np.random.default_rng(0)
    gaps = {}
    for point in found.shifts[::step]:
        drawn = [np.corrcoef(shifted(data, point.at, rng).binned(0.01).numpy().T) for _ in range(60)]
        mean = (np.mean(drawn, axis=0).sum() - data.n_units) / (data.n_units * (data.n_units - 1))
        gaps[point.at] = float(abs(mean - point.value) / found.value.value)
    print(gaps)
    assert [row.at for row in found.shifts] == pytest.approx([0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5])
    assert max(gaps.values()) <= 0.02, gaps


def test_a_shift_keeps_half_of_a_sine_at_a_period_of_four_and_a_half_shifts():
    t = (np.arange(4000) + 0.5) * 0.01
    z = np.sqrt(2) * np.cos(2 * np.pi * t / 4.0)[:, None] * np.ones(2)  # one coefficient
    made = split(z[None])
    q = curve(made.coefficients, made.order, weights("mean_correlation", made.whole, 4000))
    assert outlasting(q, 0.01, np.array([4.0 / 4.5, 4.0]))[0] == pytest.approx(0.5, abs=0.01)


def test_two_groups_in_antiphase_are_whole():
    groups = find_groups(np.corrcoef(mixtures.antiphase(0).numpy().T)).members
    assert [one.tolist() for one in groups] == [[*range(32)], [*range(32, 40)]]


def test_trains_say_their_time_scales():
    found = why(mixtures.trains(0)[0], "chi_c", bin=0.01, sd=0.0, nulls=199)
    assert "outlasts a shift of ± 0.1 s and .01 one of ± 2 s: a shared rate with a time scale of 0.2 to 2 s" in (
        found.sentence
    )
    flat = found.plateaus[0]
    assert (flat.start, flat.stop) == pytest.approx((0.2, 2.0))
    for point in found.shifts:
        assert point.surrogates == pytest.approx(point.value, abs=0.01)
    assert "reference" not in {row.of for row in found.ranges}


def test_near_copies_are_named_and_a_shared_drift_is_none():
    rng = rng_of(12)
    x = mixtures.slow_and_fast(2)[0].numpy().copy()
    x[:, 5] = x[:, 20] + 0.05 * rng.standard_normal(6000)
    x[:, 9] = -x[:, 31] + 0.05 * rng.standard_normal(6000)
    found = why(mixtures.recording(x))
    assert [row.units for row in found.sets[1:3]] == ["5,20", "9,31"]
    assert {row.unit: row.copies for row in found.units if row.copies} == {5: 1, 20: 1, 9: 2, 31: 2}
    drift = np.linspace(-5, 5, 6000)[:, None] + rng.standard_normal((6000, 40)) * 0.5
    assert np.corrcoef(drift.T)[0, 1] > 0.95
    assert all("near" not in row.pairs for row in why(mixtures.recording(drift)).sets)


@pytest.mark.parametrize("slow", [False, True])
def test_a_value_within_chance_is_not_taken_apart(slow):
    x = np.random.default_rng(1).standard_normal((3000, 40))
    found = why(mixtures.recording(x.cumsum(axis=0) if slow else x), "chi_c", nulls=199)
    assert found.measured.within_chance
    assert not any(part.told for part in found.parts)
    assert found.sentence.endswith("nothing to take apart.")
    assert ("this slow" in found.sentence) is slow
    assert f"T_eff {found.measured.n_effective:.0f}" in found.sentence
    for measure in ("si_3", "lambda1_fraction", "mean_squared_correlation"):
        other = why(mixtures.recording(x), measure, nulls=199)
        assert not other.parts[0].told
        assert (
            f"cannot be told from what 40 independent signals give (T_eff {other.measured.n_effective:.0f}; null "
            in (other.sentence)
        )
        assert "Chance was not drawn: --nulls 199" in why(mixtures.recording(x), measure).says


def test_a_value_beyond_its_null_and_within_three_sd_of_chance_says_both():
    x = np.random.default_rng(0).standard_normal((6000, 20))
    found = why(mixtures.recording(x), "chi_c", nulls=199)
    assert found.measured.within_chance
    assert found.values[0].p <= 0.05
    assert "lies beyond its null, but within 3 SD of what 20 independent signals give" in found.sentence
    assert found.sentence.endswith("too little to take apart.")


def test_the_spread_of_chance_is_that_of_independent_signals():
    found = [why(mixtures.recording(mixtures.coloured(rng_of(13, k), 600, 8)), corner=5.0) for k in range(60)]
    ratio = np.std([one.value.value for one in found]) / np.mean([one.measured.chance_sd for one in found])
    assert 0.75 < ratio < 1.3
    assert sum(one.measured.within_chance for one in found) >= 57


def test_a_corner_within_a_peak_is_said():
    rng = rng_of(14)
    x = 0.5 * mixtures.band(rng, 6000, 0.7, 1.4)[:, None] + rng.standard_normal((6000, 40))
    found = why(mixtures.recording(x))
    row = next(row for row in found.ranges if row.of == "slow")
    assert row.low < found.part("slow") < row.high
    assert " slower than 1 Hz, the rest with faster" in found.sentence
    assert found.sentence.startswith(f"Of mean_correlation {short(found.value.value)}, between ")
    assert "the corner lies within a peak of the spectrum; cannot be told. Move --corner off it" in found.says
    assert not why(mixtures.recording(x), corner=3.0).ranges


def test_a_negative_part_is_told_in_units_of_the_measure():
    rng = rng_of(15)
    sign = np.where(np.arange(6) < 3, 1.0, -1.0)
    x = 0.7 * mixtures.band(rng, 6000, 0.05, 0.5)[:, None] + 0.9 * mixtures.band(rng, 6000, 5, 20)[:, None] * sign
    found = why(mixtures.recording(x + 0.6 * rng.standard_normal((6000, 6))))
    assert found.part("fast") < 0 < found.value.value < found.part("slow")
    assert ", partly cancelled by −" in found.sentence
    assert "%" not in found.sentence
    (drawing,) = found.drawings().values()
    assert "partly cancelled" in drawing.alt


def test_two_modes_alike_have_no_parts():
    rng = rng_of(20)
    two = mixtures.band(rng, 6000, 0.05, 40), mixtures.band(rng, 6000, 0.05, 40)
    x = np.repeat(np.stack(two, axis=1), 10, axis=1) + rng.standard_normal((6000, 20))
    found = why(mixtures.recording(x), "lambda1_fraction")
    assert not found.parts[0].told
    assert found.sentence.endswith(
        "its parts cannot be told: the first two modes are alike, and their parts with them."
    )
    x = two[0][:, None] + rng.standard_normal((6000, 20))
    assert why(mixtures.recording(x), "lambda1_fraction").parts[0].told


def test_trials_differ_in_their_means():
    rng = rng_of(16)
    x = rng.standard_normal((60, 100, 20)) + 0.7 * rng.standard_normal((60, 1, 1))
    found = why(mixtures.recording(x), corner=None)
    assert [part.part for part in found.parts] == ["between trials", "within trials"]
    assert share(found, "between trials") == pytest.approx(1.0, abs=0.03)
    assert "trials hold 10 cycles of 10 Hz; want 20" in found.says
    assert any("60 trials are joined" in note for note in found.config["assumptions"])
    tested = why(mixtures.recording(x[:, :, :6]), corner=None, nulls=199)
    assert tested.value.p > 0.01  # within a trial nothing is shared
    assert any("mean of mean_correlation over trials" in note for note in tested.config["assumptions"])


def test_sizes_that_are_too_small_are_said():
    x = mixtures.class_slow_and_fast(1, 2000, 5)[0]
    says = why(x, "si_3", nulls=199).says
    assert (
        "Short of what returns planted shares within .05: 20 of 60 cycles of the corner, 5 of 10 classes, 2000 of 4000"
        in (says)
    )
    assert re.search(r"Independent signals give \.\d+ to \.\d+, p \.005; this is not subtracted\.", says)
    assert "Short" not in why(mixtures.slow_and_fast(0)[0]).says


def test_class_parts_have_no_chance_of_many_classes():
    shares = []
    for draw in range(10):
        rng = rng_of(17, draw)
        x = 0.6 * rng.standard_normal((1000, 1)) + rng.standard_normal((1000, 40))
        found = why(mixtures.recording(x, classes=np.arange(1000) % 50, clock="sample"), corner=None)
        shares.append(share(found, "class"))
    assert abs(np.mean(shares)) < 0.015, shares  # class means alone would give 0.049


def test_squares_say_what_chance_gives():
    x = np.random.default_rng(3).standard_normal((400, 40)) + 0.2 * np.random.default_rng(4).standard_normal((400, 1))
    found = why(mixtures.recording(x), "mean_squared_correlation", corner=5.0)
    by_chance = sum(part.chance for part in found.parts if part.part in ("slow", "fast"))
    assert by_chance == pytest.approx(-found.part("subtracted by the measure"), rel=0.2)
    assert math.isnan(why(mixtures.recording(x), "si_3", corner=5.0).parts[0].chance)


@pytest.mark.parametrize("draws", [30, pytest.param(150, marks=pytest.mark.physics)])
def test_intervals_hold_the_share_of_the_process(draws):
    """Gaussian signals of flat bands, whose variance over all recordings is 1."""
    inside, halves = 0, []
    for draw in range(draws):
        rng = rng_of(18, draw)
        f = np.fft.rfftfreq(12000, 0.01)
        x = rng.standard_normal((6000, 20)) * np.sqrt(0.6)
        for low, high, variance in ((0.05, 0.9, 0.25), (1.5, 40, 0.15)):
            chosen = (f >= low) & (f <= high)
            a = (rng.standard_normal(f.size) + 1j * rng.standard_normal(f.size)) * chosen
            x += np.fft.irfft(a * 6000 * np.sqrt(variance / chosen.sum()), 12000)[:6000, None]
        found = why(mixtures.recording(x))
        slow = found.parts[0]
        share_low, share_high = slow.low / found.value.value, slow.high / found.value.value
        inside += share_low <= 0.25 / 0.4 <= share_high
        halves.append((share_high - share_low) / 2)
    told = f"inside {inside} of {draws}, half width {np.mean(halves):.3f}"
    print(told)
    assert inside >= (0.86 if draws > 100 else 0.8) * draws, told


@pytest.mark.parametrize(("n_classes", "error"), [(10, 0.125), (40, 0.056)])
def test_another_set_of_classes_moves_the_class_share(n_classes, error):
    found = why(mixtures.class_slow_and_fast(0, n_classes=n_classes)[0])
    row = found.parts[0]
    assert (row.high - row.low) / (2 * 1.96 * found.value.value) == pytest.approx(error, rel=0.35)


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.parametrize("measure", MEASURES)
def test_two_units_are_enough(n, measure):
    x = mixtures.slow_and_fast(3, 2000, n)[0]
    found = why(x, measure, nulls=199)
    assert sum(part.value for part in found.parts) == pytest.approx(found.value.value, abs=1e-12)
    assert found.drawings()


@pytest.mark.parametrize(
    ("quantity", "labels", "settings", "there"),
    [
        ("EEG", {}, {}, True),
        ("activity", {}, {}, False),
        ("activity", {}, {"reference": "yes"}, True),
        ("EEG", {}, {"reference": "no"}, False),
        ("potential", {"channel": [f"E{k}" for k in range(20)]}, {}, True),
        ("potential", {"channel": [f"C{k}-C{k + 1}" for k in range(1, 21)]}, {}, False),
    ],
)
def test_only_channels_can_have_a_reference(quantity, labels, settings, there):
    x = np.random.default_rng(5).standard_normal((2000, 20)) + np.random.default_rng(6).standard_normal((2000, 1))
    data = Recording(x, dt=0.01, clock="second", quantity=quantity, unit="1", unit_labels=labels)
    found = why(data, all_channels=True, **settings)
    assert any(row.of == "reference" for row in found.ranges) is there
    if quantity == "activity" and not settings:
        assert any("no common reference; --reference yes" in note for note in found.config["assumptions"])


def test_an_average_reference_and_few_channels_are_said():
    x = np.random.default_rng(5).standard_normal((2000, 20)) + np.random.default_rng(6).standard_normal((2000, 1))
    found = why(mixtures.recording(x - x.mean(axis=1, keepdims=True), quantity="EEG"))
    assert found.value.value == pytest.approx(-1 / 19, abs=1e-3)
    assert "average reference" in found.says
    assert "want 16" in why(mixtures.recording(x[:, :8], quantity="EEG")).says


@pytest.mark.parametrize(
    ("data", "settings", "says"),
    [
        (np.ones((500, 1)), {}, "has 1 unit"),
        (np.ones((500, 4)), {}, "all units are constant"),
        (None, {"measure": "kuramoto_r1"}, "why.measure: must be one of chi_c, .*kuramoto_r1, which reads phases"),
        (None, {"measure": "si_1"}, "si_1, which is no function of the correlations"),
        (None, {"measure": "chi"}, "unknown measure 'chi'"),
        (None, {"corner": 0.1}, "why.corner: 500 samples hold 0.5 cycles of 0.1 Hz; want at least 10: give --corner 2"),
        (None, {"corner": 50.0}, "why.corner: must be below half the sampling rate, 50 Hz; got 50"),
        (None, {"corner": -1.0}, "why.corner: must be > 0"),
        (None, {"clock": "sample", "corner": 1.0}, "why.corner: clock 'sample' has no order"),
        (None, {"label": "stimulus"}, "why.label: there is no time label 'stimulus'; there is: none"),
        (None, {"reference": "maybe"}, "unknown why.reference 'maybe'"),
        (None, {"units": 1}, "why.units: must be at least 2; got 1"),
        (None, {"nulls": 20}, "nulls: must be 0 or at least 199"),
        (None, {"window": (7.0, 9.0)}, r"no sample in \[7, 9\)"),
        (np.full((500, 4), np.nan), {}, "must be finite"),
    ],
)
def test_bad_input_ends_in_one_line(data, settings, says):
    data = np.random.default_rng(0).standard_normal((500, 4)) if data is None else data
    with pytest.raises(InputError, match=says) as caught:
        ictal.why(data, **{"dt": 0.01, "nulls": 0, **settings})
    assert "\n" not in str(caught.value)


def test_a_result_returns_from_its_file_and_is_drawn(tmp_path):
    data, _, _ = mixtures.group(0)
    found = why(data, "chi_c", nulls=199)
    again = ictal.load(found.save(tmp_path / "why.h5"))
    assert again.to_json() == found.to_json()
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["sentence"] == found.sentence
    assert found.sentence in repr(again)
    (drawing,) = again.drawings().values()
    assert drawing.name == "why/chi_c"
    assert "Hatched: group 1 (16 units)" in drawing.caption
    assert found.sentence.split(",")[0] in again.html(tmp_path / "why.html").read_text(encoding="utf-8")
    with pytest.raises(InputError, match="no 'class'; there is: slow, fast"):
        found.part("class")
    for changed in ({"measure": "chi_x"}, {"clock": None}):
        config = {key: value for key, value in {**found.config, **changed}.items() if value is not None}
        replace(found, config=config).save(tmp_path / "bad.h5", force=True)
        with pytest.raises(InputError, match=r"^[^\n]*bad.h5: is not a complete why file[^\n]*damaged[^\n]*$"):
            ictal.load(tmp_path / "bad.h5")


@pytest.mark.parametrize("form", SIGNALS)
def test_every_form_is_drawn(form):
    data, settings = SIGNALS[form]
    for measure in ("chi_c", "mean_squared_correlation"):
        (drawing,) = why(data, measure, **settings).drawings().values()
        assert drawing.figure.get_axes()


def test_the_bar_ends_at_the_value_behind_what_the_measure_subtracts():
    data, settings = SIGNALS[next(iter(SIGNALS))]
    found = why(data, "mean_squared_correlation", **settings, nulls=199)
    *kept, last = _segments(found)
    assert last.name == SUBTRACTED
    assert last.start == max(one.stop for one in kept)
    lows = sum(part.value for part in found.parts if part.value < 0 and part.part != SUBTRACTED)
    assert last.stop + lows == pytest.approx(found.value.value)
    (drawing,) = found.drawings().values()
    assert any(", p " in text.get_text() for text in drawing.figure.axes[0].texts), "the null has no name"


def test_the_corner_is_assumed_aloud():
    x = np.random.default_rng(0).standard_normal((3000, 4)) + np.random.default_rng(1).standard_normal((3000, 1))
    for dt, clock, corner, says in (
        (0.1, "second", 1.0, "1 Hz, a tenth of the sampling rate"),
        (0.05, "second", 1.0, "is 1 Hz; --corner"),
        (0.01, "second", 2.0, "2 Hz, 60 cycles a recording"),
        (1.0, "step", 0.02, "0.02 cycles per step, 60 cycles a recording"),
    ):
        found = ictal.why(x, "si_3", dt=dt, clock=clock, nulls=0)
        assert found.measured.corner == pytest.approx(corner)
        assert any(says in note for note in found.config["assumptions"]), found.config["assumptions"]
    with_band = ictal.why(x, dt=0.01, band=(3, 20), nulls=0)
    assert [part.part for part in with_band.parts] == ["undivided"]
    assert "the band 3 to 20 holds nothing on one side of 2 Hz" in with_band.says


def test_the_command_prints_what_the_verb_returns(ictal_, refused, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("a.npy", mixtures.group(0)[0].numpy())
    out = ictal_("why", "a.npy", "--dt", "0.01", "--corner", "1", "--nulls", "0", "--plot", "p", "-o", "a.h5")
    found = ictal.load("a.h5")
    assert " ".join(out.split()).startswith(found.sentence)
    assert "group 1: units " in out
    assert "assumed: the units have no common reference" in out
    assert found.config["command"] == "ictal why a.npy --corner 1.0 --dt 0.01 --nulls 0"
    assert (tmp_path / "p" / "why-chi_c.png").exists()
    told = json.loads(ictal_("why", "a.npy", "--dt", "0.01", "--corner", "1", "--nulls", "0", "--json"))
    assert told["parts"] == found.to_json()["parts"]
    assert "--corner: 3000 samples hold" in refused("why", "a.npy", "--dt", "0.01", "--corner", "0.01")
