"""``ictal analyse``: fixed points, Lyapunov exponents, attractors, basins, phase planes and scans of whatever steps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from .options import Force, Json, Quiet, command_line
from .output import Output, number, table

if TYPE_CHECKING:
    from ..analyses.dynamics.result import DynamicsResult

LYAPUNOV, ALL = "--lyapunov", "all"
LATE, EPS, MIN_SAMPLES = 0.4, 0.2, 3  # as in ictal.verbs.analyse, which takes seconds to import
SHOWN = 12  # rows of a table, and variables of a state


class AnalyseCommand(TyperCommand):
    """A command whose ``--lyapunov`` takes a number or nothing: the parser itself knows fixed counts only."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put a word after ``--lyapunov`` where no number is, then parse as always."""
        return super().parse_args(ctx, counted(args))


def counted(arguments: Sequence[str]) -> list[str]:
    """The arguments with "--lyapunov" alone as "--lyapunov all".

    >>> counted(["epileptor", "--lyapunov", "--json"]), counted(["--lyapunov", "3", "x"])
    (['epileptor', '--lyapunov', 'all', '--json'], ['--lyapunov', '3', 'x'])
    """
    out: list[str] = []
    for at, word in enumerate(arguments):
        out.append(word)
        following = arguments[at + 1] if at + 1 < len(arguments) else ""
        if word == LYAPUNOV and following != ALL and not following.lstrip("-").replace(".", "", 1).isdigit():
            out.append(ALL)
    return out


