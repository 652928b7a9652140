"""Overview of a training: accuracy and gap, synchrony by layer over training, the last profile beside its nulls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from ....simulator import InputError, Recording, Run
from ....simulator.types import Floats
from ...layers.layer_synchrony import LayerValues, layer_synchrony, measures_in, parts
from ...measures.notation import KEY, notation, short
from ..parts.palette import HAIR, INK, NET, NULL, SOFT
from ..parts.style import CLOCK_LABELS, Drawing
from ..parts.training import FREE, WITHIN
from .frame import page, panel, printed
from .layered import Step, layer_map, number_layers, steps_in, trajectories
from .names import capitalised, wrong_labels
from .panels import (
    FILLED,
    LETTERS,
    OPEN,
    axes_at,
    below_heading,
    key,
    labels_beside,
    mark_of,
    null_bar,
    patch_of,
    row_grid,
    short_ticks,
)
from .training_words import Curves, alt_of, caption_of, first_record, last_record, percent, title_of, under_of

MAIN = ("si_3", "chi_c")  # the measure of the panels over training, the first that is stored
ROWS = ("si_3", *(name for name in KEY if name != "si_3"))  # of the last layer
COUNT = "participation_ratio"  # the only one that has another range
ROOM = 0.18  # of accuracy: gap that has room for its number
LEFT, RIGHT, WIDE, NARROW_WIDE = 13.0, 130.0, 103.0, 46.0  # mm


@printed
def training_overview(run: Run) -> Drawing:
    """Draw one page of a training.

    Raises:
        InputError: the Run holds neither a history nor synchrony over training.
    """
    curves, found = _curves(run), _synchrony(run)
    if curves is not None and found is not None and curves.times.size == found.times.size:
        curves = replace(curves, times=found.times, clock=found.clock)  # epochs have the records of the recorder
    if curves is None and found is None:
        raise InputError("plot: run: holds neither a history of a training nor synchrony over training")
    title, under = title_of(run, curves, found), under_of(run, curves, found)
    if found is None:
        assert curves is not None
        figure = _without_synchrony(title, under, curves)
        caption = "Metrics of the training; grey: train − test. Dashed: the record of the lowest test loss."
        return Drawing("overview", title, figure, caption, f"{title}.")
    steps = steps_in(found.times[found.measured], found.values[found.measured])
    figure = _with_synchrony(title, under, run, curves, found, steps)
    return Drawing("overview", title, figure, caption_of(found, steps, curves), f"{title}. {alt_of(found)}")


def _curves(run: Run) -> Curves | None:
    history = run.get("history")
    if not isinstance(history, Recording) or "metric" not in history.unit_labels or history.values.ndim != 2:
        return None
    values = history.numpy().astype(float)
    names = [str(name) for name in history.unit_labels["metric"]]
    return Curves(history.times, history.clock, {name: values[:, at] for at, name in enumerate(names)})


def _synchrony(run: Run) -> LayerValues | None:
    """Return the main measure on test examples after the layers, or what comes nearest to it."""
    sides, stored = parts(run), measures_in(run)
    if not sides or not stored:
        return None
    when = "post" if any(side == "post" for side, _ in sides) else sides[0][0]
    sets = [of for side, of in sides if side == when]
    measure = next((name for name in (*MAIN, *KEY) if name in stored), stored[0])
    found = layer_synchrony(run, measure, when=when, of="test" if "test" in sets else sets[-1])
    return found if np.isfinite(found.values).any() else None


def _with_synchrony(
    title: str, under: str, run: Run, curves: Curves | None, found: LayerValues, steps: Sequence[Step]
) -> Figure:
    n = len(found.layers)
    rows = _rows(run, found)
    shown = curves is not None and curves.gap is not None and curves.clock == found.clock
    tall = {"map": float(np.clip(5 * n, 10, 36)), "lines": 28.0, "accuracy": 22.0}
    figure, top = page(title, under, 24 + (36 if shown else 0) + tall["map"] + 12 + tall["lines"] + 11)
    at = below_heading(figure, top)
    letters = iter(LETTERS)
    over_time: list[Axes] = []
    symbol = notation(found.measure).math
    if shown and curves is not None:
        axes = axes_at(figure, LEFT, at, WIDE, tall["accuracy"])
        _accuracy(axes, curves)
        noise = wrong_labels(run.source)
        panel(axes, next(letters), f"Accuracy{f'; {percent(noise)} of the training labels are wrong' * bool(noise)}")
        over_time.append(axes)
        at += tall["accuracy"] + 14
    _key(figure, at - (36 if shown else 0), found, steps, above=shown)
    map_at = at
    axes = axes_at(figure, LEFT, at, WIDE, tall["map"])
    records = found.measured
    layer_map(axes, found.times[records], found.values[records], symbol)
    panel(axes, next(letters), "Synchrony by layer over training")
    over_time.append(axes)
    at += tall["map"] + 12
    lines_at = at
    axes = axes_at(figure, LEFT, at, WIDE, tall["lines"])
    trajectories(axes, found.times, found.values, symbol, steps)
    panel(axes, next(letters), f"Its course by layer{', and where it steps' * bool(steps)}")
    axes.set_xlabel(CLOCK_LABELS[found.clock])
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    over_time.append(axes)
    limits = over_time[-2].get_xlim()
    for one in over_time:
        one.set_xlim(limits)
        if one is not over_time[-1]:
            one.tick_params(axis="x", labelbottom=False)
    if curves is not None and curves.best is not None and curves.clock == found.clock:
        _lowest(over_time, curves.best, limits)
    axes = axes_at(figure, RIGHT, map_at, NARROW_WIDE, tall["map"])
    _profile(axes, found)
    panel(axes, next(letters), f"Layers{', beside their nulls' * bool(found.nulls)}", 16)
    if rows:
        has_count = COUNT in rows
        axes = axes_at(figure, RIGHT, lines_at, NARROW_WIDE, tall["lines"] - 9 * has_count)
        _last_layer(axes, {name: one for name, one in rows.items() if name != COUNT})
        panel(axes, next(letters), "Last layer, the recommended measures", 16)
        if has_count:
            _count(axes_at(figure, RIGHT, lines_at + tall["lines"] - 1.5, NARROW_WIDE, 4.5), rows[COUNT])
    return figure


def _without_synchrony(title: str, under: str, curves: Curves) -> Figure:
    """Draw the pairs of metrics, train and test, and every other metric in a small panel."""
    names = list(curves.metrics)
    pairs = [name.removeprefix("train_") for name in names if name.startswith("train_") and f"test_{name[6:]}" in names]
    used = {f"{side}_{name}" for name in pairs for side in ("train", "test")} | {"gap"}
    rest = [name for name in names if name not in used and np.isfinite(curves.metrics[name]).any()]
    panels: list[tuple[str, ...]] = [(f"train_{name}", f"test_{name}") for name in sorted(pairs)]
    panels += [(name,) for name in rest]
    rows = -(-len(panels) // 2)
    figure, top = page(title, under, 16 + rows * 46)
    at = below_heading(figure, top)
    every = []
    for k, chosen in enumerate(panels):
        axes = axes_at(figure, LEFT + 88 * (k % 2), at + 46 * (k // 2), 66, 30)
        if chosen == ("train_accuracy", "test_accuracy"):
            _accuracy(axes, curves)
            axes.set_ylabel("")
        else:
            for name, colour in zip(chosen, (INK, NET) if len(chosen) > 1 else (NET,), strict=True):
                axes.plot(curves.times, curves.metrics[name], color=colour, lw=1.3)
            axes.yaxis.set_major_locator(MaxNLocator(4))
            short_ticks(axes, "y")
            if len(chosen) > 1:
                ends = [float(curves.metrics[name][-1]) for name in chosen]
                labels_beside(axes, [("train", ends[0], INK), ("test", ends[1], NET)])
        quantity = chosen[0].removeprefix("train_") if len(chosen) > 1 else chosen[0]
        panel(axes, LETTERS[k], capitalised(quantity.replace("_", " ")))
        axes.set_xlabel(CLOCK_LABELS[curves.clock])
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.margins(x=0.01)
        every.append(axes)
    if curves.best is not None:
        _lowest(every, curves.best, every[0].get_xlim())
    return figure


def _accuracy(axes: Axes, curves: Curves) -> None:
    train, test = curves.metrics["train_accuracy"], curves.metrics["test_accuracy"]
    axes.fill_between(curves.times, train, test, color=NULL, lw=0, zorder=0)
    axes.plot(curves.times, train, color=INK, lw=1.3)
    axes.plot(curves.times, test, color=NET, lw=1.3)
    axes.set(ylabel="accuracy", ylim=(0, 1.05))
    axes.set_yticks([0, 0.5, 1])
    short_ticks(axes, "y")
    labels_beside(axes, [("train", float(train[-1]), INK), ("test", float(test[-1]), NET)])
    at = int(0.85 * (len(train) - 1))
    if abs(train[at] - test[at]) >= ROOM:
        axes.text(curves.times[at], float(train[at] + test[at]) / 2, f"gap {short(float(train[-1] - test[-1]))}",
                  ha="center", va="center", color=SOFT, size=6.5)  # fmt: skip


def _lowest(panels: Sequence[Axes], time: float, limits: tuple[float, float]) -> None:
    """Draw the time of the lowest test loss through all panels, with its words in the first."""
    for axes in panels:
        axes.axvline(time, color=INK, ls=(0, (3, 2)), lw=0.8, zorder=5)
    late = time > 0.7 * limits[1] + 0.3 * limits[0]
    panels[0].annotate(
        "lowest test loss", (time, 0), (-3 if late else 3, 3), xycoords=("data", "axes fraction"), size=6.5,
        textcoords="offset points", ha="right" if late else "left", va="bottom", color=SOFT,
    )  # fmt: skip


def _profile(axes: Axes, found: LayerValues) -> None:
    """Draw the layers at the first record (open) and at the last (filled), each with its nulls."""
    first, last = first_record(found), last_record(found)
    n = len(found.layers)
    row_grid(axes)
    for kind, null in found.nulls.items():
        for layer in range(n):
            null_bar(axes, float(null.low[last, layer]), float(null.high[last, layer]), layer + 1,
                     within=kind == WITHIN, height=0.6)  # fmt: skip
    places = np.arange(1, n + 1)
    axes.plot(found.values[last], places, color=NET, zorder=3, **FILLED)
    axes.plot(found.values[first], places, color=NET, zorder=4, **OPEN)
    number_layers(axes, n)
    axes.set_ylabel("layer")
    _range(axes, found.values[[first, last]])
    axes.xaxis.set_major_locator(MaxNLocator(5))
    short_ticks(axes, "x")


def _range(axes: Axes, values: Floats) -> None:
    """Set the axis to begin at 0, unless a number lies below."""
    low, high = axes.dataLim.x0, max(axes.dataLim.x1, float(np.nanmax(values)))
    for bar in axes.patches:
        if isinstance(bar, Rectangle):
            low, high = min(low, bar.get_x()), max(high, bar.get_x() + bar.get_width())
    pad = 0.06 * (max(high, 0.0) - min(low, 0.0) or 1.0)
    axes.set_xlim(min(low - pad, 0.0) if low < 0 else 0.0, high + pad)


def _rows(run: Run, found: LayerValues) -> dict[str, LayerValues]:
    """Return the recommended measures that are stored and defined in the last layer."""
    stored = measures_in(run)
    rows = {name: layer_synchrony(run, name, when=found.when, of=found.of) for name in ROWS if name in stored}
    return {name: one for name, one in rows.items() if np.isfinite(one.values[:, -1]).any()}


def _last_layer(axes: Axes, rows: Mapping[str, LayerValues]) -> None:
    row_grid(axes)
    for at, one in enumerate(rows.values()):
        _row(axes, one, -at)
    lows = [null.low[last_record(one), -1] for one in rows.values() for null in one.nulls.values()]
    lows += [one.values[at, -1] for one in rows.values() for at in (first_record(one), last_record(one))]
    low = min([0.0, *(float(x) for x in lows if np.isfinite(x))])
    axes.set(xlim=(low - 0.05, 1), ylim=(0.6 - max(len(rows), 3), 0.6))
    axes.set_yticks([-at for at in range(len(rows))], [notation(name).math for name in rows])
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    short_ticks(axes, "x")


def _count(axes: Axes, one: LayerValues) -> None:
    """Draw the participation ratio on an axis of its own, reversed: right is more synchronous."""
    _row(axes, one, 0)
    row_grid(axes)
    axes.grid(visible=False)
    most = float(np.nanmax(one.n_units[:, -1]))
    axes.set(xlim=(most, 1), ylim=(-0.6, 0.6))
    axes.set_yticks([0], [notation(COUNT).math])
    axes.set_xticks([most, (most + 1) / 2, 1], [f"{most:g}", "reversed", "1"])
    axes.tick_params(axis="x", length=0)
    axes.spines["bottom"].set_color(HAIR)


def _row(axes: Axes, one: LayerValues, place: float) -> None:
    """Draw one measure of the last layer: its nulls, the first record open and the last filled."""
    first, last = first_record(one), last_record(one)
    for kind, null in one.nulls.items():
        null_bar(axes, float(null.low[last, -1]), float(null.high[last, -1]), place, within=kind == WITHIN, height=0.6)
    axes.plot(one.values[last, -1], place, color=NET, zorder=3, clip_on=False, **FILLED)
    axes.plot(one.values[first, -1], place, color=NET, zorder=4, clip_on=False, **OPEN)


def _key(figure: Figure, top: float, found: LayerValues, steps: Sequence[Step], *, above: bool) -> None:
    first, last = found.times[first_record(found)], found.times[last_record(found)]
    ends = "at the end" if last == found.times[-1] else f"at {found.clock} {last:g}"
    before = "before training" if first == 0 else f"at {found.clock} {first:g}"
    entries: list[tuple[Any, str]] = [(mark_of(OPEN, NET), before), (mark_of(FILLED, NET), ends)]
    drawn = [kind for kind, null in found.nulls.items() if np.isfinite(null.low).any()]
    if FREE in drawn:
        entries.append((patch_of(within=False), "null: examples permuted"))
    if WITHIN in drawn:
        entries.append((patch_of(within=True), "null: permuted within classes"))
    if steps:
        style = {"marker": "^", "ls": "", "ms": 5, "mew": 0}
        entries.append((mark_of(style, NET), "step beyond a line, p ≤ .05, interval"))
    if above:
        key(figure, RIGHT - 4, top, entries)
    else:
        figure.legend([h for h, _ in entries], [t for _, t in entries], loc="lower left", ncols=3, borderpad=0.2)
