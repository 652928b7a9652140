"""Values and files that people, damage and malice produce."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import h5py
import numpy as np

NUMBERS = [
    0.0, -0.0, 1.0, -1.0, 0.5, 2, 3, 7, 100, 1e-3, 1e-9, 1e-300, 5e-324, 1e16, 1e30, 1e300, 1e308, -1e308, 2**31, 2**63,
    2**64, -(2**63), 10**9, 10**30, float("inf"), float("-inf"), float("nan"), True, False,
]  # fmt: skip
TEXTS = [
    "", " ", "0", "1", "-1", "0.01", "1e308", "5e-324", "nan", "inf", "-inf", "1e400", "1,2", "1:2", "a", "λ",
    "\x1b[31m", "..", "../../etc/passwd", "=cmd()", "<script>", "$\\frac{", "%s%n", "a" * 300, "\udcff", "x\ny", "x\ry",
    "\u202e", "0x10", "1_000", "１", "true", "None", "second", "sample", "si_3", "chi_c", "plv", "kuramoto_r1",
    "linear_shift", "--help",
]  # fmt: skip
WRONG = [
    None, (), [], {}, [1], (1,), (1, 2), (2, 1), (0, float("inf")), (float("nan"), 1), "x", b"x", object(), 1j,
    np.float64("nan"), np.array([1.0, 2.0]), np.array([]), np.ma.masked, range(3), {"a": 1}, {1, 2}, [None], [[1, 2]],
]  # fmt: skip
TYPES = ["f8", "f4", "f2", ">f8", "i1", "u1", "i8", ">u2", "u8", "?", "c16", "S3", "U3", "O", "M8[s]", "m8[s]", "V4",
         "g", [("a", "f8")]]  # fmt: skip


def number(rng):
    """Return a number, at an edge or plain."""
    return rng.choice(NUMBERS) if rng.random() < 0.6 else rng.uniform(-10, 10)


def anything(rng):
    """Return a value of any type."""
    return rng.choice([number(rng), rng.choice(TEXTS), rng.choice(WRONG)])


def array(rng):
    """Return an array: good in half of the cases, else odd in shape, type or values."""
    draw = np.random.default_rng(rng.randrange(2**32))
    if rng.random() < 0.4:
        return draw.normal(size=(rng.choice([60, 200]), rng.choice([2, 3, 8])))
    shape = rng.choice([(), (0,), (5,), (200,), (1, 1), (200, 1), (1, 5), (2, 2), (3, 200), (0, 4), (4, 0), (60, 3),
                        (3, 60, 4), (60, 3, 2), (2, 0, 3), (1, 1, 60, 3), (8, 8)])  # fmt: skip
    values = draw.normal(size=shape)
    kind = rng.choice(["plain", "constant", "huge", "tiny", "holes", "type", "copies", "whole", "far"])
    with np.errstate(all="ignore"):
        if kind == "constant":
            values = np.full(shape, number(rng), dtype=np.float64)
        elif kind == "huge":
            values = values * 1e308
        elif kind == "tiny":
            values = values * 1e-320
        elif kind == "holes" and values.size:
            flat = values.reshape(-1)
            flat[draw.integers(0, values.size, 3)] = rng.choice([np.nan, np.inf, -np.inf, 1e308])
        elif kind == "copies" and values.ndim > 1:
            values[..., :] = values[..., :1]
        elif kind == "whole":
            values = np.round(values)
        elif kind == "far":
            values = values + rng.choice([1e6, 1e16, -1e300])
        elif kind == "type":
            name = rng.choice(TYPES)
            try:
                values = values.astype(name)
            except (TypeError, ValueError):
                values = np.zeros(shape, dtype=name)
    return values


def npy(rng):
    """Return the bytes of a .npy file."""
    out = io.BytesIO()
    np.save(out, array(rng), allow_pickle=True)
    data = out.getvalue()
    if rng.random() < 0.3:
        shape = rng.choice(["(1000000000, 1000)", "(-1, 4)", "(4,", "()"])
        head = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}"
        data = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head) + 1) + head.encode() + b"\n" + bytes(64)
    return damaged(rng, data)


def npz(rng):
    """Return the bytes of a .npz file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name in rng.sample(
            ["x", "y", "rate", "channels", "time", "unit", "../up", "a/b", "λ", "\x1b"], rng.randrange(4)
        ):
            inner = io.BytesIO()
            np.save(inner, array(rng) if rng.random() < 0.7 else np.array(anything(rng), dtype=object))
            file.writestr(f"{name}.npy", inner.getvalue())
        if rng.random() < 0.3:
            file.writestr(
                rng.choice(["readme.txt", "x.npy", "y", "rate.npy"]), rng.choice(TEXTS).encode("utf-8", "replace")
            )
    return damaged(rng, out.getvalue())


