"""Integration of flows dx/dt = f(x) with fixed steps: Euler, Heun, Runge-Kutta 4; white noise for the first two."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .errors import InputError, unknown
from .types import Floats, Function, TimeProgress


def euler(drift: Function, x: Any, dt: float, kick: Any = 0.0) -> Any:
    """x + dt f(x) + kick: with a kick of SD σ√dt, Euler and Maruyama's scheme."""
    return x + dt * drift(x) + kick


def heun(drift: Function, x: Any, dt: float, kick: Any = 0.0) -> Any:
    """x + dt (f(x) + f(x'))/2 + kick, x' = x + dt f(x) + kick; in Stratonovich's sense with noise."""
    slope = drift(x)
    guess = x + dt * slope + kick
    return x + (0.5 * dt) * (slope + drift(guess)) + kick


def rk4(drift: Function, x: Any, dt: float, kick: Any = 0.0) -> Any:
    """Runge and Kutta's scheme of order 4; a kick is added after the step."""
    a = drift(x)
    b = drift(x + (0.5 * dt) * a)
    c = drift(x + (0.5 * dt) * b)
    d = drift(x + dt * c)
    return x + (dt / 6.0) * (a + 2.0 * (b + c) + d) + kick


def reflected(x: Any, low: float, high: float) -> Any:
    """Return x with what lies outside low..high mirrored at the bounds, as often as it takes.

    >>> reflected(np.array([-0.25, 0.5, 1.25, 2.25]), 0.0, 1.0).tolist()
    [0.25, 0.5, 0.75, 0.25]
    """
    outside = (x < low) | (x > high)
    if not outside.any():
        return x
    if np.isinf(high):
        return np.where(outside, 2.0 * low - x, x)
    turn = np.mod(x - low, 2.0 * (high - low))
    return np.where(outside, low + np.minimum(turn, 2.0 * (high - low) - turn), x)


METHODS = {"euler": euler, "heun": heun, "rk4": rk4}


def integrate(
    drift: Function,
    start: ArrayLike,
    *,
    dt: float,
    n_steps: int,
    every: int = 1,
    method: str = "heun",
    sd: ArrayLike = 0.0,
    seed: int | None = None,
    names: Sequence[str] = (),
    bounds: tuple[float, float] = (-np.inf, np.inf),
    progress: TimeProgress | None = None,
) -> Floats:
    r"""Return states of dx = f(x) dt + σ dW: the start, then one after each `every` steps.

    Args:
        drift: f, of a state (..., unit).
        start: state (..., unit).
        dt, n_steps: of the integration, in the time that f is in.
        every: steps between returned states.
        method: in `METHODS`.
        sd: σ of the white noise [unit of x/√time], a number or one a unit; its kicks have SD σ√dt.
        seed: of the noise.
        names: of the units, for the message of a start that diverges.
        bounds: values at which every state is reflected after a step: its mirror image is taken. That is the scheme of
            Bossy, Gobet & Talay (J Appl Prob 2004) for reflected diffusions, of weak order 1. What stays within is not
            changed.
        progress: called as progress(done, total) in time.

    Returns:
        (state, ..., unit), n_steps // every + 1 states.

    Raises:
        InputError: an unknown method; a number out of its range; noise with rk4 or without a seed; a state that is not
            finite any more, with its time and unit.

    >>> x = integrate(lambda x: -x, [1.0], dt=0.1, n_steps=10, method="rk4")
    >>> round(float(x[-1, 0]), 5)
    0.36788
    """
    x = np.array(start, dtype=np.float64)
    step = METHODS.get(method)
    if step is None:
        raise unknown("method of integration", method, METHODS)
    if x.ndim < 1 or x.size == 0 or not np.isfinite(x).all():
        raise InputError("integrate.start: must be finite numbers (..., unit)")
    for name, value in (("n_steps", n_steps), ("every", every)):
        if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
            raise InputError(f"integrate.{name}: must be an integer >= 1; got {value}")
    if not (np.isfinite(dt) and dt > 0):
        raise InputError(f"integrate.dt: must be > 0; got {dt}")
    spread = np.asarray(sd, dtype=np.float64) * np.sqrt(dt)
    noisy = bool((spread != 0).any())
    if seed is not None and seed < 0:
        raise InputError(f"integrate.seed: must be >= 0; got {seed}")
    if noisy and (seed is None or method == "rk4"):
        raise InputError("integrate.sd: noise needs a seed, and method euler or heun")
    rng = np.random.default_rng(seed)
    out = np.empty((n_steps // every + 1, *x.shape))
    out[0] = x
    with np.errstate(all="ignore"):  # overflows are found below, and reported
        for k in range(1, n_steps + 1):
            x = step(drift, x, dt, spread * rng.standard_normal(x.shape) if noisy else 0.0)
            x = reflected(x, *bounds)
            if k % every:
                continue
            if not np.isfinite(x).all():
                raise InputError(_diverged(x, k * dt, names))
            out[k // every] = x
            if progress is not None and k // every % 64 == 0:
                progress(k * dt, n_steps * dt)
    return out


def _diverged(x: Floats, time: float, names: Sequence[str]) -> str:
    unit = int(np.argwhere(~np.isfinite(x))[0][-1])
    named = names[unit] if names else f"unit {unit}"
    return f"the state diverges: {named} is not finite any more at t = {time:g}; a smaller dt or another start may help"
