"""Memory and time of a day of EEG: 24 h of 23 channels at 256 Hz, 1 GB on disk.

python benchmarks/long_eeg.py write day.edf [HOURS]     a synthetic recording with a seizure in its middle
python benchmarks/long_eeg.py run info day.edf          any command of ictal, with its peak of memory and CPU time
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

CHANNELS, RATE, SEIZURE = 23, 256, 60
NOTES = 64  # bytes of annotations a data record of one second
SITES = [
    *("Fp1", "Fp2", "F7", "F3", "Fz", "F4", "F8", "T7", "C3", "Cz", "C4", "T8"),
    *("P7", "P3", "Pz", "P4", "P8", "O1", "O2", "FC1", "FC2", "CP1", "CP2"),
]


def write(path: Path, hours: float) -> None:
    """Write an EDF+C: noise of 1/f with a part that all channels share, louder and more alike in the seizure."""
    seconds = int(3600 * hours)
    rng = np.random.default_rng(0)
    with path.open("wb") as file:
        file.write(_header(seconds))
        last = np.zeros((1, CHANNELS + 1))
        for minute in range(0, seconds, 60):
            n = min(60, seconds - minute)
            noise = rng.standard_normal((n * RATE, CHANNELS + 1))
            slow = last + np.cumsum(0.1 * noise, axis=0)
            slow -= np.linspace(0, 1, len(slow))[:, None] * slow[-1:]  # it comes back: no drift over the day
            x = 15 * noise + 20 * slow
            share, gain = (0.6, 3.0) if abs(minute - seconds // 2) < SEIZURE else (0.3, 1.0)
            x = gain * (x[:, :CHANNELS] + share / (1 - share) * x[:, CHANNELS:])
            last = slow[-1:]
            digital = np.clip(np.round(10 * x), -32768, 32767).astype("<i2").reshape(n, RATE, CHANNELS)
            for second in range(n):
                file.write(np.ascontiguousarray(digital[second].T).tobytes())
                file.write(_notes(minute + second, seconds))


def _notes(second: int, seconds: int) -> bytes:
    marks = f"+{second}\x14\x14\0"
    if second == seconds // 2:
        marks += f"+{second}\x15{SEIZURE}\x14seizure\x14\0"
    return marks.encode().ljust(NOTES, b"\0")


def _header(seconds: int) -> bytes:
    signals = CHANNELS + 1
    fixed = ("0", 8), ("X X X X", 80), ("Startdate X X X X", 80), ("01.01.20", 8), ("00.00.00", 8)
    fixed += (str(256 * (signals + 1)), 8), ("EDF+C", 44), (str(seconds), 8), ("1", 8), (str(signals), 4)
    fields = (
        ([*SITES, "EDF Annotations"], 16), ([""] * signals, 80), (["uV"] * CHANNELS + [""], 8),
        (["-3276.8"] * CHANNELS + ["-1"], 8), (["3276.7"] * CHANNELS + ["1"], 8), (["-32768"] * signals, 8),
        (["32767"] * signals, 8), ([""] * signals, 80), ([str(RATE)] * CHANNELS + [str(NOTES // 2)], 8),
        ([""] * signals, 32),
    )  # fmt: skip
    text = "".join(value.ljust(width) for value, width in fixed)
    return (text + "".join(value.ljust(width) for values, width in fields for value in values)).encode("ascii")


def run(words: list[str]) -> None:
    """Run a command of ictal; print the peak of its memory, its CPU time and how long it took."""
    began = time.perf_counter()
    code = subprocess.run([sys.executable, "-m", "ictal", *words], check=False).returncode
    took, used = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime
    print(f"exit {code}, peak {used.ru_maxrss / 1000:.0f} MB, CPU {cpu / 60:.2f} min, {took:.1f} s", file=sys.stderr)


if __name__ == "__main__":
    if sys.argv[1:2] == ["write"]:
        write(Path(sys.argv[2]), float(sys.argv[3]) if len(sys.argv) > 3 else 24.0)
    else:
        run(sys.argv[2:])
