"""Types that every room shares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = Any  # a numpy array, a torch tensor, or any other array of the Python array API standard
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Band = tuple[float, float]  # lowest and highest frequency [cycles per tick of the clock; Hz for seconds]
Function = Callable[[Any], Any]  # of an array of any kind, to one of its kind
Progress = Callable[[int, int, str], None]  # done, total, the action in words
Shown = Any  # a Progress, True to show it, or None
TimeProgress = Callable[[float, float], None]  # done, total [units of time]
