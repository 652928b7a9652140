"""The penalty is the measure on the same units, finite always, and 0 without a gradient where it is not defined."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from ictal.analyses import MEASURES, apply
from ictal.analyses.measures import get
from ictal.models import Monitor, desync_penalty
from ictal.models.monitoring.batch_measures import batch_values, drawn, measure_of_batches
from ictal.simulator import InputError, Recording

pytestmark = pytest.mark.filterwarnings("ignore:desync_penalty. .* the penalty is 0")

CHEAP = "mean_squared_correlation"


def layer(samples, units, seed=0, dtype=torch.float32, correlation=0.4):
    """Correlated units with offsets and unequal gains."""
    rng = np.random.default_rng(seed)
    common, private = rng.standard_normal((samples, 1)), rng.standard_normal((samples, units))
    x = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * private
    return torch.tensor(rng.normal(0.3, 0.5, units) + x * rng.uniform(0.3, 3, units), dtype=dtype)


def measured(x, measure="si_3"):
    """The measure as reports take it, in double precision."""
    record = Recording(x.detach().double().numpy(), dt=1.0, clock="sample", quantity="activation", unit="1")
    return float(apply(get(measure), record).value)


def gradient(x, **how):
    x = x.detach().clone().requires_grad_()
    value = desync_penalty(x, **{"units": None, **how})
    value.backward()
    return value.detach(), x.grad


def test_closed_forms():
    t = torch.arange(8.0)[:, None] * 2 * torch.pi / 8
    antiphase = torch.sin(t + torch.tensor([0.0, torch.pi]))  # |r| = 1
    quadrature = torch.sin(t + torch.tensor([0.0, torch.pi / 2]))  # r = 0
    for x, si in ((antiphase, 1.0), (quadrature, 0.0)):
        assert float(desync_penalty(x, target=0.3, weight=2.0)) == pytest.approx(2 * (si - 0.3) ** 2, abs=1e-6)
    both = desync_penalty([antiphase, quadrature], target=0.3)
    assert float(both) == pytest.approx(0.49 + 0.09, abs=1e-6)
    assert float(desync_penalty({"a": antiphase}, target=0.0, measure=CHEAP)) == pytest.approx(1.0, abs=1e-6)
    assert both.dtype == torch.float32
    assert desync_penalty(antiphase.double()).dtype == torch.float64


@pytest.mark.parametrize("measure", ["si_3", CHEAP, "chi_c", "lambda1_fraction"])
@pytest.mark.parametrize("shape", [(3, 40), (64, 256), (512, 31)])
def test_equals_the_measure_on_the_same_units(shape, measure):
    x = layer(*shape)
    x[:, 1], x[:, 2] = 0.0, 0.1  # dead and constant
    value = desync_penalty(x, target=0.0, measure=measure, units=None)
    assert float(value) == pytest.approx(measured(x, measure) ** 2, abs=1e-6)


@pytest.mark.parametrize("measure", ["si_3", CHEAP])
def test_equals_the_measure_on_the_units_that_were_drawn(measure):
    x = layer(64, 1024)
    for seed in range(3):
        value = desync_penalty(x, target=0.0, measure=measure, generator=torch.Generator().manual_seed(seed))
        index = torch.randperm(1024, generator=torch.Generator().manual_seed(seed))[:256]
        assert float(value) == pytest.approx(measured(x[:, index], measure) ** 2, abs=1e-6)


OF_Z = [name for name in MEASURES if get(name).of_z]


@pytest.mark.parametrize(("samples", "units"), [(64, 30), (8, 200), (2, 5)])
def test_shared_z_scores_change_no_bit(samples, units):
    assert {"si_3", "chi_c", "lambda1_fraction", "mean_squared_correlation"} <= set(OF_Z)
    sound = layer(samples, units)
    dead, few, vast, broken = sound.clone(), torch.full_like(sound, 0.1), sound * 1e30, sound.clone()
    dead[:, :3], dead[:, 3] = 0.0, 7.0
    few[:, 0] = sound[:, 0]
    broken[1, 1] = torch.nan
    layers = {"sound": sound, "dead": dead, "few": few, "vast": vast, "large": sound * 1e11, "small": sound * 1e-11}
    layers |= {"nothing": 0 * sound, "broken": broken}
    measures = [get(name) for name in OF_Z]
    values, defined = batch_values(layers, measures)
    with torch.no_grad():
        shared, defined_too = batch_values(layers, measures)
    assert torch.equal(shared, values)
    assert torch.equal(defined_too, defined)
    assert defined[:, :2].all() == (samples > 2)
    assert not defined[:, 2:].any()


def test_a_draw_has_the_same_target_as_all_units():
    x, generator = layer(64, 600, correlation=0.1), torch.Generator().manual_seed(0)
    values = [float(batch_values(drawn({"x": x}, 60, generator), (get("si_3"),))[0]) for _ in range(200)]
    assert np.std(values) > 0
    assert np.mean(values) == pytest.approx(measured(x), abs=4 * np.std(values) / np.sqrt(200))


def test_layers_of_all_shapes_and_precisions_are_measured_as_if_each_were_alone():
    layers = {
        "a": layer(20, 8),
        "b": layer(20, 9, 1, torch.float64),
        "c": layer(20, 8, 2),
        "d": layer(20, 8, 3, torch.bfloat16),
        "e": torch.zeros(20, 8),
    }
    kernels = (get("si_3"), get(CHEAP))
    values, defined = batch_values(layers, kernels)
    assert defined.tolist() == [[True, True, True, True, False]] * 2
    for k, x in enumerate(layers.values()):
        for m, kernel in enumerate(kernels):
            want = measured(x.float(), kernel.name) if k < 4 else 0.0
            assert float(values[m, k]) == pytest.approx(want, abs=1e-6)
    total = sum(float(desync_penalty(x, units=None)) for x in layers.values())
    assert float(desync_penalty(layers, units=None)) == pytest.approx(total, abs=1e-6)


@pytest.mark.parametrize("measure", ["si_3", CHEAP, "chi_c"])
def test_the_gradient_is_that_of_finite_differences(measure):
    x = layer(12, 5, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(lambda v: desync_penalty(v, 0.1, 2.0, measure=measure), x, fast_mode=True)


def spoilt(what):
    x = layer(16, 12)
    half = slice(0, 6)
    changes = {
        "half dead": lambda: x[:, half].zero_(),
        "half constant": lambda: x[:, half].fill_(0.1),
        "all dead": lambda: x.zero_(),
        "all constant": lambda: x.fill_(0.1),
        "one live": lambda: x[:, 1:].fill_(3.0),
        "equal units": lambda: x.copy_(x[:, :1].clone().expand(16, 12)),
        "nan": lambda: x[3, 3].fill_(torch.nan),
        "inf": lambda: x[3, 3].fill_(torch.inf),
        "all inf": lambda: x.fill_(-torch.inf),
        "huge": lambda: x.mul_(1e25),
        "largest": lambda: x.fill_(3e38).mul_(torch.sign(layer(16, 12))),
        "tiny": lambda: x.mul_(1e-30),
        "denormal": lambda: x.mul_(1e-42),
        "nearly dead": lambda: x[:, half].mul_(2e-6),
        "one sample fires": lambda: (x.zero_(), x[0].fill_(1.0)),
    }
    changes[what]()
    return x


UNDEFINED = ("all dead", "all constant", "one live", "nan", "inf", "all inf", "huge", "largest", "tiny", "denormal")
DEFINED = ("half dead", "half constant", "equal units", "nearly dead", "one sample fires")


@pytest.mark.parametrize("measure", ["si_3", CHEAP, "chi_c", "lambda1_fraction"])
@pytest.mark.parametrize("what", UNDEFINED + DEFINED)
def test_value_and_gradient_are_finite_whatever_the_units_do(what, measure):
    value, grad = gradient(spoilt(what), measure=measure)
    assert bool(torch.isfinite(value))
    assert bool(torch.isfinite(grad).all())
    if what in UNDEFINED:
        assert float(value) == 0
        assert int(torch.count_nonzero(grad)) == 0
    elif what.startswith("half"):
        assert float(value) > 0
        assert int(torch.count_nonzero(grad[:, :6])) == 0
        assert int(torch.count_nonzero(grad[:, 6:])) > 0


@pytest.mark.parametrize("measure", ["si_3", CHEAP])
@pytest.mark.parametrize("samples", [0, 1, 2, 3, 4])
def test_small_batches(samples, measure):
    value, grad = gradient(layer(samples, 12), measure=measure)
    if samples < 3:
        assert float(value) == 0
        assert int(torch.count_nonzero(grad)) == 0
    else:
        assert float(value) == pytest.approx((measured(layer(samples, 12), measure) - 0.3) ** 2, abs=1e-6)
        assert bool(torch.isfinite(grad).all())
    nan, grad = gradient(torch.full((min(samples, 2), 4), torch.nan), measure=measure)
    assert float(nan) == 0
    assert int(torch.count_nonzero(grad)) == 0


def test_an_undefined_layer_leaves_the_others_alone():
    x, dead = layer(16, 12).requires_grad_(), torch.zeros(16, 12, requires_grad=True)
    value = desync_penalty([x, dead])
    value.backward()
    assert float(value.detach()) == pytest.approx((measured(x) - 0.3) ** 2, abs=1e-6)
    assert int(torch.count_nonzero(dead.grad)) == 0


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("measure", ["si_3", CHEAP])
def test_half_precision_is_within_two_hundredths_of_single(measure, dtype):
    x = layer(64, 100)
    x[:, 0], x[:, 1] = 0.0, 0.1
    value, grad = gradient(x, measure=measure)
    half, half_grad = gradient(x.to(dtype), measure=measure)
    assert half.dtype == torch.float32
    assert half_grad.dtype == dtype
    assert abs(float(half) ** 0.5 - float(value) ** 0.5) < 2e-2
    assert float((half_grad.float() - grad).norm()) < 2e-2 * float(grad.norm())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert float(desync_penalty(x, measure=measure)) == float(desync_penalty(x, measure=measure, units=None))
        assert torch.equal(desync_penalty(x, measure=measure), value)


@pytest.mark.parametrize("measure", ["si_3", CHEAP])
@pytest.mark.parametrize("optimiser", [torch.optim.AdamW, torch.optim.SGD])
def test_a_thousand_steps_with_half_the_units_dead_stay_finite(optimiser, measure):
    generator = torch.Generator().manual_seed(0)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 3))
    with torch.no_grad():
        model[0].bias[::2] = model[2].bias[::2] = -1e3
    descent = optimiser(model.parameters(), lr=3e-2)
    with Monitor(model, ["1", "3"], measures=()) as monitor:
        for _ in range(1000):
            x = torch.randn(16, 10, generator=generator)
            loss = functional.cross_entropy(model(x), x[:, :3].argmax(1)) + desync_penalty(monitor, measure=measure)
            descent.zero_grad()
            loss.backward()
            descent.step()
            assert bool(torch.isfinite(loss))
        dead = (monitor.activations()["1"] == 0).all(0)
    assert int(dead.sum()) >= 32
    assert all(bool(torch.isfinite(p).all()) for p in model.parameters())


@pytest.mark.parametrize("target", [0.1, 0.8])
def test_descent_on_it_brings_the_synchrony_to_the_target(target):
    x = layer(64, 30, dtype=torch.float64).requires_grad_()
    descent = torch.optim.Adam([x], lr=0.02)
    for _ in range(300):
        descent.zero_grad()
        desync_penalty(x, target).backward()
        descent.step()
    assert measured(x) == pytest.approx(target, abs=0.01)


def test_the_global_generator_is_neither_read_nor_advanced():
    x, before = layer(20, 500), torch.get_rng_state()
    values = []
    for state in (1, 2):
        torch.manual_seed(state)
        values.append(float(desync_penalty(x, generator=torch.Generator().manual_seed(0))))
    torch.set_rng_state(before)
    desync_penalty(x, generator=torch.Generator().manual_seed(0))
    assert torch.equal(before, torch.get_rng_state())
    assert values[0] == values[1]
    assert values[0] != float(desync_penalty(x, generator=torch.Generator().manual_seed(1)))


@pytest.mark.parametrize(
    ("source", "how", "message"),
    [
        (layer(9, 5), dict(measure="si3"), "unknown measure 'si3'; did you mean 'si_3'"),
        (layer(9, 5), dict(measure="kuramoto_r1"), "measure: must need no order, band, labels or spikes"),
        (layer(9, 5), dict(target=float("nan")), "desync_penalty.target: must be finite; got nan"),
        (layer(9, 5), dict(weight=-1.0), "desync_penalty.weight: must be >= 0; got -1.0"),
        (layer(9, 5), dict(weight=float("inf")), "desync_penalty.weight"),
        (layer(9, 5), dict(units=1), "desync_penalty.units: must be >= 2; got 1"),
        (layer(9, 5), dict(units=4), r"generator: 5 units are more than units=4.*torch\.Generator\(\)"),
        (
            torch.zeros(3, 4, 5),
            {},
            r"source\['0'\]: must be floats \(sample, unit\).*x\.mean.*got torch\.float32",
        ),
        ([torch.zeros(3, 4, dtype=torch.int64)], {}, "got torch.int64"),
        ({"a": np.zeros((3, 4))}, {}, r"source\['a'\].*got ndarray"),
        ([], {}, "must hold at least one layer"),
        ("model", {}, "must be a Monitor or activations; got str"),
    ],
)
def test_arguments_that_cannot_be(source, how, message):
    with pytest.raises(InputError, match=message) as error:
        desync_penalty(source, **how)
    assert "\n" not in str(error.value)


def test_measures_that_need_more_than_a_batch_are_refused():
    usable = set()
    for name in MEASURES:
        try:
            usable.add(measure_of_batches("x", name).name)
        except InputError as error:
            assert "must need no order" in str(error)
    assert {"si_1", "si_2", "si_3", "chi_c", "lambda1_fraction", "golomb_chi", CHEAP} <= usable
    assert not usable & {
        "kuramoto_r1",
        "class_share",
        "within_class_si",
        "batch_phase_sync",
        "mean_rate",
        "spectral_peak",
    }
