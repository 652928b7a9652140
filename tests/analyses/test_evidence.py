"""Verdicts follow from stored numbers by written rules: effects, storage, the ledger, its figures and its page."""

import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from trainings import training

from ictal import PLANTED_CLAIMS, ledger, planted
from ictal.analyses import (
    CLAIMS,
    FAILS,
    HOLDS,
    LEVEL,
    NOT_TESTABLE,
    ONLY,
    UNDECIDED,
    Decision,
    Evidence,
    Finding,
    decide,
    effect,
    overall,
    write_claims,
)
from ictal.analyses.claims.wording import count_words, counts, headline
from ictal.analyses.evidence.contrasts import mean_r, setting_of
from ictal.analyses.evidence.effect import auc, auc_effect, auc_interval, wilson
from ictal.analyses.evidence.rules import ABSENT, OPEN, OPPOSITE, SMALLER, kind_of, over_ways
from ictal.analyses.report.ledger import drawings, render
from ictal.cli import run
from ictal.simulator import InputError

CLEAR, NOTHING, MUDDLED = [0.5, 0.52, 0.51, 0.49], [0.0, 0.01, -0.01, 0.0], [0.5, -0.3, 0.1, 0.2]


def part(values, role="stated", name="p", claim="c", setting="s", way="", **more):
    found = effect(claim, name, setting, values, statistic="x", least=0.1, role=role, otherwise="it is counted", **more)
    return replace(found, way=way)


def only(*effects):
    (found,) = decide({"c": Finding(tuple(effects), {})})
    return found


def test_an_effect_is_student_s_t():
    from scipy.stats import ttest_1samp

    x = [0.31, 0.42, 0.37, 0.55]
    found = effect("c", "p", "s", x, statistic="x", least=0.2)
    oracle = ttest_1samp(x, 0.2, alternative="greater")
    interval = ttest_1samp(x, 0.0).confidence_interval()
    assert found.p_above == pytest.approx(oracle.pvalue, rel=1e-9)
    assert found.p_below == pytest.approx(1 - oracle.pvalue, rel=1e-9)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))


def test_one_seed_decides_nothing():
    found = effect("c", "p", "s", [5.0], statistic="x", least=0.1)
    assert (found.p_above, found.p_below, found.low) == (1.0, 1.0, -math.inf)
    assert only(found).verdict == UNDECIDED


@pytest.mark.parametrize("scale", ["real", "index", "correlation", "share"])
def test_two_seeds_decide_nothing_and_three_do(scale):
    for sign, values in (("p_above", [0.9, 0.91, 0.92]), ("p_below", [0.01, 0.02, 0.03])):
        two, three = (effect("c", "p", "s", values[:n], statistic="x", least=0.5, scale=scale) for n in (2, 3))
        assert (two.p_above, two.p_below) == (1.0, 1.0)
        assert getattr(three, sign) <= 0.125


@pytest.mark.parametrize(
    ("scale", "there", "sd"),
    [("real", float, 0.005), ("index", lambda x: math.log(x / (1 - x)), 0.02), ("correlation", math.atanh, 0.05)],
)
def test_seeds_that_agree_have_the_least_sd(scale, there, sd):
    from scipy.stats import t

    found = effect("c", "p", "s", [0.03] * 4, statistic="x", least=0.02, scale=scale)
    half = t.ppf(0.975, 3) * sd / 2
    assert (there(found.low), there(found.high)) == pytest.approx((there(0.03) - half, there(0.03) + half))
    assert found.p_above == pytest.approx(t.sf((there(0.03) - there(0.02)) / sd * 2, 3))


