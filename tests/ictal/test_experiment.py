"""The main job, small: twice the same bits, every measure said or skipped, the report whole."""

import numpy as np
import pytest

from ictal.analyses import Settings
from ictal.experiments.seizure_overfitting import HEALTHY, NOISE, SMALL, classifiers, run
from ictal.simulator import InputError
from ictal.simulator.files.document import read

SOME = ("si_1", "si_3", "chi_c", "kuramoto_r1", "spike_phase_r1", "batch_phase_sync", "class_share", "mean_rate")


def tree(path):
    document = read(path)
    attrs = {k: np.asarray(v).tolist() for k, v in document.attrs.items() if k != "created"}
    groups = {
        name: (dict(group.attrs), {k: (v.dims, v.values.tolist()) for k, v in group.variables.items()})
        for name, group in document.groups.items()
    }
    return attrs, groups


@pytest.mark.slow
def test_the_main_job_twice(tmp_path):
    seen = []
    for name in ("a.h5", "b.h5"):
        result = run(seeds=2, seed=3, settings=Settings(measures=SOME, seed=3), progress=lambda *now: seen.append(now))
        result.save(tmp_path / name)
    assert str(tree(tmp_path / "a.h5")) == str(tree(tmp_path / "b.h5"))  # NaN equals NaN in print
    assert seen[-1][:2] == (26, 26)
    assert [now[0] for now in seen[: len(seen) // 2]] == sorted(now[0] for now in seen[: len(seen) // 2])

    assert {c.panel for c in result.contrasts} == {"spikes", "images", "morph loop"}
    for measure in ("si_3", "chi_c", "kuramoto_r1", "spike_phase_r1"):
        row = next(c for c in result.contrasts if (c.panel, c.measure) == ("spikes", measure))
        assert (row.statement, row.direction) == (
            "too few replicates",
            1,
        )  # two seeds are apart by chance once in three
    assert {v.measure for v in result.verdicts} == set(SOME)
    for panel, groups in result.config["panels"].items():
        for measure in SOME:
            said = {o.group for o in result.observations if (o.panel, o.measure) == (panel, measure)}
            left = {s.group for s in result.skipped if (s.panel, s.measure) == (panel, measure)}
            assert said | left == set(groups)
            assert not said & left

    page = result.html(tmp_path / "r.html").read_text()
    for part in (
        "Each measure, every replicate",
        "raster",
        "r(t)",
        "Correlation",
        "Learning curves",
        "null",
        "Settings",
        "shuffle",
    ):
        assert part in page
    assert all(name in page for name in SOME)


def test_conditions_differ_in_what_they_say_they_do():
    c = classifiers("digits")
    assert (c[HEALTHY].n_train, c[SMALL].n_train, c[NOISE].n_train) == (1000, 50, 1000)
    assert (c[HEALTHY].label_noise, c[SMALL].label_noise, c[NOISE].label_noise) == (0.0, 0.0, 0.4)
    assert c[HEALTHY].steps == c[SMALL].steps == c[NOISE].steps


def test_a_small_data_set_gives_what_it_has(tmp_path):
    rng = np.random.default_rng(0)
    y = np.arange(300) % 3
    path = tmp_path / "mine.npz"
    np.savez(path, x_train=rng.random((300, 6, 6)), y_train=y, x_test=rng.random((60, 6, 6)), y_test=y[:60])
    c = classifiers(str(path))
    assert (c[HEALTHY].n_train, c[SMALL].n_train, c[HEALTHY].n_probe) == (300, 15, 60)
    np.savez(path, x_train=rng.random((20, 6, 6)), y_train=y[:20], x_test=rng.random((9, 6, 6)), y_test=y[:9])
    with pytest.raises(InputError, match="at least 24 training images; got 20"):
        classifiers(str(path))


@pytest.mark.parametrize("seeds", [0, -1])
def test_no_seeds_is_refused(seeds):
    with pytest.raises(InputError, match="seeds: must be at least 1"):
        run(seeds=seeds)
