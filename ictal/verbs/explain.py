"""`explain`: description of anything with a registered name."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Collection
from dataclasses import MISSING, asdict, fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from ..analyses.claims import CLAIMS
from ..analyses.measures import MEASURES
from ..analyses.measures.base import Measure
from ..analyses.measures.notation import NOTATION
from ..analyses.measures.planted import on_planted
from ..analyses.measures.scales import SCALES
from ..analyses.nulls.kinds import DESCRIPTIONS
from ..models import SYSTEMS
from ..models.architectures import ARCHITECTURES
from ..models.attacks import ATTACKS
from ..models.treatments import TREATMENTS
from ..simulator import InputError, Normal, Uniform
from ..simulator.fields import Param, declared, default_of
from ..simulator.files.readers import HDF5_SUFFIXES
from .elsewhere import terms as ways
from .elsewhere import way
from .explained import explained
from .names import EXPERIMENTS, REGISTRIES
from .network_files import NetworkSource, network_source
from .rendered import rendered
from .synonyms import absent, plainly, same, terms


@rendered
def explain(name: str) -> str:
    """Return the description of a registered name.

    Of a measure: its scale, formula, range, value by chance, needs, what it shows and what it cannot, values on planted
    correlation, citation, and the kinds of surrogate that test it.
    Of a system, an architecture or a treatment: its docstring and its parameters. Of anything else: its docstring.
    Names of the field that are called otherwise here, such as "coherence", are found, and said; so are things that a
    command does, such as "Lyapunov exponents".
    Of a network in JSON or Python, or of a run: its parts, and the path of every parameter with its value.
    A name of several kinds is that of the first, and the others are listed: ``"claim:healthy"`` names the kind.

    Raises:
        InputError: nothing has this name; the message names the nearest that there is.

    >>> print(explain("si_3").splitlines()[0].split(" ")[0])
    si_3
    """
    return explained(description(name))


def description(name: str) -> dict[str, Any]:
    """Return what `explain` prints, as plain data: of a parameter name, type, default, unit, bounds and words."""
    if not isinstance(name, str):
        raise InputError(f"explain.name: must be text; got {name!r}")
    kind, colon, of_kind = name.partition(":")
    asked = name = of_kind if colon else name
    if (own := network_source(name)) is not None:
        return _of_network(name, own)
    if Path(name).suffix in HDF5_SUFFIXES and Path(name).stem:
        return _of_run(name)
    known = list(dict.fromkeys(known for table in REGISTRIES.values() for known in table))
    called = () if name in known else _called(name, known)
    if not called and name not in known and (found := way(name)) is not None:
        return {
            "name": name,
            "kind": "by a command",
            "summary": found.line,
            "also": [],
            "text": "",
            "how": [*found.how],
        }
    name = called[0] if called else name
    tables = [table for table in REGISTRIES.values() if name in table and (not colon or kind == table.kind)]
    if not tables:
        raise _unknown(name, known)
    table = tables[0]
    found = table.load(name)
    facts: dict[str, Any] = {"name": name, "kind": table.kind, "summary": table[name].line}
    if called:
        facts |= {"asked": asked, "see_also": list(called[1:])}
    facts["also"] = [other.kind for other in tables[1:]]
    if table is MEASURES:
        return facts | _of_measure(name, found)
    if table is ARCHITECTURES:
        preset = found()
        parameters = [{**p, "default": _plain(getattr(preset, p["name"]))} for p in _parameters(type(preset))]
        return facts | {"text": inspect.getdoc(type(preset)) or "", "parameters": parameters}
    if table in (SYSTEMS, TREATMENTS, ATTACKS):
        return facts | {"text": inspect.getdoc(found) or "", "parameters": _parameters(found)}
    if table is CLAIMS:
        return facts | {"text": inspect.cleandoc(found.text or "")}
    texts = [inspect.getdoc(getattr(found, "write", found))]
    if table is EXPERIMENTS:  # contrast, control and refutation stand in the docstring of the module
        texts = [inspect.getdoc(import_module(found.__module__)), *texts]
    return facts | {"text": "\n\n".join(filter(None, texts))}


def _called(name: str, known: Collection[str]) -> tuple[str, ...]:
    """Return the names here of a name of the field: another spelling, a symbol, or a synonym."""
    plain = plainly(name)
    spelled = [one for one in known if one.lower() == name.lower()] or [
        one for one in known if plain and plainly(one).replace(" ", "") == plain.replace(" ", "")
    ]
    return tuple(spelled) or same(name)


def _of_measure(name: str, found: Measure) -> dict[str, Any]:
    """Return the facts of a measure: its symbol, scale, words, values on planted correlation, nulls."""
    reads = "spike trains" if found.takes == "spikes" else "sampled activity"
    words = ("formula", "range", "floor", "shows", "cannot", "citation")
    more = " --phase-band 8 12" if "band" in found.needs else " --nulls 199" if found.nulls else ""
    return {
        "symbol": NOTATION[name].symbol if name in NOTATION else "",
        "scale": [asdict(mark) for mark in SCALES.get(name, ())],
        **{key: getattr(found, key) for key in words},
        "needs": "; ".join([reads, *sorted(found.needs)]),
        "on_truth": {f"{c:g}": value for c, value in on_planted(found).items()},
        "nulls": {kind: DESCRIPTIONS[kind] for kind in found.nulls},
        "no_null": found.no_null,
        "unit": found.unit,
        "differentiable": found.differentiable,
        "try": f"ictal measure FILE --measures {name}{more}",
    }


def _of_run(name: str) -> dict[str, Any]:
    """Return the facts of a file of a run: what it is of, and every parameter that can be set, with its value.

    Raises:
        InputError: it is missing, no run, or holds nothing that could be run again.
    """
    from ..simulator.files.origins import open_origin
    from .again import FileOfRun
    from .recorded import RecordedSystem

    origin, source = open_origin(name)
    if origin is None:
        recorded = RecordedSystem.of(name)
        system, given = (recorded.name, recorded.recorded) if recorded is not None else ("", {})
    else:
        system, given = FileOfRun.of(name).system, dict(source.get("parameters", {}))
    facts: dict[str, Any] = {"name": name, "kind": "run", "also": [], "text": ""}
    if not system:
        network = origin.network if origin is not None else None
        made = _of_network(name, NetworkSource(name, network))
        return {**made, **facts, "summary": f"{source.get('system', 'a network')}: {made['summary']}"}
    parameters = [
        {**one, "default": _plain(_listed(given[one["name"]])) if one["name"] in given else one["default"]}
        for one in _parameters(SYSTEMS.load(system))
    ]
    return {**facts, "summary": f"{system}, with the values of this run", "parameters": parameters}


def _listed(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _of_network(name: str, own: NetworkSource) -> dict[str, Any]:
    """Return the facts of a network of one's own: its words, its parts, and every parameter with its value."""
    network = own.made()
    parts = "" if network is None else "; ".join(
        f"{len(items)} {noun}{'s' * (len(items) != 1)}" + named * bool(items)
        for noun, items, named in (
            ("population", network.populations, f" ({', '.join(f'{p.name}: {p.n}' for p in network.populations)})"),
            ("projection", network.projections, ""),
            ("input", network.inputs, ""),
            ("signal", network.signals, ""),
        )
    )  # fmt: skip
    parameters = []
    for key, given in own.parameters().items():
        default = None if given.default is inspect.Parameter.empty else _plain(given.default)
        about = {"name": key, "type": _type_text(given.hint), "default": default, "unit": given.param.unit}
        parameters.append({**about, "bounds": _bounds(given.hint, given.param), "words": given.param.label})
    facts = {"name": name, "kind": "network", "summary": parts or "made by a function of parameters", "also": []}
    return {**facts, "text": own.words, "parameters": parameters}


