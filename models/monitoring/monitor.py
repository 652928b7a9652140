"""Monitor of the layers of a model during training: measures, and activations with their graph for a penalty."""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal, Self

import numpy as np
import torch
from torch import Tensor, nn

from ...analyses.measures.base import Measure
from ...simulator import InputError, Recording, Run
from ...simulator.checks import names_of
from ...simulator.fields import Param, checked
from ...simulator.files.document import versions
from ..probe.choice import check_model, listed
from ..probe.layers import Layers, Units, first_tensor, in_units
from .batch_measures import Layerwise, drawn, gathered, measure_of_batches, measured
from .history import PENDING, MonitorLog
from .passes import Passes
from .writers import write_scalars

WAITING = 2**18  # values of recorded passes that wait to be measured together


class Monitor:
    """A context that watches the layers of a model in every training pass, in anybody's training loop.

    ```python
    with ictal.Monitor(model, layers=["*.relu"], every=10) as monitor:
        for x, y in batches:
            loss = cross_entropy(model(x), y) + ictal.desync_penalty(monitor, target=0.3, weight=1.0)
            ...
    monitor.run()
    ```

    A pass is one call of the model in training mode with gradients on; evaluation in between leaves all as it is, and
    so does a transform of torch.func. The monitor refers to the activations of the last pass with their graph (copied
    only where the model goes on to change them in place), and drops them when the next pass begins or the context
    ends. What is recorded are numbers; copies of at most 2¹⁸ values and 256 passes wait to be measured together, or
    until somebody reads the record.
    Samples are the inputs of a batch; of a sequence, all time points of all sequences. Works with autocast,
    DistributedDataParallel (each process watches its own part of the batch), `torch.compile` (graphs are cut at the
    layers), nn.DataParallel on one device, and gradient checkpointing with ``use_reentrant=False``.

    Args:
        model: the module that the loop calls, or the one within it.
        layers: names or patterns of its modules; ``"auto"``: activations, as Layers says.
        every: passes between records; a penalty sees every pass.
        measures: recorded measures, which need no order and no labels.
        units: what a unit is, as in Layers.
        max_units: units of a layer that are recorded, the same at every pass; None: all.
        when: ``"post"``: the output of a module; ``"pre"``: its first input.
        seed: of the recorded units, and of those that a penalty draws.
        history: largest number of records; the latest stay.
        batch_first: False: the first of three axes is time or token, where nothing else is known, as in Layers.

    Raises:
        InputError: an argument that cannot be; a pattern that matches nothing (the names are listed); a model whose
            layers cannot be watched.

    >>> model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    >>> with Monitor(model, "1", measures=["si_3", "chi_c"]) as monitor:
    ...     for _ in range(5):
    ...         _ = model(torch.randn(20, 3, generator=torch.Generator().manual_seed(0)))
    >>> monitor.run()
    Run(si_3: Recording(si_3 [1], 5 x 1, dt=1 step), chi_c: Recording(chi_c [1], 5 x 1, dt=1 step))
    """

    def __init__(
        self,
        model: nn.Module,
        layers: Sequence[str] | str = "auto",
        *,
        every: int = 1,
        measures: Sequence[str] | str = ("si_3",),
        units: Units | Mapping[str, Units] = "auto",
        max_units: int | None = 256,
        when: Literal["post", "pre"] = "post",
        seed: int = 0,
        history: int = 10_000,
        batch_first: bool = True,
    ) -> None:
        check_model("Monitor.model", model)
        self.measures = settled("Monitor", every, measures, max_units, seed, history)
        self.every = int(every)
        self.layers = Layers(
            layers, when=when, units=units, max_units=max_units, batch_first=batch_first, seed=int(seed)
        )
        self.seed = int(seed)
        self._passes = Passes(model, self.layers, self._take, opened=self._opened, closed=self._close)
        self._generator = torch.Generator().manual_seed(self.seed)
        self._rows = MonitorLog(int(history))
        self._waiting: list[tuple[int, Layerwise]] = []
        self._index: dict[tuple[str, int, torch.device], Tensor] = {}
        self._changed: set[str] | None = None  # layers that the model changes in place; None: not known yet
        self._release()

    def __enter__(self) -> Self:
        self._passes.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._passes.__exit__(*error)
        self._release()

    def __repr__(self) -> str:
        """Return the model, its layers and the passes in words."""
        model, names = type(self._passes.core).__name__, listed(self._passes.modules)
        return f"Monitor({model}: layers {names}; {self.passes} passes)"

    @property
    def core(self) -> nn.Module:
        """Model without the wrappers of `torch.compile` and of several processes."""
        return self._passes.core

    @property
    def passes(self) -> int:
        """Training passes so far."""
        return self._passes.number

    def activations(self, units: int | None = None) -> dict[str, Tensor]:
        """Layer -> (sample, unit) of the last pass, with its graph.

        A module that was called several times is ``name#0``, ``name#1`` ...; the calls of a recurrent cell are samples.

        Args:
            units: at most so many units of a layer, drawn anew by the monitor's own generator; None: all.

        Raises:
            InputError: there was no pass, or no layer was called in it; a layer that ran without gradients in it,
                or was changed in place after it.
        """
        check_units("Monitor.activations", units)
        if not self._kept:
            if self._passes.number == self._passes.before or not self._passes.active:
                raise self._passes.missing("Monitor")
            raise InputError(f"Monitor: the last pass called none of the layers {', '.join(self._passes.modules)}")
        for name, calls in self._kept.items():
            if not all(call.graph for call in calls):
                raise InputError(
                    f"Monitor: {name} ran without gradients within a training pass (a no_grad block, or gradient "
                    "checkpointing of the old kind: call checkpoint with use_reentrant=False)"
                )
            if any(_state(call.values) != call.state for call in calls):
                raise InputError(f"Monitor: {name} was changed in place after the pass; change a copy of it")
        return drawn(self._flat(), units, self._generator)

    def run(self, source: Mapping[str, object] | None = None) -> Run:
        """The record: for each measure a Recording (time, layer), clock ``"step"``, time = passes before it.

        The unit label ``"layer"`` names the columns. Where a measure was not defined (a batch that is too small, a
        layer that was not called) the value is 0 and `valid` is False.

        Raises:
            InputError: nothing was recorded.
        """
        if not self.measures:
            raise InputError("Monitor.run: measures=() records nothing; give measures, e.g. measures=['si_3']")
        steps, layers, table = self._measured().table()
        if not layers:
            raise self._passes.missing("Monitor.run")
        about = {
            "model": type(self._passes.core).__name__,
            "layers": list(self.layers.patterns),
            "when": self.layers.when,
            "every": self.every,
            "max_units": self.layers.max_units,
            "seed": self.seed,
            "engine": "torch",
            "versions": versions("torch"),
            **({"assumptions": [self._passes.chosen.in_words()]} if self._passes.chosen else {}),
            **(source or {}),
        }
        found = {}
        for (name, measure), values in zip(self.measures.items(), table, strict=True):
            known = np.isfinite(values)
            found[name] = Recording(
                np.where(known, values, 0.0),
                dt=float(self.every),
                clock="step",
                quantity=name,
                unit="1" if measure.unit == "data" else measure.unit,
                t0=float(steps[0]),
                valid=None if known.all() else known,
                unit_labels={"layer": np.array(layers)},
                source=about,
            )
        return Run(found, about)

    @property
    def record(self) -> Recording:
        """The Recording of the first measure."""
        return self.run().recording(next(iter(self.measures)))

    def latest(self) -> dict[str, dict[str, float]]:
        """Measure -> layer -> the last recorded value, NaN where it was not defined; empty before the first."""
        row = self._measured().last()
        if row is None:
            return {name: {} for name in self.measures}
        return {
            name: dict(zip(row.layers, values.tolist(), strict=True))
            for name, values in zip(self.measures, row.values, strict=True)
        }

    def scalars(self) -> dict[str, float]:
        """``"MEASURE/LAYER"`` -> the last recorded value where it was defined; a call ``#0`` of a layer is ``.0``."""
        found = {
            f"{name}/{layer}".replace("#", "."): value
            for name, values in self.latest().items()
            for layer, value in values.items()
        }
        return {name: value for name, value in found.items() if math.isfinite(value)}

    def log(self, writer: Any, step: int | None = None) -> dict[str, float]:
        """Write the last record into the log of a training, a scalar a measure and layer; see `scalars`.

        ```python
        writer = torch.utils.tensorboard.SummaryWriter()  # or wandb.init(), mlflow, an Accelerator
        with ictal.Monitor(model) as monitor:
            for epoch in range(10):
                ...
                monitor.log(writer, epoch)
        ```

        Args:
            writer: with ``add_scalar`` (TensorBoard), ``log_metrics`` or ``log_metric`` (MLflow, Lightning's loggers)
                or ``log`` (Weights & Biases, accelerate).
            step: of the scalars; None: the passes before the record, and for ``log`` the step of the run itself.

        Returns:
            What was written.

        Raises:
            InputError: a writer without the method it needs; nothing was recorded; a step below 0.
        """
        checked("Monitor.log.step", int | None, Param("", ge=0), step)
        if not self.measures:
            raise InputError("Monitor.log: measures=() records nothing; give measures, e.g. measures=['si_3']")
        row = self._measured().last()
        if row is None:
            raise self._passes.missing("Monitor.log")
        found = self.scalars()
        write_scalars(found, writer, row.step if step is None else step, step)
        return found

    def state_dict(self) -> dict[str, Any]:
        """Generator, passes, record, and which layers are changed in place, as tensors, numbers and strings."""
        return {
            "generator": self._generator.get_state(),
            "passes": self._passes.number,
            "changed": None if self._changed is None else sorted(self._changed),
            "every": self.every,
            "measures": list(self.measures),
            "record": self._measured().state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`.

        Raises:
            InputError: that of a monitor of other measures, or of one that records at other passes.
        """
        if list(state["measures"]) != list(self.measures):
            raise InputError(
                f"Monitor.measures: must be those of the state, {', '.join(state['measures']) or 'none'}; "
                f"got {', '.join(self.measures) or 'none'}"
            )
        if self.measures and state["every"] != self.every:
            raise InputError(f"Monitor.every: must be that of the state, {state['every']}; got {self.every}")
        self._generator.set_state(state["generator"].cpu())
        self._passes.number = self._passes.before = int(state["passes"])
        self._changed = None if state["changed"] is None else set(state["changed"])
        self._waiting.clear()
        self._rows.load_state_dict(state["record"])

    def _release(self) -> None:
        self._kept: dict[str, list[Call]] = {}
        self._noted: dict[str, list[tuple[Tensor, str]]] = {}  # calls of the layers of a pass that is recorded
        self._taken: dict[str, Tensor] | None = None
        self._recording = False

    def _opened(self) -> None:
        self._release()
        self._recording = bool(self.measures) and (self._passes.number - 1) % self.every == 0

    def _take(self, name: str, call: int, found: object) -> None:
        if not self._passes.open:
            return
        whole = _joined(found)
        raw = whole if isinstance(whole, Tensor) and whole.is_floating_point() else first_tensor(whole, name)
        values = raw.clone() if self._changed is None or name in self._changed else raw
        taken = Call(values, _state(values), torch.is_grad_enabled(), raw, _state(raw))
        self._kept.setdefault(name, []).append(taken)
        if self._recording:  # now: the model may go on to replace the data, unseen by the version counter
            with torch.inference_mode():  # less work an operation than no_grad
                part, unit = self._part(name, raw.detach())
                chosen = self._chosen(name, part)
                self._noted.setdefault(name, []).append((chosen.clone() if chosen is part else chosen, unit))

    def _close(self) -> None:
        changed = set()
        for name, calls in self._kept.items():
            if any(call.changed(self._changed is None) for call in calls):
                changed.add(name)
            for call in calls:
                call.raw = None
        if self._changed is None:
            self._changed = changed
        for name in changed - self._changed:  # not in earlier passes: what it was is lost for a penalty
            del self._kept[name]
        self._changed |= changed
        if self._recording:
            with torch.inference_mode():
                found = gathered(_by_call(self._noted, self._passes.unrolled))
            self._waiting.append((self._passes.number - 1, found))
            if len(self._waiting) * max(found.size, WAITING // PENDING) >= WAITING:
                self._measured()

    def _measured(self) -> MonitorLog:
        """The records, after measuring the passes that wait: together, because one alone finds all caches cold."""
        for _, group in groupby(self._waiting, key=lambda each: each[1].form):
            steps, found = zip(*group, strict=True)
            with torch.inference_mode():
                values, defined = measured(found, tuple(self.measures.values()))
                values = torch.where(defined, values, torch.nan)
            for k, step in enumerate(steps):
                self._rows.add(step, found[k].layers, values[:, k])
        self._waiting.clear()
        return self._rows

    def _flat(self) -> dict[str, Tensor]:
        """Layer -> (sample, unit), all units, of the last pass."""
        if self._taken is None:
            kept = {name: [self._part(name, each.values) for each in calls] for name, calls in self._kept.items()}
            self._taken = _by_call(kept, self._passes.unrolled)
        return self._taken

    def _part(self, name: str, raw: Tensor) -> tuple[Tensor, str]:
        """One call as (sample, unit), all units; and "time" if the calls of the layer are its time points."""
        values, unit, _ = in_units(raw, self._passes.axes[name], name, self.layers)
        return (values.flatten(0, 1), unit) if values.ndim == 3 else (values, "time" if unit == "sequence" else unit)

    def _chosen(self, name: str, x: Tensor) -> Tensor:
        n = int(x.shape[-1])
        if self.layers.max_units is None or n <= self.layers.max_units:
            return x
        key = (name, n, x.device)
        if key not in self._index:
            self._index[key] = torch.as_tensor(self.layers.choice(name.split("#")[0], n), device=x.device)
        return x.index_select(-1, self._index[key])


@dataclass(eq=False, slots=True)
class Call:
    """Output of one call of a layer; `raw`, during the pass, is the tensor that the model continues with."""

    values: Tensor
    state: tuple[int, int]
    graph: bool
    raw: Tensor | None
    raw_state: tuple[int, int]

    def changed(self, compared: bool) -> bool:
        """Return whether the model changed its tensor since; `compared`: with the copy, value by value."""
        if self.raw is None:
            return False
        return _state(self.raw) != self.raw_state or (compared and not torch.equal(self.raw, self.values))


def _state(x: Tensor) -> tuple[int, int]:
    """Version and place of the data of a tensor: both stay while nobody changes it, or replaces its data."""
    return 0 if x.is_inference() else x._version, x.data_ptr()


def _joined(found: object) -> object:
    """Return packed sequences and nested tensors as all their time points, (sample, unit); anything else as it is."""
    parts = found if isinstance(found, list) or type(found) is tuple else (found,)
    first = parts[0] if parts else None
    if isinstance(first, nn.utils.rnn.PackedSequence):
        return first.data
    return torch.cat(first.unbind()) if isinstance(first, Tensor) and first.is_nested else found


def _by_call(found: Mapping[str, list[tuple[Tensor, str]]], unrolled: Container[str]) -> dict[str, Tensor]:
    """Layer -> (sample, unit): a module that was called several times is NAME#0, NAME#1 ..., but for time points."""
    out: dict[str, Tensor] = {}
    for name, calls in found.items():
        parts = [part for part, _ in calls]
        if calls[0][1] == "time" or (name in unrolled and len({part.shape[1] for part in parts}) == 1):
            out[name] = torch.cat(parts)
        else:
            out |= {name if len(parts) == 1 else f"{name}#{k}": part for k, part in enumerate(parts)}
    return out


def check_units(what: str, units: object) -> None:
    """Check a bound on units: an integer >= 2, or None for all."""
    checked(what, int | None, Param("", ge=2), units)


def settled(
    what: str, every: int, measures: Sequence[str] | str, max_units: int | None, seed: int, history: int
) -> dict[str, Measure]:
    """Check the settings of a monitor, and return its measures by name.

    Raises:
        InputError: one that cannot be.
    """
    for name, value, least in (("every", every, 1), ("history", history, 1), ("seed", seed, 0)):
        checked(f"{what}.{name}", int, Param("", ge=least), value)
    check_units(f"{what}.max_units", max_units)
    names = names_of(f"{what}.measures", measures)
    return {name: measure_of_batches(f"{what}.measures", name) for name in names}
