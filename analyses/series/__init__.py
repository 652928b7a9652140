"""One series in time: steps, change points, innovations, transitions."""
