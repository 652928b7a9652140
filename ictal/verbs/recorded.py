"""Systems that a file has recorded, and the commands that run a file again or go on from it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..models import SYSTEMS
from ..simulator import InputError, Run
from ..simulator.checks import check_seed
from ..simulator.engines import ENGINES
from ..simulator.files.document import versions
from ..simulator.files.identity import identity
from ..simulator.files.origins import STATE, holds_network, open_origin
from ..simulator.networks.paths import parameters_of
from ..simulator.options import as_text
from ..simulator.types import Progress
from .names import build, names_of
from .network_files import is_own
from .simulate import run_built

SAME_BITS = ("ictal", "numpy", "scipy", "numba")  # packages that decide the bits of a run


@dataclass(frozen=True)
class RecordedSystem:
    """A system without a network, as a file has recorded it: what runs it again.

    Attributes:
        where: name of the file.
        name: of the system.
        recorded: its parameters.
        source: provenance of the file.
    """

    where: str
    name: str
    recorded: Mapping[str, Any]
    source: Mapping[str, Any]

    @classmethod
    def of(cls, file: str | os.PathLike[str]) -> RecordedSystem | None:
        """Return the system of a file; None where the file holds a network.

        Raises:
            InputError: the file was edited, names no registered system, or one whose network should be there.
        """
        if holds_network(file):
            return None
        _, source = open_origin(file)
        name, where = str(source.get("system", "")), str(file)
        command = f": {line}" if (line := source.get("command")) else ""
        if name not in SYSTEMS:
            named = f"its system {name!r} is none of ictal's" if name else "names no system"
            raise InputError(
                f"{where}: holds no description of a network, and {named}; run again what made it{command}"
            )
        found = cls(where, name, dict(source.get("parameters", {})), source)
        if source.get("engine") in ENGINES:
            raise InputError(f"{where}: holds no description of a network, as files of older versions do not; run "
                             f"{name} again{command}")  # fmt: skip
        return found

    def built(self, values: Mapping[str, object]) -> Any:
        """Return the system, with other values of parameters.

        Raises:
            InputError: an unknown parameter, a value that cannot be, or a graph that was read from a file that is
                another one now.
        """
        check_graph(self.where, self.source, values)
        return build(self.name, {**self.recorded, **values})

    def run(
        self,
        values: Mapping[str, object],
        seed: int | None = None,
        command: str = "",
        progress: Progress | None = None,
    ) -> Run:
        """Run the system again: to the same bits, with nothing changed.

        Args:
            values: other values of parameters.
            seed: None is that of the file.
            command: recorded line.
            progress: called as progress(done, total, text).

        Raises:
            InputError: as `built`.
        """
        drawn = self.source.get("seed") if seed is None else seed
        if drawn is None:
            raise InputError(f"{self.where}: names no seed; say --seed N")
        check_seed(drawn)
        made = run_built(self.built(values), drawn, progress)
        return Run(made, {**made.source, **({"command": command} if command else {})}, made.origin)


def check_graph(where: str, source: Mapping[str, Any], values: Mapping[str, object]) -> None:
    """Check that the graph that a run read from a file is still there, unless another one is set.

    Raises:
        InputError: the file is another one now.
    """
    before: Mapping[str, str] = source.get("graph", {})
    if not before or "graph" in values or not Path(before["file"]).is_file():
        return  # that it is missing is said where it is read
    if (now := identity(before["file"])["sha256"]) != before["sha256"]:
        raise InputError(
            f"{where}: its graph {before['file']} is another file now (SHA-256 {now[:12]}… and was "
            f"{before['sha256'][:12]}…); put that file back, or say --set graph=FILE"
        )


def ways_on(file: str | os.PathLike[str], run: Run) -> dict[str, str]:
    """Return the commands that run a file again, change a parameter, and go on from its end, by what they do.

    Empty where the file does not hold what that takes.
    """
    line, origin, source = shlex.join(["ictal", "simulate", str(file)]), run.origin, run.source
    name, engine = str(source.get("system", "")), str(source.get("engine", ""))
    given: Any = source.get("parameters", {})
    if origin is None and (name not in SYSTEMS or engine in ENGINES):
        return {}
    if origin is not None and (is_own(name) or name not in SYSTEMS):
        given = {path: parameter.value for path, parameter in parameters_of(origin.network).items()}
    else:
        given = {key: given[key] for key in names_of(name) if key in given}  # in the order in which they are declared
    ways = {"again from this file": line}
    numbers = {key: value for key, value in given.items() if isinstance(value, int | float) and key != "duration"}
    for key in sorted(numbers, key=lambda one: not isinstance(numbers[one], float))[:1]:
        ways["with another parameter"] = f"{line} --set {shlex.quote(f'{key}={as_text(numbers[key])}')}"
    if origin is not None:
        why = (
            "its state is of another version"
            if STATE in origin.stored
            else f"it holds no state; its engine is {engine}"
        )
        on = f"{line} --continue {origin.settings['duration']:g}"
        ways["on from its end"] = on if origin.state else f"{why}; run it again, and go on from there"
    return ways


def other_versions(source: Mapping[str, Any]) -> list[str]:
    """Return a line on the versions with which a file was made, where others are installed: the bits may differ."""
    now, then = versions(), dict(source.get("versions", {}))
    other = [f"{name} {then[name]} (now {now[name]})" for name in SAME_BITS if then.get(name, now[name]) != now[name]]
    return [f"the file is of {', '.join(other)}: the bits may differ"] if other else []
