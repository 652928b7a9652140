"""Treatments in training loops of other libraries: a Lightning callback, and an intervention for accelerate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Self

from torch import Tensor, nn

from ...simulator import InputError
from ..monitoring.loops import lightning
from ..treatments.base import Intervention, Treatment
from .randomness import seed_of_treatment


class Combined(Intervention):
    """Several treatments of one model as one intervention, in their order.

    ```python
    with Combined(model, [DesyncReg(1.0), Clip(1.0)]) as treated:
        ...
    ```

    Args:
        model: the model that the loop calls.
        treatments: each draws from a stream of its own.
        seed: of all their draws.
        rank: number of this process among those that train together: each draws its own.
    """

    def __init__(self, model: nn.Module, treatments: Sequence[Treatment], seed: int = 0, rank: int = 0) -> None:
        super().__init__(model)
        self.parts = [
            each.artificial(model, seed=seed_of_treatment(seed, number, rank)) for number, each in enumerate(treatments)
        ]
        for part in self.parts:
            part.quiet = True

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for part in self.parts:
                stack.enter_context(part)
            self._hooks = stack.pop_all()
        return self

    def check(self, images: Tensor) -> None:
        """Refuse the largest batch of a training with which one of the treatments could do nothing."""
        for part in self.parts:
            part.check(images)

    def without_effect(self) -> tuple[str, ...]:
        """Return the sentences of all treatments."""
        return tuple(text for part in self.parts for text in part.without_effect())

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor | float:
        """Return the sum of the terms of all treatments."""
        return sum((part.loss(outputs, targets) for part in self.parts), start=0.0)

    def gradients(self) -> None:
        """Change the gradients by each treatment, in turn."""
        for part in self.parts:
            part.gradients()

    def after_step(self, step: int, metrics: Mapping[str, float]) -> None:
        """Report a step to each treatment."""
        for part in self.parts:
            part.after_step(step, metrics)

    def state_dict(self) -> dict[str, Any]:
        """Return the states of all treatments."""
        return {str(k): part.state_dict() for k, part in enumerate(self.parts)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`."""
        for k, part in enumerate(self.parts):
            part.load_state_dict(state[str(k)])


class Accelerated(Combined):
    """Treatments in a loop that runs on accelerate.

    ```python
    model, optimiser, loader = accelerator.prepare(model, optimiser, loader)
    with Accelerated(accelerator, model, [DesyncReg(1.0)]) as treated:
        for step, (x, y) in enumerate(loader, start=1):
            with accelerator.accumulate(model):
                outputs = model(x)
                loss = cross_entropy(outputs, y) + treated.loss(outputs, y)
                accelerator.backward(loss)
                treated.gradients()
                optimiser.step()
                optimiser.zero_grad()
                treated.after_step(step, {"loss": loss.item()})
    ```

    `gradients` and `after_step` do nothing while gradients are accumulated; the gradients are unscaled first. The
    state is saved and loaded by ``accelerator.save_state`` and ``load_state``.

    Args:
        accelerator: an ``accelerate.Accelerator``.
        model: prepared or not.
    """

    def __init__(self, accelerator: Any, model: nn.Module, treatments: Sequence[Treatment], seed: int = 0) -> None:
        super().__init__(accelerator.unwrap_model(model), treatments, seed, accelerator.process_index)
        self.accelerator = accelerator
        accelerator.register_for_checkpointing(self)

    def gradients(self) -> None:
        """Change the gradients, unscaled, where this batch ends an optimiser step."""
        if self.accelerator.sync_gradients:
            self.accelerator.unscale_gradients()
            super().gradients()

    def after_step(self, step: int, metrics: Mapping[str, float]) -> None:
        """Report the step to the treatments where this batch ended an optimiser step."""
        if self.accelerator.sync_gradients:
            super().after_step(step, metrics)


