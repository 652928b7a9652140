"""Overviews: titles are made from the numbers, events stand at their times, scale bars measure what they say."""

import re
import time

import numpy as np
import pytest

import ictal
from ictal import Recording, Run, Spikes, cli
from ictal.analyses import to_png, to_svg
from ictal.analyses.figures.overview.channels import draw_channels
from ictal.analyses.figures.overview.compose import Time
from ictal.analyses.figures.overview.lines import round_size, spectrum_of
from ictal.analyses.figures.overview.run import run_overview
from ictal.analyses.figures.parts.maps import correlation_figure
from ictal.analyses.figures.parts.palette import EEG, INHIBITORY, MODEL
from ictal.models import SYSTEMS

SMALL = {
    "seizure": {"n_e": 80, "n_i": 20, "in_degree_e": 20, "in_degree_i": 10, "duration": 0.5},
    "cuba": {"n_e": 80, "n_i": 20, "duration": 0.2},
    "lif": {"n": 210, "duration": 0.2},
    "balanced": {"n_e": 400, "n_i": 100, "c_e": 40, "c_i": 10, "j": 0.5, "duration": 0.2},
    "lif_ring": {"n": 64, "duration": 0.2},
    "compte": {"n_e": 64, "duration": 0.5},
    "ring": {"n": 32, "duration": 0.3},
    "zhang": {"n": 32, "duration": 0.3},
    "synthetic_eeg": {"channels": 4},
    "epileptor": {"duration": 200.0},
    "wilson_cowan": {"duration": 0.5},
    "kuramoto": {"n": 20, "duration": 20.0},
    "stuart_landau": {"duration": 2.0},
}
EMPTY = np.zeros(0)


def trains(rates, n=40, step=0.001, seed=0):
    """Spikes of n units with a probability of rates(t) · step in every step."""
    p = np.asarray(rates) * step
    when, who = np.nonzero(np.random.default_rng(seed).random((p.size, n)) < p[:, None])
    return Spikes(time=when * step, unit=who, n_units=n, duration=p.size * step)


def channels(values, rate=100.0, events=(), **source):
    labels = {"channel": [f"C{k}" for k in range(values.shape[1])]}
    notes = [{"onset": a, "duration": b, "text": "seizure"} for a, b in events]
    return Run(
        {"eeg": Recording(values, 1 / rate, "second", "potential", "µV", unit_labels=labels)},
        {"annotations": notes, **source},
    )


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


@pytest.mark.parametrize("name", [name for name in SYSTEMS if name != "classifier"])
def test_every_system_has_an_overview_whose_title_is_a_sentence(name):
    run = SYSTEMS.load(name)(**SMALL[name]).record(0)
    drawn = run.overview()
    assert drawn.name == "overview"
    assert re.fullmatch(r"[^\n]+: [^\n]+", drawn.title)
    assert "seed 0" in drawn.alt
    assert drawn.caption.endswith(".")
    assert to_png(drawn.figure).startswith(b"\x89PNG")


def test_the_title_of_a_ramp_names_both_crossings_and_the_events_stand_there():
    t = np.arange(0, 20, 0.001)
    g = np.where(t < 10, 1.5 - 0.1 * t, -0.5 + 0.1 * t)  # 1.5 down to .5 and up again
    high = (t > 8) & (t < 17)  # on at g = .7, off at 1.2
    run = Run({"E": trains(np.where(high, 60.0, 2.0)), "g": Recording(g[:, None], 0.001, "second", "gain", "1")},
              {"system": "seizure", "parameters": {"protocol": "ramp"}, "seed": 3})  # fmt: skip
    drawn = run_overview(run)
    on, off = (
        float(x) for x in re.findall(r"= (\d\.\d\d) on the way down and stops only at (\d\.\d\d)", drawn.title)[0]
    )
    assert on == pytest.approx(0.7, abs=0.02)
    assert off == pytest.approx(1.2, abs=0.02)
    assert drawn.title.startswith("Seizure network, ramp: it seizes at g = ")
    panels = [axes for axes in drawn.figure.axes if axes.get_xlim() == (0.0, 20.0)]
    for axes in panels:
        events = [line for line in axes.lines if len(set(line.get_xdata())) == 1 and line.get_linestyle() != "-"]
        assert [line.get_xdata()[0] for line in events] == pytest.approx([8.0, 17.0], abs=0.15)
    assert len(panels) == 3


