"""One page a file: its finding as the title, everything over one axis of time, the rest in a column at the right."""
