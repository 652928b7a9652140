"""Names to objects: all registries, and systems with parameters that are checked against fields."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..analyses.claims import CLAIMS
from ..analyses.measures import MEASURES
from ..models import SYSTEMS
from ..models.architectures import ARCHITECTURES
from ..models.attacks import ATTACKS
from ..models.datasets import DATA
from ..models.treatments import TREATMENTS
from ..simulator import InputError, unknown
from ..simulator.engines import ENGINES
from ..simulator.export import EXPORTS
from ..simulator.fields import assignments, check, parameter_types, parse
from ..simulator.files.readers import HDF5_SUFFIXES, READERS
from ..simulator.kinds import RESULTS
from ..simulator.registry import Registry
from .network_files import network_source

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
    "attacks": ATTACKS,
    "experiments": EXPERIMENTS,
    "claims": CLAIMS,
    "data": DATA,
    "readers": READERS,
    "exports": EXPORTS,
    "engines": ENGINES,
    "results": RESULTS,
}


def build(system: Any, parameters: Mapping[str, object]) -> Any:
    """Build the system with these parameters; the others have their defaults.

    Args:
        system: name in `SYSTEMS`, a `Network`, or the path of a network in JSON or Python.
        parameters: of a network of one's own by their paths, and its duration.

    Raises:
        InputError: no such system or parameter, a value of another type, or one that the system refuses.
    """
    if callable(system):
        name = getattr(system, "__name__", "it")
        raise InputError(f"system: must be a name, a Network or a file; got the function {name}; call it: {name}()")
    if (own := network_source(system)) is not None:
        return own.build(parameters)
    kind = _kind(system)
    hints = parameter_types(kind)
    checked = {}
    for key, value in parameters.items():
        if key not in hints:
            raise unknown(f"parameter of {system}", key, hints)
        checked[key] = check(f"{kind.__name__}.{key}", hints[key], value)
    try:
        return kind(**checked)
    except InputError as error:  # an object within the system names its own field: add the call
        if str(error).startswith(kind.__name__) or not checked:
            raise
        given = ", ".join(f"{key}={value!r}" for key, value in checked.items())
        raise InputError(f"{kind.__name__}({given}): {error}") from error


def parameter_of(system: Any, key: str) -> tuple[str, Any]:
    """Return the name in errors and the type of a parameter of a system.

    Raises:
        InputError: no such system or parameter.
    """
    if (own := network_source(system)) is not None:
        found = own.parameter(key)
        return found.what, found.hint
    kind = _kind(system)
    hints = parameter_types(kind)
    if key not in hints:
        raise unknown(f"parameter of {system}", key, hints)
    return f"{kind.__name__}.{key}", hints[key]


def names_of(system: Any) -> list[str]:
    """Return the names of the parameters of a system."""
    if (own := network_source(system)) is not None:
        return list(own.parameters())
    return list(parameter_types(_kind(system)))


def _kind(system: Any) -> Any:
    """Return the class of a registered system.

    Raises:
        InputError: no such system; a file of a run, which only some commands take.
    """
    if isinstance(system, str | os.PathLike) and Path(system).suffix.lower() in HDF5_SUFFIXES:
        raise InputError(
            f"{system}: is a file, which the commands simulate and analyse take; here give its system, or in "
            f"Python its network: ictal.load({os.fspath(system)!r}).network"
        )
    return SYSTEMS.load(system)


def has_duration(system: Any) -> bool:
    """Return whether the length of a run of a system is a parameter."""
    return network_source(system) is not None or "duration" in parameter_types(SYSTEMS.load(system))


def parse_each(
    option: str, system: Any, texts: Sequence[str], form: str, read: Callable[[str, str, Any, str], Any]
) -> dict[str, Any]:
    """Read the ``KEY=TEXT`` of an option as parameters of a system.

    Args:
        option: its name.
        system: as of `build`.
        texts: of the option.
        form: of a text, in words.
        read: called as read(key, name in errors, type, text).

    Raises:
        InputError: no such parameter, a text without "=", given twice, or not of its type.
    """
    keys = [text.partition("=")[0].strip() for text in texts if "=" in text]
    types = {key: parameter_of(system, key) for key in keys if key}
    given = assignments(option, texts, f"parameter of {system}", types, form)
    return {key: read(key, *types[key], text) for key, text in given.items()}


def parse_settings(system: Any, settings: Sequence[str]) -> dict[str, object]:
    """Read ``KEY=VALUE`` texts as parameters of a system, by the type of each field.

    Raises:
        InputError: no such parameter, a text without "=", given twice, or not a value of that type.
    """
    form = f"KEY=VALUE, e.g. --set {next(iter(names_of(system)))}=1"
    return parse_each("--set", system, settings, form, lambda key, what, hint, text: parse(what, hint, text))
