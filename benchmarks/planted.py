"""Count how often verdicts err on planted trainings, into a table that the documentation is filled in from.

python benchmarks/planted.py -o data/reference/planted.h5: 200 replicates of each of the four cases, 20 minutes of CPU.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from threadpoolctl import threadpool_limits

from ictal import PLANTED_CASES, PlantedRate, PlantedRates, error_rates


def one(replicates: int, seed: int, case: str) -> list[PlantedRate]:
    """The rates of one case."""

    def progress(done: int, total: int, what: str) -> None:
        if done % 20 == 0:
            print(f"{done} of {total}: {what}", file=sys.stderr, flush=True)

    with threadpool_limits(1):
        return list(error_rates(replicates, cases=(case,), seed=seed, progress=progress).rows)


def main() -> None:
    """Run and store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=200, help="of every case")
    parser.add_argument("--seed", type=int, default=0, help="of the first replicate")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("-o", "--output", default="planted.h5", help="HDF5 file, replaced if it exists")
    chosen = parser.parse_args()

    with ProcessPoolExecutor(chosen.jobs) as pool:
        found = pool.map(partial(one, chosen.replicates, chosen.seed), PLANTED_CASES)
        rows = [row for case in found for row in case]
    PlantedRates(rows, {"replicates": chosen.replicates, "seed": chosen.seed}).save(chosen.output, force=True)
    for row in rows:
        verdict = "right" if row.right else "WRONG"
        print(f"{row.case:12} {row.claim:12} {row.verdict:18} {row.count:4} of {row.n}  {verdict}")


if __name__ == "__main__":
    main()
