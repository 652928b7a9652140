"""``ictal evaluate``: accuracy, calibration and robustness of a trained network."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from ..analyses.measures.notation import short
from ..simulator.fields import Param
from ..simulator.options import Argument
from .heard import heard, joined
from .options import Device, Force, Hdf5, Line, check_hdf5, command
from .output import Output, assumptions, number
from .tables import on_lines, table

if TYPE_CHECKING:
    from ..models.trained.evaluated import Evaluated, Strange


@command
def evaluate(
    *,
    file: Annotated[Path, Param("Weights that `ictal train` wrote"), Argument("FILE.pt")],
    data: Annotated[str | None, Param("Data; those of the training, chosen as they were, if left out")] = None,
    n_train: Annotated[int | None, Param("Training images, of --data")] = None,
    n_test: Annotated[int | None, Param("Test images, of --data")] = None,
    label_noise: Annotated[float, Param("Fraction of labels made wrong, of --data")] = 0.0,
    image_size: Annotated[int | None, Param("Size of images from class folders, of --data")] = None,
    noise: Annotated[tuple[float, ...], Param("Also on test images with Gaussian noise of these SDs", ge=0)] = (),
    attack: Annotated[
        tuple[float, ...], Param("Also on attacked test images: sizes of PGD in L∞; others: ictal attack", ge=0)
    ] = (),
    corruptions: Annotated[bool, Param("Also on corrupted test images")] = False,
    ood: Annotated[bool, Param("Also on images that are not of these data")] = False,
    ood_data: Annotated[str | None, Param("Also on the test images of other data, for --ood")] = None,
    seed: Annotated[
        int | None,
        Param("Seed of noise, attacks, corruptions, --ood and --data; that of the training if left out", ge=0),
    ] = None,
    device: Device = "auto",
    threads: Annotated[int, Param("CPU threads")] = 1,
    output: Hdf5 = None,
    force: Force = False,
    line: Line,
    out: Output,
) -> None:
    """Evaluate a trained network on its data or others.

    Loss, accuracy, gap and calibration; noisy, attacked, corrupted and strange images on request.
    """
    from ..models.trained.evaluate import STRANGE, evaluate_file
    from ..models.training.settings import DataChoice
    from ..simulator import InputError

    if output is not None:
        check_hdf5(output, force)
    if data is None and (label_noise or any(value is not None for value in (n_train, n_test, image_size))):
        raise InputError("--n-train, --n-test, --label-noise and --image-size: are for --data NAME")
    chosen = None if data is None else DataChoice(data, n_train, n_test, None, label_noise, image_size)
    others = (f"other:{ood_data}",) if ood_data else ()
    with out.progress("evaluate") as report, heard() as words:
        found = evaluate_file(
            file, chosen, seed=seed, noise=noise, attacks=attack, corruptions=corruptions, device_name=device,
            strange=(*STRANGE, *others) if ood or others else (), threads=threads, command=line, progress=report,
        )  # fmt: skip
    said = {"assumptions": joined(found.assumptions, words)}
    out.found(found, lambda: _text(found), output, force, [*found.warnings, *assumptions(said)], file=str(file))


def _text(found: Evaluated) -> str:
    columns = ("set", "images", "loss (nat)", "accuracy", "confidence", "ECE", "by chance")
    rows = [
        (name, str(s.n), *map(number, (s.loss, s.accuracy, s.confidence, s.ece, s.floor)))
        for name, s in found.sets.items()
    ]
    text = f"{found.architecture} on {found.data.name}\n" + table(columns, rows)
    text += on_lines(f"gap {number(found.gap)}", found.sets["test"].calibration) + "\n"
    clean = found.sets["test"].accuracy
    if found.noise:
        rows = [(number(row.sd), number(row.accuracy), _interval(row.low, row.high)) for row in found.noise]
        text += table(("noise (SD)", "accuracy", "95 %"), [("0", number(clean), ""), *rows])
    if found.attacks:
        rows = [
            (row.attack, row.norm, number(row.epsilon), number(row.accuracy), _interval(row.low, row.high))
            for row in found.attacks
            if row.loss in ("", "worst") and not row.note
        ]
        text += table(("attack", "norm", "size", "accuracy", "95 %"), rows)
    if found.corruptions:
        rows = [
            (name, number(clean), *map(number, by_severity), number(sum(by_severity) / len(by_severity)))
            for name, by_severity in found.corruptions.items()
        ]
        text += table(("accuracy on", "clean", *"12345", "mean"), rows)
    if found.strange:
        from ..models.trained.evaluated import SCORES

        text += table(("strange images", "images", *SCORES), [_scores(*item, SCORES) for item in found.strange.items()],
                      "AUROC of test images against strange ones, 95 %")  # fmt: skip
    return text


def _scores(name: str, row: Strange, scores: Iterable[str]) -> tuple[str, ...]:
    """Return the cells of a set of strange images; a dash where a score was not computed."""
    found = row.by_score()
    texts = [f"{short(value, 3)} [{short(low)}, {short(high)}]" for value, low, high in found.values()]
    cells = dict(zip(found, texts, strict=True))
    return name, str(row.n), *(cells.get(score, "–") for score in scores)


def _interval(low: float, high: float) -> str:
    return f"[{number(low)}, {number(high)}]"
