"""Measures of the points of a sweep: those of `ictal.measure`, kept, resumed, drawn, and refused in one line."""

import json
import math

import numpy as np
import pytest

import ictal
from ictal import cli
from ictal.analyses.figures.overview.sweep import sweep_overview
from ictal.analyses.figures.save import to_png
from ictal.cli import output
from ictal.sweeps import sweep as module

SMALL = {"duration": 0.2, "n_e": 160, "n_i": 40}
GRID = {"tau_m": [10.0, 15.0, 20.0], "j_e": [1.0, 2.0]}
WINDOW = (0.05, 0.2)


def sweep(folder, grid=GRID, **options):
    return ictal.sweep("cuba", grid, **{"folder": folder, "settings": SMALL, "seeds": 2, **options})


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    return sweep(tmp_path_factory.mktemp("measured"), measures=["chi_c", "mean_rate"], of="E", window=WINDOW)


def columns(found):
    return {name: v.values for name, v in found.document().groups["tables/points"].variables.items()}


def never(*_):
    raise AssertionError("measured again")


def test_every_point_has_the_value_of_measure(measured):
    table = columns(measured)
    for at, point in enumerate(measured):
        for name in ("chi_c", "mean_rate"):
            options = {"entries": ["E"], "window": WINDOW, "seed": point.seed}
            if name in measured.measured[point].reasons:
                with pytest.raises(ictal.InputError, match=name):
                    ictal.measure(measured.files[point], name, **options)
                assert np.isnan(table[f"{name}_E"][at])
            else:
                found = ictal.measure(measured.files[point], name, **options)
                assert table[f"{name}_E"][at] == found.value(name), "the same number to the bit"
    assert np.isfinite(table["chi_c_E"]).sum() > 6
    attrs = measured.document().groups["tables/points"].variables["chi_c_E"].attrs
    assert attrs["measure"] == "chi_c"
    assert attrs["entry"] == "E"


def test_the_runs_are_those_of_a_sweep_without_measures(measured, tmp_path):
    plain = sweep(tmp_path / "plain")
    for one, other in zip(plain.files.values(), measured.files.values(), strict=True):
        a, b = ictal.load(one).spikes("E"), ictal.load(other).spikes("E")
        assert (a.time == b.time).all()
        assert (a.unit == b.unit).all()
    assert plain.measuring is None
    assert "measuring" not in plain.config


def test_values_are_kept_and_only_what_is_missing_is_measured(measured, monkeypatch):
    opened = ictal.open_sweep(measured.folder)
    assert opened.measured == measured.measured
    assert opened.measuring == measured.measuring
    with monkeypatch.context() as patch:
        patch.setattr(module, "measure_point", never)
        assert sweep(measured.folder).measured == measured.measured, "a call without measures keeps them"
        again = sweep(measured.folder, measures="chi_c", of="E", window=WINDOW)
        assert again.measured == measured.measured
    more = sweep(measured.folder, measures="si_3", of="E", window=WINDOW)
    assert more.measuring.measures == ("chi_c", "mean_rate", "si_3")
    point = more.points[0]
    assert set(more.measured[point].values["E"]) == {"chi_c", "mean_rate", "si_3"}
    assert more.measured[point].values["E"]["chi_c"] == measured.measured[point].values["E"]["chi_c"]


def test_other_settings_measure_anew_and_a_new_run_too(tmp_path):
    first = sweep(tmp_path, {"tau_m": [10.0, 20.0]}, seeds=1, measures="mean_rate", of="E")
    later = sweep(tmp_path, {"tau_m": [10.0, 20.0]}, seeds=1, measures="mean_rate", of="E", window=WINDOW)
    rates = [found.measured[found.points[0]].values["E"]["mean_rate"] for found in (first, later)]
    assert rates[0] != rates[1]
    later.files[later.points[0]].write_bytes(b"cut")
    again = sweep(tmp_path, {"tau_m": [10.0, 20.0]}, seeds=1, measures="mean_rate", of="E", window=WINDOW)
    assert again.found == 1
    assert again.measured == later.measured


def test_processes_measure_the_same(measured, tmp_path):
    grid = {"tau_m": [10.0, 15.0], "j_e": [1.0]}
    two = sweep(tmp_path, grid, jobs=2, measures=["chi_c", "mean_rate"], of="E", window=WINDOW)
    for point in two:
        like = next(p for p in measured if p.parameters == point.parameters and p.seed == point.seed)
        assert two.measured[point].values["E"]["chi_c"] == measured.measured[like].values["E"]["chi_c"]


def test_two_parameters_are_a_heat_map_of_the_means_over_seeds(measured):
    drawing = sweep_overview(measured)
    axes = drawing.figure.axes[0]
    table = columns(measured)
    cells = np.asarray(axes.collections[0].get_array()).reshape(2, 3)
    for row, j_e in enumerate(GRID["j_e"]):
        for column, tau_m in enumerate(GRID["tau_m"]):
            there = (table["j_e"] == j_e) & (table["tau_m"] == tau_m)
            values = table["chi_c_E"][there]
            if np.isfinite(values).any():
                assert cells[row, column] == pytest.approx(np.nanmean(values))
    numbers = [text.get_text() for text in axes.texts if text.get_text()[:1] in "–.−01"]
    assert len(numbers) == 6, "a number a cell"
    assert "12 runs, 2 seeds a point" in drawing.figure.texts[1].get_text()
    assert measured.plot().axes
    assert measured.plot() is not drawing.figure
    assert to_png(sweep_overview(measured).figure) == to_png(drawing.figure), "the same bytes twice"


