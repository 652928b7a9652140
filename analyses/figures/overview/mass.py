"""Overview of masses and oscillators: variables over time, a phase plane or frequencies, a spectrum."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ....simulator import Recording, Run
from ...eeg.traces import COLUMNS
from ...measures.notation import short
from ..parts.palette import INK, SOFT, steps_of
from ..parts.style import Drawing, words
from .compose import Mark, Part, Time, compose, plain
from .lines import draw_map, draw_spectrum, first_trial, named, nothing, spectrum_of, trace
from .naming import counted, hue_of, name_of, parameters, span_of, under_of

MOST_LINES, MOST_PANELS = 7, 6  # nodes that are drawn as lines; panels
SEIZES = -1.0  # x1 of an Epileptor above which a node seizes: its rest ends at −4/3
APART = 60.0  # model time; shorter gaps are of one seizure
LATE = 0.5  # of the run: what is said of its end
SETTLED = 1e-3  # of the whole range: less is rest
PLANES = {"epileptor": ("z", "x1"), "wilson_cowan": ("E", "I"), "stuart_landau": ("x", "y")}
Found = Mapping[str, Recording]


def mass_overview(run: Run) -> Drawing:
    """Draw a run whose entries are variables of nodes."""
    entries = {name: e for name, e in run.items() if isinstance(e, Recording) and e.n_times > 1}
    time = span_of(list(entries.values()))
    shown = _shown(entries)
    first = next(iter(entries.values()))
    hue = hue_of(run, first)
    n = max(entry.n_units for entry in entries.values())
    marks = _seizures(entries, time) if run.source.get("system") == "epileptor" else []
    left = [
        Part(
            partial(_panel, name=name, entry=entry, time=time, hue=hue, nodes=n),
            14.0 if entry.n_units <= MOST_LINES else 24.0,
        )
        for name, entry in shown.items()
    ]
    field = first_trial(first).mean(axis=1)
    spectrum = spectrum_of(field, first.dt, first.clock, first.unit)
    name = next(iter(entries))
    across = f"Spectrum, {'mean of ' if n > 1 else ''}{_symbol(name)}"
    state = _state(run, entries, hue)
    right = [state] if state else []
    right.append(Part(
        partial(draw_spectrum, spectra=[("", spectrum, hue, "-")] if spectrum else []), title=across
    ))  # fmt: skip
    settings = parameters(run)
    coupled = f", graph {settings['graph']}" if settings.get("graph") not in (None, "none") else ""
    if settings.get("noise"):
        coupled += f", noise {settings['noise']:g}"
    left_out = [name for name in run if name not in shown]
    caption = "Variables of every node over time" + (
        f"; {plain(n)} nodes as colours, sorted by their mean frequency" if _phases(entries) else ""
    ) + "."  # fmt: skip
    if marks:
        caption += (
            f" Shaded: a node seizes, x1 above {short(SEIZES)}; gaps below {APART:g} model units count as one seizure."
        )
    if "r" in shown:
        caption += " Dotted: √(π/4N), order of as many independent phases."
    if first.clock == "model":
        caption += " Model time has no unit, and is not ms."
    if left_out:
        caption += f" Not drawn here: {', '.join(left_out)}."
    title = f"{name_of(run)}: {_finding(run, entries, marks, time)}"
    under = under_of(run, f"{counted(n, 'node')}{coupled}", time)
    return compose(title, under, time, left, right, marks=marks, caption=caption)


def _shown(entries: Found) -> dict[str, Recording]:
    """Return what has a panel: without the cosine of phases that are drawn themselves, and a few of many."""
    chosen = {name: e for name, e in entries.items() if not (e.quantity == "cosine of the phase" and _phases(entries))}
    return dict(list(chosen.items())[:MOST_PANELS])


def _phases(entries: Found) -> tuple[str, Recording] | None:
    return next(((n, e) for n, e in entries.items() if e.unit == "rad" and e.n_units > MOST_LINES), None)


def frequencies(entry: Recording) -> np.ndarray[Any, Any]:
    """Return the mean frequency of every phase over the later half, (unit,) [cycles per tick]."""
    phase = np.unwrap(first_trial(entry), axis=0)
    half = phase.shape[0] // 2
    return np.asarray((phase[-1] - phase[half]) / (2 * np.pi * entry.dt * (phase.shape[0] - 1 - half)))


def _panel(axes: Axes, name: str, entry: Recording, time: Time, hue: str, nodes: int) -> None:
    values, times = first_trial(entry), entry.times / time.tick
    axes.annotate(
        _symbol(name), (0, 0.5), (-32 if entry.n_units <= MOST_LINES else -14, 0), xycoords="axes fraction",
        textcoords="offset points", ha="right",
        va="center", annotation_clip=False,
    )  # fmt: skip
    if entry.n_units <= MOST_LINES:
        several = entry.n_units > 1
        colours = steps_of(hue, entry.n_units) if several else [INK if name in ("lfp", "r") else hue]
        trace(axes, times, values, colours, 0.7)
        if several:
            named(axes, [(f"node {k}" if k == 0 else f"{k}", colours[k]) for k in range(entry.n_units)])
            low, high = axes.get_ylim()
            axes.set_ylim(low, high + 0.2 * (high - low))
        if name == "r" and entry.quantity == "order parameter":
            axes.set_ylim(0, 1.02)
            axes.axhline(math.sqrt(math.pi / (4 * nodes)), color=SOFT, lw=0.7, ls=":")
        return
    phases = entry.unit == "rad"
    order = np.argsort(frequencies(entry), kind="stable") if phases else np.argsort(values.mean(axis=0), kind="stable")
    draw_map(axes, times, values[:, order], entry.dt / time.tick, "phase" if phases else "signed")
    axes.set_yticks([0, entry.n_units - 1], ["1", str(entry.n_units)])


def _symbol(name: str) -> str:
    """Return a variable with its number as a subscript: x1 -> x₁."""
    if name == "lfp":
        return "LFP"
    return f"${name[0]}_{{{name[1:]}}}$" if len(name) == 2 and name[1].isdigit() else words(name, 12)


def _state(run: Run, entries: Found, hue: str) -> Part | None:
    """Return the panel of states: sorted frequencies of many phases, or a plane of two variables."""
    phases = _phases(entries)
    if phases is not None:
        return Part(partial(_locked, entry=phases[1], hue=hue), title="Mean frequency, later half")
    pair = PLANES.get(str(run.source.get("system")), ())
    few = [name for name, e in entries.items() if e.n_units <= MOST_LINES and e.unit != "rad"]
    names = [name for name in pair if name in few] or few
    if len(names) < 2 or entries[names[0]].n_times != entries[names[1]].n_times:
        return None
    return Part(partial(_plane, entries=entries, names=(names[0], names[1]), hue=hue), title="Phase plane")


def _locked(axes: Axes, entry: Recording, hue: str) -> None:
    found = np.sort(frequencies(entry))
    axes.plot(np.arange(1, found.size + 1), found, "o", color=hue, ms=2.5, mew=0)
    unit = "Hz" if entry.clock == "second" else f"cycles/{entry.clock}"
    axes.set(xlabel="oscillator, sorted", ylabel=f"frequency [{unit}]")


def _plane(axes: Axes, entries: Found, names: tuple[str, str], hue: str) -> None:
    across, along = (first_trial(entries[name]) for name in names)
    if not (np.isfinite(across).all() and np.isfinite(along).all()):
        nothing(axes, "not defined everywhere")
        return
    colours = steps_of(hue, across.shape[1]) if across.shape[1] > 1 else [hue]
    for unit in range(min(across.shape[1], along.shape[1])):
        axes.plot(across[:, unit], along[:, unit], color=colours[unit], lw=0.6, rasterized=len(across) > COLUMNS)
        axes.plot(across[0, unit], along[0, unit], "o", color=colours[unit], mfc="white", ms=4.5, mew=1.1, zorder=4)
        axes.plot(across[-1, unit], along[-1, unit], "o", color=colours[unit], ms=4, mew=0, zorder=4)
    axes.set(xlabel=_symbol(names[0]), ylabel=_symbol(names[1]))
    axes.text(1.0, 1.02, "○ start  ● end", ha="right", va="bottom", transform=axes.transAxes, size=6.5, color=SOFT)


def _seizures(entries: Found, time: Time) -> list[Mark]:
    """Return the seizures of an Epileptor, of all nodes together."""
    entry = entries.get("x1")
    if entry is None:
        return []
    active = (first_trial(entry) > SEIZES).any(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], active.astype(np.int8), [0]])))
    spans: list[list[float]] = []
    for a, b in edges.reshape(-1, 2):
        start, stop = (float(entry.t0 + entry.dt * k) for k in (a, b))
        if spans and start - spans[-1][1] < APART:
            spans[-1][1] = stop
        else:
            spans.append([start, stop])
    long = [(a, b) for a, b in spans if b - a >= APART]  # a transient of the start is none
    return [Mark(a, "seizure", b) for a, b in long]


def _finding(run: Run, entries: Found, marks: list[Mark], time: Time) -> str:
    system = run.source.get("system")
    if system == "epileptor" and "z" in entries:
        return _seizes(entries, marks, time)
    if system == "kuramoto" and "r" in entries:
        r, n = first_trial(entries["r"])[:, 0], max(e.n_units for e in entries.values())
        late = r[round(LATE * r.size) :]
        return (
            f"order r = {short(late.mean())} in the later half (SD {short(late.std())}), where independent phases give "
            f"{short(math.sqrt(math.pi / (4 * n)))}"
        )
    if system == "stuart_landau" and {"x", "y"} <= set(entries):
        x, y = (first_trial(entries[name]) for name in ("x", "y"))
        size = np.hypot(x, y)
        late = size[round(LATE * len(size)) :].mean(axis=0)
        if late.max() < SETTLED * size.max():
            return f"the oscillations die; amplitudes fall from {plain(float(size[0].mean()))} below {SETTLED:g} of it"
        first = short(late.min()) if late.min() < 1 else plain(float(late.min()))
        last = short(late.max()) if late.max() < 1 else plain(float(late.max()))
        return f"amplitude {first} in the later half" if first == last else f"amplitudes {first} to {last} later on"
    return finding_of_trace(next(iter(entries)), next(iter(entries.values())))


def _seizes(entries: Found, marks: list[Mark], time: Time) -> str:
    """Return the seizures of a run, with the slow variable at their ends where a single node has both."""
    if not marks:
        return f"no seizure in {time.length}, x₁ does not stay above {short(SEIZES)}"
    count = f"{counted(len(marks), 'seizure')} in {time.length}"
    z = entries["z"]
    if z.n_units > 1:
        k = int(((first_trial(entries["x1"]) > SEIZES).mean(axis=0) > 0).sum())
        return f"{count}; {k} of {z.n_units} nodes seize"
    whole = list(pairwise(marks))
    if not whole:
        return count
    at = np.interp([float(whole[0][0].stop or 0), whole[0][1].onset], z.times, first_trial(z)[:, 0])
    return f"a seizure ends where the slow z reaches {at[0]:.2f}, the next begins where it is down to {at[1]:.2f}"


def finding_of_trace(name: str, entry: Recording) -> str:
    """Return whether the mean of an entry rests or swings in the later half, and how fast if a rhythm stands out.

    >>> wave = 2 + np.sin(2 * np.pi * 5 * np.arange(2000) * 0.001)[:, None]
    >>> finding_of_trace("E", Recording(wave, 0.001, "second", "rate", "1"))
    'E swings between 1 and 3 in the later half, at 5 Hz'
    >>> fall = np.exp(-np.arange(2000) * 0.1)[:, None]
    >>> finding_of_trace("E", Recording(fall, 0.001, "second", "rate", "1"))
    'E rests at 0'
    """
    if entry.unit == "rad" and entry.n_units > 1:
        found = frequencies(entry)
        return f"mean frequencies from {_two(found.min())} to {_two(found.max())} cycles per {entry.clock} later on"
    values = first_trial(entry).mean(axis=1)
    late = values[round(LATE * values.size) :]
    if not np.isfinite(late).all():
        return f"{name} is not defined everywhere"
    unit = "" if entry.unit in ("", "1") else f" {entry.unit}"
    size, whole = float(np.ptp(late)), float(np.ptp(values))
    if size <= SETTLED * max(whole, 1e-12):
        end = float(late[-1])
        return f"{name} rests at {plain(0.0 if abs(end) < SETTLED * whole else end)}{unit}"
    spectrum = spectrum_of(late, entry.dt, entry.clock, entry.unit)
    rhythm = ""
    if spectrum is not None and spectrum.stands_out:
        rhythm = f", at {plain(spectrum.peak, 2)} {spectrum.unit.replace('cycles/model', 'cycles per model unit')}"
    return f"{name} swings between {_two(late.min())} and {_two(late.max())}{unit} in the later half{rhythm}"


def _two(value: float) -> str:
    return plain(float(f"{value:.2g}"))
