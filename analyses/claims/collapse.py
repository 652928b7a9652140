"""Claim: mode collapse of a generator is abnormal synchrony of its units.

Contrast    Generators whose modes collapse, every way by itself, against healthy ones of the same architecture, seed,
            data and number of steps, trained against a discriminator. Ways and sizes were chosen by the modes that are
            reached, on seeds that the experiment does not use, before any synchrony was measured.
Measure     SI-3 of activations of the hidden layers, over the same 1000 latents, mean over layers. Units that do not
            vary are left out; a generator that gives one image has no others, and SI is not defined. Modes: exact
            on a ring of Gaussians; of images the classes that a classifier of real images reads in those that are near
            to a real one. Effective number: exp of the entropy of the classes.
Control     Generators that are healthy by the same training, of data with two of the modes alone: they reach as few by
            right, and if their SI is as high it reads how much the output varies, not that modes were lost. Permuted
            latents: SI must exceed what independent units give. The same generator before training: a high SI that it
            starts with, and that healthy training takes away, is not made by collapse.
Statistic   Per seed, at the end: SI of collapsed − healthy generators (at least 0.1; the substance); SI of collapsed
            ones − of those of two modes (at least 0.1), − before training (at least 0), − 97.5 % of surrogates (at
            least 0). Beside them the effective number of modes and the share of valid samples; SI of a generator of one
            latent number, which can collapse or not; and DesyncReg to 0 on a generator that collapses: the effective
            number that it regains as a share of all modes, and the SI that it takes away. Student's t over seeds; Holm
            over claims, settings and ways.
Refutation  SI of collapsed generators no 0.1 higher. "Holds only when …" if generators of few modes are as synchronous,
            or an untrained one. Not testable where healthy generators reach less than three quarters of the modes, or
            none of the ways less than half. Left out: a way that does not collapse, one whose generators are constant,
            and one of whose samples less than a tenth are samples of the data: its training failed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.lines import Line2D

from ...simulator import InputError
from ...simulator.types import Floats
from ..evidence.effect import FEWEST, Effect, effect
from ..evidence.outcomes import GeneratorValue
from ..evidence.rules import Finding
from ..evidence.store import Evidence
from ..figures.evidence import Axes, Shown
from ..figures.parts.palette import INK, NET, NULL_EDGE, SOFT, WARN
from .claim import Claim

NAME = "collapse"
HEALTHY, FEW, NARROW, COLLAPSE, TREATED = "healthy", "few", "narrow", "collapse", "treated"  # kinds
UNTRAINED = "untrained"
LEAST = 0.1
ENOUGH, LOST = 0.75, 0.5  # share of the modes that healthy generators reach at least, and collapsed ones at most
VALID = 0.1  # least share of valid samples


BySeed = Mapping[int, GeneratorValue]


@dataclass(frozen=True, eq=False)
class Generators:
    """Generators of one setting: kind -> condition -> seed -> its values.

    Attributes:
        name: network and data.
        modes: of the data.
    """

    name: str
    modes: int
    by_kind: Mapping[str, Mapping[str, BySeed]]

    @classmethod
    def of(cls, name: str, rows: Sequence[GeneratorValue]) -> Generators:
        """Sort the rows of one setting."""
        found: dict[str, dict[str, dict[int, GeneratorValue]]] = {}
        for row in rows:
            found.setdefault(row.kind, {}).setdefault(row.condition, {})[row.seed] = row
        return cls(name, rows[0].modes, found)

    def only(self, kind: str) -> BySeed:
        """Return seed -> values of the one condition of this kind.

        Raises:
            InputError: there is none.
        """
        conditions = self.by_kind.get(kind, {})
        if len(conditions) != 1:
            raise InputError(f"wants one condition of the kind {kind!r}; got {', '.join(conditions) or 'none'}")
        return next(iter(conditions.values()))

    def share(self, table: BySeed) -> float:
        """Effective number of modes at the end as a share of all, mean over seeds."""
        return float(np.mean([row.effective for row in table.values()])) / self.modes


def effects(evidence: Evidence) -> Finding:
    """Effects of this claim, from the generators, by way of collapse."""
    rows: dict[str, list[GeneratorValue]] = {}
    for row in evidence.generators:
        rows.setdefault(row.setting, []).append(row)
    if not rows:
        return Finding((), {"generators": "were not trained at this scale"})
    out: list[Effect] = []
    untestable: dict[str, str] = {}
    left_out: dict[str, str] = {}
    for name, own in rows.items():
        g = Generators.of(name, own)
        dropped: dict[str, str] = {}
        try:
            healthy = g.only(HEALTHY)
            if g.share(healthy) < ENOUGH:
                raise InputError(f"healthy generators reach {g.modes * g.share(healthy):.1f} of {g.modes} modes")
            for way, table in g.by_kind.get(COLLAPSE, {}).items():
                if why := _not_collapsed(g, table):
                    dropped[way] = why
                else:
                    out += [replace(found, way=way) for found in _of(g, table, way)]
            if len(dropped) == len(g.by_kind.get(COLLAPSE, {})):
                raise InputError("; ".join(f"{way} {why}" for way, why in dropped.items()) or "no way of collapse")
        except InputError as error:
            untestable[name] = str(error)
        if dropped and name not in untestable:
            left_out[name] = "; ".join(f"{way} {why}" for way, why in dropped.items())
    return Finding(tuple(out), untestable, left_out)


def _not_collapsed(g: Generators, table: BySeed) -> str:
    """Return the reason why generators do not count as collapsed; empty if they do."""
    if g.share(table) > LOST:
        return f"does not collapse: reaches {g.modes * g.share(table):.1f} of {g.modes} modes"
    valid = float(np.mean([row.valid for row in table.values()]))
    if valid < VALID:
        return f"fails to train: {100 * valid:.0f} % of its samples are samples of the data"
    if constant := sum(not np.isfinite(row.si) for row in table.values()):
        return f"gives one image: SI is not defined in {constant} of {len(table)} generators, whose units are constant"
    return ""


def _of(g: Generators, table: BySeed, way: str) -> list[Effect]:
    """Return the effects of one way of collapse.

    Raises:
        InputError: fewer seeds than decide, shared by all conditions.
    """
    groups = (table, g.only(HEALTHY), g.only(FEW), g.only(UNTRAINED))
    seeds = sorted(set.intersection(*(set(group) for group in groups)))
    if len(seeds) < FEWEST:
        raise InputError(f"has {len(seeds)} seeds that all conditions share; wants at least {FEWEST}")
    collapsed, well, two, before = (_si(group, seeds) for group in groups)
    surrogates = np.array([table[seed].null_high for seed in seeds])
    out = [
        effect(NAME, "collapsed over healthy", g.name, collapsed - well, statistic="SI collapsed − healthy",
               least=LEAST, substance=True),
        effect(NAME, "over few modes by right", g.name, collapsed - two, least=LEAST, role="control",
               statistic="SI collapsed − of generators of two modes",
               otherwise="that few modes are made, by right too, is counted"),
        effect(NAME, "over before training", g.name, collapsed - before, role="control",
               statistic="SI collapsed − of the same generator untrained",
               otherwise="that healthy training lowers SI is counted"),
        effect(NAME, "above its null", g.name, collapsed - surrogates, role="control",
               statistic="SI − 97.5 % of surrogates", otherwise="what independent units give as well is counted"),
    ]  # fmt: skip
    treated = {name.removeprefix(f"{way}: "): one for name, one in g.by_kind.get(TREATED, {}).items()
               if name.startswith(f"{way}: ")}  # fmt: skip
    for name, one in treated.items():
        out += _of_treated(g, name, one, table)
    named = {"collapsed": table, "healthy": groups[1], "two modes": groups[2], **g.by_kind.get(NARROW, {})}
    for name, one in named.items():
        out += _levels(g, name, one)
    return out


def _of_treated(
    g: Generators,
    name: str,
    treated: BySeed,
    plain: BySeed,
) -> list[Effect]:
    """Return modes regained and SI taken away by a treatment."""
    seeds = sorted(set(treated) & set(plain))
    modes = [(treated[seed].effective - plain[seed].effective) / g.modes for seed in seeds]
    fall = [plain[seed].si - treated[seed].si for seed in seeds]
    out = [effect(NAME, f"{name}, modes regained", g.name, modes, role="beside", least=LEAST,
                  statistic="effective number of modes with − without, as a share of all")]  # fmt: skip
    if np.isfinite(fall).all():
        out.append(effect(NAME, f"{name}, SI taken away", g.name, fall, role="beside", least=LEAST,
                          statistic="SI without − with"))  # fmt: skip
    return out


def _levels(g: Generators, name: str, table: BySeed) -> list[Effect]:
    """Return SI, modes and valid samples of one group, for the reader."""
    last = list(table.values())
    measured = {
        f"SI, {name}": ("SI", [row.si for row in last]),
        f"modes, {name}": ("effective number of modes as a share of all", [row.effective / g.modes for row in last]),
        f"valid, {name}": ("share of valid samples", [row.valid for row in last]),
    }
    return [
        effect(NAME, part, g.name, values, statistic=statistic, role="beside", scale="index")
        for part, (statistic, values) in measured.items()
        if np.isfinite(values).all()
    ]


def _si(table: BySeed, seeds: Sequence[int]) -> Floats:
    """Return SI of each seed.

    Raises:
        InputError: it is not defined in one of them.
    """
    values = np.array([table[seed].si for seed in seeds])
    if not np.isfinite(values).all():
        row = table[seeds[int(np.flatnonzero(~np.isfinite(values))[0])]]
        raise InputError(f"{row.condition}, seed {row.seed}: SI is not defined: fewer than two units vary")
    return values


LOOKS = {  # kind -> colour and mark; grey for the healthy, the warning for what has collapsed
    HEALTHY: (SOFT, "o"), COLLAPSE: (WARN, "X"), FEW: (NET, "s"), NARROW: (NET, "^"), TREATED: (INK, "P"),
}  # fmt: skip


def panel(axes: Axes, shown: Shown) -> str:
    """Draw the effective number of modes against SI at the end: a mark a generator, a kind its colour and shape."""
    setting = shown.effects[0].setting
    rows = [row for row in shown.evidence.generators if row.setting == setting]
    g = Generators.of(setting, rows)
    for kind, (colour, mark) in LOOKS.items():
        for at, (name, table) in enumerate(g.by_kind.get(kind, {}).items()):
            last = list(table.values())
            label = f"collapsed: {name}" if kind == COLLAPSE else name
            axes.plot([row.si for row in last], [row.effective for row in last], mark, color=colour, ms=4.5,
                      mfc=colour if at == 0 else "white", mew=0.9, ls="none", label=label)  # fmt: skip
    null = float(np.nanmean([row.null_high for row in rows]))
    axes.axvline(null, color=NULL_EDGE, ls=":", lw=1.0)
    axes.add_line(Line2D([], [], color=NULL_EDGE, ls=":", lw=1.0, label="null, 97.5 %"))
    axes.axhline(g.modes, color="0.85", lw=0.7, zorder=0)
    axes.set(xlabel="SI (SI-3, mean over hidden layers)", ylabel=f"effective modes, of {g.modes}", xlim=(0, 1),
             ylim=(0, 1.08 * g.modes))  # fmt: skip
    return "Above: modes that the samples of every generator reach, against the synchrony of its hidden layers."


CLAIM = Claim(
    NAME,
    "Mode collapse of a generator is abnormal synchrony of its units",
    "no figure",
    __doc__, ("quick",), stages=("generators",), panel=panel, effects=effects,
)  # fmt: skip
