"""What `ictal reproduce` keeps: the courses of every training, and the rows of what is no training, in one file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...simulator import InputError
from ...simulator.files.document import DAMAGE, Document, about, first_line, read, write
from ...simulator.files.rows import from_group as rows_from
from ...simulator.files.rows import to_group as rows_to
from ..comparison.result import ReplicateValue
from .course import Course, from_group, to_groups

KIND = "evidence"


@dataclass(frozen=True, eq=False)
class Evidence:
    """What was run at one scale.

    Attributes:
        scale: ``"quick"``, ``"medium"``, ``"full"``, or ``"planted …"``.
        courses: the trainings.
        observations: of what is no training: a brain model beside networks, measures with their nulls.
        config: what is needed to run it again; versions; the claims that it was run for.
    """

    scale: str
    courses: Sequence[Course] = ()
    observations: Sequence[ReplicateValue] = ()
    config: Mapping[str, Any] = field(default_factory=dict)

    def settings(self) -> dict[str, list[Course]]:
        """Network and data -> its courses."""
        out: dict[str, list[Course]] = {}
        for course in self.courses:
            out.setdefault(course.setting, []).append(course)
        return out

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> Path:
        """Write it, float32, whole or not at all.

        Raises:
            InputError: the file exists (and not force), or cannot be written.
        """
        groups = to_groups(self.courses)
        if self.observations:
            groups["tables/observations"] = rows_to(ReplicateValue, self.observations)
        return write(Document({**about(KIND, self.config), "scale": self.scale}, groups), path, force=force)


def load_evidence(path: str | os.PathLike[str]) -> Evidence:
    """Read what `Evidence.save` wrote.

    Raises:
        InputError: missing, damaged, or another kind of file.
    """
    document = read(path, KIND)
    try:
        stored = [group for name, group in document.groups.items() if name.startswith("courses/")]
        courses = [course for group in stored for course in from_group(group)]
        table = document.groups.get("tables/observations")
        observations = rows_from(ReplicateValue, table) if table else []
        config = json.loads(str(document.attrs["config"]))
        return Evidence(str(document.attrs["scale"]), courses, observations, config)
    except DAMAGE as error:
        raise InputError(f"{path}: is no evidence that this ictal can read: {first_line(error)}") from error
