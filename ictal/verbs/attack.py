"""`attack`: accuracy of a network on images that were changed to mislead it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from ..models.attacks import ATTACKS
from ..models.attacks.result import Attacked
from ..simulator import InputError
from ..simulator.checks import check_seed
from ..simulator.fields import parameter_types
from ..simulator.files.document import versions
from ..simulator.files.identity import identity
from ..simulator.progress import shows_progress
from ..simulator.types import Shown
from .arguments import checked_arguments

CHOICE = 7  # of the seeds that draw from one seed: that of the choice of images


@shows_progress
@checked_arguments
def attack(
    model: Any,
    x: Any = None,
    y: Any = None,
    *,
    epsilon: Any = None,
    attack: Any = "pgd",
    norm: str | None = None,
    steps: int | None = None,
    step: float | None = None,
    restarts: int | None = None,
    losses: str | Sequence[str] | None = None,
    kappa: float | None = None,
    samples: int | None = None,
    other: Any = None,
    data: str | None = None,
    images: int | None = None,
    bounds: Any = (0.0, 1.0),
    checks: bool = True,
    seed: int = 0,
    device: str | None = None,
    threads: int | None = None,
    command: str = "",
    progress: Shown = None,
) -> Attacked:
    """Attack a network: accuracy on images that were changed by at most ε so that it errs.

    An image counts as robust if it is classified as labelled by itself and under every loss and restart. Beside each
    size stands random noise of the same size, and checks say where the gradients may be masked. The answer is an
    upper bound: another attack may fool more.

    Args:
        model: a torch module that returns logits (n, class), or FILE.pt of `ictal train`. It is attacked in evaluation
            mode and comes back as it was.
        x: images (n, ...) within the bounds, standardised inside of the model; of a file its test images if left out.
        y: labels (n,), integers from 0.
        epsilon: size, one or several, in the units of the images: 0.03 of images in 0..1 is 8/255.
        attack: a name of `ATTACKS`, or one of its objects.
        norm: "linf" (the largest change of a value) or "l2" (the root of the sum of squares).
        steps, step, restarts, losses, kappa, samples: of the attack, see `ictal explain pgd`; its defaults if left out.
        other: the model, or FILE.pt, on which attack="transfer" makes its images.
        data: of a file: other data, whose test images are attacked.
        images: attack a random choice of so many.
        bounds: lowest and highest value of an image; None without.
        checks: whether to look for masked gradients.
        seed: of random starts, noise and choices.
        device: of a file: "auto", "cpu", "cuda", "cuda:N" or "mps"; a module stays where it is.
        threads: CPU threads; as torch has them if left out.
        command: the command line, stored with the result.
        progress: called as progress(done, total, text); True shows it.

    Raises:
        InputError: a model, images, labels or settings that cannot be.

    >>> import torch
    >>> line = torch.nn.Linear(2, 2, bias=False)
    >>> _ = line.weight.data.copy_(torch.eye(2))
    >>> x = torch.tensor([[0.9, 0.1], [0.6, 0.5]])
    >>> attack(line, x, torch.tensor([0, 0]), epsilon=0.1, losses="margin").worst(0.1).accuracy
    0.5
    """
    import numpy as np

    from ..models.attacks.measure import attacked
    from ..models.probe.numbers import as_labels, as_tensor
    from ..models.training import cpu_threads

    check_seed(seed)
    if images is not None and images < 1:
        raise InputError(f"attack.images: must be at least 1; got {images}")
    given: dict[str, Any] = {
        "norm": norm,
        "steps": steps,
        "step": step,
        "restarts": restarts,
        "kappa": kappa,
        "samples": samples,
    }
    given["losses"] = (losses,) if isinstance(losses, str) else losses if losses is None else tuple(losses)
    wanted = _attacks(attack, epsilon, {k: v for k, v in given.items() if v is not None}, _module(other, device))
    config: dict[str, Any] = {"command": command, "versions": versions("torch")}
    assumptions: list[str] = []
    if isinstance(model, str | os.PathLike):
        model, x, y, about, assumptions = _of_file(model, x, y, data, device)
        config |= about
    elif data is not None or device is not None:
        name = "device" if data is None else "data"
        raise InputError(f"attack.{name}: is for FILE.pt; a module is attacked where it is, on the images x")
    if x is None or y is None:
        raise InputError("attack.x: a module needs images and labels: ictal.attack(model, x, y, epsilon=0.03)")
    x = as_tensor("attack.x", x)
    if images is not None and x.ndim and images < len(x):
        y = as_labels("attack.y", y, len(x))
        rng = np.random.default_rng([seed, CHOICE])
        chosen = sorted(rng.permutation(len(x))[:images].tolist())
        x, y = x[chosen], y[chosen]
    with nullcontext() if threads is None else cpu_threads(threads):
        found = attacked(model, x, y, wanted, seed=seed, bounds=bounds, checks=checks, config=config, progress=progress)
    return replace(found, config={**found.config, "assumptions": [*assumptions, *found.config["assumptions"]]})


def _attacks(attack: Any, epsilon: Any, given: dict[str, Any], source: Any) -> list[Any]:
    """Return the attack at each size.

    Raises:
        InputError: no size, an unknown attack, or settings that it does not have.
    """
    from ..models.attacks.arguments import check_attack

    sizes = _sizes(epsilon)
    if not isinstance(attack, str):
        attack = check_attack(attack)
        if given or source is not None:
            raise InputError(
                f"attack.{next(iter(given), 'other')}: give it in the attack itself, e.g. attack=PGD(0.03, steps=40), "
                'or the name of the attack: attack="pgd"'
            )
        return [attack] if sizes is None else [replace(attack, epsilon=size) for size in sizes]
    kind = ATTACKS.load(attack)
    if sizes is None:
        raise InputError("attack.epsilon: must be a size or several, e.g. epsilon=(0.01, 0.03); got none")
    fields_of = parameter_types(kind)
    for name in given:
        if name not in fields_of:
            has = ", ".join(name for name in fields_of if name not in ("epsilon", "source"))
            raise InputError(f"attack.{name}: {attack} has none; it has {has}")
    if "source" in fields_of:
        given = given | {"source": source}
    elif source is not None:
        raise InputError(f'attack.other: is the model of attack="transfer"; {attack} needs none')
    return [kind(epsilon=size, **given) for size in sizes]


def _sizes(epsilon: Any) -> list[Any] | None:
    if epsilon is None:
        return None
    try:
        if isinstance(epsilon, str | bytes):
            raise ValueError
        return [float(one) for one in epsilon]
    except TypeError:
        return [epsilon]
    except (ValueError, OverflowError):
        raise InputError(f"attack.epsilon: must be a number or several; got {epsilon!r}") from None


def _module(other: Any, device: str | None) -> Any:
    """Return the other model, opened if it is a file."""
    if not isinstance(other, str | os.PathLike):
        return other
    from ..models.training.build import device as place
    from ..models.training.build import open_model

    return open_model(other)[0].to(place(device or "auto"))


def _of_file(
    path: Any, x: Any, y: Any, data: str | None, device: str | None
) -> tuple[Any, Any, Any, dict[str, Any], list[str]]:
    """Return the network of a file, images, labels, what is kept of it, and what was assumed."""
    from ..models.trained.opened import network_and_data
    from ..models.training.build import device as place
    from ..models.training.build import open_model
    from ..models.training.checkpoint import architecture_in_words

    about: dict[str, Any]
    if x is None:
        if y is not None:
            raise InputError("attack.y: needs its images x; leave both out for the test images of the file")
        model, loaded, about = network_and_data(path, data)
        images, labels, name, notes = loaded.x_test, loaded.y_test, loaded.name, list(loaded.notes or ())
    else:
        if data is not None:
            raise InputError("attack.data: is in place of images x and labels y; leave one of them out")
        model, about = open_model(path)
        images, labels, name, notes = x, y, "given images", []
    kept = {"source": identity(path), "model": architecture_in_words(about["architecture"]), "data": name}
    return model.eval().to(place(device or "auto")), images, labels, kept, notes
