"""Results of an EEG: from the command line to the file, and from the file alone to figures, tables and the summary."""

import json
import math

import h5py
import numpy as np
import pytest
from edfs import noise, plain

import ictal
from ictal import cli
from ictal.analyses import changes, pairwise
from ictal.analyses.eeg.wording import caption
from ictal.analyses.figures.eeg import eeg_drawings
from ictal.analyses.report.page import write_page
from ictal.simulator import InputError
from ictal.simulator.files.document import Group

pytest.importorskip("edfio")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """rec.edf with a loud, synchronous stretch from 20 to 35 s and T8-P8 twice; what both commands make of it."""
    folder = tmp_path_factory.mktemp("eeg")
    x = noise(6, seconds=50)
    t = np.arange(len(x)) / 128
    wave = 60 * np.sin(2 * np.pi * 5 * t) * ((t >= 20) & (t < 35))
    x[:, :5] += wave[:, None]
    x[:, 5] = x[:, 1]
    names = ["FP1-F7", "T8-P8", "F7-T7", "T7-P7", "P7-O1", "T8-P8"]
    plain(folder / "rec.edf", x, names, [(20.0, 15.0, "seizure")])
    return folder


def run(capsys, *arguments):
    code = cli.run([str(a) for a in arguments])
    out, err = capsys.readouterr()
    assert code == 0, err
    return out, err


@pytest.fixture(scope="module")
def result(folder):
    return ictal.analyse_eeg(folder / "rec.edf", nulls=199, window=5.0)


def test_measure_prints_the_table_and_everything_that_was_assumed(folder, capsys):
    target = folder / "measured.h5"
    out, _ = run(capsys, "measure", folder / "rec.edf", "--band", 3, 20, "--window", 5, "-o", target, "--force")
    for fragment in ("seizure: 20 to 35 s\n", "kuramoto_r1", "band_power", "rises", "no null for band power"):
        assert fragment in out
    assert "T8-P8 (2): left out, a copy of T8-P8" in out
    assert "the same signal twice: T8-P8 (2) is a copy of T8-P8" in out
    assert "the channels are bipolar by their names" in out
    stored = ictal.EegResult.load(target)
    assert stored.config["command"].endswith("rec.edf --band 3.0 20.0 --window 5.0")
    assert stored.config["source"]["file"].endswith("rec.edf")


def test_json_is_one_document_without_nan(folder, capsys):
    out, _ = run(capsys, "measure", folder / "rec.edf", "--band", 3, 20, "--window", 5, "--nulls", 0, "--json")
    document = json.loads(out, parse_constant=lambda name: pytest.fail(name))
    assert document["kind"] == "eeg"
    assert {row["measure"] for row in document["rows"]} >= {"kuramoto_r1", "chi_c", "lambda1_fraction", "band_power"}
    assert all(row["p"] is None for row in document["rows"])


def test_two_numbers_are_one_window_as_before(folder, capsys):
    out, _ = run(capsys, "measure", folder / "rec.edf", "--window", 3, 8, "--measures", "chi_c")
    assert "640" in out  # samples of 5 s
    code = cli.run(["measure", str(folder / "rec.edf"), "--window", "3", "8", "--step", "1"])
    assert code == 2
    assert "--step: belongs to sliding windows" in capsys.readouterr().err


def test_eeg_writes_the_file_and_plot_draws_the_same_from_it_alone(folder, capsys, monkeypatch):
    made, again = folder / "made", folder / "again"
    out, _ = run(capsys, "eeg", folder / "rec.edf", "-o", made, "--nulls", 0, "--force")
    assert "false alarms" in out
    monkeypatch.setattr(
        "ictal.simulator.files.readers.open_run", lambda *_, **__: pytest.fail("the recording was read")
    )
    run(capsys, "plot", made / "eeg.h5", "-o", again, "--force")
    assert sorted(p.name for p in again.iterdir()) == ["overview.png", "overview.svg"]
    run(capsys, "plot", made / "eeg.h5", "--all", "-o", again, "--force")
    names = sorted(p.name for p in again.iterdir())
    stems = ("overview", "eeg-synchrony", "eeg-rhythm", "eeg-recruitment", "eeg-detectors")
    assert names == sorted(f"{stem}.{kind}" for stem in stems for kind in ("png", "svg"))
    for name in names:
        assert (made / name).read_bytes() == (again / name).read_bytes(), name


