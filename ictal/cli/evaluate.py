"""``ictal evaluate``: what a trained network is worth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import Json, Quiet
from .output import Output, number, table

if TYPE_CHECKING:
    from ..models.trained.evaluate import Evaluated


def evaluate(
    file: Annotated[Path, typer.Argument(metavar="FILE.pt", help="Weights that `ictal train` wrote.")],
    data: Annotated[
        str | None, typer.Option(metavar="NAME", help="Those of the training, chosen as they were, if left out.")
    ] = None,
    n_train: Annotated[int | None, typer.Option(metavar="N", help="Training images, of --data.")] = None,
    n_test: Annotated[int | None, typer.Option(metavar="N", help="Test images, of --data.")] = None,
    label_noise: Annotated[float, typer.Option(metavar="P", help="Fraction of labels made wrong, of --data.")] = 0.0,
    image_size: Annotated[int | None, typer.Option(metavar="PIXELS", help="Of images from class folders.")] = None,
    corruptions: Annotated[
        bool, typer.Option("--corruptions", help="Also on corrupted test images.", show_default=False)
    ] = False,
    ood: Annotated[
        bool, typer.Option("--ood", help="Also on images that are not of these data.", show_default=False)
    ] = False,
    ood_data: Annotated[
        str | None, typer.Option("--ood-data", metavar="NAME", help="and on the test images of other data, for --ood.")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(metavar="K", help="Of corruptions, of --ood and of --data; that of the training if left out."),
    ] = None,
    device: Annotated[str, typer.Option(metavar="NAME", help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    threads: Annotated[int, typer.Option(metavar="N", help="CPU threads.")] = 1,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Evaluate a trained network on its data or others.

    Loss, accuracy, gap and calibration; corrupted and strange images on request.
    """
    from ..models.trained.evaluate import STRANGE, evaluate_file
    from ..models.training.settings import DataChoice
    from ..simulator import InputError

    given = (n_train, n_test, image_size, label_noise or None)
    if data is None and any(value is not None for value in given):
        raise InputError("--n-train, --n-test, --label-noise and --image-size: are for --data NAME")
    chosen = None if data is None else DataChoice(data, n_train, n_test, None, label_noise, image_size)
    strange = (*STRANGE, *([f"other:{ood_data}"] if ood_data else [])) if ood or ood_data else ()
    out = Output(json, quiet)
    with out.progress("evaluate") as report:
        found = evaluate_file(
            file,
            chosen,
            seed=seed,
            corruptions=corruptions,
            strange=strange,
            device_name=device,
            threads=threads,
            progress=report,
        )
    out.result({"file": str(file), **found.to_json()}, lambda: _text(found))


def _text(found: Evaluated) -> str:
    columns = ("set", "images", "loss (nat)", "accuracy", "confidence", "ECE")
    rows = [(name, str(s.n), *map(number, (s.loss, s.accuracy, s.confidence, s.ece))) for name, s in found.sets.items()]
    text = f"{found.architecture} on {found.data.name}\n" + table(columns, rows) + f"gap {number(found.gap)}\n\n"
    if found.corruptions:
        clean = found.sets["test"].accuracy
        rows = [
            (name, number(clean), *map(number, by_severity), number(sum(by_severity) / len(by_severity)))
            for name, by_severity in found.corruptions.items()
        ]
        text += table(("accuracy on", "clean", *"12345", "mean"), rows)
    if found.strange:
        rows = [(name, str(s.n), number(s.confidence), number(s.auroc)) for name, s in found.strange.items()]
        text += table(("strange images", "images", "confidence", "AUROC"), rows)
    return text
