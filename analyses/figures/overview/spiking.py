"""Overview of spikes: raster, rates, signals and parameters over time; hysteresis or regularity, and a spectrum."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ....simulator import Recording, Run, Spikes
from ....simulator.recordings.spikes import MIN_SPIKES
from ...eeg.traces import COLUMNS, envelope
from ...measures.notation import short
from ...series.transitions import mean_rate
from ..parts.palette import HAIR, INK, SOFT, steps_of
from ..parts.style import Drawing, with_unit, words
from ..theory import is_given, noise, transfer_axes, transfer_of
from .compose import Mark, Part, Time, compose, plain
from .frame import beside
from .lines import draw_spectrum, first_trial, legible, named, nothing, spectrum_of, trace
from .naming import colours_of, counted, hue_of, listed, name_of, span_of, under_of
from .ramp import Ramp, draw_ramp, ramp_of

ROWS, LEAST_ROWS = 100, 8  # units of a raster
RATE_BIN = 0.010  # s
IN_BIN, LEAST_BINS = 10.0, 50  # spikes in a bin, on average, of few units; bins of a run
PLAIN = "spikes"  # name of the only population of a stranger's file
MOST_TRACES, MOST_PANELS = 7, 3
HIGHEST = 100.0  # Hz; of a spectrum
SETTLED = 0.2  # of the run; left out of spectra and regularity, at most 0.5 s


def populations_of(run: Run) -> dict[str, Spikes]:
    """Return the spike trains of a run by name, excitatory ones first."""
    found = {name: entry for name, entry in run.items() if isinstance(entry, Spikes)}
    return dict(sorted(found.items(), key=lambda item: item[0].upper().startswith("I")))


def spiking_overview(run: Run) -> Drawing:
    """Draw a run with spikes."""
    groups = populations_of(run)
    time = span_of(list(groups.values()))
    colours = colours_of(list(groups), hue_of(run, next(iter(groups.values()))))
    rates = {name: mean_rate(spikes, rate_bin(spikes)) for name, spikes in groups.items()}
    signals, levels = _signals(run)
    ramp = ramp_of(run, rates)
    left = [
        Part(partial(draw_rasters, groups=groups, colours=colours, time=time), 38.0),
        Part(partial(draw_rates, rates=rates, colours=colours, time=time), 16.0),
        *(Part(partial(_signal, name=name, entry=entry, time=time), 16.0) for name, entry in signals.items()),
    ]
    if levels:
        left.append(Part(partial(_levels, entries=levels, time=time, hue=next(iter(colours.values()))), 16.0))
    field = next(iter(signals.items()), None)
    steps = [] if ramp else steps_in(run)
    right = [_first_of_column(run, groups, colours, ramp), _spectrum(field, rates, colours, ramp)]
    marks = ramp.marks if ramp else [Mark(at, f"{name} = {value:g}") for name, at, value in steps[:6]]
    what = " + ".join(f"{spikes.n_units:,} {noise(name)}" for name, spikes in groups.items()) + " cells"
    many = len(groups) > 3
    if list(groups) == [PLAIN]:
        what = counted(groups[PLAIN].n_units, "unit")
    if many:
        what = f"{counted(sum(s.n_units for s in groups.values()), 'cell')} in {len(groups)} populations"
    left_out = [
        name for name, e in run.items() if isinstance(e, Recording) and name not in (*signals, *levels) and not
        is_given(e)
    ]  # fmt: skip
    caption = (
        f"a, spikes of units that are evenly spaced in the population, numbers at the left; a mark is one or more "
        f"spikes of a unit in 1/{COLUMNS} of the width. b, spikes of all units in bins of "
        f"{1000 * rate_bin(next(iter(groups.values()))):.3g} ms. "
    ) + (ramp.caption if ramp else _INTERVALS)
    if left_out:
        caption += f" Not drawn here: {', '.join(left_out)}."
    if steps and len(steps) == 1 and not ramp:
        finding = finding_of_step(next(iter(groups)), next(iter(groups.values())), steps[0], run)
    else:
        finding = ramp.finding if ramp and ramp.finding else finding_of_spikes(groups) + _expected(run)
    title = f"{name_of(run)}: {finding}"
    return compose(title, under_of(run, what, time), time, left, right, marks=marks, caption=caption)


def steps_in(run: Run) -> list[tuple[str, float, float]]:
    """Return the steps of parameters that take two or three values: name, time, the value from then on."""
    found = []
    for name, entry in run.items():
        if not isinstance(entry, Recording) or entry.clock != "second" or entry.n_units != 1 or is_given(entry):
            continue
        values = first_trial(entry)[:, 0]
        if entry.unit in ("", "1") and 2 <= np.unique(values).size <= 3:
            at = np.flatnonzero(np.diff(values)) + 1
            found += [(name, float(entry.times[k]), float(values[k])) for k in at]
    return sorted(found, key=lambda step: step[1])


def finding_of_step(name: str, spikes: Spikes, step: tuple[str, float, float], run: Run) -> str:
    """Return the rate before and after the one step of a parameter."""
    symbol, at, after = step
    before = float(first_trial(run.recording(symbol))[0, 0])
    edges = (spikes.t0, at, spikes.t0 + spikes.duration)
    first, second = (np.count_nonzero((spikes.time >= a) & (spikes.time < b)) / (b - a) / spikes.n_units
                     for a, b in pairwise(edges))  # fmt: skip
    return (
        f"{name} fires at {plain(first, 2)} Hz while {symbol} = {before:g}, and at {plain(second, 2)} Hz after "
        f"{symbol} = {after:g}"
    )


def rate_bin(spikes: Spikes) -> float:
    """Return the bin of rates [s]: 10 ms, or wider: for `IN_BIN` spikes in each, and no more bins than can be drawn."""
    enough = min(IN_BIN * spikes.duration / max(spikes.time.size, 1), spikes.duration / LEAST_BINS)
    return min(max(RATE_BIN, enough, spikes.duration / (20 * COLUMNS)), spikes.duration)


def finding_of_spikes(groups: Mapping[str, Spikes]) -> str:
    """Return rates and regularity in words: no more than the numbers of the whole run.

    >>> s = Spikes(time=np.arange(20) * 0.1, unit=np.zeros(20, int), n_units=1, duration=2.0)
    >>> finding_of_spikes({"E": s}), finding_of_spikes({"E": s.select(time=(0.01, 0.05))})
    ('E fires at 10 Hz on average; CV of intervals 0', 'no unit fires in 0.04 s')
    """
    if not any(spikes.time.size for spikes in groups.values()):
        first = next(iter(groups.values()))
        return f"no unit fires in {plain(first.duration)} s"
    shown = list(groups.items())[:3]
    parts = [
        f"{_subject(name, shown)} {'fires at ' * (at == 0)}{_rate(spikes)}" for at, (name, spikes) in enumerate(shown)
    ]
    rest = f"; {len(groups) - 3} more populations" if len(groups) > 3 else ""
    cvs = cv_of(shown[0][1])
    cv = (
        f"; CV of intervals {short(np.mean(cvs))}{' in ' + noise(shown[0][0]) if len(groups) > 1 else ''}"
        if cvs.size
        else ""
    )
    return f"{listed(parts)} on average{cv}{rest}"


def _expected(run: Run) -> str:
    """Return the rate of mean-field theory, where a run holds it: the highest solution."""
    field = run.get("mean_field")
    if not isinstance(field, Recording):
        return ""
    return f"; mean-field theory says {plain(float(first_trial(field)[0, -1]), 2)} Hz"


def _subject(name: str, shown: list[tuple[str, Spikes]]) -> str:
    return "a unit" if len(shown) == 1 and name == PLAIN else noise(name)


def _rate(spikes: Spikes) -> str:
    return f"{plain(spikes.time.size / spikes.n_units / spikes.duration, 2)} Hz"


def cv_of(spikes: Spikes) -> np.ndarray[Any, Any]:
    """Return the CV of the intervals of every unit with enough spikes, (unit,)."""
    order = np.lexsort((spikes.time, spikes.unit))
    unit, intervals = spikes.unit[order], np.diff(spikes.time[order])
    same = np.diff(unit) == 0
    unit, intervals = unit[1:][same], intervals[same]
    n = np.bincount(unit, minlength=spikes.n_units).astype(float)
    first = np.bincount(unit, intervals, spikes.n_units)
    enough = n >= MIN_SPIKES - 1
    mean = first[enough] / n[enough]
    deviation = intervals - np.where(enough, first / np.maximum(n, 1), 0.0)[unit]
    variance = np.bincount(unit, deviation**2, spikes.n_units)[enough] / (n[enough] - 1)
    return np.asarray(np.sqrt(variance[mean > 0]) / mean[mean > 0])


def draw_rasters(axes: Axes, groups: Mapping[str, Spikes], colours: Mapping[str, Any], time: Time) -> None:
    """Draw units of every population, evenly spaced in it, one population above the other."""
    total = sum(spikes.n_units for spikes in groups.values())
    shown = list(groups.items())[:8]
    rows = {n: min(s.n_units, max(LEAST_ROWS, round(ROWS * s.n_units / max(total, 1)))) for n, s in shown}
    height = sum(rows.values()) + 3 * (len(rows) - 1)
    at = height
    for name, spikes in shown:
        chosen = np.unique(np.linspace(0, spikes.n_units - 1, rows[name]).astype(int))
        part = spikes.select(units=chosen)
        at -= chosen.size
        column = np.floor((part.time - time.start) / (time.stop - time.start) * COLUMNS)
        first = np.unique(part.unit * (COLUMNS + 2) + column.astype(np.int64), return_index=True)[1]
        size = float(np.clip(38.0 / 25.4 * 72 / height, 0.6, 6.0))
        axes.plot(
            part.time[first] / time.tick, at + part.unit[first], "|", color=colours[name], ms=size,
            mew=0.4 if first.size > 4000 else 0.6,
            rasterized=True,
        )  # fmt: skip
        size_of = f"{spikes.n_units:,}" if chosen.size == spikes.n_units else f"{chosen.size} of {spikes.n_units:,}"
        axes.annotate(
            f"{words(noise(name), 12, 1)}\n{size_of}" if name != PLAIN else f"{size_of}\nunits",
            (0, at + chosen.size / 2), (-6, 0), textcoords="offset points",
            xycoords=("axes fraction", "data"), ha="right", va="center", color=legible(colours[name]), size=6.5,
            annotation_clip=False,
        )  # fmt: skip
        at -= 3
    axes.set(ylim=(-1.5, height + 0.5), yticks=[])
    axes.spines["left"].set_visible(False)


def draw_rates(axes: Axes, rates: Mapping[str, Recording], colours: Mapping[str, Any], time: Time) -> None:
    """Draw the rate of every population over time."""
    for name, rate in reversed(list(rates.items())):
        t, x = envelope(rate.times / time.tick, rate.numpy())
        axes.plot(t, x[:, 0], color=colours[name], lw=0.8, rasterized=len(t) > COLUMNS)
    axes.set_ylim(0, max(1e-9, *(float(rate.numpy().max()) for rate in rates.values())) * 1.18 or 1.0)
    axes.set_ylabel("rate [Hz]")
    if list(rates) != [PLAIN]:
        named(axes, [(noise(name), colours[name]) for name in list(rates)[:5]])


def _signals(run: Run) -> tuple[dict[str, Recording], dict[str, Recording]]:
    """Return the signals with a panel each, and those without a unit that share one."""
    found = {
        name: entry for name, entry in run.items()
        if isinstance(entry, Recording) and entry.clock == "second" and not is_given(entry)
        and entry.n_units <= MOST_TRACES and entry.n_times > 1
    }  # fmt: skip
    own = {n: e for n, e in found.items() if e.unit not in ("", "1") and e.quantity != "firing rate"}
    level = {n: e for n, e in found.items() if e.unit in ("", "1") and np.ptp(e.numpy()) > 0}
    return dict(list(own.items())[:MOST_PANELS]), dict(list(level.items())[:4])


def _signal(axes: Axes, name: str, entry: Recording, time: Time) -> None:
    colours = [INK] if entry.n_units == 1 else steps_of(SOFT, entry.n_units)
    trace(axes, entry.times / time.tick, first_trial(entry), colours, 0.6)
    axes.set_ylabel(with_unit(name.upper() if name == "lfp" else name, entry.unit))


def _levels(axes: Axes, entries: Mapping[str, Recording], time: Time, hue: Any) -> None:
    low, high = np.inf, -np.inf
    paints = [hue, SOFT, INK, HAIR]
    places = []
    for (name, entry), paint in zip(entries.items(), paints, strict=False):
        values = first_trial(entry)
        t, x = envelope(entry.times / time.tick, values)
        axes.plot(t, x, color=paint, lw=1.1)
        low, high = min(low, float(np.nanmin(x))), max(high, float(np.nanmax(x)))
        text = name if entry.quantity in (name, "") else f"{entry.quantity} {name}"
        places.append((float(values[-1].mean()), text, paint))
    room = 0.12 * (high - low or 1.0)
    axes.set_ylim(low - room, high + room)
    least = 0.19 * (high - low + 2 * room)
    last = -np.inf
    for value, text, paint in sorted(places, key=lambda place: place[0]):
        last = max(value, last + least)
        beside(axes, words(text, 11, 2), last, paint)


def _first_of_column(run: Run, groups: Mapping[str, Spikes], colours: Mapping[str, Any], ramp: Ramp | None) -> Part:
    """Return hysteresis of a ramp, rates against drive where theory is given, else the regularity of cells."""
    if ramp is not None:
        return Part(partial(draw_ramp, found=ramp, colour=next(iter(colours.values()))), title="Hysteresis")
    if "f_i" in run and "drive" in run:
        return Part(
            partial(transfer_axes, found=transfer_of(run), colours=colours),
            title="Rate against drive; dashed: no noise",
        )
    return Part(partial(_intervals, groups=groups, colours=colours), title="Regularity of cells")


_INTERVALS = (
    f"Regularity: coefficient of variation of the intervals of every unit with {MIN_SPIKES} spikes; 0 is a clock, 1 a "
    "Poisson process."
)


def _intervals(axes: Axes, groups: Mapping[str, Spikes], colours: Mapping[str, Any]) -> None:
    drawn = {name: cv for name, spikes in list(groups.items())[:5] if (cv := cv_of(spikes)).size}
    if not drawn:
        nothing(axes, f"no unit has {MIN_SPIKES} spikes")
        axes.set(xticks=[], yticks=[])
        return
    top = max(1.2, float(max(np.percentile(cv, 99.5) for cv in drawn.values())) * 1.05)
    edges = np.linspace(0, top, 31)
    for name, cv in drawn.items():
        share = np.histogram(np.minimum(cv, top), edges)[0] / cv.size
        axes.stairs(share, edges, color=colours[name], lw=1.1)
    axes.axvline(1.0, color=HAIR, lw=0.8, zorder=0)
    for at, (name, cv) in enumerate(drawn.items()):
        named(
            axes,
            [(f"{'' if name == PLAIN else noise(name) + ', '}n = {cv.size:,}", colours[name])],
            0.99 - 0.09 * at,
            26,
        )
    axes.set(xlabel="CV of intervals", ylabel="share of cells", xlim=(0, top))
    axes.set_ylim(0, axes.get_ylim()[1] * (1.15 + 0.1 * len(drawn)))


def _spectrum(
    field: tuple[str, Recording] | None, rates: Mapping[str, Recording], colours: Mapping[str, Any], ramp: Ramp | None
) -> Part:
    """Return the spectrum of the first signal, of the rate where there is none; of a seizure and of the rest before."""
    name, entry = field or (f"{next(iter(rates))} rate", next(iter(rates.values())))
    colour = next(iter(colours.values()))
    signal, times = first_trial(entry).mean(axis=1), entry.times
    shown = (
        name.upper()
        if name == "lfp"
        else noise(name.removesuffix(" rate").replace(PLAIN, "mean")) + " rate" * name.endswith(" rate")
    )
    windows: list[tuple[str, Any, Any]] = [("", times >= entry.t0 + min(0.5, SETTLED * entry.duration), "-")]
    if ramp is not None and ramp.found is not None:
        on, off = ramp.found.onset_time, ramp.found.offset_time
        windows = [
            (f"before, to {on:.0f} s", times < on, "-"),
            (f"seizure, to {off:.0f} s", (times >= on) & (times < off), (0, (4, 1.5))),
        ]
    spectra = []
    for label, chosen, dashes in windows:
        found = spectrum_of(signal[chosen], entry.dt, entry.clock, entry.unit, HIGHEST)
        if found is not None:
            spectra.append((label, found, colour, dashes))
    return Part(partial(draw_spectrum, spectra=spectra), title=f"Spectrum, {shown}")
