"""Claims on made-up evidence: each can hold, at the paper's level or another, under a condition, or fail."""

import numpy as np
import pytest
from trainings import training

from ictal import ledger, planted
from ictal.analyses import FAILS, HOLDS, LEVEL, NOT_TESTABLE, ONLY, UNDECIDED, Evidence
from ictal.analyses.claims.desync import AS_PAPER, DESYNC, NOISE, UP
from ictal.analyses.claims.healthy import BY_LOSS, CONTROLLER
from ictal.analyses.claims.transition import jump
from ictal.analyses.comparison.result import ReplicateValue
from ictal.analyses.evidence.rules import ABSENT, OPPOSITE
from ictal.analyses.evidence.tuning import test_accuracy as accuracy
from ictal.analyses.evidence.tuning import treated_networks, tuned_doses
from ictal.experiments.planted_rates import verdicts
from ictal.simulator import InputError


def test_a_slope_is_no_jump():
    assert jump(np.linspace(0.1, 0.9, 41))[0] == pytest.approx(0.0, abs=1e-12)
    height, level = jump(np.where(np.arange(41) < 20, 0.45, 0.85))
    assert height == pytest.approx(0.4 - 3 * 0.4 / 38)
    assert level == pytest.approx(0.65)


def test_trainings_of_few_records_are_no_crash():
    kinds = (("well fitted", "control", 0.0), ("few", "few", 0.4))
    runs = [training(c, kind, k, gap, n=5) for k in range(3) for c, kind, gap in kinds]
    row = next(row for row in ledger([Evidence("planted", runs)]).rows if row.claim.name == "transition")
    assert row.verdict == NOT_TESTABLE
    assert "has 5 records; a jump wants at least 6" in row.why


def add_values(rows, panel, group, measure, values):
    about = {"measure": measure, "panel": panel, "group": group}
    rows += [ReplicateValue(**about, value=float(value), replicate=k) for k, value in enumerate(values)]


def alike(wobble, si, within):
    """Observations of the main job in which both sides rise into the paper's ranges, but for `si` and `within`."""
    rows = []
    for panel, group, level in (("spikes", "seizure", 0.9), ("spikes", "rest", 0.1), ("images", "healthy", 0.4),
                                ("images", "small sample", si), ("images", "memorising", si)):  # fmt: skip
        add_values(rows, panel, group, "si_3", level + wobble)
    for group, level in (("healthy", 0.2), ("small sample", within), ("memorising", within)):
        add_values(rows, "images", group, "within_class_si", level + wobble)
    return Evidence("quick", (), rows, {"claims": ["eeg"]})


@pytest.mark.parametrize(
    ("si", "within", "verdict", "words"),
    [
        (0.865, 0.5, HOLDS, "overfitted over healthy"),
        (0.6, 0.5, LEVEL, "at a lower level"),
        (0.97, 0.5, LEVEL, "at a higher level"),
        (0.865, 0.2, ONLY, "the same classes"),
        (0.4, 0.5, FAILS, ABSENT),
        (0.2, 0.5, FAILS, OPPOSITE),
    ],
)
def test_the_claim_on_seizures_can_hold(si, within, verdict, words):
    found = next(r for r in ledger([alike(np.linspace(-0.01, 0.01, 5), si, within)]).rows if r.claim.name == "eeg")
    assert found.verdict == verdict
    assert words in found.why


def treated(condition, kind, seed, test, train=1.0, si=0.4):
    """Return one training that ends with these accuracies and that SI; its values rise to the end."""
    ramp = np.linspace(0.0, 1.0, 41)
    wobble = 0.002 * seed
    metrics = {
        "train_accuracy": 0.2 + (train - 0.2) * ramp,
        "test_accuracy": 0.2 + (test + wobble - 0.2) * ramp,
        "val_accuracy": 0.2 + (test + wobble - 0.2) * ramp,
        "gap": (train - test) * ramp,
        "test_loss": 2 - ramp,
        "val_loss": 2 - ramp,
    }
    synchrony = {"si_3 test": np.tile(si + wobble * ramp[:, None], 4)}
    return training(condition, kind, seed, metrics=metrics, synchrony=synchrony)


def test_claims_on_treatments_can_hold():
    runs = []
    for k in range(5):
        runs += [treated("well fitted", "control", k, 0.9, 0.95), treated("few samples", "few", k, 0.6, si=0.7)]
        runs += [treated(NOISE, "noise", k, 0.6, si=0.7)]
        for lead in ("", f"{NOISE}: "):
            for name in ("L2", "dropout", "label smoothing"):
                runs.append(treated(f"{lead}{name}, 1", "treated", k, 0.63, si=0.7))
            runs.append(treated(f"{lead}{DESYNC}, 1", "treated", k, 0.75, si=0.2))
            runs.append(treated(f"{lead}{UP}, 1", "treated", k, 0.5, si=0.9))
        runs.append(treated(f"{CONTROLLER}, 1", "treated", k, 0.75))
        runs.append(treated(f"{BY_LOSS}, 1", "treated", k, 0.6))
    rows = {r.claim.name: r for r in ledger([Evidence("quick", runs, (), {"claims": ["desync", "healthy"]})]).rows}
    assert rows["healthy"].verdict == HOLDS
    assert rows["desync"].verdict == HOLDS
    assert "over none" in rows["desync"].why
    worse = [c for c in runs if not c.condition.startswith(f"{NOISE}: Desync")]
    worse += [treated(f"{NOISE}: {name}, 1", "treated", k, 0.5, si=0.2) for k in range(5) for name in (DESYNC, UP)]
    (row,) = [
        r for r in ledger([Evidence("quick", worse, (), {"claims": ["desync"]})]).rows if r.claim.name == "desync"
    ]
    assert row.verdict == ONLY
    assert "few samples: holds" in row.why
    assert f"{NOISE}: fails: opposite: over none" in row.why


