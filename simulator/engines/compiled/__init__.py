"""The default engine: plan, draws and scratch of a compiled step, and the loop over stretches."""
