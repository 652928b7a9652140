"""`train_to_file`: train a network, treated or not, into a file of its history and a file of its weights."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...simulator import InputError, Recording, Run, Spikes
from ...simulator.faces import Face
from ...simulator.files.document import versions
from ...simulator.files.identity import differences
from ...simulator.files.store import load, save
from ...simulator.progress import shows_progress
from ...simulator.types import Progress, Shown
from ..architectures import architecture
from .build import described, device, network, stored, treatment

if TYPE_CHECKING:  # torch takes seconds to import
    import torch

    from ..synchrony.recorder import LayerSynchrony
    from . import History
    from .folder import TrainingFolder
    from .settings import Job

SHARE = 9.0  # of the time that writing the history takes, before it is written again
_LOOSE = ("command", "model", "assumptions")  # of a file's source, may differ between two files of one training


@dataclass(frozen=True)
class Trained(Face):
    """Files and final metrics of a training.

    Attributes:
        path, model: the file of the history, and that of the weights.
        final: metric -> its value for these weights.
        entries: `repr` of every entry of the file.
        complete: the files were there already, of this very job.
        assumptions: sentences on what was assumed, what is doubtful, and what had no effect.
    """

    path: Path
    model: Path
    final: Mapping[str, float]
    entries: Mapping[str, str]
    complete: bool = False
    assumptions: Sequence[str] = ()

    kind = "trained"

    @property
    def run(self) -> Run:
        """The Run of the file: ``history`` and the synchrony of layers.

        Raises:
            InputError: the file is missing or damaged.
        """
        return load(self.path)

    def plot(self, name: str | None = None, *, ax: Any = None) -> Any:
        """Draw the training, or one entry of its file; see `Run.plot`."""
        return self.run.plot(name, ax=ax)

    def to_pandas(self, table: str = "history") -> Any:
        """Return an entry of its file as a DataFrame; see `Run.to_pandas`."""
        return self.run.to_pandas(table)


@shows_progress
def train_to_file(
    job: Job,
    path: str | os.PathLike[str],
    *,
    resume: bool = False,
    force: bool = False,
    progress: Shown = None,
    stop: Callable[[], bool] = lambda: False,
) -> Trained:
    """Train into FILE.h5 (a Run with ``history`` and the synchrony of layers) and FILE.pt (the weights).

    Until both are whole, ``FILE.h5.part`` holds the checkpoint and the history so far.

    Args:
        job: the network, its settings and its data.
        path: FILE.h5.
        resume: go on where a training that was cut short ended; start if there is none; do nothing if it is complete.
        force: replace the files and drop an unfinished training.
        progress: called as progress(done, total, what); True shows it with the steps and the metrics last measured.
        stop: asked at every step; True writes the checkpoint and raises UnfinishedTrainingError.

    Raises:
        InputError: an unknown name, a value that cannot be, files in the way, another unfinished training, or a loss
            that is not finite.
        UnfinishedTrainingError: `stop` returned True.
    """
    from .distributed import joined
    from .folder import TrainingFolder, target_of

    if job.tasks is not None:
        raise InputError("train_to_file.job: has tasks; say train_tasks_to_file(job, path)")
    target = target_of(path)
    folder, weights = TrainingFolder.of(target), target.with_suffix(".pt")
    replaces = folder.replaces(resume, force)
    where = device(job.device)
    work = Work(job, where)  # refuses what cannot be before anything is touched
    ranks = joined(where)
    if resume and target.exists() and not replaces:
        return _complete(work, target, weights, folder)
    with folder.under_way((target, weights), resume, force, ranks) as replaces:
        history = work.train(folder, progress, stop)
        if not ranks.first:
            return Trained(target, weights, history.final(), {})
        run = work.run(history, weights)
        work.write(run, history, target, weights, replaces, folder.folder)
        folder.remove()
        entries = {name: repr(entry) for name, entry in run.items()}
        return Trained(target, weights, history.final(), entries, assumptions=work.assumptions(history))


class Work:
    """A job with its data, its network and its recorder."""

    def __init__(self, job: Job, where: torch.device) -> None:
        from ..treatments.base import Treatment

        self.job, self.where = job, where
        chosen = architecture(job.architecture, job.parameters)
        self.treatments: list[Treatment] = [treatment(text) for text in job.treatments]
        self.data = job.data.load(job.seed)
        n_outputs = self.prepared()
        weights, self.order, probes = (int(s) for s in np.random.SeedSequence(job.seed).generate_state(3))
        learnt = replace(self.data, n_classes=n_outputs)
        self.model = network(chosen, learnt, weights).to(where)
        self.recorder = self.recorder_of(probes)
        self.about = stored(
            {
                **described(job.architecture, chosen, learnt),
                "data": asdict(job.data),
                "synchrony": job.synchrony and asdict(job.synchrony),
            }
        )

    def prepared(self) -> int:
        """Check what can be checked before the network is made, and return the number of its outputs."""
        job = self.job
        plan = job.how.plan(len(self.data.x_train), len(self.data.x_val))
        for option in ("at", "nulls_at") if job.synchrony else ():
            for step in getattr(job.synchrony, option) or ():
                if not 0 <= step <= plan.steps or step % plan.every:
                    raise InputError(
                        f"--synchrony-{option.replace('_', '-')}: must be records: multiples of {plan.every} steps up "
                        f"to {plan.steps}; got {step}"
                    )
        return self.data.n_classes

    def recorder_of(self, probes: int) -> LayerSynchrony | None:
        """Return the recorder of the layers, if any."""
        return None if self.job.synchrony is None else self.job.synchrony.recorder(self.data, probes)

    def assumptions(self, history: History | None = None) -> list[str]:
        """Return sentences on the data, and on the training if it is over."""
        return [*(self.data.notes or ()), *(() if history is None else history.notes)]

    def source(self) -> dict[str, Any]:
        """Return the provenance that the file stores."""
        own = {key: value for key, value in self.about.items() if key != "architecture"}
        return stored(
            {
                "system": self.job.architecture,
                "parameters": self.about["architecture"]["parameters"],
                **own,
                "training": {k: v for k, v in asdict(self.job.how).items() if k != "checkpoint_every"},
                "treatments": list(self.job.treatments),
                **({"tasks": asdict(self.job.tasks)} if self.job.tasks else {}),
                "seed": self.job.seed,
                "data_sha256": self.data.sha256(),
                "engine": "torch",
                "device": self.where.type,
                "threads": self.job.threads,
                "versions": versions("torch", "scikit-learn"),
            }
        )

    def train(self, folder: TrainingFolder, progress: Progress | None, stop: Callable[[], bool]) -> History:
        """Train, or go on, in this folder; its history is written at records, for a tenth of the time at most."""
        from . import UnfinishedTrainingError, train

        words = ""
        latest: History | None = None
        due = 0.0

        def on_history(history: History) -> None:
            nonlocal words, latest, due
            words = _in_words(history, self.recorder.latest() if self.recorder else {})
            latest = history
            if time.monotonic() >= due:
                due = write()

        def write() -> float:
            began = time.monotonic()
            if latest is not None:
                save(self._so_far(latest, self.source()), folder.folder / "history.h5", force=True)
            return time.monotonic() + SHARE * (time.monotonic() - began)

        try:
            return train(
                self.model,
                self.data,
                self.job.how,
                seed=self.order,
                treatments=self.treatments,
                on_record=self.recorder,
                on_history=on_history,
                progress=None if progress is None else lambda done, total: progress(int(done), int(total), words),
                stop=stop,
                checkpoint=folder.checkpoint,
                resume=True,
                about={**self.about, "job_seed": self.job.seed},
                threads=self.job.threads,
            )
        except UnfinishedTrainingError:
            write()
            raise

    def run(self, history: History, weights: Path) -> Run:
        """Return the history and the synchrony of layers as a Run."""
        from . import cpu_threads

        if self.recorder is not None:
            with cpu_threads(self.job.threads):
                self.recorder.finish(self.model, int(history.steps[history.kept]))
        about = {"command": self.job.command(), "model": weights.name, "assumptions": self.assumptions(history)}
        return self._so_far(history, {**self.source(), **about})

    def _so_far(self, history: History, source: Mapping[str, object]) -> Run:
        entries: dict[str, Recording | Spikes] = {"history": history.recording(source)}
        if self.recorder is not None and self.recorder.started:
            entries |= self.recorder.recordings(source)
        return Run(entries, source)

    def write(self, run: Run, history: History, target: Path, weights: Path, replaces: bool, within: Path) -> None:
        """Write both files, the weights first: where FILE.h5 is, all is. What a kill leaves lies in `within`."""
        from .checkpoint import write

        about = {**self.source(), **self.about, "command": self.job.command(), "final": history.final()}
        state = {"model": {name: weight.cpu() for name, weight in self.model.state_dict().items()}}
        write(weights, "model", about, state, force=True, within=within)
        save(run, target, force=replaces, within=within)


def _complete(work: Work, target: Path, weights: Path, folder: TrainingFolder) -> Trained:
    """Return the existing files of this very job.

    Raises:
        InputError: they are of another, or the weights are missing.
    """
    run = load(target)
    check_same(run.source, work.source(), target, weights)
    from .distributed import launched

    if launched()[0] == 0:
        folder.remove()
    from .checkpoint import read

    final = dict(read(weights, "model")["about"]["final"])
    said = run.source.get("assumptions", ())
    return Trained(
        target, weights, final, {name: repr(entry) for name, entry in run.items()}, complete=True,
        assumptions=[str(text) for text in said] if isinstance(said, list | tuple) else (),
    )  # fmt: skip


def check_same(there: Mapping[str, Any], here: Mapping[str, Any], target: Path, weights: Path) -> None:
    """Check that files that are there already are of this very job.

    Raises:
        InputError: they are of another, or the weights are missing.
    """
    there = {"data_sha256": here["data_sha256"], **there}  # older files lack it
    if unlike := differences({key: value for key, value in there.items() if key not in _LOOSE}, here):
        raise InputError(f"{target}: exists already and is of another training: {unlike}; choose another name or say "
                         "--force")  # fmt: skip
    if not weights.exists():
        raise InputError(f"{target}: is complete, but its weights {weights} are gone; say --force to train again")


def _in_words(history: History, measured: Mapping[str, float]) -> str:
    """Return the metrics of the last record in words."""
    now = {name: float(history[name][-1]) for name in history.metrics}
    words = [f"accuracy {now['train_accuracy']:.3f} train, {now['test_accuracy']:.3f} test", f"gap {now['gap']:.3f}"]
    if "val_loss" in now:
        words.append(f"validation loss {now['val_loss']:.3f}")
    return ", ".join(words + [f"{name} {value:.3f}" for name, value in list(measured.items())[:1]])