def test_a_ramp_that_never_crosses_says_rates_and_no_seizure():
    g = np.linspace(1, 0, 8000)[:, None]
    run = Run({"E": trains(np.full(8000, 3.0)), "g": Recording(g, 0.001, "second", "gain", "1")})
    assert "seiz" not in run.overview().title


def test_a_step_of_a_parameter_is_an_event_and_the_title_has_both_rates():
    g = np.repeat([0.4, 1.0], 2000)[:, None]
    spikes = trains(np.repeat([50.0, 10.0], 2000))
    drawn = Run({"E": spikes, "g": Recording(g, 0.001, "second", "gain", "1")}).overview()
    before = np.count_nonzero(spikes.time < 2) / 2 / 40
    assert f"E fires at {before:.0f} Hz while g = 0.4, and at " in drawn.title
    assert "g = 1" in texts(drawn.figure)


def test_rates_regularity_and_silence_in_the_title():
    clock = Spikes(time=np.arange(0.05, 2, 0.1), unit=np.zeros(20, int), n_units=1, duration=2.0)
    assert Run({"E": clock}).overview().title.endswith("E fires at 10 Hz on average; CV of intervals 0")
    silent = Spikes(time=EMPTY, unit=np.zeros(0, int), n_units=7, duration=2.0)
    drawn = Run({"E": silent, "I": silent}).overview()
    assert drawn.title.endswith("no unit fires in 2 s")
    assert "no unit has 5 spikes" in texts(drawn.figure)


def test_the_cv_is_that_of_every_unit_with_enough_spikes():
    from ictal.analyses.figures.overview.spiking import cv_of

    rng = np.random.default_rng(1)
    each = [np.sort(rng.uniform(0, 10, n)) for n in (3, 9, 50)]
    unit = np.repeat([0, 1, 2], [3, 9, 50])
    spikes = Spikes(time=np.concatenate(each), unit=unit, n_units=3, duration=10.0)
    want = [np.diff(one).std(ddof=1) / np.diff(one).mean() for one in each[1:]]
    np.testing.assert_allclose(cv_of(spikes), want)


def test_a_population_has_its_colour_everywhere():
    figure = Run({"I": trains(np.full(900, 9.0)), "E": trains(np.full(900, 5.0))}, {"system": "own"}).overview().figure
    marks = [line.get_color() for line in figure.axes[0].lines if line.get_marker() == "|"]
    assert marks == [MODEL, INHIBITORY]


def test_the_scale_bar_has_the_size_that_it_names():
    from matplotlib.figure import Figure

    x = np.random.default_rng(0).normal(size=(500, 6)) * 30
    axes = Figure().add_subplot()
    space = draw_channels(axes, np.arange(500) / 100, x, list("abcdef"), "µV", [EEG])
    bar = next(line for line in axes.lines if line.get_gid() == "scale bar")
    named = next(text.get_text() for text in axes.texts if "µV" in text.get_text())
    assert float(named.removesuffix(" µV")) == pytest.approx(float(np.ptp(bar.get_ydata())) * space)
    trace = axes.lines[2].get_ydata()
    np.testing.assert_allclose((trace + 2) * space, x[:, 2] - np.median(x[:, 2]))


def test_sizes_of_bars_are_round():
    assert [round_size(v) for v in (999.0, 1000.0, 7.0, 0.05)] == [500.0, 1000.0, 5.0, 0.05]


