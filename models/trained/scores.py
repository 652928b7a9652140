"""Scores by which a classifier tells images of its data from others: maximal softmax, energy, Mahalanobis."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cholesky, solve_triangular

from ...simulator import InputError, unknown
from ...simulator.fields import Param, checked
from ...simulator.types import Floats

if TYPE_CHECKING:  # torch takes seconds to import
    from torch import Tensor, nn

SHRINKAGE = 0.01  # of the covariance of the last hidden layer
ROUNDING = 1e-10  # least eigenvalue of a covariance, as a share of the largest


def energy(logits: NDArray[Any]) -> Floats:
    r"""Return the negative free energy of every image, at temperature 1: larger for images of the data.

    .. math:: -E(x) = \ln \sum_k e^{z_k(x)}

    Liu et al., NeurIPS 2020. Not always better than the maximal softmax: it grows with the norm of the last hidden
    layer, which other images may raise, too.

    Args:
        logits: (n, class).

    >>> energy(np.zeros((1, 4))).round(6).tolist() == [round(float(np.log(4)), 6)]
    True
    """
    z = np.asarray(logits, dtype=np.float64)
    top = z.max(1, keepdims=True)
    return np.asarray(top[:, 0] + np.log(np.exp(z - top).sum(1)))


@dataclass(frozen=True, eq=False)
class Mahalanobis:
    r"""Distance of a hidden layer to its nearest class, in units of the spread within classes.

    .. math:: M(x) = -\min_c\, (h(x) - \mu_c)^\top \Sigma_s^{-1} (h(x) - \mu_c), \qquad
              \Sigma_s = (1 - s)\, \Sigma + s\, \frac{\mathrm{tr}\,\Sigma}{d}\, I

    with the class means μ_c and the covariance Σ within classes, the same for all ("tied"), of the training images,
    divided by their number, and shrunk by s towards a sphere of the same trace. Lee et al., NeurIPS 2018, without their
    change of the input and with one layer alone; they do not shrink.

    Attributes:
        means: (class, unit).
        factor: (unit, unit) lower triangular; its product with its transpose is Σ_s.
    """

    means: Floats
    factor: Floats

    @classmethod
    def fitted(
        cls,
        hidden: NDArray[Any],
        y: NDArray[Any],
        shrinkage: Annotated[float, Param("", ge=0, le=1)] = SHRINKAGE,
    ) -> Mahalanobis:
        """Return the distance by the class means and the tied covariance of a hidden layer.

        Args:
            hidden: (n, unit), of the training images.
            y: (n,) their classes.
            shrinkage: s.

        Raises:
            InputError: values that are not finite, one class, a covariance that cannot be inverted.

        >>> h = np.array([[0.0, 0], [2, 0], [0, 4], [2, 4], [1, 1], [1, 3]])
        >>> far = Mahalanobis.fitted(h, np.array([0, 0, 1, 1, 0, 1]), 0.0)
        >>> far(np.array([[1.0, 1 / 3], [1, 2]])).round(6).tolist()
        [-0.0, -12.5]
        """
        shrinkage = checked("Mahalanobis.shrinkage", float, Param("", ge=0, le=1), shrinkage)
        h, classes = np.asarray(hidden, dtype=np.float64), np.unique(y)
        if not np.isfinite(h).all():
            raise InputError("Mahalanobis.hidden: holds values that are not finite")
        if len(classes) < 2:
            raise InputError(f"Mahalanobis.y: must hold at least 2 classes; got {len(classes)}")
        means = np.stack([h[np.asarray(y) == c].mean(0) for c in classes])
        within = h - means[np.searchsorted(classes, y)]
        covariance = within.T @ within / len(h)
        sphere = np.trace(covariance) / len(covariance)
        shrunk = (1 - shrinkage) * covariance + shrinkage * sphere * np.eye(len(covariance))
        try:
            factor, spread = cholesky(shrunk, lower=True), np.linalg.eigvalsh(shrunk)
        except LinAlgError:
            factor, spread = shrunk, np.zeros(1)
        if not spread[0] > ROUNDING * spread[-1]:
            silent = int((within.std(0) == 0).sum())
            raise InputError(
                f"Mahalanobis: the covariance of {len(covariance)} units over {len(h)} training images cannot be "
                f"inverted ({silent} units do not vary within classes); give shrinkage={SHRINKAGE:g}"
                + ("" if shrinkage == 0 else ", or a layer that varies")
            )
        return cls(means, np.asarray(factor))

    def __call__(self, hidden: NDArray[Any]) -> Floats:
        """Return M (n,) of a hidden layer (n, unit)."""
        h = np.asarray(hidden, dtype=np.float64)
        apart = [solve_triangular(self.factor, (h - mean).T, lower=True) for mean in self.means]
        return np.asarray(-np.min([np.square(z).sum(0) for z in apart], axis=0))


class HiddenLayer:
    """A hidden layer of a classifier as units (n, unit).

    Args:
        model: the classifier.
        x: images (n, ...) on its device; two are shown.
        name: of a module.
        given: take the first input of the module, else its output.

    Attributes:
        words: which layer it is, and its number of units.

    Raises:
        InputError: no such module, or one that does not yield a tensor (n, unit) in one call a pass.
    """

    def __init__(self, model: nn.Module, x: Tensor, name: str, *, given: bool = False) -> None:
        modules = dict(model.named_modules())
        if name not in modules:
            raise unknown("evaluate.layer: module", name, modules)
        self._model, self._module, self._given = model, modules[name], given
        units = self(x[:2]).shape[1]
        self.words = f"{'the input' if given else 'the output'} of {name or 'the network'}, {units} units"

    def __call__(self, x: Tensor) -> Floats:
        """Return the layer over images (n, ...) as (n, unit)."""
        import torch

        from ..probe.kept import undisturbed
        from ..probe.layers import evaluating
        from ..training.evaluation import passes

        found: list[Tensor] = []

        def take(module: nn.Module, given: tuple[Any, ...], output: Any) -> None:
            value = given[0] if self._given else output
            if not isinstance(value, torch.Tensor) or value.ndim < 2:
                raise InputError("evaluate.layer: must yield a tensor (n, unit); give another module")
            found.append(value.detach().flatten(1).double().cpu())

        with undisturbed(self._model, seeded=False), evaluating(self._model), ExitStack() as stack:
            stack.callback(self._module.register_forward_hook(take).remove)
            for images, _ in passes(x, x, None):
                self._model(images)
        if sum(map(len, found)) != len(x):
            raise InputError("evaluate.layer: must be called once a pass, with all images; give another module")
        return np.asarray(torch.cat(found).numpy())


def last_layer(model: nn.Module, x: Tensor) -> str | None:
    """Return the name of the module with weights whose output are the logits; None if there is none.

    None, too, where it is called several times a pass: logits of a recurrent network come from one of many.

    Args:
        x: images (n, ...) on the device of the model; two are shown.
    """
    import torch

    from ..probe.kept import undisturbed
    from ..probe.layers import evaluating

    made: list[tuple[str, Tensor]] = []
    with undisturbed(model, seeded=False), evaluating(model), ExitStack() as stack:
        for name, module in model.named_modules():
            if any(p.ndim > 1 for p in module.parameters(recurse=False)):

                def note(_: nn.Module, __: Any, output: Any, name: str = name) -> None:
                    if isinstance(output, torch.Tensor):
                        made.append((name, output.detach().clone()))

                stack.callback(module.register_forward_hook(note).remove)
        logits = model(x[:2].clone())
    same = [name for name, output in made if output.shape == logits.shape and torch.equal(output, logits)]
    called = [name for name, _ in made]
    return same[0] if same and called.count(same[0]) == 1 else None  # the innermost returns first
