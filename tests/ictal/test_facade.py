"""`import ictal`: what it loads, what it offers, and simulate, measure, compare as functions."""

import hashlib
import inspect
import json
import runpy
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

import ictal
from ictal import as_run
from ictal.analyses import Settings, ValueSettings, panels_of
from ictal.simulator.fields import check, parse
from ictal.verbs.names import REGISTRIES

DOCS = Path(__file__).resolve().parents[2] / "docs"

RNG = np.random.default_rng(0)
PRIVATE, COMMON = RNG.normal(size=(4, 400, 6)), RNG.normal(size=(4, 400, 1))
LOOSE = list(PRIVATE)
TIGHT = list(PRIVATE + 2 * COMMON)
HEAVY = ("torch", "brian2", "matplotlib", "scipy.signal", "sklearn", "numba")


def recording(values, **more):
    return ictal.Recording(values, **{"dt": 0.01, "clock": "second", "quantity": "x", "unit": "1", **more})


def loaded(code):
    """Which heavy modules a new interpreter has loaded after this code."""
    script = f"{code}\nimport sys, json\nprint(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_import_loads_nothing():
    modules = loaded("import ictal; dir(ictal)")
    assert not modules & {*HEAVY, "numpy", "typer"}
    assert {name for name in modules if name.startswith("ictal")} == {
        "ictal",
        "ictal.simulator",
        "ictal.simulator.doors",
    }


@pytest.mark.parametrize(
    "arguments", [["--help"], ["list"], ["list", "--json"], ["--version"], ["compare", "--help"], ["simulate", "no"]]
)
def test_light_commands_stay_light(arguments):
    modules = loaded(f"from ictal.cli import run; run({arguments})")
    assert not modules & set(HEAVY)
    assert "--help" not in arguments or "numpy" not in modules


def test_explain_and_doctor_load_no_engine_or_torch():
    modules = loaded("from ictal.cli import run; run(['explain', 'chi_c']); run(['explain', 'cuba']); run(['doctor'])")
    assert not modules & {"torch", "brian2", "matplotlib", "sklearn"}


def test_every_name_of_the_facade_is_there():
    for name in ictal.__all__:
        assert getattr(ictal, name) is not None
        assert name in dir(ictal)
    assert ictal.__version__.count(".") == 2
    with pytest.raises(AttributeError, match="no attribute 'simulat'"):
        _ = ictal.simulat


def test_everything_that_is_registered_resolves():
    for kind, table in REGISTRIES.items():
        for name, (_, line, _) in table.items():
            assert table.load(name) is not None
            assert "\n" not in line
            assert len(line) < 120, (kind, name)
    for table in (ictal.SYSTEMS, ictal.TREATMENTS, ictal.ATTACKS):
        assert all(table.load(name).__dataclass_fields__ for name in table)
    assert all(ictal.ARCHITECTURES.load(name)().__dataclass_fields__ for name in ictal.ARCHITECTURES)
    assert all(callable(ictal.EXPERIMENTS.load(name)) for name in ictal.EXPERIMENTS)


@pytest.mark.parametrize("name", dict.fromkeys(name for table in REGISTRIES.values() for name in table))
def test_explain_says_what_there_is_to_say(name):
    text = ictal.explain(name)
    assert text.startswith(name)
    wanted = (
        ("formula", "range", "by chance", "needs", "shows", "cannot", "citation", "null", "try")
        if name in ictal.MEASURES
        else ()
    )
    lines = text.splitlines()
    for key in wanted:
        line = next(line for line in lines if line.startswith(f"  {key} "))
        assert len(line.split()) > 1, f"{name}: {key} is empty"


def test_explain_a_system_lists_fields_defaults_and_units():
    text = ictal.explain("cuba")
    assert "4000" in text.splitlines()[0]
    assert "tau_m 20.0 > 0 membrane time constant [ms]" in (" ".join(line.split()) for line in text.splitlines())


