"""
Weights that are held forget less and learn less
================================================

Three tasks: digits, then the same digits with their pixels in another order, twice. Elastic weight
consolidation holds the weights that earlier tasks need. The stronger it holds them, the less is
forgotten, and the less is learnt. Its control holds all weights alike. Replay shows earlier images
again, kept or generated.
"""

import matplotlib.pyplot as plt

import ictal
from ictal.analyses import task_scores
from ictal.models import (
    EWC,
    L2SP,
    Clip,
    GenerativeReplay,
    Replay,
    Training,
    architecture,
    task_sequence,
    train_sequence,
)

data = ictal.load_data("digits", n_train=300, seed=0)
tasks = task_sequence(data, "permuted:3")
mean, sd = tasks.mean_and_sd
how = Training(epochs=10, batch_size=50, optimiser="sgd", momentum=0, learning_rate=0.1)
treatments = {
    "none": [],
    **{f"EWC {weight:g}": [EWC(weight, samples=20)] for weight in (3, 30, 300)},
    "L2-SP": [L2SP(0.1)],
    "replay": [Replay(per_task=30)],
    "generated": [GenerativeReplay(steps=400)],
}
scores = {}
for name, treatment in treatments.items():
    model = architecture("mlp").build(tasks.image_shape, tasks.n_outputs, mean=mean, sd=sd)
    log = train_sequence(model, tasks, how, seed=0, treatments=[*treatment, Clip(0.2)])
    scores[name] = task_scores(log.accuracy["domain"])
    print(f"{name:10}  accuracy {scores[name].accuracy:.2f}  forgotten {scores[name].forgetting:.2f}")

# %%
# To the left nothing is forgotten; high up all tasks are known at the end. EWC bends: beyond its best
# weight it keeps the first task and learns no other.
figure, axes = plt.subplots(figsize=(5.2, 3.6), layout="constrained")
swept = [scores[name] for name in scores if name.startswith("EWC")]
axes.plot([one.forgetting for one in swept], [one.accuracy for one in swept], color="0.7", zorder=0)
for name, one in scores.items():
    axes.scatter(one.forgetting, one.accuracy, color="C0" if name.startswith("EWC") else "C1")
    at = {"generated": (5, -11), "L2-SP": (5, -11), "replay": (-34, 5)}.get(name, (5, 4))
    axes.annotate(name, (one.forgetting, one.accuracy), xytext=at, textcoords="offset points", fontsize=8)
axes.margins(0.15)
axes.set(xlabel="forgetting", ylabel="accuracy on all tasks at the end")
axes.set_title("EWC: less forgotten, then less learnt", fontsize=10)
plt.show()
