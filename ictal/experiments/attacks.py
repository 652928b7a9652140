"""Stage of `reproduce`: attacks on the networks that are trained, one file a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..analyses.claims import CLAIMS
from ..simulator.files.disk import make_folder
from ..simulator.files.document import config_of
from ..simulator.files.identity import identity
from ..simulator.types import Progress
from .scales import PlannedTraining, treatments_of
from .stages import Request, Stage

if TYPE_CHECKING:
    from ..analyses.evidence.outcomes import AttackedValue
    from ..models.datasets import Dataset

ATTACKS = "attacks"
STEPS, RESTARTS, LOSSES = 20, 2, ("cross-entropy", "margin")
MOST = 1000  # test images that are attacked: the first ones


def _run(request: Request, progress: Progress | None, stop: Callable[[], bool]) -> None:
    """Attack every network of the claims whose weights are there and were not attacked yet."""
    from ..analyses import Evidence
    from ..models.training import UnfinishedTrainingError

    items = _needed(request)
    data: dict[tuple[str, int], Dataset] = {}

    def report(at: int, words: str) -> None:
        if stop():
            raise UnfinishedTrainingError(at, len(items))
        if progress:
            progress(at, len(items), words)

    for at, item in enumerate(items):
        file, weights = _file(request.place, item), _weights(request.place, item)
        plain = _untreated(request, item)
        source = plain if plain and plain.stem != item.stem and _weights(request.place, plain).exists() else None
        if not weights.exists():
            continue
        report(at, f"{item.stem}: attack")
        settings = {
            "weights": identity(weights)["sha256"], "epsilons": list(item.epsilons), "steps": STEPS,
            "restarts": RESTARTS, "losses": list(LOSSES), "most": MOST, "source": source.stem if source else "",
        }  # fmt: skip
        there = config_of(file, "evidence")
        if there == settings or (source is None and {**there, "source": ""} == settings):  # the source is gone since
            continue
        key = (item.setting, item.seed)
        if key not in data:
            data = {key: item.job.data.load(item.seed)}  # all networks of a seed see the same test images
        rows = _attacked(request.place, item, source, data[key], lambda words, at=at: report(at, words))  # type: ignore[misc]
        make_folder(file.parent)
        Evidence(request.scale, config=settings, attacked=rows).save(file, force=True)


def _attacked(
    place: Path, item: PlannedTraining, source: PlannedTraining | None, data: Dataset, report: Callable[[str], None]
) -> list[AttackedValue]:
    """Return accuracy without an attack, under PGD, under noise, and on images made on the untreated network."""
    from ..analyses.evidence.outcomes import CLEAN, NOISE, TRANSFER, AttackedValue
    from ..models.attacks.gradient import PGD
    from ..models.attacks.measure import attacked
    from ..models.attacks.transfer import Transfer
    from ..models.training.build import device, open_model

    where = device(item.job.device)
    model = open_model(_weights(place, item))[0].to(where)
    x, y = data.x_test[:MOST].copy(), data.y_test[:MOST].copy()
    about = (item.model, item.data, item.condition, item.kind, item.seed)

    def progress(done: float, total: float, text: str) -> None:
        report(f"{item.stem}: attack {100 * done / max(total, 1):.0f} %")

    strength: dict[str, Any] = {"steps": STEPS, "restarts": RESTARTS, "losses": LOSSES}
    found = attacked(model, x, y, [PGD(size, **strength) for size in item.epsilons], seed=item.seed, progress=progress)
    rows = [AttackedValue(*about, CLEAN, "", 0.0, found.clean.accuracy, found.clean.n, 0.0)]
    for size in item.epsilons:
        worst, noise = found.worst(size), found.noise(size)
        rows.append(AttackedValue(*about, found.in_words, worst.norm, size, worst.accuracy, worst.n,
                                  worst.zero_gradients, " ".join(found.warnings)))  # fmt: skip
        rows.append(AttackedValue(*about, NOISE, noise.norm, size, noise.accuracy, noise.n, 0.0))
    if source is not None:
        other = open_model(_weights(place, source))[0].to(where)
        made = [Transfer(size, **strength, source=other) for size in item.epsilons]
        moved = attacked(model, x, y, made, seed=item.seed, checks=False, progress=progress)
        for size in item.epsilons:
            worst = moved.worst(size)
            rows.append(AttackedValue(*about, TRANSFER, worst.norm, size, worst.accuracy, worst.n, 0.0))
    return rows


def _needed(request: Request) -> list[PlannedTraining]:
    """Return the trainings of the claims that want attacks: treated networks, and the untreated ones of their way."""
    from ..analyses.evidence.tuning import treatment_of

    claims = [name for name in request.claims if ATTACKS in CLAIMS.load(name).stages]
    wanted = {(each.on, each.name) for each in treatments_of(claims, request.scale)}
    ways = {on for on, _ in wanted}
    treated = [item for item in request.planned if item.kind == "treated"]
    settings = {item.setting for item in treated}
    chosen = {item.stem for item in treated if treatment_of(item.condition)[:2] in wanted}
    chosen |= {item.stem for item in request.planned if item.setting in settings and item.condition in ways}
    return [item for item in request.planned if item.stem in chosen]


def _untreated(request: Request, item: PlannedTraining) -> PlannedTraining | None:
    """Return the untreated network of the same seed and way of overfitting."""
    from ..analyses.evidence.tuning import treatment_of

    on = treatment_of(item.condition)[0] if item.kind == "treated" else item.condition
    wanted = (item.setting, item.seed, on)
    return next((one for one in request.planned if (one.setting, one.seed, one.condition) == wanted), None)


def _weights(place: Path, item: PlannedTraining) -> Path:
    from .gather import training_file

    file = training_file(place, item)
    return file.with_suffix(".pt") if file.exists() else file.with_suffix(".missing")


def _file(place: Path, item: PlannedTraining) -> Path:
    return place / ATTACKS / f"{item.stem}.h5"


def _rows(place: Path, planned: Sequence[PlannedTraining]) -> Mapping[str, Sequence[Any]]:
    from ..analyses import Evidence

    files = [file for item in planned if (file := _file(place, item)).exists()]
    return {"attacked": [row for file in files for row in Evidence.load(file).attacked]}


def _files(place: Path) -> list[Path]:
    return list((place / ATTACKS).glob("*.h5"))


STAGE = Stage(_run, _rows, _files, by_seed=True)
