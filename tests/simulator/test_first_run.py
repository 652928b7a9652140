"""Machine code of the kernels from the bitcode of the package, and from numba where that is of no use."""

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from networks import random_network

from ictal.models import Cuba
from ictal.simulator import Network, Pairwise, PoissonInput, Population, Projection, StateRecording, Synapse, simulate
from ictal.simulator.engines import ship
from ictal.simulator.engines.kernels import absent
from ictal.simulator.engines.kernels.compiling import SOURCES
from ictal.simulator.engines.kernels.edges import draw_sources, transpose
from ictal.simulator.engines.kernels.step import advance
from ictal.simulator.engines.native import disk, kernel, shipped, target

SMALL = Cuba(n_e=80, n_i=20).network()
AGAIN = "the kernels changed: python -m ictal.simulator.engines.ship, and commit what it writes"


def digest(run):
    parts = [a for name in sorted(run) for a in (getattr(run[name], f, None) for f in ("time", "unit", "values"))]
    return hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in parts if a is not None)).hexdigest()


@pytest.fixture
def nothing_compiled(tmp_path, monkeypatch):
    """No machine code on the disk, nor in this process."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    for made in (advance, draw_sources, transpose):
        monkeypatch.setattr(made, "_ready", {})
    return tmp_path / "ictal"


def test_the_bitcode_is_that_of_the_sources():
    contents = shipped.contents()
    assert contents["sources"] == SOURCES, AGAIN
    keys = {shipped.label(k.name, kernel.described(tuple(k.whole(a)))) for _, k, a in ship.examples()}
    assert set(contents["files"]) == keys, AGAIN
    assert {path.name for path in shipped.FOLDER.iterdir()} == {*contents["files"].values(), "contents.json"}


@pytest.mark.slow
@pytest.mark.parametrize(("network", "precision"), [(random_network(3), "float64"), (SMALL, "float32")])
def test_the_bitcode_and_numba_make_the_same_numbers(nothing_compiled, monkeypatch, network, precision):
    first = digest(simulate(network, 0.1, 3, precision=precision))
    monkeypatch.setattr(kernel, "shipped", lambda *_: None)
    for made in (advance, draw_sources, transpose):
        monkeypatch.setattr(made, "_ready", {})
    assert digest(simulate(network, 0.1, 3, precision=precision)) == first


def test_every_part_of_the_step_can_be_left_out():
    """`whole` gives empty tables to code that would read beyond their ends; a constant must keep it from running."""
    assert [name for name in advance.parameters if name in absent.EMPTY] == list(absent.EMPTY)
    assert list(advance.parameters[1 : 1 + len(absent.EMPTY)]) == list(absent.EMPTY)
    text = "".join(path.read_text(encoding="utf-8") for path in Path(absent.__file__).parent.glob("*.py"))
    parts = "|".join(absent.EMPTY)
    assert re.findall(rf"\b({parts}) is not None(?! and has_\1\(\))", text) == []
    assert re.findall(rf"\b({parts}) is None\b", text) == []
    assert set(re.findall(r"is not None and has_(\w+)\(\)", text)) == set(absent.EMPTY)


def test_a_part_that_a_network_lacks_is_not_compiled(nothing_compiled):
    """The code of a network without signals, inputs and slow variables is much shorter than that with most of them."""
    sizes = []
    for network in (SMALL, random_network(3)):
        before = set(nothing_compiled.glob("advance_*"))
        simulate(network, 0.01, 0)
        (new,) = set(nothing_compiled.glob("advance_*")) - before
        sizes.append(new.stat().st_size)
    assert sizes[0] < 0.75 * sizes[1]


def test_machine_code_is_read_from_the_disk_unless_it_is_damaged(nothing_compiled, monkeypatch):
    first = digest(simulate(SMALL, 0.05, 3))
    files = sorted(nothing_compiled.iterdir())
    stamps = [f.stat().st_mtime_ns for f in files]
    calls, make = [], target.object_code

    def counted(*arguments):
        calls.append(1)
        return make(*arguments)

    monkeypatch.setattr(target, "object_code", counted)

    def again():
        for made in (advance, draw_sources, transpose):
            monkeypatch.setattr(made, "_ready", {})
        assert digest(simulate(SMALL, 0.05, 3)) == first

    again()
    assert not calls
    assert [f.stat().st_mtime_ns for f in files] == stamps
    for file in files:
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    again()
    assert len(calls) == len(files)
    again()
    assert len(calls) == len(files)


def test_code_of_other_sources_or_an_unreadable_bitcode_is_not_used(nothing_compiled, monkeypatch):
    assert shipped.shipped("transpose", _key(), SOURCES)
    assert shipped.shipped("transpose", _key(), "0" * 64) is None
    assert shipped.shipped("transpose", "other types", SOURCES) is None
    with monkeypatch.context() as older:
        older.setattr(shipped, "LLVM", shipped.contents()["llvm"] - 1)
        assert shipped.shipped("transpose", _key(), SOURCES) is None
    monkeypatch.setattr(kernel, "shipped", lambda *_: b"BC\xc0\xde of a later LLVM")
    sources, degrees = np.array([2, 0, 2, 1], np.int32), np.array([1, 2, 1])
    indptr, targets = np.zeros(4, np.int64), np.empty(4, np.int32)
    transpose(sources, degrees, indptr, targets, np.empty(3, np.int64))
    assert indptr.tolist() == [0, 1, 2, 4]
    assert targets.tolist() == [1, 2, 0, 1]


def _key():
    (arguments,) = (a for name, _, a in ship.examples() if name == "transpose")
    return kernel.described(tuple(arguments))


def test_without_a_folder_that_can_be_written_code_is_compiled_in_each_process(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
    disk.write("code.o", b"code")
    assert disk.read("code.o") is None


def conductances():
    """Cells whose voltages need an exponential in every step."""
    synapses = (Synapse("e", 5.0, reversal=0.0), Synapse("i", 10.0, reversal=-80.0))
    cells = Population("E", 50, 20.0, -60.0, -50.0, -60.0, 5.0, synapses, v_init=(-60.0, -50.0))
    edges = Projection("E", "E", "i", Pairwise(0.2), 0.7)
    v = StateRecording("v", "E", "v")
    return simulate(Network((cells,), (edges,), (PoissonInput("E", "e", 1.0, 0.1),), signals=(v,)), 0.1, 5)


@pytest.mark.parametrize("cpu", ["haswell", "x86-64"])
def test_processors_with_fma_have_the_same_bits(tmp_path, cpu):
    """From one bitcode; without FMA the exponential has bits of its own, and the rates are the same."""
    if not target.fuses(target.machine()) or not target.machine().triple.startswith("x86_64"):
        pytest.skip("needs an x86 with FMA")
    script = "from test_first_run import conductances, digest as d; r = conductances(); print(d(r), r['E'].time.size)"
    other = {"NUMBA_CPU_NAME": cpu, "NUMBA_CPU_FEATURES": "", "NUMBA_CACHE_DIR": str(tmp_path)}
    path = os.pathsep.join([os.path.dirname(__file__), *sys.path])
    env = os.environ | other | {"PYTHONPATH": path}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    own, (bits, spikes) = conductances(), done.stdout.split()
    assert own["E"].time.size > 20
    assert int(spikes) == pytest.approx(own["E"].time.size, rel=0.05)
    assert (bits == digest(own)) == (cpu == "haswell")


@pytest.mark.parametrize(
    ("triple", "cpu"),
    [
        ("aarch64-unknown-linux-gnu", "neoverse-n1"),
        ("arm64-apple-macosx14", "apple-m1"),
        ("x86_64-pc-windows-msvc", "haswell"),
    ],
)
def test_the_bitcode_translates_for_other_platforms(monkeypatch, triple, cpu):
    target.llvm.initialize_all_targets()
    target.llvm.initialize_all_asmprinters()
    other = target.llvm.Target.from_triple(triple)
    made = other.create_target_machine(cpu, "", opt=3, reloc="default", codemodel="jitdefault", jit=True)
    monkeypatch.setattr(target, "machine", lambda: made)
    assert target.fuses(made)
    (arguments,) = (a for name, _, a in ship.examples() if name == "advance-float64")
    bitcode = shipped.shipped("advance", kernel.described(tuple(advance.whole(arguments))), SOURCES)
    bare = set(absent.EMPTY) - {"plain_cells"}
    assert len(target.object_code(bitcode, bare, "advance")) > 10_000


def test_arrays_that_the_kernels_cannot_read_are_refused():
    backwards = np.zeros(8, np.int64)[::-2]
    with pytest.raises(TypeError, match=r"^kernels take arrays in C order; got shape \(4,\), strides \(-16,\)$"):
        transpose(np.zeros(4, np.int32), backwards, np.zeros(4, np.int64), np.zeros(4, np.int32), np.zeros(3, np.int64))
    with pytest.raises(TypeError, match=r"^kernels take arrays, whole numbers and tuples of them; got 1\.5$"):
        transpose(1.5, backwards, backwards, backwards, backwards)
