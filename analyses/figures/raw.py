"""Raw activity of a comparison: groups side by side on shared axes, with their mean and their sorted correlations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from ...simulator.files.document import Group
from ..comparison.origin import origin
from ..comparison.result import Comparison
from .overview.frame import printed
from .parts.maps import Z_LIMIT, class_order, z_scored
from .parts.matrices import clustered
from .parts.palette import HAIR, HUES, INK, NULL, SIGNED
from .parts.style import CLOCK_LABELS, Drawing, as_rgba, shortened, with_unit, words

COLUMNS, TRACES, CLASSES = 3, 10, 10
WIDTH, MAP, MEAN = 4.8, 1.35, 0.75  # inch; a page shows it at 480 px and more, a phone at 362
LEFT, END, GAP = 0.62, 0.72, 0.1  # inch: labels, bars of colour, between columns
SIZE, TICKS = 8.4, 8.0  # pt


@dataclass(frozen=True)
class Column:
    """Activity of one group.

    Attributes:
        name: of the group.
        hue: of its source.
        values: (time, unit), in the order in which they are drawn.
        mean: (time,), over all units.
        times: (time,) [ticks].
        correlation: (unit, unit), sorted.
        spikes: times [s] and units, of spike trains; else None.
        classes: (time,), sorted, where samples have a class; else None.
        clock, unit: of the recording.
        span: start and stop [ticks].
        n_units: units that are drawn.
    """

    name: str
    hue: str
    values: NDArray[Any]
    mean: NDArray[Any]
    times: NDArray[Any]
    correlation: NDArray[Any]
    spikes: tuple[NDArray[Any], NDArray[Any]] | None
    classes: NDArray[Any] | None
    clock: str
    unit: str
    span: tuple[float, float]
    n_units: int

    @property
    def traced(self) -> bool:
        """Return whether it is drawn as traces, not as a map."""
        return self.spikes is None and self.clock in ("second", "model")


def raw_drawings(comparison: Comparison) -> Iterator[Drawing]:
    """Draw the first replicate of every group, a panel a page of at most three groups."""
    order = list(dict.fromkeys((row.panel, row.group) for row in comparison.observations))
    for panel in dict.fromkeys(panel for panel, _ in order):
        found = [_column(comparison, panel, group) for own, group in order
                 if own == panel and f"activity/{panel}/{group}" in comparison.figures]  # fmt: skip
        for at, start in enumerate(range(0, len(found), COLUMNS)):
            part = found[start : start + COLUMNS]
            figure = _figure(part, _limits(found))
            name = f"raw/{panel}" + (f"/{at + 1}" if len(found) > COLUMNS else "")
            yield Drawing(name, panel, figure, _caption(panel, part), _alt(panel, part))


def driven_order(values: NDArray[Any], classes: NDArray[Any]) -> NDArray[np.intp]:
    """Return the order of units by the class whose samples drive them most, then by how much they do."""
    z = np.asarray(z_scored(values).filled(0.0))
    names = np.unique(classes)
    means = np.stack([z[classes == name].mean(axis=0) for name in names])
    return np.asarray(np.lexsort((-means.max(axis=0), means.argmax(axis=0))), dtype=np.intp)


def _column(comparison: Comparison, panel: str, group: str) -> Column:
    activity = comparison.figures[f"activity/{panel}/{group}"]
    raster = comparison.figures.get(f"raster/{panel}/{group}")
    stored: Group | None = comparison.figures.get(f"correlation/{panel}/{group}")
    get = {name: variable.values for name, variable in activity.variables.items()}
    values, clock = np.asarray(get["values"], dtype=np.float64), str(activity.attrs["clock"])
    matrix = np.eye(values.shape[1]) if stored is None else np.asarray(stored.variables["r"].values, dtype=np.float64)
    label = next((given for name, given in get.items() if name.startswith("time_label_")), None)
    classes = np.asarray(label) if clock == "sample" and label is not None else None
    samples = class_order(classes, len(values))
    similar = clustered(matrix)
    units = similar if classes is None else driven_order(values, classes)
    times = np.asarray(get["time"], dtype=np.float64)
    step = times[1] - times[0] if times.size > 1 else 1.0
    spikes, span, n = None, (float(times[0]), float(times[-1] + step)), values.shape[1]
    if raster is not None:
        spikes = raster.variables["timestamps"].values, raster.variables["unit_index"].values
        start, n = float(raster.attrs["t0"]), int(raster.attrs["n_units"])
        span = start, start + float(raster.attrs["duration"])
    hue = HUES[origin(comparison, panel, group)]
    return Column(
        group, hue, values[samples][:, units], np.asarray(get["mean"], dtype=np.float64)[samples], times,
        matrix[np.ix_(similar, similar)], spikes, None if classes is None else classes[samples], clock,
        str(activity.variables["values"].attrs.get("units", "1")), span, n,
    )  # fmt: skip


def _limits(found: Sequence[Column]) -> dict[str, float]:
    """Return the limits that all groups of a panel share: of the mean, and the step between traces."""
    means = np.concatenate([column.mean for column in found])
    low, high = float(means.min()), float(means.max())
    pad = 0.06 * (high - low or abs(high) or 1.0)
    centred = [np.abs(column.values - column.values.mean(axis=0)) for column in found]
    step = max(float(np.percentile(one, 99.5)) for one in centred) or 1.0
    return {"low": 0.0 if low >= 0 and low < 0.5 * high else low - pad, "high": high + pad, "step": 1.5 * step}


@printed
def _figure(found: Sequence[Column], limits: Mapping[str, float]) -> Figure:
    n = len(found)
    side = (WIDTH - LEFT - END - GAP * (n - 1)) / n
    square = min(side, 1.75)
    heights = (0.25, MAP, 0.16, MEAN, 0.38, square, 0.14)  # title, map, air, mean, air, matrix, air
    height = sum(heights)
    figure = Figure(figsize=(WIDTH, height))
    tops = [height - sum(heights[:at]) for at in (1, 3, 5)]
    bars: dict[int, Any] = {}
    for at, column in enumerate(found):
        left = LEFT + at * (side + GAP)
        above, middle, below = (
            figure.add_axes((left / WIDTH, (top - tall) / height, wide / WIDTH, tall / height))
            for top, tall, wide in zip(tops, (MAP, MEAN, square), (side, side, square), strict=True)
        )
        above.set_title(words(shortened(column.name, 46 // n), 46 // n, 1), size=SIZE, weight="bold")
        if (image := _activity(above, column, limits)) is not None:
            bars[0] = (image, above, "activity [SD]", (-2, 0, 2))
        _mean(middle, column, limits)
        bars[2] = (_matrix(below, column), below, "correlation", (-1, 0, 1))
        for axes in (above, middle, below):
            axes.tick_params(labelsize=TICKS)
            if at:
                axes.tick_params(labelleft=False)
                axes.set_ylabel("")
            axes.yaxis.label.set_fontsize(SIZE)
    for image, axes, text, ticks in bars.values():
        box = axes.get_position()
        bar = figure.colorbar(image, cax=figure.add_axes((1 - (END - 0.12) / WIDTH, box.y0, 0.09 / WIDTH, box.height)),
                              ticks=ticks)  # fmt: skip
        bar.set_label(text, size=SIZE)
        bar.ax.tick_params(labelsize=TICKS)
        bar.outline.set_linewidth(0)
    return figure


def _activity(axes: Axes, column: Column, limits: Mapping[str, float]) -> Any:
    """Draw a raster, traces or a map; return the image of a map."""
    axes.tick_params(labelbottom=False)
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    if column.spikes is not None:
        time, unit = column.spikes
        axes.plot(
            time, unit, "|", color=column.hue, ms=float(np.clip(90 / column.n_units, 0.9, 5)), mew=0.7, rasterized=True
        )
        axes.set(xlim=column.span, ylim=(-1, column.n_units), ylabel="cell")
        return None
    if column.traced:
        chosen = np.linspace(0, column.n_units - 1, min(TRACES, column.n_units)).round().astype(int)
        for at, unit in enumerate(chosen):
            trace = column.values[:, unit] - column.values[:, unit].mean()
            axes.plot(column.times, trace - at * limits["step"], color=column.hue, lw=0.6, rasterized=True)
        size = 10.0 ** np.floor(np.log10(limits["step"]))
        axes.plot([-0.03, -0.03], [-size, 0], color=INK, lw=1.2, clip_on=False, transform=axes.get_yaxis_transform())
        bar = f"{size:g}" + (f" {column.unit}" if column.unit != "1" else "")
        axes.set(xlim=column.span, ylim=(-(len(chosen) - 0.2) * limits["step"], 0.8 * limits["step"]), yticks=[],
                 ylabel=f"{len(chosen)} of {column.n_units}; bar: {bar}")  # fmt: skip
        axes.spines["left"].set_visible(False)
        axes.yaxis.labelpad = 8
        return None
    image = axes.imshow(
        z_scored(column.values).T, aspect="auto", origin="lower", cmap=as_rgba(SIGNED).with_extremes(bad=NULL),
        vmin=-Z_LIMIT, vmax=Z_LIMIT, interpolation="nearest", extent=(*_extent(column), -0.5, column.n_units - 0.5),
    )  # fmt: skip
    axes.set_ylabel("unit")
    axes.tick_params(axis="x", length=0)
    return image


def _extent(column: Column) -> tuple[float, float]:
    return (0.0, float(len(column.values))) if column.clock == "sample" else column.span


def _mean(axes: Axes, column: Column, limits: Mapping[str, float]) -> None:
    """Draw the mean over all units; between samples of two classes a hairline."""
    start, stop = _extent(column)
    times = np.arange(len(column.mean)) + 0.5 if column.clock == "sample" else column.times
    axes.plot(times, column.mean, color=column.hue, lw=1.0)
    quantity = "rate" if column.unit == "Hz" else "mean"
    axes.set(xlim=(start, stop), ylim=(limits["low"], limits["high"]), ylabel=with_unit(quantity, column.unit))
    axes.yaxis.set_major_locator(MaxNLocator(3))
    axes.xaxis.set_major_locator(MaxNLocator(3))
    if column.classes is not None:
        edges = np.flatnonzero(column.classes[1:] != column.classes[:-1]) + 1
        names, bounds = column.classes[[0, *edges]], [0, *edges, len(column.classes)]
        for edge in edges:
            axes.axvline(edge, color=HAIR, lw=0.6, zorder=0)
        shown = list(range(len(names))) if len(names) <= CLASSES else [0, len(names) - 1]
        axes.set_xticks([(bounds[k] + bounds[k + 1]) / 2 for k in shown], [str(names[k])[:6] for k in shown])
        axes.tick_params(axis="x", length=0)
        axes.set_xlabel("class", size=SIZE, labelpad=1)
    else:
        axes.set_xlabel(CLOCK_LABELS[column.clock], size=SIZE, labelpad=1)


def _matrix(axes: Axes, column: Column) -> Any:
    dead = np.diagonal(column.correlation) < 0.5
    masked: Any = np.ma.masked_array(np.clip(column.correlation, -1, 1), mask=dead[:, None] | dead[None, :])  # type: ignore[no-untyped-call]
    image = axes.imshow(masked, origin="lower", cmap=as_rgba(SIGNED).with_extremes(bad=NULL), vmin=-1, vmax=1,
                        interpolation="nearest")  # fmt: skip
    axes.set(xticks=[], yticks=[], ylabel="cell × cell" if column.spikes is not None else "unit × unit")
    for spine in axes.spines.values():
        spine.set(visible=True, color=HAIR)
    return image


def _caption(panel: str, found: Sequence[Column]) -> str:
    first = found[0]
    n = first.values.shape[1]
    text = [f"{panel}: the first replicate of each group; the axes of a row are shared."]
    if first.spikes is not None:
        text.append(f"Spikes of {first.n_units} cells; mean rate of all cells that were measured.")
    elif first.traced:
        text.append(f"Traces of units on one scale [{first.unit}]; mean over all units." if first.unit != "1"
                    else "Traces of units on one scale; mean over all units.")  # fmt: skip
    else:
        by = "the class that drives them most" if first.classes is not None else "likeness, as in the matrix"
        samples = f"{len(first.values)} samples" + (" sorted by class" if first.classes is not None else "")
        text.append(f"Activity of {n} units, z-scored, sorted by {by}; {samples}; mean over all units.")
    over = "samples" if first.clock == "sample" else "time"
    text.append(f"Correlation over {over} between {n} units, sorted by likeness (average linkage on 1 − r): blocks are "
                "groups of units that act alike.")  # fmt: skip
    return " ".join(text)


def _alt(panel: str, found: Sequence[Column]) -> str:
    parts = []
    for column in found:
        r = column.correlation[~np.eye(len(column.correlation), dtype=bool)]
        size = f"mean |correlation| of the units shown {np.abs(r).mean():.2f}" if r.size else "one unit"
        unit = "" if column.unit == "1" else f" {column.unit}"
        parts.append(f"{column.name}: mean activity {column.mean.min():.3g} to {column.mean.max():.3g}{unit}, {size}")
    return f"Activity of {panel}. " + "; ".join(parts) + "."
