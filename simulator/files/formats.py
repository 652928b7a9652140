"""Formats that are not read, and the way to read them all the same."""

from __future__ import annotations

from pathlib import Path

from ..errors import InputError

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_MNE = {  # suffix -> format, reader of mne.io
    ".vhdr": ("BrainVision", "brainvision"),
    ".set": ("EEGLAB", "eeglab"),
    ".fif": ("FIF", "fif"),
    ".gdf": ("GDF", "gdf"),
    ".cnt": ("Neuroscan", "cnt"),
    ".mff": ("EGI", "egi"),
    ".egi": ("EGI", "egi"),
    ".nxe": ("Nexstim", "eximia"),
    ".lay": ("Persyst", "persyst"),
    ".eeg": ("an EEG of Nihon Kohden", "nihon"),
    ".snirf": ("SNIRF", "snirf"),
    ".con": ("KIT", "kit"),
    ".sqd": ("KIT", "kit"),
}
_BESIDE = {".vmrk": ".vhdr", ".fdt": ".set", ".dat": ".vhdr"}  # data of a header that has another suffix
_NEO = {
    ".abf": "AxonIO", ".plx": "PlexonIO", ".ns5": "BlackrockIO", ".nev": "BlackrockIO", ".ncs": "NeuralynxIO",
    ".rhd": "IntanIO", ".rhs": "IntanIO", ".smr": "CedIO", ".smrx": "CedIO", ".nix": "NixIO", ".spikeglx": "SpikeGLXIO",
}  # fmt: skip
_WAYS = {
    ".nwb": ("NWB", "pynwb reads it: nwb = pynwb.NWBHDF5IO({0!r}, 'r').read(), and "
             "ictal.measure(nwb.acquisition[NAME])"),
    ".mat": ("a file of MATLAB", "scipy reads it: ictal.measure(scipy.io.loadmat({0!r})[NAME], dt=INTERVAL); of "
             "version 7.3 take h5py.File({0!r})[NAME][:]"),
    ".parquet": ("Parquet", "pandas reads it: pandas.read_parquet({0!r}).to_csv({1!r}, index=False)"),
    ".feather": ("Feather", "pandas reads it: pandas.read_feather({0!r}).to_csv({1!r}, index=False)"),
    ".xlsx": ("a spreadsheet", "save it as CSV there, or by pandas.read_excel({0!r}).to_csv({1!r}, index=False)"),
    ".xls": ("a spreadsheet", "save it as CSV there, or by pandas.read_excel({0!r}).to_csv({1!r}, index=False)"),
    ".ods": ("a spreadsheet", "save it as CSV there, or by pandas.read_excel({0!r}).to_csv({1!r}, index=False)"),
    ".txt": ("text", "if it is a table of numbers, rename it to {1}"),
    ".asc": ("text", "if it is a table of numbers, rename it to {1}"),
    ".json": ("JSON", "write its numbers with numpy.save or as a table, .csv"),
    ".pkl": ("a pickle, which runs code when it is loaded", "write its arrays with numpy.savez(FILE.npz)"),
    ".pickle": ("a pickle, which runs code when it is loaded", "write its arrays with numpy.savez(FILE.npz)"),
    ".zarr": ("Zarr", "pass the array: ictal.measure(zarr.open({0!r})[NAME][:], dt=INTERVAL)"),
    ".gz": ("compressed", "unpack it first"),
    ".zip": ("an archive", "unpack it first"),
    ".bz2": ("compressed", "unpack it first"),
    ".xz": ("compressed", "unpack it first"),
    ".pth": ("weights of torch", "ictal reads .pt of ictal train; pass your own network to ictal.record_samples"),
    ".ckpt": ("a checkpoint", "ictal reads .pt of ictal train; pass your own network to ictal.record_samples"),
    ".safetensors": ("weights", "ictal reads .pt of ictal train; pass your own network to ictal.record_samples"),
}  # fmt: skip


def is_hdf5(path: Path) -> bool:
    """Return whether a file begins as HDF5 does."""
    try:
        if not path.is_file():  # a pipe has no end
            return False
        with path.open("rb") as file:
            return file.read(len(HDF5_SIGNATURE)) == HDF5_SIGNATURE
    except OSError:
        return False


def is_foreign(suffix: str) -> bool:
    """Return whether a suffix is one of formats that are not read."""
    return suffix in _MNE or suffix in _BESIDE or suffix in _NEO or suffix in _WAYS


def not_read(source: Path, known: tuple[str, ...]) -> InputError:
    """Return the error of a file whose format is not read: the formats that are, and the way."""
    suffix = source.suffix.lower()
    table = str(source.with_suffix(".csv"))
    wanted = f"want {', '.join(known)}"
    if suffix in _BESIDE:
        header = source.with_suffix(_BESIDE[suffix])
        if suffix == ".dat" and not header.exists():
            way = f"if it is a table of numbers, rename it to {table}"
        else:
            return InputError(
                f"{source}: holds data that belong to {header.name}; the format is not read, {wanted}; mne reads it: "
                + _by_mne(header)
            )
        return InputError(f"{source}: is of the format {suffix}, which is not read; {wanted}; {way}")
    if suffix in _MNE:
        what = f"is {_MNE[suffix][0]}, a format that is not read"
        return InputError(f"{source}: {what}; {wanted}; mne reads it: {_by_mne(source)}")
    if suffix in _NEO:
        return InputError(
            f"{source}: is of the format {suffix}, which is not read; {wanted}; neo reads it: "
            f"ictal.measure(neo.io.{_NEO[suffix]}({str(source)!r}).read_segment().analogsignals[0])"
        )
    if suffix in _WAYS:
        what, way = _WAYS[suffix]
        return InputError(f"{source}: is {what}, a format that is not read; {wanted}; {way.format(str(source), table)}")
    what = f"cannot tell the format from {suffix!r}" if suffix else "has no suffix, so that its format cannot be told"
    hint = "; it is HDF5: if ictal wrote it, rename it to .h5" if is_hdf5(source) else ""
    return InputError(f"{source}: {what}; {wanted}{hint}")


def _by_mne(source: Path) -> str:
    reader = _MNE[source.suffix.lower()][1]
    raw = f"mne.io.read_raw_{reader}({str(source)!r}, preload=True)"
    return f"ictal.measure({raw}), or {raw}.export({str(source.with_suffix('.edf'))!r}), and measure that"
