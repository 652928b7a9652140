"""Treatments in the loops of Lightning and accelerate are those of a plain loop; skipped where these are absent."""

import logging
import warnings

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from ictal.models import (
    L2,
    Accelerated,
    Clip,
    Combined,
    DesyncReg,
    Dropout,
    Intervention,
    ValidationControl,
    lightning_callback,
    lightning_monitor,
)
from ictal.simulator import InputError

TREATMENTS = (DesyncReg(3.0, units=8), L2(0.05), Clip(3.0), Dropout(0.2, layers="1"))
X = torch.randn(96, 6, generator=torch.Generator().manual_seed(0))
Y = X[:, :4].argmax(1)


def network():
    model = nn.Sequential(nn.Linear(6, 30), nn.ReLU(), nn.Linear(30, 20), nn.ReLU(), nn.Linear(20, 4))
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(torch.randn(p.shape, generator=generator) / 3)
    return model


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def hooks(model):
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules())


def batches():
    return DataLoader(TensorDataset(X, Y), batch_size=16)


def plain(epochs, treatments=TREATMENTS, accumulate=1):
    model = network()
    descent = torch.optim.SGD(model.parameters(), lr=0.1)
    step = 0
    with Combined(model, treatments) as treated:
        for _ in range(epochs):
            for k, (x, y) in enumerate(batches(), start=1):
                outputs = model(x)
                loss = functional.cross_entropy(outputs, y) + treated.loss(outputs, y)
                (loss / accumulate).backward()
                if k % accumulate == 0:
                    treated.gradients()
                    descent.step()
                    descent.zero_grad()
                    step += 1
                    treated.after_step(step, {"loss": loss.item()})
    return weights(model)


@pytest.fixture
def lightning():
    with warnings.catch_warnings():  # Lightning warns of workers, loggers and its own deprecations
        warnings.simplefilter("ignore")
        module = pytest.importorskip("lightning.pytorch")
        logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
        yield module


def wrapped(lightning, direct=False, as_mapping=False):
    class Wrapped(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = network()

        def forward(self, x):
            return self.net(x)

        def training_step(self, batch, batch_idx):
            x, y = batch
            loss = functional.cross_entropy(self.net(x) if direct else self(x), y)
            return {"loss": loss, "more": 1} if as_mapping else loss

        def validation_step(self, batch, batch_idx):
            self.log("val_loss", functional.cross_entropy(self(batch[0]), batch[1]))

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.1)

    return Wrapped()


def fit(lightning, module, callback, epochs=2, folder=None, resume=None, **how):
    trainer = lightning.Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        callbacks=[callback],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=folder,
        **how,
    )
    trainer.fit(module, batches(), ckpt_path=resume)
    return trainer


@pytest.mark.parametrize("as_mapping", [False, True])
@pytest.mark.parametrize("direct", [False, True])
def test_lightning_equals_a_plain_loop(lightning, direct, as_mapping):
    module = wrapped(lightning, direct, as_mapping)
    treatments = (*TREATMENTS[:3], Dropout(0.2, layers="1" if direct else "net.1"))  # names in what is treated
    fit(lightning, module, lightning_callback(treatments, module="net" if direct else ""))
    torch.testing.assert_close(weights(module), plain(2))
    assert hooks(module) == 0
    assert "training_step" not in vars(module)


def manual(lightning, backward=None, direct=False):
    class Manual(type(wrapped(lightning, direct))):
        def __init__(self):
            super().__init__()
            self.automatic_optimization = False

        def training_step(self, batch, batch_idx):
            loss = super().training_step(batch, batch_idx)
            self.optimizers().zero_grad()
            (backward or self.manual_backward)(loss)
            self.optimizers().step()
            return loss.detach()

    return Manual()


