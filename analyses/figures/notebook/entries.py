"""Recordings, spikes and distributions in axes of the caller, with the caller's settings of matplotlib."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ....simulator import InputError, Recording, Spikes
from ....simulator.fields import Param, check, checked
from ....simulator.recordings.distribution import Distribution
from ....simulator.recordings.pieces import Pieces
from ....simulator.recordings.recording import to_numpy
from ....simulator.types import Floats
from ..parts.maps import class_order
from ..parts.palette import PHASE_MAP, SIGNED
from ..parts.style import CLOCK_LABELS, with_unit, words

MAX_TRACES, MOST_TRACES = 7, 64  # units that are drawn as lines, in one axis and in rows
MOST_POINTS, MOST_COLUMNS, MOST_ROWS = 4000, 1000, 400  # of a line; of an image
MOST_SPIKES, MOST_BARS = 100_000, 10_000
COUNTS = ("spike count", "population rate")  # of bins, each drawn from its start to its end


def draw_recording(recording: Recording, axes: Axes, *, image: bool | None = None, room: int = MOST_POINTS) -> None:
    """Draw the first trial: lines with the name of each unit, rows of lines above each other, or an image.

    Up to 7 units share their axis. More are an image, but for channels of electrodes, which are rows of lines, as all
    are without an image; the label says how far rows are apart.
    A line of more than `room` points is drawn by the least and the greatest value of each stretch, an image of many
    samples by means, which its label says. Angles break where they turn round; an image of values of both signs is
    symmetric about 0. What is not defined is left out.
    """
    check("plot.image", bool | None, image)
    many = recording.n_units > MAX_TRACES
    if image is None:
        rows = "channel" in recording.unit_labels and recording.n_units <= MOST_TRACES
        image = (many and not rows) or recording.clock == "sample"
    if image:
        _image(recording, axes)
        return
    if many:
        _rows(recording, axes, room)
        return
    times, values = _lines(recording, room)
    names = _names(recording)
    counted = recording.quantity in COUNTS and "sd" not in recording.source
    drawn = axes.plot(times, values, drawstyle="steps-post" if counted else "default")
    if 1 < recording.n_units <= MAX_TRACES:
        for line, name, column in zip(drawn, names, values.T, strict=True):
            there = column[np.isfinite(column)]
            if there.size:
                axes.annotate(
                    words(name, 14, 1), (1, float(there[-1])), (4, 0), xycoords=("axes fraction", "data"),
                    textcoords="offset points", va="center", color=line.get_color(), annotation_clip=False,
                    fontsize="small",
                )  # fmt: skip
    axes.set(xlabel=CLOCK_LABELS[recording.clock], ylabel=with_unit(recording.quantity, recording.unit))
    axes.set_xlim(recording.t0, recording.t0 + recording.duration)


def _rows(recording: Recording, axes: Axes, room: int) -> None:
    """Draw a line a unit, the first at the top, apart by the range that 96 % of the values of most units have."""
    shown = np.unique(np.linspace(0, recording.n_units - 1, min(MOST_TRACES, recording.n_units)).astype(int))
    part = recording if len(shown) == recording.n_units else recording.select(units=shown)
    times, values = _lines(part, room)
    values = values - np.nanmedian(values, axis=0)
    low, high = np.nanpercentile(values, [2, 98], axis=0)
    apart = float(f"{float(np.nanmedian(high - low)) or float(np.nanmax(high - low)) or 1.0:.1g}")
    axes.plot(times, values - apart * np.arange(len(shown)), lw=0.5, color="C0")
    height = _height(axes)
    every = max(1, int(np.ceil(7.0 * len(shown) / height)))  # names that have room
    axes.set_yticks(-apart * np.arange(len(shown))[::every], [words(name, 14, 1) for name in _names(part)[::every]])
    axes.set_ylim(-apart * (len(shown) + 0.2), 1.2 * apart)
    axes.tick_params(axis="y", length=0, labelsize="x-small" if len(shown) > 24 else "small")
    unit = "" if recording.unit in ("", "1") else f" {recording.unit}"
    some = "" if len(shown) == recording.n_units else f"{len(shown)} of {recording.n_units:,} units; "
    label = words(
        f"{some}{recording.quantity}, rows {apart:g}{unit} apart" if height > 120 else f"{apart:g}{unit} apart", 60
    )
    axes.set(
        xlabel=CLOCK_LABELS[recording.clock],
        ylabel=label,
    )
    axes.set_xlim(recording.t0, recording.t0 + recording.duration)


def draw_spikes(spikes: Spikes, axes: Axes, *, most: int = MOST_SPIKES) -> None:
    """Draw a tick a spike, a row a unit; of more than `most` spikes those of units that are evenly spaced."""
    shown, n = spikes, spikes.n_units
    if spikes.time.size > most:
        n = max(1, int(spikes.n_units * most / spikes.time.size))
        shown = spikes.select(units=np.unique(np.linspace(0, spikes.n_units - 1, n).astype(int)))
        n = shown.n_units
    size = float(np.clip(0.8 * _height(axes) / n, 0.8, 8.0))
    axes.plot(
        shown.time, shown.unit, ls="", marker="|", ms=size, mew=min(0.8, size / 2), rasterized=shown.time.size > 5000
    )
    label = "unit" if n == spikes.n_units else f"{n} of {spikes.n_units:,} units"
    axes.set(xlabel=CLOCK_LABELS["second"], ylabel=label, ylim=(-0.5 - 0.02 * n, n - 0.5 + 0.02 * n))
    axes.set_xlim(spikes.t0, spikes.t0 + spikes.duration)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))


def draw_distribution(found: Distribution, axes: Axes, *, bins: int | None = None) -> None:
    """Draw a histogram.

    Raises:
        InputError: there is no number.
    """
    if not len(found):
        raise InputError(f"plot: there is no {found.quantity}: no unit has enough spikes")
    if bins is not None:
        checked("plot.bins", int, Param("number of bins", ge=1, le=MOST_BARS), bins)
    else:
        bins = int(np.clip(len(np.histogram_bin_edges(found.values, "fd")) - 1, 10, 100)) if _spread(found) else 10
    axes.hist(found.values, bins=bins)
    axes.set(xlabel=with_unit(found.quantity, found.unit), ylabel="count")


def _height(axes: Axes) -> float:
    """Return the height of axes [points]."""
    return float(axes.get_window_extent().height * 72 / axes.figure.dpi)


def _spread(found: Distribution) -> bool:
    low, high = np.percentile(found.values, [25, 75])
    return bool(high > low and np.ptp(found.values) / (high - low) < 1e4)


def first_trial(recording: Recording) -> Floats:
    """Return the values of the first trial, (time, unit), NaN where they are not defined."""
    if isinstance(recording.values, Pieces):
        return np.asarray(recording.numpy(), dtype=np.float64)
    place = (0,) * (recording.values.ndim - 2)
    values = np.asarray(to_numpy(recording.values[place]), dtype=np.float64)
    if recording.valid is not None:
        values = np.where(to_numpy(recording.valid[place]), values, np.nan)
    return values


def _lines(recording: Recording, room: int) -> tuple[Floats, Floats]:
    """Return times and values of lines; of many samples the least and greatest of every stretch, both at its start."""
    values, times = first_trial(recording), recording.times
    if recording.unit == "rad":
        values = values.copy()
        values[1:][np.abs(np.diff(values, axis=0)) > np.pi] = np.nan
    if len(times) <= room:
        return times, values
    each = -(-2 * len(times) // room)
    n = len(times) // each
    blocks = values[: n * each].reshape(n, each, -1)
    both = np.stack([_least(blocks, np.fmin), _least(blocks, np.fmax)], axis=1).reshape(2 * n, -1)
    return np.repeat(times[: n * each : each], 2), both


def _least(blocks: Floats, of: Any) -> Floats:
    return np.asarray(of.reduce(blocks, axis=1))


def _image(recording: Recording, axes: Axes) -> None:
    shown = np.unique(np.linspace(0, recording.n_units - 1, min(MOST_ROWS, recording.n_units)).astype(int))
    values, rest = first_trial(recording if len(shown) == recording.n_units else recording.select(units=shown)), ""
    labels = next(iter(recording.time_labels.values()), None) if recording.clock == "sample" else None
    values = values[class_order(labels, recording.n_times)]
    angle = recording.unit == "rad"
    each = -(-len(values) // MOST_COLUMNS)
    if each > 1 and angle:
        values, rest = values[::each], f"; every {each}th sample"
    elif each > 1:
        n = len(values) // each
        values, rest = values[: n * each].reshape(n, each, -1).mean(axis=1), f"; means of {each} samples"
    low, high = float(np.nanmin(values, initial=np.inf)), float(np.nanmax(values, initial=-np.inf))
    settings: dict[str, Any] = {}
    if angle:
        values, settings = np.mod(values + np.pi, 2 * np.pi) - np.pi, {"cmap": PHASE_MAP, "vmin": -np.pi, "vmax": np.pi}
    elif low < 0 < high:
        settings = {"cmap": SIGNED, "vmin": -max(-low, high), "vmax": max(-low, high)}
    start, stop = recording.t0, recording.t0 + recording.duration
    if recording.clock == "sample":
        start, stop = 0.5, recording.n_times + 0.5
    drawn = axes.imshow(
        np.ma.masked_invalid(values.T),  # type: ignore[no-untyped-call]
        aspect="auto", origin="lower", extent=(start, stop, -0.5, len(shown) - 0.5), **settings,
    )  # fmt: skip
    figure: Any = axes.figure
    figure.colorbar(drawn, ax=axes, label=with_unit(recording.quantity, recording.unit))
    sorted_by = " (sorted by class)" if labels is not None else ""
    some = "" if len(shown) == recording.n_units else f"{len(shown)} of {recording.n_units:,} "
    axes.set(xlabel=CLOCK_LABELS[recording.clock] + sorted_by + rest, ylabel=f"{some}unit{'s' * bool(some)}")
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))


def _names(recording: Recording) -> list[str]:
    for labels in recording.unit_labels.values():
        if len(np.unique(labels)) == len(labels):
            return [str(name) for name in labels]
    return [str(at) for at in range(recording.n_units)]
