"""Activation functions, gates, spiking neurons and recurrent layers, by type, by behaviour and by class name."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Literal

from .twins import twin

if TYPE_CHECKING:
    from torch import Tensor, nn

Kind = Literal["activation", "gate", "spiking", "recurrent", ""]

LIGHT = 2**16  # numbers that an activation function may hold: slopes and shapes by channel, and no weights
STEPS = 129  # points of the curve that is tested for being straight
NEARLY = 0.01  # share of its range within which a curve is straight: quantisers round to steps

_NAMES = re.compile(
    r"elu|silu|glu|swish|mish|tanh|softplus|softsign|shrink|snake|maxout|nonlinearit|activation\d?d?$|act$", re.I
)
_LIBRARIES = re.compile(r"(snntorch|norse|spikingjelly|sinabs)\b")
_NEURONS = re.compile(
    r"SpikingNeuron|SNN(Cell|Recurrent|RecurrentCell)?|BaseNode|Spik\w*(Neurons?|Node|Cell)|IF(Node|Neuron|Cell)|IAF\w*"
    r"|\w*(LIF|Lapicque|Izhikevich|LSNN|LeakyIntegrateAndFire)([A-Z_](?!\w*(Net|Network|Model|Block|Encoder)$)\w*)?"
)


def kind_of(module: nn.Module) -> Kind:
    """Return the kind of a module; ``""`` for all that is none of these.

    Torch's own classes and their subclasses are known by type, neurons of snnTorch, Norse and others by the names of
    their classes. Another module without weights is tried on numbers: a function of each value by itself that is not
    straight is an activation function. One that cannot be tried, or changes the shape as a gated linear unit does, is
    known by its name.
    """
    from torch import nn

    if isinstance(module, nn.RNNBase | nn.RNNCellBase):
        return "recurrent"
    if isinstance(module, nn.Sigmoid | nn.Hardsigmoid | nn.LogSigmoid):
        return "gate"
    if _of_torch(module):
        return "activation"
    own = type(module).__mro__[: type(module).__mro__.index(nn.Module)]
    if any(each.__module__.startswith("torch.") for each in own):
        return ""
    names = [each.__name__ for each in own]
    if any(map(_NEURONS.fullmatch, names)) and not re.match(r"LI(Box|Recurrent)?(Cell)?$", names[0]):
        parts = () if _LIBRARIES.match(own[0].__module__) else [*module.modules()][1:]
        if not any(kind_of(each) in ("activation", "spiking") for each in parts):
            return "spiking"
    if any(_has_weights(each) for each in module.modules()) or _size(module) > LIGHT:
        return ""
    named = any(map(_NAMES.search, names))
    logistic = any("sigmoid" in name.lower() for name in names)
    if behaviour := _behaviour(module, 0.0 if named else NEARLY):
        if behaviour == "straight":
            return ""
        return "gate" if logistic else "activation" if named else behaviour
    if next(module.children(), None) is not None:
        return ""
    return "gate" if logistic else "activation" if named else ""


def time_first(module: nn.Module) -> bool:
    """Return whether spiking neurons take all time points in one call, (time, batch, ...): of Norse, SpikingJelly."""
    names = [each.__name__ for each in type(module).__mro__ if each.__module__.startswith("norse.")]
    return bool({"SNN", "SNNRecurrent"} & set(names)) or getattr(module, "step_mode", "") == "m"


def same_function(one: nn.Module, other: nn.Module) -> bool:
    """Return whether two activation functions give the same curve: a wrapper, and the function within it."""
    import torch

    curves = [_curve(each) for each in (one, other)]
    if curves[0] is None or curves[1] is None:
        return False
    return torch.equal(curves[0][:, :1], curves[1][:, :1])


def _of_torch(module: nn.Module) -> bool:
    from torch import nn

    rectified = nn.ReLU | nn.ReLU6 | nn.LeakyReLU | nn.PReLU | nn.RReLU | nn.ELU | nn.CELU | nn.SELU | nn.Threshold
    smooth = nn.GELU | nn.SiLU | nn.Mish | nn.Softplus | nn.Softsign | nn.Tanh | nn.GLU
    piecewise = nn.Hardswish | nn.Hardtanh | nn.Hardshrink | nn.Softshrink | nn.Tanhshrink
    return isinstance(module, rectified | smooth | piecewise)


def _has_weights(module: nn.Module) -> bool:
    return any(p.ndim > 1 and min(p.shape) > 1 for p in module.parameters(recurse=False))


def _size(module: nn.Module) -> int:
    held = [*module.parameters(), *module.buffers()]
    return sum(x.numel() if type(x).__name__ != "UninitializedParameter" else LIGHT + 1 for x in held)


def _behaviour(module: nn.Module, nearly: float) -> Literal["activation", "gate", "straight"] | None:
    """Return the kind of a function of each value by itself; None where it is none or cannot be tried."""
    import torch

    curve = _curve(module)
    if curve is None:
        return None
    low, high = curve[0], curve[-1]
    bend = (curve - torch.lerp(low, high, torch.linspace(0, 1, STEPS)[:, None])).abs().amax(0)
    if bool((bend <= max(nearly, 1e-5) * (high - low).abs() + 1e-6 * curve.abs().amax()).all()):
        return "straight"
    logistic = bool((curve >= 0).all() and (curve <= 1).all() and (low < 0.05).all() and (high > 0.95).all())
    return "gate" if logistic and len(set(curve[:, 0].tolist())) > 3 else "activation"


def _curve(module: nn.Module) -> Tensor | None:
    """Return f on a grid from −8 to 8, (point, position); None: no deterministic function of each value by itself."""
    import torch

    def made(x: Tensor) -> Tensor:
        return x.detach().to("cpu", torch.float32 if x.is_floating_point() else x.dtype, copy=True)

    held = [*module.parameters(), *module.buffers()]
    widths = sorted({size for x in held for size in x.shape if size > 1}) or [4]
    with warnings.catch_warnings(), torch.random.fork_rng([]), torch.no_grad(), torch.autocast("cpu", enabled=False):
        warnings.simplefilter("ignore")
        try:
            tried = twin(module, made)
        except Exception:
            return None  # a module that cannot be copied
        tried.eval()
        for width in widths:
            for shape in ((width,), (width, 3, 3), (width, 3), (3, width), (3, 3, width)):
                try:
                    found = _tried(tried, shape)
                except Exception:
                    continue  # somebody's forward(): whatever it raises, it takes no such tensor
                if found is not None:
                    return found
    return None


def _tried(module: nn.Module, shape: tuple[int, ...]) -> Tensor | None:
    import torch

    generator = torch.Generator().manual_seed(0)
    x = 2 * torch.randn((STEPS, *shape), generator=generator, dtype=torch.float32, device="cpu")
    y = module(x.clone())
    if not isinstance(y, torch.Tensor) or y.shape != x.shape or not y.is_floating_point() or not y.isfinite().all():
        return None
    for place in (0, x.numel() // 2 + 1):
        moved = x.clone()
        moved.view(-1)[place] += 1.5
        changed = (module(moved) != y).view(-1)
        changed[place] = False
        if changed.any():
            return None
    t = torch.linspace(-8, 8, STEPS, device="cpu", dtype=torch.float32)
    curve = module(t.view(-1, *[1] * len(shape)).expand(x.shape).contiguous()).flatten(1)
    return curve if bool(curve.isfinite().all()) else None
