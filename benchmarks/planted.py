"""Count how often verdicts err on planted trainings, into a table that the documentation is filled in from.

python benchmarks/planted.py -o data/reference/planted.h5: 200 replicates of every case with 3, 5 and 10 seeds; the
relation that is there also at half the size, some with three times the spread; 25 minutes of CPU. --claim desync runs
one family of claims (5 minutes) and keeps the rows of the others.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from threadpoolctl import threadpool_limits

from ictal import PLANTED_FAMILIES, PlantedRate, PlantedRates, error_rates

SEEDS = (3, 5, 10)
WIDER = ("present", "absent", "confounded", "by stopping")  # cases that are also run with three times the spread


def grid(claim: str) -> list[tuple[str, str, int, float, float]]:
    """Claim, case, seeds, size and spread of every family, or of that of one claim."""
    out = []
    for family in PLANTED_FAMILIES:
        if not claim or claim in family.claims:
            places = [
                *((case, seeds, 1.0, 0.1) for case in family.cases for seeds in SEEDS),
                *((case, 5, 1.0, 0.3) for case in WIDER if case in family.cases),
                *(("present", seeds, 0.5, 0.1) for seeds in SEEDS),
            ]
            out += [(family.claims[0], *place) for place in places]
    return out


def one(replicates: int, seed: int, place: tuple[str, str, int, float, float]) -> list[PlantedRate]:
    """The rates of one case."""
    claim, case, seeds, size, spread = place
    with threadpool_limits(1):
        found = error_rates(replicates, cases=(case,), claim=claim, seed=seed, seeds=seeds, size=size, spread=spread)
    print(f"{case}, {seeds} seeds, size {size}, spread {spread}", file=sys.stderr, flush=True)
    return list(found.rows)


def main() -> None:
    """Run and store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=200, help="of every case")
    parser.add_argument("--seed", type=int, default=0, help="of the first replicate")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--claim", default="", help="its family alone; the rows of the others stay in the file")
    parser.add_argument("-o", "--output", default="planted.h5", help="HDF5 file; its rows are replaced")
    chosen = parser.parse_args()

    with ProcessPoolExecutor(chosen.jobs) as pool:
        found = pool.map(partial(one, chosen.replicates, chosen.seed), grid(chosen.claim))
        rows = [row for place in found for row in place]
    if chosen.claim and Path(chosen.output).exists():
        mine = {row.claim for row in rows}
        rows = [*(row for row in PlantedRates.load(chosen.output).rows if row.claim not in mine), *rows]
    PlantedRates(rows, {"replicates": chosen.replicates, "seed": chosen.seed}).save(chosen.output, force=True)
    for row in rows:
        verdict = "right" if row.right else "FALSE HOLDS" if row.false_holds else "wrong"
        where = f"{row.case:12} {row.claim:11} n {row.seeds:2} size {row.size:.1f} spread {row.spread:.1f}"
        print(f"{where} {row.verdict:40} {row.count:4} of {row.n}  {verdict}")


if __name__ == "__main__":
    main()
