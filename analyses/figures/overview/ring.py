"""Overview of a ring: activity over time and position, strength and errors of the bump, the profile at the end."""

from __future__ import annotations

from functools import partial

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from ....simulator import Recording, Run, Spikes
from ...measures.circular import population_vector, wrapped
from ...measures.notation import short
from ...series.transitions import mean_rate
from ..parts.palette import INK, SOFT, magnitudes
from ..parts.style import Drawing, words
from ..rings import SHARP, Sheet, Stimulus, broken, on_a_ring, sheet, stimuli, tick
from ..theory import is_given
from .compose import Mark, Part, Time, compose, plain
from .lines import first_trial, nothing, trace
from .naming import colours_of, counted, hue_of, name_of, span_of, under_of
from .spiking import draw_rates, rate_bin

END = 0.1  # of the run; its profile


def ring_overview(run: Run) -> Drawing:
    """Draw a run with activity on a ring."""
    rings = {name: entry for name, entry in run.items() if on_a_ring(entry)}
    name, entry = next(iter(rings.items()))
    time, hue = span_of([entry]), hue_of(run, entry)
    seen, shown = sheet(entry), stimuli(run)
    left = [
        Part(partial(_map, seen=seen, shown=shown, time=time, hue=hue), 44.0),
        Part(partial(_strength, seen=seen, time=time, hue=hue), 14.0),
    ]
    groups = {n: e for n, e in run.items() if isinstance(e, Spikes)}
    if groups:
        rates = {n: mean_rate(e, rate_bin(e)) for n, e in groups.items()}
        colours = colours_of(list(groups), hue)
        left.append(Part(partial(draw_rates, rates=rates, colours=colours, time=time), 14.0))
    angles = {
        n: e for n, e in run.items()
        if isinstance(e, Recording) and e.unit == "rad" and e.n_units == 1 and not is_given(e)
    }  # fmt: skip
    if "error" in angles:
        left.append(Part(partial(_angle, name="error", entry=angles["error"], time=time, hue=hue), 14.0))
    right = [
        Part(
            partial(_profiles, seen=seen, hue=hue, share=END if isinstance(entry, Spikes) else 0.0),
            title="Profile at the end",
        )
    ]
    marks = [Mark(s.start, s.name, s.end) for s in shown]
    caption = (
        f"{seen.label} of {name}, {seen.sampling}, over time and position. Line: direction of the population vector "
        f"where its strength exceeds {SHARP:g}."
    )
    if shown:
        caption += f" Boxes: place and time of {' and '.join(s.name for s in shown)}."
    ending = f"mean over the last {100 * END:g} % of the run" if isinstance(entry, Spikes) else "at the last time"
    caption += f" Profile: {ending}; dashed: direction of its population vector."
    what = counted(entry.n_units, "cell" if groups else "unit")
    if len(groups) > 1:
        what = " + ".join(f"{spikes.n_units:,} {n}" for n, spikes in groups.items()) + " cells"
    finding = finding_of_bump(seen, shown)
    if "error" in angles and "heading" in run:
        worst = float(np.degrees(np.abs(first_trial(angles["error"])).max()))
        finding = f"the bump follows the heading to {plain(worst, 2)}° at worst in {time.length}"
    title = f"{name_of(run)}: {finding}"
    return compose(title, under_of(run, what, time), time, left, right, marks=marks, caption=caption)


def finding_of_bump(seen: Sheet, shown: list[Stimulus]) -> str:
    """Return where a bump is at the end, how sharp, and how far it moved after the last stimulus."""
    sharp = seen.strength > SHARP
    if not sharp.any():
        return f"no bump; the population vector stays below {SHARP:g}"
    if not sharp[-1]:
        return (
            f"a bump in {100 * sharp.mean():.0f} % of the time, none at the end (strength {short(seen.strength[-1])})"
        )
    end = f"a bump stands at {_degrees(seen.position[-1])} at the end (strength {short(float(seen.strength[-1]))})"
    middle = (seen.times[:-1] + seen.times[1:]) / 2
    after = max((s.end for s in shown), default=float(seen.times[0]))
    later = np.flatnonzero(sharp & (middle >= after))
    if later.size < 2:
        return end
    moved = float(np.degrees(wrapped(np.radians(seen.position[later[-1]] - seen.position[later[0]]))))
    ago = f"{plain(float(middle[later[-1]] - middle[later[0]]), 2)} {tick(seen.clock)} before"
    since = f"after the {shown[-1].name}, " if shown else ""
    return f"{end}, {_degrees(abs(moved))} from its place {since}{ago}"


