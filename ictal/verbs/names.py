"""Names to objects: all registries, and systems with parameters that are checked against fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..analyses.claims import CLAIMS
from ..analyses.measures import MEASURES
from ..models import SYSTEMS
from ..models.architectures import ARCHITECTURES
from ..models.datasets import DATA
from ..models.treatments import TREATMENTS
from ..simulator import InputError, unknown
from ..simulator.engines import ENGINES
from ..simulator.export import EXPORTS
from ..simulator.fields import assignments, check, parameter_types, parse
from ..simulator.files.readers import READERS
from ..simulator.kinds import RESULTS
from ..simulator.registry import Registry

EXPERIMENTS = Registry("experiment", "ictal.experiments", {
    "seizure_overfitting": (
        "seizure_overfitting:run",
        "a seizure against rest, and overfitted against healthy classifiers, under the same measures",
    ),
    "planted": ("planted:error_rates", "the pipeline on courses whose relation is known: how often its verdicts err"),
}, needs=("__call__",))  # fmt: skip
REGISTRIES = {  # in the order in which `explain` looks a name up
    "systems": SYSTEMS,
    "measures": MEASURES,
    "architectures": ARCHITECTURES,
    "treatments": TREATMENTS,
    "experiments": EXPERIMENTS,
    "claims": CLAIMS,
    "data": DATA,
    "readers": READERS,
    "exports": EXPORTS,
    "engines": ENGINES,
    "results": RESULTS,
}


def build(name: str, parameters: Mapping[str, object]) -> Any:
    """Build the system with these parameters; the others have their defaults.

    Raises:
        InputError: no such system or parameter, a value of another type, or one that the system refuses.
    """
    kind = SYSTEMS.load(name)
    hints = parameter_types(kind)
    checked = {}
    for key, value in parameters.items():
        if key not in hints:
            raise unknown(f"parameter of {name}", key, hints)
        checked[key] = check(f"{kind.__name__}.{key}", hints[key], value)
    try:
        return kind(**checked)
    except InputError as error:  # an object within the system names its own field: add the call
        if str(error).startswith(kind.__name__) or not checked:
            raise
        given = ", ".join(f"{key}={value!r}" for key, value in checked.items())
        raise InputError(f"{kind.__name__}({given}): {error}") from error


def parse_settings(name: str, settings: Sequence[str]) -> dict[str, object]:
    """Read ``KEY=VALUE`` texts as parameters of a system, by the type of each field.

    Raises:
        InputError: no such parameter, a text without "=", given twice, or not a value of that type.
    """
    kind = SYSTEMS.load(name)
    hints = parameter_types(kind)
    form = f"KEY=VALUE, e.g. --set {next(iter(hints))}=1"
    given = assignments("--set", settings, f"parameter of {name}", hints, form)
    return {key: parse(f"{kind.__name__}.{key}", hints[key], value) for key, value in given.items()}
