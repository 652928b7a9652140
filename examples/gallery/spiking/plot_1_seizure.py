"""
A network seizes when inhibition fails, and not before
=======================================================
"""

import matplotlib.pyplot as plt

import ictal

run = ictal.simulate("seizure", duration=2.0, seed=1)