def test_lightning_with_manual_steps_equals_a_plain_loop(lightning):
    module = manual(lightning)
    fit(lightning, module, lightning_callback((*TREATMENTS[:3], Dropout(0.2, layers="net.1"))))
    torch.testing.assert_close(weights(module), plain(2))
    assert not {"training_step", "manual_backward"} & set(vars(module))
    module = manual(lightning, backward=lambda loss: loss.backward())
    with pytest.raises(InputError, match=r"call self\.manual_backward\(loss\), not loss\.backward\(\)"):
        fit(lightning, module, lightning_callback(TREATMENTS[:1]))
    module = manual(lightning, backward=lambda loss: loss.backward(), direct=True)
    fit(lightning, module, lightning_callback(TREATMENTS[1:3], module="net"))  # gradients alone
    torch.testing.assert_close(weights(module), plain(2, TREATMENTS[1:3]))


def test_a_loop_of_others_is_told_what_had_no_effect(lightning):
    with pytest.warns(
        UserWarning, match=r"Clip: nothing was clipped: the largest norm is 100, and no gradient was longer"
    ):
        fit(lightning, wrapped(lightning), lightning_callback([Clip(0.01)]))
    module = wrapped(lightning)
    module.net[0].weight.data[1:] = 0.0
    module.net[0].bias.data[1:] = -1.0
    with pytest.warns(UserWarning, match=r"DesyncReg: si_3 was not defined in net\.1 at any of 12 passes"):
        fit(lightning, module, lightning_callback([DesyncReg(1.0)]))


def test_lightning_accumulates(lightning):
    module = wrapped(lightning, direct=True)
    fit(lightning, module, lightning_callback(TREATMENTS, module="net"), accumulate_grad_batches=3)
    torch.testing.assert_close(weights(module), plain(2, accumulate=3))


def test_lightning_goes_on_from_its_checkpoint(lightning, tmp_path):
    module = wrapped(lightning, direct=True)
    fit(lightning, module, lightning_callback(TREATMENTS, module="net"), 1).save_checkpoint(tmp_path / "a.ckpt")
    module = wrapped(lightning, direct=True)
    fit(lightning, module, lightning_callback(TREATMENTS, module="net"), 2, resume=tmp_path / "a.ckpt")
    torch.testing.assert_close(weights(module), plain(2))


