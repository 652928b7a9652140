"""Draw the picture that heads README and docs, from stored results.

python docs/hero.py                                          draws docs/images/hero-{light,dark}.{svg,png}
python docs/hero.py store COMPARE.h5 FIRST.edf SECOND.edf    takes what it shows from `ictal compare` and two recordings
"""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch
from PIL import Image

import ictal
from ictal import Recording, Run, Spikes
from ictal.analyses import bandpassed

DOCS = Path(__file__).resolve().parent
STORED, IMAGES = DOCS.parent / "data" / "reference" / "hero.h5", DOCS / "images"
MEASURE, BAND, WINDOW, SURROGATES = "si_3", (3.0, 20.0), 1.7, 199
SHOWN, CHANNELS = 4.0, 6  # s and number of traces
WIDTH, HEIGHT = 1600, 930  # px
BEYOND = 0.05  # least change of the mean that is called a rise
JUMP = 0.5

THEMES = {
    "light": {"ground": "#FFFFFF", "ink": "#1B1B1F", "soft": "#5B6068", "hair": "#C9CCD1", "null": "#D9DBDE",
              "edge": "#9A9EA5", "model": "#0072B2", "eeg": "#00876C", "net": "#C4520A"},
    "dark": {"ground": "#0D1117", "ink": "#E6E8EB", "soft": "#9BA3AD", "hair": "#3A414A", "null": "#343B44",
             "edge": "#6B737E", "model": "#56B4E9", "eeg": "#2FC49E", "net": "#F08A3C"},
}  # fmt: skip
SOURCES = {  # name, what is shown, its states: name in the store, words, left and right end [px]
    "model": ("Spiking network", "1.9 s of spikes, 60 cells",
              (("rest", "at rest", 108, 286), ("seizure", "in a seizure", 311, 487))),
    "eeg": ("Patient’s EEG", "4 s, 6 of 21 channels, 3–20 Hz",
            (("before", "before", 549, 731), ("during", "during", 750, 933))),
    "net": ("Deep network", "an MLP on digits: 60 units × 192 test images, by class",
            (("healthy", "healthy", 988, 1171), ("small sample", "50 images", 1190, 1373),
             ("memorising", "40 % wrong labels", 1392, 1574))),
}  # fmt: skip
KINDS = {"model": ("train_shift",), "eeg": ("linear_shift",), "net": ("permute", "permute_within_class")}
FONTS = ["Liberation Sans", "Arial", "Helvetica", "DejaVu Sans"]
RC: dict[str, Any] = {"font.family": FONTS, "svg.fonttype": "none", "svg.hashsalt": "ictal", "hatch.linewidth": 0.8}
Rows = list[dict[str, Any]]


def store(comparison: str, *recordings: str) -> None:
    """Write what the picture shows: raw activity, and every value with the limits of its surrogates."""
    compared, rows, entries = ictal.load(comparison), [], {}
    for state in ("rest", "seizure"):
        raster = compared.figures[f"raster/spikes/{state}"]
        time, unit = (raster.variables[name].values for name in ("timestamps", "unit_index"))
        length, start, n = (raster.attrs[key] for key in ("duration", "t0", "n_units"))
        entries[state] = Spikes(time, unit, n, length, t0=start)
    for state in ("healthy", "small sample", "memorising"):
        group = compared.figures[f"activity/images/{state}"]
        order = np.argsort(group.variables["time_label_class"].values, kind="stable")
        values = group.variables["values"].values[order]
        entries[state] = Recording(values, 1.0, "sample", "activation", "1")
    for row in compared.observations:
        panel = {"spikes": "model", "images": "net"}.get(row.panel)
        if row.measure == MEASURE and panel:
            rows.append(_row(panel, row.group, row.replicate, row))
    for at, name in enumerate(recordings):
        found = ictal.analyse_eeg(name, window=WINDOW, band=BAND, measures=[MEASURE], nulls=SURROGATES)
        rows += [_row("eeg", row.phase, at, row) for row in found.blocks if row.measure == MEASURE and row.phase in
                 ("before", "during")]  # fmt: skip
        if at == 0:
            (event,) = found.events
            whole = bandpassed(ictal.open_run(name)["eeg"], BAND)
            onset, middle = event.onset, (event.onset + event.stop) / 2
            shown = np.linspace(0, whole.n_units - 1, CHANNELS).astype(int)
            for state, begin in (("before", onset - SHOWN), ("during", middle)):
                part = whole.select(time=(begin, begin + SHOWN), units=shown)
                entries[state] = Recording(part.numpy().astype(np.float32), part.dt, "second", "voltage", part.unit)
    names = [Path(name).name for name in recordings]
    about = {"measure": MEASURE, "band": BAND, "window": WINDOW, "recordings": names, "rows": rows,
             "command": compared.config["command"]}  # fmt: skip
    ictal.save(Run(entries, about), STORED, force=True)


