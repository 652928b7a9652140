"""Overviews of EEG: a recording with its events, and the result of its analysis."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullLocator

from ....simulator import InputError, Recording, Run
from ...eeg.change import EXCESS, FALLS, RISES, Change
from ...eeg.detectors import LINE_LENGTH
from ...eeg.quality import channel_names
from ...eeg.result import LEVEL, EegResult
from ...eeg.rhythm import BAND_POWER
from ...eeg.traces import COLUMNS, MOST, TRACES, envelope
from ...eeg.windows import BEFORE, DURING, Event, events_of
from ...measures.notation import KEY, notation, short
from ..parts.matrices import clustered, correlations
from ..parts.palette import EEG, INK, NULL, SOFT
from ..parts.style import Drawing, shortened, words
from .channels import draw_channels, height_of
from .compose import Mark, Part, Time, compose, plain
from .frame import beside
from .lines import (
    SORTED_UNITS,
    Spectrum,
    draw_correlations,
    draw_spectrum,
    first_trial,
    spectrum_of,
)
from .naming import counted, hue_of, is_eeg, name_of, span_of, under_of

WINDOW = 2.0  # s; of amplitudes
HIGHEST = 100.0  # Hz
SHOWN = 2  # measures of synchrony
JOINED = ""  # of a panel whose caption is that of the next
MOST_DOTS = 120  # windows that are drawn as dots, too
LEADING = ("lambda1_fraction", *KEY)  # the measure of the title comes first


def eeg_run_overview(run: Run) -> Drawing:
    """Draw a recording of channels in time: traces, amplitude, spectrum, correlations."""
    name, entry = next((n, e) for n, e in run.items() if is_eeg(e) and isinstance(e, Recording))
    hue, time = hue_of(run, entry), span_of([entry])
    source = {**run.source, **entry.source}
    try:
        events = events_of(Recording(np.zeros((2, 1)), entry.duration / 2, entry.clock, "", "1", t0=entry.t0,
                                     source=source))[0]  # fmt: skip
    except InputError:  # marks that cannot be read are no events; `ictal eeg` says so
        events = []
    values = first_trial(entry)[:, :MOST]
    names = channel_names(entry)[:MOST]
    t, x = envelope(entry.times / time.tick, values)
    starts, amplitude = amplitudes(entry)
    left = [
        Part(partial(draw_channels, times=t, values=x, names=names, unit=entry.unit, colours=[hue]),
             height_of(len(names))),
        Part(partial(_amplitude, times=starts / time.tick, values=amplitude, unit=entry.unit, hue=hue), 16.0),
    ]  # fmt: skip
    spectra = _spectra(entry, events, hue)
    right = [Part(partial(draw_spectrum, spectra=spectra), title="Spectrum, mean over channels")]
    if 3 <= entry.n_units <= SORTED_UNITS:
        matrix = correlations(first_trial(entry))
        right.append(
            Part(
                partial(draw_correlations, matrix=matrix, order=clustered(matrix), names=channel_names(entry)),
                title="Correlation r",
            )
        )
    every = f" of {entry.n_units}" if entry.n_units > len(names) else ""
    caption = (
        f"a, {len(names)} channels{every} as recorded, each about its median; bar: the scale. b, SD in windows of "
        f"{plain(min(WINDOW, entry.duration))} s: median over channels, and the middle half of them. Spectrum: Welch, "
        "mean over channels of the power of each."
    )
    if len(right) > 1:
        caption += " Correlations of the whole recording, channels clustered by 1 − r (average linkage)."
    others = [other for other in run if other != name]
    if others:
        caption += f" Not drawn here: {', '.join(others)}."
    title = f"{name_of(run)}: {_amplitude_finding(entry, events, spectra)}"
    what = f"{counted(entry.n_units, 'channel')}, {plain(1 / entry.dt, 4)} Hz"
    return compose(
        title, under_of(run, what, time), time, left, right, marks=_marks(events, time.stop), caption=caption
    )


def amplitudes(entry: Recording) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return the middles of windows (window,) and the SD of every channel in them, (window, channel)."""
    values = first_trial(entry)
    n = max(2, min(round(WINDOW / entry.dt), entry.n_times), entry.n_times // COLUMNS)
    count = max(1, entry.n_times // n)
    if entry.n_times < n:
        return entry.times[:1], np.zeros((1, entry.n_units))
    sd = np.stack([values[k * n : (k + 1) * n].std(axis=0) for k in range(count)])
    return entry.t0 + entry.dt * n * (np.arange(count) + 0.5), sd


def _amplitude(axes: Axes, times: Any, values: Any, unit: str, hue: str) -> None:
    low, middle, high = np.percentile(values, [25, 50, 75], axis=1)
    if values.shape[1] > 2:
        axes.fill_between(times, low, high, color=hue, alpha=0.2, lw=0)
    axes.plot(times, middle, color=hue, marker="o" if len(times) < 60 else "", ms=2.5)
    axes.set(ylabel=f"SD [{unit}]" if unit not in ("", "1") else "SD", ylim=(0, 1.1 * float(high.max()) or 1.0))


def _spectra(entry: Recording, events: list[Event], hue: str) -> list[tuple[str, Spectrum, Any, Any]]:
    """Return the spectra before and in the first event, or the one of all."""
    parts: list[tuple[str, Recording, Any]] = [("", entry, "-")]
    if events:
        windows = (("before", entry.t0, events[0].onset, "-"),
                   (events[0].text, events[0].onset, events[0].stop, (0, (4, 1.5))))  # fmt: skip
        try:
            parts = [(text, entry.select(time=(a, b)), dashes) for text, a, b, dashes in windows]
        except InputError:  # nothing before it
            parts = [("", entry, "-")]
    found = []
    for text, part, dashes in parts:
        values = first_trial(part)
        each = [
            one for k in range(values.shape[1])
            if (one := spectrum_of(values[:, k], part.dt, part.clock, part.unit, HIGHEST)) is not None
        ]  # fmt: skip
        if each and len({one.power.size for one in each}) == 1:
            power = np.mean([one.power for one in each], axis=0)
            first = each[0]
            mean = replace(first, power=power)
            found.append((words(text, 16, 1) if text else "", mean, hue, dashes))
        elif each:
            longest = max(each, key=lambda one: one.power.size)
            found.append((words(text, 16, 1) if text else "", longest, hue, dashes))
    return found


def _amplitude_finding(entry: Recording, events: list[Event], spectra: list[tuple[str, Spectrum, Any, Any]]) -> str:
    """Return the amplitude in the first event against before, or the strongest rhythm that stands out."""
    if events:
        first = events[0]
        try:
            before, during = (
                float(np.median(first_trial(entry.select(time=span)).std(axis=0)))
                for span in ((entry.t0, first.onset), (first.onset, first.stop))
            )
        except InputError:
            before = during = 0.0
        if before > 0:
            return (
                f"in the {shortened(first.text, 20)} from {plain(first.onset)} s the amplitude is {plain(during, 2)} "
                f"{entry.unit}, before it {plain(before, 2)} {entry.unit}"
            )
    sd = float(np.median(first_trial(entry).std(axis=0)))
    rhythm = ""
    if spectra and spectra[0][1].stands_out:
        rhythm = f", a rhythm at {plain(spectra[0][1].peak, 2)} Hz stands out"
    return f"{counted(entry.n_units, 'channel')} of SD {plain(sd, 2)} {entry.unit}{rhythm}"


def _marks(events: Sequence[Event], end: float, config: Mapping[str, Any] | None = None) -> list[Mark]:
    """Return a line at every onset, and one at every end that lies within the recording."""
    given = (config or {}).get("event") or ()
    texts = [given] if isinstance(given, str) else list(given)
    by_hand = config is not None and (
        config.get("onset") is not None or config.get("events") is not None or any(":" in text for text in texts)
    )
    marks = []
    for event in events:
        marks.append(Mark(event.onset, f"{event.text}, as {'given' if by_hand else 'annotated'}"))
        if event.stop < end * (1 - 1e-9):
            marks.append(Mark(event.stop, "end"))
    return marks


def eeg_overview(result: EegResult) -> Drawing:
    """Draw traces in order of recruitment, synchrony beside its surrogates, power in the band, alarms."""
    config = result.config
    time = Time(str(config["clock"]), float(config["t0"]), float(config["t0"]) + float(config["duration"]))
    left, letters = [], []
    wide = 46.0
    if TRACES in result.figures:
        n = result.figures[TRACES].variables["values"].values.shape[1]
        left.append(Part(partial(_traces, result=result, time=time), height_of(n), wide=wide))
        letters.append(_traces_caption(result))
    synchrony = [name for name in (*LEADING, *result.measures) if name in result.measures and _tested(result, name)]
    synchrony = list(dict.fromkeys(synchrony)) or [m for m in result.measures if m != BAND_POWER][:1]
    spans = [name for name in synchrony if 0 <= min(_values(result, name), default=-1) and
             max(_values(result, name), default=9) <= 1][:SHOWN] or synchrony[:1]  # fmt: skip
    if spans:
        title = f"Synchrony in windows of {plain(float(config['window']))} {_tick(time)}"
        title += ", beside 95 % of surrogates" if any(_tested(result, name) for name in spans) else ""
        for name in spans:
            left.append(Part(partial(_synchrony, result=result, name=name, time=time), 13.0, title, wide))
            title = ""
        letters += [JOINED] * (len(spans) - 1)
        letters.append("every dot is a window; grey: the middle 95 % of its surrogates, and filled dots exceed it")
    if BAND_POWER in result.measures:
        left.append(Part(partial(_power, result=result, time=time), 15.0, "Power in the band", wide))
        letters.append("power in the band, geometric mean over channels")
    if result.features:
        names = list(dict.fromkeys(row.detector for row in result.features))
        left.append(
            Part(partial(_alarms, result=result, names=names, time=time), 4.0 + 3.6 * len(names), "Alarms", wide)
        )
        rule = config["alarms"]["rule"]
        letters.append(f"bars: alarms, {rule['hold']:g} s above mean + {rule['k']:g} SD of the baseline")
    if not left:
        raise InputError("plot: the result holds no measure that can be drawn over time")
    caption = _lettered(letters)
    title = f"{_named(result)}: {finding_of_eeg(result)}"
    return compose(
        title, _under(result, time), time, left, marks=_marks(result.events, time.stop, config), caption=caption
    )


def _lettered(texts: Sequence[str]) -> str:
    """Return a caption of panels; those that say what the next one says share its sentence.

    >>> _lettered(["traces", JOINED, "every dot is a window"])
    'a, traces. b and c, every dot is a window.'
    """
    said, letters = [], []
    for letter, text in zip("abcdefgh", texts, strict=False):
        letters.append(letter)
        if text != JOINED:
            said.append(f"{' and '.join(letters)}, {text}.")
            letters = []
    return " ".join(said)


def _tick(time: Time) -> str:
    return {"second": "s", "model": "model units"}.get(time.clock, time.clock)


def _values(result: EegResult, name: str) -> list[float]:
    return [row.value for row in result.of(name) if math.isfinite(row.value)]


def _tested(result: EegResult, name: str) -> bool:
    return any(math.isfinite(row.null_low) for row in result.of(name))


def _named(result: EegResult) -> str:
    source = result.config.get("source")
    file = source.get("file") if isinstance(source, dict) else None
    system = source.get("system") if isinstance(source, dict) else None
    what = "EEG" if result.channels else "Windows"
    if system:
        return name_of(Run({"_": Recording(np.zeros((1, 1)), 1.0, "second", "", "1")}, {"system": system}))
    return f"{what} {Path(str(file)).stem}" if file else what


def _under(result: EegResult, time: Time) -> str:
    config = result.config
    band = config.get("band")
    parts = [counted(int(config["n_channels"]), "channel" if result.channels else "unit"), time.length]
    if time.clock == "second":
        parts.insert(1, f"{plain(1 / float(config['dt']), 4)} Hz")
    if band:
        parts.append(f"measured in {band[0]:g}–{band[1]:g} {'Hz' if time.clock == 'second' else 'cycles per tick'}")
    if config.get("montage"):
        parts.append(f"montage {config['montage']}")
    elif config.get("reference") not in (None, "none"):
        parts.append(f"reference {config['reference']}")
    if result.recruitment:
        parts.append("channels in order of recruitment")
    left_out = sum(not channel.used for channel in result.channels)
    if left_out:
        parts.append(f"{counted(left_out, 'channel')} left out")
    return ", ".join(parts)


def finding_of_eeg(result: EegResult) -> str:
    """Return power, synchrony and recruitment in a sentence; "rises" and "falls" only where the test says so."""
    means = {(m.measure, m.phase): m.mean for m in result.summary()}
    tests = {c.measure: c for c in result.changes if c.phase == DURING}
    says = {name: c.says for name, c in tests.items()}
    parts = []
    if (BAND_POWER, BEFORE) in means and (BAND_POWER, DURING) in means:
        difference = means[BAND_POWER, DURING] - means[BAND_POWER, BEFORE]
        ratio = 10 ** (tests[BAND_POWER].difference if BAND_POWER in tests else difference)
        word = says.get(BAND_POWER, "")
        text = {RISES: "power rises", FALLS: "power falls"}.get(word, "power in the event is")
        parts.append(f"{text} {plain(ratio, 2)}-fold" if word != FALLS else f"{text} to {short(ratio)} of before")
        if word not in (RISES, FALLS):
            parts[-1] += f" ({word or 'not tested'})"
    shown = next((n for n in (*LEADING, *result.measures) if (n, DURING) in means and
                  (n, BEFORE) in means and n != BAND_POWER), None)  # fmt: skip
    if shown is not None:
        before, during = means[shown, BEFORE], means[shown, DURING]
        parts.append(_synchrony_finding(shown, before, during, tests.get(shown)))
    if not result.events:
        for m in result.summary()[:2]:
            parts.append(f"{notation(m.measure).words} {short(m.mean)}" + (
                f", above its null in {m.exceed} of {counted(m.tested, 'window')}" if m.tested else ""
            ))  # fmt: skip
    tail = ""
    if result.recruitment:
        joined = sum(math.isfinite(row.time) for row in result.recruitment)
        tail = f"{joined} of {counted(len(result.recruitment), 'channel')} {'is' if joined == 1 else 'are'} recruited"
    text = ", ".join(parts)
    return "; ".join(part for part in (text, tail) if part) or f"{len(result.rows)} values over time"


def _synchrony_finding(measure: str, before: float, during: float, test: Change | None) -> str:
    """Return the means of the windows, and the verdict with what it is of: the excess over surrogates, or the value."""
    name = {"lambda1_fraction": "the share of the first mode"}.get(measure, notation(measure).words)
    ends = f"from {short(before)} to {short(during)}"
    if test is None:
        return f"{name} goes {ends} (not tested)"
    if test.of == EXCESS:
        sign = "+" if test.difference > 0 else ""
        verdict = f"{test.says} ({sign}{short(test.difference)})" if test.says in (RISES, FALLS) else f": {test.says}"
        return f"{name} goes {ends}, its excess over surrogates{'' if verdict[0] == ':' else ' '}{verdict}"
    verb = test.says if test.says in (RISES, FALLS) else "goes"
    said = ", ".join(text for text in ("" if verb == test.says else test.says, test.of_value) if text)
    return f"{name} {verb} {ends}{f' ({said})' if said else ''}"


def _traces(axes: Axes, result: EegResult, time: Time) -> None:
    group = result.figures[TRACES].variables
    names = [str(name) for name in group["channel"].values]
    times, values = group["time"].values / time.tick, group["values"].values
    when = {row.channel: row.time for row in result.recruitment}
    ordered = [row.channel for row in result.recruitment if row.channel in names]
    order = [names.index(name) for name in (*ordered, *(n for n in names if n not in ordered))]
    joined = {name for name, at in when.items() if math.isfinite(at)}
    hue = EEG if result.channels else INK
    colours = [hue if not when or names[k] in joined else SOFT for k in order]
    unit = str(group["values"].attrs.get("units", "1"))
    draw_channels(axes, times, values[:, order], [names[k] for k in order], unit, colours)
    if not when:
        return
    for row, k in enumerate(order):
        if names[k] in joined:
            axes.plot(when[names[k]] / time.tick, -row, "o", color=INK, ms=3.2, mec="white", mew=0.5, zorder=6)
    beside(axes, "● recruited", 0.0)
    if len(joined) < len(order):
        beside(axes, "grey: not\nrecruited", -0.09 * len(order) - 0.6, SOFT)


def _traces_caption(result: EegResult) -> str:
    group = result.figures[TRACES]
    shown, n = group.variables["values"].values.shape[1], int(group.attrs["n_channels"])
    text = f"{shown} of {n} channels" if shown < n else f"{shown} channels"
    text += " as recorded, each about its median, minimum and maximum of every column of the picture"
    return f"{text}; dot: the channel leaves its baseline" if result.recruitment else text


def _synchrony(axes: Axes, result: EegResult, name: str, time: Time) -> None:
    hue, rows = EEG if result.channels else INK, result.of(name)
    times = np.array([(row.start + row.stop) / 2 for row in rows]) / time.tick
    values, low, high = (np.array([getattr(r, a) for r in rows]) for a in ("value", "null_low", "null_high"))
    axes.fill_between(times, low, high, facecolor=NULL, lw=0, zorder=1)
    axes.plot(times, values, color=hue, lw=1.1, zorder=3)
    if len(rows) <= MOST_DOTS:
        beyond = np.array([row.p <= LEVEL for row in rows])
        axes.plot(times[beyond], values[beyond], "o", color=hue, ms=3, zorder=4)
        axes.plot(times[~beyond], values[~beyond], "o", color=hue, mfc="white", ms=3, zorder=4)
    ends = np.concatenate([values, low, high])
    ends = ends[np.isfinite(ends)]
    bottom, top = (min(0.0, float(ends.min())), float(ends.max()) * 1.12) if ends.size else (0.0, 1.0)
    bottom -= 0.08 * (top - bottom) * (bottom < 0)  # the band of a null that reaches below 0 keeps its edge
    axes.set_ylim(bottom, top if top > bottom else bottom + 1.0)
    if (last := values[np.isfinite(values)]).size:
        beside(axes, notation(name).math, float(last[-1]), hue)
        nulls = ((low + high) / 2)[np.isfinite(low)]
        if nulls.size and abs(float(nulls[-1]) - float(last[-1])) > 0.2 * (top - bottom):
            beside(axes, "null", float(nulls[-1]), SOFT)
    axes.yaxis.set_major_formatter(lambda value, _: short(value))


def _power(axes: Axes, result: EegResult, time: Time) -> None:
    hue = EEG if result.channels else INK
    rows = result.of(BAND_POWER)
    times = np.array([(row.start + row.stop) / 2 for row in rows]) / time.tick
    power = 10.0 ** np.array([row.value for row in rows])
    axes.semilogy(times, power, color=hue, marker="o" if len(rows) <= MOST_DOTS else "", ms=3)
    unit, band = str(result.config["unit"]), result.config.get("band")
    axes.set_ylabel("power" if unit in ("", "1") else f"power [{words(unit, 8, 1)}²]")
    finite = power[np.isfinite(power)]
    if finite.size:
        axes.set_ylim(float(finite.min()) / 2, float(finite.max()) * 2)
        if band:
            beside(axes, f"{band[0]:g}–{band[1]:g} {'Hz' if time.clock == 'second' else ''}".strip(), finite[-1], hue)
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
    axes.yaxis.set_major_formatter(lambda value, _: plain(value))
    axes.yaxis.set_minor_locator(NullLocator())


def _alarms(axes: Axes, result: EegResult, names: list[str], time: Time) -> None:
    hue = EEG if result.channels else INK
    for row, name in enumerate(names):
        found = [one for one in result.detections if one.detector == name]
        for one in found:
            width = max(one.stop - one.start, 0.002 * (time.stop - time.start))
            axes.barh(-row, width / time.tick, left=one.start / time.tick, height=0.55, color=hue, lw=0, zorder=6)
        if not found:
            beside(axes, "no alarm", -row, SOFT)
    labels = ["line length" if name == LINE_LENGTH else notation(name).math for name in names]
    axes.set_yticks([-row for row in range(len(names))], labels)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(-len(names) + 0.4, 0.6)