def csv(rng):
    """Return the bytes of a .csv file."""
    mark, end = rng.choice([",", ";", "\t", " ", "|"]), rng.choice(["\n", "\r\n", "\r"])
    rows, width = rng.choice([0, 1, 2, 60]), rng.choice([1, 2, 4])
    lines = [mark.join(f"{rng.gauss(0, 1):.3f}" for _ in range(width)) for _ in range(rows)]
    if rng.random() < 0.5:
        lines.insert(0, mark.join(rng.choice(["time", "", "a", "0", "1", "Fp1", "unit", "λ"]) for _ in range(width)))
    if lines and rng.random() < 0.5:
        lines[rng.randrange(len(lines))] = mark.join([rng.choice(TEXTS) for _ in range(rng.randrange(6))])
    data = end.join(lines).encode("utf-8", "replace")
    return damaged(rng, rng.choice([b"", b"\xef\xbb\xbf", b"\xff\xfe"]) + data)


def edf(rng):
    """Return the bytes of an EDF file; its fields are those of a good one, but for some."""
    n, records, per = rng.choice([1, 2, 4]), rng.choice([1, 4, 20]), rng.choice([10, 100])
    noted = rng.random() < 0.4
    signals = n + noted

    def field(value, width):
        chosen = rng.choice([*TEXTS, *map(str, NUMBERS)]) if rng.random() < 0.02 else str(value)
        return chosen.encode("latin-1", "replace")[:width].ljust(width)

    head = field("0", 8) + field("X", 80) + field("X", 80) + field("01.01.20", 8) + field("00.00.00", 8)
    head += field(256 * (signals + 1), 8) + field("EDF+C" if noted else "", 44) + field(records, 8)
    head += field(1, 8) + field(signals, 4)
    names = [rng.choice(["Fp1", "Fp2", "C3", "C4", "ECG", "EEG Fp1-F7", "Status", "λ", ""]) for _ in range(n)]
    for values, width in (
        (names + ["EDF Annotations"] * noted, 16), ([""] * signals, 80), (["uV"] * n + [""] * noted, 8),
        ([-3000] * n + [-1] * noted, 8), ([3000] * n + [1] * noted, 8), ([-32768] * signals, 8), ([32767] * signals, 8),
        ([""] * signals, 80), ([per] * n + [60] * noted, 8), ([""] * signals, 32),
    ):  # fmt: skip
        head += b"".join(field(value, width) for value in values)
    body = b""
    for k in range(records):
        body += rng.randbytes(2 * per * n)
        note = f"+{k}\x14\x14\0+{k}.5\x15{rng.choice(TEXTS)}\x14{rng.choice(['seizure', *TEXTS])}\x14\0"
        body += note.encode("utf-8", "replace")[:120].ljust(120, b"\0") * noted
    return damaged(rng, head + body)


def damaged(rng, data):
    """Return the bytes, in a third of the cases cut, or some of them changed."""
    if rng.random() < 0.67 or not data:
        return data
    if rng.random() < 0.5:
        return data[: rng.randrange(len(data))]
    changed = bytearray(data)
    for _ in range(rng.choice([1, 3, 30])):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def change_hdf5(rng, path: Path):
    """Change an HDF5 file in one place: an attribute, an array, a link, or some of its bytes."""
    if rng.random() < 0.3:
        path.write_bytes(damaged(rng, path.read_bytes()))
        return
    with h5py.File(path, "r+") as file:
        places = [file]
        file.visititems(lambda _, item: places.append(item))
        for _ in range(rng.choice([1, 1, 2])):
            place = rng.choice(places)
            try:
                (_change_attribute if rng.random() < 0.6 else _change_object)(rng, file, place)
            except (TypeError, ValueError, RuntimeError, OSError, KeyError, OverflowError, AttributeError):
                continue  # HDF5 cannot hold that


