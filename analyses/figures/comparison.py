"""Figures of a comparison, drawn from its stored arrays and tables."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ...simulator.files.document import Group
from ..comparison.origin import baselines, origin
from ..comparison.result import Comparison, ReplicateValue
from ..comparison.wording import number
from ..measures import stored_measure
from ..measures.notation import NOTATION, notation
from .parts.curves import groups_figure, learning_figure, metric_pairs, order_figure, spectrum_figure
from .parts.maps import activity_figure, class_order, correlation_figure, off_diagonal_mean, raster_figure
from .parts.nulls import drawable, limits, null_figure
from .parts.palette import HUES, NET, steps_of
from .parts.style import Drawing, power_unit, shortened, words
from .raw import raw_drawings

DERIVED = {"gap"}  # metrics that are drawn from train and test


def drawings(comparison: Comparison) -> Iterator[Drawing]:
    """Draw groups side by side, rasters, maps, r(t), correlations, spectra, curves and nulls, one at a time."""
    yield from raw_drawings(comparison)
    yield from _rasters(comparison)
    yield from _activities(comparison)
    yield from _orders(comparison)
    yield from _correlations(comparison)
    yield from _spectra(comparison)
    yield from _histories(comparison)
    yield from _nulls(comparison)


def stored(comparison: Comparison, kind: str) -> dict[str, dict[str, Group]]:
    """Return panel -> group -> arrays of one kind ("activity", "raster" ...), in the order of the comparison."""
    order = list(dict.fromkeys((row.panel, row.group) for row in comparison.observations))
    found = {}
    for name, group in comparison.figures.items():
        head, panel, member = (*name.split("/", 2), "")[:3]
        if head == kind:
            found[panel, member] = group
    out: dict[str, dict[str, Group]] = {}
    for panel, member in sorted(found, key=lambda key: order.index(key) if key in order else len(order)):
        out.setdefault(panel, {})[member] = found[panel, member]
    return out


def _each(comparison: Comparison, kind: str) -> Iterator[tuple[str, str, Group, str]]:
    """Yield panel, group, its arrays and the heading of its figure."""
    for panel, groups in stored(comparison, kind).items():
        for name, group in groups.items():
            yield panel, name, group, f"{shortened(name, 28)} ({shortened(panel, 28)})"


def _rasters(comparison: Comparison) -> Iterator[Drawing]:
    activity = stored(comparison, "activity")
    for panel, name, group, heading in _each(comparison, "raster"):
        start, n_units = float(group.attrs["t0"]), int(group.attrs["n_units"])
        stop = start + float(group.attrs["duration"])
        times, units = (group.variables[key].values for key in ("timestamps", "unit_index"))
        signal = activity[panel][name].variables
        rate = signal["mean"].values
        figure = raster_figure(
            heading,
            times,
            units,
            n_units,
            (start, stop),
            signal["time"].values,
            rate,
            HUES[origin(comparison, panel, name)],
        )
        yield Drawing(
            f"raster/{panel}/{name}",
            heading,
            figure,
            f"Spikes of {n_units} units of the first replicate of {name}, over the mean rate of all units that "
            f"were measured. The rate axis has a scale of its own: here it reaches {rate.max():.3g} Hz.",
            f"Spike raster of {name}: {times.size} spikes of {n_units} units in {stop - start:.3g} s; the "
            f"population rate lies between {rate.min():.3g} and {rate.max():.3g} Hz.",
        )


def _activities(comparison: Comparison) -> Iterator[Drawing]:
    for panel, name, group, heading in _each(comparison, "activity"):
        clock = str(group.attrs["clock"])
        values, times = group.variables["values"].values, group.variables["time"].values
        label = next((v.values for k, v in group.variables.items() if k.startswith("time_label_")), None)
        by_class = clock == "sample" and label is not None
        order = class_order(label if by_class else None, len(values))
        what = str(group.variables["values"].attrs.get("long_name", "activity"))
        n_times, n_units = values.shape
        caption = (
            f"{what[:1].upper()}{what[1:]} of {n_units} units of the first replicate of {name}, z-scored for each "
            "unit; grey: a unit that does not vary. All maps share one scale."
        )
        if clock == "sample":
            caption += " Samples have no order" + ("; they are sorted by class here." if by_class else ".")
        yield Drawing(
            f"activity/{panel}/{name}",
            heading,
            activity_figure(heading, times, values[order], clock, by_class),
            caption,
            f"Activation map of {name}: {n_units} units by {n_times} "
            f"{'samples' if clock == 'sample' else 'points in time'}, z-scored for each unit.",
        )


def _orders(comparison: Comparison) -> Iterator[Drawing]:
    n_units = comparison.config.get("n_units")
    floor = math.sqrt(math.pi / (4 * n_units)) if isinstance(n_units, int) and n_units > 0 else None
    for panel, groups, kind in _alike(comparison, "order", lambda g: str(g.attrs["clock"])):
        series = {name: (g.variables["time"].values, g.variables["r"].values) for name, g in groups.items()}
        first = next(iter(groups.values()))
        clock = str(first.attrs["clock"])
        low, high = (float(edge) for edge in first.attrs["band"])
        means = ", ".join(f"{name} {r.mean():.2f}" for name, (_, r) in series.items())
        floored = f" Dotted: √(π/4N) = {floor:.2f}, what N = {n_units} independent phases give." if floor else ""
        yield Drawing(
            f"order/{panel}{kind}",
            panel,
            order_figure(panel, series, clock, floor, _paints(comparison, panel, list(series))),
            f"Order parameter of Hilbert phases in the band {low:.3g}–{high:.3g} {_frequency(clock)}, first "
            f"replicate of every group; mean over time: {means}.{floored}",
            f"Kuramoto r against time for {panel}. Mean over time: {means}.",
        )


def _alike(
    comparison: Comparison, kind: str, axis: Callable[[Group], str]
) -> Iterator[tuple[str, dict[str, Group], str]]:
    """Yield a panel, groups of it that can share an axis, and a suffix for the name of their figure."""
    for panel, groups in stored(comparison, kind).items():
        parts: dict[str, dict[str, Group]] = {}
        for name, group in groups.items():
            parts.setdefault(axis(group), {})[name] = group
        for at, part in enumerate(parts.values()):
            yield panel, part, f"/{at + 1}" if len(parts) > 1 else ""


def _correlations(comparison: Comparison) -> Iterator[Drawing]:
    for panel, name, group, heading in _each(comparison, "correlation"):
        matrix = group.variables["r"].values
        mean = off_diagonal_mean(matrix)
        found = "no two units vary" if mean is None else f"mean over pairs {number(round(mean, 3))}"
        yield Drawing(
            f"correlation/{panel}/{name}",
            heading,
            correlation_figure(heading, matrix),
            f"Pearson correlation between {len(matrix)} units of the first replicate of {name}, clustered by "
            f"1 − r (average linkage): {found}.",
            f"Correlation matrix of {len(matrix)} units of {name}: {found}.",
        )


def _spectra(comparison: Comparison) -> Iterator[Drawing]:
    bands = stored(comparison, "order")
    for panel, groups, kind in _alike(comparison, "spectrum", lambda g: str(g.variables["power"].attrs["units"])):
        spectra = {n: (g.variables["frequency"].values, g.variables["power"].values) for n, g in groups.items()}
        first = next(iter(groups.values()))
        tick = str(first.variables["frequency"].attrs["units"])
        shown = next(iter(groups))
        unit = _signal_unit(stored(comparison, "activity")[panel][shown])
        order = bands.get(panel, {}).get(shown)
        band = (float(order.attrs["band"][0]), float(order.attrs["band"][1])) if order else None
        peaks = ", ".join(f"{n} {f[1:][p[1:].argmax()]:.3g}" for n, (f, p) in spectra.items() if p[1:].any())
        yield Drawing(
            f"spectrum/{panel}{kind}",
            panel,
            spectrum_figure(panel, spectra, tick, power_unit(unit, tick), band, _paints(comparison, panel, [shown])[0]),
            f"Periodogram of the mean over units, first replicate of every group; strongest at {peaks or 'none'} "
            f"[{tick}]. Drawn down to a millionth of the maximum. Grey: the band in which phases are taken.",
            f"Power spectrum of the population mean of {panel}; strongest at {peaks or 'none'} [{tick}].",
        )


def _histories(comparison: Comparison) -> Iterator[Drawing]:
    groups = {n.partition("/")[2]: g for n, g in comparison.figures.items() if n.startswith("history/")}
    gaps: dict[str, tuple[Any, Any]] = {}
    singles: dict[str, dict[str, tuple[Any, Any]]] = {}
    clock = "epoch"
    losses: list[Drawing] = []  # after the accuracies, so that these stand side by side
    for name, group in groups.items():
        times, curves = group.variables["time"].values, group.variables["curves"].values
        metrics = [str(m) for m in group.variables["metric"].values]
        clock = str(group.attrs["clock"])
        pairs, rest = metric_pairs(metrics)
        for quantity, (at_train, at_test) in pairs.items():
            train, test = curves[..., at_train], curves[..., at_test]
            gap = float((train - test)[:, -1].mean())
            accuracy = "acc" in quantity.lower()
            if accuracy:
                gaps[name] = (times, train - test)
            drawing = Drawing(
                f"history/{name}/{quantity}",
                name,
                learning_figure(name, times, train, test, clock, quantity),
                f"{quantity[:1].upper()}{quantity[1:]} of {len(train)} replicates of {name} (thin) and their mean "
                f"(thick). Train − test at the end: {number(gap)} on average.",
                f"Learning curves of {name}: {quantity} ends at {train[:, -1].mean():.3f} on the training set and "
                f"{test[:, -1].mean():.3f} on the test set.",
            )
            if accuracy:
                yield drawing
            else:
                losses.append(drawing)
        for at in rest:
            if not (pairs and metrics[at].lower() in DERIVED):
                singles.setdefault(metrics[at], {})[name] = (times, curves[..., at])
    if gaps:
        ends = ", ".join(f"{name} {gap[:, -1].mean():.3f}" for name, (_, gap) in gaps.items())
        yield Drawing(
            "history/gap",
            "gap of all groups",
            groups_figure("gap of all groups", gaps, clock, "train − test accuracy", steps_of(NET, len(gaps))),
            f"Train − test accuracy, every replicate (thin) and the mean (thick). At the end: {ends}.",
            f"Gap between training and test accuracy. At the end: {ends}.",
        )
    yield from losses
    for metric, by_group in singles.items():
        caption = f"{metric} in training, every replicate (thin) and the mean (thick)."
        figure = groups_figure(metric, by_group, clock, metric, steps_of(NET, len(by_group)))
        yield Drawing(f"history/{metric}", metric, figure, caption, caption)


def _nulls(comparison: Comparison) -> Iterator[Drawing]:
    found: dict[str, dict[str, dict[str, list[ReplicateValue]]]] = {}
    for row in comparison.observations:
        found.setdefault(row.measure, {}).setdefault(row.panel, {}).setdefault(row.group, []).append(row)
    for measure, panels in found.items():
        panels = {panel: rows for panel, rows in panels.items() if drawable(rows)}
        spans = {panel: limits(drawable(rows)) for panel, rows in panels.items()}
        common = (min(s[0] for s in spans.values()), max(s[1] for s in spans.values())) if spans else (0.0, 1.0)
        fits = common[0] >= -1.2 and common[1] <= 1.2  # indices between −1 and 1 share an axis, rates do not
        for panel, rows in panels.items():
            label = measure_label(measure, measure_unit(comparison, measure, panel))
            yield Drawing(
                f"null/{measure}/{panel}",
                panel,
                null_figure(
                    panel,
                    drawable(rows),
                    label,
                    common if fits else spans[panel],
                    paints=[HUES[origin(comparison, panel, name)] for name in drawable(rows)],
                    opened={name for own, name in baselines(comparison) if own == panel},
                ),
                null_caption(measure, rows),
                f"{measure} of {panel}: " + "; ".join(_summary(name, rows[name]) for name in drawable(rows)),
            )


def _paints(comparison: Comparison, panel: str, groups: Sequence[str]) -> list[str]:
    """Return a colour a group: the hue of its source, light to dark where all groups have one source."""
    hues = [HUES[origin(comparison, panel, group)] for group in groups]
    return steps_of(hues[0], len(hues)) if len(set(hues)) == 1 and len(hues) > 1 else hues


def measure_label(measure: str, unit: str) -> str:
    """Return the label of an axis: the symbol of a measure with its unit.

    >>> measure_label("si_3", "1"), measure_label("mean_rate", "Hz")
    ('SI-3', 'ν [Hz]')
    """
    symbol = notation(measure).math if measure in NOTATION else words(measure, 30)
    return symbol if unit in ("", "1") else f"{symbol} [{words(unit, 24)}]"


def measure_unit(comparison: Comparison, measure: str, panel: str) -> str:
    """Return the unit of a measure on a panel: its own, or that of the data it reads."""
    known = stored_measure(measure)
    unit = known.unit if known else "1"
    group = next(iter(stored(comparison, "activity").get(panel, {}).values()), None)
    if unit == "data":
        return "1" if group is None else _signal_unit(group)
    if unit == "1/clock":
        return "per tick" if group is None else _frequency(str(group.attrs["clock"]))
    return unit


def _signal_unit(group: Group) -> str:
    return str(group.variables["values"].attrs.get("units", "1"))


def _frequency(clock: str) -> str:
    return "Hz" if clock == "second" else f"cycles/{clock}"


def null_caption(measure: str, rows: Mapping[str, Sequence[Any]], dot: str = "replicate") -> str:
    """Return the meaning of dots and bars, and the nulls or the reason why there is none."""
    kinds = dict.fromkeys(row.null_kind for members in rows.values() for row in members)
    if any(kinds):
        several = " The first kind of null decides." if len(kinds) > 1 else ""
        bands = {_band(row) for members in rows.values() for row in members} - {""}
        band = f" Band {bands.pop()}." if len(bands) == 1 else ""
        part = any(
            row.null_kind in ("linear_shift", "innovations", "train_shift") for rs in rows.values() for row in rs
        )
        ring = (
            " Ring, where it lies apart: the value that the bar stands beside, of the part that all shifts cover."
            * part
        )
        return f"Dot: one {dot}. Bar: middle 95 % of its surrogates, tick: their mean.{ring}{several}{band}"
    known = stored_measure(measure)
    return f"Dot: one {dot}. There is no null" + (f": {known.no_null}." if known and known.no_null else ".")


def _band(row: ReplicateValue) -> str:
    settings = json.loads(row.settings or "{}")
    if not settings.get("band"):
        return ""
    low, high = settings["band"]
    return f"{low:.3g}–{high:.3g} {_frequency(str(settings.get('axis', 'second')))}"


def _summary(group: str, rows: list[ReplicateValue]) -> str:
    values = np.array([row.value for row in rows if np.isfinite(row.value)])
    nulls = np.array([row.null_mean for row in rows if np.isfinite(row.null_mean)])
    beside = f", null mean {nulls.mean():.3g}" if nulls.size else ", no null"
    return f"{group} {values.min():.3g} to {values.max():.3g}{beside}"
