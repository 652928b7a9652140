"""Plots into axes of the caller, cards of notebooks, one-liners of spikes, and results that are looked through."""

import base64
import doctest
import inspect
import os
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pytest
import quantities as pq
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import ictal
from ictal import InputError, Recording, Run, Spikes
from ictal.models import Evaluation
from ictal.simulator import progress

mpl.use("Agg")
FILES = Path(__file__).resolve().parents[1] / "support" / "files" / "0.1.0"
RNG = np.random.default_rng(3)
WAVES = Recording(
    RNG.normal(size=(400, 4)), dt=0.01, clock="second", quantity="potential", unit="mV", t0=2.0,
    unit_labels={"channel": ["Fp1", "Fp2", "C3", "<C4>"]},
)  # fmt: skip
MANY = Recording(RNG.normal(size=(60, 50)), dt=1.0, clock="sample", quantity="activation", unit="1")
SPIKES = Spikes(RNG.uniform(0, 5, 2000), RNG.integers(0, 20, 2000), n_units=20, duration=5.0)
RUN = Run({"E": SPIKES, "lfp": WAVES, "select": WAVES, "a b": MANY}, {"system": "mine", "assumptions": ["<i>that</i>"]})
FOUND = ictal.measure(WAVES, ["chi_c", "si_3", "participation_ratio"], nulls=199)
RESULTS = {
    name: FILES / f"{name}.h5" for name in ("comparison", "eeg", "dynamics", "evidence", "observations", "planted")
}


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def results():
    found = {name: ictal.load(path) for name, path in RESULTS.items()}
    why = ictal.why(WAVES, "mean_squared_correlation", nulls=199)
    sets = {
        "train": Evaluation(9, 0.1, 1.0, 0.9, 0.05),
        "test": Evaluation(7, 0.5, 0.7, 0.8, 0.1),
    }
    evaluated = ictal.Evaluated("mlp", ictal.DataChoice("digits", 9), 3, sets, {"blur": (0.7, 0.6, 0.5, 0.4, 0.3)})
    return found | {"measurements": FOUND, "why": why, "evaluation": evaluated, "sweep": ictal.load(FILES / "sweep")}


@pytest.mark.parametrize(
    "one", [WAVES, MANY, SPIKES, SPIKES.isi(), SPIKES.rate(), SPIKES.fano(), Spikes([], [], 2, 1.0)]
)
def test_a_plot_is_drawn_into_the_axes_of_the_caller_with_the_settings_of_the_caller(one):
    figure, (mine, other) = plt.subplots(1, 2)
    before = mpl.rcParams.copy()
    assert one.plot(mine) is mine
    assert one.plot(ax=mine) is mine
    assert mine.has_data() or isinstance(one, Spikes)
    assert not other.has_data()
    assert mine.get_xlabel()
    assert mpl.rcParams == before
    assert plt.get_fignums() == [figure.number]
    figure.canvas.draw()


def test_without_axes_a_new_figure_of_pyplot_is_made():
    mine = plt.figure().add_subplot()
    drawn = WAVES.plot()
    assert isinstance(drawn, Axes)
    assert drawn is not mine
    assert not mine.has_data()
    assert len(plt.get_fignums()) == 2
    assert plt.gca() is drawn


def test_lines_have_the_colours_of_the_caller_and_their_names():
    with mpl.rc_context({"axes.prop_cycle": mpl.cycler(color=["red", "green"]), "lines.linewidth": 3.0}):
        drawn = WAVES.plot()
    assert [line.get_color() for line in drawn.lines] == ["red", "green", "red", "green"]
    assert drawn.lines[0].get_linewidth() == 3.0
    assert [text.get_text() for text in drawn.texts] == ["Fp1", "Fp2", "C3", "<C4>"]
    assert drawn.get_ylabel() == "potential [mV]"
    assert len(WAVES.plot(image=True).images) == 1


def test_channels_are_rows_of_lines_in_microvolts():
    names = [f"E{k}" for k in range(19)]
    values = 30.0 * RNG.normal(size=(500, 19))
    eeg = Recording(values, dt=0.004, clock="second", quantity="voltage", unit="µV", unit_labels={"channel": names})
    drawn = eeg.plot()
    assert len(drawn.lines) == 19
    assert [tick.get_text() for tick in drawn.get_yticklabels()] == names
    assert drawn.get_ylabel() == "voltage, rows 100 µV apart"
    gap = drawn.lines[0].get_ydata() - values[:, 0]
    assert np.ptp(gap) < 1e-9
    assert len(MANY.plot().images) == 1
    assert len(MANY.plot(image=False).lines) == 50
    assert replace(eeg, unit_labels={}).plot().images


