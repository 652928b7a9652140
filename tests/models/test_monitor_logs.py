"""Scalars of a monitor in the logs of others, and monitors in the loops of Lightning and accelerate."""

import csv
import logging
import math
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

import ictal

X = torch.randn(96, 6, generator=torch.Generator().manual_seed(0))
Y = X[:, :4].argmax(1)


def network():
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(6, 30), nn.ReLU(), nn.Linear(30, 20), nn.ReLU(), nn.Linear(20, 4))


def batches():
    return DataLoader(TensorDataset(X, Y), batch_size=16)


def plain(epochs, log=lambda monitor, epoch: None, **settings):
    """Train in a plain loop beside a monitor; return the monitor and the weights."""
    model = network()
    descent = torch.optim.SGD(model.parameters(), lr=0.1)
    with ictal.Monitor(model, measures=["si_3", "chi_c"], **settings) as monitor:
        for epoch in range(epochs):
            for x, y in batches():
                loss = functional.cross_entropy(model(x), y)
                descent.zero_grad()
                loss.backward()
                descent.step()
            log(monitor, epoch)
    return monitor, torch.cat([p.detach().flatten() for p in model.parameters()])


def test_tensorboard_reads_what_the_monitor_measured(tmp_path):
    tensorboard = pytest.importorskip("torch.utils.tensorboard")
    events = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    written = []
    with tensorboard.SummaryWriter(tmp_path) as writer:
        plain(3, lambda monitor, epoch: written.append(monitor.log(writer, epoch)))
        plain(1, lambda monitor, epoch: monitor.log(writer), every=4)
    assert set(written[0]) == {"si_3/1", "si_3/3", "chi_c/1", "chi_c/3"}
    read = events.EventAccumulator(str(tmp_path)).Reload()
    assert set(read.Tags()["scalars"]) == set(written[0])
    for name in written[0]:
        found = [(e.step, e.value) for e in read.Scalars(name)]
        assert found[:3] == [(k, pytest.approx(row[name], rel=1e-6)) for k, row in enumerate(written)]
        assert found[3][0] == 4  # passes before the last record
    assert written[0]["si_3/1"] != written[2]["si_3/1"]


class Run:
    """A run of Weights & Biases, as far as it is needed."""

    def __init__(self):
        self.rows = []

    def log(self, data, step=None, commit=None, sync=None):
        self.rows.append((step, data))


class Flow:
    """The functions of mlflow, as far as they are needed."""

    def __init__(self):
        self.rows = []

    def log_metrics(self, metrics, step=None, synchronous=None, run_id=None):
        self.rows.append((step, metrics))

    def log_metric(self, key, value, step=None):
        raise AssertionError("log_metrics is there")


class OneByOne:
    """A logger that takes one metric a call."""

    def __init__(self):
        self.rows = []

    def log_metric(self, key, value, step=None):
        self.rows.append((step, {key: value}))


@pytest.mark.parametrize("kind", [Run, Flow, OneByOne])
def test_writers_get_the_scalars_by_the_method_they_have(kind):
    writer = kind()
    monitor, _ = plain(2, lambda monitor, epoch: monitor.log(writer, step=10 * epoch))
    merged = {}
    for step, row in writer.rows:
        merged.setdefault(step, {}).update(row)
    assert list(merged) == [0, 10]
    assert merged[10] == monitor.scalars()
    assert all(math.isfinite(value) for value in merged[10].values())
    monitor.log(writer)
    assert writer.rows[-1][0] == (None if kind is Run else 11)  # a run keeps its own step


def test_calls_of_a_layer_and_what_is_not_defined():
    relu = nn.ReLU()
    model = nn.Sequential(nn.Linear(6, 5), relu, nn.Linear(5, 5), relu)
    with ictal.Monitor(model) as monitor:
        model(X)
        assert set(monitor.log(Run())) == {"si_3/1.0", "si_3/1.1"}
        model(X[:2])  # too few samples
        assert monitor.log(Run()) == monitor.scalars() == {}


class Client:
    """A client of MLflow: its metrics need a run."""

    def log_metric(self, run_id, key, value, timestamp=None, step=None):
        raise AssertionError


@pytest.mark.parametrize(
    "writer", [None, [], "runs", logging.getLogger("x"), math, Run, Client()], ids=lambda writer: str(writer)[:20]
)
def test_a_writer_without_the_method_it_needs_is_one_line(writer):
    with ictal.Monitor(network()) as monitor:
        monitor.core(X)
        with pytest.raises(ictal.InputError, match=r"^Monitor\.log\.writer: must have add_scalar .*; got \w+, which"):
            monitor.log(writer)


def test_there_is_something_to_log():
    with ictal.Monitor(network()) as monitor:
        with pytest.raises(ictal.InputError, match=r"Monitor\.log: no training pass yet"):
            monitor.log(Run())
        monitor.core(X)
        with pytest.raises(ictal.InputError, match=r"Monitor\.log\.step: must be"):
            monitor.log(Run(), step=-1)
    with pytest.raises(ictal.InputError, match=r"measures=\(\) records nothing"):
        ictal.Monitor(network(), measures=()).log(Run())


@pytest.fixture
def pytorch():
    return pytest.importorskip("lightning.pytorch")


