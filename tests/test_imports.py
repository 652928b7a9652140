"""Who may import whom: the table of CONTRIBUTING, read off the syntax trees."""

import ast
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("simulator", "models", "analyses")

NUMERIC = frozenset({"numpy", "scipy", "h5py", "numba", "llvmlite", "array_api_compat"})
HEAVY = frozenset({"torch", "brian2", "matplotlib", "sklearn", "jinja2", "snntorch"})
TYPES = frozenset(f"simulator/{file}" for file in ("__init__", "errors", "recording", "run", "spikes"))
SIMULATES = frozenset(
    f"simulator/{file}"
    for file in (
        "engine",
        "engine_brian2",
        "engine_compiled",
        "brian2_equations",
        "brian2_inputs",
        "kernels",
        "wiring",
        "probe",
        "sites",
        "recorders",
        "stepping",
        "stream",
        "forecast",
        "joining",
    )
) | {"models"}


@dataclass(frozen=True)
class Row:
    """What the files of a row may import beside the standard library.

    Attributes:
        rooms: files and folders of the package; "" is all of it.
        packages: third-party packages.
        late: of these, the ones that are imported when first used, never when the file is.
        never: files and folders within `rooms` that are closed all the same.
        draws: whether nothing that the file leads to may simulate either.
    """

    rooms: frozenset[str]
    packages: frozenset[str]
    late: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()
    draws: bool = False


MEASURES = Row(TYPES | {"analyses/measures", "analyses/nulls"}, NUMERIC - {"h5py"})
SIMULATOR = Row(frozenset({"simulator"}), NUMERIC)
PROBE = Row(SIMULATOR.rooms, NUMERIC | {"torch"}, late=frozenset({"torch"}))
MODELS = Row(
    frozenset({"simulator", "analyses/measures", "models"}),
    NUMERIC | {"torch", "sklearn", "snntorch", "PIL", "threadpoolctl"},
    late=frozenset({"snntorch", "PIL"}),
)
ANALYSES = Row(
    frozenset({"simulator", "analyses"}),
    NUMERIC | {"sklearn", "torch", "matplotlib", "jinja2", "threadpoolctl"},
    never=frozenset({"analyses/experiments"}),  # they import models
)
DRAWING = Row(ANALYSES.rooms, ANALYSES.packages, never=ANALYSES.never | SIMULATES, draws=True)
EVERYTHING = Row(frozenset({""}), NUMERIC | HEAVY | {"threadpoolctl", "typer", "rich"})


def opens_light(row):
    return Row(row.rooms, row.packages, row.late | HEAVY, row.never, row.draws)


ROWS = {  # the longest key that holds a file is its row
    "simulator": SIMULATOR,
    "simulator/engine_brian2": Row(SIMULATOR.rooms, NUMERIC | {"brian2"}, late=frozenset({"brian2"})),
    "simulator/edf": Row(SIMULATOR.rooms, NUMERIC | {"edfio"}, late=frozenset({"edfio"})),
    "simulator/probe": PROBE,
    "simulator/recorders": PROBE,
    "simulator/sites": PROBE,
    "analyses/measures": Row(TYPES | {"analyses/measures"}, MEASURES.packages),
    "analyses/nulls": MEASURES,
    "models": MODELS,
    "models/__init__": opens_light(MODELS),
    "models/architectures/__init__": opens_light(MODELS),
    "models/treatments/__init__": opens_light(MODELS),
    "models/data/__init__": opens_light(MODELS),
    "analyses": ANALYSES,
    "analyses/__init__": opens_light(ANALYSES),
    "analyses/figures": DRAWING,
    "analyses/report": DRAWING,
    "analyses/evidence": DRAWING,
    "analyses/wording": DRAWING,
    "analyses/display": DRAWING,
    "analyses/experiments": EVERYTHING,
    "analyses/experiments/__init__": opens_light(EVERYTHING),
    "exporting/netcdf": Row(EVERYTHING.rooms, EVERYTHING.packages | {"h5netcdf"}, HEAVY | {"h5netcdf"}),
    "": opens_light(EVERYTHING),  # ictal/ itself
}
When = Literal["top", "late", "typing"]  # when the file is imported, when a function runs, never


@dataclass(frozen=True)
class Import:
    """One imported module.

    Attributes:
        module: as the interpreter would name it, or the file without .py where `within` the package.
        when: when it is imported.
        within: whether it is a file of this package.
    """

    module: str
    when: When
    within: bool


def path_of(root: Path, name: str) -> Path:
    return root / "ictal" / name


def files(root: Path) -> list[str]:
    """Every file of the package, without .py; `ictal/` is left out of the names."""
    found = []
    for folder, _, names in os.walk(root / "ictal", followlinks=True):
        place = Path(folder).relative_to(root / "ictal")
        found += [(place / name).with_suffix("").as_posix() for name in names if name.endswith(".py")]
    return sorted(found)