@pytest.mark.parametrize(
    ("effects", "verdict"),
    [
        ([part(CLEAR)], UNDECIDED),
        ([part(CLEAR), part(CLEAR, "control")], HOLDS),
        ([part(CLEAR), part(NOTHING, "control")], ONLY),
        ([part(CLEAR), part(MUDDLED, "control")], UNDECIDED),
        ([part(NOTHING), part(CLEAR, "control")], FAILS),
        ([part(CLEAR), part(NOTHING, name="q")], FAILS),
        ([part(CLEAR), part(MUDDLED, name="q")], UNDECIDED),
        ([part([-x for x in CLEAR])], FAILS),
        ([part(CLEAR), part(CLEAR, "control"), part(NOTHING, "beside")], HOLDS),
        ([part(CLEAR), part(CLEAR, "control"), part(CLEAR, "level")], HOLDS),
        ([part(CLEAR), part(CLEAR, "control"), part(NOTHING, "level")], LEVEL),
        ([part(CLEAR), part(CLEAR, "control"), part(MUDDLED, "level")], UNDECIDED),
        ([part(CLEAR), part(NOTHING, "control"), part(NOTHING, "level")], ONLY),
        ([part(NOTHING), part(CLEAR, "level")], FAILS),
    ],
)
def test_rules(effects, verdict):
    found = only(*effects)
    assert found.verdict == verdict
    if verdict in (ONLY, LEVEL):
        assert found.why.startswith("it is counted")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([0.05, 0.052, 0.049, 0.051], SMALLER),
        ([0.001, 0.01, -0.01, 0.0], ABSENT),
        ([-0.05, -0.052, -0.049, -0.051], OPPOSITE),
        ([-0.3, 0.02, -0.25, -0.2], OPEN),
    ],
)
def test_what_fails_is_smaller_absent_or_opposite(values, kind):
    found = only(part(values), part(CLEAR, "control"))
    assert (found.verdict, found.kind) == (FAILS, kind)
    assert found.why.startswith(f"{kind}: p")
    assert kind_of([found, only(part(CLEAR))]) == kind


def test_the_part_with_the_substance_decides_and_not_the_smallest_p():
    clearer, substance = (
        part([-0.5, -0.501, -0.499], name="side"),
        part([0.0, 0.01, -0.01], name="main", substance=True),
    )
    found = only(clearer, substance)
    assert clearer.p_below < substance.p_below
    assert (found.verdict, found.decided_by, found.kind) == (FAILS, "main", ABSENT)
    assert only(clearer, part(CLEAR, name="main", substance=True)).decided_by == "side"
    assert only(
        part(CLEAR, name="side"), part(CLEAR, "control"), part(CLEAR, name="main", substance=True)
    ).decided_by == ("main")


def test_each_bound_belongs_to_what_is_decided():
    def at(role="stated", name="p", above=0.5, below=0.5, **more):
        return replace(part(MUDDLED, role, name, **more), p_above=above, p_below=below)

    holds, control, level = at(above=0.05), at("control", above=0.05), at("level", above=0.05)
    assert only(at(below=0.05)).verdict == FAILS
    assert only(at(below=0.0501)).verdict == UNDECIDED
    assert only(holds, control, level).verdict == HOLDS
    assert only(at(above=0.0501), control, level).verdict == UNDECIDED
    assert only(holds, at("control", above=0.0501), level).verdict == UNDECIDED
    assert only(holds, control, at("level", above=0.0501)).verdict == UNDECIDED
    assert only(holds, at("control", below=0.05)).verdict == ONLY
    assert only(holds, control, at("level", below=0.05)).verdict == LEVEL
    for low, high, kind in ((-0.1, 0.0, ABSENT), (-0.2, 0.0, OPEN), (0.0, 0.05, ABSENT), (-0.2, -1e-9, OPPOSITE)):
        assert only(replace(at(below=0.01), low=low, high=high)).kind == kind


def test_the_p_of_a_verdict_is_the_largest_of_its_parts():
    def at(role="stated", name="p", above=0.5, below=0.5, **more):
        return replace(part(MUDDLED, role, name, **more), p_above=above, p_below=below)

    parts = (at(above=0.01), at(name="q", above=0.02))
    assert only(*parts, at("control", above=0.001)).p == 0.02
    assert only(*parts, at("control", above=0.03)).p == 0.03
    assert only(*parts, at("control", above=0.03), at("level", above=0.04)).p == 0.04
    assert only(*parts, at("control", above=0.03), at("level", below=0.001)).p == 0.03
    assert only(*parts, at("control", above=0.03), at("level", below=0.04)).p == 0.04
    assert only(*parts, at("control", below=0.04)).p == 0.04
    assert only(*parts, at("control", below=0.001)).p == 0.02
    found = only(at(above=0.01), at(name="q", above=0.2), at("control", above=0.001))
    assert (found.verdict, found.decided_by, found.p) == (UNDECIDED, "q", 1.0)


