"""Monitors in the loops of other libraries: a Lightning callback that measures, and a monitor for accelerate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from torch import nn

from ...simulator import InputError
from ..probe.layers import Layers
from .monitor import Monitor, settled


def lightning_monitor(
    layers: Sequence[str] | str = "auto",
    *,
    module: str = "",
    every: int = 1,
    measures: Sequence[str] | str = ("si_3",),
    max_units: int | None = 256,
    seed: int = 0,
    history: int = 10_000,
) -> Any:
    """Return a Lightning callback that measures layers in ``Trainer(callbacks=[...])``, and changes nothing.

    Each record is logged as ``"MEASURE/LAYER"`` by the module's own `log_dict`: so it reaches the trainer's logger at
    ``log_every_n_steps`` (within an epoch Lightning repeats it until the next record), and
    ``EarlyStopping(monitor="si_3/1", ...)`` finds it. The records travel in Lightning's
    checkpoints. After the fit ``callback.monitor.run()`` is the whole record.

    Args:
        layers, every, measures, max_units, seed, history: as of `Monitor`.
        module: name of the submodule that `training_step` calls; "": the LightningModule itself (``self(x)``).

    Raises:
        InputError: Lightning is not installed; no such submodule; what `Monitor` refuses.
    """
    pytorch = lightning("lightning_monitor")
    settled("lightning_monitor", every, measures, max_units, seed, history)
    Layers(layers)
    if not isinstance(module, str):
        raise InputError(f"lightning_monitor.module: must be a name; got {type(module).__name__}")

    class Measured(pytorch.Callback):  # type: ignore[misc, name-defined]
        """Monitor at work in a Lightning run."""

        def __init__(self) -> None:
            self.monitor: Monitor | None = None
            self._state: Mapping[str, Any] | None = None
            self._watched = 0  # passes so far

        def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
            """Begin to watch the module."""
            try:
                inner = pl_module.get_submodule(module)
            except AttributeError:
                names = ", ".join(name for name, _ in pl_module.named_children())
                raise InputError(f"lightning_monitor.module: no module {module!r}; there is: {names}") from None
            monitor = Monitor(
                inner, layers, every=every, measures=measures, max_units=max_units, seed=seed, history=history
            )
            if self._state is not None:
                monitor.load_state_dict(self._state)
            self.monitor, self._watched = monitor, monitor.passes
            monitor.__enter__()

        def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
            """Log what this batch recorded."""
            if self.monitor is None:
                return
            before, self._watched = self._watched, self.monitor.passes
            if -(-before // every) == -(-self._watched // every):  # no pass since was recorded
                return
            pl_module.log_dict(self.monitor.scalars(), on_step=True, on_epoch=False)

        def teardown(self, trainer: Any, pl_module: Any, stage: str) -> None:
            """Stop to watch; Lightning calls it after an error, too."""
            self._close()

        def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
            """Stop to watch."""
            self._close()

        def _close(self) -> None:
            if self.monitor is not None:
                self.monitor.__exit__(None, None, None)

        def state_dict(self) -> dict[str, Any]:
            """Return the records."""
            return dict(self._state or {}) if self.monitor is None else self.monitor.state_dict()

        def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
            """Go on from a checkpoint, when the fit starts."""
            self._state = state_dict or None

    return Measured()


def accelerate_monitor(
    accelerator: Any,
    model: nn.Module,
    layers: Sequence[str] | str = "auto",
    *,
    every: int = 1,
    measures: Sequence[str] | str = ("si_3",),
    max_units: int | None = 256,
    seed: int = 0,
    history: int = 10_000,
) -> Monitor:
    """Return a Monitor of a model in a loop that runs on accelerate.

    ```python
    model, optimiser, loader = accelerator.prepare(model, optimiser, loader)
    with ictal.accelerate_monitor(accelerator, model, every=10) as monitor:
        for step, (x, y) in enumerate(loader):
            ...
            monitor.log(accelerator, step)
    ```

    Its records are saved and loaded by ``accelerator.save_state`` and ``load_state``. A pass is one call of the model,
    also while gradients are accumulated. Every process measures its own part of a batch.

    Args:
        accelerator: an ``accelerate.Accelerator``; ``log_with=`` names the logs of `Monitor.log`.
        model: prepared or not.
        layers, every, measures, max_units, seed, history: as of `Monitor`.

    Raises:
        InputError: another object than an Accelerator; what `Monitor` refuses.
    """
    if missing := [
        n for n in ("unwrap_model", "register_for_checkpointing") if not callable(getattr(accelerator, n, 0))
    ]:
        raise InputError(
            f"accelerate_monitor.accelerator: must be an accelerate.Accelerator; got {type(accelerator).__name__}, "
            f"without {missing[0]}"
        )
    monitor = Monitor(
        accelerator.unwrap_model(model), layers, every=every, measures=measures, max_units=max_units, seed=seed,
        history=history,
    )  # fmt: skip
    accelerator.register_for_checkpointing(monitor)
    return monitor


def lightning(caller: str) -> Any:
    """Return Lightning, under either of its names.

    Raises:
        InputError: it is not installed.
    """
    for name in ("lightning.pytorch", "pytorch_lightning"):
        try:
            return import_module(name)
        except ModuleNotFoundError:
            continue
    raise InputError(f"{caller}: needs Lightning; pip install lightning")
