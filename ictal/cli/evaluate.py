"""``ictal evaluate``: loss, accuracy and calibration of a trained network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from ..simulator.fields import Param
from ..simulator.options import Argument
from .heard import heard, joined
from .options import Device, command
from .output import Output, assumptions, number
from .tables import table

if TYPE_CHECKING:
    from ..models.trained.evaluate import Evaluated


@command
def evaluate(
    *,
    file: Annotated[Path, Param("Weights that `ictal train` wrote"), Argument("FILE.pt")],
    data: Annotated[str | None, Param("Data; those of the training, chosen as they were, if left out")] = None,
    n_train: Annotated[int | None, Param("Training images, of --data")] = None,
    n_test: Annotated[int | None, Param("Test images, of --data")] = None,
    label_noise: Annotated[float, Param("Fraction of labels made wrong, of --data")] = 0.0,
    image_size: Annotated[int | None, Param("Size of images from class folders, of --data")] = None,
    corruptions: Annotated[bool, Param("Also on corrupted test images")] = False,
    ood: Annotated[bool, Param("Also on images that are not of these data")] = False,
    ood_data: Annotated[str | None, Param("Also on the test images of other data, for --ood")] = None,
    seed: Annotated[
        int | None, Param("Seed of corruptions, of --ood and of --data; that of the training if left out")
    ] = None,
    device: Device = "auto",
    threads: Annotated[int, Param("CPU threads")] = 1,
    out: Output,
) -> None:
    """Evaluate a trained network on its data or others.

    Loss, accuracy, gap and calibration; corrupted and strange images on request.
    """
    from ..models.trained.evaluate import STRANGE, evaluate_file
    from ..models.training.settings import DataChoice
    from ..simulator import InputError

    if data is None and (label_noise or any(value is not None for value in (n_train, n_test, image_size))):
        raise InputError("--n-train, --n-test, --label-noise and --image-size: are for --data NAME")
    chosen = None if data is None else DataChoice(data, n_train, n_test, None, label_noise, image_size)
    others = (f"other:{ood_data}",) if ood_data else ()
    with out.progress("evaluate") as report, heard() as words:
        found = evaluate_file(
            file, chosen, seed=seed, corruptions=corruptions, device_name=device,
            strange=(*STRANGE, *others) if ood or others else (), threads=threads, progress=report,
        )  # fmt: skip
    said = {"assumptions": joined(found.assumptions, words)}
    out.result({"file": str(file), **found.to_json(), **said}, lambda: _text(found))
    out.note(*assumptions(said))


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
