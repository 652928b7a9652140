"""Points of a sweep: the product of a grid, a name for every point, and the unit of work that runs anywhere."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass
from typing import TYPE_CHECKING, Any

from ..simulator.errors import InputError

if TYPE_CHECKING:
    from ..simulator import Network

MOST_POINTS = 100_000
LONGEST_NAME = 120  # characters; file systems end at 255 bytes


@dataclass(frozen=True)
class Point:
    """One run of a sweep.

    Attributes:
        name: of its file, without ".h5".
        parameters: its values of the grid.
        seed: of everything random in it.
    """

    name: str
    parameters: Mapping[str, Any] = field(hash=False)
    seed: int


@dataclass(frozen=True)
class Grid:
    """Every combination of the values of parameters with every seed.

    Attributes:
        system: name of the system, as it is recorded.
        settings: parameters that all points share.
        grid: parameter -> its values; the last one varies fastest.
        seeds: whole numbers >= 0.
        source: the system, as of `sweep`; None of a grid that was only read.
    """

    system: str
    settings: Mapping[str, Any]
    grid: Mapping[str, Sequence[Any]]
    seeds: Sequence[int]
    source: Any = None

    @classmethod
    def checked(
        cls, system: Any, grid: Mapping[str, Sequence[object]], seeds: int | Sequence[int], settings: Mapping[str, Any]
    ) -> Grid:
        """Return a grid whose values have the types of the system's parameters.

        Raises:
            InputError: an unknown name, a value of another type, nothing to do, or too much.
        """
        from ..simulator.fields import check
        from ..verbs.names import parameter_of
        from ..verbs.network_files import network_source

        own = network_source(system)
        name = str(system) if own is None else own.name
        if not grid:
            raise InputError(f"sweep: the grid is empty; name a parameter of {name} and its values")
        types = {key: parameter_of(system, key) for key in (*settings, *grid)}
        if both := [key for key in grid if key in settings]:
            raise InputError(f"sweep: {both[0]} is set and swept; give one of them")

        def read(key: str, value: object) -> Any:
            what, hint = types[key]
            found = check(what, hint, value)
            for item in found if isinstance(found, tuple) else (found,):
                if isinstance(item, float) and not math.isfinite(item):
                    raise InputError(f"{what}: must be finite; got {item}")
                if not isinstance(item, str | int | float | None):
                    got = type(item).__name__
                    if is_dataclass(item):
                        got += f"; set it in the network and sweep a number of it, such as {key}.sd"
                    raise InputError(f"{what}: a swept value must be a number or text; got {got}")
            return found

        values: dict[str, tuple[Any, ...]] = {}
        for key, given in grid.items():
            if isinstance(given, str | bytes) or not hasattr(given, "__iter__"):
                raise InputError(f"sweep.grid: {key}: must be a sequence of values; got {given!r}")
            values[key] = tuple(read(key, value) for value in given)
            if not values[key]:
                raise InputError(f"sweep.grid: {key}: has no values")
            if twice := [v for i, v in enumerate(values[key]) if v in values[key][:i]]:
                raise InputError(f"sweep.grid: {key}: {twice[0]!r} is given twice")
        shared = {key: read(key, value) for key, value in settings.items()}
        found = cls(name, shared, values, _seeds(seeds), system)
        if (n := math.prod(map(len, values.values())) * len(found.seeds)) > MOST_POINTS:
            raise InputError(f"sweep: has {n} points; want at most {MOST_POINTS}")
        return found

    @classmethod
    def read(cls, manifest: Mapping[str, Any]) -> Grid:
        """Return the grid of a manifest: checked, or as it is where the network of one's own may be elsewhere.

        Raises:
            InputError: as of `checked`.
        """
        from ..verbs.network_files import is_own

        given = [manifest[name] for name in ("system", "grid", "seeds", "settings")]
        if not is_own(given[0]):
            return cls.checked(*given)

        def value(item: Any) -> Any:
            return tuple(item) if isinstance(item, list) else item

        values = {str(key): tuple(map(value, items)) for key, items in given[1].items()}
        return cls(given[0], {key: value(item) for key, item in given[3].items()}, values, _seeds(given[2]))

    def described(self) -> dict[str, Any]:
        """Return the name of the system, settings, grid and seeds."""
        return {name: getattr(self, name) for name in ("system", "settings", "grid", "seeds")}

    def points(self) -> list[Point]:
        """Return every point, in order; equal grids give equal names."""
        texts = {key: _texts(values) for key, values in self.grid.items()}
        found, names = [], set()
        for places in itertools.product(*(range(len(values)) for values in self.grid.values())):
            chosen = dict(zip(self.grid, places, strict=True))
            parameters = {key: self.grid[key][at] for key, at in chosen.items()}
            values = ",".join(f"{key}={texts[key][at]}" for key, at in chosen.items())
            for seed in self.seeds:
                plain = f"{values},seed={seed}"
                name = re.sub(r"[^A-Za-z0-9=,.+_-]", "_", plain)
                if name != plain or len(name) > LONGEST_NAME or name.casefold() in names:
                    exact = json.dumps([parameters, seed], sort_keys=True, default=str)
                    name = f"{name[:LONGEST_NAME]}-{hashlib.sha256(exact.encode()).hexdigest()[:8]}"
                names.add(name.casefold())
                found.append(Point(name, parameters, seed))
        return found

    def expected(self, point: Point) -> dict[str, Any]:
        """Return the attributes of the file of this point: its system, all its parameters, its seed.

        Raises:
            InputError: the system refuses the parameters.
        """
        from ..models.system import parameters
        from ..simulator.files.document import to_json

        system = self._built(point)
        attributes = {"system": self.system, **parameters(system), "seed": point.seed}
        try:
            return dict(json.loads(to_json(attributes)))
        except (TypeError, ValueError) as error:
            raise InputError(f"{self.system}: cannot be swept: its parameters are {error}") from error

    def network(self, point: Point) -> Network | None:
        """Return the network that a spiking system runs at this point; None of another system."""
        from ..models.system import Spiking

        system = self._built(point)
        return system.network() if isinstance(system, Spiking) else None

    def _built(self, point: Point) -> Any:
        from ..verbs.names import build

        return build(self.source, {**self.settings, **point.parameters})


def run_point(system: Any, parameters: Mapping[str, Any], seed: int, path: str) -> str:
    """Run a point and write its file. The unit of work: plain arguments, a short answer, any executor.

    Returns:
        "", or the reason of the failure in one line.
    """
    try:
        from ..simulator.files.store import save
        from ..verbs.simulate import simulate

        save(simulate(system, seed=seed, **parameters), path, force=True)
    except InputError as error:
        return str(error)
    except Exception as error:  # of any type: the other points go on
        return reason(error)
    return ""


def reason(error: BaseException) -> str:
    """Return type and first line of an error."""
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}".removesuffix(": ")


def _seeds(given: int | Sequence[int]) -> tuple[int, ...]:
    def whole(value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool)

    if isinstance(given, int):
        if not (whole(given) and given >= 1):
            raise InputError(f"sweep.seeds: must be at least 1, or a list of seeds; got {given}")
        given = range(given) if given <= MOST_POINTS else ()
    seeds = tuple(given)
    if not seeds or not all(whole(seed) and seed >= 0 for seed in seeds) or len(set(seeds)) < len(seeds):
        raise InputError(f"sweep.seeds: must be at most {MOST_POINTS} different whole numbers >= 0; got {given!r}")
    return seeds


def _texts(values: Sequence[Any]) -> list[str]:
    """Return values as texts for names: with six digits where all of them differ in these, else with every digit."""

    def short(value: Any) -> str:
        if isinstance(value, tuple):
            return "x".join(map(short, value))
        return f"{value:g}" if isinstance(value, float) else str(value)

    texts = [short(value) for value in values]
    return texts if len(set(texts)) == len(texts) else [str(value) for value in values]