def test_a_network_that_is_surer_and_larger_only_by_its_weights():
    assert verdicts(planted("confounded", seed=3, seeds=10))["amplitude"] == ONLY
    old = ledger([Evidence("odd", [*runs_without_amplitude()], (), {"claims": ["amplitude"]})]).rows
    row = next(row for row in old if row.claim.name == "amplitude")
    assert row.verdict == NOT_TESTABLE
    assert "run it again" in row.why


def runs_without_amplitude():
    return [training(c, kind, k, gap) for k in range(3) for c, kind, gap in (("w", "control", 0.0), ("f", "few", 0.4))]


def test_a_dose_that_shorter_trainings_choose_is_compared():
    """Doses of one seed decide, whatever the full trainings say, and a dose that was not trained is no effect."""
    runs = [treated("few samples", "few", k, 0.6, si=0.7) for k in range(3)]
    runs += [treated(f"{DESYNC}, {dose}", "tuning", 0, test) for dose, test in (("1", 0.5), ("10", 0.4))]
    runs += [
        treated(f"{DESYNC}, {dose}", "treated", k, test) for k in range(3) for dose, test in (("1", 0.7), ("10", 0.9))
    ]
    (t,) = treated_networks("net", runs)
    assert t.dose(DESYNC) == "1"
    assert t.gain(t.chosen(DESYNC), t.plain, accuracy) == pytest.approx([0.1] * 3)
    assert tuned_doses(runs) == {("net on images", DESYNC): "1"}
    effects = {e.part: e for e in ledger([Evidence("quick", runs, (), {"claims": ["desync"]})]).effects["quick"]}
    assert effects["over none"].value == pytest.approx(0.1)
    assert effects[DESYNC].note == "dose 1"
    assert effects["over pulling up"].n == 0
    assert "DesyncReg to 0.9 was not run" in effects["over pulling up"].statistic
    (untrained,) = treated_networks("net", [c for c in runs if c.condition != f"{DESYNC}, 1" or c.kind == "tuning"])
    with pytest.raises(InputError, match="was not run at 1, the dose that was chosen"):
        untrained.chosen(DESYNC)


def test_a_setting_that_is_half_trained_is_undecided_and_says_what_lacks():
    runs = [treated("few samples", "few", k, 0.6, si=0.7) for k in range(3)]
    runs += [treated(f"{AS_PAPER}, 1", "treated", k, 0.7) for k in range(2)]
    found = ledger([Evidence("quick", runs, (), {"claims": ["desync", "rise", "robust"]})])
    rows = {row.claim.name: row for row in found.rows}
    assert rows["desync"].verdict == UNDECIDED
    assert f"{DESYNC} was not run" in rows["desync"].why
    (gain,) = [e for e in found.effects["quick"] if (e.claim, e.part) == ("desync", AS_PAPER)]
    assert (gain.n, round(gain.value, 9)) == (2, 0.1), "of the seeds that both have"
    assert rows["robust"].verdict == NOT_TESTABLE
    assert "ictal reproduce robust" in rows["robust"].why
    assert rows["rise"].verdict.startswith("not run"), "networks of treatments alone say nothing of other claims"


def test_treated_networks_are_stored_together_and_come_back(tmp_path):
    runs = [treated(f"L2, {dose}", "treated", k, 0.6) for dose in ("1", "2") for k in range(2)]
    runs += [treated("L2, 1", "tuning", 0, 0.5), treated("few samples", "few", 0, 0.6)]
    evidence = Evidence("quick", [c.reduced() if c.kind != "few" else c for c in runs])
    assert sum(name.startswith("courses/") for name in evidence.to_groups()) == 3
    again = Evidence.load(evidence.save(tmp_path / "e.h5")).trainings
    assert [(c.condition, c.kind, c.seed) for c in again] == [(c.condition, c.kind, c.seed) for c in runs]
    for one, back in zip(evidence.trainings, again, strict=True):
        np.testing.assert_array_equal(one.steps, back.steps)
        np.testing.assert_allclose(one.metrics["val_accuracy"], back.metrics["val_accuracy"], rtol=1e-6)
    assert {c.steps.size for c in again} == {21, 41}
    assert again[0].steps[-1] == runs[0].steps[-1]
