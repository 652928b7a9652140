"""Evaluation of the network of a file on known, on corrupted and on strange images."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...simulator import InputError
from ...simulator.files.document import Group, Variable
from ...simulator.files.result import Result
from ...simulator.files.table import NamedParts
from ...simulator.kinds import Kind
from ...simulator.progress import shows_progress
from ...simulator.types import Progress, Shown
from ..training.build import device, open_model
from ..training.settings import DataChoice

if TYPE_CHECKING:  # torch takes seconds to import
    import torch
    from torch import Tensor, nn

    from ..datasets import Dataset
    from ..training import Evaluation

STRANGE = ("permuted-pixels", "uniform-noise")  # need no other data
HELD_OUT = "held-out-classes"  # needs a network that never saw them


@dataclass(frozen=True)
class Strange:
    """Response of a network to images that are not of its data.

    Attributes:
        n: images.
        confidence: mean of the largest class probability.
        auroc: the chance that a test image has a larger one than a strange image; see `separation`.
    """

    n: int
    confidence: float
    auroc: float


@dataclass(frozen=True, repr=False)
class Evaluated(NamedParts, Result):
    """Evaluation of a trained network.

    Attributes:
        architecture: in words.
        data: which data.
        sets: "train", "test" and, where there are validation images, "val" -> see `Evaluation`.
        corruptions: name -> accuracy on test images corrupted at the severities 1..5.
        strange: name -> see `Strange`.
        assumptions: sentences on the data, see `Dataset.notes`.
    """

    kind = "evaluation"

    architecture: str
    data: DataChoice
    seed: int
    sets: Mapping[str, Evaluation]
    corruptions: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    strange: Mapping[str, Strange] = field(default_factory=dict)
    assumptions: Sequence[str] = ()

    def named(self) -> Mapping[str, Evaluation]:
        """Return the evaluation on every set of images by its name."""
        return self.sets

    def to_pandas(self, table: str = "") -> Any:
        """Return "sets", "corruptions" or "strange" as a DataFrame, by default the first.

        Raises:
            InputError: no such table, or pandas is not installed.
        """
        return Kind.to_pandas(self, table)

    @property
    def gap(self) -> float:
        """Accuracy on the training set, whose labels may be noisy, minus that on the test set."""
        return self.sets["train"].accuracy - self.sets["test"].accuracy

    @property
    def config(self) -> dict[str, Any]:  # type: ignore[override]  # there is nothing else to keep
        """Return architecture, data, seed and assumptions."""
        said = {"assumptions": list(self.assumptions)} if self.assumptions else {}
        return {"architecture": self.architecture, "data": asdict(self.data), "seed": self.seed, **said}

    def tables(self) -> dict[str, Any]:
        """Return all fields, and the gap."""
        return {**{item.name: getattr(self, item.name) for item in fields(self)}, "gap": self.gap}

    def to_groups(self) -> dict[str, Group]:
        """Return a table of the sets, and those of corruptions and strange images where there are any."""
        tables: dict[str, Mapping[str, Any]] = {"sets": self.sets, "strange": self.strange}
        columns = {key: {name: asdict(row) for name, row in rows.items()} for key, rows in tables.items()}
        columns["corruptions"] = {
            n: {f"severity {k}": v for k, v in enumerate(row, 1)} for n, row in self.corruptions.items()
        }
        return {key: _table(rows) for key, rows in columns.items() if rows}

    @classmethod
    def from_groups(cls, groups: Mapping[str, Group], config: dict[str, Any], **fields: Any) -> Evaluated:
        """Return the inverse of `to_groups`."""
        from ..training import Evaluation

        sets, strange, corrupted = (_rows(groups.get(key)) for key in ("sets", "strange", "corruptions"))
        return cls(
            config["architecture"],
            DataChoice(**config["data"]),
            config["seed"],
            {name: Evaluation(**row) for name, row in sets.items()},
            {name: tuple(row.values()) for name, row in corrupted.items()},
            {name: Strange(**row) for name, row in strange.items()},
            tuple(config.get("assumptions", ())),
        )


def _table(rows: Mapping[str, Mapping[str, float]]) -> Group:
    columns = {"name": list(rows), **{key: [row[key] for row in rows.values()] for key in next(iter(rows.values()))}}
    return Group({key: Variable(("row",), np.array(values)) for key, values in columns.items()})


def _rows(table: Group | None) -> dict[str, dict[str, Any]]:
    columns = {} if table is None else {key: variable.values.tolist() for key, variable in table.variables.items()}
    names = columns.pop("name", [])
    return {name: {key: values[at] for key, values in columns.items()} for at, name in enumerate(names)}


@shows_progress
def evaluate_file(
    path: str | os.PathLike[str],
    data: DataChoice | None = None,
    *,
    seed: int | None = None,
    corruptions: bool = False,
    strange: Sequence[str] = (),
    device_name: str = "auto",
    threads: int = 1,
    progress: Shown = None,
) -> Evaluated:
    """Evaluate the network of a file that ``ictal train`` wrote.

    Args:
        path: FILE.pt, or a checkpoint.
        data: which data; those of the training if left out, which are then chosen as they were.
        seed: of corruptions and strange images, and of split and choice of `data`, if given; that of the training if
            left out.
        corruptions: also on test images corrupted in every way at every severity.
        strange: also on the images from outside of these pairs: names of `OOD_PAIRS`, e.g. STRANGE, "other:NAME". With
            any, those of the classes that training held out are among them.
        device_name: see `Job.device`.
        threads: CPU threads.
        progress: called as progress(done, total, what); True shows it.

    Raises:
        InputError: a file that cannot be used, data of another shape or with other classes, or data of the training
            that are no longer what they were.
    """
    from ..training import assess, cpu_threads
    from ..training.checkpoint import architecture_in_words

    where = device(device_name)
    model, about = open_model(path)
    model = model.to(where)
    own, seed = seed_of_training(about), seed_of_training(about) if seed is None else seed
    if data is None:
        data = data_of_training(about, path)
        loaded = data.load(own)
        if loaded.sha256() != about.get("data_sha256", loaded.sha256()):
            raise InputError(
                f"{path}: was trained on other data than {data.name} holds now; its test images may have been among "
                f"the training images then; to evaluate on the data of now give --data {data.name}"
            )
    else:
        own, loaded = seed, data.load(seed)
    check_fits(loaded, about, path)
    if (corruptions or strange) and loaded.kind != "images":
        raise InputError(f"{loaded.name}: holds {loaded.kind}; corruptions and strange images are for images")
    sets = {name: (getattr(loaded, f"x_{name}"), getattr(loaded, f"y_{name}")) for name in ("train", "test", "val")}
    with cpu_threads(threads):
        known = {name: assess(model, _tensor(x, where), _tensor(y, where)) for name, (x, y) in sets.items() if len(x)}
        found = Evaluated(
            architecture_in_words(about["architecture"]), data, seed, known, assumptions=loaded.notes or ()
        )  # fmt: skip
        if corruptions:
            found = replace(found, corruptions=_corrupted(model, loaded, where, seed, progress))
        if strange:
            outside = data.pair(own).outside if data.hold_out else None
            found = replace(found, strange=_strange(model, loaded, where, seed, strange, outside))
    return found


def seed_of_training(about: Mapping[str, Any]) -> int:
    """Return the seed of the training, by which the data were chosen, too."""
    return int(about.get("job_seed", about.get("seed", 0)))


def data_of_training(about: Mapping[str, Any], path: str | os.PathLike[str]) -> DataChoice:
    """Return the data of the training from the header of a file.

    Raises:
        InputError: it does not name them.
    """
    try:
        return DataChoice(**about["data"])
    except (LookupError, TypeError) as error:
        raise InputError(f"{path}: does not name the data of its training; give --data NAME") from error


def check_fits(data: Dataset, about: Mapping[str, Any], path: str | os.PathLike[str]) -> None:
    """Check that data have the images and the classes of a network.

    Raises:
        InputError: they have others.
    """
    here, there = list(data.image_shape), list(about["shape"])
    if here != there:
        raise InputError(f"{data.name}: has images of shape {here}; the network of {path} takes {there}")
    if data.n_classes != about["n_classes"]:
        raise InputError(f"{data.name}: has {data.n_classes} classes; the network of {path} has {about['n_classes']}")


def _corrupted(
    model: nn.Module, data: Dataset, where: torch.device, seed: int, progress: Progress | None
) -> dict[str, tuple[float, ...]]:
    from ..datasets.corruptions import CORRUPTIONS, SEVERITIES, corrupted
    from ..training import evaluate

    y = _tensor(data.y_test, where)
    out: dict[str, tuple[float, ...]] = {}
    for done, name in enumerate(CORRUPTIONS):
        if progress:
            progress(done, len(CORRUPTIONS), name)
        out[name] = tuple(
            evaluate(model, _tensor(corrupted(data.x_test, name, severity, seed), where), y)[1]
            for severity in SEVERITIES
        )
    return out


def _strange(
    model: nn.Module,
    data: Dataset,
    where: torch.device,
    seed: int,
    pairs: Sequence[str],
    held_out: NDArray[np.float32] | None,
) -> dict[str, Strange]:
    from ..datasets.ood import out_of_distribution
    from ..training import probabilities, separation

    if held_out is None and HELD_OUT in pairs:
        raise InputError(f"evaluate: {HELD_OUT} needs a network that never saw them: train it with --hold-out")
    outside = {} if held_out is None else {HELD_OUT: held_out}
    outside |= {name: out_of_distribution(name, data, seed).outside for name in pairs if name != HELD_OUT}
    known = probabilities(model, _tensor(data.x_test, where)).max(1)
    out = {}
    for name, images in outside.items():
        score = probabilities(model, _tensor(images, where)).max(1)
        out[name] = Strange(len(score), float(score.mean()), separation(known, score))
    return out


def _tensor(values: NDArray[Any], where: torch.device) -> Tensor:
    import torch

    return torch.tensor(np.asarray(values)).to(where)
