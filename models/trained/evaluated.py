"""Result of an evaluation: accuracy, calibration, robustness and detection of strange images of one network."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from ...simulator import InputError
from ...simulator.files.document import Group, Variable
from ...simulator.files.result import Result
from ...simulator.files.rows import from_group, to_group
from ...simulator.files.table import NamedParts
from ...simulator.kinds import Kind
from ..attacks.result import Attacked, AttackRow
from ..training.settings import DataChoice

if TYPE_CHECKING:  # torch takes seconds to import
    from ..training import Evaluation, ReliabilityBin

SCORES = {"max-softmax": "", "energy": "energy_", "mahalanobis": "mahalanobis_"}  # name -> beginning of its columns


@dataclass(frozen=True)
class Strange:
    """Response of a network to images that are not of its data.

    An AUROC is the chance that a test image has a larger score than a strange image (see `separation`), each with its
    95 % interval (see `auc_interval`); NaN where the score was not computed.

    Attributes:
        n: images.
        confidence: mean of the largest class probability.
        auroc, low, high: of the largest class probability (max-softmax).
        energy, energy_low, energy_high: AUROC of the energy, see `energy`.
        mahalanobis, mahalanobis_low, mahalanobis_high: AUROC of the distance to the nearest class, see `Mahalanobis`.
    """

    n: int
    confidence: float
    auroc: float
    low: float = math.nan
    high: float = math.nan
    energy: float = math.nan
    energy_low: float = math.nan
    energy_high: float = math.nan
    mahalanobis: float = math.nan
    mahalanobis_low: float = math.nan
    mahalanobis_high: float = math.nan

    def by_score(self) -> dict[str, tuple[float, float, float]]:
        """Return score -> AUROC and its interval, of the scores that were computed.

        >>> Strange(100, 0.6, 0.9, 0.85, 0.93).by_score()
        {'max-softmax': (0.9, 0.85, 0.93)}
        """
        found = {
            name: tuple(getattr(self, key) for key in (start.rstrip("_") or "auroc", f"{start}low", f"{start}high"))
            for name, start in SCORES.items()
        }
        return {name: values for name, values in found.items() if math.isfinite(values[0])}


@dataclass(frozen=True)
class NoiseAccuracy:
    """Accuracy on test images with Gaussian noise, see `noisy`.

    Attributes:
        sd: of the noise, of pixels in [0, 1].
        n: images.
        accuracy: share of them that are classified as labelled.
        low, high: its Wilson 95 % interval.
    """

    sd: float
    n: int
    accuracy: float
    low: float
    high: float


@dataclass(frozen=True, repr=False)
class Evaluated(NamedParts, Result):
    """Evaluation of a trained network.

    Attributes:
        architecture: in words.
        data: which data; of arrays the name "arrays".
        sets: "test" and, where there are such images, "train" and "val" -> see `Evaluation`.
        corruptions: name -> accuracy on test images corrupted at the severities 1..5.
        strange: name -> see `Strange`.
        assumptions: sentences on the data and on what was assumed.
        reliability: confidence and accuracy on the test images by bins of the confidence, see `ReliabilityBin`.
        noise: a row a strength, see `NoiseAccuracy`.
        attacks: rows of `Attacked`: test images under attack, and under random noise of the same size.
        warnings: a sentence for each check that casts doubt on the attacks.
        command: line that repeats it; empty if it was called from Python.
    """

    kind = "evaluation"

    architecture: str
    data: DataChoice
    seed: int
    sets: Mapping[str, Evaluation]
    corruptions: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    strange: Mapping[str, Strange] = field(default_factory=dict)
    assumptions: Sequence[str] = ()
    reliability: Sequence[ReliabilityBin] = ()
    noise: Sequence[NoiseAccuracy] = ()
    attacks: Sequence[AttackRow] = ()
    warnings: Sequence[str] = ()
    command: str = ""

    def named(self) -> Mapping[str, Evaluation]:
        """Return the evaluation on every set of images by its name."""
        return self.sets

    def to_pandas(self, table: str = "") -> Any:
        """Return "sets", "reliability", "noise", "attacks", "corruptions" or "strange" as a DataFrame, by default sets.

        Raises:
            InputError: no such table, or pandas is not installed.
        """
        return Kind.to_pandas(self, table)

    @property
    def gap(self) -> float:
        """Accuracy on the training set, whose labels may be noisy, minus that on the test set; NaN without it."""
        return self.sets["train"].accuracy - self.sets["test"].accuracy if "train" in self.sets else math.nan

    @property
    def attacked(self) -> Attacked:
        """The rows of attacks as `ictal.attack` returns them, e.g. ``evaluated.attacked.worst(0.03)``.

        Raises:
            InputError: the network was not attacked.
        """
        if not self.attacks:
            raise InputError("Evaluated: was made without attacks; give attacks=(0.03,)")
        about = {"model": self.architecture, "data": self.data.name, "bounds": (0.0, 1.0), "seed": self.seed}
        return Attacked(self.attacks, {**about, "warnings": list(self.warnings)})

    @property
    def config(self) -> dict[str, Any]:  # type: ignore[override]  # there is nothing else to keep
        """Return architecture, data, seed, assumptions, warnings and command."""
        listed = {"assumptions": list(self.assumptions), "warnings": list(self.warnings), "command": self.command}
        said = {key: value for key, value in listed.items() if value}
        return {"architecture": self.architecture, "data": asdict(self.data), "seed": self.seed, **said}

    def tables(self) -> dict[str, Any]:
        """Return all fields, and the gap."""
        return {**{item.name: getattr(self, item.name) for item in fields(self)}, "gap": self.gap}

    def to_groups(self) -> dict[str, Group]:
        """Return a table of the sets, and the other tables that have rows."""
        tables: dict[str, Mapping[str, Any]] = {"sets": self.sets, "strange": self.strange}
        columns = {key: {name: asdict(row) for name, row in rows.items()} for key, rows in tables.items()}
        columns["corruptions"] = {
            n: {f"severity {k}": v for k, v in enumerate(row, 1)} for n, row in self.corruptions.items()
        }
        found = {key: _table(rows) for key, rows in columns.items() if rows}
        listed: dict[str, Sequence[Any]] = {
            "reliability": self.reliability,
            "noise": self.noise,
            "attacks": self.attacks,
        }
        return found | {key: to_group(type(rows[0]), rows) for key, rows in listed.items() if rows}

    @classmethod
    def from_groups(cls, groups: Mapping[str, Group], config: dict[str, Any], **fields: Any) -> Evaluated:
        """Return the inverse of `to_groups`; tables and columns that came later may be missing."""
        from ..training import Evaluation, ReliabilityBin

        sets, strange, corrupted = (_rows(groups.get(key)) for key in ("sets", "strange", "corruptions"))
        kinds: dict[str, type[Any]] = {"reliability": ReliabilityBin, "noise": NoiseAccuracy, "attacks": AttackRow}
        listed: dict[str, list[Any]] = {
            key: from_group(kind, groups[key]) if key in groups else [] for key, kind in kinds.items()
        }
        return cls(
            config["architecture"],
            DataChoice(**config["data"]),
            config["seed"],
            {name: Evaluation(**row) for name, row in sets.items()},
            {name: tuple(row.values()) for name, row in corrupted.items()},
            {name: Strange(**row) for name, row in strange.items()},
            tuple(config.get("assumptions", ())),
            warnings=tuple(config.get("warnings", ())),
            command=config.get("command", ""),
            **listed,
        )


def _table(rows: Mapping[str, Mapping[str, float]]) -> Group:
    columns = {"name": list(rows), **{key: [row[key] for row in rows.values()] for key in next(iter(rows.values()))}}
    return Group({key: Variable(("row",), np.array(values)) for key, values in columns.items()})


def _rows(table: Group | None) -> dict[str, dict[str, Any]]:
    columns = {} if table is None else {key: variable.values.tolist() for key, variable in table.variables.items()}
    names = columns.pop("name", [])
    return {name: {key: values[at] for key, values in columns.items()} for at, name in enumerate(names)}