def analyse(
    system: Annotated[
        str,
        typer.Argument(
            metavar="SYSTEM|FILE",
            help="Name of a system, FILE.pt of a trained recurrent network, or FILE.h5 that ictal simulate wrote.",
        ),
    ],
    lyapunov: Annotated[
        str, typer.Option(LYAPUNOV, metavar="[K]", help="The K largest exponents; all up to 64 units, else 10.")
    ] = "",
    fixed_points: Annotated[
        bool, typer.Option("--fixed-points", help="Where it stands still, and how stably.", show_default=False)
    ] = False,
    attractors: Annotated[
        bool, typer.Option("--attractors", help="What runs from many starts end in.", show_default=False)
    ] = False,
    scan: Annotated[str, typer.Option(metavar="KEY=LOW:HIGH:COUNT", help="Lead a parameter up and down again.")] = "",
    basins: Annotated[
        bool, typer.Option("--basins", help="Which attractor each start in a plane goes to.", show_default=False)
    ] = False,
    phase_plane: Annotated[
        bool, typer.Option("--phase-plane", help="Nullclines over a plane, and runs in it.", show_default=False)
    ] = False,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A parameter of the system; repeatable.")
    ] = None,
    starts: Annotated[
        int | None, typer.Option(metavar="N", help="Initial states; default 32, of what only records 8.")
    ] = None,
    spread: Annotated[
        float | None,
        typer.Option(
            metavar="S",
            help="Move starts at random by up to S widths of what a run visits; 0, or 1 of a system that draws none.",
        ),
    ] = None,
    starts_from: Annotated[
        str,
        typer.Option(
            "--starts-from", metavar="KEY=A,B", help="Of what only records: a setting that only changes the start."
        ),
    ] = "",
    plane: Annotated[
        list[str] | None,
        typer.Option(metavar="VARIABLE=LOW:HIGH:COUNT", help="Of --basins, --phase-plane, given twice: across, up."),
    ] = None,
    watch: Annotated[str | None, typer.Option(metavar="VARIABLE", help="What a scan describes; the first.")] = None,
    time: Annotated[
        float | None, typer.Option(metavar="T", help="Length of a run [unit of dt]; default the duration.")
    ] = None,
    late: Annotated[float, typer.Option(metavar="P", help="Share of it that attractors are told by.")] = LATE,
    eps: Annotated[float, typer.Option(metavar="D", help="Distance of neighbours [SD of each variable].")] = EPS,
    min_samples: Annotated[int, typer.Option(metavar="N", help="Starts that make an attractor.")] = MIN_SAMPLES,
    inputs: Annotated[str, typer.Option("--input", metavar="X", help="Of a trained network: zero or mean.")] = "zero",
    seed: Annotated[int, typer.Option(metavar="K", help="Seed of everything random.")] = 0,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", readable=False, metavar="FILE.h5", help="Also write HDF5.")
    ] = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Analyse the dynamics of a system or network.

    Without a choice: fixed points, Lyapunov exponents, attractors.
    """
    from ..simulator.errors import InputError
    from ..simulator.files.document import check_writable

    if output is not None:
        if output.suffix not in (".h5", ".hdf5", ".nc"):
            raise InputError(f"{output}: what is written is HDF5; want a name that ends in .h5")
        check_writable(output, force)
    scanned = ranged("--scan", scan) if scan else None
    axes = [ranged("--plane", text) for text in plane or []]
    count: bool | int = False
    if lyapunov:
        if lyapunov != ALL and not lyapunov.lstrip("-").isdigit():
            raise InputError(f"{LYAPUNOV}: must be a whole number; got {lyapunov}")
        count = True if lyapunov == ALL else int(lyapunov)
    parameters, varied = _parameters(system, settings or [], starts_from)

    from ..verbs.analyse import analyse as analysed

    options: list[tuple[str, object]] = [
        ("--scan", scan),
        *(("--set", text) for text in settings or []),
        ("--starts", starts),
        ("--spread", spread),
        ("--starts-from", starts_from),
        *(("--plane", text) for text in plane or []),
        ("--watch", watch),
        ("--time", time),
        ("--late", late if late != LATE else None),
        ("--eps", eps if eps != EPS else None),
        ("--min-samples", min_samples if min_samples != MIN_SAMPLES else None),
        ("--input", inputs if inputs != "zero" else None),
        ("--seed", seed or None),
    ]
    chosen = {
        "--fixed-points": fixed_points, "--attractors": attractors, "--basins": basins, "--phase-plane": phase_plane,
    }  # fmt: skip
    flags = [*([LYAPUNOV] if lyapunov else []), *([lyapunov] if lyapunov not in ("", ALL) else [])]
    flags += [flag for flag, wanted in chosen.items() if wanted]
    command = command_line(["analyse", system, *flags], options)
    out = Output(json, quiet)
    with out.progress(f"analyse {Path(system).name}") as report:
        found = analysed(
            system, lyapunov=count, fixed_points=fixed_points, attractors=attractors, scan=scanned, basins=basins,
            phase_plane=phase_plane, starts=starts, spread=spread, starts_from=varied, time=time, late=late, eps=eps,
            min_samples=min_samples, plane=axes, watch=watch, inputs=inputs, seed=seed, command=command,
            progress=report, settings=parameters,
        )  # fmt: skip
    if output is not None:
        found.save(output, force=force)
    out.result(found.to_json(), lambda: said(found))
    for line in found.config["notes"]:
        out.note(f"assumed: {line}")
    if output is not None:
        out.note(f"wrote {output}; ictal plot {output} draws it")


def ranged(option: str, text: str) -> tuple[str, float, float, int]:
    """KEY=LOW:HIGH:COUNT.

    Raises:
        InputError: anything else.

    >>> ranged("--scan", "p=0.5:2:16")
    ('p', 0.5, 2.0, 16)
    """
    from ..simulator.errors import InputError

    key, _, rest = (part.strip() for part in text.partition("="))
    try:
        low, high, count = rest.split(":")
        return key, float(low), float(high), int(count)
    except ValueError:
        wrong = f"{option} {text!r}: must be KEY=LOW:HIGH:COUNT, e.g. p=0.5:2.5:21"
        raise InputError(wrong) from None


def _parameters(system: str, settings: Sequence[str], starts_from: str) -> tuple[dict[str, Any], Any]:
    """What --set says, and (parameter, values) of --starts-from, by the types of the system's fields."""
    from ..models import SYSTEMS
    from ..simulator.errors import InputError
    from ..simulator.fields import assignments, parameter_types, parse
    from ..verbs.names import parse_settings

    name = system if not Path(system).suffix and not Path(system).exists() else _recorded(system)
    if system in SYSTEMS:
        name = system
    if not name:
        if settings or starts_from:
            raise InputError("--set, --starts-from: are for systems; leave them out")
        return {}, None
    parameters = parse_settings(name, settings)
    if not starts_from:
        return parameters, None
    kind = SYSTEMS.load(name)
    hints = parameter_types(kind)
    texts = assignments("--starts-from", [starts_from], f"parameter of {name}", hints, "KEY=A,B")
    ((key, text),) = texts.items()
    return parameters, (key, [parse(f"{kind.__name__}.{key}", hints[key], part.strip()) for part in text.split(",")])


