"""Verdicts follow from stored numbers by written rules: effects, storage, the ledger, its figures and its page."""

import json
import math

import numpy as np
import pytest

from ictal import PLANTED_CASES, PLANTED_CLAIMS, PlantedRate, error_rates, ledger, planted
from ictal.analyses import (
    CLAIMS,
    FAILS,
    HOLDS,
    NOT_TESTABLE,
    ONLY,
    UNDECIDED,
    Decision,
    Evidence,
    Finding,
    TrainingRun,
    decide,
    effect,
    overall,
    training_run_of,
    write_claims,
)
from ictal.analyses.claims.transition import jump
from ictal.analyses.evidence.contrasts import mean_r, setting_of
from ictal.analyses.report.ledger import drawings, headline, render
from ictal.cli import run
from ictal.experiments.planted import planted_runs, verdicts
from ictal.simulator import InputError, load, save

CLEAR, NOTHING, MUDDLED = [0.5, 0.52, 0.51, 0.49], [0.0, 0.01, -0.01, 0.0], [0.5, -0.3, 0.1, 0.2]


def part(values, role="stated", name="p", claim="c", setting="s"):
    return effect(claim, name, setting, values, statistic="x", least=0.1, role=role, otherwise="it is counted")


def only(*effects):
    (found,) = decide({"c": Finding(tuple(effects), {})})
    return found


def training(condition="few", kind="few", seed=0, gap=0.4, n=41, **changes):
    steps = np.arange(n) * 10.0
    si = np.linspace(0.2, 0.6, n)[:, None] + np.arange(4) * 0.05
    metrics = {name: np.full(n, 1.0) for name in ("train_accuracy", "test_accuracy", "test_loss", "val_loss")}
    fields = {
        "model": "net",
        "data": "images",
        "steps": steps,
        "metrics": metrics | {"gap": np.full(n, gap)},
        "layers": ("a", "b", "c", "d"),
        "synchrony": {"si_3 test": si},
        "null_high": {"si_3 test": np.full((n, 4), np.nan)},
    }
    return TrainingRun(**(fields | {"condition": condition, "kind": kind, "seed": seed} | changes))


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
    ],
)
def test_rules(effects, verdict):
    found = only(*effects)
    assert found.verdict == verdict
    if verdict == ONLY:
        assert found.why.startswith("it is counted")


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


def test_a_slope_is_no_jump():
    assert jump(np.linspace(0.1, 0.9, 41))[0] == pytest.approx(0.0, abs=1e-12)
    height, level = jump(np.where(np.arange(41) < 20, 0.45, 0.85))
    assert height == pytest.approx(0.4 - 3 * 0.4 / 38)
    assert level == pytest.approx(0.65)


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


def test_planted_verdicts_are_right():
    for case in PLANTED_CASES:
        found = verdicts(planted(case, seed=77))
        assert set(found) == set(PLANTED_CLAIMS)
        assert all(PlantedRate(case, claim, verdict, 1, 1).right for claim, verdict in found.items()), (case, found)


def test_planted_runs_give_the_same_verdicts_through_their_files(tmp_path, capsys):
    for case in PLANTED_CASES:
        trainings = []
        for (condition, kind, k), made in planted_runs(case, seed=5, seeds=3).items():
            file = save(made, tmp_path / f"{case}-{kind}-{k}.h5")
            about = {"model": "m", "data": "d", "condition": condition, "kind": kind, "seed": k}
            trainings.append(training_run_of(load(file), **about))
        evidence = Evidence(f"planted {case}", trainings, (), {"claims": list(PLANTED_CLAIMS)})
        file = evidence.save(tmp_path / f"{case}.h5")
        assert run(["claims", str(file), "--json"]) == 0
        said = {row["claim"]: row["verdict"] for row in json.loads(capsys.readouterr().out)["claims"]}
        assert {name: said[name] for name in PLANTED_CLAIMS} == verdicts(planted(case, seed=5, seeds=3))


def test_planted_relations_are_what_they_are_called():
    by_case = {case: planted(case, seed=3, seeds=2) for case in PLANTED_CASES}

    def rises(case, kind):
        chosen = [c for c in by_case[case].trainings if (c.kind == "control") == (kind == "control")]
        return [c.mean()[-1] - c.mean()[0] for c in chosen]

    assert min(rises("present", "over")) > 0.3 > max(rises("present", "control"))
    assert max(map(abs, rises("absent", "over"))) < 0.1
    assert max(rises("reversed", "over")) < -0.3
    assert abs(np.mean(rises("confounded", "over")) - np.mean(rises("confounded", "control"))) < 0.05


def test_error_rates_count(tmp_path):
    rows = error_rates(2, cases=("absent",), seed=9).rows
    assert {row.claim for row in rows} == set(PLANTED_CLAIMS)
    for claim in PLANTED_CLAIMS:
        assert sum(row.count for row in rows if row.claim == claim) == 2
    assert {row.n for row in rows} == {2}
    with pytest.raises(InputError, match="replicates"):
        error_rates(0)
    with pytest.raises(InputError, match="case"):
        planted("odd")


def test_every_claim_has_a_row_and_a_reason():
    found = ledger([])
    assert [row.claim.name for row in found.rows] == list(CLAIMS)
    assert all(row.verdict.startswith("not run: needs ") for row in found.rows)
    assert headline(found) == "not run 12."
    for name, row in zip(CLAIMS, found.rows, strict=True):
        assert row.claim is CLAIMS.load(name)
        assert row.claim.name == name
        assert bool(row.claim.scales) != bool(row.claim.needs)


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
    rows = json.loads(capsys.readouterr().out)["claims"]
    assert [row["claim"] for row in rows] == list(CLAIMS)
    planted("absent", seeds=2).save(tmp_path / "evidence-planted.h5")
    assert run(["claims", str(tmp_path), "--html", "p.html", "--quiet"]) == 0
    assert "planted layers" in capsys.readouterr().out
    assert (tmp_path / "p.html").stat().st_size > 10_000
    for words, said in (
        (["claims", "nowhere.h5"], "nowhere.h5"),
        (["claims", str(tmp_path), "--html", "p.html"], "exists"),
        (["claims", str(tmp_path), "--figures", "none"], "none"),
        (["reproduce", "odd"], "claim"),
        (["reproduce", "forget"], "EWC"),
        (["reproduce", "desync", "--scale", "medium"], "quick"),
        (["reproduce", "--scale", "large"], "scale"),
        (["reproduce", "--scale", "medium"], "--data"),
        (["reproduce", "rise", "--seeds", "0"], "--seeds"),
        (["reproduce", "--scale", "medium", "--data", "cifar10:/nowhere"], "nowhere"),
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
