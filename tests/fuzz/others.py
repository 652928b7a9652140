"""Surfaces of other tools: their files with damaged bytes, and their objects with odd values."""

from __future__ import annotations

import functools
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np

import ictal
from ictal.simulator import InputError

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]
import values as drawn  # noqa: E402

TEXTS = ("events.tsv", "channels.tsv", "eeg.json")


@functools.cache
def _made():
    """Return name -> bytes of small files of other tools, and of the files beside them."""
    import neighbours

    with tempfile.TemporaryDirectory() as name, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folder = Path(name)
        struct = neighbours.eeglab_struct()
        neighbours.brainvision(folder / "a.vhdr")
        neighbours.gdf(folder / "a.gdf")
        neighbours.blackrock(folder / "a.ns5")
        neighbours.mat(folder / "a.set", {"EEG": struct})
        neighbours.mat(folder / "a.mat", {"lfp": neighbours.X, "fs": 250.0, "d": {"x": [1.0, 2.0], "label": "Fp1"}})
        neighbours.mat(folder / "b.mat", {"EEG": struct})
        neighbours.mat73(folder / "c.mat", {"lfp": neighbours.X[:100], "fs": 250.0, "names": neighbours.NAMES})
        neighbours.saved(neighbours.nwb_file(), folder / "a.nwb")
        neighbours.bids(folder / "bids")
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def other_files(rng):
    """Read a file of another tool in which bytes were changed, or a folder of BIDS whose texts were."""
    made = _made()
    name = rng.choice([*(name for name in made if "/" not in name and name[-4:] not in (".eeg", "vmrk")), "bids"])
    kept = {one: data for one, data in made.items() if one.partition(".")[0] == "a" or one.startswith(name)}
    deep = name.endswith((".nwb", "c.mat")) and rng.random() < 0.5
    for one, data in kept.items():
        path = Path(one)
        path.parent.mkdir(parents=True, exist_ok=True)
        hit = one == name or (name == "bids" and one.endswith(TEXTS)) or (name == "a.vhdr" and one == "a.vmrk")
        path.write_bytes(drawn.damaged(rng, data) if hit and not deep else data)
    if deep:
        drawn.change_hdf5(rng, Path(name))
    given = {"dt": 0.01} if name.endswith("mat") and rng.random() < 0.5 else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run = ictal.open_run(name, lazy=rng.random() < 0.3, **given)
        for entry in run.values():
            repr(entry)
            if hasattr(entry, "numpy"):
                entry.numpy()


def other_objects(rng):
    """Measure an object of another tool with values that may be odd."""
    import neo
    import pandas as pd
    import quantities as pq
    import xarray as xr

    values = drawn.array(rng)
    times = rng.choice([np.arange(len(values)) / 100 if values.ndim else values, values, drawn.array(rng)])
    kind = rng.choice(["xarray", "pandas", "neo", "train", "nest", "meter"])
    try:
        if kind == "xarray":
            dims = [f"d{k}" for k in range(values.ndim)]
            dims[:2] = ["time", "unit"][: len(dims)]
            data = xr.DataArray(values, dims=dims, coords={"time": np.ravel(times)[: len(values)]} if dims else {})
        elif kind == "pandas":
            data = pd.DataFrame(values, index=np.ravel(times)[: len(values)] if values.ndim else None)
        elif kind == "neo":
            rate = rng.choice([1, 100]) * pq.Hz
            data = neo.AnalogSignal(values, units=rng.choice(["mV", "uV", "s"]), sampling_rate=rate)
        elif kind == "train":
            stop = rng.choice([1, 10, 1e9])
            data = [neo.SpikeTrain(np.abs(np.ravel(values)), units="s", t_stop=stop) for _ in range(3)]
        flat = np.abs(np.ravel(times))
    except Exception as error:
        raise InputError("the other tool refuses it") from error
    if kind == "nest":
        senders = rng.choice([np.arange(np.size(times)) % 3, drawn.anything(rng), np.ravel(values)])
        data = {"senders": senders, "times": rng.choice([flat, times, drawn.anything(rng)])}
    elif kind == "meter":
        n = rng.choice([1, 5, 40])
        data = {"senders": np.tile([1, 2], n), "times": np.repeat(np.arange(n) + 1.0, 2), "V_m": np.ravel(values)}
        odd = rng.choice([np.arange(2.0 * n), np.ravel(values), drawn.anything(rng)])
        data[rng.choice(["V_m", "times", "x"])] = odd
    given = {"dt": 0.01} if rng.random() < 0.2 else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ictal.measure(data, rng.choice(["si_3", "chi_c", "mean_rate"]), **given)