def test_long_recordings_keep_their_extremes_and_say_what_is_a_mean():
    values = np.zeros((100_000, 2))
    values[54_321, 0], values[777, 1] = 9.0, -5.0
    long = Recording(values, dt=0.001, clock="second", quantity="x", unit="1")
    first, second = long.plot().lines
    assert first.get_ydata().max() == 9.0
    assert second.get_ydata().min() == -5.0
    assert first.get_xdata()[first.get_ydata().argmax()] == pytest.approx(54.321, abs=0.1)
    assert len(first.get_xdata()) < 5000
    assert "means of 100 samples" in long.plot(image=True).get_xlabel()


@pytest.mark.parametrize(
    ("ax", "message"),
    [
        (lambda: plt.figure(), "got Figure: give ax.gca()"),
        (lambda: plt.subplots(1, 2)[1], r"got ndarray: give one of them: ax\[0\]"),
        (lambda: 3, "got int: make new ones"),
        (lambda: plt.figure().add_subplot(projection="polar"), "plain axes; got 'polar'"),
        (lambda: _closed_axes(), "the figure of these axes is closed: make new ones: figure, ax = plt.subplots"),
        (lambda: _removed_axes(), "is closed"),
    ],
)
@pytest.mark.parametrize(
    "draw", [WAVES.plot, SPIKES.plot, lambda ax: RUN.plot("E", ax=ax), lambda ax: FOUND.plot(ax=ax)]
)
def test_other_axes_are_one_line(ax, message, draw):
    with pytest.raises(InputError, match=message):
        draw(ax())


def _closed_axes():
    figure, ax = plt.subplots()
    plt.close(figure)
    return ax


def _removed_axes():
    ax = plt.figure().add_subplot()
    ax.remove()
    return ax


def test_axes_of_a_figure_without_pyplot_and_of_subfigures_are_taken():
    assert WAVES.plot(Figure().add_subplot()).has_data()
    assert WAVES.plot(plt.figure().subfigures(1, 2)[0].add_subplot()).has_data()


def test_a_run_gives_its_entries_as_attributes():
    assert RUN.E is RUN["E"]
    assert callable(RUN.select)  # a method stays what it is
    assert {"E", "lfp", "plot"} <= set(dir(RUN))
    assert "a b" not in dir(RUN)
    assert RUN._ipython_key_completions_() == list(RUN)
    with pytest.raises(AttributeError, match="no attribute or entry 'I'; its entries: E, lfp, select, a b"):
        RUN.I  # noqa: B018
    assert not hasattr(RUN, "_repr_png_")


def test_a_run_draws_its_overview_or_one_entry():
    assert isinstance(RUN.plot(), Figure)
    assert RUN.plot("lfp").get_ylabel() == "potential [mV]"
    ax = plt.figure().add_subplot()
    assert RUN.plot("E", ax=ax) is ax
    with pytest.raises(InputError, match="name one of the entries to draw into ax: E, lfp, select, a b"):
        RUN.plot(ax=ax)
    with pytest.raises(InputError, match="unknown entry 'e'; did you mean 'E'"):
        RUN.plot("e")
    assert Run({"E": SPIKES}).plot(ax=ax) is ax


def test_every_result_draws_its_main_panel_and_its_overview():
    for name, found in results().items():
        ax = plt.figure().add_subplot()
        assert found.plot(ax=ax) is ax, name
        assert ax.has_data(), name
        ax.figure.canvas.draw()
        with pytest.raises(InputError, match=r"unknown .* 'nothing'"):
            found.plot("nothing", ax=ax)
    assert isinstance(FOUND.plot(), Figure)


def test_a_training_shows_its_file():
    trained = ictal.Trained(
        FILES / "training.h5", FILES / "training.pt", {"test_accuracy": 0.5}, {"history": "Recording"}
    )
    assert isinstance(trained.plot(), Figure)
    assert trained.plot("history").has_data()
    assert trained.to_pandas().columns.name == "metric"
    assert "test_accuracy 0.5" in trained._repr_html_()
    network = ictal.load(trained.model)
    assert network.to_pandas()["name"].tolist()[-1] == "readout.bias"
    with pytest.raises(InputError, match="model has no panel for axes"):
        network.plot(ax=plt.figure().add_subplot())


