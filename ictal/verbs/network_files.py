"""Networks of one's own: a `Network`, a JSON description, or a Python file that makes one, as systems."""

from __future__ import annotations

import functools
import inspect
import os
import sys
import traceback
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from ..simulator import InputError, Network, read_network
from ..simulator.fields import Param, check, checked
from ..simulator.files.disk import check_readable
from ..simulator.networks.paths import Parameter, parameters_of, unknown_path

if TYPE_CHECKING:
    from ..models.own_network import OwnNetwork

NETWORK_SUFFIXES = JSON, PYTHON = (".json", ".py")
OBJECT = "Network"  # name of a `Network` that is given itself
DURATION = "duration"
_DURATION = Param("simulated time [s]", gt=0)


@dataclass(frozen=True)
class OwnParameter:
    """A parameter of a network of one's own: its type, words and bounds, default, and name in errors."""

    what: str
    hint: Any
    param: Param
    default: Any = inspect.Parameter.empty


@dataclass(frozen=True, eq=False)
class NetworkSource:
    """Description or maker of a network.

    Attributes:
        name: under which its runs are recorded.
        network: the network, without `make`.
        make: function of keyword parameters that returns a network.
        arguments: parameters of `make`.
        duration: default of the simulated time [s].
        words: description.
    """

    name: str
    network: Network | None = None
    make: Callable[..., Any] | None = None
    arguments: Mapping[str, OwnParameter] = field(default_factory=dict)
    duration: float | None = None
    words: str = ""

    def described(self, arguments: Mapping[str, Any]) -> Network:
        """Return the network, made with these arguments of the function.

        Raises:
            InputError: the function raises, or returns something else.
        """
        if self.network is not None or self.make is None:
            return self.network  # type: ignore[return-value]
        made = _in_one_line(Path(self.name), lambda: self.make(**arguments))  # type: ignore[misc]
        if not isinstance(made, Network):
            raise InputError(f"{self.name}: network() must return a Network; got {type(made).__name__}")
        return made

    def parameter(self, key: str) -> OwnParameter:
        """Return the parameter of this name: an argument of the function, the duration, or a path in the network.

        Raises:
            InputError: there is none; the nearest is named.
        """
        if key in self.arguments:
            return self.arguments[key]
        if key == DURATION:
            return OwnParameter(f"{self.name}: duration", float, _DURATION)
        known = self.paths()
        if key not in known:
            raise InputError(f"{self.name}: {unknown_path(key, known, (*self.arguments, DURATION))}")
        found = known[key]
        return OwnParameter(f"{self.name}: {key}", found.hint, found.param, found.value)

    def made(self) -> Network | None:
        """Return the network with the defaults of the function; None where one has no default."""
        if any(given.default is inspect.Parameter.empty for given in self.arguments.values()):
            return None
        return self.described({key: given.default for key, given in self.arguments.items()})

    def paths(self) -> dict[str, Parameter]:
        """Return the parameters of the network by path; none where the function needs arguments."""
        return {} if (network := self.made()) is None else parameters_of(network)

    def parameters(self) -> dict[str, OwnParameter]:
        """Return all parameters: arguments of the function, and those of the network by path."""
        paths = {
            key: OwnParameter(f"{self.name}: {key}", found.hint, found.param, found.value)
            for key, found in self.paths().items()
        }
        return {**self.arguments, **paths}

    def build(self, parameters: Mapping[str, object]) -> OwnNetwork:
        """Return the system with these parameters.

        Raises:
            InputError: an unknown parameter, a value of another type or out of its bounds, or no duration.
        """
        from ..models.own_network import OwnNetwork

        arguments = {key: given.default for key, given in self.arguments.items()}
        settings: dict[str, Any] = {}
        duration = arguments.get(DURATION, self.duration)
        for key, value in parameters.items():
            if key in self.arguments:
                given = self.arguments[key]
                arguments[key] = checked(given.what, given.hint, given.param, value)
            if key == DURATION:
                duration = value
            elif key not in self.arguments:
                settings[key] = value
        for key, value in arguments.items():
            if value is inspect.Parameter.empty:
                raise InputError(f"{self.name}: network() needs {key}; give it by --set {key}=VALUE, in Python {key}=")
        if duration is None:
            raise InputError(
                f"{self.name}: a network of one's own has no duration; give --duration SECONDS (of "
                "a sweep --set duration=SECONDS), in Python duration=SECONDS"
            )
        network = self.described(arguments)
        time = checked(f"{self.name}: duration", float, _DURATION, duration)
        recorded = {key: value for key, value in arguments.items() if key != DURATION}
        try:
            system = OwnNetwork(network, time, self.name, recorded)
            return system.changed(settings) if settings else system
        except InputError as error:
            raise InputError(f"{self.name}: {error}") from error