DECLARED = {
    "system": ictal.SYSTEMS,
    "architecture": ictal.ARCHITECTURES,
    "treatment": ictal.TREATMENTS,
    "attack": ictal.ATTACKS,
}


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, table in DECLARED.items() for name in table])
def test_every_parameter_is_declared_with_words_unit_and_bounds(kind, name):
    facts = ictal.description(name)
    assert facts["kind"] == kind
    for parameter in facts["parameters"]:
        said = f"{name}.{parameter['name']}: {parameter}"
        assert {"name", "type", "default", "unit", "bounds", "words"} == set(parameter), said
        assert parameter["words"], said
        assert parameter["unit"] or "float" not in parameter["type"], said
        assert parameter["bounds"] or "str" in parameter["type"] or parameter["type"] == "object", said


def test_the_parameter_tables_of_the_docs_are_those_of_the_declarations():
    tables = runpy.run_path(str(DOCS / "parameters.py"))
    shown = [name for path in tables["pages"]() for name in tables["named"](path.read_text("utf-8"))]
    assert sorted(shown) == sorted(name for table in DECLARED.values() for name in table)
    for path in tables["pages"]():
        assert tables["page"](path) == path.read_text("utf-8"), f"python docs/parameters.py fills {path.name} in"


# simulate


@pytest.fixture(scope="module")
def run():
    return ictal.simulate("cuba", duration=0.1, seed=3)


def test_what_is_no_run_is_not_saved_as_one(tmp_path):
    with pytest.raises(ictal.InputError, match="save: takes a Run; got Measurements; it has a save of its own"):
        ictal.save(ictal.measure(TIGHT[0], ["si_3"], dt=0.01), tmp_path / "x.h5")
    assert list(tmp_path.iterdir()) == []


def test_smoothing_does_not_take_a_fast_rhythm_from_spikes():
    """Volleys at 100 Hz: the rate smoothed by 5 ms hardly shows them, the counts do."""
    rng = np.random.default_rng(0)
    volleys = np.arange(0.005, 2.0, 0.01)
    times = np.concatenate([v + 0.0005 * rng.standard_normal(20) for v in volleys] + [rng.uniform(0, 2, 4000)])
    order = np.argsort(times)
    units = np.concatenate([rng.permutation(50)[:20] for _ in volleys] + [rng.integers(0, 50, 4000)])
    spikes = ictal.Spikes(times[order].clip(0, 1.999), units[order], 50, 2.0)
    found = ictal.measure(spikes, ["spectral_peak", "chi_c"])
    assert found.value("spectral_peak") == pytest.approx(100.0)
    assert [json.loads(row.settings)["sd"] for row in found.rows] == [0.0, 0.005]


def test_simulate_records_what_repeats_it(run):
    assert run.source["command"] == "ictal simulate cuba --duration 0.1 --seed 3"
    assert run.source["seed"] == 3
    assert run.source["versions"]["ictal"] == ictal.__version__
    assert run.spikes("E").duration == pytest.approx(0.1)


def test_same_seed_twice_gives_equal_files_but_for_their_date(run, tmp_path):
    ictal.save(run, tmp_path / "a.h5")
    ictal.save(ictal.simulate("cuba", duration=0.1, seed=3), tmp_path / "b.h5")
    assert everything(tmp_path / "a.h5") == everything(tmp_path / "b.h5")
    other = ictal.simulate("cuba", duration=0.1, seed=4)
    assert not np.array_equal(other.spikes("E").time, run.spikes("E").time)


def everything(path):
    """Every dataset and attribute of a file but `created` and the references of HDF5 itself."""
    hidden = {"created", "DIMENSION_LIST", "REFERENCE_LIST"}
    found = {}

    def note(name, item):
        attrs = {
            k: np.asarray(v).tobytes() for k, v in item.attrs.items() if k not in hidden and not isinstance(v, str)
        }
        attrs |= {k: v for k, v in item.attrs.items() if k not in hidden and isinstance(v, str)}
        values = item[...] if isinstance(item, h5py.Dataset) else np.empty(0)
        found[name] = (attrs, values.tolist() if values.dtype.kind == "O" else values.tobytes())

    with h5py.File(path) as file:
        note("/", file)
        file.visititems(note)
    assert len(found) > 3
    return found


