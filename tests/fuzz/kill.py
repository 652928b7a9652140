"""Kill commands at random moments, and look at what is left.

    python tests/fuzz/kill.py --kills 200

After every kill all files under final names are whole. The next run of the command, which goes on where it can, ends
well, writes the same content as a run that was not killed, and leaves no temporary file. At the end two writers of one
output are started at once: one wins, the other says so. Exit code 1 if any of this does not hold.
"""

from __future__ import annotations

import argparse
import collections
import importlib
import io
import json
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import h5py
import numpy as np

RUNS = {  # name -> the command, and its words the second time
    "simulate": (["simulate", "cuba", "--set", "n_e=320", "--duration", "1", "-o", "run.h5"], ["--resume"]),
    "simulate, not streamed": (["simulate", "kuramoto", "--duration", "200", "-o", "run.h5"], ["--force"]),
    "sweep": (["sweep", "kuramoto", "--set", "duration=20", "--grid", "k=1,2,3", "-o", "out"], []),
    "train": (["train", "mlp", "--epochs", "4", "--n-train", "400", "-o", "net.h5"], ["--resume"]),
    "reproduce": (["reproduce", "rise", "-o", "out"], []),
    "compare": (["compare", "../a.npy", "../b.npy", "--dt", ".01", "--measures", "si_3", "-o", "out"], ["--force"]),
    "export, csv": (["export", "../run.h5", "--to", "csv", "-o", "out"], ["--force"]),
    "export, sonata": (["export", "../run.h5", "--to", "sonata", "-o", "out.h5"], ["--force"]),
    "export, xarray": (["export", "../run.h5", "--to", "xarray", "-o", "out.nc"], ["--force"]),
    "eeg": (["eeg", "../c.npy", "--rate", "100", "--nulls", "0", "--band", "3", "20", "-o", "out"], ["--force"]),
}  # fmt: skip
PRELOADED = (
    "torch", "sklearn.datasets", "matplotlib.figure", "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "jinja2", "scipy.signal", "scipy.stats", "h5netcdf", "ictal.experiments.reproduce", "ictal.models.training.loop",
    "ictal.analyses.report.comparison", "ictal.analyses.figures.eeg", "ictal.simulator.long_runs.stream",
    "ictal.sweeps.sweep", "ictal.verbs.compare", "ictal.verbs.eeg", "ictal.simulator.export",
)  # fmt: skip
ENDINGS = {".png": b"IEND\xaeB`\x82", ".svg": b"</svg>\n", ".html": b"</html>\n"}


def small_reproduce():
    """Make the trainings of `reproduce` two small ones."""
    from ictal.experiments import scales
    from ictal.experiments.scales import Bench, Condition

    tiny = Bench(
        "tiny", "MLP, 2 × 12", "digits", "mlp", "digits", {"n_train": 200, "n_val": 40, "n_test": 60},
        {"steps": 60, "every": 4, "batch_size": 20, "learning_rate": 5e-3}, {"hidden": (12, 12)},
        (Condition("well fitted", "control"), Condition("few samples", "few", {"n_train": 20})),
        nulled=("si_3",), n_probe=60,
    )  # fmt: skip
    scales.BENCHES["quick"], scales.SEEDS["quick"] = (tiny,), 1


def start(words, folder):
    """Fork a process that runs a command in a folder; return its number."""
    pid = os.fork()
    if pid:
        return pid
    os.chdir(folder)
    from ictal.cli import run

    code = 99
    try:
        with open("../said", "w", encoding="utf-8") as said, redirect_stdout(io.StringIO()), redirect_stderr(said):
            code = run([*words, "--quiet"])
    except BaseException as error:
        Path("../said").write_text(repr(error), encoding="utf-8")
    os._exit(code)