def test_an_eeg_says_the_amplitude_in_the_event_and_marks_its_onset():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3000, 5)) * np.where((np.arange(3000) >= 1000) & (np.arange(3000) < 2000), 40.0, 10.0)[:, None]
    drawn = channels(x, events=[(10.0, 10.0)], file="a/rec.edf").overview()
    assert drawn.title == "EEG rec: in the seizure from 10 s the amplitude is 40 µV, before it 10 µV"
    lines = [line for line in drawn.figure.axes[0].lines if list(line.get_xdata()) == [10.0, 10.0]]
    assert len(lines) == 1
    assert "seizure, as annotated" in texts(drawn.figure)


def test_a_rhythm_is_named_where_it_stands_out_and_not_in_noise():
    rng = np.random.default_rng(0)
    t = np.arange(6000) / 100
    noise = rng.normal(size=(6000, 3))
    assert "a rhythm at 8 Hz stands out" in channels(noise + 2 * np.sin(2 * np.pi * 8 * t)[:, None]).overview().title
    for seed in range(20):
        x = np.random.default_rng(seed).normal(size=2000)
        assert not spectrum_of(x, 0.01, "second", "µV").stands_out


def test_hours_draw_in_seconds_and_keep_their_extremes():
    x = np.random.default_rng(0).normal(size=(3 * 3600 * 100, 4)).astype(np.float32)
    x[123_456, 2] = 500.0
    run = channels(x)
    start = time.perf_counter()
    drawn = run.overview()
    to_png(drawn.figure)
    assert time.perf_counter() - start < 30  # 2 s alone on one core
    longest = max(len(line.get_xdata()) for line in drawn.figure.axes[0].lines)
    assert longest <= 2400
    spike = drawn.figure.axes[0].lines[2].get_ydata().max()
    assert spike > 20 * np.median(np.abs(drawn.figure.axes[0].lines[2].get_ydata() + 2))
    assert Time("second", 0, 3 * 3600).label == "time [min]"
    assert Time("second", 0, 6 * 3600).label == "time [h]"


def test_units_that_belong_together_stand_side_by_side():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 300, 1))
    x = np.concatenate([a, b] * 5, axis=1) + 0.3 * rng.normal(size=(300, 10))
    r = np.corrcoef(x.T)
    shown = correlation_figure("x", r).axes[0].images[0].get_array()
    assert (shown[:5, :5] > 0.5).all()
    assert (shown[5:, 5:] > 0.5).all()
    assert (shown[:5, 5:] < 0.5).all()
    assert np.sort(np.asarray(shown).ravel()) == pytest.approx(np.sort(r.ravel()))


@pytest.mark.parametrize(
    "values", [np.ones((1, 1)), np.ones((2, 3)), np.zeros((50, 3)), 1e200 * np.arange(150.0).reshape(50, 3)]
)
def test_an_array_with_nothing_to_say_is_drawn(values):
    drawn = Run({"x": Recording(values, 0.01, "second", "x", "1")}).overview()
    assert to_svg(drawn.figure)
    assert drawn.title


def test_values_that_are_not_defined_are_gaps():
    values = np.random.default_rng(0).normal(size=(50, 3))
    for valid in (np.arange(150).reshape(50, 3) % 7 > 0, np.zeros((50, 3), bool)):
        drawn = Run({"x": Recording(values, 0.01, "second", "x", "1", valid=valid)}).overview()
        assert to_png(drawn.figure)


def test_the_same_run_gives_the_same_bytes():
    run = Run({"E": trains(np.full(900, 5.0)), "lfp": Recording(np.sin(np.arange(900))[:, None], 0.001, "second",
                                                                "LFP", "mV")})  # fmt: skip
    one, two = run.overview(), run.overview()
    assert one.caption == two.caption
    assert to_png(one.figure, one.caption) == to_png(two.figure, two.caption)
    assert to_svg(one.figure, one.caption) == to_svg(two.figure, two.caption)


