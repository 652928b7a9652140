"""Overview of recordings of any origin: traces or maps, spectrum or distribution, correlations."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ....simulator import Recording, Run
from ...eeg.quality import channel_names
from ...eeg.traces import envelope
from ...measures.notation import short
from ..parts.maps import class_order
from ..parts.matrices import clustered, correlations
from ..parts.palette import INK
from ..parts.style import Drawing, with_unit, words
from .channels import draw_channels, height_of
from .compose import Part, Time, compose, plain
from .lines import (
    SORTED_UNITS,
    Values,
    draw_correlations,
    draw_map,
    draw_spectrum,
    first_trial,
    nothing,
    spectrum_of,
    trace,
)
from .mass import finding_of_trace
from .naming import counted, hue_of, name_of, span_of, under_of

MOST_TRACES, MOST_UNITS, MOST_PANELS = 40, 200, 4  # channels as traces; rows of a map; entries
BINS = 40


def array_overview(run: Run) -> Drawing:
    """Draw recordings: few units as traces, many as a map sorted by correlation."""
    entries = {name: entry for name, entry in run.items() if isinstance(entry, Recording)}
    first_name, first = next(iter(entries.items()))
    alike = {n: e for n, e in entries.items() if e.clock == first.clock}
    shown = dict(list(alike.items())[:MOST_PANELS])
    ordered = first.clock != "sample"
    time = span_of(list(shown.values())) if ordered else None
    orders = {name: _order(entry) for name, entry in shown.items()}
    left = [
        Part(partial(_entry, entry=entry, units=orders[name], time=time, hue=hue_of(run, entry)),
             _height(entry, len(shown)), title="" if len(run) == 1 else words(name, 60, 1))
        for name, entry in shown.items()
    ]  # fmt: skip
    values = first_trial(first)
    right: list[Part] = []
    if ordered:
        spectrum = spectrum_of(values.mean(axis=1), first.dt, first.clock, first.unit)
        title = "Spectrum" + (", mean over units" if first.n_units > 1 else "")
        drawn = [("", spectrum, hue_of(run, first), "-")] if spectrum else []
        right.append(Part(partial(draw_spectrum, spectra=drawn), title=title))
    if first.n_units > 2 and first.n_times > 2:
        matrix = correlations(values[:, orders[first_name]])
        at = np.arange(len(matrix)) if _sorted(first) else clustered(matrix)
        right.append(Part(partial(draw_correlations, matrix=matrix, order=at), title="Correlation r"))
    if len(right) < 2:
        right.append(Part(partial(_values, values=values, entry=first, hue=hue_of(run, first)), title="Distribution"))
    what = f"{counted(first.n_units, 'unit')}, {counted(first.n_times, 'sample')}"
    if first.clock == "second":
        what += f" at {plain(1 / first.dt, 4)} Hz"
    title = f"{name_of(run)}: {_finding(first_name, first)}"
    caption = _caption(run, shown, first)
    return compose(title, under_of(run, what, time), time, left, right, caption=caption)


def _sorted(entry: Recording) -> bool:
    """Return whether the units of an entry are a map, sorted by their correlation."""
    return entry.n_units > MOST_TRACES or entry.clock == "sample"


def _height(entry: Recording, panels: int) -> float:
    tall = 60.0 if _sorted(entry) else 26.0 if entry.n_units == 1 else height_of(entry.n_units)
    return max(18.0, tall / (1 if panels == 1 else 2))


def _order(entry: Recording) -> Values:
    """Return the units that are drawn: all as they come, or evenly spaced ones sorted by correlation."""
    if not _sorted(entry):
        return np.arange(entry.n_units)
    chosen = np.unique(np.linspace(0, entry.n_units - 1, min(MOST_UNITS, entry.n_units)).astype(int))
    if entry.n_times < 3 or chosen.size < 3:
        return chosen
    values = np.nan_to_num(first_trial(entry)[:, chosen])
    return np.asarray(chosen[clustered(correlations(values))])


def _entry(axes: Axes, entry: Recording, units: Values, time: Time | None, hue: str) -> None:
    values = first_trial(entry)
    tick = time.tick if time else 1.0
    if not _sorted(entry):
        if entry.n_units == 1:
            trace(axes, entry.times / tick, values, [hue], 0.7)
            axes.set_ylabel(with_unit(entry.quantity or "value", entry.unit))
            return
        t, x = envelope(entry.times / tick, values)
        draw_channels(axes, t, x, channel_names(entry), entry.unit, [hue])
        return
    labels = next(iter(entry.time_labels.values()), None) if entry.clock == "sample" else None
    order = class_order(labels, entry.n_times)
    kind = "phase" if entry.unit == "rad" else "signed"
    draw_map(axes, entry.times / tick, values[np.ix_(order, units)], entry.dt / tick, kind,
             numbered=entry.clock == "sample")  # fmt: skip
    every = "" if units.size == entry.n_units else f" of {entry.n_units:,}"
    axes.set(ylabel=f"{units.size}{every} units, clustered", yticks=[])
    if entry.clock == "sample":
        axes.set_xlabel("sample, sorted by class" if labels is not None else "sample (no order)")


def _values(axes: Axes, values: Values, entry: Recording, hue: Any) -> None:
    finite = values[np.isfinite(values)].ravel()
    if not finite.size or np.ptp(finite) == 0:
        nothing(axes, "one value alone")
        axes.set(xticks=[], yticks=[])
        return
    counts, edges = np.histogram(finite, BINS)
    axes.stairs(counts / finite.size, edges, color=hue or INK, lw=1.1)
    axes.set(xlabel=with_unit(entry.quantity or "value", entry.unit), ylabel="share of samples")
    axes.set_ylim(bottom=0)


def _finding(name: str, entry: Recording) -> str:
    """Return what the numbers say of one recording: its mean correlation, or the trace of a single unit."""
    if entry.n_units == 1 and entry.clock != "sample":
        return finding_of_trace(name, entry)
    values = first_trial(entry)
    if entry.n_units < 2 or entry.n_times < 3 or not np.isfinite(values).all():
        return f"{counted(entry.n_units, 'unit')}, {counted(entry.n_times, 'sample')}"
    chosen = np.unique(np.linspace(0, entry.n_units - 1, min(MOST_UNITS, entry.n_units)).astype(int))
    r = correlations(values[:, chosen])
    live = np.isfinite(np.diagonal(r))
    n = int(live.sum())
    if n < 2:
        return f"{n} of {counted(entry.n_units, 'unit')} {'varies' if n == 1 else 'vary'}"
    pairs = r[np.ix_(live, live)][np.triu_indices(n, 1)]
    constant = f"; {chosen.size - n} of {chosen.size} do not vary" if n < chosen.size else ""
    mean = f"{counted(n, 'unit')}, mean correlation {short(float(pairs.mean()))}"
    several = f"{name}: " if len(name) < 30 and name != "activity" else ""
    return f"{several}{mean} (mean |r| {short(float(np.abs(pairs).mean()))}){constant}"


def _caption(run: Run, shown: dict[str, Recording], first: Recording) -> str:
    if _sorted(first):
        text = (
            f"{first.quantity or 'values'} of units, evenly spaced where there are more than {MOST_UNITS}, z-scored "
            "for each (from −2.5 to 2.5 SD; grey: it does not vary) and clustered by 1 − r (average linkage)."
        )
        if first.unit == "rad":
            text = "Phases from −π to π, units clustered by 1 − r of their values (average linkage)."
    else:
        text = "Traces as recorded, each about its median; bar: the scale." if first.n_units > 1 else "As recorded."
    if first.n_units > 2:
        limit = min(first.n_units, MOST_UNITS if _sorted(first) else SORTED_UNITS)
        text += f" Correlations of {limit} units over all samples. Correlation without a null is no synchrony yet."
    if first.values.ndim > 2:
        text += " First trial."
    left_out = [name for name in run if name not in shown]
    return text + (f" Not drawn here: {', '.join(left_out)}." if left_out else "")
