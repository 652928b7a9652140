"""A ring of Gaussians in the plane: samples whose modes are known exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...analyses.modes import Coverage, coverage
from ...simulator import InputError
from ...simulator.fields import Checked, Param

REACH = 3.0  # SDs from the centre of a mode within which a sample is of it: 98.9 % of its own


@dataclass(frozen=True)
class RingOfGaussians(Checked):
    r"""Gaussians of equal weight about the corners of a regular polygon on the unit circle.

    .. math:: x = (\cos 2\pi k/K, \sin 2\pi k/K) + \sigma n, \quad k \text{ uniform in } 0 \ldots K - 1

    Raises:
        InputError: a field that cannot be; modes that overlap.
    """

    modes: Annotated[int, Param("number of Gaussians K", ge=2)] = 8
    sd: Annotated[float, Param("SD σ of each, in radii of the ring [1]", gt=0)] = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        apart = 2 * np.sin(np.pi / self.modes)
        if apart < 2 * REACH * self.sd:
            raise InputError(
                f"RingOfGaussians.sd: must be at most {apart / 2 / REACH:.3g}, so that {self.modes} modes do not "
                f"overlap; got {self.sd:g}"
            )

    @property
    def centres(self) -> NDArray[np.float64]:
        """Centres of the modes, (mode, 2)."""
        angles = 2 * np.pi * np.arange(self.modes) / self.modes
        return np.stack([np.cos(angles), np.sin(angles)], axis=1)

    def samples(self, n: int, seed: int) -> NDArray[np.float32]:
        """Draw samples (n, 2).

        Raises:
            InputError: fewer than two samples.
        """
        if n < 2:
            raise InputError(f"RingOfGaussians.samples: n must be at least 2; got {n}")
        rng = np.random.default_rng(seed)
        drawn = self.centres[rng.integers(self.modes, size=n)] + self.sd * rng.standard_normal((n, 2))
        return np.asarray(drawn, dtype=np.float32)

    def coverage(self, samples: ArrayLike) -> Coverage:
        """Count the modes that samples (n, 2) reach; a sample counts if it is within 3 SDs of a centre.

        >>> ring = RingOfGaussians()
        >>> found = ring.coverage(ring.centres)
        >>> found.covered, round(found.effective, 9), found.valid, found.modes
        (8, 8.0, 1.0, 8)
        """
        away = self._away(samples)
        return coverage(away.argmin(axis=1), away.min(axis=1) <= REACH * self.sd, self.modes)

    def nearest(self, samples: ArrayLike) -> NDArray[np.int64]:
        """Return the nearest mode of every sample (n, 2)."""
        return np.asarray(self._away(samples).argmin(axis=1), dtype=np.int64)

    def _away(self, samples: ArrayLike) -> NDArray[np.float64]:
        """Return the distance of every sample from every centre, (n, mode).

        Raises:
            InputError: samples of another shape.
        """
        x = np.asarray(samples, dtype=np.float64)
        if x.ndim != 2 or x.shape[1] != 2:
            raise InputError(f"RingOfGaussians: samples must be (n, 2); got {x.shape}")
        return np.asarray(np.linalg.norm(x[:, None] - self.centres, axis=2))
