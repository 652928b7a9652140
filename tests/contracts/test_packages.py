"""Third parties by place, engines that are closed to analyses, and planted violations of every rule of imports."""

import ast
import importlib.util
import os
import sys
from graphlib import CycleError
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("simulator", "analyses", "models")
CLOSED = ("simulator/engines", "simulator/long_runs", "simulator/networks")  # to analyses: they read and never simulate
DOORS = {"__init__", *(f"{room}/__init__" for room in ROOMS)}  # they open without HEAVY
REGISTRIES = {
    f"models/{folder}/__init__" for folder in ("architectures", "attacks", "datasets", "treatments")
}  # they do, too

NUMERIC = {"numpy", "scipy", "h5py", "numba", "llvmlite", "array_api_compat"}
HEAVY = {"torch", "brian2", "matplotlib", "sklearn", "jinja2", "markupsafe", "snntorch"}
TRAINS = NUMERIC | {"torch", "sklearn", "threadpoolctl", "snntorch", "PIL"}
READS = NUMERIC | {"sklearn", "matplotlib", "jinja2", "markupsafe", "threadpoolctl"}
PACKAGES = {  # the longest key that holds a file: third parties, and those of them that are imported when first used
    "simulator": (NUMERIC, set()),
    "simulator/engines/brian2": (NUMERIC | {"brian2"}, {"brian2"}),
    "simulator/files/edf": (NUMERIC | {"edfio"}, {"edfio"}),
    "simulator/export/mne_objects": (NUMERIC | {"mne"}, {"mne"}),
    "simulator/export/netcdf": (NUMERIC | {"h5netcdf"}, {"h5netcdf"}),
    "simulator/export/nwb": (NUMERIC | {"hdmf", "pynwb"}, {"hdmf", "pynwb"}),
    "simulator/neighbours/frame_files": (NUMERIC | {"pandas", "pyarrow"}, {"pandas", "pyarrow"}),
    "simulator/progress": ({"rich", "IPython"}, {"rich", "IPython"}),
    "analyses": (READS, set()),
    "analyses/figures/save": (READS | {"PIL"}, set()),
    "analyses/figures/notebook/card": (READS | {"PIL"}, {"PIL"}),
    "analyses/dynamics": (READS | {"torch"}, set()),
    "analyses/measures": (NUMERIC - {"h5py"}, set()),
    "analyses/nulls/null_tests": (NUMERIC - {"h5py"}, set()),
    "models": (TRAINS, {"snntorch", "PIL"}),
    "models/probe": (TRAINS, HEAVY),
    "models/probe/flow": (TRAINS, {"snntorch", "PIL"}),  # files that are imported when a model is at hand
    "models/probe/kept": (TRAINS, {"snntorch", "PIL"}),
    "models/probe/numbers": (TRAINS, {"snntorch", "PIL"}),
    "models/probe/passing": (TRAINS, {"snntorch", "PIL"}),
    "models/probe/streams": (TRAINS, {"snntorch", "PIL"}),
    "models/probe/watch": (TRAINS, {"snntorch", "PIL"}),
    "models/trained/image_modes": (TRAINS, {"snntorch", "PIL"}),
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
    light = name in DOORS | REGISTRIES
    found = []
    for module, when, inside in imports(root, name):
        if inside:
            found += [f"{name} imports {module}"] * (name.startswith("analyses/") and within(module, CLOSED))
        elif (package := module.split(".")[0]) not in sys.stdlib_module_names:
            if package not in packages:
                found.append(f"{name} imports {module}")
            elif when == "top" and package in (late | HEAVY if light else late):
                found.append(f"{name} imports {module} early")
    return found


@pytest.mark.parametrize("name", files(ROOT))
def test_a_file_imports_what_its_place_allows(name):
    assert violations(ROOT, name) == []


def chain_of(package):
    """The test of the chain, of this package."""
    spec = importlib.util.spec_from_file_location("chain", Path(__file__).with_name("test_imports.py"))
    chain = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(chain)
    chain.PACKAGE = package
    return chain


def test_every_place_holds_a_file():
    names, chain = files(ROOT), chain_of(ROOT / "ictal")
    for key in (*PACKAGES, *CLOSED):
        assert any(within(name, [key]) for name in names), key
    places = {(rank, at) for rank, room in enumerate(chain.CHAIN.values()) for at in range(len(room.split(", ")))}
    assert {chain.place(ROOT / "ictal" / f"{name}.py") for name in names} == places
    assert max(name.count("/") for name in names) == 3, "no folder lies deeper than the third"


@pytest.mark.skipif(not (ROOT / "simulator").exists(), reason="an sdist has the rooms within ictal/")
def test_the_links_of_the_package_point_at_the_rooms():
    for room in ROOMS:
        assert (ROOT / "ictal" / room).resolve() == ROOT / room


TREE = (
    *("simulator/__init__", "simulator/errors", "simulator/recordings/run", "simulator/files/edf"),
    *("simulator/engines/wiring", "simulator/engines/brian2/engine", "models/__init__"),
    *("models/system", "models/rate/ring", "models/rate/zhang"),
    *("analyses/measures/phase", "analyses/nulls/null_tests", "analyses/comparison/result", "analyses/figures/maps"),
    *("models/spiking/lif", "verbs/measure", "experiments/__init__", "experiments/scales", "cli/plot", "__init__"),
)
UP = [
    ("simulator/errors", "from ..models import system"),
    ("simulator/errors", "def f():\n    from ..analyses.measures import phase"),
    ("simulator/errors", "if TYPE_CHECKING:\n    from ..verbs.measure import measure"),
    ("simulator/errors", "from .recordings.run import Run"),
    ("simulator/errors", "from .. import x"),
    ("analyses/measures/phase", "from ..nulls.null_tests import f"),
    ("analyses/figures/maps", "def f():\n    from ...models.rate import ring"),
    ("analyses/comparison/result", "from ..figures import maps"),
    ("analyses/comparison/result", "def g():\n    from ..figures.maps import h"),
    ("models/rate/ring", "from ..spiking.lif import g"),
    ("verbs/measure", "from ..cli import plot"),
    ("verbs/measure", "from ..experiments import scales"),
]
ROUND = [
    {"models/rate/ring": "from .zhang import a", "models/rate/zhang": "def f():\n    from .ring import b"},
    {"models/rate/ring": "if TYPE_CHECKING:\n    from . import zhang", "models/rate/zhang": "from .ring import b"},
]
FORBIDDEN = [
    ("simulator/errors", "from ... import x", "..."),
    ("simulator/errors", "import ictal.models", "ictal.models"),
    ("simulator/errors", "import models", "models"),
    ("simulator/errors", "def f():\n    import torch", "torch"),
    ("simulator/errors", "from importlib import import_module\nimport_module('torch')", "torch"),
    ("simulator/errors", "class A:\n    def f(self, x=__import__('pandas')): ...", "pandas"),
    ("simulator/files/edf", "import edfio", "edfio early"),
    ("simulator/files/edf", "try:\n    import edfio\nexcept ImportError: ...", "edfio early"),
    ("simulator/engines/brian2/engine", "if True:\n    import brian2", "brian2 early"),
    ("analyses/measures/phase", "import h5py", "h5py"),
    ("analyses/figures/maps", "def f():\n    from ...simulator.engines.wiring import g", "simulator/engines/wiring"),
    ("models/rate/ring", "import matplotlib.pyplot", "matplotlib.pyplot"),
    ("models/__init__", "import torch", "torch early"),
]
PERMITTED = [
    ("simulator/files/edf", "import os, numpy\nfrom ..recordings.run import Run\ndef f():\n    import edfio"),
    ("analyses/comparison/result", "from ..nulls.null_tests import f"),
    ("models/rate/ring", "import torch\nfrom ...analyses.figures import maps\nfrom ..system import System"),
    ("models/__init__", "def f():\n    import torch"),
    ("experiments/scales", "from ..verbs.measure import measure\nfrom ..models.rate.ring import Ring"),
    ("cli/plot", "import typer\nfrom ..verbs import measure\nif TYPE_CHECKING:\n    import matplotlib"),
]


@pytest.fixture
def tree(tmp_path):
    for name in TREE:
        path = tmp_path / "ictal" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return tmp_path


def plant(tree, **sources):
    for name, source in sources.items():
        (tree / "ictal" / f"{name}.py").write_text(source)


@pytest.mark.parametrize(("name", "source"), UP)
def test_an_import_up_the_chain_is_found(tree, name, source):
    plant(tree, **{name: source})
    with pytest.raises(AssertionError):
        chain_of(tree / "ictal").test_no_import_goes_up_the_chain_and_none_in_a_circle()


@pytest.mark.parametrize("sources", ROUND)
def test_a_circle_is_found(tree, sources):
    plant(tree, **sources)
    with pytest.raises(CycleError):
        chain_of(tree / "ictal").test_no_import_goes_up_the_chain_and_none_in_a_circle()


@pytest.mark.parametrize(("name", "source", "what"), FORBIDDEN)
def test_a_planted_violation_is_found(tree, name, source, what):
    plant(tree, **{name: source})
    assert violations(tree, name) == [f"{name} imports {what}"]


@pytest.mark.parametrize(("name", "source"), PERMITTED)
def test_what_is_allowed_is_not_held_against_a_file(tree, name, source):
    plant(tree, **{name: source})
    assert violations(tree, name) == []
    chain_of(tree / "ictal").test_no_import_goes_up_the_chain_and_none_in_a_circle()
