"""Figures: every axis has its unit, nothing that is not a number is drawn, the same data give the same bytes."""

import math
import struct
import xml.etree.ElementTree as ElementTree
import zlib
from html import escape

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from ictal.analyses import (
    Comparison,
    Panel,
    Settings,
    compare_panels,
    drawings_of_run,
    save_figures,
    to_png,
    to_svg,
)
from ictal.analyses.figures.comparison import drawings
from ictal.analyses.figures.parts.curves import spectrum_figure
from ictal.analyses.figures.parts.maps import correlation_figure, off_diagonal_mean, z_scored
from ictal.analyses.figures.parts.style import OKABE_ITO, SIZE
from ictal.analyses.figures.raw import WIDTH
from ictal.analyses.measures.notation import notation
from ictal.simulator import InputError, Recording, Run, Spikes

KINDS = ("permute", "permute_within_class")
WITHOUT_UNIT = {  # numbers of things, and ratios, have none
    "cell",
    "class",
    "cell × cell",
    "correlation",
    "unit × unit",
    "mean",
    "unit",
    "frame",
    "epoch",
    "training step",
    "sample (no order)",
    "sample (sorted by class)",
    "Kuramoto r",
    "Pearson correlation",
    "accuracy",
    "loss",
    "train − test accuracy",
    *(notation(name).math for name in ("chi_c", "kuramoto_r1", "within_class_si")),
    "unit, clustered by 1 − r",
    "score",
    "slow variable",
    "g",
}


def trains(seed, together):
    rng = np.random.default_rng(seed)
    step = rng.random((2000, 1 if together else 30)) < 0.03
    when, who = np.nonzero(np.broadcast_to(step, (2000, 30)))
    return Spikes(time=when * 0.001, unit=who, n_units=30, duration=2.0)


def samples(seed, dead=3):
    rng = np.random.default_rng(seed)
    x = np.maximum(rng.normal(size=(200, 30)), 0)
    x[:, :dead] = 0.25
    labels = {"class": rng.permutation(np.arange(200) % 4)}
    return Recording(x, dt=1.0, clock="sample", quantity="activation", unit="1", time_labels=labels)


def loop(seed):
    t, rng = np.arange(200)[:, None], np.random.default_rng(seed)
    x = np.sin(2 * np.pi * 8 * t / 200 + rng.uniform(0, 2, 30)) + 0.2 * rng.normal(size=(200, 30))
    return Recording(x, dt=1.0, clock="frame", quantity="pre-activation", unit="1", periodic=True)


def curves(seed):
    train = 1 - 0.8 * np.exp(-np.arange(9) / 3) + np.random.default_rng(seed).normal(0, 0.003, 9)
    names = np.array(["train_loss", "train_accuracy", "test_loss", "test_accuracy", "gap", "score"])
    values = np.stack([2 - train, train, 2.2 - train, train - 0.2, np.full(9, 0.2), train], axis=1)
    return Recording(values, 1.0, "epoch", "training metric", "1", unit_labels={"metric": names})


@pytest.fixture(scope="module")
def comparison():
    return compare_panels(
        [
            Panel("spikes", {n: [trains(s, n == "seizure") for s in range(3)] for n in ("rest", "seizure")}),
            Panel("samples", {n: [samples(s + k) for s in range(3)] for k, n in enumerate("ab")}, KINDS),
            Panel("loop", {n: [loop(s + k) for s in range(3)] for k, n in enumerate("ab")}),
        ],
        settings=Settings(measures=("chi_c", "kuramoto_r1", "mean_rate", "within_class_si")),
        histories={"a": [curves(1), curves(2)], "b": [curves(3), curves(4)]},
    )


@pytest.fixture(scope="module")
def run():
    rng = np.random.default_rng(0)
    t = np.arange(2000) * 0.01
    g = 1.4 - 0.9 * (1 - np.abs(t - 10) / 10)
    rate = np.where((g < 0.7) | ((t > 10) & (g < 1.2)), 50.0, 3.0)
    when, who = np.nonzero(rng.random((2000, 40)) < rate[:, None] * 0.01)
    spikes = Spikes(time=t[when], unit=who, n_units=40, duration=20.0)
    lfp = np.sin(2 * np.pi * 4 * t)[:, None] + 0.1 * rng.normal(size=(2000, 1))
    return Run(
        {
            "E": spikes,
            "g": Recording(g[:, None], 0.01, "second", "g", "1"),
            "q": Recording(0.3 + 0 * g[:, None], 0.01, "second", "slow variable", "1"),
            "lfp": Recording(lfp, 0.01, "second", "LFP proxy", "mV"),
            "images": samples(1),
            "loop": loop(1),
            "trials": Recording(rng.normal(size=(3, 50, 9)), 0.01, "second", "rate", "Hz"),
            "history": curves(1),
        }
    )


