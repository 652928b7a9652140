"""`explain`: what a measure, a system, an architecture, a treatment or an experiment is, from its own description."""

from __future__ import annotations

import inspect
from dataclasses import MISSING, fields
from importlib import import_module
from typing import Any, Literal, get_args, get_origin

from ..analyses.measures import MEASURES, get
from ..experiments import EXPERIMENTS
from ..models import SYSTEMS
from ..models.architectures import ARCHITECTURES, architecture
from ..models.treatments import TREATMENTS, treatment
from ..simulator import unknown
from ..simulator.fields import Param, declared, default_of
from .names import experiment, system

_HOW = {
    "system": "ictal simulate {} --set KEY=VALUE",
    "architecture": "ictal train {} --set KEY=VALUE",
    "treatment": "ictal train ARCH --treat {}=DOSE,KEY=VALUE; the first is the dose",
}


def explain(name: str) -> str:
    """What `name` is, in words.

    Of a measure: formula, range, what finite size alone gives, needs, what it shows and what it cannot, citation.
    Of a system, an architecture or a treatment: its docstring and its parameters. Of an experiment: its docstring.

    Raises:
        InputError: nothing has this name; the message names the nearest.

    >>> print(explain("si_3").splitlines()[0].split(" ")[0])
    si_3
    """
    facts = description(name)
    lines = [f"{facts['name']}  ({facts['kind']}): {facts['summary']}"]
    if facts["kind"] == "measure":
        for key in ("formula", "range", "floor", "needs", "shows", "cannot", "citation"):
            lines += [f"  {key:<9} {facts[key]}"]
        return "\n".join(lines)
    lines += ["", facts["text"]]
    if "parameters" in facts:
        lines += ["", f"parameters ({_HOW[facts['kind']].format(name)}):"]
        width, room = (max(len(p[key]) for p in facts["parameters"]) for key in ("name", "bounds"))
        for p in facts["parameters"]:
            unit = f" [{p['unit']}]" if p["unit"] else ""
            lines.append(
                f"  {p['name']:<{width}}  {p['default']!s:<12} {p['bounds']:<{room}}  {p['words']}{unit}".rstrip()
            )
    return "\n".join(lines)


def description(name: str) -> dict[str, Any]:
    """Return what `explain` prints, as plain data: of a parameter name, type, default, unit, bounds and words."""
    if name in MEASURES:
        measure = get(name)
        facts: dict[str, Any] = {"name": name, "kind": "measure", "summary": MEASURES[name][1]}
        facts |= {key: getattr(measure, key) for key in ("formula", "range", "floor", "shows", "cannot", "citation")}
        reads = "spike trains" if measure.takes == "spikes" else "sampled activity"
        return facts | {
            "needs": "; ".join([reads, *sorted(measure.needs)]),
            "unit": measure.unit,
            "differentiable": measure.differentiable,
        }
    if name in SYSTEMS:
        kind = system(name)
        return {
            "name": name,
            "kind": "system",
            "summary": SYSTEMS[name][1],
            "text": inspect.getdoc(kind) or "",
            "parameters": _parameters(kind),
        }
    if name in ARCHITECTURES:
        preset = architecture(name, {})
        kind = type(preset)
        own = [{**p, "default": _plain(getattr(preset, p["name"]))} for p in _parameters(kind)]
        about = {"kind": "architecture", "summary": ARCHITECTURES[name][1], "text": inspect.getdoc(kind) or ""}
        return {"name": name, **about, "parameters": own}
    if name in TREATMENTS:
        kind = treatment(name)
        about = {"kind": "treatment", "summary": TREATMENTS[name][1], "text": inspect.getdoc(kind) or ""}
        return {"name": name, **about, "parameters": _parameters(kind)}
    if name in EXPERIMENTS:
        function = experiment(name)
        text = "\n\n".join(filter(None, (inspect.getdoc(import_module(function.__module__)), inspect.getdoc(function))))
        return {"name": name, "kind": "experiment", "summary": EXPERIMENTS[name][1], "text": text}
    raise unknown(
        "measure, system, architecture, treatment or experiment",
        name,
        [*MEASURES, *SYSTEMS, *ARCHITECTURES, *TREATMENTS, *EXPERIMENTS],
    )


def _parameters(kind: Any) -> list[dict[str, Any]]:
    defaults, found = {item.name: default_of(item) for item in fields(kind)}, []
    for name, (hint, param) in declared(kind).items():
        default = None if defaults[name] is MISSING else _plain(defaults[name])
        text = hint.__name__ if isinstance(hint, type) and not hasattr(hint, "__args__") else str(hint)
        about = {"name": name, "type": text.replace("typing.", ""), "default": default}
        found.append({**about, "unit": param.unit, "bounds": _bounds(hint, param), "words": param.label})
    return found


def _bounds(hint: Any, param: Param) -> str:
    if hint is bool:
        return "true, false"
    choices = ", ".join(map(str, get_args(hint))) if get_origin(hint) is Literal else ""
    return choices or param.bounds or ("finite" if "float" in str(hint) else "")


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return ",".join(str(item) for item in value)
    return value if isinstance(value, str | int | float | bool | None) else str(value)
