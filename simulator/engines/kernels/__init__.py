"""The compiled time step, by what it does: cells, delivery of spikes, random numbers, sampling, threads."""