def test_parts_with_the_substance_and_other_parts_are_families_of_their_own():
    def at(name, below, **more):
        return replace(part(NOTHING, name=name, **more), p_below=below, p_above=0.5)

    found = only(at("main", 0.04, substance=True), at("side", 0.6))
    assert (found.verdict, found.decided_by, found.p) == (FAILS, "main", 0.04)
    assert only(at("main", 0.6, substance=True), at("side", 0.04), at("other", 0.03)).verdict == UNDECIDED


def test_the_first_stated_part_has_the_substance_where_none_is_named():
    control, first, clearer = part(CLEAR, "control"), part(NOTHING, name="first"), part([-1.0, -1.01, -0.99, -1.0])
    assert only(control, first, clearer).decided_by == "first"
    assert decide({"c": Finding((control,), {})}) == []
    held, open_ = part(CLEAR, name="held"), replace(part(MUDDLED, name="open"), p_above=0.3)
    assert only(held, replace(open_, p_above=0.2), open_).decided_by == "open"
    assert only(replace(held, p_above=0.2, substance=True), open_).decided_by == "held"
    assert only(held, part(CLEAR, "control", name="near"), part(NOTHING, "control", name="far")).decided_by == "far"
    against = [replace(part(NOTHING, "control", name=f"p {p}"), p_below=p) for p in (0.01, 0.001)]
    assert only(held, *against).decided_by == "p 0.001"


def test_ways_that_hold_at_unlike_levels_hold_at_another_level_and_with_one_that_fails_only_so():
    def row(verdict, setting="A", way=""):
        return Decision("c", setting, verdict, f"{setting}{way}", "p", 0.01, way)

    assert over_ways([row(HOLDS, way="a"), row(LEVEL, way="b")])[0] == LEVEL
    assert over_ways([row(LEVEL, way="a"), row(FAILS, way="b")])[0] == ONLY
    assert over_ways([row(LEVEL, way="a"), row(LEVEL, way="b")])[0] == LEVEL
    assert overall([row(FAILS, "A"), row(LEVEL, "B"), row(HOLDS, "C")]) == (ONLY, "B: B. C: C. A: fails: A")
    assert overall([row(LEVEL, "B"), row(HOLDS, "C")])[0] == LEVEL
    assert overall([row(LEVEL, "B"), row(UNDECIDED, "C")])[0] == LEVEL


def test_ways_that_disagree_are_named_with_their_numbers():
    few = (part(CLEAR, way="few"), part(CLEAR, "control", way="few"))
    noise = [-x for x in CLEAR]
    rows = decide({"c": Finding((*few, part(noise, way="noise")), {})})
    assert [(row.way, row.verdict, row.kind) for row in rows] == [("few", HOLDS, ""), ("noise", FAILS, OPPOSITE)]
    verdict, why = overall(rows)
    assert verdict == ONLY
    assert why == (
        "s: few: holds: p: x 0.51 [0.48, 0.53], n = 4; wanted above 0.1; "
        "noise: fails: opposite: p: x −0.51 [−0.53, −0.48], n = 4; wanted above 0.1"
    )
    unclear = decide({"c": Finding((*few, part(MUDDLED, way="noise")), {})})
    assert over_ways(unclear)[0] == ONLY, "it was shown with few samples alone"
    alike = decide({"c": Finding((part(noise, way="a"), part([2 * x for x in noise], way="b")), {})})
    assert overall(alike)[1].endswith("a −0.51 [−0.53, −0.48], b −1.01 [−1.05, −0.97]")


def test_correlations_are_read_through_fisher_s_z():
    from scipy.stats import ttest_1samp

    r = [0.9, 0.99, 0.7, 0.95]
    found = effect("c", "p", "s", r, statistic="r", least=0.3, scale="correlation")
    oracle = ttest_1samp(np.arctanh(r), np.arctanh(0.3), alternative="greater")
    assert found.p_above == pytest.approx(oracle.pvalue, rel=1e-9)
    interval = np.tanh(ttest_1samp(np.arctanh(r), 0.0).confidence_interval())
    assert (found.low, found.high) == pytest.approx(tuple(interval))
    assert found.value == pytest.approx(np.tanh(np.mean(np.arctanh(r))))


