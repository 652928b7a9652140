"""Claims on made-up evidence: each can hold, at the paper's level or another, under a condition, or fail."""

import numpy as np
import pytest
from trainings import training

from ictal import ledger, planted
from ictal.analyses import FAILS, HOLDS, LEVEL, NOT_TESTABLE, ONLY, Evidence
from ictal.analyses.claims.desync import DESYNC, NOISE, UP
from ictal.analyses.claims.healthy import BY_LOSS, CONTROLLER
from ictal.analyses.claims.transition import jump
from ictal.analyses.comparison.result import ReplicateValue
from ictal.analyses.evidence.rules import ABSENT, OPPOSITE
from ictal.experiments.planted_rates import verdicts


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
