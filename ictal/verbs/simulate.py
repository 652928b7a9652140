"""`simulate`: a system once, into memory or into a file."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from ..simulator import InputError, Network, Run, unknown
from ..simulator.checks import check_seed
from ..simulator.engines import ENGINES
from ..simulator.fields import Param
from ..simulator.options import Argument, Option, as_text, command_line
from ..simulator.progress import of_time, shows_progress
from ..simulator.types import Progress, Shown
from .names import build

if TYPE_CHECKING:
    from ..simulator.long_runs.stream import Written


@dataclass(frozen=True)
class Simulation:
    """Settings of a run, as the command line takes them."""

    system: Annotated[
        str,
        Param("Name of a system (see `ictal list systems`), a network in JSON or Python, or FILE.h5 of a run"),
        Argument("SYSTEM|FILE"),
    ]
    duration: Annotated[float | None, Param("Simulated time, or model time")] = None
    settings: Annotated[
        tuple[str, ...],
        Param("A parameter of the system; see `ictal explain SYSTEM`"),
        Option("KEY=VALUE", "--set", repeat=True),
    ] = ()
    seed: Annotated[int | None, Param("Seed of everything random; 0, or that of FILE.h5"), Option("K")] = None
    engine: Annotated[str | None, Param("Engine: compiled (default) or brian2")] = None
    precision: Annotated[str | None, Param("Precision of the compiled engine: float64 (default) or float32")] = None


@shows_progress
def simulate(
    system: Any,
    *,
    seed: int = 0,
    engine: str | None = None,
    progress: Shown = None,
    **parameters: object,
) -> Run:
    """Run a system once.

    Args:
        system: name in `SYSTEMS`, a `Network`, or a file that holds one: its description (.json), or Python (.py) that
            defines ``network``, a `Network` or a function of parameters that returns one.
        seed: of everything random in it.
        engine: ``"compiled"`` (the default of the spiking systems) or ``"brian2"``.
        progress: called as progress(done, total, text); True shows it.
        parameters: fields of the system; see ``ictal.explain(system)``. Of a network of one's own: the duration, and
            any of its parameters by their paths, as in ``**{"populations.E.tau_m": 15.0}``.

    Raises:
        InputError: an unknown system, parameter or engine (with the nearest), or a value that cannot be.
    """
    network = build(system, parameters)
    check_seed(seed)
    options: dict[str, object] = {}
    if engine is not None:
        if engine not in ENGINES:
            raise unknown("engine", engine, ENGINES)
        if "engine" not in inspect.signature(network.record).parameters:
            raise InputError(f"{system}: has no choice of engine; leave engine {engine!r} out")
        options["engine"] = engine
    run = run_built(network, seed, progress, **options)
    return Run(run, {**run.source, **repeated_by(system, parameters, seed, engine)}, run.origin)


def run_built(system: Any, seed: int, progress: Progress | None = None, **options: object) -> Run:
    """Run a system that is built; `progress` is called as progress(done, total, text), where the system tells it."""
    if progress is not None and "progress" in inspect.signature(system.record).parameters:
        options["progress"] = of_time(progress)
    run: Run = system.record(seed, **options)
    return run


@shows_progress
def simulate_to_file(
    system: Any,
    path: str | os.PathLike[str],
    *,
    seed: int = 0,
    precision: str = "float64",
    threads: int = 1,
    resume: bool = False,
    force: bool = False,
    progress: Shown = None,
    stop: Callable[[], bool] = lambda: False,
    note: Callable[[str], None] = lambda line: None,
    engine: str | None = None,
    **parameters: object,
) -> Written:
    """Run a spiking system once on the compiled engine, into a file; memory does not grow with the duration.

    Args:
        system: as of `simulate`.
        path: the file; until it is whole, its chunks are in ``FILE.h5.part``.
        seed: of everything random in it.
        precision: ``"float64"`` or ``"float32"``.
        threads: of the engine; the result does not depend on it.
        resume: go on where a killed run ended.
        force: replace a file and drop an unfinished run.
        progress: called as progress(done, total, text); True shows it.
        stop: called many times a second; True writes a last chunk and raises `UnfinishedError`.
        note: called with a line on repaired damage.
        engine: None or ``"compiled"``, as recorded in the command.
        parameters: fields of the system; see ``ictal.explain(system)``.

    Raises:
        InputError: as `simulate`; a file in the way, another unfinished run, too little memory or disk.
        UnfinishedError: `stop` returned True.
    """
    from ..models.own_network import OwnNetwork
    from ..models.system import Spiking, WithTheory, attribution
    from ..simulator.long_runs.stream import record_to_file

    built = build(system, parameters)
    check_seed(seed)
    if not isinstance(built, Spiking):
        raise InputError(f"{system}: is no spiking network and is not streamed to a file; use simulate and save")
    return record_to_file(
        built.network(),
        built.duration,
        seed,
        path,
        precision=precision,
        threads=threads,
        source=attribution(built.name if isinstance(built, OwnNetwork) else system, built, seed),
        run_source=repeated_by(system, parameters, seed, engine, precision),
        known=built.theory() if isinstance(built, WithTheory) else {},
        resume=resume,
        force=force,
        progress=of_time(progress),
        stop=stop,
        note=note,
    )


def repeated_by(
    system: Any, parameters: Mapping[str, object], seed: int, engine: str | None, precision: str = "float64"
) -> dict[str, str]:
    """Return the command that repeats a run; none of a `Network` or of values that no command line can give."""
    import numpy as np

    from ..simulator.networks.description import MOST_INLINE
    from ..simulator.networks.distributions import Normal, Uniform

    kinds = (str, int, float, tuple, list, Uniform, Normal, type(None))
    plain = all(
        isinstance(value, kinds) or (isinstance(value, np.ndarray) and value.size <= MOST_INLINE)
        for value in parameters.values()
    )
    if isinstance(system, Network) or not plain:
        return {}
    return {"command": simulate_command(os.fspath(system), parameters, seed, engine, precision)}


def simulate_command(
    system: str, parameters: Mapping[str, object], seed: int, engine: str | None, precision: str = "float64"
) -> str:
    """Return the line that repeats a run."""
    texts = tuple(f"{name}={as_text(parameters[name])}" for name in sorted(parameters) if name != "duration")
    duration: Any = parameters.get("duration")
    kind = None if precision == "float64" else precision
    return command_line("simulate", Simulation(system, duration, texts, seed, engine, kind))
