"""Lines, maps and distributions of an overview; long recordings are decimated, so that they draw in a second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter
from numpy.typing import NDArray
from scipy.signal import welch
from scipy.stats import gamma

from ....simulator import Recording
from ....simulator.recordings.recording import to_numpy
from ...eeg.traces import COLUMNS, envelope
from ..parts.palette import INK, PHASE_MAP, SIGNED, SOFT, magnitudes
from ..parts.style import as_rgba, power_unit, with_unit, words

MAP_COLUMNS, MAP_ROWS = 800, 200
SORTED_UNITS = 200  # of a matrix of correlations
NAMED = 24  # units of a matrix whose names can be read
Z_LIMIT = 2.5  # SD; the same scale for every map, so that maps can be compared
SEGMENT = 4.0  # s; of Welch spectra, resolves 0.25 Hz
DECADES = 8.0  # power further below the maximum than this is numerical zero
PEAK, BY_CHANCE = 5.0, 1e-3  # times the median power of its surroundings: a rhythm that a title may name
Values = NDArray[Any]


@dataclass(frozen=True)
class Spectrum:
    """Power of one signal over frequency, with the strongest frequency above 0."""

    frequency: Values
    power: Values
    unit: str  # of frequency
    power_unit: str
    segment: float  # [ticks]
    averages: int = 1  # segments that do not overlap

    @property
    def floored(self) -> bool:
        """Return whether power is cut at the floor of numerical zero."""
        return float(self.power.min()) <= 1.01 * float(self.power.max()) * 10**-DECADES

    @property
    def peak(self) -> float:
        """Return the frequency of the greatest power."""
        return float(self.frequency[self.power.argmax()])

    @property
    def stands_out(self) -> bool:
        """Return whether the peak is no edge and above what noise would reach over the median within an octave of it.

        The power of noise in a bin follows a gamma distribution of as many degrees as segments were averaged; the limit
        is its quantile that one of all bins passes with the probability `BY_CHANCE`, and at least `PEAK`.
        """
        at = int(self.power.argmax())
        near = (self.frequency >= self.peak / 2) & (self.frequency <= self.peak * 2)
        limit = gamma.ppf(1 - BY_CHANCE / self.power.size, self.averages) / gamma.ppf(0.5, self.averages)
        limit = max(PEAK, float(limit))
        return 0 < at < self.power.size - 1 and float(self.power[at]) > limit * float(np.median(self.power[near]))


def first_trial(recording: Recording) -> Values:
    """Return values (time, unit) of the first trial, NaN where they are not defined."""
    values: Values = recording.numpy().reshape(-1, recording.n_times, recording.n_units)[0]
    if recording.valid is None:
        return values
    defined = np.asarray(to_numpy(recording.valid)).reshape(-1, *values.shape)[0]
    return np.asarray(np.where(defined, values, np.nan))


def trace(axes: Axes, times: Values, values: Values, colours: Sequence[Any], width: float = 0.8) -> None:
    """Draw units, values (time, unit), against time (time,)."""
    t, x = envelope(times, values)
    for unit in range(x.shape[1]):
        axes.plot(t, x[:, unit], color=colours[unit % len(colours)], lw=width, rasterized=len(t) > COLUMNS)
    finite = x[np.isfinite(x)]
    if not finite.size:
        nothing(axes, "not defined anywhere")
        return
    low, high = float(finite.min()), float(finite.max())
    room = max(0.0, 1e-3 * max(abs(low), abs(high)) - (high - low)) or (0.05 * (high - low))
    axes.set_ylim(low - (room or 0.5), high + (room or 0.5))
    axes.yaxis.set_major_locator(MaxNLocator(3))


def nothing(axes: Axes, text: str, width: int = 40) -> None:
    """Say in the middle of a panel why it is empty."""
    axes.text(0.5, 0.5, words(text, width, 3), ha="center", va="center", transform=axes.transAxes, color=SOFT, size=7)


def legible(colour: Any) -> tuple[float, float, float]:
    """Return a colour dark enough for text on white: a contrast of 4.5.

    >>> legible("white")[0] < 0.5, legible("#0072B2") == to_rgb("#0072B2")
    (True, True)
    """
    rgb = np.array(to_rgb(colour))
    for share in np.linspace(1.0, 0.0, 41):
        linear = np.where(share * rgb <= 0.04045, share * rgb / 12.92, ((share * rgb + 0.055) / 1.055) ** 2.4)
        if 1.05 / (float(linear @ (0.2126, 0.7152, 0.0722)) + 0.05) >= 4.5:
            red, green, blue = (float(part) for part in share * rgb)
            return red, green, blue
    return 0.0, 0.0, 0.0


def named(axes: Axes, labels: Sequence[tuple[str, Any]], height: float = 0.97, width: int = 16) -> None:
    """Write the names of lines, in their colours, into the upper left corner."""
    at = 0.03
    for text, colour in labels:
        shown = words(text, width, 1)
        axes.text(at, height, shown, color=legible(colour), weight="bold", va="top", transform=axes.transAxes, size=7)
        at += 0.02 * len(shown) + 0.025


def spectrum_of(signal: Values, dt: float, clock: str, unit: str, highest: float | None = None) -> Spectrum | None:
    """Return the Welch spectrum of a signal (time,) above 0; None where it is constant, too short or not defined."""
    size = float(np.abs(signal).max()) if signal.size else 0.0
    if signal.size < 16 or not 0 < size < np.inf or np.ptp(signal / size) <= 1e-9:
        return None
    segment = signal.size
    if clock == "second":
        segment = min(segment, max(16, round(SEGMENT / dt)))
    elif signal.size >= 256:
        segment = signal.size // 2
    frequency, power = welch(signal / size, fs=1.0 / dt, nperseg=segment, detrend="constant")
    tick = "Hz" if clock == "second" else f"cycles/{clock}"
    seen = frequency > 0
    if highest is not None:
        seen &= frequency <= highest
    with np.errstate(over="ignore", under="ignore"):
        power = np.maximum(power, power.max() * 10**-DECADES) * size * size
    if seen.sum() < 4 or not np.isfinite(power).all() or not (power[seen] > 0).all():
        return None
    return Spectrum(frequency[seen], power[seen], tick, power_unit(unit, tick), segment * dt,
                    max(1, signal.size // segment))  # fmt: skip


def draw_spectrum(axes: Axes, spectra: Sequence[tuple[str, Spectrum, Any, Any]]) -> None:
    """Draw spectra in a double logarithmic plot: (name, spectrum, colour, dashes)."""
    if not spectra:
        nothing(axes, "no power: the signal is constant or too short", 24)
        axes.set(xticks=[], yticks=[])
        return
    first = spectra[0][1]
    lowest = min(range(len(spectra)), key=lambda k: float(np.log(spectra[k][1].power).mean()))
    for at, (name, one, colour, dashes) in enumerate(spectra):
        shown = np.where(one.power > 1.01 * one.power.min(), one.power, np.nan) if one.floored else one.power
        axes.loglog(one.frequency, shown, color=colour, ls=dashes, lw=0.9)
        if len(spectra) > 1:
            left = one.frequency[0] * (one.frequency[-1] / one.frequency[0]) ** 0.3
            near = (one.frequency > left / 2.5) & (one.frequency < left * 2.5)
            part = one.power[near] if near.any() else one.power
            height, offset, along = (part.min(), -5, "top") if at == lowest else (part.max(), 4, "bottom")
            axes.annotate(words(name, 26, 1), (left, float(height)), (0, offset), textcoords="offset points",
                          color=colour, ha="center", va=along, size=6.5)  # fmt: skip
    axes.set(xlabel=with_unit("frequency", first.unit), ylabel=with_unit("power", first.power_unit))
    tops = [float(one.power.max()) for _, one, _, _ in spectra]
    lows = [float(np.percentile(one.power, 1)) for _, one, _, _ in spectra]
    room = 12.0 if len(spectra) > 1 else 3.0
    axes.set_ylim(min(lows) / room, max(tops) * room)
    axes.yaxis.set_major_locator(LogLocator(numticks=6))
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:g}" if 1e-3 < x < 1e4 else f"$10^{{{np.log10(x):.0f}}}$")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_formatter(NullFormatter())


def draw_map(
    axes: Axes, times: Values, values: Values, step: float, kind: str, hue: str = INK, numbered: bool = False
) -> str:
    """Draw values (time, unit), already in order, as colours; return the meaning of these.

    Args:
        step: from the last time to the end of the axis.
        kind: "phase" [rad], "signed" (z-scored for each unit) or "magnitude" (from 0).
        hue: of magnitudes.
        numbered: the samples have no times; they are numbered from 1.
    """
    x = np.asarray(values, dtype=np.float64)
    if len(x) > MAP_COLUMNS:
        chosen = np.linspace(0, len(x), MAP_COLUMNS + 1).astype(int)[:-1]
        counts = np.diff(np.append(chosen, len(x)))[:, None]
        x = x[chosen] if kind == "phase" else np.add.reduceat(x, chosen) / counts
    colours, low, high = magnitudes(hue), 0.0, float(np.nanmax(x)) or 1.0
    if kind == "phase":
        x, colours, low, high = np.angle(np.exp(1j * x)), as_rgba(PHASE_MAP), -np.pi, np.pi
    elif kind == "signed":
        sd = x.std(axis=0)
        live = sd > np.maximum(1e-6 * sd.max(), 8 * np.finfo(float).eps * np.abs(x).max(axis=0))
        x = np.where(live, (x - x.mean(axis=0)) / np.where(live, sd, 1.0), np.nan)
        colours, low, high = as_rgba(SIGNED), -Z_LIMIT, Z_LIMIT
    ends = (0.5, len(values) + 0.5) if numbered else (float(times[0]), float(times[-1]) + step)
    image = axes.imshow(
        np.ma.masked_invalid(x.T),  # type: ignore[no-untyped-call]
        aspect="auto", origin="lower", cmap=colours, vmin=low, vmax=high,
        interpolation="nearest" if len(x) <= 400 else "antialiased", extent=(*ends, -0.5, x.shape[1] - 0.5),
    )  # fmt: skip
    bar = axes.inset_axes((1.015, 0.0, 0.018, 1.0))
    axes.figure.colorbar(image, cax=bar)
    bar.tick_params(labelsize=6, length=1.5, pad=1.5)
    bar.yaxis.set_major_locator(MaxNLocator(3))
    if kind == "phase":
        bar.set_yticks([-np.pi, 0, np.pi], ["−π", "0", "π"])
        return "phase, from −π to π"
    if kind == "signed":
        bar.set_yticks([-2, 0, 2], ["−2", "0", "2 SD"])
        return "z-scored for each unit; grey: it does not vary"
    return "from white at 0"


def draw_correlations(axes: Axes, matrix: Values, order: NDArray[np.intp], names: Sequence[str] | None = None) -> None:
    """Draw a matrix of correlations in the given order, from −1 to 1, with the names of up to 24 units."""
    shown = np.ma.masked_invalid(matrix[np.ix_(order, order)])  # type: ignore[no-untyped-call]
    n = len(order)
    image = axes.imshow(
        shown, cmap=as_rgba(SIGNED), vmin=-1, vmax=1, extent=(0.5, n + 0.5, n + 0.5, 0.5), aspect="equal"
    )
    place = axes.get_position()
    axes.set_position((place.x0, place.y0, 0.86 * place.width, place.height))  # room for the numbers of the bar
    axes.set_anchor("NW")
    bar = axes.inset_axes((1.03, 0.0, 0.04, 1.0))
    axes.figure.colorbar(image, cax=bar, ticks=[-1, 0, 1])
    bar.tick_params(labelsize=6, length=1.5, pad=1.5)
    bar.set_yticklabels(["−1", "0", "1"])
    axes.set(xlabel="unit, clustered by 1 − r" if names is None else "channel, clustered by 1 − r")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(3, integer=True))
    if names is not None and n <= NAMED:
        axes.set_yticks(range(1, n + 1), [words(names[at], 10, 1) for at in order], fontsize=4)
        axes.tick_params(axis="y", length=0, pad=1.5)
        axes.set_xticks([])
    for side in ("top", "right"):
        axes.spines[side].set_visible(True)


def round_size(value: float) -> float:
    """Return 1, 2 or 5 times a power of ten, at most the value.

    >>> round_size(730.0), round_size(0.3), round_size(50.0)
    (500.0, 0.2, 50.0)
    """
    if not value > 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(value) + 1e-9)
    return float(f"{max(k for k in (1, 2, 5) if k * power <= value * (1 + 1e-9)) * power:g}")
