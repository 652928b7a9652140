"""Overviews of trainings, monitors, analyses, evidence and weights: their numbers are those of the file."""

import dataclasses
import io
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from torch import nn

import ictal
from ictal import cli
from ictal.analyses.dynamics.bifurcation import Scan
from ictal.analyses.figures.overview.dynamics import _scan_in_words, dynamics_overview
from ictal.analyses.figures.overview.layered import steps_in
from ictal.analyses.figures.overview.monitor import is_monitored, monitor_overview
from ictal.analyses.figures.overview.network import layers_overview
from ictal.analyses.figures.overview.panels import spread
from ictal.analyses.figures.overview.training import training_overview
from ictal.analyses.figures.save import to_png
from ictal.analyses.layers.layer_synchrony import layer_synchrony
from ictal.analyses.measures.notation import short
from ictal.cli import output
from ictal.experiments.reproduce import ledger
from ictal.simulator import Recording, Run

REFERENCE = Path(__file__).resolve().parents[2] / "data" / "reference"
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A training with surrogates at both ends, and one without synchrony."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(output, "FIRST_LINE", 1e9)
        images = ["--n-train", "100", "--n-test", "100", "--batch-size", "50", "--label-noise", "0.4", "--epochs", "24"]
        small = ["--set", "hidden=32,32", "--quiet"]
        synchrony = ["--synchrony", "auto", "--synchrony-sets", "test", "--synchrony-n-probe", "60"]
        measures = ["--synchrony-measures", "si_3,chi_c,lambda1_fraction,participation_ratio"]
        assert cli.run(["train", "mlp", *images, *small, *synchrony, *measures, "-o", str(folder / "a.h5")]) == 0
        assert cli.run(["train", "mlp", *images, *small, "-o", str(folder / "b.h5")]) == 0
    return folder


@pytest.fixture(scope="module")
def run(trained):
    return ictal.load(trained / "a.h5")


def letters(drawing):
    found = [text.get_text() for axes in drawing.figure.axes for text in axes.texts]
    return [text for text in found if len(text) == 1 and text.isalpha() and text.islower()]


def fits(drawing):
    """Nothing that is drawn leaves the page [inch]."""
    figure = drawing.figure
    box = figure.get_tightbbox(FigureCanvasAgg(figure).get_renderer())
    wide, tall = figure.get_size_inches()
    assert box.x0 >= 0
    assert box.y0 >= 0
    assert box.x1 <= wide, drawing.title
    assert box.y1 <= tall


def history(run, metric):
    recording = run["history"]
    return recording.numpy()[:, list(recording.unit_labels["metric"]).index(metric)]


def test_a_training_says_its_gap_and_the_range_of_its_synchrony(run):
    drawing = training_overview(run)
    gap = history(run, "train_accuracy")[-1] - history(run, "test_accuracy")[-1]
    found = layer_synchrony(run, "si_3", when="post", of="test")
    values = found.values[np.isfinite(found.values)]
    assert f"the gap grows to {short(gap)}" in drawing.title
    if np.ptp(values) <= 0.1:
        assert f"SI-3 stays between {short(values.min())} and {short(values.max())}" in drawing.title
    else:
        last = found.values[:, -1]
        assert f"SI-3 of the last layer goes from {short(last[0])} to {short(last[-1])}" in drawing.title
    assert drawing.title.startswith("MLP, 2 × 32, on digits with 40 % wrong labels: ")
    assert letters(drawing) == ["a", "b", "c", "d", "e"]
    assert "60 test examples" in drawing.figure.texts[1].get_text()
    fits(drawing)


