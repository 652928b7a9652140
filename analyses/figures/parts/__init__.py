"""Parts of figures: curves, maps, nulls, matrices of layers, phase planes."""
