"""Small files of other tools, written byte by byte or by the package that owns the format."""

import json
import struct
import warnings
from pathlib import Path

import h5py
import numpy as np
import scipy.io

NAMES = ["Fp1", "C3", "Cz", "O2"]
RATE = 250.0
RNG = np.random.default_rng(5)
DIGITAL = np.round(300 * (RNG.normal(size=(1000, 4)) + RNG.normal(size=(1000, 1)))).astype("<i2")  # steps of .1 µV
X = DIGITAL * 0.1  # µV, (time, channel)


def brainvision(path, data=DIGITAL, data_file=None):
    """Write header, data and markers: a comment "seizure" from 2 s on, for .4 s."""
    name = data_file or path.with_suffix(".eeg").name
    data.tofile(path.with_suffix(".eeg"))
    channels = "".join(f"Ch{k + 1}={name},,0.1,µV\n" for k, name in enumerate(NAMES))
    path.write_text(
        "Brain Vision Data Exchange Header File Version 1.0\n[Common Infos]\nCodepage=UTF-8\n"
        f"DataFile={name}\nMarkerFile={path.with_suffix('.vmrk').name}\nDataFormat=BINARY\n"
        "DataOrientation=MULTIPLEXED\nNumberOfChannels=4\nSamplingInterval=4000\n[Binary Infos]\nBinaryFormat=INT_16\n"
        f"[Channel Infos]\n{channels}",
        encoding="utf-8",
    )
    path.with_suffix(".vmrk").write_text(
        "Brain Vision Data Exchange Marker File, Version 1.0\n[Common Infos]\nCodepage=UTF-8\n"
        f"DataFile={name}\n[Marker Infos]\nMk1=New Segment,,1,1,0,20260102030405000000\n"
        "Mk2=Comment,seizure,501,100,0\n",
        encoding="utf-8",
    )
    return path