def test_every_panel_of_a_training_holds_the_numbers_of_the_file(run):
    drawing = training_overview(run)
    accuracy, layers, lines, profile, rows = drawing.figure.axes[:5]
    found = layer_synchrony(run, "si_3", when="post", of="test")
    assert accuracy.lines[0].get_ydata() == pytest.approx(history(run, "train_accuracy"))
    best = found.times[history(run, "test_loss").argmin()]
    assert accuracy.lines[-1].get_xdata() == pytest.approx([best, best]), "dashed: the lowest test loss"
    assert np.asarray(layers.collections[0].get_array()).reshape(2, -1) == pytest.approx(found.values.T)
    assert lines.lines[0].get_ydata() == pytest.approx(found.values[:, 0])
    filled, hollow = profile.lines
    assert filled.get_xdata() == pytest.approx(found.values[-1])
    assert hollow.get_xdata() == pytest.approx(found.values[0])
    bars = sorted((bar.get_x(), bar.get_x() + bar.get_width()) for bar in profile.patches)
    nulls = [(float(null.low[-1, k]), float(null.high[-1, k])) for null in found.nulls.values() for k in range(2)]
    assert np.array(bars) == pytest.approx(np.array(sorted(nulls)))
    names = [tick.get_text() for tick in rows.get_yticklabels()]
    assert names == ["SI-3", "χ$_{\\mathrm{c}}$", "λ₁ share"]
    count = drawing.figure.axes[5]
    assert count.get_xlim()[0] > count.get_xlim()[1], "the participation ratio's axis is reversed"


def test_a_training_without_synchrony_shows_its_metrics(trained):
    drawing = training_overview(ictal.load(trained / "b.h5"))
    assert letters(drawing) == ["a", "b", "c", "d"]
    assert "the gap" in drawing.title
    assert "SI-3" not in drawing.title
    fits(drawing)


def test_synchrony_without_a_history_is_drawn_alone(run):
    alone = Run({name: entry for name, entry in run.items() if name != "history"}, run.source)
    drawing = training_overview(alone)
    assert letters(drawing) == ["a", "b", "c", "d"]
    assert "gap" not in drawing.title


def test_the_same_training_gives_the_same_bytes(run):
    assert to_png(training_overview(run).figure) == to_png(training_overview(run).figure)


def test_a_run_that_is_no_training_is_one_line():
    other = Run({"x": Recording(RNG.normal(size=(50, 3)), 0.01, "second", "voltage", "mV")})
    assert not is_monitored(other)
    for draw, what in ((training_overview, "training"), (monitor_overview, "Monitor"), (layers_overview, "layer")):
        with pytest.raises(ictal.InputError, match=what) as found:
            draw(other)
        assert "\n" not in str(found.value)


def test_a_step_is_found_where_it_is_and_in_no_line():
    times = np.arange(60.0)
    values = 0.2 + 0.001 * times[:, None] + RNG.normal(0, 0.004, size=(60, 4))
    assert steps_in(times, values) == []
    values[33:, 2] += 0.05
    (step,) = steps_in(times, values)
    assert step.layer == 2
    assert step.rises
    assert step.low <= 33 <= step.high
    assert abs(step.place - 33) <= 1
    assert steps_in(times[:10], values[:10]) == [], "too short to tell"
    assert steps_in(times**2, values) == [], "records at unequal distances"


def test_labels_keep_apart_and_in_order():
    places = spread([0.30, 0.31, 0.32, 0.9], 0.05)
    assert np.diff(places) == pytest.approx([0.05, 0.05, 0.9 - 0.36])
    assert np.mean(places[:3]) == pytest.approx(0.31)


@pytest.fixture(scope="module")
def watched():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(5, 12), nn.ReLU(), nn.Linear(12, 12), nn.Tanh(), nn.Linear(12, 2))
    with ictal.Monitor(model, measures=["si_3", "participation_ratio"], every=2) as monitor:
        for k in range(40):
            torch.nn.functional.cross_entropy(model(torch.randn(16, 5)), torch.randint(2, (16,))).backward()
            for weight in model.parameters():
                weight.data -= 0.1 * weight.grad
                weight.grad = None
            del k
    return monitor.run()


def test_a_monitor_names_the_means_of_its_ends(watched):
    drawing = monitor_overview(watched)
    values = watched["si_3"].numpy()[:, -1]
    assert f"SI-3 of layer 3 goes from {short(values[:2].mean())} to {short(values[-2:].mean())}" in drawing.title
    cells = np.asarray(drawing.figure.axes[0].collections[0].get_array()).reshape(2, 20)
    assert cells == pytest.approx(watched["si_3"].numpy().T)
    assert letters(drawing) == ["a", "b", "c", "d"]
    assert to_png(monitor_overview(watched).figure) == to_png(drawing.figure)
    fits(drawing)


def over_epochs(values, **more):
    """A Run of one own record of two layers over epochs."""
    labels = {"layer": np.array(["1", "3"])}
    given = {"dt": 1, "clock": "epoch", "quantity": "si_3", "unit": "1", "unit_labels": labels} | more
    return Run({"si_3": ictal.Recording(np.array(values), **given)})


