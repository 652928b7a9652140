"""What is shipped: the wheel and the sdist of the tracked tree, and a wheel made from that sdist."""

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("simulator", "models", "analyses")
LITTER = (  # what lies about in a checkout and is nobody's to ship
    ".venv/lib/python3.11/site-packages/other.py",
    "data/demo/report.html",
    "data/demo/comparison.h5",
    "build/lib/ictal/__init__.py",
    "dist/ictal-0.0.0.tar.gz",
    "simulator/__pycache__/run.cpython-311.pyc",
    "ictal/__pycache__/api.cpython-311.pyc",
    "tests/__pycache__/oracles.cpython-311.pyc",
    ".hypothesis/constants/0",
)

pytestmark = pytest.mark.slow


def tracked():
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("needs git and a checkout")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()]


def build(folder, kind, out):
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(out)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = out.iterdir()
    return made


def of_wheel(path):
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """(tree, wheel, sdist, wheel of the sdist), each name -> bytes; the rooms are no part of `ictal/` in the tree."""
    pytest.importorskip("hatchling")
    base = tmp_path_factory.mktemp("packaging")
    tree = base / "tree"
    names = tracked()
    for name in names:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, tree / name, follow_symlinks=False)
    contents = {name: (tree / name).read_bytes() for name in names if not (tree / name).is_symlink()}
    for name in LITTER:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text("litter")
    wheel = of_wheel(build(tree, "wheel", base / "wheel"))
    archive = build(tree, "sdist", base / "sdist")
    with tarfile.open(archive) as file:
        members = file.getmembers()
        assert all(member.isfile() for member in members), "an sdist holds files; a link is lost on Windows"
        file.extractall(base / "unpacked", filter="data")
    (unpacked,) = (base / "unpacked").iterdir()
    sdist = {
        PurePosixPath(member.name).relative_to(unpacked.name).as_posix(): (base / "unpacked" / member.name).read_bytes()
        for member in members
    }
    return contents, wheel, sdist, of_wheel(build(unpacked, "wheel", base / "again"))


def package(tree):
    """The files of the tree that are the package, under their names there."""
    inside = {name: content for name, content in tree.items() if name.startswith("ictal/")}
    return inside | {f"ictal/{name}": content for name, content in tree.items() if name.split("/")[0] in ROOMS}


def test_the_wheel_is_the_package_with_the_rooms_as_real_files(shipped):
    tree, wheel, _, _ = shipped
    code = {name: content for name, content in wheel.items() if ".dist-info/" not in name}
    assert code == package(tree)
    assert {
        "ictal/verbs/measure.py",
        "ictal/py.typed",
        "ictal/simulator/engines/simulate.py",
        "ictal/models/spiking/seizure.py",
        "ictal/analyses/figures/save.py",
        "ictal/analyses/report/templates/report.html.j2",
    } <= set(code)


def test_the_wheel_says_what_it_is(shipped):
    tree, wheel, _, _ = shipped
    about = {name.split(".dist-info/")[1]: content for name, content in wheel.items() if ".dist-info/" in name}
    assert set(about) == {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"}
    assert about["licenses/LICENSE"] == tree["LICENSE"]
    assert b"ictal = ictal.cli:main" in about["entry_points.txt"]
    assert b"Root-Is-Purelib: true" in about["WHEEL"]


def test_the_sdist_holds_the_package_its_tests_and_its_papers(shipped):
    tree, _, sdist, _ = shipped
    folders = ("tests/", "docs/", "examples/", "benchmarks/")
    papers = (
        "README.md",
        "README.zh.md",
        "CHANGELOG.md",
        "CITATION.cff",
        "CONTRIBUTING.md",
        "LICENSE",
        "data/README.md",
    )
    tools = ("Makefile", "constraints.txt", "pyproject.toml", ".gitignore")
    beside = {name: content for name, content in tree.items() if name.startswith(folders) or name in papers + tools}
    assert {*papers, *tools, "tests/contracts/test_imports.py", "tests/support/oracles.py", "docs/index.md"} <= set(
        beside
    )
    assert {name: content for name, content in sdist.items() if name != "PKG-INFO"} == package(tree) | beside


def test_a_wheel_of_the_sdist_is_the_wheel_of_the_tree(shipped):
    _, wheel, _, again = shipped
    assert again == wheel


def test_nothing_else_is_shipped(shipped):
    _, wheel, sdist, _ = shipped
    assert b"litter" not in {*wheel.values(), *sdist.values()}
    for name in (*wheel, *sdist):
        assert not name.startswith((".venv", "data/demo", "build", "dist", ".git/")), name
        assert "__pycache__" not in name
