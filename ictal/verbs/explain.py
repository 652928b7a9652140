"""`explain`: description of anything with a registered name."""

from __future__ import annotations

import inspect
from collections.abc import Collection
from dataclasses import MISSING, fields, is_dataclass
from importlib import import_module
from typing import Any, Literal, get_args, get_origin

from ..analyses.claims import CLAIMS
from ..analyses.measures import MEASURES
from ..analyses.nulls.kinds import DESCRIPTIONS
from ..models import SYSTEMS
from ..models.architectures import ARCHITECTURES
from ..models.treatments import TREATMENTS
from ..simulator import InputError, Normal, Uniform, unknown
from ..simulator.fields import Param, declared, default_of
from .names import EXPERIMENTS, REGISTRIES
from .network_files import NetworkSource, network_source
from .rendered import rendered
from .synonyms import absent, same

_USES = {
    "system": "ictal simulate {} --set KEY=VALUE",
    "architecture": "ictal train {} --set KEY=VALUE",
    "network": "ictal simulate {} --duration SECONDS --set KEY=VALUE",
    "treatment": "ictal train ARCH --treat {}=DOSE,KEY=VALUE; the first is the dose",
}


@rendered
def explain(name: str) -> str:
    """Return the description of a registered name.

    Of a measure: formula, range, value by finite size alone, needs, what it shows and what it cannot, citation, and the
    kinds of surrogate that test it.
    Of a system, an architecture or a treatment: its docstring and its parameters. Of anything else: its docstring.
    Names of the field that are called otherwise here, such as "coherence", are found, and said.
    Of the path of a network in JSON or Python: its parts, and the path of every parameter with its value.
    A name of several kinds is that of the first, and the others are listed: ``"claim:healthy"`` names the kind.

    Raises:
        InputError: nothing has this name; the message names the nearest.

    >>> print(explain("si_3").splitlines()[0].split(" ")[0])
    si_3
    """
    facts = description(name)
    lines = [f"{facts['name']}  ({facts['kind']}): {facts['summary']}"]
    if others := facts.get("see_also"):
        lines += [f"  what {facts['asked']} is called here; see also {', '.join(others)}"]
    elif "asked" in facts:
        lines += [f"  what {facts['asked']} is called here"]
    lines += [f"  also a {kind}: ictal explain {kind}:{facts['name']}" for kind in facts["also"]]
    if facts["kind"] == "measure":
        for key in ("formula", "range", "floor", "needs", "shows", "cannot", "citation"):
            lines += [f"  {key:<9} {facts[key]}"]
        nulls = facts["nulls"] or {"none": facts["no_null"]}
        lines += [f"  {'null' * (at == 0):<9} {kind}: {text}" for at, (kind, text) in enumerate(nulls.items())]
        return "\n".join(lines)
    lines += ["", facts["text"]] if facts["text"] else []
    if facts.get("parameters"):
        lines += ["", f"parameters ({_USES[facts['kind']].format(facts['name'])}):"]
        width, room = (max(len(p[key]) for p in facts["parameters"]) for key in ("name", "bounds"))
        for p in facts["parameters"]:
            unit = f" [{p['unit']}]" if p["unit"] else ""
            lines.append(
                f"  {p['name']:<{width}}  {p['default']!s:<12} {p['bounds']:<{room}}  {p['words']}{unit}".rstrip()
            )
    return "\n".join(lines)


def description(name: str) -> dict[str, Any]:
    """Return what `explain` prints, as plain data: of a parameter name, type, default, unit, bounds and words."""
    if not isinstance(name, str):
        raise InputError(f"explain.name: must be text; got {name!r}")
    kind, colon, of_kind = name.partition(":")
    asked = name = of_kind if colon else name
    if (own := network_source(name)) is not None:
        return _of_network(name, own)
    known = {known for table in REGISTRIES.values() for known in table}
    called = () if name in known else tuple(one for one in known if one.lower() == name.lower()) or same(name)
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
        facts |= {key: getattr(found, key) for key in ("formula", "range", "floor", "shows", "cannot", "citation")}
        reads = "spike trains" if found.takes == "spikes" else "sampled activity"
        return facts | {
            "needs": "; ".join([reads, *sorted(found.needs)]),
            "nulls": {kind: DESCRIPTIONS[kind] for kind in found.nulls},
            "no_null": found.no_null,
            "unit": found.unit,
            "differentiable": found.differentiable,
        }
    if table is ARCHITECTURES:
        preset = found()
        parameters = [{**p, "default": _plain(getattr(preset, p["name"]))} for p in _parameters(type(preset))]
        return facts | {"text": inspect.getdoc(type(preset)) or "", "parameters": parameters}
    if table in (SYSTEMS, TREATMENTS):
        return facts | {"text": inspect.getdoc(found) or "", "parameters": _parameters(found)}
    if table is CLAIMS:
        return facts | {"text": inspect.cleandoc(found.text or "")}
    texts = [inspect.getdoc(getattr(found, "write", found))]
    if table is EXPERIMENTS:  # contrast, control and refutation stand in the docstring of the module
        texts = [inspect.getdoc(import_module(found.__module__)), *texts]
    return facts | {"text": "\n\n".join(filter(None, texts))}


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
    if missing := absent(name):
        return InputError(f"{name!r}: Ictal does not measure {missing[0]}; what comes nearest: {', '.join(missing[1])}")
    kinds = [table.kind for table in REGISTRIES.values()]
    return unknown(f"{', '.join(kinds[:-1])} or {kinds[-1]}", name, known)


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
    choices = ", ".join(map(str, get_args(hint))) if get_origin(hint) is Literal else ""
    return choices or param.bounds or ("finite" if "float" in str(hint) else "")


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return ",".join(str(item) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return str(value) if isinstance(value, Uniform | Normal) else type(value).__name__
    if hasattr(value, "shape"):
        return f"array {value.shape}"
    return value if isinstance(value, str | int | float | bool | None) else str(value)
