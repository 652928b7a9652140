"""Bumps on a ring: activity over space and time with the decoded position, and a short film of it."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib import patheffects
from matplotlib.animation import PillowWriter
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from ...simulator import InputError, Recording, Run, Spikes
from ...simulator.kinds import Kind
from ..bumps import LABEL, around
from ..measures.circular import population_vector, wrapped
from .parts.palette import INK, MODEL, magnitudes
from .parts.style import CLOCK_LABELS, Drawing, new_figure, styled, with_unit

BIN = 0.05  # s; of spikes
ROWS = 64  # groups of neighbouring cells, of spikes; of rates every unit is drawn
SHARP = 0.4  # vector strength above which the decoded position is drawn
COLUMNS = 400  # samples of rates in a figure
FRAMES, PER_SECOND, FILM_DPI = 60, 12, 90
Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sheet:
    """Activity of a ring as it is drawn.

    Attributes:
        times: of the beginnings of the columns, and of the end (column + 1,).
        angle: of the rows, ascending (row,) [deg].
        activity: (column, row).
        position, strength: decoded from all units, (column,) [deg] and [1].
    """

    times: Values
    angle: Values
    activity: Values
    position: Values
    strength: Values
    clock: str
    label: str
    sampling: str


def on_a_ring(entry: Recording | Spikes) -> bool:
    """Return whether it is activity >= 0 of units that lie evenly on a ring, by their label "position" [rad]."""
    label = entry.unit_labels.get(LABEL)
    if label is None or label.dtype.kind != "f" or label.size < 3 or around(label) is None:
        return False
    return isinstance(entry, Spikes) or bool(entry.numpy().min() >= 0)


def sheet(entry: Recording | Spikes) -> Sheet:
    """Return the rates of the first trial, thinned, or spikes in bins, of groups of neighbours."""
    label = np.asarray(entry.unit_labels[LABEL], dtype=np.float64)
    angle = np.asarray(wrapped(label))
    order = np.argsort(angle, kind="stable")
    if isinstance(entry, Spikes):
        step = min(max(BIN, entry.duration / COLUMNS), entry.duration)
        binned = entry.binned(step)
        values, times, clock = binned.numpy() / step, binned.times, "second"
        rows = min(ROWS, entry.n_units)
        what, sampling = "firing rate [Hz]", f"in bins of {1000 * step:.3g} ms and of {entry.n_units / rows:.3g} cells"
    else:
        every = -(-entry.n_times // COLUMNS)
        values = entry.numpy().reshape(-1, entry.n_times, entry.n_units)[0][::every]
        times, step, clock, rows = entry.times[::every], every * entry.dt, entry.clock, entry.n_units
        what, sampling = with_unit(entry.quantity, entry.unit), f"every {step:.3g} {tick(clock)}"
    position, strength = population_vector(np.maximum(values, 0.0), angle)
    groups = np.array_split(order, rows)
    activity = np.stack([values[:, group].mean(axis=1) for group in groups], axis=1)
    middles = np.degrees([angle[group].mean() for group in groups])
    ends = np.append(times, times[-1] + step)
    return Sheet(ends, middles, activity, np.degrees(position), strength, clock, what, sampling)


def tick(clock: str) -> str:
    """Return the tick of a clock in a sentence."""
    return {"second": "s", "model": "model units"}.get(clock, clock)


def ring_drawings(run: Run) -> Iterator[Drawing]:
    """A picture of every entry of a run that lies on a ring."""
    for name, entry in run.items():
        if not on_a_ring(entry):
            continue
        seen, shown = sheet(entry), stimuli(run)
        caption = (
            f"{seen.label}, {seen.sampling}, against position and time; line: direction of the population vector, "
            f"where its strength exceeds {SHARP:g}."
        )
        if shown:
            caption += f" Boxes: place and time of {' and '.join(s.name for s in shown)}."
        sharp = seen.strength > SHARP
        summary = f"a bump in {100 * sharp.mean():.0f} % of the time"
        if sharp.any():
            summary += f", at {seen.position[sharp][-1]:.0f}° at last"
        alt = f"{name} on the ring over {seen.times[-1] - seen.times[0]:.3g} {tick(seen.clock)}: {summary}."
        yield Drawing(f"ring/{name}", name, ring_figure(name, seen, shown), caption, alt)


@dataclass(frozen=True)
class Stimulus:
    """Something that was shown, at a place [deg] and for a time [s]."""

    name: str
    start: float
    end: float
    place: float
    width: float  # half of it


def stimuli(run: Run) -> list[Stimulus]:
    """Find the stimuli: entries of given currents whose place is a parameter of the same name [deg]."""
    parameters = run.source.get("parameters")
    found = []
    for name, entry in run.items():
        if not (isinstance(entry, Recording) and entry.quantity == "current" and isinstance(parameters, dict)):
            continue
        place, width = parameters.get(name), parameters.get("cue_width")
        on = np.flatnonzero(entry.numpy().reshape(-1, entry.n_times, entry.n_units)[0, :, 0] > 0)
        if isinstance(place, int | float) and isinstance(width, int | float) and on.size:
            start, end = entry.times[on[0]], entry.times[on[-1]] + entry.dt
            found.append(Stimulus(name, float(start), float(end), float((place + 180) % 360 - 180), float(width)))
    return found


@styled
def ring_figure(title: str, seen: Sheet, shown: list[Stimulus]) -> Figure:
    """Activity as colour over time and position, the decoded position over it, stimuli as boxes."""
    figure, axes = new_figure(title)
    step = 360.0 / seen.angle.size
    low = float(seen.angle[0]) - step / 2
    top = float(max(seen.activity.max(), 1e-12))
    image = axes.imshow(
        seen.activity.T, aspect="auto", origin="lower", interpolation="nearest", cmap=magnitudes(MODEL),
        vmin=0.0, vmax=top,
        extent=(float(seen.times[0]), float(seen.times[-1]), low, low + 360.0),
    )  # fmt: skip
    middle = (seen.times[:-1] + seen.times[1:]) / 2
    outline = [patheffects.withStroke(linewidth=2.2, foreground="white")]
    line = axes.plot(middle, broken(seen), color="black", lw=0.9, path_effects=outline)[0]
    handles, labels = [line], ["decoded position"]
    for at, stimulus in enumerate(shown):
        paint, dashes = INK, ("-", "--")[at % 2]
        for turn in (-360.0, 0.0, 360.0):  # a box across ± 180° shows at both ends
            axes.add_patch(Rectangle(
                (stimulus.start, stimulus.place - stimulus.width + turn), stimulus.end - stimulus.start,
                2 * stimulus.width, fill=False, ec=paint, lw=1.2, ls=dashes,
            ))  # fmt: skip
        handles.append(Line2D([], [], color=paint, lw=1.2, ls=dashes))
        labels.append(stimulus.name)
    axes.set(xlabel=CLOCK_LABELS[seen.clock], ylabel="position [deg]", yticks=[-180, -90, 0, 90, 180],
             ylim=(-180, 180), xlim=(float(seen.times[0]), float(seen.times[-1])))  # fmt: skip
    bar = figure.colorbar(image, ax=axes, pad=0.02, aspect=25)
    bar.set_label(seen.label)
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), borderaxespad=0.2)
    return figure


def broken(seen: Sheet) -> Values:
    """The decoded position where it is sharp, NaN elsewhere and where a line would cross the whole ring.

    >>> place = np.array([170.0, 179.0, -179.0, 0.0])
    >>> broken(Sheet(np.arange(5.0), np.zeros(1), np.zeros((4, 1)), place, np.ones(4), "second", "", "")).tolist()
    [170.0, nan, -179.0, 0.0]
    """
    line = np.where(seen.strength > SHARP, seen.position, np.nan)
    across = np.abs(np.diff(seen.position)) > 180.0
    line[:-1][across] = np.nan
    return line


@styled
def film(title: str, seen: Sheet) -> bytes:
    """A GIF: the profile of activity on the ring, frame by frame, with the decoded position.

    Raises:
        InputError: fewer than 2 samples.
    """
    n = seen.activity.shape[0]
    if n < 2:
        raise InputError(f"plot --animate: {title} must have at least 2 samples; got {n}")
    edges = np.unique(np.linspace(0, n, min(FRAMES, n) + 1).astype(int))
    figure, axes = new_figure(title, margins=(0.15, 0.17))
    figure.subplots_adjust(right=0.94)
    FigureCanvasAgg(figure)
    top = float(seen.activity.max()) or 1.0
    profile = axes.plot(seen.angle, seen.activity[0], color=MODEL)[0]
    mark = axes.plot([np.nan], [1.06 * top], "v", color=INK, ms=6, clip_on=False)[0]
    clock = axes.text(0.98, 0.97, "", transform=axes.transAxes, ha="right", va="top")
    axes.set(xlabel="position [deg]", ylabel=seen.label, xlim=(-180, 180), ylim=(0, 1.12 * top),
             xticks=[-180, -90, 0, 90, 180])  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "film.gif"
        writer = PillowWriter(fps=PER_SECOND)
        with writer.saving(figure, str(target), FILM_DPI):
            for a, b in itertools.pairwise(edges):
                mean = seen.activity[a:b].mean(axis=0)
                place, strength = population_vector(np.maximum(mean, 0.0), np.radians(seen.angle))
                profile.set_ydata(mean)
                mark.set_xdata([float(np.degrees(place)) if strength > SHARP else np.nan])
                clock.set_text(f"{seen.times[a]:.2f} {tick(seen.clock)}")
                writer.grab_frame()
        return target.read_bytes()


def films(of: Kind) -> dict[str, bytes]:
    """Name -> GIF of every entry of a run that lies on a ring.

    Raises:
        InputError: there is none.
    """
    run = of if isinstance(of, Run) else {}
    found = {f"ring/{name}": film(name, sheet(entry)) for name, entry in run.items() if on_a_ring(entry)}
    if not found:
        raise InputError(f'plot --animate: no entry lies on a ring (units labelled "{LABEL}" [rad])')
    return found
