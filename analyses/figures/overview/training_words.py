"""Words of the overview of a training: its title, the line below, its caption, all from the numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ....simulator import Run
from ....simulator.types import Floats
from ...layers.layer_synchrony import LayerValues
from ...measures.notation import notation, short
from ..parts.training import FREE, WITHIN
from .layered import Step
from .names import capitalised, data_name, network_name, wrong_labels
from .panels import plain_number

GROWS = 0.05  # of accuracy: a smaller change of the gap is not spoken of
NARROW = 0.1  # of a measure: the range within which it "stays"


@dataclass(frozen=True, eq=False)
class Curves:
    """Metrics of a training: name -> (record,), at `times` [ticks of the clock]."""

    times: Floats
    clock: str
    metrics: Mapping[str, Floats]

    @property
    def best(self) -> float | None:
        """Time of the lowest test loss; None without one."""
        losses = self.metrics.get("test_loss")
        return None if losses is None or not np.isfinite(losses).any() else float(self.times[np.nanargmin(losses)])

    @property
    def gap(self) -> Floats | None:
        """Return train − test accuracy, (record,); None where one is missing."""
        pair = [self.metrics.get(f"{side}_accuracy") for side in ("train", "test")]
        return None if pair[0] is None or pair[1] is None else pair[0] - pair[1]


def last_record(found: LayerValues) -> int:
    """Return the last record with surrogates, or the last one that was measured."""
    drawn = [np.isfinite(null.low).any(axis=1) for null in found.nulls.values()]
    marked = np.flatnonzero(np.any(drawn, axis=0)) if drawn else np.array([], dtype=int)
    records = np.flatnonzero(np.isfinite(found.values).any(axis=1))
    return int(marked[-1] if marked.size else records[-1])


def first_record(found: LayerValues) -> int:
    """Return the first record that was measured."""
    return int(np.flatnonzero(np.isfinite(found.values).any(axis=1))[0])


def title_of(run: Run, curves: Curves | None, found: LayerValues | None) -> str:
    """Return the finding: the gap at the end, and the course of the measure."""
    who, data, noise = network_name(run.source), data_name(run.source), wrong_labels(run.source)
    where = (f" on {data}" if data else "") + (f" with {percent(noise)} wrong labels" if noise else "")
    who += "," if where and "," in who else ""
    said = []
    if curves is not None and (gap := curves.gap) is not None:
        change = float(gap[-1] - gap[0])
        verb = "grows to" if change > GROWS else "falls to" if change < -GROWS else "ends at"
        said.append(f"the gap {verb} {short(float(gap[-1]))}")
    elif curves is not None:
        name, values = next(iter(curves.metrics.items()))
        said.append(f"{name.replace('_', ' ')} goes from {plain_number(float(values[0]))} to "
                    f"{plain_number(float(values[-1]))}")  # fmt: skip
    if found is not None:
        said.append(_course(found))
    return capitalised(f"{who}{where}: {', '.join(said)}")


def _course(found: LayerValues) -> str:
    """Return the course of the measure in words: its range if that is narrow, else that of the last layer."""
    symbol = notation(found.measure).symbol.replace("_", "")
    values = found.values[np.isfinite(found.values)]
    low, high = float(values.min()), float(values.max())
    if high - low <= NARROW:
        return f"{symbol} stays between {short(low)} and {short(high)}"
    last = found.values[np.isfinite(found.values[:, -1]), -1]
    if last.size:
        ends = [short(float(last[0])), short(float(last[-1]))]
        way = f"ends where it began, at {ends[0]}" if ends[0] == ends[1] else f"goes from {ends[0]} to {ends[1]}"
        return f"{symbol} of the last layer {way}"
    return f"{symbol} lies between {short(low)} and {short(high)}"


def under_of(run: Run, curves: Curves | None, found: LayerValues | None) -> str:
    """Return steps, seed, treatments, and what the synchrony was measured on."""
    source = run.source
    words = []
    times = curves.times if curves is not None else found.times if found is not None else np.array([])
    clock = curves.clock if curves is not None else found.clock if found is not None else "step"
    words.append(f"{times[-1]:g} {clock}s")
    if "seed" in source:
        words.append(f"seed {source['seed']}")
    if isinstance(treatments := source.get("treatments"), list | tuple) and treatments:
        words.append("treated: " + ", ".join(map(str, treatments)))
    text = ", ".join(words)
    if found is not None:
        side = "activations" if found.when == "post" else "pre-activations"
        text += f"; synchrony of {side} over {found.source.get('n_samples', '?')} {found.of} examples"
        counts = found.n_units[np.isfinite(found.n_units)]
        if counts.size:
            least, most = int(counts.min()), int(counts.max())
            text += f", {most if least == most else f'{least} to {most}'} units a layer"
    return text


def caption_of(found: LayerValues, steps: Sequence[Step], curves: Curves | None) -> str:
    """Return the meaning of marks, greys and lines, and the layers by number."""
    name = notation(found.measure)
    layers = ", ".join(f"{at} {layer}" for at, layer in enumerate(found.layers, 1))
    text = f"{name.symbol.replace('_', '')}, {name.words or found.measure}, of every layer on the {found.of} set."
    if curves is not None and curves.gap is not None:
        text += " Grey between the accuracies: the gap, train − test."
    if curves is not None and curves.best is not None:
        text += " Dashed: the record of the lowest test loss."
    last = last_record(found)
    text += f" Open: the first record; filled: {found.clock} {found.times[last]:g}."
    kinds = [kind for kind, null in found.nulls.items() if np.isfinite(null.low[last]).any()]
    if FREE in kinds:
        text += f" Grey bars: middle 95 % of {found.source.get('nulls', '')} surrogates, examples permuted unit by unit"
        text += ("; hatched: permuted within classes" if WITHIN in kinds else "") + "."
    elif not kinds:
        text += " No surrogates were drawn."
    if steps:
        places = ", ".join(f"layer {s.layer + 1} at {found.clock} {s.place:g} [{s.low:g}, {s.high:g}]" for s in steps)
        text += f" Steps beyond a straight line (Holm-corrected p ≤ .05 over the layers): {places}."
    return f"{text} Layers: {layers}. Synchrony over examples is correlation of their answers, not timing."


def alt_of(found: LayerValues) -> str:
    """Return the measure of every layer at both ends of the training."""
    first, last = found.values[first_record(found)], found.values[last_record(found)]
    ends = "; ".join(f"layer {k + 1} {short(float(a))} to {short(float(b))}"
                     for k, (a, b) in enumerate(zip(first, last, strict=True)))  # fmt: skip
    return f"From the first record to the last: {ends}."


def percent(share: float) -> str:
    """Return a share as a text."""
    return f"{100 * share:.3g} %"
