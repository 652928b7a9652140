"""``ictal analyse``: fixed points, Lyapunov exponents, attractors, basins, phase planes and scans of a system."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ..analyses.dynamics.settings import DynamicsSettings
from ..simulator.errors import InputError
from ..simulator.fields import Param
from ..simulator.options import Argument, Option
from .options import Force, Hdf5, Line, Set, check_hdf5, command, prepared
from .output import Output, number
from .tables import HARD, on_lines, table

if TYPE_CHECKING:
    from ..analyses.dynamics.result import DynamicsResult

LYAPUNOV, ALL = "--lyapunov", "all"
LONGER = 16.0  # a run of a scan lasts a quarter of --time
SHOWN = 12  # rows of a table, and variables of a state


def counted(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with "--lyapunov" alone as "--lyapunov all".

    >>> counted(["epileptor", "--lyapunov", "--json"]), counted(["--lyapunov", "3", "x"])
    (['epileptor', '--lyapunov', 'all', '--json'], ['--lyapunov', '3', 'x'])
    """
    out: list[str] = []
    for at, word in enumerate(arguments):
        out.append(word)
        following = arguments[at + 1] if at + 1 < len(arguments) else ""
        if word == LYAPUNOV and following != ALL and not re.fullmatch(r"-?[0-9]*\.?[0-9]+", following):
            out.append(ALL)
    return out


@prepared(counted)
@command
def analyse(
    *,
    system: Annotated[
        str,
        Param(
            "Name of a system, a network in JSON or Python, FILE.pt of a trained recurrent network, or FILE.h5 that "
            "ictal simulate wrote"
        ),
        Argument("SYSTEM|FILE"),
    ],
    lyapunov: Annotated[str, Param("The K largest exponents; all up to 64 units, else 10"), Option("[K]")] = "",
    fixed_points: Annotated[bool, Param("Fixed points, and their stability")] = False,
    attractors: Annotated[bool, Param("Attractors of runs from many starts")] = False,
    basins: Annotated[bool, Param("Attractor that each initial state of a plane goes to")] = False,
    phase_plane: Annotated[bool, Param("Nullclines over a plane, and runs in it")] = False,
    scan: Annotated[str, Param("Lead a parameter up and down again"), Option("KEY=LOW:HIGH:COUNT")] = "",
    settings: Set = (),
    starts_from: Annotated[
        str, Param("For systems without equations: a parameter that changes only the initial state"), Option("KEY=A,B")
    ] = "",
    plane: Annotated[
        tuple[str, ...],
        Param("Plane of --basins and --phase-plane, given twice (across, up)"),
        Option("VARIABLE=LOW:HIGH:COUNT", repeat=True),
    ] = (),
    inputs: Annotated[str, Param("Constant input of a trained network: zero or mean"), Option("X", "--input")] = "zero",
    output: Hdf5 = None,
    force: Force = False,
    values: DynamicsSettings,
    line: Line,
    out: Output,
) -> None:
    """Analyse the dynamics of a system or network.

    Without a choice: fixed points, Lyapunov exponents, attractors.
    """
    check_hdf5(output, force)
    if lyapunov not in ("", ALL) and not re.fullmatch("[0-9]*[1-9][0-9]*", lyapunov):
        raise InputError(f"lyapunov: must be a whole number >= 1; got {lyapunov}")
    k: int | bool = bool(lyapunov) if lyapunov in ("", ALL) else int(lyapunov)
    scanned = ranged("--scan", scan) if scan else None
    axes = [ranged("--plane", text) for text in plane]
    parameters, varied = _parameters(system, settings, starts_from)
    shared = {**vars(values), "plane": axes, "starts_from": varied}

    from ..verbs.analyse import analyse as analysed

    with out.progress(f"analyse {Path(system).name}") as report:
        found = analysed(
            system, lyapunov=k, fixed_points=fixed_points, attractors=attractors, scan=scanned, basins=basins,
            phase_plane=phase_plane, inputs=inputs, command=line.replace(f"{LYAPUNOV} {ALL}", LYAPUNOV),
            progress=report, settings=parameters, **shared,
        )  # fmt: skip
    notes = [f"assumed: {note}" for note in found.config["notes"]]
    out.found(found, lambda: described(found), output, force, notes)


def ranged(option: str, text: str) -> tuple[str, float, float, int]:
    """Read KEY=LOW:HIGH:COUNT.

    Raises:
        InputError: anything else.

    >>> ranged("--scan", "p=0.5:2:16")
    ('p', 0.5, 2.0, 16)
    """
    key, _, rest = (part.strip() for part in text.partition("="))
    try:
        low, high, count = rest.split(":")
        return key, float(low), float(high), int(count)
    except ValueError:
        wrong = f"{option} {text!r}: must be KEY=LOW:HIGH:COUNT, e.g. p=0.5:2.5:21"
        raise InputError(wrong) from None


def _parameters(system: str, settings: Sequence[str], starts_from: str) -> tuple[dict[str, Any], Any]:
    """Return the parameters of --set, and (parameter, values) of --starts-from, by the types of the fields."""
    from ..simulator.fields import parse
    from ..verbs.names import parse_each, parse_settings
    from ..verbs.targets import named_system, own_of_file

    own = own_of_file(system)
    name: Any = own.network if own else named_system(system)[0]
    if not name:
        if settings or starts_from:
            raise InputError("--set, --starts-from: are for systems; leave them out")
        return {}, None
    parameters = parse_settings(name, settings)
    if not starts_from:
        return parameters, None

    def read(key: str, what: str, hint: Any, text: str) -> list[Any]:
        return [parse(what, hint, part.strip()) for part in text.split(",")]

    return parameters, next(iter(parse_each("--starts-from", name, [starts_from], "KEY=A,B", read).items()))