def holds(places: frozenset[str], name: str) -> bool:
    return any(place in ("", name) or name.startswith(place + "/") for place in places)


def row_of(name: str) -> Row:
    return ROWS[max((key for key in ROWS if holds(frozenset({key}), name)), key=len)]


def statements(body: list[ast.stmt], when: When = "top") -> Iterator[tuple[ast.AST, When]]:
    """Every node, with when it runs: function bodies late, `if TYPE_CHECKING:` never, all else at once."""
    for node in body:
        yield from walked(node, when)


def walked(node: ast.AST, when: When) -> Iterator[tuple[ast.AST, When]]:
    yield node, when
    if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
        yield from statements(node.body, "typing")
        yield from statements(node.orelse, when)
        return
    body: list[ast.stmt] = node.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else []
    for child in ast.iter_child_nodes(node):  # decorators and defaults of a function run at once
        late = when == "top" and any(child is statement for statement in body)
        yield from walked(child, "late" if late else when)


def imports(root: Path, name: str) -> Iterator[Import]:
    """Every import of a file, relative ones resolved to a file of the package; `import_module("x")` too."""
    folder = name.split("/")[:-1]
    tree = ast.parse(path_of(root, name + ".py").read_text(encoding="utf-8"))
    for node, when in statements(tree.body):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, when, within=False)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield Import(node.module or "", when, within=False)
        elif isinstance(node, ast.ImportFrom):
            above = len(folder) - node.level + 1
            if above < 0:
                yield Import("." * node.level + (node.module or ""), when, within=False)
                continue
            parts = folder[:above] + (node.module.split(".") if node.module else [])
            for alias in node.names:
                yield Import(target(root, parts, alias.name), when, within=True)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("import_module", "__import__"):
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield Import(first.value, when, within=False)


def target(root: Path, parts: list[str], attribute: str) -> str:
    """The file that `from parts import attribute` reads: a submodule, or the module that has the attribute."""
    deeper = "/".join([*parts, attribute])
    if path_of(root, deeper + ".py").is_file():
        return deeper
    if path_of(root, f"{deeper}/__init__.py").is_file():
        return f"{deeper}/__init__"
    module = "/".join(parts)
    return module if module and path_of(root, module + ".py").is_file() else "/".join([*parts, "__init__"])


def violations(root: Path, name: str) -> list[str]:
    """What this file imports against its row, one line each."""
    row = row_of(name)
    found = []
    for item in imports(root, name):
        if item.within:
            if not holds(row.rooms, item.module) or holds(row.never, item.module):
                found.append(f"{name} imports {item.module}")
            continue
        package = item.module.split(".")[0]
        if package in sys.stdlib_module_names:
            continue
        if package not in row.packages:
            found.append(f"{name} imports {item.module}")
        elif package in row.late and item.when == "top":
            found.append(f"{name} imports {item.module} before it is used")
    if row.draws and not found:
        found += [f"{name} leads to {way}" for way in ways_to_simulate(root, name)]
    return found


def ways_to_simulate(root: Path, name: str) -> list[str]:
    """Chains of imports, type annotations aside, from this file to one that simulates."""
    seen, queue, found = {name}, [[name]], []
    while queue:
        chain = queue.pop()
        for item in imports(root, chain[-1]):
            if not item.within or item.when == "typing" or item.module in seen:
                continue
            seen.add(item.module)
            if holds(SIMULATES, item.module):
                found.append(" -> ".join([*chain[1:], item.module]))
            elif path_of(root, item.module + ".py").is_file():
                queue.append([*chain, item.module])
    return found


# The package


@pytest.mark.parametrize("name", files(ROOT))
def test_imports_only_what_its_row_allows(name):
    assert violations(ROOT, name) == []


def test_every_row_holds_a_file_and_every_room_is_read():
    names = files(ROOT)
    assert {key for key in ROWS if not any(holds(frozenset({key}), name) for name in names)} == set()
    assert {"simulator/engine", "models/seizure", "analyses/figures/save", "api", "__init__", "cli/info"} <= set(names)
    closed = {place for row in ROWS.values() for place in row.rooms | row.never}
    assert {place for place in closed if not any(holds(frozenset({place}), name) for name in names)} == set()


@pytest.mark.skipif(not (ROOT / "simulator").exists(), reason="an sdist has the rooms within ictal/")
def test_the_links_of_the_package_point_at_the_rooms():
    for room in ROOMS:
        assert (ROOT / "ictal" / room).resolve() == ROOT / room


# The checker itself, on a small tree in which every violation is planted