@pytest.fixture(scope="module")
def drawn(comparison, run):
    return [*drawings(comparison), *drawings_of_run(run)]


def data_of(figure):
    """Every number that a figure draws; what is masked is not drawn."""
    for axes in figure.axes:
        for line in axes.lines:
            yield np.asarray(line.get_xdata(orig=False), dtype=float)
            yield np.asarray(line.get_ydata(orig=False), dtype=float)
        for image in axes.images:
            yield np.ma.compressed(image.get_array())
        for collection in axes.collections:
            for path in collection.get_paths():
                yield path.vertices
        yield np.array([*axes.get_xlim(), *axes.get_ylim()])


def test_a_comparison_gives_a_figure_of_each_kind(comparison):
    names = list(comparison.drawings())
    assert len(names) == len(set(names))
    assert [n for n in names if n.startswith(("raster", "order", "spectrum"))] == [
        "raster/spikes/rest",
        "raster/spikes/seizure",
        "order/spikes",
        "order/loop",
        "spectrum/spikes",
        "spectrum/loop",
    ]
    assert sum(n.startswith("activity/") for n in names) == sum(n.startswith("correlation/") for n in names) == 6
    assert [n for n in names if n.startswith("history/")] == [
        "history/a/accuracy",
        "history/b/accuracy",
        "history/gap",
        "history/a/loss",
        "history/b/loss",
        "history/score",
    ]
    assert [n for n in names if n.startswith("null/")] == [
        *("null/chi_c/spikes", "null/chi_c/samples", "null/chi_c/loop"),
        *("null/kuramoto_r1/spikes", "null/kuramoto_r1/loop"),
        *("null/mean_rate/spikes", "null/within_class_si/samples"),
    ]


def test_a_run_gives_its_rasters_traces_maps_spectrum_and_hysteresis(run):
    assert list(run.drawings()) == [
        "raster/E",
        "trace/g",
        "trace/q",
        "trace/lfp",
        "spectrum/lfp",
        "activity/images",
        "activity/loop",
        "activity/trials",
        "history/history/loss",
        "history/history/accuracy",
        "history/history/gap",
        "history/history/score",
        "ramp/g",
    ]
    assert "strongest at 4 Hz" in next(d.caption for d in drawings_of_run(run) if d.name == "spectrum/lfp")


def test_a_trigger_is_no_ramp(run):
    step = np.where(np.arange(2000) < 150, 0.4, 1.0)[:, None]
    shown = Run({"E": run["E"], "g": Recording(step, 0.01, "second", "g", "1")}).drawings()
    assert list(shown) == ["raster/E", "trace/g"]


def test_every_axis_says_what_it_is_in_which_unit(drawn):
    for drawing in drawn:
        for axes in drawing.figure.axes:
            shared = any(tick.label1.get_visible() for tick in axes.xaxis.get_major_ticks())
            labels = [axes.get_xlabel()] if shared and not drawing.name.startswith("null/") else []
            if axes.get_label() == "<colorbar>":
                labels = []
            if not (
                drawing.name.startswith("raw/") and axes.get_ylabel() == ""
            ):  # columns share the label of the first
                labels.append(axes.get_ylabel())
            for label in labels:
                assert label, drawing.name
                known = label in WITHOUT_UNIT | {"gap"} or (label.endswith("]") and "[" in label)
                assert known, (drawing.name, label)


def test_nothing_but_numbers_is_drawn(drawn):
    for drawing in drawn:
        arrays = list(data_of(drawing.figure))
        assert sum(array.size for array in arrays) > 4, drawing.name
        for array in arrays:
            assert np.isfinite(array).all(), drawing.name


def test_figures_are_small_legible_and_in_words(drawn):
    for drawing in drawn:
        if drawing.name.startswith("raw/"):  # several groups side by side
            assert drawing.figure.get_figwidth() == WIDTH
        else:
            assert drawing.figure.get_size_inches() == pytest.approx(SIZE, abs=0.2)  # a legend of three rows is taller
        drawing.figure.draw_without_rendering()
        for text in drawing.figure.findobj(matplotlib.text.Text):
            assert not text.get_text().strip() or text.get_fontsize() >= 8, (drawing.name, text)
        assert drawing.caption.endswith(".")
        assert len(drawing.alt) > 4
        assert "nan" not in f"{drawing.caption} {drawing.alt}".lower().split()


@pytest.fixture(scope="module")
def long_names():
    names = ("a_rather_long_file_name_of_somebody_else.npz", "n" * 40, "x y " * 20)
    groups = {name: [samples(seed)] for seed, name in enumerate(names)}
    return list(drawings(compare_panels([Panel("p" * 40, groups)], settings=Settings(measures=("chi_c",)))))


