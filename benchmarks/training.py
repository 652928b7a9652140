"""Cost of monitoring and penalising synchrony in a training step, measured side by side in one process.

python benchmarks/training.py [--units 256,1024,4096] [--batches 64,512] [--rounds 60] [--threads 1] [--markdown FILE]
python benchmarks/training.py --quick           # a tiny network, to see that all of it runs

The network is an MLP of 784 inputs and two hidden layers of N units with ReLUs, trained by AdamW (fused) on the CPU.
Every round makes one step of each contestant, in an order that is drawn anew. Measured is CPU time of the process; the
ratio is that of the medians, its range the quartiles of the ratios within a round. A contestant has its own network
and its own optimiser. The monitor alone is measured on one and the same network, which takes 100 steps with it, of
which ten record, and 100 without (ten, of which one records, where N B > 65,536); entering, leaving and reading the
record are included.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, nullcontext
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ictal.models import Monitor, desync_penalty

EVERY = 10  # steps between records of the monitor alone
TARGET = 0.3
STEP = ("plain", "penalty", "squared, 256 units", "squared, all units", "all units", "naive corrcoef")
MONITOR = f"Monitor(every={EVERY})"


def network(units: int) -> nn.Module:
    """784 -> units -> units -> 10."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(784, units), nn.ReLU(), nn.Linear(units, units), nn.ReLU(), nn.Linear(units, 10)
    ).train()


def naive(model: nn.Sequential, x: Tensor) -> tuple[Tensor, Tensor]:
    """Logits, and the penalty as one writes it first: torch.corrcoef of every whole hidden layer."""
    first = model[:2](x)
    second = model[2:4](first)
    total = x.new_zeros(())
    for h in (first, second):
        r = torch.nan_to_num(torch.corrcoef(h.T))
        n = len(r)
        total = total + ((r.abs().sum() - n) / (n * (n - 1)) - TARGET) ** 2
    return model[4](second), total


class Contestant:
    """A way to train: one network, one optimiser, and what is added to the loss."""

    def __init__(self, name: str, units: int, stack: ExitStack) -> None:
        self.name, self.model = name, network(units)
        self.descent = torch.optim.AdamW(self.model.parameters(), lr=1e-3, fused=True)
        monitor: Monitor | None = None
        if name not in ("plain", "naive corrcoef"):
            monitor = stack.enter_context(Monitor(self.model, ["1", "3"], measures=()))
        self.added: dict[str, Callable[[], Tensor]] = {
            "penalty": lambda: desync_penalty(monitor, TARGET),
            "all units": lambda: desync_penalty(monitor, TARGET, units=None),
            "squared, 256 units": lambda: desync_penalty(monitor, TARGET, measure="mean_squared_correlation"),
            "squared, all units": lambda: desync_penalty(
                monitor, TARGET, measure="mean_squared_correlation", units=None
            ),
        }

    def seconds(self, x: Tensor, y: Tensor, steps: int = 1) -> float:
        """CPU time of a step, the mean of some."""
        start = time.process_time()
        for _ in range(steps):
            if self.name == "naive corrcoef":
                outputs, more = naive(self.model, x)
                loss = functional.cross_entropy(outputs, y) + more
            else:
                loss = functional.cross_entropy(self.model(x), y)
                if self.name in self.added:
                    loss = loss + self.added[self.name]()
            self.descent.zero_grad()
            loss.backward()
            self.descent.step()
        return (time.process_time() - start) / steps


def images(batch: int) -> tuple[Tensor, Tensor]:
    """A batch and its classes."""
    generator = torch.Generator().manual_seed(1)
    return torch.randn(batch, 784, generator=generator), torch.randint(0, 10, (batch,), generator=generator)


def penalised(units: int, batch: int, rounds: int) -> dict[str, list[float]]:
    """Contestant -> seconds of a step, a round each."""
    x, y = images(batch)
    order = random.Random(0)
    with ExitStack() as stack:
        contestants = [Contestant(name, units, stack) for name in STEP]
        for contestant in contestants:
            contestant.seconds(x, y)
        times: dict[str, list[float]] = {name: [] for name in STEP}
        for _ in range(rounds):
            for contestant in order.sample(contestants, len(contestants)):
                times[contestant.name].append(contestant.seconds(x, y))
    return times


def watched(units: int, batch: int, rounds: int, records: int) -> dict[str, list[float]]:
    """Seconds of a step of one network without and with a monitor, means over some records, a round each."""
    x, y = images(batch)
    order = random.Random(0)
    with ExitStack() as stack:
        contestant = Contestant("plain", units, stack)
    monitor = Monitor(contestant.model, ["1", "3"], every=EVERY)
    times: dict[str, list[float]] = {"plain": [], MONITOR: []}
    for number in range(rounds + 1):
        for name in order.sample(list(times), 2):
            start = time.process_time()
            with monitor if name == MONITOR else nullcontext():
                contestant.seconds(x, y, EVERY * records)
            if name == MONITOR:
                monitor.latest()
            if number:
                times[name].append((time.process_time() - start) / (EVERY * records))
    return times


def cell(times: dict[str, list[float]], name: str, against: str) -> str:
    """The ratio of the medians, and the quartiles of the ratios within a round."""
    ratio = np.median(times[name]) / np.median(times[against])
    low, high = np.quantile(np.array(times[name]) / np.array(times[against]), [0.25, 0.75])
    return f"{ratio:.3f} ({low:.2f}–{high:.2f})"


def table(sizes: Sequence[int], batches: Sequence[int], rounds: int) -> list[str]:
    """Lines of the table in Markdown."""
    lines = [
        "| N | B | plain [ms] | " + " | ".join(STEP[1:]) + f" | {MONITOR} |",
        "|---" * (len(STEP) + 3) + "|",
    ]
    for units in sizes:
        for batch in batches:
            small = units * batch <= 1024 * 64
            fewer = rounds if small else max(3, rounds // 4)
            steps = penalised(units, batch, fewer)
            watch = watched(units, batch, max(3, fewer // 2), 10 if small else 1)
            cells = [cell(steps, name, "plain") for name in STEP[1:]] + [cell(watch, MONITOR, "plain")]
            lines.append(f"| {units} | {batch} | {1e3 * np.median(steps['plain']):.2f} | " + " | ".join(cells) + " |")
            print(lines[-1], flush=True)
    return lines


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--units", default="256,1024,4096")
    parser.add_argument("--batches", default="64,512")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="tiny networks, to see that all of it runs")
    parser.add_argument("--markdown", type=Path)
    given = parser.parse_args(arguments)
    torch.set_num_threads(given.threads)
    sizes, batches = (
        ([16], [8]) if given.quick else [[int(n) for n in s.split(",")] for s in (given.units, given.batches)]
    )
    lines = table(sizes, batches, 3 if given.quick else given.rounds)
    if given.markdown is not None:
        given.markdown.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
