"""Claim: desynchronising lessens forgetting.

Contrast    Networks that learn a sequence of tasks one after the other, with a penalty that pulls SI to 0 (DesyncReg),
            against fine-tuning without any, L2 to the weights of the last task, EWC and replay. Beside them the paper's
            own target of 0.3, and training on all tasks at once, the bound. Class-, task- and domain-incremental, each
            by itself: the paper's table does not say which it is of.
Measure     R[i, j], test accuracy on task j after task i. Average accuracy after the last task (ACC); backward transfer
            (BWT), mean over earlier tasks of R[T, j] − R[j, j], which is the negative of what was forgotten. The paper
            does not define its “retention”; BWT stands for it. SI-3 of activations, mean over layers, after each task
            on the test images of that task, mean over tasks.
Control     The same penalty pulling SI *up* to 0.9: if that helps as much, a penalty does, and not desynchrony. And SI,
            which must fall. L2 to the last task: whatever holds the weights back retains something. And learning
            accuracy, mean R[j, j]: a network that learns little has little to forget (plasticity).
Statistic   Three doses each, chosen by validation accuracy on the first seed. Per seed: ACC with DesyncReg − without
            (at least 0.02; the substance); BWT with − without (at least 0.02); ACC − with EWC (at least 0.01). ACC
            − with L2 to the last task, and − with the penalty upwards (at least 0.01 each); SI without − with (at least
            0.05: a pilot with one seed had 0.2 without); learning accuracy with − without (at least −0.05). Where joint
            training gains less than 0.02 over fine-tuning nothing is forgotten, and nothing can be tested. Student's t
            over seeds; Holm over claims, settings and ways.
Refutation  No gain of 0.02 in ACC or BWT, or none over EWC. "Holds only when …" if a control is as good, if SI hardly
            falls or if learning is what is lost; or in one of the scenarios alone.
"""

from __future__ import annotations

from collections.abc import Callable

from ...simulator import InputError
from ..evidence.effect import Effect, effect
from ..evidence.sequences import Sequences, TaskRun, TaskRuns, over_sequences
from ..figures.evidence import Axes, Shown
from ..figures.parts.style import OKABE_ITO, colour
from .claim import Claim, Doses
from .desync import AS_PAPER, DESYNC, UP

NAME, HOLDING, EWC, REPLAY = "forget", "L2 to the last task", "EWC", "replay"
GAIN, OVER, LOWER, LOST = 0.02, 0.01, 0.05, 0.05
DOSES = (
    Doses(HOLDING, ("l2-sp={}",), ("0.01", "0.1", "1")),
    Doses(EWC, ("ewc={}",), ("10", "100", "1000")),
    Doses(REPLAY, ("replay={},per_task=20",), ("0.3", "1", "3")),
    Doses(DESYNC, ("desync={},target=0",), ("0.1", "1", "10")),
    Doses(UP, ("desync={},target=0.9",), ("0.1", "1", "10")),
    Doses(AS_PAPER, ("desync={}",), ("0.1", "1", "10")),
)