def _row(source: str, state: str, shape: int, row: Any) -> dict[str, Any]:
    limits = {end: float(value) if np.isfinite(value) else None for end, value in
              (("low", row.null_low), ("high", row.null_high))}  # fmt: skip
    return {
        "source": source,
        "state": state,
        "shape": shape,
        "value": float(row.value),
        "kind": row.null_kind,
        **limits,
    }


def dots(rows: Rows, source: str, state: str) -> list[tuple[int, float]]:
    """Return replicate (or recording) and value of every dot of a group, each once."""
    first = KINDS[source][0]
    return [(r["shape"], r["value"]) for r in rows if (r["source"], r["state"]) == (source, state)
            and r["kind"] in (first, "")]  # fmt: skip


def limits(rows: Rows, source: str, state: str, kind: str) -> tuple[float, float]:
    """Return the limits of the middle 95 % of surrogates, mean over the dots."""
    some = [r for r in rows if (r["source"], r["state"], r["kind"]) == (source, state, kind) and r["low"] is not None]
    return tuple(float(np.mean([r[end] for r in some])) for end in ("low", "high"))  # type: ignore[return-value]


def means(rows: Rows) -> dict[str, dict[str, float]]:
    """Return source -> state -> mean of its dots."""
    return {source: {state: float(np.mean([v for _, v in dots(rows, source, state)])) for state, *_ in parts[2]}
            for source, parts in SOURCES.items()}  # fmt: skip


def verdict(values: Mapping[str, float]) -> str:
    """Return the words on a source: the change of its mean from the first state to the highest of the others.

    >>> verdict({"rest": 0.1, "seizure": 0.9}), verdict({"a": 0.3, "b": 0.35}), verdict({"a": 0.3, "b": 0.2})
    ('jumps', 'does not rise', 'does not rise')
    """
    first, *others = values.values()
    change = max(others) - first
    return "jumps" if change > JUMP else "rises a little" if change > BEYOND else "does not rise"


def sentence(found: Mapping[str, str]) -> str:
    """Return the headline that the verdicts allow.

    Raises:
        ValueError: they say something else, for which another headline must be written.
    """
    brain = all(found[source] != "does not rise" for source in ("model", "eeg"))
    if not brain or found["net"] != "does not rise":
        raise ValueError(f"the headline does not follow from {dict(found)}")
    return "A seizure raises synchrony. Overfitting does not."


