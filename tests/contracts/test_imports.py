"""Who may import whom: one chain of rooms, one order of folders within each, third parties by place."""

import ast
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHAIN = {  # a room may import those before it, a folder those before it in its room; "" are the loose files
    "simulator": ("", "recordings", "files", "export", "networks", "engines", "long_runs"),
    "analyses": (
        *("measures", "", "series", "layers", "comparison", "eeg", "dynamics"),
        *("evidence", "figures", "claims", "report"),
    ),
    "models": (
        *("", "rate", "spiking", "datasets", "architectures", "probe", "monitoring", "treatments"),
        *("synchrony", "training", "trained"),
    ),
    "ictal": ("verbs", "sweeps", "experiments", "cli", ""),
}
CLOSED = ("simulator/engines", "simulator/long_runs", "simulator/networks")  # to analyses: they read and never simulate
DOORS = {"__init__", *(f"{room}/__init__" for room in ("simulator", "analyses", "models"))}  # they open without HEAVY
REGISTRIES = {f"models/{folder}/__init__" for folder in ("architectures", "datasets", "treatments")}  # they do, too
TABLES = {"experiments/__init__"}  # names and texts only; read from everywhere within the room

NUMERIC = {"numpy", "scipy", "h5py", "numba", "llvmlite", "array_api_compat"}
HEAVY = {"torch", "brian2", "matplotlib", "sklearn", "jinja2", "snntorch"}
TRAINS = NUMERIC | {"torch", "sklearn", "threadpoolctl", "snntorch", "PIL"}
READS = NUMERIC | {"sklearn", "matplotlib", "jinja2", "threadpoolctl"}
PACKAGES = {  # the longest key that holds a file: third parties, and those of them that are imported when first used
    "simulator": (NUMERIC, set()),
    "simulator/engines/brian2": (NUMERIC | {"brian2"}, {"brian2"}),
    "simulator/files/edf": (NUMERIC | {"edfio"}, {"edfio"}),
    "simulator/export/netcdf": (NUMERIC | {"h5netcdf"}, {"h5netcdf"}),
    "analyses": (READS, set()),
    "analyses/dynamics": (READS | {"torch"}, set()),
    "analyses/measures": (NUMERIC - {"h5py"}, set()),
    "analyses/surrogates": (NUMERIC - {"h5py"}, set()),
    "models": (TRAINS, {"snntorch", "PIL"}),
    "models/probe": (TRAINS, HEAVY),
    "models/trained": (TRAINS, HEAVY),
    "models/training/job": (TRAINS, HEAVY),
    "models/training/settings": (NUMERIC, set()),
    "models/training/build": (TRAINS, HEAVY),
    "": (NUMERIC | {"torch", "matplotlib", "typer", "rich", "filelock"}, HEAVY),
}


def files(root):
    """Every file of the package, without .py; `ictal/` is left out of the names."""
    found = []
    for folder, _, names in os.walk(root / "ictal", followlinks=True):
        place = Path(folder).relative_to(root / "ictal")
        found += [(place / name).with_suffix("").as_posix() for name in names if name.endswith(".py")]
    return sorted(found)


def place(name):
    """(rank of the room, rank of the folder within it) of a file."""
    room, *rest = name.split("/") if name.split("/")[0] in CHAIN else ["ictal", *name.split("/")]
    return list(CHAIN).index(room), CHAIN[room].index(rest[0] if len(rest) > 1 else "")


def within(name, places):
    return any(name == at or name.startswith(at + "/") or not at for at in places)


def nodes(body, when="top"):
    """Every node with when it runs: function bodies late, `if TYPE_CHECKING:` never, all else at once."""
    for node in body:
        yield node, when
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            yield from nodes(node.body, "typing")
            yield from nodes(node.orelse, when)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from nodes([*node.decorator_list, node.args], when)
            yield from nodes(node.body, "late" if when == "top" else when)
        else:
            yield from nodes(list(ast.iter_child_nodes(node)), when)


