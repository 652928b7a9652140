"""
The Epileptor starts and ends its seizures by itself
====================================================

A slow variable z drifts through the onset and the offset of fast oscillations: the seizures need no
trigger. In the plane of z and x1 each seizure is one turn.
"""

import matplotlib.pyplot as plt

import ictal

plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False})

run = ictal.simulate("epileptor", duration=5000.0, seed=1)

# %%
figure, axes = plt.subplot_mosaic("aac;bbc", figsize=(7.2, 3.8), layout="constrained")
lfp, z, x1 = (run[name] for name in ("lfp", "z", "x1"))
axes["a"].plot(lfp.times, lfp.numpy(), color="#0072B2", linewidth=0.4)
axes["a"].set(ylabel="x2 − x1", title="field potential")
axes["b"].plot(z.times, z.numpy(), color="#0072B2")
axes["b"].set(ylabel="z", xlabel="time of the model")
axes["b"].sharex(axes["a"])
axes["c"].plot(z.numpy(), x1.numpy(), color="#0072B2", linewidth=0.4)
axes["c"].set(xlabel="z, slow", ylabel="x1, fast", title="one turn a seizure")
plt.show()