def _unknown(name: str, known: Collection[str]) -> InputError:
    """Return the error for a name that nothing has: what comes nearest, by meaning or else by letters."""
    if missing := absent(name):
        return InputError(f"{name!r}: Ictal does not have {missing[0]}; what comes nearest: {', '.join(missing[1])}")
    near = difflib.get_close_matches(name, known, n=1)
    near += difflib.get_close_matches(plainly(name), [*terms(), *ways()], n=1, cutoff=0.75)
    hint = f"; did you mean {near[0]!r}?" if near else ";"
    return InputError(f"unknown name {name!r}{hint} ictal list has all names")


def _parameters(kind: Any) -> list[dict[str, Any]]:
    defaults, found = {item.name: default_of(item) for item in fields(kind)}, []
    for name, (hint, param) in declared(kind).items():
        default = None if defaults[name] is MISSING else _plain(defaults[name])
        about = {"name": name, "type": _type_text(hint), "default": default}
        found.append({**about, "unit": param.unit, "bounds": _bounds(hint, param), "words": param.label})
    return found


def _type_text(hint: Any) -> str:
    text = hint.__name__ if isinstance(hint, type) and not hasattr(hint, "__args__") else str(hint)
    return text.replace("typing.", "")


def _bounds(hint: Any, param: Param) -> str:
    if hint is bool:
        return "true, false"
    of = next(iter(get_args(hint)), hint) if get_origin(hint) is tuple else hint
    choices = ", ".join(map(str, get_args(of))) if get_origin(of) is Literal else ""
    return choices or param.bounds or ("finite" if "float" in str(hint) else "")


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return ",".join(str(item) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return str(value) if isinstance(value, Uniform | Normal) else type(value).__name__
    if hasattr(value, "shape"):
        return f"array {value.shape}"
    return value if isinstance(value, str | int | float | bool | None) else str(value)