@pytest.mark.parametrize(("scale", "low"), [("correlation", -1.0), ("share", 0.0), ("index", 0.0)])
def test_no_interval_leaves_the_range_of_its_number(scale, low):
    rng = np.random.default_rng(1)
    for n in (1, 2, 3, 5, 10):
        for values in (np.ones(n), np.full(n, low), rng.choice([low, 1.0], n), rng.uniform(low, 1.0, n)):
            found = effect("c", "p", "s", values, statistic="x", scale=scale)
            assert low <= found.low <= found.value + 1e-12
            assert found.value - 1e-12 <= found.high <= 1.0
    for beyond in (1.2, low - 0.2):
        with pytest.raises(InputError, match=f"a {scale} must lie in"):
            effect("c", "p", "s", [0.5, beyond], statistic="x", scale=scale)


@pytest.mark.parametrize("role", ["control", "level"])
def test_a_control_and_a_level_say_what_holds_otherwise(role):
    with pytest.raises(InputError, match=f"a {role} must say what holds otherwise"):
        effect("c", "p", "s", CLEAR, statistic="x", role=role)


def test_shares_have_an_exact_test():
    """All-or-none shares: false "holds" at n = 3 in 0 %, where a t test with its least SD has 12.5 %."""
    from scipy.stats import binomtest

    for n in (3, 5, 10):
        false = 0.0
        for k in range(n + 1):
            found = effect("c", "p", "s", [1.0] * k + [0.0] * (n - k), statistic="x", least=0.5, scale="share")
            oracle = binomtest(k, n, 0.5, alternative="greater")
            assert found.p_above == pytest.approx(oracle.pvalue)
            interval = binomtest(k, n).proportion_ci(method="wilson")
            assert (found.low, found.high) == pytest.approx((interval.low, interval.high), abs=1e-12)
            assert wilson(k, n) == (found.low, found.high)
            false += (found.p_above <= 0.05) * math.comb(n, k) / 2**n
        assert false <= 0.05
    most = effect("c", "p", "s", [1.0] * 10, statistic="x", least=0.9, scale="share")
    assert most.p_above == pytest.approx(0.9**10), "ten of ten are no proof of nine tenths"
    assert most.p_below == 1.0
    halves = [0.5, 0.5, 1.0, 1.0]  # seeds at the least effect count for neither side
    for values, least, above, below in ((halves, 0.2, (4, 0.5), (0, 0.8)), (halves, 0.5, (2, 0.5), (0, 0.5)),
                                        (halves, 0.9, (2, 0.9), (2, 0.5)), ([0.0] * 4, 0.1, (0, 0.5), (4, 0.9)),
                                        ([0.5] * 4, 0.5, (0, 0.5), (0, 0.5))):  # fmt: skip
        found = effect("c", "p", "s", values, statistic="x", least=least, scale="share")
        wanted = (binomtest(k, 4, p, alternative="greater").pvalue for k, p in (above, below))
        assert (found.p_above, found.p_below) == pytest.approx(tuple(wanted))


def test_the_area_under_the_curve():
    from scipy.stats import norm
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 5, 30), rng.integers(0, 6, 20)
    assert auc(b, a) == pytest.approx(roc_auc_score([0] * 30 + [1] * 20, np.concatenate([a, b])))
    assert auc_interval(0.0, 5, 5) == pytest.approx(tuple(1 - x for x in auc_interval(1.0, 5, 5)[::-1]))
    inside = []
    for _ in range(400):  # binormal, P(a > b) known
        large, small = rng.normal(1.2, 1.0, 10), rng.normal(0.0, 1.0, 10)
        low, high = auc_interval(auc(large, small), 10, 10)
        assert 0 <= low <= auc(large, small) <= high <= 1
        inside.append(low <= norm.cdf(1.2 / np.sqrt(2)) <= high)
    assert 0.92 <= np.mean(inside) <= 0.99
    found = auc_effect("c", "p", "s", [0.1, 0.2], [0.5, 0.6], statistic="AUC")
    assert (found.value, found.role, found.n) == (0.0, "beside", 4)
    assert (found.p_above, found.p_below) == pytest.approx((1.0, 1 / 6))


