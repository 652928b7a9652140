"""CPU time of measures and their nulls against the packages that compute the same, side by side in one process.

python benchmarks/measures.py [--rounds 3] [--rows nulls,trains,pairs] [--markdown FILE]
python benchmarks/measures.py --quick           # small data, to see that all of it runs

Measured is CPU time of the process, user and system, with one thread. Every round runs the contestants in turn; the
table has the medians. Peers get the data in their own types, outside of the clock.

nulls   SI-3, χ_c and λ₁ fraction of 1000 units in 10,000 samples with 199 surrogates; the floor are 199 calls of
        numpy.corrcoef on the same array
trains  an hour of 71 spike trains in bins of 1 ms, seven measures; elephant's correlation of counts and STTC, PySpike's
        SPIKE-synchronisation (eight trains, ten minutes)
pairs   phase and spectral measures of pairs; elephant, scipy, mne-connectivity

The last column is the difference of the two results. What is not installed is a row that says so.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import peers.connectivity as peers
from threadpoolctl import threadpool_limits

import ictal
from ictal.analyses import MEASURES
from ictal.simulator import Recording, Spikes

Row = tuple[str, str, float, float, str]  # what, peer, CPU s of Ictal, of the peer, agreement
SEVEN = (
    "si_3", "chi_c", "lambda1_fraction", "mean_correlation", "mean_squared_correlation", "golomb_chi",
    "participation_ratio",
)  # fmt: skip


def cpu(call: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """Median CPU time of a call [s], and its last result."""
    times, result = [], None
    for _ in range(rounds):
        start = time.process_time()
        result = call()
        times.append(time.process_time() - start)
    return statistics.median(times), result


def nulls(quick: bool, rounds: int) -> Iterator[Row]:
    """Three measures with 199 surrogates of each kind, against 199 correlation matrices."""
    n_times, n = (400, 30) if quick else (10_000, 1000)
    x = np.random.default_rng(0).standard_normal((n_times, n))
    names = ("si_3", "chi_c", "lambda1_fraction")
    columns = np.ascontiguousarray(x.T)
    floor, _ = cpu(lambda: [np.corrcoef(columns) for _ in range(199)], rounds)
    for kind in ("linear_shift", "innovations", "circular_shift", "permute"):
        clock = "sample" if kind == "permute" else "second"
        own, _ = cpu(lambda k=kind, c=clock: ictal.measure(x, names, dt=0.01, clock=c, nulls=199, null=k), rounds)  # type: ignore[misc]
        yield f"{n} × {n_times}, 3 measures, 199 × {kind}", "floor: 199 × numpy.corrcoef", own, floor, "–"


def trains(quick: bool, rounds: int) -> Iterator[Row]:
    """Measures of an hour of spike trains; of the same trains what elephant and PySpike compute of them."""
    n, duration = (8, 20.0) if quick else (71, 3600.0)
    rng = np.random.default_rng(0)
    each = [np.sort(rng.uniform(0, duration, rng.poisson(8 * duration))) for _ in range(n)]
    spikes = Spikes(np.concatenate(each), np.repeat(np.arange(n), [t.size for t in each]), n, duration)
    own, _ = cpu(lambda: ictal.measure(spikes, SEVEN), 1)
    yield f"{n} trains, {duration:g} s, bins of 1 ms, 7 measures", "–", own, math.nan, "–"

    def correlation() -> float:
        from elephant.conversion import BinnedSpikeTrain
        from elephant.spike_train_correlation import correlation_coefficient
        from neo import SpikeTrain
        from quantities import ms, s

        binned = BinnedSpikeTrain([SpikeTrain(t * s, t_stop=duration * s) for t in each], bin_size=1 * ms)
        return float((correlation_coefficient(binned).sum() - n) / (n * (n - 1)))

    few = [t[t < duration / 6] for t in each[:8]]
    part = Spikes(np.concatenate(few), np.repeat(np.arange(len(few)), [t.size for t in few]), len(few), duration / 6)
    window = float(cast(Any, MEASURES.load("sttc").settings["window"]))
    for name, data, peer, call in (
        ("mean_correlation", spikes, "elephant", correlation),
        ("sttc", part, "elephant", lambda: peers.elephant_sttc(few, 0.0, duration / 6, window)),
        ("spike_synchronisation", part, "PySpike", lambda: peers.pyspike_synchronisation(few, 0.0, duration / 6)),
    ):
        yield beside(name, f"{data.n_units} trains, {data.duration:g} s", peer, data, call, rounds, sd=0.0)


def beside(name: str, size: str, peer: str, data: Any, call: Callable[[], float], rounds: int, **options: Any) -> Row:
    """Return the row of one measure against a peer that gives its mean over pairs."""
    ictal.measure(data, name, **options)  # compiles and imports
    own, found = cpu(lambda: ictal.measure(data, name, **options), rounds)
    try:
        call()
        other, value = cpu(call, rounds)
    except ImportError:
        return f"{name}, {size}", f"{peer}: not installed", own, math.nan, "–"
    return f"{name}, {size}", peer, own, other, f"{abs(found.value(name) - value):.0e}"


def pairs(quick: bool, rounds: int) -> Iterator[Row]:
    """Measures of pairs of channels, of the phases or cross-spectra that the peers get too."""
    n, n_times, rate, band = 6 if quick else 32, 2000 if quick else 20_000, 200.0, (8.0, 12.0)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n_times, n)) + rng.standard_normal((n_times, 1))
    data = Recording(x, dt=1 / rate, clock="second", quantity="potential", unit="µV")
    size = f"{n} × {n_times}"
    own, _ = cpu(lambda: ictal.measure(data, "plv", phase_band=band, nulls=199), 1)
    yield f"plv with 199 surrogates, {size}", "–", own, math.nan, "–"
    spectrum = np.fft.rfft(x, axis=0)
    frequency = np.fft.rfftfreq(n_times, 1 / rate)
    inside = ((frequency >= band[0]) & (frequency <= band[1]))[:, None]
    wave = np.fft.ifft(np.concatenate([2 * spectrum * inside, np.zeros((n_times - len(spectrum), n))]), axis=0)
    off = math.ceil(rate / band[0])
    phases = np.angle(wave)[off : n_times - off]
    for name, peer in (("plv", peers.elephant_plv), ("pli", peers.elephant_pli)):
        yield beside(name, size, "elephant", data, lambda call=peer: call(phases), rounds, phase_band=band)
    from scipy.signal import coherence

    def scipy_coherence() -> float:
        f, _ = coherence(x[:, 0], x[:, 1], fs=rate, nperseg=segment)
        kept = (f >= band[0] - 1e-9) & (f <= band[1] + 1e-9)
        each = [
            coherence(x[:, i], x[:, j], fs=rate, nperseg=segment)[1][kept].mean() for i in range(n) for j in range(i)
        ]
        return float(np.mean(each))

    row = ictal.measure(data, "squared_coherence", phase_band=band).rows[0]
    segment = int(json.loads(row.settings)["segment"])
    yield beside("squared_coherence", size, "scipy", data, scipy_coherence, rounds, phase_band=band)
    starts = range(0, n_times - segment + 1, segment - segment // 2)
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(segment) / segment)
    pieces = np.stack([(x[s : s + segment] - x[s : s + segment].mean(0)) * taper[:, None] for s in starts])
    f = np.fft.rfftfreq(segment, 1 / rate)
    kept = (f >= band[0] - 1e-9) & (f <= band[1] + 1e-9)
    spectra = np.moveaxis(np.fft.rfft(pieces, axis=1)[:, kept], 0, 1)  # (frequency, segment, unit)
    for name, method in (("wpli", "wpli"), ("debiased_wpli", "wpli2_debiased")):
        call = lambda m=method: float(np.mean(peers.mne_connectivity(spectra, m)))  # noqa: E731
        yield beside(name, size, "mne-connectivity", data, call, rounds, phase_band=band)


PARTS = {"nulls": nulls, "trains": trains, "pairs": pairs}


def table(rows: list[Row]) -> str:
    """The rows as a table in Markdown."""
    lines = [
        "| what | against | Ictal [CPU s] | other [CPU s] | Ictal / other | difference |",
        "|---|---|---|---|---|---|",
    ]
    for what, peer, own, other, agreement in rows:
        lines.append(f"| {what} | {peer} | {own:.3g} | {other:.3g} | {own / other:.2f} | {agreement} |")
    return "\n".join(lines).replace("nan", "–") + "\n"


def main() -> int:
    """Run the parts that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", default=",".join(PARTS))
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    rows: list[Row] = []
    with threadpool_limits(1):
        for name in options.rows.split(","):
            for row in PARTS[name](options.quick, 1 if options.quick else options.rounds):
                rows.append(row)
                print(table([row]).splitlines()[-1], flush=True)
    if options.markdown:
        options.markdown.write_text(table(rows), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