def test_simulate_counts_up(tmp_path):
    seen = []
    ictal.simulate("cuba", duration=0.1, n_e=320, n_i=80, progress=lambda *now: seen.append(now))
    assert seen
    assert all(0 <= done <= total == 1000 for done, total, _ in seen)
    assert seen == sorted(seen)
    assert seen[-1][2] == "0.1 of 0.1 s"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"system": "kuba"}, r"unknown system 'kuba'; did you mean 'cuba'"),
        ({"system": "cuba", "tau_n": 1.0}, r"unknown parameter of cuba 'tau_n'; did you mean 'tau_m'"),
        ({"system": "cuba", "tau_m": "fast"}, r"Cuba.tau_m: must be a number; got 'fast'"),
        ({"system": "cuba", "n_e": 10.5}, r"Cuba.n_e: must be a whole number; got 10.5"),
        ({"system": "cuba", "n_e": True}, r"Cuba.n_e: must be a whole number; got True"),
        ({"system": "cuba", "seed": -1}, r"seed: must be a whole number >= 0; got -1"),
        ({"system": "cuba", "seed": 1.5}, r"seed: must be a whole number"),
        ({"system": "cuba", "engine": "numba"}, r"unknown engine 'numba'"),
        ({"system": "classifier", "engine": "brian2"}, r"classifier: has no choice of engine"),
        ({"system": "classifier", "hidden": (64, "x")}, r"Classifier.hidden: must be a whole number; got 'x'"),
        ({"system": "seizure", "v_reset": 25}, r"^SeizureNetwork\(v_reset=25.0\): Population.v_reset: must lie below"),
        ({"system": "seizure", "tau_m_e": -1}, r"^SeizureNetwork.tau_m_e: must be > 0 \[ms\]; got -1.0$"),
        ({"system": "seizure", "protocol": "rset"}, r"SeizureNetwork.protocol 'rset'; did you mean 'rest'"),
    ],
)
def test_simulate_refuses_in_one_line(given, message):
    with pytest.raises(ictal.InputError, match=message) as caught:
        ictal.simulate(**given)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("hint", "text", "value"),
    [
        (int, "12", 12),
        (float, "1e-3", 0.001),
        (float, "2", 2.0),
        (bool, "yes", True),
        (bool, "False", False),
        (str, "a=b", "a=b"),
        (int | None, "none", None),
        (int | None, "7", 7),
        (tuple[int, ...], "64,32", (64, 32)),
        (tuple[int, ...], "(64,)", (64,)),
        (tuple[float, float], "0.5, 1", (0.5, 1.0)),
    ],
)
def test_texts_become_values_of_the_fields_type(hint, text, value):
    parsed = parse("X.y", hint, text)
    assert parsed == value
    assert type(parsed) is type(value)
    assert check("X.y", hint, value) == value


# measure


def test_measure_is_the_measure():
    found = ictal.measure(TIGHT[0], ["si_3", "chi_c"], dt=0.01)
    x = np.corrcoef(TIGHT[0].T)
    assert found.value("si_3") == pytest.approx(np.abs(x[np.triu_indices(6, 1)]).mean(), abs=1e-12)
    assert [row.measure for row in found.rows] == ["si_3", "chi_c"]
    assert found.rows[0].n_live == found.rows[0].n_units == 6


@pytest.mark.parametrize("kind", ["array", "recording", "run", "path"])
def test_measure_reads_anything_that_has_activity(kind, tmp_path):
    np.save(tmp_path / "x.npy", TIGHT[0])
    data = {
        "array": TIGHT[0],
        "recording": recording(TIGHT[0]),
        "run": ictal.Run({"activity": recording(TIGHT[0])}),
        "path": tmp_path / "x.npy",
    }[kind]
    clock = {"dt": 0.01} if kind in ("array", "path") else {}
    assert ictal.measure(data, "si_3", **clock).value("si_3") == ictal.measure(TIGHT[0], "si_3", dt=0.01).value("si_3")


def test_measure_says_what_is_not_defined_and_why():
    found = ictal.measure(TIGHT[0], dt=0.01)
    reasons = {s.measure: s.reason for s in found.skipped}
    assert "band" in reasons["kuramoto_r1"]
    assert "spike trains" in reasons["cv_isi"]
    on_request = {name for name in ictal.MEASURES if ictal.MEASURES.load(name).on_request}
    assert {row.measure for row in found.rows} | set(reasons) == set(ictal.MEASURES) - on_request
    assert {"plv", "sttc"} <= on_request
    with pytest.raises(ictal.InputError, match="no cv_isi: reads spike trains"):
        found.value("cv_isi")


