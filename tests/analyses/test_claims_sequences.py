"""Claims `forget` and `causal`: closed forms of what they are read from, and verdicts on planted truth."""

from dataclasses import replace

import numpy as np
import pytest
from trainings import training

from ictal import PlantedRate, error_rates, ledger
from ictal.analyses import FAILS, HOLDS, NOT_TESTABLE, ONLY, UNDECIDED, Evidence
from ictal.analyses.claims import CLAIMS
from ictal.analyses.claims.causal import PULLED, outcomes
from ictal.analyses.claims.desync import DESYNC
from ictal.analyses.claims.forget import EWC
from ictal.analyses.evidence.instrument import Moved, matched, strength
from ictal.analyses.evidence.outcomes import AttackedValue, TaskValue, under_attack
from ictal.analyses.evidence.sequences import JOINT, PLAIN, sequences
from ictal.analyses.report.ledger import drawings
from ictal.experiments.planted_rates import verdicts
from ictal.experiments.planted_treated import TREATED_CASES, TREATED_CLAIMS, planted_treated
from ictal.simulator import InputError


def moved(x, y, plain_si=0.35, plain=0.4):
    return Moved(np.asarray(x), np.asarray(x), np.asarray(y), plain_si, plain)


def test_odd_and_even_parts_of_an_outcome_are_told_apart():
    """A path by SI gives both sides one slope, a path by the size of the pull gives them opposite ones."""
    x = np.array([0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.75, 0.9])
    by_si = moved(x, 0.4 + 0.2 * (x - 0.35))
    assert by_si.slope() == pytest.approx(0.2)
    np.testing.assert_allclose(by_si.sides(), [0.2, 0.2, 0.4], atol=1e-12)
    by_pull = moved(x, 0.4 + 0.2 * abs(x - 0.35))
    np.testing.assert_allclose(by_pull.sides(), [-0.2, 0.2, 0.4], atol=1e-12)
    constant = moved(x, 0.5 + 0.2 * (x - 0.35))  # the penalty itself adds .1, whatever it does to SI
    np.testing.assert_allclose(constant.sides(), [0.2, 0.2, 0.5], atol=1e-12)
    below, above, _ = moved(x, x, plain_si=0.06).sides()
    assert np.isnan(below)
    assert above == pytest.approx(1.0)


def test_networks_are_read_at_matched_training_accuracy():
    accuracy = np.array([0.1, 0.5, 0.8, 0.95, 1.0, 1.0])
    run = training(n=6, metrics={"train_accuracy": accuracy})
    assert [matched(run, wanted) for wanted in (0.5, 0.9, 1.0)] == [1, 3, 5]


def test_the_size_of_the_attack_is_chosen_by_plain_networks():
    def row(epsilon, accuracy, norm="linf"):
        return AttackedValue(
            "m", "d", "few samples", "few", 0, "PGD" if epsilon else "none", norm, epsilon, accuracy, 100, 0.0
        )

    rows = [row(0.0, 0.8, ""), row(0.02, 0.7), row(0.1, 0.45), row(0.3, 0.0), row(0.5, 0.4, "l2")]
    assert strength([*under_attack(rows).values()]) == 0.1
    with pytest.raises(InputError, match="no plain network was attacked"):
        strength([*under_attack(rows[:1]).values()])


@pytest.mark.parametrize("case", TREATED_CASES)
def test_planted_truth_of_treatments_is_found(case):
    found = verdicts(planted_treated(case, seed=7, seeds=10), kinds=True)
    assert set(found) == set(TREATED_CLAIMS)
    rows = [PlantedRate(case, claim, verdict, 1, 1, seeds=10) for claim, verdict in found.items()]
    assert [row for row in rows if row.false_holds] == []
    assert all(row.right for row in rows), found


def test_few_seeds_are_not_told_that_a_treatment_does_what_it_does_not():
    for seeds in (3, 5):
        cases = ("small", "absent", "reversed", "by any penalty")
        rows = error_rates(2, cases=cases, claim="causal", seed=900, seeds=seeds).rows
        assert {row.claim for row in rows} == set(TREATED_CLAIMS)
        assert [row for row in rows if row.false_holds] == []


def test_the_control_decides_what_a_penalty_by_its_pull_does():
    rows = {row.claim.name: row for row in ledger([planted_treated("by any penalty", seeds=10)]).rows}
    assert rows["causal"].verdict == ONLY
    assert "only synchrony above that of plain training is counted" in rows["causal"].why
    assert rows["forget"].verdict in (ONLY, UNDECIDED)
    assert "over pulling up" in rows["forget"].why


def test_an_instrument_that_moves_nothing_decides_nothing():
    evidence = planted_treated("present")
    still = [replace(run, synchrony={"si_3 test": np.full((3, 1), 0.3)}) for run in evidence.trainings]
    rows = [replace(row, synchrony=0.3) for row in evidence.tasks]
    found = CLAIMS.load("causal").effects(replace(evidence, trainings=still, tasks=rows))
    assert not found.effects
    assert all("the penalty moved SI by 0.00" in why for why in found.untestable.values())
    row = next(
        row for row in ledger([replace(evidence, trainings=still, tasks=rows)]).rows if row.claim.name == "causal"
    )
    assert row.verdict == NOT_TESTABLE


