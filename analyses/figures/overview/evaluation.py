"""Overview of the evaluation of a network: accuracy, calibration, attacks, noise, corruptions, strange images."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from scipy.stats import binom

from ...evidence.effect import wilson
from ...measures.notation import short
from ..parts.palette import HAIR, INK, NET, SOFT
from ..parts.style import Drawing, words
from .attacks import accuracy_over_size
from .frame import page, panel, printed
from .names import data_name, network_name
from .panels import (
    FILLED,
    FREE_NULL,
    LETTERS,
    axes_at,
    bar_beside,
    below_heading,
    cell_numbers,
    heat_map,
    labels_beside,
    plain_number,
    row_grid,
    short_ticks,
)

LEFT, RIGHT, WIDE = 26.0, 114.0, 40.0  # mm: begin of the axes of both columns, and their width
ABOVE, BELOW = 6.0, 10.0  # mm: room for the title of a panel and for the labels below it
CURVE, ROW, CELL = 28.0, 3.4, 3.4  # mm: height of a curve, of a row of marks, of a row of cells
MARKS = {"max-softmax": "o", "energy": "s", "mahalanobis": "^"}  # one hue: other shapes
NAMES = {"mahalanobis": "Mahalanobis"}


@dataclass(frozen=True)
class _Panel:
    """A panel that waits for its place: its title, its height [mm], and what draws it."""

    title: str
    height: float
    draw: Callable[[Axes], None]
    below: float = BELOW


@printed
def evaluation_overview(found: Any) -> Drawing:
    """Draw accuracy by set and what the evaluation holds besides: calibration, curves, corruptions, strange images."""
    panels = list(_panels(found))
    columns: tuple[list[_Panel], list[_Panel]] = ([], [])
    if found.corruptions:
        panels.append(_heat(found.corruptions))
        columns[1].append(panels.pop())
    for one in sorted(panels, key=lambda one: -one.height):  # the tallest first: columns of like height
        min(columns, key=_height).append(one)
    for column in columns:
        column.sort(key=lambda one: panels.index(one) if one in panels else -1)
    title = _title(found)
    under = f"{', '.join(f'{key}: {one.n:,} images' for key, one in found.sets.items())}; seed {found.seed}"
    figure, top = page(title, under, 17 + max(map(_height, columns)))
    at = below_heading(figure, top)
    placed = [
        (at + _height(column[:k]), left, one)
        for column, left in zip(columns, (LEFT, RIGHT), strict=True)
        for k, one in enumerate(column)
    ]
    for letter, (place, left, one) in zip(LETTERS, sorted(placed, key=lambda item: item[:2]), strict=False):
        axes = axes_at(figure, left, place, WIDE, one.height)
        one.draw(axes)
        panel(axes, letter, one.title, 30 if left == LEFT else 44)
    return Drawing("overview", title, figure, _caption(found), f"{title}.")


def _height(column: Sequence[_Panel]) -> float:
    return sum(ABOVE + one.height + one.below for one in column)


def _panels(found: Any) -> list[_Panel]:
    """Return the panels of what there is, but for the heat map of corruptions."""
    test, out = found.sets["test"], []
    out.append(
        _Panel(
            "Accuracy (dot) and confidence (bar)", 4 + 5.0 * len(found.sets), lambda axes: by_set(axes, found.sets), 7
        )
    )
    if found.attacks:
        doubt = _doubt(found)
        title = f"✕ Under attack: {doubt}" if doubt else "Under attack, and under random noise"
        out.append(_Panel(title, CURVE, lambda axes: accuracy_over_size(axes, found.attacked)))
    if found.reliability:
        title = f"Reliability: ECE {short(test.ece, 3)}, by chance {short(test.floor, 3)}"
        out.append(_Panel(title, CURVE, lambda axes: reliability_diagram(axes, found.reliability)))
    if found.noise:
        out.append(_Panel("With Gaussian noise", CURVE, lambda axes: noise_curve(axes, test, found.noise)))
    if found.strange:
        n = sum(len(one.by_score()) + 1 for one in found.strange.values())
        out.append(_Panel("Told from strange images", ROW * n, lambda axes: strange_rows(axes, found.strange)))
    return out


def _heat(corruptions: Mapping[str, Sequence[float]]) -> _Panel:
    return _Panel(
        "Accuracy on corrupted test images", CELL * len(corruptions) + 4, lambda axes: cells(axes, corruptions)
    )


def by_set(axes: Axes, sets: Mapping[str, Any]) -> None:
    """Draw accuracy with its interval, and the mean confidence, a row a set."""
    row_grid(axes)
    for row, one in enumerate(sets.values()):
        low, high = wilson(one.accuracy * one.n, one.n)
        axes.plot([low, high], [-row, -row], color=NET, lw=1.1)
        axes.plot(one.accuracy, -row, color=NET, zorder=3, **FILLED)
        axes.plot(one.confidence, -row, "|", color=SOFT, ms=10, mew=1.4, zorder=2)
    axes.set(xlim=(0, 1.02), ylim=(0.6 - len(sets), 0.6))
    axes.set_yticks([-row for row in range(len(sets))], list(sets))
    labels_beside(axes, [(short(one.accuracy, 3), float(-row), NET) for row, one in enumerate(sets.values())])
    short_ticks(axes, "x")


def noise_curve(axes: Axes, test: Any, noise: Sequence[Any]) -> None:
    """Draw accuracy over the SD of Gaussian noise, from that of the test images as they are."""
    clean = (0.0, test.accuracy, *wilson(test.accuracy * test.n, test.n))
    rows = [clean, *((row.sd, row.accuracy, row.low, row.high) for row in noise if row.sd > 0)]
    _curve(axes, rows, NET, FILLED)
    _shares(axes, rows[-1][0], "SD of the noise [1]")
    labels_beside(axes, [(short(rows[-1][1]), rows[-1][1], NET)])


def _curve(axes: Axes, rows: Sequence[tuple[float, float, float, float]], colour: str, mark: Mapping[str, Any]) -> None:
    x, y, low, high = np.array(rows).T
    axes.plot(x, y, color=colour, lw=1.3, zorder=2)
    axes.vlines(x, low, high, color=colour, lw=1.1, zorder=2)
    axes.plot(x, y, color=colour, zorder=3, **(dict(mark) | {"ms": 4}))


def _shares(axes: Axes, last: float, label: str) -> None:
    """Set the axes of a share over a strength that begins at 0."""
    axes.set(xlim=(-0.03 * (last or 1.0), 1.03 * (last or 1.0)), ylim=(0, 1.02), xlabel=label, ylabel="accuracy")
    axes.set_yticks([0, 0.5, 1])
    short_ticks(axes)


def reliability_diagram(axes: Axes, rows: Sequence[Any]) -> None:
    """Draw accuracy over confidence, beside 95 % of what a calibrated network has with as many images."""
    axes.plot([0, 1], [0, 1], color=HAIR, lw=0.6, zorder=1)
    for row in rows:
        low, high = binom.ppf([0.025, 0.975], row.n, min(row.confidence, 1.0)) / row.n
        axes.fill_between([row.above, row.upto], low, max(high, low + 0.01), zorder=1.5, **FREE_NULL)
    most = max((row.n for row in rows), default=1)
    for row in rows:
        size = max(1.8, 5.5 * (row.n / most) ** 0.5)  # of the area of a dot; a bin of one image must not look like many
        axes.plot(row.confidence, row.accuracy, color=NET, zorder=3, clip_on=False, **(FILLED | {"ms": size}))
    axes.set(xlim=(0, 1.02), ylim=(0, 1.03), xlabel="confidence", ylabel="accuracy")
    axes.set_yticks([0, 0.5, 1])
    short_ticks(axes)


def strange_rows(axes: Axes, strange: Mapping[str, Any]) -> None:
    """Draw the AUROC of every score with its interval, the scores of one set of images together."""
    row_grid(axes)
    axes.axvline(0.5, color=INK, lw=0.6, ls=(0, (3, 2)), zorder=1)
    at, ticks, labels = 0.0, [], []
    for one in strange.values():
        scores = one.by_score()
        ticks.append(at - (len(scores) - 1) / 2)
        for name, (value, low, high) in scores.items():
            axes.plot([low, high], [at, at], color=NET, lw=1.1, zorder=2)
            axes.plot(value, at, color=NET, zorder=3, **(FILLED | {"marker": MARKS[name], "ms": 4}))
            labels.append((f"{NAMES.get(name, name)} {short(value, 3)}", at, NET))
            at -= 1
        at -= 0.6
    axes.set(xlim=(0, 1.02), ylim=(at + 1, 0.6), xlabel="AUROC")
    axes.set_yticks(ticks, [words(name, 16, 2) for name in strange])
    labels_beside(axes, labels)
    short_ticks(axes, "x")


def cells(axes: Axes, corruptions: Mapping[str, Sequence[float]]) -> None:
    """Draw accuracy by corruption and severity as a heat map."""
    table = np.array(list(corruptions.values()), dtype=float)
    x, y = np.arange(1, table.shape[1] + 1), np.arange(len(corruptions))[::-1]
    bar_beside(axes, heat_map(axes, x, y, table, NET, 1.0))
    if table.size <= 100:
        cell_numbers(axes, x, y, table, 1.0)
    axes.set_yticks(y, [words(name.replace("_", " "), 22, 1) for name in corruptions])
    axes.set_xticks(x)
    axes.set_xlabel("severity")


def _title(found: Any) -> str:
    """Return the finding: accuracy, what is left of it, and whether the confidence is right."""
    test, on = found.sets["test"], data_name({"data": found.config["data"]})
    who = _network(str(found.architecture))
    who += "" if on == "arrays" else f"{',' * (',' in who)} on {on}"
    said = [f"test accuracy {short(test.accuracy)}" + (f", gap {short(found.gap)}" if "train" in found.sets else "")]
    if found.attacks:
        attacked = found.attacked
        size = attacked.epsilons[-1]
        said.append(
            f"{short(attacked.worst(size).accuracy)} under {attacked.in_words.split(',')[0]} of "
            f"{plain_number(size, 3)}, {short(attacked.noise(size).accuracy)} under random signs of that size"
            + (f" ({_doubt(found)})" if found.warnings else "")
        )
    elif found.noise:
        said.append(f"{short(found.noise[-1].accuracy)} with noise of SD {plain_number(found.noise[-1].sd, 3)}")
    if test.ece > test.floor_high:
        how = test.calibration.partition(":")[0]
        said.append(f"{how} (ECE {short(test.ece, 3)}, by chance {short(test.floor, 3)})")
    return f"{who}: {'; '.join(said)}"


def _network(architecture: str) -> str:
    """Return a network with its sizes, from its architecture in words.

    >>> _network("mlp(hidden=[64, 64])"), _network("resnet18(depth=18, width=16)"), _network("Sequential")
    ('MLP, 2 × 64', 'ResNet-18, width 16', 'Sequential')
    """
    name, _, settings = architecture.partition("(")
    hidden, width = re.search(r"hidden=\[([\d, ]+)\]", settings), re.search(r"\bwidth=(\d+)", settings)
    sizes: dict[str, Any] = {"hidden": [int(n) for n in hidden[1].split(",")]} if hidden else {}
    return network_name({"system": name, "parameters": sizes | ({"width": int(width[1])} if width else {})})


def _doubt(found: Any) -> str:
    """Return what casts doubt on the attacks, in a few words; "" if nothing does."""
    if not found.warnings:
        return ""
    return "gradients are masked" if any("masked" in text for text in found.warnings) else "in doubt, see caption"


def _caption(found: Any) -> str:
    said = [
        "Dot: accuracy with Wilson's 95 % interval over images; bar: mean confidence, at the dot if calibrated. One "
        "network: seeds of training are in no interval."
    ]
    if found.attacks:
        said.append(
            f"Attack: {found.attacked.in_words}; an image counts that is right under every try, with Wilson's 95 %. "
            "Random noise: signs of the same size, a control."
        )
        said += [f"Warning: {text}." for text in found.warnings]
    if found.reliability:
        said.append(
            "Reliability: a dot a bin of the confidence, its area by the images; grey: 95 % of the accuracies that a "
            "calibrated network has with as many images. ECE by chance: its mean under the same."
        )
    if found.strange:
        said.append("AUROC: chance that a test image has a larger score than a strange one, with 95 %; dashed: chance.")
    return " ".join(said)