def test_measure_beside_its_null():
    found = ictal.measure(TIGHT[0], ["si_3", "spectral_peak"], dt=0.01, nulls=199)
    tight, peak = found.rows
    assert tight.p == pytest.approx(1 / 200)
    assert tight.null_low < tight.null_mean < tight.null_high < tight.value
    assert np.isnan(peak.p)
    assert json.loads(peak.settings)["no_null"]
    assert ictal.measure(LOOSE[0], "si_3", dt=0.01, nulls=199).rows[0].p > 0.02


def test_measure_spikes_through_stated_bins():
    time, unit = np.sort(RNG.uniform(0, 2, 600)), RNG.integers(0, 40, 600)
    train = ictal.Spikes(time[unit != 7], unit[unit != 7], n_units=40, duration=2.0)  # unit 7 is silent
    run = ictal.Run({"E": train, "lfp": recording(PRIVATE[0][:, :1])})
    found = ictal.measure(run, ["mean_rate", "si_3"], entries=["E"], bin=0.005, sd=0.01)
    rate, index = found.rows
    assert rate.value == pytest.approx(train.time.size / 40 / 2.0)
    assert {"bin": 0.005, "sd": 0.01, "min_spikes": 5}.items() <= json.loads(index.settings).items()
    active = np.flatnonzero(train.counts >= 5)
    assert (index.n_live, index.n_units) == (active.size, 40)
    by_hand = np.corrcoef(train.select(units=active).smoothed(0.005, 0.01).values.T)
    assert index.value == pytest.approx(np.abs(by_hand[np.triu_indices(active.size, 1)]).mean())
    few = ictal.measure(run, "si_3", entries=["E"], units=10, seed=1)
    assert few.rows[0].n_units == 10


def test_a_null_that_does_not_fit_is_left_out_and_said():
    """Training steps share the drift of training: no surrogate fits, and the value stands alone."""
    for clock in ("step", "epoch"):
        found = ictal.measure(TIGHT[0], ["si_3", "batch_phase_sync"], dt=1, clock=clock, nulls=199)
        assert [row.measure for row in found.rows] == ["si_3", "batch_phase_sync"]
        for row in found.rows:
            assert row.null_kind == ""
            assert np.isnan(row.p)
            assert row.no_null.startswith(f"what is recorded along clock '{clock}' shares the drift of training")
            assert row.no_null in repr(found)
    assert ictal.measure(TIGHT[0], "si_3", dt=1, clock="epoch").rows[0].no_null == ""


def test_batch_phase_sync_is_shown_with_its_shuffle():
    found = ictal.measure(TIGHT[0], ["si_3", "batch_phase_sync"], clock="sample")
    index, phase = found.rows
    assert index.after_shuffle is None
    assert phase.after_shuffle == json.loads(phase.settings)["after_shuffle"]
    assert f"after a shuffle {phase.after_shuffle:.4g}" in repr(found)


def digest(array):
    return hashlib.sha256(f"{array.dtype.str} {array.shape} ".encode() + array.tobytes()).hexdigest()


