"""Networks that are called healthy or overfitted are checked by their gap, in comparisons and in the ledger."""

import json

import numpy as np
import pytest

import ictal
from ictal.analyses import Panel, Side, compare_panels
from ictal.analyses.comparison.sentence import headline
from ictal.analyses.conditions import check_conditions, not_healthy
from ictal.analyses.evidence.contrasts import setting_of
from ictal.cli.compare import summary
from ictal.models.datasets import healthy_images
from ictal.simulator import Recording

METRICS = ("train_accuracy", "test_accuracy")


def history(train, test, before=0.1):
    return Recording(
        [[before, before], [train, test]], dt=1.0, clock="epoch", quantity="training metric", unit="1",
        unit_labels={"metric": np.array(METRICS)},
    )  # fmt: skip


def activity(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(64, 1)) + rng.normal(size=(64, 8))
    return Recording(x, dt=1.0, clock="sample", quantity="activation", unit="1")


def compared(**histories):
    groups = {name.replace("_", " "): [activity(k) for k in range(3)] for name in histories}
    curves = {name.replace("_", " "): rows for name, rows in histories.items()}
    first, *rest = groups
    pairs = tuple((name, first) for name in rest)
    sides = tuple(Side(f"side {k}", ("images",), pairs) for k in (1, 2))
    settings = ictal.analyses.Settings(measures=("si_3",))
    return compare_panels(
        [Panel("images", groups, nulls=("permute",))], sides=sides, settings=settings, histories=curves
    )


@pytest.mark.parametrize(
    ("gap", "train", "holds"),
    [(0.05, 0.95, True), (0.1, 0.95, True), (0.11, 0.95, False), (0.9, 1.0, False), (0.0, 0.54, False),
     (0.0, 0.55, True), (-0.05, 0.9, True), (float("nan"), 1.0, False)],
)  # fmt: skip
def test_a_healthy_network_has_learnt_and_has_a_small_gap(gap, train, holds):
    assert (not_healthy(gap, train, before=0.1) == "") is holds


def test_the_mean_over_replicates_decides():
    found = check_conditions({"control": [history(0.95, 0.93), history(0.95, 0.79)], "few": [history(1.0, 0.82)] * 2})
    assert [(one.name, one.role, one.holds) for one in found] == [
        ("control", "healthy", True),
        ("few", "overfits", False),
    ]
    assert found[0].gaps == pytest.approx((0.02, 0.16))
    assert "their gap is 0.18, that of the control 0.09" in found[1].says
    by_more = check_conditions({"control": [history(0.95, 0.93)], "few": [history(1.0, 0.88)]})
    assert by_more[1].holds  # .12 is .1 and more above .02


def test_memorising_needs_the_wrong_labels():
    fits = check_conditions({"healthy": [history(0.95, 0.93)], "memorising": [history(0.95, 0.6)]})
    assert all(one.holds for one in fits)
    not_yet = check_conditions({"healthy": [history(0.95, 0.93)], "memorising": [history(0.8, 0.6)]})
    assert not not_yet[1].holds
    assert "do not memorise" in not_yet[1].says


def test_names_that_say_nothing_are_not_checked():
    assert check_conditions({"mine": [history(1.0, 0.1)]}) == []
    plain = Recording(np.zeros((2, 1)), dt=1.0, clock="epoch", quantity="metric", unit="1",
                      unit_labels={"metric": np.array(["loss"])})  # fmt: skip
    assert check_conditions({"healthy": [plain]}) == []


def test_a_report_says_first_that_a_control_overfits(tmp_path):
    found = compared(healthy=[history(1.0, 0.81)] * 3, few_samples=[history(1.0, 0.6)] * 3)
    said = "Networks called “healthy” are not healthy: their gap is 0.19, at most 0.10 is wanted: they overfit"
    assert headline(found)[0].startswith(said)
    assert " ".join(summary(found).split()).startswith(said)
    page = found.html(tmp_path / "r.html").read_text()
    assert page.index(said) < page.index("<h1>")
    kept = ictal.load(found.save(tmp_path / "c.h5"))
    assert [row["holds"] for row in kept.config["conditions"]] == [False, True]
    assert [row["holds"] for row in json.loads(json.dumps(found.to_json()))["config"]["conditions"]] == [False, True]
    fine = compared(healthy=[history(0.98, 0.95)] * 3, few_samples=[history(1.0, 0.6)] * 3)
    assert not any("called" in sentence for sentence in headline(fine))


def test_the_ledger_says_that_a_control_overfits():
    from ictal.analyses.evidence.training import TrainingRun

    def training(condition, kind, train, test, seed):
        metrics = {"train_accuracy": np.array([0.1, train]), "gap": np.array([0.0, train - test])}
        return TrainingRun("MLP", "digits", condition, kind, seed, np.array([0.0, 1.0]), metrics, (), {}, {})

    def dropped(test):
        runs = [training("well fitted", "control", 0.95, test, seed) for seed in (0, 1)]
        runs += [training("few samples", "few", 1.0, 0.4, seed) for seed in (0, 1)]
        setting = setting_of("MLP on digits", runs)
        assert list(setting.ways) == ["few samples"]
        return setting.dropped

    assert dropped(0.9) == {}
    assert dropped(0.77)["control"].startswith("the well-fitted networks, which are counted: their gap is 0.18")


def test_images_of_the_healthy_network_follow_the_data():
    assert healthy_images("digits", 1348) == 1000
    assert healthy_images("fashion-mnist", 60000) == 20000
    assert healthy_images("mine.npz", 300) == 300
