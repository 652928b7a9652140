"""Sweep a network on a Dask cluster: here two processes of this machine; for a real one change one line.

python examples/sweep_on_a_cluster.py [FOLDER]      needs: pip install 'ictal[cluster]'
"""

import sys
from pathlib import Path

from distributed import Client, LocalCluster

import ictal

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".") / "cluster-sweep"


def main() -> None:
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,  # of a real one: Client("tcp://scheduler:8786")
        client.get_executor() as executor,
    ):
        sweep = ictal.sweep(
            "cuba",
            {"j_i": [5.0, 9.0, 13.0]},
            seeds=2,
            settings={"duration": 0.2, "n_e": 800, "n_i": 200},
            folder=folder,
            executor=executor,
            progress=lambda done, points, what: print(f"{done} of {points}, {what}"),
        )
    print(sweep)
    for row in sweep.table("mean_rate", of="E"):
        print(row)


if __name__ == "__main__":  # the processes import this file
    main()