def lightning_callback(
    treatments: Sequence[Treatment],
    *,
    module: str = "",
    targets: Callable[[Any], Tensor] = lambda batch: batch[1],
    seed: int = 0,
) -> Any:
    """Return a Lightning callback that applies treatments in ``Trainer(callbacks=[...])``.

    The terms of the treatments are added to the loss that `training_step` returns (a tensor, or a dict with "loss"), on
    every device and at every precision; with manual optimisation, to the loss of the first ``self.manual_backward``
    after each pass. Gradients are changed just before the optimiser's step, unscaled; metrics that were
    logged (`val_loss` among them) reach `after_step`; the state travels in Lightning's checkpoints.

    Args:
        treatments: e.g. ``[DesyncReg(1.0)]``.
        module: name of the submodule that `training_step` calls; "": the LightningModule itself (``self(x)``).
        targets: the targets of a batch.
        seed: of the treatments' draws.

    Raises:
        InputError: Lightning is not installed; there is no such submodule, or `training_step` does not call it; manual
            optimisation by ``loss.backward()``, which no callback can see.
    """
    pytorch = lightning("lightning_callback")

    class Treated(pytorch.Callback):  # type: ignore[misc, name-defined]
        """Treatments at work in a Lightning run."""

        def __init__(self) -> None:
            self.treated: Combined | None = None
            self._state: Mapping[str, Any] | None = None
            self._stack = ExitStack()
            self._outputs: Tensor | None = None
            self._batch: Any = None
            self._pending, self._terms = False, 0  # whether the last pass has no terms yet; terms added in this step
            self._last = 0  # the last optimiser step that was reported to the treatments
            self._validated: dict[str, float] = {}

        def on_train_start(self, trainer: Any, pl_module: Any) -> None:
            """Report only the steps after this one to the treatments."""
            self._last = trainer.global_step

        def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
            """Set the hooks, and add the treatments to the loss."""
            try:
                inner = pl_module.get_submodule(module)
            except AttributeError:
                names = ", ".join(name for name, _ in pl_module.named_children())
                raise InputError(f"lightning_callback.module: no module {module!r}; there is: {names}") from None
            plain, backward = pl_module.training_step, pl_module.manual_backward

            def training_step(*args: Any, **kwargs: Any) -> Any:
                self._outputs, self._batch, self._terms = None, args[0] if args else kwargs["batch"], 0
                result = plain(*args, **kwargs)
                if pl_module.automatic_optimization:
                    return None if result is None else self._added(result)
                self._check_added()
                return result

            def manual_backward(loss: Tensor, *args: Any, **kwargs: Any) -> None:
                if self._pending or self._outputs is None:
                    loss = self._added(loss)
                backward(loss, *args, **kwargs)

            with ExitStack() as stack:
                self.treated = stack.enter_context(Combined(inner, treatments, seed, trainer.global_rank))
                self.treated.quiet = trainer.global_rank > 0
                if self._state is not None:
                    self.treated.load_state_dict(self._state)
                stack.callback(inner.register_forward_hook(lambda m, args, outputs: self._seen(outputs)).remove)
                pl_module.training_step = training_step
                stack.callback(pl_module.__dict__.pop, "training_step", None)
                pl_module.manual_backward = manual_backward
                stack.callback(pl_module.__dict__.pop, "manual_backward", None)
                self._stack = stack.pop_all()

        def _seen(self, outputs: Any) -> None:
            self._outputs, self._pending = outputs, True

        def _check_added(self) -> None:
            if self._terms or self.treated is None or self._outputs is None:
                return
            if isinstance(self.treated.loss(self._outputs, targets(self._batch)), Tensor):
                raise InputError(
                    "lightning_callback: with automatic_optimization=False the term of a treatment is added in "
                    "manual_backward, which training_step did not call; call self.manual_backward(loss), not "
                    "loss.backward()"
                )

        def _added(self, result: Any) -> Any:
            if self._outputs is None or self.treated is None:
                raise InputError(
                    "lightning_callback.module: training_step did not call "
                    f"{module or 'the LightningModule itself'}; name the submodule that it calls, e.g. module='net'"
                )
            more = self.treated.loss(self._outputs, targets(self._batch))
            self._pending, self._terms = False, self._terms + 1
            return {**result, "loss": result["loss"] + more} if isinstance(result, Mapping) else result + more

        def on_before_optimizer_step(self, trainer: Any, pl_module: Any, optimizer: Any) -> None:
            """Change the gradients."""
            if self.treated is not None:
                self.treated.gradients()

        def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
            """Report an optimiser step to the treatments, with the metrics since the last."""
            if self.treated is None or trainer.global_step == self._last:
                return
            self._last = trainer.global_step
            loss = outputs["loss"] if isinstance(outputs, Mapping) else outputs
            metrics = {} if loss is None else {"loss": float(loss)}
            self.treated.after_step(trainer.global_step, {**metrics, **self._validated})
            self._validated = {}

        def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
            """Store the validation metrics for the next step."""
            if not trainer.sanity_checking:
                self._validated = {name: float(value) for name, value in trainer.callback_metrics.items()}

        def teardown(self, trainer: Any, pl_module: Any, stage: str) -> None:
            """Remove the hooks; Lightning calls it after an error, too."""
            self._close()

        def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
            """Remove the hooks."""
            if self.treated is not None:
                self.treated.quiet = True
            self._close()

        def _close(self) -> None:
            self._stack.close()
            if self.treated is not None:
                self._state, self.treated = self.state_dict(), None

        def state_dict(self) -> dict[str, Any]:
            """Return the state of the treatments, and the validation metrics since the last step."""
            if self.treated is None:
                return dict(self._state or {})
            return {**self.treated.state_dict(), "validated": dict(self._validated)}

        def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
            """Go on from a checkpoint, when the fit starts."""
            self._state = state_dict
            self._validated = dict(state_dict.get("validated", {}))
            if self.treated is not None:
                self.treated.load_state_dict(state_dict)

    return Treated()