def test_an_attack_that_leaves_nothing_tests_nothing():
    evidence = planted_treated("present", seeds=3)
    nothing = [replace(row, accuracy=0.01) if row.epsilon else row for row in evidence.attacked]
    found = CLAIMS.load("causal").effects(replace(evidence, attacked=nothing))
    why = [why for where, why in found.untestable.items() if where.endswith("error under attack")]
    assert why == ["the attack of size 0.1 leaves 0.010 of plain networks' accuracy; wants 0.05"] * 2


def test_networks_that_do_not_fit_are_left_out():
    evidence = planted_treated("present", seeds=3)

    def worse(run):
        if f"{PULLED}, 0.9" not in run.condition:
            return run
        return replace(run, metrics={**run.metrics, "train_accuracy": run.metrics["train_accuracy"] - 0.1})

    whole = outcomes(evidence)
    less = outcomes(replace(evidence, trainings=[worse(run) for run in evidence.trainings]))
    for (setting, way), seeds in whole.items():
        want = 0 if way.startswith("forgetting") else 1
        assert [one.si.size - two.si.size for one, two in zip(seeds, less[setting, way], strict=True)] == [want] * 3


def test_a_sequence_that_forgets_nothing_tests_nothing():
    def all_learnt(row):
        return replace(row, accuracy=1.0) if row.condition in (PLAIN, JOINT) else row

    evidence = planted_treated("present")
    evidence = replace(evidence, tasks=[all_learnt(row) for row in evidence.tasks])
    found = CLAIMS.load("forget").effects(evidence)
    assert not found.effects
    assert all(why.startswith("nothing is forgotten") for why in found.untestable.values())


def test_doses_are_chosen_on_validation_images_of_the_seeds_that_have_them_all():
    def rows(dose, seed, test, validation):
        about = ("m", "d", f"{EWC}, {dose}", "treated", seed, "split:2", "class")
        both = [TaskValue(*about, after, on, test) for after in range(3) for on in (1, 2)]
        return [*both, *(TaskValue(*about, 2, on, validation, "validation") for on in (1, 2))]

    values = [*rows("10", 0, 0.9, 0.5), *rows("100", 0, 0.2, 0.6), *rows("10", 1, 0.9, 0.99)]
    (found,) = sequences(Evidence("quick", tasks=values))
    assert (found.name, found.way) == ("m on d, split:2", "class-incremental")
    assert list(found.chosen(EWC)) == [0]
    assert found.chosen(EWC)[0].condition == f"{EWC}, 100"
    with pytest.raises(InputError, match="replay was not run"):
        found.chosen("replay")
    with pytest.raises(InputError, match="no seed was trained in every arm"):
        found.shared({0: found.chosen(EWC)[0]}, {})
    with pytest.raises(InputError, match="has no accuracy of some task"):
        sequences(Evidence("quick", tasks=values[:3]))


def test_rows_of_sequences_come_back_from_their_file(tmp_path):
    evidence = planted_treated("present", seeds=2)
    file = evidence.save(tmp_path / "evidence.h5")
    rows = Evidence.load(file).tasks

    def by_key(given):
        return {
            (r.scenario, r.condition, r.kind, r.seed, r.after, r.on, r.of): (r.accuracy, r.synchrony) for r in given
        }

    there, here = by_key(rows), by_key(evidence.tasks)
    assert len(rows) == len(evidence.tasks)
    assert there.keys() == here.keys()
    np.testing.assert_allclose(list(there.values()), [here[key] for key in there], rtol=1e-6)
    assert verdicts(Evidence.load(file)) == verdicts(evidence)
    assert file.stat().st_size < 120 * len(evidence.trainings) + 40 * len(rows) + 60_000


def test_learning_less_is_not_remembering_more():
    evidence = planted_treated("present", seeds=10)
    dull = [replace(row, accuracy=max(0.0, row.accuracy - 0.1)) if row.condition.startswith(DESYNC) and row.of == "test"
            and row.after == row.on < 3 else row for row in evidence.tasks]  # fmt: skip
    row = next(row for row in ledger([replace(evidence, tasks=dull)]).rows if row.claim.name == "forget")
    assert row.verdict == ONLY
    assert "less is learnt in the first place" in row.why


def test_claims_on_sequences_are_drawn():
    made = ledger([planted_treated("present", seeds=3)])
    names = [drawing.name.split("/")[0] for drawing in drawings(made)]
    assert names.count("forget") == 1
    assert names.count("causal") == 3, "two settings, and all outcomes together"
    assert {row.claim.name: row.verdict for row in made.rows}["causal"] in (HOLDS, ONLY, UNDECIDED, FAILS)
