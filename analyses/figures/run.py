"""Figures of one run file: rasters, traces, spectra, maps, learning curves, hysteresis of a ramp."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import welch

from ...simulator import InputError, Recording, Run, Spikes
from ...simulator.recordings.recording import to_numpy
from ..eeg.quality import channel_names
from ..eeg.traces import MOST, envelope
from ..layers.layer_synchrony import is_synchrony
from ..series.transitions import mean_rate, transition
from .overview.channels import draw_channels, height_of
from .overview.lines import first_trial
from .overview.naming import colours_of, hue_of, is_eeg
from .parts.curves import learning_figure, metric_pairs, ramp_figure, spectrum_figure, trace_figure
from .parts.maps import activity_figure, class_order, raster_figure
from .parts.palette import NET
from .parts.style import CLOCK_LABELS, SIZE, Drawing, power_unit, styled, with_unit, words
from .rings import on_a_ring, ring_drawings
from .synchrony import training_drawings
from .theory import is_given, theory_drawings

MAX_TRACES = 7  # units that are drawn as lines; more become a map
SHOWN_UNITS = 60
RATE_BIN = 0.010  # s
RAMP_SD = 0.25  # s; outlasts the rhythm of a seizure, so that its cycles are no crossings
RAMP_LEVEL = 20.0  # Hz; between rest and seizure
SEGMENT = 4.0  # s; of Welch spectra, resolves 0.25 Hz
_FIELDS = ("lfp", "eeg", "ecog", "field")  # signals whose spectrum is asked for


def drawings_of_run(run: Run) -> Iterator[Drawing]:
    """Draw every figure of a run."""
    spiking = [name for name, entry in run.items() if isinstance(entry, Spikes)]
    paints = colours_of(spiking, hue_of(run, run[spiking[0]])) if spiking else {}
    for name, entry in run.items():
        if isinstance(entry, Spikes):
            yield _raster(name, entry, paints[name])
        elif is_synchrony(entry) or is_given(entry):
            continue  # drawn all together; with what was simulated
        elif "metric" in entry.unit_labels:
            yield from _history(name, entry)
        elif is_eeg(entry) and entry.n_units > 1:
            yield _channels(name, entry, hue_of(run, entry))
        elif not on_a_ring(entry):  # those are drawn over space
            yield from _signal(name, entry, hue_of(run, entry))
    yield from ring_drawings(run)
    yield from training_drawings(run)
    yield from theory_drawings(run)
    yield from _ramp(run)


def _raster(name: str, spikes: Spikes, paint: str) -> Drawing:
    step = min(RATE_BIN, spikes.duration)
    rate = spikes.binned(step).numpy().mean(axis=1) / step
    times = spikes.t0 + step * (np.arange(rate.size) + 0.5)
    n = min(SHOWN_UNITS, spikes.n_units)
    shown = spikes.select(units=np.unique(np.linspace(0, spikes.n_units - 1, n).astype(int)))
    window = (spikes.t0, spikes.t0 + spikes.duration)
    total = spikes.time.size / spikes.n_units / spikes.duration
    return Drawing(
        f"raster/{name}",
        name,
        raster_figure(name, shown.time, shown.unit, shown.n_units, window, times, rate, paint, spikes.n_units),
        f"Spikes of {shown.n_units} of {spikes.n_units} units, evenly spaced, over the rate of all of them in "
        f"{1000 * step:.3g}-ms bins; on average {total:.3g} Hz.",
        f"Spike raster of {name}: {spikes.n_units} units, {spikes.duration:.3g} s, {total:.3g} Hz on average.",
    )


def _signal(name: str, recording: Recording, hue: str) -> Iterator[Drawing]:
    values = recording.numpy().reshape(-1, recording.n_times, recording.n_units)[0]
    trial = " First trial." if recording.values.ndim > 2 else ""
    label = with_unit(recording.quantity, recording.unit)
    if recording.n_units > MAX_TRACES or recording.clock == "sample":
        shown = np.unique(np.linspace(0, recording.n_units - 1, min(SHOWN_UNITS, recording.n_units)).astype(int))
        labels = next(iter(recording.time_labels.values()), None) if recording.clock == "sample" else None
        order = class_order(labels, recording.n_times)
        turns = recording.unit == "rad"
        figure = activity_figure(
            name, recording.times, values[np.ix_(order, shown)], recording.clock, labels is not None,
            total=recording.n_units, phase=turns,
        )  # fmt: skip
        scaling = ", from −π to π." if turns else ", z-scored for each unit; grey: it does not vary."
        caption = f"{label} of {shown.size} of {recording.n_units} units{scaling}"
        yield Drawing(f"activity/{name}", name, figure, caption + trial, f"Activation map of {name}.")
        return
    units = [str(u) for u in next(iter(recording.unit_labels.values()), np.arange(recording.n_units))]
    least, most = float(values.min()), float(values.max())
    drawn = _drawable(recording, values)
    yield Drawing(
        f"trace/{name}",
        name,
        trace_figure(name, recording.times, drawn, units, recording.clock, label, hue),
        f"{label}, as recorded{', where it is defined' if recording.valid is not None else ''}.{trial}",
        f"{name} against time, between {least:.3g} and {most:.3g} {recording.unit}.",
    )
    asked = any(word in f"{name} {recording.quantity}".lower() for word in _FIELDS)
    if asked and recording.n_times >= 16 and np.ptp(values) > 0:
        mean = values.mean(axis=1)
        segment = recording.n_times
        if recording.clock == "second":
            segment = min(segment, max(16, round(SEGMENT / recording.dt)))
        frequency, power = welch(mean, fs=1.0 / recording.dt, nperseg=segment, detrend="constant")
        tick = "Hz" if recording.clock == "second" else f"cycles/{recording.clock}"
        seen = frequency <= 100.0 if tick == "Hz" else np.ones(frequency.size, dtype=bool)
        peak = float(frequency[1:][power[1:].argmax()])
        figure = spectrum_figure(
            f"{name}: spectrum", {name: (frequency[seen], power[seen])}, tick, power_unit(recording.unit, tick), hue=hue
        )
        caption = (
            f"Welch spectrum of {name}, segments of {segment * recording.dt:.3g} ticks; strongest at {peak:.3g} {tick}."
        )
        if recording.clock == "second":
            caption = caption.replace("ticks", "s")
        yield Drawing(f"spectrum/{name}", f"{name}: spectrum", figure, caption, caption)


def _channels(name: str, recording: Recording, hue: str) -> Drawing:
    times, values = envelope(recording.times, first_trial(recording)[:, :MOST])
    names = channel_names(recording)[:MOST]
    left_out = recording.n_units - len(names)
    caption = (
        f"{with_unit(recording.quantity, recording.unit)} of {len(names)} channels"
        f"{f' of {recording.n_units}' if left_out else ''}, each about its median; bar: the scale."
    )
    figure = _channel_figure(name, times, values, names, recording, hue)
    return Drawing(f"trace/{name}", name, figure, caption, f"Traces of {len(names)} channels of {name}.")


@styled
def _channel_figure(
    title: str, times: Any, values: Any, names: list[str], recording: Recording, hue: str
) -> Figure:  # fmt: skip
    tall = 0.9 + 1.25 * height_of(len(names)) / 25.4
    figure = Figure(figsize=(SIZE[0], tall))
    axes = figure.add_axes((0.2, 0.45 / tall, 0.64, 1 - 0.8 / tall))
    axes.set_title(words(title, 32))
    draw_channels(axes, times, values, names, recording.unit, [hue])
    axes.set(xlabel=CLOCK_LABELS[recording.clock], xlim=(recording.t0, recording.t0 + recording.duration))
    return figure


def _drawable(recording: Recording, values: NDArray[Any]) -> NDArray[Any]:
    """Values (time, unit) with gaps where they are not defined, and where an angle goes once around."""
    drawn = values.astype(np.float64)
    if recording.valid is not None:
        valid = np.asarray(to_numpy(recording.valid)).reshape(-1, *values.shape)[0]
        drawn[~valid] = np.nan
    if recording.unit == "rad":
        drawn[1:][np.abs(np.diff(drawn, axis=0)) > np.pi] = np.nan
    return drawn


def _history(name: str, recording: Recording) -> Iterator[Drawing]:
    curves = recording.numpy().reshape(-1, recording.n_times, recording.n_units)
    metrics = [str(metric) for metric in recording.unit_labels["metric"]]
    pairs, rest = metric_pairs(metrics)
    for quantity, (train, test) in pairs.items():
        title = f"{name}: {quantity}"
        figure = learning_figure(
            title, recording.times, curves[..., train], curves[..., test], recording.clock, quantity
        )
        end = float((curves[..., train] - curves[..., test])[:, -1].mean())
        caption = f"{quantity} on the training and the test set; train − test at the end: {end:.3f}."
        yield Drawing(f"history/{name}/{quantity}", title, figure, caption, caption)
    for at in rest:
        title = f"{name}: {metrics[at]}"
        values = curves[0][:, [at]]
        figure = trace_figure(title, recording.times, values, [metrics[at]], recording.clock, metrics[at], NET)
        yield Drawing(f"history/{name}/{metrics[at]}", title, figure, f"{metrics[at]} in training.", title)


def _ramp(run: Run) -> Iterator[Drawing]:
    parameter = run.get("g")
    populations = [name for name, entry in run.items() if isinstance(entry, Spikes)]
    if not isinstance(parameter, Recording) or parameter.clock != "second" or not populations:
        return
    name = "E" if "E" in populations else populations[0]
    values = parameter.numpy().reshape(-1, parameter.n_times, parameter.n_units)[0]
    g = values[:, int(np.ptp(values, axis=0).argmax())]  # of several columns the one that is ramped
    if np.unique(g).size <= 3:  # a constant, or a trigger that is switched on and off, is no ramp
        return
    spikes = run.spikes(name)
    if spikes.duration < 20 * RAMP_SD:
        return
    rate = mean_rate(spikes, RATE_BIN)
    smooth = gaussian_filter1d(rate.numpy()[:, 0], RAMP_SD / rate.dt, mode="reflect")
    at = np.interp(rate.times, parameter.times, g)
    control = Recording(g[:, None], parameter.dt, "second", parameter.quantity, parameter.unit, t0=parameter.t0)
    try:
        found = transition(control, rate, threshold=RAMP_LEVEL, smoothing=RAMP_SD)
        crossings = {"onset": found.onset, "offset": found.offset}
        summary = (
            f" It first rises above {RAMP_LEVEL:g} Hz at {found.onset:.3g} and last falls below at {found.offset:.3g}."
        )
    except InputError:  # the rate does not cross that level and return: the curve is all there is
        crossings, summary = {}, ""
    label = with_unit(f"{parameter.quantity} (g)" if parameter.quantity != "g" else "g", parameter.unit)
    yield Drawing(
        "ramp/g",
        "rate against g",
        ramp_figure("rate against g", at, smooth, label, "g", crossings, RAMP_LEVEL),
        f"Rate of {name}, smoothed by a Gaussian of SD {RAMP_SD:g} s, against g.{summary} Where the way down and the "
        "way up differ, the state depends on the past (hysteresis).",
        f"Population rate of {name} against g between {at.min():.3g} and {at.max():.3g}, falling and rising.{summary}",
    )
