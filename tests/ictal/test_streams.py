"""Full disks, closed and full streams, names with control characters: one line, exit code 2, nothing half-written."""

import contextlib
import os
import re
import subprocess
import sys

import numpy as np
import pytest

import ictal
from ictal import cli
from ictal.cli import tables
from ictal.simulator import InputError, Recording, Run, Spikes
from ictal.simulator.files.disk import Sink, check_writable, replacing

resource = pytest.importorskip("resource")
linux = pytest.mark.skipif(sys.platform != "linux", reason="/dev/full")
RNG = np.random.default_rng(0)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    x = Recording(RNG.normal(size=(400, 20)), dt=0.01, clock="second", quantity="activity", unit="1")
    spikes = Spikes(np.sort(RNG.uniform(0, 4, 4000)), RNG.integers(0, 20, 4000), 20, 4.0)
    ictal.save(Run({"x": x, "s": spikes}), "run.h5")
    return tmp_path


@contextlib.contextmanager
def room(size):
    """No file can grow beyond this size [bytes]: the system refuses as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


FULL = {
    "simulate": ["simulate", "kuramoto", "--set", "n=20", "--duration", "100", "-o", "out.h5"],
    "simulate, streamed": ["simulate", "cuba", "--set", "n_e=80", "--duration", ".2", "-o", "out.h5"],
    "sweep": ["sweep", "kuramoto", "--set", "n=20", "--grid", "k=1,2", "-o", "out"],
    "measure": ["measure", "run.h5", "--entries", "x", "--measures", "si_3", "-o", "out.h5"],
    "compare": ["compare", "run.h5", "run.h5", "--entries", "x", "--labels", "a,b", "--measures", "si_3", "-o", "out"],
    "plot": ["plot", "run.h5", "-o", "out"],
    "csv": ["export", "run.h5", "--to", "csv", "-o", "out"],
    "sonata": ["export", "run.h5", "--to", "sonata", "-o", "out.h5"],
    "xarray": ["export", "run.h5", "--to", "xarray", "-o", "out.nc"],
    "train": ["train", "mlp", "--epochs", "1", "-o", "out.h5"],
}  # fmt: skip


@pytest.mark.parametrize("size", [200, 9000])
@pytest.mark.parametrize("command", FULL)
def test_a_full_disk_is_one_line_and_leaves_nothing(folder, capsys, command, size):
    with room(size):
        assert cli.run([*FULL[command], "--quiet"]) in ((1, 2) if command == "sweep" else (2,))
    err = capsys.readouterr().err
    if command != "sweep":  # whose points fail one by one
        assert err.count("\n") == 1, err
    assert "could not be written" in err
    left = {path.name for path in folder.rglob("*") if path.is_file()}
    assert left <= {"run.h5", ".sweep.lock", "sweep.json"}, left


@pytest.mark.parametrize("size", [100, 5000, 40_000, 10**6, 2 * 10**7])
def test_hdf5_never_learns_of_a_full_disk(tmp_path, size):
    h5py = pytest.importorskip("h5py")
    values = RNG.normal(size=(2000, 8))
    with (
        room(size),
        pytest.raises(InputError, match="too large"),
        replacing(tmp_path / "a.h5") as temporary,
        Sink(temporary) as sink,
        h5py.File(sink, "w") as file,
    ):
        for k in range(200 if size > 10**6 else 10):
            file[f"group{k}/values"] = values
            assert np.array_equal(file[f"group{k}/values"][...], values)
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_through_a_sink_is_what_hdf5_writes_itself(tmp_path):
    import h5py

    for name in ("sink.h5", "own.h5"):
        path = tmp_path / name
        path.touch()
        with Sink(path) as sink, h5py.File(sink if name == "sink.h5" else path, "w") as file:
            file.create_dataset("a", data=np.arange(10**5).reshape(-1, 10), compression="gzip")
            file["b"] = ["x", "yy"]
            file.attrs["c"] = "d" * 100
    with h5py.File(tmp_path / "sink.h5") as one, h5py.File(tmp_path / "own.h5") as other:
        assert np.array_equal(one["a"][...], other["a"][...])
        assert one["b"][1] == other["b"][1] == b"yy"
        assert one.attrs["c"] == other.attrs["c"]


def test_of_two_writers_one_wins_and_the_other_is_told(tmp_path):
    target = tmp_path / "a.txt"
    with replacing(target) as temporary:
        temporary.write_text("first")
        with pytest.raises(InputError, match=r"a\.txt: another process is writing it"), replacing(target):
            pytest.fail("the second may not write")
    assert target.read_text() == "first"
    assert list(tmp_path.iterdir()) == [target]


def test_what_a_kill_left_is_taken_over_by_the_next_writer(folder):
    (folder / ".out.txt.tmp").write_text("half of something longer")
    with replacing(folder / "out.txt") as temporary:
        temporary.write_text("whole")
    (folder / ".out.tmp").mkdir()
    (folder / ".out.tmp" / "x.csv").write_text("half")
    ictal.export("run.h5", "csv", "out", entries=["x"])
    assert {path.name for path in folder.iterdir()} == {"run.h5", "out.txt", "out"}
    assert (folder / "out.txt").read_text() == "whole"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX pipes and links")
def test_links_that_lead_nowhere_pipes_and_devices_are_not_replaced(folder):
    os.mkfifo("pipe.h5")
    os.symlink("nowhere.h5", "link.h5")
    os.symlink(os.devnull, "null.h5")
    os.mkdir("folder.h5")
    (folder / "real").mkdir()
    os.symlink("real/a.h5", "good.h5")
    for name, why in {"pipe": "a pipe", "link": "nowhere.h5", "null": "a device", "folder": "a folder"}.items():
        with pytest.raises(InputError, match=why):
            ictal.save(ictal.load("run.h5"), f"{name}.h5", force=True)
    with pytest.raises(InputError, match="NUL"):
        check_writable("a\0.h5")
    assert sorted(os.listdir()) == ["folder.h5", "good.h5", "link.h5", "null.h5", "pipe.h5", "real", "run.h5"]
    (folder / "real" / "a.h5").touch()
    ictal.save(ictal.load("run.h5"), "good.h5", force=True)
    assert os.readlink("good.h5") == "real/a.h5"
    assert list(ictal.load("real/a.h5")) == ["x", "s"]
    assert os.listdir("real") == ["a.h5"]


def test_the_file_that_is_read_is_not_written(folder, capsys):
    before = (folder / "run.h5").read_bytes()
    words = ["--entries", "x", "--measures", "si_3", "-o", "../" + folder.name + "/run.h5", "--force"]
    assert cli.run(["measure", "run.h5", *words]) == 2
    assert "is the file that is read" in capsys.readouterr().err
    assert (folder / "run.h5").read_bytes() == before


@linux
def test_a_full_stdout_is_one_line(monkeypatch, capsys):
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        monkeypatch.setattr(cli.output, "drop_stdout", lambda: None)
        assert cli.run(["list"]) == 2
        with contextlib.suppress(OSError):
            full.close()
    assert capsys.readouterr().err == "ictal: stdout: could not be written: No space left on device\n"


@linux
@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("list >&-", 0),
        ("list >&- 2>&-", 0),
        ("list <&- | head -c 1 > /dev/null; exit ${PIPESTATUS[0]}", 0),
        ("measure run.h5 --entries x --measures si_3 -o out.h5 >&- 2>&-", 0),
        ("plot run.h5 -o figures > /dev/full --quiet", 0),
        ("simulate --help > /dev/full", 2),
        ("explain nothing_of_this_name 2> /dev/full", 2),
        ("explain nothing_of_this_name 2>&-", 2),
    ],
)
def test_streams_that_are_closed_or_full(folder, words, code):
    environment = {
        **os.environ, "MPLBACKEND": "no such backend", "COLUMNS": "0", "TERM": "dumb", "LC_ALL": "C",
        "PYTHONIOENCODING": "ascii",
    }  # fmt: skip
    line = f"exec {sys.executable} -m ictal {words}" if "|" not in words else f"{sys.executable} -m ictal {words}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=environment)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") <= 1
    if "out.h5" in words:
        assert ictal.load("out.h5").kind == "measurements"


NAMES = ["\x1b[31mred", "a\rb", "\x9b1m", "x\u202ey", "\x07bell"]


@pytest.mark.parametrize("name", NAMES)
def test_no_control_character_reaches_a_terminal(folder, capsys, name):
    assert cli.run(["info", f"{name}.h5"]) == 2
    assert cli.run(["explain", name]) == 2
    run = Run({"x": ictal.load("run.h5").recording("x")}, {"system": name, "file": name})
    ictal.save(run, "named.h5")
    assert cli.run(["info", "named.h5"]) == 0
    out, err = capsys.readouterr()
    assert all(c.isprintable() or c == "\n" for c in out + err)


def test_names_stay_text_in_figures_and_pages(folder):
    name = "<script>$\\frac{\x1b[31m"
    label = {"channel": np.array([f"=cmd() {name}{k}" for k in range(20)])}
    x = ictal.load("run.h5").recording("x")
    labelled = Recording(x.values, dt=0.01, clock="second", quantity=name, unit=name, unit_labels=label)
    ictal.save(Run({"x": labelled}), "a.h5")
    text = ictal.load("a.h5").html("a.html").read_text(encoding="utf-8")
    assert "<script>" not in text
    assert "\x1b" not in text
    table = ictal.export("a.h5", "csv", "csv").files
    for file in table:
        if file.suffix == ".csv":
            assert not re.search(r"(^|,)\"?[=@+]", file.read_text(encoding="utf-8"), re.MULTILINE)


COLUMNS = ["panel", "measure", "a", "b", "a − b [95 %]", "p", "statement"]
ROWS = [
    ["resting", name, "0.01234", "0.9876", "-0.975 [-1.234, -0.8765]", "0.03125", "lower in resting than in convulsing"]
    for name in ("mean_squared_correlation", "participation_ratio")
]


@pytest.mark.parametrize("width", [1, 40, 60, 80, 120, 200])
def test_words_and_numbers_of_a_table_are_whole_at_every_width(monkeypatch, width):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", str(width))
    text = tables.table(COLUMNS, ROWS)
    for row in (COLUMNS, *ROWS):
        for word in " ".join(row).split():
            assert re.search(rf"(?<!\S){re.escape(word)}(?!\S)", text), word
    assert max(map(len, text.splitlines())) <= max(width, 48)


def test_a_table_without_distinct_keys_counts_its_rows(monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "40")
    text = tables.table(["same", "x" * 30, "y" * 30], [["a", "1", "2"], ["a", "1", "4"]])
    assert text.count("row") == 3
    assert re.search(r"^ 2 +4$", text, re.MULTILINE)


def test_an_empty_table_has_its_header():
    assert tables.table(["a", "b"], []) == "\n a   b\n ─────\n\n"
