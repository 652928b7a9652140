"""Figures of a Run with synchrony over training, and their captions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ...simulator import InputError, Recording, Run
from ..comparison.wording import number
from ..layers.layer_synchrony import CKA, LIVE, LayerValues, layer_similarity, layer_synchrony, measures_in, parts
from ..layers.transfer import layer_transfer
from ..measures import MEASURES, get
from ..measures.notation import notation
from .parts.collapse import collapse_words
from .parts.layers import NAMED, layers_figure
from .parts.style import Drawing
from .parts.training import FREE, WITHIN, Accuracies, depth_figure, shown_layers, synchrony_figure

SHOWN = ("si_3", "chi_c", "lambda1_fraction", "class_share", "within_class_si", LIVE)  # if one is there; else all
STEPS = 4  # of training, against depth
LEVEL = 0.05
_LONG = {LIVE: "share of units that vary"}
_SIDES = {"pre": "before", "post": "after"}


def training_drawings(run: Run) -> Iterator[Drawing]:
    """Draw the synchrony over training that a Run holds; nothing if it holds none."""
    sides = parts(run)
    stored = measures_in(run)
    shown = [name for name in SHOWN if name in stored] or stored
    for when in dict.fromkeys(when for when, _ in sides):
        sets = [of for side, of in sides if side == when]
        main = "test" if "test" in sets else sets[-1]
        others = [of for of in sets if of != main]
        for measure in shown:
            found = layer_synchrony(run, measure, when=when, of=main)
            values = found.values[np.isfinite(found.values)]
            if values.size == 0 or (measure == LIVE and values.min() == 1.0):  # nothing measured; nothing ever died
                continue
            yield _over_training(run, found)
            if len(found.layers) > 1:
                yield from _against_depth(
                    run, found, [layer_synchrony(run, measure, when=when, of=of) for of in others[:1]]
                )
        yield from _transfer(run, shown, when, main)
        yield from _similarity(run, when, main)


def _over_training(run: Run, found: LayerValues) -> Drawing:
    title = _title(found)
    accuracies = _accuracies(run, found)
    layers = shown_layers(len(found.layers))
    ends = "; ".join(
        f"{found.layers[k]} {number(round(_first(found.values[:, k]), 3))} to "
        f"{number(round(_first(found.values[::-1, k]), 3))}"
        for k in layers
        if np.isfinite(found.values[:, k]).any()
    )
    some = f" {layers.size} of {len(found.layers)} layers." if layers.size < len(found.layers) else ""
    about = f"{_where(found)}, {found.source['n_samples']} samples, {_units(found)} units a layer.{some}"
    return Drawing(
        f"synchrony/{found.measure}/{found.when}-{found.of}",
        title,
        synchrony_figure(title, found, _label(found), accuracies, _classes(run)),
        f"{_name(found)} {about}{_null_words(found)}{_collapse_words(run, found)}",
        f"{_name(found)} {_where(found)}, from the first record to the last: {ends}.",
    )


def _against_depth(run: Run, found: LayerValues, others: Sequence[LayerValues]) -> Iterator[Drawing]:
    records = found.measured
    if records.size == 0:
        return
    chosen = records[np.unique(np.linspace(0, records.size - 1, STEPS).round().astype(int))]
    last = int(chosen[-1])
    series = [(f"{found.clock} {found.times[at]:g}", found.values[at]) for at in chosen]
    dashed = [(f"{o.of}, {o.clock} {o.times[last]:g}", o.values[last]) for o in others if last < len(o.values)]
    dashed = [(label, values) for label, values in dashed if np.isfinite(values).all()]
    nulls = {
        kind: (null.low[last], null.high[last])
        for kind, null in found.nulls.items()
        if np.isfinite(null.low[last]).any()
    }
    title = f"{_title(found)}: depth"
    band = f" Grey{' and hatched' if WITHIN in nulls else ''}: middle 95 % of the surrogates of the last step." * bool(
        nulls
    )
    values = ", ".join(
        f"{name} {number(round(float(v), 3))}" for name, v in zip(found.layers, found.values[last], strict=True)
    )
    yield Drawing(
        f"depth/{found.measure}/{found.when}-{found.of}",
        title,
        depth_figure(title, found.layers, series, nulls, _label(found), dashed, found.measure, _classes(run)),
        f"{_name(found)} {_where(found)} against depth, at {len(series)} records of the training.{band}"
        f"{_collapse_words(run, found)}"
        f"{_numbered(found.layers)}",
        f"{_name(found)} {_where(found)} at {series[-1][0]}, by layer: {values}.",
    )


def _transfer(run: Run, shown: Sequence[str], when: str, of: str) -> Iterator[Drawing]:
    found = layer_synchrony(run, shown[0], when=when, of=of)
    records = found.measured
    if len(found.layers) < 2 or records.size < 2 or np.unique(np.diff(records)).size != 1:
        return
    try:
        passed = layer_transfer(found.values[records], layers=found.layers)
    except InputError:  # too few records, or a layer that stands still: no transfer is defined
        return
    n = len(found.layers)
    clear = passed.p_holm <= LEVEL
    pairs = "; ".join(
        f"{found.layers[a]} to {found.layers[b]} r = {number(round(float(passed.peak[a, b]), 2))} after "
        f"{passed.lag[a, b]} records"
        for a, b in np.argwhere(clear)[:6]
    )
    summary = f"Transfer beyond chance: {pairs}." if pairs else "No pair is beyond chance."
    title = f"{_title(found)}: transfer"
    yield Drawing(
        f"transfer/{found.measure}/{when}-{of}",
        title,
        layers_figure(
            title,
            np.where(np.eye(n, dtype=bool), np.nan, passed.peak),
            found.layers,
            f"lagged r, 1–{passed.lags[-1]} records",
            signed=True,
            marked=clear,
            axis_labels=("moves later", "moves first"),
        ),
        f"Largest correlation between what is new in {found.measure} of one layer and of another up to "
        f"{passed.lags[-1]} records later; {records.size} records. Dot: Holm-corrected p ≤ {LEVEL:g} against "
        f"{passed.n} phase-randomised surrogates. {summary} Moving first is not driving."
        f"{_numbered(found.layers)}",
        f"Transfer matrix of {found.measure} between {n} layers. {summary}",
    )


def _similarity(run: Run, when: str, of: str) -> Iterator[Drawing]:
    try:
        found = layer_similarity(run, when=when, of=of)
    except InputError:
        return
    n = len(found.layers)
    taken = np.flatnonzero(np.isfinite(found.matrices).sum(axis=(1, 2)) > n)
    if taken.size == 0:
        return
    last = int(taken[-1])
    matrix = found.matrices[last]
    apart = matrix[np.triu_indices(n, 1)]
    apart = apart[np.isfinite(apart)]
    title = f"CKA {_SIDES[when]} layers, {of}"
    yield Drawing(
        f"{CKA}/{when}-{of}",
        title,
        layers_figure(title, matrix, found.layers, "linear CKA (debiased)", signed=False),
        f"Debiased linear CKA between the activations of layers on the {of} set at {found.clock} "
        f"{found.times[last]:g}: {number(round(float(apart.min()), 2))} to {number(round(float(apart.max()), 2))} "
        f"between layers.{_numbered(found.layers)}",
        f"CKA matrix of {n} layers, between {apart.min():.2f} and {apart.max():.2f}.",
    )


def _accuracies(run: Run, found: LayerValues) -> Accuracies | None:
    history = run.get("history")
    if not isinstance(history, Recording) or "metric" not in history.unit_labels or history.values.ndim != 2:
        return None
    names = [str(metric) for metric in history.unit_labels["metric"]]
    if not {"train_accuracy", "test_accuracy"} <= set(names):
        return None
    if history.n_times == len(found.times):  # a history of epochs has the records of the recorder
        times = found.times
    elif history.clock == found.clock:
        times = history.times
    else:
        return None
    train, test = (history.numpy()[:, names.index(name)] for name in ("train_accuracy", "test_accuracy"))
    return Accuracies(times, train, test)


def _classes(run: Run) -> object:
    """Return the number of classes of the training data; None of a run that does not say."""
    return run.source.get("n_classes")


def _collapse_words(run: Run, found: LayerValues) -> str:
    return collapse_words(found.measure, _classes(run))


def _units(found: LayerValues) -> str:
    """Return the number of units that are measured, in words: fewer where too few vary."""
    counts = found.n_units[np.isfinite(found.n_units)]
    least, most = int(counts.min()), int(counts.max())
    return f"{most}" if least == most else f"{least} to {most}"


def _title(found: LayerValues) -> str:
    return f"{found.measure} {_SIDES.get(found.when, found.when)} layers, {found.of}"


def _name(found: LayerValues) -> str:
    return _LONG.get(found.measure, found.measure)


def _where(found: LayerValues) -> str:
    return f"{_SIDES.get(found.when, found.when)} each layer on the {found.of} set"


def _label(found: LayerValues) -> str:
    if found.measure in _LONG:
        return _LONG[found.measure]
    symbol = notation(found.measure).math
    return symbol if found.unit in ("", "1") else f"{symbol} [{found.unit}]"


def _null_words(found: LayerValues) -> str:
    drawn = [at for at in range(len(found.times)) if any(np.isfinite(n.low[at]).any() for n in found.nulls.values())]
    if not drawn:
        why = get(found.measure).no_null if found.measure in MEASURES else ""
        return f" No surrogates: {why}." if why else " No surrogates were drawn."
    steps = ", ".join(f"{found.times[at]:g}" for at in drawn[:6]) + (" …" if len(drawn) > 6 else "")
    kinds = []
    if FREE in found.nulls:
        kinds.append("grey: what permuted surrogates of all layers span (middle 95 %), interpolated in between")
    if WITHIN in found.nulls:
        kinds.append("diamonds: mean and span of surrogates within classes, layer by layer")
    return f" Surrogates at {found.clock} {steps}; {'; '.join(kinds)}."


def _numbered(layers: Sequence[str]) -> str:
    """Return the names behind the numbers at an axis of many layers."""
    listed = ", ".join(f"{at} {name}" for at, name in enumerate(layers, 1))
    return f" Layers: {listed}." if len(layers) > NAMED else ""


def _first(values: NDArray[np.float64]) -> float:
    return float(values[np.isfinite(values)][0])
