"""Cost of an attack: its own overhead over the passes of the network, and the time of a whole attack.

python benchmarks/attacks.py [--images 256] [--steps 20] [--rounds 3] [--width 16]
python benchmarks/attacks.py --whole FILE.pt [--images 2000] [--epsilon 0.0314] [--restarts 5]
python benchmarks/attacks.py --quick            # a tiny network, to see that all of it runs

CPU time of the process, one thread. Overhead: PGD on a ResNet-18 with random weights against a bare loop of as many
forward and backward passes for the input alone, over the same batches; the labels are what the network finds and ε is
so small that no image falls: the attack takes every step of every image, which is the slowest that it can be.
Whole: PGD-20 with two losses on the test images of a trained network, with the checks of masked gradients and without.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

import ictal
from ictal.models import PGD, architecture, attacked

BATCH = 256  # images at once, as in an attack
SMALL = 1e-6  # ε under which no image falls


def bare(model: nn.Module, x: Tensor, y: Tensor, steps: int) -> None:
    """Take the passes of PGD and nothing else: a gradient a step, and the logits at the end."""
    for first in range(0, len(x), BATCH):
        images, labels = x[first : first + BATCH], y[first : first + BATCH]
        for _ in range(steps):
            at = images.requires_grad_()
            torch.autograd.grad(functional.cross_entropy(model(at), labels, reduction="sum"), at)
        with torch.no_grad():
            model(images)


def seconds(action: object, *arguments: object) -> float:
    """Return the CPU time of a call [s]."""
    began = time.process_time()
    action(*arguments)  # type: ignore[operator]
    return time.process_time() - began


def overhead(n: int, steps: int, rounds: int, width: int, shape: tuple[int, ...]) -> tuple[float, float]:
    """Return CPU time of an image and step of the attack [s], and the median ratio to the bare loop."""
    made = architecture("resnet18", {"width": width}).build(shape, 10).eval()
    model = made.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in the stubs
    x = torch.rand(n, *shape, generator=torch.Generator().manual_seed(0)) * 0.8 + 0.1
    with torch.no_grad():
        y = torch.cat([model(batch).argmax(1) for batch in x.split(BATCH)])
    attack = PGD(SMALL, steps=steps, losses=("cross-entropy",))
    bare(model, x[:BATCH], y[:BATCH], 1)
    ratios, times = [], []
    for at in range(rounds):
        ways = [lambda: bare(model, x.clone(), y, steps), lambda: attacked(model, x, y, attack, checks=False)]
        order = [0, 1] if at % 2 else [1, 0]
        took = dict(zip(order, [seconds(ways[which]) for which in order], strict=True))
        ratios.append(took[1] / took[0])
        times.append(took[1])
    return float(np.median(times)) / (n * steps), float(np.median(ratios))


def whole(file: str, n: int, epsilon: float, restarts: int) -> None:
    """Print accuracy and CPU time of the attack on a trained network."""
    for checks in (False, True):
        began = time.process_time()
        found = ictal.attack(file, epsilon=epsilon, restarts=restarts, images=n, threads=1, checks=checks)
        took = time.process_time() - began
        passes = 2 * restarts * 20 * n
        print(f"{found!r}: {took:.0f} s of CPU{' with checks' * checks}; every pass of every image would be {passes:,}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--restarts", type=int, default=5)
    parser.add_argument("--epsilon", type=float, default=8 / 255)
    parser.add_argument("--whole", metavar="FILE.pt")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)
    if given.whole:
        whole(given.whole, given.images or 2000, given.epsilon, given.restarts)
        return
    shape = (8, 8, 3) if given.quick else (32, 32, 3)
    n, steps, width = (4, 2, 4) if given.quick else (given.images or 256, given.steps, given.width)
    each, ratio = overhead(n, steps, 1 if given.quick else given.rounds, width, shape)
    print(f"PGD-{steps} on ResNet-18 of width {width}, {n} images {shape}: {1000 * each:.3f} ms an image and step")
    print(f"{100 * (ratio - 1):+.1f} % over the forward and backward passes alone")
    print(f"2,000 images, 20 steps, 2 losses, 5 restarts, none fooled: {each * 2000 * 20 * 2 * 5 / 60:.1f} min of CPU")


if __name__ == "__main__":
    main()
