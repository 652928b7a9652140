"""Lyapunov exponents of a random network of tanh units, beside the two ways in which one writes them first.

python benchmarks/lyapunov.py [--units 1000] [--steps 300] [--naive-steps 20] [--rounds 3] [--markdown FILE]
python benchmarks/lyapunov.py --quick           # a tiny network, to see that all of it runs

x' = −x + W tanh x, W normal with SD g/√n, g = 2, Euler with dt = 0.1 τ. Ictal: exact Jacobian-vector products, QR
every 10 steps. Dense: the Jacobian of every step as a matrix, times all tangents, QR at every step. Differences:
tangents from one-sided finite differences (1e-6), QR at every step. All in float64 on one BLAS thread; the two naive
ones are numpy. Measured is CPU time of the process; the naive ones run fewer steps, and the ratio is that of the times
per step, taken round by round. Transients are left out for all of them.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from ictal.analyses import lyapunov, stepper

Floats = NDArray[np.float64]
GAIN, DT, EVERY, SHIFT, SOME = 2.0, 0.1, 10, 1e-6, 10


class Network:
    """x' = −x + W tanh x, of numpy arrays and tensors."""

    def __init__(self, n: int, transient: int) -> None:
        self.w = GAIN / np.sqrt(n) * np.random.default_rng(0).normal(size=(n, n))
        self.tensor = torch.from_numpy(self.w)
        self.x = np.random.default_rng(1).normal(size=n)
        for _ in range(transient):
            self.x = self.step(self.x)

    def drift(self, x):
        if isinstance(x, np.ndarray):
            return -x + np.tanh(x) @ self.w.T
        return -x + self.tensor @ torch.tanh(x)

    def step(self, x: Floats) -> Floats:
        return x + DT * self.drift(x)


def ours(network: Network, k: int, steps: int) -> Floats:
    """The k largest exponents by Ictal."""
    step = stepper(network.drift, DT, "euler")
    return lyapunov(step, network.x, n_steps=steps, dt=DT, k=k, every=EVERY).exponents


def dense(network: Network, k: int, steps: int) -> Floats:
    """By whole Jacobians, QR at every step."""
    x, n = network.x, network.x.size
    q = np.linalg.qr(np.random.default_rng(0).normal(size=(n, k)))[0]
    total = np.zeros(k)
    for _ in range(steps):
        jacobian = (1 - DT) * np.eye(n) + DT * network.w * (1 - np.tanh(x) ** 2)
        q, r = np.linalg.qr(jacobian @ q)
        total += np.log(np.abs(np.diag(r)))
        x = network.step(x)
    return total / (steps * DT)


def differences(network: Network, k: int, steps: int) -> Floats:
    """By finite differences, QR at every step."""
    x, n = network.x, network.x.size
    q = np.linalg.qr(np.random.default_rng(0).normal(size=(n, k)))[0]
    total = np.zeros(k)
    for _ in range(steps):
        following = network.step(x)
        pushed = (network.step(x + SHIFT * q.T) - following) / SHIFT
        q, r = np.linalg.qr(pushed.T)
        total += np.log(np.abs(np.diag(r)))
        x = following
    return total / (steps * DT)


def seconds(function: Callable[[], object]) -> float:
    """CPU time of a call."""
    start = time.process_time()
    function()
    return time.process_time() - start


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--units", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=300, help="of the full spectrum; of the first 10 ten times more")
    parser.add_argument("--naive-steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    n, steps, few, rounds = given.units, given.steps, given.naive_steps, given.rounds
    if given.quick:
        n, steps, few, rounds = 40, 40, 4, 1
    torch.set_num_threads(1)
    threadpool_limits(1)
    network = Network(n, 200 if given.quick else 1000)
    ours(network, SOME, 40)  # what torch does once
    lines = [
        f"| {n} units | steps | Ictal, CPU s | ms a step | dense, ms a step | ratio | differences, ms a step | ratio |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for k, length in ((n, steps), (SOME, 10 * steps)):
        times: list[tuple[float, float, float]] = []
        for _ in range(rounds):
            mine = seconds(lambda k=k, length=length: ours(network, k, length)) / length
            naive = few if k == n else 10 * few
            others = [seconds(lambda f=f, k=k, m=naive: f(network, k, m)) / naive for f in (dense, differences)]
            times.append((mine, *others))
        mine, one, two = (statistics.median(column) for column in zip(*times, strict=True))
        cells = [f"{'all' if k == n else f'first {k}'}", str(length), f"{mine * length:.1f}", f"{1e3 * mine:.2f}"]
        for at, median in ((1, one), (2, two)):
            ratios = sorted(row[at] / row[0] for row in times)
            cells += [f"{1e3 * median:.2f}", f"{statistics.median(ratios):.1f} ({ratios[0]:.1f}–{ratios[-1]:.1f})"]
        lines.append("| " + " | ".join(cells) + " |")
    same = min(few, 20) * EVERY
    apart = np.abs(ours(network, SOME, same) - np.sort(dense(network, SOME, same))[::-1]).max()
    lines.append(f"\nFirst {SOME} exponents over {same} steps, Ictal and dense: apart by at most {apart:.1e} per τ.")
    text = "\n".join(lines) + "\n"
    sys.stdout.write(text)
    if given.markdown:
        given.markdown.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
