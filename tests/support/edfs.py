"""Small EDF files for tests: what a reader meets in the wild."""

import numpy as np

RATE = 128
SECONDS = 20


def noise(n_channels, seconds=SECONDS, rate=RATE, seed=0, sd=30.0):
    """(time, channel) [µV]"""
    return np.random.default_rng(seed).normal(0, sd, (int(seconds * rate), n_channels))


def signal(x, label, rate=RATE, unit="uV", limits=(-400.0, 400.0)):
    """One channel of an EDF."""
    import edfio

    return edfio.EdfSignal(x, rate, label=label, physical_dimension=unit, physical_range=limits)


def write(path, signals, marks=()):
    """An EDF of these signals; marks: (onset, duration, text)."""
    import edfio

    edfio.Edf(signals, annotations=[edfio.EdfAnnotation(*mark) for mark in marks] or None).write(path)
    return path


def plain(path, x=None, names=None, marks=((8.0, 10.0, "seizure"),), rate=RATE):
    """An EDF of the array x (time, channel)."""
    x = noise(4) if x is None else x
    names = names or [f"E{at + 1}" for at in range(x.shape[1])]
    return write(path, [signal(column, name, rate) for column, name in zip(x.T, names, strict=True)], marks)


def stamp(second, *marks):
    """Annotation bytes of one data record: its own time, and marks (onset, duration or None, text)."""
    out = f"{second:+.12f}".rstrip("0").rstrip(".").encode() + b"\x14\x14\0"
    for onset, duration, text in marks:
        length = b"" if duration is None else b"\x15%g" % duration
        out += b"%+g" % onset + length + b"\x14" + (text if isinstance(text, bytes) else text.encode()) + b"\x14\0"
    return out


def by_hand(path, columns, rates, labels, units=b"uV", stamps=None, kind="", wide=2):
    """An EDF (wide 2) or BDF (wide 3) with header fields of any bytes, records of 1 s, and stamps of any time.

    columns: one array a channel [in units of 1/10]; rates, units: of all, or one a channel.
    """
    k = len(columns)
    rates = list(rates) if isinstance(rates, list | tuple) else [rates] * k
    units = list(units) if isinstance(units, list | tuple) else [units] * k
    notes = [] if stamps is None else [b"EDF Annotations" if wide == 2 else b"BDF Annotations"]
    room = 0 if stamps is None else -(-max(map(len, stamps)) // wide)
    records = min(len(column) // rate for column, rate in zip(columns, rates, strict=True))
    high = 2 ** (8 * wide - 1) - 8  # a multiple of ten, for a gain of a tenth
    low = -high
    plain = [label if isinstance(label, bytes) else label.encode() for label in labels]
    fields = [
        ([*plain, *notes], 16),
        ([b""] * (k + len(notes)), 80),
        ([*units, *[b""] * len(notes)], 8),
        ([b"%d" % (low // 10)] * k + [b"-1"] * len(notes), 8),
        ([b"%d" % (high // 10)] * k + [b"1"] * len(notes), 8),
        ([b"%d" % low] * (k + len(notes)), 8),
        ([b"%d" % high] * (k + len(notes)), 8),
        ([b""] * (k + len(notes)), 80),
        ([b"%d" % rate for rate in rates] + [b"%d" % room] * len(notes), 8),
        ([b""] * (k + len(notes)), 32),
    ]
    size = 256 * (1 + k + len(notes))
    head = (b"0" if wide == 2 else b"\xffBIOSEMI").ljust(8) + b"X X X X".ljust(160) + b"01.01.2000.00.00"
    head += b"%-8d" % size + kind.encode().ljust(44) + b"%-8d" % records + b"1".ljust(8) + b"%-4d" % (k + len(notes))
    head += b"".join(value.ljust(width) for values, width in fields for value in values)
    body = []
    for at in range(records):
        for column, rate in zip(columns, rates, strict=True):
            numbers = np.round(10 * np.asarray(column[at * rate : (at + 1) * rate])).astype("<i4")
            body.append(numbers.view(np.uint8).reshape(-1, 4)[:, :wide].tobytes())
        if stamps is not None:
            body.append(stamps[at].ljust(room * wide, b"\0"))
    path.write_bytes(head + b"".join(body))
    return path
