"""Fuzz Ictal: draw inputs, and report every one that is neither refused in one line nor answered.

    python tests/fuzz/run.py --cases 100000           in process
    python tests/fuzz/run.py --processes 2000         whole command lines, under 2 GB and 20 s each
    python tests/fuzz/run.py --surface arrays --from 1234 --cases 1     one case again, with its traceback

A case is drawn from its number and the seed alone. Exit code 1 if there is a fault: an exception other than InputError,
a message of several lines, a value that is not finite without a reason, a crash, or no end.
"""

from __future__ import annotations

import argparse
import collections
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import surfaces

from ictal.simulator import InputError

EVERY = 500  # cases between two lines of progress: a crash of the interpreter lies after the last one
WAIT = 120  # s that a case may take where other programs use the processors
SECONDS, MEMORY = 20, 2 << 30  # of CPU, of a case; of a process, and of this one beyond what it has after its imports


class Hang(BaseException):
    """A case without an end."""


def _hang(*_):
    raise Hang


def run_case(surface, rng):
    """Return "taken", "refused", or the fault with its place."""
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    signal.setitimer(signal.ITIMER_REAL, WAIT)
    try:
        surface(rng)
        return "taken", ""
    except InputError as error:
        lines = str(error).count("\n")
        return ("refused", "") if not lines else ("fault", f"a message of {lines + 1} lines: {error}")
    except Hang as error:
        return "fault", f"no end within {SECONDS} s at {_place(error)}"
    except BaseException as error:
        return "fault", f"{type(error).__name__}: {str(error).splitlines()[:1]} at {_place(error)}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)


def _place(error):
    frames = [
        f for f in traceback.extract_tb(error.__traceback__) if "/ictal/" in f.filename or "/simulator/" in f.filename
    ]
    return (
        f"{Path(frames[-1].filename).parent.name}/{Path(frames[-1].filename).name}:{frames[-1].lineno}"
        if frames
        else "?"
    )


def in_process(given):
    """Run the cases; return counts by surface and outcome, and faults."""
    names = {surface.__name__: (surface, share) for surface, share in surfaces.SURFACES.items()}
    chosen = {name: names[name] for name in given.surface or names}
    counts, faults = collections.Counter(), {}
    signal.signal(signal.SIGALRM, _hang)
    signal.signal(signal.SIGPROF, _hang)
    import torch  # noqa: F401  # large: before the memory is bounded

    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, resource.RLIM_INFINITY))
    for number in range(given.first, given.first + given.cases):
        rng = random.Random(f"{given.seed}:{number}")
        (surface,) = rng.choices([s for s, _ in chosen.values()], [share for _, share in chosen.values()])
        if number % EVERY == 0:
            print(f"case {number}", file=sys.stderr, flush=True)
        outcome, what = run_case(surface, rng)
        counts[surface.__name__, outcome] += 1
        if what:
            faults.setdefault(what, []).append((surface.__name__, number))
            if given.cases == 1:
                surface(random_again(given.seed, number, chosen))
        surfaces.clean(os.getcwd())
    return counts, faults


def random_again(seed, number, chosen):
    """Return the generator of a case after the draw of its surface."""
    rng = random.Random(f"{seed}:{number}")
    rng.choices([s for s, _ in chosen.values()], [share for _, share in chosen.values()])
    return rng


def processes(given):
    """Run whole command lines as processes; return counts and faults."""

    def bounds():
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    counts, faults = collections.Counter(), {}
    for number in range(given.first, given.first + given.processes):
        rng = random.Random(f"{given.seed}:p{number}")
        words = surfaces.command_line(rng)
        line = [sys.executable, "-m", "ictal", *words]
        try:
            done = subprocess.run(
                list(map(os.fsencode, line)), capture_output=True, timeout=WAIT, preexec_fn=bounds,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
            allowed = (0, 1, 2) if words[0] == "sweep" else (0, 2)
            last = done.stderr.decode(errors="replace").splitlines()[-1:]
            fine = done.returncode in allowed and b"Traceback" not in done.stderr
            outcome = "fault" if not fine else "refused" if done.returncode else "taken"
            what = "" if fine else f"{words[0]}: code {done.returncode}: {last}"
        except subprocess.TimeoutExpired:
            outcome, what = "fault", f"{words[0]}: no end within {WAIT} s"
        counts[words[0], outcome] += 1
        if what:
            faults.setdefault(what, []).append((" ".join(words), number))
        surfaces.clean(os.getcwd())
    return counts, faults


def main():
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=0)
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--surface", action="append", choices=[surface.__name__ for surface in surfaces.SURFACES])
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        counts, faults = (processes if given.processes else in_process)(given)
        os.chdir("/")
    print(f"{'surface':<16}{'cases':>8}{'refused':>9}{'taken':>8}{'faults':>8}")
    for name in dict.fromkeys(name for name, _ in counts):
        row = [counts[name, outcome] for outcome in ("refused", "taken", "fault")]
        print(f"{name:<16}{sum(row):>8}{row[0]:>9}{row[1]:>8}{row[2]:>8}")
    for what, cases in sorted(faults.items(), key=lambda item: -len(item[1])):
        print(f"{len(cases)} x {cases[0][0]} --from {cases[0][1]}: {what}".encode("ascii", "backslashreplace").decode())
    n_faults = sum(map(len, faults.values()))
    print(f"{sum(counts.values())} cases, {n_faults} faults of {len(faults)} kinds, {time.monotonic() - began:.0f} s")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
