"""Activity of a system: sampled recordings, spikes, and runs of both."""
