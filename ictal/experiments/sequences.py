"""Stage of `reproduce`: networks that learn sequences of tasks, with treatments and without; a file each.

A file holds the rows of one training. The dose of a treatment is chosen by the validation images of the first seed, so
that the other seeds are planned when that is done; sweeps are trained at every dose.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..analyses.claims import CLAIMS
from ..analyses.evidence.outcomes import TaskValue
from ..simulator import InputError
from ..simulator.files.disk import make_folder
from ..simulator.files.document import to_json, versions
from ..simulator.files.identity import differences
from ..simulator.types import Progress
from .stages import Request, Stage
from .task_scales import TaskBench, task_benches

if TYPE_CHECKING:  # torch takes seconds to import
    from torch import nn

    from ..analyses.claims.claim import Doses
    from ..models.synchrony.recorder import LayerSynchrony
    from .scales import PlannedTraining

FOLDER = "sequences"
CLIPPED = "clip=0.2"  # of every arm: gradients of norm 5 at most, since those of EWC grow with every task


@dataclass(frozen=True)
class PlannedSequence:
    """One training over a sequence of tasks."""

    bench: TaskBench
    condition: str
    kind: str
    seed: int
    treatments: tuple[str, ...] = field(default=())

    @property
    def stem(self) -> str:
        """Name of its file, without the suffix."""
        slug = re.sub(r"(?:[^\w.]|_)+", "-", self.condition.lower()).strip("-")
        return f"{self.bench.slug}-{slug}-seed{self.seed}"


def planned(bench: TaskBench, doses: Sequence[Doses], seed: int, chosen: Mapping[str, str]) -> list[PlannedSequence]:
    """Return the trainings of one seed.

    Args:
        bench: network and sequence.
        doses: the treatments.
        seed: 0 takes all doses of all treatments.
        chosen: treatment -> the dose for the other seeds.
    """
    from ..analyses.evidence.sequences import JOINT, PLAIN

    out = [PlannedSequence(bench, PLAIN, "plain", seed, (CLIPPED,)),
           PlannedSequence(bench, JOINT, "joint", seed, (CLIPPED,))]  # fmt: skip
    for each in doses:
        for dose in each.doses if each.sweep or seed == 0 else (chosen[each.name],):
            texts = tuple(text.format(dose) for text in each.texts)
            out.append(PlannedSequence(bench, f"{each.name}, {dose}", "treated", seed, (*texts, CLIPPED)))
    return out


def run(request: Request, progress: Progress | None, stop: Callable[[], bool]) -> None:
    """Train every sequence that the claims need and whose file is missing."""
    doses = _doses(request.claims, request.scale)
    if not doses:
        return
    folder = request.place / FOLDER
    make_folder(folder)
    total = sum(1 for _ in _all(request, doses, lambda bench: {each.name: each.doses[0] for each in doses}))
    for done, item in enumerate(_all(request, doses, lambda bench: _chosen(folder, bench, doses))):
        if progress:
            progress(done, total, item.stem)
        learn(item, folder / f"{item.stem}.h5", request.device, stop)


def _all(
    request: Request, doses: Sequence[Doses], chosen: Callable[[TaskBench], Mapping[str, str]]
) -> Sequence[PlannedSequence] | Any:
    """Yield the trainings seed by seed; `chosen` is asked when the first seed is done."""
    for seed in range(request.seeds):
        for bench in task_benches(request.scale, request.data):
            yield from planned(bench, doses, seed, chosen(bench) if seed else {})


def _doses(claims: Sequence[str], scale: str) -> list[Doses]:
    """Return the treatments that these claims need, each once."""
    needed = [each for name in claims for each in CLAIMS.load(name).sequences if scale in each.scales]
    return list(dict.fromkeys(needed))


def _chosen(folder: Path, bench: TaskBench, doses: Sequence[Doses]) -> dict[str, str]:
    """Return treatment -> the dose that the validation images of seed 0 choose."""
    from ..analyses.evidence.sequences import sequences
    from ..analyses.evidence.store import Evidence

    rows: list[TaskValue] = []
    for item in planned(bench, doses, 0, {}):
        rows += Evidence.load(folder / f"{item.stem}.h5").tasks
    (found,) = sequences(Evidence("tuning", tasks=rows))
    return {each.name: next(iter(found.chosen(each.name).values())).condition.rpartition(", ")[2] for each in doses}


def learn(item: PlannedSequence, path: Path, device: str = "cpu", stop: Callable[[], bool] = lambda: False) -> None:
    """Train over one sequence into a file of its rows, or resume it; a file that is there is checked.

    Raises:
        InputError: the file is of another training than its name.
        UnfinishedTrainingError: `stop` returned True; the checkpoint beside the file is gone on from.
    """
    from ..analyses.evidence.store import Evidence

    identity = _identity(item)
    if path.exists():
        there = dict(Evidence.load(path).config.get("sequence", {}))
        if unlike := differences(there, identity):
            raise InputError(f"{path}: is of another training than its name: {unlike}; move it away")
        return
    rows = _trained(item, path.with_suffix(".ckpt"), device, stop)
    Evidence(path.stem, tasks=rows, config={"sequence": identity, "versions": versions("torch")}).save(path)
    path.with_suffix(".ckpt").unlink(missing_ok=True)


def _identity(item: PlannedSequence) -> dict[str, Any]:
    """Return what must be equal in two trainings of one name; where the data lie is left out."""
    about: dict[str, Any] = json.loads(to_json(asdict(item)))
    about["bench"]["dataset"] = item.bench.dataset.partition(":")[0]
    return about


def _trained(item: PlannedSequence, checkpoint: Path, where: str, stop: Callable[[], bool]) -> list[TaskValue]:
    """Train over one sequence and return its rows."""
    import torch

    from ..models.architectures import architecture
    from ..models.datasets import load_data
    from ..models.datasets.tasks import task_sequence
    from ..models.synchrony.recorder import LayerSynchrony
    from ..models.training.build import device, network, treatment
    from ..models.training.evaluation import evaluate_confidence
    from ..models.training.sequence import train_sequence
    from ..models.training.settings import Training

    bench = item.bench
    data = load_data(bench.dataset, seed=item.seed, **bench.n)
    sequence = task_sequence(data, bench.tasks, scenario=bench.scenario, seed=item.seed)
    whole = sequence.whole()
    model = network(architecture(bench.architecture, dict(bench.parameters)), whole, item.seed).to(device(where))
    joint = item.kind == "joint"
    shown = (whole,) if joint else sequence.tasks
    recorder = _Synchrony([
        LayerSynchrony(each, measures="si_3", sets="test", when="post", n_probe=bench.n_probe, nulls=0, seed=item.seed)
        for each in shown
    ])  # fmt: skip
    how = Training(**bench.training)
    if len(sizes := {len(each.x_train) for each in shown}) == 1:  # no history is kept: two records a task are enough
        how = replace(how, every=how.plan(*sizes).steps)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "train: Clip: nothing was clipped")  # most arms need no clipping
        log = train_sequence(
            model,
            sequence,
            how,
            seed=item.seed,
            treatments=[treatment(text) for text in item.treatments],
            joint=joint,
            on_task=recorder,
            checkpoint=checkpoint,
            resume=True,
            stop=stop,
            about={"stem": item.stem},
        )
    about = (bench.model, bench.data, item.condition, item.kind, item.seed, bench.tasks, bench.scenario)
    matrix = log.accuracy[bench.scenario]
    rows = [
        TaskValue(*about, after, on + 1, float(accuracy), "test", recorder.values[after])
        for after, line in enumerate(matrix)
        for on, accuracy in enumerate(line)
    ]
    like = next(model.parameters())
    for on, (task, outputs) in enumerate(zip(sequence.tasks, sequence.outputs, strict=True)):
        mask = torch.tensor(outputs, device=like.device) if sequence.masked else None
        x, y = torch.tensor(task.x_val, device=like.device), torch.tensor(task.y_val, device=like.device)
        accuracy = evaluate_confidence(model, x, y, outputs=mask)[1]
        rows.append(TaskValue(*about, len(matrix) - 1, on + 1, float(accuracy), "validation"))
    return rows


class _Synchrony:
    """Mean SI-3 of the layers after every task, on test images of that task; before training on those of the first."""

    def __init__(self, recorders: Sequence[LayerSynchrony]) -> None:
        self.recorders = recorders
        self.values: list[float] = []

    def __call__(self, after: int, model: nn.Module) -> None:
        """Measure the network after so many tasks."""
        recorder = self.recorders[max(after, 1) - 1]
        recorder(after, model)
        self.values.append(recorder.latest()["si_3"])

    def state_dict(self) -> dict[str, Any]:
        """Return what was measured."""
        return {"values": list(self.values), "recorders": [recorder.state_dict() for recorder in self.recorders]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`."""
        self.values = list(state["values"])
        for recorder, mine in zip(self.recorders, state["recorders"], strict=True):
            recorder.load_state_dict(mine)


def rows(place: Path, trainings: Sequence[PlannedTraining]) -> dict[str, list[Any]]:
    """Return the rows of every file."""
    from ..analyses.evidence.store import Evidence

    return {"tasks": [row for file in files(place) for row in Evidence.load(file).tasks]}


def files(place: Path) -> list[Path]:
    """Return the files of finished trainings."""
    return sorted((place / FOLDER).glob("*.h5"))


def check(request: Request) -> None:
    """Check that the data are given; errors as of `task_benches`."""
    if _doses(request.claims, request.scale):
        task_benches(request.scale, request.data)


STAGE = Stage(run, rows, files, check)
