"""The experiment on mode collapse, alone and as a stage of `reproduce`; on generators too short to say anything."""

from dataclasses import replace

import pytest

import ictal
from ictal import ledger, reproduce
from ictal.analyses import Evidence
from ictal.experiments import mode_collapse
from ictal.experiments.generators import FOLDER
from ictal.experiments.mode_collapse import BENCHES, run
from ictal.models import UnfinishedTrainingError
from ictal.simulator import InputError


@pytest.fixture(autouse=True)
def short(monkeypatch):
    bench = BENCHES["ring"]
    small = replace(bench, how=replace(bench.how, steps=20, every=10, hidden=(12,)))
    monkeypatch.setattr(mode_collapse, "BENCHES", {"ring": small})
    monkeypatch.setattr(mode_collapse, "LATENTS", 100)


def times(folder):
    return {file.name: file.stat().st_mtime_ns for file in (folder / "quick" / FOLDER).glob("*.h5")}


def test_reproduce_makes_what_is_missing_and_nothing_twice(tmp_path):
    said = []
    file = reproduce(["collapse"], folder=tmp_path, seeds=1, progress=lambda *now: said.append(now)).file
    assert [now[0] for now in said] == sorted(now[0] for now in said)
    found = Evidence.load(file)
    assert {row.seed for row in found.generators} == {0}
    assert [row.kind for row in found.generators if row.step == 0] == ["untrained"]
    kinds = {row.kind for row in found.generators if row.step == 20}
    assert kinds == {"healthy", "collapse", "few", "narrow", "treated"}
    before = times(tmp_path)
    assert set(before) == {"ring-seed0.h5"}
    reproduce(["collapse"], folder=tmp_path, seeds=2)
    assert {name: time for name, time in times(tmp_path).items() if name in before} == before
    alone = run(data=["ring"], seeds=2)
    again = Evidence.load(file).generators
    assert [repr(row) for row in alone.generators] == [repr(row) for row in again], "the same bits"
    row = next(row for row in ledger([tmp_path]).rows if row.claim.name == "collapse")
    assert row.verdict == "not testable as stated", "20 steps reach no modes"
    assert len(found.to_pandas("generators")) == len(found.generators)


def test_rows_whose_files_are_elsewhere_stay(tmp_path):
    file = reproduce(["collapse"], folder=tmp_path, seeds=1).file
    rows = Evidence.load(file).generators
    (tmp_path / "quick" / FOLDER / "ring-seed0.h5").unlink()
    reproduce(["collapse"], folder=tmp_path, seeds=1, finished=True)
    assert [repr(row) for row in Evidence.load(file).generators] == [repr(row) for row in rows]


def test_a_stop_loses_nothing(tmp_path):
    asked = []

    def stop():
        asked.append(0)
        return len(asked) > 8

    with pytest.raises(UnfinishedTrainingError):
        reproduce(["collapse"], folder=tmp_path, seeds=2, stop=stop)
    assert set(times(tmp_path)) == {"ring-seed0.h5"}


def test_files_of_other_generators_are_refused(tmp_path, monkeypatch):
    reproduce(["collapse"], folder=tmp_path, seeds=1)
    other = mode_collapse.BENCHES["ring"]
    monkeypatch.setattr(mode_collapse, "BENCHES", {"ring": replace(other, how=replace(other.how, steps=30))})
    with pytest.raises(InputError, match=r"ring-seed0\.h5: is of other generators than its name"):
        reproduce(["collapse"], folder=tmp_path, seeds=2)


def test_bad_input_is_one_line():
    with pytest.raises(InputError, match="seeds: must be at least 1; got 0"):
        run(seeds=0)
    with pytest.raises(InputError, match=r"'rings'.*ring"):
        run(data=["rings"])
    with pytest.raises(InputError, match="must name at least one of ring; got none"):
        run(data=[])


def test_it_is_found_by_name():
    assert ictal.EXPERIMENTS.load("mode_collapse").__name__ == "run"
    text = ictal.explain("collapse")
    assert "Refutation" in text
    assert "one image" in text
    assert "DesyncReg" in ictal.explain("mode_collapse")
