"""CPU time of measures and their nulls against the packages that compute the same, side by side in one process.

python benchmarks/measures.py [--rounds 3] [--rows nulls,trains,pairs] [--markdown FILE]
python benchmarks/measures.py --quick           # small data, to see that all of it runs

Measured is CPU time of the process, user and system, with one thread. Every round runs the contestants in turn; the
table has the medians. Peers get the data in their own types, outside of the clock.

nulls   SI-3, χ_c and λ₁ fraction of 1000 units in 10,000 samples with 199 surrogates; the floor are 199 calls of
        numpy.corrcoef on the same array
trains  an hour of 71 spike trains in bins of 1 ms, seven measures; elephant: rates, counts, correlation of counts, STTC
pairs   phase and spectral measures of pairs; mne-connectivity, elephant, scipy
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
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


def difference(a: Any, b: Any) -> str:
    """The largest difference of two results."""
    return f"{np.max(np.abs(np.asarray(a) - np.asarray(b))):.0e}"


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
    """Seven measures of spike trains; of the same trains what elephant computes of them."""
    n, duration = (8, 20.0) if quick else (71, 3600.0)
    rng = np.random.default_rng(0)
    each = [np.sort(rng.uniform(0, duration, rng.poisson(8 * duration))) for _ in range(n)]
    spikes = Spikes(np.concatenate(each), np.repeat(np.arange(n), [t.size for t in each]), n, duration)
    own, _ = cpu(lambda: ictal.measure(spikes, SEVEN), 1)
    yield f"{n} trains, {duration:g} s, bins of 1 ms, 7 measures", "–", own, float("nan"), "–"
    try:
        import quantities as pq
        from elephant.conversion import BinnedSpikeTrain
        from elephant.spike_train_correlation import correlation_coefficient, spike_time_tiling_coefficient
        from neo import SpikeTrain
    except ImportError:
        yield "counts, STTC", "elephant: not installed", float("nan"), float("nan"), "–"
        return
    theirs = [SpikeTrain(t * pq.s, t_stop=duration * pq.s) for t in each]
    own, found = cpu(lambda: ictal.measure(spikes, "mean_correlation", sd=0.0), 1)
    peer, matrix = cpu(lambda: correlation_coefficient(BinnedSpikeTrain(theirs, bin_size=1 * pq.ms)), 1)
    mean = (matrix.sum() - n) / (n * (n - 1))
    yield f"correlation of counts, {n} trains", "elephant", own, peer, difference(found.value("mean_correlation"), mean)
    few = 4
    part = spikes.select(units=range(few))
    own, found = cpu(lambda: ictal.measure(part, "sttc"), rounds)
    window = float(MEASURES.load("sttc").settings["window"]) * pq.s

    def tiling() -> float:
        pairs = [(i, j) for i in range(few) for j in range(i)]
        return float(np.mean([spike_time_tiling_coefficient(theirs[i], theirs[j], window) for i, j in pairs]))

    peer, value = cpu(tiling, 1)
    yield f"STTC, {few} trains", "elephant", own, peer, difference(found.value("sttc"), value)


def pairs(quick: bool, rounds: int) -> Iterator[Row]:
    """Measures of pairs of channels; the peers get the same segments and the same band."""
    n, n_times, rate, segment = (6, 2000, 200.0, 200) if quick else (64, 60_000, 200.0, 400)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n_times, n)) + rng.standard_normal((n_times, 1))
    data = Recording(x, dt=1 / rate, clock="second", quantity="potential", unit="µV")
    one, _ = cpu(lambda: ictal.measure(data, "plv", phase_band=(8.0, 12.0), nulls=199), 1)
    yield f"PLV with 199 surrogates, {n} × {n_times}", "–", one, float("nan"), "–"
    epochs = x[: n_times // segment * segment].reshape(-1, segment, n)
    rows = np.ascontiguousarray(epochs.swapaxes(1, 2))
    for name, method in (("squared_coherence", "coh"), ("imaginary_coherence", "imcoh"), ("wpli", "wpli")):
        own, _ = cpu(lambda name=name: ictal.measure(data, name, phase_band=(8.0, 12.0)), rounds)  # type: ignore[misc]
        try:
            from mne_connectivity import spectral_connectivity_epochs
        except ImportError:
            yield name, "mne-connectivity: not installed", own, float("nan"), "–"
            continue
        options = {"method": method, "sfreq": rate, "mode": "fourier", "fmin": 8.0, "fmax": 12.0, "faverage": True}
        peer, _ = cpu(lambda o=options: spectral_connectivity_epochs(rows, verbose=False, **o), rounds)  # type: ignore[misc]
        yield f"{name}, {n} × {n_times}", "mne-connectivity", own, peer, "equal on equal segments: tests"
    from scipy.signal import coherence

    def scipy_pairs() -> list[float]:
        return [
            float(np.mean(coherence(x[:, i], x[:, j], fs=rate, nperseg=segment)[1])) for i in range(n) for j in range(i)
        ]

    own, _ = cpu(lambda: ictal.measure(data, "squared_coherence", phase_band=(8.0, 12.0)), rounds)
    peer, _ = cpu(scipy_pairs, 1)
    yield f"squared_coherence, {n} × {n_times}", "scipy.signal.coherence", own, peer, "equal on equal segments: tests"


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
