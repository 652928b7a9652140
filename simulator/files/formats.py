"""Formats that are not read, and the way to read them all the same."""

from __future__ import annotations

from pathlib import Path

from ..errors import InputError

SHOWN = 9  # suffixes in an error: those that need no further package
HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_BESIDE = {".vmrk": ".vhdr", ".fdt": ".set", ".dat": ".vhdr"}  # data of a header that has another suffix
_MAGIC = {b"0       ": ".edf", b"\xffBIOSEMI": ".bdf", b"\x93NUMPY": ".npy"}
_WAYS = {
    ".nxe": ("a format of Nexstim", "it has no header, so that its bytes can be anything; mne reads it: "
             "ictal.measure(mne.io.read_raw_eximia({0!r}))"),
    ".mff": ("a folder of EGI", "mne reads it: ictal.measure(mne.io.read_raw_egi({0!r}))"),
    ".pl2": ("a format of Plexon", "only a library of Plexon reads it; export it there to .plx or .nwb"),
    ".xlsx": ("a spreadsheet", "save it as CSV there, or by pandas.read_excel({0!r}).to_csv({1!r}, index=False)"),
    ".xls": ("a spreadsheet", "save it as CSV there, or by pandas.read_excel({0!r}).to_csv({1!r}, index=False)"),
    ".ods": ("a spreadsheet", "save it as CSV there, or by pandas.read_excel({0!r}).to_csv({1!r}, index=False)"),
    ".txt": ("text", "if it is a table of numbers, rename it to {1}"),
    ".asc": ("text", "if it is a table of numbers, rename it to {1}"),
    ".json": ("JSON", "of a network: ictal simulate {0} --duration SECONDS -o {3}, then give {3}; of numbers: write "
              "them with numpy.save or as a table, .csv"),
    ".py": ("Python", "of a network: ictal simulate {0} --duration SECONDS -o {3}, then give {3}"),
    ".pkl": ("a pickle, which runs code when it is loaded", "write its arrays with numpy.savez(FILE.npz)"),
    ".pickle": ("a pickle, which runs code when it is loaded", "write its arrays with numpy.savez(FILE.npz)"),
    ".zarr": ("Zarr", "pass the array: ictal.measure(zarr.open({0!r})[NAME][:], dt=INTERVAL)"),
    ".hea": ("WFDB", "wfdb reads it: r = wfdb.rdrecord({2!r}), and ictal.measure(r.p_signal, dt=1 / r.fs)"),
    ".atr": ("an annotation of WFDB", "wfdb reads it: wfdb.rdann({2!r}, 'atr')"),
    ".wav": ("a sound", "scipy reads it: rate, x = scipy.io.wavfile.read({0!r}), and ictal.measure(x, dt=1 / rate)"),
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
    return suffix in _BESIDE or suffix in _WAYS


def not_read(source: Path, known: tuple[str, ...]) -> InputError:
    """Return the error of a file whose format is not read: the formats that are, and the way."""
    suffix = source.suffix.lower()
    table = str(source.with_suffix(".csv"))
    wanted = f"want {', '.join(known[:SHOWN])} and others: ictal list readers"
    if suffix in _BESIDE:
        header = source.with_suffix(_BESIDE[suffix])
        if suffix == ".dat" and not header.exists():
            way = f"if it is a table of numbers, rename it to {table}"
            return InputError(f"{source}: is of the format {suffix}, which is not read; {wanted}; {way}")
        return InputError(f"{source}: holds data that belong to {header.name}; name that file: {header}")
    if suffix in _WAYS:
        what, way = _WAYS[suffix]
        way = way.format(str(source), table, str(source.with_suffix("")), str(source.with_suffix(".h5")))
        return InputError(f"{source}: is {what}, a format that is not read; {wanted}; {way}")
    what = f"cannot tell the format from {suffix!r}" if suffix else "has no suffix, so that its format cannot be told"
    return InputError(f"{source}: {what}; {wanted}; {_way_of(source)}")


def _way_of(source: Path) -> str:
    """Return the way to read a file whose suffix tells nothing, by its first bytes."""
    if is_hdf5(source):
        return "it is HDF5: if ictal wrote it, rename it to .h5"
    head = b""
    if source.is_file():
        with source.open("rb") as file:
            head = file.read(8)
    suffix = next((name for magic, name in _MAGIC.items() if head.startswith(magic)), "")
    if suffix:
        return f"by its first bytes rename it to {source.with_suffix(suffix).name}"
    return "read it in Python, and give the array: ictal.measure(array, dt=INTERVAL)"
