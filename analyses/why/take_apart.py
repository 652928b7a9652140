"""A value of synchrony, taken apart: all parts, in the order in which they can be told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np

from ...simulator.types import Floats, Ints
from ..activity import Activity
from ..chance import coefficients, expected_square, squares_by_chance
from ..values import ALPHA
from .classes import BLOCKS, MOVES, Confounding, confounding
from .groups import Groups, carriers, find_groups, near_copies, pair_sets, set_parts, without_unit
from .intervals import Z, block_error, class_error, slow_error
from .parts import ALL, CLASS, FAST, LINEAR, SLOW, WITHIN_CLASSES, Split, by_chance, curve, split, value_of, weights
from .prepare import Prepared, has_reference, prepare
from .reference import MIN_SAMPLES, MIN_UNITS, reference_variance
from .result import BACKGROUND, SUBTRACTED, Cell, Facts, PairSet, Part, Point, Range, Shift, UnitPart, WhyResult
from .settings import WhySettings
from .trains import outlasting, plateau, shifted, shifts
from .wording import GROUPS_FROM, finding, further, null_in_words, time_scales

SIGMAS = 3.0  # of chance, within which a value is not taken apart
CHANCE_FROM = 50  # T_eff from which the chance part of squares is told
PEAK = 0.10  # of the value between the corner over 1.5 and times 1.5
BOUND = 0.10  # of the value, from which a common reference is not excluded
AVERAGED = 1e-6  # of the mean SD, below which the sum of all channels does not vary
AVERAGE_REFERENCE = "the channels sum to 0 (average reference), which forces their mean correlation to about −1/(n − 1)"
POINTS = 240  # of the stored curve over frequency
SURROGATES, WORK = 10, 4e8  # shifted trains a shift, and numbers that they may take


def take_apart(activity: Activity, measure: str, settings: WhySettings) -> WhyResult:
    """Take the value of a measure of one entry apart.

    Args:
        activity: the entry, filtered and cut as `measure` reads it.
        measure: one of chi_c, mean_correlation, si_3, mean_squared_correlation, lambda1_fraction.
        settings: see `WhySettings`.

    Raises:
        InputError: another measure, or one that is not defined on this entry; a corner or label that does not fit.
    """
    ready = prepare(activity, measure, settings)
    found = split(ready.z, classes=ready.classes, between=ready.between, cut=ready.cut, ordered=ready.ordered)
    r, value = found.whole, ready.value.value
    w = weights(measure, r, ready.n_samples)
    facts, grouped, chance = _facts(ready, found, r, measure)
    q = curve(found.coefficients, found.order, w)
    parts = _parts(ready, found, measure, r, w, q, facts, chance)
    members, names = _sets(ready, found, grouped)
    of_pair = pair_sets(len(r), members)
    if not (of_pair == 0).any():
        members, names, of_pair = [], [], pair_sets(len(r), [])
    sets = _pair_sets(ready, measure, r, w, members, names, of_pair)
    cells = [
        Cell(part=part, pairs=pairs, value=float(one))
        for part, matrix in found.matrices.items()
        for pairs, one in zip([BACKGROUND, *names], set_parts(w * matrix, of_pair, len(members)), strict=True)
    ]
    notes = list(ready.notes)
    against_drift = None
    if ready.classes is not None and ready.cut is not None:
        against_drift = confounding(ready.z, ready.classes, ready.cut, w, float((w * found.matrices[CLASS]).sum()))
        facts = replace(facts, class_slowness=against_drift.slow)
    ranges = _ranges(ready, value, against_drift, q) + _reference(ready, measure, w, settings, notes)
    trains, flat = _shifts(ready, activity, measure, q, settings)
    clock = ready.recording.clock
    null = null_in_words(ready.value)
    says = [time_scales(measure, value, one) for one in flat if not facts.within_chance]
    beyond_null = ready.value.p <= ALPHA
    says.append(finding(measure, value, parts, sets, ranges, facts, clock, null, beyond_null))
    says += further(measure, value, parts, sets, ranges, facts, clock, null)
    return WhyResult(
        sentence=says[0],
        says="\n".join(says[1:]),
        values=[ready.value],
        parts=parts,
        sets=sets,
        cells=cells,
        units=_units(ready, measure, r, w, members, names),
        frequencies=_frequencies(ready, parts, q),
        shifts=trains,
        plateaus=flat,
        ranges=ranges,
        facts_table=[facts],
        config={
            **asdict(settings), "measure": measure, "clock": clock, "dt": ready.recording.dt,
            "quantity": ready.recording.quantity, "unit": ready.recording.unit, "trials": ready.z.shape[0],
            "assumptions": notes,
        },
    )  # fmt: skip


def _facts(ready: Prepared, found: Split, r: Floats, measure: str) -> tuple[Facts, Groups, Floats]:
    """Return the facts, the groups, and the chance part of the squares of every k."""
    n, total = len(r), ready.n_samples
    if not ready.ordered:
        chance = np.array([1 / max(total - 1, 1)])
        s2 = float(chance.sum())
    else:
        c = found.coefficients.reshape(ready.z.shape)
        if ready.classes is not None or ready.between:
            c = coefficients(ready.z) / math.sqrt(total)
        chance = np.bincount(found.order, weights=squares_by_chance(c.reshape(total, n)))
        s2 = expected_square(c)
    mean = value_of("mean_correlation", r, total)
    sd = math.sqrt(2 * s2 / (n * (n - 1)))
    within = abs(mean) < SIGMAS * sd if measure in LINEAR else ready.value.p > ALPHA
    groups = find_groups(r) if 1 / s2 >= GROUPS_FROM else Groups([], math.nan, math.nan)
    return Facts(
        n_units=n, n_samples=total, n_effective=1 / s2, chance_sd=sd, mean_correlation=mean, corner=ready.corner,
        cycles=ready.corner * ready.recording.duration,
        n_classes=0 if ready.classes is None else int(ready.classes.max()) + 1, within_chance=bool(within),
        carriers=carriers(r), explained=groups.explained, against_factor=groups.against_factor,
    ), groups, chance  # fmt: skip


def _parts(
    ready: Prepared, found: Split, measure: str, r: Floats, w: Floats, q: Floats, facts: Facts, chance: Floats
) -> list[Part]:
    """Return the part of every source, with interval, value without it, and chance."""
    n, total = len(r), ready.n_samples
    squares = measure == "mean_squared_correlation"
    one_mode = 0.0
    if squares:  # what one shared mode takes from the chance of the rest
        one_mode = value_of("lambda1_fraction", r, total)
        scale = (1 - one_mode) ** 2 / (1 - by_chance(total))
        chance = chance * scale
    errors = {}
    if ready.cut is not None:
        errors[SLOW] = errors[FAST] = slow_error(q, ready.cut)
    if ready.classes is not None:
        flat = ready.z.reshape(total, n)
        whole = float((w * r).sum())
        errors[CLASS] = abs(whole) * class_error(flat, np.tile(ready.classes, len(ready.z)), w)
        if len(found.matrices) == 2:  # of two parts of one value, one share has the error of the other
            errors[WITHIN_CLASSES] = errors[CLASS]
    reason = "the value is within chance" if facts.within_chance else ""
    if measure == "lambda1_fraction" and not reason and _two_modes_alike(ready.z.reshape(total, n)):
        reason = "the first two modes are alike, and their parts with them"
    rows = []
    for name, matrix in found.matrices.items():
        value, error = float((w * matrix).sum()), errors.get(name, math.nan)
        by = math.nan
        if squares and facts.n_effective >= CHANCE_FROM and ready.classes is None and not ready.between:
            by = float(
                {SLOW: chance[: (ready.cut or 0) + 1], FAST: chance[(ready.cut or 0) + 1 :]}.get(name, chance).sum()
            )
        rows.append(Part(
            part=name, value=value, low=value - Z * error, high=value + Z * error,
            without=value_of(measure, r - matrix, total) if len(found.matrices) > 1 else math.nan, chance=by,
            told=not reason, reason=reason,
        ))  # fmt: skip
    if squares:
        subtracted = -by_chance(total) / (1 - by_chance(total))
        rows.append(Part(part=SUBTRACTED, value=subtracted))
    return rows


def _two_modes_alike(z: Floats) -> bool:
    """Return whether the first two eigenvalues differ by less than their change between halves of the recording."""

    def first_two(part: Floats) -> Floats:
        return np.asarray(np.linalg.eigvalsh(np.corrcoef(part, rowvar=False))[-2:])

    if z.shape[1] < 3:
        return False
    half = len(z) // 2
    with np.errstate(all="ignore"):
        whole, one, other = first_two(z), first_two(z[:half]), first_two(z[half:])
    return bool(whole[1] - whole[0] < np.abs(one - other).max())


def _sets(ready: Prepared, found: Split, grouped: Groups) -> tuple[list[Ints], list[str]]:
    """Return the near-copies and the groups, with their names."""
    fast = found.matrices.get(FAST)
    if fast is None and (not ready.ordered or ready.between):
        fast = list(found.matrices.values())[-1]
    copies = [] if fast is None else near_copies(fast)
    taken = {tuple(one) for one in copies}
    groups = [group for group in grouped.members if tuple(group) not in taken]
    names = [f"near-copies {k}" for k in range(1, len(copies) + 1)]
    return [*copies, *groups], [*names, *(f"group {k}" for k in range(1, len(groups) + 1))]


def _pair_sets(
    ready: Prepared, measure: str, r: Floats, w: Floats, members: Sequence[Ints], names: Sequence[str], of_pair: Ints
) -> list[PairSet]:
    """Return the part of every set of pairs with its interval."""
    n, total = len(r), ready.n_samples
    parts = set_parts(w * r, of_pair, len(members))
    whole = float(parts.sum())
    rows = [PairSet(pairs=BACKGROUND, n_units=n, units="", value=float(parts[0]), within=float(r[of_pair == 0].mean()))]
    flat = ready.z.reshape(total, n)
    for k, (units, name) in enumerate(zip(members, names, strict=True), start=1):

        def share(other: Floats, k: int = k) -> float:
            cells = set_parts(weights(measure, other, total) * other, of_pair, len(members))
            return float(cells[k] / cells.sum())

        error, value = abs(whole) * block_error(flat, share), float(parts[k])
        inside = of_pair == k
        rows.append(PairSet(
            pairs=name, n_units=units.size, units=",".join(str(ready.units[u]) for u in units), value=value,
            low=value - Z * error, high=value + Z * error,
            within=float(r[inside].mean()) if inside.any() else math.nan,
        ))  # fmt: skip
    return rows


def _units(
    ready: Prepared, measure: str, r: Floats, w: Floats, members: Sequence[Ints], names: Sequence[str]
) -> list[UnitPart]:
    own = (w * r).sum(axis=0)
    without = without_unit(r) if measure in LINEAR else np.full(len(r), math.nan)
    if measure == "chi_c":
        without = np.sign(without) * np.sqrt(np.abs(without))
    group, copies = np.zeros(len(r), dtype=int), np.zeros(len(r), dtype=int)
    for units, name in zip(members, names, strict=True):
        (copies if name.startswith("near") else group)[units] = int(name.split()[-1])
    return [
        UnitPart(
            unit=int(ready.units[j]), label=ready.names[j], value=float(own[j]), without=float(without[j]),
            group=int(group[j]), copies=int(copies[j]),
        )
        for j in range(len(r))
    ]  # fmt: skip


def _frequencies(ready: Prepared, parts: Sequence[Part], q: Floats) -> list[Point]:
    """Return the cumulative curve at up to 240 frequencies, from what stands before it: classes, trials."""
    if not ready.ordered:
        return []
    within = (SLOW, FAST, ALL, WITHIN_CLASSES, "within trials")
    start = sum(row.value for row in parts if row.part not in (*within, SUBTRACTED))
    total = start + np.cumsum(q)
    chosen = np.unique(np.geomspace(1, len(q) - 1, POINTS).round().astype(int))
    f = np.arange(len(q)) / (2 * len(q) * ready.recording.dt)
    return [Point(at=float(f[k]), value=float(total[k])) for k in chosen]


def _ranges(ready: Prepared, value: float, against_drift: Confounding | None, q: Floats) -> list[Range]:
    """Return what can be told as a range or not at all: class against drift, a peak at the corner, a part left out."""
    rows = [Range(of=of, low=math.nan, high=math.nan, told=False, reason=why) for of, why in ready.untold.items()]
    if against_drift is not None and against_drift.slow > BLOCKS:
        low, high = sorted((against_drift.after, against_drift.first))
        if high - low > MOVES * abs(value):
            why = "classes come in blocks as slow as the drift; cannot be told. Randomise the order"
            rows.append(Range(of=CLASS, low=low, high=high, told=False, reason=why))
    if ready.cut is not None:
        total = np.cumsum(q)
        low, high = sorted(float(total[min(int(ready.cut * f), len(q) - 1)]) for f in (1 / 1.5, 1.5))
        if high - low > PEAK * abs(value):
            why = "the corner lies within a peak of the spectrum; cannot be told. Move --corner off it"
            rows.append(Range(of=SLOW, low=low, high=high, told=False, reason=why))
    return rows


def _reference(ready: Prepared, measure: str, w: Floats, settings: WhySettings, notes: list[str]) -> list[Range]:
    """Return the upper bound of a common reference, of channels that can have one."""
    can, assumed = has_reference(ready.recording, ready.trains, settings)
    notes += [assumed] if assumed else []
    value = ready.value.value
    if not can or measure not in LINEAR or not ready.ordered:
        return []
    x = ready.x.reshape(ready.n_samples, -1)
    n, sd = x.shape[1], x.std(axis=0)
    if x.mean(axis=1).std() < AVERAGED * sd.mean():
        why = f"{AVERAGE_REFERENCE}; read lambda1_fraction"
        return [Range(of="reference", low=math.nan, high=math.nan, told=False, reason=why)]
    if value <= 0:
        return []
    if n < MIN_UNITS or len(x) < MIN_SAMPLES:
        why = f"{n} channels and {len(x)} samples; want {MIN_UNITS} and {MIN_SAMPLES}"
        return [Range(of="reference", low=math.nan, high=math.nan, told=False, reason=why)]
    bound = reference_variance(x, np.random.default_rng(settings.seed)) * float((w / np.outer(sd, sd)).sum())
    told = bound < BOUND * value
    why = "" if told else (
        "cannot be told from a source that reaches all channels alike. Try a bipolar montage: what is left is neither"
    )  # fmt: skip
    return [Range(of="reference", low=0.0, high=min(bound, value), told=told, reason=why)]


def _shifts(
    ready: Prepared, activity: Activity, measure: str, q: Floats, settings: WhySettings
) -> tuple[list[Point], list[Shift]]:
    """Return the curve over shifts of spike trains, with shifted trains beside it, and its plateau."""
    if ready.trains is None or measure not in LINEAR or ready.classes is not None:
        return [], []
    delta = shifts(ready.recording.duration, max(0.01, settings.bin))
    left, total = outlasting(q, ready.recording.dt, delta), float(q.sum())
    n = min(SURROGATES, int(WORK / max(ready.x.size * len(delta), 1))) if settings.nulls and not settings.band else 0
    rng = np.random.default_rng(settings.seed)
    scale = total / value_of("mean_correlation", ready.z[0].T @ ready.z[0] / ready.z.shape[1], 3) if total else 0.0
    trains = ready.trains.select(units=ready.units)
    points = []
    for d, one in zip(delta, left, strict=True):
        drawn = [
            scale * _mean_correlation(Activity(shifted(trains, float(d), rng), activity.bin, activity.sd))
            for _ in range(n)
        ]
        middle, sd = (float(np.nanmean(drawn)), float(np.nanstd(drawn))) if drawn else (math.nan, math.nan)
        points.append(Point(at=float(d), value=float(one), surrogates=middle, sd=sd))
    flat = plateau(delta, left, total)
    return points, [] if flat is None else [flat]


def _mean_correlation(activity: Activity) -> float:
    x = activity._sampled(activity.sd).numpy()
    return value_of("mean_correlation", np.corrcoef(x, rowvar=False), len(x))
