"""Runs against theory: rates against drive, a population that follows its drive, a mean field.

Theory is stored in the run (entries with the unit label "given"); nothing is computed here but rates and distances.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from scipy.signal import welch

from ...simulator import Recording, Run, Spikes
from .parts.curves import spectrum_figure
from .parts.palette import HAIR, INK, MODEL, steps_of
from .parts.style import CLOCK_LABELS, SIZE, Drawing, Legend, Values, legend_below, new_figure, styled, words

GIVEN = "given"
NEAR = 0.05  # distance of two rates within which one stands for the other
BIN = 0.002  # s; of population rates beside a static one
SHOWN = 0.3  # s
SETTLED = 0.1  # s; left out at the start
RATES_SHOWN = 0.1  # s; of a network's rate
HIGHEST = 1000.0  # Hz; of a network's rhythm
RESOLUTION = 0.4  # s; of its spectrum
DETERMINISTIC = "deterministic"


def is_given(entry: Recording | Spikes) -> bool:
    """Return whether the entry is theory or input, and was not simulated."""
    return GIVEN in entry.unit_labels


def theory_drawings(run: Run) -> Iterator[Drawing]:
    """The figures of a run that holds theory."""
    if _holds(run, "f_i", "drive"):
        yield _transfer(run)
    if _holds(run, "static", "drive"):
        for column, name in enumerate(run.recording("static").unit_labels[GIVEN]):
            yield _response(run, str(name), column)
    rates = [name for name, entry in run.items() if isinstance(entry, Recording) and _is_population_rate(entry)]
    if _holds(run, "mean_field") and rates:
        yield from _network(run, rates[0])


def _holds(run: Run, *names: str) -> bool:
    return all(isinstance(run.get(name), Recording) for name in names)


def _is_population_rate(entry: Recording) -> bool:
    return entry.quantity == "firing rate" and entry.n_units == 1 and entry.clock == "second" and not is_given(entry)


def noise(name: str) -> str:
    """Return the name of a population; that of cells under noise by its SD.

    >>> noise("sigma_5"), noise("E")
    ('σ 5 mV', 'E')
    """
    return f"σ {name.removeprefix('sigma_')} mV" if name.startswith("sigma_") else name


@dataclass(frozen=True)
class Transfer:
    """Rates of cells at each drive, beside the rates in closed form.

    Attributes:
        fine, levels: drives of the curves and of the cells [mV].
        plain: rate without noise over `fine` [Hz]; curves: population -> rate over `fine` [Hz].
        measured: population -> rate at `levels` [Hz].
        cells: number of cells at each level.
    """

    fine: Values
    levels: Values
    plain: Values
    curves: dict[str, Values]
    measured: dict[str, Values]
    cells: Values


def transfer_of(run: Run) -> Transfer:
    """Return the rates of a run at each drive beside its theory."""
    theory, drive = run.recording("f_i"), run.recording("drive").numpy()[0]
    fine, levels = np.asarray(theory.time_labels["drive"], dtype=np.float64), np.unique(drive)
    columns = dict(zip(theory.unit_labels[GIVEN].tolist(), theory.numpy().T, strict=True))
    plain = columns.pop(DETERMINISTIC)
    level = np.searchsorted(levels, drive)
    cells = np.bincount(level, minlength=levels.size)
    measured = {}
    for name in columns:
        spikes = run.spikes(name)
        measured[name] = np.bincount(level, spikes.counts, levels.size) / cells / spikes.duration
    return Transfer(fine, levels, plain, columns, measured, cells)


def _transfer(run: Run) -> Drawing:
    found = transfer_of(run)
    fine, levels, plain = found.fine, found.levels, found.plain
    summary = []
    for name, curve in found.curves.items():
        off = np.abs(found.measured[name] - np.interp(levels, fine, curve)).max()
        apart = np.flatnonzero(np.abs(plain - curve) > NEAR * np.maximum(curve, plain.max() * 1e-3))
        if not apart.size:
            where = "the deterministic curve is theirs, too"
        elif apart[-1] == fine.size - 1:
            where = f"the deterministic curve is more than {100 * NEAR:g} % off up to the highest drive"
        else:
            where = f"the deterministic curve holds to {100 * NEAR:g} % from {fine[apart[-1] + 1]:.3g} mV on"
        summary.append(f"{noise(name)}: cells and theory differ by at most {off:.2g} Hz, {where}")
    caption = (
        f"Rates of {int(found.cells.min())} cells at each of {levels.size} drives (dots), the rate in closed form with "
        f"that noise (lines) and without noise (dashed). {'; '.join(summary)}."
    )
    figure = _transfer_figure("Rate against drive", found)
    return Drawing("transfer/f_i", "Rate against drive", figure, caption, caption)


def transfer_axes(axes: Axes, found: Transfer, colours: Mapping[str, Any]) -> Legend:
    """Draw rates against drive: cells as dots, theory as lines; return the lines with their names."""
    legend = [(axes.plot(found.fine, found.plain, color=INK, ls=(0, (4, 2)), lw=1.0, zorder=3)[0], "no noise")]
    for name, curve in found.curves.items():
        legend.append((axes.plot(found.fine, curve, color=colours[name])[0], noise(name)))
        axes.plot(
            found.levels, found.measured[name], "o", color=colours[name], ms=3.0, mfc="white", mew=0.9, zorder=2.5
        )
    axes.set(xlabel="mean drive [mV]", ylabel="firing rate [Hz]")
    axes.set_ylim(bottom=0.0)
    axes.margins(x=0.02)
    return legend


@styled
def _transfer_figure(title: str, found: Transfer) -> Figure:
    figure, axes = new_figure(title)
    colours = dict(zip(found.curves, steps_of(MODEL, len(found.curves)), strict=True))
    legend_below(figure, transfer_axes(axes, found, colours))
    return figure


def _response(run: Run, name: str, column: int) -> Drawing:
    spikes, drive, static = run.spikes(name), run.recording("drive"), run.recording("static")
    width = min(BIN, spikes.duration)
    rate = spikes.binned(width).numpy().mean(axis=1) / width
    times = spikes.t0 + width * (np.arange(rate.size) + 0.5)
    expected = np.interp(times, static.times, static.numpy()[:, column])
    mu = drive.numpy()[:, 0]
    begin = max(0.0, spikes.duration - SHOWN)
    changes = np.flatnonzero(np.diff(mu))
    if changes.size == 1:
        begin = max(0.0, float(drive.times[changes[0] + 1]) - SHOWN / 3)
    settled = min(SETTLED, 0.5 * spikes.duration)
    late = times >= settled
    mean = float(rate[late].mean())
    title = f"{noise(name)}: {'drive that changes' if changes.size else 'constant drive'}"
    distance = "no spike after the start"
    if mean > 0:
        rms = float(np.sqrt(np.mean((rate - expected)[late] ** 2))) / mean
        chance = 1.0 / np.sqrt(mean * width * spikes.n_units)
        distance = (
            f"after the first {1000 * settled:g} ms the two are {100 * rms:.0f} % of the mean rate apart (rms), where "
            f"the counting of independent spikes alone would make {100 * chance:.0f} %"
        )
    worst = int(np.abs(rate - expected)[late].argmax())
    caption = (
        f"Rate of {spikes.n_units} cells in {1000 * width:.3g}-ms bins, and the static rate at the drive of the "
        f"moment; {distance}. Furthest apart at {times[late][worst]:.3g} s: {rate[late][worst]:.3g} Hz where the "
        f"static rate is {expected[late][worst]:.3g} Hz."
    )
    figure = _response_figure(title, (begin, min(begin + SHOWN, spikes.duration)), times, rate, expected,
                              drive.times, mu)  # fmt: skip
    return Drawing(f"response/{name}", title, figure, caption, caption)


@styled
def _response_figure(
    title: str, window: tuple[float, float], times: Values, rate: Values, expected: Values, ticks: Values, mu: Values
) -> Figure:
    figure = Figure(figsize=SIZE, layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1.0, 2.4))
    above.set_title(words(title, 32))
    shown = (ticks >= window[0]) & (ticks <= window[1])
    above.step(ticks[shown], mu[shown], where="post", color="black", lw=0.9)
    above.set(ylabel="drive [mV]", xlim=window)
    above.margins(y=0.15)
    above.yaxis.set_major_locator(MaxNLocator(3))
    above.tick_params(axis="x", labelbottom=False)
    seen = (times >= window[0]) & (times <= window[1])
    (cells,) = below.step(times[seen], rate[seen], where="mid", color=MODEL, lw=0.9)
    (model,) = below.plot(times[seen], expected[seen], color=INK, ls=(0, (5, 1.5)), lw=1.4)
    below.set(xlabel=CLOCK_LABELS["second"], ylabel="rate [Hz]")
    below.set_ylim(bottom=0.0)
    figure.align_ylabels()
    legend_below(figure, [(cells, "cells"), (model, "static rate model")])
    return figure


def _network(run: Run, name: str) -> Iterator[Drawing]:
    recording, field = run.recording(name), run.recording("mean_field").numpy()[0]
    rate, times = recording.numpy()[:, 0], recording.times
    settled = min(SETTLED, 0.5 * recording.duration)
    late = times >= settled
    mean, expected = float(rate[late].mean()), float(field[-1])
    window = (max(0.0, recording.duration - RATES_SHOWN), recording.duration)
    others = f" It has {field.size} solutions; this is the highest." if field.size > 1 else ""
    caption = (
        f"{name} in {1000 * recording.dt:.3g}-ms bins. After the first {1000 * settled:g} ms {mean:.4g} Hz on average; "
        f"mean-field theory says {expected:.4g} Hz.{others}"
    )
    figure = _rate_figure(f"{name}, the last {1000 * RATES_SHOWN:g} ms", window, times, rate, mean, expected)
    yield Drawing(f"mean_field/{name}", name, figure, caption, caption)
    if late.sum() < 64 or np.ptp(rate[late]) == 0:
        return
    segment = min(int(late.sum()), round(RESOLUTION / recording.dt))
    frequency, power = welch(rate[late], fs=1.0 / recording.dt, nperseg=segment, detrend="constant")
    seen = (frequency > 0) & (frequency <= HIGHEST)
    peak = float(frequency[seen][power[seen].argmax()])
    text = (
        f"Welch spectrum of {name} without the first {1000 * settled:g} ms, segments of "
        f"{segment * recording.dt:.3g} s; strongest at {peak:.3g} Hz."
    )
    shown = {name: (frequency[seen], power[seen])}
    title = f"{name}: spectrum"
    yield Drawing(f"spectrum/{name}", title, spectrum_figure(title, shown, "Hz", "Hz²/Hz"), text, text)


@styled
def _rate_figure(
    title: str, window: tuple[float, float], times: Values, rate: Values, mean: float, expected: float
) -> Figure:
    figure, axes = new_figure(title)
    seen = times >= window[0]
    legend: Legend = [
        (axes.plot(times[seen], rate[seen], color=MODEL, lw=0.7)[0], "network"),
        (axes.axhline(mean, color=HAIR, lw=2.6), "its mean"),
        (axes.axhline(expected, color=INK, ls=(0, (5, 1.5)), lw=1.4), "mean field"),
    ]
    axes.set(xlabel=CLOCK_LABELS["second"], ylabel="rate [Hz]", xlim=window)
    axes.set_ylim(bottom=0.0)
    legend_below(figure, legend)
    return figure