def test_many_claims_are_one_family():
    """An effect that would hold alone does not among twenty that show nothing."""
    weak = [0.22, 0.4, 0.31, 0.15]
    assert only(part(weak), part(CLEAR, "control")).verdict == HOLDS
    many = {f"n{k}": Finding((part(MUDDLED, claim=f"n{k}"),), {}) for k in range(20)}
    rows = decide({"c": Finding((part(weak), part(CLEAR, "control")), {}), **many})
    assert next(row for row in rows if row.claim == "c").verdict == UNDECIDED


def test_verdicts_over_settings():
    def row(setting, verdict):
        return Decision("c", setting, verdict, f"why {setting}", "p", 0.01)

    assert overall([row("A", HOLDS), row("B", HOLDS)])[0] == HOLDS
    verdict, why = overall([row("A", HOLDS), row("B", FAILS)])
    assert verdict == ONLY
    assert "A" in why.split(".")[0]
    assert overall([row("A", FAILS), row("B", UNDECIDED)])[0] == FAILS
    assert overall([row("A", HOLDS), row("B", UNDECIDED)])[0] == HOLDS
    assert overall([row("A", UNDECIDED), row("B", NOT_TESTABLE)])[0] == UNDECIDED
    assert overall([row("A", ONLY), row("B", FAILS)])[0] == ONLY


def test_what_does_not_overfit_is_no_way_of_overfitting():
    trainings = [training(kind="control", condition="well", seed=k, gap=0.05) for k in range(2)]
    trainings += [training(condition="few", seed=k, gap=0.4) for k in range(2)]
    trainings += [training(condition="noise", kind="noise", seed=k, gap=0.1) for k in range(2)]
    found = setting_of("s", trainings)
    assert list(found.ways) == ["few"]
    assert "0.10" in found.dropped["noise"]
    assert found.seeds == [0, 1]
    assert setting_of("s", trainings[:2]).why_not()
    assert "seeds" in setting_of("s", [trainings[0], trainings[2]]).why_not()


def test_correlations_average_through_fisher_s_z():
    assert mean_r([0.9, 0.1]) == pytest.approx(math.tanh((math.atanh(0.9) + math.atanh(0.1)) / 2))


def test_a_course_is_checked():
    with pytest.raises(InputError, match="rising"):
        training(steps=np.zeros(41))
    with pytest.raises(InputError, match="one a step"):
        training(metrics={"gap": np.zeros(3)})
    with pytest.raises(InputError, match="layer"):
        training(synchrony={"si_3 test": np.zeros((41, 2))})
    with pytest.raises(InputError, match="kind"):
        training(kind="odd")
    dead = np.full((41, 4), np.nan)
    with pytest.raises(InputError, match="in no layer"):
        training(synchrony={"si_3 test": dead}).mean()
    with pytest.raises(InputError, match="measure"):
        training().mean("chi_c")


def test_evidence_comes_back_and_decides_the_same(tmp_path):
    before = planted("present", seed=5, seeds=3)
    file = before.save(tmp_path / "evidence.h5")
    after = Evidence.load(file)
    assert after.config["claims"] == before.config["claims"]
    stored = {(training.condition, training.seed): training for training in after.trainings}
    assert len(stored) == len(before.trainings)
    for a in before.trainings:
        b = stored[a.condition, a.seed]
        assert (a.condition, a.kind, a.seed, a.layers) == (b.condition, b.kind, b.seed, b.layers)
        np.testing.assert_allclose(a.mean(), b.mean(), rtol=1e-6)
    one, two = ledger([before]), ledger([file])
    assert [row.verdict for row in one.rows] == [row.verdict for row in two.rows]
    with pytest.raises(InputError, match="exists"):
        before.save(file)
    (tmp_path / "other.h5").write_bytes(b"no")
    with pytest.raises(InputError, match=r"other\.h5"):
        Evidence.load(tmp_path / "other.h5")


