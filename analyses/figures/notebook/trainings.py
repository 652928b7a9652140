"""Trainings, scans, verdicts and evaluations in axes of the caller."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ....simulator.errors import unknown
from ...evidence.store import Evidence, Observations
from ...evidence.training import SET
from ...measures.notation import notation
from ..attacks import curves
from ..overview.attacks import accuracy_over_size
from ..overview.evaluation import noise_curve, reliability_diagram, strange_rows
from ..parts.style import words

MOST = 12  # conditions on one axis


def draw_evidence(found: Evidence, axes: Axes, *, name: str | None = None) -> None:
    """Draw a measure of every training at its end, mean over layers, by condition; of evidence without, observations.

    Raises:
        InputError: it was measured in no training.
    """
    if not found.trainings:
        draw_observations(Observations(found.observations), axes, name=name)
        return
    measures = sorted(
        {key.removesuffix(f" {SET}") for one in found.trainings for key in one.synchrony if key.endswith(SET)}
    )
    name = name or ("si_3" if "si_3" in measures else next(iter(measures), ""))
    if name not in measures:
        raise unknown("measure", name, measures)
    several = len(found.settings()) > 1
    by_condition: dict[str, list[float]] = defaultdict(list)
    for one in found.trainings:
        if f"{name} {SET}" in one.synchrony:
            label = f"{one.condition}, {one.setting}" if several else one.condition
            by_condition[label].append(float(np.nanmean(one.layered(name)[-1])))
    shown = list(by_condition)[:MOST]
    for at, label in enumerate(shown):
        values = by_condition[label]
        axes.plot(values, at + 0.1 * (np.arange(len(values)) - (len(values) - 1) / 2), "o", mfc="none", color="C0")
    axes.set_yticks(range(len(shown)), [words(label, 28, 1) for label in shown])
    axes.tick_params(axis="y", length=0)
    axes.set(ylim=(len(shown) - 0.4, -0.6), xlabel=f"{notation(name).math} at the end, mean over layers")
    if len(by_condition) > MOST:
        axes.set_title(f"{MOST} of {len(by_condition)} conditions")


def draw_observations(found: Observations, axes: Axes, *, name: str | None = None) -> None:
    """Draw a measure against the parameter that drives it, a mark a seed and a line the mean of each panel.

    Raises:
        InputError: no value of this measure.
    """
    measures = list(dict.fromkeys(row.measure for row in found.rows))
    name = name or next(iter(measures), "")
    if name not in measures:
        raise unknown("measure", name, measures)
    places = list(dict.fromkeys(row.group for row in found.rows))
    texts = not all(map(_is_number, places))
    for panel in dict.fromkeys(row.panel for row in found.rows):
        rows = [row for row in found.rows if row.panel == panel and row.measure == name]
        x = np.array([places.index(row.group) if texts else float(row.group) for row in rows])
        y = np.array([row.value for row in rows])
        means = [float(np.nanmean(y[x == place])) for place in np.unique(x)]
        (line,) = axes.plot(
            np.unique(x), means, ls="" if texts else "-", marker="_" if texts else "", label=words(panel, 20, 1)
        )
        axes.plot(x, y, "o", mfc="none", color=line.get_color())
    if texts:
        axes.set_xticks(range(len(places)), [words(place, 14) for place in places])
    axes.set(
        xlabel="group" if texts else "parameter that drives it", ylabel=f"{notation(name).math} {notation(name).words}"
    )
    axes.legend()


def draw_planted(found: Any, axes: Axes, *, name: str | None = None) -> None:
    """Draw the share of right verdicts by planted case, a line a claim, or of one claim.

    Raises:
        InputError: no such claim.
    """
    claims = list(dict.fromkeys(row.claim for row in found.rows))
    if name is not None and name not in claims:
        raise unknown("claim", name, claims)
    cases = list(dict.fromkeys(row.case for row in found.rows))
    for claim in claims if name is None else [name]:
        shares: dict[str, list[float]] = {case: [0.0, 0.0] for case in cases}
        for row in found.rows:
            if row.claim == claim:
                shares[row.case][0] += row.count * row.right
                shares[row.case][1] += row.count
        axes.plot(
            range(len(cases)), [a / b if b else np.nan for a, b in shares.values()], "o-", label=words(claim, 20, 1)
        )
    axes.set_xticks(range(len(cases)), [words(case, 12) for case in cases])
    axes.set(ylabel="share of right verdicts", ylim=(0, 1.05))
    axes.legend(fontsize="small")


def draw_evaluation(found: Any, axes: Axes, *, name: str | None = None) -> None:
    """Draw the accuracy on every set of images, on those of one corruption by its severity, or a part by its name.

    Raises:
        InputError: no such corruption or part.
    """
    parts: dict[str, Callable[[], None]] = {}
    if found.reliability:
        parts["reliability"] = lambda: reliability_diagram(axes, found.reliability)
    if found.attacks:
        parts["attacks"] = lambda: accuracy_over_size(axes, found.attacked)
    if found.noise:
        parts["noise"] = lambda: noise_curve(axes, found.sets["test"], found.noise)
    if found.strange:
        parts["strange"] = lambda: strange_rows(axes, found.strange)
    if name in parts:
        parts[name]()
        return
    if name is not None:
        if name not in found.corruptions:
            raise unknown("part or corruption", name, [*parts, *found.corruptions])
        row = found.corruptions[name]
        axes.plot(1 + np.arange(len(row)), row, "o-")
        axes.set(xlabel=f"severity of {words(name, 24)}", ylabel="accuracy", ylim=(0, 1.05))
        return
    axes.plot(range(len(found.sets)), [one.accuracy for one in found.sets.values()], "o")
    axes.set_xticks(range(len(found.sets)), list(found.sets))
    axes.set(ylabel="accuracy", ylim=(0, 1.05), xlim=(-0.5, len(found.sets) - 0.5))


def draw_attacked(found: Any, axes: Axes, *, name: str | None = None) -> None:
    """Draw accuracy over the size of an attack: the worst and random noise of the same size, or after one loss.

    Raises:
        InputError: no such loss.
    """
    lines = curves(found)
    if name is not None and name not in lines:
        raise unknown("loss", name, lines)
    for label in (name,) if name else ("worst", "random noise"):
        if label in lines:
            axes.plot(*lines[label], "o-", label=label)
    axes.set(xlabel="size ε of the change", ylabel="accuracy", ylim=(0, 1.05))
    axes.legend(loc="best")


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False