def test_a_named_panel_has_its_measure():
    eeg, dynamics = ictal.load(RESULTS["eeg"]), ictal.load(RESULTS["dynamics"])
    drawn = eeg.plot("si_3")
    assert drawn.get_ylabel().startswith("SI-3")
    assert drawn.lines[0].get_ydata().tolist() == eeg["si_3"].value.tolist()
    assert [tick.get_text() for tick in FOUND.plot("chi_c").get_yticklabels()] == ["activity"]
    beside = FOUND.plot(ax=plt.figure().add_subplot())
    assert [tick.get_text() for tick in beside.get_yticklabels()] == ["χ$_{\\mathrm{c}}$", "SI-3"]
    assert beside.get_title() == "activity, 2 of 3 measures; 1 by their names"
    assert "exponent" in dynamics.plot("lyapunov").get_ylabel()


def test_a_card_has_picture_sizes_units_and_what_was_assumed():
    shown = {"run": RUN, "waves": WAVES, "many": MANY, "spikes": SPIKES, "isi": SPIKES.isi(), **results()}
    for name, one in shown.items():
        html = one._repr_html_()
        picture = re.search(r'<img alt="([^"]+)" [^>]*src="data:image/png;base64,([^"]+)"', html)
        if name != "sweep":
            assert picture, name
            assert len(base64.b64decode(picture[2])) <= 40_000
        assert "<script" not in html
        assert "<i>" not in html
    assert "assumed: &lt;i&gt;that&lt;/i&gt;" in RUN._repr_html_()
    assert "400 samples × 4 units" in WAVES._repr_html_()
    assert "&lt;C4&gt;" in WAVES._repr_html_()
    assert "4 s from 2, a sample every 0.01 s" in WAVES._repr_html_()
    assert "2,000 spikes of 20 units, 20 Hz a unit" in SPIKES._repr_html_()
    assert "chi_c" in FOUND._repr_html_()


def test_a_card_of_something_large_takes_no_time():
    large = Recording(np.zeros((2_000_000, 8), np.float32), dt=1e-3, clock="second", quantity="x", unit="1")
    spikes = Spikes(RNG.uniform(0, 50, 1_000_000), RNG.integers(0, 4000, 1_000_000), n_units=4000, duration=50.0)
    for one in (large, spikes):
        one._repr_html_()
        started = time.process_time()
        one._repr_html_()
        assert time.process_time() - started < 0.3


def test_a_card_never_raises(monkeypatch):
    monkeypatch.setattr("ictal.analyses.figures.notebook.card._card", lambda of: 1 / 0)
    assert WAVES._repr_html_() == "<pre>Recording(potential [mV], 400 x 4, dt=0.01 second)</pre>"


QUANTITIES = pytest.mark.filterwarnings("ignore:The 'copy' argument in Quantity")  # of elephant


@QUANTITIES
def test_rate_is_that_of_elephant_and_keeps_every_spike():
    import quantities as pq
    from elephant.statistics import time_histogram

    mine = SPIKES.rate(0.05)
    theirs = time_histogram(SPIKES.to_neo(), 50 * pq.ms, output="rate").rescale("Hz").magnitude
    assert mine.values == pytest.approx(theirs)
    assert (mine.unit, mine.n_units, mine.quantity) == ("Hz", 1, "population rate")
    smooth = SPIKES.rate(0.05, sd=0.1)
    assert smooth.values.mean() == pytest.approx(mine.values.mean())
    assert smooth.values.std() < mine.values.std()


@QUANTITIES
def test_intervals_and_fano_factors_are_those_of_elephant():
    from elephant.statistics import fanofactor, isi

    trains = SPIKES.to_neo()
    mine = SPIKES.isi()
    assert mine.values == pytest.approx(np.concatenate([isi(train).magnitude for train in trains]))
    assert mine.of.tolist() == np.repeat(np.arange(20), [len(train) - 1 for train in trains]).tolist()
    fano = SPIKES.fano(0.25)
    windows = [trains[7].time_slice(k * 0.25 * pq.s, (k + 1) * 0.25 * pq.s) for k in range(20)]
    counts = SPIKES.binned(0.25).values
    assert fano.values == pytest.approx(counts.var(axis=0) / counts.mean(axis=0))
    assert fano.values[7] == pytest.approx(fanofactor(windows), rel=1e-9)
    measured = ictal.measure(SPIKES, "fano_factor").value("fano_factor")
    assert SPIKES.fano().values.mean() == measured
    with pytest.raises(InputError, match="no unit has 5 spikes"):
        Spikes([0.1], [0], 1, 1.0).fano()
    assert SPIKES.isi().to_pandas().columns.tolist() == ["inter-spike interval [s]", "unit"]


