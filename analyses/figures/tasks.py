"""Figures of a sequence of tasks: the matrix of accuracies, every task over the sequence, synchrony of the layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from ..evidence.tasks import READINGS, TaskResult
from ..measures.notation import notation, short
from .overview.frame import page, panel, printed
from .overview.names import data_name, network_name
from .overview.panels import (
    LETTERS,
    NUMBERED_CELLS,
    axes_at,
    bar_beside,
    below_heading,
    cell_numbers,
    heat_map,
    labels_beside,
    short_ticks,
)
from .parts.palette import HAIR, INK, NET, SOFT, steps_of
from .parts.style import Drawing, new_figure, styled, words

SIDE, LINES = 37.0, 36.0  # mm: of a matrix; height of curves
SHORT = {"task": "outputs of the task alone", "class": "all outputs", "domain": "shared outputs"}
LABELLED = 8  # tasks whose lines are labelled
SCORES = (
    ("accuracy", "ACC", "mean accuracy on all tasks at the end"),
    ("backward", "BWT", "end minus just learnt; < 0: forgotten"),
    ("forgetting", "F", "fall from the best before the last task"),
    ("forward", "FWT", "before a task is learnt minus untrained"),
)


def task_drawings(result: TaskResult) -> Iterator[Drawing]:
    """Draw the matrix of every reading, and the synchrony of the layers after every task."""
    title = result.finding()
    for reading in result.readings:
        caption = f"Accuracy on each task (across) after each task (down); {READINGS[reading]}. {_marks(result)}"
        figure = _figure(f"accuracy, {SHORT[reading]}", partial(_matrix, result=result, reading=reading))
        yield Drawing(f"tasks/accuracy-{reading}", "accuracy", figure, caption, f"{title}.")
    if result.synchrony:
        figure = _figure("synchrony of the layers", partial(_synchrony, result=result))
        caption = "SI-3 of every layer on test images of all tasks, after every task."
        yield Drawing("tasks/synchrony", "synchrony of layers", figure, caption, caption)


@styled
def _figure(title: str, draw: Callable[[Axes], object]) -> Figure:
    figure, axes = new_figure(title)
    draw(axes)
    return figure


@printed
def task_overview(result: TaskResult) -> Drawing:
    """Draw one page of a sequence: matrices, numbers, every task over the sequence, synchrony of the layers."""
    config = dict(result.config)
    title = f"{network_name(config)} on {data_name(config)}, {result.finding()}"
    tall = 14.0 if result.joint else max(34.0, min(2 * SIDE, 5.2 * len(result.matrix())))
    lower_row = not result.joint or bool(result.synchrony)
    figure, top = page(title, _under(result), 34 + tall + lower_row * (LINES + 18))
    at = below_heading(figure, top)
    letters = iter(LETTERS)
    left = 18.0
    for reading in result.readings:
        axes = axes_at(figure, left, at, SIDE, tall)
        image = _matrix(axes, result, reading)
        panel(axes, next(letters), f"Accuracy, {SHORT[reading]}", 30)
        left += SIDE + 16
    bar_beside(axes, image)
    _numbers(figure, left + 4, at, result, next(letters))
    lower = at + tall + 17
    curves = () if result.joint else ((_curves, "Accuracy on every task over the sequence", 62.0),)
    layers = ((_synchrony, "Synchrony of the layers, images of all tasks", 42.0),) if result.synchrony else ()
    left = 18.0
    for draw, words_above, width in (*curves, *layers):
        axes = axes_at(figure, left, lower, width, LINES)
        draw(axes, result)
        panel(axes, next(letters), words_above, 30)
        left += width + 34
    caption = _marks(result)
    if result.synchrony:
        caption += (
            " SI-3 is the mean absolute correlation of the units of a layer over test images of all tasks; a change of "
            "it beside one of accuracy shows no cause."
        )
    return Drawing("overview", title, figure, caption.strip() or f"{title}.", f"{title}.")


def _under(result: TaskResult) -> str:
    config = dict(result.config)
    tasks = dict(config.get("tasks") or {})
    treated = ", ".join(map(str, config.get("treatments") or ())) or "no treatment"
    scenario = f"{result.readings[0]}-incremental"
    images = sum({row.on: row.n for row in result.accuracy}.values())
    seed = f"; seed {config['seed']}" if "seed" in config else ""
    return f"{tasks.get('tasks', 'tasks')}, {scenario}; {treated}; {images:,} test images{seed}"


def _marks(result: TaskResult) -> str:
    return (
        ""
        if result.joint
        else "Framed: the task just learnt; left of it tasks learnt before, right those to come. Ink: mean over tasks."
    )


def _matrix(axes: Axes, result: TaskResult, reading: str) -> object:
    """Draw accuracies: a row after every task, a column on every task."""
    values = result.matrix(reading)
    x, y = np.arange(1, values.shape[1] + 1), np.arange(len(values))[::-1]
    image = heat_map(axes, x, y, values, NET, 1.0)
    if values.size <= NUMBERED_CELLS:
        cell_numbers(axes, x, y, values, 1.0)
    if not result.joint:
        for task in x:
            frame = Rectangle((task - 0.5, y[task] - 0.5), 1, 1, fill=False, ec=INK, lw=0.9, zorder=3, clip_on=False)
            axes.add_patch(frame)
    every = max(1, -(-len(y) // 11))
    after = ["none", "all"] if result.joint else ["none", *map(str, x)]
    axes.set_yticks(y[::every], after[::every])
    axes.set_xticks(x[:: max(1, -(-len(x) // 10))])
    axes.set(xlabel="on task", ylabel="" if result.joint else "tasks learnt")
    return image


def _numbers(figure: Figure, left: float, top: float, result: TaskResult, letter: str) -> None:
    """Write the four numbers of every reading with their meaning."""
    axes = axes_at(figure, left, top, 40, 30)
    axes.set_axis_off()
    panel(axes, letter, "Numbers of the matrix", 12)
    columns = [0.34 + 0.24 * k for k in range(len(result.readings))]
    for place, reading in zip(columns, result.readings, strict=True):
        if len(columns) > 1:
            axes.text(place, 0.97, reading, size=6.5, color=SOFT, ha="right", va="top")
    for row, (name, symbol, meaning) in enumerate(SCORES[:1] if result.joint else SCORES):
        height = 0.84 - 0.235 * row
        axes.text(0, height, symbol, size=7.2, weight="bold", va="top")
        for place, reading in zip(columns, result.readings, strict=True):
            axes.text(place, height, short(getattr(result.score(reading), name)), size=7.2, ha="right", va="top")
        axes.text(0, height - 0.1, meaning, size=6.5, color=SOFT, va="top")


def _curves(axes: Axes, result: TaskResult) -> None:
    """Draw the accuracy on every task after each task, and their mean."""
    values = result.matrix()
    after = np.arange(len(values))
    colours = steps_of(NET, values.shape[1])
    for task, (column, colour) in enumerate(zip(values.T, colours, strict=True), start=1):
        axes.plot(after[: task + 1], column[: task + 1], color=colour, lw=0.7, ls=(0, (1, 1.5)))
        axes.plot(after[task:], column[task:], color=colour, lw=1.1, marker="o", ms=3, clip_on=False)
    axes.plot(after, values.mean(1), color=INK, lw=1.3)
    axes.set(xlim=(-0.1, after[-1] + 0.1), ylim=(0, 1.03), xlabel="tasks learnt (dotted: not yet this one)")
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.axhline(1, color=HAIR, lw=0.4, zorder=0)
    short_ticks(axes, "y")
    shown: Sequence[int] = range(values.shape[1]) if values.shape[1] <= LABELLED else (0, values.shape[1] - 1)
    labels = [(f"task {task + 1}", float(values[-1, task]), colours[task]) for task in shown]
    labels_beside(axes, [*labels, ("mean", float(values[-1].mean()), INK)])


def _synchrony(axes: Axes, result: TaskResult) -> None:
    """Draw SI-3 of every layer after every task."""
    layers = list(dict.fromkeys(row.layer for row in result.synchrony))
    labels = []
    for layer, colour in zip(layers, steps_of(NET, len(layers)), strict=True):
        rows = [row for row in result.synchrony if row.layer == layer]
        axes.plot([row.after for row in rows], [row.si_3 for row in rows], color=colour, lw=1.1, marker="o", ms=3)
        if np.isfinite(rows[-1].si_3):
            labels.append((words(layer, 24, 1), rows[-1].si_3, colour))
    axes.set(ylim=(0, 1), xlabel="tasks learnt", ylabel=notation("si_3").math)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    short_ticks(axes, "y")
    if len(labels) <= LABELLED:
        labels_beside(axes, labels)
    else:
        labels_beside(axes, [labels[0], labels[-1]])
