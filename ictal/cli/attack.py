"""``ictal attack``: accuracy of a trained network on images that were changed to mislead it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from ..models.attacks.settings import KAPPA, STEP, Loss, Norm
from ..simulator.fields import Param
from ..simulator.options import Argument, Option
from .options import Device, Force, Hdf5, Line, check_hdf5, command
from .output import Output, assumptions
from .tables import on_lines, table

if TYPE_CHECKING:
    from ..models.attacks.result import Attacked, AttackRow


@command
def attack(
    *,
    file: Annotated[Path, Param("Weights that `ictal train` wrote"), Argument("FILE.pt")],
    epsilon: Annotated[
        tuple[float, ...],
        Param("Sizes ε, in the units of the images, as 0.03 or 8/255", ge=0),
        Option("A,B", "--eps", record="always"),
    ] = (),
    attack: Annotated[str, Param("Attack: a name of `ictal list attacks`")] = "pgd",
    norm: Annotated[Norm, Param("Norm of the change")] = "linf",
    steps: Annotated[int | None, Param("Steps; 20 if left out", ge=1)] = None,
    step: Annotated[float | None, Param(STEP, gt=0)] = None,
    restarts: Annotated[int | None, Param("Tries of each loss; 1 if left out", ge=1)] = None,
    losses: Annotated[
        tuple[Loss, ...], Param("Losses; cross-entropy and margin if left out"), Option("A,B", "--loss")
    ] = (),
    kappa: Annotated[float | None, Param(KAPPA, ge=0)] = None,
    transfer: Annotated[Path | None, Param("Make the images on this other network"), Option("OTHER.pt")] = None,
    data: Annotated[str | None, Param("Data; those of the training, chosen as they were, if left out")] = None,
    images: Annotated[int | None, Param("Attack a random choice of so many", ge=1)] = None,
    bounds: Annotated[
        tuple[float, float] | None, Param("Lowest and highest value of an image; 0 1 if left out")
    ] = None,
    no_bounds: Annotated[bool, Param("Values have no bounds, as those of sequences")] = False,
    no_checks: Annotated[bool, Param("Do not look for masked gradients")] = False,
    seed: Annotated[int, Param("Seed of random starts, noise and choices", ge=0)] = 0,
    device: Device = "auto",
    threads: Annotated[int, Param("CPU threads", ge=1)] = 1,
    output: Hdf5 = None,
    force: Force = False,
    line: Line,
    out: Output,
) -> None:
    """Attack a trained network: its accuracy on images changed by at most ε.

    The worst per image over losses and restarts, beside random noise of the same size; says where gradients are masked.
    """
    check_hdf5(output, force)

    from ..simulator import InputError
    from ..verbs.attack import attack as api

    if not epsilon:
        raise InputError("--eps: must be a size or several, e.g. --eps 0.03,0.06 or --eps 8/255")
    if no_bounds and bounds is not None:
        raise InputError("--no-bounds: says that values have none; leave it or --bounds out")
    if transfer is not None and attack not in ("pgd", "transfer"):
        raise InputError(f"--transfer: is an attack of its own; leave out --attack {attack}")
    with out.progress("attack") as report:
        found = api(
            file, epsilon=epsilon, attack=attack if transfer is None else "transfer", norm=norm, steps=steps, step=step,
            restarts=restarts, losses=losses or None, kappa=kappa, other=transfer, data=data, images=images,
            bounds=None if no_bounds else bounds or (0.0, 1.0), checks=not no_checks, seed=seed, device=device,
            threads=threads, command=line, progress=report,
        )  # fmt: skip
    out.found(found, lambda: _told(found), output, force, assumptions(found.config), file=str(file))


def _told(found: Attacked) -> str:
    """Return the accuracy by size, the checks and the warnings."""
    about = found.config
    head = f"{about['model']} on {about['data']}, {found.clean.n:,} images: {found.in_words}"
    sizes = [[one for one in found.rows if one.epsilon == epsilon and not one.note] for epsilon in found.epsilons]
    losses = list(dict.fromkeys(one.loss for one in found.rows if one.loss not in ("", "worst") and not one.note))
    losses = losses[:-1]  # what stands after the last is the worst
    columns = ("ε", *(f"after {loss}" for loss in losses), "worst", "95 %", "random noise")
    rows = [("0", *("–" for _ in losses), *_cells(found.clean), "–")]
    for epsilon, of_size in zip(found.epsilons, sizes, strict=True):
        by_loss = {one.loss: one for one in of_size if one.attack != "random-sign" or one.loss}
        noise = next((_share(one.accuracy) for one in of_size if one.attack == "random-sign"), "–")
        worst = _cells(found.worst(epsilon))
        rows.append((f"{epsilon:g}", *(_share(by_loss[loss].accuracy) for loss in losses), *worst, noise))
    checks = [one for one in found.rows if one.note]
    text = on_lines(head) + table(columns, rows, "accuracy under attack")
    if checks:
        cells = [
            (_name(one), f"{one.epsilon:g}", one.note.removeprefix("check on "), _share(one.accuracy)) for one in checks
        ]
        text += table(("check", "ε", "on", "left right"), cells)
    return text + on_lines(*(f"warning: {each}" for each in found.warnings))


def _name(one: AttackRow) -> str:
    return f"{one.attack.upper()}{f'-{one.steps}' if one.steps > 1 else ''}"


def _cells(one: AttackRow) -> tuple[str, str]:
    return _share(one.accuracy), f"{_share(one.low)} … {_share(one.high)}"


def _share(value: float) -> str:
    return f"{value:.4f}".removeprefix("0") if 0 < value < 1 else f"{value:.0f}"