def lightning_fit(pytorch, tmp_path, epochs, callbacks, **more):
    class Module(pytorch.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = network()

        def training_step(self, batch, index):
            return functional.cross_entropy(self.net(batch[0]), batch[1])

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.1)

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    trainer = pytorch.Trainer(
        max_epochs=epochs, callbacks=callbacks, enable_progress_bar=False, enable_model_summary=False,
        default_root_dir=tmp_path, accelerator="cpu", log_every_n_steps=1, **{"logger": False, **more},
    )  # fmt: skip
    module = Module()
    trainer.fit(module, batches())
    return trainer, module


def same_records(one, other):
    return all(
        torch.equal(torch.tensor(one.run()[name].values), torch.tensor(other.run()[name].values)) for name in one.run()
    )


@pytest.mark.filterwarnings("ignore")
def test_a_lightning_callback_measures_and_changes_nothing(pytorch, tmp_path):
    logger = pytorch.loggers.CSVLogger(tmp_path)
    callback = ictal.lightning_monitor(module="net", every=4, measures=["si_3", "chi_c"])
    _, module = lightning_fit(pytorch, tmp_path, 2, [callback], logger=logger)
    monitor, weights = plain(2, every=4)
    assert torch.equal(torch.cat([p.detach().flatten() for p in module.parameters()]), weights)
    assert same_records(callback.monitor, monitor)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in module.modules())
    logger.save()
    with (Path(logger.log_dir) / "metrics.csv").open() as file:
        logged = {int(row["step"]): float(row["si_3/1"]) for row in csv.DictReader(file) if row["si_3/1"]}
    assert [logged[step] for step in (0, 4, 8)] == pytest.approx(monitor.run()["si_3"].values[:, 0].tolist(), rel=1e-6)


@pytest.mark.filterwarnings("ignore")
def test_early_stopping_of_lightning_reads_a_measure(pytorch, tmp_path):
    stop = pytorch.callbacks.EarlyStopping(monitor="si_3/3", patience=0, min_delta=10.0, check_on_train_epoch_end=True)
    trainer, _ = lightning_fit(pytorch, tmp_path, 20, [ictal.lightning_monitor(module="net"), stop])
    assert trainer.current_epoch < 19  # no measure rises by 10
    with pytest.raises(ictal.InputError, match=r"lightning_monitor\.module: no module 'none'; there is: net"):
        lightning_fit(pytorch, tmp_path, 1, [ictal.lightning_monitor(module="none")])


@pytest.mark.filterwarnings("ignore")
def test_records_go_on_from_a_checkpoint_of_lightning(pytorch, tmp_path):
    callback = ictal.lightning_monitor(module="net", measures=["si_3", "chi_c"])
    trainer, module = lightning_fit(pytorch, tmp_path, 1, [callback])
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    more = ictal.lightning_monitor(module="net", measures=["si_3", "chi_c"])
    again = pytorch.Trainer(
        max_epochs=2, callbacks=[more], enable_progress_bar=False, enable_model_summary=False, logger=False,
        default_root_dir=tmp_path, accelerator="cpu",
    )  # fmt: skip
    again.fit(type(module)(), batches(), ckpt_path=tmp_path / "a.ckpt", weights_only=False)
    assert same_records(more.monitor, plain(2)[0])


@pytest.mark.filterwarnings("ignore")
def test_a_monitor_in_a_loop_of_accelerate(tmp_path):
    accelerate = pytest.importorskip("accelerate")
    accelerator = accelerate.Accelerator(cpu=True, log_with="tensorboard", project_dir=tmp_path)
    accelerator.init_trackers("run")
    model = network()
    descent = torch.optim.SGD(model.parameters(), lr=0.1)
    model, descent, loader = accelerator.prepare(model, descent, batches())
    with ictal.accelerate_monitor(accelerator, model, measures=["si_3", "chi_c"]) as monitor:
        for x, y in loader:
            accelerator.backward(functional.cross_entropy(model(x), y))
            descent.step()
            descent.zero_grad()
        written = monitor.log(accelerator, 6)
        accelerator.save_state(tmp_path / "state")
        model(X)
        accelerator.load_state(tmp_path / "state")
        assert monitor.passes == 6
    accelerator.end_training()
    assert written == pytest.approx(plain(1)[0].scalars())
    events = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    read = events.EventAccumulator(str(tmp_path / "run")).Reload()
    assert [(e.step, e.value) for e in read.Scalars("si_3/1")] == [(6, pytest.approx(written["si_3/1"], rel=1e-6))]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"measures": 3}, "measures: must be a name or a list of names; got int"),
        ({"layers": X}, "must be a name or a list of names; got Tensor"),
        ({"every": 0}, "every: must be >= 1; got 0"),
    ],
)
def test_arguments_of_monitors_are_refused_when_they_are_made(given, message):
    for make in (ictal.lightning_monitor, lambda **given: ictal.Monitor(network(), **given)):
        with pytest.raises(ictal.InputError, match=message):
            make(**given)


def test_another_object_than_an_accelerator_is_refused():
    with pytest.raises(ictal.InputError, match=r"must be an accelerate\.Accelerator; got int"):
        ictal.accelerate_monitor(3, network())
