"""Diagonal Fisher information of a network, of any architecture: a backward pass for each example and class."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from ..probe.layers import modes_restored
from .base import Task

Expectation = Literal["exact", "sampled", "empirical"]


def diagonal_fisher(
    model: nn.Module, task: Task, over: Expectation, samples: int, generator: torch.Generator
) -> dict[str, Tensor]:
    r"""Return the diagonal of the Fisher information of every trained parameter on the images of a task.

    .. math:: F = \frac{1}{n} \sum_x \sum_c q_c(x) \left(\frac{\partial \log p_c(x)}{\partial w}\right)^2

    "exact": q = p, the expectation over the classes of the network. "sampled": q is 1 at one class drawn from p, with
    the same mean. "empirical": q is 1 at the label, which is another quantity. Classes that are not admitted in the
    task have p = 0. The network is in evaluation mode: batch norm by its running statistics, without dropout.

    One example at a time: gradients of single examples by ``torch.func.vmap`` fail with several kinds of layer, and
    take longer on a CPU for convolutions.

    Args:
        model: images (n, ...) -> logits (n, output).
        task: images, labels, and the outputs that are admitted.
        over: see above.
        samples: largest number of images n; drawn without replacement.
        generator: of these draws, on the CPU.

    Returns:
        Name of a parameter -> tensor of its shape.
    """
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    found = {name: torch.zeros_like(p) for name, p in trained.items()}
    chosen = torch.randperm(len(task.x), generator=generator)[:samples]
    recurrent = any(isinstance(module, nn.RNNBase) for module in model.modules())  # no backward by cuDNN in eval mode
    exact = torch.backends.cudnn.deterministic
    cudnn = torch.backends.cudnn.flags(enabled=not recurrent, deterministic=exact)
    with modes_restored(model), torch.enable_grad(), cudnn:
        model.eval()
        for k in range(len(chosen)):
            at = chosen[k : k + 1].to(task.x.device)
            log_p = torch.log_softmax(task.admitted(model(task.x[at])), 1)[0]
            p = log_p.detach().exp().cpu()
            if over == "exact":
                q = p
            else:
                drawn = torch.multinomial(p, 1, generator=generator) if over == "sampled" else task.y[at].cpu()
                q = torch.zeros_like(p).index_fill_(0, drawn, 1.0)
            classes = q.nonzero()[:, 0].tolist()
            for c in classes:
                gradients = torch.autograd.grad(
                    log_p[c], list(trained.values()), retain_graph=c != classes[-1], allow_unused=True
                )
                for total, g in zip(found.values(), gradients, strict=True):
                    if g is not None:
                        total.addcmul_(g, g, value=float(q[c]) / len(chosen))
    return found