def test_a_bump_is_placed_by_its_numbers():
    position = np.linspace(-np.pi, np.pi, 36, endpoint=False)
    profile = np.maximum(np.cos(position - np.radians(40)), 0)
    values = np.tile(profile, (20, 1))
    run = Run({"rate": Recording(values, 0.1, "second", "rate", "Hz", unit_labels={"position": position})})
    assert "a bump stands at 40° at the end" in run.overview().title
    assert run.overview().title.endswith("0° from its place 1.9 s before")


def test_an_epileptor_says_where_its_seizure_ends_and_the_next_begins():
    run = SYSTEMS.load("epileptor")(duration=2500.0).record(0)
    title = run.overview().title
    ends, begins = (float(x) for x in re.findall(r"(\d\.\d\d)", title))
    z, x1 = (run.recording(name).numpy()[:, 0] for name in ("z", "x1"))
    assert ends == pytest.approx(z.max(), abs=0.02)
    assert begins == pytest.approx(z[x1 < -1].min(), abs=0.02)


def test_measurements_stand_beside_their_surrogates_and_synchrony_is_right():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 6)) + 2 * np.sin(np.arange(400) / 5)[:, None]
    found = ictal.measure(x, ["chi_c", "participation_ratio"], dt=0.01, nulls=199)
    drawn = found.overview()
    axes = drawn.figure.axes[0]
    assert "2 of 2 values are more synchronous than their surrogates" in drawn.title
    dots = [float(line.get_xdata()[0]) for line in axes.lines if line.get_marker() == "o"]
    ratio = found.value("participation_ratio")
    assert dots == pytest.approx([found.value("chi_c"), 1 - (ratio - 1) / 5])
    assert "PR, reversed" in [label.get_text() for label in axes.get_yticklabels()]


def test_a_share_of_variance_is_not_counted_as_synchrony():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 6)) + rng.normal(size=(200, 1)) + 2 * np.repeat([0, 1], 100)[:, None]
    run = ictal.Run({"x": ictal.Recording(x, dt=1, clock="sample", quantity="a", unit="1",
                                          time_labels={"class": np.repeat([0, 1], 100)})})  # fmt: skip
    drawn = ictal.measure(run, ["si_3", "class_share"], nulls=199).overview()
    assert "1 of 1 value is more synchronous than its surrogates; SI-3" in drawn.title
    assert "not counted in the title: η." in drawn.caption


def test_plot_draws_the_overview_and_the_parts_on_request(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ictal.save(Run({"E": trains(np.full(900, 5.0))}, {"system": "own"}), "run.h5")
    assert cli.run(["plot", "run.h5", "--quiet"]) == 0
    folder = tmp_path / "run-figures"
    assert sorted(path.name for path in folder.iterdir()) == ["overview.png", "overview.svg"]
    plain = (folder / "overview.svg").read_text(encoding="utf-8")
    assert cli.run(["plot", "run.h5", "--all", "--force", "--quiet"]) == 0
    assert {path.stem for path in folder.iterdir()} == {"overview", "raster-E"}
    assert cli.run(["plot", "run.h5", "--caption", "-o", "words", "--quiet"]) == 0
    worded = (tmp_path / "words" / "overview.svg").read_text(encoding="utf-8")
    height = [float(re.search(r'height="([\d.]+)pt"', svg)[1]) for svg in (plain, worded)]
    assert height[1] > height[0] + 10
    assert worded.count("<text") > plain.count("<text")


def test_a_picture_has_a_palette_and_text_is_text():
    drawn = Run({"E": trains(np.full(900, 5.0))}).overview()
    png = to_png(drawn.figure)
    assert png[25] == 3  # colour type of the header: a palette
    svg = to_svg(drawn.figure).decode()
    assert "rate [Hz]" in svg
    assert "Arial" in svg