def _one(s: Sequences) -> list[Effect]:
    best, up, ewc, held = (s.chosen(name) for name in (DESYNC, UP, EWC, HOLDING))
    seeds = s.shared(s.plain, s.joint, best, up, ewc, held)

    def more(a: TaskRuns, b: TaskRuns, of: Callable[[TaskRun], float] = accuracy) -> list[float]:
        return [of(a[k]) - of(b[k]) for k in seeds]

    room = sum(more(s.joint, s.plain)) / len(seeds)
    if room < GAIN:
        raise InputError(f"nothing is forgotten: training on all tasks at once gains {room:.3f} over fine-tuning")
    with_it = "with DesyncReg −"
    out = [
        effect(NAME, "over none", s.name, more(best, s.plain), statistic=f"ACC {with_it} without", least=GAIN,
               claimed=0.232, substance=True),
        effect(NAME, "retains", s.name, more(best, s.plain, backward), statistic=f"BWT {with_it} without", least=GAIN,
               claimed=0.489),
        effect(NAME, "over EWC", s.name, more(best, ewc), statistic=f"ACC {with_it} with EWC", least=OVER,
               claimed=0.063),
        effect(NAME, "lowers SI", s.name, more(s.plain, best, synchrony), statistic="SI without − with", least=LOWER,
               role="control", otherwise="that SI is hardly lowered is not counted"),
        effect(NAME, "over L2 to the last task", s.name, more(best, held), least=OVER, role="control",
               statistic=f"ACC {with_it} with L2 to the last task",
               otherwise="the weights may not be held where the last task left them"),
        effect(NAME, "over pulling up", s.name, more(best, up), least=OVER, role="control",
               statistic=f"ACC {with_it} with the penalty upwards",
               otherwise="the same penalty may not pull synchrony up"),
        effect(NAME, "learns as well", s.name, more(best, s.plain, learning), least=-LOST, role="control",
               statistic=f"learning accuracy {with_it} without",
               otherwise="that less is learnt in the first place is not counted"),
    ]  # fmt: skip
    arms = {"none": s.plain, **{name: s.chosen(name) for name in s.doses if name in BY_NAME}, "joint": s.joint}
    for name, runs in arms.items():
        mine = s.shared(runs)
        for label, of, claimed in (("ACC", accuracy, CLAIMED.get(name)), ("BWT", backward, None),
                                   ("learning accuracy", learning, None), ("SI", synchrony, None)):  # fmt: skip
            if name != "joint" or of in (accuracy, synchrony):
                out.append(effect(NAME, f"{label}, {name}", s.name, [of(runs[k]) for k in mine], role="beside",
                                  statistic=label, claimed=float("nan") if claimed is None else claimed))  # fmt: skip
    return out


BY_NAME = {treatment.name: treatment for treatment in DOSES}
CLAIMED = {"none": 0.452, EWC: 0.621, DESYNC: 0.684}


def accuracy(run: TaskRun) -> float:
    """ACC: mean over tasks of the accuracy after the last one."""
    return run.scores.accuracy


def backward(run: TaskRun) -> float:
    """BWT: backward transfer."""
    return run.scores.backward


def learning(run: TaskRun) -> float:
    """Accuracy on each task just after it was learnt, mean over tasks."""
    return run.learning


def synchrony(run: TaskRun) -> float:
    """SI after each task, on test images of that task, mean over tasks."""
    return run.synchrony


def panel(axes: Axes, shown: Shown) -> str:
    """Draw ACC against learning accuracy: an arm a colour, a scenario a shape; the diagonal forgets nothing."""
    ways = list(dict.fromkeys(e.way for e in shown.effects))
    at = {(e.part, e.way): e for e in shown.effects if e.role == "beside"}
    names = list(dict.fromkeys(part.partition(", ")[2] for part, _ in at))
    for (part, way), y in at.items():
        label, _, name = part.partition(", ")
        x = at.get((f"learning accuracy, {name}", way), y)
        if label != "ACC":
            continue
        number, again = names.index(name), names.index(name) >= len(OKABE_ITO)
        shade = {"none": "0.45", "joint": "0.1"}.get(name, colour(number))
        axes.errorbar(100 * x.value, 100 * y.value, xerr=[[100 * (x.value - x.low)], [100 * (x.high - x.value)]],
                      yerr=[[100 * (y.value - y.low)], [100 * (y.high - y.value)]], color=shade, ms=4, lw=0.8,
                      fmt="os^D"[ways.index(way) % 4], mfc=shade if way == ways[0] else "white",
                      mec="0.1" if again else shade, label=name if way == ways[0] else None)  # fmt: skip
    low, high = axes.get_xlim()
    axes.axline((high, high), slope=1, color="0.8", lw=0.7, zorder=0)
    axes.set(xlim=(low, high), xlabel="accuracy on each task just after it [%]", ylabel="after the last task [%]")
    shapes = ", ".join(f"{shape}, {way}" for shape, way in zip(("dots", "squares", "triangles", "diamonds"), ways,
                                                               strict=False))  # fmt: skip
    return (
        f"Above: accuracy, mean over tasks, every treatment at the dose that validation images chose ({shapes}); on "
        "the line nothing is forgotten."
    )


CLAIM = Claim(
    NAME,
    "Desynchronising lessens forgetting",
    "Split CIFAR-100, 20 tasks, accuracy / retention: 45.2 / 12.3, EWC 62.1 / 48.7, DesyncReg 68.4 / 61.2",
    __doc__, ("quick", "medium"), sequences=DOSES, stages=("sequences",), panel=panel,
    effects=lambda evidence: over_sequences(evidence, DESYNC, _one),
)  # fmt: skip