def ended(pid):
    """Wait for a process; return its code, negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def content(path):
    """Return what a file holds, without the time of its making; raise where it is not whole."""
    if path.suffix in (".h5", ".nc"):
        with h5py.File(path, "r") as file:
            found = {}

            def add(name, item):
                attrs = {
                    k: _plain(v)
                    for k, v in item.attrs.items()
                    if "LIST" not in k and k not in ("created", "_NCProperties")
                }
                found[name] = attrs, (_plain(item[()]) if isinstance(item, h5py.Dataset) else None)

            file.visititems(add)
            add("", file)
        return found
    data = path.read_bytes()
    if path.suffix == ".json":
        return json.loads(data)
    if (
        path.suffix in ENDINGS
        and not data.endswith(ENDINGS[path.suffix].rstrip(b"\n"))
        and not data.endswith(ENDINGS[path.suffix])
    ):
        raise ValueError(f"{path} is cut")
    return len(data) > 0 if path.suffix == ".html" else data  # a page has the date; networks are equal in their bytes


def _plain(value):
    if isinstance(value, h5py.Empty):
        return "empty"
    array = np.asarray(value)
    return repr(array.tolist()) if array.dtype.kind in "OS" else (str(array.dtype), array.tobytes())


def finals(folder):
    """Return the files under final names, and all others."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != ".sweep.lock"]
    loose = [p for p in files if re.search(r"(^|/)\.[^/]*\.tmp(/|$)|\.part/", str(p.relative_to(folder)))]
    return [path for path in files if path not in loose], loose


def kill_one(name, root, rng, length, whole):
    """Kill a run, look at what is left, and go on; return the faults and whether it was killed."""
    words, again = RUNS[name]
    folder = root / "killed"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    pid = start(words, folder)
    time.sleep(rng.uniform(0, length))
    os.kill(pid, signal.SIGKILL)
    killed = ended(pid) < 0
    faults = []
    for path in finals(folder)[0]:
        try:
            content(path)
        except Exception as error:
            faults.append(f"{path.name} cannot be read: {error!r}")
    code = ended(start([*words, *again], folder))
    if code:
        return [*faults, f"the next run: code {code}: {(root / 'said').read_text(encoding='utf-8')[-300:]}"], killed
    files, loose = finals(folder)
    if loose or list(folder.rglob("*.tmp")) or list(folder.rglob("*.part")):
        faults.append(f"left: {[str(path.relative_to(folder)) for path in loose]}")
    if {str(path.relative_to(folder)) for path in files} != set(whole):
        faults.append(f"files: {sorted(str(path.relative_to(folder)) for path in files)}")
    faults += [f"{path.name} differs" for path in files if content(path) != whole.get(str(path.relative_to(folder)))]
    return faults, killed


def two_writers(name, root):
    """Start two runs of one output at once; return the faults: one wins, the other says so."""
    folder = root / "two"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    pids = [start(RUNS[name][0], folder) for _ in range(2)]
    codes = sorted(ended(pid) for pid in pids)
    if codes == [0, 2]:
        return []
    if codes == [0, 0] and not RUNS[name][1]:  # the second found that all was done
        return []
    return [f"codes {codes}: {(root / 'said').read_text(encoding='utf-8')}"]


def main():
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=RUNS, action="append")
    given = parser.parse_args()
    rng, counts, faults = random.Random(given.seed), collections.Counter(), []
    names = given.only or list(RUNS)
    for module in PRELOADED:  # before the forks
        importlib.import_module(module)
    small_reproduce()
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        draw = np.random.default_rng(0)
        for file, gain in (("a.npy", 0), ("b.npy", 2)):
            np.save(root / file, draw.normal(size=(200, 6)) + gain * draw.normal(size=(200, 1)))
        np.save(root / "c.npy", draw.normal(size=(6000, 4)))
        (root / "first").mkdir()
        assert (
            ended(
                start(["simulate", "cuba", "--set", "n_e=320", "--duration", ".5", "-o", "../run.h5"], root / "first")
            )
            == 0
        )
        wholes, lengths = {}, {}
        for name in names:
            folder = root / "whole"
            for _ in range(2):  # the first loads what it needs
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                began = time.monotonic()
                code = ended(start(RUNS[name][0], folder))
                assert code == 0, (name, code, (root / "said").read_text(encoding="utf-8"))
                lengths[name] = time.monotonic() - began
            wholes[name] = {str(path.relative_to(folder)): content(path) for path in finals(folder)[0]}
        for number in range(given.kills):
            name = names[number % len(names)]
            found, killed = kill_one(name, root, rng, lengths[name], wholes[name])
            counts[name, "killed"] += killed
            counts[name, "runs"] += 1
            faults += [f"{name}: {fault}" for fault in found]
        for name in names:
            faults += [f"{name}, two writers: {fault}" for fault in two_writers(name, root)]
    for name in names:
        print(f"{name:<24}{counts[name, 'runs']:>5} runs{counts[name, 'killed']:>5} killed  {lengths[name]:.1f} s each")
    print("\n".join(f"{n} x {fault}" for fault, n in collections.Counter(faults).items()))
    print(f"{given.kills} runs, {sum(counts[name, 'killed'] for name in names)} killed, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