def imports(root, name):
    """(module or file, when, whether it is a file of the package) of every import."""
    folder = name.split("/")[:-1]
    for node, when in nodes(ast.parse((root / "ictal" / f"{name}.py").read_text(encoding="utf-8")).body):
        if isinstance(node, ast.Import):
            yield from ((alias.name, when, False) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module, when, False
        elif isinstance(node, ast.ImportFrom) and node.level > len(folder) + 1:
            yield "." * node.level + (node.module or ""), when, False
        elif isinstance(node, ast.ImportFrom):
            base = folder[: len(folder) - node.level + 1] + (node.module.split(".") if node.module else [])
            for alias in node.names:
                tries = ("/".join([*base, alias.name]), "/".join([*base, alias.name, "__init__"]), "/".join(base))
                there = (way for way in tries if way and (root / "ictal" / f"{way}.py").is_file())
                yield next(there, "/".join([*base, "__init__"])), when, True
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("import_module", "__import__"):
            yield from (
                (str(node.args[0].value), when, False) for _ in node.args[:1] if isinstance(node.args[0], ast.Constant)
            )


def violations(root, name):
    """What this file imports against the rules, one line each."""
    packages, late = PACKAGES[max((key for key in PACKAGES if within(name, [key])), key=len)]
    room, folder = place(name)
    light = name in DOORS | REGISTRIES
    found = []
    for module, when, inside in imports(root, name):
        if inside:
            its_room, its_folder = place(module)
            up = its_room > room or (name.startswith("analyses/") and within(module, CLOSED))
            if its_room == room and its_folder > folder and not (name in DOORS or when == "late" or module in TABLES):
                up = True  # within a room a look-up when a function runs may go up; between rooms nothing may
            found += [f"{name} imports {module}"] * up
        elif (package := module.split(".")[0]) not in sys.stdlib_module_names:
            if package not in packages:
                found.append(f"{name} imports {module}")
            elif when == "top" and package in (late | HEAVY if light else late):
                found.append(f"{name} imports {module} early")
    return found


@pytest.mark.parametrize("name", files(ROOT))
def test_a_file_imports_what_its_place_allows(name):
    assert violations(ROOT, name) == []


def test_every_place_holds_a_file():
    names = files(ROOT)
    for key in (*PACKAGES, *CLOSED):
        assert any(within(name, [key]) for name in names), key
    places = {(rank, at) for rank, room in enumerate(CHAIN.values()) for at in range(len(room))}
    assert {place(name) for name in names} == places
    assert max(name.count("/") for name in names) == 3, "no folder lies deeper than the third"


@pytest.mark.skipif(not (ROOT / "simulator").exists(), reason="an sdist has the rooms within ictal/")
def test_the_links_of_the_package_point_at_the_rooms():
    for room in list(CHAIN)[:3]:
        assert (ROOT / "ictal" / room).resolve() == ROOT / room


TREE = (
    *("simulator/__init__", "simulator/errors", "simulator/recordings/run", "simulator/files/edf"),
    *("simulator/engines/wiring", "simulator/engines/brian2/engine", "models/__init__"),
    *("models/system", "models/rate/ring"),
    *("analyses/measures/phase", "analyses/surrogates", "analyses/comparison/result", "analyses/figures/maps"),
    *("models/spiking/lif", "verbs/measure", "experiments/__init__", "experiments/scales", "cli/plot", "__init__"),
)
FORBIDDEN = [
    ("simulator/errors", "from ..models import system", "models/system"),
    ("simulator/errors", "def f():\n    from ..analyses.measures import phase", "analyses/measures/phase"),
    ("simulator/errors", "if TYPE_CHECKING:\n    from ..verbs.measure import measure", "verbs/measure"),
    ("simulator/errors", "from .recordings.run import Run", "simulator/recordings/run"),
    ("simulator/errors", "from .. import x", "__init__"),
    ("simulator/errors", "from ... import x", "..."),
    ("simulator/errors", "import ictal.models", "ictal.models"),
    ("simulator/errors", "import models", "models"),
    ("simulator/errors", "def f():\n    import torch", "torch"),
    ("simulator/errors", "from importlib import import_module\nimport_module('torch')", "torch"),
    ("simulator/errors", "class A:\n    def f(self, x=__import__('pandas')): ...", "pandas"),
    ("simulator/files/edf", "import edfio", "edfio early"),
    ("simulator/files/edf", "try:\n    import edfio\nexcept ImportError: ...", "edfio early"),
    ("simulator/engines/brian2/engine", "if True:\n    import brian2", "brian2 early"),
    ("analyses/measures/phase", "from ..surrogates import f", "analyses/surrogates"),
    ("analyses/measures/phase", "import h5py", "h5py"),
    ("analyses/figures/maps", "def f():\n    from ...models.rate import ring", "models/rate/ring"),
    ("analyses/figures/maps", "def f():\n    from ...simulator.engines.wiring import g", "simulator/engines/wiring"),
    ("analyses/comparison/result", "from ..figures import maps", "analyses/figures/maps"),
    ("models/rate/ring", "from ..spiking.lif import g", "models/spiking/lif"),
    ("models/rate/ring", "import matplotlib.pyplot", "matplotlib.pyplot"),
    ("models/__init__", "import torch", "torch early"),
    ("verbs/measure", "from ..cli import plot", "cli/plot"),
    ("verbs/measure", "from ..experiments import scales", "experiments/scales"),
]
PERMITTED = [
    ("simulator/files/edf", "import os, numpy\nfrom ..recordings.run import Run\ndef f():\n    import edfio"),
    ("simulator/__init__", "from .recordings.run import Run"),
    ("analyses/comparison/result", "from ..surrogates import f\ndef g():\n    from ..figures.maps import h"),
    ("models/rate/ring", "import torch\nfrom ...analyses.figures import maps\nfrom ..system import System"),
    ("models/__init__", "def f():\n    import torch"),
    ("verbs/measure", "from ..experiments import EXPERIMENTS\nfrom ..models.rate.ring import Ring"),
    ("cli/plot", "import typer\nfrom ..verbs import measure\nif TYPE_CHECKING:\n    import matplotlib"),
]


@pytest.fixture
def tree(tmp_path):
    for name in TREE:
        path = tmp_path / "ictal" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return tmp_path


@pytest.mark.parametrize(("name", "source", "what"), FORBIDDEN)
def test_a_planted_violation_is_found(tree, name, source, what):
    (tree / "ictal" / f"{name}.py").write_text(source)
    assert violations(tree, name) == [f"{name} imports {what}"]


@pytest.mark.parametrize(("name", "source"), PERMITTED)
def test_what_is_allowed_is_not_held_against_a_file(tree, name, source):
    (tree / "ictal" / f"{name}.py").write_text(source)
    assert violations(tree, name) == []