def draw(run: Run, theme: str) -> tuple[Figure, str, str]:
    """Return the picture, its title and its description."""
    rows: Rows = run.source["rows"]  # type: ignore[assignment]
    tone, values = THEMES[theme], means(rows)
    said = {source: verdict(values[source]) for source in SOURCES}
    title = sentence(said)
    with matplotlib.rc_context(RC):
        figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100, facecolor=tone["ground"])
        _text(figure, 108, 62, title, 46, tone["ink"], weight="bold")
        _text(figure, 108, 108, "One measure for all three: SI-3, the mean |correlation| of pairs of units. "
              "0: independent, 1: all alike. Grey: what independent units would give.", 23, tone["soft"])  # fmt: skip
        axes = figure.add_axes(_box(99, 475, 1584, 835))
        axes.set(xlim=(99, 1584), ylim=(-0.01, 1.02), facecolor="none", xticks=[])
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", ".25", ".5", ".75", "1"])
        axes.tick_params("y", labelsize=_pt(23), color=tone["ink"], labelcolor=tone["ink"], width=1.5, length=7)
        axes.grid(axis="y", color=tone["hair"], linewidth=0.8)
        axes.set_axisbelow(True)
        for side, spine in axes.spines.items():
            spine.set_visible(side == "left")
            spine.set(color=tone["ink"], linewidth=1.5)
        _text(figure, 24, 655, "SI-3", 23, tone["ink"], rotation=90, ha="center", va="center")
        for source, (name, what, states) in SOURCES.items():
            hue, left = tone[source], states[0][2]
            _text(figure, left, 184, name, 28, hue, weight="bold")
            _text(figure, left, 216, what, 20, tone["soft"])
            for state, words, low, high in states:
                _text(figure, (low + high) / 2, 260, words, 23, tone["ink"], ha="center")
                _activity(figure.add_axes(_box(low, 275, high, 447)), run, source, state, hue)
                _group(axes, rows, source, state, (low, high), states[0][0] == state, tone, hue)
            middle = (states[0][2] + states[-1][3]) / 2
            _text(axes, middle if source != "model" else 352, 0.6, said[source], 30, hue, weight="bold", ha="center")
            if said[source] == "jumps":
                start, stop = values[source][states[0][0]], values[source][states[1][0]]
                axes.add_patch(FancyArrowPatch((243, start + 0.12), (337, stop - 0.05), color=hue, linewidth=2.2,
                               arrowstyle="-|>", mutation_scale=28, connectionstyle="arc3,rad=-0.2"))  # fmt: skip
        _text(figure, 108, 880, "Dots: 5 runs each; EEG: windows of 1.7 s of two seizures (● ■) of one patient. "
              "Open: rest, before, healthy. Filled: seizure, overfitted.", 20, tone["soft"])  # fmt: skip
        _text(figure, 108, 908, "Grey: 95 % of surrogates that keep every unit’s own course and break what units "
              "share; hatched: images permuted within classes.", 20, tone["soft"])  # fmt: skip
    return figure, title, description(values, said)


def description(values: Mapping[str, Mapping[str, float]], said: Mapping[str, str]) -> str:
    """Return what a reader who cannot see the picture must know."""
    parts = [f"{SOURCES[source][0]}: SI-3 {said[source]}, "
             + ", ".join(f"{words} {_short(values[source][state])}" for state, words, *_ in SOURCES[source][2])
             for source in SOURCES]  # fmt: skip
    return "Spikes, EEG and activations above the SI-3 of each, with what chance gives. " + "; ".join(parts) + "."