def test_a_result_returns_from_its_file_as_it_was(result, tmp_path):
    path = result.save(tmp_path / "r.h5")
    again = ictal.EegResult.load(path)
    for name in result.measures:
        assert repr(again.of(name)) == repr(result.of(name))  # NaN included
    for table in ("channels", "events", "changes", "recruitment", "features", "detections", "scores"):
        assert repr(list(getattr(again, table))) == repr(list(getattr(result, table))), table
    assert repr(list(again.blocks)) == repr(list(result.blocks))
    with h5py.File(path) as file:
        assert set(file["measures"]) == set(result.measures)
        assert file["measures/chi_c"].attrs["formula"]
        assert "no surrogate" in file["measures/band_power"].attrs["no_null"]


def test_the_changes_follow_from_the_blocks_that_are_stored(result):
    assert repr(changes(result.blocks)) == repr(list(result.changes))
    says = {c.measure: c.says for c in result.changes if c.phase == "during"}
    assert {says[name] for name in ("kuramoto_r1", "chi_c", "lambda1_fraction", "band_power")} == {"rises"}


def test_the_same_seed_gives_the_same_numbers(folder, result):
    again = ictal.analyse_eeg(folder / "rec.edf", nulls=199, window=5.0)
    assert repr(again.rows) == repr(result.rows)
    other = ictal.analyse_eeg(folder / "rec.edf", nulls=199, window=5.0, seed=1)
    assert [r.value for r in other.rows if r.p == r.p] == [r.value for r in result.rows if r.p == r.p]
    assert [r.null_mean for r in other.rows] != [r.null_mean for r in result.rows]


def test_the_dictionary_has_what_was_planted(result):
    found = result.to_json()
    json.dumps(found)
    assert {row["phase"] for row in found["summary"] if row["measure"] == "peak_frequency"} == {
        "before", "during", "after",
    }  # fmt: skip
    during = next(r for r in found["summary"] if (r["measure"], r["phase"]) == ("peak_frequency", "during"))
    assert during["mean"] == pytest.approx(5.0, abs=0.2)
    assert [c["name"] for c in found["channels"] if not c["used"]] == ["T8-P8 (2)"]
    assert {row["detector"]: row["hits"] for row in found["scores"]}["line_length"] == 1


def test_figures_say_what_the_numbers_say(result):
    drawn = {drawing.name: drawing for drawing in eeg_drawings(result)}
    assert set(drawn) == {"eeg/synchrony", "eeg/rhythm", "eeg/recruitment", "eeg/detectors"}
    figure = drawn["eeg/synchrony"].figure
    assert len(figure.axes) == 5
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert sum(text.startswith("rises: +") for text in texts) == 5
    line = figure.axes[0].lines
    values = [row.value for row in result.of("kuramoto_r1")]
    assert any(np.array_equal(np.asarray(one.get_ydata(), float), values) for one in line)
    assert "a copy" not in caption(result, ["chi_c"])
    assert "permutation test" in caption(result, ["chi_c"])


def test_the_overview_says_what_is_compared_and_where_events_end(result, folder):
    drawn = result.overview()
    assert "its excess over surrogates" in drawn.title
    assert "b and c, every dot is a window" in drawn.caption
    texts = [text.get_text() for axes in drawn.figure.axes for text in axes.texts]
    assert {"seizure, as annotated", "end"} <= set(texts)
    given = ictal.analyse_eeg(folder / "rec.edf", nulls=0, onset=20.0)
    drawn = given.overview()
    assert "of the value, not of its excess)" in drawn.title
    texts = [text.get_text() for axes in drawn.figure.axes for text in axes.texts]
    assert "seizure, as given" in texts
    assert "end" not in texts
    assert {c.note for c in given.changes if c.measure == "chi_c"} == {
        "of the value, not of its excess: no surrogates were drawn"
    }


def test_the_null_of_a_panel_lies_within_its_axis(result):
    lowest = min(row.null_low for row in result.of("chi_c") if row.null_low == row.null_low)
    axes = result.overview().figure.axes
    assert any(a.get_ylim()[0] < min(lowest, 0.0) for a in axes)


def test_the_shell_and_the_page_say_what_is_compared(folder, tmp_path, capsys):
    out, _ = run(capsys, "eeg", folder / "rec.edf", "--nulls", 0, "-o", tmp_path / "out")
    assert "chi_c  (change of the value, not of its excess)" in out
    assert "band_power\n" in out
    found = ictal.load(tmp_path / "out" / "eeg.h5")
    page = write_page(found, tmp_path / "page.html").read_text(encoding="utf-8")
    assert f"<h1>{found.overview().title}" in page


