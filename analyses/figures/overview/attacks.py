"""Overview of an attack: accuracy over its size, beside random noise of the same size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from ...measures.notation import short
from ..attacks import curves
from ..parts.palette import NET, SOFT, WARN, steps_of
from ..parts.style import Drawing, words
from .frame import beside, page, panel, printed
from .panels import LETTERS, axes_at, below_heading, labels_beside, plain_number, row_grid, short_ticks

NORMS = {"linf": "L∞", "l2": "L2"}
NOISE, WORST, CLEAN = "random-sign", "worst", "none"


@printed
def attacked_overview(found: Any) -> Drawing:
    """Draw accuracy over ε by loss, the worst thick, random noise of the same size in grey, and the checks."""
    checks = [one for one in found.rows if one.note]
    title, under = finding(found), subtitle(found)
    warned = [words(f"✕ {text}", 150, 3) for text in found.warnings]
    height = 74 + sum(map(_tall, warned))
    figure, top = page(title, under, height)
    at = below_heading(figure, top)
    axes = axes_at(figure, 16, at, 72, 34)
    accuracy_over_size(axes, found)
    panel(axes, LETTERS[0], "Accuracy over the size of the change", 30)
    if checks:
        right = axes_at(figure, 130, at, 36, min(34.0, 8.0 * len(checks)))
        _checks(right, checks)
        panel(right, LETTERS[1], "Checks: images that each leaves right", 58)
    place = at + 45
    tall = figure.get_figheight() * 25.4
    for text in warned:
        figure.text(0.012, 1 - place / tall, text, size=7, color=WARN, va="top")
        place += _tall(text)
    drawn = ["Thick: the worst per image over losses and restarts, with Wilson's 95 % interval over images."]
    if any(one.attack == NOISE and one.loss != WORST for one in found.rows):
        drawn.append("Grey: random noise of the same size.")
    drawn.append("Misclassified images count as not robust. Another attack may fool more: the curve is an upper bound.")
    alt = f"{title}. {' '.join(found.warnings)}".strip()
    return Drawing("overview", title, figure, " ".join(drawn), alt)


def finding(found: Any) -> str:
    """Return the finding as a sentence, from the accuracy at the largest size."""
    size = found.epsilons[-1]
    worst = found.worst(size)
    norm = NORMS.get(worst.norm, worst.norm)
    clean, under = short(found.clean.accuracy), short(worst.accuracy)
    change = f"falls from {clean} to {under}" if clean != under else f"stays at {clean}"
    text = f"Accuracy {change} under {found.in_words}"
    text = text.replace(f" in {norm}", f" of size {plain_number(size, 3)} in {norm}", 1)
    noise = [one for one in found.rows if one.attack == NOISE and one.epsilon == size and one.loss != WORST]
    if noise:
        text += f"; random noise of that size leaves {short(noise[0].accuracy)}"
    return f"Gradients are masked: {text[0].lower()}{text[1:]}" if any("masked" in w for w in found.warnings) else text


def _tall(text: str) -> float:
    """Return the height of a warning [mm]."""
    return 3.2 * (1 + text.count("\n")) + 1.5


def subtitle(found: Any) -> str:
    """Return network, data, number of images, bounds and seed."""
    about = found.config
    bounds = about.get("bounds")
    within = "no bounds" if bounds is None else "values in {:g}–{:g}".format(*bounds)
    on = f" on {about['data']}" if about.get("data") else ""
    return f"{about['model']}{on}; {found.clean.n:,} images, {within}; seed {about['seed']}"


def accuracy_over_size(axes: Axes, found: Any) -> None:
    """Draw accuracy over ε: losses thin, the worst thick with its interval, noise grey; ε = 0 is without an attack."""
    lines = curves(found)
    losses = [name for name in lines if name not in (WORST, "random noise")][
        :-1
    ]  # what stands after the last is the worst
    labels: list[tuple[str, float, Any]] = []

    def draw(name: str, label: str, colour: Any, **style: Any) -> None:
        axes.plot(*lines[name], color=colour, **style)
        labels.append((label, float(lines[name][1][-1]), colour))

    if "random noise" in lines:
        draw("random noise", "random noise", SOFT, marker="o", ms=3)
    for shade, loss in zip(steps_of(NET, len(losses) + 2), losses, strict=False):
        draw(loss, f"after {loss}", shade, lw=0.9)
    worst = [found.clean, *(found.worst(size) for size in found.epsilons if size)]
    sizes = [one.epsilon for one in worst]
    axes.fill_between(sizes, [one.low for one in worst], [one.high for one in worst], color=NET, alpha=0.15, lw=0)
    if WORST in lines:
        draw(WORST, f"worst {short(worst[-1].accuracy)}", NET, lw=2.0, marker="o", ms=4)
    norm = NORMS.get(found.worst(found.epsilons[0]).norm, "")
    axes.set(ylim=(-0.02, 1.02), xlabel=f"size ε of the change ({norm})", ylabel="accuracy")
    axes.margins(x=0.02)
    labels_beside(axes, labels)
    short_ticks(axes)


def _checks(axes: Axes, checks: Sequence[Any]) -> None:
    row_grid(axes)
    for row, one in enumerate(checks):
        ideal = 0.0 if "any change" in one.note else 1.0
        axes.plot(ideal, -row, "|", color=SOFT, ms=9, mew=1.4)
        axes.plot([one.low, one.high], [-row, -row], color=NET, lw=1.1)
        axes.plot(one.accuracy, -row, "o", color=NET, ms=4.5)
        beside(axes, f"{round(one.accuracy * one.n)} of {one.n}", -row, NET)
    axes.set(xlim=(-0.03, 1.03), ylim=(0.6 - len(checks), 0.6))
    names = [
        f"{one.attack.upper()}{f'-{one.steps}' if one.steps > 1 else ''}, ε = {plain_number(one.epsilon, 3)}"
        for one in checks
    ]
    axes.set_yticks([-row for row in range(len(checks))], names)
    short_ticks(axes, "x")
    axes.set_xlabel("share; bar: where no gradient is masked", fontsize=6.5)