def _group(
    axes: Any,
    rows: Rows,
    source: str,
    state: str,
    ends: tuple[int, int],
    is_open: bool,
    tone: Mapping[str, str],
    hue: str,
) -> None:
    (low, high), middle = ends, (ends[0] + ends[1]) / 2
    for kind in KINDS[source]:
        bottom, limit = limits(rows, source, state, kind)
        hatch = "////" if kind == "permute_within_class" else None
        axes.fill_between([low + 12, high - 8], bottom, max(limit, bottom + 0.012), facecolor=tone["null"],
                          edgecolor=tone["edge"], linewidth=0.8, hatch=hatch, zorder=2)  # fmt: skip
        if state == "healthy":  # two nulls: what each keeps stands at its bar once
            words, place = ("classes alone", bottom - 0.064) if hatch else ("chance", bottom + 0.018)
            axes.text(low + 12, place, words, fontsize=_pt(18), color=tone["soft"], va="bottom")
    found = dots(rows, source, state)
    x = middle + (np.arange(len(found)) - (len(found) - 1) / 2) * min(22.0, 140.0 / max(1, len(found) - 1))
    for marker, chosen in (("o", 0), ("s", 1)):
        mine = [k for k, (shape, _) in enumerate(found) if (shape if source == "eeg" else 0) == chosen]
        axes.scatter(x[mine], [found[k][1] for k in mine], s=150 if len(found) < 8 else 80, marker=marker, zorder=3,
                     facecolor=tone["ground"] if is_open else hue, edgecolor=hue, linewidth=2.2)  # fmt: skip
    mean, highest = float(np.mean([v for _, v in found])), max(v for _, v in found)
    place = (min(v for _, v in found) - 0.1, "top") if highest > 0.85 else (max(highest, 0) + 0.045, "bottom")
    axes.text(middle, place[0], _short(mean), fontsize=_pt(24), weight="bold", color=hue, ha="center", va=place[1])


def _activity(axes: Any, run: Run, source: str, state: str, hue: str) -> None:
    axes.axis("off")
    entry: Any = run[state]
    if source == "model":
        axes.scatter(entry.time, entry.unit, s=1.6, color=hue, linewidth=0, rasterized=True)
        axes.set(xlim=(entry.t0, entry.t0 + entry.duration), ylim=(-1, entry.n_units))
    elif source == "eeg":
        scale = np.percentile(np.abs(run.recording("during").numpy()), 99.5) / 0.55
        for k, trace in enumerate(entry.numpy().T):
            axes.plot(entry.times, trace / scale - k, color=hue, linewidth=1.1, rasterized=True)
        axes.set(xlim=(entry.times[0], entry.times[-1]), ylim=(0.2 - CHANNELS, 0.8))
    else:
        x = entry.numpy()
        z = (x - x.mean(axis=0)) / np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0)
        order = np.argsort(z.argmax(axis=0), kind="stable")
        axes.imshow(z.T[order], aspect="auto", cmap="PuOr_r", vmin=-2.5, vmax=2.5, interpolation="nearest",
                    origin="lower")  # fmt: skip


def _text(on: Any, x: float, y: float, text: str, size: float, color: str, **how: Any) -> None:
    if isinstance(on, Figure):
        x, y = x / WIDTH, 1 - y / HEIGHT
    on.text(x, y, text, fontsize=_pt(size), color=color, **how)


def _pt(pixels: float) -> float:
    return 0.72 * pixels


def _short(value: float) -> str:
    return f"{value:.2f}".replace("0.", ".", 1)


def _box(left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
    return left / WIDTH, 1 - bottom / HEIGHT, (right - left) / WIDTH, (bottom - top) / HEIGHT


def save(figure: Figure, title: str, said: str, name: str) -> None:
    """Write SVG and PNG."""
    IMAGES.mkdir(exist_ok=True)
    text = io.StringIO()
    with matplotlib.rc_context(RC):
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None}, facecolor=figure.get_facecolor())
    head, tag, rest = text.getvalue().partition("<metadata>")
    words = f"<title>{escape(title)}</title>\n <desc>{escape(said)}</desc>\n "
    (IMAGES / f"{name}.svg").write_text(head + words + tag + rest, encoding="utf-8")
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=100, facecolor=figure.get_facecolor())
    palette = Image.open(data).convert("RGB").quantize(255, dither=Image.Dither.NONE)
    palette.save(IMAGES / f"{name}.png", optimize=True)


def main(words: Sequence[str]) -> None:
    """Store or draw."""
    if words and words[0] == "store":
        store(*words[1:])
    run = ictal.load(STORED)
    for theme in THEMES:
        save(*draw(run, theme), f"hero-{theme}")


if __name__ == "__main__":
    main(sys.argv[1:])