def test_a_psth_is_the_mean_over_events_and_leaves_out_what_it_says():
    events = np.array([1.0, 2.0, 3.0, 4.9])
    found = SPIKES.psth(events, window=(-0.2, 0.4), bin=0.1)
    by_hand = np.mean(
        [
            np.histogram(SPIKES.time, bins=t - 0.2 + 0.1 * np.arange(7))[0] / (20 * 0.1)
            for t in events[:3]
        ],
        axis=0,
    )  # fmt: skip
    assert found.values[:, 0] == pytest.approx(by_hand)
    assert (found.t0, found.dt, found.source["events"]) == (-0.2, 0.1, 3)
    assert found.source["assumptions"] == ["1 of 4 events are left out: their windows leave the observation"]
    edge = Spikes([1.3, 2.3], [0, 0], 1, 4.0).psth([1.0, 2.0], (0.0, 0.5), 0.1).values[:, 0]
    assert edge.round(9).tolist() == [0, 0, 0, 10, 0]  # on an edge but for rounding: the later bin
    with pytest.raises(InputError, match="none of 1 events"):
        SPIKES.psth([100.0])
    with pytest.raises(InputError, match="bin must lie in"):
        SPIKES.psth([1.0], (0.0, 0.1), 0.2)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: SPIKES.fano("x"), "Spikes.fano: window: must be a number; got 'x'"),
        (lambda: SPIKES.fano(0), "Spikes.fano.window: must be a number > 0"),
        (lambda: SPIKES.rate("x"), "Spikes: dt: must be a number; got 'x'"),
        (lambda: SPIKES.rate(sd="x"), "Spikes.smoothed: sd: must be a number; got 'x'"),
        (lambda: SPIKES.rate("x", sd=0.01), "Spikes.smoothed: dt: must be a number; got 'x'"),
        (lambda: SPIKES.psth([1.0], (0.0, 0.1), "x"), "Spikes.psth: bin: must be a number; got 'x'"),
    ],
)
def test_widths_are_numbers(call, said):
    with pytest.raises(InputError, match=re.escape(said)):
        call()


def test_results_are_looked_through_sorted_and_handed_to_pandas():
    assert len(FOUND) == 3
    assert [value.measure for value in FOUND] == ["chi_c", "si_3", "participation_ratio"]
    assert FOUND["chi_c"][0] is FOUND[0]
    assert FOUND["chi_c"].p.tolist() == [FOUND[0].p]
    assert FOUND.sort("value", descending=True)[0].measure == "participation_ratio"
    assert isinstance(FOUND.sort("p"), ictal.Measurements)
    assert [row.value for row in sorted(FOUND, key=lambda row: row.value)] == [row.value for row in FOUND.sort("value")]
    undefined = replace(FOUND, rows=[replace(FOUND[1], value=float("nan")), *FOUND.rows])
    assert np.isnan(undefined.sort("value").rows[-1].value)
    frame = FOUND.to_pandas()
    assert frame["value"].tolist() == [row.value for row in FOUND]
    assert frame.set_index("measure").loc["si_3", "n_units"] == 4
    with pytest.raises(InputError, match="unknown measure 'chi'; did you mean 'chi_c'"):
        FOUND["chi"]
    with pytest.raises(InputError, match="unknown column 'q'"):
        FOUND.sort("q")
    with pytest.raises(InputError, match="unknown table 'x'"):
        FOUND.to_pandas("x")
    assert "value" in dir(FOUND["chi_c"])
    assert repr(FOUND["chi_c"]).startswith("Table(1 rows)\nmeasure")
    assert FOUND._ipython_key_completions_() == ["chi_c", "si_3", "participation_ratio"]


