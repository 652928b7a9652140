"""What a system did: sampled activity, spikes, and runs of both."""
