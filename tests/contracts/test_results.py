"""Every kind of what Ictal writes: files of 0.1.0 load to equal objects; each is loaded, shown, drawn, exported."""

import csv
import json
import shutil
from dataclasses import dataclass, field, fields, make_dataclass, replace
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import h5py
import numpy as np
import pytest
from summarise import differing, summarise

import ictal
from ictal import cli
from ictal.analyses.comparison.result import ReplicateValue
from ictal.analyses.eeg.synchrony import WindowValue
from ictal.analyses.values import EntryValue, Value
from ictal.models import Evaluation
from ictal.models.trained.evaluated import Strange
from ictal.simulator import FIGURES, PAGES, RESULTS, InputError, Kind, Result, registry
from ictal.simulator.files.rows import plain

FILES = Path(__file__).resolve().parents[1] / "support" / "files" / "0.1.0"
NULL = "null_kind null_mean null_low null_high p n_units"
THEN = {  # (row, whether it says why a measure is not defined) -> class and columns in 0.1.0
    (EntryValue, False): ("Measurement", f"entry measure value unit {NULL} n_live n_times settings"),
    (EntryValue, True): ("Undefined", "entry measure reason"),
    (ReplicateValue, False): ("Observation", f"panel group replicate measure value {NULL} n_live n_times settings"),
    (ReplicateValue, True): ("Skipped", "panel group replicate measure reason"),
    (WindowValue, False): ("WindowValue", f"measure start stop phase value {NULL}"),
}
THEN_NAMED = {"trainings": "courses"}
LATER = {
    "figures",
    "second",
    "measuring",
    "measured",
    "attacked",
    "tasks",
    "generators",
}  # fields that came later, empty in these files
EXPECTED = json.loads((FILES / "expected.json").read_text(encoding="utf-8"))
KIND = {"measurements_window.h5": "eeg"} | {
    name: name.split("_")[0].split(".")[0] for name in EXPECTED if "window" not in name
}
KIND |= {"training.h5": "run", "training.pt": "model"}
WRITTEN = sorted({kind: name for name, kind in KIND.items()}.values())  # one file a kind


@pytest.fixture
def evaluation(tmp_path):
    """An evaluation as it was written before floors, intervals and attacks."""
    sets = {"train": Evaluation(9, 0.1, 1.0, 0.9, 0.05), "test": Evaluation(7, 0.5, 0.75, 0.8, float("nan"))}
    corrupted = {"blur": (0.7, 0.6, 0.5, 0.4, 0.3)}
    found = ictal.Evaluated("mlp", ictal.DataChoice("digits", 9), 3, sets, corrupted, {"noise": Strange(7, 0.5, 0.75)})
    return found, found.save(tmp_path / "evaluation.h5")


def held(name, loaded):
    """What the summaries of 0.1.0 are of: rows alone of what was no class then."""
    if name == "sweep":
        return {"sweep": loaded, "runs": [loaded.load(point) for point in loaded.files]}
    if name == "training.pt":
        return {
            "class": type(loaded.model).__name__,
            "weights": dict(loaded.model.state_dict()),
            "about": loaded.config,
        }
    loaded = as_then(loaded) if isinstance(loaded, Result) else loaded
    if name == "planted.h5":  # rows of 0.1.0 had no size, spread and number of seeds
        kind = make_dataclass("PlantedRate", ("case", "claim", "verdict", "count", "n"))
        return [kind(row.case, row.claim, row.verdict, row.count, row.n) for row in loaded.rows]
    return loaded.rows if name == "observations.h5" else loaded


def unnamed(summary):
    """A summary without the names of classes, which are no part of a file."""
    if isinstance(summary, dict):
        kept = {key: value for key, value in summary.items() if key != "class" and not (key in LATER and not value)}
        return {THEN_NAMED.get(key, key): unnamed(value) for key, value in kept.items()}
    return [unnamed(value) for value in summary] if isinstance(summary, list) else summary


def as_then(loaded):
    """The result with rows of the classes of 0.1.0, which had fewer columns than a value has."""
    changed = {}
    for item in fields(loaded):
        rows = getattr(loaded, item.name)
        if isinstance(rows, list) and rows and isinstance(rows[0], Value):
            name, columns = THEN[type(rows[0]), item.name == "skipped"]
            kind = make_dataclass(name, columns.split())
            changed[item.name] = [kind(*(getattr(row, column) for column in columns.split())) for row in rows]
    return replace(loaded, **changed)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_file_of_0_1_0_loads_to_an_equal_object(name):
    found = json.loads(json.dumps(summarise(held(name, ictal.load(FILES / name)))))
    assert differing(unnamed(EXPECTED[name]), unnamed(found)) == []


def test_there_is_a_file_of_every_kind():
    younger = {"why", "tasks", "attacked"}  # than 0.1.0: test_why, test_train_tasks and test_attacks have files
    assert {*KIND.values(), "evaluation", *younger} == set(RESULTS)


def test_the_suffix_of_weights_may_be_upper_case(tmp_path):
    (tmp_path / "NET.PT").write_bytes(b"x")
    with pytest.raises(InputError, match=r"NET\.PT: is not a file of weights, or is cut off"):
        ictal.load(tmp_path / "NET.PT")