def test_no_text_leaves_the_figure_and_no_legend_covers_data(drawn, long_names):
    for drawing in [*drawn, *long_names]:
        figure = drawing.figure
        figure.draw_without_rendering()
        box, spare = figure.bbox, undrawn(figure)
        for text in figure.findobj(lambda a: isinstance(a, matplotlib.text.Text) and a.get_visible()):
            if text.get_text().strip() and text not in spare:
                extent = text.get_window_extent()
                inside = extent.x0 >= -1 and extent.y0 >= -1 and extent.x1 <= box.x1 + 1 and extent.y1 <= box.y1 + 1
                assert inside, (drawing.name, text.get_text())
        for legend in figure.legends:
            for axes in figure.axes:
                assert not legend.get_window_extent().overlaps(axes.get_window_extent()), drawing.name


def undrawn(figure):
    """Tick labels beyond the limits of an axis, and spare ones: they exist and are not drawn."""
    found = set()
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        shown = axis._update_ticks()
        for tick in [*axis.majorTicks, *axis.minorTicks]:
            if tick not in shown:
                found |= {tick.label1, tick.label2}
    return found


def test_every_replicate_and_its_null_are_drawn(comparison):
    drawn = comparison.drawings()["null/chi_c/samples"]
    figure, caption = drawn.figure, drawn.caption
    dots = [line for line in figure.axes[0].lines if line.get_marker() == "o" and line.get_mfc() != "none"]
    shown = sorted(y for line in dots for y in line.get_ydata())
    of_panel = [o for o in comparison.observations if (o.measure, o.panel) == ("chi_c", "samples")]
    assert shown == sorted({(o.group, o.replicate): o.value for o in of_panel}.values())
    bars = sorted(tuple(p.vertices[:, 1]) for c in figure.axes[0].collections for p in c.get_paths())
    assert bars == sorted((o.null_low, o.null_high) for o in of_panel)
    ticks = sorted(y for line in figure.axes[0].lines if line.get_marker() == "_" for y in line.get_ydata())
    assert ticks == sorted(o.null_mean for o in of_panel)
    assert "first kind of null decides" in caption


def test_what_has_no_null_says_so(comparison):
    drawn = comparison.drawings()["null/mean_rate/spikes"]
    figure, caption = drawn.figure, drawn.caption
    assert "no null" in caption
    assert not figure.axes[0].collections
    assert figure.axes[0].get_ylabel() == "ν [Hz]"


def test_maps_that_are_held_side_by_side_share_their_scale(comparison):
    figures = comparison.drawings()
    maps = [n for n in figures if n.startswith(("activity/", "correlation/"))]
    scales = {n: figures[n].figure.axes[0].images[0].get_clim() for n in maps}
    assert {v for n, v in scales.items() if n.startswith("activity/")} == {(-2.5, 2.5)}
    assert {v for n, v in scales.items() if n.startswith("correlation/")} == {(-1.0, 1.0)}


def test_units_that_do_not_vary_are_left_grey():
    z = z_scored(np.array([[0.0, 5.0, 1.0], [2.0, 5.0, -1.0]]))
    assert z.mask[:, 1].all()
    assert not z.mask[:, [0, 2]].any()
    matrix = np.array([[1.0, 0.0, 0.5], [0.0, 0.0, 0.0], [0.5, 0.0, 1.0]])
    image = correlation_figure("x", matrix).axes[0].images[0]
    assert np.ma.getmaskarray(image.get_array()).tolist() == [[False, False, True], [False, False, True], [True] * 3]
    assert off_diagonal_mean(matrix) == 0.5
    assert off_diagonal_mean(np.zeros((3, 3))) is None
    assert z_scored(np.ones((4, 2))).mask.all()


def test_a_constant_mean_has_no_power_and_says_so():
    figure = spectrum_figure("x", {"a": (np.arange(5.0), np.zeros(5))}, "Hz", "mV²/Hz")
    assert "no power" in figure.axes[0].texts[0].get_text()


@pytest.mark.parametrize("name", ["raster/spikes/rest", "activity/samples/a", "order/spikes", "null/chi_c/loop"])
def test_the_same_data_give_the_same_bytes(comparison, name, tmp_path):
    loaded = Comparison.load(comparison.save(tmp_path / "c.h5"))
    one, two = comparison.drawings()[name], loaded.drawings()[name]
    assert one.caption == two.caption
    assert to_png(one.figure, one.caption) == to_png(two.figure, two.caption)
    assert to_svg(one.figure, one.caption) == to_svg(two.figure, two.caption)


