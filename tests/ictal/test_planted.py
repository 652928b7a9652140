"""Planted truth: verdicts on known relations, and the rules by which they are counted as right."""

import json

import numpy as np
import pytest

from ictal import (
    PLANTED_CASES,
    PLANTED_CLAIMS,
    PLANTED_FAMILIES,
    PlantedRate,
    PlantedRates,
    error_rates,
    ledger,
    planted,
)
from ictal.analyses import HOLDS, LEVEL, ONLY, UNDECIDED, Evidence, training_run_of
from ictal.analyses.evidence.effect import wilson
from ictal.cli import run
from ictal.experiments.planted import evidence_of_runs, planted_runs, si_error, truth
from ictal.experiments.planted_rates import verdicts
from ictal.experiments.planted_robust import ROBUST_CASES, ROBUST_CLAIMS, planted_robust, robust_truth
from ictal.simulator import InputError, load, save


def test_planted_verdicts_are_right():
    for case in PLANTED_CASES:
        found = verdicts(planted(case, seed=77, seeds=10), kinds=True)
        assert set(found) == set(PLANTED_CLAIMS)
        rows = [PlantedRate(case, claim, verdict, 1, 1, seeds=10) for claim, verdict in found.items()]
        assert not any(row.false_holds for row in rows), (case, found)
        seen = [row for row in rows if case != "small" or row.truth == "small"]
        assert all(row.right for row in seen), (case, found)


def test_planted_verdicts_on_treatments_are_right():
    for case in ROBUST_CASES:
        found = verdicts(planted_robust(case, seed=77, seeds=10), kinds=True)
        assert set(found) == set(ROBUST_CLAIMS)
        for claim, verdict in found.items():
            row = PlantedRate(case, claim, verdict, 1, 1, seeds=10)
            assert row.right, (case, claim, verdict)
            assert not row.false_holds, (case, claim, verdict)


def test_a_control_that_explains_the_gain_is_named():
    by_case = {"by stopping": "stop early", "by any penalty": "pull synchrony up", "by masked gradients": "masked"}
    for case, words in by_case.items():
        evidence = planted_robust(case, seed=3, seeds=10)
        row = next(row for row in ledger([evidence]).rows if row.claim.name == "robust")
        assert row.verdict == ONLY
        assert words in row.why
    assert robust_truth("by masked gradients", "desync") == "holds"
    assert robust_truth("by masked gradients", "robust") == "confounded"
    with pytest.raises(InputError, match="case"):
        planted_robust("odd")
    with pytest.raises(InputError, match="seeds"):
        planted_robust("present", seeds=0)


def test_every_family_has_claims_of_its_own():
    names = [claim for family in PLANTED_FAMILIES for claim in family.claims]
    assert len(names) == len(set(names))
    with pytest.raises(InputError, match="planted evidence"):
        error_rates(1, claim="eeg")


def test_few_seeds_are_not_told_what_is_not_there():
    """A short version of the stored error rates: no false "holds" with 3, 5 and 10 seeds."""
    for seeds in (3, 5, 10):
        rows = error_rates(4, cases=("small", "absent", "reversed", "confounded"), seed=500, seeds=seeds).rows
        assert [row for row in rows if row.false_holds] == []
        rows = error_rates(4, cases=ROBUST_CASES[1:], claim="robust", seed=500, seeds=seeds).rows
        assert [row for row in rows if row.false_holds] == []


@pytest.mark.physics
@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_false_holds_are_rarer_than_5_percent(seeds):
    rows = error_rates(100, cases=("small", "absent", "reversed", "confounded"), seed=9000, seeds=seeds).rows
    for case, claim in {(row.case, row.claim) for row in rows}:
        false = sum(row.count for row in rows if (row.case, row.claim) == (case, claim) and row.false_holds)
        assert wilson(false, 100)[1] <= 0.06, (case, claim, false)


