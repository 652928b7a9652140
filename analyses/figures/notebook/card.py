"""Cards of notebooks: a small picture, sizes, units, the clock, and what was assumed. A card never raises."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Mapping
from dataclasses import replace
from html import escape
from typing import Any

import numpy as np
from matplotlib import style as mpl_style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ....simulator import Recording, Run, Spikes
from ....simulator.errors import spelled
from ....simulator.faces import PANELS
from ....simulator.files.result import Result
from ....simulator.files.table import NamedParts, html_table
from ....simulator.kinds import Kind
from ....simulator.recordings.distribution import Distribution
from ....simulator.recordings.pieces import Pieces
from ....simulator.recordings.recording import to_numpy
from ..parts.style import STYLE
from .entries import draw_distribution, draw_recording, draw_spikes

WIDTH, HEIGHT, ROW = 4.4, 1.5, 1.15  # inch: a picture, and a row of one with several
DPI, MOST_BYTES = 100, 40_000
MOST_ENTRIES, MOST_ROWS, MOST_LINES = 3, 8, 6
POINTS, SPIKES, LONG = 900, 6000, 4000  # that are drawn; samples from which on only some are
BOX = "font-size:13px;line-height:1.45"
GREY = "color:#5B6068"
Facts = dict[str, str]


def card(of: Any) -> str:
    """Return the card of an object in HTML, every text of it escaped; of one that cannot be shown, its `repr`."""
    try:
        return _card(of)
    except Exception:  # a notebook shows something in any case
        try:
            return f"<pre>{escape(spelled(repr(of)))}</pre>"
        except Exception:
            return f"<pre>{escape(type(of).__name__)}</pre>"


def _card(of: Any) -> str:
    title, facts = _described(of)
    lines = "".join(
        f'<tr><td style="text-align:left;{GREY};padding:0 12px 0 0">{_safe(name)}</td>'
        f'<td style="text-align:left;padding:0">{_safe(text)}</td></tr>'
        for name, text in facts.items()
        if text
    )
    picture = _picture(of, title)
    table = ""
    if isinstance(of, Run):
        table = _entries(of)
    elif isinstance(of, Result) and not isinstance(of, NamedParts) and len(of):
        rows = of.table()
        hidden = ("settings", "null_kind", "null_mean", "null_sd", "tested", "n_live", "n_times")
        plain = [name for name in rows.columns if name not in hidden and np.ndim(getattr(rows[0], name)) == 0]
        plain = [name for name in plain if not isinstance(getattr(rows[0], name), Mapping)]
        table = html_table(rows.rows, plain, MOST_ROWS)
    assumed = [f'<div style="{GREY}">assumed: {_safe(line)}</div>' for line in _assumed(of)]
    return (
        f'<div style="{BOX}"><div><b>{_safe(title)}</b></div>{picture}'
        f'<table style="border:none">{lines}</table>{table}{"".join(assumed)}</div>'
    )


def _described(of: Any) -> tuple[str, Facts]:
    if isinstance(of, Recording):
        *trials, n_times, n_units = of.values.shape
        sizes = [f"{n:,} trials" for n in trials] + [f"{n_times:,} samples", _units(n_units)]
        return f"Recording: {_with_unit(of.quantity, of.unit)}", {
            "size": " × ".join(sizes),
            "time": _span(of.t0, of.duration, of.clock)
            + (f", a sample every {_time(of.dt, of.clock)}" if of.clock != "sample" else ""),
            "labels": _labels(of.unit_labels, "units") + _labels(of.time_labels, "samples", bool(of.unit_labels)),
            "defined": "" if of.valid is None else f"{100 * float(np.mean(to_numpy(of.valid))):.3g} % of the values",
            "from": _origin(of.source),
        }
    if isinstance(of, Spikes):
        rate = of.time.size / (of.n_units * of.duration)
        return "Spikes", {
            "size": f"{of.time.size:,} spikes of {_units(of.n_units)}, {rate:.4g} Hz a unit",
            "time": _span(of.t0, of.duration, "second"),
            "labels": _labels(of.unit_labels, "units"),
            "from": _origin(of.source),
        }
    if isinstance(of, Run):
        return f"Run of {of.source['system']}" if of.source.get("system") else "Run", {"from": _origin(of.source)}
    if isinstance(of, Distribution):
        return f"Distribution: {_with_unit(of.quantity, of.unit)}", {"": repr(of)}
    if isinstance(of, NamedParts):
        return type(of).__name__, {name: _brief(of[name]) for name in of}
    if isinstance(of, Result):
        command = str(getattr(of, "config", {}).get("command") or "")
        title = str(getattr(of, "sentence", "")) or f"{type(of).__name__}: {len(of)} rows"
        return title, {
            "command": command,
            "tables": ", ".join(name for name, _, _ in of.stored if name != of.main and getattr(of, name)),
        }
    if of.kind == "trained":
        metrics = "; ".join(f"{name} {value:.4g}" for name, value in of.final.items())
        return f"Trained: {of.path}", {"final": metrics, "weights": str(of.model), "entries": ", ".join(of.entries)}
    facts = of.facts() if isinstance(of, Kind) else {}
    return repr(of) if len(repr(of)) < 200 else type(of).__name__, {k: _brief(v) for k, v in facts.items()}


def _picture(of: Any, title: str) -> str:
    """Return the picture as an element; "" where there is none to draw."""
    with mpl_style.context(
        [*STYLE, {"font.size": 7, "axes.labelsize": 7, "xtick.labelsize": 6.5, "ytick.labelsize": 6.5}]
    ):
        figure = _figure(of)
        if figure is None:
            return ""
        data = _png(figure)
    if not data:
        return ""
    source = base64.b64encode(data).decode("ascii")
    alt = _safe(f"Small picture of this: {title}")
    return f'<img alt="{alt}" style="max-width:100%;background:white" src="data:image/png;base64,{source}">'


def _figure(of: Any) -> Figure | None:
    if isinstance(of, Run):
        entries = list(of.items())[:MOST_ENTRIES]
        figure = Figure(figsize=(WIDTH, 0.45 + ROW * len(entries)), layout=None)
        figure.subplots_adjust(
            0.13, 0.42 / figure.get_figheight(), 0.93, 1 - 0.16 / figure.get_figheight(), hspace=0.75
        )
        for axes, (name, entry) in zip(figure.subplots(len(entries), 1, squeeze=False)[:, 0], entries, strict=True):
            _draw(entry, axes)
            axes.set_title(spelled(name).replace("$", r"\$")[:40], fontsize=7, loc="left")
        return figure
    kind = getattr(of, "kind", "")
    if kind not in PANELS or kind == "sweep":  # a sweep reads all of its files
        return None
    tall = kind in ("measurements", "why", "comparison", "evidence")
    figure = Figure(figsize=(WIDTH, HEIGHT * (1.5 if tall else 1.0)), layout=None)
    figure.subplots_adjust(0.34 if tall else 0.13, 0.38 / figure.get_figheight(), 0.93, 0.96 if not tall else 0.9)
    _draw(of, figure.add_subplot())
    return figure


def _draw(of: Any, axes: Any) -> None:
    if isinstance(of, Recording):
        draw_recording(_light(of), axes, room=POINTS)
    elif isinstance(of, Spikes):
        draw_spikes(of, axes, most=SPIKES)
    elif isinstance(of, Distribution):
        draw_distribution(of, axes)
    else:
        PANELS.load(of.kind)(of, axes)


def _light(recording: Recording) -> Recording:
    """Return the first trial with every k-th sample of a long recording, so that a card takes no time."""
    values, valid = recording.values, recording.valid
    each = -(-recording.n_times // LONG)
    if isinstance(values, Pieces) or (each == 1 and values.ndim == 2):
        return recording if each == 1 else recording.select(time=(recording.t0, recording.t0 + LONG * recording.dt))
    place = (*(0,) * (values.ndim - 2), slice(None, None, each))
    marks = {key: labels[::each] for key, labels in recording.time_labels.items()}
    valid = None if valid is None else valid[place]
    return replace(recording, values=values[place], valid=valid, dt=recording.dt * each, time_labels=marks)


def _png(figure: Figure) -> bytes:
    """Return the figure as a PNG of few colours and at most `MOST_BYTES`; b"" if it cannot be made so small."""
    from PIL import Image

    figure.set_dpi(DPI)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    whole = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")  # type: ignore[no-untyped-call]
    for share, colours in ((1.0, 128), (1.0, 32), (0.6, 16)):
        image, small = whole, io.BytesIO()
        if share < 1.0:
            image = whole.resize((int(share * whole.width), int(share * whole.height)))
        image.quantize(colours, dither=Image.Dither.NONE).save(small, "png")
        if small.tell() <= MOST_BYTES:
            return small.getvalue()
    return b""


def _entries(run: Run) -> str:
    rows = [
        "".join(
            f'<td style="text-align:left">{_safe(text)}</td>' for text in (name, title, facts["size"], facts["time"])
        )
        for name, entry in list(run.items())[:40]
        for title, facts in [_described(entry)]
    ]
    more = f"<p>… {len(run) - 40} more entries</p>" if len(run) > 40 else ""
    return f"<table><tbody>{''.join(f'<tr>{row}</tr>' for row in rows)}</tbody></table>{more}"


def _assumed(of: Any) -> list[str]:
    for about in (getattr(of, "source", None), getattr(of, "config", None), vars(of)):
        given = about.get("assumptions", ()) if isinstance(about, Mapping) else ()
        if isinstance(given, list | tuple) and given:
            lines = [str(line) for line in given[:MOST_LINES]]
            return lines + ([f"… {len(given) - MOST_LINES} more"] if len(given) > MOST_LINES else [])
    return []


def _labels(labels: Mapping[str, Any], of: str, more: bool = False) -> str:
    if not labels:
        return ""
    named = []
    for name, values in labels.items():
        distinct = np.unique(values)
        some = ", ".join(map(str, distinct[:4])) + (f" … ({len(distinct)})" if len(distinct) > 4 else "")
        named.append(f"{name}: {some}")
    return ("; " if more else "") + f"of {of}: " + "; ".join(named)


def _origin(source: Mapping[str, Any]) -> str:
    kept = {
        key: source[key] for key in ("system", "seed", "engine", "file", "command") if source.get(key) not in (None, "")
    }
    return "; ".join(f"{key} {value}" for key, value in kept.items())


def _brief(value: Any) -> str:
    if isinstance(value, Mapping):
        return _cut("; ".join(f"{key}: {_brief(one)}" for key, one in list(value.items())[:12]))
    if isinstance(value, str | int | float):
        return _cut(str(value))
    if isinstance(value, list | tuple):
        return _cut(", ".join(map(str, value)))
    return _cut(_fields(value))


def _fields(value: Any) -> str:
    """Return the plain fields of a part."""
    names = getattr(type(value), "__dataclass_fields__", {})
    found = {name: getattr(value, name) for name in names}
    texts = [
        f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}"
        for k, v in found.items()
        if isinstance(v, str | int | float)
    ]
    return ", ".join(texts) or type(value).__name__


def _cut(text: str) -> str:
    return text if len(text) <= 160 else f"{text[:159]}…"


def _safe(text: str) -> str:
    return escape(spelled(text).replace("\n", " "))


def _units(n: int) -> str:
    return f"{n:,} unit{'s' * (n != 1)}"


def _with_unit(quantity: str, unit: str) -> str:
    return quantity if unit in ("", "1") else f"{quantity} [{unit}]"


def _time(value: float, clock: str) -> str:
    tick = {"second": "s", "model": "model units"}.get(clock, f"{clock}{'s' * (value != 1)}")
    return f"{value:.6g} {tick}"


def _span(t0: float, duration: float, clock: str) -> str:
    if clock == "sample":
        return "samples without an order"
    start = f" from {t0:.6g}" if t0 and math.isfinite(t0) else ""
    return f"{_time(duration, clock)}{start}"