def _degrees(value: float) -> str:
    return f"{plain(float(f'{value:.0f}') + 0.0)}°" if abs(value) >= 10 else f"{plain(float(f'{value:.1f}') + 0.0)}°"


def _map(axes: Axes, seen: Sheet, shown: list[Stimulus], time: Time, hue: str) -> None:
    step = 360.0 / seen.angle.size
    low = float(seen.angle[0]) - step / 2
    times = seen.times / time.tick
    image = axes.imshow(
        seen.activity.T, aspect="auto", origin="lower", cmap=magnitudes(hue), vmin=0.0,
        vmax=float(max(seen.activity.max(), 1e-12)), extent=(float(times[0]), float(times[-1]), low, low + 360.0),
    )  # fmt: skip
    outline = [patheffects.withStroke(linewidth=2.0, foreground="white")]
    axes.plot((times[:-1] + times[1:]) / 2, broken(seen), color=INK, lw=0.8, path_effects=outline)
    for stimulus in shown:
        for turn in (-360.0, 0.0, 360.0):  # a box across ± 180° shows at both ends
            axes.add_patch(Rectangle(
                (stimulus.start / time.tick, stimulus.place - stimulus.width + turn),
                (stimulus.end - stimulus.start) / time.tick, 2 * stimulus.width, fill=False, ec=INK, lw=1.0,
            ))  # fmt: skip
    axes.set(ylabel="position [deg]", yticks=[-180, -90, 0, 90, 180], ylim=(-180, 180))
    bar = axes.inset_axes((1.015, 0.0, 0.018, 1.0))
    axes.figure.colorbar(image, cax=bar)
    bar.tick_params(labelsize=6, length=1.5, pad=1.5)
    bar.yaxis.set_major_locator(MaxNLocator(3))
    bar.set_ylabel(seen.label, size=6.5, labelpad=2)


def _strength(axes: Axes, seen: Sheet, time: Time, hue: str) -> None:
    axes.plot((seen.times[:-1] + seen.times[1:]) / 2 / time.tick, seen.strength, color=hue)
    axes.axhline(SHARP, color=SOFT, lw=0.6, ls=":")
    axes.set(ylim=(0, 1.02), ylabel="strength", yticks=[0, 0.5, 1])
    axes.set_yticklabels(["0", ".5", "1"])


def _angle(axes: Axes, name: str, entry: Recording, time: Time, hue: str) -> None:
    degrees = np.degrees(first_trial(entry))
    trace(axes, entry.times / time.tick, degrees, [hue])
    axes.set_ylabel(f"{name} [deg]")


def _profiles(axes: Axes, seen: Sheet, hue: str, share: float) -> None:
    last = max(1, round(share * len(seen.activity)))
    profile = seen.activity[-last:].mean(axis=0)
    if not profile.any():
        nothing(axes, "silent at the end")
        axes.set(xticks=[], yticks=[])
        return
    axes.plot(seen.angle, profile, color=hue)
    position, strength = population_vector(np.maximum(profile, 0.0), np.radians(seen.angle))
    if strength > SHARP:
        axes.axvline(float(np.degrees(position)), color=INK, lw=0.8, ls=(0, (3, 2)))
    axes.set(xlabel="position [deg]", ylabel=words(seen.label, 24), xlim=(-180, 180), xticks=[-180, 0, 180])
    axes.set_ylim(0, 1.08 * float(profile.max()))
