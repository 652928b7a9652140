"""Overview of an analysis of dynamics: every part that the result has, on one page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.contour import ContourSet
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from ...dynamics.attractors import Attractors
from ...dynamics.bifurcation import Scan
from ...dynamics.fixed_points import FixedPoints
from ...dynamics.lyapunov import Spectrum
from ...dynamics.plane import PhasePlane
from ...dynamics.result import DynamicsResult
from ...measures.notation import short
from ..dynamics import hue_of
from ..parts.dynamics import MOST, draw_basins, draw_eigenvalues, draw_exponents, draw_scan, draw_shares
from ..parts.palette import INK, SOFT
from ..parts.phase_plane import draw_plane, in_plane
from ..parts.style import Drawing, Legend, words
from .frame import page, panel, printed
from .names import NETWORKS, capitalised
from .panels import LETTERS, axes_at, below_heading, plain_number, short_ticks, size_of

SYSTEMS = {
    "wilson_cowan": "Wilson–Cowan", "epileptor": "Epileptor", "stuart_landau": "Stuart–Landau oscillator",
    "kuramoto": "Kuramoto oscillators", "zhang": "Zhang's ring", "ring": "ring",
}  # fmt: skip
TALL, BELOW, LEGEND = 38.0, 17.0, 4.0  # mm: of a panel; its labels and the next title; a line of a legend
MARGIN, INNER = 15.0, 177.0  # mm: left of a panel; across the page
SIGNIFICANT = 3.0  # standard errors from 0
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True)
class Part:
    """A panel.

    Attributes:
        title: above it.
        width: [mm]; 0: what is left of the row.
        draw: draws it and returns its legend.
        lines: of the legend.
    """

    title: str
    width: float
    draw: Callable[[Axes], Legend]
    lines: int = 0


@printed
def dynamics_overview(result: DynamicsResult) -> Drawing:
    """Draw one page of an analysis: its title says what was found, as far as the parts tell it."""
    parts = _parts(result)
    rows = _rows(parts)
    title = capitalised(f"{_name(result)}: {'; '.join(_findings(result)) or 'what was asked for was not found'}")
    deep = [max(part.lines for part, _ in row) for row in rows]
    figure, top = page(title, _under(result), 19 + sum(TALL + BELOW + LEGEND * lines for lines in deep))
    at = below_heading(figure, top) + 1
    letters = iter(LETTERS)
    captions = []
    for row, lines in zip(rows, deep, strict=True):
        left = MARGIN
        for part, width in row:
            axes = axes_at(figure, left, at, width, TALL)
            legend = part.draw(axes)
            letter = next(letters)
            panel(axes, letter, part.title, 26)
            if legend:
                _legend(axes, legend)
            captions.append(f"{letter}, {part.title[:1].lower()}{part.title[1:]}")
            left += width + MARGIN
        at += TALL + BELOW + LEGEND * lines
    caption = f"{'; '.join(captions)}. {_caption(result)}"
    return Drawing("overview", title, figure, caption, f"{title}. {_under(result)}.")


def _parts(result: DynamicsResult) -> list[Part]:
    """Return the panels of the parts that there are, in their order on the page."""
    hue, found = hue_of(result), list[Part]()
    fixed, ends, discrete = result.fixed_points, result.attractors, result.config.get("what") == "map"
    if (plane := result.phase_plane) is not None:

        def draw_phase_plane(axes: Axes) -> Legend:
            draw_plane(axes, plane, fixed, discrete, hue)
            _name_nullclines(axes, plane, discrete)
            _name_points(axes, plane, fixed)
            short_ticks(axes)
            return []

        found.append(Part(f"Phase plane{'' if plane.whole else ', the other units held'}", 72, draw_phase_plane))
    if (basins := result.basins) is not None:
        n, all_in = np.unique(basins.labels).size, basins.labels.flat[0]
        one_basin = "Basins: all of it goes " + {-1: "nowhere", -2: "away"}.get(int(all_in), f"to attractor {all_in}")

        def draw_basin_map(axes: Axes) -> Legend:
            legend = draw_basins(axes, basins)
            return legend if n > 1 else []

        found.append(
            Part(one_basin if n == 1 else "Basins of attraction", 56, draw_basin_map, min(n, 9) if n > 1 else 0)
        )
    if fixed is not None and len(fixed.points):
        unit, many = "1" if fixed.discrete else result.rate_unit, len(fixed.points) > 1

        def draw_points(axes: Axes) -> Legend:
            legend = draw_eigenvalues(axes, fixed, unit, result.units)
            short_ticks(axes)
            return legend if many else []

        lines = min(MOST, len(fixed.points)) if many else 0
        found.append(Part(f"Fixed point{'s' * many}: eigenvalues", 42, draw_points, lines))
    if (spectrum := result.lyapunov) is not None:

        def draw_lyapunov(axes: Axes) -> Legend:
            draw_exponents(axes, spectrum, result.rate_unit, hue)
            axes.yaxis.set_major_locator(MaxNLocator(5))
            short_ticks(axes, "y")
            return []

        wide = float(np.clip(10 + 3 * len(spectrum.exponents), 16, 44))
        found.append(Part("Exponents", wide, draw_lyapunov))
    if ends is not None:

        def draw_ends(axes: Axes) -> Legend:
            draw_shares(axes, ends, hue)
            short_ticks(axes, "x")
            return []

        found.append(Part("Attractors", 38, draw_ends))
    if (scan := result.scan) is not None:
        now = _value_of(result.config, scan.parameter)
        marks = "up (▲) and down (▼)" + ("; open: not settled" if scan.unsettled else "")
        found.append(Part(f"Scan of {scan.parameter}, {marks}", 0, lambda axes: _draw_scan(axes, scan, hue, now)))
    return found


def _rows(parts: Sequence[Part]) -> list[list[tuple[Part, float]]]:
    """Return the panels in rows, each with its width [mm]; one of width 0 takes what is left of its row."""
    rows: list[list[tuple[Part, float]]] = []
    left = 0.0
    for part in parts:
        need = MARGIN + (part.width or 70.0)
        if not rows or left < need:
            rows.append([])
            left = INNER
        width = part.width or left - MARGIN
        rows[-1].append((part, width))
        left -= MARGIN + width
    return rows


def _legend(axes: Axes, legend: Legend) -> None:
    """Write a legend below the axes."""
    tall = size_of(axes)[1]  # points
    axes.legend(
        [handle for handle, _ in legend], [words(label, 36, 1) for _, label in legend], loc="upper left", borderpad=0,
        bbox_to_anchor=(0, -27 / tall), borderaxespad=0, fontsize=6, handletextpad=0.5,
        labelspacing=0.3,
    )  # fmt: skip


def _draw_scan(axes: Axes, scan: Scan, hue: str, now: float | None) -> Legend:
    draw_scan(axes, scan, hue)
    short_ticks(axes)
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + (0.25 if scan.hysteresis else 0.12) * (high - low))
    for start, stop, _ in _swings(scan):
        axes.annotate("swings", ((start + stop) / 2, 1), (0, -2), xycoords=("data", "axes fraction"), ha="center",
                      va="top", textcoords="offset points", size=6.5, color=SOFT)  # fmt: skip
    if now is not None and scan.values[0] <= now <= scan.values[-1]:
        axes.axvline(now, color=INK, ls=(0, (3, 2)), lw=0.8)
        text = f"{scan.parameter} = {plain_number(now)} in the other panels"
        late = now > scan.values[len(scan.values) // 2]
        axes.annotate(text, (now, 0), (-3 if late else 3, 3), xycoords=("data", "axes fraction"), size=6.5,
                      ha="right" if late else "left", textcoords="offset points", va="bottom")  # fmt: skip
    for start, stop in scan.hysteresis:
        axes.annotate("up and down differ", ((start + stop) / 2, 1), (0, -10), xycoords=("data", "axes fraction"),
                      ha="center", va="top", textcoords="offset points", size=6.5, color=SOFT)  # fmt: skip
    return []


def _name_nullclines(axes: Axes, plane: PhasePlane, discrete: bool) -> None:
    """Write the name of a nullcline beside its upper end."""
    sets = [one for one in axes.collections if isinstance(one, ContourSet)]
    names = [plane.x.name, plane.y.name]
    for drawn, colour in zip(sets, (INK, SOFT), strict=False):
        points = np.concatenate([path.vertices for path in drawn.get_paths()] or [np.empty((0, 2))])
        shares = (points - [plane.x.low, plane.y.low]) / [plane.x.high - plane.x.low, plane.y.high - plane.y.low]
        inside = (np.abs(shares - [0.5, 0.475]) < [0.4, 0.425]).all(axis=1)
        if not inside.any():
            continue
        at = points[inside][shares[inside, 1].argmax()]
        name = names[0] if colour == INK or len(sets) == 1 else names[1]
        text = f"{name} still" if discrete or not name.isalnum() else f"{name}′ = 0"
        axes.text(at[0], at[1], words(text, 20, 1), size=6.5, color=colour, ha="center", va="center", zorder=6,
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0})  # fmt: skip


def _name_points(axes: Axes, plane: PhasePlane, fixed: FixedPoints | None) -> None:
    """Write stability and kind of the fixed points in the plane, where they are few."""
    if fixed is None:
        return
    inside, places = in_plane(plane, fixed)
    for k in inside[:3]:
        axes.annotate(
            f"{fixed.stability[k]} {fixed.kind[k]}", places[k], (14, -20), textcoords="offset points", size=6.5,
            arrowprops={"arrowstyle": "-", "lw": 0.7, "color": INK, "shrinkB": 3}, zorder=6,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
        )  # fmt: skip


def _swings(scan: Scan) -> list[tuple[float, float, bool]]:
    """Return the ranges of the parameter in which the variable swings on either way, and whether all is settled."""
    both = np.concatenate([scan.low.ravel(), scan.high.ravel()])
    least = scan.apart * float(np.nanmax(both) - np.nanmin(both)) if np.isfinite(both).any() else np.inf
    with np.errstate(invalid="ignore"):
        moves = ((scan.high - scan.low) > least).any(axis=0)
    marks = np.flatnonzero(np.diff(np.concatenate([[0], moves.astype(int), [0]])))
    settled: NDArray[np.bool_] = np.asarray(scan.settled.all(axis=0))
    return [
        (float(scan.values[a]), float(scan.values[b - 1]), bool(settled[a:b].all()))
        for a, b in zip(marks[::2], marks[1::2], strict=True)
    ]


def _name(result: DynamicsResult) -> str:
    config = result.config
    parameters = dict(config.get("parameters", {}))
    system = str(config.get("system", "system"))
    if "architecture" in parameters:
        name = str(parameters["architecture"])
        return f"{NETWORKS.get(name, name)} ({system})"
    name = SYSTEMS.get(system, system.replace("_", " "))
    n = parameters.get("n")
    if config.get("what") == "flow" and isinstance(n, int):
        return f"{name}, {n} nodes" if n > 1 else f"{name} node" if name.endswith("Cowan") else name
    return name


def _findings(result: DynamicsResult) -> list[str]:
    """Return what each part says, in clauses; only what its numbers allow."""
    found = []
    fixed, ends, scan = result.fixed_points, result.attractors, result.scan
    if fixed is not None:
        found.append(_points_in_words(fixed))
    if ends is not None:
        found.append(_ends_in_words(ends, result))
    elif result.lyapunov is not None and (kind := _exponents_in_words(result)):
        found.append(kind)
    if scan is not None:
        found.append(_scan_in_words(scan))
    return found[:3]


def _points_in_words(fixed: FixedPoints) -> str:
    n = len(fixed.points)
    if n == 0:
        return "no fixed point found"
    if n == 1:
        return f"one {fixed.stability[0]} {fixed.kind[0]}"
    stable = fixed.stability.count("stable")
    return f"{_number(n)} fixed points, {_number(stable)} of them stable"


def _ends_in_words(ends: Attractors, result: DynamicsResult) -> str:
    if not ends.robust:
        return "the number of attractors depends on how they are counted"
    if ends.n > 1:
        still = sum(ends.still(k) for k in range(ends.n))
        return f"{_number(ends.n)} attractors, {_number(still)} of them at rest"
    every = bool((ends.labels == 0).all())
    who = "every start ends" if every else f"{(ends.labels == 0).sum()} of {ends.labels.size} starts end"
    if ends.still(0):
        return f"{who} at rest"
    plane = result.config.get("what") == "flow" and len(result.units) == 2
    cycle = plane or _exponents_in_words(result) == "a limit cycle"
    return f"{who} on one {'cycle' if cycle else 'attractor that moves'}"


def _exponents_in_words(result: DynamicsResult) -> str:
    """Return what the signs of the exponents say; "" where none is told apart from 0, or too few were taken."""
    spectrum = result.lyapunov
    if spectrum is None or result.config.get("what") not in ("flow", "map"):
        return ""
    error = np.nan_to_num(spectrum.error)
    signs = np.where(spectrum.exponents > SIGNIFICANT * error, 1, np.where(
        spectrum.exponents < -SIGNIFICANT * error, -1, 0))  # fmt: skip
    if signs[0] == 1:
        return "chaos: the largest exponent is positive"
    if signs[0] == -1:
        return "perturbations die out"
    zeros = int((signs == 0).sum())
    if zeros == len(signs):
        return ""
    if result.config["what"] == "flow":
        return "a limit cycle" if zeros == 1 else "a torus"
    return "a closed curve" if zeros == 1 else "a torus"


def _scan_in_words(scan: Scan) -> str:
    ranges = _swings(scan)
    if scan.hysteresis:
        low, high = scan.hysteresis[0]
        where = f"between {scan.parameter} = {plain_number(low, 3)} and {plain_number(high, 3)}"
        return f"up and down differ {where if high > low else f'at {scan.parameter} = {plain_number(low, 3)}'}"
    if not ranges:
        return f"it rests at every {scan.parameter} of the scan"
    low, high, settled = ranges[0]
    if low == scan.values[0] and high == scan.values[-1]:
        return f"it swings at every {scan.parameter} of the scan"
    about = "" if settled else "about "
    more = f", and in {len(ranges) - 1} more range{'s' * (len(ranges) > 2)}" if len(ranges) > 1 else ""
    return f"it swings between {scan.parameter} = {plain_number(low, 3)} and {about}{plain_number(high, 3)}{more}"


def _under(result: DynamicsResult) -> str:
    config = result.config
    settings = re.findall(r"--set (\S+)", str(config.get("command", "")))
    said = [f"set: {', '.join(settings)}" if settings else ""]
    if "time" in config:
        said.append(f"{config.get('starts')} starts, runs of {config['time']:g} {_plural(str(config['time_unit']))}")
    spectrum = result.lyapunov
    if spectrum is not None:
        said.append(f"largest exponent {_with_error(spectrum)} {result.rate_unit} (± standard error)")
        if kind := _exponents_in_words(result):
            said[-1] += f": {kind.partition(':')[0]}"
    if (ends := result.attractors) is not None:
        low, high = ends.holds
        late = int((~ends.settled).sum())
        if ends.robust:
            said.append(f"same count of attractors from eps {plain_number(low)} to {plain_number(high)} and by HDBSCAN")
        elif late:
            said.append(f"{late} of {ends.settled.size} runs have not settled")
    return "; ".join(part for part in said if part)


def _with_error(spectrum: Spectrum) -> str:
    value, error = float(spectrum.exponents[0]), float(np.nan_to_num(spectrum.error[0]))
    digits = int(np.clip(1 - np.floor(np.log10(max(error, 0.01 * abs(value), 1e-12))), 2, 6))
    return f"{short(value, digits)} ± {short(error, digits)}"


def _caption(result: DynamicsResult) -> str:
    text = []
    if result.phase_plane is not None:
        text.append("Phase plane: arrows, direction of the drift; black and dashed, where one variable does not "
                    "change; rings, starts of runs; circles, fixed points, filled where stable.")  # fmt: skip
    if result.fixed_points is not None:
        text.append(f"Fixed points by Newton's method from {result.fixed_points.starts} starts, of which "
                    f"{len(result.fixed_points.lost)} came nowhere; filled: stable.")  # fmt: skip
    if result.lyapunov is not None:
        shown = len(result.lyapunov.exponents)
        text.append(f"Exponents: {shown} of {result.lyapunov.n}, bars of three standard errors.")
    if (ends := result.attractors) is not None:
        text.append(f"Attractors: shares of the starts with Wilson's 95 % interval; open: at rest; {ends.says}.")
    if result.scan is not None:
        text.append("Scan: least and greatest value late in each run, which starts where the one before ended.")
    return " ".join(text)


def _value_of(config: Mapping[str, Any], parameter: str) -> float | None:
    """Return the value of a parameter in the analysis beside the scan; None of several or none."""
    value = dict(config.get("parameters", {})).get(parameter)
    if isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _plural(unit: str) -> str:
    return f"{unit}s" if unit in ("time point", "step") else unit


def _number(n: int) -> str:
    return NUMBERS[n] if n < len(NUMBERS) else str(n)
