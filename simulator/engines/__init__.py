"""What runs a network: wiring and tables that engines share, one folder an engine, the kernels."""
