"""The arrays that the compiled step reads and writes.

All cell variables lie in one vector y: each population has its fields one after the other, a field is one number a
cell. The voltage of a cell of a linear population is

    v = base + Σ_f lam_f · y_f

with one number lam_f for the whole population, and y_f that only events change: the co-moving coordinates of `linear`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...types import Floats, Ints

Cells = NDArray[np.int32]
Table = NDArray[Any]  # of records

LINEAR, LEAKY, EXPONENTIAL, QUADRATIC, EXACT = range(5)  # populations; EXACT: linear cells with parameters of their own
VOLTAGE, DECAY, ALPHA, ALPHA_Y, FIXED, GRADED, HELD = range(7)  # fields
KICK_DECAY, KICK_ALPHA, KICK_VOLTAGE, KICK_GATE = range(4)  # channels: what a spike does
SPARSE, DENSE, FACTORS = range(3)  # projections
CURRENT_OF, STATE_OF, MEAN_OF, SD_OF, RATE_OF, SLOW_OF, SLOW_RATE_OF = range(7)  # signals

POPULATION = np.dtype(
    [
        ("kind", "i8"),
        ("n", "i8"),
        ("first", "i8"),  # fields first..last-1; the first is the voltage
        ("last", "i8"),
        ("refractory", "i8"),  # [steps]
        ("refresh", "i8"),  # steps between two refreshes of the coordinates
        ("adaptation", "i8"),  # field of w, or -1
        ("v_rest", "f8"),  # [mV]
        ("v_reset", "f8"),
        ("v_keep", "f8"),  # e^{-dt/tau_m}
        ("step", "f8"),  # dt/tau_m
        ("w_jump", "f8"),
        ("coupling", "f8"),
        ("slope", "f8"),
        ("onset", "f8"),  # or the critical voltage
    ]
)
FIELD = np.dtype(
    [
        ("kind", "i8"),
        ("start", "i8"),  # in y
        ("channel", "i8"),  # whose s it is (part of), or -1
        ("mode", "i8"),  # FIXED: index in z, or -1
        ("current", "i8"),  # FIXED: column of the given currents, or -1
        ("keep", "f8"),  # decay in a step
        ("push", "f8"),  # what it adds to the mean drive of a step, per unit (and gain); linear: to v in a step
        ("push_y", "f8"),  # ALPHA_Y of a linear population: that of its own y
        ("h", "f8"),  # ALPHA, ALPHA_Y: dt/tau
        ("reversal", "f8"),  # [mV]; NaN is a current
        ("block", "f8"),  # [Mg]/3.57
    ]
)
CHANNEL = np.dtype(
    [
        ("kind", "i8"),
        ("population", "i8"),
        ("field", "i8"),  # DECAY, ALPHA or VOLTAGE; -1 without events
        ("writes", "i8"),  # how many fields an event changes
        ("a", "i8"),  # where they begin in y
        ("b", "i8"),
        ("c", "i8"),
        ("sign", "f8"),
        ("slow", "i8"),  # slow variable that lowers the gain, or -1
    ]
)
PROJECTION = np.dtype(
    [
        ("kind", "i8"),
        ("source", "i8"),  # population
        ("channel", "i8"),
        ("gate", "i8"),  # index of its gates, or -1
        ("delays", "i8"),  # how many
        ("first_delay", "i8"),
        ("row", "i8"),  # where its rows begin in indptr
        ("edge", "i8"),  # in targets
        ("weight", "i8"),  # in weights
        ("equal", "i8"),  # one weight for all
        ("mode", "i8"),  # FACTORS: first z (or field, for a delta synapse)
        ("rank", "i8"),
        ("factor", "i8"),  # where its source factors begin in factors
    ]
)
GATE = np.dtype(
    [
        ("x", "i8"),  # where x, s and mean begin in y
        ("s", "i8"),
        ("mean", "i8"),  # of s over the step
        ("field", "i8"),  # GRADED field of the target, or -1 for FACTORS
        ("projection", "i8"),
        ("alpha", "f8"),  # [1/ms]
        ("rate", "f8"),  # 1/tau [1/ms]
        ("x_keep", "f8"),
        ("x_mean", "f8"),  # mean of x over the step, per x at its beginning
        ("dt", "f8"),  # [ms]
    ]
)
POISSON = np.dtype(
    [("channel", "i8"), ("weight", "f8"), ("stream", "i8")]  # stream: of its first block
)
EVENTS = np.dtype([("channel", "i8"), ("weight", "f8")])
OWN = np.dtype(
    [  # where an array of one number for each cell begins in `Individual.values`; -1: one number for all cells
        ("rest", "i8"),
        ("reset", "i8"),
        ("step", "i8"),  # dt/tau_m
        ("keep", "i8"),  # e^{-dt/tau_m}
        ("threshold", "i8"),  # added to that of the step
        ("refractory", "i8"),  # [steps]
        ("first_period", "i8"),  # its distinct refractory periods in `periods`: first..last-1
        ("last_period", "i8"),
    ]
)
OWN_NOISE = np.dtype([("sd", "i8"), ("push", "i8"), ("share", "i8")])
NOISE = np.dtype(
    [
        ("population", "i8"),
        ("channel", "i8"),  # an OU current, or -1: v itself, or -2: the drive of v
        ("drive", "i8"),  # OU, cells that are not linear: where the field of the drive begins in y
        ("keep", "f8"),  # OU: y ← keep·y + ξ, and v or the drive changes by push·y + share·ξ
        ("push", "f8"),
        ("share", "f8"),
        ("sd", "f8"),  # of a step
        ("stream", "i8"),  # of its first block, or -1: given
        ("first", "i8"),  # given: where its kicks begin
        ("rows", "i8"),  # given: how many
        ("every", "i8"),  # given: steps for which a row holds
        ("stays", "i8"),  # given: whether the last row stays, or 0 follows
    ]
)
SLOW = np.dtype(
    [
        ("population", "i8"),
        ("keep", "f8"),
        ("maximum", "f8"),
        ("half", "f8"),
        ("exponent", "f8"),
        ("rate_keep", "f8"),
        ("rate_jump", "f8"),
    ]
)
TRIGGER = np.dtype(
    [
        ("source", "i8"),
        ("channel", "i8"),
        ("weight", "f8"),
        ("count", "i8"),
        ("window", "i8"),  # [steps]
        ("delay", "i8"),
        ("dead", "i8"),
        ("first", "i8"),  # its cells in trigger_cells: first..last-1
        ("last", "i8"),
    ]
)
SAMPLER = np.dtype(
    [
        ("kind", "i8"),
        ("population", "i8"),
        ("variable", "i8"),  # channel, or -1: v; or slow variable
        ("every", "i8"),  # [steps]
        ("first", "i8"),  # channels (CURRENT_OF) or cells (STATE_OF) in places: first..last-1
        ("last", "i8"),
        ("width", "i8"),
        ("scale", "f8"),  # RATE_OF: from spikes to Hz
    ]
)


class StepTables(NamedTuple):
    """Constants of a run."""

    populations: Table
    fields: Table
    channels: Table
    projections: Table
    delays: Ints  # [steps]
    indptr: Ints
    targets: Cells
    weights: NDArray[Any]  # of the precision of y
    slow: Table
    bounds: Ints  # (populations, parts + 1) cells of population p that part k owns: bounds[p, k]..bounds[p, k + 1]


class Signals(NamedTuple):
    """Constants of the sampled signals.

    A network without signals passes None. So with the tables below. Numba compiles a variant of the step for each
    combination, and the code that reads an argument that is None is left out of it.
    """

    samplers: Table
    places: Ints


class Inputs(NamedTuple):
    """Constants of the events from outside."""

    poisson: Table
    events: Table


class Coupling(NamedTuple):
    """Constants of projections that are not sparse or have gates."""

    factors: Floats
    gates: Table


class Noise(NamedTuple):
    """Constants of white noise, OU currents, and currents that differ from cell to cell and step to step."""

    noise: Table
    kicks: NDArray[Any]  # given noise and currents


class Triggers(NamedTuple):
    """Constants of the inputs that spikes trigger."""

    triggers: Table
    cells: Cells


class Individual(NamedTuple):
    """Parameters of populations whose cells differ in them."""

    populations: Table  # of `OWN`
    fields: Ints  # where the increments of v by a field begin in values, one for each cell; -1: the field's `push`
    noise: Table  # of `OWN_NOISE`
    values: Floats
    periods: Ints  # [steps]


class Rare(NamedTuple):
    """Arguments of `advance` that are None for a network without them."""

    signals: Signals | None
    inputs: Inputs | None
    noise: Noise | None
    coupling: Coupling | None
    triggers: Triggers | None
    individual: Individual | None
    linear_cells: bool | None
    plain_cells: bool | None


class State(NamedTuple):
    """State of a run: all that is needed to continue from a step."""

    y: NDArray[Any]
    lam: Floats  # (fields,)
    dec: Floats  # (fields,) decay since the last change of coordinates
    base: Floats  # (populations,) [mV]
    z: Floats  # (modes,)
    q: Floats  # (slow,)
    r: Floats  # (slow,) [Hz]
    counts: Ints  # (samplers,) spikes since the last sample
    streams: NDArray[np.uint64]  # (streams, 4)
    window: Ints  # (triggers,) spikes in the window
    last: Ints  # (triggers,) step of the last trigger


class Scratch(NamedTuple):
    """Per-thread arrays: a copy of the numbers of the state that all cells share, and buffers.

    Every thread computes the shared numbers itself, from the same spikes in the same order, so that they are equal
    without a message from thread to thread.
    """

    lam: Floats
    dec: Floats
    base: Floats
    z: Floats
    q: Floats
    r: Floats
    window: Ints
    last: Ints
    gain: Floats  # (channels,)
    terms: NDArray[Any]  # (fields,) in the precision of y, as are the next two
    unit: NDArray[Any]  # (channels, 3)
    scaled: NDArray[Any]  # (3,)
    starts: NDArray[np.uint64]  # (fields,)
    drawn: Cells  # (largest number of Poisson events of a block and step,)
    values: Floats  # (cells of the largest population,)
    kicks: Floats  # the same for increments by noise
    block: Floats  # (5, WIDTH) of a few cells
    no_w: NDArray[Any]  # (WIDTH,) zeros in the precision of y: w of cells without adaptation


class Stretch(NamedTuple):
    """Inputs and outputs of consecutive steps between two returns to Python. The first of these steps is `origin`."""

    origin: int
    history: int  # steps before origin whose spikes are still there
    gains: Floats  # (steps, channels)
    thresholds: Floats  # (steps, populations)
    currents: Floats  # (steps, currents)
    uniform: Floats  # (steps, populations) currents that are the same in every cell, summed
    poisson: Ints  # (steps, poisson streams) number of events
    event_first: Ints  # (event inputs, steps + 1)
    event_cells: Cells
    # spikes of population p in step n, of a part: cells[part, pointers[part, x] : pointers[part, x + 1]],
    # x = (n − origin + history)·populations + p
    pointers: Ints  # (parts, (history + steps)·populations + 1)
    cells: Cells  # (parts, capacity)
    room: Ints  # (2, parts)
    partial: Floats  # (2, gates' blocks·rank)
    samples: Floats
    sample_first: Ints  # (samplers,) where a sampler's rows begin
    fired: NDArray[np.int8]  # (triggers, steps + history)
