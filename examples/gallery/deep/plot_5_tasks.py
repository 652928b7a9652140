"""
A network that learns one task after the other forgets
======================================================

The ten digits in five tasks of two. Told which task it is in, the network keeps what it learnt; not
told, it answers with the outputs of the last task, and the earlier ones are gone.
"""

import matplotlib.pyplot as plt
import numpy as np

import ictal
from ictal.analyses import task_scores
from ictal.models import Training, architecture, task_sequence, train_sequence

data = ictal.load_data("digits", n_train=400, seed=0)
how = Training(epochs=10, batch_size=30, learning_rate=2e-3)
matrices = {}
for scenario in ("task", "class"):
    tasks = task_sequence(data, "split:5", scenario=scenario)
    mean, sd = tasks.mean_and_sd
    model = architecture("mlp").build(tasks.image_shape, tasks.n_outputs, mean=mean, sd=sd)
    log = train_sequence(model, tasks, how, seed=0)
    matrices[scenario] = log.accuracy[scenario]
    print(task_scores(log.accuracy[scenario], scenario))

# %%
# A row is the accuracy on all tasks after one more task. The diagonal is the task just learnt, left
# of it stand the tasks that were learnt before.
words = {"task": "told the task", "class": "not told the task"}
figure, panels = plt.subplots(1, 2, figsize=(7.2, 3.2), layout="constrained")
for axes, (scenario, matrix) in zip(panels, matrices.items(), strict=True):
    axes.imshow(matrix, cmap="Oranges", vmin=0, vmax=1)
    for (row, column), value in np.ndenumerate(matrix):
        axes.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=7)
    axes.set(xlabel="accuracy on task", ylabel="tasks learnt", xticks=range(5))
    axes.set_xticklabels(tasks.labels, rotation=30, ha="right", fontsize=7)
    axes.set_title(f"{words[scenario]}: {matrix[-1].mean():.2f} at the end", fontsize=9)
    axes.tick_params(length=0)
plt.show()