def test_truth_of_planted_verdicts():
    def rate(case, claim, verdict, **more):
        found = PlantedRate(case, claim, verdict, 1, 1, **more)
        return found.right, found.false_holds

    assert rate("present", "rise", HOLDS) == (True, False)
    assert rate("present", "rise", LEVEL) == (False, False)
    assert rate("present", "rise", LEVEL, size=0.5) == (True, False)
    assert rate("lower level", "rise", LEVEL) == (True, False)
    assert rate("by way", "rise", ONLY) == (True, False)
    assert rate("by way", "rise", HOLDS) == (False, True)
    assert rate("absent", "rise", "fails (absent)") == (True, False)
    assert rate("absent", "rise", ONLY) == (False, True)
    assert rate("reversed", "rise", "fails (opposite)") == (True, False)
    assert rate("reversed", "rise", UNDECIDED) == (False, False)
    assert rate("confounded", "rise", ONLY) == (True, False)
    assert rate("confounded", "rise", "fails (absent)") == (False, False), "as stated the relation is there"
    assert rate("confounded", "rise", HOLDS) == (False, True)
    assert truth("confounded", "early") == "absent"


def test_drawn_and_measured_synchrony_agree():
    """SI-3 of activity with the correlation c has the mean and the SD that `planted` draws from."""
    for (_, kind, k), made in planted_runs("present", seed=4, seeds=1).items():
        drawn = next(c for c in planted("present", seed=4, seeds=1).trainings if (c.kind, c.seed) == (kind, k))
        about = {"model": "m", "data": "d", "condition": "c", "kind": kind, "seed": k}
        measured = training_run_of(made, **about)
        for name, values in drawn.metrics.items():
            np.testing.assert_allclose(values, measured.metrics[name], rtol=1e-12)
        away = (measured.layered() - drawn.layered()) / (np.sqrt(2) * si_error(drawn.layered()))
        assert abs(away.mean()) < 0.25
        assert 0.85 < away.std() < 1.2
        np.testing.assert_allclose(measured.layered("amplitude"), drawn.layered("amplitude"), rtol=0.15)


@pytest.mark.physics
def test_drawn_and_measured_synchrony_give_the_same_verdicts():
    for case in PLANTED_CASES:
        counts = {"drawn": [], "measured": []}
        for seed in range(12):
            settings = {"seed": seed, "seeds": 5}
            counts["drawn"].append(verdicts(planted(case, **settings)))
            counts["measured"].append(verdicts(evidence_of_runs(case, **settings)))
        for claim in PLANTED_CLAIMS:
            right = {
                how: sum(PlantedRate(case, claim, found[claim], 1, 1).right for found in rows)
                for how, rows in counts.items()
            }
            assert abs(right["drawn"] - right["measured"]) <= 4, (case, claim, right)


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
        assert {name: said[name] for name in PLANTED_CLAIMS} == verdicts(evidence_of_runs(case, seed=5, seeds=3))


def test_planted_relations_are_what_they_are_called():
    by_case = {case: planted(case, seed=3, seeds=2) for case in PLANTED_CASES}

    def rises(case, kind):
        chosen = [c for c in by_case[case].trainings if (c.kind == "control") == (kind == "control")]
        return [c.mean()[-1] - c.mean()[0] for c in chosen]

    assert min(rises("present", "over")) > 0.3 > max(rises("present", "control"))
    assert max(map(abs, rises("absent", "over"))) < 0.35, "a random walk"
    assert min(rises("lower level", "over")) > 0.15
    assert max(rises("small", "over")) < 0.15
    assert max(c.mean().max() for c in by_case["lower level"].trainings) < 0.5
    assert max(rises("reversed", "over")) < -0.3
    assert abs(np.mean(rises("confounded", "over")) - np.mean(rises("confounded", "control"))) < 0.12, "spread alone"


def test_error_rates_count(tmp_path):
    found = error_rates(2, cases=("absent",), seed=9, seeds=3, size=0.5, spread=0.2)
    assert PlantedRates.load(found.save(tmp_path / "p.h5")).rows == found.rows
    rows = found.rows
    assert {(row.seeds, row.size, row.spread) for row in rows} == {(3, 0.5, 0.2)}
    assert {row.claim for row in rows} == set(PLANTED_CLAIMS)
    for claim in PLANTED_CLAIMS:
        assert sum(row.count for row in rows if row.claim == claim) == 2
    assert {row.n for row in rows} == {2}
    with pytest.raises(InputError, match="replicates"):
        error_rates(0)
    with pytest.raises(InputError, match="case"):
        planted("odd")