def test_every_claim_has_a_row_and_a_reason():
    found = ledger([])
    assert [row.claim.name for row in found.rows] == list(CLAIMS)
    assert all(row.verdict.startswith("not run: needs ") for row in found.rows)
    assert headline(found) == f"No claim has been run yet: {len(CLAIMS)} not run."
    for name, row in zip(CLAIMS, found.rows, strict=True):
        assert row.claim is CLAIMS.load(name)
        assert row.claim.name == name
        assert bool(row.claim.scales) != bool(row.claim.needs)


def test_the_headline_counts_claims_and_not_rows(tmp_path):
    runs = [replace(planted("present", seed=2, seeds=2), scale=scale) for scale in ("quick", "medium")]
    found = ledger(runs)
    assert len(found.rows) > len(CLAIMS)
    assert sum(counts(found).values()) == len(CLAIMS)
    assert headline(found).endswith(f": {count_words(found)}.")
    assert count_words(found).endswith(f"{len(CLAIMS) - len(PLANTED_CLAIMS)} not run")
    assert "test_evidence" not in render(found)


def test_figures_and_page_come_from_the_file_alone(tmp_path):
    found = ledger([planted("present", seed=1, seeds=3).save(tmp_path / "evidence.h5")])
    assert {d.name.split("/")[0] for d in drawings(found)} == set(PLANTED_CLAIMS)
    page = render(found)
    assert page.count("<img") == len(PLANTED_CLAIMS)
    assert all(f'id="{name}-' in page for name in CLAIMS)
    assert "http" not in page.replace("http-equiv", "")
    (tmp_path / "figures").mkdir()
    written = write_claims(found, tmp_path / "page.html", tmp_path / "figures")
    assert len(written) == 2 * len(PLANTED_CLAIMS) + 1
    with pytest.raises(InputError, match="exists"):
        write_claims(found, tmp_path / "page.html")


def test_claims_on_the_command_line(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["claims", "--json"]) == 0
    empty = json.loads(capsys.readouterr().out)
    assert [row["claim"] for row in empty["claims"]] == list(CLAIMS)
    assert empty["verdicts"] == dict.fromkeys(CLAIMS, "not run")
    planted("absent", seeds=2).save(tmp_path / "evidence-planted.h5")
    assert run(["claims", str(tmp_path), "--html", "p.html", "--quiet"]) == 0
    said = capsys.readouterr().out
    assert "planted layers" in said
    assert re.match(r"None of the \d claims that were run holds: \d undecided, \d+ not run\.\n", said)
    assert (tmp_path / "p.html").stat().st_size > 10_000
    assert run(["claims", str(tmp_path), "--full", "--quiet"]) == 0
    said = capsys.readouterr().out
    assert re.match(r"None of the \d claims that were run holds: \d undecided, \d+ not run\.\n", said)
    assert said.endswith(".\n")
    for words, said in (
        (["claims", "nowhere.h5"], "nowhere.h5"),
        (["claims", str(tmp_path), "--html", "p.html"], "exists"),
        (["claims", str(tmp_path), "--figures", "none"], "none"),
        (["reproduce", "odd"], "claim"),
        (["reproduce", "drugs"], "spiking face"),
        (["reproduce", "healthy", "--scale", "medium"], "quick"),
        (["reproduce", "desync", "--scale", "medium"], "--data cifar100:PATH, for desync"),
        (["reproduce", "--scale", "large"], "scale"),
        (["reproduce", "--scale", "medium"], "--data"),
        (["reproduce", "rise", "--seeds", "0"], "--seeds"),
        (["reproduce", "--scale", "medium", "--data", "cifar10:/nowhere"], "--data cifar100:PATH"),
        (["reproduce", "rise", "--scale", "medium", "--data", "cifar10:/nowhere"], "nowhere"),
        (["reproduce", "rise", "--scale", "medium", "--data", "cifar9:x"], "wants cifar10:PATH, cifar100:PATH"),
    ):
        assert run(words) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert said in line


def test_an_empty_folder_is_said(tmp_path):
    with pytest.raises(InputError, match="holds no evidence"):
        ledger([tmp_path])


def test_evidence_without_a_control_is_not_testable():
    rows = ledger([Evidence("odd", [training(seed=k) for k in range(3)], (), {"claims": ["rise"]})]).rows
    row = next(row for row in rows if row.claim.name == "rise")
    assert row.verdict == NOT_TESTABLE
    assert "control" in row.why