def network_source(system: Any) -> NetworkSource | None:
    """Return the source of a `Network`, or of a path that ends in .json or .py; None of anything else.

    A Python file is run: that is what naming it asks for.

    Raises:
        InputError: the file is missing, cannot be read, or makes no network.
    """
    if isinstance(system, Network):
        return NetworkSource(OBJECT, system)
    if not isinstance(system, str | os.PathLike):
        return None
    path = Path(system)
    if path.suffix not in NETWORK_SUFFIXES:
        return None
    check_readable(path, "a network in JSON or Python")
    return _of_file(path, path.resolve(), path.stat().st_mtime_ns)


def is_own(name: str) -> bool:
    """Return whether runs of a network of one's own are recorded under this name."""
    return name == OBJECT or Path(name).suffix in NETWORK_SUFFIXES


def label(system: Any) -> str:
    """Return the name of a system for files: that of a path without folder and suffix."""
    if isinstance(system, Network):
        return "network"
    path = Path(system)
    return path.stem if path.suffix in NETWORK_SUFFIXES else str(system)


@functools.lru_cache(maxsize=16)
def _of_file(given: Path, path: Path, changed: int) -> NetworkSource:
    """Read a file once in each of its versions."""
    if path.suffix == JSON:
        return NetworkSource(path.name, read_network(given))
    return _of_python(path, f"ictal_network_{path.stem}_{changed}")


def _of_python(path: Path, name: str) -> NetworkSource:
    """Run a Python file and take the network from it."""
    module = types.ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module  # dataclasses look there for their annotations
    sys.path.insert(0, str(path.parent))
    try:
        _in_one_line(path, lambda: exec(compile(path.read_bytes(), path, "exec"), module.__dict__))
    finally:
        sys.path.remove(str(path.parent))
    found = vars(module).get("network")
    words, duration = inspect.getdoc(module) or "", vars(module).get(DURATION)
    if isinstance(found, Network):
        return NetworkSource(path.name, found, duration=duration, words=words)
    if not inspect.isfunction(found):
        got = "nothing of this name" if found is None else type(found).__name__
        raise InputError(f"{path.name}: must define network, a Network or a function that returns one; got {got}")
    words = inspect.getdoc(found) or words
    return NetworkSource(path.name, None, found, _arguments(path, found), duration, words)


def _arguments(path: Path, function: types.FunctionType) -> dict[str, OwnParameter]:
    hints = _in_one_line(path, lambda: get_type_hints(function))
    found = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise InputError(f"{path.name}: network() must have keyword parameters alone; got {parameter}")
        default = parameter.default
        hint = hints.get(name, type(default))
        if name not in hints and not isinstance(default, bool | int | float | str):
            raise InputError(
                f"{path.name}: network({name}): needs an annotation or a default, e.g. {name}: float = 1.0"
            )
        if default is not parameter.empty:
            default = check(f"{path.name}: network({name})", hint, default)
        found[name] = OwnParameter(f"{path.name}: network({name})", hint, Param(""), default)
    return found


def _in_one_line(path: Path, work: Callable[[], Any]) -> Any:
    """Do work of the user's file; any error of it is one line with the place in the file."""
    try:
        return work()
    except SyntaxError as error:
        raise InputError(f"{path.name}: line {error.lineno}: {error.msg}") from error
    except (Exception, SystemExit) as error:
        lines = [
            frame.lineno
            for frame in traceback.extract_tb(error.__traceback__)
            if Path(frame.filename).name == path.name
        ]
        place = f"line {lines[-1]}: " if lines else ""
        kind = "" if isinstance(error, InputError) else f"{type(error).__name__}: "
        raise InputError(f"{path.name}: {place}{kind}{error}".rstrip(": ")) from error
