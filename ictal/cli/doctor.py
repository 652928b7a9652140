"""``ictal doctor``: checks of this installation, each with its remedy."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any

from ..simulator.fields import Param
from ..simulator.options import Option
from .options import command
from .output import Output
from .tables import wrapped

PACKAGES = (
    "numpy", "scipy", "h5py", "numba", "brian2", "torch", "scikit-learn", "matplotlib", "jinja2", "typer", "rich",
    "array-api-compat",
)  # fmt: skip
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
NO_BROWSER = "optional, none found: reports are plain HTML"
ROOMS = ("simulator", "models", "analyses")
PACKAGE = Path(__file__).resolve().parents[1]


@command
def doctor(
    compile_: Annotated[
        bool, Param("Compile the built-in spiking systems now, not in the first run of each"), Option("", "--compile")
    ] = False,
    *,
    out: Output,
) -> None:
    """Check versions, caches, threads, data and links."""
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    checks = {
        "python": _check(sys.version_info >= (3, 11), f"{platform.python_version()} on {platform.platform()}"),
        "packages": _packages(),
        "numba cache": _numba_cache(),
        "threads": _threads(),
        "links": _links(),
        "git symlinks": _git_symlinks(),
        "fashion-mnist": _fashion_mnist(),
        "browser": _check(True, f"{browser} (shows and tests reports)" if browser else NO_BROWSER),
    }
    if compile_:
        checks["kernels"] = _kernels(out)
    troubles = [name for name, check in checks.items() if not check["ok"]]

    def text() -> str:
        lines = []
        for name, check in checks.items():
            lines += wrapped(f"{'ok ' if check['ok'] else 'NO '} {name:<14} {check['what']}", "", " " * 19)
        lines.append("all is well" if not troubles else f"look at: {', '.join(troubles)}")
        return "\n".join(lines) + "\n"

    out.result({"checks": checks, "troubles": troubles}, text)


def _check(ok: bool, what: str) -> dict[str, Any]:
    return {"ok": ok, "what": what}


def _packages() -> dict[str, Any]:
    found, missing = [], []
    for name in ("ictal", *PACKAGES):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    absent = f"; missing: {', '.join(missing)} (pip install {' '.join(missing)})" if missing else ""
    return _check(not missing, ", ".join(found) + absent)


def _numba_cache() -> dict[str, Any]:
    given = os.environ.get("NUMBA_CACHE_DIR")
    folder = Path(given) if given else PACKAGE / "simulator" / "engines" / "__pycache__"
    above = folder
    while not above.exists():
        above = above.parent
    if os.access(above, os.W_OK | os.X_OK):
        return _check(True, f"writable: {folder}")
    return _check(False, f"{folder} cannot be written: kernels compile anew each time; set NUMBA_CACHE_DIR to a folder")


def _kernels(out: Output) -> dict[str, Any]:
    """Run every built-in spiking system for a millisecond."""
    from ..models import SYSTEMS
    from ..models.system import Spiking
    from ..verbs import simulate
    from ..verbs.names import build

    names = [name for name in SYSTEMS.usable() if isinstance(build(name, {}), Spiking)]
    start = time.perf_counter()
    with out.progress("compile") as report:
        for done, name in enumerate(names):
            if report is not None:
                report(done, len(names), name)
            simulate.simulate(name, duration=0.001)
    return _check(True, f"compiled for {', '.join(names)} in {time.perf_counter() - start:.1f} s, stored for later")


def _threads() -> dict[str, Any]:
    set_to = {name: os.environ[name] for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS") if name in os.environ}
    named = "".join(f", {name}={value}" for name, value in set_to.items())
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return _check(True, f"{available} cores for this process{named}")


def _links() -> dict[str, Any]:
    """Check the links of a checkout, which without symlinks are text files."""
    broken = [name for name in ROOMS if not (PACKAGE / name / "__init__.py").is_file()]
    if broken:
        fix = "git config core.symlinks true && git checkout -- ictal"
        return _check(False, f"{', '.join(broken)}: not folders of {PACKAGE}; in the clone: {fix}")
    linked = any((PACKAGE / name).is_symlink() for name in ROOMS)
    return _check(True, f"{PACKAGE}: " + ("a checkout, its three links in place" if linked else "installed as files"))


def _git_symlinks() -> dict[str, Any]:
    if os.name != "nt":
        return _check(True, "not Windows: nothing to set")
    if shutil.which("git") is None:
        return _check(True, "no git here")
    answer = subprocess.run(["git", "config", "core.symlinks"], capture_output=True, text=True, check=False)
    ok = answer.stdout.strip() == "true"
    return _check(ok, "core.symlinks is true" if ok else "git config --global core.symlinks true, then clone again")


def _fashion_mnist() -> dict[str, Any]:
    from ..models.datasets import FASHION_MNIST

    absent = "optional, not here: apt install dataset-fashion-mnist, or --data fashion-mnist:FOLDER"
    return _check(True, f"found: {FASHION_MNIST}" if Path(FASHION_MNIST).is_dir() else absent)
