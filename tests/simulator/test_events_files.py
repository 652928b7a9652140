"""Files of events beside a recording: BIDS, TUH, CHB-MIT."""

import struct

import pytest

from ictal.simulator import InputError
from ictal.simulator.files.events import read_events

TUH = (
    "# version = csv_v1.0.0\n# bname = rec_s001_t000\n# duration = 90.00 secs\n#\n"
    "channel,start_time,stop_time,label,confidence\n"
)
SUMMARY = """Data Sampling Rate: 256 Hz
*************************

Channels in EDF Files:
Channel 1: FP1-F7

File Name: rec_01.edf
File Start Time: 11:42:54
File End Time: 12:42:54
Number of Seizures in File: 0

File Name: rec_02.edf
File Start Time: 12:42:57
File End Time: 13:42:57
Number of Seizures in File: 1
Seizure Start Time: 2996 seconds
Seizure End Time: 3036 seconds

File Name: rec_03.edf
Number of Seizures in File: 2
Seizure 1 Start Time: 30 seconds
Seizure 1 End Time: 55 seconds
Seizure 2 Start Time: 130 seconds
Seizure 2 End Time: 212 seconds
"""


def mark(onset, duration, text):
    return {"onset": onset, "duration": duration, "text": text}


TABLES = {
    "BIDS": (
        "onset\tduration\ttrial_type\n30\t25\tseizure\n60.5\tn/a\tblink\n",
        [(30, 25, "seizure"), (60.5, None, "blink")],
    ),
    "SzCORE": (
        "onset\tduration\teventType\tconfidence\tchannels\tdateTime\trecordingDuration\n"
        "30.00\t25.00\tsz_foc_ia\tn/a\tn/a\t2020-01-01 00:00:00\t90.00\n",
        [(30, 25, "sz_foc_ia")],
    ),
    "an impulse, and columns in another order": ("trial_type\tduration\tonset\nsz\t0\t30\n", [(30, None, "sz")]),
    "a text from the first column that says one": (
        "onset\tduration\ttrial_type\tvalue\n1\t2\tn/a\tsz\n",
        [(1, 2, "sz")],
    ),
    "commas, a mark of bytes, and lines of Windows": (
        "\ufeffonset,duration,label\r\n30,25,seizure\r\n",
        [(30, 25, "seizure")],
    ),
    "quoted cells with the mark between cells": (
        'onset,duration,description\n30,25,"seizure, left temporal"\n',
        [(30, 25, "seizure, left temporal")],
    ),
    "TUH, two classes": (
        TUH + "TERM,0.0,30.0,bckg,1.0\nTERM,30.0,55.0,seiz,1.0\n",
        [(0, 30, "bckg"), (30, 25, "seiz")],
    ),
    "TUH, an older table": (
        "version = tse_v1.0.0\n\n0.0000 30.0000 bckg 1.0000\n30.0000 55.0000 seiz 0.9\n",
        [(0, 30, "bckg"), (30, 25, "seiz")],
    ),
    "TUH, by channel": (
        TUH + "FP1-F7,30.0,50.0,fnsz,1.0\nF7-T3,31.0,55.0,fnsz,1.0\n",
        [(30, 20, "fnsz"), (31, 24, "fnsz")],
    ),
    "no rows": ("onset\tduration\ttrial_type\n", []),
}


@pytest.mark.parametrize("case", TABLES)
def test_tables_of_events(case, tmp_path):
    text, wanted = TABLES[case]
    path = tmp_path / "events"
    path.write_bytes(text.encode())
    assert read_events(path, recording="rec_s001_t000.edf") == ([mark(*one) for one in wanted], [])


def test_rows_without_onset_and_tables_without_texts_are_said(tmp_path):
    path = tmp_path / "events.tsv"
    path.write_text("onset\tduration\n30\t25\nn/a\t2\n")
    found, notes = read_events(path)
    assert found == [mark(30.0, 25.0, "seizure")]
    assert "line 3 has no onset" in notes[0]
    assert "each of its 1 rows is an event" in notes[1]
    path.write_text(TUH + "TERM,30.0,55.0,seiz,1.0\n")
    assert "names the recording rec_s001_t000" in read_events(path, recording="other.edf")[1][0]