def test_settings_that_were_left_out_are_no_facts():
    found = ictal.load(FILES / "comparison.h5")
    config = {"bin": 0.01, "band": None, "seed": 1, "command": "x"}
    assert Result.facts(replace(found, config=config))["settings"] == {"bin": 0.01}


@pytest.mark.parametrize("name", WRITTEN)
def test_every_kind_is_loaded_shown_drawn_and_exported(name, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    (shutil.copytree if (FILES / name).is_dir() else shutil.copy)(FILES / name, name)
    found, kind = ictal.load(name), KIND[name]
    assert isinstance(found, Kind)
    assert found.kind == kind
    assert len(repr(found)) > 10
    assert cli.run(["info", name, "--json"]) == 0
    facts = json.loads(capfd.readouterr().out)
    assert facts["kind"] == kind
    assert set(plain(found.facts())) <= set(facts)
    assert cli.run(["plot", name, "-o", "figures", "--json"]) == (0 if kind in FIGURES else 2)
    out, err = capfd.readouterr()
    if kind in FIGURES:
        assert len(json.loads(out)["files"]) == 2 * len(json.loads(out)["captions"])
    else:
        assert err == f"ictal: plot: {kind} has no figures; those that have: {', '.join(FIGURES)}\n"
    assert cli.run(["export", name, "--to", "csv", "-o", "csv", "--quiet"]) == 0
    groups = {entry["group"] for entry in json.loads(Path("csv/attributes.json").read_text())["entries"].values()}
    assert groups == set(found.document().groups)
    found.export("csv", "again")
    tables = sorted(path.name for path in Path("csv").glob("*.csv"))
    assert tables == sorted(path.name for path in Path("again").glob("*.csv"))
    for file in tables:  # what is loaded has the columns that the file lacks
        was, now = (
            list(csv.reader(Path(at, file).read_text(encoding="utf-8").splitlines())) for at in ("csv", "again")
        )
        places = [now[0].index(column) for column in was[0]]
        assert was == [[row[place] for place in places] for row in now]


@pytest.mark.parametrize("name", [name for name in WRITTEN if KIND[name] not in ("run", "model", "sweep")])
def test_a_result_that_is_saved_again_is_equal(name, tmp_path):
    found = ictal.load(FILES / name)
    again = ictal.load(found.save(tmp_path / "again.h5"))
    assert again.to_json() == found.to_json()
    json.dumps(found.to_json(), allow_nan=False)
    for file in (FILES / name, tmp_path / "again.h5"):
        with pytest.raises(ictal.InputError, match=r"^[^\n]*holds a \w+; want a \w+$"):
            (ictal.Comparison if KIND[name] == "eeg" else ictal.EegResult).load(file)


def test_an_evaluation_returns_from_its_file(evaluation, tmp_path):
    found, path = evaluation
    assert set(found.drawings()) == {"evaluation/sets", "evaluation/corruptions", "evaluation/strange"}
    again = ictal.load(path)
    assert summarise(again) == summarise(found)
    assert again.to_json()["sets"]["test"]["ece"] is None
    assert ictal.load(replace(found, corruptions={}, strange={}).save(tmp_path / "few.h5")).corruptions == {}
    assert cli.run(["info", str(path)]) == 0
    found.export("csv", tmp_path / "csv")
    assert (tmp_path / "csv" / "corruptions.csv").read_text().startswith("name,severity 1,")


@pytest.mark.parametrize("name", ["measurements.h5", "planted.h5", "evidence.h5"])
def test_a_page_holds_its_figures_and_fetches_nothing(name, tmp_path):
    found = ictal.load(FILES / name)
    page = found.html(tmp_path / "page.html").read_text(encoding="utf-8")
    own = found.kind == "evidence"  # the page of the claims has a scoreboard of its own
    assert page.count("<img") == len(found.drawings() if own else found.pictures())
    assert "http" not in page.replace("http-equiv", "")
    with pytest.raises(ictal.InputError, match="exists already"):
        found.html(tmp_path / "page.html")


def test_a_sweep_is_a_table_and_a_figure_an_entry(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    grid = {"n_e": [30, 40, 50], "n_i": [10, 12]}
    done = ictal.sweep("cuba", grid, folder="s", seeds=2, settings={"duration": 0.02, "probability": 0.2})
    Path("s/n_e=30,n_i=10,seed=0.h5").unlink()
    found = ictal.load("s")
    table = found.document().groups["tables/points"].variables
    assert table["status"].values.tolist() == ["to do", *["done"] * 11]
    point = done.points[5]
    run = found.load(point)
    assert table["mean_E"].values[5] == run.spikes("E").time.size / run.spikes("E").n_units / 0.02
    assert np.isnan(table["mean_E"].values[0])
    drawn = found.drawings()
    assert set(drawn) == {f"sweep/{name}" for name in run}
    assert "11 of 12 points" in drawn["sweep/E"].caption
    lines = drawn["sweep/E"].figure.axes[0].lines
    assert len(lines) == 4
    assert lines[1].get_ydata()[0] == table["mean_E"].values[1], "the mean of the seeds that are done"


@pytest.fixture
def altered(tmp_path):
    """A file of measurements with another attribute."""

    def alter(**attrs):
        path = shutil.copy(FILES / "measurements.h5", tmp_path / "x.h5")
        with h5py.File(path, "a") as file:
            file.attrs.update(attrs)
        return path

    return alter


@pytest.mark.parametrize("command", ["info", "plot"])
@pytest.mark.parametrize(
    ("attrs", "said"),
    [
        ({"kind": "novel\n\x1b"}, r"kind 'novel\n\x1b'; known here: run, "),
        ({"format_version": 99}, "format version 99"),
    ],
)
def test_an_unknown_kind_and_a_newer_version_are_one_line(altered, capfd, command, attrs, said):
    path = altered(**attrs)
    assert cli.run([command, str(path)]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith(f"ictal: {path}: ")
    assert said in err
    assert "upgrade ictal" in err


@dataclass(frozen=True)
class Row:
    """A row of a plug-in's result."""

    name: str
    value: float


@dataclass(frozen=True, repr=False)
class Plugged(Result):
    """The result of a plug-in: its tables are all it says."""

    kind = "plugged"
    stored = (("rows", "tables/rows", Row),)

    rows: list[Row]
    config: dict = field(default_factory=dict)


def draw(found):
    """The figure of a plug-in."""
    from matplotlib.figure import Figure

    from ictal.analyses import Drawing

    yield Drawing("plugged/rows", "rows", Figure(), f"{len(found.rows)} rows.", "rows")


@pytest.fixture
def plugged(monkeypatch):
    """The kind "plugged" from installed packages, and one that cannot be imported."""
    added = EntryPoints(
        [
            EntryPoint("plugged", f"{__name__}:Plugged", "ictal.results"),
            EntryPoint("broken", "no.such:Result", "ictal.results"),
            EntryPoint("run", "a:B", "ictal.results"),
            EntryPoint("plugged", f"{__name__}:draw", "ictal.figures"),
        ]
    )
    monkeypatch.setattr(registry, "_entry_points", lambda: added)
    for table in (RESULTS, FIGURES, PAGES):
        monkeypatch.setattr(table, "_added", None)
        monkeypatch.setattr(table, "problems", ())


def test_a_kind_of_a_plug_in_is_one_of_ours(plugged, tmp_path, monkeypatch, altered, capfd):
    monkeypatch.chdir(tmp_path)
    Plugged([Row("a", 1.5), Row("b", float("nan"))], {"command": "mine"}).save("p.h5")
    found = ictal.load("p.h5")
    assert isinstance(found, Plugged)
    assert repr(found) == "Plugged(tables/rows)"
    assert found.rows[0] == Row("a", 1.5)
    assert found.to_json()["tables/rows"] == {"name": ["a", "b"], "value": [1.5, None]}
    for line in (["info", "p.h5"], ["plot", "p.h5"], ["export", "p.h5", "--to", "csv"]):
        assert cli.run(line) == 0
    assert "2 rows." in capfd.readouterr().out
    assert "plugged/rows" not in found.html("p.html").read_text()
    assert "ictal.results" in RESULTS.group
    assert list(RESULTS)[-2:] == ["plugged", "broken"]
    assert "result 'run' of package" in RESULTS.problems[0]
    assert cli.run(["info", str(altered(kind="broken"))]) == 2
    assert (
        "result 'broken' of package an unnamed package cannot be loaded: ModuleNotFoundError" in capfd.readouterr().err
    )


@pytest.mark.parametrize("name", ["measurements.h5", "comparison.h5"])
def test_values_of_a_measure_that_is_not_installed_are_kept(name, tmp_path):
    shutil.copy(FILES / name, tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        old = next(iter(file["measures"]))
        file.move(f"measures/{old}", "measures/foreign")
        rows = file["measures/foreign/measure"]
        rows[...] = ["foreign"] * len(rows)
    ictal.load(tmp_path / "a.h5").save(tmp_path / "b.h5")
    with h5py.File(tmp_path / "b.h5") as file:
        assert file["measures/foreign/value"].size > 0


@pytest.mark.parametrize(
    ("place", "attribute"),
    [
        ("figures/spectrum/activity/t/power", None),
        ("figures/activity/activity/r", None),
        ("figures/correlation/activity/t/r", (30, 4)),
        ("figures/activity/activity/t/values", (60,)),
        ("figures/activity/activity/t", "clock"),
    ],
)
def test_a_comparison_whose_figures_cannot_be_drawn_is_one_line(tmp_path, place, attribute):
    shutil.copy(FILES / "comparison.h5", path := tmp_path / "x.h5")
    with h5py.File(path, "r+") as file:
        if isinstance(attribute, str):
            del file[place].attrs[attribute]
        else:
            del file[place]
            if attribute:
                file[place] = np.zeros(attribute)
    with pytest.raises(InputError, match=r"x\.h5: (is not a complete comparison file|cannot be read)") as error:
        ictal.load(path)
    assert "\n" not in str(error.value)