def test_results_say_what_was_measured_and_how(tmp_path, run, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deep").mkdir()
    np.savez("deep/x.npz", x=TIGHT[0])
    ictal.save(run, "run.h5")
    sums = {name: hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in ("deep/x.npz", "run.h5")}
    one = ictal.measure("deep/x.npz", "si_3", dt=0.5, clock="frame").config
    assert one["source"] == {"file": "deep/x.npz", "sha256": sums["deep/x.npz"]}
    assert (one["dt"], one["clock"], one["entries"]) == (0.5, "frame", ["x"])
    two = ictal.measure("run.h5", "mean_rate").config["source"]
    assert (two["file"], two["sha256"], two["command"]) == ("run.h5", sums["run.h5"], run.source["command"])
    groups = {"a": ["deep/x.npz"], "b": [TIGHT[1].astype(np.float32)]}
    both = ictal.compare(groups, dt=0.5, clock="frame", measures=["si_3"], entries={"a": "x", "b": "activity"}).config
    assert (both["dt"], both["clock"], both["entries"]) == (0.5, "frame", {"a": "x", "b": "activity"})
    assert both["sources"] == {
        "a": [{"file": "deep/x.npz", "sha256": sums["deep/x.npz"]}],
        "b": [{"array_sha256": {"activity": digest(TIGHT[1].astype(np.float32))}}],
    }
    assert set(one["versions"]) == set(both["versions"]) == set(run.source["versions"])
    memory = as_run(run).source["array_sha256"]
    train = run.spikes("E")
    assert memory["E"] != memory["I"]
    again = ictal.Spikes(train.time, train.unit, n_units=train.n_units, duration=train.duration)
    assert as_run(again).source["array_sha256"] == {"spikes": memory["E"]}


def test_measure_each_trial():
    found = ictal.measure(np.stack(TIGHT), "si_3", dt=0.01, dims="trial time unit")
    assert [row.entry for row in found.rows] == [f"activity[{k}]" for k in range(4)]
    assert found.rows[2].value == ictal.measure(TIGHT[2], "si_3", dt=0.01).value("si_3")
    with pytest.raises(ictal.InputError, match="name one"):
        found.value("si_3")


def test_measure_within_a_window():
    part = ictal.measure(TIGHT[0], "si_3", dt=0.01, window=(1.0, 3.0))
    assert part.value("si_3") == ictal.measure(TIGHT[0][100:300], "si_3", dt=0.01).value("si_3")


def test_measurements_come_back_from_their_file(tmp_path):
    found = ictal.measure(TIGHT[0], dt=0.01, nulls=199, seed=5)
    found.save(tmp_path / "m.h5")
    again = ictal.Measurements.load(tmp_path / "m.h5")
    assert again.to_json() == json.loads(json.dumps(found.to_json()))
    with h5py.File(tmp_path / "m.h5") as file:
        assert file["measures/si_3"].attrs["formula"]
    assert ictal.load(tmp_path / "m.h5").to_json() == again.to_json()
    with pytest.raises(ictal.InputError, match="holds a measurements; want a comparison"):
        ictal.Comparison.load(tmp_path / "m.h5")


def test_measurements_read_well():
    text = repr(ictal.measure(TIGHT[0], ["si_3"], dt=0.01, nulls=199))
    assert "si_3" in text
    assert "p 0.005" in text


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"data": TIGHT[0]}, r"no clock; give dt=INTERVAL"),
        ({"data": 3}, r"cannot measure int"),
        ({"data": TIGHT[0], "dt": 0.01, "measures": "si3"}, r"did you mean 'si_3'"),
        ({"data": TIGHT[0], "dt": 0.01, "nulls": 50}, r"0 or at least 199; got 50"),
        ({"data": TIGHT[0], "dt": 0.01, "units": 1}, r"units: must be at least 2"),
        ({"data": TIGHT[0], "dt": 0.01, "band": (5, 2)}, r"low < high"),
        ({"data": TIGHT[0], "dt": 0.01, "bin": 0}, r"measure.bin: must be > 0 s; got 0"),
        ({"data": TIGHT[0], "dt": 0.01, "sd": float("nan")}, r"measure.sd: must be >= 0 s; got nan"),
        ({"data": TIGHT[0][:, :1], "dt": 0.01}, r"has 1 unit"),
        ({"data": TIGHT[0][:2], "dt": 0.01}, r"has 2 samples"),
        ({"data": 0 * TIGHT[0] + 0.1, "dt": 0.01}, r"all units are constant"),
        ({"data": TIGHT[0], "clock": "sample", "measures": ["kuramoto_r1"]}, r"kuramoto_r1 .* order"),
        ({"data": ictal.Spikes([], [], n_units=3, duration=1.0)}, r"0 of 3 units have 5 spikes"),
    ],
)
def test_measure_refuses_in_one_line(given, message):
    with pytest.raises(ictal.InputError, match=message):
        ictal.measure(**given)


def test_a_single_channel_has_a_spectrum_if_asked_for():
    wave = np.sin(2 * np.pi * 4 * np.arange(1000) / 100)[:, None]
    assert ictal.measure(wave, "spectral_peak", dt=0.01).value("spectral_peak") == pytest.approx(4.0, abs=0.3)


def test_learning_curves_are_not_synchrony():
    curves = recording(LOOSE[0][:, :2], clock="epoch", dt=1, unit_labels={"metric": np.array(["loss", "accuracy"])})
    run = ictal.Run({"layer": recording(TIGHT[0]), "history": curves})
    assert {row.entry for row in ictal.measure(run).rows} == {"layer"}
    assert [panel.name for panel in panels_of({"a": [run], "b": [run]})] == ["layer"]


