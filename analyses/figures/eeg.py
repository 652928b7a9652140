"""EEG: measures over time under each other with their nulls, channels by recruitment, detectors with thresholds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from ..comparison.wording import number
from ..eeg.detectors import LINE_LENGTH
from ..eeg.result import LEVEL, EegResult
from ..eeg.rhythm import AMPLITUDE_CV, BAND_POWER, PEAK_FREQUENCY
from ..eeg.windows import BEFORE, DURING, Event
from ..eeg.wording import caption, detector_caption, recruitment_caption, shown, tested
from ..measures.notation import NOTATION, notation
from .parts.palette import EEG, INK, NEED, NULL
from .parts.style import CLOCK_LABELS, SIZE, Drawing, Legend, legend_below, sign_limits, styled, words

PANEL, REST = 0.95, 1.1  # inch: height of a panel, and of title, axis and legend together
ROW = 0.14  # inch: a channel
MAX_ROWS = 64  # channels that are named
_ABOVE: dict[str, Any] = {
    "xycoords": "axes fraction", "textcoords": "offset points", "ha": "right", "va": "bottom", "fontsize": 7,
}  # fmt: skip
_BEFORE = "0.25"


def eeg_drawings(result: EegResult) -> Iterator[Drawing]:
    """Draw synchrony and power over time, the rhythm, and recruitment and detectors if there are any."""
    means = result.summary()
    rhythm = [name for name in result.measures if name in (PEAK_FREQUENCY, AMPLITUDE_CV)]
    for title, names in (("synchrony", [n for n in result.measures if n not in rhythm]), ("rhythm", rhythm)):
        if names:
            listed = "; ".join(f"{shown(m.measure)} {m.phase} {number(m.mean)}" for m in means if m.measure in names)
            yield Drawing(
                f"eeg/{title}",
                f"{title} over time",
                over_time_figure(f"{title} over time", result, names),
                caption(result, names),
                f"{len(names)} measures against time. Means: {listed}.",
            )
    if result.recruitment:
        text = recruitment_caption(result)
        yield Drawing("eeg/recruitment", "recruitment", recruitment_figure("recruitment", result), text, text)
    if result.features:
        text = detector_caption(result)
        yield Drawing("eeg/detectors", "detectors", detector_figure("detectors", result), text, text)


@styled
def over_time_figure(title: str, result: EegResult, names: Sequence[str]) -> Figure:
    """Draw each measure over time, in a panel of its own.

    A panel shows the value of every window at its middle, the 95 % interval of the null, the mean before the event
    (dotted) and the events. Filled marks exceed the null. Text above a panel gives the change from before to during the
    event, with its 95 % interval and p (Holm).

    Args:
        title: heading.
        result: windows with their nulls.
        names: measures to draw, of `result.measures`.
    """
    figure, panels = _stack(title, len(names), 0.16 if result.changes else 0.0)
    if result.changes:
        panels[0].annotate("change from before to during [95 %], p (Holm):", (1, 1), (0, 12), **_ABOVE)
    before = {m.measure: m.mean for m in result.summary() if m.phase == BEFORE}
    tests = {c.measure: c for c in result.changes if c.phase == DURING}
    for axes, name in zip(panels, names, strict=True):
        rows = result.of(name)
        times = np.array([(row.start + row.stop) / 2 for row in rows])
        values = np.array([row.value for row in rows])
        low, high = np.array([row.null_low for row in rows]), np.array([row.null_high for row in rows])
        _events(axes, result.events)
        axes.fill_between(times, low, high, facecolor=NULL, edgecolor="0.6", lw=0.5, zorder=1)
        axes.plot(times, values, color=EEG, lw=1.1, zorder=3)
        beyond = np.array([row.p <= LEVEL for row in rows])
        tested_at = np.array([math.isfinite(row.p) for row in rows])
        style: dict[str, Any] = {"ls": "", "marker": "o", "ms": 3, "zorder": 4, "color": EEG}
        axes.plot(times[tested_at & beyond], values[tested_at & beyond], **style)
        axes.plot(times[tested_at & ~beyond], values[tested_at & ~beyond], mfc="white", **style)
        if name in before:
            axes.axhline(before[name], color=_BEFORE, lw=0.8, ls=":", zorder=2)
        _limits(axes, np.concatenate([values, low, high]))
        if name in tests:
            axes.annotate(tested(tests[name]), (1, 1), (0, 2), **_ABOVE)
        axes.set_ylabel(_label(name, str(result.config["unit"]), str(result.config["clock"])))
    panels[-1].set_xlabel(f"middle of the window: {CLOCK_LABELS[str(result.config['clock'])]}")
    _span(panels, float(result.config["t0"]), float(result.config["duration"]))
    line: dict[str, Any] = {"color": "0.2", "lw": 1.1}
    legend: Legend = [(Line2D([], [], **line), "value")]
    if any(math.isfinite(row.p) for name in names for row in result.of(name)):
        legend = [
            (Line2D([], [], marker="o", ms=3, **line), "exceeds null"),
            (Line2D([], [], marker="o", ms=3, mfc="white", **line), "within null"),
            (Patch(facecolor=NULL, edgecolor="0.6"), "null 95 %"),
        ]
    if before:
        legend.append((Line2D([], [], color=_BEFORE, lw=0.8, ls=":"), "mean before"))
    legend_below(figure, legend + _event_legend(result.events))
    return figure


@styled
def recruitment_figure(title: str, result: EegResult) -> Figure:
    """Draw channels from the first that is recruited to the last, against time; the others in grey, below."""
    rows = list(result.recruitment)[:MAX_ROWS]
    figure = Figure(figsize=(SIZE[0], 1.2 + ROW * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    left_out = len(result.recruitment) - len(rows)
    axes.set_title(words(title + (f", {left_out} channels not shown" if left_out else ""), 40))
    _events(axes, result.events)
    start = float(result.config["t0"])
    for at, row in enumerate(rows):
        if math.isfinite(row.time):
            axes.plot([row.time], [at], "o", color=EEG, ms=4, zorder=3)
    missed = [at for at, row in enumerate(rows) if not math.isfinite(row.time)]
    if missed:
        axes.axhspan(missed[0] - 0.5, missed[-1] + 0.5, facecolor="0.92", lw=0, zorder=0.5)
        middle = start + float(result.config["duration"]) / 2
        axes.text(
            middle, (missed[0] + missed[-1]) / 2, "never recruited", ha="center", va="center", color="0.3", zorder=4
        )
    axes.set_yticks(range(len(rows)), [words(row.channel, 14, 1) for row in rows], fontsize=7)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", color="0.9", lw=0.4)
    axes.set_axisbelow(True)
    axes.set_xlabel(f"recruited at: {CLOCK_LABELS[str(result.config['clock'])]}")
    _span([axes], start, float(result.config["duration"]))
    recruited = Line2D([], [], color=EEG, marker="o", ls="", ms=4)
    legend_below(figure, [(recruited, "recruited"), *_event_legend(result.events)])
    return figure


@styled
def detector_figure(title: str, result: EegResult) -> Figure:
    """Draw the feature of every detector over time with its threshold and its alarms."""
    names = list(dict.fromkeys(row.detector for row in result.features))
    figure, panels = _stack(title, len(names))
    for axes, name in zip(panels, names, strict=True):
        rows = [row for row in result.features if row.detector == name]
        values = np.array([row.value for row in rows])
        level = rows[0].threshold
        _events(axes, result.events)
        axes.plot([row.time for row in rows], values, color=EEG, lw=1.0, zorder=3)
        axes.axhline(level, color="0.2", lw=0.9, ls="--", zorder=2)
        _limits(axes, np.append(values, level), 0.16)
        top = axes.get_ylim()[1]
        for found in result.detections:
            if found.detector == name:
                axes.plot(
                    [found.start, max(found.stop, found.start)], [top, top], color="black", lw=5,
                    solid_capstyle="butt", zorder=5, marker="|", ms=5,
                )  # fmt: skip
        unit = f"{result.config['unit']}/s"
        axes.set_ylabel(f"log₁₀ line length\n[log₁₀ {words(unit, 10)}]" if name == LINE_LENGTH else notation(name).math)
    panels[-1].set_xlabel(f"end of the window: {CLOCK_LABELS[str(result.config['clock'])]}")
    _span(panels, float(result.config["t0"]), float(result.config["duration"]))
    legend: Legend = [
        (Line2D([], [], color="0.2", lw=1.0), "feature"),
        (Line2D([], [], color="0.2", lw=0.9, ls="--"), "threshold"),
        (Line2D([], [], color="black", lw=4, solid_capstyle="butt"), "alarm"),
    ]
    legend_below(figure, legend + _event_legend(result.events))
    return figure


def _stack(title: str, n: int, above: float = 0.0) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(SIZE[0], REST + (PANEL + above) * n), layout="constrained")
    panels = [figure.add_subplot(n, 1, 1)]
    panels += [figure.add_subplot(n, 1, at, sharex=panels[0]) for at in range(2, n + 1)]
    panels[0].set_title(words(title, 40), pad=6 + 120 * above)
    for axes in panels[:-1]:
        axes.tick_params(axis="x", labelbottom=False)
    return figure, panels


def _events(axes: Axes, events: Sequence[Event]) -> None:
    for event in events:
        axes.axvspan(event.onset, event.stop, facecolor=NEED, lw=0, zorder=0)
        axes.axvline(event.onset, color=INK, lw=1.0, ls=(0, (4, 2)), zorder=2)


def _event_legend(events: Sequence[Event]) -> Legend:
    texts = list(dict.fromkeys(event.text for event in events))
    onset, during = Line2D([], [], color=INK, lw=1.0, ls=(0, (4, 2))), Patch(facecolor=NEED)
    return [(onset, "onset"), (during, texts[0] if len(texts) == 1 else "event")] if texts else []


def _limits(axes: Axes, values: Any, pad: float = 0.08) -> None:
    finite = values[np.isfinite(values)]
    if finite.size:
        axes.set_ylim(*sign_limits(float(finite.min()), float(finite.max()), pad))
    axes.yaxis.set_major_locator(MaxNLocator(4))


def _span(panels: Sequence[Axes], start: float, duration: float) -> None:
    panels[0].set_xlim(start, start + duration)
    panels[0].xaxis.set_major_locator(MaxNLocator(6))


def _label(name: str, unit: str, clock: str) -> str:
    if name == BAND_POWER:
        return "log₁₀ power" if unit == "1" else f"log₁₀ power\n[log₁₀ {words(unit, 8)}²]"
    if name == PEAK_FREQUENCY:
        return f"peak frequency\n[{'Hz' if clock == 'second' else f'cycles/{clock}'}]"
    if name == AMPLITUDE_CV:
        return "CV of\namplitude"
    return notation(name).math if name in NOTATION else words(shown(name), 16)