def test_every_result_becomes_a_table_of_pandas():
    shapes = {name: found.to_pandas().shape for name, found in results().items()}
    assert all(rows > 0 and columns > 1 for rows, columns in shapes.values()), shapes
    comparison = ictal.load(RESULTS["comparison"])
    assert len(comparison.to_pandas("contrasts")) == len(comparison.contrasts)
    dynamics = ictal.load(RESULTS["dynamics"])
    assert list(dynamics) == ["lyapunov", "fixed_points", "attractors", "scan", "basins", "phase_plane"]
    assert dynamics["scan"] is dynamics.scan
    assert results()["evaluation"]["test"].accuracy == 0.7
    evidence = ictal.load(RESULTS["evidence"])
    assert {"step", "layer", "train_loss", "si_3 test"} <= set(evidence.to_pandas().columns)


def test_the_page_of_the_docs_is_true():
    page = Path(__file__).resolve().parents[2] / "docs" / "notebooks.md"
    found = doctest.testfile(str(page), module_relative=False)
    assert found.attempted > 15
    assert found.failed == 0


def test_a_session_of_a_notebook(tmp_path):
    code = """
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
shell.kernel = None

def cell(text):
    ran = shell.run_cell(text)
    ran.raise_error()
    return sorted(shell.display_formatter.format(ran.result)[0]) if ran.result is not None else []

cell("import ictal; run = ictal.simulate('cuba', duration=0.2, n_e=160, n_i=40)")
shown = {text: cell(text) for text in (
    "run", "run.E", "run.E.isi()", "run.plot()", "ictal.explain('chi_c')", "ictal.measure(run, 'chi_c')",
    "ictal.measure(run, 'chi_c')['chi_c']",
)}
assert shown.pop("run.plot()") == ["image/png", "text/plain"], shown
assert shown.pop("ictal.explain('chi_c')") == ["text/html", "text/markdown", "text/plain"]
assert set(map(tuple, shown.values())) == {("text/html", "text/plain")}, shown
assert shell.complete("", "run['", 5)[1] == ["E", "I"]
print("shown")
"""
    env = {**os.environ, "MPLBACKEND": "module://matplotlib_inline.backend_inline", "IPYTHONDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "shown"


def test_progress_is_a_line_of_a_notebook_that_changes(monkeypatch):
    shown, clock = [], [0.0]

    class Handle:
        def update(self, bundle, raw):
            shown.append(bundle)

    def display(bundle, raw, display_id):
        shown.append(bundle)
        return Handle()

    monkeypatch.setattr("IPython.display.display", display)
    monkeypatch.setattr(progress, "_shell", lambda: SimpleNamespace(kernel=1))
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock[0])
    with progress.shown("work") as report:
        for k in range(1, 5):
            clock[0] = float(k)
            report(k, 4, "<part>")
    texts = [bundle["text/plain"] for bundle in shown]
    assert texts[0] == "work"
    assert texts[1:4] == ["work: 25 % <part>", "work: 50 % <part>, about 4 s left", "work: 75 % <part>, about 2 s left"]
    assert texts[-1] == "work: done after 4.0 s"
    assert "&lt;part&gt;" in shown[1]["text/html"]
    assert '<progress value="1" max="4"' in shown[1]["text/html"]
    with pytest.raises(KeyError), progress.shown("work"):
        raise KeyError
    assert shown[-1]["text/plain"].startswith("work: stopped after")


def test_every_verb_shows_progress_or_calls_a_function(monkeypatch, capfd, tmp_path):
    monkeypatch.setattr(progress, "FIRST", 0.0)
    monkeypatch.setattr(progress, "BETWEEN", 0.0)
    ictal.measure(WAVES, "si_3", progress=True)
    assert "measure: 0 % activity" in capfd.readouterr().err
    ictal.simulate("cuba", duration=0.1, n_e=160, n_i=40, progress=True)
    assert "simulate: 100 % 0.1 of 0.1 s" in capfd.readouterr().err
    seen = []
    ictal.measure(WAVES, "si_3", progress=lambda *now: seen.append(now))
    assert seen[-1] == (1, 1, "measured")
    ictal.measure(WAVES, "si_3", progress=False)
    assert capfd.readouterr().err == ""
    for verb in (ictal.measure, ictal.compare, ictal.why, ictal.measure_over_time, ictal.analyse_eeg):
        with pytest.raises(InputError, match=rf"{verb.__name__}.progress: must be True, or a function"):
            verb(WAVES, progress=3)
    shown = {name for name in ictal.__all__ if _takes_progress(getattr(ictal, name))}
    assert {"simulate", "sweep", "export", "analyse", "continue_run", "train_to_file", "lyapunov"} <= shown
    for name in shown:
        assert "True shows it" in inspect.getdoc(getattr(ictal, name)) or name in PASSED_ON