def test_own_records_over_epochs_are_drawn_as_a_monitor_with_the_peak_in_the_title():
    drawing = over_epochs([[0.1, 0.22], [0.2, 0.42], [0.3, 0.37]]).overview()
    assert drawing.title == "A network: SI-3 of layer 3 goes from .22 to .37 in 3 epochs, highest .42 at epoch 1"
    assert drawing.figure.axes[0].get_xlabel() == "epoch"
    assert "Layers, from the bottom: 1, 3." in drawing.caption
    assert "highest" not in over_epochs([[0.1, 0.2], [0.2, 0.3], [0.3, 0.4]]).overview().title
    fits(drawing)


def test_a_layer_below_zero_is_a_framed_row(recwarn, caplog):
    drawing = over_epochs([[0.1, -0.02]] * 4, quantity="chi_c").overview()
    assert all(spine.get_visible() for spine in drawing.figure.axes[0].spines.values())
    assert "χ$_{\\mathbf{c}}$" in drawing.figure.texts[0].get_text()
    to_png(drawing.figure)
    drawing.figure.savefig(io.BytesIO())  # outside the style
    assert not caplog.records
    assert not recwarn.list


def test_a_pass_without_a_value_is_a_gap(watched):
    entry = watched["si_3"]
    valid = np.ones(entry.values.shape, dtype=bool)
    valid[3, 0] = False
    drawing = monitor_overview(Run({"si_3": dataclasses.replace(entry, valid=valid)}, watched.source))
    mask = np.ma.getmaskarray(drawing.figure.axes[0].collections[0].get_array()).reshape(2, 20)
    assert mask.sum() == 1
    assert mask[0, 3]


@pytest.fixture(scope="module")
def analysed():
    return ictal.analyse(
        "stuart_landau", n=1, time=5.0, starts=4, lyapunov=True, fixed_points=True, attractors=True,
        scan=("a", -0.5, 1.0, 4), phase_plane=True,
    )  # fmt: skip


def test_an_analysis_says_what_its_parts_found(analysed):
    drawing = dynamics_overview(analysed)
    assert "one unstable focus" in drawing.title
    assert "every start ends on one cycle" in drawing.title
    assert letters(drawing) == ["a", "b", "c", "d", "e"]
    planes = [axes for axes in drawing.figure.axes if axes.get_xlabel().startswith("Re")]
    points = [line for line in planes[0].lines if line.get_marker() == "o"]
    assert points[0].get_xdata() == pytest.approx(analysed.fixed_points.eigenvalues[0].real)
    assert points[0].get_markerfacecolor() == "white", "open: unstable"
    assert to_png(dynamics_overview(analysed).figure) == to_png(drawing.figure)
    assert analysed.plot().axes
    fits(drawing)


def test_any_part_alone_is_a_page(analysed):
    for part in ("lyapunov", "fixed_points", "attractors", "scan", "phase_plane"):
        rest = {
            name: None for name in ("lyapunov", "fixed_points", "attractors", "scan", "phase_plane") if name != part
        }
        drawing = dynamics_overview(dataclasses.replace(analysed, **rest))
        assert letters(drawing) == ["a"]
        assert drawing.title.startswith("Stuart–Landau oscillator: ")


def scan(high_up, high_down, settled=True):
    """A scan whose variable is 0 at least, and these at most on the way up and down."""
    n = len(high_up)
    zeros = np.zeros((2, n))
    return Scan(
        "p", "x", np.arange(n, dtype=float), zeros, np.array([high_up, high_down], dtype=float), zeros, zeros + np.nan,
        np.full((2, n), settled),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (scan([0, 1, 1, 0], [0, 1, 1, 0]), "it swings between p = 1 and 2"),
        (scan([0, 1, 1, 0], [0, 1, 1, 0], settled=False), "it swings between p = 1 and about 2"),
        (scan([0, 0, 1, 1], [0, 1, 1, 1]), "up and down differ at p = 1"),
        (scan([1, 1, 1, 1], [1, 1, 1, 1]), "it swings at every p of the scan"),
        (scan([0, 1, 0, 1], [0, 1, 0, 1]), "it swings between p = 1 and 1, and in 1 more range"),
    ],
)
def test_a_scan_in_words(found, words):
    assert _scan_in_words(found) == words


