"""Overview of a trained network: the activity of its layers over examples, and the correlations of their units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from ....simulator import InputError, Recording, Run
from ....simulator.types import Floats
from ...measures.notation import short
from ..parts.maps import Z_LIMIT, class_order, z_scored
from ..parts.matrices import clustered, correlations
from ..parts.palette import SIGNED
from ..parts.style import Drawing, as_rgba, words
from .frame import page, panel, printed
from .names import capitalised, data_name, network_name
from .panels import LETTERS, axes_at, below_heading, size_of

MOST_LAYERS, MOST_UNITS = 5, 100
ROW = 26.0  # mm


@printed
def layers_overview(run: Run) -> Drawing:
    """Draw the layers of a Run over examples: z-scores sorted by class, correlations sorted by clustering.

    Raises:
        InputError: the Run has no layer over examples with two units that vary.
    """
    layers = {
        name: entry
        for name, entry in run.items()
        if isinstance(entry, Recording) and entry.clock == "sample" and entry.values.ndim == 2
    }
    found = {name: one for name, entry in layers.items() if (one := _units(entry)).shape[1] >= 2}
    if not found:
        raise InputError("plot: holds no layer over examples with two units that vary")
    chosen = np.unique(np.linspace(0, len(found) - 1, min(len(found), MOST_LAYERS)).round().astype(int))
    names = [list(found)[k] for k in chosen]
    matrices = {name: correlations(found[name]) for name in found}
    means = {name: _mean_size(matrix) for name, matrix in matrices.items()}
    ends = list(means.values())
    text = f"mean |r| of pairs of units is {short(ends[0])} in the first layer and {short(ends[-1])} in the last"
    if len(ends) == 1:
        text = f"mean |r| of pairs of units is {short(ends[0])}"
    source: Mapping[str, Any] = run.source
    who, data = network_name(_provenance(source)), data_name(source)
    title = capitalised(f"{who}{f', on {data}' if data else ''}: {text}")
    examples = next(iter(layers.values())).n_times
    under = f"activations over {examples} examples, units that vary, at most {MOST_UNITS} of a layer; no surrogates"
    figure, top = page(title, under, 24 + len(names) * (ROW + 12))
    at = below_heading(figure, top)
    letters = iter(LETTERS)
    image = colours = None
    for row, name in enumerate(names):
        entry, values = layers[name], found[name]
        labels = next(iter(entry.time_labels.values()), None)
        order = class_order(labels, len(values))
        shown = _spaced(values.shape[1])
        matrix = matrices[name][np.ix_(shown, shown)]
        units = clustered(matrix)
        left, right = axes_at(figure, 16, at, 88, ROW), axes_at(figure, 132, at, ROW, ROW)
        z = z_scored(values[np.ix_(order, shown[units])])
        image = left.imshow(
            z.T, aspect="auto", origin="lower", interpolation="antialiased", cmap=as_rgba(SIGNED), vmin=-Z_LIMIT,
            vmax=Z_LIMIT, extent=(0.5, len(z) + 0.5, -0.5, z.shape[1] - 0.5), rasterized=True,
        )  # fmt: skip
        colours = right.imshow(
            matrix[np.ix_(units, units)], origin="lower", interpolation="nearest", cmap=as_rgba(SIGNED), vmin=-1,
            vmax=1, rasterized=True,
        )  # fmt: skip
        last = row == len(names) - 1
        left.set(ylabel="unit", xlabel=("example, by class" if labels is not None else "example") if last else "")
        right.set(xlabel="unit" if last else "")
        for axes in (left, right):
            axes.tick_params(labelbottom=last)
            axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
            axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        panel(left, next(letters), words(name, 40, 1), 26)
        panel(right, next(letters), f"mean |r| {short(means[name])}", 26)
        for axes, drawn, ticks in ((left, image, (-2, 0, 2)), (right, colours, (-1, 0, 1))):
            wide = size_of(axes)[0]
            inner = axes.inset_axes((1 + 5 / wide, 0, 5 / wide, 1))
            bar = figure.colorbar(drawn, cax=inner, ticks=list(ticks))
            bar.outline.set_visible(False)
            bar.ax.tick_params(length=0, pad=2)
            bar.ax.set_yticklabels([str(t).replace("-", "−") for t in ticks])
        at += ROW + 12
    some = f" {len(names)} of {len(found)} layers." if len(names) < len(found) else ""
    caption = (
        f"Left: activations, each unit in SD about its mean; examples by class. Right: correlations r of units over "
        f"examples. Units are sorted by clustering on 1 − r (average linkage, optimal order) on both sides.{some} "
        "Correlation over examples is shared tuning to the images, not timing."
    )
    alt = "; ".join(f"{name} {short(value)}" for name, value in means.items())
    return Drawing("overview", title, figure, caption, f"{title}. Mean |r| by layer: {alt}.")


def is_probed(run: Run) -> bool:
    """Return whether a Run holds layers over examples, and nothing else."""
    entries = list(run.values())
    return bool(entries) and all(
        isinstance(entry, Recording) and entry.clock == "sample" and entry.values.ndim == 2 and "probe" in entry.source
        for entry in entries
    )


def _units(entry: Recording) -> Floats:
    """Return the units that vary, (example, unit)."""
    values = entry.numpy().astype(np.float64)
    still: NDArray[np.bool_] = np.ma.getmaskarray(z_scored(values))[0]  # type: ignore[no-untyped-call]
    return np.asarray(values[:, ~still])


def _spaced(n: int) -> NDArray[np.intp]:
    return np.unique(np.linspace(0, n - 1, min(n, MOST_UNITS)).round().astype(np.intp))


def _mean_size(matrix: Floats) -> float:
    """Return the mean |r| over pairs of units."""
    n = len(matrix)
    return float((np.abs(matrix).sum() - n) / (n * (n - 1)))


def _provenance(source: Mapping[str, Any]) -> dict[str, Any]:
    """Return system and parameters, which a file of weights has under its architecture."""
    about = source.get("architecture")
    if isinstance(about, Mapping):
        return {"system": about.get("name"), "parameters": about.get("parameters", {})}
    return dict(source)
