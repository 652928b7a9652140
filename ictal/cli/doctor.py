"""``ictal doctor``: whether this installation can do its work, and what to do where it cannot."""

from __future__ import annotations

from typing import Annotated, Any

from ..simulator.fields import Param
from ..simulator.options import Option
from .options import command
from .output import Output

PACKAGES = (
    "numpy", "scipy", "h5py", "numba", "brian2", "torch", "scikit-learn", "matplotlib", "jinja2", "typer", "rich",
    "array-api-compat",
)  # fmt: skip
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


@command
def doctor(
    compile_: Annotated[
        bool, Param("Compile the built-in spiking systems now, not in the first run of each"), Option("", "--compile")
    ] = False,
    *,
    out: Output,
) -> None:
    """Check versions, caches, threads, data and links."""
    checks = {
        "python": _python(),
        "packages": _packages(),
        "numba cache": _numba_cache(),
        "threads": _threads(),
        "links": _links(),
        "git symlinks": _git_symlinks(),
        "fashion-mnist": _fashion_mnist(),
        "browser": _browser(),
    }
    if compile_:
        checks["kernels"] = _kernels(out)
    troubles = [name for name, check in checks.items() if not check["ok"]]

    def text() -> str:
        lines = [f"{'ok ' if check['ok'] else 'NO '} {name:<14} {check['what']}" for name, check in checks.items()]
        lines.append("all is well" if not troubles else f"look at: {', '.join(troubles)}")
        return "\n".join(lines) + "\n"

    out.result({"checks": checks, "troubles": troubles}, text)


def _check(ok: bool, what: str) -> dict[str, Any]:
    return {"ok": ok, "what": what}


def _python() -> dict[str, Any]:
    import platform
    import sys

    return _check(sys.version_info >= (3, 11), f"{platform.python_version()} on {platform.platform()}")


def _packages() -> dict[str, Any]:
    from importlib.metadata import PackageNotFoundError, version

    found, missing = [], []
    for name in ("ictal", *PACKAGES):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    absent = f"; missing: {', '.join(missing)} (pip install {' '.join(missing)})" if missing else ""
    return _check(not missing, ", ".join(found) + absent)


def _numba_cache() -> dict[str, Any]:
    import os
    from pathlib import Path

    given = os.environ.get("NUMBA_CACHE_DIR")
    folder = Path(given) if given else Path(__file__).resolve().parents[1] / "simulator" / "engines" / "__pycache__"
    above = folder
    while not above.exists():
        above = above.parent
    if os.access(above, os.W_OK | os.X_OK):
        return _check(True, f"writable: {folder}")
    return _check(False, f"{folder} cannot be written: kernels compile anew each time; set NUMBA_CACHE_DIR to a folder")


def _kernels(out: Output) -> dict[str, Any]:
    """A millisecond of every built-in spiking system."""
    import time

    from ..models import SYSTEMS
    from ..models.system import Spiking
    from ..verbs import names as registry
    from ..verbs import simulate

    names = [name for name in SYSTEMS.usable() if isinstance(registry.build(name, {}), Spiking)]
    start = time.perf_counter()
    with out.progress("compile") as report:
        for done, name in enumerate(names):
            if report is not None:
                report(done, len(names), name)
            simulate.simulate(name, duration=0.001)
    return _check(True, f"compiled for {', '.join(names)} in {time.perf_counter() - start:.1f} s, kept for later runs")


def _threads() -> dict[str, Any]:
    import os

    set_to = {name: os.environ[name] for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS") if name in os.environ}
    named = "".join(f", {name}={value}" for name, value in set_to.items())
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return _check(True, f"{available} cores for this process{named}")


def _links() -> dict[str, Any]:
    """A checkout without symlinks has text files in their place."""
    from pathlib import Path

    package = Path(__file__).resolve().parents[1]
    broken = [name for name in ("simulator", "models", "analyses") if not (package / name / "__init__.py").is_file()]
    if broken:
        fix = "git config core.symlinks true && git checkout -- ictal"
        return _check(False, f"{', '.join(broken)}: not folders of {package}; in the clone: {fix}")
    linked = [name for name in ("simulator", "models", "analyses") if (package / name).is_symlink()]
    return _check(True, f"{package}: " + ("a checkout, its three links in place" if linked else "installed as files"))


def _git_symlinks() -> dict[str, Any]:
    import os
    import shutil
    import subprocess

    if os.name != "nt":
        return _check(True, "not Windows: nothing to set")
    if shutil.which("git") is None:
        return _check(True, "no git here")
    answer = subprocess.run(["git", "config", "core.symlinks"], capture_output=True, text=True, check=False)
    ok = answer.stdout.strip() == "true"
    return _check(ok, "core.symlinks is true" if ok else "git config --global core.symlinks true, then clone again")


def _fashion_mnist() -> dict[str, Any]:
    from pathlib import Path

    from ..models.datasets import FASHION_MNIST

    if Path(FASHION_MNIST).is_dir():
        return _check(True, f"found: {FASHION_MNIST}")
    return _check(True, "optional, not here: apt install dataset-fashion-mnist, or --data fashion-mnist:FOLDER")


def _browser() -> dict[str, Any]:
    import shutil

    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    return _check(
        True, f"{found} (shows and tests reports)" if found else "optional, none found: reports are plain HTML"
    )