def test_one_parameter_is_dots_and_means_and_the_title_says_where(tmp_path):
    found = sweep(tmp_path, {"tau_m": [10.0, 15.0, 20.0]}, measures="mean_rate", of="E")
    drawing = found.overview()
    rings, line = drawing.figure.axes[0].lines
    table = columns(found)
    assert rings.get_ydata().tolist() == table["mean_rate_E"].tolist()
    means = table["mean_rate_E"].reshape(3, 2).mean(axis=1)
    assert line.get_ydata() == pytest.approx(means)
    said = drawing.title.replace("−", "-")
    assert f"{means[0]:.4g}" in said or f"{means.min():.4g}" in said
    assert "mean_rate of E" not in said
    assert "tau_m" in said


def test_of_more_parameters_the_picture_says_what_is_held(tmp_path):
    grid = {"tau_m": [10.0, 20.0], "j_e": [1.0, 2.0], "tau_s_e": [5.0, 6.0]}
    found = sweep(tmp_path, grid, seeds=1)
    drawing = found.overview()
    assert "held in this picture: tau_s_e = 5 (of 2)" in drawing.figure.texts[1].get_text()
    table = columns(found)
    cells = np.asarray(drawing.figure.axes[0].collections[0].get_array()).ravel()
    held = table["tau_s_e"] == 5.0
    assert sorted(cells) == pytest.approx(sorted(table["mean_E"][held]))


def test_what_is_not_defined_is_a_gap(tmp_path):
    """Too few spikes for a correlation at one end of the grid."""
    found = sweep(tmp_path, {"j_e": [0.0, 2.0], "tau_m": [10.0, 20.0]}, seeds=1, measures="cv_isi", of="I")
    values = columns(found)["cv_isi_I"]
    assert np.isfinite(values).any()
    cells = np.ma.getmaskarray(found.overview().figure.axes[0].collections[0].get_array())
    assert cells.sum() == np.isnan(values).sum()


def test_a_heat_map_of_two_parameters_takes_two_lines(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = ictal.sweep("cuba", {"tau_m": [10.0, 20.0], "j_e": [1.0, 2.0]}, folder="s", settings=SMALL, measures="chi_c")
    figure = done.plot()
    assert figure.axes[0].get_xlabel() == "tau_m"


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"measures": "chi"}, "chi"),
        ({"measures": "chi_c", "window": (2.0, 1.0)}, "sweep.window: must be two numbers that rise"),
        ({"measures": "chi_c", "band": (1.0,)}, "sweep.band"),
        ({"measures": "chi_c", "units": 1}, "sweep.units"),
        ({"window": (0.0, 1.0)}, "sweep.window: is for measures"),
        ({"of": "E"}, "sweep.of: is for measures"),
    ],
)
def test_bad_settings_stop_before_anything_runs(options, what, tmp_path):
    with pytest.raises(ictal.InputError, match=what):
        sweep(tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_a_measure_that_no_point_defines_is_one_line_and_the_runs_stay(tmp_path):
    with pytest.raises(ictal.InputError, match=r"kuramoto_r1 is defined at no point: .*the runs are kept") as found:
        sweep(tmp_path, {"tau_m": [10.0, 20.0]}, seeds=1, measures="kuramoto_r1", of="E")
    assert "\n" not in str(found.value)
    assert len(ictal.open_sweep(tmp_path).files) == 2


@pytest.mark.parametrize("damage", ["[]", '{"values": {"E": {"chi_c": "x"}}, "reasons": {}}', '{"values": 3}'])
def test_damaged_values_are_one_line(damage, tmp_path):
    sweep(tmp_path, {"tau_m": [10.0]}, seeds=1, measures="mean_rate", of="E")
    manifest = json.loads((tmp_path / "sweep.json").read_text())
    manifest["points"][0]["measured"] = json.loads(damage)
    (tmp_path / "sweep.json").write_text(json.dumps(manifest))
    with pytest.raises(ictal.InputError, match=r"sweep.json: is damaged") as found:
        ictal.open_sweep(tmp_path)
    assert "\n" not in str(found.value)


def test_the_command(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(output, "FIRST_LINE", 1e9)
    texts = [f"{key}={value}" for key, value in SMALL.items()]
    line = ["sweep", "cuba", "--grid", "tau_m=10,20", "--measures", "mean_rate", "--of", "E", "--window", "0.05", "0.2"]
    assert cli.run([*line, *(x for text in texts for x in ("--set", text)), "-o", "s", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["measures"] == ["mean_rate"]
    values = columns(ictal.open_sweep("s"))["mean_rate_E"]
    assert all(math.isfinite(value) for value in values)
    assert cli.run(["sweep", "cuba", "--grid", "tau_m=10", "--measures", "nope", "-o", "t"]) == 2
    assert capfd.readouterr().err.count("\n") == 1