def test_the_scoreboard_counts_the_claims_of_the_ledger():
    evidence = ictal.load(REFERENCE / "evidence-medium.h5")
    drawing = evidence.overview()
    found = ledger([evidence])
    verdicts = {name: verdict for name, verdict in found.by_claim().items() if verdict != "not run"}
    assert f"None of the {len(verdicts)} claims that were run holds" == drawing.title
    fails = sum(verdict == "fails" for verdict in verdicts.values())
    assert f"{fails} fail" in drawing.figure.texts[1].get_text()
    drawn = [float(line.get_xdata()[0]) for line in drawing.figure.axes[0].lines if line.get_marker() == "o"]
    rise = [e.value for e in found.effects["medium"] if e.claim == "rise" and e.role == "stated" and e.substance]
    assert set(np.round(rise, 9)) <= set(np.round(drawn, 9))
    assert to_png(drawing.figure) == to_png(evidence.overview().figure)
    fits(drawing)


def test_planted_truth_shows_the_share_of_right_verdicts():
    found = ictal.load(REFERENCE / "planted.h5")
    drawing = found.overview()
    mine = [row for row in found.rows if (row.seeds, row.size, row.spread) == (10, 1.0, 0.1)]
    share = sum(row.count * row.right for row in mine) / sum(row.count for row in mine)
    assert f"{100 * share:.0f} % with 10 seeds" in drawing.title
    cells = next(
        axes for axes in drawing.figure.axes if any("10 seeds, effects 1 " in t.get_text() for t in axes.texts)
    )
    drawn = np.ma.filled(cells.collections[0].get_array(), np.nan)  # not planted: NaN
    assert np.nanmean(drawn) == pytest.approx(share)
    fits(drawing)


def test_an_evaluation_and_weights_are_pages(trained):
    found = ictal.evaluate_file(trained / "b.pt", corruptions=True, strange=("uniform-noise",))
    drawing = found.overview()
    assert f"test accuracy {short(found.sets['test'].accuracy)}, gap {short(found.gap)}" in drawing.title
    assert sorted(letters(drawing)) == ["a", "b", "c", "d"]
    fits(drawing)
    full = ictal.evaluate_file(
        trained / "b.pt", noise=(0.1, 0.4), attacks=(0.03, 0.1), corruptions=True, strange=("uniform-noise",)
    )
    drawing = full.overview()
    assert sorted(letters(drawing)) == ["a", "b", "c", "d", "e", "f"]

    def drawn(title):
        texts = ((axes, [text.get_text() for text in axes.texts]) for axes in drawing.figure.axes)
        return next(axes for axes, found in texts if any(title in text for text in found))

    test, under = full.sets["test"], full.attacked
    by_size = {"worst": [under.clean], "noise": [under.clean]}
    for size in under.epsilons:
        by_size["worst"].append(under.worst(size))
        by_size["noise"].append(under.noise(size))
    lines = drawn("nder attack").lines
    for line, name in ((lines[0], "noise"), (lines[-1], "worst")):
        assert line.get_xdata() == pytest.approx([0, 0.03, 0.1])
        assert line.get_ydata() == pytest.approx([row.accuracy for row in by_size[name]])
    curve = drawn("With Gaussian noise").lines[0].get_ydata()
    assert curve == pytest.approx([test.accuracy, *(row.accuracy for row in full.noise)])
    diagram = drawn(f"Reliability: ECE {short(test.ece, 3)}, by chance {short(test.floor, 3)}")
    dots = [line.get_ydata()[0] for line in diagram.lines if line.get_marker() == "o"]
    assert dots == pytest.approx([row.accuracy for row in full.reliability if row.n])
    fits(drawing)
    network = ictal.load(trained / "b.pt")
    page = network.overview()
    assert page.title.startswith("MLP, 2 × 32, on digits: mean |r| of pairs of units is ")
    measured = ictal.measure(trained / "b.pt", "si_3")
    ends = [short(row.value) for row in (measured.rows[0], measured.rows[-1])]
    assert page.title.endswith(f"is {ends[0]} in the first layer and {ends[1]} in the last")
    picture = matplotlib.image.imread(io.BytesIO(to_png(page.figure)))
    assert picture.shape[1] > 1400
