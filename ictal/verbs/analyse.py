"""`analyse`, and a function for each of its parts: exponents, fixed points, attractors, basins, phase plane, scan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..analyses.dynamics.analysis import Parts, analyse_target
from ..analyses.dynamics.result import DynamicsResult
from ..analyses.dynamics.settings import EPS, LATE, MIN_SAMPLES, DynamicsSettings, Range
from ..simulator.progress import shows_progress
from ..simulator.types import Shown
from .targets import target


@shows_progress
def analyse(
    system: Any,
    *,
    lyapunov: bool | int = False,
    fixed_points: bool = False,
    attractors: bool = False,
    scan: Range | None = None,
    basins: bool = False,
    phase_plane: bool = False,
    starts: int | None = None,
    spread: float | None = None,
    starts_from: tuple[str, Sequence[object]] | None = None,
    time: float | None = None,
    late: float = LATE,
    eps: float = EPS,
    min_samples: int = MIN_SAMPLES,
    plane: Sequence[Range] = (),
    watch: str | None = None,
    inputs: str = "zero",
    seed: int = 0,
    command: str = "",
    progress: Shown = None,
    settings: Mapping[str, object] | None = None,
    **parameters: object,
) -> DynamicsResult:
    """Analyse the dynamics of a system, a trained recurrent network, or the system that recorded a file.

    Without a part: fixed points, Lyapunov exponents and attractors; of a system without equations, attractors. The
    functions `lyapunov`, `fixed_points`, `attractors`, `basins`, `phase_plane` and `scan` each find one part.

    Args:
        system: name in `SYSTEMS`, a system with `drift` and `start`, FILE.pt of ``ictal train`` (rnn, gru, lstm,
            rate-rnn), FILE.h5 of ``ictal simulate``.
        lyapunov: True, or the number of exponents: all up to 64 units, the first 10 beyond.
        fixed_points, attractors: whether to look for them.
        scan: (parameter, lowest, highest, count): led up and down; each value for a quarter of `time`. Without `time`
            a run that has not settled is continued, up to 32 times as long.
        basins: attractor that each state of `plane` goes to; finds the attractors too.
        phase_plane: drift and nullclines over `plane`, and up to six runs in it; finds the fixed points too, of at
            most 2,000 units.
        starts: initial states, of `start(seed)`, `start(seed + 1)` …; 32, or 8 runs of a system without equations.
            Newton's method also starts from as many states that a run visits.
        spread: largest random displacement of the starts, uniform, in widths of the visited region; 0, or 1 where
            `start` draws nothing. Newton's method starts from at least 1.
        starts_from: of a system without equations: (parameter, values) that change only the initial state; runs are
            dealt out to them.
        time: length of a run [unit of dt]; the system's duration, of a network 2000 time points.
        late: share of a run, at its end, by which attractors are distinguished.
        eps, min_samples: as in `ictal.analyses.attractors`.
        plane: two of (unit, lowest, highest, count); by default the first two variables of the first node, over
            the visited region.
        watch: unit that a scan describes; the first.
        inputs: constant input of a network: "zero" or "mean".
        seed: of everything random.
        command: the command line, stored with the result.
        progress: called as progress(done, total, text); True shows it.
        settings: parameters of the system, also those that are called as an argument above.
        parameters: the same, by name.

    Raises:
        InputError: a system that cannot be analysed, an unknown name, a value out of its bounds.
    """
    chosen = Parts(lyapunov, fixed_points, attractors, basins, phase_plane, scan)
    values = DynamicsSettings(starts, spread, watch, time, late, eps, min_samples, seed, plane, starts_from)
    return analyse_target(target(system, {**parameters, **(settings or {})}, inputs), chosen, values, command, progress)


def lyapunov(
    system: Any, k: int | None = None, *, spread: float | None = None, time: float | None = None,
    inputs: str = "zero", seed: int = 0, progress: Shown = None,
    **parameters: object,
) -> DynamicsResult:  # fmt: skip
    """Estimate the k largest Lyapunov exponents of a system.

    By default k is the number of units of a system of up to 64 units, and 10 for a larger one. The other arguments and
    the errors are those of `analyse`. A parameter of the system that is named like an argument here, such as `time`, is
    set by ``analyse(system, lyapunov=True, settings={"time": ...})``.

    >>> found = lyapunov("stuart_landau", n=1, dt=0.05, sample=0.05, time=60.0)
    >>> bool(abs(found.lyapunov.exponents - [0.0, -2.0]).max() < 0.02)
    True
    """
    return analyse(
        system, lyapunov=True if k is None else k, spread=spread, time=time, inputs=inputs, seed=seed,
        progress=progress, settings=parameters,
    )  # fmt: skip


def fixed_points(
    system: Any, *, starts: int | None = None, spread: float | None = None, time: float | None = None,
    inputs: str = "zero", seed: int = 0, progress: Shown = None,
    **parameters: object,
) -> DynamicsResult:  # fmt: skip
    """Find the fixed points of a system, and their stability, by Newton's method from many starts.

    Args and errors are those of `analyse`.
    """
    return analyse(
        system, fixed_points=True, starts=starts, spread=spread, time=time, inputs=inputs, seed=seed, progress=progress,
        settings=parameters,
    )  # fmt: skip


def attractors(
    system: Any, *, starts: int | None = None, spread: float | None = None,
    starts_from: tuple[str, Sequence[object]] | None = None, time: float | None = None, late: float = LATE,
    eps: float = EPS, min_samples: int = MIN_SAMPLES, inputs: str = "zero", seed: int = 0,
    progress: Shown = None, **parameters: object,
) -> DynamicsResult:  # fmt: skip
    """Find the attractors of a system: clusters of the late parts of runs from many starts.

    Args and errors are those of `analyse`.
    """
    return analyse(
        system, attractors=True, starts=starts, spread=spread, starts_from=starts_from, time=time, late=late, eps=eps,
        min_samples=min_samples, inputs=inputs, seed=seed, progress=progress, settings=parameters,
    )  # fmt: skip


def basins(
    system: Any, plane: Sequence[Range] = (), *, starts: int | None = None, spread: float | None = None,
    time: float | None = None, late: float = LATE, eps: float = EPS, min_samples: int = MIN_SAMPLES,
    inputs: str = "zero", seed: int = 0, progress: Shown = None,
    **parameters: object,
) -> DynamicsResult:  # fmt: skip
    """Find the attractors of a system, and the one that each initial state of a plane goes to.

    Args and errors are those of `analyse`.
    """
    return analyse(
        system, basins=True, plane=plane, starts=starts, spread=spread, time=time, late=late, eps=eps,
        min_samples=min_samples, inputs=inputs, seed=seed, progress=progress, settings=parameters,
    )  # fmt: skip


def phase_plane(
    system: Any, plane: Sequence[Range] = (), *, starts: int | None = None, spread: float | None = None,
    time: float | None = None, inputs: str = "zero", seed: int = 0, progress: Shown = None,
    **parameters: object,
) -> DynamicsResult:  # fmt: skip
    """Find drift and nullclines over a plane of two units, the fixed points, and up to six runs in the plane.

    Args and errors are those of `analyse`.
    """
    return analyse(
        system, phase_plane=True, plane=plane, starts=starts, spread=spread, time=time, inputs=inputs, seed=seed,
        progress=progress, settings=parameters,
    )  # fmt: skip


def scan(
    system: Any, parameter: str, low: float, high: float, count: int, *, watch: str | None = None,
    time: float | None = None, seed: int = 0, progress: Shown = None,
    **parameters: object,
) -> DynamicsResult:  # fmt: skip
    """Lead a parameter of a system up and down again: branches and hysteresis.

    Each value is run for a quarter of `time`; without `time` a run that has not settled is continued, up to 32 times
    as long.

    Args and errors are those of `analyse`; `count` values of `parameter` lie from `low` to `high`.
    """
    return analyse(
        system, scan=(parameter, low, high, count), watch=watch, time=time, seed=seed, progress=progress,
        settings=parameters,
    )  # fmt: skip
