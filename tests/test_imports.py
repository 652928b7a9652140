"""Who may import whom: the table of CONTRIBUTING, read off the syntax trees."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NUMERIC = {"numpy", "scipy", "h5py", "numba", "array_api_compat"}
ALLOWED = {  # room -> (rooms below it, third-party packages)
    "simulator": (set(), NUMERIC),
    "simulator/engine_brian2.py": ({"simulator"}, NUMERIC | {"brian2"}),
    "simulator/probe.py": ({"simulator"}, NUMERIC | {"torch"}),
    "simulator/recorders.py": ({"simulator"}, NUMERIC | {"torch"}),
    "analyses/measures": ({"simulator"}, NUMERIC - {"h5py"}),
    "analyses/nulls.py": ({"simulator", "analyses/measures"}, NUMERIC - {"h5py"}),
    "models": ({"simulator", "analyses/measures"}, NUMERIC | {"torch", "snntorch", "sklearn"}),
    "analyses": (
        {"simulator", "analyses/measures", "analyses/nulls.py"},
        NUMERIC | {"sklearn", "torch", "matplotlib", "jinja2"},
    ),
}
HEAVY = {"torch", "brian2", "matplotlib", "sklearn", "jinja2"}


def files():
    for room in ("simulator", "models", "analyses"):
        for path in sorted((ROOT / room).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix()


def room_of(name):
    return max((room for room in ALLOWED if name == room or name.startswith(room + "/")), key=len)


def imports(name):
    """(module, at top level) of every import, relative ones resolved to a path from the root."""
    tree = ast.parse((ROOT / name).read_text())
    package = name.split("/")[:-1]
    top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) in top
        elif isinstance(node, ast.ImportFrom):
            if node.level == 0:
                yield node.module, id(node) in top
                continue
            base = package[: len(package) - node.level + 1]
            parts = node.module.split(".") if node.module else []
            for target in [parts] if parts else [[alias.name] for alias in node.names]:
                yield "/" + "/".join(base + target), id(node) in top


@pytest.mark.parametrize("name", list(files()))
def test_imports_only_from_below(name):
    if name.startswith("analyses/experiments"):
        return
    room = room_of(name)
    rooms, packages = ALLOWED[room]
    for module, _ in imports(name):
        if module.startswith("/"):
            target = module[1:]
            if not any(target == r or target.startswith(r + "/") for r in ("simulator", "models", "analyses")):
                raise AssertionError(f"{name} imports {target}, outside the three rooms")
            other = room_of(f"{target}.py" if f"{target}.py" in ALLOWED else target)
            own = room.split("/")[0] == other.split("/")[0] and room in ("simulator", "models", "analyses")
            assert own or other in rooms | {room} or other.split("/")[0] in rooms, f"{name} imports {target}"
        else:
            package = module.split(".")[0]
            known = NUMERIC | HEAVY | {"snntorch", "ictal", "simulator", "models", "analyses"}
            assert package not in known or package in packages, f"{name} imports {module}"


@pytest.mark.parametrize("name", ["simulator/__init__.py", "models/__init__.py", "analyses/__init__.py"])
def test_the_rooms_open_without_heavy_packages(name):
    assert not {m.split(".")[0] for m, top in imports(name) if top} & HEAVY


def test_heavy_imports_of_the_simulator_happen_when_used():
    for name in files():
        if name.startswith("simulator/"):
            assert not {m.split(".")[0] for m, top in imports(name) if top} & {"torch", "brian2"}, name


def test_the_links_of_the_package_point_at_the_rooms():
    for room in ("simulator", "models", "analyses"):
        assert (ROOT / "ictal" / room).resolve() == ROOT / room
