"""Who may import whom: one chain of rooms, one order of folders within each, and no circle of files."""

import ast
import os
from graphlib import TopologicalSorter
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "ictal"
CHAIN = {  # the rooms, and the folders of each, from the lowest up; "" are the loose files of a room
    "simulator": ", recordings, files, export, neighbours, networks, engines, long_runs",
    "analyses": "measures, nulls, , series, layers, comparison, eeg, why, dynamics, evidence, figures, claims, report",
    "models": ", rate, spiking, datasets, architectures, probe, attacks, monitoring, treatments, synchrony, training, "
    "trained",
    "ictal": "verbs, sweeps, experiments, cli, ",
}


def imported(path):
    """Every file of the package that a file imports: inside functions and for type checkers, too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = path.parents[node.level - 1].joinpath(*(node.module or "").split("."))
            for name in (alias.name for alias in node.names):
                ways = (base / f"{name}.py", base / name / "__init__.py", base.with_suffix(".py"), base / "__init__.py")
                yield next(way for way in ways if way.is_file())


def place(path):
    """Rank of the room of a file, and of its folder within the room."""
    parts = path.relative_to(PACKAGE).parts
    room, *rest = parts if parts[0] in CHAIN else ("ictal", *parts)
    return list(CHAIN).index(room), CHAIN[room].split(", ").index(rest[0] if len(rest) > 1 else "")


def test_no_import_goes_up_the_chain_and_none_in_a_circle():
    tree = os.walk(PACKAGE, followlinks=True)
    files = [Path(folder, name) for folder, _, names in tree for name in names if name.endswith(".py")]
    graph = {path: set(imported(path)) - {path} for path in files}
    assert sorted(f"{a} imports {b}" for a in files for b in graph[a] if place(b) > place(a)) == []
    TopologicalSorter(graph).prepare()