def described(found: DynamicsResult) -> str:
    """Return the parts as tables."""
    config = found.config
    text = on_lines(f"{config['system']}, a {config['what']}; time in {config['time_unit']}")
    if config["what"] == "runs":
        text = on_lines(f"{config['system']}: {config['starts']} runs")
    parts = (_exponents, _points, _ends, _basins, _plane, _scanned)
    return text + "".join(part(found) for part in parts)


def _exponents(found: DynamicsResult) -> str:
    if (spectrum := found.lyapunov) is None:
        return ""
    pairs = list(zip(spectrum.exponents, spectrum.error, strict=True))
    rows = [[str(k + 1), number(value), number(error)] for k, (value, error) in enumerate(pairs[:SHOWN])]
    rest = f"and {len(pairs) - SHOWN} more\n" if len(pairs) > SHOWN else ""
    drawn = table(["Lyapunov exponent", f"[{found.rate_unit}]", "standard error"], rows)
    return drawn + rest + f"Kaplan-Yorke dimension {number(spectrum.kaplan_yorke)} of {spectrum.n}\n"


def _points(found: DynamicsResult) -> str:
    if (fixed := found.fixed_points) is None:
        return ""
    rows = []
    for k in range(min(SHOWN, len(fixed.points))):
        first = fixed.eigenvalues[k, 0]
        turns = f" ± {number(abs(first.imag))}i" if first.imag else ""
        point = ", ".join(number(value) for value in fixed.points[k, :6]) + (" …" if fixed.points.shape[1] > 6 else "")
        rows.append(
            [point, fixed.stability[k], fixed.kind[k], number(first.real) + turns, str(fixed.found[k]),
             number(fixed.residual[k])]
        )  # fmt: skip
    unit = "1" if fixed.discrete else found.rate_unit
    drawn = table(["fixed point", "is", "kind", f"leading eigenvalue [{unit}]", "starts", "residual"], rows)
    more = f"and {len(fixed.points) - SHOWN} more\n" if len(fixed.points) > SHOWN else ""
    lost = {line: fixed.lost.count(line) for line in dict.fromkeys(fixed.lost)}
    ended = on_lines(*(f"{count} of {fixed.starts} starts: {line}" for line, count in lost.items()))
    return drawn + more + ended


def _ends(found: DynamicsResult) -> str:
    if (ends := found.attractors) is None:
        return ""
    n_names = len(ends.names) // 2
    rows = []
    for k in range(min(SHOWN, ends.n)):
        share, low, high = ends.share(k)
        centre = ends.centre(k)
        means = "; ".join(
            f"{ends.names[i]}{HARD}{number(centre[i])} ± {number(centre[n_names + i])}" for i in range(min(4, n_names))
        ) + (" …" if n_names > 4 else "")
        rows.append([str(k), f"{share:.2f} [{low:.2f}, {high:.2f}]", "rest" if ends.still(k) else "moves", means])
    drawn = table(["attractor", "share of starts [95 %]", "it", "mean ± SD over time"], rows)
    more = f"and {ends.n - SHOWN} more\n" if ends.n > SHOWN else ""
    alone = int((ends.labels == -1).sum())
    outside = f"{alone} of {len(ends.labels)} starts belong to none" if alone else ""
    return drawn + more + on_lines(outside, ends.says, *ends.diverged[:SHOWN])


def _basins(found: DynamicsResult) -> str:
    if (basins := found.basins) is None:
        return ""
    import numpy as np

    names = {-2: "diverge", -1: "none of these"}
    shares = [(int(k), basins.share(int(k))) for k in np.unique(basins.labels)]
    parts = [f"{names.get(k, f'attractor {k}')} {share:.3f}" for k, share in shares]
    return on_lines(f"basins in {basins.x.name} × {basins.y.name}: {', '.join(parts)}")


def _plane(found: DynamicsResult) -> str:
    if (plane := found.phase_plane) is None:
        return ""
    others = "" if plane.whole else f", all other units as at {found.config['plane_at']}"
    return on_lines(f"phase plane {plane.x.name} × {plane.y.name}{others}: in the figure, with {len(plane.paths)} runs")


def _scanned(found: DynamicsResult) -> str:
    if (scan := found.scan) is None:
        return ""
    ranges = ", ".join(f"{low:g} to {high:g}" for low, high in scan.hysteresis)
    rows = []
    for at, value in enumerate(scan.values):
        cells = [number(value)]
        for way in (0, 1):
            cells += [f"{number(scan.low[way, at])} … {number(scan.high[way, at])}", number(scan.period[way, at])]
        rows.append(cells)
    unit = found.config["time_unit"]
    columns = [scan.parameter, f"up: {scan.variable}", f"period [{unit}]", f"down: {scan.variable}", f"period [{unit}]"]
    drawn = table(columns, rows)
    verdict = f"up and down differ at {scan.parameter} = {ranges}" if ranges else "up and down agree"
    if slow := scan.unsettled:
        listed = ", ".join(number(value) for value in slow[:8]) + (" and so on" if len(slow) > 8 else "")
        longest = float(found.config.get("scan_longest", found.config["scan_time"]))
        verdict += (
            f", but runs have not settled within {longest:g} {unit} at {scan.parameter} = {listed}: --time "
            f"{LONGER * longest:g} runs four times as long"
        )
    return drawn + on_lines(verdict, *scan.stopped)