def test_a_readers_own_settings_change_nothing_and_are_left_alone(run):
    def picture():
        return to_svg(run.drawings()["trace/lfp"].figure)

    plain = picture()
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red", "lines.linewidth": 9}):
        before = dict(matplotlib.rcParams)
        assert picture() == plain
        assert dict(matplotlib.rcParams) == before


def test_files_are_whole_and_carry_their_caption(comparison, tmp_path):
    figures = [comparison.drawings()[n] for n in ("order/loop", "null/chi_c/spikes")]
    written = save_figures(figures, tmp_path)
    stems = ("order-loop", "null-chi_c-spikes")
    assert [p.name for p in written] == [f"{stem}.{kind}" for stem in stems for kind in ("png", "svg")]
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(p.name for p in written)
    for path, drawing in zip(written[::2], figures, strict=True):
        chunks = dict(png_chunks(path.read_bytes()))
        width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
        assert (width, height) == (680, 520)
        assert chunks_text(path.read_bytes())["Description"] == drawing.caption
        svg = path.with_suffix(".svg").read_text(encoding="utf-8")
        assert ElementTree.fromstring(svg).tag.endswith("svg")
        assert "<text" in svg  # text stays text: it can be searched, read aloud and set in another font
        assert f"<desc>{escape(drawing.caption)}</desc>" in svg
    with pytest.raises(InputError, match="exists already"):
        save_figures(figures, tmp_path)
    assert save_figures(figures, tmp_path, force=True) == written
    with pytest.raises(InputError, match="no such folder"):
        save_figures(figures, tmp_path / "none")


def png_chunks(data):
    at = 8
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        yield kind, data[at + 8 : at + 8 + size]
        at += size + 12


def chunks_text(data):
    found = {}
    for kind, body in png_chunks(data):
        if kind == b"tEXt":
            key, _, text = body.partition(b"\0")
            found[key.decode()] = text.decode("latin-1")
        elif kind == b"iTXt":
            key, _, rest = body.partition(b"\0")
            packed, text = rest[0], rest[2:].split(b"\0", 2)[2]
            found[key.decode()] = (zlib.decompress(text) if packed else text).decode()
    return found


NAMES = ("$x_1$ and $", "日本語", "a" * 90, "many words in a name " * 5, "\t\n", "%d {0} \\frac")


@pytest.mark.parametrize("name", NAMES)
def test_any_name_can_be_drawn(name):
    panel = Panel("p", {name: [loop(s) for s in range(2)], "other": [loop(s + 5) for s in range(2)]})
    found = compare_panels([panel], settings=Settings(measures=("chi_c",)))
    for drawing in drawings(found):
        assert to_png(drawing.figure, drawing.caption).startswith(b"\x89PNG")


def test_one_replicate_and_many_groups_fit():
    groups = {f"a group of some length {k}": [loop(k)] for k in range(9)}
    found = compare_panels([Panel("p", groups)], settings=Settings(measures=("chi_c",)))
    figure = found.drawings()["null/chi_c/p"].figure
    figure.draw_without_rendering()
    assert len({label.get_text() for label in figure.axes[0].get_xticklabels()}) == 9
    (legend,) = figure.legends
    for label in figure.axes[0].get_xticklabels():
        assert not label.get_window_extent().overlaps(legend.get_window_extent())
    curves_of_all = found.drawings()["order/p"].figure
    curves_of_all.draw_without_rendering()
    assert curves_of_all.axes[0].get_window_extent().height > 0.35 * curves_of_all.dpi * SIZE[1]


def test_colours_can_be_told_apart_without_colour_vision():
    """The least distance of two colours under deuteranopia (Viénot et al. 1999) stays visible."""
    turn = np.array([[0.625, 0.375, 0.0], [0.7, 0.3, 0.0], [0.0, 0.3, 0.7]])
    seen = [turn @ np.array(to_rgb(name)) for name in OKABE_ITO]
    least = min(math.dist(a, b) for i, a in enumerate(seen) for b in seen[:i])
    assert least > 0.1


def test_groups_with_unlike_clocks_do_not_share_a_time_axis():
    rng = np.random.default_rng(0)
    seconds, frames = (
        [
            Recording(rng.normal(size=(200, 10)), dt=dt, clock=clock, quantity="activity", unit="1", periodic=True)
            for _ in range(2)
        ]
        for dt, clock in ((0.01, "second"), (1.0, "frame"))
    )
    panel = Panel("p", {"brain": seconds, "network": frames})
    made = compare_panels([panel], settings=Settings(measures=("kuramoto_r1",))).drawings()
    labels = {name: made[name].figure.axes[0].get_xlabel() for name in made if name.startswith(("order", "spectrum"))}
    assert labels == {
        "order/p/1": "time [s]",
        "order/p/2": "frame",
        "spectrum/p/1": "frequency [Hz]",
        "spectrum/p/2": "frequency [cycles/frame]",
    }