def test_changes_of_a_file_without_notes_are_read(result):
    groups, config = result.to_groups(), dict(result.config)
    table = groups["tables/changes"]
    old = Group({k: v for k, v in table.variables.items() if k != "note"}, table.attrs)
    read = ictal.EegResult.from_groups({**groups, "tables/changes": old}, config)
    assert [c.says for c in read.changes] == [c.says for c in result.changes]
    assert {c.note for c in read.changes} == {""}


def test_a_file_of_eeg_is_exported_and_other_mistakes_name_the_way(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(capsys, "export", folder / "rec.edf", "--to", "csv", "-o", tmp_path / "rec-csv")
    there = ictal.open_run(tmp_path / "rec-csv")["eeg"].numpy()
    assert np.array_equal(there, ictal.open_run(folder / "rec.edf")["eeg"].numpy())
    for words, said in (
        (["measure", "x.edf", "--time", "10", "50"], "unknown option '--time'; a part in time is --window START STOP"),
        (["eeg", "x.edf", "--time", "10", "50"], "ictal measure FILE --window START STOP"),
        (["eeg", "x.edf", "--band", "3", "20", "--band", "8", "12"], "--band: takes one band; got it 2 times"),
    ):
        assert cli.run(words) == 2
        assert said in capsys.readouterr().err
    trials = ictal.simulator.Recording(
        noise(6, seconds=20).reshape(-1, 2, 6), 1 / 128, "second", "potential", "µV",
        unit_labels={"channel": np.array([f"E{k}" for k in range(6)])},
    )  # fmt: skip
    with pytest.raises(InputError, match=r"it has 2 .*numpy\(\)\[:, 0\] with rate=128"):
        ictal.analyse_eeg(trials)
    with pytest.raises(InputError, match=r'ictal.as_run\(data\)\["eeg"\]'):
        pairwise("plv", ictal.open_run(folder / "rec.edf"))


def test_a_recording_without_rise_says_how_large_a_rise_is_excluded(tmp_path):
    path = plain(tmp_path / "quiet.edf", noise(5, seconds=50), marks=[(20.0, 15.0, "seizure")])
    found = ictal.measure_over_time(path, window=5.0, band=(3, 20), nulls=199)
    change = next(c for c in found.changes if c.measure == "chi_c" and c.phase == "during")
    assert change.says == "no change shown"
    assert change.low < 0 < change.high
    assert "a rise of more than" in caption(found, ["chi_c"])


def test_damaged_and_foreign_results_end_in_one_line(result, tmp_path, capsys):
    path = result.save(tmp_path / "r.h5")
    with h5py.File(path, "a") as file:
        del file["measures/chi_c/value"]
    with pytest.raises(InputError, match="part is missing or damaged"):
        ictal.EegResult.load(path)
    assert cli.run(["plot", str(path), "-o", str(tmp_path / "f")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_detectors_need_a_baseline_and_say_so(tmp_path):
    path = plain(tmp_path / "a.edf", noise(4, seconds=30), marks=())
    found = ictal.analyse_eeg(path, nulls=0)
    assert not found.scores
    assert any("no event and no baseline" in line for line in found.config["assumptions"])
    given = ictal.analyse_eeg(path, nulls=0, baseline=(0.0, 15.0))
    assert {s.events for s in given.scores} == {0}
    assert all(math.isnan(s.latency) for s in given.scores)


def test_spikes_and_runs_of_other_systems_have_a_course_over_time_too():
    run = ictal.simulate("cuba", duration=0.6, n_e=320, n_i=80, seed=1)
    found = ictal.measure_over_time(run, ["chi_c"], window=0.2, entry="E", nulls=0)
    assert found.channels == []
    assert len(found.rows) == 5


def test_windows_on_spikes_read_what_measure_reads_and_say_the_bins():
    rng = np.random.default_rng(2)
    when, cell = np.nonzero(rng.random((4000, 8)) < 0.02 * (1 + np.sin(np.arange(4000)[:, None] * 2 * np.pi * 0.18)))
    spikes = ictal.Spikes(when * 0.001 + 0.0005, cell, 8, 4.0)
    names = ["spectral_peak", "si_3", "chi_c"]
    windows = ictal.measure_over_time(spikes, names, window=4.0, nulls=0)
    alone = ictal.measure(spikes, names)
    assert {name: windows.of(name)[0].value for name in names} == {name: alone.value(name) for name in names}
    assert alone.value("spectral_peak") == pytest.approx(180.0, abs=1.0)  # the rhythm of 180 Hz, which 5 ms smooth away
    assert [windows.config[key] for key in ("bin", "sd", "min_spikes")] == [0.001, 0.005, 5]