# compare


def test_compare_separates_what_is_synchronous():
    found = ictal.compare({"loose": LOOSE, "tight": TIGHT}, dt=0.01, measures=["si_3"], seed=2)
    (row,) = found.contrasts
    assert (row.panel, row.a, row.b, row.statement, row.direction) == ("activity", "tight", "loose", "separates", 1)
    assert found.config["settings"]["measures"] == ("si_3",)
    assert found.config["seed"] == 2


def test_compare_takes_one_or_many_of_anything(tmp_path):
    np.save(tmp_path / "x.npy", TIGHT[0])
    groups = {"path": tmp_path / "x.npy", "array": TIGHT[0], "list": [recording(TIGHT[0]), TIGHT[1]]}
    found = ictal.compare(groups, dt=0.01, measures=["si_3"])
    assert found.values("activity", "si_3", "path") == found.values("activity", "si_3", "array")
    assert len(found.values("activity", "si_3", "list")) == 2
    found.save(tmp_path / "c.h5")
    assert ictal.load(tmp_path / "c.h5").config["sources"]["path"][0]["file"] == str(tmp_path / "x.npy")


def test_panels_are_the_entries_that_all_runs_share():
    one, two = recording(LOOSE[0]), recording(TIGHT[0])
    single = recording(LOOSE[0][:, :1])
    a, b = ictal.Run({"E": one, "I": two, "lfp": single}), ictal.Run({"I": two, "E": two, "lfp": single, "x": one})
    assert [panel.name for panel in panels_of({"a": [a], "b": [b]})] == ["E", "I"]
    assert [panel.name for panel in panels_of({"a": [a], "b": [b]}, ["I"])] == ["I"]
    (panel,) = panels_of({"a": [a], "b": [b]}, {"a": "E", "b": "x"})
    assert panel.name == "activity"
    assert panel.groups["b"] == [one]
    alone = {"a": [as_run(one)], "b": [ictal.Run({"whatever": two})]}
    assert [panel.name for panel in panels_of(alone)] == ["activity"]


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (None, r"share no entry \(a: E, I; b: x, y\); say entries="),
        (["E"], r"unknown entry 'E'"),
        ({"a": "E"}, r"names no entry for b"),
        ({"a": "E", "c": "x"}, r"unknown group 'c'"),
    ],
)
def test_panels_that_cannot_be(entries, message):
    one = recording(LOOSE[0])
    groups = {"a": [ictal.Run({"E": one, "I": one})], "b": [ictal.Run({"x": one, "y": one})]}
    with pytest.raises(ictal.InputError, match=message):
        panels_of(groups, entries)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ({"a": TIGHT[0]}, r"at least 2 groups; got a"),
        ({"a": TIGHT[0], "b": []}, r"group 'b' is empty"),
        ({"a": TIGHT[0], "b": TIGHT[0][:, :1]}, r"activity, b, replicate 1: has 1 unit"),
        ({"a": TIGHT[0], "b": 0 * TIGHT[0]}, r"activity, b, replicate 1: .*constant"),
    ],
)
def test_compare_refuses_in_one_line(groups, message):
    with pytest.raises(ictal.InputError, match=message):
        ictal.compare(groups, dt=0.01)


def test_defaults_of_the_facade_are_those_of_the_comparison():
    from ictal.cli import COMMANDS

    assert (
        (Settings().band, Settings().phase_band) == (ValueSettings().band, ValueSettings().phase_band) == (None, None)
    )
    assert (Settings().bin, Settings().sd) == (ValueSettings().bin, ValueSettings().sd) == (0.001, 0.005)
    for name in ("measure", "compare"):
        options = inspect.signature(COMMANDS.load(name)).parameters
        assert (options["bin"].default, options["sd"].default) == (0.001, 0.005)
    assert ValueSettings().nulls == 0


def test_a_name_of_several_kinds_is_told_apart_by_its_kind():
    assert "also a claim: ictal explain claim:healthy" in ictal.explain("healthy")
    assert ictal.description("claim:healthy")["kind"] == "claim"
    assert ictal.description("treatment:healthy") == ictal.description("healthy") | {"also": []}
    with pytest.raises(ictal.InputError, match="unknown"):
        ictal.explain("claim:si_3")