def test_a_summary_is_read_for_the_recording_it_names(tmp_path):
    path = tmp_path / "rec-summary.txt"
    path.write_text(SUMMARY)
    assert read_events(path, recording="data/rec_02.edf") == ([mark(2996.0, 40.0, "seizure")], [])
    assert read_events(path, recording="REC_01.EDF") == ([], [])
    assert read_events(path, recording="rec_03.edf")[0] == [mark(30.0, 25.0, "seizure"), mark(130.0, 82.0, "seizure")]
    with pytest.raises(InputError, match=r"has no 'File Name: rec_04.edf'; it names rec_01.edf, .*--onset S"):
        read_events(path, recording="rec_04.edf")
    path.write_text("File Name: rec_09.edf\nNumber of Seizures in File: 2\nSeizure Start Time: 30 seconds\n")
    found, notes = read_events(path, recording="mine.edf")
    assert found == [mark(30.0, None, "seizure")]
    assert "names the recording rec_09.edf; it is taken for mine.edf" in notes[0]
    assert "promises 2 seizures" in notes[1]


def wfdb(pairs, resolution=b"## time resolution: 256"):
    """Annotations in the MIT format: a note of the resolution, and "[" and "]" after a skip each."""

    def skip(n):
        return struct.pack("<HHH", 59 << 10, (n >> 16) & 0xFFFF, n & 0xFFFF)

    out, now = skip(-1) + struct.pack("<H", 1 << 10 | 1), 0
    if resolution:
        out += struct.pack("<HH", 22 << 10, 63 << 10 | len(resolution)) + resolution + b"\0" * (len(resolution) % 2)
    for code, sample in ((code, sample) for pair in pairs for code, sample in zip((32, 33), pair, strict=True)):
        out += skip(sample - now) + struct.pack("<H", code << 10)
        now = sample
    return out + b"\0\0"


def test_seizures_in_the_mit_format(tmp_path):
    path = tmp_path / "rec.edf.seizures"
    path.write_bytes(wfdb([(2996 * 256, 3036 * 256), (3100 * 256, 3101 * 256)]))
    assert read_events(path, rate=512.0)[0] == [mark(2996.0, 40.0, "seizure"), mark(3100.0, 1.0, "seizure")]
    path.write_bytes(wfdb([(100, 300)], resolution=b""))
    assert read_events(path, rate=100.0)[0] == [mark(1.0, 2.0, "seizure")]
    with pytest.raises(InputError, match="time resolution"):
        read_events(path)


BAD = {
    "nothing": (b"", "is empty"),
    "a text": (b"hello\nworld\n", "is no list of events that is read"),
    "an older table of TUH, too wide": (
        b"version = tse_v1.0.0\n\n0.0 30.0 bckg 1.0 2\n",
        "line 3 has 5 columns; want 4",
    ),
    "bytes": (b"\x89PNG\r\n\0\0\0", "is no list of events"),
    "a text for a number": (b"onset\tduration\nten\t2\n", "line 2: onset must be a number of seconds; got 'ten'"),
    "an infinite time": (b"onset\tduration\ninf\t2\n", "line 2: onset must be"),
    "a row that is too short": (b"onset\tduration\ttrial_type\n1\t2\n", "line 2 has 2 columns; want 3"),
    "a negative duration": (b"onset\tduration\n10\t-2\n", "line 2: duration must be at least 0"),
    "a stop before the start": (TUH.encode() + b"TERM,50,30,seiz,1\n", "stop_time must be after start_time; got 30"),
    "no duration": (b"onset\ttrial_type\n10\tsz\n", "is no list of events that is read"),
    "an end before its start": (
        b"File Name: a.edf\nSeizure Start Time: 50 seconds\nSeizure End Time: 30 seconds\n",
        "must end after its start, 50 s; got 30 s",
    ),
    "an end alone": (b"File Name: a.edf\nSeizure 1 End Time: 30 seconds\n", "has an end and no start"),
    "a start twice": (b"File Name: a.edf\n" + b"Seizure 1 Start Time: 3 seconds\n" * 2, "given twice"),
    "a time of day": (
        b"File Name: a.edf\nSeizure Start Time: 11:42:54\n",
        "must be a number of seconds; got '11:42:54'",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files_of_events_end_in_one_line(case, tmp_path):
    content, fragment = BAD[case]
    path = tmp_path / "events.txt"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        read_events(path, recording="a.edf")
    assert fragment in str(error.value)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("content", [wfdb([(300, 100)]), wfdb([(1, 2)])[:-6] + b"\0\0", wfdb([]), b"\0\0\0\0"])
def test_bad_seizures_end_in_one_line(content, tmp_path):
    path = tmp_path / "a.edf.seizures"
    path.write_bytes(content)
    try:
        found, _ = read_events(path, rate=256.0)
    except InputError as error:
        assert "seizure" in str(error)
    else:
        assert found == [mark(1 / 256, None, "seizure")]


def test_a_folder_and_a_missing_file_are_named(tmp_path):
    for path in (tmp_path, tmp_path / "none.tsv"):
        with pytest.raises(InputError, match="want a file of events: BIDS"):
            read_events(path)