def _change_attribute(rng, file, place):
    names = [name for name in place.attrs if name not in ("DIMENSION_LIST", "REFERENCE_LIST")]
    if not names:
        return
    name = rng.choice(names)
    old = place.attrs[name]
    if rng.random() < 0.15:
        del place.attrs[name]
    elif isinstance(old, str) and old[:1] in "{[" and rng.random() < 0.7:
        place.attrs[name] = _change_json(rng, old)
    else:
        place.attrs[name] = rng.choice(
            [h5py.Empty("f8"), h5py.Empty(h5py.string_dtype()), anything(rng), np.zeros(3), b"\xff"]
        )


def _change_json(rng, text):
    at = rng.randrange(len(text))
    piece = rng.choice(["null", "NaN", "1e999", "[", "}", '"', "\x00", "-1", "{}", "[]", '"x"'])
    return rng.choice([
        text[:at], text[:at] + piece + text[at:], "[" * 30000 + "]" * 30000, '{"a":' * 90 + "1" + "}" * 90, "null",
        "[]", "{}", "7", '"x"', text.replace("1", "-1"), text.replace("0", "Infinity"),
        text.replace(":", ': null, "q":', 1),
    ])  # fmt: skip


def _change_object(rng, file, place):
    if not place.name.strip("/"):
        return
    above = place.parent
    name = place.name.rsplit("/", 1)[-1]
    way = rng.choice(["delete", "rename", "twice", "soft", "outside", "values", "values", "values"])
    if way == "delete":
        del above[name]
    elif way == "rename":
        above.move(name, rng.choice(["x", "λ", "\x1b[31m", "a" * 300, "values", "time"]))
    elif way == "twice":
        file[f"again{rng.randrange(99)}"] = place
    elif way == "soft":
        above[f"soft{rng.randrange(99)}"] = h5py.SoftLink(rng.choice(["/", "/nowhere", place.name]))
    elif way == "outside":
        above[f"outside{rng.randrange(99)}"] = h5py.ExternalLink("other.h5", "/x")
    elif isinstance(place, h5py.Dataset):
        attrs = {key: value for key, value in place.attrs.items() if "LIST" not in key and key not in ("CLASS", "NAME")}
        scales = (
            [place.dims[k][0] if len(place.dims[k]) else None for k in range(place.ndim)] if not place.is_scale else []
        )
        old, was_scale = place[()] if place.shape is not None else 0, place.is_scale
        if was_scale and rng.random() < 0.5:
            return
        values = array(rng) if rng.random() < 0.4 else _spoiled(rng, old)
        del above[name]
        made = above.create_dataset(name, data=values)
        made.attrs.update(attrs)
        if was_scale:
            made.make_scale(name)
        for axis, scale in enumerate(scales[: made.ndim]):
            if scale is not None:
                made.dims[axis].attach_scale(scale)


def _spoiled(rng, old):
    """Return values of the same shape, some of them others."""
    values = np.array(old)
    if values.dtype.kind == "O":
        flat = values.reshape(-1)
        if flat.size:
            flat[rng.randrange(flat.size)] = rng.choice(TEXTS[:-1]).encode("utf-8", "replace").replace(b"\0", b"")
        return flat.reshape(values.shape).astype(h5py.string_dtype())
    if values.dtype.kind in "iuf" and values.size:
        flat = values.astype(np.float64).reshape(-1)
        flat[rng.randrange(flat.size)] = float(number(rng))
        with np.errstate(all="ignore"):
            return flat.reshape(values.shape).astype(rng.choice([values.dtype, np.dtype("f8"), np.dtype("f4")]))
    return values