TREE = [
    *(f"simulator/{file}" for file in ("__init__", "errors", "recording", "document", "network", "cells")),
    *SIMULATES - {"models"},
    *(f"models/{file}" for file in ("__init__", "seizure", "training")),
    *(f"analyses/{file}" for file in ("__init__", "compare", "comparison", "nulls", "report", "wording", "display")),
    *("analyses/measures/__init__", "analyses/measures/phase", "analyses/figures/__init__", "analyses/figures/maps"),
    *("analyses/experiments/__init__", "analyses/experiments/overfitting"),
    *("__init__", "api", "cli/__init__", "cli/plot"),
]


@pytest.fixture
def tree(tmp_path):
    for name in TREE:
        path = path_of(tmp_path, name + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return tmp_path


def plant(tree, name, source):
    assert name in TREE
    path_of(tree, name + ".py").write_text(source)


FORBIDDEN = [
    # packages outside the row
    ("simulator/cells", "import pandas", "pandas"),
    ("simulator/cells", "from rich.console import Console", "rich.console"),
    ("simulator/cells", "import numpy, xarray as xr", "xarray"),
    ("simulator/cells", "def f():\n    import torch", "torch"),
    ("simulator/cells", "class A:\n    def f(self):\n        import brian2", "brian2"),
    ("simulator/cells", "import sklearn.svm", "sklearn.svm"),
    ("simulator/probe", "def f():\n    import brian2", "brian2"),
    ("simulator/engine_brian2", "def f():\n    import torch", "torch"),
    ("simulator/engine", "from importlib import import_module\nimport_module('torch')", "torch"),
    ("simulator/engine", "def f():\n    return __import__('brian2')", "brian2"),
    ("simulator/engine", "import typing\nif typing.TYPE_CHECKING:\n    import pandas", "pandas"),
    ("analyses/measures/phase", "import pandas", "pandas"),
    ("analyses/measures/phase", "import rich", "rich"),
    ("analyses/measures/phase", "import xarray", "xarray"),
    ("analyses/measures/phase", "import h5py", "h5py"),
    ("analyses/measures/phase", "def f():\n    import torch", "torch"),
    ("analyses/measures/phase", "import sklearn", "sklearn"),
    ("analyses/nulls", "import torch", "torch"),
    ("models/seizure", "import matplotlib.pyplot", "matplotlib.pyplot"),
    ("models/seizure", "import brian2", "brian2"),
    ("analyses/compare", "import brian2", "brian2"),
    ("analyses/compare", "import pandas", "pandas"),
    ("analyses/experiments/overfitting", "import pandas", "pandas"),
    ("api", "def f():\n    import pandas", "pandas"),
    # rooms that are not below
    ("simulator/cells", "from ..models import seizure", "models/seizure"),
    ("simulator/cells", "from ..models.seizure import SeizureNetwork", "models/seizure"),
    ("simulator/cells", "from .. import models", "models/__init__"),
    ("simulator/cells", "def f():\n    from ..analyses.measures import get", "analyses/measures/__init__"),
    ("simulator/cells", "from ..api import compare", "api"),
    ("simulator/cells", "from .. import __version__", "__init__"),
    ("simulator/cells", "from ... import setup", "..."),
    ("simulator/cells", "import ictal.models", "ictal.models"),
    ("simulator/cells", "from ictal.analyses import compare", "ictal.analyses"),
    ("simulator/cells", "import models", "models"),
    ("analyses/measures/phase", "from ...simulator import document", "simulator/document"),
    ("analyses/measures/phase", "from ...simulator.engine import simulate", "simulator/engine"),
    ("analyses/measures/phase", "from ..nulls import null_test", "analyses/nulls"),
    ("analyses/measures/phase", "from .. import comparison", "analyses/comparison"),
    ("analyses/nulls", "from . import compare", "analyses/compare"),
    ("analyses/nulls", "from ..simulator.document import read", "simulator/document"),
    ("models/seizure", "from ..analyses.compare import Panel", "analyses/compare"),
    ("models/seizure", "from ..analyses import nulls", "analyses/nulls"),
    ("analyses/compare", "from ..models.seizure import SeizureNetwork", "models/seizure"),
    ("analyses/compare", "from ..models import SYSTEMS", "models/__init__"),
    ("analyses/compare", "from .experiments import EXPERIMENTS", "analyses/experiments/__init__"),
    ("analyses/compare", "from ..cli import main", "cli/__init__"),
    # too early
    ("simulator/engine_brian2", "import brian2", "brian2 before"),
    ("simulator/probe", "from torch import nn", "torch before"),
    ("simulator/recorders", "try:\n    import torch\nexcept ImportError:\n    torch = None", "torch before"),
    ("simulator/probe", "if True:\n    with open('x'):\n        import torch", "torch before"),
    ("simulator/probe", "try:\n    pass\nexcept OSError:\n    import torch", "torch before"),
    ("simulator/probe", "class A:\n    import torch", "torch before"),
    ("simulator/probe", "if TYPE_CHECKING:\n    pass\nelse:\n    import torch", "torch before"),
    ("simulator/probe", "if not TYPE_CHECKING:\n    import torch", "torch before"),
    ("models/__init__", "import torch", "torch before"),
    ("analyses/__init__", "import matplotlib", "matplotlib before"),
    ("analyses/experiments/__init__", "import sklearn", "sklearn before"),
    ("__init__", "import torch", "torch before"),
    ("api", "import brian2", "brian2 before"),
    ("api", "if True:\n    import matplotlib.pyplot as plt", "matplotlib.pyplot before"),
    ("cli/__init__", "try:\n    from sklearn import svm\nfinally:\n    pass", "sklearn before"),
    ("cli/plot", "import jinja2", "jinja2 before"),
    # drawing never simulates
    *(
        (f"analyses/{file}", f"def f():\n    from {dots}simulator.{module} import x", f"simulator/{module}")
        for file, dots in (("figures/maps", "..."), ("report", ".."), ("wording", ".."), ("display", ".."))
        for module in ("engine", "engine_brian2", "engine_compiled", "kernels", "probe", "recorders")
    ),
    ("analyses/figures/maps", "from ...models.seizure import SeizureNetwork", "models/seizure"),
    ("analyses/report", "from ..simulator import wiring", "simulator/wiring"),
    ("analyses/wording", "from .. import models", "models/__init__"),
    ("analyses/display", "from .experiments import overfitting", "analyses/experiments/overfitting"),
]
PERMITTED = [
    ("simulator/cells", "import os, numpy.typing\nfrom scipy.signal import welch\nfrom .errors import InputError"),
    ("simulator/cells", "from . import errors\nfrom .engine import simulate"),
    ("simulator/engine_brian2", "def f():\n    import brian2"),
    ("simulator/engine", "def f():\n    from .engine_brian2 import simulate_brian2"),
    ("simulator/probe", "if TYPE_CHECKING:\n    from torch import nn\ndef f():\n    import torch"),
    ("simulator/recorders", "import typing\nif typing.TYPE_CHECKING:\n    import torch"),
    (
        "simulator/recorders",
        "class A:\n    async def f(self):\n        try:\n            import torch\n        finally: ...",
    ),
    ("analyses/measures/phase", "from ...simulator import Recording\nimport numba\nfrom . import get"),
    ("analyses/nulls", "from .measures.phase import f\nfrom ..simulator import Recording"),
    ("models/training", "import torch\nfrom ..simulator.probe import Layers\nfrom ..analyses.measures import get"),
    ("models/__init__", "def f():\n    import torch"),
    ("analyses/compare", "import threadpoolctl, torch\nfrom .nulls import f\nfrom ..simulator.engine import n_steps"),
    ("analyses/figures/maps", "import matplotlib\nfrom ..comparison import Comparison\nfrom ...simulator import Run"),
    ("analyses/report", "import jinja2\nfrom ..simulator.document import replacing\nfrom . import figures"),
    ("analyses/experiments/overfitting", "import torch\nfrom ...models.seizure import X\nfrom ..compare import y"),
    ("api", "def f():\n    import torch\nfrom .models import SYSTEMS\nfrom .cli import main"),
    ("cli/plot", "import typer\nfrom .. import api\nif TYPE_CHECKING:\n    from matplotlib.figure import Figure"),
]


@pytest.mark.parametrize(("name", "source", "what"), FORBIDDEN)
def test_a_planted_violation_is_found(tree, name, source, what):
    plant(tree, name, source)
    (line,) = violations(tree, name)
    early = what.endswith(" before")
    assert line == (f"{name} imports {what} it is used" if early else f"{name} imports {what}")


@pytest.mark.parametrize(("name", "source"), PERMITTED)
def test_what_is_allowed_is_not_held_against_a_file(tree, name, source):
    plant(tree, name, source)
    assert violations(tree, name) == []


def test_drawing_does_not_simulate_through_others(tree):
    plant(tree, "analyses/report", "from .comparison import Comparison")
    plant(tree, "analyses/comparison", "def f():\n    from . import compare")
    assert violations(tree, "analyses/report") == []
    plant(tree, "analyses/compare", "from ..simulator.engine import simulate")
    (line,) = violations(tree, "analyses/report")
    assert line == "analyses/report leads to analyses/comparison -> analyses/compare -> simulator/engine"
    plant(tree, "analyses/comparison", "if TYPE_CHECKING:\n    from . import compare")
    assert violations(tree, "analyses/report") == []


def test_files_are_found_in_every_folder(tree):
    assert files(tree) == sorted(TREE)