PASSED_ON = ("lyapunov", "fixed_points", "attractors", "basins", "phase_plane", "scan", "analyse_eeg")  # args elsewhere


def _takes_progress(thing):
    return inspect.isfunction(thing) and "progress" in inspect.signature(thing).parameters


def test_explanations_render():
    text = ictal.explain("chi_c")
    assert isinstance(text, str)
    assert repr(text) == str(text)
    html, markdown = text._repr_html_(), text._repr_markdown_()
    assert html.startswith('<div style="max-width:60em"><p><b>chi_c</b>')
    assert "<td" in html
    assert "sqrt|rho|" in html
    assert markdown.startswith("**chi_c** (χ_c, measure)")
    assert "<script>" not in type(text)("<script>  x\n  <b>  <i>")._repr_html_()


def test_no_window_opens_and_nothing_of_pyplot_is_needed_for_a_card(tmp_path):
    code = (
        "import sys, ictal\ns = ictal.Spikes([0.1], [0], 1, 1.0)\ns._repr_html_()\n"
        "assert 'matplotlib.pyplot' not in sys.modules\ns.plot()\nimport matplotlib; print(matplotlib.get_backend())"
    )
    env = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert done.stdout.strip().lower() == "agg"


SOME = ictal.Spikes(np.arange(20) * 0.04, np.zeros(20, int), n_units=1, duration=1.0)


@pytest.mark.parametrize("value", ["a", None, [1], 1j, True])
def test_widths_that_are_no_numbers_are_refused(value):
    calls = [lambda: SOME.rate(value), lambda: SOME.fano(value), lambda: SOME.psth([0.5], (-0.1, 0.1), value)]
    calls += [lambda: SOME.phases(value), lambda: SOME.smoothed(0.01, value), lambda: SOME.smoothed(value, 0.1)]
    for call in calls:
        with pytest.raises(ictal.InputError, match="must be a number"):
            call()


@pytest.mark.parametrize("bins", [0, -1, "a", 1.5, 10**9, [1]])
def test_bins_of_a_histogram_that_cannot_be_are_refused(bins):
    with pytest.raises(ictal.InputError, match=r"plot\.bins: must"):
        SOME.isi().plot(bins=bins)


def test_names_of_entries_rows_and_files_that_are_none_are_refused():
    run = ictal.Run({"E": SOME})
    for name in ("F", 0, None, ["E"]):
        with pytest.raises(ictal.InputError, match=r"unknown entry .*known: E"):
            run[name]
        assert name not in run
    assert run.get("F") is None
    for read in (run.plot, run.spikes, run.recording):
        for name in (3, ["E"]):
            with pytest.raises(ictal.InputError, match="unknown "):
                read(name)
    result = ictal.measure(np.random.default_rng(0).normal(size=(99, 3)), ["si_3", "chi_c"], dt=0.1)
    for at in (None, 1.5, b"si_3", [0]):
        with pytest.raises(ictal.InputError, match="by the place of a row"):
            result[at]
    for path in (3, None, b"x", "x" * 999, "\0"):
        for read in (ictal.open_run, ictal.load):
            with pytest.raises(ictal.InputError, match=r"want the name of a file|must be the name of a file"):
                read(path)
    with pytest.raises(ictal.InputError, match="must name at least one"):
        ictal.measure(np.eye(9), [], dt=0.1)


def test_rows_without_a_value_come_last_in_any_order():
    result = ictal.measure(np.random.default_rng(0).normal(size=(99, 3)), ["si_3", "chi_c"], dt=0.1)
    for descending in (False, True):
        found = result.sort(lambda row: np.nan if row.measure == "si_3" else 1.0, descending=descending)
        assert [row.measure for row in found] == ["chi_c", "si_3"]
    for by in (lambda row: row, None, 3, ["p"]):
        with pytest.raises(ictal.InputError):
            result.sort(by)
    with pytest.raises(ictal.InputError, match="descending: must be true or false"):
        result.sort("value", descending="x")


def test_a_function_that_cannot_report_progress_is_refused():
    for function in (lambda: None, lambda a, b, c, d: None):
        with pytest.raises(ictal.InputError, match=r"must be True, or a function of \(done, total, text\)"):
            ictal.measure(np.eye(9), ["si_3"], dt=0.1, progress=function)
