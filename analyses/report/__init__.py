"""Pages and sentences, made from stored results."""
