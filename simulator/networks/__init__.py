"""A spiking network as data: cells, projections, inputs, signals, schedules. No engine is imported here."""