def _recorded(file: str) -> str:
    """Name of the system that recorded a file; none where the file is of another kind, which is told later."""
    from ..models import SYSTEMS
    from ..simulator.files.readers import HDF5_SUFFIXES, open_run

    path = Path(file)
    if path.suffix.lower() not in HDF5_SUFFIXES:
        return ""
    name = str(open_run(path).source.get("system", ""))
    return name if name in SYSTEMS else ""


def said(found: DynamicsResult) -> str:
    """The parts as tables."""
    config = found.config
    text = f"{config['system']}, a {config['what']}; time in {config['time_unit']}\n"
    if config["what"] == "runs":
        text = f"{config['system']}: {config['starts']} runs\n"
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
    ended = "".join(f"{count} of {fixed.starts} starts: {line}\n" for line, count in lost.items())
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
            f"{ends.names[i]} {number(centre[i])} ± {number(centre[n_names + i])}" for i in range(min(4, n_names))
        ) + (" …" if n_names > 4 else "")
        rows.append([str(k), f"{share:.2f} [{low:.2f}, {high:.2f}]", "rest" if ends.still(k) else "moves", means])
    drawn = table(["attractor", "share of starts [95 %]", "it", "mean ± SD over time"], rows)
    more = f"and {ends.n - SHOWN} more\n" if ends.n > SHOWN else ""
    alone = int((ends.labels == -1).sum())
    outside = f"{alone} of {len(ends.labels)} starts belong to none\n" if alone else ""
    return drawn + more + outside + ends.says + "\n" + "".join(f"{line}\n" for line in ends.diverged[:SHOWN])


def _basins(found: DynamicsResult) -> str:
    if (basins := found.basins) is None:
        return ""
    import numpy as np

    spoken = {-2: "diverge", -1: "none of these"}
    shares = [(int(k), basins.share(int(k))) for k in np.unique(basins.labels)]
    parts = [f"{spoken.get(k, f'attractor {k}')} {share:.3f}" for k, share in shares]
    return f"basins in {basins.x.name} × {basins.y.name}: {', '.join(parts)}\n"


def _plane(found: DynamicsResult) -> str:
    if (plane := found.phase_plane) is None:
        return ""
    others = "" if plane.whole else f", all other units as at {found.config['plane_at']}"
    return f"phase plane {plane.x.name} × {plane.y.name}{others}: in the figure, with {len(plane.paths)} runs\n"


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
    stopped = "".join(f"{line}\n" for line in scan.stopped)
    said = f"up and down differ at {scan.parameter} = {ranges}" if ranges else "up and down agree"
    if slow := scan.unsettled:
        listed = ", ".join(number(value) for value in slow[:8]) + (" and so on" if len(slow) > 8 else "")
        said += f", but runs were too short to settle at {scan.parameter} = {listed}"
    return f"{drawn}{said}\n{stopped}"