def test_lightning_hands_on_the_validation_loss(lightning):
    module, callback = wrapped(lightning), lightning_callback([ValidationControl(1.0, factor=2.0)])
    trainer = lightning.Trainer(
        max_epochs=4,
        accelerator="cpu",
        callbacks=[callback],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(module, batches(), DataLoader(TensorDataset(X[:20], Y[:20]), batch_size=20))
    memory = callback.state_dict()["0"]["memory"]
    assert 0 < memory["least"] < 3
    assert callback.state_dict()["0"]["weight"] != 1.0


class Told(Intervention):
    """What `after_step` is told of."""

    def __init__(self, model, steps):
        super().__init__(model)
        self.steps = steps

    def after_step(self, step, metrics):
        self.steps.append((step, sorted(metrics)))


class Telling:
    def __init__(self):
        self.steps = []

    def artificial(self, model, *, seed=0):
        return Told(model, self.steps)


def test_lightning_tells_of_optimiser_steps_and_of_what_was_validated_before_a_checkpoint(lightning, tmp_path):
    def go(telling, epochs, resume=None, **how):
        callback = lightning_callback([telling])
        trainer = lightning.Trainer(
            max_epochs=epochs, accelerator="cpu", callbacks=[callback], logger=False, enable_checkpointing=False,
            enable_progress_bar=False, enable_model_summary=False, **how,
        )  # fmt: skip
        held = DataLoader(TensorDataset(X[:20], Y[:20]), batch_size=20)
        trainer.fit(wrapped(lightning), batches(), held, ckpt_path=resume)
        return trainer

    whole, first, second, few = (Telling() for _ in range(4))
    go(whole, 3)
    n = len(whole.steps) // 3
    assert [step for step, _ in whole.steps] == list(range(1, 3 * n + 1))
    assert [step for step, metrics in whole.steps if "val_loss" in metrics] == [n + 1, 2 * n + 1]
    go(first, 2).save_checkpoint(tmp_path / "a.ckpt")
    go(second, 3, resume=tmp_path / "a.ckpt")
    assert first.steps + second.steps == whole.steps
    go(few, 1, accumulate_grad_batches=n).save_checkpoint(tmp_path / "b.ckpt")
    go(few, 2, resume=tmp_path / "b.ckpt", accumulate_grad_batches=n)
    assert [step for step, _ in few.steps] == [1, 2]


def test_lightning_says_in_one_line_what_is_wrong(lightning):
    with pytest.raises(InputError, match=r"training_step did not call the LightningModule itself.*module='net'"):
        fit(lightning, wrapped(lightning, direct=True), lightning_callback(TREATMENTS[:1]))
    module = wrapped(lightning)
    with pytest.raises(InputError, match=r"no module 'body'; there is: net"):
        fit(lightning, module, lightning_callback(TREATMENTS[:1], module="body"))
    assert hooks(module) == 0


def test_without_lightning_one_line_says_so(monkeypatch):
    import ictal.models.monitoring.loops as loops

    def absent(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(loops, "import_module", absent)
    for made in (lambda: lightning_callback(TREATMENTS), lightning_monitor):
        with pytest.raises(InputError, match="needs Lightning; pip install lightning"):
            made()


@pytest.fixture
def accelerate():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield pytest.importorskip("accelerate")


@pytest.mark.parametrize("accumulate", [1, 3])
def test_accelerate_equals_a_plain_loop_and_goes_on_from_its_state(accelerate, accumulate, tmp_path):
    def go(epochs, load=False, save=False):
        accelerate.state.AcceleratorState._reset_state(True)
        accelerate.state.GradientState._reset_state()
        accelerator = accelerate.Accelerator(cpu=True, gradient_accumulation_steps=accumulate)
        model = network()
        descent = torch.optim.SGD(model.parameters(), lr=0.1)
        model, descent, loader = accelerator.prepare(model, descent, batches())
        treated = Accelerated(accelerator, model, TREATMENTS)
        if load:
            accelerator.load_state(tmp_path / "state")
        with treated:
            for _ in range(epochs):
                for step, (x, y) in enumerate(loader, start=1):
                    with accelerator.accumulate(model):
                        outputs = model(x)
                        loss = functional.cross_entropy(outputs, y) + treated.loss(outputs, y)
                        accelerator.backward(loss)
                        treated.gradients()
                        descent.step()
                        descent.zero_grad()
                        treated.after_step(step, {"loss": loss.item()})
        if save:
            accelerator.save_state(tmp_path / "state")
        return weights(model)

    want = plain(2, accumulate=accumulate)
    torch.testing.assert_close(go(2), want)
    go(1, save=True)
    torch.testing.assert_close(go(1, load=True), want)


def test_accelerate_tells_of_optimiser_steps_and_unscales(accelerate):
    class Fake:
        """Of an accelerator what the companion asks."""

        process_index = 0
        sync_gradients = False
        unscaled = 0

        def unwrap_model(self, model):
            return model

        def register_for_checkpointing(self, what):
            pass

        def unscale_gradients(self):
            self.unscaled += 1

    fake, telling = Fake(), Telling()
    with Accelerated(fake, network(), [telling]) as treated:
        for step in range(1, 7):
            fake.sync_gradients = step % 3 == 0
            treated.gradients()
            treated.after_step(step, {})
    assert telling.steps == [(3, []), (6, [])]
    assert fake.unscaled == 2


def test_processes_draw_their_own():
    treatments = [Dropout(0.5, layers="1")]
    found = []
    for rank in (0, 1):
        model = network()
        with Combined(model, treatments, seed=0, rank=rank):
            found.append(model(X))
    assert not torch.equal(*found)