def gdf(path, slow=False):
    """Write GDF 1.25 of one data record, with an event of type 0x300 at 1 s; O2 has half the rate if it is slow."""
    n, channels = DIGITAL.shape
    samples = [n, n, n, n // 2 if slow else n]
    head = b"GDF 1.25" + b" " * 160 + b"2026010203040500" + struct.pack("<q", 256 * (channels + 1)) + b"\0" * 44
    head += struct.pack("<qIII", 1, round(n / RATE), 1, channels)
    head += b"".join(name.encode().ljust(16) for name in NAMES) + b" " * 80 * channels + b"uV".ljust(8) * channels
    for kind, value in (("d", -3276.8), ("d", 3276.7), ("q", -32768), ("q", 32767)):
        head += struct.pack(f"<{channels}{kind}", *[value] * channels)
    head += b" " * 80 * channels + struct.pack(f"<{channels}i", *samples)
    head += struct.pack(f"<{channels}i", *[3] * channels) + b"\0" * 32 * channels
    events = b"\1" + round(RATE).to_bytes(3, "little") + struct.pack("<I", 1) + struct.pack("<IH", round(RATE) + 1, 768)
    path.write_bytes(head + b"".join(DIGITAL[:m, k].tobytes() for k, m in enumerate(samples)) + events)
    return path


def blackrock(path):
    """Write .ns5 of the file version 2.1, without the factors to volts that an .nev would hold."""
    head = b"NEURALSG" + b"30 kS/s".ljust(16, b"\0") + struct.pack("<II", 1, 4) + np.arange(1, 5, dtype="<u4").tobytes()
    path.write_bytes(head + DIGITAL.tobytes())
    return path


def eeglab_struct(**changed):
    """Return the fields of EEG of EEGLAB that its own reader of MNE asks for."""
    channels = np.zeros(4, dtype=[("labels", "O")])
    channels["labels"] = NAMES
    events = np.zeros(2, dtype=[("latency", "O"), ("type", "O"), ("duration", "O")])
    events["latency"], events["type"], events["duration"] = [1.0, 501.0], ["start", "seizure"], [0.0, 100.0]
    nothing = ("icawinv", "icaweights", "icasphere", "epoch", "times", "icaact", "icachansind", "urevent", "reject")
    return {
        **{key: [] for key in nothing}, "data": X.T.astype(np.float32), "srate": RATE, "nbchan": 4.0, "pnts": 1000.0,
        "trials": 1.0, "xmin": 0.0, "xmax": 3.996, "chanlocs": channels, "event": events, "setname": "s",
        "chaninfo": {"nosedir": "+X"}, "ref": "common", "filename": "e.set", "filepath": "", "etc": [], **changed,
    }  # fmt: skip


def mat(path, variables):
    """Write a .mat or .set file of version 5."""
    scipy.io.savemat(path, variables, appendmat=False)
    return path


def mat73(path, variables):
    """Write a .mat file of version 7.3 as MATLAB does: axes turned round, types and structs by attributes."""
    with h5py.File(path, "w", userblock_size=512) as file:
        _write73(file, file.create_group("#refs#"), variables)
    with open(path, "r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(116) + b"\0" * 8 + b"\0\2IM")
    return path


def _write73(group, refs, variables):
    for name, value in variables.items():
        if isinstance(value, dict):
            made = group.create_group(name)
            made.attrs["MATLAB_class"] = np.bytes_("struct")
            _write73(made, refs, value)
        elif isinstance(value, str):
            made = group.create_dataset(name, data=np.array([[ord(c)] for c in value], dtype=np.uint16))
            made.attrs["MATLAB_class"] = np.bytes_("char")
        elif isinstance(value, list):
            key = f"c{len(refs)}"
            _write73(refs, refs, {f"{key}_{at}": one for at, one in enumerate(value)})
            links = np.array([[refs[f"{key}_{at}"].ref] for at in range(len(value))], dtype=h5py.ref_dtype)
            group.create_dataset(name, data=links, dtype=h5py.ref_dtype).attrs["MATLAB_class"] = np.bytes_("cell")
        else:
            made = group.create_dataset(name, data=np.atleast_2d(np.asarray(value, dtype=float)).T)
            made.attrs["MATLAB_class"] = np.bytes_("double")


def bids(folder, subjects=("01",), **sidecars):
    """Write a data set of BIDS with BrainVision files; C3 is bad, O2 an EOG, a seizure lasts from 1 to 1.5 s."""
    folder.mkdir(exist_ok=True)
    (folder / "dataset_description.json").write_text('{"Name": "x", "BIDSVersion": "1.9.0"}')
    described = {
        "channels.tsv": "name\ttype\tunits\tstatus\nFp1\tEEG\tµV\tgood\nC3\tEEG\tµV\tbad\nCz\tEEG\tµV\tgood\n"
        "O2\tEOG\tµV\tgood\n",
        "events.tsv": "onset\tduration\ttrial_type\n1.0\t0.5\tseizure\n",
        "eeg.json": json.dumps({"EEGReference": "Cz", "SamplingFrequency": RATE}),
        **sidecars,
    }
    files = []
    for subject in subjects:
        place = folder / f"sub-{subject}" / "eeg"
        place.mkdir(parents=True)
        files.append(brainvision(place / f"sub-{subject}_task-rest_eeg.vhdr"))
        for name, text in described.items():
            if text:
                (place / f"sub-{subject}_task-rest_{name}").write_text(text, encoding="utf-8")
    return files


def nwb_file():
    """Return an NWBFile: raw and LFP of electrodes, three units, a trial, an epoch, and images."""
    import datetime

    import pynwb
    from pynwb.ecephys import LFP, ElectricalSeries

    nwb = pynwb.NWBFile(
        session_description="a", identifier="b", session_start_time=datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
    )
    device = nwb.create_device(name="d")
    group = nwb.create_electrode_group(name="g", description="x", location="y", device=device)
    nwb.add_electrode_column(name="label", description="l")
    for name in NAMES:
        nwb.add_electrode(group=group, location="CA1", label=name)
    region = nwb.create_electrode_table_region([0, 1, 3], "three of four")
    nwb.add_acquisition(
        ElectricalSeries(
            name="raw",
            data=DIGITAL[:, :3],
            electrodes=region,
            rate=RATE,
            starting_time=2.0,
            conversion=1e-7,
            offset=1e-6,
            channel_conversion=[1.0, 2.0, 3.0],
        )
    )
    lfp = LFP()
    nwb.create_processing_module(name="ecephys", description="d").add(lfp)
    lfp.add_electrical_series(
        ElectricalSeries(name="lfp", data=X[:, :3], electrodes=region, timestamps=1 + np.arange(1000) * 0.002)
    )
    nwb.add_unit_column(name="quality", description="q")
    for k in range(3):
        times = np.sort(np.random.default_rng(k).uniform(0, 5, 50))
        nwb.add_unit(spike_times=times, obs_intervals=np.array([[0.0, 5.0]]), quality=f"q{k}")
    nwb.add_trial(start_time=1.0, stop_time=2.0)
    nwb.add_epoch(start_time=2.0, stop_time=3.0, tags=["seizure"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on images with four axes
        nwb.add_acquisition(pynwb.TimeSeries(name="image", data=np.zeros((3, 4, 5)), unit="n", rate=1.0))
    return nwb


def saved(nwb, path):
    """Write an NWBFile."""
    import pynwb

    with pynwb.NWBHDF5IO(str(path), "w") as io:
        io.write(nwb)
    return Path(path)
